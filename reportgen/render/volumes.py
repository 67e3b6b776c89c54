"""The files that a report is divided into: the appendix, and the audit file with what stands behind it.

In: the whole report as one value. Out: one or two values of the same kind. An artefact keeps its label and its ids, and
stands in one of the two; a reference from one to the other names the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from reportgen.records.artefact import NumberedArtefact
from reportgen.render.abbreviations import united
from reportgen.render.appendix import Appendix, BackSection, Elsewhere, Reference
from reportgen.render.key_findings import Link

APPENDIX, AUDIT = "appendix", "audit"
CALLED = {APPENDIX: "appendix", AUDIT: "audit file"}
AUDITED_SECTIONS = frozenset({"status", "ledger", "provenance", "reconciliation", "fidelity"})


def volumes(whole: Appendix) -> tuple[Appendix, ...]:
    """Return the appendix and the audit file of a report; the whole alone where there is no audit file.

    Parameters
    ----------
    whole : Appendix
        With `audited`, the names of the artefacts that stand in the audit file; None where the report is one document.

    Examples
    --------
    >>> study = None  # what is on the title page
    >>> back = (BackSection("ledger", "Ledger", (), ()), BackSection("glossary", "Glossary of scales", (), ()))
    >>> whole = Appendix(study, (), (), back, (), {}, audited=frozenset())
    >>> [(volume.name, volume.back[0].name) for volume in volumes(whole)]
    [('appendix', 'glossary'), ('audit', 'ledger')]
    """
    if whole.audited is None:
        return (whole,)
    behind = [artefact for artefact in whole.artefacts if artefact.name in whole.audited]
    front = [artefact for artefact in whole.artefacts if artefact.name not in whole.audited]
    audited = [section for section in whole.back if section.name in AUDITED_SECTIONS]
    others = [section for section in whole.back if section.name not in AUDITED_SECTIONS]
    appendix = _volume(whole, front, others)
    audit = replace(
        _volume(whole, behind, audited), name=AUDIT, kind="Audit file", methods=(), findings=None, flow=None
    )
    appendix = _leading_to(appendix, {artefact.name for artefact in behind} | {section.name for section in audited})
    return replace(appendix, elsewhere=_elsewhere(audit)), replace(audit, elsewhere=_elsewhere(appendix))


def _volume(whole: Appendix, artefacts: Collection[NumberedArtefact], back: Collection[BackSection]) -> Appendix:
    here = {artefact.name for artefact in artefacts}
    return replace(
        whole,
        artefacts=tuple(artefacts),
        back=tuple(back),
        abbreviations=united(artefact.abbreviations for artefact in artefacts),
        references={name: tuple(_led(whole, here, of)) for name, of in whole.references.items() if name in here},
    )


def _leading_to(volume: Appendix, audited: Collection[str]) -> Appendix:
    """Return the appendix with its key findings and its flow leading into the audit file where that shows them."""

    def led(link: Link) -> Link:
        return replace(link, file=AUDIT) if link.name in audited else link

    findings, flow = volume.findings, volume.flow
    if findings is not None:
        groups = tuple(
            replace(group, findings=tuple(replace(item, link=item.link and led(item.link)) for item in group.findings))
            for group in findings.groups
        )
        findings = replace(findings, groups=groups)
    if flow is not None:
        flow = replace(flow, links=tuple(map(led, flow.links)))
    return replace(volume, findings=findings, flow=flow)


def _led(whole: Appendix, here: Collection[str], references: Collection[Reference]) -> Iterator[Reference]:
    """Yield references, those that lead into the other file with its name."""
    for reference in references:
        elsewhere = AUDIT if reference.name in (whole.audited or ()) else APPENDIX
        yield reference if reference.name in here else replace(reference, file=elsewhere)


def _elsewhere(volume: Appendix) -> Elsewhere:
    """Return what a volume holds, as the other one lists it."""
    return Elsewhere(
        volume.name,
        CALLED[volume.name],
        tuple((section.name, section.heading) for section in volume.back),
        tuple((artefact.name, artefact.label, artefact.title) for artefact in volume.artefacts),
    )

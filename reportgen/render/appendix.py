"""The whole appendix as a frozen value, before any page is made: what HTML, PDF and Quarto have in common.

Every number on a page is in here, so that `numbers_in` finds them all for the results table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reportgen.graph import Maker
from reportgen.houses import PLAIN, House
from reportgen.records.artefact import Abbreviation, Column, Drawing, Group, NumberedArtefact, Row, Table
from reportgen.records.honesty import drawn_at_random
from reportgen.records.model import Failure, Fidelity, Reconciliation, Records, StudyRecord
from reportgen.records.numbers import Inline, Status
from reportgen.records.typeset import typeset
from reportgen.render.abbreviations import united
from reportgen.render.artefacts import Place, places
from reportgen.render.key_findings import KeyFindings, key_findings
from reportgen.render.methods import methods, where_written
from reportgen.render.participant_flow import Flow, participant_flow
from reportgen.spec import Spec
from reportgen.spec.shows import Limited
from reportgen.spec.study import Study
from reportgen.spec.templates import OwnTemplate
from reportgen.tables import (
    excluded_participants,
    failed_analyses,
    fidelity,
    fidelity_summary,
    files,
    glossary,
    ledger,
    ledger_summary,
    reconciliation,
    versions,
)
from reportgen.tables.adjusters import not_adjusted
from reportgen.tables.phrases import count_made, joined
from reportgen.views import SHOWS, Back, Section, by_view, view_of

STATUS_WORDS: dict[Status, str] = {
    "ok": "converged",
    "boundary": "converged on the boundary, without variation between trials",
    "failed": "failed",
    "not estimable": "could not be estimated",
    "suppressed": "not printed",
}


@dataclass(frozen=True, slots=True)
class BackSection:
    """A section after the results: text, then tables, then a list under its own lead."""

    name: str
    heading: str
    paragraphs: tuple[Inline, ...]
    tables: tuple[Back, ...]
    lead: str = ""
    listed: tuple[Inline, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A word about another artefact, and where it stands: in this file, or in the one of the name `file`."""

    words: str
    name: str
    label: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What another file of the same report holds.

    Attributes
    ----------
    name, called : str
        Stem of the file, and the words for it in a sentence.
    sections : tuple of (name, heading)
    artefacts : tuple of (name, label, title)
    """

    name: str
    called: str
    sections: tuple[tuple[str, str], ...]
    artefacts: tuple[tuple[str, str, Inline], ...]


@dataclass(frozen=True, slots=True)
class Appendix:
    """All that the pages print, in order: the whole report, or one file of it.

    Attributes
    ----------
    study : StudyRecord
    methods : tuple of Section
    artefacts : tuple of NumberedArtefact
    back : tuple of BackSection
    abbreviations : tuple of (short, long)
    references : dict
        For the name of an artefact, the others that belong beside it.
    audited : frozenset of str, optional
        Names of the artefacts that stand in the audit file; None where the report is one document.
    name, kind : str
        Stem of its files, and what its title page calls it.
    elsewhere : Elsewhere, optional
        What the other file of the report holds.
    templates : tuple of OwnTemplate
        Templates of the study that take the place of those of the package.
    """

    study: StudyRecord
    methods: tuple[Section, ...]
    artefacts: tuple[NumberedArtefact, ...]
    back: tuple[BackSection, ...]
    abbreviations: tuple[Abbreviation, ...]
    references: dict[str, tuple[Reference, ...]]
    findings: KeyFindings | None = None
    flow: Flow | None = None
    audited: frozenset[str] | None = None
    name: str = "appendix"
    kind: str = "Statistical appendix"
    elsewhere: Elsewhere | None = None
    templates: tuple[OwnTemplate, ...] = ()

    def series(self) -> tuple[tuple[str, tuple[NumberedArtefact, ...]], ...]:
        """Return the artefacts by series, for the lists of tables and figures."""
        names = dict.fromkeys(artefact.series for artefact in self.artefacts)
        return tuple((name, tuple(a for a in self.artefacts if a.series == name)) for name in names)


def compose(spec: Spec, records: Records, artefacts: Sequence[NumberedArtefact], make: Maker | None = None) -> Appendix:
    """Put together everything that the pages print.

    Parameters
    ----------
    spec : Spec
    records : Records
    artefacts : sequence of NumberedArtefact
    make : Maker, optional
        Draws the flow of participants; this process draws it where there is none.
    """
    shown = _shown(spec, artefacts)
    back = (
        *_status(records),
        _ledger(records),
        _provenance(spec, records),
        *([_glossary(records)] if records.glossary.rows else []),
        *([_reconciliation(records.reconciliation)] if records.reconciliation else []),
        *([_fidelity(records.fidelity)] if records.fidelity else []),
    )
    return Appendix(
        study=records.study,
        methods=methods(spec, records),
        artefacts=tuple(artefacts),
        back=back,
        abbreviations=united(artefact.abbreviations for artefact in artefacts),
        references=_references(spec, artefacts),
        findings=key_findings(spec.study, records, shown, [(section.name, section.heading) for section in back]),
        flow=participant_flow(spec.study, records, shown, make or Maker()),
        audited=_audited(spec.study),
        templates=spec.templates,
    )


QUOTING = frozenset({"ledger", "provenance", "fidelity"})
"""Sections that quote data files, the study file and a publication: what is compared there keeps its word."""


def in_house(whole: Appendix, house: House) -> Appendix:
    """Return the whole report with its running text in the style of a house; what is quoted from data stays as it is."""
    if house == PLAIN:
        return whole
    back = tuple(typeset(section, house, titles=section.name not in QUOTING) for section in whole.back)
    return replace(typeset(replace(whole, back=(), references={}), house), back=back, references=whole.references)


def _audited(study: Study) -> frozenset[str] | None:
    """Return the names of the artefacts that the study file puts into the audit file; None where all is one document."""
    if study.report.length == "full":
        return None
    return frozenset(place.name for place in places(study) if place.options.in_ == "audit")


def drawings_of(appendix: Appendix) -> Iterator[Drawing]:
    """Yield the drawings in the order of the report."""
    if appendix.flow is not None:
        yield from appendix.flow.drawings
    for artefact in appendix.artefacts:
        for part in artefact.parts:
            yield from part.drawings


def _shown(spec: Spec, artefacts: Sequence[NumberedArtefact]) -> list[Place]:
    """Return the places of the study file that the report has."""
    names = {artefact.name for artefact in artefacts}
    return [place for place in places(spec.study) if place.name in names]


def _references(spec: Spec, artefacts: Sequence[NumberedArtefact]) -> dict[str, tuple[Reference, ...]]:
    """Return, for each artefact, the others of the same analysis that belong beside it."""
    known = [place for place in _shown(spec, artefacts) if place.of]
    return {
        place.name: tuple(
            Reference(beside[other.options.show], other.name, other.label)
            for other in known
            if other.options.show in beside and other.of == place.of and _meet(_comparisons(place), _comparisons(other))
        )
        for place in known
        for beside in [SHOWS[place.options.show].beside]
    }


def _comparisons(place: Place) -> Sequence[str]:
    return place.options.comparison if isinstance(place.options, Limited) else ()


def _meet(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether two choices of comparisons share one; no choice is all of them."""
    everything = ((), ("all",))
    return tuple(first) in everything or tuple(second) in everything or bool(set(first) & set(second))


def _status(records: Records) -> tuple[BackSection, ...]:
    analyses = list(records.analyses.values())
    ended = [view.status(own) for view, own in by_view(analyses) if view.status is not None]
    broken = [record for record in analyses if isinstance(record, Failure)]
    if not ended and not broken:
        return ()
    counts = Counter(status for item in ended for status in item.statuses)
    parts = [
        (count_made("report.status", status, counts[status], "fits"), f" {said_of}")
        for status, said_of in STATUS_WORDS.items()
        if counts[status]
    ]
    total = count_made("report.status", "fits", sum(counts.values()), "fits")
    fits = " fit, " if total.value == 1 else " fits, "
    text: Inline = ("Of ", total, fits, *joined(parts, ", "), ".") if counts else ("No fit was asked for.",)
    failed = (Back("failed-analyses", "Analyses that failed", failed_analyses(broken)),) if broken else ()
    tables = (*failed, *(table for item in ended for table in item.tables))
    viewed = [(view, record) for record in analyses if (view := view_of(record)) is not None]
    lost = not_adjusted([fit for view, record in viewed for fit in view.fits_of(record)])
    return (BackSection("status", "Model status", (text, *lost), tables),)


LEDGER_ROWS_ON_PAPER = 60


def _ledger(records: Records) -> BackSection:
    rows = records.ledger.rows
    if not rows:
        return BackSection(
            "ledger", "Ledger", (("No value was recoded and no participant was excluded on loading.",),), ()
        )
    text: Inline = (
        "Data handling on loading: each recoding, each value set to missing and each participant excluded, with the line that requested it.",
    )
    whole = ledger(records.ledger)
    if len(rows) <= LEDGER_ROWS_ON_PAPER:
        return BackSection("ledger", "Ledger", (text,), (Back("ledger-lines", "Ledger of the data", whole),))
    summary, excluded = ledger_summary(records.ledger), excluded_participants(records.ledger)
    tables = (
        Back("ledger-lines", "Ledger of the data", replace(whole, paper=excluded or summary)),
        *((Back("ledger-kinds", "Lines of the ledger by trial and kind", summary),) if excluded else ()),
    )
    return BackSection("ledger", "Ledger", (text,), tables)


def _provenance(spec: Spec, records: Records) -> BackSection:
    record = records.provenance
    seed = _seed(spec, records)
    paragraphs: tuple[Inline, ...] = (
        ("The same study file, data and versions give the same report, byte for byte.",),
        ("Fingerprint of all data files together: ", record.fingerprint, "."),
        seed,
        *([records.egress.sentence] if records.egress else []),
    )
    tables = [
        Back("provenance-files", "Data files", files(record)),
        Back("provenance-versions", "Programs", versions(record)),
    ]
    places = where_written(spec)
    if places:
        columns = (Column(("Analysis",), "left"), Column(("Asked for in",), "left"))
        rows = tuple(Row((name,), ((place,),)) for name, place in places)
        tables.append(Back("provenance-analyses", "Analyses", Table(columns, (Group(rows),))))
    return BackSection("provenance", "Provenance", paragraphs, tuple(tables))


def _seed(spec: Spec, records: Records) -> Inline:
    """Return what was drawn at random, and from which seed."""
    if drawn_at_random(records.analyses.values()):
        return (
            "Random draws come from the seed ",
            records.provenance.seed,
            "; they depend on nothing else.",
        )
    given = "seed" in spec.study.study.model_fields_set
    seed: Inline = (" (the study file gives the seed ", records.provenance.seed, ")") if given else ()
    return ("No number in this report depends on random draws", *seed, ".")


def _glossary(records: Records) -> BackSection:
    text: Inline = ("Scales as used in the trials: range and direction of benefit.",)
    return BackSection(
        "glossary", "Glossary of scales", (text,), (Back("glossary-scales", "Scales", glossary(records.glossary)),)
    )


def _reconciliation(record: Reconciliation) -> BackSection:
    adjusted = {row.adjusted for trial in record.trials for row in trial.rows} - {None}
    model = (
        "by analysis of covariance, adjusted for the baseline value"
        if adjusted != {False}
        else "as the difference in means at follow-up"
    )
    text: Inline = (
        "Published results of each trial compared with those from its file: participants, means at baseline, and the effect of that trial alone "
        f"{model}{' where it was measured' if len(adjusted) > 1 else ''}; positive = intervention better.",
    )
    table = Back(
        "reconciliation-trials", "Results published by the trials and from their files", reconciliation(record)
    )
    return BackSection("reconciliation", "Reconciliation", (text,), (table,))


FIDELITY_ROWS_ON_PAPER = 60


def _fidelity(record: Fidelity) -> BackSection:
    counts = record.counts
    source: Inline = (" (", record.source, ")") if record.source.text else ()
    missing: Inline = (counts["no result"], " without a result here; ") if counts["no result"].value else ()
    inside: Inline = (
        (" Our interval covers ", record.covered, " of the ", record.with_interval, " that have one.")
        if record.with_interval.value
        else ()
    )
    text: Inline = (
        "The publication",
        *source,
        " compared with the results of this report. Of ",
        record.size,
        " number: " if record.size.value == 1 else " numbers: ",
        counts["as printed"],
        " as printed, digit for digit; ",
        counts["differs"],
        " different; ",
        *missing,
        counts["not reproduced"],
        " not reproduced.",
        *inside,
    )
    against: tuple[Inline, ...] = tuple((words,) for words in record.contradictions)
    long = (record.size.value or 0) > FIDELITY_ROWS_ON_PAPER
    short = fidelity_summary(record) if long else None
    table = Back(
        "fidelity-numbers", "Published numbers compared with this report", replace(fidelity(record), paper=short)
    )
    return BackSection("fidelity", "Fidelity", (text,), (table,), "Inconsistencies within the publication", against)

"""The page of key findings: what the analyses of a report found, one or two sentences each, with the place that shows it.

In: the records, and which artefacts and sections the report has. Out: findings by heading. What a method found its view says;
here stand the places that a reader is led to, and what is said of the report as a whole: the publication, and what could not
be estimated or is not printed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reportgen.records.derived import Derived
from reportgen.records.model import Failure, Fidelity, Reconciliation, Records
from reportgen.records.numbers import Inline, Status
from reportgen.render.artefacts import Place
from reportgen.spec.shows import Analysed, Limited
from reportgen.spec.study import Study
from reportgen.tables.phrases import count_made, counted, enumerated, joined
from reportgen.views import by_view, view_of
from reportgen.views.findings.finding import Finding, derived

SIMULATED = "The data are simulated: nothing on this page is a result about patients."
MISSING: dict[Status, str] = {
    "failed": "failed",
    "not estimable": "could not be estimated",
    "suppressed": "suppressed",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the report: the name of an artefact or of a section, what it is called, and the file if it is another one."""

    name: str
    label: str
    artefact: bool = True
    file: str = ""


@dataclass(frozen=True, slots=True)
class LinkedFinding:
    """A finding, and where it is shown; nowhere where the report does not show it."""

    words: Inline
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings under one heading."""

    heading: str
    findings: tuple[LinkedFinding, ...]


@dataclass(frozen=True, slots=True)
class KeyFindings:
    """The page of key findings: a sentence that opens it, or nothing, and the findings by heading."""

    lead: str
    groups: tuple[FindingGroup, ...]


def key_findings(
    study: Study, records: Records, shown: Sequence[Place], sections: Collection[tuple[str, str]]
) -> KeyFindings | None:
    """Return the findings of a report by heading; None where the study file asks for none or nothing was analysed.

    Parameters
    ----------
    study : Study
    records : Records
    shown : sequence of Place
        The artefacts that the report has.
    sections : collection of (str, str)
        The sections after the results: names and headings.
    """
    if not study.report.key_findings or not any(map(view_of, records.analyses.values())):
        return None
    groups = _of_views(records, shown)
    links = {name: Link(name, heading, artefact=False) for name, heading in sections}
    groups["Agreement with publications"] = list(_published(records, links))
    groups["What could not be estimated"] = list(_missing(records, links))
    found = tuple(FindingGroup(heading, tuple(items)) for heading, items in groups.items() if items)
    return KeyFindings(SIMULATED if records.study.simulated else "", found) if found else None


def _of_views(records: Records, shown: Sequence[Place]) -> dict[str, list[LinkedFinding]]:
    """Return what the methods found; those with one heading share it, and what is said of no analysis comes last, once."""
    groups: dict[str, dict[LinkedFinding, bool]] = {}
    for view, own in by_view(records.analyses.values()):
        if view.findings is None:
            continue
        found = view.findings(own)
        order = [show.name for show in view.shows]
        for item in found.items:
            linked = LinkedFinding(item.words, _place_of(item, shown, order))
            groups.setdefault(found.heading, {})[linked] = not item.of
    return {heading: sorted(items, key=lambda item: items[item]) for heading, items in groups.items()}


def _place_of(finding: Finding, shown: Sequence[Place], order: Sequence[str]) -> Link | None:
    """Return the artefact that shows a finding: the first of the kind that its view names first."""
    own = [place for place in shown if finding.of and place.of == finding.of and _shows(place, finding)]
    ranked = sorted(own, key=lambda place: _rank(place.options.show, order))
    return Link(ranked[0].name, ranked[0].label) if ranked else None


def _rank(show: str, order: Sequence[str]) -> int:
    return order.index(show) if show in order else len(order)


def _shows(place: Place, finding: Finding) -> bool:
    """Whether an artefact shows the comparison and the outcome of a finding, and more of it than who was analysed."""
    options = place.options
    if isinstance(options, Analysed):
        return False
    if not isinstance(options, Limited):
        return True
    return _among(finding.comparison, options.comparison) and _among(finding.outcome, options.outcome)


def _among(name: str, chosen: Sequence[str]) -> bool:
    return not name or not chosen or name in chosen or tuple(chosen) == ("all",)


def _published(records: Records, links: dict[str, Link]) -> Iterator[LinkedFinding]:
    """Yield how the report agrees with the publication that it regenerates, and with those of its trials."""
    if records.fidelity is not None:
        yield LinkedFinding(_fidelity(records.fidelity), links.get("fidelity"))
    if records.reconciliation is not None and (words := _reconciliation(records.reconciliation)):
        yield LinkedFinding(words, links.get("reconciliation"))


def _reconciliation(record: Reconciliation) -> Inline:
    """Return how many of the effects that trials published lie in our intervals; nothing where none did."""
    covered = Counter(row.covered for trial in record.trials for row in trial.rows if row.covered)
    if not covered:
        return ()
    counts = Derived("key-findings.reconciliation")
    total = counts.count("effects", covered.total(), "effects")
    inside = counts.count("covered", covered["yes"], "effects")
    return (
        "Of ",
        *counted(total, "effect"),
        " published by trials, ",
        *counted(inside, "lies", "lie"),
        " in our intervals.",
    )


def _fidelity(record: Fidelity) -> Inline:
    counts = record.counts
    parts: list[Inline] = [
        (counts["as printed"], " were reproduced as printed"),
        counted(counts["differs"], "differs", "differ"),
        *(
            [counted(counts["no result"], "has no result here", "have no result here")]
            if counts["no result"].value
            else []
        ),
        counted(counts["not reproduced"], "was not reproduced", "were not reproduced"),
    ]
    inside: Inline = (
        (
            " Our intervals cover ",
            record.covered,
            " of the ",
            *counted(record.with_interval, "that has one.", "that have one."),
        )
        if record.with_interval.value
        else ()
    )
    return ("Of ", *counted(record.size, "published number"), ", ", *enumerated(parts), ".", *inside)


def _missing(records: Records, links: dict[str, Link]) -> Iterator[LinkedFinding]:
    """Yield what failed, could not be estimated or is not printed."""
    analyses = list(records.analyses.values())
    for record in analyses:
        if isinstance(record, Failure):
            name = derived(record.name).quote("name", f"“{record.name}”")
            yield LinkedFinding(("The analysis ", name, " failed: ", record.reason, "."), links.get("status"))
    ended = {
        view.label: Counter(view.status(own).statuses) for view, own in by_view(analyses) if view.status is not None
    }
    if any(ended.values()):
        yield LinkedFinding(_fits(ended), links.get("status"))
    if records.egress is not None and records.egress.kinds:
        yield LinkedFinding(records.egress.sentence, links.get("provenance"))


def _fits(ended: Mapping[str, Counter[Status]]) -> Inline:
    """Return how many fits have no estimate, and of which methods they are."""
    counts = sum(ended.values(), Counter[Status]())
    total = count_made("report.status", "fits", sum(counts.values()), "fits")
    parts: list[Inline] = [
        (count_made("report.status", status, counts[status], "fits"), f" {words}")
        for status, words in MISSING.items()
        if counts[status]
    ]
    if not parts:
        return ("All fits that were asked for (", total, ") gave an estimate.")
    without = [_without_estimate(label, own) for label, own in ended.items() if any(own[status] for status in MISSING)]
    return ("Of ", *counted(total, "fit"), ", ", *joined(parts, ", "), ": ", *joined(without, ", "), ".")


def _without_estimate(label: str, counts: Counter[Status]) -> Inline:
    """Return how many fits of a method have no estimate."""
    number = Derived("key-findings").at(label)
    missing = sum(counts[status] for status in MISSING)
    return (
        number.count("without estimate", missing, "fits"),
        " of ",
        number.count("fits", counts.total(), "fits"),
        f" in {label[0].lower()}{label[1:]}",
    )

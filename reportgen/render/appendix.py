"""The whole appendix as a frozen value, before any page is made: what HTML, PDF and Quarto have in common.

Every number on a page is in here, so that `numbers_in` finds them all for the results table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reportgen.records.artefact import Column, Drawing, Group, NumberedArtefact, Row, Table
from reportgen.records.model import Failure, Fidelity, MetaAnalysis, Provenance, Reconciliation, Records, StudyRecord
from reportgen.records.moderation import Moderation
from reportgen.records.numbers import Inline, Status
from reportgen.records.partition import RecursivePartitioning
from reportgen.records.peeling import DirectedPeeling
from reportgen.render.artefacts import places
from reportgen.render.methods import Section, methods, where_written
from reportgen.spec import Spec
from reportgen.tables import (
    failed_analyses,
    fidelity,
    fidelity_summary,
    files,
    glossary,
    ledger,
    ledger_summary,
    model_status,
    peeling_status,
    people_left_out,
    reconciliation,
    search_status,
    versions,
)
from reportgen.tables.adjusters import fits_of, not_adjusted
from reportgen.tables.moderators import failed_screenings
from reportgen.tables.phrases import count_made, joined

STATUS_WORDS: dict[Status, str] = {
    "ok": "converged",
    "boundary": "converged on the boundary, without variation between trials",
    "failed": "failed",
    "not estimable": "could not be estimated",
    "suppressed": "not printed",
}


@dataclass(frozen=True, slots=True)
class Back:
    """A table of the pages after the results."""

    name: str
    title: str
    table: Table


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
    """A word about another artefact, and where it stands."""

    words: str
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Appendix:
    """All that the pages print, in order."""

    study: StudyRecord
    provenance: Provenance
    methods: tuple[Section, ...]
    artefacts: tuple[NumberedArtefact, ...]
    back: tuple[BackSection, ...]
    abbreviations: tuple[tuple[str, str], ...]
    references: dict[str, tuple[Reference, ...]]

    def series(self) -> tuple[tuple[str, tuple[NumberedArtefact, ...]], ...]:
        """Return the artefacts by series, for the lists of tables and figures."""
        names = dict.fromkeys(artefact.series for artefact in self.artefacts)
        return tuple((name, tuple(a for a in self.artefacts if a.series == name)) for name in names)


def compose(spec: Spec, records: Records, artefacts: Sequence[NumberedArtefact]) -> Appendix:
    """Put together everything that the pages print."""
    back = (
        *_status(records),
        _ledger(records),
        _provenance(spec, records),
        _glossary(records),
        *([_reconciliation(records.reconciliation)] if records.reconciliation else []),
        *([_fidelity(records.fidelity)] if records.fidelity else []),
    )
    return Appendix(
        study=records.study,
        provenance=records.provenance,
        methods=methods(spec, records),
        artefacts=tuple(artefacts),
        back=back,
        abbreviations=_abbreviations(artefacts),
        references=_references(spec, artefacts),
    )


def drawings_of(appendix: Appendix) -> Iterator[Drawing]:
    """Yield the drawings in the order of the report."""
    for artefact in appendix.artefacts:
        for part in artefact.parts:
            yield from part.drawings


SEEN_TOGETHER = {
    ("forest", "estimates"): "Every number of this figure stands in",
    ("forest", "forest-by-trial"): "The trials of each effect are drawn in",
    ("estimates", "forest"): "Drawn in",
    ("forest-by-trial", "estimates-by-trial"): "Every number of these figures stands in",
    ("subgroup-forest", "subgroup-tree"): "The trees of these subgroups stand in",
    ("subgroup-tree", "subgroups"): "Every number of these trees stands in",
    ("subgroup-tree", "cut-profiles"): "Cuts that were tried are drawn in",
    ("subgroups", "subgroup-tree"): "Drawn in",
    ("subgroups", "rejected-splits"): "Splits that were not kept stand in",
    ("cut-profiles", "rejected-splits"): "The best cuts that were not kept stand in",
    ("peeling-trajectories", "peeling-thresholds"): "Limits and effects at selected sizes stand in",
    ("peeling-thresholds", "peeling-trajectories"): "Drawn in",
    ("interaction-forest", "interaction-estimates"): "Every number of this figure stands in",
    ("interaction-forest", "effect-at-values"): "The effect at chosen values stands in",
    ("interaction-estimates", "interaction-forest"): "Drawn in",
    ("effect-at-values", "interaction-estimates"): "The interactions behind these effects stand in",
    ("forest-by-trial", "analysed"): "Who was left out, and why, stands in",
}
"""Which artefacts of one analysis a reader wants side by side, and what leads from the first to the second."""


def _references(spec: Spec, artefacts: Sequence[NumberedArtefact]) -> dict[str, tuple[Reference, ...]]:
    """Return, for each artefact, the others of the same analysis that belong beside it."""
    made = {artefact.name for artefact in artefacts}
    known = [place for place in places(spec.study) if place.name in made and place.node.of]
    return {
        place.name: tuple(
            Reference(words, other.name, other.label)
            for other in known
            if other.node.of == place.node.of and _meet(place.node.comparison, other.node.comparison)
            for words in [SEEN_TOGETHER.get((place.node.show, other.node.show))]
            if words
        )
        for place in known
    }


def _meet(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether two choices of comparisons share one; no choice is all of them."""
    everything = ((), ("all",))
    return tuple(first) in everything or tuple(second) in everything or bool(set(first) & set(second))


def _abbreviations(artefacts: Sequence[NumberedArtefact]) -> tuple[tuple[str, str], ...]:
    found = {
        short: long
        for artefact in artefacts
        for part in artefact.parts
        if part.table is not None
        for short, long in part.table.abbreviations
    }
    return tuple(sorted(found.items(), key=lambda pair: pair[0].lower()))


def _status(records: Records) -> tuple[BackSection, ...]:
    fitted = [record for record in records.analyses.values() if isinstance(record, MetaAnalysis)]
    searched = [record for record in records.analyses.values() if isinstance(record, RecursivePartitioning)]
    peeled = [record for record in records.analyses.values() if isinstance(record, DirectedPeeling)]
    screened = [record for record in records.analyses.values() if isinstance(record, Moderation)]
    broken = [record for record in records.analyses.values() if isinstance(record, Failure)]
    if not fitted and not searched and not peeled and not screened and not broken:
        return ()
    counts = Counter(effect.status for record in fitted for effect in record.effects if not effect.empty)
    counts += Counter(status for record in screened for status in record.statuses)
    counts += Counter(status for record in searched for status in record.statuses)
    counts += Counter(status for record in peeled for status in record.statuses)
    said = [
        (count_made("report.status", status, counts[status], "fits"), f" {said_of}")
        for status, said_of in STATUS_WORDS.items()
        if counts[status]
    ]
    total = count_made("report.status", "fits", sum(counts.values()), "fits")
    fits = " fit, " if total.value == 1 else " fits, "
    text: Inline = ("Of ", total, fits, *joined(said, ", "), ".") if counts else ("No fit was asked for.",)
    tables = [
        *([Back("failed-analyses", "Analyses that failed", failed_analyses(broken))] if broken else []),
        *([Back("model-status", "How each fit ended", model_status(fitted))] if fitted else []),
        *(
            [Back("screening-status", "Screenings that failed", unscreened)]
            if (unscreened := failed_screenings(screened))
            else []
        ),
        *([Back("search-status", "How each search ended", search_status(searched))] if searched else []),
        *([Back("peeling-status", "How each directed peeling ended", peeling_status(peeled))] if peeled else []),
    ]
    lost = not_adjusted([fit for record in records.analyses.values() for fit in fits_of(record)])
    return (BackSection("status", "Model status", (text, *lost), tuple(tables)),)


LEDGER_ROWS_ON_PAPER = 60


def _ledger(records: Records) -> BackSection:
    rows = records.ledger.rows
    if not rows:
        return BackSection("ledger", "Ledger", (("Nothing was recoded and nobody was left out on loading.",),), ())
    text: Inline = (
        "What was done to the data on loading: each recode, each value set to missing, each person left out, with the "
        "line that asked for it.",
    )
    whole = ledger(records.ledger)
    if len(rows) <= LEDGER_ROWS_ON_PAPER:
        return BackSection("ledger", "Ledger", (text,), (Back("ledger-lines", "Ledger of the data", whole),))
    summary, left_out = ledger_summary(records.ledger), people_left_out(records.ledger)
    tables = (
        Back("ledger-lines", "Ledger of the data", replace(whole, paper=left_out or summary)),
        *((Back("ledger-kinds", "Lines of the ledger by trial and kind", summary),) if left_out else ()),
    )
    return BackSection("ledger", "Ledger", (text,), tables)


def _provenance(spec: Spec, records: Records) -> BackSection:
    record = records.provenance
    given = "seed" in spec.study.study.model_fields_set
    seed: Inline = (
        "No number of this report was drawn at random",
        *((" (the study file gives the seed ", record.seed, ")") if given else ()),
        ".",
    )
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


def _glossary(records: Records) -> BackSection:
    text: Inline = ("Scales as the trials used them: their range, and which way is better.",)
    return BackSection(
        "glossary", "Glossary of scales", (text,), (Back("glossary-scales", "Scales", glossary(records.glossary)),)
    )


def _reconciliation(record: Reconciliation) -> BackSection:
    text: Inline = (
        "What each trial's publication says, beside what its file gives: people, means at baseline, and the effect of "
        "that trial alone by analysis of covariance, adjusted for the baseline value; positive = intervention better.",
    )
    table = Back("reconciliation-trials", "Published by the trials, and in their files", reconciliation(record))
    return BackSection("reconciliation", "Reconciliation", (text,), (table,))


FIDELITY_ROWS_ON_PAPER = 60


def _fidelity(record: Fidelity) -> BackSection:
    counts = record.counts
    source: Inline = (" of ", record.source) if record.source.text else ()
    missing: Inline = (counts["no result"], " without a result here; ") if counts["no result"].value else ()
    inside: Inline = (
        (" Our interval covers ", record.covered, " of the ", record.with_interval, " that are set beside one.")
        if record.with_interval.value
        else ()
    )
    text: Inline = (
        "The print",
        *source,
        " beside what comes out here. Of ",
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
    table = Back("fidelity-numbers", "The print beside this report", replace(fidelity(record), paper=short))
    return BackSection("fidelity", "Fidelity", (text,), (table,), "Where the print contradicts itself", against)

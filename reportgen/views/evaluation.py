"""What a report of an evaluation says: its methods in prose, its tables and its figures.

In: the record. Out: sections of the methods, and numbered artefacts with their tables and drawings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reportgen.figures.evaluation import draw_biases, draw_rates
from reportgen.records.artefact import Drawing, NumberedArtefact, Part, Table
from reportgen.records.evaluation import EvaluationRecord, JudgedSearch, ScenarioRecord, SimulatedModerator
from reportgen.records.numbers import Inline, Number
from reportgen.tables import evaluation as tables
from reportgen.tables.phrases import counted, enumerated, joined
from reportgen.views.prose.section import Section

NUMBERS: Inline = (
    "Monte Carlo standard errors are binomial for proportions of data sets and those of a mean for means. Data sets in which a number cannot be estimated are excluded; how many remain is given in the tables, or else in the results accompanying this report. Numbers are rounded half away from zero for printing only; each has a row in the results, with its unrounded value.",
)
METHODS = {
    "recursive-partitioning": "Recursive partitioning with mixed models (RP)",
    "directed-peeling": "Directed peeling (ARDP)",
}


def sections(record: EvaluationRecord) -> tuple[Section, ...]:
    """Return the methods in prose."""
    searches = (Section(("Search ", search.name), tuple(_search(search, record.alpha))) for search in record.searches)
    return (
        Section(("Data sets",), tuple(_data(record))),
        *searches,
        Section(("What is judged",), tuple(_judged(record))),
        Section(("Numbers",), (NUMBERS,)),
    )


def _data(record: EvaluationRecord) -> Iterator[Inline]:
    yield (
        "All data were simulated, in units of the residual standard deviation (SD) of the control arm. The outcome of a participant is the sum of the level of the trial (normal, with SD one between trials), the moderators, the treatment effect and a normal residual. The treatment effect is ",
        record.effect,
        " SD outside a planted subgroup, on average over trials, and varies between them with SD τ; slopes of the moderators, and interactions of treatment with each of them, vary between trials as given in the table of scenarios, the interactions around zero.",
    )
    yield ("The moderators are ", *enumerated([_moderator_words(moderator) for moderator in record.moderators]), ".")
    adjusted: list[Inline] = [(moderator.name,) for moderator in record.moderators if moderator.adjusted]
    if adjusted:
        yield ("All models are adjusted for ", *enumerated(adjusted), ".")
    yield (
        "Random numbers depend only on the seed ",
        record.seed,
        ", the scenario and the number of the data set; all searches of a scenario use the same data sets.",
    )


def _moderator_words(simulated_moderator: SimulatedModerator) -> Inline:
    return (
        simulated_moderator.name,
        " (",
        *simulated_moderator.distribution,
        "; ",
        simulated_moderator.slope,
        " SD per SD)",
    )


def _search(judged_search: JudgedSearch, alpha: Number) -> Iterator[Inline]:
    settings = joined([(f"{word} ", *value) for word, value in judged_search.settings], ", ")
    before: Inline = ()
    if judged_search.p_below is not None:
        before = (
            " among the moderators that a screening finds with p below ",
            judged_search.p_below,
            ", repeated in every draw",
        )
    yield (METHODS[judged_search.method], *before, ": ", *settings, ".")
    if judged_search.size is not None:
        yield ("The box assessed is the one whose proportion of participants is closest to ", judged_search.size, "%.")
    elif judged_search.method == "directed-peeling":
        yield ("The box with the largest z over all sizes is assessed.",)
    yield (*counted(judged_search.data_sets, "data set"), " of each scenario; ", *_draws(judged_search, alpha), ".")


def _draws(judged_search: JudgedSearch, alpha: Number) -> Inline:
    parts: list[Inline] = []
    if judged_search.curtailed:
        until = " sign flips at most, until they decide whether p of the search is at most "
        parts.append((judged_search.sign_flips, until, alpha))
    elif judged_search.sign_flips.value:
        parts.append((judged_search.sign_flips, " sign flips for p of the search"))
    if judged_search.bootstrap.value:
        parts.append((judged_search.bootstrap, " bootstrap samples for corrected effects"))
    if judged_search.held_out:
        parts.append(("each trial left out in turn",))
    return enumerated(parts) or ("no draws",)


def _judged(record: EvaluationRecord) -> Iterator[Inline]:
    yield (
        "The first candidate of a search is assessed, whether or not it was kept: the split with the smallest p in its node, or the box. It was kept if the tree was split on it; it is supported if its p of the search is at most ",
        record.alpha,
        ": the proportion of sign flips (outcomes without effect modification, residuals with random signs), each searched in the same way, that find a candidate at least as strong. A box is never kept; without draws, its p is that of its z alone.",
    )
    yield (
        "Its moderator is correct if it has a condition on every moderator of the planted subgroup, on the correct side; its cut is correct if, in addition, each limit lies within a tenth of the observed range of the true one. The Jaccard index is the number of participants in both as a proportion of those in either.",
    )
    yield (
        "Effects are those inside the candidate and their difference from the other side of its last split, or from all participants outside the box. The truth is their true value among these participants. Corrected effects are the effects minus the mean optimism over bootstrap samples, and their intervals, like all others here, have a level of ",
        record.level,
        "%. In trials held out, the candidate of the other trials is estimated in the one that did not choose it, and "
        "these effects are pooled; with fewer than three trials they are not estimable.",
    )


@dataclass(frozen=True, slots=True)
class Sketch:
    """A figure still to be drawn, by a function at the top of a module that takes the record, scenarios and a name."""

    draw: Callable[..., Drawing]
    scenarios: tuple[ScenarioRecord, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """An artefact before it has its drawing."""

    series: str
    title: str
    content: Table | Sketch


def planned(record: EvaluationRecord) -> tuple[Planned, ...]:
    """Return the artefacts in the order of the report, those left out of which nothing can be said."""
    empty = tuple(scenario for scenario in record.scenarios if not scenario.modified)
    full = tuple(scenario for scenario in record.scenarios if scenario.modified)
    corrected = any(search.bootstrap.value for search in record.searches)
    held_out = any(
        search.effect("held-out", "inside", "all") for scenario in record.scenarios for search in scenario.searches
    )
    found = [Planned("Table", "Scenarios", tables.scenarios(record.scenarios))]
    if empty:
        found.append(Planned("Table", "Error without modification", tables.errors(empty)))
        found.append(Planned("Fig.", "Subgroups found where none exists", Sketch(draw_rates, empty)))
    if full:
        found.append(Planned("Table", "Detection of planted subgroups", tables.detection(full)))
        found.append(Planned("Fig.", "Subgroups found where one exists", Sketch(draw_rates, full)))
    title = "Bias of effects, naive and corrected" if corrected else "Bias of effects"
    found.append(Planned("Table", title, tables.biases(record.scenarios)))
    found.append(
        Planned("Fig.", "Bias of the difference of the first candidate", Sketch(draw_biases, record.scenarios))
    )
    found.append(Planned("Table", "Coverage of intervals", tables.coverage(record.scenarios)))
    if held_out:
        found.append(Planned("Table", "Effects in held-out trials", tables.held_out(record.scenarios)))
    return tuple(found)


def numbered(record: EvaluationRecord, found: tuple[Planned, ...]) -> tuple[NumberedArtefact, ...]:
    """Return artefacts with their drawings, numbered within their series."""
    counts: dict[str, int] = {}
    out = []
    for item in found:
        counts[item.series] = counts.get(item.series, 0) + 1
        number = counts[item.series]
        name = f"{item.series.lower().rstrip('.')}{number}"
        part = _part(record, item, name)
        out.append(NumberedArtefact(name, item.series, f"{item.series} {number}", (item.title,), (part,)))
    return tuple(out)


def _part(record: EvaluationRecord, item: Planned, name: str) -> Part:
    if isinstance(item.content, Table):
        return Part("", (), table=item.content)
    return Part("", (), drawings=(item.content.draw(record, item.content.scenarios, name=name),))

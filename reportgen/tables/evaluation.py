"""The tables of an evaluation: scenarios, errors, detection, biases, coverage, and trials held out.

In: the record. Out: table models. A number of data sets stands beside its Monte Carlo standard error, in brackets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.evaluation import (
    Average,
    Given,
    JudgedEffect,
    Rate,
    ScenarioRecord,
    SearchInScenario,
    Way,
    What,
)
from reportgen.records.numbers import DASH, Inline

ERROR: Inline = ("In brackets: Monte Carlo standard error.",)
WAYS: dict[Way, str] = {"naive": "naive", "corrected": "corrected", "held-out": "held out"}
_WHATS: tuple[What, ...] = ("inside", "difference")
GIVEN: dict[Given, str] = {"all": "all", "kept": "kept", "supported": "supported"}


def scenarios(records: Sequence[ScenarioRecord]) -> Table:
    """Return how the data sets of each scenario look."""
    columns = (
        Column(("Scenario",), "left"),
        Column(("Trials",), "right"),
        Column(("People",), "right"),
        Column(("of each trial",), "left"),
        Column(("treated, %",), "left"),
        Column(("Effect, τ",), "decimal"),
        Column(("Interactions",), "decimal", ("Scatter between trials, SD",)),
        Column(("Slopes",), "decimal", ("Scatter between trials, SD",)),
        Column(("Residual SD, treated",), "left"),
        Column(("Gain, SD",), "decimal"),
        Column(("of whom",), "left"),
    )
    rows = tuple(_scenario(one) for one in records)
    note: Inline = ("One SD is the residual standard deviation of the control arm; SD: standard deviation.",)
    return Table(columns, (Group(rows),), (note,))


def _scenario(one: ScenarioRecord) -> Row:
    cells: tuple[Inline, ...] = (
        (one.number_of_trials,),
        (one.participants,),
        one.sizes,
        one.allocation,
        (one.tau,),
        (one.interaction_scatter,),
        (one.slope_scatter,),
        (one.intervention_sd, *((" ", *one.residual_by) if one.residual_by else ())),
        (one.gain,),
        one.where or (DASH,),
    )
    return Row((one.number, ". ", one.trials), cells)


def errors(records: Sequence[ScenarioRecord]) -> Table:
    """Return how often a search says something where there is nothing to say."""
    return _found(records, lambda search: (), ())


def detection(records: Sequence[ScenarioRecord]) -> Table:
    """Return how often a planted subgroup is found, and how well the first candidate hits it."""
    span = ("First candidate of all data sets",)
    hit = (
        Column(("Moderator right, %",), "decimal", span),
        Column(("and no other, %",), "decimal", span),
        Column(("cut right, %",), "decimal", span),
        Column(("Jaccard",), "decimal", span),
    )
    found = ("Where it is supported or, without draws, kept",)
    more = (Column(("Moderator right, %",), "decimal", found), Column(("Jaccard",), "decimal", found))
    return _found(records, _hits, (*hit, *more))


def _hits(search: SearchInScenario) -> tuple[Inline, ...]:
    by = {one.given: one for one in search.right}
    every, found = by.get("all"), by.get("supported", by.get("kept"))
    return (
        rate(every.moderator if every else None),
        rate(every.alone if every else None),
        rate(every.cut if every else None),
        average(every.jaccard if every else None),
        rate(found.moderator if found else None),
        average(found.jaccard if found else None),
    )


def _found(
    records: Sequence[ScenarioRecord],
    more: Callable[[SearchInScenario], tuple[Inline, ...]],
    columns: tuple[Column, ...],
) -> Table:
    first = (
        Column(("Scenario and search",), "left"),
        Column(("Data sets",), "right"),
        Column(("Smallest p ≤ alpha, %",)),
        Column(("Kept, %",)),
        Column(("Supported, %",)),
        Column(("Kept in sign flips, %",)),
    )
    groups = _groups(
        records,
        lambda one: [
            (
                (one.naive.data_sets,),
                rate(one.naive),
                rate(one.kept),
                rate(one.supported),
                average(one.kept_in_draws),
                *more(one),
            )
        ],
    )
    return Table((*first, *columns), groups, (ERROR,))


def biases(records: Sequence[ScenarioRecord]) -> Table:
    """Return estimate minus truth, naive and corrected, in all data sets and where something was kept."""
    spans: dict[What, Inline] = {"inside": ("Effect inside",), "difference": ("Difference",)}
    columns = (
        Column(("Scenario and search",), "left"),
        Column(("Data sets",), "left"),
        Column(("n",), "right"),
        Column(("n corrected",), "right"),
        *(Column((way,), "decimal", span) for span in spans.values() for way in ("truth", "naive", "corrected")),
    )
    note: Inline = (
        "Truth: mean over data sets of what the effect really is among the people of the first candidate; beside it "
        "estimate minus truth, in SD. Corrected are those in which at least two bootstrap samples found something to compare with.",
    )
    return Table(columns, _groups(records, lambda one: list(_bias_rows(one))), (note, ERROR))


def _bias_rows(search: SearchInScenario) -> Iterator[tuple[Inline, ...]]:
    for given, word in GIVEN.items():
        inside, apart = (search.effect("naive", what, given) for what in _WHATS)
        if inside is None or apart is None:
            continue
        less = search.effect("corrected", "inside", given)
        cells: list[Inline] = [(word,), (inside.bias.data_sets,), (less.bias.data_sets,) if less else (DASH,)]
        for what, naive in zip(_WHATS, (inside, apart), strict=True):
            corrected = search.effect("corrected", what, given)
            cells += [(naive.truth.mean,), average(naive.bias), average(corrected.bias if corrected else None)]
        yield tuple(cells)


def coverage(records: Sequence[ScenarioRecord]) -> Table:
    """Return how often intervals hold the truth."""
    spans: dict[What, Inline] = {"inside": ("Effect inside",), "difference": ("Difference",)}
    columns = (
        Column(("Scenario and search",), "left"),
        Column(("Data sets",), "left"),
        *(Column((WAYS[way],), "decimal", span) for span in spans.values() for way in WAYS),
    )
    return Table(columns, _groups(records, lambda one: list(_coverage_rows(one))), (("In per cent.",), ERROR))


def _coverage_rows(search: SearchInScenario) -> Iterator[tuple[Inline, ...]]:
    for given, word in GIVEN.items():
        if search.effect("naive", "inside", given) is not None:
            effects = [search.effect(way, what, given) for what in _WHATS for way in WAYS]
            yield ((word,), *(rate(one.coverage if one else None) for one in effects))


def held_out(records: Sequence[ScenarioRecord]) -> Table:
    """Return effects in trials that did not choose, beside what they estimate."""
    spans: dict[What, Inline] = {"inside": ("Effect inside",), "difference": ("Difference",)}
    columns = (
        Column(("Scenario and search",), "left"),
        Column(("Data sets",), "right"),
        *(
            Column((word,), "decimal", span)
            for span in spans.values()
            for word in ("estimate", "truth", "bias", "coverage, %")
        ),
    )
    note: Inline = ("Truth: that of the rule of each trial's fold in this trial, in the weights of the pooling.",)
    return Table(columns, _groups(records, lambda one: list(_held_out_rows(one))), (note, ERROR))


def _held_out_rows(search: SearchInScenario) -> Iterator[tuple[Inline, ...]]:
    inside, apart = (search.effect("held-out", what, "all") for what in _WHATS)
    if inside is not None and apart is not None:
        yield ((inside.bias.data_sets,), *_held_out_cells(inside), *_held_out_cells(apart))


def _held_out_cells(one: JudgedEffect) -> tuple[Inline, ...]:
    return ((one.estimate.mean,), (one.truth.mean,), average(one.bias), rate(one.coverage))


def _groups(
    records: Sequence[ScenarioRecord], rows: Callable[[SearchInScenario], list[tuple[Inline, ...]]]
) -> tuple[Group, ...]:
    """Return the rows of each search under the head of their scenario; the first of several bears its name."""
    return tuple(
        Group(
            tuple(
                Row((search.search,) if not place else (), cells)
                for search in scenario.searches
                for place, cells in enumerate(rows(search))
            ),
            scenario.head,
        )
        for scenario in records
    )


def rate(one: Rate | None) -> Inline:
    """Return a share with its standard error; a dash where there is none."""
    if one is None:
        return (DASH,)
    return (one.percent,) if one.percent.value is None else (one.percent, " (", one.std_error, ")")


def average(one: Average | None) -> Inline:
    """Return a mean with its standard error; a dash where there is none."""
    if one is None:
        return (DASH,)
    return (one.mean,) if one.std_error.value is None else (one.mean, " (", one.std_error, ")")

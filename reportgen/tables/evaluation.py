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

EARLY: Inline = (
    "Sign flips made: mean over data sets. These flips end as soon as they decide whether p of the search is at most alpha, with the same decision as all of them; p itself and the proportion of all flips in which a split is kept are then not known.",
)
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
    rows = tuple(_scenario(record) for record in records)
    note: Inline = ("One SD is the residual standard deviation of the control arm; SD: standard deviation.",)
    return Table(columns, (Group(rows),), (note,))


def _scenario(scenario_record: ScenarioRecord) -> Row:
    cells: tuple[Inline, ...] = (
        (scenario_record.number_of_trials,),
        (scenario_record.participants,),
        scenario_record.sizes,
        scenario_record.allocation,
        (scenario_record.tau,),
        (scenario_record.interaction_scatter,),
        (scenario_record.slope_scatter,),
        (
            scenario_record.intervention_sd,
            *((" ", *scenario_record.residual_by) if scenario_record.residual_by else ()),
        ),
        (scenario_record.gain,),
        scenario_record.where or (DASH,),
    )
    return Row((scenario_record.number, ". ", scenario_record.trials), cells)


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
    by = {item.given: item for item in search.right}
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
    early = any(search.flips for record in records for search in record.searches)
    first = (
        Column(("Scenario and search",), "left"),
        Column(("Data sets",), "right"),
        Column(("Smallest p ≤ alpha, %",)),
        Column(("Kept, %",)),
        Column(("Supported, %",)),
        Column(("Kept in sign flips, %",)),
        *((Column(("Sign flips made",), "decimal"),) if early else ()),
    )
    groups = _groups(
        records,
        lambda item: [
            (
                (item.naive.data_sets,),
                rate(item.naive),
                rate(item.kept),
                rate(item.supported),
                average(item.kept_in_draws),
                *((average(item.flips),) if early else ()),
                *more(item),
            )
        ],
    )
    return Table((*first, *columns), groups, (*((EARLY,) if early else ()), ERROR))


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
        "Truth: mean over data sets of the true effect among the participants of the first candidate; next to it estimate minus truth, in SD. Corrected are those in which at least two bootstrap samples found a subgroup to compare with.",
    )
    return Table(columns, _groups(records, lambda item: list(_bias_rows(item))), (note, ERROR))


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
    return Table(columns, _groups(records, lambda item: list(_coverage_rows(item))), (("In per cent.",), ERROR))


def _coverage_rows(search: SearchInScenario) -> Iterator[tuple[Inline, ...]]:
    for given, word in GIVEN.items():
        if search.effect("naive", "inside", given) is not None:
            effects = [search.effect(way, what, given) for what in _WHATS for way in WAYS]
            yield ((word,), *(rate(effect.coverage if effect else None) for effect in effects))


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
    return Table(columns, _groups(records, lambda item: list(_held_out_rows(item))), (note, ERROR))


def _held_out_rows(search: SearchInScenario) -> Iterator[tuple[Inline, ...]]:
    inside, apart = (search.effect("held-out", what, "all") for what in _WHATS)
    if inside is not None and apart is not None:
        yield ((inside.bias.data_sets,), *_held_out_cells(inside), *_held_out_cells(apart))


def _held_out_cells(judged_effect: JudgedEffect) -> tuple[Inline, ...]:
    return (
        (judged_effect.estimate.mean,),
        (judged_effect.truth.mean,),
        average(judged_effect.bias),
        rate(judged_effect.coverage),
    )


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


def rate(item: Rate | None) -> Inline:
    """Return a share with its standard error; a dash where there is none."""
    if item is None:
        return (DASH,)
    return (item.percent,) if item.percent.value is None else (item.percent, " (", item.std_error, ")")


def average(item: Average | None) -> Inline:
    """Return a mean with its standard error; a dash where there is none."""
    if item is None:
        return (DASH,)
    return (item.mean,) if item.std_error.value is None else (item.mean, " (", item.std_error, ")")

"""Subgroups fixed in advance in numbers: the effect of each, and the tests for differences between those of one covariate.

In: subgroups side by side, as recorded. Out: a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.effect_scale import directions, shared
from reportgen.records.numbers import Inline
from reportgen.records.subsets import (
    BETWEEN,
    SubsetEffect,
    SubsetOutcome,
    SubsetSettings,
    not_compared,
    of_different_trials,
    within_trials,
)
from reportgen.tables.effects import arm_cells, arm_columns
from reportgen.tables.phrases import ci_head, estimate_cell, explained

TEST = ("Test between subgroups",)


def subset_estimates(outcomes: Sequence[SubsetOutcome], settings: SubsetSettings) -> Table:
    """Return the effects in subgroups fixed in advance, with the tests for differences between them.

    Parameters
    ----------
    outcomes : sequence of SubsetOutcome
        Of one comparison.
    settings : SubsetSettings
    """
    scale = shared(outcome.scale for outcome in outcomes)
    within = (Column(("p within trials",), "decimal"),) if settings.screening else ()
    columns = (
        Column(("Subgroup",), "left"),
        Column(("m",), "right"),
        *arm_columns([item for outcome in outcomes for item in outcome.effects]),
        Column(ci_head(scale.head, settings.level), "decimal"),
        Column(("SE",), "decimal"),
        Column(("p",), "decimal"),
        Column(("Q",), "decimal", TEST),
        Column(("df",), "right", TEST),
        Column(("p",), "decimal", TEST),
        *within,
    )
    groups = tuple(Group(tuple(_rows(outcome, settings)), head=_head(outcome, outcomes)) for outcome in outcomes)
    found = [group for outcome in outcomes for group in outcome.groups]
    inside = within_trials(found, settings)
    notes: tuple[Inline, ...] = (
        (f"{directions(outcome.scale for outcome in outcomes)}.",),
        *(((BETWEEN,),) if any(group.compared for group in found) else ()),
        *((inside,) if inside else ()),
        *not_compared(found),
        *of_different_trials(found),
    )
    return explained(Table(columns, groups, notes))


def _head(outcome: SubsetOutcome, outcomes: Sequence[SubsetOutcome]) -> Inline:
    visits = len({item.follow_up for item in outcomes}) > 1
    unit: Inline = (" (", outcome.unit, ")") if outcome.unit.text else ()
    return (outcome.outcome_label, *((", ", outcome.follow_up_label) if visits else ()), *unit)


def _rows(outcome: SubsetOutcome, settings: SubsetSettings) -> Iterator[Row]:
    if outcome.everybody is not None:
        yield _row(outcome.everybody, settings)
    for group in outcome.groups:
        # what is not compared has its reason in a note of its own
        test: tuple[Inline, ...] = ((group.q,), (group.df,), (group.p,)) if group.compared else ((), (), ())
        within: Inline = () if group.interaction is None else (group.interaction,)
        yield Row(("Between subgroups by ", *group.label), ((),) * 6 + test + ((within,) if settings.screening else ()))
        yield from (_row(item, settings) for item in group.effects)


def _row(item: SubsetEffect, settings: SubsetSettings) -> Row:
    estimate = item.estimate
    effect: tuple[Inline, ...] = (estimate_cell(estimate), (estimate.std_error,), (estimate.p,))
    beside: tuple[Inline, ...] = ((),) * (4 if settings.screening else 3)
    return Row(item.whom, ((item.trials,), *arm_cells(item, item.kind), *effect, *beside))

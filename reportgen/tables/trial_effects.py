"""The table of a meta-analysis by trial: each trial's effect, and below them the pooled one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.model import ModelSettings, PooledEffect, TrialEstimate
from reportgen.records.numbers import Inline, p_words
from reportgen.tables.adjusters import not_adjusted, tables_of
from reportgen.tables.effects import (
    alone_words,
    arm_cells,
    arm_columns,
    excluded_notes,
    i2_cell,
    tau2_cell,
    without_counts,
)
from reportgen.tables.phrases import (
    ci_head,
    estimate_cell,
    explained,
    interval,
    labelled,
    span_of,
)


def by_trial(effect: PooledEffect, settings: ModelSettings) -> Table:
    """Return every number of the forest plot of one effect: its trials, then the pooled rows.

    One trial alone is not pooled: it has neither weight nor pooled rows.
    """
    several = len({row.instrument.text for row in effect.by_trial if row.instrument.text}) > 1
    alone = effect.alone
    columns = [Column(("Trial",), "left")]
    if several:
        columns.append(Column(("Instrument",), "left"))
    columns += [
        *arm_columns([effect]),
        Column(ci_head(effect.scale.head, settings.level), "decimal"),
        Column((f"Standard error{effect.scale.on_log_scale}",), "decimal"),
        Column(("p",), "decimal"),
        *([] if alone else [Column(("Two-stage weight, %",), "decimal")]),
    ]
    trials = Group(tuple(_trial_row(row, effect.kind, several, alone) for row in effect.by_trial))
    pooled = () if alone else (Group(tuple(_pooled_rows(effect, settings, several))),)
    groups = (trials, *pooled) if trials.rows else pooled
    notes = tuple(_by_trial_notes(effect, settings, alone))
    return explained(Table(tuple(columns), groups, notes))


def _by_trial_notes(effect: PooledEffect, settings: ModelSettings, alone: bool) -> Iterator[Inline]:
    yield from _trial_notes(effect, settings, alone)
    yield from without_counts([effect, *effect.by_trial], effect.kind)
    yield from not_adjusted(tables_of([effect]))
    yield from _trials_alone(effect)


def _trial_notes(effect: PooledEffect, settings: ModelSettings, alone: bool) -> Iterator[Inline]:
    yield (*labelled(effect.outcome_label, effect.unit), ".")
    favour = f"{effect.scale.direction}. "
    if alone:
        yield (favour, *alone_words(effect))
        return
    if effect.estimate.effect.value is None:
        return
    weighted = any(row.weight.value is not None for row in effect.by_trial)
    none = "" if effect.model == "two-stage" else "; the one-step model has none of its own"
    weights = f"Weights are those of the two-stage model{none}." if weighted else ""
    yield ((favour + weights).rstrip(),)
    if effect.two_stage_heterogeneity.q.value is not None:
        yield _variation(effect, settings)
    yield from excluded_notes(effect)
    if effect.outside:
        yield (effect.outside,)


def _variation(effect: PooledEffect, settings: ModelSettings) -> Inline:
    """Return the variation between trials, each number with its model."""
    apart = effect.two_stage_heterogeneity
    other = effect.model == "one-step" and effect.heterogeneity.tau2.value is not None
    between = effect.heterogeneity
    tau2 = tau2_cell(between.tau2, between.tau2_low, between.tau2_high)
    one_step: Inline = ("; of the one-step model, τ² = ", *tau2) if other else ()
    of_q: Inline = ("; Q = ", apart.q, " (df = ", apart.q_df, ", ", *p_words(apart.q_p), ")")
    return (
        f"Variation between trials, of the two-stage model: τ²{effect.scale.on_log_scale} = ",
        *interval(apart.tau2, apart.tau2_low, apart.tau2_high),
        *of_q,
        "; I² = ",
        *i2_cell(effect.heterogeneity),
        *one_step,
        ". Intervals in brackets have a level of ",
        settings.level,
        "%.",
    )


def _trials_alone(effect: PooledEffect) -> tuple[Inline, ...]:
    """Return what the effects of single trials are not adjusted for, beyond what the pooled one is not."""
    pooled = {item.adjuster.text for item in effect.not_adjusted}
    trials = [
        ((row.trial,), tuple(item for item in row.not_adjusted if item.adjuster.text not in pooled))
        for row in effect.by_trial
        if row.estimate.effect.value is not None
    ]
    return tuple(("By themselves: ", *sentence) for sentence in not_adjusted(trials))


def _trial_row(row: TrialEstimate, kind: str, several: bool, alone: bool) -> Row:
    return Row(
        (row.trial,),
        (
            *(((row.instrument,),) if several else ()),
            *arm_cells(row, kind),
            estimate_cell(row.estimate),
            (row.estimate.std_error,),
            (row.estimate.p,),
            *(() if alone else ((row.weight,),)),
        ),
        muted=row.estimate.effect.value is None,
    )


def _pooled_rows(effect: PooledEffect, settings: ModelSettings, several: bool) -> list[Row]:
    blank: tuple[Inline, ...] = ((),) if several else ()
    between = effect.heterogeneity
    interval_row = Row(
        (settings.level, "% prediction interval"),
        (*blank, (), (), span_of(between.predicted_low, between.predicted_high), (), (), ()),
        total=True,
        muted=between.predicted_low.value is None,
    )
    one_step, common, two_stage = (
        Row(
            (name,),
            (
                *blank,
                *(arm_cells(effect, effect.kind) if first else ((), ())),
                estimate_cell(estimate),
                (estimate.std_error,),
                (estimate.p,),
                (),
            ),
            total=True,
            muted=estimate.effect.value is None,
        )
        for name, estimate, first in (
            ("One-step model", effect.estimate, True),
            ("Common effect", effect.common, False),
            ("Two-stage model", effect.two_stage, False),
        )
    )
    if effect.model == "two-stage":
        return [replace(one_step, head=("Two-stage model",)), interval_row, common]
    return [one_step, interval_row, common, two_stage]

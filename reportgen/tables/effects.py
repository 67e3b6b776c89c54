"""Every number of a forest plot, as a table: pooled effects, their trials, who entered and who was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.model import MetaAnalysis, ModelSettings, PooledEffect, TrialEstimate
from reportgen.records.numbers import Inline, Number, Status
from reportgen.tables.phrases import (
    ci_head,
    estimate_cell,
    explained,
    interval,
    labelled,
    percent,
    span_of,
    words,
)

Scale = Literal["natural", "0-100"]
COUNTS = ("Participants",)
CHECKS = ("Checks",)
ABBREVIATIONS = (
    ("m", "trials"),
    ("CI", "confidence interval"),
    ("τ²", "variance of the effect between trials"),
    ("I²", "share of variation between trials that is not chance"),
    ("PI", "prediction interval"),
)


def estimates(effects: Sequence[PooledEffect], settings: ModelSettings, *, scale: Scale = "natural") -> Table:
    """Return every number of a forest plot: one row a pooled effect, grouped by outcome.

    Parameters
    ----------
    effects : sequence of PooledEffect
        Of one comparison.
    settings : ModelSettings
        What was fitted.
    scale : {'natural', '0-100'}
        With `0-100` the effect and its prediction interval stand on a scale from 0 to 100, with the factor that leads
        there; the other columns keep the unit of the outcome.
    """
    scaled = scale == "0-100"
    once = _only_follow_up(effects)
    columns = [
        Column(("Outcome, ", once) if once else ("Outcome",), "left"),
        Column(("m",), "right"),
        Column(("Control",), "right", COUNTS),
        Column(("Intervention",), "right", COUNTS),
        Column(ci_head("Effect", settings.level), "decimal"),
        Column(("p",), "decimal"),
        Column(("τ²",), "decimal"),
        Column(ci_head("I²", settings.level), "decimal"),
        Column((settings.level, "% PI"), "decimal"),
        Column(ci_head("Common effect", settings.level), "decimal", CHECKS),
        Column(ci_head("Two-stage", settings.level), "decimal", CHECKS),
        Column(("Status",), "left"),
    ]
    if scaled:
        columns.insert(4, Column(("Factor",), "decimal"))
    favour = "Positive effects favour the intervention."
    notes: list[Inline] = [] if scaled else [(favour,)]
    if scaled:
        notes.append(
            (
                f"{favour} Effects and prediction intervals are multiplied by the factor and so stand on a common scale; divide by it "
                "to come back to the outcome's own. An outcome without a range has no factor and keeps its unit, as do τ² "
                "and the checks.",
            )
        )
    notes += _few_trials(effects, settings)
    return explained(Table(tuple(columns), tuple(_estimate_groups(effects, scaled)), tuple(notes), ABBREVIATIONS))


def _only_follow_up(effects: Sequence[PooledEffect]) -> Number | None:
    """Return the follow-up of all effects, if it is one: then an outcome is a row and needs no head of its own."""
    found = {effect.follow_up: effect.follow_up_label for effect in effects}
    return next(iter(found.values())) if len(found) == 1 else None


def _estimate_groups(effects: Sequence[PooledEffect], scaled: bool) -> Iterator[Group]:
    if _only_follow_up(effects):
        yield Group(tuple(_estimate_row(e, labelled(e.outcome_label, e.unit), scaled) for e in effects))
        return
    for _, found in groupby(effects, key=lambda effect: effect.outcome):
        members = tuple(found)
        yield Group(
            tuple(_estimate_row(effect, (effect.follow_up_label,), scaled) for effect in members),
            head=labelled(members[0].outcome_label, members[0].unit),
        )


def _few_trials(effects: Sequence[PooledEffect], settings: ModelSettings) -> list[Inline]:
    """Say why intervals of two or three trials are as wide as they are."""
    numbers = {effect.trials.value for effect in effects if effect.estimate.effect.value is not None}
    notes: list[Inline] = []
    if 2 in numbers and settings.treatment_effect == "random":
        notes.append(
            (
                "With two trials, the variation of the effect between trials rests on a single degree of freedom, so that "
                "the interval is very wide whatever their size; the interval of the common-effect model stands beside it.",
            )
        )
    if 3 in numbers and settings.treatment_effect == "random":
        notes.append(("With three trials, the prediction interval rests on a single degree of freedom.",))
    return notes


def _estimate_row(effect: PooledEffect, head: Inline, scaled: bool) -> Row:
    between, own = effect.heterogeneity, effect.scaled if scaled else None
    cells: list[Inline] = [
        (effect.trials,),
        (effect.n_control,),
        (effect.n_intervention,),
        interval(own.effect, own.low, own.high) if own else estimate_cell(effect.estimate),
        (effect.estimate.p,),
        (between.tau2,),
        _i2(effect),
        span_of(own.predicted_low, own.predicted_high)
        if own
        else span_of(between.predicted_low, between.predicted_high),
        estimate_cell(effect.common),
        estimate_cell(effect.two_stage),
        status_words(effect.status),
    ]
    if scaled:
        cells.insert(3, (effect.scaled.factor,) if effect.scaled else ())
    return Row(head, tuple(cells), muted=effect.estimate.effect.value is None)


def _i2(effect: PooledEffect) -> Inline:
    between = effect.heterogeneity
    if between.i2.value is None or between.i2_low.value is None:
        return percent(between.i2)
    return (*percent(between.i2), " (", *percent(between.i2_low), " to ", *percent(between.i2_high), ")")


def status_words(status: Status) -> Inline:
    """Return how a fit ended, in words."""
    said = {"ok": "converged", "boundary": "boundary", "suppressed": "not printed"}
    return (said.get(status, status),)


def by_trial(effect: PooledEffect, settings: ModelSettings) -> Table:
    """Return every number of the forest plot of one effect: its trials, then the pooled rows."""
    several = len({row.instrument.text for row in effect.by_trial if row.instrument.text}) > 1
    columns = [Column(("Trial",), "left")]
    if several:
        columns.append(Column(("Instrument",), "left"))
    columns += [
        Column(("Control",), "right", COUNTS),
        Column(("Intervention",), "right", COUNTS),
        Column(ci_head("Effect", settings.level), "decimal"),
        Column(("Standard error",), "decimal"),
        Column(("p",), "decimal"),
        Column(("Weight, %",), "decimal"),
    ]
    trials = Group(tuple(_trial_row(row, several) for row in effect.by_trial))
    pooled = Group(tuple(_pooled_rows(effect, settings, several)))
    groups = (trials, pooled) if trials.rows else (pooled,)
    notes: tuple[Inline, ...] = (
        (*labelled(effect.outcome_label, effect.unit), "."),
        (
            "Positive effects favour the intervention. "
            "Weights are those of the two-stage model; the one-step model has none of its own.",
        ),
    )
    return explained(Table(tuple(columns), groups, notes, (("CI", "confidence interval"),)))


def _trial_row(row: TrialEstimate, several: bool) -> Row:
    return Row(
        (row.trial,),
        (
            *(((row.instrument,),) if several else ()),
            (row.n_control,),
            (row.n_intervention,),
            estimate_cell(row.estimate),
            (row.estimate.std_error,),
            (row.estimate.p,),
            (row.weight,),
        ),
        muted=row.estimate.effect.value is None,
    )


def _pooled_rows(effect: PooledEffect, settings: ModelSettings, several: bool) -> list[Row]:
    blank: tuple[Inline, ...] = ((),) if several else ()
    rows = [
        Row(
            (name,),
            (
                *blank,
                (effect.n_control,) if first else (),
                (effect.n_intervention,) if first else (),
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
    ]
    between = effect.heterogeneity
    rows.append(
        Row(
            (settings.level, "% prediction interval"),
            (*blank, (), (), span_of(between.predicted_low, between.predicted_high), (), (), ()),
            total=True,
            muted=between.predicted_low.value is None,
        )
    )
    return rows


def model_status(fitted: Sequence[MetaAnalysis]) -> Table:
    """Return how each fit ended: status, evaluations of the criterion, its value, degrees of freedom, and what was wrong."""
    remarks = any(_remark(effect) for record in fitted for effect in record.effects)
    columns = [
        Column(("Fit",), "left"),
        Column(("Status",), "left"),
        Column(("Evaluations",), "right"),
        Column(("Criterion",), "decimal"),
        Column(("of the model",), "decimal", ("Degrees of freedom",)),
        Column(("used",), "decimal", ("Degrees of freedom",)),
        *([Column(("Remark",), "left")] if remarks else []),
    ]
    groups = []
    for record in fitted:
        titles = {comparison.name: comparison.title for comparison in record.comparisons}
        for comparison, found in groupby(record.effects, key=lambda effect: effect.comparison):
            rows = tuple(_status_row(effect, remarks) for effect in found)
            groups.append(Group(rows, head=(titles[comparison],)))
    notes: tuple[Inline, ...] = (
        (
            "Criterion: minus two times the log-likelihood, restricted or full, as minimised. Boundary: the fit is sound and "
            "finds no variation between trials.",
        ),
    )
    return Table(tuple(columns), tuple(groups), notes)


def _remark(effect: PooledEffect) -> str:
    """Return what was wrong with a fit; what the boundary means is said once, below the table."""
    return "" if effect.status == "boundary" else effect.reason


def _status_row(effect: PooledEffect, remarks: bool) -> Row:
    cells: list[Inline] = [
        status_words(effect.status),
        (effect.evaluations,),
        (effect.criterion,),
        (effect.df_unfloored,),
        (effect.estimate.df,),
    ]
    if remarks:
        cells.append(words(_remark(effect), f"{effect.id}.reason", effect.trials.source))
    head = (effect.outcome_label, ", ", effect.follow_up_label)
    return Row(head, tuple(cells), muted=effect.estimate.effect.value is None)

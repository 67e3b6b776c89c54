"""Every number of a forest plot, as a table: pooled effects, their trials, who entered and who was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import inf
from typing import Literal

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.effect_scale import capitalised, directions, shared
from reportgen.records.events import CountedTrial, EventCount
from reportgen.records.model import Heterogeneity, ModelSettings, PooledEffect, TrialEstimate
from reportgen.records.numbers import DASH, Inline, Number, Status
from reportgen.records.subsets import SubsetEffect
from reportgen.tables.adjusters import not_adjusted, tables_of
from reportgen.tables.phrases import (
    Footnotes,
    ci_head,
    estimate_cell,
    explained,
    interval,
    joined,
    labelled,
    percent,
    span_of,
    words,
)

Scale = Literal["natural", "0-100"]
COUNTS = ("Participants",)
CHECK = ("Check",)
TWO_STAGE = ("Two-stage check",)
TWO_STAGE_MODEL = ("Two-stage model",)
PLACE_OF_CHECK = 8  # of the effect of the two-stage check, among the cells of a row
EVENTS, TIMED = ("Events / participants",), ("Events / exposure",)

# What specs/operating-characteristics shows of intervals of events: τ² by maximum likelihood is too small, and often zero. With τ 0.5
# intervals of 95 % hold the odds ratio in 92.7 to 93.1 %, prediction intervals that of a further trial in as few as 79 %.
SIMULATED = range(8, 15)
TOO_SURE = (
    "In simulations of eight to fourteen trials whose effects differ, the prediction interval of a binary outcome held the effect in a "
    "further trial less often than its level says, and where they differ much, the interval of the effect held it a little less often."
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
        With `0-100` all effects, intervals and variances of an outcome with a range stand on a scale from 0 to 100, with
        the factor that leads there.
    """
    scaled = scale == "0-100"
    once = _only_follow_up(effects)
    measured = shared(effect.scale for effect in effects)
    log = measured.on_log_scale
    apart = TWO_STAGE_MODEL if _in_two_stages(effects) else TWO_STAGE
    columns = [
        Column(("Outcome, ", once) if once else ("Outcome",), "left"),
        Column(("m",), "right"),
        *arm_columns(effects),
        Column(ci_head(measured.head, settings.level), "decimal"),
        Column(("p",), "decimal"),
        Column((f"τ²{log}",), "decimal"),
        Column((settings.level, "% PI"), "decimal"),
        Column(ci_head("Common effect", settings.level), "decimal", CHECK),
        *([] if apart == TWO_STAGE_MODEL else [Column(ci_head(measured.head, settings.level), "decimal", apart)]),
        Column(ci_head(f"τ²{log}", settings.level), "decimal", apart),
        Column(("Q (p)",), "decimal", apart),
        Column(ci_head("I²", settings.level), "decimal", apart),
        Column(("Status",), "left"),
    ]
    if scaled:
        columns.insert(4, Column(("Factor",), "decimal"))
    favour = f"{directions(effect.scale for effect in effects)}."
    notes: list[Inline] = [] if scaled else [(favour,)]
    if scaled:
        notes.append(
            (
                f"{favour} Effects and their intervals are multiplied by the factor, and τ² by its square, to give a common scale; divide by them to return to the outcome's own scale.",
                *_without_factor(effects),
            )
        )
    notes += [
        *_pooled_apart(effects),
        *_logarithms(effects),
        *_few_trials(effects, settings),
        *without_counts([effect for effect in effects if effect.kind != "continuous"], "events"),
        *not_adjusted(tables_of(effects)),
    ]
    marked = Footnotes()
    groups = tuple(_estimate_groups(effects, scaled, marked))
    whole = Table(tuple(columns), groups, (*marked.notes, *notes))
    return replace(explained(whole), paper=explained(_on_paper(whole)))


def arm_columns(effects: Sequence[PooledEffect | SubsetEffect]) -> tuple[Column, Column]:
    """Return the columns of people on either side; with their events, where the outcomes are events."""
    of_events = {effect.kind != "continuous" for effect in effects}
    if effects and all(effect.events is not None and effect.events.exposure_control is not None for effect in effects):
        return Column(("Control",), "right", TIMED), Column(("Intervention",), "right", TIMED)
    span = (
        EVENTS
        if of_events == {True}
        else COUNTS
        if of_events != {True, False}
        else ("Participants, or events / participants",)
    )
    return Column(("Control",), "right", span), Column(("Intervention",), "right", span)


def arm_cells(
    item: PooledEffect | TrialEstimate | EventCount | CountedTrial | SubsetEffect, kind: str
) -> tuple[Inline, Inline]:
    """Return how many people are on either side; of events, behind how many of these, in their exposure where there is one.

    Parameters
    ----------
    item : PooledEffect, TrialEstimate, EventCount, CountedTrial or SubsetEffect
    kind : {'continuous', 'binary', 'count'}
        Of the outcome.
    """
    events = item.events
    if kind == "continuous":
        return (item.n_control,), (item.n_intervention,)
    if events is None:
        return (DASH, "/", item.n_control), (DASH, "/", item.n_intervention)
    control, intervention = (
        events.exposure_control or item.n_control,
        events.exposure_intervention or item.n_intervention,
    )
    return (events.control, "/", control), (events.intervention, "/", intervention)


def alone_words(effect: PooledEffect) -> Inline:
    """Return that an effect is one trial's own."""
    return (f"One trial: its own effect, by {effect.regression}; no pooling.",)


def _on_paper(whole: Table) -> Table:
    """Return the table without Q and τ² of the two-stage model, for which the paper is too narrow."""
    kept = [
        i
        for i, column in enumerate(whole.columns)
        if column.span not in (TWO_STAGE, TWO_STAGE_MODEL) or not _is_variation(column)
    ]
    groups = tuple(
        replace(group, rows=tuple(replace(row, cells=tuple(row.cells[i - 1] for i in kept if i)) for row in group.rows))
        for group in whole.groups
    )
    note: Inline = ("Q, its p and τ² of the two-stage model are given in this table on screen and in its CSV file.",)
    notes = (*whole.footnotes, note)
    return Table(tuple(whole.columns[i] for i in kept), groups, notes)


def _is_variation(column: Column) -> bool:
    return str(column.head[0]).startswith(("τ²", "Q"))


def _only_follow_up(effects: Sequence[PooledEffect]) -> Number | None:
    """Return the follow-up of all effects, if it is one: then an outcome is a row and needs no head of its own."""
    found = {effect.follow_up: effect.follow_up_label for effect in effects}
    return next(iter(found.values())) if len(found) == 1 else None


def _estimate_groups(effects: Sequence[PooledEffect], scaled: bool, marked: Footnotes) -> Iterator[Group]:
    whole = _in_two_stages(effects)
    if _only_follow_up(effects):
        yield Group(tuple(_estimate_row(e, _head(e, scaled), scaled, marked, whole=whole) for e in effects))
        return
    for _, found in groupby(effects, key=lambda effect: effect.outcome):
        members = tuple(found)
        yield Group(
            tuple(_estimate_row(e, (e.follow_up_label,), scaled, marked, whole=whole) for e in members),
            head=_head(members[0], scaled),
        )


def _head(effect: PooledEffect, scaled: bool) -> Inline:
    """Return the name of an outcome, with the unit that its row has."""
    return (effect.outcome_label,) if scaled and effect.scaled else labelled(effect.outcome_label, effect.unit)


def _without_factor(effects: Sequence[PooledEffect]) -> Inline:
    """Say what stays in its own unit, if anything does."""
    if all(effect.scaled for effect in effects):
        return ()
    return (" An outcome without a range has no factor and keeps its unit.",)


def _in_two_stages(effects: Sequence[PooledEffect]) -> bool:
    """Whether all effects are pooled in two stages, so that no two-stage check stands beside them."""
    return bool(effects) and all(effect.model == "two-stage" for effect in effects)


def _pooled_apart(effects: Sequence[PooledEffect]) -> Iterator[Inline]:
    """Yield which effects are pooled in two stages, and are their own check where others have one beside them."""
    scales = dict.fromkeys(effect.scale for effect in effects if effect.model == "two-stage" and not effect.alone)
    for scale in scales:
        yield (
            f"{capitalised(scale.effects)} are pooled in two stages from those of the trials, without a one-step model.",
        )


def _logarithms(effects: Sequence[PooledEffect]) -> Iterator[Inline]:
    """Yield of which effects τ² is on the log scale, where the heads cannot say it since others stand beside them."""
    scales = dict.fromkeys(effect.scale for effect in effects)
    if len(scales) > 1:
        yield from ((f"τ² of {scale.effects} is on the log scale.",) for scale in scales if scale.is_ratio)


def _few_trials(effects: Sequence[PooledEffect], settings: ModelSettings) -> list[Inline]:
    """Say why intervals of two or three trials are as wide as they are, and where a prediction interval is too narrow."""
    if settings.treatment_effect != "random":
        return []
    shown = [effect for effect in effects if effect.estimate.effect.value is not None]
    notes: list[Inline] = []
    if any(effect.trials.value == 2 and (effect.estimate.df.value or inf) < 2 for effect in shown):
        notes.append(
            (
                "With two trials, the variation of the effect between trials is estimated with a single degree of freedom, so that the interval is very wide whatever their size; the interval of the common-effect model is given beside it.",
            )
        )
    if any(effect.heterogeneity.tau2_low is not None for effect in shown):
        notes.append(("Intervals of τ² of the one-step model are by profile likelihood.",))
    if any(effect.trials.value == 3 and effect.heterogeneity.predicted_low.value is not None for effect in shown):
        notes.append(("With three trials, the prediction interval has a single degree of freedom.",))
    if any(_predicted_too_surely(effect) for effect in shown):
        notes.append((TOO_SURE,))
    return notes


def _predicted_too_surely(effect: PooledEffect) -> bool:
    predicted = effect.heterogeneity.predicted_low.value is not None
    one_step = effect.kind == "binary" and effect.model != "two-stage"
    return predicted and one_step and (effect.trials.value or 0) in SIMULATED


def _estimate_row(effect: PooledEffect, head: Inline, scaled: bool, marked: Footnotes, *, whole: bool) -> Row:
    """Return a row; `whole` says that all effects of the table are pooled in two stages, without a check that is."""
    shown = _on_scale_to_100(effect) if scaled else None
    shown = shown or _on_own_scale(effect)
    apart = effect.two_stage_heterogeneity
    q: Inline = (apart.q,) if apart.q.value is None else (apart.q, " (", apart.q_p, ")")
    cells: list[Inline] = [
        (effect.trials,),
        *arm_cells(effect, effect.kind),
        (*shown.effect, *(marked.mark(note) for note in _remarks(effect))),
        (effect.estimate.p,),
        shown.tau2,
        shown.predicted,
        shown.common,
        (*shown.two_stage, *(marked.mark(note) for note in excluded_notes(effect))),
        shown.two_stage_tau2,
        q,
        i2_cell(effect.heterogeneity),
        status_of(effect),
    ]
    if whole:
        del cells[PLACE_OF_CHECK]
    if scaled:
        cells.insert(3, (effect.scaled.factor,) if effect.scaled else ())
    return Row(head, tuple(cells), muted=effect.estimate.effect.value is None)


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of a row that have the unit of the outcome, or its square."""

    effect: Inline
    tau2: Inline
    predicted: Inline
    common: Inline
    two_stage: Inline
    two_stage_tau2: Inline


def _on_own_scale(effect: PooledEffect) -> _Cells:
    between, apart = effect.heterogeneity, effect.two_stage_heterogeneity
    return _Cells(
        estimate_cell(effect.estimate),
        tau2_cell(between.tau2, between.tau2_low, between.tau2_high),
        span_of(between.predicted_low, between.predicted_high),
        estimate_cell(effect.common),
        (DASH,) if effect.model == "two-stage" and not effect.alone else estimate_cell(effect.two_stage),
        interval(apart.tau2, apart.tau2_low, apart.tau2_high),
    )


def tau2_cell(tau2: Number, low: Number | None, high: Number | None) -> Inline:
    """Return the variance between trials, with its interval where one was asked for."""
    return (tau2,) if low is None or high is None else interval(tau2, low, high)


def _on_scale_to_100(effect: PooledEffect) -> _Cells | None:
    """Return the cells on a scale from 0 to 100; None where the outcome has no range."""
    own, checks = effect.scaled, effect.scaled_checks
    if own is None or checks is None:
        return None
    return _Cells(
        interval(own.effect, own.low, own.high),
        tau2_cell(checks.tau2, checks.tau2_low, checks.tau2_high),
        span_of(own.predicted_low, own.predicted_high),
        interval(checks.common, checks.common_low, checks.common_high),
        interval(checks.two_stage, checks.two_stage_low, checks.two_stage_high),
        interval(checks.two_stage_tau2, checks.two_stage_tau2_low, checks.two_stage_tau2_high),
    )


def _remarks(effect: PooledEffect) -> Iterator[Inline]:
    """Yield what is to be said of an effect: that it is one trial's own, or that it lies outside its trials."""
    if effect.estimate.effect.value is None:
        return
    if effect.alone:
        yield alone_words(effect)
    if effect.outside:
        yield (effect.outside,)


def excluded_notes(effect: PooledEffect) -> Iterator[Inline]:
    """Yield which trials the two-stage model leaves out and the one-step model keeps, each with its reason."""
    reasons = [
        (
            row.trial,
            " (",
            *words(row.reason, f"{row.trial.id}.reason", row.trial.source),
            ")",
        )
        for row in effect.one_step_only
    ]
    if reasons:
        yield ("In the one-step model but not in the two-stage model: ", *joined(reasons), ".")


def i2_cell(between: Heterogeneity) -> Inline:
    """Return I² with its interval."""
    if between.i2.value is None or between.i2_low.value is None:
        return percent(between.i2)
    return (*percent(between.i2), " (", *percent(between.i2_low), " to ", *percent(between.i2_high), ")")


def status_of(effect: PooledEffect) -> Inline:
    """Return how a fit ended, in words; of one trial alone that it is one."""
    return ("one trial",) if effect.alone else status_words(effect.status)


def status_words(status: Status) -> Inline:
    """Return how a fit ended, in words."""
    said = {"ok": "converged", "boundary": "boundary", "suppressed": "not printed"}
    return (said.get(status, status),)


def without_counts(items: Sequence[PooledEffect | TrialEstimate], kind: str) -> Iterator[Inline]:
    """Yield why events of some people are not disclosed; nothing where all are."""
    if kind != "continuous" and any(item.events is None and item.n_control.value is not None for item in items):
        yield (
            "–/n: events that are suppressed since they, or those of nearly the same participants in another analysis of this report, "
            "would give away few participants.",
        )

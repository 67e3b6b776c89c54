"""The forest plot of one pooled effect: a square a trial, below them the diamonds of the one-step and the two-stage model.

In: one pooled effect as recorded. Out: one sheet a page. The area of a square is in proportion to the weight of its trial in
the two-stage model: a one-step model has no weights, and its estimate may lie outside the range of the trials. Where there is no
one-step model the two-stage one has the only diamond. The dashed line is the estimate of the first diamond. One trial alone is not pooled: it has neither weight nor diamond.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from reportgen.figures import words
from reportgen.figures.axis import Axis, Limits, axis_for
from reportgen.figures.columns import TRIALS, Cells, Sides, arm_cells, heads_of, least_plot, mean_cells, with_events
from reportgen.figures.forest import interval_cell, pair_of, value_of
from reportgen.figures.layout import Page, lay_out
from reportgen.figures.limited import leaving_limits, limited
from reportgen.figures.order import TrialOrder, trials_in_order
from reportgen.figures.panel import Panel
from reportgen.figures.rows import BETWEEN, Band, Cell, Heading, Headings, Row, Slot
from reportgen.figures.sheet import Mark, Sheet
from reportgen.figures.theme import BODY, HEAD, MUTED, NOTE, page_width
from reportgen.houses import PLAIN
from reportgen.records.effect_scale import IN_FAVOUR, EffectScale
from reportgen.records.estimate import Estimate
from reportgen.records.model import ModelSettings, PooledEffect, TrialEstimate
from reportgen.records.numbers import DASH, Inline, Number

TITLE = "Forest plot by trial"


def forest_by_trial_sheets(
    effect: PooledEffect,
    settings: ModelSettings,
    *,
    name: str,
    limits: Limits | None = None,
    order: TrialOrder = "study",
    columns: Sides = TRIALS,
) -> tuple[Sheet, ...]:
    """Return the pages of a forest plot of one effect by trial, before they are drawn."""
    effect = replace(effect, by_trial=trials_in_order(effect.by_trial, order))
    columns = with_events(columns, [effect])
    sides = _without_weight(columns) if effect.alone else columns
    named = len({item.instrument.text for item in effect.by_trial}) > 1
    rows = [
        *(_trial_row(item, effect, name, named, sides) for item in effect.by_trial),
        *(() if effect.alone else _pooled_rows(effect, settings, name, sides, symmetric=limits is None)),
    ]
    overall = value_of(effect.estimate.effect) if _estimated(effect) and not effect.alone else None
    (band,) = limited([Band(tuple(rows), _axis(effect), overall, arrows=effect.scale.arrows)], limits)
    unit: Inline = (" (", effect.unit, ")") if effect.unit.text else ()
    measure = words.measure([effect], settings)
    heads = {
        "effect": Heading(((effect.scale.column,), ("(", *words.interval_name(settings, short=True), ")"))),
        "p": Heading((("p",),)),
        "weight": Heading((("Weight",), ("(%)",))),
    }
    headings = Headings(
        ("Trial and instrument" if named else "Trial",),
        heads_of(sides[0], heads),
        heads_of(sides[1], heads),
        (effect.outcome_label, ", ", effect.follow_up_label, ": ", measure, *unit),
        least_plot=least_plot(columns),
    )
    drawn = (
        *_note(effect, settings, in_a_row=_variation_in_a_row(effect, sides)),
        *_dashed(band, effect),
        *_means_note(effect, columns),
        *leaving_limits([band], limits),
    )
    note = (*(drawn if band.axis else ()), *words.status_note(effect, name))

    def alt(page: Page, page_name: str) -> Inline:
        return _alt(effect, page_name)

    return lay_out((band,), headings, note, name=name, title=TITLE, alts=alt)


def _note(effect: PooledEffect, settings: ModelSettings, *, in_a_row: bool) -> Inline:
    """Return the small print of a figure in which something is drawn, but for how the fit ended."""
    return (
        *words.model_note(effect, settings),
        *words.heterogeneity_note(effect, settings),
        *words.two_stage_note(effect, settings, in_a_row=in_a_row),
        *((effect.outside, " ") if effect.outside else ()),
        *_key(effect, settings),
    )


def _dashed(band: Band, effect: PooledEffect) -> Inline:
    """Return what the dashed line is, where there is one."""
    drawn = band.axis is not None and band.overall is not None and band.axis.shows(band.overall)
    return (f"Dashed line: pooled {effect.scale.effect} of the {effect.model} model. ",) if drawn else ()


def _without_weight(columns: Sides) -> Sides:
    """Return columns without that of weights, which one trial alone does not have."""
    left, right = (tuple(word for word in side if word != "weight") for side in columns)
    return left, right or columns[1]


def _means_note(effect: PooledEffect, columns: Sides) -> Inline:
    """Return what means stand beside the plot, and why some do not."""
    if "mean-sd" not in (*columns[0], *columns[1]):
        return ()
    kinds = {item.means.of for item in effect.by_trial if item.means}
    what = ("Mean (SD): ", *kinds, ", not adjusted. ") if kinds else ()
    lacking = any(item.means is None and item.status != "suppressed" for item in effect.by_trial)
    why = "no mean is given of participants who are a part of those of another mean"
    return (*what, f"{DASH}: {why}. ") if lacking else what


def _estimated(effect: PooledEffect) -> bool:
    return effect.status in ("ok", "boundary") and math.isfinite(value_of(effect.estimate.effect))


def _trial_estimated(trial_estimate: TrialEstimate) -> bool:
    return trial_estimate.status in ("ok", "boundary") and math.isfinite(value_of(trial_estimate.estimate.effect))


def _checked(effect: PooledEffect) -> bool:
    """Whether the two-stage model has an interval to draw."""
    two_stage = effect.two_stage
    return all(math.isfinite(value_of(item)) for item in (two_stage.effect, two_stage.low, two_stage.high))


def _axis(effect: PooledEffect) -> Axis | None:
    parts = [item.estimate for item in effect.by_trial if _trial_estimated(item)]
    wider = []
    if _estimated(effect):
        parts += [effect.estimate, effect.two_stage] if _checked(effect) else [effect.estimate]
        predicted = pair_of(effect.heterogeneity.predicted_low, effect.heterogeneity.predicted_high)
        wider = [predicted] if predicted else []
    if not parts:
        return None
    return axis_for(
        [value_of(part.effect) for part in parts],
        [(value_of(part.low), value_of(part.high)) for part in parts],
        wider,
        effect.scale.link,
    )


def _trial_row(trial_estimate: TrialEstimate, effect: PooledEffect, name: str, named: bool, columns: Sides) -> Row:
    of_arms = arm_cells(trial_estimate) | {"mean-sd": mean_cells(trial_estimate.means)}
    label: Inline = (trial_estimate.trial, ", ", trial_estimate.instrument) if named else (trial_estimate.trial,)
    if not _trial_estimated(trial_estimate):
        reason = words.reason(trial_estimate.status, trial_estimate.reason, name, f"{trial_estimate.trial.text} reason")
        return Row(label, Cells(of_arms).of(columns[0]), style=BODY.muted(), reason=reason)
    printed = _printed(trial_estimate.estimate)
    weights = [value_of(other.weight) for other in effect.by_trial if math.isfinite(value_of(other.weight))]
    share = value_of(trial_estimate.weight) / max(weights) if weights and max(weights) > 0 else math.nan
    of_row = {
        "effect": interval_cell(*printed),
        "p": (Slot(trial_estimate.estimate.p),),
        "weight": (Slot(trial_estimate.weight),),
    }
    left, right = (Cells(of_arms, of_row).of(side) for side in columns)
    return Row(
        label,
        left,
        right,
        plot=_square(trial_estimate.estimate, 0.25 if math.isnan(share) else share),
        estimate=printed,
    )


def _printed(
    estimate: Estimate,
) -> tuple[Number, Number, Number]:
    return estimate.effect, estimate.low, estimate.high


def _square(estimate: Estimate, share: float) -> Callable[[Panel, float], list[Mark]]:
    def plot(panel: Panel, y: float) -> list[Mark]:
        return panel.square(value_of(estimate.low), value_of(estimate.effect), value_of(estimate.high), share, y)

    return plot


def _pooled_rows(
    effect: PooledEffect, settings: ModelSettings, name: str, columns: Sides, *, symmetric: bool
) -> Iterator[Row]:
    counts = arm_cells(effect)
    if not _estimated(effect):
        reason = words.reason(effect.status, effect.reason, name, "pooled reason")
        left = Cells(counts).of(columns[0])
        yield Row(("Pooled effect",), left, style=HEAD.muted(), reason=reason, rule_above=True)
        return
    mark = words.boundary_mark(effect)
    yield _diamond_row((f"Pooled, {effect.model}",), effect.estimate, counts, mark, columns)
    yield from _prediction_row(effect, settings, columns)
    if _checked(effect):
        yield _diamond_row(("Pooled, two-stage",), effect.two_stage, {}, "", columns, check=True)
    if _variation_in_a_row(effect, columns):
        yield Row(
            ("Heterogeneity: ", *words.variation(effect)), style=NOTE, stays=True, hangs=_beside_the_ruler(symmetric)
        )


def _beside_the_ruler(symmetric: bool) -> int:
    """Return how many lines have room beside the ruler: a second one only clear of the words below an axis about no effect."""
    return 2 if symmetric and page_width() >= PLAIN.width else 1


def _variation_in_a_row(effect: PooledEffect, columns: Sides) -> bool:
    """Whether a row below the pooled effects has τ², Q and I²: it takes the room of the columns left of the plot, if there are any."""
    return bool(columns[0]) and _estimated(effect) and words.has_variation(effect)


def _diamond_row(
    label: Inline,
    estimate: Estimate,
    counts: Mapping[str, tuple[Cell, Cell]],
    mark: str,
    columns: Sides,
    *,
    check: bool = False,
) -> Row:
    """Return the row of a pooled effect; that of the check is grey and has no line above."""
    printed = _printed(estimate)
    low, middle, high = (value_of(item) for item in (estimate.low, estimate.effect, estimate.high))

    def diamond(panel: Panel, y: float) -> list[Mark]:
        return panel.diamond(low, middle, high, y, MUTED) if check else panel.diamond(low, middle, high, y)

    of_row = {"effect": interval_cell(*printed, mark), "p": (Slot(estimate.p),)}
    left, right = (Cells(counts, of_row).of(side) for side in columns)
    return Row(
        label,
        left,
        right,
        plot=diamond,
        style=BODY if check else HEAD,
        rule_above=not check,
        estimate=printed,
    )


def _prediction_row(effect: PooledEffect, settings: ModelSettings, columns: Sides) -> Iterator[Row]:
    between = effect.heterogeneity
    predicted = pair_of(between.predicted_low, between.predicted_high)
    if predicted is None:
        return

    def line(panel: Panel, y: float) -> list[Mark]:
        return panel.prediction(*predicted, y)

    cell = (
        Slot(None),
        Slot(between.predicted_low, before="("),
        BETWEEN,
        Slot(between.predicted_high, after=")"),
    )
    left, right = (Cells(of_row={"effect": cell}).of(side) for side in columns)
    yield Row(("Prediction interval",), left, right, plot=line, style=BODY)


def _key(effect: PooledEffect, settings: ModelSettings) -> Inline:
    """Return what the marks are."""
    level = words.interval_name(settings)
    if effect.alone:
        return ("Square and line: effect with its ", *level, ". ")
    key: list[str | Number] = []
    if any(_trial_estimated(item) for item in effect.by_trial):
        weighted = any(item.weight.value is not None for item in effect.by_trial)
        key += [f"Squares: estimates of single trials{', area in proportion to weight' if weighted else ''}. "]
    several = _estimated(effect) and _checked(effect)
    diamond = "diamonds" if several else "diamond"
    key += [f"Lines and {diamond}: ", *level, f"; the {'first ' if several else ''}diamond by "]
    return (*key, words.inference_name(settings, effect), ". ")


def _favourable(estimated: Sequence[TrialEstimate], scale: EffectScale) -> int:
    return sum(scale.favourable(value_of(item.estimate.effect)) for item in estimated)


def _alt(effect: PooledEffect, name: str) -> Inline:
    estimated = [item for item in effect.by_trial if _trial_estimated(item)]
    trials = words.count(name, "trials", len(effect.by_trial))
    scale = effect.scale
    about = words.subject(effect.outcome_label, effect.unit, effect.follow_up_label)
    alt: list[str | Number] = [f"Forest plot by trial{scale.of_them}", *about]
    if effect.by_trial:
        alt += [": ", *words.plural(trials, "trial", "trials")]
    if estimated:
        favour = words.count(name, "favour", _favourable(estimated, scale))
        alt += ["; ", *words.plural(favour, *IN_FAVOUR)]
    if effect.alone:
        own, low, high = _printed(effect.estimate)
        alt += [f"; its own {scale.effect} ", own, *words.interval(low, high), "; nothing is pooled"]
    elif _estimated(effect):
        pooled, low, high = _printed(effect.estimate)
        alt += [f"; pooled {scale.named}", pooled, *words.interval(low, high)]
        if _checked(effect):
            pooled, low, high = _printed(effect.two_stage)
            alt += [" in one step and ", pooled, *words.interval(low, high), " in two"]
    else:
        alt += [f"; pooled {scale.effect} ", *words.reason(effect.status, effect.reason, name, "alt reason")]
    return (*alt, ".")

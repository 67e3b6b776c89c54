"""The forest plot of one pooled effect: a square a trial, the diamond under them, its prediction interval below.

In: one pooled effect as recorded. Out: one sheet a page. The area of a square is in proportion to the weight of its
trial; the dashed line is the pooled effect.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from reportgen.figures import words
from reportgen.figures.axis import Axis, axis_for
from reportgen.figures.forest import interval_cell, pair_of, printer, value_of
from reportgen.figures.layout import Band, Cell, Heading, Headings, Page, Row, Slot, lay_out
from reportgen.figures.panel import Panel
from reportgen.figures.sheet import Mark, Sheet
from reportgen.figures.theme import BODY, HEAD
from reportgen.records.estimate import Estimate
from reportgen.records.model import ModelSettings, PooledEffect, TrialEstimate
from reportgen.records.numbers import Inline, Number

TITLE = "Forest plot by trial"


def forest_by_trial_sheets(
    effect: PooledEffect, settings: ModelSettings, *, name: str, decimals: int | None = None
) -> tuple[Sheet, ...]:
    """Return the pages of a forest plot of one effect by trial, before they are drawn."""
    again = printer(name, decimals)
    named = len({one.instrument.text for one in effect.by_trial}) > 1
    rows = [
        *(_trial_row(one, effect, again, name, named) for one in effect.by_trial),
        *_pooled_rows(effect, settings, again, name),
    ]
    overall = value_of(effect.estimate.effect) if _estimated(effect) else None
    band = Band(tuple(rows), _axis(effect), overall)
    unit: Inline = (" (", effect.unit, ")") if effect.unit.text else ()
    measure = "adjusted mean difference" if settings.adjust_for else "mean difference"
    level = words.interval_name(settings, short=True)
    headings = Headings(
        ("Trial and instrument" if named else "Trial",),
        (
            Heading((("control",),), "Participants (n)"),
            Heading((("intervention",),), "Participants (n)"),
        ),
        (
            Heading((("Mean difference",), ("(", *level, ")"))),
            Heading((("Weight",), ("(%)",))),
        ),
        (effect.outcome_label, ", ", effect.follow_up_label, ": ", measure, *unit),
    )
    note = _note(effect, settings, again, name) if band.axis else words.status_note(effect, name)

    def alt(page: Page, page_name: str) -> Inline:
        return _alt(effect, again, page_name)

    return lay_out((band,), headings, note, name=name, title=TITLE, alts=alt)


def _note(effect: PooledEffect, settings: ModelSettings, again: Callable[[Number], Number], name: str) -> Inline:
    """Return the small print of a figure in which something is drawn."""
    return (
        *words.model_note(effect, settings),
        *words.heterogeneity_note(effect, settings, again),
        *_key(effect, settings),
        *words.status_note(effect, name),
    )


def _estimated(effect: PooledEffect) -> bool:
    return effect.status in ("ok", "boundary") and math.isfinite(value_of(effect.estimate.effect))


def _trial_estimated(one: TrialEstimate) -> bool:
    return one.status in ("ok", "boundary") and math.isfinite(value_of(one.estimate.effect))


def _axis(effect: PooledEffect) -> Axis | None:
    parts = [one.estimate for one in effect.by_trial if _trial_estimated(one)]
    wider = []
    if _estimated(effect):
        parts.append(effect.estimate)
        predicted = pair_of(effect.heterogeneity.predicted_low, effect.heterogeneity.predicted_high)
        wider = [predicted] if predicted else []
    if not parts:
        return None
    return axis_for(
        [value_of(part.effect) for part in parts],
        [(value_of(part.low), value_of(part.high)) for part in parts],
        wider,
    )


def _trial_row(
    one: TrialEstimate, effect: PooledEffect, again: Callable[[Number], Number], name: str, named: bool
) -> Row:
    counts: tuple[Cell, ...] = ((Slot(one.n_control),), (Slot(one.n_intervention),))
    label: Inline = (one.trial, ", ", one.instrument) if named else (one.trial,)
    if not _trial_estimated(one):
        reason = words.reason(one.status, one.reason, name, f"{one.trial.text} reason")
        return Row(label, counts, style=BODY.muted(), reason=reason)
    printed = _printed(one.estimate, again)
    weights = [value_of(other.weight) for other in effect.by_trial if math.isfinite(value_of(other.weight))]
    share = value_of(one.weight) / max(weights) if weights and max(weights) > 0 else math.nan
    return Row(
        label,
        counts,
        (interval_cell(*printed), (Slot(one.weight),)),
        plot=_square(one.estimate, 0.25 if math.isnan(share) else share),
        estimate=printed,
    )


def _printed(estimate: Estimate, again: Callable[[Number], Number]) -> tuple[Number, Number, Number]:
    return again(estimate.effect), again(estimate.low), again(estimate.high)


def _square(estimate: Estimate, share: float) -> Callable[[Panel, float], list[Mark]]:
    def plot(panel: Panel, y: float) -> list[Mark]:
        return panel.square(value_of(estimate.low), value_of(estimate.effect), value_of(estimate.high), share, y)

    return plot


def _pooled_rows(
    effect: PooledEffect, settings: ModelSettings, again: Callable[[Number], Number], name: str
) -> Iterator[Row]:
    counts: tuple[Cell, ...] = ((Slot(effect.n_control),), (Slot(effect.n_intervention),))
    if not _estimated(effect):
        reason = words.reason(effect.status, effect.reason, name, "pooled reason")
        yield Row(("Pooled effect",), counts, style=HEAD.muted(), reason=reason, rule_above=True)
        return
    printed = _printed(effect.estimate, again)
    low, high = value_of(effect.estimate.low), value_of(effect.estimate.high)

    def diamond(panel: Panel, y: float) -> list[Mark]:
        return panel.diamond(low, value_of(effect.estimate.effect), high, y)

    mark = words.BOUNDARY_MARK if effect.status == "boundary" else ""
    yield Row(
        ("Pooled effect",),
        counts,
        (interval_cell(*printed, mark), ()),
        plot=diamond,
        style=HEAD,
        rule_above=True,
        estimate=printed,
    )
    between = effect.heterogeneity
    predicted = pair_of(between.predicted_low, between.predicted_high)
    if predicted is None:
        return

    def line(panel: Panel, y: float) -> list[Mark]:
        return panel.prediction(*predicted, y)

    cell = (
        Slot(None),
        Slot(again(between.predicted_low), before="("),
        Slot(None, before="to"),
        Slot(again(between.predicted_high), after=")"),
    )
    label: Inline = (settings.level, "% prediction interval")
    yield Row(label, ((), ()), (cell, ()), plot=line, style=BODY)


def _key(effect: PooledEffect, settings: ModelSettings) -> Inline:
    """Return what the marks are."""
    key: list[str | Number] = []
    if any(_trial_estimated(one) for one in effect.by_trial):
        key += ["Squares: estimates of single trials, area in proportion to weight. "]
    key += ["Lines and diamond: ", *words.interval_name(settings), "; the diamond by ", words.inference_name(settings)]
    return (*key, ". ")


def _alt(effect: PooledEffect, again: Callable[[Number], Number], name: str) -> Inline:
    estimated = [one for one in effect.by_trial if _trial_estimated(one)]
    trials = words.count(name, "trials", len(effect.by_trial))
    alt: list[str | Number] = ["Forest plot by trial: ", *words.plural(trials, "trial", "trials")]
    if estimated:
        favour = words.count(name, "favour", sum(value_of(one.estimate.effect) > 0 for one in estimated))
        alt += ["; ", *words.plural(favour, "favours intervention", "favour intervention")]
    if _estimated(effect):
        pooled, low, high = _printed(effect.estimate, again)
        alt += ["; pooled ", pooled, " (", low, " to ", high, ")"]
    else:
        alt += ["; pooled effect ", *words.reason(effect.status, effect.reason, name, "alt reason")]
    return (*alt, ".")

"""The forest plot of many pooled effects: outcomes as groups, follow-ups as rows, one diamond a row.

In: pooled effects as recorded. Out: one sheet a page. Effects in different units or on scales of different range cannot
share an axis: each run of outcomes on one scale is a band with an axis of its own, and all text columns stay aligned
across bands. Bands on the same scale have the same axis, wherever they stand. One trial alone is not pooled: its effect is a
square.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from reportgen.figures import words
from reportgen.figures.axis import Axis, Limits, axis_for
from reportgen.figures.columns import EFFECTS, Cells, Sides, arm_cells, heads_of, least_plot, with_events
from reportgen.figures.layout import Page, lay_out
from reportgen.figures.limited import LEAVES, beyond, limited
from reportgen.figures.order import RowOrder, in_order, negative
from reportgen.figures.panel import PREDICTION_DROP, Panel
from reportgen.figures.rows import BETWEEN, INDENT, Band, Cell, Heading, Headings, Row, Slot
from reportgen.figures.sheet import Mark, Sheet
from reportgen.figures.theme import BODY, HEAD
from reportgen.records.derived import Derived
from reportgen.records.effect_scale import IN_FAVOUR, NO_EFFECT, EffectScale, capitalised, shared
from reportgen.records.model import ModelSettings, PooledEffect
from reportgen.records.numbers import DASH, Inline, Number

Scale = Literal["natural", "0-100"]
TITLE = "Forest plot of pooled effects"
TITLE_ALONE = "Forest plot of effects of single trials"
ALONE_SHARE = 0.4  # of the largest square
# the diamond makes room for the prediction interval below it
LIFT = 0.45


@dataclass(frozen=True, slots=True)
class Shown:
    """The numbers of one effect as this figure prints and draws them, and the mark of a note that not all of the figure have."""

    effect: Number
    low: Number
    high: Number
    predicted: tuple[float, float] | None = None
    mark: str = ""

    @property
    def interval(self) -> tuple[float, float]:
        """Return the ends of the confidence interval."""
        return value_of(self.low), value_of(self.high)


def value_of(number: Number) -> float:
    """Return the value of a number; NaN where there is none."""
    return math.nan if number.value is None else number.value


def pair_of(low: Number, high: Number) -> tuple[float, float] | None:
    """Return both ends of an interval, or None where one is missing or infinite."""
    ends = value_of(low), value_of(high)
    return ends if all(math.isfinite(end) for end in ends) else None


def shown_on(effect: PooledEffect, scale: Scale) -> Shown | None:
    """Return the numbers of an effect on the scale of the figure; None where there is no estimate."""
    source = effect.scaled if scale == "0-100" else effect.estimate
    if effect.status not in ("ok", "boundary") or source is None or not math.isfinite(value_of(source.effect)):
        return None
    between = effect.scaled or effect.heterogeneity if scale == "0-100" else effect.heterogeneity
    return Shown(
        source.effect,
        source.low,
        source.high,
        pair_of(between.predicted_low, between.predicted_high),
    )


def forest_sheets(
    effects: Sequence[PooledEffect],
    settings: ModelSettings,
    *,
    name: str,
    scale: Scale = "natural",
    limits: Limits | None = None,
    order: RowOrder = "study",
    columns: Sides = EFFECTS,
) -> tuple[Sheet, ...]:
    """Return the pages of a forest plot of pooled effects, before they are drawn."""
    columns = with_events(columns, effects)
    shown = _marked(effects, {effect.id: shown_on(effect, scale) for effect in effects})
    effects = _in_order(effects, shown, scale, order)
    bands = limited(tuple(_bands(effects, shown, scale, name, columns)), limits) or (Band((), None),)
    measure = capitalised(words.measure(effects, settings))
    common = shared(effect.scale for effect in effects)
    heads = {
        "trials": Heading((("Trials",), ("(m)",))),
        "effect": Heading(((common.column,), ("(", *words.interval_name(settings, short=True), ")"))),
        "absolute": Heading((("Difference",), ("per thousand",))),
        "p": Heading((("p",),)),
        "tau2": Heading((("τ²",),)),
        "i2": Heading((("I² (%)",),)),
        "prediction": Heading(((settings.level, "% PI"),)),
    }
    headings = Headings(
        ("Outcome and follow-up",),
        heads_of(columns[0], heads),
        heads_of(columns[1], heads),
        (measure, *_unit_of(bands, effects, scale, name)),
        least_plot=least_plot(columns),
    )

    shown_effects = [effect for effect in effects if shown[effect.id]]
    alone = frozenset(item.effect.id for effect in shown_effects if effect.alone and (item := shown[effect.id]))
    title = TITLE_ALONE if alone and len(alone) == len(shown_effects) else TITLE

    scales = {item.effect.id: effect.scale for effect in shown_effects if (item := shown[effect.id])}

    def alt(page: Page, page_name: str) -> Inline:
        return forest_alt(page, page_name, scales, alone)

    note = (*_note(bands, effects, shown, settings, scale, name), *_columns_note(columns, common, effects))
    return lay_out(bands, headings, note, name=name, title=title, alts=alt)


def _marked(effects: Sequence[PooledEffect], shown: dict[str, Shown | None]) -> dict[str, Shown | None]:
    """Return what is shown with its marks: none where all rows would have the same, for which the note speaks once."""
    marks = {
        effect.id: words.ALONE_MARK if effect.alone else words.boundary_mark(effect)
        for effect in effects
        if shown[effect.id]
    }
    if len(marks) > 1 and len(set(marks.values())) == 1:
        return shown
    return {name: replace(item, mark=marks[name]) if item else None for name, item in shown.items()}


def _outcomes(effects: Sequence[PooledEffect]) -> list[tuple[PooledEffect, ...]]:
    """Return the effects of each outcome, in the order of their first."""
    outcomes: dict[tuple[str, str], list[PooledEffect]] = {}
    for effect in effects:
        outcomes.setdefault((effect.comparison, effect.outcome), []).append(effect)
    return [tuple(group) for group in outcomes.values()]


def _axis_of(group: Sequence[PooledEffect], scale: Scale) -> tuple[EffectScale, str]:
    """Return what outcomes have in common that share an axis."""
    return group[0].scale, "" if scale == "0-100" else _ruler(group)


def _in_order(
    effects: Sequence[PooledEffect], shown: dict[str, Shown | None], scale: Scale, order: RowOrder
) -> Sequence[PooledEffect]:
    """Return effects in order below their outcomes, and outcomes on one axis by the first of their effects."""

    def key(effect: PooledEffect) -> float | None:
        item = shown[effect.id]
        if item is None:
            return None
        return effect.estimate.p.value if order == "p" else negative(item.effect.value)

    if order == "study":
        return effects
    outcomes = [in_order(group, key) for group in _outcomes(effects)]
    axes = dict.fromkeys(_axis_of(group, scale) for group in outcomes)
    sorted_ = [
        group
        for axis in axes
        for group in in_order((o for o in outcomes if _axis_of(o, scale) == axis), lambda group: key(group[0]))
    ]
    return [effect for group in sorted_ for effect in group]


def _bands(
    effects: Sequence[PooledEffect], shown: dict[str, Shown | None], scale: Scale, name: str, columns: Sides
) -> Iterator[Band]:
    outcomes = _outcomes(effects)

    def key(group: Sequence[PooledEffect]) -> tuple[EffectScale, str]:
        return _axis_of(group, scale)

    axes: dict[tuple[EffectScale, str], Axis | None] = {}
    for found in {key(group) for group in outcomes}:
        shown_effects = [effect for group in outcomes if key(group) == found for effect in group]
        axes[found] = _axis([shown[effect.id] for effect in shown_effects], found[0])
    for number, (found, groups) in enumerate(groupby(outcomes, key=key)):
        rows = [
            row
            for group in groups
            for row in _group(group, shown, scale, name, columns, named=len({k for k, _ in axes}) > 1)
        ]
        yield Band(tuple(rows), axes[found], number=number, arrows=found[0].arrows)


def _ruler(group: Sequence[PooledEffect]) -> str:
    """Return what two outcomes on one scale must have in common to share an axis: unit, and factor that leads to 0 to 100.

    A point of a questionnaire of 24 points is not a point of one of 100.
    """
    factors = [effect.scaled.factor.value for effect in group if effect.scaled and effect.scaled.factor.value]
    return f"{group[0].unit.text} {factors[0]:.6g}" if factors else group[0].unit.text


def _axis(shown: Sequence[Shown | None], scale: EffectScale) -> Axis | None:
    available = [item for item in shown if item]
    if not available:
        return None
    return axis_for(
        [value_of(item.effect) for item in available],
        [item.interval for item in available],
        [item.predicted for item in available if item.predicted],
        scale.link,
    )


def _group(
    group: Sequence[PooledEffect],
    shown: dict[str, Shown | None],
    scale: Scale,
    name: str,
    columns: Sides,
    *,
    named: bool,
) -> Iterator[Row]:
    """Yield the rows of an outcome; its head has the measure where not all of the figure have one."""
    first = group[0]
    unit: Inline = (" (", first.unit, ")") if first.unit.text and scale == "natural" else ()
    unit = (f", {first.scale.measure}", *unit) if named else unit
    yield Row((first.outcome_label, *unit), style=HEAD, head=True)
    for effect in group:
        yield _row(effect, shown[effect.id], scale, name, columns)


def _row(effect: PooledEffect, shown: Shown | None, scale: Scale, name: str, columns: Sides) -> Row:
    of_arms = arm_cells(effect)
    trials = {"trials": (Slot(effect.trials),)}
    label: Inline = (effect.follow_up_label,)
    if shown is None:
        cause = effect.reason if effect.status not in ("ok", "boundary") else "no range to rescale by"
        reason = words.reason(effect.status, cause, name, f"{effect.outcome} {effect.follow_up} reason")
        left = Cells(of_arms, trials).of(columns[0])
        return Row(label, left, style=BODY.muted(), indent=INDENT, reason=reason)
    of_row = (
        trials
        | _variation(effect, scale)
        | {
            "effect": interval_cell(shown.effect, shown.low, shown.high, shown.mark),
            "absolute": _absolute(effect),
            "p": (Slot(effect.estimate.p),),
        }
    )
    left, right = (Cells(of_arms, of_row).of(side) for side in columns)
    return Row(
        label,
        left,
        right,
        plot=_square(shown) if effect.alone else _diamond(shown),
        indent=INDENT,
        estimate=(shown.effect, shown.low, shown.high),
    )


def _variation(effect: PooledEffect, scale: Scale) -> dict[str, Cell]:
    """Return the cells of what varies between trials, on the scale of the figure."""
    between = effect.heterogeneity
    on_scale = scale == "0-100" and effect.scaled is not None and effect.scaled_checks is not None
    tau2 = effect.scaled_checks.tau2 if on_scale and effect.scaled_checks else between.tau2
    ends = effect.scaled if on_scale and effect.scaled else between
    low, high = ends.predicted_low, ends.predicted_high
    none = low.value is None
    prediction = (Slot(low),) if none else (Slot(low, before="("), BETWEEN, Slot(high, after=")"))
    return {"tau2": (Slot(tau2),), "i2": (Slot(between.i2),), "prediction": prediction}


def _absolute(effect: PooledEffect) -> Cell:
    """Return what a ratio means for a thousand people; a dash where that is not known."""
    if effect.absolute is None or effect.absolute.difference.value is None:
        return (Slot(None, before=DASH),)
    return interval_cell(effect.absolute.difference, effect.absolute.low, effect.absolute.high)


def _columns_note(columns: Sides, scale: EffectScale, effects: Sequence[PooledEffect]) -> Inline:
    """Return of which model the columns of variation are, and what a difference in risk is derived from."""
    models = " or ".join(dict.fromkeys(effect.model for effect in effects))
    words_of = {"tau2": f"τ²{scale.on_log_scale}", "prediction": "PI (prediction interval)"}
    present = [*columns[0], *columns[1]]
    one_step = " and ".join(words_of[word] for word in present if word in words_of)
    parts = [f"{one_step}: of the {models} model. "] if one_step else []
    if "i2" in present:
        parts.append("I²: of the two-stage model. ")
    if "absolute" in present:
        ratios = {effect.scale.is_ratio for effect in effects if effect.kind != "continuous"}
        alone = {effect.alone for effect in effects if effect.absolute is not None} == {True}
        risk = "risk of the control group in the trial" if alone else "pooled risk of the control groups"
        if ratios != {False}:
            parts.append(f"Difference per thousand: what the ratio makes of the {risk}. ")
        if False in ratios:
            parts.append("Difference per thousand of a risk difference: the pooled risk difference itself. ")
    return tuple(parts)


def interval_cell(effect: Number, low: Number, high: Number, mark: str = "") -> tuple[Slot, ...]:
    """Return "8.5 (7.1 to 9.9)" in parts that line up; a mark of a footnote hangs after it."""
    return (Slot(effect), Slot(low, before="("), BETWEEN, Slot(high, after=f"){mark}"))


def _diamond(shown: Shown) -> Callable[[Panel, float], list[Mark]]:
    def plot(panel: Panel, y: float) -> list[Mark]:
        low, high = shown.interval
        if shown.predicted is None:
            return panel.diamond(low, value_of(shown.effect), high, y)
        below = panel.prediction(*shown.predicted, y - LIFT + PREDICTION_DROP)
        return below + panel.diamond(low, value_of(shown.effect), high, y - LIFT)

    return plot


def _square(shown: Shown) -> Callable[[Panel, float], list[Mark]]:
    def plot(panel: Panel, y: float) -> list[Mark]:
        low, high = shown.interval
        return panel.square(low, value_of(shown.effect), high, ALONE_SHARE, y)

    return plot


def _unit_of(bands: Sequence[Band], effects: Sequence[PooledEffect], scale: Scale, name: str) -> Inline:
    """Return what the title of the axis says after the measure: a unit, a scale, or that units differ."""
    if scale == "0-100":
        derived = Derived(name)
        return (", rescaled to ", derived.figure("scale low", 0, 0), " to ", derived.figure("scale high", 100, 0))
    return words.in_unit(effects)


def _note(
    bands: Sequence[Band],
    effects: Sequence[PooledEffect],
    shown: dict[str, Shown | None],
    settings: ModelSettings,
    scale: Scale,
    name: str,
) -> Inline:
    """Return the small print: only what this figure really shows is explained."""
    available = [item for item in shown.values() if item]
    alone = [effect for effect in effects if effect.alone and shown[effect.id]]
    note: list[str | Number] = []
    if len(available) > len(alone):
        note += ["Diamond: pooled effect with its ", *words.interval_name(settings)]
        pooled = [effect for effect in effects if shown[effect.id] and not effect.alone]
        names = dict.fromkeys(words.inference_name(settings, effect) for effect in pooled)
        note += [f" ({'; '.join(names)}). "]
        apart = dict.fromkeys(effect.scale.effects for effect in pooled if effect.model == "two-stage")
        note += (
            [f"{capitalised(' and '.join(apart))}: pooled in two stages from those of the trials. "] if apart else []
        )
    if any(item.predicted for item in available):
        note += ["Line below it: ", settings.level, "% prediction interval for the effect in a new trial. "]
    if any(_leaves(band, effects, shown) for band in bands):
        note += [LEAVES]
    note += beyond(bands)
    if scale == "0-100":
        note += ["Rescaled to one range; effects elsewhere are in the unit of each outcome unless it is said. "]
    if len(bands) > 1:
        note += ["Outcomes on different scales have separate axes; lengths are comparable within one axis only. "]
    marks = {item.mark for item in available}
    if alone:
        mark = f"{words.ALONE_MARK} " if words.ALONE_MARK in marks else ""
        note += [f"{mark}Square: one trial's own effect with its ", *words.interval_name(settings)]
        note += [f", by {' or '.join(dict.fromkeys(effect.regression for effect in alone))}; no pooling. "]
    return (
        *note,
        *_boundary_note([effect for effect in effects if shown[effect.id] and not effect.alone], marks, name),
    )


def _boundary_note(pooled: Sequence[PooledEffect], marks: set[str], name: str) -> Inline:
    """Return in which rows no variation was found between trials, once, and what a mark of the boundary means."""
    without = [item for item in pooled if item.status == "boundary" and item.heterogeneity.tau2.value == 0]
    marked = [item for item in pooled if words.boundary_mark(item)]
    note: list[str | Number] = []
    for found in (without, marked):
        if not found:
            continue
        message = words.boundary(found[0])
        if found is marked and words.BOUNDARY_MARK in marks:
            note += [f"{words.BOUNDARY_MARK} {capitalised(message)}. "]
        elif len(pooled) == 1:
            note += [f"{capitalised(message)}. "]
        elif len(found) == len(pooled):
            note += [f"In all rows: {message}. "]
        else:
            some = words.count(name, "without variation", len(found))
            note += ["In ", some, " of ", words.count(name, "pooled", len(pooled)), f" rows: {message}. "]
    return tuple(note)


def _leaves(band: Band, effects: Sequence[PooledEffect], shown: dict[str, Shown | None]) -> bool:
    """Say whether an interval of the figure is wider than the axis of its band."""
    drawn = {row.estimate[0].id for row in band.rows if row.estimate}
    spans = [
        span
        for item in shown.values()
        if item and item.effect.id in drawn
        for span in (item.interval, *((item.predicted,) if item.predicted else ()))
    ]
    return band.axis is not None and any(band.axis.leaves(*span) for span in spans)


def _clear(page: Page) -> Iterator[Inline]:
    """Yield in words each effect whose interval is clear of no effect, on either side, under its outcome."""
    outcome: Inline = ()
    for row in (row for band in page for row in band.rows):
        if row.head:
            outcome = row.label
        elif row.estimate is not None:
            effect, low, high = row.estimate
            if value_of(low) > NO_EFFECT or value_of(high) < NO_EFFECT:
                yield (*outcome, ", ", *row.label, ": ", effect, " (", low, " to ", high, ")")


def forest_alt(page: Page, name: str, scales: Mapping[str, EffectScale], alone: frozenset[str] = frozenset()) -> Inline:
    """Write the alternative text of a page from its rows.

    `scales` are those of the effects by id, `alone` the ids of effects that are one trial's own.
    """
    rows = [row for band in page for row in band.rows if not row.head]
    estimates = [row.estimate for row in rows if row.estimate]
    clear_rows = list(_clear(page))
    common = shared(scales[effect.id] for effect, _, _ in estimates)
    alt: list[str | Number] = [
        f"Forest plot{common.of_them}: ",
        *words.plural(words.count(name, "rows", len(rows)), "row", "rows"),
    ]
    if estimates:
        better = sum(scales[e.id].favourable(value_of(e)) for e, _, _ in estimates)
        favour = words.count(name, "favour intervention", better)
        clear = words.count(name, "interval clear of no effect", len(clear_rows))
        alt += ["; ", *words.plural(favour, *IN_FAVOUR)]
        alt += ["; ", *words.plural(clear, "interval", "intervals"), " clear of no effect"]
        alt += [": ", *words.listed(clear_rows)] if clear_rows and len(rows) > 1 else []
    if len(estimates) == 1:
        effect, low, high = estimates[0]
        alt += [
            f"; one trial's own {common.effect} " if effect.id in alone else f"; pooled {common.named}",
            effect,
            " (",
            low,
            " to ",
            high,
            ")",
        ]
    elif single := sum(effect.id in alone for effect, _, _ in estimates):
        alt += [
            "; ",
            *words.plural(words.count(name, "one trial", single), "row is", "rows are"),
            f" one trial's own {common.effect}",
        ]
    if len(estimates) < len(rows):
        missing = words.count(name, "not estimable", len(rows) - len(estimates))
        alt += ["; ", missing, " not estimable"]
    return (*alt, ".")

"""The axis of effects: symmetric about no effect, round, at most seven ticks, and wide enough for what matters.

It spans effects as they are analysed. Ratios are logarithms there: equal factors are equally long, a factor and its inverse
stand equally far from no effect, and each tick stands at the logarithm of the ratio that it prints.

A single wide interval must not press all others together: it leaves the axis and gets an arrowhead. The axis shows every
estimate, every interval but those that reach three times as far as the middle one, and the prediction intervals that
reach no more than twice as far as all this.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from reportgen.figures.theme import house
from reportgen.records.numbers import Link, fixed

RATIOS = (
    (0.98, 0.99, 1, 1.01, 1.02),
    (0.96, 0.98, 1, 1.02, 1.04),
    (0.9, 0.95, 1, 1.05, 1.1),
    (0.8, 0.9, 1, 1.1, 1.25),
    (0.7, 0.8, 1, 1.2, 1.4),
    (0.5, 0.7, 1, 1.4, 2),
    (0.4, 0.6, 1, 1.6, 2.5),
    (0.25, 0.5, 1, 2, 4),
    (0.2, 0.5, 1, 2, 5),
    (0.125, 0.25, 0.5, 1, 2, 4, 8),
    (0.1, 0.2, 0.5, 1, 2, 5, 10),
    (0.05, 0.2, 1, 5, 20),
    (0.02, 0.1, 1, 10, 50),
)
"""Ticks of axes of ratios, the narrowest first; beyond the last one, powers of ten."""
STEPS = (1.0, 2.0, 2.5, 4.0, 5.0, 10.0)
SPREAD = 3.0
PREDICTION_SPREAD = 2.0


@dataclass(frozen=True, slots=True)
class Axis:
    """From -`limit` to `limit`, with ticks at whole multiples of `step`, or at the logarithms of `ratios`."""

    limit: float
    step: float
    ratios: tuple[float, ...] = ()

    def ticks(self) -> tuple[float, ...]:
        """Return the values of the ticks."""
        if self.ratios:
            return tuple(map(math.log, self.ratios))
        side = round(self.limit / self.step)
        return tuple(k * self.step for k in range(-side, side + 1))

    def labels(self) -> tuple[str, ...]:
        """Return the ticks as printed, all with the same decimals; ratios with as many as each needs."""
        if self.ratios:
            return tuple(house().number(ratio_label(ratio)) for ratio in self.ratios)
        decimals = next(d for d in range(16) if math.isclose(round(self.step, d), self.step, rel_tol=1e-9))
        return tuple(house().number(fixed(tick, decimals)) for tick in self.ticks())


def round_axis(reach: float) -> Axis:
    """Return the narrowest round axis that reaches at least as far as `reach` on both sides.

    Examples
    --------
    >>> round_axis(11.2).ticks()
    (-12.0, -8.0, -4.0, 0.0, 4.0, 8.0, 12.0)
    >>> round_axis(0.95).labels()
    ('−1.0', '−0.5', '0.0', '0.5', '1.0')
    """
    if not math.isfinite(reach) or reach <= 0:
        reach = 1.0
    decade = 10.0 ** math.floor(math.log10(reach))
    steps = [step * scale for scale in (decade / 10, decade) for step in STEPS]
    # a hair of tolerance: 0.3 is three steps of 0.1, also in binary
    fits = [(side * step, side, step) for step in steps for side in (2, 3) if side * step >= reach * (1 - 1e-9)]
    limit, _, step = min(fits, key=lambda fit: (round(fit[0] / decade, 9), -fit[1]))
    return Axis(limit, step)


def ratio_axis(reach: float) -> Axis:
    """Return the narrowest axis of ratios that reaches, in logarithms, at least as far as `reach` on both sides.

    Examples
    --------
    >>> ratio_axis(math.log(3)).labels(), ratio_axis(math.log(0.85)).labels(), ratio_axis(math.log(4000)).labels()
    (('0.25', '0.5', '1', '2', '4'), ('0.8', '0.9', '1', '1.1', '1.25'), ('0.0001', '0.01', '1', '100', '10000'))
    """
    reach = abs(reach)
    if not math.isfinite(reach) or reach == 0:
        reach = math.log(2)
    for ratios in RATIOS:
        limit = max(-math.log(ratios[0]), math.log(ratios[-1]))
        if limit >= reach * (1 - 1e-9):
            return Axis(limit, 0.0, ratios)
    power = math.ceil(reach / math.log(10) / 2 - 1e-9)
    return Axis(2 * power * math.log(10), 0.0, tuple(10.0 ** (k * power) for k in range(-2, 3)))


def ratio_label(ratio: float) -> str:
    """Return a ratio beside a tick: with as many decimals as it needs.

    Examples
    --------
    >>> ratio_label(0.125), ratio_label(2.0), ratio_label(1e-20)
    ('0.125', '2', '10⁻²⁰')
    """
    if not 1e-4 <= ratio <= 1e4:
        power = str(round(math.log10(ratio)))
        return "10" + power.translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return fixed(ratio, next(d for d in range(16) if math.isclose(round(ratio, d), ratio, rel_tol=1e-9)))


def axis_for(
    estimates: Sequence[float],
    intervals: Sequence[tuple[float, float]],
    predictions: Sequence[tuple[float, float]] = (),
    link: Link = "identity",
) -> Axis:
    """Return the axis for estimates with their intervals and prediction intervals, all as analysed."""
    reaches = [_reach(pair) for pair in intervals if math.isfinite(_reach(pair))]
    shown = max((abs(value) * 1.08 for value in estimates if math.isfinite(value)), default=0.0)
    if reaches:
        shown = max(shown, *(reach for reach in reaches if reach <= SPREAD * median(reaches)))
    wider = [_reach(pair) for pair in predictions]
    reach = max([shown, *(reach for reach in wider if reach <= PREDICTION_SPREAD * shown)])
    return round_axis(reach) if link == "identity" else ratio_axis(reach)


def _reach(pair: tuple[float, float]) -> float:
    return max(abs(pair[0]), abs(pair[1]))

"""The axis of effects: symmetric about no effect, round, at most seven ticks, and wide enough for what matters; or as asked for.

It spans effects as they are analysed. Ratios are logarithms there: equal factors are equally long, a factor and its inverse
stand equally far from no effect, and each tick stands at the logarithm of the ratio that it prints.

A single wide interval must not press all others together: it leaves the axis and gets an arrowhead. The axis shows every
estimate, every interval but those that reach three times as far as the middle one, and the prediction intervals that
reach no more than twice as far as all this. No interval of ratios makes it longer than to 1000, beyond which no ratio is
printed. An axis whose limits are given begins and ends there, whatever leaves it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from reportgen.errors import Problem, RenderError
from reportgen.figures.theme import house
from reportgen.records.numbers import LARGEST_RATIO, Link, fixed

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
BARE_END = 1.05  # an axis without ticks at its ends must be so much narrower
SPREAD = 3.0
PREDICTION_SPREAD = 2.0
MOST_TICKS = 7
SMALL, LARGE = 1e-6, 1e6  # below and from where ticks are printed as multiples of a power of ten
FARTHEST = 300  # powers of ten, so that no tick or length overflows: what lies beyond leaves the axis
HAIR = 1e-9  # 0.3 is three steps of 0.1, also in binary

Limits = tuple[float, float]
"""Where an axis begins and ends, as its ticks are printed: ratios, not their logarithms."""


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`, with ticks at whole multiples of `step`, or at the logarithms of `ratios`."""

    low: float
    high: float
    step: float
    ratios: tuple[float, ...] = ()

    @property
    def link(self) -> Link:
        """Whether it is one of differences, or of logarithms of ratios."""
        return "log" if self.ratios else "identity"

    def leaves(self, low: float, high: float) -> bool:
        """Return whether an interval extends beyond the axis."""
        return low < self.low or high > self.high

    def shows(self, value: float) -> bool:
        """Return whether a value lies on the axis."""
        return self.low <= value <= self.high

    def ticks(self) -> tuple[float, ...]:
        """Return the values of the ticks."""
        if self.ratios:
            return tuple(map(math.log, self.ratios))
        first, last = math.ceil(self.low / self.step - HAIR), math.floor(self.high / self.step + HAIR)
        return tuple(k * self.step for k in range(first, last + 1))

    def labels(self) -> tuple[str, ...]:
        """Return the ticks as printed, all with the same decimals and power of ten; ratios with as many decimals as each needs.

        Examples
        --------
        >>> Axis(-4e6, 4e6, 2e6).labels()
        ('−4×10⁶', '−2×10⁶', '0', '2×10⁶', '4×10⁶')
        """
        if self.ratios:
            return tuple(house().number(ratio_label(ratio)) for ratio in self.ratios)
        return tick_labels(self.ticks(), self.step)


def tick_labels(ticks: Sequence[float], step: float, large: float = LARGE) -> tuple[str, ...]:
    """Return multiples of a step as printed, from `large` on and where they are tiny as multiples of a power of ten.

    Examples
    --------
    >>> tick_labels((0.0, 5e-8, 1e-7), 5e-8), tick_labels((1e6, 1.5e6), 5e5, large=1e9)
    (('0', '0.5×10⁻⁷', '1.0×10⁻⁷'), ('1000000', '1500000'))
    """
    most, power = max(map(abs, ticks)) or step, 0
    if not SMALL <= most < large:
        power = math.floor(math.log10(most) + HAIR)
    unit = 10.0**power
    decimals = next(d for d in range(16) if math.isclose(round(step / unit, d), step / unit, rel_tol=1e-9))
    printed = (fixed(tick / unit, decimals) if tick else fixed(0.0, 0 if power else decimals) for tick in ticks)
    return tuple(
        house().number(text) + (f"×{_power_of_ten(power)}" if power and tick else "")
        for text, tick in zip(printed, ticks, strict=True)
    )


def round_axis(reach: float) -> Axis:
    """Return the narrowest round axis that reaches at least as far as `reach` on both sides.

    Its ends have ticks, or lie half a step beyond the last ones where that is clearly narrower.

    Examples
    --------
    >>> round_axis(11.2).ticks()
    (-12.0, -8.0, -4.0, 0.0, 4.0, 8.0, 12.0)
    >>> round_axis(0.95).labels()
    ('−1.0', '−0.5', '0.0', '0.5', '1.0')
    >>> round_axis(20.7).high, round_axis(20.7).ticks()
    (25.0, (-20.0, -10.0, 0.0, 10.0, 20.0))
    """
    if not math.isfinite(reach) or reach <= 0:
        reach = 1.0
    reach = min(max(reach, 10.0**-FARTHEST), 10.0**FARTHEST)
    decade = 10.0 ** math.floor(math.log10(reach))
    steps = [step * scale for scale in (decade / 10, decade) for step in STEPS]
    sides = ((2, 1.0), (3, 1.0), (2.5, BARE_END), (3.5, BARE_END))
    ways = [(side * step, side, step, worth) for step in steps for side, worth in sides]
    fits = [way for way in ways if way[0] >= reach * (1 - HAIR)]
    limit, _, step, _ = min(fits, key=lambda fit: (round(fit[0] * fit[3] / decade, 9), -fit[1]))
    return Axis(-limit, limit, step)


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
        if limit >= reach * (1 - HAIR):
            return Axis(-limit, limit, 0.0, ratios)
    power = min(math.ceil(reach / math.log(10) / 2 - HAIR), FARTHEST // 2)
    limit = 2 * power * math.log(10)
    return Axis(-limit, limit, 0.0, tuple(10.0 ** (k * power) for k in range(-2, 3)))


def fixed_axis(limits: Limits, link: Link = "identity") -> Axis:
    """Return the axis with these limits, with as many round ticks as span most of it.

    Parameters
    ----------
    limits : tuple of float
        As the ticks are printed: of ratios, ratios.
    link : {'identity', 'log'}

    Raises
    ------
    RenderError
        They do not enclose no effect.

    Examples
    --------
    >>> fixed_axis((-20, 20)).labels(), fixed_axis((-1, 30)).labels(), fixed_axis((0.5, 4), "log").labels()
    (('−20', '−10', '0', '10', '20'), ('0', '5', '10', '15', '20', '25', '30'), ('0.5', '1', '2', '4'))
    """
    low, high = max(limits[0], -(10.0**FARTHEST)), min(limits[1], 10.0**FARTHEST)
    if link == "log":
        _enclose(limits, 1.0)
        low = max(low, 10.0**-FARTHEST)
        return _best([Axis(math.log(low), math.log(high), 0.0, ratios) for ratios in _ratios_in(low, high)])
    _enclose(limits, 0.0)
    decade = 10.0 ** math.floor(math.log10(high - low))
    return _best([Axis(low, high, step * scale) for scale in (decade / 10, decade) for step in STEPS])


def _enclose(limits: Limits, no_effect: float) -> None:
    if not limits[0] < no_effect < limits[1] or (no_effect > 0 and limits[0] <= 0):
        message = f"an axis from {limits[0]:g} to {limits[1]:g} does not have no effect, {no_effect:g}, inside"
        raise RenderError([Problem(message, hint=f"Write `limits` below and above {no_effect:g}, or leave them out.")])


def _ratios_in(low: float, high: float) -> list[tuple[float, ...]]:
    """Return the ticks that an axis of ratios could have: parts of `RATIOS`, and powers of ten."""
    most = math.ceil(max(-math.log10(low), math.log10(high)))
    powers = [tuple(10.0**k for k in range(-(most // step) * step, most + 1, step)) for step in range(1, most + 1)]
    inside = [tuple(r for r in row if low * (1 - HAIR) <= r <= high * (1 + HAIR)) for row in (*RATIOS, *powers)]
    return [row for row in inside if len(row) <= MOST_TICKS]


def _best(axes: Sequence[Axis]) -> Axis:
    """Return the axis with most of its ends among its ticks, then with ticks that span most, then with most ticks."""

    def worth(axis: Axis) -> tuple[int, float, int]:
        ticks = axis.ticks()
        ends = sum(
            math.isclose(end, tick, rel_tol=HAIR) for end, tick in ((axis.low, ticks[0]), (axis.high, ticks[-1]))
        )
        return ends, round(ticks[-1] - ticks[0], 9), len(ticks)

    return max((axis for axis in axes if len(axis.ticks()) <= MOST_TICKS), key=worth)


def ratio_label(ratio: float) -> str:
    """Return a ratio beside a tick: with as many decimals as it needs.

    Examples
    --------
    >>> ratio_label(0.125), ratio_label(2.0), ratio_label(1e-20)
    ('0.125', '2', '10⁻²⁰')
    """
    if not 1e-4 <= ratio <= 1e4:
        return _power_of_ten(round(math.log10(ratio)))
    return fixed(ratio, next(d for d in range(16) if math.isclose(round(ratio, d), ratio, rel_tol=1e-9)))


def _power_of_ten(power: int) -> str:
    return "10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def axis_for(
    estimates: Sequence[float],
    intervals: Sequence[tuple[float, float]],
    predictions: Sequence[tuple[float, float]] = (),
    link: Link = "identity",
) -> Axis:
    """Return the axis for estimates with their intervals and prediction intervals, all as analysed."""
    longest = math.log(LARGEST_RATIO) if link == "log" else math.inf
    reaches = [_reach(pair) for pair in intervals if math.isfinite(_reach(pair))]
    shown = max((abs(value) * 1.08 for value in estimates if math.isfinite(value)), default=0.0)
    if reaches:
        shown = max(shown, *(min(reach, longest) for reach in reaches if reach <= SPREAD * median(reaches)))
    wider = [_reach(pair) for pair in predictions]
    reach = max([shown, *(min(reach, longest) for reach in wider if reach <= PREDICTION_SPREAD * shown)])
    return round_axis(reach) if link == "identity" else ratio_axis(reach)


def _reach(pair: tuple[float, float]) -> float:
    return max(abs(pair[0]), abs(pair[1]))

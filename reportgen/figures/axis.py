"""The axis of effects: symmetric about no effect, round, at most seven ticks, and wide enough for what matters.

A single wide interval must not press all others together: it leaves the axis and gets an arrowhead. The axis shows every
estimate, every interval but those that reach three times as far as the middle one, and the prediction intervals that
reach no more than twice as far as all this.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from reportgen.records.numbers import fixed

STEPS = (1.0, 2.0, 2.5, 4.0, 5.0, 10.0)
SPREAD = 3.0
PREDICTION_SPREAD = 2.0


@dataclass(frozen=True, slots=True)
class Axis:
    """Ticks at whole multiples of `step`, from -`limit` to `limit`."""

    limit: float
    step: float

    def ticks(self) -> tuple[float, ...]:
        """Return the values of the ticks."""
        side = round(self.limit / self.step)
        return tuple(k * self.step for k in range(-side, side + 1))

    def labels(self) -> tuple[str, ...]:
        """Return the ticks as printed, all with the same decimals."""
        decimals = next(d for d in range(16) if math.isclose(round(self.step, d), self.step, rel_tol=1e-9))
        return tuple(fixed(tick, decimals) for tick in self.ticks())


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


def axis_for(
    estimates: Sequence[float],
    intervals: Sequence[tuple[float, float]],
    predictions: Sequence[tuple[float, float]] = (),
) -> Axis:
    """Return the axis for estimates with their intervals and prediction intervals."""
    reaches = [_reach(pair) for pair in intervals if math.isfinite(_reach(pair))]
    shown = max((abs(value) * 1.08 for value in estimates if math.isfinite(value)), default=0.0)
    if reaches:
        shown = max(shown, *(reach for reach in reaches if reach <= SPREAD * median(reaches)))
    wider = [_reach(pair) for pair in predictions]
    return round_axis(max([shown, *(reach for reach in wider if reach <= PREDICTION_SPREAD * shown)]))


def _reach(pair: tuple[float, float]) -> float:
    return max(abs(pair[0]), abs(pair[1]))

"""A straight way from values to millimetres, and round values to put beside it.

In: the two ends of a quantity and of a line on paper. Out: places, and ticks as printed. Unlike the axis of a forest it
need not be symmetric about no effect.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.figures.axis import FARTHEST, RATIOS, ratio_axis, ratio_label, tick_labels
from reportgen.figures.theme import house
from reportgen.records.numbers import fixed

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
LONG = 1e15  # from where a whole number has more digits than are known of it


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high` on a line from `start` to `end`, in millimetres; either may run backwards."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the place of a value."""
        share = (value - self.low) / (self.high - self.low) if self.high != self.low else 0.5
        return self.start + share * (self.end - self.start)

    def cut(self, value: float) -> float:
        """Return the place of a value, at the end of the line where it lies beyond."""
        near, far = sorted((self.start, self.end))
        return min(max(self.at(value), near), far)


def round_values(low: float, high: float, most: int) -> tuple[tuple[float, str], ...]:
    """Return at most so many round values between two ends, with their texts; one value where the ends are the same.

    Examples
    --------
    >>> [text for _, text in round_values(18, 79, 4)], [text for _, text in round_values(0.1, 1, 5)]
    (['20', '40', '60'], ['0.2', '0.4', '0.6', '0.8', '1.0'])
    """
    span = min(high - low, sys.float_info.max)
    if span <= 10.0**-FARTHEST:
        return ((low, house().number(fixed(low, 0 if low == int(low) else 2))),)
    decade = 10.0 ** math.floor(math.log10(span / most))
    steps = (decade * step for step in (*STEPS, 10 * STEPS[1]))
    # a hair of tolerance: 0.3 is three steps of 0.1, also in binary
    step = next(s for s in steps if math.floor(high / s + 1e-9) - math.ceil(low / s - 1e-9) < most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    ticks = [k * step for k in range(first, last + 1)]
    return tuple(zip(ticks, tick_labels(ticks, step, LONG), strict=True))


def round_ratios(low: float, high: float, most: int) -> tuple[tuple[float, str], ...]:
    """Return round ratios whose logarithms lie between two ends, at most so many, with their texts.

    Those of the axis of ratios whose ticks reach farthest there.

    Examples
    --------
    >>> [text for _, text in round_ratios(math.log(0.3), math.log(1.2), 6)]
    ['0.4', '0.6', '1']
    """
    axes = (*RATIOS, ratio_axis(max(abs(low), abs(high))).ratios)
    inside = [[ratio for ratio in ratios if low <= math.log(ratio) <= high] for ratios in axes]
    best = max((ratios for ratios in inside if ratios and len(ratios) <= most), key=_reach_and_number, default=[])
    return tuple((math.log(ratio), house().number(ratio_label(ratio))) for ratio in best)


def _reach_and_number(ratios: Sequence[float]) -> tuple[float, int]:
    return round(math.log(ratios[-1] / ratios[0]), 9), len(ratios)

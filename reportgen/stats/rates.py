"""The difference of two Poisson rates, with its score interval.

In: events and exposure of two groups. Out: the difference of their rates, with the interval of all differences that the score
test does not reject (Krishnamoorthy and Thomson 2004, J Stat Plan Inference 119:23, with the restricted maximum likelihood
estimates of the two rates in the variance). statsmodels looks for these ends by minimising a function that is flat where p is
near zero, and stays there when one group has no event or much more exposure; the statistic itself falls steadily, so that its
roots can be enclosed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

Pair = tuple[float, float]


def rate_difference(events: Pair, exposure: Pair, level: float = 0.95) -> tuple[float, float, float]:
    """Return the rate of the first group minus that of the second, and the ends of its interval.

    Parameters
    ----------
    events : pair of float
        Not below 0; where nobody has any, there is no interval.
    exposure : pair of float
        Above 0.
    level : float

    Examples
    --------
    >>> rate_difference((0, 0), (90.0, 100.0))
    (0.0, nan, nan)
    >>> [round(value, 4) for value in rate_difference((5, 0), (100.0, 100.0))]
    [0.05, 0.0116, 0.1171]
    """
    from scipy.optimize import brentq  # take long to import
    from scipy.special import ndtri

    if not any(events):
        return 0.0, math.nan, math.nan
    unit = sum((count + 1.0) / size for count, size in zip(events, exposure, strict=True))
    sizes = exposure[0] * unit, exposure[1] * unit
    difference = events[0] / sizes[0] - events[1] / sizes[1]
    limit = float(ndtri(0.5 + level / 2))

    def end(way: int) -> float:
        def above(value: float) -> float:
            return _score(events, sizes, difference, value) + way * limit

        far = _beyond(lambda step: way * above(difference + way * step) < 0)
        return float(brentq(above, *sorted((difference, difference + way * far)), xtol=1e-14, rtol=1e-14))

    return unit * difference, unit * end(-1), unit * end(1)


def _beyond(reached: Callable[[float], bool]) -> float:
    """Return the first of 1, 2, 4, … that has reached the end of the interval."""
    step = 1.0
    while not reached(step):
        step *= 2.0
    return step


def _score(events: Pair, sizes: Pair, found: float, value: float) -> float:
    """Return the score statistic of a true difference of `value`: it falls from above the found one to below it."""
    total = sizes[0] + sizes[1]
    share = 4.0 * value * events[1] / total
    rest = (events[0] + events[1]) / total - value
    root = math.sqrt(max(rest * rest + share, 0.0))
    # the larger root of a quadratic equation, without a difference of like numbers
    second = (rest + root) / 2 if rest >= 0 else share / (root - rest) / 2
    first = max(second + value, 0.0)
    variance = first / sizes[0] + second / sizes[1]
    return (found - value) / math.sqrt(variance) if found != value else 0.0

"""Means, standard deviations and standardised differences of baseline characteristics; by what mean differences are standardised.

Standardised difference: Austin (2009, doi 10.1002/sim.3697) for a mean or a share; Yang and Dalton (2012, SAS Global
Forum 335) for several levels, which is the same number for two.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def mean_sd(values: ArrayLike) -> tuple[float, float]:
    """Return mean and standard deviation (divisor n − 1) of the values that are not NaN.

    Examples
    --------
    >>> mean_sd([1, 2, 3, float("nan")])
    (2.0, 1.0)
    """
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    mean = float(known.mean()) if known.size else math.nan
    return mean, float(known.std(ddof=1)) if known.size > 1 else math.nan


def pooled_sd(values: ArrayLike, arm: ArrayLike) -> tuple[float, int]:
    """Return the standard deviation pooled within two arms, and its degrees of freedom; NaN without any.

    Parameters
    ----------
    values, arm : array_like (n,)
        Values without NaN, and 0 or 1 for each.

    Examples
    --------
    >>> pooled_sd([1, 2, 3, 11, 12, 13], [0, 0, 0, 1, 1, 1])
    (1.0, 4)
    """
    y, side = np.asarray(values, dtype=float), np.asarray(arm)
    within = [y[side == one] - y[side == one].mean() for one in (0, 1) if (side == one).any()]
    df = len(y) - len(within)
    return (math.sqrt(sum(float(part @ part) for part in within) / df) if df > 0 else math.nan), df


def small_sample_factor(df: int) -> float:
    """Return by what Hedges (1981, J Educ Stat 6:107) multiplies a standardised mean difference, so that it is not too large.

    In its exact form, of gamma functions; about 1 − 3 / (4 df − 1). NaN with fewer than two degrees of freedom.

    Examples
    --------
    >>> round(small_sample_factor(10), 4), round(1 - 3 / 39, 4)
    (0.9227, 0.9231)
    """
    if df < 2:
        return math.nan
    return math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)


def standardised_difference(control: ArrayLike, intervention: ArrayLike) -> float:
    """Return (mean of intervention − mean of control) / root mean square of the two SDs; NaN where both are 0.

    Examples
    --------
    >>> round(standardised_difference([1, 2, 3], [2, 3, 4]), 3)
    1.0
    """
    (mean_c, sd_c), (mean_i, sd_i) = mean_sd(control), mean_sd(intervention)
    spread = math.sqrt((sd_c**2 + sd_i**2) / 2)
    return (mean_i - mean_c) / spread if spread > 0 else math.nan


def standardised_difference_of_levels(control: ArrayLike, intervention: ArrayLike) -> float:
    """Return the standardised difference of two distributions over levels, from their counts; never negative.

    Parameters
    ----------
    control, intervention : array_like of int, shape (levels,)
        Participants per level.

    Examples
    --------
    >>> round(standardised_difference_of_levels([50, 50], [30, 70]), 4)
    0.417
    """
    shares = [_shares(control), _shares(intervention)]
    if any(share is None for share in shares):
        return math.nan
    p_c, p_i = (share[1:] for share in shares if share is not None)
    spread = (np.diag(p_c) - np.outer(p_c, p_c) + np.diag(p_i) - np.outer(p_i, p_i)) / 2
    distance = float((p_i - p_c) @ np.linalg.pinv(spread) @ (p_i - p_c))
    return math.sqrt(max(distance, 0.0))


def _shares(counts: ArrayLike) -> NDArray[np.float64] | None:
    known = np.asarray(counts, dtype=float)
    return known / known.sum() if known.sum() > 0 else None

"""How many independent tests the best of many overlapping splits is worth.

In: the number of levels of a covariate. Out: the effective number of splits, G^(1 - r*), and a p value adjusted by it.
Method: the differences in effect that two splits of the same people give are correlated, since their sides share
people. r* is the mean correlation of their absolute values over all pairs of splits, for levels of equal size
(Lipkovich, Dmitrienko, Denne & Enas 2011, Stat Med 30:2601); G splits then count as G^(1 - r*) in Sidak's formula.
All p values go in and out as natural logarithms, so that 1e-60 and less keep their order.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from .crossproducts import FloatArray

# Below this logarithm, 1 - (1 - p)^m is m p to all digits of a float.
TINY = -40.0


def correlation_of_absolutes(v: FloatArray) -> FloatArray:
    """Correlation of |X| and |Y| where X and Y are standard normal with correlation v.

    Examples
    --------
    >>> correlation_of_absolutes(np.array([0.0, 0.5, 1.0])).round(6).tolist()
    [0.0, 0.223941, 1.0]
    """
    return np.asarray((2.0 / np.pi * (np.sqrt(1.0 - v * v) + v * np.arcsin(v)) - 2.0 / np.pi) / (1.0 - 2.0 / np.pi))


def correlation_of_cuts(k: int, i: float, j: FloatArray) -> FloatArray:
    """Correlation of the differences in effect at cuts after the i-th and the j-th of k levels, i < j.

    a, b and c are the correlations of the low sides, of the high sides, and of the high side of i with the low one of j.

    Examples
    --------
    >>> correlation_of_cuts(4, 1.0, np.array([2.0, 3.0])).round(6).tolist()
    [0.557678, 0.244017]
    """
    a, b, c = np.sqrt(i / j), np.sqrt((k - j) / (k - i)), (j - i) / np.sqrt((k - i) * j)
    return np.asarray((a + b - c) / 2.0)


@lru_cache(maxsize=4096)
def mean_correlation(k: int) -> float:
    """r* of the k - 1 cuts of k ordered levels; 0 with fewer than two cuts.

    Examples
    --------
    >>> round(mean_correlation(10), 7)
    0.2404992
    """
    if k < 3:
        return 0.0
    total = 0.0
    for i in range(1, k - 1):  # a row at a time: a grid of thousands of cuts has millions of pairs
        total += float(correlation_of_absolutes(correlation_of_cuts(k, float(i), np.arange(i + 1.0, k))).sum())
    return total / ((k - 1) * (k - 2) / 2)


@lru_cache(maxsize=32)
def mean_correlation_nominal(k: int) -> float:
    """r* of the 2^(k-1) - 1 ways to part k unordered levels in two; 0 with fewer than three levels.

    Examples
    --------
    >>> round(float(3 ** (1 - mean_correlation_nominal(3))), 6)
    2.444373
    """
    if k < 3:
        return 0.0
    masks = np.arange(1, 2 ** (k - 1))
    inside = (masks[:, None] >> np.arange(k)) & 1
    size = inside.sum(axis=1).astype(float)
    total = 0.0
    for g in range(len(masks) - 1):
        a, b = size[g], size[g + 1 :]
        both = (inside[g + 1 :] @ inside[g]).astype(float)
        v = both / np.sqrt(a * b) + (k - a - b + both) / np.sqrt((k - a) * (k - b))
        v -= (b - both) / np.sqrt(b * (k - a)) + (a - both) / np.sqrt((k - b) * a)
        total += float(correlation_of_absolutes(np.clip(v / 2.0, -1.0, 1.0)).sum())
    return total / (len(masks) * (len(masks) - 1) / 2)


def effective_splits(splits: int, levels: int, nominal: bool, multiplicity: str) -> float:
    """Number of independent tests that the best of `splits` admissible splits stands for.

    Parameters
    ----------
    splits : int
        G, admissible splits.
    levels : int
        Levels present, of a nominal covariate; ordered ones count as G + 1, whatever was not admissible.
    nominal : bool
    multiplicity : {"sidak-modified", "sidak", "none"}
        G^(1 - r*), G, or 1.

    Examples
    --------
    >>> effective_splits(9, 10, False, "sidak")
    9.0
    >>> round(effective_splits(31, 6, True, "sidak-modified"), 6)
    18.913844
    """
    if multiplicity == "none" or splits <= 1:
        return 1.0
    if multiplicity == "sidak":
        return float(splits)
    r = mean_correlation_nominal(levels) if nominal else mean_correlation(splits + 1)
    return float(splits ** (1.0 - r))


def log_sidak(log_p: ArrayLike, tests: ArrayLike) -> FloatArray:
    """log(1 - (1 - p)^m) from log p.

    Examples
    --------
    >>> round(float(np.exp(log_sidak(np.log(0.01), 5.0))), 8)
    0.04900995
    >>> round(float(log_sidak(-1000.0, 5.0)), 6)
    -998.390562
    """
    log_p, tests = np.asarray(log_p, float), np.asarray(tests, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        # log of the exponent -log(1 - p): p itself where p is tiny
        rate = np.where(log_p < TINY, log_p, np.log(-np.log1p(-np.exp(log_p)))) + np.log(tests)
        return np.asarray(np.where(rate < TINY, rate, np.log(-np.expm1(-np.exp(rate)))))

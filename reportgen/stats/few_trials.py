"""The variance ratio lambda of one model of few trials, without a look at its columns for every lambda that is tried.

In: A_0 packed over (X, y), and for each trial its cross-products of treatment with (X, y), as the candidates of a node have them
(candidate.py). Out: lambda at the minimum of the REML criterion, or that `minimise` (profile.py) has to look for it.
Method: with Z the columns of treatment, one a trial, and M what takes X out of a column, all that the criterion asks about lambda is in
G = Z'MZ and z = Z'My, which are as large as there are trials. Once G is diagonal (Jacobi), with g on it and z turned likewise,
    criterion' = sum g/(1 + lambda g) - nu q/RSS,   q = sum (z/(1 + lambda g))^2,   RSS = RSS_0 - lambda sum z^2/(1 + lambda g).
Searches over candidates ask for thousands of such lambdas (Kang et al. 2008, Genetics 178:1709, do likewise for markers).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .compiled import leaf
from .crossproducts import FloatArray
from .profile import factor

MOST = 6  # trials; with more the columns are fewer than the trials, and `minimise` is faster
# Only what is beyond rounding is decided here: pivots, and signs of slopes as a share of their two terms.
SOUND = 1e9
CLEAR = 1e-9
STEP = 1e-10
UNDECIDED = -1.0


class FewTrials(NamedTuple):
    """Scratch space for K trials."""

    left: FloatArray  # (K, p): treatment of each trial over the factor of A_0
    g: FloatArray  # (K, K)
    z: FloatArray  # (K,)
    slope: FloatArray  # (2,): of the criterion, and its derivative


def few_trials(trials: int, p: int) -> FewTrials:
    """Scratch space for p columns; without any trial where there are too many."""
    k = trials if trials <= MOST else 0
    return FewTrials(np.zeros((k, p)), np.zeros((k, k)), np.zeros(k), np.zeros(2))


@leaf
def find_lambda(a0, rows, u, nu, p, warm, grid, work, few):  # type: ignore[no-untyped-def]
    """lambda at the minimum of the REML criterion, and how often its slope was looked at; UNDECIDED in place of lambda.

    It is looked for where `minimise` does: at zero, and between points of the grid where the slope changes its sign once.
    """
    if few.z.shape[0] == 0:
        return UNDECIDED, 0
    rss = _project(a0, rows, u, p, work, few)
    if not rss > 0.0:
        return UNDECIDED, 0
    _diagonalise(few.g, few.z)
    largest = 0.0
    for i in range(u.shape[0]):
        largest = max(largest, u[i])
    unit = 1.0 / largest if largest > 0.0 else 1.0
    low, high = 0.0, 0.0
    falls = False
    for j in range(grid.shape[0] + 1):
        lam = unit * grid[j - 1] if j > 0 else 0.0
        if not _slopes(lam, rss, nu, few):
            return UNDECIDED, j + 1
        if few.slope[0] < 0.0:
            if j > 0 and not falls:
                return UNDECIDED, j + 1  # two valleys: which one is deeper?
            falls = True
            low = lam
        elif falls and high == 0.0:
            high = lam
    if not falls:
        return 0.0, grid.shape[0] + 1
    if not low < high:
        return UNDECIDED, grid.shape[0] + 1
    lam, count = _root(low, high, warm, rss, nu, few)
    return lam, grid.shape[0] + 1 + count


@leaf
def _project(a0, rows, u, p, work, few):  # type: ignore[no-untyped-def]
    """G into few.g and z into few.z; returns RSS_0, or -1 where a column of X is nearly redundant."""
    root, inverse_root = work[1], work[2]
    _, rss, sound = factor(a0, p, root, inverse_root)
    if not sound:
        return -1.0
    for k in range(p):
        if not a0[k * (k + 3) // 2] * inverse_root[k, k] ** 2 < SOUND:
            return -1.0
    last = p * (p + 1) // 2
    for i in range(u.shape[0]):
        rest = rows[i, p]
        for k in range(p):
            value = 0.0
            for h in range(k + 1):
                value += inverse_root[k, h] * rows[i, h]
            few.left[i, k] = value
            rest -= root[last + k] * value
        few.z[i] = rest
        for j in range(i + 1):
            value = u[i] if i == j else 0.0
            for k in range(p):
                value -= few.left[i, k] * few.left[j, k]
            few.g[i, j] = value
            few.g[j, i] = value
    return rss


@leaf
def _diagonalise(g, z):  # type: ignore[no-untyped-def]
    """Turn symmetric g until it is diagonal (cyclic Jacobi), and z with it."""
    size = g.shape[0]
    for _ in range(30):
        diagonal = 0.0
        beside = 0.0
        for k in range(size):
            diagonal += g[k, k] * g[k, k]
            for h in range(k):
                beside += g[k, h] * g[k, h]
        if beside <= 1e-30 * diagonal:
            return
        for k in range(1, size):
            for h in range(k):
                if g[k, h] != 0.0:
                    _turn(h, k, g, z)


@leaf
def _turn(h, k, g, z):  # type: ignore[no-untyped-def]
    """One rotation, after which g[h, k] is zero."""
    x = g[h, k]
    ratio = (g[k, k] - g[h, h]) / (2.0 * x)
    t = 1.0 / (np.abs(ratio) + np.sqrt(ratio * ratio + 1.0))
    if ratio < 0.0:
        t = -t
    c = 1.0 / np.sqrt(t * t + 1.0)
    s = t * c
    g[h, h] -= t * x
    g[k, k] += t * x
    g[h, k] = 0.0
    g[k, h] = 0.0
    for j in range(g.shape[0]):
        if j != h and j != k:
            one = g[j, h]
            two = g[j, k]
            g[j, h] = c * one - s * two
            g[j, k] = s * one + c * two
            g[h, j] = g[j, h]
            g[k, j] = g[j, k]
    one = z[h]
    two = z[k]
    z[h] = c * one - s * two
    z[k] = s * one + c * two


@leaf
def _slopes(lam, rss, nu, few):  # type: ignore[no-untyped-def]
    """First and second derivative of the criterion; false where rounding may decide about the sign of the first."""
    first = 0.0
    second = 0.0
    q = 0.0
    bend = 0.0
    for k in range(few.z.shape[0]):
        g = few.g[k, k]
        z = few.z[k]
        e = 1.0 / (1.0 + lam * g)
        first += g * e
        second -= g * g * e * e
        rss -= lam * z * z * e
        q += z * z * e * e
        bend += 2.0 * g * z * z * e * e * e
    ratio = q / rss
    few.slope[0] = first - nu * ratio
    few.slope[1] = second + nu * (bend / rss - ratio * ratio)
    return np.abs(few.slope[0]) > CLEAR * (np.abs(first) + np.abs(nu * ratio))


@leaf
def _root(low, high, warm, rss, nu, few):  # type: ignore[no-untyped-def]
    """Where the slope is zero between low, where it is negative, and high; and after how many looks."""
    lam = warm
    if not low < warm < high:
        lam = np.sqrt(low * high) if low > 0.0 else 0.3 * high
    for count in range(100):
        _slopes(lam, rss, nu, few)
        if few.slope[0] < 0.0:
            low = lam
        else:
            high = lam
        new = lam - few.slope[0] / few.slope[1] if few.slope[1] > 0.0 else -1.0
        if np.abs(new - lam) <= STEP * lam:
            return new, count + 1
        if not low < new < high:
            new = np.sqrt(low * high) if low > 0.0 else 0.1 * high
        lam = new
    return UNDECIDED, 100

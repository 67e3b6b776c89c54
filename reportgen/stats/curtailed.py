"""Draws that end as soon as they have decided whether p of a search is at most alpha.

In: what makes the draws of some numbers, and the statistic of the data. Out: the first draws, as many as the decision takes.
Method: curtailed sampling; Besag & Clifford 1991 (Biometrika 78:301) for Monte Carlo tests that end in this way. With B
draws p = (1 + b)/(1 + B): of it the draws that are still to be made leave a smallest and a largest value, and the decision
is that of all B draws, not an approximation to it. Where data and draws are exchangeable, 20 draws at 0.05 become 3.6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from .crossproducts import FloatArray
from .draws import joined, search_wise_p
from .null_draws import PartitionDraws, PeelDraws, no_p

Draws = TypeVar("Draws", PartitionDraws, PeelDraws)


def curtailed(make: Callable[[int, int], Draws], observed: float, count: int, alpha: float) -> Draws:
    """Make draws one after another until p is decided.

    Parameters
    ----------
    make : callable
        Takes the number of the first draw and how many, as `partition_draws` and `peel_draws` do.
    observed : float
        Statistic of the data.
    count : int
        The most draws.
    alpha : float

    Returns
    -------
    Draws
        Of the numbers from 0; at least one.

    Raises
    ------
    ValueError
        For no draws at all.
    """
    draws = make(0, min(count, 1))
    while len(draws.number) < count and decided(draws, observed, count, alpha) is None:
        draws = joined([draws, make(len(draws.number), 1)])
    return draws


def decided(draws: PartitionDraws | PeelDraws, observed: float, count: int, alpha: float) -> bool | None:
    """Return whether p of `count` draws is at most alpha, as the first of them say; None where the others still matter.

    It is not at most alpha where nothing could be searched in any draw: then there is no p.
    """
    rest = count - len(draws.number)
    if _p(draws.statistic, observed, rest, -np.inf) > alpha:
        return False
    if _p(draws.statistic, observed, rest, np.inf) > alpha:
        return None
    if no_p(draws):
        return None if rest else False
    return True


def _p(statistic: FloatArray, observed: float, rest: int, value: float) -> float:
    """P if the draws that are not made yet all had this statistic."""
    return float(search_wise_p(observed, np.concatenate([statistic, np.full(rest, value)])))


def expected_draws(count: int, alpha: float) -> float:
    """Return how many draws the decision takes on average where data and draws are exchangeable.

    Notes
    -----
    Of the first k draws 0, 1, ... k exceed the data, each with probability 1/(k + 1). That a small p is decided before the last
    draw as well is left out: it is rare, and saves few.

    Examples
    --------
    >>> round(expected_draws(20, 0.05), 2), round(expected_draws(999, 0.05))
    (3.6, 199)
    """
    exceeding = np.floor(alpha * (1 + count) * (1 + 1e-12))
    return float(np.minimum(1.0, exceeding / np.arange(1, count + 1)).sum())

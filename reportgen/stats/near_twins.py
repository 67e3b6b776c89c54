"""Which subgroups are nearly the same people, so that they are one finding in several words.

In: who is in each subgroup, and how strong each is. Out: for each the stronger subgroup that it is a variant of, if any. Moderators
that go together, such as two measures of one thing, cut out nearly the same people; so do a rule and the rule that adds little
to it.
"""

from __future__ import annotations

import numpy as np

from .crossproducts import FloatArray
from .ranks import BoolArray

NEAR = 0.9
"""Jaccard index from which two subgroups are near twins: of those in either, one in ten at most is in one alone."""


def jaccard(first: BoolArray, second: BoolArray) -> float:
    """Return the share of those in both among those in either; NaN where nobody is in either.

    Examples
    --------
    >>> round(jaccard(np.array([True, True, False]), np.array([True, False, True])), 3)
    0.333
    """
    either = int((first | second).sum())
    return int((first & second).sum()) / either if either else float("nan")


def jaccard_table(members: BoolArray) -> FloatArray:
    """Return the Jaccard index of each pair of groups.

    Parameters
    ----------
    members : ndarray of bool, shape (groups, n)

    Returns
    -------
    ndarray, shape (groups, groups)
        NaN where nobody is in either.

    Examples
    --------
    >>> jaccard_table(np.array([[True, True, False], [True, False, False]])).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    mask = np.asarray(members, float)
    size = mask.sum(axis=1)
    both = mask @ mask.T
    either = size[:, None] + size[None, :] - both
    return np.where(either > 0, both / np.where(either > 0, either, 1.0), np.nan)


def variants(members: BoolArray, log_p: FloatArray, near: float = NEAR) -> tuple[int | None, ...]:
    """Return of which stronger subgroup each is a variant.

    Parameters
    ----------
    members : ndarray of bool, shape (groups, n)
    log_p : ndarray (groups,)
        Logarithm of p of each: the smallest is the strongest, of equal ones the first.
    near : float
        Jaccard index from which two are near twins.

    Returns
    -------
    tuple of int or None
        The place of the strongest subgroup that is no variant itself and that this one is near to; None for a finding of its own.

    Examples
    --------
    >>> age = np.arange(100)
    >>> variants(age < np.array([[50], [52], [55], [90]]), np.array([-9.0, -12.0, -7.0, -5.0]))
    (1, None, 1, None)
    """
    index = jaccard_table(members)
    leaders: list[int] = []
    found: list[int | None] = [None] * len(members)
    for place in np.argsort(log_p, kind="stable").tolist():
        found[place] = next((leader for leader in leaders if index[place, leader] >= near), None)
        if found[place] is None:
            leaders.append(place)
    return tuple(found)

"""What all draws have in common: their numbers, so that chunks made anywhere join into one, and p from them.

In: chunks of draws. Out: one set of draws in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from reportgen.late import special

from .crossproducts import FloatArray, IntArray

ROUNDING = 1e-9  # relative: statistics of draws that differ by less are equal


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Some draws of one kind: frozen arrays with a row a draw and no people.

    Attributes
    ----------
    SHARED
        Fields that have no row a draw.
    seed : int
    number : ndarray (B,) of int
        Of each draw.
    """

    SHARED: ClassVar[tuple[str, ...]] = ()
    seed: int
    number: IntArray


Draws = TypeVar("Draws", bound=Chunk)


def joined(chunks: Sequence[Draws]) -> Draws:
    """Join chunks of draws of one kind, whatever the order in which they were made.

    Parameters
    ----------
    chunks : sequence of draws
        All of one class.

    Raises
    ------
    ValueError
        Without chunks, for chunks of other seeds, or for a draw that occurs twice.
    """
    if not chunks:
        raise ValueError("there are no draws to join")
    if len({chunk.seed for chunk in chunks}) > 1:
        raise ValueError(f"draws of the seeds {sorted({chunk.seed for chunk in chunks})} are not of one kind")
    number = np.concatenate([chunk.number for chunk in chunks])
    order = np.argsort(number, kind="stable")
    if (np.diff(number[order]) == 0).any():
        raise ValueError("a draw occurs twice; join chunks of different draws")
    arrays = [item.name for item in fields(chunks[0]) if item.name not in ("seed", *chunks[0].SHARED)]
    whole: dict[str, Any] = {name: np.concatenate([getattr(chunk, name) for chunk in chunks])[order] for name in arrays}
    return replace(chunks[0], **whole)


def numbers(first: int, count: int) -> Any:
    """Return the numbers of the draws of a chunk.

    Raises
    ------
    ValueError
        For a chunk without draws, or one that begins before 0.

    Examples
    --------
    >>> numbers(50, 3).tolist()
    [50, 51, 52]
    """
    if first < 0 or count < 1:
        raise ValueError(f"a chunk of {count} draws from number {first} is none; ask for at least one, from 0 on")
    return np.arange(first, first + count)


def search_wise_p(observed: ArrayLike, statistic: FloatArray) -> FloatArray:
    """Return (1 + b)/(1 + B), b = draws whose statistic is at least the observed one, B = all draws.

    Parameters
    ----------
    observed : array_like
        Of the whole search, or of each of its subgroups: larger says more.
    statistic : ndarray (B,)
        The largest of each draw.

    Returns
    -------
    ndarray
        Of the shape of `observed`; NaN where that is NaN.

    Examples
    --------
    >>> search_wise_p([3.0, 1.0], np.array([0.5, 1.5, 2.5])).tolist()
    [0.25, 0.75]
    """
    asked = np.asarray(observed, float)
    sorted_up = np.sort(statistic)
    least = asked - ROUNDING * np.abs(np.where(np.isfinite(asked), asked, 0.0))
    beyond = len(statistic) - np.searchsorted(sorted_up, least, side="left")
    return np.where(np.isnan(asked), np.nan, (1.0 + beyond) / (1.0 + len(statistic)))


def share_interval(times: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """Clopper and Pearson's interval of a share.

    Examples
    --------
    >>> [round(limit, 3) for limit in share_interval(12, 100)]
    [0.064, 0.2]
    """
    tail = (1.0 - level) / 2.0
    low = float(special.betaincinv(times, of - times + 1, tail)) if times else 0.0
    high = float(special.betaincinv(times + 1, of - times, 1.0 - tail)) if times < of else 1.0
    return low, high

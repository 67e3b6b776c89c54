"""What came out of searching some data sets of one scenario: a row a data set, and no people.

In: nothing; `judged` fills it. Chunks of data sets made anywhere join into one (reportgen.stats.draws).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from reportgen.stats.crossproducts import FloatArray, IntArray
from reportgen.stats.draws import Chunk

NAIVE, CORRECTED, HELD_OUT = 0, 1, 2
INSIDE, DIFFERENCE = 0, 1
ESTIMATE, LOW, HIGH, TRUTH = 0, 1, 2, 3
EFFECTS = (3, 2, 4)


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes(Chunk):
    """One search in B data sets of one scenario.

    Attributes
    ----------
    seed, number
        As in `Chunk`, a row a data set.
    p : ndarray (B,)
        Of the first candidate, before it is set beside draws; NaN where nothing could be searched.
    search_wise_p : ndarray (B,)
        NaN without sign flips, and where it was decided before all of them were made.
    supported : ndarray (B,)
        1 where it is at most alpha, also where that was decided early, else 0; NaN without sign flips.
    flips : ndarray (B,)
        Sign flips that were made.
    kept : ndarray (B,)
        1 where some split was kept, 0 where none was; NaN for a peeling, which keeps nothing.
    kept_in_draws : ndarray (B,)
        Share of the sign flips in which some split was kept; NaN unless all of them are made in any case.
    moderator, alone, cut : ndarray (B,)
        1 where the first candidate has a condition on every moderator of the planted subgroup, on its side; where it has no
        other condition either; and where each limit is near the true one. NaN without modification.
    jaccard, share : ndarray (B,)
        Overlap of the first candidate with the planted subgroup, and its share of the people.
    effects : ndarray (B, 3, 2, 4)
        Of the first candidate: naive, corrected and held out; inside and difference; estimate, limits and truth.
    """

    p: FloatArray
    search_wise_p: FloatArray
    supported: FloatArray
    flips: FloatArray
    kept: FloatArray
    kept_in_draws: FloatArray
    moderator: FloatArray
    alone: FloatArray
    cut: FloatArray
    jaccard: FloatArray
    share: FloatArray
    effects: FloatArray


@dataclass(frozen=True, slots=True)
class Judged:
    """One search in one data set; fields as those of `Outcomes`."""

    p: float = np.nan
    search_wise_p: float = np.nan
    supported: float = np.nan
    flips: float = np.nan
    kept: float = np.nan
    kept_in_draws: float = np.nan
    moderator: float = np.nan
    alone: float = np.nan
    cut: float = np.nan
    jaccard: float = np.nan
    share: float = np.nan
    effects: tuple[float, ...] = (np.nan,) * 24


def gathered(seed: int, number: IntArray, rows: list[Judged]) -> Outcomes:
    """Put the rows of some data sets together."""
    names = [item.name for item in fields(Judged) if item.name != "effects"]
    columns = {name: np.array([getattr(row, name) for row in rows], float) for name in names}
    effects = np.array([row.effects for row in rows], float).reshape(-1, *EFFECTS)
    return Outcomes(seed=seed, number=number, effects=effects, **columns)

"""Beam search over boxes: from everybody to smaller and smaller boxes, the best few of each size going on.

In: a directed grid of people, the sums of their rows, and what a box is worth. Out: the best box of every size bin.
Method: sizes are shares of the people, in bins worked from large to small. The best `beam` boxes of a bin are peeled
along every moderator until they have left the bin; all boxes on the way are candidates for it. A bin is repeated until
no new box enters its beam. Peeled once only, boxes of a bin that is wider than a peel could all end in it, below the
best ones, and the search with them. One greedy path (LeBlanc, Moon & Crowley 2005) would be a beam of one without bins; the best boxes of
neighbouring sizes need not be nested, and a beam follows several paths at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np

from .boxes import DirectedGrid, Ranks
from .crossproducts import FloatArray

SCALE = 1e9  # scores that are equal in units of 1/SCALE tie: sums in another order must not decide
ROUNDING = 1e-9  # of a share of people


@dataclass(frozen=True, slots=True, eq=False)
class ScoredBox:
    """A box that was evaluated.

    Attributes
    ----------
    ranks : ndarray (J,) of int
        Each limit at the highest rank still inside.
    n : int
    score : float
        -inf where nothing could be estimated.
    sums : ndarray (K, w)
        Sums of the rows of its people by trial.
    """

    ranks: Ranks
    n: int
    score: float
    sums: FloatArray

    @property
    def key(self) -> bytes:
        """The same for boxes with the same members, and for no others."""
        return self.ranks.tobytes()


@dataclass(frozen=True, slots=True)
class Bins:
    """Size bins of a share of people: bin b holds shares from b x width up to, not including, (b + 1) x width."""

    people: int
    width: float
    smallest: float

    def of(self, n: int) -> int:
        """Bin of a box of n people."""
        return int(np.floor(n / self.people / self.width + ROUNDING))

    def fewest(self, number: int) -> int:
        """Least number of people of a box in a bin."""
        return int(np.ceil((number - ROUNDING) * self.width * self.people))

    def from_large_to_small(self) -> Iterable[int]:
        """All bins, from that of everybody to that of the smallest box allowed."""
        return range(self.of(self.people), self.lowest - 1, -1)

    @property
    def lowest(self) -> int:
        """Bin of the smallest box allowed."""
        return int(np.floor(self.smallest / self.width + ROUNDING))


Peel = Callable[[list[ScoredBox], int], list[ScoredBox]]


def beam_search(grid: DirectedGrid, everybody: ScoredBox, peel: Peel, bins: Bins, beam: int) -> list[ScoredBox]:
    """The best box of every size bin, from large to small.

    Parameters
    ----------
    everybody : ScoredBox
        Where the search starts; itself in no bin.
    peel : callable
        Peels some boxes along every moderator, again and again while they keep a number of people, and hands back those
        that are admissible and were not seen before, with their scores.
    beam : int
        How many boxes of a bin are peeled on.

    Returns
    -------
    list of ScoredBox
        Bins without a box, or in which nothing could be estimated, have no entry.
    """
    held: dict[int, list[ScoredBox]] = {number: [] for number in bins.from_large_to_small()}

    def file(boxes: list[ScoredBox]) -> None:
        for box in boxes:
            held[bins.of(box.n)].append(box)

    frontier = []
    peeled: set[bytes] = set()
    file(peel([everybody], everybody.n))
    for number in held:
        held[number] = ranked(held[number], grid)[:beam]
        while fresh := [box for box in held[number] if box.key not in peeled]:
            peeled.update(box.key for box in fresh)
            file(peel(fresh, bins.fewest(number)))
            held[number] = ranked(held[number], grid)[:beam]
        frontier += [box for box in held[number][:1] if box.score > -np.inf]
        held[number] = []  # their sums are not needed any more
    return frontier


def ranked(boxes: list[ScoredBox], grid: DirectedGrid) -> list[ScoredBox]:
    """From best to worst: higher score, larger box, fewer limits, limits on earlier moderators, wider limits."""

    def worth(box: ScoredBox) -> tuple[float, int]:
        return (-float(np.rint(box.score * SCALE)), -box.n)

    def plainness(box: ScoredBox) -> tuple[int, tuple[bool, ...], tuple[int, ...]]:
        limited = grid.needed(box.ranks)
        return (int(limited.sum()), tuple(~limited), tuple(-box.ranks))

    order: list[ScoredBox] = []
    places = sorted((worth(box), place) for place, box in enumerate(boxes))
    for _, group in groupby(places, key=itemgetter(0)):
        tied = [boxes[place] for _, place in group]
        # limits are counted for ties alone, since that looks at all people
        order += sorted(tied, key=plainness) if len(tied) > 1 else tied
    return order

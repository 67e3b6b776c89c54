"""Boxes: the people whose moderators all stay on the kept side of one limit each; and what a peel takes off a box.

In: one column of values per moderator, and from which side each is peeled. Out: boxes as vectors of ranks, their
members, their canonical limits, and for every peel the smaller box with the sums of its people by trial.
Method: values become ranks once. Once directed, rank 0 is the value kept longest and the highest rank is peeled first,
so that a box is a vector of highest ranks still inside and a person belongs to it if none of the ranks is higher. People
stand in the order of each moderator from the outermost inwards: a peel walks along it until enough have gone.
The box of LeBlanc, Moon & Crowley 2005 (Biometrics 61:1183), after Friedman & Fisher 1999 (Stat Comput 9:123).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .compiled import kernel, leaf
from .crossproducts import FloatArray, IntArray

Ranks = NDArray[np.int32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where n people stand on J moderators.

    Attributes
    ----------
    values : tuple of ndarray, J of them
        Distinct observed values of each moderator, ascending.
    ranks : ndarray (J, n) of int
        Place of each person's value among them.
    order : ndarray (J, n) of int
        People from the smallest value to the largest.
    """

    values: tuple[FloatArray, ...]
    ranks: Ranks
    order: Ranks

    @classmethod
    def of(cls, columns: Sequence[FloatArray], people: int) -> Grid:
        """Rank columns without missing values."""
        ranked = [np.unique(column, return_inverse=True) for column in columns]
        ranks = np.empty((len(ranked), people), np.int32)
        for k, (_, place) in enumerate(ranked):
            ranks[k] = place
        order = np.argsort(ranks, axis=1, kind="stable").astype(np.int32)
        return cls(tuple(values for values, _ in ranked), ranks, order)

    def select(self, keep: Sequence[int]) -> Grid:
        """Only some of the moderators."""
        return Grid(tuple(self.values[k] for k in keep), self.ranks[list(keep)], self.order[list(keep)])

    def directed(self, small: Mask) -> DirectedGrid:
        """Peel moderator j from above where `small[j]`, that is where small values are kept, otherwise from below."""
        top = np.array([len(values) - 1 for values in self.values], np.int32)
        outward = np.where(small[:, None], self.ranks, top[:, None] - self.ranks).astype(np.int32)
        order = np.where(small[:, None], self.order[:, ::-1], self.order)
        first = np.zeros((len(top), int(top.max(initial=0)) + 1), np.int32)
        for k in range(len(top)):
            held = np.bincount(outward[k], minlength=top[k] + 1)
            first[k, : top[k] + 1] = outward.shape[1] - np.cumsum(held)
        return DirectedGrid(self.values, small.copy(), outward, order, first)


@dataclass(frozen=True, slots=True)
class People:
    """What is summed over the people of a box.

    Attributes
    ----------
    trial : ndarray (n,) of int
        From 0.
    rows : ndarray (n, w)
    """

    trial: IntArray
    rows: FloatArray


@dataclass(frozen=True, slots=True)
class DirectedGrid:
    """A grid and the side from which each moderator is peeled.

    Attributes
    ----------
    values : tuple of ndarray, J of them
    small : ndarray (J,) of bool
        Whether small values are kept, so that the limit is an upper one.
    outward : ndarray (J, n) of int
        Rank of each person's value, counted from the value that is kept longest.
    order : ndarray (J, n) of int
        People from the outermost value to the innermost.
    first : ndarray (J, most ranks) of int
        Where in `order` the people of a rank begin.
    """

    values: tuple[FloatArray, ...]
    small: Mask
    outward: Ranks
    order: Ranks
    first: Ranks

    def whole(self) -> Ranks:
        """The box that holds everybody."""
        return np.ascontiguousarray(self.outward.max(axis=1, initial=0).astype(np.int32))

    def members(self, limits: Ranks) -> Mask:
        """Who belongs to a box."""
        return np.asarray(np.all(self.outward <= limits[:, None], axis=0))

    def limits(self, ranks: Ranks) -> tuple[float | None, ...]:
        """Canonical limits: the most extreme value inside, or None where a limit excludes nobody given the others.

        Where two limits exclude the same people, either could go: the later moderator loses its limit.
        """
        needed = self.needed(ranks)
        found = []
        for k, rank in enumerate(ranks):
            place = rank if self.small[k] else len(self.values[k]) - 1 - rank
            found.append(float(self.values[k][place]) if needed[k] else None)
        return tuple(found)

    def needed(self, ranks: Ranks) -> Mask:
        """Which limits of a box exclude somebody whom no other remaining limit excludes."""
        return np.asarray(needed_limits(ranks, self.outward))

    def peels(
        self, boxes: Ranks, sums: FloatArray, owner: IntArray, along: IntArray, people: People, alpha: float
    ) -> tuple[Ranks, FloatArray, IntArray]:
        """What peels make of boxes.

        Parameters
        ----------
        boxes : ndarray (b, J) of int
            Boxes, each limit at the highest rank still inside.
        sums : ndarray (b, K, w)
            Sums of the rows of their people by trial.
        owner, along : ndarray (c,) of int
            For each peel the box, and the moderator along which it is peeled; peels of one box stand together.
        people : People
        alpha : float
            Share of the people of a box that a peel removes at least, at least one person.

        Returns
        -------
        peeled : ndarray (d, J) of int
            Again with each limit at the highest rank still inside: boxes with the same members have the same limits.
            Peels that would take everybody have no row.
        sums : ndarray (d, K, w)
            Sums of the rows of their people by trial.
        along : ndarray (d,) of int
            The moderator along which each was peeled.
        """
        peeled = np.zeros((len(owner), len(self.values)), np.int32)
        rest = sums[owner]
        left = np.zeros(len(owner), np.int64)
        peel_boxes(
            boxes,
            owner,
            along,
            self.outward,
            self.order,
            self.first,
            people.trial,
            people.rows,
            alpha,
            peeled,
            rest,
            left,
        )
        some = left > 0
        return peeled[some], rest[some], along[some]


@kernel
def peel_boxes(boxes, owner, along, outward, order, first, trial, rows, alpha, peeled, sums, left):  # type: ignore[no-untyped-def]
    """Peel each box along its moderator; `left` counts the people who remain, 0 where a peel would take everybody.

    sums holds for each peel those of the box, from which the people taken off are subtracted: they are few.
    """
    inside = np.zeros(outward.shape[1], np.bool_)
    gone = np.empty(outward.shape[1] + 1, np.uint32)
    current = -1
    n = 0
    for c in range(owner.shape[0]):
        limits = boxes[owner[c]]
        if owner[c] != current:
            current = owner[c]
            n = _find_members(limits, outward, first, inside)
        j = along[c]
        need = max(1, int(np.ceil(alpha * n - 1e-9)))
        removed, last = _take_off(first[j, limits[j]], need, outward[j], order[j], first[j], inside, gone)
        left[c] = n - removed
        if removed < n:
            _subtract(gone, removed, trial, rows, sums[c])
            for k in range(outward.shape[0]):
                peeled[c, k] = _outermost(first[k, limits[k]], outward[k], order[k], outward[j], last, inside)


@leaf
def _find_members(limits, outward, first, inside):  # type: ignore[no-untyped-def]
    """Mark the members of a box, and count them."""
    people = outward.shape[1]
    limit = limits[0]
    for r in range(people):
        inside[r] = outward[0, r] <= limit
    for k in range(1, outward.shape[0]):  # a moderator at a time, which the compiler turns into vector registers
        if first[k, limits[k]] > 0:  # else the limit excludes nobody
            limit = limits[k]
            for r in range(people):
                inside[r] &= outward[k, r] <= limit
    n = 0
    for r in range(people):
        n += inside[r]
    return n


@leaf
def _take_off(start, need, outward, order, first, inside, gone):  # type: ignore[no-untyped-def]
    """Take the outermost people off until at least `need` are gone, whole values at a time; `gone` says who.

    Returns how many were taken off, and the rank of the last. Everybody on the way is noted, and the next one written
    over him if he was not inside: a branch for each would be guessed wrongly half the time.
    """
    people = order.shape[0]
    removed = 0
    at = start
    while at < people and removed < need:
        r = np.uint32(order[at])  # unsigned, as no place is counted from the end
        gone[removed] = r
        removed += inside[r]
        at += 1
    last = outward[order[at - 1]]
    end = first[last - 1] if last > 0 else people
    for place in range(at, end):
        r = np.uint32(order[place])
        gone[removed] = r
        removed += inside[r]
    return removed, last


@leaf
def _subtract(gone, removed, trial, rows, sums):  # type: ignore[no-untyped-def]
    """Take the rows of the first people in `gone` off the sums by trial."""
    for at in range(removed):
        r = gone[at]
        i = np.uint64(trial[r])
        for h in range(rows.shape[1]):
            sums[i, h] -= rows[r, h]


@leaf
def _outermost(start, outward, order, along, last, inside):  # type: ignore[no-untyped-def]
    """Highest rank among the members whose rank along the peeled moderator is below the last that was taken off."""
    at = start
    r = np.uint32(order[at])
    while not (inside[r] and along[r] < last):
        at += 1
        r = np.uint32(order[at])
    return outward[r]


@kernel
def needed_limits(ranks, outward):  # type: ignore[no-untyped-def]
    """Which limits of a box exclude somebody whom no other remaining limit excludes; see `DirectedGrid.needed`."""
    moderators, people = outward.shape
    times = np.zeros(people, np.int32)
    for k in range(moderators):
        for r in range(people):
            times[r] += outward[k, r] > ranks[k]
    needed = np.ones(moderators, np.bool_)
    for back in range(moderators):
        k = moderators - 1 - back
        alone = False
        for r in range(people):
            alone |= outward[k, r] > ranks[k] and times[r] == 1
        if not alone:
            needed[k] = False
            for r in range(people):
                times[r] -= outward[k, r] > ranks[k]
    return needed

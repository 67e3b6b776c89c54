"""The beam search of directed peeling as one kernel: what beam.py describes, for outcomes by the thousand.

In: a directed grid, the rows that are summed over the people of a box, and what the fits of boxes share. Out: the best box of
every size bin, and how many boxes were evaluated; or that some box needs a fit that kernels cannot make.
Method: as `beam_search`, step by step and in the same order, so that both give the same. Boxes lie in one pool; a bin holds
the numbers of its best ones, and a table of hashes says which boxes there are already. Kernels get the fits of continuous outcomes
and of events as two arguments, one of them None, so that each kind is compiled without the other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .beam import ROUNDING, SCALE, ScoredBox
from .box_effects import Inside, fit_differences, fit_effects
from .boxes import DirectedGrid, People, needed_limits, peel_boxes
from .candidate import Node, Space
from .compiled import kernel, leaf
from .crossproducts import FloatArray
from .event_boxes import EventStep, fit_event_boxes, holds_events
from .inside import HARDLY_VARIES

ROUND = ROUNDING  # kernels know constants of their own module
HELD = 32  # best boxes of a bin for which there is room at first


class Rules(NamedTuple):
    """What a search asks of boxes, and how it goes through them.

    Attributes
    ----------
    alpha : float
        Share of the people of a box that a peel removes.
    beam : int
    width : float
        Of a size bin.
    lowest : int
        Number of the last bin.
    least, min_arm, min_trials : int
        Of the people inside; the last two also of those outside, if these are compared.
    compares : bool
        Whether boxes are compared with the people outside.
    within : bool
        Whether only differences within trials count there.
    base : float
        What the effect inside is compared with where they are not.
    gain : float
        1 where a larger effect is better, else -1.
    min_events : int
        People of each arm with the event, and without, inside and outside; 0 where the outcome is none.
    """

    alpha: float
    beam: int
    width: float
    lowest: int
    least: int
    min_arm: int
    min_trials: int
    compares: bool
    within: bool
    base: float
    gain: float
    min_events: int


class _Shared(NamedTuple):
    """What kernels need of the grid and the people."""

    outward: Any
    order: Any
    first: Any
    trial: Any
    rows: Any
    whole: Any


class LinearFits(NamedTuple):
    """What the fits of boxes share where the outcome is continuous; see candidate.py and inside.py."""

    node: Node
    space: Space
    usual: Any
    random: bool
    inside: Any

    @classmethod
    def of(cls, node: Node, space: Space, inside: Inside) -> LinearFits:
        """Gather them."""
        return cls(node, space, inside.usual, inside.random, inside.space)


class _Pool(NamedTuple):
    """Boxes that were evaluated, in the order in which that was done; `size` of them."""

    ranks: Any
    people: Any
    score: Any
    sums: Any
    peeled: Any
    table: Any
    size: Any


def best_boxes(
    grid: DirectedGrid, people: People, whole: FloatArray, fits: LinearFits | EventStep, rules: Rules
) -> tuple[tuple[ScoredBox, ...], int] | None:
    """Search for the best box of every size bin.

    Parameters
    ----------
    grid : DirectedGrid
    people : People
    whole : ndarray (K, w)
        Sums of the rows over everybody.
    fits : LinearFits or EventStep
        What the fits of boxes share.
    rules : Rules

    Returns
    -------
    tuple or None
        The best boxes, from large to small, and how many boxes were evaluated. None where a box needs `fit_one_step`.
    """
    order = np.ascontiguousarray(grid.order)
    shared = _Shared(grid.outward, order, grid.first, people.trial, people.rows, whole)
    linear, events = (fits, None) if isinstance(fits, LinearFits) else (None, fits)
    *columns, evaluated = _search(grid.whole(), shared, rules, linear, events)
    if evaluated < 0:
        return None
    return tuple(ScoredBox(r, int(n), float(z), s) for r, n, z, s in zip(*columns, strict=True)), evaluated


@kernel
def _search(everybody, shared, rules, linear, events):  # type: ignore[no-untyped-def]
    """Work through the bins, from large to small; -1 boxes evaluated where a box needs another fit."""
    n = shared.outward.shape[1]
    bins = _bin(n, n, rules.width) - rules.lowest + 1
    held = np.full((max(bins, 1), min(rules.beam, HELD)), -1)
    pool = _new_pool(4096, everybody.shape[0], shared.whole)
    boxes = everybody.copy().reshape(1, -1)
    sums = shared.whole.copy().reshape((1, *shared.whole.shape))
    sound, pool, held = _file(boxes, sums, n, held, pool, shared, rules, linear, events)
    found = np.full(max(bins, 1), -1)
    for at in range(bins):
        number = rules.lowest + bins - 1 - at
        fewest = int(np.ceil((number - ROUND) * rules.width * n))
        while sound:
            fresh = _fresh(held[at], pool)
            if fresh.shape[0] == 0:
                break
            sound, pool, held = _file(
                pool.ranks[fresh], pool.sums[fresh], fewest, held, pool, shared, rules, linear, events
            )
        best = held[at, 0]
        if best >= 0 and pool.score[best] > -np.inf:
            found[at] = best
    found = found[found >= 0]
    evaluated = pool.size[0] if sound else -1
    return pool.ranks[found], pool.people[found], pool.score[found], pool.sums[found], evaluated


@leaf
def _bin(n, people, width):  # type: ignore[no-untyped-def]
    """Size bin of a box of n people."""
    return int(np.floor(n / people / width + ROUND))


@kernel
def _new_pool(places, moderators, whole):  # type: ignore[no-untyped-def]
    return _Pool(
        np.empty((places, moderators), np.int32),
        np.empty(places, np.int64),
        np.empty(places),
        np.empty((places, whole.shape[0], whole.shape[1])),
        np.zeros(places, np.bool_),
        np.full(4 * places, -1),
        np.zeros(1, np.int64),
    )


@kernel
def _grown(pool, whole):  # type: ignore[no-untyped-def]
    """The same boxes in a pool with twice the places."""
    size = pool.size[0]
    larger = _new_pool(2 * pool.people.shape[0], pool.ranks.shape[1], whole)
    larger.ranks[:size] = pool.ranks[:size]
    larger.people[:size] = pool.people[:size]
    larger.score[:size] = pool.score[:size]
    larger.sums[:size] = pool.sums[:size]
    larger.peeled[:size] = pool.peeled[:size]
    larger.size[0] = size
    for k in range(size):
        larger.table[_place(larger.ranks[k], larger)] = k
    return larger


@leaf
def _place(ranks, pool):  # type: ignore[no-untyped-def]
    """Where a box stands in the table, or would stand."""
    length = pool.table.shape[0]
    mixed = np.uint64(14695981039346656037)
    for k in range(ranks.shape[0]):
        mixed = (mixed ^ np.uint64(ranks[k])) * np.uint64(1099511628211)
        mixed ^= mixed >> np.uint64(29)
    at = np.int64(mixed % np.uint64(length))
    while True:
        k = pool.table[at]
        if k < 0 or _same(pool.ranks[k], ranks):
            return at
        at = (at + 1) % length


@leaf
def _same(ranks, other):  # type: ignore[no-untyped-def]
    """Whether two boxes are one."""
    same = True
    for k in range(ranks.shape[0]):
        same &= ranks[k] == other[k]
    return same


@kernel
def _fresh(held, pool):  # type: ignore[no-untyped-def]
    """Boxes of a bin that were not peeled yet, best first; from now on they count as peeled."""
    fresh = np.empty(held.shape[0], np.int64)
    count = 0
    for k in held:
        if k >= 0 and not pool.peeled[k]:
            pool.peeled[k] = True
            fresh[count] = k
            count += 1
    return fresh[:count]


@kernel
def _file(boxes, sums, fewest, held, pool, shared, rules, linear, events):  # type: ignore[no-untyped-def]
    """Peel some boxes along every moderator, and put the new ones into the bins with their scores."""
    ranks, rest, left = _peeled(boxes, sums, fewest, shared, rules)
    before = pool.size[0]
    for k in range(left.shape[0]):
        if pool.size[0] == pool.people.shape[0]:
            pool = _grown(pool, shared.whole)
        place = _place(ranks[k], pool)
        if pool.table[place] < 0:
            new = pool.size[0]
            pool.table[place] = new
            pool.ranks[new] = ranks[k]
            pool.people[new] = left[k]
            pool.sums[new] = rest[k]
            pool.size[0] += 1
    after = pool.size[0]
    sound = _score(pool.sums[before:after], pool.score[before:after], shared.whole, rules, linear, events)
    if sound:
        n = shared.outward.shape[1]
        top = _bin(n, n, rules.width)
        for k in range(before, after):
            row = top - _bin(pool.people[k], n, rules.width)
            places = held.shape[1]
            if held[row, places - 1] >= 0 and places < rules.beam:
                wider = np.full((held.shape[0], min(2 * places, rules.beam)), -1)
                wider[:, :places] = held
                held = wider
            _insert(k, held[row], pool, shared.outward)
    return sound, pool, held


@kernel
def _peeled(boxes, sums, fewest, shared, rules):  # type: ignore[no-untyped-def]
    """Admissible boxes on the way of some boxes along every moderator, while they keep `fewest` people."""
    moderators = boxes.shape[1]
    count = boxes.shape[0] * moderators
    owner, along = np.arange(count) // moderators, np.arange(count) % moderators
    ranks = np.empty((count, moderators), np.int32)
    rest = np.empty((count, sums.shape[1], sums.shape[2]))
    left = np.empty(count, np.int64)
    passed = 0
    while count > 0:
        new = np.zeros((count, moderators), np.int32)
        after = sums[owner]
        people = np.zeros(count, np.int64)
        peel_boxes(
            boxes, owner, along, shared.outward, shared.order, shared.first, shared.trial, shared.rows, rules.alpha,
            new, after, people,
        )  # fmt: skip
        large = np.zeros(count, np.bool_)
        for c in range(count):
            large[c] = people[c] >= rules.least and people[c] > 0 and _admissible(after[c], rules)
        if passed + large.sum() > left.shape[0]:  # twice the room is always enough: a round adds no more than the first
            ranks, rest, left = (
                np.concatenate((ranks, ranks)),
                np.concatenate((rest, rest)),
                np.concatenate((left, left)),
            )
        for k in np.flatnonzero(large):
            ranks[passed] = new[k]
            rest[passed] = after[k]
            left[passed] = people[k]
            passed += 1
        on = np.flatnonzero(large & (people >= fewest))
        boxes, sums, along = new[on], after[on], along[on]
        count = on.shape[0]
        owner = np.arange(count)
    return ranks[:passed], rest[:passed], left[:passed]


@leaf
def _admissible(sums, rules):  # type: ignore[no-untyped-def]
    """Whether a group has enough people in each arm, also with the event and without, and enough trials with both arms."""
    control = 0.0
    intervention = 0.0
    both = 0
    for i in range(sums.shape[0]):
        here = sums[i, 0] - sums[i, 1]
        control += here
        intervention += sums[i, 1]
        if here > 0.0 and sums[i, 1] > 0.0:
            both += 1
    enough = intervention > rules.min_arm - 0.5 and control > rules.min_arm - 0.5 and both >= rules.min_trials
    return enough and (rules.min_events == 0 or holds_events(sums, rules.min_events))


@kernel
def _score(sums, score, whole, rules, linear, events):  # type: ignore[no-untyped-def]
    """Scores of boxes, -inf where nothing can be estimated; false where a box needs another fit."""
    compared = np.zeros(score.shape[0], np.bool_)
    if rules.compares:
        for k in range(score.shape[0]):
            compared[k] = _admissible(whole - sums[k], rules)
    sound = True
    if linear is not None:  # of an argument that is None numba drops the branch, if there is no `else`
        sound = _score_linear(sums, compared, score, rules, linear)
    if events is not None:
        _score_events(sums, compared, score, rules, events)
    return sound


@kernel
def _score_linear(sums, compared, score, rules, linear):  # type: ignore[no-untyped-def]
    """Scores for a continuous outcome; false where a box needs another fit."""
    inside = np.flatnonzero(~compared)
    outside = np.flatnonzero(compared)
    values = np.full((score.shape[0], 7), np.nan)
    some = values[outside]
    fit_differences(sums[outside], rules.within, linear.node, linear.space, some)
    values[outside] = some
    some = values[inside]
    fit_effects(sums[inside], linear.random, linear.inside, some)
    values[inside] = some
    columns = linear.usual.shape[0]
    for k in range(score.shape[0]):
        if not _sound(values[k], linear.usual[columns - 1]):
            return False
        if not compared[k] and not _varies(sums[k], linear.usual):
            return False
        base = 0.0 if compared[k] else rules.base
        z = rules.gain * (values[k, 0] - base) / np.sqrt(values[k, 1])
        score[k] = z if np.isfinite(z) else -np.inf
    return True


@kernel
def _score_events(sums, compared, score, rules, step):  # type: ignore[no-untyped-def]
    """Scores for events, -inf for boxes with too few people outside; none needs another fit."""
    values = np.empty((score.shape[0], 3))
    fit_event_boxes(sums, rules.within, step, values)
    for k in range(score.shape[0]):
        z = rules.gain * values[k, 0] / np.sqrt(values[k, 1])
        score[k] = z if compared[k] and np.isfinite(z) else -np.inf


@leaf
def _sound(values, usual):  # type: ignore[no-untyped-def]
    """Whether the kernels vouch for a fit; see `box_effects.sound`."""
    variance = values[1]
    return (
        values[6] == 1.0
        and variance > 0.0
        and np.isfinite(variance)
        and values[4] > HARDLY_VARIES * HARDLY_VARIES * usual
    )


@leaf
def _varies(sums, usual):  # type: ignore[no-untyped-def]
    """Whether every adjuster varies inside a box; see `box_effects.effects_inside`."""
    columns = usual.shape[0]
    for k in range(1, columns - 1):
        about = 0.0
        used = 0.0
        for i in range(sums.shape[0]):
            size = sums[i, 0]
            if sums[i, 1] > 0.0 and size - sums[i, 1] > 0.0:
                about += sums[i, 1 + columns + k * (k + 3) // 2] - sums[i, 1 + k] ** 2 / size
                used += size
        if not about > HARDLY_VARIES * usual[k] * used:
            return False
    return True


@kernel
def _insert(new, held, pool, outward):  # type: ignore[no-untyped-def]
    """Put a box in its place among the best of its bin, if it is one of them."""
    last = held.shape[0] - 1
    if held[last] >= 0 and not _better(new, held[last], pool, outward):
        return
    at = last
    while at > 0 and (held[at - 1] < 0 or _better(new, held[at - 1], pool, outward)):
        held[at] = held[at - 1]
        at -= 1
    held[at] = new


@kernel
def _better(item, other, pool, outward):  # type: ignore[no-untyped-def]
    """Whether a box goes before another: `ranked` in beam.py says why."""
    first = np.rint(pool.score[item] * SCALE)
    second = np.rint(pool.score[other] * SCALE)
    if first != second:
        return first > second
    if pool.people[item] != pool.people[other]:
        return pool.people[item] > pool.people[other]
    limited, unlimited = needed_limits(pool.ranks[item], outward), needed_limits(pool.ranks[other], outward)
    if limited.sum() != unlimited.sum():
        return limited.sum() < unlimited.sum()
    for k in range(limited.shape[0]):
        if limited[k] != unlimited[k]:
            return limited[k]
    for k in range(limited.shape[0]):
        if pool.ranks[item, k] != pool.ranks[other, k]:
            return pool.ranks[item, k] > pool.ranks[other, k]
    return False

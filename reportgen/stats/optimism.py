"""How much better a subgroup looks where it was found than elsewhere, and the effects corrected for it.

In: a prepared pipeline, a seed and the numbers of some bootstrap draws. Out: frozen arrays with a row a draw and no people.
Method: people are drawn with replacement within trial and arm (clusters where named) and the whole pipeline runs among
them. The rule that it finds has an effect among those drawn and one in the data; the mean difference of the two, the
optimism, is taken off the effect in the data (Efron 1983, JASA 78:316; Harrell, Lee & Mark 1996, Stat Med 15:361).
Subgroups of a draw and of the data belong together by their rank among kept subgroups of the same depth, boxes by size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from reportgen.late import special

from . import box_effects
from .boxes import DirectedGrid, Ranks
from .candidate import ESTIMATE
from .crossproducts import FloatArray, IntArray
from .draws import Chunk, numbers
from .event_peel import EventWorth, PreparedEventPeel
from .null_draws import bin_count, bins_of
from .partition import difference
from .partition_search import Search
from .peel_search import Prepared, Worth
from .pipelines import Frontier, PreparedPartition, PreparedPeel, Tree
from .ranks import BoolArray
from .sample import Sample
from .signs import resampled_rows
from .splits import Base, observe
from .subgroups import Rule, Split, TreeNode

LOW, HIGH = 0, 1
AnyWorth = Worth | EventWorth
CHOSEN = 0.9  # of the cuts of a moderator lie in the range that is printed


@dataclass(frozen=True, slots=True, eq=False)
class PartitionOptimism(Chunk):
    """Recursive partitioning in bootstrap samples.

    Attributes
    ----------
    SHARED, seed, number
        As in `Chunk`.
    names : tuple of str
        The J moderators of the sample.
    inside, difference : ndarray (B, depth, ranks)
        Optimism of the effect inside, and of the difference from the other side of the last split, in units of the
        outcome; NaN where the draw kept no such subgroup, or where the rule cannot be estimated in the data.
    kept : ndarray (B,) of int
        Subgroups that were kept.
    chosen : ndarray (B, J, 2) of bool
        Whether a kept subgroup has a rule on the moderator, on its low or its high side.
    cut : ndarray (B, J, 2)
        Limit of that rule, of the subgroup with the smallest p; NaN without one, and for levels without an order.
    """

    SHARED: ClassVar[tuple[str, ...]] = ("names",)
    names: tuple[str, ...]
    inside: FloatArray
    difference: FloatArray
    kept: IntArray
    chosen: BoolArray
    cut: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PeelOptimism(Chunk):
    """Directed peeling in bootstrap samples.

    Attributes
    ----------
    SHARED, seed, number, names
        As in `PartitionOptimism`.
    inside, difference : ndarray (B, bins)
        Optimism in each size bin; NaN without a box, and for the difference where too few people are outside.
    sizes : tuple of float
        Shares of the people whose boxes are looked at below.
    chosen : ndarray (B, sizes, J, 2) of bool
        Whether the box of the nearest size has a limit on the moderator, and keeps its low or its high side.
    cut : ndarray (B, sizes, J, 2)
        That limit; NaN without one.
    """

    SHARED: ClassVar[tuple[str, ...]] = ("names", "sizes")
    names: tuple[str, ...]
    inside: FloatArray
    difference: FloatArray
    sizes: tuple[float, ...]
    chosen: BoolArray
    cut: FloatArray


def partition_optimism(
    prepared: PreparedPartition, seed: int, first: int, count: int, *, ranks: int = 3
) -> PartitionOptimism:
    """Run recursive partitioning, screening included, in some bootstrap samples.

    Parameters
    ----------
    prepared : PreparedPartition
        Of the data.
    seed, first, count : int
        As for `partition_draws`.
    ranks : int
        How many subgroups of each depth are followed, by their rank.

    Returns
    -------
    PartitionOptimism

    Raises
    ------
    ValueError
        For a chunk without draws.

    Examples
    --------
    >>> from reportgen.stats.pipelines import PartitionPipeline
    >>> from reportgen.stats.sample import make_sample
    >>> rng = np.random.default_rng(1)
    >>> trial, treatment, age = np.repeat(["a", "b", "c"], 100), np.tile([0, 1], 150), rng.normal(size=300)
    >>> sample = make_sample(treatment * (age < 0.0) + rng.normal(size=300), treatment, trial, {"age": age}, range(300))
    >>> draws = partition_optimism(PartitionPipeline({"depth": 1}).prepare(sample), seed=1, first=0, count=20)
    >>> int((draws.kept > 0).sum()), bool(np.nanmean(draws.difference) > 0.0)
    (17, True)
    """
    number = numbers(first, count)
    names = tuple(prepared.sample.moderators)
    depth = int(prepared.pipeline.parameters.get("depth", 2))
    optimism = np.full((count, 2, depth, ranks), np.nan)
    kept = np.zeros(count, np.int64)
    chosen, cut = np.zeros((count, len(names), 2), bool), np.full((count, len(names), 2), np.nan)
    data = _Data(prepared)
    for at, draw in enumerate(number.tolist()):
        rows = resampled_rows(seed, prepared.sample, draw)
        sample = prepared.sample.take(rows)
        again = prepared.pipeline.prepare(sample)
        tree = again.run(again.observed)
        kept[at] = len(tree.kept)
        optimism[at] = _optimism(data, sample, tree, depth, ranks)
        _choices(tree, names, chosen[at], cut[at])
    return PartitionOptimism(seed, number, names, optimism[:, 0], optimism[:, 1], kept, chosen, cut)


def _optimism(data: _Data, sample: Sample, tree: Tree, depth: int, ranks: int) -> FloatArray:
    """Effects in the draw minus those of the same rules in the data: (inside and difference, depth, rank)."""
    out = np.full((2, depth, ranks), np.nan)
    places, followed = _ranked(tree, depth, ranks)
    if not followed:
        return out
    assert tree.search is not None
    there = data.among(tuple(moderator.name for moderator in tree.search.moderators))
    if there is not None:
        here = _Among(tree.search, sample.outcome[tree.search.rows])
        level, rank = np.array(places).T
        out[:, level, rank] = here.effects(followed, own=True) - there.effects(followed)
    return out


def _ranked(tree: Tree, depth: int, ranks: int) -> tuple[list[tuple[int, int]], list[tuple[TreeNode, Split]]]:
    """The kept splits with the smallest p of each depth, with depth and rank."""
    counted = [0] * depth
    places, followed = [], []
    for node, split in tree.kept:
        if counted[node.level] < ranks:
            places.append((node.level, counted[node.level]))
            followed.append((node, split))
        counted[node.level] += 1
    return places, followed


@dataclass(frozen=True, eq=False)
class _Among:
    """The people at the root of a search with their outcome, among whom rules are followed: its own, or others.

    How far apart the sides of a split are is kept in `apart`: in the data many draws ask for the same.
    """

    search: Search
    outcome: FloatArray
    apart: dict[tuple[bytes, bytes], float] = field(default_factory=dict)

    def effects(self, splits: Sequence[tuple[TreeNode, Split]], *, own: bool = False) -> FloatArray:
        """Return the effects inside subgroups and their differences from the other side of their last split.

        Parameters
        ----------
        splits : sequence of (TreeNode, Split)
            Of a node only its rules count.
        own : bool
            Whether the splits were found by this search with this outcome: then the differences are known, but of events,
            where a split has them from one step.

        Returns
        -------
        ndarray (2, number of splits)
            In units of the outcome; NaN where nothing can be estimated.
        """
        sides = [self._sides(node, split) for node, split in splits]
        known = own and self.search.settings.criterion == "interaction" and self.search.fits.linear
        apart = [
            (split.estimate if split.child == "low" else -split.estimate) if known else self._apart(inside, outside)
            for (_, split), (inside, outside) in zip(splits, sides, strict=True)
        ]
        return np.array([self._inside([inside for inside, _ in sides]), apart])

    def _sides(self, node: TreeNode, split: Split) -> tuple[IntArray, IntArray]:
        """People on the side of a split that gains more, and on the other."""
        parent = np.arange(len(self.search.rows))
        for rule in node.rules:
            parent = self.search.those(parent, rule)
        inside, outside = both_rules(split)
        return self.search.those(parent, inside), self.search.those(parent, outside)

    def _apart(self, inside: IntArray, outside: IntArray) -> float:
        if not len(inside) or not len(outside):
            return np.nan
        sides = inside.tobytes(), outside.tobytes()
        if sides not in self.apart:
            found = difference(self.search, self.outcome, inside, outside, self.search.settings.information)
            self.apart[sides] = float(found.estimate)
        return self.apart[sides]

    def _inside(self, groups: list[IntArray]) -> FloatArray:
        """Effect of treatment in each group, by kernels for all of them together where these can say."""
        members = np.zeros((len(groups), len(self.outcome)), bool)
        for k, group in enumerate(groups):
            members[k, group] = True
        values, sound = np.full(len(groups), np.nan), np.zeros(len(groups), bool)
        if self._rows is not None:
            rows, trial, space = self._rows
            found = box_effects.effects_inside(_sums(members, rows, trial, self.search.people.trials), space)
            values, sound = found[:, ESTIMATE].copy(), box_effects.sound(found, space)
        for place in np.flatnonzero(~sound & members.any(axis=1)).tolist():
            values[place] = float(self.search.fit(self.outcome, groups[place]).effect.estimate)
        return values

    @cached_property
    def _rows(self) -> tuple[FloatArray, IntArray, box_effects.Inside] | None:
        """What the kernels inside groups need: rows to be summed, their trials, and what the fits share; None if they cannot say."""
        base, settings = self.search.base, self.search.settings
        if (
            not isinstance(base, Base) or base.slopes is not None
        ):  # they know linear models, with slopes that trials share
            return None
        seen = observe(base, self.outcome, settings.options)
        if seen.prepared is None:
            return None
        covariates = box_effects.covariate_rows(base.treatment, base.adjusters[:, seen.prepared[1]])
        rows = box_effects.with_outcome(covariates, seen.outcome)
        whole = box_effects.sum_by_trial(rows, base.trial, self.search.people.trials)
        return rows, base.trial, box_effects.make_inside(whole, settings.random)


@dataclass(frozen=True, eq=False)
class _Data:
    """The data of a pipeline, in which the rules of all draws are followed."""

    prepared: PreparedPartition
    known: dict[frozenset[str], _Among | None] = field(default_factory=dict)
    apart: dict[bytes, dict[tuple[bytes, bytes], float]] = field(default_factory=dict)

    def among(self, names: tuple[str, ...]) -> _Among | None:
        """Return the people at the root of a search among some moderators; None where these cannot be searched."""
        key = frozenset(names)
        if key not in self.known:
            search = self.prepared.search(names)
            self.known[key] = None if search is None else self._among(search)
        return self.known[key]

    def _among(self, search: Search) -> _Among:
        same = self.apart.setdefault(search.rows.tobytes(), {})
        return _Among(search, self.prepared.sample.outcome[search.rows], same)


def _sums(members: BoolArray, rows: FloatArray, trial: IntArray, trials: int) -> FloatArray:
    """Sums of the rows of the members of each group by trial, (c, K, w)."""
    parts = [members[:, trial == i].astype(float) @ rows[trial == i] for i in range(trials)]
    return np.stack(parts, axis=1)


def both_rules(split: Split) -> tuple[Rule, Rule]:
    """Return the rule of the side that gains more, and that of the other."""
    low, high = split.low.rule, split.high.rule
    return (low, high) if split.child == "low" else (high, low)


def _choices(tree: Tree, names: tuple[str, ...], chosen: BoolArray, cut: FloatArray) -> None:
    """Note on which sides of which moderators the kept subgroups stand."""
    for node, split in sorted(tree.kept, key=lambda item: item[1].log_p_node):
        for rule, low in [*_sides_above(tree, node), (both_rules(split)[0], split.child == "low")]:
            place = names.index(rule.moderator), LOW if low else HIGH
            if not chosen[place]:
                chosen[place], cut[place] = True, rule.value


def _sides_above(tree: Tree, node: TreeNode) -> list[tuple[Rule, bool]]:
    """The rules of a node, each with whether it is the low side of its split."""
    found = []
    while node.parent >= 0:
        child, node = node, tree.nodes[node.parent]
        split = next(item for item in node.splits if item.child_node == child.number)
        found.append((child.rules[-1], split.child == "low"))
    return found


def peel_optimism(
    prepared: PreparedPeel, seed: int, first: int, count: int, *, sizes: tuple[float, ...] = ()
) -> PeelOptimism:
    """Run directed peeling, screening and directions included, in some bootstrap samples.

    Parameters
    ----------
    prepared : PreparedPeel
        Of the data.
    seed, first, count : int
        As for `partition_draws`.
    sizes : tuple of float
        Shares of the people for whose boxes the limits are kept.

    Returns
    -------
    PeelOptimism

    Raises
    ------
    ValueError
        For a chunk without draws.
    """
    number = numbers(first, count)
    names = tuple(prepared.sample.moderators)
    width = prepared.pipeline.settings.bin_width
    optimism = np.full((count, 2, bin_count(width)), np.nan)
    shape = (count, len(sizes), len(names), 2)
    chosen, cut = np.zeros(shape, bool), np.full(shape, np.nan)
    for at, draw in enumerate(number.tolist()):
        sample = prepared.sample.take(resampled_rows(seed, prepared.sample, draw))
        again = prepared.pipeline.prepare(sample)
        frontier = again.run(again.observed)
        if frontier.found is None or frontier.found.worth is None or not frontier.found.boxes:
            continue
        optimism[at][:, bins_of(frontier, width)] = _box_optimism(prepared, frontier)
        for k, size in enumerate(sizes):
            _limits(frontier, size, names, chosen[at, k], cut[at, k])
    return PeelOptimism(seed, number, names, optimism[:, 0], optimism[:, 1], sizes, chosen, cut)


def _box_optimism(prepared: PreparedPeel, frontier: Frontier) -> FloatArray:
    """Effects of the boxes of a draw minus those of the same limits in the data: (inside and difference, boxes)."""
    found = frontier.found
    assert found is not None
    assert found.worth is not None
    assert frontier.prepared is not None
    here, ranks = found.worth, np.stack([box.ranks for box in found.boxes])
    data = prepared.search(frontier.prepared.cases.moderators)
    there = None if data is None else _same_boxes(data, prepared.observed, here, frontier)
    if there is None:
        return np.full((2, len(ranks)), np.nan)
    worth, ranks_there = there
    sums = np.stack([box.sums for box in found.boxes])
    people = worth.people
    sums_there = _sums(_members(worth, ranks_there), people.rows, people.trial, len(worth.whole))
    return _effects_of(here, ranks, sums) - _effects_of(worth, ranks_there, sums_there)


def _same_boxes(
    data: Prepared | PreparedEventPeel, outcome: FloatArray, here: AnyWorth, frontier: Frontier
) -> tuple[AnyWorth, Ranks] | None:
    """What boxes are worth in the data, and the boxes of a draw as ranks there."""
    assert frontier.found is not None
    directions = frontier.found.directions
    if not {direction.moderator for direction in directions} <= set(data.cases.moderators):
        return None
    worth = data.worth(outcome[data.cases.rows], directions, 0.0)  # the overall effect plays no part in what follows
    if worth is None:
        return None
    # a limit that excludes nobody more in the draw is no part of its rule, though it may exclude somebody in the data
    grid = here.grid
    ranks = np.stack([np.where(grid.needed(box.ranks), box.ranks, grid.whole()) for box in frontier.found.boxes])
    return worth, _translated(ranks, grid, worth.grid)


def _translated(ranks: Ranks, source: DirectedGrid, target: DirectedGrid) -> Ranks:
    """Ranks of the same limits in another grid: the highest without a limit, -1 where nobody there is inside."""
    out = np.empty_like(ranks)
    for k, values in enumerate(source.values):
        top, other = len(values) - 1, target.values[k]
        if source.small[k]:
            out[:, k] = np.searchsorted(other, values[ranks[:, k]], side="right") - 1
        else:
            out[:, k] = len(other) - 1 - np.searchsorted(other, values[top - ranks[:, k]], side="left")
        out[ranks[:, k] == top, k] = len(other) - 1
    return out


def _members(worth: AnyWorth, ranks: Ranks) -> BoolArray:
    """Who is inside each box, (boxes, n)."""
    inside = np.ones((len(ranks), worth.grid.outward.shape[1]), bool)
    for k, outward in enumerate(worth.grid.outward):
        inside &= outward[None, :] <= ranks[:, k, None]
    return inside


def _effects_of(worth: AnyWorth, ranks: Ranks, sums: FloatArray) -> FloatArray:
    """Effect inside each box, and its difference from the people outside: (2, boxes)."""
    out = np.full((2, len(ranks)), np.nan)
    some = np.flatnonzero(box_effects.trials_with_both_arms(sums) > 0)
    out[0, some] = worth.effects(sums[some], lambda k: worth.grid.members(ranks[some][k]))[:, ESTIMATE]
    apart = some[worth.admissible(worth.whole - sums[some])]
    if len(apart):
        out[1, apart] = worth.differences(ranks[apart], sums[apart])[:, ESTIMATE]
    return out


def _limits(frontier: Frontier, size: float, names: tuple[str, ...], chosen: BoolArray, cut: FloatArray) -> None:
    """Note the limits of the box of the nearest size."""
    found = frontier.found
    assert found is not None
    assert found.worth is not None
    box = found.boxes[nearest(found.fractions, size)]
    for direction, value in zip(found.directions, found.worth.grid.limits(box.ranks), strict=True):
        if value is not None:
            place = names.index(direction.moderator), LOW if direction.gains == "small" else HIGH
            chosen[place], cut[place] = True, value


def nearest(fractions: FloatArray, size: float) -> int:
    """Return the place of the share that is nearest to a size; of two equally near the larger.

    Examples
    --------
    >>> nearest(np.array([0.5, 0.31, 0.29, 0.1]), 0.3)
    1
    """
    return int(np.lexsort((-fractions, np.round(np.abs(fractions - size), 9)))[0])


@dataclass(frozen=True, slots=True)
class Corrected:
    """An effect of a subgroup without what the search added to it.

    Attributes
    ----------
    naive, estimate : float
        Before and after the correction, in units of the outcome.
    low, high : float
        An approximate 95 % interval.
    optimism, sd : float
        Mean and standard deviation over the draws.
    share : float
        Of the draws that found something to compare with; those alone count.
    draws : int
        How many these are.
    """

    naive: float
    estimate: float
    low: float
    high: float
    optimism: float
    sd: float
    share: float
    draws: int


def corrected(naive: float, half_width: float, optimism: FloatArray, level: float = 0.95) -> Corrected:
    """Take the mean optimism off an effect.

    Parameters
    ----------
    naive, half_width : float
        Estimate, and half the width of its interval at `level`.
    optimism : ndarray (B,)
        NaN in draws that found nothing to compare with.
    level : float

    Returns
    -------
    Corrected
        The half-width is sqrt(half_width^2 + (z sd)^2), z the normal quantile; NaN with fewer than two draws that found
        something.

    Examples
    --------
    >>> one = corrected(2.0, 0.8, np.array([0.4, 0.6, np.nan, 0.5]))
    >>> round(one.estimate, 3), round(one.high - one.estimate, 3), one.share, one.draws
    (1.5, 0.824, 0.75, 3)
    """
    known = optimism[~np.isnan(optimism)]
    mean = float(known.mean()) if len(known) > 1 else np.nan
    sd = float(known.std(ddof=1)) if len(known) > 1 else np.nan
    half = float(np.hypot(half_width, -special.ndtri((1.0 - level) / 2.0) * sd))
    estimate = naive - mean
    share = len(known) / len(optimism) if len(optimism) else np.nan
    return Corrected(naive, estimate, estimate - half, estimate + half, mean, sd, share, len(known))


@dataclass(frozen=True, slots=True)
class Stability:
    """How often a side of a moderator is chosen over the bootstrap, and where it is cut.

    Attributes
    ----------
    moderator : str
    side : {"low", "high"}
        Which is inside.
    share : float
        Of all draws.
    times : int
    low, high : float
        90 % range of the cut (type 1: observed values) over the draws that chose it; NaN without any.
    """

    moderator: str
    side: str
    share: float
    times: int
    low: float
    high: float


def stability(names: tuple[str, ...], chosen: BoolArray, cut: FloatArray) -> tuple[Stability, ...]:
    """Return how often each side of each moderator is chosen, those that never are left out.

    Parameters
    ----------
    names : tuple of str, J of them
    chosen, cut : ndarray (B, J, 2)
        As in `PartitionOptimism`; of `PeelOptimism` those of one size.

    Examples
    --------
    >>> chosen = np.array([[[True, False]], [[True, False]], [[False, True]], [[False, False]]])
    >>> cut = np.where(chosen, np.array([40.0, 45.0, 60.0, 0.0])[:, None, None], np.nan)
    >>> [(one.side, one.share, one.low, one.high) for one in stability(("age",), chosen, cut)]
    [('low', 0.5, 40.0, 45.0), ('high', 0.25, 60.0, 60.0)]
    """
    found = []
    for j, name in enumerate(names):
        for side, word in ((LOW, "low"), (HIGH, "high")):
            times = int(chosen[:, j, side].sum())
            cuts = cut[:, j, side][~np.isnan(cut[:, j, side])]
            tail = (1.0 - CHOSEN) / 2.0
            low, high = _type_1(cuts, tail), _type_1(cuts, 1.0 - tail)
            if times:
                found.append(Stability(name, word, times / len(chosen), times, low, high))
    return tuple(found)


def _type_1(values: FloatArray, share: float) -> float:
    return float(np.quantile(values, share, method="inverted_cdf")) if len(values) else np.nan

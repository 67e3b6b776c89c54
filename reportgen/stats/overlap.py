"""How much two searches agree where there is nothing to find.

In: recursive partitioning and directed peeling prepared for samples that have people in common, and the model of no effect
modification. Out: for each draw the overlap of the first candidate of the one with the boxes of the other.
Method: both searches run with the same outcome of each sign flip (null_draws.py). Two searches in the same data
see the same chance, so that some overlap says little; this is how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .crossproducts import FloatArray, IntArray
from .draws import Chunk, numbers, search_wise_p
from .event_peel import PreparedEventPeel
from .near_twins import jaccard
from .null_model import NullModel
from .optimism import both_rules, nearest
from .partition_search import Search
from .peel_search import Found, Prepared
from .pipelines import Frontier, PreparedPartition, PreparedPeel, Tree
from .ranks import BoolArray
from .sample import Keys
from .signs import signs

FEW = 20  # draws below which nothing is said of chance


@dataclass(frozen=True, slots=True, eq=False)
class OverlapDraws(Chunk):
    """Two searches in the same sign flips.

    Attributes
    ----------
    SHARED, seed, number
        As in `Chunk`.
    sizes : tuple of float
        Shares of the people whose boxes are taken.
    jaccard : ndarray (B, sizes)
        Of the first candidate of the partitioning and the box of the nearest size, among people whom both searches saw; NaN
        where either found nothing.
    nearest : ndarray (B,)
        The same with the box that is nearest to the candidate in size.
    kept : ndarray (B,) of bool
        Whether the candidate was kept.
    """

    SHARED: ClassVar[tuple[str, ...]] = ("sizes",)
    sizes: tuple[float, ...]
    jaccard: FloatArray
    nearest: FloatArray
    kept: BoolArray


def overlap_draws(
    partition: PreparedPartition,
    peel: PreparedPeel,
    model: NullModel,
    seed: int,
    first: int,
    count: int,
    *,
    sizes: Sequence[float] = (),
    peel_model: NullModel | None = None,
) -> OverlapDraws:
    """Run both searches in some sign flips and compare whom they point to.

    Parameters
    ----------
    partition, peel : PreparedPartition, PreparedPeel
        Of one sample, or of two that have people in common.
    model, seed, first, count
        As for `partition_draws`; the model of all moderators of both searches.
    sizes : sequence of float
        Shares of the people whose boxes are taken.
    peel_model : NullModel, optional
        The same model for the people of the peeling, where these are others.

    Raises
    ------
    ValueError
        For a chunk without draws, or searches of other people without a model for those of the peeling.

    Examples
    --------
    >>> from reportgen.stats.null_model import null_model
    >>> from reportgen.stats.pipelines import PartitionPipeline, PeelPipeline
    >>> from reportgen.stats.sample import make_sample
    >>> rng = np.random.default_rng(1)
    >>> trial, treatment, age = np.repeat(["a", "b", "c"], 100), np.tile([0, 1], 150), rng.normal(size=300)
    >>> sample = make_sample(rng.normal(size=300), treatment, trial, {"age": age}, range(300))
    >>> searches = PartitionPipeline().prepare(sample), PeelPipeline().prepare(sample)
    >>> draws = overlap_draws(*searches, null_model(sample), 1, 0, 5, sizes=[0.5])
    >>> draws.jaccard.shape, bool((draws.nearest > 0.0).all())
    ((5, 1), True)
    """
    number = numbers(first, count)
    units = partition.sample.unit, peel.sample.unit
    if peel_model is None and not np.array_equal(*units):
        raise ValueError("the two searches were prepared for different people, and those of the peeling have no model")
    models, places = (model, peel_model or model), _common(*units)
    by_size, near, kept = np.full((count, len(sizes)), np.nan), np.full(count, np.nan), np.zeros(count, bool)
    for at, both in enumerate(zip(*(signs(seed, unit, first, count) for unit in units), strict=True)):
        outcomes = [item.flipped(sign) for item, sign in zip(models, both, strict=True)]
        tree, frontier = partition.run(outcomes[0]), peel.run(outcomes[1])
        by_size[at], near[at] = _overlaps(tree, frontier, sizes, units, places)
        candidate = tree.first()
        kept[at] = candidate is not None and candidate[1].kept
    return OverlapDraws(seed, number, tuple(sizes), by_size, near, kept)


def _common(first: Keys, second: Keys) -> tuple[IntArray, IntArray]:
    """Return where those who are in both samples stand in either, in one order."""
    if np.array_equal(first, second):
        return np.arange(len(first)), np.arange(len(first))
    _, at_first, at_second = np.intersect1d(first, second, return_indices=True)
    return np.asarray(at_first, np.int64), np.asarray(at_second, np.int64)


def _overlaps(
    tree: Tree,
    frontier: Frontier,
    sizes: Sequence[float],
    units: tuple[Keys, Keys],
    places: tuple[IntArray, IntArray],
) -> tuple[list[float], float]:
    """Jaccard of the first candidate with the boxes of some sizes, and with the one nearest to it in size."""
    found, prepared = frontier.found, frontier.prepared
    candidate = first_candidate(tree, len(units[0]))
    if candidate is None or tree.search is None or found is None or prepared is None or not found.boxes:
        return [np.nan] * len(sizes), np.nan
    seen = np.isin(places[0], tree.search.rows) & np.isin(places[1], prepared.cases.rows)
    first, second = places[0][seen], places[1][seen]
    own = candidate[first].sum() / max(len(first), 1)
    *sized, closest = (
        jaccard(candidate[first], _inside(prepared, found, size, len(units[1]))[second])
        for size in (*sizes, float(own))
    )
    return sized, closest


@dataclass(frozen=True, slots=True)
class ChanceOverlap:
    """Which overlap two searches have without effect modification, where both find something to compare.

    Attributes
    ----------
    draws : int
        In which both found something.
    median, low, high : float
        Of the Jaccard index in them, with the ends of the middle 95 %; NaN with fewer than 20.
    """

    draws: int
    median: float
    low: float
    high: float


def chance_overlap(jaccard: FloatArray, level: float = 0.95) -> ChanceOverlap:
    """Return the overlap that chance gives.

    Parameters
    ----------
    jaccard : ndarray (B,)
        Of the draws, see `OverlapDraws`.
    level : float

    Examples
    --------
    >>> chance_overlap(np.repeat([0.25, 0.75], 50))
    ChanceOverlap(draws=100, median=0.5, low=0.25, high=0.75)
    """
    known = jaccard[~np.isnan(jaccard)]
    if len(known) < FEW:
        return ChanceOverlap(len(known), np.nan, np.nan, np.nan)
    tail = (1.0 - level) / 2.0
    low, median, high = np.quantile(known, [tail, 0.5, 1.0 - tail]).tolist()
    return ChanceOverlap(len(known), median, low, high)


def overlap_p(observed: float, jaccard: FloatArray) -> float:
    """Return the share of draws, the data counted among them, that overlap as much; NaN with fewer than 20.

    Examples
    --------
    >>> overlap_p(0.9, np.linspace(0.0, 1.0, 101))
    0.11764705882352941
    """
    known = jaccard[~np.isnan(jaccard)]
    return float(search_wise_p(observed, known)) if len(known) >= FEW else float("nan")


def first_candidate(tree: Tree, people: int) -> BoolArray | None:
    """Return who is in the first candidate of a tree, among the people of its sample; None without one."""
    first = tree.first()
    if first is None or tree.search is None:
        return None
    node, split = first
    rows = tree.search.those(node.rows, both_rules(split)[0])
    return _mask(tree.search, rows, people)


def _mask(search: Search, rows: IntArray, people: int) -> BoolArray:
    members = np.zeros(people, bool)
    members[search.rows[rows]] = True
    return members


def _inside(prepared: Prepared | PreparedEventPeel, found: Found, size: float, people: int) -> BoolArray:
    """Who is in the box of the nearest size."""
    assert found.worth is not None
    members = np.zeros(people, bool)
    box = found.boxes[nearest(found.fractions, size)]
    members[prepared.cases.rows[found.worth.grid.members(box.ranks)]] = True
    return members

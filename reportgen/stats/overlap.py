"""How much two searches agree where there is nothing to find.

In: recursive partitioning and directed peeling prepared for one sample, and the model of no effect modification. Out: for
each draw the overlap of the first candidate of the one with the boxes of the other.
Method: both searches run with the same outcome of each sign flip (null_draws.py). Two searches in the same data
see the same chance, so that some overlap says little; this is how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .crossproducts import FloatArray, IntArray
from .draws import Chunk, numbers
from .null_model import NullModel
from .optimism import both_rules, nearest
from .partition_search import Search
from .peel_search import Found, Prepared
from .pipelines import Frontier, PreparedPartition, PreparedPeel, Tree
from .ranks import BoolArray
from .signs import signs


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
) -> OverlapDraws:
    """Run both searches in some sign flips and compare whom they point to.

    Parameters
    ----------
    partition, peel : PreparedPartition, PreparedPeel
        Of the same sample.
    model, seed, first, count
        As for `partition_draws`.
    sizes : sequence of float
        Shares of the people whose boxes are taken.

    Raises
    ------
    ValueError
        For a chunk without draws, or searches prepared for samples of other sizes.

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
    sample = partition.sample
    if len(peel.sample.outcome) != len(sample.outcome):
        raise ValueError("the two searches were prepared for different people")
    by_size, near, kept = np.full((count, len(sizes)), np.nan), np.full(count, np.nan), np.zeros(count, bool)
    for at, sign in enumerate(signs(seed, sample.unit, first, count)):
        outcome = model.flipped(sign)
        tree, frontier = partition.run(outcome), peel.run(outcome)
        by_size[at], near[at] = _overlaps(tree, frontier, sizes, len(outcome))
        candidate = tree.first()
        kept[at] = candidate is not None and candidate[1].kept
    return OverlapDraws(seed, number, tuple(sizes), by_size, near, kept)


def _overlaps(tree: Tree, frontier: Frontier, sizes: Sequence[float], people: int) -> tuple[list[float], float]:
    """Jaccard of the first candidate with the boxes of some sizes, and with the one nearest to it in size."""
    found, prepared, candidate = frontier.found, frontier.prepared, first_candidate(tree, people)
    if candidate is None or tree.search is None or found is None or prepared is None or not found.boxes:
        return [np.nan] * len(sizes), np.nan
    both = np.isin(np.arange(people), tree.search.rows) & np.isin(np.arange(people), prepared.cases.rows)
    own = candidate[both].sum() / max(int(both.sum()), 1)
    *sized, closest = (
        jaccard(candidate[both], _inside(prepared, found, size, people)[both]) for size in (*sizes, float(own))
    )
    return sized, closest


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


def _inside(prepared: Prepared, found: Found, size: float, people: int) -> BoolArray:
    """Who is in the box of the nearest size."""
    assert found.worth is not None
    members = np.zeros(people, bool)
    box = found.boxes[nearest(found.fractions, size)]
    members[prepared.cases.rows[found.worth.grid.members(box.ranks)]] = True
    return members


def jaccard(first: BoolArray, second: BoolArray) -> float:
    """Return the share of those in both among those in either; NaN where nobody is in either.

    Examples
    --------
    >>> round(jaccard(np.array([True, True, False]), np.array([True, False, True])), 3)
    0.333
    """
    either = int((first | second).sum())
    return int((first & second).sum()) / either if either else float("nan")

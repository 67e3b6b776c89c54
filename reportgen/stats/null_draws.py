"""What a search finds where there is nothing to find: sign flips through screening, directions and search.

In: a prepared pipeline, the model of no effect modification, a seed and the numbers of some draws. Out: frozen arrays
with a row a draw and no people, which may be kept and joined with others (draws.py).
Method: the outcome of a draw is m + s r (null_model.py); the whole pipeline runs with it. Freedman & Lane 1983 (J Bus Econ Stat
1:292) flip or permute what a null model leaves in this way; Westfall & Young 1993, Resampling-Based Multiple Testing,
for the smallest p of several.
It is a statement about these trials: interactions that scatter between trials are no part of the null model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .crossproducts import FloatArray, IntArray
from .draws import Chunk, joined, numbers, search_wise_p, share_interval
from .event_screening import PreparedEventScreening
from .null_model import NullModel, null_model, null_of_events
from .pipelines import Frontier, PreparedPartition, PreparedPeel, Tree
from .prepared_screening import PreparedScreening
from .ranks import BoolArray
from .sample import Sample
from .screening import Screening, participants_of
from .signs import signs

FEW = 40  # draws below which a 2.5 % point is not looked for


@dataclass(frozen=True, slots=True, eq=False)
class PartitionDraws(Chunk):
    """Recursive partitioning in sign flips.

    Attributes
    ----------
    SHARED, seed, number
        As in `Chunk`.
    names : tuple of str
        The J moderators of the sample.
    statistic : ndarray (B,)
        -log of the smallest p of a node over all splits, kept or not; 0 where nothing could be split.
    kept : ndarray (B,) of int
        Subgroups that were kept.
    searched : ndarray (B,) of bool
        Whether some split was tried; not so where no moderator passed the screening.
    p : ndarray (B, J)
        Of the screening; NaN without one.
    """

    SHARED: ClassVar[tuple[str, ...]] = ("names",)
    names: tuple[str, ...]
    statistic: FloatArray
    kept: IntArray
    searched: BoolArray
    p: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PeelDraws(Chunk):
    """Directed peeling in sign flips.

    Attributes
    ----------
    SHARED, seed, number, names, p
        As in `PartitionDraws`.
    statistic : ndarray (B,)
        The largest z over the size bins; -inf without a box.
    z, effect : ndarray (B, bins)
        Of the best box in each size bin: what the search compares, and the effect of treatment inside. Bin b holds shares
        of the people from b x width up to (b + 1) x width; NaN without a box.
    """

    SHARED: ClassVar[tuple[str, ...]] = ("names",)
    names: tuple[str, ...]
    statistic: FloatArray
    z: FloatArray
    effect: FloatArray
    p: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class ScreeningDraws(Chunk):
    """A screening in sign flips, whether or not a search follows.

    Attributes
    ----------
    SHARED, seed, number, names
        As in `PartitionDraws`.
    p : ndarray (B, J)
        NaN where a moderator cannot be tested.
    """

    SHARED: ClassVar[tuple[str, ...]] = ("names",)
    names: tuple[str, ...]
    p: FloatArray


def partition_draws(prepared: PreparedPartition, model: NullModel, seed: int, first: int, count: int) -> PartitionDraws:
    """Run recursive partitioning, screening included, in some sign flips.

    Parameters
    ----------
    prepared : PreparedPartition
    model : NullModel
        Of the same sample.
    seed : int
        Of the whole study: one person has the same sign in every outcome and comparison.
    first, count : int
        Number of the first draw, from 0, and how many. What a draw gives depends on its number alone.

    Returns
    -------
    PartitionDraws

    Raises
    ------
    ValueError
        For a chunk without draws.

    Examples
    --------
    >>> from reportgen.stats.null_model import null_model
    >>> from reportgen.stats.pipelines import PartitionPipeline
    >>> from reportgen.stats.sample import make_sample
    >>> rng = np.random.default_rng(1)
    >>> trial, treatment, age = np.repeat(["a", "b", "c"], 100), np.tile([0, 1], 150), rng.normal(size=300)
    >>> outcome = treatment * (age < 0.0) + rng.normal(size=300)
    >>> sample = make_sample(outcome, treatment, trial, {"age": age}, range(300))
    >>> prepared = PartitionPipeline({"depth": 1}).prepare(sample)
    >>> draws = partition_draws(prepared, null_model(sample), seed=1, first=0, count=19)
    >>> observed = partition_statistic(prepared.run(sample.outcome))
    >>> float(search_wise_p(observed, draws.statistic))
    0.05
    """
    number = numbers(first, count)
    runs = [prepared.run(outcome) for outcome in _outcomes(prepared.sample, model, seed, number)]
    return PartitionDraws(
        seed,
        number,
        tuple(prepared.sample.moderators),
        np.array([partition_statistic(tree) for tree in runs]),
        np.array([len(tree.kept) for tree in runs]),
        np.array([bool(tree.splits) for tree in runs]),
        np.stack([tree.p for tree in runs]),
    )


def partition_statistic(tree: Tree) -> float:
    """Return -log of the smallest p of a node; 0 where nothing could be split."""
    return max((-split.log_p_node for _, split in tree.splits), default=0.0)


def peel_draws(prepared: PreparedPeel, model: NullModel, seed: int, first: int, count: int) -> PeelDraws:
    """Run directed peeling, screening and directions included, in some sign flips; parameters as of `partition_draws`."""
    number = numbers(first, count)
    p, z, effect = [], [], []
    for outcome in _outcomes(prepared.sample, model, seed, number):
        frontier = prepared.run(outcome)
        p.append(frontier.p)
        z.append(by_bin(frontier, prepared, frontier.found.scores if frontier.found else np.zeros(0)))
        effect.append(by_bin(frontier, prepared, frontier.found.effects() if frontier.found else np.zeros(0)))
    scores = np.stack(z)
    largest = np.where(np.isnan(scores), -np.inf, scores).max(axis=1)
    names = tuple(prepared.sample.moderators)
    return PeelDraws(seed, number, names, largest, scores, np.stack(effect), np.stack(p))


def peel_statistic(frontier: Frontier) -> float:
    """Return the largest z over the size bins; -inf without a box."""
    return float(frontier.found.scores.max(initial=-np.inf)) if frontier.found else -np.inf


def by_bin(frontier: Frontier, prepared: PreparedPeel, values: FloatArray) -> FloatArray:
    """Put a value of each box of a frontier at the number of its size bin; NaN in bins without a box."""
    width = prepared.pipeline.settings.bin_width
    row = np.full(bin_count(width), np.nan)
    if frontier.found is not None and len(values):
        row[bins_of(frontier, width)] = values
    return row


def bin_count(width: float) -> int:
    """Return how many size bins there are.

    Examples
    --------
    >>> bin_count(0.01), bin_count(0.3)
    (101, 4)
    """
    return int(np.floor(1.0 / width + 1e-9)) + 1


def bins_of(frontier: Frontier, width: float) -> IntArray:
    """Return the number of the size bin of each box of a frontier."""
    assert frontier.found is not None
    return np.floor(frontier.found.fractions / width + 1e-9).astype(np.int64)


def screening_draws(sample: Sample, screening: Screening, seed: int, first: int, count: int) -> ScreeningDraws:
    """Run a screening in some sign flips; other parameters as of `partition_draws`."""
    number = numbers(first, count)
    prepared: PreparedScreening | PreparedEventScreening
    if sample.link is None:
        prepared, model = screening.prepare(sample), null_model(sample)
    else:
        prepared = screening.prepare_events(participants_of(sample), sample.moderators)
        model = null_of_events(prepared.null)
    p = [prepared.run(outcome).p_value for outcome in _outcomes(sample, model, seed, number)]
    return ScreeningDraws(seed, number, tuple(sample.moderators), np.stack(p))


def _outcomes(sample: Sample, model: NullModel, seed: int, number: IntArray) -> Iterator[FloatArray]:
    """The outcome of each draw."""
    for sign in signs(seed, sample.unit, int(number[0]), len(number)):
        yield model.flipped(sign)


def min_p(observed: Sequence[FloatArray], draws: Sequence[FloatArray]) -> list[FloatArray]:
    """Adjust the p of several screenings for all moderators and screenings together, by the smallest p of each draw.

    Parameters
    ----------
    observed : sequence of ndarray (J,)
        The p of the data, one array a cell; NaN where a moderator was not tested.
    draws : sequence of ndarray (B, J)
        The p of the same draws in each cell: flips share their signs, so that tests are correlated as in the data.

    Returns
    -------
    list of ndarray (J,)

    Raises
    ------
    ValueError
        Where cells do not have the same draws.

    Examples
    --------
    >>> flips = np.random.default_rng(1).uniform(size=(99, 2))
    >>> [p.round(2).tolist() for p in min_p([np.array([0.001, 0.5])], [flips])]
    [[0.01, 0.76]]
    """
    if len({len(p) for p in draws}) != 1 or len(observed) != len(draws):
        raise ValueError("every screening needs the same draws")
    together = np.column_stack(list(draws))
    smallest = np.where(np.isnan(together), 1.0, together).min(axis=1, initial=1.0)
    return [np.asarray(search_wise_p(-p, -smallest)) for p in observed]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How often a specification keeps a split where no effect is modified.

    Attributes
    ----------
    share, low, high : float
        Of the draws that keep at least one, with its 95 % interval.
    kept, draws : int
    """

    share: float
    low: float
    high: float
    kept: int
    draws: int


def calibration(draws: PartitionDraws) -> Calibration:
    """Return the share of draws that keep at least one split."""
    kept, count = int((draws.kept > 0).sum()), len(draws.number)
    return Calibration(kept / count, *share_interval(kept, count), kept, count)


def no_p(draws: PartitionDraws | PeelDraws) -> str:
    """Return why a search-wise p cannot be had from some draws, or an empty text."""
    some = draws.searched if isinstance(draws, PartitionDraws) else np.isfinite(draws.statistic)
    return "" if some.any() else "nothing could be searched in any draw"


@dataclass(frozen=True, slots=True, eq=False)
class NullBand:
    """Where the frontier of a peeling lies without effect modification, each size bin by itself.

    Attributes
    ----------
    low, high : ndarray (bins,)
        NaN where fewer than 40 draws have a box.
    draws : ndarray (bins,) of int
        Draws with a box of that size.
    """

    low: FloatArray
    high: FloatArray
    draws: IntArray


def null_band(values: FloatArray, level: float = 0.95) -> NullBand:
    """Return the band that holds a share of the draws in each size bin.

    Parameters
    ----------
    values : ndarray (B, bins)
        `z` or `effect` of `PeelDraws`.
    level : float

    Examples
    --------
    >>> band = null_band(np.column_stack([np.arange(101.0), np.full(101, np.nan)]))
    >>> band.low.round(6).tolist(), band.high.round(6).tolist(), band.draws.tolist()
    ([2.5, nan], [97.5, nan], [101, 0])
    """
    has = (~np.isnan(values)).sum(axis=0)
    low, high = np.full(values.shape[1], np.nan), np.full(values.shape[1], np.nan)
    enough = has >= FEW
    tail = (1.0 - level) / 2.0
    if enough.any():
        low[enough], high[enough] = np.nanquantile(values[:, enough], [tail, 1.0 - tail], axis=0)
    return NullBand(low, high, has)


__all__ = [
    "Calibration",
    "NullBand",
    "PartitionDraws",
    "PeelDraws",
    "ScreeningDraws",
    "by_bin",
    "calibration",
    "joined",
    "min_p",
    "no_p",
    "null_band",
    "partition_draws",
    "partition_statistic",
    "peel_draws",
    "peel_statistic",
    "screening_draws",
    "search_wise_p",
]

"""Random draws of a screening or search: what it finds without effect modification, in bootstrap samples, and without a trial.

In: who enters a cell, the columns of its moderators, the nodes of the study file, a seed and the numbers of some draws. Out:
arrays with a row a draw and no people, so that chunks can be kept, joined and added to. The whole road is repeated in each
draw, screening and directions included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reportgen.analyses.moderator_values import Moderator
from reportgen.analyses.peeling_search import peel_options
from reportgen.analyses.recursive_partitioning import partition_options
from reportgen.analyses.samples import places_of, sample_of
from reportgen.analyses.screened import screening_of
from reportgen.analyses.selection import Selection, not_estimable
from reportgen.spec.analyses import DirectedPeeling, FromScreening, Moderators, Pooled, RecursivePartitioning, Search
from reportgen.stats.held_out import HeldOut, held_out_partition, held_out_peel
from reportgen.stats.null_draws import (
    PartitionDraws,
    PeelDraws,
    ScreeningDraws,
    joined,
    partition_draws,
    peel_draws,
    screening_draws,
)
from reportgen.stats.null_model import null_model
from reportgen.stats.optimism import PartitionOptimism, PeelOptimism, partition_optimism, peel_optimism
from reportgen.stats.overlap import OverlapDraws, overlap_draws
from reportgen.stats.peeling import PeelSettings
from reportgen.stats.pipelines import PartitionPipeline, PeelPipeline, PreparedPartition, PreparedPeel

CHUNK = 50
"""Draws of a task: long enough that preparing it hardly counts, short enough that a run that was stopped loses little."""


@dataclass(frozen=True, slots=True)
class Drawable:
    """A search as draws repeat it.

    Attributes
    ----------
    node : Search node of the study file
    screened_by : Moderators node of the study file, or None
    moderators : tuple of str
        Those of the search, or all of the screening that it takes its own from.
    """

    node: Search
    screened_by: Moderators | None
    moderators: tuple[str, ...]


def chunks(draws: int) -> Iterator[tuple[int, int]]:
    """Yield the first number and the count of each chunk of some draws; more draws leave the full chunks as they are.

    Examples
    --------
    >>> list(chunks(120))
    [(0, 50), (50, 50), (100, 20)]
    """
    yield from ((first, min(CHUNK, draws - first)) for first in range(0, draws, CHUNK))


def search_null(
    people: Selection,
    columns: Mapping[str, Moderator],
    *,
    node: Search,
    screened_by: Moderators | None,
    seed: int,
    first: int,
    count: int,
) -> PartitionDraws | PeelDraws | None:
    """Search in some draws without effect modification; None where nothing can be searched.

    Parameters
    ----------
    people : Selection
    columns : mapping of str to Moderator
        The moderators of the search, or all of the screening that it takes its own from.
    node : Search node of the study file
    screened_by : Moderators node of the study file, or None
    seed, first, count : int
        Of the study; the number of the first draw, and how many.
    """
    prepared = prepared_search(people, columns, node, screened_by)
    if prepared is None:
        return None
    if isinstance(prepared, PreparedPartition):
        return partition_draws(prepared, prepared.null, seed, first, count)
    return peel_draws(prepared, prepared.null, seed, first, count)


def screening_null(
    people: Selection, columns: Mapping[str, Moderator], *, node: Moderators, seed: int, first: int, count: int
) -> ScreeningDraws | None:
    """Test all moderators of a screening in some draws without effect modification; None where nothing can be tested.

    Parameters
    ----------
    people, columns, seed, first, count
        As for `search_null`.
    node : Moderators node of the study file
    """
    if not_estimable(people, node) or not columns:
        return None
    sample = sample_of(people, columns)
    return screening_draws(sample, screening_of(node, columns, 1.0), seed, first, count)


def joined_flips(chunks: Sequence[ScreeningDraws | None]) -> ScreeningDraws | None:
    """Join the chunks of the draws of a screening."""
    results = [chunk for chunk in chunks if chunk is not None]
    return joined(results) if results else None


def search_bootstrap(
    people: Selection,
    columns: Mapping[str, Moderator],
    *,
    node: Search,
    screened_by: Moderators | None,
    sizes: tuple[float, ...],
    seed: int,
    first: int,
    count: int,
) -> PartitionOptimism | PeelOptimism | None:
    """Search in some bootstrap samples; None where nothing can be searched.

    Parameters
    ----------
    people, columns, node, screened_by, seed, first, count
        As for `search_null`.
    sizes : tuple of float
        Shares of people whose boxes are looked at; a partitioning has none.

    Returns
    -------
    PartitionOptimism or PeelOptimism
        With the places of the cuts among the values of the moderator, from 0, in place of the cuts: `cut_at` leads back.
    """
    prepared = prepared_search(people, columns, node, screened_by)
    if prepared is None:
        return None
    found: PartitionOptimism | PeelOptimism
    if isinstance(prepared, PreparedPartition):
        found = partition_optimism(prepared, seed, first, count)
    else:
        found = peel_optimism(prepared, seed, first, count, sizes=sizes)
    return replace(found, cut=places_of(found.cut, prepared.sample))


def search_held_out(
    people: Selection,
    columns: Mapping[str, Moderator],
    *,
    node: Search,
    screened_by: Moderators | None,
    sizes: tuple[float, ...],
) -> tuple[HeldOut, ...]:
    """Leave each trial out of a search in turn: one result, or one for each size of a peeling; none where nothing can be searched."""
    prepared = prepared_search(people, columns, node, screened_by)
    if prepared is None:
        return ()
    if isinstance(prepared, PreparedPartition):
        return (held_out_partition(prepared.pipeline, prepared.sample),)
    return tuple(held_out_peel(prepared.pipeline, prepared.sample, size) for size in sizes)


def search_overlap(
    people: Selection,
    columns: Mapping[str, Moderator],
    others: Selection,
    other_columns: Mapping[str, Moderator],
    *,
    searches: tuple[Drawable, Drawable],
    sizes: tuple[float, ...],
    seed: int,
    first: int,
    count: int,
) -> OverlapDraws | None:
    """Run both searches of an agreement in some draws without effect modification; None where one of them cannot search.

    Parameters
    ----------
    people, others : Selection
        Those of the partitioning and those of the peeling.
    columns, other_columns : mapping of str to Moderator
        The moderators of both searches, among either people: the draws have the same model of both.
    searches : pair of Drawable
        The partitioning, then the peeling.
    sizes : tuple of float
        Shares of the people whose boxes are taken.
    seed, first, count : int
        Of the study; the number of the first draw, and how many.
    """
    partition, peel = (
        prepared_search(mask, {name: known[name] for name in search.moderators}, search.node, search.screened_by)
        for mask, known, search in zip((people, others), (columns, other_columns), searches, strict=True)
    )
    if partition is None or peel is None:
        return None
    assert isinstance(partition, PreparedPartition)
    assert isinstance(peel, PreparedPeel)
    if people.kind == "continuous":
        models = [null_model(sample_of(mask, known)) for mask, known in ((people, columns), (others, other_columns))]
    else:
        models = [partition.null, peel.null]
    return overlap_draws(partition, peel, models[0], seed, first, count, sizes=sizes, peel_model=models[1])


def prepared_search(
    people: Selection, columns: Mapping[str, Moderator], node: Pooled, screened_by: Moderators | None
) -> PreparedPartition | PreparedPeel | None:
    """Return a search ready for any outcome, with its screening; None where nothing can be searched."""
    if not_estimable(people, node) or not columns:
        return None
    sample, screening = sample_of(people, columns), None
    if screened_by is not None:
        assert isinstance(node, Search)
        assert isinstance(node.moderators, FromScreening)
        screening = screening_of(screened_by, columns, node.moderators.p_below)
    if isinstance(node, RecursivePartitioning):
        pipeline = PartitionPipeline(partition_options(node, people), screening, node.missing, node.count_screened)
        return pipeline.prepare(sample)
    assert isinstance(node, DirectedPeeling)
    settings = PeelSettings(**peel_options(node, columns, people))
    if people.kind == "continuous":
        return PeelPipeline(settings, screening).prepare(sample)
    assert node.min_events is not None
    return PeelPipeline(settings, screening, people.good, node.min_events).prepare(sample)

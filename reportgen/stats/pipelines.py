"""A search with all that comes before it, to be run again and again: screening, directions, cuts, boxes.

In: the options of a screening and of a search. Out: for any outcome of a sample what recursive partitioning or directed
peeling finds. A draw repeats all of it, for a search whose moderators are given is another one than that
which looked for them first.
Method: `prepare` does what an outcome does not change; a search among some of the moderators is kept for the next draw
that screens in the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from . import partition_search, peel_search
from .choices import TreatmentEffect
from .crossproducts import FloatArray, IntArray
from .event_null import EventNull
from .event_partition import FEWEST_EVENTS, partition_defaults, prepare_events
from .event_peel import PreparedEventPeel, prepare_event_peel
from .event_screening import PreparedEventScreening
from .levels import Levels
from .null_model import NullModel, null_model, null_of_events
from .partition_search import Search
from .partition_settings import SMALLEST_SHARE, SMALLEST_SIZE
from .peel_search import Found, Prepared
from .peeling import PeelSettings
from .prepared_screening import PreparedScreening
from .ranks import MAX_LEVELS, BoolArray
from .sample import Sample
from .screening import Screening, participants_of, passing, sorted_out
from .subgroups import Moderator, Split, TreeNode

Ready = PreparedScreening | PreparedEventScreening | None
"""A screening of a sample, of continuous outcomes or of events."""
KEPT = 32  # searches among other moderators that are kept at a time


@dataclass(frozen=True, slots=True)
class PartitionPipeline:
    """Recursive partitioning with its screening.

    Attributes
    ----------
    parameters : mapping
        Those of `partition`, or of `partition_events` for events, that differ from their defaults. A `min_size` below 1 is a
        share of the people searched.
    screening : Screening or None
        None where the search tries all moderators of the sample.
    missing : {"available", "complete"}
        Whether people need every moderator of the search.
    count_screened : bool
        Whether the moderators that the screening tested and sorted out count with those of each node, so that its p is
        adjusted for them too; added to `across_extra` of the parameters.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    screening: Screening | None = None
    missing: str = "available"
    count_screened: bool = False

    def prepare(self, sample: Sample) -> PreparedPartition:
        """Prepare it for any outcome of a sample."""
        effect = {**partition_defaults(), **self.parameters}["treatment_effect"]
        return PreparedPartition(self, sample, _ready(self.screening, sample, effect), {})


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """What recursive partitioning found with one outcome.

    Attributes
    ----------
    p : ndarray (J,)
        Of the screening; NaN without one.
    search : Search or None
        Among the moderators that passed; None where none did or can be searched.
    nodes : tuple of TreeNode
    """

    p: FloatArray
    search: Search | None
    nodes: tuple[TreeNode, ...]

    @property
    def splits(self) -> list[tuple[TreeNode, Split]]:
        """Every node with each split that was tried in it, kept or not."""
        return [(node, split) for node in self.nodes for split in node.splits]

    def first(self) -> tuple[TreeNode, Split] | None:
        """The split with the smallest p of the node, kept or not, and its node; of equal ones the first."""
        return min(self.splits, key=lambda item: item[1].log_p_node, default=None)

    @property
    def kept(self) -> list[tuple[TreeNode, Split]]:
        """The kept splits by depth, and then by p of the node; of several that lead to the same people the first."""
        best: dict[bytes, tuple[TreeNode, Split]] = {}
        for node, split in self.splits:
            if split.kept:
                key = self.nodes[split.child_node].rows.tobytes()
                if key not in best or split.log_p_node < best[key][1].log_p_node:
                    best[key] = node, split
        return sorted(best.values(), key=lambda item: (item[0].level, item[1].log_p_node, item[1].child_node))


@dataclass(frozen=True, slots=True, eq=False)
class PreparedPartition:
    """A `PartitionPipeline` for any outcome of one sample."""

    pipeline: PartitionPipeline
    sample: Sample
    screening: Ready
    searches: dict[tuple[str, ...], Any]

    def run(self, outcome: FloatArray) -> Tree:
        """Screen and search with an outcome of all people of the sample; of events with a working response."""
        p, names = _screened(self, outcome)
        search = self.search(names)
        if search is not None:
            search = search.counting(self._sorted_out(p))
        return Tree(p, search, search.run(outcome) if search is not None else ())

    def _sorted_out(self, p: FloatArray) -> int:
        """How many moderators of the screening count besides those of the search."""
        screening = self.pipeline.screening
        return sorted_out(p, screening.p_below) if screening and self.pipeline.count_screened else 0

    def search(self, names: tuple[str, ...]) -> Search | None:
        """The search among some moderators, by their screening p; None where none of them can be searched."""
        made: Search | None
        if self.pipeline.missing == "complete":
            made = _kept(self.searches, names, self._search)
            return made
        everything = _kept(self.searches, tuple(self.sample.moderators), self._search)
        return _among(everything, names)

    @property
    def observed(self) -> FloatArray:
        """What `run` is given for the data: the outcome, of events the working response of the model without any split."""
        return _observed(self.sample, self._events)

    @property
    def null(self) -> NullModel:
        """The model without effect modification, from which draws are made."""
        return _null(self.sample, self._events)

    @property
    def _events(self) -> EventNull | None:
        """The model of events without any split; None where the outcome is continuous, or nothing can be searched."""
        if isinstance(self.screening, PreparedEventScreening):
            return self.screening.null
        found = self.search(tuple(self.sample.moderators)) if self.sample.link is not None else None
        return None if found is None else found.null

    def _search(self, names: tuple[str, ...]) -> Search | None:
        given: dict[str, Any] = {**partition_defaults(), **self.pipeline.parameters}
        names, people = _enter(self.sample, names, self.pipeline.missing == "complete", given["min_trials"])
        if not names:
            return None
        given["min_size"] = _least(given["min_size"], int(people.sum()))
        moderators = {name: self.sample.moderators[name] for name in names}
        item = self.sample
        if item.link is not None:
            of_events = {"good": True, "min_events": FEWEST_EVENTS, "null": _shared(self.screening)}
            found = prepare_events(participants_of(item), moderators, people, **(of_events | given))
            return None if isinstance(found, str) else found
        return partition_search.prepare(
            item.treatment, item.trial, moderators, people, adjusters=item.adjusters, **given
        )


@dataclass(frozen=True, slots=True)
class PeelPipeline:
    """Directed peeling with its screening.

    Attributes
    ----------
    settings : PeelSettings
        Directions may name moderators that a screening leaves out.
    screening : Screening or None
        None where the search tries all moderators of the sample.
    good : bool
    min_events : int
        Of events, as for `peel_events`.
    """

    settings: PeelSettings = field(default_factory=PeelSettings)
    screening: Screening | None = None
    good: bool = True
    min_events: int = FEWEST_EVENTS

    def prepare(self, sample: Sample) -> PreparedPeel:
        """Prepare it for any outcome of a sample."""
        return PreparedPeel(self, sample, _ready(self.screening, sample, self.settings.treatment_effect), {})


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """What directed peeling found with one outcome.

    Attributes
    ----------
    p : ndarray (J,)
        Of the screening; NaN without one.
    prepared : Prepared, PreparedEventPeel or None
        The search among the moderators that passed; None where none did.
    found : Found or None
    """

    p: FloatArray
    prepared: Prepared | PreparedEventPeel | None
    found: Found | None


@dataclass(frozen=True, slots=True, eq=False)
class PreparedPeel:
    """A `PeelPipeline` for any outcome of one sample."""

    pipeline: PeelPipeline
    sample: Sample
    screening: Ready
    searches: dict[tuple[str, ...], Any]

    @property
    def observed(self) -> FloatArray:
        """What `run` is given for the data: the outcome, of events the working response of the model without any box."""
        return _observed(self.sample, self._events)

    @property
    def null(self) -> NullModel:
        """The model without effect modification, from which draws are made."""
        return _null(self.sample, self._events)

    @property
    def _events(self) -> EventNull | None:
        """The model of events without any box; None where the outcome is continuous."""
        if isinstance(self.screening, PreparedEventScreening):
            return self.screening.null
        found = self.search(tuple(self.sample.moderators)) if self.sample.link is not None else None
        return found.null if isinstance(found, PreparedEventPeel) else None

    def run(self, outcome: FloatArray) -> Frontier:
        """Screen and search with an outcome of all people of the sample; of events with a working response."""
        p, names = _screened(self, outcome)
        prepared = self.search(names)
        return Frontier(p, prepared, prepared.draw(outcome) if prepared is not None else None)

    def search(self, names: tuple[str, ...]) -> Prepared | PreparedEventPeel | None:
        """The search among some moderators, by their screening p; None without any."""
        return _kept(self.searches, names, self._search) if names else None

    def _search(self, names: tuple[str, ...]) -> Prepared | PreparedEventPeel:
        settings, item = self.pipeline.settings, self.sample
        if isinstance(settings.directions, Mapping):
            declared = {name: gains for name, gains in settings.directions.items() if name in names}
            settings = replace(settings, directions=declared)
        moderators = {name: item.moderators[name] for name in names}
        if item.link is not None:
            good, fewest = self.pipeline.good, self.pipeline.min_events
            null = _shared(self.screening)
            return prepare_event_peel(
                participants_of(item), moderators, settings, good=good, min_events=fewest, null=null
            )
        return peel_search.prepare(item.outcome, item.treatment, item.trial, moderators, item.adjusters, settings)


def _observed(sample: Sample, events: EventNull | None) -> FloatArray:
    return sample.outcome if events is None else events.response


def _null(sample: Sample, events: EventNull | None) -> NullModel:
    if events is None:
        return null_model(sample)
    return null_of_events(events)


def _ready(screening: Screening | None, sample: Sample, treatment_effect: TreatmentEffect) -> Ready:
    """A screening of a sample; of events in the model of the search, with its effect of treatment."""
    if screening is None:
        return None
    if sample.link is None:
        return screening.prepare(sample)
    return screening.prepare_events(participants_of(sample), sample.moderators, treatment_effect)


def _shared(screening: Ready) -> EventNull | None:
    """The model of events of all candidates, in which a screening and all searches behind it have their steps."""
    return screening.null if isinstance(screening, PreparedEventScreening) else None


def _screened(prepared: PreparedPartition | PreparedPeel, outcome: FloatArray) -> tuple[FloatArray, tuple[str, ...]]:
    """P of each moderator, and those that are searched."""
    names, screening = tuple(prepared.sample.moderators), prepared.pipeline.screening
    if screening is None or prepared.screening is None:
        return np.full(len(names), np.nan), names
    p = prepared.screening.run(outcome).p_value
    return p, passing(names, p, screening.p_below)


def _kept(searches: dict[tuple[str, ...], Any], names: tuple[str, ...], make: Callable[[tuple[str, ...]], Any]) -> Any:
    """A search that is made once; of many the oldest is forgotten."""
    if names not in searches:
        if len(searches) >= KEPT:
            del searches[next(iter(searches))]
        searches[names] = make(names)
    return searches[names]


def _among(search: Search | None, names: tuple[str, ...]) -> Search | None:
    """The same search with some of its moderators, in another order."""
    if search is None:
        return None
    place = {moderator.name: k for k, moderator in enumerate(search.moderators)}
    wanted = [place[name] for name in names if name in place]
    if not wanted:
        return None
    grids = tuple(search.grids[k] for k in wanted) if search.grids else ()
    return replace(search, moderators=tuple(search.moderators[k] for k in wanted), grids=grids)


def _enter(sample: Sample, names: tuple[str, ...], complete: bool, trials: int) -> tuple[tuple[str, ...], BoolArray]:
    """Moderators that leave enough trials, taken in their order, and the people who have what they need."""
    stays = np.ones(len(sample.outcome), bool)
    kept = []
    for name in names:
        values = _numbers(sample.moderators[name])
        together = ~np.isnan(values) & (stays if complete else True)
        if _divisible(sample.moderators[name]) and _usable(sample, values, together, trials):
            kept.append(name)
            stays = together if complete else stays
    return tuple(kept), stays & np.isin(sample.trial, _two_armed(sample, stays))


def _numbers(values: Moderator) -> FloatArray:
    if isinstance(values, Levels):
        return np.where(values.codes < 0, np.nan, values.codes.astype(float))
    return np.asarray(values, float)


def _divisible(values: Moderator) -> bool:
    """Whether the ways to part it are few enough."""
    return not isinstance(values, Levels) or values.ordered or len(values.present) <= MAX_LEVELS


def _usable(sample: Sample, values: FloatArray, has: BoolArray, trials: int) -> bool:
    """Whether a moderator leaves enough trials, and more than one value."""
    return bool(has.any()) and len(_two_armed(sample, has)) >= trials and bool(np.ptp(values[has]) > 0.0)


def _two_armed(sample: Sample, mask: BoolArray) -> IntArray:
    """Trials with people of both arms."""
    arms = np.bincount(2 * sample.trial[mask] + (sample.treatment[mask] == 1.0), minlength=2 * len(sample.labels))
    return np.flatnonzero(arms.reshape(-1, 2).min(axis=1) > 0)


def _least(size: float | None, people: int) -> int:
    """Least number of people on each side of a split."""
    if size is None:
        return max(SMALLEST_SIZE, int(np.ceil(SMALLEST_SHARE * people)))
    return int(np.ceil(size * people)) if size < 1 else int(size)

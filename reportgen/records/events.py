"""Events by arm, trial and follow-up, as they were counted: harms, dropout, response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal

from reportgen.records import kinds
from reportgen.records.numbers import Status, V
from reportgen.records.record import Record


@dataclass(frozen=True, slots=True)
class EventSettings(Generic[V]):
    """What was asked for."""

    level: kinds.Setting[V]
    minimum_cell: kinds.Setting[V]


@dataclass(frozen=True, slots=True)
class ArmEvents(Generic[V]):
    """People with the event in either arm, or events where they are counted, and then the time in which they were."""

    control: kinds.Count[V]
    intervention: kinds.Count[V]
    exposure_control: kinds.Statistic[V] | None = None
    exposure_intervention: kinds.Statistic[V] | None = None


@dataclass(frozen=True, slots=True)
class CountedTrial(Generic[V]):
    """The events of one trial, with the difference in risk (intervention minus control) in percentage points.

    Of counts it is the difference in events for 100 units of exposure.
    """

    trial: kinds.Words[V]
    n_control: kinds.Count[V]
    n_intervention: kinds.Count[V]
    events: ArmEvents[V]
    difference: kinds.Percent[V]
    low: kinds.Percent[V]
    high: kinds.Percent[V]
    suppressed: bool


@dataclass(frozen=True, slots=True)
class EventCount(Generic[V]):
    """One outcome at one follow-up in one comparison; no sums where they would give away what is suppressed.

    `absent` are the trials of the comparison that did not record it, each with the reason.
    """

    id: str
    outcome: str
    outcome_label: kinds.Words[V]
    follow_up: str
    follow_up_label: kinds.Words[V]
    comparison: str
    kind: Literal["binary", "count"]
    trials: kinds.Count[V]
    n: kinds.Count[V]
    n_control: kinds.Count[V]
    n_intervention: kinds.Count[V]
    rows: tuple[CountedTrial[V], ...]
    events: ArmEvents[V] | None
    absent: tuple[tuple[kinds.Words[V], str], ...]

    @property
    def empty(self) -> bool:
        """Whether nobody has a value."""
        return not self.rows

    @property
    def statuses(self) -> tuple[Status, ...]:
        """Nothing is fitted."""
        return ()


@dataclass(frozen=True, slots=True)
class EventTable(Record[EventSettings[V], EventCount[V], V]):
    """The events of some outcomes."""

"""What every analysis leaves behind, whatever its method: its settings, its comparisons and a result for each cell.

A method adds what it alone has by a class of its own. Whoever asks how the fits ended, or who entered, asks here and needs to
know no method.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Protocol

from typing_extensions import TypeVar

from reportgen.records import kinds
from reportgen.records.estimate import ComparisonRecord
from reportgen.records.numbers import Status, V


class Result(Protocol):
    """What an analysis found of one outcome at one follow-up in one comparison."""

    @property
    def id(self) -> str:
        """What the ids of its numbers begin with."""

    @property
    def comparison(self) -> str:
        """Name in the study file."""

    @property
    def outcome(self) -> str:
        """Name in the study file."""

    @property
    def follow_up(self) -> str:
        """Name in the study file."""

    @property
    def empty(self) -> bool:
        """Whether nobody could enter."""

    @property
    def statuses(self) -> tuple[Status, ...]:
        """How its fits ended."""


S = TypeVar("S")
R = TypeVar("R", bound=Result)


@dataclass(frozen=True, slots=True)
class Record(Generic[S, R, V]):
    """A named analysis.

    Attributes
    ----------
    name : str
        As in the study file.
    settings
        What was asked for, in the words of the study file.
    comparisons : tuple of ComparisonRecord
        As declared, with the arms that entered.
    results : tuple
        One for every outcome x follow-up x comparison, those that are not possible included.
    subset : tuple
        The conditions of the subgroup, fixed in advance, to which the analysis is limited; empty where everybody enters.
    """

    name: str
    settings: S
    comparisons: tuple[ComparisonRecord[V], ...]
    results: tuple[R, ...]
    subset: tuple[kinds.Words[V], ...] = field(default=(), kw_only=True)

    @property
    def titles(self) -> dict[str, V]:
        """Titles of the comparisons, by name."""
        return {comparison.name: comparison.title for comparison in self.comparisons}

    @property
    def statuses(self) -> tuple[Status, ...]:
        """How the fits ended, of all cells that somebody could enter."""
        return tuple(status for result in self.results if not result.empty for status in result.statuses)

"""What every record of one partitioning is made with: its people, its node of the study file, its names and its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reportgen.analyses.search_people import SearchPeople
from reportgen.analyses.selection import Selection
from reportgen.records.numbers import Value
from reportgen.release.values import Values
from reportgen.spec.analyses import RecursivePartitioning as Node
from reportgen.spec.study import Study


@dataclass(frozen=True, slots=True)
class Naming:
    """What an outcome is called and measured in, what the moderators are called, two settings that reasons name, whom the
    policy guards, and the study."""

    outcome_label: str
    unit: str
    follow_up_label: str
    moderators: Mapping[str, str]
    alpha: Value
    width: Value
    minimum_cell: int
    study: Study


@dataclass(frozen=True, slots=True)
class RecordContext:
    """What every record of one search is made with."""

    people: SearchPeople
    node: Node
    naming: Naming
    values: Values
    counted: int = 0
    """Moderators that a screening sorted out and that count with those of a node."""

    def at(self, *names: str) -> RecordContext:
        """Return the same with further names in the ids."""
        return replace(self, values=self.values.at(*names))

    @property
    def unit(self) -> str:
        """Unit of the outcome."""
        return self.naming.unit

    @property
    def selection(self) -> Selection:
        """The people who entered the search."""
        return self.people.selection

"""Classes of values, at the top of a module, as those of records are."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Side(Enum):
    CONTROL = "control"
    INTERVENTION = 1


@dataclass(frozen=True, slots=True)
class Estimate:
    effect: Any
    ends: Any = None
    side: Side = Side.CONTROL


@dataclass(frozen=True)
class Plain:
    """A frozen class with a dictionary for its fields, one of which its constructor does not take."""

    value: Any
    twice: Any = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "twice", (self.value, self.value))


@dataclass(frozen=True, slots=True)
class Empty:
    pass


@dataclass
class Changeable:
    value: Any


class Derived(Plain):
    """Not a dataclass of its own: it may hold anything."""

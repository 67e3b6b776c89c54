"""Functions of tasks, at the top of a module; `RAN` says which of them ran in this process, in order."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

RAN: list[str] = []
TURN = {"now": 0}


class Rows:
    """The participants of a cohort: no value that could be written."""

    def __init__(self, rows: list[float]) -> None:
        self.rows = rows


@dataclass(frozen=True, slots=True)
class Settings:
    levels: Mapping[str, float]
    order: tuple[str, ...] = ()


def constant(name: str, value: Any) -> Any:
    RAN.append(name)
    return value


def added(name: str, parts: tuple[float, ...] = (), plus: float = 0.0) -> float:
    RAN.append(name)
    return sum(parts) + plus


def keyed(name: str, parts: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    RAN.append(name)
    return tuple(parts.items())


def cohort(name: str, rows: tuple[float, ...]) -> Rows:
    RAN.append(name)
    return Rows(list(rows))


def rows_digest(rows: Rows) -> str:
    return repr(rows.rows)


def mean(name: str, people: Rows, decimals: int = 3) -> float:
    RAN.append(name)
    return round(sum(people.rows) / len(people.rows), decimals)


def people_of(name: str, people: Rows) -> tuple[float, ...]:
    RAN.append(name)
    return tuple(people.rows)


def failing(name: str, part: float = 0.0) -> float:
    RAN.append(name)
    raise ZeroDivisionError(f"{name} divides by {part}")


class StubbornError(Exception):
    """Cannot be written for another process: it holds a lock."""

    def __init__(self, one: str) -> None:
        super().__init__(one)
        self.lock = Lock()


def stubborn() -> None:
    raise StubbornError("first")


def unplain() -> Any:
    return {"a": {1, 2}}


def levels(settings: Settings) -> tuple[str, ...]:
    return tuple(settings.levels)


def process() -> int:
    return os.getpid()


def noted_page(name: str, title: str, number: float) -> str:
    RAN.append(name)
    return f"{title}: {number}"


def cohort_too(name: str, rows: tuple[float, ...]) -> Rows:
    return cohort(name, rows)


def cohort_after(name: str, people: Rows) -> Rows:
    return people


def fragile_cohort(name: str) -> Rows:
    RAN.append(name)
    return Rows([1.0 / TURN["now"]])


def changing_cohort(name: str) -> Rows:
    """Promises to see its arguments only, and breaks the promise."""
    RAN.append(name)
    return Rows([float(TURN["now"])])


def weighted(name: str, people: Rows, weight: float) -> float:
    RAN.append(name)
    return sum(people.rows) * weight


def met(name: str, folder: str, others: int) -> bool:
    """Wait until as many tasks as are said are at work at once."""
    Path(folder, name).touch()
    until = time.monotonic() + 20
    while len(list(Path(folder).iterdir())) < others:
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def unsendable() -> Any:
    return lambda: None


def repr_digest(value: object) -> str:
    return repr(value) if not callable(value) else "a function"


def halved(name: str, plus: int, fails: bool, changes: bool, parts: tuple[int, ...]) -> int:
    """Half of what comes in; where it changes it breaks the promise to see its arguments only."""
    RAN.append(name)
    if fails:
        raise ArithmeticError(name)
    return (sum(parts) + plus + (TURN["now"] if changes else 0)) // 2

"""An analysis that fails: its place in the report says so, the command line names it, and the others go on.

Pages and results name the kind of error, and its words only where they cannot hold a value of a participant or a path:
those of our own errors and of arithmetic. Whoever builds the report is shown all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from numpy.linalg import LinAlgError

from reportgen.errors import ReportgenError
from reportgen.records.model import Failure, Records
from reportgen.records.numbers import V, Value, slug
from reportgen.records.record import Record
from reportgen.release.values import Values
from reportgen.task import Failed

_ROOM = "reportgen"
_PACKAGE = Path(__file__).resolve().parents[1]
_FRAME = re.compile(r'^  File "(.+)", line (\d+), in ', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FailedAnalysis:
    """What the command line says of an analysis that failed, whole or in part; `traceback` is for those who fix it."""

    name: str
    message: str
    traceback: str = ""

    def __str__(self) -> str:
        return f"analysis '{self.name}' failed: {self.message}"


def failure_of(name: str, failed: Failed) -> tuple[Failure[Value], FailedAnalysis]:
    """Return the record of an analysis of which a task failed, and what the command line says of it."""
    values = Values(slug(name), f"analyses.{name}")
    error = failed.error
    public = _public_message(failed)
    reason = values.failed("failure", public)
    message = f"{type(error).__name__}: {_message(error)} ({_place(failed)})"
    return Failure(name, reason), FailedAnalysis(name, " ".join(message.split()), failed.traceback.rstrip())


def failed_fits(records: Records[V]) -> Iterator[FailedAnalysis]:
    """Yield each analysis of which some fits failed, and the others stand."""
    for name, record in records.analyses.items():
        statuses = record.statuses if isinstance(record, Record) else ()
        failed = statuses.count("failed")
        if failed:
            counted = f"{failed} of its {len(statuses)} fits" if len(statuses) > 1 else "its only fit"
            yield FailedAnalysis(name, f"{counted}; the report says why under 'Model status'")


def _public_message(failed: Failed) -> str:
    error = failed.error
    if isinstance(error, ReportgenError):
        return _message(error)
    if isinstance(error, ArithmeticError | LinAlgError):
        return f"{type(error).__name__}: {error}"
    return f"{type(error).__name__} in {_place(failed)}"


def _message(error: Exception) -> str:
    """Return the words of an error without the places of its problems, which may be paths of this machine."""
    if isinstance(error, ReportgenError):
        return "; ".join(problem.message for problem in error.problems)
    return str(error) or "no reason given"


def _place(failed: Failed) -> str:
    """Return our own line in which an error arose, as `stats/one_step.py:210`, wherever it did."""
    for file, line in reversed(_FRAME.findall(failed.traceback)):
        path = PurePath(file)
        if _ROOM in path.parts:
            inside = path.parts[len(path.parts) - path.parts[::-1].index(_ROOM) :]
            if _PACKAGE.joinpath(*inside).is_file():  # a folder of this name may hold other programs too
                return f"{'/'.join(inside)}:{line}"
    return _ROOM

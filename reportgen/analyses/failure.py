"""An analysis that fails: its place in the report says so, the command line names it, and the others go on.

Pages and results name the kind of error, and its words only where they cannot hold a value of a participant or a path:
those of our own errors and of arithmetic. Whoever builds the report is told all of it.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from numpy.linalg import LinAlgError

import reportgen
from reportgen.errors import ReportgenError
from reportgen.records.model import Failure, MetaAnalysis, Records
from reportgen.records.moderation import Moderation
from reportgen.records.numbers import Press, Status, slug
from reportgen.records.partition import RecursivePartitioning
from reportgen.records.peeling import DirectedPeeling

_ROOM = Path(reportgen.__file__).parent


@dataclass(frozen=True, slots=True)
class FailedAnalysis:
    """What the command line says of an analysis that failed, whole or in part; `traceback` is for those who mend it."""

    name: str
    message: str
    traceback: str = ""

    def __str__(self) -> str:
        return f"analysis '{self.name}' failed: {self.message}"


def failure_of(name: str, error: Exception) -> tuple[Failure, FailedAnalysis]:
    """Return the record of an analysis that failed, and what the command line says of it."""
    press = Press(slug(name), f"analyses.{name}", {})
    told = _told_in_public(error)
    reason = replace(press.quote("failure", told), status="failed", reason=told)
    message = f"{type(error).__name__}: {_message(error)} ({_place(error)})"
    return Failure(name, reason), FailedAnalysis(name, " ".join(message.split()), _trace(error))


def failed_fits(records: Records) -> Iterator[FailedAnalysis]:
    """Yield each analysis of which some fits failed, and the others stand."""
    for name, record in records.analyses.items():
        statuses = _statuses(record)
        failed = statuses.count("failed")
        if failed:
            counted = f"{failed} of its {len(statuses)} fits" if len(statuses) > 1 else "its only fit"
            yield FailedAnalysis(name, f"{counted}; the report says why under 'Model status'")


def _statuses(record: object) -> tuple[Status, ...]:
    if isinstance(record, MetaAnalysis):
        return tuple(effect.status for effect in record.effects)
    if isinstance(record, Moderation | RecursivePartitioning | DirectedPeeling):
        return tuple(record.statuses)
    return ()


def _told_in_public(error: Exception) -> str:
    if isinstance(error, ReportgenError):
        return _message(error)
    if isinstance(error, ArithmeticError | LinAlgError):
        return f"{type(error).__name__}: {error}"
    return f"{type(error).__name__} in {_place(error)}"


def _message(error: Exception) -> str:
    """Return the words of an error without the places of its problems, which may be paths of this machine."""
    if isinstance(error, ReportgenError):
        return "; ".join(problem.message for problem in error.problems)
    return str(error) or "no reason given"


def _place(error: Exception) -> str:
    """Return our own line in which an error arose, as `stats/one_step.py:210`."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_ROOM):
            return f"{path.relative_to(_ROOM).as_posix()}:{frame.lineno}"
    return "reportgen"


def _trace(error: Exception) -> str:
    return "".join(traceback.format_exception(error)).rstrip()

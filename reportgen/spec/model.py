"""What every part of a study file shares: closed keys, frozen values, one or several names, and spans of time.

The models here and in `study` and `mapping` are the language. The JSON Schema for editors is made from them.
"""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from reportgen.spec.normal import normal

DAYS_PER = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
_SPAN = re.compile(r"^\s*(?:(?:after|at)\s+)?(\d+(?:[.,]\d+)?)\s*(day|week|month|year)s?\s*$", re.IGNORECASE)


class Node(BaseModel):
    """A part of the study file: unknown keys are errors, values never change."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        arbitrary_types_allowed=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


class RuleError(ValueError):
    """A rule of the language that was broken: what is wrong, how to fix it, and where below the part that was checked."""

    def __init__(self, message: str, hint: str, *at: str | int | float) -> None:
        super().__init__(message)
        self.hint = hint
        self.at = at


def listed(value: Any) -> Any:
    """Let one value be written where a list may stand."""
    return [value] if isinstance(value, str | int | float | bool) else value


def _as_line(value: Any) -> Any:
    """Take off the line end of a folded text; a line break inside would tear a heading, a table or a file's name."""
    if not isinstance(value, str):
        return value
    line = value.strip("\r\n")
    if re.search("[\t\r\n\x0b\x0c\x85]", line):
        raise RuleError("a name or title must be on one line", "Write it on one line.")
    return line


def _as_word(value: Any) -> Any:
    """Let a name be written without quotes even if YAML reads a number (`reference: 1`), and in any characters."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    line = _as_line(value)
    if isinstance(line, str) and not normal(line):
        raise RuleError("a name is empty", "Write a word, or remove the line.")
    return normal(line) if isinstance(line, str) else line


def _as_path(value: Any) -> Any:
    line = _as_line(value)
    if isinstance(line, str) and not line.strip():
        raise RuleError("the path is empty", "Write the path, or remove the line.")
    return line


def _as_code(value: Any) -> Any:
    """A code is one word or number: a list of reasons why it is none would be one for each kind."""
    if value is None or isinstance(value, list | dict):
        what = "nothing" if value is None else "a list" if isinstance(value, list) else "a mapping of keys"
        raise RuleError(f"{what} found where a code is expected", "Write one word or number, in quotes if need be.")
    return value


def _as_reason(value: Any) -> Any:
    line = _as_line(value)
    if isinstance(line, str) and line.strip().casefold() in ("true", "false", "yes", "no"):
        raise RuleError(
            f"'{line}' is not a reason", "Give the reason in a few words, as in `leave_out: not randomised`."
        )
    return line


FIRST_YEAR = 1900
"""Excel knows no earlier day, and a year below 1000 is written as none in properties of files."""


def _as_day(value: Any) -> Any:
    """Let a day be written without quotes, which YAML reads as a date."""
    text = str(value) if isinstance(value, date | int) else value
    if isinstance(text, str) and text and not _is_day(text):
        raise RuleError(f"'{text}' is not a day", "Write year, month and day, as in `2026-11-30`.")
    if isinstance(text, str) and text and int(text[:4]) < FIRST_YEAR:
        message = f"'{text}' lies before {FIRST_YEAR}, and programs that open the report cannot hold such a day"
        raise RuleError(message, "Write the day of the report, as in `2026-11-30`.")
    return text


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


Line = Annotated[str, BeforeValidator(_as_line)]
"""A text that stands on one line, as a title does."""

FilePath = Annotated[str, BeforeValidator(_as_path)]
"""The path of a file or of a folder, relative to the file that names it."""

Day = Annotated[str, BeforeValidator(_as_day)]
"""A day of this age, as in `2026-11-30`, or nothing."""

Reason = Annotated[str, BeforeValidator(_as_reason)]
"""Why people are left out, as the ledger prints it."""

Real = Annotated[float, Field(ge=-1e12, le=1e12)]
"""A number that a calculation can carry."""


def _two(value: Any) -> Any:
    """Refuse what is no pair in one message: a validator has one for each value that is missing."""
    if isinstance(value, list | tuple) and len(value) == 2:
        return value
    if isinstance(value, list | tuple):
        found = {0: "an empty list", 1: "one value"}.get(len(value), f"{len(value)} values")
    else:
        found = "nothing" if value is None else "a mapping of keys" if isinstance(value, dict) else "one value"
    message = f"{found} found where a lower and an upper value are expected"
    raise RuleError(message, "Write both in brackets, with a comma between them, as in `[2, 3]`.")


Two = BeforeValidator(_two)
"""Of a pair of a lower and an upper value."""


def _ascending(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] >= value[1]:
        raise RuleError("the lower limit must be below the upper one", "Write the lower limit first.")
    return value


Range = Annotated[tuple[Real, Real], Two, AfterValidator(_ascending)]
"""The least and the greatest value that a quantity can take."""


def _not_tiny(value: float) -> float:
    if value < 1e-12:
        raise RuleError(f"'{value:g}' is too close to zero", "Write a larger number.")
    return value


Positive = Annotated[float, Field(gt=0, le=1e12), AfterValidator(_not_tiny)]
"""A number above zero that a calculation can carry."""

MOST = 1_000_000
"""No number of people, trials, rows or steps is larger."""

Word = Annotated[str, BeforeValidator(_as_word)]
Written = Annotated[Word, WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]})]
"""A level or a number, as it is written."""
Code = Annotated[str | int | float | bool, BeforeValidator(_as_code)]
"""What a file writes for something: a word or a number."""
Names = Annotated[
    tuple[Word, ...],
    BeforeValidator(listed),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One name, or a list of names."""

DECIMAL = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,2})?", re.ASCII)
"""A number in one of the ways of writing that stay texts where a code may stand: `1.50`, `.5`, `1e5`."""

_NUMBER = re.compile(r"[-−+]?\d+(?:\.\d+)?")


def _is_number(text: str) -> str:
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(f"'{text}' is not a number such as 1.30: write it with a dot, and without units")
    return text


Printed = Annotated[str, BeforeValidator(_as_word), AfterValidator(_is_number)]
"""A number as a publication prints it: in quotes, so that its last zeros stay (`"1.30"`)."""


def months_of(span: str) -> float | None:
    """Return a span of time in months, or None where it is none.

    A week has 7 days, a month 365.25/12. `baseline` is 0.

    Examples
    --------
    >>> months_of("3 months"), months_of("baseline"), round(months_of("13 weeks"), 2), months_of("visit 3")
    (3.0, 0.0, 2.99, None)
    """
    span = normal(span)
    if span.lower() == "baseline":
        return 0.0
    found = _SPAN.match(span)
    if found is None:
        return None
    amount, unit = float(found[1].replace(",", ".")), found[2].lower()
    months = amount if unit == "month" else amount * DAYS_PER[unit] / DAYS_PER["month"]
    return months if math.isfinite(months) else None


def number_of(value: str) -> float | None:
    """Return a value of a trial as a number; None where it is none.

    Examples
    --------
    >>> number_of("2004"), number_of("low")
    (2004.0, None)
    """
    return float(value) if DECIMAL.fullmatch(value) is not None else None

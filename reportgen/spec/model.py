"""What every part of a study file shares: closed keys, frozen values, one or several names, and spans of time.

The models here and in `study` and `mapping` are the language. The JSON Schema for editors is made from them.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

DAYS_PER = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
_SPAN = re.compile(r"^\s*(?:(?:after|at)\s+)?(\d+(?:[.,]\d+)?)\s*(day|week|month|year)s?\s*$", re.IGNORECASE)


class Node(BaseModel):
    """A part of the study file: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True)


class RuleError(ValueError):
    """A rule of the language that was broken: what is wrong, how to mend it, and where below the part that was checked."""

    def __init__(self, message: str, hint: str, *at: str | int | float) -> None:
        super().__init__(message)
        self.hint = hint
        self.at = at


def listed(value: Any) -> Any:
    """Let one value be written where a list may stand."""
    return [value] if isinstance(value, str | int | float | bool) else value


def _as_word(value: Any) -> Any:
    """Let a name be written without quotes even if YAML reads a number: `reference: 1`."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Word = Annotated[str, BeforeValidator(_as_word)]
Names = Annotated[
    tuple[Word, ...],
    BeforeValidator(listed),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One name, or a list of names."""

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
    if span.strip().lower() == "baseline":
        return 0.0
    found = _SPAN.match(span)
    if found is None:
        return None
    amount, unit = float(found[1].replace(",", ".")), found[2].lower()
    return amount if unit == "month" else amount * DAYS_PER[unit] / DAYS_PER["month"]

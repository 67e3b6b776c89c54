"""Numbers as a publication prints them: their decimals, their value, and whether one of our intervals covers them."""

from __future__ import annotations

from typing import Literal

from reportgen.records.numbers import MINUS, Value

Covered = Literal["yes", "no", ""]


def as_set(printed: str) -> str:
    """Return a printed number with a true minus sign and no plus.

    Examples
    --------
    >>> as_set("-0.40"), as_set("+1")
    ('−0.40', '1')
    """
    return printed.replace("-", MINUS).lstrip("+")


def decimals_of(printed: str) -> int:
    """Return how many decimals are printed.

    Examples
    --------
    >>> decimals_of("0.40"), decimals_of("3093")
    (2, 0)
    """
    return len(printed.partition(".")[2])


def value_of(printed: str) -> float:
    """Return the value of a printed number."""
    return float(printed.replace(MINUS, "-"))


def covered(printed: str, low: Value | None, high: Value | None) -> Covered:
    """Return whether an interval covers a printed number; an empty word where there is no interval."""
    if low is None or high is None or low.value is None or high.value is None:
        return ""
    return "yes" if low.value <= value_of(printed) <= high.value else "no"

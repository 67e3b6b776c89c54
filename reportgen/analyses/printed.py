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
    """Return whether an interval covers a printed number; an empty word where there is no interval.

    Examples
    --------
    >>> half, twice = (Value("a", value, kind="log") for value in (-0.69, 0.69))
    >>> covered("1.30", half, twice), covered("0.40", half, twice), covered("1.30", half, None)
    ('yes', 'no', '')
    """
    low_end, high_end = (None if end is None else end.shown for end in (low, high))
    if low_end is None or high_end is None:
        return ""
    return "yes" if low_end <= value_of(printed) <= high_end else "no"

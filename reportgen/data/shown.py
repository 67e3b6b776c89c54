"""What a sheet shows and calamine does not deliver: the common result of the searches in `unvalued` and its formats."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol

Place = tuple[int, int]
"""Row and column of a cell, from 0."""

Span = tuple[Place, Place]
"""The first and the last cell of a rectangle."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What was found in one sheet.

    Attributes
    ----------
    unvalued : dict of place to str
        Cells without a value: the error as the sheet shows it, or the formula from its equals sign.
    percent : set of place
        Numbers that the sheet shows in per cent: 40% is held as 0.4.
    merged : list of span
        Rectangles that are one cell; the first of its cells holds the value.
    """

    unvalued: dict[Place, str] = field(default_factory=dict)
    percent: set[Place] = field(default_factory=set)
    merged: list[Span] = field(default_factory=list)


class Book(Protocol):
    """A workbook of some format, opened."""

    def check_all(self) -> None:
        """Refuse a workbook with a sheet that reaches absurdly far, where calamine reads all sheets at once."""

    def check(self, sheet: str) -> None:
        """Refuse the workbook where this sheet reaches absurdly far."""

    def shown(self, sheet: str) -> Shown:
        """Search one sheet."""


def shows_percent(code: str) -> bool:
    r"""Whether a number format shows numbers in per cent; a sign in quotes or behind a backslash is only a letter.

    Examples
    --------
    >>> shows_percent("0.0%"), shows_percent('0.0"%"'), shows_percent("0\\%")
    (True, False, False)
    """
    return "%" in re.sub(r'"[^"]*"|\\.', "", code)

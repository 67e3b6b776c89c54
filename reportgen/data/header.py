"""The names of the columns: from one row or several, in one line each, and the row in which they stand.

A header over two rows says 'Pain' once, over 'baseline' and '3 months': its columns are called 'Pain / baseline' and
'Pain / 3 months'. A line break inside a name is a space, since nobody could write it in a mapping.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

from reportgen.data.raw import UnreadableError, column_name
from reportgen.data.shown import Span
from reportgen.spec.mapping import Data

BETWEEN = " / "
"""What stands between the names of a column in the rows of a header."""

_FAR = 30  # rows in which a header is looked for


def joined_names(rows: Sequence[Sequence[Any]], numbers: Sequence[int] = (), spans: Iterable[Span] = ()) -> list[str]:
    """Return one name a column from the rows of a header.

    An empty cell of an upper row belongs to the cell on its left, if that is merged over it; where nothing in the header
    is merged, if both have a name below them.

    Parameters
    ----------
    rows : sequence of sequences
    numbers : sequence of int
        The number of each row, from 0, as the spans count them.
    spans : iterable of span
        Merged rectangles.

    Examples
    --------
    >>> joined_names([["id", "Pain", ""], ["", "baseline", "3 months"]])
    ['id', 'Pain / baseline', 'Pain / 3 months']
    """
    width = max(map(len, rows), default=0)
    names = [[column_name(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    merged = [span for span in spans if span[0][0] in numbers and span[1][1] > span[0][1]]
    for (top, left), (_, right) in merged:
        row = names[numbers.index(top)]
        row[left + 1 : right + 1] = [row[left] if left < width else ""] * (min(right + 1, width) - left - 1)
    if not merged:
        for upper, lower in pairwise(names):
            _spread(upper, lower)
    return [BETWEEN.join(dict.fromkeys(part for part in parts if part)) for parts in zip(*names, strict=True)]


def _spread(upper: list[str], lower: list[str]) -> None:
    for i in range(1, len(upper)):
        if not upper[i] and lower[i] and lower[i - 1]:
            upper[i] = upper[i - 1]


def refuse_other_row(names: Sequence[str], data: Data, row: Callable[[int], Sequence[Any]], word: str) -> None:
    """Refuse a header without the column of participants, if a row further down has it: that is the header.

    Parameters
    ----------
    names : sequence of str
        What was taken for the header.
    row : callable
        A row of the table by its number, from 1; empty beyond the end.
    word : str
        "line" or "row".
    """
    wanted = column_name(data.participant)
    if wanted in names:
        return
    last = data.header_lines[-1]
    for number in range(last + 1, last + _FAR):
        if wanted in map(column_name, row(number)):
            message = f"{word} {last} does not hold the column '{wanted}', and {word} {number} does"
            raise UnreadableError(message, f"If that is the header, write `header_row: {number}`.", "header_row")

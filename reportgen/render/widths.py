"""How wide the columns of a table are: measured, and shared out so that no number breaks.

Word and the PDF are given fixed widths: a table that measures itself differs from one program to the next, and takes a
second pass over all its cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from reportgen.records.artefact import Column
from reportgen.records.numbers import plain
from reportgen.render.layout import Cell, SetRow, SetTable
from reportgen.render.lettering import Lettering

FIGURE_SPACE = "\u2007"
WORDS_MM = 30.0  # a column of words is read easily from here on
WORDIEST_MM = 70.0  # more a column of words does not ask for, unless there are few columns
FILLING_COLUMNS = 4  # a table of as many columns is as wide as the page
FEW_COLUMNS_MM = 220.0  # what these may ask for together

_INDENT = re.compile(r"\bin-(\d+)")


@dataclass(frozen=True, slots=True)
class Setting:
    """How a table is set: its font, its size in points, the padding of a cell and the indent of a row in millimetres."""

    font: Lettering
    points: float
    padding: float = 3.0
    indent: float = 3.0

    def width_mm(self, text: str, bold: bool) -> float:
        """Return the width of a line of text."""
        return self.font.width_mm(text, self.points, bold)

    def longest_word_mm(self, text: str, bold: bool) -> float:
        """Return the width of the longest word of a text."""
        return self.font.longest_word_mm(text, self.points, bold)


@dataclass(frozen=True, slots=True)
class Need:
    """What a column needs, in millimetres, each more than the one before.

    No word is broken; no number is broken; words are read easily; what should stand on one line does; nothing is broken
    that need not be.
    """

    word: float
    number: float
    comfort: float
    line: float
    wanted: float


def needs_of(ready: SetTable, size: Setting) -> list[Need]:
    """Return what each column of a table needs."""
    needs = [_need(ready, index, column, size) for index, column in enumerate(ready.table.columns)]
    starts = accumulate((spanner.columns for spanner in ready.spanners), initial=0)
    for spanner, start in zip(ready.spanners, starts, strict=False):
        covered = needs[start : start + spanner.columns]
        line = size.width_mm(plain(spanner.inline), bold=True) + size.padding
        more = max(0.0, line - sum(need.wanted for need in covered)) / spanner.columns
        needs[start : start + spanner.columns] = [replace(need, wanted=need.wanted + more) for need in covered]
    return needs


def _need(ready: SetTable, index: int, column: Column, size: Setting) -> Need:
    head = plain(column.head)
    head_word = size.longest_word_mm(head, bold=True)
    cells = list(texts_of(ready, index, size))
    words = max((size.longest_word_mm(text, bold) + inset for text, bold, inset in cells), default=0.0)
    lines = max((size.width_mm(text, bold) + inset for text, bold, inset in cells), default=0.0)
    two_lines = max(head_word, min(size.width_mm(head, bold=True) / 2 + 1, WORDS_MM))
    word = max(head_word, words)
    number = word if column.align == "left" else max(word, lines)
    wordiest = max(WORDIEST_MM, FEW_COLUMNS_MM / len(ready.table.columns))
    fully = max(number, min(max(lines, two_lines), wordiest))
    comfort = min(fully, max(number, WORDS_MM)) if column.align == "left" else number
    line = max(comfort, min(lines, WORDIEST_MM)) if ready.unbroken[index] else comfort
    return Need(*(width + size.padding for width in (word, number, comfort, line, max(fully, line))))


def texts_of(ready: SetTable, index: int, size: Setting) -> Iterator[tuple[str, bool, float]]:
    """Yield the cells of a column: the text, whether it is bold, and how far it is moved in, in millimetres."""
    for _, rows in ready.groups:
        for row in rows:
            if index == 0:
                if row.head_columns == 1:
                    yield plain(row.row.head), row.row.total, size.indent * depth(row)
            elif index >= row.head_columns:
                yield _padded(row.cells[index - row.head_columns]), row.row.total, 0.0


def depth(row: SetRow) -> int:
    """Return how many times the head of a row is moved in."""
    names = row.classes.split()
    return ("under" in names) + ("deep" in names)


def _padded(cell: Cell) -> str:
    return FIGURE_SPACE * figure_spaces(cell) + plain(cell.inline)


def figure_spaces(cell: Cell) -> int:
    """Return by how many digits a number is moved in, so that it lines up on the decimal."""
    found = _INDENT.search(cell.classes)
    return int(found[1]) if found else 0


def shared(needs: Sequence[Need], room: float, *, filled: bool) -> list[float]:
    """Return the widths of columns: what they want where there is room, and else as much of it as there is room for.

    Examples
    --------
    >>> needs = [Need(10, 10, 10, 10, 60), Need(10, 20, 20, 20, 20)]
    >>> shared(needs, 100, filled=False), shared(needs, 40, filled=True), shared(needs, 25, filled=True)
    ([60, 20], [20.0, 20.0], [10.0, 15.0])
    """
    levels = [[getattr(need, name) for need in needs] for name in ("wanted", "line", "comfort", "number", "word")]
    if sum(levels[0]) <= room:
        return [width * room / sum(levels[0]) for width in levels[0]] if filled else levels[0]
    for more, less in pairwise(levels):
        if sum(less) <= room:
            share = (room - sum(less)) / (sum(more) - sum(less))
            return [start + share * (end - start) for start, end in zip(less, more, strict=True)]
    return [width * room / sum(levels[-1]) for width in levels[-1]]

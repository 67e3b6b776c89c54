"""Tables with one number a cell, and as CSV, for those who compute with them.

Each printed number has a column of its own: an effect with its interval is three columns, named by the last words of its
id. Cells of words stay words, and each row says in a column of its own to which group it belongs. CSV: one file a table, the
first line the heads (spanner, head, number); numbers have all their digits, with a dot and an ASCII minus; what could
not be estimated is empty, and what is known and suppressed ("<5") stays words. Words that a spreadsheet would run as a
formula have an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.inert import inert
from reportgen.records.marks import is_mark
from reportgen.records.numbers import MINUS, Inline, Number, plain, read_back

MOST_NUMBERS = 3
_PRINTED_NUMBER = re.compile(rf"[-{MINUS}]?\d+(\.\d+)?")


Cell = str | Number | None
"""Words, a number, or nothing."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column with one number a cell: the spanner above it, the head as printed, and which number it holds.

    Examples
    --------
    >>> Head("Effect (95% CI)", span="Two-stage check", part="ci low").line
    'Two-stage check: Effect (95% CI): ci low'
    """

    column: str
    span: str = ""
    part: str = ""

    @property
    def levels(self) -> tuple[str, str, str]:
        """The three lines of the head from above; empty where there is none."""
        return self.span, self.column, self.part

    @property
    def line(self) -> str:
        """The head on one line."""
        return ": ".join(text for text in self.levels if text)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with one number a cell: heads, and rows as long as they are; `grouped` where the first column names groups."""

    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    grouped: bool = False


def grid(table: Table) -> Grid:
    """Return a table with a column for each printed number."""
    rows = [row for group in table.groups for row in group.rows]
    groups = [name for group in table.groups for name in _groups(group)]
    parts = [_parts([row.cells[i] for row in rows]) for i in range(len(table.columns) - 1)]
    lines = [line for group in table.groups for line in _lines(group, table.columns[1:], parts)]
    heads = (Head(_words(table.columns[0].head)), *_heads(table, rows, parts))
    if not any(groups):
        return Grid(heads, tuple(lines))
    named = tuple((name, *line) for name, line in zip(groups, lines, strict=True))
    return Grid((Head("Group"), *heads), named, grouped=True)


def _heads(table: Table, rows: Sequence[Row], parts: Sequence[tuple[str, ...]]) -> Iterator[Head]:
    for place, (column, names) in enumerate(zip(table.columns[1:], parts, strict=True)):
        head = _words(column.head) + _unit([row.cells[place] for row in rows], names)
        for name in names if len(names) > 1 else ("",):
            yield Head(head, _words(column.span), name)


def _groups(group: Group) -> Iterator[str]:
    """Yield to what each row of a group belongs: the head of the group, and the row that it is moved in under."""
    above: list[Row] = []
    for row in group.rows:
        above = [other for other in above if other.indent < row.indent]
        yield ": ".join(text for text in (_words(group.head), *(_words(other.head) for other in above)) if text)
        above.append(row)


def table_csv(table: Table) -> str:
    """Return a table as CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    result = grid(table)
    writer.writerow(inert(head.line) for head in result.heads)
    writer.writerows([_text(cell) for cell in row] for row in result.rows)
    return out.getvalue()


def _text(cell: Cell) -> str:
    if not isinstance(cell, Number):
        return inert(cell or "")
    shown = cell.shown
    if shown is not None and math.isfinite(shown) and cell.kind != "quotation":
        return repr(float(shown)).removesuffix(".0")
    return inert(words_of(cell).replace(MINUS, "-"))


def words_of(cell: Cell) -> str:
    """Return a cell as printed; nothing for what could not be estimated."""
    if not isinstance(cell, Number):
        return cell or ""
    return "" if cell.value is None and cell.status != "suppressed" else cell.text


def _lines(group: Group, columns: Sequence[Column], parts: Sequence[tuple[str, ...]]) -> Iterator[tuple[Cell, ...]]:
    head: Inline = ()
    for row in group.rows:
        head = row.head or head  # which may stand beside several rows
        line = [_head_cell(head)]
        for cell, column, names in zip(row.cells, columns, parts, strict=True):
            line += ([*_numbers(cell)] + [None] * len(names))[: len(names)] if names else [_worded(cell, column)]
        yield tuple(line)


def _head_cell(head: Inline) -> Cell:
    """Return the head of a row: a number where it is nothing else."""
    return head[0] if len(head) == 1 and _numbers(head) and isinstance(head[0], Number) else _words(head)


def _worded(cell: Inline, column: Column) -> Cell:
    """Return a cell of a column of words; a number that a publication printed is a number in a column of numbers."""
    only = cell[0] if len(cell) == 1 else None
    if column.align == "left" or not isinstance(only, Number) or not _PRINTED_NUMBER.fullmatch(only.text):
        return _words(cell)
    return Number(only.id, read_back(only.text), only.text, only.unit, source=only.source, kind=only.kind)


def _numbers(cell: Inline) -> list[Number]:
    return [part for part in cell if isinstance(part, Number) and part.kind != "quotation"]


def _parts(cells: list[Inline]) -> tuple[str, ...]:
    """Return the names of a column's numbers; none where it is a column of words."""
    found = [_numbers(cell) for cell in cells]
    most = max(map(len, found), default=0)
    if any(map(_wordy, cells)) or not 0 < most <= MOST_NUMBERS:
        return ()
    return tuple(
        " or ".join(dict.fromkeys(_last(numbers[i].id) for numbers in found if len(numbers) == most))
        for i in range(most)
    )


def _wordy(cell: Inline) -> bool:
    """Whether a cell says something in words beside its numbers: "to" between two of them says nothing more."""
    words = " ".join(part for part in cell if isinstance(part, str) and not is_mark(part)).replace(" to ", " ")
    quoted = any(isinstance(part, Number) and part.kind == "quotation" for part in cell)
    return quoted or any(character.isalpha() for character in words)


def _unit(cells: Sequence[Inline], names: tuple[str, ...]) -> str:
    """Return the sign of per cent for the head of a column whose cells have it, and lose it."""
    numbered = [cell for cell in cells if any(number.value is not None for number in _numbers(cell))]
    return ", %" if names and numbered and all("%" in plain(cell) for cell in numbered) else ""


def _last(id_: str) -> str:
    """Return the last words of an id, without the artefact that reprinted it."""
    return id_.partition("@")[0].rpartition(".")[2].replace("-", " ")


def _words(inline: Inline) -> str:
    return plain(tuple(part for part in inline if not is_mark(part))).replace(MINUS, "-").replace("\u00a0", " ").strip()

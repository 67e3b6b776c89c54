"""Tables with one number a cell, and as CSV, for those who compute with them.

Each printed number has a column of its own: an effect with its interval is three columns, named by the last words of its
id. Cells of words stay words. CSV: UTF-8, one file a table, the first line the heads (spanner, then head); numbers stand
as they are printed, with an ASCII minus; what could not be estimated is empty, "<5" and "<0.001" stay as they are. Words
that a spreadsheet would run as a formula have an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.records.artefact import Group, Row, Table
from reportgen.records.inert import inert
from reportgen.records.marks import is_mark
from reportgen.records.numbers import MINUS, Inline, Number, plain

MOST_NUMBERS = 3


Cell = str | Number | None
"""Words, a number, or nothing."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with one number a cell: heads, and rows as long as they are."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def grid(table: Table) -> Grid:
    """Return a table with a column for each printed number."""
    grouped = any(group.head for group in table.groups)
    rows = [(group, row) for group in table.groups for row in group.rows]
    parts = [_parts([row.cells[i] for _, row in rows]) for i in range(len(table.columns) - 1)]
    heads = [_words(table.columns[0].head)]
    for place, (column, names) in enumerate(zip(table.columns[1:], parts, strict=True)):
        head = ": ".join(text for text in (_words(column.span), _words(column.head)) if text)
        head += _unit([row.cells[place] for _, row in rows], names)
        heads += [f"{head}: {name}" for name in names] if len(names) > 1 else [head]
    return Grid(
        tuple((["Group"] if grouped else []) + heads),
        tuple((*([_words(group.head)] if grouped else []), *_line(group, row, parts)) for group, row in rows),
    )


def table_csv(table: Table) -> str:
    """Return a table as CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    result = grid(table)
    writer.writerow(map(inert, result.heads))
    writer.writerows([_text(cell) for cell in row] for row in result.rows)
    return out.getvalue()


def _text(cell: Cell) -> str:
    if isinstance(cell, Number):
        cell = "" if cell.value is None and cell.status != "suppressed" else cell.text.replace(MINUS, "-")
    return inert(cell or "")


def _line(group: Group, row: Row, parts: list[tuple[str, ...]]) -> list[Cell]:
    line: list[Cell] = [_words(row.head or next((other.head for other in _above(group, row) if other.head), ()))]
    for cell, names in zip(row.cells, parts, strict=True):
        if not names:
            line.append(_words(cell))
            continue
        line += ([*_numbers(cell)] + [None] * len(names))[: len(names)]
    return line


def _above(group: Group, row: Row) -> list[Row]:
    """Return the rows above one, the nearest first: a head may stand beside several rows."""
    return list(reversed(group.rows[: group.rows.index(row)]))


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

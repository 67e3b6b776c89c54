"""How a table is set: where its decimals line up, whether it needs the long side of the paper, and its spanners.

Digits, the minus sign and "<" have one width in Source Sans, so that numbers line up on the decimal when each cell is
moved in by the characters that its neighbours have before theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, takewhile

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.numbers import Inline, plain
from reportgen.render.lettering import PAPER

_BEFORE = re.compile(r"^[<>−\d]*")
LONGEST_INDENT = 8
PAPER_WIDTH_MM = 174.0
PAPER_LENGTH_MM = 257.0
WORD_LETTERS = 20
WORDS_MM, LINE_MM, BROKEN_LINE_MM = 32.0, 79.5, 37.0  # of a column of words: at least, on one line, and broken
ROWS_KEPT_TOGETHER = 16
ROWS_OF_A_WHOLE = 6  # of a group that stays together
LEADING_ROWS, LAST_ROWS = 3, 6  # of a table: never alone on a page
LETTERS_IN_A_LINE = 80  # of the widest cell of a table on an upright page
LETTERS_ON_ONE_LINE = 56  # of a cell that should not break
LETTERS_OF_A_BROKEN_LINE = 26  # of a cell that may: fewer make a ribbon of words


@dataclass(frozen=True, slots=True)
class Look:
    """How a table is set on paper: its class name in the style sheet, its type in points, and the padding of a cell in millimetres.

    It stands upright, or, where it is `wide`, on the long side of the paper.
    """

    style: str
    points: float
    padding: float = 3.2
    wide: bool = False

    @property
    def room(self) -> float:
        """Width of the page in millimetres."""
        return PAPER_LENGTH_MM if self.wide else PAPER_WIDTH_MM


# as paper.css has them
PLAIN, DENSE, TIGHT, FINE = Look("plain", 8.4), Look("dense", 8.0), Look("tight", 7.4, 2.0), Look("fine", 7.0, 1.4)
WIDE, MANY = Look("dense", 8.0, wide=True), Look("many", 7.6, wide=True)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with its class names."""

    inline: Inline
    classes: str


@dataclass(frozen=True, slots=True)
class SetRow:
    """A row ready to be printed.

    Its head stands beside `head_rows` rows (0: the one above does) and over `head_columns` columns; `head_length` is "brief"
    where it stays on one line, "long" where it breaks. It is `kept` on one page with what stands below it: the next row, or
    the notes.
    """

    row: Row
    cells: tuple[Cell, ...]
    classes: str
    head_rows: int
    head_columns: int
    head_length: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Spanner:
    """A head over several columns; empty where a column has none."""

    inline: Inline
    columns: int


@dataclass(frozen=True, slots=True)
class SetTable:
    """A table with everything that a template needs to print it.

    `unbroken` says of each column whether its words stand on one line where the paper has room for that: it gives way
    last, after the heads of the other columns.
    """

    table: Table
    groups: tuple[tuple[Inline, tuple[SetRow, ...]], ...]
    spanners: tuple[Spanner, ...]
    short: bool
    sort: str
    unbroken: tuple[bool, ...]
    look: Look


def set_table(table: Table, look: Look | None = None) -> SetTable:
    """Return a table ready to be printed; without a look, as upright or wide as it would be in large type."""
    look = look or (WIDE if is_wide(table) else PLAIN)
    before = [_before(table, index) for index in range(len(table.columns) - 1)]
    results = [(group.head, tuple(_rows(group, table.columns[1:], before))) for group in table.groups]
    groups = tuple(_kept(results, noted=bool(table.footnotes)))
    short = sum(bool(head) + sum(_lines(row.row) for row in rows) for head, rows in groups) <= ROWS_KEPT_TOGETHER
    return SetTable(table, groups, _spanners(table), short, _sort(table), _unbroken(table, look), look)


SetGroup = tuple[Inline, tuple[SetRow, ...]]
"""A group of rows ready to be printed, with its head."""


def _kept(groups: Sequence[SetGroup], *, noted: bool) -> Iterator[SetGroup]:
    """Yield groups whose rows know whether a page may end below them; `noted` says that notes follow.

    A small group stays whole, a large one begins and ends with two rows at least, a table with `LEADING_ROWS` and
    `LAST_ROWS`; a small group without a head that ends the table, such as a total, stays below what it adds up.
    """
    total = sum(len(rows) for _, rows in groups)
    ending = groups[-1] if groups else ((), ())
    stays = total - len(ending[1]) - 1 if not ending[0] and len(ending[1]) <= ROWS_OF_A_WHOLE else -1
    first = 0
    for head, rows in groups:
        inside = _kept_inside(rows)
        at = range(first, first + len(rows))
        edge = [i < LEADING_ROWS - 1 or total - LAST_ROWS <= i < total - 1 or i == stays for i in at]
        last = [noted and i == total - 1 for i in at]
        yield (
            head,
            tuple(replace(row, kept=any(reasons)) for row, *reasons in zip(rows, inside, edge, last, strict=True)),
        )
        first += len(rows)


def _kept_inside(rows: Sequence[SetRow]) -> list[bool]:
    """Return of each row of a group whether the next one stays with it."""
    last = len(rows) - 1
    whole = len(rows) <= ROWS_OF_A_WHOLE
    levels = _levels(rows)
    return [
        i < last and (whole or i in (0, last - 1) or levels[i] or not rows[i + 1].head_rows) for i in range(len(rows))
    ]


def _levels(rows: Sequence[SetRow]) -> list[bool]:
    """Return of each row whether the next one is moved in below it, or below the one that both belong to.

    Where these are many only the first stays with the row that they belong to.
    """
    kept = [False] * len(rows)
    for first, row in enumerate(rows):
        if row.row.indent:
            continue
        more = sum(1 for _ in takewhile(lambda other: other.row.indent, rows[first + 1 :]))
        for i in range(first, first + (more if more < ROWS_OF_A_WHOLE else 1)):
            kept[i] = True
    return kept


def _unbroken(table: Table, look: Look) -> tuple[bool, ...]:
    """Return of each column whether its cells stand on one line each: row heads, and words wider than their own head.

    Where the paper has no room for all of them only short words do, or none: then all columns of words share what there is.
    """
    indices = range(len(table.columns))
    if all(table.columns[index].align != "left" for index in indices[1:]):
        return tuple(index == 0 for index in indices)
    for most in (LETTERS_ON_ONE_LINE, 30, WORD_LETTERS):
        found = tuple(_is_unbroken(table, index, most) for index in indices)
        needed = [_width(table, index, look, LINE_MM if whole else BROKEN_LINE_MM) for index, whole in enumerate(found)]
        if sum(needed) <= look.room:
            return found
    return tuple(False for _ in indices)


def _is_unbroken(table: Table, index: int, most: int) -> bool:
    column = table.columns[index]
    longest = max((len(plain(cell)) for cell in _cells_of(table, index)), default=0)
    return column.align == "left" and (index == 0 or len(plain(column.head)) <= longest <= most)


def _cells_of(table: Table, index: int) -> Iterator[Inline]:
    """Yield the cells of a column, the row heads for the first."""
    for group in table.groups:
        for row in group.rows:
            yield row.head if index == 0 else row.cells[index - 1]


def _lines(row: Row) -> int:
    """Return how many lines a row takes at the most: a long cell is broken."""
    return 1 + max(len(plain(cell)) for cell in (row.head, *row.cells)) // LETTERS_IN_A_LINE


def _rows(group: Group, columns: tuple[Column, ...], before: list[int]) -> Iterator[SetRow]:
    for index, row in enumerate(group.rows):
        following = next(
            (i for i, other in enumerate(group.rows[index + 1 :]) if other.head), len(group.rows) - index - 1
        )
        names = {
            "under": bool(row.indent or group.head),
            "deep": bool(row.indent and group.head),
            "total": row.total,
            "muted": row.muted,
        }
        classes = " ".join(name for name, holds in names.items() if holds)
        cells = tuple(_cells(row, columns, before))
        blank = _leading_blanks(row, columns)
        head_rows = following + 1 if row.head else 0
        letters = len(plain(row.head))
        head = "long" if letters > LETTERS_ON_ONE_LINE else "brief" if letters <= LETTERS_OF_A_BROKEN_LINE else ""
        yield SetRow(row, cells[blank:], classes, head_rows, blank + 1, head)


def _leading_blanks(row: Row, columns: tuple[Column, ...]) -> int:
    """Return how many columns of words beside the head of a total are empty: the head may spread over them."""
    if not row.total:
        return 0
    blank = 0
    while blank < len(columns) - 1 and not row.cells[blank] and columns[blank].align == "left":
        blank += 1
    return blank


def _before(table: Table, index: int) -> int:
    """Return how many characters the cells of a column have before the decimal point, at most."""
    cells = (row.cells[index] for group in table.groups for row in group.rows)
    return max((_figures(cell) for cell in cells if plain(cell) and not _is_dash(cell)), default=0)


def _is_dash(inline: Inline) -> bool:
    return plain(inline).startswith("–")


def _figures(inline: Inline) -> int:
    found = _BEFORE.match(plain(inline))
    return len(found[0]) if found else 0


def _cells(row: Row, columns: tuple[Column, ...], before: list[int]) -> Iterator[Cell]:
    for inline, column, most in zip(row.cells, columns, before, strict=True):
        indent = 0
        if column.align == "decimal" and plain(inline):
            indent = min(most - (most if _is_dash(inline) else _figures(inline)), LONGEST_INDENT)
            indent = max(most - 1, 0) if _is_dash(inline) else indent
        yield Cell(inline, f"{column.align}{f' in-{indent}' if indent else ''}{_length(inline, column)}")


def _length(inline: Inline, column: Column) -> str:
    """Return a class name for words that a screen, where tables may be moved sideways, keeps together or gives room."""
    letters = len(plain(inline))
    if column.align != "left" or not letters:
        return ""
    return " brief" if letters <= LETTERS_OF_A_BROKEN_LINE else " wordy" if letters > LETTERS_ON_ONE_LINE else ""


def _spanners(table: Table) -> tuple[Spanner, ...]:
    if not any(column.span for column in table.columns):
        return ()
    return tuple(
        Spanner(found[0].span, len(found))
        for _, run in groupby(table.columns, lambda c: c.span)
        for found in [tuple(run)]
    )


def is_wide(table: Table) -> bool:
    """Whether the table needs the long side of the paper in large type: as measured, with words that may break."""
    return not fits(table, PLAIN)


def fits(table: Table, look: Look) -> bool:
    """Whether the page has room for all columns in a look, words broken where that leaves lines of some length."""
    return sum(_width(table, index, look) for index in range(len(table.columns))) <= look.room


def _width(table: Table, index: int, look: Look, most: float = WORDS_MM) -> float:
    """Return the width of a column in millimetres, its words broken where they are wider than `most`."""
    column = table.columns[index]
    longest = max((PAPER.width_mm(plain(cell), look.points) for cell in _cells_of(table, index)), default=0.0)
    if column.align == "left":
        longest = min(longest, most * look.points / PLAIN.points)
    head = max((PAPER.width_mm(word, look.points, bold=True) for word in plain(column.head).split()), default=0.0)
    return max(longest, head) + look.padding


def _sort(table: Table) -> str:
    """Return what moves when a table is sorted: rows within their groups, or whole groups where these have no head."""
    body = [group for group in table.groups if not all(row.total for row in group.rows)]
    if any(group.head for group in body):
        return "rows"
    return "groups" if len(body) > 1 else "rows"

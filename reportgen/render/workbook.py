"""All tables of a report in one workbook: a sheet a table, numbers as numbers.

A numeric cell holds the value with all its digits and shows the decimals that the page prints. What has no value (not
estimable) is empty; what is known and suppressed ("<5") stays words. The first sheet leads to the others, and each of them
back. A sheet is set up to be printed: on as wide a paper as it needs, with its heads on every page.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from textwrap import wrap
from typing import Any

from reportgen.records.artefact import Table
from reportgen.records.numbers import MINUS, Number, plain
from reportgen.render.properties import Properties
from reportgen.render.separated import Cell, Grid, grid, words_of

CONTENTS = "Contents"
RESERVED = frozenset({CONTENTS.lower(), "history"})  # the second by Excel
LONGEST_NAME = 31  # of a sheet, in Excel
WORDS_STAY_WORDS = {
    "in_memory": True,
    "strings_to_urls": False,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
}
FIRST_ROW, LINK_ROW, HEAD_ROW = 0, 1, 2
WIDEST, NARROWEST = 44, 6  # letters of a column
HEAD_LINES = 3  # in which a head is broken
UPRIGHT_LETTERS = 95  # of a sheet on upright paper, in letters that can be read
LINE_POINTS = 15
A4 = 9
RIGHT = {"valign": "top", "align": "right", "indent": 1}
MARGINS = {"left": 0.5, "right": 0.5, "top": 0.6, "bottom": 0.7}  # inches
_NUMBER = re.compile(rf"([<>]?){MINUS}?(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of the workbook: its stable name, what its sheet is called, the title above it, the table."""

    name: str
    called: str
    title: str
    table: Table


def workbook(sheets: Sequence[Sheet], about: Properties) -> bytes:
    """Return a workbook.

    Parameters
    ----------
    sheets : sequence of Sheet
        In the order of the report.
    about : Properties
        Its title stands above the contents and, on simulated data, says so.
    """
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, WORDS_STAY_WORDS) as book:
        book.set_properties({"created": about.day, **about.words()})
        styles = _Styles(book)
        names = sheet_names(sheet.called for sheet in sheets)
        _contents(book.add_worksheet(CONTENTS), sheets, names, about.title, styles)
        for sheet, name in zip(sheets, names, strict=True):
            _table(book.add_worksheet(name), sheet, styles)
    return out.getvalue()


class _Styles:
    """Formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._numbers: dict[str, Any] = {}
        top = {"valign": "top", "text_wrap": True}
        self.title = book.add_format({"bold": True, "font_size": 12, **top})
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"})
        self.above_numbers = book.add_format(
            {"bold": True, "bottom": 1, "text_wrap": True, **RIGHT, "valign": "bottom"}
        )
        self.upper = book.add_format({"bold": True, "text_wrap": True, "valign": "bottom"})
        self.spanner = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "align": "center"})
        self.words = book.add_format(top)
        self.note = book.add_format({"font_color": "#555555", **top})
        self.link = book.add_format({"font_color": "#0B5A8A", "underline": 1, "valign": "top"})

    def number(self, text: str) -> Any:
        """Return the format that shows a value as it is printed."""
        shown = number_format(text)
        if shown not in self._numbers:
            self._numbers[shown] = self._book.add_format({"num_format": shown, **RIGHT})
        return self._numbers[shown]


def number_format(text: str) -> str:
    """Return the format that shows as many decimals as a printed number has, and a limit as the limit.

    Examples
    --------
    >>> number_format("−1.30"), number_format("12"), number_format("<0.001"), number_format("10th")
    ('0.00', '0', '[<0.001]"<0.001";0.000', 'General')
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        return "General"
    sign, whole, decimals = found[1], found[2], found[3] or ""
    digits = "0" + "." * bool(decimals) + "0" * len(decimals)
    limit = f"{sign}{whole}" + "." * bool(decimals) + decimals
    return f'[{limit}]"{limit}";{digits}' if sign else digits


def sheet_names(names: Iterable[str]) -> list[str]:
    """Return names that Excel accepts as names of sheets, each once.

    Examples
    --------
    >>> sheet_names(["S Table 2a", "S Table 2A", "a/b", "History", "Numbers printed by the publication"])
    ['S Table 2a', 'S Table 2A-2', 'a-b', 'History-2', 'Numbers printed by the']
    """
    taken = set(RESERVED)
    out = []
    for name in names:
        stem = _short(re.sub(r"[\[\]:*?/\\\x00-\x1f]", "-", name).strip("' ")) or "Table"
        result, count = stem, 1
        while result.lower() in taken:
            count += 1
            ending = f"-{count}"
            result = stem[: LONGEST_NAME - len(ending)] + ending
        taken.add(result.lower())
        out.append(result)
    return out


def _short(name: str) -> str:
    """Return a name that is not too long, cut between two words where it has any."""
    if len(name) <= LONGEST_NAME:
        return name
    return (name[: LONGEST_NAME + 1].rpartition(" ")[0] or name[:LONGEST_NAME]).strip("' ")


def _link_to(name: str) -> str:
    quoted = name.replace("'", "''")
    return f"internal:'{quoted}'!A1"


def _contents(page: Any, sheets: Sequence[Sheet], names: Sequence[str], about: str, styles: _Styles) -> None:
    page.write_string(FIRST_ROW, 0, about, styles.title)
    for column, head in enumerate(("Sheet", "Table", "File")):
        page.write_string(HEAD_ROW, column, head, styles.head)
    for at, (sheet, name) in enumerate(zip(sheets, names, strict=True), HEAD_ROW + 1):
        page.write_url(at, 0, _link_to(name), styles.link, string=name)
        page.write_string(at, 1, sheet.title, styles.words)
        page.write_string(at, 2, f"{sheet.name}.csv", styles.words)
        _give_height(page, at, [(sheet.title, 2 * WIDEST)])
    widths = [LONGEST_NAME, 2 * WIDEST, max((len(sheet.name) for sheet in sheets), default=0) + len(".csv") + 1]
    _ready_to_print(page, widths, (HEAD_ROW, HEAD_ROW), HEAD_ROW + len(sheets))


def _table(page: Any, sheet: Sheet, styles: _Styles) -> None:
    result = grid(sheet.table)
    widths = [_width(result, column) for column in range(len(result.heads))]
    _across(page, FIRST_ROW, widths, sheet.title, styles.title)
    page.write_url(LINK_ROW, 0, _link_to(CONTENTS), styles.link, string=CONTENTS)
    first = _heads(page, result, widths, styles)
    for at, row in enumerate(result.rows, first):
        for column, cell in enumerate(row):
            _write(page, at, column, cell, styles)
        _give_height(page, at, zip(map(words_of, row), widths, strict=True))
    below = first + len(result.rows) + 1
    for at, note in enumerate(sheet.table.footnotes, below):
        _across(page, at, widths, plain(note), styles.note)
    page.freeze_panes(first, 1 + result.grouped)
    _ready_to_print(page, widths, (HEAD_ROW, first - 1), below + len(sheet.table.footnotes) - 1)


def _width(result: Grid, column: int) -> int:
    """Return the width of a column in letters: its cells where they are not too long, and no word of its head broken."""
    head = result.heads[column]
    lowest = head.part or head.column
    cells = (words_of(row[column]) for row in result.rows)
    longest = max([math.ceil(len(lowest) / HEAD_LINES), *map(len, lowest.split()), *map(len, cells)])
    return min(max(longest + 2, NARROWEST), WIDEST)


def _heads(page: Any, result: Grid, widths: Sequence[int], styles: _Styles) -> int:
    """Write the heads, those of several columns above them; return the row below."""
    levels = _levels(result)
    numeric = {column for line in result.rows for column, cell in enumerate(line) if isinstance(cell, Number)}
    for row, line in enumerate(levels, HEAD_ROW):
        lowest = row == HEAD_ROW + len(levels) - 1
        runs = list(_runs(levels[: row - HEAD_ROW + 1]))
        _give_height(page, row, ((text, sum(widths[first : last + 1])) for first, last, text in runs))
        for first, last, text in runs:
            if first < last and text and not lowest:
                page.merge_range(row, first, row, last, "", styles.spanner)
                page.write_string(row, first, text, styles.spanner)
                continue
            for column in range(first, last + 1):
                style = styles.above_numbers if column in numeric else styles.head
                page.write_string(row, column, line[column], style if lowest else styles.upper)
    return HEAD_ROW + len(levels)


def _levels(result: Grid) -> list[list[str]]:
    """Return the lines of the heads from above, without those that no column has: what a column is called stands lowest."""
    spans = [head.span for head in result.heads]
    columns = [head.column if head.part else "" for head in result.heads]
    lowest = [head.part or head.column for head in result.heads]
    return [line for line in (spans, columns) if any(line)] + [lowest]


def _runs(levels: Sequence[Sequence[str]]) -> Iterator[tuple[int, int, str]]:
    """Yield the runs of columns that have the same head in the last of these lines and in all above it."""
    for texts, run in groupby(range(len(levels[-1])), lambda column: [line[column] for line in levels]):
        columns = list(run)
        yield columns[0], columns[-1], texts[-1]


def _across(page: Any, row: int, widths: Sequence[int], text: str, style: Any) -> None:
    """Write words over all columns, in as many lines as they take."""
    if len(widths) > 1:
        page.merge_range(row, 0, row, len(widths) - 1, "", style)
    page.write_string(row, 0, text, style)
    _give_height(page, row, [(text, sum(widths))])


def _give_height(page: Any, row: int, texts: Iterable[tuple[str, int]]) -> None:
    """Make a row as high as its texts need, each with its room in letters: not every program measures them itself."""
    lines = max([1, *(_lines_of(text, room) for text, room in texts)])
    if lines > 1:
        page.set_row(row, LINE_POINTS * lines)


def _lines_of(text: str, room: int) -> int:
    return 1 if len(text) < room else len(wrap(text, max(room - 1, 1)))


def _ready_to_print(page: Any, widths: Sequence[int], heads: tuple[int, int], last: int) -> None:
    for column, width in enumerate(widths):
        page.set_column(column, column, width)
    if sum(widths) > UPRIGHT_LETTERS:
        page.set_landscape()
    page.set_paper(A4)
    page.set_margins(**MARGINS)
    page.fit_to_pages(1, 0)
    page.repeat_rows(*heads)
    page.print_area(0, 0, last, len(widths) - 1)
    page.set_footer("&L&A&RPage &P of &N")


def _write(page: Any, row: int, column: int, cell: Cell, styles: _Styles) -> None:
    shown = cell.shown if isinstance(cell, Number) else None
    if isinstance(cell, Number) and shown is not None and math.isfinite(shown):  # a sheet knows no ∞
        page.write_number(row, column, shown, styles.number(cell.text))
    elif text := words_of(cell):
        page.write_string(row, column, text, styles.words)

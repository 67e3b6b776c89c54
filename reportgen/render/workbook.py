"""All tables of a report in one workbook: a sheet a table, numbers as numbers.

A numeric cell holds the value with all its digits and shows the decimals that the page prints. What has no value (not
estimable) is empty; what is known and suppressed ("<5") stays words. The first sheet says what stands where.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reportgen.records.artefact import Table
from reportgen.records.numbers import MINUS, Number, plain
from reportgen.render.separated import Cell, grid

WITHOUT_CLOCK = datetime(2000, 1, 1)
"""Written into the workbook as its date of creation, so that equal tables give equal bytes."""
LONGEST_NAME = 31  # of a sheet, in Excel
WORDS_STAY_WORDS = {
    "in_memory": True,
    "strings_to_urls": False,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
}
FIRST_ROW, HEAD_ROW = 0, 2
WIDEST, NARROWEST = 48, 8


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of the workbook: its stable name, the title above it, the table."""

    name: str
    title: str
    table: Table


def workbook(sheets: Sequence[Sheet], about: str) -> bytes:
    """Return a workbook.

    Parameters
    ----------
    sheets : sequence of Sheet
        In the order of the report.
    about : str
        What the tables are of; stands above the contents and, on simulated data, says so.
    """
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, WORDS_STAY_WORDS) as book:
        book.set_properties({"title": about, "created": WITHOUT_CLOCK})
        styles = _Styles(book)
        names = _sheet_names(sheet.name for sheet in sheets)
        _contents(book.add_worksheet("Contents"), sheets, names, about, styles)
        for sheet, name in zip(sheets, names, strict=True):
            _table(book.add_worksheet(name), sheet, styles)
    return out.getvalue()


class _Styles:
    """Formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._numbers: dict[str, Any] = {}
        self.title = book.add_format({"bold": True, "font_size": 12})
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"})
        self.words = book.add_format({"valign": "top"})
        self.note = book.add_format({"font_color": "#555555"})

    def number(self, text: str) -> Any:
        """The format that shows as many decimals as a printed number has."""
        decimals = len(text.partition(".")[2]) if re.fullmatch(rf"[{MINUS}\d.]+", text) else None
        shown = "General" if decimals is None else "0" + "." * bool(decimals) + "0" * decimals
        if shown not in self._numbers:
            self._numbers[shown] = self._book.add_format({"num_format": shown, "valign": "top"})
        return self._numbers[shown]


def _sheet_names(names: Iterable[str]) -> list[str]:
    """Return names that Excel accepts as names of sheets, each once."""
    taken = {"contents"}
    out = []
    for name in names:
        stem = re.sub(r"[\[\]:*?/\\]", "-", name).strip("'")[:LONGEST_NAME] or "table"
        result, count = stem, 1
        while result.lower() in taken:
            count += 1
            ending = f"-{count}"
            result = stem[: LONGEST_NAME - len(ending)] + ending
        taken.add(result.lower())
        out.append(result)
    return out


def _contents(page: Any, sheets: Sequence[Sheet], names: Sequence[str], about: str, styles: _Styles) -> None:
    page.write_string(FIRST_ROW, 0, about, styles.title)
    _heads(page, ("Sheet", "Table"), styles)
    for at, (sheet, name) in enumerate(zip(sheets, names, strict=True), HEAD_ROW + 1):
        page.write_url(at, 0, f"internal:'{name}'!A1", string=name)
        page.write_string(at, 1, sheet.title, styles.words)
    page.set_column(0, 0, LONGEST_NAME)
    page.set_column(1, 1, 2 * WIDEST)


def _table(page: Any, sheet: Sheet, styles: _Styles) -> None:
    result = grid(sheet.table)
    page.write_string(FIRST_ROW, 0, sheet.title, styles.title)
    _heads(page, result.heads, styles)
    for at, row in enumerate(result.rows, HEAD_ROW + 1):
        for column, cell in enumerate(row):
            _write(page, at, column, cell, styles)
    below = HEAD_ROW + len(result.rows) + 2
    for at, note in enumerate(sheet.table.footnotes, below):
        page.write_string(at, 0, plain(note), styles.note)
    page.freeze_panes(HEAD_ROW + 1, 1)
    for column, head in enumerate(result.heads):
        longest = max([len(head) // 2, *(len(_shown(row[column])) for row in result.rows)])
        page.set_column(column, column, min(max(longest + 2, NARROWEST), WIDEST))


def _heads(page: Any, heads: Sequence[str], styles: _Styles) -> None:
    for column, head in enumerate(heads):
        page.write_string(HEAD_ROW, column, head, styles.head)


def _write(page: Any, row: int, column: int, cell: Cell, styles: _Styles) -> None:
    shown = cell.shown if isinstance(cell, Number) else None
    if isinstance(cell, Number) and shown is not None and math.isfinite(shown):  # a sheet knows no ∞
        page.write_number(row, column, shown, styles.number(cell.text))
    elif text := _shown(cell):
        page.write_string(row, column, text, styles.words)


def _shown(cell: Cell) -> str:
    if isinstance(cell, Number):
        return "" if cell.value is None and cell.status != "suppressed" else cell.text
    return cell or ""

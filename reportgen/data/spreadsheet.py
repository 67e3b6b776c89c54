"""Excel and OpenDocument sheets, through calamine.

The sheet is named or numbered from 1; without either it is the first, unless that is hidden. Empty rows and columns at
the top left are kept while reading, so that row numbers are those that the spreadsheet shows. A cell that shows an error,
a formula without a value, or a row merged with the one above is kept as a `CellError`: whoever reads its column says so.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from reportgen.data.bounds import AGAIN, column_letters
from reportgen.data.codes import CellError
from reportgen.data.columns import IntArray
from reportgen.data.header import joined_names, refuse_other_row
from reportgen.data.raw import Raw, UnreadableError, column_name, raw_of_records
from reportgen.data.shown import Book, Place, Shown, Span
from reportgen.data.trial_run import try_reading
from reportgen.data.unvalued import opened_book
from reportgen.errors import did_you_mean
from reportgen.spec.mapping import Data
from reportgen.spec.normal import normal


def read_spreadsheet(content: bytes, path: Path, data: Data) -> Raw:
    """Read one sheet of a workbook."""
    suffix = path.suffix.lower()
    name, others, shown, cells = _sheet(content, suffix, data.sheet)
    first = data.header_lines[-1]
    _mark_merged(cells, shown.merged, first)
    _mark_unvalued(cells, shown.unvalued)
    if len(cells) < first:
        message = f"the sheet '{name}' has {len(cells)} rows, and the header should be row {first}"
        raise UnreadableError(message, "Check `sheet` and `header_row`.", "header_row")
    header = _header(cells, data, shown.merged)
    numbers = [first + 1 + i for i in range(len(cells) - first)]
    percent = _rows_in_percent(shown.percent, header, first)
    return replace(
        raw_of_records(header, cells[first:], numbers, "row"), sheet=name, other_sheets=others, percent=percent
    )


def _header(cells: list[list[Any]], data: Data, spans: list[Span]) -> list[str]:
    """The names of the columns; a header over two rows that is taken for one, or another row for it, is refused."""
    places = [row - 1 for row in data.header_lines]
    names = joined_names([cells[row] for row in places], places, spans if data.header_rows else ())
    if not data.header_rows:
        refuse_other_row(names, data, lambda number: cells[number - 1] if number <= len(cells) else (), "row")
        _refuse_two_rows(names, cells, data, spans)
    return names


def _refuse_two_rows(names: list[str], cells: list[list[Any]], data: Data, spans: list[Span]) -> None:
    """Refuse a header that is merged over several columns above a row of names: nobody takes part in that row."""
    top, participant = data.header_row - 1, column_name(data.participant)
    below = cells[top + 1] if top + 1 < len(cells) else []
    over = [(left, right) for (row, left), (_, right) in spans if row == top and right > left]
    named = [(left, right) for left, right in over if all(isinstance(cell, str) for cell in below[left : right + 1])]
    if not named or participant not in names or below[names.index(participant)] not in ("", None):
        return
    rows = (top + 1, top + 2)
    left, right = named[0]
    message = f"the header spans two rows: '{names[left]}' stands over the columns {column_letters(left + 1)}"
    example = joined_names([cells[top], below], [top, top + 1], spans)[right]
    hint = f"Write `header_rows: [{rows[0]}, {rows[1]}]`; a column is then called '{example}'."
    raise UnreadableError(f"{message} to {column_letters(right + 1)}", hint, "header_row")


def _sheet(
    content: bytes, suffix: str, wanted: str | int | None
) -> tuple[str, tuple[str, ...], Shown, list[list[Any]]]:
    """The name of a sheet, those of the others, what it shows beside its values, and its values."""
    import python_calamine

    try:
        book = opened_book(content, suffix)
        book.check_all()
        try_reading(lambda: _checked_sheet(content, book, wanted), len(content), "workbook")
        name, others, sheet = _checked_sheet(content, book, wanted)
        shown = book.shown(name)
        cells: list[list[Any]] = sheet.to_python(skip_empty_area=False)
        shown.merged.extend(sheet.merged_cell_ranges or ())
    except (UnreadableError, KeyboardInterrupt, SystemExit):
        raise
    except python_calamine.PasswordError as error:
        raise UnreadableError("the workbook is protected by a password", "Save it without.") from error
    except BaseException as error:  # a damaged workbook ends in any of many ways; calamine's own is no Exception
        raise UnreadableError("this is not a workbook, or it is damaged", AGAIN) from error
    return name, others, shown, cells


def _checked_sheet(content: bytes, book: Book, wanted: str | int | None) -> tuple[str, tuple[str, ...], Any]:
    """The name of a sheet, those of the others, and the sheet as calamine reads it, once it is known how far it reaches."""
    import python_calamine

    workbook = python_calamine.load_workbook(io.BytesIO(content))
    name = _sheet_name(workbook, wanted)
    book.check(name)
    others = tuple(other for other in workbook.sheet_names if other != name)
    return name, others, workbook.get_sheet_by_name(name)


def _mark_merged(cells: list[list[Any]], spans: Iterable[Span], first: int) -> None:
    """Mark below the header the cells that are merged with one above or to the left, which alone holds the value."""
    for (top, left), (bottom, right) in spans:
        if not first <= top < len(cells) or left >= len(cells[top]) or cells[top][left] in ("", None):
            continue
        word = f"merged with row {top + 1}" if bottom > top else f"merged with column {column_letters(left + 1)}"
        for number, record in enumerate(cells[top : bottom + 1], top):
            start, end = left + (number == top), min(right + 1, len(record))
            record[start:end] = [CellError(word)] * (end - start)


def _rows_in_percent(places: Iterable[Place], header: list[str], first: int) -> dict[str, IntArray]:
    """By column, the numbers of the rows below the header whose number the sheet shows in per cent."""
    rows: dict[str, list[int]] = {}
    for row, column in sorted(places):
        if row >= first and column < len(header):
            rows.setdefault(header[column], []).append(row + 1)
    return {name: np.array(numbers, dtype=np.int64) for name, numbers in rows.items()}


def _mark_unvalued(cells: list[list[Any]], found: Mapping[tuple[int, int], str]) -> None:
    width = max((len(record) for record in cells), default=0)
    for (row, column), text in found.items():
        cells.extend([""] * width for _ in range(row + 1 - len(cells)))
        cells[row].extend([""] * (column + 1 - len(cells[row])))
        cells[row][column] = CellError(text)


def _sheet_name(workbook: Any, wanted: str | int | None) -> str:
    import python_calamine

    names: list[str] = workbook.sheet_names
    if wanted is None:
        if workbook.sheets_metadata[0].visible != python_calamine.SheetVisibleEnum.Visible:
            hint = f"Name the `sheet`. The workbook has {', '.join(names)}."
            raise UnreadableError(f"the first sheet, '{names[0]}', is hidden", hint)
        return names[0]
    if isinstance(wanted, int):
        if 1 <= wanted <= len(names):
            return names[wanted - 1]
        raise UnreadableError(
            f"there is no sheet {wanted}", f"The workbook has {len(names)}: {', '.join(names)}.", "sheet"
        )
    alike = [name for name in names if normal(name) == wanted]
    if not alike:
        raise UnreadableError(f"there is no sheet '{wanted}'", did_you_mean(wanted, names), "sheet")
    if len(alike) > 1:
        raise UnreadableError(f"two sheets are called '{wanted}'", "Rename one, or give its number.", "sheet")
    return alike[0]

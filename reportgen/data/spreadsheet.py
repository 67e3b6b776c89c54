"""Excel and OpenDocument sheets, through calamine.

The sheet is named or numbered from 1; without either it is the first, unless that is hidden. Empty rows and columns at
the top left are kept while reading, so that row numbers are those that the spreadsheet shows. A cell that shows an error,
a formula without a value, or a row merged with the one above is kept as a `Fault`: whoever reads its column says so.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from reportgen.data.codes import Fault
from reportgen.data.raw import Raw, UnreadableError, raw_of_records
from reportgen.data.unvalued import columns_in_percent, unvalued_cells
from reportgen.errors import did_you_mean
from reportgen.spec.mapping import Data


def read_spreadsheet(content: bytes, path: Path, data: Data) -> Raw:
    """Read one sheet of a workbook."""
    import python_calamine

    try:
        workbook = python_calamine.load_workbook(io.BytesIO(content))
    except python_calamine.PasswordError as error:
        raise UnreadableError("the workbook is protected by a password", "Save it without.") from error
    except Exception as error:
        raise UnreadableError(
            "this is not a workbook, or it is damaged", "Open it in Excel and save it again."
        ) from error
    name = _sheet_name(workbook, data.sheet)
    sheet = workbook.get_sheet_by_name(name)
    cells: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    _mark_merged(cells, sheet.merged_cell_ranges or (), data.header_row)
    suffix = path.suffix.lower()
    try:
        _mark_unvalued(cells, unvalued_cells(content, suffix, name))
        percent = columns_in_percent(content, suffix, name, data.header_row)
    except (LookupError, StopIteration, ValueError, struct.error, zipfile.BadZipFile, ElementTree.ParseError) as error:
        hint = "Open it in Excel and save it again."
        raise UnreadableError("the workbook cannot be searched for cells that hold an error", hint) from error
    if len(cells) < data.header_row:
        message = f"the sheet '{name}' has {len(cells)} rows, and the header should be row {data.header_row}"
        raise UnreadableError(message, "Check `sheet` and `header_row`.", "header_row")
    header, records = cells[data.header_row - 1], cells[data.header_row :]
    header = [int(cell) if isinstance(cell, float) and cell.is_integer() else cell for cell in header]
    numbers = [data.header_row + 1 + i for i in range(len(records))]
    shown = frozenset(str(header[i]).strip() for i in percent if i < len(header))
    return replace(raw_of_records(header, records, numbers, "row"), sheet=name, percent=shown)


def _mark_merged(cells: list[list[Any]], spans: Iterable[tuple[tuple[int, int], tuple[int, int]]], first: int) -> None:
    """Mark below the header the rows that are merged with one above, which alone holds the value."""
    for (top, left), (bottom, right) in spans:
        if not first <= top < len(cells) or cells[top][left] in ("", None):
            continue
        for record in cells[top + 1 : bottom + 1]:
            end = min(right + 1, len(record))
            record[left:end] = [Fault(f"merged with row {top + 1}")] * (end - left)


def _mark_unvalued(cells: list[list[Any]], found: Mapping[tuple[int, int], str]) -> None:
    width = max((len(record) for record in cells), default=0)
    for (row, column), text in found.items():
        cells.extend([""] * width for _ in range(row + 1 - len(cells)))
        cells[row].extend([""] * (column + 1 - len(cells[row])))
        cells[row][column] = Fault(text)


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
    if wanted not in names:
        raise UnreadableError(f"there is no sheet '{wanted}'", did_you_mean(wanted, names), "sheet")
    return wanted

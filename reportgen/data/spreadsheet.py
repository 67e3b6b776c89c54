"""Excel and OpenDocument sheets, through calamine.

The sheet is named or numbered from 1; without either it is the first. Empty rows and columns at the top left are kept
while reading, so that row numbers are those that the spreadsheet shows.
"""

from __future__ import annotations

import io
from pathlib import Path

from reportgen.data.raw import Raw, UnreadableError, raw_of_records
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
    name = _sheet_name(workbook.sheet_names, data.sheet)
    cells = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    if len(cells) < data.header_row:
        message = f"the sheet '{name}' has {len(cells)} rows, and the header should be row {data.header_row}"
        raise UnreadableError(message, "Check `sheet` and `header_row`.", "header_row")
    header, records = cells[data.header_row - 1], cells[data.header_row :]
    header = [int(cell) if isinstance(cell, float) and cell.is_integer() else cell for cell in header]
    numbers = [data.header_row + 1 + i for i in range(len(records))]
    return raw_of_records(header, records, numbers, "row")


def _sheet_name(names: list[str], wanted: str | int | None) -> str:
    if wanted is None:
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

"""A sheet as the bytes of a file: CSV, Excel, Parquet, SPSS, Stata.

The same sheet gives the same bytes: where a format writes the clock into its header it is set to one fixed moment.
"""

from __future__ import annotations

import csv
import datetime
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from reportgen.errors import DataError
from reportgen.simulation.layout import Sheet
from reportgen.simulation.people import ObjectArray

MOMENT = datetime.datetime(2021, 2, 22)
"""What stands where a format wants a time."""
_SPSS_CLOCK = slice(92, 109)


def content_of(sheet: Sheet) -> bytes:
    """Return the bytes of the file that a sheet is to be.

    Raises
    ------
    DataError
        Where its format can be read and not written.
    """
    writer = WRITERS.get(sheet.data.format or "")
    if writer is None:
        known = ", ".join(WRITERS)
        raise DataError(f"'{sheet.data.file}' cannot be simulated: files can be written as {known}")
    return writer(sheet)


def _csv(sheet: Sheet) -> bytes:
    data = sheet.data
    separator = {"tab": "\t", "\\t": "\t"}.get(data.separator or "", data.separator) or (
        "\t" if str(data.file).endswith(".tsv") else ","
    )
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n" if data.encoding else "\n")
    for line in sheet.file.title:
        writer.writerow([line])
    writer.writerow(sheet.columns)
    decimal = data.decimal or "."
    for row in zip(*sheet.columns.values(), strict=True):
        writer.writerow([_text(cell, decimal) for cell in row])
    return out.getvalue().encode(data.encoding or "utf-8")


def _text(cell: Any, decimal: str) -> str:
    if cell is None:
        return ""
    return repr(cell).replace(".", decimal) if isinstance(cell, float) else str(cell)


def _excel(sheet: Sheet) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": MOMENT})
    names = list(sheet.file.sheets) or ["Sheet1"]
    pages = {name: book.add_worksheet(name) for name in names}
    wanted = sheet.data.sheet
    page = pages[names[0] if wanted is None else names[wanted - 1] if isinstance(wanted, int) else wanted]
    for other in pages.values():
        if other is not page:
            other.write(0, 0, "Nothing to see here: the data are on another sheet.")
    for row, line in enumerate(sheet.file.title):
        page.write(row, 0, line)
    top = sheet.data.header_row - 1
    for column, (name, cells) in enumerate(sheet.columns.items()):
        page.write(top, column, name)
        for row, cell in enumerate(cells, top + 1):
            if cell is not None:
                page.write(row, column, cell)
    book.close()
    return out.getvalue()


def _frame(sheet: Sheet, whole: str) -> pd.DataFrame:
    """A data frame with a type for each column: text, whole numbers (of the type `whole`), or numbers."""
    return pd.DataFrame({name: _series(cells, whole) for name, cells in sheet.columns.items()})


def _series(cells: ObjectArray, whole: str) -> pd.Series:
    present = [cell for cell in cells if cell is not None]
    if any(isinstance(cell, str) for cell in present):
        return pd.Series([None if cell is None else str(cell) for cell in cells], dtype=object)
    if present and all(isinstance(cell, int) for cell in present):
        return pd.Series([pd.NA if cell is None else cell for cell in cells], dtype=_fitting(present, whole))
    return pd.Series([None if cell is None else float(cell) for cell in cells], dtype="float64")


def _fitting(values: list[int], whole: str) -> str:
    if whole != "smallest":
        return whole
    return "Int8" if min(values) >= -100 and max(values) <= 100 else "Int16" if max(values) < 32000 else "Int32"


def _parquet(sheet: Sheet) -> bytes:
    out = io.BytesIO()
    _frame(sheet, "Int64").to_parquet(out, index=False, compression="zstd")
    return out.getvalue()


def _stata(sheet: Sheet) -> bytes:
    out = io.BytesIO()
    frame = _frame(sheet, "smallest")
    labels: dict[Any, dict[float, str]] = {
        name: {code: label for code, label in given.items() if isinstance(code, int)}
        for name, given in sheet.labels.items()
        if pd.api.types.is_integer_dtype(frame[name])
    }
    for name in frame.columns:
        if frame[name].dtype == object:
            frame[name] = frame[name].fillna("")
    frame.to_stata(
        out, write_index=False, time_stamp=MOMENT, value_labels={k: v for k, v in labels.items() if v}, version=118
    )
    return out.getvalue()


def _spss(sheet: Sheet) -> bytes:
    import pyreadstat

    frame = _frame(sheet, "Int64")
    for name in frame.columns:
        frame[name] = frame[name].fillna("") if frame[name].dtype == object else frame[name].astype("float64")
    numbers = [str(name) for name in frame.columns if frame[name].dtype != object]
    declared: dict[str, list[Any]] = {name: list(sheet.file.user_missing) for name in numbers}
    labels: dict[str, dict[Any, str]] = {
        name: {code: label for code, label in given.items() if isinstance(code, int | float) == (name in numbers)}
        for name, given in sheet.labels.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.sav"
        pyreadstat.write_sav(
            frame,
            path,
            row_compress=True,
            variable_value_labels={k: v for k, v in labels.items() if v},
            missing_ranges=declared if sheet.file.user_missing else None,
        )
        content = bytearray(path.read_bytes())
    content[_SPSS_CLOCK] = MOMENT.strftime("%d %b %y%H:%M:%S").encode("ascii")
    return bytes(content)


WRITERS: dict[str, Callable[[Sheet], bytes]] = {
    "CSV": _csv,
    "Excel": _excel,
    "Parquet": _parquet,
    "SPSS": _spss,
    "Stata": _stata,
}
"""How a file of each format is written."""

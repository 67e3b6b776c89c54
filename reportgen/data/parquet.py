"""Parquet files, through pyarrow.

Whole numbers with gaps stay whole: as floats, long codes of participants would run together. Columns that have one name are
kept apart and reported. A few bytes may stand for thousand million equal rows, so the size is asked before it is read.
"""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

from reportgen.data.calendar import NO_DATE
from reportgen.data.codes import CellError
from reportgen.data.raw import Raw, UnreadableError, raw_of_frame
from reportgen.late import pd
from reportgen.spec.mapping import Data

_CELLS = 100_000_000


def read_parquet(content: bytes, path: Path, data: Data) -> Raw:
    """Read a Parquet file."""
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(content))
        rows, columns = file.metadata.num_rows, file.metadata.num_columns
        if rows * columns > _CELLS or rows < 0:
            message = f"the file has {rows:,} rows of {columns:,} columns, more than can be read"
            raise UnreadableError(message, "Keep the rows and columns that the mapping needs.")
        table = file.read()
        frame, names = _frame(table)
    except UnreadableError:
        raise
    except Exception as error:
        raise UnreadableError("this is not a Parquet file, or it is damaged", "Export it again.") from error
    raw = raw_of_frame(frame)
    return replace(raw, repeated=raw.repeated | names)


def _frame(table: Any) -> tuple[pd.DataFrame, frozenset[str]]:
    """The table as a data frame, and the names that stand over more than one column."""
    names = table.column_names
    repeated = frozenset(name for name in names if names.count(name) > 1)
    plain = table.rename_columns([str(i) for i in range(len(names))]) if repeated else table
    try:
        frame: pd.DataFrame = plain.to_pandas(integer_object_nulls=True)
    except (ValueError, OverflowError):  # a date that Python's calendar does not have
        parts = {i: _values(plain.column(i)) for i in range(len(names))}
        frame = pd.DataFrame({i: pd.Series(part, dtype=object) for i, part in parts.items()})
        return frame.set_axis(names, axis=1), repeated
    if repeated:
        return frame.set_axis(names, axis=1), repeated
    if any(name is not None for name in frame.index.names):  # pandas keeps some columns apart, as an index
        frame = frame.reset_index()
    return frame, repeated


def _values(column: Any) -> list[Any]:
    values = []
    for cell in column:
        try:
            values.append(cell.as_py())
        except (ValueError, OverflowError):
            values.append(CellError(f"{NO_DATE}{cell.cast('int32' if '32' in str(cell.type) else 'int64').as_py()}"))
    return values

"""Raw cells: what every reader delivers, whatever the format of the file.

A reader takes the bytes of a file and its mapping, and returns columns by name with the row number of each cell as the
user sees it: lines of a CSV and rows of a sheet with the header counted, rows of other files from 1.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from reportgen.data.columns import IntArray, listed
from reportgen.late import pd
from reportgen.spec.normal import normal


@dataclass(frozen=True, slots=True)
class Raw:
    """Columns by name, the row number of each cell, and what the file itself says about its values.

    Attributes
    ----------
    columns : mapping of name to sequence
    rows : array of int
    labels : mapping of column to mapping of code to label
    missing_spans : mapping of column to spans (low, high) of values that the file declares as missing
    repeated : frozenset of str
        Names that stand over more than one column.
    beyond : mapping of column to array of int
        Numbers of the rows that end before the column, in a text table.
    sheet : str
        Name of the sheet of a workbook.
    other_sheets : tuple of str
        Names of the sheets beside it.
    short : frozenset of str
        Columns whose numbers the file holds in 32 bits.
    percent : mapping of column to array of int
        Numbers of the rows in which a sheet shows the number of the column in per cent.
    encoding_guessed : bool
        Whether letters beyond ASCII were read in an encoding that neither the file nor its mapping names.
    """

    columns: Mapping[str, Sequence[Any]]
    rows: IntArray
    labels: Mapping[str, Mapping[Any, str]] = field(default_factory=dict)
    missing_spans: Mapping[str, tuple[tuple[Any, Any], ...]] = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()
    beyond: Mapping[str, IntArray] = field(default_factory=dict)
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()
    short: frozenset[str] = frozenset()
    percent: Mapping[str, IntArray] = field(default_factory=dict)
    encoding_guessed: bool = False


class UnreadableError(Exception):
    """A reader's way to say that a file cannot be read: message, hint, and the key of `data` that rules it."""

    def __init__(self, message: str, hint: str = "", key: str = "file") -> None:
        super().__init__(message)
        self.message, self.hint, self.key = message, hint, key


def column_name(cell: Any) -> str:
    r"""Return a cell of a header as the name that a mapping can write; a line break is a space.

    Examples
    --------
    >>> column_name("age\n(years) "), column_name(12.0), column_name(None)
    ('age (years)', '12', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    return normal(str(cell))


def raw_of_frame(frame: pd.DataFrame, short: Collection[str] = ()) -> Raw:
    """Return a data frame as raw cells; its rows are numbered from 1.

    Parameters
    ----------
    short : collection of str
        Columns whose numbers the file holds in 32 bits, where the frame does not say so itself.
    """
    names = [column_name(name) for name in frame.columns]
    brief = [frame.columns[i] in short or _is_short(frame.iloc[:, i]) for i in range(len(names))]
    columns: dict[str, Any] = {name: as_written(frame.iloc[:, i], brief[i]) for i, name in enumerate(names)}
    repeated = frozenset(name for name in columns if names.count(name) > 1)
    in_short = frozenset(name for name, is_short in zip(names, brief, strict=True) if is_short)
    return Raw(columns, np.arange(1, len(frame) + 1, dtype=np.int64), repeated=repeated, short=in_short)


def _is_short(column: pd.Series) -> bool:
    return str(column.dtype).lower() in ("float16", "float32")


def as_written(column: pd.Series, short: bool = False) -> Sequence[Any] | pd.Series:
    """Return numbers of 32 bits or fewer as the decimal numbers that they were written for.

    7.3 is 7.300000190734863 in 32 bits: it would be above 7.3, and no missing code with decimals would be met.

    Examples
    --------
    >>> as_written(pd.Series([7.3, 0.1], dtype="float32"))
    [7.3, 0.1]
    """
    if not short and not _is_short(column):
        return column
    return [float(str(np.float32(cell))) if isinstance(cell, float) else cell for cell in column.tolist()]


def raw_of_records(header: Sequence[Any], records: Sequence[Sequence[Any]], numbers: Sequence[int], word: str) -> Raw:
    """Return records below a header as columns; wholly empty rows and nameless columns are passed over.

    Parameters
    ----------
    header : sequence
        Names of the columns.
    records : sequence of sequences
        One a row; shorter ones end in empty cells, as some programs write them.
    numbers : sequence of int
        The number of each row as the user sees it.
    word : str
        "line" or "row".
    """
    names = [column_name(name) for name in header]
    width = len(names)
    full = [(record, number) for record, number in zip(records, numbers, strict=True) if any(map(_filled, record))]
    long = [str(number) for record, number in full if any(map(_filled, record[width:]))]
    if long:
        hint = "Put texts that hold the separator in quotes, or name the `separator` and the `decimal` sign."
        which = f"{word}{'s' if len(long) > 1 else ''} {listed(long)}"
        raise UnreadableError(f"more cells than the {width} of the header in {which}", hint)
    padded = [[*record[:width], *[None] * (width - len(record))] for record, _ in full]
    by_column: list[Any] = list(zip(*padded, strict=True)) if padded else [()] * width
    columns = {name: cells for name, cells in zip(names, by_column, strict=True) if name}
    repeated = frozenset(name for name in columns if names.count(name) > 1)
    rows = np.array([number for _, number in full], dtype=np.int64)
    ends = np.array([len(record) for record, _ in full], dtype=np.int64)
    beyond = {name: rows[ends <= i] for i, name in enumerate(names) if (ends <= i).any()}
    return Raw(columns, rows, repeated=repeated, beyond=beyond)


def _filled(cell: object) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))

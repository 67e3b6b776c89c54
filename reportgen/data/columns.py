"""A column of a data file, and what it holds for a list of participants.

A column is kept as its distinct values and, for each row, which of them stands there: a rule (a code, a missing code, a
number to be read) is applied once to each distinct value, however many rows hold it. `Cells` is the column seen from
the participants: one cell each, together with the row it came from, so that every message can name rows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.data.codes import Cell, cell_of, code_key, distinct_writings, is_error, shown_code
from reportgen.late import pd
from reportgen.spec.normal import normal

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
ObjectArray = npt.NDArray[np.object_]

EXAMPLES = 5
"""No message shows more rows or values than this."""

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file.

    Attributes
    ----------
    name, place : str
        Its name, and the file (and sheet) as messages name it.
    distinct : tuple of Cell
        The values that occur, without empty ones.
    keys : tuple of str
        Their code keys.
    index : array of int, one a row
        Which of `distinct` stands in the row; -1 where the cell is empty.
    labels : mapping of code key to str
        Value labels that the file carries.
    file_missing : frozenset of int
        Those of `distinct` that the file itself declares as missing.
    decimal : str
        The decimal sign of numbers written as text.
    beyond : tuple of int
        Numbers of the rows that end before this column.
    percent : tuple of int
        Numbers of the rows in which a sheet shows this column in per cent.
    """

    name: str
    place: str
    distinct: tuple[Cell, ...]
    keys: tuple[str, ...]
    index: IntArray
    labels: Mapping[str, str] = field(default_factory=dict)
    file_missing: frozenset[int] = frozenset()
    decimal: str = "."
    beyond: tuple[int, ...] = ()
    percent: tuple[int, ...] = ()

    def with_empty(self, rows: IntArray) -> Column:
        """Return the column with its empty cells as a value of their own, for codes that say what an empty cell is."""
        empty = (self.index < 0) & ~np.isin(rows, self.beyond)
        index = np.where(empty, len(self.distinct), self.index)
        return replace(self, distinct=(*self.distinct, ""), keys=(*self.keys, ""), index=index)

    def decoded(self, codes: Iterable[Cell]) -> tuple[int, ...]:
        """Return for each distinct value which of the codes means it, by its key or else by its label; -1 for none.

        A code of the file is never taken for a label: where 0 is labelled "1", the code 1 means 1 alone. Codes that
        differ in their last zeros alone, as 2.1 and 2.10, mean what is written so.
        """
        listed_codes = list(codes)
        by_key = {code_key(code): i for i, code in enumerate(listed_codes)}
        own = {*self.keys, *self.labels}
        by_label: dict[str | None, int] = {
            normal(str(code)): i for i, code in enumerate(listed_codes) if code_key(code) not in own
        }
        apart = distinct_writings(listed_codes)
        return tuple(
            apart[key].get(normal(str(cell)), -1)
            if key in apart
            else by_key.get(key, by_label.get(self.labels.get(key), -1))
            for key, cell in zip(self.keys, self.distinct, strict=True)
        )

    def contradicted(self, codes: Mapping[Cell, Cell | None]) -> list[tuple[Cell, Cell]]:
        """Return the pairs of codes that mean one value, by its code and by its label, and say different things."""
        by_key = {code_key(code): code for code in codes}
        own = {*self.keys, *self.labels}
        by_label = {normal(str(code)): code for code in codes if code_key(code) not in own}
        pairs = [(by_key.get(key), by_label.get(label)) for key, label in self.labels.items()]
        return [
            (item, two) for item, two in pairs if item is not None and two is not None and codes[item] != codes[two]
        ]

    def meaning(self, codes: Iterable[Cell]) -> frozenset[int]:
        """Return which distinct values these codes mean."""
        return frozenset(i for i, which in enumerate(self.decoded(codes)) if which >= 0)

    def meaning_missing(self, codes: Iterable[Cell], given: Iterable[Cell] = ()) -> frozenset[int]:
        """Return which distinct values mean that the value is missing, by the mapping's codes or by the file itself.

        Parameters
        ----------
        codes : iterable of code
            The missing codes of the mapping.
        given : iterable of code
            Codes to which the mapping gives a value: there it overrules the file.
        """
        return self.file_missing - self.meaning(given) | self.meaning(codes)

    def errors(self) -> frozenset[int]:
        """Return which distinct values show an error of a sheet in place of a value."""
        return frozenset(i for i, cell in enumerate(self.distinct) if is_error(cell))

    def shown(self, which: int) -> str:
        """Write a distinct value as messages show it, with its label where the file has one."""
        label = self.labels.get(self.keys[which])
        text = shown_code(self.distinct[which])
        return f"{text} ('{label}')" if label is not None else text


def column_of(
    raw: Sequence[Any] | pd.Series,
    name: str,
    place: str,
    decimal: str = ".",
    labels: Mapping[Any, str] | None = None,
    missing_spans: Iterable[tuple[Any, Any]] = (),
    beyond: Iterable[int] = (),
) -> Column:
    """Make a column of what a reader delivered.

    Parameters
    ----------
    raw : sequence
        One value a row.
    labels : mapping, optional
        Value labels by code.
    missing_spans : iterable of (low, high)
        Values that the file declares as missing; both ends are meant.
    beyond : iterable of int
        Numbers of the rows that end before this column.
    """
    values = objects(raw.tolist() if isinstance(raw, pd.Series) else raw)
    try:
        index, uniques = pd.factorize(values)
    except TypeError:  # lists and the like, which Parquet may hold, are no cells: they are shown as texts
        index, uniques = pd.factorize(objects([str(value) for value in values]))
    cells = [cell_of(value) for value in uniques]
    renumber = np.full(len(cells) + 1, -1, dtype=np.int64)
    full = [i for i, cell in enumerate(cells) if cell is not None]
    renumber[full] = np.arange(len(full))
    distinct = tuple(cell for cell in cells if cell is not None)
    spans = tuple(missing_spans)
    return Column(
        name=name,
        place=place,
        distinct=distinct,
        keys=tuple(code_key(cell, decimal) for cell in distinct),
        index=renumber[index],
        labels={code_key(code): normal(str(label)) for code, label in (labels or {}).items()},
        file_missing=frozenset(i for i, cell in enumerate(distinct) if any(_within(cell, span) for span in spans)),
        decimal=decimal,
        beyond=tuple(int(row) for row in beyond),
    )


def _within(cell: Cell, span: tuple[Any, Any]) -> bool:
    low, high = span
    if isinstance(cell, str) or isinstance(low, str):
        return isinstance(low, str) and code_key(cell) == code_key(low)
    return bool(low <= cell <= high)


@dataclass(frozen=True, slots=True)
class Cells:
    """What a column holds for each of a list of participants.

    Attributes
    ----------
    column : Column
    index : array of int
        Which distinct value, -1 where it is missing or the participant has no row.
    rows : array of int
        The row of the file as its reader sees it; 0 where there is none.
    """

    column: Column
    index: IntArray
    rows: IntArray

    def __len__(self) -> int:
        return len(self.index)

    @property
    def present(self) -> BoolArray:
        """Where there is a value."""
        return self.index >= 0

    @property
    def place(self) -> str:
        """The file and column, as messages name them."""
        return f"{self.column.place}, column '{self.column.name}'"

    def without(self, which: Iterable[int]) -> Cells:
        """Return the cells with some distinct values taken as missing."""
        return replace(self, index=np.where(self.hits(which), -1, self.index))

    def where(self, here: BoolArray) -> Cells:
        """Return the cells with those elsewhere taken as missing."""
        return replace(self, index=np.where(here, self.index, -1))

    def with_empty(self) -> Cells:
        """Return the cells with the empty ones as a value of their own, for a mapping that says what an empty cell is."""
        column = replace(self.column, distinct=(*self.column.distinct, ""), keys=(*self.column.keys, ""))
        empty = ~self.present & (self.rows > 0) & ~np.isin(self.rows, self.column.beyond)
        return replace(self, column=column, index=np.where(empty, len(self.column.distinct), self.index))

    def hits(self, which: Iterable[int]) -> BoolArray:
        """Return where one of these distinct values stands."""
        return lookup(self.index, _flags(len(self.column.distinct), which), False)

    def held(self) -> set[str]:
        """Return the code keys that occur among these cells."""
        return {self.column.keys[i] for i in np.unique(self.index[self.present])}

    def keys(self) -> ObjectArray:
        """Return the code key of each cell; None where it is missing."""
        return lookup(self.index, objects(self.column.keys), None)

    def counted(self, where: BoolArray) -> str:
        """Write the values among these cells, each with how often it occurs, the most frequent first."""
        which, numbers = np.unique(self.index[where & self.present], return_counts=True)
        order = np.argsort(-numbers, kind="stable")
        return listed([f"{self.column.shown(int(which[i]))} (n = {numbers[i]})" for i in order])

    def examples(self, where: BoolArray) -> str:
        """Write the first few different values among these cells."""
        seen = dict.fromkeys(self.column.shown(i) for i in self.index[where] if i >= 0)
        return listed(list(seen))

    def at(self, where: BoolArray) -> str:
        """Write file, column and rows of these cells."""
        return f"{self.place}, {rows_text(self.rows[where])}"


def _flags(size: int, which: Iterable[int]) -> BoolArray:
    flags = np.zeros(size, dtype=np.bool_)
    flags[list(which)] = True
    return flags


def objects(values: Sequence[Any]) -> ObjectArray:
    """Return a list as an array of objects, whatever it holds."""
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array


def lookup(index: IntArray, table: npt.NDArray[Any], absent: Any) -> npt.NDArray[Any]:
    """Return table[index], and `absent` where the index is negative."""
    if not len(table):
        return np.full(len(index), absent, dtype=table.dtype)
    found = table[np.maximum(index, 0)]
    found[index < 0] = absent
    return found


def listed(words: Sequence[str]) -> str:
    """Write the first few words, and how many more there are.

    Examples
    --------
    >>> listed(["4", "17"]), listed(list("abcdefgh"))
    ('4, 17', 'a, b, c, d, e and 3 more')
    """
    more = len(words) - EXAMPLES
    text = ", ".join(words[:EXAMPLES])
    return f"{text} and {more} more" if more > 0 else text


def rows_text(rows: Iterable[int]) -> str:
    """Write row numbers.

    Examples
    --------
    >>> rows_text([4]), rows_text([17, 4])
    ('row 4', 'rows 4, 17')
    """
    numbers = sorted({int(row) for row in rows if row > 0})
    return f"{'row' if len(numbers) == 1 else 'rows'} {listed([str(number) for number in numbers])}"


def number_of(cell: Cell, decimal: str = ".") -> float | None:
    """Read a cell as a number; None where it is none, or infinite.

    Examples
    --------
    >>> number_of("12,5", decimal=","), number_of("12,5"), number_of(" −3 "), number_of(2)
    (12.5, None, -3.0, 2.0)
    """
    if not isinstance(cell, str):
        return float(cell) + 0.0 if math.isfinite(cell) else None  # no minus before a zero
    text = normal(cell).replace("−", "-")
    if decimal == ",":
        if "." in text:
            return None
        text = text.replace(",", ".")
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    return number + 0.0 if math.isfinite(number) else None

"""One variable of a mapping while it is read: its rules, and where what is found is noted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from reportgen.data.cell_errors import note_errors
from reportgen.data.codes import Cell, shown_code, shown_number
from reportgen.data.columns import BoolArray, Cells, Column, FloatArray, IntArray, ObjectArray, listed, rows_text
from reportgen.data.notes import Notes
from reportgen.spec.source import Step
from reportgen.spec.variables import Variable


@dataclass(frozen=True, slots=True)
class Reading:
    """One variable being read.

    Attributes
    ----------
    name : str
        The covariate or instrument.
    variable : Variable
        Its rules.
    trials : array of str
        The trial of each participant, for the ledger.
    unit : str
        What the ledger counts: "participants" for a covariate, "values" for an instrument.
    missing : tuple of codes
        What means missing, in the file's own list or the variable's.
    notes : Notes
    answers : tuple of codes
        What looks like a sign of a missing value in this file, and is none.
    """

    name: str
    variable: Variable
    trials: ObjectArray
    unit: str
    missing: tuple[Cell, ...]
    missing_path: tuple[Step, ...]
    notes: Notes
    answers: tuple[Cell, ...] = ()

    def count(self, kind: str, rule: str, where: BoolArray, *path: Step, unit: str = "") -> None:
        """Note what a rule did."""
        here = ("variables", self.name, *path)
        self.notes.count(kind, self.name, rule, self.trials[where], unit or self.unit, here)

    def problem(self, message: str, *path: Step, hint: str = "", where: str = "") -> None:
        """Note a problem."""
        self.notes.problem(message, ("variables", self.name, *path), hint, where)

    @property
    def empty_is_declared(self) -> bool:
        """Whether the mapping says what an empty cell means: `""` among its codes, or among what counts as no."""
        rule = self.variable
        return any(
            code == "" for code in (*rule.codes, *rule.no, *(no for flag in rule.flags.values() for no in flag.no))
        )

    def absent(self, column: Column) -> frozenset[int]:
        """Return which distinct values of a column mean missing: where `codes` gives a value, the file is overruled."""
        given = [code for code, level in self.variable.codes.items() if level is not None]
        return column.meaning_missing(self.missing, given)

    def cleared(self, cells: Cells) -> Cells:
        """Return the cells without those that mean missing, each counted in the ledger, and without faults."""
        column = cells.column
        if self.empty_is_declared:
            cells = cells.with_empty()
            column = cells.column
        unit = "values" if self.variable.items is not None else self.unit
        declared = column.decoded(self.missing)
        self.count("missing", "the row ends before it → missing", np.isin(cells.rows, column.beyond), unit=unit)
        for number, code in enumerate(self.missing):
            hits = cells.hits(i for i, which in enumerate(declared) if which == number)
            if hits.any():
                rule = f"{shown_code(code)} → missing"
                self.notes.count("missing", self.name, rule, self.trials[hits], unit, self.missing_path)
        absent = self.absent(column)
        for which in sorted(absent - column.meaning(self.missing)):
            hits = cells.hits((which,))
            if hits.any():
                self.count("missing", f"{column.shown(which)} → missing, as the file declares", hits, unit=unit)
        allowed = absent | column.meaning(self.variable.codes)
        return cells.without(absent | note_errors(cells, allowed, self.notes, ("variables", self.name)))


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers of participants, and where they came from.

    Attributes
    ----------
    values : array of float
        NaN is missing.
    place : str
        File and columns, as messages name them.
    rows : array of int
    cells : Cells or None
        What stands in the file; None for a score of several columns.
    """

    values: FloatArray
    place: str
    rows: IntArray
    cells: Cells | None = None

    def with_values(self, values: FloatArray) -> Numbers:
        """Return other values from the same place."""
        return replace(self, values=values)

    def without(self, where: BoolArray) -> Numbers:
        """Return the numbers with some taken as missing."""
        return self.with_values(np.where(where, np.nan, self.values))

    def examples(self, where: BoolArray) -> str:
        """Write the first few different values, as they stand in the file."""
        if self.cells is not None:
            return self.cells.examples(where)
        return listed(list(dict.fromkeys(shown_number(float(value)) for value in self.values[where])))

    def at(self, where: BoolArray) -> str:
        """Write file, columns and rows."""
        return f"{self.place}, {rows_text(self.rows[where])}"


def place_of(columns: Iterable[Cells]) -> str:
    """Write the place of several columns of one file.

    A list of names is long and says little: the first and the last are enough.
    """
    listed_cells = list(columns)
    first, last = listed_cells[0], listed_cells[-1]
    if first is last:
        return first.place
    return f"{first.column.place}, columns '{first.column.name}' to '{last.column.name}'"

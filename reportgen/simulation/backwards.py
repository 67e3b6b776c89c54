"""A mapping read backwards: from what is meant to what stands in the file.

The reader turns codes into levels, cuts into levels, flags into levels, items into scores, and units and ranges into the
study's. Here each rule is turned round: a level becomes one of its codes, or a score inside its interval; a score is spread
over items; a number goes into the file's unit and range. A value that is missing becomes one of the codes for missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from reportgen.data.codes import code_key
from reportgen.errors import DataError
from reportgen.simulation.draws import FloatArray
from reportgen.simulation.people import Levels, ObjectArray
from reportgen.spec.mapping import Data
from reportgen.spec.model import Code
from reportgen.spec.simulation import File
from reportgen.spec.units import factor
from reportgen.spec.variables import Variable, interval_of

Columns = dict[str, ObjectArray]
START = "2020-01-01"
"""When everybody is randomised, where a mapping counts days from that."""
_NEARLY = 0.01
"""How far a score may be from a whole number of points: two decimals of 100 in 24 points leave 0.001."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Writes the cells of one file: how missing values look, and chance where several codes mean the same.

    Attributes
    ----------
    data : Data
    file : File
    chance : Generator
    """

    data: Data
    file: File
    chance: np.random.Generator

    def written(self, values: Sequence[Any] | ObjectArray, variable: Variable) -> ObjectArray:
        """Return cells, with None written as the file writes a missing value."""
        cells = np.empty(len(values), dtype=object)
        cells[:] = list(values)
        missing = [i for i, value in enumerate(cells) if value is None]
        own = variable.missing if variable.missing is not None else self.data.missing
        codes: list[Code] = [*own, *self.file.user_missing]
        codes += [code for code, meant in variable.codes.items() if meant is None]
        if not codes:
            return cells
        taken = {code_key(code) for code in codes} & {code_key(cell) for cell in set(cells) if cell is not None}
        if taken:
            raise DataError(f"'{self.data.file}': {sorted(taken)[0]} means missing there, and is a value too")
        blank = self.chance.random(len(missing)) < self.file.blank
        picked = self.chance.integers(len(codes), size=len(missing))
        for i, left_blank, which in zip(missing, blank, picked, strict=True):
            cells[i] = None if left_blank else codes[which]
        return cells

    def level_cells(self, variable: Variable, trait: Levels, mask: np.ndarray[Any, Any]) -> Columns:
        """Return the columns of a covariate with levels."""
        words = [
            trait.names[which] if known else None
            for which, known in zip(trait.which[mask], trait.known[mask], strict=True)
        ]
        if variable.flags:
            return self._flags(variable, words)
        assert isinstance(variable.column, str)  # the language has checked it
        if variable.cut:
            return {variable.column: self._inside(variable, words, trait.place[mask])}
        return {variable.column: self.written(self._coded(variable, words), variable)}

    def answer_cells(self, variable: Variable, column: str, words: Sequence[str | None]) -> Columns:
        """Return the column of an instrument with levels at one visit."""
        if variable.cut:
            return {column: self._inside(variable, words, self.chance.random(len(words)))}
        return {column: self.written(self._coded(variable, words), variable)}

    def _coded(self, variable: Variable, meant: Sequence[Any]) -> list[Any]:
        """One of the codes that mean it; the thing itself where the mapping needs no codes."""
        if not variable.codes:
            return list(meant)
        codes: dict[str, list[Code]] = {}
        for code, level in variable.codes.items():
            codes.setdefault(_key(level), []).append(code)
        picks = self.chance.random(len(meant))
        return [
            None if value is None else codes[_key(value)][int(pick * len(codes[_key(value)]))]
            for value, pick in zip(meant, picks, strict=True)
        ]

    def _flags(self, variable: Variable, words: Sequence[str | None]) -> Columns:
        columns: Columns = {}
        for level, flag in variable.flags.items():
            no = _no_beside(flag.equals)
            cells = [None if word is None else flag.equals if word == level else no for word in words]
            columns[flag.column] = self.written(cells, variable)
        return columns

    def _inside(self, variable: Variable, words: Sequence[str | None], place: FloatArray) -> ObjectArray:
        """A whole number inside the interval of the level, as far up as the person is inside the level."""
        cells: list[int | None] = []
        for word, share in zip(words, place, strict=True):
            if word is None:
                cells.append(None)
                continue
            interval = interval_of(variable.cut[word])
            assert interval is not None  # the language has checked it
            low = 0.0 if interval.low is None else interval.low + interval.low_open
            high = low + 10 if interval.high is None else interval.high - interval.high_open
            cells.append(int(low + np.floor(share * (high - low + 1))))
        return self.written(cells, variable)

    def number_cells(
        self,
        variable: Variable,
        columns: Sequence[str],
        values: FloatArray,
        unit: str,
        span: tuple[float, float] | None,
    ) -> Columns:
        """Return the columns of a number, which may be the items of a score."""
        if variable.dated is not None:
            return self._dated(variable, columns[0], values)
        raw = _in_file_units(variable, values, unit, span)
        if variable.items is not None:
            return self._items(variable, columns, raw)
        plain = [None if np.isnan(value) else whole(value) for value in raw]
        return {columns[0]: self.written(self._coded(variable, plain), variable)}

    def _dated(self, variable: Variable, column: str, values: FloatArray) -> Columns:
        """A date of each event, within the limit, and the date from which days are counted."""
        assert variable.dated is not None
        start = date.fromisoformat(variable.dated.until or START)
        back = self.chance.integers(0, 60, len(values))
        days = variable.dated.days
        cells: list[str | None] = []
        for value, gone in zip(values, back.tolist(), strict=True):
            away = -gone if days is None else min(gone, days)
            cells.append("" if value == 0.0 else None if np.isnan(value) else str(start + timedelta(days=away)))
        coded = replace(self, file=self.file.model_copy(update={"blank": 0.0}))  # an empty cell is no event
        made = {column: coded.written(cells, variable)}
        if np.isnan(values).any() and not (variable.missing if variable.missing is not None else self.data.missing):
            raise DataError(f"'{self.data.file}': an empty cell of '{column}' is no event; give a code for `missing`")
        if variable.dated.after is not None:
            made[variable.dated.after] = self.written([START] * len(values), variable)
        return made

    def _items(self, variable: Variable, columns: Sequence[str], scores: FloatArray) -> Columns:
        low, high = variable.item_range or (0.0, 1.0)
        known = ~np.isnan(scores)
        total = np.where(known, scores, 0.0) * (len(columns) if variable.score == "mean" else 1)
        points = np.rint(total - low * len(columns))
        if np.abs(total - low * len(columns) - points).max(initial=0.0) > _NEARLY:
            raise DataError(
                f"'{self.data.file}': a score is no sum of the answers to {columns[0]} and so on: give its grid"
            )
        answers = spread(points.astype(np.int64), len(columns), int(high - low), self.chance)
        made: Columns = {}
        for position, column in enumerate(columns):
            values = answers[:, position] + low
            if variable.item_numbers[position] in variable.reversed:
                values = low + high - values
            plain = [int(value) if present else None for value, present in zip(values, known, strict=True)]
            if variable.yes is not None:
                no = _no_beside(variable.yes)
                cells: list[Any] = [None if v is None else variable.yes if v else no for v in plain]
            else:
                cells = self._coded(variable, plain)
            made[column] = self.written(cells, variable)
        return made

    def left_open(self, variable: Variable, columns: Columns, share: float) -> Columns:
        """Leave a few items open, no more than the score allows."""
        if variable.at_least is None or not share:
            return columns
        names = list(columns)
        spare = len(names) - variable.at_least
        size = len(columns[names[0]])
        some = np.flatnonzero(self.chance.random(size) < share)
        results = {name: cells.copy() for name, cells in columns.items()}
        for person in some:
            how_many = int(self.chance.integers(1, spare + 1))
            for position in self.chance.choice(len(names), size=how_many, replace=False):
                results[names[position]][person] = self.written([None], variable)[0]
        return results


def spread(
    totals: np.ndarray[Any, np.dtype[np.int64]], items: int, most: int, chance: np.random.Generator
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Spread scores over items of 0 to `most` each; some items are answered high more often than others.

    Examples
    --------
    >>> spread(np.array([0, 3, 6]), 3, 2, np.random.default_rng(1)).sum(axis=1).tolist()
    [0, 3, 6]
    """
    ease = np.tile(np.linspace(0.5, -0.5, items), most)
    place = ease + 0.5 * chance.standard_normal((len(totals), items * most))
    rank = np.argsort(np.argsort(-place, axis=1, kind="stable"), axis=1, kind="stable")
    ticks = rank < np.clip(totals, 0, items * most)[:, None]
    return np.asarray(ticks.reshape(len(totals), most, items).sum(axis=1), dtype=np.int64)


def _no_beside(yes: Code) -> Code:
    """An answer that is not the one that counts."""
    if isinstance(yes, str):
        return "no" if yes != "no" else "yes"
    return 0 if yes else 1


def _key(value: Any) -> str:
    return f"{float(value):g}" if isinstance(value, int | float) else str(value)


def whole(value: float) -> int | float:
    """Return a number as it is written: whole where it is whole, else with what rounding left of it taken off.

    Examples
    --------
    >>> whole(3.0000000001), whole(54.17)
    (3, 54.17)
    """
    rounded = round(float(value), 6)
    return int(rounded) if rounded.is_integer() else rounded


def _in_file_units(variable: Variable, values: FloatArray, unit: str, span: tuple[float, float] | None) -> FloatArray:
    if variable.unit is not None:
        return values / factor(variable.unit, unit)
    if variable.from_range is not None and span is not None:
        (low, high), (to_low, to_high) = variable.from_range, span
        return low + (values - to_low) * ((high - low) / (to_high - to_low))
    times = 1.0 if variable.times is None else variable.times
    return (values - (variable.plus or 0.0)) / times


def columns_of(variable: Variable, visit: str) -> list[str]:
    """Return the columns of a variable at a visit."""
    if isinstance(variable.column, dict):
        return [variable.column[visit]]
    names = [variable.column] if isinstance(variable.column, str) else variable.item_columns
    return [name.replace("{visit}", visit) for name in names]

"""The rows and columns of each trial's files: who stands where, in which order, under which number.

A wide file has a row a person; a long one a row for each visit that the person came to. Rows are shuffled, so that nothing
can be read off their order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reportgen.data.visits import visit_meant
from reportgen.simulation.backwards import Columns, Hand, columns_of
from reportgen.simulation.course import Draft
from reportgen.simulation.draws import Draws
from reportgen.simulation.people import IntArray, Levels, ObjectArray, People, Quantity
from reportgen.spec.mapping import Data, Keep, Mapping
from reportgen.spec.model import Code
from reportgen.spec.outcomes import instruments_of
from reportgen.spec.simulation import File, SimulationSpec, Trial
from reportgen.spec.study import Study

SITES: tuple[Code, ...] = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The content of one data file, before it has a format.

    Attributes
    ----------
    data : Data
    file : File
    columns : dict of str to array of cells
    labels : dict of column to dict of code to label
    """

    data: Data
    file: File
    columns: Columns
    labels: dict[str, dict[Code, str]]


def sheets_of(
    number: int, people: People, courses: dict[str, list[Draft]], file: SimulationSpec, draws: Draws
) -> list[Sheet]:
    """Return the files of one trial."""
    mapping = people.mappings[number]
    name = str(mapping.trial)
    trial = file.simulation.trials[name]
    people_rows = np.flatnonzero(people.trial == number)
    order = draws.of(name, "rows").permutation(len(people_rows))
    context = _FileContext(mapping, trial, people_rows, people, courses, file.spec.study)
    return [
        context.sheet(at, data, settings, draws.of(name, "cells", str(at)), order)
        for at, (data, settings) in enumerate(zip(mapping.data, trial.files, strict=True))
    ]


@dataclass(frozen=True, slots=True)
class _FileContext:
    """Lays out the files of one trial."""

    mapping: Mapping
    trial: Trial
    people_rows: IntArray
    people: People
    courses: dict[str, list[Draft]]
    study: Study

    def sheet(self, at: int, data: Data, settings: File, chance: np.random.Generator, order: IntArray) -> Sheet:
        """Return one file."""
        hand = Hand(data, settings, chance)
        columns: Columns = {}
        if at == 0 or data.layout == "long":
            columns |= self._arms()
        columns |= self._kept(data, settings, chance)
        if at == 0:
            columns |= self._covariates(at, hand)
        rows = order
        if data.layout == "wide":
            columns |= self._wide(at, settings, hand)
            columns = {name: cells[rows] for name, cells in columns.items()}
        else:
            columns, rows = self._long(at, data, settings, hand, columns, order)
        number = np.empty(len(self.people_rows), dtype=np.int64)
        number[order] = np.arange(len(self.people_rows))
        ids = [_identity(settings, int(number[row])) for row in rows]
        columns = {data.participant: _cells(ids), **columns}
        for name, choices in self._extra(at, settings).items():
            if name not in columns:
                of_each = chance.integers(len(choices), size=len(self.people_rows))
                columns[name] = _cells([choices[of_each[row]] for row in rows])
        return Sheet(data, settings, _labelled(columns, settings), _labels(self.mapping, columns, settings))

    def _extra(self, at: int, settings: File) -> dict[str, tuple[Code, ...]]:
        """Return further columns with what they may hold: a site that the settings do not describe has four, alike in outcome."""
        site = self.mapping.site
        return settings.extra if site is None or at or site in settings.extra else {**settings.extra, site: SITES}

    def _arms(self) -> Columns:
        return {self.mapping.arms.column: _cells(self.people.arm[self.people_rows].tolist())}

    def _kept(self, data: Data, settings: File, chance: np.random.Generator) -> Columns:
        """Columns that say who stays, and what the groups that are left out have in theirs."""
        columns: Columns = {}
        for rule in data.keep:
            cells = _cells([_obeying(rule, settings, chance) for _ in self.people_rows])
            for number, group in enumerate(self.trial.left_out):
                if rule.column in group.set:
                    cells[self.people.group[self.people_rows] == number] = group.set[rule.column]
            columns[rule.column] = cells
        return columns

    def _covariates(self, at: int, hand: Hand) -> Columns:
        columns: Columns = {}
        for name, variable in self.mapping.variables.items():
            trait = self.people.traits[name]
            if name not in self.study.covariates or (variable.data or 1) != at + 1:
                continue
            if isinstance(trait, Levels):
                columns |= hand.level_cells(variable, trait, self.people_rows)
            elif isinstance(trait, Quantity):
                values = np.where(trait.known, trait.values, np.nan)[self.people_rows]
                covariate = self.study.covariates[name]
                columns |= hand.number_cells(
                    variable, columns_of(variable, ""), values, covariate.unit, covariate.range
                )
        return columns

    def _instrument(self, name: str, course: Draft, hand: Hand) -> Columns:
        variable, instrument = self.mapping.variables[name], self.study.instruments[name]
        columns = columns_of(variable, course.key)
        if instrument.levels:
            return hand.answer_cells(variable, columns[0], _answers(name, course, self.study))
        result = hand.number_cells(variable, columns, course.values(), instrument.unit, instrument.range)
        if variable.items is not None and course.months > 0:
            result = hand.left_open(variable, result, self.trial.open_items)
        return result

    def _wide(self, at: int, settings: File, hand: Hand) -> Columns:
        columns: Columns = {}
        keys = list(dict.fromkeys(course.key for made in self.courses.values() for course in made))
        keys.sort(key=lambda key: visit_meant(key, self.mapping).months)
        for key in keys:
            for name, made in self.courses.items():
                if (self.mapping.variables[name].data or at + 1) != at + 1:
                    continue
                if settings.visits and key not in settings.visits:
                    continue
                for course in made:
                    if course.key == key:
                        columns |= self._instrument(name, course, hand)
        return columns

    def _long(
        self, at: int, data: Data, settings: File, hand: Hand, fixed: Columns, order: IntArray
    ) -> tuple[Columns, IntArray]:
        """Rows of each person together, a row a visit; a visit without any value has no row, except the baseline."""
        assert data.visit is not None  # the language has checked it
        blocks = [
            self._block(code, text, data, hand, fixed, settings) for code, text in data.visit.codes.items() if text
        ]
        wanted = list(fixed) + list(dict.fromkeys(name for block, _ in blocks for name in block if name not in fixed))
        pairs = [
            (int(person), number) for person in order for number, (_, present) in enumerate(blocks) if present[person]
        ]
        columns = {
            name: _cells([blocks[b][0][name][person] if name in blocks[b][0] else None for person, b in pairs])
            for name in wanted
        }
        return columns, np.array([person for person, _ in pairs], dtype=np.int64)

    def _block(
        self, code: Code, text: str, data: Data, hand: Hand, fixed: Columns, settings: File
    ) -> tuple[Columns, np.ndarray[Any, np.dtype[np.bool_]]]:
        assert data.visit is not None
        visit = visit_meant(text, self.mapping)
        block: Columns = {data.visit.column: _cells([code] * len(self.people_rows))}
        present = np.full(len(self.people_rows), visit.months == 0)
        for name, made in self.courses.items():
            for course in made:
                if visit_meant(course.key, self.mapping) == visit:
                    block |= self._instrument(name, course, hand)
                    present |= ~np.isnan(course.values())
        always = {self.mapping.arms.column, *(rule.column for rule in data.keep)}
        for name, cells in fixed.items():
            if visit.months == 0 or settings.repeat or name in always:
                block[name] = cells
        return block, present


def _answers(name: str, course: Draft, study: Study) -> list[str | None]:
    """Return the level of each person: the first that is the event, or the first that is none."""
    levels = study.instruments[name].levels
    events = {
        event
        for key, outcome in study.outcomes.items()
        if name in instruments_of(outcome, key)
        for event in outcome.event
    }
    words = (
        next((level for level in levels if level not in events), levels[0]),
        next((level for level in levels if level in events), levels[-1]),
    )
    return [None if np.isnan(value) else words[int(value)] for value in course.values()]


def _identity(settings: File, number: int) -> Any:
    written = settings.ids.format(settings.first + number)
    return int(written) if settings.ids == "{:d}" else written


def _obeying(rule: Keep, settings: File, chance: np.random.Generator) -> Code:
    if rule.equals is not None:
        return rule.equals
    choices = rule.one_of or settings.extra.get(rule.column, (1,))
    return choices[int(chance.integers(len(choices)))]


def _cells(values: list[Any]) -> ObjectArray:
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    return cells


def _labelled(columns: Columns, settings: File) -> Columns:
    """Where the mapping names a label, the file holds its code."""
    result = dict(columns)
    for name, labels in settings.labels.items():
        if name in result:
            codes = {label: code for code, label in labels.items()}
            result[name] = _cells([codes.get(cell, cell) if isinstance(cell, str) else cell for cell in result[name]])
    return result


def _labels(mapping: Mapping, columns: Columns, settings: File) -> dict[str, dict[Code, str]]:
    """Value labels: those of the file's settings, else what the mapping's codes mean."""
    found: dict[str, dict[Code, str]] = {}
    for code, arm in mapping.arms.codes.items():
        found.setdefault(mapping.arms.column, {})[code] = arm.name or arm.class_ or arm.leave_out
    for variable in mapping.variables.values():
        if isinstance(variable.column, str) and variable.column in columns and not variable.cut:
            levels = {code: level for code, level in variable.codes.items() if isinstance(level, str)}
            if levels:
                found[variable.column] = levels
    return {name: labels for name, labels in {**found, **settings.labels}.items() if name in columns}

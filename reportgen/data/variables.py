"""One variable of a mapping: out of its columns, through its rules, into the words of the study file."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from reportgen.data.arms import counted
from reportgen.data.codes import Cell, code_key
from reportgen.data.columns import Cells, FloatArray, ObjectArray
from reportgen.data.dated import dated
from reportgen.data.events import Uses, note_no_events
from reportgen.data.joined import MergedFile
from reportgen.data.notes import data_path
from reportgen.data.people import People
from reportgen.data.reading import Numbers, Reading
from reportgen.data.recode import coded, cut, flagged, note_labelled, numbered
from reportgen.data.scale import Span, converted, within, without_noise
from reportgen.data.score import scored
from reportgen.data.sources import Finder, Place
from reportgen.data.visits import Visit
from reportgen.spec.outcomes import Instrument
from reportgen.spec.study import Covariate
from reportgen.spec.units import convertible, factor
from reportgen.spec.variables import Variable


@dataclass(frozen=True, slots=True)
class Measured:
    """The values of an instrument at one visit, one a participant; NaN is missing."""

    visit: Visit
    values: FloatArray
    long: bool


def read_covariate(finder: Finder, covariate: Covariate, people: People) -> FloatArray | ObjectArray | None:
    """Return the covariate of each participant: a number, or a level or None; None where it cannot be found."""
    place = finder.once()
    if place is None:
        return None
    reading = _reading(finder, place.file, people, "participants")
    cells = [_settled(reading, place.file, name) for name in place.columns]
    for other in finder.others(place):
        _note_lost(cells, [_of_participant(other.file, name) for name in other.columns], reading)
    _note_percent(place, reading)
    variable = finder.variable
    if variable.flags:
        return flagged(dict(zip(variable.flags, cells, strict=True)), reading)
    if covariate.categorical and not variable.cut:
        codes: dict[Cell, Cell | None] = dict(variable.codes) or {level: level for level in covariate.levels}
        return _words(coded(cells[0], codes, reading))
    numbers = _in_study_units(cells, reading, covariate.unit, covariate.range)
    return cut(numbers, reading) if variable.cut else numbers.values


def read_instrument(finder: Finder, instrument: Instrument, people: People, uses: Uses) -> list[Measured]:
    """Return the values of an instrument at each visit at which it was measured; of levels their places in the study file.

    Parameters
    ----------
    finder : Finder
    instrument : Instrument
    people : People
    uses : Uses
        What outcomes of events read from it.
    """
    measured: list[Measured] = []
    for place in finder.at_visits():
        reading = _reading(finder, place.file, people, "values", first=not measured)
        cells = [
            reading.cleared(place.file.cells(place.file.table.column(name), place.visit)) for name in place.columns
        ]
        _note_repeated_columns(place, reading)
        _note_percent(place, reading)
        for other in finder.others(place):
            if bool(other.file.visits) == bool(place.file.visits):  # a row a visit says nothing of a row a person
                _note_lost(cells, [_at_visit(other, name) for name in other.columns], reading)
        numbers = _dated(place, cells[0], reading) if reading.variable.dated else _answers(cells, reading, instrument)
        note_no_events(numbers, reading, uses, at_baseline=place.visit.months == 0)
        measured.append(Measured(place.visit, numbers.values, bool(place.file.visits)))
    _note_same_time(measured, finder)
    return measured


def _dated(place: Place, dates: Cells, reading: Reading) -> Numbers:
    """An instrument that says by dates who has an event."""
    assert reading.variable.dated is not None
    name = reading.variable.dated.after
    raw = place.file.cells(place.file.table.column(place.columns[0]), place.visit)
    return dated(raw, dates, None if name is None else _settled(reading, place.file, name), reading)


def _answers(cells: list[Cells], reading: Reading, instrument: Instrument) -> Numbers:
    """An instrument in numbers: in the units of the study, or the place of each level."""
    if not instrument.levels:
        return _in_study_units(cells, reading, instrument.unit, instrument.range)
    cell, rule = cells[0], reading.variable
    if rule.cut:
        numbers = _in_study_units(cells, reading, "", None)
        return numbers.with_values(_places(cut(numbers, reading), instrument))
    codes: dict[Cell, Cell | None] = dict(rule.codes) or {level: level for level in instrument.levels}
    return Numbers(_places(coded(cell, codes, reading), instrument), cell.place, cell.rows, cell)


def _places(levels: ObjectArray, instrument: Instrument) -> FloatArray:
    """The place of each level among those of the instrument, from 0; NaN is missing."""
    places = {level: float(place) for place, level in enumerate(instrument.levels)}
    return np.array([np.nan if level is None else places[str(level)] for level in levels], dtype=np.float64)


def _note_same_time(measured: list[Measured], finder: Finder) -> None:
    """Two visits at one time: which of them stands for a baseline or a follow-up, nobody could say."""
    collected = [one.visit for one in measured if not one.long or not np.isnan(one.values).all()]
    for item, other in pairwise(collected):
        if item.months == other.months:
            message = f"'{finder.name}' was measured at '{item.label}' and at '{other.label}', which are the same time"
            hint = "Give them the times at which they were, or name the one to be read in `visits`."
            finder.notes.problem(message, ("variables", finder.name), hint)


def _reading(finder: Finder, file: MergedFile, people: People, unit: str, first: bool = True) -> Reading:
    variable: Variable = finder.variable
    if variable.missing is None:
        codes, path = file.table.data.missing, data_path(file.table.number, "missing")
    else:
        codes, path = variable.missing, ("variables", finder.name, "missing")
    rules = [code for code, level in variable.codes.items() if level is not None]
    if first:
        finder.notes.note_codes(rules, ("variables", finder.name, "codes"), codes)
        absent = [code for code, level in variable.codes.items() if level is None]
        if not set(map(code_key, rules)).isdisjoint(map(code_key, absent)):
            finder.notes.note_twins(variable.codes, ("variables", finder.name, "codes"))
    answers = file.table.data.answers
    return Reading(finder.name, variable, people.trials, unit, codes, path, finder.notes, answers)


def _note_repeated_columns(place: Place, reading: Reading) -> None:
    for name in place.columns:
        if name in place.file.table.raw.repeated:
            message = f"the column '{name}' occurs twice in the header"
            reading.problem(message, "column", hint="Rename one of them.", where=place.file.table.place)


def _note_percent(place: Place, reading: Reading) -> None:
    """A sheet that shows 40% holds 0.4: the mapping says which of the two is meant."""
    rule = reading.variable
    is_converted = rule.unit is not None or rule.from_range is not None or rule.times is not None or bool(rule.codes)
    shown = [name for name in place.columns if name in place.file.table.raw.percent]
    if shown and not is_converted:
        message = f"the sheet shows '{shown[0]}' in per cent: 40% is held as 0.4"
        hint = "Write `times: 100` to read 40, or `times: 1` to read 0.4."
        reading.problem(message, hint=hint, where=place.file.table.place)


def _at_visit(place: Place, name: str) -> Cells:
    """A column of a file at a visit, without its missing codes."""
    column = place.file.table.column(name)
    return place.file.cells(column, place.visit).without(column.meaning_missing(place.file.table.data.missing))


def _of_participant(file: MergedFile, name: str) -> Cells:
    """A column of a file whatever the visit, without its missing codes."""
    column = file.table.column(name)
    idle = column.meaning_missing(file.table.data.missing)
    return file.settled(column, idle).cells.without(idle)


def _note_lost(chosen: list[Cells], others: list[Cells], reading: Reading) -> None:
    """Of two files with the same columns the first counts; it is a problem if others hold what it does not."""
    for ours, theirs in zip(chosen, others, strict=True):
        lost = theirs.present & ~ours.present
        if lost.any():
            message = f"{counted(lost)} with a value in this file only, but {ours.place} is read"
            hint = "Say with `data: 1` (or 2 ...) which file counts, or bring their rows into one file."
            reading.problem(message, hint=hint, where=theirs.at(lost))
            return


def _settled(reading: Reading, file: MergedFile, name: str) -> Cells:
    """A column, one cell a participant; in a long file their rows must agree, or the baseline row must say it."""
    _note_repeated_columns(Place(file, (name,), Visit(0.0, "")), reading)
    column = file.table.column(name)
    found = file.settled(column, reading.absent(column))
    if found.conflicting.any():
        message = (
            f"{counted(found.conflicting)} with different values at different visits, and none at baseline to settle it"
        )
        hint = "A covariate is measured before randomisation: add the baseline rows, or correct the file."
        reading.problem(message, "column", hint=hint, where=found.cells.at(found.conflicting))
    return reading.cleared(found.cells)


def _in_study_units(cells: list[Cells], reading: Reading, unit: str, span: Span | None) -> Numbers:
    of_file = _span_of_file(reading.variable, unit, span)
    if reading.variable.items is not None:
        numbers = scored(cells, reading, of_file)
    else:
        cell = cells[0]
        note_labelled(cells, reading, of_file)
        numbers = Numbers(numbered(cell, reading), cell.place, cell.rows, cell)
    converted_numbers = converted(numbers, reading, unit, span)
    return within(converted_numbers.with_values(without_noise(converted_numbers.values)), reading, span)


def _span_of_file(variable: Variable, unit: str, span: Span | None) -> Span | None:
    """The range of the study in the numbers of the file: before its unit, range or factor is changed."""
    if variable.from_range is not None:
        return variable.from_range
    if span is None:
        return None
    if variable.unit is not None and convertible(variable.unit, unit):
        by = factor(variable.unit, unit)
        return span[0] / by, span[1] / by
    times, plus = variable.times or 1.0, variable.plus or 0.0
    low, high = sorted((end - plus) / times for end in span)
    return low, high


def _words(levels: ObjectArray) -> ObjectArray:
    return np.array([None if level is None else str(level) for level in levels], dtype=object)

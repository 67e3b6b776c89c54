"""Events by their dates: who has one up to a day, or within some days of another date.

In: the cells of a column of dates, and the rule of the mapping. Out: 1 for an event, 0 for none, NaN where it is not known.
An empty cell is no event. What is no date, and a date before that from which days are counted, is a problem with its rows.
No date goes further than this module.
"""

from __future__ import annotations

import datetime
import re

import numpy as np

from reportgen.data.codes import Cell
from reportgen.data.columns import BoolArray, Cells, FloatArray, lookup
from reportgen.data.reading import Numbers, Reading
from reportgen.spec.variables import Dated

_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
_PARTS = re.compile(r"(\d+)[-./ ](\d+)[-./ ](\d+)")
_PLACES = {"year-month-day": (0, 1, 2), "day-month-year": (2, 1, 0), "month-day-year": (2, 0, 1)}


def dated(raw: Cells, dates: Cells, after: Cells | None, reading: Reading) -> Numbers:
    """Return who has an event by its date.

    Parameters
    ----------
    raw, dates : Cells
        The column as it is, and without what means missing.
    after : Cells or None
        The dates from which days are counted.
    reading : Reading
    """
    rule = reading.variable.dated
    assert rule is not None
    days = _days(dates, rule, reading, "column")
    if after is None:
        limit = np.full(len(days), float(datetime.date.fromisoformat(rule.until).toordinal()))
        what = f"up to {rule.until}"
    else:
        start = _days(after, rule, reading, "dated", "after")
        _note_before(days, start, dates, rule, reading)
        limit = start + float(rule.days or 0)
        what = f"up to {rule.days} days after '{rule.after}'"
    said = any(code == "" for code in reading.missing)  # that an empty cell is missing
    dateless = np.bool_(not said) & (raw.rows > 0) & ~raw.present & ~np.isin(raw.rows, raw.column.beyond)
    known = ~np.isnan(days) & ~np.isnan(limit)
    event = known & (days <= limit)
    values = np.where(event, 1.0, np.where(dateless | known, 0.0, np.nan))
    reading.count("recode", f"a date {what} → 1", event, "dated")
    reading.count("recode", "a later date → 0", known & ~event, "dated")
    reading.count("recode", "no date → 0", dateless, "dated")
    reading.count("recode", "a date, and none to count from → missing", ~np.isnan(days) & np.isnan(limit), "dated")
    return Numbers(values, dates.place, dates.rows, dates)


def _days(cells: Cells, rule: Dated, reading: Reading, *path: str) -> FloatArray:
    """The dates as numbers of days; NaN where there is none. What is no date is a problem."""
    read = [day_of(cell, rule.order) for cell in cells.column.distinct]
    odd = cells.hits(i for i, day in enumerate(read) if day is None)
    if odd.any():
        hint = (
            f"Dates are read as {rule.order}, with the year in four digits: correct the file, name another `order`, or list in "
            "`missing` what stands for an unknown date."
        )
        reading.problem(f"no date: {cells.examples(odd)}", *path, hint=hint, where=cells.at(odd))
    return lookup(cells.index, np.array([np.nan if day is None else float(day) for day in read], float), np.nan)


def _note_before(days: FloatArray, start: FloatArray, dates: Cells, rule: Dated, reading: Reading) -> None:
    before: BoolArray = days < start
    if before.any():
        message = f"{dates.examples(before)} lies before the date in '{rule.after}', from which days are counted"
        hint = "Correct the file; who had the event before is left out with `keep`."
        reading.problem(message, "dated", hint=hint, where=dates.at(before))


def day_of(cell: Cell, order: str) -> int | None:
    """Return a date as the number of its day, from 1 on the first day of the year 1; None where a cell is no date.

    Examples
    --------
    >>> day_of("2020-12-31", "day-month-year") == day_of("31.12.2020", "day-month-year")
    True
    >>> day_of("31/12/20", "day-month-year"), day_of("2020-02-30", "year-month-day"), day_of(44196, "year-month-day")
    (None, None, None)
    """
    if not isinstance(cell, str):
        return None
    found = _YEAR_FIRST.fullmatch(cell.strip())
    places = (0, 1, 2) if found else _PLACES[order]
    found = found or _PARTS.fullmatch(cell.strip())
    if found is None or len(found[1 + places[0]]) != 4:
        return None
    try:
        return datetime.date(*(int(found[1 + place]) for place in places)).toordinal()
    except ValueError:
        return None

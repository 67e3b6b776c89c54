"""Dates of statistics programs as Python's calendar has them, and a fault where it has none.

SPSS counts seconds since 1582-10-14, SAS days or seconds and Stata days or milliseconds since 1960-01-01. One typing error
in one cell, such as the year 20199, is enough for pyreadstat to refuse a file whole; the dates are then made here.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from reportgen.data.codes import CellError
from reportgen.late import pd

NO_DATE = "no date: "
"""How the fault of such a cell begins."""

_DAYS = re.compile(r"%-?(?:td|d)|(?:MMDDYY|DDMMYY|YYMMDD|[BE]8601DA|DATE|MONYY|WEEKDATE|WORDDATE|JULIAN)(?!TIME|AMPM)")
_SPSS_DATE = re.compile(r"[AEJS]?DATE\d*$")
_MOMENTS = re.compile(r"(?:YMDHMS|DATETIME|DATEAMPM|[BE]8601DT)")


def with_dates(frame: pd.DataFrame, formats: Mapping[str, str | None], suffix: str) -> pd.DataFrame:
    """Return a frame whose columns with a format of dates hold dates, and faults where there is no such date.

    Parameters
    ----------
    frame : DataFrame
        With the numbers that the file holds.
    formats : mapping of column to str
    suffix : str
        The ending of the file, which says from when it counts.
    """
    spss = suffix in (".sav", ".zsav")
    results = {
        name: pd.Series([_moment(cell, unit, spss) for cell in frame[name]], dtype=object, index=frame.index)
        for name in map(str, frame.columns)
        if (unit := _unit(formats.get(name) or "", spss)) is not None
    }
    return frame.assign(**results)


def _unit(written: str, spss: bool) -> tuple[str, bool] | None:
    """What a format counts, and whether it shows the day alone; None where it shows no date.

    Examples
    --------
    >>> _unit("%td", False), _unit("DATETIME20", True), _unit("F8.2", True)
    (('days', True), ('seconds', False), None)
    """
    if written.startswith(("%tc", "%tC", "%-tc")):
        return "milliseconds", False
    if _MOMENTS.match(written):
        return "seconds", False
    if spss:
        return ("seconds", True) if _SPSS_DATE.match(written) else None
    return ("days", True) if _DAYS.match(written) else None


def _moment(cell: Any, unit: tuple[str, bool], spss: bool) -> Any:
    if not isinstance(cell, int | float) or cell != cell:
        return cell
    what, only_day = unit
    start = datetime.datetime(1582, 10, 14) if spss else datetime.datetime(1960, 1, 1)
    try:
        moment = start + datetime.timedelta(**{what: float(cell)})
    except (OverflowError, ValueError):
        return CellError(f"{NO_DATE}{cell:g}")
    return moment.date() if only_day else moment

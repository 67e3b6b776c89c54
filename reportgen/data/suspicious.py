"""Numbers that lie in their range and are probably not what was meant: per cent as fractions, thousands as decimals.

A sheet that shows 52% holds 0.52; a file may hold 0.52 where the study says per cent; and a program that groups thousands
with a point writes 1.234 beside 987. None of them breaks a range of 0 to 100, or of 0 to 5,000.
"""

from __future__ import annotations

import re

import numpy as np

from reportgen.data.codes import Cell
from reportgen.data.columns import BoolArray, number_of
from reportgen.data.reading import Numbers, Reading

Span = tuple[float, float]

_PERCENT = frozenset({"%", "percent"})
_SEVERAL = 5  # values, and three different ones: fewer say nothing of what the others are
_HUNDREDS = 3  # whole numbers of three digits: 100 alone is the end of a range
_WIDE = 50.0
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_SHORTENED = re.compile(r"[+-]?[1-9]\d{0,2}\.(?!0$)\d{1,2}")  # 1.23 where 1.230 was written
_WHOLE = re.compile(r"[+-]?\d{1,3}(?:\.0)?")


def as_shown(numbers: Numbers, reading: Reading) -> Numbers:
    """Return numbers in per cent as the sheet shows them, where the mapping says that the unit is per cent.

    Examples
    --------
    What the sheet shows as 52% and holds as 0.52 is 52, if `unit: "%"` is written; else it is a problem elsewhere.
    """
    if numbers.cells is None or not numbers.cells.column.percent:
        return numbers
    present = ~np.isnan(numbers.values)
    shown = present & np.isin(numbers.rows, numbers.cells.column.percent)
    bare = present & ~shown & (numbers.values != 0.0)
    whole = reading.variable.times == 100.0 and bool((np.abs(numbers.values[bare]) > 1.0).any())
    if bare.any() and shown.any() and (_says_percent(reading) or whole):
        message = f"the sheet shows {_counted(shown)} in per cent and {_counted(bare)} without the sign"
        hint = "40% is held as 0.4: give all cells of the column one number format, and check their values."
        reading.problem(message, hint=hint, where=numbers.at(bare))
        return numbers
    if not _says_percent(reading):
        return numbers
    reading.count("unit", "shown in per cent, held as a fraction → times 100", shown, "unit")
    return numbers.with_values(np.where(shown, numbers.values * 100.0, numbers.values))


def _says_percent(reading: Reading) -> bool:
    return (reading.variable.unit or "").strip() in _PERCENT


def _counted(where: BoolArray) -> str:
    number = int(where.sum())
    return f"{number} number{'s' if number > 1 else ''}"


def note_suspicious(numbers: Numbers, reading: Reading, unit: str, span: Span | None) -> None:
    """Note numbers that seem to be fractions of what is meant, or thousands; `times` or another unit settles it."""
    variable = reading.variable
    converted = variable.times is not None or variable.plus is not None or variable.from_range is not None
    if converted or variable.codes or variable.cut or numbers.cells is None:
        return
    if not numbers.cells.column.percent:
        _note_fractions(numbers, reading, unit, span)
    _note_thousands(numbers, reading)


def _note_fractions(numbers: Numbers, reading: Reading, unit: str, span: Span | None) -> None:
    unit_name = reading.variable.unit if reading.variable.unit is not None else unit
    percent = unit_name.strip() in _PERCENT
    of_hundred = reading.variable.unit is None and span is not None and span[0] == 0.0 and span[1] >= 100.0
    narrow = span is not None and span[1] - span[0] < _WIDE
    if not (percent or of_hundred) or narrow:
        return
    values = numbers.values[~np.isnan(numbers.values)]
    different = np.unique(values)
    inside = len(values) >= _SEVERAL and len(different) >= 3 and bool(((values >= 0.0) & (values <= 1.0)).all())
    if inside and bool((values % 1.0 != 0.0).any()):
        what = "per cent" if percent else f"a range of 0 to {span[1] if span else 100.0:g}"
        message = f"all values lie between 0 and 1, which is little for {what}: are they fractions?"
        fractions = "`unit: fraction`" if percent else "`times: 100`"
        hint = f"Write {fractions} if 0.52 stands for 52, or `times: 1` if the values are right."
        reading.problem(message, hint=hint, where=numbers.at(~np.isnan(numbers.values)))


def _note_thousands(numbers: Numbers, reading: Reading) -> None:
    """Three decimals beside whole numbers of three digits, and nothing else."""
    assert numbers.cells is not None
    column, held = numbers.cells.column, numbers.cells.held()
    texts = {i: str(column.distinct[i]) for i, key in enumerate(column.keys) if key in held}
    if any(number_of(column.distinct[i], column.decimal) is None for i in texts):  # reported as text where it is read
        return
    grouped = {i for i, text in texts.items() if _GROUPED.fullmatch(text)}
    shortened = {i for i, text in texts.items() if i not in grouped and _SHORTENED.fullmatch(_bare(column.distinct[i]))}
    whole = {i: text.removesuffix(".0") for i, text in texts.items() if _WHOLE.fullmatch(text)}
    if len(grouped) <= 2 * len(shortened) or len(grouped) + len(shortened) + len(whole) < len(texts):
        return
    hundreds = {float(text) for text in whole.values() if len(text.lstrip("+-")) == 3}
    largest = max(abs(float(texts[i].replace(",", "."))) for i in grouped | shortened)
    if len(hundreds) < _HUNDREDS or largest >= min(map(abs, hundreds)):
        return
    hits = numbers.cells.hits(grouped)
    beside = max(whole.values(), key=len)
    message = f"{numbers.cells.examples(hits)} beside whole numbers such as {beside}: are these thousands?"
    hint = "Save the file without signs that group thousands; if they are decimals, write `times: 1`."
    reading.problem(message, hint=hint, where=numbers.cells.at(hits))


def _bare(cell: Cell) -> str:
    """A number as its shortest text; nothing for a text, which keeps the zeros that a number loses."""
    return "" if isinstance(cell, str) else repr(cell)

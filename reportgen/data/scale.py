"""Numbers into the study's unit and range: unit, `from_range`, `times` and `plus`; and what lies outside the range."""

from __future__ import annotations

import numpy as np

from reportgen.data.codes import shown_number
from reportgen.data.columns import FloatArray
from reportgen.data.reading import Numbers, Reading
from reportgen.data.suspicious import as_shown, note_suspicious
from reportgen.spec.units import convertible, factor, same_unit

Span = tuple[float, float]

# A converted number may miss the end of its range by rounding: 10 x 10.000000000000002 is still 100.
_ROUNDING = 1e-9


def converted(numbers: Numbers, reading: Reading, unit: str, span: Span | None) -> Numbers:
    """Return numbers in the study's unit and range, as the mapping says; the ledger counts them."""
    numbers = as_shown(numbers, reading)
    note_suspicious(numbers, reading, unit, span)
    variable, present = reading.variable, ~np.isnan(numbers.values)
    if variable.unit is not None:
        if same_unit(variable.unit, unit) or not convertible(variable.unit, unit):  # reported with the spec
            return numbers
        reading.count("unit", f"{variable.unit} → {unit}", present, "unit")
        return numbers.with_values(numbers.values * factor(variable.unit, unit))
    if variable.from_range is not None and span is not None:
        (low, high), (to_low, to_high) = variable.from_range, span
        if variable.from_range == span:
            return numbers
        rule = f"{_text(variable.from_range)} → {_text(span)}"
        reading.count("unit", rule, present, "from_range")
        return numbers.with_values(to_low + (numbers.values - low) * ((to_high - to_low) / (high - low)))
    if variable.times is not None or variable.plus is not None:
        times = 1.0 if variable.times is None else variable.times
        plus = 0.0 if variable.plus is None else variable.plus
        words = [f"times {shown_number(times)}"] * (times != 1) + [f"plus {shown_number(plus)}"] * (plus != 0)
        if words:
            key = "times" if variable.times is not None else "plus"
            reading.count("unit", ", ".join(words), present, key)
        return numbers.with_values(numbers.values * times + plus)
    return numbers


def without_noise(values: FloatArray) -> FloatArray:
    """Return numbers to twelve digits, so that what is equal on paper is equal here.

    A score of ten answers and the same score of twelve differ in the sixteenth digit: enough for a search to cut between
    them.

    Examples
    --------
    >>> without_noise(np.array([0.1 + 0.2, 62.50000000000001, 0.0, np.nan]))
    array([ 0.3, 62.5,  0. ,  nan])
    """
    sized = np.where(np.isfinite(values) & (values != 0.0), np.abs(values), 1.0)
    decimals = 11.0 - np.floor(np.log10(sized))
    # a factor or a divisor, never a power below one, which has noise of its own
    up, down = 10.0 ** np.clip(decimals, 0.0, 300.0), 10.0 ** np.clip(-decimals, 0.0, 300.0)
    rounded = np.round(values / down * up) / up * down
    return np.where(values == np.round(values), values, rounded)  # whole numbers have no noise, however long


def within(numbers: Numbers, reading: Reading, span: Span | None, of: str = "") -> Numbers:
    """Return numbers with none outside their range: each is a problem, or missing, as `outside` says.

    Parameters
    ----------
    of : str
        What the range is that of, where it is not the variable.
    """
    if span is None:
        return numbers
    slack = _ROUNDING * (span[1] - span[0])
    outside = (numbers.values < span[0] - slack) | (numbers.values > span[1] + slack)
    if not outside.any():
        return numbers
    if reading.variable.outside == "missing":
        unit = "values" if of else ""
        reading.count("range", f"outside {_text(span)} → missing", outside, "outside", unit=unit)
    else:
        changed = numbers.cells is not None and _changed(numbers, outside)
        message = f"{numbers.examples(outside)} outside the range {_text(span)} of {of or reading.name}"
        message += ", once converted" if changed else ""
        hint = "Correct the file or the rule, list the value in `missing`, or write `outside: missing`."
        reading.problem(message, hint=hint, where=numbers.at(outside))
    return numbers.without(outside)


def _changed(numbers: Numbers, where: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> bool:
    variable_values = numbers.values[where]
    assert numbers.cells is not None
    return any(
        numbers.cells.column.keys[i] != f"{value:g}"
        for i, value in zip(numbers.cells.index[where], variable_values, strict=True)
    )


def _text(span: Span) -> str:
    return f"{shown_number(float(span[0]))} to {shown_number(float(span[1]))}"

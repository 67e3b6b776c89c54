"""When two ways of writing a code mean the same code.

A CSV knows only text, Excel makes every number a float, SPSS writes 1.0 and Parquet may hold true. One mapping must fit
them all, so codes are compared by a key: 1, 1.0, "1", "1.0", "+1", true and "TRUE" are one code; "01" is another, because
who writes the zero means it. Texts are compared in their normal form, and an empty one is no value. Participants are told
apart by a stricter key, since "1.1" and "1.10" are the first and the tenth person of a site.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable
from typing import Any

from reportgen.spec.normal import normal

Cell = str | int | float
"""What one cell of a data file holds, once it is not empty."""

ERRORS = re.compile(r"#[¡¿]?[^\W\d_][\w/]*[!?]|#(?:N/A|NV|N/D|N/B|GETTING_DATA)|#{2,}|Err:\d{3}")
"""Errors as spreadsheets show them, in several languages, and the bars of a column that is too narrow."""

_WHOLE = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE_WITH_ZEROS = re.compile(r"(-?(?:0|[1-9][0-9]*))[.,]0+")
_TRUTH = {"true": "1", "True": "1", "TRUE": "1", "false": "0", "False": "0", "FALSE": "0"}


class Fault(str):
    """What a sheet shows where it holds no value: an error, a formula never calculated, a cell merged with another."""

    __slots__ = ()


def is_fault(cell: Cell) -> bool:
    """Whether a cell shows a fault in place of a value; a text table keeps the errors of the sheet it was saved from.

    Examples
    --------
    >>> is_fault("#DIV/0!"), is_fault("#NV"), is_fault("######"), is_fault("#7"), is_fault(Fault("=A1/B1"))
    (True, True, True, False, True)
    """
    return isinstance(cell, Fault) or (isinstance(cell, str) and ERRORS.fullmatch(cell) is not None)


def cell_of(raw: Any) -> Cell | None:
    """Return what a reader delivered as a text or a number; None where the cell is empty.

    Examples
    --------
    >>> cell_of("No "), cell_of("   "), cell_of(True), cell_of(2.0), cell_of(float("nan"))
    ('No', None, 1, 2.0, None)
    """
    if raw is None:
        return None
    if isinstance(raw, Fault):
        return raw
    if isinstance(raw, str):
        return raw.strip() if normal(raw) else None
    if isinstance(raw, bool | int):
        return int(raw)
    if isinstance(raw, float):
        return None if math.isnan(raw) else float(raw)
    if isinstance(raw, datetime.datetime) and raw == raw and raw.time() == datetime.time():
        return raw.date().isoformat()
    if isinstance(raw, datetime.date | datetime.time):
        return raw.isoformat() if raw == raw else None
    if isinstance(raw, bytes):
        return cell_of(raw.decode(errors="backslashreplace"))
    if hasattr(raw, "item"):
        return cell_of(raw.item())
    return cell_of(str(raw))


def code_key(value: Cell, decimal: str = ".") -> str:
    """Return the text by which codes are compared.

    Examples
    --------
    >>> [code_key(value) for value in (1, 1.0, "1", "1.0", True, "01", -9, "1.50", "m ")]
    ['1', '1', '1', '1', '1', '01', '-9', '1.5', 'm']
    >>> code_key("1,5", decimal=","), code_key("−9"), code_key("+9."), code_key("1e3")
    ('1.5', '-9', '9', '1000')
    """
    if isinstance(value, bool | int):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    text = normal(value)
    if text in _TRUTH:
        return _TRUTH[text]
    number = text.replace("−", "-")
    if decimal == "," and "." not in number:
        number = number.replace(",", ".")
    if _WHOLE.fullmatch(number):
        return str(int(number))
    if _DECIMAL.fullmatch(number) is None or not math.isfinite(float(number)):
        return text
    return code_key(float(number))


def participant_key(value: Cell) -> str:
    """Return the text by which participants are told apart: as written, but a whole number without its decimals.

    Examples
    --------
    >>> [participant_key(value) for value in (7, 7.0, "7.0", "007", "1.10", "1.1", "1e5")]
    ['7', '7', '7', '007', '1.10', '1.1', '1e5']
    """
    if not isinstance(value, str):
        return code_key(value)
    text = normal(value)
    whole = _WHOLE_WITH_ZEROS.fullmatch(text)
    return whole[1] if whole else text


SIGNS_OF_MISSING = frozenset({"na", "n/a", "n.a.", "nan", "null", ".", "-", "–", "—", "?", "missing", "unknown"})
_WORDS_OF_MISSING = re.compile(
    r"missing( value| data)?|unknown|n/?a|not (available|applicable|known|done|reported|recorded|answered)|no (answer|data)"
    r"|refused|don.t know|keine angabe|fehlend"
)
"""What people and programs write for a value that they do not have, in small letters."""


def counts_as_no(key: str, code: Cell, label: str = "") -> bool:
    """Whether a cell that is not this code may pass for its opposite: a number beside a number, a word beside a word.

    Parameters
    ----------
    key : str
        Code key of the cell.
    code : Cell
        The answer that is asked for.
    label : str
        The label that the file has for the cell.

    Examples
    --------
    >>> counts_as_no("0", 1), counts_as_no("no", 1), counts_as_no("no", "yes"), counts_as_no("Yes", "yes")
    (True, False, True, False)
    >>> counts_as_no("NA", "yes"), counts_as_no("9", 1, label="missing")
    (False, False)
    """
    wanted = code_key(code)
    if key.casefold() in SIGNS_OF_MISSING or labelled_missing(label) or key.casefold() == wanted.casefold():
        return False
    return _DECIMAL.fullmatch(key) is not None or _DECIMAL.fullmatch(wanted) is None


def labelled_missing(label: str) -> bool:
    """Whether the label that a file has for a value says that it is none.

    Examples
    --------
    >>> labelled_missing("Not answered"), labelled_missing("worst pain")
    (True, False)
    """
    text = normal(label).casefold()
    return text in SIGNS_OF_MISSING or _WORDS_OF_MISSING.fullmatch(text) is not None


def twins(codes: Iterable[Cell]) -> list[tuple[Cell, Cell]]:
    """Return the pairs of codes that are one code written in two ways.

    Examples
    --------
    >>> twins([1, 2, "1", "01"])
    [(1, '1')]
    >>> twins(["2.1", "2.10"])
    []
    """
    listed = list(codes)
    first: dict[str, Cell] = {}
    apart = told_apart(listed)
    pairs = [(first[key], code) for code in listed if first.setdefault(key := code_key(code), code) is not code]
    return [(one, other) for one, other in pairs if code_key(one) not in apart or str(one) == str(other)]


def told_apart(codes: Iterable[Cell]) -> dict[str, dict[str, int]]:
    """Return the keys that several codes share which are told apart by their writing, as the versions 2.1 and 2.10 are.

    Returns
    -------
    dict of str to dict
        For each such key, which code (by its place) each writing stands for.

    Examples
    --------
    >>> told_apart(["2.1", 3, "2.10", "3"])
    {'2.1': {'2.1': 0, '2.10': 2}}
    """
    writings: dict[str, dict[str, int]] = {}
    for place, code in enumerate(codes):
        writings.setdefault(code_key(code), {}).setdefault(normal(str(code)), place)
    return {key: all_ for key, all_ in writings.items() if len(all_) > 1 and all("." in text for text in all_)}


def shown_code(value: Cell | None) -> str:
    """Write a code as messages and the ledger show it: numbers bare with a true minus sign, texts in quotes.

    Examples
    --------
    >>> shown_code(-9), shown_code("m"), shown_code(2.0), shown_code(None)
    ('−9', "'m'", '2', 'missing')
    """
    if value is None:
        return "missing"
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, bool):
        return str(value).lower()
    return shown_number(float(value)) if isinstance(value, float) else str(value).replace("-", "−")


def shown_number(value: float) -> str:
    """Write a number in its shortest form, with a true minus sign.

    Examples
    --------
    >>> shown_number(24.0), shown_number(-0.5)
    ('24', '−0.5')
    """
    text = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))
    return text.replace("-", "−")

"""When two ways of writing a code mean the same code.

A CSV knows only text, Excel makes every number a float, SPSS writes 1.0 and Parquet may hold true. One mapping must fit
them all, so codes are compared by a key: 1, 1.0, "1", "1.0", "+1", true and "TRUE" are one code; "01" is another, because
who writes the zero means it. Digits of other scripts are digits, .A and .a are one letter of Stata or SAS, and the noise of
a sum (0.30000000000000004) is no part of a number. Texts are compared in their normal form, and an empty one is no value.
Participants are distinguished by a stricter key, since "1.1" and "1.10" are the first and the tenth person of a site.
"""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
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
_LETTER = re.compile(r"\.[A-Za-z_]")
_DASHED = re.compile(r"[‐‑‒–—―﹣－]\s*(?=[0-9.])")
_TRUTH = {"true": "1", "True": "1", "TRUE": "1", "false": "0", "False": "0", "FALSE": "0"}


class CellError(str):
    """What a sheet shows where it holds no value: an error, a formula never calculated, a cell merged with another."""

    __slots__ = ()


def is_error(cell: Cell) -> bool:
    """Whether a cell shows a fault in place of a value; a text table keeps the errors of the sheet it was saved from.

    Examples
    --------
    >>> is_error("#DIV/0!"), is_error("#NV"), is_error("######"), is_error("#7"), is_error(CellError("=A1/B1"))
    (True, True, True, False, True)
    """
    return isinstance(cell, CellError) or (isinstance(cell, str) and ERRORS.fullmatch(cell) is not None)


def cell_of(raw: Any) -> Cell | None:
    """Return what a reader delivered as a text or a number; None where the cell is empty.

    Examples
    --------
    >>> cell_of("No "), cell_of("   "), cell_of(True), cell_of(2.0), cell_of(float("nan"))
    ('No', None, 1, 2.0, None)
    """
    if raw is None:
        return None
    if isinstance(raw, CellError):
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
    >>> code_key(0.1 + 0.2), code_key("１２"), code_key(".A")
    ('0.3', '12', '.a')
    """
    if isinstance(value, bool | int):
        return str(int(value))
    if isinstance(value, float):
        plain = value if value.is_integer() else float(f"{value:.14g}")
        return str(int(plain)) if plain.is_integer() else repr(plain)
    text = normal(value)
    if text in _TRUTH:
        return _TRUTH[text]
    if _LETTER.fullmatch(text):
        return text.lower()
    number = _latin_digits(text).replace("−", "-")
    if decimal == "," and "." not in number:
        number = number.replace(",", ".")
    if _WHOLE.fullmatch(number):
        return str(int(number))
    if _DECIMAL.fullmatch(number) is None or not math.isfinite(float(number)):
        return text
    return code_key(float(number))


def _latin_digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)


def writing_hint(cell: Cell, codes: Iterable[Cell]) -> str:
    """Return how to fix a code that is known in another writing: leading zeros, or a dash for a minus; "" if none is.

    Examples
    --------
    >>> writing_hint("01", [1, 2])
    "The file writes it with a leading zero: put '01' in quotes in place of 1."
    >>> writing_hint("–9", [-9])
    'It begins with a dash in place of a minus sign: write -9 in the file.'
    """
    key = code_key(cell)
    bare = {_without_zeros(code_key(code)): code for code in codes}
    if dash_for_minus(cell) and code_key(dashes_to_minus(cell)) in bare:
        return f"It begins with a dash in place of a minus sign: write {dashes_to_minus(cell)} in the file."
    if (code := bare.get(_without_zeros(key))) is None:
        return ""
    if len(key) > len(code_key(code)):
        return f"The file writes it with a leading zero: put '{key}' in quotes in place of {shown_code(code)}."
    return f"The file writes it without a leading zero: put {key} in place of {shown_code(code)}."


def _without_zeros(key: str) -> str:
    return key.lstrip("0") or key[-1:]


def dash_for_minus(cell: Cell) -> bool:
    """Whether a text is a number that begins with a dash in place of a minus sign.

    Examples
    --------
    >>> dash_for_minus("–63"), dash_for_minus("-63"), dash_for_minus("5–7"), dash_for_minus("–")
    (True, False, False, False)
    """
    return (
        isinstance(cell, str)
        and _DASHED.match(cell) is not None
        and _DECIMAL.fullmatch(dashes_to_minus(cell)) is not None
    )


def dashes_to_minus(cell: Cell) -> str:
    """Return a text with a hyphen where it begins with a dash."""
    return _DASHED.sub("-", str(cell), count=1)


def participant_key(value: Cell) -> str:
    """Return the text by which participants are distinguished: as written, but a whole number without its decimals.

    Examples
    --------
    >>> [participant_key(value) for value in (7, 7.0, "7.0", "007", "1.10", "1.1", "1e5")]
    ['7', '7', '7', '007', '1.10', '1.1', '1e5']
    """
    if not isinstance(value, str):
        return repr(value) if isinstance(value, float) and not value.is_integer() else code_key(value)
    text = normal(value)
    whole = _WHOLE_WITH_ZEROS.fullmatch(text)
    return whole[1] if whole else text


SIGNS_OF_MISSING = frozenset({"na", "n/a", "n.a.", "nan", "null", ".", "-", "–", "—", "?", "missing", "unknown"})
_WORDS_OF_MISSING = re.compile(
    r"missing( value| data)?|unknown|n/?a|not (available|applicable|known|done|reported|recorded|answered)|no (answer|data)"
    r"|refused|don.t know|keine angabe|fehlend"
)
"""What people and programs write for a value that they do not have, in small letters."""


def signs_among(cells: Iterable[Cell], answers: Iterable[Cell] = ()) -> list[int]:
    """Return which of some cells are signs of a missing value; not those that the mapping calls answers.

    Examples
    --------
    >>> signs_among(["NA", 7, "?"]), signs_among(["NA", 7, "?"], ["NA"])
    ([0, 2], [2])
    """
    known = {code_key(answer) for answer in answers}
    return [
        i
        for i, cell in enumerate(cells)
        if normal(str(cell)).casefold() in SIGNS_OF_MISSING and code_key(cell) not in known
    ]


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
    """Return the pairs of codes that are one code written in two ways; texts such as "1.1" and "1.10" are two.

    Examples
    --------
    >>> twins([1, 2, "1", "01"])
    [(1, '1')]
    >>> twins(["2.1", "2.10"])
    []
    """
    listed = list(codes)
    first: dict[str, Cell] = {}
    apart = distinct_writings(listed)
    pairs = [(first[key], code) for code in listed if first.setdefault(key := code_key(code), code) is not code]
    return [(item, other) for item, other in pairs if code_key(item) not in apart or str(item) == str(other)]


def distinct_writings(codes: Iterable[Cell]) -> dict[str, dict[str, int]]:
    """Return the keys that several codes share which are distinguished by their writing, as the versions 2.1 and 2.10 are.

    Returns
    -------
    dict of str to dict
        For each such key, which code (by its place) each writing stands for.

    Examples
    --------
    >>> distinct_writings(["2.1", 3, "2.10", "3"])
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

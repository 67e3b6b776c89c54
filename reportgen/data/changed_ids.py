"""Ids that a spreadsheet has changed: 1/3 and MAR-1 into dates, 1:30 into a time, 2E3 and long numbers into powers of ten.

A scheme of ids may look so by chance: 2019-01-07 beside 2019-01-45 is year, site and number. Where others of the same shape
are no dates, none of them is taken for one.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Sequence

from reportgen.spec.normal import normal, shape

_YEAR_FIRST = re.compile(r"((?:19|20)\d\d)-(\d\d)-(\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?")
_YEAR_LAST = re.compile(r"(\d{1,2})([-./])(\d{1,2})\2((?:19|20)\d\d)")
_TIME = re.compile(r"\d{1,2}:[0-5]\d:[0-5]\d(?:\.\d+)?")
_DAY_AND_MONTH = re.compile(r"\d{1,2}[-./ ]{1,2}([^\W\d_]{3,9})\.?(?:[-/ ](?:\d\d|(?:19|20)\d\d))?")
_MONTH_FIRST = re.compile(r"([^\W\d_]{3,9})\.?[-/ ](?:\d\d|(?:19|20)\d\d)")
_POWER = re.compile(r"\d(?:[.,]\d+)?E\+\d{2,3}")
_MONTHS = frozenset(
    word
    for words in (
        "jan feb mar apr may jun jul aug sep sept oct nov dec",  # English
        "mär mrz mai okt dez",  # German
        "janv févr mars avr juin juil août déc",  # French
        "ene abr ago dic",  # Spanish
        "gen mag giu lug set ott",  # Italian
        "mrt mei fev out maj",  # Dutch, Portuguese, Scandinavian
    )
    for word in words.split()
)


def dates_among(ids: Sequence[str]) -> list[int]:
    """Return which ids are dates or times that a spreadsheet has made.

    Examples
    --------
    >>> dates_among(["1/32", "2020-03-01", "3-Mar", "MAR-01", "12/03/2020", "01:30:00"])
    [1, 2, 3, 4, 5]
    >>> dates_among(["2019-01-07", "2019-01-45"]), dates_among(["MAR-01", "OSL-01"]), dates_among(["1-11", "7"])
    ([], [], [])
    """
    written = [normal(id_) for id_ in ids]
    kinds = [_kind(item) for item in written]
    dated = {i for i, kind in enumerate(kinds) if kind}
    if not dated:
        return []
    others = {shape for i, item in enumerate(written) if i not in dated for shape in _shapes(item)}
    return [i for i in sorted(dated) if _shape(written[i], kinds[i]) not in others]


def powers_among(ids: Iterable[str]) -> list[int]:
    """Return which ids are numbers that a spreadsheet shortened to a power of ten.

    Examples
    --------
    >>> powers_among(["1E5", "1.23457E+11", "2E+03", "E-05"])
    [1, 2]
    """
    return [i for i, id_ in enumerate(ids) if _POWER.fullmatch(normal(id_))]


def _kind(text: str) -> str:
    """What sort of date a text is: "digits" or "words"; nothing where it is none."""
    if found := _YEAR_FIRST.fullmatch(text):
        return "digits" if _exists(int(found[1]), int(found[2]), int(found[3])) else ""
    if found := _YEAR_LAST.fullmatch(text):
        year, item, two = int(found[4]), int(found[1]), int(found[3])
        return "digits" if _exists(year, item, two) or _exists(year, two, item) else ""
    if _TIME.fullmatch(text):
        return "digits"
    found = _DAY_AND_MONTH.fullmatch(text) or _MONTH_FIRST.fullmatch(text)
    return "words" if found and found[1].casefold() in _MONTHS else ""


def _exists(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


def _shape(text: str, kind: str) -> str:
    """The digits of a text as zeros, its words as a letter; how many digits there are counts without a month's name only."""
    return shape(text) if kind == "words" else re.sub(r"\d", "0", text)


def _shapes(text: str) -> Iterator[str]:
    yield _shape(text, "digits")
    yield _shape(text, "words")

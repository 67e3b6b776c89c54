"""Records, tables and running text as a house style sets them: the last step before a page is made.

In: anything that holds running text, with numbers as `printed` made them. Out: the same with the decimal point, the words
between two numbers and the letter of p values of the house. Values, ids and what was quoted from data stay what they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar

from reportgen.houses import PLAIN, TO, VERSUS, House
from reportgen.records.artefact import Drawing
from reportgen.records.marks import is_mark
from reportgen.records.numbers import Inline, Number

T = TypeVar("T")
FROM = ("from ", "between ")
"""Words after which "to" belongs to the sentence."""


def number_text(number: Number, house: House, *, titles: bool = True) -> str:
    """Return the text of a number in the style of the house; of a quotation, the comparison that it names.

    Examples
    --------
    >>> from reportgen.houses import HOUSES
    >>> number_text(Number("a.p", 0.034, "0.03", measure="p"), HOUSES["jama"])
    '.03'
    >>> number_text(Number("a.title", None, "Yoga vs rest", kind="quotation"), HOUSES["bmj"])
    'Yoga v rest'
    """
    if number.kind == "quotation":
        return house.comparing(number.text) if titles else number.text
    return house.number(number.text, p=number.measure in ("p", "limit of p"))


def set_inline(inline: Inline, house: House, *, titles: bool = True) -> Inline:
    """Return running text in the style of a house.

    Parameters
    ----------
    inline : Inline
    house : House
    titles : bool
        Whether quotations are the study's own words, whose "vs" follows the house; False leaves them as they are.

    Examples
    --------
    >>> from reportgen.houses import HOUSES
    >>> from reportgen.records.numbers import plain
    >>> low, high, p = Number("a.low", 1.2, "1.2"), Number("a.high", 3.4, "3.4"), Number("a.p", 0.03, "0.030", measure="p")
    >>> [plain(set_inline((low, " to ", high, "; p ", "= ", p), HOUSES[name])) for name in ("lancet", "jama")]
    ['1·2–3·4; p=0·030', '1.2-3.4; P = .030']
    >>> plain(set_inline((Number("a.x", None, "male"), VERSUS, Number("a.y", None, "female")), HOUSES["nature"]))
    'male versus female'
    """
    if house == PLAIN:
        return inline
    joined = _merged([_between(inline, place, house) for place in range(len(inline))])
    parts = [
        house.words(part) if isinstance(part, str) else replace(part, text=number_text(part, house, titles=titles))
        for part in joined
    ]
    return _tightened(parts) if house.tight else tuple(parts)


def _between(inline: Inline, place: int, house: House) -> str | Number:
    """Return a part of running text, with what the house has between the ends of an interval and between two levels."""
    part = inline[place]
    if part == TO:
        return _joint(inline, place, house)
    return house.against if part == VERSUS else part


def _joint(inline: Inline, place: int, house: House) -> str:
    """Return what stands in the place of "to": a dash only between the ends of an interval or a range."""
    before = [part for part in inline[max(0, place - 2) : place] if part != "%"]
    after = inline[place + 1] if place + 1 < len(inline) else ""
    low = before[-1] if before else ""
    if not isinstance(low, Number) or not isinstance(after, Number) or low.measure != after.measure:
        return TO
    lead = inline[inline.index(low) - 1] if inline.index(low) else ""
    sentence = isinstance(lead, str) and lead.endswith(FROM)
    return TO if sentence else house.joint(low.text, after.text)


def _merged(parts: Iterable[str | Number]) -> list[str | Number]:
    """Return running text with words that stand together as one part; a footnote mark stays one of its own."""
    merged: list[str | Number] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, str) and isinstance(last, str) and not is_mark(part) and not is_mark(last):
            merged[-1] = last + part
        else:
            merged.append(part)
    return merged


def _tightened(parts: list[str | Number]) -> Inline:
    """Return running text without a space behind a sign before a number, and between p and "<0.001"."""
    for place in range(1, len(parts)):
        before, part = parts[place - 1], parts[place]
        if isinstance(before, str) and isinstance(part, Number):
            bare = before.rstrip(" \u00a0")
            if bare.endswith("=") or (part.text[:1] in "<>" and bare.endswith(("p", "P"))):
                parts[place - 1] = bare
    return tuple(parts)


def typeset(record: T, house: House, *, titles: bool = True) -> T:
    """Return a record in which all running text is in the style of a house; drawings are set when they are drawn.

    Parameters
    ----------
    record : dataclass, tuple or dict
    house : House
    titles : bool
        As in `set_inline`.
    """
    return record if house == PLAIN else _Typesetter(house, titles).of(record)


class _Typesetter:
    """Sets a record; remembers what it has set, for a note stands below many tables."""

    def __init__(self, house: House, titles: bool) -> None:
        self._house, self._titles = house, titles
        self._made: dict[int, Any] = {}

    def of(self, item: Any) -> Any:
        if isinstance(item, tuple):
            if _is_inline(item):
                return set_inline(item, self._house, titles=self._titles)
            return tuple(map(self.of, item))
        if isinstance(item, dict):
            return {key: self.of(value) for key, value in item.items()}
        if not is_dataclass(item) or isinstance(item, type):
            return item
        if id(item) not in self._made:
            self._made[id(item)] = self._record(item)
        return self._made[id(item)]

    def _record(self, item: Any) -> Any:
        if isinstance(item, Number):
            return replace(item, text=number_text(item, self._house, titles=self._titles))
        names = ("alt", "title") if isinstance(item, Drawing) else _fields_of(item.__class__)
        return replace(item, **{name: self.of(getattr(item, name)) for name in names})


def _is_inline(item: tuple[Any, ...]) -> bool:
    return all(isinstance(part, str | Number) for part in item)


@lru_cache(maxsize=256)
def _fields_of(record: Any) -> tuple[str, ...]:
    return tuple(item.name for item in fields(record) if item.init)

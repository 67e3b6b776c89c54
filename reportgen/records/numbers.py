"""The smallest thing a report may say: a value with its id, and a quotation from the study file or the data.

A record holds `Value`s, which have no text; on a page it holds `Number`s, which `printed` makes of them. Whatever a page
prints is made of these and of words, so that each number can be traced to a row of the results table.

A ratio is analysed, recorded and drawn as its natural logarithm (`value`), and printed as the ratio: the way back is
`back_transformed`. Figures place the logarithm, pages and sheets show the ratio.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any, Literal, Protocol

from typing_extensions import TypeVar

from reportgen.spec.normal import in_ids

MINUS = "−"
DASH = "–"
MOST_MORE = 4  # decimals more than asked for, where a number would be printed as a limit that it is not

Status = Literal["ok", "boundary", "failed", "not estimable", "suppressed"]
Link = Literal["identity", "log"]
"""What leads from an effect as printed to the effect as analysed."""
Kind = Literal["number", "log", "quotation"]
"""A quotation; a number; or one that is the natural logarithm of the ratio that is printed."""
Measure = Literal[
    "",
    "effect",
    "mean",
    "percent",
    "percent of few",
    "share of draws",
    "scaled",
    "heterogeneity",
    "p",
    "limit of p",
    "df",
    "criterion",
    "q",
    "share",
    "jaccard",
    "i2",
    "weight",
    "variance",
    "factor",
]


class NumberLike(Protocol):
    """What a value has in common with the number that is printed of it."""

    @property
    def id(self) -> str:
        """Stable and readable."""

    @property
    def value(self) -> float | None:
        """Unrounded."""

    @property
    def unit(self) -> str:
        """Unit of the value."""

    @property
    def status(self) -> Status:
        """`ok`, or why not."""

    @property
    def reason(self) -> str:
        """The same in words."""

    @property
    def kind(self) -> Kind:
        """Whether it is quoted."""

    @property
    def words(self) -> str:
        """What stands there as it is: a quotation; empty for a number."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value as records keep it: how many decimals it is printed with is known on the page alone.

    Attributes
    ----------
    id : str
        Stable and readable: `pooled.therapy.probing-depth.visit-3.effect`.
    value : float or None
        Unrounded; None where there is none (not estimable, suppressed, a quotation).
    words : str
        What stands in the place of a number: a quotation, a dash, `<5`.
    measure : str
        Of which measure it is, whose decimals the policy sets; empty where it has decimals of its own.
    decimals : int or None
        Its own decimals, as release fixes those of participants' own values; with a measure, the fewest.
    clear : tuple of float
        Limits as which it is printed only if it is one.
    outcome : str
        The outcome whose own decimals come first.
    unit : str
        Unit of the value.
    n, trials : int or None
        Participants and trials that it rests on.
    status, reason : str
        `ok`, or why not.
    source : str
        Key of the provenance that it shares with its neighbours.
    kind : {'number', 'log', 'quotation'}
        `log`: the value is the natural logarithm of the ratio that is printed.
    """

    id: str
    value: float | None
    words: str = ""
    measure: Measure = ""
    decimals: int | None = None
    clear: tuple[float, ...] = ()
    outcome: str = ""
    unit: str = ""
    n: int | None = None
    trials: int | None = None
    status: Status = "ok"
    reason: str = ""
    source: str = ""
    kind: Kind = "number"

    @property
    def shown(self) -> float | None:
        """The unrounded number that is printed: the value, or the ratio whose logarithm it is."""
        return shown(self)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as a page prints it, or (`kind="quotation"`) words of the study file or the data that hold digits.

    Attributes
    ----------
    id : str
        That of the value; `…@fig1` where an artefact has a rounding of its own.
    value : float or None
        Unrounded; None where there is none (not estimable, suppressed, a quotation).
    text : str
        As printed.
    unit, n, trials, status, reason, source, kind, measure
        Those of the value.
    """

    id: str
    value: float | None
    text: str
    unit: str = ""
    n: int | None = None
    trials: int | None = None
    status: Status = "ok"
    reason: str = ""
    source: str = ""
    kind: Kind = "number"
    measure: Measure = ""

    @property
    def words(self) -> str:
        """What stands there as it is: a quotation; empty for a number."""
        return self.text if self.kind == "quotation" else ""

    @property
    def shown(self) -> float | None:
        """The unrounded number that is printed: the value, or the ratio whose logarithm it is.

        Examples
        --------
        >>> Number("a.effect", -0.5, "0.61", kind="log").shown, Number("a.effect", -0.5, "−0.50").shown
        (0.6065306597126334, -0.5)
        """
        return shown(self)


V = TypeVar("V", bound=NumberLike, default=Number)
"""What a record holds: `Value`s where it is made and kept, `Number`s on a page."""

Inline = tuple[str | V, ...]
"""Running text: words and numbers, in reading order."""


def plain(inline: Iterable[str | Number]) -> str:
    """Return running text as plain text.

    Examples
    --------
    >>> plain(("m = ", Number("a.trials", 4, "4"), " trials"))
    'm = 4 trials'
    """
    return "".join(part if isinstance(part, str) else part.text for part in inline)


def quoted(inline: Iterable[str | NumberLike]) -> str:
    """Return running text that only quotes as plain text; there is nothing to be rounded in it.

    Examples
    --------
    >>> quoted(("follows from ", Value("a.of", None, "age", kind="quotation")))
    'follows from age'
    """
    return "".join(part if isinstance(part, str) else part.words for part in inline)


def ids(inline: Iterable[str | Number]) -> tuple[str, ...]:
    """Return the ids of the numbers in running text, in reading order."""
    return tuple(part.id for part in inline if isinstance(part, Number))


def numbers_in(record: Any) -> Iterator[Number]:
    """Yield every number of a record, whatever the depth: this is how a record becomes rows of the results table."""
    yield from _each(record, Number)


def values_in(record: Any) -> Iterator[Value]:
    """Yield every value of a record that is not printed yet, whatever the depth."""
    yield from _each(record, Value)


def texts_in(record: Any) -> Iterator[Number | str]:
    """Yield whatever a record prints, whatever the depth: its numbers and its words, but no content of drawings."""
    for item in _each(record, (Number, str)):
        if not isinstance(item, str) or not item.startswith("<svg"):
            yield item


def _each(record: Any, kind: type | tuple[type, ...]) -> Iterator[Any]:
    """Yield what is of a kind, in order; what is still to be looked at waits in a pile, its first on top."""
    pile = [record]
    while pile:
        item = pile.pop()
        holds: Any = type(item)
        if isinstance(item, kind):
            yield item
        elif holds is str or holds is float or item is None:
            continue
        elif isinstance(item, tuple | list):
            pile += reversed(item)
        elif isinstance(item, dict):
            pile += reversed(item.values())
        elif names := _field_names(holds):
            pile += [getattr(item, name) for name in names]


@cache
def _field_names(kind: Any) -> tuple[str, ...]:
    """Return the fields of a dataclass from last to first; none of anything else."""
    return tuple(field.name for field in reversed(fields(kind))) if is_dataclass(kind) else ()


def slug(*names: str) -> str:
    """Return names as parts of an id.

    Examples
    --------
    >>> slug("pooled", "Probing depth", "visit 3")
    'pooled.probing-depth.visit-3'
    """
    return ".".join(map(in_ids, names))


SMALL_P = 0.01  # from here on down, p values with fixed decimals have more of them
DIGITS = 27
"""A number with more is printed as ∞: an interval on next to no degrees of freedom ends there."""


def fixed(value: float, decimals: int) -> str:
    """Round half away from zero on the shortest decimal form, with a true minus sign; never "−0.0".

    Examples
    --------
    >>> fixed(2.675, 2), fixed(-0.04, 1), fixed(-1.25, 1), fixed(-1e153, 2)
    ('2.68', '0.0', '−1.3', '−∞')
    """
    if not abs(value) < 10.0 ** (DIGITS - decimals):
        return DASH if math.isnan(value) else ("∞" if value > 0 else f"{MINUS}∞")
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):f}"
    return f"{MINUS}{text}" if rounded < 0 else text


def significant(value: float, figures: int) -> str:
    """Round to significant figures, without exponent.

    Examples
    --------
    >>> significant(0.03449, 2), significant(12.345, 3), significant(1e30, 2)
    ('0.034', '12.3', '∞')
    """
    if value == 0 or not abs(value) < 10.0**DIGITS:
        return fixed(value, 0)
    decimals = max(0, figures - 1 - math.floor(math.log10(abs(value))))
    text = fixed(value, decimals)
    # 0.0996 rounds up into another decade: two figures are 0.10, not 0.100
    again = max(0, figures - 1 - math.floor(math.log10(abs(float(text.replace(MINUS, "-")) or value))))
    return fixed(value, again)


def read_back(text: str) -> float:
    """Return the value of a printed number; the limit itself of one such as "<0.001".

    Examples
    --------
    >>> read_back("−1.30"), read_back("<0.001"), read_back("−∞")
    (-1.3, 0.001, -inf)
    """
    return float(text.lstrip("<>").replace(MINUS, "-").replace("∞", "inf"))


def p_words(p: Number) -> Inline:
    """Return a p value with what stands before it, on one line.

    Examples
    --------
    >>> [plain(p_words(Number("a.p", value, text))) for value, text in ((0.034, "0.034"), (0.0001, "<0.001"))]
    ['p\xa0=\xa00.034', 'p\xa0<0.001']
    """
    return ("p\u00a0", p) if p.text[:1] in "<>" else ("p\u00a0=\u00a0", p)


def p_text(
    value: float,
    figures: int = 2,
    limits: Iterable[float] = (0.05,),
    *,
    least: float = 0.001,
    decimals: tuple[int, int] | None = None,
) -> str:
    """Return a p value as printed: with more figures where it would otherwise be printed as a limit that it is not.

    With as many figures more as it takes to stand on its own side of each of the limits that a report compares it with: a p
    below 0.05 is never printed as 0.050.

    Parameters
    ----------
    value : float
    figures : int
        Significant figures.
    limits : iterable of float
    least : float
        A smaller value is printed as smaller than this.
    decimals : tuple of (int, int), optional
        In place of significant figures, the decimals of values from 0.01 on, and of those below.

    Examples
    --------
    >>> p_text(0.0341), p_text(0.00012), p_text(0.9999)
    ('0.034', '<0.001', '>0.99')
    >>> p_text(0.05), p_text(0.04996), p_text(0.2004, limits=(0.05, 0.2))
    ('0.050', '0.04996', '0.2004')
    >>> [p_text(value, decimals=(2, 3)) for value in (0.0341, 0.0041, 0.0496)], p_text(0.00012, least=0.0001)
    (['0.03', '0.004', '0.0496'], '0.00012')
    """
    if value < least and not any(limit < least for limit in limits):
        return f"<{significant(least, 1)}"
    if value > 0.99:
        return ">0.99"

    def rounded(more: int) -> str:
        if decimals is None:
            return significant(value, figures + more)
        return fixed(value, decimals[value < SMALL_P] + more)

    short = rounded(0)
    texts = (rounded(more) for more in range(MOST_MORE))
    beside = f"{'<' if value < read_back(short) else '>'}{short}"
    return next((text for text in texts if not _at_limit(value, text, limits)), beside)


def _at_limit(value: float, text: str, limits: Iterable[float]) -> bool:
    """Whether a text reads as a limit that the value is not."""
    return any(read_back(text) == limit != value for limit in limits)


def clear_of(value: float, decimals: int, *limits: float) -> str:
    """Return a number as printed: with more decimals where it would otherwise be printed as a limit that it is not.

    Examples
    --------
    >>> clear_of(0.04, 1, 0.0), clear_of(99.97, 0, 0.0, 100.0), clear_of(0.0, 1, 0.0)
    ('0.04', '99.97', '0.0')
    """
    texts = (fixed(value, decimals + more) for more in range(MOST_MORE))
    return next((text for text in texts if not _at_limit(value, text, limits)), fixed(value, decimals))


LEAST_RATIO, LARGEST_RATIO = 0.001, 1000
"""Ratios beyond these are printed as such: an interval that ends there says that nothing is known."""


def link_of(number_like: NumberLike) -> Link:
    """Return what leads from a number as printed to its value."""
    return "log" if number_like.kind == "log" else "identity"


def shown(number_like: NumberLike) -> float | None:
    """Return the unrounded number that is printed of a value; None where there is none."""
    return None if number_like.value is None else back_transformed(number_like.value, link_of(number_like))


def back_transformed(value: float, link: Link) -> float:
    """Return an effect as printed from one as analysed: the ratio of a logarithm, and what is no ratio as it is.

    Examples
    --------
    >>> back_transformed(0.0, "log"), back_transformed(-math.inf, "log"), back_transformed(1e4, "log")
    (1.0, 0.0, inf)
    >>> back_transformed(-1.5, "identity")
    -1.5
    """
    if link == "identity":
        return value
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def beyond_ratios(value: float, link: Link) -> str:
    """Return "<0.001" or ">1000" for a ratio so far from one that its digits mean nothing; an empty text for all else.

    Examples
    --------
    >>> beyond_ratios(-8.0, "log"), beyond_ratios(8.0, "log"), beyond_ratios(8.0, "identity"), beyond_ratios(1.0, "log")
    ('<0.001', '>1000', '', '')
    """
    if link == "identity" or not math.isfinite(value):
        return ""
    ratio = back_transformed(value, link)
    return "<0.001" if ratio < LEAST_RATIO else f">{LARGEST_RATIO}" if ratio > LARGEST_RATIO else ""


def linked(value: float, decimals: int, link: Link, *, clear: bool = False) -> str:
    """Return an effect as printed; one that is `clear` of no effect, and any ratio that is not 0, never reads as if it were.

    Examples
    --------
    >>> linked(-0.004, 2, "log"), linked(-0.004, 2, "log", clear=True), linked(-6.0, 2, "log"), linked(30.0, 2, "log")
    ('1.00', '0.996', '0.002', '>1000')
    >>> linked(0.004, 2, "identity"), linked(0.004, 2, "identity", clear=True)
    ('0.00', '0.004')
    """
    shown = back_transformed(value, link)
    if beyond := beyond_ratios(value, link):
        return beyond
    if not math.isfinite(shown):
        return fixed(shown, decimals)
    limits = (back_transformed(0.0, link),) if clear else ()
    return clear_of(shown, decimals, *limits, *((0.0,) if link == "log" else ()))

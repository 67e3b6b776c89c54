"""The smallest thing a report may say: a number with its id, and a quotation from the study file or the data.

`value` and `text` are born together, here and nowhere else. Whatever is printed is made of these two and of words, so
that each number on a page can be traced to a row of the results table.

A ratio is analysed, recorded and drawn as its natural logarithm (`value`), and printed as the ratio (`text`): the way back is
`back_transformed`, which is called here alone. Figures place the logarithm, pages and sheets show the ratio.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from reportgen.spec.normal import in_ids

MINUS = "−"
DASH = "–"
MOST_MORE = 4  # decimals more than asked for, where a number would be printed as a limit that it is not

Status = Literal["ok", "boundary", "failed", "not estimable", "suppressed"]
Link = Literal["identity", "log"]
"""What leads from an effect as printed to the effect as analysed."""
LINKED = ("effect",)
"""Kinds of numbers that a press of ratios writes as ratios; a standard error and a variance stay on the log scale."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the report, or (`kind="quotation"`) words of the study file or the data that hold digits.

    Attributes
    ----------
    id : str
        Stable and readable: `pooled.therapy.probing-depth.visit-3.effect`.
    value : float or None
        Unrounded; None where there is none (not estimable, suppressed, a quotation).
    text : str
        As printed.
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
    text: str
    unit: str = ""
    n: int | None = None
    trials: int | None = None
    status: Status = "ok"
    reason: str = ""
    source: str = ""
    kind: Literal["number", "log", "quotation"] = "number"

    @property
    def link(self) -> Link:
        """What leads from the number as printed to its value."""
        return "log" if self.kind == "log" else "identity"

    @property
    def shown(self) -> float | None:
        """The unrounded number of which `text` is the rounded one: the value, or the ratio whose logarithm it is.

        Examples
        --------
        >>> Number("a.effect", -0.5, "0.61", kind="log").shown, Number("a.effect", -0.5, "−0.50").shown
        (0.6065306597126334, -0.5)
        """
        return None if self.value is None else back_transformed(self.value, self.link)


Inline = tuple["str | Number", ...]
"""Running text: words and numbers, in reading order."""


def plain(inline: Iterable[str | Number]) -> str:
    """Return running text as plain text.

    Examples
    --------
    >>> plain(("m = ", Number("a.trials", 4, "4"), " trials"))
    'm = 4 trials'
    """
    return "".join(part if isinstance(part, str) else part.text for part in inline)


def ids(inline: Iterable[str | Number]) -> tuple[str, ...]:
    """Return the ids of the numbers in running text, in reading order."""
    return tuple(part.id for part in inline if isinstance(part, Number))


def numbers_in(record: Any) -> Iterator[Number]:
    """Yield every number of a record, whatever the depth: this is how a record becomes rows of the results table."""
    if isinstance(record, Number):
        yield record
    elif is_dataclass(record) and not isinstance(record, type):
        for field in fields(record):
            yield from numbers_in(getattr(record, field.name))
    elif isinstance(record, dict):
        for value in record.values():
            yield from numbers_in(value)
    elif isinstance(record, tuple | list):
        for value in record:
            yield from numbers_in(value)


def slug(*names: str) -> str:
    """Return names as parts of an id.

    Examples
    --------
    >>> slug("pooled", "Probing depth", "visit 3")
    'pooled.probing-depth.visit-3'
    """
    return ".".join(map(in_ids, names))


def fixed(value: float, decimals: int) -> str:
    """Round half away from zero on the shortest decimal form, with a true minus sign; never "−0.0".

    Examples
    --------
    >>> fixed(2.675, 2), fixed(-0.04, 1), fixed(-1.25, 1)
    ('2.68', '0.0', '−1.3')
    """
    if not math.isfinite(value):
        return DASH if math.isnan(value) else ("∞" if value > 0 else f"{MINUS}∞")
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):f}"
    return f"{MINUS}{text}" if rounded < 0 else text


def significant(value: float, figures: int) -> str:
    """Round to significant figures, without exponent.

    Examples
    --------
    >>> significant(0.03449, 2), significant(12.345, 3)
    ('0.034', '12.3')
    """
    if value == 0 or not math.isfinite(value):
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
    >>> read_back("−1.30"), read_back("<0.001")
    (-1.3, 0.001)
    """
    return float(text.lstrip("<>").replace(MINUS, "-"))


def p_text(value: float, figures: int = 2, limits: Iterable[float] = (0.05,)) -> str:
    """Return a p value as printed: with more figures where it would otherwise be printed as a limit that it is not.

    With as many figures more as it takes to stand on its own side of each of the limits that a report compares it with: a p
    below 0.05 is never printed as 0.050.

    Examples
    --------
    >>> p_text(0.0341), p_text(0.00012), p_text(0.9999)
    ('0.034', '<0.001', '>0.99')
    >>> p_text(0.05), p_text(0.04996), p_text(0.2004, limits=(0.05, 0.2))
    ('0.050', '0.04996', '0.2004')
    """
    if value < 0.001 and not any(limit < 0.001 for limit in limits):
        return "<0.001"
    if value > 0.99:
        return ">0.99"
    short = significant(value, figures)
    texts = (significant(value, figures + more) for more in range(MOST_MORE))
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


def linked(value: float, decimals: int, link: Link, *, clear: bool = False) -> str:
    """Return an effect as printed; one that is `clear` of no effect, and any ratio that is not 0, never reads as if it were.

    Examples
    --------
    >>> linked(-0.004, 2, "log"), linked(-0.004, 2, "log", clear=True), linked(-7.0, 2, "log")
    ('1.00', '0.996', '0.001')
    >>> linked(0.004, 2, "identity"), linked(0.004, 2, "identity", clear=True)
    ('0.00', '0.004')
    """
    shown = back_transformed(value, link)
    if not math.isfinite(shown):
        return fixed(shown, decimals)
    limits = (back_transformed(0.0, link),) if clear else ()
    return clear_of(shown, decimals, *limits, *((0.0,) if link == "log" else ()))


@dataclass(frozen=True, slots=True)
class Press:
    """Makes the numbers of one analysis: their source, and how many decimals each kind has.

    Parameters
    ----------
    prefix : str
        What the ids start with.
    source : str
        Key of the provenance.
    decimals : dict
        Kind of number (`effect`, `mean`, `percent`, `scaled`, `heterogeneity`) to decimals; `p` to figures.
    limits : tuple of float
        Of p values: what a text says of them must hold for what is printed.
    link : {'identity', 'log'}
        Of effects: with `log` their values are logarithms and their texts ratios.
    """

    prefix: str
    source: str
    decimals: dict[str, int]
    n: int | None = None
    trials: int | None = None
    status: Status = "ok"
    limits: tuple[float, ...] = (0.05,)
    link: Link = "identity"

    def at(self, *names: str, **changes: Any) -> Press:
        """Return a press whose ids carry further names, and whose numbers rest on other people and trials."""
        return replace(self, prefix=f"{self.prefix}.{slug(*names)}" if names else self.prefix, **changes)

    def _make(self, name: str, value: float | None, text: str, unit: str) -> Number:
        id_ = f"{self.prefix}.{slug(name)}"
        return Number(id_, value, text, unit, self.n, self.trials, self.status, "", self.source)

    def count(self, name: str, value: int, unit: str = "participants") -> Number:
        """A whole number of something."""
        return self._make(name, int(value), fixed(int(value), 0), unit)

    def fixed(self, name: str, value: float | None, kind: str, unit: str = "", reason: str = "") -> Number:
        """A number with the decimals of its kind; None or NaN is not estimable and prints as a dash."""
        if value is None or math.isnan(value):
            return replace(self._make(name, None, DASH, unit), status="not estimable", reason=reason)
        if self.link == "log" and kind in LINKED:
            ratio = linked(float(value), self.decimals[kind], self.link)
            return replace(self._make(name, float(value), ratio, unit), kind="log")
        return self._make(name, float(value), fixed(value, self.decimals[kind]), unit)

    def bounds(
        self,
        low: float,
        high: float,
        kind: str,
        unit: str = "",
        reason: str = "",
        names: tuple[str, str] = ("ci low", "ci high"),
    ) -> tuple[Number, Number]:
        """The ends of an interval; one that is clear of no effect is printed clear of it."""
        ends = tuple(self.fixed(name, end, kind, unit, reason) for name, end in zip(names, (low, high), strict=True))
        if not (low > 0 or high < 0):
            return ends[0], ends[1]
        decimals = self.decimals[kind]
        clear = [
            end if end.value is None else replace(end, text=linked(end.value, decimals, end.link, clear=True))
            for end in ends
        ]
        return clear[0], clear[1]

    def share(self, name: str, part: int, whole: int, reason: str = "") -> Number:
        """A share in per cent: none is 0% and all are 100%, and nothing else is."""
        if not whole:
            return self.fixed(name, None, "percent", "%", reason)
        value = 100 * part / whole
        return self._make(name, value, clear_of(value, self.decimals["percent"], 0.0, 100.0), "%")

    def p(self, name: str, value: float | None, reason: str = "") -> Number:
        """A p value."""
        if value is None or math.isnan(value):
            return replace(self._make(name, None, DASH, ""), status="not estimable", reason=reason)
        return self._make(name, float(value), p_text(value, self.decimals["p"], self.limits), "")

    def figure(self, name: str, value: float, decimals: int, unit: str = "") -> Number:
        """A number with decimals of its own, such as a setting."""
        return self._make(name, float(value), fixed(value, decimals), unit)

    def none(self, name: str, reason: str, unit: str = "") -> Number:
        """A number that cannot be had, with the reason."""
        return replace(self._make(name, None, DASH, unit), status="not estimable", reason=reason)

    def hidden(self, name: str, text: str, reason: str, unit: str = "") -> Number:
        """A number that is known and not told: a cell too small to print. The value leaves no trace."""
        return replace(self._make(name, None, text, unit), status="suppressed", reason=reason, n=None)

    def quote(self, name: str, text: str) -> Number:
        """Words of the study file or the data, printed as they are."""
        return replace(self._make(name, None, text, ""), kind="quotation")


def reprinted(number: Number, decimals: int, artefact: str) -> Number:
    """Return the number as an artefact with its own rounding prints it, under an id of its own.

    Examples
    --------
    >>> reprinted(Number("a.effect", 1.254, "1.25"), 1, "fig1")
    Number(id='a.effect@fig1', value=1.254, text='1.3', unit='', n=None, trials=None, status='ok', reason='', source='', kind='number')
    """
    if number.value is None:
        return number
    if number.reason:  # the value has no more digits than the text
        decimals = min(decimals, len(number.text.partition(".")[2]))
    shown, limits = back_transformed(number.value, number.link), (1.0, 0.0) if number.link == "log" else (0.0, 100.0)
    text = fixed(shown, decimals)
    # what was printed clear of no effect, or of all, stays so
    if read_back(text) in limits and read_back(number.text) != read_back(text):
        text = clear_of(shown, decimals, *limits)
    return replace(number, id=f"{number.id}@{artefact}", text=text)

"""Words and numbers as the cells of tables say them, and the footnotes that explain the odd ones.

A footnote mark is a string of superscript letters ("ᵃ") that stands as a part of its own in running text: so a mark needs
no type of its own, survives in plain text, and can never be taken for a number. A footnote that begins with a mark
belongs to it; one that does not speaks of the whole table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reportgen.records.artefact import Group, Row, Table
from reportgen.records.derived import Derived
from reportgen.records.estimate import Estimate
from reportgen.records.marks import is_mark, mark
from reportgen.records.numbers import Inline, Number, plain

NBSP = "\u00a0"


def words(text: str, id_: str, source: str = "report") -> Inline:
    """Return words that came from a fit or a rule; if they hold digits they are a quotation with an id of its own."""
    if not text:
        return ()
    if not any(character.isdigit() for character in text):
        return (text,)
    return (Number(id_, None, text, source=source, kind="quotation"),)


def joined(parts: Iterable[Inline], between: str = "; ") -> Inline:
    """Join running texts.

    Examples
    --------
    >>> joined([("a",), ("b", "c")])
    ('a', '; ', 'b', 'c')
    """
    out: list[str | Number] = []
    for part in parts:
        if part:
            out += [between] if out else []
            out += part
    return tuple(out)


def enumerated(parts: Iterable[Inline]) -> Inline:
    """Join the members of a list as a sentence does.

    Examples
    --------
    >>> plain(enumerated([("a",)])), plain(enumerated([("a",), ("b",), ("c",)]))
    ('a', 'a, b and c')
    """
    *first, last = [part for part in parts if part] or [()]
    return (*joined(first, ", "), " and ", *last) if first else last


def percentiles(numbers: Iterable[Number]) -> Inline:
    """Return "50th percentile", or "10th, 50th and 90th percentiles"; nothing for none.

    Examples
    --------
    >>> plain(percentiles([Number("a", 10, "10th"), Number("b", 90, "90th")]))
    '10th and 90th percentiles'
    """
    parts: list[Inline] = [(number,) for number in numbers]
    return (*enumerated(parts), " percentile" + ("s" if len(parts) > 1 else "")) if parts else ()


def counted(number: Number, one: str, many: str = "") -> Inline:
    """Return a count with its noun: "1 trial", "2 trials", "1 person", "2 people".

    Examples
    --------
    >>> plain(counted(Number("a", 1, "1"), "trial")), plain(counted(Number("a", 2, "2"), "person", "people"))
    ('1 trial', '2 people')
    """
    return (number, f" {one if number.value == 1 else many or one + 's'}")


def labelled(label: Number, unit: Number, after: str = "") -> Inline:
    """Return "Age, years, mean (SD)"."""
    return (label, *((", ", unit) if unit.text else ()), *((after,) if after else ()))


def interval(effect: Number, low: Number, high: Number) -> Inline:
    """Return "8.5 (7.1 to 9.9)"; a lone dash where there is no effect.

    Examples
    --------
    >>> plain(interval(Number("e", 8.5, "8.5"), Number("l", 7.1, "7.1"), Number("h", 9.9, "9.9")))
    '8.5 (7.1 to 9.9)'
    """
    if effect.value is None:
        return (effect,)
    if low.value is None or high.value is None:
        return (effect, " (", low, ")") if low.value is None else (effect, " (", high, ")")
    return (effect, " (", low, " to ", high, ")")


def span_of(low: Number, high: Number) -> Inline:
    """Return "0.62 to 2.00", or a lone dash."""
    return (low,) if low.value is None or high.value is None else (low, " to ", high)


def estimate_cell(estimate: Estimate) -> Inline:
    """Return an effect with its interval."""
    return interval(estimate.effect, estimate.low, estimate.high)


def percent(number: Number) -> Inline:
    """Return a per cent with its sign, once."""
    return (number,) if number.value is None or number.text.endswith("%") else (number, "%")


def p_words(p: Number) -> Inline:
    """Return what follows "p": "= 0.034", or "<0.001" that has a sign of its own.

    Examples
    --------
    >>> plain(("p ", *p_words(Number("a.p", 0.034, "0.034")))), plain(("p ", *p_words(Number("a.p", 0.0001, "<0.001"))))
    ('p = 0.034', 'p <0.001')
    """
    return (p,) if p.text[:1] in "<>" else ("= ", p)


def ci_head(name: str, level: Number) -> Inline:
    """Return "Effect (95% CI)" with the id of its level."""
    return (f"{name} (", level, f"%{NBSP}CI)")


def count_made(name: str, what: str, value: int, unit: str = "") -> Number:
    """Return a count that only a page makes, such as the rows of a summary, with an id of its own."""
    return Derived(name).count(what, value, unit)


class Footnotes:
    """Gives equal explanations one mark, in reading order."""

    def __init__(self) -> None:
        self._texts: dict[str, int] = {}
        self._notes: list[Inline] = []

    def mark(self, note: Inline) -> str:
        """Return the mark of a note, a new one where the note is new."""
        index = self._texts.setdefault(plain(note), len(self._texts))
        if index == len(self._notes):
            self._notes.append((mark(index), *note))
        return mark(index)

    @property
    def notes(self) -> tuple[Inline, ...]:
        """The notes, each beginning with its mark."""
        return tuple(self._notes)


def explained(table: Table) -> Table:
    """Return the table with a footnote for every number that could not be estimated or is suppressed.

    Marks that stand in the table already keep their places: notes are marked anew in reading order, head first. A row
    says the same thing once.
    """
    footnotes = _Explaining(table)
    columns = tuple(replace(c, span=footnotes.marked(c.span), head=footnotes.marked(c.head)) for c in table.columns)
    groups = tuple(footnotes.group(group) for group in table.groups)
    return replace(table, columns=columns, groups=groups, footnotes=footnotes.notes + footnotes.general)


class _Explaining(Footnotes):
    """Marks a table anew in reading order, old notes and new ones."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._old = {note[0]: note[1:] for note in table.footnotes if note and is_mark(note[0])}
        self.general = tuple(note for note in table.footnotes if not (note and is_mark(note[0])))

    def group(self, group: Group) -> Group:
        head = self.marked(group.head)
        return Group(tuple(self.row(row) for row in group.rows), head)

    def row(self, row: Row) -> Row:
        marked_here: set[str] = set()
        head = self.marked(row.head, marked_here)
        return replace(row, head=head, cells=tuple(self.marked(cell, marked_here) for cell in row.cells))

    def marked(self, inline: Inline, marked_here: set[str] | None = None) -> Inline:
        out: list[str | Number] = []
        for part in inline:
            if isinstance(part, str):
                out.append(self.mark(self._old[part]) if part in self._old else part)
                continue
            out.append(part)
            if part.value is None and part.reason and part.status not in ("ok", "boundary"):
                here = self.mark((f"{said(part)}: ", *words(part.reason, f"{part.id}.reason", part.source), "."))
                if marked_here is None or here not in marked_here:
                    out.append(here)
                    if marked_here is not None:
                        marked_here.add(here)
        return tuple(out)


def said(number: Number) -> str:
    """Return the first words of the footnote of a number that is not there."""
    return {"suppressed": "Not printed", "failed": "Failed"}.get(number.status, "Not estimable")

"""Words and numbers as the cells of tables say them, and the footnotes that explain the odd ones.

A footnote mark is a string of superscript letters ("ᵃ") that stands as a part of its own in running text: so a mark needs
no type of its own, survives in plain text, and can never be taken for a number. A footnote that begins with a mark
belongs to it; one that does not speaks of the whole table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from reportgen.records.artefact import Group, Row, Table
from reportgen.records.derived import Derived
from reportgen.records.estimate import Estimate
from reportgen.records.marks import is_mark, mark
from reportgen.records.numbers import Inline, Number, plain

NBSP = "\u00a0"
SEVERAL = 2  # cells of a column, from which on its head has the note of all of them


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
    says the same thing once, and what all rows of a column say its head says for them.
    """
    footnotes = _Explaining(table)
    common = [footnotes.common(cells) for cells in _columns_of(table)]
    columns = tuple(
        replace(column, span=footnotes.marked(column.span), head=footnotes.head(column.head, notes))
        for column, notes in zip(table.columns, common, strict=True)
    )
    groups = tuple(footnotes.group(group, common) for group in table.groups)
    return replace(table, columns=columns, groups=groups, footnotes=footnotes.notes + footnotes.general)


def _columns_of(table: Table) -> list[list[Inline]]:
    """Return the cells of each column, the row heads for the first."""
    rows = [(row.head, *row.cells) for group in table.groups for row in group.rows]
    return [[row[place] for row in rows if place < len(row)] for place in range(len(table.columns))]


class _Explaining(Footnotes):
    """Marks a table anew in reading order, old notes and new ones."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._old = {note[0]: note[1:] for note in table.footnotes if note and is_mark(note[0])}
        self.general = tuple(note for note in table.footnotes if not (note and is_mark(note[0])))

    def common(self, cells: Iterable[Inline]) -> tuple[Inline, ...]:
        """Return the notes that all cells of a column have, where there are several cells."""
        found = [{plain(note): note for note in map(self._note_of, cell) if note} for cell in cells if cell]
        if len(found) < SEVERAL:
            return ()
        return tuple(note for text, note in found[0].items() if all(text in notes for notes in found))

    def head(self, head: Inline, notes: tuple[Inline, ...]) -> Inline:
        """Return the head of a column with its own marks and those of notes that all its cells have."""
        marked = self.marked(head)
        marks = (self.mark(note) for note in notes)
        return (*marked, *(item for item in marks if item not in marked))

    def group(self, group: Group, common: Sequence[tuple[Inline, ...]]) -> Group:
        """Return a group with its marks; `common` are the notes that the heads of the columns have."""
        head = self.marked(group.head)
        return Group(tuple(self._row(row, common) for row in group.rows), head)

    def _row(self, row: Row, common: Sequence[tuple[Inline, ...]]) -> Row:
        marked_here: set[str] = set()
        head, *cells = (
            self.marked(cell, marked_here, frozenset(map(plain, notes)))
            for cell, notes in zip((row.head, *row.cells), common, strict=False)
        )
        return replace(row, head=head, cells=tuple(cells))

    def _note_of(self, part: str | Number) -> Inline:
        """Return the note of a part of a cell: one that its mark had, or why a number is missing; nothing for others."""
        if isinstance(part, str):
            return self._old.get(part, ())
        if part.value is not None or not part.reason or part.status in ("ok", "boundary"):
            return ()
        return (f"{said(part)}: ", *words(part.reason, f"{part.id}.reason", part.source), ".")

    def marked(
        self, inline: Inline, marked_here: set[str] | None = None, in_head: frozenset[str] = frozenset()
    ) -> Inline:
        """Return running text with its marks, but for those of notes in the head of its column and of what its row said before."""
        out: list[str | Number] = []
        for part in inline:
            note = self._note_of(part)
            if not (isinstance(part, str) and note):
                out.append(part)
            if not note or plain(note) in in_head:
                continue
            here = self.mark(note)
            if isinstance(part, Number) and marked_here is not None:
                if here in marked_here:
                    continue
                marked_here.add(here)
            out.append(here)
        return tuple(out)


def said(number: Number) -> str:
    """Return the first words of the footnote of a number that is not there."""
    return {"suppressed": "Not printed", "failed": "Failed"}.get(number.status, "Not estimable")

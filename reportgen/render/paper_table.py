"""How wide the columns of a table are in the PDF, measured in its own font."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from itertools import accumulate
from operator import add

from reportgen.records.artefact import Table
from reportgen.records.numbers import plain
from reportgen.render.layout import DENSE, FINE, MANY, PLAIN, TIGHT, WIDE, Look, SetTable, fits, set_table
from reportgen.render.lettering import MM_PER_POINT, PAPER
from reportgen.render.widths import FILLING_COLUMNS, Setting, texts_of

# as paper.css has them
INDENT_EM = 1.2
HEAD_EM, WORDS_EM = 5.5, 4.0  # least widths of row heads and of words
LONG_HEAD_MM = 70.0  # what the longest row heads get
ROUNDING_MM = 0.05
NARROWEST_MM = 80.0
MOST_HEAD_LINES = 4  # of a row head in a table that stands upright in small type


ROWS_OF_A_LONG_TABLE = 36  # a longer one is set small
MANY_COLUMNS, DENSE_COLUMNS = 10, 8  # a table with more is set smaller: on the long side of the paper, or upright


@dataclass(frozen=True, slots=True)
class PaperTable:
    """Class name and widths of a table on paper, in millimetres."""

    style: str
    columns: tuple[float, ...]

    @property
    def width(self) -> float:
        """Width of the whole table."""
        return sum(self.columns)


def looks_of(tables: Sequence[Table | None]) -> tuple[Look, ...]:
    """Return how the tables of one artefact are set on paper; where there is no table, as one that has room.

    Each stands upright where that can be done, in small type if need be. Tables with equally many columns look alike; where one
    of an artefact is set small, so are the others; and those between two wide ones are wide.
    """
    looks = [PLAIN if table is None else _look(table) for table in tables]
    alike: dict[int, Look] = {}
    for table, look in zip(tables, looks, strict=True):
        if table is not None:
            count = len(table.columns)
            alike[count] = max(look, alike.get(count, look), key=_SMALLER.index)
    looks = [PLAIN if table is None else alike[len(table.columns)] for table in tables]
    if any(look in (TIGHT, FINE) or look.wide for look in looks):
        looks = [max(look, TIGHT, key=_SMALLER.index) for look in looks]
    wide = [place for place, look in enumerate(looks) if look.wide]
    return tuple(
        WIDE if wide and wide[0] < place < wide[-1] and not look.wide else look for place, look in enumerate(looks)
    )


_SMALLER = (PLAIN, DENSE, TIGHT, FINE, WIDE, MANY)


def _look(table: Table) -> Look:
    long = sum(len(group.rows) + bool(group.head) for group in table.groups) > ROWS_OF_A_LONG_TABLE
    if fits(table, PLAIN) and not long:
        return DENSE if len(table.columns) > DENSE_COLUMNS else PLAIN
    wide = MANY if len(table.columns) > MANY_COLUMNS else WIDE
    upright = (look for look in (TIGHT, FINE) if fits(table, look) and _unsqueezed(table, look))
    return next((look for look in upright if _heads_in_few_lines(table, look)), wide)


def _unsqueezed(table: Table, look: Look) -> bool:
    """Whether no word and no number runs into the next column."""
    return sum(want.word for want in _wants(set_table(table, look), _setting(look))) <= look.room


def _heads_in_few_lines(table: Table, look: Look) -> bool:
    """Whether row heads are read as lines, and not word by word down a narrow column."""
    ready, size = set_table(table, look), _setting(look)
    room = paper_table(ready).columns[0] - size.padding / 2
    heads = texts_of(ready, 0, size)
    return all(size.width_mm(text, bold) <= MOST_HEAD_LINES * (room - inset) for text, bold, inset in heads)


def _setting(look: Look) -> Setting:
    return Setting(PAPER, look.points, look.padding, INDENT_EM * look.points * MM_PER_POINT)


def paper_table(ready: SetTable) -> PaperTable:
    """Return how a table is set on paper, in the look with which it was made ready.

    Examples
    --------
    >>> from reportgen.records.artefact import Column, Group, Row, Table
    >>> from reportgen.render.layout import PLAIN, set_table
    >>> table = Table((Column(("Trial",), "left"), Column(("n",), "right")), (Group((Row(("Keele",), (("5",),)),)),))
    >>> paper_table(set_table(table, PLAIN)).width
    80.0
    """
    count, look = len(ready.table.columns), ready.look
    room = look.room
    wants = _wants(ready, _setting(look))
    if count < FILLING_COLUMNS:
        room = min(room, max(sum(want.line for want in wants), NARROWEST_MM))
    return PaperTable(look.style, tuple(round(width, 2) for width in _shares(wants, ready.unbroken, room)))


@dataclass(frozen=True, slots=True)
class _Want:
    """What a column takes in millimetres: with no word and no number broken, with its head alone broken, and with nothing broken."""

    word: float
    cells: float
    line: float


def _wants(ready: SetTable, size: Setting) -> list[_Want]:
    wants = [_want(ready, index, size) for index in range(len(ready.table.columns))]
    starts = accumulate((spanner.columns for spanner in ready.spanners), initial=0)
    for spanner, start in zip(ready.spanners, starts, strict=False):
        covered = slice(start, start + spanner.columns)
        line = size.width_mm(plain(spanner.inline), bold=True) + size.padding + 2 * spanner.columns * ROUNDING_MM
        short = [max(0.0, line - sum(widths)) for widths in zip(*map(astuple, wants[covered]), strict=True)]
        more = [missing / spanner.columns for missing in short]
        wants[covered] = [_Want(*map(add, astuple(want), more)) for want in wants[covered]]
    return wants


def _want(ready: SetTable, index: int, size: Setting) -> _Want:
    column, head = ready.table.columns[index], plain(ready.table.columns[index].head)
    cells = list(texts_of(ready, index, size))
    words = max((size.longest_word_mm(text, bold) + inset for text, bold, inset in cells), default=0.0)
    lines = max((size.width_mm(text, bold) + inset for text, bold, inset in cells), default=0.0)
    if index == 0 and any(row.head_length == "long" for _, rows in ready.groups for row in rows):
        lines = min(lines, LONG_HEAD_MM)
    ends = (index == 0) + (index == len(ready.table.columns) - 1)
    padding = size.padding * (1 - ends / 2) + ROUNDING_MM
    least = (HEAD_EM if index == 0 else WORDS_EM if column.align == "left" else 0.0) * size.points * MM_PER_POINT
    broken = words if index == 0 or column.align == "left" else lines
    word = max(least, max(broken, size.longest_word_mm(head, bold=True)) + padding)
    whole = max(word, lines + padding)
    return _Want(word, whole, max(whole, size.width_mm(head, bold=True) + padding))


def _shares(wants: Sequence[_Want], unbroken: Sequence[bool], room: float) -> list[float]:
    """Return widths that fill the room: unbroken columns get their lines first, then other cells theirs, and heads last."""
    words, cells, lines = zip(*map(astuple, wants), strict=True)
    first = [want.cells if whole else want.word for want, whole in zip(wants, unbroken, strict=True)]
    if sum(lines) <= room:
        growing = [
            0.0 if whole and not all(unbroken) else want.line for want, whole in zip(wants, unbroken, strict=True)
        ]
        return [line + (room - sum(lines)) * share / sum(growing) for line, share in zip(lines, growing, strict=True)]
    for less, more in ((cells, lines), (first, cells), (words, first)):
        if sum(less) <= room:
            share = (room - sum(less)) / (sum(more) - sum(less))
            return [start + share * (end - start) for start, end in zip(less, more, strict=True)]
    return [word * room / sum(words) for word in words]


@lru_cache(maxsize=256)
def paper_classes(classes: str) -> str:
    """Return the class names of a cell that the style sheet of paper knows: a number is what it takes a cell for.

    Examples
    --------
    >>> paper_classes("decimal in-2"), paper_classes("left wordy"), paper_classes("decimal")
    ('in-2', 'left', '')
    """
    return " ".join(name for name in classes.split() if name not in {"decimal", "brief", "wordy"})

"""How wide the columns of a table are in the PDF, measured in its own font."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from reportgen.render.layout import PAPER_LENGTH_MM, PAPER_WIDTH_MM, SetTable
from reportgen.render.lettering import PAPER
from reportgen.render.widths import FILLING_COLUMNS, Setting, needs_of, shared

# as paper.css has them
PADDING_MM = 3.2
INDENT_MM = 3.6
NARROWEST_MM = 80.0
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


def paper_table(ready: SetTable, wide: bool) -> PaperTable:
    """Return how a table is set on paper; `wide` says that it stands on the long side of it.

    Examples
    --------
    >>> from reportgen.records.artefact import Column, Group, Row, Table
    >>> from reportgen.render.layout import set_table
    >>> table = Table((Column(("Trial",), "left"), Column(("n",), "right")), (Group((Row(("Keele",), (("5",),)),)),))
    >>> paper_table(set_table(table), wide=False).width
    80.0
    """
    count = len(ready.table.columns)
    dense = count > MANY_COLUMNS if wide else count > DENSE_COLUMNS
    points = (7.6 if dense else 8.0) if wide else (8.0 if dense else 8.4)
    style = "many" if wide and dense else "dense" if wide or dense else "plain"
    needs = needs_of(ready, Setting(PAPER, points, PADDING_MM, INDENT_MM))
    room = PAPER_LENGTH_MM if wide else PAPER_WIDTH_MM
    if count < FILLING_COLUMNS:
        wanted = sum(need.wanted for need in needs)
        return PaperTable(
            style, tuple(round(w, 2) for w in shared(needs, min(room, max(wanted, NARROWEST_MM)), filled=True))
        )
    return PaperTable(style, tuple(round(w, 2) for w in shared(needs, room, filled=True)))


@lru_cache(maxsize=256)
def paper_classes(classes: str) -> str:
    """Return the class names of a cell that the style sheet of paper knows: a number is what it takes a cell for.

    Examples
    --------
    >>> paper_classes("decimal in-2"), paper_classes("left wordy"), paper_classes("decimal")
    ('in-2', 'left', '')
    """
    return " ".join(name for name in classes.split() if name not in {"decimal", "brief", "wordy"})

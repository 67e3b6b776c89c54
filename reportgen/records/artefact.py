"""What tables and figures hand to the pages: a table model, a drawing, and the numbered artefact that carries them.

A table is a frozen value whose fields are the anatomy of a table; a drawing is a figure as pages carry it, with its
alternative text. Both know the numbers they print, so that each of them has a row in the results table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reportgen.records.numbers import Inline, Number

Align = Literal["left", "right", "decimal", "centre"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head and how its cells line up. `span` names the spanner that it stands under."""

    head: Inline
    align: Align = "decimal"
    span: Inline = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its head, its cells, how far it is indented, and whether it is a total."""

    head: Inline
    cells: tuple[Inline, ...]
    indent: int = 0
    total: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together, under a head of their own: one `tbody`."""

    rows: tuple[Row, ...]
    head: Inline = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table. The first column holds the row heads; `columns` describes it too.

    `paper` is the summary that stands in its place on paper where the whole is too long to be read there; the whole is on
    the screen and in the CSV file.
    """

    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    footnotes: tuple[Inline, ...] = ()
    paper: Table | None = None

    def on(self, target: str) -> Table:
        """Return the table as a target prints it: the whole in `html`, the summary on paper and in a text to edit."""
        return self if target == "html" or self.paper is None else self.paper


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure: text as text in the SVG, each number with its id.

    Attributes
    ----------
    name : str
        Stem of the files, and prefix of the ids inside the SVG.
    svg : str
        Begins with `<svg`; carries `role="img"`, a `<title>` first, and `data-id` on each text that prints a number. Its
        files as PDF and PNG are made from it.
    width_mm, height_mm : float
        Size on paper.
    alt : Inline
        Alternative text written from the numbers.
    printed : tuple of Number
        Every number drawn as text, in drawing order.
    title : Inline
        What tells it from the other drawings of its part; empty where it stands alone.
    """

    name: str
    svg: str
    width_mm: float
    height_mm: float
    alt: Inline
    printed: tuple[Number, ...] = ()
    title: Inline = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A lettered part of an artefact, or the whole of one without parts (then `letter` is empty)."""

    letter: str
    title: Inline
    drawings: tuple[Drawing, ...] = ()
    table: Table | None = None
    notes: tuple[Inline, ...] = ()


Abbreviation = tuple[Inline, Inline]
"""What is short, and what it stands for."""


@dataclass(frozen=True, slots=True)
class NumberedArtefact:
    """A table, figure or appendix with its number within its series.

    Attributes
    ----------
    name : str
        Stable name for `--only`, for files and for links: `table1`.
    label : str
        As printed and cross-referenced: "Table 1", "Fig. 2".
    title : Inline
        Caption that stands alone.
    abbreviations : tuple of pairs of Inline
        What is short in it, and what it stands for; the last of `notes` says the same.
    """

    name: str
    series: str
    label: str
    title: Inline
    parts: tuple[Part, ...]
    notes: tuple[Inline, ...] = ()
    abbreviations: tuple[Abbreviation, ...] = ()

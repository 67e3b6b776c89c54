"""A figure before it is drawn: words, lines and shapes at their places on a sheet of paper, in millimetres.

x runs from the left edge, y from the top edge downwards; the y of words is their baseline. Text columns and plot share
this one system of coordinates, so that a row cannot drift from its text. Words know the numbers that they print.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from reportgen.figures.lettering import isolated, width, wrap
from reportgen.figures.theme import Style, house
from reportgen.records.numbers import Inline, Number, plain
from reportgen.records.typeset import set_inline

Side = Literal["left", "right", "center"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text on one line, hung up at its left end, right end or middle."""

    x: float
    y: float
    text: str
    side: Side = "left"


@dataclass(frozen=True, slots=True)
class Words:
    """Text that is read as a whole, in one or several pieces, and the numbers that it prints, in reading order."""

    pieces: tuple[Piece, ...]
    style: Style
    numbers: tuple[Number, ...] = ()
    axis: Literal["", "tick"] = ""
    angle: int = 0


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line."""

    x: float
    y: float
    x_end: float
    y_end: float
    colour: str
    weight: float = 0.5
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A filled polygon; `edge` empty means no outline. Of the kind `band`, it lies behind all lines."""

    corners: tuple[tuple[float, float], ...]
    fill: str
    edge: str = ""
    kind: str = ""


Mark = Words | Stroke | Shape


@dataclass(frozen=True, slots=True)
class Sheet:
    """All marks of a figure, its size, and its short title (words only)."""

    name: str
    title: str
    width: float
    height: float
    marks: tuple[Mark, ...]
    alt: Inline = ()

    def words(self) -> tuple[Words, ...]:
        """Return the texts in drawing order."""
        return tuple(mark for mark in self.marks if isinstance(mark, Words))

    def printed(self) -> tuple[Number, ...]:
        """Return every number drawn as text, in drawing order."""
        return tuple(number for words in self.words() for number in words.numbers)


def text_of(inline: Inline) -> str:
    """Return running text as a figure prints it, in the house style of the drawing, its parts in their order in any script."""
    found = set_inline(inline, house())
    if len(found) < 2:
        return plain(found)
    return "".join(isolated(part if isinstance(part, str) else part.text) for part in found)


def numbers_of(inline: Iterable[str | Number]) -> tuple[Number, ...]:
    """Return the numbers of running text, in reading order."""
    return tuple(part for part in inline if isinstance(part, Number))


def lettered(inline: Inline, x: float, y: float, style: Style, side: Side = "left") -> Words:
    """Set running text on one line."""
    return Words((Piece(x, y, text_of(inline), side),), style, numbers_of(inline))


def block(inline: Inline, x: float, y: float, limit: float, style: Style, side: Side = "left") -> Words:
    """Set running text on as many lines as it needs; `y` is the first baseline."""
    lines = wrap(text_of(inline), limit, style)
    pieces = tuple(Piece(x, y + i * style.leading, line, side) for i, line in enumerate(lines))
    return Words(pieces, style, numbers_of(inline))


def lines_of(inline: Inline, limit: float, style: Style) -> int:
    """Return how many lines a block takes."""
    return len(wrap(text_of(inline), limit, style))


def inline_width(inline: Inline, style: Style) -> float:
    """Return the width of running text on one line."""
    return width(text_of(inline), style)


def rectangle(x: float, y: float, x_end: float, y_end: float, fill: str, edge: str = "", kind: str = "") -> Shape:
    """Return a rectangle between two corners."""
    return Shape(((x, y), (x_end, y), (x_end, y_end), (x, y_end)), fill, edge, kind)

"""How every figure looks: one accent, greys that survive a black-and-white printer, sizes of type and lines.

Lengths are millimetres on paper, sizes of type are points, widths of lines are points. Text keeps a contrast of at least
4.5:1 on what it stands on, so that nothing depends on a good printer or good eyes. Type has 7 points at least, and lines half a
point. The house style of a journal, in which a whole drawing is made, changes width, sizes and colours.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Literal

from reportgen.houses import PLAIN, House

Weight = Literal["normal", "bold"]
Slant = Literal["normal", "italic"]
MM_PER_INCH = 25.4
MM_PER_POINT = 25.4 / 72

INK = "#16191c"
ACCENT = "#1b4f72"
MUTED = "#5c6166"
RULE = "#8b9298"
TINT = "#bcd2e1"
BLACK = {ACCENT: "#000000", TINT: "#d4d4d4"}
"""What stands in the place of a colour where a house prints none."""

# the house of the drawing that is being made: each letter that is measured and each line of every figure depends on it
_HOUSE: ContextVar[House] = ContextVar("house", default=PLAIN)


def house() -> House:
    """Return the house style in which a drawing is being made."""
    return _HOUSE.get()


@contextmanager
def drawn_for(chosen: House) -> Iterator[None]:
    """Make all drawings inside in a house style.

    Examples
    --------
    >>> from reportgen.houses import HOUSES
    >>> with drawn_for(HOUSES["bmc"]):
    ...     NOTE.size, page_width()
    (8.0, 170.0)
    >>> NOTE.size, page_width()
    (7.0, 174.0)
    """
    before = _HOUSE.set(chosen)
    try:
        yield
    finally:
        _HOUSE.reset(before)


def page_width() -> float:
    """Return the width of a figure that takes a page."""
    return house().width


def colour_in(chosen: House, colour: str) -> str:
    """Return a colour as a house prints it."""
    return BLACK.get(colour, colour) if chosen.black else colour


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set; `points` is its size unless the house has another."""

    points: float = 8.0
    weight: Weight = "normal"
    slant: Slant = "normal"
    colour: str = INK

    def muted(self) -> Style:
        """Return the same style in grey."""
        return replace(self, colour=MUTED)

    @property
    def size(self) -> float:
        """Size of the type in points, in the house style of the drawing."""
        return house().type_size(self.points)

    @property
    def leading(self) -> float:
        """Distance of two baselines in millimetres."""
        return self.size * 1.32 * MM_PER_POINT

    @property
    def cap_height(self) -> float:
        """Height of a capital letter in millimetres: Source Sans has 0.66 em."""
        return self.size * 0.66 * MM_PER_POINT


BODY = Style()
HEAD = Style(weight="bold")
REASON = Style(points=7.5, slant="italic", colour=MUTED)
AXIS = Style(points=7.0)
TICK = Style(points=7.0, colour=MUTED)
NOTE = Style(points=7.0, colour=MUTED)


def settings(families: tuple[str, ...]) -> Any:
    """Return matplotlib's settings: texts are as they are written, and lines as they are given."""
    return {
        "font.family": list(families),
        "text.parse_math": False,  # a dollar sign in a label is a dollar sign
        "text.usetex": False,
        "text.hinting": "no_hinting",
        "path.simplify": False,
    }

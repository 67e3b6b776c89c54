"""How every figure looks: one accent, greys that survive a black-and-white printer, sizes of type and lines.

Lengths are millimetres on paper, sizes of type are points, widths of lines are points. Text keeps a contrast of at least
4.5:1 on what it stands on, so that nothing depends on a good printer or good eyes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

PAGE_WIDTH = 174.0
MM_PER_INCH = 25.4
MM_PER_POINT = 25.4 / 72

INK = "#16191c"
ACCENT = "#1b4f72"
MUTED = "#5c6166"
RULE = "#8b9298"
TINT = "#bcd2e1"


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set."""

    size: float = 8.0
    weight: Literal["normal", "bold"] = "normal"
    slant: Literal["normal", "italic"] = "normal"
    colour: str = INK

    def muted(self) -> Style:
        """Return the same style in grey."""
        return replace(self, colour=MUTED)

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
REASON = Style(size=7.5, slant="italic", colour=MUTED)
AXIS = Style(size=7.0)
TICK = Style(size=7.0, colour=MUTED)
NOTE = Style(size=6.8, colour=MUTED)


def settings(families: tuple[str, ...]) -> Any:
    """Return matplotlib's settings: texts are as they are written, and lines as they are given."""
    return {
        "font.family": list(families),
        "text.parse_math": False,  # a dollar sign in a label is a dollar sign
        "text.usetex": False,
        "text.hinting": "no_hinting",
        "path.simplify": False,
    }

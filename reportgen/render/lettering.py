"""How wide words are in the fonts of a document: the one measure by which columns of tables are given their widths.

A font is what it says of each letter; kerning, which moves letters together, is left out, so that no text is wider than
it was measured. Figures, which place single words, measure with kerning: `figures.lettering`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

MM_PER_POINT = 25.4 / 72
LONGEST_WORD_MM = 40.0  # a longer one is broken
_BREAKS = re.compile("[ -]+")


@dataclass(frozen=True, slots=True)
class Lettering:
    """A font as measured.

    Attributes
    ----------
    widths : callable
        Returns the widths of its letters in thousandths of its size, bold or not.
    """

    widths: Callable[[bool], Mapping[str, int]]

    def width_mm(self, text: str, points: float, bold: bool = False) -> float:
        """Return the width of a line of text.

        Examples
        --------
        >>> round(PAPER.width_mm("0.05", 8), 2)
        4.91
        """
        return _thousandths(self, text, bold) / 1000 * points * MM_PER_POINT

    def longest_word_mm(self, text: str, points: float, bold: bool = False) -> float:
        """Return the width of the longest part of a text that stays on one line."""
        longest = max((self.width_mm(word, points, bold) for word in _BREAKS.split(text)), default=0.0)
        return min(longest, LONGEST_WORD_MM)


@lru_cache(maxsize=50_000)
def _thousandths(font: Lettering, text: str, bold: bool) -> int:
    known = font.widths(bold)
    return sum(known[letter] if letter in known else _other(letter, known) for letter in text)


def _other(letter: str, known: Mapping[str, int]) -> int:
    """Return the width of a letter that a font lacks: accents have none, signs of East Asia and emoji are square."""
    plain = unicodedata.normalize("NFD", letter)[0]
    if plain in known:
        return known[plain]
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return 0
    return 1000 if unicodedata.east_asian_width(letter) in "WF" else 650


@cache
def _of_paper(bold: bool) -> Mapping[str, int]:
    from reportgen.figures.faces import FACES, SANS

    weight = 700 if bold else 400
    face = next(item for item in FACES if (item.family, item.weight, item.style) == (SANS, weight, "normal"))
    return _of_file(face.path)


def _of_file(path: Path) -> Mapping[str, int]:
    """Return the widths of the letters of a font file."""
    from fontTools.ttLib import TTFont

    with TTFont(path, lazy=True) as font:
        size, widths = font["head"].unitsPerEm, font["hmtx"].metrics
        return {chr(code): round(widths[glyph][0] * 1000 / size) for code, glyph in font.getBestCmap().items()}


PAPER = Lettering(_of_paper)
"""Source Sans, the font of tables on screen and in the PDF."""

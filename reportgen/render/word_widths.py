"""How wide the columns of a table in Word are: measured in Arial, and shared out so that no number breaks.

Word is given fixed widths, since a table that measures itself differs from one program to the next. The widths of
letters are those of Helvetica in Adobe's metrics of the 14 standard fonts, which are Arial's too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

UPRIGHT_MM, WIDE_MM = 174.0, 257.0
"""Width of the text on a page, and on one that lies on its long side."""
MM_PER_POINT = 25.4 / 72
BOLD = 1.08  # Helvetica-Bold beside Helvetica, in running text
LONGEST_WORD_MM = 40.0  # a longer one is broken

_LETTERS = {
    0: "\u200b\u200c\u200d",
    191: "'",
    222: "ijl‘’",
    260: "|",
    278: " !,./:;I[\\]ft\u00a0",
    333: "()-`r²³“”",
    355: '"',
    389: "*",
    400: "°",
    469: "^",
    500: "Jckvsxyz",
    556: "#$0123456789?L_abdeghnopqu–\u2007",
    584: "+<=>~−×±",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1000: "—…",
    1015: "@",
}
_WIDTHS = {letter: width for width, letters in _LETTERS.items() for letter in letters}
_BREAKS = re.compile("[ -]+")


@dataclass(frozen=True, slots=True)
class Need:
    """What a column needs, in millimetres: no word broken, no number broken, and nothing broken that need not be."""

    word: float
    least: float
    wanted: float


@lru_cache(maxsize=50_000)
def width_mm(text: str, points: float, bold: bool = False) -> float:
    """Return the width of a line of text.

    Examples
    --------
    >>> round(width_mm("0.05", 8), 2)
    5.49
    """
    thousandths = sum(_WIDTHS[letter] if letter in _WIDTHS else _other(letter) for letter in text)
    return thousandths / 1000 * points * MM_PER_POINT * (BOLD if bold else 1.0)


def _other(letter: str) -> int:
    """Return the width of a letter that Helvetica lacks: accents have none, signs of East Asia and emoji are square."""
    plain = unicodedata.normalize("NFD", letter)[0]
    if plain in _WIDTHS:
        return _WIDTHS[plain]
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return 0
    return 1000 if unicodedata.east_asian_width(letter) in "WF" else 600


def longest_word_mm(text: str, points: float, bold: bool = False) -> float:
    """Return the width of the longest part of a text that stays on one line."""
    longest = max((width_mm(word, points, bold) for word in _BREAKS.split(text)), default=0.0)
    return min(longest, LONGEST_WORD_MM)


def shared(needs: Sequence[Need], room: float, *, filled: bool) -> list[float]:
    """Return the widths of columns: what they want where there is room, and else a fair part of it.

    Examples
    --------
    >>> needs = [Need(10, 10, 60), Need(10, 20, 20)]
    >>> shared(needs, 100, filled=False), shared(needs, 40, filled=True), shared(needs, 25, filled=True)
    ([60, 20], [20.0, 20.0], [10.0, 15.0])
    """
    wanted = [need.wanted for need in needs]
    least = [need.least for need in needs]
    if sum(wanted) <= room:
        return [width * room / sum(wanted) for width in wanted] if filled else wanted
    if sum(least) <= room:
        return _between(least, wanted, room)
    words = [need.word for need in needs]
    if sum(words) <= room:
        return _between(words, least, room)
    return [width * room / sum(words) for width in words]


def _between(low: Sequence[float], high: Sequence[float], room: float) -> list[float]:
    """Return widths that fill the room, each as far from low to high as the others."""
    share = (room - sum(low)) / (sum(high) - sum(low))
    return [start + share * (end - start) for start, end in zip(low, high, strict=True)]

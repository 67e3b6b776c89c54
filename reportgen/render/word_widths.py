"""How wide the columns of a table in Word are: measured in Arial, and shared out so that no number breaks.

Word is given fixed widths, since a table that measures itself differs from one program to the next. The widths of
letters are those of Helvetica in Adobe's metrics of the 14 standard fonts, which are Arial's too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

UPRIGHT_MM, WIDE_MM = 174.0, 257.0
"""Width of the text on a page, and on one that lies on its long side."""
MM_PER_POINT = 25.4 / 72
LONGEST_WORD_MM = 40.0  # a longer one is broken

_REGULAR = {
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
    549: "±",
    584: "+<=>~−×",
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
_BOLD = {
    0: "\u200b\u200c\u200d",
    238: "'",
    278: " ,./I\\ijl‘’\u00a0",
    280: "|",
    333: "!()-:;[]`ft²³",
    389: "*r{}",
    400: "°",
    474: '"',
    500: "z“”",
    549: "±",
    556: "#$0123456789J_aceksvxy–\u2007",
    584: "+<=>^~−×",
    611: "?FLTZbdghnopqu",
    667: "EPSVXY",
    722: "&ABCDHKNRU",
    778: "GOQw",
    833: "M",
    889: "%m",
    944: "W",
    975: "@",
    1000: "—…",
}
_WIDTHS = {
    bold: {letter: width for width, letters in face.items() for letter in letters}
    for bold, face in ((False, _REGULAR), (True, _BOLD))
}
_BREAKS = re.compile("[ -]+")


@dataclass(frozen=True, slots=True)
class Need:
    """What a column needs, in millimetres, each more than the one before.

    No word is broken; no number is broken; words are read easily; what should stand on one line does; nothing is broken
    that need not be.
    """

    word: float
    number: float
    comfort: float
    line: float
    wanted: float


@lru_cache(maxsize=50_000)
def width_mm(text: str, points: float, bold: bool = False) -> float:
    """Return the width of a line of text.

    Examples
    --------
    >>> round(width_mm("0.05", 8), 2)
    5.49
    """
    known = _WIDTHS[bold]
    thousandths = sum(known[letter] if letter in known else _other(letter, known) for letter in text)
    return thousandths / 1000 * points * MM_PER_POINT


def _other(letter: str, known: Mapping[str, int]) -> int:
    """Return the width of a letter that Helvetica lacks: accents have none, signs of East Asia and emoji are square."""
    plain = unicodedata.normalize("NFD", letter)[0]
    if plain in known:
        return known[plain]
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return 0
    return 1000 if unicodedata.east_asian_width(letter) in "WF" else 600


def longest_word_mm(text: str, points: float, bold: bool = False) -> float:
    """Return the width of the longest part of a text that stays on one line."""
    longest = max((width_mm(word, points, bold) for word in _BREAKS.split(text)), default=0.0)
    return min(longest, LONGEST_WORD_MM)


def shared(needs: Sequence[Need], room: float, *, filled: bool) -> list[float]:
    """Return the widths of columns: what they want where there is room, and else as much of it as there is room for.

    Examples
    --------
    >>> needs = [Need(10, 10, 10, 10, 60), Need(10, 20, 20, 20, 20)]
    >>> shared(needs, 100, filled=False), shared(needs, 40, filled=True), shared(needs, 25, filled=True)
    ([60, 20], [20.0, 20.0], [10.0, 15.0])
    """
    levels = [[getattr(need, name) for need in needs] for name in ("wanted", "line", "comfort", "number", "word")]
    if sum(levels[0]) <= room:
        return [width * room / sum(levels[0]) for width in levels[0]] if filled else levels[0]
    for more, less in pairwise(levels):
        if sum(less) <= room:
            share = (room - sum(less)) / (sum(more) - sum(less))
            return [start + share * (end - start) for start, end in zip(less, more, strict=True)]
    return [width * room / sum(levels[-1]) for width in levels[-1]]

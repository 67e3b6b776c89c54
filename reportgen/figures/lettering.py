"""Measures and wraps text before anything is drawn: every width in a figure comes from here.

The font travels as a Python package, so that a text has the same width on every machine; matplotlib measures the
outlines without hinting, hence independent of any resolution. What Source Sans lacks is taken from DejaVu Sans.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from reportgen.figures.faces import FACES, FALLBACK, SANS
from reportgen.figures.theme import MM_PER_POINT, Slant, Style, Weight

# a line may break at a space, never at this one: "m = 4" stays whole
NO_BREAK = "\u00a0"
# letters between the first two and the last keep to themselves: their direction neither sets nor follows that of the line
LEFT_TO_RIGHT, RIGHT_TO_LEFT, ISOLATED = "\u2066", "\u2067", "\u2069"
_ISOLATING = LEFT_TO_RIGHT + RIGHT_TO_LEFT + ISOLATED
_ISOLATE = re.compile(f"[{LEFT_TO_RIGHT}{RIGHT_TO_LEFT}][^{ISOLATED}]*{ISOLATED}?")
FROM_RIGHT = ("R", "AL")
REPLACEMENT = "\ufffd"
"""Stands for a letter that no font has."""
# what joins the parts of an emoji: no letter of its own, and a box in a font that does not know it
_EMOJI_JOINERS = re.compile("[\ufe00-\ufe0f]|(?<![\u0600-\u0dff])\u200d")


@cache
def families() -> tuple[str, ...]:
    """Register the fonts of the figures with matplotlib, once, and return the families to be tried in turn."""
    from matplotlib.font_manager import fontManager

    for face in FACES:
        if face.family == SANS:
            fontManager.addfont(str(face.path))
            # in front of a version of the same font that the machine may have
            fontManager.ttflist.insert(0, fontManager.ttflist.pop())
    return (SANS, FALLBACK)


def drawable(text: str) -> str:
    """Return a text as matplotlib is given it: accents within their letters, without what only an emoji font reads.

    A letter that no font has is replaced, and so gives no warning of matplotlib's.

    Examples
    --------
    >>> drawable("e\u0301tude") == "étude", drawable("⚕\ufe0f"), drawable("\U0001f9ea") == REPLACEMENT
    (True, '⚕', True)
    """
    if text.isascii():
        return text
    known = _known("normal", "normal")
    return "".join(letter if ord(letter) in known else REPLACEMENT for letter in _joined(text))


def lacking(text: str) -> tuple[str, ...]:
    """Return the letters of a text that no font of the figures has, each once.

    Examples
    --------
    >>> lacking("Nord \U0001f9ea\U0001f9ea ≥ 1") == ("\U0001f9ea",), lacking("étude")
    (True, ())
    """
    if text.isascii():
        return ()
    known = _known("normal", "normal")
    return tuple(dict.fromkeys(letter for letter in _joined(text) if ord(letter) not in known))


def face_for(text: str, weight: Weight, slant: Slant) -> tuple[Weight, Slant]:
    """Return weight and slant of a text; upright and normal where a letter has no other form, as Arabic ones in italics."""
    if text.isascii() or all(ord(letter) in _known(weight, slant) for letter in drawable(text)):
        return weight, slant
    return "normal", "normal"


def _joined(text: str) -> str:
    return _EMOJI_JOINERS.sub("", unicodedata.normalize("NFC", text))


@cache
def _known(weight: Weight, slant: Slant) -> frozenset[int]:
    """Return the code points of all letters that the fonts have in one weight and slant, and of signs that are never drawn."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    found = (findfont(FontProperties(family=name, weight=weight, style=slant)) for name in families())
    return frozenset(code for path in found for code in get_font(path).get_charmap()).union(map(ord, _ISOLATING))


def runs_right_to_left(text: str) -> bool:
    """Whether a text is read from right to left: so is its first letter, but for those that are isolated.

    Examples
    --------
    >>> runs_right_to_left("ירושלים trial"), runs_right_to_left("2019 trial ירושלים")
    (True, False)
    >>> runs_right_to_left(isolated("ירושלים") + " (points)")
    False
    """
    if text.isascii():
        return False
    strong = (kind for kind in map(unicodedata.bidirectional, _ISOLATE.sub("", text)) if kind in {"L", *FROM_RIGHT})
    return next(strong, "L") != "L"


def isolated(text: str) -> str:
    """Return a text whose letters do not change places with those around it, whichever way either is read.

    Examples
    --------
    >>> isolated("Pain"), len(isolated("ירושלים 2019")) - len("ירושלים 2019")
    ('Pain', 2)
    """
    if text.isascii() or not any(unicodedata.bidirectional(letter) in FROM_RIGHT for letter in text):
        return text
    return (RIGHT_TO_LEFT if runs_right_to_left(text) else LEFT_TO_RIGHT) + text + ISOLATED


def width(text: str, style: Style) -> float:
    """Return the width of one line of text in millimetres.

    Examples
    --------
    >>> from reportgen.figures.theme import BODY
    >>> width("intervention", BODY) > width("control", BODY) > 0
    True
    """
    return _width(text, style.size, style.weight, style.slant)


@lru_cache(maxsize=20_000)
def _width(text: str, size: float, weight: Weight, slant: Slant) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    if not text:
        return 0.0
    weight, slant = face_for(text, weight, slant)
    text = drawable(text)
    font = FontProperties(family=list(families()), weight=weight, style=slant, size=size)
    points, _, _ = text_to_path.get_text_width_height_descent(text, font, False)
    return float(points) * MM_PER_POINT


def wrap(text: str, limit: float, style: Style) -> tuple[str, ...]:
    """Break a text into lines no wider than `limit` millimetres; a word that is too long for a line is cut."""
    lines: list[str] = []
    for word in text.split(" "):
        candidate = f"{lines[-1]} {word}" if lines else word
        if lines and width(candidate, style) <= limit:
            lines[-1] = candidate
        else:
            lines.extend(_cut(word, limit, style))
    return tuple(line.replace(NO_BREAK, " ") for line in _isolated_again(lines)) or ("",)


def _isolated_again(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, each with its own isolation where a line break tears one."""
    torn = ""
    for line in lines:
        whole = torn + line
        torn = next((sign for sign in reversed(whole) if sign in _ISOLATING), "").replace(ISOLATED, "")
        yield whole + (ISOLATED if torn else "")


def _cut(word: str, limit: float, style: Style) -> list[str]:
    pieces = [word]
    while width(pieces[-1], style) > limit and len(pieces[-1]) > 1:
        rest = pieces.pop()
        ends = [n for n in range(1, len(rest)) if not unicodedata.category(rest[n]).startswith("M")]
        end = max((n for n in ends if width(rest[:n], style) <= limit), default=ends[0] if ends else len(rest))
        if end == len(rest):
            return [*pieces, rest]
        pieces += [rest[:end], rest[end:]]
    return pieces

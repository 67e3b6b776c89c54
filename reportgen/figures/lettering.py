"""Measures and wraps text before anything is drawn: every width in a figure comes from here.

The font travels as a Python package, so that a text has the same width on every machine; matplotlib measures the
outlines without hinting, hence independent of any resolution. What Source Sans lacks is taken from DejaVu Sans.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from reportgen.figures.theme import MM_PER_POINT, Style

FALLBACK = "DejaVu Sans"
# a line may break at a space, never at this one: "m = 4" stays whole
NO_BREAK = "\u00a0"


@cache
def families() -> tuple[str, ...]:
    """Register the fonts of the figures with matplotlib, once, and return the families to be tried in turn."""
    import font_source_sans_pro
    from matplotlib.font_manager import fontManager

    folder = Path(font_source_sans_pro.__file__).parent / "files"
    name = FALLBACK
    for face in ("Regular", "Bold", "It"):
        path = folder / f"SourceSansPro-{face}.ttf"
        if not path.is_file():
            return (FALLBACK,)
        fontManager.addfont(str(path))
        # in front of a version of the same font that the machine may have
        fontManager.ttflist.insert(0, fontManager.ttflist.pop())
        name = fontManager.ttflist[0].name
    return (name, FALLBACK)


@lru_cache(maxsize=20_000)
def width(text: str, style: Style) -> float:
    """Return the width of one line of text in millimetres.

    Examples
    --------
    >>> from reportgen.figures.theme import BODY
    >>> width("intervention", BODY) > width("control", BODY) > 0
    True
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    if not text:
        return 0.0
    font = FontProperties(family=list(families()), weight=style.weight, style=style.slant, size=style.size)
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
    return tuple(line.replace(NO_BREAK, " ") for line in lines) or ("",)


def _cut(word: str, limit: float, style: Style) -> list[str]:
    pieces = [word]
    while width(pieces[-1], style) > limit and len(pieces[-1]) > 1:
        rest = pieces.pop()
        end = max((n for n in range(1, len(rest)) if width(rest[:n], style) <= limit), default=1)
        pieces += [rest[:end], rest[end:]]
    return pieces

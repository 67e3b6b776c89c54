"""The fonts of the pages as style sheets name them.

The PDF is given the font files; the HTML carries them inside, cut down to the letters that it may show.
"""

from __future__ import annotations

import base64
import io
from functools import lru_cache

from reportgen.figures.faces import FACES, FALLBACK, Face, fallback
from reportgen.graph import Maker
from reportgen.task import Task

# what scripts and figures may show beside the letters of the page
ALWAYS = frozenset(chr(code) for code in range(0x20, 0x7F)) | frozenset("\u00a0×−–—…“”‘’²τ↑↓←→")


def face_rules_of_files() -> str:
    """Return `@font-face` rules that name the font files: for the PDF, which embeds what it uses."""
    rules = [_rule(face.family, face.weight, face.style, face.path.as_uri()) for face in FACES]
    return "\n".join((*rules, _rule(FALLBACK, 400, "normal", fallback().as_uri())))


def face_rules_inside(letters: frozenset[str], make: Maker | None = None) -> str:
    """Return `@font-face` rules with the fonts inside, for an HTML file that must work alone.

    Parameters
    ----------
    letters : frozenset of str
        Letters of the page: the fonts keep these and the letters of the keyboard.
    make : Maker, optional
        Knows what was kept: a page with the letters of an earlier one has its fonts. A worker has none.
    """
    kept = "".join(sorted(letters | ALWAYS))
    rules = [
        _rule(face.family, face.weight, face.style, f"data:font/woff2;base64,{font}")
        for face, font in zip(FACES, _fonts(kept, make), strict=True)
    ]
    return "\n".join(rules)


def _fonts(letters: str, make: Maker | None) -> list[str]:
    if make is None:
        return [packed(face, letters) for face in FACES]
    tasks = [
        Task(f"font.{face.file}", packed, {"face": face, "letters": letters}, cost=0.2, here=True) for face in FACES
    ]
    return make(tasks)


def _rule(family: str, weight: int, style: str, source: str) -> str:
    return f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};font-display:swap;src:url("{source}")}}'


@lru_cache(maxsize=32)
def packed(face: Face, letters: str) -> str:
    """Return a font cut down to some letters, as base64 of WOFF2."""
    from fontTools import subset

    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = ["kern", "mark"]
    options.drop_tables += ["GSUB"]
    options.hinting = False
    options.glyph_names = False
    options.recalc_timestamp = False
    cutter = subset.Subsetter(options)
    cutter.populate(text=letters)
    out = io.BytesIO()
    with subset.load_font(str(face.path), options) as font:
        cutter.subset(font)
        subset.save_font(font, out, options)
    return base64.b64encode(out.getvalue()).decode("ascii")

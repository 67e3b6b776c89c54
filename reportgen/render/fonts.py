"""The fonts of the pages: the Source family, from Python packages, so that pages look the same on every machine.

The PDF is given the font files; the HTML carries them inside, cut down to the letters that it may show.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Face:
    """A font file and what it stands for in a style sheet."""

    family: str
    file: str
    weight: int
    style: str = "normal"


FACES = (
    Face("Source Sans Pro", "SourceSansPro-Regular.ttf", 400),
    Face("Source Sans Pro", "SourceSansPro-It.ttf", 400, "italic"),
    Face("Source Sans Pro", "SourceSansPro-Bold.ttf", 700),
    Face("Source Serif Pro", "SourceSerifPro-Regular.ttf", 400),
    Face("Source Serif Pro", "SourceSerifPro-Semibold.ttf", 700),
)
# what scripts and figures may show beside the letters of the page
ALWAYS = frozenset(chr(code) for code in range(0x20, 0x7F)) | frozenset("\u00a0×−–—…“”‘’²τ↑↓←→")


def _path(face: Face) -> Path:
    import font_source_sans_pro
    import font_source_serif_pro

    package = font_source_sans_pro if "Sans" in face.family else font_source_serif_pro
    return Path(package.font_directory) / face.file


def _fallback() -> Path:
    """Return DejaVu Sans, which matplotlib ships: it has what Source lacks."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


def face_rules_of_files() -> str:
    """Return `@font-face` rules that name the font files: for the PDF, which embeds what it uses."""
    rules = [_rule(face.family, face.weight, face.style, _path(face).as_uri()) for face in FACES]
    return "\n".join((*rules, _rule("DejaVu Sans", 400, "normal", _fallback().as_uri())))


def face_rules_inside(letters: frozenset[str]) -> str:
    """Return `@font-face` rules with the fonts inside, for an HTML file that must work alone.

    Parameters
    ----------
    letters : frozenset of str
        Letters of the page: the fonts keep these and the letters of the keyboard.
    """
    kept = "".join(sorted(letters | ALWAYS))
    rules = [
        _rule(face.family, face.weight, face.style, f"data:font/woff2;base64,{_packed(str(_path(face)), kept)}")
        for face in FACES
    ]
    return "\n".join(rules)


def _rule(family: str, weight: int, style: str, source: str) -> str:
    return f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};font-display:swap;src:url("{source}")}}'


@lru_cache(maxsize=32)
def _packed(path: str, kept: str) -> str:
    """Return a font cut down to some letters, as base64 of WOFF2."""
    from fontTools import subset

    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = ["kern", "mark"]
    options.drop_tables += ["GSUB"]
    options.hinting = False
    options.glyph_names = False
    options.recalc_timestamp = False
    font = subset.load_font(path, options)
    cutter = subset.Subsetter(options)
    cutter.populate(text=kept)
    cutter.subset(font)
    out = io.BytesIO()
    subset.save_font(font, out, options)
    return base64.b64encode(out.getvalue()).decode("ascii")

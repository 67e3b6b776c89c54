"""Texts of a drawing as outlines of their letters, where a program draws an SVG letter by letter.

WeasyPrint sets each letter of an SVG by itself: Hebrew comes out backwards, Arabic unjoined, and an accent beside its
letter. Such texts alone become paths here, shaped by matplotlib (HarfBuzz and FriBidi through libraqm) as in the figure
files; all others stay texts, and so do scripts that the fonts of the figures lack. The words are still read aloud and searched through the figure's alternative text.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from reportgen.figures.lettering import drawable, families, has_outlines, needs_shaping

SVG = "http://www.w3.org/2000/svg"


def outlined(source: str) -> str:
    """Return the SVG of a drawing with the texts that need shaping as paths.

    Parameters
    ----------
    source : str
        As `lean_svg` makes it: sizes in points, `x` and `y` the left end, right end or middle of the baseline.
    """
    if not needs_shaping(source):
        return source
    root = ET.fromstring(source.replace(f' xmlns="{SVG}"', "", 1))
    root.set("xmlns", SVG)
    for index, element in enumerate(list(root)):
        words = "".join(element.itertext())
        if element.tag == "text" and needs_shaping(words) and has_outlines(words):
            root[index] = _group(element)
    return ET.tostring(root, encoding="unicode")


def _group(text: ET.Element) -> ET.Element:
    group = ET.Element("g", {"fill": text.get("fill", "#000"), "aria-label": "".join(text.itertext())})
    if "transform" in text.attrib:
        group.set("transform", text.attrib["transform"])
    for piece in [text, *text]:
        if piece.text and "x" in piece.attrib:
            look = {**text.attrib, **piece.attrib}
            ET.SubElement(group, "path", {"d": _path(drawable(piece.text), look)})
    return group


def _path(text: str, look: dict[str, str]) -> str:
    """Return the outlines of a line of text as the data of a path."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    size, right_to_left = float(look["font-size"]), look.get("direction") == "rtl"
    slant: Any = look.get("font-style", "normal")
    font = FontProperties(family=list(families()), weight=look.get("font-weight", "normal"), style=slant, size=size)
    shape = TextPath((0, 0), text, size=size, prop=font)
    share = {"start": 0.0, "middle": 0.5, "end": 1.0}[look.get("text-anchor", "start")]
    left = float(look["x"]) - (1 - share if right_to_left else share) * _advance(text, font)
    drawn = []
    for corners, code in shape.iter_segments(curves=True, simplify=False):
        numbers = [left + value if i % 2 == 0 else float(look["y"]) - value for i, value in enumerate(corners)]
        drawn.append(_COMMANDS[int(code)] + (" ".join(f"{n:.2f}" for n in numbers) if int(code) != CLOSE else ""))
    return "".join(drawn)


CLOSE = 79
_COMMANDS = {1: "M", 2: "L", 3: "Q", 4: "C", CLOSE: "Z"}


def _advance(text: str, font: Any) -> float:
    from matplotlib.textpath import text_to_path

    return float(text_to_path.get_text_width_height_descent(text, font, False)[0])

"""Turns matplotlib's SVG into the one that goes into pages: lean, named, and with the id of each number on its text.

A figure may stand beside thirty others inside one HTML page, so nothing in it may reach outside: no style sheet, no id
without the figure's name. The pieces of a cell or the lines of a label become one `<text>`, to be read, copied and
searched as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count, cycle
from xml.etree import ElementTree as ET

from reportgen.figures.lettering import families, runs_right_to_left, width
from reportgen.figures.sheet import Piece, Sheet, Words
from reportgen.figures.theme import MM_PER_POINT, Style

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
ANCHOR = {"left": "start", "right": "end", "center": "middle"}
# a text that is read from right to left starts at its right end
ANCHOR_FROM_THE_RIGHT = {"left": "end", "right": "start", "center": "middle"}
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_DECIMAL = re.compile(r"-?\d+\.\d+")


def lean_svg(source: str, sheet: Sheet) -> str:
    """Return the SVG of a sheet, as pages carry it.

    Parameters
    ----------
    source : str
        What matplotlib wrote for the figure of this sheet.
    sheet : Sheet
        Where the words and their numbers come from.
    """
    original = ET.fromstring(source)
    root = ET.Element("svg", _frame(sheet, original.get("viewBox", "")))
    ET.SubElement(root, "title").text = sheet.title
    pieces = {
        group.get("id", ""): text
        for group in original.iter(f"{SVG}g")
        if group.get("id", "").startswith("text-") and (text := group.find(f"{SVG}text")) is not None
    }
    root.extend(_drawn(original))
    number = count()
    for words in sheet.words():
        drawn = [(piece, pieces.get(f"text-{next(number)}")) for piece in words.pieces]
        # matplotlib leaves out what is empty
        placed = [(piece, _place(text)) for piece, text in drawn if text is not None and piece.text.strip()]
        if placed:
            root.append(_text(words, placed))
    _name_ids(root, sheet.name)
    return ET.tostring(root, encoding="unicode")


def _frame(sheet: Sheet, view_box: str) -> dict[str, str]:
    size = [_rounded(part) for part in view_box.split()]
    return {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": " ".join(size),
        "width": f"{sheet.width:g}mm",
        "height": f"{sheet.height:g}mm",
        "role": "img",
        "font-family": ", ".join((*(f"'{family}'" for family in families()), "sans-serif")),
        "stroke-linejoin": "round",
    }


def _drawn(original: ET.Element) -> Iterator[ET.Element]:
    """Yield lines and shapes in drawing order, with attributes in place of styles; what looks the same is one path."""
    paths: dict[tuple[tuple[str, str], ...], dict[str, None]] = {}
    # a shape that stands alone in its layer comes as a marker: a path with an id, and where it is used
    markers = {element.get("id"): element.get("d", "") for element in original.iter(f"{SVG}path") if element.get("id")}
    for element in original.iter():
        if element.tag not in (f"{SVG}path", f"{SVG}use") or element.get("id"):
            continue
        marker = markers.get(element.get(HREF, "").removeprefix("#"), "")
        drawn = _moved(marker, *_place(element)) if marker else element.get("d", "")
        look = tuple(_declarations(element.get("style", "")).items())
        line = _DECIMAL.sub(lambda m: _rounded(m[0]), " ".join(drawn.split()))
        if line:
            paths.setdefault(look, {})[line] = None
    for look, lines in paths.items():
        yield ET.Element("path", {"d": " ".join(lines), **dict(look)})


def _moved(line: str, x: float, y: float) -> str:
    """Return a path of straight lines elsewhere."""
    shifts = cycle((x, y))
    return " ".join(word if word.isalpha() else repr(float(word) + next(shifts)) for word in line.split())


def _declarations(style: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in style.split(";") if ":" in part)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _place(text: ET.Element) -> tuple[float, float]:
    return float(text.get("x", "0")), float(text.get("y", "0"))


def _text(words: Words, placed: Sequence[tuple[Piece, tuple[float, float]]]) -> ET.Element:
    style = words.style
    made = ET.Element("text", {"font-size": f"{style.size:g}", "fill": style.colour})
    if style.weight != "normal":
        made.set("font-weight", style.weight)
    if style.slant != "normal":
        made.set("font-style", style.slant)
    if words.numbers:
        made.set("data-id", " ".join(number.id for number in words.numbers))
    if words.axis:
        made.set("data-axis", words.axis)
    if len(placed) == 1:
        piece, (x, y) = placed[0]
        _put(made, x, y)
        if runs_right_to_left(piece.text):
            made.set("direction", "rtl")
            made.set("text-anchor", ANCHOR_FROM_THE_RIGHT[piece.side])
        elif piece.side != "left":
            made.set("text-anchor", ANCHOR[piece.side])
        if words.angle:
            made.set("transform", f"rotate({-words.angle} {_rounded(x)} {_rounded(y)})")
        made.text = piece.text
        return made
    for i, (piece, (x, y)) in enumerate(placed):
        span = ET.SubElement(made, "tspan")
        _put(span, x - _hang(piece, style), y)
        span.text = piece.text
        # a reader and a search need the space; hung up at the left, it moves nothing
        span.tail = " " if i < len(placed) - 1 else None
    return made


def _hang(piece: Piece, style: Style) -> float:
    """Return how far left of its place a piece begins, in points."""
    share = {"left": 0.0, "center": 0.5, "right": 1.0}[piece.side]
    return share * width(piece.text, style) / MM_PER_POINT


def _put(element: ET.Element, x: float, y: float) -> None:
    element.set("x", _rounded(x))
    element.set("y", _rounded(y))


def _rounded(number: str | float) -> str:
    return f"{float(number):.2f}".rstrip("0").rstrip(".")


def _name_ids(root: ET.Element, name: str) -> None:
    """Prefix every id with the figure's name, and every reference to one."""
    for element in root.iter():
        for key, value in list(element.attrib.items()):
            if key == "id":
                element.set(key, f"{name}-{value}")
            elif key == "href" and value.startswith("#"):
                element.set(key, f"#{name}-{value[1:]}")
            elif "url(#" in value:
                element.set(key, _REFERENCE.sub(lambda m: f"url(#{name}-{m[1]})", value))

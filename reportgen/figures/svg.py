"""Writes a sheet as the SVG that goes into pages: lean, named, and with the id of each number on its text.

A figure may stand beside thirty others inside one HTML page, so nothing in it may reach outside: no style sheet and no id.
The pieces of a cell or the lines of a label become one `<text>`, to be read, copied and searched as one. Whoever draws a
figure elsewhere reads this SVG (`drawn`), so that it says everything: straight lines and texts, in points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from reportgen.figures.lettering import families, runs_right_to_left, width
from reportgen.figures.sheet import Piece, Shape, Sheet, Stroke, Words, rectangle
from reportgen.figures.theme import MM_PER_POINT, Style, colour_in, house
from reportgen.records.artefact import Drawing

ANCHOR = {"left": "start", "right": "end", "center": "middle"}
# a text that is read from right to left starts at its right end
ANCHOR_FROM_THE_RIGHT = {"left": "end", "right": "start", "center": "middle"}
DASH = (3.7, 1.6)  # times the width of the line
EDGE_WEIGHT = 0.5  # points

# How a path looks: its attributes but for the places.
Look = tuple[tuple[str, str], ...]


def drawing(sheet: Sheet) -> Drawing:
    """Draw a sheet."""
    return Drawing(sheet.name, svg_of(sheet), sheet.width, sheet.height, sheet.alt, sheet.printed())


def svg_of(sheet: Sheet) -> str:
    """Return the SVG of a sheet, as pages carry it."""
    root = ET.Element("svg", _frame(sheet))
    ET.SubElement(root, "title").text = sheet.title
    root.extend(_paths(sheet))
    for words in sheet.words():
        pieces = [piece for piece in words.pieces if piece.text.strip()]
        if pieces:
            root.append(_text(words, pieces))
    return ET.tostring(root, encoding="unicode")


def _frame(sheet: Sheet) -> dict[str, str]:
    return {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {_points(sheet.width)} {_points(sheet.height)}",
        "width": f"{sheet.width:g}mm",
        "height": f"{sheet.height:g}mm",
        "role": "img",
        "font-family": ", ".join((*(f"'{family}'" for family in families()), "sans-serif")),
        "stroke-linejoin": "round",
    }


def _paths(sheet: Sheet) -> Iterator[ET.Element]:
    """Yield lines and shapes; what looks the same within a layer is one path, and what is drawn twice is drawn once."""
    for layer in _layers(sheet):
        paths: dict[Look, dict[str, None]] = {}
        for look, line in layer:
            paths.setdefault(look, {})[line] = None
        for look, lines in paths.items():
            yield ET.Element("path", {"d": " ".join(lines), **dict(look)})


def _layers(sheet: Sheet) -> Iterator[list[tuple[Look, str]]]:
    """Yield the paper, then bands, lines, dashed lines and shapes."""
    yield [_shape(rectangle(0.0, 0.0, sheet.width, sheet.height, "#ffffff"))]
    shapes = [mark for mark in sheet.marks if isinstance(mark, Shape)]
    strokes = [mark for mark in sheet.marks if isinstance(mark, Stroke)]
    yield [_shape(shape) for shape in shapes if shape.kind == "band"]
    yield [_stroke(stroke) for stroke in strokes if not stroke.dashed]
    yield [_stroke(stroke) for stroke in strokes if stroke.dashed]
    yield [_shape(shape) for shape in shapes if shape.kind != "band"]


def _shape(shape: Shape) -> tuple[Look, str]:
    look = [("fill", colour_in(house(), shape.fill))]
    if shape.edge:
        look += [("stroke", colour_in(house(), shape.edge)), ("stroke-width", _rounded(EDGE_WEIGHT))]
    return tuple(look), f"{_line(*shape.corners)} z"


def _stroke(stroke: Stroke) -> tuple[Look, str]:
    look = [("fill", "none")]
    if stroke.dashed:
        look.append(("stroke-dasharray", ",".join(_rounded(part * stroke.weight) for part in DASH)))
    look += [("stroke", colour_in(house(), stroke.colour)), ("stroke-width", _rounded(stroke.weight))]
    return tuple(look), _line((stroke.x, stroke.y), (stroke.x_end, stroke.y_end))


def _line(*corners: tuple[float, float]) -> str:
    return "M " + " L ".join(f"{_points(x)} {_points(y)}" for x, y in corners)


def _text(words: Words, pieces: Sequence[Piece]) -> ET.Element:
    style = words.style
    result = ET.Element("text", {"font-size": f"{style.size:g}", "fill": colour_in(house(), style.colour)})
    if style.weight != "normal":
        result.set("font-weight", style.weight)
    if style.slant != "normal":
        result.set("font-style", style.slant)
    if words.numbers:
        result.set("data-id", " ".join(number.id for number in words.numbers))
    if words.axis:
        result.set("data-axis", words.axis)
    if len(pieces) == 1:
        _hang_up(result, pieces[0], words.angle)
        return result
    for i, piece in enumerate(pieces):
        place = {"x": _points(piece.x - _hang(piece, style)), "y": _points(piece.y)}
        span = ET.SubElement(result, "tspan", place)
        span.text = piece.text
        # a reader and a search need the space; hung up at the left, it moves nothing
        span.tail = " " if i < len(pieces) - 1 else None
    return result


def _hang_up(made: ET.Element, piece: Piece, angle: int) -> None:
    """Give a text its only piece: the place of its baseline, and which end of it stands there."""
    x, y = _points(piece.x), _points(piece.y)
    made.set("x", x)
    made.set("y", y)
    if runs_right_to_left(piece.text):
        made.set("direction", "rtl")
        made.set("text-anchor", ANCHOR_FROM_THE_RIGHT[piece.side])
    elif piece.side != "left":
        made.set("text-anchor", ANCHOR[piece.side])
    if angle:
        made.set("transform", f"rotate({-angle} {x} {y})")
    made.text = piece.text


def _hang(piece: Piece, style: Style) -> float:
    """Return how far left of its place a piece begins, in millimetres."""
    share = {"left": 0.0, "center": 0.5, "right": 1.0}[piece.side]
    return share * width(piece.text, style)


def _points(millimetres: float) -> str:
    return _rounded(millimetres / MM_PER_POINT)


def _rounded(number: float) -> str:
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text

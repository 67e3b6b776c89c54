"""What the SVG of a drawing draws, read back: paths of straight lines and lines of text, for paper and for pixels.

In: an SVG as `svg` writes it. Out: its parts at their places, in points from the upper left corner.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import radians
from typing import Literal, cast
from xml.etree import ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"
# how much of a text lies on the side where it is read from
SHARE = {"start": 0.0, "middle": 0.5, "end": 1.0}
_LINE = re.compile(r"M ([^Mz]*)(z?)")
_TURN = re.compile(r"rotate\((\S+) ")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Path:
    """Lines and polygons that look the same.

    Attributes
    ----------
    lines : tuple of tuple of (float, float)
        The corners of each.
    closed : bool
        Whether the last corner of each is joined to its first.
    fill, stroke : str
        Colours as #rrggbb, or "none".
    weight : float
        Width of the stroke.
    dash : tuple of float
        Lengths of dash and gap; empty where the stroke is solid.
    """

    lines: tuple[tuple[Point, ...], ...]
    closed: bool
    fill: str
    stroke: str
    weight: float
    dash: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text.

    Attributes
    ----------
    text : str
    x, y : float
        Its place on the baseline.
    left : float
        How much of the text lies left of that place: 0 to 1.
    size : float
    weight : {"normal", "bold"}
    slant : {"normal", "italic"}
    colour : str
    angle : float
        By how much it is turned about its place, clockwise, in radians.
    right_to_left : bool
    """

    text: str
    x: float
    y: float
    left: float
    size: float
    weight: Literal["normal", "bold"]
    slant: Literal["normal", "italic"]
    colour: str
    angle: float
    right_to_left: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """All parts of a drawing, its short title, its size, and the families of its letters."""

    title: str
    width: float
    height: float
    families: tuple[str, ...]
    paths: tuple[Path, ...]
    lines: tuple[Line, ...]


def drawn(svg: str) -> Drawn:
    """Read the SVG of a drawing.

    Examples
    --------
    >>> from reportgen.figures.sheet import Sheet, Stroke
    >>> from reportgen.figures.svg import svg_of
    >>> found = drawn(svg_of(Sheet("fig1", "A line", 25.4, 25.4, (Stroke(0, 0, 25.4, 25.4, "#000000"),))))
    >>> found.width, found.paths[1].lines
    (72.0, (((0.0, 0.0), (72.0, 72.0)),))
    """
    root = ET.fromstring(svg)
    _, _, width, height = map(float, root.get("viewBox", "").split())
    families = tuple(family.strip(" '") for family in root.get("font-family", "").split(","))
    paths = tuple(_path(path) for path in root.iter(f"{SVG}path"))
    return Drawn(root.findtext(f"{SVG}title", ""), width, height, families, paths, tuple(_lines(root)))


def _path(path: ET.Element) -> Path:
    lines = _LINE.findall(path.get("d", ""))
    return Path(
        lines=tuple(tuple(_corners(corners)) for corners, _ in lines),
        closed=any(end for _, end in lines),
        fill=path.get("fill", "none"),
        stroke=path.get("stroke", "none"),
        weight=float(path.get("stroke-width", 0)),
        dash=tuple(float(length) for length in path.get("stroke-dasharray", "").split(",") if length),
    )


def _corners(written: str) -> Iterator[Point]:
    for corner in written.split("L"):
        x, y = corner.split()
        yield float(x), float(y)


def _lines(root: ET.Element) -> Iterator[Line]:
    for text in root.iter(f"{SVG}text"):
        for piece in [text, *text]:
            if piece.text and "x" in piece.attrib:
                yield _line(piece.text, {**text.attrib, **piece.attrib})


def _line(text: str, look: dict[str, str]) -> Line:
    share, right_to_left = SHARE[look.get("text-anchor", "start")], look.get("direction") == "rtl"
    turn = _TURN.match(look.get("transform", ""))
    return Line(
        text=text,
        x=float(look["x"]),
        y=float(look["y"]),
        left=1 - share if right_to_left else share,
        size=float(look["font-size"]),
        weight=cast(Literal["normal", "bold"], look.get("font-weight", "normal")),
        slant=cast(Literal["normal", "italic"], look.get("font-style", "normal")),
        colour=look["fill"],
        angle=radians(float(turn[1])) if turn else 0.0,
        right_to_left=right_to_left,
    )

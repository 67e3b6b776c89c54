"""Paints a drawing as pixels, with matplotlib's artists: what its SVG says, at the same places.

Neither clock nor random id enters: the same drawing gives the same bytes. Nothing is left in matplotlib: its figure is
known to nobody but us, and its settings are given back.
"""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from math import degrees
from typing import TYPE_CHECKING, Any, Literal
from xml.sax.saxutils import escape

from reportgen.figures import theme
from reportgen.figures.drawn import SVG, Drawn, Line, Path, drawn
from reportgen.figures.lettering import drawable, face_for, families
from reportgen.figures.svg import EDGE_WEIGHT
from reportgen.records.artefact import Drawing
from reportgen.records.numbers import plain

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure
    from PIL.Image import Image

DPI = 600
COLOURS = 256  # as many as a byte can name: a third of the size of true colours
NEARLY_WHITE = 250
POINTS_PER_INCH = 72
SIDE: dict[float, Literal["left", "center", "right"]] = {0.0: "left", 0.5: "center", 1.0: "right"}


def png(drawing: Drawing) -> bytes:
    """Return a drawing as PNG of 600 dpi."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with rc_context(theme.settings(families())), io.BytesIO() as buffer:
        result = figure(drawing.svg)
        printer: Any = FigureCanvasAgg(result)
        printer.draw()
        few_colours(printer).save(buffer, "png", dpi=(DPI, DPI))
        # figure and canvas hold each other: the pixels, 70 MB a page, go at once and not when garbage is collected
        printer.renderer = None
        result.clear()
        return buffer.getvalue()


def outlined(drawing: Drawing) -> bytes:
    """Return a drawing as SVG whose letters are outlines, so that it needs no font; its description is the alternative text."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    look = theme.settings(families()) | {"svg.fonttype": "path", "svg.hashsalt": drawing.name}
    with rc_context(look), io.BytesIO() as buffer:
        result = figure(drawing.svg)
        printer: Any = FigureCanvasSVG(result)
        metadata = {"Date": None, "Creator": "reportgen", "Title": title_of(drawing)}
        printer.print_svg(buffer, metadata=metadata)
        result.clear()
        end, description = "</title>\n", f" <desc>{escape(plain(drawing.alt))}</desc>\n"
        return buffer.getvalue().replace(end.encode(), (end + description).encode(), 1)


def title_of(drawing: Drawing) -> str:
    """Return the title that the SVG of a drawing has."""
    return ET.fromstring(drawing.svg).findtext(f"{SVG}title") or drawing.name


def few_colours(printer: Any) -> Image:
    """Return the pixels of a canvas with the colours that a drawing has, and those of the edges of its letters."""
    from PIL.Image import Dither, Quantize, frombuffer

    true = frombuffer("RGBA", printer.get_width_height(), printer.buffer_rgba(), "raw", "RGBA", 0, 1).convert("RGB")
    result = true.quantize(COLOURS, method=Quantize.FASTOCTREE, dither=Dither.NONE)
    palette = result.getpalette() or []
    colours = [palette[place : place + 3] for place in range(0, len(palette), 3)]
    # the mean of white and of what is nearly white is a grey that one sees around the figure
    result.putpalette(
        [level for colour in colours for level in ((255,) * 3 if min(colour) >= NEARLY_WHITE else colour)]
    )
    return result


def figure(svg: str) -> Figure:
    """Return the SVG of a drawing as a matplotlib figure, whose units are points from the upper left corner."""
    from matplotlib.figure import Figure

    found = drawn(svg)
    size = (found.width / POINTS_PER_INCH, found.height / POINTS_PER_INCH)
    result = Figure(figsize=size, dpi=DPI, facecolor="white")
    axes = result.add_axes((0, 0, 1, 1), frameon=False, xlim=(0, found.width), ylim=(found.height, 0))
    axes.set_axis_off()
    for artist in _artists(found):
        axes.add_artist(artist)
        artist.set_clip_on(False)
    return result


def _artists(found: Drawn) -> list[Artist]:
    placed: list[Artist] = [_path(path) for path in found.paths]
    placed += [_text(line) for line in found.lines]
    for order, artist in enumerate(placed):
        artist.set_zorder(order)
    return placed


def _path(path: Path) -> Artist:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    lines = [Outline(corners, closed=False) for corners in path.lines]
    if path.closed:
        lines = [Outline([*corners, corners[0]], closed=True) for corners in path.lines]
    look: Any = (0, [length / path.weight for length in path.dash]) if path.dash else "solid"
    return PathPatch(
        Outline.make_compound_path(*lines),
        facecolor=path.fill,
        edgecolor=path.stroke,
        # matplotlib moves edges onto whole pixels by the width of the stroke, drawn or not: shapes stay within their frames
        linewidth=path.weight or EDGE_WEIGHT,
        linestyle=look,
        joinstyle="round",
        capstyle="butt",
    )


def _text(line: Line) -> Artist:
    from matplotlib.text import Text

    weight, slant = face_for(line.text, line.weight, line.slant)
    return Text(
        line.x,
        line.y,
        drawable(line.text),
        color=line.colour,
        family=list(families()),
        size=line.size,
        weight=weight,
        style=slant,
        horizontalalignment=SIDE[line.left],
        verticalalignment="baseline",
        rotation=-degrees(line.angle),
        # upright text hangs at its own baseline, not at the box around it
        rotation_mode="anchor",
    )

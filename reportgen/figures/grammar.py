"""Draws series by the grammar of graphics (plotnine), and gives what was drawn as marks of a sheet.

In: a plot made of data frames, aesthetics, geoms, scales and facets. Out: its panels, each to be placed on a sheet: the two
scales of the panel in millimetres, and its lines, ribbons and points. Letters stay with the sheet, which knows their numbers.
plotnine takes half a second to import: import this module where a figure is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, groupby, pairwise
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from plotnine import aes, ggplot, scale_x_continuous, scale_y_continuous, theme, theme_void
from plotnine._mpl.gridspec import p9GridSpec
from plotnine.exceptions import PlotnineWarning

from reportgen.figures.scale import Scale
from reportgen.figures.sheet import Mark, Shape, Stroke
from reportgen.figures.theme import MM_PER_POINT

# plotnine counts the width of lines and the side of points in units of its own
UNIT = float(np.pi**0.5)


class Plot(ggplot):
    """A plot whose figure pyplot, with its windows and its list of open figures, never hears of."""

    def _create_figure(self) -> None:
        self.figure = Figure()
        self._gridspec = p9GridSpec(1, 1, self.figure)


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel at its place on a sheet.

    Attributes
    ----------
    along, up : Scale
        From values to millimetres.
    marks : tuple of Mark
        What the layers drew, in their order: strokes, and shapes of the kinds `band` and `point`.
    """

    along: Scale
    up: Scale
    marks: tuple[Mark, ...]


def weight(points: float) -> float:
    """Return the `size` of a line that is so many points wide."""
    return points / UNIT


def square(side: float, edge: float = 0.0) -> dict[str, Any]:
    """Return `size` and `stroke` of a square, or of the diamond that it is on its corner: side in mm, edge in points."""
    return {"size": (side / MM_PER_POINT - edge) / UNIT, "stroke": edge / UNIT}


def panels(series: pd.DataFrame, mapping: aes, *layers: Any) -> list[Axes]:
    """Draw series, once and without letters, and return the panels in the order of the facets.

    Parameters
    ----------
    series : pandas.DataFrame
        Tidy: a row for each value.
    mapping : aes
        Which columns are which aesthetics.
    *layers
        Geoms, scales, facets and coordinates.
    """
    plot = Plot(series, mapping)
    # the scales are those of the values: none lies beyond them
    bare: dict[str, Any] = {"breaks": None, "oob": lambda values, _: values}
    plot += [
        *layers,
        scale_x_continuous(**bare),
        scale_y_continuous(**bare),
        theme_void(),
        theme(legend_position="none"),
    ]
    with catch_warnings():
        # a series of one value draws no line
        simplefilter("ignore", PlotnineWarning)
        plot.draw()
    return plot.axs


def placed(axes: Axes, left: float, top: float, right: float, bottom: float) -> Panel:
    """Place a panel on a sheet.

    Parameters
    ----------
    axes : Axes
        One of those that `panels` returns.
    left, top, right, bottom : float
        Its frame in millimetres.

    Examples
    --------
    >>> import pandas as pd
    >>> from plotnine import aes, coord_cartesian, geom_line
    >>> series = pd.DataFrame({"size": [0.0, 0.5, 1.0], "effect": [2.0, 4.0, 3.0]})
    >>> (axes,) = panels(series, aes("size", "effect"), geom_line(), coord_cartesian(expand=False))
    >>> panel = placed(axes, 10, 0, 60, 40)
    >>> [(mark.x, mark.y, mark.x_end, mark.y_end) for mark in panel.marks]
    [(10.0, 40.0, 35.0, 0.0), (35.0, 0.0, 60.0, 20.0)]
    >>> panel.along.at(0.5), panel.up.at(3)
    (35.0, 20.0)
    """
    (low, high), (least, most) = axes.get_xlim(), axes.get_ylim()
    along, up = Scale(float(low), float(high), left, right), Scale(float(least), float(most), bottom, top)
    return Panel(along, up, tuple(mark for artist in axes.get_children() for mark in _marks(artist, along, up)))


def _marks(artist: Artist, along: Scale, up: Scale) -> Iterator[Mark]:
    """Yield the marks of what a geom drew: a path, segments, ribbons or points. The frame of the panel is not read."""
    if isinstance(artist, Line2D):
        yield from _path(artist, along, up)
    elif isinstance(artist, LineCollection):
        yield from _segments(artist, along, up)
    elif isinstance(artist, PolyCollection):
        yield from _ribbons(artist, along, up)
    elif isinstance(artist, PathCollection):
        yield from _points(artist, along, up)


# the types of matplotlib's getters are those of its setters: whatever it understands


def _path(artist: Any, along: Scale, up: Scale) -> Iterator[Mark]:
    colour, width, dashed = to_hex(artist.get_color()), artist.get_linewidth(), artist.is_dashed()
    for start, end in pairwise((along.at(x), up.at(y)) for x, y in artist.get_xydata().tolist()):
        yield Stroke(*start, *end, colour, width, dashed)


def _segments(artist: Any, along: Scale, up: Scale) -> Iterator[Mark]:
    widths, dashed = map(float, artist.get_linewidths()), (dash is not None for _, dash in artist.get_linestyles())
    looks = _each(_hex(artist.get_colors()), widths, dashed)
    for segment, look in zip(artist.get_segments(), looks, strict=False):
        (x, y), (x_end, y_end) = segment.tolist()
        yield Stroke(along.at(x), up.at(y), along.at(x_end), up.at(y_end), *look)


def _ribbons(artist: Any, along: Scale, up: Scale) -> Iterator[Mark]:
    for path, fill in zip(artist.get_paths(), cycle(_hex(artist.get_facecolors())), strict=False):
        # closed by its first corner, and with the corners at its ends twice
        corners = [(along.at(x), up.at(y)) for (x, y), _ in groupby(path.vertices.tolist())][:-1]
        if len(corners) > 2:
            yield Shape(tuple(corners), fill, kind="band")


def _points(artist: Any, along: Scale, up: Scale) -> Iterator[Mark]:
    """Yield each point as the polygon of its sign, whose size is in points of type."""
    sign = artist.get_paths()[0].vertices[:-1] * MM_PER_POINT
    signs = [(sign @ size[:2, :2]).tolist() for size in artist.get_transforms()]
    edges = _hex(artist.get_edgecolors()) if max(artist.get_linewidths()) > 0 else [""]
    looks = _each(signs, _hex(artist.get_facecolors()), edges)
    for (x, y), (corners, fill, edge) in zip(artist.get_offsets().tolist(), looks, strict=False):
        places = tuple((along.at(x) + right, up.at(y) - above) for right, above in corners)
        yield Shape(places, fill, edge, kind="point")


def _hex(colours: Any) -> list[str]:
    return [to_hex(colour) for colour in colours]


def _each(*looks: Any) -> Iterator[Any]:
    """Yield what each mark looks like: a collection has one value for all, or one for each."""
    return zip(*map(cycle, looks), strict=True)

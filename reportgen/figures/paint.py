"""Draws a sheet with plotnine: one panel whose axes are millimetres, painted once and printed in three formats.

plotnine adds every artist again when a plot is drawn twice, so the one figure that it returns is kept: pages wait for
its SVG only, and PDF and PNG are printed from the packed figure later, in any process. Neither clock nor random id
enters: the same sheet gives the same bytes.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from reportgen.figures import theme
from reportgen.figures.lettering import drawable, families
from reportgen.figures.sheet import Shape, Sheet, Stroke
from reportgen.figures.svg import lean_svg
from reportgen.records.artefact import Drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 300
# plotnine gives widths of lines in units of 1.77 points
POINTS_PER_SIZE = 3.141592653589793**0.5


def drawing(sheet: Sheet) -> Drawing:
    """Draw a sheet: its SVG for the pages, and the figure packed for `printed`."""
    from matplotlib import rc_context

    with rc_context(theme.settings(families())):
        canvas = figure(sheet)
        svg = lean_svg(_svg(canvas), sheet)
        packed = pickle.dumps((canvas, sheet.title))
    return Drawing(sheet.name, svg, packed, sheet.width, sheet.height, sheet.alt, sheet.printed())


def printed(drawing: Drawing) -> dict[str, bytes]:
    """Print a drawing as PDF with its fonts, and as PNG of 300 dpi; return both by the ending of their files."""
    from matplotlib import rc_context

    with rc_context(theme.settings(families())):
        # packed by `drawing` in a process of this build: nothing from outside is unpacked
        canvas, title = pickle.loads(drawing.canvas)
        return {"pdf": _pdf(canvas, title), "png": _png(canvas)}


def figure(sheet: Sheet) -> Figure:
    """Return the sheet as a matplotlib figure, not yet saved: tests ask it for the box of each text."""
    from matplotlib import rc_context

    with rc_context(theme.settings(families())):
        _choose_backend()
        canvas: Figure = _plot(sheet).draw(show=False)
        # the panel is the paper: no layout, no clipping
        canvas.set_layout_engine("none")
        (axes,) = canvas.axes
        axes.set_position((0, 0, 1, 1))
        axes.set_axis_off()
        for artist in axes.get_children():
            artist.set_clip_on(False)
        for number, text in enumerate(axes.texts):
            # plotnine takes one family only; without the second, a letter that the first lacks would be a box
            text.set_fontfamily(list(families()))
            text.set_gid(f"text-{number}")
            # upright text hangs at its own baseline, not at the box around it
            text.set_rotation_mode("anchor")
        _forget(canvas)
    return canvas


def _choose_backend() -> None:
    """Keep matplotlib from opening a window system for figures that nobody looks at; a notebook keeps its choice."""
    import matplotlib

    if matplotlib.get_backend(auto_select=False) is None:
        matplotlib.use("agg")


def _forget(canvas: Figure) -> None:
    """Take the figure out of pyplot's list, where plotnine has put it: it can still be saved."""
    import matplotlib.pyplot as plt

    plt.close(canvas)


# Figure.savefig would draw everything twice, the first time to lay it out; here the layout is done, and the canvases
# print the figure straight away in half the time.
def _svg(canvas: Figure) -> str:
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    with closing(io.StringIO()) as buffer:
        printer: Any = FigureCanvasSVG(canvas)
        printer.print_svg(buffer, metadata={"Date": None})
        return buffer.getvalue()


def _pdf(canvas: Figure, title: str) -> bytes:
    from matplotlib.backends.backend_pdf import FigureCanvasPdf

    with closing(io.BytesIO()) as buffer, _plain_font_subsets():
        printer: Any = FigureCanvasPdf(canvas)
        printer.print_pdf(buffer, metadata={"CreationDate": None, "Title": title})
        return buffer.getvalue()


@contextmanager
def _plain_font_subsets() -> Iterator[None]:
    """Embed fonts without their tables of ligatures and kerning, which no PDF reads: most of the time of a subset.

    matplotlib places every glyph itself but lets fontTools read those tables and carry them through each subset, and
    offers no option. Where fontTools has changed, this does nothing.
    """
    from fontTools import subset

    library: Any = subset
    load = library.load_font

    def load_without_layout(*arguments: Any, **options: Any) -> Any:
        font = load(*arguments, **options)
        for tag in ("GSUB", "GPOS", "GDEF"):
            if tag in font:
                del font[tag]
        return font

    library.load_font = load_without_layout
    try:
        yield
    finally:
        library.load_font = load


def _png(canvas: Figure) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas.set_dpi(DPI)
    with closing(io.BytesIO()) as buffer:
        printer: Any = FigureCanvasAgg(canvas)
        # as small as at PIL's own level, in two thirds of the time
        printer.print_png(buffer, pil_kwargs={"compress_level": 3})
        return buffer.getvalue()


def _plotnine() -> Any:
    # half of its functions carry no types
    import plotnine

    return plotnine


def _plot(sheet: Sheet) -> Any:
    p9 = _plotnine()

    bands = [mark for mark in sheet.marks if isinstance(mark, Shape) and mark.kind == "band"]
    shapes = [mark for mark in sheet.marks if isinstance(mark, Shape) and mark.kind != "band"]
    strokes = [mark for mark in sheet.marks if isinstance(mark, Stroke)]
    layers = [
        _shapes(sheet, bands),
        _strokes(sheet, [stroke for stroke in strokes if not stroke.dashed], "solid"),
        _strokes(sheet, [stroke for stroke in strokes if stroke.dashed], "dashed"),
        _shapes(sheet, shapes),
        _texts(sheet),
    ]
    look = [
        p9.scale_x_continuous(limits=(0, sheet.width), expand=(0, 0)),
        p9.scale_y_continuous(limits=(0, sheet.height), expand=(0, 0)),
        p9.scale_color_identity(),
        p9.scale_fill_identity(),
        p9.scale_size_identity(),
        p9.theme_void(),
        p9.theme(
            figure_size=(sheet.width / theme.MM_PER_INCH, sheet.height / theme.MM_PER_INCH),
            dpi=DPI,
            plot_background=p9.element_rect(fill="white", color="none"),
        ),
    ]
    # lists: plotnine copies the whole plot for each "+"
    return p9.ggplot() + [layer for layer in layers if layer is not None] + look


def _strokes(sheet: Sheet, strokes: Sequence[Stroke], linetype: str) -> Any:
    import pandas as pd

    p9 = _plotnine()

    if not strokes:
        return None
    rows = [
        (s.x, sheet.height - s.y, s.x_end, sheet.height - s.y_end, s.colour, s.weight / POINTS_PER_SIZE)
        for s in strokes
    ]
    data = pd.DataFrame(rows, columns=["x", "y", "xend", "yend", "colour", "weight"])
    places = p9.aes("x", "y", xend="xend", yend="yend", color="colour", size="weight", group=1)
    return p9.geom_segment(places, data, linetype=linetype, show_legend=False, inherit_aes=False)


def _shapes(sheet: Sheet, shapes: Sequence[Shape]) -> Any:
    import pandas as pd

    p9 = _plotnine()

    if not shapes:
        return None
    rows = [
        (x, sheet.height - y, number, shape.fill, shape.edge or "none")
        for number, shape in enumerate(shapes)
        for x, y in shape.corners
    ]
    data = pd.DataFrame(rows, columns=["x", "y", "number", "fill", "edge"])
    places = p9.aes("x", "y", group="number", fill="fill", color="edge")
    return p9.geom_polygon(places, data, size=0.4 / POINTS_PER_SIZE, show_legend=False, inherit_aes=False)


def _texts(sheet: Sheet) -> Any:
    import pandas as pd

    p9 = _plotnine()

    rows = [
        (
            piece.x,
            sheet.height - piece.y,
            drawable(piece.text),
            piece.side,
            words.style.size,
            words.style.weight,
            words.style.slant,
            words.style.colour,
            words.angle,
        )
        for words in sheet.words()
        for piece in words.pieces
    ]
    data = pd.DataFrame(rows, columns=["x", "y", "text", "side", "size", "weight", "slant", "colour", "angle"])
    places = p9.aes(
        "x",
        "y",
        label="text",
        ha="side",
        size="size",
        fontweight="weight",
        fontstyle="slant",
        color="colour",
        angle="angle",
        group=1,
    )
    return p9.geom_text(places, data, va="baseline", show_legend=False, inherit_aes=False)

"""Drawings in a PDF, with whole lines of text.

WeasyPrint's own way with an SVG sets each letter by itself, which takes half the time of a PDF, loses kerning, draws
Hebrew backwards and leaves Arabic unjoined. It hands a picture that it finds in its cache the page to draw on, and here
the parts of a drawing are drawn on it one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from math import cos, sin
from typing import Any
from urllib.parse import quote

from reportgen.figures.drawn import Drawn, Line, Path, drawn
from reportgen.records.artefact import Drawing
from reportgen.render.fonts import face_rules_of_files

PIXELS_PER_MM = 96 / 25.4
ROUND = 1  # joins of lines, in PDF

# A weasyprint page that is drawn on; the library carries no types.
Page = Any


def source_of(drawing: Drawing) -> str:
    """Return the address under which the PDF finds a drawing among `pictures`."""
    return f"drawing:{quote(drawing.name)}"


def pictures(drawings: Iterable[Drawing]) -> dict[str, Picture]:
    """Return the pictures of some drawings by their addresses: the `cache` of `weasyprint.HTML.render`."""
    return {source_of(drawing): Picture(drawing) for drawing in drawings}


def figure_files(drawings: Iterable[Drawing]) -> Iterator[tuple[str, bytes]]:
    """Yield each drawing as a PDF of its own, by its name: one page as large as the drawing, with its fonts."""
    import weasyprint

    listed = tuple(drawings)
    if not listed:  # a document has a page at least
        return
    source = _PAGES.format(
        fonts=face_rules_of_files(),
        pages="".join(
            f"@page p{i}{{size:{one.width_mm}mm {one.height_mm}mm;margin:0}}.p{i}{{page:p{i}}}"
            for i, one in enumerate(listed)
        ),
        body="".join(f'<img class="p{i}" src="{source_of(one)}">' for i, one in enumerate(listed)),
    )
    found = pictures(listed)
    document = weasyprint.HTML(string=source).render(cache=found)
    for item, page in zip(listed, document.pages, strict=True):
        alone = document.copy([page])
        alone.metadata.title = found[source_of(item)].drawn.title
        yield item.name, alone.write_pdf()


_PAGES = "<style>{fonts}{pages}body{{margin:0}}img{{display:block;break-inside:avoid}}</style>{body}"


class Picture:
    """A drawing as WeasyPrint asks for one: its size, and how it is drawn on a page."""

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing

    def get_intrinsic_size(self, resolution: float, font_size: float) -> tuple[float, float, float]:
        """Return width and height in pixels of CSS, and their ratio; they are the same whatever is asked."""
        width, height = self._drawing.width_mm * PIXELS_PER_MM, self._drawing.height_mm * PIXELS_PER_MM
        return width, height, width / height

    def draw(self, page: Page, width: float, height: float, style: Any) -> None:
        """Draw the picture from the origin of a page, `width` by `height` pixels; `style` is that of its element."""
        found = self.drawn
        letters = _Letters(style.font_config, found.families)
        with page.stacked():
            page.transform(a=width / found.width, d=height / found.height)
            for path in found.paths:
                _draw_path(page, path)
            for line in found.lines:
                letters.draw(page, line)

    @cached_property
    def drawn(self) -> Drawn:
        """Its parts."""
        return drawn(self._drawing.svg)


def _draw_path(page: Page, path: Path) -> None:
    from tinycss2.color5 import parse_color

    filled, edged = path.fill != "none", path.stroke != "none"
    with page.stacked():
        if filled:
            page.set_color(parse_color(path.fill))
        if edged:
            page.set_color(parse_color(path.stroke), stroke=True)
            page.set_line_width(path.weight)
            page.set_line_join(ROUND)
            page.set_dash(path.dash, 0)
        for first, *others in path.lines:
            page.move_to(*first)
            for corner in others:
                page.line_to(*corner)
            if path.closed:
                page.close()
        paint = page.fill_and_stroke if filled and edged else page.fill if filled else page.stroke
        paint()


class _Style(dict[str, Any]):
    """The style of a text, as WeasyPrint's typesetting reads it."""

    font_config: Any


class _SetLine:
    """A line of text, as WeasyPrint's drawing reads it."""

    def __init__(self, text: str, style: _Style) -> None:
        from weasyprint.text.line_break import create_layout, line_size

        self.text, self.style, self.baseline = text, style, 0.0
        self.pango_layout = create_layout(text, style, None, None, 0)
        first, _ = self.pango_layout.get_first_line()
        self.width: float = line_size(first, style)[0]


class _Letters:
    """Sets the texts of a picture; it has few styles."""

    def __init__(self, fonts: Any, families: tuple[str, ...]) -> None:
        self._fonts, self._families = fonts, families
        self._styles: dict[tuple[object, ...], _Style] = {}

    def draw(self, page: Page, line: Line) -> None:
        from tinycss2.color5 import parse_color
        from weasyprint.draw.text import draw_emojis, draw_first_line
        from weasyprint.matrix import Matrix

        style = self._style(line)
        set_line = _SetLine(line.text, style)
        left = -line.left * set_line.width
        turn, lean = cos(line.angle), sin(line.angle)
        with page.stacked():
            page.transform(turn, lean, -lean, turn, line.x, line.y)
            page.set_color(parse_color(line.colour))
            page.begin_text()
            emojis = draw_first_line(page, set_line, "none", "none", Matrix(d=-1, e=left))
            page.end_text()
            draw_emojis(page, style, left, 0, emojis)

    def _style(self, line: Line) -> _Style:
        from weasyprint.css.properties import INITIAL_VALUES

        key = (line.size, line.weight, line.slant, line.right_to_left)
        if key not in self._styles:
            style = self._styles[key] = _Style(INITIAL_VALUES)
            style.font_config = self._fonts
            style["font_family"] = self._families
            style["font_size"] = line.size
            style["font_weight"] = 700 if line.weight == "bold" else 400
            style["font_style"] = line.slant
            style["direction"] = "rtl" if line.right_to_left else "ltr"
        return self._styles[key]

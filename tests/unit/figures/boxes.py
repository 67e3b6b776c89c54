"""Asks matplotlib where things stand on a sheet, in millimetres."""

from __future__ import annotations

import itertools

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg

from reportgen.figures import theme
from reportgen.figures.lettering import families
from reportgen.figures.paint import figure
from reportgen.figures.sheet import Shape, Sheet, Stroke
from reportgen.figures.svg import svg_of

Box = tuple[float, float, float, float]


def text_boxes(sheet: Sheet) -> list[tuple[str, Box]]:
    """Return each text with its box (left, top, right, bottom) as matplotlib will draw it."""
    with rc_context(theme.settings(families())):
        canvas = figure(svg_of(sheet))
        renderer = FigureCanvasAgg(canvas).get_renderer()
        scale = theme.MM_PER_INCH / canvas.dpi
        (axes,) = canvas.axes
        boxes = []
        for text in axes.texts:
            if text.get_text().strip():
                box = text.get_window_extent(renderer)
                top, bottom = sheet.height - box.y1 * scale, sheet.height - box.y0 * scale
                boxes.append((text.get_text(), (box.x0 * scale, top, box.x1 * scale, bottom)))
    return boxes


def overlaps(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def mark_boxes(sheet: Sheet) -> list[tuple[str, Box]]:
    """Return the boxes of what is drawn and not written."""
    boxes: list[tuple[str, Box]] = []
    for mark in sheet.marks:
        if isinstance(mark, Stroke):
            left, right = sorted((mark.x, mark.x_end))
            top, bottom = sorted((mark.y, mark.y_end))
            boxes.append(("stroke", (left, top, right, bottom)))
        elif isinstance(mark, Shape):
            xs, ys = zip(*mark.corners, strict=True)
            boxes.append((mark.kind, (min(xs), min(ys), max(xs), max(ys))))
    return boxes


def errors(sheet: Sheet, marks_too: bool = True) -> list[str]:
    """Return what overlaps and what is not on the paper: empty for a good figure."""
    texts = text_boxes(sheet)
    paper = (0.0, 0.0, sheet.width, sheet.height)
    found = [
        f"{name!r} {box} is not inside {paper}"
        for name, box in texts + mark_boxes(sheet)
        if box[0] < 0 or box[1] < 0 or box[2] > sheet.width or box[3] > sheet.height
    ]
    found += [f"{a!r} overlaps {b!r}" for (a, p), (b, q) in itertools.combinations(texts, 2) if overlaps(p, q)]
    if marks_too:
        found += [f"{a!r} meets a {kind}" for a, p in texts for kind, q in mark_boxes(sheet) if overlaps(p, q)]
    return found

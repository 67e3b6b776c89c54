"""The gallery of house styles in the README: one forest, drawn in each style.

`python -m tests.gallery` writes `.readme/styles.png`. The numbers are invented; the figure is the forest by trial that a report draws.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from reportgen.figures import draw_forest_by_trial
from reportgen.figures.paint import png
from reportgen.figures.sheet import Sheet, lettered
from reportgen.figures.svg import drawing
from reportgen.figures.theme import BODY, drawn_for
from reportgen.houses import HOUSES, House
from reportgen.records.artefact import Drawing
from tests.conftest import ROOT
from tests.unit.figures.build import effect, settings

PLACE = ROOT / ".readme" / "styles.png"
ACROSS, GAP, SCALE = 2, 40, 5  # pictures in a row, pixels between them, and pixels of 600 dpi that become one
HEAD = 8.0  # millimetres


def pictures(house: House) -> tuple[Image.Image, Image.Image]:
    """Return the name of a style and its forest."""
    with drawn_for(house):
        (forest,) = draw_forest_by_trial(effect("pain", "short", 8.5, 1.4, by_trial=4), settings(), name="fig1")
        head = drawing(Sheet("head", house.name, house.width, HEAD, (lettered((house.name,), 0.4, 5.0, BODY),)))
    return picture_of(head), picture_of(forest)


def picture_of(item: Drawing) -> Image.Image:
    """Return a drawing as pixels."""
    return Image.open(io.BytesIO(png(item))).convert("RGB")


def gallery() -> Image.Image:
    """Return all styles on one sheet."""
    cells = [pictures(house) for house in HOUSES.values()]
    rows = [cells[start : start + ACROSS] for start in range(0, len(cells), ACROSS)]
    width = max(picture.width for cell in cells for picture in cell) + GAP * SCALE
    heights = [max(sum(picture.height for picture in cell) for cell in row) + GAP * SCALE for row in rows]
    sheet = Image.new("RGB", (ACROSS * width, sum(heights)), "white")
    for place, row in enumerate(rows):
        for across, (head, forest) in enumerate(row):
            x, y = across * width + GAP * SCALE // 2, sum(heights[:place])
            sheet.paste(head, (x, y))
            sheet.paste(forest, (x, y + head.height))
    return sheet.resize((sheet.width // SCALE, sheet.height // SCALE), Image.Resampling.LANCZOS)


def write(path: Path = PLACE) -> None:
    """Write the gallery."""
    gallery().quantize(128).save(path, optimize=True)


if __name__ == "__main__":
    write()

"""The gallery of house styles in the README: one forest, drawn in each style.

`python -m tests.gallery` writes `.readme/styles.png`: the forest by centre of the periodontal therapy study, one effect of it fitted anew.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from PIL import Image

from reportgen.analyses.meta_analysis import meta_analysis_record
from reportgen.analyses.reading import handed_over
from reportgen.analyses.study_tasks import study_tasks
from reportgen.figures import draw_forest_by_trial
from reportgen.figures.paint import png
from reportgen.figures.sheet import Sheet, lettered
from reportgen.figures.svg import drawing
from reportgen.figures.theme import BODY, drawn_for
from reportgen.graph import run
from reportgen.houses import HOUSES, House
from reportgen.pipeline import read
from reportgen.pool import Serial
from reportgen.records.artefact import Drawing
from reportgen.records.model import MetaAnalysis as MetaAnalysisRecord
from reportgen.records.model import ModelSettings, PooledEffect
from reportgen.records.numbers import Value
from reportgen.records.printed import figures_of, printed
from reportgen.resources import specs_folder
from reportgen.spec.analyses import MetaAnalysis
from reportgen.spec.study import Study
from reportgen.store import NoStore
from tests.conftest import ROOT

PLACE = ROOT / ".readme" / "styles.png"
ACROSS, GAP, SCALE = 2, 40, 5  # pictures in a row, pixels between them, and pixels of 600 dpi that become one
HEAD = 8.0  # millimetres


EFFECT = "effect.pooled.therapy.attachment-loss.visit-5"


@cache
def fitted() -> tuple[MetaAnalysisRecord[Value], Study]:
    """Return a meta-analysis of the periodontal therapy study with one effect, and the study."""
    spec, repository = read(specs_folder() / "periodontal-therapy")
    node = spec.study.analyses["pooled"]
    assert isinstance(node, MetaAnalysis)
    ran = run((*study_tasks(spec).tasks, handed_over(repository)), [EFFECT], NoStore(), Serial(), basis="")
    classes = {name for part in spec.study.comparisons.values() for name in (*part.intervention, *part.control)}
    record = meta_analysis_record("pooled", node, spec.study, classes, [ran.values[EFFECT]])
    return record, spec.study


def in_style(house: House) -> tuple[PooledEffect, ModelSettings]:
    """Return the effect as a style prints it, and the settings of its model."""
    record, study = fitted()
    report = study.report.model_copy(update={"style": house.name})
    shown = printed(record, figures_of(study.model_copy(update={"report": report})))
    return shown.results[0], shown.settings


def pictures(house: House) -> tuple[Image.Image, Image.Image]:
    """Return the name of a style and its forest."""
    effect, settings = in_style(house)
    with drawn_for(house):
        (forest,) = draw_forest_by_trial(effect, settings, name="fig2")
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

"""Names that programs downstream take for something else: a formula, a word without end, letters that join or turn."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pikepdf
import pytest

from reportgen.analyses import make_records
from reportgen.figures.drawn import drawn
from reportgen.figures.lettering import runs_right_to_left
from reportgen.pipeline import read
from reportgen.records.inert import inert
from reportgen.render.appendix import compose
from reportgen.render.artefacts import numbered_artefacts
from reportgen.render.html import pdf_document
from reportgen.render.picture import figure_files
from tests.failing.inputs import said, written

SVG = "{http://www.w3.org/2000/svg}"
MM = 96 / 25.4


def cells(folder: Path) -> Iterator[str]:
    for path in [folder / "results.csv", *(folder / "tables").glob("*.csv")]:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for row in csv.reader(stream):
                yield from row


@pytest.mark.slow
def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    done = said(
        "build",
        written("n_formula", tmp_path),
        "--output",
        tmp_path / "out",
        "--formats",
        "html,results,workbook",
        "-j",
        1,
    )
    assert done.code == 0, done.err
    found = list(cells(tmp_path / "out"))
    assert [cell for cell in found if cell != inert(cell)] == []
    assert "'=1+1" in found and any(cell.startswith("'=HYPERLINK") for cell in found) and "'+CBT" in found
    with ZipFile(tmp_path / "out" / "tables" / "workbook.xlsx") as book:
        sheets = [book.read(name) for name in book.namelist() if name.startswith("xl/worksheets")]
        assert b"=1+1" in book.read("xl/sharedStrings.xml")
    assert sheets and not any(b"<f>" in sheet or b"<f " in sheet for sheet in sheets)


@pytest.mark.slow
def test_a_long_word_leaves_the_other_columns_on_the_page(tmp_path: Path) -> None:
    from weasyprint.formatting_structure.boxes import TableCellBox

    def found(box: Any) -> Iterator[Any]:
        if isinstance(box, TableCellBox):
            yield box
        for child in getattr(box, "children", ()):
            yield from found(child)

    spec, repository = read(written("n_long", tmp_path))
    records = make_records(spec, repository, profile="final")
    artefacts = numbered_artefacts(spec, records, only=frozenset({"table1"}))
    document = pdf_document(compose(spec, records, artefacts))
    boxes = [(page, box) for page in document.pages for box in found(page._page_box)]
    assert len(boxes) > 20
    for page, box in boxes:
        assert box.position_x + box.width <= page.width - 17 * MM, "a column lies beside the text block"


@pytest.mark.parametrize(("name", "trial"), [("n_rtl", "ירושלים 2019"), ("n_emoji", "Nord\u0301 étude ✓≥±µ")])
def test_letters_that_join_or_turn_are_shaped_in_every_figure(tmp_path: Path, name: str, trial: str) -> None:
    spec, repository = read(written(name, tmp_path))
    records = make_records(spec, repository, profile="final")
    (artefact,) = numbered_artefacts(spec, records, only=frozenset({"fig2"}))
    drawing = artefact.parts[0].drawings[0]
    live = [text for text in ET.fromstring(drawing.svg).iter(f"{SVG}text") if "".join(text.itertext()) == trial]
    assert len(live) == 1, "the file keeps the words as they were written"
    assert (live[0].get("direction") == "rtl") is runs_right_to_left(trial)
    # on paper each line is set as a whole, so that its letters know each other
    ((_, content),) = figure_files([drawing])
    with pikepdf.open(io.BytesIO(content)) as pdf:
        parts = pikepdf.parse_content_stream(pdf.pages[0])
    begun = sum(str(part.operator) == "BT" for part in parts)
    assert begun == len(drawn(drawing.svg).lines)


@pytest.mark.slow
def test_letters_that_no_font_has_are_named_once_with_the_line_to_change(tmp_path: Path) -> None:
    study = written("n_emoji", tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        done = said("build", study, "--output", tmp_path / "out", "--formats", "html,pdf,figures", "-j", 1)
    assert done.code == 0
    (warning,) = [line for line in done.lines if not line.startswith(("kept", "done"))]
    assert warning.startswith(
        "warning: no font of the report has 👩 (U+1F469): a sign or a box stands for it in figures"
    )
    assert warning.endswith("Write other letters in 'Trial 😀👩\u200d⚕️' (north.yaml:1).")
    again = said("build", study, "--output", tmp_path / "html", "--formats", "html", "-j", 1)
    assert "warning" not in again.err, "a browser has fonts of its own"

"""Words of a study that mean something to a program stand as words in every file, and a PDF is read in the order of the page."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import unicodedata
from pathlib import Path

import docx
import lxml.html
import pytest
from python_calamine import CalamineWorkbook

from reportgen.pipeline import Order, build
from tests.study_files import STUDY, write_study

pytestmark = pytest.mark.slow
SCRIPT = "<script>alert(1)</script>"
MARKDOWN = "**bold** [x](http://y) # head {{< include a >}}"
LATEX = r"\newpage $x_1$ 100% \input{a}"
LONG = "w" * 300
FACE = "🦷"
HEBREW = "ירושלים"
TITLE = f"{SCRIPT} {MARKDOWN} {LATEX} {FACE} {HEBREW}"
FORMULA = "=cmd|' /C calc'!A0"  # as the name of a trial, which begins a cell
CONTENTS = (("included-trials", f"Trials {TITLE}"), ("descriptive", LONG), ("forest", f"Effects {HEBREW}"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a small study with such words."""
    parent = tmp_path_factory.mktemp("hostile")
    contents = [
        {**item, "title": title} for item, (_, title) in zip(STUDY["report"]["contents"], CONTENTS, strict=True)
    ]
    report = {"formats": ["html", "pdf", "docx", "workbook", "results"], "contents": contents}
    study = {"study": {**STUDY["study"], "title": TITLE}, "report": report}
    path = write_study(parent / "study", study, north={"trial": FORMULA})
    assert build(Order(path.parent, output=parent / "report", workers=1)).exit_code == 0
    return parent / "report"


def bare(text: str) -> str:
    """Return a text without its spaces and hidden marks: lines break within words that are too long for them."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text) if not sign.isspace() and sign.isprintable())


def pdf_words(file: Path) -> str:
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext is not on the PATH (Debian: apt-get install poppler-utils)")
    return subprocess.run([program, str(file), "-"], check=True, capture_output=True, timeout=60).stdout.decode()


def test_html_prints_them_and_makes_nothing_of_them(folder: Path) -> None:
    page = lxml.html.fromstring((folder / "appendix.html").read_bytes())
    assert bare(page.find(".//h1").text_content()) == bare(TITLE)
    assert not [node for node in page.iter("script") if "alert(1)" in (node.text or "") and node.get("type") is None]
    assert not page.xpath("//a[@href='http://y']")
    body = bare(page.find(".//main").text_content())
    assert all(bare(text) in body for text in (*(title for _, title in CONTENTS), FORMULA))


@pytest.mark.parametrize("text", [SCRIPT, MARKDOWN, LATEX, LONG, FORMULA, FACE, HEBREW])
def test_pdf_prints_them(text: str, folder: Path) -> None:
    assert bare(text) in bare(pdf_words(folder / "appendix.pdf"))


@pytest.mark.parametrize("text", [SCRIPT, MARKDOWN, LATEX, LONG, FORMULA, FACE, HEBREW])
def test_word_prints_them(text: str, folder: Path) -> None:
    nodes = docx.Document(str(folder / "appendix.docx")).element.body.iter(docx.oxml.ns.qn("w:t"))
    assert bare(text) in bare("".join(node.text or "" for node in nodes))


def test_sheets_hold_them_as_words(folder: Path) -> None:
    book = CalamineWorkbook.from_path(str(folder / "tables" / "workbook.xlsx"))
    cells = [str(cell) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]
    assert FORMULA in cells
    assert all(any(bare(text) in bare(cell) for cell in cells) for text in (SCRIPT, MARKDOWN, LATEX, LONG, HEBREW))


def test_separated_tables_hold_no_formula(folder: Path) -> None:
    files = [*(folder / "tables").glob("*.csv"), folder / "results.csv"]
    cells = [cell for file in files for row in csv.reader(io.StringIO(file.read_text("utf-8-sig"))) for cell in row]
    assert f"'{FORMULA}" in cells and FORMULA not in cells


def test_a_pdf_is_read_in_the_order_of_the_page(folder: Path) -> None:
    page = lxml.html.fromstring((folder / "appendix.html").read_bytes())
    read = bare(pdf_words(folder / "appendix.pdf"))
    captions = [bare(title) for _, title in CONTENTS]
    places = [read.rfind(caption) for caption in captions]  # the contents in front of the report list them too
    assert -1 not in places and places == sorted(places)
    table = page.xpath("//table")[0]
    heads = [bare(row.text_content()) for row in table.xpath(".//tbody//tr/th[1]")]
    found = [read.find(head, places[0]) for head in heads if head]
    assert len(found) > 1 and -1 not in found and found == sorted(found)

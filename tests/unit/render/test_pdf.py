"""The PDF is tagged, numbered and clips nothing; WeasyPrint has nothing to remark."""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pikepdf
import pytest

from reportgen.records.results import Results
from reportgen.render import html as pages
from tests.unit.render.conftest import Report

pytestmark = pytest.mark.slow

MM = 96 / 25.4


@pytest.fixture(scope="module")
def document(report: Report) -> Any:
    return pages.pdf_document(report.appendix)


def texts(box: Any) -> Iterator[Any]:
    """Yield the boxes of text on a page."""
    if hasattr(box, "text"):
        yield box
    for child in getattr(box, "children", ()):
        yield from texts(child)


def margin_words(page: Any) -> str:
    from weasyprint.formatting_structure.boxes import MarginBox

    margins = [box for box in page._page_box.children if isinstance(box, MarginBox)]
    return " | ".join("".join(text.text for text in texts(box)) for box in margins)


def test_weasyprint_has_nothing_to_remark(report: Report) -> None:
    assert report.remarks == ()
    assert report.written.warnings == ()


def test_pdf_is_tagged_and_says_so(report: Report) -> None:
    with pikepdf.open(report.folder / "appendix.pdf") as pdf:
        assert bool(pdf.Root.MarkInfo.Marked)
        assert "/StructTreeRoot" in pdf.Root and str(pdf.Root.Lang) == "en"
        assert str(pdf.docinfo["/Title"]) == "Periodontal therapy in pregnancy (simulated data)"
        metadata = bytes(pdf.Root.Metadata.read_bytes())
        assert b"pdfuaid" in metadata and b"part" in metadata
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)


def test_pdf_says_what_it_is(report: Report) -> None:
    with pikepdf.open(report.folder / "appendix.pdf") as pdf:
        said = {key: str(value) for key, value in pdf.docinfo.items()}
        assert said["/Author"] == "A. Author, B. Author" and said["/Keywords"] == "periodontitis, pregnancy"
        assert said["/Subject"].startswith("Statistical appendix: One trial, four centres")
        assert said["/CreationDate"] == said["/ModDate"] == "D:20261130"
        with pdf.open_metadata() as meta:
            assert meta["dc:creator"] and meta["xmp:CreateDate"].startswith("2026-11-30")


def test_a_study_without_a_date_gives_a_pdf_without_one(report: Report) -> None:
    undated = replace(report.appendix, artefacts=(), back=(), methods=(), flow=None, findings=None)
    written, _ = pages.pdf_page(replace(undated, study=replace(undated.study, date=None, keywords=())))
    with pikepdf.open(io.BytesIO(written or b"")) as pdf:
        assert "/CreationDate" not in pdf.docinfo
        assert str(pdf.docinfo["/Keywords"]) == "individual participant data, meta-analysis"


def test_pdf_opens_with_its_outline_and_counts_pages_as_printed(report: Report) -> None:
    with pikepdf.open(report.folder / "appendix.pdf") as pdf:
        assert pdf.Root.PageMode == pikepdf.Name.UseOutlines and pdf.Root.Outlines.Count != 0
        assert [page.label for page in pdf.pages] == [str(number) for number in range(1, len(pdf.pages) + 1)]


def test_numbers_of_registries_are_links(report: Report) -> None:
    with pikepdf.open(report.folder / "appendix.pdf") as pdf:
        actions = [note.A.URI for page in pdf.pages for note in page.get("/Annots", ()) if "/URI" in note.get("/A", {})]
    assert {str(address) for address in actions} == {"https://clinicaltrials.gov/study/NCT00066131"}


def test_codes_have_no_ligatures(document: Any) -> None:
    (code,) = (text for text in texts(document.pages[0]._page_box) if text.text == "5be6f1a25be6")
    assert code.style["font_variant_ligatures"] == "none"


def test_figures_have_alternative_texts_and_tables_heads(report: Report) -> None:
    with pikepdf.open(report.folder / "appendix.pdf") as pdf:
        kinds: dict[str, int] = {}
        alts = []
        for item in pdf.objects:
            if isinstance(item, pikepdf.Dictionary) and "/S" in item and "/P" in item:
                kinds[str(item.S)] = kinds.get(str(item.S), 0) + 1
                if str(item.S) == "/Figure":
                    alts.append(str(item.get("/Alt", "")))
    assert kinds["/Table"] <= kinds["/Caption"]
    assert kinds["/TH"] > 50 and alts and all(alts)


def test_running_heads_and_page_numbers(document: Any) -> None:
    total = len(document.pages)
    for number, page in enumerate(document.pages, 1):
        words = margin_words(page)
        assert f"page {number} of {total}" in words
        assert "Simulated data · Draft" in words
    assert "Periodontal therapy in pregnancy" in margin_words(document.pages[1])


def test_nothing_leaves_the_paper(document: Any) -> None:
    for page in document.pages:
        for text in texts(page._page_box):
            assert text.position_x >= 0 and text.position_x + text.width <= page.width + 0.5, text.text


def test_tables_stay_in_the_text_block(document: Any) -> None:
    from weasyprint.formatting_structure.boxes import TableBox

    def tables(box: Any) -> Iterator[Any]:
        if isinstance(box, TableBox):
            yield box
        for child in getattr(box, "children", ()):
            yield from tables(child)

    found = [(page, table) for page in document.pages for table in tables(page._page_box)]
    assert found
    for page, table in found:
        assert table.position_x + table.width <= page.width - 17.5 * MM


def test_long_ledgers_are_summed_up_on_paper(document: Any) -> None:
    words = " ".join(text.text for page in document.pages for text in texts(page._page_box))
    assert "The full table is given in the HTML version" in words


def test_without_pango_the_rest_is_written(report: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from reportgen.targets import Edition, write_targets

    def missing(name: str) -> Any:
        raise OSError("cannot load library 'libpango-1.0-0': no such file.  Additionally, more was tried")

    monkeypatch.setattr(pages.importlib, "import_module", missing)
    edition = Edition(report.appendix, Results((), {}))
    written = write_targets(edition, ("html", "pdf", "figures"), tmp_path)
    assert [path.name for path in written.opens] == ["appendix.html"] and not written.complete
    assert {path.suffix for path in tmp_path.rglob("*.*")} == {".html", ".svg", ".png"}
    assert len(written.warnings) == 1 and "apt-get install" in written.warnings[0]
    assert written.warnings[0].endswith("The system says: cannot load library 'libpango-1.0-0': no such file")


def test_another_error_of_the_system_is_not_put_down_to_pango(
    report: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    def full(*_: object) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pages, "pdf_document", full)
    with pytest.raises(OSError, match="No space left"):
        pages.pdf_page(report.appendix)


def test_the_same_pages_give_the_same_bytes(report: Report, document: Any) -> None:
    again = io.BytesIO(document.write_pdf(pdf_variant="pdf/ua-1", finisher=pages.finish_pdf))
    assert again.getvalue() == (report.folder / "appendix.pdf").read_bytes()

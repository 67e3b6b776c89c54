"""The Word document: real tables, fields that carry their results, pictures with their texts, and equal bytes."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from docx.oxml.ns import qn
from lxml import etree
from PIL import Image

from reportgen.records.artefact import Column, Group, NumberedArtefact, Part, Row, Table
from reportgen.records.numbers import Inline, Number, plain
from reportgen.render.appendix import Appendix, drawings_of
from reportgen.render.word import table_document, word_document
from reportgen.render.word_elements import anchor, legal, run, runs
from reportgen.render.word_table import FIGURE_SPACE, SIZES, is_wide, word_table
from reportgen.render.word_widths import UPRIGHT_MM, WIDE_MM, width_mm
from tests.unit.render.conftest import Report
from tests.word_file import (
    alt_texts_of,
    body_of,
    bookmarks_of,
    dates_of,
    fields_of,
    lost_numbers,
    opened,
    part_of,
    tables_of,
    text_of,
    words_of,
)

MM = 1440 / 25.4


@pytest.fixture(scope="module")
def content(report: Report) -> bytes:
    return (report.folder / "appendix.docx").read_bytes()


@pytest.fixture(scope="module")
def document(content: bytes) -> Any:
    return opened(content)


def test_each_number_of_each_table_is_found(document: Any, report: Report) -> None:
    tables = list(tables_of(report.appendix))
    assert len(tables) == len(document.tables) > 8
    lost = [lost_numbers(table, printed) for table, printed in zip(tables, document.tables, strict=True)]
    assert not any(lost)


def test_the_search_for_lost_numbers_finds_one(document: Any, report: Report) -> None:
    table = next(tables_of(report.appendix))
    more = replace(table.groups[0].rows[0], head=(Number("a", 98765.0, "98765"),))
    assert lost_numbers(replace(table, groups=(Group((more,)),)), document.tables[0])


def test_heads_repeat_and_rows_stay_whole(document: Any, report: Report) -> None:
    for table, printed in zip(tables_of(report.appendix), document.tables, strict=True):
        rows = list(printed._tbl.tr_lst)
        assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in rows)
        heads = [row.trPr.find(qn("w:tblHeader")) is not None for row in rows]
        assert heads == [True] * (2 if any(c.span for c in table.columns) else 1) + [False] * heads.count(False)
        last_head = rows[heads.count(True) - 1]
        own = [_raised(column.head) for column in table.columns if column.span or heads.count(True) == 1]
        assert [text_of(cell) for cell in last_head.tc_lst if text_of(cell)] == [head for head in own if head]


def test_notes_are_not_parted_from_what_they_explain(document: Any) -> None:
    body = list(document.element.body)
    parted, kept = [], 0
    for above, below in pairwise(body):
        if below.tag != qn("w:p") or below.style != "Note":
            continue
        last = above.tr_lst[-1].tc_lst[-1].p_lst[-1] if above.tag == qn("w:tbl") else above
        if last.pPr.keepNext_val:
            kept += 1
        else:
            parted.append(text_of(below))
    assert (parted, kept > 20) == ([], True)


def _raised(inline: Inline) -> str:
    """Running text with its footnote marks as the letters that stand raised."""
    return "".join(text_of(made) for made in runs(inline))


def test_spanners_cover_their_columns(document: Any, report: Report) -> None:
    table, printed = next(
        (table, printed)
        for table, printed in zip(tables_of(report.appendix), document.tables, strict=True)
        if any(column.span for column in table.columns)
    )
    for index, column in enumerate(table.columns):
        above, below = printed.cell(0, index), printed.cell(1, index)
        assert (above._tc is below._tc) == (not column.span)
        assert not column.span or plain(column.span)[:5] == above.text[:5]


def test_groups_stay_with_their_first_row_and_are_indented(document: Any, report: Report) -> None:
    table, printed = next(
        (table, printed)
        for table, printed in zip(tables_of(report.appendix), document.tables, strict=True)
        if table.groups[0].head
    )
    heads = sum(row.trPr.find(qn("w:tblHeader")) is not None for row in printed._tbl.tr_lst)
    group, first = printed.rows[heads].cells[0].paragraphs[0], printed.rows[heads + 1].cells[0].paragraphs[0]
    assert group.text == plain(table.groups[0].head)
    assert group.style.paragraph_format.keep_with_next and first.paragraph_format.left_indent.mm > 2


def test_fields_carry_their_results_and_wait_for_nothing(document: Any, content: bytes, report: Report) -> None:
    fields = fields_of(body_of(document))
    captions = [field for field in fields if field.code.startswith("SEQ ")]
    assert [field.result for field in captions] == [a.label.rpartition(" ")[2] for a in report.artefacts]
    assert captions[0].code == "SEQ Table \\* ARABIC"
    references = [field for field in fields if field.code.startswith("REF ")]
    assert {field.result for field in references} >= {"Table 3", "Fig. 1"}
    lists = [field.code for field in fields if field.code.startswith("TOC ")]
    assert lists[0] == 'TOC \\o "1-1" \\h \\z' and 'TOC \\h \\z \\c "Table"' in lists
    everything = part_of(content, "word/document.xml") + part_of(content, "word/settings.xml")
    assert "updateFields" not in everything and "dirty" not in everything


def test_references_and_contents_arrive(document: Any) -> None:
    body = body_of(document)
    names = bookmarks_of(body)
    assert len(set(names)) == len(names) and all(re.fullmatch(r"[A-Za-z_]\w{0,39}", name) for name in names)
    wanted = {field.code.split()[1] for field in fields_of(body) if field.code.startswith("REF ")}
    wanted |= {link.get(qn("w:anchor")) for link in body.iter(qn("w:hyperlink")) if link.get(qn("w:anchor"))}
    assert len(wanted) > 10 and wanted <= set(names)


def test_contents_list_chapters_and_artefacts_without_an_update(document: Any, report: Report) -> None:
    listed = {style: [] for style in ("toc 1", "table of figures")}  # type: ignore[var-annotated]
    for paragraph in document.paragraphs:
        if paragraph.style.name in listed:
            listed[paragraph.style.name].append(text_of(paragraph._p))
    headings = [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Heading 1"]
    assert listed["toc 1"] == headings and headings[:3] == ["Key findings", "Methods", "Results"]
    series = dict.fromkeys(artefact.series for artefact in report.artefacts)
    wanted = [f"{a.label}. {plain(a.title)}" for item in series for a in report.artefacts if a.series == item]
    assert listed["table of figures"] == wanted


def test_each_figure_has_its_alternative_text_and_600_dpi(document: Any, content: bytes, report: Report) -> None:
    drawings = list(drawings_of(report.appendix))
    assert alt_texts_of(body_of(document)) == [plain(drawing.alt) for drawing in drawings]
    for drawing, shape in zip(drawings, document.inline_shapes, strict=True):
        assert abs(shape.width.mm - drawing.width_mm) < 0.1 and abs(shape.height.mm - drawing.height_mm) < 0.1
        assert {shape._inline.get(side) for side in ("distT", "distB", "distL", "distR")} == {"0"}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        pictures = [Image.open(io.BytesIO(archive.read(n))) for n in archive.namelist() if n.endswith(".png")]
    assert len(pictures) == len(drawings)
    assert all(round(picture.info["dpi"][0]) == 600 and picture.width > 4000 for picture in pictures)


def test_pages_say_what_they_are(document: Any, content: bytes) -> None:
    first, *others = document.sections
    assert (
        first.different_first_page_header_footer
        and text_of(first.first_page_header._element) == "Simulated data · Draft"
    )
    for section in (first, *others):
        assert text_of(section.header._element) == "Periodontal therapy in pregnancySimulated data · Draft"
        assert [field.code for field in fields_of(section.footer._element)] == ["PAGE", "NUMPAGES"]
    assert {section.page_width > section.page_height for section in document.sections} == {False, True}
    about = document.core_properties
    assert about.title == "Periodontal therapy in pregnancy (simulated data)" and about.language == "en-GB"
    assert about.created.isoformat() == about.modified.isoformat() == "2026-11-30T00:00:00+00:00"
    assert about.keywords == "periodontitis, pregnancy" and about.comments == "Simulated data · Draft"
    assert "python-docx" not in part_of(content, "docProps/core.xml")
    assert "en-GB" in part_of(content, "word/styles.xml")


def test_every_style_that_is_used_is_there(document: Any) -> None:
    known = {style.style_id for style in document.styles}
    used = {node.get(qn("w:val")) for node in body_of(document).iter(qn("w:pStyle"), qn("w:rStyle"), qn("w:tblStyle"))}
    assert used <= known


def test_equal_appendices_give_equal_bytes_without_a_clock_or_a_warning(content: bytes, report: Report) -> None:
    pictures = {
        item.name: (report.folder / "figures" / f"{item.name}.png").read_bytes()
        for item in drawings_of(report.appendix)
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert word_document(report.appendix, pictures) == content
    assert dates_of(content) == {(1980, 1, 1, 0, 0, 0)}


HOSTILE = (
    "<script>alert(1)</script>",
    "=1+1",
    "]]> &amp; &#0; <w:p/>",
    "a\x00b\x0bc\ud800d\ufffee",
    "two\nlines\r\n\tand a tab",
    "x" * 300,
    "🦷 👩‍⚕️ é",
    "ירושלים 2019 trial",
    "مستشفى",
    "{ INCLUDETEXT c:\\\\secret } \\* MERGEFORMAT",
    "javascript:alert(1)",
    "_table1",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_words_come_out_as_words(text: str, report: Report) -> None:
    quoted = Number("a", None, text, kind="quotation")
    columns = (Column((quoted,), "left"), Column((quoted,), span=(quoted,)), Column((quoted,), span=(quoted,)))
    row = Row((quoted,), ((quoted,), (Number("n", 1.0, "1"),)))
    table = Table(columns, (Group((row,), (quoted,)),), ((quoted,),))
    artefact = NumberedArtefact("t", text, f"{text} 1", (quoted,), (Part("", (), table=table, notes=((quoted,),)),))
    study = replace(report.appendix.study, title=quoted, authors=(quoted,), protocol=quoted, summary=quoted)
    appendix = replace(report.appendix, study=study, artefacts=(artefact,), back=(), references={}, findings=None)
    document = opened(word_document(appendix, {}))
    (printed,) = document.tables
    assert words_of(printed).count(legal(text)) == 7
    assert text_of(next(p for p in document.paragraphs if p.style.name == "Title")._p) == legal(text)
    assert document.core_properties.title.startswith(legal(text)[:200])
    assert {field.code.split()[0] for field in fields_of(body_of(document))} == {"TOC", "SEQ"}
    assert not [key for key, rel in document.part.rels.items() if rel.is_external]


def test_right_to_left_is_marked() -> None:
    hebrew, number, latin = runs(("ירושלים", " 2019 ", "trial"))[0], run("2019"), run("trial")
    assert hebrew.find(f".//{qn('w:rtl')}") is not None
    assert all(item.find(f".//{qn('w:rtl')}") is None for item in (number, latin))
    assert [text_of(item) for item in runs(("a ירושלים חדשה b",))] == ["a ", "ירושלים חדשה", " b"]


def test_addresses_are_links(report: Report) -> None:
    text = "See https://example.org/a?b=1&c=2, doi 10.1186/s12891-021-04028-8, and NCT00066131."
    study = replace(report.appendix.study, protocol=Number("p", None, text, kind="quotation"))
    document = opened(word_document(replace(report.appendix, study=study, artefacts=(), references={}), {}))
    (line,) = [p for p in document.paragraphs if p.text.startswith("Protocol")]
    assert text_of(line._p) == f"Protocol{text}"
    assert [link.address for link in line.hyperlinks] == [
        "https://example.org/a?b=1&c=2",
        "https://doi.org/10.1186/s12891-021-04028-8",
        "https://clinicaltrials.gov/study/NCT00066131",
    ]


def test_numbers_line_up_and_fit_their_columns(report: Report) -> None:
    for table in tables_of(report.appendix):
        wide = is_wide(table)
        made = word_table(table, "", wide=wide)
        grid = [int(node.get(qn("w:w"))) / MM for node in made.iter(qn("w:gridCol"))]
        assert sum(grid) <= (WIDE_MM if wide else UPRIGHT_MM) + 0.1
        text = etree.tostring(made).decode()
        points = next(size.points for size in reversed(SIZES) if f'"{size.prefix}TableHead"' in text)
        for row in made.iter(qn("w:tr")):
            cells = list(row.iter(qn("w:tc")))
            for cell, width, column in zip(cells, grid, table.columns, strict=False):
                if (
                    len(cells) == len(grid)
                    and column.align in ("decimal", "right")
                    and row.trPr.find(qn("w:tblHeader")) is None
                ):
                    text = "".join(node.text or "" for node in cell.iter(qn("w:t")))
                    assert width_mm(text, points) < width - 2, text


def test_figure_spaces_put_decimals_below_each_other() -> None:
    cells = [
        Number(str(i), value, text)
        for i, (value, text) in enumerate([(9.5, "9.5"), (-10.25, "−10.25"), (0.0, "<0.001")])
    ]
    table = Table(
        (Column(("a",), "left"), Column(("b",))), (Group(tuple(Row((str(i),), ((n,),)) for i, n in enumerate(cells))),)
    )
    made = word_table(table, "", wide=False)
    texts = ["".join(t.text for t in cell.iter(qn("w:t"))) for cell in list(made.iter(qn("w:tc")))[3::2]]
    assert texts == [f"{FIGURE_SPACE * 2}9.5", "−10.25", f"{FIGURE_SPACE}<0.001"]
    assert {text.partition(".")[0].__len__() for text in texts} == {3}


def test_a_bookmark_is_named_as_word_names_one() -> None:
    names = {anchor(name) for name in ("a-b", "a_b", "A_b", "é", "x" * 100, "x" * 101, "1")}
    assert len(names) == 7 and all(re.fullmatch(r"_\w{1,39}", name, re.ASCII) for name in names)


def test_left_out_numbers_are_counted_past(report: Report) -> None:
    first, *_, last = [artefact for artefact in report.artefacts if artefact.series == "Table"]
    document = opened(word_document(replace(report.appendix, artefacts=(last,), references={}), {}))
    (caption,) = [field for field in fields_of(body_of(document)) if field.code.startswith("SEQ ")]
    number = last.label.rpartition(" ")[2]
    assert (caption.code, caption.result) == (f"SEQ Table \\* ARABIC \\r {number}", number) and first.label == "Table 1"


def test_a_submission_is_numbered_as_the_report(report: Report) -> None:
    place = report.folder / "submission"
    names = {path.name for path in place.iterdir()}
    tables = [a for a in report.artefacts if any(part.table is not None for part in a.parts)]
    assert {"captions.txt", "alt-texts.txt", "Fig1.pdf", "Table1.docx"} <= names
    assert sum(name.endswith(".docx") for name in names) == len(tables)
    assert sum(name.endswith(".pdf") for name in names) == len(list(drawings_of(report.appendix)))
    captions = (place / "captions.txt").read_text(encoding="utf-8")
    assert captions.startswith("Periodontal therapy in pregnancy (simulated data)\n")
    assert all(f"\n{a.label}. {plain(a.title)}\n" in captions for a in report.artefacts)
    alt_texts = (place / "alt-texts.txt").read_text(encoding="utf-8")
    assert all(f"{name}\n" in alt_texts for name in names if name.endswith(".pdf"))
    assert all(plain(drawing.alt) in alt_texts for drawing in drawings_of(report.appendix))


def test_a_table_of_a_submission_stands_alone(report: Report) -> None:
    table1 = next(artefact for artefact in report.artefacts if artefact.name == "table1")
    content = (report.folder / "submission" / "Table1.docx").read_bytes()
    assert content == table_document(report.appendix, table1)
    document = opened(content)
    assert document.paragraphs[0].text == f"Table 1. {plain(table1.title)}"
    assert "Simulated data · Draft" in text_of(document.sections[0].header._element)
    (caption,) = fields_of(body_of(document))
    assert caption.code == "SEQ Table \\* ARABIC \\r 1"  # counted alone, Table 2 would be Table 1
    assert table1.parts[0].table is not None and not lost_numbers(table1.parts[0].table, document.tables[0])


def test_an_appendix_without_results_is_a_document(report: Report) -> None:
    bare: Appendix = replace(report.appendix, artefacts=(), back=(), abbreviations=(), references={})
    words = [paragraph.text for paragraph in opened(word_document(bare, {})).paragraphs]
    assert words[-1] == "No table or figure was asked for."

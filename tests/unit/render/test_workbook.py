"""The workbook: numbers as numbers with all their digits, shown with the decimals of the page; hidden cells stay hidden."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pikepdf
import xlsxwriter
from python_calamine import CalamineWorkbook

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.numbers import Number
from reportgen.render.properties import Properties
from reportgen.render.separated import grid
from reportgen.render.workbook import Sheet, _write, workbook
from reportgen.tables import descriptive, estimates
from reportgen.targets.workbook import sheets_of
from tests.unit.render import records_fixture
from tests.unit.render.conftest import Report

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheets() -> list[Sheet]:
    record = records_fixture.meta_analysis()
    effects = estimates(record.results, record.settings)
    return [
        Sheet("stable1", "S Table 1", "Supplementary Table 1. Effects", effects),
        Sheet("table2", "Table 2", "Table 2. People", descriptive(records_fixture.descriptive())),
    ]


def cells(name: str) -> list[list[object]]:
    """Return the lines of a sheet from its heads on."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook(sheets(), Properties("A study"))))
    return [list(line) for line in book.get_sheet_by_name(name).to_python(skip_empty_area=False)][2:]


def page(content: bytes, number: int) -> ET.Element:
    with ZipFile(io.BytesIO(content)) as book:
        return ET.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))


def effects_of(lines: list[list[object]]) -> Iterator[tuple[object, object]]:
    """Yield status and effect of each row below the three lines of heads."""
    place = lines[1].index("Effect (95% CI)")
    for line in lines[3:]:
        if line[lines[2].index("Status")]:
            yield line[lines[2].index("Status")], line[place]


def test_numbers_are_numbers_with_all_their_digits() -> None:
    effects = [e.estimate.effect for e in records_fixture.meta_analysis().results]
    found = [effect for _, effect in effects_of(cells("S Table 1")) if effect != ""]
    assert found == [number.value for number in effects if number.value is not None]
    assert all(isinstance(value, float) for value in found)


def test_what_cannot_be_estimated_is_empty_and_what_is_hidden_stays_hidden() -> None:
    assert ("not estimable", "") in list(effects_of(cells("S Table 1")))
    line = next(line for line in cells("Table 2") if "below 8 years" in line)
    assert "<5" in line


def test_heads_stand_in_lines_with_spanners_merged_over_their_columns() -> None:
    spanners, heads, parts, *_ = cells("S Table 1")
    place = heads.index("Effect (95% CI)")
    assert parts[place : place + 3] == ["effect", "ci low", "ci high"] and heads[place + 1 : place + 3] == ["", ""]
    assert parts[:2] == ["Group", "Outcome"] and spanners[:2] == ["", ""]
    merged = {cell.get("ref") for cell in page(workbook(sheets(), Properties("")), 2).iter(f"{MAIN}mergeCell")}
    first, last = (xlsxwriter.utility.xl_rowcol_to_cell(3, column) for column in (place, place + 2))
    assert f"{first}:{last}" in merged


def test_each_row_says_to_which_group_it_belongs() -> None:
    lines = cells("Table 2")
    levels = {line[1]: line[0] for line in lines if line[0] not in ("", "Group")}
    assert levels["below 8 years"] == "Education, n (%)"
    row = Row(("b",), ((),), indent=1)
    table = Table((Column(("X",)), Column(("Y",))), (Group((Row(("a",), ((),)), row), ("G",)),))
    assert [line[0] for line in grid(table).rows] == ["G", "G: a"]


def test_the_first_sheet_leads_to_the_others_and_each_of_them_back() -> None:
    content = workbook(sheets(), Properties("A study"))
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["Contents", "S Table 1", "Table 2"]
    listed = book.get_sheet_by_name("Contents").to_python()
    assert ["S Table 1", "Supplementary Table 1. Effects", "stable1.csv"] in listed
    assert listed[0][0] == "A study"
    led = [[link.get("location") for link in page(content, sheet).iter(f"{MAIN}hyperlink")] for sheet in (1, 2, 3)]
    assert led == [["'S Table 1'!A1", "'Table 2'!A1"], ["'Contents'!A1"], ["'Contents'!A1"]]


def test_a_sheet_is_set_up_to_be_printed() -> None:
    content = workbook(sheets(), Properties("A study"))
    wide, upright = page(content, 2), page(content, 1)
    assert wide.find(f"{MAIN}pageSetup").attrib.items() >= {("orientation", "landscape"), ("fitToHeight", "0")}  # type: ignore[union-attr]
    assert upright.find(f"{MAIN}sheetPr/{MAIN}pageSetUpPr").get("fitToPage") == "1"  # type: ignore[union-attr]
    with ZipFile(io.BytesIO(content)) as book:
        text = book.read("xl/workbook.xml").decode()
    assert "'S Table 1'!$3:$5" in text and "'S Table 1'!$A$1:" in text


def test_sheets_are_named_as_in_the_report(report: Report) -> None:
    called = [sheet.called for sheet in sheets_of(report.appendix, report.appendix)]
    assert "S Table 1a" in called and "Table 1" in called and not any("stable" in name for name in called)


def test_the_heads_of_rows_and_the_numbers_of_a_publication_are_numbers() -> None:
    size, printed = Number("size", 0.12345, "0.123"), Number("printed", None, "−1.30", kind="quotation")
    columns = (Column(("Size",)), Column(("Printed",), "right"), Column(("Version",), "left"))
    row = Row((size,), ((printed,), (Number("v", None, "1.30", kind="quotation"),)))
    content = workbook([Sheet("t", "T", "T", Table(columns, (Group((row,)),)))], Properties(""))
    (_, _, _, found) = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("T").to_python()
    assert found == [0.12345, -1.3, "1.30"]


def test_equal_tables_give_equal_bytes_and_names_fit_excel() -> None:
    assert workbook(sheets(), Properties("A study")) == workbook(sheets(), Properties("A study"))
    (item, _) = sheets()
    called = ("a" * 40, "A" * 40, "contents", "History", "it's", "'", "")
    names = CalamineWorkbook.from_filelike(
        io.BytesIO(workbook([Sheet("x", name, "", item.table) for name in called], Properties("")))
    ).sheet_names[1:]
    assert len({name.lower() for name in names}) == len(called)
    assert all(len(name) <= 31 and name.lower() not in {"contents", "history"} for name in names)


def test_no_word_becomes_a_formula() -> None:
    (item, _) = sheets()
    columns = (Column(("=1+1",)), *item.table.columns[1:])
    row = replace(item.table.groups[0].rows[0], head=("@SUM(A1)",))
    table = replace(
        item.table, columns=columns, groups=(Group((row,), (Number("g", None, "=2+2", kind="quotation"),)),)
    )
    content = workbook([Sheet("=a", "=b", "=3+3", table)], Properties("=4+4"))
    with ZipFile(io.BytesIO(content)) as book:
        assert not any(b"<f>" in book.read(name) for name in book.namelist() if "worksheets" in name)
    found = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(1).to_python(skip_empty_area=False)
    assert found[0][0] == "=3+3" and found[4][:2] == ["Group", "=1+1"] and found[5][:2] == ["=2+2", "@SUM(A1)"]


def test_an_infinite_number_is_the_sign_of_it() -> None:
    sheet = sheets()[0]
    row = next(row for row in grid(sheet.table).rows if any(isinstance(cell, Number) for cell in row))
    endless = replace(next(cell for cell in row if isinstance(cell, Number)), value=float("inf"), text="∞")
    page = xlsxwriter.Workbook(io.BytesIO()).add_worksheet()
    assert page.write_number(0, 0, 1.0) == 0
    _write(page, 1, 0, endless, SimpleNamespace(words=None))
    assert page.table[1][0].__class__.__name__ == "String"


def test_the_workbook_says_of_itself_what_the_pdf_does(report: Report) -> None:
    with ZipFile(report.folder / "tables" / "workbook.xlsx") as book:
        core = ET.fromstring(book.read("docProps/core.xml"))
    said = {item.tag.partition("}")[2]: item.text for item in core}
    assert said["title"] == "Periodontal therapy in pregnancy (simulated data)"
    assert said["creator"] == said["lastModifiedBy"] == "; ".join(a.text for a in report.appendix.study.authors)
    assert said["keywords"] == "periodontitis, pregnancy" and said["description"] == "Simulated data · Draft"
    assert said["created"] == said["modified"] == "2026-11-30T00:00:00Z"
    with pikepdf.open(report.folder / "appendix.pdf") as pdf:
        assert said["subject"] == str(pdf.docinfo["/Subject"])


def test_properties_hold_what_files_can_hold() -> None:
    content = workbook(sheets(), Properties("a\x00b" * 200, keywords=("<k>",)))
    with ZipFile(io.BytesIO(content)) as book:
        core = ET.fromstring(book.read("docProps/core.xml"))
    said = {item.tag.partition("}")[2]: item.text for item in core}
    assert said["title"] == ("a\ufffdb" * 200)[:255] and said["keywords"] == "<k>"
    assert said["created"] == "2000-01-01T00:00:00Z"

"""The workbook: numbers as numbers with all their digits, shown with the decimals of the page; hidden cells stay hidden."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace
from zipfile import ZipFile

import xlsxwriter
from python_calamine import CalamineWorkbook

from reportgen.records.artefact import Column, Group
from reportgen.records.numbers import Number
from reportgen.render.separated import grid
from reportgen.render.workbook import Sheet, _write, workbook
from reportgen.tables import descriptive, estimates
from tests.unit.render import records_fixture


def sheets() -> list[Sheet]:
    record = records_fixture.meta_analysis()
    return [
        Sheet("stable1", "Supplementary Table 1. Effects", estimates(record.results, record.settings)),
        Sheet("table2", "Table 2. People", descriptive(records_fixture.descriptive())),
    ]


def read(name: str) -> list[dict[str, object]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook(sheets(), "A study")))
    _, _, head, *rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def test_numbers_are_numbers_with_all_their_digits() -> None:
    effects = [e.estimate.effect for e in records_fixture.meta_analysis().results]
    found = [row["Effect (95% CI): effect"] for row in read("stable1") if row["Effect (95% CI): effect"] != ""]
    assert found == [number.value for number in effects if number.value is not None]
    assert all(isinstance(value, float) for value in found)


def test_what_cannot_be_estimated_is_empty_and_what_is_hidden_stays_hidden() -> None:
    row = next(row for row in read("stable1") if row["Status"] == "not estimable")
    assert row["Effect (95% CI): effect"] == ""
    line = next(row for row in read("table2") if row["Characteristic"] == "below 8 years")
    assert "<5" in line.values()


def test_the_first_sheet_lists_the_others() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook(sheets(), "A study")))
    assert book.sheet_names == ["Contents", "stable1", "table2"]
    listed = book.get_sheet_by_name("Contents").to_python()
    assert ["stable1", "Supplementary Table 1. Effects"] in listed
    assert listed[0][0] == "A study"


def test_equal_tables_give_equal_bytes_and_names_fit_excel() -> None:
    assert workbook(sheets(), "A study") == workbook(sheets(), "A study")
    (item, _) = sheets()
    many = [Sheet("a" * 40, "", item.table), Sheet("A" * 40, "", item.table), Sheet("contents", "", item.table)]
    names = CalamineWorkbook.from_filelike(io.BytesIO(workbook(many, ""))).sheet_names[1:]
    assert len({name.lower() for name in names}) == 3
    assert all(len(name) <= 31 and name.lower() != "contents" for name in names)


def test_no_word_becomes_a_formula() -> None:
    (item, _) = sheets()
    columns = (Column(("=1+1",)), *item.table.columns[1:])
    row = replace(item.table.groups[0].rows[0], head=("@SUM(A1)",))
    table = replace(
        item.table, columns=columns, groups=(Group((row,), (Number("g", None, "=2+2", kind="quotation"),)),)
    )
    content = workbook([Sheet("=a", "=3+3", table)], "=4+4")
    with ZipFile(io.BytesIO(content)) as book:
        assert not any(b"<f>" in book.read(name) for name in book.namelist() if "worksheets" in name)
    found = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(1).to_python(skip_empty_area=False)
    assert found[0][0] == "=3+3" and found[2][:2] == ["Group", "=1+1"] and found[3][:2] == ["=2+2", "@SUM(A1)"]


def test_an_infinite_number_is_the_sign_of_it() -> None:
    sheet = sheets()[0]
    row = next(row for row in grid(sheet.table).rows if any(isinstance(cell, Number) for cell in row))
    endless = replace(next(cell for cell in row if isinstance(cell, Number)), value=float("inf"), text="∞")
    page = xlsxwriter.Workbook(io.BytesIO()).add_worksheet()
    assert page.write_number(0, 0, 1.0) == 0
    _write(page, 1, 0, endless, SimpleNamespace(words=None))
    assert page.table[1][0].__class__.__name__ == "String"

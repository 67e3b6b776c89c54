"""Cells of a spreadsheet that hold no value: errors, formulas that were never calculated, rows that are merged."""

from __future__ import annotations

import re
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.unit.data.workshop import ARMS, covariate, lines, measured, only_problem, problems, read, study, table

pytestmark = pytest.mark.sampled(4)

HEADER = ["id", "arm", "age", "r_1", "r_2"]
PLAIN: list[list[Any]] = [[1, 1, 40, 1, 1], [2, 2, 50, 1, 0], [3, 1, 60, 0, 0], [4, 2, 70, 1, 1], [5, 1, 80, 1, 1]]
ERRORS = ("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!")


def workbook(folder: Path, changed: dict[tuple[int, str], str]) -> None:
    """Write the people with formulas that ended in an error, at (row as Excel counts, column)."""
    with xlsxwriter.Workbook(folder / "a.xlsx") as book:
        sheet = book.add_worksheet("Data")
        for row, record in enumerate([HEADER, *PLAIN]):
            for column, (name, value) in enumerate(zip(HEADER, record, strict=True)):
                error = changed.get((row + 1, name))
                if error is None:
                    sheet.write(row, column, value)
                else:
                    sheet.write_formula(row, column, "=Z1/Z2", value=error)


def mapped(folder: Path, variables: str, options: str = "", file: str = "a.xlsx", rest: str = "") -> Path:
    text = f"trial: A\ndata: {{file: {file}, participant: id{options}}}\n{ARMS}\n{rest}\nvariables: {{{variables}}}"
    return study(folder, a=text)


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_in_a_cell_is_no_empty_cell(error: str, tmp_path: Path) -> None:
    workbook(tmp_path, {(3, "age"): error})
    with zipfile.ZipFile(tmp_path / "a.xlsx") as parts:
        assert b't="e"' in parts.read("xl/worksheets/sheet1.xml")
    found = only_problem(mapped(tmp_path, "age: age"))
    assert found.message == f"cells that show an error: '{error}'"
    assert found.where == "a.xlsx, sheet 'Data', column 'age', row 3"
    assert found.hint == f"Correct the file; if it stands for a missing value, list it: `missing: ['{error}']`."


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    workbook(tmp_path, {(3, "age"): "#N/A", (5, "age"): "#REF!", (2, "arm"): "#N/A", (4, "id"): "#VALUE!"})
    found = problems(mapped(tmp_path, "age: age"))
    assert [(problem.message, problem.where) for problem in found] == [
        ("cells that show an error: '#VALUE!'", "a.xlsx, sheet 'Data', column 'id', row 4"),
        ("cells that show an error: '#N/A'", "a.xlsx, sheet 'Data', column 'arm', row 2"),
        ("cells that show an error: '#N/A', '#REF!'", "a.xlsx, sheet 'Data', column 'age', rows 3, 5"),
    ]


def test_an_error_may_be_listed_as_missing_and_is_counted(tmp_path: Path) -> None:
    workbook(tmp_path, {(3, "age"): "#N/A", (5, "age"): "#N/A"})
    found = read(mapped(tmp_path, "age: age", ', missing: ["#N/A"]'))
    assert covariate(found, "age") == [40, None, 60, None, 80]
    assert lines(found, "missing") == [("age", "'#N/A' → missing", 2)]


@pytest.mark.parametrize(
    ("variables", "options", "column"),
    [
        ("age: age", ", keep: {column: r_1, equals: 1}", "r_1"),
        ("anxiety: {flags: {low: r_1, high: r_2}, otherwise: moderate}", "", "r_1"),
        (
            'VAS: {items: "r_{1-2}", yes: 1}',
            ", layout: long, visit: {column: r_2, codes: {0: null, 1: baseline}}",
            "r_1",
        ),
    ],
)
def test_an_error_never_counts_as_another_answer(variables: str, options: str, column: str, tmp_path: Path) -> None:
    workbook(tmp_path, {(2, "r_1"): "#N/A"})
    found = only_problem(mapped(tmp_path, variables, options))
    assert found.where == f"a.xlsx, sheet 'Data', column '{column}', row 2"


def test_an_error_saved_as_text_is_an_error_too(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,arm,l,h\n1,1,#NV,0\n2,2,0,#DIV/0!\n3,1,0,0\n4,2,########,1")
    found = problems(mapped(tmp_path, "anxiety: {flags: {low: l, high: h}, otherwise: moderate}", file="a.csv"))
    assert [problem.message for problem in found] == [
        "cells that show an error: '#NV', '########'",
        "cells that show an error: '#DIV/0!'",
    ]


def test_errors_of_people_who_are_left_out_and_of_other_columns_do_no_harm(tmp_path: Path) -> None:
    workbook(tmp_path, {(2, "age"): "#N/A", (3, "r_2"): "#N/A"})
    found = read(mapped(tmp_path, "age: age", ", keep: {column: id, one_of: [2, 3, 4]}"))
    assert covariate(found, "age") == [50, 60, 70]


def rewritten(folder: Path, part: str, old: str, new: str) -> None:
    """Change the text of one part of the workbook."""
    with zipfile.ZipFile(folder / "a.xlsx") as parts:
        held = {name: parts.read(name) for name in parts.namelist()}
    assert old.encode() in held[part]
    held[part] = held[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(folder / "a.xlsx", "w") as parts:
        for name, content in held.items():
            parts.writestr(name, content)


@pytest.mark.parametrize(
    "written",
    ["><f>Z1/Z2</f>", "><f>Z1/Z2</f><v></v>", "><f>Z1/Z2</f><v>0</v>", ' t="str"><f>Z1/Z2</f>', ' t="n"><f>Z1/Z2</f>'],
)
def test_a_formula_that_was_never_calculated(written: str, tmp_path: Path) -> None:
    workbook(tmp_path, {(5, "r_2"): "#N/A"})
    rewritten(tmp_path, "xl/worksheets/sheet1.xml", ' t="e"><f>Z1/Z2</f><v>#N/A</v>', written)
    found = only_problem(mapped(tmp_path, "age: {column: r_2, times: 20, plus: 20}"))
    assert found.message == "formulas that were never calculated: '=Z1/Z2'"
    assert found.where == "a.xlsx, sheet 'Data', column 'r_2', row 5"


def test_a_formula_may_give_an_empty_text(tmp_path: Path) -> None:
    workbook(tmp_path, {(5, "age"): "#N/A"})
    rewritten(tmp_path, "xl/worksheets/sheet1.xml", 't="e"><f>Z1/Z2</f><v>#N/A</v>', 't="str"><f>""</f><v></v>')
    assert covariate(read(mapped(tmp_path, "age: age")), "age") == [40, 50, 60, None, 80]


def test_a_formula_with_its_value_is_a_value(tmp_path: Path) -> None:
    workbook(tmp_path, {(5, "age"): "55"})
    assert covariate(read(mapped(tmp_path, "age: age")), "age") == [40, 50, 60, 55, 80]


def test_cells_without_a_reference_are_counted(tmp_path: Path) -> None:
    workbook(tmp_path, {(3, "age"): "#N/A"})
    rewritten(tmp_path, "xl/worksheets/sheet1.xml", ' r="C3"', "")
    rewritten(tmp_path, "xl/worksheets/sheet1.xml", ' r="B3"', "")
    rewritten(tmp_path, "xl/worksheets/sheet1.xml", ' r="A3"', "")
    assert only_problem(mapped(tmp_path, "age: age")).where.endswith("column 'age', row 3")


def test_merged_rows_hold_one_value(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet("Data")
        for row, record in enumerate([HEADER, *PLAIN]):
            sheet.write_row(row, 0, record)
        sheet.merge_range(2, 2, 3, 2, 55)
        sheet.merge_range(5, 3, 8, 6, 1)  # beyond the last row and the last column
    found = only_problem(mapped(tmp_path, "age: age"))
    assert found.message == "merged cells: 'merged with row 3'"
    assert found.where == "a.xlsx, sheet 'Data', column 'age', row 4"
    assert found.hint == "Unmerge them, and give each row its value."


OPENDOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" office:version="1.3">
<office:body><office:spreadsheet><table:table table:name="Data">{rows}</table:table></office:spreadsheet></office:body>
</office:document-content>"""
MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>"""
FAULTY = {
    "LibreOffice": '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
    'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>',
    "OpenOffice": '<table:table-cell table:formula="of:=1/0" office:value-type="float" office:value="0">'
    "<text:p>#DIV/0!</text:p></table:table-cell>",
}


@pytest.mark.parametrize("program", FAULTY)
def test_an_error_in_an_opendocument_sheet(program: str, tmp_path: Path) -> None:
    def cell(value: object) -> str:
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    rows = [[cell(value) for value in row] for row in [HEADER, *PLAIN]]
    rows[2][2] = FAULTY[program]
    text = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        parts.writestr("META-INF/manifest.xml", MANIFEST)
        parts.writestr("content.xml", OPENDOCUMENT.replace("{rows}", text))
    found = only_problem(mapped(tmp_path, "weight: age", file="a.ods"))
    assert found.message == "cells that show an error: '#DIV/0!'"
    assert found.where == "a.ods, sheet 'Data', column 'age', row 3"


OLD = Path(__file__).parents[1] / "unit" / "data" / "files" / "errors.xls"


def test_an_error_in_an_old_workbook(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(OLD.read_bytes())
    found = only_problem(mapped(tmp_path, "age: age", ", sheet: Größen", file="a.xls"))
    assert found.message == "cells that show an error: '#N/A'"
    assert found.where == "a.xls, sheet 'Größen', column 'age', row 3"


def test_a_formula_that_ended_in_an_error_in_an_old_workbook(tmp_path: Path) -> None:
    content = bytearray(OLD.read_bytes())
    formula = re.compile(rb"\x06\x00..\x04\x00\x02\x00", re.DOTALL)  # a record of a formula: size, row 4, column 2
    (at,) = [found.start() for found in formula.finditer(content)]
    content[at + 10 : at + 18] = bytes([2, 0, 0x07, 0, 0, 0, 0xFF, 0xFF])  # its result: an error, the division by zero
    (tmp_path / "a.xls").write_bytes(bytes(content))
    found = only_problem(mapped(tmp_path, "age: age", ", sheet: Größen", file="a.xls"))
    assert found.message == "cells that show an error: '#N/A', '#DIV/0!'"
    assert found.where.endswith("column 'age', rows 3, 5")


def binary(kind: int, content: bytes = b"") -> bytes:
    """Return a record of a binary workbook."""
    marks = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    assert len(content) < 0x80
    return marks + bytes([len(content)]) + content


def binary_cell(column: int, value: object) -> bytes:
    place = struct.pack("<II", column, 0)
    if isinstance(value, str) and value.startswith("#"):
        return binary(3, place + bytes([0x24]))
    if isinstance(value, str):
        return binary(6, place + struct.pack("<I", len(value)) + value.encode("utf-16-le"))
    return binary(5, place + struct.pack("<d", value))


def test_an_error_in_a_binary_workbook(tmp_path: Path) -> None:
    records = [HEADER, *PLAIN]
    size = struct.pack("<IIII", 0, len(records) - 1, 0, len(HEADER) - 1)
    sheet = binary(129) + binary(148, size) + binary(145)
    for row, record in enumerate(records):
        sheet += binary(0, struct.pack("<I", row) + bytes(13))
        for column, value in enumerate(record):
            sheet += binary_cell(column, "#NUM!" if (row, column) == (2, 2) else value)
    named = b"".join(struct.pack("<I", len(text)) + text.encode("utf-16-le") for text in ("rId1", "Data"))
    book = binary(131) + binary(143) + binary(156, bytes(8) + named) + binary(144) + binary(132)
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{kinds}/worksheet" Target="worksheets/sheet1.bin"/></Relationships>'
    )
    with zipfile.ZipFile(tmp_path / "a.xlsb", "w") as parts:
        parts.writestr("xl/workbook.bin", book)
        parts.writestr("xl/_rels/workbook.bin.rels", relations)
        parts.writestr("xl/worksheets/sheet1.bin", sheet + binary(146) + binary(130))
    found = only_problem(mapped(tmp_path, "age: age", file="a.xlsb"))
    assert found.message == "cells that show an error: '#NUM!'"
    assert found.where == "a.xlsb, sheet 'Data', column 'age', row 3"


def test_a_workbook_that_cannot_be_searched(tmp_path: Path) -> None:
    workbook(tmp_path, {(3, "age"): "#N/A"})
    rewritten(tmp_path, "xl/worksheets/sheet1.xml", "</worksheet>", "")
    assert only_problem(mapped(tmp_path, "age: age")).message.endswith(("damaged", "for cells that hold an error"))


@pytest.mark.parametrize("shown", ["0%", "0.0%", "0.00 %"])
def test_per_cent_are_not_taken_for_what_the_sheet_shows(shown: str, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet, percent = book.add_worksheet("Data"), book.add_format({"num_format": shown})
        for row, record in enumerate([HEADER, *PLAIN]):
            sheet.write_row(row, 0, record)
        sheet.write(2, 3, 0.4, percent)
        sheet.write(2, 4, None, percent)
    found = only_problem(mapped(tmp_path, "VAS: {column: {baseline: r_1}}"))
    assert found.message == "the sheet shows 'r_1' in per cent: 40% is held as 0.4"
    assert found.where == "a.xlsx, sheet 'Data'"
    for times, value in ((100, 40.0), (1, 0.4)):
        told = read(mapped(tmp_path, f"VAS: {{column: {{baseline: r_1}}, times: {times}}}"))
        assert measured(told, "VAS", "baseline")["2"] == value
    assert measured(read(mapped(tmp_path, "VAS: {column: {baseline: r_2}}")), "VAS", "baseline")["1"] == 1

"""Files that are no files, damaged, cut, garbled, or otherwise not what they seem."""

from __future__ import annotations

import io
import os
import re
import socket
import struct
import time
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow
import pyarrow.parquet
import pyreadstat
import pytest
import xlsxwriter

from reportgen.data.opened import content_of
from reportgen.data.raw import UnreadableError
from tests.errors.test_sheet_errors import MANIFEST, OLD, OPENDOCUMENT, binary
from tests.unit.data.workshop import ARMS, covariate, lines, only_problem, problems, read, study, table

PEOPLE = [(i, 1 + i % 2, 30 + i) for i in range(1, 13)]
TEXT = "id,arm,age\n" + "".join(f"{i},{arm},{age}\n" for i, arm, age in PEOPLE)
AGES = [float(age) for _, _, age in PEOPLE]


def mapped(folder: Path, file: str, options: str = "", variables: str = "age: age") -> Path:
    text = f"trial: A\ndata: {{file: {file}, participant: id{options}}}\n{ARMS}\nvariables: {{{variables}}}"
    return study(folder, a=text)


def written(folder: Path, content: str | bytes, options: str = "", name: str = "a.csv") -> Path:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return mapped(folder, name, options)


# What is no file


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    assert only_problem(mapped(tmp_path, "a.csv")).message == "this is a pipe, not a file"


def test_a_socket_and_a_device(tmp_path: Path) -> None:
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    assert only_problem(mapped(tmp_path, "zero.csv")).message == "this is a device, not a file"
    with socket.socket(socket.AF_UNIX) as opened:
        here = Path.cwd()
        os.chdir(tmp_path)  # the name of a socket is short
        opened.bind("a.csv")
        os.chdir(here)
        assert only_problem(mapped(tmp_path, "a.csv")).message == "this is a socket, not a file"


def test_a_link_to_a_folder_and_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "a.csv").symlink_to(tmp_path / "inside")
    assert only_problem(mapped(tmp_path, "a.csv")).message == "this is a folder, not a file"
    (tmp_path / "b.csv").symlink_to(tmp_path / "b.csv")
    assert "symbolic links" in only_problem(mapped(tmp_path, "b.csv")).message


def test_names_that_no_file_has(tmp_path: Path) -> None:
    assert "File name too long" in only_problem(mapped(tmp_path, f"{'a' * 300}.csv")).message
    with pytest.raises(UnreadableError, match="the path holds a NUL character"):
        content_of(tmp_path / "a\0b.csv")


# What the ending says


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "this is an old or a protected workbook, not a .csv file"),
        ("a.csv", b"PAR1....", "this is a Parquet file, not a .csv file"),
        ("a.txt", b"$FL2@(#)", "this is an SPSS file, not a .txt file"),
        ("a.csv", b"\x1f\x8b\x08", "this is a compressed file, not a .csv file"),
        ("a.xlsx", TEXT.encode(), "this is text, not a .xlsx file"),
        ("a.xls", b"<html><table><tr><td>id", "this is a web page or XML that Excel opens, not a workbook"),
        ("a.sav", b"PK\x03\x04", "this is a workbook or another zip file, not a .sav file"),
        ("a.xls", b"PK\x03\x04", "this is a workbook or another zip file, not a .xls file"),
    ],
)
def test_a_file_under_another_ending(name: str, content: bytes, told: str, tmp_path: Path) -> None:
    assert only_problem(written(tmp_path, content, name=name)).message == told


# Workbooks


def sheet(folder: Path, rows: list[list[object]], name: str = "a.xlsx") -> None:
    with xlsxwriter.Workbook(folder / name) as book:
        data = book.add_worksheet("Data")
        for i, row in enumerate(rows):
            data.write_row(i, 0, row)


def patched(folder: Path, old: str, new: str, part: str = "xl/worksheets/sheet1.xml") -> None:
    """Change a part of the workbook."""
    with zipfile.ZipFile(folder / "a.xlsx") as parts:
        held = {name: parts.read(name) for name in parts.namelist()}
    assert old.encode() in held[part]
    held[part] = held[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(folder / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as parts:
        for name, content in held.items():
            parts.writestr(name, content)


@pytest.mark.parametrize(
    ("cell", "reach"),
    [
        ("XFD1048576", "row 1,048,576 and column 16,384 (XFD)"),
        ("T900000", "row 900,000 and column 20 (T)"),
        ("A99999999999999", "row 999,999,999,999"),
        ("ZZZZZZ2", "column 321,272,406"),
    ],
)
def test_a_sheet_that_reaches_far_beyond_its_table(cell: str, reach: str, tmp_path: Path) -> None:
    sheet(tmp_path, [["id", "arm", "age"], *map(list, PEOPLE)])
    row = "".join(letter for letter in cell if letter.isdigit())
    patched(tmp_path, "</sheetData>", f'<row r="{row}"><c r="{cell}"><v>1</v></c></row></sheetData>')
    start = time.process_time()
    found = only_problem(mapped(tmp_path, "a.xlsx"))
    assert reach in found.message
    assert found.hint == "Delete the rows and columns beyond the table, and save it."
    assert time.process_time() - start < 5.0


def test_a_far_cell_of_an_opendocument_sheet(tmp_path: Path) -> None:
    far = (
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="9999" '
    )
    far += 'office:value-type="float" office:value="1"/></table:table-row>'
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        parts.writestr("META-INF/manifest.xml", MANIFEST)
        parts.writestr("content.xml", OPENDOCUMENT.replace("{rows}", far))
    assert "reaches to row 1,000,000 and column 9,999" in only_problem(mapped(tmp_path, "a.ods")).message


def test_a_far_cell_of_a_binary_workbook(tmp_path: Path) -> None:
    far = binary(0, struct.pack("<I", 1000000) + bytes(13)) + binary(5, struct.pack("<IId", 9998, 0, 1.0))
    named = b"".join(struct.pack("<I", len(text)) + text.encode("utf-16-le") for text in ("rId1", "Data"))
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relation = f'<Relationship Id="rId1" Type="{kinds}/worksheet" Target="worksheets/sheet1.bin"/>'
    with zipfile.ZipFile(tmp_path / "a.xlsb", "w") as parts:
        book = binary(131) + binary(143) + binary(156, bytes(8) + named) + binary(144) + binary(132)
        parts.writestr("xl/workbook.bin", book)
        parts.writestr("xl/_rels/workbook.bin.rels", f"<Relationships xmlns='x'>{relation}</Relationships>")
        parts.writestr("xl/worksheets/sheet1.bin", binary(129) + binary(145) + far + binary(146) + binary(130))
    assert "reaches to row 1,000,001 and column 9,999" in only_problem(mapped(tmp_path, "a.xlsb")).message


def test_a_workbook_that_unpacks_to_gigabytes(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/workbook.xml", b" " * (200 << 20))
    assert "says that it unpacks to 210 MB" in only_problem(mapped(tmp_path, "a.xlsx")).message


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    sheet(tmp_path, [["id", "arm", "age"], *map(list, PEOPLE)])
    content = bytearray((tmp_path / "a.xlsx").read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as parts:
        at = parts.getinfo("xl/worksheets/sheet1.xml").header_offset
    content[at + 80] ^= 0xFF
    found = only_problem(written(tmp_path, bytes(content), name="a.xlsx"))
    assert found.message == "the workbook is damaged: its part 'xl/worksheets/sheet1.xml' cannot be unpacked"


def test_cells_merged_with_the_one_on_their_left(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        data = book.add_worksheet("Data")
        for i, row in enumerate([["id", "arm", "age"], *map(list, PEOPLE)]):
            data.write_row(i, 0, row)
        data.merge_range(3, 1, 3, 2, 2)
    found = only_problem(mapped(tmp_path, "a.xlsx"))
    assert found.message == "merged cells: 'merged with column B'"
    assert found.where == "a.xlsx, sheet 'Data', column 'age', row 4"


def test_a_header_over_two_rows(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        data = book.add_worksheet("Data")
        data.merge_range(0, 0, 1, 0, "id")
        data.merge_range(0, 1, 1, 1, "arm")
        data.merge_range(0, 2, 0, 3, "About")
        data.write_row(1, 2, ["age", "sex"])
        for i, row in enumerate(PEOPLE):
            data.write_row(i + 2, 0, [*row, 1])
    folder = mapped(tmp_path, "a.xlsx", ", header_rows: [1, 2]", "age: About / age")
    assert covariate(read(folder), "age") == AGES
    found = only_problem(mapped(tmp_path, "a.xlsx"))
    assert found.message == "the header spans two rows: 'About' stands over the columns C to D"


def test_a_header_over_two_lines_of_a_text(tmp_path: Path) -> None:
    text = "id,arm,About,\n,,age,sex\n" + "".join(f"{i},{arm},{age},1\n" for i, arm, age in PEOPLE)
    (tmp_path / "a.csv").write_text(text)
    folder = mapped(tmp_path, "a.csv", ", header_rows: [1, 2]", "age: About / age")
    assert covariate(read(folder), "age") == AGES


@pytest.mark.parametrize(("rows", "told"), [("[2, 1]", "from top to bottom"), ("[1]", "List two rows or more")])
def test_rows_of_a_header_are_listed_from_top_to_bottom(rows: str, told: str, tmp_path: Path) -> None:
    from reportgen.errors import SpecError
    from reportgen.spec.load import load_study

    written(tmp_path, TEXT, f", header_rows: {rows}")
    with pytest.raises(SpecError, match=told):
        load_study(tmp_path)


def test_a_title_above_the_header(tmp_path: Path) -> None:
    sheet(tmp_path, [["Trial A"], [], ["id", "arm", "age"], *map(list, PEOPLE)])
    found = only_problem(mapped(tmp_path, "a.xlsx"))
    assert found.message == "row 1 does not hold the column 'id', and row 3 does"
    assert covariate(read(mapped(tmp_path, "a.xlsx", ", header_row: 3")), "age") == AGES


# Text tables


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\n" + TEXT.replace(",", ";"),
        '"sep=;"\r\n' + TEXT.replace(",", ";").replace("\n", "\r\n"),
        TEXT + "\x1a",
        TEXT + "\x1a\n",
        TEXT.replace("\n", "\r"),
        TEXT.rstrip("\n"),
        "\ufeff" + TEXT,
    ],
)
def test_dialects_of_csv(text: str, tmp_path: Path) -> None:
    assert covariate(read(written(tmp_path, text)), "age") == AGES


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_of_several_bytes(encoding: str, tmp_path: Path) -> None:
    options = "" if encoding in ("utf-16", "utf-32") else f", encoding: {encoding}"
    assert covariate(read(written(tmp_path, TEXT.encode(encoding), options)), "age") == AGES


def test_utf_16_in_the_other_order(tmp_path: Path) -> None:
    found = only_problem(written(tmp_path, TEXT.encode("utf-16-be"), ", encoding: utf-16-le"))
    assert found.hint == "Write `encoding: utf-16-be`."
    assert covariate(read(written(tmp_path, TEXT.encode("utf-16-be"), ", encoding: utf-16")), "age") == AGES


def test_windows_letters_in_a_file_declared_latin_1(tmp_path: Path) -> None:
    content = TEXT.replace("age", "age,note").replace("\n2,", ",“x”\n2,").encode("windows-1252")
    found = only_problem(written(tmp_path, content, ", encoding: iso-8859-1"))
    assert "holds control characters when read as iso-8859-1" in found.message
    assert "windows-1252" in found.hint


@pytest.mark.parametrize("where", ["header", "cell"])
def test_a_cell_without_an_end(where: str, tmp_path: Path) -> None:
    long = "x" * 140_000
    text = f"{long},{TEXT}" if where == "header" else TEXT.replace("\n1,", f"\n{long},")
    assert "has a cell of more than 131,072 letters" in only_problem(written(tmp_path, text)).message


def test_a_comment_above_the_header(tmp_path: Path) -> None:
    found = only_problem(written(tmp_path, f"# exported, 2020\n\n{TEXT.replace(',', ';')}"))
    assert found.message == "line 1 does not hold the column 'id', and line 3 does"
    assert found.hint == "If that is the header, write `header_row: 3`."


@pytest.mark.parametrize(
    "text",
    [
        TEXT.rstrip("\n").removesuffix("42"),  # broken off before the last cell
        "id,arm,age,seen\n" + "".join(f"{i},{arm},{age},2020-01-0{i % 9 + 1}\n" for i, arm, age in PEOPLE)[:-4],
    ],
)
def test_a_table_that_is_cut_in_its_last_cell(text: str, tmp_path: Path) -> None:
    assert "ends" in only_problem(written(tmp_path, text)).message
    assert "the last line, 13" in only_problem(written(tmp_path, text)).message


@pytest.mark.parametrize("word", ["MalmÃ¶", "Malm\ufffd", "MÃ¼nchen", "Malm√∂"])
def test_garbled_names(word: str, tmp_path: Path) -> None:
    rows = "".join(f"{i},{arm},{age},{word if i > 6 else 'Oslo'}\n" for i, arm, age in PEOPLE)
    (tmp_path / "a.csv").write_text(f"id,arm,age,site\n{rows}", encoding="utf-8")
    text = f"trial: {{column: site}}\ndata: {{file: a.csv, participant: id}}\n{ARMS}\nvariables: {{age: age}}"
    found = only_problem(study(tmp_path, a=text))
    assert found.message.startswith(f"garbled letters: '{word}'")
    assert found.where == "a.csv, column 'site', rows 8, 9, 10, 11, 12 and 1 more"
    named = text.replace("{column: site}", f"{{column: site, codes: {{Oslo: Oslo, '{word}': Malmö}}}}")
    assert len(read(study(tmp_path, a=named)).trials) == 2


def test_garbled_letters_in_a_column_that_is_not_used_do_no_harm(tmp_path: Path) -> None:
    text = TEXT.replace("age\n", "age,note\n").replace("\n2,", ",MalmÃ¶\n2,")
    assert covariate(read(written(tmp_path, text)), "age") == AGES


@pytest.mark.parametrize("word", ["Ångström", "SÃO PAULO", "«CAFÉ»", "CAFÉ”", "Đà Nẵng", "Москва", "ελληνικά", "N° 5"])
def test_ordinary_words_are_not_garbled(word: str, tmp_path: Path) -> None:
    rows = "".join(f"{i},{arm},{age},{word}\n" for i, arm, age in PEOPLE)
    (tmp_path / "a.csv").write_text(f"id,arm,age,site\n{rows}", encoding="utf-8")
    text = f"trial: {{column: site}}\ndata: {{file: a.csv, participant: id}}\n{ARMS}\nvariables: {{age: age}}"
    assert [trial.name for trial in read(study(tmp_path, a=text)).trials] == [word]


# Files of statistics programs


def frame(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(PEOPLE, columns=["id", "arm", "age"]).assign(**columns)


@pytest.mark.parametrize("name", ["a.sav", "a.zsav"])
def test_a_date_that_no_calendar_has(name: str, tmp_path: Path) -> None:
    seen = [13_797_216_000.0, *[1e17] * 11]
    pyreadstat.write_sav(frame(seen=seen), str(tmp_path / name), variable_format={"seen": "DATE11"})
    assert covariate(read(mapped(tmp_path, name)), "age") == AGES
    found = problems(mapped(tmp_path, name, variables="age: seen"))[0]
    assert found.message == "dates that no calendar has: 'no date: 1e+17'"
    assert found.where == f"{name}, column 'seen', rows 2, 3, 4, 5, 6 and 6 more"


def test_a_date_that_no_calendar_has_in_parquet(tmp_path: Path) -> None:
    seen = pyarrow.array([1, *[2**31 - 1] * 11], pyarrow.date32())
    pyarrow.parquet.write_table(pyarrow.Table.from_pandas(frame()).append_column("seen", seen), tmp_path / "a.parquet")
    assert covariate(read(mapped(tmp_path, "a.parquet")), "age") == AGES


def test_two_columns_of_one_name_in_parquet(tmp_path: Path) -> None:
    held = pyarrow.Table.from_pandas(frame()).append_column("note", pyarrow.array([1] * 12))
    pyarrow.parquet.write_table(held.append_column("note", pyarrow.array([2] * 12)), tmp_path / "a.parquet")
    assert covariate(read(mapped(tmp_path, "a.parquet")), "age") == AGES
    found = problems(mapped(tmp_path, "a.parquet", variables="age: note"))
    assert "the column 'note' occurs twice in the header" in [problem.message for problem in found]


@pytest.mark.slow
def test_more_rows_than_can_be_read(tmp_path: Path) -> None:
    ones = pyarrow.table({name: pyarrow.array([1]) for name in ("id", "arm", "age")})
    pyarrow.parquet.write_table(pyarrow.concat_tables([ones.take([0] * 4_000_000)] * 10), tmp_path / "a.parquet")
    assert "40,000,000 rows of 3 columns" in only_problem(mapped(tmp_path, "a.parquet")).message


def transport(folder: Path) -> bytes:
    pyreadstat.write_xport(frame(age=[float("nan"), *AGES[1:]]), str(folder / "a.xpt"), file_format_version=5)
    return (folder / "a.xpt").read_bytes()


def test_a_transport_file_that_is_cut(tmp_path: Path) -> None:
    found = only_problem(written(tmp_path, transport(tmp_path)[:-30], name="a.xpt"))
    assert found.message.startswith("the file is cut off: it has ")


def test_special_missing_values_of_a_transport_file(tmp_path: Path) -> None:
    content = transport(tmp_path)
    place = content.rindex(b".\0\0\0\0\0\0\0")
    found = read(written(tmp_path, content[:place] + b"B" + content[place + 1 :], name="a.xpt"))
    assert covariate(found, "age") == [None, *AGES[1:]]
    assert lines(found, "missing") == [("age", "'.b' → missing, as the file declares", 1)]


def test_letters_of_an_old_stata_file(tmp_path: Path) -> None:
    pyreadstat.write_dta(frame(site=["Malmö"] * 12), str(tmp_path / "a.dta"), version=10)
    assert covariate(read(mapped(tmp_path, "a.dta")), "age") == AGES  # the column is not used
    pyreadstat.write_dta(frame(id=[f"Ö{i}" for i in range(12)]), str(tmp_path / "a.dta"), version=10)
    found = only_problem(mapped(tmp_path, "a.dta"))
    assert found.message.startswith("this file of Stata 13 or older does not state the encoding of its text: ")
    assert "column 'id', rows 1" in found.where
    assert covariate(read(mapped(tmp_path, "a.dta", ", encoding: utf-8")), "age") == AGES


def test_an_encoding_that_nobody_knows(tmp_path: Path) -> None:
    pyreadstat.write_dta(frame(), str(tmp_path / "a.dta"))
    found = only_problem(mapped(tmp_path, "a.dta", ", encoding: klingon"))
    assert found.message == "there is no encoding 'klingon'"


# Ids


@pytest.mark.parametrize("first", [1234567890123456, 12345678901234567890])
def test_ids_that_excel_has_shortened(first: int, tmp_path: Path) -> None:
    sheet(tmp_path, [["id", "arm", "age"], *[[first + 10_000 * i, arm, age] for i, arm, age in PEOPLE]])
    found = problems(mapped(tmp_path, "a.xlsx"))[0]
    assert found.message.endswith("Excel keeps 15 digits of a number")
    assert found.where == "a.xlsx, sheet 'Data', column 'id', rows 2, 3, 4, 5, 6 and 7 more"


def test_long_ids_of_64_bits(tmp_path: Path) -> None:
    pyreadstat.write_sav(frame(id=[2.0**53 + 4 * i for i in range(12)]), str(tmp_path / "a.sav"))
    assert "exact to 9,007,199,254,740,992" in problems(mapped(tmp_path, "a.sav"))[0].message


def test_long_ids_as_text_are_ids(tmp_path: Path) -> None:
    text = TEXT.replace("\n", "\n12345678901234567").removesuffix("12345678901234567")
    assert covariate(read(written(tmp_path, text)), "age") == AGES


# Numbers that pass for others


def test_thousands_that_pass_for_decimals(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,arm,w\n1,1,987\n2,2,1.234\n3,1,875\n4,2,1.012\n5,1,640")
    found = only_problem(mapped(tmp_path, "a.csv", variables="weight: {column: w, outside: missing}"))
    assert found.message == "'1.234', '1.012' beside whole numbers such as 987: are these thousands?"
    assert found.where == "a.csv, column 'w', rows 3, 5"


def test_thousands_that_are_no_numbers_are_told_as_text_alone(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", 'id,arm,w\n1,1,987\n2,2,"1,234"\n3,1,875\n4,2,"1,012"\n5,1,640')
    found = only_problem(mapped(tmp_path, "a.csv", variables="weight: {column: w, outside: missing}"))
    assert found.message == "text in a column of numbers: '1,234', '1,012'"


def test_decimals_beside_a_hundred_are_decimals(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,arm,w\n1,1,100\n2,2,48.214\n3,1,79.762\n4,2,100\n5,1,94.048")
    assert covariate(read(mapped(tmp_path, "a.csv", variables="weight: w")), "weight") == [
        100,
        48.214,
        79.762,
        100,
        94.048,
    ]


def test_a_score_of_a_hundred_as_a_fraction(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,arm,v\n1,1,0.52\n2,2,0.1\n3,1,1\n4,2,0.33\n5,1,0")
    found = only_problem(mapped(tmp_path, "a.csv", variables="VAS: {column: {baseline: v}}"))
    assert found.message.startswith("all values lie between 0 and 1")
    read(mapped(tmp_path, "a.csv", variables="VAS: {column: {baseline: v}, times: 100}"))


def test_per_cent_as_text(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,arm,v\n1,1,52%\n2,2,10%\n3,1,7 %")
    found = only_problem(mapped(tmp_path, "a.csv", variables="VAS: {column: {baseline: v}}"))
    assert found.hint.startswith("Save the numbers without the sign")


def test_per_cent_and_merged_cells_of_an_opendocument_sheet(tmp_path: Path) -> None:
    def cell(value: object, about: str = "") -> str:
        kind = "string" if isinstance(value, str) else "float"
        held = f'office:value-type="{kind}"' + ("" if kind == "string" else f' office:value="{value}"')
        return f"<table:table-cell {about or held}><text:p>{value}</text:p></table:table-cell>"

    rows = [[cell(word) for word in ("id", "arm", "age")]]
    rows += [[cell(i), cell(arm), cell(age / 100, f'office:value-type="percentage" office:value="{age / 100}"')]
             for i, arm, age in PEOPLE]  # fmt: skip
    rows[4][1] = cell(1, 'office:value-type="float" office:value="1" table:number-rows-spanned="2"')
    rows[5][1] = "<table:covered-table-cell/>"
    text = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        parts.writestr("META-INF/manifest.xml", MANIFEST)
        parts.writestr("content.xml", OPENDOCUMENT.replace("{rows}", text))
    told = [(problem.message, problem.where) for problem in problems(mapped(tmp_path, "a.ods"))]
    assert ("merged cells: 'merged with row 5'", "a.ods, sheet 'Data', column 'arm', row 6") in told
    assert ("the sheet shows 'age' in per cent: 40% is held as 0.4", "a.ods, sheet 'Data'") in told


def test_per_cent_of_an_old_workbook(tmp_path: Path) -> None:
    styled = re.compile(rb"\xe0\x00\x14\x00(..)..", re.DOTALL)  # a record of a style: size, font, format
    content = styled.sub(lambda found: found[0][:6] + b"\x09\x00", OLD.read_bytes())
    found = problems(written(tmp_path, content, ", sheet: Größen", name="a.xls"))
    assert "the sheet shows 'age' in per cent: 40% is held as 0.4" in [problem.message for problem in found]


def test_a_sheet_that_shows_some_numbers_in_per_cent(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        data, percent = book.add_worksheet("Data"), book.add_format({"num_format": "0%"})
        data.write_row(0, 0, ["id", "arm", "v"])
        for i, arm, age in PEOPLE:
            data.write_row(i, 0, [i, arm])
            data.write(i, 2, *((age / 100, percent) if i < 7 else (age,)))
    found = only_problem(
        mapped(tmp_path, "a.xlsx", variables="VAS: {column: {baseline: v}, times: 100, outside: missing}")
    )
    assert found.message == "the sheet shows 6 numbers in per cent and 6 numbers without the sign"
    assert found.where == "a.xlsx, sheet 'Data', column 'v', rows 8, 9, 10, 11, 12 and 1 more"

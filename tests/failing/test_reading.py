"""Failing inputs of files: what is damaged, garbled, cut or shown otherwise than it is held."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.data import read_repository
from reportgen.spec.load import load_study
from tests.failing.inputs import said, written

TOLD: dict[str, tuple[str, ...]] = {
    "csv_frac_cov": ("north.csv, column 'adh', rows 2, 3", "are they fractions?", "`unit: fraction`"),
    "csv_cp1252decl8": ("north.csv: the file is UTF-8, and not windows-1252: see line 2", "Take `encoding: windows"),
    "csv_mojibake_src": ("column 'site', rows 2, 3", "garbled letters: 'MalmÃ¶', 'Ã˜rsta'", "for 'Malmö' perhaps"),
    "csv_bom16be": ("north.csv: the file is not UTF-8 text", "write `encoding: utf-16-be`"),
    "csv_xlsx": ("north.csv: this is a workbook or another zip file, not a .csv file", "Rename it to .xlsx"),
    "csv_nul": ("north.csv: lines hold bytes of zero, which text never contains: 1, 2, 3", "damaged"),
    "dtaf32id": ("north.dta, column 'id', rows", "exact to 16,777,216", "export the ids again as text"),
    "xl_bigid": ("sheet 'Data', column 'id', rows 2, 3", "Excel keeps 15 digits", "export the ids again as text"),
    "xl_hdr2_1": ("'Pain' stands over the columns E to F", "`header_rows: [1, 2]`", "'Pain / 3 months'"),
    "xl_hdr_date": ("there is no column 'Jan-20'", "2020-01-01, 2020-04-01", "is written so, in quotes"),
    "csv_rwritec": ("every row has one cell more than the 6 names of the header", "R's write.table"),
    "csv_backslash": (
        "more cells than the 7 of the header",
        "A backslash stands before quotes or separators in line 2",
    ),
    "csv_comment": ("line 1 does not hold the column 'id', and line 2 does", "write `header_row: 2`"),
}
READ = ("csv_ctrlz", "xl_hdr_nl")


@pytest.mark.parametrize("name", TOLD)
def test_the_file_and_the_fix_are_told(name: str, tmp_path: Path) -> None:
    output = said("validate", written(name, tmp_path))
    assert output.code == 2
    for words in TOLD[name]:
        assert words in output.err


@pytest.mark.parametrize("name", READ)
def test_it_is_read(name: str, tmp_path: Path) -> None:
    output = said("validate", written(name, tmp_path))
    assert (output.code, output.lines) == (0, [])


def test_per_cent_of_a_sheet_are_what_it_shows(tmp_path: Path) -> None:
    repository = read_repository(load_study(written("ods_pct_cov2", tmp_path)))
    assert repository.participants["adherence"].between(5.0, 100.0).all()


def changed(folder: Path, *changes: tuple[str, str]) -> Path:
    mapping = folder / "north.yaml"
    text = mapping.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    mapping.write_text(text, encoding="utf-8")
    return folder


FIXED = {
    "csv_cp1252decl8": (("  encoding: windows-1252\n", ""),),
    "csv_mojibake_src": (("  column: site\n", "  column: site\n  codes: {MalmÃ¶: Malmö, Ã˜rsta: Ørsta}\n"),),
    "csv_bom16be": (("  participant: id", "  participant: id\n  encoding: utf-16-be"),),
    "xl_hdr2_1": (
        ("header_row: 1", "header_rows: [1, 2]"),
        ("baseline: Pain", "baseline: Pain / baseline"),
        ("3 months: Pain", "3 months: Pain / 3 months"),
    ),
    "xl_hdr_date": (("Jan-20", "'2020-01-01'"), ("Apr-20", "'2020-04-01'")),
    "csv_comment": (("  participant: id", "  participant: id\n  header_row: 2"),),
    "csv_frac_cov": (("unit: '%'", "unit: fraction"),),
}


@pytest.mark.parametrize("name", FIXED)
def test_the_fix_that_is_told_is_one(name: str, tmp_path: Path) -> None:
    output = said("validate", changed(written(name, tmp_path), *FIXED[name]))
    assert (output.code, output.lines) == (0, [])

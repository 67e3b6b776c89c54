"""The same trial in every format gives the same repository."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import xlsxwriter
from pandas.testing import assert_frame_equal

from tests.unit.data.workshop import lines, read, study

# -9 and 99 mean missing; the umlaut tells encodings apart; 12.5 tells decimal signs apart.
CONTENT = pd.DataFrame(
    {
        "id": ["07", "8", "9", "10"],
        "arm": [1, 2, 2, 1],
        "age": [44.0, -9.0, np.nan, 61.0],
        "sex": ["männlich", "weiblich", "weiblich", "männlich"],
        "weight": [80.25, 61.0, 99.0, 70.5],
        "vas_b": [40.0, 55.5, 12.5, 99.0],
        "vas_q3": [30.0, np.nan, 12.0, -9.0],
    }
)
SEX = {"männlich": 1.0, "weiblich": 2.0}

MAPPING = """
trial: A
data: {{file: {file}, participant: id, missing: [{missing}]{options}}}
arms: {{column: arm, codes: {{1: {{class: exercise}}, 2: {{class: usual care}}}}}}
visits: {{b: baseline, q3: 3 months}}
variables:
  age: {{column: age}}
  sex: {{column: sex, codes: {{männlich: male, weiblich: female}}}}
  weight: {{column: weight, missing: [99]}}
  VAS: {{column: "vas_{{visit}}"}}
"""


def labelled() -> pd.DataFrame:
    return CONTENT.assign(sex=CONTENT["sex"].map(SEX))


def write_text(separator: str, encoding: str, decimal: str = ".") -> Callable[[Path], None]:
    return lambda path: CONTENT.to_csv(path, index=False, sep=separator, encoding=encoding, decimal=decimal)


def write_workbook(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Read me").write(0, 0, "Not here")
        sheet = book.add_worksheet("Data")
        sheet.write(0, 0, "Trial A, all participants")
        for j, name in enumerate(CONTENT.columns):
            sheet.write(2, j, name)
            for i, value in enumerate(CONTENT[name]):
                if value == value:
                    sheet.write(3 + i, j, value)


def write_spss(path: Path) -> None:
    frame = labelled()
    pyreadstat.write_sav(
        frame,
        path,
        variable_value_labels={"sex": {code: label for label, code in SEX.items()}},
        missing_ranges={name: [{"lo": -99, "hi": -1}] for name in ("age", "vas_b", "vas_q3")},
    )


def write_stata(path: Path) -> None:
    labels = {"sex": {int(code): label for label, code in SEX.items()}}
    pyreadstat.write_dta(labelled().assign(sex=CONTENT["sex"].map(SEX).astype(int)), path, variable_value_labels=labels)


FORMATS: dict[str, tuple[str, str, str, Callable[[Path], None]]] = {
    "csv": ("a.csv", "", "-9", write_text(",", "utf-8")),
    "csv with a byte order mark": ("a.csv", "", "-9", write_text(",", "utf-8-sig")),
    "csv of a German Excel": (
        "a.csv",
        ', encoding: iso-8859-1, decimal: ","',
        "-9",
        write_text(";", "iso-8859-1", ","),
    ),
    "csv with a declared separator": ("a.txt", ', separator: "|"', "-9", write_text("|", "utf-8")),
    "tab separated": ("a.tsv", ", separator: tab", "-9", write_text("\t", "utf-8")),
    "sniffed tab": ("a.txt", "", "-9", write_text("\t", "utf-8")),
    "utf-16": ("a.csv", "", "-9", write_text(",", "utf-16")),
    "excel by name": ("a.xlsx", ", sheet: Data, header_row: 3", "-9", write_workbook),
    "excel by number": ("a.xlsx", ", sheet: 2, header_row: 3", "-9", write_workbook),
    "parquet": ("a.parquet", "", "-9", lambda path: CONTENT.to_parquet(path)),
    "spss with user-missing values": ("a.sav", "", "", write_spss),
    "stata": ("a.dta", "", "-9", write_stata),
    "sas transport": ("a.xpt", "", "-9", lambda path: pyreadstat.write_xport(CONTENT, path)),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> object:
    folder = tmp_path_factory.mktemp("plain")
    write_text(",", "utf-8")(folder / "a.csv")
    return read(study(folder, a=MAPPING.format(file="a.csv", missing="-9", options="")))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_repository(name: str, tmp_path: Path, plain) -> None:
    file, options, missing, write = FORMATS[name]
    write(tmp_path / file)
    found = read(study(tmp_path, a=MAPPING.format(file=file, missing=missing, options=options)))
    assert_frame_equal(found.participants, plain.participants)
    assert_frame_equal(found.measures, plain.measures)
    assert found.files[0].rows == 4
    assert found.files[0].columns == 7


def test_the_content_is_what_was_written(plain) -> None:
    people = plain.participants
    assert people["participant"].tolist() == ["07", "8", "9", "10"]
    assert people["age"].tolist()[0::3] == [44.0, 61.0]
    assert people["age"].isna().tolist() == [False, True, True, False]
    assert people["sex"].tolist() == ["male", "female", "female", "male"]
    assert people["weight"].tolist()[:2] == [80.25, 61.0]
    assert people["weight"].isna().tolist() == [False, False, True, False]
    assert plain.measures["value"].tolist() == [40.0, 55.5, 12.5, 99.0, 30.0, 12.0]
    assert plain.measures["months"].tolist() == [0, 0, 0, 0, 3, 3]
    assert plain.measures["row"].tolist() == [0, 1, 2, 3, 0, 2]


def test_user_missing_values_are_counted_as_the_file_declares_them(tmp_path: Path) -> None:
    write_spss(tmp_path / "a.sav")
    found = read(study(tmp_path, a=MAPPING.format(file="a.sav", missing="", options="")))
    assert ("age", "−9 → missing, as the file declares", 1) in lines(found, "missing")
    assert ("VAS", "−9 → missing, as the file declares", 1) in lines(found, "missing")


def test_user_missing_values_of_stata_are_missing(tmp_path: Path) -> None:
    frame = labelled().astype({"age": object})
    frame["age"] = pd.Series([44.0, "a", np.nan, 61.0], dtype=object)
    pyreadstat.write_dta(frame, tmp_path / "a.dta", missing_user_values={"age": ["a"]})
    mapping = MAPPING.replace("männlich: male, weiblich: female", "1: male, 2: female")
    found = read(study(tmp_path, a=mapping.format(file="a.dta", missing="-9", options="")))
    assert found.participants["age"].isna().tolist() == [False, True, True, False]
    assert ("age", "'.a' → missing, as the file declares", 1) in lines(found, "missing")


def test_raw_codes_and_value_labels_mean_the_same(tmp_path: Path, plain) -> None:
    write_stata(tmp_path / "a.dta")
    mapping = MAPPING.replace("männlich: male, weiblich: female", "1: male, weiblich: female")
    found = read(study(tmp_path, a=mapping.format(file="a.dta", missing="-9", options="")))
    assert_frame_equal(found.participants, plain.participants)


def test_a_missing_code_may_be_given_by_its_label(tmp_path: Path) -> None:
    frame = labelled().assign(age=[44.0, 98.0, np.nan, 61.0])
    labels = {"age": {98: "refused"}, "sex": {1: "männlich", 2: "weiblich"}}
    pyreadstat.write_sav(frame, tmp_path / "a.sav", variable_value_labels=labels)
    found = read(study(tmp_path, a=MAPPING.format(file="a.sav", missing="refused, -9", options="")))
    assert found.participants["age"].isna().tolist() == [False, True, True, False]
    assert ("age", "'refused' → missing", 1) in lines(found, "missing")


def test_every_type_of_a_parquet_file(tmp_path: Path, plain) -> None:
    frame = CONTENT.assign(
        arm=CONTENT["arm"].astype("int8"),
        age=pd.array([44, -9, None, 61], dtype="Int64"),
        sex=CONTENT["sex"].astype("category"),
        weight=[decimal.Decimal("80.25"), decimal.Decimal(61), decimal.Decimal(99), decimal.Decimal("70.5")],
        vas_b=CONTENT["vas_b"].astype("float32"),
        seen=pd.to_datetime(["2001-02-03", None, "2001-02-03", None]),
    )
    frame.to_parquet(tmp_path / "a.parquet")
    found = read(study(tmp_path, a=MAPPING.format(file="a.parquet", missing="-9", options="")))
    assert_frame_equal(found.participants, plain.participants)
    assert_frame_equal(found.measures, plain.measures)


def test_quotes_hold_separators_and_line_ends(tmp_path: Path) -> None:
    text = 'id,arm,note,age\r\n1,1,"a, ""b""\r\nc",40\r\n\r\n2,2,,x\r\n'
    (tmp_path / "a.csv").write_bytes(text.encode())
    mapping = MAPPING.format(file="a.csv", missing="x", options="")
    found = read(study(tmp_path, a=mapping.split("visits:")[0] + "variables: {age: age}"))
    assert found.participants["participant"].tolist() == ["1", "2"]
    assert found.participants["age"].tolist()[0] == 40
    assert found.files[0].rows == 2


def test_an_old_date_or_a_boolean_does_no_harm(tmp_path: Path) -> None:
    frame = CONTENT.assign(seen=pd.to_datetime("1899-12-31"), arm=CONTENT["arm"] == 1)
    frame.to_parquet(tmp_path / "a.parquet")
    mapping = MAPPING.format(file="a.parquet", missing="-9", options="").replace("1: {class", "true: {class")
    found = read(study(tmp_path, a=mapping.replace("2: {class", "0: {class")))
    assert found.participants["arm_class"].tolist() == ["exercise", "usual care", "usual care", "exercise"]


def test_the_fingerprint_knows_bytes_and_names_and_no_place(tmp_path: Path) -> None:
    prints = []
    for place, weight in (("one", 80.25), ("two", 80.25), ("three", 80.5)):
        folder = tmp_path / place
        folder.mkdir()
        CONTENT.replace({"weight": {80.25: weight}}).to_csv(folder / "a.csv", index=False)
        found = read(study(folder, a=MAPPING.format(file="a.csv", missing="-9", options="")))
        prints.append(found.fingerprint)
        assert found.files[0].name == "a.csv"
        assert found.files[0].bytes == (folder / "a.csv").stat().st_size
    assert prints[0] == prints[1] != prints[2]

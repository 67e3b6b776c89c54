"""What files hold that nobody expects: none of it may turn into a wrong value, a lost value or a lost person unsaid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import pyreadstat
import pytest
import xlsxwriter

from reportgen.spec.load import examine_study
from tests.unit.data.workshop import (
    ARMS,
    covariate,
    lines,
    measured,
    one_trial,
    only_problem,
    problems,
    read,
    study,
    table,
)

pytestmark = pytest.mark.sampled(4)


def mapped(folder: Path, file: str, variables: str, options: str = "") -> Path:
    text = f"trial: A\ndata: {{file: {file}, participant: id{options}}}\n{ARMS}\nvariables: {{{variables}}}"
    return study(folder, a=text)


# Codes


def write_codes(path: Path) -> None:
    frame = pd.DataFrame({"id": [1.0, 2, 3, 4], "arm": [1.0, 2, 1, 2], "x": [0.0, 1, 1, 2]})
    pyreadstat.write_sav(frame, path, variable_value_labels={"x": {0: "1", 1: "2", 2: "3"}})


def test_a_code_of_the_file_is_never_taken_for_a_label(tmp_path: Path) -> None:
    write_codes(tmp_path / "a.sav")
    found = only_problem(mapped(tmp_path, "a.sav", "sex: {column: x, codes: {1: male, 2: female, 3: female}}"))
    assert found.message == "unknown code 0 ('1')"
    rule = "sex: {column: x, codes: {0: male, 1: female, 2: female}}"
    assert covariate(read(mapped(tmp_path, "a.sav", rule)), "sex") == ["male", "female", "female", "female"]


@pytest.mark.parametrize("cell", ["−9", "-9.0", "-9.", "-9e0", " -9\u00a0", "-0.9e1"])
def test_a_missing_code_is_known_however_the_number_is_written(cell: str, tmp_path: Path) -> None:
    rule = "VAS: {column: {baseline: x}, plus: 50}"
    found = read(one_trial(tmp_path, f"id,arm,x\n1,1,{cell}\n2,2,3", rule, data="missing: [-9]"))
    assert measured(found, "VAS", "baseline") == {"2": 53}
    assert lines(found, "missing") == [("VAS", "−9 → missing", 1)]


def test_a_missing_code_with_leading_zeros_is_no_number(tmp_path: Path) -> None:
    rule = "VAS: {column: {baseline: x}}"
    found = only_problem(one_trial(tmp_path, "id,arm,x\n1,1,099\n2,2,099\n3,1,034", rule, data="missing: [99]"))
    assert (found.message, found.where) == (
        "'099' is a missing code written differently",
        "a.csv, column 'x', rows 2, 3",
    )
    assert found.hint == "List it in `missing` as the file writes it."


def test_participants_of_a_site_are_not_decimals(tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, "id,arm,age\n1.1,1,30\n1.10,2,40\n1.2,1,50\n2.0,2,60", "age: age"))
    assert found.participants["participant"].tolist() == ["1.1", "1.10", "1.2", "2"]


# Numbers


FLOATS = pd.DataFrame(
    {"id": [1, 2, 3, 4], "arm": [1, 2, 1, 2], "x": np.array([7.3, -9.9, np.nan, 7.4], dtype=np.float32)}
)
SHORT: dict[str, Callable[[Path], None]] = {
    "a.dta": lambda path: FLOATS.to_stata(path, write_index=False),
    "a.parquet": lambda path: FLOATS.to_parquet(path),
    "b.parquet": lambda path: FLOATS.astype({"x": "Float32"}).to_parquet(path),
}


@pytest.mark.parametrize("file", SHORT)
def test_numbers_of_32_bits_are_the_ones_that_were_written(file: str, tmp_path: Path) -> None:
    SHORT[file](tmp_path / file)
    rule = "anxiety: {column: x, cut: {low: up to 7.3, high: above 7.3}}, age: {column: x, plus: 20}"
    found = read(mapped(tmp_path, file, rule, ", missing: [-9.9]"))
    assert covariate(found, "anxiety") == ["low", None, None, "high"]
    assert covariate(found, "age") == [27.3, None, None, 27.4]
    assert ("age", "−9.9 → missing", 1) in lines(found, "missing")


def test_letters_among_short_numbers_of_stata_stay_letters(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [1, 2], "arm": [1, 2], "x": pd.Series([7.3, "b"], dtype=object)})
    pyreadstat.write_dta(frame, tmp_path / "a.dta", missing_user_values={"x": ["b"]})
    found = read(mapped(tmp_path, "a.dta", "age: {column: x, plus: 20}"))
    assert covariate(found, "age") == [27.3, None]
    assert lines(found, "missing") == [("age", "'.b' → missing, as the file declares", 1)]


def test_an_infinite_number_is_no_value(tmp_path: Path) -> None:
    pd.DataFrame({"id": [1, 2], "arm": [1, 2], "x": [1.0, np.inf]}).to_parquet(tmp_path / "a.parquet")
    found = only_problem(mapped(tmp_path, "a.parquet", "anxiety: {column: x, cut: {low: up to 7, high: above 7}}"))
    assert (found.message, found.where) == ("an infinite number: inf", "a.parquet, column 'x', row 2")


# Columns


def test_the_index_that_pandas_wrote_is_a_column(tmp_path: Path) -> None:
    people = pd.Index(["a", "b"], name="id")
    pd.DataFrame({"arm": [1, 2], "age": [30.0, 40.0]}, index=people).to_parquet(tmp_path / "a.parquet")
    assert read(mapped(tmp_path, "a.parquet", "age: age")).participants["participant"].tolist() == ["a", "b"]


def test_two_columns_that_differ_in_blanks(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [1, 2], "arm": [1, 2], "age": [30.0, 40.0], "age ": [50.0, 60.0]})
    frame.to_parquet(tmp_path / "a.parquet")
    found = only_problem(mapped(tmp_path, "a.parquet", "age: age"))
    assert found.message == "the column 'age' occurs twice in the header"


def test_lists_and_bytes_of_a_parquet_file(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [b"a", b"b"], "arm": [1, 2], "age": [[30.0], [40.0]]})
    frame.to_parquet(tmp_path / "a.parquet")
    found = only_problem(mapped(tmp_path, "a.parquet", "age: age"))
    assert found.message == "text in a column of numbers: '[30.]', '[40.]'"
    people = read(mapped(tmp_path, "a.parquet", "weight: {column: arm, plus: 60}")).participants
    assert people["participant"].tolist() == ["a", "b"]


def test_one_column_for_two_visits(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, "id,arm,x\n1,1,3\n2,2,7", "VAS: {column: {baseline: x, 3 months: x}}"))
    assert (found.message, found.hint) == ("the column 'x' is given for two visits", "Name the column of each visit.")


def test_one_column_for_two_items(tmp_path: Path) -> None:
    rule = "anxiety: {items: [x, y, y], cut: {low: up to 5, high: above 5}}"
    found = only_problem(one_trial(tmp_path, "id,arm,x,y\n1,1,3,1\n2,2,4,2", rule))
    assert found.message == "the column 'y' is named twice"


PEOPLE = "id,arm,age\n1,1,40\n2,2,50\n3,1,\n4,2,70"
PARTS = "layout: long, visit: {column: tp, codes: {0: baseline}}"


def in_three_files(folder: Path, choice: str = "") -> Path:
    table(folder, "people.csv", PEOPLE)
    table(folder, "one.csv", "id,tp,v\n1,0,10\n2,0,20\n3,0,")
    table(folder, "two.csv", "id,tp,v,age\n3,0,30,60\n4,0,40,70")
    files = f"{{file: one.csv, participant: id, {PARTS}}}, {{file: two.csv, participant: id, {PARTS}}}"
    variables = f"{{age: {{column: age{choice.replace('2', '1')}}}, VAS: {{column: v{choice}}}}}"
    text = f"trial: A\ndata: [{{file: people.csv, participant: id}}, {files}]\n{ARMS}\nvariables: {variables}"
    return study(folder, a=text)


def test_values_in_a_file_that_is_not_chosen_are_not_lost_unsaid(tmp_path: Path) -> None:
    found = problems(in_three_files(tmp_path))
    assert [(problem.message, problem.where) for problem in found] == [
        (
            "1 participant with a value in this file only, but people.csv, column 'age' is read",
            "two.csv, column 'age', row 2",
        ),
        (
            "2 participants with a value in this file only, but one.csv, column 'v' is read",
            "two.csv, column 'v', rows 2, 3",
        ),
    ]
    assert "`data: 1`" in found[0].hint


def test_the_file_that_the_mapping_names_is_chosen(tmp_path: Path) -> None:
    found = read(in_three_files(tmp_path, ", data: 2"))
    assert covariate(found, "age") == [40, 50, None, 70]
    assert measured(found, "VAS", "baseline") == {"1": 10, "2": 20}


# Any other answer


@pytest.mark.parametrize(
    ("answer", "cells", "shown"),
    [
        ("1", ("ja", "vielleicht"), "'ja', 'vielleicht' would count as any answer but 1"),
        ("1", ("ja", "no"), "'ja', 'no' would count as any answer but 1"),
        ("1", ("1", "NA"), "'NA' would count as any answer but 1"),
        ("ja", ("ja", "Ja"), "'Ja' would count as any answer but 'ja'"),
        ("ja", ("nein", "?"), "'?' would count as any answer but 'ja'"),
        ("1", ("1", "-9"), "'-9' would count as any answer but 1"),
        ("1", ("1", "99"), "'99' would count as any answer but 1"),
    ],
)
@pytest.mark.parametrize(
    "rule",
    [
        "anxiety: {{items: [x], yes: {0}, cut: {{low: up to 0, high: above 0}}}}",
        "anxiety: {{flags: {{high: {{column: x, equals: {0}}}}}, otherwise: low}}",
    ],
)
def test_what_is_no_answer_does_not_count_as_another_one(
    answer: str, cells: tuple[str, str], shown: str, rule: str, tmp_path: Path
) -> None:
    text = f"id,arm,x\n1,1,{cells[0]}\n2,2,{cells[1]}"
    assert only_problem(one_trial(tmp_path, text, rule.format(answer))).message == shown


def test_an_answer_that_the_file_labels_as_missing(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [1.0, 2, 3], "arm": [1.0, 2, 1], "x": [1.0, 0, 9]})
    pyreadstat.write_sav(frame, tmp_path / "a.sav", variable_value_labels={"x": {0: "no", 1: "yes", 9: "Missing"}})
    rule = "anxiety: {flags: {high: x}, otherwise: low}"
    found = only_problem(mapped(tmp_path, "a.sav", rule))
    assert found.message == "9 ('Missing') would count as any answer but 1"
    assert covariate(read(mapped(tmp_path, "a.sav", rule, ", missing: [9]")), "anxiety") == ["high", "low", None]


def test_two_flags_that_say_yes_are_counted(tmp_path: Path) -> None:
    rule = "anxiety: {flags: {low: a, high: b}, otherwise: moderate}"
    found = read(one_trial(tmp_path, "id,arm,a,b\n1,1,1,1\n2,2,0,1\n3,1,0,0", rule))
    assert covariate(found, "anxiety") == ["low", "high", "moderate"]
    assert ("anxiety", "more than one flag says yes → the first of them", 1) in lines(found, "flag")


def test_nobody_is_left_out_for_a_capital_letter(tmp_path: Path) -> None:
    text = "id,arm,ok,age\n1,1,JA,30\n2,2,Ja,40\n3,1,Ja,50"
    found = only_problem(one_trial(tmp_path, text, "age: age", data="keep: {column: ok, equals: Ja}"))
    assert (found.message, found.where) == (
        "'JA' is written differently in the rule, and would be excluded",
        "a.csv, column 'ok', row 2",
    )


VISITS = (
    "layout: long, visit: {column: tp, codes: {a: baseline (screening), b: baseline (V1), 3: 3 months, 6: 6 months}}"
)


def test_a_rule_of_who_stays_is_not_decided_by_the_order_of_rows(tmp_path: Path) -> None:
    text = "id,tp,arm,ok,v\n1,3,1,1,3\n1,6,1,0,5\n2,a,2,1,7\n2,3,2,0,7\n3,a,1,1,5\n3,b,1,1,"
    found = only_problem(one_trial(tmp_path, text, "VAS: v", data=f"{VISITS}, keep: {{column: ok, equals: 1}}"))
    assert found.message == "participants with different values at different visits, and none at baseline to settle it"
    assert found.where == "a.csv, column 'ok', row 2"


def test_two_visits_at_baseline_that_disagree(tmp_path: Path) -> None:
    text = "id,tp,arm,age\n1,a,1,40\n1,b,1,41\n2,a,2,50\n2,b,2,50\n2,3,2,51"
    found = only_problem(one_trial(tmp_path, text, "age: age", data=VISITS))
    assert found.message.startswith("1 participant with different values")


def test_a_code_that_is_missing_in_one_writing_only(tmp_path: Path) -> None:
    rule = 'sex: {column: sex, codes: {1: male, 2: female, "1": null}}'
    found = only_problem(one_trial(tmp_path, "id,arm,sex\n1,1,1\n2,2,2", rule))
    assert found.message == "1 and '1' are the same code"


# Limits, people and visits


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        ("{low: below 0.3, moderate: 0.3 to 0.6, high: above 0.6}", ["moderate", "high", "moderate"]),
        ("{low: up to 0.3, moderate: above 0.3}", ["low", "moderate", "moderate"]),
        ("{low: below 0.3, high: 0.3 or more}", ["high", "high", "high"]),
        ("{low: below 0.6, high: at least 0.6}", ["low", "high", "high"]),
    ],
)
def test_a_converted_number_on_a_limit_is_on_the_limit(cut: str, expected: list[str], tmp_path: Path) -> None:
    assert 3 * 0.1 > 0.3 and 6 * 0.1 > 0.6  # what a plain comparison would say
    found = read(
        one_trial(tmp_path, "id,arm,x\n1,1,3\n2,2,7\n3,1,6", f"anxiety: {{column: x, times: 0.1, cut: {cut}}}")
    )
    assert covariate(found, "anxiety") == expected


def test_commas_that_may_group_thousands_are_not_called_decimal(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, 'id;arm;age\n1;1;"1,000"\n2;2;"12,500.5"', "age: age"))
    assert found.hint.startswith("If the comma groups thousands, save the file without it")


def test_people_of_visits_that_are_left_out_are_counted(tmp_path: Path) -> None:
    text = "id,tp,arm,v\n1,0,1,3\n1,9,1,4\n2,0,2,7\n3,9,1,5\n3,9,1,5\n4,9,2,5"
    data = "layout: long, visit: {column: tp, codes: {0: baseline, 9: null}}"
    found = read(one_trial(tmp_path, text, "VAS: v", data=data))
    assert measured(found, "VAS", "baseline") == {"1": 3, "2": 7}
    assert lines(found, "left-out") == [("tp", "rows at visits that are left out only → left out", 2)]
    assert (found.trials[0].raw_n, found.trials[0].n) == (4, 2)


@pytest.mark.parametrize(("one", "other"), [("07", "7"), ("A1", "a1"), ("P 3", "P3")])
def test_one_participant_in_two_writings(one: str, other: str, tmp_path: Path) -> None:
    text = f"id,tp,arm,v\n{one},0,1,3\n{other},3,1,4\n2,0,2,7"
    data = "layout: long, visit: {column: tp, codes: {0: baseline, 3: 3 months}}"
    found = only_problem(one_trial(tmp_path, text, "VAS: v", data=data))
    assert (found.message, found.where) == (
        f"1 participant written in more than one way: '{one}' and '{other}'",
        "a.csv, column 'id', rows 2, 3",
    )


def test_some_participants_are_written_otherwise_in_another_file(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,arm\n008,1\n009,2\n010,1\n100,2")
    table(tmp_path, "b.csv", "id,age\n8,30\n9,31\n10,32\n100,33\n101,34")
    files = "[{file: a.csv, participant: id}, {file: b.csv, participant: id}]"
    found = only_problem(study(tmp_path, a=f"trial: A\ndata: {files}\n{ARMS}\nvariables: {{age: age}}"))
    assert found.message == (
        "3 participants written differently from a.csv: '8' (row 2) is '008' (row 2) there, "
        "'9' (row 3) is '009' (row 3) there, '10' (row 4) is '010' (row 4) there"
    )
    assert found.where == "b.csv, column 'id', rows 2, 3, 4"


# Files


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,arm,age\n1,1,40\n2,2,50", "utf-8-sig")
    assert covariate(read(mapped(tmp_path, "a.csv", "age: age", ", encoding: utf-8")), "age") == [40, 50]


def test_a_file_that_was_cut_off(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"id,arm,age,weight\n1,1,40,60\n2,2,50,70\n3,1,45")
    found = only_problem(mapped(tmp_path, "a.csv", "age: age, weight: weight"))
    assert found.message == "the last line, 4, ends before its last cell"
    (tmp_path / "a.csv").write_bytes(b"id,arm,age,weight\n1,1,40,60\n2,2,50,70")
    assert covariate(read(mapped(tmp_path, "a.csv", "age: age, weight: weight")), "weight") == [60, 70]


def test_the_first_sheet_may_be_hidden(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        suppressed, shown = book.add_worksheet("Old"), book.add_worksheet("New")
        for sheet, age in ((suppressed, 40), (shown, 41)):
            for row, record in enumerate([["id", "arm", "age"], [1, 1, age], [2, 2, age]]):
                sheet.write_row(row, 0, record)
        shown.activate()
        suppressed.hide()
    found = only_problem(mapped(tmp_path, "a.xlsx", "age: age"))
    assert (found.message, found.hint) == (
        "the first sheet, 'Old', is hidden",
        "Name the `sheet`. The workbook has Old, New.",
    )
    assert covariate(read(mapped(tmp_path, "a.xlsx", "age: age", ", sheet: 1")), "age") == [40, 40]


# What the file says of its values


PEOPLE_OF_FOUR = {"id": [1.0, 2, 3, 4], "arm": [1.0, 2, 1, 2]}


@pytest.mark.parametrize("label", ["Missing", "not answered", "n/a", "Refused"])
def test_a_number_whose_label_says_missing_is_no_number(label: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({**PEOPLE_OF_FOUR, "x": [0.0, 99, 20, 100]})
    labels = {"x": {0: "no pain", 99: label, 100: "worst pain"}}
    pyreadstat.write_sav(frame, tmp_path / "a.sav", variable_value_labels=labels)
    rule = "VAS: {column: {baseline: x}}"
    found = only_problem(mapped(tmp_path, "a.sav", rule))
    message = f"a labelled number among unlabelled ones: 99 ('{label}', n = 1), which would be read as a number"
    assert (found.message, found.where) == (message, "a.sav, column 'x', row 2")
    assert found.hint.startswith("If it is missing, list it: `missing: [99]`;")
    assert measured(read(mapped(tmp_path, "a.sav", rule, ", missing: [99]")), "VAS", "baseline") == {
        "1": 0,
        "3": 20,
        "4": 100,
    }


def test_codes_of_the_mapping_overrule_what_the_file_declares_missing(tmp_path: Path) -> None:
    frame = pd.DataFrame({**PEOPLE_OF_FOUR, "x": [1.0, 2, 8, 9]})
    labels = {"x": {1: "M", 2: "F", 8: "not applicable"}}
    pyreadstat.write_sav(
        frame, tmp_path / "a.sav", missing_ranges={"x": [{"lo": 8, "hi": 9}]}, variable_value_labels=labels
    )
    found = read(mapped(tmp_path, "a.sav", "sex: {column: x, codes: {M: male, F: female, not applicable: female}}"))
    assert covariate(found, "sex") == ["male", "female", "female", None]
    assert lines(found, "missing") == [("sex", "9 → missing, as the file declares", 1)]


def test_long_codes_of_participants_stay_apart(tmp_path: Path) -> None:
    ids = pyarrow.array([9007199254740993, 9007199254740992, 5, None], pyarrow.int64())
    columns = {"id": ids, "arm": [1, 2, 1, None], "ok": [1, 1, 1, None], "age": [20, 30, None, None]}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    found = only_problem(mapped(tmp_path, "a.parquet", "age: age"))
    assert (found.message, found.where) == ("rows without a participant", "a.parquet, column 'id', row 4")
    pyarrow.parquet.write_table(pyarrow.table(columns).slice(0, 3), tmp_path / "a.parquet")
    assert covariate(read(mapped(tmp_path, "a.parquet", "age: age")), "age") == [20, 30, None]


def test_a_number_in_two_intervals(tmp_path: Path) -> None:
    rule = "anxiety: {column: x, cut: {low: 0 to 7, high: 7 to 10}}"
    found = only_problem(one_trial(tmp_path, "id,arm,x\n1,1,7\n2,2,8\n3,1,6", rule))
    assert (found.message, found.where) == ("'7' in two of the intervals 0 to 7, 7 to 10", "a.csv, column 'x', row 2")
    assert covariate(read(one_trial(tmp_path, "id,arm,x\n1,1,6\n2,2,8", rule)), "anxiety") == ["low", "high"]


STRAY = 'id,arm,note,age\n1,1,"abc,40\n2,2,def",50\n3,1,x,60\n4,2,x,50'


@pytest.mark.parametrize("text", [STRAY, STRAY.replace('def"', "def").replace("3,1,x,60", '3,1,x",60')])
def test_a_stray_quote_does_not_swallow_a_person(text: str, tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, text, "age: age"))
    assert found.message == "a quote holds what looks like the rows after it: line 2"


@pytest.mark.parametrize("note", ["one, two\nthree, four", "a\nb,c\nd", "\n", "x,\n,y"])
def test_a_quoted_text_may_hold_lines_and_separators(note: str, tmp_path: Path) -> None:
    text = f'note,id,arm,remark,age\n"{note}",1,1,"{note}",40\n"",2,2,"",50'
    assert covariate(read(one_trial(tmp_path, text, "age: age")), "age") == [40, 50]


def test_utf_16_without_its_mark(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("id,arm,age\n1,1,40\n2,2,50\n".encode("utf-16-le"))
    found = only_problem(mapped(tmp_path, "a.csv", "age: age"))
    assert (found.message, "`encoding: utf-16-le`" in found.hint) == ("the file is not UTF-8 text", True)
    assert covariate(read(mapped(tmp_path, "a.csv", "age: age", ", encoding: utf-16-le")), "age") == [40, 50]


@pytest.mark.parametrize("cell", ["1 040", "1\u00a0040", "1'040", "1.040,5"])
def test_grouped_thousands_are_not_called_missing(cell: str, tmp_path: Path) -> None:
    data = 'decimal: ",", separator: ";"'
    found = only_problem(one_trial(tmp_path, f"id;arm;age\n1;1;{cell}\n2;2;50", "age: age", data=data))
    assert found.hint == "Save the file without signs that group thousands."


def test_a_code_and_its_label_may_not_contradict_each_other(tmp_path: Path) -> None:
    frame = pd.DataFrame({**PEOPLE_OF_FOUR, "x": [1.0, 2, 1, 2]})
    pyreadstat.write_sav(frame, tmp_path / "a.sav", variable_value_labels={"x": {1: "Yes", 2: "No"}})
    found = only_problem(mapped(tmp_path, "a.sav", "sex: {column: x, codes: {1: male, 2: female, Yes: female}}"))
    assert found.message == "1 and 'Yes' are the same value of the file, its code and its label"
    rule = "sex: {column: x, codes: {1: male, 2: female, Yes: male}}"
    assert covariate(read(mapped(tmp_path, "a.sav", rule)), "sex") == ["male", "female", "male", "female"]


def test_another_arm_in_another_file(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,arm,age\n1,1,40\n2,2,50\n3,1,60")
    table(tmp_path, "b.csv", "id,arm,weight\n1,1,70\n2,1,71\n3,,72")
    files = "[{file: a.csv, participant: id}, {file: b.csv, participant: id}]"
    text = f"trial: A\ndata: {files}\n{ARMS}\nvariables: {{age: age, weight: weight}}"
    found = only_problem(study(tmp_path, a=text))
    assert found.message == "1 participant in another arm than in the first file that has this column"
    assert found.where == "b.csv, column 'arm', row 3"
    table(tmp_path, "b.csv", "id,arm,weight\n1,1,70\n2,2,71\n3,,72")
    assert covariate(read(tmp_path), "weight") == [70, 71, 72]


@pytest.mark.parametrize("sign", ["NA", ".", "?", "null"])
def test_a_sign_of_a_missing_value_is_no_participant(sign: str, tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, f"id,arm,age\n1,1,40\n{sign},2,50\n3,2,60", "age: age"))
    assert (found.message, found.where) == ("rows without a participant", "a.csv, column 'id', row 3")


BY_SITE = "data: {file: a.csv, participant: id}"


def by_site(folder: Path, odd: str, codes: str = "") -> Path:
    table(folder, "a.csv", f"id,site,arm,age\n1,N,1,20\n2,N,2,30\n3,{odd},2,40\n4,{odd},1,50")
    return study(folder, a=f"trial: {{column: site{codes}}}\n{BY_SITE}\n{ARMS}\nvariables: {{age: age}}")


def test_a_trial_has_a_name_and_one_way_of_writing_it(tmp_path: Path) -> None:
    assert only_problem(by_site(tmp_path, "NA")).message == "a trial called 'NA'"
    assert only_problem(by_site(tmp_path, "n")).message == "trials whose names are almost the same: 'N', 'n'"
    named = read(by_site(tmp_path, "NA", ", codes: {N: North, NA: Namibia}"))
    assert [(trial.name, trial.n) for trial in named.trials] == [("North", 2), ("Namibia", 2)]


def test_a_prefix_makes_names_of_values_that_are_none(tmp_path: Path) -> None:
    path = by_site(tmp_path, "12", ", prefix: Centre")
    text = (path / "a.yaml").read_text(encoding="utf-8")
    (path / "a.yaml").write_text(f"{text}country: {{N: Norway, Centre 12: Peru}}\n", encoding="utf-8")
    found = read(path)
    assert [(trial.name, trial.country, trial.n) for trial in found.trials] == [
        ("Centre 12", "Peru", 2),
        ("Centre N", "Norway", 2),
    ]
    (path / "a.yaml").write_text(f"{text}country: {{M: Mali}}\n", encoding="utf-8")
    assert only_problem(path).message == "there is no trial 'M' in the file"
    both = examine_study(by_site(tmp_path, "12", ", prefix: Centre, codes: {N: North, 12: South}")).problems
    assert any("`prefix` cannot be combined with `codes`" in problem.message for problem in both)


def test_values_beyond_the_end_of_a_row_are_counted(tmp_path: Path) -> None:
    text = "id,arm,age,weight\n1,1,40,60\n2,2,50\n3,1,,\n4,2"
    found = read(one_trial(tmp_path, text, "age: age, weight: weight".replace(", ", "\n")))
    assert covariate(found, "weight") == [60, None, None, None]
    assert lines(found, "missing") == [
        ("age", "the row ends before it → missing", 1),
        ("weight", "the row ends before it → missing", 2),
    ]


def test_two_visits_at_one_time(tmp_path: Path) -> None:
    text = "id,tp,arm,v\n1,a,1,40\n1,b,1,41\n2,a,2,50\n2,b,2,50\n2,3,2,51"
    found = only_problem(one_trial(tmp_path, text, "VAS: v", data=VISITS))
    assert found.message == "'VAS' was measured at 'V1' and at 'screening', which are the same time"
    data = VISITS.replace("screening", "first")
    chosen = read(one_trial(tmp_path, text, "VAS: {column: v, visits: [baseline (V1), 3 months]}", data=data))
    assert measured(chosen, "VAS", "V1") == {"1": 41, "2": 50}


@pytest.mark.parametrize(
    ("code", "cells"),
    [("9", "1 2 9"), ("1", "1 2 3 4 5 6 7 8 9"), ("-1", "-1 -2 -3"), ("1", "1 2 5"), ("1", "1 2 5 7"), ("1", "1 9 10")],
)
def test_numbers_that_are_answers_count_as_other_answers(code: str, cells: str, tmp_path: Path) -> None:
    held = [f"{i + 1},{i % 2 + 1},{cell}" for i, cell in enumerate(cells.split())]
    rule = f"anxiety: {{items: [x], yes: {code}, cut: {{low: up to 0, high: above 0}}}}"
    found = covariate(read(one_trial(tmp_path, "\n".join(["id,arm,x", *held]), rule)), "anxiety")
    assert found == ["high" if cell == code else "low" for cell in cells.split()]


def test_no_value_is_a_minus_zero(tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, "id,arm,x\n1,1,-0\n2,2,-0.0", "VAS: {column: {baseline: x}}"))
    assert [str(value) for value in measured(found, "VAS", "baseline").values()] == ["0.0", "0.0"]


@pytest.mark.parametrize("code", ["9", "-1", "99"])
def test_a_missing_code_among_items_is_not_added_to_the_score(code: str, tmp_path: Path) -> None:
    text = f"id,arm,a,b\n1,1,3,{code}\n2,2,0,1\n3,1,2,0"
    rule = "anxiety: {items: [a, b], at_least: 1, cut: {low: up to 3, high: above 3}"
    found = only_problem(one_trial(tmp_path, text, rule + "}"))
    assert (found.message, found.where) == (f"'{code}' would be added to the score", "a.csv, column 'b', row 2")
    assert covariate(read(one_trial(tmp_path, text, f"{rule}, missing: [{code}]}}")), "anxiety") == [
        "high",
        "low",
        "low",
    ]
    told = read(one_trial(tmp_path, text, f"{rule}, item_range: [-1, 100]}}"))
    assert covariate(told, "anxiety")[1:] == ["low", "low"]


def test_participants_of_different_trials_are_never_alike(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,site,arm,age\n11,1,1,20\n2,1,2,30\n1,11,2,40\n12,11,1,50")
    text = f"trial: {{column: site}}\n{BY_SITE}\n{ARMS}\nvariables: {{age: age}}"
    assert covariate(read(study(tmp_path, a=text)), "age") == [20, 30, 40, 50]

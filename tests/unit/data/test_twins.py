"""Participants and trials that are written almost alike: told, and settled by the mapping."""

from __future__ import annotations

import datetime
import unicodedata
from pathlib import Path

import pandas as pd
import pytest

from reportgen.data import Repository
from reportgen.errors import SpecError
from reportgen.spec.load import load_study
from reportgen.spec.lock import locked
from tests.unit.data.workshop import ARMS, covariate, lines, one_trial, only_problem, problems, read, study, table

pytestmark = pytest.mark.sampled(3)

FILES = "data: [{file: a.csv, participant: id}, {file: b.csv, participant: id}]"


def two_files(folder: Path, first: list[str], second: list[str], rest: str = "") -> Path:
    """Write a trial whose arms stand in one file and whose ages in another, under these ids."""
    table(folder, "a.csv", "\n".join(["id,arm", *(f"{item},{1 + i % 2}" for i, item in enumerate(first))]))
    table(folder, "b.csv", "\n".join(["id,age", *(f"{item},{40 + i}" for i, item in enumerate(second))]))
    return study(folder, a=f"trial: A\n{rest}\n{FILES}\n{ARMS}\nvariables: {{age: age}}")


def ages(repository: Repository) -> list[object]:
    return covariate(repository, "age")


# Ids of two files


@pytest.mark.parametrize(
    ("here", "there"),
    [("P-3", "P3"), ("P_3", "P-3"), ("P/3", "P 3"), ("p3", "P3"), ("003", "3"), ("Ｐ3", "P3"), ("É3", "E3"),
     ("1–3", "1-3"), ("1.3", "1-3"), ("٣", "3"), ("Р3", "P3"), ("A#3", "A3")],
)  # fmt: skip
def test_one_person_in_two_writings_is_told_and_settled(here: str, there: str, tmp_path: Path) -> None:
    ids = ["X1", "X2", "X4", "X5"]
    found = only_problem(two_files(tmp_path, [*ids, there], [*ids, here]))
    assert found.message == f"1 participant written differently from a.csv: '{here}' (row 6) is '{there}' (row 6) there"
    assert found.where == "b.csv, column 'id', row 6"
    assert "`ids: as written`" in found.hint and "`ids: loose`" in found.hint
    assert ages(read(two_files(tmp_path, [*ids, there], [*ids, here], "ids: loose"))) == [40, 41, 42, 43, 44]
    apart = read(two_files(tmp_path, [*ids, there], [*ids, here], "ids: as written"))
    assert ages(apart) == [40, 41, 42, 43, None]
    assert lines(apart, "left-out") == [("id", "in b.csv, but not in a.csv → left out", 1)]


@pytest.mark.parametrize(
    ("here", "there"), [("12-001", "12001"), ("12001", "12/001"), ("2E3", "2000"), ("1.1", "1.10")]
)
def test_one_person_perhaps(here: str, there: str, tmp_path: Path) -> None:
    ids = ["X1", "X2", "X4", "X5"]
    found = problems(two_files(tmp_path, [*ids, there], [*ids, here]))
    assert found[0].message.startswith(f"1 participant written differently from a.csv: '{here}' (row 6) is '{there}'")
    assert "loose" not in found[0].hint


def test_two_people_whose_ids_hold_the_same_digits(tmp_path: Path) -> None:
    found = read(two_files(tmp_path, ["1-1", "1-2", "1-11", "2-1"], ["1-1", "1-2", "11-1", "2-1"]))
    assert ages(found) == [40, 41, None, 43]
    assert lines(found, "left-out") == [("id", "in b.csv, but not in a.csv → left out", 1)]


def test_who_has_an_exact_partner_is_looked_for_no_further(tmp_path: Path) -> None:
    found = two_files(tmp_path, ["1", "2", "3"], ["1", "2", "3", "03"], "ids: as written")
    assert ages(read(found)) == [40, 41, 42]
    (in_one_file,) = problems(two_files(tmp_path, ["1", "2", "3"], ["1", "2", "3", "03"]))
    assert in_one_file.message == "1 participant written in more than one way: '3' and '03'"


def test_invisible_characters_and_whole_numbers_make_no_other_person(tmp_path: Path) -> None:
    first = ["1", "2.0", "Zoë", "A 4"]
    found = read(two_files(tmp_path, first, ["1\u200b", "2", unicodedata.normalize("NFD", "Zoë"), "A\u00a04"]))
    assert ages(found) == [40, 41, 42, 43]


def test_sites_and_ids_in_other_writings(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,site,arm\n1,N,1\n2,N,2\n1,S,2\n2,S,1")
    table(tmp_path, "b.csv", "id,site,age\n1,N,40\n2,N,41\n1,s,42\n02,S,43")
    text = f"trial: {{column: site}}\n{FILES}\n{ARMS}\nvariables: {{age: age}}"
    found = only_problem(study(tmp_path, a=text))
    assert found.message == (
        "2 participants written differently from a.csv: "
        "'1' of 's' (row 4) is '1' of 'S' (row 4) there, '02' of 'S' (row 5) is '2' of 'S' (row 5) there"
    )


def test_a_long_file_with_one_person_in_two_writings(tmp_path: Path) -> None:
    text = "id,tp,arm,v\nP-1,0,1,3\nP_1,3,1,4\nP-2,0,2,7"
    data = "layout: long, visit: {column: tp, codes: {0: baseline, 3: 3 months}}"
    found = only_problem(one_trial(tmp_path, text, "VAS: v", data=data))
    assert found.message == "1 participant written in more than one way: 'P-1' and 'P_1'"
    assert len(read(one_trial(tmp_path, text, "VAS: v", data=data, rest="ids: loose")).participants) == 2
    assert len(read(one_trial(tmp_path, text, "VAS: v", data=data, rest="ids: as written")).participants) == 3


# Files that do not fit


def test_half_of_the_people_without_a_partner_in_both_files(tmp_path: Path) -> None:
    first, second = ["1", "2", "3", "4"], ["1", "2", "91", "92"]
    found = only_problem(two_files(tmp_path, first, second))
    assert found.message == "only 2 of the 4 participants of this file are in a.csv, where 2 of 4 are not in this one"
    assert found.hint.startswith("Here are '91', '92', there '3', '4': write each id the same way in both files.")
    assert ages(read(two_files(tmp_path, first, second, "ids: as written"))) == [40, 41, None, None]


@pytest.mark.parametrize("here", ["NOR{}", "{}/17", "{}-B"])
def test_a_third_of_the_people_numbered_otherwise(here: str, tmp_path: Path) -> None:
    first = [str(number) for number in range(1, 10)]
    found = only_problem(two_files(tmp_path, first, [*first[:6], *map(here.format, first[6:])]))
    assert found.message == "only 6 of the 9 participants of this file are in a.csv, where 3 of 9 are not in this one"


def test_people_of_another_study_in_the_second_file(tmp_path: Path) -> None:
    first = [f"N{number}" for number in range(1, 10)]
    found = read(two_files(tmp_path, first, [*first[:6], "X/1", "X/2", "X/3"]))
    assert lines(found, "left-out") == [("id", "in b.csv, but not in a.csv → left out", 3)]


def test_people_of_one_file_only_are_counted(tmp_path: Path) -> None:
    screened = [str(number) for number in range(1, 21)]
    found = read(two_files(tmp_path, ["1", "2", "3"], screened))
    assert lines(found, "left-out") == [("id", "in b.csv, but not in a.csv → left out", 17)]
    assert ages(read(two_files(tmp_path, screened, ["3"])))[:3] == [None, None, 40]


def test_a_file_without_anybody_is_no_matter_of_writing(tmp_path: Path) -> None:
    found = only_problem(two_files(tmp_path, ["1", "2"], ["8", "9"], "ids: as written"))
    assert found.message == "no participant of this file is in a.csv"


# Ids that a spreadsheet has changed


@pytest.mark.parametrize(
    "date", ["2026-03-03", "3-Mar", "03. Mrz", "Mar-03", "3/3/2026", "03.03.2026", "01:30:00", "3-Mar-26"]
)
def test_a_date_in_place_of_an_id(date: str, tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, f"id,arm,age\n1/40,1,40\n{date},2,50\n7/99,2,60", "age: age"))
    assert (found.message, found.where) == (f"dates instead of ids: '{date}'", "a.csv, column 'id', row 3")
    assert "`ids: dates`" in found.hint
    said = read(one_trial(tmp_path, f"id,arm,age\n1/40,1,40\n{date},2,50\n7/99,2,60", "age: age", rest="ids: dates"))
    assert covariate(said, "age") == [40, 50, 60]


def test_cells_of_a_sheet_that_are_dates(tmp_path: Path) -> None:
    ids = [datetime.date(2026, 3, 3), "13/3", datetime.date(2026, 4, 3)]
    pd.DataFrame({"id": ids, "arm": [1, 2, 1], "age": [40, 50, 60]}).to_excel(tmp_path / "a.xlsx", index=False)
    text = f"trial: A\ndata: {{file: a.xlsx, participant: id}}\n{ARMS}\nvariables: {{age: age}}"
    found = only_problem(study(tmp_path, a=text))
    assert found.message == "dates instead of ids: '2026-03-03', '2026-04-03'"
    assert found.where == "a.xlsx, sheet 'Sheet1', column 'id', rows 2, 4"


@pytest.mark.parametrize(
    "ids", [["2019-01-07", "2019-01-45"], ["MAR-01", "OSL-02"], ["1-11", "11-1"], ["MAY", "1E5"], ["1234-05-06", "7"]]
)
def test_schemes_of_ids_that_are_no_dates(ids: list[str], tmp_path: Path) -> None:
    assert len(read(one_trial(tmp_path, f"id,arm,age\n{ids[0]},1,40\n{ids[1]},2,50", "age: age")).participants) == 2


def test_ids_shortened_to_powers_of_ten(tmp_path: Path) -> None:
    rows = "id,arm,age\n1.23457E+11,1,40\n7,2,50"
    found = only_problem(one_trial(tmp_path, rows, "age: age"))
    assert (found.message, found.where) == ("powers of ten instead of ids: '1.23457E+11'", "a.csv, column 'id', row 2")
    assert len(read(one_trial(tmp_path, rows, "age: age", rest="ids: as written")).participants) == 2


def test_ids_as_written_take_no_other_word(tmp_path: Path) -> None:
    folder = one_trial(tmp_path, "id,arm,age\n1,1,40\n2,2,50", "age: age", rest="ids: [as written, loose]")
    with pytest.raises(SpecError, match="already takes ids as they are"):
        load_study(folder)


def test_the_lock_holds_the_keys(tmp_path: Path) -> None:
    text = locked(load_study(one_trial(tmp_path, "id,arm,age\n1,1,40\n2,2,50", "age: age", rest="ids: dates")))
    assert "ids:\n    - dates" in text and "different_trials: []" in text


# Trials


def by_site(folder: Path, one: str, other: str, rest: str = "") -> Path:
    table(folder, "a.csv", f"id,site,arm,age\n1,{one},1,20\n2,{one},2,30\n3,{other},2,40\n4,{other},1,50")
    data = "data: {file: a.csv, participant: id}"
    return study(folder, a=f"trial: {{column: site}}\n{rest}\n{data}\n{ARMS}\nvariables: {{age: age}}")


@pytest.mark.parametrize("other", ["Os\u00adlo", "\ufeffOslo", "Oslo\u200b", " Oslo", "Oslo\u00a0"])
def test_a_site_in_other_characters_is_one(other: str, tmp_path: Path) -> None:
    assert [(trial.name, trial.n) for trial in read(by_site(tmp_path, "Oslo", other)).trials] == [("Oslo", 4)]


@pytest.mark.parametrize(
    ("one", "other"), [("Malmö", "Malmo"), ("A1", "Ａ1"), ("Site 1", "Site 01"), ("O-1", "O1"), ("Оslo", "Oslo")]
)
def test_sites_that_look_alike_are_told_and_may_be_kept(one: str, other: str, tmp_path: Path) -> None:
    found = only_problem(by_site(tmp_path, one, other))
    assert found.message == f"trials whose names are almost the same: '{one}', '{other}'"
    assert (found.where, f"`different_trials: [{one}, {other}]`" in found.hint) == (
        "a.csv, column 'site', rows 2, 3, 4, 5",
        True,
    )
    kept = read(by_site(tmp_path, one, other, f"different_trials: [{one}, {other}]"))
    assert sorted(trial.name for trial in kept.trials) == sorted([one, other])


@pytest.mark.parametrize(
    ("one", "other"), [("Oslo", "OSLO"), ("St. Olav", "St Olav"), ("A+", "A-"), ("O'Neill", "O’Neill")]
)
def test_sites_that_results_cannot_tell_apart_need_another_name(one: str, other: str, tmp_path: Path) -> None:
    found = only_problem(
        by_site(tmp_path, one, other, f"different_trials: [{one!r}, {other!r}]".replace('"O\'Neill"', "O'Neill"))
    )
    assert found.message == f"trials whose names are almost the same: '{one}', '{other}'"
    assert "say with `codes` what each is called" in found.hint


def test_sites_that_a_spreadsheet_made_dates(tmp_path: Path) -> None:
    found = only_problem(by_site(tmp_path, "2026-01-03", "1-40"))
    assert found.message == "dates instead of names of trials: '2026-01-03'"


def of_two_mappings(folder: Path, one: str, other: str, rest: str = "") -> Path:
    table(folder, "a.csv", "id,arm,age\n1,1,40\n2,2,50")
    data = f"data: {{file: a.csv, participant: id}}\n{ARMS}\nvariables: {{age: age}}"
    return study(folder, a=f"trial: {one}\n{data}", b=f"trial: {other}\n{rest}\n{data}")


def test_trials_of_two_mappings(tmp_path: Path) -> None:
    found = only_problem(of_two_mappings(tmp_path, "Malmö", "Malmo"))
    assert found.message.startswith("two trials have almost the same name: 'Malmö' (")
    assert found.origin is not None and found.origin.file.endswith("b.yaml")
    kept = read(of_two_mappings(tmp_path, "Malmö", "Malmo", "different_trials: [Malmö, Malmo]"))
    assert [trial.name for trial in kept.trials] == ["Malmö", "Malmo"]
    apart = unicodedata.normalize("NFD", "Malmö")
    assert only_problem(of_two_mappings(tmp_path, "Malmö", f"{apart}\u200b")).message == "two trials are called 'Malmö'"


def test_names_that_keep_nothing_apart(tmp_path: Path) -> None:
    found = problems(of_two_mappings(tmp_path, "North", "South", "different_trials: [North, Nord]"))
    assert [problem.message for problem in found] == [
        "'North' does not resemble another trial of this list",
        "there is no trial 'Nord'",
    ]

"""Codes, levels and names are what was written, whatever YAML could make of them; what is nothing is told once."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from reportgen.errors import SpecError
from reportgen.pipeline import read
from reportgen.spec.load import examine_study
from tests.study_files import people, write_study

pytestmark = pytest.mark.sampled(4)

PAIRS = [
    ("01", "02"),
    ("007", "7"),
    ("0o7", "0x8"),
    ("1_0", "2_0"),
    ("1:30", "2:30"),
    ("2020-01-01", "2020-02-01"),
    ("true", "false"),
    ("TRUE", "FALSE"),
    ("yes", "no"),
    ("NO", "SE"),
    ("'NA'", "x"),
    ("1.10", "1.1"),
    ("2.10", "2.100"),
    ("1e5", "1e6"),
    (".5", ".6"),
    ("+1", "+2"),
    ("-0.50", "0.50"),
    ("'~'", "'null'"),
    (".inf", ".nan"),
    ("1e400", "2e400"),
    ("12345678901234567890", "12345678901234567891"),
]


def with_codes(folder: Path, one: str, two: str, *, levels: bool = False) -> Path:
    """The small study whose first trial writes these codes for sex, with or without a mapping to levels."""
    path = write_study(folder)
    table = people(1)
    first, second = one.strip("'"), two.strip("'")
    table["sex"] = [first if code == 1 else second for code in table["sex"]]
    table.to_csv(folder / "north.csv", index=False)
    north = folder / "north.yaml"
    text = north.read_text().replace("1: male\n      2: female", f"{one}: male\n      {two}: female")
    if levels:
        study = path.read_text().replace("- female\n    - male", f"- {one}\n    - {two}")
        path.write_text(study.replace("reference: female", f"reference: {one}"))
        text = north.read_text().replace("    codes:\n      1: male\n      2: female\n", "")
        south = folder / "south.yaml"
        south.write_text(south.read_text().replace("1: male\n      2: female", f"1: {one}\n      2: {two}"))
    north.write_text(text)
    return path


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_codes_work_as_written(tmp_path: Path, one: str, two: str) -> None:
    _, repository = read(with_codes(tmp_path, one, two))
    sexes = repository.participants.loc[repository.participants["trial"] == "North", "sex"]
    wanted = people(1)["sex"].map({1: "male", 2: "female"})
    assert sexes.tolist() == wanted.tolist()


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_levels_work_as_written(tmp_path: Path, one: str, two: str) -> None:
    _, repository = read(with_codes(tmp_path, one, two, levels=True))
    first, second = one.strip("'"), two.strip("'")
    for trial, seed, n in (("North", 1, 60), ("South", 2, 80)):
        sexes = repository.participants.loc[repository.participants["trial"] == trial, "sex"]
        assert sexes.tolist() == people(seed, n)["sex"].map({1: first, 2: second}).tolist()


@pytest.mark.parametrize("word", ["~", "null", "NULL"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1: male\n      2", "{}: male\n      2"),
        ("participant: id", "participant: id\n  missing: [{}]"),
        ("participant: id", "participant: id\n  keep: {{column: id, equals: {}}}"),
        ("participant: id", "participant: id\n  keep: {{column: id, one_of: [{}]}}"),
        ("trial: North", "trial: {}"),
        ("class: exercise", "leave_out: {}"),
    ],
)
def test_nothing_is_told_once_with_its_place(tmp_path: Path, old: str, new: str, word: str) -> None:
    path = write_study(tmp_path)
    north = tmp_path / "north.yaml"
    north.write_text(north.read_text().replace(old, new.format(word, word), 1))
    problems = [
        problem for problem in examine_study(path).problems if "nothing" in problem.message or word in problem.hint
    ]
    (problem,) = problems
    assert problem.origin is not None
    assert problem.origin.text[problem.origin.column - 1 :].startswith(word)
    assert f"'{word}'" in problem.hint


def test_a_word_that_yaml_makes_nothing_is_no_silent_wish(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    path.write_text(path.read_text().replace("reference: female", "reference: NULL"))
    (problem,) = examine_study(path).problems
    assert problem.message == "`NULL` is an empty value where a word is expected"


def test_a_code_and_its_twin_in_other_kind_are_still_one_code(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    north = tmp_path / "north.yaml"
    north.write_text(north.read_text().replace("2: female", "2: female\n      '1': male"))
    with pytest.raises(SpecError, match="1 and '1' are the same code"):
        read(path)


@pytest.mark.parametrize("sep", [",", ";"])
def test_versions_of_a_code_are_told_apart_in_every_place(tmp_path: Path, sep: str) -> None:
    path = write_study(
        tmp_path, north={"arms": {"column": "arm", "codes": {"2.1": {"class": "exercise"}, "2.10": {"class": "sham"}}}}
    )
    table = people(1)
    table["arm"] = ["2.1" if code == 1 else "2.10" for code in table["arm"]]
    table.to_csv(tmp_path / "north.csv", index=False, sep=sep)
    _, repository = read(path)
    arms = repository.participants.loc[repository.participants["trial"] == "North", "arm_class"]
    assert arms.tolist() == people(1)["arm"].map({1: "exercise", 2: "sham"}).tolist()


def test_numbers_that_codes_stand_for_may_end_in_a_zero(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    north = tmp_path / "north.yaml"
    north.write_text(north.read_text().replace("column: age", "column: sex\n    codes: {1: 20.50, 2: 3e1}"))
    _, repository = read(path)
    ages = repository.participants.loc[repository.participants["trial"] == "North", "age"]
    assert set(ages) == {20.5, 30.0}
    assert isinstance(ages, pd.Series)

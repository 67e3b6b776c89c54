"""Texts that look the same are the same: names, columns, codes, levels, sheets and files, in whatever characters."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pandas as pd
import pytest

from reportgen.spec.fidelity import Fidelity
from reportgen.spec.load import examine_study
from reportgen.spec.normal import compact, loose, normal, on_disk
from reportgen.spec.source import read_source
from tests.unit.data.workshop import ARMS, covariate, one_trial, only_problem, problems, read, study, table

ROWS = "id,arm,age\n1,1,40\n2,2,50"


def apart(text: str) -> str:
    """A text as a Mac writes it: letters and their accents are characters of their own."""
    return unicodedata.normalize("NFD", text)


@pytest.mark.parametrize("unseen", ["\u200b", "\ufeff", "\u00ad", "\u2060", "\u200d", "\u200e", "\u202c", "\u180e"])
def test_invisible_characters_do_not_count(unseen: str) -> None:
    assert normal(f"Os{unseen}lo{unseen}") == "Oslo"


@pytest.mark.parametrize("space", ["\u00a0", "\u2009", "\u202f", "\u3000", "\t", "  ", " \u00a0"])
def test_any_white_space_is_a_space(space: str) -> None:
    assert normal(f"{space}New{space}York{space}") == "New York"


def test_joiners_that_shape_letters_are_kept() -> None:
    assert normal("نمی\u200cدانم") != normal("نمیدانم")
    assert normal("👩\u200d⚕") == "👩\u200d⚕"


@pytest.mark.parametrize("one", ["P-1", "P1", "P_1", "p 1", "P–1", "P−1", "Ｐ１", "P.1", "Р-1", "P/01", "P‑1"])
def test_writings_of_one_participant(one: str) -> None:
    assert loose(one) == "p1"


@pytest.mark.parametrize(
    ("one", "other"), [("1-11", "11-1"), ("1.1", "1.10"), ("10", "1"), ("1-11", "111"), ("A+", "A-")]
)
def test_writings_of_two_participants(one: str, other: str) -> None:
    assert loose(one) != loose(other)


def test_letters_and_digits_alone() -> None:
    assert compact("12-001") == compact("12001") != compact("12-1")


def test_columns_codes_levels_and_missing_codes_in_other_characters(tmp_path: Path) -> None:
    rows = apart(
        "id,arm,\u200bâge,sexe\u00a0,poids\n1,1,40,élevé,70\n2,2,5\u200b0,bas\u00ad,inconnü\n3,1\ufeff,60,élevé,71\n"
    )
    variables = (
        "age: âge\nsex: {column: sexe, codes: {élevé: male, bas: female}}\nweight: {column: poids, missing: inconnü}"
    )
    found = read(one_trial(tmp_path, rows, variables))
    assert covariate(found, "age") == [40, 50, 60]
    assert covariate(found, "sex") == ["male", "female", "male"]
    assert covariate(found, "weight") == [70, None, 71]


def test_the_mapping_may_be_the_one_in_other_characters(tmp_path: Path) -> None:
    variables = apart('"age": "â\u200bge"\nsex: {column: sexe, codes: {"éle\u00advé": "ma\u200ble", bas: female}}')
    found = read(one_trial(tmp_path, "id,arm,âge,sexe\n1,1,40,élevé\n2,2,50,bas", variables))
    assert (covariate(found, "age"), covariate(found, "sex")) == ([40, 50], ["male", "female"])


def test_flags_rules_of_who_stays_visits_and_labels_in_other_characters(tmp_path: Path) -> None:
    rows = apart(
        "id,tp,arm,ok,x,v\n1,début,1,été,sí,3\n1,après,1,été,sí,4\n2,début,2,été,no,5\n2,après,2,été,no,6\n3,début,1,hiver,no,7"
    )
    data = "layout: long, visit: {column: tp, codes: {début: baseline, après: 3\u00a0months}}, keep: {column: ok, equals: été}"
    variables = "VAS: v\nsex: {flags: {male: {column: x, equals: sí}}, otherwise: female}"
    found = read(one_trial(tmp_path, rows, variables, data=data))
    assert covariate(found, "sex") == ["male", "female"]
    assert found.trials[0].visits == (("baseline", 0.0), ("3 months", 3.0))


def test_a_cell_of_invisible_characters_is_empty(tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, "id,arm,age\n1,1,\u200b\n2,2,50", "age: age"))
    assert covariate(found, "age") == [None, 50]


def test_two_columns_whose_names_look_the_same(tmp_path: Path) -> None:
    found = only_problem(one_trial(tmp_path, "id,arm,age,a\u200bge\n1,1,40,41\n2,2,50,51", "age: age"))
    assert found.message == "the column 'age' occurs twice in the header"


def test_a_file_name_of_a_mac(tmp_path: Path) -> None:
    table(tmp_path, apart("Zoë.csv"), ROWS)
    text = f"trial: A\ndata: {{file: Zoë.csv, participant: id}}\n{ARMS}\nvariables: {{age: age}}"
    assert covariate(read(study(tmp_path, a=text)), "age") == [40, 50]
    table(tmp_path, "Zoë.csv", ROWS)
    assert only_problem(tmp_path).message == "2 files are called 'Zoë.csv'"


def test_folders_and_mappings_with_names_of_a_mac(tmp_path: Path) -> None:
    (tmp_path / apart("données")).mkdir()
    table(tmp_path / apart("données"), "a.csv", ROWS)
    study(tmp_path, a=f"trial: A\ndata: {{file: données/a.csv, participant: id}}\n{ARMS}\nvariables: {{age: age}}")
    (tmp_path / "a.yaml").rename(tmp_path / apart("é.yaml"))
    text = (tmp_path / "study.yaml").read_text(encoding="utf-8").replace("a.yaml", "é.yaml")
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    assert covariate(read(tmp_path), "age") == [40, 50]
    assert on_disk(tmp_path / "à.yaml") == []


def test_a_sheet_in_other_characters(tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        pd.DataFrame({"x": [1]}).to_excel(book, sheet_name="Notes", index=False)
        pd.DataFrame({"id": [1, 2], "arm": [1, 2], "age": [40, 50]}).to_excel(
            book, sheet_name=apart("Données\u00a02"), index=False
        )
    data = "{file: a.xlsx, sheet: Données 2, participant: id}"
    text = f"trial: A\ndata: {data}\n{ARMS}\nvariables: {{age: age}}"
    assert covariate(read(study(tmp_path, a=text)), "age") == [40, 50]


def test_a_key_written_twice_in_other_characters(tmp_path: Path) -> None:
    rows = "id,arm,sexe\n1,1,é\n2,2,b"
    study_folder = one_trial(
        tmp_path, rows, f"sex: {{column: sexe, codes: {{é: male, {apart('é')}: female, b: female}}}}"
    )
    (found,) = examine_study(study_folder).problems
    assert found.message == "duplicate key, written with different characters"
    assert found.origin is not None and found.origin.line == 5


def test_names_of_the_study_file_in_other_characters(tmp_path: Path) -> None:
    one_trial(tmp_path, "id,arm,size\n1,1,élevé\n2,2,bas", "taille: size")
    text = (tmp_path / "study.yaml").read_text(encoding="utf-8")
    text = text.replace(
        "weight: {unit: kg, range: [30, 250]}", apart("taille: {levels: [bas, élevé], reference: ") + "élevé}"
    )
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    assert covariate(read(tmp_path), "taille") == ["élevé", "bas"]
    doubled = text.replace(apart("levels: [bas, élevé]"), f"levels: [bas, élevé, {apart('élevé')}]")
    (tmp_path / "study.yaml").write_text(doubled, encoding="utf-8")
    assert any(problem.message == "a level is listed twice" for problem in examine_study(tmp_path).problems)


def test_ids_of_a_fidelity_file_in_other_characters(tmp_path: Path) -> None:
    path = tmp_path / "fidelity.yaml"
    number = '{name: n, key: k, printed: "1", ours: "mé\u200bthode.n"}'
    path.write_text(apart(f"sections: [{{title: T, numbers: [{number}]}}]"), encoding="utf-8")
    file = Fidelity.model_validate(read_source(path, "a fidelity file").content)
    assert file.sections[0].numbers[0].ours == "méthode.n"


def test_a_sentence_keeps_its_blanks_and_hyphens(tmp_path: Path) -> None:
    one_trial(tmp_path, ROWS, "age: age")
    text = (
        (tmp_path / "study.yaml")
        .read_text(encoding="utf-8")
        .replace("A study", '"A\u00a0stu\u00addy')
        .replace("tests,", 'tests",')
    )
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    spec = examine_study(tmp_path).spec
    assert spec is not None and spec.study.study.title == "A\u00a0stu\u00addy for tests"


def test_a_column_in_letters_of_another_alphabet_is_told_by_its_characters(tmp_path: Path) -> None:
    (found,) = problems(one_trial(tmp_path, "id,arm,\u0430ge\n1,1,40\n2,2,50", "age: age"))
    assert found.message == "there is no column 'age'"
    assert found.hint == "Did you mean '\u0430ge'? They differ: a is U+0061, \u0430 is U+0430."

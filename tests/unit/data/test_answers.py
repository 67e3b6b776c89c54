"""Yes and no in other words than the rule's, and codes in other writings than the mapping's."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow
import pyarrow.parquet
import pyreadstat
import pytest

from tests.unit.data.workshop import ARMS, covariate, lines, one_trial, only_problem, problems, read, study, table

pytestmark = pytest.mark.sampled(4)

FLAG = "anxiety: {{flags: {{high: {{column: x, equals: {}{}}}}}, otherwise: low}}"
ITEM = "anxiety: {{items: [x], yes: {}{}, cut: {{low: up to 0, high: above 0}}}}"
BOTH = pytest.mark.parametrize("rule", [FLAG, ITEM])


def rows(*cells: str) -> str:
    return "id,arm,x\n" + "\n".join(f"{i},{i % 2 + 1},{cell}" for i, cell in enumerate(cells))


# Yes and no


@BOTH
@pytest.mark.parametrize(
    ("asked", "cells"),
    [
        ("yes", ("TRUE", "FALSE")), ("yes", ("ja", "nein")), ("ja", ("Yes", "No")), ("1", ("oui", "non")),
        ("true", ("1", "0")), ("yes", ("1", "0")), ("yes", ("Sí", "No")), ("1", ("да", "нет")), ("yes", ("y", "n")),
        ("1", ("Checked", "Unchecked")), ("yes", ("Yes.", "No.")), ("sim", ("T", "F")), ("Tak", ("tak", "nie")),
        ("yes", ("はい", "いいえ")), ("true", ("WAHR", "FALSCH")), ("1", ("VRAI", "FAUX")), ("1", ("1.0", "0.0")), ("yes", ("yes", "NO")),
    ],
)  # fmt: skip
def test_a_known_pair_is_understood(asked: str, cells: tuple[str, str], rule: str, tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, rows(*cells, cells[1]), rule.format(asked, "")))
    assert covariate(found, "anxiety") == ["high", "low", "low"]


def test_each_recode_by_a_known_pair_is_in_the_ledger(tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, rows("ja", "nein", "nein"), FLAG.format("yes", "")))
    assert lines(found, "recode") == [("anxiety", "'ja' → 'yes'", 1), ("anxiety", "'nein' → not 'yes'", 2)]
    same = read(one_trial(tmp_path, rows("yes", "no", "no"), FLAG.format("yes", "")))
    assert lines(same, "recode") == []
    kept = one_trial(
        tmp_path, rows("TRUE", "TRUE", "FALSE"), "age: {column: id, plus: 20}", data="keep: {column: x, equals: yes}"
    )
    assert lines(read(kept), "recode") == [("x", "'TRUE' → 'yes'", 2), ("x", "'FALSE' → not 'yes'", 1)]
    assert read(kept).trials[0].n == 2


@BOTH
@pytest.mark.parametrize(
    ("asked", "cells", "unknown"),
    [
        ("yes", ("yes", "no", "y", "Yes."), "'y', 'Yes.'"),
        ("yes", ("ja", "no"), "'ja'"),
        ("yes", ("ja", "nein", "weiß nicht"), "'ja', 'nein', 'weiß nicht'"),
        ("ja", ("ja", "nein", "unbekannt"), "'unbekannt'"),
        ("yes", ("yes", "0"), "'0'"),
        ("yes", ("m", "f"), "'m', 'f'"),
        ("EU", ("Europe", "Asia"), "'Europe', 'Asia'"),
        ("1", ("1", "no"), "'no'"),
    ],
)
def test_words_that_are_not_known_are_told_with_their_numbers(
    asked: str, cells: tuple[str, ...], unknown: str, rule: str, tmp_path: Path
) -> None:
    found = only_problem(one_trial(tmp_path, rows(*cells), rule.format(asked, "")))
    shown = asked if asked == "1" else f"'{asked}'"
    assert found.message == f"{unknown} would count as any answer but {shown}"
    assert all(f"'{cell}' (n = 1)" in found.hint for cell in cells)


@BOTH
def test_a_third_answer_beside_labels_for_yes_and_no(rule: str, tmp_path: Path) -> None:
    def labelled(words: dict[int, str], more: str = "") -> Path:
        people = pd.DataFrame({"id": [1.0, 2, 3, 4], "arm": [1.0, 2, 1, 2], "x": [1.0, 2, 3, 2]})
        pyreadstat.write_sav(people, tmp_path / "a.sav", variable_value_labels={"x": words})
        variables = rule.format(1, more)
        return study(tmp_path, a=f"trial: A\ndata: {{file: a.sav, participant: id}}\n{ARMS}\nvariables:\n  {variables}")

    words, counted = {1: "Ja", 2: "Nein"}, ["high", "low", "low", "low"]
    found = only_problem(labelled({**words, 3: "weiß nicht"}))
    assert found.message == "3 ('weiß nicht') would count as any answer but 1"
    assert covariate(read(labelled({**words, 3: "weiß nicht"}, ", no: 3")), "anxiety") == counted
    assert covariate(read(labelled({**words, 3: "nein, nie"})), "anxiety") == counted
    assert covariate(read(labelled({1: "täglich", 2: "früher", 3: "nie"})), "anxiety") == counted


@BOTH
def test_nobody_among_known_words_is_a_count_of_zero(rule: str, tmp_path: Path) -> None:
    for asked, cells in (
        ("yes", ("no", "no")),
        ("ja", ("nein", "nein")),
        ("1", ("0", "0")),
        ("1", ("2", "2")),
        ("yes", ("FALSE", "FALSE")),
    ):
        found = read(one_trial(tmp_path, rows(*cells), rule.format(asked, "")))
        assert covariate(found, "anxiety") == ["low", "low"]


@BOTH
def test_further_answers_count_as_no_where_the_mapping_says_so(rule: str, tmp_path: Path) -> None:
    text = rows("yes", "no", "sometimes", "NA")
    found = read(one_trial(tmp_path, text, rule.format("yes", ", no: [sometimes, NA]")))
    assert covariate(found, "anxiety") == ["high", "low", "low", "low"]
    found = read(one_trial(tmp_path, text, rule.format("yes", ", no: sometimes"), data="answers: NA"))
    assert covariate(found, "anxiety") == ["high", "low", "low", "low"]


@BOTH
def test_boxes_that_are_ticked_or_empty_need_a_word(rule: str, tmp_path: Path) -> None:
    text = rows("x", "", "")
    found = only_problem(one_trial(tmp_path, text, rule.format("x", "")))
    assert found.message == "nothing but 'x' and empty cells, which are missing here (n = 2)"
    assert found.where == "a.csv, column 'x', rows 3, 4"
    assert covariate(read(one_trial(tmp_path, text, rule.format("x", ', no: ""'))), "anxiety") == ["high", "low", "low"]
    missing = read(one_trial(tmp_path, text, rule.format("x", ""), data='missing: ""'))
    assert covariate(missing, "anxiety") == ["high", None, None]


def test_a_rule_of_who_stays_that_knows_none_of_the_words(tmp_path: Path) -> None:
    rule, text = "age: {column: id, plus: 20}", rows("in", "in", "out")
    found = problems(one_trial(tmp_path, text, rule, data="keep: {column: x, equals: yes}"))
    assert found[0].message == "'in', 'out' may mean 'yes' or not, and would be excluded"
    assert "'in' (n = 2), 'out' (n = 1)" in found[0].hint
    assert read(one_trial(tmp_path, text, rule, data="keep: {column: x, one_of: [in]}")).trials[0].n == 2
    others = rows("yes", "yes", "error", "withdrawn")  # who does not say yes is left out, whatever else they say
    assert read(one_trial(tmp_path, others, rule, data="keep: {column: x, equals: yes}")).trials[0].n == 2
    numbers = only_problem(one_trial(tmp_path, rows("1", "1", "yes", "0"), rule, data="keep: {column: x, equals: 1}"))
    assert numbers.message == "'yes' is written differently in the rule, and would be excluded"


def test_those_whose_cell_is_empty_stay(tmp_path: Path) -> None:
    text = rows("", "", "2020-05-01")
    kept = read(one_trial(tmp_path, text, "age: {column: id, plus: 20}", data='keep: {column: x, equals: ""}'))
    assert kept.trials[0].n == 2


# Codes


def codes(folder: Path, cells: tuple[str, ...], rule: str) -> Path:
    return one_trial(folder, rows(*cells), f"anxiety: {{column: x, codes: {{{rule}}}}}")


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        (("", "x"), '"": low, x: high'),
        (("1.1", "1.10"), '"1.1": low, "1.10": high'),
        (("NA", "EU"), "NA: low, EU: high"),
        (("01", "02"), '"01": low, "02": high'),
        (("2020-01-05", "2021-01-05"), '"2020-01-05": low, "2021-01-05": high'),
        (("TRUE", "FALSE"), "true: low, false: high"),
        (("１", "２"), "1: low, 2: high"),
        (("٣", "٤"), "3: low, 4: high"),
        (("0.30000000000000004", "0.7999999999999999"), "0.3: low, 0.8: high"),
        (("−1", "1"), '"-1": low, 1: high'),
        ((".", "?"), '".": low, "?": high'),
    ],
)
def test_codes_work_as_they_are_written(cells: tuple[str, str], rule: str, tmp_path: Path) -> None:
    assert covariate(read(codes(tmp_path, cells, rule)), "anxiety") == ["low", "high"]


@pytest.mark.parametrize(
    ("cells", "rule", "fix"),
    [
        (("01", "2"), "1: low, 2: high", "put '01' in quotes in place of 1."),
        (("1", "2"), '"01": low, 2: high', "put 1 in place of '01'."),
        (("–1", "2"), '"-1": low, 2: high', "It begins with a dash in place of a minus sign: write -1 in the file."),
    ],
)
def test_a_code_in_another_writing_is_told_once_with_the_fix(
    cells: tuple[str, str], rule: str, fix: str, tmp_path: Path
) -> None:
    found = only_problem(codes(tmp_path, cells, rule))
    assert found.message.startswith(f"unknown code '{cells[0]}'")
    assert found.hint.endswith(fix)


@pytest.mark.parametrize("where", ["arms", "trial", "visit"])
def test_leading_zeros_of_arms_trials_and_visits(where: str, tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,arm,site,tp,v\n1,01,01,01,5\n2,02,02,01,6")
    code = {name: '"01"' if name != where else "1" for name in ("arms", "trial", "visit")}
    second = {name: '"02"' if name != where else "2" for name in ("arms", "trial", "visit")}
    text = f"""
        trial: {{column: site, codes: {{{code["trial"]}: A, {second["trial"]}: B}}}}
        data: {{file: a.csv, participant: id, layout: long, visit: {{column: tp, codes: {{{code["visit"]}: baseline}}}}}}
        arms: {{column: arm, codes: {{{code["arms"]}: {{class: exercise}}, {second["arms"]}: {{class: usual care}}}}}}
        variables: {{VAS: v}}
        """
    found = problems(study(tmp_path, a=text))
    assert any("with a leading zero: put '01' in quotes in place of 1." in item.hint for item in found)


def test_version_numbers_are_one_code_only_if_the_mapping_says_so(tmp_path: Path) -> None:
    found = only_problem(codes(tmp_path, ("1.1", "1.10", "2"), "1.1: low, 2: high"))
    assert found.message == "'1.1', '1.10' are one number, and may be two codes"
    assert found.hint == "Give each its own code, in quotes as the file writes it."
    table(tmp_path, "a.csv", "id,arm,site\n1,1,1.1\n2,2,1.1\n3,1,1.10\n4,2,1.10")
    text = "trial: {{column: site{}}}\ndata: {{file: a.csv, participant: id}}\n" + ARMS.replace("{", "{{").replace(
        "}", "}}"
    )
    text += "\nvariables: {{age: {{column: id, plus: 20}}}}"
    assert "may be two codes" in only_problem(study(tmp_path, a=text.format(""))).message
    both = read(study(tmp_path, a=text.format(', codes: {"1.1": First, "1.10": Tenth}')))
    assert [(trial.name, trial.n) for trial in both.trials] == [("First", 2), ("Tenth", 2)]


def test_arms_of_version_numbers_and_of_empty_cells(tmp_path: Path) -> None:
    arms = 'arms: {column: arm, codes: {"2.1": {class: exercise}, "2.10": {class: usual care}, "": {leave_out: never randomised}}}'
    table(tmp_path, "a.csv", "id,arm\n1,2.1\n2,2.10\n3,2.10\n4,")
    text = f"trial: A\ndata: {{file: a.csv, participant: id}}\n{arms}\nvariables: {{age: {{column: id, plus: 20}}}}"
    found = read(study(tmp_path, a=text))
    assert [n for *_, n in found.trials[0].arms] == [1, 2]
    assert ("arm", "'': never randomised → left out", 1) in lines(found, "left-out")


def test_rows_with_an_empty_visit_may_be_left_out(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,arm,tp,v\n1,1,0,5\n1,1,,6\n2,2,0,7")
    data = '{file: a.csv, participant: id, layout: long, visit: {column: tp, codes: {0: baseline, "": null}}}'
    found = read(study(tmp_path, a=f"trial: A\ndata: {data}\n{ARMS}\nvariables: {{VAS: v}}"))
    assert found.measures["value"].tolist() == [5, 7]


def test_somebody_may_be_called_na(tmp_path: Path) -> None:
    text = "id,arm,age\nNA,1,40\nAB,2,50\nCD,1,60"
    found = only_problem(one_trial(tmp_path, text, "age: age"))
    assert "If 'NA' is a participant's code, write `answers: [NA]` in the file's `data`." in found.hint
    assert covariate(read(one_trial(tmp_path, text, "age: age", data="answers: NA")), "age") == [40, 50, 60]


def test_the_letters_of_stata_and_their_labels(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [1, 2, 3, 4], "arm": [1, 2, 1, 2], "x": pd.Series([1, 2, "a", "z"], dtype=object)})
    pyreadstat.write_dta(
        frame,
        tmp_path / "a.dta",
        missing_user_values={"x": ["a", "z"]},
        variable_value_labels={"x": {1: "one", "a": "refused"}},
    )
    text = f"trial: A\ndata: {{file: a.dta, participant: id}}\n{ARMS}\nvariables: {{anxiety: {{column: x, codes: {{1: low, 2: high, RULE}}}}}}"
    for rule, expected in (
        (".a: moderate", "moderate"),
        (".A: moderate", "moderate"),
        (".a: null", None),
        ("refused: low", "low"),
    ):
        assert covariate(read(study(tmp_path, a=text.replace("RULE", rule))), "anxiety") == [
            "low",
            "high",
            expected,
            None,
        ]
    found = only_problem(study(tmp_path, a=text.replace("RULE", "a: moderate")))
    assert (found.message, found.hint) == (
        "the file writes .a, a letter for a missing value, where the mapping has 'a'",
        "Write .a in the mapping.",
    )


def test_noise_and_truth_in_a_file_of_numbers(tmp_path: Path) -> None:
    columns = {"id": [1, 2], "arm": [1, 2], "x": [0.1 + 0.2, 0.7], "y": [True, False]}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    rules = "anxiety: {column: x, codes: {0.3: low, 0.7: high}}, sex: {column: y, codes: {true: male, false: female}}"
    found = read(
        study(tmp_path, a=f"trial: A\ndata: {{file: a.parquet, participant: id}}\n{ARMS}\nvariables: {{{rules}}}")
    )
    assert (covariate(found, "anxiety"), covariate(found, "sex")) == (["low", "high"], ["male", "female"])

"""Every rule of a mapping does what the language says, and leaves its line in the ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.data.workshop import covariate, ledger_line, lines, measured, one_trial, read

ROWS = """
id,arm,age,sex,x
1,1,40,m,1
2,2,50,f,2
3,1,60,,3
4,2,,m,9
"""


def rows(*values: object, column: str = "x") -> str:
    """Four people with these values in one column."""
    held = [f"{i + 1},{i % 2 + 1},{value}" for i, value in enumerate(values)]
    return "\n".join([f"id,arm,{column}", *held])


def test_codes_become_levels_and_leave_a_line_each(tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, ROWS, "sex: {column: sex, codes: {m: male, f: female}}"))
    assert covariate(found, "sex") == ["male", "female", None, "male"]
    assert lines(found, "recode") == [("sex", "'m' → male", 2), ("sex", "'f' → female", 1)]
    line = found.ledger[0]
    assert (line.trial, line.unit, line.origin.short) == ("A", "participants", "a.yaml:5")
    assert line.origin.text[line.origin.column - 1 :].startswith("male")


def test_levels_written_as_in_the_study_need_no_codes(tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, rows("male", "female ", "", "male"), "sex: x"))
    assert covariate(found, "sex") == ["male", "female", None, "male"]
    assert lines(found, "recode") == []


@pytest.mark.parametrize("code", ["1", '"1"', "1.0", "true"])
@pytest.mark.parametrize("cell", ["1", "1.0", "TRUE", "1 "])
def test_a_code_matches_across_types(code: str, cell: str, tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, rows(cell, 0), f"sex: {{column: x, codes: {{{code}: male, 0: female}}}}"))
    assert covariate(found, "sex") == ["male", "female"]


def test_a_leading_zero_makes_another_code(tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, rows("01", 1), 'sex: {column: x, codes: {"01": male, 1: female}}'))
    assert covariate(found, "sex") == ["male", "female"]


def test_a_code_of_null_is_missing(tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, rows(1, 2, 9), "sex: {column: x, codes: {1: male, 2: female, 9: null}}"))
    assert covariate(found, "sex") == ["male", "female", None]
    assert ("sex", "9 → missing", 1) in lines(found, "missing")


def test_codes_of_a_quantity_are_numbers(tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, rows("a", "b"), "age: {column: x, codes: {a: 20, b: 30.5}}"))
    assert covariate(found, "age") == [20, 30.5]
    assert ("age", "'b' → 30.5", 1) in lines(found, "recode")


def test_missing_codes_of_the_file_and_of_a_column(tmp_path: Path) -> None:
    text = "id,arm,a,w\n1,1,99,99\n2,2,-9,-9\n3,1,50,-1"
    found = read(one_trial(tmp_path, text, "age: a\nweight: {column: w, missing: [-9, -1]}", data="missing: [-9]"))
    assert covariate(found, "age") == [99, None, 50]
    assert covariate(found, "weight") == [99, None, None]
    assert lines(found, "missing") == [
        ("age", "−9 → missing", 1),
        ("weight", "−9 → missing", 1),
        ("weight", "−1 → missing", 1),
    ]


def test_a_cut_gives_levels(tmp_path: Path) -> None:
    rule = "anxiety: {column: x, cut: {low: below 8, moderate: 8 to 10, high: 11 or more}}"
    found = read(one_trial(tmp_path, rows(0, 8, 10, 21, ""), rule))
    assert covariate(found, "anxiety") == ["low", "moderate", "moderate", "high", None]
    assert ("anxiety", "8 to 10 → moderate", 2) in lines(found, "cut")


def test_a_level_of_one_number(tmp_path: Path) -> None:
    rule = "anxiety: {column: x, cut: {low: 0 to 1, moderate: '2', high: 3 or more}}"
    assert covariate(read(one_trial(tmp_path, rows(0, 1, 2, 3), rule)), "anxiety") == ["low", "low", "moderate", "high"]


def test_a_value_in_no_interval_may_be_missing(tmp_path: Path) -> None:
    rule = "anxiety: {column: x, cut: {low: 0 to 7, high: 8 to 21}, outside: missing}"
    found = read(one_trial(tmp_path, rows(0, 7.5, 30), rule))
    assert covariate(found, "anxiety") == ["low", None, None]
    assert lines(found, "range") == [("anxiety", "in no interval → missing", 2)]


FLAGS = "id,arm,l,h\n1,1,1,1\n2,2,0,1\n3,1,0,0\n4,2,0,\n5,1,,1"


def test_the_first_flag_that_says_yes_counts(tmp_path: Path) -> None:
    found = read(
        one_trial(tmp_path, FLAGS, "anxiety: {flags: {low: l, high: {column: h, equals: 1}}, otherwise: moderate}")
    )
    assert covariate(found, "anxiety") == ["low", "high", "moderate", None, "high"]
    assert ("anxiety", "h is 1 → high", 2) in lines(found, "flag")
    assert ("anxiety", "no flag says yes → moderate", 1) in lines(found, "flag")
    assert ("anxiety", "no flag says yes and one is not answered → missing", 1) in lines(found, "flag")


def test_no_flag_without_otherwise_is_missing(tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, FLAGS, "anxiety: {flags: {low: l, high: h}}"))
    assert covariate(found, "anxiety") == ["low", "high", None, None, "high"]


@pytest.mark.parametrize(
    ("unit", "value", "variable", "expected"),
    [
        ("lb", 150, "weight", 68.0388555),
        ("stone", 10, "weight", 63.5029318),
        ("kg", 70, "weight", 70),
        ("months", 480, "age", 40),
    ],
)
def test_units_are_converted(unit: str, value: float, variable: str, expected: float, tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, rows(value, value), f"{variable}: {{column: x, unit: {unit}}}"))
    assert covariate(found, variable) == pytest.approx([expected, expected], rel=1e-12)
    assert len(lines(found, "unit")) == (unit != "kg")


VISITS = "visits: {b: baseline}"


def test_a_scale_is_stretched_to_the_range_of_its_instrument(tmp_path: Path) -> None:
    found = read(
        one_trial(
            tmp_path, rows(0, 2.5, 10, column="v_b"), 'VAS: {column: "v_{visit}", from_range: [0, 10]}', rest=VISITS
        )
    )
    assert measured(found, "VAS", "baseline") == {"1": 0, "2": 25, "3": 100}
    assert lines(found, "unit") == [("VAS", "0 to 10 → 0 to 100", 3)]


def test_times_and_plus(tmp_path: Path) -> None:
    found = read(
        one_trial(tmp_path, rows(0, 5, column="v_b"), 'VAS: {column: "v_{visit}", times: -10, plus: 100}', rest=VISITS)
    )
    assert measured(found, "VAS", "baseline") == {"1": 100, "2": 50}
    assert lines(found, "unit") == [("VAS", "times −10, plus 100", 2)]


def test_a_value_outside_the_range_may_be_missing(tmp_path: Path) -> None:
    text = rows(0, 101, -1, column="v_b")
    found = read(one_trial(tmp_path, text, 'VAS: {column: "v_{visit}", outside: missing}', rest=VISITS))
    assert measured(found, "VAS", "baseline") == {"1": 0}
    assert lines(found, "range") == [("VAS", "outside 0 to 100 → missing", 2)]
    assert ledger_line(found, "range", "VAS").unit == "values"


ITEMS = """
id,arm,r_1_b,r_2_b,r_3_b,r_4_b
1,1,1,2,2,1
2,2,1,1,1,
3,1,1,,,2
4,2,,,,
"""


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("yes: 1", {"1": 2}),
        ("yes: 1, at_least: 3", {"1": 2, "2": 4}),
        ("yes: 1, at_least: 2, score: mean", {"1": 0.5, "2": 1, "3": 0.5}),
        ("at_least: 2", {"1": 6, "2": 4, "3": 6}),
        ("reversed: [4], item_range: [1, 2]", {"1": 7}),
        ("codes: {1: 0, 2: 3}", {"1": 6}),
        ("score: mean, times: 10", {"1": 15}),
    ],
)
def test_items_are_scored(rule: str, expected: dict[str, float], tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, ITEMS, f'VAS: {{items: "r_{{1-4}}_{{visit}}", {rule}}}', rest=VISITS))
    assert measured(found, "VAS", "baseline") == expected


def test_the_ledger_tells_how_items_were_scored(tmp_path: Path) -> None:
    rule = 'VAS: {items: ["r_1_{visit}", "r_2_{visit}", "r_3_{visit}", "r_4_{visit}"], at_least: 3}'
    found = read(one_trial(tmp_path, ITEMS, rule, rest=VISITS))
    assert lines(found, "score") == [
        ("VAS", "sum of 4 items, all answered", 1),
        ("VAS", "sum of 4 items, open ones at the mean of the answered", 1),
        ("VAS", "fewer than 3 of 4 items answered → missing", 1),
    ]


def test_an_item_outside_its_range_counts_as_open_where_asked(tmp_path: Path) -> None:
    rule = 'VAS: {items: "r_{1-4}_{visit}", item_range: [1, 2], at_least: 3, outside: missing}'
    found = read(one_trial(tmp_path, ITEMS.replace("1,2,2,1", "1,2,7,1"), rule, rest=VISITS))
    assert measured(found, "VAS", "baseline") == {"1": pytest.approx(16 / 3), "2": 4}
    assert ledger_line(found, "range", "VAS").count == 1


def test_a_covariate_may_be_scored_and_cut(tmp_path: Path) -> None:
    rule = 'anxiety: {items: "r_{1-4}_{visit}", cut: {low: below 6, high: 6 or more}}'
    assert covariate(read(one_trial(tmp_path, ITEMS, rule, rest=VISITS)), "anxiety") == ["high", None, None, None]


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    text = "id,arm,consent,age\n1,1,1,40\n2,2,0,41\n3,9,1,42\n4,2,1,43\n5,,,44"
    found = read(_with_spare_arm(tmp_path, text))
    assert found.participants["participant"].tolist() == ["1", "4"]
    assert lines(found, "left-out") == [
        ("consent", "consent is not 1 → left out", 2),
        ("arm", "9: withdrew before treatment → left out", 1),
    ]
    assert (found.trials[0].raw_n, found.trials[0].n) == (5, 2)


def _with_spare_arm(folder: Path, text: str) -> Path:
    path = one_trial(folder, text, "age: age", data="keep: {column: consent, equals: 1}")
    mapping = folder / "a.yaml"
    mapping.write_text(
        mapping.read_text().replace(
            "2: {class: usual care}", "2: {class: usual care}, 9: {leave_out: withdrew before treatment}"
        )
    )
    return path


def test_the_trial_knows_its_arms_and_what_was_published(tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, ROWS, "age: age", rest="country: Norway\npublished: {n: 5, source: Table 1}"))
    trial = found.trials[0]
    assert trial.arms == (("exercise", "gym", 2), ("usual care", "usual care", 2))
    assert (trial.name, trial.country, trial.published_n, trial.published_source) == ("A", "Norway", 5, "Table 1")
    assert trial.collected_covariates == {"age"}
    assert ("sex", "no column", 4) in lines(found, "not collected")


def test_of_several_rows_the_kept_one_speaks(tmp_path: Path) -> None:
    text = "id,arm,phase,age\n1,1,1,40\n1,2,2,41\n2,2,1,50\n2,1,2,51\n3,1,1,60"
    found = read(one_trial(tmp_path, text, "age: age", data="keep: {column: phase, equals: 2}"))
    assert found.participants["arm_class"].tolist() == ["usual care", "exercise"]
    assert covariate(found, "age") == [41, 51]
    assert lines(found, "left-out") == [("phase", "phase is not 2 → left out", 1)]
    assert (found.trials[0].raw_n, found.trials[0].n) == (3, 2)

"""Keys of a mapping that would do nothing, or contradict each other, are errors with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.errors import SpecError
from reportgen.spec.load import load_study
from tests.unit.data.workshop import one_trial

CASES = [
    ("VAS: {column: 'v_{visit}', yes: 1}", "`yes` requires `items`"),
    ("VAS: {column: 'v_{visit}', at_least: 2}", "`at_least` requires `items`"),
    ("VAS: {items: 'v_{1-4}_{visit}', at_least: 5}", "`at_least` asks for more than the 4 items"),
    ("VAS: {items: 'v_{4-1}_{visit}'}", "`items` is empty"),
    (
        "VAS: {items: 'v_{1-4}_{visit}', reversed: [5], item_range: [0, 3]}",
        "`reversed` names the item 5, which is not in `items`",
    ),
    ("VAS: {items: 'v_{1-4}_{visit}', codes: {1: 0}, yes: 1}", "give `codes` or `yes`, not both"),
    ("RMDQ: {items: 'v_{1-4}_{visit}'}", "4 items, and 'RMDQ' has 24 in the study file"),
    (
        "VAS: {column: 'v_{visit}', from_range: [0, 10], times: 2}",
        "give one of `unit`, `from_range`, and `times` with `plus`",
    ),
    (
        "VAS: {column: 'v_{visit}', from_range: [0, 5, 10]}",
        "3 values found where a lower and an upper value are expected",
    ),
    (
        "VAS: {items: 'v_{1-4}_{visit}', item_range: [3]}",
        "one value found where a lower and an upper value are expected",
    ),
    ("VAS: {column: 'v_{visit}', from_range: [10, 0]}", "the lower limit must be below the upper one"),
    ("VAS: {column: {b: v}, visits: [b]}", "`column` already names the visits"),
    ("VAS: {column: 'v_{visit}', visits: [q]}", "there is no visit 'q'"),
    ("VAS: {column: 'v_{visit}', codes: {1: low}}", "'low' is not a number, but 'VAS' is numeric"),
    ("age: {column: age, codes: {1: low}}", "'low' is not a number, but 'age' is numeric"),
    ("age: {column: age, visits: [b]}", "'age' is a covariate: it is measured once"),
    ("sex: {column: sex, unit: kg}", "'unit' does not apply to a covariate with levels"),
    ("sex: {column: sex, outside: missing}", "'outside' does not apply to a covariate with levels"),
    ("sex: {flags: {male: m}, codes: {1: male}}", "`codes` cannot be combined with `flags`"),
]


@pytest.mark.parametrize(("variable", "message"), CASES)
def test_a_rule_that_would_do_nothing(variable: str, message: str, tmp_path: Path) -> None:
    folder = one_trial(tmp_path, "id,arm\n1,1", variable, rest="visits: {b: baseline}")
    with pytest.raises(SpecError) as error:
        load_study(folder)
    assert message in [problem.message for problem in error.value.problems]
    assert all(problem.origin is not None and problem.origin.line == 6 for problem in error.value.problems)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("sheet: 2", "`sheet` does not apply to a file of the format CSV: remove it"),
        ("layout: long", "a long file needs `visit: {column: ..., codes: {...}}`"),
        (
            "layout: long, visit: {column: tp, codes: {1: soon}}",
            "the visit 'soon' of a long file is neither a key of `visits` nor a time such as '3 months'",
        ),
    ],
)
def test_a_key_of_a_file_that_would_do_nothing(data: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as error:
        load_study(one_trial(tmp_path, "id,arm\n1,1", "age: age", data=data))
    assert message in [problem.message for problem in error.value.problems]


def test_two_visits_of_one_name(tmp_path: Path) -> None:
    rest = "visits: {a: 3 months, b: 3 months}"
    with pytest.raises(SpecError) as error:
        load_study(one_trial(tmp_path, "id,arm\n1,1", "age: age", rest=rest))
    hint = "two visits are called '3 months': distinguish them in brackets, as in '3 months (visit 4)'"
    assert error.value.problems[0].message == hint

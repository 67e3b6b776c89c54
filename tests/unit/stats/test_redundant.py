"""Adjusters that a model leaves out are those that its fit drops, each with the reason that holds."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.stats import fit_one_step
from reportgen.stats.redundant import TREATMENT, Redundant, redundant_adjusters

RNG = np.random.default_rng(11)
TRIAL = np.repeat(["a", "b", "c"], 40)
ARM = np.tile([0, 1], 60)
AGE, BMI = RNG.normal(50.0, 9.0, 120), RNG.normal(27.0, 3.0, 120)
OUTCOME = 2.0 * ARM + 0.1 * AGE + RNG.normal(0.0, 3.0, 120)
YEAR = np.repeat([2001.0, 2004.0, 2009.0], 40)
COLUMNS = {
    "age": AGE,
    "five": np.full(120, 5.0),
    "year": YEAR,
    "months": 12.0 * AGE + YEAR,
    "bmi": BMI,
    "both": AGE - 2.0 * BMI,
    "arm": 3.0 - ARM,
}
X = np.column_stack(list(COLUMNS.values()))
EXPECTED = {
    1: Redundant("constant"),
    2: Redundant("within"),
    3: Redundant("follows", (0,)),
    5: Redundant("follows", (0, 4)),
    6: Redundant("follows", (TREATMENT,)),
}


def test_reasons() -> None:
    assert redundant_adjusters(OUTCOME, ARM, TRIAL, X) == EXPECTED


def test_random_intercepts_keep_what_differs_between_trials() -> None:
    found = redundant_adjusters(OUTCOME, ARM, TRIAL, X, intercept="random")
    assert found == {
        1: Redundant("constant"),
        3: Redundant("follows", (0, 2)),
        5: Redundant("follows", (0, 4)),
        6: Redundant("follows", (TREATMENT,)),
    }


@pytest.mark.parametrize("intercept", ["stratified", "random"])
@pytest.mark.parametrize("order", [range(7), range(6, -1, -1), [3, 5, 0, 4, 1, 6, 2]])
def test_they_are_those_that_the_fit_drops(intercept: str, order: list[int]) -> None:
    columns = X[:, list(order)]
    dropped = fit_one_step(OUTCOME, ARM, TRIAL, adjusters=columns, intercept=intercept).dropped
    found = redundant_adjusters(OUTCOME, ARM, TRIAL, columns, intercept=intercept)
    assert {f"adjuster[{place}]" for place in found} == set(dropped)


def test_with_slopes_of_each_trial_only_what_is_lost_in_all_is_lost() -> None:
    constant_in_one = np.where(TRIAL == "a", 1.0, BMI)
    columns = np.column_stack([AGE, constant_in_one, YEAR])
    found = redundant_adjusters(OUTCOME, ARM, TRIAL, columns, adjuster_slopes="stratified")
    assert found == {2: Redundant("within")}


def test_people_who_lack_a_value_do_not_count() -> None:
    five = np.where(np.arange(120) == 7, 6.0, 5.0)
    outcome = np.where(np.arange(120) == 7, np.nan, OUTCOME)
    assert redundant_adjusters(OUTCOME, ARM, TRIAL, five) == {}
    assert redundant_adjusters(outcome, ARM, TRIAL, five) == {0: Redundant("constant")}


def test_nothing_is_said_where_no_trial_has_both_arms() -> None:
    assert redundant_adjusters(OUTCOME, np.ones(120), TRIAL, X) == {}


def test_with_random_intercepts_one_value_in_each_trial_is_no_reason() -> None:
    year = YEAR.astype(float)
    columns = np.column_stack([year, 2 * year - 3, np.full(120, 5.0)])
    found = redundant_adjusters(OUTCOME, ARM, TRIAL, columns, intercept="random")
    assert found == {1: Redundant("follows", (0,)), 2: Redundant("constant")}


def test_with_slopes_of_each_trial_a_column_follows_from_what_it_follows_from_there() -> None:
    factor = 1.0 + np.unique(TRIAL, return_inverse=True)[1]
    columns = np.column_stack([AGE, AGE * factor])
    found = redundant_adjusters(OUTCOME, ARM, TRIAL, columns, adjuster_slopes="stratified")
    assert found == {1: Redundant("follows", (0,))}

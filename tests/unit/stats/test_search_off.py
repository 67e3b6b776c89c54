"""A fit whose variances are not searched for says what can be estimated, as the whole fit does."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from reportgen.stats import Levels, fit_one_step, screen_moderator

RNG = np.random.default_rng(5)
TRIAL = np.repeat(["a", "b", "c"], 30)
ARM = np.tile([0, 1], 45)
AGE = RNG.normal(50.0, 9.0, 90)
OUTCOME = 2.0 * ARM + 0.1 * AGE + RNG.normal(0.0, 3.0, 90)
MODERATORS = {
    "age": AGE,
    "constant": np.full(90, 4.0),
    "year": np.repeat([1.0, 2.0, 5.0], 30),
    "arm": ARM.astype(float),
    "in one trial": np.where(TRIAL == "a", AGE, np.nan),
    "nowhere": np.full(90, np.nan),
    "one varies": np.where(TRIAL == "b", AGE, 50.0),
    "levels": Levels(np.arange(90) // 3 % 3, ("x", "y", "z"), False),
    "level of a trial": Levels(np.repeat([0, 1, 2], 30), ("x", "y", "z"), False),
    "few": np.where(np.arange(90) % 30 < 4, AGE, np.nan),
}


@pytest.mark.parametrize("name", list(MODERATORS))
@pytest.mark.parametrize("effect", ["random", "common"])
def test_the_same_can_be_tested(name: str, effect: str) -> None:
    for minimum in (1, 2):
        options = {"adjusters": AGE, "minimum_trials": minimum, "treatment_effect": effect}
        whole = screen_moderator(OUTCOME, ARM, TRIAL, MODERATORS[name], **options)  # type: ignore[arg-type]
        quick = screen_moderator(OUTCOME, ARM, TRIAL, MODERATORS[name], search=False, **options)  # type: ignore[arg-type]
        for reading in ("within", "naive", "across"):
            one, other = getattr(whole, reading), getattr(quick, reading)
            assert (one.estimated, one.reason) == (other.estimated, other.reason)
            assert len(one.each) == len(other.each)
            assert [np.isnan(a.estimate) for a in one.each] == [np.isnan(a.estimate) for a in other.each]
        assert whole.separate == quick.separate


@pytest.mark.parametrize(
    ("intercept", "slopes", "residual"),
    list(itertools.product(("stratified", "random"), ("common", "stratified"), ("common", "by-trial"))),
)
def test_estimates_are_those_of_least_squares(intercept: str, slopes: str, residual: str) -> None:
    fit = fit_one_step(
        OUTCOME, ARM, TRIAL, adjusters=AGE, intercept=intercept, adjuster_slopes=slopes, residual=residual, search=False
    )
    assert fit.status in ("ok", "boundary")
    if (intercept, slopes) == ("stratified", "common"):
        plain = fit_one_step(OUTCOME, ARM, TRIAL, adjusters=AGE, treatment_effect="common", inference="normal")
        assert fit.effect.estimate == pytest.approx(plain.effect.estimate, rel=1e-9)
        if residual == "common":
            assert fit.effect.std_error == pytest.approx(plain.effect.std_error, rel=1e-9)

"""Ratios trial by trial: closed forms, and why a trial has none."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.stats import per_trial_glm
from tests.unit.stats.events_of import drawn, people_of


def test_a_two_by_two_table_has_its_odds_ratio():
    each = per_trial_glm(*people_of([(6, 40, 15, 41), (3, 25, 9, 20)]))
    expected = [np.log(15 * 34 / (26 * 6)), np.log(9 * 22 / (11 * 3))]
    np.testing.assert_allclose(each.estimate, expected, atol=1e-12)
    np.testing.assert_allclose(each.std_error[0], np.sqrt(1 / 15 + 1 / 26 + 1 / 6 + 1 / 34), rtol=1e-12)
    assert each.n_control.tolist() == [40, 25] and each.events_intervention.tolist() == [15, 9]
    assert each.df.tolist() == [np.inf, np.inf]
    low, high = each.interval()
    np.testing.assert_allclose(high - low, 2 * 1.959963984540054 * each.std_error)


def test_counts_have_their_rate_ratio():
    each = per_trial_glm([4.0, 9.0], [0, 1], ["a", "a"], link="log", exposure=[100.0, 120.0])
    assert each.estimate[0] == pytest.approx(np.log(9 / 120 / (4 / 100)), abs=1e-12)
    assert each.std_error[0] == pytest.approx(np.sqrt(1 / 9 + 1 / 4), rel=1e-12)


def test_each_trial_without_an_estimate_has_its_reason():
    cells = [(0, 20, 3, 20), (3, 20, 20, 20), (0, 9, 0, 9), (9, 9, 8, 8), (0, 0, 3, 9), (2, 9, 0, 9), (2, 9, 3, 9)]
    each = per_trial_glm(*people_of(cells))
    assert each.reason == (
        "nobody in the control arm has the event",
        "everybody in the intervention arm has the event",
        "nobody has the event",
        "everybody has the event",
        "only intervention participants",
        "nobody in the intervention arm has the event",
        "",
    )
    assert each.status == ("not estimable",) * 6 + ("ok",)
    assert np.isnan(each.estimate[:6]).all() and np.isfinite(each.estimate[6])


@pytest.mark.parametrize("link", ["logit", "log"])
def test_adjusters_that_separate_are_no_estimate(link):
    outcome, treatment, trial = people_of([(6, 40, 15, 41), (8, 25, 9, 20)])
    x = np.random.default_rng(1).normal(size=len(outcome))
    adjusters = np.where(trial == "T1", (outcome == 0) & (x > 0.0), x)
    each = per_trial_glm(outcome, treatment, trial, link=link, adjusters=adjusters)
    assert each.reason == ("treatment and adjusters separate people with the event from the others", "")
    assert np.isnan(each.std_error[0])


@pytest.mark.parametrize("link", ["logit", "log"])
@pytest.mark.filterwarnings("error")
def test_tiny_trials_have_estimates_or_reasons_and_no_warnings(link):
    rng = np.random.default_rng(5)
    trial = np.repeat(np.arange(60), rng.integers(2, 12, 60))
    n = len(trial)
    outcome, treatment = rng.integers(0, 2, n).astype(float), rng.integers(0, 2, n).astype(float)
    each = per_trial_glm(outcome, treatment, trial, link=link, adjusters=rng.normal(size=(n, 2)))
    estimable = np.array([not reason for reason in each.reason])
    assert 0 < estimable.sum() < 60
    assert np.array_equal(np.isfinite(each.std_error), estimable) and np.array_equal(
        np.isfinite(each.estimate), estimable
    )
    assert np.abs(each.estimate[estimable]).max() < 30.0


def test_redundant_adjusters_and_missing_values_are_left_out():
    data = drawn(1, [200, 150])
    age = data.pop("adjusters")
    data["outcome"][:5] = np.nan
    plain = per_trial_glm(**data, adjusters=age)
    more = per_trial_glm(**data, adjusters=np.column_stack([age, 2.0 * age, np.ones(350), data["trial"]]))
    np.testing.assert_allclose(more.estimate, plain.estimate, atol=1e-9)
    assert plain.missing.tolist() == [5, 0]
    confounded = per_trial_glm(**data, adjusters=data["treatment"] + 0.0)
    np.testing.assert_allclose(confounded.estimate, per_trial_glm(**data).estimate, atol=1e-9)

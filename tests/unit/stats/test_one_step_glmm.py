"""One-step fits of events: what they say of trials without events, of separation and of one trial; their input; options."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reportgen.stats import Effect, ExcludedParticipants, GlmmFit, fit_one_step_glmm
from tests.unit.stats.events_of import drawn, people_of

CELLS = [(3, 20, 5, 20), (4, 30, 9, 30), (6, 30, 9, 30)]


def fit(cells: list[tuple[int, int, int, int]], **options: Any) -> GlmmFit:
    return fit_one_step_glmm(*people_of(cells), **options)


def is_without_estimate(found: GlmmFit) -> bool:
    numbers = [found.effect.estimate, found.effect.std_error, found.tau2, found.criterion, *found.effect.interval()]
    return bool(np.isnan(numbers).all()) and not len(found.coefficients)


SEPARATED = [
    ([(3, 20, 0, 20), (4, 30, 0, 30)], "nobody in the intervention arms has the event"),
    ([(0, 20, 3, 20), (0, 30, 5, 30)], "nobody in the control arms has the event"),
    ([(10, 20, 20, 20), (11, 30, 30, 30)], "everybody in the intervention arms has the event"),
    ([(20, 20, 10, 20), (30, 30, 11, 30)], "everybody in the control arms has the event"),
    ([(0, 20, 3, 20), (4, 30, 30, 30)], "in every trial an arm holds no, or only, people with the event"),
    ([(0, 20, 5, 20)], "nobody in the control arms has the event"),
]


@pytest.mark.parametrize(("cells", "reason"), SEPARATED)
@pytest.mark.parametrize("treatment_effect", ["random", "common"])
def test_an_infinite_ratio_has_a_reason_and_no_number(cells, reason, treatment_effect):
    found = fit(cells, treatment_effect=treatment_effect)
    assert (found.status, is_without_estimate(found)) == ("failed", True)
    assert found.message == f"{reason}, so that the odds ratio has no finite estimate"


def test_an_infinite_rate_ratio_has_a_reason():
    found = fit([(3, 20, 0, 20), (4, 30, 0, 30)], link="log")
    assert (
        found.message == "nobody in the intervention arms has the event, so that the rate ratio has no finite estimate"
    )
    assert is_without_estimate(found)


def test_everybody_with_one_event_is_no_separation_of_counts():
    assert fit([(5, 20, 20, 20), (6, 30, 30, 30)], link="log").status == "boundary"


def test_an_adjuster_that_separates_is_named():
    outcome, treatment, trial = people_of(CELLS)
    rng = np.random.default_rng(1)
    marked = ((outcome == 1.0) & (rng.random(len(outcome)) < 0.3)).astype(float)
    found = fit_one_step_glmm(
        outcome, treatment, trial, adjusters=np.column_stack([rng.normal(size=len(outcome)), marked])
    )
    assert (found.status, is_without_estimate(found)) == ("failed", True)
    assert found.message == "adjuster[1] separates people with the event from the others, so that its slope is infinite"


def test_several_adjusters_that_separate_are_named_together():
    outcome, treatment, trial = people_of(CELLS)
    rng = np.random.default_rng(1)
    marked = ((outcome == 1.0)[:, None] & (rng.random((len(outcome), 2)) < 0.3)).astype(float)
    found = fit_one_step_glmm(outcome, treatment, trial, adjusters=marked)
    assert found.message == (
        "adjuster[0], adjuster[1] separate people with the event from the others, so that their slopes are infinite"
    )


def test_adjusters_that_separate_everybody_leave_no_ratio():
    _, treatment, trial = people_of(CELLS)
    x = np.random.default_rng(1).random(len(trial))
    found = fit_one_step_glmm(0.5 * treatment + x > 0.8, treatment, trial, adjusters=x)
    assert (found.status, is_without_estimate(found)) == ("failed", True)
    assert found.message.startswith("treatment and adjusters separate people with the event")


def test_a_slope_of_one_trial_that_separates_is_named_with_the_trial():
    outcome, treatment, trial = people_of(CELLS)
    x = np.random.default_rng(1).normal(size=len(outcome))
    adjusters = np.where(trial == "T2", 3.0 * outcome + 0.1 * x, x)
    found = fit_one_step_glmm(
        outcome, treatment, trial, adjusters=adjusters, adjuster_slopes="stratified", events_per_slope=1
    )
    assert found.message == (
        "adjuster[0] separates people with the event from the others in trial T2, so that its slope is infinite"
    )


def test_trials_that_tell_nothing_are_listed_and_change_nothing():
    found = fit([(3, 20, 5, 20), (0, 30, 0, 30), (10, 10, 12, 12), (4, 30, 9, 30)])
    assert found.excluded == (
        ExcludedParticipants("T2", 60, "nobody has the event, which tells nothing about the ratio"),
        ExcludedParticipants("T3", 22, "everybody has the event, which tells nothing about the ratio"),
    )
    without = fit([(3, 20, 5, 20), (4, 30, 9, 30)])
    assert found.trial_labels.tolist() == ["T1", "T4"]
    assert found.effect.estimate == without.effect.estimate and found.criterion == without.criterion
    assert (found.participants, found.events_control, found.events_intervention) == (100, 7, 14)


def test_trials_without_informative_events_leave_nothing_to_estimate():
    found = fit([(0, 20, 0, 20), (5, 5, 6, 6)])
    assert (found.status, is_without_estimate(found), found.trials) == ("not estimable", True, 0)
    assert [item.trial for item in found.excluded] == ["T1", "T2"]
    assert found.message.startswith("no trial has participants with complete values in both arms and events")


def test_an_arm_without_events_stays_in_and_is_named():
    found = fit([(0, 20, 5, 20), (5, 30, 7, 30), (4, 30, 9, 30)])
    assert (found.status, found.sparse, found.trials) == ("boundary", ("T1",), 3)
    assert found.effect.estimate > fit([(5, 30, 7, 30), (4, 30, 9, 30)]).effect.estimate
    assert 0.0 < found.weights[0] < 0.2


def test_trials_that_contradict_each_other_completely_have_no_tau():
    found = fit([(0, 20, 20, 20), (20, 20, 0, 20)])
    assert (found.status, is_without_estimate(found)) == ("failed", True)
    assert (
        found.message
        == "the variance between trials grows beyond all bounds: the trials contradict each other completely"
    )
    common = fit([(0, 20, 20, 20), (20, 20, 0, 20)], treatment_effect="common")
    assert common.status == "ok" and common.effect.estimate == pytest.approx(0.0, abs=1e-12)


def test_one_trial_is_an_ordinary_regression_with_a_normal_interval():
    found = fit([(3, 20, 5, 20)])
    assert found.message == "one trial: an ordinary logistic regression without a random effect"
    assert found.effect.estimate == pytest.approx(np.log(5 * 17 / (15 * 3)), abs=1e-12)
    assert found.effect.std_error == pytest.approx(np.sqrt(1 / 5 + 1 / 15 + 1 / 3 + 1 / 17), rel=1e-12)
    assert (found.effect.df, found.prediction_interval()) == (np.inf, None)
    assert np.isnan(found.tau2) and found.weights == pytest.approx(np.ones(1))
    counts = fit([(3, 20, 5, 20)], link="log")
    assert counts.message.startswith("one trial: an ordinary Poisson regression")
    assert counts.effect.std_error == pytest.approx(np.sqrt(1 / 5 + 1 / 3), rel=1e-12)


def test_df_are_trials_less_one_unless_normal_or_common():
    assert fit(CELLS).effect.df == 2.0
    assert fit(CELLS).effect.df_raw == np.inf
    assert fit(CELLS, inference="normal").effect.df == np.inf
    assert fit(CELLS, treatment_effect="common").effect.df == np.inf


def test_missing_values_are_left_out_and_counted():
    outcome, treatment, trial = people_of(CELLS)
    exposure = np.ones(len(outcome))
    outcome[::20], exposure[1] = np.nan, np.nan
    found = fit_one_step_glmm(outcome, treatment, trial, link="log", exposure=exposure)
    complete = np.isfinite(outcome) & np.isfinite(exposure)
    part = fit_one_step_glmm(outcome[complete], treatment[complete], trial[complete], link="log")
    assert {item.trial: item.participants for item in found.excluded} == {"T1": 3, "T2": 3, "T3": 3}
    assert {item.reason for item in found.excluded} == {"a value is missing"}
    assert (found.effect.estimate, found.criterion) == (part.effect.estimate, part.criterion)


def test_columns_without_information_are_dropped_with_a_reason():
    outcome, treatment, trial = people_of(CELLS)
    x = np.random.default_rng(1).normal(size=len(outcome))
    adjusters = np.column_stack([np.ones(len(x)), x, 2.0 * x + 1.0, trial == "T1", treatment])
    found = fit_one_step_glmm(outcome, treatment, trial, adjusters=adjusters)
    alone = fit_one_step_glmm(outcome, treatment, trial, adjusters=x)
    assert found.coefficient_names == ("treatment", "adjuster[1]")
    assert set(found.dropped) == {"adjuster[0]", "adjuster[2]", "adjuster[3]", "adjuster[4]"}
    assert "adjuster[0] was dropped: constant within every trial" in found.message
    assert found.effect.estimate == pytest.approx(float(alone.effect.estimate), abs=1e-10)


def test_small_trials_share_a_slope():
    data = drawn(1, [300, 250, 30, 25])
    found = fit_one_step_glmm(**data, adjuster_slopes="stratified", events_per_slope=20)
    assert found.sharing == (2, 3)
    assert found.coefficient_names == ("treatment", "adjuster[0]")
    assert fit_one_step_glmm(**data, adjuster_slopes="stratified", events_per_slope=0).sharing == ()
    assert fit_one_step_glmm(**data, adjuster_slopes="stratified", events_per_slope=10**6).sharing == (0, 1, 2, 3)


def test_slopes_that_all_trials_share_are_common_ones():
    data = drawn(1, [300, 250, 30, 25])
    shared = fit_one_step_glmm(**data, adjuster_slopes="stratified", events_per_slope=10**6)
    common = fit_one_step_glmm(**data)
    assert shared.effect == common.effect and shared.criterion == common.criterion


@pytest.mark.parametrize("link", ["logit", "log"])
def test_alike_participants_share_a_row_without_a_change_of_the_result(link):
    data = drawn(3, [200, 150, 120], link)
    sex = (data.pop("adjusters") > 50.0).astype(float)
    counted = fit_one_step_glmm(**data, link=link, adjusters=sex)
    # a hair's breadth makes every value another, so that nobody shares a row
    apart = fit_one_step_glmm(**data, link=link, adjusters=sex + 1e-9 * np.arange(len(sex)))
    assert counted.effect.estimate == pytest.approx(float(apart.effect.estimate), abs=1e-7)
    assert counted.effect.std_error == pytest.approx(float(apart.effect.std_error), rel=1e-6)
    assert counted.criterion == pytest.approx(apart.criterion, rel=1e-9)


def test_profile_intervals_contain_narrower_ones_and_resemble_those_of_wald():
    data = drawn(6, [400, 300, 300, 250, 200, 200, 200], tau=1.5)
    found = fit_one_step_glmm(**data, profile_level=0.95)
    assert found.tau_interval is not None and found.effect_interval is not None
    low, high = found.tau_interval
    assert 0.0 < low < found.tau < high
    # seven trials are few: a profile interval knows that tau is estimated, Wald's does not
    np.testing.assert_allclose(np.log(found.wald_tau_interval()), np.log([low, high]), atol=0.25)
    wald = Effect(found.effect.estimate, found.effect.std_error, np.inf, np.inf)
    np.testing.assert_allclose(found.effect_interval, wald.interval(), atol=0.5 * float(wald.std_error))
    narrow = fit_one_step_glmm(**data, profile_level=0.5)
    assert narrow.tau_interval is not None and low < narrow.tau_interval[0] < narrow.tau_interval[1] < high


def test_profile_intervals_reach_zero_where_tau_may_be_zero():
    found = fit(CELLS, profile_level=0.95)
    assert found.tau == 0.0 and found.tau_interval is not None
    assert found.tau_interval[0] == 0.0 and 0.3 < found.tau_interval[1] < 10.0
    assert np.isnan(found.wald_tau_interval()).all() and np.isnan(found.tau_std_error)
    alone = fit([(3, 20, 5, 20)], profile_level=0.95)
    assert alone.tau_interval is None and alone.effect_interval is not None


def test_profile_interval_of_one_trial_is_that_of_its_likelihood():
    """Limits at which twice the log-likelihood ratio of a two by two table is 3.841459, by a grid."""
    found = fit([(6, 40, 15, 40)], profile_level=0.95)
    grid = np.linspace(-4.0, 4.0, 4001)

    def profile(theta: float) -> float:
        return max(
            6 * a - 40 * np.logaddexp(0.0, a) + 15 * (a + theta) - 40 * np.logaddexp(0.0, a + theta) for a in grid
        )

    top = profile(float(found.effect.estimate))
    assert found.effect_interval is not None
    for limit in found.effect_interval:
        assert 2.0 * (top - profile(limit)) == pytest.approx(3.841459, abs=1e-4)


def test_prediction_interval_has_two_df_less_than_trials():
    found = fit_one_step_glmm(**drawn(6, [400, 300, 300, 250, 200], tau=0.8))
    low, high = found.prediction_interval()
    half = 3.182446305284263 * np.sqrt(found.tau2 + found.effect.std_error**2)
    assert (low, high) == pytest.approx((found.effect.estimate - half, found.effect.estimate + half), rel=1e-9)


ERRORS = [
    ({"nodes": 2}, "nodes is an odd number from 1 on"),
    ({"nodes": 0}, "nodes is an odd number from 1 on"),
    ({"link": "probit"}, "link='probit' is unknown; use one of 'logit', 'log'"),
    ({"random_part": "levels"}, "random_part='levels' is unknown"),
    ({"profile_level": 95.0}, "profile_level must lie between 0 and 1"),
    ({"exposure": np.ones(160)}, "exposure is for counts"),
    ({"link": "log", "exposure": np.zeros(160)}, "exposure must be positive and finite; row 0 holds 0"),
    ({"link": "log", "exposure": np.ones(3)}, "exposure has shape"),
    ({"outcome": np.full(160, 0.5)}, "the outcome must be 0 .no event. or 1 .event.; row 0 holds 0.5"),
    ({"outcome": np.full(160, -1.0), "link": "log"}, "a number of events: 0, 1, 2"),
    ({"treatment": np.full(160, 2.0)}, "treatment must be 0"),
    ({"adjusters": np.full(160, np.inf)}, "infinite value"),
]


@pytest.mark.parametrize(("change", "words"), ERRORS)
def test_errors_say_what_is_wrong_and_where(change, words):
    outcome, treatment, trial = people_of(CELLS)
    with pytest.raises(ValueError, match=words):
        fit_one_step_glmm(**({"outcome": outcome, "treatment": treatment, "trial": trial} | change))


def test_every_wrong_option_is_named_at_once():
    with pytest.raises(ValueError, match=r"link='x'.*inference='z'.*nodes is"):
        fit(CELLS, link="x", inference="z", nodes=4)

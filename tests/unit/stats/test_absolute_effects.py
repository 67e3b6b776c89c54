"""Risk in the control group, risk difference and number needed to treat."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.stats import (
    Effect,
    given_control_risk,
    number_needed_to_treat,
    pool_control_risk,
    risk_difference,
)
from tests.unit.stats.events_of import people_of


def test_one_trial_has_its_own_risk():
    risk = pool_control_risk(*people_of([(6, 40, 15, 41)]))
    assert (risk.value, risk.status, risk.trials, risk.events) == (pytest.approx(0.15, abs=1e-12), "ok", 1, 6)
    assert risk.effect.std_error == pytest.approx(np.sqrt(1 / 6 + 1 / 34), rel=1e-10)
    low, high = risk.interval()
    assert 0.0 < low < 0.15 < high < 1.0


def test_alike_trials_pool_to_their_common_risk_by_a_boundary():
    risk = pool_control_risk(*people_of([(6, 40, 1, 41), (12, 80, 1, 41)]))
    assert (risk.value, risk.tau2, risk.status) == (pytest.approx(0.15, abs=1e-12), 0.0, "boundary")
    assert risk.effect.df == 1.0
    assert pool_control_risk(*people_of([(6, 40, 1, 41), (12, 80, 1, 41)]), inference="normal").effect.df == np.inf


def test_trials_without_events_tell_about_the_risk_and_those_with_one_arm_do_not():
    cells = [(6, 40, 1, 41), (0, 30, 0, 30)]
    risk = pool_control_risk(*people_of(cells))
    assert (risk.trials, risk.value < 0.15) == (2, True)
    with_more = pool_control_risk(*people_of([*cells, (5, 9, 0, 0)]))
    assert with_more == risk


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([(0, 20, 3, 20)], "nobody in the control arms has the event"),
        ([(20, 20, 3, 20)], "everybody in the control arms has the event"),
        ([(2, 20, 0, 0)], "no trial has participants with complete values in both arms"),
    ],
)
def test_a_risk_of_zero_or_one_has_a_reason(cells, reason):
    risk = pool_control_risk(*people_of(cells))
    assert (risk.status, risk.message) == ("not estimable", reason)
    assert np.isnan(risk.value) and np.isnan(risk.interval()).all()


def test_rates_are_per_unit_of_exposure():
    risk = pool_control_risk([4.0, 9.0], [0, 1], ["a", "a"], link="log", exposure=[100.0, 120.0])
    assert risk.value == pytest.approx(0.04, rel=1e-12)
    assert risk.effect.std_error == pytest.approx(0.5, rel=1e-10)
    difference = risk_difference(risk, Effect(float(np.log(2.0)), 0.3, np.inf, np.inf))
    assert difference.estimate == pytest.approx(0.04, rel=1e-12)
    # variance of r0 (RR - 1): ((RR - 1) r0)^2 var(log r0) + (RR r0)^2 var(log RR)
    assert difference.std_error == pytest.approx(np.sqrt((0.04 * 0.5) ** 2 + (0.08 * 0.3) ** 2), rel=1e-10)


def test_the_difference_of_a_single_trial_without_covariance_has_the_wald_variance_of_its_parts():
    control = pool_control_risk(*people_of([(6, 40, 15, 41)]))
    ratio = Effect(float(np.log(15 * 34 / (26 * 6))), 0.5, np.inf, np.inf)
    difference = risk_difference(control, ratio)
    assert difference.estimate == pytest.approx(15 / 41 - 6 / 40, abs=1e-12)
    h, at, theta = 1e-6, float(control.effect.estimate), float(ratio.estimate)

    def expit(eta: float) -> float:
        return 1.0 / (1.0 + np.exp(-eta))

    in_control = (expit(at + h + theta) - expit(at + h) - expit(at - h + theta) + expit(at - h)) / (2 * h)
    in_ratio = (expit(at + theta + h) - expit(at + theta - h)) / (2 * h)
    expected = np.hypot(in_control * float(control.effect.std_error), in_ratio * 0.5)
    assert difference.std_error == pytest.approx(expected, rel=1e-8)


def test_df_of_the_ratio_pass_to_the_difference():
    difference = risk_difference(given_control_risk(0.2), Effect(0.4, 0.2, 4.0, np.inf))
    assert (difference.df, difference.df_raw) == (4.0, np.inf)


def test_no_ratio_makes_no_difference():
    difference = risk_difference(given_control_risk(0.3), Effect(0.0, 0.2, np.inf, np.inf))
    assert difference.estimate == pytest.approx(0.0, abs=1e-15)
    needed = number_needed_to_treat(difference)
    assert needed.through_infinity and needed.limits[0] < 0.0 < needed.limits[1]


def test_numbers_needed_are_those_of_altman():
    """Altman (1998), BMJ 317:1309: absolute reduction 10 %, interval -5 to 25 %: NNTB 10 (NNTH 20 to infinity to NNTB 4)."""
    std_error = 0.15 / 1.959963984540054
    needed = number_needed_to_treat(Effect(-0.10, std_error, np.inf, np.inf))
    assert needed.number == pytest.approx(-10.0)
    assert needed.limits == pytest.approx((-4.0, 20.0))
    assert needed.through_infinity
    certain = number_needed_to_treat(Effect(0.10, 0.01, np.inf, np.inf))
    assert not certain.through_infinity
    assert 0.0 < certain.limits[1] < certain.number < certain.limits[0]


@pytest.mark.parametrize(
    ("risk", "link"), [(0.0, "logit"), (1.0, "logit"), (1.5, "logit"), (0.0, "log"), (-2.0, "log")]
)
def test_an_impossible_risk_is_an_error(risk, link):
    with pytest.raises(ValueError, match=r"lies between 0 and 1|is positive"):
        given_control_risk(risk, link)


def test_an_unknown_inference_is_an_error():
    with pytest.raises(ValueError, match="inference='z' is unknown"):
        pool_control_risk(*people_of([(6, 40, 15, 41)]), inference="z")

"""Risk in the control group, risk difference and number needed to treat."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.stats import number_needed_to_treat, pool_control_risk, risk_difference
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
    assert risk_difference(risk.value, float(np.log(2.0)), "log") == pytest.approx(0.04, rel=1e-12)


def test_the_difference_of_a_single_trial_is_that_of_its_risks():
    control = pool_control_risk(*people_of([(6, 40, 15, 41)]))
    ratio = float(np.log(15 * 34 / (26 * 6)))
    assert risk_difference(control.value, ratio) == pytest.approx(15 / 41 - 6 / 40, abs=1e-12)


def test_no_ratio_makes_no_difference_and_none_leaves_zero_to_one():
    assert risk_difference(0.3, 0.0) == pytest.approx(0.0, abs=1e-15)
    assert [risk_difference(0.3, ratio) for ratio in (-40.0, 40.0)] == pytest.approx([-0.3, 0.7])


def test_numbers_needed_are_those_of_altman():
    """Altman (1998), BMJ 317:1309: absolute reduction 10 %, interval -5 to 25 %: NNTB 10 (NNTH 20 to infinity to NNTB 4)."""
    needed = number_needed_to_treat(-0.10, -0.25, 0.05)
    assert needed.number == pytest.approx(-10.0)
    assert needed.limits == pytest.approx((-4.0, 20.0))
    assert needed.through_infinity
    certain = number_needed_to_treat(0.10, 0.08, 0.12)
    assert not certain.through_infinity
    assert 0.0 < certain.limits[1] < certain.number < certain.limits[0]
    assert number_needed_to_treat(0.0, -0.1, 0.1).number == np.inf

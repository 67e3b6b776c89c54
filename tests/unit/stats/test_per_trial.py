"""Effects trial by trial are ordinary least squares in each trial."""

import numpy as np
import pytest
import statsmodels.api as sm

from reportgen.stats import per_trial
from tests.unit.stats.simulated import people


def test_each_trial_is_a_regression_of_its_own() -> None:
    p = people(trials=5)
    result = per_trial(p.outcome, p.treatment, p.trial, adjusters=np.column_stack([p.baseline, p.z]))
    for k in range(5):
        rows = p.trial == k
        design = sm.add_constant(np.column_stack([p.treatment, p.baseline, p.z])[rows])
        ols = sm.OLS(p.outcome[rows], design).fit()
        # exact solutions of one system of condition 1e2
        np.testing.assert_allclose(result.estimate[k], ols.params[1], rtol=1e-9)
        np.testing.assert_allclose(result.std_error[k], ols.bse[1], rtol=1e-9)
        low, high = result.interval()
        np.testing.assert_allclose([low[k], high[k]], ols.conf_int()[1], rtol=1e-8)
        assert result.df[k] == ols.df_resid
        assert (result.n_control[k], result.n_intervention[k]) == tuple(np.bincount(p.treatment[rows].astype(int)))


def test_what_cannot_be_estimated_says_why() -> None:
    outcome = [1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0, np.nan, np.nan]
    treatment = [0, 1, 0, 0, 0, 1, 1, 0, 1]
    trial = ["pair", "pair", "lone", "lone", "flat", "flat", "flat", "gone", "gone"]
    result = per_trial(outcome, treatment, trial)
    reasons = dict(zip(result.labels, result.reason, strict=True))
    assert reasons == {
        "flat": "the outcome is constant",
        "gone": "no participant with all values",
        "lone": "only control participants",
        "pair": "as many coefficients as participants",
    }
    assert np.isnan(result.estimate).all() and set(result.status) == {"not estimable"}


def test_an_adjuster_constant_in_one_trial_is_dropped_there_only() -> None:
    p = people(trials=3)
    adjuster = np.where(p.trial == 1, 4.0, p.baseline)
    result = per_trial(p.outcome, p.treatment, p.trial, adjusters=adjuster)
    plain = per_trial(p.outcome, p.treatment, p.trial)
    assert result.df[1] == plain.df[1] and result.estimate[1] == plain.estimate[1]
    assert result.df[0] == plain.df[0] - 1


def degenerate(kind: str, unit: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Change, treatment and baseline of a trial whose change is known too well, in some unit."""
    rng = np.random.default_rng(5)
    treatment, baseline = np.tile([0.0, 1.0], 20), np.round(rng.uniform(30, 80, 40), 1)
    after = {
        "constant change": baseline - 0.1,  # differences of measured values carry their rounding
        "constant in each arm": baseline - 10.0 * treatment,
        "everybody recovers in full": np.zeros(40),  # the change is the baseline, for which the model adjusts
        "single precision": (baseline - (3.0 + 0.5 * baseline + 4.0 * treatment)).astype(np.float32).astype(float),
    }[kind]
    return unit * (baseline - after), treatment, unit * baseline


KINDS = ("constant change", "constant in each arm", "everybody recovers in full", "single precision")


@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e6, 1e-200, 1e200])
@pytest.mark.parametrize("kind", KINDS)
def test_a_trial_without_residual_variance_is_not_estimable_in_any_unit(kind: str, unit: float) -> None:
    change, treatment, baseline = degenerate(kind, unit)
    adjusters = baseline if 1e-100 < unit < 1e100 else baseline / unit  # adjusters are taken as they are
    result = per_trial(change, treatment, np.zeros(40), adjusters=adjusters)
    assert result.reason[0] in (
        "the outcome is constant",
        "the model reproduces the outcome exactly, so that no residual variance is left",
    )
    assert np.isnan([result.estimate[0], result.std_error[0], result.sigma2[0]]).all()


@pytest.mark.parametrize("unit", [2.0**-600, 1e-9, 1.0, 1e6, 2.0**600])
def test_an_ordinary_trial_is_estimable_in_any_unit(unit: float) -> None:
    p = people(trials=2)
    plain = per_trial(p.outcome, p.treatment, p.trial, adjusters=p.baseline)
    result = per_trial(unit * p.outcome, p.treatment, p.trial, adjusters=p.baseline)
    assert set(result.status) == {"ok"}
    np.testing.assert_allclose(result.estimate / unit, plain.estimate, rtol=1e-12)
    np.testing.assert_allclose(result.std_error / unit, plain.std_error, rtol=1e-12)


def test_one_trial_in_another_unit_stands_beside_the_others() -> None:
    p = people(trials=3)
    outcome = np.where(p.trial == 1, 1e-180, 1.0) * p.outcome
    result = per_trial(outcome, p.treatment, p.trial, adjusters=p.baseline)
    plain = per_trial(p.outcome, p.treatment, p.trial, adjusters=p.baseline)
    np.testing.assert_allclose(result.estimate / [1.0, 1e-180, 1.0], plain.estimate, rtol=1e-12)
    np.testing.assert_allclose(result.std_error / [1.0, 1e-180, 1.0], plain.std_error, rtol=1e-12)


def test_a_trial_with_one_arm_constant_is_estimable() -> None:
    treatment = np.tile([0.0, 1.0], 20)
    change = np.where(treatment == 1, np.arange(40.0), 3.0)
    assert per_trial(change, treatment, np.zeros(40)).status[0] == "ok"

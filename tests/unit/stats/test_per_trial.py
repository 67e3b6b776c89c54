"""Effects trial by trial are ordinary least squares in each trial."""

import numpy as np
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
        "flat": "The outcome is constant.",
        "gone": "No participant with all values.",
        "lone": "Only control participants.",
        "pair": "As many coefficients as participants.",
    }
    assert np.isnan(result.estimate).all() and set(result.status) == {"not estimable"}


def test_an_adjuster_constant_in_one_trial_is_dropped_there_only() -> None:
    p = people(trials=3)
    adjuster = np.where(p.trial == 1, 4.0, p.baseline)
    result = per_trial(p.outcome, p.treatment, p.trial, adjusters=adjuster)
    plain = per_trial(p.outcome, p.treatment, p.trial)
    assert result.df[1] == plain.df[1] and result.estimate[1] == plain.estimate[1]
    assert result.df[0] == plain.df[0] - 1

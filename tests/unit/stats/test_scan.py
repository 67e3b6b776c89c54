"""A scan over cuts is one separate fit per cut."""

import numpy as np
import pytest

from reportgen.stats import fit_one_step, scan_cuts
from tests.unit.stats.simulated import People, people


def separate(p: People, cuts: np.ndarray, covariate: np.ndarray, **options: str) -> np.ndarray:
    rows = []
    for cut in cuts:
        fit = fit_one_step(
            p.outcome, p.treatment, p.trial, adjusters=p.baseline, moderator=(covariate <= cut).astype(float), **options
        )
        one = fit.interaction
        assert one is not None
        rows.append([one.estimate, one.std_error, one.df, one.p_value, fit.tau2, fit.sigma2])
    return np.array(rows)


@pytest.mark.slow
@pytest.mark.parametrize("tau", [0.0, 0.5])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"inference": "satterthwaite"},
        {"inference": "normal"},
        {"estimation": "ml"},
        {"df_floor": "none"},
        {"treatment_effect": "common"},
        {"treatment_effect": "common", "estimation": "ml"},
        {"estimation": "ml", "inference": "satterthwaite"},
    ],
)
def test_each_row_is_one_separate_fit(options: dict[str, str], tau: float) -> None:
    p = people(trials=5, size=30, tau=tau, slope_sd=0.0)
    scan = scan_cuts(p.outcome, p.treatment, p.trial, p.z, adjusters=p.baseline, **options)
    own = separate(p, scan.cuts, p.z, **options)
    error = own[:, 1]
    # section 8 asks for 1e-9; an estimate near zero has no relative accuracy, so it is measured in standard errors
    assert np.max(np.abs(scan.estimate - own[:, 0]) / error) < 1e-9
    np.testing.assert_allclose(scan.std_error, own[:, 1], rtol=1e-9)
    np.testing.assert_allclose(scan.df, own[:, 2], rtol=1e-9)
    np.testing.assert_allclose(scan.p_value, own[:, 3], rtol=1e-8)
    np.testing.assert_allclose(scan.tau2, own[:, 4], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(scan.sigma2, own[:, 5], rtol=1e-9)


def test_ties_are_one_cut_and_the_largest_value_is_none() -> None:
    p = people(trials=4)
    age = np.round(p.baseline / 5.0) * 5.0
    scan = scan_cuts(p.outcome, p.treatment, p.trial, age, adjusters=p.baseline, min_arm=1)
    assert np.all(np.diff(scan.cuts) > 0)
    assert set(scan.cuts) <= set(np.unique(age)[:-1])
    own = separate(p, scan.cuts, age)
    np.testing.assert_allclose(scan.std_error, own[:, 1], rtol=1e-9)  # as above


def test_cuts_that_a_trial_level_covariate_allows() -> None:
    # S is constant within trials: its main effect is lost to the intercepts, the interaction is not
    p = people(trials=5)
    level = p.trial.astype(float)
    scan = scan_cuts(p.outcome, p.treatment, p.trial, level, adjusters=p.baseline)
    own = separate(p, scan.cuts, level)
    assert len(scan.cuts) == 4
    np.testing.assert_allclose(scan.estimate, own[:, 0], rtol=1e-9)  # the same fit
    np.testing.assert_allclose(scan.df, own[:, 2], rtol=1e-9)


def test_admissible_cuts_are_those_of_a_plain_count() -> None:
    p = people(trials=4, size=25)
    limits = {"min_size": 20, "min_arm": 6, "min_trials": 3}
    scan = scan_cuts(p.outcome, p.treatment, p.trial, p.z, **limits)
    expected = []
    for cut in np.unique(p.z)[:-1]:
        sides = [p.z <= cut, p.z > cut]
        sizes = [side.sum() for side in sides]
        arms = [np.sum(side & (p.treatment == arm)) for side in sides for arm in (0, 1)]
        both = [
            sum(len(set(p.treatment[side & (p.trial == trial)])) == 2 for trial in np.unique(p.trial)) for side in sides
        ]
        if min(sizes) >= 20 and min(arms) >= 6 and min(both) >= 3:
            expected.append(cut)
    assert 0 < len(expected) < len(np.unique(p.z)) - 1
    np.testing.assert_array_equal(scan.cuts, expected)


def test_missing_values_and_lone_arms_are_left_out() -> None:
    p = people(trials=4)
    covariate = p.z.copy()
    covariate[::7] = np.nan
    covariate[(p.trial == 1) & (p.treatment == 1)] = np.nan
    scan = scan_cuts(p.outcome, p.treatment, p.trial, covariate, adjusters=p.baseline)
    q = p.take(np.isfinite(covariate) & (p.trial != 1))
    same = scan_cuts(q.outcome, q.treatment, q.trial, q.z, adjusters=q.baseline)
    np.testing.assert_array_equal(scan.cuts, same.cuts)
    # sums are shifted by other first rows, so the last digits may differ
    np.testing.assert_allclose(scan.std_error, same.std_error, rtol=1e-10)
    assert scan.trials == 3 and scan.participants == len(q.outcome)
    assert "the trial has only control participants" in [item.reason for item in scan.excluded]


def test_one_trial_and_no_cut() -> None:
    p = people(trials=1, size=50)
    scan = scan_cuts(p.outcome, p.treatment, p.trial, p.z, adjusters=p.baseline)
    own = separate(p, scan.cuts, p.z)
    np.testing.assert_allclose(scan.p_value, own[:, 3], rtol=1e-8)  # as above
    assert np.all(scan.df == len(p.outcome) - 5)
    assert len(scan_cuts(p.outcome, p.treatment, p.trial, np.ones(len(p.outcome))).cuts) == 0


def test_the_warm_start_does_not_decide_the_optimum() -> None:
    # from both ends the scan arrives at each cut with another start; the mirror image has the same interactions
    p = people(trials=6, size=20, tau=0.3, slope_sd=0.0, seed=9)
    up = scan_cuts(p.outcome, p.treatment, p.trial, p.z)
    down = scan_cuts(p.outcome, p.treatment, p.trial, -p.z)
    inner_up, inner_down = up.std_error, down.std_error[::-1]
    # cut c of z and the cut below it of -z part the same people
    np.testing.assert_allclose(inner_up, inner_down, rtol=1e-9)
    np.testing.assert_allclose(up.tau2, down.tau2[::-1], rtol=1e-7, atol=1e-9)


def test_p_values_far_in_the_tail_keep_their_order() -> None:
    rng = np.random.default_rng(0)
    n = 4000
    z = rng.normal(size=n)
    t = (np.arange(n) % 2).astype(float)
    y = 100.0 * t * (z <= 0.0) + rng.normal(size=n)
    scan = scan_cuts(y, t, np.arange(n) // 2 % 4, z, treatment_effect="common", min_arm=500)
    best = int(np.argmin(scan.log_p))
    assert scan.log_p[best] < -1000.0 and np.isfinite(scan.log_p).all()
    assert abs(scan.cuts[best]) < 0.01  # the true cut is 0, and neighbouring values lie 1e-3 apart


@pytest.mark.parametrize(("level", "status"), [(0.0, "not estimable"), (2.0, "failed")])
def test_outcomes_without_residual_variance_have_a_status_at_each_cut(level: float, status: str) -> None:
    p = people(trials=3, size=12)
    scan = scan_cuts(level * p.treatment + 1.0, p.treatment, p.trial, p.z)
    assert len(scan.cuts) > 10 and set(scan.status) == {status}
    assert np.isnan(scan.p_value).all()

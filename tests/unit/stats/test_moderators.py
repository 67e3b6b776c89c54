"""Screening of one moderator by routes that share no line with it: ordinary least squares with every column written out,
statsmodels' mixed model, and what must not change when a scale or a reference does."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests

from reportgen.stats import Levels, benjamini_hochberg, holm, screen_moderator
from tests.unit.stats.simulated import People, people

NAMES = ("low", "middle", "high")


def screened(data: People, moderator, **options):  # type: ignore[no-untyped-def]
    return screen_moderator(data.outcome, data.treatment, data.trial, moderator, adjusters=data.baseline, **options)


def trial_means(data: People, values: np.ndarray) -> np.ndarray:
    return np.array([values[data.trial == k].mean() for k in range(data.trial.max() + 1)])[data.trial]


def dummies(data: People) -> np.ndarray:
    return (data.trial[:, None] == np.arange(data.trial.max() + 1)).astype(float)


# ---- the same numbers by another route -------------------------------------------------------------------------------


def test_with_a_common_effect_the_readings_are_ordinary_least_squares() -> None:
    data = people(trials=5, seed=3)
    zbar = trial_means(data, data.z)
    z, t = data.z - zbar, data.treatment
    beside = [dummies(data), data.baseline]
    ours = screened(data, data.z, treatment_effect="common", percentiles=(50,))
    at = np.percentile(data.z, 50, method="inverted_cdf")
    shift = at - data.z.mean()
    within = sm.OLS(data.outcome, np.column_stack([*beside, z, t, t * (z - shift), t * (zbar - data.z.mean())])).fit()
    naive = sm.OLS(data.outcome, np.column_stack([*beside, data.z, t, t * data.z])).fit()
    assert ours.within.each[0].estimate == pytest.approx(within.params[-2], rel=1e-9)
    assert ours.within.each[0].std_error == pytest.approx(within.bse[-2], rel=1e-9)
    assert ours.within.p_value == pytest.approx(within.pvalues[-2], rel=1e-8)
    assert ours.across.each[0].estimate == pytest.approx(within.params[-1], rel=1e-9)
    assert ours.across.p_value == pytest.approx(within.pvalues[-1], rel=1e-8)
    assert ours.naive.each[0].estimate == pytest.approx(naive.params[-1], rel=1e-9)
    assert ours.at_values == (at,)
    assert ours.at[0].estimate == pytest.approx(within.params[-3], rel=1e-9)
    assert ours.at[0].std_error == pytest.approx(within.bse[-3], rel=1e-9)


def test_with_two_trials_each_has_an_effect_of_its_own() -> None:
    data = people(trials=2, seed=5, size=80)
    t, z = data.treatment, data.z - trial_means(data, data.z)
    own = dummies(data)
    ours = screened(data, data.z, percentiles=(10, 90))
    x = np.column_stack([own, data.baseline, z, t[:, None] * own, t * z])
    fit = sm.OLS(data.outcome, x).fit()
    assert ours.separate
    assert ours.across.status == "not estimable"
    assert ours.across.reason == "two trials, and the across reading needs three"
    assert ours.within.each[0].estimate == pytest.approx(fit.params[-1], rel=1e-9)
    assert ours.within.p_value == pytest.approx(fit.pvalues[-1], rel=1e-8)
    # the mean of the effects of the trials, weighted by people
    contrast = np.zeros(x.shape[1])
    contrast[-3:-1] = own.mean(axis=0)
    contrast[-1] = ours.at_values[1] - data.z.mean()
    told = fit.t_test(contrast)
    assert ours.at[1].estimate == pytest.approx(told.effect[0], rel=1e-9)
    assert ours.at[1].std_error == pytest.approx(told.sd[0][0], rel=1e-9)


def test_within_is_the_same_however_the_means_are_taken_care_of() -> None:
    """With a common effect and gamma_A for three trials' two means, the model is the one with an effect per trial."""
    data = people(trials=3, seed=8)
    twin = data.take(np.concatenate([np.arange(len(data.trial)), np.flatnonzero(data.trial == 2)]))
    alike = screened(twin, twin.z - trial_means(twin, twin.z))
    assert alike.separate
    assert alike.across.reason == "the means of the trials do not differ enough"
    own = dummies(twin)
    z, t = twin.z - trial_means(twin, twin.z), twin.treatment
    fit = sm.OLS(twin.outcome, np.column_stack([own, twin.baseline, z, t[:, None] * own, t * z])).fit()
    assert alike.within.each[0].estimate == pytest.approx(fit.params[-1], rel=1e-9)
    assert alike.within.each[0].std_error == pytest.approx(fit.bse[-1], rel=1e-9)


def test_with_a_random_effect_the_naive_reading_is_that_of_statsmodels() -> None:
    data = people(trials=8, seed=2, tau=1.5, size=60)
    t = data.treatment
    x = np.column_stack([dummies(data), data.baseline, data.z, t, t * data.z])
    fit = sm.MixedLM(data.outcome, x, groups=data.trial, exog_re=t[:, None]).fit(reml=True)
    ours = screened(data, data.z, inference="normal").naive
    assert ours.each[0].estimate == pytest.approx(fit.fe_params[-1], rel=1e-5)
    assert ours.each[0].std_error == pytest.approx(fit.bse_fe[-1], rel=5e-4)  # its tau2 is good to three digits
    assert ours.tau2 == pytest.approx(fit.cov_re[0, 0], rel=1e-3)


def test_levels_have_the_joint_test_of_least_squares() -> None:
    data = people(trials=6, seed=4)
    indicators = (data.group[:, None] == np.array([0, 2])).astype(float)
    means = np.column_stack([trial_means(data, column) for column in indicators.T])
    w, t = indicators - means, data.treatment
    x = np.column_stack([dummies(data), data.baseline, w, t, t[:, None] * means, t[:, None] * w])
    fit = sm.OLS(data.outcome, x).fit()
    ours = screened(data, Levels(data.group, NAMES), reference=1, treatment_effect="common")
    assert (ours.codes, ours.reference) == ((0, 2), 1)
    assert [float(item.estimate) for item in ours.within.each] == pytest.approx(list(fit.params[-2:]), rel=1e-9)
    told = fit.f_test(np.eye(x.shape[1])[-2:])
    assert ours.within.joint is not None
    assert ours.within.joint.statistic == pytest.approx(float(told.fvalue), rel=1e-8)
    assert ours.within.p_value == pytest.approx(float(told.pvalue), rel=1e-7)


def test_holm_and_benjamini_hochberg_are_those_of_statsmodels() -> None:
    p = np.random.default_rng(1).uniform(size=40) ** 3
    p[[3, 9]] = p[4]
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1])
    gaps = np.insert(p, 7, np.nan)
    assert np.isnan(holm(gaps)[7])
    assert np.delete(holm(gaps), 7) == pytest.approx(holm(p))
    assert holm([]).size == 0


# ---- what must not change, and what must change in step --------------------------------------------------------------


def test_a_shift_changes_nothing_and_a_step_multiplies() -> None:
    data = people(seed=6)
    plain, moved = screened(data, data.z, percentiles=(10,)), screened(data, data.z + 30.0, percentiles=(10,))
    for item, other in ((plain.within, moved.within), (plain.naive, moved.naive), (plain.across, moved.across)):
        assert other.each[0].estimate == pytest.approx(item.each[0].estimate, rel=1e-6)
        assert other.p_value == pytest.approx(item.p_value, rel=1e-5)
    assert moved.at[0].estimate == pytest.approx(plain.at[0].estimate, rel=1e-6)
    assert moved.at_values[0] == pytest.approx(plain.at_values[0] + 30.0)
    tenfold = screened(data, data.z, per=10.0, percentiles=(10,))
    assert tenfold.within.each[0].estimate == pytest.approx(10 * plain.within.each[0].estimate, rel=1e-8)
    assert tenfold.within.p_value == pytest.approx(plain.within.p_value, rel=1e-7)
    assert tenfold.at_values == plain.at_values
    assert tenfold.at[0].estimate == pytest.approx(plain.at[0].estimate, rel=1e-8)


def test_another_reference_changes_the_contrasts_and_not_the_joint_test() -> None:
    data = people(seed=7)
    first, last = (screened(data, Levels(data.group, NAMES), reference=r) for r in (0, 2))
    assert last.within.p_value == pytest.approx(first.within.p_value, rel=1e-6)
    assert last.across.p_value == pytest.approx(first.across.p_value, rel=1e-6)
    assert last.within.each[0].estimate == pytest.approx(-float(first.within.each[1].estimate), rel=1e-6)
    effects = [float(effect.estimate) for effect in first.at]
    assert [float(effect.estimate) for effect in last.at] == pytest.approx(effects, rel=1e-6)
    assert effects[1] - effects[0] == pytest.approx(float(first.within.each[0].estimate), rel=1e-8)


def test_swapped_arms_flip_the_sign_and_the_order_of_people_is_nothing() -> None:
    data = people(seed=9)
    plain = screened(data, data.z)
    swapped = screen_moderator(data.outcome, 1 - data.treatment, data.trial, data.z, adjusters=data.baseline)
    assert swapped.within.each[0].estimate == pytest.approx(-float(plain.within.each[0].estimate), rel=1e-7)
    assert swapped.direction == -plain.direction != 0
    shuffled = data.take(np.random.default_rng(0).permutation(len(data.trial)))
    assert screened(shuffled, shuffled.z).within.p_value == pytest.approx(plain.within.p_value, rel=1e-6)


def test_an_adjuster_that_moderates_enters_once() -> None:
    data = people(seed=10)
    once = screen_moderator(data.outcome, data.treatment, data.trial, data.z, adjusters=data.baseline)
    both = np.column_stack([data.baseline, data.z])
    twice = screen_moderator(data.outcome, data.treatment, data.trial, data.z, adjusters=both)
    for item, other in ((once.within, twice.within), (once.naive, twice.naive), (once.across, twice.across)):
        assert other.each[0].estimate == pytest.approx(item.each[0].estimate, rel=1e-7)
        assert other.criterion == pytest.approx(item.criterion, rel=1e-9)


def test_a_difference_between_trials_alone_moves_the_across_reading_alone() -> None:
    data = people(trials=12, size=60, seed=11, tau=0.0, slope_sd=0.0)
    zbar = trial_means(data, data.z)
    rng = np.random.default_rng(12)
    outcome = data.treatment * 2.0 * zbar + rng.normal(size=len(zbar))
    fit = screen_moderator(outcome, data.treatment, data.trial, data.z)
    assert fit.across.p_value < 1e-6
    assert abs(float(fit.across.each[0].estimate) - 2.0) < 3 * float(fit.across.each[0].std_error)
    assert abs(float(fit.within.each[0].estimate)) < 3 * float(fit.within.each[0].std_error)


# ---- what cannot be estimated ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: np.full(len(d.z), np.nan), "no participant has a value in a trial with both arms"),
        (lambda d: np.full(len(d.z), 4.0), "it has one value in all"),
        (
            lambda d: np.where(d.trial == 0, d.z, np.nan),
            "one trial with a value on both sides, and the screening needs two",
        ),
    ],
)
def test_what_cannot_be_screened_says_why(change, reason) -> None:  # type: ignore[no-untyped-def]
    data = people(seed=13)
    fit = screened(data, change(data), minimum_trials=2, percentiles=(10, 90))
    for reading in (fit.within, fit.naive, fit.across):
        assert (reading.status, reading.reason) == ("not estimable", reason)
        assert math.isnan(reading.p_value)
    assert all(math.isnan(float(effect.estimate)) for effect in fit.at)
    assert fit.direction == 0


def test_a_moderator_of_trials_has_no_within_reading() -> None:
    data = people(trials=8, seed=14)
    fit = screened(data, data.trial**1.5, percentiles=(50,))
    assert fit.within.reason == "it does not vary within any trial"
    assert fit.across.estimated
    assert math.isnan(float(fit.at[0].estimate))


def test_a_level_on_one_side_alone_leaves_the_others() -> None:
    data = people(seed=15)
    group = np.where((data.group == 2) & (data.treatment == 0), 1, data.group)
    fit = screened(data, Levels(group, NAMES))
    assert math.isnan(float(fit.within.each[1].estimate))
    assert math.isnan(float(fit.at[2].estimate))
    first, second = float(fit.at[0].estimate), float(fit.at[1].estimate)
    assert second - first == pytest.approx(float(fit.within.each[0].estimate), rel=1e-8)
    without = group < 2
    few = data.take(np.flatnonzero(without))
    alone = screened(few, Levels(group[without], NAMES))
    assert abs(first - float(alone.at[0].estimate)) < float(alone.at[0].std_error)
    # a reference that no trial has on both sides gives way to the first level that one has
    assert screened(data, Levels(group, NAMES), reference=2).reference == 0


def test_levels_that_nobody_has_are_not_there() -> None:
    data = people(seed=16)
    fit = screened(data, Levels(np.where(data.group == 0, -1, data.group), NAMES), reference=0)
    assert (fit.codes, fit.reference, fit.at_values) == ((2,), 1, (1.0, 2.0))
    assert fit.entered.participants == int(np.sum(data.group != 0))
    assert fit.within.joint is None


def test_a_trial_that_loses_an_arm_moves_no_mean() -> None:
    data = people(seed=17)
    z = np.where((data.trial == 2) & (data.treatment == 1), np.nan, data.z)
    rest = data.take(np.flatnonzero(data.trial != 2))
    mine, other = screened(data, z), screened(rest, rest.z)
    assert (mine.entered.trials, mine.entered.participants) == (5, len(rest.z))
    assert mine.within.p_value == pytest.approx(other.within.p_value, rel=1e-9)


def test_a_step_must_be_positive() -> None:
    data = people(seed=18)
    with pytest.raises(ValueError, match="per must be positive"):
        screened(data, data.z, per=0.0)


def test_a_joint_test_whose_moments_match_no_f_distribution_is_not_scaled() -> None:
    # across six trials for three coefficients: Kenward and Roger's factor is negative, and so would be F
    rng = np.random.default_rng(471)
    trial = np.repeat(np.arange(6), 60)
    treatment = np.arange(360) % 2.0
    shares = rng.dirichlet(np.full(4, 3.0), 6)
    codes = np.array([rng.choice(4, p=shares[k]) for k in trial])
    fit = screen_moderator(rng.normal(size=360), treatment, trial, Levels(codes, ("a", "b", "c", "d")))
    joint = fit.across.joint
    assert joint is not None and joint.df_den_raw < 0.0
    assert joint.statistic > 0.0 and joint.df_den == 5.0
    assert joint.p_value == pytest.approx(stats.f.sf(joint.statistic, 3, 5))


def test_a_moderator_far_from_zero_has_the_same_readings() -> None:
    data = people(trials=5, seed=3)
    z = np.round(64.0 * data.z) / 64.0  # so that a shift of 1e8 takes no digit
    near, far = screened(data, z), screened(data, z + 1e8)
    for item, other in ((near.within, far.within), (near.naive, far.naive), (near.across, far.across)):
        assert item.status == other.status in ("ok", "boundary")
        # means near 1e8 carry 1e-8
        assert other.each[0].estimate == pytest.approx(item.each[0].estimate, rel=1e-5)
        assert other.each[0].std_error == pytest.approx(item.each[0].std_error, rel=1e-5)


# ---- which trials tell something of an interaction -------------------------------------------------------------------


def one_sided(data: People, how: str) -> np.ndarray:
    """The moderator of `data`, in trial 0 such that it tells nothing of the interaction."""
    first, treated = data.trial == 0, data.treatment == 1
    return {
        "constant": np.where(first, 1.5, data.z),
        "the arm": np.where(first, data.treatment, data.z),
        "varies among controls only": np.where(first & treated, 0.25, data.z),
        "varies in intervention only": np.where(first & ~treated, 0.25, data.z),
        "rounding": np.where(first & treated, 0.1 + 0.2 * (np.arange(len(data.z)) % 2) * 1e-16, data.z),
    }[how]


@pytest.mark.parametrize(
    "how", ["constant", "the arm", "varies among controls only", "varies in intervention only", "rounding"]
)
def test_a_trial_that_tells_nothing_is_in_the_model_and_not_counted(how: str) -> None:
    data = people(trials=4, seed=21)
    fit = screened(data, one_sided(data, how))
    rest = data.trial != 0
    assert (fit.entered.trials, fit.entered.participants) == (4, len(data.z))
    assert fit.telling.trials == 3
    assert fit.telling.participants == int(rest.sum())
    assert fit.telling.n_control == int(np.sum(rest & (data.treatment == 0)))
    # by hand: t z is a combination of the others in the trial that is not counted, and in no other
    for k in range(4):
        here = data.trial == k
        z, t = one_sided(data, how)[here], data.treatment[here]
        beside = np.column_stack([np.ones(len(z)), t, z])
        left = t * z - beside @ np.linalg.lstsq(beside, t * z, rcond=None)[0]
        assert (np.abs(left).max() < 1e-9) == (k == 0)


@pytest.mark.parametrize("minimum_trials", [1, 2, 3])
def test_the_minimum_counts_trials_that_tell(minimum_trials: int) -> None:
    data = people(trials=3, seed=22)
    z = np.where(data.trial < 2, data.treatment, data.z)
    fit = screened(data, z, minimum_trials=minimum_trials, percentiles=(50,))
    if minimum_trials == 1:
        assert fit.within.estimated and not math.isnan(float(fit.at[0].estimate))
        return
    wanted = {2: "two", 3: "three"}[minimum_trials]
    assert fit.within.reason == f"it varies on both sides of one trial, and the screening needs {wanted}"
    assert math.isnan(float(fit.at[0].estimate))
    assert fit.naive.estimated


def test_a_moderator_that_is_the_arm_everywhere_says_so() -> None:
    data = people(trials=3, seed=23)
    fit = screened(data, data.treatment + 0.0)
    assert fit.within.reason == "it does not vary on both sides of any trial"


def test_levels_tell_where_both_sides_have_two_of_the_same() -> None:
    data = people(trials=4, seed=24)
    group = data.group.copy()
    first, second = data.trial == 0, data.trial == 1
    group[first] = data.treatment[first].astype(int)  # sex = arm
    group[second] = np.where(data.treatment[second] == 1, 0, np.arange(second.sum()) % 2)  # a side with one level
    fit = screened(data, Levels(group, NAMES))
    assert (fit.entered.trials, fit.telling.trials) == (4, 2)


def test_effects_at_values_come_from_the_reading_that_is_asked_for() -> None:
    data = people(trials=5, seed=3)
    beside = [dummies(data), data.baseline]
    naive = screened(data, data.z, treatment_effect="common", percentiles=(10, 90), reading="naive")
    within = screened(data, data.z, treatment_effect="common", percentiles=(10, 90))
    t = data.treatment
    for value, effect in zip(naive.at_values, naive.at, strict=True):
        by_hand = sm.OLS(data.outcome, np.column_stack([*beside, data.z, t, t * (data.z - value)])).fit()
        assert effect.estimate == pytest.approx(by_hand.params[-2], rel=1e-9)
        assert effect.std_error == pytest.approx(by_hand.bse[-2], rel=1e-9)
    # the slope between two values is that of the reading
    step = naive.at_values[1] - naive.at_values[0]
    for fit, reading in ((naive, naive.naive), (within, within.within)):
        rise = (float(fit.at[1].estimate) - float(fit.at[0].estimate)) / step
        assert rise == pytest.approx(float(reading.each[0].estimate), rel=1e-9)
    assert float(naive.at[0].estimate) != pytest.approx(float(within.at[0].estimate), rel=1e-6)
    with pytest.raises(ValueError, match="reading is within or naive, not 'across'"):
        screened(data, data.z, reading="across")


def test_levels_have_effects_of_the_naive_reading_too() -> None:
    data = people(trials=5, seed=12)
    fit = screened(data, Levels(data.group, NAMES), reading="naive")
    rise = float(fit.at[1].estimate) - float(fit.at[0].estimate)
    assert rise == pytest.approx(float(fit.naive.each[0].estimate), rel=1e-8)

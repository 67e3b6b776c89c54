"""Every option works or says why not; every awkward case has its status and sentence."""

import itertools
import warnings

import numpy as np
import pytest
import statsmodels.api as sm

from reportgen.stats import OneStepFit, fit_one_step
from reportgen.stats.design import CHOICES
from tests.unit.stats.simulated import people

MODEL_OPTIONS = ("intercept", "treatment_effect", "interaction_effect", "covariance", "adjuster_slopes", "residual")
COMBINATIONS = [
    {"estimation": estimation, "inference": inference, **dict(zip(MODEL_OPTIONS, values, strict=True))}
    for estimation in CHOICES["estimation"]
    for inference in CHOICES["inference"]
    for values in itertools.product(*(CHOICES[name] for name in MODEL_OPTIONS))
]


@pytest.mark.sampled(37)
@pytest.mark.parametrize("options", COMBINATIONS, ids=[" ".join(options.values()) for options in COMBINATIONS])
def test_every_combination_of_options_gives_an_answer(options: dict[str, str]) -> None:
    p = people(trials=4, size=50)
    fit = fit_one_step(p.outcome, p.treatment, p.trial, adjusters=p.baseline, moderator=p.z, **options)
    assert fit.status in ("ok", "boundary"), fit.message
    assert fit.interaction is not None
    assert np.isfinite([fit.effect.estimate, fit.effect.std_error, fit.criterion]).all()
    assert np.isfinite([fit.interaction.estimate, fit.interaction.std_error]).all()
    assert fit.effect.df > 0 and fit.interaction.df > 0
    # the true effect is 1, its standard error at most about 0.6 here: a blunder would be farther than 5 of them
    assert abs(fit.effect.estimate - 1.0) < 5 * max(fit.effect.std_error, 0.3)


@pytest.mark.parametrize("option", sorted(CHOICES))
def test_an_unknown_value_names_the_allowed_ones(option: str) -> None:
    p = people(trials=2)
    with pytest.raises(ValueError, match=CHOICES[option][0]) as caught:
        fit_one_step(p.outcome, p.treatment, p.trial, **{option: "sideways"})
    assert option in str(caught.value)
    assert all(value in str(caught.value) for value in CHOICES[option])


def test_all_unknown_values_are_named_at_once() -> None:
    with pytest.raises(ValueError) as caught:
        fit_one_step([1.0], [0], ["a"], intercept="fixed", estimation="MLE")
    assert "fixed" in str(caught.value) and "MLE" in str(caught.value)


def test_a_random_interaction_needs_a_moderator() -> None:
    with pytest.raises(ValueError, match="moderator"):
        fit_one_step([1.0], [0], ["a"], interaction_effect="random")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"treatment": [0, 1]}, "treatment has 2 rows"),
        ({"treatment": [0, 1, 2, 1]}, "row 2 holds 2"),
        ({"trial": [1, 1]}, "trial has 2 rows"),
        ({"adjusters": [[1.0], [2.0]]}, "adjusters has 2 rows"),
        ({"outcome": [1.0, 2.0, np.inf, 4.0]}, "row 2 holds an infinite value"),
        ({"adjusters": [1.0, -np.inf, 0.0, 1.0]}, "row 1 holds an infinite value"),
        ({"outcome": [[1.0, 2.0, 3.0, 4.0]]}, "one dimension"),
    ],
)
def test_bad_input_is_an_error_in_plain_words(change: dict[str, object], words: str) -> None:
    data: dict[str, object] = {"outcome": [1.0, 2.0, 3.0, 4.0], "treatment": [0, 1, 0, 1], "trial": [1, 1, 2, 2]}
    data.update(change)
    with pytest.raises(ValueError, match=words):
        fit_one_step(**data)  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{}, {"intercept": "random"}, {"residual": "by-trial"}])
def test_one_trial_is_ordinary_analysis_of_covariance(options: dict[str, str]) -> None:
    p = people(trials=1, size=60)
    fit = fit_one_step(p.outcome, p.treatment, p.trial, adjusters=p.baseline, moderator=p.z, **options)
    design = np.column_stack([p.treatment, p.baseline, p.z, p.treatment * p.z, np.ones(len(p.outcome))])
    ols = sm.OLS(p.outcome, design).fit()
    assert fit.interaction is not None
    # two exact solutions of one linear system of condition 1e2
    np.testing.assert_allclose([fit.effect.estimate, fit.interaction.estimate], ols.params[[0, 3]], rtol=1e-10)
    np.testing.assert_allclose([fit.effect.std_error, fit.interaction.std_error], ols.bse[[0, 3]], rtol=1e-10)
    np.testing.assert_allclose([fit.effect.p_value, fit.interaction.p_value], ols.pvalues[[0, 3]], rtol=1e-8)
    assert fit.effect.df == ols.df_resid and fit.effect.df_raw == ols.df_resid
    assert np.isnan(fit.tau2) and fit.status == "ok" and "one trial" in fit.message


@pytest.mark.parametrize("slopes", ["common", "stratified"])
def test_common_effects_are_least_squares_with_residual_df(slopes: str) -> None:
    p = people()
    fit = fit_one_step(
        p.outcome, p.treatment, p.trial, adjusters=p.baseline, treatment_effect="common", adjuster_slopes=slopes
    )
    dummies = (p.trial[:, None] == np.unique(p.trial)).astype(float)
    x = dummies * p.baseline[:, None] if slopes == "stratified" else p.baseline[:, None]
    ols = sm.OLS(p.outcome, np.column_stack([p.treatment, dummies, x])).fit()
    # condition of the design with raw baselines about 1e4
    np.testing.assert_allclose(fit.effect.estimate, ols.params[0], rtol=1e-9)
    np.testing.assert_allclose(fit.effect.std_error, ols.bse[0], rtol=1e-9)
    assert fit.effect.df == ols.df_resid
    assert fit.tau2 == 0.0


@pytest.mark.parametrize("reml", [True, False])
def test_agrees_with_statsmodels_mixedlm(reml: bool) -> None:
    p = people(trials=8, size=60, tau=0.8)
    dummies = (p.trial[:, None] == np.unique(p.trial)).astype(float)
    design = np.column_stack([p.treatment, p.baseline - 50.0, dummies])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = sm.MixedLM(p.outcome, design, groups=p.trial, exog_re=p.treatment[:, None]).fit(reml=reml)
    estimation = "reml" if reml else "ml"
    fit = fit_one_step(p.outcome, p.treatment, p.trial, adjusters=p.baseline, estimation=estimation, inference="normal")
    # MixedLM's default optimiser stops where its likelihood is flat: the effect is right to 1e-6 there, tau2 and with it
    # the standard error only to a few parts in 1e4 (lme4, in tests/reference, agrees with us to 1e-7)
    np.testing.assert_allclose(fit.effect.estimate, other.fe_params[0], rtol=1e-5)
    np.testing.assert_allclose(fit.effect.std_error, other.bse_fe[0], rtol=1e-3)
    np.testing.assert_allclose(fit.sigma2, other.scale, rtol=1e-5)
    np.testing.assert_allclose(fit.tau2, other.cov_re[0, 0], rtol=3e-3)


def test_no_between_trial_variance_is_a_boundary_not_a_failure() -> None:
    p = people(tau=0.0, slope_sd=0.0, seed=4)
    fit = fit_one_step(p.outcome, p.treatment, p.trial, adjusters=p.baseline)
    assert fit.status == "boundary" and fit.tau2 == 0.0
    assert fit.message == "the between-trial variance of treatment is estimated as zero"
    common = fit_one_step(p.outcome, p.treatment, p.trial, adjusters=p.baseline, treatment_effect="common")
    # the same model at lambda = 0, through the same sums
    np.testing.assert_allclose(fit.effect.estimate, common.effect.estimate, rtol=1e-12)
    np.testing.assert_allclose(fit.criterion, common.criterion, rtol=1e-13)


def test_a_perfect_correlation_is_a_boundary() -> None:
    found = []
    for seed in range(8):
        p = people(trials=4, size=30, tau=0.6, seed=seed)
        fit = fit_one_step(
            p.outcome,
            p.treatment,
            p.trial,
            moderator=p.z,
            interaction_effect="random",
            covariance="unstructured",
        )
        if fit.status == "boundary" and "correlated" in fit.message:
            sd = np.sqrt(np.diag(fit.covariance))
            found.append(fit.covariance[0, 1] / (sd[0] * sd[1]))
    assert found, "none of the seeds reached the boundary"
    # a correlation counts as perfect when the smaller eigenvalue, 1 - |r|, is under 1e-8
    np.testing.assert_allclose(np.abs(found), 1.0, atol=1e-8)


def test_a_collinear_adjuster_is_dropped_before_p_is_counted() -> None:
    p = people()
    twice = np.column_stack([p.baseline, 2.0 * p.baseline + 3.0, np.full(len(p.outcome), 7.0)])
    fit = fit_one_step(p.outcome, p.treatment, p.trial, adjusters=twice)
    once = fit_one_step(p.outcome, p.treatment, p.trial, adjusters=p.baseline)
    assert fit.dropped == {
        "adjuster[1]": "a linear combination of the columns before it",
        "adjuster[2]": "constant within every trial",
    }
    assert fit.coefficient_names == ("treatment", "adjuster[0]")
    # the same numbers, as the dropped columns enter nothing
    assert fit.effect == once.effect and fit.criterion == once.criterion


def test_a_moderator_that_is_an_adjuster_enters_once() -> None:
    p = people()
    fit = fit_one_step(p.outcome, p.treatment, p.trial, adjusters=p.z, moderator=p.z)
    alone = fit_one_step(p.outcome, p.treatment, p.trial, moderator=p.z)
    assert "moderator[0]" in fit.dropped and fit.interaction is not None and alone.interaction is not None
    # the same model with its columns in another order
    np.testing.assert_allclose(fit.interaction.estimate, alone.interaction.estimate, rtol=1e-8)
    np.testing.assert_allclose(fit.criterion, alone.criterion, rtol=1e-12)


def test_a_moderator_constant_within_trials_keeps_its_interaction() -> None:
    p = people(trials=6)
    fit = fit_one_step(p.outcome, p.treatment, p.trial, moderator=(p.trial % 2).astype(float))
    assert fit.dropped == {"moderator[0]": "constant within every trial"}
    assert fit.interaction is not None and np.isfinite(fit.interaction.estimate)
    constant = fit_one_step(p.outcome, p.treatment, p.trial, moderator=np.ones(len(p.outcome)))
    assert constant.status == "not estimable" and np.isnan(constant.interaction.estimate)  # type: ignore[union-attr]
    assert np.isfinite(constant.effect.estimate)


def test_a_flat_criterion_is_not_estimable() -> None:
    # two trials and a moderator that tells them apart: their two effects are two coefficients, nothing is left for tau2
    p = people(trials=2, size=80)
    across = np.where(p.trial == 0, -1.0, 1.0)
    fit = fit_one_step(p.outcome, p.treatment, p.trial, moderator=np.column_stack([p.z, across]))
    assert fit.status == "not estimable" and "variance between trials" in fit.message
    assert np.isnan(fit.effect.estimate)


def test_a_trial_with_one_participant_per_arm_takes_part() -> None:
    p = people(trials=4, size=40, unequal=0.0)
    first = np.flatnonzero((p.trial == 1) & (p.treatment == 0))[0]
    second = np.flatnonzero((p.trial == 1) & (p.treatment == 1))[0]
    rows = np.concatenate([np.flatnonzero(p.trial != 1), [first, second]])
    q = p.take(rows)
    for options in ({}, {"intercept": "random"}, {"adjuster_slopes": "stratified"}, {"residual": "by-trial"}):
        fit = fit_one_step(q.outcome, q.treatment, q.trial, adjusters=q.baseline, **options)
        assert fit.trials == 4 and np.isfinite(fit.effect.estimate), options
        assert fit.status in ("ok", "boundary"), (options, fit.message)


def test_trials_with_one_arm_are_left_out_with_their_reason() -> None:
    p = people(trials=4)
    keep = ~((p.trial == 2) & (p.treatment == 1))
    q = p.take(keep)
    fit = fit_one_step(q.outcome, q.treatment, q.trial)
    without = p.take(p.trial != 2)
    same = fit_one_step(without.outcome, without.treatment, without.trial)
    assert fit.effect == same.effect and fit.trials == 3
    assert [(item.trial, item.reason) for item in fit.excluded] == [(2, "the trial has only control participants")]
    assert fit.excluded[0].participants == int((q.trial == 2).sum())


def test_missing_values_are_left_out_and_counted() -> None:
    p = people(trials=3)
    outcome, baseline = p.outcome.copy(), p.baseline.copy()
    outcome[[0, 1]] = np.nan
    baseline[[1, 5, -1]] = np.nan
    fit = fit_one_step(outcome, p.treatment, p.trial, adjusters=baseline)
    q = p.take(np.isfinite(outcome + baseline))
    same = fit_one_step(q.outcome, q.treatment, q.trial, adjusters=q.baseline)
    # shifts by the first row of a trial differ, so the last digits may
    np.testing.assert_allclose(fit.effect.estimate, same.effect.estimate, rtol=1e-10)
    assert fit.participants == len(outcome) - 4
    assert {item.trial: item.participants for item in fit.excluded} == {0: 3, 2: 1}


@pytest.mark.parametrize(
    ("outcome", "status", "words"),
    [
        ("constant", "not estimable", "constant"),
        ("exact", "failed", "reproduces the outcome exactly"),
    ],
)
@pytest.mark.parametrize("options", [{}, {"intercept": "random"}, {"residual": "by-trial"}])
def test_outcomes_without_residual_variance(outcome: str, status: str, words: str, options: dict[str, str]) -> None:
    p = people(trials=3)
    y = np.full(len(p.trial), 3.3) if outcome == "constant" else 2.0 * p.treatment + p.trial
    fit = fit_one_step(y, p.treatment, p.trial, **options)
    assert fit.status == status and words in fit.message


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (([], [], []), "no trial"),
        (([1.0, 2.0], [1, 1], ["a", "a"]), "no trial"),
        (([1.0, 2.0], [0, 1], ["a", "a"]), "as many coefficients"),
    ],
)
def test_too_little_is_not_estimable(rows: tuple[list[float], list[int], list[str]], words: str) -> None:
    fit = fit_one_step(*rows)
    assert fit.status == "not estimable" and np.isnan(fit.effect.estimate)
    assert words.removeprefix("as ") in fit.message


def test_two_hundred_trials() -> None:
    p = people(trials=200, size=20)
    fit = fit_one_step(p.outcome, p.treatment, p.trial, adjusters=p.baseline)
    assert fit.status == "ok" and fit.trials == 200
    fewer = p.take(p.trial < 60)  # sixty residual variances are enough to see that their number does not matter
    own = fit_one_step(fewer.outcome, fewer.treatment, fewer.trial, adjusters=fewer.baseline, residual="by-trial")
    assert own.status == "ok" and np.shape(own.sigma2) == (60,)


def test_the_floor_of_the_df_leaves_the_raw_ones_in_the_record() -> None:
    # three trials of very unequal size and no heterogeneity: Kenward-Roger's df fall under 2
    rng = np.random.default_rng(3)
    trial = np.repeat([0, 1, 2], [1400, 60, 30])
    treatment = (np.arange(len(trial)) % 2).astype(float)
    outcome = treatment + rng.normal(size=len(trial))
    fit = fit_one_step(outcome, treatment, trial)
    raw = fit_one_step(outcome, treatment, trial, df_floor="none")
    assert fit.effect.df_raw < 2.0 and fit.effect.df == 2.0
    assert raw.effect.df == raw.effect.df_raw == fit.effect.df_raw
    common = fit_one_step(outcome, treatment, trial, treatment_effect="common")
    assert common.effect.df == len(trial) - 4


def test_satterthwaite_at_the_boundary_is_the_residual_df() -> None:
    p = people(tau=0.0, slope_sd=0.0, seed=4)
    fit = fit_one_step(p.outcome, p.treatment, p.trial, adjusters=p.baseline, inference="satterthwaite")
    assert fit.tau2 == 0.0
    # two routes to n - K - p, one through a 1 x 1 inverse
    np.testing.assert_allclose(fit.effect.df, len(p.outcome) - 6 - 2, rtol=1e-10)


def test_several_moderator_columns_have_a_joint_test() -> None:
    p = people()
    levels = (p.group[:, None] == [1, 2]).astype(float)
    fit = fit_one_step(p.outcome, p.treatment, p.trial, moderator=levels)
    assert fit.interaction is not None and fit.interaction.joint is not None
    assert np.shape(fit.interaction.estimate) == (2,) and fit.interaction.joint.df_num == 2.0
    one = fit_one_step(p.outcome, p.treatment, p.trial, moderator=p.z[:, None])
    assert one.interaction is not None and one.interaction.joint is not None
    # the square of t with the same df
    np.testing.assert_allclose(one.interaction.joint.p_value, one.interaction.p_value[0], rtol=1e-10)


def test_the_joint_test_does_not_depend_on_the_reference_level() -> None:
    p = people()
    joints = []
    for others in ([1, 2], [0, 2], [0, 1]):
        levels = (p.group[:, None] == others).astype(float)
        fit = fit_one_step(p.outcome, p.treatment, p.trial, moderator=levels)
        assert fit.interaction is not None and fit.interaction.joint is not None
        joints.append([fit.interaction.joint.statistic, fit.interaction.joint.df_den, fit.interaction.joint.p_value])
    # the same hypothesis in other coordinates
    np.testing.assert_allclose(joints, [joints[0]] * 3, rtol=1e-7)


def test_coefficients_of_a_random_intercept_are_those_of_the_columns_as_given() -> None:
    p = people(trials=5)
    fit = fit_one_step(p.outcome, p.treatment, p.trial, adjusters=p.baseline, intercept="random")
    moved = fit_one_step(p.outcome + 7.0, p.treatment, p.trial, adjusters=p.baseline - 50.0, intercept="random")
    at = fit.coefficient_names.index("intercept")
    slope = fit.coefficients[fit.coefficient_names.index("adjuster[0]")]
    # y + 7 = a + b x, x = (x - 50) + 50
    np.testing.assert_allclose(moved.coefficients[at], fit.coefficients[at] + 50.0 * slope + 7.0, rtol=1e-8)


def test_the_record_of_the_optimiser_is_part_of_the_result() -> None:
    p = people()
    for options in ({}, {"residual": "by-trial"}, {"intercept": "random"}):
        fit: OneStepFit = fit_one_step(p.outcome, p.treatment, p.trial, **options)
        record = fit.optimiser
        assert record.converged and record.evaluations > record.iterations > 0 and record.starts >= 3
        # derivatives of a criterion of size 1e3, each exact to about 1e-12 of it
        assert abs(record.gradient) < 1e-6


def test_fits_are_reproducible_to_the_bit() -> None:
    p = people()
    first, second = (fit_one_step(p.outcome, p.treatment, p.trial, adjusters=p.baseline) for _ in range(2))
    assert first.effect == second.effect and first.criterion == second.criterion


@pytest.mark.parametrize("options", [{}, {"intercept": "random"}, {"estimation": "ml"}])
def test_a_residual_variance_that_vanishes_is_named(options: dict[str, str]) -> None:
    p = people(trials=4)
    exact = np.where(p.trial == 1, 2.0 + 3.0 * p.treatment, p.outcome)
    fit = fit_one_step(exact, p.treatment, p.trial, residual="by-trial", **options)
    assert fit.status == "failed" and "residual variance of trial 1" in fit.message


@pytest.mark.parametrize("gap", [10.0, 1000.0])
@pytest.mark.parametrize("treatment_effect", ["random", "common"])
def test_trials_on_levels_far_apart_converge(gap: float, treatment_effect: str) -> None:
    p = people(trials=4)
    fit = fit_one_step(
        p.outcome + gap * p.trial, p.treatment, p.trial, intercept="random", treatment_effect=treatment_effect
    )
    fixed = fit_one_step(p.outcome, p.treatment, p.trial, treatment_effect=treatment_effect)
    assert fit.status in ("ok", "boundary")
    # with intercepts that far apart a random one recovers nothing: a share of sigma2 / (n gap^2), under 1e-3
    np.testing.assert_allclose(fit.effect.estimate, fixed.effect.estimate, rtol=1e-2)


def test_outcomes_reproduced_to_the_last_bit_do_not_divide_by_zero() -> None:
    # the effects of the trials leave nothing over, and the sum of squares is 0.0, not 1e-16
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = fit_one_step([0.0, 5.0, 4.0, 4.0, 9.0, 0.0, 5.0], [0, 1, 0, 0, 1, 0, 1], [0, 0, 1, 1, 1, 2, 2])
    assert fit.status == "failed" and "reproduces the outcome" in fit.message


def test_a_negative_variance_of_an_effect_is_no_answer() -> None:
    outcome, treatment = [0.7, -1.6, -0.1, -0.9, 1.2, 0.6, 1.0], [0, 1, 0, 1, 1, 0, 1]
    adjuster = [-0.4, -0.9, 1.7, 1.9, -0.6, -0.3, -0.1]
    fit = fit_one_step(outcome, treatment, [0, 0, 1, 1, 2, 2, 2], adjusters=adjuster)
    assert np.isnan(fit.effect.std_error)
    assert fit.status == "failed" and "no positive variance" in fit.message


def test_one_degree_of_freedom_is_not_two_variances() -> None:
    outcome, treatment, trial = [1.0, 2.5, 0.3, 4.0, 2.2], [0, 1, 0, 1, 1], [0, 0, 1, 1, 1]
    baseline = [0.1, -0.4, 0.9, 0.2, -1.1]
    fit = fit_one_step(outcome, treatment, trial, adjusters=baseline)
    assert fit.status == "not estimable" and "single degree of freedom" in fit.message
    # where the effect is common there is one variance, and one degree of freedom is enough for it
    common = fit_one_step(outcome, treatment, trial, adjusters=baseline, treatment_effect="common")
    assert common.status == "ok" and common.effect.df == 1.0


@pytest.mark.parametrize("scale", [1e-28, 1e-12, 1e12, 1e26])
def test_the_unit_of_the_outcome_does_not_matter(scale: float) -> None:
    p = people(trials=4)
    item, other = (fit_one_step(k * p.outcome, p.treatment, p.trial, adjusters=p.baseline) for k in (1.0, scale))
    assert other.status == item.status
    assert other.effect.statistic == pytest.approx(item.effect.statistic, rel=1e-7)
    assert other.effect.df == pytest.approx(item.effect.df, rel=1e-6)


@pytest.mark.parametrize("scale", [1e-60, 1e60])
def test_an_outcome_whose_powers_are_no_numbers_is_not_estimable(scale: float) -> None:
    p = people(trials=4)
    fit = fit_one_step(scale * p.outcome, p.treatment, p.trial, adjusters=p.baseline)
    assert fit.status == "not estimable" and "another unit" in fit.message

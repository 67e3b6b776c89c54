"""Moderators of events: what must not change, what cannot be estimated, and readings by another route."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from reportgen.stats import Levels, ModeratorFit, screen_moderator_glmm
from reportgen.stats.event_groups import fit_event_group
from reportgen.stats.trial_covariates import screen_trial_covariate_glmm

NAMES = ("low", "middle", "high")


def simulated(seed: int, trials: int = 5, size: int = 120, link: str = "logit", scatter: float = 0.6) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    trial = np.repeat(np.arange(trials), size)
    n = len(trial)
    treatment, x = rng.permutation(np.arange(n) % 2).astype(float), rng.normal(size=n)
    z = rng.normal(size=n) + 0.3 * trial
    eta = -0.6 + rng.normal(0.0, 0.3, trials)[trial] + 0.3 * x + 0.3 * z
    eta += treatment * (0.4 + (0.4 + rng.normal(0.0, scatter, trials)[trial]) * (z - z.mean()))
    time = rng.uniform(0.5, 2.0, n)
    outcome = rng.random(n) < 1.0 / (1.0 + np.exp(-eta)) if link == "logit" else rng.poisson(time * np.exp(eta))
    data = {"outcome": outcome.astype(float), "treatment": treatment, "trial": trial, "moderator": z, "adjusters": x}
    return data if link == "logit" else data | {"link": "log", "exposure": time}


def screened(data: dict[str, Any], **change: Any) -> ModeratorFit:
    return screen_moderator_glmm(**(data | {"interaction_effect": "random", "percentiles": (10, 90)} | change))


def in_levels(data: dict[str, Any]) -> dict[str, Any]:
    return data | {"moderator": Levels(np.digitize(data["moderator"], [0.0, 1.0]), NAMES)}


def same(first: ModeratorFit, second: ModeratorFit, sign: float = 1.0) -> None:
    for name in ("in_these_trials", "in_new_trials", "naive", "across"):
        one, other = getattr(first, name), getattr(second, name)
        assert other.status == one.status
        assert other.criterion == pytest.approx(one.criterion, rel=1e-9)
        assert other.p_value == pytest.approx(one.p_value, rel=1e-5)
        for effect, twin in zip(one.each, other.each, strict=True):
            assert twin.estimate == pytest.approx(sign * float(effect.estimate), abs=1e-6 * float(effect.std_error))
            assert twin.std_error == pytest.approx(float(effect.std_error), rel=1e-5)
    for effect, twin in zip(first.at, second.at, strict=True):
        assert twin.estimate == pytest.approx(sign * float(effect.estimate), abs=1e-6 * float(effect.std_error))


@pytest.mark.parametrize("link", ["logit", "log"])
@pytest.mark.parametrize("levels", [False, True])
def test_swapped_arms_turn_the_sign(link: str, levels: bool) -> None:
    data = simulated(3, link=link, scatter=1.0)
    data = in_levels(data) if levels else data
    first = screened(data)
    assert first.in_new_trials.interaction_tau2 > 0.0
    same(first, screened(data, treatment=1.0 - data["treatment"]), sign=-1.0)


@pytest.mark.parametrize("levels", [False, True])
def test_no_event_in_the_place_of_event_turns_the_sign(levels: bool) -> None:
    data = in_levels(simulated(3, scatter=1.0)) if levels else simulated(3, scatter=1.0)
    same(screened(data), screened(data, outcome=1.0 - data["outcome"]), sign=-1.0)


def test_a_shifted_moderator_and_the_order_of_people_change_nothing() -> None:
    data = simulated(2)
    first = screened(data)
    same(first, screened(data, moderator=data["moderator"] + 100.0))
    order = np.random.default_rng(0).permutation(len(data["outcome"]))
    same(first, screened({name: column[order] for name, column in data.items()}))
    step = screened(data, per=2.0)
    assert step.within.each[0].estimate == pytest.approx(2.0 * float(first.within.each[0].estimate), rel=1e-5)
    assert step.within.tau_interaction == pytest.approx(2.0 * first.within.tau_interaction, rel=1e-5)


def test_the_reference_does_not_change_the_joint_test() -> None:
    data = in_levels(simulated(3))
    first, second = screened(data), screened(data, reference=2)
    assert (first.codes, second.codes) == ((1, 2), (0, 1))
    assert second.within.p_value == pytest.approx(first.within.p_value, rel=1e-5)
    assert second.within.each[0].estimate == pytest.approx(-float(first.within.each[1].estimate), rel=1e-5)
    assert [float(item.estimate) for item in second.at] == pytest.approx([float(item.estimate) for item in first.at])


def test_two_levels_are_a_quantity_of_zero_and_one() -> None:
    data = simulated(4)
    above = (data["moderator"] > 0.5).astype(int)
    levels = screened(data | {"moderator": Levels(above, ("no", "yes"))}).within
    quantity = screened(data | {"moderator": above.astype(float)}).within
    assert levels.each[0].estimate == pytest.approx(float(quantity.each[0].estimate), abs=1e-6)
    assert levels.each[0].std_error == pytest.approx(float(quantity.each[0].std_error), rel=1e-5)
    assert levels.interaction_tau2 == pytest.approx(quantity.interaction_tau2, rel=1e-4)


def test_doubled_data_halve_the_variance_where_nothing_varies() -> None:
    data = simulated(5)
    twice = {name: np.concatenate([column, column]) for name, column in data.items()}
    options = {"treatment_effect": "common", "interaction_effect": "common"}
    one, two = (screened(each, **options).within.each[0] for each in (data, twice))
    assert two.estimate == pytest.approx(float(one.estimate), abs=1e-8)
    assert two.std_error == pytest.approx(float(one.std_error) / np.sqrt(2.0), rel=1e-6)


@pytest.mark.parametrize("link", ["logit", "log"])
def test_with_common_effects_the_readings_are_those_of_statsmodels(link: str) -> None:
    data = simulated(6, link=link)
    trial, t, z = data["trial"], data["treatment"], data["moderator"]
    means = np.array([z[trial == k].mean() for k in range(5)])[trial]
    own = (trial[:, None] == np.arange(5)).astype(float)
    design = np.column_stack([own, data["adjusters"], z - means, t, t * (means - z.mean()), t * (z - means)])
    family = sm.families.Binomial() if link == "logit" else sm.families.Poisson()
    theirs = sm.GLM(data["outcome"], design, family, exposure=data.get("exposure")).fit(
        tol=1e-14, tol_criterion="params"
    )
    ours = screened(data, treatment_effect="common", interaction_effect="common")
    assert ours.within.each[0].estimate == pytest.approx(theirs.params[-1], abs=1e-8)
    assert ours.within.each[0].std_error == pytest.approx(theirs.bse[-1], rel=1e-7)
    assert ours.across.each[0].estimate == pytest.approx(theirs.params[-2], abs=1e-8)
    row = np.zeros(design.shape[1])
    row[-3], row[-1] = 1.0, ours.at_values[0] - z.mean()
    assert ours.at[0].estimate == pytest.approx(float(row @ theirs.params), abs=1e-8)
    assert ours.at[0].std_error == pytest.approx(float(np.sqrt(row @ theirs.cov_params() @ row)), rel=1e-7)


def test_two_trials_have_effects_of_their_own() -> None:
    data = simulated(7, trials=2)
    trial, t, z = data["trial"], data["treatment"], data["moderator"]
    own = (trial[:, None] == np.arange(2)).astype(float)
    design = np.column_stack(
        [own, t[:, None] * own, data["adjusters"], z, t * (z - (own @ [z[:120].mean(), z[120:].mean()]))]
    )
    theirs = sm.GLM(data["outcome"], design, sm.families.Binomial()).fit(tol=1e-14, tol_criterion="params")
    ours = screened(data, interaction_effect="common")
    assert ours.separate and ours.across.reason == "two trials, and the across reading needs three"
    assert ours.within.each[0].estimate == pytest.approx(theirs.params[-1], abs=1e-8)
    assert ours.within.each[0].std_error == pytest.approx(theirs.bse[-1], rel=1e-7)


def test_separation_is_a_reason_and_no_number() -> None:
    data = simulated(8)
    level = np.arange(600) % 3
    outcome = np.where((level == 2) & (data["treatment"] == 1.0), 0.0, data["outcome"])
    found = screened(data, outcome=outcome, moderator=Levels(level, NAMES))
    assert found.within.reason.startswith("in an arm nobody, or everybody, with one of its levels has the event")
    assert all(np.isnan(float(item.estimate)) for item in (*found.within.each, *found.naive.each, *found.at))
    treated = data["treatment"] == 1.0
    perfect = screened(data, outcome=np.where(treated, data["moderator"] > 0.3, data["outcome"]).astype(float))
    assert perfect.within.status == "failed"
    assert perfect.within.reason == (
        "in an arm it separates people with the event from the others, so that its interaction has no finite estimate"
    )
    assert np.isnan(perfect.within.p_value) and np.isnan(float(perfect.at[0].estimate))


@pytest.mark.parametrize("trials", [3, 6])
def test_a_moderator_that_separates_within_each_trial_at_a_cut_of_its_own_is_a_reason(trials: int) -> None:
    """Means of trials differ from their cuts at random, so that alike effects of treatment alone would make the estimate finite."""
    data = simulated(8, trials=trials)
    trial, z, treated = data["trial"], data["moderator"], data["treatment"] == 1.0
    cut = np.array([np.quantile(z[(trial == k) & treated], 0.4 + 0.05 * (k % 3)) for k in range(trials)])[trial]
    outcome = np.where(treated, z > cut, data["outcome"]).astype(float)
    found = screened(data, outcome=outcome)
    for reading in (found.within, found.naive, found.across, found.in_these_trials, found.in_new_trials):
        assert reading.status == "failed" and reading.reason.endswith("so that its interaction has no finite estimate")
    assert all(np.isnan(float(item.estimate)) for item in found.at)
    alike = fit_event_group(
        outcome,
        data["treatment"],
        trial,
        "logit",
        moderator=z - np.array([z[trial == k].mean() for k in range(trials)])[trial],
    )
    assert alike.interaction is not None
    assert abs(float(alike.interaction.estimate)) > 3.0  # what would have been printed


def test_the_across_reading_needs_enough_trials_whose_effect_is_finite() -> None:
    """With three trials it would rest on how many people the one without events has."""
    for trials, there in ((3, False), (5, True)):
        data = simulated(8, trials=trials)
        outcome = np.where((data["trial"] == 1) & (data["treatment"] == 1.0), 0.0, data["outcome"])
        found = screened(data, outcome=outcome)
        assert found.across.estimated == there and found.within.estimated
        assert found.separate != there
        if not there:
            assert found.across.reason == (
                "trials with an arm in which nobody, or everybody, has the event have no finite effect; without them: "
                "two trials, and the across reading needs three"
            )
    alone = (data["trial"] == 1).astype(float)  # of the trial without events
    of_trials = screen_trial_covariate_glmm(outcome, data["treatment"], data["trial"], alone)
    assert not of_trials.across.estimated
    assert of_trials.across.reason.startswith("trials with an arm in which nobody")


def test_trials_without_events_are_left_out_and_not_counted() -> None:
    data = simulated(9)
    silent = np.where(data["trial"] == 4, 0.0, data["outcome"])
    first = screened(data, outcome=silent)
    kept = data["trial"] < 4
    same(first, screened({name: column[kept] for name, column in data.items()}))
    assert first.entered.trials == 4


def test_an_arm_without_events_leaves_only_models_with_effects_of_each_trial() -> None:
    data = simulated(10, trials=3)
    outcome = np.where((data["trial"] == 2) & (data["treatment"] == 1.0), 0.0, data["outcome"])
    centred = (
        data["moderator"] - np.array([data["moderator"][data["trial"] == k].mean() for k in range(3)])[data["trial"]]
    )
    found = screened(data, outcome=outcome, moderator=centred)
    assert found.separate and found.within.estimated and abs(float(found.within.each[0].estimate)) < 3.0


def test_without_a_search_the_same_can_be_had() -> None:
    for data in (simulated(11), in_levels(simulated(11)), simulated(12, trials=2)):
        whole, bare = screened(data), screened(data, search=False)
        for name in ("within", "naive", "across"):
            assert getattr(whole, name).estimated == getattr(bare, name).estimated
            assert getattr(whole, name).reason == getattr(bare, name).reason


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"per": 0.0}, "per must be positive"),
        ({"reading": "across"}, "reading is within or naive"),
        ({"interaction_effect": "fixed"}, "interaction_effect='fixed' is unknown"),
        ({"outcome": np.full(600, 0.5)}, "the outcome must be 0"),
    ],
)
def test_errors_say_what_is_wrong(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        screened(simulated(1), **change)

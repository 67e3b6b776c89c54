"""Sites within trials: the one-step model against lme4 with lmerTest and pbkrtest (sites.R), and against bare matrix algebra."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reportgen.stats import OneStepFit, fit_one_step, screen_moderator

from .full_matrix import FullMatrix, build

HERE = Path(__file__).parent
VALUES = json.loads((HERE / "sites.json").read_text())["values"]
# In brackets the largest difference measured; lme4's optimum is followed by Newton steps.
ESTIMATES = 1e-7  # of the standard error
SMALL_SAMPLE = 1e-6  # relative: standard errors and df
CRITERION = 1e-10  # relative
VARIANCE = 1e-6  # of sigma2
DEFAULTS = {
    "intercept": "stratified",
    "treatment_effect": "random",
    "interaction_effect": "common",
    "covariance": "independent",
    "adjuster_slopes": "common",
    "residual": "common",
    "estimation": "reml",
}


def data(name: str) -> pd.DataFrame:
    d = pd.read_csv(HERE / "data" / f"sites-{name}.csv", dtype={"site": object}, keep_default_na=False)
    return d.assign(site=[site or None for site in d["site"]])


@cache
def of_r(place: int, inference: str) -> OneStepFit:
    entry = VALUES[place]
    d = data(entry["data"])
    options = {name: entry[name] for name in DEFAULTS if name in entry}
    return fit_one_step(
        d["y"],
        d["t"],
        d["trial"],
        adjusters=d[["x1", "x2"]].to_numpy(),
        moderator=d["z"] if entry["moderator"] else None,
        site=d["site"].to_numpy(),
        inference=inference,
        df_floor="none",
        **options,
    )


def name_of(place: int) -> str:
    entry = VALUES[place]
    words = [
        entry["data"],
        entry["moderator"],
        *(entry[name] for name, value in DEFAULTS.items() if entry.get(name, value) != value),
    ]
    return "-".join(word for word in words if word)


PLAIN = [place for place, entry in enumerate(VALUES) if entry["moderator"] != "within"]


@pytest.mark.parametrize("place", PLAIN, ids=name_of)
def test_estimates_and_variances_agree_with_lme4(place: int) -> None:
    entry, ours = VALUES[place], of_r(place, "normal")
    assert ours.status in ("ok", "boundary")
    assert ours.criterion == pytest.approx(entry["criterion"], rel=CRITERION)
    assert ours.sigma2 == pytest.approx(entry["sigma2"], rel=VARIANCE)
    assert ours.site_variance == pytest.approx(entry["site_variance"], abs=VARIANCE * entry["sigma2"])
    if isinstance(entry.get("tau2"), float):
        assert ours.tau2 == pytest.approx(entry["tau2"], abs=VARIANCE * entry["sigma2"])
    for effect, theirs in zip((ours.effect, ours.interaction), entry["each"], strict=False):
        assert effect.std_error == pytest.approx(theirs["unadjusted"], rel=SMALL_SAMPLE)
        assert effect.estimate == pytest.approx(theirs["estimate"], abs=ESTIMATES * theirs["unadjusted"])


@pytest.mark.parametrize("place", [p for p in PLAIN if VALUES[p]["estimation"] == "reml"], ids=name_of)
def test_kenward_roger_agrees_with_pbkrtest(place: int) -> None:
    entry, ours = VALUES[place], of_r(place, "kenward-roger")
    for effect, theirs in zip((ours.effect, ours.interaction), entry["each"], strict=False):
        assert effect.std_error == pytest.approx(theirs["std_error"], rel=SMALL_SAMPLE)
        assert effect.df_raw == pytest.approx(theirs["df"], rel=SMALL_SAMPLE)


@pytest.mark.parametrize("place", [p for p in PLAIN if not VALUES[p]["singular"]], ids=name_of)
def test_satterthwaite_agrees_with_lmertest(place: int) -> None:
    entry, ours = VALUES[place], of_r(place, "satterthwaite")
    for effect, theirs in zip((ours.effect, ours.interaction), entry["each"], strict=False):
        assert effect.df_raw == pytest.approx(theirs["satterthwaite"], rel=1e-4)  # lmerTest differentiates numerically


@pytest.mark.parametrize("entry", [e for e in VALUES if e["moderator"] == "within"], ids=lambda e: e["data"])
def test_the_within_reading_agrees_with_r(entry: dict[str, Any]) -> None:
    d = data(entry["data"])
    fit = screen_moderator(
        d["y"],
        d["t"],
        d["trial"],
        d["z"],
        adjusters=d[["x1", "x2"]].to_numpy(),
        site=d["site"].to_numpy(),
        people_per_slope=0,
        df_floor="none",
    )
    theirs = entry["each"][1]
    (ours,) = fit.within.each
    assert ours.estimate == pytest.approx(theirs["estimate"], abs=ESTIMATES * theirs["std_error"])
    assert ours.std_error == pytest.approx(theirs["std_error"], rel=SMALL_SAMPLE)
    assert ours.df_raw == pytest.approx(theirs["df"], rel=SMALL_SAMPLE)
    assert fit.within.site_variance == pytest.approx(entry["site_variance"], abs=VARIANCE * entry["sigma2"])


def test_the_values_hold_boundaries_and_trials_with_one_site() -> None:
    assert sum(entry["singular"] for entry in VALUES) >= 4
    assert any(not entry["singular"] and entry["site_variance"] > 0.1 * entry["sigma2"] for entry in VALUES)
    assert (data("one-in-some").groupby("trial")["site"].nunique() == 1).sum() >= 2
    assert data("unknown")["site"].isna().any()
    assert len({entry["data"] for entry in VALUES}) >= 10


# ---- bare matrix algebra, with options that lme4 has no formula for ---------------------------------------------------------

MODELS: dict[str, dict[str, str]] = {
    "default": {},
    "slopes": {"adjuster_slopes": "stratified"},
    "random intercept": {"intercept": "random"},
    "random intercept, unstructured": {"intercept": "random", "covariance": "unstructured"},
    "random interaction": {"interaction_effect": "random"},
    "random interaction, unstructured": {"interaction_effect": "random", "covariance": "unstructured"},
    "common": {"treatment_effect": "common"},
    "ml": {"estimation": "ml"},
    "ml, random intercept": {"estimation": "ml", "intercept": "random"},
    "by trial": {"residual": "by-trial"},
    "by trial, random intercept": {"residual": "by-trial", "intercept": "random"},
    "by trial, ml": {"residual": "by-trial", "estimation": "ml"},
    "by arm": {"residual": "by-arm"},
    "by arm, random intercept": {"residual": "by-arm", "intercept": "random"},
    "by arm, ml": {"residual": "by-arm", "estimation": "ml"},
    "by arm, random interaction": {"residual": "by-arm", "interaction_effect": "random"},
}
AGREE, TO_DF = 1e-9, 1e-6


@cache
def arguments() -> dict[str, Any]:
    rng = np.random.default_rng(20)
    trial = np.repeat(np.arange(6), (30, 24, 40, 18, 36, 12))
    site = rng.integers(0, 5, trial.size) * (trial < 5)  # the last trial has one site
    t = rng.integers(0, 2, trial.size).astype(float)
    x, z = rng.normal(size=(trial.size, 2)), rng.normal(size=(trial.size, 1))
    effect = 1 + 0.8 * rng.normal(size=6)[trial] + z[:, 0] * (0.3 + 0.5 * rng.normal(size=6)[trial])
    own = 0.9 * rng.normal(size=(6, 5))[trial, site]
    y = 3 * rng.normal(size=6)[trial] + own + x @ [0.5, 0.2] + t * effect + (1 + 0.5 * t) * rng.normal(size=trial.size)
    return {"outcome": y, "treatment": t, "trial": trial, "adjusters": x, "moderator": z, "site": site}


@cache
def fitted(model: str, inference: str) -> OneStepFit:
    return fit_one_step(**arguments(), **(DEFAULTS | MODELS[model]), inference=inference, df_floor="none")


def route(model: str, **more: bool) -> FullMatrix:
    ours = fitted(model, "normal")
    options = DEFAULTS | MODELS[model]
    return build(arguments(), options, ours.covariance, ours.sigma2, site_variance=ours.site_variance, **more)


@pytest.mark.parametrize("model", MODELS)
def test_every_option_agrees_with_the_full_covariance(model: str) -> None:
    ours, full = fitted(model, "normal"), route(model)
    assert ours.status in ("ok", "boundary")
    assert ours.site_variance > 0.1
    assert ours.criterion == pytest.approx(full.criterion, rel=AGREE)
    for effect, place in ((ours.effect, full.treatment), (ours.interaction, full.products[0])):
        error = np.sqrt(full.Phi[place, place])
        assert effect.std_error == pytest.approx(error, rel=AGREE)
        assert np.abs(effect.estimate - full.beta[place]) <= AGREE * error
    assert np.abs(full.score * np.where(full.gamma == 0.0, 0.0, full.gamma)).max() < 1e-5  # at the optimum


@pytest.mark.parametrize("model", MODELS)
def test_kenward_roger_of_every_option_agrees_with_its_definition(model: str) -> None:
    ours, full = fitted(model, "kenward-roger"), route(model)
    adjusted, _ = full.kenward_roger
    for effect, place in ((ours.effect, full.treatment), (ours.interaction, full.products[0])):
        assert effect.std_error == pytest.approx(np.sqrt(adjusted[place, place]), rel=TO_DF)
        assert effect.df_raw == pytest.approx(full.kenward_roger_df(place), rel=TO_DF)


@pytest.mark.parametrize("model", [m for m in MODELS if fitted(m, "normal").status == "ok"])
def test_satterthwaite_of_every_option_agrees_with_its_definition(model: str) -> None:
    ours, full = fitted(model, "satterthwaite"), route(model)
    for effect, place in ((ours.effect, full.treatment), (ours.interaction, full.products[0])):
        assert effect.df_raw == pytest.approx(full.satterthwaite_df(place), rel=TO_DF)


# ---- sites that tell nothing --------------------------------------------------------------------------------------------------


def without_site(**more: Any) -> OneStepFit:
    people = {name: value for name, value in arguments().items() if name != "site"}
    return fit_one_step(**people, **more)


@pytest.mark.parametrize("site", [np.zeros(160, int), np.arange(160), np.full(160, None)], ids=["one", "each", "none"])
def test_sites_that_are_trials_or_people_change_nothing(site: np.ndarray) -> None:
    ours = fit_one_step(**(arguments() | {"site": site}))
    plain = without_site()
    assert np.isnan(ours.site_variance)
    assert ours.sites == 0
    assert (ours.effect, ours.criterion, ours.tau2) == (plain.effect, plain.criterion, plain.tau2)


def test_sites_that_are_arms_cannot_be_told_apart_from_the_effects_of_trials() -> None:
    ours = fit_one_step(**(arguments() | {"site": arguments()["treatment"]}))
    assert ours.status == "not estimable"
    assert "sites" in ours.message


def test_a_variance_of_zero_is_an_answer_in_words() -> None:
    zero = [place for place in PLAIN if VALUES[place]["data"] == "even" and VALUES[place]["site_variance"] == 0.0]
    assert zero
    ours = of_r(zero[0], "normal")
    assert ours.status == "boundary"
    assert ours.site_variance == 0.0
    assert "the variance between sites is estimated as zero" in ours.message


def test_a_small_trial_with_a_residual_variance_of_its_own_is_no_matter_of_sites() -> None:
    given = arguments()
    few = (given["trial"] != 5) | (np.cumsum(given["trial"] == 5) <= 4)
    people = {name: value[few] for name, value in given.items()}
    ours = fit_one_step(**people, residual="by-trial")
    assert "sites" not in ours.message


def test_names_and_order_of_sites_do_not_matter() -> None:
    given = arguments()
    rows = np.random.default_rng(1).permutation(len(given["outcome"]))
    shuffled = {name: value[rows] for name, value in given.items()}
    shuffled["site"] = np.array([f"Site {9 - site}" for site in shuffled["site"]])
    ours, again = fit_one_step(**given), fit_one_step(**shuffled)
    assert again.effect.estimate == pytest.approx(ours.effect.estimate, rel=1e-9)
    assert again.site_variance == pytest.approx(ours.site_variance, rel=1e-7)
    assert again.sites == ours.sites

"""Covariates of trials as moderators across trials, against lme4 with pbkrtest, and beside metafor's meta-regression (trial_covariates.R)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reportgen.stats import Levels, ModeratorFit, screen_moderator, screen_trial_covariate, screen_trial_covariate_glmm

HERE = Path(__file__).parent
VALUES = json.loads((HERE / "trial_covariates.json").read_text())
# Agreement with lme4, whose optimum is followed by Newton steps.
ESTIMATES = 1e-8  # of the standard error
SMALL_SAMPLE = 1e-7  # relative: standard errors, df and F
CRITERION = 1e-11  # relative
BIAS = ("low", "unclear", "high")


def data(name: str) -> pd.DataFrame:
    d = pd.read_csv(HERE / "data" / f"{name}.csv")
    number = d["trial"].str[1:].astype(int)
    return d.assign(year=1990.0 + 3 * (7 * number % 11), bias=number.mod(3).map({0: 0, 1: 1, 2: 2}))


def screened(entry: dict[str, Any], d: pd.DataFrame | None = None, **options: Any) -> ModeratorFit:
    d = data(entry["data"]) if d is None else d
    covariate = d["year"] if entry["covariate"] == "year" else Levels(d["bias"], BIAS)
    asked = {"df_floor": "none", "adjuster_slopes": entry["slopes"], "people_per_slope": 0, **options}
    return screen_trial_covariate(d["y"], d["t"], d["trial"], covariate, adjusters=d[["x1", "x2"]].to_numpy(), **asked)


@pytest.mark.parametrize("entry", VALUES["one_step"], ids=lambda e: f"{e['data']}-{e['covariate']}-{e['slopes']}")
def test_the_interaction_across_trials_agrees_with_r(entry: dict[str, Any]) -> None:
    fit = screened(entry)
    ours = fit.across
    assert (ours.status == "boundary") == entry["singular"]
    assert ours.criterion == pytest.approx(entry["criterion"], rel=CRITERION)
    assert ours.tau2 == pytest.approx(entry["tau2"], abs=1e-7)
    for mine, theirs in zip(ours.each, entry["each"], strict=True):
        assert mine.estimate == pytest.approx(theirs["estimate"], abs=ESTIMATES * theirs["std_error"])
        assert mine.std_error == pytest.approx(theirs["std_error"], rel=SMALL_SAMPLE)
        assert mine.df_raw == pytest.approx(theirs["df"], rel=SMALL_SAMPLE)
    if ours.joint:
        assert ours.joint.statistic == pytest.approx(entry["joint"]["statistic"], rel=SMALL_SAMPLE)
        assert ours.joint.df_den == pytest.approx(entry["joint"]["df_den"], rel=SMALL_SAMPLE)


@pytest.mark.parametrize("entry", VALUES["two_stage"], ids=lambda e: e["data"])
def test_two_stages_of_metafor_answer_alike(entry: dict[str, Any]) -> None:
    """Slopes and variances of each trial's own, as in two stages, which take the standard errors of trials as known."""
    fit = screened({**entry, "covariate": "year", "slopes": "stratified"}, residual="by-trial")
    (ours,) = fit.across.each
    assert ours.estimate == pytest.approx(entry["estimate"], abs=0.25 * entry["std_error"])
    assert 0.7 < ours.std_error / entry["std_error"] < 1.5
    assert 0.6 < ours.df_raw / entry["df"] < 1.5


def test_the_floor_of_the_degrees_of_freedom_counts_the_coefficients() -> None:
    entry = next(e for e in VALUES["one_step"] if e["covariate"] == "bias" and e["data"] == "6-unequal-small")
    fit = screened(entry, df_floor="trials-1")
    assert all(float(item.df) == max(float(item.df_raw), 3.0) for item in fit.across.each)
    assert any(float(item.df_raw) < 5.0 for item in fit.across.each)


def test_effects_at_values_lie_on_the_line_of_the_interaction() -> None:
    entry = VALUES["one_step"][0]
    fit = screened(entry, percentiles=(10, 50, 90), per=10.0)
    slope = float(fit.across.each[0].estimate) / 10.0
    rises = np.diff([float(item.estimate) for item in fit.at]) / np.diff(fit.at_values)
    assert rises == pytest.approx([slope, slope], rel=1e-8)
    assert not fit.within.estimated
    assert not fit.naive.estimated
    assert fit.within.reason == "it is one value of each trial"


def test_it_is_the_across_reading_of_a_screening() -> None:
    d = data("6-equal-large")
    entry = {"data": "6-equal-large", "covariate": "year", "slopes": "common"}
    across = screen_moderator(
        d["y"], d["t"], d["trial"], d["year"], adjusters=d[["x1", "x2"]].to_numpy(), df_floor="none", people_per_slope=0
    ).across
    ours = screened(entry).across
    assert ours.each[0].estimate == pytest.approx(across.each[0].estimate, rel=1e-8)
    assert ours.each[0].df_raw == pytest.approx(across.each[0].df_raw, rel=1e-6)


@pytest.mark.parametrize(
    ("keep", "reason"),
    [
        (["T01", "T02"], "two trials, and the across reading needs three"),
        (["T01"], "one trial, and the across reading needs three"),
    ],
)
def test_too_few_trials_have_a_reason(keep: list[str], reason: str) -> None:
    d = data("6-equal-large")
    d = d[d["trial"].isin(keep)].assign(year=lambda t: np.where(t["trial"] == "T01", 1990.0, 2000.0))
    if len(keep) == 1:
        reason = "it has one value in all"
    fit = screened({"data": "", "covariate": "year", "slopes": "common"}, d, percentiles=(50,))
    assert fit.across.status == "not estimable"
    assert fit.across.reason == reason
    assert np.isnan(fit.at[0].estimate)


def test_a_constant_and_a_missing_value_have_their_consequences() -> None:
    d, entry = data("6-equal-large"), {"data": "", "covariate": "year", "slopes": "common"}
    assert screened(entry, d.assign(year=2000.0)).across.reason == "it has one value in all"
    without = d.assign(year=d["year"].where(d["trial"] != "T03"))
    fit = screened(entry, without)
    assert fit.entered.trials == 5
    assert fit.across.each[0] == screened(entry, d[d["trial"] != "T03"]).across.each[0]


def test_what_varies_within_a_trial_is_no_covariate_of_trials() -> None:
    with pytest.raises(ValueError, match="varies within a trial"):
        screened(
            {"data": "", "covariate": "year", "slopes": "common"}, data("6-equal-large").assign(year=np.arange(192.0))
        )


def test_events_have_the_across_reading_with_t() -> None:
    d = data("19-equal-large")
    event = (d["y"] > d["y"].median()).astype(int)
    asked = {"link": "logit", "adjusters": d[["x1"]].to_numpy(), "inference": "t"}
    fit = screen_trial_covariate_glmm(event, d["t"], d["trial"], d["year"], percentiles=(10, 90), **asked)
    (ours,) = fit.across.each
    assert fit.across.estimated
    assert float(ours.df) == 17.0
    rise = (float(fit.at[1].estimate) - float(fit.at[0].estimate)) / (fit.at_values[1] - fit.at_values[0])
    assert rise == pytest.approx(float(ours.estimate), rel=1e-4)
    assert {float(item.df) for item in fit.at} == {17.0}

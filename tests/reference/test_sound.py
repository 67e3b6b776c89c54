"""Interactions that vary between trials against lme4 with pbkrtest, a residual variance per arm against nlme (sound.R)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reportgen.stats import Levels, ModeratorFit, fit_one_step, screen_moderator

HERE = Path(__file__).parent
VALUES = json.loads((HERE / "sound.json").read_text())
# In brackets the largest difference measured; lme4's optimum is followed by Newton steps, nlme's is taken as it is.
ESTIMATES = 1e-9  # of the standard error (1e-11)
SMALL_SAMPLE = 1e-9  # relative: standard errors, df and F (4e-11)
CRITERION = 1e-12  # relative (1e-15)
VARIANCE = 1e-8  # relative (1e-10)


def data(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / "data" / f"{name}.csv")


def screened(entry: dict, reference: int = 0, **options: str) -> ModeratorFit:
    d = data(entry["data"])
    quantity = entry["moderator"] == "z"
    moderator = d["z"] if quantity else Levels(d["g"].map({"a": 0, "b": 1, "c": 2}), ("a", "b", "c"))
    return screen_moderator(
        d["y"],
        d["t"],
        d["trial"],
        moderator,
        adjusters=d[["x1", "x2"]].to_numpy(),
        reference=reference,
        interaction_effect="random",
        adjuster_slopes=entry["slopes"],
        df_floor="none",
        **options,
    )


@pytest.mark.parametrize("entry", VALUES["varying"], ids=lambda e: f"{e['data']}-{e['moderator']}-{e['slopes']}")
def test_the_random_interaction_agrees_with_r(entry: dict) -> None:
    fit = screened(entry)
    ours = fit.within
    assert ours == fit.in_new_trials
    assert ours.estimated
    assert (ours.status == "boundary") == entry["singular"]
    assert list(ours.sharing) == entry["sharing"]
    assert ours.criterion == pytest.approx(entry["criterion"], rel=CRITERION)
    for mine, theirs in zip(ours.each, entry["each"], strict=True):
        assert mine.estimate == pytest.approx(theirs["estimate"], abs=ESTIMATES * theirs["std_error"])
        assert mine.std_error == pytest.approx(theirs["std_error"], rel=SMALL_SAMPLE)
        assert mine.df_raw == pytest.approx(theirs["df"], rel=SMALL_SAMPLE)
    contrast = 1.0 if entry["moderator"] == "z" else 2.0  # u_l - u_L of two independent effects
    omega2 = contrast * entry["psi"] * entry["sigma2"]
    assert ours.interaction_tau2 == pytest.approx(omega2, rel=VARIANCE)
    if ours.joint:
        assert ours.joint.statistic == pytest.approx(entry["joint"]["statistic"], rel=SMALL_SAMPLE)
        assert ours.joint.df_den == pytest.approx(entry["joint"]["df_den"], rel=SMALL_SAMPLE)


def test_the_values_hold_trials_that_share_slopes_and_variances_that_are_not_zero() -> None:
    assert any(entry["sharing"] for entry in VALUES["varying"])
    assert sum(entry["psi"] > 0.0 for entry in VALUES["varying"] if entry["moderator"] == "z") >= 2
    assert sum(entry["psi"] > 0.0 for entry in VALUES["varying"] if entry["moderator"] == "g") >= 2


@pytest.mark.parametrize("entry", VALUES["by_arm"], ids=lambda e: f"{e['data']}-{e['slopes']}")
def test_a_residual_variance_per_arm_agrees_with_nlme(entry: dict) -> None:
    d = data(entry["data"])
    ours = fit_one_step(
        d["y"],
        d["t"],
        d["trial"],
        adjusters=d[["x1", "x2"]].to_numpy(),
        adjuster_slopes=entry["slopes"],
        residual="by-arm",
        inference="normal",
    )
    # nlme stops up to 4e-5 from the optimum of variances, never below it
    assert ours.criterion == pytest.approx(entry["criterion"], abs=1e-6)
    assert ours.criterion <= entry["criterion"] + 1e-8
    assert ours.effect.estimate == pytest.approx(entry["estimate"], abs=1e-6 * entry["std_error"])  # (2e-8)
    assert ours.effect.std_error == pytest.approx(entry["std_error"], rel=1e-6)  # (9e-8)
    assert ours.sigma2 == pytest.approx(np.array(entry["sigma2"]), rel=1e-4)  # (1e-5)

"""Profile intervals of tau against lme4's `confint(method = "profile")`; see README.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reportgen.stats import fit_one_step_glmm
from reportgen.stats.tau_profile import tau_profile_interval

HERE = Path(__file__).parent
KNOWN: dict[str, Any] = json.loads((HERE / "tau_profile.json").read_text(encoding="utf-8"))
# lme4 interpolates its profile by splines, so that limits differ by up to 4e-4 from the roots of the deviance
NEAR = 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("known", KNOWN["linear"], ids=lambda item: item["name"])
def test_of_linear_models(known: dict[str, Any]) -> None:
    d = pd.read_csv(HERE / "data" / f"{known['name']}.csv")
    found = tau_profile_interval(d["y"], d["t"], d["trial"], adjusters=d["x1"])
    assert found == pytest.approx(known["interval"], abs=NEAR, rel=NEAR)


@pytest.mark.slow
@pytest.mark.parametrize("known", KNOWN["sites"], ids=lambda item: item["name"])
def test_of_linear_models_with_sites(known: dict[str, Any]) -> None:
    d = pd.read_csv(HERE / "data" / f"{known['name']}.csv")
    found = tau_profile_interval(d["y"], d["t"], d["trial"], adjusters=d["x1"], site=d["site"])
    assert found == pytest.approx(known["interval"], abs=NEAR, rel=NEAR)
    assert found != pytest.approx(tau_profile_interval(d["y"], d["t"], d["trial"], adjusters=d["x1"]), rel=1e-2)


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize(("link", "events", "family"), [("logit", "event", "binomial"), ("log", "falls", "poisson")])
def test_of_events(place: int, link: Any, events: str, family: str) -> None:
    known = KNOWN["events"][place]
    trial, t, y = (np.array(known[name]) for name in ("trial", "t", events))
    if link == "logit":
        rows = np.repeat(np.arange(len(y)), known["people"])
        outcome = np.concatenate([np.arange(known["people"]) < count for count in y]).astype(float)
        fit = fit_one_step_glmm(outcome, t[rows], trial[rows], nodes=1, profile_level=0.95)
    else:
        exposure = np.full(len(y), float(known["people"]))
        fit = fit_one_step_glmm(y.astype(float), t, trial, link="log", exposure=exposure, nodes=1, profile_level=0.95)
    assert fit.tau_interval == pytest.approx(known["intervals"][family], abs=NEAR, rel=NEAR)


@pytest.mark.slow
def test_an_interval_follows_the_scale_and_neither_adjusters_nor_labels() -> None:
    d = pd.read_csv(HERE / "data" / "6-equal-large.csv")
    usual = tau_profile_interval(d["y"], d["t"], d["trial"], adjusters=d["x1"])
    other = tau_profile_interval(-10.0 * d["y"] + 3.0, d["t"], d["trial"] + "x", adjusters=-d["x1"])
    assert np.array(other) / 10.0 == pytest.approx(usual, rel=1e-5)
    wider = tau_profile_interval(d["y"], d["t"], d["trial"], adjusters=d["x1"], level=0.99)
    assert wider[0] <= usual[0]
    assert wider[1] > usual[1]

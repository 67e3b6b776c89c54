"""Moderators of events against lme4 (moderators_glmm.R, moderators_glmm.json)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.stats import Levels, ModeratorFit, screen_moderator_glmm

REFERENCE = json.loads((Path(__file__).parent / "moderators_glmm.json").read_text())
SETS = {entry["name"]: entry for entry in REFERENCE["sets"]}
FITS = [
    pytest.param(entry["name"], fit, id=f"{entry['name']}-{fit['reading']}-{fit['nodes']}-{fit['varying']}")
    for entry in REFERENCE["sets"]
    for fit in entry["fits"]
]

# Of a standard error: glmer's own deviance is followed to a gradient of 1e-7 or less; the largest difference measured is 1e-9.
AGREE = 1e-6
# Standard errors come from Richardson derivatives of a deviance with a noise of 1e-11: most differ by less than 1e-6, two by 4e-5.
AGREE_ERROR = 5e-5
# the largest difference measured is 6e-10
AGREE_TAU = 1e-6
# relative; the largest difference measured is 1e-14
AGREE_CRITERION = 1e-9
AGREE_WALD = 1e-4


@cache
def screened(name: str, nodes: int, varying: bool, reading: str) -> ModeratorFit:
    entry = SETS[name]
    z = np.array(entry["z"])
    moderator = Levels(z, tuple("abc"[: entry["levels"]])) if entry["levels"] else z
    return screen_moderator_glmm(
        np.array(entry["y"], float),
        np.array(entry["t"], float),
        np.array(entry["trial"]),
        moderator,
        link=entry["link"],
        exposure=np.array(entry["time"], float) if entry["link"] == "log" else None,
        adjusters=np.array(entry["x"], float),
        adjuster_slopes=entry["slopes"],
        events_per_slope=0,
        nodes=nodes,
        interaction_effect="random" if varying else "common",
        reading=reading,
    )


def test_the_sets_have_not_shrunk():
    assert len(SETS) >= 11
    varying = [fit["tau_interaction"] for entry in REFERENCE["sets"] for fit in entry["fits"] if fit["varying"]]
    assert sum(value == 0 for value in varying) >= 2 and sum(value > 0 for value in varying) >= 7
    assert sum(entry["link"] == "log" for entry in REFERENCE["sets"]) >= 3


@pytest.mark.slow
@pytest.mark.sampled(5)  # six fits a set of data: each kind of fit is in the sample
@pytest.mark.parametrize(("name", "expected"), FITS)
def test_readings_agree_with_glmer(name: str, expected: dict[str, Any]) -> None:
    ours = screened(name, expected["nodes"], expected["varying"], expected["reading"])
    reading = getattr(ours, expected["reading"])
    scatters = expected["tau_interaction"] > 0
    boundary = expected["tau"] == 0 or (expected["varying"] and not scatters)
    assert reading.status == ("boundary" if boundary else "ok")
    if expected["varying"] and not scatters:
        return  # the fit is then that of a common interaction, by quadrature
    compare(reading.each, expected["gamma"])
    assert np.sqrt(reading.tau2) == pytest.approx(expected["tau"], abs=AGREE_TAU)
    contrast = np.sqrt(2.0) if SETS[name]["levels"] else 1.0
    assert reading.tau_interaction == pytest.approx(contrast * expected["tau_interaction"], abs=AGREE_TAU)
    assert reading.criterion == pytest.approx(expected["criterion"], rel=AGREE_CRITERION)
    if reading.joint:
        assert reading.joint.statistic == pytest.approx(expected["wald"], rel=AGREE_WALD)
    if expected["reading"] == "within" and not expected["varying"]:
        compare(ours.across.each, expected["across"])


def compare(ours: tuple[Any, ...], expected: dict[str, list[float]]) -> None:
    estimates, errors = np.array(expected["estimate"]), np.array(expected["std_error"])
    assert np.abs(np.array([item.estimate for item in ours]) - estimates).max() <= AGREE * errors.min()
    np.testing.assert_allclose([float(item.std_error) for item in ours], errors, rtol=AGREE_ERROR)

"""Generalised linear mixed models of events against lme4, metafor and statsmodels (glmm.R, glmm.json)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from reportgen.stats import GlmmFit, fit_one_step_glmm, per_trial_glm, pool_control_risk, pool_two_stage

pytestmark = pytest.mark.sampled(9)

HERE = Path(__file__).parent
REFERENCE = json.loads((HERE / "glmm.json").read_text())
SETS = {entry["name"]: entry for entry in REFERENCE["sets"]}
FITS = [
    pytest.param(entry["name"], fit, id=f"{entry['name']}-{fit['coding']}-{fit['nodes']}")
    for entry in REFERENCE["sets"]
    for fit in entry["fits"]
]
POOLED = [pytest.param(entry["name"], id=entry["name"]) for entry in REFERENCE["sets"] if entry["metafor"]]

# Estimates and tau: glmm.R follows glmer's own deviance to a gradient of 1e-8; the largest difference measured is 1.2e-8.
AGREE = 1e-6
# Standard errors come from Richardson derivatives of a deviance with a noise of 1e-11: the largest difference is 6e-6.
AGREE_ERROR = 1e-5
# relative; the largest difference measured is 1e-11
AGREE_CRITERION = 1e-9
# rma.glmm takes glmer's optimum as it is: the largest difference measured is 2e-6.
AGREE_METAFOR = 1e-5
# Its standard errors come from glmer's plain finite differences, which are good to 1e-4 where the deviance is 27,000 (bcg):
# those of Richardson differences of the same deviance, which are looked at to 1e-5 beside it, are ours.
AGREE_DIFFERENCES = 2e-4
AGREE_TWO_STAGE = 1e-6


@cache
def arguments(name: str) -> dict[str, Any]:
    """Outcome, treatment, trial, link, exposure and adjusters: people for binary outcomes, rows with exposure for counts."""
    entry = SETS[name]
    trial, treatment = np.array(entry["trial"]), np.array(entry["treatment"], float)
    events, size = np.array(entry["events"]), np.array(entry["size"], float)
    adjusters = np.array(entry["x"], float) if entry["x"] else None
    if entry["link"] == "log":
        return {
            "outcome": events.astype(float),
            "treatment": treatment,
            "trial": trial,
            "link": "log",
            "exposure": size,
            "adjusters": adjusters,
        }
    people = size.astype(int)
    return {
        "outcome": np.concatenate([np.arange(n) < k for k, n in zip(events, people, strict=True)]).astype(float),
        "treatment": np.repeat(treatment, people),
        "trial": np.repeat(trial, people),
        "link": "logit",
        "adjusters": None if adjusters is None else np.repeat(adjusters, people),
    }


def without_adjusters(name: str) -> dict[str, Any]:
    return {key: value for key, value in arguments(name).items() if key != "adjusters"}


def fit_of(name: str, expected: dict[str, Any]) -> GlmmFit:
    model = (
        {"treatment_effect": "common"}
        if expected["nodes"] == 0
        else {"nodes": expected["nodes"], "random_part": expected["coding"]}
    )
    return fit_one_step_glmm(**arguments(name), adjuster_slopes=SETS[name]["slopes"], events_per_slope=0, **model)


def test_the_sets_have_not_shrunk():
    trials = [len(set(entry["trial"])) for entry in REFERENCE["sets"]]
    tau = [fit["tau"] for entry in REFERENCE["sets"] for fit in entry["fits"] if fit["nodes"] == 7]
    assert len(SETS) >= 37 and min(trials) == 2 and max(trials) == 40
    assert {"bcg", "nielweise2007", "nielweise2008"} < set(SETS)
    assert sum(entry["link"] == "log" for entry in REFERENCE["sets"]) >= 9
    assert sum(value == 0 for value in tau) >= 20 and sum(value > 0 for value in tau) >= 20
    for entry in REFERENCE["sets"]:
        cells = {(fit["coding"], fit["nodes"]) for fit in entry["fits"]}
        assert cells == {(coding, nodes) for coding in ("centred", "as-given") for nodes in (1, 7)} | {("centred", 0)}


@pytest.mark.parametrize(("name", "expected"), FITS)
def test_fit_agrees_with_glmer(name, expected):
    ours = fit_of(name, expected)
    assert ours.effect.estimate == pytest.approx(expected["estimate"], abs=AGREE * expected["std_error"])
    assert ours.effect.std_error == pytest.approx(expected["std_error"], rel=AGREE_ERROR)
    assert ours.tau == pytest.approx(expected["tau"], abs=AGREE)
    assert ours.criterion == pytest.approx(expected["criterion"], rel=AGREE_CRITERION)
    assert ours.status == ("boundary" if expected["tau"] == 0 and expected["nodes"] else "ok")
    assert (ours.message == "converged") == (ours.status == "ok")
    assert ours.optimiser.converged and ours.optimiser.gradient < 1e-6
    assert ours.weights.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(("name", "expected"), FITS)
def test_other_coefficients_agree_with_glmer(name, expected):
    ours = fit_of(name, expected)
    slope = dict(zip(ours.coefficient_names, ours.coefficients, strict=True)).get("adjuster[0]")
    if expected.get("slope") is not None:
        assert slope == pytest.approx(expected["slope"], abs=AGREE)
    if expected["nodes"]:
        np.testing.assert_allclose(ours.intercepts, expected["intercepts"], atol=AGREE)
        covariance = np.array(expected["covariance"], float)
        order = [{"t": "treatment", "x": "adjuster[0]"}[key] for key in ("t", "x")[: len(covariance)]]
        places = [ours.coefficient_names.index(key) for key in order]
        scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
        assert np.abs(ours.covariance_fixed[np.ix_(places, places)] - covariance).max() <= 2 * AGREE_ERROR * scale.max()
    if expected.get("tau_std_error"):
        assert ours.tau_std_error == pytest.approx(expected["tau_std_error"], rel=AGREE_ERROR)


@pytest.mark.parametrize("name", POOLED)
def test_rma_glmm_agrees_where_its_model_is_ours(name):
    """Coding 1 is ours as given; coding 1/2 is ours centred where arms are equal, as rows of counts always are."""
    data = without_adjusters(name)
    share = [data["treatment"][data["trial"] == k].mean() for k in np.unique(data["trial"])]
    for expected in SETS[name]["metafor"]["glmm"]:
        if expected["coding"] != 1 and not np.allclose(share, 0.5, atol=1e-12):
            continue
        ours = fit_one_step_glmm(**data, random_part="as-given" if expected["coding"] == 1 else "centred")
        assert ours.effect.estimate == pytest.approx(expected["estimate"], abs=AGREE_METAFOR)
        assert ours.effect.std_error == pytest.approx(expected["std_error"], rel=AGREE_DIFFERENCES)
        assert ours.tau2 == pytest.approx(expected["tau2"], abs=AGREE_METAFOR)


@pytest.mark.parametrize("name", POOLED)
def test_control_risk_agrees_with_rma_glmm(name):
    ours, expected = pool_control_risk(**without_adjusters(name)), SETS[name]["metafor"]["control_risk"]
    assert ours.effect.estimate == pytest.approx(expected["estimate"], abs=AGREE_METAFOR)
    assert ours.effect.std_error == pytest.approx(expected["std_error"], rel=AGREE_DIFFERENCES)
    assert ours.tau2 == pytest.approx(expected["tau2"], abs=AGREE_METAFOR)
    glmer = expected["glmer"]
    assert ours.effect.estimate == pytest.approx(glmer["estimate"], abs=AGREE)
    assert ours.effect.std_error == pytest.approx(glmer["std_error"], rel=AGREE_ERROR)
    assert np.sqrt(ours.tau2) == pytest.approx(glmer["tau"], abs=AGREE)


@pytest.mark.parametrize("name", POOLED)
def test_two_stages_agree_with_metafor(name):
    expected = SETS[name]["metafor"]["two_stage"]
    each = per_trial_glm(**without_adjusters(name))
    ours = pool_two_stage(each.estimate, each.std_error)
    assert ours.trials == expected["trials"]
    assert ours.estimate == pytest.approx(expected["estimate"], abs=AGREE_TWO_STAGE)
    assert ours.std_error == pytest.approx(expected["std_error"], rel=AGREE_TWO_STAGE)
    assert ours.tau2 == pytest.approx(expected["tau2"], abs=AGREE_TWO_STAGE)
    assert ours.q == pytest.approx(expected["q"], rel=AGREE_TWO_STAGE)


def one_trial(seed: int, link: str, adjusters: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(60, 400))
    treatment, x = rng.integers(0, 2, n).astype(float), rng.normal(40.0, 10.0, (n, adjusters))
    eta = -1.0 + 0.6 * treatment + 0.05 * (x - 40.0).sum(axis=1)
    time = rng.uniform(0.5, 3.0, n)
    outcome = rng.random(n) < 1.0 / (1.0 + np.exp(-eta)) if link == "logit" else rng.poisson(time * np.exp(eta))
    found = {"outcome": outcome.astype(float), "treatment": treatment, "adjusters": x, "link": link}
    return found if link == "logit" else found | {"exposure": time}


@pytest.mark.parametrize("link", ["logit", "log"])
@pytest.mark.parametrize("adjusters", [0, 1, 3])
@pytest.mark.parametrize("seed", range(4))
def test_one_trial_is_an_ordinary_regression(seed, adjusters, link):
    data = one_trial(seed, link, adjusters)
    ours = fit_one_step_glmm(trial=np.zeros(len(data["outcome"])), **data)
    design = np.column_stack([np.ones(len(data["outcome"])), data["treatment"], data["adjusters"]])
    family = sm.families.Binomial() if link == "logit" else sm.families.Poisson()
    theirs = sm.GLM(data["outcome"], design, family, exposure=data.get("exposure")).fit(
        tol=1e-14, tol_criterion="params"
    )
    np.testing.assert_allclose(ours.coefficients, theirs.params[1:], atol=1e-8)
    np.testing.assert_allclose(ours.covariance_fixed, theirs.cov_params()[1:, 1:], rtol=1e-8, atol=1e-12)
    assert ours.intercepts[0] == pytest.approx(theirs.params[0], abs=1e-8)
    assert ours.criterion == pytest.approx(-2.0 * theirs.llf, rel=1e-8)
    assert ours.effect.df == np.inf and ours.status == "ok" and ours.message.startswith("one trial: an ordinary ")
    assert np.isnan(ours.tau2)
    alone = per_trial_glm(trial=np.zeros(len(data["outcome"])), **data)
    assert alone.estimate[0] == pytest.approx(ours.effect.estimate, abs=1e-8)
    assert alone.std_error[0] == pytest.approx(ours.effect.std_error, rel=1e-8)


ONE_TRIAL = json.loads((HERE / "one_trial.json").read_text())["fits"]


@pytest.mark.parametrize("fit", ONE_TRIAL, ids=lambda f: f"{f['data']} {f['trial']} {f['family']} {f['adjusted']}")
def test_one_trial_is_the_regression_of_glm(fit):
    rows = np.genfromtxt(HERE / "data" / f"{fit['data']}.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    rows = rows[rows["trial"] == fit["trial"]]
    link, age = "logit" if fit["family"] == "binomial" else "log", rows["age"].astype(float)
    ours = fit_one_step_glmm(
        rows["y"].astype(float), rows["t"], rows["trial"], link=link, exposure=age / 50.0 if link == "log" else None,
        adjusters=age if fit["adjusted"] else None,
    )  # fmt: skip
    assert ours.effect.estimate == pytest.approx(fit["estimate"], abs=1e-8)
    assert ours.effect.std_error == pytest.approx(fit["std_error"], rel=1e-8)
    assert ours.criterion == pytest.approx(fit["criterion"], rel=1e-8)
    if fit["adjusted"]:
        assert ours.coefficients[ours.coefficient_names.index("adjuster[0]")] == pytest.approx(fit["slope"], abs=1e-8)


def test_indometacin_has_its_published_ratio():
    """Elmunzer et al. (2012), N Engl J Med 366:1414: pancreatitis in 27 of 295 and 52 of 307; risk difference 7.7 points."""
    outcome = np.repeat([1.0, 0.0, 1.0, 0.0], [27, 268, 52, 255])
    treatment = np.repeat([1.0, 0.0], [295, 307])
    fit = fit_one_step_glmm(outcome, treatment, np.zeros(602))
    assert float(np.exp(fit.effect.estimate)) == pytest.approx(27 * 255 / (268 * 52), rel=1e-12)

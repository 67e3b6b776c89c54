"""A residual variance for each arm against bare matrix algebra with the full covariance, over the options of the core."""

from functools import cache

import numpy as np
import pytest
from scipy.optimize import minimize

from reportgen.stats import OneStepFit, fit_one_step

from .full_matrix import FullMatrix, build

# Measured: 2e-12 (criterion), 3e-10 (estimates, standard errors), 2e-8 (Kenward-Roger, Satterthwaite).
AGREE, SMALL_SAMPLE = 1e-9, 1e-6
MODELS = {
    "default": {},
    "slopes": {"adjuster_slopes": "stratified"},
    "random intercept": {"intercept": "random", "covariance": "unstructured"},
    "random interaction": {"interaction_effect": "random"},
    "common": {"treatment_effect": "common"},
    "ml": {"estimation": "ml"},
    "ml, random intercept": {"estimation": "ml", "intercept": "random"},
}
DEFAULTS = {
    "intercept": "stratified",
    "treatment_effect": "random",
    "interaction_effect": "common",
    "covariance": "independent",
    "adjuster_slopes": "common",
    "residual": "by-arm",
    "estimation": "reml",
}


def arguments() -> dict:
    rng = np.random.default_rng(20)
    trial = np.repeat(np.arange(5), (30, 24, 40, 18, 36))
    t = rng.integers(0, 2, trial.size).astype(float)
    x, z = rng.normal(size=(trial.size, 2)), rng.normal(size=(trial.size, 1))
    effect = 1 + rng.normal(size=5)[trial] + z[:, 0] * (0.3 + 0.4 * rng.normal(size=5)[trial])
    y = 3 * rng.normal(size=5)[trial] + x @ [0.5, 0.2] + t * effect + (1 + t) * rng.normal(size=trial.size)
    return {"outcome": y, "treatment": t, "trial": trial, "adjusters": x, "moderator": z}


@cache
def fitted(model: str, inference: str) -> OneStepFit:
    return fit_one_step(**arguments(), **(DEFAULTS | MODELS[model]), inference=inference, df_floor="none")


def route(model: str, **more: bool) -> FullMatrix:
    ours = fitted(model, "normal")
    return build(arguments(), DEFAULTS | MODELS[model], ours.covariance, ours.sigma2, **more)


@pytest.mark.parametrize("model", MODELS)
def test_estimates_and_criterion(model: str) -> None:
    ours, full = fitted(model, "normal"), route(model)
    assert ours.status in ("ok", "boundary")
    assert ours.criterion == pytest.approx(full.criterion, rel=AGREE)
    for effect, place in ((ours.effect, full.treatment), (ours.interaction, full.products[0])):
        error = np.sqrt(full.Phi[place, place])
        assert effect.std_error == pytest.approx(error, rel=AGREE)
        assert np.abs(effect.estimate - full.beta[place]) <= AGREE * error


@pytest.mark.parametrize("model", MODELS)
def test_it_is_at_the_optimum(model: str) -> None:
    full = route(model)
    scale = np.array([g if g else 0.0 for g in full.gamma])
    assert np.abs(full.score * scale).max() < 1e-5


@pytest.mark.parametrize("model", MODELS)
def test_kenward_roger(model: str) -> None:
    ours, full = fitted(model, "kenward-roger"), route(model)
    adjusted, _ = full.kenward_roger
    for effect, place in ((ours.effect, full.treatment), (ours.interaction, full.products[0])):
        assert effect.std_error == pytest.approx(np.sqrt(adjusted[place, place]), rel=SMALL_SAMPLE)
        assert effect.df_raw == pytest.approx(full.kenward_roger_df(place), rel=SMALL_SAMPLE)


@pytest.mark.parametrize("model", MODELS)
def test_satterthwaite(model: str) -> None:
    ours, full = fitted(model, "satterthwaite"), route(model, without_boundary=True)
    for effect, place in ((ours.effect, full.treatment), (ours.interaction, full.products[0])):
        assert effect.df_raw == pytest.approx(full.satterthwaite_df(place), rel=SMALL_SAMPLE)


@pytest.mark.parametrize("model", ["default", "slopes", "common"])
def test_no_other_start_finds_a_lower_criterion(model: str) -> None:
    ours = fitted(model, "normal")
    q = ours.covariance.shape[0]

    def criterion(x: np.ndarray) -> float:
        return build(arguments(), DEFAULTS | MODELS[model], np.exp(x[2]) * np.eye(q), np.exp(x[:2])).criterion

    found = minimize(criterion, np.zeros(3), method="Nelder-Mead", options={"maxfev": 120}).fun
    assert ours.criterion <= found + 1e-8 * abs(found)


def test_arms_with_one_variance_in_truth_come_near_the_common_one() -> None:
    given = arguments()
    common = fit_one_step(**given)
    by_arm = fit_one_step(**given, residual="by-arm")
    control, intervention = by_arm.sigma2
    assert control < common.sigma2 < intervention
    assert by_arm.criterion < common.criterion

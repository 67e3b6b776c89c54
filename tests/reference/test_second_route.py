"""The same model by other routes: bare matrix algebra with the full n x n covariance, and statsmodels' MixedLM.

full_matrix.py shares no line with the package: it takes our variances and has to find the same criterion, coefficients,
standard errors and degrees of freedom, and a gradient of zero. It is the only witness where R has none: a residual
variance per trial, and Kenward-Roger beside maximum likelihood (pbkrtest silently refits by REML).
"""

import warnings
from functools import cache

import numpy as np
import pytest

from .full_matrix import FullMatrix, build
from .grid import MODELS, Model
from .test_one_step import BY_NAME, fit, named

pytestmark = pytest.mark.sampled(9)

# Both routes are closed forms given the variances; what differs is rounding, n x n inverses included (largest: 2e-11).
AGREE = 1e-9
# Satterthwaite's df are those of the Cholesky factor with us, of the variances here: the two Hessians differ by the
# gradient, zero but for rounding, times the curvature of the map between them, large near a perfect correlation (6e-9).
SATTERTHWAITE = 1e-7
# |score x variance| is the change of the criterion per relative change of a variance; 1e-6 of it moves a variance by less
# than 1e-6 and the criterion by less than 1e-12.
FLAT = 1e-6

# Of the factorial on the largest data set every third model: R has judged all of them.
ROUTED = [model for place, model in enumerate(MODELS) if model.entry["data"] != "19-correlated" or place % 3 == 0]
PERFECT = [model for model in ROUTED if "perfectly" in fit(model.name, "normal").message]
INTERIOR = [model for model in ROUTED if model not in PERFECT]


def second_route(model: Model, **choice) -> FullMatrix:
    ours = fit(model.name, "normal")
    return build(model.arguments(), model.options, ours.covariance, ours.sigma2, **choice)


@pytest.fixture(scope="module")
def route(model: Model) -> FullMatrix:
    """One n x n route a model: as the parameter has module scope, the tests of a model run one after the other."""
    return second_route(model)


def for_each(models):
    return pytest.mark.parametrize("model", named(models), scope="module")


def places(route: FullMatrix) -> list[int]:
    return [route.treatment, *route.products]


def ours_at(model: Model, inference: str, key: str) -> np.ndarray:
    found = fit(model.name, inference)
    effects = [found.effect] if found.interaction is None else [found.effect, found.interaction]
    return np.concatenate([np.atleast_1d(getattr(effect, key)) for effect in effects])


@for_each(ROUTED)
def test_criterion_coefficients_and_standard_errors(model: Model, route: FullMatrix):
    at = places(route)
    error = np.sqrt(np.diag(route.Phi))[at]
    assert fit(model.name, "normal").criterion == pytest.approx(route.criterion, rel=AGREE)
    assert ours_at(model, "normal", "std_error") == pytest.approx(error, rel=AGREE)
    assert np.all(np.abs(ours_at(model, "normal", "estimate") - route.beta[at]) <= AGREE * error)


@for_each(INTERIOR)
def test_the_gradient_is_zero_or_points_out_of_bounds(model: Model, route: FullMatrix):
    inside = route.gamma != 0
    assert np.all(np.abs(route.score * route.gamma)[inside] < FLAT)
    unstructured = model.entry["covariance"] == "unstructured" and len(model.result["random"]) > 1
    assert inside.all() or not unstructured
    assert np.all(route.score[~inside] > -FLAT)


@for_each(ROUTED)
def test_kenward_roger_from_its_definitions(model: Model, route: FullMatrix):
    at = places(route)
    adjusted, _ = route.kenward_roger
    error = ours_at(model, "kenward-roger", "std_error")
    df = ours_at(model, "kenward-roger", "df_raw")
    if len(route.gamma) > 1:
        assert error == pytest.approx(np.sqrt(np.diag(adjusted))[at], rel=AGREE)
        assert df == pytest.approx([route.kenward_roger_df(place) for place in at], rel=AGREE)
    else:
        # One variance: t with the residual degrees of freedom is exact, and there is nothing to adjust for.
        n, p = route.X.shape
        assert error == pytest.approx(np.sqrt(np.diag(route.Phi))[at], rel=AGREE)
        assert df == pytest.approx(np.full(len(at), n - p), rel=AGREE)


@for_each([model for model in ROUTED if len(model.entry["moderator"]) > 1])
def test_kenward_roger_joint_test_from_its_definitions(model: Model, route: FullMatrix):
    joint = fit(model.name, "kenward-roger").interaction.joint
    if len(route.gamma) > 1:
        statistic, df, scale = route.kenward_roger_test(route.products)
        assert joint.statistic == pytest.approx(statistic, rel=AGREE)
        assert joint.df_den == pytest.approx(df, rel=AGREE)
        assert joint.scale == pytest.approx(scale, rel=AGREE)
    else:
        assert (joint.df_den, joint.scale) == (route.X.shape[0] - route.X.shape[1], 1)


@for_each(INTERIOR)
def test_satterthwaite_from_the_observed_information(model: Model, route: FullMatrix):
    if np.any(route.gamma == 0):
        route = second_route(model, without_boundary=True)
    df = ours_at(model, "satterthwaite", "df_raw")
    if len(route.gamma) == 1 and model.engine == "lm":
        expected = np.full(len(df), float(route.X.shape[0] - route.X.shape[1]))
    else:
        expected = np.array([route.satterthwaite_df(place) for place in places(route)])
    assert df == pytest.approx(expected, rel=SATTERTHWAITE)


def test_witnesses_are_many_enough():
    assert len(INTERIOR) >= 105
    assert len(PERFECT) >= 4
    assert sum(model.engine == "nlme" for model in INTERIOR) >= 11
    assert sum(model.entry["estimation"] == "ml" for model in INTERIOR) >= 15


# ---- statsmodels -----------------------------------------------------------------------------------------------------

# Its default optimiser (BFGS) stops at a gradient of 1e-5 per observation, which leaves variances to 5e-4; the same
# optimiser with gtol = 1e-9 agrees to 1e-8. The bound is what the design asks for, less one digit.
STATSMODELS = 1e-6
MIXED = [
    model
    for model in ROUTED
    if model.engine == "lme4"
    and not model.result["singular"]
    and model.entry["interaction_effect"] == "common"
    and model.entry["treatment_effect"] == "random"
    and (model.entry["intercept"] == "stratified" or model.entry["covariance"] == "unstructured")
    and model.name != "2-unequal-zero"  # tau2 is six thousandths of sigma2: BFGS runs out of the parameter space
]


@cache
def mixed_lm(name: str):
    from statsmodels.regression.mixed_linear_model import MixedLM

    model = BY_NAME[name]
    route, data = second_route(model), model.columns
    t = data["t"][:, None]
    Z = t if model.entry["intercept"] == "stratified" else np.column_stack([np.ones(t.size), t])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MixedLM(data["y"], route.X, data["trial"], Z).fit(reml=route.reml, gtol=1e-9)


@pytest.mark.parametrize("model", named(MIXED))
def test_mixed_lm_finds_the_same_or_says_that_it_failed(model: Model):
    ours, theirs = fit(model.name, "normal"), mixed_lm(model.name)
    assert ours.criterion <= -2 * theirs.llf + 1e-11 * abs(theirs.llf)
    if not theirs.converged:
        return
    # Its own standard errors come from the inverse of a joint Hessian, which is another estimator: those of generalised
    # least squares at its variances are compared instead.
    route = build(model.arguments(), model.options, np.asarray(theirs.cov_re), theirs.scale)
    at = places(route)
    error = ours_at(model, "normal", "std_error")
    assert ours.criterion == pytest.approx(-2 * theirs.llf, rel=1e-11)
    assert np.all(np.abs(ours_at(model, "normal", "estimate") - theirs.fe_params[at]) <= STATSMODELS * error)
    assert np.sqrt(np.diag(route.Phi))[at] == pytest.approx(error, rel=STATSMODELS)
    assert ours.sigma2 == pytest.approx(theirs.scale, rel=STATSMODELS)
    assert np.all(np.abs(ours.covariance - theirs.cov_re) <= STATSMODELS * (ours.sigma2 + ours.tau2))


@pytest.mark.slow
def test_mixed_lm_has_been_asked_often_enough():
    assert len(MIXED) >= 42
    assert sum(mixed_lm(model.name).converged for model in MIXED) >= 35

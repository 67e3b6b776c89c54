"""Effects per level: their differences are the interaction within trials, their mean is the overall effect."""

import numpy as np
import pytest

from reportgen.stats import Levels, fit_one_step, screen_moderator
from reportgen.stats.consistent_effects import consistent_effects

from .test_prepared_screening import people_of, trials

OPTIONS = {
    "default": {},
    "random": {"interaction_effect": "random"},
    "slopes": {"adjuster_slopes": "stratified", "people_per_slope": 0},
    "by-arm": {"residual": "by-arm"},
    "random, by-arm, slopes": {"interaction_effect": "random", "residual": "by-arm", "adjuster_slopes": "stratified"},
}


def levels(d: dict) -> Levels:
    return Levels(np.digitize(d["z"], (-0.5, 0.5, 1.5)), ("a", "b", "c", "d"))


@pytest.mark.parametrize("name", OPTIONS)
def test_levels_differ_by_the_interaction_and_average_to_the_overall_effect(name: str) -> None:
    d = trials(5)
    found = consistent_effects(moderator=levels(d), **people_of(d), **OPTIONS[name])
    # the model without gamma_A, whose interaction this is
    z = levels(d).codes
    columns = (z[:, None] == np.array([1, 2, 3])).astype(float)
    w = columns - np.array([columns[d["trial"] == k].mean(axis=0) for k in range(5)])[d["trial"]]
    estimates = np.array([effect.estimate for effect in found.effects])
    if name == "default":
        gamma = fit_one_step(
            d["outcome"], d["treatment"], d["trial"], adjusters=d["adjusters"], moderator=w
        ).interaction
        assert estimates[1:] - estimates[0] == pytest.approx(gamma.estimate, abs=1e-9)
        error = np.array(
            [found.covariance[k, k] + found.covariance[0, 0] - 2 * found.covariance[0, k] for k in (1, 2, 3)]
        )
        assert np.sqrt(error) == pytest.approx(gamma.std_error, rel=1e-9)
    assert np.dot(found.composition, estimates) == pytest.approx(found.overall.estimate, abs=1e-9)
    assert sum(found.composition) == pytest.approx(1.0, abs=1e-12)
    assert sum(found.weights.values()) == pytest.approx(1.0, abs=1e-9)
    assert found.people == tuple(np.bincount(z).tolist())


@pytest.mark.parametrize("reference", [0, 3])
def test_the_reference_level_does_not_matter(reference: int) -> None:
    d = trials(5)
    one = consistent_effects(moderator=levels(d), reference=1, interaction_effect="random", **people_of(d))
    other = consistent_effects(moderator=levels(d), reference=reference, interaction_effect="random", **people_of(d))
    for a, b in zip(one.effects, other.effects, strict=True):
        assert a.estimate == pytest.approx(b.estimate, abs=1e-7)
        assert a.std_error == pytest.approx(b.std_error, rel=1e-7)
        assert a.df == pytest.approx(b.df, rel=1e-6)
    assert one.covariance == pytest.approx(other.covariance, rel=1e-6)


@pytest.mark.parametrize("varying", ["common", "random"])
def test_covariance_by_bare_matrix_algebra(varying: str) -> None:
    d = trials(5, sizes=(40, 60, 30, 50, 35))
    y, t, trial, x = (d[key] for key in ("outcome", "treatment", "trial", "adjusters"))
    z = levels(d).codes
    found = consistent_effects(moderator=levels(d), interaction_effect=varying, inference="normal", **people_of(d))
    dummies = (trial[:, None] == np.arange(5)).astype(float)
    every = (z[:, None] == np.arange(4)).astype(float)
    shares = dummies.T @ every / dummies.sum(axis=0)[:, None]
    w = every - shares[trial]
    X = np.column_stack([dummies, x, w[:, 1:], t, t[:, None] * w[:, 1:]])
    place = 5 + 2 + 3
    within = fit_one_step(y, t, trial, adjusters=x, moderator=w[:, 1:], inference="normal")
    sigma2 = within.sigma2
    V = np.eye(len(y)) * sigma2 + found.tau2 * np.outer(t, t) * (dummies @ dummies.T)
    if varying == "random":
        # by the criterion of bare matrices: sigma2 from generalised least squares, omega2 is half that of a contrast
        G = t[:, None] * w
        V0 = found.tau2 * np.outer(t, t) * (dummies @ dummies.T) + found.interaction_tau2 / 2 * (G @ G.T) * (
            dummies @ dummies.T
        )

        def criterion(s2: float) -> float:
            V = V0 + s2 * np.eye(len(y))
            inverse = np.linalg.inv(V)
            A = X.T @ inverse @ X
            r = y - X @ np.linalg.solve(A, X.T @ inverse @ y)
            return float(np.linalg.slogdet(V)[1] + np.linalg.slogdet(A)[1] + r @ inverse @ r)

        low, high = 0.5 * sigma2, 1.5 * sigma2
        for _ in range(100):
            a, b = low + 0.382 * (high - low), low + 0.618 * (high - low)
            low, high = (low, b) if criterion(a) < criterion(b) else (a, high)
        V = V0 + 0.5 * (low + high) * np.eye(len(y))
    inverse = np.linalg.inv(V)
    A = X.T @ inverse @ X
    phi = np.linalg.inv(A)
    beta = phi @ X.T @ inverse @ y
    weights = []
    for k in range(5):
        here = trial == k
        weights.append((phi @ X[here].T @ np.linalg.inv(V[np.ix_(here, here)]) @ X[here])[place, place])
    centre = np.array(weights) @ shares
    L = np.zeros((4, X.shape[1]))
    L[:, place] = 1.0
    L[:, place + 1 :] = np.eye(4)[:, 1:] - centre[1:]
    tolerance = 1e-9 if varying == "common" else 1e-6  # golden section knows sigma2 to 1e-8
    assert list(found.weights.values()) == pytest.approx(weights, rel=tolerance)
    assert found.composition == pytest.approx(centre, rel=tolerance)
    assert [effect.estimate for effect in found.effects] == pytest.approx(L @ beta, rel=tolerance)
    assert found.covariance == pytest.approx(L @ phi @ L.T, rel=tolerance)


def test_a_quantity_at_values() -> None:
    d = trials(5)
    found = consistent_effects(moderator=d["z"], values=(-1.0, 2.0), **people_of(d))
    low, high = (effect.estimate for effect in found.effects)
    at = consistent_effects(moderator=d["z"], values=(found.centre,), **people_of(d))
    assert at.effects[0].estimate == pytest.approx(found.overall.estimate, abs=1e-12)
    assert at.effects[0].df == pytest.approx(found.overall.df)
    slope = (high - low) / 3.0
    assert low == pytest.approx(found.overall.estimate + slope * (-1.0 - found.centre), abs=1e-9)
    assert found.composition == ()
    # information between trials does not enter: with gamma_A in the model the interaction is all but the same
    within = screen_moderator(moderator=d["z"], **people_of(d)).within.each[0]
    assert slope == pytest.approx(within.estimate, abs=0.2 * within.std_error)


def test_what_cannot_be_had_says_why() -> None:
    d = trials(5)
    found = consistent_effects(moderator=np.ones(d["z"].size), values=(1.0,), **people_of(d))
    assert found.status == "not estimable"
    assert found.reason == "it has one value in all"
    assert np.isnan(found.effects[0].estimate)

"""Effects on events in levels: their differences are the interaction within trials, their mean is the overall effect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reportgen.stats import Levels, fit_one_step_glmm
from reportgen.stats.choices import InteractionEffect, Link
from reportgen.stats.consistent_effects_glmm import consistent_effects_glmm

NAMES = ("a", "b", "c")


def people(link: Link, seed: int = 5) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    trial = np.repeat(np.arange(4), [160, 240, 300, 120])
    n = len(trial)
    treatment = np.tile([0.0, 1.0], n // 2)
    z, x = rng.integers(0, 3, n), rng.normal(size=n)
    eta = -0.6 + 0.4 * x + 0.3 * z + treatment * (0.4 - 0.4 * (z == 2) + rng.normal(0.0, 0.4, 4)[trial])
    y = rng.random(n) < 1.0 / (1.0 + np.exp(-eta)) if link == "logit" else rng.poisson(np.exp(eta))
    return {"outcome": y.astype(float), "treatment": treatment, "trial": trial, "adjusters": x[:, None], "z": z}


def given(d: dict[str, Any], link: Link) -> dict[str, Any]:
    return {name: d[name] for name in ("outcome", "treatment", "trial", "adjusters")} | {"link": link}


def within(d: dict[str, Any]) -> np.ndarray:
    columns = (d["z"][:, None] == np.array([1, 2])).astype(float)
    return columns - np.array([columns[d["trial"] == k].mean(axis=0) for k in range(4)])[d["trial"]]


@pytest.mark.parametrize("link", ["logit", "log"])
@pytest.mark.parametrize("effect", ["common", "random"])
def test_levels_differ_by_the_interaction_and_average_to_the_overall_effect(
    link: Link, effect: InteractionEffect
) -> None:
    d = people(link)
    found = consistent_effects_glmm(moderator=Levels(d["z"], NAMES), interaction_effect=effect, **given(d, link))
    estimates = np.array([item.estimate for item in found.effects])
    assert np.dot(found.composition, estimates) == pytest.approx(found.overall.estimate, abs=1e-9)
    assert sum(found.composition) == pytest.approx(1.0, abs=1e-9)
    assert sum(found.weights.values()) == pytest.approx(1.0, abs=1e-9)
    assert found.people == tuple(np.bincount(d["z"]).tolist())
    if effect == "common":
        w, t = within(d), d["treatment"][:, None]
        beside = np.column_stack([d["adjusters"], w, t * w])
        fit = fit_one_step_glmm(**{**given(d, link), "adjusters": beside})
        names = ["adjuster[3]", "adjuster[4]"]
        at = [fit.coefficient_names.index(name) for name in names]
        assert estimates[1:] - estimates[0] == pytest.approx(fit.coefficients[at], abs=1e-7)
        # covariances of bare matrix algebra: contrasts of the coefficients of the plain model
        rows = np.zeros((3, len(fit.coefficients)))
        rows[:, 0] = 1.0
        rows[:, at] = np.array([[0, 0], [1, 0], [0, 1]]) - np.array(found.composition)[1:]
        assert found.covariance == pytest.approx(rows @ fit.covariance_fixed @ rows.T, rel=1e-4)


def test_weights_are_those_of_dense_matrices() -> None:
    d = people("log")
    found = consistent_effects_glmm(moderator=Levels(d["z"], NAMES), treatment_effect="common", **given(d, "log"))
    w, t = within(d), d["treatment"][:, None]
    dummies = (d["trial"][:, None] == np.arange(4)).astype(float)
    x = np.column_stack([dummies, t, d["adjusters"], w, t * w])
    b = np.zeros(x.shape[1])
    for _ in range(50):
        mu = np.exp(x @ b)
        b += np.linalg.solve(x.T @ (mu[:, None] * x), x.T @ (d["outcome"] - mu))
    mu = np.exp(x @ b)
    information = []
    for k in range(4):
        here = d["trial"] == k
        item = x[here][:, 4:]
        item = item - mu[here] @ item / mu[here].sum()
        information.append(item.T @ (mu[here, None] * item))
    weights = [float((np.linalg.inv(sum(information)) @ item)[0, 0]) for item in information]
    assert list(found.weights.values()) == pytest.approx(weights, rel=1e-6)
    assert found.overall.estimate == pytest.approx(b[4], abs=1e-7)


@pytest.mark.parametrize("reference", [0, 2])
def test_the_reference_level_does_not_matter(reference: int) -> None:
    d = people("logit")
    levels = Levels(d["z"], NAMES)
    one = consistent_effects_glmm(moderator=levels, reference=1, interaction_effect="random", **given(d, "logit"))
    other = consistent_effects_glmm(
        moderator=levels, reference=reference, interaction_effect="random", **given(d, "logit")
    )
    for a, b in zip(one.effects, other.effects, strict=True):
        assert a.estimate == pytest.approx(b.estimate, abs=1e-5)
        assert a.std_error == pytest.approx(b.std_error, rel=1e-3)


def test_a_quantity_has_its_effect_at_the_centre() -> None:
    d = people("logit")
    z = d["z"] + 10.0 * d["trial"]
    found = consistent_effects_glmm(moderator=z, values=(0.0, 1.0), **given(d, "logit"))
    there = consistent_effects_glmm(moderator=z, values=(found.centre,), **given(d, "logit"))
    assert there.effects[0].estimate == pytest.approx(found.overall.estimate, abs=1e-9)
    assert there.effects[0].std_error == pytest.approx(found.overall.std_error, rel=1e-6)


def test_a_level_without_events_in_an_arm_has_the_reason() -> None:
    d = people("logit")
    d["outcome"][(d["z"] == 1) & (d["treatment"] == 1)] = 0.0
    found = consistent_effects_glmm(moderator=Levels(d["z"], NAMES), **given(d, "logit"))
    assert found.status == "not estimable"
    assert found.reason.startswith("in an arm nobody, or everybody, with one of its levels")

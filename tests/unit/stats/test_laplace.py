"""Laplace's approximation with several random columns: one column is quadrature with one node, and derivatives are those of the value."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.stats.events import Events, event_participants, make_events
from reportgen.stats.laplace import Laplace, RandomColumns
from reportgen.stats.quadrature import Quadrature
from tests.unit.stats.events_of import drawn


def arranged(link: str) -> tuple[Events, np.ndarray]:
    """Events of four trials with an interaction, and their random column of treatment."""
    data = drawn(3, [60, 80, 50, 70], link)
    age = data["adjusters"]
    sex = np.arange(len(age)) % 2
    people = event_participants(data["outcome"], data["treatment"], data["trial"], link, age, data.get("exposure"), sex)
    events = make_events(people, "common", 10, "centred")
    return events, np.repeat(events.rows.z.ravel(), np.diff(events.rows.start, axis=1).ravel())


def somewhere(events: Events, *taus: float) -> np.ndarray:
    """Coefficients, another for each trial, and standard deviations."""
    trials = len(events.labels)
    fixed = np.random.default_rng(0).normal(0.0, 0.3, (trials, events.rows.x.shape[1] + 2))
    return np.column_stack([fixed, np.tile(taus, (trials, 1))])


@pytest.mark.parametrize("tau", [0.5, -0.5])
@pytest.mark.parametrize("link", ["logit", "log"])
def test_one_column_is_quadrature_with_one_node(link: str, tau: float) -> None:
    events, treated = arranged(link)
    point = somewhere(events, tau)
    expected = Quadrature(events.rows, 1).expand(point)
    found = Laplace(events.rows, RandomColumns(treated[:, None], np.array([0]))).expand(point)
    assert found[0] == pytest.approx(expected[0], rel=1e-12)
    np.testing.assert_allclose(found[1], expected[1], atol=1e-9)
    np.testing.assert_allclose(found[2], expected[2], atol=1e-9)


@pytest.mark.parametrize("taus", [(0.5, 0.3), (0.4, 1e-5), (1e-5, -0.7)])
@pytest.mark.parametrize("link", ["logit", "log"])
def test_derivatives_are_those_of_the_value(link: str, taus: tuple[float, float]) -> None:
    events, treated = arranged(link)
    more = np.random.default_rng(1).normal(size=len(treated))
    columns = np.column_stack([treated, events.varying, more])
    likelihood = Laplace(events.rows, RandomColumns(columns, np.array([0, 1, 1])))
    point, step = somewhere(events, *taus), 1e-5
    _, gradient, hessian = likelihood.expand(point)
    for j in range(point.shape[1]):
        if abs(point[0, j]) < 1e-4:
            continue  # the likelihood is taken for a parabola there
        ends = [likelihood.expand(point + side * np.eye(point.shape[1])[j]) for side in (step, -step)]
        assert gradient[:, j].sum() == pytest.approx((ends[0][0] - ends[1][0]) / (2.0 * step), abs=1e-5)
        difference = (ends[0][1] - ends[1][1]) / (2.0 * step)
        np.testing.assert_allclose(hessian[:, :, j], difference, atol=1e-4)


def test_a_tau_of_zero_leaves_the_likelihood_without_it() -> None:
    events, treated = arranged("logit")
    likelihood = Laplace(events.rows, RandomColumns(np.column_stack([treated, events.varying]), np.array([0, 1])))
    value, gradient, _ = likelihood.expand(somewhere(events, 0.5, 0.0))
    assert value == pytest.approx(Quadrature(events.rows, 1).value(somewhere(events, 0.5)), abs=1e-6)
    assert np.abs(gradient[:, -1]).max() == 0.0

"""The likelihood of a trial by quadrature: against numerical integration, and its derivatives against differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, optimize, special

from reportgen.stats.quadrature import EventRows, Quadrature, gauss_hermite

TRIALS = 3


def rows(logit: bool) -> EventRows:
    rng = np.random.default_rng(1)
    start = np.array([[0, 20, 50], [50, 70, 100], [100, 120, 150]])
    size = rng.integers(1, 4, 150).astype(float)
    events = rng.binomial(size.astype(int), 0.3).astype(float)
    return EventRows(
        start, rng.normal(size=(150, 2)), events, size, np.array([[-0.6, 0.4], [-0.5, 0.5], [0.0, 1.0]]), logit
    )


POINT = np.array([[-0.5, 0.2, -0.3, 0.5, 0.8], [-1.0, 0.1, 0.3, 0.4, 0.9], [0.3, 0.2, -0.1, 0.6, 1.2]])


def log_integrand(data: EventRows, i: int, b: float) -> float:
    """Written anew, row by row."""
    value = -0.5 * b * b - 0.5 * np.log(2.0 * np.pi)
    for r in range(data.start[i, 0], data.start[i, 2]):
        arm = int(r >= data.start[i, 1])
        eta = POINT[i, 0] + POINT[i, 1:3] @ data.x[r] + arm * POINT[i, 3] + POINT[i, 4] * data.z[i, arm] * b
        value += data.events[r] * eta - data.size[r] * (np.logaddexp(0.0, eta) if data.logit else np.exp(eta))
    return float(value)


@pytest.mark.parametrize("logit", [True, False])
def test_many_nodes_are_the_integral(logit: bool) -> None:
    data = rows(logit)
    whole = 0.0
    for i in range(TRIALS):
        top = max(log_integrand(data, i, b) for b in np.linspace(-5.0, 5.0, 101))
        area, _ = integrate.quad(
            lambda b, i=i, top=top: np.exp(log_integrand(data, i, b) - top), -9.0, 9.0, epsabs=1e-13
        )
        whole += top + np.log(area)
    assert Quadrature(data, 31).value(POINT) == pytest.approx(whole, abs=1e-9)
    assert Quadrature(data, 7).value(POINT) == pytest.approx(whole, abs=1e-4)


@pytest.mark.parametrize("logit", [True, False])
def test_one_node_is_laplace(logit: bool) -> None:
    data = rows(logit)
    whole = 0.0
    for i in range(TRIALS):
        found = optimize.minimize_scalar(lambda b, i=i: -log_integrand(data, i, b), tol=1e-12)
        h = 1e-3
        bend = log_integrand(data, i, found.x + h) + log_integrand(data, i, found.x - h) + 2.0 * found.fun
        whole += -found.fun + 0.5 * np.log(2.0 * np.pi) - 0.5 * np.log(-bend / h**2)
    assert Quadrature(data, 1).value(POINT) == pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize("logit", [True, False])
@pytest.mark.parametrize("nodes", [1, 3, 7, 15])
def test_gradient_and_hessian_are_those_of_the_approximation(nodes: int, logit: bool) -> None:
    likelihood, h = Quadrature(rows(logit), nodes), 1e-5
    _, gradient, hessian = likelihood.expand(POINT)
    for j in range(POINT.shape[1]):
        step = np.zeros_like(POINT)
        step[:, j] = h
        above, below = likelihood.expand(POINT + step), likelihood.expand(POINT - step)
        # central differences: the error is h^2 and the rounding of sums of 100, over h
        np.testing.assert_allclose(hessian[:, :, j], (above[1] - below[1]) / (2.0 * h), atol=1e-7)
        assert gradient[:, j].sum() == pytest.approx((above[0] - below[0]) / (2.0 * h), abs=1e-7)


def test_the_value_is_the_same_with_and_without_derivatives_and_even_in_tau() -> None:
    likelihood = Quadrature(rows(True), 7)
    turned = POINT * np.array([1.0, 1.0, 1.0, 1.0, -1.0])
    value = likelihood.value(POINT)
    assert likelihood.expand(POINT)[0] == value
    assert likelihood.value(turned) == pytest.approx(value, abs=1e-11)


def test_without_a_random_effect_it_is_the_binomial_likelihood() -> None:
    data = rows(True)
    fixed = POINT * np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    whole = 0.0
    for i in range(TRIALS):
        here = slice(data.start[i, 0], data.start[i, 2])
        arm = np.arange(data.start[i, 0], data.start[i, 2]) >= data.start[i, 1]
        eta = fixed[i, 0] + data.x[here] @ fixed[i, 1:3] + arm * fixed[i, 3]
        whole += float(np.sum(data.events[here] * eta - data.size[here] * np.log1p(np.exp(eta))))
    for nodes in (1, 7):
        assert Quadrature(data, nodes).value(fixed) == pytest.approx(whole, abs=1e-10)


def test_weights_integrate_polynomials_under_a_standard_normal() -> None:
    for nodes in (1, 3, 7, 15):
        rule = gauss_hermite(nodes)
        weight = np.exp(rule.log_weight - rule.node**2)
        b = np.sqrt(2.0) * rule.node
        assert weight.sum() == pytest.approx(1.0)
        if nodes > 1:
            assert weight @ b**2 == pytest.approx(1.0)
        if nodes > 3:
            assert weight @ b**6 == pytest.approx(float(special.factorial2(5)))


def test_a_point_far_out_has_no_likelihood_instead_of_an_error() -> None:
    far = POINT.copy()
    far[:, 0] = 1e6
    value = Quadrature(rows(False), 7).value(far)
    assert value == float("-inf") or value < -1e100

"""The likelihood of events with several random columns in a trial, by Laplace's approximation.

In: rows of events, their random columns, and the coefficients of each trial. Out: the log-likelihood with its exact gradient and
Hessian. Model: eta = x'beta + z'u, u_k ~ N(0, tau_v(k)^2), events binomial with logit link or Poisson with log link.
    log L = g - log det(H) / 2 at the mode u(xi) of g, H = -g_uu, g = log-likelihood - sum [u_k^2 exp(-2 omega_k) / 2 + omega_k], omega = log tau
Derivatives are those of the approximation itself. With psi = (u, xi), Phi = g - log det(H) / 2, A = H^-1, l_m the m-th derivative of
a row's log-likelihood in eta, h = z'A z, J = d psi / d xi and a = A Phi_u:
    u' = A g_uxi                   gradient = J' Phi_psi           Hessian = J' [Phi_psipsi + sum_k a_k (g_u_k)_psipsi] J
so that the rows enter by sum (l_2 + l_4 h / 2 + l_3 z'a) f f' and sum l_3 f z z', f = (z, x). It is what lme4's glmer does with more than
one random column (Bates et al. 2015, J Stat Softw 67:1); with one column quadrature.py is quicker, and takes more nodes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reportgen.late import special

from .crossproducts import FloatArray, IntArray
from .quadrature import LARGEST_ETA, EventRows, Expansion

STEPS = 100
NEAR = 1e-10  # of the mode, in spreads of its own
SMALLEST_TAU = 1e-4  # below it the likelihood is taken for a parabola in tau about zero


class RandomColumns(NamedTuple):
    """Random columns of all rows.

    Attributes
    ----------
    z : ndarray (rows, r)
    variance : ndarray (r,) of int
        Which variance each of them has: 0, 1, ...
    """

    z: FloatArray
    variance: IntArray


class Laplace:
    """The log-likelihood of all trials as a function of their coefficients; counts its evaluations.

    Parameters
    ----------
    rows : EventRows
        Their own random column is not looked at.
    random : RandomColumns

    Examples
    --------
    >>> whole = np.array([[0, 1, 2]])
    >>> rows = EventRows(whole, np.zeros((2, 0)), np.array([3.0, 5.0]), np.array([10.0, 10.0]), np.zeros((1, 2)), True)
    >>> likelihood = Laplace(rows, RandomColumns(np.array([[0.0], [1.0]]), np.array([0])))
    >>> value, gradient, hessian = likelihood.expand(np.array([[0.0, 0.0, 0.1]]))  # intercept, treatment, tau
    >>> round(value, 4), gradient.round(3).tolist(), hessian.shape
    (-13.8753, [[-2.0, 0.0, -0.244]], (1, 3, 3))
    """

    def __init__(self, rows: EventRows, random: RandomColumns) -> None:
        self.rows, self.random = rows, random
        self.evaluations = 0
        start = rows.start
        arm = np.zeros(len(rows.size))
        for _, first, last in start:
            arm[first:last] = 1.0
        self._trials = [slice(int(first), int(last)) for first, _, last in start]
        self._columns = np.column_stack([random.z, np.ones(len(arm)), rows.x, arm])
        self._variance = np.eye(int(random.variance.max()) + 1)[random.variance]
        self._warm = np.zeros((len(start), len(random.variance)))

    def expand(self, point: FloatArray) -> Expansion:
        """Log-likelihood at `point` (K, p + 2 + v), its gradient and its Hessian, trial by trial.

        A point holds intercept, slopes, effect of treatment, and the standard deviation of each variance, in which the
        likelihood is even.
        """
        self.evaluations += 1
        value, gradient = 0.0, np.zeros(point.shape)
        hessian = np.zeros((*point.shape, point.shape[1]))
        taus = np.arange(point.shape[1] - self._variance.shape[1], point.shape[1])
        size = np.maximum(np.abs(point[:, taus]), SMALLEST_TAU)
        logs = point.copy()
        logs[:, taus] = np.log(size)
        with np.errstate(all="ignore"):
            for i in range(len(point)):
                part, gradient[i], hessian[i] = self._trial(i, logs[i])
                value += part
        diagonal = (hessian[:, taus, taus] - gradient[:, taus]) / size**2
        factor = np.ones(point.shape)
        factor[:, taus] = point[:, taus] / size**2
        gradient *= factor
        hessian *= factor[:, :, None] * factor[:, None, :]
        hessian[:, taus, taus] = diagonal
        usable = np.isfinite(value) and bool(np.all(np.isfinite(hessian)))
        return (float(value) if usable else float("-inf")), gradient, hessian

    def _trial(self, i: int, point: FloatArray) -> Expansion:
        r = len(self.random.variance)
        f = self._columns[self._trials[i]]
        z, m = f[:, :r], f.shape[1] - r
        share = self._variance
        precision: FloatArray = np.exp(-2.0 * share @ point[m:])
        u, l1, l2, l3, l4 = self._mode(i, f, point[:m], precision)
        bend = z.T @ (l2[:, None] * f)
        inverse = np.asarray(np.linalg.inv(np.diag(precision) - bend[:, :r]), float)
        value = self._log_likelihood(i, f @ np.concatenate([u, point[:m]])) - 0.5 * float(precision * u @ u)
        value += 0.5 * float(np.linalg.slogdet(inverse)[1]) - float(np.sum(share @ point[m:]))
        h = np.sum((z @ inverse) * z, axis=1)
        own = np.diag(inverse)
        of_determinant = 0.5 * f.T @ (l3 * h)  # the derivatives of -log det(H) / 2 in (u, coefficients)
        a = inverse @ of_determinant[:r]
        phi = np.concatenate([f.T @ l1 + of_determinant, share.T @ (precision * (u * u + own) - 1.0)])
        phi[:r] = of_determinant[:r]  # g_u is zero at the mode
        second = self._traces(f, l3, precision, inverse)
        second[: r + m, : r + m] += f.T @ ((l2 + 0.5 * l4 * h + l3 * (z @ a))[:, None] * f)
        second[:r, :r] -= np.diag(precision)
        mixed = (2.0 * precision * (u + a))[:, None] * share
        second[:r, r + m :] += mixed
        second[r + m :, :r] += mixed.T
        second[r + m :, r + m :] -= np.diag(share.T @ (precision * (2.0 * u * u + 4.0 * u * a + 2.0 * own)))
        towards = inverse @ np.column_stack([bend[:, r:], (2.0 * precision * u)[:, None] * share])
        along = np.concatenate([towards, np.eye(len(point))])
        return value, along.T @ phi, along.T @ second @ along

    def _traces(self, f: FloatArray, l3: FloatArray, precision: FloatArray, inverse: FloatArray) -> FloatArray:
        """tr(A H_j A H_k) / 2 of all elements of (u, xi)."""
        r, n = len(precision), len(f)
        z = f[:, :r]
        squares = (z[:, :, None] * z[:, None, :]).reshape(n, r * r)
        rows = -(f.T @ (l3[:, None] * squares))
        prior = (-2.0 * precision[:, None] * self._variance).T[:, :, None] * np.eye(r)
        moved = inverse @ np.concatenate([rows.reshape(-1, r, r), prior])
        turned = moved.transpose(0, 2, 1).reshape(len(moved), r * r)
        return np.asarray(0.5 * moved.reshape(len(moved), r * r) @ turned.T)

    def _mode(
        self, i: int, f: FloatArray, coefficients: FloatArray, precision: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        """The maximum of the concave g over u, from where the last search ended, with the derivatives of the rows there."""
        r = len(precision)
        z, fixed = f[:, :r], f[:, r:] @ coefficients
        u = self._warm[i]

        def height(u: FloatArray) -> float:
            return self._log_likelihood(i, fixed + z @ u) - 0.5 * float(precision * u @ u)

        value = height(u)
        if not np.isfinite(value):
            u = np.zeros(r)
            value = height(u)
        for _ in range(STEPS):
            derivatives = self._derivatives(i, fixed + z @ u)
            slope = z.T @ derivatives[0] - precision * u
            step = np.linalg.solve(np.diag(precision) - z.T @ (derivatives[1][:, None] * z), slope)
            if not np.isfinite(step).all() or float(slope @ step) < NEAR * NEAR:
                break
            share = 1.0
            while share > NEAR and not height(u + share * step) >= value - 1e-12 * (1.0 + abs(value)):
                share *= 0.5
            u = u + share * step
            value = height(u)
        self._warm[i] = u
        return (u, *derivatives)

    def _log_likelihood(self, i: int, eta: FloatArray) -> float:
        events, size = self.rows.events[self._trials[i]], self.rows.size[self._trials[i]]
        bounded = np.minimum(eta, LARGEST_ETA)
        taken = np.logaddexp(0.0, bounded) if self.rows.logit else np.exp(bounded)
        return float(events @ eta - size @ taken)

    def _derivatives(self, i: int, eta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Of the log-likelihood of each row in eta, the first to the fourth."""
        events, size = self.rows.events[self._trials[i]], self.rows.size[self._trials[i]]
        if not self.rows.logit:
            mean = size * np.exp(np.minimum(eta, LARGEST_ETA))
            return events - mean, -mean, -mean, -mean
        mu = special.expit(eta)
        w = size * mu * (1.0 - mu)
        return events - size * mu, -w, -w * (1.0 - 2.0 * mu), -w * (1.0 - 6.0 * mu * (1.0 - mu))

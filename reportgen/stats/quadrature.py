"""The likelihood of one trial with binary or count outcomes and a random treatment effect, by adaptive quadrature.

In: rows of a trial, sorted by arm, and its coefficients. Out: the log-likelihood with its exact gradient and Hessian.
Model: eta = phi + x'beta + t theta + tau z b, b ~ N(0, 1), where z has one value in each arm; events are binomial with
logit link or Poisson with log link. The integral over b is taken by adaptive Gauss-Hermite quadrature about the mode
(Pinheiro & Chao 2006, J Comput Graph Stat 15:58), one node being Laplace's approximation, as lme4's glmer does.
Derivatives are those of the approximation itself, so mode b(xi) and spread s(xi) move with the coefficients xi: with g the
log-integrand and l_m the m-th derivative of a row's log-likelihood in eta,
    b' = -g_bxi / g_bb                       b'' = -[g_bxixi + sym(g_bbxi, b') + g_bbb b'b''] / g_bb
    c = g_bb(xi, b(xi)), s = (-c)^-1/2       (log s)' = -c'/2c,  (log s)'' = -[c''/c - (c'/c)(c'/c)']/2
    h_k = g(xi, b + sqrt(2) s x_k)           log L = log s + log sum_k W_k exp(h_k)
As z is constant in an arm, all sums over rows are sums of l_m (1, x)(1, x)' by arm, and exp(eta) is taken once a row.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from .compiled import kernel
from .crossproducts import FloatArray, IntArray

Expansion = tuple[float, FloatArray, FloatArray]
ROOT_2 = float(np.sqrt(2.0))
LARGEST_ETA = 300.0  # of a row, in steps too long that are then taken back
LARGEST_PRODUCT = 1e100  # of terms 1 + exp(eta) whose logarithm is taken at once
LONGEST_STEP = 2.0  # in eta, on the way to the mode


class EventRows(NamedTuple):
    """Rows of all trials, sorted by trial and arm; alike participants may share a row.

    Attributes
    ----------
    start : ndarray (K, 3) of int
        Rows of trial i: control from `start[i, 0]`, intervention from `start[i, 1]`, end `start[i, 2]`.
    x : ndarray (rows, p)
    events : ndarray (rows,)
    size : ndarray (rows,)
        Participants (binary), or exposure (count).
    z : ndarray (K, 2)
        The random column in the control and the intervention arm.
    logit : bool
        Logit link and binomial events; else log link and Poisson.
    """

    start: IntArray
    x: FloatArray
    events: FloatArray
    size: FloatArray
    z: FloatArray
    logit: bool


class Rule(NamedTuple):
    """Nodes of a Gauss-Hermite rule, zero first, and logs of their weights for an integral over a standard normal."""

    node: FloatArray
    log_weight: FloatArray


@cache
def gauss_hermite(nodes: int) -> Rule:
    """Return the rule with an odd number of nodes.

    Examples
    --------
    >>> gauss_hermite(1).node, gauss_hermite(3).node.round(4)
    (array([0.]), array([ 0.    , -1.2247,  1.2247]))
    """
    x, w = np.polynomial.hermite.hermgauss(nodes)
    x[nodes // 2] = 0.0
    order = np.argsort(np.abs(x), kind="stable")
    x, w = x[order], w[order]
    return Rule(x, np.log(w) + x * x - 0.5 * np.log(np.pi))


@kernel
def _add_arm(rows, odds, first, last, factor, orders, width, sums):  # type: ignore[no-untyped-def]
    """Sums of l_m x_j x_k over an arm whose exp(eta) is `odds` times `factor`, x_0 = 1, for m up to `orders`, into `sums`."""
    sums[:orders] = 0.0
    value = np.empty(4)
    for r in range(first, last):
        q = odds[r] * factor
        n = rows.size[r]
        if rows.logit:
            mu = q / (1.0 + q)
            w = n * mu / (1.0 + q)
            value[0], value[1] = rows.events[r] - n * mu, -w
            value[2] = -w * (1.0 - 2.0 * mu)
            value[3] = -w * (1.0 - 6.0 * mu / (1.0 + q))
        else:
            value[0] = rows.events[r] - n * q
            value[1] = value[2] = value[3] = -n * q
        for m in range(orders):
            sums[m, 0, 0] += value[m]
            for j in range(1, width):
                product = value[m] * rows.x[r, j - 1]
                sums[m, j, 0] += product
                if m > 0:
                    for k in range(1, j + 1):
                        sums[m, j, k] += product * rows.x[r, k - 1]
    for m in range(orders):
        for j in range(width):
            for k in range(j):
                sums[m, k, j] = sums[m, j, k]


@kernel
def _arm_value(rows, odds, first, last, factor):  # type: ignore[no-untyped-def]
    """What an arm takes from the log-likelihood: sum of n log(1 + exp(eta)), or of exposure x exp(eta)."""
    total, product = 0.0, 1.0
    for r in range(first, last):
        q = odds[r] * factor
        if not rows.logit:
            total += rows.size[r] * q
        elif rows.size[r] == 1.0 and q < LARGEST_PRODUCT:
            product *= 1.0 + q
            if product > LARGEST_PRODUCT:
                total += np.log(product)
                product = 1.0
        else:
            total += rows.size[r] * np.log1p(q)
    return total + np.log(product)


@kernel
def _mode(rows, odds, i, tau, b, sums):  # type: ignore[no-untyped-def]
    """The maximum of the concave log-integrand, by Newton steps kept between what is known to be too low and too high."""
    low, high = -np.inf, np.inf
    reach = LONGEST_STEP / max(tau * max(abs(rows.z[i, 0]), abs(rows.z[i, 1])), 1e-300)
    for _ in range(200):
        slope, bend = -b, -1.0
        for a in range(2):
            z = tau * rows.z[i, a]
            _add_arm(rows, odds, rows.start[i, a], rows.start[i, a + 1], np.exp(z * b), 2, 1, sums[a])
            slope += z * sums[a, 0, 0, 0]
            bend += z * z * sums[a, 1, 0, 0]
        if slope > 0.0:
            low = b
        else:
            high = b
        step = min(max(-slope / bend, -reach), reach)
        if not low <= b + step <= high:
            step = 0.5 * (low + high) - b
        b += step
        if abs(step) < 1e-8 * (1.0 + abs(b)):
            break
    return b


@kernel
def _factor(j, m, a, zb):  # type: ignore[no-untyped-def]
    """d eta / d xi_j over the column (1, x)_j that it stands for: xi = (phi, slopes, theta, tau), m = 1 + slopes."""
    if j < m:
        return 1.0
    return float(a) if j == m else zb


@kernel
def _lift(sums, m, a, zb, scale, out):  # type: ignore[no-untyped-def]
    """Add `scale` times sum l f f' of an arm to `out`, f = d eta / d xi."""
    for j in range(m + 2):
        fj = scale * _factor(j, m, a, zb)
        for k in range(m + 2):
            out[j, k] += fj * _factor(k, m, a, zb) * sums[j if j < m else 0, k if k < m else 0]


@kernel
def _lift_vector(sums, m, a, zb, scale, out):  # type: ignore[no-untyped-def]
    """Add `scale` times sum l f of an arm to `out`."""
    for j in range(m + 2):
        out[j] += scale * _factor(j, m, a, zb) * sums[j if j < m else 0, 0]


@kernel
def _spread(rows, i, sums, m, tau, b, c, db, ddb, ds, dds):  # type: ignore[no-untyped-def]
    """First and second derivatives of the mode, into `db` and `ddb`, and of log s, into `ds` and `dds`."""
    q = m + 2
    g_bx, g_bbx, g_bbbx = np.zeros(q), np.zeros(q), np.zeros(q)
    g_bxx, g_bbxx = np.zeros((q, q)), np.zeros((q, q))
    g_bbb = g_bbbb = 0.0
    for a in range(2):
        z = rows.z[i, a]
        zb, tz = z * b, tau * z
        l1, l2, l3, l4 = sums[a, 0], sums[a, 1], sums[a, 2], sums[a, 3]
        g_bbb += tz**3 * l3[0, 0]
        g_bbbb += tz**4 * l4[0, 0]
        _lift_vector(l2, m, a, zb, tz, g_bx)
        g_bx[m + 1] += z * l1[0, 0]
        _lift_vector(l3, m, a, zb, tz * tz, g_bbx)
        g_bbx[m + 1] += 2.0 * tz * z * l2[0, 0]
        _lift_vector(l4, m, a, zb, tz**3, g_bbbx)
        g_bbbx[m + 1] += 3.0 * tz * tz * z * l3[0, 0]
        _lift(l3, m, a, zb, tz, g_bxx)
        _lift(l4, m, a, zb, tz * tz, g_bbxx)
        side2, side3 = np.zeros(q), np.zeros(q)
        _lift_vector(l2, m, a, zb, z, side2)
        _lift_vector(l3, m, a, zb, 2.0 * tz * z, side3)
        for j in range(q):
            g_bxx[j, m + 1] += side2[j]
            g_bxx[m + 1, j] += side2[j]
            g_bbxx[j, m + 1] += side3[j]
            g_bbxx[m + 1, j] += side3[j]
        g_bbxx[m + 1, m + 1] += 2.0 * z * z * l2[0, 0]
    for j in range(q):
        db[j] = -g_bx[j] / c
    for j in range(q):
        ds[j] = -0.5 * (g_bbx[j] + g_bbb * db[j]) / c
        for k in range(q):
            bend = g_bxx[j, k] + g_bbx[j] * db[k] + db[j] * g_bbx[k] + g_bbb * db[j] * db[k]
            ddb[j, k] = -bend / c
            dds[j, k] = (
                g_bbxx[j, k] + g_bbbx[j] * db[k] + db[j] * g_bbbx[k] + g_bbbb * db[j] * db[k] + g_bbb * ddb[j, k]
            )
    for j in range(q):
        for k in range(q):
            dds[j, k] = -0.5 * dds[j, k] / c + 2.0 * ds[j] * ds[k]


@kernel
def _add_node(rows, i, sums, m, tau, b, weight, db, ddb, mean, square):  # type: ignore[no-untyped-def]
    """Add weight times h' and weight times (h'' + h'h'') of one node, whose own derivatives are `db` and `ddb`."""
    q = m + 2
    g_x, g_bx, g_xx = np.zeros(q), np.zeros(q), np.zeros((q, q))
    g_b, g_bb = -b, -1.0
    for a in range(2):
        z = rows.z[i, a]
        tz = tau * z
        g_b += tz * sums[a, 0, 0, 0]
        g_bb += tz * tz * sums[a, 1, 0, 0]
        _lift_vector(sums[a, 0], m, a, z * b, 1.0, g_x)
        _lift_vector(sums[a, 1], m, a, z * b, tz, g_bx)
        g_bx[m + 1] += z * sums[a, 0, 0, 0]
        _lift(sums[a, 1], m, a, z * b, 1.0, g_xx)
    for j in range(q):
        g_x[j] += g_b * db[j]
        mean[j] += weight * g_x[j]
    for j in range(q):
        for k in range(q):
            bend = g_xx[j, k] + g_bx[j] * db[k] + db[j] * g_bx[k] + g_bb * db[j] * db[k] + g_b * ddb[j, k]
            square[j, k] += weight * (bend + g_x[j] * g_x[k])


@kernel
def _log_integrand(rows, odds, i, tau, b, linear, events):  # type: ignore[no-untyped-def]
    """g: the log-likelihood of the trial given b, minus b^2 / 2."""
    value = linear - 0.5 * b * b
    for a in range(2):
        shift = tau * rows.z[i, a] * b
        value += shift * events[a]
        value -= _arm_value(rows, odds, rows.start[i, a], rows.start[i, a + 1], np.exp(shift))
    return value


@kernel
def _trial(rows, odds, i, point, rule, warm, derivatives, gradient, hessian):  # type: ignore[no-untyped-def]
    """Log-likelihood of trial i at `point`; gradient and Hessian are filled if `derivatives`."""
    m = rows.x.shape[1] + 1
    q = m + 2
    tau = point[m + 1]
    linear, events = 0.0, np.zeros(2)
    for a in range(2):
        for r in range(rows.start[i, a], rows.start[i, a + 1]):
            eta = point[0] + a * point[m]
            for k in range(m - 1):
                eta += point[1 + k] * rows.x[r, k]
            linear += rows.events[r] * eta
            events[a] += rows.events[r]
            odds[r] = np.exp(min(eta, LARGEST_ETA))
    sums = np.empty((2, 4, m, m))
    mode = 0.0
    if tau != 0.0:
        mode = _mode(rows, odds, i, abs(tau), warm[i] if tau > 0.0 else -warm[i], sums)
        warm[i] = mode
        mode = mode if tau > 0.0 else -mode
    c = -1.0
    for a in range(2):
        z = tau * rows.z[i, a]
        orders, width = (4, m) if derivatives else (2, 1)
        _add_arm(rows, odds, rows.start[i, a], rows.start[i, a + 1], np.exp(z * mode), orders, width, sums[a])
        c += z * z * sums[a, 1, 0, 0]
    s = 1.0 / np.sqrt(-c)
    db, ds, node_db = np.zeros(q), np.zeros(q), np.zeros(q)
    ddb, dds, node_ddb = np.zeros((q, q)), np.zeros((q, q)), np.zeros((q, q))
    mean, square = np.zeros(q), np.zeros((q, q))
    if derivatives:
        _spread(rows, i, sums, m, tau, mode, c, db, ddb, ds, dds)
    top, total = 0.0, 0.0
    for k in range(len(rule.node)):
        move = ROOT_2 * s * rule.node[k]
        b = mode + move
        value = _log_integrand(rows, odds, i, tau, b, linear, events)
        if k == 0:
            top = value
        weight = np.exp(rule.log_weight[k] + value - top)
        total += weight
        if derivatives:
            for j in range(q):
                node_db[j] = db[j] + move * ds[j]
                for h in range(q):
                    node_ddb[j, h] = ddb[j, h] + move * (dds[j, h] + ds[j] * ds[h])
            if k > 0:
                for a in range(2):
                    shift = np.exp(tau * rows.z[i, a] * b)
                    _add_arm(rows, odds, rows.start[i, a], rows.start[i, a + 1], shift, 2, m, sums[a])
            _add_node(rows, i, sums, m, tau, b, weight, node_db, node_ddb, mean, square)
    for j in range(q):
        gradient[j] = ds[j] + mean[j] / total
        for k in range(q):
            hessian[j, k] = dds[j, k] + square[j, k] / total - mean[j] * mean[k] / (total * total)
    return np.log(s) + top + np.log(total)


@kernel
def _trials(rows, point, rule, odds, warm, derivatives, gradient, hessian):  # type: ignore[no-untyped-def]
    """Sum of the log-likelihoods of all trials."""
    total = 0.0
    for i in range(point.shape[0]):
        total += _trial(rows, odds, i, point[i], rule, warm, derivatives, gradient[i], hessian[i])
    return total


class Quadrature:
    """The log-likelihood of all trials as a function of their coefficients; counts its evaluations.

    Parameters
    ----------
    rows : EventRows
    nodes : int
        An odd number.

    Examples
    --------
    >>> whole = np.array([[0, 1, 2]])
    >>> rows = EventRows(whole, np.zeros((2, 0)), np.array([3.0, 5.0]), np.array([10.0, 10.0]), np.zeros((1, 2)), True)
    >>> round(Quadrature(rows, 7).value(np.zeros((1, 3))), 6)
    -13.862944
    """

    def __init__(self, rows: EventRows, nodes: int) -> None:
        self.rows, self.rule = rows, gauss_hermite(nodes)
        self.evaluations = 0
        trials, q = len(rows.start), rows.x.shape[1] + 3
        self._odds, self._warm = np.empty(len(rows.size)), np.zeros(trials)
        self._gradient, self._hessian = np.zeros((trials, q)), np.zeros((trials, q, q))

    def value(self, point: FloatArray) -> float:
        """Log-likelihood at `point` (K, p + 3): intercept, slopes, effect of treatment and tau of each trial."""
        return self._call(point, False)

    def modes(self, point: FloatArray) -> FloatArray:
        """Modes (K,) of the random effects, in standard deviations of them."""
        self.value(point)
        return np.where(point[:, -1] == 0.0, 0.0, self._warm) * np.sign(point[:, -1])

    def expand(self, point: FloatArray) -> Expansion:
        """Log-likelihood, its gradient (K, p + 3) and its Hessian (K, p + 3, p + 3), trial by trial."""
        value = self._call(point, True)
        return value, self._gradient.copy(), self._hessian.copy()

    def _call(self, point: FloatArray, derivatives: bool) -> float:
        self.evaluations += 1
        with np.errstate(all="ignore"):
            found = _trials(
                self.rows, point, self.rule, self._odds, self._warm, derivatives, self._gradient, self._hessian
            )
        usable = np.isfinite(found) and (not derivatives or bool(np.all(np.isfinite(self._hessian))))
        return float(found) if usable else float("-inf")

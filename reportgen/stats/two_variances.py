"""The REML fit with up to two variances of random coefficients, compiled: treatment, and its interaction with a moderator.

In: of each trial the cross-products U = Z'Z and c = (X, y)'Z with F swept out, and A_0 = sum (X, y)'(X, y). Z holds q
independent columns, each of one of r <= 2 groups with variances psi_r sigma2. Out: psi at the minimum of the criterion
with sigma2 profiled out, and Kenward and Roger's pieces for some coefficients.
Method: with N = (I + Psi U)^-1, G = U N and b = c N, all derivatives are sums of products of the columns of b:
A_r = -sum b_k b_k', A_rs = sum G_kl (b_k b_l' + b_l b_k'), k in group r, l in s. After A_xx = L L' the columns are kept as
f = L^-1 b_x and e = (-beta, 1)'b, in which Phi is the identity. In parameters (sigma2, psi sigma2) every sum over sigma2
follows from those over psi, as V is the sum of its parts: D_1 = A - sum psi_r D_r, and so on.
Newton's steps and starts are those of the general search (optimise.py), with which the fit agrees.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .compiled import kernel
from .crossproducts import FloatArray, IntArray

TINY = 1e-11  # pivots of A_xx, over their column, below which it is singular
STEPS = 100
LOOSE, TIGHT = 1e-6, 1e-13  # what a Newton step may still gain when starts are compared, and at the end
NEGLIGIBLE = 1e-3  # square roots of variances, in units of the columns' spread, below which zero is tried


class Sums(NamedTuple):
    """What a fit reads. A named tuple, since numba knows no dataclasses.

    Attributes
    ----------
    a0 : ndarray (p + 1, p + 1)
    c : ndarray (K, p + 1, q)
    u : ndarray (K, q, q)
    group : ndarray (q,) of int
        Group of each column of Z, 0..r-1.
    spread : ndarray (r,)
        Root mean square of the columns of a group.
    starts : ndarray
        Square roots of psi to start from, in units of 1 / spread.
    nu, contrasts : float
        n - sum rank F - p, and n - sum rank F.
    """

    a0: FloatArray
    c: FloatArray
    u: FloatArray
    group: IntArray
    spread: FloatArray
    starts: FloatArray
    nu: float
    contrasts: float


class Room(NamedTuple):
    """Scratch space of the kernels, and where they leave what they found."""

    root: FloatArray  # (p + 1, p + 1), factor of A
    b: FloatArray  # (K, p + 1, q): b, then f and in the last row e
    g: FloatArray  # (K, q, q)
    inner: FloatArray  # (q, q)
    half: FloatArray  # (q, p + 1 + q)
    moved: FloatArray  # (r, p, p): sum f f'
    slope: FloatArray  # (r,)
    bend: FloatArray  # (r, r)
    ends: FloatArray  # (r, p): sum e f
    value: FloatArray  # (2,): criterion, residual sum of squares


def room(trials: int, p: int, q: int, r: int) -> Room:
    """Scratch space for p coefficients, q random columns in r groups."""
    shapes: Any = ((p + 1, p + 1), (trials, p + 1, q), (trials, q, q), (q, q), (q, p + 1 + q), (r, p, p), (r,), (r, r))
    return Room(*(np.zeros(shape) for shape in (*shapes, (r, p), (2,))))


@kernel
def weigh(psi, sums, space):  # type: ignore[no-untyped-def]
    """A, its factor and the criterion at psi; b and G are left as at psi. False where A_xx is singular."""
    c, u, group = sums.c, sums.u, sums.group
    trials, m, q = c.shape
    p = m - 1
    root, b, g, inner, half = space.root, space.b, space.g, space.inner, space.half
    for k in range(m):
        for h in range(k + 1):
            root[k, h] = sums.a0[k, h]
    log_v = 0.0
    for i in range(trials):
        # I + S U S = inner inner', S = psi^(1/2)
        for k in range(q):
            s_k = np.sqrt(psi[group[k]])
            for h in range(k + 1):
                value = s_k * u[i, k, h] * np.sqrt(psi[group[h]])
                if k == h:
                    value += 1.0
                for j in range(h):
                    value -= inner[k, j] * inner[h, j]
                inner[k, h] = np.sqrt(value) if k == h else value / inner[h, h]
            log_v += 2.0 * np.log(inner[k, k])
        # half = inner^-1 S (c', U)
        for k in range(q):
            s_k = np.sqrt(psi[group[k]])
            for a in range(m + q):
                value = s_k * (c[i, a, k] if a < m else u[i, k, a - m])
                for j in range(k):
                    value -= inner[k, j] * half[j, a]
                half[k, a] = value / inner[k, k]
        for a in range(m):
            for h in range(a + 1):
                value = 0.0
                for k in range(q):
                    value += half[k, a] * half[k, h]
                root[a, h] -= value
            for k in range(q):
                value = c[i, a, k]
                for j in range(q):
                    value -= half[j, a] * half[j, m + k]
                b[i, a, k] = value
        for k in range(q):
            for h in range(q):
                value = u[i, k, h]
                for j in range(q):
                    value -= half[j, m + k] * half[j, m + h]
                g[i, k, h] = value
    log_a = 0.0
    for k in range(m):
        whole = root[k, k]
        for h in range(k + 1):
            value = root[k, h]
            for j in range(h):
                value -= root[k, j] * root[h, j]
            if h < k:
                root[k, h] = value / root[h, h]
            elif k < p:
                if not value > TINY * whole:
                    return False
                root[k, k] = np.sqrt(value)
                log_a += 2.0 * np.log(root[k, k])
            else:
                space.value[1] = value
    if not space.value[1] > 0.0:
        return False
    space.value[0] = sums.nu * np.log(space.value[1]) + log_v + log_a
    return True


@kernel
def _whiten(sums, space):  # type: ignore[no-untyped-def]
    """Turn b into f = L^-1 b_x and e = y'b after generalised least squares; sum f f' and e f by group."""
    trials, m, q = sums.c.shape
    p = m - 1
    root, b, moved, ends = space.root, space.b, space.moved, space.ends
    for s in range(moved.shape[0]):
        for a in range(p):
            ends[s, a] = 0.0
            for h in range(a + 1):
                moved[s, a, h] = 0.0
    for i in range(trials):
        for k in range(q):
            s = sums.group[k]
            for a in range(m):
                value = b[i, a, k]
                for j in range(min(a, p)):
                    value -= root[a, j] * b[i, j, k]
                b[i, a, k] = value / root[a, a] if a < p else value
            for a in range(p):
                ends[s, a] += b[i, p, k] * b[i, a, k]
                for h in range(a + 1):
                    moved[s, a, h] += b[i, a, k] * b[i, h, k]
    for s in range(moved.shape[0]):
        for a in range(p):
            for h in range(a):
                moved[s, h, a] = moved[s, a, h]


@kernel
def _derivatives(sums, space):  # type: ignore[no-untyped-def]
    """Slope and bend of the profiled criterion in psi, after `_whiten`."""
    trials, m, q = sums.c.shape
    p = m - 1
    b, g, group, moved, ends = space.b, space.g, sums.group, space.moved, space.ends
    r = moved.shape[0]
    rss = space.value[1]
    for s in range(r):
        space.slope[s] = 0.0
        for t in range(r):
            space.bend[s, t] = 0.0
    for i in range(trials):
        for k in range(q):
            s = group[k]
            space.slope[s] += g[i, k, k] - sums.nu * b[i, p, k] * b[i, p, k] / rss
            for a in range(p):
                space.slope[s] -= b[i, a, k] * b[i, a, k]
            for h in range(q):
                inner = 0.0
                for a in range(p):
                    inner += b[i, a, k] * b[i, a, h]
                value = 2.0 * inner - g[i, k, h] + 2.0 * sums.nu * b[i, p, k] * b[i, p, h] / rss
                space.bend[s, group[h]] += g[i, k, h] * value
    for s in range(r):
        own = 0.0
        for i in range(trials):
            for k in range(q):
                if group[k] == s:
                    own += b[i, p, k] * b[i, p, k]
        for t in range(r):
            other = 0.0
            for i in range(trials):
                for k in range(q):
                    if group[k] == t:
                        other += b[i, p, k] * b[i, p, k]
            products = 0.0
            between = 0.0
            for a in range(p):
                between += ends[s, a] * ends[t, a]
                for h in range(p):
                    products += moved[s, a, h] * moved[t, a, h]
            space.bend[s, t] -= products + sums.nu * (2.0 * between / rss + own * other / rss**2)


@kernel
def _value(x, psi, sums, space):  # type: ignore[no-untyped-def]
    for s in range(x.shape[0]):
        psi[s] = (x[s] / sums.spread[s]) ** 2
    if weigh(psi, sums, space):
        return space.value[0]
    return np.inf


@kernel
def _direction(x, held, sums, space):  # type: ignore[no-untyped-def]
    """Gradient and Newton step in x, in units in which all curvatures are alike; a negative curvature is turned round."""
    r = x.shape[0]
    g0 = 0.0
    g1 = 0.0
    h00 = 1.0
    h01 = 0.0
    h11 = 1.0
    w0 = max(1.0, abs(x[0])) / sums.spread[0]
    if not held[0]:
        z0 = x[0] / sums.spread[0]
        g0 = 2.0 * z0 * space.slope[0] * w0
        h00 = (2.0 * space.slope[0] + 4.0 * z0 * z0 * space.bend[0, 0]) * w0 * w0
    if r > 1 and not held[1]:
        w1 = max(1.0, abs(x[1])) / sums.spread[1]
        z1 = x[1] / sums.spread[1]
        g1 = 2.0 * z1 * space.slope[1] * w1
        h11 = (2.0 * space.slope[1] + 4.0 * z1 * z1 * space.bend[1, 1]) * w1 * w1
        if not held[0]:
            h01 = 4.0 * (x[0] / sums.spread[0]) * z1 * space.bend[0, 1] * w0 * w1
    middle = 0.5 * (h00 + h11)
    radius = np.sqrt(0.25 * (h00 - h11) ** 2 + h01 * h01)
    angle = 0.5 * np.arctan2(2.0 * h01, h00 - h11)
    cosine = np.cos(angle)
    sine = np.sin(angle)
    floor = 1e-7 * max(1.0, abs(middle) + radius)
    first = -(cosine * g0 + sine * g1) / max(abs(middle + radius), floor)
    second = -(cosine * g1 - sine * g0) / max(abs(middle - radius), floor)
    m0 = cosine * first - sine * second
    m1 = sine * first + cosine * second
    if held[0]:  # the rotation leaves its rounding there
        m0 = 0.0
    if r == 1 or held[1]:
        m1 = 0.0
    return g0, g1, m0, m1


@kernel
def _descend(x, held, gain, psi, trial, sums, space):  # type: ignore[no-untyped-def]
    """Damped Newton over the square roots x of psi, those that are held left out, until a step gains less than `gain`.

    Returns the criterion, evaluations, steps, and whether done.
    """
    r = x.shape[0]
    value = _value(x, psi, sums, space)
    count = 1
    last = 0
    for step in range(STEPS):
        if not np.isfinite(value):
            return value, count, step, False
        _whiten(sums, space)
        _derivatives(sums, space)
        g0, g1, m0, m1 = _direction(x, held, sums, space)
        down = g0 * m0 + g1 * m1
        largest = max(abs(m0), abs(m1))
        if abs(down) < gain * (1.0 + abs(value)):
            # the criterion cannot show what is still to gain; two more steps, each squares what is still wrong
            if gain == TIGHT and largest < 1e-3 and last < 2:
                last += 1
                x[0] += max(1.0, abs(x[0])) * m0
                if r > 1:
                    x[1] += max(1.0, abs(x[1])) * m1
                value = _value(x, psi, sums, space)
                count += 1
                continue
            return value, count, step, True
        shrink = min(1.0, 2.0 / largest)
        m0 *= shrink
        m1 *= shrink
        shrink = 1.0
        while True:
            trial[0] = x[0] + shrink * max(1.0, abs(x[0])) * m0
            if r > 1:
                trial[1] = x[1] + shrink * max(1.0, abs(x[1])) * m1
            new = _value(trial, psi, sums, space)
            count += 1
            if new <= value + 1e-4 * shrink * down:
                break
            shrink *= 0.4
            if shrink < 1e-6:
                # rounding hides what the step would gain
                again = _value(x, psi, sums, space)
                return again, count + 1, step, max(abs(g0), abs(g1)) < 1e-4
        for s in range(r):
            x[s] = trial[s]
        value = new
    return value, count, STEPS, False


@kernel
def minimise(sums, space, psi):  # type: ignore[no-untyped-def]
    """Fill psi with the minimum of the criterion, where `space` is left; evaluations, steps, and 1 converged, 0 not, -1 A_xx singular."""
    r = psi.shape[0]
    x = np.zeros(r)
    best = np.zeros(r)
    trial = np.zeros(r)
    held = np.zeros(r, np.bool_)
    best_value = np.inf
    evaluations = 0
    iterations = 0
    for start in sums.starts:
        for s in range(r):
            x[s] = start
        value, count, steps, _ = _descend(x, held, LOOSE, psi, trial, sums, space)
        evaluations += count
        iterations += steps
        if value < best_value:
            best_value = value
            for s in range(r):
                best[s] = x[s]
    if not np.isfinite(best_value):
        return evaluations, iterations, -1
    best_value, count, steps, done = _descend(best, held, TIGHT, psi, trial, sums, space)
    evaluations += count
    iterations += steps
    state = 1 if done else 0
    for s in range(r):
        if abs(best[s]) < NEGLIGIBLE:
            for t in range(r):
                x[t] = best[t]
            x[s] = 0.0
            held[s] = True
            value, count, steps, done = _descend(x, held, TIGHT, psi, trial, sums, space)
            evaluations += count
            iterations += steps
            if value <= best_value + 1e-9 * (1.0 + abs(best_value)):
                best_value = min(value, best_value)
                for t in range(r):
                    best[t] = x[t]
            else:
                held[s] = False
    _value(best, psi, sums, space)
    _whiten(sums, space)
    return evaluations + 1, iterations, state

"""Kenward and Roger's pieces of a fit with up to two variances of random columns, compiled.

In: what `two_variances.minimise` leaves. Out: the expected information on (sigma2, psi sigma2), and D_r and Q_rs - D_r Phi D_s
over some coefficients, in units of sigma2 = 1 and with X turned so that Phi is the identity; `inference.py` says what becomes
of them.
"""

from __future__ import annotations

import numpy as np

from .compiled import kernel
from .two_variances import minimise, weigh


@kernel
def _sum_up(psi, sums, space, d, qq, t2):  # type: ignore[no-untyped-def]
    """D_r, Q_rs and T_rs; those of sigma2 are what the others leave, as V is the sum of its parts."""
    trials, m, q = sums.c.shape
    p = m - 1
    r = psi.shape[0]
    b, g, group = space.b, space.g, sums.group
    size = 1 + r
    t1 = np.zeros(size)
    for i in range(trials):
        for k in range(q):
            s = 1 + group[k]
            t1[s] += g[i, k, k]
            for h in range(q):
                t = 1 + group[h]
                weight = g[i, k, h]
                t2[s, t] += weight * weight
                for a in range(p):
                    for c in range(p):
                        qq[s, t, a, c] += 0.5 * weight * (b[i, a, k] * b[i, c, h] + b[i, a, h] * b[i, c, k])
    t1[0] = sums.contrasts
    for a in range(p):
        d[0, a, a] = 1.0
    for s in range(1, size):
        t1[0] -= psi[s - 1] * t1[s]
        for a in range(p):
            for c in range(p):
                d[s, a, c] = space.moved[s - 1, a, c]
                d[0, a, c] -= psi[s - 1] * d[s, a, c]
    for s in range(size - 1, -1, -1):
        # V is the sum of its parts: what belongs to sigma2 is what the others leave
        t2[s, 0] = t1[s]
        for a in range(p):
            for c in range(p):
                qq[s, 0, a, c] = d[s, a, c]
        for t in range(1, size):
            t2[s, 0] -= psi[t - 1] * t2[s, t]
            for a in range(p):
                for c in range(p):
                    qq[s, 0, a, c] -= psi[t - 1] * qq[s, t, a, c]
        if s > 0:
            t2[0, s] = t2[s, 0]
            for a in range(p):
                for c in range(p):
                    qq[0, s, a, c] = qq[s, 0, a, c]


@kernel
def kenward_roger(psi, sums, space, columns, information, middle):  # type: ignore[no-untyped-def]
    """Fill the information, and D_r and Q_rs - D_r D_s over some coefficients.

    columns: (p, g), L^-1 times the wanted unit vectors. information: (1 + r, 1 + r). middle: ((1 + r)(2 + r), g, g) with
    columns' D_r columns, then columns' (Q_rs - D_r D_s) columns by r and s.
    """
    p = sums.c.shape[1] - 1
    size = 1 + psi.shape[0]
    d = np.zeros((size, p, p))
    qq = np.zeros((size, size, p, p))
    t2 = np.zeros((size, size))
    _sum_up(psi, sums, space, d, qq, t2)
    for s in range(size):
        for t in range(size):
            value = t2[s, t]
            for a in range(p):
                value -= 2.0 * qq[s, t, a, a]
                for c in range(p):
                    value += d[s, a, c] * d[t, a, c]
            information[s, t] = 0.5 * value
    _restrict(d, qq, columns, middle)


@kernel
def _restrict(d, qq, columns, middle):  # type: ignore[no-untyped-def]
    """Bring D_r and Q_rs - D_r D_s to the wanted coefficients."""
    size = d.shape[0]
    p = d.shape[1]
    wanted = columns.shape[1]
    once = np.zeros((size, p, wanted))
    for s in range(size):
        for a in range(p):
            for k in range(wanted):
                value = 0.0
                for c in range(p):
                    value += d[s, a, c] * columns[c, k]
                once[s, a, k] = value
        for k in range(wanted):
            for h in range(wanted):
                value = 0.0
                for a in range(p):
                    value += columns[a, k] * once[s, a, h]
                middle[s, k, h] = value
    for s in range(size):
        for t in range(size):
            place = size + s * size + t
            for k in range(wanted):
                for h in range(wanted):
                    value = 0.0
                    for a in range(p):
                        value -= once[s, a, k] * once[t, a, h]
                        for c in range(p):
                            value += columns[a, k] * qq[s, t, a, c] * columns[c, h]
                    middle[place, k, h] = value


@kernel
def coefficients(sums, space, places, beta, columns):  # type: ignore[no-untyped-def]
    """Coefficients (p,), and L^-1 times the unit vectors at `places`."""
    root = space.root
    p = root.shape[0] - 1
    for a in range(p - 1, -1, -1):
        value = root[p, a]
        for c in range(a + 1, p):
            value -= root[c, a] * beta[c]
        beta[a] = value / root[a, a]
    for k in range(places.shape[0]):
        for a in range(p):
            value = 1.0 if a == places[k] else 0.0
            for c in range(a):
                value -= root[a, c] * columns[c, k]
            columns[a, k] = value / root[a, a]


@kernel
def fit_sums(sums, space, psi, places, beta, columns, information, middle):  # type: ignore[no-untyped-def]
    """Fit, and fill what inference on the coefficients at `places` needs; evaluations, and a state as of `minimise`."""
    if psi.shape[0] == 0:
        evaluations = 1
        state = 1 if weigh(psi, sums, space) else -1
    else:
        evaluations, _, state = minimise(sums, space, psi)
    if state >= 0:
        coefficients(sums, space, places, beta, columns)
        if psi.shape[0] > 0:
            kenward_roger(psi, sums, space, columns, information, middle)
    return evaluations, state


@kernel
def single(information, middle):  # type: ignore[no-untyped-def]
    """Variance and df of the first coefficient in units of sigma2, and whether the information could be inverted.

    As `inference.kenward_roger` and `contrast_df`; the information is inverted on a common scale.
    """
    size = information.shape[0]
    scale = np.zeros(size)
    root = np.zeros((size, size))
    for s in range(size):
        scale[s] = np.sqrt(information[s, s])
        for t in range(s + 1):
            value = information[s, t] / (scale[s] * scale[t])
            for j in range(t):
                value -= root[s, j] * root[t, j]
            if s == t:
                if not value > 1e-6:
                    return 0.0, 0.0, False
                root[s, s] = np.sqrt(value)
            else:
                root[s, t] = value / root[t, t]
    inverse = np.zeros((size, size))  # of the root, with the scale
    for s in range(size):
        for t in range(s + 1):
            value = 1.0 if s == t else 0.0
            for j in range(t, s):
                value -= root[s, j] * inverse[j, t]
            inverse[s, t] = value / root[s, s]
    spread = 0.0
    extra = 0.0
    for k in range(size):
        along = 0.0
        for s in range(k + 1):
            along += inverse[k, s] / scale[s] * middle[s, 0, 0]
            for t in range(k + 1):
                weight = inverse[k, s] * inverse[k, t] / (scale[s] * scale[t])
                extra += weight * middle[size + s * size + t, 0, 0]
        spread += along * along
    return extra, spread, True

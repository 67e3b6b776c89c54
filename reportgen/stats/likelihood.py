"""The REML and ML criteria of the linear mixed model, with exact first and second derivatives, from blocks.

In: blocks per trial (design.py), residual variances s_i and the covariance Omega of the random coefficients.
Out: -2 log-likelihood on lme4's scale; coefficients; and the sums over trials that the gradient, the Hessian, Kenward
and Roger's adjustment and Satterthwaite's degrees of freedom are made of.
With V_i = s_i I + Z Omega Z', G = dV/d(parameter) and R = (X, y), all F swept out, the sums are
    D_r = sum R' V^-1 G_r V^-1 R        Q_rs = sum R' V^-1 G_r V^-1 G_s V^-1 R
    t_r = sum tr(V^-1 G_r)              T_rs = sum tr(V^-1 G_r V^-1 G_s)
and each is had from q x q and (p+1) x q blocks, with N = (I + Omega U / s)^-1, U = Z'Z (Kenward & Roger 1997,
Biometrics 53:983; Wolfinger, Tobias & Sall 1994, SIAM J Sci Comput 15:1294). No n x n matrix is ever formed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .crossproducts import FloatArray
from .design import Blocks
from .sites import SITE

LOG_2PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything the likelihood and its inference need at one value of the variances.

    Parameters are ordered: residual variances (one, or one a trial), then the free entries of Omega, lower triangle.
    """

    criterion: float
    gradient: FloatArray  # (r,) in the variance parameters
    hessian: FloatArray  # (r, r)
    coefficients: FloatArray  # (p,)
    phi: FloatArray  # (p, p) = (X'V^-1X)^-1
    rss: float  # y'Py
    d: FloatArray  # (r, p, p), the D_r over X
    q: FloatArray  # (r, r, p, p), the symmetrised Q_rs + Q_sr over X, halved
    t: FloatArray  # (r, r), T_rs with F swept out


def omega_entries(blocks: Blocks) -> list[tuple[int, int]]:
    """Row and column of each estimated entry of Omega; of entries that are equal, the first."""
    return [(int(i), int(j)) for i, j in zip(*np.nonzero(blocks.free), strict=True)]


def equal_entries(blocks: Blocks, entry: tuple[int, int]) -> list[tuple[int, int]]:
    """The entries of Omega that are one parameter."""
    if blocks.z_names[entry[0]].startswith(SITE):
        return [(k, k) for k, name in enumerate(blocks.z_names) if name.startswith(SITE)]
    if not blocks.one_variance or not blocks.z_names[entry[0]].startswith("treatment:"):
        return [entry]
    return [(k, k) for k, name in enumerate(blocks.z_names) if name.startswith("treatment:")]


def basis(blocks: Blocks) -> FloatArray:
    """Symmetric 0/1 matrices E_r with Omega = sum omega_r E_r; shape (entries, q, q)."""
    entries = omega_entries(blocks)
    e = np.zeros((len(entries), blocks.q, blocks.q))
    for r, entry in enumerate(entries):
        for i, j in equal_entries(blocks, entry):
            e[r, i, j] = e[r, j, i] = 1.0
    return e


def criterion(blocks: Blocks, s: FloatArray, omega: FloatArray, reml: bool) -> float:
    """-2 log-likelihood at residual variances `s` (K,) and covariance `omega` (q, q); inf where not defined."""
    a, log_v = _weighted(blocks, s, omega, reml)
    p = blocks.p
    try:
        factor = np.linalg.cholesky(a[:p, :p])
    except np.linalg.LinAlgError:
        return float("inf")
    half = np.linalg.solve(factor, a[:p, p])
    rss = float(a[p, p] - half @ half)
    n = float(blocks.trials.sum())
    if not reml:
        return n * LOG_2PI + float(blocks.trials @ np.log(s)) + log_v + rss
    log_a = 2.0 * float(np.log(np.diag(factor)).sum())
    own = float((blocks.trials - blocks.swept) @ np.log(s))
    return blocks.df * LOG_2PI + own + blocks.log_det_f + log_v + log_a + rss


def by_trial(blocks: Blocks, s: FloatArray, omega: FloatArray) -> FloatArray:
    """R'V^-1R of each trial, (K, p+1, p+1): what it adds to A."""
    psi = omega / s[:, None, None]
    n = np.linalg.inv(np.eye(blocks.q) + psi @ blocks.zz)
    return np.asarray((blocks.rr - blocks.zr @ n @ psi @ blocks.zr.transpose(0, 2, 1)) / s[:, None, None])


def _weighted(blocks: Blocks, s: FloatArray, omega: FloatArray, reml: bool) -> tuple[FloatArray, float]:
    """A = sum R'V^-1R over the trials, and sum log|I + Omega U / s|."""
    if blocks.q == 0:
        return np.einsum("kab,k->ab", blocks.rr, 1.0 / s), 0.0
    eye = np.eye(blocks.q)
    psi = omega / s[:, None, None]
    n = np.linalg.inv(eye + psi @ blocks.zz)
    a = np.einsum("kab,k->ab", blocks.rr - blocks.zr @ n @ psi @ blocks.zr.transpose(0, 2, 1), 1.0 / s)
    u = blocks.zz if reml else blocks.zz_raw
    log_v = float(np.linalg.slogdet(eye + psi @ u)[1].sum())
    return a, log_v


def terms(blocks: Blocks, s: FloatArray, omega: FloatArray, reml: bool) -> Terms:
    """The criterion with its exact derivatives, and what inference needs, at one value of the variances."""
    p, q, trials = blocks.p, blocks.q, len(s)
    groups = trials if blocks.by_trial else 1
    e = basis(blocks)
    r = groups + len(e)
    u, c, rr = blocks.zz, blocks.zr, blocks.rr
    ct = c.transpose(0, 2, 1)
    psi = omega / s[:, None, None]
    n1 = np.asarray(np.linalg.inv(np.eye(q) + psi @ u), np.float64)
    n2 = n1 @ n1
    b = c @ n1
    m = u @ n1
    w = 1.0 / s[:, None, None]
    a = np.sum(w * (rr - b @ psi @ ct), axis=0)
    # Residual blocks (per trial), then those of Omega (already summed or kept per trial where the residual is).
    d0 = w**2 * (rr - c @ (n1 + n2) @ psi @ ct)
    q00 = w**3 * (rr - c @ (n1 + n2 + n2 @ n1) @ psi @ ct)
    be = [w**2 * (b @ unit) for unit in e]
    de = [_over_trials(left, b) for left in be]
    b2 = w * (c @ n2)
    b3 = w * b
    qee = [[_over_trials(left @ m @ unit, b3) for unit in e] for left in be]
    d = np.zeros((r, p + 1, p + 1))
    qq = np.zeros((r, r, p + 1, p + 1))
    if blocks.by_trial:
        d[:groups] = d0
        qq[np.arange(groups), np.arange(groups)] = q00
    else:
        d[0] = d0.sum(axis=0)
        qq[0, 0] = q00.sum(axis=0)
    for k, left in enumerate(be):
        d[groups + k] = de[k]
        for j in range(len(e)):
            qq[groups + k, groups + j] = qee[k][j]
        cross = left @ b2.transpose(0, 2, 1)
        cross = cross if blocks.by_trial else cross.sum(axis=0)
        qq[groups + k, :groups] = cross
        qq[:groups, groups + k] = cross
    qq = 0.5 * (qq + qq.transpose(0, 1, 3, 2))
    contrasts = (blocks.trials - blocks.swept).astype(float)
    t1, t2 = _traces(blocks, s, contrasts, u, n1, e)
    g1, g2 = t1, t2
    if not reml:
        raw = np.asarray(np.linalg.inv(np.eye(q) + psi @ blocks.zz_raw), np.float64)
        g1, g2 = _traces(blocks, s, blocks.trials.astype(float), blocks.zz_raw, raw, e)
    return conclude(a, d, qq, (g1, g2), t2, reml, criterion(blocks, s, omega, reml))


def information_at_zero(blocks: Blocks) -> tuple[FloatArray, FloatArray]:
    """Return tr(PGPG) of each free entry of Omega without random effects, and T_rr, both in units of 1 / sigma^4.

    The outcome does not enter, nor does the residual variance but by the unit: with V = I, P G P G has the traces
    T_rr - 2 tr(phi Q_rr) + tr(phi D_r phi D_r).
    """
    p, c, u, e = blocks.p, blocks.zr[:, : blocks.p], blocks.zz, basis(blocks)
    phi = np.linalg.inv(blocks.rr[:, :p, :p].sum(axis=0))
    left = [c @ unit for unit in e]
    d = np.array([_over_trials(one, c) for one in left]).reshape(-1, p, p)
    q = np.array([_over_trials(one @ u @ unit, c) for one, unit in zip(left, e, strict=True)]).reshape(-1, p, p)
    t = np.array([float(np.einsum("kij,kji->", u @ unit, u @ unit)) for unit in e])
    h = phi @ d
    return t - 2.0 * np.einsum("rab,ba->r", q, phi) + np.einsum("rab,rba->r", h, h), t


def conclude(
    a: FloatArray,
    d: FloatArray,
    qq: FloatArray,
    traces: tuple[FloatArray, FloatArray],
    t2: FloatArray,
    reml: bool,
    value: float,
) -> Terms:
    """Coefficients, and the criterion's derivatives from D_r, Q_rs and the traces of the determinant of V."""
    p = len(a) - 1
    g1, g2 = traces
    inverse = np.linalg.inv(a[:p, :p])
    phi = 0.5 * (inverse + inverse.T)
    beta = phi @ a[:p, p]
    resid = np.append(-beta, 1.0)
    dr = d @ resid
    gradient = g1 - dr @ resid
    hessian = -g2 + 2.0 * (qq @ resid) @ resid - 2.0 * dr[:, :p] @ phi @ dr[:, :p].T
    dx, qx = d[:, :p, :p], qq[:, :, :p, :p]
    if reml:
        h = phi @ dx
        gradient = gradient - np.einsum("raa->r", h)
        hessian += 2.0 * trace_products(qx, phi) - pair_traces(h)
    return Terms(value, gradient, hessian, beta, phi, float(resid @ a @ resid), dx, qx, t2)


def _traces(
    blocks: Blocks,
    s: FloatArray,
    contrasts: FloatArray,
    u: FloatArray,
    n1: FloatArray,
    e: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """t_r and T_rs, for U with F swept out (REML) or as it stands (ML)."""
    q, trials = blocks.q, len(s)
    n2 = n1 @ n1
    m = u @ n1
    groups = trials if blocks.by_trial else 1
    r = groups + len(e)
    t0 = (contrasts - q + np.einsum("kii->k", n1)) / s
    t00 = (contrasts - q + np.einsum("kii->k", n2)) / s**2
    w = s[:, None, None]
    me = [m @ unit / w for unit in e]
    te = [float(np.einsum("kii->", left)) for left in me]
    t0e = [np.einsum("kii->k", u @ n2 @ unit / w**2) for unit in e]
    tee = [[float(np.einsum("kij,kji->", left, right)) for right in me] for left in me]
    t1, t2 = np.zeros(r), np.zeros((r, r))
    if blocks.by_trial:
        t1[:groups], t2[np.arange(groups), np.arange(groups)] = t0, t00
    else:
        t1[0], t2[0, 0] = t0.sum(), t00.sum()
    for k, cross in enumerate(t0e):
        t1[groups + k] = te[k]
        t2[groups + k, groups:] = tee[k]
        t2[groups + k, :groups] = t2[:groups, groups + k] = cross if blocks.by_trial else cross.sum()
    return t1, t2


def _over_trials(left: FloatArray, right: FloatArray) -> FloatArray:
    """Sum over the trials of left_k right_k'."""
    rows, others = left.shape[1], right.shape[1]
    return np.asarray(left.transpose(1, 0, 2).reshape(rows, -1) @ right.transpose(0, 2, 1).reshape(-1, others))


def trace_products(q: FloatArray, phi: FloatArray) -> FloatArray:
    """tr(phi Q_rs) for all r and s."""
    return np.tensordot(q, phi, axes=([2, 3], [1, 0]))


def pair_traces(h: FloatArray) -> FloatArray:
    """tr(H_r H_s) for all r and s."""
    pairs: FloatArray = h.reshape(len(h), -1) @ h.transpose(0, 2, 1).reshape(len(h), -1).T
    return pairs

"""The REML and ML criteria with a residual variance for each arm, common to the trials, and what inference needs.

In: blocks with cross-products by arm (design.py), residual variances s_a of the control and the intervention arms, Omega.
Out: the same terms as those of one residual variance (likelihood.py), with the parameters (s_0, s_1, entries of Omega).
Method: with D_a the rows of an arm, W = sum D_a / s_a, and G = (F, Z), in each trial
    Pi = W - W G L G'W,    L = FF^-1 on F plus H on the rest of Z,    H = (I + Omega U)^-1 Omega,    U = Z'MZ
(M: W with F swept out), so that D_a Pi D_b, Pi R and Pi Z are made of the cross-products of both arms alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .crossproducts import FloatArray
from .design import Blocks
from .likelihood import LOG_2PI, Terms, basis, conclude


@dataclass(frozen=True, slots=True)
class _Swept:
    """What is left of each trial at given residual variances once some columns are swept out with weights."""

    solve: FloatArray  # (K, m, m): FF^-1 on F, else zero
    left: FloatArray  # (K, m, m): weighted, F swept out
    log_det: float  # sum log|F'WF|


def _sweep(blocks: Blocks, s: FloatArray, own: NDArray[np.bool_]) -> _Swept:
    arms = blocks.arms
    assert arms is not None
    whole = arms.raw[0] / s[0] + arms.raw[1] / s[1]
    both = own[:, :, None] & own[:, None, :]
    eye = np.eye(own.shape[1])
    padded = np.where(both, whole, eye * ~own[:, None, :])
    solve = np.where(both, np.linalg.inv(padded), 0.0)
    left = whole - whole @ solve @ whole
    # what rounding leaves of a swept column is nothing
    left *= ~(own[:, :, None] | own[:, None, :])
    return _Swept(solve, left, float(np.linalg.slogdet(padded)[1].sum()))


def criterion(blocks: Blocks, s: FloatArray, omega: FloatArray, reml: bool) -> float:
    """-2 log-likelihood at residual variances `s` (2,) and covariance `omega` (q, q); inf where not defined."""
    arms = blocks.arms
    assert arms is not None
    swept = _sweep(blocks, s, blocks.own)
    a, u = _weighted(blocks, swept, omega)
    p = blocks.p
    try:
        factor = np.linalg.cholesky(a[:p, :p])
    except np.linalg.LinAlgError:
        return float("inf")
    half = np.linalg.solve(factor, a[:p, p])
    value = float(a[p, p] - half @ half) + float(arms.people.sum(axis=1) @ np.log(s))
    if reml:
        value += swept.log_det + 2.0 * float(np.log(np.diag(factor)).sum()) + blocks.df * LOG_2PI
    else:
        u = _raw_u(blocks, s)
        value += float(blocks.trials.sum()) * LOG_2PI
    return value + float(np.linalg.slogdet(np.eye(blocks.q) + omega @ u)[1].sum())


def by_trial(blocks: Blocks, s: FloatArray, omega: FloatArray) -> FloatArray:
    """R'V^-1R of each trial, (K, p+1, p+1): what it adds to A."""
    return _apart(blocks, _sweep(blocks, s, blocks.own), omega)[0]


def _weighted(blocks: Blocks, swept: _Swept, omega: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A = sum R'V^-1R over the trials, and U of each trial."""
    each, u = _apart(blocks, swept, omega)
    return np.asarray(each.sum(axis=0)), u


def _apart(blocks: Blocks, swept: _Swept, omega: FloatArray) -> tuple[FloatArray, FloatArray]:
    arms = blocks.arms
    assert arms is not None
    left = swept.left[:, arms.rest]
    c = left @ blocks.z_map
    u = blocks.z_map.transpose(0, 2, 1) @ swept.left @ blocks.z_map
    h = np.linalg.inv(np.eye(blocks.q) + omega @ u) @ omega
    return left[:, :, arms.rest] - c @ h @ c.transpose(0, 2, 1), u


def _raw_u(blocks: Blocks, s: FloatArray) -> FloatArray:
    arms = blocks.arms
    assert arms is not None
    return np.asarray(blocks.z_map.transpose(0, 2, 1) @ (arms.raw[0] / s[0] + arms.raw[1] / s[1]) @ blocks.z_map)


def terms(blocks: Blocks, s: FloatArray, omega: FloatArray, reml: bool) -> Terms:
    """The criterion with its exact derivatives, and what inference needs, at one value of the variances."""
    arms = blocks.arms
    assert arms is not None
    swept = _sweep(blocks, s, blocks.own)
    a, u = _weighted(blocks, swept, omega)
    e = basis(blocks)
    n = np.linalg.inv(np.eye(blocks.q) + omega @ u)
    h = n @ omega
    # Pi R = W (columns) b, and Pi Z = W (columns) bz
    pick = np.eye(blocks.own.shape[1])[:, arms.rest]
    whole = arms.raw[0] / s[0] + arms.raw[1] / s[1]
    zt = blocks.z_map - swept.solve @ whole @ blocks.z_map
    c = swept.left[:, arms.rest] @ blocks.z_map
    b = pick - swept.solve @ whole @ pick - zt @ h @ c.transpose(0, 2, 1)
    bz = zt @ n
    cn, un = c @ n, u @ n
    inner = swept.solve + zt @ h @ zt.transpose(0, 2, 1)
    r = 2 + len(e)
    d, qq = np.zeros((r, blocks.p + 1, blocks.p + 1)), np.zeros((r, r, blocks.p + 1, blocks.p + 1))
    bt, w = b.transpose(0, 2, 1), 1.0 / s
    sb = arms.raw @ b  # (2, K, m, p + 1)
    for i in range(2):
        d[i] = w[i] ** 2 * (bt @ sb[i]).sum(axis=0)
        for j in range(2):
            qq[i, j] = -((w[i] * w[j]) ** 2) * (sb[i].transpose(0, 2, 1) @ inner @ sb[j]).sum(axis=0)
        qq[i, i] += w[i] * d[i]
        for k, unit in enumerate(e):
            cross = w[i] ** 2 * (sb[i].transpose(0, 2, 1) @ bz @ unit @ cn.transpose(0, 2, 1)).sum(axis=0)
            qq[i, 2 + k], qq[2 + k, i] = cross, cross.T
    for k, left in enumerate(e):
        d[2 + k] = (cn @ left @ cn.transpose(0, 2, 1)).sum(axis=0)
        for j, right in enumerate(e):
            qq[2 + k, 2 + j] = (cn @ left @ un @ right @ cn.transpose(0, 2, 1)).sum(axis=0)
    qq = 0.5 * (qq + qq.transpose(0, 1, 3, 2))
    t1, t2 = _traces(blocks, s, inner, bz, un, e)
    traces = (t1, t2)
    if not reml:
        raw = _raw_u(blocks, s)
        free = np.linalg.inv(np.eye(blocks.q) + omega @ raw)
        whole_z = blocks.z_map @ free @ omega @ blocks.z_map.transpose(0, 2, 1)
        traces = _traces(blocks, s, whole_z, blocks.z_map @ free, raw @ free, e)
    return conclude(a, d, qq, traces, t2, reml, criterion(blocks, s, omega, reml))


def _traces(
    blocks: Blocks, s: FloatArray, inner: FloatArray, bz: FloatArray, un: FloatArray, e: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """t_r and T_rs."""
    arms = blocks.arms
    assert arms is not None
    w, people = 1.0 / s, arms.people.sum(axis=1)
    inside = [inner @ part for part in arms.raw]
    r = 2 + len(e)
    t1, t2 = np.zeros(r), np.zeros((r, r))
    for i in range(2):
        item = _trace(inside[i])
        t1[i] = w[i] * people[i] - w[i] ** 2 * item
        for j in range(2):
            t2[i, j] = (w[i] * w[j]) ** 2 * _trace(inside[i] @ inside[j])
        t2[i, i] += w[i] ** 2 * people[i] - 2.0 * w[i] ** 3 * item
        between = bz.transpose(0, 2, 1) @ arms.raw[i] @ bz
        for k, unit in enumerate(e):
            t2[i, 2 + k] = t2[2 + k, i] = w[i] ** 2 * _trace(between @ unit)
    for k, left in enumerate(e):
        t1[2 + k] = _trace(un @ left)
        for j, right in enumerate(e):
            t2[2 + k, 2 + j] = _trace(un @ left @ un @ right)
    return t1, t2


def _trace(matrices: FloatArray) -> float:
    return float(np.einsum("kii->", matrices))

"""Standard errors, degrees of freedom and joint tests of common coefficients.

In: the terms of the likelihood at the estimate. Out: effects.
Kenward & Roger (1997, Biometrics 53:983): the covariance is corrected for the estimation of the variances, df match
the first two moments of the Wald F; R_rs = 0, as V is linear in its parameters. Satterthwaite as in Giesbrecht & Burns
(1985, Biometrics 41:477), for several rows Fai & Cornelius (1996, J Stat Comput Simul 54:363), with the observed
information in the Cholesky factor of Cov(u), so that a parameter at its boundary drops out. Normal: infinite df.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reportgen.late import special

from .crossproducts import FloatArray
from .effect import Effect, Joint
from .likelihood import Terms, pair_traces, trace_products


@dataclass(frozen=True, slots=True)
class Inference:
    """Covariance of the coefficients and what degrees of freedom are computed from."""

    method: str
    phi: FloatArray  # (p, p), unadjusted
    covariance: FloatArray  # (p, p), as used for standard errors
    gradient: FloatArray  # (r, p, p): dPhi/d(parameter)
    w: FloatArray  # (r, r): covariance of the variance parameters
    residual_df: float  # exact df where no variance but the residual is estimated; else NaN
    floor: float


def kenward_roger(terms: Terms, residual_df: float, floor: float) -> Inference:
    """Kenward and Roger's adjusted covariance; expected information, all variance parameters in."""
    phi, d, q = terms.phi, terms.d, terms.q
    h = phi @ d
    information = 0.5 * (terms.t - 2.0 * trace_products(q, phi) + pair_traces(h))
    w = inverse_information(information)
    # sum_rs W_rs (Q_rs - D_r Phi D_s); D_r = -P_r, so signs cancel
    dw = np.tensordot(w, d, axes=1)
    middle = np.tensordot(w, q, axes=2) - np.sum(d @ phi @ dw, axis=0)
    adjusted = phi + 2.0 * phi @ middle @ phi
    return Inference("kenward-roger", phi, 0.5 * (adjusted + adjusted.T), phi @ d @ phi, w, residual_df, floor)


def satterthwaite(
    terms: Terms, jacobian: FloatArray, curvature: FloatArray, residual_df: float, floor: float
) -> Inference:
    """Satterthwaite's df from the Hessian in (log residual variances, Cholesky factor).

    Parameters
    ----------
    jacobian : ndarray (r, f)
        Derivatives of the variance parameters in the free ones.
    curvature : ndarray (f, f)
        Hessian of the criterion in the free parameters.
    """
    gradient = np.einsum("rf,rab->fab", jacobian, terms.phi @ terms.d @ terms.phi)
    return Inference(
        "satterthwaite", terms.phi, terms.phi, gradient, 2.0 * inverse_information(curvature), residual_df, floor
    )


def normal(terms: Terms) -> Inference:
    """The normal reference of large samples."""
    none = np.zeros((0, *terms.phi.shape))
    return Inference("normal", terms.phi, terms.phi, none, np.zeros((0, 0)), float("inf"), 0.0)


def inverse_information(matrix: FloatArray) -> FloatArray:
    """Inverse of an information matrix on a common scale; directions without information are left out."""
    scale = np.sqrt(np.abs(np.diag(matrix)))
    scale[scale == 0.0] = 1.0
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T) / np.outer(scale, scale))
    good = values > 1e-10 * max(values.max(initial=0.0), 1e-300)
    inverse: FloatArray = (vectors[:, good] / values[good]) @ vectors[:, good].T
    inverse /= np.outer(scale, scale)
    return inverse


def contrast_df(inference: Inference, row: FloatArray) -> float:
    """Degrees of freedom of one linear combination, before any floor."""
    if np.isfinite(inference.residual_df) or inference.method == "normal":
        return inference.residual_df
    v = float(row @ inference.phi @ row)
    g = np.einsum("rab,a,b->r", inference.gradient, row, row)
    spread = float(g @ inference.w @ g)
    return 2.0 * v * v / spread if spread > 0.0 else float("nan")


def effect(inference: Inference, coefficients: FloatArray, places: NDArray[np.int64], scalar: bool) -> Effect:
    """Estimates of the coefficients at `places` (-1: not estimable), with a joint test unless `scalar`."""
    q = len(places)
    estimate, std_error = np.full(q, np.nan), np.full(q, np.nan)
    raw, df = np.full(q, np.nan), np.full(q, np.nan)
    eye = np.eye(len(coefficients))
    for k, j in enumerate(places):
        if j >= 0:
            estimate[k] = coefficients[j]
            variance = inference.covariance[j, j]
            std_error[k] = np.sqrt(variance) if variance >= 0.0 else np.nan
            raw[k] = contrast_df(inference, eye[j])
            df[k] = max(raw[k], inference.floor) if np.isfinite(raw[k]) else raw[k]
    if scalar:
        return Effect(float(estimate[0]), float(std_error[0]), float(df[0]), float(raw[0]))
    found = [int(j) for j in places if j >= 0]
    joint = joint_test(inference, coefficients, eye[found]) if found else None
    return Effect(estimate, std_error, df, raw, joint)


def joint_test(inference: Inference, coefficients: FloatArray, rows: FloatArray) -> Joint:
    """F test that `rows` @ coefficients = 0 (rows: (m, p), of full rank)."""
    m = len(rows)
    b = rows @ coefficients
    wald = float(b @ np.linalg.solve(rows @ inference.covariance @ rows.T, b)) / m
    if m == 1:
        raw, scale = contrast_df(inference, rows[0]), 1.0
    elif np.isfinite(inference.residual_df) or inference.method == "normal":
        raw, scale = inference.residual_df, 1.0
    elif inference.method == "satterthwaite":
        raw, scale = _fai_cornelius(inference, rows), 1.0
    else:
        raw, scale = _kenward_roger_f(inference, rows)
        if not scale > 0.0:
            scale = 1.0  # few trials, many rows: the two moments match no F distribution, and F stays as it is
    df = max(raw, inference.floor) if np.isfinite(raw) else raw
    statistic = scale * wald
    p = float(special.chdtrc(m, m * statistic)) if np.isinf(df) else float(special.fdtrc(m, df, statistic))
    return Joint(statistic, float(m), df, raw, p, scale)


def _kenward_roger_f(inference: Inference, rows: FloatArray) -> tuple[float, float]:
    """Denominator df and scale of Kenward and Roger's F, m > 1 rows."""
    m = len(rows)
    theta = rows.T @ np.linalg.solve(rows @ inference.phi @ rows.T, rows)
    x = theta @ inference.gradient
    single = np.einsum("raa->r", x)
    a1 = float(single @ inference.w @ single)
    a2 = float(np.einsum("rs,rab,sba->", inference.w, x, x, optimize=True))
    if a2 <= 0.0:
        return float("inf"), 1.0
    big_b = (a1 + 6.0 * a2) / (2.0 * m)
    g = ((m + 1) * a1 - (m + 4) * a2) / ((m + 2) * a2)
    denominator = 3.0 * m + 2.0 * (1.0 - g)
    c1, c2, c3 = g / denominator, (m - g) / denominator, (m + 2 - g) / denominator
    e = 1.0 / (1.0 - a2 / m)
    v = (2.0 / m) * (1.0 + c1 * big_b) / ((1.0 - c2 * big_b) ** 2 * (1.0 - c3 * big_b))
    rho = v / (2.0 * e * e)
    df = 4.0 + (m + 2) / (m * rho - 1.0)
    return df, df / (e * (df - 2.0))


def _fai_cornelius(inference: Inference, rows: FloatArray) -> float:
    """Denominator df from the df of the orthogonal rows."""
    m = len(rows)
    _, vectors = np.linalg.eigh(rows @ inference.phi @ rows.T)
    each = np.array([contrast_df(inference, row) for row in vectors.T @ rows])
    if np.ptp(each) < 1e-8:
        return float(each.mean())
    if not np.all(each > 2.0):
        return 2.0
    e = float(np.sum(each / (each - 2.0)))
    return 2.0 * e / (e - m)

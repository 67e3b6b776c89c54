"""From cross-products and options to the blocks that the likelihood is made of.

In: cross-products of the trials with both arms, and the options of the model.
Out: per-trial blocks over the columns (Z, X, y) from which columns F with coefficients of their own per trial are swept
out: F = 1 (stratified intercepts), 1 and adjusters (stratified slopes), adjusters alone, or nothing.
Z holds the columns with random coefficients, X those with common ones. Collinear columns of X are dropped in the order
intercept, treatment, adjusters, moderators, treatment x moderators, before p is counted, as lme4 does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from .choices import (
    AdjusterSlopes,
    Approximation,
    Covariance,
    DfFloor,
    Estimation,
    InteractionEffect,
    Intercept,
    Residual,
    TreatmentEffect,
    unknown_words,
)
from .crossproducts import CrossProducts, FloatArray

# Share of a column's sum of squares below which what is left of it after sweeping counts as rounding.
# Cross-products carry about 1e-15 of relative error, times the size of the coefficients swept with.
COLLINEAR = 1e-11
# (Spread / level)^2 below which a column counts as constant: both sums carry 53 bits.
CONSTANT = 1e-24

CHOICES = {
    "intercept": get_args(Intercept),
    "treatment_effect": get_args(TreatmentEffect),
    "interaction_effect": get_args(InteractionEffect),
    "covariance": get_args(Covariance),
    "adjuster_slopes": get_args(AdjusterSlopes),
    "residual": get_args(Residual),
    "estimation": get_args(Estimation),
    "inference": get_args(Approximation),
    "df_floor": get_args(DfFloor),
}


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a one-step model; see `fit_one_step`."""

    intercept: Intercept = "stratified"
    treatment_effect: TreatmentEffect = "random"
    interaction_effect: InteractionEffect = "common"
    covariance: Covariance = "independent"
    adjuster_slopes: AdjusterSlopes = "common"
    residual: Residual = "common"
    estimation: Estimation = "reml"
    inference: Approximation = "kenward-roger"
    df_floor: DfFloor = "trials-1"

    def __post_init__(self) -> None:
        wrong = list(unknown_words({name: getattr(self, name) for name in CHOICES}, CHOICES))
        if wrong:
            raise ValueError("; ".join(wrong))

    @property
    def random_effects(self) -> bool:
        """Whether the effect of treatment varies between trials in the model."""
        return self.treatment_effect == "random" or self.interaction_effect == "random"


@dataclass(frozen=True, slots=True)
class Blocks:
    """Cross-products with F swept out, split for the likelihood.

    Attributes
    ----------
    trials : ndarray (K,) of int
        Participants per trial.
    swept : ndarray (K,) of int
        Rank of F in each trial.
    log_det_f : float
        Sum of log|F'F|.
    zz, zr, rr : ndarray (K, q, q), (K, p+1, q), (K, p+1, p+1)
        Cross-products of Z with Z, of (X, y) with Z and of (X, y).
    zz_raw : ndarray (K, q, q)
        Z'Z before anything is swept: what the ML criterion asks for.
    x_names, z_names : tuple of str
        Columns that stay in the model.
    dropped : dict
        Name of each column left out, and why.
    free : ndarray (q, q) of bool
        Lower triangle of Cov(u): entries that are estimated.
    by_trial : bool
        Whether each trial has a residual variance of its own.
    to_raw : ndarray (p, p)
        Takes coefficients of the shifted columns to those of the columns as given.
    """

    trials: NDArray[np.int64]
    swept: NDArray[np.int64]
    log_det_f: float
    zz: FloatArray
    zr: FloatArray
    rr: FloatArray
    zz_raw: FloatArray
    x_names: tuple[str, ...]
    z_names: tuple[str, ...]
    free: NDArray[np.bool_]
    by_trial: bool
    to_raw: FloatArray
    outcome_shift: float
    outcome_scale: float
    dropped: dict[str, str] = field(default_factory=dict)

    @property
    def p(self) -> int:
        """Number of common coefficients."""
        return len(self.x_names)

    @property
    def q(self) -> int:
        """Number of random columns."""
        return len(self.z_names)

    @property
    def df(self) -> int:
        """n - sum rank F - p."""
        return int(self.trials.sum() - self.swept.sum()) - self.p


def column_names(adjusters: int, moderators: int) -> tuple[str, ...]:
    """Names of the columns of the cross-products, in their order."""
    x = tuple(f"adjuster[{k}]" for k in range(adjusters))
    z = tuple(f"moderator[{k}]" for k in range(moderators))
    tz = tuple(f"treatment:moderator[{k}]" for k in range(moderators))
    return ("treatment", *x, *z, *tz, "outcome")


def blocks(products: CrossProducts, options: Options) -> Blocks:
    """Arrange the cross-products of the trials for one model."""
    names = ["intercept", *column_names(products.adjusters, products.moderators)]
    adjusters = [f"adjuster[{k}]" for k in range(products.adjusters)]
    interactions = [f"treatment:moderator[{k}]" for k in range(products.moderators)]
    stratified = options.intercept == "stratified"
    own_slopes = options.adjuster_slopes == "stratified" and bool(adjusters)
    # A common coefficient or an intercept takes up a shift of its column; slopes per trial without intercepts do not.
    shifted = [] if own_slopes else adjusters
    raw, shift = _raw(products, names, [] if stratified else [*shifted, "outcome"])
    current = np.zeros_like(raw)
    if stratified:
        current[:, 1:, 1:] = products.centred
    else:
        current[:] = raw
    size = products.size
    scale = np.einsum("kii->ki", current).copy()
    log_det = float(np.sum(np.log(size))) if stratified else 0.0
    swept = np.full(len(size), int(stratified), np.int64)
    if own_slopes:
        log_det += _sweep(current, [names.index(a) for a in adjusters], scale, swept)
    x = ([] if stratified else ["intercept"]) + [name for name in names[1:-1] if not (own_slopes and name in adjusters)]
    level = np.einsum("k,ki->i", size.astype(float), np.column_stack([np.ones(len(size)), products.mean]) ** 2)
    kept, dropped = _independent(current, scale, level, [names.index(name) for name in x], names)
    z = _random_columns(options, interactions, len(size))
    z = [name for name in z if name in kept]
    zi = [names.index(name) for name in z]
    ri = [names.index(name) for name in kept] + [len(names) - 1]
    free = (
        np.tril(np.ones((len(z), len(z)), bool)) if options.covariance == "unstructured" else np.eye(len(z), dtype=bool)
    )
    to_raw = np.eye(len(kept))
    if not stratified and "intercept" in kept:
        to_raw[0] -= shift[ri[:-1]] * (np.arange(len(kept)) > 0)
    y = len(names) - 1
    return Blocks(
        size,
        swept,
        log_det,
        current[np.ix_(range(len(size)), zi, zi)],
        current[np.ix_(range(len(size)), ri, zi)],
        current[np.ix_(range(len(size)), ri, ri)],
        raw[np.ix_(range(len(size)), zi, zi)],
        tuple(kept),
        tuple(z),
        free,
        options.residual == "by-trial" and len(size) > 1,
        to_raw,
        float(shift[y]),
        float(scale[:, y].sum() if scale[:, y].sum() > CONSTANT * level[y] else 0.0),
        dropped,
    )


def _raw(products: CrossProducts, names: list[str], shifted: list[str]) -> tuple[FloatArray, FloatArray]:
    """Cross-products of (1, columns) about zero, some columns first shifted by their overall mean."""
    size = products.size.astype(float)
    shift = np.zeros(len(names))
    for name in shifted:
        k = names.index(name)
        shift[k] = size @ products.mean[:, k - 1] / size.sum()
    mean = np.column_stack([np.ones(len(size)), products.mean]) - shift
    raw = size[:, None, None] * mean[:, :, None] * mean[:, None, :]
    raw[:, 1:, 1:] += products.centred
    return raw, shift


def _sweep(current: FloatArray, places: list[int], scale: FloatArray, swept: NDArray[np.int64]) -> float:
    """Sweep columns out of each trial in place; add to `swept`; return the sum of the log pivots."""
    log_det = 0.0
    for j in places:
        pivot = current[:, j, j].copy()
        good = pivot > COLLINEAR * scale[:, j]
        column = current[:, :, j].copy()
        factor = np.where(good, 1.0 / np.where(good, pivot, 1.0), 0.0)
        current -= factor[:, None, None] * column[:, :, None] * column[:, None, :]
        current[:, j, :] = 0.0
        current[:, :, j] = 0.0
        swept += good
        log_det += float(np.log(pivot[good]).sum())
    # What rounding leaves of a column that F explains in full must not look like information.
    gone = np.einsum("kii->ki", current) <= COLLINEAR * scale
    current *= ~(gone[:, :, None] | gone[:, None, :])
    return log_det


def _independent(
    current: FloatArray, scale: FloatArray, level: FloatArray, places: list[int], names: list[str]
) -> tuple[list[str], dict[str, str]]:
    """Which columns of X are not linear combinations of those before them, by pivots of the pooled matrix."""
    pooled = current.sum(axis=0)
    size = scale.sum(axis=0)
    kept: list[str] = []
    dropped: dict[str, str] = {}
    for j in places:
        if size[j] <= CONSTANT * level[j] or size[j] == 0.0:
            dropped[names[j]] = "constant within every trial"
        elif pooled[j, j] <= COLLINEAR * size[j]:
            dropped[names[j]] = "a linear combination of the columns before it"
        else:
            kept.append(names[j])
            column = pooled[:, j].copy()
            pooled = pooled - np.outer(column, column) / column[j]
    return kept, dropped


def _random_columns(options: Options, interactions: list[str], trials: int) -> list[str]:
    if trials < 2:
        return []
    z = ["intercept"] if options.intercept == "random" else []
    z += ["treatment"] if options.treatment_effect == "random" else []
    z += interactions if options.interaction_effect == "random" else []
    return z

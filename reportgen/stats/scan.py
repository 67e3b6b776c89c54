"""The interaction of treatment with `x <= c` for every cut c of one covariate, in one pass.

In: arrays with a row a participant. Out: arrays with a row a cut.
Method: people are sorted by the covariate once; going from cut to cut, the few whose value lies between are added to the
sums of their trial, and the one-step model with S = (x <= c) as main effect and product is fitted from the sums alone,
by the kernels that fit a single model (profile.py). Subgroup searches do this millions of times (Lipkovich et al. 2011,
Stat Med 30:2601; Mistry, Stallard & Underwood 2018, Stat Med 37:3047).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import profile
from .crossproducts import Columns, CrossProducts, FloatArray, IntArray, columns
from .design import Options, blocks
from .effect import student_log_p, student_p
from .one_step import NEARLY_EXACT, LeftOut, OneStepFit, both_arms, fit_one_step
from .optimise import line_arrays

METHODS = {"normal": 0, "satterthwaite": 1, "kenward-roger": 2}


@dataclass(frozen=True, slots=True)
class CutScan:
    """Interaction of treatment with `covariate <= cut`, a row a cut.

    Attributes
    ----------
    cuts : ndarray (c,)
        Observed values; people at or below one are its low side (S = 1).
    estimate, std_error : ndarray (c,)
        Effect of treatment on the low side minus the effect on the high side, in units of the outcome.
    df, df_raw, p_value : ndarray (c,)
    tau2, sigma2 : ndarray (c,)
        Variances of the fit at each cut.
    status : ndarray (c,) of str
        As for `OneStepFit`.
    evaluations : ndarray (c,) of int
        Evaluations of the criterion.
    trials, participants : int
        What entered.
    left_out : tuple of LeftOut
        Participants left out, by trial, and why.
    """

    cuts: FloatArray
    estimate: FloatArray
    std_error: FloatArray
    df: FloatArray
    df_raw: FloatArray
    p_value: FloatArray
    tau2: FloatArray
    sigma2: FloatArray
    status: NDArray[np.str_]
    evaluations: IntArray
    trials: int
    participants: int
    left_out: tuple[LeftOut, ...]

    @property
    def log_p(self) -> FloatArray:
        """Natural logarithm of p, right where p is too small for a float."""
        return student_log_p(self.estimate / self.std_error, self.df)


@dataclass(frozen=True, slots=True)
class _Sorted:
    """People of the scan in the order of the covariate, x and y centred within trials."""

    t: FloatArray
    codes: IntArray
    x: FloatArray
    y: FloatArray
    ends: IntArray  # how many people stand at or below each cut
    cuts: FloatArray


def scan_cuts(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    covariate: ArrayLike,
    *,
    adjusters: ArrayLike | None = None,
    treatment_effect: str = "random",
    estimation: str = "reml",
    inference: str = "kenward-roger",
    df_floor: str = "trials-1",
    min_size: int = 1,
    min_arm: int = 1,
    min_trials: int = 1,
) -> CutScan:
    """Fit the interaction of treatment with `covariate <= c` for every admissible cut c.

    Each row equals `fit_one_step` with ``moderator=(covariate <= c)`` and the same options, with stratified intercepts.

    Parameters
    ----------
    outcome, treatment, trial : array_like (n,)
        As for `fit_one_step`.
    covariate : array_like (n,)
        People without a value are left out.
    adjusters : array_like (n, p) or (n,), optional
    treatment_effect, estimation, inference, df_floor : str
        As for `fit_one_step`.
    min_size, min_arm, min_trials : int
        A cut is admissible if both of its sides hold at least `min_size` people, `min_arm` in each arm, and
        `min_trials` trials with both arms. Other cuts have no row.

    Returns
    -------
    CutScan

    Raises
    ------
    ValueError
        As for `fit_one_step`.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> trial = np.repeat(["a", "b", "c"], 40)
    >>> treatment = np.tile([0.0, 1.0], 60)
    >>> age = rng.integers(20, 70, 120)
    >>> outcome = treatment * (age <= 45) + rng.normal(size=120)
    >>> scan = scan_cuts(outcome, treatment, trial, age, min_arm=10)
    >>> best = np.argmin(scan.p_value)
    >>> int(scan.cuts[best]), bool(scan.estimate[best] > 0)
    (45, True)
    """
    options = Options(treatment_effect=treatment_effect, estimation=estimation, inference=inference, df_floor=df_floor)
    table = columns(outcome, treatment, trial, adjusters, covariate)
    if table.moderators.shape[1] != 1:
        raise ValueError("covariate must be one column")
    with_cut = Columns(
        table.outcome,
        table.treatment,
        np.ascontiguousarray(np.hstack([table.adjusters, table.moderators])),
        np.empty((len(table.outcome), 0)),
        table.codes,
        table.labels,
    )
    everyone = with_cut.cross_products()
    used, left_out = both_arms(everyone)
    if len(used.size) == 0:
        return _empty(left_out)
    people = _sort(with_cut, everyone)
    limits = np.array([max(min_size, 1), max(min_arm, 1), max(min_trials, 0)], np.int64)
    values = _run(people, _without_last_adjuster(used), options, limits)
    keep = values[:, 6] != 2.0
    rest = {
        "treatment_effect": treatment_effect,
        "estimation": estimation,
        "inference": inference,
        "df_floor": df_floor,
    }

    def single(cut: float) -> OneStepFit:
        side = np.where(np.isnan(table.moderators[:, 0]), np.nan, table.moderators[:, 0] <= cut)
        return fit_one_step(
            table.outcome, table.treatment, table.codes, adjusters=table.adjusters, moderator=side, **rest
        )

    return _assemble(people.cuts[keep], values[keep], options, used, left_out, single)


def _without_last_adjuster(products: CrossProducts) -> CrossProducts:
    """The covariate was read with the adjusters, to find who has a value; the model does not hold it."""
    keep = np.delete(np.arange(products.mean.shape[1]), products.adjusters)
    return CrossProducts(
        products.labels,
        products.size,
        products.arms,
        products.missing,
        products.mean[:, keep],
        products.centred[:, keep[:, None], keep],
        products.adjusters - 1,
        0,
    )


def _sort(table: Columns, everyone: CrossProducts) -> _Sorted:
    a = table.adjusters.shape[1] - 1
    number = np.cumsum(everyone.arms.min(axis=1) > 0) - 1
    number[everyone.arms.min(axis=1) == 0] = -1
    whole = ~np.isnan(table.outcome + table.treatment + table.adjusters.sum(axis=1)) & (table.codes >= 0)
    rows = np.flatnonzero(whole)
    rows = rows[number[table.codes[rows]] >= 0]
    z = table.adjusters[rows, a]
    order = np.argsort(z, kind="stable")
    rows, z = rows[order], z[order]
    codes = table.codes[rows]
    ends = np.append(np.flatnonzero(z[1:] > z[:-1]) + 1, np.int64(0))[:-1]  # the largest value is no cut
    return _Sorted(
        table.treatment[rows],
        number[codes].astype(np.int64),
        np.ascontiguousarray(table.adjusters[rows, :a] - everyone.mean[codes, 1 : 1 + a]),
        table.outcome[rows] - everyone.mean[codes, -1],
        ends,
        z[ends - 1],
    )


def _run(people: _Sorted, used: CrossProducts, options: Options, limits: IntArray) -> FloatArray:
    """Prepare what all cuts share, and call the kernel."""
    model = blocks(used, options)
    values = np.full((len(people.cuts), 7), np.nan)
    if "treatment" not in model.x_names:
        values[:, 6] = -1.0
        return values
    kept = [k for k in range(used.adjusters) if f"adjuster[{k}]" in model.x_names]
    a, random, reml = len(kept), model.q > 0, options.estimation == "reml"
    p = a + 3
    contrasts = float(used.size.sum() - len(used.size))
    shared = [*range(a + 1), p]  # treatment, adjusters, outcome among (X, y) with the cut
    whole = np.zeros((p + 1, p + 1))
    whole[np.ix_(shared, shared)] = model.rr.sum(axis=0)
    lower = np.tril_indices(p + 1)
    fixed = np.zeros(profile.packed(p + 1))
    fixed[: len(lower[0])] = whole[lower]
    rows = np.zeros((len(used.size), p + 1))
    rows[:, shared] = model.rr[:, 0, :]
    c = rows[:, :, None] * rows[:, None, :]
    g = np.zeros((len(used.size), len(fixed)))
    g[:, : len(lower[0])] = c[:, lower[0], lower[1]]
    _, _, u, v = line_arrays(model, reml)
    nu = contrasts - p if reml else float(used.size.sum())
    if contrasts - p <= 0:
        values[:, 6] = -1.0
        return values
    # without a random effect the df are those of the residual, which the kernel's Satterthwaite gives at lambda = 0
    method = METHODS[options.inference] if random or options.inference == "normal" else 1
    work = (profile.record(), profile.work_arrays(p))
    profile.scan(
        people.t,
        people.codes,
        np.ascontiguousarray(people.x[:, kept]),
        people.y,
        people.ends,
        used.size.astype(float),
        used.arms[:, 1].astype(float),
        fixed,
        rows,
        g,
        u,
        v,
        nu,
        reml,
        contrasts,
        random,
        method,
        limits,
        profile.GRID,
        work,
        values,
    )
    if not random and options.inference != "normal":
        values[:, 2] = contrasts - p
    return values


def _assemble(
    cuts: FloatArray,
    values: FloatArray,
    options: Options,
    used: CrossProducts,
    left_out: tuple[LeftOut, ...],
    single: Any,
) -> CutScan:
    estimate, variance, df_raw, tau2, sigma2, evaluations, state = values.T.copy()
    random = options.treatment_effect == "random" and len(used.size) > 1
    # Where (nearly) nothing is left to chance, or a sum is not finite, the single fit has the words for it.
    spread = NEARLY_EXACT * float(used.centred[:, -1, -1].sum()) / float(used.size.sum())
    state[~(sigma2 > spread) | ~np.isfinite(variance) | ~(variance > 0.0)] = -1.0
    with np.errstate(invalid="ignore"):
        std_error = np.sqrt(variance)
    floor = len(used.size) - 1.0 if options.df_floor == "trials-1" and options.treatment_effect == "random" else 0.0
    df = np.where(np.isfinite(df_raw), np.maximum(df_raw, floor), df_raw)
    boundary = (tau2 == 0.0) & random
    status = np.where(state == 1.0, np.where(boundary, "boundary", "ok"), "failed").astype("<U13")
    if not random:
        tau2[:] = 0.0 if len(used.size) > 1 else np.nan
    # Where a column of the cut is redundant the model loses it: left to the fit that knows what to do then.
    for k in np.flatnonzero(state == -1.0):
        fit = single(float(cuts[k]))
        assert fit.interaction is not None
        one = fit.interaction
        estimate[k], std_error[k], df[k], df_raw[k] = (
            float(value) for value in (one.estimate, one.std_error, one.df, one.df_raw)
        )
        tau2[k], sigma2[k], evaluations[k] = fit.tau2, float(np.mean(fit.sigma2)), fit.optimiser.evaluations
        status[k] = fit.status
    with np.errstate(invalid="ignore", divide="ignore"):
        p_value = student_p(estimate / std_error, df)
    people = int(used.size.sum())
    count = evaluations.astype(np.int64)
    return CutScan(
        cuts, estimate, std_error, df, df_raw, p_value, tau2, sigma2, status, count, len(used.size), people, left_out
    )


def _empty(left_out: tuple[LeftOut, ...]) -> CutScan:
    none = np.zeros(0)
    return CutScan(
        none, none, none, none, none, none, none, none, np.zeros(0, "<U13"), np.zeros(0, np.int64), 0, 0, left_out
    )

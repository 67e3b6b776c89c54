"""The interaction of treatment with `x <= c` for every cut c of one covariate, in one pass.

In: arrays with a row a participant. Out: arrays with a row a cut.
Method: people are sorted by the covariate once; going from cut to cut, the few whose value lies between are added to the
sums of their trial, and the one-step model with S = (x <= c) as main effect and product is fitted from the sums alone,
by the kernels that fit any candidate set (candidate.py). Subgroup searches do this millions of times (Lipkovich et al. 2011,
Stat Med 30:2601; Mistry, Stallard & Underwood 2018, Stat Med 37:3047).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .candidate import DF, DONE, INADMISSIBLE, SINGULAR, STATE, enter, fit_entered, make_node, make_space, unsound
from .choices import Approximation, DfFloor, Estimation, TreatmentEffect
from .compiled import kernel
from .crossproducts import Columns, CrossProducts, FloatArray, IntArray, columns
from .design import Options
from .effect import student_log_p, student_p
from .one_step import ExcludedParticipants, OneStepFit, both_arms, fit_one_step


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
    excluded : tuple of ExcludedParticipants
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
    excluded: tuple[ExcludedParticipants, ...]

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
    treatment_effect: TreatmentEffect = "random",
    estimation: Estimation = "reml",
    inference: Approximation = "kenward-roger",
    df_floor: DfFloor = "trials-1",
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
    used, excluded = both_arms(everyone)
    if len(used.size) == 0:
        return _empty(excluded)
    people = _sort(with_cut, everyone)
    limits = np.array([max(min_size, 1), max(min_arm, 1), max(min_trials, 0)], np.int64)
    values = _run(people, _without_last_adjuster(used), options, limits)
    keep = values[:, STATE] != INADMISSIBLE
    rest: Any = {
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

    return _assemble(people.cuts[keep], values[keep], options, used, excluded, single)


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
    """Prepare what all cuts share, and run through them."""
    values = np.full((len(people.cuts), 7), np.nan)
    prepared = make_node(used, options)
    if prepared is None:
        values[:, STATE] = SINGULAR
        return values
    node, kept = prepared
    x = np.ascontiguousarray(people.x[:, kept])
    _scan(people.t, people.codes, x, people.y, people.ends, limits, node, make_space(node), values)
    if not node.random and options.inference != "normal":
        values[:, DF] = node.contrasts - (len(kept) + 3)
    return values


@kernel
def _tally(node, arms, both, left):  # type: ignore[no-untyped-def]
    """Nobody is on the low side yet: fill people by [side, arm], trials with both arms by side, and who is left."""
    for i in range(node.size.shape[0]):
        left[i, 1] = node.treated[i]
        left[i, 0] = node.size[i] - node.treated[i]
        arms[1, 1] += int(left[i, 1])
        arms[1, 0] += int(left[i, 0])
        both[1] += 1


@kernel
def _too_small(arms, both, limits):  # type: ignore[no-untyped-def]
    """Whether a side holds fewer people, people of an arm, or trials with both arms than asked for."""
    small = False
    for side in range(2):
        if arms[side, 0] + arms[side, 1] < limits[0] or both[side] < limits[2]:
            small = True
        if arms[side, 0] < limits[1] or arms[side, 1] < limits[1]:
            small = True
    return small


@kernel
def _scan(t, codes, x, y, ends, limits, node, space, out):  # type: ignore[no-untyped-def]
    """All cuts of one covariate. People stand in its order; x and y are centred within trials; a cut follows each end.

    A cut differs from the one before it by the people whose value lies between: only their trials change, and the last
    lambda is where the next search starts. limits: min_size, min_arm, min_trials. Fills a row a cut, as `fit_set` does;
    the state is 2 where the cut is not admissible.
    """
    trials = node.size.shape[0]
    a = x.shape[1]
    low = np.zeros((trials, 2, a + 2))
    changed = np.zeros(trials, np.bool_)
    arms = np.zeros((2, 2), np.int64)
    both = np.zeros(2, np.int64)
    left = np.empty((trials, 2))
    _tally(node, arms, both, left)
    warm = -1.0
    start = 0
    for cut in range(ends.shape[0]):
        for j in range(start, ends[cut]):
            i = codes[j]
            arm = 1 if t[j] == 1.0 else 0
            if low[i, arm, 0] == 0.0 and low[i, 1 - arm, 0] > 0.0:
                both[0] += 1
            low[i, arm, 0] += 1.0
            left[i, arm] -= 1.0
            if left[i, arm] == 0.0 and left[i, 1 - arm] > 0.0:
                both[1] -= 1
            arms[0, arm] += 1
            arms[1, arm] -= 1
            for k in range(a):
                low[i, arm, 1 + k] += x[j, k]
            low[i, arm, a + 1] += y[j]
            changed[i] = True
        start = ends[cut]
        if _too_small(arms, both, limits):
            out[cut, 6] = 2.0
            continue
        for i in range(trials):
            if changed[i]:
                changed[i] = False
                enter(i, low[i], False, node, space)
        lam = fit_entered(warm, node, space, out[cut])
        if lam > 0.0:
            warm = lam


def _assemble(
    cuts: FloatArray,
    values: FloatArray,
    options: Options,
    used: CrossProducts,
    excluded: tuple[ExcludedParticipants, ...],
    single: Any,
) -> CutScan:
    estimate, variance, df_raw, tau2, sigma2, evaluations, state = values.T.copy()
    random = options.treatment_effect == "random" and len(used.size) > 1
    state[unsound(values, used)] = SINGULAR
    with np.errstate(invalid="ignore"):
        std_error = np.sqrt(variance)
    floor = len(used.size) - 1.0 if options.df_floor == "trials-1" and options.treatment_effect == "random" else 0.0
    df = np.where(np.isfinite(df_raw), np.maximum(df_raw, floor), df_raw)
    boundary = (tau2 == 0.0) & random
    status = np.where(state == DONE, np.where(boundary, "boundary", "ok"), "failed").astype("<U13")
    if not random:
        tau2[:] = 0.0 if len(used.size) > 1 else np.nan
    # Where a column of the cut is redundant the model loses it: left to the fit that knows what to do then.
    for k in np.flatnonzero(state == SINGULAR):
        fit = single(float(cuts[k]))
        assert fit.interaction is not None
        item = fit.interaction
        estimate[k], std_error[k], df[k], df_raw[k] = (
            float(value) for value in (item.estimate, item.std_error, item.df, item.df_raw)
        )
        tau2[k], sigma2[k], evaluations[k] = fit.tau2, float(np.mean(fit.sigma2)), fit.optimiser.evaluations
        status[k] = fit.status
    with np.errstate(invalid="ignore", divide="ignore"):
        p_value = student_p(estimate / std_error, df)
    people = int(used.size.sum())
    count = evaluations.astype(np.int64)
    return CutScan(
        cuts, estimate, std_error, df, df_raw, p_value, tau2, sigma2, status, count, len(used.size), people, excluded
    )


def _empty(excluded: tuple[ExcludedParticipants, ...]) -> CutScan:
    none = np.zeros(0)
    return CutScan(
        none, none, none, none, none, none, none, none, np.zeros(0, "<U13"), np.zeros(0, np.int64), 0, 0, excluded
    )

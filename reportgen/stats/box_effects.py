"""The effect of treatment among the people of a box, and its interaction with the box, from sums by trial.

In: for each trial the sums over the people of a box of 1, of w = (treatment, adjusters, outcome) and of the products
w w', adjusters and outcome centred within trials of the whole comparison. Out: a row of numbers a box.
Method: inside, the sums give the cross-products of a one-step model of these people alone; for t x inside, they are the
sums of a candidate set in the whole comparison (candidate.py). Both go to the kernels of a single model (profile.py).
What the kernels cannot fit (a column that is redundant inside, no residual variance) is said by the state, and is for
`fit_one_step`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .candidate import DF, DONE, ESTIMATE, METHODS, SIGMA2, SINGULAR, STATE, VARIANCE, Node, Space, fit_set
from .crossproducts import FloatArray, IntArray
from .effect import Effect
from .one_step import OneStepFit
from .profile import GRID, evaluate, kernel, minimise, packed, record, uncertainty, work_arrays

# Below this share of its usual variance a column inside a box is left to the fit that centres it exactly.
HARDLY_VARIES = 1e-4
TRIALS = 5  # column of the trials that entered the fit inside; the other columns are those of candidate.py


class Inside(NamedTuple):
    """What the fits inside boxes share, and their scratch space. A named tuple, since numba knows no dataclasses.

    Attributes
    ----------
    random : bool
        Whether the effect of treatment varies between trials.
    usual : ndarray (p + 1,)
        Variance of treatment, adjusters and outcome within trials of the whole comparison.
    """

    random: bool
    usual: FloatArray
    grid: FloatArray
    method: int
    g: FloatArray
    u: FloatArray
    a0: FloatArray
    row: FloatArray
    work: tuple[Any, ...]
    record: FloatArray


def make_inside(whole: FloatArray, random: bool) -> Inside:
    """Prepare the fits inside boxes; `whole` (K, w): the sums over everybody."""
    columns = column_count(whole.shape[1])
    length = packed(columns)
    size = whole[:, 0]
    diagonal = np.array([1 + columns + k * (k + 3) // 2 for k in range(columns)])
    spread = whole[:, diagonal] - whole[:, 1 : 1 + columns] ** 2 / size[:, None]
    return Inside(
        random,
        spread.sum(axis=0) / size.sum(),
        GRID,
        METHODS["kenward-roger"],
        np.zeros((len(whole), length)),
        np.zeros(len(whole)),
        np.zeros(length),
        np.zeros(columns),
        work_arrays(columns - 1),
        record(),
    )


def column_count(width: int) -> int:
    """How many columns w stand behind rows of sums of this width."""
    return next(m for m in range(width) if 1 + m + m * (m + 1) // 2 == width)


def covariate_rows(treatment: FloatArray, adjusters: FloatArray) -> FloatArray:
    """Rows of 1, w and w w' (packed lower triangle), one a person, the outcome still zero."""
    w = np.column_stack([treatment, adjusters, np.zeros(len(treatment))])
    first, second = np.tril_indices(w.shape[1])
    return np.ascontiguousarray(np.column_stack([np.ones(len(w)), w, w[:, first] * w[:, second]]))


def with_outcome(rows: FloatArray, outcome: FloatArray) -> FloatArray:
    """The same rows with the outcome, already centred within trials."""
    columns = column_count(rows.shape[1])
    filled = rows.copy()
    filled[:, columns] = outcome
    filled[:, -columns:-1] = rows[:, 1:columns] * outcome[:, None]
    filled[:, -1] = outcome * outcome
    return filled


def sum_by_trial(rows: FloatArray, trial: IntArray, trials: int) -> FloatArray:
    """Sums of the rows by trial, (K, w)."""
    total = np.zeros((trials, rows.shape[1]))
    np.add.at(total, trial, rows)
    return total


def people(sums: FloatArray) -> IntArray:
    """Number of people in each group."""
    return np.asarray(np.rint(sums[:, :, 0].sum(axis=1)), np.int64)


def trials_with_both_arms(sums: FloatArray) -> IntArray:
    """Number of trials of each group with people in both arms."""
    intervention, control = sums[:, :, 1], sums[:, :, 0] - sums[:, :, 1]
    return np.asarray(np.sum((intervention > 0.5) & (control > 0.5), axis=1))


def sound(values: FloatArray, inside: Inside) -> NDArray[np.bool_]:
    """Which rows the kernels vouch for; the others are for `fit_one_step`."""
    least = HARDLY_VARIES**2 * inside.usual[-1]
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (values[:, STATE] == DONE)
            & (values[:, VARIANCE] > 0.0)
            & np.isfinite(values[:, VARIANCE])
            & (values[:, SIGMA2] > least)
        )


def as_row(fit: OneStepFit, effect: Effect | None) -> list[float]:
    """A row for what `fit_one_step` said; NaN where it says nothing. Its state remains that of a row to be fitted."""
    if effect is None or fit.status not in ("ok", "boundary"):
        return [np.nan] * 6 + [SINGULAR]
    estimate, std_error, df = float(effect.estimate), float(effect.std_error), float(effect.df_raw)
    return [estimate, std_error**2, df, fit.tau2, float(np.mean(fit.sigma2)), float(fit.trials), SINGULAR]


def as_effect(row: FloatArray, floor: float) -> Effect:
    """The effect in a row, its df at least `floor`."""
    df = float(row[DF])
    return Effect(float(row[ESTIMATE]), float(np.sqrt(row[VARIANCE])), max(df, floor), df)


def interactions(sums: FloatArray, node: Node, space: Space) -> FloatArray:
    """t x inside in the whole comparison for each box, (c, 7) with the columns of candidate.py."""
    values = np.full((len(sums), 7), np.nan)
    _interactions(sums, node, space, values)
    return values


def effects_inside(sums: FloatArray, inside: Inside) -> FloatArray:
    """Effect of treatment among the people of each box, (c, 7); column `TRIALS` counts the trials with both arms."""
    values = np.full((len(sums), 7), np.nan)
    _effects_inside(sums, inside, values)
    return values


@kernel
def _interactions(sums, node, space, values):  # type: ignore[no-untyped-def]
    columns = space.rows.shape[1] - 2
    low = np.zeros((sums.shape[1], 2, columns))
    warm = -1.0
    for box in range(sums.shape[0]):
        for i in range(sums.shape[1]):
            total = sums[box, i]
            low[i, 1, 0] = total[1]
            low[i, 0, 0] = total[0] - total[1]
            at = 1 + columns
            for k in range(1, columns):
                at += k
                low[i, 1, k] = total[at]  # treatment x column k
                low[i, 0, k] = total[1 + k] - total[at]
        lam = fit_set(low, False, warm, node, space, values[box])
        warm = lam if lam > 0.0 else -1.0


@kernel
def _effects_inside(sums, inside, values):  # type: ignore[no-untyped-def]
    warm = -1.0
    for box in range(sums.shape[0]):
        lam = _fit_inside(sums[box], warm, inside, values[box])
        warm = lam if lam > 0.0 else -1.0


@kernel
def _fit_inside(sums, warm, inside, values):  # type: ignore[no-untyped-def]
    """Fit y = phi_i + x b + t (theta + u_i) + e among the people of a box; return lambda."""
    a0, g, u, out, work = inside.a0, inside.g, inside.u, inside.record, inside.work
    p = inside.row.shape[0] - 1
    trials, people = _enter_trials(sums, inside)
    nu = people - trials - p
    values[5] = trials
    values[6] = -1.0
    if trials == 0 or nu <= 0.0:
        return 0.0
    for k in range(1, p):
        if not a0[k * (k + 3) // 2] > HARDLY_VARIES * inside.usual[k] * people:
            return 0.0
    lam = 0.0
    random = inside.random and trials > 1
    seen = trials if random else 0  # trials that the kernels are shown: without a random effect the sums are enough
    if random:
        lam, _, _, _, state = minimise(a0, g[:seen], u[:seen], u[:seen], nu, True, p, warm, inside.grid, work, out)
    else:
        state = 1 if evaluate(0.0, a0, g[:seen], u[:seen], u[:seen], nu, True, p, work, out) else -1
    sigma2 = out[3] / nu
    if state < 0 or not sigma2 > HARDLY_VARIES * HARDLY_VARIES * inside.usual[p]:
        return 0.0
    # without a random effect the df are those of the residual, which Satterthwaite's kernel gives at lambda = 0
    method = inside.method if random else 1
    variance, df = uncertainty(lam, 0, u[:seen], nu, people - trials, p, method, work, out)
    values[0] = -work[4][0]
    values[1] = variance
    values[2] = df
    values[3] = lam * sigma2
    values[4] = sigma2
    values[6] = state if df != -1.0 else -1.0
    return lam


@kernel
def _enter_trials(sums, inside):  # type: ignore[no-untyped-def]
    """Fill A_0, rows and u from the trials with both arms; return how many they are, and their people."""
    columns = inside.row.shape[0]
    for h in range(inside.a0.shape[0]):
        inside.a0[h] = 0.0
    trials = 0
    people = 0.0
    for i in range(sums.shape[0]):
        total = sums[i]
        n = total[0]
        if total[1] < 0.5 or n - total[1] < 0.5:
            continue
        at = 0
        for k in range(columns):
            for h in range(k + 1):
                c = total[1 + columns + at] - total[1 + k] * total[1 + h] / n
                inside.a0[at] += c
                if h == 0:
                    inside.row[k] = c
                at += 1
        at = 0
        for k in range(columns):
            for h in range(k + 1):
                inside.g[trials, at] = inside.row[k] * inside.row[h]
                at += 1
        inside.u[trials] = inside.row[0]
        trials += 1
        people += n
    return trials, people

"""The effect of treatment among the people of a box, and its interaction with the box, from sums by trial.

In: for each trial the sums over the people of a box of 1, of w = (treatment, adjusters, outcome) and of the products
w w', adjusters and outcome centred within trials of the whole comparison. Out: a row of numbers a box.
Method: for t x inside the sums are those of a candidate set in the whole comparison (candidate.py); inside they give the
cross-products of a one-step model of these people alone (inside.py).
What the kernels cannot fit (a column that is redundant inside, no residual variance) is said by the state, and is for
`fit_one_step`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .candidate import DF, DONE, ESTIMATE, SIGMA2, SINGULAR, STATE, VARIANCE, Node, Space, fit_set
from .compiled import kernel, leaf
from .crossproducts import FloatArray, IntArray
from .effect import Effect
from .inside import HARDLY_VARIES, InsideSpace, fit_inside, make_inside_space
from .one_step import OneStepFit
from .own_slopes import OwnNode, fit_own, make_own_space


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """What the fits inside boxes share.

    Attributes
    ----------
    random : bool
        Whether the effect of treatment varies between trials.
    usual : ndarray (a + 2,)
        Variance of treatment, adjusters and outcome within trials of the whole comparison.
    space : InsideSpace
    """

    random: bool
    usual: FloatArray
    space: InsideSpace


def make_inside(whole: FloatArray, random: bool) -> Inside:
    """Prepare the fits inside boxes; `whole` (K, w): the sums over everybody."""
    columns = column_count(whole.shape[1])
    usual = _spread(whole[None])[0] / whole[:, 0].sum()
    return Inside(random, usual, make_inside_space(len(whole), columns - 2))


def _spread(sums: FloatArray) -> FloatArray:
    """Sums of squares of each column about its trial means, over the trials with both arms: (c, a + 2)."""
    columns = column_count(sums.shape[2])
    diagonal = np.array([1 + columns + k * (k + 3) // 2 for k in range(columns)])
    both = _both_arms(sums)
    size = np.where(both, sums[:, :, 0], 1.0)
    about = sums[:, :, diagonal] - sums[:, :, 1 : 1 + columns] ** 2 / size[:, :, None]
    return np.asarray(np.einsum("cik,ci->ck", about, both.astype(float)))


def column_count(width: int) -> int:
    """How many columns w stand behind rows of sums of this width.

    Examples
    --------
    >>> column_count(covariate_rows(np.array([0.0, 1.0]), np.array([[3.0], [4.0]])).shape[1])
    3
    """
    return next(m for m in range(width) if 1 + m + m * (m + 1) // 2 == width)


def covariate_rows(treatment: FloatArray, adjusters: FloatArray) -> FloatArray:
    """Rows of 1, w and w w' (packed lower triangle), one a person, the outcome still zero.

    Examples
    --------
    >>> covariate_rows(np.array([0.0, 1.0]), np.array([[3.0], [4.0]])).tolist()[1]
    [1.0, 1.0, 4.0, 0.0, 1.0, 4.0, 16.0, 0.0, 0.0, 0.0]
    """
    w = np.column_stack([treatment, adjusters, np.zeros(len(treatment))])
    first, second = np.tril_indices(w.shape[1])
    return np.ascontiguousarray(np.column_stack([np.ones(len(w)), w, w[:, first] * w[:, second]]))


def with_outcome(rows: FloatArray, outcome: FloatArray) -> FloatArray:
    """The same rows with the outcome, already centred within trials.

    Examples
    --------
    >>> rows = covariate_rows(np.array([0.0, 1.0]), np.array([[3.0], [4.0]]))
    >>> with_outcome(rows, np.array([-2.0, 2.0])).tolist()[1]
    [1.0, 1.0, 4.0, 2.0, 1.0, 4.0, 16.0, 2.0, 8.0, 4.0]
    """
    columns = column_count(rows.shape[1])
    filled = rows.copy()
    filled[:, columns] = outcome
    filled[:, -columns:-1] = rows[:, 1:columns] * outcome[:, None]
    filled[:, -1] = outcome * outcome
    return filled


def sum_by_trial(rows: FloatArray, trial: IntArray, trials: int) -> FloatArray:
    """Sums of the rows by trial, (K, w)."""
    return np.column_stack([np.bincount(trial, column, minlength=trials) for column in rows.T])


def people(sums: FloatArray) -> IntArray:
    """Number of people in each group."""
    return np.asarray(np.rint(sums[:, :, 0].sum(axis=1)), np.int64)


def trials_with_both_arms(sums: FloatArray) -> IntArray:
    """Number of trials of each group with people in both arms."""
    return np.asarray(_both_arms(sums).sum(axis=1))


def _both_arms(sums: FloatArray) -> NDArray[np.bool_]:
    """Which trials have people of each group in both arms."""
    intervention, control = sums[:, :, 1], sums[:, :, 0] - sums[:, :, 1]
    return np.asarray((intervention > 0.0) & (control > 0.0))


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


def interactions(sums: FloatArray, node: Node, space: Space, within: bool = False) -> FloatArray:
    """t x inside in the whole comparison for each box, (c, 7) with the columns of candidate.py."""
    values = np.full((len(sums), 7), np.nan)
    fit_differences(sums, within, node, space, values)
    return values


def own_rows(treatment: FloatArray, columns: FloatArray, outcome: FloatArray) -> FloatArray:
    """What is summed besides where trials have slopes of their own: columns and outcome, F swept out, and those of the treated.

    Examples
    --------
    >>> own_rows(np.array([0.0, 1.0]), np.array([[3.0], [4.0]]), np.array([1.0, 2.0])).tolist()
    [[3.0, 1.0, 0.0, 0.0], [4.0, 2.0, 4.0, 2.0]]
    """
    w = np.column_stack([columns, outcome])
    return np.column_stack([w, treatment[:, None] * w])


def own_interactions(sums: FloatArray, within: bool, node: OwnNode) -> FloatArray:
    """The same as `interactions` where trials have slopes of their own; the last columns of sums are those of `own_rows`."""
    values = np.full((len(sums), 7), np.nan)
    width = node.base.shape[1] - 2  # a + 2: basis, treatment, outcome
    low = np.zeros((*sums.shape[:2], 2, 1 + width))
    low[:, :, 1, 0] = sums[:, :, 1]
    low[:, :, 0, 0] = sums[:, :, 0] - sums[:, :, 1]
    low[:, :, 1, 1:] = sums[:, :, -width:]
    low[:, :, 0, 1:] = sums[:, :, -2 * width : -width] - sums[:, :, -width:]
    _own_interactions(low, within, node, make_own_space(node), values)
    return values


def effects_inside(sums: FloatArray, inside: Inside) -> FloatArray:
    """Effect of treatment among the people of each group, (c, 7) with the columns of inside.py."""
    values = np.full((len(sums), 7), np.nan)
    fit_effects(sums, inside.random, inside.space, values)
    used = np.einsum("ci,ci->c", sums[:, :, 0], _both_arms(sums).astype(float))
    varies = _spread(sums)[:, 1:-1] > HARDLY_VARIES * inside.usual[1:-1] * used[:, None]
    values[~varies.all(axis=1), STATE] = SINGULAR
    return values


@leaf
def _enter(sums, low):  # type: ignore[no-untyped-def]
    """People, adjusters and outcome by trial and arm, as candidate.py and inside.py ask for them."""
    columns = low.shape[2]
    for i in range(sums.shape[0]):
        total = sums[i]
        low[i, 1, 0] = total[1]
        low[i, 0, 0] = total[0] - total[1]
        at = 1 + columns
        for k in range(1, columns):
            at += k
            low[i, 1, k] = total[at]  # treatment x column k
            low[i, 0, k] = total[1 + k] - total[at]


@kernel
def fit_differences(sums, within, node, space, values):  # type: ignore[no-untyped-def]
    """Fit treatment x inside for one box after another."""
    low = np.zeros((sums.shape[1], 2, space.rows.shape[1] - 2))
    warm = -1.0
    for box in range(sums.shape[0]):
        _enter(sums[box], low)
        lam = fit_set(low, within, warm, node, space, values[box])
        warm = lam if lam > 0.0 else -1.0


@kernel
def _own_interactions(low, within, node, space, values):  # type: ignore[no-untyped-def]
    warm = -1.0
    for box in range(low.shape[0]):
        lam = fit_own(
            low[box],
            within,
            warm,
            node,
            space.local,
            space.a0,
            space.rows,
            space.g,
            space.u,
            space.work,
            space.record,
            values[box],
        )
        warm = lam if lam > 0.0 else -1.0


@kernel
def fit_effects(sums, random, space, values):  # type: ignore[no-untyped-def]
    """Fit the effect of treatment inside one box after another."""
    columns = space.row.shape[0]
    low = np.zeros((sums.shape[1], 2, columns))
    squares = np.zeros((sums.shape[1], columns * (columns - 1) // 2))
    for box in range(sums.shape[0]):
        _enter(sums[box], low)
        for i in range(sums.shape[1]):
            to = 0
            for k in range(1, columns):
                for h in range(1, k + 1):
                    squares[i, to] = sums[box, i, 1 + columns + k * (k + 1) // 2 + h]
                    to += 1
        fit_inside(low, squares, random, space, values[box])

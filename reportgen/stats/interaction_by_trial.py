"""The interaction of treatment with a moderator in each trial by itself, and pooled.

In: arrays with a row a participant. Out: estimates, standard errors and people by trial, with their two-stage pooling.
Method: in each trial least squares on treatment, adjusters, the moderator and their product; the estimates pooled by REML with
the guarded Hartung-Knapp-Sidik-Jonkman test (two_stage.py), with Q and I2. Only information within trials enters (the "deft"
approach of Fisher, Carpenter, Morris, Freeman & Tierney 2017, BMJ 356:j573).
Of levels each contrast with the reference is pooled by itself, over the trials that have both levels on both sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .crossproducts import FloatArray, IntArray
from .crossproducts import columns as checked
from .design import Options, blocks
from .effect import Effect
from .levels import Levels
from .moderator_models import ROUNDING, People, complete
from .moderators import base_level
from .one_step import NEARLY_EXACT
from .two_stage import TwoStage, pool_two_stage

WITHOUT_LEVELS = "it does not have both levels on both sides"
FROM_ADJUSTERS = "the interaction cannot be distinguished from the adjusters"
CONSTANT_HERE = "the moderator does not vary on both sides"
Estimated = Callable[[NDArray[np.bool_], FloatArray], tuple[str, FloatArray]]


@dataclass(frozen=True, slots=True)
class Contrast:
    """One interaction, trial by trial; NaN where it is not estimable.

    Attributes
    ----------
    code : int
        Code of the level that is compared with the reference; -1 for a quantity.
    estimate, std_error, df : ndarray (K,)
        In units of the outcome, per step of a quantity.
    reason : tuple of str
        Why there is no estimate; empty where there is one.
    pooled : TwoStage
    """

    code: int
    estimate: FloatArray
    std_error: FloatArray
    df: FloatArray
    reason: tuple[str, ...]
    pooled: TwoStage

    def effect(self) -> Effect:
        """The estimates with p values and intervals, as arrays over the trials."""
        return Effect(self.estimate, self.std_error, self.df, self.df)


@dataclass(frozen=True, slots=True)
class InteractionByTrial:
    """Result of `interaction_by_trial`.

    Attributes
    ----------
    labels : ndarray (K,)
        Trials with both arms among the people analysed.
    n_control, n_intervention : ndarray (K,) of int
    reference : int
        As in `ModeratorFit`.
    contrasts : tuple of Contrast
        One for a quantity; for levels one for each but the reference.
    """

    labels: NDArray[Any]
    n_control: IntArray
    n_intervention: IntArray
    reference: int
    contrasts: tuple[Contrast, ...]


def interaction_by_trial(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderator: ArrayLike | Levels,
    *,
    adjusters: ArrayLike | None = None,
    reference: int = 0,
    per: float = 1.0,
) -> InteractionByTrial:
    """Estimate an interaction in each trial, and pool the estimates.

    Parameters
    ----------
    outcome, treatment, trial, moderator, adjusters, reference, per
        As for `screen_moderator`.

    Returns
    -------
    InteractionByTrial

    Raises
    ------
    ValueError
        As for `screen_moderator`.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> trial, treatment = np.repeat(["a", "b", "c", "d"], 100), np.tile([0, 1], 200)
    >>> age = rng.normal(50.0, 10.0, 400)
    >>> outcome = treatment * (3.0 - 0.2 * (age - 50.0)) + rng.normal(0.0, 4.0, 400)
    >>> by_trial = interaction_by_trial(outcome, treatment, trial, age, per=10.0)
    >>> by_trial.labels.tolist(), by_trial.contrasts[0].pooled.trials
    (['a', 'b', 'c', 'd'], 4)
    >>> low, high = by_trial.contrasts[0].pooled.interval()
    >>> bool(low < -2.0 < high)
    True
    """
    if not per > 0:
        raise ValueError(f"per must be positive, not {per}")
    people = complete(outcome, treatment, trial, moderator, adjusters)
    return contrasts_by_trial(people, moderator, reference, per, partial(_least_squares, people))


def contrasts_by_trial(
    people: People, moderator: ArrayLike | Levels, reference: int, per: float, estimated: Estimated
) -> InteractionByTrial:
    """Return the interaction in each trial, and pooled, as `estimated` finds each of them.

    Parameters
    ----------
    people : People
    moderator, reference, per
        As for `interaction_by_trial`.
    estimated : callable
        From a trial's people (n,) and the columns of the moderator among them, the wanted one first, to the reason why there is
        no estimate, and to estimate, standard error and df.
    """
    base = -1
    codes: tuple[int, ...] = (-1,)
    if isinstance(moderator, Levels):
        present = [int(code) for code in np.unique(people.values)]
        base = base_level(people, present, reference)
        codes = tuple(code for code in present if code != base)
    trials = np.unique(people.place)
    arms = [[int(np.sum((people.place == k) & (people.treatment == side))) for side in (0, 1)] for k in trials]
    counts = np.array(arms, np.int64).reshape(-1, 2)
    return InteractionByTrial(
        people.labels[trials],
        counts[:, 0],
        counts[:, 1],
        base,
        tuple(_contrast(people, trials, code, base, per, estimated) for code in codes),
    )


def _contrast(people: People, trials: IntArray, code: int, base: int, per: float, estimated: Estimated) -> Contrast:
    rows, reasons = np.full((len(trials), 3), np.nan), []
    for k, place in enumerate(trials):
        here = people.place == place
        reason, columns = _columns(people, here, code, base, per)
        if not reason:
            reason, rows[k] = estimated(here, columns)
        reasons.append(reason)
    estimate, std_error, df = rows.T
    return Contrast(code, estimate, std_error, df, tuple(reasons), pool_two_stage(estimate, std_error))


def _columns(people: People, here: NDArray[np.bool_], code: int, base: int, per: float) -> tuple[str, FloatArray]:
    """Return why the contrast cannot be had in this trial, or the columns of the moderator, the wanted one first."""
    values, treated = people.values[here], people.treatment[here] == 1.0
    sides = values[treated], values[~treated]
    if code < 0:
        # the smallest spread that is more than rounding, as for those that tell something of it in a screening
        varies = all(np.ptp(side) > ROUNDING * np.abs(side).max() for side in sides)
        return "" if varies else CONSTANT_HERE, values[:, None] / per
    both = np.intersect1d(*sides)
    others = [other for other in np.unique(values) if other not in (base, code)]
    columns = (values[:, None] == np.array([code, *others], float)).astype(float)
    return "" if base in both and code in both else WITHOUT_LEVELS, columns


def _least_squares(people: People, here: NDArray[np.bool_], columns: FloatArray) -> tuple[str, FloatArray]:
    """Return why not, and estimate, standard error and df of the product with the first column."""
    nothing = np.full(3, np.nan)
    centred = columns - columns.mean(axis=0)
    y, t = people.outcome[here], people.treatment[here]
    unit = 2.0 ** np.frexp(np.abs(y).max(initial=0.0))[1]  # a power of two: no digit changes, and no square overflows
    table = checked(y / unit, t, people.place[here], people.adjusters[here], centred)
    item = table.cross_products()
    model = blocks(item, Options(treatment_effect="common"))
    name = "treatment:moderator[0]"
    if name not in model.x_names:
        return FROM_ADJUSTERS, nothing
    if model.df <= 0:
        return "as many coefficients as participants", nothing
    p, a = model.p, model.rr[0]
    inverse = np.linalg.inv(a[:p, :p])
    resid = np.append(-inverse @ a[:p, p], 1.0)
    sigma2 = float(resid @ a @ resid) / model.df
    if not sigma2 > NEARLY_EXACT * float(item.centred[0, -1, -1]) / int(item.size[0]):
        return "the model reproduces the outcome exactly, so that no residual variance is left", nothing
    place = model.x_names.index(name)
    error = float(np.sqrt(sigma2 * inverse[place, place]))
    return "", np.array([-resid[place] * unit, error * unit, model.df])

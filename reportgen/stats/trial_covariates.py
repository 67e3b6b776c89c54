"""The interaction of treatment with a covariate that is one value of each trial: meta-regression within the one-step model.

In: arrays with a row a participant, the covariate constant within trials. Out: a `ModeratorFit` whose across reading alone is there:

    y = phi_i + x b + t (theta + u_i) + gamma_A t z_i + e

gamma_A compares trials, which nobody randomised. Kenward and Roger's df come to about K - 1 - q with q coefficients, as Knapp and
Hartung's do in two stages (2003, Statistics in Medicine 22:2693), and have their floor there. Events have the generalised model of
`moderators_glmm`, and t with K - 1 - q.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .choices import AdjusterSlopes, Approximation, DfFloor, Residual, TreatmentEffect
from .crossproducts import FloatArray
from .design import Options
from .effect import NOTHING, Effect
from .levels import Levels
from .moderator_models import (
    ALIKE_MEANS,
    People,
    Reading,
    complete,
    fit_model,
    means_alike,
    nothing,
    reading_of,
    trial_means,
)
from .moderators import (
    PEOPLE_PER_SLOPE,
    ModeratorFit,
    count_entered,
    is_lost,
    moderator_columns,
    unusable,
    values_wanted,
)
from .moderators_glmm import screen_moderator_glmm

OF_TRIALS = "it is one value of each trial"


def screen_trial_covariate(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    covariate: ArrayLike | Levels,
    *,
    adjusters: ArrayLike | None = None,
    site: ArrayLike | None = None,
    reference: int = 0,
    per: float = 1.0,
    percentiles: Sequence[float] = (),
    minimum_trials: int = 1,
    treatment_effect: TreatmentEffect = "random",
    inference: Approximation = "kenward-roger",
    df_floor: DfFloor = "trials-1",
    adjuster_slopes: AdjusterSlopes = "common",
    people_per_slope: int = PEOPLE_PER_SLOPE,
    residual: Residual = "common",
    search: bool = True,
) -> ModeratorFit:
    """Estimate the interaction of treatment with a covariate of trials.

    Parameters
    ----------
    covariate : array_like (n,) or Levels
        The same for all people of a trial; NaN where it is not known.
    outcome, treatment, trial, adjusters, site, reference, per, percentiles, minimum_trials, treatment_effect, inference
        As for `screen_moderator`.
    df_floor : {"trials-1", "none"}
        "trials-1": at least K - 1 - q, q coefficients.
    adjuster_slopes, people_per_slope, residual, search
        As for `screen_moderator`.

    Returns
    -------
    ModeratorFit
        Whose within and naive readings are not there. q + 2 trials are needed.

    Raises
    ------
    ValueError
        As for `screen_moderator`, and where the covariate varies within a trial.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> trial, treatment = np.repeat(np.arange(8), 60), np.tile([0, 1], 240)
    >>> year = 2000.0 + 2.0 * trial
    >>> outcome = treatment * (1.0 + 0.2 * (year - 2000.0)) + rng.normal(0.0, 2.0, 480)
    >>> fit = screen_trial_covariate(outcome, treatment, trial, year, per=10.0, percentiles=[50])
    >>> fit.within.reason, fit.across.status, bool(fit.across.each[0].df > 5.0)
    ('it is one value of each trial', 'boundary', True)
    """
    if not per > 0:
        raise ValueError(f"per must be positive, not {per}")
    people = complete(outcome, treatment, trial, covariate, adjusters, site)
    if any(np.ptp(people.values[people.place == k]) for k in np.unique(people.place)):
        raise ValueError("the covariate varies within a trial: `screen_moderator` is for such ones")
    coded = moderator_columns(people, covariate, reference, per)
    wanted, values = values_wanted(people, coded, percentiles, per)
    q = coded.columns.shape[1]
    options = Options(
        treatment_effect=treatment_effect,
        inference=inference,
        df_floor=df_floor,
        adjuster_slopes=adjuster_slopes,
        people_per_slope=people_per_slope,
        residual=residual,
        floor_trials=max(people.trials - q, 1),
    )
    reason = unusable(people, minimum_trials) or _too_alike(people, coded.columns)
    if reason:
        across, at = nothing(max(q, 1), "not estimable", reason), tuple(NOTHING for _ in wanted)
    else:
        centre = coded.columns.mean(axis=0)
        fit = fit_model(people, people.adjusters, coded.columns - centre, options, search)
        across = reading_of(fit, q, ALIKE_MEANS, people)
        at = tuple(
            NOTHING
            if is_lost(across, row, coded.codes)
            else fit_model(people, people.adjusters, coded.columns - row, options, search).effect
            for row in wanted
        )
    entered = count_entered(people, np.ones(len(people.place), dtype=bool))
    return _of_trials(ModeratorFit(
        codes=coded.codes, reference=coded.reference, within=across, naive=across, across=across, separate=False, at=at,
        at_values=values, entered=entered, telling=entered, in_these_trials=across, in_new_trials=across,
    ))  # fmt: skip


def screen_trial_covariate_glmm(
    outcome: ArrayLike, treatment: ArrayLike, trial: ArrayLike, covariate: ArrayLike | Levels, **asked: Any
) -> ModeratorFit:
    """Estimate the interaction of treatment with a covariate of trials on events.

    Parameters
    ----------
    covariate : array_like (n,) or Levels
        The same for all people of a trial; NaN where it is not known.
    outcome, treatment, trial
        As for `screen_moderator_glmm`.
    **asked
        As for `screen_moderator_glmm`, but for `reading` and `interaction_effect`.

    Returns
    -------
    ModeratorFit
        As of `screen_trial_covariate`.
    """
    fit = screen_moderator_glmm(
        outcome, treatment, trial, covariate, reading="naive", interaction_effect="common", **asked
    )
    df = float(fit.across.each[0].df)
    known = fit.across.estimated
    at = tuple(Effect(item.estimate, item.std_error, df, df) if known else NOTHING for item in fit.at)
    return _of_trials(replace(fit, at=at, telling=fit.entered))


def _too_alike(people: People, columns: FloatArray) -> str:
    """Why there are too few trials, or none that differ; an empty text where there are enough."""
    return means_alike(people, columns, trial_means(people.place, columns) - columns.mean(axis=0))


def _of_trials(fit: ModeratorFit) -> ModeratorFit:
    """Return a fit without the readings that need people of one trial to differ."""
    none: Reading = nothing(len(fit.across.each), "not estimable", OF_TRIALS)
    return replace(
        fit, within=none, naive=none, in_these_trials=none, in_new_trials=none, separate=False, across_trials=True
    )

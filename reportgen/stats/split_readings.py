"""Both readings of a split: whether the difference between its sides holds in these trials, and in new ones.

In: arrays with a row a participant of the node that was split. Out: the interaction with the side, common to the trials as the
search took it, and varying between them. Method: the model of the search (partition.py), with a random column
t (S - mean of S in the trial) for the second reading, whatever information is asked for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .choices import AdjusterSlopes, Approximation, DfFloor, Information, Residual, TreatmentEffect
from .design import Options
from .moderator_models import Reading, complete, fit_model, nothing, reading_of, trial_means
from .moderators import PEOPLE_PER_SLOPE, code_moderator, unusable

NOT_DISTINGUISHED = "the sides cannot be distinguished from the trials"


def split_readings(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    inside: ArrayLike,
    *,
    adjusters: ArrayLike | None = None,
    information: Information = "pooled",
    treatment_effect: TreatmentEffect = "random",
    inference: Approximation = "kenward-roger",
    df_floor: DfFloor = "trials-1",
    adjuster_slopes: AdjusterSlopes = "common",
    people_per_slope: int = PEOPLE_PER_SLOPE,
    residual: Residual = "common",
) -> tuple[Reading, Reading]:
    """Estimate the effect of treatment inside minus that outside, in these trials and in new ones.

    Parameters
    ----------
    outcome, treatment, trial, adjusters : array_like
        Of the people of the node, as for `fit_one_step`.
    inside : array_like (n,) of bool
        Which of them stand on the side in question.
    information : {"pooled", "within"}
        As for `partition`.
    treatment_effect, inference, df_floor, adjuster_slopes, people_per_slope, residual
        As for `screen_moderator`.

    Returns
    -------
    tuple of Reading, Reading
        With an interaction common to the trials, and with one that varies; its df floor counts the trials that have both
        sides in both arms.

    Raises
    ------
    ValueError
        As for `screen_moderator`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> trial, treatment = np.repeat(["a", "b", "c"], 200), np.tile([0.0, 1.0], 300)
    >>> age = rng.integers(20, 70, 600)
    >>> outcome = treatment * (age <= 45) + rng.normal(size=600)
    >>> these, new = split_readings(outcome, treatment, trial, age <= 45)
    >>> bool(these.p_value < 0.01), bool(new.p_value >= these.p_value)
    (True, True)
    """
    options = Options(
        treatment_effect=treatment_effect,
        inference=inference,
        df_floor=df_floor,
        adjuster_slopes=adjuster_slopes,
        moderator_slopes=adjuster_slopes,
        people_per_slope=people_per_slope,
        residual=residual,
    )
    people = complete(outcome, treatment, trial, np.asarray(inside, float), adjusters)
    reason = unusable(people, 1)
    if reason:
        none = nothing(1, "not estimable", reason)
        return none, none
    coded = code_moderator(people, people.values, 0, 1.0, options, True)
    means = trial_means(people.place, coded.columns)
    columns = coded.columns - (means if information == "within" else 0.0)
    these, new = (
        reading_of(fit_model(people, people.adjusters, columns, plan), 1, NOT_DISTINGUISHED, people)
        for plan in (coded.plan.common, coded.plan.random)
    )
    return these, new

"""Whether the difference between the sides of a split of events holds in new trials.

In: arrays with a row a participant of the node that was split. Out: the interaction with the side, varying between trials.
Method: the model of moderators_glmm.py with a random column (t - tbar_i) (S - Sbar_i), whatever information is asked for; t with one
df fewer than trials that have both sides in both arms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .choices import Information, Link, TreatmentEffect
from .events import event_participants
from .moderator_models import Reading, count_trials, nothing, telling_people, trial_means
from .moderators import counted_by_floor, unusable
from .moderators_glmm import differing, event_people, reading_of_interaction
from .one_step_glmm import GlmmOptions, fit_participants
from .split_readings import NOT_DISTINGUISHED


def event_split_in_new_trials(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    inside: ArrayLike,
    *,
    link: Link = "logit",
    exposure: ArrayLike | None = None,
    adjusters: ArrayLike | None = None,
    information: Information = "pooled",
    treatment_effect: TreatmentEffect = "random",
) -> Reading:
    """Estimate the log ratio inside over that outside where it varies between trials.

    Parameters
    ----------
    outcome, treatment, trial, link, exposure, adjusters, treatment_effect
        As for `fit_one_step_glmm`.
    inside : array_like (n,) of bool
        Who stands on the side in question.
    information : {"pooled", "within"}
        As for `partition`.

    Returns
    -------
    Reading

    Raises
    ------
    ValueError
        As for `fit_one_step_glmm`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> trial, treatment = np.repeat(["a", "b", "c"], 400), np.tile([0, 1], 600)
    >>> age = rng.integers(20, 70, 1200)
    >>> relapse = rng.random(1200) < 0.2 + 0.3 * treatment * (age <= 45)
    >>> new = event_split_in_new_trials(relapse, treatment, trial, age <= 45)
    >>> new.status, bool(new.p_value < 0.1)
    ('boundary', True)
    """
    data = differing(event_people(outcome, treatment, trial, np.asarray(inside, float), link, exposure, adjusters))
    people = data.people
    reason = unusable(people, 1)
    if reason:
        return nothing(1, "not estimable", reason)
    side = people.values[:, None]
    columns = side - (trial_means(people.place, side) if information == "within" else side.mean(axis=0))
    rows = event_participants(
        people.outcome, people.treatment, people.place, link, people.adjusters, data.exposure, columns
    )
    fit = fit_participants(rows, GlmmOptions(link, treatment_effect, interaction_effect="random", widened=True))
    telling = count_trials(people.place[telling_people(people, levels=True)])
    return reading_of_interaction(fit, 1, float(counted_by_floor(telling) - 1), NOT_DISTINGUISHED, people)

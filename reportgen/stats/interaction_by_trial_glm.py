"""The interaction of treatment with a moderator of events in each trial by itself, and pooled.

In: arrays with a row a participant. Out: estimates, standard errors and people by trial, with their two-stage pooling, as
`interaction_by_trial` gives them, on the scale of log ratios.
Method: in each trial logistic or Poisson regression on treatment, adjusters, the moderator and their product, by statsmodels' GLM.
A trial in which an arm has nobody (or only people) with the event, or in which the columns separate people with the event from the
others, has no finite estimate and that for a reason.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .choices import Link
from .crossproducts import FloatArray
from .crossproducts import columns as checked
from .design import Options, blocks, column_names
from .interaction_by_trial import FROM_ADJUSTERS, InteractionByTrial, contrasts_by_trial
from .levels import Levels
from .moderators_glmm import EventPeople, event_people
from .per_trial_glm import fit_glm, without_events

SEPARATES = "the moderator separates people with the event from the others in an arm"


def interaction_by_trial_glm(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderator: ArrayLike | Levels,
    *,
    link: Link = "logit",
    exposure: ArrayLike | None = None,
    adjusters: ArrayLike | None = None,
    reference: int = 0,
    per: float = 1.0,
    widened: bool = False,
) -> InteractionByTrial:
    """Estimate an interaction on the scale of log ratios in each trial, and pool the estimates.

    Parameters
    ----------
    outcome, treatment, trial, moderator, link, exposure, adjusters, reference, per
        As for `screen_moderator_glmm`.
    widened : bool
        Of counts: variances are multiplied by Pearson's dispersion of the trial where that is above one.

    Returns
    -------
    InteractionByTrial

    Raises
    ------
    ValueError
        As for `screen_moderator_glmm`.

    Examples
    --------
    >>> cells = [12, 40, 9, 40, 10, 40, 20, 40]  # events and people: men in control and intervention, women in both
    >>> relapse = np.concatenate([np.arange(n) < k for k, n in zip(cells[::2], cells[1::2])])
    >>> treatment, sex = np.repeat([0, 1, 0, 1], 40), Levels(np.repeat([0, 0, 1, 1], 40), ("men", "women"))
    >>> by_trial = interaction_by_trial_glm(relapse, treatment, np.zeros(160), sex)
    >>> by_trial.contrasts[0].estimate.round(4)  # log of (20 x 30 / 20 x 10) / (9 x 28 / 31 x 12)
    array([1.4881])
    """
    if not per > 0:
        raise ValueError(f"per must be positive, not {per}")
    data = event_people(outcome, treatment, trial, moderator, link, exposure, adjusters)
    return contrasts_by_trial(data.people, moderator, reference, per, partial(_regression, data, widened))


def _regression(
    data: EventPeople, widened: bool, here: NDArray[np.bool_], columns: FloatArray
) -> tuple[str, FloatArray]:
    """Why not, and estimate, standard error and df of the product of treatment with the first column."""
    nothing = np.full(3, np.nan)
    people = data.people
    y, t, x = people.outcome[here], people.treatment[here], people.adjusters[here]
    arms = [y[t == side] for side in (0.0, 1.0)]
    events, size = (np.array(each, np.int64) for each in ([arm.sum() for arm in arms], [len(arm) for arm in arms]))
    reason = without_events(events, size, data.link)
    if reason:
        return reason, nothing
    centred = columns - columns.mean(axis=0)
    products = checked(y, t, people.place[here], x, centred).cross_products()
    kept = blocks(products, Options(treatment_effect="common")).x_names
    wanted = "treatment:moderator[0]"
    if wanted not in kept:
        return FROM_ADJUSTERS, nothing
    spread = x.std(axis=0)
    alike = np.where(spread > 0.0, spread, 1.0)
    every = np.column_stack([t, (x - x.mean(axis=0)) / alike, centred, t[:, None] * centred])
    names = column_names(x.shape[1], columns.shape[1])[:-1]
    others = [names.index(name) for name in kept if name != wanted]
    design = np.column_stack([np.ones(len(y)), every[:, names.index(wanted)], every[:, others]])
    exposure = np.ones(len(y)) if data.exposure is None else data.exposure[here]
    fit = fit_glm(y, design, data.link, exposure)
    if fit is None:
        return SEPARATES, nothing
    phi = float(np.fmax(fit.dispersion, 1.0)) if widened else 1.0
    return "", np.array([fit.coefficients[1], np.sqrt(phi * fit.covariance[1, 1]), np.inf])

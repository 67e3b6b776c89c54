"""The effect of treatment on the events of some people, and its interaction with a column.

In: arrays with a row a participant. Out: an `EventGroupFit`, which says what a search asks of any model of a group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from reportgen.late import special

from .choices import Link, Reference, Status, TreatmentEffect
from .crossproducts import FloatArray
from .effect import NOTHING, Effect, Joint
from .events import event_participants
from .one_step_glmm import GlmmFit, GlmmOptions, fit_participants, likelihood_ratio

INTERACTION = "treatment:moderator[0]"


@dataclass(frozen=True, slots=True)
class EventGroupFit:
    """A model of the events of some people; `interaction` with a column, where one was given."""

    effect: Effect
    interaction: Effect | None
    n_control: int
    n_intervention: int
    trials: int
    tau2: float
    status: Status
    message: str


def fit_event_group(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    link: Link,
    *,
    exposure: ArrayLike | None = None,
    adjusters: ArrayLike | None = None,
    moderator: ArrayLike | None = None,
    treatment_effect: TreatmentEffect = "random",
    inference: Reference = "t",
) -> EventGroupFit:
    """Fit the effect of treatment among some people, and its interaction with a column.

    Parameters
    ----------
    outcome, treatment, trial, link, exposure, adjusters, treatment_effect, inference
        As for `fit_one_step_glmm`.
    moderator : array_like (n,), optional
        The effect is that where it is 0.

    Returns
    -------
    EventGroupFit
        Tests of the interaction are normal. Of counts with a dispersion above one, variances are those of a quasi-Poisson model.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> trial, treatment, old = np.repeat([0, 1, 2], 200), np.tile([0.0, 1.0], 300), rng.integers(0, 2, 600).astype(float)
    >>> relapse = (rng.random(600) < 0.3 + 0.4 * treatment * old).astype(float)
    >>> fit = fit_event_group(relapse, treatment, trial, "logit", moderator=old)
    >>> fit.trials, bool(fit.interaction.estimate > 1.0)
    (3, True)
    """
    people = event_participants(outcome, treatment, trial, link, adjusters, exposure, moderator)
    options = GlmmOptions(link, treatment_effect, inference=inference, widened=True)
    fit = fit_participants(people, options)
    estimated = fit.status in ("ok", "boundary")
    interaction = None if moderator is None else _coefficient(fit, INTERACTION) if estimated else NOTHING
    return EventGroupFit(
        fit.effect, interaction, fit.n_control, fit.n_intervention, fit.trials, fit.tau2, fit.status, fit.message
    )


def ratio_test(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    link: Link,
    moderator: FloatArray,
    *,
    exposure: ArrayLike | None = None,
    adjusters: FloatArray,
    treatment_effect: TreatmentEffect = "random",
) -> Joint | None:
    """Test the interaction of `fit_event_group` by the ratio of the likelihoods with it and without it.

    Wald's test fails where events are rare; this one compares two models of the same people. Of counts with a dispersion above
    one, the ratio of quasi-likelihoods, divided by that dispersion.

    Returns
    -------
    Joint or None
        Chi-square with one degree of freedom; None where a model cannot be estimated.
    """
    with_it = event_participants(outcome, treatment, trial, link, adjusters, exposure, moderator)
    without = event_participants(outcome, treatment, trial, link, np.column_stack([adjusters, moderator]), exposure)
    options = GlmmOptions(link, treatment_effect, widened=True)
    dispersion = fit_participants(with_it, options).dispersion if link == "log" else 1.0
    statistic = likelihood_ratio(with_it, without, options, dispersion)
    if np.isnan(statistic):
        return None
    return Joint(statistic, 1.0, np.inf, np.inf, float(special.chdtrc(1.0, statistic)), 1.0)


def _coefficient(fit: GlmmFit, name: str) -> Effect:
    if name not in fit.coefficient_names:
        return NOTHING
    place = fit.coefficient_names.index(name)
    std_error = float(np.sqrt(fit.covariance_fixed[place, place]))
    return Effect(float(fit.coefficients[place]), std_error, np.inf, np.inf)

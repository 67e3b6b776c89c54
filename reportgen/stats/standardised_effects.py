"""Risk differences and risk ratios trial by trial, standardised over the people of the trial.

In: arrays with a row a participant. Out: effects trial by trial, for `pool_two_stage` and the rows of a forest plot.
Method: logistic regression on treatment and adjusters in each trial by itself, as in `per_trial_glm`; each person's risk with and
without the intervention by that model; their means over all people of the trial (g-computation: Robins 1986, Math Model 7:1393;
Localio, Margolis & Berlin 2007, J Clin Epidemiol 60:874), and standard errors by the delta method with the model-based covariance of
the coefficients, the people being taken as they are. For counts the means are of rates per unit of exposure.
Without adjusters these are the plain formulae of the two-by-two table.
"""

from __future__ import annotations

from functools import partial
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from reportgen.late import special

from .choices import Link, unknown_words
from .crossproducts import CrossProducts, FloatArray, IntArray
from .events import Participants, event_participants
from .per_trial_glm import Glm, PerTrialGlm, each_trial, fit_trial

Measure = Literal["difference", "ratio"]


def standardised_effects(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    *,
    measure: Measure = "difference",
    link: Link = "logit",
    exposure: ArrayLike | None = None,
    adjusters: ArrayLike | None = None,
) -> PerTrialGlm:
    """Estimate the risk difference, or the log risk ratio, in each trial by standardisation.

    Parameters
    ----------
    outcome, treatment, trial, link, exposure, adjusters
        As for `per_trial_glm`.
    measure : {"difference", "ratio"}
        Intervention minus control, or the logarithm of intervention over control.

    Returns
    -------
    PerTrialGlm
        A trial whose odds ratio is not finite has none here either, and the same reason; but a difference where an arm, or
        both, lack events, or people without them (`with_halves`), unless all trials do.

    Raises
    ------
    ValueError
        As for `per_trial_glm`, and for an unknown measure.

    Examples
    --------
    >>> events, people = [4, 6, 11, 17], [60, 60, 90, 90]  # control and intervention of two trials
    >>> outcome = np.concatenate([np.arange(n) < e for e, n in zip(events, people)])
    >>> treatment, trial = np.repeat([0, 1, 0, 1], people), np.repeat(["a", "a", "b", "b"], people)
    >>> standardised_effects(outcome, treatment, trial).estimate.round(4)
    array([0.0333, 0.0667])
    >>> standardised_effects(outcome, treatment, trial, measure="ratio").std_error.round(4)
    array([0.6191, 0.3571])
    """
    wrong = list(unknown_words({"measure": measure}, {"measure": get_args(Measure)}))
    if wrong:
        raise ValueError(wrong[0])

    people = event_participants(outcome, treatment, trial, link, adjusters, exposure)
    known = people.table.outcome[~np.isnan(people.table.outcome)]
    halved = measure == "difference" and link == "logit" and len(np.unique(known)) > 1
    return each_trial(people, partial(_standardised, measure=measure), with_halves if halved else None)


def with_halves(events: IntArray, participants: IntArray) -> tuple[float, float]:
    """Return the risk difference of a trial and its standard error, with 1/2 added to each of the four cells.

    For trials with an arm in which nobody, or everybody, has the event: the risk of that arm would have the variance 0, and no
    regression has a finite slope, so that nothing is adjusted for. As metafor's `escalc` has it by default (`add = 1/2`).

    Parameters
    ----------
    events, participants : ndarray (2,) of int
        Of the control and the intervention arm.

    Examples
    --------
    >>> [round(value, 4) for value in with_halves(np.array([0, 6]), np.array([60, 60]))]
    [0.0984, 0.0412]
    """
    risks, sizes = (events + 0.5) / (participants + 1.0), participants + 1.0
    return float(risks[1] - risks[0]), float(np.sqrt(np.sum(risks * (1.0 - risks) / sizes)))


def _standardised(people: Participants, products: CrossProducts, measure: Measure) -> tuple[str, FloatArray]:
    reason, design, fit = fit_trial(people, products)
    if fit is None:
        return reason, np.full(4, np.nan)
    return "", np.array([*_contrast(design, fit, people.link, measure), np.inf, fit.dispersion])


def _contrast(design: FloatArray, fit: Glm, link: Link, measure: Measure) -> tuple[float, float]:
    """Estimate and standard error of the contrast of the mean risks with everybody treated, and nobody."""
    means, slopes = np.zeros(2), np.zeros((2, design.shape[1]))
    for side in (0, 1):
        everybody = design.copy()
        everybody[:, 1] = side
        eta = everybody @ fit.coefficients
        mean = special.expit(eta) if link == "logit" else np.exp(eta)
        means[side] = mean.mean()
        slopes[side] = (mean * (1.0 - mean) if link == "logit" else mean) @ everybody / len(eta)
    if measure == "ratio":
        means, slopes = np.log(means), slopes / means[:, None]
    gradient = slopes[1] - slopes[0]
    return float(means[1] - means[0]), float(np.sqrt(gradient @ fit.covariance @ gradient))

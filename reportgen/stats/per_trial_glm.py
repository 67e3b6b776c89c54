"""The log odds ratio or log rate ratio within each trial: the first stage of a two-stage meta-analysis of events.

In: arrays with a row a participant. Out: arrays with a row a trial, for `pool_two_stage` and the rows of a forest plot.
Method: logistic or Poisson regression on treatment and adjusters in each trial by itself, by statsmodels' GLM. A trial with
an arm in which nobody (or everybody) has the event has an infinite estimate: it is not estimable here, with that reason, while
the one-step model makes use of it. No half events are added.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .choices import Link
from .crossproducts import CrossProducts, FloatArray, IntArray
from .design import Options, blocks
from .events import Participants, alike, complete_participants, event_participants, events_by_arm
from .trial_effects import TrialEffects

SEPARATED = 3e-7  # iterative weight of a participant, over its size: |eta| of 15 with a logit link
CONVERGED = 1e-10  # change of a coefficient


@dataclass(frozen=True, slots=True)
class PerTrialGlm(TrialEffects):
    """Log odds ratios or log rate ratios trial by trial, with a normal reference.

    Attributes
    ----------
    events_control, events_intervention : ndarray (K,) of int
    """

    events_control: IntArray
    events_intervention: IntArray


def per_trial_glm(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    *,
    link: Link = "logit",
    exposure: ArrayLike | None = None,
    adjusters: ArrayLike | None = None,
) -> PerTrialGlm:
    """Estimate the log odds ratio, or log rate ratio, in each trial by a generalised linear model.

    Parameters
    ----------
    outcome : array_like (n,)
        0 or 1 (`link="logit"`), or a number of events (`link="log"`).
    treatment : array_like (n,) of 0 and 1
    trial : array_like (n,)
        Labels.
    link : {"logit", "log"}
    exposure : array_like (n,), optional
        Of counts.
    adjusters : array_like (n, p) or (n,), optional

    Returns
    -------
    PerTrialGlm

    Raises
    ------
    ValueError
        As for `fit_one_step_glmm`.

    Examples
    --------
    >>> import numpy as np
    >>> from reportgen.stats import pool_two_stage
    >>> events, people = [4, 6, 11, 17, 0, 2], [60, 60, 90, 90, 20, 20]  # control and intervention of three trials
    >>> outcome = np.concatenate([np.arange(n) < e for e, n in zip(events, people)])
    >>> treatment, trial = np.repeat([0, 1, 0, 1, 0, 1], people), np.repeat(["a", "a", "b", "b", "c", "c"], people)
    >>> each = per_trial_glm(outcome, treatment, trial)
    >>> each.estimate.round(4)
    array([0.4418, 0.5143,    nan])
    >>> each.reason
    ('', '', 'nobody in the control arm has the event')
    >>> round(pool_two_stage(each.estimate, each.std_error).estimate, 4)
    0.494
    """
    people = event_participants(outcome, treatment, trial, link, adjusters, exposure)
    products = people.table.cross_products()
    complete = complete_participants(people)
    events, participants = events_by_arm(people.select(complete))
    trials = len(products.size)
    values, reasons = np.full((trials, 2), np.nan), []
    for k in range(trials):
        reason = _impossible(events[k], participants[k], link)
        if not reason:
            here = people.select(complete & (people.table.codes == k))
            reason, values[k] = _regression(here, products.select(np.arange(trials) == k))
        reasons.append(reason)
    return PerTrialGlm(
        products.labels,
        values[:, 0],
        values[:, 1],
        np.where(np.isnan(values[:, 1]), np.nan, np.inf),
        participants[:, 0],
        participants[:, 1],
        products.missing,
        tuple("not estimable" if reason else "ok" for reason in reasons),
        tuple(reasons),
        events[:, 0],
        events[:, 1],
    )


def _impossible(events: IntArray, participants: IntArray, link: Link) -> str:
    if participants.sum() == 0:
        return "no participant with all values"
    if participants.min() == 0:
        return f"only {'control' if participants[1] == 0 else 'intervention'} participants"
    if who := alike(events.sum(), participants.sum(), link):
        return f"{who} has the event"
    for arm, some, of in zip(("control", "intervention"), events, participants, strict=True):
        if who := alike(some, of, link):
            return f"{who} in the {arm} arm has the event"
    return ""


def _regression(people: Participants, products: CrossProducts) -> tuple[str, FloatArray]:
    """Reason why not, and estimate and standard error."""
    nothing = np.full(2, np.nan)
    kept = blocks(products, Options(treatment_effect="common")).x_names
    if "treatment" not in kept:
        return "treatment cannot be distinguished from the adjusters", nothing
    table = people.table
    adjusters = [table.adjusters[:, k] for k in range(products.adjusters) if f"adjuster[{k}]" in kept]
    design = np.column_stack(
        [np.ones(len(table.outcome)), table.treatment, *((x - x.mean()) / x.std() for x in adjusters)]
    )
    estimate, std_error, weight = _statsmodels(table.outcome, design, people)
    if not (weight >= SEPARATED and np.isfinite(std_error)):
        return "treatment and adjusters separate people with the event from the others", nothing
    return "", np.array([estimate, std_error])


def _statsmodels(outcome: FloatArray, design: FloatArray, people: Participants) -> tuple[float, float, float]:
    """Estimate and standard error of treatment, and the least weight of a participant (0: the search failed).

    Weights are those of the last iteration, over the exposure and the mean rate of counts.
    """
    # take long to import, and this is all that needs them
    from statsmodels.genmod.families import Binomial, Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    logit = people.link == "logit"
    exposure = None if logit else people.exposure
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of separation, which is looked for here
        model = GLM(outcome, design, Binomial() if logit else Poisson(), exposure=exposure)
        try:
            fitted = model.fit(tol=CONVERGED, tol_criterion="params", maxiter=200)
        except ValueError:  # weights that leave the range of a float
            return np.nan, np.nan, 0.0
        mean = np.asarray(fitted.fittedvalues, float)
        weights = mean * (1.0 - mean) if logit else mean / people.exposure * people.exposure.sum() / outcome.sum()
        return float(fitted.params[1]), float(fitted.bse[1]), float(weights.min()) if fitted.converged else 0.0

"""The log odds ratio or log rate ratio within each trial: the first stage of a two-stage meta-analysis of events.

In: arrays with a row a participant. Out: arrays with a row a trial, for `pool_two_stage` and the rows of a forest plot.
Method: logistic or Poisson regression on treatment and adjusters in each trial by itself, by statsmodels' GLM. A trial with
an arm in which nobody (or everybody) has the event has an infinite estimate: it is not estimable here, with that reason, while
the one-step model makes use of it. No half events are added.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from .choices import Dispersion, Link, unknown_words
from .crossproducts import CrossProducts, FloatArray, IntArray
from .design import Options, blocks
from .events import Participants, alike, complete_participants, event_participants, events_by_arm
from .trial_effects import TrialEffects

SEPARATED = 3e-7  # iterative weight of a participant, over its size: |eta| of 15 with a logit link
CONVERGED = 1e-10  # change of a coefficient
Estimated = Callable[[Participants, CrossProducts], tuple[str, FloatArray]]
Sparse = Callable[[IntArray, IntArray], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class PerTrialGlm(TrialEffects):
    """Log odds ratios or log rate ratios trial by trial, with a normal reference.

    Attributes
    ----------
    events_control, events_intervention : ndarray (K,) of int
    dispersion : ndarray (K,)
        Of counts: Pearson's statistic over the residual degrees of freedom, about 1 for a Poisson distribution; NaN of binary outcomes.
    """

    events_control: IntArray
    events_intervention: IntArray
    dispersion: FloatArray


def per_trial_glm(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    *,
    link: Link = "logit",
    exposure: ArrayLike | None = None,
    adjusters: ArrayLike | None = None,
    dispersion: Dispersion = "poisson",
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
    dispersion : {"poisson", "quasi"}
        Of counts. "quasi": variances times Pearson's dispersion, with the residual degrees of freedom.

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
    check_dispersion(dispersion, link)
    return each_trial(people, partial(_regression, dispersion=dispersion))


def check_dispersion(dispersion: Dispersion, link: Link) -> None:
    """Refuse an unknown dispersion, and one of binary outcomes.

    Raises
    ------
    ValueError
    """
    wrong = list(unknown_words({"dispersion": dispersion}, {"dispersion": get_args(Dispersion)}))
    if wrong:
        raise ValueError(wrong[0])
    if dispersion == "quasi" and link == "logit":
        raise ValueError("dispersion='quasi' is for counts (link='log'); a binary outcome has none")


def each_trial(people: Participants, estimated: Estimated, sparse: Sparse | None = None) -> PerTrialGlm:
    """Return what `estimated` finds in each trial.

    Parameters
    ----------
    people : Participants
    estimated : callable
        From the complete participants of a trial and their cross-products to the reason why there is no estimate, and to
        estimate, standard error, df and dispersion.
    sparse : callable, optional
        From events and people by arm, control first, of a trial with both arms, one or both of which lack events, or people
        without them, to estimate and standard error; without it such a trial has none.
    """
    products = people.table.cross_products()
    complete = complete_participants(people)
    events, participants = events_by_arm(people.select(complete))
    trials = len(products.size)
    values, reasons = np.full((trials, 4), np.nan), []
    for k in range(trials):
        reason = without_events(events[k], participants[k], people.link)
        if reason and sparse is not None and participants[k].min() > 0:
            reason, values[k, :3] = "", [*sparse(events[k], participants[k]), np.inf]
        elif not reason:
            here = people.select(complete & (people.table.codes == k))
            reason, values[k] = estimated(here, products.select(np.arange(trials) == k))
        reasons.append(reason)
    return PerTrialGlm(
        products.labels,
        values[:, 0].copy(),
        values[:, 1].copy(),
        values[:, 2].copy(),
        participants[:, 0],
        participants[:, 1],
        products.missing,
        tuple("not estimable" if reason else "ok" for reason in reasons),
        tuple(reasons),
        events[:, 0],
        events[:, 1],
        values[:, 3].copy(),
    )


def without_events(events: IntArray, participants: IntArray, link: Link) -> str:
    """Return why a trial with these counts by arm, control first, has no finite ratio; an empty text where it has one."""
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


def _regression(people: Participants, products: CrossProducts, dispersion: Dispersion) -> tuple[str, FloatArray]:
    reason, design, fit = fit_trial(people, products)
    if fit is None:
        return reason, np.full(4, np.nan)
    if dispersion == "poisson":
        return "", np.array([fit.coefficients[1], np.sqrt(fit.covariance[1, 1]), np.inf, fit.dispersion])
    df = float(len(design) - design.shape[1])
    if not df > 0.0:
        return "as many coefficients as participants", np.full(4, np.nan)
    return "", np.array([fit.coefficients[1], np.sqrt(fit.dispersion * fit.covariance[1, 1]), df, fit.dispersion])


class Glm(NamedTuple):
    """A generalised linear model of one trial.

    Attributes
    ----------
    coefficients, covariance : ndarray (p,), (p, p)
    dispersion : float
        Pearson's statistic over the residual degrees of freedom, of counts; else NaN.
    """

    coefficients: FloatArray
    covariance: FloatArray
    dispersion: float


def fit_trial(people: Participants, products: CrossProducts) -> tuple[str, FloatArray, Glm | None]:
    """Return why a trial has no estimate, its columns (1, treatment, adjusters), and the model, or None."""
    kept = blocks(products, Options(treatment_effect="common")).x_names
    table = people.table
    adjusters = [table.adjusters[:, k] for k in range(products.adjusters) if f"adjuster[{k}]" in kept]
    design = np.column_stack(
        [np.ones(len(table.outcome)), table.treatment, *((x - x.mean()) / x.std() for x in adjusters)]
    )
    if "treatment" not in kept:
        return "treatment cannot be distinguished from the adjusters", design, None
    fit = fit_glm(table.outcome, design, people.link, people.exposure)
    reason = "" if fit else "treatment and adjusters separate people with the event from the others"
    return reason, design, fit


def fit_glm(outcome: FloatArray, design: FloatArray, link: Link, exposure: FloatArray) -> Glm | None:
    """Return the model, or None where its columns separate people with the event from the others.

    Looked at are the weights of the last iteration, over the exposure and the mean rate of counts.
    """
    # take long to import, and this is all that needs them
    from statsmodels.genmod.families import Binomial, Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    logit = link == "logit"
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of separation, which is looked for here
        model = GLM(outcome, design, Binomial() if logit else Poisson(), exposure=None if logit else exposure)
        try:
            fitted = model.fit(tol=CONVERGED, tol_criterion="params", maxiter=200)
        except ValueError:  # weights that leave the range of a float
            return None
        mean = np.asarray(fitted.fittedvalues, float)
        weights = mean * (1.0 - mean) if logit else mean / exposure * exposure.sum() / outcome.sum()
        covariance = np.asarray(fitted.cov_params(), float)
        if not (fitted.converged and weights.min() >= SEPARATED and np.isfinite(covariance).all()):
            return None
        df = len(outcome) - design.shape[1]
        dispersion = float(fitted.pearson_chi2) / df if df > 0 and not logit else float("nan")
        return Glm(np.asarray(fitted.params, float), covariance, dispersion)

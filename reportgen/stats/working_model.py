"""A model of events without any split, written as a weighted linear model, from which searches go on.

In: arrays with a row a participant. Out: a `WorkingModel`.
Method: the generalised linear mixed model is fitted once. With mu and eta at the modes of the random effects, the working response
eta + (y - mu) / W of people with weights W = mu (1 - mu) (binary) or mu (counts) has the variance 1 / W, and tau2 is held. A split
then is one generalised least squares step (event_splits.py): the first step of a refit. Breslow & Clayton 1993, J Am Stat Assoc 88:9.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from reportgen.late import special

from .choices import Link, Status, TreatmentEffect
from .crossproducts import FloatArray, IntArray
from .events import Participants, complete_participants, event_participants
from .one_step_glmm import GlmmFit, GlmmOptions, fit_participants

STEPS = 50
NEAR = 1e-10  # of a mode, in log ratios


@dataclass(frozen=True, slots=True)
class WorkingModel:
    """A null model of events as a weighted linear model: response = 1, treatment, columns and a random effect, variance 1 / weight.

    Attributes
    ----------
    rows : ndarray (n,) of int
        The participants in it, as rows of the input.
    outcome, treatment, eta, response, weight : ndarray (n,)
        `eta`: log odds or log rate of the null fit, the offset of an exposure aside.
    trial : ndarray (n,) of int
        Number of the trial.
    columns : ndarray (n, p)
        Columns with common coefficients beside treatment.
    random : ndarray (n,)
        The random column, treatment minus its mean in the trial.
    tau2 : float
    dispersion : float
        Of counts Pearson's, at least 1: weights are divided by it. 1 of binary outcomes.
    link : {"logit", "log"}
    status, message : str
        As of the null fit; where it has no estimate there are no rows.
    """

    rows: IntArray
    outcome: FloatArray
    treatment: FloatArray
    eta: FloatArray
    response: FloatArray
    weight: FloatArray
    trial: IntArray
    columns: FloatArray
    random: FloatArray
    tau2: float
    dispersion: float
    link: Link
    status: Status
    message: str


def working_model(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    *,
    link: Link = "logit",
    exposure: ArrayLike | None = None,
    adjusters: ArrayLike | None = None,
    treatment_effect: TreatmentEffect = "random",
    nodes: int = 7,
) -> WorkingModel:
    """Fit the null model of a search, and return it as a weighted linear model.

    Parameters
    ----------
    outcome, treatment, trial, link, exposure, treatment_effect, nodes
        As for `fit_one_step_glmm`.
    adjusters : array_like (n, p) or (n,), optional
        With all moderators of the search among them, levels as indicators: without a moderator that predicts the outcome
        strongly, tests of its cuts would find too much.

    Returns
    -------
    WorkingModel

    Raises
    ------
    ValueError
        As for `fit_one_step_glmm`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> trial, treatment, age = np.repeat([0, 1, 2], 200), np.tile([0, 1], 300), rng.integers(20, 70, 600)
    >>> relapse = rng.random(600) < np.where((treatment == 1) & (age <= 45), 0.6, 0.3)
    >>> model = working_model(relapse, treatment, trial, adjusters=age)
    >>> model.status, model.columns.shape, bool((model.weight <= 0.25).all())
    ('boundary', (600, 1), True)
    """
    people = event_participants(outcome, treatment, trial, link, adjusters, exposure)
    fit = fit_participants(people, GlmmOptions(link, treatment_effect, nodes=nodes, widened=True))
    used = complete_participants(people) & np.isin(people.table.labels, fit.trial_labels)[people.table.codes]
    used &= fit.status in ("ok", "boundary")
    return _written_out(people.select(used), np.flatnonzero(used).astype(np.int64), fit)


def _written_out(people: Participants, rows: IntArray, fit: GlmmFit) -> WorkingModel:
    table = people.table
    t, code = table.treatment, np.searchsorted(fit.trial_labels, table.labels[table.codes]).astype(np.int64)
    slopes = dict(zip(fit.coefficient_names, fit.coefficients.tolist(), strict=True))
    kept = [k for k in range(table.adjusters.shape[1]) if f"adjuster[{k}]" in slopes]
    columns = table.adjusters[:, kept]
    intercepts = fit.intercepts if len(rows) else np.zeros(1)
    fixed = intercepts[code] + t * slopes.get("treatment", 0.0) + columns @ [slopes[f"adjuster[{k}]"] for k in kept]
    trials = int(code.max(initial=-1)) + 1
    share = np.bincount(code, t, trials) / np.maximum(np.bincount(code, minlength=trials), 1)
    random = t - share[code]
    tau2 = fit.tau2 if fit.tau2 > 0.0 else 0.0
    phi = float(np.fmax(fit.dispersion, 1.0))
    eta = fixed + random * _modes(people, code, fixed, random, tau2 / phi)[code]
    mean, weight = _mean_and_weight(eta, people)
    return WorkingModel(
        rows, table.outcome, t, eta, eta + (table.outcome - mean) / weight, weight / phi, code, columns, random, tau2, phi,
        people.link, fit.status, fit.message,
    )  # fmt: skip


def _mean_and_weight(eta: FloatArray, people: Participants) -> tuple[FloatArray, FloatArray]:
    if people.link == "logit":
        mean = np.asarray(special.expit(eta))
        return mean, mean * (1.0 - mean)
    mean = people.exposure * np.exp(eta)
    return mean, mean


def _modes(people: Participants, code: IntArray, fixed: FloatArray, random: FloatArray, tau2: float) -> FloatArray:
    """Modes of the random effects given everything else, by Newton's steps in all trials at once.

    `tau2` is their variance over the dispersion: what a log-likelihood divided by that leaves them.
    """
    trials = int(code.max(initial=-1)) + 1
    u = np.zeros(trials)
    if tau2 == 0.0:
        return u
    for _ in range(STEPS):
        mean, weight = _mean_and_weight(fixed + random * u[code], people)
        slope = np.bincount(code, random * (people.table.outcome - mean), trials) - u / tau2
        step = slope / (np.bincount(code, random**2 * weight, trials) + 1.0 / tau2)
        u = u + np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < NEAR:
            break
    return u

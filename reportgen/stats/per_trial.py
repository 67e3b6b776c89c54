"""The treatment effect within each trial: the first stage of a two-stage meta-analysis, and the rows of a forest plot.

In: arrays with a row a participant. Out: arrays with a row a trial.
Method: analysis of covariance (ordinary least squares on treatment and adjusters) in each trial by itself, from the same
cross-products as the one-step fit; an adjuster that is redundant within a trial is dropped there before its df are counted.
A trial without residual variance has no standard error and would take nearly all the weight: it is not estimable. What counts as
none is judged beside the trial's own spread, so that the unit of the outcome does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .crossproducts import CrossProducts, FloatArray, columns
from .design import Options, blocks
from .one_step import NEARLY_EXACT
from .trial_effects import TrialEffects

ALIKE = 1e-20  # (spread / level)^2 of a change below which it is constant: differences of measured values carry their rounding


@dataclass(frozen=True, slots=True)
class PerTrial(TrialEffects):
    """Differences of means trial by trial; `df` are the residual ones.

    Attributes
    ----------
    sigma2 : ndarray (K,)
        Residual variance.
    """

    sigma2: FloatArray


def per_trial(
    outcome: ArrayLike, treatment: ArrayLike, trial: ArrayLike, *, adjusters: ArrayLike | None = None
) -> PerTrial:
    """Estimate the treatment effect in each trial by analysis of covariance.

    Parameters
    ----------
    outcome : array_like (n,)
    treatment : array_like (n,) of 0 and 1
    trial : array_like (n,)
        Labels.
    adjusters : array_like (n, p) or (n,), optional

    Returns
    -------
    PerTrial

    Raises
    ------
    ValueError
        As for `fit_one_step`.

    Examples
    --------
    >>> import numpy as np
    >>> result = per_trial([1.0, 2.0, 4.0, 5.0, 3.0, 9.0], [0, 0, 1, 1, 0, 1], ["a", "a", "a", "a", "b", "b"])
    >>> result.estimate
    array([ 3., nan])
    >>> result.reason
    ('', 'as many coefficients as participants')
    """
    scaled, unit = _without_unit(outcome, trial)
    products = columns(scaled, treatment, trial, adjusters).cross_products()
    trials = len(products.size)
    values = np.full((trials, 4), np.nan)
    reasons = []
    for k in range(trials):
        reason, row = _ancova(products.select(np.arange(trials) == k))
        values[k] = row
        reasons.append(reason)
    with np.errstate(over="ignore"):  # a variance may leave the range of a float where its root does not
        sigma2 = values[:, 3] * unit * unit
    return PerTrial(
        products.labels,
        values[:, 0] * unit,
        values[:, 1] * unit,
        values[:, 2].copy(),
        products.arms[:, 0],
        products.arms[:, 1],
        products.missing,
        tuple("not estimable" if reason else "ok" for reason in reasons),
        tuple(reasons),
        sigma2,
    )


def _without_unit(outcome: ArrayLike, trial: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """The outcome in units of each trial in which no square leaves the range of a float; the units, by sorted label.

    They are powers of two, so that no digit changes.
    """
    y = np.asarray(outcome, float)
    labels, place = np.unique(np.asarray(trial), return_inverse=True)
    if y.shape != place.shape:
        return y, np.ones(len(labels))  # reported with the other columns
    largest = np.zeros(len(labels))
    np.fmax.at(largest, place, np.abs(y))
    unit = np.ldexp(1.0, np.where(np.isfinite(largest), np.frexp(largest)[1] - 1, 0))
    return y / unit[place], unit


def _ancova(cross_products: CrossProducts) -> tuple[str, FloatArray]:
    """Reason why not, and estimate, standard error, df and residual variance."""
    nothing = np.full(4, np.nan)
    if cross_products.size[0] == 0:
        return "no participant with all values", nothing
    if cross_products.arms.min() == 0:
        arm = "control" if cross_products.arms[0, 1] == 0 else "intervention"
        return f"only {arm} participants", nothing
    model = blocks(cross_products, Options(treatment_effect="common"))
    if "treatment" not in model.x_names:
        return "treatment cannot be distinguished from the adjusters", nothing
    if model.df <= 0:
        return "as many coefficients as participants", nothing
    spread = cross_products.centred[0, -1, -1]
    if spread <= ALIKE * (spread + cross_products.size[0] * cross_products.mean[0, -1] ** 2):
        return "the outcome is constant", nothing
    p, a = model.p, model.rr[0]
    inverse = np.linalg.inv(a[:p, :p])
    beta = inverse @ a[:p, p]
    resid = np.append(-beta, 1.0)
    sigma2 = float(resid @ a @ resid) / model.df
    if sigma2 <= NEARLY_EXACT * spread / cross_products.size[0]:
        return "the model reproduces the outcome exactly, so that no residual variance is left", nothing
    place = model.x_names.index("treatment")
    return "", np.array([beta[place], np.sqrt(sigma2 * inverse[place, place]), model.df, sigma2])

"""The interval of tau by profile likelihood, of a linear mixed model with one random effect and one residual variance.

In: arrays with a row a participant. Out: values of tau that the data do not contradict: the deviance, maximised over all else,
lies at most the chi-squared quantile with one degree of freedom above its minimum (Venzon & Moolgavkar 1988, Appl Stat 37:87).
The likelihood is the full one also where the model is fitted by REML, as in lme4: a restricted one is none of the coefficients.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reportgen.late import special

from .choices import AdjusterSlopes
from .crossproducts import columns
from .design import Blocks, Options
from .likelihood import terms
from .likelihood_intervals import Interval
from .one_step import feasibility

FARTHEST = 1e3  # residual standard deviations: a limit beyond it is infinite


def tau_profile_interval(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    *,
    adjusters: ArrayLike | None = None,
    adjuster_slopes: AdjusterSlopes = "common",
    level: float = 0.95,
) -> Interval:
    """Return the profile interval of the between-trial standard deviation of the treatment effect.

    Parameters
    ----------
    outcome, treatment, trial, adjusters, adjuster_slopes
        As for `fit_one_step`, whose intercepts are stratified and whose residual variance is common.
    level : float

    Returns
    -------
    tuple of float
        In units of the outcome; the lower limit is 0 where tau = 0 is not contradicted. NaN where there is no estimate, or
        one trial.

    Notes
    -----
    Checked against lme4's `confint(method = "profile")`; see tests/reference/README.md.

    Examples
    --------
    >>> rng = np.random.default_rng(7)
    >>> trial, treatment = np.repeat(np.arange(6), 50), np.tile([0, 1], 150)
    >>> outcome = treatment * (3.0 + rng.normal(0.0, 2.0, 6)[trial]) + rng.normal(0.0, 3.0, 300)
    >>> low, high = tau_profile_interval(outcome, treatment, trial)
    >>> bool(0.0 < low < 2.0 < high)
    True
    """
    options = Options(adjuster_slopes=adjuster_slopes, estimation="ml")
    model = feasibility(columns(outcome, treatment, trial, adjusters), options).model
    if model is None or model.q != 1 or len(model.trials) < 2:
        return float("nan"), float("nan")
    return _interval(model, level)


def _interval(model: Blocks, level: float) -> Interval:
    from scipy.optimize import (
        brentq,
        minimize_scalar,
    )  # they take a while to import, and this option is all that needs them

    allowed = float(special.chdtri(1, 1.0 - level))
    usual = float(np.sqrt(model.outcome_scale / model.trials.sum()))

    def deviance(tau: float) -> float:
        """Twice the negative log-likelihood, maximised over the residual variance."""

        def at(log_sigma: float) -> float:
            s = np.full(len(model.trials), np.exp(2.0 * log_sigma))
            return float(terms(model, s, np.array([[tau * tau]]), False).criterion)

        centre = np.log(usual)
        found = minimize_scalar(at, bounds=(centre - 12.0, centre + 2.0), method="bounded", options={"xatol": 1e-10})
        return float(found.fun)

    # the maximum over tau itself, looked for on the scale of the residual standard deviation
    grid = usual * np.concatenate([[0.0], np.geomspace(1e-3, 30.0, 40)])
    values = [deviance(tau) for tau in grid]
    place = int(np.argmin(values))
    around = grid[max(place - 1, 0)], grid[min(place + 1, len(grid) - 1)]
    best = minimize_scalar(deviance, bounds=around, method="bounded", options={"xatol": 1e-9 * usual})
    tau, least = (float(best.x), float(best.fun)) if best.fun < values[0] else (0.0, values[0])

    def slack(value: float) -> float:
        return deviance(value) - least - allowed

    low = float(brentq(slack, 0.0, tau, xtol=1e-10 * usual)) if tau > 0.0 and slack(0.0) > 0.0 else 0.0
    end = max(2.0 * tau, usual)
    while slack(end) < 0.0:
        end *= 2.0
        if end > FARTHEST * usual:
            return low, float("inf")
    return low, float(brentq(slack, tau, end, xtol=1e-10 * usual))

"""The interval of tau by profile likelihood, of a linear mixed model with one residual variance, and sites within trials or none.

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
    site: ArrayLike | None = None,
    adjuster_slopes: AdjusterSlopes = "common",
    level: float = 0.95,
) -> Interval:
    """Return the profile interval of the between-trial standard deviation of the treatment effect.

    Parameters
    ----------
    outcome, treatment, trial, adjusters, site, adjuster_slopes
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
    >>> [round(limit, 2) for limit in tau_profile_interval(outcome, treatment, trial)]
    [0.0, 1.47]
    """
    options = Options(adjuster_slopes=adjuster_slopes, estimation="ml")
    model = feasibility(columns(outcome, treatment, trial, adjusters, site=site), options).model
    if model is None or "treatment" not in model.z_names or len(model.trials) < 2:
        return float("nan"), float("nan")
    return _interval(model, level)


class _Profile:
    """Twice the negative log-likelihood at a tau, maximised over the residual variance, and over that of sites."""

    def __init__(self, model: Blocks) -> None:
        self.model = model
        self.usual = float(np.sqrt(model.outcome_scale / model.trials.sum()))
        self._found = np.array([np.log(self.usual), 0.3])  # where a search begins: log sigma, and sites in units of it

    def __call__(self, tau: float) -> float:
        from scipy.optimize import (
            minimize,
            minimize_scalar,
        )  # takes a while to import, and this option is all that needs it

        if not self.model.sites.any():
            centre = np.log(self.usual)
            bounds = (centre - 12.0, centre + 2.0)
            options = {"xatol": 1e-10}
            return float(
                minimize_scalar(lambda x: self._at(tau, x, 0.0), bounds=bounds, method="bounded", options=options).fun
            )
        found = minimize(
            lambda x: self._at(tau, *x),
            self._found,
            method="Nelder-Mead",
            options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 2000},
        )
        self._found = np.array([found.x[0], max(abs(found.x[1]), 0.05)])  # not zero, where a search would not leave it
        return float(found.fun)

    def _at(self, tau: float, log_sigma: float, sites: float) -> float:
        sigma = np.exp(log_sigma)
        variances = np.where(np.array(self.model.z_names) == "treatment", tau * tau, (sites * sigma) ** 2)
        s = np.full(len(self.model.trials), sigma * sigma)
        return float(terms(self.model, s, np.diag(variances), False).criterion)


def _interval(model: Blocks, level: float) -> Interval:
    from scipy.optimize import brentq, minimize_scalar

    allowed = float(special.chdtri(1, 1.0 - level))
    deviance = _Profile(model)
    usual = deviance.usual
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

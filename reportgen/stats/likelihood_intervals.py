"""Intervals by profile likelihood: values of one coefficient that the data do not contradict.

In: a model of events at its maximum. Out: limits at which the deviance, maximised over all other coefficients, lies the
chi-squared quantile with one degree of freedom above its minimum (Venzon & Moolgavkar 1988, Appl Stat 37:87).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reportgen.late import special

from .arrow import EventModel, Likelihood, Maximum, maximise
from .crossproducts import FloatArray

Interval = tuple[float, float]
FARTHEST = 60.0  # of a log ratio or tau: a limit beyond it is infinite


def tau_interval(model: EventModel, likelihood: Likelihood, maximum: Maximum, level: float) -> Interval:
    """Return the profile interval of tau; its lower limit is 0 where tau = 0 is not contradicted."""
    slack = _slack(model, likelihood, maximum, model.tau, level)
    tau = float(np.abs(maximum.point[0, model.tau]))
    low = 0.0 if tau == 0.0 or slack(0.0) <= 0.0 else _root(slack, 0.0, tau)
    return low, _outward(slack, tau, max(tau, 0.1))


def coefficient_interval(
    model: EventModel, likelihood: Likelihood, maximum: Maximum, place: int, level: float
) -> Interval:
    """Return the profile interval of a common coefficient, tau being estimated anew at each of its values."""
    slack = _slack(model, likelihood, maximum, place, level)
    estimate = float(maximum.point[0, place])
    at = maximum.free.tolist().index(place)
    std_error = float(np.sqrt(np.linalg.inv(maximum.information)[at, at]))
    return _outward(slack, estimate, -2.0 * std_error), _outward(slack, estimate, 2.0 * std_error)


def _slack(
    model: EventModel, likelihood: Likelihood, maximum: Maximum, place: int, level: float
) -> Callable[[float], float]:
    """How far the profile deviance at a value lies above what the level allows; searches begin where the last ended."""
    allowed = float(special.chdtri(1, 1.0 - level))
    known: list[tuple[float, FloatArray]] = [(float(maximum.point[0, place]), maximum.point)]
    tau = bool(model.shared[:, model.tau].any())

    def slack(value: float) -> float:
        start = min(known, key=lambda item: abs(item[0] - value))[1].copy()
        start[:, place] = value
        if tau and place != model.tau and start[0, model.tau] == 0.0:
            start[:, model.tau] = 0.1  # the likelihood is flat in tau at zero: no search would leave it
        found = maximise(model, likelihood, start, held=(place,))
        known.append((value, found.point))
        return 2.0 * (maximum.value - found.value) - allowed

    return slack


def _outward(slack: Callable[[float], float], estimate: float, step: float) -> float:
    """The limit on one side: go out until it is passed, then close in."""
    inside = estimate
    while abs(inside + step) < FARTHEST:
        if slack(inside + step) > 0.0:
            return _root(slack, inside, inside + step)
        inside, step = inside + step, 1.5 * step
    return float(np.copysign(np.inf, step))


def _root(slack: Callable[[float], float], a: float, b: float) -> float:
    from scipy.optimize import brentq  # takes a while to import, and this option is all that needs it

    return float(brentq(slack, a, b, xtol=1e-8, rtol=1e-10))

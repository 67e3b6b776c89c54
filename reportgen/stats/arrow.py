"""The search for the maximum of a likelihood to which each trial adds a part with coefficients of its own.

In: rows of events, and which coefficients are a trial's own, common to the trials, or not in the model. Out: the maximum,
with the information on the common coefficients. Method: Newton's, with the trials' own coefficients eliminated trial by
trial (the Hessian is an arrow: blocks of trials and a border), so that a step costs no more than the number of trials. The
likelihood is even in tau, which may therefore cross zero freely.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .crossproducts import FloatArray, IntArray
from .quadrature import EventRows, Expansion, Quadrature

Mask = NDArray[np.bool_]
STEPS = 100
FLAT = 1e-9  # what a step still gains in log-likelihood: two more, each squares what is still wrong
RUNAWAY = 0.1  # in eta: a last step that long goes on for ever, as to infinite estimates
LONGEST = 5.0  # in eta: a step is not trusted farther
LARGE_TAU = 1.0  # of a log ratio
NOT_CONVERGED = "the search for the maximum of the likelihood did not converge"
NO_WAY = 1e-9  # of a step: a search that is still not better ends


class Likelihood(Protocol):
    """What a search climbs."""

    def expand(self, point: FloatArray) -> Expansion:
        """Log-likelihood at a point (K, q), gradient (K, q) and Hessian (K, q, q), trial by trial."""


@dataclass(frozen=True, slots=True)
class EventModel:
    """A model of events: columns are (intercept, columns of the rows, treatment, tau), with two random effects two taus.

    Attributes
    ----------
    rows : EventRows
    own : ndarray (K, q) of bool
        Coefficients of the trial's own.
    shared : ndarray (K, q) of bool
        Common coefficients that the trial takes part in; where neither holds, the coefficient is zero.
    """

    rows: EventRows
    own: Mask
    shared: Mask

    @property
    def common(self) -> IntArray:
        """Places of the common coefficients."""
        return np.flatnonzero(self.shared.any(axis=0))

    @property
    def tau(self) -> int:
        """Place of tau."""
        return int(self.own.shape[1]) - 1

    def without_tau(self) -> EventModel:
        """The same with tau held at zero."""
        shared = self.shared.copy()
        shared[:, self.tau] = False
        return EventModel(self.rows, self.own, shared)

    def reach(self, moved: FloatArray) -> float:
        """The most that eta of a row can change for a change (K, q) of the coefficients, or tau times a standard normal."""
        x = np.abs(self.rows.x).max(axis=0, initial=0.0)
        widths = np.concatenate([[1.0], x, np.ones(moved.shape[1] - len(x) - 1)])
        return float((np.abs(moved) @ widths).max(initial=0.0))


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where a search ended.

    Attributes
    ----------
    point : ndarray (K, q)
        Coefficients of each trial, the common ones repeated.
    value : float
        Log-likelihood.
    information : ndarray (c, c)
        Observed information on the free common coefficients, the trials' own profiled out.
    by_trial : ndarray (K, c, c)
        What each trial adds to it.
    free : ndarray (c,) of int
        Places of these coefficients.
    gradient : float
        Largest absolute derivative.
    last : ndarray (K, q)
        The last step.
    iterations : int
    converged : bool
        Whether no step gains anything more, and the information is positive definite.
    """

    point: FloatArray
    value: float
    information: FloatArray
    by_trial: FloatArray
    free: IntArray
    gradient: float
    last: FloatArray
    iterations: int
    converged: bool


@dataclass(frozen=True, slots=True)
class _Step:
    move: FloatArray  # (K, q)
    gain: float  # gradient' move
    information: FloatArray
    by_trial: FloatArray
    gradient: float


def maximise(model: EventModel, likelihood: Likelihood, point: FloatArray, held: tuple[int, ...] = ()) -> Maximum:
    """Climb to the maximum of the likelihood from `point`.

    Parameters
    ----------
    model : EventModel
    likelihood : Likelihood
    point : ndarray (K, q)
        Where the search begins; coefficients that are not in the model must be zero.
    held : tuple of int
        Places of common coefficients that stay as they are.
    """
    free = np.array([j for j in model.common if j not in held], np.int64)
    iterations = last_steps = 0
    value, gradient, hessian = likelihood.expand(point)
    step = _step(model, free, gradient, hessian)
    while iterations < STEPS:
        last_steps += step.gain < FLAT
        climbed = _climb(model, likelihood, point, step, value) if np.isfinite(value) and last_steps < 3 else None
        if climbed is None:
            break
        iterations += 1
        point, (value, gradient, hessian) = climbed
        step = _step(model, free, gradient, hessian)
    converged = bool(last_steps > 0 and np.isfinite(value)) and _is_positive(step.information)
    return Maximum(
        point, value, step.information, step.by_trial, free, step.gradient, step.move, iterations, converged
    )  # fmt: skip


def search_tau(model: EventModel, likelihood: Quadrature, start: Maximum) -> tuple[Maximum, int]:
    """The maximum with tau among the coefficients, and from how many starts it was sought.

    The likelihood is flat in tau at zero, where `start` is its maximum: searches begin at a moment estimate, and at a large
    tau where that one finds nothing above `start`.

    Parameters
    ----------
    model : EventModel
    likelihood : Quadrature
    start : Maximum
        Of the same model without tau.
    """
    first = _moment_tau(model, start)
    for starts, tau in enumerate((first, LARGE_TAU), start=2):
        point = start.point.copy()
        point[:, model.tau] = tau
        found = maximise(model, likelihood, point)
        positive = found.point.copy()
        positive[:, model.tau] = np.abs(positive[:, model.tau])
        if found.value > start.value + 1e-10 * (1.0 + abs(start.value)):
            return replace(found, point=positive), starts
    return start, starts


def _moment_tau(model: EventModel, start: Maximum) -> float:
    """Root of sum(a^2 - c) / sum(c^2), with a the score and c the information of each random effect at tau = 0."""
    _, gradient, hessian = Quadrature(model.rows, 1).expand(start.point)
    t, z = model.tau - 1, model.rows.z
    score = z[:, 0] * (gradient[:, 0] - gradient[:, t]) + z[:, 1] * gradient[:, t]
    information = -(z[:, 0] ** 2 * (hessian[:, 0, 0] - hessian[:, t, t]) + z[:, 1] ** 2 * hessian[:, t, t])
    square = float(np.sum(score**2 - information) / np.sum(information**2))
    return float(np.sqrt(max(square, 0.1 / information.max())))


def _climb(
    model: EventModel, likelihood: Likelihood, point: FloatArray, step: _Step, value: float
) -> tuple[FloatArray, Expansion] | None:
    """The first of ever shorter steps that does not lose, with the likelihood there; None if there is none."""
    longest = model.reach(step.move)
    share = min(1.0, LONGEST / longest) if longest > 0.0 else 1.0
    while share > NO_WAY:
        moved = point + share * step.move
        there = likelihood.expand(moved)
        # rounding of the value hides what the last steps gain
        if there[0] >= value + 1e-4 * share * step.gain - 1e-12 * (1.0 + abs(value)):
            return moved, there
        share *= 0.4
    return None


def _step(model: EventModel, free: IntArray, gradient: FloatArray, hessian: FloatArray) -> _Step:
    """Newton's step, by elimination of the trials' own coefficients; uphill whatever the curvature."""
    own, shared = model.own.astype(float), model.shared.astype(float)[:, free]
    c = len(free)
    inner = -hessian * own[:, :, None] * own[:, None, :]
    inner[:, range(own.shape[1]), range(own.shape[1])] += 1.0 - own
    border = -hessian[:, :, free] * own[:, :, None] * shared[:, None, :]
    outer = -hessian[:, free[:, None], free] * shared[:, :, None] * shared[:, None, :]
    own_gradient = gradient * own
    solved = np.linalg.solve(_positive(inner), np.concatenate([border, own_gradient[:, :, None]], axis=2))
    turned = border.transpose(0, 2, 1)
    by_trial = outer - turned @ solved[:, :, :c]
    slope = (gradient[:, free] * shared - (turned @ solved[:, :, c:])[:, :, 0]).sum(axis=0)
    information = by_trial.sum(axis=0)
    common = np.linalg.solve(_positive(information[None])[0], slope) if c else np.zeros(0)
    move = solved[:, :, c] - solved[:, :, :c] @ common
    move[:, free] += shared * common
    gain = float(slope @ common + np.sum(own_gradient * solved[:, :, c]))
    largest = max(np.abs(own_gradient).max(), np.abs((gradient[:, free] * shared).sum(axis=0)).max(initial=0.0))
    return _Step(move, gain, information, by_trial, float(largest))


def _is_positive(matrices: FloatArray) -> bool:
    """Whether all matrices (..., q, q) are positive definite."""
    try:
        np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        return False
    return True


def _positive(matrices: FloatArray) -> FloatArray:
    """The matrices (K, q, q), with negative eigenvalues turned round, so that a step always leads uphill."""
    if _is_positive(matrices):
        return matrices
    values, vectors = np.linalg.eigh(matrices)
    least = 1e-12 * np.maximum(np.abs(values).max(axis=1, initial=0.0), 1e-300)
    size = np.maximum(np.abs(values), least[:, None])
    return np.asarray((vectors * size[:, None, :]) @ vectors.transpose(0, 2, 1))

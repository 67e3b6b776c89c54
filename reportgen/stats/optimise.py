"""Variances of the general model: damped Newton on the exact criterion from several starts.

In: blocks of a model with several random columns, or with a residual variance per trial. Out: the variances that
minimise the criterion, with the optimiser's record.
Parameters: log residual variances, and the Cholesky factor of Cov(u) in units of the residual variance and of the
columns' own spread (Pinheiro & Bates 1996, Stat Comput 6:289). In the factor a variance of zero is an interior point,
so no bounds are needed; what has run to zero is set to exactly zero where the criterion is then not larger.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import arms, likelihood, profile, two_variances
from .crossproducts import FloatArray
from .design import Blocks
from .likelihood import Terms, equal_entries, omega_entries

STARTS = (0.1, 1.0, 5.0)  # standard deviations of the random coefficients, in units of their own error
STEPS = 200
NEGLIGIBLE = 1e-4  # entries of the factor below this are tried at exactly zero
GONE = 1e-10  # below this they are zero: their squares are beyond the digits of any sum
VANISHED_SUM = 1e-20  # a residual sum of squares, over that of the outcome, that counts as zero
VANISHED = -16.0  # log of a residual variance, over the pooled one, that counts as zero


@dataclass(frozen=True, slots=True)
class Optimiser:
    """What the optimiser did.

    Attributes
    ----------
    evaluations : int
        Evaluations of the criterion, with or without derivatives.
    iterations : int
        Newton steps, over all starts.
    gradient : float
        Largest absolute derivative of the criterion at the estimate, in the optimiser's own parameters.
    converged : bool
    starts : int
        Starting points tried.
    """

    evaluations: int
    iterations: int
    gradient: float
    converged: bool
    starts: int


@dataclass(frozen=True, slots=True)
class Variances:
    """Estimated variances and the derivatives around them."""

    s: FloatArray  # (K,)
    omega: FloatArray  # (q, q)
    terms: Terms
    jacobian: FloatArray  # (r, f): variance parameters in the free ones
    curvature: FloatArray  # (f, f): Hessian in the free ones
    optimiser: Optimiser
    vanished: tuple[int, ...] = ()  # trials, or arms, whose own residual variance ran to zero


def terms(blocks: Blocks, s: FloatArray, omega: FloatArray, reml: bool) -> Terms:
    """What the likelihood and its inference need: `s` (2,) where arms have residual variances of their own, else (K,)."""
    return arms.terms(blocks, s, omega, reml) if blocks.arms else likelihood.terms(blocks, s, omega, reml)


def by_trial(blocks: Blocks, s: FloatArray, omega: FloatArray) -> FloatArray:
    """What each trial adds to (X, y)'V^-1(X, y), (K, p+1, p+1)."""
    return arms.by_trial(blocks, s, omega) if blocks.arms else likelihood.by_trial(blocks, s, omega)


class _Problem:
    """The criterion as a function of the free parameters; counts its evaluations."""

    def __init__(self, blocks: Blocks, reml: bool, pooled: float):
        self.blocks, self.reml, self.pooled = blocks, reml, pooled
        self.groups = blocks.groups
        self.entries = omega_entries(blocks)
        diagonal = np.einsum("kii->ki", blocks.zz)
        count = np.maximum((diagonal > 0.0).sum(axis=0), 1)
        self.spread = np.sqrt(np.maximum(diagonal.sum(axis=0) / count, 1e-300))
        for entry in self.entries:
            alike = [i for i, _ in equal_entries(blocks, entry)]
            self.spread[alike] = self.spread[alike].mean() if len(alike) > 1 else self.spread[alike]
        self.evaluations = 0

    def variances(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        s = self.pooled * np.exp(np.broadcast_to(x[: self.groups], (max(self.groups, 1),)))
        factor = self.factor(x)
        full = s if self.groups > 1 else np.full(len(self.blocks.trials), s[0])
        return full, self.pooled * factor @ factor.T

    def factor(self, x: FloatArray) -> FloatArray:
        factor = np.zeros((self.blocks.q, self.blocks.q))
        for value, entry in zip(x[self.groups :], self.entries, strict=True):
            for i, j in equal_entries(self.blocks, entry):
                factor[i, j] = value / self.spread[i]
        return factor

    def value(self, x: FloatArray) -> float:
        self.evaluations += 1
        with np.errstate(all="ignore"):
            method = arms if self.blocks.arms else likelihood
            result = method.criterion(self.blocks, *self.variances(x), self.reml)
        return result if np.isfinite(result) else float("inf")

    def expand(self, x: FloatArray) -> tuple[Terms, FloatArray, FloatArray, FloatArray]:
        """Terms, Jacobian of the variances, gradient and Hessian in the free parameters."""
        self.evaluations += 1
        s, omega = self.variances(x)
        at = terms(self.blocks, s, omega, self.reml)
        g, f = self.groups, len(x)
        jacobian = np.zeros((len(at.gradient), f))
        s_group = s if self.groups > 1 else s[:1]
        jacobian[np.arange(g), np.arange(g)] = s_group
        factor = self.factor(x)
        unit = np.zeros((f - g, self.blocks.q, self.blocks.q))
        for a, entry in enumerate(self.entries):
            for i, j in equal_entries(self.blocks, entry):
                unit[a, i, j] = 1.0 / self.spread[i]
        rows = [i for i, _ in self.entries]
        cols = [j for _, j in self.entries]
        slope = self.pooled * (unit @ factor.T + factor @ unit.transpose(0, 2, 1))
        jacobian[g:, g:] = slope[:, rows, cols].T
        cross = np.einsum("aij,bkj->abik", unit, unit)
        bend = self.pooled * (cross + cross.transpose(0, 1, 3, 2))[:, :, rows, cols]
        hessian = jacobian.T @ at.hessian @ jacobian
        hessian[np.arange(g), np.arange(g)] += at.gradient[:g] * s_group
        hessian[g:, g:] += bend @ at.gradient[g:]
        return at, jacobian, jacobian.T @ at.gradient, hessian


def estimate_variances(blocks: Blocks, reml: bool, pooled: float) -> Variances:
    """Minimise the criterion over all variances of the model: along a line where one number is enough.

    Parameters
    ----------
    pooled : float
        Residual variance of the model without random coefficients: the scale of the search.
    """
    if blocks.groups > 1 or blocks.q > 1:
        return _pair(blocks, pooled) if _two_at_most(blocks, reml) else _general(blocks, reml, pooled)
    return _line(blocks, reml)


def _line(blocks: Blocks, reml: bool) -> Variances:
    """One residual variance and at most one random column: the kernel that scans use, with tau2/sigma2 its variable."""
    a0, g, u, v = line_arrays(blocks, reml)
    work, record = profile.work_arrays(blocks.p), profile.record()
    nu = float(blocks.df if reml else blocks.trials.sum())
    lam, evaluations, steps, _, state = profile.minimise(
        a0, g, u, v, nu, reml, blocks.p, -1.0, profile.GRID, work, record
    )
    # of outcomes that the model reproduces to the last bit nothing is left, and nothing divides by zero
    sigma2 = max(record[3], VANISHED_SUM * blocks.outcome_scale) / nu
    s, omega = np.full(len(blocks.trials), sigma2), np.full((blocks.q, blocks.q), lam * sigma2)
    at = terms(blocks, s, omega, reml)
    # A variance of zero is no free parameter; an interior one is as good as its root, since the gradient is zero there.
    free = 1 + int(lam > 0.0)
    slope = float(lam * record[1]) if record[3] > 0.0 else float("nan")
    done = Optimiser(int(evaluations), int(steps), slope, state == 1, len(profile.GRID) + 1)
    return Variances(s, omega, at, np.eye(len(at.gradient))[:, :free], at.hessian[:free, :free], done)


def line_arrays(blocks: Blocks, reml: bool) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Packed A_0 and c_i c_i', u_i, and what stands in log|V|: the arrays that the kernels of `profile` read."""
    lower = np.tril_indices(blocks.p + 1)
    length = len(lower[0])
    a0 = np.zeros(profile.packed(blocks.p + 1))
    a0[:length] = blocks.rr.sum(axis=0)[lower]
    trials = len(blocks.trials) if blocks.q else 0
    g = np.zeros((trials, len(a0)))
    if not blocks.q:
        return a0, g, np.zeros(0), np.zeros(0)
    c = blocks.zr[:, :, 0]
    g[:, :length] = (c[:, :, None] * c[:, None, :])[:, lower[0], lower[1]]
    u = np.ascontiguousarray(blocks.zz[:, 0, 0])
    return a0, g, u, u if reml else np.ascontiguousarray(blocks.zz_raw[:, 0, 0])


def _two_at_most(blocks: Blocks, reml: bool) -> bool:
    """Whether the compiled kernel for two variances knows the model."""
    entries = omega_entries(blocks)
    return reml and blocks.groups == 1 and len(entries) <= 2 and all(i == j for i, j in entries)


def pair_sums(blocks: Blocks) -> two_variances.Sums:
    """The arrays that the kernel for two variances reads."""
    group = np.zeros(blocks.q, np.int64)
    for r, entry in enumerate(omega_entries(blocks)):
        group[[i for i, _ in equal_entries(blocks, entry)]] = r
    return two_variances.Sums(
        a0=np.ascontiguousarray(blocks.rr.sum(axis=0)),
        c=np.ascontiguousarray(blocks.zr),
        u=np.ascontiguousarray(blocks.zz),
        group=group,
        spread=np.array([_spread(blocks, group == r) for r in range(int(group.max(initial=-1)) + 1)]),
        starts=np.array(STARTS),
        nu=float(blocks.df),
        contrasts=float(blocks.df + blocks.p),
    )


def _spread(blocks: Blocks, which: NDArray[np.bool_]) -> float:
    """Root mean square of columns of Z, over the trials that have them."""
    diagonal = np.einsum("kii->ki", blocks.zz)[:, which]
    return float(np.sqrt(max(diagonal.sum() / max((diagonal > 0.0).sum(), 1), 1e-300)))


def _pair(blocks: Blocks, pooled: float) -> Variances:
    """One residual variance and two of random columns, by the kernel that screenings use."""
    sums = pair_sums(blocks)
    r = len(sums.spread)
    psi, space = np.zeros(r), two_variances.room(len(blocks.trials), blocks.p, blocks.q, r)
    evaluations, iterations, state = two_variances.minimise(sums, space, psi)
    if state != 1:
        return _general(blocks, True, pooled)
    sigma2 = float(space.value[1]) / sums.nu
    s, omega = np.full(len(blocks.trials), sigma2), np.diag(psi[sums.group]) * sigma2
    at = terms(blocks, s, omega, True)
    free = np.flatnonzero(np.append(1.0, psi) > 0.0)
    slope = float(np.abs(at.gradient * np.append(sigma2, psi * sigma2)).max())
    done = Optimiser(int(evaluations), int(iterations), slope, True, len(STARTS))
    return Variances(s, omega, at, np.eye(1 + r)[:, free], at.hessian[np.ix_(free, free)], done)


def _general(blocks: Blocks, reml: bool, pooled: float) -> Variances:
    """Minimise the criterion over all variances of the model.

    Parameters
    ----------
    pooled : float
        Residual variance of the model without random coefficients: the scale of the search.
    """
    problem = _Problem(blocks, reml, pooled)
    starts = STARTS if blocks.q else (0.0,)
    best: FloatArray | None = None
    best_value, iterations, converged = float("inf"), 0, False
    for size in starts:
        x = np.zeros(problem.groups + len(problem.entries))
        for a, (i, j) in enumerate(problem.entries):
            x[problem.groups + a] = size if i == j else 0.0
        x, value, steps, done = _newton(problem, x, np.ones(len(x), bool))
        iterations += steps
        if best is None or value < best_value - 1e-10 * (1.0 + abs(value)):
            best, best_value, converged = x, value, done
    assert best is not None
    best, steps = _to_boundary(problem, best, best_value)
    iterations += steps
    best[problem.groups :][np.abs(best[problem.groups :]) < GONE] = 0.0
    at, jacobian, gradient, curvature = problem.expand(best)
    largest = float(np.abs(gradient).max(initial=0.0))
    s, omega = problem.variances(best)
    vanished = tuple(int(k) for k in np.flatnonzero(best[: problem.groups] < VANISHED)) if problem.groups > 1 else ()
    record = Optimiser(problem.evaluations, iterations, largest, converged, len(starts))
    return Variances(s, omega, at, jacobian, curvature, record, vanished)


def _newton(
    problem: _Problem, x: FloatArray, free: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> tuple[FloatArray, float, int, bool]:
    """Damped Newton over the free parameters; a negative curvature is turned round so that each step goes down."""
    value = problem.value(x)
    last_steps = 0
    for step in range(STEPS):
        try:
            _, _, gradient, hessian = problem.expand(x)
        except np.linalg.LinAlgError:
            return x, value, step, False
        # entries of the factor larger than 1 are measured in units of their size, so that all have curvatures alike
        unit = np.maximum(1.0, np.abs(x))
        unit[: problem.groups] = 1.0
        unit = unit[free]
        gradient, hessian = unit * gradient[free], unit[:, None] * hessian[np.ix_(free, free)] * unit
        if not np.all(np.isfinite(hessian)) or not np.all(np.isfinite(gradient)):
            return x, value, step, False
        values, vectors = np.linalg.eigh(0.5 * (hessian + hessian.T))
        size = np.maximum(np.abs(values), 1e-7 * max(1.0, np.abs(values).max()))
        move = -vectors @ ((vectors.T @ gradient) / size)
        largest = np.abs(move).max(initial=0.0)
        if abs(gradient @ move) < 1e-13 * (1.0 + abs(value)):
            # the criterion cannot show what is still to gain; two more steps, each squares what is still wrong
            x = x.copy()
            x[free] += unit * move if largest < 1e-3 else 0.0
            value = min(value, problem.value(x))
            last_steps += 1
            if last_steps == 2 or largest >= 1e-3:
                return x, value, step, True
            continue
        # the criterion is trusted to be a parabola over a factor of e^2 in a variance, not farther
        move *= min(1.0, 2.0 / largest)
        if problem.groups > 1 and x[: problem.groups].min() < VANISHED - 4.0:
            return x, value, step, False
        shrink = 1.0
        while True:
            trial = x.copy()
            trial[free] += shrink * unit * move
            new = problem.value(trial)
            if new <= value + 1e-4 * shrink * (gradient @ move):
                break
            shrink *= 0.4
            if shrink < 1e-6:
                # rounding of the criterion hides what the step would gain: take the last full step if it costs nothing
                last = x.copy()
                last[free] += unit * move
                if largest < 1e-4 and problem.value(last) <= value + 1e-11 * (1.0 + abs(value)):
                    return last, min(value, problem.value(last)), step, True
                return x, value, step, bool(np.abs(gradient).max(initial=0.0) < 1e-4)
        x, value = trial, new
    return x, value, STEPS, False


def _to_boundary(problem: _Problem, x: FloatArray, value: float) -> tuple[FloatArray, int]:
    """Set rows of the factor with negligible diagonals to exactly zero where the criterion is then not larger."""
    steps = 0
    free = np.ones(len(x), bool)
    for a, (i, j) in enumerate(problem.entries):
        place = problem.groups + a
        if i == j and abs(x[place]) < NEGLIGIBLE:
            candidate, trial_free = x.copy(), free.copy()
            # with a variance go its covariances, lest a variance of 1e-70 stays behind
            row = [problem.groups + b for b, (k, _) in enumerate(problem.entries) if k == i]
            row = [b for b in row if abs(x[b]) < NEGLIGIBLE]
            candidate[row], trial_free[row] = 0.0, False
            candidate, new, more, _ = _newton(problem, candidate, trial_free)
            steps += more
            if new <= value + 1e-9 * (1.0 + abs(value)) or abs(x[place]) < GONE:
                x, value, free = candidate, min(value, new), trial_free
    return x, steps

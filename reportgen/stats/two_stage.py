"""Two-stage pooling: one estimate and standard error per trial in, a random-effects summary out.

It stands beside the one-step fit as the check a reader can redo by hand, and forest plots take Q, I2 and their
intervals from it. The model is y_i ~ N(theta, s_i^2 + tau2) with the s_i taken as known. tau2 by REML,
DerSimonian-Laird (1986) or Paule-Mandel (1982); the test by Hartung-Knapp-Sidik-Jonkman (Hartung & Knapp 2001), by default
never narrower than the normal interval's standard error allows (Roever et al. 2015), or the normal one; the interval of tau2
by inverting Q (Viechtbauer 2007); I2 and H2 against the typical within-trial variance (Higgins & Thompson 2002); prediction
intervals by Higgins, Thompson & Spiegelhalter (2009). It agrees with metafor's `rma` (`adhoc`, `knha`, `z`), save that
metafor takes K - 1 df for the prediction interval beside a Hartung-Knapp test. Sums over trials are taken over pairs of
them, so that one trial of a precision far beyond the others' costs no digits, in units in which no square overflows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reportgen.late import special

from .choices import Status
from .effect import NOTHING, Effect

__all__ = ["TwoStage", "pool_common", "pool_two_stage", "prediction_interval"]

Method = Literal["reml", "dersimonian-laird", "paule-mandel"]
Test = Literal["knha", "knha-plain", "normal"]
TESTS: tuple[Test, ...] = ("knha", "knha-plain", "normal")
Interval = tuple[float, float]
Vector = NDArray[np.float64]

_NAN = float("nan")
_NOWHERE: Interval = (_NAN, _NAN)
# Standard errors count as no smaller than this beside the spread of the trials: powers of the weights stay within a float.
_LEAST_ERROR = 1e-75


@dataclass(frozen=True, slots=True)
class TwoStage:
    """A random-effects summary of trials.

    Attributes
    ----------
    estimate, std_error, df, p_value
        The pooled effect; `df` is K - 1 with the Hartung-Knapp tests and infinite with the normal one.
    tau2, tau2_interval
        Between-trial variance and its Q-profile interval; (0, 0) where even tau2 = 0 makes Q improbably small.
    q, q_df, q_p_value
        Cochran's Q, its degrees of freedom and the test of homogeneity.
    i2, i2_interval, h2
        Share of the total variance that lies between trials, a fraction; h2 = 1 / (1 - i2).
    weights
        Weight of each trial in the pooled effect, as fractions of one; 0 for a trial that was left out.
    trials
        How many trials entered.
    status, message
        `ok`; `boundary` (tau2 = 0, or a single trial); `failed` with the reason, and then no interval.
    """

    estimate: float
    std_error: float
    df: float
    p_value: float
    tau2: float
    tau2_interval: Interval
    q: float
    q_df: int
    q_p_value: float
    i2: float
    i2_interval: Interval
    h2: float
    weights: Vector = field(repr=False)
    trials: int
    method: Method
    test: Test
    status: Status
    message: str

    def interval(self, level: float = 0.95) -> Interval:
        """Confidence interval of the pooled effect."""
        half = _quantile(level, self.df) * self.std_error
        return self.estimate - half, self.estimate + half

    def prediction_interval(self, level: float = 0.95) -> Interval | None:
        """Interval for the effect in a further trial; None with fewer than three trials."""
        return prediction_interval(self.estimate, self.std_error, self.tau2, self.trials, level)


def prediction_interval(
    estimate: float, std_error: float, tau2: float, trials: int, level: float = 0.95
) -> Interval | None:
    """Interval for the effect in a further trial: estimate ± t(trials - 2) sqrt(tau2 + std_error^2).

    With three trials t has one degree of freedom (12.7 at 95%): the interval is honest and useless, which is to be said
    beside it. With fewer than three trials there is none.

    Examples
    --------
    >>> low, high = prediction_interval(4.0, 0.8, tau2=1.5, trials=8)
    >>> round(low, 3), round(high, 3)
    (0.42, 7.58)
    """
    if trials < 3 or not np.isfinite([estimate, std_error, tau2]).all():
        return None
    half = _quantile(level, trials - 2) * float(np.sqrt(tau2 + std_error**2))
    return estimate - half, estimate + half


def pool_two_stage(
    estimates: ArrayLike,
    std_errors: ArrayLike,
    *,
    method: Method = "reml",
    test: Test = "knha",
    level: float = 0.95,
) -> TwoStage:
    """Pool the estimates of trials under random effects.

    Parameters
    ----------
    estimates, std_errors : (K,)
        One value per trial. A trial whose estimate is not finite, or whose standard error is not finite and positive,
        is left out: its weight is 0 and the message counts it.
    method
        Estimator of tau2.
    test
        `knha` (Hartung-Knapp-Sidik-Jonkman, t with K - 1 df, the factor on the variance at least 1), `knha-plain` (the same
        without that guard: among trials that are alike by chance it may be narrower than a common effect's interval) or
        `normal`.
    level
        Of the Q-profile intervals of tau2 and I2.

    Raises
    ------
    ValueError
        If the two do not have the same length, or an option is unknown.

    Examples
    --------
    >>> pooled = pool_two_stage([0.4, 2.2, 3.6], [0.5, 0.7, 0.6])
    >>> round(pooled.estimate, 4), round(pooled.std_error, 4), round(pooled.tau2, 4)
    (2.041, 0.9484, 2.3351)
    """
    y, s = np.asarray(estimates, dtype=np.float64), np.asarray(std_errors, dtype=np.float64)
    if y.ndim != 1 or y.shape != s.shape:
        raise ValueError(f"one estimate and one standard error per trial are needed, not {y.shape} and {s.shape}")
    if method not in _TAU2:
        raise ValueError(f"method is one of {', '.join(_TAU2)}, not {method!r}")
    if test not in TESTS:
        raise ValueError(f"test is one of {', '.join(TESTS)}, not {test!r}")
    used = np.isfinite(y) & np.isfinite(s) & (s > 0)
    unused = _unused(int(np.sum(~used)))
    if not used.any():
        return _nothing(y.size, method, test, unused)
    if used.sum() == 1:
        return _single_trial(float(y[used][0]), float(s[used][0]), used.astype(np.float64), method, test, unused)
    return _pool(y[used], s[used], used, method, test, level, unused)


def pool_common(estimates: ArrayLike, std_errors: ArrayLike) -> Effect:
    """Return the one effect that all trials are taken to have: their mean, weighted by inverse variances, normal.

    Parameters
    ----------
    estimates, std_errors : (K,)
        As for `pool_two_stage`; a trial without a finite estimate and a positive standard error is left out.

    Returns
    -------
    Effect
        NaN where no trial is left.

    Examples
    --------
    >>> common = pool_common([0.4, 2.2, 3.6], [0.5, 0.7, 0.6])
    >>> round(float(common.estimate), 4), round(float(common.std_error), 4)
    (1.8245, 0.3367)
    """
    y, s = np.asarray(estimates, dtype=np.float64), np.asarray(std_errors, dtype=np.float64)
    used = np.isfinite(y) & np.isfinite(s) & (s > 0)
    if not used.any():
        return NOTHING
    weights = 1 / s[used] ** 2
    return Effect(float(weights @ y[used] / weights.sum()), float(1 / np.sqrt(weights.sum())), np.inf, np.inf)


def _pool(
    y: Vector, s: Vector, used: NDArray[np.bool_], method: Method, test: Test, level: float, unused: str
) -> TwoStage:
    y, v, origin, quarter = _without_unit(y, s)
    unit = 4 * quarter
    K = y.size
    tau2 = _TAU2[method](y, v)
    w = 1 / (v + tau2)
    theta = float(w @ y / w.sum())
    q = _q(0.0, y, v)
    pooled = 4 * (origin / 4 + theta * quarter)
    typical = _typical_variance(v)
    low, high = _q_profile(y, v, level)
    std_error, df = _std_error(y, w, test)
    degenerate = not std_error > 0
    weights = np.zeros(used.size)
    weights[used] = w / w.sum()
    return TwoStage(
        estimate=pooled,
        std_error=_NAN if degenerate else 4 * (std_error * quarter),
        df=df,
        p_value=_NAN if degenerate else _two_sided(pooled / 4 / quarter / std_error, df),
        tau2=tau2 * unit * unit,
        tau2_interval=(low * unit * unit, high * unit * unit),
        q=q,
        q_df=K - 1,
        q_p_value=float(special.chdtrc(K - 1, q)),
        i2=tau2 / (tau2 + typical),
        i2_interval=(low / (low + typical), high / (high + typical)),
        h2=tau2 / typical + 1,
        weights=weights,
        trials=K,
        method=method,
        test=test,
        status="failed" if degenerate else "ok" if tau2 > 0 else "boundary",
        message=_message(_ALIKE if degenerate else "" if tau2 > 0 else _ZERO, unused),
    )


def _without_unit(y: Vector, s: Vector) -> tuple[Vector, Vector, float, float]:
    """Estimates about the most precise and variances, in a unit in which both are at most one; that estimate; unit / 4.

    Origin and unit of the outcome are taken out, so that no step depends on them or leaves the range of a float; what then
    differs from zero by rounding alone is no information on the variance. A quarter of everything: no difference overflows.
    """
    quarter, origin = y / 4, float(y[np.argmin(s)] / 4)
    noise = 8 * np.finfo(float).eps * np.max(np.abs(quarter))
    apart = np.where(np.abs(quarter - origin) <= noise, 0.0, quarter - origin)
    unit = float(np.ldexp(1.0, np.frexp(max(float(np.ptp(apart)), float(s.max()) / 4))[1]))
    return apart / unit, np.maximum(s / 4 / unit, _LEAST_ERROR) ** 2, 4 * origin, unit


_ZERO = "the between-trial variance is estimated as zero"
_ALIKE = "all trials have the same estimate, so the plain Hartung-Knapp standard error is zero: take knha, or the normal test"
_SINGLE = "one trial only: its own estimate with a normal interval; heterogeneity cannot be estimated"
_NONE = "no trial has an estimate with a standard error"


def _message(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _unused(n: int) -> str:
    if n == 0:
        return ""
    return f"{n} {'trial has' if n == 1 else 'trials have'} no usable estimate or standard error and stayed out"


def _quantile(level: float, df: float) -> float:
    upper = (1 + level) / 2
    return float(special.stdtrit(df, upper) if np.isfinite(df) else special.ndtri(upper))


def _two_sided(z: float, df: float) -> float:
    return 2 * float(special.stdtr(df, -abs(z)) if np.isfinite(df) else special.ndtr(-abs(z)))


def _std_error(y: Vector, w: Vector, test: Test) -> tuple[float, float]:
    common = float(1 / np.sqrt(w.sum()))
    if test == "normal":
        return common, float("inf")
    factor = float(w @ _about_mean(w, y) ** 2) / (y.size - 1)
    return common * float(np.sqrt(factor if test == "knha-plain" else max(1.0, factor))), float(y.size - 1)


def _about_mean(w: Vector, y: Vector) -> Vector:
    """What each trial is away from the weighted mean, by way of its distances from the others."""
    return np.asarray((y[:, None] - y[None, :]) @ w / w.sum())


def _information(w: Vector) -> float:
    """Sum of w - (sum of w^2) / (sum of w), as a sum over pairs: the difference has no digits where one weight is most."""
    others = (1 - np.eye(w.size)) @ w
    return float(w @ others / w.sum())


def _q(tau2: float, y: Vector, v: Vector) -> float:
    """The generalised Q: the weighted squares about the pooled effect at a given tau2; falls as tau2 grows."""
    w = 1 / (v + tau2)
    return float(w @ _about_mean(w, y) ** 2)


def _typical_variance(v: Vector) -> float:
    return (v.size - 1) / _information(1 / v)


def _ceiling(y: Vector, v: Vector) -> float:
    """A tau2 above which the REML criterion only rises: weights are nearly equal there."""
    return 10 * float(np.ptp(y) ** 2 + v.max())


def _root(f: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq  # takes a while to import, and pooling is all that needs it

    return float(brentq(f, low, high, xtol=1e-300, rtol=4 * np.finfo(float).eps, maxiter=5000))


def _dersimonian_laird(y: Vector, v: Vector) -> float:
    return max(0.0, (_q(0.0, y, v) - (y.size - 1)) / _information(1 / v))


def _solve_q(target: float, y: Vector, v: Vector) -> float:
    """The tau2 at which the generalised Q equals `target`; 0 if Q is below it already."""
    if _q(0.0, y, v) <= target:
        return 0.0
    high = _ceiling(y, v)
    while _q(high, y, v) > target:
        high *= 10
    return _root(lambda tau2: _q(tau2, y, v) - target, 0.0, high)


def _paule_mandel(y: Vector, v: Vector) -> float:
    return _solve_q(y.size - 1, y, v)


def _q_profile(y: Vector, v: Vector, level: float) -> Interval:
    tail = (1 - level) / 2
    above, below = special.chdtri(y.size - 1, tail), 2 * special.gammaincinv((y.size - 1) / 2, tail)
    return _solve_q(float(above), y, v), _solve_q(float(below), y, v)


def _reml_criterion(tau2: float, y: Vector, v: Vector) -> float:
    w = 1 / (v + tau2)
    return float(np.log(v + tau2).sum() + np.log(w.sum())) + _q(tau2, y, v)


def _reml_slope(tau2: float, y: Vector, v: Vector) -> float:
    w = 1 / (v + tau2)
    return _information(w) - float(np.sum((w * _about_mean(w, y)) ** 2))


def _reml(y: Vector, v: Vector) -> float:
    """The lowest minimum of the REML criterion: there may be several, and scoring finds the one near its start."""
    low, high = 1e-4 * v.min(), _ceiling(y, v)
    grid = np.concatenate([[0.0], np.geomspace(low, high, max(120, int(12 * np.log10(high / low))))])
    slopes = [_reml_slope(tau2, y, v) for tau2 in grid]
    minima = [0.0] if slopes[0] >= 0 else []
    minima += [
        _root(lambda tau2: _reml_slope(tau2, y, v), a, b)
        for a, b, falls, rises in zip(grid, grid[1:], slopes, slopes[1:], strict=False)
        if falls < 0 <= rises
    ]
    return min(minima, key=lambda tau2: _reml_criterion(tau2, y, v))


_TAU2: dict[str, Callable[[Vector, Vector], float]] = {
    "reml": _reml,
    "dersimonian-laird": _dersimonian_laird,
    "paule-mandel": _paule_mandel,
}


def _single_trial(y: float, s: float, weights: Vector, method: Method, test: Test, unused: str) -> TwoStage:
    return TwoStage(
        estimate=y, std_error=s, df=float("inf"), p_value=_two_sided(y / s, float("inf")),
        tau2=_NAN, tau2_interval=_NOWHERE, q=0.0, q_df=0, q_p_value=1.0, i2=_NAN, i2_interval=_NOWHERE, h2=_NAN,
        weights=weights, trials=1, method=method, test=test,
        status="boundary", message=_message(_SINGLE, unused),
    )  # fmt: skip


def _nothing(size: int, method: Method, test: Test, unused: str) -> TwoStage:
    return TwoStage(
        estimate=_NAN, std_error=_NAN, df=_NAN, p_value=_NAN,
        tau2=_NAN, tau2_interval=_NOWHERE, q=_NAN, q_df=0, q_p_value=_NAN, i2=_NAN, i2_interval=_NOWHERE, h2=_NAN,
        weights=np.zeros(size), trials=0, method=method, test=test,
        status="failed", message=_message(_NONE, unused),
    )  # fmt: skip

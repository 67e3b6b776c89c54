"""An estimated effect with its uncertainty: what every fit hands back.

In: an estimate, its standard error and its degrees of freedom (infinite for a normal reference).
Out: p, log p and intervals, by Student's t; the joint test of several coefficients by F.
Tails are taken from the incomplete beta function, and below 1e-250 from its hypergeometric series in logarithms
(Abramowitz and Stegun 26.5.23), so that searches may compare p values that no float can hold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reportgen.late import special

FloatArray = NDArray[np.float64]
Numbers = float | FloatArray


def student_p(statistic: FloatArray, df: FloatArray) -> FloatArray:
    """Two-sided p of Student's t; `df` infinite means normal. NaN in, NaN out."""
    t = np.abs(np.asarray(statistic, float))
    df = np.broadcast_to(np.asarray(df, float), t.shape)
    finite = np.isfinite(df)
    p = np.where(finite, 2.0 * special.stdtr(np.where(finite, df, 1.0), -t), 2.0 * special.ndtr(-t))
    return np.where(np.isnan(t) | np.isnan(df), np.nan, p)


def student_log_p(statistic: FloatArray, df: FloatArray) -> FloatArray:
    """Natural logarithm of `student_p`, right where p itself is too small for a float."""
    t = np.abs(np.asarray(statistic, float))
    df = np.broadcast_to(np.asarray(df, float), t.shape)
    p = student_p(t, df)
    with np.errstate(divide="ignore"):
        log_p = np.asarray(np.log(p))
    for place in np.argwhere(p < 1e-250):
        at = tuple(place)
        log_p[at] = _log_tail(float(t[at]), float(df[at]))
    return log_p


def _log_tail(t: float, df: float) -> float:
    """log P(|T| > t) far out in the tail."""
    if not np.isfinite(df):
        return float(np.log(2.0) + special.log_ndtr(-t))
    # P(|T| > t) = I_x(df/2, 1/2), x = df/(df + t^2)
    log_x = -float(np.log1p(t * t / df)) if t < 1e150 else float(np.log(df) - 2.0 * np.log(t))  # t^2 would overflow
    return _log_incomplete_beta(0.5 * df, 0.5, log_x)


def _log_incomplete_beta(a: float, b: float, log_x: float) -> float:
    """log I_x(a, b) = a log x + b log(1-x) - log a - log B(a, b) + log 2F1(a+b, 1; a+1; x), for x < 1."""
    x = float(np.exp(log_x))
    total = term = 1.0
    for k in range(100_000):
        term *= x * (a + b + k) / (a + 1.0 + k)
        total += term
        if term < 1e-17 * total:
            break
    return float(a * log_x + b * np.log1p(-x) - np.log(a) - special.betaln(a, b) + np.log(total))


@dataclass(frozen=True, slots=True)
class Joint:
    """Joint test that several coefficients are zero.

    Attributes
    ----------
    statistic : float
        F, already multiplied by `scale`.
    df_num, df_den, df_den_raw : float
        Degrees of freedom; the raw one is that before any floor.
    p_value : float
    scale : float
        Kenward and Roger's factor on the Wald F; 1 for the other methods, and where few trials and many coefficients
        give moments that no F distribution has (the factor would not be positive).
    """

    statistic: float
    df_num: float
    df_den: float
    df_den_raw: float
    p_value: float
    scale: float

    @property
    def log_p(self) -> float:
        """Natural logarithm of p, right where p is too small for a float."""
        if not self.p_value < 1e-250:
            return float(np.log(self.p_value))
        m, df, f = self.df_num, self.df_den, self.statistic
        if not np.isfinite(df):
            # Q(m/2, x) ~ x^(m/2-1) e^-x / Gamma(m/2) [1 + (m/2-1)/x + ...], Abramowitz and Stegun 6.5.32
            x, h = 0.5 * m * f, 0.5 * m
            total = term = 1.0
            for k in range(1, 30):
                term *= (h - k) / x
                total += term
            return float((h - 1.0) * np.log(x) - x - special.gammaln(h) + np.log(total))
        return _log_incomplete_beta(0.5 * df, 0.5 * m, -float(np.log1p(m * f / df)))


@dataclass(frozen=True, slots=True)
class Effect:
    """One coefficient, or several of one kind, with its uncertainty.

    Attributes
    ----------
    estimate, std_error : float or ndarray (q,)
        In units of the outcome (for an interaction: per unit of the moderator).
    df : float or ndarray (q,)
        Degrees of freedom used for p and intervals; infinite for a normal reference.
    df_raw : float or ndarray (q,)
        The same before any floor.
    joint : Joint or None
        Test of all q coefficients together, where there are several columns; of one coefficient, a test by the ratio of
        likelihoods where one was made.

    Examples
    --------
    >>> effect = Effect(2.0, 1.0, 10.0, 10.0)
    >>> round(effect.p_value, 4)
    0.0734
    >>> low, high = effect.interval()
    >>> round(low, 3), round(high, 3)
    (-0.228, 4.228)
    """

    estimate: Numbers
    std_error: Numbers
    df: Numbers
    df_raw: Numbers
    joint: Joint | None = None

    @property
    def statistic(self) -> Numbers:
        """Estimate over standard error."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self._shape(np.divide(self.estimate, self.std_error))

    @property
    def p_value(self) -> Numbers:
        """Two-sided p."""
        return self._shape(student_p(np.asarray(self.statistic), np.asarray(self.df)))

    @property
    def tested_p(self) -> float:
        """p of `joint` where there is one, else of the only coefficient."""
        return self.joint.p_value if self.joint else float(self.p_value)

    @property
    def log_p(self) -> Numbers:
        """Natural logarithm of the two-sided p, right where p is too small for a float."""
        return self._shape(student_log_p(np.asarray(self.statistic), np.asarray(self.df)))

    def interval(self, level: float = 0.95) -> tuple[Numbers, Numbers]:
        """Lower and upper limit of the interval at `level`."""
        if not 0.0 < level < 1.0:
            raise ValueError(f"level must lie between 0 and 1, not {level}")
        df = np.asarray(self.df, float)
        finite = np.isfinite(df)
        t = special.stdtrit(np.where(finite, df, 1.0), 0.5 * (1.0 + level))
        half = np.where(finite, t, special.ndtri(0.5 * (1.0 + level))) * self.std_error
        half = np.where(np.isnan(df), np.nan, half)
        return self._shape(self.estimate - half), self._shape(self.estimate + half)

    def _shape(self, values: FloatArray) -> Numbers:
        return float(values) if np.ndim(self.estimate) == 0 else np.asarray(values, float)


NOTHING = Effect(float("nan"), float("nan"), float("nan"), float("nan"))
"""What cannot be estimated."""

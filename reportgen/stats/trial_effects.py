"""Treatment effects trial by trial, whatever the outcome: what a two-stage meta-analysis pools and a forest plot shows.

In: arrays with a value a trial. Out: p values and intervals of them. `per_trial` makes them for continuous outcomes, `per_trial_glm`
for events.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .choices import Status
from .crossproducts import FloatArray, IntArray
from .effect import Effect


@dataclass(frozen=True, slots=True)
class TrialEffects:
    """Treatment effects trial by trial, in the sorted order of the labels; NaN where not estimable.

    Attributes
    ----------
    labels : ndarray (K,)
    estimate, std_error : ndarray (K,)
        In units of the outcome, or of a log ratio.
    df : ndarray (K,)
        Degrees of freedom; infinite for a normal reference.
    n_control, n_intervention, missing : ndarray (K,) of int
        Participants with all values in each arm; those left out because a value is missing.
    status : tuple of str
        ``"ok"`` or ``"not estimable"``.
    reason : tuple of str
        Why an effect is not estimable; empty where it is.

    Examples
    --------
    >>> one = np.ones(1, np.int64)
    >>> each = TrialEffects(np.array(["a"]), 2.0 * one, 1.0 * one, 10.0 * one, 6 * one, 6 * one, 0 * one, ("ok",), ("",))
    >>> each.interval()[1].round(3)
    array([4.228])
    """

    labels: NDArray[Any]
    estimate: FloatArray
    std_error: FloatArray
    df: FloatArray
    n_control: IntArray
    n_intervention: IntArray
    missing: IntArray
    status: tuple[Status, ...]
    reason: tuple[str, ...]

    def effect(self) -> Effect:
        """The estimates with their p values and intervals, as arrays over the trials."""
        return Effect(self.estimate, self.std_error, self.df, self.df)

    def interval(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Lower and upper limits at `level`, by Student's t."""
        low, high = self.effect().interval(level)
        return np.asarray(low), np.asarray(high)

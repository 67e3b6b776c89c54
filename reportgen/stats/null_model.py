"""The model of no effect modification, from which sign flips make new outcomes.

In: the participants of a cell. Out: what the model predicts for each of them, and what is left.
Model: y = phi_i + x b_i + z g_i + t theta_i + e, with all candidate moderators z linear (levels as indicators, a missing value
as the mean of its trial), and an effect of treatment for each trial. A trial has slopes b_i and g_i of its own if it has
ten people for each of them; the others share theirs. An outcome without effect modification is then m + s r, m the
prediction, r what is left and s a sign for each person: trial, treatment, covariates and missing values stay as they are, and
so does each person's own variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .crossproducts import FloatArray, IntArray
from .event_null import EventNull
from .levels import Levels
from .sample import Sample
from .signs import Signs
from .subgroups import Moderator

PEOPLE_PER_SLOPE = 10
REDUNDANT = 1e-9  # share of the largest singular value below which a direction is rounding


@dataclass(frozen=True, slots=True, eq=False)
class NullModel:
    """What a cell looks like without effect modification.

    Attributes
    ----------
    fitted, residual : ndarray (n,)
        In units of the outcome, in the order of the sample.
    own_slopes : tuple
        Labels of the trials with slopes of their own.
    """

    fitted: FloatArray
    residual: FloatArray
    own_slopes: tuple[Any, ...]

    def flipped(self, sign: Signs) -> FloatArray:
        """Return the outcome of a draw."""
        return np.asarray(self.fitted + sign * self.residual)


def null_of_events(model: EventNull) -> NullModel:
    """Return the model of events without any split as one from which working responses are drawn."""
    return NullModel(model.response - model.residual, model.residual, ())


def null_model(sample: Sample) -> NullModel:
    """Fit the model of no effect modification by least squares.

    Examples
    --------
    >>> from reportgen.stats.sample import make_sample
    >>> rng = np.random.default_rng(1)
    >>> trial, treatment, age = np.repeat(["a", "b"], 50), np.tile([0, 1], 50), rng.normal(size=100)
    >>> sample = make_sample(3.0 * age + treatment, treatment, trial, {"age": age}, range(100))
    >>> model = null_model(sample)
    >>> bool(np.abs(model.residual).max() < 1e-12), model.own_slopes
    (True, ('a', 'b'))
    """
    trial, trials = sample.trial, len(sample.labels)
    covariates = _centred(_covariates(sample), trial, trials)
    t, y = (_centred(item[:, None], trial, trials)[:, 0] for item in (sample.treatment, sample.outcome))
    covariates, y = _without(t, covariates, trial, trials), _without(t, y[:, None], trial, trials)[:, 0]
    own = [k for k in range(trials) if _has_own(covariates[trial == k])]
    groups = [trial == k for k in own] + [~np.isin(trial, own)]
    residual = y.copy()
    for here in groups:
        residual[here] = _left(covariates[here], y[here])
    return NullModel(sample.outcome - residual, residual, tuple(sample.labels[own].tolist()))


def _covariates(sample: Sample) -> FloatArray:
    """Adjusters and moderators, NaN where one is missing."""
    return np.column_stack([sample.adjusters, *(_columns_of(moderator) for moderator in sample.moderators.values())])


def _columns_of(values: Moderator) -> FloatArray:
    if not isinstance(values, Levels):
        return np.asarray(values, float)[:, None]
    columns = (values.codes[:, None] == values.present[1:]).astype(float)
    columns[values.codes < 0] = np.nan
    return np.asarray(columns)


def _centred(columns: FloatArray, trial: IntArray, trials: int) -> FloatArray:
    """Columns minus their means in the trials; 0 for a missing value, which is its trial's mean."""
    out = np.zeros_like(columns)
    for k in range(trials):
        here = columns[trial == k]
        known = ~np.isnan(here)
        low = np.where(known, here, np.inf).min(axis=0, initial=np.inf)
        shifted = np.where(known, here - np.where(np.isfinite(low), low, 0.0), 0.0)  # exactly 0 in a constant column
        mean = shifted.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        out[trial == k] = np.where(known, shifted - mean, 0.0)
    return out


def _without(t: FloatArray, columns: FloatArray, trial: IntArray, trials: int) -> FloatArray:
    """Columns with treatment, centred, swept out of them in each trial; exactly 0 what is a multiple of it."""
    out = columns.copy()
    for k in range(trials):
        here = trial == k
        square = float(t[here] @ t[here])
        if square > 0.0:
            rest = columns[here] - np.outer(t[here], t[here] @ columns[here] / square)
            out[here] = np.where(_length(rest) > REDUNDANT * _length(columns[here]), rest, 0.0)
    return out


def _length(columns: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.sum(columns**2, axis=0)))


def _has_own(covariates: FloatArray) -> bool:
    """Whether a trial has enough people for slopes of its own."""
    return len(covariates) >= PEOPLE_PER_SLOPE * _rank(_scaled(covariates))


def _scaled(covariates: FloatArray) -> FloatArray:
    length = _length(covariates)
    return np.asarray(covariates / np.where(length > 0.0, length, 1.0))


def _rank(scaled: FloatArray) -> int:
    values = np.asarray(np.linalg.svd(scaled, compute_uv=False))
    return int(np.sum(values > REDUNDANT * values.max(initial=0.0))) if values.max(initial=0.0) > 0.0 else 0


def _left(covariates: FloatArray, y: FloatArray) -> FloatArray:
    """What least squares leave of y."""
    if not covariates.size:
        return y
    scaled = _scaled(covariates)
    return np.asarray(y - scaled @ np.linalg.lstsq(scaled, y, rcond=REDUNDANT)[0])

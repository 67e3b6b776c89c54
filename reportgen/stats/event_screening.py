"""The screening of many moderators of events, by one step each from one model: what sign flips and bootstraps repeat.

In: the model of events without effect modification (event_null.py), of all candidate moderators. Out: for any working response of
its people the p value of every moderator.
Method: in that weighted linear model, with W and tau2 held, the interaction of each moderator comes in as t (z - zbar_i) (`naive`:
minus the mean of all), tried on the people who have it. One that varies between trials adds (t - tbar_i) (z - zbar_i) v_i, or one
such column a level, v_i ~ N(0, omega2); omega2 is estimated by moments (DerSimonian & Laird 1986, Controlled Clin Trials 7:177,
with the covariance of the trials' estimates as it is), and the interaction by generalised least squares. Tests have the reference of
`screen_moderator_glmm`. All of it rests on products of the response with a few columns, which are made once for a sample.
It is the first step of a refit, and not the p that a screening prints; a search takes it in data and draws alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from reportgen.late import special

from .choices import InteractionEffect, Link, MainReading, Reference
from .crossproducts import FloatArray, IntArray
from .effect import student_p
from .event_null import EventNull
from .event_splits import independent
from .events import Participants
from .levels import Levels
from .moderator_models import CONSTANT, complete, trial_means
from .moderators import ModeratorColumns, counted_by_floor, moderator_columns, too_few, unusable
from .moderators_glmm import EventPeople, alike_levels
from .prepared_screening import Screened
from .subgroups import Moderator

COLLINEAR = 1e-9  # share of a sum of squares below which what is left of it counts as rounding


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """The interaction with one moderator, without a response.

    Attributes
    ----------
    rows : ndarray (n,) of int
        Who is in it, as rows of the participants.
    fixed, random : ndarray (q, n), (m, n)
        What the response is multiplied by for its products with the common interaction, and with the interactions of the trials
        in the axes of `precision`, all other columns swept out.
    information, cross : ndarray (q, q), (q, m)
        Products of the common interaction with itself and with those of the trials.
    precision : ndarray (m,)
        Those of the interactions of the trials with themselves.
    moments, spread : ndarray (k, m + q), ndarray (k,)
        What says, of both products, how much the trials differ from the common interaction, and the precisions of it.
    df : float
    """

    rows: IntArray
    fixed: FloatArray
    random: FloatArray
    information: FloatArray
    cross: FloatArray
    precision: FloatArray
    moments: FloatArray
    spread: FloatArray
    df: float

    def test(self, y: FloatArray) -> tuple[float, float]:
        """Return p, and the estimate of a quantity (NaN of levels)."""
        score, trials = self.fixed @ y[self.rows], self.random @ y[self.rows]
        shrunk = 1.0 / (self.precision + 1.0 / omega2) if (omega2 := self._omega2(score, trials)) > 0.0 else 0.0
        information = self.information - (self.cross * shrunk) @ self.cross.T
        estimate = np.linalg.solve(information, score - self.cross @ (shrunk * trials))
        q = len(estimate)
        wald = float(estimate @ information @ estimate)
        if q == 1:
            return float(student_p(np.sqrt(np.array(wald)), np.array(self.df))), float(estimate[0])
        p = special.chdtrc(q, wald) if np.isinf(self.df) else special.fdtrc(q, self.df, wald / q)
        return float(p), float("nan")

    def _omega2(self, score: FloatArray, trials: FloatArray) -> float:
        """Variance of the interaction between trials, by moments: sum of u^2 / s has the mean k + omega2 times the sum of s."""
        if not len(self.spread):
            return 0.0
        u = self.moments @ np.concatenate([trials, score])
        return max(0.0, float((np.sum(u * u / self.spread) - len(u)) / self.spread.sum()))


@dataclass(frozen=True, slots=True, eq=False)
class PreparedEventScreening:
    """Moderators of events ready for any working response; see `prepare_event_screening`.

    Attributes
    ----------
    names : tuple of str
    reasons : tuple of str
        Why a moderator cannot be tested, whatever the response; empty where it can.
    null : EventNull
    """

    names: tuple[str, ...]
    reasons: tuple[str, ...]
    null: EventNull
    _steps: tuple[_Step | None, ...]

    def run(self, response: ArrayLike) -> Screened:
        """Test every moderator with a working response of all participants."""
        y = np.asarray(response, float)
        nothing = float("nan"), float("nan")
        found = np.array([nothing if step is None else step.test(y) for step in self._steps]).reshape(-1, 2)
        return Screened(found[:, 0], found[:, 1])


def prepare_event_screening(
    people: Participants,
    moderators: Mapping[str, Moderator],
    null: EventNull,
    *,
    references: Mapping[str, int] | None = None,
    reading: MainReading = "within",
    minimum_trials: int = 1,
    interaction_effect: InteractionEffect = "common",
    inference: Reference = "t",
) -> PreparedEventScreening:
    """Prepare the tests of all moderators, for many working responses of the same people.

    Parameters
    ----------
    people : Participants
    moderators : mapping of str to array_like (n,) or Levels
        NaN, or -1, where a value is missing: each moderator is tested among those who have it.
    null : EventNull
        Of these participants, with all of these moderators.
    references, reading, minimum_trials, interaction_effect
        As for `prepare_screening`.
    inference : {"t", "normal"}
        As for `screen_moderator_glmm`.

    Examples
    --------
    >>> from reportgen.stats.event_null import event_null
    >>> from reportgen.stats.events import event_participants
    >>> rng = np.random.default_rng(3)
    >>> trial, treatment = np.repeat(["a", "b", "c", "d"], 400), np.tile([0, 1], 800)
    >>> moderators = {"age": rng.normal(50.0, 10.0, 1600), "pain": rng.normal(5.0, 2.0, 1600)}
    >>> log_odds = -1.0 - treatment * 0.05 * (moderators["age"] - 50.0)
    >>> relapse = rng.random(1600) < 1.0 / (1.0 + np.exp(-log_odds))
    >>> people = event_participants(relapse, treatment, trial, "logit")
    >>> null = event_null(people, moderators, np.ones(1600, bool), "random")
    >>> found = prepare_event_screening(people, moderators, null, interaction_effect="random").run(null.response)
    >>> (found.p_value < 0.05).tolist(), found.direction.tolist()[0]
    ([True, False], -1)
    """
    asked = _Asked(people.link, reading, minimum_trials, interaction_effect == "random", inference == "t")
    results = [
        (null.left_out[name], None)
        if name in null.left_out
        else _prepare(people, moderator, null, (references or {}).get(name, 0), asked)
        for name, moderator in moderators.items()
    ]
    return PreparedEventScreening(
        tuple(moderators), tuple(reason for reason, _ in results), null, tuple(step for _, step in results)
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a screening."""

    link: Link
    reading: MainReading
    minimum_trials: int
    varying: bool
    by_t: bool


def _prepare(
    people: Participants, moderator: Moderator, null: EventNull, reference: int, asked: _Asked
) -> tuple[str, _Step | None]:
    """Return why there is nothing to test, or an empty text and the step."""
    if null.message:
        return null.message, None
    at = np.arange(len(null.rows), dtype=float)  # in the place of an outcome: who stays
    values = (
        Levels(moderator.codes[null.rows], moderator.levels, moderator.ordered)
        if isinstance(moderator, Levels)
        else np.asarray(moderator, float)[null.rows]
    )
    table = people.table
    found = complete(at, null.weighted.treatment, null.trial, values, None)
    reason = unusable(found, asked.minimum_trials)
    if reason:
        return reason, None
    coded = moderator_columns(found, values, reference, 1.0)
    here = found.outcome.astype(np.int64)
    rows = null.rows[here]
    exposure = people.exposure[rows] if asked.link == "log" else None
    events = EventPeople(replace(found, outcome=table.outcome[rows]), exposure, asked.link)
    reason = alike_levels(events, coded)
    reason = reason or (too_few(coded.telling, found, asked.minimum_trials) if asked.reading == "within" else "")
    if reason:
        return reason, None
    telling = len(np.unique(found.place[coded.telling]))
    df = float(counted_by_floor(telling) - 1) if asked.by_t and asked.varying else np.inf
    step = _step(null, here, coded, asked, df)
    return ("", step) if step is not None else (CONSTANT, None)


def _step(null: EventNull, here: IntArray, coded: ModeratorColumns, asked: _Asked, df: float) -> _Step | None:
    """The interaction among some people of the model, in the order of their trials; None where it follows from other columns."""
    treatment, trial = null.weighted.treatment[here], null.trial[here]
    swept = _Swept.of(null.weighted.weight[here], treatment, trial, null.weighted.tau2)
    beside = _orthonormal(swept.columns(np.column_stack([treatment, null.weighted.columns[here]])))
    inside = coded.columns - trial_means(trial, coded.columns)
    shown = inside if asked.reading == "within" else coded.columns - coded.columns.mean(axis=0)

    def left(columns: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What of some columns is left, and their sums of squares before."""
        before = swept.columns(columns)
        return before - beside @ (beside.T @ before), np.sum(before * before, axis=0)

    common, before = left(treatment[:, None] * shown)
    kept = independent(common.T @ common, before)
    if not len(kept):
        return None
    common = common[:, kept]
    information = common.T @ common
    trials = np.empty((len(here), 0))
    if asked.varying:
        every = np.column_stack([-inside.sum(axis=1), inside]) if coded.reference >= 0 else inside
        trials, _ = left(_by_trial(swept.random[:, None] * every, trial))
    precision, axes = _axes(trials.T @ trials)
    cross = common.T @ trials @ axes
    shared = np.linalg.solve(information, cross)
    spread, turned = _axes(np.diag(precision) - cross.T @ shared)
    return _Step(
        null.rows[here],
        np.ascontiguousarray(swept.back(common).T),
        np.ascontiguousarray((swept.back(trials) @ axes).T),
        information,
        cross,
        precision,
        turned.T @ np.column_stack([np.eye(len(precision)), -shared.T]),
        spread,
        df,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Swept:
    """What takes intercept and random effect of each trial out of columns, so that products of what is left need no weights.

    `random`: the column of the random effect, treatment minus its mean; `along` (n,): the same, weighted; `share` (K,): how much of
    what lies along it goes.
    """

    root: FloatArray
    trial: IntArray
    total: FloatArray
    random: FloatArray
    along: FloatArray
    share: FloatArray

    @classmethod
    def of(cls, weight: FloatArray, treatment: FloatArray, trial: IntArray, tau2: float) -> _Swept:
        total, number = np.asarray(np.bincount(trial, weight), float), np.maximum(np.bincount(trial), 1)
        random = treatment - (np.bincount(trial, treatment) / number)[trial]
        root = np.sqrt(weight)
        mean = np.bincount(trial, weight * random) / np.maximum(total, 1e-300)
        along = root * (random - mean[trial])
        square = np.bincount(trial, along * along)
        share = (1.0 - 1.0 / np.sqrt(1.0 + tau2 * square)) / np.maximum(square, 1e-300)
        return cls(root, trial, total, random, along, share)

    def _sums(self, columns: FloatArray) -> FloatArray:
        """Sums by trial of columns (n, c), of each person's trial."""
        sums = np.zeros((len(self.total), columns.shape[1]))
        for k, column in enumerate(columns.T):
            sums[:, k] = np.bincount(self.trial, column, len(self.total))
        return sums

    def _shrunk(self, columns: FloatArray) -> FloatArray:
        gone = self.share[:, None] * self._sums(self.along[:, None] * columns)
        return columns - self.along[:, None] * gone[self.trial]

    def columns(self, columns: FloatArray) -> FloatArray:
        """Columns (n, c) without what they share with the trials."""
        means = self._sums(self.root[:, None] ** 2 * columns) / np.maximum(self.total, 1e-300)[:, None]
        return self._shrunk(self.root[:, None] * (columns - means[self.trial]))

    def back(self, columns: FloatArray) -> FloatArray:
        """What a response is multiplied by for its products with columns from which this was taken: the transpose."""
        weighted = self.root[:, None] * self._shrunk(columns)
        means = self._sums(weighted) / np.maximum(self.total, 1e-300)[:, None]
        return weighted - self.root[:, None] ** 2 * means[self.trial]


def _by_trial(columns: FloatArray, trial: IntArray) -> FloatArray:
    """Columns that are those given in one trial, and nothing in the others."""
    each = [np.where((trial == k)[:, None], columns, 0.0) for k in np.unique(trial)]
    return np.column_stack(each)


def _orthonormal(columns: FloatArray) -> FloatArray:
    """Axes of what some columns span."""
    size = np.sqrt(np.sum(columns * columns, axis=0))
    unit = columns[:, size > 0.0] / size[size > 0.0]
    axes, values, _ = np.linalg.svd(unit, full_matrices=False)
    return np.asarray(axes[:, values > np.sqrt(COLLINEAR) * values.max(initial=0.0)])


def _axes(square: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What is positive of a matrix of products: values, and their axes as columns."""
    values, axes = np.linalg.eigh(0.5 * (square + square.T))
    kept = values > COLLINEAR * max(float(np.abs(values).max(initial=0.0)), 1e-300)
    return values[kept], axes[:, kept]

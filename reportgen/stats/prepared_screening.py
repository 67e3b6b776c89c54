"""The screening of many moderators for one outcome after another: what sign flips and bootstraps repeat.

In: treatment, trials, adjusters and moderators once; then outcomes. Out: of each outcome the p value of every moderator.
Method: the test is that of `screen_moderator`. Everything that does not hold the outcome is made once: who is complete, which
model can be had, the columns with F swept out, person by person. An outcome then costs its products with these columns, and a
fit from sums by trial (two_variances.py). Models with several residual variances, or Satterthwaite's df, are fitted one by
one as in `screen_moderator`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from . import inference as infer
from .choices import (
    AdjusterSlopes,
    Approximation,
    DfFloor,
    InteractionEffect,
    MainReading,
    Residual,
    TreatmentEffect,
)
from .compiled import kernel
from .crossproducts import Columns, FloatArray, IntArray
from .crossproducts import columns as checked
from .design import Blocks, Options, blocks
from .effect import student_p
from .levels import Levels
from .moderator_models import People, complete, feasible, fit_model, reading_of, reason_of, trial_means, within_columns
from .moderators import PEOPLE_PER_SLOPE, code_moderator, too_few, unusable
from .one_step import NEARLY_EXACT
from .optimise import pair_sums
from .two_variances import Room, Sums
from .two_variances_inference import fit_sums, single


@dataclass(frozen=True, slots=True)
class Screened:
    """What a screening of one outcome found, a place a moderator.

    Attributes
    ----------
    p_value : ndarray (M,)
        NaN where there is no estimate.
    estimate : ndarray (M,)
        Of a quantity, per unit; NaN for levels.
    direction : ndarray (M,) of int
        Its sign: 1 = higher values gain more; 0 for levels, or without an estimate.
    """

    p_value: FloatArray
    estimate: FloatArray

    @property
    def direction(self) -> IntArray:
        """Sign of the interaction of a quantity."""
        return np.sign(np.nan_to_num(self.estimate)).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Design:
    """One moderator, with all that does not hold the outcome.

    `rows` are in the order of trials, trial k from ends[k] to ends[k + 1]; `swept` (m, n): the columns with F swept out;
    `own` (f, n): an orthonormal basis of F of each trial, but for its intercept.
    """

    people: People
    rows: IntArray
    adjusters: FloatArray
    columns: FloatArray
    options: Options
    model: Blocks
    ends: IntArray
    swept: FloatArray
    own: FloatArray
    sums: Sums
    rest: IntArray
    places: IntArray
    z_map: FloatArray

    @property
    def floor(self) -> float:
        """Least df of a test."""
        if self.options.df_floor == "none" or not self.options.random_effects:
            return 0.0
        return float((self.options.floor_trials or len(self.model.trials)) - 1)

    @property
    def quantity(self) -> bool:
        """Whether there is one coefficient."""
        return bool(self.columns.shape[1] == 1)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedScreening:
    """Moderators ready for any outcome; see `prepare_screening`.

    Attributes
    ----------
    names : tuple of str
    reasons : tuple of str
        Why a moderator can have no estimate, whatever the outcome; empty where it can.
    """

    names: tuple[str, ...]
    reasons: tuple[str, ...]
    _designs: tuple[_Design | None, ...]
    _people: int
    _levels: tuple[bool, ...]

    def run(self, outcome: ArrayLike) -> Screened:
        """Test every moderator.

        Parameters
        ----------
        outcome : array_like (n,)
            One finite value for each participant who was prepared.

        Raises
        ------
        ValueError
            Where lengths differ, or a value is not finite.
        """
        y = np.ascontiguousarray(outcome, dtype=np.float64)
        if y.shape != (self._people,):
            raise ValueError(f"outcome has shape {y.shape}, but {self._people} people were prepared")
        if not np.isfinite(y).all():
            raise ValueError("an outcome must be finite; prepare only those who have one")
        rows = np.array([_test(design, y) for design in self._designs]).reshape(-1, 3)
        estimate = np.where(self._levels, np.nan, rows[:, 2])
        return Screened(np.where(np.isnan(rows[:, 0]), rows[:, 1], student_p(rows[:, 0], rows[:, 1])), estimate)


def prepare_screening(
    treatment: ArrayLike,
    trial: ArrayLike,
    moderators: Mapping[str, ArrayLike | Levels],
    *,
    adjusters: ArrayLike | None = None,
    references: Mapping[str, int] | None = None,
    reading: MainReading = "within",
    minimum_trials: int = 1,
    treatment_effect: TreatmentEffect = "random",
    inference: Approximation = "kenward-roger",
    df_floor: DfFloor = "trials-1",
    interaction_effect: InteractionEffect = "common",
    adjuster_slopes: AdjusterSlopes = "common",
    people_per_slope: int = PEOPLE_PER_SLOPE,
    residual: Residual = "common",
) -> PreparedScreening:
    """Prepare the tests of all moderators, for many outcomes of the same people.

    Parameters
    ----------
    treatment, trial : array_like (n,)
        Of people who have an outcome.
    moderators : mapping of str to array_like (n,) or Levels
        NaN, or -1, where a value is missing: each moderator is tested among those who have it.
    adjusters : array_like (n, p) or (n,), optional
    references : mapping of str to int, optional
        Code of the level that others are compared with, by moderator; of consequence for no p value.
    reading : {"within", "naive"}
        Which is tested.
    minimum_trials, treatment_effect, inference, df_floor, interaction_effect, adjuster_slopes, people_per_slope, residual
        As for `screen_moderator`.

    Returns
    -------
    PreparedScreening

    Raises
    ------
    ValueError
        As for `screen_moderator`.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> trial, treatment = np.repeat(["a", "b", "c", "d"], 100), np.tile([0, 1], 200)
    >>> age, pain = rng.normal(50.0, 10.0, 400), rng.normal(5.0, 2.0, 400)
    >>> prepared = prepare_screening(treatment, trial, {"age": age, "pain": pain}, interaction_effect="random")
    >>> found = prepared.run(treatment * (3.0 - 0.3 * age) + rng.normal(size=400))
    >>> (found.p_value < 0.01).tolist(), found.direction.tolist()[0]
    ([True, False], -1)
    """
    options = Options(
        treatment_effect=treatment_effect,
        inference=inference,
        df_floor=df_floor,
        adjuster_slopes=adjuster_slopes,
        moderator_slopes=adjuster_slopes,
        people_per_slope=people_per_slope,
        residual=residual,
    )
    asked = (reading, minimum_trials, interaction_effect)
    size = np.size(treatment)
    # which models can be had does not depend on the outcome, as long as there is one
    stand_in = np.random.default_rng(0).normal(size=size)
    results = [
        _prepare(stand_in, treatment, trial, moderator, adjusters, (references or {}).get(name, 0), options, asked)
        for name, moderator in moderators.items()
    ]
    return PreparedScreening(
        tuple(moderators),
        tuple(reason for reason, _ in results),
        tuple(item for _, item in results),
        size,
        tuple(isinstance(moderator, Levels) for moderator in moderators.values()),
    )


def _prepare(
    outcome: FloatArray,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderator: ArrayLike | Levels,
    adjusters: ArrayLike | None,
    reference: int,
    options: Options,
    asked: tuple[str, int, str],
) -> tuple[str, _Design | None]:
    """Return why there is nothing to test, or an empty text and the design."""
    reading, minimum_trials, interaction_effect = asked
    people = complete(np.arange(len(outcome), dtype=float), treatment, trial, moderator, adjusters)
    rows = people.outcome.astype(np.int64)
    people = replace(people, outcome=outcome[rows])
    reason = unusable(people, minimum_trials)
    if reason:
        return reason, None
    order = np.argsort(people.place, kind="stable")
    people, rows = _ordered(people, order), rows[order]
    coded = code_moderator(people, moderator, reference, 1.0, options, False)
    reason = too_few(coded.telling, people, minimum_trials) if reading == "within" else ""
    if reason:
        return reason, None
    varying = interaction_effect == "random"
    if reading == "within":
        means = trial_means(people.place, coded.columns)
        beside, plan = within_columns(people, coded.columns, means, coded.plan)
        columns, chosen = coded.columns - means, plan.options(varying)
    else:
        beside, columns = people.adjusters, coded.columns - coded.columns.mean(axis=0)
        chosen = coded.plan.options(varying)
    found = feasible(people, beside, columns, chosen)
    if found.status == "not estimable":
        return reason_of(found.status, found.reason, "it cannot be distinguished"), None
    model = found.model or blocks(_without_outcome(people, beside, columns).cross_products(), chosen)
    return "", _design(people, rows, beside, columns, chosen, replace(model, arms=None))


def _ordered(people: People, order: IntArray) -> People:
    return replace(
        people,
        outcome=people.outcome[order],
        treatment=people.treatment[order],
        place=people.place[order],
        adjusters=people.adjusters[order],
        values=people.values[order],
    )


def _without_outcome(people: People, beside: FloatArray, columns: FloatArray) -> Columns:
    return checked(np.zeros(len(people.place)), people.treatment, people.place, beside, columns)


def _design(
    people: People, rows: IntArray, beside: FloatArray, columns: FloatArray, options: Options, model: Blocks
) -> _Design:
    treated = people.treatment[:, None]
    every = np.column_stack([treated, beside, columns, treated * columns])
    names = ("treatment", *(f"adjuster[{k}]" for k in range(beside.shape[1])))
    names += tuple(f"moderator[{k}]" for k in range(columns.shape[1]))
    names += tuple(f"treatment:moderator[{k}]" for k in range(columns.shape[1]))
    used = np.array([name in model.x_names for name in names]) | (model.z_map[:, 1:-1] != 0.0).any(axis=(0, 2))
    ends = np.append(0, np.flatnonzero(np.diff(people.place)) + 1)
    ends = np.append(ends, len(rows)).astype(np.int64)
    most = max(int(model.own[:, 1:].sum(axis=1).max()), 0)
    size = np.diff(ends)
    trial = np.repeat(np.arange(len(size)), size)
    means = np.column_stack([np.bincount(trial, column) for column in every.T]) / size[:, None]
    centred = every - means[trial]
    swept, own = np.ascontiguousarray(centred[:, used].T), np.zeros((most, len(rows)))
    for k in np.flatnonzero(model.own[:, 1:-1].any(axis=1)):
        here = slice(ends[k], ends[k + 1])
        basis = np.linalg.qr(centred[here][:, model.own[k, 1:-1]])[0]
        own[: basis.shape[1], here] = basis.T
        left = centred[here][:, used]
        left = left - basis @ (basis.T @ left)
        swept[:, here] = (left - basis @ (basis.T @ left)).T
    places = [model.x_names.index(name) for name in names[-columns.shape[1] :] if name in model.x_names]
    kept = [names[k] for k in np.flatnonzero(used)]
    z_map = np.ascontiguousarray(model.z_map[:, 1:-1][:, used])
    sums = pair_sums(model)
    return _Design(
        people=people,
        rows=rows,
        adjusters=beside,
        columns=columns,
        options=options,
        model=model,
        ends=ends,
        swept=swept,
        own=own,
        sums=sums,
        rest=np.array([kept.index(name) for name in model.x_names], np.int64),
        places=np.array([*places, model.x_names.index("treatment")], np.int64),
        z_map=z_map,
    )


@kernel
def _enter(outcome, rows, ends, swept, own, rest, z_map, y, a0, c):  # type: ignore[no-untyped-def]
    """Bring an outcome into the sums; return its sum of squares about the means of the trials."""
    p = rest.shape[0]
    m = swept.shape[0]
    product = np.zeros(m)
    spread = 0.0
    for a in range(p + 1):
        a0[p, a] = 0.0
    for i in range(ends.shape[0] - 1):
        first = ends[i]
        last = ends[i + 1]
        mean = 0.0
        for j in range(first, last):
            y[j] = outcome[rows[j]]
            mean += y[j]
        mean /= last - first
        left = 0.0
        for j in range(first, last):
            y[j] -= mean
            left += y[j] * y[j]
        spread += left
        for k in range(own.shape[0]):
            column = own[k]
            value = _dot(column, y, first, last)
            left -= value * value
        for k in range(m):
            product[k] = _dot(swept[k], y, first, last)
        for a in range(p):
            a0[p, a] += product[rest[a]]
        a0[p, p] += left
        for k in range(c.shape[2]):
            value = 0.0
            for a in range(m):
                value += z_map[i, a, k] * product[a]
            c[i, p, k] = value
    for a in range(p):
        a0[a, p] = a0[p, a]
    return spread


@kernel
def _dot(a, b, first, last):  # type: ignore[no-untyped-def]
    """Sum of products of rows first to last, in four lanes for vector registers."""
    s0 = s1 = s2 = s3 = 0.0
    even = last - (last - first) % 4
    for j in range(first, even, 4):
        s0 += a[j] * b[j]
        s1 += a[j + 1] * b[j + 1]
        s2 += a[j + 2] * b[j + 2]
        s3 += a[j + 3] * b[j + 3]
    value = (s0 + s1) + (s2 + s3)
    for j in range(even, last):
        value += a[j] * b[j]
    return value


@kernel
def _fit(outcome, rows, ends, swept, own, rest, z_map, fixed, places, numbers, beta, columns, information, middle):  # type: ignore[no-untyped-def]
    """Fit one moderator to an outcome.

    numbers: state, residual sum of squares, sum of squares of the outcome; then, where a single coefficient is tested with
    a variance between trials, what Kenward and Roger's correction adds to its variance, the divisor of its df, and 1.
    """
    sums = Sums(
        fixed.a0.copy(), fixed.c.copy(), fixed.u, fixed.group, fixed.spread, fixed.starts, fixed.nu, fixed.contrasts
    )
    numbers[2] = _enter(outcome, rows, ends, swept, own, rest, z_map, np.empty(rows.shape[0]), sums.a0, sums.c)
    trials, m, q = sums.c.shape
    p = m - 1
    r = sums.spread.shape[0]
    space = Room(
        np.zeros((m, m)),
        np.zeros((trials, m, q)),
        np.zeros((trials, q, q)),
        np.zeros((q, q)),
        np.zeros((q, m + q)),
        np.zeros((r, p, p)),
        np.zeros(r),
        np.zeros((r, r)),
        np.zeros((r, p)),
        np.zeros(2),
    )
    _, state = fit_sums(sums, space, np.zeros(r), places, beta, columns, information, middle)
    numbers[0] = state
    numbers[1] = space.value[1]
    if state == 1 and r > 0 and places.shape[0] == 2:
        extra, spread, done = single(information, middle)
        numbers[3] = extra
        numbers[4] = spread
        numbers[5] = 1.0 if done else 0.0


def _test(item: _Design | None, outcome: FloatArray) -> tuple[float, float, float]:
    """Return t and df of a single coefficient, or NaN and p; and the estimate."""
    nothing = (np.nan, np.nan, np.nan)
    if item is None:
        return nothing
    if item.options.residual != "common" or item.options.inference == "satterthwaite":
        return _separately(item, outcome)
    wanted, size = len(item.places), 1 + len(item.sums.spread)
    numbers, beta, columns = np.zeros(6), np.zeros(item.model.p), np.zeros((item.model.p, wanted))
    information, middle = np.zeros((size, size)), np.zeros((size * (1 + size), wanted, wanted))
    _fit(
        outcome,
        item.rows,
        item.ends,
        item.swept,
        item.own,
        item.rest,
        item.z_map,
        item.sums,
        item.places,
        numbers,
        beta,
        columns,
        information,
        middle,
    )
    state, rss, spread, extra, divisor, done = numbers.tolist()
    if state != 1.0:
        return _separately(item, outcome)
    sigma2 = rss / item.sums.nu
    if not sigma2 > NEARLY_EXACT * spread / len(item.rows):
        return nothing
    if not done or item.options.inference == "normal":
        return _conclude(item, beta[item.places], sigma2, columns, information, middle)
    first = columns[:, 0]
    v = float(first @ first)
    last = columns[:, 1]
    variance = v + 2.0 * extra
    if not (variance > 0.0 and float(last @ last) > 0.0):
        return nothing
    estimate = float(beta[item.places[0]])
    return estimate / math.sqrt(sigma2 * variance), max(2.0 * v * v / divisor, item.floor), estimate


def _conclude(
    design: _Design, beta: FloatArray, sigma2: float, columns: FloatArray, information: FloatArray, middle: FloatArray
) -> tuple[float, float, float]:
    """Test from the pieces that the kernel left, in units of sigma2; the last of the coefficients is that of treatment."""
    phi = columns.T @ columns
    size, options, model = len(information), design.options, design.model
    adjusted, gradient, w, exact = phi, middle[:size], np.zeros((size, size)), float("nan")
    if options.inference == "normal":
        exact = float("inf")
    elif model.q == 0:
        exact = float(model.df)
    else:
        w = infer.inverse_information(information)
        bent = middle[size:].reshape(size, size, *phi.shape)
        adjusted = phi + 2.0 * np.einsum("rs,rsab->ab", w, bent)
    if not np.all(np.diag(adjusted) > 0.0):
        return np.nan, np.nan, np.nan
    g = len(beta) - 1
    inside = (slice(None, g), slice(None, g))
    method = "normal" if options.inference == "normal" else "kenward-roger"
    inference = infer.Inference(method, phi[inside], adjusted[inside], gradient[:, :g, :g], w, exact, design.floor)
    estimate = beta[:g]
    if design.quantity:
        df = infer.contrast_df(inference, np.ones(1))
        df = max(df, inference.floor) if np.isfinite(df) else df
        return float(estimate[0] / np.sqrt(sigma2 * adjusted[0, 0])), df, float(estimate[0])
    return np.nan, infer.joint_test(inference, estimate / np.sqrt(sigma2), np.eye(g)).p_value, np.nan


def _separately(design: _Design, outcome: FloatArray) -> tuple[float, float, float]:
    """Test by the fit of `screen_moderator`."""
    people = replace(design.people, outcome=outcome[design.rows])
    fit = fit_model(people, design.adjusters, design.columns, design.options)
    found = reading_of(fit, design.columns.shape[1], "", people)
    return np.nan, found.p_value, float(found.each[0].estimate) if design.quantity else np.nan

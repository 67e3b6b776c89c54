"""Screening of one moderator: its interaction with treatment within trials, naively, and across trials.

In: arrays with a row a participant, the moderator a quantity or `Levels`. Out: three readings of the interaction, and the
effect of treatment at chosen values. Every fit goes through `fit_one_step`:

    within  y = phi_i + x b + d (z - zbar_i) + t (theta + u_i) + gamma_W t (z - zbar_i) + gamma_A t zbar_i + e
    naive   y = phi_i + x b + d z + t (theta + u_i) + gamma t z + e
    across  gamma_A of the first model, open to ecological bias

A trial tells something of the interaction within trials if the product t z is no combination of 1, t and z in it: the moderator
varies on both sides. Other trials stay in the models, for the adjusters and the across and naive readings, and are not counted.
A moderator among the adjusters enters once: its main effect is then a linear combination of them, and the fit drops it.
Riley, Debray, Fisher et al. (2020), Statistics in Medicine 39:2115, doi 10.1002/sim.8516, on why the readings are kept apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .choices import Approximation, DfFloor, MainReading, Status, TreatmentEffect
from .crossproducts import FloatArray
from .effect import NOTHING, Effect, Joint
from .levels import Levels
from .one_step import OneStepFit, fit_one_step

# Spread of trial means against that of people, below which what differs is rounding.
ALIKE = 1e-9
ROUNDING = 1e-13  # of the values of a moderator
ESTIMATED = ("ok", "boundary")
CONSTANT = "it does not vary within any trial"
ONE_SIDED = "it does not vary on both sides of any trial"


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of an interaction.

    Attributes
    ----------
    each : tuple of Effect
        Of a quantity one, per step of the moderator; of levels one for each but the reference. NaN where not estimable.
    joint : Joint or None
        Test of all of them together, where there are several.
    status : str
        As of `OneStepFit`.
    reason : str
        Why there is no estimate, in words; empty where there is one.
    tau2, criterion : float
        Of the fit.
    evaluations : int
        Evaluations of the criterion.
    """

    each: tuple[Effect, ...]
    joint: Joint | None
    status: Status
    reason: str
    tau2: float = math.nan
    criterion: float = math.nan
    evaluations: int = 0

    @property
    def estimated(self) -> bool:
        """Whether there is an estimate."""
        return self.status in ESTIMATED

    @property
    def p_value(self) -> float:
        """Two-sided p of the interaction; of several coefficients, that of their joint test."""
        return self.joint.p_value if self.joint else float(self.each[0].p_value)


@dataclass(frozen=True, slots=True)
class Entered:
    """How many trials and people enter a model, or tell something of an interaction."""

    trials: int
    participants: int
    n_control: int
    n_intervention: int


@dataclass(frozen=True, slots=True)
class ModeratorFit:
    """Result of `screen_moderator`.

    Attributes
    ----------
    codes : tuple of int
        Codes of the levels that the coefficients stand for, in their order; empty for a quantity.
    reference : int
        Code of the level that they are compared with; -1 for a quantity. Where no trial has people of the one that was
        asked for on both sides, it is the first level of which one has.
    within, naive, across : Reading
    separate : bool
        Whether the within reading comes from a model with a treatment effect of its own for each trial, because the
        across reading cannot be had.
    at : tuple of Effect
        Effect of treatment at each of `at_values`, from the model of the reading that was asked for.
    at_values : tuple of float
        Percentiles of a quantity, or the codes of the levels that somebody has.
    entered : Entered
        What entered the models.
    telling : Entered
        What of it tells something of the interaction within trials.
    """

    codes: tuple[int, ...]
    reference: int
    within: Reading
    naive: Reading
    across: Reading
    separate: bool
    at: tuple[Effect, ...]
    at_values: tuple[float, ...]
    entered: Entered
    telling: Entered

    @property
    def direction(self) -> int:
        """Sign of the within reading of a quantity: 1 = higher values gain more, -1 = lower; 0 for levels or no estimate."""
        slope = float(self.within.each[0].estimate) if self.within.each else 0.0
        return 0 if self.reference >= 0 or math.isnan(slope) else int(np.sign(slope))


@dataclass(frozen=True, slots=True)
class _People:
    """Complete cases of trials with both arms; `place` is the number of the trial."""

    outcome: FloatArray
    treatment: FloatArray
    place: NDArray[np.int64]
    adjusters: FloatArray
    values: FloatArray

    @property
    def trials(self) -> int:
        return len(np.unique(self.place))


def screen_moderator(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderator: ArrayLike | Levels,
    *,
    adjusters: ArrayLike | None = None,
    reference: int = 0,
    per: float = 1.0,
    percentiles: Sequence[float] = (),
    reading: MainReading = "within",
    minimum_trials: int = 1,
    treatment_effect: TreatmentEffect = "random",
    inference: Approximation = "kenward-roger",
    df_floor: DfFloor = "trials-1",
    search: bool = True,
) -> ModeratorFit:
    """Estimate the interaction of treatment with one moderator in three readings.

    Parameters
    ----------
    outcome : array_like (n,)
        In any unit; the effects have the same.
    treatment : array_like (n,)
        1 = intervention, 0 = control.
    trial : array_like (n,)
        Labels.
    moderator : array_like (n,) or Levels
        A quantity, NaN where it is missing, or levels.
    adjusters : array_like (n, p) or (n,), optional
        The moderator may be among them.
    reference : int
        Code of the level that others are compared with; of no consequence for a quantity.
    per : float
        The interaction of a quantity is given for a step of so many units.
    percentiles : sequence of float
        The effect of treatment is wanted at these percentiles of a quantity among the people analysed (type 1: observed
        values); levels give one for each of them.
    reading : {"within", "naive"}
        From whose model the effects at values are taken.
    minimum_trials : int
        With fewer trials nothing is estimated; with fewer that tell something of it, not the interaction within trials.
    treatment_effect : {"random", "common"}
    inference : {"kenward-roger", "satterthwaite", "normal"}
    df_floor : {"trials-1", "none"}
    search : bool
        False, as for `fit_one_step`: which readings can be had, without the search that makes their numbers.

    Returns
    -------
    ModeratorFit
        What cannot be estimated is NaN, with status and reason.

    Raises
    ------
    ValueError
        For an unknown option, arrays that do not match, or a step that is not positive.

    Notes
    -----
    The effect at z* is ``theta + gamma_W (z* - zbar)``, zbar the mean of all people analysed: the effect at z* in a trial
    whose people are, on average, like all of them. Only differences within trials move it. In a level it is the same
    with indicators in place of z. Where each trial has an effect of its own, theta is their mean, weighted by people.
    With the naive reading it is ``theta + gamma z*`` of that model.

    The across reading needs three trials (of q coefficients, q + 2) whose means differ.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> trial, treatment = np.repeat(["a", "b", "c", "d"], 100), np.tile([0, 1], 200)
    >>> age = rng.normal(50.0, 10.0, 400) + np.repeat([0.0, 5.0, 10.0, 15.0], 100)
    >>> outcome = treatment * (3.0 - 0.2 * (age - 50.0)) + rng.normal(0.0, 4.0, 400)
    >>> fit = screen_moderator(outcome, treatment, trial, age, per=10.0, percentiles=[50])
    >>> fit.within.status, fit.direction, bool(fit.within.p_value < 0.01)
    ('boundary', -1, True)
    >>> low, high = fit.within.each[0].interval()
    >>> bool(low < -2.0 < high)
    True
    """
    if not per > 0:
        raise ValueError(f"per must be positive, not {per}")
    if reading not in ("within", "naive"):
        raise ValueError(f"reading is within or naive, not {reading!r}")
    people = _complete(outcome, treatment, trial, moderator, adjusters)
    reason = _unusable(people, minimum_trials)
    asked = _Asked(reading, minimum_trials)
    options = {"treatment_effect": treatment_effect, "inference": inference, "df_floor": df_floor, "search": search}
    if isinstance(moderator, Levels):
        present = [int(code) for code in np.unique(people.values)]
        base = _base(people, present, reference)
        codes = tuple(code for code in present if code != base)
        columns = (people.values[:, None] == np.array(codes, float)).astype(float)
        wanted = np.array([[float(code == other) for other in codes] for code in present]).reshape(-1, len(codes) or 1)
        return _screened(people, columns, wanted, options, asked, reason, codes, base, tuple(map(float, present)))
    columns = people.values[:, None] / per
    values = np.percentile(people.values, percentiles, method="inverted_cdf") if len(columns) else np.empty(0)
    return _screened(people, columns, values[:, None] / per, options, asked, reason, (), -1, tuple(values.tolist()))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a screening besides its model."""

    reading: str
    minimum_trials: int


def _complete(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderator: ArrayLike | Levels,
    adjusters: ArrayLike | None,
) -> _People:
    """Return who has everything, in trials that keep both arms: means of trials must be those of the people analysed."""
    y, t = np.asarray(outcome, float), np.asarray(treatment, float)
    if isinstance(moderator, Levels):
        z = np.where(moderator.codes < 0, np.nan, moderator.codes.astype(float))
    else:
        z = np.asarray(moderator, float)
    labels, place = np.unique(np.asarray(trial), return_inverse=True)
    x = np.empty((len(y), 0)) if adjusters is None else np.asarray(adjusters, float)
    x = x[:, None] if x.ndim == 1 else x
    if not y.shape == t.shape == z.shape == place.shape or y.ndim != 1:
        raise ValueError(f"outcome, treatment, trial and moderator must have one row a participant: {len(y)} each")
    stays = ~np.isnan(np.column_stack([y, t, z, x])).any(axis=1)
    for k in range(len(labels)):
        here = stays & (place == k)
        if len(np.unique(t[here])) < 2:
            stays &= place != k
    return _People(y[stays], t[stays], place[stays], x[stays], z[stays])


def _screened(
    people: _People,
    columns: FloatArray,
    wanted: FloatArray,
    options: dict[str, Any],
    asked: _Asked,
    reason: str,
    codes: tuple[int, ...],
    reference: int,
    values: tuple[float, ...],
) -> ModeratorFit:
    """Fit the three readings; `columns` are those of the moderator, `wanted` the same at the values asked for."""
    q = columns.shape[1]
    telling = _telling(people, levels=bool(codes))
    if reason:
        none = _nothing(max(q, 1), "not estimable", reason)
        within = naive = across = none
        separate, at = False, tuple(NOTHING for _ in wanted)
    else:
        means = _trial_means(people.place, columns)
        model = _within_model(people, columns, means, options)
        few = _too_few(telling, people, asked.minimum_trials)
        within = _nothing(q, "not estimable", few) if few else _reading(model.fit(columns - means), q, CONSTANT)
        centre = columns.mean(axis=0)
        # gamma is the same wherever zero lies; far from the people, t z would look like a multiple of t
        plain = _fit(people, people.adjusters, columns - centre, options)
        naive = _reading(plain, q, "it cannot be told apart from the trials")
        across, separate = model.across, model.separate
        at = tuple(
            NOTHING
            if _lost(naive if asked.reading == "naive" else within, row, codes)
            else _fit(people, people.adjusters, columns - row, options).effect
            if asked.reading == "naive"
            else model.fit(columns - means - (row - centre)).effect
            for row in wanted
        )
    return ModeratorFit(
        codes=codes,
        reference=reference,
        within=within,
        naive=naive,
        across=across,
        separate=separate,
        at=at,
        at_values=values,
        entered=_entered(people, np.ones(len(people.place), dtype=bool)),
        telling=_entered(people, telling),
    )


def _entered(people: _People, who: NDArray[np.bool_]) -> Entered:
    control, intervention = (int(np.sum(people.treatment[who] == side)) for side in (0, 1))
    return Entered(len(np.unique(people.place[who])), int(who.sum()), control, intervention)


def _telling(people: _People, *, levels: bool) -> NDArray[np.bool_]:
    """Who stands in a trial in which t z is no combination of 1, t and z.

    Of a quantity that is one in which it varies on both sides; of levels one in which both sides have two of the same.
    """
    who = np.zeros(len(people.place), dtype=bool)
    for k in np.unique(people.place):
        here = people.place == k
        sides = [people.values[here & (people.treatment == side)] for side in (0.0, 1.0)]
        if levels:
            who[here] = len(np.intersect1d(*sides)) > 1
        else:
            who[here] = all(np.ptp(side) > ROUNDING * np.abs(side).max() for side in sides)
    return who


def _too_few(telling: NDArray[np.bool_], people: _People, minimum_trials: int) -> str:
    """Return why the interaction within trials cannot be had, or an empty text."""
    trials = len(np.unique(people.place[telling]))
    if not trials:
        return ONE_SIDED if any(np.ptp(people.values[people.place == k]) for k in np.unique(people.place)) else CONSTANT
    if trials >= minimum_trials:
        return ""
    return f"it varies on both sides of {_counted(trials)}, and the screening needs {_word(minimum_trials)}"


def _lost(reading: Reading, row: FloatArray, codes: tuple[int, ...]) -> bool:
    """Whether the effect at a value cannot be had: no reading, or none of just this level."""
    lost = np.array([math.isnan(float(one.estimate)) for one in reading.each])
    return bool((lost & (row == 1)).any() if codes and reading.estimated else lost.any())


def _base(people: _People, present: list[int], reference: int) -> int:
    """Return the level that others are compared with: one that some trial has on both sides, by choice the reference."""
    sides = {(z, k, t) for z, k, t in zip(people.values, people.place, people.treatment, strict=True)}
    whole = sorted({int(z) for z, k, t in sides if (z, k, 1.0 - t) in sides})
    return reference if reference in whole else next(iter([*whole, *present, reference]))


def _unusable(people: _People, minimum_trials: int) -> str:
    """Return why there is nothing to fit, or an empty text."""
    if not len(people.values):
        return "nobody has a value in a trial with both arms"
    if people.trials < minimum_trials:
        return f"{_counted(people.trials)} with a value on both sides, and the screening needs {_word(minimum_trials)}"
    return "" if np.ptp(people.values) else "it has one value in all"


def _word(number: int) -> str:
    names = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return names[number] if number < len(names) else str(number)


def _counted(trials: int) -> str:
    return f"{_word(trials)} trial{'' if trials == 1 else 's'}"


def _trial_means(place: NDArray[np.int64], columns: FloatArray) -> FloatArray:
    """Return for each person the means of the trial."""
    means = np.empty_like(columns)
    for k in np.unique(place):
        here = columns[place == k]
        # the mean of equal values differs from them by rounding, which must not look like variation within the trial
        means[place == k] = np.where(np.ptp(here, axis=0) == 0.0, here[0], here.mean(axis=0))
    return means


@dataclass(frozen=True, slots=True)
class _WithinModel:
    """The model of the within reading: what stands beside the centred moderator, and what the across reading came to."""

    people: _People
    adjusters: FloatArray
    options: dict[str, Any]
    across: Reading
    separate: bool

    def fit(self, centred: FloatArray) -> OneStepFit:
        """Fit it; a shift of the centred moderator moves the point at which the effect of treatment is read."""
        return _fit(self.people, self.adjusters, centred, self.options)


def _within_model(people: _People, columns: FloatArray, means: FloatArray, options: dict[str, Any]) -> _WithinModel:
    """Return the model with gamma_A where that can be had, else the one with an effect of treatment for each trial."""
    q = columns.shape[1]
    between = means - columns.mean(axis=0)
    reason = _means_alike(people, columns, between)
    if not reason:
        treated = people.treatment[:, None] * between
        beside = np.column_stack([people.adjusters, columns - means, people.treatment[:, None] * (columns - means)])
        across = _reading(_fit(people, beside, between, options), q, "the means of the trials do not differ enough")
        if across.status == "failed" or (across.estimated and not any(np.isnan(a.estimate) for a in across.each)):
            return _WithinModel(people, np.column_stack([people.adjusters, treated]), options, across, False)
        reason = across.reason or "the means of the trials do not differ enough"
    # Weighted by people, so that the coefficient of treatment is the mean effect of the trials.
    share = np.bincount(people.place) / len(people.place)
    trials = np.flatnonzero(share)[1:]
    own = people.treatment[:, None] * ((people.place[:, None] == trials) - share[trials])
    return _WithinModel(
        people,
        np.column_stack([people.adjusters, own]),
        options | {"treatment_effect": "common"},
        _nothing(q, "not estimable", reason),
        True,
    )


def _means_alike(people: _People, columns: FloatArray, between: FloatArray) -> str:
    """Return why gamma_A cannot be estimated, or an empty text."""
    q, trials = columns.shape[1], people.trials
    if trials < q + 2:
        return f"{_counted(trials)}, and the across reading needs {_word(q + 2)}"
    spread = np.linalg.svd(between / columns.std(axis=0), compute_uv=False)
    return "" if spread[q - 1] > ALIKE * np.sqrt(len(columns)) else "the means of the trials do not differ enough"


def _fit(people: _People, adjusters: FloatArray, columns: FloatArray, options: dict[str, Any]) -> OneStepFit:
    given: Any = options
    moderator = columns[:, 0] if columns.shape[1] == 1 else columns
    beside = adjusters if adjusters.shape[1] else None
    return fit_one_step(people.outcome, people.treatment, people.place, adjusters=beside, moderator=moderator, **given)


def _reading(fit: OneStepFit, q: int, dropped: str) -> Reading:
    """Return the interaction of a fit; `dropped` says what it means that the fit has no column for it."""
    effect = fit.interaction
    assert effect is not None
    fields = (effect.estimate, effect.std_error, effect.df, effect.df_raw)
    rows = np.column_stack([np.atleast_1d(np.asarray(field, float)) for field in fields])
    each = tuple(Effect(float(b), float(se), float(df), float(raw)) for b, se, df, raw in rows)
    if fit.status in ESTIMATED:
        return Reading(each, effect.joint, fit.status, "", fit.tau2, fit.criterion, fit.optimiser.evaluations)
    lost = fit.status == "not estimable" and "interaction is not estimable" in fit.message
    reason = dropped if lost else fit.message[:1].lower() + fit.message[1:].rstrip(".")
    return replace(_nothing(q, fit.status, reason), evaluations=fit.optimiser.evaluations)


def _nothing(q: int, status: Status, reason: str) -> Reading:
    return Reading((NOTHING,) * q, None, status, reason)


def holm(p: ArrayLike) -> FloatArray:
    """Adjust p values for their number by Holm's steps: the family-wise error.

    NaN stays NaN and is not counted.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(6).tolist()
    [0.03, 0.06, 0.06]
    """
    return _stepwise(p, lambda m: np.arange(m, 0, -1.0), up=False)


def benjamini_hochberg(p: ArrayLike) -> FloatArray:
    """Adjust p values for their number by Benjamini and Hochberg's steps: the false discovery rate.

    NaN stays NaN and is not counted.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(6).tolist()
    [0.03, 0.04, 0.04]
    """
    return _stepwise(p, lambda m: m / np.arange(1.0, m + 1), up=True)


def _stepwise(p: ArrayLike, factors: Any, *, up: bool) -> FloatArray:
    values = np.asarray(p, float)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    stepped = values[order] * factors(len(order))
    steady = np.minimum.accumulate(stepped[::-1])[::-1] if up else np.maximum.accumulate(stepped)
    adjusted = np.full(values.shape, np.nan)
    adjusted[order] = np.minimum(steady, 1.0)
    return adjusted

"""The models of one moderator: what its interaction with treatment within trials is read from.

In: arrays with a row a participant. Out: fits of `fit_columns`, and readings made of them. The models stand in
`moderators.py`. Random columns of the interaction are centred within trials whatever the reading, and of levels there is one
for each with one variance: else p would depend on where zero lies, or on which level is the reference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .choices import Status
from .crossproducts import FloatArray, number_trials
from .crossproducts import columns as checked
from .design import Options
from .effect import NOTHING, Effect, Joint
from .levels import Levels
from .one_step import Feasibility, OneStepFit, feasibility, fit_columns
from .sites import site_places

# Spread of trial means against that of people, below which what differs is rounding.
ALIKE = 1e-9
ROUNDING = 1e-13  # of the values of a moderator
CONSTANT = "it does not vary within any trial"
SAME_AS_TRIALS = "it cannot be distinguished from the trials"
ALIKE_MEANS = "the means of the trials do not differ enough"
ESTIMATED = ("ok", "boundary")


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
    interaction_tau2 : float
        Variance of the interaction between trials, per step of a quantity, or of the contrast of two levels; 0 where the
        model has it common to the trials.
    sharing : tuple
        Labels of trials too small for slopes of their own.
    site_variance : float
        Of the intercepts of sites within trials; NaN where the model has none.
    sites : int
        Sites that have one.
    """

    each: tuple[Effect, ...]
    joint: Joint | None
    status: Status
    reason: str
    tau2: float = math.nan
    criterion: float = math.nan
    evaluations: int = 0
    interaction_tau2: float = math.nan
    sharing: tuple[Any, ...] = ()
    site_variance: float = field(default=math.nan, compare=False)
    sites: int = 0

    @property
    def tau_interaction(self) -> float:
        """Standard deviation of the interaction between trials."""
        return math.sqrt(self.interaction_tau2)

    @property
    def estimated(self) -> bool:
        """Whether there is an estimate."""
        return self.status in ESTIMATED

    @property
    def p_value(self) -> float:
        """Two-sided p of the interaction; of several coefficients, that of their joint test."""
        return self.joint.p_value if self.joint else float(self.each[0].p_value)


@dataclass(frozen=True, slots=True)
class People:
    """Complete cases of trials with both arms; `place` is the number of the trial, `site` that of a site within it."""

    outcome: FloatArray
    treatment: FloatArray
    place: NDArray[np.int64]
    adjusters: FloatArray
    values: FloatArray
    labels: NDArray[Any]
    site: NDArray[np.int64] | None = None

    @property
    def trials(self) -> int:
        """How many trials there are."""
        return count_trials(self.place)


def count_trials(place: NDArray[np.int64]) -> int:
    """Return in how many trials people stand, by the numbers of their trials.

    Examples
    --------
    >>> count_trials(np.array([4, 0, 4]))
    2
    """
    return int(np.count_nonzero(np.bincount(place)))


def complete(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderator: ArrayLike | Levels,
    adjusters: ArrayLike | None,
    site: ArrayLike | None = None,
) -> People:
    """Return who has everything, in trials that keep both arms: means of trials must be those of the people analysed."""
    y, t = np.asarray(outcome, float), np.asarray(treatment, float)
    if isinstance(moderator, Levels):
        z = np.where(moderator.codes < 0, np.nan, moderator.codes.astype(float))
    else:
        z = np.asarray(moderator, float)
    place, labels = number_trials(trial)
    x = np.empty((len(y), 0)) if adjusters is None else np.asarray(adjusters, float)
    x = x[:, None] if x.ndim == 1 else x
    if not y.shape == t.shape == z.shape == place.shape or y.ndim != 1:
        raise ValueError(f"outcome, treatment, trial and moderator must have one row a participant: {len(y)} each")
    stays = ~(np.isnan(y) | np.isnan(t) | np.isnan(z) | np.isnan(x).any(axis=1)) & (place >= 0)
    someone, both = np.zeros(len(labels) + 1), np.zeros(len(labels) + 1, bool)  # the last is for those without a trial
    someone[place[stays]] = t[stays]
    both[place[stays & (t != someone[place])]] = True
    stays &= both[place]
    within = None if site is None else site_places(site, place)[stays]
    return People(y[stays], t[stays], place[stays], x[stays], z[stays], labels, within)


def telling_people(people: People, *, levels: bool) -> NDArray[np.bool_]:
    """Who stands in a trial in which t z is no combination of 1, t and z.

    Of a quantity that is one in which it varies on both sides; of levels one in which both sides have two of the same.
    """
    sides, values = 2 * people.place + (people.treatment == 1.0), people.values
    count = 2 * len(people.labels)
    if levels:
        names, code = np.unique(values, return_inverse=True)
        seen = np.zeros((count, len(names)), bool)
        seen[sides, code] = True
        tells = (seen[::2] & seen[1::2]).sum(axis=1) > 1
    else:
        low, high = np.full(count, np.inf), np.full(count, -np.inf)
        np.minimum.at(low, sides, values)
        np.maximum.at(high, sides, values)
        varies = high - low > ROUNDING * np.maximum(np.abs(low), np.abs(high))
        tells = varies[::2] & varies[1::2]
    return np.asarray(tells[people.place])


def trial_means(place: NDArray[np.int64], columns: FloatArray) -> FloatArray:
    """Return for each person the means of the trial."""
    means = np.empty_like(columns)
    order = np.argsort(place, kind="stable")
    for people in np.split(order, np.flatnonzero(np.diff(place[order], prepend=-1)))[1:]:
        here = columns[people]
        # the mean of equal values differs from them by rounding, which must not look like variation within the trial
        means[people] = np.where((here == here[0]).all(axis=0), here[0], here.sum(axis=0) / len(here))
    return means


@dataclass(frozen=True, slots=True)
class Plan:
    """How the models are fitted.

    `common` and `random` are the options with an interaction common to the trials, and with one that varies.
    """

    common: Options
    random: Options
    search: bool

    def options(self, varying: bool) -> Options:
        """Those of one of the two."""
        return self.random if varying else self.common

    def map(self, **changed: Any) -> Plan:
        """The same with other options in both."""
        return Plan(replace(self.common, **changed), replace(self.random, **changed), self.search)


@dataclass(frozen=True, slots=True)
class WithinModel:
    """The model of the within reading: what stands beside the centred moderator, and what the across reading came to."""

    people: People
    adjusters: FloatArray
    plan: Plan
    across: Reading
    separate: bool

    def fit(self, centred: FloatArray, varying: bool) -> OneStepFit:
        """Fit it; a shift of the centred moderator moves the point at which the effect of treatment is read."""
        return fit_model(self.people, self.adjusters, centred, self.plan.options(varying), self.plan.search)


def within_model(people: People, columns: FloatArray, means: FloatArray, plan: Plan) -> WithinModel:
    """Return the model with gamma_A where that can be had, else the one with an effect of treatment for each trial."""
    q = columns.shape[1]
    between = means - columns.mean(axis=0)
    reason = means_alike(people, columns, between)
    if not reason:
        fit = fit_model(people, _beside_centred(people, columns - means), between, _across(plan, q), plan.search)
        across = reading_of(fit, q, ALIKE_MEANS, people)
        if across.status == "failed" or (across.estimated and not any(np.isnan(a.estimate) for a in across.each)):
            beside, plan = _with_means(people, between, plan)
            return WithinModel(people, beside, plan, across, False)
        reason = across.reason or ALIKE_MEANS
    beside, plan = _with_own_effects(people, plan)
    return WithinModel(people, beside, plan, nothing(q, "not estimable", reason), True)


def within_columns(people: People, columns: FloatArray, means: FloatArray, plan: Plan) -> tuple[FloatArray, Plan]:
    """Return what stands beside the centred moderator in the model of `within_model`, and its plan, without fitting anything."""
    between = means - columns.mean(axis=0)
    if means_alike(people, columns, between):
        return _with_own_effects(people, plan)
    found = feasible(people, _beside_centred(people, columns - means), between, _across(plan, columns.shape[1]))
    if found.status == "failed" or (found.status == "ok" and not any(found.lost)):
        return _with_means(people, between, plan)
    return _with_own_effects(people, plan)


def _across(plan: Plan, q: int) -> Options:
    """How the across reading is fitted."""
    return replace(plan.common, beside=q)


def _beside_centred(people: People, centred: FloatArray) -> FloatArray:
    """Return what stands beside the means of the trials: the moderator within them."""
    return np.column_stack([people.adjusters, centred, people.treatment[:, None] * centred])


def _with_means(people: People, between: FloatArray, plan: Plan) -> tuple[FloatArray, Plan]:
    """Return what stands beside the centred moderator with gamma_A, and the plan of that."""
    return beside_means(people, between), plan.map(beside=between.shape[1])


def beside_means(people: People, between: FloatArray) -> FloatArray:
    """Return the adjusters and treatment times the means of the trials, whose coefficient is gamma_A."""
    return np.column_stack([people.adjusters, people.treatment[:, None] * between])


def _with_own_effects(people: People, plan: Plan) -> tuple[FloatArray, Plan]:
    """Return the same with an effect of treatment for each trial."""
    own = own_effects(people)
    return np.column_stack([people.adjusters, own]), plan.map(beside=own.shape[1], treatment_effect="common")


def own_effects(people: People) -> FloatArray:
    """Return the columns (n, K - 1) that give each trial an effect of treatment of its own."""
    # Weighted by people, so that the coefficient of treatment is the mean effect of the trials.
    share = np.bincount(people.place) / len(people.place)
    trials = np.flatnonzero(share)[1:]
    return np.asarray(people.treatment[:, None] * ((people.place[:, None] == trials) - share[trials]))


def means_alike(people: People, columns: FloatArray, between: FloatArray) -> str:
    """Return why gamma_A cannot be estimated, or an empty text."""
    q, size = columns.shape[1], np.bincount(people.place)
    trials = int(np.count_nonzero(size))
    if trials < q + 2:
        return f"{counted(trials)}, and the across reading needs {word(q + 2)}"
    each = np.zeros((len(size), q))
    each[people.place] = between
    spread = np.linalg.svd(np.sqrt(size)[:, None] * each / columns.std(axis=0), compute_uv=False)
    return "" if spread[q - 1] > ALIKE * np.sqrt(len(columns)) else ALIKE_MEANS


def fit_model(
    people: People, adjusters: FloatArray, columns: FloatArray, options: Options, search: bool = True
) -> OneStepFit:
    """Fit the one-step model with these moderator columns."""
    table = checked(people.outcome, people.treatment, people.place, adjusters, columns, people.site)
    return fit_columns(table, options, scalar=columns.shape[1] == 1, search=search)


def feasible(people: People, adjusters: FloatArray, columns: FloatArray, options: Options) -> Feasibility:
    """Return whether `fit_model` has estimates with these moderator columns."""
    table = checked(people.outcome, people.treatment, people.place, adjusters, columns, people.site)
    return feasibility(table, options)


def reading_of(fit: OneStepFit, q: int, dropped: str, people: People) -> Reading:
    """Return the interaction of a fit; `dropped` says what it means that the fit has no column for it."""
    effect = fit.interaction
    assert effect is not None
    if fit.status in ESTIMATED:
        return Reading(
            each=separate_effects(effect),
            joint=effect.joint,
            status=fit.status,
            reason="",
            tau2=fit.tau2,
            criterion=fit.criterion,
            evaluations=fit.optimiser.evaluations,
            interaction_tau2=_interaction_tau2(fit),
            sharing=tuple(people.labels[list(fit.sharing)].tolist() if fit.sharing else ()),
            site_variance=fit.site_variance,
            sites=fit.sites,
        )
    reason = reason_of(fit.status, fit.message, dropped)
    return replace(nothing(q, fit.status, reason), evaluations=fit.optimiser.evaluations)


def separate_effects(effect: Effect) -> tuple[Effect, ...]:
    """Return the coefficients of an effect one by one."""
    fields = (effect.estimate, effect.std_error, effect.df, effect.df_raw)
    rows = np.column_stack([np.atleast_1d(np.asarray(field, float)) for field in fields])
    return tuple(Effect(float(b), float(se), float(df), float(raw)) for b, se, df, raw in rows)


def reason_of(status: Status, message: str, dropped: str) -> str:
    """Return why there is no estimate; `dropped` where the model has no column for the interaction."""
    lost = status == "not estimable" and "interaction is not estimable" in message
    return dropped if lost else message


def _interaction_tau2(fit: OneStepFit) -> float:
    varying = [k for k, name in enumerate(fit.covariance_names) if name.startswith("treatment:")]
    return float(fit.covariance[varying[0], varying[0]]) if varying else 0.0


def nothing(q: int, status: Status, reason: str) -> Reading:
    """Return a reading without an estimate."""
    return Reading((NOTHING,) * q, None, status, reason)


def word(number: int) -> str:
    """Return a small number in words."""
    names = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return names[number] if number < len(names) else str(number)


def counted(trials: int) -> str:
    """Return a number of trials in words."""
    return f"{word(trials)} trial{'' if trials == 1 else 's'}"

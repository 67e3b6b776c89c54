"""Screening of one moderator of events: its interaction with treatment within trials, naively, and across trials.

In: arrays with a row a participant, the moderator a quantity or `Levels`. Out: the three readings of `screen_moderator`, as
log ratios of odds ratios (or of rate ratios), and the effect of treatment at chosen values. Models, eta the log odds or log rate:

    within  eta = phi_i + x b + d (z - zbar_i) + t theta + (t - tbar_i) u_i + gamma_W t (z - zbar_i) + gamma_A t zbar_i
    naive   eta = phi_i + x b + d z + t theta + (t - tbar_i) u_i + gamma t z
    across  gamma_A of the first model, open to ecological bias

by maximum likelihood with adaptive quadrature (one_step_glmm.py). An interaction that varies between trials adds
(t - tbar_i) (z - zbar_i) v_i, or one such column a level, all with one variance; Laplace's approximation then, with both random
effects (event_search.py). All columns of random effects are centred within trials, so that it does not matter which arm has the 1.
Tests of a common interaction are normal, as all that it rests on lies within trials; where it varies they have t with one df fewer
than trials that tell something of it, and the across reading one fewer than trials and coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .choices import AdjusterSlopes, InteractionEffect, Link, MainReading, Reference, Status, TreatmentEffect
from .crossproducts import FloatArray
from .effect import NOTHING, Effect
from .event_search import INTERACTION_SEPARATES
from .events import alike, event_participants
from .inference import Inference, effect
from .levels import Levels
from .moderator_models import (
    ALIKE_MEANS,
    CONSTANT,
    ESTIMATED,
    SAME_AS_TRIALS,
    People,
    Reading,
    beside_means,
    complete,
    means_alike,
    nothing,
    own_effects,
    separate_effects,
    trial_means,
)
from .moderators import (
    ModeratorColumns,
    ModeratorFit,
    count_entered,
    counted_by_floor,
    is_lost,
    moderator_columns,
    too_few,
    unusable,
    values_wanted,
)
from .one_step_glmm import GlmmFit, GlmmOptions, fit_participants

INFINITE_EFFECT = "trials with an arm in which nobody, or everybody, has the event have no finite effect"
LEVEL_ALIKE = "in an arm nobody, or everybody, with one of its levels has the event, so that its interaction has no finite estimate"


@dataclass(frozen=True, slots=True)
class EventPeople:
    """Complete cases of trials with both arms, with their exposure."""

    people: People
    exposure: FloatArray | None
    link: Link

    def select(self, rows: NDArray[np.bool_]) -> EventPeople:
        """Those of some rows."""
        each = self.people
        names = ("outcome", "treatment", "place", "adjusters", "values")
        people = replace(each, **{name: getattr(each, name)[rows] for name in names})
        return EventPeople(people, None if self.exposure is None else self.exposure[rows], self.link)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a screening besides its model."""

    reading: MainReading
    minimum_trials: int
    varying: bool
    search: bool


@dataclass(frozen=True, slots=True)
class InteractionModel:
    """A model with its interaction.

    `beside` are the adjusters and what else stands beside the columns of the moderator; at `centre` of these the effect of treatment
    is that of the model.
    """

    data: EventPeople
    beside: FloatArray
    columns: FloatArray
    centre: FloatArray
    options: GlmmOptions

    def fit(self, varying: bool) -> GlmmFit:
        """Fit it with an interaction that is common to the trials, or varies between them."""
        people = self.data.people
        effect: InteractionEffect = "random" if varying else "common"
        participants = event_participants(
            people.outcome,
            people.treatment,
            people.place,
            self.data.link,
            self.beside,
            self.data.exposure,
            self.columns,
        )
        return fit_participants(participants, replace(self.options, interaction_effect=effect))

    def at(self, fit: GlmmFit, row: FloatArray, df: float) -> Effect:
        """The effect of treatment where the columns of the moderator have the values `row`."""
        contrast = np.zeros(len(fit.coefficients))
        contrast[0] = 1.0
        for k, value in enumerate(row - self.centre):
            if _interaction(k) in fit.coefficient_names:
                contrast[fit.coefficient_names.index(_interaction(k))] = value
        std_error = float(np.sqrt(contrast @ fit.covariance_fixed @ contrast))
        return Effect(float(contrast @ fit.coefficients), std_error, df, df)


def _interaction(k: int) -> str:
    return f"treatment:moderator[{k}]"


def screen_moderator_glmm(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderator: ArrayLike | Levels,
    *,
    link: Link = "logit",
    exposure: ArrayLike | None = None,
    adjusters: ArrayLike | None = None,
    reference: int = 0,
    per: float = 1.0,
    percentiles: Sequence[float] = (),
    reading: MainReading = "within",
    minimum_trials: int = 1,
    treatment_effect: TreatmentEffect = "random",
    inference: Reference = "t",
    interaction_effect: InteractionEffect = "common",
    adjuster_slopes: AdjusterSlopes = "common",
    events_per_slope: int = 10,
    nodes: int = 7,
    search: bool = True,
    widened: bool = False,
) -> ModeratorFit:
    """Estimate the interaction of treatment with one moderator of events in three readings.

    Parameters
    ----------
    outcome, treatment, trial, link, exposure, adjusters
        As for `fit_one_step_glmm`. Trials in which nobody, or everybody, has the event are left out.
    moderator, reference, per, percentiles, reading, minimum_trials, interaction_effect
        As for `screen_moderator`.
    treatment_effect : {"random", "common"}
    inference : {"t", "normal"}
        "t": for what varies between trials; see the top of the module.
    adjuster_slopes : {"common", "stratified"}
        Of the adjusters and of the moderator's own main effect.
    events_per_slope : int
        With stratified slopes, a trial with fewer events (binary: or people without it) per slope has none of its own.
    nodes : int
        Of the quadrature, where the interaction is common.
    search : bool
        False: which readings can be had; their numbers are then those without random effects.
    widened : bool
        Of counts: variances within trials are multiplied by Pearson's dispersion where that is above one (quasi-Poisson).

    Returns
    -------
    ModeratorFit
        Effects are log odds ratios (log rate ratios), and interactions the logarithm of how many times as large the ratio is a
        step higher. Separation gives a reason.

    Raises
    ------
    ValueError
        As for `fit_one_step_glmm` and `screen_moderator`.

    Notes
    -----
    Where the across reading cannot be had, each trial has a treatment effect of its own; trials with an arm in which
    nobody (or everybody) has the event, whose effect is infinite, are then left out of the within reading. It cannot be had,
    either, where the trials besides these are too few for it. A moderator that separates people with effects of trials of their own
    has no reading.

    Checked against lme4's `glmer`; see tests/reference/README.md.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> trial, treatment = np.repeat(["a", "b", "c", "d"], 400), np.tile([0, 1], 800)
    >>> age = rng.normal(50.0, 10.0, 1600) + np.repeat([0.0, 5.0, 10.0, 15.0], 400)
    >>> log_odds = -1.0 + treatment * (0.5 - 0.05 * (age - 50.0))
    >>> relapse = rng.random(1600) < 1.0 / (1.0 + np.exp(-log_odds))
    >>> fit = screen_moderator_glmm(relapse, treatment, trial, age, per=10.0, percentiles=[50])
    >>> fit.within.status, fit.direction, bool(fit.within.p_value < 0.01)
    ('boundary', -1, True)
    >>> low, high = fit.within.each[0].interval()
    >>> bool(low < -0.5 < high)
    True
    """
    if not per > 0:
        raise ValueError(f"per must be positive, not {per}")
    if reading not in ("within", "naive"):
        raise ValueError(f"reading is within or naive, not {reading!r}")
    options = GlmmOptions(
        link,
        treatment_effect if search else "common",
        adjuster_slopes,
        events_per_slope,
        inference=inference,
        nodes=nodes,
        interaction_effect=interaction_effect,
        levels=isinstance(moderator, Levels),
        widened=widened,
    )
    asked = _Asked(reading, minimum_trials, interaction_effect == "random", search)
    data = differing(event_people(outcome, treatment, trial, moderator, link, exposure, adjusters))
    coded = moderator_columns(data.people, moderator, reference, per)
    wanted, values = values_wanted(data.people, coded, percentiles, per)
    reason = unusable(data.people, minimum_trials) or alike_levels(data, coded)
    separates = "" if reason else separates_within_trials(data, coded.columns, options)
    readings, separate, at = (
        _without(coded, wanted, "failed" if separates else "not estimable", reason or separates)
        if reason or separates
        else _screened(data, coded, wanted, options, asked)
    )
    return ModeratorFit(
        codes=coded.codes,
        reference=coded.reference,
        separate=separate,
        at=at,
        at_values=values,
        entered=count_entered(data.people, np.ones(len(data.people.place), dtype=bool)),
        telling=count_entered(data.people, coded.telling),
        across_trials=False,
        **readings,
    )


def event_people(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderator: ArrayLike | Levels,
    link: Link,
    exposure: ArrayLike | None,
    adjusters: ArrayLike | None,
) -> EventPeople:
    """Return who has everything, in trials that keep both arms."""
    checked = event_participants(outcome, treatment, trial, link, adjusters, exposure)
    table = checked.table
    # exposure is dropped with the people, as a column beside the adjusters
    found = complete(
        table.outcome, table.treatment, trial, moderator, np.column_stack([checked.exposure, table.adjusters])
    )
    people = replace(found, adjusters=found.adjusters[:, 1:])
    return EventPeople(people, found.adjusters[:, 0] if link == "log" else None, link)


def differing(data: EventPeople) -> EventPeople:
    """Those of trials in which people differ in having the event."""
    people = data.people
    tells = np.zeros(len(people.place), bool)
    for k in np.unique(people.place):
        here = people.place == k
        tells[here] = not alike(int(people.outcome[here].sum()), int(here.sum()), data.link)
    return data.select(tells)


def alike_levels(data: EventPeople, coded: ModeratorColumns) -> str:
    """Why levels have no interaction: one in an arm of which nobody, or everybody, has the event in all trials together."""
    people = data.people
    if coded.reference < 0:
        return ""
    cells = (
        people.outcome[(people.values == level) & (people.treatment == side)]
        for level in (coded.reference, *coded.codes)
        for side in (0.0, 1.0)
    )
    return LEVEL_ALIKE if any(alike(int(cell.sum()), len(cell), data.link) for cell in cells) else ""


def separates_within_trials(data: EventPeople, columns: FloatArray, options: GlmmOptions) -> str:
    """Return why a quantity has no interaction: within each trial it separates people with the event from the others in an arm.

    Effects of treatment that are alike in all trials, or scatter around one mean, can make the estimate finite. It then rests on
    that alone, without a bound within any trial, and is as large as the trials' cuts are near each other. Of levels, and of a
    quantity with two values, cells of all trials together say whether there is an estimate (`alike_levels`).
    """
    place = data.people.place
    if columns.shape[1] > 1 or all(len(np.unique(columns[place == k])) < 3 for k in np.unique(place)):
        return ""
    fit = _with_own_effects(data, columns, options).fit(False)
    return INTERACTION_SEPARATES if fit.message == INTERACTION_SEPARATES else ""


def _without(
    coded: ModeratorColumns, wanted: FloatArray, status: Status, reason: str
) -> tuple[dict[str, Reading], bool, tuple[Effect, ...]]:
    none = nothing(max(coded.columns.shape[1], 1), status, reason)
    names = ("within", "naive", "across", "in_these_trials", "in_new_trials")
    return dict.fromkeys(names, none), False, tuple(NOTHING for _ in wanted)


def _screened(
    data: EventPeople, coded: ModeratorColumns, wanted: FloatArray, options: GlmmOptions, asked: _Asked
) -> tuple[dict[str, Reading], bool, tuple[Effect, ...]]:
    """The readings, whether trials have effects of their own, and the effects where the moderator has the columns `wanted`."""
    people, q = data.people, coded.columns.shape[1]
    df = DegreesOfFreedom.of(people, coded, by_t=options.inference == "t")
    within, common, across, separate = _within(data, coded.columns, options, df)
    random = within.fit(True) if asked.search else common
    few = too_few(coded.telling, people, asked.minimum_trials)
    these, new = (
        nothing(q, "not estimable", few)
        if few
        else reading_of_interaction(fit, q, df.of_interaction(varying), CONSTANT, people)
        for fit, varying in ((common, False), (random, True))
    )
    centre = coded.columns.mean(axis=0)
    naive = InteractionModel(data, people.adjusters, coded.columns - centre, centre, options)
    plain = naive.fit(asked.varying and asked.search)
    readings = {
        "within": new if asked.varying else these,
        "naive": reading_of_interaction(plain, q, df.of_interaction(asked.varying), SAME_AS_TRIALS, people),
        "across": across,
        "in_these_trials": these,
        "in_new_trials": new,
    }
    model, fit = (naive, plain) if asked.reading == "naive" else (within, random if asked.varying else common)
    df_at = min(float(fit.effect.df), df.of_interaction(asked.varying))
    at = tuple(
        NOTHING if is_lost(readings[asked.reading], row, coded.codes) else model.at(fit, row, df_at) for row in wanted
    )
    return readings, separate, at


@dataclass(frozen=True, slots=True)
class DegreesOfFreedom:
    """Those of the readings, from trials in the models and trials that tell something of the interaction within them."""

    trials: int
    telling: int
    by_t: bool

    @classmethod
    def of(cls, people: People, coded: ModeratorColumns, *, by_t: bool) -> DegreesOfFreedom:
        """Return those of some people with their moderator; `by_t`: t, and not normal."""
        return cls(people.trials, len(np.unique(people.place[coded.telling])), by_t)

    def of_interaction(self, varying: bool) -> float:
        """Of the interaction within trials."""
        return float(counted_by_floor(self.telling) - 1) if self.by_t and varying else np.inf

    def across(self, q: int) -> float:
        """Of the interaction with q columns of means of trials."""
        return float(self.trials - 1 - q) if self.by_t else np.inf


def _within(
    data: EventPeople, columns: FloatArray, options: GlmmOptions, df: DegreesOfFreedom
) -> tuple[InteractionModel, GlmmFit, Reading, bool]:
    """The model with gamma_A where that can be had, else the one with an effect of treatment for each trial.

    Returns
    -------
    The model, its fit with a common interaction, the across reading, and whether trials have effects of their own.
    """
    people, q = data.people, columns.shape[1]
    means, centre = trial_means(people.place, columns), columns.mean(axis=0)
    reason = means_alike(people, columns, means - centre) or _finite_means_alike(data, columns)
    if not reason:
        beside = beside_means(people, means - centre)
        model = InteractionModel(data, beside, columns - means, centre, replace(options, beside=q))
        fit = model.fit(False)
        places = [f"adjuster[{people.adjusters.shape[1] + k}]" for k in range(q)]
        t = df.across(q) if options.treatment_effect == "random" else np.inf
        across = _reading_of(fit, places, t, ALIKE_MEANS, people)
        if across.status == "failed" or (across.estimated and not any(np.isnan(item.estimate) for item in across.each)):
            return model, fit, across, False
        reason = across.reason or ALIKE_MEANS
    model = _with_own_effects(data, columns, options)
    return model, model.fit(False), nothing(q, "not estimable", reason), True


def _finite_means_alike(data: EventPeople, columns: FloatArray) -> str:
    """Why gamma_A cannot be estimated from trials whose effect is finite: with the others, it is as large as these have people."""
    finite = _finite_effects(data)
    if finite.all() or not finite.any():
        return ""
    people, columns = data.select(finite).people, columns[finite]
    between = trial_means(people.place, columns) - columns.mean(axis=0)
    reason = means_alike(people, columns, between) if columns.std(axis=0).all() else ALIKE_MEANS
    return f"{INFINITE_EFFECT}; without them: {reason}" if reason else ""


def _finite_effects(data: EventPeople) -> NDArray[np.bool_]:
    """Who is in a trial without an arm in which nobody, or everybody, has the event."""
    people = data.people
    finite = np.zeros(len(people.place), bool)
    for k in np.unique(people.place):
        arms = [people.outcome[(people.place == k) & (people.treatment == side)] for side in (0.0, 1.0)]
        finite[people.place == k] = not any(alike(int(arm.sum()), len(arm), data.link) for arm in arms)
    return finite


def _with_own_effects(data: EventPeople, columns: FloatArray, options: GlmmOptions) -> InteractionModel:
    """The model with an effect of treatment for each trial, of those trials in which it is finite."""
    finite = _finite_effects(data)
    if finite.any():  # else all stay, and the fit says what is infinite
        data, columns = data.select(finite), columns[finite]
    own = own_effects(data.people)
    beside = np.column_stack([data.people.adjusters, own])
    centred = columns - trial_means(data.people.place, columns)
    chosen = replace(options, treatment_effect="common", beside=own.shape[1])
    return InteractionModel(data, beside, centred, columns.mean(axis=0), chosen)


def reading_of_interaction(fit: GlmmFit, q: int, df: float, dropped: str, people: People) -> Reading:
    """Return the interaction with q columns as a reading; `dropped` says what it means that the fit has none of them."""
    return _reading_of(fit, [_interaction(k) for k in range(q)], df, dropped, people)


def _reading_of(fit: GlmmFit, names: Sequence[str], df: float, dropped: str, people: People) -> Reading:
    """The coefficients of these names as a reading; `dropped` says what it means that the fit has none of them."""
    q = len(names)
    if fit.status not in ESTIMATED:
        return nothing(q, fit.status, fit.message)
    kept = {name: place for place, name in enumerate(fit.coefficient_names)}
    places = np.array([kept.get(name, -1) for name in names], np.int64)
    if (places < 0).all():
        return nothing(q, "not estimable", dropped)
    none, empty = np.zeros((0, *fit.covariance_fixed.shape)), np.zeros((0, 0))
    wald = Inference("normal", fit.covariance_fixed, fit.covariance_fixed, none, empty, df, 0.0)
    found = effect(wald, fit.coefficients, places, q == 1)
    return Reading(
        each=separate_effects(found),
        joint=found.joint,
        status=fit.status,
        reason="",
        tau2=fit.tau2,
        criterion=fit.criterion,
        evaluations=fit.optimiser.evaluations,
        interaction_tau2=fit.interaction_tau2,
        sharing=tuple(people.labels[list(fit.sharing)].tolist() if fit.sharing else ()),
    )

"""Screening of one moderator: its interaction with treatment within trials, naively, and across trials.

In: arrays with a row a participant, the moderator a quantity or `Levels`. Out: three readings of the interaction, and the
effect of treatment at chosen values. Every fit goes through `fit_one_step`:

    within  y = phi_i + x b + d (z - zbar_i) + t (theta + u_i) + gamma_W t (z - zbar_i) + gamma_A t zbar_i + e
    naive   y = phi_i + x b + d z + t (theta + u_i) + gamma t z + e
    across  gamma_A of the first model, open to ecological bias

gamma is common to the trials, or varies between them by v_i (z - zbar_i): the test in these trials, and the one in new trials.
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

from .choices import (
    AdjusterSlopes,
    Approximation,
    DfFloor,
    InteractionEffect,
    MainReading,
    Residual,
    TreatmentEffect,
    unknown_words,
)
from .crossproducts import FloatArray
from .design import CHOICES, Options
from .effect import NOTHING, Effect
from .levels import Levels
from .moderator_models import (
    CONSTANT,
    SAME_AS_TRIALS,
    People,
    Plan,
    Reading,
    complete,
    count_trials,
    counted,
    fit_model,
    nothing,
    reading_of,
    telling_people,
    trial_means,
    within_model,
    word,
)

PEOPLE_PER_SLOPE = 10
ONE_SIDED = "it does not vary on both sides of any trial"


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
        With the interaction that `interaction_effect` names; the across reading always with a common one.
    in_these_trials, in_new_trials : Reading
        The within reading with an interaction common to the trials, and with one that varies between them.
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
    across_trials : bool
        Whether the moderator is one value of each trial, so that the across reading alone is there, and `at` is from its model.
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
    in_these_trials: Reading
    in_new_trials: Reading
    across_trials: bool = False

    @property
    def direction(self) -> int:
        """Sign of the within reading of a quantity: 1 = higher values gain more, -1 = lower; 0 for levels or no estimate."""
        slope = float(self.within.each[0].estimate) if self.within.each else 0.0
        return 0 if self.reference >= 0 or math.isnan(slope) else int(np.sign(slope))


def screen_moderator(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderator: ArrayLike | Levels,
    *,
    adjusters: ArrayLike | None = None,
    site: ArrayLike | None = None,
    reference: int = 0,
    per: float = 1.0,
    percentiles: Sequence[float] = (),
    reading: MainReading = "within",
    minimum_trials: int = 1,
    treatment_effect: TreatmentEffect = "random",
    inference: Approximation = "kenward-roger",
    df_floor: DfFloor = "trials-1",
    interaction_effect: InteractionEffect = "common",
    adjuster_slopes: AdjusterSlopes = "common",
    people_per_slope: int = PEOPLE_PER_SLOPE,
    residual: Residual = "common",
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
    site : array_like (n,), optional
        As for `fit_one_step`: all models have a random intercept of the site.
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
        With an interaction that varies, the trials are those that tell something of it.
    interaction_effect : {"common", "random"}
        Whether the interaction varies between trials: whether p speaks of these trials or of new ones.
    adjuster_slopes : {"common", "stratified"}
        Of the adjusters and of the moderator's own main effect.
    people_per_slope : int
        With stratified slopes, a trial with fewer people per slope shares one slope a column with others like it.
    residual : {"common", "by-trial", "by-arm"}
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
    words = {"interaction_effect": interaction_effect}
    wrong = list(unknown_words(words, {name: CHOICES[name] for name in words}))
    if wrong:
        raise ValueError("; ".join(wrong))
    options = Options(
        treatment_effect=treatment_effect,
        inference=inference,
        df_floor=df_floor,
        adjuster_slopes=adjuster_slopes,
        moderator_slopes=adjuster_slopes,
        people_per_slope=people_per_slope,
        residual=residual,
    )
    people = complete(outcome, treatment, trial, moderator, adjusters, site)
    coded = code_moderator(people, moderator, reference, per, options, search)
    asked = _Asked(reading, minimum_trials, interaction_effect == "random")
    reason = unusable(people, minimum_trials)
    return _screened(people, coded, *values_wanted(people, coded, percentiles, per), asked, reason)


@dataclass(frozen=True, slots=True)
class ModeratorColumns:
    """A moderator as columns.

    Attributes
    ----------
    columns : ndarray (n, q)
    codes, reference : tuple of int, int
        As in `ModeratorFit`.
    telling : ndarray (n,) of bool
        Who stands in a trial that tells something of the interaction.
    """

    columns: FloatArray
    codes: tuple[int, ...]
    reference: int
    telling: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Coded(ModeratorColumns):
    """The same, with how its models are fitted."""

    plan: Plan


def moderator_columns(people: People, moderator: ArrayLike | Levels, reference: int, per: float) -> ModeratorColumns:
    """Return the columns of a moderator among these people."""
    if not isinstance(moderator, Levels):
        return ModeratorColumns(people.values[:, None] / per, (), -1, telling_people(people, levels=False))
    present = [int(code) for code in np.unique(people.values)]
    base = base_level(people, present, reference)
    codes = tuple(code for code in present if code != base)
    columns = (people.values[:, None] == np.array(codes, float)).astype(float)
    return ModeratorColumns(columns, codes, base, telling_people(people, levels=bool(codes)))


def values_wanted(
    people: People, coded: ModeratorColumns, percentiles: Sequence[float], per: float
) -> tuple[FloatArray, tuple[float, ...]]:
    """Return the columns of the moderator at each value at which the effect of treatment is wanted, and these values."""
    if coded.reference >= 0:
        present = np.unique(people.values)
        wanted = (present[:, None] == np.array(coded.codes, float)).astype(float)
        return wanted.reshape(-1, len(coded.codes) or 1), tuple(present.tolist())
    values = np.percentile(people.values, percentiles, method="inverted_cdf") if len(people.values) else np.empty(0)
    return values[:, None] / per, tuple(values.tolist())


def code_moderator(
    people: People, moderator: ArrayLike | Levels, reference: int, per: float, options: Options, search: bool
) -> Coded:
    """Return the columns of a moderator among these people, and how its models are fitted."""
    found = moderator_columns(people, moderator, reference, per)
    random = replace(
        options,
        interaction_effect="random",
        random_part="levels" if isinstance(moderator, Levels) else "centred",
        floor_trials=counted_by_floor(count_trials(people.place[found.telling])),
    )
    return Coded(found.columns, found.codes, found.reference, found.telling, Plan(options, random, search))


def counted_by_floor(telling: int) -> int:
    """Return the trials that the floor of the df of an interaction counts; one alone would leave no df, and an interval without ends."""
    return max(2, telling) if telling else 0


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a screening besides its model."""

    reading: str
    minimum_trials: int
    varying: bool


def _screened(
    people: People, coded: Coded, wanted: FloatArray, values: tuple[float, ...], asked: _Asked, reason: str
) -> ModeratorFit:
    """Fit the readings; `wanted`: the columns of the moderator at the values asked for."""
    columns, codes, plan, telling = coded.columns, coded.codes, coded.plan, coded.telling
    q = columns.shape[1]
    if reason:
        within = naive = across = these = new = nothing(max(q, 1), "not estimable", reason)
        separate, at = False, tuple(NOTHING for _ in wanted)
    else:
        means = trial_means(people.place, columns)
        model = within_model(people, columns, means, plan)
        few = too_few(telling, people, asked.minimum_trials)
        these, new = (
            nothing(q, "not estimable", few)
            if few
            else reading_of(model.fit(columns - means, varying), q, CONSTANT, people)
            for varying in (False, True)
        )
        within = new if asked.varying else these
        centre = columns.mean(axis=0)
        options = plan.options(asked.varying)
        # gamma is the same wherever zero lies; far from the people, t z would look like a multiple of t
        plain = fit_model(people, people.adjusters, columns - centre, options, plan.search)
        naive = reading_of(plain, q, SAME_AS_TRIALS, people)
        across, separate = model.across, model.separate
        at = tuple(
            NOTHING
            if is_lost(naive if asked.reading == "naive" else within, row, codes)
            else fit_model(people, people.adjusters, columns - row, options, plan.search).effect
            if asked.reading == "naive"
            else model.fit(columns - means - (row - centre), asked.varying).effect
            for row in wanted
        )
    return ModeratorFit(
        codes=codes,
        reference=coded.reference,
        within=within,
        naive=naive,
        across=across,
        separate=separate,
        at=at,
        at_values=values,
        entered=count_entered(people, np.ones(len(people.place), dtype=bool)),
        telling=count_entered(people, telling),
        in_these_trials=these,
        in_new_trials=new,
    )


def count_entered(people: People, mask: NDArray[np.bool_]) -> Entered:
    """Return how many trials and people of a mask there are."""
    control, intervention = (int(np.sum(people.treatment[mask] == side)) for side in (0, 1))
    return Entered(count_trials(people.place[mask]), int(mask.sum()), control, intervention)


def too_few(telling: NDArray[np.bool_], people: People, minimum_trials: int) -> str:
    """Return why the interaction within trials cannot be had, or an empty text."""
    trials = count_trials(people.place[telling])
    if not trials:
        return ONE_SIDED if any(np.ptp(people.values[people.place == k]) for k in np.unique(people.place)) else CONSTANT
    if trials >= minimum_trials:
        return ""
    return f"it varies on both sides of {counted(trials)}, and the screening needs {word(minimum_trials)}"


def is_lost(reading: Reading, row: FloatArray, codes: tuple[int, ...]) -> bool:
    """Return whether the effect at a value cannot be had: no reading, or none of just this level."""
    lost = np.array([math.isnan(float(item.estimate)) for item in reading.each])
    return bool((lost & (row == 1)).any() if codes and reading.estimated else lost.any())


def base_level(people: People, present: list[int], reference: int) -> int:
    """Return the level that others are compared with: one that some trial has on both sides, by choice the reference."""
    levels, code = np.unique(people.values, return_inverse=True)
    cell, treated = code * len(people.labels) + people.place, people.treatment == 1.0
    both = np.intersect1d(cell[treated], cell[~treated])
    whole = [int(z) for z in levels[np.unique(both // len(people.labels))]]
    return reference if reference in whole else next(iter([*whole, *present, reference]))


def unusable(people: People, minimum_trials: int) -> str:
    """Return why there is nothing to fit, or an empty text."""
    if not len(people.values):
        return "no participant has a value in a trial with both arms"
    if people.trials < minimum_trials:
        return f"{counted(people.trials)} with a value on both sides, and the screening needs {word(minimum_trials)}"
    return "" if np.ptp(people.values) else "it has one value in all"


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

"""The effect of treatment at values of a moderator, or in its levels, that differ by exactly the interaction within trials.

In: arrays with a row a participant. Out: effects with their joint covariance, and the overall effect that they average to.
Method: the model of the within reading without gamma_A,
    y = phi_i + x b + d (z - zbar_i) + t (theta + u_i) + gamma_W t (z - zbar_i) + e,
gives the effect at z as theta + gamma_W'(z - zbar), zbar = sum w_i zbar_i with w_i = [A_xx^-1 C_i]_tt, the weight of trial i in
theta. So levels differ by gamma_W alone, their mean over the composition zbar is theta, and nothing between trials enters: the
purpose of the floating effects of Godolphin, White, Tierney & Fisher (2023), Research Synthesis Methods 14:68.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .choices import AdjusterSlopes, Approximation, DfFloor, InteractionEffect, Residual, Status, TreatmentEffect
from .crossproducts import FloatArray
from .design import Options
from .effect import NOTHING, Effect
from .levels import Levels
from .moderator_models import ESTIMATED, People, complete, fit_model, trial_means
from .moderators import PEOPLE_PER_SLOPE, Coded, code_moderator, unusable
from .one_step import OneStepFit


@dataclass(frozen=True, slots=True)
class ConsistentEffects:
    """Result of `consistent_effects`.

    Attributes
    ----------
    values : tuple of float
        Values of a quantity, or codes of the levels that somebody has.
    effects : tuple of Effect
        Effect of treatment at each.
    covariance : ndarray (m, m)
        Of these estimates; NaN where one is not estimable.
    overall : Effect
        Their mean over `composition`; of a quantity the effect at `centre`.
    composition : tuple of float
        Weight of each level in the overall effect; empty for a quantity.
    centre : float
        Mean of a quantity with the trials' weights in the overall effect; NaN for levels.
    people : tuple of int
        How many have each level; empty for a quantity.
    weights : dict
        Weight of each trial in the overall effect, by label.
    tau2, interaction_tau2 : float
        Variances between trials of the effect and of the interaction (as in `Reading`).
    status, reason : str
        As of `Reading`.
    """

    values: tuple[float, ...]
    effects: tuple[Effect, ...]
    covariance: FloatArray
    overall: Effect
    composition: tuple[float, ...]
    centre: float
    people: tuple[int, ...]
    weights: dict[Any, float]
    tau2: float
    interaction_tau2: float
    status: Status
    reason: str


def consistent_effects(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderator: ArrayLike | Levels,
    *,
    adjusters: ArrayLike | None = None,
    site: ArrayLike | None = None,
    values: Sequence[float] = (),
    reference: int = 0,
    treatment_effect: TreatmentEffect = "random",
    inference: Approximation = "kenward-roger",
    df_floor: DfFloor = "trials-1",
    interaction_effect: InteractionEffect = "common",
    adjuster_slopes: AdjusterSlopes = "common",
    people_per_slope: int = PEOPLE_PER_SLOPE,
    residual: Residual = "common",
) -> ConsistentEffects:
    """Estimate the effect of treatment at values of a moderator, consistent with its interaction within trials.

    Parameters
    ----------
    values : sequence of float
        Of a quantity, in its own unit; levels give one effect for each.
    outcome, treatment, trial, moderator, adjusters, site, reference, treatment_effect, inference, df_floor, interaction_effect
        As for `screen_moderator`.
    adjuster_slopes, people_per_slope, residual
        Likewise.

    Returns
    -------
    ConsistentEffects
        What cannot be estimated is NaN.

    Raises
    ------
    ValueError
        As for `screen_moderator`.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> trial, treatment = np.repeat(["a", "b", "c", "d"], 100), np.tile([0, 1], 200)
    >>> sex = Levels(rng.integers(0, 2, 400), ("women", "men"))
    >>> outcome = treatment * (3.0 + 2.0 * sex.codes) + rng.normal(0.0, 2.0, 400)
    >>> found = consistent_effects(outcome, treatment, trial, sex)
    >>> mean = sum(share * one.estimate for share, one in zip(found.composition, found.effects))
    >>> bool(np.isclose(mean, found.overall.estimate)), found.people
    (True, (199, 201))
    """
    options = Options(
        treatment_effect=treatment_effect,
        inference=inference,
        df_floor=df_floor,
        adjuster_slopes=adjuster_slopes,
        moderator_slopes=adjuster_slopes,
        people_per_slope=people_per_slope,
        residual=residual,
        interaction_effect=interaction_effect,
    )
    people = complete(outcome, treatment, trial, moderator, adjusters, site)
    coded = code_moderator(people, moderator, reference, 1.0, options, True)
    if isinstance(moderator, Levels):
        at = tuple(float(code) for code in np.unique(people.values))
        wanted = (np.array(at)[:, None] == np.array(coded.codes, float)).astype(float)
        counts = tuple(int(np.sum(people.values == code)) for code in at)
    else:
        at, counts = tuple(map(float, values)), ()
        wanted = np.array(at)[:, None]
    reason = unusable(people, 1)
    if reason:
        return without_effects(at, counts, "not estimable", reason)
    centred = coded.columns - trial_means(people.place, coded.columns)
    options = coded.plan.options(interaction_effect == "random")
    fit = fit_model(people, people.adjusters, centred, options)
    if fit.status not in ESTIMATED:
        return without_effects(at, counts, fit.status, fit.message)
    return _effects(people, coded, options, fit, centred, at, wanted, counts)


def _effects(
    people: People,
    coded: Coded,
    options: Options,
    fit: OneStepFit,
    centred: FloatArray,
    at: tuple[float, ...],
    wanted: FloatArray,
    counts: tuple[int, ...],
) -> ConsistentEffects:
    shares = np.array([coded.columns[people.place == k].mean(axis=0) for k in fit.trial_labels])
    centre = fit.weights @ shares
    rows = rows_of(fit.coefficient_names, wanted - centre)
    estimates, covariance = rows @ fit.coefficients, rows @ fit.covariance_fixed @ rows.T
    effects = []
    for row, estimate, variance in zip(wanted, estimates, np.diag(covariance), strict=True):
        if math.isnan(estimate):
            effects.append(NOTHING)
            continue
        # the same model, read where its coefficient of treatment is this effect: its df
        there = fit_model(people, people.adjusters, centred - (row - centre), options).effect
        effects.append(Effect(float(estimate), math.sqrt(variance), float(there.df), float(there.df_raw)))
    levels = bool(counts)
    composition = wanted @ centre + (wanted.sum(axis=1) == 0.0) * (1.0 - centre.sum())
    varying = [k for k, name in enumerate(fit.covariance_names) if name.startswith("treatment:")]
    return ConsistentEffects(
        values=at,
        effects=tuple(effects),
        covariance=covariance,
        overall=fit.effect,
        composition=tuple(composition.tolist()) if levels else (),
        centre=math.nan if levels else float(centre[0]),
        people=counts,
        weights=dict(zip(people.labels[fit.trial_labels].tolist(), fit.weights.tolist(), strict=True)),
        tau2=fit.tau2,
        interaction_tau2=float(fit.covariance[varying[0], varying[0]]) if varying else 0.0,
        status=fit.status,
        reason="",
    )


def rows_of(names: Sequence[str], offset: FloatArray) -> FloatArray:
    """Return effects as combinations of the coefficients of these names; NaN where one that is needed is not in the model.

    Parameters
    ----------
    names : sequence of str
    offset : ndarray (m, q)
        How far the columns of the moderator lie from where the effect is that of the coefficient of treatment.
    """
    rows = np.zeros((len(offset), len(names)))
    rows[:, names.index("treatment")] = 1.0
    for k in range(offset.shape[1]):
        name = f"treatment:moderator[{k}]"
        if name in names:
            rows[:, names.index(name)] = offset[:, k]
        else:
            rows[np.abs(offset[:, k]) > 0.0] = np.nan
    return rows


def without_effects(at: tuple[float, ...], counts: tuple[int, ...], status: Status, reason: str) -> ConsistentEffects:
    """Return a result without estimates, with the reason."""
    nan, m = math.nan, len(at)
    return ConsistentEffects(
        at, (NOTHING,) * m, np.full((m, m), nan), NOTHING, (), nan, counts, {}, nan, nan, status, reason
    )

"""The effect of treatment on events at values of a moderator, or in its levels, that differ by exactly the interaction within trials.

In: arrays with a row a participant. Out: `ConsistentEffects`, as log ratios.
Method: that of consistent_effects.py. The model of the within reading without gamma_A,
    eta = phi_i + x b + d (z - zbar_i) + t theta + (t - tbar_i) u_i + gamma_W t (z - zbar_i),
is fitted by maximum likelihood, and the effect at z is theta + gamma_W'(z - zbar), zbar = sum w_i zbar_i. The weight of trial i in
theta is w_i = [A_xx^-1 C_i]_tt, from the information C_i that its people hold with their weights W at the estimate: so levels differ
by gamma_W alone, their mean over the composition zbar is theta, and nothing between trials enters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .choices import AdjusterSlopes, InteractionEffect, Link, Reference, TreatmentEffect
from .consistent_effects import ConsistentEffects, rows_of, without_effects
from .crossproducts import FloatArray
from .effect import NOTHING, Effect
from .levels import Levels
from .moderator_models import ESTIMATED, trial_means
from .moderators import ModeratorColumns, moderator_columns, unusable
from .moderators_glmm import (
    DegreesOfFreedom,
    EventPeople,
    InteractionModel,
    alike_levels,
    differing,
    event_people,
    separates_within_trials,
)
from .one_step_glmm import GlmmFit, GlmmOptions
from .working_model import working_model


def consistent_effects_glmm(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderator: ArrayLike | Levels,
    *,
    link: Link = "logit",
    exposure: ArrayLike | None = None,
    adjusters: ArrayLike | None = None,
    values: Sequence[float] = (),
    reference: int = 0,
    treatment_effect: TreatmentEffect = "random",
    inference: Reference = "t",
    interaction_effect: InteractionEffect = "common",
    adjuster_slopes: AdjusterSlopes = "common",
    nodes: int = 7,
    widened: bool = False,
) -> ConsistentEffects:
    """Estimate the effect of treatment on events at values of a moderator, consistent with its interaction within trials.

    Parameters
    ----------
    values : sequence of float
        Of a quantity, in its own unit; levels give one effect for each.
    outcome, treatment, trial, moderator, link, exposure, adjusters, reference, treatment_effect, inference
        As for `screen_moderator_glmm`.
    interaction_effect, adjuster_slopes, nodes, widened
        Likewise.

    Returns
    -------
    ConsistentEffects
        Effects are log ratios; what cannot be estimated is NaN.

    Raises
    ------
    ValueError
        As for `screen_moderator_glmm`.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> trial, treatment = np.repeat(["a", "b", "c", "d"], 200), np.tile([0, 1], 400)
    >>> sex = Levels(rng.integers(0, 2, 800), ("women", "men"))
    >>> relapse = rng.random(800) < np.where((treatment == 1) & (sex.codes == 1), 0.2, 0.4)
    >>> found = consistent_effects_glmm(relapse, treatment, trial, sex)
    >>> mean = sum(share * one.estimate for share, one in zip(found.composition, found.effects))
    >>> bool(np.isclose(mean, found.overall.estimate)), found.people
    (True, (400, 400))
    """
    options = GlmmOptions(
        link,
        treatment_effect,
        adjuster_slopes,
        inference=inference,
        nodes=nodes,
        interaction_effect=interaction_effect,
        levels=isinstance(moderator, Levels),
        widened=widened,
    )
    data = differing(event_people(outcome, treatment, trial, moderator, link, exposure, adjusters))
    people = data.people
    coded = moderator_columns(people, moderator, reference, 1.0)
    if isinstance(moderator, Levels):
        at = tuple(float(code) for code in np.unique(people.values))
        wanted = (np.array(at)[:, None] == np.array(coded.codes, float)).astype(float)
        counts = tuple(int(np.sum(people.values == code)) for code in at)
    else:
        at, counts = tuple(map(float, values)), ()
        wanted = np.array(at)[:, None]
    reason = unusable(people, 1) or alike_levels(data, coded)
    if reason:
        return without_effects(at, counts, "not estimable", reason)
    centred = coded.columns - trial_means(people.place, coded.columns)
    if reason := separates_within_trials(data, centred, options):
        return without_effects(at, counts, "failed", reason)
    varying = interaction_effect == "random"
    fit = InteractionModel(data, people.adjusters, centred, np.zeros(centred.shape[1]), options).fit(varying)
    if fit.status not in ESTIMATED:
        return without_effects(at, counts, fit.status, fit.message)
    df = DegreesOfFreedom.of(people, coded, by_t=inference == "t").of_interaction(varying)
    return _effects(data, coded, options, fit, centred, at, wanted, counts, min(float(fit.effect.df), df))


def _effects(
    data: EventPeople,
    coded: ModeratorColumns,
    options: GlmmOptions,
    fit: GlmmFit,
    centred: FloatArray,
    at: tuple[float, ...],
    wanted: FloatArray,
    counts: tuple[int, ...],
    df: float,
) -> ConsistentEffects:
    people = data.people
    weights = _weights(data, centred, options, fit)
    if isinstance(weights, str):
        return without_effects(at, counts, "failed", weights)
    means = np.array([coded.columns[people.place == k].mean(axis=0) for k in weights])
    centre = np.array([*weights.values()]) @ means
    rows = rows_of(fit.coefficient_names, wanted - centre)
    estimates, covariance = rows @ fit.coefficients, rows @ fit.covariance_fixed @ rows.T
    effects = tuple(
        NOTHING if math.isnan(estimate) else Effect(float(estimate), math.sqrt(variance), df, df)
        for estimate, variance in zip(estimates, np.diag(covariance), strict=True)
    )
    levels = bool(counts)
    composition = wanted @ centre + (wanted.sum(axis=1) == 0.0) * (1.0 - centre.sum())
    return ConsistentEffects(
        values=at,
        effects=effects,
        covariance=covariance,
        overall=fit.effect,
        composition=tuple(composition.tolist()) if levels else (),
        centre=math.nan if levels else float(centre[0]),
        people=counts,
        weights={people.labels[k]: w for k, w in weights.items()},
        tau2=fit.tau2,
        interaction_tau2=fit.interaction_tau2,
        status=fit.status,
        reason="",
    )


def _weights(data: EventPeople, centred: FloatArray, options: GlmmOptions, fit: GlmmFit) -> dict[int, float] | str:
    """Weight of each trial in theta, by its place; or why there is none.

    People have the weights W of the model with an interaction common to the trials; what varies has the variances of `fit`.
    """
    people = data.people
    t = people.treatment[:, None]
    model = working_model(
        people.outcome,
        people.treatment,
        people.place,
        link=data.link,
        exposure=data.exposure,
        adjusters=np.column_stack([people.adjusters, centred, t * centred]),
        treatment_effect=options.treatment_effect,
        nodes=options.nodes,
    )
    if not len(model.rows):
        return model.message
    weight, columns = np.zeros(len(people.place)), np.zeros((len(people.place), model.columns.shape[1]))
    weight[model.rows] = model.weight * (1.0 if options.widened else model.dispersion)
    columns[model.rows] = model.columns
    x = np.column_stack([t, columns])
    random = t - trial_means(people.place, t)
    every = np.column_stack([centred, -centred.sum(axis=1)]) if options.levels else centred
    varying = np.column_stack([random, random * every])
    variances = np.array([fit.tau2, *[fit.interaction_tau2] * every.shape[1]])
    held = {
        int(k): _information(weight[people.place == k], x[people.place == k], varying[people.place == k], variances)
        for k in np.unique(people.place)
    }
    inverse = np.linalg.pinv(sum(held.values(), np.zeros((x.shape[1], x.shape[1]))))
    return {k: float((inverse @ item)[0, 0]) for k, item in held.items()}


def _information(weight: FloatArray, x: FloatArray, varying: FloatArray, variances: FloatArray) -> FloatArray:
    """What the people of a trial say of columns, its intercept and what varies in it swept out."""
    there = variances > 0.0
    both = np.column_stack([x, varying[:, there]])
    both = both - weight @ both / max(weight.sum(), 1e-300)
    products = both.T @ (weight[:, None] * both)
    q = x.shape[1]
    if not there.any():
        return np.asarray(products)
    inner = products[q:, q:] + np.diag(1.0 / variances[there])
    return np.asarray(products[:q, :q] - products[:q, q:] @ np.linalg.solve(inner, products[q:, :q]))

"""What a screening prepares without a fit is what the fits would have said: statuses, reasons, columns, and each p to the last digit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.stats import Levels, likelihood, prepared_screening
from reportgen.stats.crossproducts import columns as checked
from reportgen.stats.design import Options, blocks
from reportgen.stats.likelihood import information_at_zero, pair_traces, trace_products
from reportgen.stats.moderator_models import (
    complete,
    feasible,
    fit_model,
    reading_of,
    reason_of,
    trial_means,
    within_columns,
    within_model,
)
from reportgen.stats.moderators import base_level, code_moderator
from reportgen.stats.prepared_screening import prepare_screening
from tests.examples import examples

MODELS: tuple[dict[str, Any], ...] = (
    {},
    {"treatment_effect": "common"},
    {"adjuster_slopes": "stratified", "moderator_slopes": "stratified", "people_per_slope": 10},
    {"residual": "by-arm"},
    {"residual": "by-trial"},
)


def sparse(seed: int, trials: int, size: int, kind: str) -> dict[str, Any]:
    """Few people, moderators that are constant in a trial or an arm, multiples of an adjuster, levels of one trial alone."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, size, trials)
    trial = np.repeat(np.arange(trials), sizes)
    treatment = (rng.random(trial.size) < 0.5).astype(float)
    adjuster = rng.normal(size=trial.size)
    z = {
        "quantity": rng.normal(size=trial.size) + trial,
        "of the trials": trial.astype(float),
        "of some trials": np.where(trial < trials // 2, 1.0, rng.normal(size=trial.size)),
        "adjuster": 2.0 * adjuster + 1.0,
        "of an arm": treatment * rng.normal(size=trial.size),
    }.get(kind)
    levels = Levels(np.minimum(rng.integers(0, 3, trial.size), trial), ("a", "b", "c"))
    return {
        "treatment": treatment,
        "trial": trial,
        "adjusters": adjuster[:, None],
        "moderator": levels if z is None else z,
    }


cases = st.builds(
    sparse,
    st.integers(0, 10_000),
    st.integers(1, 6),
    st.integers(4, 40),
    st.sampled_from(["quantity", "of the trials", "of some trials", "adjuster", "of an arm", "levels"]),
)
often = settings(max_examples=examples(150), deadline=None, derandomize=True)


@often
@given(cases, st.sampled_from(MODELS), st.booleans())
def test_a_model_without_a_fit_is_that_of_the_fits(case: dict[str, Any], model: dict[str, Any], varying: bool) -> None:
    outcome = np.random.default_rng(0).normal(size=case["trial"].size)
    people = complete(outcome, case["treatment"], case["trial"], case["moderator"], case["adjusters"])
    if not len(people.values) or not np.ptp(people.values):
        return
    coded = code_moderator(people, case["moderator"], 0, 1.0, Options(**model), False)
    means = trial_means(people.place, coded.columns)
    full = within_model(people, coded.columns, means, coded.plan)
    beside, plan = within_columns(people, coded.columns, means, coded.plan)
    assert plan == full.plan
    np.testing.assert_array_equal(beside, full.adjusters)
    q = coded.columns.shape[1]
    for chosen in (plan.options(varying), replace(plan.options(varying), beside=0)):
        found = feasible(people, beside, coded.columns - means, chosen)
        fit = fit_model(people, beside, coded.columns - means, chosen, False)
        reading = reading_of(fit, q, "dropped", people)
        assert (found.status == "ok") == reading.estimated
        if reading.estimated:
            assert found.lost == tuple(np.isnan(each.estimate) for each in reading.each)
        else:
            assert (found.status, reason_of(found.status, found.reason, "dropped")) == (reading.status, reading.reason)


@often
@given(cases, st.sampled_from(MODELS[:3]), st.booleans())
def test_p_is_the_same_to_the_last_digit_as_with_columns_made_anew(
    case: dict[str, Any], model: dict[str, Any], varying: bool
) -> None:
    options = {name: value for name, value in model.items() if name != "moderator_slopes"}
    moderator = case.pop("moderator")
    asked = {**case, **options, "interaction_effect": "random" if varying else "common"}
    prepared = prepare_screening(moderators={"z": moderator}, **asked)
    (design,) = prepared._designs
    if design is None:
        return
    people = design.people
    table = checked(np.zeros(len(people.place)), people.treatment, people.place, design.adjusters, design.columns)
    made = prepared_screening._design(
        people,
        design.rows,
        design.adjusters,
        design.columns,
        design.options,
        blocks(table.cross_products(), design.options),
    )
    y = np.random.default_rng(1).normal(size=case["trial"].size)
    anew = replace(prepared, _designs=(made,))
    np.testing.assert_array_equal(prepared.run(y).p_value, anew.run(y).p_value)
    np.testing.assert_array_equal(prepared.run(y).estimate, anew.run(y).estimate)


@often
@given(cases, st.sampled_from(MODELS[:3]), st.booleans())
def test_the_information_without_random_effects_is_that_of_all_terms(
    case: dict[str, Any], model: dict[str, Any], varying: bool
) -> None:
    outcome = np.random.default_rng(0).normal(size=case["trial"].size)
    people = complete(outcome, case["treatment"], case["trial"], case["moderator"], case["adjusters"])
    if not len(people.values) or not np.ptp(people.values):
        return
    coded = code_moderator(people, case["moderator"], 0, 1.0, Options(**model), False)
    table = checked(people.outcome, people.treatment, people.place, people.adjusters, coded.columns)
    made = blocks(table.cross_products(), coded.plan.options(varying))
    if "treatment" not in made.x_names or made.df <= 0 or not made.q:
        return
    at = likelihood.terms(made, np.ones(len(made.trials)), np.zeros((made.q, made.q)), True)
    whole = at.t - 2.0 * trace_products(at.q, at.phi) + pair_traces(at.phi @ at.d)
    free = int(made.free.sum())
    information, t = information_at_zero(made)
    np.testing.assert_allclose(t, np.diag(at.t)[-free:], rtol=1e-12)
    np.testing.assert_allclose(information, np.diag(whole)[-free:], rtol=1e-9, atol=1e-9 * float(t.max()))


@pytest.mark.parametrize("reference", [0, 1, 2])
@pytest.mark.parametrize("seed", range(20))
def test_the_reference_is_a_level_that_some_trial_has_on_both_sides(seed: int, reference: int) -> None:
    case = sparse(seed, 3, 6, "levels")
    people = complete(np.zeros(case["trial"].size), case["treatment"], case["trial"], case["moderator"], None)
    sides = set(zip(people.values, people.place, people.treatment, strict=True))
    whole = sorted({int(z) for z, k, t in sides if (z, k, 1.0 - t) in sides})
    present = sorted({int(z) for z in people.values})
    expected = reference if reference in whole else next(iter([*whole, *present, reference]))
    assert base_level(people, present, reference) == expected

"""What must not change when the same trials are written down otherwise, and what must change along."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.stats import OneStepFit, fit_one_step, per_trial, scan_cuts
from reportgen.stats.crossproducts import Columns, CrossProducts, columns
from tests.examples import examples
from tests.unit.stats.simulated import People, people

# Numba compiles at the first example, so that no deadline holds; the seeds make every failure repeatable.
short = settings(max_examples=examples(25), deadline=None, derandomize=True)
MODELS: tuple[dict[str, str], ...] = (
    {},
    {"estimation": "ml", "inference": "satterthwaite"},
    {"intercept": "random"},
    {"intercept": "random", "covariance": "unstructured"},
    {"adjuster_slopes": "stratified"},
    {"residual": "by-trial"},
    {"treatment_effect": "common", "inference": "normal"},
    {"interaction_effect": "random", "covariance": "unstructured"},
)

anyone = st.builds(
    people,
    trials=st.integers(2, 7),
    size=st.integers(16, 50),
    tau=st.sampled_from([0.0, 0.3, 1.0]),
    seed=st.integers(0, 10_000),
)
model = st.sampled_from(MODELS)
one_random_column = st.sampled_from([MODELS[0], MODELS[1], MODELS[4], MODELS[6]])


def fit(p: People, options: dict[str, str], **change: Any) -> OneStepFit:
    data = {"outcome": p.outcome, "treatment": p.treatment, "trial": p.trial} | change
    moderator = p.z if "interaction_effect" in options else None
    return fit_one_step(**data, adjusters=p.baseline, moderator=moderator, **options)


def same(first: OneStepFit, second: OneStepFit, sign: float = 1.0, scale: float = 1.0, tight: bool = True) -> None:
    """The same fit, up to the sign and the unit of the outcome.

    Sums in another order differ by 1e-15 of their size; the search then stops within 1e-9 of lambda where one number is
    sought (`tight`), and where the criterion is flat to 1e-13 of itself where there are several.
    """
    assert first.status == second.status, (first.message, second.message)
    if first.status == "failed":
        return
    rtol = 1e-7 if tight else 2e-4
    error = float(first.effect.std_error)
    assert abs(sign * scale * first.effect.estimate - second.effect.estimate) <= rtol * error * scale
    np.testing.assert_allclose(second.effect.std_error, scale * error, rtol=rtol)
    np.testing.assert_allclose(second.tau2, scale**2 * first.tau2, rtol=10 * rtol, atol=rtol * scale**2)
    if scale == 1.0:
        np.testing.assert_allclose(second.criterion, first.criterion, rtol=1e-9)


def is_line(options: dict[str, str]) -> bool:
    return options in (MODELS[0], MODELS[1], MODELS[4], MODELS[6])


@short
@given(anyone, model, st.randoms(use_true_random=False))
def test_order_of_participants(p: People, options: dict[str, str], shuffle: object) -> None:
    order = list(range(len(p.outcome)))
    shuffle.shuffle(order)  # type: ignore[attr-defined]
    same(fit(p, options), fit(p.take(order), options), tight=is_line(options))


@short
@given(anyone, model, st.permutations(list("abcdefg")))
def test_labels_and_order_of_trials(p: People, options: dict[str, str], names: list[str]) -> None:
    renamed = np.array(names)[p.trial]
    same(fit(p, options), fit(p, options, trial=renamed), tight=is_line(options))


@short
@given(anyone, st.sampled_from([item for item in MODELS[:-1] if "estimation" not in item]))
def test_swapped_arms_flip_the_sign(p: People, options: dict[str, str]) -> None:
    # not ML: its log|V| knows how many are in the arm with the random effect, and REML alone does not;
    # not the random interaction: in the other arm its slopes would need a random slope of the moderator beside them
    if options.get("intercept") == "random":
        # the random effects then stand for the other arm: only the unstructured model is the same model
        options = options | {"covariance": "unstructured"}
    same(fit(p, options), fit(p, options, treatment=1.0 - p.treatment), sign=-1.0, tight=is_line(options))


@short
@given(anyone, model, st.floats(-1e4, 1e4), st.sampled_from([1e-3, 0.1, 10.0, 1e3]))
def test_shifted_and_scaled_outcome(p: People, options: dict[str, str], shift: float, scale: float) -> None:
    same(fit(p, options), fit(p, options, outcome=scale * (p.outcome + shift)), scale=scale, tight=is_line(options))


@short
@given(anyone, one_random_column)
def test_outcome_shifted_in_each_trial(p: People, options: dict[str, str]) -> None:
    same(fit(p, options), fit(p, options, outcome=p.outcome + 100.0 * p.trial))


@short
@given(anyone, one_random_column)
def test_adjuster_moved_and_stretched(p: People, options: dict[str, str]) -> None:
    plain = fit(p, options)
    moved = fit_one_step(p.outcome, p.treatment, p.trial, adjusters=1e3 - 3.0 * p.baseline, **options)
    error = float(plain.effect.std_error)
    assert abs(plain.effect.estimate - moved.effect.estimate) <= 1e-7 * error  # as in `same`
    np.testing.assert_allclose(moved.effect.std_error, error, rtol=1e-7)


@short
@given(anyone, st.data())
def test_cross_products_of_two_parts_add_up_to_the_whole(p: People, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(p.outcome)))
    order = np.random.default_rng(cut).permutation(len(p.outcome))
    table = columns(p.outcome, p.treatment, p.trial, p.baseline, p.z)
    whole = table.cross_products()
    first, second = (part(table, rows) for rows in (order[:cut], order[cut:]))
    for total in (first + second, second + first):
        np.testing.assert_array_equal(total.size, whole.size)
        np.testing.assert_array_equal(total.arms, whole.arms)
        # rounding of sums of about 1e3 terms, relative to the largest of each
        np.testing.assert_allclose(total.mean, whole.mean, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(total.centred, whole.centred, rtol=1e-11, atol=1e-8)
    # taking away and adding again; where almost everybody goes, digits go with them
    np.testing.assert_allclose((whole - first).centred, second.centred, rtol=1e-9, atol=1e-7)


def part(table: Columns, rows: np.ndarray) -> CrossProducts:
    return Columns(
        table.outcome[rows],
        table.treatment[rows],
        table.adjusters[rows],
        table.moderators[rows],
        table.codes[rows],
        table.labels,
    ).cross_products()


@short
@given(anyone)
def test_centred_cross_products_are_those_of_numpy(p: People) -> None:
    products = columns(p.outcome + 1e6, p.treatment, p.trial, p.baseline, p.z).cross_products()
    for k, label in enumerate(products.labels):
        q = p.take(p.trial == label)
        table = np.column_stack([q.treatment, q.baseline, q.z, q.treatment * q.z, q.outcome + 1e6])
        centred = table - table.mean(axis=0)
        # numpy's own means of values near 1e6 carry 1e-10
        np.testing.assert_allclose(products.centred[k], centred.T @ centred, rtol=1e-8, atol=1e-6)


@short
@given(anyone)
def test_scan_of_a_stretched_covariate_finds_the_same(p: People) -> None:
    scan = scan_cuts(p.outcome, p.treatment, p.trial, p.z, adjusters=p.baseline, min_arm=5, min_trials=2)
    curved = scan_cuts(p.outcome, p.treatment, p.trial, np.exp(p.z), adjusters=p.baseline, min_arm=5, min_trials=2)
    np.testing.assert_array_equal(np.exp(scan.cuts), curved.cuts)
    # ranks alone count; the covariate enters no sum, so the numbers are the same to the bit
    np.testing.assert_array_equal(scan.estimate, curved.estimate)
    np.testing.assert_array_equal(scan.p_value, curved.p_value)


@short
@given(anyone)
def test_swapped_arms_flip_each_trial(p: People) -> None:
    result = per_trial(p.outcome, p.treatment, p.trial, adjusters=p.baseline)
    swapped = per_trial(p.outcome, 1.0 - p.treatment, p.trial, adjusters=p.baseline)
    error = np.nanmax(result.std_error)
    np.testing.assert_allclose(swapped.estimate, -result.estimate, atol=1e-9 * error)  # rounding
    np.testing.assert_allclose(swapped.std_error, result.std_error, rtol=1e-9)

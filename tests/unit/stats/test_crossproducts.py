"""What goes into the cross-products, and how labels become numbers."""

import numpy as np
import pytest

from reportgen.stats import fit_one_step, scan_cuts
from reportgen.stats.crossproducts import _accumulate, columns, number_trials
from tests.unit.stats.simulated import people


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["b", "a", "b"], ["a", "b"]),
        ([30, -5, 30], [-5, 30]),
        ([10**12, 7, 10**12], [7, 10**12]),
        ([2.5, 1.5, 2.5], [1.5, 2.5]),
        ([True, False, True], [False, True]),
        (np.array(["b", "a", "b"], dtype=object), ["a", "b"]),
        (np.array(["b", 1, "b"], dtype=object), ["1", "b"]),
    ],
)
def test_labels_of_any_type_are_numbered_in_their_order(labels: object, expected: list[object]) -> None:
    codes, found = number_trials(labels)  # type: ignore[arg-type]
    assert codes.tolist() == [1, 0, 1]
    assert found.tolist() == expected


@pytest.mark.parametrize("labels", [[1.0, np.nan, 2.0], np.array(["a", None, "b"], dtype=object)])
def test_rows_without_a_label_belong_to_no_trial(labels: object) -> None:
    codes, found = number_trials(labels)  # type: ignore[arg-type]
    assert codes.tolist() == [0, -1, 1] and len(found) == 2


def test_a_large_level_costs_no_digits() -> None:
    p = people(trials=3)
    plain = columns(p.outcome, p.treatment, p.trial, p.z).cross_products()
    high = columns(p.outcome + 2.0**30, p.treatment, p.trial, p.z + 2.0**20).cross_products()
    # adding 2^30 to the outcome rounds it by 1e-7 before it arrives here
    np.testing.assert_allclose(high.centred, plain.centred, rtol=1e-6, atol=1e-5)


def test_a_constant_column_is_exactly_zero() -> None:
    p = people(trials=3)
    products = columns(p.outcome, p.treatment, p.trial, np.full(len(p.outcome), 0.1)).cross_products()
    assert not products.centred[:, 1].any()


def test_rows_with_huge_finite_values_are_kept() -> None:
    table = columns([1e308, 1e308, 1.0, 2.0], [0, 1, 0, 1], [0, 0, 1, 1], [1e308, 2.0, 3.0, 4.0])
    with np.errstate(over="ignore", invalid="ignore"):
        assert table.cross_products().size.tolist() == [2, 2]


def test_views_and_read_only_arrays_compile_nothing_anew() -> None:
    p = people(trials=3)
    fit_one_step(p.outcome, p.treatment, p.trial, adjusters=p.baseline)
    compiled = len(_accumulate.signatures)
    frozen = p.outcome.copy()
    frozen.flags.writeable = False
    wide = np.asfortranarray(np.column_stack([p.baseline, p.z]))
    fit_one_step(frozen, p.treatment.astype(np.int8), p.trial.astype(np.int32), adjusters=wide)
    fit_one_step(np.repeat(frozen, 2)[::2], p.treatment.astype(bool), p.trial, moderator=wide[:, 1])
    scan_cuts(frozen, p.treatment, p.trial, wide[:, 0], adjusters=np.column_stack([p.z, 2.0 * p.z]))
    assert len(_accumulate.signatures) == compiled == 1


def test_a_trial_read_in_blocks_is_a_trial_read_row_by_row() -> None:
    p = people(trials=2, size=600)
    order = np.argsort(np.arange(len(p.outcome)) % 7, kind="stable")
    blocks = columns(p.outcome, p.treatment, p.trial, p.baseline, p.z).cross_products()
    q = p.take(order)
    scattered = columns(q.outcome, q.treatment, q.trial, q.baseline, q.z).cross_products()
    # sums of 1e3 terms in another order
    np.testing.assert_allclose(scattered.centred, blocks.centred, rtol=1e-11, atol=1e-9)

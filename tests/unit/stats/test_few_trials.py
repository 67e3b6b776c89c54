"""The variance ratio from the treatment of few trials is the one that the whole criterion leads to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reportgen.stats.candidate import Node, enter, make_node, make_space
from reportgen.stats.crossproducts import columns
from reportgen.stats.design import Options
from reportgen.stats.few_trials import MOST, UNDECIDED, few_trials, find_lambda
from reportgen.stats.profile import minimise
from tests.unit.stats.simulated import people
from tests.unit.stats.test_candidate import sums


def both(seed: int, trials: int, slope: float) -> tuple[float, float]:
    """lambda of a model with t x inside, by `find_lambda` and by `minimise`; treatment effects scatter by `slope`."""
    node, space, a0 = entered(seed, trials, slope)
    p = node.rows.shape[1] - 1
    found, _ = find_lambda(a0, space.rows, node.u, node.nu, p, -1.0, node.grid, space.work, space.few)
    lam, _, _, _, state = minimise(
        a0, space.g, node.u, node.v, node.nu, True, p, -1.0, node.grid, space.work, space.record
    )
    assert state == 1
    return found, lam


def entered(seed: int, trials: int, slope: float) -> tuple[Node, Any, np.ndarray]:
    """A node, its space with one set in it, and packed A_0, from bare matrices."""
    p = people(trials=trials, size=60)
    rng = np.random.default_rng(seed)
    y = p.outcome + p.treatment * slope * rng.normal(size=trials)[p.trial] + rng.normal(size=len(p.outcome))
    inside = p.z > np.quantile(p.z, rng.uniform(0.2, 0.8))
    prepared = make_node(columns(y, p.treatment, p.trial, p.baseline).cross_products(), Options())
    assert prepared is not None
    node, space = prepared[0], make_space(prepared[0])
    of = sums(replace(p, outcome=y), inside)
    for i in range(trials):
        enter(i, of[i], False, node, space)
    w = np.column_stack([p.treatment, p.baseline, inside, p.treatment * inside, y]).astype(float)
    for i in range(trials):
        w[p.trial == i] -= w[p.trial == i].mean(axis=0)
    a0 = node.fixed.copy()
    lower = np.tril_indices(w.shape[1])
    a0[: len(lower[0])] = (w.T @ w)[lower]
    return node, space, a0


@pytest.mark.parametrize("trials", [2, 3, MOST])
def test_lambda_is_that_of_the_whole_criterion(trials: int) -> None:
    pairs = [both(seed, trials, slope) for seed in range(40) for slope in (0.0, 0.5, 1.0)]
    decided = [(found, lam) for found, lam in pairs if found != UNDECIDED]
    assert len(decided) > 0.8 * len(pairs)  # the others lie beyond the grid, or have two valleys
    assert 0.1 < np.mean([found == 0.0 for found, _ in decided]) < 0.9  # both answers are asked for
    for found, lam in decided:
        assert (found == 0.0) == (lam == 0.0)
        assert found == pytest.approx(lam, rel=1e-8)


def test_many_trials_are_left_to_the_whole_criterion() -> None:
    assert both(1, MOST + 1, 1.0)[0] == UNDECIDED
    assert few_trials(MOST + 1, 4).z.shape == (0,)


def test_a_redundant_column_is_left_to_the_whole_criterion() -> None:
    node, space, a0 = entered(1, 3, 1.0)
    p = node.rows.shape[1] - 1
    s, ts = p - 2, p - 1
    for k in range(s + 1):  # treatment x inside as the column of those inside
        a0[ts * (ts + 1) // 2 + k] = a0[s * (s + 1) // 2 + k]
    a0[ts * (ts + 3) // 2] = a0[s * (s + 3) // 2]
    found, _ = find_lambda(a0, space.rows, node.u, node.nu, p, -1.0, node.grid, space.work, space.few)
    assert found == UNDECIDED

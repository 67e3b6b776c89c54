"""A candidate set, fitted from its sums, is one separate fit with S as moderator."""

import numpy as np
import pytest

from reportgen.stats import fit_one_step
from reportgen.stats.candidate import DF, ESTIMATE, SINGULAR, STATE, TAU2, VARIANCE, fit_set, make_node, make_space
from reportgen.stats.crossproducts import columns
from reportgen.stats.design import Options
from tests.unit.stats.simulated import People, people


def sums(p: People, inside: np.ndarray) -> np.ndarray:
    """Number, sum of the baseline and sum of the outcome of those inside, by trial and arm; centred within trials."""
    out = np.zeros((p.trial.max() + 1, 2, 3))
    for i in range(len(out)):
        here = p.trial == i
        for arm in (0, 1):
            of = here & inside & (p.treatment == arm)
            x, y = p.baseline - p.baseline[here].mean(), p.outcome - p.outcome[here].mean()
            out[i, arm] = of.sum(), x[of].sum(), y[of].sum()
    return out


def trial_means(p: People, values: np.ndarray) -> np.ndarray:
    return (np.bincount(p.trial, values) / np.bincount(p.trial))[p.trial]


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("options", [{}, {"treatment_effect": "common"}, {"estimation": "ml"}])
@pytest.mark.parametrize("trials", [1, 5])
def test_any_set_is_one_separate_fit(within: bool, options: dict[str, str], trials: int) -> None:
    p = people(trials=trials, size=60)
    products = columns(p.outcome, p.treatment, p.trial, p.baseline).cross_products()
    prepared = make_node(products, Options(**options))
    assert prepared is not None
    node, _ = prepared
    space, values = make_space(node), np.zeros(7)
    # one after another in the same space: nothing of the set before may stay behind
    for inside in (p.group != 1, p.z > 0.3, (p.z < 0.5) & (p.baseline > 48.0)):
        fit_set(sums(p, inside), within, -1.0, node, space, values)
        s = inside.astype(float)
        fit = fit_one_step(
            p.outcome,
            p.treatment,
            p.trial,
            adjusters=p.baseline,
            moderator=s - trial_means(p, s) if within else s,
            **options,
        )
        one = fit.interaction
        assert one is not None and values[STATE] == 1.0
        assert abs(values[ESTIMATE] - one.estimate) < 1e-9 * one.std_error
        np.testing.assert_allclose(np.sqrt(values[VARIANCE]), one.std_error, rtol=1e-9)
        if node.random:
            # sigma2 profiled out by two routes; the df follow tau2
            np.testing.assert_allclose(values[DF], one.df_raw, rtol=1e-7)
            np.testing.assert_allclose(values[TAU2], fit.tau2, rtol=1e-7, atol=1e-9)


def test_a_redundant_set_says_so() -> None:
    p = people(trials=4)
    low = (p.z > 0.0).astype(float)
    products = columns(p.outcome, p.treatment, p.trial, low).cross_products()
    prepared = make_node(products, Options())
    assert prepared is not None
    node, _ = prepared
    q = People(p.outcome, p.treatment, p.trial, low, p.z, p.group)
    values = np.zeros(7)
    fit_set(sums(q, p.z > 0.0), False, -1.0, node, make_space(node), values)
    assert values[STATE] == SINGULAR


def test_no_node_without_residual_df() -> None:
    p = people(trials=1, size=4, unequal=0.0)
    assert len(p.trial) == 4
    assert make_node(columns(p.outcome, p.treatment, p.trial).cross_products(), Options()) is None

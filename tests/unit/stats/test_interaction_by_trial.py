"""The interaction trial by trial against least squares, and its pooling."""

import numpy as np
import pytest

from reportgen.stats import Levels, pool_two_stage
from reportgen.stats.interaction_by_trial import CONSTANT_HERE, WITHOUT_LEVELS, interaction_by_trial

from .test_prepared_screening import people_of, trials


def least_squares(y: np.ndarray, X: np.ndarray, place: int) -> tuple[float, float, int]:
    beta, *_ = np.linalg.lstsq(X, y, rcond=None)
    df = len(y) - X.shape[1]
    sigma2 = np.sum((y - X @ beta) ** 2) / df
    return beta[place], np.sqrt(sigma2 * np.linalg.inv(X.T @ X)[place, place]), df


def test_a_quantity() -> None:
    d = trials()
    found = interaction_by_trial(moderator=d["z"], per=2.0, **people_of(d))
    (item,) = found.contrasts
    for k in range(5):
        here = d["trial"] == k
        t, z = d["treatment"][here], d["z"][here] / 2.0
        X = np.column_stack([t * z, np.ones(here.sum()), t, z, d["adjusters"][here]])
        estimate, error, df = least_squares(d["outcome"][here], X, 0)
        assert (item.estimate[k], item.std_error[k]) == pytest.approx((estimate, error), rel=1e-9)
        assert item.df[k] == df
        assert found.n_control[k] + found.n_intervention[k] == here.sum()
    pooled = pool_two_stage(item.estimate, item.std_error)
    assert (item.pooled.estimate, item.pooled.q, item.pooled.i2) == (pooled.estimate, pooled.q, pooled.i2)
    assert item.pooled.df == 4


def test_levels_are_compared_where_both_stand_on_both_sides() -> None:
    d = trials()
    g = d["g"].copy()
    g[(d["trial"] == 1) & (g == 2)] = 1  # no level c in trial 1
    g[(d["trial"] == 3) & (g == 0) & (d["treatment"] == 1)] = 1  # the reference on one side only in trial 3
    found = interaction_by_trial(moderator=Levels(g, ("a", "b", "c", "d")), **people_of(d))
    assert found.reference == 0
    assert [contrast.code for contrast in found.contrasts] == [1, 2, 3]
    c = found.contrasts[1]
    assert [bool(reason) for reason in c.reason] == [False, True, False, True, False]
    assert c.reason[1] == WITHOUT_LEVELS
    assert c.pooled.trials == 3
    here = d["trial"] == 4
    t, z = d["treatment"][here], (g[here][:, None] == np.array([2, 1, 3])).astype(float)
    X = np.column_stack([t[:, None] * z, np.ones(here.sum()), t, z, d["adjusters"][here]])
    estimate, error, df = least_squares(d["outcome"][here], X, 0)
    assert (c.estimate[4], c.std_error[4], c.df[4]) == pytest.approx((estimate, error, df), rel=1e-9)


def test_a_trial_without_variation_is_left_out() -> None:
    d = trials()
    z = np.where(d["trial"] == 2, 5.0, d["z"])
    (item,) = interaction_by_trial(moderator=z, **people_of(d)).contrasts
    assert item.reason[2] == CONSTANT_HERE
    assert np.isnan(item.estimate[2])
    assert item.pooled.trials == 4


def test_an_adjuster_as_moderator() -> None:
    d = trials()
    (item,) = interaction_by_trial(moderator=d["adjusters"][:, 0], **people_of(d)).contrasts
    assert item.df.tolist() == [size - 5 for size in (60, 90, 45, 30, 120)]

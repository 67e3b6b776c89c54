"""The test for differences between groups: R's metafor 3.8-1 finds the same Q and p, and a subgroup model the same."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from reportgen.stats import group_difference

# r <- metafor::rma(yi = c(1.43, 1.54, 0.2), sei = c(0.46, 0.59, 0.31), method = "FE"); c(r$QE, r$k - 1, r$QEp)
METAFOR = (7.122690839579, 2, 0.028400588284)


def test_q_and_p_are_those_of_metafor() -> None:
    test = group_difference([1.43, 1.54, 0.2], [0.46, 0.59, 0.31])
    assert (test.q, test.df, test.p_value) == pytest.approx(METAFOR, rel=1e-10)


def test_of_two_groups_q_is_the_square_of_the_z_of_their_difference() -> None:
    z = (0.7 - -0.2) / np.hypot(0.3, 0.4)
    test = group_difference([0.7, -0.2], [0.3, 0.4])
    assert test.q == pytest.approx(z**2)
    assert test.p_value == pytest.approx(2 * stats.norm.sf(z))


def test_neither_order_nor_unit_nor_what_all_share_matters() -> None:
    effects, errors = np.array([1.0, 0.2, 3.0, -1.0]), np.array([0.5, 0.3, 1.0, 0.7])
    q = group_difference(effects, errors).q
    assert group_difference(effects[::-1], errors[::-1]).q == pytest.approx(q)
    assert group_difference(10 * effects, 10 * errors).q == pytest.approx(q)
    assert group_difference(effects + 7, errors).q == pytest.approx(q)
    assert group_difference([0.4, 0.4], [0.1, 2.0]).q == pytest.approx(0.0)

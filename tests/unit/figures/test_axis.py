"""Axes are symmetric and round, and no single interval presses the others together."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.figures.axis import axis_for, round_axis


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_axes_reach_far_enough_and_not_twice_as_far(reach: float) -> None:
    axis = round_axis(reach)
    ticks = axis.ticks()
    assert reach * (1 - 1e-6) <= axis.high < 1.7 * reach
    assert len(ticks) in (5, 7)
    assert ticks[0] == -ticks[-1]
    assert len(set(axis.labels())) == len(ticks)


@pytest.mark.parametrize(
    ("reach", "labels"),
    [
        (0.3, ["−0.3", "−0.2", "−0.1", "0.0", "0.1", "0.2", "0.3"]),
        (4.6, ["−5.0", "−2.5", "0.0", "2.5", "5.0"]),
        (120, ["−120", "−80", "−40", "0", "40", "80", "120"]),
        (math.inf, ["−1.0", "−0.5", "0.0", "0.5", "1.0"]),
    ],
)
def test_labels(reach: float, labels: list[str]) -> None:
    assert list(round_axis(reach).labels()) == labels


def test_one_wide_interval_leaves_the_axis() -> None:
    intervals = [(-1.0, 2.0), (0.0, 3.0), (-0.5, 2.5), (-400.0, 500.0)]
    assert axis_for([0.5, 1.5, 1.0, 3.0], intervals).high <= 6


def test_every_estimate_is_on_the_axis() -> None:
    assert axis_for([0.5, 40.0], [(0.0, 1.0), (-1.0, 81.0)]).high >= 40


def test_an_interval_a_little_wider_than_the_others_stays_whole() -> None:
    intervals = [(0.05, 0.41), (0.01, 0.49), (0.17, 0.53), (0.10, 0.56), (-0.12, 1.58), (-0.09, 1.59)]
    assert axis_for([0.2, 0.75], intervals).high >= 1.59


def test_predictions_widen_the_axis_to_twice_its_width_at_most() -> None:
    assert axis_for([1.0], [(0.0, 2.0)], [(-60.0, 62.0)]) == axis_for([1.0], [(0.0, 2.0)])
    assert axis_for([1.0], [(0.0, 2.0)], [(-0.9, 2.9)]).high >= 2.9

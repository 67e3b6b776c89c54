"""Axes are symmetric and round, and no single interval presses the others together."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.figures.axis import MOST_TICKS, Axis, axis_for, fixed_axis, ratio_axis, round_axis
from reportgen.figures.panel import Panel
from reportgen.figures.scale import round_ratios, round_values
from tests.examples import examples

FINITE = st.floats(allow_nan=False, allow_infinity=False)
POSITIVE = st.floats(min_value=5e-324, allow_infinity=False)


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


def test_an_interval_of_ratios_makes_the_axis_no_longer_than_what_is_printed() -> None:
    absurd = [(-4742.2, 4742.3), (-16932.2, 16932.3)]
    axis = axis_for([0.05, 0.08], absurd, link="log")
    assert axis == axis_for([0.05, 0.08], [(-6.9, 6.9), (-6.9, 6.9)], link="log")
    assert list(axis.labels()) == ["0.0001", "0.01", "1", "100", "10000"]
    assert axis_for([0.05], [(-2.0, 2.0)], [(-3.0, 3.0)], "log").high >= 3.0
    assert axis_for([-23.7], absurd, link="log").low <= -23.7


def _drawn(axis: Axis, low: float, value: float, high: float) -> None:
    """Draw all that a panel has, with a ruler whose labels say where they stand."""
    assert len(axis.ticks()) <= MOST_TICKS
    assert len(set(axis.labels())) == len(axis.ticks())
    panel = Panel(axis, 60.0, 120.0)
    marks = [*panel.ruler(3.0), panel.no_effect(1.0, 2.0), *panel.overall(value, 1.0, 2.0)]
    marks += panel.square(low, value, high, 0.5, 1.0) + panel.sign(low, value, high, 1.0, "#000000", 4)
    assert marks + panel.diamond(low, value, high, 1.0) + panel.prediction(low, high, 1.0)


@settings(max_examples=examples(300), deadline=None)
@given(POSITIVE, POSITIVE, FINITE)
def test_an_axis_takes_whatever_is_finite(low: float, high: float, value: float) -> None:
    ends, wider = (-low, high), (-high, low)
    axes = [round_axis(low), ratio_axis(high)]
    axes += [axis_for([value], [ends], [wider]), axis_for([value], [ends, wider], [wider], "log")]
    axes += [fixed_axis((-max(low, 1e-6), max(high, 1e-6)))]
    axes += [fixed_axis((min(low, 0.99), max(high, 1.01)), "log")]
    for axis in axes:
        _drawn(axis, -low, value, high)


@settings(max_examples=examples(300), deadline=None)
@given(FINITE, FINITE, st.integers(3, 9))
def test_ticks_of_a_straight_scale_take_whatever_is_finite(low: float, high: float, most: int) -> None:
    low, high = sorted((low, high))
    for ticks in (round_values(low, high, most), round_ratios(low, high, most)):
        assert len(ticks) <= most


def test_labels_of_the_tiny_and_of_the_huge() -> None:
    assert round_axis(3e-8).labels() == ("−3×10⁻⁸", "−2×10⁻⁸", "−1×10⁻⁸", "0", "1×10⁻⁸", "2×10⁻⁸", "3×10⁻⁸")
    assert round_axis(1e308).labels() == ("−1.0×10³⁰⁰", "−0.5×10³⁰⁰", "0", "0.5×10³⁰⁰", "1.0×10³⁰⁰")

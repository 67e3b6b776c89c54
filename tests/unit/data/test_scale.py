"""What is equal on paper is equal in the repository, however it was computed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reportgen.data.scale import without_noise


@given(st.integers(0, 24), st.integers(10, 12), st.integers(1, 300))
def test_a_score_of_some_answers_is_that_of_all(points: int, answered: int, top: int) -> None:
    """Points of some answers, taken to twelve items and then to another range, by two roads."""
    exact = Fraction(points * 12, answered * 24) * top
    ways = np.array([points / answered * 12.0 / 24.0 * top, top * (12.0 * (points / answered)) / 24.0, float(exact)])
    assert len(set(without_noise(ways).tolist())) == 1


@given(st.decimals(-1_000_000, 1_000_000, places=5, allow_nan=False))
def test_what_was_written_stays(number: object) -> None:
    value = float(str(number))
    assert without_noise(np.array([value]))[0] == value


@given(st.integers(-(2**53), 2**53))
def test_whole_numbers_stay(number: int) -> None:
    assert without_noise(np.array([float(number)]))[0] == number

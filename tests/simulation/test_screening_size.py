"""The default test of a screening keeps its level where interactions scatter between trials; the common one does not."""

from __future__ import annotations

import pytest

from tests.simulation.screening_size import Row, most, rejections

pytestmark = pytest.mark.slow
SOUND = "random, stratified slopes"


@pytest.mark.parametrize("scatter", [0.15, 0.0])
@pytest.mark.parametrize(("trials", "people"), [(3, 150), (5, 300), (8, 150), (14, 150)])
def test_a_random_interaction_rejects_in_eight_per_cent_at_most(trials: int, people: int, scatter: float) -> None:
    found = rejections(Row(trials, people, scatter), 100, names=[SOUND])
    assert found[SOUND] <= most(100, 0.08)


@pytest.mark.parametrize(("trials", "people"), [(3, 150), (8, 150)])
def test_nor_where_slopes_follow_allocation(trials: int, people: int) -> None:
    found = rejections(Row(trials, people, slopes=0.15, unlike=True, follows=True), 100, names=[SOUND])
    assert found[SOUND] <= most(100, 0.08)


def test_a_common_interaction_rejects_too_often_where_interactions_scatter() -> None:
    assert rejections(Row(3, 1000, 0.15), 60, names=["common"])["common"] > most(60, 0.15)


def test_more_data_sets_change_none() -> None:
    row = Row(3, 60)
    parts = [rejections(row, 10), rejections(row, 10, first=10)]
    assert {name: parts[0][name] + parts[1][name] for name in parts[0]} == rejections(row, 20)

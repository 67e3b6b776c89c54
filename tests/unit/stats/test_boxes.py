"""Peels and limits of boxes, against plain loops over people."""

import numpy as np
import pytest

from reportgen.stats.beam import Bins
from reportgen.stats.boxes import DirectedGrid, Grid, People


def columns(seed: int, n: int = 60, most: tuple[int, ...] = (5, 12, 60)) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, k, n) * 0.5 - 3.0 for k in most]


def peel_plainly(values: np.ndarray, small: bool, members: set[int], need: int) -> set[int]:
    """Take whole values off the outer side until enough people have gone."""
    gone: set[int] = set()
    for value in sorted({values[r] for r in members}, reverse=small):
        if len(gone) >= need:
            break
        gone |= {r for r in members if values[r] == value}
    return members - gone


@pytest.mark.parametrize("alpha", [1e-9, 0.05, 0.3])
@pytest.mark.parametrize("seed", range(4))
def test_a_peel_takes_whole_values_from_one_side_until_enough_are_gone(seed: int, alpha: float) -> None:
    data = columns(seed)
    small = np.array([True, False, seed % 2 == 0])
    grid = Grid.of(data, 60).directed(small)
    rng = np.random.default_rng(seed)
    trial = rng.integers(0, 3, 60)
    rows = np.column_stack([np.ones(60), rng.normal(size=(60, 2))])
    box, members = grid.whole(), set(range(60))
    while len(members) > 3:
        sums = np.array([[rows[[r for r in members if trial[r] == i]].sum(axis=0) for i in range(3)]])
        everyone = People(trial, rows)
        peeled, rest, along = grid.peels(box[None], sums, np.zeros(3, int), np.arange(3), everyone, alpha)
        need = max(1, int(np.ceil(alpha * len(members))))
        expected = [peel_plainly(data[k], bool(small[k]), members, need) for k in range(3)]
        assert along.tolist() == [k for k in range(3) if expected[k]]
        expected = [people for people in expected if people]
        assert len(peeled) == len(expected)
        for limits, total, people in zip(peeled, rest, expected, strict=True):
            assert set(np.flatnonzero(grid.members(limits)).tolist()) == people
            assert limits.tolist() == [int(max(grid.outward[k, list(people)])) for k in range(3)]
            plain = [rows[[r for r in people if trial[r] == i]].sum(axis=0) for i in range(3)]
            np.testing.assert_allclose(total, plain, atol=1e-12)
        if not len(peeled):
            break
        pick = int(rng.integers(len(peeled)))
        box, members = peeled[pick], expected[pick]


def test_a_peel_that_would_take_everybody_is_none() -> None:
    grid = Grid.of([np.array([1.0, 1.0]), np.array([0.0, 1.0])], 2).directed(np.array([True, True]))
    everyone = People(np.zeros(2, int), np.ones((2, 1)))
    both = np.zeros(2, int), np.arange(2)
    peeled, sums, along = grid.peels(grid.whole()[None], np.array([[[2.0]]]), *both, everyone, 0.05)
    assert (peeled.tolist(), sums.tolist(), along.tolist()) == ([[0, 0]], [[[1.0]]], [1])


def directed(small: tuple[bool, bool]) -> DirectedGrid:
    return Grid.of([np.array([1.0, 2.0, 3.0, 4.0]), np.array([10.0, 40.0, 20.0, 40.0])], 4).directed(np.array(small))


def test_limits_are_observed_values_on_the_side_that_is_peeled() -> None:
    upper = directed((True, True))
    assert upper.limits(np.array([2, 2], np.int32)) == (3.0, None)
    assert upper.limits(np.array([0, 0], np.int32)) == (1.0, None)  # either limit would do: the later one goes
    assert upper.limits(np.array([2, 1], np.int32)) == (None, 20.0)  # who is above 3 is above 20 too
    lower = directed((False, False))
    assert lower.limits(np.array([2, 2], np.int32)) == (2.0, None)
    assert lower.limits(lower.whole()) == (None, None)


def test_bins_hold_their_lower_edge_and_end_at_the_smallest_share() -> None:
    bins = Bins(1000, 0.01, 0.1)
    assert (bins.of(1000), bins.of(999), bins.of(110), bins.of(109), bins.of(100)) == (100, 99, 11, 10, 10)
    assert list(bins.from_large_to_small()) == list(range(100, 9, -1))
    # shares such as 0.29 = 29 x 0.01 must not fall a bin lower by rounding
    assert [bins.of(10 * k) for k in range(10, 101)] == list(range(10, 101))
    for people, width in ((1000, 0.01), (4083, 0.01), (517, 0.03)):
        bins = Bins(people, width, 0.1)
        for number in bins.from_large_to_small():
            fewest = bins.fewest(number)
            assert bins.of(fewest) == number and bins.of(fewest - 1) == number - 1

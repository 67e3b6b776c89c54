"""Who is complete, who tells of an interaction, and means of trials: against counting trial by trial."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from reportgen.stats.crossproducts import FloatArray
from reportgen.stats.moderator_models import ROUNDING, People, complete, telling_people, trial_means


def cases() -> Iterator[tuple[FloatArray, FloatArray, np.ndarray, FloatArray, FloatArray]]:
    """Outcome, treatment, trial, moderator and adjusters, with gaps, one-armed trials and moderators that hardly vary."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(5, 150))
        trial = rng.choice(list("abcdef"), n) if seed % 2 else rng.integers(3, 9, n)
        treatment = rng.integers(0, 2, n) * (trial != trial[0]).astype(float)
        moderator = rng.integers(0, 3, n) * float(rng.random() < 0.8) + 0.1 * (seed % 3)
        outcome, adjusters = rng.normal(size=n), rng.normal(size=(n, seed % 3))
        moderator[rng.random(n) < 0.2] = outcome[rng.random(n) < 0.1] = np.nan
        yield outcome, treatment, trial, moderator, adjusters


def entered(outcome: FloatArray, treatment: FloatArray, trial: np.ndarray, rest: FloatArray) -> np.ndarray:
    """Complete people of trials that keep both arms."""
    stays = ~np.isnan(np.column_stack([outcome, treatment, rest])).any(axis=1)
    for label in np.unique(trial):
        if len(np.unique(treatment[stays & (trial == label)])) < 2:
            stays &= trial != label
    return stays


def test_people_are_complete_in_trials_that_keep_both_arms() -> None:
    for outcome, treatment, trial, moderator, adjusters in cases():
        people = complete(outcome, treatment, trial, moderator, adjusters)
        stays = entered(outcome, treatment, trial, np.column_stack([moderator, adjusters]))
        assert np.array_equal(people.outcome, outcome[stays])
        assert np.array_equal(people.labels[people.place], trial[stays])
        assert people.trials == len(np.unique(trial[stays]))


def test_people_without_a_trial_stay_out() -> None:
    trial = np.array(["a", "a", None, None, "b", "b"], object)
    people = complete(np.zeros(6), [0, 1, 0, 1, 0, 0], trial, np.arange(6.0), None)
    assert people.values.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("levels", [False, True])
def test_a_trial_tells_where_the_moderator_varies_on_both_sides(levels: bool) -> None:
    def tells(people: People, here: np.ndarray) -> bool:
        sides = [people.values[here & (people.treatment == side)] for side in (0.0, 1.0)]
        if levels:
            return len(np.intersect1d(*sides)) > 1
        return all(np.ptp(side) > ROUNDING * np.abs(side).max() for side in sides)

    for case in cases():
        people = complete(*case)
        expected = [tells(people, people.place == place) for place in people.place]
        assert telling_people(people, levels=levels).tolist() == expected


def test_means_are_those_of_each_trial_and_of_equal_values_exactly_these() -> None:
    for case in cases():
        place = complete(*case).place
        columns = np.random.default_rng(1).normal(size=(len(place), 2))
        columns[:, 0] = np.where(place == place.min(initial=0), 0.1, columns[:, 0])
        found = trial_means(place, columns)
        expected = np.array([columns[place == k].mean(axis=0) for k in place]).reshape(-1, 2)
        assert found == pytest.approx(expected, rel=1e-14, abs=1e-15)
        assert (found[place == place.min(initial=0), 0] == 0.1).all() or not len(place)

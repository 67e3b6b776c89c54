"""Draws that end early decide as all of them would, and not one draw later than they can."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.stats.crossproducts import FloatArray
from reportgen.stats.curtailed import curtailed, decided, expected_draws
from reportgen.stats.null_draws import PartitionDraws, no_p, partition_draws, partition_statistic, search_wise_p
from reportgen.stats.null_model import null_model
from reportgen.stats.pipelines import PartitionPipeline
from reportgen.stats.sample import make_sample

ALPHAS = (0.001, 1 / 21, 0.05, 0.3, 0.95)


def draws_of(statistic: FloatArray, first: int = 0) -> PartitionDraws:
    """Draws with some statistics; those of 0 could not be searched."""
    number = np.arange(first, first + len(statistic))
    return PartitionDraws(
        1, number, ("age",), statistic, np.zeros(len(number), int), statistic > 0.0, np.full((len(number), 1), np.nan)
    )


def all_of_them(statistic: FloatArray, observed: float, alpha: float) -> bool:
    return not no_p(draws_of(statistic)) and bool(search_wise_p(observed, statistic) <= alpha)


def fewest(statistic: FloatArray, observed: float, alpha: float) -> int:
    """After how many draws the others, whatever they were, could change nothing; found by trying the extremes."""
    for made in range(1, len(statistic)):
        ends = [
            all_of_them(np.append(statistic[:made], np.full(len(statistic) - made, end)), observed, alpha)
            for end in (0.0, 1e-6, np.inf)
        ]
        if len(set(ends)) == 1:
            return made
    return len(statistic)


@pytest.mark.slow
@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("count", [20, 99, 100])
def test_the_decision_is_that_of_all_draws_for_any_alpha_and_number(count: int, alpha: float) -> None:
    rng = np.random.default_rng([count, int(1000 * alpha)])
    for _ in range(40):
        statistic = rng.integers(0, 6, count) * (
            rng.random() < 0.9
        )  # with ties, and draws in which nothing is searched
        observed = float(rng.integers(1, 7))
        asked: list[int] = []

        def make(first: int, some: int, statistic: FloatArray = statistic, asked: list[int] = asked) -> PartitionDraws:
            asked.append(some)
            return draws_of(statistic[first : first + some].astype(float), first)

        found = curtailed(make, observed, count, alpha)
        assert found.number.tolist() == list(range(sum(asked)))
        assert decided(found, observed, count, alpha) is all_of_them(statistic, observed, alpha)
        assert len(found.number) <= fewest(statistic, observed, alpha)


def test_a_draw_that_ends_early_is_that_of_its_number() -> None:
    rng = np.random.default_rng(1)
    trial, treatment, age = np.repeat(["a", "b", "c"], 60), np.tile([0, 1], 90), rng.normal(size=180)
    sample = make_sample(treatment + rng.normal(size=180), treatment, trial, {"age": age}, range(180))
    prepared, model = PartitionPipeline({"depth": 1}).prepare(sample), null_model(sample)
    observed = partition_statistic(prepared.run(sample.outcome))
    early = curtailed(lambda *which: partition_draws(prepared, model, 7, *which), observed, 20, 0.05)
    every = partition_draws(prepared, model, 7, 0, 20)
    made = len(early.number)
    assert 1 <= made < 20
    assert np.array_equal(early.statistic, every.statistic[:made])


def test_the_expected_number_is_that_of_exchangeable_draws() -> None:
    rng = np.random.default_rng(2)
    made = [
        len(curtailed(lambda first, some, s=s: draws_of(s[first : first + some], first), s[-1], 20, 0.05).number)  # type: ignore[misc]
        for s in rng.random((2000, 21))
    ]
    assert np.mean(made) == pytest.approx(expected_draws(20, 0.05), abs=4 * np.std(made) / np.sqrt(2000))
    assert expected_draws(20, 1.0) == 20


def test_no_draws_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="a chunk of 0 draws"):
        curtailed(lambda *which: partition_draws(None, None, 1, *which), 1.0, 0, 0.05)  # type: ignore[arg-type]

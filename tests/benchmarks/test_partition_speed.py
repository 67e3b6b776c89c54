"""How fast recursive partitioning is on data like those of the example study; times are printed (pytest -s).

Three trials of 2,800, 1,000 and 280 people, six moderators, two rules. The slow route to compare with is one statsmodels
MixedLM fit per candidate split, extrapolated from 50 of them. Asserted are ratios within the run.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from reportgen.stats import partition
from reportgen.stats.partition_search import prepare
from tests.benchmarks.timing import best, in_turns, least

FULL = os.environ.get("REPORTGEN_BENCHMARKS") == "full"
SIZES = (2800, 1000, 280)
ROWS: list[tuple[str, str]] = []


class Study:
    """Effects of treatment that differ by baseline function and by age; moderators also predict the outcome."""

    def __init__(self) -> None:
        rng = np.random.default_rng(3)
        self.trial = np.repeat(np.arange(3), SIZES)
        n = len(self.trial)
        self.treatment = rng.integers(0, 2, n).astype(float)
        self.function = np.round(rng.integers(0, 25, n) / 24.0 * 100.0, 2)
        self.moderators = {
            "age": rng.integers(18, 90, n).astype(float),
            "function": self.function,
            "pcs": rng.normal(40.0, 10.0, n),
            "mcs": rng.normal(40.0, 10.0, n),
            "pain": rng.integers(0, 11, n).astype(float),
            "sex": rng.integers(0, 2, n).astype(float),
        }
        effect = 3.0 + rng.normal(0.0, 1.0, 3)[self.trial] + 8.0 * (self.function < 50.0)
        effect += 6.0 * (self.moderators["age"] > 60.0)
        self.outcome = 0.3 * self.function + self.treatment * effect + rng.normal(0.0, 15.0, n)


@pytest.fixture(scope="module")
def study() -> Study:
    return Study()


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    """Print what was measured when all is done."""
    ROWS.clear()
    yield
    width = max((len(name) for name, _ in ROWS), default=0)
    print("\n" + "\n".join(f"  {name:<{width}}  {value}" for name, value in ROWS))


def mixed_lm(study: Study, cuts: list[tuple[str, float]]) -> float:
    """Seconds per candidate with statsmodels."""
    dummies = (study.trial[:, None] == np.arange(3)).astype(float)
    t = study.treatment
    start = time.perf_counter()
    for name, cut in cuts:
        low = (study.moderators[name] <= cut).astype(float)
        design = np.column_stack([t, study.function, low, t * low, dummies])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sm.MixedLM(study.outcome, design, groups=study.trial, exog_re=t[:, None]).fit(reml=True)
    return (time.perf_counter() - start) / len(cuts)


def test_a_whole_search_takes_less_than_one_fit_of_the_slow_route(study: Study) -> None:
    y, t, trial = study.outcome, study.treatment, study.trial
    found = partition(y, t, trial, study.moderators, adjusters=study.function)
    everybody = np.ones(len(y), bool)
    search = prepare(t, trial, study.moderators, everybody, adjusters=study.function, **found.settings)
    fits = len(found.candidates.log_p)
    assert fits > 500 and len(found.subgroups) >= 3
    repeats = 30 if FULL else 10
    run = best(lambda: search.run(y), repeats)
    whole = best(lambda: partition(y, t, trial, study.moderators, adjusters=study.function), repeats)
    root = np.flatnonzero(found.candidates.node == 0)
    some = root[np.linspace(0, len(root) - 1, 50).astype(int)]
    each = mixed_lm(study, [(str(found.candidates.moderator[k]), float(found.candidates.cut[k])) for k in some])
    ROWS.append((f"search of {fits} candidate splits in {len(found.tree)} nodes, prepared", f"{1e3 * run:.1f} ms"))
    ROWS.append(("  fits per second", f"{fits / run:,.0f}"))
    ROWS.append(("  preparing it", f"{1e3 * best(lambda: _prepare(study, found.settings), repeats):.1f} ms"))
    ROWS.append((f"the same with all effects of {len(found.subgroups)} subgroups", f"{1e3 * whole:.1f} ms"))
    ROWS.append((f"statsmodels MixedLM, {fits} fits of {1e3 * each:.0f} ms", f"{each * fits:.0f} s"))
    ROWS.append(("  times slower than the prepared search", f"{each * fits / run:,.0f}"))
    # 10 ms where a MixedLM fit takes about 30 ms and a thousand of them are needed
    assert each * fits / run > 1000.0


def _prepare(study: Study, settings: dict[str, Any]) -> Any:
    everybody = np.ones(len(study.outcome), bool)
    return prepare(study.treatment, study.trial, study.moderators, everybody, adjusters=study.function, **settings)


def test_the_fits_are_most_of_the_search(study: Study) -> None:
    """What a candidate costs all told, trees and p values included, over the same search with ten times the cuts."""
    y = study.outcome
    settings = partition(y, study.treatment, study.trial, study.moderators, depth=1).settings
    searches = [_prepare(study, settings | {"max_cuts": cuts, "depth": 1}) for cuts in (100, 1000)]
    fits = [sum(len(split.tried.log_p) for split in search.run(y)[0].splits) for search in searches]
    seen: list[list[float]] = []

    def few_over_many() -> float:
        times = in_turns(*(lambda search=search: search.run(y) for search in searches), repeats=10)
        seen.append([seconds / n for seconds, n in zip(times, fits, strict=True)])
        return seen[-1][0] / seen[-1][1]

    ratio = least(few_over_many, 4.0)
    each = " / ".join(f"{1e6 * min(column):.1f}" for column in zip(*seen, strict=True))
    ROWS.append(("microseconds a candidate, 100 and 1,000 cuts a moderator", each))
    # a fixed cost per moderator of that many fits would dwarf them
    assert ratio < 4.0

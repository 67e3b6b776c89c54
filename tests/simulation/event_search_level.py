"""How often a search of events is supported where no effect is modified: p of the search by sign flips of working residuals.

    python -m tests.simulation.event_search_level 300

prints a table of as many data sets a row. Log odds are phi_i + b' z + t (0.4 + u_i) with four moderators z (one a level of two), of
which the first predicts strongly, and u ~ N(0, tau^2); half of each trial is treated. A search has depth 2 and 99 flips, so that p
is at most 0.05 with a probability of 0.05 where data and draws are exchangeable. Counts have a rate in place of odds.
Every data set has its own seed, so that more of them change none.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from reportgen.stats import Levels
from reportgen.stats.choices import Link
from reportgen.stats.draws import search_wise_p
from reportgen.stats.null_draws import partition_draws, partition_statistic
from reportgen.stats.pipelines import PartitionPipeline
from reportgen.stats.sample import make_sample

ALPHA, FLIPS = 0.05, 99


@dataclass(frozen=True, slots=True)
class Row:
    """How the data sets of a row are made: `risk` in the control arm at the mean of the moderators; `odds_ratio` per SD of the first."""

    trials: int
    people: int
    risk: float
    odds_ratio: float = 2.0
    tau: float = 0.2
    link: Link = "logit"
    information: str = "within"

    @property
    def words(self) -> str:
        """What is said of it."""
        kind = "risk" if self.link == "logit" else "rate"
        ratio = "OR" if self.link == "logit" else "RR"
        end = ", pooled information" if self.information == "pooled" else ""
        return (
            f"{self.trials} x {self.people}, {kind} {self.risk:g}, {ratio} {self.odds_ratio:g}, tau {self.tau:g}{end}"
        )


ROWS = (
    Row(3, 400, 0.2),
    Row(8, 200, 0.2),
    Row(3, 400, 0.05),
    Row(8, 200, 0.05),
    Row(8, 200, 0.5, 3.0),
    Row(3, 400, 0.5, 1 / 3, 0.0),
    Row(8, 200, 0.2, information="pooled"),
    Row(8, 200, 0.5, link="log"),
    Row(19, 100, 0.2),
)


@dataclass(frozen=True, slots=True)
class Found:
    """Of the data sets of a row: in how many p of the search is at most 0.05, a split was kept, and in how many draws one was."""

    data_sets: int
    supported: int
    kept: int
    kept_in_flips: float
    without: int


def searched(row: Row, data_sets: int, first: int = 0) -> Found:
    """Search some data sets of a row; those in which the model without any split has no estimate are counted as not supported."""
    supported = kept = without = 0
    flips = 0.0
    for number in range(first, first + data_sets):
        rng = np.random.default_rng([crc32(repr(row).encode()), number])
        prepared = PartitionPipeline({"depth": 2, "information": row.information}).prepare(_sample(row, rng))
        tree = prepared.run(prepared.observed)
        if tree.search is None:
            without += 1
            continue
        draws = partition_draws(prepared, prepared.null, seed=number, first=0, count=FLIPS)
        supported += float(search_wise_p(partition_statistic(tree), draws.statistic)) <= ALPHA
        kept += bool(tree.kept)
        flips += float(np.mean(draws.kept > 0))
    return Found(data_sets, supported, kept, flips / max(data_sets - without, 1), without)


def _sample(row: Row, rng: np.random.Generator) -> Any:
    trial = np.repeat(np.arange(row.trials), row.people)
    n = len(trial)
    treatment = np.tile([0.0, 1.0], -(-n // 2))[:n]
    z, two = rng.normal(size=(n, 3)), rng.integers(0, 2, n)
    slopes = np.log(row.odds_ratio) * np.array([1.0, 0.3, 0.0])
    base = np.log(row.risk / (1.0 - row.risk)) if row.link == "logit" else np.log(row.risk)
    effects = 0.4 + rng.normal(0.0, row.tau, row.trials)
    eta = base + rng.normal(0.0, 0.3, row.trials)[trial] + z @ slopes + 0.3 * two + treatment * effects[trial]
    outcome = rng.random(n) < 1.0 / (1.0 + np.exp(-eta)) if row.link == "logit" else rng.poisson(np.exp(eta))
    moderators: dict[str, Any] = {f"z{k + 1}": np.round(column, 1) for k, column in enumerate(z.T)}
    moderators["two"] = Levels(two, ("no", "yes"), False)
    return make_sample(outcome.astype(float), treatment, trial, moderators, np.arange(n), link=row.link)


def table(data_sets: int, rows: Iterable[Row] = ROWS) -> Iterator[str]:
    """Yield the lines of the table, in per cent with the Monte Carlo standard error in brackets."""
    yield "| | data sets | kept | p of the search ≤ 0.05 | kept in sign flips |"
    yield "| --- | --- | --- | --- | --- |"
    for row in rows:
        found = searched(row, data_sets)
        cells = [_share(found.kept, data_sets), _share(found.supported, data_sets), f"{100 * found.kept_in_flips:.1f}"]
        yield f"| {row.words} | {data_sets} | {' | '.join(cells)} |"


def _share(times: int, of: int) -> str:
    share = times / of
    return f"{100 * share:.1f} ({100 * np.sqrt(share * (1.0 - share) / of):.1f})"


if __name__ == "__main__":
    for line in table(int(sys.argv[1]) if len(sys.argv) > 1 else 300):
        print(line, flush=True)

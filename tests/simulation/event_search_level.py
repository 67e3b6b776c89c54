"""How often a search of events is supported where no effect is modified: p of the search by sign flips of working residuals.

    python -m tests.simulation.event_search_level 300

prints a table of as many data sets a row. Log odds are phi_i + b' z + t (0.4 + u_i) with four moderators z (one a level of two), of
which the first predicts strongly, and u ~ N(0, tau^2); half of each trial is treated. A partitioning has depth 2 and 99 flips, so that
p is at most 0.05 with a probability of 0.05 where data and draws are exchangeable; a peeling has 20 flips (1/21) and steps of 5 %.
Counts have a rate in place of odds. Rows after a screening search the moderators with p < 0.2 by a random interaction; where none has,
p is 1.
Every data set has its own seed, so that more of them change none.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal
from zlib import crc32

import numpy as np

from reportgen.stats import Levels
from reportgen.stats.choices import Information, Link
from reportgen.stats.draws import search_wise_p
from reportgen.stats.null_draws import partition_draws, partition_statistic, peel_draws, peel_statistic
from reportgen.stats.peeling import PeelSettings
from reportgen.stats.pipelines import PartitionPipeline, PeelPipeline
from reportgen.stats.sample import Sample, make_sample
from reportgen.stats.screening import Screening

ALPHA = 0.05
FLIPS = {"RP": 99, "ARDP": 20}


@dataclass(frozen=True, slots=True)
class Row:
    """How the data sets of a row are made: `risk` in the control arm at the mean of the moderators; `odds_ratio` per SD of the first."""

    trials: int
    people: int
    risk: float
    odds_ratio: float = 2.0
    tau: float = 0.2
    link: Link = "logit"
    information: Information = "within"
    search: Literal["RP", "ARDP"] = field(default="RP", repr=False)  # both see the same data sets
    screened: bool = field(default=False, repr=False)  # at p < 0.2 by a random interaction, repeated in each draw

    @property
    def words(self) -> str:
        """What is said of it."""
        kind = "risk" if self.link == "logit" else "rate"
        ratio = "OR" if self.link == "logit" else "RR"
        end = ", pooled information" if self.information == "pooled" else ""
        size = f"{self.search}: {self.trials} x {self.people}"
        end += ", screened" if self.screened else ""
        return f"{size}, {kind} {self.risk:g}, {ratio} {self.odds_ratio:g}, tau {self.tau:g}{end}"


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
    Row(2, 500, 0.2, tau=0.5),
    Row(2, 500, 0.5, tau=0.0),
    Row(5, 240, 0.05, tau=0.0),
    Row(5, 240, 0.2, tau=0.5),
    Row(5, 240, 0.5, tau=0.5),
    Row(3, 400, 0.2, search="ARDP"),
    Row(8, 200, 0.2, search="ARDP"),
    Row(8, 200, 0.05, search="ARDP"),
    Row(8, 200, 0.5, link="log", search="ARDP"),
    Row(2, 500, 0.2, tau=0.5, search="ARDP"),
    Row(5, 240, 0.5, tau=0.5, search="ARDP"),
    Row(3, 400, 0.2, screened=True),
    Row(8, 200, 0.2, screened=True),
    Row(8, 200, 0.5, 3.0, screened=True),
    Row(8, 200, 0.2, search="ARDP", screened=True),
)
SCREENING = Screening(0.2, "within", {"interaction_effect": "random", "minimum_trials": 2})


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
        sample = _sample(row, rng)
        found = _partitioned(row, sample, number) if row.search == "RP" else _peeled(row, sample, number)
        if found is None:
            without += 1
            continue
        p, split, kept_in_flips = found
        supported += p <= ALPHA
        kept += split
        flips += kept_in_flips
    return Found(data_sets, supported, kept, flips / max(data_sets - without, 1), without)


def _partitioned(row: Row, sample: Sample, seed: int) -> tuple[float, bool, float] | None:
    """P of the search, whether it keeps a split, and in which share of the flips; None without a model."""
    screening = SCREENING if row.screened else None
    pipeline = PartitionPipeline({"depth": 2, "information": row.information}, screening, count_screened=row.screened)
    prepared = pipeline.prepare(sample)
    tree = prepared.run(prepared.observed)
    if tree.search is None and not row.screened:
        return None
    draws = partition_draws(prepared, prepared.null, seed=seed, first=0, count=FLIPS[row.search])
    p = float(search_wise_p(partition_statistic(tree), draws.statistic))
    return p, bool(tree.kept), float(np.mean(draws.kept > 0))


def _peeled(row: Row, sample: Sample, seed: int) -> tuple[float, bool, float] | None:
    screening = SCREENING if row.screened else None
    prepared = PeelPipeline(PeelSettings(information=row.information, bin_width=0.05), screening).prepare(sample)
    statistic = peel_statistic(prepared.run(prepared.observed))
    if not np.isfinite(statistic) and not row.screened:
        return None
    draws = peel_draws(prepared, prepared.null, seed=seed, first=0, count=FLIPS[row.search])
    return float(search_wise_p(statistic, draws.statistic)), False, 0.0


def _sample(row: Row, rng: np.random.Generator) -> Sample:
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
        parting = row.search == "RP"
        kept = (_share(found.kept, data_sets), f"{100 * found.kept_in_flips:.1f}") if parting else ("–", "–")
        cells = [kept[0], _share(found.supported, data_sets), kept[1]]
        yield f"| {row.words} | {data_sets} | {' | '.join(cells)} |"


def _share(times: int, of: int) -> str:
    share = times / of
    return f"{100 * share:.1f} ({100 * np.sqrt(share * (1.0 - share) / of):.1f})"


if __name__ == "__main__":
    for line in table(int(sys.argv[1]) if len(sys.argv) > 1 else 300):
        print(line, flush=True)

"""How often the test of one cut of a search of events rejects where no effect is modified, and how far it is from a model fitted anew.

    python -m tests.simulation.event_cut_size 1000

prints a table of as many data sets a row. Log odds are phi_i + log(m) z1 + 0.3 z2 + t (log(r) + u_i), phi ~ N(logit risk, 0.3^2),
u ~ N(0, 0.2^2), with z1 the moderator that is cut at -0.8, 0 or 0.8; half of each trial is treated. Each cut is tested as a search
tests it, by one step from the model without any split. A data set counts where both sides of the cut hold 5 events and 5 people
without one in each arm. The last column is of 10 cuts of the first data set with so many events: the largest difference of |z| from the
root of the likelihood ratio of the model fitted anew, with all moderators linear.
Every data set has its own seed, so that more of them change none.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from reportgen.stats.crossproducts import FloatArray
from reportgen.stats.event_groups import ratio_test
from reportgen.stats.event_partition import FEWEST_EVENTS, partition_defaults, prepare_events
from reportgen.stats.events import event_participants
from reportgen.stats.partition_search import Search
from reportgen.stats.subgroups import Tried

CRITICAL = 1.959963984540054  # of the normal distribution, two-sided 5 %
CUTS = (-0.8, 0.0, 0.8)
REFITTED = 10


@dataclass(frozen=True, slots=True)
class Row:
    """How the data sets of a row are made: `risk` in the control arm at the mean of the moderators; odds ratios of z1 and treatment."""

    trials: int
    people: int
    risk: float
    moderator: float
    treatment: float


ROWS = tuple(
    Row(trials, people, risk, 3.0, treatment)
    for trials, people in ((3, 400), (8, 200))
    for risk in (0.05, 0.2, 0.5)
    for treatment in (3.0, 1.0 / 3.0)
)


@dataclass(frozen=True, slots=True)
class Size:
    """Of each cut: data sets in which it could be tested, and in which it was rejected; and the largest difference from refits."""

    tested: tuple[int, ...]
    rejected: tuple[int, ...]
    apart: float


def size_of(row: Row, data_sets: int) -> Size:
    """Test the cuts in some data sets of a row."""
    tested, rejected, apart = np.zeros(len(CUTS), int), np.zeros(len(CUTS), int), np.nan
    for number in range(data_sets):
        rng = np.random.default_rng([crc32(repr(row).encode()), number])
        outcome, treatment, trial, z = _people(row, rng)
        search = _search(outcome, treatment, trial, z)
        tried = None if search is None else _tried(search)
        if search is None or tried is None:
            continue
        for k, cut in enumerate(CUTS):
            at = np.flatnonzero(np.isclose(tried.cut, cut))
            tested[k] += len(at)
            rejected[k] += int(np.sum(np.abs(tried.statistic[at]) > CRITICAL))
        if np.isnan(apart):
            apart = _apart(search, tried, outcome, treatment, trial, z, rng)
    return Size(tuple(tested.tolist()), tuple(rejected.tolist()), apart)


def _people(row: Row, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    trial = np.repeat(np.arange(row.trials), row.people).astype(float)
    place = trial.astype(int)
    treatment, z = np.tile([0.0, 1.0], len(trial) // 2), np.round(rng.normal(size=(len(trial), 2)), 1)
    slopes = np.log(row.treatment) + rng.normal(0.0, 0.2, row.trials)
    eta = np.log(row.risk / (1.0 - row.risk)) + rng.normal(0.0, 0.3, row.trials)[place]
    eta += z @ np.array([np.log(row.moderator), 0.3]) + treatment * slopes[place]
    return (rng.random(len(trial)) < 1.0 / (1.0 + np.exp(-eta))).astype(float), treatment, trial, z


def _search(outcome: FloatArray, treatment: FloatArray, trial: FloatArray, z: FloatArray) -> Search | None:
    table = event_participants(outcome, treatment, trial, "logit")
    given = partition_defaults() | {"good": True, "min_events": FEWEST_EVENTS, "depth": 1}
    found = prepare_events(table, {"z1": z[:, 0], "z2": z[:, 1]}, np.ones(len(outcome), bool), **given)
    return found if isinstance(found, Search) else None


def _tried(search: Search) -> Tried | None:
    assert search.null is not None
    root = search.run(search.null.response)[0]
    return next((split.tried for split in root.splits if split.moderator == "z1"), None)


def _apart(
    search: Search,
    tried: Tried,
    outcome: FloatArray,
    treatment: FloatArray,
    trial: FloatArray,
    z: FloatArray,
    rng: np.random.Generator,
) -> float:
    """The largest difference of |z| of some cuts from the root of the likelihood ratio of models fitted anew."""
    found = []
    for at in rng.choice(len(tried.cut), min(REFITTED, len(tried.cut)), replace=False):
        low = (z[:, 0] <= tried.cut[at]).astype(float)
        within = low - np.array([low[trial == k].mean() for k in np.unique(trial)])[trial.astype(int)]
        moderator = within if search.settings.information == "within" else low
        ratio = ratio_test(outcome, treatment, trial, "logit", moderator, adjusters=z)
        if ratio is not None:
            found.append(abs(abs(tried.statistic[at]) - np.sqrt(ratio.statistic)))
    return float(max(found, default=np.nan))


def table(data_sets: int, rows: Iterable[Row] = ROWS) -> Iterator[str]:
    """Yield the lines of the table, in per cent with the Monte Carlo standard error in brackets."""
    cuts = " | ".join(f"cut at {cut:g}".replace("-", "−") for cut in CUTS)
    yield f"| | {cuts} | largest difference of z from refits |"
    yield "| --- | --- | --- | --- | --- |"
    for row in rows:
        found = size_of(row, data_sets)
        shares = [_share(times, of) for times, of in zip(found.rejected, found.tested, strict=True)]
        ratio = "3" if row.treatment > 1.0 else "1/3"
        words = f"{row.trials} x {row.people}, risk {row.risk:g}, treatment OR {ratio}"
        yield f"| {words} | {' | '.join(shares)} | {found.apart:.2f} |"


def _share(times: int, of: int) -> str:
    if not of:
        return "–"
    share = times / of
    return f"{100 * share:.1f} ({100 * np.sqrt(share * (1.0 - share) / of):.1f}), {of}"


if __name__ == "__main__":
    for line in table(int(sys.argv[1]) if len(sys.argv) > 1 else 1000):
        print(line, flush=True)

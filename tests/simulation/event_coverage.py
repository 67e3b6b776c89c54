"""How often the intervals of a pooled odds ratio cover it, and how often the test of an interaction of events rejects wrongly.

    python -m tests.simulation.event_coverage 750 200

prints three tables: coverage, with 750 data sets a cell; bias, prediction intervals and fits without an estimate of the same data
sets; and the size of the test of a moderator, with 200 data sets a row. Trials have 60 to 400 people, in steps of equal ratio,
half of them treated. Model of the first two: logit P(y_ij = 1) = b_i + t_ij (theta + u_i), b ~ N(logit risk, 0.3^2), u ~ N(0, tau^2).
The third has a moderator z ~ N(0, 1) besides, with z_ij (0.3 + s_i) + t_ij z_ij G_i, s ~ N(0, slopes^2), G ~ N(0, scatter^2), theta
-0.5 and tau 0.25; where slopes scatter, half, a third and two thirds of people are treated in turn.
Every data set has its own seed, so that more of them change none.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple
from zlib import crc32

import numpy as np
from scipy import stats

from reportgen.stats import GlmmFit, fit_one_step_glmm, pool_two_stage, screen_moderator_glmm
from tests.simulation.screening_size import ALPHA, SHARES, percent
from tests.unit.stats.events_of import people_of

SMALLEST, LARGEST = 60, 400
NAN = float("nan")
TRIALS, RISKS, TAUS, EFFECTS = (2, 3, 5, 8, 14), (0.05, 0.2, 0.5), (0.0, 0.25, 0.5), (0.0, -0.5)
SCREENED = (3, 5, 8)  # trials of the table of sizes
WANTED = 0.935
ONE_TRIAL = "in all trials but one nobody has the event, and a meta-analysis needs two"


@dataclass(frozen=True, slots=True)
class Cell:
    """How the data sets of a cell of the tables of coverage are made; tau and effect are log odds ratios."""

    trials: int
    risk: float
    tau: float = 0.0
    effect: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """How the data sets of a row of the table of sizes are made."""

    trials: int
    risk: float
    scatter: float = 0.0
    slopes: float = 0.0

    @property
    def words(self) -> str:
        """What is said of it."""
        said = [f"{self.trials} trials", f"risk {self.risk:.0%}", f"scatter {self.scatter:g}"]
        return ", ".join(said + [f"slopes scatter {self.slopes:g}, unlike allocation"] * (self.slopes > 0))


ROWS = (
    *(Row(trials, risk, scatter) for scatter, risk, trials in product((0.0, 0.25), RISKS, SCREENED)),
    *(Row(trials, 0.2, slopes=0.3) for trials in SCREENED),
)


class Judged(NamedTuple):
    """One data set: error of the estimate, 1 where an interval covers, else 0, probability of a new trial in the prediction interval.

    NaN where there is none; `reason` says why there is no estimate.
    """

    error: float
    by_t: float
    by_normal: float
    two_stage: float
    prediction: float
    reason: str


def judged(cell: Cell, data_sets: int, first: int = 0) -> list[Judged]:
    """Fit the data sets of a cell by the default of a meta-analysis of events, and judge what comes out."""
    return [_judge(cell, counts(cell, number)) for number in range(first, first + data_sets)]


def counts(cell: Cell, number: int) -> list[tuple[int, int, int, int]]:
    """Events and people of control and intervention, a trial an entry."""
    rng = np.random.default_rng([crc32(repr(cell).encode()), number])
    level, shift = rng.normal(size=(2, cell.trials))
    log_odds = _logit(cell.risk) + 0.3 * level
    treated = log_odds + cell.effect + cell.tau * shift
    people = _sizes(cell.trials) // 2
    control, intervention = (rng.binomial(people, _risk(each)) for each in (log_odds, treated))
    return list(zip(control.tolist(), people.tolist(), intervention.tolist(), people.tolist(), strict=True))


def _judge(cell: Cell, cells: list[tuple[int, int, int, int]]) -> Judged:
    fit = fit_one_step_glmm(*people_of(cells))
    reason = ONE_TRIAL if fit.trials == 1 else "" if fit.status in ("ok", "boundary") else fit.message
    if reason:
        return Judged(NAN, NAN, NAN, NAN, NAN, reason)
    effect, pooled = fit.effect, pool_two_stage(*log_odds_ratios(cells))
    return Judged(
        error=float(effect.estimate) - cell.effect,
        by_t=_covers(effect.interval(), cell.effect),
        by_normal=_covers(replace(effect, df=np.inf).interval(), cell.effect),
        two_stage=_covers(pooled.interval(), cell.effect),
        prediction=_predicted(fit, cell),
        reason="",
    )


def log_odds_ratios(cells: Sequence[tuple[int, int, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Estimate and standard error of each trial without adjusters; neither is finite where an arm has no event, or nothing else."""
    e0, n0, e1, n1 = np.array(cells, float).T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(e1 / (n1 - e1)) - np.log(e0 / (n0 - e0)), np.sqrt(1 / e0 + 1 / (n0 - e0) + 1 / e1 + 1 / (n1 - e1))


def _covers(interval: tuple[float, float], truth: float) -> float:
    low, high = interval
    return float(low <= truth <= high) if np.isfinite([low, high]).all() else NAN


def _predicted(fit: GlmmFit, cell: Cell) -> float:
    interval = fit.prediction_interval()
    if interval is None:
        return NAN
    if cell.tau == 0.0:
        return _covers(interval, cell.effect)
    low, high = stats.norm.cdf(interval, cell.effect, cell.tau)
    return float(high - low)


class Size(NamedTuple):
    """How often an interaction was tested, and rejected with p of at most 0.05: read within trials."""

    tested: int
    rejected: int

    @property
    def text(self) -> str:
        """Per cent of the tests, with the standard error in brackets."""
        return percent(self.rejected, self.tested) if self.tested else "–"


def sizes_of_test(row: Row, data_sets: int, first: int = 0) -> dict[str, Size]:
    """Test an interaction that varies between trials, the default of a screening, and one that is common to them."""
    found: dict[str, list[float]] = {"random": [], "common": []}
    for number in range(first, first + data_sets):
        outcome, treatment, trial, z = _people(row, number)
        screened = screen_moderator_glmm(outcome, treatment, trial, z)  # which has both, whichever is tested
        found["random"].append(screened.in_new_trials.p_value)
        found["common"].append(screened.in_these_trials.p_value)
    p = {name: np.array(values) for name, values in found.items()}
    return {name: Size(int(np.isfinite(each).sum()), int((each <= ALPHA).sum())) for name, each in p.items()}


def _people(row: Row, number: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng([crc32(repr(row).encode()), number])
    sizes = _sizes(row.trials)
    trial = np.repeat(np.arange(row.trials), sizes)
    shares = [SHARES[k % 3] if row.slopes else SHARES[0] for k in range(row.trials)]
    treatment = np.concatenate(
        [np.arange(n) < round(n * share) for n, share in zip(sizes, shares, strict=True)]
    ).astype(float)
    level, shift, slope, scatter = rng.normal(size=(4, row.trials))
    z = rng.normal(size=len(trial))
    log_odds = (_logit(row.risk) + 0.3 * level)[trial] + (0.3 + row.slopes * slope)[trial] * z
    log_odds += treatment * ((-0.5 + 0.25 * shift)[trial] + row.scatter * scatter[trial] * z)
    return (rng.random(len(trial)) < _risk(log_odds)).astype(float), treatment, trial, z


def _sizes(trials: int) -> np.ndarray:
    """Even numbers of people from the smallest trial to the largest, in steps of equal ratio."""
    return 2 * np.round(np.geomspace(SMALLEST, LARGEST, trials) / 2).astype(int)


def _logit(risk: float) -> float:
    return float(np.log(risk / (1 - risk)))


def _risk(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-log_odds))


def coverage_tables(data_sets: int) -> Iterator[str]:
    """Yield both tables of the pooled odds ratio: coverage as it is made, and then what else these fits say."""
    first = f"{data_sets} data sets a cell"
    yield from _head(first, [f"{name}, τ {tau:g}" for name in ("t", "normal", "two-stage") for tau in TAUS])
    found = {}
    for row in product(EFFECTS, RISKS, TRIALS):
        effect, risk, trials = row
        found[row] = [judged(Cell(trials, risk, tau, effect), data_sets) for tau in TAUS]
        names = ("by_t", "by_normal", "two_stage")
        yield _line(_words(*row), [_share(getattr(one, name) for one in each) for name in names for each in found[row]])
    yield ""
    yield from _head(first, [f"{name}, τ {tau:g}" for name in ("bias", "prediction", "no estimate") for tau in TAUS])
    for row, cells in found.items():
        yield _line(_words(*row), _beside(cells))
    yield ""
    yield from _reasons(one.reason for cells in found.values() for each in cells for one in each)


def _words(effect: float, risk: float, trials: int) -> str:
    return f"effect {effect:g}, risk {risk:.0%}, {trials} trials".replace("-", "−")


def _beside(cells: list[list[Judged]]) -> Iterator[str]:
    """Bias, coverage of prediction intervals and fits without an estimate, tau by tau."""
    yield from (_mean(one.error for one in each) for each in cells)
    yield from (_share(one.prediction for one in each) for each in cells)
    yield from (_share(float(bool(one.reason)) for one in each) for each in cells)


def _reasons(reasons: Iterable[str]) -> Iterator[str]:
    for reason, times in Counter(filter(None, reasons)).most_common():
        yield f"- {reason}: {times}"


def size_table(data_sets: int) -> Iterator[str]:
    """Yield the table of the test of a moderator line by line, as it is made."""
    yield from _head(f"{data_sets} data sets a row", ["random", "common", "tested"])
    for row in ROWS:
        found = sizes_of_test(row, data_sets)
        tested = percent(found["random"].tested, data_sets)
        yield _line(row.words, [found["random"].text, found["common"].text, tested])


def _head(first: str, columns: Sequence[str]) -> Iterator[str]:
    yield _line(first, columns)
    yield "| --- |" + " --- |" * len(columns)


def _line(first: str, cells: Iterable[str]) -> str:
    return f"| {first} | {' | '.join(cells)} |"


def _share(values: Iterable[float]) -> str:
    """Mean of numbers between 0 and 1 in per cent, with its standard error; a dash where there is none."""
    return _mean((100 * value for value in values), "{:.1f} ({:.1f})")


def _mean(values: Iterable[float], text: str = "{:.3f} ({:.3f})") -> str:
    known = np.array([value for value in values if np.isfinite(value)])
    return text.format(known.mean(), known.std() / np.sqrt(len(known))).replace("-", "−") if len(known) else "–"


def least(data_sets: int, limit: float = WANTED) -> int:
    """Return how many intervals that cover a true share of `limit` falls short of once in a thousand times."""
    return int(stats.binom.ppf(0.001, data_sets, limit))


if __name__ == "__main__":
    a_cell, a_row = map(int, sys.argv[1:])
    for line in coverage_tables(a_cell):
        print(line, flush=True)
    print(flush=True)
    for line in size_table(a_row):
        print(line, flush=True)

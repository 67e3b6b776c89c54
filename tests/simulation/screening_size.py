"""How often the test of an interaction rejects where it is 0 on average, with a common and with a random interaction.

    python -m tests.simulation.screening_size 400

prints a table of as many data sets a row. Model: y_ij = b_i z_ij + t_ij [0.4 + u_i + (g + G_i) z_ij] + e_ij with z and e
standard normal, u ~ N(0, 0.1^2), G ~ N(0, scatter^2) and b ~ N(0.3, slopes^2); half of each trial is treated, or in turn half,
a third and two thirds. Where slopes follow allocation, b is 0.3, 0.3 - slopes and 0.3 + slopes there, as a confounder would have it.
Every data set has its own seed, so that more of them change none.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from scipy import stats

from reportgen.stats.prepared_screening import prepare_screening

ALPHA = 0.05
SHARES = (1 / 2, 1 / 3, 2 / 3)
TESTS: dict[str, dict[str, Any]] = {
    "common": {"interaction_effect": "common", "adjuster_slopes": "common"},
    "random": {"interaction_effect": "random", "adjuster_slopes": "common"},
    "random, stratified slopes": {"interaction_effect": "random", "adjuster_slopes": "stratified"},
    "common, stratified slopes": {"interaction_effect": "common", "adjuster_slopes": "stratified"},
}


@dataclass(frozen=True, slots=True)
class Row:
    """How the data sets of a row are made."""

    trials: int
    people: int
    scatter: float = 0.0
    interaction: float = 0.0
    slopes: float = 0.0
    unlike: bool = False
    follows: bool = False

    @property
    def words(self) -> str:
        """What is said of it."""
        said = [f"{self.trials} x {self.people}", f"scatter {self.scatter:g}"]
        said += [f"interaction {self.interaction:g}"] if self.interaction else []
        said += [f"slopes scatter {self.slopes:g}"] if self.slopes else []
        said += ["following allocation" if self.follows else "unlike allocation"] if self.unlike else []
        return ", ".join(said)


DESIGNS = ((3, 150), (3, 1000), (5, 300), (8, 150), (14, 150))
SLOPES = (0.15, 0.3)
LEVEL = (
    *(Row(trials, people, scatter) for scatter in (0.15, 0.0) for trials, people in DESIGNS),
    *(Row(trials, people, slopes=slopes, unlike=True) for slopes in SLOPES for trials, people in DESIGNS),
    *(Row(trials, people, slopes=slopes, unlike=True, follows=True) for slopes in SLOPES for trials, people in DESIGNS),
)
POWER = (
    *(Row(trials, people, interaction=0.2) for trials, people in DESIGNS),
    *(
        Row(trials, people, interaction=0.2, slopes=slopes, unlike=True)
        for slopes in SLOPES
        for trials, people in DESIGNS
    ),
)


def rejections(row: Row, data_sets: int, first: int = 0, names: Iterable[str] = tuple(TESTS)) -> dict[str, int]:
    """Return in how many data sets each test has a p of at most 0.05."""
    found = dict.fromkeys(names, 0)
    for number in range(first, first + data_sets):
        rng = np.random.default_rng([crc32(repr(row).encode()), number])
        trial, treatment, z, outcome = _data_set(row, rng)
        for name in found:
            tested = prepare_screening(treatment, trial, {"z": z}, **TESTS[name]).run(outcome)
            found[name] += bool(tested.p_value[0] <= ALPHA)
    return found


def _data_set(row: Row, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    trial = np.repeat(np.arange(row.trials), row.people)
    shares = [SHARES[k % 3] if row.unlike else SHARES[0] for k in range(row.trials)]
    treatment = np.concatenate([(np.arange(row.people) < round(row.people * share)).astype(float) for share in shares])
    z, e = rng.normal(size=(2, len(trial)))
    level, shift, scatter, slope = rng.normal(size=(4, row.trials))
    if row.follows:
        slope = np.sign(np.array(shares) - 1 / 2)
    effect = 0.4 + 0.1 * shift[trial] + (row.interaction + row.scatter * scatter[trial]) * z
    return trial, treatment, z, level[trial] + (0.3 + row.slopes * slope[trial]) * z + treatment * effect + e


def table(data_sets: int) -> Iterator[str]:
    """Yield the table line by line, as it is made: per cent, and the Monte Carlo standard error in brackets."""
    yield f"| {data_sets} data sets a row | " + " | ".join(TESTS) + " |"
    yield "| --- |" + " --- |" * len(TESTS)
    for row in (*LEVEL, *POWER):
        found = rejections(row, data_sets)
        yield f"| {row.words} | " + " | ".join(percent(times, data_sets) for times in found.values()) + " |"


def percent(times: int, of: int) -> str:
    """Return a share in per cent, and its Monte Carlo standard error in brackets."""
    share = times / of
    return f"{100 * share:.1f} ({100 * np.sqrt(share * (1 - share) / of):.1f})"


def most(data_sets: int, limit: float) -> int:
    """Return how many rejections a true share of `limit` exceeds once in a thousand times."""
    return int(stats.binom.ppf(0.999, data_sets, limit))


if __name__ == "__main__":
    for line in table(int(sys.argv[1])):
        print(line, flush=True)

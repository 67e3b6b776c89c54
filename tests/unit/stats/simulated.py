"""Simulated trials for the tests of the statistics."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class People:
    """One row a participant; baseline on a scale of 0-100, a moderator z, and a group of three levels."""

    outcome: Array
    treatment: Array
    trial: NDArray[np.int64]
    baseline: Array
    z: Array
    group: NDArray[np.int64] = field(repr=False)

    def take(self, rows: Any) -> "People":
        return People(*(getattr(self, name)[rows] for name in self.__slots__))


def people(
    trials: int = 6, size: int = 40, tau: float = 0.5, seed: int = 1, slope_sd: float = 0.2, unequal: float = 0.5
) -> People:
    """`unequal`: share of the size by which trials vary."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(int(size * (1 - unequal)), int(size * (1 + unequal)) + 1, trials)
    trial = np.repeat(np.arange(trials), sizes)
    n = len(trial)
    treatment = rng.permutation(np.arange(n) % 2).astype(float)
    baseline = rng.normal(50.0, 10.0, n)
    z = rng.normal(size=n) + 0.2 * trial
    level, effect, slope = rng.normal(0, 1, trials), rng.normal(0, tau, trials), rng.normal(0, slope_sd, trials)
    outcome = level[trial] + 0.05 * baseline + 0.3 * z + treatment * (1.0 + effect[trial] + (0.4 + slope[trial]) * z)
    outcome += rng.normal(size=n) * (1.0 + 0.2 * (trial % 3))
    return People(outcome, treatment, trial, baseline, z, rng.integers(0, 3, n))

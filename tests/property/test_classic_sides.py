"""One trial with the settings of SIDES (Lipkovich et al. 2011): the permutation p of a version written here from the paper alone.

The plain version knows a two-sample t test and a loop; only its list of random permutations is shared.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from reportgen.stats.null_draws import partition_statistic
from reportgen.stats.pipelines import PartitionPipeline
from reportgen.stats.sample import make_sample

Floats = NDArray[np.float64]

LEAST = 20  # people of either side of a split
PERMUTATIONS = 59
SETTINGS = {
    "criterion": "differential",
    "multiplicity": "sidak",
    "depth": 1,
    "width": 2,
    "gamma": None,
    "min_size": LEAST,
    "min_arm": 5,
    "min_trials": 1,
    "max_cuts": 1000,
}


def z_of(y: Floats, t: Floats) -> float:
    """The two-sample t statistic with a pooled variance."""
    return float(stats.ttest_ind(y[t == 1], y[t == 0], equal_var=True).statistic)


def smallest_p(y: Floats, t: Floats, moderators: dict[str, Floats]) -> float:
    """The smallest p of any best split, adjusted for its cuts and for the moderators."""
    best = []
    for values in moderators.values():
        p = []
        for cut in np.unique(values)[:-1]:
            low = values <= cut
            sides = (low, ~low)
            if min(low.sum(), (~low).sum()) < LEAST or min((t[s] == a).sum() for s in sides for a in (0, 1)) < 5:
                continue
            z = [z_of(y[side], t[side]) for side in sides]
            p.append(2 * stats.norm.sf(abs(z[0] - z[1]) / np.sqrt(2)))
        if p:
            best.append(1 - (1 - min(p)) ** len(p))
    return float(1 - (1 - min(best)) ** len(best))


@pytest.mark.slow
@pytest.mark.parametrize("gain", [0.0, 2.0])
def test_the_permutation_p_of_one_trial_is_that_of_a_plain_sides(gain: float) -> None:
    rng = np.random.default_rng(7)
    n = 120
    t = np.tile([0.0, 1.0], n // 2)
    moderators = {"age": rng.integers(30, 60, n).astype(float), "pain": rng.integers(0, 11, n).astype(float)}
    y = gain * t * (moderators["age"] <= 45) + 0.02 * moderators["age"] + rng.normal(size=n)
    orders = [np.arange(n), *(rng.permutation(n) for _ in range(PERMUTATIONS))]
    plain, ours = [], []
    for order in orders:  # the rows of all moderators together, as the authors permute them
        turned = {name: values[order] for name, values in moderators.items()}
        plain.append(smallest_p(y, t, turned))
        sample = make_sample(y, t, np.repeat("a", n), turned, np.arange(n))
        ours.append(
            float(np.exp(-partition_statistic(PartitionPipeline(SETTINGS).prepare(sample).run(sample.outcome))))
        )
    assert ours == pytest.approx(plain, rel=1e-9)
    p = (1 + sum(item <= plain[0] for item in plain[1:])) / len(plain)
    assert (1 + sum(our <= ours[0] for our in ours[1:])) / len(ours) == p
    assert (p <= 0.05) == (gain > 0)

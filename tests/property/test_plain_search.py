"""The searches against the same written plainly, on small studies with whatever real ones bring: see plain_search.py.

Trials of unequal size, one arm in some; values missing at random and in whole trials; ties, levels, a moderator that is
constant or follows the trial; outcomes in other units. Kept apart are cases where two splits or boxes tie.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reportgen.stats import Levels, partition, peel
from tests.property.plain_search import Study, partition_plainly, peel_plainly

pytestmark = pytest.mark.sampled(9)


def study(rng: np.random.Generator) -> Study:
    trials = int(rng.integers(1, 6))
    trial = np.repeat(np.arange(trials), rng.integers(15, 60, trials))
    trial = trial[rng.permutation(len(trial))]
    n = len(trial)
    treatment = (rng.random(n) < rng.uniform(0.3, 0.7)).astype(float)
    if trials > 2 and rng.random() < 0.3:
        treatment[trial == 0] = 1.0
    age = np.round(rng.normal(50.0, 8.0, n), int(rng.integers(0, 3))) * rng.choice([1.0, 1e-6, 1e6])
    age[rng.random(n) < rng.choice([0.0, 0.15])] = np.nan
    grade = rng.integers(0, 5, n).astype(float)
    grade[trial == rng.integers(0, 2 * trials)] = np.nan
    k = int(rng.integers(3, 6))
    job = np.where(rng.random(n) < 0.1, -1, rng.integers(0, k, n))
    moderators = {
        "age": age,
        "sex": rng.integers(0, 2, n).astype(float),
        "job": Levels(job, tuple("abcde"[:k]), False),
        "grade": grade,
        "constant": np.full(n, 3.0),
        "trial": trial % 4 + rng.choice([0.0, 0.5], n),
    }
    x = rng.normal(size=(n, int(rng.integers(0, 3))))
    effect = rng.normal(0.3, rng.choice([0.0, 0.5]), trials)[trial] + 1.2 * (np.nan_to_num(grade) > 2) * (job != 1)
    y = rng.normal(size=trials)[trial] + treatment * effect + rng.normal(size=n) * (1.0 + 0.3 * (trial % 2))
    y[rng.random(n) < 0.03] = np.nan
    return Study(y * rng.choice([1.0, 1e-6, 1e6]), treatment, trial, moderators, x)


def rp_options(rng: np.random.Generator) -> dict[str, Any]:
    depth = int(rng.integers(1, 4))
    criterion = str(rng.choice(["interaction", "interaction", "differential", "maximum", "directional"]))
    return {
        "criterion": criterion,
        "multiplicity": str(rng.choice(["sidak-modified", "sidak", "none"])),
        "across": str(rng.choice(["sidak", "none"])),
        "alpha": float(rng.choice([0.05, 0.4])),
        "gamma": [None, 1.0, [0.9, 0.6, 0.8][:depth]][rng.integers(0, 3)],
        "depth": depth,
        "width": int(rng.integers(1, 4)),
        "information": "within" if criterion == "interaction" and rng.random() < 0.5 else "pooled",
        "min_size": int(rng.integers(8, 25)),
        "min_arm": int(rng.integers(3, 7)),
        "min_trials": int(rng.integers(1, 3)),
        "max_cuts": int(rng.choice([3, 7, 100])),
        "treatment_effect": str(rng.choice(["random", "random", "common"])),
    }


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_partition_finds_what_the_plain_search_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, options = study(rng), rp_options(rng)
    found = partition(*one.arguments, adjusters=one.x, **options)
    plain = partition_plainly(one, options)
    # a subgroup that two orders of the same rules reach has a p of the node for each
    assert {group.members.tobytes() for group in found.subgroups} == {members for members, _ in plain}
    for group in found.subgroups:
        p = [log_p for members, log_p in plain if members == group.members.tobytes()]
        assert min(abs(group.split.log_p_node - log_p) for log_p in p) < 1e-4 * (1.0 + abs(min(p)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(25))
def test_peel_finds_what_the_plain_search_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one = study(rng)
    options = {
        "objective": str(rng.choice(["interaction", "effect"])),
        "alpha": float(rng.choice([0.01, 0.1, 0.3])),
        "beam": int(rng.choice([1, 3, 10])),
        "bin_width": float(rng.choice([0.05, 0.1, 0.3])),
        "min_fraction": float(rng.choice([0.1, 0.2])),
        "min_arm": int(rng.integers(3, 8)),
        "min_trials": int(rng.integers(1, 3)),
        "treatment_effect": str(rng.choice(["random", "common"])),
    }
    found = peel(*one.arguments, adjusters=one.x, **options)
    gains = {direction.moderator: direction.gains for direction in found.directions}
    assert not {"sex", "job", "constant"} & set(gains)
    if not gains:
        assert found.boxes == ()
        return
    best, looked_at = peel_plainly(one, gains, options)
    assert found.evaluated == looked_at
    assert [int(np.floor(box.fraction / options["bin_width"] + 1e-9)) for box in found.boxes] == list(best)
    for box, (members, z) in zip(found.boxes, best.values(), strict=True):
        np.testing.assert_array_equal(box.members, members)
        assert box.z == pytest.approx(z, abs=1e-7, rel=1e-7)  # sums in another order; z is rounded to 9 decimals

"""How fast a generalised linear mixed model is fitted; times are printed (pytest -s), a ratio to the yardstick is asserted."""

from __future__ import annotations

import numpy as np

from reportgen.stats import fit_one_step_glmm, working_model
from reportgen.stats.null_draws import partition_draws
from reportgen.stats.pipelines import PartitionPipeline
from reportgen.stats.sample import make_sample
from tests.benchmarks.timing import best, least, yardstick

# 5,000 people in 8 trials, one of them with half of the people
SIZES = (2500, 900, 500, 400, 300, 200, 100, 100)
# The 20 ms that the design allows, in yardsticks of 2 s; a quarter more for another kind of processor. Measured at 9 ms.
FIT = 1.25 * 0.02 / 2.0
# A search of four moderators may take 15 ms, and 3 s for 1,000 sign flips; measured at 2 ms for either.
SEARCH, FLIP = 1.25 * 0.015 / 2.0, 1.25 * 0.003 / 2.0
FLIPS = 50
PROFILES = 15 * FIT  # two intervals by profile likelihood, of some thirty searches from near the maximum


def simulate(seed: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    trial = np.repeat(np.arange(len(SIZES)), SIZES)
    n = len(trial)
    treatment, age = rng.integers(0, 2, n).astype(float), rng.normal(50.0, 10.0, n)
    eta = -1.2 + rng.normal(0.0, 0.4, len(SIZES))[trial] + 0.03 * (age - 50.0)
    eta = eta + treatment * (0.5 + rng.normal(0.0, 0.35, len(SIZES))[trial])
    outcome = (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
    return {"outcome": outcome, "treatment": treatment, "trial": trial, "adjusters": age}


def test_a_fit_of_five_thousand_people_takes_twenty_milliseconds() -> None:
    data = simulate()
    found = fit_one_step_glmm(**data)  # compiles
    assert found.status == "ok" and found.participants == 5000 and found.nodes == 7
    seen: list[tuple[float, float, float]] = []

    def slowest_against_its_bound() -> float:
        before = yardstick(1)
        one = best(lambda: fit_one_step_glmm(**data), 20)
        profiles = best(lambda: fit_one_step_glmm(**data, profile_level=0.95), 3)
        seen.append((one, profiles, max(before, yardstick(1))))
        return max(one / seen[-1][2] / FIT, profiles / seen[-1][2] / PROFILES)

    missed = least(slowest_against_its_bound, 1.0)
    one, profiles, unit = (min(column) for column in zip(*seen, strict=True))
    rows = [
        ("GLMM of 5,000 people in 8 trials, 7 nodes, one adjuster", f"{1e3 * one:.1f} ms"),
        ("  with profile intervals of tau and the effect", f"{1e3 * profiles:.0f} ms"),
        ("  the yardstick", f"{unit:.2f} s"),
    ]
    print("\n" + "\n".join(f"  {name:<60}  {value}" for name, value in rows))
    assert missed < 1.0


def test_a_search_of_four_thousand_people_takes_fifteen_milliseconds_and_a_sign_flip_three() -> None:
    data = simulate()
    kept = np.arange(5000) % 5 > 0
    data = {name: column[kept] for name, column in data.items()}
    rng = np.random.default_rng(2)
    moderators = {"age": np.round(data["adjusters"])} | {f"x{k}": np.round(rng.normal(size=4000), 1) for k in range(3)}
    people = data["outcome"], data["treatment"], data["trial"]
    prepared = PartitionPipeline().prepare(make_sample(*people, moderators, range(4000), link="logit"))
    observed, null = prepared.observed, prepared.null  # compiles
    assert prepared.run(observed).splits
    seen: list[tuple[float, float, float, float]] = []

    def slowest_against_its_bound() -> float:
        before = yardstick(1)
        model = best(lambda: working_model(**data), 10)
        search = best(lambda: prepared.run(observed), 20)
        flip = best(lambda: partition_draws(prepared, null, 1, 0, FLIPS), 3) / FLIPS
        seen.append((model, search, flip, max(before, yardstick(1))))
        return max(search / seen[-1][3] / SEARCH, flip / seen[-1][3] / FLIP)

    missed = least(slowest_against_its_bound, 1.0)
    model, search, flip, unit = (min(column) for column in zip(*seen, strict=True))
    rows = [
        ("null model of 4,000 people in 8 trials", f"{1e3 * model:.1f} ms"),
        ("  search of four moderators", f"{1e3 * search:.1f} ms"),
        ("  a sign flip of it", f"{1e3 * flip:.1f} ms"),
        ("  the yardstick", f"{unit:.2f} s"),
    ]
    print("\n" + "\n".join(f"  {name:<60}  {value}" for name, value in rows))
    assert missed < 1.0

"""How fast a generalised linear mixed model is fitted; times are printed (pytest -s), a ratio to the yardstick is asserted."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

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
TIMES = 50  # as fast as glmer with as many nodes, at least; measured at 320
GLMER = 3.3 / 2.0  # its time in yardsticks, measured (10.2 ms v 3.3 s), for machines without R
GLMER_SCRIPT = """
if (!requireNamespace("lme4", quietly = TRUE)) quit(status = 9)
d <- read.csv(commandArgs(TRUE)[1])
d$trial <- factor(d$trial)
d$z <- d$treatment - ave(d$treatment, d$trial)
d$age <- (d$adjusters - 50) / 10
model <- outcome ~ 0 + trial + age + treatment + (0 + z | trial)
seconds <- min(replicate(2, system.time(fit <<- lme4::glmer(model, d, family = binomial, nAGQ = 7))[["elapsed"]]))
cat(sprintf("%.6f %.8f\\n", seconds, lme4::fixef(fit)[["treatment"]]))
"""
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


def glmer(data: dict[str, np.ndarray], folder: Path) -> tuple[float, float] | None:
    """Seconds of glmer with seven nodes on the same data, and its log odds ratio; None where R or lme4 is not at hand."""
    program = shutil.which("Rscript")
    if program is None:
        return None
    table, script = folder / "people.csv", folder / "glmer.R"
    pd.DataFrame(data).to_csv(table, index=False)
    script.write_text(GLMER_SCRIPT, encoding="utf-8")
    done = subprocess.run([program, str(script), str(table)], capture_output=True, text=True, check=False)
    if done.returncode == 9:
        return None
    assert done.returncode == 0, done.stderr
    seconds, effect = map(float, done.stdout.split()[-2:])
    return seconds, effect


def test_a_fit_is_fifty_times_as_fast_as_glmer(tmp_path: Path) -> None:
    """In one run on the same data, where R with lme4 is at hand; else against its time in yardsticks."""
    data = simulate()
    found = fit_one_step_glmm(**data)  # compiles
    theirs = glmer(data, tmp_path)
    seen: list[tuple[float, float]] = []

    def share_of_what_glmer_takes() -> float:
        seconds = GLMER * yardstick(1) if theirs is None else theirs[0]
        seen.append((best(lambda: fit_one_step_glmm(**data), 20), seconds))
        return TIMES * seen[-1][0] / seen[-1][1]

    missed = least(share_of_what_glmer_takes, 1.0)
    one, seconds = min(seen, key=lambda item: item[0] / item[1])
    how = "as measured, in yardsticks" if theirs is None else "in this run"
    print(f"\n  GLMM {1e3 * one:.1f} ms, glmer {seconds:.2f} s ({how}): {seconds / one:.0f} times as fast")
    if theirs is not None:
        assert float(found.effect.estimate) == pytest.approx(theirs[1], abs=2e-3)
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

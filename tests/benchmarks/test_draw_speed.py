"""How long draws take, on data of the size of the example study; times are printed (pytest -s), ratios are asserted.

CPU time, so that neighbours on the machine count little. REPORTGEN_BENCHMARKS=full makes more draws.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from reportgen.stats.beam import beam_search
from reportgen.stats.null_draws import partition_draws, peel_draws
from reportgen.stats.null_model import null_model
from reportgen.stats.optimism import partition_optimism, peel_optimism
from reportgen.stats.pipelines import PartitionPipeline, PeelPipeline, PreparedPeel
from reportgen.stats.sample import Sample, make_sample
from reportgen.stats.screening import Screening
from reportgen.stats.signs import signs
from tests.benchmarks.test_peel_speed import simulate
from tests.benchmarks.timing import least

COUNT = 50 if os.environ.get("REPORTGEN_BENCHMARKS") == "full" else 8
FLIPS, BOOTSTRAPS, CORES = 1000, 500, 2
LME4 = 0.048  # seconds of one fit, as measured for the design


def example() -> Sample:
    data = simulate()
    adjuster = data["moderators"]["FFbHR"]
    n = len(adjuster)
    return make_sample(
        data["outcome"], data["treatment"], data["trial"], data["moderators"], range(n), adjusters=adjuster
    )


def cpu(work: Callable[[], Any], repeats: int = 3) -> float:
    """Shortest of several runs, in seconds of this process."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def step_by_step(prepared: PreparedPeel, outcome: Any) -> Any:
    """One draw of a peeling with every fit and every step by itself."""
    search = prepared.search(tuple(prepared.sample.moderators))
    assert search is not None
    found = search.run(outcome)
    assert found.worth is not None
    worth = found.worth
    return beam_search(worth.grid, worth.everybody(), worth.peel, search.bins(), search.settings.beam)


def test_a_draw_of_a_peeling_takes_less_than_half_of_the_search_step_by_step() -> None:
    sample = example()
    model, tree, boxes = null_model(sample), PartitionPipeline().prepare(sample), PeelPipeline().prepare(sample)
    screened = PartitionPipeline(screening=Screening(0.2, options={"interaction_effect": "common"})).prepare(sample)
    outcome = model.flipped(signs(1, sample.unit, 0, 1)[0])
    search = boxes.search(tuple(sample.moderators))
    assert search is not None
    step_by_step(boxes, outcome), search.draw(outcome)  # compiled by now
    ratio = least(lambda: cpu(lambda: search.draw(outcome)) / cpu(lambda: step_by_step(boxes, outcome)), 0.5)
    works: dict[str, Callable[[], Any]] = {
        "RP, sign flip": lambda: partition_draws(tree, model, 1, 0, COUNT),
        "RP, bootstrap": lambda: partition_optimism(tree, 1, 0, COUNT),
        "RP after screening, sign flip": lambda: partition_draws(screened, model, 1, 0, COUNT),
        "RP after screening, bootstrap": lambda: partition_optimism(screened, 1, 0, COUNT),
        "ARDP, sign flip": lambda: peel_draws(boxes, model, 1, 0, COUNT),
        "ARDP, bootstrap": lambda: peel_optimism(boxes, 1, 0, COUNT, sizes=(0.1, 0.2, 0.5)),
    }
    each = {name: cpu(work) / COUNT for name, work in works.items()}
    rows = [
        (f"{name}, of {len(sample.outcome)} people", f"{1e3 * t:.1f} ms, {1 / t:.0f} a second")
        for name, t in each.items()
    ]
    for name in ("RP", "RP after screening", "ARDP"):
        seconds = (FLIPS * each[f"{name}, sign flip"] + BOOTSTRAPS * each[f"{name}, bootstrap"]) / CORES
        rows.append((f"{name}, {FLIPS} flips and {BOOTSTRAPS} bootstraps on {CORES} cores", f"{seconds:.0f} s"))
    evaluated = search.draw(outcome).evaluated
    rows.append((f"a draw of ARDP with {evaluated} fits of lme4 of {1e3 * LME4:.0f} ms", f"{evaluated * LME4:.0f} s"))
    rows.append(("a draw of ARDP over the same step by step", f"{ratio:.2f}"))
    print("\n" + "\n".join(f"  {name:<60}  {value}" for name, value in rows))
    assert ratio < 0.5


def test_a_draw_of_events_takes_at_most_twice_that_of_a_continuous_outcome() -> None:
    sample = example()
    linear = 0.02 * (sample.outcome - sample.outcome.mean())
    event = (np.random.default_rng(1).random(len(linear)) < 1.0 / (1.0 + np.exp(1.0 - linear))).astype(float)
    events = replace(sample, outcome=event, link="logit")
    searches: dict[str, Any] = {"RP": PartitionPipeline(), "ARDP": PeelPipeline()}
    rows = []
    for name, pipeline in searches.items():
        draw = partition_draws if name == "RP" else peel_draws
        pair = [pipeline.prepare(item) for item in (sample, events)]
        nulls = [item.null for item in pair]

        def seconds(place: int, draw: Any = draw, pair: Any = pair, nulls: Any = nulls) -> float:
            return cpu(lambda: draw(pair[place], nulls[place], 1, 0, COUNT)) / COUNT

        seconds(0), seconds(1)  # compiled by now
        ratio = least(lambda at=seconds: at(1) / at(0), 2.0)
        each = seconds(1)
        rows.append((f"{name} of events, sign flip, of {len(event)} people", f"{1e3 * each:.1f} ms"))
        rows.append((f"the same over that of a continuous outcome, {name}", f"{ratio:.2f}"))
        assert ratio < 2.0
    print("\n" + "\n".join(f"  {name:<60}  {value}" for name, value in rows))

"""How fast directed peeling is, as a ratio to mixed models fitted one by one in the same run; times are printed (-s).

The data are of the size of the overall comparison of the paper for FFbHR: three trials of 2,800, 1,000 and 280 people.
REPORTGEN_BENCHMARKS=full repeats more.
"""

from __future__ import annotations

import os
import time
import warnings
from typing import Any

import numpy as np
import statsmodels.api as sm

from reportgen.stats import peel
from reportgen.stats.peel_search import prepare
from reportgen.stats.peeling import Peeling, PeelSettings
from tests.benchmarks.timing import in_turns, least

FULL = os.environ.get("REPORTGEN_BENCHMARKS") == "full"
SIZES = (2800, 1000, 280)
Data = dict[str, Any]


def simulate(seed: int = 1) -> Data:
    """Moderators as the example has them: whole years, FFbHR in steps of 100/24, component scores to two decimals."""
    rng = np.random.default_rng(seed)
    trial = np.repeat(np.arange(len(SIZES)), SIZES)
    n = len(trial)
    treatment = rng.integers(0, 2, n).astype(float)
    moderators = {
        "age": np.clip(np.round(rng.normal(50.0, 13.0, n)), 18.0, 91.0),
        "FFbHR": np.round(rng.beta(2.5, 2.0, n) * 24.0) / 24.0 * 100.0,
        "PCS": np.round(rng.normal(38.0, 9.0, n), 2),
        "MCS": np.round(rng.normal(47.0, 11.0, n), 2),
    }
    gain = 7.0 + 0.1 * (60.0 - moderators["FFbHR"]) + 0.15 * (45.0 - moderators["PCS"])
    outcome = np.array([0.0, 3.0, 6.0])[trial] - 0.3 * moderators["FFbHR"] + treatment * gain + rng.normal(0.0, 20.0, n)
    return {"outcome": outcome, "treatment": treatment, "trial": trial, "moderators": moderators}


def mixed_model_seconds(data: Data, found: Peeling, fits: int) -> float:
    """Seconds for the boxes of the frontier, one statsmodels MixedLM fit of treatment x inside each."""
    t, trial = data["treatment"], data["trial"]
    dummies = (trial[:, None] == np.arange(len(SIZES))).astype(float)
    boxes = found.boxes[:: max(1, len(found.boxes) // fits)][:fits]
    start = time.perf_counter()
    for box in boxes:
        inside = box.members.astype(float)
        design = np.column_stack([t, data["moderators"]["FFbHR"], inside, t * inside, dummies])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sm.MixedLM(data["outcome"], design, groups=trial, exog_re=t[:, None]).fit(reml=True)
    return (time.perf_counter() - start) / len(boxes)


def test_a_search_takes_less_than_a_few_mixed_models_one_by_one() -> None:
    data = simulate()
    adjuster = data["moderators"]["FFbHR"]

    def search() -> Peeling:
        return peel(data["outcome"], data["treatment"], data["trial"], data["moderators"], adjusters=adjuster)

    found = search()
    assert found.status == "ok" and len(found.boxes) > 70 and found.evaluated > 2000
    ready = prepare(data["outcome"], data["treatment"], data["trial"], data["moderators"], adjuster, PeelSettings())
    repeats = 20 if FULL else 7
    seen: list[tuple[float, float]] = []

    def share_of_the_outcome() -> float:
        whole, again = in_turns(search, lambda: ready.run(data["outcome"]), repeats=repeats)
        seen.append((whole, again))
        return again / whole

    share = least(share_of_the_outcome, 1.0)
    seconds, again = (min(column) for column in zip(*seen, strict=True))
    one = mixed_model_seconds(data, found, 50)
    rows = [
        (f"peeling of {sum(SIZES)} people, four moderators: {found.evaluated} boxes", f"{1e3 * seconds:.0f} ms"),
        ("  boxes a second, all told", f"{found.evaluated / seconds:.0f}"),
        ("  once more with another outcome, without the report", f"{1e3 * again:.0f} ms"),
        ("statsmodels MixedLM, one fit", f"{1e3 * one:.1f} ms"),
        (f"  the same {found.evaluated} boxes at that pace", f"{one * found.evaluated:.0f} s"),
        ("  times faster", f"{one * found.evaluated / seconds:.0f}"),
    ]
    print("\n" + "\n".join(f"  {name:<75}  {value}" for name, value in rows))
    assert one * found.evaluated / seconds > 2000
    # what depends on the outcome alone is most of the work, but not all of it
    assert share < 1.0

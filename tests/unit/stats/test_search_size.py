"""How often the search-wise p is at most 0.05 where no effect is modified; run with `pytest -m hard -s`.

Three trials of 150 people; moderators predict the outcome, its variance depends on one of them and on the arm. `RP, screened`
has the screening inside each draw. The smallest p of a node by itself stands beside, which is what draws are to mend.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from reportgen.stats.draws import search_wise_p
from reportgen.stats.null_draws import partition_draws, partition_statistic, peel_draws, peel_statistic
from reportgen.stats.null_model import null_model
from reportgen.stats.peeling import PeelSettings
from reportgen.stats.pipelines import PartitionPipeline, PeelPipeline
from reportgen.stats.sample import Sample, make_sample
from reportgen.stats.screening import Screening

SETS = int(os.environ.get("REPORTGEN_NULL_SETS", "200"))
DRAWS = int(os.environ.get("REPORTGEN_NULL_DRAWS", "79"))
ROOT = PartitionPipeline({"depth": 1})
SEARCHES: dict[str, Any] = {
    "RP": ROOT,
    "RP, screened": PartitionPipeline({"depth": 1}, Screening(0.2)),
    "ARDP": PeelPipeline(PeelSettings(beam=5)),
}


def without_modification(seed: int) -> Sample:
    rng = np.random.default_rng([seed, 11])
    trial = np.repeat(np.arange(3), 150)
    n = len(trial)
    z = rng.normal(size=(4, n))
    treatment = rng.integers(0, 2, n).astype(float)
    spread = np.exp(0.3 * z[0] + 0.2 * treatment)
    outcome = 0.5 * z[0] + 0.3 * z[1] + treatment * np.array([0.2, 0.4, 0.6])[trial] + spread * rng.normal(size=n)
    moderators = {name: column.round(1) for name, column in zip("abcd", z, strict=True)}
    return make_sample(outcome, treatment, trial, moderators, range(n))


@pytest.mark.hard
@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_rejects_in_about_5_percent_of_data_without_modification(name: str) -> None:
    p, naive = [], []
    for seed in range(SETS):
        sample = without_modification(seed)
        prepared, model = SEARCHES[name].prepare(sample), null_model(sample)
        found = prepared.run(sample.outcome)
        if name == "ARDP":
            draws, observed = peel_draws(prepared, model, seed, 0, DRAWS).statistic, peel_statistic(found)
        else:
            draws, observed = partition_draws(prepared, model, seed, 0, DRAWS).statistic, partition_statistic(found)
            naive.append(observed >= -np.log(0.05))
        p.append(float(search_wise_p(observed, draws)))
    rejected = int(np.sum(np.array(p) <= 0.05))
    beside = f", smallest p of a node in {np.mean(naive):.1%}" if naive else ""
    print(f"\n  {name}: search-wise p <= 0.05 in {rejected / SETS:.1%} of {SETS} ({DRAWS} draws){beside}")
    assert rejected <= binom.ppf(0.999, SETS, 0.05)

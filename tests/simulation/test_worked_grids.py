"""What the worked evaluation files are to show, in fewer data sets: run with `pytest -m hard`.

A true share that just fulfils a limit fails its test once in a thousand times. REPORTGEN_NULL_SETS asks for more data sets.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
from scipy import stats

from reportgen.evaluation.evaluation_tasks import judge
from reportgen.evaluation.outcomes import CORRECTED, DIFFERENCE, ESTIMATE, HELD_OUT, HIGH, LOW, NAIVE, TRUTH, Outcomes
from reportgen.spec.evaluation import EvaluationSpec, load_evaluation
from tests.conftest import ROOT

pytestmark = pytest.mark.hard

SETS = int(os.environ.get("REPORTGEN_NULL_SETS", "60"))
FOLDER = ROOT / "specs" / "operating-characteristics"
LEVEL, BIAS = load_evaluation(FOLDER / "level.yaml"), load_evaluation(FOLDER / "bias.yaml")
WANTED = ["RP", "RP after screening", "ARDP", "ARDP after screening"]


def searched(spec: EvaluationSpec, scenario: int, search: str) -> Outcomes:
    about, cell = spec.file.evaluation, spec.scenarios()[scenario].cell
    return judge(
        cell, spec.file.searches[search], seed=about.seed, level=about.level, alpha=about.alpha, first=0, count=SETS
    )


@pytest.mark.parametrize("search", WANTED)
@pytest.mark.parametrize("scenario", range(len(LEVEL.scenarios())))
def test_p_of_the_search_keeps_its_level(scenario: int, search: str) -> None:
    supported = searched(LEVEL, scenario, search).supported.sum()
    assert stats.binom.ppf(0.001, SETS, 0.035) <= supported <= stats.binom.ppf(0.999, SETS, 0.07)


@pytest.mark.parametrize("scenario", [2], ids=["0.35 SD"])
def test_corrected_and_held_out_effects_are_nearly_unbiased_and_covered(scenario: int) -> None:
    apart = searched(BIAS, scenario, "RP").effects[:, :, DIFFERENCE]
    error = apart[:, :, ESTIMATE] - apart[:, :, TRUTH]
    bias, spread = np.nanmean(error, axis=0), np.nanstd(error, axis=0, ddof=1) / np.sqrt(SETS)
    assert abs(bias[CORRECTED]) < bias[NAIVE] / 3 + 2 * spread[CORRECTED]
    assert abs(bias[HELD_OUT]) < 3 * spread[HELD_OUT]
    covered = ((apart[:, :, LOW] <= apart[:, :, TRUTH]) & (apart[:, :, TRUTH] <= apart[:, :, HIGH]))[:, HELD_OUT]
    assert covered.sum() >= stats.binom.ppf(0.001, SETS, 0.93)

"""How often recursive partitioning finds a planted subgroup, and how often one that is not there.

Asked for at tau/sigma 0.25: the right covariate in at least 90 % of the data sets, a cut within a tenth of the range in
70 %, and anything in at most 7 % without modification. A true share that just fulfils one would fail its test once in a
thousand: the margins are binomial. Seeds are fixed. `reportgen evaluate tests/reference/planted.yaml` gives the report.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from scipy import stats

from reportgen.evaluation.evaluation_tasks import judge
from reportgen.evaluation.outcomes import Outcomes
from reportgen.spec.evaluation import load_evaluation

pytestmark = pytest.mark.slow

SPEC = load_evaluation(Path(__file__).parent / "planted.yaml")
EMPTY, PLANTED = (scenario.cell for scenario in SPEC.scenarios())


def searched(cell: object, data_sets: int, search: str = "RP") -> Outcomes:
    about = SPEC.file.evaluation
    return judge(
        cell,
        SPEC.file.searches[search],
        seed=about.seed,
        level=about.level,
        alpha=about.alpha,
        first=0,
        count=data_sets,
    )  # type: ignore[arg-type]


def test_a_planted_subgroup_is_found() -> None:
    found = searched(PLANTED, 60)
    assert (found.kept * found.moderator).sum() >= stats.binom.ppf(0.001, 60, 0.90)
    assert (found.kept * found.cut).sum() >= stats.binom.ppf(0.001, 60, 0.70)


def test_what_is_not_there_is_rarely_found() -> None:
    assert 0 < searched(EMPTY, 300).kept.sum() <= stats.binom.ppf(0.999, 300, 0.07)


def test_the_gain_without_modification_is_what_makes_the_difference() -> None:
    # with SIDES' rule in place of alpha, chance alone gives a subgroup nearly always (statistics.md, section 5)
    assert searched(EMPTY, 20, "RP by difference").kept.sum() >= 12

"""A screening and the searches behind it are fitted as the study file says, and p counts what was sorted out before."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.analyses.cohorts import Cohorts, cells_of
from reportgen.analyses.recursive_partitioning import partitioned
from reportgen.analyses.screened import reading_tested, screening
from reportgen.pipeline import read
from reportgen.spec.analyses import Moderators, RecursivePartitioning
from reportgen.stats import screen_moderator
from tests.planted_study import write_planted
from tests.screened_study import write_screened

SCREENING = {"method": "moderators", "moderators": ["age", "sex", "baseline RMDQ"]}


def searched(folder: Path, p_below: float, **node: Any) -> tuple[Any, list[float]]:
    """The search of the planted study behind its screening, and the p values of that."""
    spec, repository = read(
        write_planted(folder, screening=SCREENING, moderators={"from": "screening", "p_below": p_below}, **node)
    )
    study, cohorts = spec.study, Cohorts(repository, spec.study)
    screened_by, rp = study.analyses["screening"], study.analyses["rp"]
    assert isinstance(screened_by, Moderators)
    assert isinstance(rp, RecursivePartitioning)
    (cell,) = cells_of(rp, study)
    people = cohorts.people(cell, rp.adjust_for)
    columns = {name: item.among(people) for name, item in cohorts.moderators(screened_by.moderators).items()}
    fits = screening(people, columns, node=screened_by)
    found = partitioned(people, columns, fits, node=rp, screened_by=screened_by).partition
    return found, [reading_tested(fit, screened_by).p_value for fit in fits]


def test_p_is_adjusted_for_what_the_screening_sorted_out(tmp_path: Path) -> None:
    counted, p = searched(tmp_path / "a", 0.2, depth=1)
    (split,) = counted.tree[0].splits
    assert sum(item >= 0.2 for item in p) == 2
    expected = -math.expm1(3 * math.log1p(-math.exp(split.log_p_adjusted)))  # Šidák for three moderators
    assert split.p_node == pytest.approx(expected, rel=1e-9)
    alone, _ = searched(tmp_path / "b", 0.2, depth=1, count_screened=False)
    assert alone.tree[0].splits[0].p_node == pytest.approx(split.p_adjusted, rel=1e-9)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("residual", ["common", "by-trial", "by-arm"])
def test_a_screening_is_fitted_as_the_study_file_says(tmp_path: Path, residual: str) -> None:
    options = {"interaction_effect": "random", "adjuster_slopes": "stratified", "residual": residual}
    spec, repository = read(write_screened(tmp_path / "s", moderators=["age"], **options))
    node = spec.study.analyses["screening"]
    assert isinstance(node, Moderators)
    cohorts = Cohorts(repository, spec.study)
    (cell,) = cells_of(node, spec.study)
    people = cohorts.people(cell, node.adjust_for)
    column = cohorts.moderators(node.moderators)["age"].among(people)
    (found,) = screening(people, {"age": column}, node=node)
    direct = screen_moderator(
        people.response, people.treatment, people.trial, np.asarray(column.values), adjusters=people.adjusters, per=10.0,
        **options,
    )  # fmt: skip
    assert found.within.each[0].estimate == pytest.approx(direct.within.each[0].estimate, rel=1e-9)
    assert found.within.p_value == pytest.approx(direct.within.p_value, rel=1e-9)
    assert found.within == found.in_new_trials

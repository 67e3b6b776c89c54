"""Means of the arms beside a forest by trial: the right ones, and none of which another gives few people away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reportgen.analyses import make_records
from reportgen.pipeline import read
from reportgen.records.model import ArmMeans, MetaAnalysis, PooledEffect
from reportgen.spec.load import examine_study
from tests.study_files import MAPPING, people, write_study

POOLED: dict[str, Any] = {"method": "meta-analysis"}
TWO = {
    "overall": {"intervention": ["exercise"], "control": ["usual care", "sham"]},
    "usual": {"intervention": ["exercise"], "control": ["usual care"]},
}
ARMS = {**MAPPING["arms"], "codes": {**MAPPING["arms"]["codes"], 3: {"class": "sham", "name": "sham"}}}


def with_sham() -> pd.DataFrame:
    table = people(1, 90)
    table.loc[table.index % 3 == 2, "arm"] = 3
    return table


def effects(
    folder: Path, analysis: str = "pooled", north: pd.DataFrame | None = None, **study: Any
) -> list[PooledEffect]:
    path = write_study(
        folder,
        {"analyses": {"pooled": POOLED}, "report": {"contents": []}, **study},
        {"arms": ARMS} if "comparisons" in study else {},
    )
    if north is not None:
        north.to_csv(folder / "north.csv", index=False)
    spec, repository = read(path)
    record = make_records(spec, repository, profile="final").analyses[analysis]
    assert isinstance(record, MetaAnalysis)
    return list(record.results)


def means(effect: PooledEffect, trial: str) -> ArmMeans | None:
    return next(row.means for row in effect.by_trial if row.trial.text == trial)


def values(found: ArmMeans | None) -> list[float | None]:
    assert found is not None
    return [number.value for number in (found.control, found.control_sd, found.intervention, found.intervention_sd)]


def of_file(numbers: pd.Series, arm: pd.Series) -> list[float]:
    return [number for code in (2, 1) for number in (numbers[arm == code].mean(), numbers[arm == code].std())]


def test_means_are_those_of_the_improvements_of_the_file(tmp_path: Path) -> None:
    (effect,) = effects(tmp_path)
    table = people(1)
    found = means(effect, "North")
    assert values(found) == pytest.approx(of_file(table.rm_b - table.rm_q3, table.arm))
    assert found is not None
    assert (found.of, found.control.id) == ("improvement", "pooled.overall.rmdq.short.trial.north.control.mean")


def test_means_of_values_at_follow_up_are_in_the_direction_of_the_outcome(tmp_path: Path) -> None:
    (effect,) = effects(tmp_path, outcomes={"RMDQ": {"domain": "disability", "analyse": "final"}})
    table = people(1)
    found = means(effect, "North")
    assert values(found) == pytest.approx(of_file(table.rm_q3, table.arm))
    assert found is not None
    assert found.of == "value at follow-up"


def test_no_mean_is_of_a_part_of_people_whose_mean_is_told(tmp_path: Path) -> None:
    whole, part = effects(tmp_path, north=with_sham(), comparisons=TWO)
    assert means(whole, "North") is not None
    assert means(part, "North") is None
    assert means(part, "South") is not None  # the very same people, of whom nothing new is told


def test_a_policy_that_guards_nobody_tells_all_means(tmp_path: Path) -> None:
    found = effects(tmp_path, north=with_sham(), comparisons=TWO, policy={"minimum_cell": 0})
    assert all(means(effect, trial) for effect in found for trial in ("North", "South"))


def test_the_first_analysis_alone_tells_means(tmp_path: Path) -> None:
    analyses = {"pooled": POOLED, "again": {**POOLED, "adjust_for": ["baseline", "age"]}}
    (first,) = effects(tmp_path / "one", analyses=analyses)
    (second,) = effects(tmp_path / "two", "again", analyses=analyses)
    assert means(first, "North") is not None
    assert means(second, "North") is None


def test_a_suppressed_trial_has_no_means(tmp_path: Path) -> None:
    few = people(1)
    few = few[(few.arm == 1) | (few.index < 8)]
    for effect in effects(tmp_path, north=few):
        assert all(row.means is None for row in effect.by_trial if row.status == "suppressed")
        assert "North" not in [row.trial.text for row in effect.by_trial if row.means]


@pytest.mark.parametrize(("minimum", "problems"), [(5, 1), (0, 0)])
def test_means_of_a_later_analysis_are_refused_before_the_work(tmp_path: Path, minimum: int, problems: int) -> None:
    columns = {"left": ["n", "mean-sd"]}
    contents = [
        {"series": "Fig.", "show": "forest-by-trial", "of": of, "columns": columns} for of in ("pooled", "again")
    ]
    study = {
        "analyses": {"pooled": POOLED, "again": POOLED},
        "report": {"contents": contents},
        "policy": {"minimum_cell": minimum},
    }
    found = examine_study(write_study(tmp_path, study)).problems
    assert len(found) == problems
    assert all("'again' has no means of 'RMDQ' at 'short'" in str(problem) for problem in found)

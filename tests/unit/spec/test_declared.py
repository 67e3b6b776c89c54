"""What is analysed of an outcome follows from the study file and the mappings, never from the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from reportgen.pipeline import read
from reportgen.spec.analyses import Pooled
from reportgen.spec.load import load_study
from reportgen.spec.lock import locked
from reportgen.spec.study import Study
from tests.final_study import write_final
from tests.study_files import MAPPING, write_study, write_yaml

LONG: dict[str, Any] = {
    "data": {
        "file": "north.csv",
        "participant": "id",
        "layout": "long",
        "visit": {"column": "when", "codes": {0: "baseline", 3: "3 months"}},
    },
    "visits": {},
}


def outcomes(study: Study) -> dict[str, str | None]:
    return {name: outcome.analyse for name, outcome in study.outcomes.items()}


def adjusters(study: Study, name: str = "pooled") -> tuple[str, ...]:
    node = study.analyses[name]
    assert isinstance(node, Pooled)
    return node.adjust_for


def test_an_outcome_is_a_change_where_a_mapping_has_it_at_baseline_and_else_a_value_at_follow_up(
    tmp_path: Path,
) -> None:
    assert outcomes(load_study(write_final(tmp_path)).study) == {"RMDQ": "change", "relapse": "final"}


def test_one_mapping_that_has_it_at_baseline_is_enough(tmp_path: Path) -> None:
    at_baseline = {"variables": {**MAPPING["variables"], "relapse": {"column": {"b": "rm_b", "q3": "re_q3"}}}}
    assert outcomes(load_study(write_final(tmp_path, south=at_baseline)).study)["relapse"] == "change"


@pytest.mark.parametrize(("visits", "found"), [({}, "change"), ({"visits": ["3 months"]}, "final")])
def test_a_long_file_has_an_instrument_at_the_visits_of_its_codes_unless_the_mapping_names_them(
    tmp_path: Path, visits: dict[str, Any], found: str
) -> None:
    variables = {**MAPPING["variables"], "RMDQ": {"column": "rm"}, "relapse": {"column": "re", **visits}}
    path = write_final(tmp_path, north={**LONG, "variables": variables})
    assert outcomes(load_study(path).study)["relapse"] == found


def test_what_the_study_file_says_stands(tmp_path: Path) -> None:
    path = write_final(tmp_path, {"outcomes": {"RMDQ": {"analyse": "final"}, "relapse": {"analyse": "change"}}})
    assert outcomes(load_study(path).study) == {"RMDQ": "final", "relapse": "change"}


def test_the_data_do_not_matter(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    for name in ("north.csv", "south.csv"):
        table = pd.read_csv(tmp_path / name)
        table["rm_b"] = None
        table.to_csv(tmp_path / name, index=False)
    assert outcomes(load_study(path).study) == {"RMDQ": "change"}


def test_the_default_adjuster_falls_away_where_no_outcome_has_a_baseline(tmp_path: Path) -> None:
    pooled = {"method": "meta-analysis"}
    analyses = {"both": pooled, "relapse alone": {**pooled, "outcomes": "relapse"}}
    study = load_study(write_final(tmp_path, {"analyses": analyses, "report": {"contents": []}})).study
    assert adjusters(study, "both") == ("baseline",)
    assert adjusters(study, "relapse alone") == ()


def test_an_adjuster_that_is_written_stands(tmp_path: Path) -> None:
    analyses = {"pooled": {"method": "meta-analysis", "outcomes": "relapse", "adjust_for": ["baseline", "age"]}}
    study = load_study(write_final(tmp_path, {"analyses": analyses, "report": {"contents": []}})).study
    assert adjusters(study) == ("baseline", "age")


@pytest.mark.parametrize("alone", [False, True])
def test_the_lock_says_what_is_analysed_and_is_the_same_study_when_it_is_read(tmp_path: Path, alone: bool) -> None:
    pooled = {"method": "meta-analysis", "outcomes": ["relapse"] if alone else ["all"]}
    path = write_final(tmp_path, {"analyses": {"pooled": pooled}, "report": {"contents": []}})
    spec, _ = read(path)
    content = YAML(typ="safe").load(locked(spec))
    assert {name: item["analyse"] for name, item in content["outcomes"].items()} == outcomes(spec.study)
    assert content["analyses"]["pooled"]["adjust_for"] == ([] if alone else ["baseline"])
    write_yaml(path, {key: value for key, value in content.items() if key != "mappings"})
    assert read(path)[0].study == spec.study

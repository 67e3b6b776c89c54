"""The language of simulation files: every fault with its place and its words."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from reportgen.cli import run
from reportgen.errors import SpecError
from reportgen.spec.lock import json_schema
from reportgen.spec.simulation import load_simulation
from tests.unit.simulation.small import SIMULATION, write_simulation


def errors(tmp_path: Path, **changes: Any) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load_simulation(write_simulation(tmp_path, simulation=changes))
    assert all(problem.origin is not None for problem in caught.value.problems)
    return [f"{problem.message}. {problem.hint}" for problem in caught.value.problems]


def inside(section: str, *path: str, **keys: Any) -> dict[str, Any]:
    """The section of the small file with keys added at a path."""
    changed = copy.deepcopy(SIMULATION[section])
    here = changed
    for step in path:
        here = here.setdefault(step, {})
    here.update(keys)
    return {section: changed}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (inside("simulation", sed=3), "unknown key 'sed'. Did you mean 'seed'?"),
        (inside("simulation", exact_means="arm"), "there is no comparison 'arm'. Did you mean 'arms'?"),
        (inside("covariates", "age", loads={"sevrity": 0.3}), "there is no factor 'sevrity'. Did you mean 'severity'?"),
        (inside("covariates", "age", loads={"severity": 1.3}), "the squares of the loads add up to more than 1. "),
        (inside("covariates", "agee", mean=3, sd=1), "there is no covariate 'agee'. Did you mean 'age'?"),
        (inside("covariates", "sex", shares={"fmale": 1}), "there is no level 'fmale'. Did you mean 'female'?"),
        (inside("covariates", "sex", shares={}), "'sex' has no shares. Give `shares:` of its levels."),
        (inside("instruments", "RMDQ", like="RMDQ"), "'RMDQ' is not another instrument. Did you mean 'RMDQ'?"),
        (
            inside("instruments", "RMDQ", effects={"exercize": {3: 1}}),
            "there is no arm class 'exercize'. Did you mean 'exercise'?",
        ),
        (
            {"modifiers": {"m": {"of": "RMDQ", "where": {"age": "young"}, "adds": 1}}},
            "'young' is not an interval. Write it like 'up to 54.2' or '8 to 10'.",
        ),
        (
            {"modifiers": {"m": {"of": "RMDQ", "where": {"sex": "mal"}, "adds": 1}}},
            "'sex' has no level 'mal'. Did you mean 'male'?",
        ),
        ({"modifiers": {"m": {"of": "RMDX", "adds": 1}}}, "there is no instrument 'RMDX'. Did you mean 'RMDQ'?"),
        (
            {"modifiers": {"m": {"of": "RMDQ", "by": "sex", "adds": 1}}},
            "there is no quantity 'sex'. Known here: age, RMDQ, function.",
        ),
        ({"residuals": {"shared": 0.7, "persistent": 0.7}}, "`shared` and `persistent` add up to more than 1. "),
        (
            {"targets": {"sides_of": "overal", "variables": {}}},
            "there is no comparison 'overal'. Did you mean 'overall'?",
        ),
        (inside("trials", "North", arms={3: 10}), "there is no arm code '3'. Known here: 1, 2."),
        (inside("trials", "North", files=[{}, {}]), "2 files here, 1 in the mapping. List one for each."),
        (
            inside("trials", "North", files=[{"ids": "W"}]),
            "'W' has no place for a number. Write a pattern such as 'W{:04d}': `W` and four digits.",
        ),
        ({"trials": {"North": {"arms": {1: 5}}}}, "the trial 'South' of the study is not simulated. Add it."),
    ],
)
def test_every_fault_has_its_words(tmp_path: Path, changes: dict[str, Any], fault: str) -> None:
    assert fault in errors(tmp_path, **changes)


def test_files_and_trials_that_cannot_be_told_apart(tmp_path: Path) -> None:
    both = {"data": {"file": "north.csv", "participant": "id"}}
    several = {"trial": {"column": "centre", "codes": {1: "A", 2: "B"}}}
    with pytest.raises(SpecError) as caught:
        load_simulation(write_simulation(tmp_path, north=several, south=both))
    messages = " ".join(problem.message for problem in caught.value.problems)
    assert "north.yaml' holds several trials" in messages
    assert "south.yaml' does not name its own file" in messages


def test_a_study_that_is_absent_is_told_where_it_is_named(tmp_path: Path) -> None:
    path = write_simulation(tmp_path, simulation=inside("simulation", study="other.yaml"))
    with pytest.raises(SpecError) as caught:
        load_simulation(path)
    (problem,) = caught.value.problems
    assert problem.message.startswith("there is no file")
    assert problem.origin is not None
    assert problem.origin.text.strip() == "study: other.yaml"


def test_nobody_loses_everybody(tmp_path: Path) -> None:
    (error,) = errors(tmp_path, loss={"share": {3: 1.0}})
    assert error == "'1.0' is not below 1. Write a number below 1."


def test_the_command_writes_the_files_and_names_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_simulation(tmp_path / "study")
    assert run(["simulate", str(path), "--output", str(tmp_path / "raw")]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "raw" / name) for name in ("north.csv", "south.csv")]
    assert run(["simulate", str(path), "--output", str(tmp_path / "other"), "--seed", "8"]) == 0
    assert (tmp_path / "raw/north.csv").read_bytes() != (tmp_path / "other/north.csv").read_bytes()
    assert run(["simulate", str(tmp_path / "none.yaml"), "--output", str(tmp_path)]) == 2
    assert run(["simulate", str(path), "--output", str(path)]) == 3


def test_the_schema_knows_the_language() -> None:
    assert '"sides_of"' in json_schema("simulation")

"""Simulated events and counts: the declared risks, rates and ratios, and what a simulation file may not ask of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reportgen.cli import run
from reportgen.errors import SpecError
from reportgen.pipeline import read
from reportgen.spec.simulation import load_simulation
from tests.analysed import analysed
from tests.event_study import write_events
from tests.study_files import write_yaml

N = 3000
SIMULATION: dict[str, Any] = {
    "simulation": {"study": "study.yaml", "seed": 5},
    "covariates": {"age": {"mean": 50, "sd": 12}, "sex": {"shares": {"female": 55, "male": 45}}},
    "instruments": {
        "RMDQ": {"mean": 12, "sd": 4, "limits": [0, 24], "residual": 3},
        "days": {"mean": 90, "sd": 20, "limits": [10, 200]},
        "relapse": {"risk": {3: 0.3}, "ratios": {"exercise": 0.5}},
        "falls": {"rate": {3: 0.02}, "ratios": {"exercise": 0.7}},
    },
    "modifiers": {"the young": {"of": "relapse", "where": {"age": "up to 50"}, "adds": -0.8}},
    "trials": {name: {"arms": {1: N, 2: N}} for name in ("North", "South", "East")},
}


def simulated(folder: Path, change: dict[str, Any] | None = None) -> Path:
    """Write the study and its simulation file, and simulate; return the path of the study file."""
    path = write_events(folder, {"policy": {"minimum_cell": 0}})
    write_yaml(folder / "simulation.yaml", {**SIMULATION, **(change or {})})
    assert run(["simulate", str(folder / "simulation.yaml"), "--output", str(folder / "raw")]) == 0
    for file in (folder / "raw").glob("*.csv"):
        (folder / file.name).write_bytes(file.read_bytes())
    return path


@pytest.mark.slow
def test_events_come_out_with_the_declared_risk_rate_ratios_and_modification(tmp_path: Path) -> None:
    path = simulated(tmp_path / "s")
    spec, repository = read(path)
    record = analysed("pooled", spec.study.analyses["pooled"], repository, spec.study)
    relapse, falls = record.results
    for effect, ratio, tolerance in ((relapse, 0.5, 0.08), (falls, 0.7, 0.04)):
        # four standard errors of a log ratio of 18,000 people; averaging over the modification moves the first by 0.03
        assert effect.estimate.effect.value == pytest.approx(
            np.log(ratio), abs=4 * 0.04 if effect is relapse else tolerance
        )
    people = repository.participants
    values = repository.measured["North", "relapse", "3 months"]
    control = people.iloc[values["row"]]["arm_class"].to_numpy() == "usual care"
    assert values["value"].to_numpy()[control].mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / N))
    young = people.iloc[values["row"]]["age"].to_numpy() <= 50
    odds = []
    for group in (young, ~young):
        p1, p0 = (values["value"].to_numpy()[group & side].mean() for side in (~control, control))
        odds.append(np.log(p1 / (1 - p1)) - np.log(p0 / (1 - p0)))
    assert odds[0] - odds[1] == pytest.approx(-0.8, abs=4 * 0.12)


def test_another_rate_leaves_all_else_as_it_was(tmp_path: Path) -> None:
    simulated(tmp_path / "a")
    instruments = {**SIMULATION["instruments"], "falls": {"rate": {3: 0.05}}}
    simulated(tmp_path / "b", {"instruments": instruments})
    first, second = (pd.read_csv(tmp_path / name / "north.csv") for name in ("a", "b"))
    assert not first["falls"].equals(second["falls"])
    assert first.drop(columns="falls").equals(second.drop(columns="falls"))


@pytest.mark.parametrize(
    ("name", "rule", "said"),
    [
        ("relapse", {"ratios": {"exercise": 0.5}}, "'relapse' is an event and has no risk"),
        ("falls", {"risk": {3: 0.2}}, "'falls' is a count and has no rate"),
        ("relapse", {"risk": {3: 0.2}, "mean": 4}, "`mean` does nothing"),
        ("RMDQ", {"mean": 12, "sd": 4, "risk": {3: 0.2}}, "`risk` does nothing"),
        ("relapse", {"risk": {3: 1.2}}, "'1.2' is not below 1"),
        ("relapse", {"risk": {3: 0.2}, "ratios": {"exercize": 0.5}}, "there is no arm class 'exercize'"),
    ],
)
def test_what_an_event_does_not_have_is_refused(tmp_path: Path, name: str, rule: dict[str, Any], said: str) -> None:
    write_events(tmp_path)
    write_yaml(tmp_path / "simulation.yaml", {**SIMULATION, "instruments": {**SIMULATION["instruments"], name: rule}})
    with pytest.raises(SpecError) as caught:
        load_simulation(tmp_path / "simulation.yaml")
    assert said in str(caught.value)

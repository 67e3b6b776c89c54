"""A file of a study that is named where another belongs is told in one message, not by every key that it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.cli import run
from tests.study_files import write_study, write_yaml
from tests.unit.simulation.small import SIMULATION, write_simulation


@pytest.mark.parametrize(
    ("file", "kind"),
    [("north.yaml", "a mapping"), ("simulation.yaml", "a simulation file"), ("f.yaml", "a fidelity file")],
)
def test_in_place_of_the_study(tmp_path: Path, file: str, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_simulation(tmp_path)
    write_yaml(tmp_path / "f.yaml", {"sections": []})
    assert run(["validate", str(tmp_path / file)]) == 2
    said = capsys.readouterr().err
    assert f"{file}' is {kind}, not a study file\n  Name the study file" in said
    assert "unknown key" not in said


def test_in_place_of_a_mapping_and_of_the_fidelity_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = write_study(tmp_path, study={"trials": ["study.yaml", "north.yaml"], "fidelity": "south.yaml"})
    assert run(["validate", str(study)]) == 2
    said = capsys.readouterr().err
    assert "study.yaml' is a study file, not a mapping\n" in said
    assert "south.yaml' is a mapping, not a fidelity file\n" in said
    assert said.count("^^^^^^^^^^\n") == 2  # at the line of the study file that names it
    assert "unknown key" not in said


@pytest.mark.parametrize("file", ["study.yaml", "north.yaml"])
def test_in_place_of_a_simulation_file(tmp_path: Path, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_simulation(tmp_path)
    assert run(["simulate", str(tmp_path / file), "--output", str(tmp_path / "made")]) == 2
    assert "not a simulation file\n  Name the simulation file" in capsys.readouterr().err


def test_in_place_of_the_study_of_a_simulation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    about = {**SIMULATION["simulation"], "study": "north.yaml"}
    file = write_simulation(tmp_path, {"simulation": about})
    assert run(["simulate", str(file), "--output", str(tmp_path / "made")]) == 2
    assert "north.yaml' is a mapping, not a study file" in capsys.readouterr().err


def test_a_study_file_with_most_keys_misspelt_is_still_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.yaml").write_text("study: {title: x, data: real}\ndata: a\narms: b\n", encoding="utf-8")
    assert run(["validate", str(tmp_path)]) == 2
    assert "unknown key 'arms'" in capsys.readouterr().err

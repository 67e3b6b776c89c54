"""The small study of the tests with a simulation file, for tests to vary."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from reportgen.data import Repository
from reportgen.pipeline import read
from reportgen.simulation import simulate
from reportgen.spec.simulation import SimulationSpec, load_simulation
from tests.study_files import MAPPING, STUDY, write_study, write_yaml

COVARIATES = {
    "age": {"unit": "years", "range": [16, 100], "per": 10},
    "sex": {"levels": ["female", "male"], "reference": "female"},
    "anxiety": {"levels": ["low", "moderate", "high"], "ordered": True, "reference": "high"},
    "origin": {"levels": ["here", "there", "elsewhere"]},
}
INSTRUMENTS = {
    "RMDQ": {"range": [0, 24], "better": "lower"},
    "function": {"range": [0, 100], "better": "higher"},
}
SIMULATION: dict[str, Any] = {
    "simulation": {"seed": 7, "exact_means": "arms"},
    "factors": ["severity"],
    "covariates": {
        "age": {"mean": 48, "sd": 12, "limits": [18, 90]},
        "sex": {"shares": {"female": 55, "male": 45}},
        "anxiety": {"shares": {"low": 5, "moderate": 3, "high": 2}, "loads": {"severity": 0.5}},
        "origin": {"shares": {"here": 7, "there": 2, "elsewhere": 1}, "missing": 0.1},
    },
    "instruments": {
        "RMDQ": {
            "mean": 10,
            "sd": 5,
            "loads": {"severity": 0.8},
            "course": {3: 2},
            "pull": 0.3,
            "residual": 4,
            "effects": {"exercise": {3: 1.5}},
        },
        "function": {
            "mean": 55,
            "sd": 20,
            "grid": 12.5,
            "loads": {"severity": 0.8},
            "residual": 12,
            "effects": {"exercise": {3: 6}},
        },
    },
    "loss": {"share": {3: 0.2}, "leans": {"severity": 0.3}, "skipped": 0.02},
    "targets": {
        "sides_of": "overall",
        "variables": {
            "age": {
                "control": {"n": 118, "mean": 48.21, "sd": 12.34},
                "intervention": {"n": 120, "mean": 47.5, "sd": 11.9},
                "all": {"n": 238, "mean": 47.85, "sd": 12.1},
            },
            "sex": {
                "control": {"counts": {"female": 61, "male": 58}},
                "intervention": {"counts": {"female": 70, "male": 50}},
            },
            "RMDQ": {"all": {"n": 237, "mean": 9.9, "sd": 5.1}, "decimals": 1},
        },
    },
    "trials": {
        "North": {"arms": {1: 60, 2: 60}},
        "South": {"arms": {1: 60, 2: 60}, "here": {"RMDQ": {"mean": 11}}},
    },
}
VARIABLES: dict[str, Any] = {
    **MAPPING["variables"],
    "anxiety": {"column": "anx", "codes": {1: "low", 2: "moderate", 3: "high"}},
    "origin": {"column": "orig", "codes": {1: "here", 2: "there", 3: "elsewhere"}},
    "function": {"column": "fn_{visit}"},
}


def write_simulation(
    folder: Path,
    simulation: dict[str, Any] | None = None,
    north: dict[str, Any] | None = None,
    south: dict[str, Any] | None = None,
) -> Path:
    """Write the small study and its simulation file, whole or with top-level keys replaced; return the path of the latter."""
    study = {
        "covariates": COVARIATES,
        "instruments": INSTRUMENTS,
        "outcomes": {"RMDQ": {"domain": "disability"}, "function": {"domain": "disability"}},
        "analyses": {**STUDY["analyses"]},
    }
    shared = {"variables": VARIABLES}
    write_study(folder, study, {**shared, **(north or {})}, {**shared, **(south or {})})
    path = folder / "simulation.yaml"
    write_yaml(path, {**copy.deepcopy(SIMULATION), **(simulation or {})})
    return path


def simulated(folder: Path, seed: int | None = None, **changes: Any) -> tuple[SimulationSpec, Repository]:
    """Simulate the small study, write its files, and read them as any study is read."""
    file = load_simulation(write_simulation(folder, **changes))
    for name, content in simulate(file, seed).items():
        (folder / name).write_bytes(content)
    return file, read(folder)[1]

"""A small study whose treatment does more for the young, with moderators that can and cannot be screened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.study_files import MAPPING, STUDY, write_study, write_yaml

TRIALS = ("North", "South", "East")
COVARIATES: dict[str, Any] = {
    "age": {"label": "Age", "unit": "years", "range": [16, 100], "per": 10},
    "sex": {"label": "Sex", "levels": ["female", "male"], "reference": "female"},
    "mood": {"label": "Mood", "levels": ["low", "middling", "high"], "ordered": True, "reference": "high"},
    "job": {"label": "Job", "levels": ["no", "yes"]},  # collected in the north alone
    "weight": {"label": "Weight", "unit": "kg"},  # collected nowhere
    "dose": {"label": "Dose", "unit": "mg"},  # the same for all
}
NODE: dict[str, Any] = {
    "method": "moderators",
    "moderators": ["age", "sex", "mood", "job", "weight", "dose", "baseline RMDQ"],
    "expected": {"age": "younger people gain more"},
}
CONTENTS = [
    {"series": "Fig.", "show": "interaction-forest", "of": "screening", "name": "fig1"},
    {"series": "Table", "show": "interaction-estimates", "of": "screening", "name": "table1"},
    {"series": "Table", "show": "effect-at-values", "of": "screening", "name": "table2"},
    {
        "series": "Fig.",
        "show": "interaction-by-trial",
        "of": "screening",
        "name": "fig2",
    },
    {"series": "Table", "show": "interaction-by-trial-estimates", "of": "screening", "name": "table3"},
]

PUBLISHED = {  # what the north published, for its mapping
    "n": 160,
    "source": "North 1998",
    "effects": [
        {
            "outcome": "RMDQ",
            "follow_up": "short",
            "intervention": ["exercise"],
            "control": "usual care",
            "effect": "1.4",
        }
    ],
}


def people(seed: int, n: int, slope: float) -> pd.DataFrame:
    """Simulated participants: treatment does `slope` points more for every ten years above 50."""
    rng = np.random.default_rng(seed)
    arm, age = np.arange(n) % 2 + 1, rng.integers(20, 80, n)
    before = rng.integers(8, 21, n)
    change = 1 + (arm == 1) * (1.5 + slope * (age - 50) / 10) + rng.normal(0, 2, n)
    return pd.DataFrame(
        {
            "id": np.arange(1, n + 1),
            "arm": arm,
            "age": age,
            "sex": rng.integers(1, 3, n),
            "mood": rng.integers(1, 4, n),
            "job": rng.integers(0, 2, n),
            "dose": 5,
            "rm_b": before,
            "rm_q3": np.clip(np.round(before - change), 0, 24).astype(int),
        }
    )


def write_screened(
    folder: Path, slope: float = -1.0, formats: tuple[str, ...] = ("html", "workbook", "results"), **node: Any
) -> Path:
    """Write the study with three trials; returns the path of its study file."""
    variables = {
        **MAPPING["variables"],
        "mood": {"column": "mood", "codes": {1: "low", 2: "middling", 3: "high"}},
        "dose": {"column": "dose"},
    }
    study = {
        "trials": ["north.yaml", "south.yaml", "east.yaml"],
        "covariates": COVARIATES,
        "analyses": {"screening": {**NODE, **node}},
        "report": {"formats": list(formats), "contents": CONTENTS},
    }
    north = {"variables": {**variables, "job": {"column": "job", "codes": {0: "no", 1: "yes"}}}}
    path = write_study(folder, {**STUDY, **study}, north=north, south={"variables": variables})
    east = {"trial": "East", "country": "Poland", "data": {"file": "east.csv", "participant": "id"}}
    write_yaml(folder / "east.yaml", {**MAPPING, **east, "variables": variables})
    for seed, (trial, n) in enumerate(zip(TRIALS, (300, 240, 200), strict=True), 1):
        people(seed, n, slope).to_csv(folder / f"{trial.lower()}.csv", index=False)
    return path

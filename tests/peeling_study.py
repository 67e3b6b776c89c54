"""A small study in which people below 45 gain more: for tests of the searches for subgroups, from file to page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.study_files import MAPPING, STUDY, write_study

PEELING: dict[str, Any] = {
    "method": "directed-peeling",
    "moderators": ["age", "sex", "bmi", "baseline RMDQ"],
    "directions": {"baseline RMDQ": "higher gain more"},
    "treatment_effect": "common",
    "information": "pooled",
    "adjuster_slopes": "common",
}
PARTITION: dict[str, Any] = {
    "method": "recursive-partitioning",
    "moderators": ["age", "sex"],
    "treatment_effect": "common",
    "information": "pooled",
    "adjuster_slopes": "common",
    "depth": 1,
}
AGREEMENT: dict[str, Any] = {"method": "agreement", "partition": "rp", "peeling": "peeling", "sizes": [0.2, 0.5]}
CONTENTS: list[dict[str, Any]] = [
    {"series": "Table", "show": "peeling-thresholds", "of": "peeling", "name": "thresholds"},
    {"series": "Fig.", "show": "peeling-trajectories", "of": "peeling", "name": "trajectories"},
    {"series": "Table", "show": "agreement", "of": "agreement", "name": "agreement"},
]


def people(seed: int, n: int, gain: float) -> pd.DataFrame:
    """Participants of one trial; those below 45 gain by `gain` more, and two of them have no age."""
    rng = np.random.default_rng(seed)
    arm, age, before = np.arange(n) % 2 + 1, rng.integers(20, 80, n), rng.integers(8, 21, n)
    gained = 1.0 + (arm == 1) * (1.0 + gain * (age < 45)) + rng.normal(0, 2, n)
    after = np.clip(np.round(before - gained), 0, 24).astype(int)
    return pd.DataFrame(
        {
            "id": np.arange(1, n + 1),
            "arm": arm,
            "age": pd.array(np.where(np.arange(n) < 2, -1, age), dtype="Int64").astype(object),
            "sex": rng.integers(1, 3, n),
            "bmi": rng.integers(18, 40, n),
            "edu": np.arange(n) // 2 % 5,
            "rm_b": before,
            "rm_q3": after,
        }
    ).replace({"age": {-1: ""}})


def write_search_study(
    folder: Path,
    *,
    gain: float = 3.0,
    variables: dict[str, Any] | None = None,
    peeling: dict[str, Any] | None = None,
    **changes: Any,
) -> Path:
    """Write the study; top-level keys of the study file and options of the peeling may be replaced, and variables added to
    both trials.

    Body mass index is known in one trial only.
    """
    covariates = {**STUDY["covariates"], "bmi": {"label": "Body mass index", "unit": "kg/m2", "per": 5}}
    study = {
        "covariates": covariates,
        "analyses": {"rp": PARTITION, "peeling": PEELING | (peeling or {}), "agreement": AGREEMENT},
        "report": {"formats": ["html", "workbook", "results"], "contents": CONTENTS},
        **changes,
    }
    both = {**MAPPING["variables"], **(variables or {})}
    path = write_study(
        folder, study, north={"variables": {**both, "bmi": {"column": "bmi"}}}, south={"variables": both}
    )
    people(11, 240, gain).to_csv(folder / "north.csv", index=False)
    people(12, 360, gain).to_csv(folder / "south.csv", index=False)
    return path

"""The small study with a subgroup planted into its outcome: people under an age gain more, by as much as is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.study_files import STUDY, write_study

AGE = 50
NODE: dict[str, Any] = {
    "method": "recursive-partitioning",
    "moderators": ["age", "sex", "baseline RMDQ"],
    "min_size": "10%",
}
CONTENTS = [
    {"series": "Fig.", "show": "subgroup-forest", "of": "rp", "name": "fig1"},
    {"series": "Fig.", "show": "subgroup-tree", "of": "rp", "name": "fig2"},
    {"series": "Fig.", "show": "cut-profiles", "of": "rp", "name": "fig3"},
    {"series": "Table", "show": "subgroups", "of": "rp", "name": "table1"},
    {"series": "Table", "show": "rejected-splits", "of": "rp", "name": "table2"},
]


def people(seed: int, n: int, gain: float) -> pd.DataFrame:
    """Simulated participants: treatment does `gain` points more for those of `AGE` years or fewer."""
    rng = np.random.default_rng(seed)
    arm, age = np.arange(n) % 2 + 1, rng.integers(20, 80, n)
    before = rng.integers(8, 21, n)
    change = 1 + (arm == 1) * (1.0 + gain * (age <= AGE)) + rng.normal(0, 2, n)
    after = np.clip(np.round(before - change), 0, 24).astype(int)
    sex = rng.integers(1, 3, n)
    return pd.DataFrame({"id": np.arange(1, n + 1), "arm": arm, "age": age, "sex": sex, "rm_b": before, "rm_q3": after})


def write_planted(
    folder: Path,
    gain: float = 4.0,
    lacking_age: int = 0,
    formats: tuple[str, ...] = ("html", "workbook", "results"),
    screening: dict[str, Any] | None = None,
    **node: Any,
) -> Path:
    """Write the study; the first `lacking_age` people of the south have no age. Returns the path of its study file."""
    analyses: dict[str, Any] = {"screening": screening} if screening else {}
    study = {
        "analyses": {**analyses, "rp": {**NODE, **node}},
        "report": {"formats": list(formats), "contents": CONTENTS},
        "covariates": {
            "age": {"label": "Age", "unit": "years", "range": [16, 100], "per": 10},
            "sex": {"label": "Sex", "levels": ["female", "male"], "reference": "female"},
        },
    }
    path = write_study(folder, study={**STUDY, **study})
    people(1, 400, gain).to_csv(folder / "north.csv", index=False)
    south = people(2, 300, gain)
    south["age"] = south["age"].astype("Int64").where(np.arange(len(south)) >= lacking_age)
    south.to_csv(folder / "south.csv", index=False)
    return path

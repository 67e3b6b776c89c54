"""A small study that works, for tests to break: two trials, one outcome, written into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

STUDY: dict[str, Any] = {
    "study": {"title": "Two small trials", "data": "simulated", "seed": 1},
    "trials": ["north.yaml", "south.yaml"],
    "arm_classes": ["exercise", "usual care", "sham"],
    "follow_up": {"short": {"months": [2, 3], "aim": 3}},
    "instruments": {"RMDQ": {"name": "Roland Morris", "range": [0, 24], "better": "lower"}},
    "outcomes": {"RMDQ": {"domain": "disability"}},
    "covariates": {
        "age": {"unit": "years", "range": [16, 100], "per": 10},
        "sex": {"levels": ["female", "male"], "reference": "female"},
    },
    "comparisons": {"overall": {"intervention": ["exercise"], "control": ["usual care", "sham"]}},
    "analyses": {
        "people": {"method": "descriptive", "sides_of": "overall", "variables": ["age", "sex", "baseline RMDQ"]},
        "pooled": {"method": "meta-analysis"},
    },
    "report": {
        "formats": ["html", "workbook", "results"],
        "contents": [
            {"series": "Table", "show": "included-trials"},
            {"series": "Table", "show": "descriptive", "of": "people"},
            {"series": "Fig.", "show": "forest", "of": "pooled"},
        ],
    },
}

MAPPING: dict[str, Any] = {
    "trial": "North",
    "country": "Norway",
    "data": {"file": "north.csv", "participant": "id"},
    "arms": {
        "column": "arm",
        "codes": {1: {"class": "exercise", "name": "gym"}, 2: {"class": "usual care", "name": "doctor"}},
    },
    "visits": {"b": "baseline", "q3": "3 months"},
    "variables": {
        "age": {"column": "age"},
        "sex": {"column": "sex", "codes": {1: "male", 2: "female"}},
        "RMDQ": {"column": "rm_{visit}"},
    },
}


def people(seed: int, n: int = 60, effect: float = 1.5) -> pd.DataFrame:
    """Simulated participants of one small trial."""
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % 2 + 1
    before = rng.integers(4, 21, n)
    after = np.clip(np.round(before - 1 - effect * (arm == 1) + rng.normal(0, 2, n)), 0, 24).astype(int)
    return pd.DataFrame(
        {
            "id": np.arange(1, n + 1),
            "arm": arm,
            "age": rng.integers(20, 80, n),
            "sex": rng.integers(1, 3, n),
            "rm_b": before,
            "rm_q3": after,
        }
    )


def write_yaml(path: Path, content: dict[str, Any]) -> None:
    """Write plain values as YAML."""
    yaml = YAML(typ="safe")
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    with path.open("w", encoding="utf-8") as stream:
        yaml.dump(content, stream)


def _drawing_nothing(study: dict[str, Any]) -> dict[str, Any]:
    methods = (
        {item.get("method") for item in study["analyses"].values()} if isinstance(study.get("analyses"), dict) else {}
    )
    policy = study.get("policy", {})
    if not {"moderators", "recursive-partitioning", "directed-peeling"} & {*methods} or "draws" in policy:
        return study
    return {**study, "policy": {**policy, "draws": {"sign_flips": 0, "bootstrap": 0}}}


def write_study(
    folder: Path,
    study: dict[str, Any] | None = None,
    north: dict[str, Any] | None = None,
    south: dict[str, Any] | None = None,
) -> Path:
    """Write the small study, whole or with top-level keys replaced; return the path of its study file.

    Its searches draw nothing unless the policy says so: a thousand searches would take longer than all else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_yaml(folder / "study.yaml", _drawing_nothing({**STUDY, **(study or {})}))
    write_yaml(folder / "north.yaml", {**MAPPING, **(north or {})})
    other = {"trial": "South", "country": "Spain", "data": {"file": "south.csv", "participant": "id"}}
    write_yaml(folder / "south.yaml", {**MAPPING, **other, **(south or {})})
    people(1).to_csv(folder / "north.csv", index=False)
    people(2, 80).to_csv(folder / "south.csv", index=False)
    return folder / "study.yaml"

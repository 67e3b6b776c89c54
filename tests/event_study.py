"""A small study of events: a relapse that people have or have not, and falls that are counted in days at risk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.study_files import MAPPING, STUDY, write_study, write_yaml

TRIALS = ("North", "South", "East")
SIZES = (240, 180, 150)
INSTRUMENTS: dict[str, Any] = {
    "RMDQ": STUDY["instruments"]["RMDQ"],
    "relapse": {"name": "Relapse", "levels": ["no", "yes"]},
    "falls": {"name": "Falls"},
    "days": {"name": "Days at risk", "unit": "days"},
}
OUTCOMES: dict[str, Any] = {
    "RMDQ": {},
    "relapse": {"kind": "binary", "event": "yes", "good": False},
    "falls": {"kind": "count", "good": False, "exposure": "days"},
}
VARIABLES: dict[str, Any] = {
    **MAPPING["variables"],
    "relapse": {"column": {"q3": "relapse"}, "codes": {0: "no", 1: "yes"}},
    "falls": {"column": {"q3": "falls"}},
    "days": {"column": {"q3": "days"}},
}
EVENTS = {"outcomes": ["relapse", "falls"]}
ANALYSES: dict[str, Any] = {
    "harms": {"method": "events"},
    "pooled": {"method": "meta-analysis", **EVENTS, "adjust_for": ["age"]},
    "change": {"method": "meta-analysis", "outcomes": "RMDQ"},
}
CONTENTS: list[dict[str, Any]] = [
    {"series": "Table", "show": "events", "of": "harms"},
    {"series": "Fig.", "show": "forest", "of": "pooled"},
    {"series": "Fig.", "show": "forest-by-trial", "of": "pooled"},
    {"series": "Table", "show": "estimates", "of": "pooled"},
    {"series": "Table", "show": "estimates-by-trial", "of": "pooled"},
    {"series": "Table", "show": "absolute-effects", "of": "pooled"},
    {"series": "Table", "show": "analysed", "of": "pooled"},
]


AGE = 50
SEARCH: dict[str, Any] = {
    "method": "recursive-partitioning",
    **EVENTS,
    "moderators": ["age", "sex", "baseline RMDQ"],
    "adjust_for": ["sex"],
}
SEARCHED: list[dict[str, Any]] = [
    {"series": "Fig.", "show": "subgroup-tree", "of": "rp"},
    {"series": "Fig.", "show": "subgroup-forest", "of": "rp"},
    {"series": "Table", "show": "subgroups", "of": "rp"},
    {"series": "Fig.", "show": "cut-profiles", "of": "rp"},
    {"series": "Table", "show": "rejected-splits", "of": "rp"},
    {"series": "Table", "show": "credibility", "of": "rp"},
]


def people(seed: int, n: int, risk: float = 0.3, ratio: float = 0.6, older: float | None = None) -> pd.DataFrame:
    """Simulated participants: treatment multiplies the odds of a relapse, and the rate of falls, by `ratio`; above `AGE` by `older`."""
    rng = np.random.default_rng(seed)
    arm, age = np.arange(n) % 2 + 1, rng.integers(20, 80, n)
    ratios = np.where(age <= AGE, ratio, ratio if older is None else older)
    odds = risk / (1 - risk) * np.where(arm == 1, ratios, 1.0) * np.exp((age - 50) / 60)
    days = rng.integers(30, 120, n)
    before = rng.integers(8, 21, n)
    return pd.DataFrame(
        {
            "id": np.arange(1, n + 1),
            "arm": arm,
            "age": age,
            "sex": rng.integers(1, 3, n),
            "rm_b": before,
            "rm_q3": np.clip(before - rng.integers(0, 6, n) - (arm == 1), 0, 24),
            "relapse": (rng.random(n) < odds / (1 + odds)).astype(int),
            "days": days,
            "falls": rng.poisson(days * 0.02 * np.where(arm == 1, ratios, 1.0)),
        }
    )


def write_events(folder: Path, study: dict[str, Any] | None = None, **variables: Any) -> Path:
    """Write the study of three trials, whole or with top-level keys replaced; return the path of its study file.

    Parameters
    ----------
    folder : Path
    study : dict, optional
    **variables
        Rules of the mappings that replace those of the same name.
    """
    own = {
        "trials": [f"{name.lower()}.yaml" for name in TRIALS],
        "instruments": INSTRUMENTS,
        "outcomes": OUTCOMES,
        "analyses": ANALYSES,
        "report": {"formats": ["html", "workbook", "results"], "contents": CONTENTS},
    }
    rules = {"variables": {**VARIABLES, **variables}}
    path = write_study(folder, {**STUDY, **own, **(study or {})}, north=rules, south=rules)
    east = {"trial": "East", "country": "Poland", "data": {"file": "east.csv", "participant": "id"}}
    write_yaml(folder / "east.yaml", {**MAPPING, **east, **rules})
    for seed, (trial, n) in enumerate(zip(TRIALS, SIZES, strict=True), 11):
        people(seed, n).to_csv(folder / f"{trial.lower()}.csv", index=False)
    return path


def write_event_search(folder: Path, report: dict[str, Any] | None = None, **node: Any) -> Path:
    """Write the study with twice as many people, of whom those up to `AGE` gain more, and a search for them; return its path."""
    study = {
        "analyses": {"rp": {**SEARCH, **node}},
        "report": report or {"formats": ["html", "results"], "contents": SEARCHED},
        "covariates": {
            "age": {"label": "Age", "unit": "years", "range": [16, 100], "per": 10},
            "sex": {"label": "Sex", "levels": ["female", "male"], "reference": "female"},
        },
    }
    path = write_events(folder, study)
    for seed, (trial, n) in enumerate(zip(TRIALS, SIZES, strict=True), 11):
        people(seed, 2 * n, ratio=0.25, older=1.0).to_csv(folder / f"{trial.lower()}.csv", index=False)
    return path

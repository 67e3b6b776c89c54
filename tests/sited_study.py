"""A small study of three trials whose people come from sites that differ: two trials of several sites, and one of a single one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from tests.event_study import TRIALS, write_events
from tests.study_files import write_yaml

SITES = {"North": 7, "South": 5, "East": 1}
PEOPLE = {
    "age": {"label": "Age", "unit": "years", "range": [16, 100], "per": 10},
    "sex": {"label": "Sex", "levels": ["female", "male"], "reference": "female"},
}
SEARCHES: dict[str, Any] = {
    "rp": {"method": "recursive-partitioning", "moderators": ["age", "sex"], "outcomes": "RMDQ", "min_size": "10%"},
    "peeling": {"method": "directed-peeling", "moderators": ["age", "baseline RMDQ"], "outcomes": "RMDQ"},
}


def named(site: int) -> str:
    """Return the name of a site, which no page may tell."""
    return f"Klinik{site:03d}X"


def write_sited(folder: Path, study: dict[str, Any] | None = None, *, declared: bool = True, unknown: int = 0) -> Path:
    """Write the study; the first `unknown` people of the north have no site. Returns the path of its study file.

    Parameters
    ----------
    folder : Path
    study : dict, optional
        Top-level keys that replace those of the study of events.
    declared : bool
        Whether the mappings name the column of the site.
    unknown : int
    """
    path = write_events(folder, {"covariates": PEOPLE, **(study or {})})
    for place, trial in enumerate(TRIALS):
        file = folder / f"{trial.lower()}.csv"
        table, rng = pd.read_csv(file), np.random.default_rng(100 + place)
        site = rng.integers(0, SITES[trial], len(table))
        shift = np.round(3 * rng.normal(size=SITES[trial]))[site]
        table["rm_q3"] = np.clip(table["rm_q3"] + shift, 0, 24).astype(int)
        table["hospital"] = [named(number) for number in site]
        if trial == "North":
            table.loc[table.index[:unknown], "hospital"] = ""
        table.to_csv(file, index=False)
        if declared:
            mapping = folder / f"{trial.lower()}.yaml"
            write_yaml(mapping, {**YAML(typ="safe").load(mapping.read_text()), "site": "hospital"})
    return path

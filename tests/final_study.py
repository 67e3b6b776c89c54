"""Two small trials with an outcome that nobody measured at baseline, `relapse`, beside one that everybody did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.study_files import MAPPING, STUDY, write_study

RELAPSE: dict[str, Any] = {"name": "Relapse score", "range": [0, 10], "better": "lower"}
VARIABLES: dict[str, Any] = {**MAPPING["variables"], "relapse": {"column": "re_{visit}", "visits": ["q3"]}}
CONTENTS = [
    {"series": "Table", "show": "outcome-measures"},
    {"series": "Fig.", "show": "forest", "of": "pooled"},
    {"series": "Fig.", "show": "forest-by-trial", "of": "pooled"},
    {"series": "Table", "show": "estimates", "of": "pooled"},
    {"series": "Table", "show": "estimates-by-trial", "of": "pooled"},
    {"series": "Table", "show": "analysed", "of": "pooled"},
]


def write_final(
    folder: Path,
    study: dict[str, Any] | None = None,
    north: dict[str, Any] | None = None,
    south: dict[str, Any] | None = None,
) -> Path:
    """Write the study, whole or with top-level keys replaced; return the path of its study file."""
    both = {
        "instruments": {**STUDY["instruments"], "relapse": RELAPSE},
        "outcomes": {"RMDQ": {}, "relapse": {"title": "Relapse"}},
        "analyses": {"pooled": {"method": "meta-analysis"}},
        "report": {"formats": ["html", "workbook", "results"], "contents": CONTENTS},
    }
    variables = {"variables": VARIABLES}
    path = write_study(
        folder, {**STUDY, **both, **(study or {})}, {**variables, **(north or {})}, {**variables, **(south or {})}
    )
    for seed, name in enumerate(("north.csv", "south.csv"), 7):
        table = pd.read_csv(folder / name)
        table["re_q3"] = np.random.default_rng(seed).integers(0, 9, len(table)) + (table["arm"] == 2)
        table.to_csv(folder / name, index=False)
    return path

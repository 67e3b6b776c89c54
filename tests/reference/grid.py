"""The grid of one-step models of one_step.json: its data sets as arrays, its options as arguments of `fit_one_step`."""

import csv
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
REFERENCE = json.loads((HERE / "one_step.json").read_text())
OPTIONS = (
    "intercept",
    "treatment_effect",
    "interaction_effect",
    "covariance",
    "adjuster_slopes",
    "residual",
    "estimation",
)


@dataclass(frozen=True)
class Model:
    """One entry of the grid: data, options and what R found."""

    name: str
    entry: dict[str, Any]

    @property
    def options(self) -> dict[str, str]:
        return {option: self.entry[option] for option in OPTIONS}

    @property
    def result(self) -> dict[str, Any]:
        return self.entry["result"]

    @property
    def engine(self) -> str:
        return self.result["engine"]

    @property
    def columns(self) -> dict[str, np.ndarray]:
        return columns_of(self.entry["data"])

    def arguments(self) -> dict[str, Any]:
        """Outcome, treatment, trial, adjusters and moderator, as `fit_one_step` takes them."""
        data = self.columns
        return {
            "outcome": data["y"],
            "treatment": data["t"],
            "trial": data["trial"],
            "adjusters": self.stacked(self.entry["adjusters"]),
            "moderator": self.stacked(self.entry["moderator"]),
        }

    def stacked(self, names: list[str]) -> np.ndarray | None:
        return np.column_stack([self.columns[name] for name in names]) if names else None

    def covariance(self) -> np.ndarray:
        """Covariance of the random effects in R, in R's order: intercept, treatment, products."""
        q = len(self.result["random"])
        return np.array(self.result["covariance"], float).reshape(q, q)

    def sigma2(self) -> float | np.ndarray:
        value = self.result["sigma2"]
        return np.array([value[trial] for trial in sorted(value)]) if isinstance(value, dict) else float(value)

    def tau2(self) -> float:
        names = self.result["random"]
        return float(self.covariance()[names.index("t"), names.index("t")]) if "t" in names else 0.0


@cache
def columns_of(data: str) -> dict[str, np.ndarray]:
    with (HERE / "data" / f"{data}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name: np.array([float(row[name]) for row in rows]) for name in ("t", "x1", "x2", "z", "y")}
    level = np.array([row["g"] for row in rows])
    return columns | {
        "trial": np.array([row["trial"] for row in rows]),
        "g_b": (level == "b").astype(float),
        "g_c": (level == "c").astype(float),
    }


MODELS = [Model(entry["name"], entry) for entry in REFERENCE["fits"]]

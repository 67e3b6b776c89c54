"""From the raw files of three trials to the printed numbers on a second road: other readers, lme4 and pbkrtest.

audit.py reads the files without the package, audit.R fits (audit.json). Here the package goes its own way, from the study
file of the low back pain study to its records, and both must end at the same numbers.
"""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reportgen.analyses import make_records
from reportgen.pipeline import read
from reportgen.records.model import Records
from reportgen.records.results import results_of
from reportgen.records.series import series_files
from reportgen.resources import specs_folder
from tests.reference.audit import people

pytestmark = pytest.mark.slow

R = json.loads((Path(__file__).parent / "audit.json").read_text(encoding="utf-8"))
HEAD = "partition.overall.ffbhr.short."
# The optimum of lme4 is followed as far as it goes (polished.R). In brackets the largest difference measured.
ESTIMATES = 1e-7  # of the standard error (6e-9)
STANDARD_ERRORS = 1e-8  # relative (4e-10)


@pytest.fixture(scope="module")
def records() -> Records:
    """The study with the two analyses that are audited, for one outcome and one comparison."""
    spec, repository = read(specs_folder() / "low-back-pain")
    analyses = spec.study.analyses
    pooled = analyses["pooled"].model_copy(update={"outcomes": ("FFbHR",), "follow_up": ("short",)})
    searched = {"outcomes": ("FFbHR",), "moderators": ("age", "baseline FFbHR"), "missing": "available"}
    partition = analyses["partition"].model_copy(update=searched)
    study = spec.study.model_copy(update={"analyses": {"pooled": pooled, "partition": partition}})
    return make_records(replace(spec, study=study, fidelity=None), repository, profile="final")


@pytest.fixture(scope="module")
def values(records: Records) -> dict[str, float]:
    return {row.id: row.value for row in results_of([records], {}).rows if row.value is not None}


@pytest.fixture(scope="module")
def candidates(records: Records) -> pd.DataFrame:
    """Every cut that the first node tried."""
    files = dict(series_files(records))
    table = pd.read_parquet(io.BytesIO(files["series/partition.parquet"]))
    return table[table["node"] == 0]


def agree(values: dict[str, float], head: str, theirs: dict[str, Any]) -> None:
    assert values[f"{head}n"] == theirs["n"]
    assert values[f"{head}effect"] == pytest.approx(theirs["estimate"], abs=ESTIMATES * theirs["std_error"])
    assert values[f"{head}se"] == pytest.approx(theirs["std_error"], rel=STANDARD_ERRORS)
    # pbkrtest's df is raised to the floor, trials less one
    assert values[f"{head}df"] == max(theirs["df"], 2.0)


def test_who_enters(values: dict[str, float]) -> None:
    read_by_hand = people()
    assert len(read_by_hand) == values["pooled.overall.ffbhr.short.n"] == R["pooled"]["n"]
    sides = read_by_hand.groupby("treatment").size()
    assert [sides[0], sides[1]] == [
        values["pooled.overall.ffbhr.short.n-control"],
        values["pooled.overall.ffbhr.short.n-intervention"],
    ]
    known = read_by_hand["age"].notna().sum()
    assert len(read_by_hand) - known == values[f"{HEAD}moderator.age.people-lost"]


def test_the_pooled_effect(values: dict[str, float]) -> None:
    agree(values, "pooled.overall.ffbhr.short.", R["pooled"])
    assert values["pooled.overall.ffbhr.short.tau2"] == pytest.approx(
        R["pooled"]["tau2"], abs=1e-8 * R["pooled"]["sigma2"]
    )


def test_the_first_two_subgroups(values: dict[str, float]) -> None:
    assert values[f"{HEAD}baseline-ffbhr-low.rule-1.cut"] == 54.17
    agree(values, f"{HEAD}baseline-ffbhr-low.", R["low"])
    agree(values, f"{HEAD}baseline-ffbhr-low.sibling.", R["high"])


@pytest.mark.parametrize(("moderator", "column", "least"), [("baseline FFbHR", "before", 20), ("age", "age", 40)])
def test_every_cut_of_the_first_node(candidates: pd.DataFrame, moderator: str, column: str, least: int) -> None:
    ours = candidates[candidates["moderator"] == moderator]
    assert len(ours) > least
    # one score is one value, however it was added up
    assert np.diff(np.sort(ours["cut"])).min() > 1e-3
    theirs = {round(cut, 6): (estimate, std_error) for cut, estimate, std_error in R["cuts"][column]}
    for row in ours.itertuples():
        estimate, std_error = theirs[round(row.cut, 6)]
        assert row.estimate == pytest.approx(estimate, abs=ESTIMATES * std_error)
        # Kenward-Roger's standard error is never below the one that takes the variances as known
        assert row.std_error >= std_error * (1.0 - STANDARD_ERRORS)


def test_no_other_cut_tells_the_sides_apart_better(candidates: pd.DataFrame) -> None:
    tried = candidates[candidates["moderator"] == "baseline FFbHR"]["cut"].to_numpy()
    table = np.array([row for row in R["cuts"]["before"] if np.isclose(tried, row[0], atol=1e-6).any()])
    assert table[np.argmax(np.abs(table[:, 1] / table[:, 2])), 0] == 54.17

"""A study in which much is too small to be told, from file to folder: it builds, and no file of it tells a small count."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from reportgen.pipeline import Order, build
from tests.page_numbers import trace_numbers
from tests.screened_study import TRIALS, write_screened
from tests.study_files import write_yaml

MINIMUM = 5
CONTENTS = [
    {"series": "Table", "show": "included-trials", "name": "trials"},
    {"series": "Table", "show": "descriptive", "of": "people", "name": "people"},
    {"series": "Fig.", "show": "forest", "of": "pooled", "name": "forest"},
    {"series": "Fig.", "show": "forest-by-trial", "of": "pooled", "name": "by-trial"},
    {"series": "Table", "show": "estimates-by-trial", "of": "pooled", "name": "estimates"},
    {"series": "Fig.", "show": "interaction-forest", "of": "screening", "name": "interactions"},
    {"series": "Table", "show": "interaction-estimates", "of": "screening", "name": "readings"},
    {"series": "Table", "show": "effect-at-values", "of": "screening", "name": "values"},
    {"series": "Table", "show": "availability", "name": "availability"},
    {"series": "Table", "show": "analysed", "of": "pooled", "name": "analysed"},
]


def write_small(folder: Path) -> Path:
    """Write three trials: three people of the north are male, three of it in a middling mood, and few come to follow-up."""
    path = write_screened(folder, percentiles=[0, 50])
    study = YAML(typ="safe").load(path)
    people = {
        "method": "descriptive",
        "sides_of": "overall",
        "variables": ["age", "sex", "mood"],
        "standardised_difference": True,
    }
    study["analyses"] |= {"pooled": {"method": "meta-analysis"}, "people": people}
    study["report"] = {"formats": ["html", "quarto"], "contents": CONTENTS}
    write_yaml(path, study)
    for name in TRIALS:
        file = folder / f"{name.lower()}.csv"
        table, first = pd.read_csv(file), 3 if name == "North" else 0
        table["sex"] = np.where(table.index < first, 1, 2)
        table["mood"] = np.where(table.index < first, 2, table["mood"].replace(2, 1))
        if name == "North":
            table["rm_q3"] = table["rm_q3"].astype("Int64").where((table["arm"] == 1) | (table.index < 6))
        table.to_csv(file, index=False)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("small")
    done = build(Order(write_small(place / "study"), output=place / "out"))
    assert done.warnings == ()
    assert done.exit_code == 0
    return place / "out"


def test_every_number_has_its_row(folder: Path) -> None:
    texts = pd.read_parquet(folder / "results.parquet").set_index("id")["text"].to_dict()
    traced = trace_numbers((folder / "appendix.html").read_text(encoding="utf-8"), texts)
    assert traced.untraced == ()
    assert traced.found > 100


def test_what_is_hidden_has_no_value_in_any_file(folder: Path) -> None:
    rows = pd.read_parquet(folder / "results.parquet").set_index("id")
    hidden = rows[rows["status"] == "suppressed"]
    for start in ("pooled.", "screening.", "people.", "ledger."):
        assert hidden.index.str.startswith(start).any(), start
    assert hidden["value"].isna().all()
    assert set(hidden["text"]) <= {"–", f"<{MINIMUM}"}
    listed = {row["id"]: row for row in json.loads((folder / "results.json").read_text(encoding="utf-8"))["rows"]}
    assert {listed[id_]["value"] for id_ in hidden.index} == {None}
    csv = pd.read_csv(folder / "results.csv").set_index("id")
    assert csv.loc[hidden.index, "value"].isna().all()


def test_no_count_of_a_characteristic_is_small(folder: Path) -> None:
    rows = pd.read_parquet(folder / "results.parquet")
    counts = rows[(rows["unit"] == "participants") & (rows["value"] > 0) & (rows["value"] < MINIMUM)]
    # who has no value or was left out is counted whatever the number
    assert counts["id"].str.contains(r"left-out|cost|lost").all(), counts["id"].tolist()


def test_the_pages_say_that_something_is_hidden(folder: Path) -> None:
    page = (folder / "appendix.html").read_text(encoding="utf-8")
    for said in ("suppressed", "too few people of an arm to be printed is a dash", "nor effects that rest on"):
        assert said in page

"""A study in which much is too small to be disclosed, from file to folder: it builds, and no file of it tells a small count."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from ruamel.yaml import YAML

from reportgen.analyses import make_records
from reportgen.cli import run
from reportgen.pipeline import Order, build, read
from reportgen.records.numbers import MINUS, numbers_in
from tests.page_numbers import pages_of, trace_numbers
from tests.peeling_study import AGREEMENT, PARTITION, PEELING
from tests.screened_study import PUBLISHED, TRIALS, write_screened
from tests.study_files import write_yaml

pytestmark = pytest.mark.slow

MINIMUM = 5
CONTENTS = [
    {"series": "Table", "show": "included-trials", "name": "trials"},
    {"series": "Table", "show": "descriptive", "of": "people", "name": "people"},
    {"series": "Fig.", "show": "forest", "of": "pooled", "name": "forest"},
    {"series": "Fig.", "show": "forest-by-trial", "of": "pooled", "name": "by-trial"},
    {
        "series": "Fig.",
        "show": "forest-by-trial",
        "of": "pooled",
        "name": "means",
        "columns": {"left": ["n", "mean-sd"]},
    },
    {"series": "Table", "show": "estimates-by-trial", "of": "pooled", "name": "estimates"},
    {"series": "Fig.", "show": "interaction-forest", "of": "screening", "name": "interactions"},
    {"series": "Table", "show": "interaction-estimates", "of": "screening", "name": "readings"},
    {"series": "Table", "show": "effect-at-values", "of": "screening", "name": "values"},
    {"series": "Fig.", "show": "effect-at-values-forest", "of": "screening", "name": "values-forest"},
    {"series": "Fig.", "show": "interaction-by-trial", "of": "screening", "name": "trial-interactions"},
    {"series": "Table", "show": "interaction-by-trial-estimates", "of": "screening", "name": "trial-numbers"},
    {"series": "Table", "show": "credibility", "of": "screening", "name": "credibility"},
    {"series": "Table", "show": "credibility", "of": "rp", "name": "credibility-rp"},
    {"series": "Table", "show": "credibility", "of": "peeling", "name": "credibility-peeling"},
    {"series": "Table", "show": "availability", "name": "availability"},
    {"series": "Table", "show": "analysed", "of": "pooled", "name": "analysed"},
    {"series": "Table", "show": "subgroups", "of": "rp", "name": "subgroups"},
    {"series": "Fig.", "show": "cut-profiles", "of": "rp", "name": "profiles"},
    {"series": "Table", "show": "peeling-thresholds", "of": "peeling", "name": "thresholds"},
    {"series": "Fig.", "show": "peeling-trajectories", "of": "peeling", "name": "trajectories"},
    {"series": "Table", "show": "agreement", "of": "agreement", "name": "agreement"},
    {"series": "Fig.", "show": "subset-forest", "of": "side", "name": "subsets"},
    {"series": "Table", "show": "subset-estimates", "of": "side", "name": "subset-numbers"},
]


def write_small(folder: Path, minimum: int = MINIMUM) -> Path:
    """Write three trials: three people of the north are male, three of it in a middling mood, and few come to follow-up."""
    path = write_screened(folder, percentiles=[0, 50])
    study = YAML(typ="safe").load(path)
    people = {
        "method": "descriptive",
        "sides_of": "overall",
        "variables": ["age", "sex", "mood"],
        "standardised_difference": True,
    }
    moderators = {"moderators": ["age", "baseline RMDQ"]}
    study["analyses"] |= {
        "pooled": {"method": "meta-analysis"},
        "people": people,
        "rp": PARTITION | moderators,
        "peeling": PEELING | moderators,
        "agreement": AGREEMENT,
        "women": {"method": "meta-analysis", "subset": {"sex": "female"}},
        "men": {"method": "meta-analysis", "subset": {"sex": "male"}},
        "side": {
            "method": "subgroup-differences",
            "subsets": ["women", "men"],
            "everybody": "pooled",
            "screening": "screening",
        },
    }
    study["policy"] = {"minimum_cell": minimum, "draws": {"sign_flips": 20, "bootstrap": 20}}
    study["report"] = {"formats": ["html", "docx", "quarto", "figures", "workbook", "results"], "contents": CONTENTS}
    write_yaml(path, study)
    for name in TRIALS:
        file = folder / f"{name.lower()}.csv"
        table, first = pd.read_csv(file), 3 if name == "North" else 0
        table["sex"] = np.where(table.index < first, 1, 2)
        table["mood"] = np.where(table.index < first, 2, table["mood"].replace(2, 1))
        if name == "North":
            table["rm_q3"] = table["rm_q3"].astype("Int64").where((table["arm"] == 1) | (table.index < 6))
        table.to_csv(file, index=False)
        mapping = YAML(typ="safe").load(folder / f"{name.lower()}.yaml")
        write_yaml(folder / f"{name.lower()}.yaml", {**mapping, "published": PUBLISHED})
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
    traced = trace_numbers(pages_of(folder), texts)
    assert traced.untraced == ()
    assert traced.found > 100


def test_what_is_hidden_has_no_value_in_any_file(folder: Path) -> None:
    rows = pd.read_parquet(folder / "results.parquet").set_index("id")
    suppressed = rows[rows["status"] == "suppressed"]
    for start in ("screening.", "people.", "ledger."):
        assert suppressed.index.str.startswith(start).any(), start
    assert suppressed["value"].isna().all()
    assert set(suppressed["text"]) <= {"–", f"<{MINIMUM}"}
    listed = {row["id"]: row for row in json.loads((folder / "results.json").read_text(encoding="utf-8"))["rows"]}
    assert {listed[id_]["value"] for id_ in suppressed.index} == {None}
    csv = pd.read_csv(folder / "results.csv").set_index("id")
    assert csv.loc[suppressed.index, "value"].isna().all()


def test_no_count_of_a_characteristic_is_small(folder: Path) -> None:
    rows = pd.read_parquet(folder / "results.parquet")
    counts = rows[(rows["unit"] == "participants") & (rows["value"] > 0) & (rows["value"] < MINIMUM)]
    # who has no value or was left out is counted whatever the number
    assert counts["id"].str.contains(r"left-out|cost|lost").all(), counts["id"].tolist()


def test_the_pages_say_that_something_is_hidden(folder: Path) -> None:
    page = pages_of(folder)
    for said in (
        "suppressed",
        "too few participants of an arm to be printed is shown as a dash",
        "and effects based on",
    ):
        assert said in page


@pytest.fixture(scope="module")
def secrets(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """What the same study tells under a policy that guards nobody, of all that is suppressed here."""
    spec, repository = read(write_small(tmp_path_factory.mktemp("open"), minimum=0))
    disclosed = {number.id: number.value for number in numbers_in(make_records(spec, repository, profile="draft"))}
    north = {id_ for id_ in disclosed if ".trial.north." in id_}
    rows = pd.read_parquet(folder / "results.parquet").set_index("id")
    suppressed = rows.index[rows["status"] == "suppressed"]
    values = {id_: disclosed.get(id_) for id_ in {*suppressed, *north}}
    # a number of few digits may stand anywhere for something else
    return {id_: value for id_, value in values.items() if value is not None and value * 1e4 % 1 > 1e-6}


def test_no_file_holds_a_suppressed_value(folder: Path, secrets: dict[str, float]) -> None:
    assert len(secrets) > 25
    for start in ("pooled.overall.rmdq.short.trial.north", "screening.overall.rmdq.short", "people.sex"):
        assert any(id_.startswith(start) for id_ in secrets), start
    found = dict(numbers_of_files(folder))
    assert {Path(place).suffix for place in found} >= {
        ".csv",
        ".json",
        ".parquet",
        ".xlsx",
        ".docx",
        ".svg",
        ".html",
        ".yaml",
    }
    for place, values in found.items():
        near = np.abs(values[:, None] / np.array([*secrets.values()]) - 1).min(axis=0, initial=1.0) < 1e-7
        leaks = [id_ for id_, leak in zip(secrets, near, strict=True) if leak]
        assert not leaks, (place, leaks)


def numbers_of_files(folder: Path) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield every number of every file: cells of Parquet and the workbook, tokens of all that is text."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            table = pd.read_parquet(path).select_dtypes("number")
            yield path.name, table.to_numpy(dtype=float).ravel()
        elif path.suffix == ".xlsx":
            sheets = pd.read_excel(path, sheet_name=None, header=None, engine="calamine").values()
            cells = [cell for sheet in sheets for cell in sheet.to_numpy().ravel() if isinstance(cell, int | float)]
            yield path.name, np.array(cells, dtype=float)
        elif path.suffix in {".csv", ".json", ".svg", ".html", ".yaml", ".qmd", ".md", ".docx"}:
            written = zipfile.Path(path, "word/document.xml") if path.suffix == ".docx" else path
            text = written.read_text(encoding="utf-8").replace(MINUS, "-")
            yield str(path), np.array([float(token) for token in re.findall(r"-?\d+\.\d+", text)], dtype=float)


def numbers_of_study(path: Path) -> dict[str, float | None]:
    spec, repository = read(path)
    records = make_records(spec, repository, profile="draft")
    disclosed = (*numbers_in(records.analyses), *numbers_in(records.availability), *numbers_in(records.reconciliation))
    return {number.id: number.value for number in disclosed}


def test_no_number_of_any_analysis_depends_on_what_became_of_the_few(tmp_path: Path) -> None:
    path = write_small(tmp_path / "moved")
    before = numbers_of_study(path)
    table = pd.read_csv(path.parent / "north.csv")
    few = (table["arm"] == 2) & table["rm_q3"].notna()
    assert 0 < few.sum() < MINIMUM
    table.loc[few, "rm_q3"] = 24 - table.loc[few, "rm_q3"]
    table.to_csv(path.parent / "north.csv", index=False)
    assert numbers_of_study(path) == before


def test_what_is_suppressed_is_listed_without_values(folder: Path) -> None:
    listed = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))["disclosure"]
    assert listed["minimum_cell"] == MINIMUM
    kinds = {(item["where"], item["kind"]) for item in listed["suppressed"]}
    assert kinds >= {
        ("pooled", "trials that are not pooled"),
        ("people", "cells of tables"),
        ("screening", "effects at a level or value"),
    }
    assert all(set(item) == {"where", "kind", "reason", "count"} and item["reason"] for item in listed["suppressed"])
    page = pages_of(folder)
    assert "participants of an arm contribute to them" in page


def test_the_terminal_says_what_is_suppressed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write_small(tmp_path / "s")
    assert run(["build", str(path), "--output", str(tmp_path / "out"), "--only", "trials", "-j", "1"]) == 0
    line = next(line for line in capfd.readouterr().err.splitlines() if line.startswith("Suppressed"))
    assert "fewer than 5 participants of an arm" in line
    assert "trials that are not pooled (" in line
    assert line.endswith("See provenance.json.")


def test_a_policy_that_guards_nobody_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write_small(tmp_path / "s", minimum=0)
    assert run(["build", str(path), "--output", str(tmp_path / "out"), "--only", "trials", "-j", "1"]) == 0
    assert "Suppressed" not in capfd.readouterr().err
    listed = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))["disclosure"]
    assert listed == {"minimum_cell": 0, "suppressed": []}
    assert "suppresses nothing" in pages_of(tmp_path / "out")

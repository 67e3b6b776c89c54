"""Numbers that were right by themselves and wrong beside others: weights, I², and the trials of an interaction."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from reportgen.analyses import make_records
from reportgen.figures.forest_by_trial import forest_by_trial_sheets
from reportgen.pipeline import read
from reportgen.records.model import MetaAnalysis
from tests.failing.inputs import said, written
from tests.page_numbers import pages_of

BUILT = ("--formats", "html,results,workbook", "-j", 1)
PAIN = "pooled.overall.pain.short"


def results(report: Path) -> dict[str, dict[str, str]]:
    with (report / "results.csv").open(encoding="utf-8-sig", newline="") as stream:
        return {row["id"]: row for row in csv.DictReader(stream)}


def page(report: Path) -> str:
    return pages_of(report).replace("&#39;", "'")


@pytest.mark.slow
def test_one_trial_in_tiny_units_has_the_i2_that_fits_its_weight(tmp_path: Path) -> None:
    done = said("build", written("b_tiny", tmp_path), "--output", tmp_path / "out", *BUILT)
    assert done.code == 0, done.err
    assert "Warning" not in done.err
    found = results(tmp_path / "out")
    assert found[f"{PAIN}.i2"]["text"] == "81"
    assert float(found[f"{PAIN}.two-stage.tau2"]["value"]) == pytest.approx(28.736147392891557, rel=1e-9)
    # Q as in whole-number arithmetic; sums over an n x n matrix give 3.85
    assert float(found[f"{PAIN}.two-stage.q"]["value"]) == pytest.approx(5.131430971, rel=1e-9)
    assert found[f"{PAIN}.trial.north.weight"]["text"] == "59.7"


@pytest.mark.slow
def test_weights_stand_beside_the_model_that_they_belong_to(tmp_path: Path) -> None:
    study = written("weights_ordinary", tmp_path)
    done = said("build", study, "--output", tmp_path / "out", *BUILT)
    assert done.code == 0, done.err
    assert (
        "The estimates of the one-step and the common-effect model lie outside the range of the trials' own effects: the model "
        "has one slope of each adjuster for all trials"
    ) in page(tmp_path / "out")
    record = make_records(*read(study), profile="final").analyses["pooled"]
    assert isinstance(record, MetaAnalysis)
    (sheet,) = forest_by_trial_sheets(record.results[0], record.settings, name="fig2")
    words = " ".join(" ".join(piece.text for piece in item.pieces) for item in sheet.words())
    assert "Weight" in words and "(%)" in words
    assert "Pooled, one-step" in words and "9.00" in words
    assert "Pooled, two-stage" in words and "8.60" in words
    assert "lie outside the range of the trials' own effects" in words


@pytest.mark.slow
def test_a_trial_in_which_sex_is_the_arm_tells_nothing_of_its_interaction(tmp_path: Path) -> None:
    done = said("build", written("b_mod_empty_cell", tmp_path), "--output", tmp_path / "out", *BUILT)
    assert done.code == 0, done.err
    found = results(tmp_path / "out")
    sex = found["mod.overall.pain.short.sex.within.male.effect"]
    assert (sex["value"], sex["status"]) == ("", "not estimable")
    assert sex["reason"] == "it varies on both sides of one trial, and the screening needs two"
    assert found["mod.overall.pain.short.sex.trials"]["text"] == "1"
    assert found["mod.overall.pain.short.sex.n"]["text"] == "30"
    assert found["mod.overall.pain.short.age.trials"]["text"] == "2"
    assert found["mod.overall.pain.short.tested"]["text"] == "1"
    assert "further trial of the model provides no information on the interaction" in page(tmp_path / "out")

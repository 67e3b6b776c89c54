"""What a meta-analysis records: of one trial alone, of trials without an effect of their own, of the two models' difference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reportgen.analyses import make_records
from reportgen.figures.forest import forest_sheets
from reportgen.pipeline import read
from reportgen.records.estimate import Estimate
from reportgen.records.model import MetaAnalysis, PooledEffect
from reportgen.records.numbers import Number, numbers_in, plain
from reportgen.render.methods import methods
from reportgen.spec.analyses import MetaAnalysis as Node
from reportgen.spec.shows import Forest
from reportgen.tables import by_trial, estimates, model_status
from reportgen.views import SHOWS
from tests.analysed import analysed
from tests.study_files import people, write_study

Change = Callable[[pd.DataFrame], pd.DataFrame]


def pooled_of(folder: Path, change: Change | None = None, south: Change | None = None, **node: Any) -> MetaAnalysis:
    """Analyse the small study, the people of a trial changed."""
    asked = {"method": "meta-analysis", **node}
    path = write_study(
        folder, {"analyses": {"pooled": asked}, "report": {"formats": ["html", "workbook", "results"], "contents": []}}
    )
    for name, seed, n, changed in (("north", 1, 60, change), ("south", 2, 80, south)):
        if changed:
            changed(people(seed, n)).to_csv(folder / f"{name}.csv", index=False)
    spec, repository = read(path)
    found = spec.study.analyses["pooled"]
    assert isinstance(found, Node)
    return analysed("pooled", found, repository, spec.study)


def the(record: MetaAnalysis) -> PooledEffect:
    (effect,) = record.results
    return effect


def everybody_recovers(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(rm_q3=0)


def nobody_changes(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(rm_q3=frame.rm_b)


def exactly_by_arm(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(rm_q3=frame.rm_b - 3 * (frame.arm == 1))


def nothing_measured(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(rm_q3=pd.NA)


EXACT = "the model reproduces the outcome exactly, so that no residual variance is left"
DEGENERATE = [
    (everybody_recovers, EXACT),
    (nobody_changes, "the outcome is constant"),
    (exactly_by_arm, EXACT),
]


@pytest.mark.parametrize(("change", "reason"), DEGENERATE)
def test_a_trial_without_residual_variance_takes_no_weight(tmp_path: Path, change: Change, reason: str) -> None:
    record = pooled_of(tmp_path, change)
    effect = the(record)
    north, south = effect.by_trial
    assert (north.status, north.reason, north.weight.value) == ("not estimable", reason, None)
    assert south.status == "ok"
    # one trial is left with an effect of its own: nothing is pooled in two stages
    assert effect.estimate.effect.value is not None
    assert effect.two_stage.effect.value is None
    assert effect.two_stage.effect.reason == "only one trial has an effect of its own: no two-stage pooling"
    assert (effect.heterogeneity.i2.value, south.weight.value) == (None, None)
    assert effect.two_stage_heterogeneity.q.reason == effect.two_stage.effect.reason


def test_a_degenerate_trial_of_three_is_named_as_left_out_of_the_two_stage_model(tmp_path: Path) -> None:
    third = {"trial": "East", "data": {"file": "east.csv", "participant": "id"}}
    contents = {"formats": ["html", "workbook", "results"], "contents": []}
    path = write_study(
        tmp_path,
        {
            "trials": ["north.yaml", "south.yaml", "east.yaml"],
            "analyses": {"pooled": {"method": "meta-analysis"}},
            "report": contents,
        },
        south={"trial": "South"},
    )
    (tmp_path / "east.yaml").write_text(
        (tmp_path / "south.yaml").read_text().replace("South", str(third["trial"])).replace("south.csv", "east.csv")
    )
    exactly_by_arm(people(3, 50)).to_csv(tmp_path / "east.csv", index=False)
    spec, repository = read(path)
    record = analysed("pooled", spec.study.analyses["pooled"], repository, spec.study)  # type: ignore[arg-type]
    effect = the(record)
    assert (effect.trials.value, effect.two_stage_heterogeneity.trials.value) == (3, 2)
    assert [row.trial.text for row in effect.one_step_only] == ["East"]
    weights = [row.weight.value for row in effect.by_trial if row.weight.value is not None]
    assert len(weights) == 2 and sum(weights) == pytest.approx(100)
    notes = [plain(note) for note in estimates(record.results, record.settings).footnotes]
    said = (
        "In the one-step model but not in the two-stage model: East (the model reproduces the outcome exactly, so that no "
        "residual variance is left)."
    )
    assert said in [note.lstrip("ᵃᵇᶜ") for note in notes]


@pytest.mark.parametrize("inference", ["kenward-roger", "satterthwaite", "normal"])
@pytest.mark.parametrize("treatment_effect", ["random", "common"])
def test_one_trial_alone_is_its_own_analysis_of_covariance(
    tmp_path: Path, treatment_effect: str, inference: str
) -> None:
    record = pooled_of(
        tmp_path,
        south=nothing_measured,
        minimum_trials=1,
        inference=inference,
        treatment_effect=treatment_effect,
        estimation="ml",
        intercept="random",
    )
    effect = the(record)
    assert effect.alone and effect.status == "ok"
    (north,) = effect.by_trial
    for field in ("effect", "low", "high", "std_error", "df", "p"):
        assert getattr(effect.estimate, field).value == getattr(north.estimate, field).value
    assert effect.estimate.df.value == 57  # 60 people, intercept, treatment, baseline
    for beside in (effect.common, effect.two_stage, effect.two_stage_heterogeneity, effect.heterogeneity):
        assert {number.value for number in numbers_in(beside)} == {None}
    assert north.weight.value is None and effect.outside == ""
    assert effect.common.effect.reason == "one trial: no pooling"
    assert [row.cells[0] for group in model_status([record]).groups for row in group.rows] == [("one trial",)]
    (sheet,) = forest_sheets(record.results, record.settings, name="fig1")
    words = " ".join([plain(sheet.alt), *(" ".join(piece.text for piece in item.pieces) for item in sheet.words())])
    assert "pooled " not in words.replace("nothing is pooled", "") and "one trial's own effect" in words


def test_one_trial_that_is_degenerate_has_no_effect_and_its_reason(tmp_path: Path) -> None:
    effect = the(pooled_of(tmp_path, change=exactly_by_arm, south=nothing_measured, minimum_trials=1))
    assert (effect.status, effect.reason, effect.alone) == ("not estimable", EXACT, False)
    assert effect.estimate.effect.value is None


@pytest.mark.parametrize("both", [True, False])
def test_methods_say_what_one_trial_is(tmp_path: Path, both: bool) -> None:
    node = {"method": "meta-analysis", "minimum_trials": 1}
    path = write_study(
        tmp_path, {"analyses": {"pooled": node}, "report": {"formats": ["html", "workbook", "results"], "contents": []}}
    )
    if not both:
        nothing_measured(people(2, 80)).to_csv(tmp_path / "south.csv", index=False)
    spec, repository = read(path)
    records = make_records(spec, repository, profile="final")
    prose = " ".join(plain(paragraph) for section in methods(spec, records) for paragraph in section.paragraphs)
    assert "Where only one trial measured an outcome at a follow-up, its own effect is given" in prose
    assert ("guarded so that it never narrows an interval" in prose) == both
    assert ("varies at random between trials" in prose) == both
    shown, forest = Forest(series="Fig.", show="forest", of="pooled"), SHOWS["forest"]
    caption = forest.caption(forest.title, records.analyses["pooled"], shown)
    assert plain(caption).startswith("Pooled effects" if both else "Effects of single trials")
    assert ("Each effect is that of its trial, by analysis of covariance, adjusted for the baseline" in prose) != both


def test_each_test_of_the_two_stage_model_has_its_interval(tmp_path: Path) -> None:
    found = {
        test: the(pooled_of(tmp_path / test, two_stage={"test": test})).two_stage
        for test in ("knha", "knha-plain", "normal")
    }
    error = {test: item.std_error.value or 0.0 for test, item in found.items()}
    assert error["knha"] == pytest.approx(max(error["knha-plain"], error["normal"]))
    assert [item.df.text for item in found.values()] == ["1.0", "1.0", "∞"]


def test_i2_and_q_belong_to_the_two_stage_model_whatever_the_one_step_model_is(tmp_path: Path) -> None:
    random, common = (the(pooled_of(tmp_path / kind, treatment_effect=kind)) for kind in ("random", "common"))
    assert common.heterogeneity.tau2.reason == "the model has one effect common to all trials"
    assert common.heterogeneity.i2.value == random.heterogeneity.i2.value is not None
    assert common.two_stage_heterogeneity.q.value == random.two_stage_heterogeneity.q.value is not None


def apart(frame: pd.DataFrame) -> pd.DataFrame:
    """The arms differ at baseline, and the slope of the baseline is steep."""
    before = (frame.rm_b - 4) * 0.5 + 4 + 4 * (frame.arm == 1)
    noise = frame.rm_q3 - frame.rm_b
    return frame.assign(rm_b=before.round(), rm_q3=(0.1 * before + 6 + noise).clip(0, 24).round())


def test_an_estimate_outside_its_trials_has_its_reason_and_one_inside_has_none(tmp_path: Path) -> None:
    inside = the(pooled_of(tmp_path / "a", adjuster_slopes="stratified", adjust_for=[]))
    assert inside.outside == ""
    effect = the(pooled_of(tmp_path / "b", change=apart))
    own = [row.estimate.effect.value or 0.0 for row in effect.by_trial]
    pooled = effect.estimate.effect.value or 0.0
    assert bool(effect.outside) == (not min(own) <= pooled <= max(own))
    assert bool(effect.outside)
    assert "one slope of each adjuster for all trials" in effect.outside
    assert the(pooled_of(tmp_path / "c", change=apart, adjuster_slopes="stratified")).outside == ""


@pytest.mark.parametrize("change", [exactly_by_arm, nobody_changes])
def test_a_reason_of_a_fit_is_part_of_the_sentence_in_which_it_stands(tmp_path: Path, change: Change) -> None:
    record = pooled_of(tmp_path, change)
    notes = [plain(note) for note in by_trial(the(record), record.settings).footnotes]
    assert any("Not estimable: the " in note for note in notes)
    assert not any(".." in note or ": The " in note for note in notes)


def test_on_a_scale_to_100_all_numbers_of_a_row_are_on_it(tmp_path: Path) -> None:
    record = pooled_of(tmp_path)
    effect = the(record)
    assert effect.scaled and effect.scaled_checks
    checks, apart, factor = effect.scaled_checks, effect.two_stage_heterogeneity, 100 / 24
    by_factor = [
        (effect.scaled.effect, effect.estimate.effect),
        *zip((checks.common, checks.common_low, checks.common_high), interval_of(effect.common), strict=True),
        *zip(
            (checks.two_stage, checks.two_stage_low, checks.two_stage_high), interval_of(effect.two_stage), strict=True
        ),
    ]
    by_square = [
        (checks.tau2, effect.heterogeneity.tau2),
        (checks.two_stage_tau2, apart.tau2),
        (checks.two_stage_tau2_low, apart.tau2_low),
        (checks.two_stage_tau2_high, apart.tau2_high),
    ]
    assert all(scaled.value == pytest.approx(factor * own.value, rel=1e-12) for scaled, own in by_factor)
    assert all(scaled.value == pytest.approx(factor**2 * own.value, rel=1e-12) for scaled, own in by_square)
    (row,) = (row for group in estimates(record.results, record.settings, scale="0-100").groups for row in group.rows)
    printed = {number.id for number in numbers_in(row)}
    assert {scaled.id for scaled, _ in by_factor + by_square} <= printed
    assert not {own.id for _, own in by_factor + by_square} & printed


def interval_of(estimate: Estimate) -> tuple[Number, Number, Number]:
    return estimate.effect, estimate.low, estimate.high

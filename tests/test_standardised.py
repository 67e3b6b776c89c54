"""Standardised mean differences: whole studies from the study file to the page, and what is refused before anything is read."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import chi2

from reportgen.analyses.cohorts import Cohorts
from reportgen.analyses.methods import planned_analyses
from reportgen.analyses.moderator_values import values_of
from reportgen.cli import run
from reportgen.pipeline import read
from reportgen.records.model import MetaAnalysis, PooledEffect
from reportgen.spec.load import examine_study
from reportgen.stats import fit_one_step, screen_moderator
from reportgen.stats.descriptive import pooled_sd, small_sample_factor
from tests.analysed import analysed, people_of
from tests.study_files import MAPPING, STUDY, write_study

SMD = {"RMDQ": {"measure": "standardised"}}
TWO_SCALES: dict[str, Any] = {
    "instruments": {**STUDY["instruments"], "FUN": {"name": "Function", "range": [0, 100], "better": "higher"}},
    "outcomes": {"function": {"first_available": ["RMDQ", "FUN"], "measure": "standardised", "better": "lower"}},
}
POOLED = {"pooled": {"method": "meta-analysis"}}


def write(folder: Path, south: dict[str, Any] | None = None, **parts: Any) -> Path:
    """Write the two trials, with the outcome standardised unless another is given."""
    parts = {"outcomes": SMD, "analyses": POOLED, "report": {"contents": []}, **parts}
    return write_study(folder, {**STUDY, **parts}, south=south)


def record_of(path: Path, name: str = "pooled") -> Any:
    spec, repository = read(path)
    return analysed(name, spec.study.analyses[name], repository, spec.study)


def effect_of(path: Path) -> PooledEffect:
    record: MetaAnalysis = record_of(path)
    return record.results[0]


def divided(folder: Path) -> pd.DataFrame:
    """The people of both trials, with change `z` and baseline `b` divided by hand."""
    tables = []
    for name in ("north", "south"):
        table = pd.read_csv(folder / f"{name}.csv").dropna(subset=["rm_b", "rm_q3"]).assign(trial=name)
        arms = [group["rm_b"] for _, group in table.groupby("arm")]
        df = sum(len(arm) - 1 for arm in arms)
        sd = np.sqrt(sum((len(arm) - 1) * arm.var() for arm in arms) / df)
        table["divisor"] = sd / small_sample_factor(df)
        tables.append(table.assign(z=(table["rm_b"] - table["rm_q3"]) / table["divisor"], b=table["rm_b"] / table["divisor"]))  # fmt: skip
    return pd.concat(tables)


@pytest.mark.parametrize("df", [3, 5, 60, 400])
def test_the_factor_is_what_makes_a_standardised_mean_difference_unbiased(df: int) -> None:
    mean, _ = quad(lambda x: chi2.pdf(x, df) / np.sqrt(x / df), 1e-12, 6 * df + 60, limit=2000, points=[df])
    assert small_sample_factor(df) == pytest.approx(1 / mean, rel=1e-7)


def test_a_pooled_sd_needs_two_people_of_a_side() -> None:
    sd, df = pooled_sd([3.0, 5.0, 9.0], [0, 0, 1])
    assert (sd, df) == (pytest.approx(np.sqrt(2)), 1)
    assert np.isnan(pooled_sd([3.0, 9.0], [0, 1])[0]) and np.isnan(small_sample_factor(1))


def test_the_effect_is_that_of_one_model_of_values_divided_by_hand(tmp_path: Path) -> None:
    effect = effect_of(write(tmp_path / "s"))
    table = divided(tmp_path / "s")
    treated = (table["arm"] == 1).astype(int)
    fit = fit_one_step(table["z"], treated, table["trial"], adjusters=table["b"])
    assert effect.estimate.effect.value == pytest.approx(float(np.asarray(fit.effect.estimate)), rel=1e-9)
    assert effect.heterogeneity.tau2.value == pytest.approx(fit.tau2, abs=1e-10)
    assert (effect.scale.head, effect.scale.title, effect.unit.text) == ("SMD", "Standardised mean difference", "")
    assert effect.scaled is None


def test_a_value_at_follow_up_is_divided_by_the_sd_at_baseline_where_that_adjusts(tmp_path: Path) -> None:
    found = []
    for name, adjust_for in (("with", ["baseline"]), ("without", [])):
        outcomes = {"RMDQ": {"measure": "standardised", "analyse": "final"}}
        analyses = {"pooled": {"method": "meta-analysis", "adjust_for": adjust_for}}
        found.append(effect_of(write(tmp_path / name, outcomes=outcomes, analyses=analyses)))
    change = effect_of(write(tmp_path / "change"))
    assert found[0].estimate.effect.value == pytest.approx(change.estimate.effect.value, rel=1e-9)
    table = pd.read_csv(tmp_path / "without" / "north.csv")
    (north,) = [row.estimate for row in found[1].by_trial if row.trial.text == "North"]
    arms = [table.loc[table["arm"] == arm, "rm_q3"] for arm in (1, 2)]
    df = sum(map(len, arms)) - 2
    sd = np.sqrt(sum((len(arm) - 1) * arm.var() for arm in arms) / df)
    by_hand = (arms[1].mean() - arms[0].mean()) / sd * small_sample_factor(df)
    assert north.effect.value == pytest.approx(by_hand, rel=1e-9)


def test_instruments_of_different_ranges_need_no_common_one(tmp_path: Path) -> None:
    other = {"variables": {**MAPPING["variables"], "FUN": {"column": "fun_{visit}"}}}
    del other["variables"]["RMDQ"]
    path = write(tmp_path / "two", south=other, **TWO_SCALES)
    table = pd.read_csv(tmp_path / "two" / "south.csv")
    table = table.assign(fun_b=100 - 3 * table["rm_b"], fun_q3=100 - 3 * table["rm_q3"])
    table.to_csv(tmp_path / "two" / "south.csv", index=False)
    one, two = effect_of(write(tmp_path / "one")), effect_of(path)
    assert [row.instrument.text for row in two.by_trial] == ["RMDQ", "FUN"]
    assert two.estimate.effect.value == pytest.approx(one.estimate.effect.value, rel=1e-9)
    assert two.estimate.low.value == pytest.approx(one.estimate.low.value, rel=1e-7)
    means = two.by_trial[1].means
    assert means is not None and means.control.value == pytest.approx(
        3 * (table.loc[table["arm"] == 2, "rm_b"] - table.loc[table["arm"] == 2, "rm_q3"]).mean()
    )


def test_moderators_keep_their_units_and_interactions_are_in_sds(tmp_path: Path) -> None:
    screening = {"screening": {"method": "moderators", "moderators": ["age", "baseline RMDQ"], "percentiles": [50]}}
    path = write(tmp_path / "s", analyses=screening)
    (screen,) = record_of(path, "screening").results
    table = divided(tmp_path / "s")
    treated = (table["arm"] == 1).astype(int)
    for interaction, column in zip(screen.interactions, ("age", "rm_b"), strict=True):
        fit = screen_moderator(
            table["z"], treated, table["trial"], table[column], adjusters=table["b"], interaction_effect="random",
            adjuster_slopes="stratified",
        )  # fmt: skip
        step = 10 if column == "age" else 1
        expected = step * float(np.asarray(fit.within.each[0].estimate).reshape(-1)[0])
        assert interaction.within.each[0].effect.value == pytest.approx(expected, rel=1e-6)
    assert screen.scale.measure == "standardised mean difference" and screen.unit.text == ""


def test_searches_see_a_baseline_with_the_very_values_that_people_have(tmp_path: Path) -> None:
    node = {"method": "recursive-partitioning", "moderators": ["baseline RMDQ"], "min_size": 20}
    spec, repository = read(write(tmp_path / "s", analyses={"rp": node}))
    (people,) = people_of(spec.study.analyses["rp"], repository, spec.study)
    columns = Cohorts(repository, spec.study).moderators(["baseline RMDQ"])
    values = values_of(columns["baseline RMDQ"].among(people), people)
    assert values.tolist() == divided(tmp_path / "s")["rm_b"].astype(float).tolist()


def test_a_trial_whose_baseline_does_not_vary_is_left_out_with_the_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "s")
    table = pd.read_csv(tmp_path / "s" / "south.csv").assign(rm_b=11)
    table.to_csv(tmp_path / "s" / "south.csv", index=False)
    effect = effect_of(path)
    (lost,) = effect.excluded
    assert lost.exclusion is not None and "no standard deviation" in lost.exclusion.words
    assert effect.reason == "one trial, and two are needed"


def test_plan_says_that_it_is_standardised(tmp_path: Path) -> None:
    spec, repository = read(write(tmp_path / "s"))
    (planned,) = planned_analyses(spec.study, repository)
    assert planned.effects[0].analysed == "change, standardised"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({**TWO_SCALES, "outcomes": {"function": {"first_available": ["RMDQ", "FUN"], "measure": "standardised"}}}, "`first_available` needs `better`"),
        ({**TWO_SCALES, "analyses": {"a": {"method": "moderators", "moderators": ["baseline function"]}}}, "no scale in common"),
        ({**TWO_SCALES, "analyses": {"a": {"method": "descriptive", "sides_of": "overall", "variables": ["baseline function"]}}}, "no scale in common"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, parts: dict[str, Any], said: str) -> None:
    problems = examine_study(write(tmp_path / "s", **parts)).problems
    found = [problem for problem in problems if said in str(problem)]
    assert found and all(problem.origin and problem.hint for problem in found)


def test_the_pages_say_smd_and_by_which_sd(tmp_path: Path) -> None:
    contents = [
        {"series": "Fig.", "show": "forest", "of": "pooled"},
        {"series": "Fig.", "show": "forest-by-trial", "of": "pooled", "columns": {"left": ["mean-sd"]}},
        {"series": "Table", "show": "estimates", "of": "pooled"},
    ]
    path = write(tmp_path / "s", report={"formats": ["html", "results"], "contents": contents})
    assert run(["build", str(path), "--output", str(tmp_path / "out"), "-j", "1"]) == 0
    page = html.unescape(re.sub(r"<[^>]+>", "", (tmp_path / "out" / "appendix.html").read_text(encoding="utf-8")))
    words = " ".join(page.split())
    for said in (
        "is given as the standardised mean difference. Positive SMDs favour the intervention",
        "divided by the standard deviation of its participants in the analysis",
        "Adjusted standardised mean difference",
        "SMD (95% CI)",
        "SMD: standardised mean difference",
    ):
        assert said in words, said
    assert "(points)" not in words

"""Subgroups fixed in advance: who enters, who is counted outside, what the pages say, and what is refused."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reportgen.analyses.methods import planned_analyses
from reportgen.cli import run
from reportgen.pipeline import read
from reportgen.records.exclusion import ExclusionReason
from reportgen.records.model import MetaAnalysis
from reportgen.records.numbers import plain
from reportgen.spec.load import examine_study
from tests.analysed import analysed, people_of
from tests.study_files import STUDY, write_study

WOMEN = {"sex": "female"}


def write(folder: Path, subset: dict[str, Any], **parts: Any) -> Path:
    """Write the two trials with an analysis of a subgroup."""
    analyses = {"pooled": {"method": "meta-analysis", "subset": subset}}
    return write_study(folder, {**STUDY, "analyses": analyses, "report": {"contents": []}, **parts})


def write_kept(folder: Path, keep: str) -> Path:
    """Write the same with the files of the people in the subgroup alone."""
    path = write(folder, {})
    for name in ("north", "south"):
        table = pd.read_csv(folder / f"{name}.csv")
        table.query(keep).to_csv(folder / f"{name}.csv", index=False)
    return path


def pooled(path: Path) -> MetaAnalysis:
    spec, repository = read(path)
    record: MetaAnalysis = analysed("pooled", spec.study.analyses["pooled"], repository, spec.study)
    return record


@pytest.mark.parametrize(
    ("subset", "keep", "words"),
    [
        (WOMEN, "sex == 2", "sex female"),
        ({"sex": ["male"]}, "sex == 1", "sex male"),
        ({"age": "at least 40"}, "age >= 40", "age at least 40 years"),
        ({"age": "below 60"}, "age < 60", "age below 60 years"),
        ({"age": "30 to 70"}, "30 <= age <= 70", "age 30 to 70 years"),
        ({"baseline RMDQ": "above 8"}, "rm_b > 8", "Roland Morris at baseline above 8 points"),
    ],
)
def test_the_effect_is_that_of_files_with_these_people_alone(
    tmp_path: Path, subset: dict[str, Any], keep: str, words: str
) -> None:
    record, alone = pooled(write(tmp_path / "all", subset)), pooled(write_kept(tmp_path / "kept", keep))
    (found,), (expected,) = record.results, alone.results
    assert found.estimate.effect.value == pytest.approx(expected.estimate.effect.value, rel=1e-9)
    assert found.n.value == expected.n.value
    outside = [item for item in found.excluded if item.exclusion and item.exclusion.kind is ExclusionReason.OUTSIDE]
    assert {plain(item.reason) for item in outside} == {f"outside the subgroup {words}"}
    assert sum(item.n.value or 0 for item in outside) + (found.n.value or 0) == found.in_comparison.value
    assert [condition.text for condition in record.subset] == [words]


def test_conditions_hold_together_and_who_lacks_a_value_is_counted_apart(tmp_path: Path) -> None:
    path = write(tmp_path / "s", {"age": "at least 40", "sex": "female"})
    table = pd.read_csv(tmp_path / "s" / "north.csv").astype({"age": object})
    table.loc[[0, 1, 2], "age"] = ""
    table.to_csv(tmp_path / "s" / "north.csv", index=False)
    (effect,) = pooled(path).results
    tables = [pd.read_csv(tmp_path / "s" / f"{name}.csv") for name in ("north", "south")]
    assert effect.n.value == sum(len(item.query("sex == 2 and age >= 40")) for item in tables)
    unknown = [item for item in effect.excluded if item.exclusion and item.exclusion.kind is ExclusionReason.NO_VALUE]
    assert [(item.trial.text, plain(item.reason), item.n.value) for item in unknown] == [
        ("North", "no value of age", 3)
    ]


@pytest.mark.parametrize(
    "node",
    [
        {"method": "moderators", "moderators": ["age"]},
        {"method": "recursive-partitioning", "moderators": ["age"]},
        {"method": "directed-peeling", "moderators": ["age"]},
    ],
)
def test_every_method_sees_the_people_of_the_subgroup_alone(tmp_path: Path, node: dict[str, Any]) -> None:
    path = write(tmp_path / "s", {}, analyses={"a": {**node, "subset": WOMEN}, "all": node})
    spec, repository = read(path)
    (women,), (everybody,) = (people_of(spec.study.analyses[name], repository, spec.study) for name in ("a", "all"))
    sex = repository.participants["sex"].to_numpy()
    assert set(sex[women.rows]) == {"female"} and set(sex[everybody.rows]) == {"female", "male"}
    planned = {item.name: item.effects[0].n for item in planned_analyses(spec.study, repository)}
    assert planned == {"a": women.n, "all": everybody.n}


@pytest.mark.parametrize("outcome", ["RMDQ", "again"])
def test_a_trial_with_few_people_outside_is_left_out_where_another_analysis_tells_of_all(
    tmp_path: Path, outcome: str
) -> None:
    """Under whatever name it tells of the same values."""
    node = {"method": "meta-analysis", "minimum_trials": 1}
    analyses = {"pooled": {**node, "subset": WOMEN, "outcomes": "RMDQ"}, "all": {**node, "outcomes": outcome}}
    outcomes = {"RMDQ": {}, "again": {"instrument": "RMDQ"}}
    for name, both in (("alone", False), ("beside", True)):
        chosen = analyses if both else {"pooled": analyses["pooled"]}
        path = write(tmp_path / name, {}, analyses=chosen, outcomes=outcomes)
        table = pd.read_csv(tmp_path / name / "north.csv").assign(sex=2)
        table.loc[:5, "sex"] = 1  # three of either arm
        table.to_csv(tmp_path / name / "north.csv", index=False)
        (effect,) = pooled(path).results
        left = {
            item.trial.text
            for item in effect.excluded
            if item.exclusion and item.exclusion.kind is ExclusionReason.TOO_CLOSE
        }
        assert left == ({"North"} if both else set())
        assert effect.trials.value == (1 if both else 2)


def test_captions_methods_and_key_findings_say_of_whom_an_analysis_is(tmp_path: Path) -> None:
    contents = [
        {"series": "Fig.", "show": "forest", "of": "pooled"},
        {"series": "Table", "show": "analysed", "of": "pooled"},
    ]
    covariates = {**STUDY["covariates"], "sex": {**STUDY["covariates"]["sex"], "label": "Sex"}}
    report = {"formats": ["html"], "contents": contents}
    path = write(tmp_path / "s", WOMEN, covariates=covariates, report=report)
    assert run(["build", str(path), "--output", str(tmp_path / "out"), "-j", "1"]) == 0
    page = html.unescape(re.sub(r"<[^>]+>", "", (tmp_path / "out" / "appendix.html").read_text(encoding="utf-8")))
    words = " ".join(page.split())
    for said in (
        "This analysis is limited to a subgroup fixed in advance: participants with Sex female.",
        "Among participants with Sex female (a subgroup fixed in advance): For overall",
        "Pooled effects: overall, Sex female",
        "outside the subgroup Sex female: North",
    ):
        assert said in words, said


@pytest.mark.parametrize(
    ("subset", "said"),
    [
        ({"sexe": "female"}, "there is no covariate 'sexe'"),
        ({"sex": "woman"}, "there is no level 'woman'"),
        ({"sex": ["female", "male"]}, "every level of 'sex' is in the subgroup"),
        ({"sex": []}, "no level of 'sex' is listed"),
        ({"age": "old"}, "'old' is no interval of 'age'"),
        ({"age": ["at least 18", "below 65"]}, "is no interval of 'age'"),
        ({"age": "65 to 18"}, "the interval of 'age' ends before it begins"),
        ({"baseline VAS": "below 4"}, "there is no outcome or instrument 'VAS'"),
        ({"baseline RMDQ": "low"}, "'low' is no interval of 'baseline RMDQ'"),
    ],
)
def test_what_is_no_subgroup_is_refused_with_its_place(tmp_path: Path, subset: dict[str, Any], said: str) -> None:
    problems = examine_study(write(tmp_path / "s", subset)).problems
    found = [problem for problem in problems if said in str(problem)]
    assert found and all(problem.origin and problem.hint for problem in found), [str(item) for item in problems]

"""Covariates of trials, from the mapping to the page: where they may stand, what they compare, and what the page says of it."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reportgen.cli import run
from reportgen.pipeline import read
from reportgen.spec.load import examine_study
from reportgen.stats import screen_trial_covariate
from tests.analysed import analysed
from tests.study_files import MAPPING, STUDY, people, write_study, write_yaml

YEARS = {"North": 1995, "South": 2001, "East": 2006, "West": 2010, "Middle": 2018}
BIAS = {"North": "high", "South": "high", "East": "low", "West": "low", "Middle": "low"}
COVARIATES: dict[str, Any] = {
    **STUDY["covariates"],
    "year": {"label": "Year of publication", "level": "trial", "range": [1980, 2030], "per": 10},
    "bias": {"label": "Risk of bias", "level": "trial", "levels": ["low", "high"]},
}
SCREENING: dict[str, Any] = {"method": "moderators", "moderators": ["year", "bias", "age"], "percentiles": [10, 90]}
CONTENTS = [
    {"series": "Table", "show": "included-trials"},
    *(
        {"series": series, "show": show, "of": "screening"}
        for series, show in (
            ("Fig.", "interaction-forest"),
            ("Table", "interaction-estimates"),
            ("Table", "effect-at-values"),
            ("Fig.", "effect-at-values-forest"),
            ("Fig.", "interaction-by-trial"),
            ("Table", "interaction-by-trial-estimates"),
            ("Table", "credibility"),
        )
    ),
]


def write(folder: Path, analyses: dict[str, Any] | None = None, slope: float = 1.2, **parts: Any) -> Path:
    """Write five trials whose treatment does `slope` points more each ten years."""
    study = {
        "trials": [f"{name.lower()}.yaml" for name in YEARS],
        "covariates": COVARIATES,
        "analyses": analyses or {"screening": SCREENING},
        "report": {"formats": ["html", "results", "workbook"], "length": "full", "contents": []},
        **parts,
    }
    path = write_study(folder, {**STUDY, **study})
    for seed, (name, year) in enumerate(YEARS.items(), 1):
        own = {"trial": name, "data": {"file": f"{name.lower()}.csv", "participant": "id"}}
        given = {"characteristics": {"year": year, "bias": BIAS[name]}}
        write_yaml(folder / f"{name.lower()}.yaml", {**MAPPING, **own, **given})
        people(seed, 100, slope * (year - 1990) / 10).to_csv(folder / f"{name.lower()}.csv", index=False)
    return path


def screen(path: Path, name: str = "screening") -> Any:
    spec, repository = read(path)
    (found,) = analysed(name, spec.study.analyses[name], repository, spec.study).results
    return found


def problems(path: Path) -> list[str]:
    return [f"{problem}" for problem in examine_study(path).problems]


def built(path: Path, folder: Path) -> tuple[str, pd.Series]:
    assert run(["build", str(path), "--output", str(folder), "--no-store", "-j", "1"]) == 0
    text = re.sub(r"<(style|script).*?</\1>", "", (folder / "appendix.html").read_text(), flags=re.DOTALL)
    page = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))
    return page, pd.read_csv(folder / "results.csv").set_index("id")["value"]


def arrays(folder: Path) -> pd.DataFrame:
    tables = [pd.read_csv(folder / f"{name.lower()}.csv").assign(trial=name, year=float(YEARS[name])) for name in YEARS]
    whole = pd.concat(tables, ignore_index=True)
    return whole.assign(y=whole["rm_b"] - whole["rm_q3"], t=(whole["arm"] == 1).astype(float))


def test_the_interaction_is_the_meta_regression_within_the_one_step_model(tmp_path: Path) -> None:
    year, bias, age = screen(write(tmp_path)).interactions
    d = arrays(tmp_path)
    fit = screen_trial_covariate(
        d["y"], d["t"], d["trial"], d["year"], adjusters=d["rm_b"], adjuster_slopes="stratified", per=10.0
    )
    (ours,) = fit.across.each
    assert year.tested == bias.tested == "across"
    assert age.tested == "within"
    assert year.reading.each[0].effect.value == pytest.approx(ours.estimate, rel=1e-9)
    assert year.reading.each[0].df.value == pytest.approx(ours.df, rel=1e-7)
    assert year.reading.each[0].effect.value == pytest.approx(1.2, abs=0.6)
    assert year.trials.value == 5
    assert year.within.status == year.naive.status == "not estimable"
    assert year.within.reason == "it is one value of each trial"
    assert not year.by_trial
    assert year.level_effects is None
    assert len(bias.reading.each) == 1
    assert [at.value.text for at in bias.at] == ["low", "high"]


def test_holm_counts_it_and_draws_do_not(tmp_path: Path) -> None:
    analyses = {"screening": {**SCREENING, "draws": {"sign_flips": 20}}}
    year, bias, age = screen(write(tmp_path, analyses)).interactions
    assert year.min_p is None
    assert bias.min_p is None
    assert age.min_p.value is not None
    p = sorted(item.reading.p.value for item in (year, bias, age))
    assert min(item.holm.value for item in (year, bias, age)) == pytest.approx(3 * p[0])


@pytest.mark.slow
def test_the_page_says_that_trials_are_compared(tmp_path: Path) -> None:
    path = write(tmp_path, report={"formats": ["html", "results"], "length": "full", "contents": CONTENTS})
    page, values = built(path, tmp_path / "out")
    assert "Year of publication and Risk of bias have one value in each trial" in page
    assert "a meta-regression within the one-step model" in page
    assert "It compares trials, not participants, who were not randomised to them" in page
    assert page.count("whatever else differs between the trials may explain it") >= 4  # forest, estimates, effects
    assert "Year of publication (across trials), per 10 units" in page
    assert "so that the comparison is between trials, item b does not apply" in page
    assert values["screening.overall.rmdq.short.year.across.effect"] == pytest.approx(1.2, abs=0.6)


def test_the_table_of_trials_shows_them(tmp_path: Path) -> None:
    path = write(tmp_path, report={"formats": ["html", "results"], "contents": CONTENTS[:1]})
    mapping = tmp_path / "west.yaml"
    mapping.write_text(mapping.read_text().replace("bias: low", "").replace("characteristics:\n", "characteristics:\n"))
    page, _ = built(path, tmp_path / "out")
    assert "Year of publication" in page
    assert all(str(year) in page for year in YEARS.values())
    assert page.count(" high ") >= 2


def test_credibility_claims_nothing_within_trials(tmp_path: Path) -> None:
    from reportgen.records.modification import of_screen

    path = write(tmp_path, slope=2.5)
    spec, repository = read(path)
    record = analysed("screening", spec.study.analyses["screening"], repository, spec.study)
    (found,) = (item for item in of_screen(record.results[0], record.settings) if ".year" in item.id)
    answers = found.answers
    assert answers[0] == "probably reduced or unclear"  # between trials
    assert answers[1] == "does not apply"
    assert answers[2] == "definitely reduced"  # five trials
    assert answers[6] == "definitely increased"
    assert found.rating in ("very low", "low", "moderate")


@pytest.mark.parametrize("trials", [("North", "South"), ("North",)])
def test_fewer_than_three_trials_with_a_value_have_a_reason(tmp_path: Path, trials: tuple[str, ...]) -> None:
    path = write(tmp_path)
    for name in set(YEARS) - {*trials}:
        mapping = tmp_path / f"{name.lower()}.yaml"
        mapping.write_text(re.sub(r"  year: \d+\n", "", mapping.read_text()))
    year, *_ = screen(path).interactions
    assert year.tier == "not estimable"
    assert year.reading.reason.startswith(
        "two trials, and the across reading needs three" if len(trials) == 2 else "one trial with a value"
    )
    assert year.cost_trials.value == 5 - len(trials)


def test_a_value_of_all_trials_alike_has_a_reason(tmp_path: Path) -> None:
    path = write(tmp_path)
    for name in YEARS:
        mapping = tmp_path / f"{name.lower()}.yaml"
        mapping.write_text(re.sub(r"year: \d+", "year: 2000", mapping.read_text()))
    year, *_ = screen(path).interactions
    assert year.reading.reason == "it has one value in all"


def test_several_trials_of_one_file_have_values_by_trial(tmp_path: Path) -> None:
    path = write(tmp_path, trials=["all.yaml"])
    whole = pd.concat([people(i, 80).assign(centre=i, id=np.arange(80) + 1000 * i) for i in range(1, 5)])
    whole.to_csv(tmp_path / "all.csv", index=False)
    own = {
        "trial": {"column": "centre", "prefix": "Centre"},
        "data": {"file": "all.csv", "participant": "id"},
        "characteristics": {"year": {"Centre 1": 1990, "Centre 2": 2000, "3": 2010, "Centre 4": 2020}, "bias": "low"},
    }
    write_yaml(tmp_path / "all.yaml", {**{k: v for k, v in MAPPING.items() if k != "country"}, **own})
    _, repository = read(path)
    found = repository.participants.groupby("trial")["year"].unique().map(list).to_dict()
    assert found == {"Centre 1": [1990.0], "Centre 2": [2000.0], "Centre 3": [2010.0], "Centre 4": [2020.0]}
    assert set(repository.participants["bias"]) == {"low"}


def test_events_are_screened_across_trials(tmp_path: Path) -> None:
    from tests.event_study import write_events

    covariates = {"age": {"range": [16, 100]}, "sex": {"levels": ["female", "male"]}, "year": COVARIATES["year"]}
    analyses = {
        "screening": {"method": "moderators", "outcomes": "relapse", "moderators": ["year"], "percentiles": [10]}
    }
    path = write_events(tmp_path, {"covariates": covariates, "analyses": analyses, "report": {"contents": []}})
    for name in ("north", "south", "east"):
        mapping = tmp_path / f"{name}.yaml"
        mapping.write_text(
            mapping.read_text() + f"characteristics: {{year: {2000 + 5 * len(name) + ord(name[0]) % 7}}}\n"
        )
    (year,) = screen(path).interactions
    assert year.tested == "across"
    assert year.reading.each[0].effect.value is not None
    assert year.reading.each[0].df.value == 1  # three trials, one coefficient


@pytest.mark.parametrize(
    ("analyses", "said"),
    [
        ({"x": {"method": "meta-analysis", "adjust_for": ["baseline", "year"]}}, "'year' is a covariate of trials, and cannot be an adjuster"),
        ({"x": {"method": "recursive-partitioning", "moderators": ["age", "year"]}}, "'year' is a covariate of trials, and cannot be searched"),
        ({"x": {"method": "directed-peeling", "moderators": ["year"]}}, "'year' is a covariate of trials, and cannot be searched"),
        (
            {"screening": SCREENING, "x": {"method": "recursive-partitioning", "moderators": {"from": "screening", "p_below": 0.2}}},
            "'screening' screens 'year', a covariate of trials, which cannot be searched",
        ),
        ({"x": {"method": "descriptive", "sides_of": "overall", "variables": ["age", "year"]}}, "'year' is a covariate of trials, and cannot be described"),
    ],
)  # fmt: skip
def test_where_trials_are_not_compared_they_are_errors_with_place_and_fix(
    tmp_path: Path, analyses: dict[str, Any], said: str
) -> None:
    (found,) = examine_study(write(tmp_path, analyses)).problems
    assert found.message == said
    assert found.hint
    assert found.origin is not None
    line = (tmp_path / "study.yaml").read_text().splitlines()[found.origin.line - 1]
    assert "year" in line or "from: screening" in line


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("year: soon", "'soon' is not a number, but 'year' is numeric"),
        ("year: 3000", "3000 is outside the range of 'year', 1980 to 2030"),
        ("bias: medium", "there is no level 'medium'"),
        ("age: 50", "'age' is a covariate of participants: it has no value of the trial"),
        ("yaer: 2000", "there is no covariate of trials 'yaer'"),
        ("year: {South: 2000}", "there is no trial 'South' in the file"),
    ],
)
def test_values_that_cannot_be_are_errors_with_place_and_fix(
    tmp_path: Path, capsys: pytest.CaptureFixture, given: str, said: str
) -> None:
    path = write(tmp_path)
    mapping = tmp_path / "north.yaml"
    mapping.write_text(re.sub(r"characteristics:\n(  .*\n)+", f"characteristics: {{{given}}}\n", mapping.read_text()))
    assert run(["validate", str(path)]) == 2
    shown = capsys.readouterr()
    assert said in shown.out + shown.err
    assert "north.yaml:" in shown.out + shown.err


def test_a_column_of_a_covariate_of_trials_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path)
    mapping = tmp_path / "north.yaml"
    mapping.write_text(mapping.read_text().replace("variables:\n", "variables:\n  year: {column: age}\n"))
    (found,) = problems(path)
    assert "'year' is a covariate of trials: no column holds it" in found
    assert "characteristics: {year: ...}" in found


def test_a_subset_may_be_of_trials(tmp_path: Path) -> None:
    analyses = {"pooled": {"method": "meta-analysis", "subset": {"year": "at least 2005"}}}
    path = write(tmp_path, analyses)
    spec, repository = read(path)
    (effect,) = analysed("pooled", spec.study.analyses["pooled"], repository, spec.study).results
    assert {row.trial.text for row in effect.by_trial} == {"East", "West", "Middle"}


def test_availability_is_of_what_participants_have(tmp_path: Path) -> None:
    contents = [{"series": "Table", "show": "availability"}]
    path = write(tmp_path, report={"formats": ["html", "results"], "contents": contents})
    _, values = built(path, tmp_path / "out")
    assert not [item for item in values.index if item.startswith("availability.") and ".year" in item]
    assert [item for item in values.index if item.startswith("availability.") and ".age" in item]


def test_the_effect_in_a_level_of_one_trial_is_suppressed_where_that_of_the_trial_is(tmp_path: Path) -> None:
    """Two comparisons that three people of the east tell apart: the difference of its two effects would be theirs."""
    sides = {"overall": STUDY["comparisons"]["overall"], "pure": {"intervention": "exercise", "control": "usual care"}}
    path = write(tmp_path, {"screening": {**SCREENING, "moderators": ["bias"]}}, comparisons=sides)
    mapping = tmp_path / "north.yaml"
    text = mapping.read_text().replace("bias: high", "bias: low")
    mapping.write_text(re.sub(r"(\n    2:)", r"\n    3: {class: sham, name: light}\1", text))
    for name in ("north", "south", "east", "west", "middle"):  # the north is low, the south alone is high
        own = (tmp_path / f"{name}.yaml").read_text()
        if name == "south":
            (tmp_path / f"{name}.yaml").write_text(re.sub(r"(\n    2:)", r"\n    3: {class: sham, name: light}\1", own))
        if name in ("north", "south"):
            table = pd.read_csv(tmp_path / f"{name}.csv")
            table.loc[table.index[table["arm"] == 2][: 3 if name == "south" else 20], "arm"] = 3
            table.to_csv(tmp_path / f"{name}.csv", index=False)
    spec, repository = read(path)
    overall, pure = analysed("screening", spec.study.analyses["screening"], repository, spec.study).results
    assert pure.interactions[0].reading.each[0].effect.value is None
    assert pure.interactions[0].at[1].estimate.effect.value is None
    assert overall.interactions[0].at[1].estimate.effect.value is not None

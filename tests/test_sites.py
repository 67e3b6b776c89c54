"""Sites within trials, from the column of a file to the page: which models have them, what is said, and what is never told."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reportgen.cli import run
from reportgen.pipeline import read
from reportgen.stats import fit_one_step, screen_moderator
from tests.analysed import analysed, people_of
from tests.sited_study import PEOPLE, SEARCHES, named, write_sited
from tests.study_files import write_yaml

POOLED = {"method": "meta-analysis", "outcomes": "RMDQ"}
SCREENING = {"method": "moderators", "outcomes": "RMDQ", "moderators": ["age", "sex"]}


def write(folder: Path, analyses: dict[str, Any], contents: tuple[dict[str, Any], ...] = (), **more: Any) -> Path:
    report = {"formats": ["html", "results", "workbook"], "length": "full", "contents": list(contents)}
    return write_sited(folder, {"analyses": analyses, "report": report}, **more)


def record_of(path: Path, name: str) -> Any:
    spec, repository = read(path)
    return analysed(name, spec.study.analyses[name], repository, spec.study)


def arrays(folder: Path) -> pd.DataFrame:
    """Return the people as another road reads them: improvement, arm, trial, baseline, age and site."""
    tables = [pd.read_csv(folder / f"{name}.csv").assign(trial=name) for name in ("east", "north", "south")]
    whole = pd.concat(tables, ignore_index=True)
    return whole.assign(y=whole["rm_b"] - whole["rm_q3"], t=(whole["arm"] == 1).astype(float))


def built(path: Path, folder: Path) -> tuple[str, pd.DataFrame]:
    assert run(["build", str(path), "--output", str(folder), "--no-store", "-j", "1"]) == 0
    return page_text(folder / "appendix.html"), pd.read_csv(folder / "results.csv")


def page_text(page: Path) -> str:
    text = re.sub(r"<(style|script).*?</\1>", "", page.read_text(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", text)))


def test_the_pooled_effect_is_that_of_the_model_with_sites(tmp_path: Path) -> None:
    (effect,) = record_of(write(tmp_path, {"pooled": POOLED}), "pooled").results
    people = arrays(tmp_path)
    fit = fit_one_step(people["y"], people["t"], people["trial"], adjusters=people["rm_b"], site=people["hospital"])
    assert effect.estimate.effect.value == pytest.approx(fit.effect.estimate, rel=1e-9)
    assert effect.estimate.std_error.value == pytest.approx(fit.effect.std_error, rel=1e-9)
    assert effect.df_unfloored.value == pytest.approx(fit.effect.df_raw, rel=1e-7)
    assert effect.sites.variance.value == pytest.approx(fit.site_variance, rel=1e-7)
    assert effect.sites.number.value == 12  # the one of the east is in its intercept
    assert fit.site_variance > 1.0
    assert not effect.sites.unknown


def test_the_common_effect_has_sites_as_well(tmp_path: Path) -> None:
    (effect,) = record_of(write(tmp_path, {"pooled": POOLED}), "pooled").results
    people = arrays(tmp_path)
    common = fit_one_step(
        people["y"],
        people["t"],
        people["trial"],
        adjusters=people["rm_b"],
        site=people["hospital"],
        treatment_effect="common",
    )
    assert effect.common.effect.value == pytest.approx(common.effect.estimate, rel=1e-9)


@pytest.mark.slow
def test_the_interaction_and_the_effects_in_levels_are_those_of_models_with_sites(tmp_path: Path) -> None:
    path = write(tmp_path, {"screening": SCREENING})
    (screen,) = record_of(path, "screening").results
    people = arrays(tmp_path)
    options = {"adjusters": people["rm_b"], "site": people["hospital"], "adjuster_slopes": "stratified"}
    fit = screen_moderator(
        people["y"],
        people["t"],
        people["trial"],
        people["age"].astype(float),
        per=10.0,
        interaction_effect="random",
        percentiles=[50],
        **options,
    )
    age, sex = screen.interactions
    assert age.within.each[0].effect.value == pytest.approx(fit.within.each[0].estimate, rel=1e-9)
    assert age.within.site_variance.value == pytest.approx(fit.within.site_variance, rel=1e-7)
    assert age.naive.site_variance.value > 1.0
    women = people[people["sex"] == 2]
    alone = fit_one_step(
        women["y"],
        women["t"],
        women["trial"],
        adjusters=women["rm_b"],
        site=women["hospital"],
        adjuster_slopes="stratified",
    )
    level = sex.level_effects.each[0]
    assert level.alone.effect.value == pytest.approx(alone.effect.estimate, rel=1e-9)


def test_one_trial_alone_has_its_sites(tmp_path: Path) -> None:
    path = write(tmp_path, {"pooled": {**POOLED, "minimum_trials": 1}})
    text = path.read_text().replace("- east.yaml\n", "").replace("- south.yaml\n", "")
    path.write_text(text)
    (effect,) = record_of(path, "pooled").results
    north = arrays(tmp_path).query("trial == 'north'")
    fit = fit_one_step(north["y"], north["t"], north["trial"], adjusters=north["rm_b"], site=north["hospital"])
    assert effect.alone
    assert effect.estimate.effect.value == pytest.approx(fit.effect.estimate, rel=1e-9)
    assert effect.by_trial[0].estimate.effect.value == effect.estimate.effect.value
    assert effect.sites.variance.value == pytest.approx(fit.site_variance, rel=1e-7)
    page, _ = built(path, tmp_path / "out")
    assert "is that of its trial, by linear mixed model with a random intercept of the site" in page
    assert "analysis of covariance" not in page


def test_people_without_a_site_are_one_more_site_of_their_trial(tmp_path: Path) -> None:
    path = write(tmp_path, {"pooled": POOLED}, unknown=9)
    (effect,) = record_of(path, "pooled").results
    people = arrays(tmp_path)
    fit = fit_one_step(
        people["y"], people["t"], people["trial"], adjusters=people["rm_b"], site=people["hospital"].fillna("?")
    )
    assert effect.sites.unknown
    assert effect.sites.number.value == 13
    assert effect.estimate.effect.value == pytest.approx(fit.effect.estimate, rel=1e-9)
    page, _ = built(path, tmp_path / "out")
    assert "Participants of a trial whose site is not known count as one further site of it." in page
    _, repository = read(path)
    (line,) = [line for line in repository.ledger if line.variable == "hospital"]
    assert (line.trial, line.count, line.rule) == ("North", 9, "no site → one further site of the trial")


ALL = {"pooled": POOLED, "screening": SCREENING, **SEARCHES, "relapses": {**POOLED, "outcomes": "relapse"}}
CONTENTS = (
    {"series": "Fig.", "show": "forest", "of": "pooled"},
    {"series": "Table", "show": "estimates", "of": "pooled"},
    {"series": "Table", "show": "interaction-estimates", "of": "screening"},
    {"series": "Table", "show": "subgroups", "of": "rp"},
    {"series": "Table", "show": "peeling-thresholds", "of": "peeling"},
)


@pytest.mark.slow
def test_pages_say_which_models_have_sites_and_tell_neither_their_names_nor_their_sizes(tmp_path: Path) -> None:
    page, results = built(write(tmp_path, ALL, CONTENTS), tmp_path / "out")
    own = "Sites within trials have random intercepts with one variance for all trials; a trial with people of one site has it in its own intercept."
    assert page.count(own) == 2  # the meta-analysis and the screening
    assert "The effects estimated in each trial do not take account of its sites." in page
    assert "Models of events do not take account of sites within trials." in page
    assert page.count("effects in subgroups do not take account of sites within trials.") == 2
    assert "Variance between sites" in page
    found = results.set_index("id")["value"]
    assert found["pooled.overall.rmdq.short.sites"] == 12
    assert found["pooled.overall.rmdq.short.site-variance"] > 1.0
    for file in (tmp_path / "out").rglob("*"):
        if file.is_file():
            assert named(0)[:6].encode() not in file.read_bytes(), file.name


@pytest.mark.slow
def test_searches_are_what_they_are_without_sites(tmp_path: Path) -> None:
    analyses = {
        "screening": SCREENING,
        **{name: {**node, "moderators": {"from": "screening", "p_below": 0.9}} for name, node in SEARCHES.items()},
    }
    policy = {"draws": {"sign_flips": 20, "bootstrap": 20}}
    study = {
        "analyses": analyses,
        "report": {"formats": ["html", "results"], "contents": []},
        "policy": policy,
        "covariates": PEOPLE,
    }
    _, with_sites = built(write_sited(tmp_path / "a", study), tmp_path / "a" / "out")
    _, without = built(write_sited(tmp_path / "b", study, declared=False), tmp_path / "b" / "out")
    ours, plain = (
        table[table["id"].str.match("rp|peeling") & ~table["id"].str.endswith(".sites")].set_index("id")["value"]
        for table in (with_sites, without)
    )
    assert len(plain) > 100
    pd.testing.assert_series_equal(ours, plain, check_exact=True)


def test_a_mapping_without_a_site_has_no_site_in_its_record(tmp_path: Path) -> None:
    path = write(tmp_path, {"pooled": POOLED}, declared=False)
    (effect,) = record_of(path, "pooled").results
    people = arrays(tmp_path)
    fit = fit_one_step(people["y"], people["t"], people["trial"], adjusters=people["rm_b"])
    assert effect.sites is None
    assert effect.estimate.effect.value == fit.effect.estimate
    page, _ = built(path, tmp_path / "out")
    assert "site" not in page.replace("website", "").lower().replace("opposite", "")


def test_sites_of_one_name_in_two_trials_are_two(tmp_path: Path) -> None:
    spec, repository = read(write(tmp_path, {"pooled": POOLED}))
    (people,) = people_of(spec.study.analyses["pooled"], repository, spec.study)
    assert people.sites == 12
    assert set(people.trial[people.site == 0]) == {"North", "South", "East"}  # each trial counts its own


def test_a_column_of_single_people_is_no_site(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = write(tmp_path, {"pooled": POOLED})
    table = pd.read_csv(tmp_path / "north.csv")
    table.assign(hospital=[f"P{i}" for i in range(len(table))]).to_csv(tmp_path / "north.csv", index=False)
    assert run(["validate", str(path)]) == 2
    said = "".join(capsys.readouterr())
    assert f"{len(table)} sites of {len(table)} participants in trial 'North': nearly each has one of their own" in said
    assert "north.yaml:" in said
    assert "P17" not in said


@pytest.mark.parametrize(("column", "of"), [("id", "participants"), ("arm", "arms")])
def test_the_column_of_people_or_arms_is_no_site(
    column: str, of: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path = write(tmp_path, {"pooled": POOLED})
    mapping = tmp_path / "south.yaml"
    mapping.write_text(mapping.read_text().replace("site: hospital", f"site: {column}"))
    assert run(["validate", str(path)]) == 2
    said = "".join(capsys.readouterr())
    assert f"'{column}' is the column of {of}, and no site" in said
    assert "south.yaml:" in said
    assert "remove `site`" in said


def test_a_column_that_is_not_there_is_an_error_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = write(tmp_path, {"pooled": POOLED})
    mapping = tmp_path / "south.yaml"
    mapping.write_text(mapping.read_text().replace("site: hospital", "site: hospitl"))
    assert run(["validate", str(path)]) == 2
    said = capsys.readouterr()
    assert "there is no column 'hospitl'" in said.out + said.err
    assert "Did you mean 'hospital'?" in said.out + said.err
    assert "south.yaml:" in said.out + said.err


def test_simulated_files_have_the_column_of_the_site(tmp_path: Path) -> None:
    write(tmp_path, {"pooled": POOLED})
    write_yaml(
        tmp_path / "simulation.yaml",
        {
            "simulation": {"study": "study.yaml", "seed": 1},
            "covariates": {"age": {"mean": 50, "sd": 12}, "sex": {"shares": {"female": 55, "male": 45}}},
            "instruments": {
                "RMDQ": {"mean": 12, "sd": 4, "residual": 3, "effects": {"exercise": {3: 2}}},
                "relapse": {"risk": {3: 0.3}},
                "falls": {"rate": {3: 0.02}},
                "days": {"mean": 60, "sd": 5, "residual": 5},
            },
            "trials": {name: {"arms": {1: 40, 2: 40}} for name in ("North", "South", "East")},
        },
    )
    assert run(["simulate", str(tmp_path / "simulation.yaml"), "--output", str(tmp_path / "made")]) == 0
    assert set(pd.read_csv(tmp_path / "made" / "north.csv")["hospital"]) == {1, 2, 3, 4}

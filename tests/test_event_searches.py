"""Searches of events: from the study file to subgroups on the page, and what such a search does not know."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from reportgen.candidates import write_candidates
from reportgen.cli import run
from reportgen.pipeline import Order, build, read
from reportgen.records.numbers import plain
from reportgen.records.partition import PartitionedOutcome, RecursivePartitioning
from reportgen.records.peeling import DirectedPeeling
from reportgen.records.printed import figures_of, printed
from reportgen.records.screened_choice import ScreenedChoice
from reportgen.spec.load import examine_study
from reportgen.spec.study import settled
from reportgen.stats import fit_one_step_glmm, partition_events, peel_events, screen_moderator_glmm
from reportgen.stats.event_groups import fit_event_group
from reportgen.tables.peeling import about_moderators
from reportgen.views.prose.recursive_partitioning import partition_methods
from tests.analysed import analysed
from tests.event_study import AGE, SEARCHED, write_event_search
from tests.page_numbers import pages_of
from tests.study_files import write_yaml
from tests.test_events import table_of

DRAWS = {"draws": {"sign_flips": 20, "bootstrap": 20}}
PEELING = {"method": "directed-peeling", "moderators": ["age", "baseline RMDQ"], "bin_width": 0.05}
NONE = {"draws": {"sign_flips": 0, "bootstrap": 0}}


def searches(path: Path) -> dict[str, PartitionedOutcome]:
    spec, repository = read(path)
    study = settled(spec.study)
    record: RecursivePartitioning = analysed("rp", study.analyses["rp"], repository, study)
    return {search.outcome: search for search in record.results}


@pytest.mark.slow
@pytest.mark.parametrize("outcome", ["relapse", "falls"])
def test_a_subgroup_in_whom_treatment_does_more_against_an_event_is_found_and_fitted_anew(
    tmp_path: Path, outcome: str
) -> None:
    found = searches(write_event_search(tmp_path / "s", **NONE, depth=1))[outcome]
    group = next(item for item in found.subgroups if item.inside.rule[0].moderator == "age")
    rule = group.inside.rule[0]
    assert rule.sign == "≤"
    assert rule.cut is not None
    assert abs(float(rule.cut.value) - AGE) < 8
    table = table_of(tmp_path / "s")
    inside, treated = table["age"] <= rule.cut.value, (table["arm"] == 1).astype(float)
    link, exposure = ("logit", None) if outcome == "relapse" else ("log", table["days"])
    for members, mask in ((group.inside, inside), (group.sibling, ~inside)):
        given = {
            "outcome": table[outcome][mask], "treatment": treated[mask], "trial": table["trial"][mask], "link": link,
            "exposure": None if exposure is None else exposure[mask], "adjusters": (table["sex"] == 2)[mask].astype(float),
        }  # fmt: skip
        own = fit_one_step_glmm(**given)
        own = fit_one_step_glmm(**given, dispersion="quasi") if own.dispersion > 1.0 else own
        assert members.estimate.effect.value == pytest.approx(float(own.effect.estimate), abs=1e-8)
        assert members.estimate.p.value == pytest.approx(float(own.effect.p_value), abs=1e-8)
    apart = screen_moderator_glmm(
        table[outcome], treated, table["trial"], inside.astype(float), link=link, exposure=exposure,
        adjusters=np.column_stack([table["sex"] == 2, table["age"], table["rm_b"]]).astype(float),
    )  # fmt: skip
    within = float(apart.within.each[0].estimate)  # with a term for the means of trials, which hardly differ
    assert group.split.difference.effect.value == pytest.approx(within, abs=0.01)
    assert group.split.difference.effect.value < 0.0
    assert float(group.split.difference.effect.text) < 1.0
    assert group.p_new.value >= group.p_within.value
    assert found.scale.favours == "lower"


@pytest.mark.slow
def test_the_search_of_the_record_is_that_of_the_arrays(tmp_path: Path) -> None:
    found = searches(write_event_search(tmp_path / "s", **NONE, min_events=7))["relapse"]
    table = table_of(tmp_path / "s").sort_values(["trial", "id"])
    arrays = partition_events(
        table["relapse"], (table["arm"] == 1).astype(float), table["trial"],
        {"age": table["age"], "sex": (table["sex"] == 2).astype(float), "baseline RMDQ": table["rm_b"]},
        adjusters=(table["sex"] == 2).astype(float), good=False, information="within", min_events=7, min_size=57,
    )  # fmt: skip
    assert not isinstance(arrays, str)
    by_p = sorted(float(split.p_node) for node in arrays.tree for split in node.splits)
    recorded = sorted(split.p_node.value for node in found.tree for split in node.splits)
    assert recorded == pytest.approx(by_p, rel=1e-6)


def test_a_good_event_turns_the_side_that_gains(tmp_path: Path) -> None:
    bad = searches(write_event_search(tmp_path / "bad", **NONE, depth=1, outcomes=["relapse"]))["relapse"]
    path = write_event_search(tmp_path / "good", **NONE, depth=1, outcomes=["relapse"])
    path.write_text(path.read_text().replace("good: false", "good: true"))
    good = searches(path)["relapse"]
    assert [group.inside.rule[0].sign for group in (*bad.subgroups, *good.subgroups)] == ["≤", ">"]
    assert good.subgroups[0].split.p_node.value == bad.subgroups[0].split.p_node.value
    one, other = (item.subgroups[0].split.difference.effect.value for item in (bad, good))
    assert one == pytest.approx(-other, abs=1e-9)


@pytest.mark.slow
def test_draws_say_that_a_clear_subgroup_is_supported_and_correct_it(tmp_path: Path) -> None:
    found = searches(write_event_search(tmp_path / "s", **DRAWS, depth=1, outcomes=["relapse"]))["relapse"]
    assert found.honesty is not None
    assert (found.honesty.null_draws.value, found.honesty.bootstrap_draws.value) == (20, 20)
    assert found.honesty.p.value == pytest.approx(1 / 21)
    assert found.honesty.verdict == "supported"
    group = found.subgroups[0]
    assert group.honesty is not None
    assert group.honesty.inside is not None
    naive = group.inside.estimate.effect.value
    assert group.honesty.inside.effect.value == pytest.approx(naive - group.honesty.inside.optimism.value, abs=1e-12)
    held = found.honesty.held_out
    assert held is not None
    assert held.trials.value == 3
    assert held.difference.effect.value < 0.0


def test_the_smallest_cell_of_the_policy_is_the_fewest_events(tmp_path: Path) -> None:
    path = write_event_search(tmp_path / "s")
    spec, _ = read(path)
    policy = spec.study.policy.model_copy(update={"minimum_cell": 12})
    node: Any = settled(spec.study.model_copy(update={"policy": policy})).analyses["rp"]
    assert node.min_events == 12
    node = settled(spec.study).analyses["rp"]
    assert node.min_events == 5
    only = {"rp": node.model_copy(update={"outcomes": ("RMDQ",), "min_events": None})}
    assert settled(spec.study.model_copy(update={"analyses": only})).analyses["rp"].min_events is None  # type: ignore[attr-defined]


def test_a_moderator_that_separates_is_left_out_with_the_reason(tmp_path: Path) -> None:
    path = write_event_search(tmp_path / "s", **NONE, outcomes=["relapse"], adjust_for=[])
    for file in (tmp_path / "s").glob("*.csv"):
        table = pd.read_csv(file)
        table["sex"] = np.where(table["relapse"] == 1, 2, 1)
        table.to_csv(file, index=False)
    found = searches(path)["relapse"]
    assert found.status == "ok"
    use = next(item for item in found.moderators if item.name == "sex")
    assert not use.searched
    assert plain(use.reason).startswith("separates people with the event from the others all but completely")


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ({"method": "directed-peeling", "objective": "effect"}, "`objective: effect` does not apply to 'relapse'"),
        ({"criterion": "maximum"}, "`criterion: maximum` does not apply to 'relapse', which is binary"),
        ({"adjuster_slopes": "stratified"}, "`adjuster_slopes: stratified` does not apply to 'relapse'"),
        ({"min_events": 3}, "`min_events: 3` is below the `minimum_cell` of the policy, 5"),
        ({"outcomes": ["RMDQ"], "min_events": 9}, "`min_events` does not apply: no outcome is an event"),
    ],
)
def test_what_a_search_of_events_does_not_know_is_refused_with_its_place(
    tmp_path: Path, node: dict[str, Any], said: str
) -> None:
    path = write_event_search(tmp_path / "s", {"contents": []}, **node)
    found = [problem for problem in examine_study(path).problems if said in str(problem)]
    assert found
    assert all(problem.origin for problem in found)


def test_candidates_of_a_search_of_events_are_written_with_events_and_exposure(tmp_path: Path) -> None:
    path = write_event_search(tmp_path / "s", **NONE, depth=1)
    write_candidates(path, str(tmp_path / "out"))
    people = pd.read_csv(next((tmp_path / "out").glob("*falls*.people.csv")))
    candidates = pd.read_csv(next((tmp_path / "out").glob("*falls*.candidates.csv")))
    table = table_of(tmp_path / "s")
    assert sorted(people["exposure"]) == sorted(table["days"])
    assert people["outcome"].sum() == table["falls"].sum()
    assert (candidates["kept"] & candidates["rule"].str.startswith("age <=")).sum() == 1
    relapse = pd.read_csv(next((tmp_path / "out").glob("*relapse*.people.csv")))
    assert "exposure" not in relapse
    assert set(relapse["outcome"]) == {0, 1}


@pytest.mark.slow
def test_methods_say_that_missing_moderators_are_filled_where_each_is_tried_on_those_who_have_it(
    tmp_path: Path,
) -> None:
    said = {}
    for missing in ("complete", "available"):
        spec, repository = read(write_event_search(tmp_path / missing, **NONE, missing=missing, outcomes=["relapse"]))
        study = settled(spec.study)
        record = printed(analysed("rp", study.analyses["rp"], repository, study), figures_of(study))
        said[missing] = "is the mean of its trial in these models" in " ".join(map(plain, partition_methods(record)))
    assert said == {"complete": False, "available": True}


@pytest.mark.slow
@pytest.mark.parametrize("outcome", ["relapse", "falls"])
def test_the_frontier_of_an_event_is_that_of_the_arrays_with_effects_fitted_anew(tmp_path: Path, outcome: str) -> None:
    report = {"contents": [{"series": "Table", "show": "peeling-thresholds", "of": "rp", "sizes": [0.5]}]}
    path = write_event_search(tmp_path / "s", report, **NONE, **PEELING)
    peeled: Any = searches(path)[outcome]
    table = table_of(tmp_path / "s").sort_values(["trial", "id"])
    link: Any = "logit" if outcome == "relapse" else "log"
    arrays = peel_events(
        table[outcome], (table["arm"] == 1).astype(float), table["trial"], {"age": table["age"], "baseline RMDQ": table["rm_b"]},
        adjusters=(table["sex"] == 2).astype(float), link=link, exposure=None if link == "logit" else table["days"],
        good=False, information="within", bin_width=0.05,
    )  # fmt: skip
    (box,) = arrays.nearest((0.5,))
    recorded = next(item for item in peeled.boxes if item.size == 0.5)
    assert recorded.share.value == pytest.approx(box.fraction)
    assert recorded.inside.effect.value == pytest.approx(float(box.effect.estimate), abs=1e-7)
    assert recorded.difference.effect.value == pytest.approx(float(box.difference.estimate), abs=1e-7)  # type: ignore[union-attr]
    assert recorded.difference.effect.value < 0.0
    assert peeled.moderators[0].gains == "lower"
    assert peeled.scale.favours == "lower"


@pytest.mark.slow
def test_draws_of_a_frontier_of_events(tmp_path: Path) -> None:
    report = {"contents": [{"series": "Table", "show": "peeling-thresholds", "of": "rp", "sizes": [0.5]}]}
    path = write_event_search(tmp_path / "s", report, **DRAWS, **PEELING, outcomes=["relapse"])
    peeled: Any = searches(path)["relapse"]
    assert peeled.honesty.p.value == pytest.approx(1 / 21)
    box = next(item for item in peeled.boxes if item.size == 0.5)
    assert box.honesty.verdict == "supported"
    assert box.honesty.inside.effect.value != box.inside.effect.value
    assert box.honesty.held_out.difference.effect.value < 0.0


SCREENING = {
    "method": "moderators",
    "outcomes": ["relapse", "falls"],
    "moderators": ["age", "sex", "baseline RMDQ"],
    "adjust_for": ["sex"],
    "interaction_effect": "common",
    "draws": {"sign_flips": 20},
}


def write_screened_search(folder: Path, limit: float, **node: Any) -> Path:
    """Write the study with a search that takes its moderators from a screening."""
    contents = [*SEARCHED[:1], {"series": "Table", "show": "interaction-estimates", "of": "screening"}]
    if node.get("method") == "directed-peeling":
        contents[0] = {"series": "Table", "show": "peeling-thresholds", "of": "rp", "sizes": [0.5]}
    report = {"formats": ["html", "results"], "contents": contents}
    path = write_event_search(folder, report, **{**node, "moderators": {"from": "screening", "p_below": limit}})
    study = YAML(typ="safe").load(path)
    study["analyses"] = {"screening": SCREENING, **study["analyses"]}
    write_yaml(path, study)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("node", [{}, PEELING])
def test_a_search_of_events_takes_its_moderators_from_a_screening_and_repeats_it(
    tmp_path: Path, node: dict[str, Any]
) -> None:
    path = write_screened_search(tmp_path / "s", 0.01, **DRAWS, **node)
    assert not examine_study(path).problems
    found: Any = searches(path)["relapse"]
    assert {item.name for item in found.moderators} == {"age"}
    assert found.choice is not None
    assert (found.choice.more, found.choice.fewer) == ((), ())
    assert found.honesty.p.value == pytest.approx(1 / 21)


def test_a_limit_that_none_reaches_leaves_nothing_to_search(tmp_path: Path) -> None:
    found = searches(write_screened_search(tmp_path / "s", 1e-12, **DRAWS, outcomes=["relapse"]))["relapse"]
    assert found.status == "not estimable"
    assert "no moderator has a p below the limit" in found.reason


def test_where_the_screening_by_a_step_differs_from_that_of_its_models_the_methods_say_so(tmp_path: Path) -> None:
    path = write_screened_search(tmp_path / "s", 0.01, **NONE, outcomes=["relapse"])
    spec, repository = read(path)
    study = settled(spec.study)
    record = analysed("rp", study.analyses["rp"], repository, study)
    text = " ".join(map(plain, partition_methods(printed(record, figures_of(study)))))
    assert "one weighted least-squares step" in text
    assert "By p in that analysis the choice would have been the same." in text
    (result,) = record.results
    label = result.moderators[0].label
    other = replace(record, results=(replace(result, choice=ScreenedChoice((label,), ())),))
    text = " ".join(map(plain, partition_methods(printed(other, figures_of(study)))))
    assert f"({result.follow_up_label.text}) without {label.text}" in text


@pytest.mark.slow
def test_min_p_of_a_screening_of_events_is_never_below_p(tmp_path: Path) -> None:
    path = write_screened_search(tmp_path / "s", 0.2, **NONE)
    spec, repository = read(path)
    study = settled(spec.study)
    screens: Any = analysed("screening", study.analyses["screening"], repository, study).results
    for screen in screens:
        assert screen.flips.value == 20
        for item in screen.interactions:
            p, alone, together = item.within.p.value, item.min_p.value, item.min_p_all.value
            assert 1 / 21 <= alone <= together + 1e-12
            assert p <= alone
    relapse = next(screen for screen in screens if screen.outcome == "relapse")
    assert relapse.interactions[0].min_p.value == pytest.approx(1 / 21)


@pytest.mark.slow
@pytest.mark.parametrize("outcome", ["relapse", "falls"])
def test_effects_in_levels_of_events_agree_with_the_interaction(tmp_path: Path, outcome: str) -> None:
    path = write_screened_search(tmp_path / "s", 0.2, **NONE)
    spec, repository = read(path)
    study = settled(spec.study)
    node = study.analyses["screening"].model_copy(update={"draws": None})
    screens: Any = analysed("screening", node, repository, study).results
    screen = next(item for item in screens if item.outcome == outcome)
    age, sex, _ = (item.level_effects for item in screen.interactions)
    table = table_of(tmp_path / "s")
    assert [item.n.value for item in sex.each] == [(table["sex"] == k).sum() for k in (2, 1)]
    effects = [item.consistent.effect.value for item in sex.each]
    assert np.dot([item.share.value / 100 for item in sex.each], effects) == pytest.approx(
        sex.overall.effect.value, abs=1e-9
    )
    assert age.centre.value == pytest.approx(table["age"].mean(), abs=2)
    here = table["sex"] == 2
    link, exposure = ("logit", None) if outcome == "relapse" else ("log", table["days"][here])
    given: Any = {
        "outcome": table[outcome][here], "treatment": (table["arm"] == 1)[here].astype(float), "trial": table["trial"][here],
        "link": link, "exposure": exposure,
    }  # fmt: skip
    alone = fit_one_step_glmm(**given)
    alone = fit_one_step_glmm(**given, dispersion="quasi") if alone.dispersion > 1.0 else alone
    assert sex.each[0].alone.effect.value == pytest.approx(float(alone.effect.estimate), abs=1e-6)


@pytest.mark.slow
def test_pages_of_a_search_of_events_say_ratios_and_how_they_were_tested(tmp_path: Path) -> None:
    both = [
        *SEARCHED,
        {"series": "Fig.", "show": "peeling-trajectories", "of": "ardp"},
        {"series": "Table", "show": "peeling-thresholds", "of": "ardp"},
        {"series": "Table", "show": "agreement", "of": "agree"},
    ]
    path = write_event_search(tmp_path / "s", {"formats": ["html", "results"], "contents": both}, **DRAWS)
    study = YAML(typ="safe").load(path)
    study["analyses"] |= {
        "ardp": {**study["analyses"]["rp"], **PEELING},
        "agree": {"method": "agreement", "partition": "rp", "peeling": "ardp"},
    }
    write_yaml(path, study)
    assert run(["build", str(path), "--output", str(tmp_path / "out"), "-j", "1", "--no-store"]) == 0
    page = re.sub(r"<(style|script).*?</\1>", " ", pages_of(tmp_path / "out"), flags=re.DOTALL)
    words = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))
    for said in (
        "logistic or Poisson mixed model without any split",
        "one generalised least squares step",
        "one that leaves too few participants or events outside for that has no place",
        "Odds ratio inside",
        "Jaccard index",
        "5 people with the event and, of a binary outcome, as many without",
        "odds ratio inside",
        "ratio of rate ratios",
        "favours intervention",
    ):
        assert said in words, said
    for never in ("Kenward", "change from baseline", "analysis of covariance", "slopes of its own", "nan,", " nan "):
        assert never not in words, never


def test_where_events_are_too_few_to_split_the_pages_say_that_none_could_be_tried(tmp_path: Path) -> None:
    both = [*SEARCHED, {"series": "Table", "show": "peeling-thresholds", "of": "ardp"}]
    report = {"formats": ["html"], "contents": both}
    path = write_event_search(tmp_path / "s", report, **NONE, outcomes=["relapse"], min_events=500)
    study = YAML(typ="safe").load(path)
    study["analyses"]["ardp"] = {**study["analyses"]["rp"], **PEELING}
    write_yaml(path, study)
    assert run(["build", str(path), "--output", str(tmp_path / "out"), "-j", "1", "--no-store"]) == 0
    words = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", pages_of(tmp_path / "out"))))
    assert "No split could be tried: none leaves enough participants or events on both sides" in words
    assert "no split left enough participants or events on both sides" in words
    assert "; inside and outside, 500 in each arm with the event and, of a binary outcome, as many without" in words
    assert "Every split that could be tried was kept" not in words


def test_series_hold_the_step_of_every_cut_and_the_refit_of_the_best_ones(tmp_path: Path) -> None:
    """Refits are those of the arrays, kept or rejected; of a kept split that is what is printed."""
    report = {"formats": ["results"], "contents": SEARCHED[:1]}
    path = write_event_search(tmp_path / "s", report, **NONE, depth=1, outcomes=["relapse", "falls"])
    assert build(Order(path, output=tmp_path / "out", store=tmp_path / "store")).exit_code == 0
    series = pd.read_parquet(tmp_path / "out" / "series" / "rp.parquet")
    assert list(series.columns[-4:]) == ["kept", "refit_estimate", "refit_std_error", "refit_p"]
    fitted = series[series["refit_estimate"].notna()]
    assert fitted.groupby(["outcome", "node", "moderator"]).size().eq(1).all()
    best = series.loc[series.groupby(["outcome", "node", "moderator"])["minus_log10_p"].idxmax()]
    assert sorted(fitted.index) == sorted(best.index)
    assert fitted["kept"].any() and not fitted["kept"].all()
    assert np.allclose(
        fitted["estimate"] / fitted["std_error"], fitted["refit_estimate"] / fitted["refit_std_error"], atol=0.6
    )
    for outcome, found in searches(path).items():
        group = next(item for item in found.subgroups if item.inside.rule[0].moderator == "age")
        (row,) = fitted[(fitted["outcome"] == outcome) & fitted["kept"] & (fitted["moderator"] == "age")].itertuples()
        assert abs(group.split.difference.effect.value) == pytest.approx(abs(row.refit_estimate), rel=1e-6)
        assert group.split.difference.std_error.value == pytest.approx(row.refit_std_error, rel=1e-6)
        assert group.p_within.value == pytest.approx(row.refit_p, rel=1e-4)
    table = table_of(tmp_path / "s").sort_values(["trial", "id"])
    row = next(fitted[(fitted["outcome"] == "relapse") & (fitted["moderator"] == "baseline RMDQ")].itertuples())
    low, trial = (table["rm_b"] <= row.cut).to_numpy(float), table["trial"].to_numpy()
    means = table.assign(low=low).groupby("trial")["low"].transform("mean").to_numpy()
    beside = np.column_stack([table["sex"] == 2, table["age"], table["rm_b"], table["sex"] == 2]).astype(float)
    own = fit_event_group(
        table["relapse"], (table["arm"] == 1).astype(float), trial, "logit", adjusters=beside, moderator=low - means
    )
    assert own.interaction is not None
    assert float(own.interaction.estimate) == pytest.approx(row.refit_estimate, abs=1e-8)


def test_series_of_a_peeling_of_events_hold_how_sure_the_printed_differences_are(tmp_path: Path) -> None:
    shown = [{"series": "Table", "show": "peeling-thresholds", "of": "pe"}]
    path = write_event_search(tmp_path / "s", {"formats": ["results"], "contents": shown}, **NONE)
    study = {"pe": {**PEELING, "outcomes": ["relapse"], "adjust_for": ["sex"], "min_size": 0.2, **NONE}}
    content = YAML(typ="safe").load(path.read_text())
    write_yaml(path, {**content, "analyses": study})
    assert build(Order(path, output=tmp_path / "out", store=tmp_path / "store")).exit_code == 0
    series = pd.read_parquet(tmp_path / "out" / "series" / "pe.parquet")
    values = pd.read_parquet(tmp_path / "out" / "results.parquet").set_index("id")["value"]
    printed = {
        name.removesuffix(".effect"): value for name, value in values.items() if name.endswith(".difference.effect")
    }
    assert printed
    for name, value in printed.items():
        (row, *_) = series[np.isclose(series["difference"], value, rtol=1e-12)].itertuples()
        assert row.difference_std_error == pytest.approx(values[f"{name}.se"], rel=1e-12)
        assert row.difference_p == pytest.approx(values[f"{name}.p"], rel=1e-12)
        assert row.z == pytest.approx(-row.difference / row.difference_std_error, abs=0.6)


def test_series_of_outcomes_that_are_no_events_have_no_refits(tmp_path: Path) -> None:
    report = {"formats": ["results"], "contents": SEARCHED[:1]}
    path = write_event_search(tmp_path / "s", report, **NONE, depth=1, outcomes=["RMDQ"], moderators=["age", "sex"])
    assert build(Order(path, output=tmp_path / "out", store=tmp_path / "store")).exit_code == 0
    assert pd.read_parquet(tmp_path / "out" / "series" / "rp.parquet").columns[-1] == "kept"


def test_an_interaction_that_separates_is_a_reason_beside_the_direction_of_a_peeling(tmp_path: Path) -> None:
    path = write_event_search(tmp_path / "s")
    for file in path.parent.glob("*.csv"):
        table = pd.read_csv(file)
        table.loc[table["arm"] == 1, "relapse"] = (table["age"] > 65).astype(int)
        table.to_csv(file, index=False)
    node = {**PEELING, "outcomes": ["relapse"], "adjust_for": [], "moderators": ["age"], **NONE}
    write_yaml(path, {**YAML(typ="safe").load(path.read_text()), "analyses": {"pe": node}, "report": {}})
    spec, repository = read(path)
    study = settled(spec.study)
    record: DirectedPeeling = analysed("pe", study.analyses["pe"], repository, study)
    (age,) = record.results[0].moderators
    assert age.interaction is not None
    for number in (age.interaction.effect, age.interaction.low, age.interaction.high, age.interaction.p):
        assert number.value is None or np.isnan(number.value)
        assert number.reason.endswith("so that its interaction has no finite estimate")
    notes = [plain(note) for note in about_moderators(printed(record, figures_of(study)).results[0])]
    assert any("lower values of Age (in an arm it separates people with the event" in note for note in notes)

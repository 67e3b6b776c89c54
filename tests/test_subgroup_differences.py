"""Subgroups fixed in advance side by side: which are compared, the test between them, the pages, and what is refused."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy import stats

from reportgen.analyses.methods import planned_analyses
from reportgen.cli import run
from reportgen.pipeline import read
from reportgen.records.numbers import plain
from reportgen.records.subsets import SubgroupDifferences, SubsetGroup
from reportgen.spec.load import examine_study
from tests.analysed import analysed
from tests.event_study import OUTCOMES, write_events
from tests.study_files import STUDY, write_study

POOLED: dict[str, Any] = {"method": "meta-analysis"}
SUBSETS = {
    "women": {"sex": "female"},
    "men": {"sex": "male"},
    "young": {"age": "below 40"},
    "middle": {"age": "40 to 59"},
    "old": {"age": "at least 60"},
    "older": {"age": "at least 50"},
    "young women": {"sex": "female", "age": "below 50"},
    "young men": {"sex": "male", "age": "below 50"},
    "old men": {"sex": "male", "age": "at least 50"},
}
SCREEN = {"method": "moderators", "moderators": ["age", "sex"]}


def analyses_of(names: list[str], **node: Any) -> dict[str, Any]:
    """Return everybody's meta-analysis, those of subsets, a screening, and all side by side."""
    pooled = {name: {**POOLED, "subset": SUBSETS[name]} for name in names}
    side = {"method": "subgroup-differences", "subsets": names, **node}
    return {"pooled": POOLED, **pooled, "screen": SCREEN, "side": side}


def write(folder: Path, names: list[str], node: dict[str, Any] | None = None, **parts: Any) -> Path:
    return write_study(
        folder, {**STUDY, "analyses": analyses_of(names, **(node or {})), "report": {"contents": []}, **parts}
    )


def side(path: Path) -> tuple[SubgroupDifferences, dict[str, Any]]:
    """Return the subgroups side by side, and the records of all other analyses."""
    spec, repository = read(path)
    records = {name: analysed(name, node, repository, spec.study) for name, node in spec.study.analyses.items()}
    return records.pop("side"), records


def groups(path: Path) -> tuple[SubsetGroup, ...]:
    return side(path)[0].results[0].groups


@pytest.mark.parametrize("names", [["women", "men"], ["young", "middle", "old"], ["young women", "young men"]])
def test_q_is_that_of_the_effects_as_the_meta_analyses_have_them(tmp_path: Path, names: list[str]) -> None:
    record, others = side(write(tmp_path / "s", names, {"everybody": "pooled"}))
    (outcome,) = record.results
    (group,) = outcome.groups
    found = [others[name].results[0] for name in names]
    weights = [1 / item.estimate.std_error.value**2 for item in found]
    effects = [item.estimate.effect.value for item in found]
    first, second = (sum(w * e**k for w, e in zip(weights, effects, strict=True)) for k in (1, 2))
    q = second - first**2 / sum(weights)
    assert group.q.value == pytest.approx(q, rel=1e-9, abs=1e-9)
    assert group.df.value == len(names) - 1
    assert group.p.value == pytest.approx(stats.chi2.sf(q, len(names) - 1), rel=1e-9)
    assert [item.estimate.effect for item in group.effects] == [item.estimate.effect for item in found]
    assert outcome.everybody is not None
    assert outcome.everybody.estimate.effect == others["pooled"].results[0].estimate.effect
    assert plain(outcome.everybody.whom) == "All participants"


@pytest.mark.parametrize(
    ("names", "reasons"),
    [
        (["women", "men", "young", "old"], {"sex": "", "age": ""}),
        (["women", "men", "old"], {"sex": "", "age": "there is one subgroup of this covariate alone"}),
        (["old", "older"], {"age": "the subgroups overlap"}),
        (["young women", "old men"], {"sex and age": "more than one covariate"}),
        (["women", "young men"], {"sex": "one subgroup", "sex and age": "one subgroup"}),
    ],
)
def test_only_subgroups_of_one_covariate_that_nobody_shares_are_compared(
    tmp_path: Path, names: list[str], reasons: dict[str, str]
) -> None:
    found = {plain(group.label): group for group in groups(write(tmp_path / "s", names))}
    assert found.keys() == reasons.keys()
    for label, reason in reasons.items():
        assert reason in found[label].reason
        assert found[label].compared == (not reason) == (found[label].q.value is not None)


def test_p_within_trials_is_that_of_the_screening_of_the_same_people_alone(tmp_path: Path) -> None:
    record, others = side(write(tmp_path / "s", ["women", "men", "young women", "young men"], {"screening": "screen"}))
    by_sex, among_young = record.results[0].groups
    interaction = next(item for item in others["screen"].results[0].interactions if item.moderator == "sex")
    assert by_sex.interaction == interaction.within.p
    assert by_sex.interaction.value is not None
    assert among_young.interaction is None and among_young.compared


def test_there_is_no_test_of_an_effect_that_is_suppressed(tmp_path: Path) -> None:
    """Three women of either arm in one trial, and none in the other."""
    names = ["women", "men"]
    analyses = analyses_of(names)
    for name in names:
        analyses[name] = {**analyses[name], "minimum_trials": 1}
    del analyses["pooled"]
    path = write_study(tmp_path / "s", {**STUDY, "analyses": analyses, "report": {"contents": []}})
    for name in ("north", "south"):
        table = pd.read_csv(tmp_path / "s" / f"{name}.csv").assign(sex=1)
        table.loc[:5, "sex"] = 2 if name == "north" else 1
        table.to_csv(tmp_path / "s" / f"{name}.csv", index=False)
    record, others = side(path)
    (group,) = record.results[0].groups
    assert others["women"].results[0].estimate.effect.value is None
    assert others["men"].results[0].estimate.effect.value is not None
    assert (group.q.value, group.df.value, group.p.value) == (None, None, None)
    assert group.reason == "not every subgroup has an effect that is disclosed"


def test_there_is_no_test_of_an_effect_that_has_its_printed_digits_only(tmp_path: Path) -> None:
    """Few women of a trial have a relapse: their effect is printed, and its standard error suppressed."""
    analyses = {name: node for name, node in analyses_of(["women", "men"]).items() if name in ("women", "men", "side")}
    for name in ("women", "men"):
        analyses[name] = {**analyses[name], "outcomes": "relapse", "follow_up": "short"}
    path = write_events(tmp_path / "s", {"analyses": analyses, "report": {"contents": []}})
    table = pd.read_csv(tmp_path / "s" / "east.csv")
    mine = table.index[(table["sex"] == 2) & (table["arm"] == 1)]
    table.loc[mine, "relapse"] = 0
    table.loc[mine[:2], "relapse"] = 1
    table.to_csv(tmp_path / "s" / "east.csv", index=False)
    record, others = side(path)
    (group,) = record.results[0].groups
    women = others["women"].results[0].estimate
    assert women.effect.value is not None and women.std_error.value is None
    assert (group.q.value, group.df.value, group.p.value) == (None, None, None)
    assert group.reason == "the standard error of an effect is not disclosed"


def test_the_plan_counts_whoever_is_in_any_subgroup_once(tmp_path: Path) -> None:
    spec, repository = read(write(tmp_path / "s", ["women", "old", "older"]))
    planned = {item.name: item for item in planned_analyses(spec.study, repository)}
    tables = [pd.read_csv(tmp_path / "s" / f"{name}.csv") for name in ("north", "south")]
    assert planned["side"].effects[0].n == sum(len(table.query("sex == 2 or age >= 50")) for table in tables)
    assert planned["side"].about == "between 'women', 'old', 'older'"


def test_figure_and_table_say_what_either_p_is_and_hold_each_number(tmp_path: Path) -> None:
    contents = [
        {"series": "Fig.", "show": "subset-forest", "of": "side", "limits": [-20, 20]},
        {"series": "Table", "show": "subset-estimates", "of": "side", "rounding": {"effect": 3}},
    ]
    report = {"formats": ["html", "results", "figures"], "contents": contents}
    node = {"everybody": "pooled", "screening": "screen"}
    path = write(tmp_path / "s", ["women", "men", "old", "older"], node, report=report)
    assert run(["build", str(path), "--output", str(tmp_path / "out"), "-j", "1", "--no-store"]) == 0
    page = (tmp_path / "out" / "appendix.html").read_text(encoding="utf-8")
    words = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
    for said in (
        "Effects in subgroups fixed in advance: overall",
        "takes the subgroups as independent, although they may come from the same trials",
        "combines how the effect differs within trials with how it differs between them",
        "It is the test of effect modification to rely on",
        "1 test between subgroups: Roland Morris , by sex : p =",
        "and not which of their intervals exclude no effect",
        "age : no p between subgroups, since the subgroups overlap",
        "All numbers are given in",
    ):
        assert said in words, said
    svg = (tmp_path / "out" / "figures" / "fig1.svg").read_text(encoding="utf-8")
    alt = html.unescape(
        re.search(
            r'aria-label="([^"]*)"|<desc[^>]*>(.*?)</desc>', page[page.index("Forest plot of sub") - 300 :]
        ).group()
    )  # type: ignore[union-attr]
    assert "p between subgroups" in alt.replace("\u00a0", " ") and "p of the interaction within trials" in alt
    rows = pd.read_csv(tmp_path / "out" / "results.csv", encoding="utf-8-sig").set_index("id")
    for part in ("q", "q-df", "q-p"):
        assert rows.loc[f"side.overall.rmdq.short.by-sex.{part}", "status"] == "ok"
    assert rows.loc["side.overall.rmdq.short.by-sex.q-p", "text"] in svg
    assert rows.index.is_unique


def test_without_a_screening_the_page_says_what_would_test_effect_modification(tmp_path: Path) -> None:
    contents = [{"series": "Fig.", "show": "subset-forest", "of": "side"}]
    path = write(tmp_path / "s", ["women", "men"], report={"formats": ["html"], "contents": contents})
    assert run(["build", str(path), "--output", str(tmp_path / "out"), "-j", "1", "--no-store"]) == 0
    words = re.sub(r"<[^>]+>", " ", (tmp_path / "out" / "appendix.html").read_text(encoding="utf-8"))
    assert "is tested by a screening of moderators, as the interaction" in " ".join(words.split())
    assert "p within" not in words


def test_subgroups_of_events_have_ratios_and_events(tmp_path: Path) -> None:
    names = ["women", "men"]
    analyses = analyses_of(names)
    del analyses["screen"]
    contents = [
        {"series": "Fig.", "show": "subset-forest", "of": "side", "limits": [0.05, 20]},
        {"series": "Fig.", "show": "subset-forest", "of": "side", "outcome": "relapse"},
        {"series": "Table", "show": "subset-estimates", "of": "side"},
    ]
    report = {"formats": ["html", "results", "figures"], "contents": contents}
    study = {
        "outcomes": {name: OUTCOMES[name] for name in ("relapse", "falls")},
        "analyses": analyses,
        "policy": {"minimum_cell": 0},
        "report": report,
    }
    path = write_events(tmp_path / "s", study)
    assert run(["build", str(path), "--output", str(tmp_path / "out"), "-j", "1", "--no-store"]) == 0
    words = " ".join(re.sub(r"<[^>]+>", " ", (tmp_path / "out" / "appendix.html").read_text(encoding="utf-8")).split())
    assert "Events / participants" in words and "Odds ratio" in words
    group = groups(path)[0]
    log_ratios = [item.estimate.effect.value for item in group.effects]
    errors = [item.estimate.std_error.value for item in group.effects]
    assert group.q.value == pytest.approx((log_ratios[0] - log_ratios[1]) ** 2 / (errors[0] ** 2 + errors[1] ** 2))


MEN = {**POOLED, "subset": SUBSETS["men"]}
WOMEN = {**POOLED, "subset": SUBSETS["women"]}


@pytest.mark.parametrize(
    ("node", "more", "said"),
    [
        ({"subsets": ["women"]}, {}, "one subgroup cannot be compared"),
        ({"subsets": []}, {}, "no analysis is listed"),
        ({"subsets": ["women", "mne"]}, {}, "there is no analysis 'mne'"),
        ({"subsets": ["women", "screen"]}, {}, "'screen' is a 'moderators'"),
        ({"subsets": ["women", "pooled"]}, {}, "'pooled' has no `subset`"),
        ({"subsets": ["women", "women"]}, {}, "are of the same subgroup"),
        ({"subsets": ["women", "again"]}, {"again": WOMEN}, "'women' and 'again' are of the same subgroup"),
        ({"everybody": "screen"}, {}, "'screen' is a 'moderators'"),
        ({"everybody": "men"}, {}, "'men' is one of the subgroups"),
        ({"everybody": "old"}, {"old": {**POOLED, "subset": SUBSETS["old"]}}, "not all of those in 'women'"),
        ({"everybody": "plain"}, {"plain": {**POOLED, "adjust_for": []}}, "differ in `adjust_for`"),
        ({"subsets": ["women", "other"]}, {"other": {**MEN, "level": 0.9}}, "differ in `level`"),
        ({"screening": "pooled"}, {}, "'pooled' is a 'meta-analysis'"),
        ({"screening": "ages"}, {"ages": {**SCREEN, "moderators": ["age"]}}, "screens none of the covariates"),
        ({"subsets": ["women", "late"]}, {"late": {**MEN, "follow_up": "late"}}, "have no follow-up in common"),
    ],
)
def test_what_cannot_stand_side_by_side_is_refused_with_its_place(
    tmp_path: Path, node: dict[str, Any], more: dict[str, Any], said: str
) -> None:
    analyses = {**analyses_of(["women", "men"]), **more}
    analyses["side"] = {**analyses["side"], **node}
    analyses["women"] = {**WOMEN, "follow_up": "short"}
    analyses["pooled"] = {**POOLED, "follow_up": "short"}
    follow_up = {**STUDY["follow_up"], "late": {"months": [10, 14]}}
    path = write_study(
        tmp_path / "s", {**STUDY, "analyses": analyses, "follow_up": follow_up, "report": {"contents": []}}
    )
    problems = examine_study(path).problems
    found = [problem for problem in problems if said in str(problem)]
    assert found, [str(item) for item in problems]
    assert all(problem.origin and problem.hint for problem in problems)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"limits": [1, 5]}, "no effect, 0, does not lie between the limits"),
        ({"outcome": "other"}, "'side' does not analyse 'other'"),
        ({"of": "pooled"}, "'subset-forest' shows a 'subgroup-differences'"),
    ],
)
def test_a_forest_is_limited_to_what_all_subgroups_have(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    analyses = analyses_of(["women", "men"])
    analyses["women"] = {**WOMEN, "outcomes": ["RMDQ"]}
    contents = [{"series": "Fig.", "show": "subset-forest", "of": "side", **options}]
    outcomes = {"RMDQ": {}, "other": {"instrument": "RMDQ"}}
    study = {**STUDY, "analyses": analyses, "outcomes": outcomes, "report": {"contents": contents}}
    problems = [str(problem) for problem in examine_study(write_study(tmp_path / "s", study)).problems]
    assert any(said in problem for problem in problems), problems


def test_subgroups_of_trials_are_said_to_compare_trials(tmp_path: Path) -> None:
    analyses = {
        name: {**POOLED, "minimum_trials": 1, "subset": {"risk": level}}
        for name, level in (("sound", "low"), ("doubtful", "high"))
    }
    analyses["side"] = {"method": "subgroup-differences", "subsets": ["sound", "doubtful"]}
    covariates = {**STUDY["covariates"], "risk": {"levels": ["low", "high"], "level": "trial", "label": "Risk of bias"}}
    report = {"formats": ["html"], "contents": [{"series": "Fig.", "show": "subset-forest", "of": "side"}]}
    study = {**STUDY, "analyses": analyses, "covariates": covariates, "report": report}
    path = write_study(
        tmp_path / "s", study, {"characteristics": {"risk": "low"}}, {"characteristics": {"risk": "high"}}
    )
    (group,) = groups(path)
    assert group.of_trials and group.compared and all(item.alone for item in group.effects)
    assert run(["build", str(path), "--output", str(tmp_path / "out"), "-j", "1", "--no-store"]) == 0
    words = re.sub(r"<[^>]+>", " ", (tmp_path / "out" / "appendix.html").read_text(encoding="utf-8"))
    for said in ("the subgroups are of different trials", "Square: one trial", "Risk of bias (of the trial)"):
        assert said in " ".join(words.split()), said

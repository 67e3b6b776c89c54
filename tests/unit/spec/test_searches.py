"""Moderators, searches and agreement in the study file: what refers to what, and what is refused, in words."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from reportgen.spec.analyses import DirectedPeeling, FromScreening, Moderators, RecursivePartitioning
from reportgen.spec.load import examine_study
from reportgen.spec.study import sizes_asked
from tests.study_files import STUDY, write_study

SCREEN = {"method": "moderators", "outcomes": "RMDQ", "moderators": ["age", "sex", "baseline RMDQ"]}
SEARCH = {"method": "recursive-partitioning", "moderators": {"from": "screen"}}
PEEL = {"method": "directed-peeling", "moderators": ["age", "baseline RMDQ"]}
AGREE = {"method": "agreement", "partition": "rp", "peeling": "peel"}


def examined(tmp_path: Path, contents: tuple[dict[str, Any], ...] = (), **analyses: Any):  # type: ignore[no-untyped-def]
    study = deepcopy(STUDY)
    study["analyses"] |= {"screen": SCREEN, "rp": SEARCH, "peel": PEEL, "agree": AGREE} | analyses
    study["report"]["contents"] += contents
    return examine_study(write_study(tmp_path / "small", study))


def said(tmp_path: Path, contents: tuple[dict[str, Any], ...] = (), **analyses: Any) -> list[str]:
    return [problem.message for problem in examined(tmp_path, contents, **analyses).problems]


def test_all_four_methods_are_read(tmp_path: Path) -> None:
    search = SEARCH | {"min_size": "5%", "gamma": 0.5, "depth": 3}
    found = examined(tmp_path, rp=search)
    assert found.problems == ()
    rp, peel = (found.spec.study.analyses[name] for name in ("rp", "peel"))
    assert isinstance(rp, RecursivePartitioning)
    assert rp.moderators == FromScreening(from_="screen", p_below=0.2)
    assert (rp.min_size, rp.gamma) == (0.05, (0.5,))
    assert isinstance(peel, DirectedPeeling)
    assert peel.moderators == ("age", "baseline RMDQ")


def test_what_is_not_said_is_what_the_simulations_recommend(tmp_path: Path) -> None:
    found = examined(tmp_path, scores=SEARCH | {"criterion": "differential"}).spec.study.analyses
    screen, rp, peel, scores = (found[name] for name in ("screen", "rp", "peel", "scores"))
    assert isinstance(screen, Moderators)
    assert isinstance(rp, RecursivePartitioning)
    assert isinstance(peel, DirectedPeeling)
    assert isinstance(scores, RecursivePartitioning)
    assert (screen.interaction_effect, screen.adjuster_slopes, screen.residual) == ("random", "stratified", "common")
    assert (rp.information, rp.adjuster_slopes, rp.count_screened) == ("within", "stratified", True)
    assert (peel.information, peel.adjuster_slopes) == ("within", "stratified")
    assert (scores.information, scores.adjuster_slopes) == (
        "pooled",
        "common",
    )  # the only ones that these criteria have


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"screen": SCREEN | {"moderators": ["age", "agee"]}}, "there is no covariate 'agee'"),
        ({"screen": SCREEN | {"moderators": ["age", "age"]}}, "the moderator 'age' is listed twice"),
        ({"screen": SCREEN | {"expected": {"income": "richer gain more"}}}, "there is no moderator 'income'"),
        (
            {"rp": SEARCH | {"moderators": {"from": "peel"}}},
            "'peel' is a 'directed-peeling' analysis, but moderators are taken from",
        ),
        ({"rp": SEARCH | {"moderators": {"from": "scren"}}}, "there is no analysis 'scren'"),
        ({"rp": SEARCH | {"gamma": [1, 0.5, 0.2]}}, "`gamma` has 3 values, but `depth` is 2"),
        ({"rp": SEARCH | {"min_size": 50.5}}, "'50.5' is neither a number of participants nor a percentage such as 5%"),
        ({"rp": SEARCH | {"moderators": {"frm": "screen"}}}, "unknown key 'frm'"),
        ({"peel": PEEL | {"directions": {"sex": "lower gain more"}}}, "there is no moderator 'sex'"),
        ({"peel": PEEL | {"directions": {"age": "younger"}}}, "invalid value 'younger'"),
        ({"rp": SEARCH | {"min_arm": 4}}, "`min_arm` is 4, but `minimum_cell` of the policy is 5"),
        ({"agree": AGREE | {"peeling": "rp"}}, "'rp' is a 'recursive-partitioning'"),
        (
            {"rp": SEARCH | {"criterion": "maximum", "information": "within"}},
            "`information: within` does not apply to the criterion 'maximum'",
        ),
        (
            {"rp": SEARCH | {"criterion": "maximum", "adjuster_slopes": "stratified"}},
            "`adjuster_slopes: stratified` does not apply to the criterion 'maximum'",
        ),
        ({"screen": SCREEN | {"interaction_effect": "varying"}}, "invalid value 'varying'"),
        ({"screen": SCREEN | {"tiers": {"significant": 0.3}}}, "`weak` lies below `significant`"),
    ],
)
def test_what_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    assert any(text.startswith(message) for text in said(tmp_path, **change)), said(tmp_path, **change)


def test_a_search_asks_for_nothing_that_was_not_screened(tmp_path: Path) -> None:
    study = deepcopy(STUDY)
    study["instruments"]["VAS"] = {"range": [0, 10], "better": "lower"}
    study["outcomes"]["VAS"] = {}
    study["analyses"] |= {"screen": SCREEN, "rp": SEARCH}
    found = examine_study(write_study(tmp_path / "small", study)).problems
    assert [problem.message for problem in found] == ["'screen' does not screen VAS"]
    assert found[0].hint == "Add to `outcomes` there, or list the moderators here."


def test_artefacts_name_analyses_of_their_method(tmp_path: Path) -> None:
    table = {"series": "Table", "of": "rp"}
    assert said(tmp_path, ({**table, "show": "subgroups"}, {**table, "show": "analysed", "beside": ["peel"]})) == []
    wrong = (
        {**table, "show": "peeling-thresholds"},
        {**table, "show": "subgroups", "beside": ["peel"], "sizes": [0.1]},
    )
    assert said(tmp_path, wrong) == [
        "'beside' does not apply to 'subgroups'",
        "'sizes' does not apply to 'subgroups'",
        "'peeling-thresholds' shows a 'directed-peeling', and 'rp' is a 'recursive-partitioning'",
    ]


def test_the_sizes_of_a_peeling_are_those_of_its_artefacts_and_agreements(tmp_path: Path) -> None:
    study = deepcopy(STUDY)
    study["analyses"] |= {"rp": SEARCH, "peel": PEEL, "other": PEEL}
    study["analyses"]["agree"] = {"method": "agreement", "partition": "rp", "peeling": "peel", "sizes": [0.45]}
    shown = {"series": "Table", "show": "peeling-thresholds"}
    study["report"]["contents"] = [
        {**shown, "of": "peel", "sizes": [0.35, 0.25]},
        {**shown, "of": "other", "sizes": [0.15]},
        {"series": "Table", "show": "subgroups", "of": "rp"},
    ]
    spec = examine_study(write_study(tmp_path / "small", study)).spec
    assert spec is not None
    assert sizes_asked(spec.study, "peel") == (0.25, 0.35, 0.45)
    assert sizes_asked(spec.study, "other") == (0.15,)
    assert sizes_asked(spec.study, "rp") == ()

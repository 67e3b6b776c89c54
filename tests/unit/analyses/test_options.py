"""Every option of a node reaches what is found: none is accepted and ignored, and one that is added must be tried here.

Compared are the findings alone, without the settings that a record repeats.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from reportgen.data import Repository
from reportgen.pipeline import read
from reportgen.spec import Spec
from reportgen.spec.analyses import Agreement, DirectedPeeling, Moderators, RecursivePartitioning
from tests.analysed import analysed
from tests.peeling_study import CONTENTS, PARTITION, PEELING, write_search_study

ONE = {"outcomes": ["RMDQ"], "follow_up": ["short"], "comparisons": ["overall"], "treatment_effect": "common"}
SCREENING = ONE | {"method": "moderators", "moderators": ["age", "sex", "baseline RMDQ"]}
NODES: dict[str, dict[str, Any]] = {
    "moderators": SCREENING,
    "recursive-partitioning": PARTITION | ONE | {"moderators": ["age", "sex", "baseline RMDQ"], "min_size": 50},
    "directed-peeling": PEELING | ONE | {"moderators": ["age", "baseline RMDQ"]},
    "agreement": {"method": "agreement", "partition": "rp", "peeling": "peeling", "sizes": [0.2]},
}
POOLED: list[tuple[str, Any]] = [
    ("outcomes", ["all"]),
    ("follow_up", ["all"]),
    ("comparisons", ["all"]),
    ("adjust_for", []),
    ("subset", {"age": "at least 40"}),
    ("minimum_trials", 3),
    ("treatment_effect", "random"),
    ("level", 0.9),
]
SEARCH: list[tuple[str, Any]] = [("moderators", ["age"]), ("min_size", 100), ("min_arm", 60), ("min_trials", 3)]
OPTIONS: dict[str, list[tuple[str, Any]]] = {
    "moderators": [
        *POOLED,
        ("moderators", ["age", "sex"]),
        ("reading", "naive"),
        ("inference", "normal"),
        ("interaction_effect", "common"),
        ("adjuster_slopes", "common"),
        ("residual", "by-arm"),
        ("tiers", {"significant": 1e-30, "weak": 0.9}),
        ("percentiles", [25, 75]),
        ("expected", {"age": "younger people gain more"}),
    ],
    "recursive-partitioning": [
        *POOLED,
        *SEARCH,
        ("missing", "available"),
        ("criterion", "maximum"),
        ("multiplicity", "none"),
        ("across", "none"),
        ("information", "within"),
        ("adjuster_slopes", "stratified"),
        ("alpha", 0.5),
        ("gamma", [1e-60]),
        ("depth", 2),
        ("width", 1),
        ("max_cuts", 5),
    ],
    "directed-peeling": [
        *POOLED,
        *SEARCH,
        ("directions", {"baseline RMDQ": "lower gain more"}),
        ("objective", "effect"),
        ("information", "within"),
        ("adjuster_slopes", "stratified"),
        ("alpha", 0.2),
        ("beam", 1),
        ("bin_width", 0.1),
        ("min_fraction", 0.4),
    ],
    "agreement": [("partition", "other rp"), ("peeling", "other peeling"), ("sizes", [0.5])],
}
# options that matter with another one only
TOGETHER: dict[tuple[str, str], dict[str, Any]] = {
    ("recursive-partitioning", "gamma"): {"criterion": "directional"},
}
# `test_moderators`, `test_honesty`, `test_sound_searches`, `test_event_searches`
ELSEWHERE = {"df_floor", "draws", "count_screened", "min_events"}


@cache
def study() -> tuple[Spec, Repository]:
    rp, peeling = NODES["recursive-partitioning"], NODES["directed-peeling"]
    analyses = {
        "rp": rp,
        "other rp": rp | {"moderators": ["baseline RMDQ"], "alpha": 1, "across": "none", "multiplicity": "none"},
        "peeling": peeling,
        "other peeling": peeling | {"moderators": ["baseline RMDQ"]},
        "agreement": NODES["agreement"],
    }
    sides = {"intervention": ["exercise"], "control": ["usual care"]}
    with TemporaryDirectory() as folder:
        return read(
            write_search_study(
                Path(folder) / "s",
                outcomes={"RMDQ": {"domain": "disability"}, "again": {"instrument": "RMDQ"}},
                follow_up={"short": {"months": [2, 3], "aim": 3}, "long": {"months": [11, 13]}},
                comparisons={"overall": sides, "again": sides},
                analyses=analyses,
                report={"formats": ["html", "workbook", "results"], "contents": CONTENTS},
            )
        )


@cache
def default(method: str, option: str) -> str:
    return findings(method, TOGETHER.get((method, option), {}))


def findings(method: str, changes: dict[str, Any]) -> str:
    spec, repository = study()
    node = NODES[method] | changes
    if method == "moderators":
        return repr(analysed("a", Moderators.model_validate(node), repository, spec.study).results)
    if method == "recursive-partitioning":
        searched = RecursivePartitioning.model_validate(node)
        return repr(analysed("a", searched, repository, spec.study).results)
    if method == "directed-peeling":
        peeled = DirectedPeeling.model_validate(node)
        return repr(analysed("a", peeled, repository, spec.study).results)
    return repr(analysed("a", Agreement.model_validate(node), repository, spec.study).results)


@pytest.mark.parametrize("node", [Moderators, RecursivePartitioning, DirectedPeeling, Agreement])
def test_every_option_is_tried(node: Any) -> None:
    (method,) = node.model_fields["method"].annotation.__args__
    assert {name for name, _ in OPTIONS[method]} == node.model_fields.keys() - {"method"} - ELSEWHERE


@pytest.mark.slow
@pytest.mark.sampled(7)
@pytest.mark.parametrize(
    ("method", "option", "value"), [(method, *option) for method, options in OPTIONS.items() for option in options]
)
def test_an_option_changes_what_is_found(method: str, option: str, value: Any) -> None:
    together = TOGETHER.get((method, option), {})
    assert findings(method, together | {option: value}) != default(method, option)


@pytest.mark.parametrize("method", list(NODES))
def test_without_a_change_the_same_is_found(method: str) -> None:
    assert findings(method, {}) == findings(method, {})

"""No option that the schema offers can crash a build: of each method, each artefact and the policy, in all formats.

The options are read from the schema. One that is refused (exit code 2, with its place) is so alone; all others stand
together in one study of two trials, one analysis or artefact each, that must be built.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.cli import run
from reportgen.formats import DEFAULT
from reportgen.houses import HOUSES
from reportgen.spec import analyses as language
from reportgen.spec.load import examine_study
from reportgen.spec.shows import SHOWS
from reportgen.spec.study import Rounding
from tests.options import options_of
from tests.study_files import MAPPING, STUDY, people, write_study, write_yaml

pytestmark = pytest.mark.slow

STAGES = ["one", "two", "three", "four"]
FORMATS = ",".join((*DEFAULT, "submission"))
DRAWN = ("forest", "interaction-by-trial", "tree", "profiles", "trajectories", "availability")
SMALL = {"follow_up": "short", "comparisons": "overall"}
SEARCH = {**SMALL, "moderators": ["age", "sex", "baseline RMDQ"], "min_size": 0.2}
PEEL = {"method": "directed-peeling", **SEARCH, "beam": 2, "bin_width": 0.2}
BASE: dict[str, dict[str, Any]] = {
    "descriptive": {"method": "descriptive", "sides_of": "overall", "variables": ["age", "sex", "baseline RMDQ"]},
    "meta-analysis": {"method": "meta-analysis"},
    "moderators": {"method": "moderators", "moderators": ["age", "sex"]},
    "recursive-partitioning": {"method": "recursive-partitioning", **SEARCH, "alpha": 1},
    "directed-peeling": PEEL,
    "agreement": {"method": "agreement", "partition": "recursive-partitioning", "peeling": "directed-peeling"},
    "women": {"method": "meta-analysis", "subset": {"sex": "female"}},
    "men": {"method": "meta-analysis", "subset": {"sex": "male"}},
    "subgroup-differences": {"method": "subgroup-differences", "subsets": ["women", "men"]},
}
MODELS = {
    "descriptive": language.Descriptive,
    "meta-analysis": language.MetaAnalysis,
    "moderators": language.Moderators,
    "recursive-partitioning": language.RecursivePartitioning,
    "directed-peeling": language.DirectedPeeling,
    "agreement": language.Agreement,
    "subgroup-differences": language.SubgroupDifferences,
}


def write(folder: Path, **parts: Any) -> Path:
    """The small study with a covariate of ordered levels, and these parts."""
    covariates = {**STUDY["covariates"], "stage": {"levels": STAGES, "ordered": True}}
    variables = {**MAPPING["variables"], "stage": {"column": "stage"}}
    path = write_study(folder, {"covariates": covariates, **parts}, {"variables": variables}, {"variables": variables})
    for name, seed, n in (("north", 1, 60), ("south", 2, 80)):
        table = people(seed, n)
        table["stage"] = np.random.default_rng(seed).choice(STAGES, n)
        table.to_csv(folder / f"{name}.csv", index=False)
    return path


def accepted(folder: Path, **parts: Any) -> bool:
    """Whether the language takes a study; where not, each problem has its place."""
    path = folder / "study.yaml" if folder.exists() else write(folder)
    covariates = {**STUDY["covariates"], "stage": {"levels": STAGES, "ordered": True}}
    write_yaml(path, {**STUDY, "covariates": covariates, **parts})
    problems = examine_study(path).problems
    for problem in problems:
        assert problem.origin is not None, str(problem)
        assert problem.hint, str(problem)
    return not problems


def needed(method: str) -> dict[str, Any]:
    """The analyses that one of this method refers to."""
    names = {
        "agreement": ("recursive-partitioning", "directed-peeling"),
        "subgroup-differences": ("women", "men"),
    }
    return {name: BASE[name] for name in names.get(method, ())}


def shown(method: str, names: list[str], *, drawn: bool = False) -> list[dict[str, Any]]:
    """Every table that shows the method, of each analysis; every figure as well where that is asked for."""
    shows = [
        show for show, kind in SHOWS.items() if method in kind.shown_methods() and (drawn or not show.endswith(DRAWN))
    ]
    shows = [
        show for show in shows if (drawn or "forest" not in show) and show != "absolute-effects"
    ]  # of events alone
    return [{"series": "Table", "show": show, "of": name} for name in names for show in shows]


def built(folder: Path, formats: str, **parts: Any) -> int:
    path = write(folder / "study", **parts)
    return run(["build", str(path), "--output", str(folder / "out"), "--formats", formats, "-j", "1"])


SEARCHES = ("recursive-partitioning", "directed-peeling", "agreement")  # dozens of searches take minutes


@pytest.mark.parametrize(
    "method", [pytest.param(item, marks=pytest.mark.hard) if item in SEARCHES else item for item in MODELS]
)
def test_every_option_of_a_method_is_built_or_refused(method: str, tmp_path: Path) -> None:
    every_option(method, tmp_path, "html,workbook,results", drawn=False)


@pytest.mark.hard
@pytest.mark.parametrize("method", MODELS)
def test_every_option_of_a_method_is_drawn_in_every_format(method: str, tmp_path: Path) -> None:
    every_option(method, tmp_path, FORMATS, drawn=True)


def every_option(method: str, tmp_path: Path, formats: str, *, drawn: bool) -> None:
    analyses = needed(method)
    for number, (name, value) in enumerate(options_of(MODELS[method])):
        if name == "draws" and value:  # a million draws are taken, and take days
            value = {kind: min(draws, 20) for kind, draws in value.items()}
        variant = {**BASE[method], name: value}
        if accepted(tmp_path / "one", analyses={**needed(method), "x": variant}, report={}):
            analyses[f"{method} {number}"] = variant
    mine = [name for name in analyses if name not in needed(method)]
    assert len(mine) >= 2
    contents = shown(method, mine, drawn=drawn)
    code = built(tmp_path, formats, analyses=analyses, report={"contents": contents})
    assert code in (0, 1)
    results = json.loads((tmp_path / "out" / "results.json").read_text())["rows"]
    assert results


def test_normal_inference_reaches_the_workbook_in_every_format(tmp_path: Path) -> None:
    analyses = {
        method: {**BASE[method], "inference": "normal", "df_floor": floor}
        for method in ("meta-analysis", "moderators")
        for floor in ("none",)
    }
    contents = [item for method in analyses for item in shown(method, [method])]
    assert built(tmp_path, FORMATS, analyses=analyses, report={"contents": contents}) == 0
    assert (tmp_path / "out" / "appendix.pdf").is_file()
    rows = json.loads((tmp_path / "out" / "results.json").read_text(), parse_constant=pytest.fail)["rows"]
    assert any(row["id"].endswith(".df") and row["text"] == "∞" and row["value"] is None for row in rows)


@pytest.mark.hard
def test_every_option_of_an_artefact_is_built_or_refused(tmp_path: Path) -> None:
    contents: list[dict[str, Any]] = []
    for show, kind in SHOWS.items():
        of = {"of": kind.shown_methods()[0]} if kind.shown_methods() else {}
        plain = {"series": "Table", "show": show, **of}
        for name, value in options_of(kind):
            if name != "show" and accepted(
                tmp_path / "one", analyses=BASE, report={"contents": [{**plain, name: value}]}
            ):
                contents.append({**plain, name: value})
    assert built(tmp_path, "html,quarto", analyses=BASE, report={"contents": contents}) == 0


@pytest.mark.hard
@pytest.mark.parametrize(
    "policy",
    [
        {
            "minimum_cell": 0,
            "rounding": dict.fromkeys(("effect", "mean", "percent", "scaled", "heterogeneity"), 0) | {"p": 1},
        },
        {"minimum_cell": 1_000_000, "profile": "draft"},
        {"rounding": dict.fromkeys(Rounding.model_fields, 8), "profile": "final"},
    ],
)
def test_every_end_of_the_policy_is_built_or_refused(tmp_path: Path, policy: dict[str, Any]) -> None:
    if not accepted(tmp_path / "one", analyses=BASE, policy=policy):
        analyses = {name: {**BASE[name]} for name in ("descriptive", "meta-analysis", "moderators")}
    else:
        analyses = BASE
    contents = [item for name in analyses for item in shown(name, [name])]
    assert built(tmp_path, FORMATS, analyses=analyses, policy=policy, report={"contents": contents}) in (0, 1)


@pytest.mark.hard
@pytest.mark.parametrize("style", HOUSES)
def test_every_style_is_built_in_every_format(tmp_path: Path, style: str) -> None:
    contents = [item for name in BASE for item in shown(name, [name], drawn=True)]
    assert built(tmp_path, FORMATS, analyses=BASE, report={"style": style, "contents": contents}) == 0

"""How wide a forest is, and its columns there: what is usual, what is taken, and what is refused with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reportgen.houses import HOUSES
from reportgen.spec.load import examine_study
from reportgen.spec.shows import Forest, ForestByTrial, PeelingTrajectories
from tests.study_files import STUDY, write_study

SHOWS = {"forest": Forest, "forest-by-trial": ForestByTrial}


def artefact(show: str, **options: Any) -> dict[str, Any]:
    return {"series": "Fig.", "show": show, "of": "pooled", **options}


def examined(folder: Path, style: str, show: str, **options: Any):  # type: ignore[no-untyped-def]
    report = {**STUDY["report"], "style": style, "contents": [artefact(show, **options)]}
    return examine_study(write_study(folder / "small", {"report": report}))


@pytest.mark.parametrize(
    ("written", "columns"),
    [
        ({}, ((), ("effect",))),
        ({"left": ["n"], "right": ["effect"]}, (("n",), ("effect",))),
        ({"right": ["n", "effect"]}, ((), ("n", "effect"))),
        ({"left": "n"}, (("n",), ("effect",))),
    ],
)
@pytest.mark.parametrize("show", SHOWS)
def test_a_single_column_has_the_effects_alone_unless_others_are_chosen(
    show: str, written: dict[str, Any], columns: tuple[tuple[str, ...], ...]
) -> None:
    options = SHOWS[show].model_validate(artefact(show, width="column", **({"columns": written} if written else {})))
    assert options.columns.sides == columns


def test_a_trajectory_may_be_as_wide_as_a_column() -> None:
    written = artefact("peeling-trajectories", of="peel")
    assert PeelingTrajectories.model_validate(written).width == "page"
    assert PeelingTrajectories.model_validate({**written, "width": "column"}).width == "column"


def test_a_forest_is_as_wide_as_a_page_unless_it_says_otherwise() -> None:
    options = ForestByTrial.model_validate(artefact("forest-by-trial"))
    assert (options.width, options.columns.sides) == ("page", (("n",), ("effect", "weight")))


@pytest.mark.parametrize("columns", [["effect"], "effect", None, 3])
def test_columns_that_are_no_mapping_are_refused(columns: object) -> None:
    with pytest.raises(ValueError, match="columns"):
        Forest.model_validate(artefact("forest", width="column", columns=columns))


@pytest.mark.parametrize("style", HOUSES)
@pytest.mark.parametrize(
    ("show", "columns"),
    [
        ("forest", {"left": ["trials"]}),
        ("forest", {"right": ["effect", "p"]}),
        ("forest-by-trial", {"right": ["effect", "p"]}),
    ],
)
def test_a_single_column_has_room_for_another_text_column(
    tmp_path: Path, style: str, show: str, columns: dict[str, Any]
) -> None:
    assert examined(tmp_path, style, show, width="column", columns=columns).problems == ()


@pytest.mark.parametrize(
    ("style", "options", "message", "hint"),
    [
        (
            "plain",
            {"width": "column", "columns": {"left": ["n"]}},
            "these columns take about 59 mm, and beside the plot is room for 40 mm",
            "Remove `n`.",
        ),
        (
            "plain",
            {"columns": {"left": ["n"], "right": ["mean-sd", "effect", "weight", "p"]}},
            "these columns take about 124 mm, and beside the plot is room for 114 mm",
            "Remove `n`, or `mean-sd`, or `weight`, or `p`.",
        ),
        (
            "lancet",
            {"columns": {"left": ["n", "mean-sd"], "right": ["effect", "p", "weight"]}},
            "these columns take about 110 mm, and beside the plot is room for 104 mm",
            "Remove `n`, or `mean-sd`, or `p`, or `weight`.",
        ),
        (
            "plain",
            {"width": "column", "columns": {"left": ["n", "mean-sd"], "right": ["effect", "p"]}},
            "these columns take about 93 mm, and beside the plot is room for 40 mm",
            "Remove `n` and `mean-sd`.",
        ),
    ],
)
def test_columns_without_room_are_refused_where_they_stand(
    tmp_path: Path, style: str, options: dict[str, Any], message: str, hint: str
) -> None:
    (problem,) = examined(tmp_path, style, "forest-by-trial", **options).problems
    assert (problem.message, problem.hint) == (message, hint)
    assert problem.origin is not None
    assert problem.origin.text.strip().startswith("left:")


@pytest.mark.parametrize(
    "show", ["interaction-forest", "subgroup-forest", "interaction-by-trial", "effect-at-values-forest"]
)
def test_a_forest_that_needs_the_page_takes_no_width(tmp_path: Path, show: str) -> None:
    assert any("'width'" in problem.message for problem in examined(tmp_path, "plain", show, width="column").problems)

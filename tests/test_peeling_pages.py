"""Directed peeling and its agreement with recursive partitioning, from files to pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from reportgen.pipeline import Order, build
from tests.page_numbers import pages_of, trace_numbers
from tests.peeling_study import AGREEMENT, CONTENTS, PARTITION, PEELING, write_search_study

pytestmark = pytest.mark.slow


def built(folder: Path, **changes: Any) -> Path:
    done = build(Order(write_search_study(folder / "small", **changes), output=folder / "report"))
    assert (done.exit_code, done.warnings) == (0, ())
    return folder / "report"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("pages"))


def page_of(folder: Path) -> str:
    return pages_of(folder)


def rows_of(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "results.parquet").set_index("id")


def test_every_number_on_the_pages_has_its_row(pages: Path) -> None:
    traced = trace_numbers(page_of(pages), rows_of(pages)["text"].to_dict())
    assert traced.untraced == ()
    assert traced.found > 200


def test_boxes_are_in_the_results_with_their_people(pages: Path) -> None:
    rows = rows_of(pages)
    effect = rows.loc["peeling.overall.rmdq.short.box-0-50.effect"]
    assert effect["n"] == rows.loc["peeling.overall.rmdq.short.box-0-50.n", "value"]
    assert effect["source"] == "analyses.peeling"
    assert "peeling.overall.rmdq.short.box-0-50.normal.ci-low" in rows.index
    assert "agreement.overall.rmdq.short.age-low.box-0-20.jaccard" in rows.index


def test_the_frontier_is_among_the_series(pages: Path) -> None:
    line = pd.read_parquet(pages / "series" / "peeling.parquet")
    found = rows_of(pages).loc["peeling.overall.rmdq.short.boxes-found", "value"]
    excluded = json.loads(pq.read_metadata(pages / "series" / "peeling.parquet").metadata[b"reportgen"])["left_out"]
    assert line["box"].nunique() + excluded == found
    assert line["share"].between(0.1, 1).all()


def test_methods_and_model_status_speak_of_it(pages: Path) -> None:
    page = page_of(pages)
    for said in (
        "adaptive refinement by directed peeling",
        "it is not a hypothesis test",
        "Jaccard",
        "Status of each directed peeling",
    ):
        assert said in page


def test_pages_that_have_nothing_to_show_say_so(tmp_path: Path) -> None:
    peeling = PEELING | {"moderators": ["sex"], "directions": {}}
    report = built(
        tmp_path,
        analyses={"peeling": peeling},
        report={"formats": ["html", "workbook", "results"], "contents": CONTENTS[:2]},
    )
    page = page_of(report)
    assert page.count("no moderator can be peeled") >= 2
    assert trace_numbers(page, rows_of(report)["text"].to_dict()).untraced == ()


def test_of_a_window_in_which_nothing_was_measured_nothing_is_said(tmp_path: Path) -> None:
    follow_up = {"short": {"months": [2, 3], "aim": 3}, "long": {"months": [11, 13]}}
    contents = [CONTENTS[0], CONTENTS[1], {"series": "Table", "show": "agreement", "of": "agreement"}]
    analyses = {"rp": PARTITION, "peeling": PEELING, "agreement": AGREEMENT}
    report = built(
        tmp_path,
        follow_up=follow_up,
        analyses=analyses,
        report={"formats": ["html", "workbook", "results"], "contents": contents},
    )
    page = " ".join(page_of(report).split())
    # nothing was measured in the second window
    assert "No subgroup could be peeled:" not in page
    assert "Nothing to compare:" not in page
    assert "there is nothing to show" not in page
    assert trace_numbers(page_of(report), rows_of(report)["text"].to_dict()).untraced == ()


def test_rounding_of_an_artefact_reaches_tables_and_ids(tmp_path: Path) -> None:
    contents = [CONTENTS[0] | {"rounding": {"effect": 1}}]
    report = built(
        tmp_path,
        analyses={"peeling": PEELING},
        report={"formats": ["html", "workbook", "results"], "contents": contents},
    )
    rows = rows_of(report)
    rounded = rows.loc["peeling.overall.rmdq.short.box-0-50.effect@thresholds"]
    assert rounded["text"] == f"{rounded['value']:.1f}"
    assert trace_numbers(page_of(report), rows["text"].to_dict()).untraced == ()

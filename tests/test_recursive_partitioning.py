"""From a study file with a recursive partitioning to its pages: every artefact, every number with its row."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from reportgen.pipeline import Order, build
from tests.page_numbers import pages_of, trace_numbers
from tests.planted_study import write_planted

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=[4.0, 0.0], ids=["planted", "nothing planted"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bool]:
    folder = tmp_path_factory.mktemp("rp")
    study = write_planted(folder / "study", gain=request.param, lacking_age=25, missing="available")
    done = build(Order(study, output=folder / "out"))
    assert done.warnings == ()
    assert done.exit_code == 0
    return folder / "out", bool(request.param)


def page_of(built: tuple[Path, bool]) -> str:
    return pages_of(built[0])


def test_every_number_has_its_row(built: tuple[Path, bool]) -> None:
    texts = pd.read_parquet(built[0] / "results.parquet").set_index("id")["text"].to_dict()
    traced = trace_numbers(page_of(built), texts)
    assert traced.untraced == ()
    assert traced.found > 100


def test_the_pages_say_what_was_found(built: tuple[Path, bool]) -> None:
    page = page_of(built)
    words = ("appears better than it is", "not exactly the difference") if built[1] else ("No subgroup identified",)
    for said in words:
        assert said in page
    assert ("No subgroup identified" in page) != built[1]


def test_settings_stand_below_the_figures_and_in_the_methods(built: tuple[Path, bool]) -> None:
    page = page_of(built)
    assert page.count("Search: interaction of treatment with the split") == 3
    assert "IPD-SIDES" in page
    assert "How each search ended" in page


def test_a_search_that_is_not_possible_is_said_with_its_reason(tmp_path: Path) -> None:
    study = write_planted(tmp_path / "study", minimum_trials=3)
    done = build(Order(study, output=tmp_path / "out"))
    assert done.exit_code == 0
    page = pages_of(tmp_path / "out")
    texts = pd.read_parquet(tmp_path / "out" / "results.parquet").set_index("id")["text"].to_dict()
    assert trace_numbers(page, texts).untraced == ()
    assert "two trials, and three are needed" in page
    assert page.count("Not searched: ") == 2  # below the trees, and below the profiles


def test_no_cut_is_called_optimal(built: tuple[Path, bool]) -> None:
    assert "optimal" not in page_of(built).lower()


def test_every_cut_stands_in_the_series_or_is_counted_in_its_metadata(built: tuple[Path, bool]) -> None:
    series = pd.read_parquet(built[0] / "series" / "rp.parquet")
    told = json.loads(pq.read_metadata(built[0] / "series" / "rp.parquet").metadata[b"reportgen"])
    values = pd.read_parquet(built[0] / "results.parquet").set_index("id")["value"]
    assert told == {"minimum_cell": 5, "left_out": values["rp.guard.left-out"]}
    assert len(series) + told["left_out"] == values["rp.overall.rmdq.short.cuts"]
    assert f"Of the cuts that were tried, {told['left_out']} are neither drawn" in re.sub(
        r"<[^>]+>", "", page_of(built)
    )
    assert set(series["moderator"]) == {"age", "sex", "baseline RMDQ"}
    assert series["kept"].any() == built[1]
    assert series["minus_log10_p"].notna().all()

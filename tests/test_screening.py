"""From a study file with a screening of moderators to its pages: every artefact, every number with its row."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from reportgen.pipeline import Order, build
from tests.page_numbers import pages_of, trace_numbers
from tests.screened_study import write_screened

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("screening")
    done = build(Order(write_screened(folder / "study"), output=folder / "out"))
    assert done.warnings == ()
    assert done.exit_code == 0
    return folder / "out"


def page_of(built: Path) -> str:
    return pages_of(built)


def test_every_number_has_its_row(built: Path) -> None:
    texts = pd.read_parquet(built / "results.parquet").set_index("id")["text"].to_dict()
    traced = trace_numbers(page_of(built), texts)
    assert traced.untraced == ()
    assert traced.found > 100


def test_the_pages_say_what_was_expected_and_found(built: Path) -> None:
    page = page_of(built)
    assert "Expected beforehand" in page
    assert "larger effect at lower values" in page
    assert "Screening of moderators" in page
    assert "expected by chance without" in page


def test_artefacts_of_the_screening_lead_to_each_other(built: Path) -> None:
    page = page_of(built)
    assert "All numbers are given in" in page
    assert "Effects at chosen values are given in" in page


def test_the_table_file_has_the_whole_screening(built: Path) -> None:
    table = pd.read_csv(built / "tables" / "table1a.csv")
    text = table.to_csv()
    for label in ("Age", "Mood, joint test", "low v high", "Weight", "Roland Morris at baseline"):
        assert label in text

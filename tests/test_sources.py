"""A number has one source line: the page, the results table and the provenance say the same of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from reportgen.pipeline import Order, build
from tests.page_numbers import pages_of
from tests.study_files import MAPPING, STUDY, write_study, write_yaml

NAMES = ("pooled v1.0", "a.b.c", "pooled", "trials.North")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sources")
    analyses = {"people": STUDY["analyses"]["people"], **{name: {"method": "meta-analysis"} for name in NAMES}}
    contents = [{"series": "Table", "show": "included-trials"}, {"series": "Fig.", "show": "availability"}]
    contents += [{"series": "Table", "show": "estimates", "of": name} for name in NAMES]
    study = write_study(
        home / "small",
        study={"analyses": analyses, "report": {"formats": ["html", "workbook", "results"], "contents": contents}, "trials": ["north.yaml", "sub/south.yaml"]},
        north={"trial": "North (U.K.) v1.2"},
    )  # fmt: skip
    (home / "small" / "sub").mkdir()
    write_yaml(
        home / "small" / "sub" / "south.yaml",
        {"country": "Spain", **MAPPING, "trial": "South.", "data": {"file": "../south.csv", "participant": "id"}},
    )
    build(Order(study, output=home / "report"))
    return home


def places(folder: Path) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    page = pages_of(folder / "report")
    found = re.search(r'<script[^>]*id="rows"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    shown = [re.fullmatch(r"(.*) \((.*)\)", source) for source in json.loads(found[1])["sources"]]
    on_page = {item[1]: item[2] for item in shown if item is not None}
    assert len(on_page) == len(shown)
    results = json.loads((folder / "report" / "results.json").read_text(encoding="utf-8"))["sources"]
    provenance = json.loads((folder / "report" / "provenance.json").read_text(encoding="utf-8"))["sources"]
    return (
        on_page,
        {key: source["spec"] for key, source in results.items()},
        {key: source["spec"] for key, source in provenance.items()},
    )


def test_page_results_and_provenance_agree(folder: Path) -> None:
    page, results, provenance = places(folder)
    assert page and page.items() <= results.items()
    assert results == provenance


def test_analyses_and_trials_have_their_own_lines(folder: Path) -> None:
    _, results, _ = places(folder)
    lines = (folder / "small" / "study.yaml").read_text().splitlines()
    for name in NAMES:
        line = next(number for number, text in enumerate(lines, 1) if text.strip().strip("'") == f"{name}:")
        assert results[f"analyses.{name}"] == f"study.yaml:{line + 1}"  # where its words begin
    assert results["trials.North (U.K.) v1.2"] == "north.yaml:1"
    assert results["trials.South."] == "south.yaml:2"  # the second line holds `trial:`

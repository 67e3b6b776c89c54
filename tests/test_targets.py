"""A report is written as what was asked for and as nothing else; another distribution may add a target."""

from __future__ import annotations

import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

from reportgen import targets
from reportgen.cli import run
from reportgen.formats import BUILT_IN
from reportgen.pipeline import Order, build
from reportgen.spec.lock import json_schema
from reportgen.targets import target
from tests.study_files import write_study

ALWAYS = {"study.lock.yaml", "provenance.json", "manifest.json"}
LEFT_BEHIND = {
    "html": {"appendix.html", "audit.html"},
    "pdf": {"appendix.pdf", "audit.pdf"},
    "docx": {"appendix.docx", "audit.docx"},
    "quarto": {"quarto"},
    "figures": {"figures"},
    "workbook": {"tables"},
    "results": {"results.parquet", "results.csv", "results.json"},
    "submission": {"submission"},
    "quarto-html": {"quarto"},
    "quarto-pdf": {"quarto"},
    "quarto-docx": {"quarto"},
}
TOY = """
from pathlib import Path

from reportgen.records.numbers import numbers_in


class Numbers:
    name = "numbers"
    opens = "numbers.txt"
    needs = ("png",)

    def write(self, edition, figures, folder: Path):
        printed = [number.text for number in numbers_in(edition.appendix)]
        lines = [*printed, *(f"{name}.{form}: {len(content)}" for (name, form), content in figures.items())]
        (folder / self.opens).write_text("\\n".join(lines), encoding="utf-8")
        return ("the toy was here",)


TARGET = Numbers()
"""


def test_each_format_has_its_target_and_its_words() -> None:
    modules = {module.name for module in pkgutil.iter_modules(targets.__path__)}
    assert {module.replace("_", "-") for module in modules} == set(BUILT_IN) == set(LEFT_BEHIND)
    assert all(target(name).name == name for name in BUILT_IN)
    items = json.loads(json_schema())["$defs"]["Report"]["properties"]["formats"]["items"]
    assert {item["const"]: item["description"] for item in items["oneOf"]} == BUILT_IN


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("study") / "small")


@pytest.mark.slow
@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", BUILT_IN)
def test_what_is_asked_for_is_written_and_nothing_else(name: str, study: Path, tmp_path: Path) -> None:
    built = build(Order(study, output=tmp_path / "out", formats=(name,)))
    assert {path.name for path in (tmp_path / "out").iterdir()} == ALWAYS | LEFT_BEHIND[name]
    assert [path.name for path in built.paths] == [item for item in LEFT_BEHIND[name] if item.startswith("appendix")]


@pytest.mark.slow
def test_a_target_of_another_distribution_is_asked_for_like_any_other(study: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    (library / "toy-1.0.dist-info").mkdir(parents=True)
    (library / "toy.py").write_text(TOY, encoding="utf-8")
    (library / "toy-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n")
    (library / "toy-1.0.dist-info" / "entry_points.txt").write_text("[reportgen.targets]\nnumbers = toy:TARGET\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(library), *sys.path])}
    command = [sys.executable, "-m", "reportgen.cli"]
    asked = ["build", str(study), "--output", str(tmp_path / "out"), "--formats", "results,numbers", "-j", "2"]
    done = subprocess.run([*command, *asked], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(tmp_path / "out" / "numbers.txt")]
    assert "warning: the toy was here" in done.stderr
    lines = (tmp_path / "out" / "numbers.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 100 and lines[-1].startswith("fig1.png: ")
    schema = subprocess.run([*command, "schema"], env=environment, capture_output=True, text=True, check=True).stdout
    assert "Written by toy." in schema


def test_a_format_that_nobody_writes_is_refused(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", str(study), "--formats", "htlm"]) == 2
    assert "there is no format 'htlm'" in capsys.readouterr().err

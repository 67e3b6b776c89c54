"""What a build remembers of itself never answers for something else: another input, another order, another folder."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from reportgen import pipeline
from reportgen.cli import run
from reportgen.errors import ReportgenError
from reportgen.pipeline import Built, Order, build
from reportgen.progress import Progress
from reportgen.records.model import Records
from reportgen.records.numbers import slug
from tests.study_files import MAPPING, STUDY, write_study, write_yaml

FORMATS = ("results",)


@pytest.fixture(autouse=True)
def _epoch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    monkeypatch.setenv("REPORTGEN_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path / "s").parent


def built(study: Path, progress: Progress | None = None, **more: Any) -> Built:
    order = Order(**{"study": study, "output": str(study.parent / "out"), "formats": FORMATS, **more})
    return build(order, progress or Progress())


def stood(found: Built) -> bool:
    """Whether the report was left as it stood."""
    return not found.seconds


def contents(folder: Path) -> dict[str, bytes]:
    return {str(item.relative_to(folder)): item.read_bytes() for item in sorted(folder.rglob("*")) if item.is_file()}


def anew(study: Path) -> dict[str, bytes]:
    """Return what a build that keeps nothing writes."""
    built(study, output=str(study.parent / "anew"), keep=False)
    return contents(study.parent / "anew")


class Meanwhile(Progress):
    """Edits a file while a build draws."""

    def __init__(self, path: Path, before: str, after: str) -> None:
        super().__init__()
        self._edit = path, before, after

    def __call__(self, stage: str) -> None:
        if stage == "draw":
            path, before, after = self._edit
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(before, after), encoding="utf-8")


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("study.yaml", "Two small trials", "Two trials"),
        ("north.yaml", "Norway", "Sweden"),
        ("south.csv", "\n2,", "\n1002,"),
    ],
)
def test_what_is_edited_while_a_build_runs_is_built_the_next_time(
    study: Path, name: str, before: str, after: str
) -> None:
    built(study, Meanwhile(study / name, before, after))
    assert after in (study / name).read_text(encoding="utf-8")
    assert not stood(built(study))
    assert contents(study.parent / "out") == anew(study)
    assert stood(built(study))


def test_a_report_that_another_study_replaced_is_built_again(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write_study(tmp_path / "t", {"study": {**STUDY["study"], "title": "Other trials"}}).parent
    ended = pipeline.exit_code_of

    def after_the_other(records: Records) -> int:
        monkeypatch.setattr(pipeline, "exit_code_of", ended)
        built(other)  # to the same folder, before the first build has taken its note
        return ended(records)

    monkeypatch.setattr(pipeline, "exit_code_of", after_the_other)
    built(study)
    assert not stood(built(study))


def test_a_folder_called_none_is_not_the_folder_that_was_not_named(study: Path, tmp_path: Path) -> None:
    built(study, output=None)
    built(study, output="None")
    assert (tmp_path / "None" / "results.csv").is_file()


def test_an_added_file_is_met_as_by_any_build(study: Path, tmp_path: Path) -> None:
    built(study, formats=("results", "quarto"))
    (tmp_path / "out" / "quarto" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ReportgenError, match=r"notes\.txt \(added\)"):
        built(study, formats=("results", "quarto"))


def test_what_a_file_manager_leaves_is_no_change(study: Path, tmp_path: Path) -> None:
    built(study)
    (tmp_path / "out" / ".DS_Store").write_bytes(b"view")
    assert stood(built(study))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_data_file_that_became_a_pipe_is_not_waited_for(study: Path) -> None:
    built(study)
    (study / "north.csv").unlink()
    os.mkfifo(study / "north.csv")
    with pytest.raises(ReportgenError, match="a pipe"):
        built(study)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a folder that somebody is in")
def test_a_build_from_a_folder_that_was_deleted(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    built(study)
    assert (tmp_path / "out" / "results.csv").is_file()


def test_quarto_that_was_installed_since_renders(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(study, formats=("quarto-html",))
    assert not stood(built(study, formats=("quarto-html",)))
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "quarto"
    program.write_text("#!/bin/sh\nmkdir _site && echo rendered > _site/report.html\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    built(study, formats=("quarto-html",))
    assert (tmp_path / "out" / "quarto" / "_site" / "report.html").is_file()


def test_a_copied_study_names_its_files_from_its_own_folder(study: Path, tmp_path: Path) -> None:
    (study / "raw").mkdir()
    (study / "south.csv").rename(study / "raw" / "south.csv")
    data = {"file": str(study / "raw" / "south.csv"), "participant": "id"}
    write_yaml(study / "south.yaml", {**MAPPING, "trial": "South", "country": "Spain", "data": data})
    built(study)
    copied = tmp_path / "copy"
    shutil.copytree(study, copied)
    built(copied)
    assert contents(tmp_path / "out") == anew(copied)


def test_warnings_are_said_again(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lowest = {"RMDQ": {"name": "Roland Morris", "range": [0, 240], "better": "lower"}}
    write_yaml(study / "study.yaml", {**STUDY, "instruments": lowest})
    order = ["build", str(study), "--formats", "results", "-j", "1"]
    assert run(order) == 0
    first = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert run(order) == 0
    again = capsys.readouterr().err
    assert "nothing has changed" in again
    assert first and [line for line in again.splitlines() if "warning" in line] == first


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--store", "x", "--no-store"], "--store and --no-store exclude each other"),
        (["--store", ""], "the path is empty"),
    ],
)
def test_a_store_that_cannot_be_meant_is_an_error(
    study: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    assert run(["build", str(study), *options]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("names", [("age", "baseline RMDQ"), ("baseline RMDQ", "age")])
def test_published_means_stand_in_the_order_of_the_mapping(study: Path, tmp_path: Path, names: tuple[str, ...]) -> None:
    for order in (names[::-1], names):  # the second with what was kept of the first
        published = {"n": 60, "source": "North 1998", "means": dict.fromkeys(order, "12.0")}
        write_yaml(study / "north.yaml", {**MAPPING, "published": published})
        built(study)
    text = (tmp_path / "out" / "results.csv").read_text(encoding="utf-8-sig")
    places = [text.index(f"{slug('reconciliation', 'North', name)}.") for name in names]
    assert places == sorted(places)
    assert contents(tmp_path / "out") == anew(study)


def test_a_data_file_whose_name_a_mac_took_apart_is_known_again(study: Path) -> None:
    (study / "north.csv").rename(study / "Zoe\u0308.csv")
    write_yaml(study / "north.yaml", {**MAPPING, "data": {"file": "Zo\u00eb.csv", "participant": "id"}})
    built(study)
    assert stood(built(study))


def test_a_link_that_leads_elsewhere_is_another_study(study: Path, tmp_path: Path) -> None:
    other = write_study(tmp_path / "t", {"study": {**STUDY["study"], "title": "Other trials"}}).parent
    linked = tmp_path / "linked"
    linked.mkdir()
    for folder in (study, other):
        for name in ("study.yaml", "north.yaml", "south.yaml"):
            (linked / name).unlink(missing_ok=True)
            (linked / name).symlink_to(folder / name)
        for name in ("north.csv", "south.csv"):
            (linked / name).unlink(missing_ok=True)
            (linked / name).symlink_to(folder / name)
        assert not stood(built(linked))
    assert contents(tmp_path / "out") == anew(linked)

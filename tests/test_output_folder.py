"""The command line refuses a place before a trial file is opened, and every order before the work begins."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reportgen.cli import run
from reportgen.output.mark import mark_report
from tests.study_files import STUDY, write_study
from tests.unit.simulation.small import write_simulation

HERE = ("-j", "1")


@pytest.fixture
def unread(tmp_path: Path) -> Path:
    """A study whose trial files cannot be read: whoever opens them says so, with exit code 2."""
    folder = write_study(tmp_path / "home" / "small").parent
    (folder / "north.csv").write_bytes(b"")
    return folder


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("output", ["{study}", "{study}/..", "{study}/../..", "{study}/study.yaml", "", "/", "{link}"])
def test_refused_before_a_trial_file_is_opened(unread: Path, output: str, capsys: pytest.CaptureFixture[str]) -> None:
    link = unread.parent / "link"
    link.symlink_to(unread)
    before = everything(unread)
    assert run(["build", str(unread), "--output", output.format(study=unread, link=link), *HERE]) == 3
    said = capsys.readouterr().err
    assert "empty" not in said or output == ""
    assert "--output" in said
    assert everything(unread) == before
    assert sorted(path.name for path in unread.parent.iterdir()) == ["link", "small"]


@pytest.mark.parametrize("verb", [["build"], ["validate"], ["plan"], ["simulate", "--output", "made"]])
def test_an_empty_path_is_not_this_folder(
    unread: Path, verb: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(unread)
    assert run([*verb, ""]) == 2
    assert "the path is empty; write . for this folder" in capsys.readouterr().err


def test_a_study_in_its_own_default_place(
    unread: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(unread, unread.parent / "output" / "small")
    monkeypatch.chdir(unread.parent)
    assert run(["build", "output/small", *HERE]) == 3
    assert "holds the study file 'output/small/study.yaml'" in capsys.readouterr().err


@pytest.mark.parametrize("inside", ["mapping", "data"])
def test_a_place_that_holds_a_file_of_the_study(
    tmp_path: Path, inside: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report"
    (report / "tables").mkdir(parents=True)
    study = write_study(
        tmp_path / "small",
        study={"trials": ["../report/tables/north.yaml" if inside == "mapping" else "north.yaml", "south.yaml"]},
        north={"data": {"file": "../report/tables/north.csv", "participant": "id"}},
    )
    for name in ("north.yaml", "north.csv"):
        shutil.copy(study.parent / name, report / "tables" / name)
    mark_report(report)  # as if a build had written them
    assert run(["build", str(study), "--output", str(report), *HERE]) == 3
    assert f"holds the {'mapping' if inside == 'mapping' else 'data file'} '" in capsys.readouterr().err


def test_into_a_folder_of_the_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = write_study(tmp_path / "mine").parent
    monkeypatch.chdir(study)
    before = everything(study)
    assert run(["build", ".", *HERE]) == 0
    assert (study / "output" / "mine" / "manifest.json").is_file()
    assert run(["build", ".", *HERE]) == 0
    assert before.items() <= everything(study).items()


def test_invalid_data_leave_no_folder_behind(
    unread: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(unread.parent)
    assert run(["build", "small", *HERE]) == 2
    assert "north.csv" in capsys.readouterr().err
    assert not Path("output").exists()


def test_a_place_that_the_system_does_not_let_us_write(unread: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", str(unread), "--output", "/proc/reportgen/out", *HERE]) == 3
    assert "'/proc/reportgen/out' cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("epoch", ["abc", "-1", "1e9", "1.5", " 1", "9" * 12, "9" * 400, "１"])
def test_an_epoch_that_is_none(
    unread: Path, epoch: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert run(["build", str(unread), *HERE]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"invalid value {epoch!r} of SOURCE_DATE_EPOCH")
    assert "Give whole seconds since 1970" in said


@pytest.mark.sampled(4)
@pytest.mark.parametrize("verb", ["build", "validate", "plan", "simulate"])
def test_every_verb_tells_of_an_epoch_that_is_none(tmp_path: Path, verb: str) -> None:
    study = write_study(tmp_path / "small")
    file = write_simulation(tmp_path / "made") if verb == "simulate" else study
    more = ["--output", str(tmp_path / "trials")] if verb == "simulate" else []
    command = [sys.executable, "-m", "reportgen.cli", verb, str(file), *more]  # anew: a library reads it when imported
    done = subprocess.run(
        command, env={**os.environ, "SOURCE_DATE_EPOCH": "abc"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "invalid value 'abc' of SOURCE_DATE_EPOCH" in done.stderr
    assert "Give whole seconds since 1970" in done.stderr


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (["--only", "tabel1"], "Did you mean 'table1'?"),
        (["--only", ","], "--only is empty"),
        (["--formats", "rtf"], "there is no format 'rtf'"),
        (["--formats", " , "], "--formats is empty"),
    ],
)
def test_wrong_orders_are_told_before_a_trial_file_is_opened(
    unread: Path, order: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["build", str(unread), *order, *HERE]) == 2
    said = capsys.readouterr().err
    assert words in said and "north.csv" not in said


def test_simulated_files_never_take_the_place_of_real_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_simulation(tmp_path / "study")
    before = everything(path.parent)
    assert run(["simulate", str(path), "--output", str(path.parent)]) == 3  # the trial files of the small study
    said = capsys.readouterr().err
    assert re.search(r"holds north\.\w+, south\.\w+, and no simulation wrote them", said)
    assert "Real data are never overwritten" in said
    assert everything(path.parent) == before
    assert run(["simulate", str(path), "--output", ""]) == 3


def test_a_study_is_simulated_in_its_own_folder_again_and_again(tmp_path: Path) -> None:
    path = write_simulation(tmp_path / "study")
    for file in path.parent.glob("*.csv"):
        file.unlink()
    for more in ([], [], ["--seed", "8"], []):
        assert run(["simulate", str(path), "--output", str(path.parent), *more]) == 0
    first = next(iter(sorted(path.parent.glob("north.*"))))
    assert STUDY["trials"] == ["north.yaml", "south.yaml"]
    (path.parent / "north.csv" if first.suffix == ".yaml" else first).write_bytes(b"real")
    assert run(["simulate", str(path), "--output", str(path.parent)]) == 3


def test_where_debug_belongs(unread: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", str(unread), "--debug"]) == 2
    said = capsys.readouterr().err
    assert said == "No such option: --debug\nWrite it before the command, as in reportgen --debug build my-study.\n"
    assert run(["build", str(unread), "--depug"]) == 2
    assert "See reportgen --help." in capsys.readouterr().err

"""Whatever happens while a report is built, the earlier one stands, and nothing is left behind."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import reportgen.exchange as exchange_module
from reportgen.errors import RenderError
from reportgen.output import lock as lock_module
from reportgen.output.lock import Lock, TakenError
from reportgen.output.mark import mark_report
from reportgen.output.place import Place, chosen_place
from reportgen.output.staging import EXCHANGING, FRESH, OLD, StagingFolder, staging_key

DEFAULT = Path("output/st")


def place(folder: Path) -> Place:
    return chosen_place(str(folder), DEFAULT, ())


def built(folder: Path, text: str) -> None:
    with StagingFolder(place(folder)) as staging:
        (staging.folder / "page").write_text(text)
        staging.finish()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=["kernel", "renames"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to exchange two folders."""
    if request.param == "renames":
        monkeypatch.setattr(exchange_module, "_exchanged_by_kernel", lambda one, other: False)
    return str(request.param)


def test_one_report_after_the_other(tmp_path: Path) -> None:
    for text in ("first", "second", "third"):
        built(tmp_path / "out", text)
        assert (tmp_path / "out" / "page").read_text() == text
        assert names(tmp_path) == ["out"]


def test_folders_that_were_made_for_nothing_go_again(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), StagingFolder(place(tmp_path / "a" / "b" / "out")):
        raise ZeroDivisionError
    assert names(tmp_path) == []


def test_permissions_of_the_earlier_report_stay(tmp_path: Path) -> None:
    built(tmp_path / "out", "first")
    (tmp_path / "out").chmod(0o700)
    built(tmp_path / "out", "second")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700


def test_a_note_that_is_saved_while_building_stays(tmp_path: Path) -> None:
    built(tmp_path / "out", "first")
    with pytest.raises(RenderError, match=r"note\.md \(added\)"), StagingFolder(place(tmp_path / "out")) as staging:
        (tmp_path / "out" / "note.md").write_text("mine")
        staging.finish()
    assert (tmp_path / "out" / "note.md").read_text() == "mine"
    assert (tmp_path / "out" / "page").read_text() == "first"
    assert names(tmp_path) == ["out"]


def test_a_note_that_is_saved_at_the_last_moment_is_kept_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reportgen.output import staging as module

    built(tmp_path / "out", "first")
    (tmp_path / "out.kept").mkdir()

    def late(fresh: Path, folder: Path, aside: Path) -> None:
        (folder / "page").write_text("edited")
        exchange_module.exchange(fresh, folder, aside)

    monkeypatch.setattr(module, "exchange", late)
    with StagingFolder(place(tmp_path / "out")) as staging:
        (staging.folder / "page").write_text("second")
        staging.finish()
        assert staging.kept == (tmp_path / "out.kept-2",)
    assert (tmp_path / "out.kept-2" / "page").read_text() == "edited"
    assert (tmp_path / "out" / "page").read_text() == "second"
    assert names(tmp_path) == ["out", "out.kept", "out.kept-2"]


def test_two_at_once(tmp_path: Path) -> None:
    with StagingFolder(place(tmp_path / "out")) as first:
        with pytest.raises(RenderError, match=f"a build by process {os.getpid()} is writing"):
            StagingFolder(place(tmp_path / "out")).__enter__()
        with StagingFolder(place(tmp_path / "other")):
            pass
        (first.folder / "page").write_text("first")
        first.finish()
    assert names(tmp_path) == ["out"]


def dead_staging(tmp_path: Path) -> Path:
    bench = tmp_path / f"{staging_key('out')}-abcd1234"
    (bench / FRESH).mkdir(parents=True)
    (bench / FRESH / "half").write_text("half")
    (tmp_path / f"{staging_key('out')}-lock").write_text(json.dumps({"process": 1, "machine": "x", "boot": "y"}))
    os.utime(tmp_path / f"{staging_key('out')}-lock", (0, 0))
    return bench


def test_a_dead_workshop_is_swept(tmp_path: Path) -> None:
    dead_staging(tmp_path)
    built(tmp_path / "out", "new")
    assert names(tmp_path) == ["out"]


def test_killed_between_two_renames_the_earlier_report_comes_back(tmp_path: Path) -> None:
    built(tmp_path / "out", "earlier")
    bench = dead_staging(tmp_path)
    (bench / EXCHANGING).touch()
    mark_report(bench / FRESH)
    (tmp_path / "out").rename(bench / OLD)
    with pytest.raises(ZeroDivisionError), StagingFolder(place(tmp_path / "out")):
        assert (tmp_path / "out" / "page").read_text() == "earlier"
        raise ZeroDivisionError
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("left", [FRESH, OLD])
def test_killed_after_the_exchange_what_the_user_changed_is_kept(tmp_path: Path, left: str) -> None:
    built(tmp_path / "out", "newer")
    bench = dead_staging(tmp_path)
    shutil.rmtree(bench / FRESH)
    shutil.copytree(tmp_path / "out", bench / left)
    (bench / left / "page").write_text("edited at the last moment")
    (bench / EXCHANGING).touch()
    built(tmp_path / "out", "newest")
    assert (tmp_path / "out.kept" / "page").read_text() == "edited at the last moment"
    assert (tmp_path / "out" / "page").read_text() == "newest"


def test_folders_that_only_look_like_ours_stay(tmp_path: Path) -> None:
    for name in (f"{staging_key('out')}-mine", f"{staging_key('out.reportgen-x')}-abcd1234"):
        (tmp_path / name / FRESH).mkdir(parents=True)
    (tmp_path / f"{staging_key('out')}-abcd1234").mkdir()
    (tmp_path / f"{staging_key('out')}-abcd1234" / "thesis").touch()
    before = names(tmp_path)
    built(tmp_path / "out", "new")
    assert names(tmp_path) == [*before, "out"]


def test_long_names_have_room(tmp_path: Path) -> None:
    built(tmp_path / ("ä" * 127), "new")
    assert names(tmp_path) == ["ä" * 127]


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from reportgen.output.lock import Lock\n"
        "lock = Lock(Path(sys.argv[1])); lock.take(); print('taken', flush=True); time.sleep(60)"
    )
    path = tmp_path / "lock"
    holder = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None and holder.stdout.readline() == "taken\n"
    with pytest.raises(TakenError, match=f"process {holder.pid}"):
        Lock(path).take()
    holder.kill()
    holder.wait()
    holder.stdout.close()
    lock = Lock(path)
    lock.take()
    lock.release()
    assert names(tmp_path) == []


def test_a_lock_of_another_machine_counts_for_as_long_as_a_build_can_take(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text(json.dumps({"process": 7, "machine": "elsewhere", "boot": "another"}))
    with pytest.raises(TakenError, match=r"process 7 on elsewhere \(if there is none, delete"):
        Lock(path).take()
    old = time.time() - lock_module.LONGEST_BUILD - 1
    os.utime(path, (old, old))
    Lock(path).take()


@pytest.mark.parametrize(
    "process", [os.getpid(), 2**22 + 1, "nonsense", None], ids=["alive", "dead", "nonsense", "none"]
)  # the same names in every process that runs the tests
def test_without_locks_of_the_kernel_the_process_must_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, process: object
) -> None:
    import fcntl

    def unsupported(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    path = tmp_path / "lock"
    path.write_text(json.dumps({**lock_module._myself(), "process": process}))
    if process == os.getpid():
        with pytest.raises(TakenError):
            Lock(path).take()
    else:
        Lock(path).take()


def test_a_disk_that_is_full_keeps_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    lock = Lock(tmp_path / "lock")
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(os, "write", full)
        lock.take()
    assert not (tmp_path / "lock").exists()
    lock.take()  # nothing holds it
    lock.release()

"""A run that is ended from outside, or whose readers have gone: one line, no traceback, and the right exit code."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from reportgen.output.staging import staging_key
from tests.study_files import write_study

pytestmark = pytest.mark.slow

RUN = [sys.executable, "-m", "reportgen.cli"]
LOCK = f"{staging_key('out')}-lock"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path / "small").parent


def start(study: Path, *more: str, **how: Any) -> subprocess.Popen[str]:
    command = [*RUN, "build", str(study), "--output", str(study.parent / "report" / "out"), *more]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    return subprocess.Popen(command, **{**pipes, **how})


def wait_for(path: Path) -> None:
    for _ in range(3000):
        if path.exists():
            return
        time.sleep(0.01)
    raise AssertionError(f"{path} does not come")


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    ("number", "code", "words"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "ended by SIGTERM")]
)
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_one_line_and_nothing_left(study: Path, number: signal.Signals, code: int, words: str, workers: str) -> None:
    process = start(study, "-j", workers)
    wait_for(study.parent / "report" / LOCK)
    time.sleep(0.3)  # workers are starting
    os.killpg(process.pid, number)
    os.kill(process.pid, number)  # twice changes nothing
    out, told = process.communicate(timeout=60)
    assert process.returncode == code
    assert out == ""
    assert told.splitlines()[-1] == f"{words}: nothing was written; an earlier report is unchanged"
    assert "Traceback" not in told and "Warning" not in told
    assert not (study.parent / "report").exists()


def test_interrupted_before_anything_is_begun(study: Path) -> None:
    process = start(study)
    time.sleep(0.25)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT)  # Python itself may still be starting
    assert process.returncode == -signal.SIGINT or "Traceback" not in told


def test_ignored_signals_stay_ignored(study: Path) -> None:
    program = (
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\nfrom reportgen.ending import listen; listen()"
    )
    program += "\nprint(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN, signal.getsignal(signal.SIGTERM))"
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert output.startswith("True <function")


def run(*arguments: str, shell: str = "", **how: Any) -> subprocess.CompletedProcess[str]:
    words = " ".join([*RUN, *(f"'{argument}'" for argument in arguments)])
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{words} {shell}"], capture_output=True, text=True, check=False, **how
    )


@pytest.mark.parametrize("verb", [("schema",), ("--help",), ("plan", "{study}"), ("schema", "mapping")])
def test_a_reader_who_has_seen_enough(study: Path, verb: tuple[str, ...]) -> None:
    done = run(*(word.format(study=study) for word in verb), shell="| true")
    assert (done.returncode, done.stdout) == (0, "")
    assert [line for line in done.stderr.splitlines() if line != "read and check"] == []


@pytest.mark.parametrize("shell", ["2>&-", ">&-", ">&- 2>&-", "<&-", "<&- >&- 2>&-", "2> >(true)"])
def test_closed_streams(study: Path, shell: str) -> None:
    done = run("plan", str(study), shell=shell)
    assert done.returncode == 0
    assert done.stderr.replace("read and check\n", "") == ""
    assert ("pooled: meta-analysis" in done.stdout) == (">&-" not in shell.replace("2>&-", ""))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_stdout() -> None:
    done = run("schema", shell="> /dev/full")
    assert done.returncode == 3
    assert done.stderr.startswith("the output cannot be printed: No space left on device")


def test_letters_that_a_terminal_does_not_have(study: Path) -> None:
    done = run("validate", str(study), env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0


def test_a_full_disk_names_the_folder_and_the_earlier_report_stands(study: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    folder = study.parent / "report" / "out"
    first = start(study, "-j", "1")
    assert first.wait(timeout=120) == 0
    first.communicate()
    before = (folder / "manifest.json").read_bytes()
    process = start(study, "-j", "1", "--no-store", preexec_fn=limit)  # a report that stands as it is needs no room
    _, told = process.communicate(timeout=120)
    assert process.returncode == 3
    assert f"'{folder}' cannot be written: File too large" in told and "Traceback" not in told
    assert (folder / "manifest.json").read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["out"]

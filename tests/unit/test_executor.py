"""Work is shared out without changing what comes out, and what is prepared is there when it is asked for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from reportgen.executor import Executor

from reportgen.errors import RenderError


def mark() -> None:
    """Leave a file named after the process: called by its name, in another one."""
    Path(os.environ["MARKS"], str(os.getpid())).touch()


def fail() -> None:
    raise ValueError("nobody hears this")


def test_prepared_functions_run_elsewhere_and_are_waited_for(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("MARKS", str(tmp_path))
    # three processes: a size that no other test asks for, so that they start now and see the variable
    ready = Executor(3).prepare(__name__, "mark")
    ready()
    (made,) = tmp_path.iterdir()
    assert made.name != str(os.getpid())


def test_what_fails_while_preparing_is_left_to_who_needs_it() -> None:
    Executor(3).prepare(__name__, "fail")()
    assert Executor(3).map(abs, [-1, 2, -3]) == [1, 2, 3]


def end_itself(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_the_system_ends_is_told_in_words_and_replaced() -> None:
    with pytest.raises(RenderError, match="a worker process was ended by the system"):
        Executor(3).map(end_itself, [1, 2])
    waiting = Executor(3).start(end_itself, 1)
    with pytest.raises(RenderError, match="-j 1"):
        waiting()
    assert Executor(3).map(abs, [-1, 2]) == [1, 2]


PROGRAM = """
import os, signal
from reportgen.executor import Executor
from tests.unit.test_executor import slow
print(*set(Executor(2).map(slow, range(4))), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def slow(_: int) -> int:
    time.sleep(0.5)
    return os.getpid()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes in /proc")
def test_workers_end_with_the_process_that_started_them() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60)
    workers = done.stdout.split()
    assert workers and done.returncode == -signal.SIGKILL
    for _ in range(100):
        left = [worker for worker in workers if Path("/proc", worker).exists() and not is_dead(worker)]
        if not left:
            break
        time.sleep(0.1)
    assert left == []
    assert done.stderr == ""


def is_dead(process: str) -> bool:
    """Whether a process is only waiting to be buried."""
    try:
        return Path("/proc", process, "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def test_one_process_prepares_nothing(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("MARKS", str(tmp_path))
    Executor(1).prepare(__name__, "mark")()
    assert not list(tmp_path.iterdir())


def test_a_started_task_gives_its_result_when_asked() -> None:
    assert Executor(1).start(divmod, 7, 3)() == (2, 1)
    assert Executor(3).start(divmod, 7, 3)() == (2, 1)

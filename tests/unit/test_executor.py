"""Work is shared out without changing what comes out, and what is prepared is there when it is asked for."""

from __future__ import annotations

import os
from pathlib import Path

from reportgen.executor import Executor


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


def test_one_process_prepares_nothing(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("MARKS", str(tmp_path))
    Executor(1).prepare(__name__, "mark")()
    assert not list(tmp_path.iterdir())


def test_a_started_task_gives_its_result_when_asked() -> None:
    assert Executor(1).start(divmod, 7, 3)() == (2, 1)
    assert Executor(3).start(divmod, 7, 3)() == (2, 1)

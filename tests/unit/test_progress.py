"""A bar with the time left where a terminal watches, lines elsewhere, nothing left behind."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys

import pytest

from reportgen.progress import Lines, Progress

pty = pytest.importorskip("pty", reason="needs the pseudo terminals of POSIX")

PROGRAM = """
import os, sys, time
from reportgen.ending import listen
from reportgen.progress import progress
listen()
with progress() as told:
    told("read and check")
    told("draw")
    with told.tasks(3):
        for _ in range(3):
            time.sleep(0.25)
            told.advance(50)
    told("render")
    if sys.argv[1:]:
        time.sleep(0.3)
        os.kill(os.getpid(), 15)
        time.sleep(5)
print("done in 1 s", file=sys.stderr)
"""


def seen(*arguments: str) -> tuple[int, str]:
    """Exit code of the program, and all that a terminal would have been sent."""
    first, other = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
    with subprocess.Popen([sys.executable, "-c", PROGRAM, *arguments], stderr=other, env=environment) as process:
        os.close(other)
        told = b""
        while select.select([first], [], [], 20)[0]:
            try:
                told += os.read(first, 65536)
            except OSError:  # the other end was closed
                break
    os.close(first)
    return process.returncode, told.decode()


def plain(told: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", told)


def test_a_bar_counts_and_says_the_time_left() -> None:
    code, told = seen()
    text = plain(told)
    assert code == 0
    assert {"0/3", "1/3", "2/3"} <= set(re.findall(r"\d/3", text))
    assert re.search(r"draw .*2/3 0:00:0\d \d+ draws/s", text)
    assert not re.search(r"render [^\r]*(/3|:)", text)
    assert "read and check\r\n" in text and "render\r\n" in text  # each step stays above the bar
    assert text.endswith("done in 1 s\r\n")
    assert told.rfind("\x1b[?25h") > told.rfind("\x1b[?25l") >= 0  # the cursor is shown again


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_an_end_from_outside_gives_the_cursor_back() -> None:
    code, told = seen("killed")
    assert code == 128 + signal.SIGTERM
    assert told.rfind("\x1b[?25h") > told.rfind("\x1b[?25l") >= 0
    assert plain(told).rstrip().endswith("ended by SIGTERM")


def test_elsewhere_lines_say_the_steps_alone() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == ["read and check", "draw", "render", "done in 1 s"]


def test_a_long_step_is_counted_now_and_then() -> None:
    told: list[str] = []
    lines = Lines(pause=0, write=told.append)
    with lines.tasks(3):
        for _ in range(3):
            lines.advance()
    assert told == ["  1 of 3 done", "  2 of 3 done"]


def test_draws_are_counted_by_the_second_where_there_are_any() -> None:
    told: list[str] = []
    lines = Lines(pause=0, write=told.append)
    with lines.tasks(4):
        lines.advance()
        lines.advance(50)
        lines.advance(20)
    assert told[0] == "  1 of 4 done"
    assert all(re.fullmatch(r"  [23] of 4 done, [\d,]+ draws/s", line) for line in told[1:])


def test_nobody_need_watch() -> None:
    silent = Progress()
    silent("draw")
    with silent.tasks(1):
        silent.advance()

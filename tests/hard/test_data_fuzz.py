"""1,500 damaged data files of all formats: each is read or refused with its place, in time, and never ends the process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.hard import SEED

FILES, CHUNK = 1500, 100
SECONDS = 5.0
ROOT = Path(__file__).parents[2]


@pytest.mark.hard
@pytest.mark.parametrize("first", range(0, FILES, CHUNK))
def test_damaged_files_are_read_or_refused(first: int, tmp_path: Path) -> None:
    wrong: list[str] = []
    number = first
    while number < first + CHUNK:
        results, rest = _read(tmp_path, number, first + CHUNK)
        wrong += [
            f"{SEED}/{result['number']}{result['suffix']}: {reason}" for result in results if (reason := _wrong(result))
        ]
        number = results[-1]["number"] + 1 if results else number
        if rest is not None:
            wrong.append(f"{SEED}/{number}: {rest}")
            number += 1
    assert not wrong, "\n".join(wrong)


def _read(folder: Path, first: int, last: int) -> tuple[list[dict[str, Any]], str | None]:
    """What came of some files, and what ended the process before its time."""
    command = [sys.executable, "-m", "tests.hard.read_damaged", str(folder), str(SEED), str(first), str(last)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "RUST_BACKTRACE": "0"}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False
        )
        out, err, code = done.stdout, done.stderr, done.returncode
    except subprocess.TimeoutExpired as error:
        out, err, code = (error.stdout or b"").decode(), "it hangs", -1
    results = [json.loads(line) for line in out.splitlines()]
    return results, f"the process ended with {code}: {err[-500:]}" if code or err else None


def _wrong(told: dict[str, Any]) -> str | None:
    """Why a result is not as it should be."""
    said: str = told["said"]
    messages = [line for line in said.splitlines() if line and not line.startswith(" ") and line != "read and check"]
    if told["code"] not in (0, 2):
        return f"exit {told['code']}: {said}"
    if "Traceback" in said:
        return said
    if told["seconds"] > SECONDS:
        return f"{told['seconds']:.1f} s: {said}"
    if told["code"] == 2 and not messages:
        return "no message"
    without = [
        line for line in messages if told["code"] == 2 and f"a{told['suffix']}" not in line and "a.yaml:" not in line
    ]
    return f"without a place: {without}" if without else None

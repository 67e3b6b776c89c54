"""Builds killed at random moments: the earlier report stays whole, the next build is right, and nothing is left behind."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reportgen.output.mark import REPORT_MARK, names_in
from reportgen.output.staging import FRESH, staging_key
from tests.hard import SEED
from tests.study_files import STUDY, write_study

pytestmark = pytest.mark.hard
KILLS = 50
TABLES = [{"series": "Table", "show": "included-trials"}, {"series": "Table", "show": "descriptive", "of": "people"}]
CONTENTS = {"kernel": [*TABLES, {"series": "Fig.", "show": "forest", "of": "pooled"}], "renames": TABLES}
PROGRAMS = {
    "kernel": "from reportgen.cli import main; main()",
    "renames": "import reportgen.exchange as e; e._exchanged_by_kernel = lambda one, other: False\n"
    "from reportgen.cli import main; main()",
}


def start(folder: Path, seed: int, way: str, workers: int) -> subprocess.Popen[str]:
    """Start a build of one of two versions of the study, each of which always gives the same bytes."""
    command = [
        sys.executable,
        "-c",
        PROGRAMS[way],
        "build",
        f"study{seed}",
        "--output",
        "report/out",
        "-j",
        str(workers),
    ]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    return subprocess.Popen(
        command, cwd=folder, env=environment, start_new_session=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )  # fmt: skip


def whole(folder: Path, seed: int, way: str = "kernel") -> tuple[str, float]:
    """Build to the end; return the fingerprint of the report and the seconds that it took."""
    began = time.perf_counter()
    process = start(folder, seed, way, 1)
    _, told = process.communicate()
    assert process.returncode == 0, told
    assert [path.name for path in (folder / "report").iterdir()] == ["out"]
    return fingerprint(folder / "report" / "out"), time.perf_counter() - began


def fingerprint(report: Path) -> str:
    hashed = hashlib.sha256()
    for name in names_in(report):
        hashed.update(name.encode() + b"\0" + (report / name).read_bytes() + b"\0")
    return hashed.hexdigest()


def wait_until_whole(folder: Path, process: subprocess.Popen[str]) -> None:
    """Wait until the new report is whole and about to change places with the earlier one."""
    while process.poll() is None:
        if list((folder / "report").glob(f"{staging_key('out')}-????????/{FRESH}/{REPORT_MARK}")):
            return
        time.sleep(0.0005)


@pytest.mark.parametrize("way", PROGRAMS)
def test_killed_at_any_moment(tmp_path: Path, way: str) -> None:
    chance = random.Random(f"{SEED} {way}")
    for seed in (1, 2):
        report = {"formats": ["html", "workbook", "results"], "contents": CONTENTS[way]}
        write_study(tmp_path / f"study{seed}", study={"study": {**STUDY["study"], "seed": seed}, "report": report})
    known = {}
    for seed in (1, 2):
        known[seed], seconds = whole(tmp_path, seed)
    for kill in range(KILLS // 2):
        seed, number = 1 + kill % 2, chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
        before = {path.name for path in (tmp_path / "report").iterdir()}
        process = start(tmp_path, seed, way, chance.choice([1, 2]))
        if kill % 3:
            time.sleep(chance.uniform(0, seconds))
        else:
            wait_until_whole(tmp_path, process)
            time.sleep(chance.uniform(0, 0.02))
        if process.poll() is None:
            (os.killpg if chance.random() < 0.5 else os.kill)(process.pid, number)
        _, told = process.communicate()
        assert "Traceback" not in told, f"kill {kill} by {number.name}"
        if number != signal.SIGKILL:
            # what an earlier SIGKILL left is swept by the next build that comes as far as its own workshop
            assert {path.name for path in (tmp_path / "report").iterdir()} <= before | {"out"}, f"kill {kill}"
        if way == "kernel" or number != signal.SIGKILL:
            assert fingerprint(tmp_path / "report" / "out") in known.values(), f"kill {kill} by {number.name}"
        if kill % 5 == 4:
            assert whole(tmp_path, seed, way)[0] == known[seed]
    assert whole(tmp_path, 1, way)[0] == known[1]

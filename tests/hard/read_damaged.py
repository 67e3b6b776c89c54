"""Reads damaged data files, one after the other, in a process of its own: a line of JSON for each says what came of it.

Run as `python -m tests.hard.read_damaged FOLDER SEED FIRST LAST`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import resource
import sys
from pathlib import Path

from reportgen.cli import run
from tests.hard.data_files import damaged, files

STUDY = """
study: {title: Damaged files, data: simulated}
trials: [a.yaml]
arm_classes: [active, control]
follow_up: {short: {months: [2, 4], aim: 3}}
instruments: {PAIN: {range: [0, 100], better: lower}}
outcomes: {PAIN: {}}
covariates: {age: {unit: years, range: [16, 100]}, sex: {levels: [female, male]}}
comparisons: {overall: {intervention: active, control: control}}
"""
MAPPING = """
trial: A
data: {file: FILE, participant: id}
arms: {column: arm, codes: {1: {class: active}, 2: {class: control}}}
variables:
  age: age
  sex: {column: sex, codes: {1: male, 2: female}}
  PAIN: {column: {baseline: p0, 3 months: p3}}
"""
MEMORY = 6 << 30


def damaged_file(seed: int, number: int) -> tuple[str, bytes]:
    """Return the ending and the bytes of one damaged file: the same for the same seed and number."""
    chance = random.Random(f"{seed}/{number}")
    sound = FILES or FILES.extend(files()) or FILES
    suffix, content = sound[number % len(sound)]
    return suffix, damaged(content, chance)


FILES: list[tuple[str, bytes]] = []


def read(folder: Path, suffix: str, content: bytes) -> dict[str, object]:
    """Validate a study with this data file and return what was said, and the CPU time that it took."""
    (folder / f"a{suffix}").write_bytes(content)
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    (folder / "a.yaml").write_text(
        MAPPING.replace("FILE", f"a{suffix}" + (", sheet: Größen" if suffix == ".xls" else "")), encoding="utf-8"
    )
    err = io.StringIO()
    start = cpu_seconds()
    with contextlib.redirect_stderr(err), contextlib.redirect_stdout(io.StringIO()):
        code = run(["validate", str(folder)])
    return {"code": code, "seconds": cpu_seconds() - start, "said": err.getvalue()}


def cpu_seconds() -> float:
    """Return the CPU time of this process and of those that it started and waited for."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def main(folder: str, seed: str, first: str, last: str) -> None:
    """Read the files with these numbers."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for number in range(int(first), int(last)):
        suffix, content = damaged_file(int(seed), number)
        told = read(Path(folder), suffix, content)
        print(json.dumps({"number": number, "suffix": suffix, **told}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

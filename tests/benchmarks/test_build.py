"""How long a reader waits: the first build after installation, by stage, and the answer to --help.

The first build starts without compiled kernels, without byte code and without matplotlib's list of fonts, each in an
empty folder of its own. Seconds say more about the machine than about the build, so that each bound is a ratio to
something fixed that is timed in the same run, in the same way and on as many cores; seconds are printed (pytest -s).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from reportgen.resources import specs_folder

# Two processes at once, as a build has them: Python objects, texts and arrays.
YARDSTICK = """
import re
import numpy as np

found, random = 0, np.random.default_rng(1)
for turn in range(26):
    rows = [{"id": f"row-{i}", "value": i * 0.5, "text": str(i)} for i in range(40_000)]
    rows.sort(key=lambda row: row["text"])
    found += sum(len(re.findall(r"[0-9]+", row["id"])) + len(row) for row in rows)
    values = random.normal(size=(300, 300))
    found += int(np.linalg.svd(values @ values.T, compute_uv=False)[0] > 0) + np.sort(values.ravel()).size
"""
# The whole appendix, 60 figures in four formats and some 90 pages, was measured at 35 to 41 yardsticks of about 2 s. The bound
# leaves room for a machine on which other work comes and goes between one measurement and the next.
FIRST_BUILD = 100.0
# The 0.3 s for --help, and what a start of Python that imports typer takes on the same machine.
HELP = 0.3 / 0.12


def yardstick() -> float:
    """Return the seconds that two processes need for the fixed work, side by side."""
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    start = time.perf_counter()
    running = [subprocess.Popen([sys.executable, "-c", YARDSTICK], env=alone) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    return time.perf_counter() - start


def test_first_build(tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    caches = ("NUMBA_CACHE_DIR", "PYTHONPYCACHEPREFIX", "MPLCONFIGDIR")
    environment = {**os.environ, **{name: str(tmp_path / name.lower()) for name in caches}}
    # a first build writes the byte code that its processes share
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    study = specs_folder() / "low-back-pain"
    command = [sys.executable, "-m", "reportgen.cli", "build", str(study), "-j", "2"]
    before = yardstick()
    start = time.perf_counter()
    built = subprocess.run(
        [*command, "--output", str(tmp_path / "report")], env=environment, capture_output=True, text=True, check=True
    )
    seconds = time.perf_counter() - start
    unit = max(before, yardstick())
    stages = re.search(r"done in (.*)", built.stderr)
    assert stages
    with capsys.disabled():
        print(f"\nfirst build {seconds:.1f} s ({stages[1]}), {seconds / unit:.1f} yardsticks of {unit:.1f} s")
    assert seconds / unit < FIRST_BUILD


def test_help_answers_at_once(capsys) -> None:  # type: ignore[no-untyped-def]
    commands = {"typer": ["-c", "import typer"], "help": ["-m", "reportgen.cli", "--help"]}
    least = dict.fromkeys(commands, float("inf"))
    for _ in range(5):
        for name, arguments in commands.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
            least[name] = min(least[name], time.perf_counter() - start)
    ratio = least["help"] / least["typer"]
    with capsys.disabled():
        print(f"\nreportgen --help {least['help']:.2f} s, {ratio:.1f} times as long as importing typer")
    assert ratio < HELP

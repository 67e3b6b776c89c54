"""How long a reader waits: the first build after installation, by stage, and the answer to --help.

The first build starts without compiled kernels, without byte code and without matplotlib's list of fonts, each in an
empty folder of its own. The bounds are those of the issue that asked for the build; they are far from what is measured,
so that a busy machine does not fail them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from reportgen.resources import specs_folder

FIRST_BUILD_SECONDS = 40.0
HELP_SECONDS = 0.3


def test_first_build(tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    caches = ("NUMBA_CACHE_DIR", "PYTHONPYCACHEPREFIX", "MPLCONFIGDIR")
    environment = {**os.environ, **{name: str(tmp_path / name.lower()) for name in caches}}
    study = specs_folder() / "periodontal-therapy"
    command = [sys.executable, "-m", "reportgen.cli", "build", str(study), "--output", str(tmp_path / "report")]
    start = time.perf_counter()
    built = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - start
    stages = re.search(r"done in (.*)", built.stderr)
    assert stages
    with capsys.disabled():
        print(f"\nfirst build {seconds:.1f} s ({stages[1]})")
    assert seconds < FIRST_BUILD_SECONDS


def test_help_answers_at_once(capsys) -> None:  # type: ignore[no-untyped-def]
    command = [sys.executable, "-m", "reportgen.cli", "--help"]
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        seconds.append(time.perf_counter() - start)
    with capsys.disabled():
        print(f"\nreportgen --help {min(seconds):.2f} s")
    assert min(seconds) < HELP_SECONDS

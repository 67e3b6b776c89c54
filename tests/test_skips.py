"""In CI nothing is skipped but what cannot be installed there: a run that skips anything else fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ALLOWED_IN_CI, ROOT

TESTS = """
import pytest

def test_that_runs(): pass

def test_that_does_not(): pytest.skip("{reason}")
"""


def run(folder: Path, reason: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a test that passes and one that is skipped under the hooks of these tests."""
    file = folder / "test_some.py"
    file.write_text(TESTS.format(reason=reason), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", str(file), *options]
    kept = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST_")}
    return subprocess.run(command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["one-process", "two-processes"])
def test_in_ci_only_the_impossible_is_skipped(tmp_path: Path, processes: tuple[str, ...]) -> None:
    done = run(tmp_path, "no browser", *processes, CI="true")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    assert "1 passed, 1 skipped" in done.stdout
    assert "skipped in CI, where nothing may be" in done.stdout and "no browser" in done.stdout


@pytest.mark.parametrize("reason", ALLOWED_IN_CI)
def test_in_ci_the_impossible_may_be_skipped(tmp_path: Path, reason: str) -> None:
    assert run(tmp_path, reason, CI="true").returncode == 0


def test_elsewhere_anything_may_be_skipped(tmp_path: Path) -> None:
    assert run(tmp_path, "no browser").returncode == 0

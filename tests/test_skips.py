"""A strict run skips nothing but what cannot be installed there; any other run says what it skipped and passes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ALLOWED, ROOT, STRICT

pytestmark = pytest.mark.slow

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
    ours = ("CI", STRICT)
    kept = {name: value for name, value in os.environ.items() if name not in ours and not name.startswith("PYTEST_")}
    return subprocess.run(command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["one-process", "two-processes"])
def test_a_strict_run_fails_by_a_skip(tmp_path: Path, processes: tuple[str, ...]) -> None:
    done = run(tmp_path, "no browser", *processes, **{STRICT: "1"})
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    assert "1 passed, 1 skipped" in done.stdout
    assert f"skipped, and {STRICT} allows it not" in done.stdout and "no browser" in done.stdout


@pytest.mark.parametrize("reason", ALLOWED)
def test_a_strict_run_skips_what_cannot_be_installed(tmp_path: Path, reason: str) -> None:
    assert run(tmp_path, reason, **{STRICT: "1"}).returncode == 0


@pytest.mark.parametrize("environment", [{}, {"CI": "true"}], ids=["by-hand", "in-anybody's-CI"])
def test_any_other_run_may_skip(tmp_path: Path, environment: dict[str, str]) -> None:
    assert run(tmp_path, "no browser", **environment).returncode == 0


SCRIPT = ROOT / ".ci" / "run"


@pytest.mark.skipif(os.name != "posix", reason="a script of a POSIX shell")
@pytest.mark.parametrize(("beside", "strict"), [(True, "1"), (False, "")], ids=["with-shared", "without"])
def test_our_ci_is_strict_where_the_shared_material_is(tmp_path: Path, beside: bool, strict: str) -> None:
    """The script runs as it is, in a folder of its own, with a `make` that says what it was given."""
    checkout, programs = tmp_path / "checkout", tmp_path / "programs"
    (checkout / ".ci").mkdir(parents=True)
    programs.mkdir()
    (checkout / ".ci" / "run").write_bytes(SCRIPT.read_bytes())
    for name in ("make", "chromedriver"):
        (programs / name).write_text(f'#!/bin/sh\necho "{name} $* strict=${STRICT}"\n', encoding="utf-8")
        (programs / name).chmod(0o755)
    if beside:
        (tmp_path / "shared").mkdir()
    environment = {"PATH": f"{programs}:{os.environ['PATH']}"}
    command = ["bash", str(checkout / ".ci" / "run")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"make test strict={strict}"), done.stderr
    assert ("is not beside this checkout" in done.stderr) is not beside

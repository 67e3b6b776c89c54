"""The shared failing inputs: small studies, one fault each, and what the command line says of them.

Each module of this folder takes some of them by name; `test_all.py` proves that none is forgotten.
"""

from __future__ import annotations

import io
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from reportgen.cli import run
from tests.conftest import SHARED

FOLDER = SHARED / "failing-inputs"
needs_inputs = pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder shared/failing-inputs is absent")


def names() -> list[str]:
    """Return the names of all failing inputs; empty where the folder is absent."""
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir()) if FOLDER.is_dir() else []


def copied(name: str, to: Path) -> Path:
    """Copy one failing input into a folder and return where its study lies."""
    return Path(shutil.copytree(FOLDER / name, to / name, copy_function=shutil.copyfile))


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of stderr without those that tell the progress."""
        return [line for line in self.err.splitlines() if line not in {"read and check", "analyse", "draw", "render"}]


def said(*arguments: object) -> Said:
    """Run the command line in this process: `said("validate", study)`."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run([str(argument) for argument in arguments])
    return Said(code, out.getvalue(), err.getvalue())

"""The failing inputs: small studies, one fault each, and what the command line says of them.

Each module of this folder takes some of them by name; `test_all.py` proves that none is forgotten.
"""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from reportgen.cli import run
from tests.failing.made import BUILDERS


def written(name: str, to: Path) -> Path:
    """Write one failing input into a folder and return where its study lies."""
    folder = to / name
    folder.mkdir()
    for file, content in BUILDERS[name]().items():
        (folder / file).write_bytes(content)
    return folder


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

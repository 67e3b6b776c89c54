"""What the command line says, and to whom: results to stdout, all else to stderr.

Whoever reads may have gone away (`| head -1`), and either stream may be closed: that is no error, and nothing that is
written to a file may land in the place of a closed stream.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

from reportgen.errors import Problem, RenderError


def open_streams() -> None:
    """Give each closed stream a place to go, before a file takes its number; print no letter that cannot be printed."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number: this one
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Tell whoever watches; nobody need be there."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        sys.stderr = _nowhere()


def show(text: str, end: str = "\n") -> None:
    """Print a line of what was asked for.

    Raises
    ------
    RenderError
        It cannot be written, as on a full disk. A pipe that was closed early is no error: its reader has seen enough.
    """
    try:
        print(text, end=end)
    except OSError as error:
        _judge(error)


def flush() -> None:
    """Send off what was printed; raises as `show` does."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _judge(error)


def _judge(error: OSError) -> None:
    sys.stdout = _nowhere()
    if not isinstance(error, BrokenPipeError):
        hint = "Free some space, or send the output elsewhere."
        raise RenderError([Problem(f"the output cannot be printed: {error.strerror}", hint=hint)]) from error


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")

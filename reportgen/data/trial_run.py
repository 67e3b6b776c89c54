"""Reads a file in a process of its own first, because a native library may end the process that it runs in.

A damaged .sav file of two kilobytes makes pyreadstat read beyond its memory, and a damaged .xlsb file makes calamine write
to the terminal before it gives up; no error can be caught then. So the reading is tried in a forked copy of this process,
with limits of time and memory and without a terminal, and done here only if the copy came to its end.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable

from reportgen.data.raw import UnreadableError

_SECONDS, _BYTES_A_SECOND = 4, 1_000_000
_MEMORY = 8 << 30
_PATIENCE = 120.0  # a copy that neither works nor ends was caught by a lock of ours, and says nothing of the file


def try_reading(read: Callable[[], object], size: int, what: str) -> None:
    """Refuse a file whose reader does not come to an end, be it a result or an error that can be caught.

    Parameters
    ----------
    read : callable
        Reads the file; what it returns is thrown away.
    size : int
        Bytes of the file, for which there is time.
    what : str
        What is read, as ".sav file".

    Raises
    ------
    UnreadableError
    """
    if not hasattr(os, "fork") or sys.platform == "darwin":
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads, which the patience covers
        copy = os.fork()
    if copy == 0:
        _read_and_exit(read, size)
    if not _came_to_its_end(copy, _PATIENCE + 2 * size / _BYTES_A_SECOND):
        raise UnreadableError(f"this {what} is damaged, and cannot be read to its end", "Export or save it again.")


def _read_and_exit(read: Callable[[], object], size: int) -> None:
    code = 1
    try:
        faulthandler.disable()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        _limit(size)
        read()
        code = 0
    except MemoryError:
        code = 1
    except Exception:  # it will be met again, and reported
        code = 0
    finally:
        os._exit(code)


def _limit(size: int) -> None:
    import resource

    seconds = _SECONDS + size // _BYTES_A_SECOND
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    with contextlib.suppress(OSError, ValueError):  # where memory is limited already, or cannot be
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        if most == resource.RLIM_INFINITY:
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, most))


def _came_to_its_end(copy: int, patience: float) -> bool:
    end, pause = time.monotonic() + patience, 0.001
    try:
        while time.monotonic() < end:
            done, status = os.waitpid(copy, os.WNOHANG)
            if done:
                copy = 0
                return os.waitstatus_to_exitcode(status) == 0
            time.sleep(pause)
            pause = min(2 * pause, 0.05)
        return True
    finally:
        if copy:
            with contextlib.suppress(ProcessLookupError):
                os.kill(copy, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(copy, 0)

"""A lock file beside a folder: who holds it may build there, and whatever else was begun there is dead.

The kernel gives a lock back when its process dies, however it dies, so that neither a killed build nor a process number
that was given anew keeps anybody waiting. The file says who holds it. On another machine that shares the disk, the
kernel's word may not reach us: there a lock counts for as long as a build can take.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

LONGEST_BUILD = 12 * 3600.0  # seconds that the lock of another machine counts
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class TakenError(Exception):
    """Another process holds the lock."""


@dataclass(slots=True)
class Lock:
    """A lock file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     lock = Lock(Path(folder, "lock"))
    ...     lock.take()
    ...     lock.release()
    ...     list(Path(folder).iterdir())
    []
    """

    path: Path
    _number: int | None = field(default=None, init=False)

    def take(self) -> None:
        """Take the lock.

        Raises
        ------
        TakenError
            Another process holds it; the text says which.
        OSError
            The file cannot be written.
        """
        while self._number is None:
            number = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                self._claim(number)
            except BaseException:
                os.close(number)
                raise

    def _claim(self, number: int) -> None:
        """Lock an open file; leave it where it was deleted by the one who held it before."""
        holder = _holder(self.path)
        if not _locked(number, holder) or _is_held_elsewhere(holder, self.path):
            raise TakenError(_holder_name(holder, self.path))
        try:
            current = os.path.samestat(os.fstat(number), self.path.stat())
        except FileNotFoundError:
            current = False
        if not current:
            os.close(number)
            return
        try:
            os.ftruncate(number, 0)
            os.write(number, json.dumps(_myself()).encode())
        except OSError:  # a full disk: nothing is left on it
            self.path.unlink(missing_ok=True)
            raise
        self._number = number

    def release(self) -> None:
        """Delete the file and give the lock back."""
        if self._number is None:
            return
        if sys.platform == "win32":  # where an open file cannot be deleted
            os.close(self._number)
            self.path.unlink(missing_ok=True)
        else:
            self.path.unlink(missing_ok=True)
            os.close(self._number)
        self._number = None


def _myself() -> dict[str, object]:
    return {"process": os.getpid(), "machine": platform.node(), "boot": _boot()}


def _boot() -> str:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return platform.node()


def _holder(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _is_held_elsewhere(holder: dict[str, object], path: Path) -> bool:
    """Whether the file was written on another machine, not long ago: containers of one machine share its boot."""
    mine = _myself()
    if not holder or holder.get("boot") == mine["boot"] or holder.get("machine") == mine["machine"]:
        return False
    return time.time() - path.stat().st_mtime < LONGEST_BUILD


def _holder_name(holder: dict[str, object], path: Path) -> str:
    if not holder:
        return "another process"
    if holder.get("machine") in (None, platform.node()):
        return f"process {holder.get('process')}"
    return f"process {holder.get('process')} on {holder.get('machine')} (if there is none, delete '{path}')"


def _locked(number: int, holder: dict[str, object]) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: the number of the process must do
        return not _is_alive(holder.get("process"))
    return True


def _is_alive(process: object) -> bool:
    try:
        os.kill(int(str(process)), 0)
    except PermissionError:
        return True
    except (OSError, ValueError, OverflowError):
        return False
    return True

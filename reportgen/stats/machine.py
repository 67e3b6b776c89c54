"""How numba compiles a kernel, and where the machine code of all kernels is kept.

In: a function. Out: the same, compiled for the types of each call, or read from disk where an earlier process has done so.
Method: numba looks whether the file of a function has changed, but not whether a kernel that it calls has, whose code the
caller's holds too. So the code is kept in a folder whose name is a digest of all sources of this room, of the versions of
what compiles them and of the processor: an edit anywhere leads to a new folder. Old ones are swept.

The folder is in the user's cache; `REPORTGEN_KERNELS` names another place, else numba's own `NUMBA_CACHE_DIR` does. Where
none can be made, or others may write there (what is read is run), each process compiles for itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import shutil
import stat
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, Literal

import llvmlite
import llvmlite.binding as llvm
import numba
import numpy as np
from numba.core.caching import CompileResultCacheImpl, FunctionCache, InTreeCacheLocator
from platformdirs import user_cache_path

from .compiled import ROOM, SOURCES, sources

SETTINGS: Any = numba.config
KEPT = 4  # folders: versions between which somebody may go back and forth
_OURS = re.compile(r"stats-[0-9a-f]{32}")


def compiled(function: Callable[..., Any], inline: Literal["never", "always"], counts: bool = True) -> Any:
    """Return numba's dispatcher of a function; `counts`: whether with its runtime, which makes arrays and counts references."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "inline": inline, "_nrt": counts}
    made: Any = numba.njit(**options)(function)
    if folder() and Path(function.__code__.co_filename).parent == ROOM:  # others are not in the digest
        # as `cache=True` does with numba's own cache
        made._cache = _KernelCache(function)  # type: ignore[no-untyped-call]
    return made


class _Locator(InTreeCacheLocator):
    """Where the machine code of a function is kept."""

    def get_cache_path(self) -> str:
        return str(folder())

    def ensure_cache_path(self) -> None:
        """Nothing: an installation for all users may be read-only, with all that is needed in it."""


class _Machine(CompileResultCacheImpl):
    """How machine code becomes bytes."""

    _locator_classes = [_Locator]


class _KernelCache(FunctionCache):
    """The machine code of one function on disk, by the types of its arguments.

    Its files are replaced whole, so that a reader sees an old one or a new one. Two processes that write at once may give
    two entries one name; then an entry holds code for other types than it should, which is noticed when it is read.
    """

    _impl_class = _Machine

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the code for some types of arguments, or None where it is to be compiled."""
        try:
            found = super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception:  # bytes that a crash of the machine left may break the reading in any way
            with contextlib.suppress(OSError):
                self.flush()  # type: ignore[no-untyped-call]
            return None
        return found if found is not None and found.signature.args == tuple(sig) else None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep code, unless the disk is full or the sources were edited while this process read them."""
        if sources() == SOURCES:
            with contextlib.suppress(OSError):
                super().save_overload(sig, data)  # type: ignore[no-untyped-call]


@cache
def folder() -> Path | None:
    """Return where this process keeps machine code; None where it does not."""
    if getattr(SETTINGS, "CACHE_LOCATOR_CLASSES", "") or not Path(__file__).is_file():
        return None  # numba was configured to keep its code otherwise, or there are no sources to go by
    place = _named(_digest())
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _safe(place.stat()):
            return None
        with contextlib.suppress(OSError):  # read-only for us: somebody else looks after it
            os.utime(place)  # the order in which folders are swept
            _sweep(place.parent)
    except OSError:
        return None
    return place


def _named(digest: str) -> Path:
    asked = os.environ.get("REPORTGEN_KERNELS") or SETTINGS.CACHE_DIR
    return (Path(asked).expanduser().absolute() if asked else user_cache_path("reportgen") / "kernels") / digest


def _digest() -> str:
    """Name what machine code depends on: the sources, what compiles them, and the processor."""
    found = hashlib.sha256(repr((SOURCES, *_toolchain(), *_processor())).encode())
    return f"stats-{found.hexdigest()[:32]}"


@cache
def _toolchain() -> tuple[str, ...]:
    libraries = (numba.__version__, llvmlite.__version__, np.__version__)
    return (str(sys.implementation.cache_tag), platform.system(), platform.machine(), *libraries)


@cache
def _processor() -> tuple[str, str]:
    """Name and features of the processor for which numba compiles."""
    name = SETTINGS.CPU_NAME or llvm.get_host_cpu_name()
    return name, SETTINGS.CPU_FEATURES or llvm.get_host_cpu_features().flatten()


def _safe(status: os.stat_result) -> bool:
    """Whether nobody but this user and the system's can write in a folder."""
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid in (0, os.getuid()) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _sweep(place: Path) -> None:
    """Remove all folders of machine code but those used last; a process that still uses one compiles anew."""
    for old in _by_age(path for path in place.iterdir() if _OURS.fullmatch(path.name))[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _by_age(paths: Iterable[Path]) -> list[Path]:
    """Sort by the time of last use, newest first."""
    aged = []
    for path in paths:
        with contextlib.suppress(OSError):  # another process has removed it
            aged.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(aged, reverse=True)]

"""What was computed and is kept, in a folder of the user's cache: readable by its owner only, bounded, never half written.

Two kinds of entries. A *trace* lies under the key of a task and says which output it gave and how long it took. A *value*
is an output as `encode` made it and lies under its own sha256, once for all keys that give it. Each has a header with the
version of the format, its length and the sha256 of its content; whatever does not fit is removed and made again.

An entry is written under a name of its own in `unfinished` and then renamed, so that a process that is killed leaves whole
entries or none, and two builds may write at once. The store is a help, never a need: where it cannot be read or written the
build goes on without it, and one line says so.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from reportgen.encoding import Encoded
from reportgen.errors import EXIT_NOT_WRITTEN, Problem, ReportgenError
from reportgen.terminal import say

FOLDER_VARIABLE = "REPORTGEN_STORE"
LIMIT_VARIABLE = "REPORTGEN_STORE_LIMIT"
LIMIT = 2_000_000_000
MARK = "CACHEDIR.TAG"  # backups leave out what lies beside it; the first line is the agreed one
MARK_TEXT = (
    b"Signature: 8a477f597d28d172789f06886806bc55\n"
    b"# Results that reportgen keeps; all of them can be made again. `reportgen clean` empties this folder.\n"
)
TRACES, VALUES, UNFINISHED, SECONDS = "traces", "values", "unfinished", "seconds.json"
OURS = frozenset({MARK, TRACES, VALUES, UNFINISHED, SECONDS})
SCOPES = 100  # studies whose seconds are remembered
TRIES = 3  # to write a file while another process empties the store
MAGIC = b"reportgen\x00\x01"  # the last byte is the version of the format
HEAD = struct.Struct(f"<{len(MAGIC)}sQ32s")
BLOCK = 4096  # what the smallest file takes on a disk
STALE = 24 * 3600.0  # seconds after which something unfinished is nobody's
BOOT = Path("/proc/sys/kernel/random/boot_id")
_KEY = re.compile(r"[0-9a-f]{64}")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kMGT]?)i?B?", re.IGNORECASE)
_POWERS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


class StoreError(ReportgenError):
    """The folder that was given for the store cannot be one."""

    exit_code = EXIT_NOT_WRITTEN


@dataclass(frozen=True, slots=True)
class Trace:
    """What a task gave: the digest of its output, and the seconds that it took."""

    output: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was removed from a store: files, each a trace or a value, and their bytes."""

    entries: int
    bytes: int


class Memory(Protocol):
    """What a run remembers of earlier ones: `Store` or `NoStore`."""

    def trace(self, key: str) -> Trace | None:
        """Return what the task with this key gave."""

    def has(self, digest: str) -> bool:
        """Whether a value seems to be there; only `value` looks into it."""

    def value(self, digest: str) -> bytes | None:
        """Return the content of a value."""

    def put(self, key: str, trace: Trace, value: Encoded | None) -> None:
        """Keep what a task gave; of an output that must not be kept only its trace."""

    def seconds(self, scope: str) -> dict[str, float]:
        """Return the seconds that tasks took when they last ran, by name."""

    def finish(self, scope: str, seconds: Mapping[str, float]) -> None:
        """Remember the seconds of a run, and make room."""


class NoStore:
    """Keeps nothing: for `--no-store`.

    Examples
    --------
    >>> NoStore().trace("0" * 64) is NoStore().value("0" * 64) is None
    True
    """

    def trace(self, key: str) -> Trace | None:
        """Return None."""
        return None

    def has(self, digest: str) -> bool:
        """Return False."""
        return False

    def value(self, digest: str) -> bytes | None:
        """Return None."""
        return None

    def put(self, key: str, trace: Trace, value: Encoded | None) -> None:
        """Forget it."""

    def seconds(self, scope: str) -> dict[str, float]:
        """Return nothing."""
        return {}

    def finish(self, scope: str, seconds: Mapping[str, float]) -> None:
        """Do nothing."""


class Store:
    """What earlier builds computed.

    Parameters
    ----------
    folder : Path, optional
        Where it lies; else what `REPORTGEN_STORE` says; else `reportgen/store` in the user's cache folder.
    limit_bytes : int, optional
        What it may take on the disk; else what `REPORTGEN_STORE_LIMIT` says; else 2 GB. What was used least recently leaves.
    warn : callable
        Told each warning, a line without a line end.

    Raises
    ------
    StoreError
        The folder holds files that are not a store's, or the limit is no size.

    Examples
    --------
    >>> import tempfile
    >>> from reportgen.encoding import decode, encode
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store, fit = Store(Path(folder, "store")), encode({"effect": 1.5})
    ...     store.put("0" * 64, Trace(fit.digest, 0.2), fit)
    ...     again = Store(Path(folder, "store"))
    ...     decode(again.value(again.trace("0" * 64).output)), again.clean().entries
    ({'effect': 1.5}, 2)
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        limit_bytes: int | None = None,
        warn: Callable[[str], object] = say,
    ) -> None:
        self.folder = folder or store_folder()
        self._limit = limit_bytes if limit_bytes is not None else store_limit()
        self._warn = warn
        self._writes = True
        self._written = False
        self._reads = self._is_ours()

    def _is_ours(self) -> bool:
        """Whether the folder may be read; nothing of a stranger's is read, and nothing is written among other files."""
        try:
            names = {entry.name for entry in os.scandir(self.folder)}
            owner = self.folder.stat().st_uid
        except FileNotFoundError:
            return True
        except OSError as error:
            if isinstance(error, NotADirectoryError):
                raise _not_a_store(self.folder, "it is not a folder") from error
            self._goes_on_without("read", error.strerror or str(error))
            return False
        if hasattr(os, "geteuid") and owner != os.geteuid():
            self._goes_on_without("used", "it belongs to another user")
            return False
        if names - OURS and not self._is_marked():
            raise _not_a_store(self.folder, f"it holds '{sorted(names - OURS)[0]}', which does not belong to a store")
        if MARK in names and not self._is_marked():
            raise _not_a_store(self.folder, f"its {MARK} belongs to another program")
        return True

    def _is_marked(self) -> bool:
        try:
            return b"reportgen" in (self.folder / MARK).read_bytes()
        except OSError:
            return False

    def _goes_on_without(self, verb: str, reason: str) -> None:
        if self._writes:
            self._writes = False
            self._warn(
                f"the store '{self.folder}' cannot be {verb} ({reason}): this build continues without keeping its results"
            )

    def trace(self, key: str) -> Trace | None:
        """Return what the task with this key gave, or None."""
        content = self._read(self._path(TRACES, key))
        if content is None:
            return None
        try:
            found = json.loads(content)
            if found["key"] == key and _KEY.fullmatch(found["output"]):
                return Trace(found["output"], float(found["seconds"]))
        except (ValueError, KeyError, TypeError):
            pass
        self._remove_damaged(self._path(TRACES, key))
        return None

    def has(self, digest: str) -> bool:
        """Whether a value seems to be there; only `value` looks into it."""
        return self._reads and self._path(VALUES, digest).is_file()

    def value(self, digest: str) -> bytes | None:
        """Return the content of a value; None where it is not there, or was damaged and is removed now."""
        return self._read(self._path(VALUES, digest), digest)

    def _path(self, kind: str, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"'{key}' is no sha256")
        return self.folder / kind / key[:2] / key[2:]

    def _read(self, path: Path, digest: str | None = None) -> bytes | None:
        if not self._reads:
            return None
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._goes_on_without("read", error.strerror or str(error))
            return None
        whole = opened(content, digest)
        if whole is None:
            self._remove_damaged(path)
            return None
        with suppress(OSError):  # when it was last used
            os.utime(path)
        return whole

    def _remove_damaged(self, path: Path) -> None:
        self._warn(f"a store entry was damaged and is recomputed: '{path}'")
        with suppress(OSError):
            path.unlink()

    def put(self, key: str, trace: Trace, value: Encoded | None) -> None:
        """Keep what a task gave.

        Parameters
        ----------
        key : str
        trace : Trace
        value : Encoded or None
            None where the output must not be kept: only its trace is.
        """
        if value is not None:
            self._write(self._path(VALUES, value.digest), value.content)
        found = {"key": key, "output": trace.output, "seconds": round(trace.seconds, 4)}
        self._write(self._path(TRACES, key), json.dumps(found).encode())

    def _write(self, path: Path, content: bytes) -> None:
        if not self._writes:
            return
        whole = sealed(content)
        try:
            if not self._written:
                self._prepare()
            if not (path.parent.parent.name == VALUES and _is_file_of(path, len(whole))):
                self._replace(path, whole)
        except OSError as error:
            self._goes_on_without("written", error.strerror or str(error))

    def _prepare(self) -> None:
        """Make the folder, mark it, and sweep what dead processes left unfinished."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            self.folder.mkdir(mode=0o700)
        if self.folder.stat().st_mode & 0o077:
            self.folder.chmod(0o700)
        if not (self.folder / MARK).exists():
            self._replace(self.folder / MARK, MARK_TEXT)
        self._sweep()
        self._written = True

    def _replace(self, path: Path, content: bytes) -> None:
        """Write a file so that it is there as a whole or not at all; folders that a cleaning took away are made again."""
        for left in reversed(range(TRIES)):
            unfinished = self.folder / UNFINISHED / f"{_boot()}-{os.getpid()}-{os.urandom(8).hex()}"
            try:
                for folder in (self.folder, unfinished.parent, path.parent.parent, path.parent):
                    if not folder.is_dir():
                        folder.mkdir(mode=0o700, exist_ok=True)
                _write_private(unfinished, content)
                unfinished.replace(path)
                return
            except FileNotFoundError:
                if not left:
                    raise
            finally:
                with suppress(OSError):
                    unfinished.unlink()

    def _sweep(self) -> None:
        """Remove what was begun by processes that are dead, and whatever is older than a day."""
        with suppress(OSError):
            for entry in list(os.scandir(self.folder / UNFINISHED)):
                boot, _, rest = entry.name.partition("-")
                process = rest.partition("-")[0]
                with suppress(OSError):
                    old = time.time() - entry.stat().st_mtime > STALE
                    if old or (boot == _boot() and process.isdigit() and not _is_alive(int(process))):
                        Path(entry.path).unlink()

    def seconds(self, scope: str) -> dict[str, float]:
        """Return the seconds that the tasks of a study took when they last ran, by name."""
        found = self._all_seconds().get(scope)
        return {name: float(taken) for name, taken in found.items()} if isinstance(found, dict) else {}

    def _all_seconds(self) -> dict[str, dict[str, float]]:
        content = self._read(self.folder / SECONDS)
        found = json.loads(content) if content is not None else {}
        return found if isinstance(found, dict) else {}

    def finish(self, scope: str, seconds: Mapping[str, float]) -> None:
        """Remember the seconds of a run; let the least recently used entries leave until the limit is kept."""
        if seconds:
            every = self._all_seconds()
            every[scope] = {**every.pop(scope, {}), **{name: round(taken, 4) for name, taken in seconds.items()}}
            self._write(self.folder / SECONDS, json.dumps(dict(list(every.items())[-SCOPES:])).encode())
        if self._written and self._writes:
            self.trim()

    def trim(self) -> Cleaned:
        """Let the least recently used entries leave until the limit is kept; return what left."""
        entries = sorted(self._entries())
        total = sum(size for _, size, _ in entries)
        removed: list[int] = []
        for _, size, path in entries:
            if total - sum(removed) <= self._limit:
                break
            with suppress(OSError):
                path.unlink()
                removed.append(size)
        return Cleaned(len(removed), sum(removed))

    def _entries(self) -> Iterator[tuple[float, int, Path]]:
        """Yield time of last use, size on the disk and path of each entry."""
        for kind in (TRACES, VALUES):
            for folder in _listed(self.folder / kind):
                for entry in _listed(Path(folder.path)):
                    if _KEY.fullmatch(folder.name + entry.name):
                        with suppress(OSError):
                            found = entry.stat(follow_symlinks=False)
                            yield found.st_mtime, -(-found.st_size // BLOCK) * BLOCK, Path(entry.path)

    def clean(self) -> Cleaned:
        """Remove everything that is kept; return how many entries and bytes that were.

        Raises
        ------
        StoreError
            Something could not be removed.
        """
        count, freed = 0, 0
        try:
            for _, _, path in list(self._entries()):
                with suppress(FileNotFoundError):  # another process was faster
                    size = path.stat().st_size
                    path.unlink()
                    count, freed = count + 1, freed + size
            self._remove_folders()
        except OSError as error:
            hint = "Delete the folder yourself, or ask who owns it."
            raise StoreError(
                [Problem(f"the store '{self.folder}' cannot be emptied: {error.strerror}", hint=hint)]
            ) from error
        return Cleaned(count, freed)

    def _remove_folders(self) -> None:
        """Remove what is no entry: what another build has at hand at this moment stays, and so does the mark beside files of others."""
        self._sweep()
        (self.folder / SECONDS).unlink(missing_ok=True)
        folders = [Path(entry.path) for kind in (TRACES, VALUES) for entry in _listed(self.folder / kind)]
        for folder in (*folders, *(self.folder / kind for kind in (TRACES, VALUES, UNFINISHED))):
            with suppress(OSError):
                folder.rmdir()
        if all(entry.name == MARK for entry in _listed(self.folder)):
            (self.folder / MARK).unlink(missing_ok=True)
            with suppress(OSError):
                self.folder.rmdir()
        self._written = False


def sealed(content: bytes) -> bytes:
    """Return the content of an entry with its header."""
    return HEAD.pack(MAGIC, len(content), hashlib.sha256(content).digest()) + content


def opened(whole: bytes, digest: str | None = None) -> bytes | None:
    """Return the content of an entry; None where a byte of it, or of its header, is not what it was.

    Examples
    --------
    >>> opened(sealed(b"content")), opened(sealed(b"content")[:-1] + b"x")
    (b'content', None)
    """
    if len(whole) < HEAD.size:
        return None
    magic, length, sha256 = HEAD.unpack_from(whole)
    content = whole[HEAD.size :]
    if magic != MAGIC or length != len(content) or hashlib.sha256(content).digest() != sha256:
        return None
    return content if digest is None or sha256.hex() == digest else None


def store_folder() -> Path:
    """Return where the store lies unless its place is given."""
    given = os.environ.get(FOLDER_VARIABLE)
    if given:
        return Path(given).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("reportgen", appauthor=False) / "store"


def store_limit() -> int:
    """Return what a store may take unless that is given.

    Raises
    ------
    StoreError
        `REPORTGEN_STORE_LIMIT` is no size.
    """
    given = os.environ.get(LIMIT_VARIABLE)
    return LIMIT if not given else bytes_of(given)


def bytes_of(size: str) -> int:
    """Return the bytes of a size as people write it.

    Examples
    --------
    >>> bytes_of("500 MB"), bytes_of("2G"), bytes_of("1048576")
    (500000000, 2000000000, 1048576)
    """
    found = _SIZE.fullmatch(size.strip())
    if found is None:
        hint = "Give a number of bytes, or one such as 500 MB or 2 GB."
        raise StoreError([Problem(f"invalid value {size!r} of {LIMIT_VARIABLE}", hint=hint)])
    return int(float(found[1]) * _POWERS[found[2].lower()])


def _not_a_store(folder: Path, reason: str) -> StoreError:
    hint = "Give an empty folder, or one that does not exist yet."
    return StoreError([Problem(f"'{folder}' cannot be the store: {reason}", hint=hint)])


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return list(os.scandir(folder))
    except OSError:
        return []


def _is_file_of(path: Path, size: int) -> bool:
    """Whether a value is there already; it is used now."""
    try:
        same = path.stat().st_size == size
        if same:
            os.utime(path)
    except OSError:
        return False
    return same


def _write_private(path: Path, content: bytes) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(number, "wb", buffering=0) as file:
        view = memoryview(content)
        while view:
            view = view[file.write(view) or 0 :]


@lru_cache(maxsize=1)
def _boot() -> str:
    """Return a name for this start of this machine."""
    try:
        name = BOOT.read_text(encoding="ascii").strip()
    except OSError:
        import platform

        name = platform.node()
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _is_alive(process: int) -> bool:
    if sys.platform == "win32":  # where a signal of number 0 would end it
        return True
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True

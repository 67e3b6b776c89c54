"""Whether a report is still what a build would make of it: asked before any YAML is parsed and anything heavy is imported.

After a build that ended well the store holds a note of it: which files were read and what they held, and which files the
report consists of, with size and time. A later build of the same order whose inputs are the same, in the same code and
environment, leaves the report as it stands.
"""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reportgen.canonical import canonical
from reportgen.encoding import decode, encode
from reportgen.output.mark import REPORT_MARK, read_mark, report_files
from reportgen.output.staging import staging_key
from reportgen.resources import files_in
from reportgen.store import Memory, Trace


@dataclass(frozen=True, slots=True)
class Read:
    """A file that a build read: its path and the SHA-256 of its bytes; or a folder, and that of the names in it."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Note:
    """What is remembered of a build.

    Attributes
    ----------
    read : tuple of Read
        Study file, mappings, data files, fidelity file and templates.
    libraries : tuple of (name, version)
        Libraries whose data were read.
    folder : str
        Of the report.
    written : tuple of (name, bytes, nanoseconds)
        Its files with size and time of change.
    paths, warnings : tuple of str
        What the command line said.
    egress : str
    kept : int
        Results that a build would find in the store.
    """

    read: tuple[Read, ...]
    libraries: tuple[tuple[str, str], ...]
    folder: str
    written: tuple[tuple[str, int, int], ...]
    paths: tuple[str, ...]
    warnings: tuple[str, ...]
    egress: str
    kept: int


def key_of(basis: str, *order: object) -> str:
    """Return the key of the note of a build: what was ordered, where, in which code and environment."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return hashlib.sha256(canonical(("note", basis, _here(), _quarto(), epoch, order))).hexdigest()


def _here() -> str:
    """Return the folder from which paths are written; nothing where it was deleted."""
    try:
        return str(Path.cwd())
    except OSError:
        return ""


def _quarto() -> tuple[str, int]:
    """Return the program that renders Quarto projects, and when it was installed; nothing where there is none."""
    found = os.path.realpath(shutil.which("quarto") or os.devnull)
    return (found, Path(found).stat().st_mtime_ns) if found != os.devnull else ("", 0)


def recalled(store: Memory, key: str) -> Note | None:
    """Return the note of a build if its report is what a build would make now; None where it is not, or nobody knows."""
    trace = store.trace(key)
    content = store.value(trace.output) if trace is not None else None
    if content is None:
        return None
    note = decode(content)
    assert isinstance(note, Note)
    folder = Path(note.folder)
    if any(folder.parent.glob(f"{glob.escape(staging_key(folder.name))}-*")):
        return None  # what a killed build left is swept by one that builds
    same = all(_digest(item.path) == item.sha256 for item in note.read)
    same = same and all(_version(name) == version for name, version in note.libraries)
    same = same and read_mark(folder / REPORT_MARK) is not None and written_in(folder) == note.written
    return note if same else None


def remember(store: Memory, key: str, note: Note) -> None:
    """Keep the note of a build that ended well."""
    encoded = encode(note)
    store.put(key, Trace(encoded.digest, 0.0), encoded)


def written_in(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return the files of a report with size and time of change, whoever wrote them; nothing where one cannot be asked."""
    try:
        found = [(name, (folder / name).lstat()) for name in report_files(folder)]
    except OSError:
        return ()
    return tuple((name, about.st_size, about.st_mtime_ns) for name, about in found)


def names_digest(names: Iterable[str]) -> str:
    """Return the digest of the names of files in a folder, in any order."""
    return hashlib.sha256("\0".join(sorted(names)).encode("utf-8", "surrogateescape")).hexdigest()


def _digest(path: str) -> str | None:
    """Return the digest of a file, or of the names in a folder; None where there is neither, or one would wait, as for a pipe."""
    try:
        if Path(path).is_dir():
            return names_digest(files_in(Path(path)))
        return hashlib.sha256(Path(path).read_bytes()).hexdigest() if Path(path).is_file() else None
    except OSError:
        return None


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return ""

"""The mark of a folder that reportgen wrote: the list of its files, each with its size and its hash.

What the mark lists and what is unchanged was written by reportgen and may be replaced. Everything else is the user's:
an edited page, a note among the figures, a link. The mark travels with a copy of the folder, for it stands inside.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import unicodedata
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

REPORT_MARK = "manifest.json"
WRITER = "reportgen"
# What file managers leave behind wherever somebody looks: settings of a view, nobody's work.
DROPPINGS = frozenset({".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", ".directory", "icon\r"})


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of a mark: its name, from the folder, its size and its SHA-256."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in a folder and is not as the mark lists it.

    Attributes
    ----------
    changed, added : tuple of str
        Names of files that the mark lists otherwise, and of files that it does not list.
    """

    changed: tuple[str, ...]
    added: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.changed or self.added)


def listed(name: str, content: bytes) -> Listed:
    """Return the line of a mark for a file.

    Examples
    --------
    >>> listed("a.csv", b"id").bytes
    2
    """
    return Listed(name, len(content), hashlib.sha256(content).hexdigest())


def mark_text(files: Iterable[Listed], what: str) -> str:
    """Return a mark as JSON, a file a line.

    Examples
    --------
    >>> print(mark_text([Listed("a.csv", 2, "00")], "report"), end="")
    {"written by": "reportgen", "what": "report", "files": [
    {"name": "a.csv", "bytes": 2, "sha256": "00"}
    ]}
    """
    lines = ",\n".join(json.dumps(asdict(file), ensure_ascii=False) for file in sorted(files, key=lambda f: f.name))
    return f'{{"written by": "{WRITER}", "what": "{what}", "files": [\n{lines}\n]}}\n'


def read_mark(path: Path) -> tuple[Listed, ...] | None:
    """Return the files of a mark; None where there is none, or none that reportgen wrote."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["written by"] != WRITER or path.is_symlink():
            return None
        return tuple(Listed(str(f["name"]), int(f["bytes"]), str(f["sha256"])) for f in content["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def mark_report(folder: Path) -> None:
    """Write the mark of a finished report into its folder."""
    files = [_described(folder, name) for name in names_in(folder) if name != REPORT_MARK]
    (folder / REPORT_MARK).write_text(mark_text(files, "report"), encoding="utf-8", newline="")


def not_ours(folder: Path, files: Iterable[Listed]) -> Found:
    """Return what stands in a folder beside the files of its mark, or other than they were written.

    A listed file that is gone is no loss. Folders without files count for nothing; links are never followed.
    """
    known: Mapping[str, Listed] = {_composed(file.name): file for file in files}
    changed, added = [], []
    for name in names_in(folder):
        if name == REPORT_MARK:
            continue
        if _composed(name) in known:
            if not is_unchanged(folder / name, known[_composed(name)]):
                changed.append(name)
        elif not _is_dropping(name, known):
            added.append(name)
    return Found(tuple(changed), tuple(added))


def is_unchanged(path: Path, file: Listed) -> bool:
    """Whether a file, itself and no link, still holds what was written."""
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode) or about.st_size != file.bytes:
            return False
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
    except OSError:
        return False


def dismantle(folder: Path, files: Iterable[Listed]) -> bool:
    """Delete the files of a mark, as far as they are unchanged, and the folders that are empty then; True if all is gone."""
    known = {_composed(file.name): file for file in files}
    for name in list(names_in(folder)):
        file = known.get(_composed(name))
        if (file and is_unchanged(folder / name, file)) or _is_dropping(name, known):
            (folder / name).unlink(missing_ok=True)
    if list(names_in(folder)) == [REPORT_MARK]:
        (folder / REPORT_MARK).unlink()
    for place, _, _ in os.walk(folder, topdown=False):
        try:
            Path(place).rmdir()
        except OSError:
            continue
    return not os.path.lexists(folder)


def names_in(folder: Path) -> Iterator[str]:
    """Yield all that is no folder, as a name from the folder; a folder that cannot be looked into is yielded itself."""
    for entry in _entries(folder):
        if not entry.is_dir(follow_symlinks=False):
            yield entry.name
            continue
        try:
            yield from [f"{entry.name}/{inside}" for inside in names_in(Path(entry.path))]
        except OSError:
            yield entry.name


def report_files(folder: Path) -> list[str]:
    """Return all that is no folder, but the mark and what file managers leave behind."""
    names = dict.fromkeys(name for name in names_in(folder) if name != REPORT_MARK)
    return [name for name in names if not _is_dropping(name, names)]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _described(folder: Path, name: str) -> Listed:
    path = folder / name
    with path.open("rb") as stream:
        return Listed(name, path.stat().st_size, hashlib.file_digest(stream, "sha256").hexdigest())


def _composed(name: str) -> str:
    """Return a name in one form: some file systems take letters and their accents apart."""
    return unicodedata.normalize("NFC", name)


def _is_dropping(name: str, known: Container[str]) -> bool:
    """Whether a file manager left it: settings of a view, or what macOS keeps beside a listed file (`._page.html`)."""
    path = PurePosixPath(name)
    if path.name.lower() in DROPPINGS:
        return True
    partner = str(path.with_name(path.name[2:])) if len(path.name) > 2 and path.name.startswith("._") else ""
    return partner in known or partner == REPORT_MARK

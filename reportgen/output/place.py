"""Whether a folder may be replaced by a report: judged before anything is computed, and again before it is done.

A folder is replaced only if it is missing, empty, or holds nothing but what its mark lists, unchanged. Links are
resolved first, and what they lead to is judged and replaced.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reportgen.errors import Problem, RenderError
from reportgen.output.mark import REPORT_MARK, Found, names_in, not_ours, read_mark

MOST_NAMED = 5
EARLIER = {"study.lock.yaml", "provenance.json", "results.csv"}  # what every version wrote
OPEN_ELSEWHERE = (("~$", ""), (".~lock.", "#"))  # how Office and LibreOffice mark a file that is open


@dataclass(frozen=True, slots=True)
class Place:
    """The folder that a report is to stand in.

    Attributes
    ----------
    shown : str
        As the user named it.
    folder : Path
        The same with links resolved.
    other : str
        A folder to name in a hint.
    """

    shown: str
    folder: Path
    other: str


def chosen_place(written: str | None, default: Path, reads: Iterable[tuple[str, Path]]) -> Place:
    """Return where a report is to stand, if nothing of the user's can be lost by it.

    Parameters
    ----------
    written : str or None
        What `--output` says.
    default : Path
        Where the report stands unless it says something.
    reads : iterable of (str, Path)
        Each file that the study reads, with what it is: "the study file".

    Raises
    ------
    RenderError
        The place cannot be a report's, with what stands there and what to give instead.
    """
    if written is not None and not written.strip():
        raise _refused("--output is empty", f"Name a folder, or leave --output out to write to '{default}'.")
    shown = str(default) if written is None else written
    try:
        place = Place(shown, Path(os.path.realpath(shown)), str(default))
        _check_kind(place)
        _check_surroundings(place)
        _check_reads(place, reads)
        check_content(place)
    except ValueError as error:  # a NUL
        raise _refused(f"{shown!r} cannot be the name of a folder", "Give another --output.") from error
    except OSError as error:
        raise unwritable(shown, error) from error
    return place


FULL = frozenset(getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG") if hasattr(errno, name))


def unwritable(shown: str, error: OSError) -> RenderError:
    """Return the error of a folder that the system does not let us write, as on a full disk."""
    hint = "Free some space or give another --output." if error.errno in FULL else "Give another --output."
    return _refused(f"'{shown}' cannot be written: {error.strerror or error}", hint)


def _refused(message: str, hint: str) -> RenderError:
    return RenderError([Problem(message, hint=hint)])


def _check_kind(place: Place) -> None:
    """A folder, or nothing yet; below folders."""
    try:
        place.folder.stat()
    except FileNotFoundError:
        return
    except NotADirectoryError:
        taken = next(above for above in place.folder.parents if above.exists())
        raise _refused(f"'{place.shown}' cannot be a folder: '{taken}' is a file", "Give another --output.") from None
    if not place.folder.is_dir():
        hint = f"Give the name of a folder, such as --output {place.other}."
        raise _refused(f"'{place.shown}' is a file: the report needs a folder", hint)


def _check_surroundings(place: Place) -> None:
    """Nobody's home, no root, and not the ground that somebody stands on."""
    for name, folder in (("your home folder", _home()), ("the folder you are in", _here())):
        if folder == place.folder or place.folder in folder.parents:
            verb = "is" if folder == place.folder else "holds"
            raise _refused(f"'{place.shown}' {verb} {name}, and a build replaces its whole folder", _own_folder(place))
    if place.folder.parent == place.folder or (place.folder.exists() and os.path.ismount(place.folder)):
        hint = f"Name a folder inside it: --output {Path(place.shown) / Path(place.other).name}."
        raise _refused(f"'{place.shown}' is the root of a file system, and cannot be replaced", hint)


def _here() -> Path:
    try:
        return Path.cwd().resolve()
    except OSError:  # it was deleted
        return Path("/")


def _home() -> Path:
    try:
        return Path.home().resolve()
    except (RuntimeError, OSError):  # nobody's
        return Path("/")


def _check_reads(place: Place, reads: Iterable[tuple[str, Path]]) -> None:
    for what, path in reads:
        for file in (_here() / os.path.normpath(path), Path(os.path.realpath(path))):
            if place.folder == file or place.folder in file.parents:
                message = f"'{place.shown}' holds {what} '{path}', and a build replaces its whole folder"
                raise _refused(message, _own_folder(place))


def _own_folder(place: Place) -> str:
    own = place.other
    if Path(os.path.realpath(own)) == place.folder:
        own = f"{own}-report"
    return f"Give the report a folder of its own, such as --output {own}."


def check_content(place: Place) -> None:
    """Check what stands in the folder.

    Raises
    ------
    RenderError
        It holds something that reportgen did not write, or that was changed since.
    OSError
        It cannot be looked into.
    """
    found = what_is_not_ours(place.folder)
    if not found:
        return
    if not (place.folder / REPORT_MARK).exists():
        if set(found.added) >= EARLIER:
            message = f"'{place.shown}' holds a report of an earlier reportgen, which did not list its files: it is not known whether all of them belong to it"
            hint = f"If nothing in it is yours, delete it (rm -r '{place.shown}'); else move it away, or give another --output."
            raise _refused(message, hint)
        message = f"'{place.shown}' holds files that do not belong to a report: {named(found.added)}; a build would delete them"
    else:
        done = [*(f"{name} (changed)" for name in found.changed), *(f"{name} (added)" for name in found.added)]
        message = f"'{place.shown}' holds a report that was changed since: {named(done)}; a build would delete that"
    hint = "Move what you need elsewhere and build again, or give another --output."
    raise _refused(message, "\n".join([*_open_elsewhere(found), hint]))


def what_is_not_ours(folder: Path) -> Found:
    """Return what stands in a folder that no report's mark lists as it is."""
    if not os.path.lexists(folder):
        return Found((), ())
    return not_ours(folder, read_mark(folder / REPORT_MARK) or _nothing(folder))


def _nothing(folder: Path) -> tuple[()]:
    """No mark: then a file that is called as a mark is no mark either."""
    if REPORT_MARK in names_in(folder):
        raise _refused(
            f"'{folder / REPORT_MARK}' was not written by reportgen, or was changed since",
            "Move its folder elsewhere, or give another --output.",
        )
    return ()


def named(names: Sequence[str]) -> str:
    """Return the first names of a list, and how many more there are.

    Examples
    --------
    >>> named(["a", "b", "c", "d", "e", "f", "g"])
    'a, b, c, d, e and 2 more'
    """
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _open_elsewhere(found: Found) -> list[str]:
    """Say which files are open in an office program."""
    hints = []
    for name in found.added:
        last = PurePosixPath(name).name
        for start, end in OPEN_ELSEWHERE:
            if last.startswith(start) and last.endswith(end):
                hints.append(f"'{last[len(start) :].removesuffix(end)}' seems to be open in another program: close it.")
    return hints

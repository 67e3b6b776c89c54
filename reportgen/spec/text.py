"""The text of one file of a study, and every way in which there may be none.

A study, mapping, simulation or fidelity file is a regular file of UTF-8 text of moderate size. Whatever else stands at
its path (nothing, a folder, a pipe, a workbook) is reported here, before anything is read that could hang or be huge.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import stat
from pathlib import Path

from reportgen.errors import Problem, SpecError
from reportgen.origin import Origin

MOST_BYTES = 1_000_000
_LINE_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")  # where the YAML reader counts a new line
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def shown_path(path: Path) -> str:
    """Return the path as a user would type it: relative to the working directory where it is inside."""
    try:
        return as_text(path.resolve().relative_to(Path.cwd()).as_posix())
    except (ValueError, OSError, RuntimeError):  # elsewhere; too long or not there any more; a ring of links
        return as_text(path.as_posix())


def as_text(name: str) -> str:
    """Return a name on disk as text that can be written: bytes of another encoding than UTF-8 are shown as �.

    Examples
    --------
    >>> as_text("R\\udcfccken"), as_text("Rücken")
    ('R�cken', 'Rücken')
    """
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def is_folder(path: Path) -> bool:
    """Whether a path is a folder; one that cannot be asked is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def lines_of(text: str) -> list[str]:
    """Return the lines of a text as the YAML reader counts them.

    Examples
    --------
    >>> lines_of("a: 1\\r\\nb: 'x\\x0cy'")
    ['a: 1', "b: 'x\\x0cy'"]
    """
    return _LINE_END.split(text)


def read_text(path: Path, shown: str) -> tuple[str, str]:
    """Return the text of a file, and the SHA-256 of its bytes.

    Raises
    ------
    SpecError
        The file is missing, not a regular file, unreadable, too large or not UTF-8 text.
    """
    raw = _read_bytes(path, shown)
    if raw.startswith(_UTF16) or b"\x00" in raw[:1000]:
        hint = "Save it again with the encoding UTF-8."
        raise SpecError([Problem("the file is UTF-16 or not a text file", Origin(shown, 1), hint)])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n")
        column = len(raw[: error.start].rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        shown_line = raw.split(b"\n")[line].decode("utf-8", "replace").rstrip("\r")
        place = Origin(shown, line + 1, column, 1, shown_line)
        hint = "Save it again with the encoding UTF-8."
        raise SpecError([Problem("the file is not UTF-8 text", place, hint)]) from error
    found = _UNREADABLE.search(text)
    if found is not None:
        before = lines_of(text[: found.start()])
        whole = _UNREADABLE.sub("\ufffd", lines_of(text)[len(before) - 1])
        place = Origin(shown, len(before), len(before[-1]) + 1, 1, whole)
        message = f"the file contains the control character U+{ord(found[0]):04X}"
        raise SpecError([Problem(message, place, "Delete it: it is invisible and often comes with copied text.")])
    return text, hashlib.sha256(raw).hexdigest()


def _read_bytes(path: Path, shown: str) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise SpecError([Problem(f"'{shown}' is a folder, not a file", hint="Name the YAML file inside it.")])
        if not stat.S_ISREG(status.st_mode):
            hint = "Name a YAML file that is stored on disk, not a pipe, socket or device."
            raise SpecError([Problem(f"'{shown}' is not a regular file", hint=hint)])
        if status.st_size > MOST_BYTES:
            raise _too_large(shown, status.st_size)
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        near = sorted(p.name for p in path.parent.glob("*.y*ml")) if is_folder(path.parent) else []
        hint = f"In that folder: {', '.join(near)}." if near else "Check the spelling of the path."
        raise SpecError([Problem(f"there is no file '{shown}'", hint=hint)]) from error
    except PermissionError as error:
        hint = "Change the permissions of the file or its folder."
        raise SpecError([Problem(f"'{shown}' cannot be read: permission denied", hint=hint)]) from error
    except (OSError, ValueError) as error:  # a name too long for the disk, a ring of links, a NUL in the path
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        quoted = shown if len(shown) <= 100 else f"{shown[:60]}…{shown[-30:]}"
        hint = "Check the path: name an ordinary file."
        raise SpecError([Problem(f"'{quoted}' cannot be read: {reason}", hint=hint)]) from error
    if len(raw) > MOST_BYTES:
        raise _too_large(shown, len(raw))
    return raw


def _too_large(shown: str, size: int) -> SpecError:
    message = f"'{shown}' holds {size / 1e6:.1f} MB; at most {MOST_BYTES / 1e6:g} MB are read"
    hint = "Data belong in data files, which a mapping names with `file:`; otherwise split the file."
    return SpecError([Problem(message, Origin(shown, 1), hint)])

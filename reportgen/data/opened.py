"""The bytes of a data file, once it is sure that they can be had and are what the ending of its name says.

Only regular files are opened: a pipe would be waited for without end, and a device has no end. What the first bytes
say is compared with the ending, because a workbook that is called `.csv` would be read as text of a strange encoding.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path

from reportgen.data.raw import UnreadableError
from reportgen.errors import did_you_mean
from reportgen.spec.mapping import FORMATS

LARGEST = 1 << 30
"""A data file of participants has fewer bytes than this."""

_OTHER_THAN_FILES = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_ZIP, _COMPOUND = ("PK\x03\x04", "PK\x05\x06"), "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BEGINNINGS: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...] = (
    (_ZIP, "a workbook or another zip file", (".xlsx", ".xlsm", ".xlsb", ".ods")),
    ((_COMPOUND,), "an old or a protected workbook", (".xls", ".xlsx", ".xlsm", ".xlsb")),
    (("PAR1",), "a Parquet file", (".parquet",)),
    (("$FL2", "$FL3"), "an SPSS file", (".sav", ".zsav")),
    (("<stata_dta>",), "a Stata file", (".dta",)),
    (("HEADER RECORD*******LIB",), "a SAS transport file", (".xpt",)),
    (("\x1f\x8b", "BZh", "\xfd7zXZ", "7z\xbc\xaf", "Rar!"), "a compressed file", ()),
    (("%PDF",), "a PDF", ()),
)
_WEB_PAGE = re.compile(rb"\s*(?:<!doctype html|<html|<table|<\?xml)", re.IGNORECASE)
_TEXT = re.compile(rb"[^\x00-\x08\x0e-\x19\x1b-\x1f]*")


def content_of(path: Path) -> bytes:
    """Return the bytes of a data file.

    Raises
    ------
    UnreadableError
        Where there is no such file, it cannot be opened, or it is not what its ending says.
    """
    try:
        mode = _mode_of(path)
        if stat.S_ISDIR(mode):
            raise UnreadableError("this is a folder, not a file", f"Name a file inside it.{_inside(path)}")
        if path.suffix.lower() not in FORMATS:
            raise UnreadableError(f"files ending in '{path.suffix}' cannot be read", f"Known are {', '.join(FORMATS)}.")
        _refuse_other_than_files(mode)
        if (size := path.stat().st_size) > LARGEST:
            message = f"the file has {size / LARGEST:.1f} GiB, and no more than {LARGEST >> 30} GiB are read"
            raise UnreadableError(message, "Keep the columns and rows that the mapping needs in a file of their own.")
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"the file cannot be opened: {error.strerror}", "Check its permissions.") from error
    if not content:
        raise UnreadableError("the file is empty", "Export it again.")
    _refuse_other_kinds(content, path.suffix.lower())
    return content


def _mode_of(path: Path) -> int:
    """What a path leads to; links are followed."""
    if "\0" in str(path):
        raise UnreadableError("the path holds a NUL character", "Write the name of the file again.")
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UnreadableError("there is no such file", _near(path)) from error
    except OSError as error:  # a name that is too long, links in a circle, a folder that may not be entered
        hint = "Check the path, and the permissions of its folders."
        raise UnreadableError(f"the file cannot be opened: {error.strerror}", hint) from error


def _near(path: Path) -> str:
    near = did_you_mean(path.name, _data_files(path.parent))
    return near if near.startswith("Did you") else f"Paths start from the folder of the mapping.{_inside(path.parent)}"


def _inside(folder: Path) -> str:
    names = _data_files(folder)
    return f" In that folder: {', '.join(names[:5])}{' ...' if len(names) > 5 else ''}." if names else ""


def _data_files(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir() if path.suffix.lower() in FORMATS)
    except OSError:
        return []


def _refuse_other_than_files(mode: int) -> None:
    for is_one, what in _OTHER_THAN_FILES:
        if is_one(mode):
            raise UnreadableError(f"this is {what}, not a file", "Save what it delivers as a file, and name that.")


def _refuse_other_kinds(content: bytes, suffix: str) -> None:
    """Refuse a file whose first bytes belong to another ending than its own."""
    start = content[:32].decode("latin-1")
    what, endings = next(((what, ends) for signs, what, ends in _BEGINNINGS if start.startswith(signs)), ("", ()))
    if what and suffix not in endings:
        hint = f"Rename it: such files end in {' or '.join(endings)}." if endings else "Unpack or convert it first."
        if "zip" in what:
            hint = "Rename it to .xlsx (or .ods) if it is a workbook; unpack it if it is an archive."
        raise UnreadableError(f"this is {what}, not a {suffix} file", hint)
    if what or FORMATS[suffix] == "CSV":
        return
    if _WEB_PAGE.match(content[:200]) and FORMATS[suffix] == "Excel":
        hint = "Open it in Excel and save it as a workbook (.xlsx)."
        raise UnreadableError("this is a web page or XML that Excel opens, not a workbook", hint)
    if FORMATS[suffix] in ("Excel", "Parquet", "SPSS") and _TEXT.fullmatch(content[:2000]):
        raise UnreadableError(f"this is text, not a {suffix} file", "Rename it to .csv, or export it again.")

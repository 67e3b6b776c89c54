"""Text tables: CSV in its many dialects.

The encoding is declared, or UTF-8 (UTF-16 where the file starts with its mark). Nothing is guessed from frequencies:
bytes that are not UTF-8 are a problem, because a wrong guess would change names silently. The separator is
declared, or the one of `, ; tab |` that cuts the header into most columns. Rows keep the line they start on.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from reportgen.data.columns import listed
from reportgen.data.raw import Raw, UnreadableError, raw_of_records
from reportgen.spec.mapping import Data

SEPARATORS = (",", ";", "\t", "|")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_delimited(content: bytes, path: Path, data: Data) -> Raw:
    """Read a text table."""
    lines = list(io.StringIO(_decoded(content, data.encoding), newline=""))[data.header_row - 1 :]
    if not lines:
        raise UnreadableError(f"there is no line {data.header_row} for the header", "Check `header_row`.", "header_row")
    separator = {"tab": "\t", "\\t": "\t"}.get(data.separator or "", data.separator) or sniffed_separator(lines[0])
    records, starts = _records(lines, separator, data.header_row)
    _refuse_swallowed(records, starts, separator)
    if len(records) > 1 and not lines[-1].endswith(("\n", "\r")) and 0 < len(records[-1]) < len(records[0]):
        hint = "The file seems to be cut off: export it again, or complete the line."
        raise UnreadableError(f"the last line, {starts[-1]}, ends before its last cell", hint)
    if not records:
        raise UnreadableError("the file holds no table", "Export it again.")
    return raw_of_records(records[0], records[1:], starts[1:], "line")


def _decoded(content: bytes, encoding: str | None) -> str:
    if encoding is None and not content.startswith(_UTF16) and b"\0" in content[:200]:
        hint = "It seems to be UTF-16 without its mark: write `encoding: utf-16-le`, or save it as UTF-8."
        raise UnreadableError("the file is not UTF-8 text", hint)
    named = encoding or ("utf-16" if content.startswith(_UTF16) else "utf-8-sig")
    try:
        return content.decode(named).removeprefix("\ufeff")
    except LookupError as error:
        hint = "Known are for example utf-8, windows-1252, iso-8859-1, iso-8859-15, utf-16, mac-roman."
        raise UnreadableError(f"there is no encoding '{encoding}'", hint, "encoding") from error
    except UnicodeError as error:
        line = content[: getattr(error, "start", 0)].count(b"\n") + 1
        if encoding:
            raise UnreadableError(f"line {line} is not {encoding} text", "Check `encoding:`.", "encoding") from error
        hint = "Say how it was saved, as in `encoding: windows-1252` (Excel in western Europe), or save it as UTF-8."
        raise UnreadableError(f"line {line} is not UTF-8 text: the file has another encoding", hint) from error


def sniffed_separator(header: str) -> str:
    r"""Return the separator that cuts the header into most columns; the comma where none cuts it.

    Examples
    --------
    >>> sniffed_separator('id;"weight, kg";arm'), sniffed_separator("id\tarm"), sniffed_separator("id")
    (';', '\t', ',')
    """

    def columns(separator: str) -> int:
        return len(next(csv.reader([header], delimiter=separator)))

    return max(SEPARATORS, key=columns)


def _refuse_swallowed(records: list[list[str]], starts: list[int], separator: str) -> None:
    """A stray quote makes the rows up to the next one a text of one cell, and their people would be gone."""
    torn = [
        str(start)
        for record, start in zip(records, starts, strict=True)
        if _swallows(record, len(records[0]), separator)
    ]
    if torn:
        where = f"line{'s' if len(torn) > 1 else ''} {listed(torn)}"
        hint = "Take the stray quote out, or double it; a quoted text should not look like a row."
        raise UnreadableError(f"a quote holds what looks like the rows after it: {where}", hint)


def _swallows(record: list[str], width: int, separator: str) -> bool:
    for place, cell in enumerate(record):
        _, *inside = cell.splitlines() or [""]
        if any(text.count(separator) == width - 1 > 1 for text in inside[:-1]):
            return True
        if inside and inside[-1].count(separator) == place > 1:
            return True
    return False


def _records(lines: list[str], separator: str, first_line: int) -> tuple[list[list[str]], list[int]]:
    reader = csv.reader(lines, delimiter=separator, strict=True)
    records: list[list[str]] = []
    starts: list[int] = []
    line = first_line
    try:
        for record in reader:
            records.append(record)
            starts.append(line)
            line = first_line + reader.line_num
    except (csv.Error, TypeError) as error:
        hint = "Look for a quote that is opened and not closed, and check `separator`."
        raise UnreadableError(f"line {line} cannot be read as CSV: {error}", hint, "separator") from error
    return records, starts

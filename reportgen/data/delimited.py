"""Text tables: CSV in its many dialects.

The separator is declared, by the mapping or by a first line `sep=;` as Excel writes it, or the one of `, ; tab |` that
cuts the header into most columns. Rows keep the line they start on.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from reportgen.data.columns import listed
from reportgen.data.decoded import decoded
from reportgen.data.header import joined_names, refuse_other_row
from reportgen.data.raw import Raw, UnreadableError, raw_of_records
from reportgen.spec.mapping import Data

SEPARATORS = (",", ";", "\t", "|")
_DECLARED = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)
_BLOCK = 4096  # what is copied in blocks and broken off ends at a multiple of it


def read_delimited(content: bytes, path: Path, data: Data) -> Raw:
    """Read a text table."""
    lines = list(io.StringIO(decoded(content, data.encoding), newline=""))
    declared = _DECLARED.fullmatch(lines[0]) if lines else None
    if declared and data.header_lines[0] == 1:  # the line is about the file, and the header follows it
        data = data.model_copy(update={"header_row": 2, "header_rows": tuple(n + 1 for n in data.header_rows)})
    first = data.header_lines[0]
    if len(lines) < data.header_lines[-1]:
        message = f"there is no line {data.header_lines[-1]} for the header"
        raise UnreadableError(message, "Check `header_row`.", "header_row")
    written = {"tab": "\t", "\\t": "\t"}.get(data.separator or "", data.separator)
    separator = written or (declared[1] if declared else sniffed_separator(lines[first - 1]))
    _refuse_other_line(lines, data, written)
    records, starts = _records(lines[first - 1 :], separator, first)
    _refuse_swallowed(records, starts, separator)
    rows = [record for record, start in zip(records, starts, strict=True) if start in data.header_lines]
    below = sum(start <= data.header_lines[-1] for start in starts)
    header = joined_names(rows)
    _refuse_cut(lines[-1], records[below:], starts[-1:], len(header), len(content))
    if not _backslash_hint(lines, separator):
        _refuse_shifted(header, records[below:])
    try:
        return raw_of_records(header, records[below:], starts[below:], "line")
    except UnreadableError as error:
        raise UnreadableError(error.message, _backslash_hint(lines, separator) or error.hint, error.key) from error


def sniffed_separator(header: str) -> str:
    r"""Return the separator that cuts the header into most columns; the comma where none cuts it.

    Examples
    --------
    >>> sniffed_separator('id;"weight, kg";arm'), sniffed_separator("id\tarm"), sniffed_separator("id")
    (';', '\t', ',')
    """
    return max(SEPARATORS, key=lambda separator: len(_cells(header, separator)))


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except (csv.Error, TypeError, ValueError):  # a cell without end; whoever reads the records says so
        return line.split(separator)


def _refuse_other_line(lines: list[str], data: Data, written: str | None) -> None:
    """Refuse a comment or a title that is taken for the header."""

    def line(number: int) -> list[str]:
        if number > len(lines):
            return []
        return _cells(lines[number - 1].strip("\r\n"), written or sniffed_separator(lines[number - 1]))

    if not data.header_rows:
        refuse_other_row(joined_names([line(data.header_row)]), data, line, "line")


def _refuse_swallowed(records: list[list[str]], starts: list[int], separator: str) -> None:
    """A stray quote makes the rows up to the next one a text of one cell, and their people would be gone."""
    conflicting = [
        str(start)
        for record, start in zip(records, starts, strict=True)
        if _swallows(record, len(records[0]), separator)
    ]
    if conflicting:
        where = f"line{'s' if len(conflicting) > 1 else ''} {listed(conflicting)}"
        hint = "Remove the stray quote, or double it; a quoted text should not look like a row."
        raise UnreadableError(f"a quote holds what looks like the rows after it: {where}", hint)


def _swallows(record: list[str], width: int, separator: str) -> bool:
    for place, cell in enumerate(record):
        _, *inside = cell.splitlines() or [""]
        if any(text.count(separator) == width - 1 > 1 for text in inside[:-1]):
            return True
        if inside and inside[-1].count(separator) == place > 1:
            return True
    return False


def _refuse_cut(last_line: str, rows: list[list[str]], starts: list[int], width: int, size: int) -> None:
    """Refuse a table whose last line is not ended and seems to be broken off.

    A last line without an end is common and means nothing by itself. It is broken off if it has fewer cells than the
    header; if its last cell is empty, or shorter than in any other row, where no other row has it so; or if the file
    ends at a whole block.
    """
    if last_line.endswith(("\n", "\r")) or not rows:
        return
    *others, last = [row for row in rows if any(row)] or [[]]
    short = 0 < len(last) < width
    ends = [row[width - 1].strip() for row in others if len(row) >= width]
    inside = not short and len(last) == width and _is_cut(last[-1].strip(), ends)
    if short or inside or size % _BLOCK == 0:
        where = "before its last cell" if short else "inside its last cell, as it seems"
        hint = "The file seems to be cut off: export it again, or complete the line"
        hint += "." if short else " and end it with a line break."
        raise UnreadableError(f"the last line, {starts[-1]}, ends {where}", hint)


def _is_cut(last: str, others: list[str]) -> bool:
    """Whether the last cell of a column misses letters that all others have.

    Examples
    --------
    >>> _is_cut("", ["12", "7"] * 5), _is_cut("12.", ["12.5"] * 10), _is_cut("2020-01", ["2020-01-05"] * 10)
    (True, True, True)
    >>> _is_cut("7", ["12", "9"] * 5), _is_cut("", ["", "7"] * 5)
    (False, False)
    """
    if len(others) < 10:
        return False
    if not last:
        return all(others)
    if last[-1] in ".,-" and not any(other.endswith(last[-1]) for other in others):
        return True
    lengths = {len(other) for other in others}
    return len(lengths) == 1 and len(last) < min(lengths) and min(lengths) >= 4


def _refuse_shifted(header: list[str], rows: list[list[str]]) -> None:
    """Refuse rows that all have one cell more than the header: their first cells have no name."""
    full = [row for row in rows if any(map(str.strip, row))]
    if full and all(len(row) == len(header) + 1 and row[-1].strip() for row in full):
        message = f"every row has one cell more than the {len(header)} names of the header"
        hint = "R's write.table does so: write it with `col.names = NA` or `row.names = FALSE`,"
        raise UnreadableError(message, f"{hint} or put a name (or the separator alone) before the header.")


def _backslash_hint(lines: list[str], separator: str) -> str:
    odd = [str(number) for number, line in enumerate(lines, 1) if '\\"' in line or f"\\{separator}" in line]
    if not odd:
        return ""
    return f"A backslash stands before quotes or separators in line {odd[0]}: export it with doubled quotes instead."


def _records(lines: list[str], separator: str, first_line: int) -> tuple[list[list[str]], list[int]]:
    records: list[list[str]] = []
    starts: list[int] = []
    line = first_line
    try:
        reader = csv.reader(lines, delimiter=separator, strict=True)
        for record in reader:
            records.append(record)
            starts.append(line)
            line = first_line + reader.line_num
    except (csv.Error, TypeError, ValueError) as error:
        limit = csv.field_size_limit()
        if "field limit" in str(error):
            message = f"line {line} has a cell of more than {limit:,} letters"
            raise UnreadableError(
                message, "A quote is probably opened and not closed, or the line is damaged."
            ) from error
        hint = _backslash_hint(lines, separator) if len(separator) == 1 else ""
        hint = hint or "Look for a quote that is opened and not closed, and check `separator`."
        raise UnreadableError(f"line {line} cannot be read as CSV: {error}", hint, "separator") from error
    return records, starts

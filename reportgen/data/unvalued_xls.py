"""Errors, formulas never calculated and per cent in the cells of old Excel workbooks (.xls).

The stream of the workbook is found in the compound file, and the records of the sheet in the stream. Formats: [MS-CFB]
and [MS-XLS] (BIFF8, and BIFF5 in what differs here).
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator

from reportgen.data.bounds import check_extent
from reportgen.data.raw import UnreadableError
from reportgen.data.shown import Place, Shown, shows_percent

ERROR_CODES = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
_BOUNDSHEET, _BOF, _EOF, _BOOLERR, _FORMULA, _PROTECTED = 0x0085, 0x0809, 0x000A, 0x0205, 0x0006, 0x002F
_FORMAT, _STYLE, _NUMBER, _PACKED, _PACKED_ROW = 0x041E, 0x00E0, 0x0203, 0x027E, 0x00BD
_CELLS = frozenset({_BOOLERR, _FORMULA, _NUMBER, _PACKED, _PACKED_ROW, 0x0201, 0x0204, 0x00FD, 0x00D6, 0x00BE})
_SEVERAL = 3
_LAST_SECTOR = 0xFFFFFFFA  # numbers above it are marks: free, the end of a chain, parts of the table itself


class OldBook:
    """An .xls workbook.

    Parameters
    ----------
    content : bytes
    """

    def __init__(self, content: bytes) -> None:
        self._stream = _workbook_stream(content)

    def check_all(self) -> None:
        """Refuse the workbook where one of its sheets reaches absurdly far: calamine reads them all at once."""
        for kind, _ in _cells(self._stream, 0):
            if kind == _PROTECTED:
                raise UnreadableError("the workbook is protected by a password", "Save it without.")
        for name, start in _sheets(self._stream):
            rows = columns = held = 0
            for kind, record in _cells(self._stream, start):
                if kind in _CELLS:
                    row, column = struct.unpack_from("<HH", record)
                    last = struct.unpack_from("<H", record, len(record) - 2)[0] if kind == _PACKED_ROW else column
                    rows, columns = max(rows, row + 1), max(columns, column + 1, last + 1)
                held += 4 + len(record)
            check_extent(name, rows, columns, held)

    def check(self, sheet: str) -> None:
        """Nothing: all sheets were checked."""

    def shown(self, sheet: str) -> Shown:
        """Search one sheet."""
        start = next(start for name, start in _sheets(self._stream) if name == sheet)
        percent_styles, found = _percent_styles(self._stream), Shown()
        formulas: Counter[int] = Counter()
        empty: list[Place] = []
        for kind, record in _cells(self._stream, start):
            if kind not in _CELLS:
                continue
            row, column, style = struct.unpack_from("<HHH", record)
            code = _error_code(kind, record)
            if code is not None:
                found.unvalued[row, column] = ERROR_CODES.get(code, "#N/A")
            elif kind == _FORMULA and _empty_result(record):
                empty.append((row, column))
            elif kind in (_NUMBER, _PACKED, _FORMULA) and style in percent_styles:
                found.percent.add((row, column))
            elif kind == _PACKED_ROW:
                found.percent.update(_packed_percent(record, percent_styles))
            formulas[column] += kind == _FORMULA
        without = Counter(column for _, column in empty)
        for row, column in empty:  # a formula may give an empty text; where all of a column do, none was calculated
            if without[column] == formulas[column] >= _SEVERAL:
                found.unvalued[row, column] = "=formula"
        return found


def _cells(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """The records of a sheet; a chart inside it is a stream of its own, and is passed over."""
    depth = 0
    for kind, record in _records(stream, start):
        depth += (kind == _BOF) - (kind == _EOF)
        if depth == 0:
            return
        if depth == 1:
            yield kind, record


def _empty_result(record: bytes) -> bool:
    return record[12:14] == b"\xff\xff" and record[6] == 3


def _packed_percent(record: bytes, percent_styles: set[int]) -> Iterator[Place]:
    """Those of several numbers in one row that are shown in per cent."""
    row, first = struct.unpack_from("<HH", record)
    for i in range((len(record) - 6) // 6):
        if struct.unpack_from("<H", record, 4 + 6 * i)[0] in percent_styles:
            yield row, first + i


def _percent_styles(stream: bytes) -> set[int]:
    """Numbers of the cell styles that show per cent: formats 9 and 10, and those of the file with that sign."""
    percent, formats = {9, 10}, []
    for kind, record in _records(stream, 0):
        if kind == _EOF:
            break
        if kind == _FORMAT:
            wide = len(record) > 4 and record[4] & 1
            code = record[5:].decode("utf-16-le", "replace") if wide else record[2:].decode("latin-1")
            if shows_percent(code):
                percent.add(struct.unpack_from("<H", record)[0])
        elif kind == _STYLE:
            formats.append(struct.unpack_from("<H", record, 2)[0])
    return {i for i, number in enumerate(formats) if number in percent}


def _error_code(kind: int, record: bytes) -> int | None:
    if kind == _BOOLERR and record[7] == 1:
        return record[6]
    if kind == _FORMULA and record[12:14] == b"\xff\xff" and record[6] == 2:
        return record[8]
    return None


def _sheets(stream: bytes) -> Iterator[tuple[str, int]]:
    modern = stream[4:6] == b"\x00\x06"  # BIFF8; before it, names had no flag and one byte a letter
    for kind, record in _records(stream, 0):
        if kind == _EOF:
            return
        if kind == _BOUNDSHEET:
            size, wide = record[6], record[7] & 1
            name = record[8 : 8 + size * (1 + wide)].decode("utf-16-le" if wide else "latin-1")
            yield name if modern else record[7 : 7 + size].decode("windows-1252"), struct.unpack_from("<I", record)[0]


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _workbook_stream(content: bytes) -> bytes:
    """The stream `Workbook` of a compound file; a short one lies in small sectors inside the stream of the root."""
    shift, small_shift = struct.unpack_from("<HH", content, 30)
    if not 7 <= shift <= 16 or not 2 <= small_shift <= shift:
        raise ValueError("sectors of an absurd size")
    directory, limit, small_table = (struct.unpack_from("<I", content, at)[0] for at in (48, 56, 60))
    sectors = _cut(content[1 << shift :], 1 << shift)
    table = _table(content, sectors)
    entries = list(_entries(b"".join(_chained(sectors, table, directory))))
    streams = {name: (start, length) for name, start, length in entries}
    small_numbers = _numbers(b"".join(_chained(sectors, table, small_table)))
    small = _cut(b"".join(_chained(sectors, table, streams["Root Entry"][0])), 1 << small_shift)
    held = {}
    for name, start, length in entries:  # each, because calamine follows them too
        if name != "Root Entry":
            short = length < limit
            chain = _chained(small, small_numbers, start) if short else _chained(sectors, table, start)
            held[name] = b"".join(chain)[:length] if length else b""
    return held["Workbook"] if "Workbook" in held else held["Book"]


def _entries(directory: bytes) -> Iterator[tuple[str, int, int]]:
    """Name, first sector and length of each stream."""
    for entry in _cut(directory, 128):
        kind = entry[66]
        if kind in (2, 5):  # a stream, and the root
            name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le")
            yield name, *struct.unpack_from("<II", entry, 116)


def _table(content: bytes, sectors: list[bytes]) -> list[int]:
    """The table that says for each sector which one follows; the list of its own sectors starts in the header."""
    own, next_list = list(struct.unpack_from("<109I", content, 76)), struct.unpack_from("<I", content, 68)[0]
    while next_list < _LAST_SECTOR:
        *more, next_list = _numbers(sectors[next_list])
        own += more
        if len(own) > len(content):
            raise ValueError("a list of sectors without an end")
    return _numbers(b"".join(sectors[number] for number in own if number < _LAST_SECTOR))


def _chained(sectors: list[bytes], table: list[int], number: int) -> Iterator[bytes]:
    for _ in range(len(sectors) + 1):
        if number >= _LAST_SECTOR:
            return
        yield sectors[number]
        number = table[number]
    raise ValueError("a chain of sectors without an end")


def _cut(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


def _numbers(content: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4]))

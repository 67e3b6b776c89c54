"""Errors in the cells of old Excel workbooks (.xls).

The bytes of a workbook and the name of a sheet in; by row and column, from 0, the error that each such cell shows out, as
`unvalued` does for the newer formats. The stream of the workbook is found in the compound file, and the records of the
sheet in the stream. Formats: [MS-CFB] and [MS-XLS] (BIFF8, and BIFF5 in what differs here).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

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
_BOUNDSHEET, _BOF, _EOF, _BOOLERR, _FORMULA = 0x0085, 0x0809, 0x000A, 0x0205, 0x0006
_LAST_SECTOR = 0xFFFFFFFA  # numbers above it are marks: free, the end of a chain, parts of the table itself


def xls_errors(content: bytes, sheet: str) -> dict[tuple[int, int], str]:
    """Return the errors in the cells of a sheet, by row and column from 0."""
    stream = _workbook_stream(content)
    start = next(start for name, start in _sheets(stream) if name == sheet)
    found: dict[tuple[int, int], str] = {}
    depth = 0
    for kind, record in _records(stream, start):
        depth += (kind == _BOF) - (kind == _EOF)  # a chart inside the sheet is a stream of its own
        if depth == 0:
            break
        code = _error_code(kind, record)
        if depth == 1 and code is not None:
            row, column = struct.unpack_from("<HH", record)
            found[row, column] = ERROR_CODES.get(code, "#N/A")
    return found


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
    directory, limit, small_table = (struct.unpack_from("<I", content, at)[0] for at in (48, 56, 60))
    sectors = _cut(content[1 << shift :], 1 << shift)
    table = _table(content, sectors)
    streams = {}
    for entry in _cut(b"".join(_chained(sectors, table, directory)), 128):
        name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le")
        streams[name] = struct.unpack_from("<II", entry, 116)
    start, length = streams.get("Workbook") or streams["Book"]
    if length < limit:
        small_numbers = _numbers(b"".join(_chained(sectors, table, small_table)))
        small = _cut(b"".join(_chained(sectors, table, streams["Root Entry"][0])), 1 << small_shift)
        return b"".join(_chained(small, small_numbers, start))[:length]
    return b"".join(_chained(sectors, table, start))[:length]


def _table(content: bytes, sectors: list[bytes]) -> list[int]:
    """The table that says for each sector which one follows; the list of its own sectors starts in the header."""
    own, next_list = list(struct.unpack_from("<109I", content, 76)), struct.unpack_from("<I", content, 68)[0]
    while next_list < _LAST_SECTOR:
        *more, next_list = _numbers(sectors[next_list])
        own += more
    return _numbers(b"".join(sectors[number] for number in own if number < _LAST_SECTOR))


def _chained(sectors: list[bytes], table: list[int], number: int) -> Iterator[bytes]:
    while number < _LAST_SECTOR:
        yield sectors[number]
        number = table[number]


def _cut(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


def _numbers(content: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(content) // 4}I", content))

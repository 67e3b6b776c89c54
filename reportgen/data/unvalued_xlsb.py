"""Errors, per cent and merged cells in binary workbooks (.xlsb); the numbers of the records are those of [MS-XLSB] 2.3.2."""

from __future__ import annotations

import posixpath
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from reportgen.data.bounds import check_extent
from reportgen.data.shown import Shown, shows_percent
from reportgen.data.unvalued_xls import ERROR_CODES
from reportgen.data.unvalued_xlsx import targets

_ROW, _ERROR, _FORMULA_ERROR, _SHEET, _MERGED = 0, 3, 11, 156, 176
_NUMBERS = (2, 5, 9)  # two ways to write a number, and a formula that ended in one
_CELLS = range(1, 12)
_FORMAT, _STYLE, _STYLES_BEGIN, _STYLES_END = 44, 47, 617, 618


@dataclass(frozen=True, slots=True)
class BinaryBook:
    """An .xlsb workbook."""

    parts: zipfile.ZipFile

    def check_all(self) -> None:
        """Nothing: calamine reads a sheet when it is asked for."""

    def check(self, sheet: str) -> None:
        """Refuse the workbook where this sheet reaches absurdly far."""
        content = self._sheet(sheet)
        rows = columns = row = 0
        for kind, record in _records(content):
            if kind == _ROW:
                row = int.from_bytes(record[:4], "little")
            elif kind in _CELLS:
                rows, columns = max(rows, row + 1), max(columns, int.from_bytes(record[:4], "little") + 1)
        check_extent(sheet, rows, columns, len(content))

    def shown(self, sheet: str) -> Shown:
        """Search one sheet."""
        percent_styles, found, row = self._percent_styles(), Shown(), -1
        for kind, record in _records(self._sheet(sheet)):
            if kind == _ROW:
                row = int.from_bytes(record[:4], "little")
            elif kind == _MERGED:
                top, bottom, left, right = struct.unpack_from("<4I", record)
                found.merged.append(((top, left), (bottom, right)))
            elif kind in (_ERROR, _FORMULA_ERROR):
                found.unvalued[row, int.from_bytes(record[:4], "little")] = ERROR_CODES.get(record[8], "#N/A")
            elif kind in _NUMBERS:
                column, style = struct.unpack_from("<II", record)
                if style & 0xFFFFFF in percent_styles:
                    found.percent.add((row, column))
        return found

    @property
    def _book(self) -> str:
        return posixpath.normpath(targets(self.parts, "").get("officeDocument", "xl/workbook.bin"))

    def _sheet(self, sheet: str) -> bytes:
        named = (_name_and_id(record) for kind, record in _records(self.parts.read(self._book)) if kind == _SHEET)
        return self.parts.read(targets(self.parts, self._book)[next(id_ for name, id_ in named if name == sheet)])

    def _percent_styles(self) -> set[int]:
        part = targets(self.parts, self._book).get("styles")
        return _percent_styles(self.parts.read(part)) if part in self.parts.namelist() else set()


def _percent_styles(content: bytes) -> set[int]:
    """Numbers of the cell styles that show per cent: formats 9 and 10, and those of the file with that sign."""
    percent, of_cells, formats = {9, 10}, False, []
    for kind, record in _records(content):
        if kind == _FORMAT:
            number, size = struct.unpack_from("<HI", record)
            if shows_percent(record[6 : 6 + 2 * size].decode("utf-16-le")):
                percent.add(number)
        elif kind in (_STYLES_BEGIN, _STYLES_END):
            of_cells = kind == _STYLES_BEGIN
        elif kind == _STYLE and of_cells:
            formats.append(struct.unpack_from("<H", record, 2)[0])
    return {i for i, number in enumerate(formats) if number in percent}


def _name_and_id(record: bytes) -> tuple[str, str]:
    texts, at = [], 8
    for _ in range(2):
        size = int.from_bytes(record[at : at + 4], "little")
        texts.append(record[at + 4 : at + 4 + 2 * size].decode("utf-16-le"))
        at += 4 + 2 * size
    return texts[1], texts[0]


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Records with their kind; kind and size are written seven bits a byte, the lowest first."""
    at = 0
    while at < len(content):
        kind, at = _packed(content, at, 2)
        size, at = _packed(content, at, 4)
        yield kind, content[at : at + size]
        at += size


def _packed(content: bytes, at: int, most: int) -> tuple[int, int]:
    number = 0
    for place in range(most):
        number |= (content[at + place] & 0x7F) << (7 * place)
        if content[at + place] < 0x80:
            return number, at + place + 1
    return number, at + most

"""Errors, open formulas, per cent and merged cells in OpenDocument sheets (OpenDocument 1.3)."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from reportgen.data.bounds import COLUMNS, ROWS, check_extent
from reportgen.data.codes import ERRORS
from reportgen.data.raw import UnreadableError
from reportgen.data.shown import Shown

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """An .ods workbook."""

    parts: zipfile.ZipFile

    def check_all(self) -> None:
        """Refuse the workbook where one of its sheets reaches absurdly far: calamine reads them all at once."""
        if b"encryption-data" in self.parts.read("META-INF/manifest.xml"):
            raise UnreadableError("the workbook is protected by a password", "Save it without.")
        xml = self.parts.read("content.xml")
        for table in ElementTree.fromstring(xml).iter(f"{_TABLE}table"):
            rows = columns = 0
            for row, column, down, across, cell in _cells(table):
                if len(cell) or cell.get(f"{_OFFICE}value-type") or cell.get(f"{_TABLE}formula"):
                    rows, columns = max(rows, row + down), max(columns, column + across)
            check_extent(table.get(f"{_TABLE}name", ""), rows, columns, len(xml))

    def check(self, sheet: str) -> None:
        """Nothing: all sheets were checked."""

    def shown(self, sheet: str) -> Shown:
        """Search one sheet."""
        root = ElementTree.fromstring(self.parts.read("content.xml"))
        table = next(item for item in root.iter(f"{_TABLE}table") if item.get(f"{_TABLE}name") == sheet)
        found = Shown()
        for row, column, down, across, cell in _cells(table):
            text, percent = _text(cell), cell.get(f"{_OFFICE}value-type") == "percentage"
            places = [(row + i, column + j) for i in range(down) for j in range(across)] if text or percent else []
            if text:
                found.unvalued.update(dict.fromkeys(places, text))
            else:
                found.percent.update(places)
            last = row + _count(cell, "number-rows-spanned") - 1, column + _count(cell, "number-columns-spanned") - 1
            if last != (row, column):
                found.merged.append(((row, column), last))
        return found


def _cells(table: ElementTree.Element) -> Iterator[tuple[int, int, int, int, ElementTree.Element]]:
    """Each cell with its row and column, and over how many of both it is repeated."""
    row = 0
    for line in table.iter(f"{_TABLE}table-row"):
        rows, column = _count(line, "number-rows-repeated"), 0
        for cell in line:
            columns = _count(cell, "number-columns-repeated")
            yield row, column, rows, columns, cell
            column += columns
        row += rows


def _count(element: ElementTree.Element, word: str) -> int:
    return max(1, min(int(element.get(f"{_TABLE}{word}", 1)), ROWS * COLUMNS))


def _text(cell: ElementTree.Element) -> str | None:
    formula = cell.get(f"{_TABLE}formula")
    if formula is None:
        return None
    text = "".join("".join(part.itertext()) for part in cell.iter(f"{_TEXT}p")).strip()
    if ERRORS.fullmatch(text) or any(
        key.endswith("value-type") and value == "error" for key, value in cell.attrib.items()
    ):
        return text or "#N/A"
    return f"={formula.split('=', 1)[-1]}" if cell.get(f"{_OFFICE}value-type") is None else None

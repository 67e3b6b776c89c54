"""Errors, open formulas and per cent in the cells of .xlsx and .xlsm workbooks (ECMA-376).

Read here and not by openpyxl, to which a formula that was never calculated and one that gives an empty text are the same,
and which refuses workbooks that calamine reads: strict ones, and those with an odd font, fill or date of saving.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from reportgen.data.bounds import check_extent
from reportgen.data.shown import Place, Shown, shows_percent

_MAY_HOLD = re.compile(rb"""[\s]t\s*=\s*["']e["']|<(?:\w+:)?f[\s/>]""")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_CELL_PLACE = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br\s*=\s*["']\s*([A-Za-z]+)(\d+)""")
_ROW_PLACE = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br\s*=\s*["']\s*(\d+)""")
_REFERENCE = re.compile(r"([A-Z]+)(\d+)")


@dataclass(frozen=True, slots=True)
class OfficeBook:
    """An .xlsx or .xlsm workbook."""

    parts: zipfile.ZipFile

    def check_all(self) -> None:
        """Nothing: calamine reads a sheet when it is asked for."""

    def check(self, sheet: str) -> None:
        """Refuse the workbook where this sheet reaches absurdly far."""
        xml = self.parts.read(_parts_of(self.parts, sheet)[2])
        check_extent(sheet, *_extent(xml), len(xml))

    def shown(self, sheet: str) -> Shown:
        """Search one sheet."""
        book, root, part = _parts_of(self.parts, sheet)
        xml = self.parts.read(part)
        percent_styles = self._percent_styles(book)
        never_calculated = any(element.get("fullCalcOnLoad") in ("1", "true") for element in root.iter())
        if not (_MAY_HOLD.search(xml) or any(f's="{style}"'.encode() in xml for style in percent_styles)):
            return Shown()
        found = Shown()
        for place, cell in _cells(xml):
            text = _text(cell, never_calculated)
            if text is not None:
                found.unvalued[place] = text
            elif cell.get("s") in percent_styles and cell.get("t", "n") == "n" and len(cell):
                found.percent.add(place)
        return found

    def _percent_styles(self, book: str) -> set[str]:
        """Numbers of the cell styles that show per cent: formats 9 and 10, and those of the file with that sign."""
        part = targets(self.parts, book).get("styles")
        if part not in self.parts.namelist():
            return set()
        by_word = {_word(element): element for element in ElementTree.fromstring(self.parts.read(part))}
        own = {item.get("numFmtId") for item in by_word.get("numFmts", ()) if shows_percent(item.get("formatCode", ""))}
        styles = enumerate(by_word.get("cellXfs", ()))
        return {str(i) for i, item in styles if item.get("numFmtId") in own | {"9", "10"}}


def _parts_of(parts: zipfile.ZipFile, sheet: str) -> tuple[str, ElementTree.Element, str]:
    """The part of the workbook, what stands in it, and the part of the sheet."""
    book = posixpath.normpath(targets(parts, "").get("officeDocument", "xl/workbook.xml"))
    root = ElementTree.fromstring(parts.read(book))
    id_ = next(_id(element) for element in root.iter() if element.get("name") == sheet and _id(element))
    return book, root, targets(parts, book)[id_]


def _id(element: ElementTree.Element) -> str:
    return next((value for key, value in element.attrib.items() if key.endswith("}id")), "")


def targets(parts: zipfile.ZipFile, part: str) -> dict[str, str]:
    """Return the parts that a part refers to, by the id of the reference and by the last word of its type."""
    folder, name = posixpath.split(part)
    where = posixpath.join(folder, "_rels", f"{name}.rels")
    if where not in parts.namelist():
        return {}
    found = {}
    for item in ElementTree.fromstring(parts.read(where)):
        path = posixpath.normpath(posixpath.join("/", folder, item.get("Target", ""))).lstrip("/")
        found[item.get("Id", "")] = found[item.get("Type", "").rsplit("/", 1)[-1]] = path
    return found


def _extent(xml: bytes) -> tuple[int, int]:
    """How many rows and columns the cells reach over."""
    rows, cells = _ROW_PLACE.findall(xml), _CELL_PLACE.findall(xml)
    if len(rows) < len(_ROW.findall(xml)) or len(cells) < len(_CELL.findall(xml)):  # some follow the one before
        places = [place for place, _ in _cells(xml)]
        return max((row for row, _ in places), default=-1) + 1, max((column for _, column in places), default=-1) + 1
    letters = {word.upper() for word, _ in cells}
    lines = {number for _, number in cells} | set(rows)
    return max(map(_number, lines), default=0), max((_column(word.decode()) for word in letters), default=-1) + 1


def _number(digits: bytes) -> int:
    return int(digits[:12])  # what is longer is absurd in its first twelve digits


def _cells(xml: bytes) -> Iterator[tuple[Place, ElementTree.Element]]:
    """Each cell with its place; where a row or a cell does not say its own, it follows the one before."""
    row, column = -1, -1
    for event, element in ElementTree.iterparse(io.BytesIO(xml), events=("start", "end")):
        word = _word(element)
        if event == "start" and word == "row":
            row, column = int(element.get("r") or row + 2) - 1, -1
        elif event == "end" and word == "c":
            place = _REFERENCE.fullmatch(element.get("r", ""))
            column = column + 1 if place is None else _column(place[1])
            yield (row, column), element
        elif event == "end" and word == "row":
            element.clear()


def _word(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _column(letters: str) -> int:
    """Return which column letters name, from 0.

    Examples
    --------
    >>> _column("A"), _column("AB")
    (0, 27)
    """
    number = 0
    for letter in letters[:8]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _text(cell: ElementTree.Element, never_calculated: bool) -> str | None:
    inside = {_word(part): part for part in cell}
    value = inside["v"].text if "v" in inside else None
    if cell.get("t") == "e":
        return value or "#N/A"
    if "f" not in inside:
        return None
    # Programs that write formulas without calculating them leave the value out or empty (which is a text where the cell
    # is one), or write 0 and ask for the calculation on loading.
    a_number = cell.get("t", "n") == "n"
    open_ = "v" not in inside or (a_number and (not value or (never_calculated and value == "0")))
    return f"={inside['f'].text or 'formula'}" if open_ else None

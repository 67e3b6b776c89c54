"""What a sheet shows and calamine does not say: errors such as #DIV/0!, formulas never calculated, numbers in per cent.

The bytes of a workbook and the name of a sheet in; by row and column, from 0, the text of each such cell out. calamine
delivers these cells as empty ones, and a value that a formula failed to give would be missing without a word; so the
parts of the file are read once more, for these cells alone. Formats: ECMA-376 (.xlsx, .xlsm), [MS-XLSB] (.xlsb),
OpenDocument 1.3 (.ods), and in `unvalued_xls` those of .xls.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

from reportgen.data.codes import ERRORS
from reportgen.data.unvalued_xls import ERROR_CODES, xls_errors

Found = dict[tuple[int, int], str]

_MAY_HOLD = re.compile(rb"""[\s]t\s*=\s*["']e["']|<(?:\w+:)?f[\s/>]""")
_REFERENCE = re.compile(r"([A-Z]+)(\d+)")
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


def unvalued_cells(content: bytes, suffix: str, sheet: str) -> Found:
    """Return the cells of a sheet that show an error, and the formulas without a value.

    Parameters
    ----------
    content : bytes
        The workbook.
    suffix : str
        The ending of its file, which says how it is written.
    sheet : str
        Name of the sheet.

    Returns
    -------
    dict of (row, column) to str
        Both from 0; the error as the sheet shows it, or the formula from its equals sign.
    """
    if suffix == ".xls":
        return xls_errors(content, sheet)
    search = _SEARCHES[suffix]
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return search(parts, sheet)


def columns_in_percent(content: bytes, suffix: str, sheet: str, first: int) -> set[int]:
    """Return the columns, from 0, in which a sheet shows a number in per cent at or below a row, from 0.

    What is shown as 40% is held as 0.4; here only the styles of .xlsx and .xlsm are asked.
    """
    if suffix not in (".xlsx", ".xlsm"):
        return set()
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        book, _, part = _ooxml_parts(parts, sheet)
        styles = _targets(parts, book).get("styles")
        if styles not in parts.namelist():
            return set()
        shown = _percent_styles(ElementTree.fromstring(parts.read(styles)))
        return {
            column
            for (row, column), cell in (_ooxml_cells(parts.read(part)) if shown else ())
            if row >= first and cell.get("s") in shown and cell.get("t", "n") == "n" and len(cell)
        }


def _percent_styles(styles: ElementTree.Element) -> set[str]:
    """Numbers of the cell styles that show per cent: formats 9 and 10, and those of the file with that sign."""
    by_word = {element.tag.rsplit("}", 1)[-1]: element for element in styles}
    own = {one.get("numFmtId") for one in by_word.get("numFmts", ()) if "%" in one.get("formatCode", "")}
    return {str(i) for i, one in enumerate(by_word.get("cellXfs", ())) if one.get("numFmtId") in own | {"9", "10"}}


def _ooxml_parts(parts: zipfile.ZipFile, sheet: str) -> tuple[str, ElementTree.Element, str]:
    """The part of the workbook, what stands in it, and the part of the sheet."""
    book = posixpath.normpath(_targets(parts, "").get("officeDocument", "xl/workbook.xml"))
    root = ElementTree.fromstring(parts.read(book))
    id_ = next(_id(element) for element in root.iter() if element.get("name") == sheet and _id(element))
    return book, root, _targets(parts, book)[id_]


def _in_ooxml(parts: zipfile.ZipFile, sheet: str) -> Found:
    _, root, part = _ooxml_parts(parts, sheet)
    xml = parts.read(part)
    if not _MAY_HOLD.search(xml):
        return {}
    never_calculated = any(element.get("fullCalcOnLoad") in ("1", "true") for element in root.iter())
    return {
        place: text for place, cell in _ooxml_cells(xml) if (text := _ooxml_text(cell, never_calculated)) is not None
    }


def _id(element: ElementTree.Element) -> str:
    return next((value for key, value in element.attrib.items() if key.endswith("}id")), "")


def _targets(parts: zipfile.ZipFile, part: str) -> dict[str, str]:
    """The parts that a part refers to, by the id of the reference and by the last word of its type."""
    folder, name = posixpath.split(part)
    where = posixpath.join(folder, "_rels", f"{name}.rels")
    if where not in parts.namelist():
        return {}
    targets = {}
    for one in ElementTree.fromstring(parts.read(where)):
        path = posixpath.normpath(posixpath.join("/", folder, one.get("Target", ""))).lstrip("/")
        targets[one.get("Id", "")] = targets[one.get("Type", "").rsplit("/", 1)[-1]] = path
    return targets


def _ooxml_cells(xml: bytes) -> Iterator[tuple[tuple[int, int], ElementTree.Element]]:
    """Each cell with its place; where a row or a cell does not say its own, it follows the one before."""
    row, column = -1, -1
    for event, element in ElementTree.iterparse(io.BytesIO(xml), events=("start", "end")):
        word = element.tag.rsplit("}", 1)[-1]
        if event == "start" and word == "row":
            row, column = int(element.get("r") or row + 2) - 1, -1
        elif event == "end" and word == "c":
            place = _REFERENCE.fullmatch(element.get("r", ""))
            column = column + 1 if place is None else _column_number(place[1])
            yield (row, column), element
        elif event == "end" and word == "row":
            element.clear()


def _column_number(letters: str) -> int:
    """Return which column letters name, from 0.

    Examples
    --------
    >>> _column_number("A"), _column_number("AB")
    (0, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _ooxml_text(cell: ElementTree.Element, never_calculated: bool) -> str | None:
    inside = {part.tag.rsplit("}", 1)[-1]: part for part in cell}
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


def _in_binary_ooxml(parts: zipfile.ZipFile, sheet: str) -> Found:
    """Errors of a binary workbook; the numbers of its records are those of [MS-XLSB] 2.3.2."""
    book = posixpath.normpath(_targets(parts, "").get("officeDocument", "xl/workbook.bin"))
    named = (_name_and_id(record) for kind, record in _binary_records(parts.read(book)) if kind == 156)
    part = _targets(parts, book)[next(id_ for name, id_ in named if name == sheet)]
    found: Found = {}
    row = -1
    for kind, record in _binary_records(parts.read(part)):
        if kind == 0:
            row = int.from_bytes(record[:4], "little")
        elif kind in (3, 11):  # an error, and a formula that ended in one
            found[row, int.from_bytes(record[:4], "little")] = ERROR_CODES.get(record[8], "#N/A")
    return found


def _name_and_id(record: bytes) -> tuple[str, str]:
    texts, at = [], 8
    for _ in range(2):
        size = int.from_bytes(record[at : at + 4], "little")
        texts.append(record[at + 4 : at + 4 + 2 * size].decode("utf-16-le"))
        at += 4 + 2 * size
    return texts[1], texts[0]


def _binary_records(content: bytes) -> Iterator[tuple[int, bytes]]:
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


def _in_opendocument(parts: zipfile.ZipFile, sheet: str) -> Found:
    root = ElementTree.fromstring(parts.read("content.xml"))
    table = next(one for one in root.iter(f"{_TABLE}table") if one.get(f"{_TABLE}name") == sheet)
    found: Found = {}
    row = 0
    for line in table.iter(f"{_TABLE}table-row"):
        rows = int(line.get(f"{_TABLE}number-rows-repeated", 1))
        column = 0
        for cell in line:
            columns = int(cell.get(f"{_TABLE}number-columns-repeated", 1))
            text = _opendocument_text(cell)
            if text is not None:
                found |= {(row + i, column + j): text for i in range(rows) for j in range(columns)}
            column += columns
        row += rows
    return found


def _opendocument_text(cell: ElementTree.Element) -> str | None:
    formula = cell.get(f"{_TABLE}formula")
    if formula is None:
        return None
    text = "".join("".join(part.itertext()) for part in cell.iter(f"{_TEXT}p")).strip()
    if ERRORS.fullmatch(text) or any(
        key.endswith("value-type") and value == "error" for key, value in cell.attrib.items()
    ):
        return text or "#N/A"
    return f"={formula.split('=', 1)[-1]}" if cell.get(f"{_OFFICE}value-type") is None else None


_SEARCHES: dict[str, Callable[[zipfile.ZipFile, str], Found]] = {
    ".xlsx": _in_ooxml,
    ".xlsm": _in_ooxml,
    ".xlsb": _in_binary_ooxml,
    ".ods": _in_opendocument,
}

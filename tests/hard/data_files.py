"""Small data files of every format that is read, and ways to damage them."""

from __future__ import annotations

import io
import random
import re
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow
import pyarrow.parquet
import pyreadstat
import xlsxwriter

HEADER = ("id", "arm", "age", "sex", "p0", "p3")
OLD = Path(__file__).parents[1] / "unit" / "data" / "files" / "errors.xls"


def rows(number: int = 24) -> list[tuple[int | float, ...]]:
    """Return invented people."""
    return [(i, 1 + i % 2, 20 + 2 * i, 1 + i % 3 % 2, 40 + i, 30.5 + i) for i in range(1, number + 1)]


def _frame() -> pd.DataFrame:
    return pd.DataFrame(rows(), columns=list(HEADER)).assign(seen=pd.Timestamp("2020-01-31"), site="Malmö")


def _text(separator: str, encoding: str) -> bytes:
    lines = [separator.join(map(str, row)) for row in ((*HEADER, "note"), *((*row, '"a ""b"" c"') for row in rows()))]
    return "\n".join([*lines, ""]).encode(encoding)


def _workbook() -> bytes:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held) as book:
        sheet, percent = book.add_worksheet("Data"), book.add_format({"num_format": "0.0%"})
        for i, row in enumerate([HEADER, *rows()]):
            sheet.write_row(i, 0, row)
            sheet.write(i, 7, 0.5, percent)
        sheet.write_formula(3, 8, "=Z1/Z2", value="#N/A")
        sheet.merge_range(4, 9, 5, 10, "merged")
    return held.getvalue()


_ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 office:version="1.3"><office:body><office:spreadsheet><table:table table:name="Data">{rows}
<table:table-row table:number-rows-repeated="1048500"><table:table-cell table:number-columns-repeated="1024"/></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""
_MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>"""


def _opendocument() -> bytes:
    def cell(value: object) -> str:
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'

    lines = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in [HEADER, *rows()])
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": _MANIFEST.encode(),
            "content.xml": _ODS.replace("{rows}", lines).encode(),
        }
    )


def _record(kind: int, content: bytes = b"") -> bytes:
    marks = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return marks + bytes([len(content)]) + content


def _binary_workbook() -> bytes:
    records = [HEADER, *rows()]
    sheet = _record(129) + _record(148, struct.pack("<IIII", 0, len(records) - 1, 0, len(HEADER) - 1)) + _record(145)
    for row, record in enumerate(records):
        sheet += _record(0, struct.pack("<I", row) + bytes(13))
        for column, value in enumerate(record):
            place = struct.pack("<II", column, 0)
            if isinstance(value, str):
                sheet += _record(6, place + struct.pack("<I", len(value)) + value.encode("utf-16-le"))
            else:
                sheet += _record(5, place + struct.pack("<d", value))
    named = b"".join(struct.pack("<I", len(text)) + text.encode("utf-16-le") for text in ("rId1", "Data"))
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{kinds}/worksheet" Target="worksheets/sheet1.bin"/></Relationships>'
    )
    return zipped(
        {
            "xl/workbook.bin": _record(131)
            + _record(143)
            + _record(156, bytes(8) + named)
            + _record(144)
            + _record(132),
            "xl/_rels/workbook.bin.rels": relations.encode(),
            "xl/worksheets/sheet1.bin": sheet + _record(146) + _record(130),
        }
    )


def _parquet() -> bytes:
    held = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pandas(_frame()), held)
    return held.getvalue()


def _written(suffix: str, **options: object) -> bytes:
    writers: dict[str, Callable[..., None]] = {
        ".sav": pyreadstat.write_sav,
        ".zsav": pyreadstat.write_sav,
        ".dta": pyreadstat.write_dta,
        ".xpt": pyreadstat.write_xport,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        writers[suffix](_frame(), str(path), **options)
        return path.read_bytes()


def zipped(parts: dict[str, bytes]) -> bytes:
    """Return a zip file with these parts."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return held.getvalue()


def files() -> list[tuple[str, bytes]]:
    """Return a sound file of each format, with its ending."""
    labels = {"sex": {1: "male", 2: "female"}}
    return [
        (".csv", _text(",", "utf-8")),
        (".csv", _text(";", "utf-16")),
        (".tsv", _text("\t", "windows-1252")),
        (".xlsx", _workbook()),
        (".xlsb", _binary_workbook()),
        (".ods", _opendocument()),
        (".xls", OLD.read_bytes()),
        (".parquet", _parquet()),
        (".sav", _written(".sav", variable_value_labels=labels, missing_ranges={"age": [99]})),
        (".zsav", _written(".zsav", compress=True)),
        (".dta", _written(".dta", variable_value_labels=labels)),
        (".dta", _written(".dta", version=10)),
        (".xpt", _written(".xpt", file_format_version=5)),
        (".xpt", _written(".xpt", file_format_version=8)),
    ]


_ODD = (
    "",
    "0",
    "-1",
    "1048576",
    "16384",
    "99999999999",
    "1e308",
    "nan",
    "XFD1048576",
    "ZZZZZ9",
    "\x00",
    "\ufffd",
    '"',
    "<",
    "&x;",
)
_NUMBER = re.compile(rb"\d+")


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return a file with one to four damages; inside a zip mostly in one of its unpacked parts."""
    for _ in range(chance.randint(1, 4)):
        if content[:2] == b"PK" and chance.random() < 0.75:
            content = _damaged_part(content, chance)
        else:
            content = chance.choice(_WAYS)(content, chance)
    return content


def _damaged_part(content: bytes, chance: random.Random) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            parts = {name: file.read(name) for name in file.namelist()}
    except Exception:  # it is damaged already
        return _flipped(content, chance)
    name = chance.choice(list(parts))
    if chance.random() < 0.15:
        other = chance.choice(list(parts))
        parts[name], parts[other] = parts[other], parts[name]
    elif chance.random() < 0.05:
        del parts[name]
    else:
        parts[name] = chance.choice((_flipped, _cut, _inserted, _taken_out, _repeated, _renumbered))(
            parts[name], chance
        )
    return zipped(parts)


def _flipped(content: bytes, chance: random.Random) -> bytes:
    held = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8, 32))):
        if held:
            held[chance.randrange(len(held))] = chance.randrange(256)
    return bytes(held)


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _inserted(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return (
        content[:at]
        + chance.choice((chance.randbytes(chance.randint(1, 64)), bytes(chance.randint(1, 64))))
        + content[at:]
    )


def _taken_out(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + content[at + chance.randint(1, 100) :]


def _repeated(content: bytes, chance: random.Random) -> bytes:
    at, size = chance.randrange(len(content) + 1), chance.randint(1, 500)
    return content[:at] + content[at : at + size] * chance.choice((2, 3, 50)) + content[at + size :]


def _renumbered(content: bytes, chance: random.Random) -> bytes:
    """An odd number or text in the place of a number."""
    found = list(_NUMBER.finditer(content))
    if not found:
        return _flipped(content, chance)
    place = chance.choice(found)
    return content[: place.start()] + chance.choice(_ODD).encode() + content[place.end() :]


def _overwritten(content: bytes, chance: random.Random) -> bytes:
    """Some bytes from elsewhere in the file, or none, over others: the size stays."""
    size, to, start = chance.randint(1, 64), chance.randrange(len(content) + 1), chance.randrange(len(content) + 1)
    new = chance.choice((content[start : start + size], bytes(size), b"\xff" * size))[: len(content) - to]
    return content[:to] + new + content[to + len(new) :]


_WAYS = (
    _flipped,
    _flipped,
    _overwritten,
    _overwritten,
    _renumbered,
    _renumbered,
    _cut,
    _inserted,
    _taken_out,
    _repeated,
)

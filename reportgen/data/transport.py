"""What pyreadstat does not say of SAS transport files (.xpt): that they are cut, hold several tables, or special missings.

A transport file is a sequence of records of 80 bytes. A number whose first byte is a letter or an underscore and whose
other bytes are zero is one of the missing values .A to .Z and ._ of SAS. Format: "The record layout of a data set in SAS
transport format" (TS-140; version 8 in what differs here).
"""

from __future__ import annotations

import re
import struct
from dataclasses import replace

from reportgen.data.raw import Raw, UnreadableError

_RECORD = 80
_TABLE = re.compile(rb"HEADER RECORD\*{7}MEM(?:BER|BV8) ")
_VARIABLES = re.compile(rb"HEADER RECORD\*{7}(?:NAMESTR|NAMSTV8) HEADER RECORD!{7}0{6}(\d{4})")
_ROWS = re.compile(rb"HEADER RECORD\*{7}OBS(?:V8)?\s+HEADER RECORD!{7}")
_DESCRIBED = 140  # bytes in which a variable is described
_NUMERIC = 1
_SPECIAL = re.compile(rb"([A-Z_])\0+", re.DOTALL)


def check_transport(content: bytes) -> None:
    """Refuse a file that was cut off, and one with several tables, of which only the first would be read."""
    if content.startswith(b"HEADER RECORD") and len(content) % _RECORD:
        message = f"the file is cut off: it has {len(content):,} bytes, and its records have {_RECORD} each"
        raise UnreadableError(message, "Export it again, or copy it again in binary mode.")
    tables = sum(found.start() % _RECORD == 0 for found in _TABLE.finditer(content))
    if tables > 1:
        raise UnreadableError(f"the file holds {tables} tables", "Export each into a file of its own.")


def with_special_missing(raw: Raw, content: bytes) -> Raw:
    """Return the table with .a to .z and ._ where the file has these missing values, which pyreadstat leaves empty."""
    found = _special(content, len(raw.rows))
    columns, spans = dict(raw.columns), dict(raw.missing_spans)
    for number, cells in found.items():
        name = list(raw.columns)[number]
        values = list(columns[name])
        for row, letter in cells.items():
            values[row] = letter
        columns[name] = values
        spans[name] = tuple((letter, letter) for letter in sorted(set(cells.values())))
    return replace(raw, columns=columns, missing_spans=spans)


def _special(content: bytes, rows: int) -> dict[int, dict[int, str]]:
    """By number of the column and of the row, both from 0, the letters of missing values."""
    variables, start = _VARIABLES.search(content), _ROWS.search(content)
    if variables is None or start is None:
        return {}
    found: dict[int, dict[int, str]] = {}
    first = start.start() + _RECORD
    described = [
        struct.unpack_from(">HHH", content, variables.start() + _RECORD + _DESCRIBED * i)
        for i in range(int(variables[1]))
    ]
    width = sum(length for _, _, length in described)
    at = 0
    for number, (kind, _, length) in enumerate(described):
        if kind == _NUMERIC:
            for row in range(rows):
                place = first + row * width + at
                special = _SPECIAL.fullmatch(content[place : place + length])
                if special is not None:
                    found.setdefault(number, {})[row] = f".{special[1].decode().lower()}"
        at += length
    return found

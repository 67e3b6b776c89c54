"""How large a workbook may be once it is unpacked, and how far its sheets may reach.

A sheet is read as a full rectangle: two cells in opposite corners are seventeen thousand million. A file of nine
kilobytes can say so, or unpack to gigabytes, and end the process; so both are counted before the workbook is read.
"""

from __future__ import annotations

import io
import zipfile
import zlib

from reportgen.data.raw import UnreadableError

ROWS, COLUMNS = 1 << 20, 1 << 14
"""No program writes a longer or a wider sheet."""

_UNPACKED = 1 << 30
_SMALL = 1 << 26  # what is smaller than this may be packed as densely as it likes
_DENSEST = 200  # a sheet of numbers packs to a tenth or a twentieth
_PARTS = 10_000
_VOID = 2_000_000  # cells that a sheet may reach over whatever it holds; beyond, each needs a byte at least
AGAIN = "Open it in Excel and save it again."


def unpacked(content: bytes) -> zipfile.ZipFile:
    """Return the parts of a workbook that is a zip file, once their sizes are sound and each can be unpacked.

    Raises
    ------
    UnreadableError
    """
    try:
        parts = zipfile.ZipFile(io.BytesIO(content))
        listed = parts.infolist()
    except Exception as error:  # what may be wrong with a damaged zip has no end, and no common class
        raise UnreadableError("this is not a workbook, or it is damaged", AGAIN) from error
    size = sum(part.file_size for part in listed)
    if size > _UNPACKED or (size > _SMALL and size > _DENSEST * len(content)) or len(listed) > _PARTS:
        message = f"the workbook has {len(content) / 1e6:.1f} MB and says that it unpacks to {size / 1e6:,.0f} MB"
        raise UnreadableError(message, "Save the one sheet that the mapping needs as a CSV or a workbook of its own.")
    if any(part.flag_bits & 1 for part in listed):
        raise UnreadableError("the workbook is protected by a password", "Save it without.")
    for part in listed:
        _try(parts, part)
    return parts


def _try(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    try:
        with parts.open(part) as stream:
            while stream.read(1 << 20):
                pass
    except (OSError, ValueError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        message = f"the workbook is damaged: its part '{part.filename}' cannot be unpacked"
        raise UnreadableError(message, AGAIN) from error


def check_extent(sheet: str, rows: int, columns: int, held: int) -> None:
    """Refuse a sheet that reaches further than any program writes, or far beyond what it holds.

    Parameters
    ----------
    rows, columns : int
        Where its last cell stands.
    held : int
        Bytes of the sheet.
    """
    if rows > ROWS or columns > COLUMNS or rows * columns > max(_VOID, held):
        message = f"the sheet '{sheet}' reaches to row {rows:,} and column {columns:,} ({column_letters(columns)})"
        raise UnreadableError(
            f"{message} and is nearly empty", "Delete the rows and columns beyond the table, and save it."
        )


def column_letters(number: int) -> str:
    """Return the letters of a column, from 1.

    Examples
    --------
    >>> column_letters(1), column_letters(28), column_letters(16384)
    ('A', 'AB', 'XFD')
    """
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters

"""What a sheet shows and calamine does not say: errors such as #DIV/0!, formulas never calculated, numbers in per cent.

calamine delivers these cells as empty ones, or as bare numbers, and a value that a formula failed to give would be
missing without a word; so the parts of the file are read once more, for these cells alone, and how far its sheets reach
is checked before calamine is asked. One module a format.
"""

from __future__ import annotations

from reportgen.data.bounds import unpacked
from reportgen.data.raw import UnreadableError
from reportgen.data.shown import Book
from reportgen.data.unvalued_ods import OpenDocument
from reportgen.data.unvalued_xls import OldBook
from reportgen.data.unvalued_xlsb import BinaryBook
from reportgen.data.unvalued_xlsx import OfficeBook

_PROTECTED = "EncryptedPackage".encode("utf-16-le")


def opened_book(content: bytes, suffix: str) -> Book:
    """Return a workbook opened by the format that its ending says.

    Parameters
    ----------
    content : bytes
        The workbook.
    suffix : str
        The ending of its file.
    """
    if suffix == ".xls":
        return OldBook(content)
    if _PROTECTED in content and not content.startswith(b"PK"):
        raise UnreadableError("the workbook is protected by a password", "Save it without.")
    parts = unpacked(content)
    if suffix == ".ods":
        return OpenDocument(parts)
    return BinaryBook(parts) if suffix == ".xlsb" else OfficeBook(parts)

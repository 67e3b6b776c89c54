"""The text of a text table: by the encoding that is declared, by the mark at its start, or as UTF-8.

Nothing is guessed: bytes that are not UTF-8 are a problem, because a wrong guess would change names without a word. For
the same reason a file that is UTF-8 is not read in another encoding, even where the mapping names one.
"""

from __future__ import annotations

import codecs
import re

from reportgen.data.columns import listed
from reportgen.data.raw import UnreadableError

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNICODE = ("utf", "gb18030")
_END_OF_DOS = re.compile(r"\x1a[\x1a\s]*\Z")
_CONTROLS = re.compile("[\x80-\x84\x86-\x9f]")


def decoded(content: bytes, encoding: str | None) -> str:
    """Return the text of a file, without its mark and without the sign with which DOS ended files."""
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    if marked is None:
        encoding = _with_order(content, encoding)
        if not (encoding or "").lower().startswith(("utf-16", "utf_16", "utf16", "utf-32", "utf_32", "utf32")):
            _refuse_nul(content)
    text = _text(content, encoding, marked or "utf-8-sig")
    if encoding is not None:
        _refuse_other_encoding(content, encoding, text)
    return _END_OF_DOS.sub("", text.removeprefix("\ufeff"))


def _text(content: bytes, encoding: str | None, otherwise: str) -> str:
    try:
        return content.decode(encoding or otherwise)
    except LookupError as error:
        hint = "Examples: utf-8, windows-1252, iso-8859-1, iso-8859-15, utf-16, mac-roman."
        raise UnreadableError(f"there is no encoding '{encoding}'", hint, "encoding") from error
    except ValueError as error:  # UnicodeError, and a name that is none
        line = content[: getattr(error, "start", 0)].count(b"\n") + 1
        if encoding:
            raise UnreadableError(f"line {line} is not {encoding} text", "Check `encoding:`.", "encoding") from error
        hint = "Name its encoding, as in `encoding: windows-1252` (Excel in western Europe), or save it as UTF-8."
        raise UnreadableError(f"line {line} is not UTF-8 text: the file has another encoding", hint) from error


def _with_order(content: bytes, encoding: str | None) -> str | None:
    """The encoding, with the order of its bytes where `utf-16` leaves it open."""
    order = _order_of_utf16(content)
    if order is None:
        return encoding
    if encoding is None or not encoding.lower().replace("_", "-").startswith("utf-16"):
        hint = f"It seems to be UTF-16 without a byte-order mark: write `encoding: {order}`, or save it as UTF-8."
        raise UnreadableError(f"the file is not {encoding or 'UTF-8'} text", hint, "encoding" if encoding else "file")
    if encoding.lower().replace("_", "-") not in ("utf-16", order):
        raise UnreadableError(f"the file is not {encoding} text", f"Write `encoding: {order}`.", "encoding")
    return order


def _order_of_utf16(content: bytes) -> str | None:
    """The order of bytes of UTF-16 with western letters, in which every other byte is zero.

    Examples
    --------
    >>> _order_of_utf16("id,arm".encode("utf-16-be")), _order_of_utf16(b"id,arm")
    ('utf-16-be', None)
    """
    first, second = content[:400:2], content[1:400:2]
    for order, zeros, others in (("utf-16-be", first, second), ("utf-16-le", second, first)):
        if zeros and zeros.count(0) > 0.8 * len(zeros) and others.count(0) < 0.2 * len(others):
            return order
    return None


def _refuse_nul(content: bytes) -> None:
    if b"\0" not in content:
        return
    lines = [str(number) for number, line in enumerate(content.split(b"\n"), 1) if b"\0" in line]
    which = f"line{'s hold' if len(lines) > 1 else ' holds'}"
    message = f"{which} bytes of zero, which text never contains: {listed(lines)}"
    raise UnreadableError(message, "The file is damaged, or not a text table: export it again.")


def _refuse_other_encoding(content: bytes, encoding: str, text: str) -> None:
    """Refuse UTF-8 that is declared as something else, and control characters that another encoding has as letters."""
    if content.isascii() or codecs.lookup(encoding).name.startswith(_UNICODE):
        return
    line = next(number for number, item in enumerate(content.split(b"\n"), 1) if not item.isascii())
    try:
        content.decode("utf-8")
    except UnicodeError:
        pass
    else:
        hint = f"Take `encoding: {encoding}` out: read with it, names would be garbled."
        raise UnreadableError(f"the file is UTF-8, and not {encoding}: see line {line}", hint, "encoding")
    odd = _CONTROLS.search(text)
    if odd:
        line = text[: odd.start()].count("\n") + 1
        hint = "It seems to be `encoding: windows-1252`, in which these are letters and quotes."
        raise UnreadableError(f"line {line} holds control characters when read as {encoding}", hint, "encoding")

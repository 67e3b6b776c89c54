"""Names and words that were read in another encoding than they were written in, somewhere on their way to us.

'Malmö' written as UTF-8 and read as windows-1252 is 'MalmÃ¶': a new trial, level or site, and nobody asked. It is reported
where it stands in a column that is used; a mapping that writes the garbled text itself has seen it, and is obeyed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from reportgen.data.columns import Column, listed, rows_text
from reportgen.data.files import Table
from reportgen.data.notes import Notes, data_path
from reportgen.spec.mapping import Mapping

# Two or three characters that one encoding makes of the bytes of one letter in UTF-8. What follows the first is rarely
# seen behind a letter; quotes and dashes may be, and count only where a letter follows them.
_READ_AS = ("windows-1252", "mac-roman", "cp850")
_BYTES = {name: {bytes([i]).decode(name, "ignore"): i for i in range(0x80, 0x100)} for name in _READ_AS}
_OF_TWO = {
    "windows-1252": {0xC2, 0xC3, 0xC4, 0xC5, 0xCE, 0xCF, 0xD0, 0xD1, 0xD8, 0xD9},
    "mac-roman": {0xC3},
    "cp850": {0xC2, 0xC3},
}
_OF_THREE = {"windows-1252": range(0xE2, 0xEA), "mac-roman": {0xE2}, "cp850": {0xE2}}
_ORDINARY = frozenset("‘’‚“”„–—…«»‹› \u00a0·")
_ODD = re.compile("[\ufffd\x80-\x84\x86-\x9f]")


def note_garbled(tables: Iterable[Table | None], mapping: Mapping, notes: Notes) -> None:
    """Note garbled texts in the columns of these tables that were used, their names and their labels."""
    written = frozenset(_texts(mapping.model_dump()))
    for table in (table for table in tables if table is not None):
        for column in table.made.values():
            shown = [str(cell) if isinstance(cell, str) else column.labels.get(key, "") for cell, key in _cells(column)]
            texts = {i: text for i, text in enumerate(shown) if text not in written and not text.isascii()}
            if table.raw.encoding_guessed and texts:
                _note_guessed(texts, column, table, notes)
            elif odd := {i: text for i, text in texts.items() if is_garbled(text)}:
                _note(odd, column, table, notes)


def _note_guessed(texts: dict[int, str], column: Column, table: Table, notes: Notes) -> None:
    words = listed([f"'{text}'" for text in dict.fromkeys(texts.values())])
    message = f"this file of Stata 13 or older does not state the encoding of its text: {words}"
    hint = "Write it, as in `encoding: windows-1252` (Windows), `mac-roman` (Mac) or `utf-8`; or save it with Stata 14."
    notes.problem(message, data_path(table.number, "file"), hint, _where(texts, column, table))


def _note(odd: dict[int, str], column: Column, table: Table, notes: Notes) -> None:
    words = listed([f"'{text}'" for text in dict.fromkeys(odd.values())])
    meant = next((f", for '{fixed}' perhaps" for text in odd.values() if (fixed := repaired(text))), "")
    hint = "They were read in a different encoding from the one they were written in: export the file again as UTF-8, or name its"
    hint += " `encoding`. A code that is written in the mapping as the file has it is taken as it is."
    notes.problem(f"garbled letters: {words}{meant}", data_path(table.number, "file"), hint, _where(odd, column, table))


def _where(texts: dict[int, str], column: Column, table: Table) -> str:
    rows = rows_text(table.rows[np.isin(column.index, list(texts))])
    return f"{column.place}, column '{column.name}', {rows}"


def _cells(column: Column) -> Iterator[tuple[Any, str]]:
    return zip(column.distinct, column.keys, strict=True)


def _texts(node: Any) -> Iterator[str]:
    """Every text of a mapping, keys included."""
    if isinstance(node, str):
        yield node.strip()
    elif isinstance(node, dict):
        yield from _texts(list(node.keys()))
        yield from _texts(list(node.values()))
    elif isinstance(node, list | tuple):
        for item in node:
            yield from _texts(item)


def is_garbled(text: str) -> bool:
    """Whether a text holds letters of another encoding.

    Examples
    --------
    >>> is_garbled("MalmÃ¶"), is_garbled("Malm\ufffd"), is_garbled("Malm√∂"), is_garbled("Ã˜rsta")
    (True, True, True, True)
    >>> is_garbled("Malmö"), is_garbled("SÃO PAULO"), is_garbled("«CAFÉ»"), is_garbled("Ångström")
    (False, False, False, False)
    """
    return not text.isascii() and (_ODD.search(text) is not None or any(_has_pair(text, name) for name in _READ_AS))


def repaired(text: str) -> str:
    """Return the text that a garbled one was made of; "" where it is not garbled, or where that is unknown.

    Examples
    --------
    >>> repaired("MalmÃ¶"), repaired("donâ€™t"), repaired("Malmö")
    ('Malmö', 'don’t', '')
    """
    for name in _READ_AS:
        if _has_pair(text, name):
            table = _BYTES[name]
            try:
                return bytes(ord(letter) if letter.isascii() else _byte(letter, table) for letter in text).decode(
                    "utf-8"
                )
            except UnicodeDecodeError:
                return ""
    return ""


def _has_pair(text: str, name: str) -> bool:
    table = _BYTES[name]
    held = [_byte(letter, table) for letter in text] + [0, 0]
    for i, letter in enumerate(text[:-1]):
        follows = [0x80 <= byte < 0xC0 for byte in held[i + 1 : i + 3]]
        of_two = held[i] in _OF_TWO[name] and follows[0]
        of_three = held[i] in _OF_THREE[name] and all(follows)
        ordinary = text[i + 1] in _ORDINARY and not text[i + 2 : i + 3].isalpha()
        if not letter.isascii() and (of_three or (of_two and not ordinary)):
            return True
    return False


def _byte(letter: str, table: dict[str, int]) -> int:
    """The byte of a letter in an encoding, which may leave some of them as control characters; 0 for none."""
    return table.get(letter, ord(letter) if 0x80 <= ord(letter) < 0xA0 else 0)

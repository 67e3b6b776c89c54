"""One form in which texts are compared, so that what looks the same is the same.

A name typed on a Mac, pasted from a web page or exported by a registry may hold an é of two characters, a zero-width space,
a soft hyphen or a no-break space. Nobody sees the difference: the normal form has none of them. Capitals count in it, and
so do accents and dashes. Where two texts differ in its normal form but would be the same to a hurried reader (P-1 and P1,
O'Neill and O’Neill), the loose form is the same: such twins are reported, never joined silently.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

# Characters without a width: soft hyphen, grapheme joiner, zero-width space, word joiner, byte order mark, invisible
# operators, and the marks that turn the direction of writing.
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
# Joiners shape the letters of Persian and of Indic scripts, and emoji; beside a Latin letter or at an end they do nothing.
_IDLE_JOINER = re.compile("(?<![^\x00-\u024f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\u024f])")

_ACCENT = re.compile("[\u0300-\u036f]")
_LEADING_ZEROS = re.compile(r"(?<![0-9.,])0+(?=[0-9])")
_BETWEEN_DIGITS = re.compile(r"(?<=\d) +(?=\d)")
_INNER_POINT = re.compile(r"(?<=\d)[. ]*\.[. ]*(?=\d)")
_OTHER_POINT = re.compile(r"(?<!\d)\.|\.(?!\d)")
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]{1,2})?")
# Letters of other alphabets that look like Latin ones, after case folding.
_LOOKALIKES = str.maketrans("авекмнорстухіјѕαβεζηικμνορτυχ−", "abekmhopctyxijsabezhikmnoptyx-")


def normal(text: str) -> str:
    """Return the form in which texts are compared.

    Composed characters (NFC), no invisible ones, and of any white space one space; none at the ends.

    Examples
    --------
    >>> normal("Zoe\u0308\u200b") == "Zoë", normal("Os\u00adlo"), normal(" p\u00a0 1 "), normal("A") == normal("a")
    (True, 'Oslo', 'p 1', False)
    """
    if not text.isascii():
        text = _IDLE_JOINER.sub("", _INVISIBLE.sub("", unicodedata.normalize("NFC", text)))
    return " ".join(text.split())


def composed(text: str) -> str:
    """Return a text of the study file as it is kept: a single word in its normal form, others with composed characters only.

    The soft hyphens and no-break spaces of a sentence are its author's, who sees them printed.

    Examples
    --------
    >>> composed("forest\u200b"), composed("p\u00a0=\u00a00.05") == "p\u00a0=\u00a00.05", composed(" ")
    ('forest', True, ' ')
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text) if re.search(r"\s", text) else normal(text)


Name = Annotated[str, AfterValidator(normal)]
"""A text that is compared with others: the name of a column or of a sheet."""


def loose(text: str) -> str:
    """Return what twins have in common.

    Without accents, capitals, the width of letters, leading zeros, and signs such as dashes, underscores, points and
    spaces; but between two digits a sign stays, whichever it is: 1-11 and 11-1 are two people.

    Examples
    --------
    >>> [loose(text) for text in ("P-007", "P_7", "p7", "Ｐ７", "St. Olav’s", "1-11", "11_1", "1.10", "A+")]
    ['p7', 'p7', 'p7', 'p7', 'stolavs', '1-11', '11-1', '1-10', 'a+']
    """
    return _LEADING_ZEROS.sub("", _bare(text)).replace(".", "-") or normal(text)


def compact(text: str) -> str:
    """Return the letters and digits alone, zeros as well.

    Examples
    --------
    >>> compact("12-001"), compact("Site A/7")
    ('12001', 'sitea7')
    """
    return re.sub(r"[-.]", "", _bare(text)) or normal(text)


def as_number(text: str) -> str:
    """Return the number that a spreadsheet makes of a text such as 2E3 or 1.10; the text itself where it is none.

    Examples
    --------
    >>> as_number("2E3"), as_number("1.2E+05"), as_number("1.10"), as_number("E5")
    ('2000', '120000', '1.1', 'E5')
    """
    if _NUMBER.fullmatch(text) is None:
        return text
    number = float(text.replace(",", "."))
    return str(int(number)) if number.is_integer() else repr(number)


def shape(text: str) -> str:
    """Return how a text is built: a zero for its digits, a letter for its letters, and its signs.

    Examples
    --------
    >>> shape("NOR-0012"), shape("7"), shape("3/Mar")
    ('a-0', '0', '0/a')
    """
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", text))


def _bare(text: str) -> str:
    """Small letters without accents; signs are gone, but one stands between two digits, a point as it was."""
    if text.isascii():
        signs = text.casefold().translate(_ASCII_SIGNS)
        if signs.isalnum():
            return signs
    else:
        plain = _ACCENT.sub("", unicodedata.normalize("NFKD", normal(text)))
        signs = "".join(map(_plain_sign, plain.casefold().translate(_LOOKALIKES)))
    if "." in signs:
        signs = _OTHER_POINT.sub(" ", _INNER_POINT.sub(".", signs))
    return _BETWEEN_DIGITS.sub("-", signs).replace(" ", "")


def _plain_sign(character: str) -> str:
    """A letter or digit as it is, digits of other scripts as ours; a sign as a space, except for a point."""
    if character.isascii() and (character.isalnum() or character == "."):
        return character
    kind = unicodedata.category(character)
    if kind == "Nd":
        return str(unicodedata.decimal(character))
    return " " if kind[0] in "PZC" or kind == "Sk" else character


_ASCII_SIGNS = {code: _plain_sign(chr(code)) for code in range(128)}


def in_ids(name: str) -> str:
    """Return a name as a part of the id of a result: small letters and digits, and a hyphen for all else.

    Examples
    --------
    >>> in_ids("Probing depth"), in_ids("O’Neill") == in_ids("o'neill"), in_ids("+")
    ('probing-depth', True, 'x')
    """
    return re.sub(r"[^\w]+", "-", name.strip().lower()).strip("-") or "x"


def on_disk(path: Path) -> list[Path]:
    """Return the files that are called so, whatever characters their names are written in: a Mac takes é apart.

    Examples
    --------
    >>> on_disk(Path("/no/such/folder/Zoë.csv"))
    []
    """
    try:
        if path.exists() and (path.name.isascii() or path.name == ".."):
            return [path]
        folders = [path.parent] if path.parent.is_dir() or path.parent == path else on_disk(path.parent)
        inside = [item for folder in folders if folder.is_dir() for item in sorted(folder.iterdir())]
        return [item for item in inside if normal(item.name) == normal(path.name)] or [path] * path.exists()
    except (
        OSError,
        ValueError,
    ):  # a name that is too long, a folder that may not be listed: reported when it is opened
        return []

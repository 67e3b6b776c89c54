"""Text that a spreadsheet shows and never runs.

A program that opens a CSV takes a cell that begins with `=`, `+`, `-` or `@` for a formula, wherever the cell came from:
the name of a trial could fetch an address. Such a cell gets an apostrophe in front, which is how a user of the program
would write it; a number such as -1.13 is no such cell. Source: the "CSV injection" page of OWASP, which also names tab,
line ends and the full-width signs of East Asian keyboards.
"""

from __future__ import annotations

import re

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?%?", re.IGNORECASE)


def inert(text: str) -> str:
    """Return the text of a cell so that no program takes it for a formula.

    Examples
    --------
    >>> inert("=1+1"), inert("-1.13"), inert("-1.13 (-2.00 to -0.26)"), inert("usual care")
    ("'=1+1", '-1.13', "'-1.13 (-2.00 to -0.26)", 'usual care')
    """
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) and not _NUMBER.fullmatch(text) else text

"""Running text for the Quarto project: Pandoc's Markdown in which nothing of a study can become a command.

Titles, names and labels come from study files and data. In Markdown they could open a heading, a list or a fence, close
the one they stand in, hold HTML, a link or one of Quarto's shortcodes; a title in the front matter is read as Markdown
too. So each text is one line, its signs are escaped, and so is what would begin a block at the start of the line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from reportgen.records.marks import is_mark
from reportgen.records.numbers import Number
from reportgen.render.inline import letters_of

if TYPE_CHECKING:
    from markupsafe import Markup

# the last three: an address that would become a link, a dash and an ellipsis that Pandoc would make of what was written
_SIGN = re.compile(r"([\\`*_{}\[\]<>#$|~^@\"'&]|(?<=\w):(?=\S)|-(?=-)|\.(?=\.\.))")
# "1.", "(a)", "A)" and so on begin a list, the others a list, a definition, a division, a title block or a rule
_LIST = re.compile(r"^(\(?\w{1,9})([.)])(?=\s|$)")
_BLOCK = re.compile(r"^([-+:=%.])")


def markdown(inline: Iterable[str | Number]) -> Markup:
    """Return running text as one line of Pandoc's Markdown.

    Examples
    --------
    >>> str(markdown(("{{< include x >}} ", "<b>")))
    '\\\\{\\\\{\\\\< include x \\\\>\\\\}\\\\} \\\\<b\\\\>'
    >>> str(markdown(("1. of two",)))
    '1\\\\. of two'
    """
    from markupsafe import Markup

    parts = [f"^{letters_of(part)}^ " if isinstance(part, str) and is_mark(part) else _escaped(part) for part in inline]
    line = re.sub(r"\s*[\r\n\f\v\x85\u2028\u2029]\s*", " ", "".join(parts)).lstrip(" \t")
    return Markup(_BLOCK.sub(r"\\\1", _LIST.sub(r"\1\\\2", line)))


def _escaped(part: str | Number) -> str:
    text = part if isinstance(part, str) else " ".join(part.text.split())
    return _SIGN.sub(r"\\\1", text)


def quoted(text: str) -> Markup:
    """Return a text for the front matter: Markdown, quoted as YAML reads JSON."""
    from markupsafe import Markup

    return Markup(json.dumps(str(markdown((text,))), ensure_ascii=False))


def attribute(text: str) -> Markup:
    """Return text for the inside of a quoted attribute of Pandoc's Markdown."""
    from markupsafe import Markup

    return Markup(_SIGN.sub(r"\\\1", " ".join(text.split())))


def html_cell(inline: Iterable[str | Number], notes: str = "") -> Markup:
    """Return running text for a table, which is HTML inside a fence: marks raised, numbers as plain text, on one line."""
    from markupsafe import Markup, escape

    parts = [
        Markup("<sup>{}</sup>").format(letters_of(part))
        if isinstance(part, str) and is_mark(part)
        else escape(" ".join((part if isinstance(part, str) else part.text).splitlines()))
        for part in inline
    ]
    # a shortcode would be run inside the HTML as well
    return Markup(str(Markup("").join(parts)).replace("{{", "&#123;&#123;"))

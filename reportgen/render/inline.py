"""Running text as HTML: the one place where a number becomes an element with the id of its row.

Templates print numbers through these filters and through nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from reportgen.records.artefact import Drawing
from reportgen.records.numbers import Number, ids, plain
from reportgen.tables.phrases import LETTERS, is_mark

if TYPE_CHECKING:
    from markupsafe import Markup

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#$|~^@\"'])")


def number_html(number: Number) -> Markup:
    """Return a number as an element with its id.

    Examples
    --------
    >>> str(number_html(Number("a.n", 4, "4")))
    '<span class="n" data-id="a.n">4</span>'
    """
    from markupsafe import Markup, escape

    kind = "q" if number.kind == "quotation" else "n"
    return Markup(f'<span class="{kind}" data-id="{escape(number.id)}">{escape(number.text)}</span>')


def inline_html(inline: Iterable[str | Number], notes: str = "") -> Markup:
    """Return running text with its numbers as elements, and its footnote marks as links to `notes`."""
    from markupsafe import Markup

    return Markup("").join(_part(part, notes) for part in inline)


def paper_inline(inline: Iterable[str | Number], notes: str = "") -> Markup:
    """Return running text for paper, where nobody asks a number for its row: a number is its text.

    WeasyPrint lays out each element by itself: without those of numbers a page of tables takes half the time. Only a
    quotation in prose keeps one, since it is hyphenated and broken otherwise than the words around it.
    """
    from markupsafe import Markup, escape

    def part_html(part: str | Number) -> Markup:
        if isinstance(part, str):
            return _part(part, notes)
        if part.kind == "quotation" and not notes:
            return Markup('<span class="q">{}</span>').format(part.text)
        return escape(part.text)

    return Markup("").join(part_html(part) for part in inline)


def _part(part: str | Number, notes: str) -> Markup:
    from markupsafe import Markup, escape

    if isinstance(part, Number):
        return number_html(part) if part.text else Markup("")
    if is_mark(part):
        letters = letters_of(part)
        if not notes:
            return Markup('<sup class="mark">{}</sup>').format(letters)
        return Markup('<sup class="mark"><a href="#{}-{}">{}</a></sup>').format(notes, letters, letters)
    return escape(part)


def letters_of(mark: str) -> str:
    """Return the letters of a footnote mark.

    Examples
    --------
    >>> letters_of("ᵃᵃ")
    'aa'
    """
    return "".join(LETTERS[character] for character in mark)


def alt_of(drawing: Drawing) -> str:
    """Return the alternative text of a drawing."""
    return plain(drawing.alt)


def alt_ids(drawing: Drawing) -> str:
    """Return the ids of the numbers in the alternative text, in reading order."""
    return " ".join(ids(drawing.alt))


def svg_html(drawing: Drawing) -> Markup:
    """Return the drawing for the inside of a page: its SVG with the alternative text as its name."""
    from markupsafe import Markup, escape

    named = f'<svg aria-label="{escape(alt_of(drawing))}" data-id="{escape(alt_ids(drawing))}"'
    return Markup(drawing.svg.replace("<svg", named, 1))


def markdown(inline: Iterable[str | Number]) -> Markup:
    """Return running text as Pandoc's Markdown, with nothing in it taken for a command."""
    from markupsafe import Markup

    parts = []
    for part in inline:
        if isinstance(part, str) and is_mark(part):
            parts.append(f"^{letters_of(part)}^ ")
        else:
            text = part if isinstance(part, str) else part.text
            parts.append(_SPECIAL.sub(r"\\\1", " ".join(text.split()) if isinstance(part, Number) else text))
    return Markup("".join(parts))


def attribute(text: str) -> Markup:
    """Return text for the inside of a quoted attribute of Pandoc's Markdown."""
    from markupsafe import Markup

    return Markup(text.replace("\\", "\\\\").replace('"', '\\"'))


def plain_cell(inline: Iterable[str | Number], notes: str = "") -> Markup:
    """Return running text for a table of Quarto: marks raised, numbers as plain text."""
    from markupsafe import Markup, escape

    return Markup("").join(
        Markup("<sup>{}</sup>").format(letters_of(part))
        if isinstance(part, str) and is_mark(part)
        else escape(part if isinstance(part, str) else part.text)
        for part in inline
    )

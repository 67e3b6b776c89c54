"""Running text as HTML: the one place where a number becomes an element with the id of its row.

Templates print numbers through these filters and through nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from reportgen.figures.lettering import runs_right_to_left
from reportgen.records.artefact import Drawing
from reportgen.records.marks import LETTERS, is_mark
from reportgen.records.numbers import Number, ids, plain
from reportgen.render.addresses import with_addresses

if TYPE_CHECKING:
    from lxml import etree
    from markupsafe import Markup


LOOK = ["font-size", "fill"]  # attributes of a text
ENDLESS = 27  # letters; the longest words of the field have about twenty


def number_html(number: Number) -> Markup:
    """Return a number as an element with its id.

    Examples
    --------
    >>> str(number_html(Number("a.n", 4, "4")))
    '<span data-id="a.n">4</span>'
    """
    from markupsafe import Markup, escape

    kind = ' class="q"' if number.kind == "quotation" else ""
    # apart from the words around it, so that neither changes the order of the other
    order = ' dir="rtl"' if runs_right_to_left(number.text) else ""
    return Markup(f'<span{kind}{order} data-id="{escape(number.id)}">{words_html(number.text)}</span>')


def inline_html(inline: Iterable[str | Number], notes: str = "") -> Markup:
    """Return running text with its numbers as elements, and its footnote marks as links to `notes`."""
    from markupsafe import Markup

    return Markup("").join(_part(part, notes) for part in inline)


def paper_inline(inline: Iterable[str | Number], notes: str = "", *, linked: bool = True) -> Markup:
    """Return running text for paper, where nobody asks a number for its row: a number is its text, an address a link.

    WeasyPrint lays out each element by itself: without those of numbers a page of tables takes half the time. Only a
    quotation in prose keeps one, since it is hyphenated and broken otherwise than the words around it.
    """
    from markupsafe import Markup

    def part_html(part: str | Number) -> Markup:
        if isinstance(part, str) and is_mark(part):
            return _part(part, notes)
        text = part if isinstance(part, str) else part.text
        words = linked_html(text) if linked else words_html(text)
        quoted = isinstance(part, Number) and part.kind == "quotation" and not notes
        return Markup('<span class="q">{}</span>').format(words) if quoted else words

    return Markup("").join(part_html(part) for part in inline)


def cell_html(inline: Sequence[str | Number], classes: str, notes: str = "") -> Markup:
    """Return a cell of a table; one that holds a number and nothing else names it itself.

    Examples
    --------
    >>> print(cell_html((Number("a.n", 4, "4"),), "right"))
    <td class="right" data-id="a.n">4</td>
    """
    from markupsafe import Markup

    if not inline:
        return Markup("<td></td>")
    alone = inline[0] if len(inline) == 1 else ""
    if isinstance(alone, Number) and alone.text and not runs_right_to_left(alone.text):
        return Markup('<td class="{}" data-id="{}">{}</td>').format(classes, alone.id, words_html(alone.text))
    return Markup('<td class="{}">{}</td>').format(classes, inline_html(inline, notes))


def _part(part: str | Number, notes: str) -> Markup:
    from markupsafe import Markup

    if isinstance(part, Number):
        return number_html(part) if part.text else Markup("")
    if is_mark(part):
        letters = letters_of(part)
        if not notes:
            return Markup('<sup class="mark">{}</sup>').format(letters)
        return Markup('<sup class="mark"><a href="#{}-{}">{}</a></sup>').format(notes, letters, letters)
    return words_html(part)


def linked_html(text: str) -> Markup:
    """Return text with its addresses as links.

    Examples
    --------
    >>> str(linked_html("NCT00066131"))
    '<a href="https://clinicaltrials.gov/study/NCT00066131">NCT00066131</a>'
    """
    from markupsafe import Markup

    return Markup("").join(
        Markup('<a href="{}">{}</a>').format(address, words_html(piece)) if address else words_html(piece)
        for piece, address in with_addresses(text)
    )


def words_html(text: str) -> Markup:
    """Return text with words that are wider than a column free to break anywhere.

    Examples
    --------
    >>> str(words_html("a < b")), len(words_html("x" * 30)) > 30
    ('a &lt; b', True)
    """
    from markupsafe import Markup, escape

    if len(text) < ENDLESS or text.isspace():
        return escape(text)
    return Markup("").join(
        Markup('<span class="endless">{}</span>').format(word) if len(word) >= ENDLESS else escape(word)
        for word in re.split(r"(\s+)", text)
    )


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
    """Return the drawing for the inside of a page: its SVG, lean, with the alternative text as its name."""
    from lxml import etree
    from markupsafe import Markup

    root = etree.fromstring(drawing.svg)
    make_lean(root)
    root.set("aria-label", alt_of(drawing))
    root.set("data-id", alt_ids(drawing))
    return Markup(etree.tostring(root, encoding="unicode"))


def make_lean(root: etree._Element) -> None:
    """Let an SVG draw the same in fewer letters, for a page that holds dozens of them.

    What most texts look like is said once; a straight line along an axis says one coordinate of its end.

    Examples
    --------
    >>> from lxml import etree
    >>> svg = '<svg><path d="M 1 2 L 9 2 M 1 2 L 1 5 L 3 5 z"/><text font-size="8" fill="#000">a</text></svg>'
    >>> root = etree.fromstring(svg)
    >>> make_lean(root)
    >>> etree.tostring(root, encoding="unicode")
    '<svg font-size="8" fill="#000"><path d="M1 2H9M1 2L1 5L3 5z"/><text>a</text></svg>'
    """
    for path in root.iter("{*}path"):
        path.set("d", "".join(_shorter(line) for line in path.get("d").split("M")))
    texts = [text for text in root.iter("{*}text") if text.keys()[: len(LOOK)] == LOOK]
    for look, _ in Counter(tuple(text.get(name) for name in LOOK) for text in texts).most_common(1):
        for name, value in zip(LOOK, look, strict=True):
            root.set(name, value)
        for text in texts:
            if tuple(text.get(name) for name in LOOK) == look:
                for name in LOOK:
                    del text.attrib[name]


def _shorter(line: str) -> str:
    """Return what follows the letter M of a path, with that letter; nothing for nothing."""
    match line.split():
        case []:
            return ""
        case [x, y, "L", x_end, y_end] if y == y_end:
            return f"M{x} {y}H{x_end}"
        case [x, y, "L", x_end, y_end] if x == x_end:
            return f"M{x} {y}V{y_end}"
        case words:
            return "M" + " ".join(words).replace(" L ", "L").replace(" z", "z")

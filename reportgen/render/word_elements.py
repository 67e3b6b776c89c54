"""Paragraphs, runs and fields of a Word document, as elements of its XML (ECMA-376, part 1, chapter 17).

Titles, names and labels come from study files and data. Each is set as the text of a run, so that none can become an
element, a field or a formula; a character that XML cannot hold is the replacement character. What a document keeps
elsewhere, addresses and pictures, is named in the private attributes `ADDRESS` and `PICTURE`: `word_package` binds them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from itertools import groupby
from typing import Any

from reportgen.figures.lettering import runs_right_to_left
from reportgen.records.marks import is_mark
from reportgen.records.numbers import Inline, Number, plain
from reportgen.render.addresses import with_addresses
from reportgen.render.inline import letters_of

# An element of XML; lxml carries no types.
Element = Any

ADDRESS, PICTURE = "address", "picture"

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_ENDS = re.compile("[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_LETTERS_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
_TO_LEFT = re.compile(f"([{_LETTERS_TO_LEFT}](?:[^A-Za-z]*[{_LETTERS_TO_LEFT}])?)")


def w(tag: str, /, *children: Element, **attributes: object) -> Element:
    """Return an element of the vocabulary of Word, with its attributes there.

    Examples
    --------
    >>> w("jc", val="right").values()
    ['right']
    """
    make, names = _made()
    result = make(names(tag), {names(key): str(value) for key, value in attributes.items()})
    result.extend(children)
    return result


@cache
def _made() -> tuple[Callable[..., Element], Callable[[str], str]]:
    """Return what makes an element, and what gives a name its vocabulary: a hundred thousand of each in a document."""
    from docx.oxml.ns import nsmap, qn
    from docx.oxml.parser import oxml_parser

    known = {"w": nsmap["w"]}
    return partial(oxml_parser.makeelement, nsmap=known), cache(lambda name: qn(f"w:{name}"))


def legal(text: str) -> str:
    """Return a text on one line, without what XML cannot hold.

    Examples
    --------
    >>> legal("a\\x00b"), legal("two\\nlines")
    ('a\ufffdb', 'two lines')
    """
    return _ILLEGAL.sub("\ufffd", _LINE_ENDS.sub(" ", text))


def run(text: str, style: str = "", *, bold: bool = False, colour: str = "") -> Element:
    """Return a run of letters that go one way."""
    letters = _spaced("t", legal(text))
    look = [
        *([w("rStyle", val=style)] if style else []),
        *([w("b"), w("bCs")] if bold else []),
        *([w("color", val=colour)] if colour else []),
        *([w("rtl")] if runs_right_to_left(text) else []),
    ]
    return w("r", *([w("rPr", *look)] if look else []), letters)


def _spaced(tag: str, text: str) -> Element:
    """Return an element with a text whose spaces count."""
    result = w(tag)
    result.text = text
    result.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return result


def tab() -> Element:
    """Return a run that moves to the next stop."""
    return w("r", w("tab"))


def words(text: str, style: str = "", *, bold: bool = False, colour: str = "") -> Iterator[Element]:
    """Yield the runs of a text: letters that are read from right to left apart, addresses as links."""
    for piece, address in with_addresses(text):
        if address:
            yield _link(piece, address, bold)
        else:
            yield from _one_way(piece, style, bold, colour)


def _one_way(text: str, style: str, bold: bool, colour: str) -> Iterator[Element]:
    for part in _TO_LEFT.split(text):
        if part:
            yield run(part, style, bold=bold, colour=colour)


def _link(text: str, address: str, bold: bool) -> Element:
    link = w("hyperlink", run(text, "Hyperlink", bold=bold), history=1)
    link.set(ADDRESS, address)
    return link


def runs(inline: Inline, *, bold: bool = False, colour: str = "") -> list[Element]:
    """Return the runs of running text, its footnote marks raised."""
    made: list[Element] = []
    for marks, parts in groupby(inline, _is_mark):
        if marks:
            made += [run(letters_of(str(part)), "NoteMark", bold=bold, colour=colour) for part in parts]
        else:
            made += words(plain(parts), bold=bold, colour=colour)
    return made


def _is_mark(part: str | Number) -> bool:
    return is_mark(part)


def paragraph(
    style: str,
    content: Iterable[Element],
    *,
    keep: bool = False,
    new_page: bool = False,
    indent: float = 0,
    align: str = "",
    to_left: bool = False,
) -> Element:
    """Return a paragraph.

    Parameters
    ----------
    style : str
        Id of its style.
    content : iterable of Element
        Runs, fields, links.
    keep : bool
        Whether the next paragraph stands on the same page.
    new_page : bool
        Whether it begins a page.
    indent : float
        In millimetres.
    align : str
        `right` or `center`; what the style says unless given.
    to_left : bool
        Whether it is read from right to left. It stays on the left of its column all the same.
    """
    if to_left:  # where lines begin on the right, that is the side where they end
        align = {"": "right", "right": "left"}.get(align, align)
    look = [
        w("pStyle", val=style),
        *([w("keepNext")] if keep else []),
        *([w("pageBreakBefore")] if new_page else []),
        *([w("bidi")] if to_left else []),
        *([w("ind", **{"right" if to_left else "left": twips(indent)})] if indent else []),
        *([w("jc", val=align)] if align else []),
    ]
    return w("p", w("pPr", *look), *content)


def text_paragraph(style: str, inline: Inline, *, keep: bool = False) -> Element:
    """Return a paragraph of running text."""
    return paragraph(style, runs(inline), keep=keep, to_left=runs_right_to_left(plain(inline)))


def field(code: str, result: Iterable[Element], style: str = "") -> list[Element]:
    """Return a field with its result, so that it waits for nothing: Word asks before it updates what waits."""
    instruction = _spaced("instrText", f" {code} ")

    def piece(content: Element) -> Element:
        look = [w("rPr", w("rStyle", val=style))] if style else []  # an update takes the look of what it replaces
        return w("r", *look, content)

    return [
        piece(w("fldChar", fldCharType="begin")),
        piece(instruction),
        piece(w("fldChar", fldCharType="separate")),
        *result,
        piece(w("fldChar", fldCharType="end")),
    ]


def link_to(name: str, content: Iterable[Element]) -> Element:
    """Return a link to a bookmark."""
    return w("hyperlink", *content, anchor=name, history=1)


def bookmark(name: str, content: Iterable[Element]) -> list[Element]:
    """Return content under the name by which fields and links find it; `word_package` numbers it."""
    return [w("bookmarkStart", name=name), *content, w("bookmarkEnd")]


def anchor(name: str) -> str:
    """Return a name as Word takes one for a bookmark: letters, digits and 40 of them at most.

    Examples
    --------
    >>> anchor("table1"), anchor("a-b") == anchor("a_b")
    ('_table1_63019d40', False)
    """
    digest = hashlib.blake2s(name.encode(), digest_size=4).hexdigest()
    return f"_{re.sub('[^A-Za-z0-9]', '_', name)[:30]}_{digest}"


def picture(name: str, title: str, alt: str, width_mm: float, height_mm: float) -> Element:
    """Return a run with a picture, which `word_package` finds by its name; its alternative text is read aloud."""
    from docx.oxml.shape import CT_Inline
    from docx.shared import Mm

    made: Element = CT_Inline.new_pic_inline(1, "", f"{name}.png", Mm(width_mm), Mm(height_mm))
    for side in ("distT", "distB", "distL", "distR"):
        made.set(side, "0")  # LibreOffice keeps 3 mm where nothing is said
    made.docPr.set("name", legal(name))
    made.docPr.set("title", legal(title))
    made.docPr.set("descr", legal(alt))
    blip = made.graphic.graphicData.pic.blipFill.blip
    blip.attrib.clear()
    blip.set(PICTURE, name)
    return w("r", w("drawing", made))


def twips(mm: float) -> int:
    """Return millimetres in the unit of Word's measures, a twentieth of a point.

    Examples
    --------
    >>> twips(25.4)
    1440
    """
    return round(mm * 1440 / 25.4)

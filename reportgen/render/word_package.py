"""A Word document as a file: sections upright and lying, running heads, properties, and the same bytes each time.

In: stretches of elements, each upright or wide, whose links and pictures are only named. Out: the bytes of a .docx that
opens in Word without a question. The styles are those of templates/word/styles.xml.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, groupby
from typing import TYPE_CHECKING, Any

from reportgen.render.properties import Properties
from reportgen.render.word_elements import (
    ADDRESS,
    PICTURE,
    Element,
    field,
    paragraph,
    run,
    tab,
    twips,
    w,
    words,
)
from reportgen.render.word_widths import UPRIGHT_MM, WIDE_MM, width_mm

if TYPE_CHECKING:
    from docx.document import Document

FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # of a zip file
SHORT_MM, LONG_MM = 210.0, 297.0
MARGINS = {False: (24.0, 18.0, 22.0), True: (18.5, 20.0, 14.5)}
"""Above, beside and below the text in millimetres, of upright and of wide pages."""
HEAD_SHARE, HEAD_POINTS = 0.7, 7.5
LANGUAGE = "en-GB"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Paragraphs and tables on pages that stand upright or lie on their long side."""

    wide: bool
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Front:
    """What a document says of itself.

    Attributes
    ----------
    about : Properties
        Its state stands above every page.
    running : str
        Stands above each page but the first.
    title_page : bool
        Whether the first page is one.
    """

    about: Properties
    running: str
    title_page: bool = True


def package(stretches: Iterable[Stretch], front: Front, pictures: Mapping[str, bytes], styles: Sequence[str]) -> bytes:
    """Return a document.

    Parameters
    ----------
    stretches : iterable of Stretch
        In order; neighbours of one kind share a section.
    front : Front
    pictures : mapping
        PNG by name.
    styles : sequence of str
        The styles of the document, as Word reads them.
    """
    document = _blank(styles)
    body = document.element.body
    sections = [
        (wide, [element for item in run_ for element in item.elements])
        for wide, run_ in groupby(stretches, lambda stretch: stretch.wide)
    ]
    heads = _RunningHeads(document.part, front)
    for place, (wide, elements) in enumerate(sections):
        body.extend(elements)
        section = _section(wide, heads, first=place == 0 and front.title_page)
        (body if place == len(sections) - 1 else _last_paragraph(body)).append(section)
    _bind(document, pictures)
    _describe(document, front.about)
    return _packed(document)


def _blank(styles: Sequence[str]) -> Document:
    """Return a document without content, with these styles and nothing that we do not need."""
    import docx
    from docx.opc.constants import RELATIONSHIP_TYPE as RT
    from docx.oxml import parse_xml
    from docx.oxml.ns import qn

    document = docx.Document()
    needed = {RT.STYLES, RT.NUMBERING, RT.SETTINGS, RT.THEME, RT.FONT_TABLE, RT.OFFICE_DOCUMENT, RT.CORE_PROPERTIES}
    for rels in (document.part.rels, document.part.package.rels):
        for key in [key for key, rel in rels.items() if rel.reltype not in needed]:
            del rels[key]
    known: Element = document.styles.element
    known[:] = [item for text in styles for item in parse_xml(text.encode())]
    for link in list(document.part.numbering_part.element.iter(qn("w:pStyle"))):
        if link.get(qn("w:val")) not in {style.style_id for style in document.styles}:
            link.getparent().remove(link)
    _set_up(document.settings.element)
    for child in list(document.element.body):
        document.element.body.remove(child)
    return document


def _set_up(settings: Element) -> None:
    """Say that the document is one of today's Word, in English, and that its pictures stay as they are."""
    from docx.oxml.ns import qn

    for name in ("w:savePreviewPicture", "w:rsids"):
        for found in settings.findall(qn(name)):
            settings.remove(found)
    for found in settings.iter(qn("w:useFELayout")):
        found.getparent().remove(found)
    settings.find(qn("w:zoom")).attrib.update({qn("w:val"): "none", qn("w:percent"): "100"})
    settings.find(qn("w:themeFontLang")).set(qn("w:val"), LANGUAGE)
    for found in settings.iter(qn("w:compatSetting")):
        if found.get(qn("w:name")) == "compatibilityMode":
            found.set(qn("w:val"), "15")


class _RunningHeads:
    """The heads and feet of pages, each a part of the file that sections refer to."""

    def __init__(self, part: Any, front: Front) -> None:
        self.upright = self._head(part, "Header", _running(front, UPRIGHT_MM))
        self.wide = self._head(part, "WideHeader", _running(front, WIDE_MM))
        self.first = self._head(part, "Header", _running(front, UPRIGHT_MM, titled=False))
        footer, self.foot = part.add_footer_part()
        _fill(footer.element, paragraph("Footer", _page_numbers()))

    @staticmethod
    def _head(part: Any, style: str, content: Iterable[Element]) -> str:
        header, key = part.add_header_part()
        _fill(header.element, paragraph(style, content))
        return str(key)


def _fill(part: Element, content: Element) -> None:
    part[:] = [content]


def _running(front: Front, room: float, *, titled: bool = True) -> Iterator[Element]:
    if titled:
        yield from words(_shortened(front.running, room * HEAD_SHARE))
    if front.about.state:
        yield tab()
        yield run(front.about.state, bold=True, colour="8A3B12")


def _shortened(text: str, room: float) -> str:
    """Return as much of a text as stands on one line."""
    if width_mm(text, HEAD_POINTS) <= room:
        return text
    fitting = next(n for n in range(len(text), -1, -1) if width_mm(f"{text[:n]}…", HEAD_POINTS) <= room)
    return f"{text[:fitting].rstrip()}…"


def _page_numbers() -> list[Element]:
    """Return "page 1 of 1" as fields that each page fills in by itself, without being asked."""
    return [run("page "), *field("PAGE", [run("1")]), run(" of "), *field("NUMPAGES", [run("1")])]


def _section(wide: bool, heads: _RunningHeads, *, first: bool) -> Element:
    above, beside, below = map(twips, MARGINS[wide])
    across, along = (LONG_MM, SHORT_MM) if wide else (SHORT_MM, LONG_MM)
    size = {"w": twips(across), "h": twips(along), **({"orient": "landscape"} if wide else {})}
    margins = {"top": above, "right": beside, "bottom": below, "left": beside}
    return w(
        "sectPr",
        _reference("header", heads.wide if wide else heads.upright),
        *([_reference("header", heads.first, "first")] if first else []),
        _reference("footer", heads.foot),
        *([_reference("footer", heads.foot, "first")] if first else []),
        w("type", val="nextPage"),
        w("pgSz", **size),
        w(
            "pgMar",
            **margins,
            header=twips(above * 0.5 * 25.4 / 1440),
            footer=twips(below * 0.5 * 25.4 / 1440),
            gutter=0,
        ),
        *([w("titlePg")] if first else []),
    )


def _reference(what: str, key: str, kind: str = "default") -> Element:
    from docx.oxml.ns import qn

    result = w(f"{what}Reference", type=kind)
    result.set(qn("r:id"), key)
    return result


def _last_paragraph(body: Element) -> Element:
    """Return the properties of the last paragraph, where a section that is not the last one ends."""
    return body[-1].get_or_add_pPr()


def _bind(document: Document, pictures: Mapping[str, bytes]) -> None:
    """Number bookmarks and pictures, and bind what is named to what the file keeps of it."""
    from docx.opc.constants import RELATIONSHIP_TYPE as RT
    from docx.oxml.ns import qn

    body: Element = document.element.body
    numbers, open_ = count(1), list[str]()
    for element in body.iter(qn("w:bookmarkStart"), qn("w:bookmarkEnd")):
        if element.tag == qn("w:bookmarkStart"):
            open_.append(str(next(numbers)))
            element.set(qn("w:id"), open_[-1])
        else:
            element.set(qn("w:id"), open_.pop())
    for link in body.iter(qn("w:hyperlink")):
        if address := link.attrib.pop(ADDRESS, ""):
            link.set(qn("r:id"), document.part.relate_to(address, RT.HYPERLINK, is_external=True))
    for number, properties in enumerate(body.iter(qn("wp:docPr")), 1):
        properties.set("id", str(number))
    for blip in body.iter(qn("a:blip")):
        key, _ = document.part.get_or_add_image(io.BytesIO(pictures[blip.attrib.pop(PICTURE)]))
        blip.set(qn("r:embed"), key)


def _describe(document: Document, about: Properties) -> None:
    core = document.core_properties
    for name, text in about.words().items():
        setattr(core, name, text)
    core.last_modified_by, core.language, core.revision = core.author, LANGUAGE, 1
    core.created = core.modified = about.day


def _packed(document: Document) -> bytes:
    """Return the file with one date for all that is in it."""
    written, out = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, FIRST_DATE)
            member.create_system = 3
            pixels = name.endswith(".png")
            member.compress_type = zipfile.ZIP_STORED if pixels else zipfile.ZIP_DEFLATED
            target.writestr(member, source.read(name))
    return out.getvalue()

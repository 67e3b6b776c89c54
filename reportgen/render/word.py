"""The appendix as a Word document, with what an editor needs: real tables, captions and cross-references that are fields.

In: the appendix and its figures as PNG. Out: the bytes of a .docx. Each field carries its result: captions (SEQ),
cross-references (REF), contents and the lists of tables and figures (TOC) read right where nobody updates them, and an
update adds the page numbers to the lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from reportgen.records.artefact import Drawing, NumberedArtefact, Part, Table
from reportgen.records.marks import is_mark
from reportgen.records.model import StudyRecord
from reportgen.records.numbers import Inline, Number, plain
from reportgen.render.appendix import Appendix, BackSection, Elsewhere, Reference
from reportgen.render.environment import continued, plural
from reportgen.render.inline import alt_of
from reportgen.render.key_findings import KeyFindings, Link
from reportgen.render.own_templates import text_of
from reportgen.render.participant_flow import Flow
from reportgen.render.properties import properties_of, state_of
from reportgen.render.volumes import CALLED
from reportgen.render.word_elements import (
    Element,
    anchor,
    bookmark,
    field,
    link_to,
    paragraph,
    picture,
    run,
    runs,
    tab,
    text_paragraph,
)
from reportgen.render.word_package import Front, Stretch, package
from reportgen.render.word_table import is_wide, word_table
from reportgen.render.word_widths import UPRIGHT_MM, width_mm

NOTED = ("Note", "Figure", "BelowTable")
"""Styles of paragraphs that are not parted from a note below them."""
TARGET = "docx"
TALLEST_MM = 250.0  # of a figure with its caption
CAPTION_POINTS, CAPTION_LINE_MM, CAPTION_SPACE_MM = 9.5, 4.6, 9.0


@dataclass(frozen=True, slots=True)
class Label:
    """How an artefact is counted: its series, as a field calls it, and its number, where the field may begin anew."""

    series: str
    sequence: str
    number: str
    anew: bool

    @property
    def code(self) -> str:
        """The field of the number."""
        return f"SEQ {self.sequence} \\* ARABIC" + (f" \\r {self.number}" if self.anew else "")


def word_document(appendix: Appendix, pictures: Mapping[str, bytes]) -> bytes:
    """Return the appendix as a Word document.

    Parameters
    ----------
    appendix : Appendix
    pictures : mapping
        Each drawing as PNG, by its name.
    """
    labels = _labels(appendix)
    stretches = [
        Stretch(
            False,
            (
                *_title_page(appendix),
                *_opening(appendix),
                *_contents(appendix, labels),
                *_methods(appendix),
            ),
        ),
        *_results(appendix, labels),
        *_abbreviations(appendix),
        *(_back(section) for section in appendix.back),
    ]
    return package(map(_with_notes, stretches), _front(appendix), pictures, _styles(appendix))


def table_document(appendix: Appendix, artefact: NumberedArtefact) -> bytes:
    """Return the tables of one artefact as a Word document of their own."""
    whole = _front(appendix)
    title = f"{artefact.label}. {plain(artefact.title)}"
    about = replace(whole.about, title=title, subject=whole.about.title)
    front = replace(whole, about=about, title_page=False)
    label = replace(_labels(appendix)[artefact.name], anew=True)
    tables = NumberedArtefact(
        artefact.name, artefact.series, artefact.label, artefact.title, _with_tables(artefact), artefact.notes
    )
    stretch = Stretch(_needs_width(tables), tuple(_artefact(tables, label, ())))
    return package([_with_notes(stretch)], front, {}, _styles(appendix))


def _styles(appendix: Appendix) -> tuple[str, ...]:
    return (text_of("word/styles.xml", appendix.templates),)


def _with_tables(artefact: NumberedArtefact) -> tuple[Part, ...]:
    return tuple(
        Part(part.letter, part.title, (), part.table, part.notes) for part in artefact.parts if part.table is not None
    )


def _front(appendix: Appendix) -> Front:
    return Front(properties_of(appendix), appendix.study.title.text)


def _labels(appendix: Appendix) -> dict[str, Label]:
    """Return the label of each artefact; where numbers are left out, its field begins to count anew."""
    sequences: dict[str, str] = {}
    counted: dict[str, int] = {}
    labels = {}
    for artefact in appendix.artefacts:
        series = artefact.series
        sequence = sequences.setdefault(series, _sequence(series, set(sequences.values())))
        number = artefact.label.removeprefix(series).strip()
        labels[artefact.name] = Label(series, sequence, number, number != str(counted.get(series, 0) + 1))
        counted[series] = int(number)
    return labels


def _sequence(series: str, taken: set[str]) -> str:
    """Return what a field calls a series: letters, digits and underscores, each once."""
    stem = "S" * (not series[:1].isascii() or not series[:1].isalpha()) + re.sub("[^A-Za-z0-9]+", "_", series).strip(
        "_"
    )
    found = stem[:36]
    while found in taken:
        found += "_"
    return found


def _title_page(appendix: Appendix) -> Iterator[Element]:
    study = appendix.study
    yield paragraph("Kind", [run(appendix.kind)])
    if state := state_of(study):
        yield paragraph("State", [run(f" {state} ", "StateWords")])
    yield text_paragraph("Title", (study.title,))
    if study.subtitle.text:
        yield text_paragraph("Subtitle", (study.subtitle,))
    if study.authors:
        yield text_paragraph("Authors", (", ".join(author.text for author in study.authors),))
    if study.summary.text:
        yield text_paragraph("Normal", (study.summary,))
    for name, words in _facts(study):
        yield paragraph("Facts", [run(name, colour="5C6166"), tab(), *runs((words,))])


def _facts(study: StudyRecord) -> Iterator[tuple[str, str | Number]]:
    if study.protocol.text:
        yield "Protocol", study.protocol
    yield "Trials", study.trials
    yield "Participants", study.participants
    yield "Version", study.version
    if study.date is not None:
        yield "Date", study.date
    yield "Data", "simulated" if study.simulated else "real"
    yield "Data fingerprint", study.fingerprint
    if study.profile == "draft":
        yield "Profile", "draft"


def _contents(appendix: Appendix, labels: Mapping[str, Label]) -> Iterator[Element]:
    yield paragraph("TOCHeading", [run("Contents")], new_page=True)
    chapters = [
        *([("key-findings", "Key findings")] if appendix.findings else []),
        *([(appendix.flow.name, appendix.flow.heading)] if appendix.flow else []),
        *([("methods", "Methods")] if appendix.methods else []),
        *([("results", "Results")] if _has_results(appendix) else []),
        *([("abbreviations", "Abbreviations")] if appendix.abbreviations else []),
        *((section.name, section.heading) for section in appendix.back),
    ]
    yield from _list('TOC \\o "1-1" \\h \\z', "TOC1", [(name, [run(heading)]) for name, heading in chapters])
    for series, artefacts in appendix.series():
        yield paragraph("ListHeading", [run(plural(series))])
        sequence = labels[artefacts[0].name].sequence
        entries = [(a.name, [run(f"{a.label}. "), *_without_links(a.title)]) for a in artefacts]
        yield from _list(f'TOC \\h \\z \\c "{sequence}"', "TableofFigures", entries)
    if appendix.elsewhere is not None:
        yield from _elsewhere(appendix.elsewhere)


def _elsewhere(other: Elsewhere) -> Iterator[Element]:
    """Yield what another file of the report holds: a line each, without a link."""
    yield paragraph("ListHeading", [run(f"In the {other.called}, {other.name}.docx")])
    for _, heading in other.sections:
        yield paragraph("TableofFigures", [run(heading)])
    for _, label, title in other.artefacts:
        yield paragraph("TableofFigures", [run(f"{label}. "), *_without_links(title)])


def _without_links(inline: Inline) -> list[Element]:
    """Return the runs of running text inside a link, which cannot hold another one."""
    return [run(plain(inline))] if inline else []


def _list(code: str, style: str, entries: list[tuple[str, list[Element]]]) -> Iterator[Element]:
    """Yield a list of what is in the document: a field over several paragraphs, a link each."""
    begin_end = field(code, ())
    for place, (name, content) in enumerate(entries):
        first, last = place == 0, place == len(entries) - 1
        link = link_to(anchor(name), content)
        yield paragraph(style, [*(begin_end[:3] if first else []), link, *(begin_end[3:] if last else [])])


def _opening(appendix: Appendix) -> Iterator[Element]:
    """Yield what a reader wants first."""
    if appendix.findings is not None:
        yield from _findings(appendix.findings)
    if appendix.flow is not None:
        yield from _flow(appendix.flow)


def _flow(flow: Flow) -> Iterator[Element]:
    yield _chapter(flow.name, flow.heading)
    yield text_paragraph("FigureTitle", (flow.caption,))
    yield from _drawings(flow.drawings, flow.caption)
    between = [[run("," if place else " Exclusions are given by reason in")] for place in range(len(flow.links))]
    links = [part for words, link in zip(between, flow.links, strict=True) for part in (*words, *_linked(link))]
    yield paragraph("Note", [*runs(flow.note), *links, run(".")])


def _findings(findings: KeyFindings) -> Iterator[Element]:
    """Yield the page of key findings, each with a reference to what shows it."""
    yield _chapter("key-findings", "Key findings")
    if findings.lead:
        yield paragraph("Normal", [run(findings.lead, bold=True)])
    for group in findings.groups:
        yield paragraph("Heading2", [run(group.heading)])
        for finding in group.findings:
            yield paragraph("ListBullet", [*runs(finding.words), *_linked(finding.link)])


def _linked(link: Link | None) -> list[Element]:
    """Return a reference to an artefact as a field with its label, to a section as a link."""
    if link is None:
        return []
    if link.file:
        return [run(f" {link.label} ({CALLED[link.file]})")]
    words = [run(link.label, "Hyperlink")]
    if not link.artefact:
        return [run(" "), link_to(anchor(link.name), words)]
    return [run(" "), *field(f"REF {_label_anchor(link.name)} \\h", words, "Hyperlink")]


def _methods(appendix: Appendix) -> Iterator[Element]:
    if not appendix.methods:
        return
    yield _chapter("methods", "Methods")
    for section in appendix.methods:
        yield text_paragraph("Heading2", section.heading)
        for words in section.paragraphs:
            yield text_paragraph("Normal", words)


def _chapter(name: str, heading: str, *, new_page: bool = True) -> Element:
    return paragraph("Heading1", bookmark(anchor(name), [run(heading)]), new_page=new_page)


def _has_results(appendix: Appendix) -> bool:
    return bool(appendix.artefacts or appendix.methods)


def _results(appendix: Appendix, labels: Mapping[str, Label]) -> Iterator[Stretch]:
    if not _has_results(appendix):
        return
    heading = [_chapter("results", "Results")]
    if not appendix.artefacts:
        yield Stretch(False, (*heading, paragraph("Normal", [run("No table or figure was asked for.")])))
    for artefact in appendix.artefacts:
        references = appendix.references.get(artefact.name, ())
        content = _artefact(artefact, labels[artefact.name], references)
        yield Stretch(_needs_width(artefact), (*heading, *content))
        heading = []


def _with_notes(stretch: Stretch) -> Stretch:
    """Return a stretch with notes on the page of what they explain, as far as that has room for them."""
    for element, following in pairwise(stretch.elements):
        if _styled(element, *NOTED) and _styled(following, "Note"):
            element.pPr.keepNext_val = True
    return stretch


def _styled(element: Element, *styles: str) -> bool:
    return element.tag.endswith("}p") and element.style in styles


def _needs_width(artefact: NumberedArtefact) -> bool:
    return any(part.table is not None and is_wide(part.table.on(TARGET)) for part in artefact.parts)


def _artefact(artefact: NumberedArtefact, label: Label, references: Iterable[Reference]) -> Iterator[Element]:
    single = len(artefact.parts) == 1
    wide = _needs_width(artefact)
    yield _caption(artefact, label)
    for part in artefact.parts:
        if not single:
            yield _part_caption(artefact, part)
        title = f"{artefact.label}{part.letter}. {plain(part.title or artefact.title)}"
        if part.table is not None:
            yield from _table(part.table.on(TARGET), title, wide=wide)
        yield from _drawings(part.drawings, title)
        yield from (_note(note) for note in part.notes)
    yield from _where_the_whole_stands(
        sum(part.table is not None and part.table.paper is not None for part in artefact.parts)
    )
    yield from (_note(note) for note in artefact.notes)
    yield from _references(references)


def _caption(artefact: NumberedArtefact, label: Label) -> Element:
    counted = [run(f"{label.series} ", "Label"), *field(label.code, [run(label.number, "Label")], "Label")]
    named = bookmark(_label_anchor(artefact.name), counted)
    return paragraph("Caption", bookmark(anchor(artefact.name), [*named, run(". ", "Label"), *runs(artefact.title)]))


def _label_anchor(name: str) -> str:
    return anchor(f"label {name}")


def _part_caption(artefact: NumberedArtefact, part: Part) -> Element:
    label = field(f"REF {_label_anchor(artefact.name)} \\h", [run(artefact.label, "Label")], "Label")
    return paragraph("CaptionofPart", [*label, run(f"{part.letter}. ", "Label"), *runs(part.title)])


def _table(table: Table, title: str, *, wide: bool) -> Iterator[Element]:
    yield word_table(table, title, wide=wide)
    yield from (_note(note) for note in table.footnotes)
    if not table.footnotes:
        yield paragraph("BelowTable", ())


def _note(note: Inline) -> Element:
    first = note[0] if note else ""
    if isinstance(first, str) and is_mark(first):
        return paragraph("Note", [*runs(note[:1]), run(" "), *runs(note[1:])])
    return text_paragraph("Note", note)


def _drawings(drawings: tuple[Drawing, ...], title: str) -> Iterator[Element]:
    for drawing in drawings:
        further = continued(drawing, drawings)
        words: Inline = (*drawing.title, *([", continued" if drawing.title else "continued"] if further else []))
        if words:
            yield text_paragraph("FigureTitle", words)
        yield paragraph("Figure", [_picture(drawing, title)])


def _picture(drawing: Drawing, title: str) -> Element:
    """Return a drawing as large as it is, or as the page is beside its caption."""
    lines = 1 + width_mm(title, CAPTION_POINTS) // UPRIGHT_MM
    room = TALLEST_MM - CAPTION_SPACE_MM - lines * CAPTION_LINE_MM
    share = min(1.0, room / drawing.height_mm, UPRIGHT_MM / drawing.width_mm)
    return picture(drawing.name, title, alt_of(drawing), drawing.width_mm * share, drawing.height_mm * share)


def _where_the_whole_stands(tables: int) -> Iterator[Element]:
    if tables == 1:
        yield _note(("The full table is given in the HTML version of this report, in the workbook and in a CSV file.",))
    elif tables:
        yield _note(
            ("The full tables are given in the HTML version of this report, in the workbook and in CSV files.",)
        )


def _references(references: Iterable[Reference]) -> Iterator[Element]:
    """Yield one paragraph that leads to the artefacts that belong beside this one."""
    content: list[Element] = []
    last = None
    for reference in references:
        between = ", " if reference.words == last else f"{'. ' if content else ''}{reference.words} "
        content += [run(between), *_reference(reference)]
        last = reference.words
    if content:
        yield paragraph("Note", [*content, run(".")])


def _reference(reference: Reference) -> list[Element]:
    """Return a field with the label of another artefact; words where it stands in another file."""
    if reference.file:
        return [run(f"{reference.label} ({CALLED[reference.file]})")]
    return field(f"REF {_label_anchor(reference.name)} \\h", [run(reference.label, "Hyperlink")], "Hyperlink")


def _abbreviations(appendix: Appendix) -> Iterator[Stretch]:
    if appendix.abbreviations:
        last = appendix.abbreviations[-1]
        pairs = (
            paragraph("Abbreviation", [run(plain(pair[0]), bold=True), tab(), *runs(pair[1])], keep=pair != last)
            for pair in appendix.abbreviations
        )
        yield Stretch(False, (_chapter("abbreviations", "Abbreviations", new_page=False), *pairs))


def _back(section: BackSection) -> Stretch:
    wide = any(is_wide(back.table.on(TARGET)) for back in section.tables)
    content = [_chapter(section.name, section.heading, new_page=False)]
    last = len(section.paragraphs) - 1
    content += [
        text_paragraph("Normal", words, keep=place == last and bool(section.tables))
        for place, words in enumerate(section.paragraphs)
    ]
    for back in section.tables:
        content.append(paragraph("CaptionofTable", [run(back.title)]))
        content += _table(back.table.on(TARGET), back.title, wide=wide)
        content += _where_the_whole_stands(int(back.table.paper is not None))
    if section.listed:
        content.append(paragraph("Heading3", [run(section.lead)]))
        content += [text_paragraph("ListBullet", item) for item in section.listed]
    return Stretch(wide, tuple(content))

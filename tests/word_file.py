"""A Word document read back: its tables, fields, bookmarks and pictures, by python-docx and by the XML itself."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import docx
from docx.oxml.ns import qn
from docx.table import Table as WordTable

from reportgen.records.artefact import Table
from reportgen.records.numbers import numbers_in
from reportgen.render.appendix import Appendix
from reportgen.render.layout import set_table
from reportgen.render.word import TARGET
from reportgen.render.word_table import FIGURE_SPACE


@dataclass(frozen=True)
class Field:
    """A field: what it does, and the result that it carries."""

    code: str
    result: str


def opened(content: bytes) -> Any:
    return docx.Document(io.BytesIO(content))


def body_of(document: Any) -> Any:
    return document.element.body


def fields_of(element: Any) -> list[Field]:
    """Return the fields in order; one that is not closed, or has no result, fails."""
    found: list[Field] = []
    stack: list[list[str]] = []
    for node in element.iter(qn("w:fldChar"), qn("w:instrText"), qn("w:t")):
        kind = node.get(qn("w:fldCharType"))
        if kind == "begin":
            assert not stack, "a field in a field"
            stack.append(["", "", ""])
        elif kind == "separate":
            stack[-1][2] = "seen"
        elif kind == "end":
            code, result, separated = stack.pop()
            assert separated and result, f"the field {code} waits for a result"
            found.append(Field(code.strip(), result))
        elif stack:
            stack[-1][1 if stack[-1][2] else 0] += node.text or ""
    assert not stack
    return found


def bookmarks_of(element: Any) -> list[str]:
    names = [node.get(qn("w:name")) for node in element.iter(qn("w:bookmarkStart"))]
    starts = [node.get(qn("w:id")) for node in element.iter(qn("w:bookmarkStart"))]
    ends = [node.get(qn("w:id")) for node in element.iter(qn("w:bookmarkEnd"))]
    assert sorted(starts) == sorted(ends) and len(set(starts)) == len(starts)
    return names


def alt_texts_of(element: Any) -> list[str]:
    return [node.get("descr") for node in element.iter(qn("wp:docPr"))]


def tables_of(appendix: Appendix) -> Iterator[Table]:
    """Yield the tables as Word prints them, in order."""
    for artefact in appendix.artefacts:
        for part in artefact.parts:
            if part.table is not None:
                yield part.table.on(TARGET)
    for section in appendix.back:
        for back in section.tables:
            yield back.table.on(TARGET)


def words_of(table: WordTable) -> str:
    return " ".join(text_of(cell) for cell in table._tbl.iter(qn("w:tc")))


def text_of(element: Any) -> str:
    """Return the text of an element with figure spaces, which only move it, left out."""
    return "".join(node.text or "" for node in element.iter(qn("w:t"))).replace(FIGURE_SPACE, "")


def lost_numbers(table: Table, printed: WordTable) -> Counter[str]:
    """Return the numbers of the cells of a table that its print lacks, as often as it lacks them."""
    spanners = tuple(spanner.inline for spanner in set_table(table).spanners)  # over several columns, and printed once
    cells = (tuple(column.head for column in table.columns), spanners, table.groups)
    wanted = Counter(token for number in numbers_in(cells) for token in tokens(number.text))
    return wanted - Counter(tokens(words_of(printed)))


def tokens(text: str) -> list[str]:
    return re.findall(r"[<>−]?\d+(?:[.,]\d+)*|∞", text)


def dates_of(content: bytes) -> set[tuple[int, ...]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {member.date_time for member in archive.infolist()}


def part_of(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode()

"""Every number on a page has a row: takes the numeric tokens out of an HTML file and looks each of them up.

A token must stand in an element whose `data-id` names rows of the results table (several ids in reading order); taking
the texts of these rows out of the element's text, in this order, must leave no digit. Exceptions are the short list
below; each is an attribute that a template has to write on purpose. A page names numbers by keys, which `with_ids` turns
into the ids that they stand for.
"""

from __future__ import annotations

import html as entities
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree, html

TEXT = re.compile(r'<div class="text"[^>]*>(.*)</div>\s*</main>', re.DOTALL)
EXCEPTIONS = {
    "data-ref": "numbers of artefacts, pages and sections",
    "data-cite": "citations",
    "data-axis": "axis ticks",
    "data-scale": "scale ranges",
}
SPOKEN = ("alt", "aria-label", "aria-description", "title", "placeholder", "aria-valuetext")
_SILENT = {"script", "style", "template", "defs"}
_DIGIT = re.compile(r"\d")
_ROWS = re.compile(r'<script type="application/json" id="rows">(.*?)</script>', re.DOTALL)
_KEYS = re.compile(r'data-id="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Untraced:
    """A text with a digit that no row of the results table explains."""

    text: str
    ids: str
    why: str


@dataclass(frozen=True, slots=True)
class Traced:
    """How many texts with digits were looked up, how many were exceptions, and which failed."""

    found: int
    exceptions: int
    untraced: tuple[Untraced, ...]


def rows_by_id(page: str) -> dict[str, list[Any]]:
    """Return what a page tells of each number by its id, in the order of keys: nothing of a quotation."""
    known: dict[str, list[Any]] = {}
    parts: list[str] = []
    found = _ROWS.search(page)
    for shared, rest, *told in json.loads(found[1])["rows"] if found else ():
        parts = [*parts[:shared], *rest.split(".")]
        known[".".join(parts)] = told
    return known


def with_ids(page: str) -> str:
    """Return a page whose elements carry the ids of their numbers in place of the keys."""
    ids = [entities.escape(id_) for id_ in rows_by_id(page)]
    return _KEYS.sub(lambda found: f'data-id="{" ".join(ids[int(key)] for key in found[1].split())}"', page)


def page_of(path: Path) -> str:
    """Return a page that was written, with ids."""
    return with_ids(path.read_text(encoding="utf-8"))


def pages_of(report: Path) -> str:
    """Return the appendix of a built report as HTML, with what its audit file holds at the end of its text."""
    appendix, audit = page_of(report / "appendix.html"), report / "audit.html"
    found = TEXT.search(page_of(audit)) if audit.exists() else None
    return appendix.replace("</main>", f"{found[1]}</main>", 1) if found else appendix


def trace_numbers(page: str, rows: Mapping[str, Any]) -> Traced:
    """Look up every numeric token of a page; `rows` maps an id to its printed text."""
    tree = html.document_fromstring(page.encode(), parser=html.HTMLParser(encoding="utf-8", huge_tree=True))
    found, exceptions, failures = 0, 0, []
    for holder, text in _texts_with_digits(tree):
        if any(attribute in holder.attrib for attribute in EXCEPTIONS):
            exceptions += 1
            continue
        found += 1
        reason = _why_untraced(holder, text, rows)
        if reason:
            failures.append(Untraced(" ".join(text.split())[:120], holder.get("data-id", ""), reason))
    return Traced(found, exceptions, tuple(failures))


def _why_untraced(holder: Any, text: str, rows: Mapping[str, Any]) -> str:
    ids = holder.get("data-id", "").split()
    if not ids:
        return "no data-id"
    rest = " ".join(text.split())
    start = 0
    for id_ in ids:
        if id_ not in rows:
            return f"no row '{id_}'"
        printed = " ".join(str(rows[id_]).split())
        place = rest.find(printed, start)
        if place < 0:
            return f"'{printed}' of {id_} is not printed here"
        rest = rest[:place] + rest[place + len(printed) :]
        start = place
    return f"digits left: '{rest[:80]}'" if _DIGIT.search(rest) else ""


def _texts_with_digits(tree: Any) -> Iterator[tuple[Any, str]]:
    """Yield each element that explains a text with digits (the nearest with an id or an exception), once, and the text."""
    seen = set()
    for element in tree.iter():
        if not isinstance(element.tag, str) or _is_silent(element):
            continue
        for attribute in SPOKEN:
            if _DIGIT.search(element.get(attribute, "")):
                yield element, element.get(attribute)
        for node, text in ((element, element.text), *((element, child.tail) for child in element)):
            if text and _DIGIT.search(text):
                holder = _holder(node)
                if holder not in seen:
                    seen.add(holder)
                    yield holder, text if holder.get("data-id") is None else "".join(holder.itertext())


def _is_silent(element: Any) -> bool:
    return any(etree.QName(e).localname in _SILENT for e in (element, *element.iterancestors()))


def _holder(element: Any) -> Any:
    for candidate in (element, *element.iterancestors()):
        if "data-id" in candidate.attrib or any(attribute in candidate.attrib for attribute in EXCEPTIONS):
            return candidate
    return element

"""The rendered sections of the worked studies as they were when they were last looked at, as lines of text.

A line for each paragraph, caption, note, row of a table and text of a figure, with the id of each number behind it in
brackets: what a reader sees and where it comes from, whatever the markup. Versions of libraries are masked.
`python -m tests.golden.pages FOLDER NAME` freezes the page of the report in FOLDER as study NAME.
"""

from __future__ import annotations

import difflib
import lzma
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import lxml.html

from tests.golden.results import GOLDEN, MASKED
from tests.page_numbers import page_of

LINES = ("p", "li", "tr", "caption", "figcaption", "h1", "h2", "h3", "h4", "dt", "dd", "text", "title", "desc")
SPACE = re.compile(r"\s+")

Sections = Mapping[str, tuple[str, ...]]


def sections_of(report: Path) -> dict[str, tuple[str, ...]]:
    """Return the lines of each section of a built report by its id, those of the audit file behind "audit "."""
    audit = {f"audit {name}": lines for name, lines in _sections(report / "audit.html").items()}
    return {**audit, **_sections(report / "appendix.html")}


def _sections(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the sections of a page, with what stands before the first one under "front"; of no page none."""
    if not path.exists():
        return {}
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    page = lxml.html.document_fromstring(page_of(path).encode(), parser=parser)
    (main,) = page.xpath("//main")
    front = tuple(line for head in page.xpath("//header | //nav") for line in _lines(head))
    found = {str(section.get("id")): tuple(_lines(section)) for section in main.xpath(".//section[@id]")}
    return {"front": front, **found}


def _lines(element: Any) -> Iterator[str]:
    for item in element.iter():
        if not isinstance(item.tag, str) or _inside_line(item, element):
            continue
        if item.tag == "svg":
            yield f"alt: {item.get('aria-label')}"
        elif item.tag in LINES:
            text = " | ".join(map(_words, item)) if item.tag == "tr" else _words(item)
            if text:
                yield f"{item.tag}: {text}"


def _inside_line(one: Any, section: Any) -> bool:
    """Whether an element lies in a line, whose text holds its own, or in another section."""
    for above in one.iterancestors():
        if above is section:
            return False
        if above.tag in LINES or (above.tag == "section" and above.get("id")):
            return True
    return True


def _words(element: Any) -> str:
    return SPACE.sub(" ", _joined(element)).strip()


def _joined(element: Any) -> str:
    key = element.get("data-id")
    inside = (element.text or "") + "".join(
        (_joined(child) if isinstance(child.tag, str) else "") + (child.tail or "") for child in element
    )
    if key is None:
        return inside
    return f"{'masked' if key.startswith(MASKED) else inside}[{key}]"


def differences(old: Sections, new: Sections) -> Iterator[str]:
    """Yield a line for each line that is gone, new or other than it was, with its section.

    Examples
    --------
    >>> list(differences({"a": ("p: one", "p: two")}, {"a": ("p: one", "p: 2"), "b": ("p: three",)}))
    ['a: - p: two', 'a: + p: 2', 'b: + p: three']
    """
    for key in dict.fromkeys((*old, *new)):
        for line in difflib.unified_diff(old.get(key, ()), new.get(key, ()), n=0, lineterm=""):
            if not line.startswith(("---", "+++", "@@")):
                yield f"{key}: {line[0]} {line[1:]}"


def frozen(name: str) -> dict[str, tuple[str, ...]]:
    """Return the golden sections of a study by their ids."""
    found: dict[str, list[str]] = {}
    for line in lzma.decompress(_file(name).read_bytes()).decode().splitlines():
        key, _, text = line.partition("\t")
        found.setdefault(key, []).append(text)
    return {key: tuple(lines) for key, lines in found.items()}


def freeze(report: Path, name: str) -> None:
    """Write the sections of a report as the golden ones of a study."""
    text = "".join(f"{key}\t{line}\n" for key, lines in sections_of(report).items() for line in lines)
    _file(name).write_bytes(lzma.compress(text.encode(), preset=9))


def _file(name: str) -> Path:
    return GOLDEN / f"{name}.pages.txt.xz"


if __name__ == "__main__":
    folder, study = sys.argv[1:]
    before = frozen(study) if _file(study).exists() else {}
    changes = list(differences(before, sections_of(Path(folder))))
    freeze(Path(folder), study)
    print(f"{len(changes)} lines differ", *changes, sep="\n")

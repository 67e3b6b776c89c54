"""The PDF of the worked studies: as many pages as a reader takes, and none of them half empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest

POINTS_PER_MM = 72 / 25.4
MARGINS_MM = {False: (24.0, 22.0), True: (18.5, 14.5)}  # above and below the text: upright, wide; as paper.css has them
MOST_PAGES = {"low-back-pain": 45, "pancreatitis": 18, "periodontal-therapy": 45}
HEAD_MM = 30.0  # from the edge of the paper, what stands higher is at the head of a page
FRONT = 2  # the title page and the contents


def baselines(page: pikepdf.Page) -> Iterator[float]:
    """Yield the height above the foot of the page of each text that is no running head."""
    here, kept, outside = pikepdf.Matrix(), [], 0
    for instruction in pikepdf.parse_content_stream(page):
        operands, name = instruction.operands, str(instruction.operator)
        if name in ("BMC", "BDC"):
            outside = outside + 1 if outside or str(operands[0]) == "/Artifact" else 0
        elif name == "EMC":
            outside = max(0, outside - 1)
        elif name == "q":
            kept.append(here)
        elif name == "Q":
            here = kept.pop()
        elif name == "cm":
            here = matrix(operands) @ here
        elif name == "Tm" and not outside:
            yield float((matrix(operands) @ here).f)


def matrix(operands: Any) -> pikepdf.Matrix:
    return pikepdf.Matrix(*map(float, operands))


def fills(path: Path) -> list[tuple[bool, float]]:
    """Return of each page whether it is wide, and which part of its text block is taken."""
    found = []
    with pikepdf.open(path) as pdf:
        for page in pdf.pages:
            *_, width, height = map(float, page.mediabox)
            wide = width > height
            above, below = (POINTS_PER_MM * margin for margin in MARGINS_MM[wide])
            lowest = min(baselines(page), default=height - above)
            found.append((wide, (height - above - lowest) / (height - above - below)))
    return found


def beginning(path: Path) -> set[int]:
    """Return the pages at whose head a chapter or an artefact begins, counted from 0; parts of an artefact do not count."""
    with pikepdf.open(path) as pdf, pdf.open_outline() as outline:
        sections = [item for chapter in outline.root for item in (chapter, *chapter.children)]
        found = set()
        for item in sections:
            target: Any = item.destination
            page, _, _, top, *_ = target
            number, (*_, height) = pdf.pages.index(pikepdf.Page(page)), map(float, page.MediaBox)
            if height - float(top) < HEAD_MM * POINTS_PER_MM:
                found.add(number)
    return found


def test_an_appendix_has_as_many_pages_as_a_reader_takes(report: Path) -> None:
    assert len(fills(report / "appendix.pdf")) <= MOST_PAGES[report.name]


@pytest.mark.parametrize("name", ["appendix", "audit"])
def test_no_page_is_half_empty_but_the_last_of_a_section_or_before_the_paper_is_turned(report: Path, name: str) -> None:
    pages, begins = fills(report / f"{name}.pdf"), beginning(report / f"{name}.pdf")
    empty = [
        (number + 1, round(fill, 2))
        for number, (wide, fill) in enumerate(pages[:-1])
        if number >= FRONT and fill < 0.5 and number + 1 not in begins and pages[number + 1][0] == wide
    ]
    assert empty == []

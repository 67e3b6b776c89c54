"""The SVG files of the figures as a browser without our fonts draws them: no text leaves the drawing or lies upon another."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from selenium import webdriver

from tests.browser.conftest import chromium
from tests.unit.figures.boxes import Box, overlaps

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SVG = "{http://www.w3.org/2000/svg}"
# CSS pixels: the boxes are those of the ink, so texts have none to share; the files round each place to 0.01 points and
# the browser each box to 1/64 of a pixel.
ROUNDING = 0.05
TEXTS = """
const box = (e) => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; };
const texts = [...document.querySelectorAll('g[id^="text_"]')];
return [box(document.documentElement), texts.map(text => [text.id, box(text)])];
"""


def inked(box: Box) -> bool:
    return box[0] < box[2] and box[1] < box[3]


def shrunk(box: Box) -> Box:
    return box[0] + ROUNDING, box[1] + ROUNDING, box[2] - ROUNDING, box[3] - ROUNDING


def within(box: Box, drawing: Box) -> bool:
    inner = shrunk(box)
    return inner[0] >= drawing[0] and inner[1] >= drawing[1] and inner[2] <= drawing[2] and inner[3] <= drawing[3]


def faults(browser: webdriver.Chrome, file: Path) -> list[str]:
    """Return which texts of a file a browser draws outside of the drawing, or upon each other."""
    browser.get(file.as_uri())
    drawing, texts = browser.execute_script(TEXTS)
    found = [(name, box) for name, box in texts if inked(box)]
    assert found, f"{file.name} is drawn without a word"
    outside = [f"{file.name}: {name} lies outside" for name, box in found if not within(box, drawing)]
    pairs = itertools.combinations(found, 2)
    return outside + [f"{file.name}: {a} lies upon {b}" for (a, p), (b, q) in pairs if overlaps(shrunk(p), shrunk(q))]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """A browser that has the fonts of the machine and no other."""
    page = chromium(tmp_path_factory.mktemp("profile"))
    yield page
    page.quit()


def test_no_file_asks_for_a_font(report: Path) -> None:
    files = sorted((report / "figures").glob("*.svg"))
    assert files
    asking = [file.name for file in files for node in ET.parse(file).iter() if node.tag == f"{SVG}text"]
    assert asking == []


def test_a_browser_draws_no_text_outside_or_upon_another(report: Path, plain: webdriver.Chrome) -> None:
    files = sorted((report / "figures").glob("*.svg"))
    assert files
    assert [fault for file in files for fault in faults(plain, file)] == []


@pytest.mark.parametrize(("x", "y", "fault"), [(40, 12, "upon"), (95, 50, "outside"), (40, 50, "")])
def test_a_text_that_is_moved_is_found(x: int, y: int, fault: str, plain: webdriver.Chrome, tmp_path: Path) -> None:
    glyph = '<defs><path id="a" d="M0 0h10v-8h-10z"/></defs><g id="text_1"><use href="#a" x="45" y="15"/></g>'
    moved = f'<g id="text_2"><g transform="translate({x} {y})"><use href="#a"/></g></g>'
    file = tmp_path / "a.svg"
    file.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100">{glyph}{moved}</svg>')
    said = faults(plain, file)
    assert len(said) == bool(fault) and all(fault in text for text in said)

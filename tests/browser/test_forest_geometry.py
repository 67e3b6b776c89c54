"""Forests as a browser draws them: with its own measures of the letters, no two texts overlap and none leaves the sheet."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from reportgen.figures.faces import FACES, FALLBACK, fallback
from reportgen.figures.forest import forest_sheets
from reportgen.figures.forest_by_trial import forest_by_trial_sheets
from reportgen.figures.sheet import Sheet
from reportgen.figures.svg import svg_of
from tests.unit.figures.boxes import Box, overlaps
from tests.unit.figures.build import settings
from tests.unit.figures.test_columns import with_means
from tests.unit.figures.test_geometry import BY_TRIAL, COLUMNS, FORESTS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HAIR = 0.3  # points: half of what two texts are at least apart
CHARACTERS = """
const boxes = [];
for (const [place, text] of document.querySelectorAll('svg text').entries()) {
  const size = parseFloat(getComputedStyle(text).fontSize);
  for (let i = 0; i < text.getNumberOfChars(); i++) {
    const extent = text.getExtentOfChar(i), base = text.getStartPositionOfChar(i).y;
    boxes.push([text.textContent, place, base, extent.x, base - 0.7 * size, extent.x + extent.width, base + 0.2 * size]);
  }
}
return boxes;
"""
SHEETS: dict[str, tuple[Sheet, ...]] = {
    "twenty rows": forest_sheets(FORESTS["20 rows"], settings(), name="a"),
    "300 letters": forest_sheets(FORESTS["300 letters"], settings(), name="b"),
    "a huge interval": forest_by_trial_sheets(BY_TRIAL["a huge interval"], settings(), name="c"),
    "right to left": forest_by_trial_sheets(BY_TRIAL["right to left"], settings(), name="d"),
    "means": forest_by_trial_sheets(with_means(BY_TRIAL["20 rows"]), settings(), name="e", columns=COLUMNS),
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
    if driver is None or chromium is None:
        pytest.skip("Chromium and its driver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    profile = f"user-data-dir={tmp_path_factory.mktemp('profile')}"
    for flag in ("headless", "no-sandbox", "disable-gpu", "disable-background-networking", profile):
        options.add_argument(f"--{flag}")
    page = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield page
    page.quit()


def page_of(sheet: Sheet) -> str:
    """Return a page with the figure and the fonts of the package."""
    files = [(face.family, face.path, face.weight, face.style) for face in FACES]
    rules = "".join(
        f"@font-face {{font-family: '{family}'; src: url('{path.as_uri()}'); font-weight: {weight}; font-style: {style}}}"
        for family, path, weight, style in (*files, (FALLBACK, fallback(), 400, "normal"))
    )
    return f"<!doctype html><meta charset='utf-8'><style>{rules} body {{margin: 0}}</style>{svg_of(sheet)}"


def lines(browser: webdriver.Chrome) -> list[tuple[str, Box]]:
    """Return the lines of all texts with their boxes, in points."""
    found: dict[tuple[str, int, float], list[list[float]]] = {}
    for text, place, base, *box in browser.execute_script(CHARACTERS):
        found.setdefault((text, place, base), []).append(box)
    return [
        (text, (min(b[0] for b in boxes), boxes[0][1], max(b[2] for b in boxes), boxes[0][3]))
        for (text, _, _), boxes in found.items()
    ]


@pytest.mark.parametrize("case", SHEETS)
def test_a_browser_sets_no_two_texts_of_a_forest_upon_each_other(
    case: str, browser: webdriver.Chrome, tmp_path: Path
) -> None:
    for sheet in SHEETS[case]:
        (tmp_path / "page.html").write_text(page_of(sheet), encoding="utf-8")
        browser.get((tmp_path / "page.html").as_uri())
        browser.execute_async_script("document.fonts.ready.then(arguments[0])")
        found = lines(browser)
        width, height = (side / 25.4 * 72 for side in (sheet.width, sheet.height))
        outside = [text for text, box in found if box[0] < -HAIR or box[2] > width + HAIR or box[3] > height + HAIR]
        assert outside == []
        assert [(a, b) for (a, p), (b, q) in itertools.combinations(found, 2) if overlaps(p, shrunk(q))] == []


def shrunk(box: Box) -> Box:
    return box[0] + HAIR, box[1] + HAIR, box[2] - HAIR, box[3] - HAIR

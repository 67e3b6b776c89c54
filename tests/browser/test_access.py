"""What axe-core, a phone and a reader who searches find on the pages, how much they weigh, and that they lead to each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import DESK, PHONE, SCHEMES, VOLUMES, in_scheme, laid_out, sized

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = files("axe_core_python") / "axe.min.js"
MOST = 3_000_000  # bytes of a page
# one element of each look, which is letters and the surface below them: contrast depends on nothing else, and all take minutes
LOOKS = """
const surface = (element) => {
  for (; element; element = element.parentElement) {
    const { backgroundColor, backgroundImage, opacity } = getComputedStyle(element);
    if (backgroundImage !== 'none' || opacity !== '1' || !/^transparent|, 0\\)$/.test(backgroundColor))
      return [backgroundColor, backgroundImage, opacity].join();
  }
  return '';
};
const looks = new Map();
for (const element of document.querySelectorAll('body :not(svg, svg *)')) {
  if (![...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())) continue;
  const { color, fontSize, fontWeight } = getComputedStyle(element);
  const look = [color, fontSize, fontWeight, element.tagName, surface(element)].join();
  if (!looks.has(look) && element.checkVisibility()) looks.set(look, element);
}
"""
SERIOUS = """
const done = arguments[arguments.length - 1];
const serious = ({ violations }) => done(violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
  .map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`));
"""
RULES = (
    SERIOUS + "axe.run({ resultTypes: ['violations'], rules: { 'color-contrast': { enabled: false } } }).then(serious);"
)
# axe-core takes what is folded for a cover of what lies below; what it cannot measure counts as found
CONTRAST = (
    SERIOUS
    + "for (const folded of document.querySelectorAll('details')) folded.open = true;"
    + LOOKS
    + """
axe.run({ include: [...looks.values()] }, { runOnly: ['color-contrast'] }).then(
  ({ violations, incomplete }) => serious({ violations: [...violations, ...incomplete] }));
"""
)
# what a reader brings about
BROUGHT_ABOUT = (
    SERIOUS + "axe.run('.met, .origin *, .text p [data-id]', { runOnly: ['color-contrast'] }).then(serious);"
)
# the shadow at the edge of a table that goes on would hide the surface of its cells from axe-core
NO_SHADOW = "const none = document.createElement('style'); none.textContent = '.scroll { background: none !important }'; document.head.append(none);"


@pytest.fixture
def measured(volume: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The page as a whole as it opens, whatever was read in it before, with axe-core in it."""
    volume.set_script_timeout(900)
    volume.refresh()
    with laid_out(volume):
        volume.execute_script(NO_SHADOW + AXE.read_text(encoding="utf-8"))
        yield volume


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_axe_finds_nothing_serious(measured: webdriver.Chrome, size: tuple[int, int], scheme: str) -> None:
    with sized(measured, size), in_scheme(measured, scheme):
        assert measured.execute_async_script(RULES) == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_all_letters_stand_out(measured: webdriver.Chrome, size: tuple[int, int], scheme: str) -> None:
    with sized(measured, size), in_scheme(measured, scheme):
        assert measured.execute_async_script(CONTRAST) == []


def channels(colour: str) -> tuple[int, ...]:
    """Return red, green and blue of a computed colour."""
    return tuple(int(part) for part in re.findall(r"\d+", colour)[:3])


def test_in_the_dark_figures_lie_on_white_sheets(browser: webdriver.Chrome) -> None:
    with in_scheme(browser, "dark"):
        page, ink, sheet, margin = browser.execute_script(
            """
            const [page, figure] = [document.documentElement, document.querySelector('.drawing svg')].map(
              (element) => getComputedStyle(element));
            return [page.backgroundColor, page.color, figure.backgroundColor, parseFloat(figure.paddingLeft)];
            """
        )
    assert sum(channels(page)) < 150 < 600 < sum(channels(ink))
    assert channels(sheet) == (255, 255, 255)
    assert margin >= 8


def test_in_the_dark_what_a_reader_brings_about_stands_out(measured: webdriver.Chrome) -> None:
    """What a search meets, the numbers that show where they come from, and what one of them says."""
    with in_scheme(measured, "dark"):
        measured.find_element(By.ID, "wanted").send_keys("effect", Keys.ENTER)
        measured.execute_script("document.getElementById('origins').click()")
        measured.execute_script("document.querySelector('.text td[data-id]').click()")
        found = measured.execute_async_script(BROUGHT_ABOUT)
        measured.execute_script("document.body.click()")
        measured.execute_script("document.getElementById('origins').click()")
        measured.find_element(By.ID, "wanted").clear()
        measured.find_element(By.ID, "wanted").send_keys(Keys.ENTER)
    assert found == []


def test_paper_stays_light(browser: webdriver.Chrome) -> None:
    feature = {"name": "prefers-color-scheme", "value": "dark"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": [feature]})
    page = browser.execute_script("return getComputedStyle(document.documentElement).backgroundColor")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    assert channels(page) == (255, 255, 255)


def test_the_contrast_of_a_single_cell_is_measured(measured: webdriver.Chrome) -> None:
    paint = (
        "const plain = (cell) => !cell.closest('[class*=muted]') && [...cell.querySelectorAll('*')].every("
        "(item) => getComputedStyle(item).color === getComputedStyle(cell).color);"
        "const cells = [...document.querySelectorAll('tbody td[data-id]')].filter(plain);"
        "cells[Math.min(200, cells.length - 1)].style.color = arguments[0]"
    )
    measured.execute_script(paint, "#bbbbbb")
    found = measured.execute_async_script(CONTRAST)
    measured.execute_script(paint, "")
    assert len(found) == 1 and found[0].startswith("color-contrast: <td")


def test_a_page_is_light(report: Path) -> None:
    assert {name: (report / f"{name}.html").stat().st_size // MOST for name in VOLUMES} == dict.fromkeys(VOLUMES, 0)


def test_links_between_the_files_arrive(volume: webdriver.Chrome, report: Path) -> None:
    links = volume.execute_script(
        "return [...document.querySelectorAll('a[href*=\".html\"]')].map((a) => a.getAttribute('href'))"
    )
    assert links
    ids = {name: (report / f"{name}.html").read_text(encoding="utf-8") for name in VOLUMES}
    lost = [link for link in links for file, _, place in [link.partition(".html#")] if f'id="{place}"' not in ids[file]]
    assert lost == []


def test_on_a_phone_findings_come_first_and_contents_are_folded(browser: webdriver.Chrome) -> None:
    contents = browser.find_element(By.CSS_SELECTOR, ".contents details")
    assert contents.get_attribute("open")
    with sized(browser, PHONE):
        assert not contents.get_attribute("open")
        findings = browser.find_element(By.ID, "key-findings")
        assert findings.rect["y"] < contents.rect["y"]
    assert contents.get_attribute("open")


def test_on_a_phone_the_first_column_stays_and_figures_fit(volume: webdriver.Chrome) -> None:
    with sized(volume, PHONE), laid_out(volume):
        moved = volume.execute_script(
            """
            const bad = [];
            for (const scroll of document.querySelectorAll('.scroll')) {
              const before = scroll.getBoundingClientRect().left;
              scroll.scrollLeft = 200;
              for (const head of scroll.querySelectorAll('tbody th[scope]:not([colspan])'))
                if (Math.abs(head.getBoundingClientRect().left - before) > 1) { bad.push(`${scroll.firstElementChild.id}: ${head.textContent}`); break; }
              scroll.scrollLeft = 0;
            }
            return bad;
            """
        )
        beyond = volume.execute_script(
            "return [...document.querySelectorAll('figure svg')].filter("
            "(svg) => svg.getBoundingClientRect().right > innerWidth + 1).map((svg) => svg.closest('figure').id)"
        )
    assert (moved, beyond) == ([], [])


def test_a_search_finds_a_minus_however_it_is_typed(browser: webdriver.Chrome) -> None:
    minus = "\N{MINUS SIGN}"
    text = browser.execute_script("return document.querySelector('.text').textContent")
    found = re.search(rf"{minus}\d+\.\d+", text)
    assert found
    number = found[0]
    wanted = browser.find_element(By.ID, "wanted")
    counts = []
    for typed in (number, number.replace(minus, "-")):
        wanted.clear()
        wanted.send_keys(typed, Keys.ENTER)
        counts.append(browser.find_element(By.ID, "met").text.partition(" of ")[2])
        assert number in str(browser.find_element(By.CSS_SELECTOR, "main .met").get_attribute("textContent"))
    assert counts[0] == counts[1] != ""
    wanted.send_keys(" there is no such text", Keys.ENTER)
    assert browser.find_element(By.ID, "met").text == "Not found"
    assert browser.find_elements(By.CSS_SELECTOR, ".met") == []

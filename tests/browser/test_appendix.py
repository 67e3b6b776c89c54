"""The appendix in a real browser: nothing is fetched, tables sort and copy, figures enlarge, numbers say their source."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE = (390, 844)
DESK = (1280, 1000)


@pytest.fixture(scope="module")
def browser(report: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
    if driver is None or chromium is None:
        pytest.skip("Chromium and its driver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    quiet = (
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "disable-quic",
    )
    for flag in (
        "headless",
        "no-sandbox",
        "disable-gpu",
        *quiet,
        f"user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    page = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    page.set_window_size(*DESK)
    page.get((report / "appendix.html").as_uri())
    page.execute_script(
        "document.documentElement.style.scrollBehavior = 'auto'"
    )  # clicks do not wait for a slow scroll
    yield page
    page.quit()


def test_nothing_is_fetched_and_nothing_complains(browser: webdriver.Chrome) -> None:
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"}
    own = ("data:", "blob:", "chrome:")  # within the page, and the browser's own new tab before it
    assert {url for url in asked if not url.startswith(own)} == {browser.current_url}
    complaints = [entry for entry in browser.get_log("browser") if not entry["message"].startswith("chrome:")]
    assert complaints == []


def test_fonts_are_in_the_page(browser: webdriver.Chrome) -> None:
    loaded = browser.execute_script("return [...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)")
    assert any("Source Sans" in family for family in loaded)
    assert any("Source Serif" in family for family in loaded)


def soon(browser: webdriver.Chrome, condition: Callable[[], object]) -> None:
    """Wait for what the page does after a click or a key, which a busy machine may delay."""
    WebDriverWait(browser, 20).until(lambda _: condition())


def column(table: WebElement, index: int) -> list[str]:
    cells = table.find_elements(By.CSS_SELECTOR, f"tbody tr:not(.group):not(.total) > :nth-child({index})")
    return [cell.text for cell in cells if cell.text]


def test_a_table_sorts_by_value_and_back(browser: webdriver.Chrome) -> None:
    table = browser.find_element(By.ID, "table-table1")
    before = table.text
    head = next(h for h in table.find_elements(By.CSS_SELECTOR, "th button.sort") if h.text.startswith("Trial"))
    head.click()
    names = [c.text for c in table.find_elements(By.CSS_SELECTOR, "tbody:not(.total) tr:first-child > th:first-child")]
    trials = [name for name in names if name and not name.startswith("All")]
    assert trials == sorted(trials)
    assert len(trials) > 1
    assert head.find_element(By.XPATH, "./..").get_attribute("aria-sort") == "ascending"
    head.click()
    head.click()
    assert table.text == before


def test_a_number_says_where_it_comes_from(browser: webdriver.Chrome, report: Path) -> None:
    rows = pd.read_parquet(report / "results.parquet").set_index("id")
    number = next(
        element
        for element in browser.find_elements(By.CSS_SELECTOR, "main table .n")
        if element.get_attribute("data-id").endswith(".effect")
    )
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", number)
    number.click()
    said = browser.find_element(By.ID, "origin")
    id_ = number.get_attribute("data-id")
    soon(browser, said.is_displayed)
    assert id_ in said.text
    assert str(rows.loc[id_, "value"])[:6] in said.text
    assert "study.yaml" in said.text
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.ESCAPE)
    soon(browser, lambda: not said.is_displayed())


def test_a_figure_enlarges_and_goes_back(browser: webdriver.Chrome) -> None:
    button = browser.find_element(By.CSS_SELECTOR, "figure button.enlarge")
    figure = button.find_element(By.XPATH, "./ancestor::figure")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    small = figure.find_element(By.TAG_NAME, "svg").size["width"]
    button.click()
    dialog = browser.find_element(By.ID, "larger")
    soon(browser, dialog.is_displayed)
    assert dialog.find_element(By.TAG_NAME, "svg").size["width"] > small
    dialog.find_element(By.TAG_NAME, "button").click()
    soon(browser, lambda: figure.find_elements(By.TAG_NAME, "svg") and not dialog.is_displayed())


def test_a_table_is_copied_as_columns(browser: webdriver.Chrome) -> None:
    button = browser.find_element(By.CSS_SELECTOR, "button.copy")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    browser.execute_script(
        "window.taken = ''; document.addEventListener('copy', () => { window.taken = document.activeElement.value; });"
        "navigator.clipboard.writeText = () => Promise.reject(new Error('no clipboard'));"
    )
    button.click()
    soon(browser, lambda: button.text == "Copied")
    taken = browser.execute_script("return window.taken")
    lines = [line.split("\t") for line in taken.split("\n")]
    assert len(lines) > 3
    assert max(len(line) for line in lines) >= 5


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_the_page_never_scrolls_sideways(browser: webdriver.Chrome, size: tuple[int, int]) -> None:
    # A window cannot be as narrow as a phone, so the size is given to the page itself.
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    wide = browser.execute_script(
        """
        const limit = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= limit) return [];
        const scrolled = (e) => e.closest('.scroll, .stage, dialog');
        return [`the page: ${document.documentElement.scrollWidth}`, ...[...document.querySelectorAll('body *')]
          .filter(e => e.getBoundingClientRect().right > limit + 1 && (!scrolled(e) || scrolled(e) === e))
          .map(e => `${e.localName}.${e.className} ${e.id}: ${Math.round(e.getBoundingClientRect().right)}`)];
        """
    )
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wide == []


def test_in_print_no_table_leaves_the_paper(browser: webdriver.Chrome) -> None:
    browser.set_window_size(760, 1000)  # A4 within a printer's margins
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    beyond = browser.execute_script(
        "return [...document.querySelectorAll('table, .drawing svg')].filter("
        "e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.id)"
    )
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    browser.set_window_size(*DESK)
    assert beyond == []


def test_every_link_of_the_contents_leads_somewhere(browser: webdriver.Chrome) -> None:
    targets = browser.execute_script(
        "return [...document.querySelectorAll('a[href^=\"#\"]')].map(a => [a.hash, !!document.getElementById(a.hash.slice(1))])"
    )
    assert len(targets) > 10
    assert [hash_ for hash_, there in targets if not there] == []


def test_no_id_stands_twice(browser: webdriver.Chrome) -> None:
    twice = browser.execute_script(
        "const ids = [...document.querySelectorAll('[id]')].map(e => e.id); return ids.filter((id, i) => ids.indexOf(id) !== i)"
    )
    assert twice == []


def test_what_a_screen_reader_hears(browser: webdriver.Chrome) -> None:
    """Every picture has a name and a description, every table a caption, every head a scope, the page its landmarks."""
    errors = browser.execute_script(
        """
        const bad = [];
        document.querySelectorAll('figure svg').forEach(s => {
          if (s.getAttribute('role') !== 'img' || s.firstElementChild.localName !== 'title') bad.push('svg ' + s.id);
        });
        document.querySelectorAll('table').forEach(t => { if (!t.caption) bad.push('no caption ' + t.id); });
        document.querySelectorAll('table th').forEach(h => { if (!h.scope) bad.push('no scope ' + h.textContent); });
        document.querySelectorAll('main p a').forEach(a => {
          if (!a.closest('.mark') && !getComputedStyle(a).textDecorationLine.includes('underline')) bad.push('link by colour only: ' + a.textContent);
        });
        if (!document.querySelector('main') || !document.documentElement.lang) bad.push('landmarks');
        const levels = [...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.localName[1]));
        levels.forEach((l, i) => { if (i && l > levels[i - 1] + 1) bad.push('heading jumps to ' + l); });
        if (levels.filter(l => l === 1).length !== 1) bad.push('h1');
        return bad;
        """
    )
    assert errors == []

"""The appendix in a real browser, and its audit file: nothing is fetched, tables sort, figures enlarge, numbers say their source."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.conftest import DESK, PHONE, laid_out, sized, soon
from tests.page_numbers import rows_by_id

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_nothing_is_fetched_and_nothing_complains(volume: webdriver.Chrome) -> None:
    messages = [json.loads(entry["message"])["message"] for entry in volume.get_log("performance")]
    asked = {m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"}
    own = ("data:", "blob:", "chrome:")  # within the page, and the browser's own new tab before it
    assert {url for url in asked if not url.startswith(own)} == {volume.current_url}
    complaints = [entry for entry in volume.get_log("browser") if not entry["message"].startswith("chrome:")]
    assert complaints == []


def test_fonts_are_in_the_page(browser: webdriver.Chrome) -> None:
    loaded = browser.execute_script("return [...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)")
    assert any("Source Sans" in family for family in loaded)
    assert any("Source Serif" in family for family in loaded)


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
    ids = list(rows_by_id((report / "appendix.html").read_text(encoding="utf-8")))
    cells = browser.find_elements(By.CSS_SELECTOR, "main td [data-id], main td[data-id]")
    number, id_ = next(
        (cell, ids[int(key)])
        for cell in cells
        for key in [str(cell.get_attribute("data-id"))]
        if ids[int(key)].endswith(".effect")
    )
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", number)
    number.click()
    said = browser.find_element(By.ID, "origin")
    soon(browser, said.is_displayed)
    assert id_ in said.text
    value = rows.loc[id_, "value"]
    assert str(np.exp(value) if rows.loc[id_, "kind"] == "log" else value)[:6] in said.text
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


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_the_page_never_scrolls_sideways(browser: webdriver.Chrome, size: tuple[int, int]) -> None:
    with sized(browser, size), laid_out(browser):
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

"""The pages without a mouse: a table or a figure is one stop of the Tab key, and arrow keys reach each of its numbers."""

from __future__ import annotations

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.conftest import soon

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STOPS = """
const stops = (part) => [...part.querySelectorAll('a[href], button, input, summary, [tabindex]')].filter((e) => e.tabIndex >= 0);
return [...document.querySelectorAll(arguments[0])].map((part) => stops(part).length);
"""
# how many numbers a figure has, and how many were met by going to the right
FIGURE = """
const svg = arguments[0], numbers = svg.querySelectorAll('text[data-id]'), met = new Set();
svg.focus();
for (const _ of numbers) {
  svg.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true, cancelable: true }));
  met.add(svg.querySelector('text.at'));
}
return [numbers.length, numbers.length && document.activeElement === svg ? met.size : 0];
"""
# how many cells a table has, and how many were met from the first head, to the right and down, on and on. The focus itself,
# which makes the browser lay out the page, is left out: there are thousands of cells
TABLE = """
const table = arguments[0], focus = HTMLElement.prototype.focus, met = new Set([table.rows[0].cells[0]]);
HTMLElement.prototype.focus = () => {};
const press = (cell, key) => {
  table.spot = cell.querySelector('button') || cell;
  table.place = null;
  table.spot.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  return table.spot.closest('th, td');
};
for (const cell of met) for (const key of ['ArrowRight', 'ArrowDown']) met.add(press(cell, key));
HTMLElement.prototype.focus = focus;
return [table.querySelectorAll('th, td').length, met.size];
"""


def press(browser: webdriver.Chrome, *keys: str) -> None:
    ActionChains(browser).send_keys(*keys).perform()


def focused(browser: webdriver.Chrome) -> WebElement:
    return browser.switch_to.active_element


def test_a_table_is_at_most_three_stops(volume: webdriver.Chrome) -> None:
    tables = volume.execute_script(STOPS, ".table")
    assert tables
    assert set(tables) == {2}  # the button that copies, and the table


def test_a_figure_is_at_most_two_stops(volume: webdriver.Chrome) -> None:
    assert set(volume.execute_script(STOPS, "figure")) <= {1, 2}


def not_reached(browser: webdriver.Chrome, selector: str, script: str) -> dict[int, list[int]]:
    """Return by the place of each table or figure how much it has and how much was met, where these differ."""
    browser.set_script_timeout(110)
    met = [browser.execute_script(script, element) for element in browser.find_elements(By.CSS_SELECTOR, selector)]
    return {place: counts for place, counts in enumerate(met) if counts[0] != counts[1]}


def test_every_number_of_a_figure_is_reached(volume: webdriver.Chrome) -> None:
    assert not_reached(volume, "figure svg", FIGURE) == {}


def test_every_cell_of_a_table_is_reached(volume: webdriver.Chrome) -> None:
    assert not_reached(volume, "main table", TABLE) == {}


def test_enter_on_a_cell_says_where_its_number_comes_from(browser: webdriver.Chrome) -> None:
    table = browser.find_element(By.CSS_SELECTOR, "main table:has(td[data-id])")
    browser.execute_script("arguments[0].spot.focus()", table)
    number = browser.execute_script("return arguments[0].querySelector('td[data-id]')", table)
    for _ in range(200):
        if focused(browser) == number:
            break
        press(browser, Keys.ARROW_RIGHT if len(table.find_elements(By.CSS_SELECTOR, "td:focus")) else Keys.ARROW_DOWN)
        if focused(browser).tag_name == "th":
            press(browser, Keys.ARROW_RIGHT)
    press(browser, Keys.ENTER)
    said = browser.find_element(By.ID, "origin")
    soon(browser, said.is_displayed)
    assert "Source" in said.text or "words of" in said.text
    press(browser, Keys.ESCAPE)
    soon(browser, lambda: not said.is_displayed())


def test_enter_on_a_head_sorts_and_tab_leaves_the_table(browser: webdriver.Chrome) -> None:
    table = browser.find_element(By.CSS_SELECTOR, "main table")
    browser.execute_script("arguments[0].spot.focus()", table)
    focused(browser).send_keys(Keys.CONTROL + Keys.HOME)
    press(browser, Keys.ENTER)
    head = focused(browser).find_element(By.XPATH, "./ancestor::th")
    assert head.get_attribute("aria-sort") == "ascending"
    press(browser, Keys.ENTER, Keys.ENTER, Keys.TAB)
    assert head.get_attribute("aria-sort") == "none"
    assert not table.find_elements(By.CSS_SELECTOR, ":focus")


def test_a_table_stays_a_table_for_who_listens(volume: webdriver.Chrome) -> None:
    assert volume.find_elements(By.CSS_SELECTOR, "main table[role], main td[role], main th[role]") == []


def test_numbers_of_a_paragraph_are_one_stop_on_request(browser: webdriver.Chrome) -> None:
    switch = browser.find_element(By.ID, "origins")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", switch)
    switch.click()
    findings = browser.find_elements(By.CSS_SELECTOR, ".findings li:has([data-id])")
    stops = browser.execute_script(
        STOPS.replace("a[href], button, input, summary, ", ""), ".findings li:has([data-id])"
    )
    assert set(stops) == {1}
    numbers = findings[0].find_elements(By.CSS_SELECTOR, "[data-id]")
    browser.execute_script("arguments[0].focus()", numbers[0])
    said = browser.find_element(By.ID, "origin")
    before = said.text
    press(browser, Keys.ARROW_RIGHT)
    assert focused(browser) == numbers[1]
    assert said.text not in ("", before)
    press(browser, Keys.ESCAPE)
    switch.click()
    assert browser.find_elements(By.CSS_SELECTOR, ".findings [tabindex]") == []

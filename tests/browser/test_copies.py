"""Copied tables: as text with tabs and as HTML, each parses back to the cells that a reader sees, without marks of footnotes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# what the page puts into the clipboard on a click
SPY = """
window.taken = null;
window.addEventListener('copy', (event) => { window.taken = ['text/plain', 'text/html'].map((kind) => event.clipboardData.getData(kind)); });
"""
Grid = list[list[str]]


def test_every_table_is_copied_as_its_cells(volume: webdriver.Chrome) -> None:
    page = lxml.html.document_fromstring(Path(volume.current_url.removeprefix("file://")).read_text(encoding="utf-8"))
    volume.execute_script(SPY)
    buttons = volume.find_elements(By.CSS_SELECTOR, "button.copy")
    assert buttons
    for button in buttons:
        volume.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        volume.execute_script("window.taken = null")
        button.click()
        text, markup = volume.execute_script("return window.taken")
        (table,) = page.xpath(f"//table[@id='{button.get_attribute('data-table')}']")
        seen = grid_of(table)
        assert [line.split("\t") for line in text.split("\n")] == seen
        assert grid_of(lxml.html.fragment_fromstring(markup)) == seen


def test_what_is_copied_by_hand_has_no_marks(browser: webdriver.Chrome) -> None:
    row = browser.find_element(By.CSS_SELECTOR, "tr:has(td .mark)")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", row)
    taken = browser.execute_script(
        "const chosen = getSelection(); chosen.selectAllChildren(arguments[0]);"
        "const text = chosen.toString(); chosen.removeAllRanges(); return text;",
        row,
    )
    cells = lxml.html.fragment_fromstring(f"<table>{row.get_attribute('outerHTML')}</table>").xpath(".//th | .//td")
    assert [" ".join(words.split()) for words in taken.split("\t")] == [words_of(cell) for cell in cells]


def grid_of(table: Any) -> Grid:
    """Return the words of a table in its columns: those of a cell over several rows or columns once."""
    rows = table.xpath(".//tr")
    taken: dict[tuple[int, int], str] = {}
    for y, row in enumerate(rows):
        x = 0
        for cell in row.xpath("./th | ./td"):
            while (y, x) in taken:
                x += 1
            tall, wide = int(cell.get("rowspan", 1)), int(cell.get("colspan", 1))
            taken |= {(y + i, x + j): "" for i in range(tall) for j in range(wide)}
            taken[y, x] = words_of(cell)
            x += wide
    columns = 1 + max(x for _, x in taken)
    return [[taken.get((y, x), "") for x in range(columns)] for y in range(len(rows))]


def words_of(cell: Any) -> str:
    """Return the words of a cell without the marks of footnotes."""
    texts = cell.xpath(".//text()[not(ancestor::*[@class='mark'])]")
    return re.sub(r"\s+", " ", "".join(texts)).strip()

"""What tests of the pages share: Chromium with a page of a worked study in it, at the size of a desk or of a phone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

PHONE = (390, 844)
DESK = (1280, 1000)
SCHEMES = ("light", "dark")
VOLUMES = ("appendix", "audit")
QUIET = (
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "disable-quic",
)


def chromium(profile: Path) -> webdriver.Chrome:
    """Return a browser that remembers what it asked for and what it complained of."""
    driver, program = shutil.which("chromedriver"), shutil.which("chromium")
    if driver is None or program is None:
        pytest.skip("Chromium and its driver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in ("headless", "no-sandbox", "disable-gpu", *QUIET, f"user-data-dir={profile}"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


def opened(browser: webdriver.Chrome, page: Path) -> webdriver.Chrome:
    """Open a page at the size of a desk; clicks do not wait for a slow scroll."""
    browser.set_window_size(*DESK)
    browser.get(page.as_uri())
    browser.execute_script("document.documentElement.style.scrollBehavior = 'auto'")
    return browser


@pytest.fixture(scope="module")
def browser(report: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """The appendix in a browser."""
    page = chromium(tmp_path_factory.mktemp("profile"))
    yield opened(page, report / "appendix.html")
    page.quit()


@pytest.fixture(scope="module", params=VOLUMES)
def volume(
    report: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[webdriver.Chrome]:
    """The appendix, and then the audit file, in a browser."""
    page = chromium(tmp_path_factory.mktemp("profile"))
    yield opened(page, report / f"{request.param}.html")
    page.quit()


@contextmanager
def sized(browser: webdriver.Chrome, size: tuple[int, int]) -> Iterator[None]:
    """Give the page a size: a window cannot be as narrow as a phone."""
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@contextmanager
def in_scheme(browser: webdriver.Chrome, scheme: str) -> Iterator[None]:
    """Ask for a light or a dark page."""
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@contextmanager
def laid_out(browser: webdriver.Chrome) -> Iterator[None]:
    """Lay out the whole page, also what is far from the window."""
    browser.execute_script(
        "const all = document.createElement('style'); all.id = 'all';"
        "all.textContent = '.table, .drawing { content-visibility: visible !important }'; document.head.append(all);"
    )
    try:
        yield
    finally:
        browser.execute_script("document.getElementById('all').remove()")


def soon(browser: webdriver.Chrome, condition: Callable[[], object]) -> None:
    """Wait for what the page does after a click or a key, which a busy machine may delay."""
    WebDriverWait(browser, 20).until(lambda _: condition())

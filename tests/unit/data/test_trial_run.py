"""A reader that ends, hangs or fills the process does so in a copy of it."""

from __future__ import annotations

import os
import time

import pytest

from reportgen.data import trial_run
from reportgen.data.raw import UnreadableError
from reportgen.data.trial_run import try_reading

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def looping() -> None:
    while True:
        pass


def filling() -> None:
    held = []
    while True:
        held.append(bytearray(1 << 30))


@pytest.mark.sampled(3)
@pytest.mark.parametrize("read", [os.abort, looping, filling])
def test_what_would_end_this_process_is_an_error(
    read: object, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(trial_run, "_SECONDS", 1)
    monkeypatch.setattr(trial_run, "_MEMORY", 4 << 30)
    with pytest.raises(UnreadableError, match="this workbook is damaged"):
        try_reading(read, 100, "workbook")  # type: ignore[arg-type]
    assert capfd.readouterr() == ("", "")


def test_an_error_that_can_be_caught_is_left_to_the_reader(capfd: pytest.CaptureFixture[str]) -> None:
    def wrong() -> None:
        os.write(2, b"panicked")
        raise ValueError("damaged")

    try_reading(wrong, 100, "workbook")
    try_reading(lambda: None, 100, "workbook")
    assert capfd.readouterr() == ("", "")


def test_a_copy_that_waits_for_nothing_says_nothing_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_run, "_PATIENCE", 0.2)
    try_reading(lambda: time.sleep(60), 100, "workbook")

"""No number and no sentence of a worked study changes unseen."""

from __future__ import annotations

from pathlib import Path

from tests.golden import pages
from tests.golden.results import differences, frozen, rows_of

SHOWN = 30


def test_every_row_is_as_it_was_frozen(report: Path) -> None:
    found = sorted(differences(frozen(report.name), rows_of(report)))
    shown = "\n".join(found[:SHOWN])
    assert not found, f"{len(found)} rows differ from tests/golden (see its results.py):\n{shown}"


def test_every_section_is_as_it_was_frozen(report: Path) -> None:
    found = list(pages.differences(pages.frozen(report.name), pages.sections_of(report)))
    shown = "\n".join(found[:SHOWN])
    assert not found, f"{len(found)} lines differ from tests/golden (see its pages.py):\n{shown}"

"""No failing input is forgotten, and each is what was found to fail."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyreadstat
import pytest
from python_calamine import CalamineWorkbook

from tests.conftest import SHARED
from tests.failing.inputs import written
from tests.failing.made import BUILDERS

FOUND = SHARED / "failing-inputs"


def test_all_are_taken() -> None:
    here = Path(__file__)
    tests = "".join(path.read_text(encoding="utf-8") for path in here.parent.glob("test_*.py") if path != here)
    assert len(BUILDERS) == 81
    assert [name for name in BUILDERS if not re.search(rf"\b{name}\b", tests)] == []


def content(path: Path) -> Any:
    """What a file holds: its bytes if it is text, else what its reader finds; two writings of a workbook differ by the clock."""
    if path.suffix in (".sav", ".dta"):
        read = pyreadstat.read_dta if path.suffix == ".dta" else pyreadstat.read_sav
        frame, about = read(path, user_missing=True)
        short = [name for name, kind in about.readstat_variable_types.items() if kind == "float"]
        return frame.to_dict("records"), about.variable_value_labels, short
    if path.suffix in (".xlsx", ".ods"):
        book = CalamineWorkbook.from_path(path)
        return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    return path.read_bytes()


@pytest.mark.skipif(not FOUND.is_dir(), reason="the folder shared/failing-inputs is not beside this checkout")
def test_what_is_made_is_what_was_found(tmp_path: Path) -> None:
    assert sorted(BUILDERS) == sorted(path.name for path in FOUND.iterdir() if path.is_dir())
    for name in BUILDERS:
        made = {path.name: content(path) for path in written(name, tmp_path).iterdir()}
        found = {path.name: content(path) for path in (FOUND / name).iterdir()}
        assert [file for file in {**made, **found} if made.get(file) != found.get(file)] == [], name

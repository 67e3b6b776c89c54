"""No shared failing input is forgotten: each is taken by name in a test of this folder."""

from __future__ import annotations

import re
from pathlib import Path

from tests.failing.inputs import names, needs_inputs


@needs_inputs
def test_all_are_taken() -> None:
    here = Path(__file__)
    tests = "".join(path.read_text(encoding="utf-8") for path in here.parent.glob("test_*.py") if path != here)
    assert len(names()) == 81
    assert [name for name in names() if not re.search(rf"\b{name}\b", tests)] == []

"""How many examples hypothesis tries of a property: all of them in `make test`, a tenth in `make check`, which sets REPORTGEN_QUICK."""

from __future__ import annotations

import os

QUICK = "REPORTGEN_QUICK"


def examples(number: int) -> int:
    """Return how many of a number of examples this run tries."""
    return max(number // 10, 1) if os.environ.get(QUICK) else number

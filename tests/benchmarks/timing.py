"""How long a piece of work takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def best(work: Callable[[], Any], repeats: int) -> float:
    """Shortest of several runs, in seconds: what else the machine does can only lengthen a run."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)

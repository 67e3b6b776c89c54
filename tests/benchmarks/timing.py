"""How long a piece of work takes, measured so that a busy machine cannot fail a benchmark, and a slow program must.

What else a machine does can only lengthen a run, and comes and goes. So works that are compared run in turns, the shortest
run of each counts, and a bound that is missed is measured again a few times before it is believed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

Work = Callable[[], Any]
TRIES = 5

# Python objects, texts and arrays, as a build has them; about 2 s where the bounds in seconds were set.
YARDSTICK = """
import re
import numpy as np

found, random = 0, np.random.default_rng(1)
for turn in range(26):
    rows = [{"id": f"row-{i}", "value": i * 0.5, "text": str(i)} for i in range(40_000)]
    rows.sort(key=lambda row: row["text"])
    found += sum(len(re.findall(r"[0-9]+", row["id"])) + len(row) for row in rows)
    values = random.normal(size=(300, 300))
    found += int(np.linalg.svd(values @ values.T, compute_uv=False)[0] > 0) + np.sort(values.ravel()).size
"""


def once(work: Work) -> float:
    """Seconds of one run."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def best(work: Work, repeats: int) -> float:
    """Shortest of several runs, in seconds."""
    return min(once(work) for _ in range(repeats))


def in_turns(*works: Work, repeats: int) -> list[float]:
    """Shortest run of each of several works, in seconds, taken in turns so that a busy moment falls on all of them."""
    return [min(column) for column in zip(*([once(work) for work in works] for _ in range(repeats)), strict=True)]


def least(measure: Callable[[], float], bound: float) -> float:
    """Measure until a value lies below the bound, at most `TRIES` times, and return the smallest that was seen.

    A program that is too slow fails every try; what a neighbour on the machine takes away is gone at the next.
    """
    smallest = float("inf")
    for _ in range(TRIES):
        smallest = min(smallest, measure())
        if smallest < bound:
            break
    return smallest


def yardstick(processes: int) -> float:
    """Seconds that a fixed piece of work needs in as many processes at once: what a second is worth on this machine now."""
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    start = time.perf_counter()
    running = [subprocess.Popen([sys.executable, "-c", YARDSTICK], env=alone) for _ in range(processes)]
    codes = [process.wait() for process in running]
    if any(codes):
        raise AssertionError("the yardstick broke")
    return time.perf_counter() - start

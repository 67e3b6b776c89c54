"""What is compiled ahead is what an analysis calls: after it, a fit compiles nothing."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# a process of its own: in this one, other tests have compiled by now
SIGNATURES = """
import json, sys
import numpy as np
from reportgen.stats import Levels, fit_one_step, kernels, partition, peel, per_trial
from reportgen.stats.compiled import Kernel

def signatures():
    rooms = [module for name, module in sys.modules.items() if name.startswith("reportgen.stats.")]
    found = {f"{f.py_func.__module__}.{f.py_func.__name__}": f for room in rooms for f in vars(room).values() if isinstance(f, Kernel)}
    return {name: len(function.signatures) for name, function in found.items() if function.signatures}

"""

FIT = """
kernels.compile_likelihood()
likelihood = signatures()
kernels.compile_cross_products()
before = signatures()
random = np.random.default_rng(1)
outcome, treatment, trial = random.normal(size=120), random.integers(0, 2, 120), random.integers(0, 4, 120)
for adjusters in (None, random.normal(size=(120, 1))):
    per_trial(outcome, treatment, trial, adjusters=adjusters)
    for effect in ("random", "common"):
        fit_one_step(outcome, treatment, trial, adjusters=adjusters, treatment_effect=effect)
print(json.dumps([likelihood, before, signatures()]))
"""

SEARCH = """
kernels.compile_partition()
kernels.compile_peel()
before = signatures()
random = np.random.default_rng(2)
n = 400
outcome, treatment, trial = random.normal(size=n), random.integers(0, 2, n), random.integers(0, 4, n)
age, side = random.integers(20, 70, n), Levels(random.integers(-1, 3, n), ("left", "right", "both"), False)
for adjusters in (None, random.normal(size=(n, 2))):
    partition(outcome, treatment, trial, {"age": age, "side": side}, adjusters=adjusters, min_size=20)
    peel(outcome, treatment, trial, {"age": age, "pain": random.normal(size=n)}, adjusters=adjusters)
print(json.dumps([before, signatures()]))
"""


def printed(code: str) -> list[dict[str, int]]:
    done = subprocess.run([sys.executable, "-c", SIGNATURES + code], capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


@pytest.mark.slow
def test_a_fit_compiles_nothing_after_the_kernels() -> None:
    likelihood, before, after = printed(FIT)
    assert before == after
    # two processes share the work: neither compiles what the other one does
    assert likelihood and set(before) - set(likelihood)
    assert all(before[name] == count for name, count in likelihood.items())


@pytest.mark.slow
def test_a_search_compiles_nothing_after_the_kernels() -> None:
    before, after = printed(SEARCH)
    assert before == after

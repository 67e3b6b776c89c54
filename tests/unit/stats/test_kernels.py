"""What is compiled ahead is what an analysis calls: after it, a fit compiles nothing."""

from __future__ import annotations

import json
import subprocess
import sys

# a process of its own: in this one, other tests have compiled by now
CODE = """
import json, sys
import numpy as np
from numba.core.dispatcher import Dispatcher
from reportgen.stats import fit_one_step, kernels, per_trial

def signatures():
    rooms = [module for name, module in sys.modules.items() if name.startswith("reportgen.stats.")]
    found = {f"{f.py_func.__module__}.{f.py_func.__name__}": f for room in rooms for f in vars(room).values() if isinstance(f, Dispatcher)}
    return {name: len(function.signatures) for name, function in found.items() if function.signatures}

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


def test_a_fit_compiles_nothing_after_the_kernels() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    likelihood, before, after = json.loads(done.stdout)
    assert before == after
    # two processes share the work: neither compiles what the other one does
    assert likelihood and set(before) - set(likelihood)
    assert all(before[name] == count for name, count in likelihood.items())

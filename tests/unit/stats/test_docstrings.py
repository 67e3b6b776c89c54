"""The examples in the docstrings run and print what they say."""

import doctest
import importlib
import subprocess
import sys

import pytest


@pytest.mark.parametrize("name", ["effect", "one_step", "scan", "per_trial"])
def test_examples(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"reportgen.stats.{name}"))
    assert result.attempted > 0 and result.failed == 0


def test_importing_the_mathematics_brings_in_no_pandas() -> None:
    code = "import sys, reportgen.stats; print([m for m in ('pandas', 'statsmodels', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

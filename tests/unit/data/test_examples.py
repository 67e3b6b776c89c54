"""The examples in the documentation run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import reportgen.data

MODULES = [name for _, name, _ in pkgutil.iter_modules(reportgen.data.__path__, "reportgen.data.")]


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0

"""Tests that share something costly run in one process: whatever else, each process would build each report again."""

from __future__ import annotations

import os

import pytest


def test_a_process_beside_others_is_given_whole_groups(request: pytest.FixtureRequest) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert request.node.nodeid.endswith("@tests/test_groups.py")

"""In CI nothing is skipped but what cannot be installed there."""

from __future__ import annotations

from tests.conftest import ALLOWED_IN_CI, in_ci


def test_in_ci_only_the_impossible_is_skipped(skips_so_far: list[tuple[str, str]]) -> None:
    unexpected = [
        (test, reason) for test, reason in skips_so_far if not any(allowed in reason for allowed in ALLOWED_IN_CI)
    ]
    assert not (in_ci() and unexpected)

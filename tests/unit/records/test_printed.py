"""Decimals of shares: of many people as the policy says, of few and of random draws no more than their number warrants."""

from __future__ import annotations

import pytest

from reportgen.records.printed import Figures, text_of
from reportgen.release.values import Values

DEFAULT = Figures({"percent": 1}, of_few=0)
ASKED = Figures({"percent": 2})


@pytest.mark.parametrize(
    ("part", "whole", "by_default", "asked"),
    [(13, 59, "22", "22.03"), (33, 99, "33", "33.33"), (33, 100, "33.0", "33.00"), (0, 59, "0", "0.00"), (1, 999, "0.1", "0.10")],
)  # fmt: skip
def test_a_share_of_few_people_has_no_decimals_unless_a_study_asks_for_them(
    part: int, whole: int, by_default: str, asked: str
) -> None:
    share = Values("table", "study.yaml:1").share("percent", part, whole)
    assert (text_of(share, DEFAULT), text_of(share, ASKED)) == (by_default, asked)


@pytest.mark.parametrize(("kept", "draws", "text"), [(8, 59, "14"), (44, 199, "22.1"), (0, 59, "0"), (1, 1000, "0.1")])
def test_a_share_of_draws_has_as_many_decimals_as_their_number_warrants(kept: int, draws: int, text: str) -> None:
    share = Values("search", "study.yaml:1").share_of_draws("kept share", 100 * kept / draws, draws)
    assert {text_of(share, figures) for figures in (DEFAULT, ASKED)} == {text}


def test_a_share_is_never_printed_as_none_or_all_that_is_not() -> None:
    share = Values("search", "study.yaml:1").share_of_draws("kept share", 100 * 1 / 5000, 5000)
    assert text_of(share, DEFAULT) == "0.02"

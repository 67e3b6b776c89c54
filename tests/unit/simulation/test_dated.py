"""Dates that a simulated file holds in the place of events are read as the same events."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.data.dated import day_of
from reportgen.errors import DataError
from reportgen.simulation.backwards import START, Hand
from reportgen.spec.mapping import Data
from reportgen.spec.simulation import File
from reportgen.spec.variables import Variable


@pytest.mark.parametrize("dated", [{"until": "2020-12-31"}, {"days": 30, "after": "randomised"}])
def test_events_have_dates_within_the_limit_and_others_none(dated: dict) -> None:
    rule = Variable(column="died", dated=dated, missing=["unknown"])
    hand = Hand(Data(file="a.csv", participant="id"), File(blank=0.5), np.random.default_rng(1))
    values = np.array([1.0, 0.0, np.nan] * 50)
    made = hand.number_cells(rule, ["died"], values, "", None)
    died = made["died"]
    assert set(died[values == 0.0]) == {""}
    assert set(died[np.isnan(values)]) == {"unknown"}
    days = np.array([day_of(cell, "year-month-day") for cell in died[values == 1.0]])
    if "until" in dated:
        assert (days <= day_of("2020-12-31", "year-month-day")).all()
    else:
        assert set(made["randomised"]) == {START}
        assert ((days >= day_of(START, "year-month-day")) & (days - day_of(START, "year-month-day") <= 30)).all()


def test_an_unknown_date_needs_a_code() -> None:
    rule = Variable(column="died", dated={"until": "2020-12-31"})
    hand = Hand(Data(file="a.csv", participant="id"), File(), np.random.default_rng(1))
    with pytest.raises(DataError, match="an empty cell of 'died' is no event"):
        hand.number_cells(rule, ["died"], np.array([1.0, np.nan]), "", None)

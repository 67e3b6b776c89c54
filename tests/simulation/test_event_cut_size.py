"""The command that shows the level of the test of one cut of events, on few data sets."""

from __future__ import annotations

import numpy as np

from tests.simulation.event_cut_size import CUTS, ROWS, Row, size_of, table


def test_cuts_are_counted_where_they_can_be_tested_and_compared_with_refits() -> None:
    found = size_of(Row(3, 200, 0.3, 3.0, 3.0), 3)
    assert len(found.tested) == len(found.rejected) == len(CUTS)
    assert all(0 <= times <= of <= 3 for times, of in zip(found.rejected, found.tested, strict=True))
    assert max(found.tested) == 3
    assert found.apart < 0.5


def test_a_row_in_which_no_cut_has_enough_events_counts_none() -> None:
    found = size_of(Row(3, 20, 0.05, 3.0, 3.0), 2)
    assert found.tested == (0,) * len(CUTS)
    assert np.isnan(found.apart)


def test_the_table_has_a_row_for_each_risk_and_ratio() -> None:
    head, _, row = table(1, (Row(3, 100, 0.3, 3.0, 1.0 / 3.0),))
    assert head.count("cut at") == len(CUTS)
    assert row.startswith("| 3 x 100, risk 0.3, treatment OR 1/3 |")
    assert {item.risk for item in ROWS} == {0.05, 0.2, 0.5}

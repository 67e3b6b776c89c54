"""The command that shows the level of searches of events, on few data sets."""

from __future__ import annotations

from tests.simulation.event_search_level import ROWS, Row, searched, table


def test_a_row_depends_on_its_data_sets_alone_and_counts_them() -> None:
    row = Row(3, 150, 0.3)
    both, first, second = searched(row, 3), searched(row, 1), searched(row, 2, first=1)
    assert both.data_sets == 3
    assert both.supported == first.supported + second.supported
    assert both.kept == first.kept + second.kept
    assert 0.0 <= both.kept_in_flips <= 1.0


def test_the_table_has_a_row_for_each_search_with_its_share() -> None:
    rows = (Row(3, 150, 0.3), Row(3, 150, 0.3, search="ARDP"))
    head, _, parting, peeling = table(1, rows)
    assert head.startswith("| | data sets |")
    assert parting.startswith("| RP: 3 x 150, risk 0.3")
    assert peeling.count("–") == 2
    assert {row.search for row in ROWS} == {"RP", "ARDP"}

"""Tables as CSV: a column for each number, ASCII minus, empty where nothing could be estimated."""

from __future__ import annotations

import csv
import io
import math

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.numbers import Number
from reportgen.render.separated import table_csv
from reportgen.tables import descriptive, estimates, included_trials
from tests.unit.render import records_fixture


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_an_effect_with_its_interval_is_three_columns_with_all_digits() -> None:
    record = records_fixture.meta_analysis()
    rows = read(table_csv(estimates(record.results, record.settings)))
    found = record.results[2].estimate
    texts = [rows[2][f"Effect (95% CI): {name}"] for name in ("effect", "ci low", "ci high")]
    assert [float(text) for text in texts] == [found.effect.value, found.low.value, found.high.value]
    assert rows[2]["Group"] == "Mean clinical attachment loss, mm"
    assert rows[7]["Effect (95% CI): effect"] == "" and rows[7]["Status"] == "not estimable"


def test_a_count_has_no_decimals_and_no_text_is_a_formula() -> None:
    columns = (Column(("=A1",)), Column(("n",)), Column(("df",)))
    row = Row(("-x",), ((Number("n", 4.0, "4"),), (Number("df", math.inf, "∞"),)))
    assert table_csv(Table(columns, (Group((row,)),))) == "'=A1,n,df\n'-x,4,∞\n"


def test_small_counts_stay_hidden() -> None:
    rows = read(table_csv(descriptive(records_fixture.descriptive())))
    line = next(row for row in rows if row["Characteristic"] == "below 8 years")
    found = [value for key, value in line.items() if key.startswith("Control") and "or n" in key]
    assert found == ["<5", ""]


def test_a_head_beside_several_rows_stands_in_each() -> None:
    rows = read(table_csv(included_trials(records_fixture.included())))
    assert [row["Trial"] for row in rows] == ["MN", "MN", "KY", "KY", "MS", "MS", "NY", "NY", "All, 4 trials"]

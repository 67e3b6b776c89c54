"""Rounding and wording: value and text are born together."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.errors import RenderError
from reportgen.records.numbers import Number, fixed, p_text, significant
from reportgen.records.results import Source, as_csv, as_json, as_parquet, results_of
from tests.number_builder import NumberBuilder


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (2.675, 2, "2.68"),  # the float lies below 2.675, its shortest decimal form does not
        (0.5, 0, "1"),
        (-0.5, 0, "−1"),
        (1e22, 1, "10000000000000000000000.0"),
        (-0.004, 2, "0.00"),
        (float("inf"), 1, "∞"),
        (float("nan"), 1, "–"),
    ],
)
def test_half_away_from_zero_on_the_shortest_form(value: float, decimals: int, text: str) -> None:
    assert fixed(value, decimals) == text


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_rounding_is_within_half_a_unit(value: float, decimals: int) -> None:
    text = fixed(value, decimals).replace("−", "-")
    assert abs(Decimal(text) - Decimal(repr(value))) <= Decimal(1).scaleb(-decimals) / 2
    assert not text.startswith("-0") or float(text) != 0


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.04996, "0.04996"),
        (0.0996, "0.10"),
        (0.00099, "<0.001"),
        (0.001, "0.0010"),
        (0.5, "0.50"),
        (0.991, ">0.99"),
        (1e-300, "<0.001"),
        (0.05, "0.050"),
    ],
)
def test_p_values(p: float, text: str) -> None:
    assert p_text(p) == text


def test_three_figures() -> None:
    assert [significant(v, 3) for v in (0.0012345, 1.005, 99.95, 1234.5)] == ["0.00123", "1.01", "100", "1235"]


def test_two_numbers_cannot_share_an_id() -> None:
    builder = NumberBuilder("a", "s", {"effect": 1})
    one, other = builder.fixed("x", 1.0, "effect"), builder.fixed("x", 2.0, "effect")
    assert len(results_of([one, one], {}).rows) == 1
    with pytest.raises(RenderError, match=r"two numbers have the id 'a\.x'"):
        results_of([one, other], {})


def test_three_files_say_the_same() -> None:
    builder = NumberBuilder("a", "s", {"effect": 1}, n=12, trials=3)
    rows = (
        builder.fixed("x", -1.25, "effect", "mm"),
        builder.none("y", "one trial"),
        builder.suppressed("z", "<5", "small"),
    )
    results = results_of([rows], {"s": Source("study.yaml:3", "ff", "reml", 1, {"reportgen": "0"})})
    from_json = json.loads(as_json(results))
    table = pq.read_table(io.BytesIO(as_parquet(results)))
    lines = as_csv(results).splitlines()
    assert [r["id"] for r in from_json["rows"]] == table.column("id").to_pylist() == ["a.x", "a.y", "a.z"]
    assert table.column("value").to_pylist() == [-1.25, None, None]
    assert lines[1] == "a.x,-1.25,−1.3,mm,12,3,ok,,s,number"
    assert from_json["sources"]["s"]["spec"] == "study.yaml:3"
    assert json.loads(table.schema.metadata[b"reportgen"])["s"]["model"] == "reml"


def test_a_hidden_number_carries_no_value() -> None:
    suppressed = NumberBuilder("a", "s", {}, n=3).suppressed("n", "<5", "small")
    assert suppressed == Number("a.n", None, "<5", "", None, None, "suppressed", "small", "s")

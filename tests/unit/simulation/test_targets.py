"""Printed summaries come out whatever the seed; what cannot come out is said."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.errors import DataError
from reportgen.records.numbers import fixed
from reportgen.simulation import simulate
from reportgen.simulation.draws import Draws
from reportgen.spec.simulation import load_simulation
from tests.examples import examples
from tests.unit.simulation.small import SIMULATION, simulated, write_simulation


def with_target(name: str, **target: Any) -> dict[str, Any]:
    changed = copy.deepcopy(SIMULATION["targets"])
    changed["variables"][name] = target
    return {"targets": changed}


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_every_printed_digit_comes_out(tmp_path: Path, seed: int) -> None:
    _, repository = simulated(tmp_path, seed)
    people = repository.participants
    control = people["arm_class"] != "exercise"
    age = people["age"]
    shown = [(int(x.count()), fixed(x.mean(), 2), fixed(x.std(), 2)) for x in (age[control], age[~control], age)]
    assert shown == [(118, "48.21", "12.34"), (120, "47.50", "11.90"), (238, "47.85", "12.10")]
    counts = people.groupby([control, "sex"]).size().to_dict()
    assert counts == {(True, "female"): 61, (True, "male"): 58, (False, "female"): 70, (False, "male"): 50}
    rmdq = repository.measures.query("instrument == 'RMDQ' and visit == 'baseline'")["value"]
    assert (len(rmdq), fixed(rmdq.mean(), 1), fixed(rmdq.std(), 1)) == (237, "9.9", "5.1")


def test_values_stay_on_their_grid_and_in_their_limits(tmp_path: Path) -> None:
    _, repository = simulated(tmp_path)
    age = repository.participants["age"].dropna()
    assert (age == age.round()).all()
    assert age.between(18, 90).all()


def test_a_mean_that_is_not_printed_follows_from_the_others(tmp_path: Path) -> None:
    target = {
        "control": {"n": 119, "mean": 48.0, "sd": 12.0},
        "intervention": {"n": 120},
        "all": {"mean": 47.0, "sd": 12.5},
    }
    _, repository = simulated(tmp_path, simulation=with_target("age", **target))
    age = repository.participants["age"]
    assert (fixed(age.mean(), 2), fixed(age.std(), 2)) == ("47.00", "12.50")


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ({"control": {"n": 500}}, "500 people are wanted, and 120 could have a value"),
        ({"control": {"n": 50}, "intervention": {"n": 60}, "all": {"n": 111}}, "50 and 60 people are not 111"),
        ({"all": {"n": 3, "mean": 48.21, "sd": 9.0}}, "no 3 values on their grid have a mean that is printed as 48.21"),
        (
            {
                "control": {"n": 118, "mean": 48, "sd": 12},
                "intervention": {"n": 120, "mean": 47, "sd": 12},
                "all": {"mean": 60},
            },
            "contradict",
        ),
        ({"control": {"n": 118, "mean": 48}, "intervention": {"n": 120, "mean": 47}}, "give the mean and the SD"),
        ({"all": {"n": 230, "mean": 17.0, "sd": 30.0}}, "units of the last digit away"),
    ],
)
def test_what_cannot_come_out_is_said_with_its_place(tmp_path: Path, target: dict[str, Any], why: str) -> None:
    file = load_simulation(write_simulation(tmp_path, simulation=with_target("age", **target)))
    with pytest.raises(DataError) as caught:
        simulate(file)
    (problem,) = caught.value.problems
    assert "the target of 'age' cannot be met" in problem.message
    assert why in problem.message
    assert problem.origin is not None
    assert problem.origin.text.strip().startswith("age:")


def test_counts_of_everybody(tmp_path: Path) -> None:
    counts = {"low": 100, "moderate": 70, "high": 45}
    _, repository = simulated(tmp_path, simulation=with_target("anxiety", all={"counts": counts}))
    assert repository.participants["anxiety"].value_counts().to_dict() == counts


@settings(max_examples=examples(30), deadline=None)
@given(seed=st.integers(0, 2**32), names=st.lists(st.text(max_size=5), min_size=1, max_size=3))
def test_a_stream_is_known_by_its_name_alone(seed: int, names: list[str]) -> None:
    draws = Draws(seed)
    first = draws.normal(3, *names)
    draws.normal(1000, "something else")
    assert np.array_equal(first, draws.normal(3, *names))
    assert not np.array_equal(first, draws.normal(3, *names, "more"))

"""Who enters an analysis, who does not, and why: on the small study, with one thing changed at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.analyses.selection import Measurements, Selection, rescaled, select
from reportgen.pipeline import read
from reportgen.spec.study import Instrument, Outcome
from tests.study_files import MAPPING, people, write_study


@pytest.fixture
def selected(tmp_path: Path) -> Callable[..., Selection]:
    def choose(
        change: Callable[[Path], None] = lambda _: None,
        adjust_for: tuple[str, ...] = ("baseline",),
        **changes: Any,
    ) -> Selection:
        path = write_study(tmp_path / "small", **changes)
        change(path.parent)
        spec, repository = read(path)
        return select(
            repository,
            Measurements(repository, spec.study),
            spec.study,
            outcome="RMDQ",
            follow_up="short",
            comparison="overall",
            adjust_for=adjust_for,
        )

    return choose


def with_north(**columns: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        table = people(1)
        for column, rows in columns.items():
            table.loc[rows, column] = np.nan
        table.to_csv(folder / "north.csv", index=False)

    return change


def reasons(selection: Selection) -> list[tuple[str, str, int]]:
    return [(gone.trial, gone.reason, gone.n) for gone in selection.excluded]


def test_everybody_complete(selected: Callable[..., Selection]) -> None:
    chosen = selected()
    assert (chosen.n, chosen.in_comparison, chosen.trials, chosen.excluded) == (140, 140, ("North", "South"), ())
    table = people(1)
    np.testing.assert_array_equal(chosen.change[:60], table["rm_b"] - table["rm_q3"])  # lower is better
    np.testing.assert_array_equal(chosen.adjusters[:60, 0], table["rm_b"])
    assert chosen.arm_size(1, "North") == 30


def test_each_person_is_left_out_once_for_the_first_reason(selected: Callable[..., Selection]) -> None:
    chosen = selected(with_north(rm_b=[0, 1], rm_q3=[1, 2, 3], age=[3, 4]), adjust_for=("baseline", "age"))
    assert reasons(chosen) == [
        ("North", "no baseline value", 2),
        ("North", "no value at follow-up", 2),
        ("North", "no value of age", 1),
    ]
    assert chosen.n + sum(gone.n for gone in chosen.excluded) == chosen.in_comparison


def test_a_trial_without_a_control_arm_is_named(selected: Callable[..., Selection]) -> None:
    both = {1: {"class": "exercise"}, 2: {"class": "exercise", "name": "other"}}
    chosen = selected(north={"arms": {"column": "arm", "codes": both}})
    assert chosen.trials == ("South",)
    assert reasons(chosen) == [("North", "no control arm", 60)]


def test_a_trial_that_loses_a_side_goes_as_a_whole(selected: Callable[..., Selection]) -> None:
    chosen = selected(with_north(rm_q3=list(range(1, 60, 2))))
    assert ("North", "nobody complete on the control side", 30) in reasons(chosen)
    assert chosen.trials == ("South",)
    assert chosen.n + sum(gone.n for gone in chosen.excluded) == chosen.in_comparison


def test_a_trial_that_did_not_measure_it(selected: Callable[..., Selection]) -> None:
    variables = {name: rule for name, rule in MAPPING["variables"].items() if name != "RMDQ"}
    chosen = selected(north={"variables": variables})
    assert reasons(chosen) == [("North", "not measured", 60)]


@pytest.mark.parametrize(("tie", "visit"), [("earlier", "2 months"), ("later", "4 months")])
def test_of_two_visits_equally_near_the_rule_decides(selected: Callable[..., Selection], tie: str, visit: str) -> None:
    def add_visit(folder: Path) -> None:
        table = people(1)
        table["rm_q4"] = table["rm_q3"] - 1
        table.to_csv(folder / "north.csv", index=False)

    window = {"short": {"months": [2, 4], "aim": 3, "tie": tie}}
    north = {"visits": {"b": "baseline", "q3": "2 months", "q4": "4 months"}}
    chosen = selected(add_visit, study={"follow_up": window}, north=north)
    table = people(1)
    after = table["rm_q3"] - (visit == "4 months")
    np.testing.assert_array_equal(chosen.change[:60], table["rm_b"] - after)


def test_a_level_is_compared_with_the_reference(selected: Callable[..., Selection]) -> None:
    chosen = selected(adjust_for=("baseline", "sex"))
    assert chosen.adjuster_names == ("baseline", "sex: male v female")
    np.testing.assert_array_equal(chosen.adjusters[:60, 1], people(1)["sex"] == 1)


def test_rescaling_turns_and_stretches() -> None:
    rmdq = Instrument(range=(0, 24), better="lower")
    hundred = Outcome(range=(0, 100), better="higher", first_available=("RMDQ",))
    np.testing.assert_allclose(rescaled(np.array([0.0, 6.0, 24.0]), rmdq, hundred), [100, 75, 0])


def test_the_order_of_rows_changes_nothing(selected: Callable[..., Selection], tmp_path: Path) -> None:
    def shuffle(folder: Path) -> None:
        people(1).sample(frac=1, random_state=3).to_csv(folder / "north.csv", index=False)

    one, other = selected(), selected(shuffle)
    assert sorted(one.change.tolist()) == sorted(other.change.tolist())
    assert one.excluded == other.excluded

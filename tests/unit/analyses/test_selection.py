"""Who enters an analysis, who does not, and why: on the small study, with one thing changed at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.analyses.measurements import Measurements, rescaled
from reportgen.analyses.selection import Selection, select
from reportgen.pipeline import read
from reportgen.spec.outcomes import Instrument, Outcome
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


FINAL = {"outcomes": {"RMDQ": {"analyse": "final"}}}


def with_north(**columns: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        table = people(1)
        for column, rows in columns.items():
            table.loc[rows, column] = np.nan
        table.to_csv(folder / "north.csv", index=False)

    return change


def reasons(selection: Selection) -> list[tuple[str, str, int]]:
    return [(exclusion.trial, exclusion.reason, exclusion.n) for exclusion in selection.excluded]


def test_everybody_complete(selected: Callable[..., Selection]) -> None:
    chosen = selected()
    assert (chosen.n, chosen.in_comparison, chosen.trials, chosen.excluded) == (140, 140, ("North", "South"), ())
    table = people(1)
    np.testing.assert_array_equal(chosen.response[:60], table["rm_b"] - table["rm_q3"])  # lower is better
    np.testing.assert_array_equal(chosen.adjusters[:60, 0], table["rm_b"])
    assert chosen.arm_size(1, "North") == 30


def test_each_person_is_left_out_once_for_the_first_reason(selected: Callable[..., Selection]) -> None:
    chosen = selected(with_north(rm_b=[0, 1], rm_q3=[1, 2, 3], age=[3, 4]), adjust_for=("baseline", "age"))
    assert reasons(chosen) == [
        ("North", "no baseline value", 2),
        ("North", "no value at follow-up", 2),
        ("North", "no value of age", 1),
    ]
    assert chosen.n + sum(exclusion.n for exclusion in chosen.excluded) == chosen.in_comparison


def test_a_trial_without_a_control_arm_is_named(selected: Callable[..., Selection]) -> None:
    both = {1: {"class": "exercise"}, 2: {"class": "exercise", "name": "other"}}
    chosen = selected(north={"arms": {"column": "arm", "codes": both}})
    assert chosen.trials == ("South",)
    assert reasons(chosen) == [("North", "no control arm", 60)]


def test_a_trial_that_loses_a_side_goes_as_a_whole(selected: Callable[..., Selection]) -> None:
    chosen = selected(with_north(rm_q3=list(range(1, 60, 2))))
    assert ("North", "no complete participants on the control side", 30) in reasons(chosen)
    assert chosen.trials == ("South",)
    assert chosen.n + sum(exclusion.n for exclusion in chosen.excluded) == chosen.in_comparison


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
    np.testing.assert_array_equal(chosen.response[:60], table["rm_b"] - after)


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
    assert sorted(one.response.tolist()) == sorted(other.response.tolist())
    assert one.excluded == other.excluded


@pytest.mark.parametrize(("better", "sign"), [("lower", -1), ("higher", 1)])
def test_a_value_at_follow_up_is_turned_so_that_higher_is_better(
    selected: Callable[..., Selection], better: str, sign: int
) -> None:
    study = FINAL | {"instruments": {"RMDQ": {"range": [0, 24], "better": better}}}
    chosen = selected(study=study, adjust_for=())
    np.testing.assert_array_equal(chosen.response[:60], sign * people(1)["rm_q3"])


def test_a_value_at_follow_up_needs_no_baseline_unless_it_is_adjusted_for(selected: Callable[..., Selection]) -> None:
    gap = with_north(rm_b=[0, 1], rm_q3=[1, 2])
    bare = selected(gap, study=FINAL, adjust_for=())
    assert reasons(bare) == [("North", "no value at follow-up", 2)]
    adjusted = selected(gap, study=FINAL)
    assert reasons(adjusted) == [("North", "no baseline value", 2), ("North", "no value at follow-up", 1)]
    assert (bare.unmeasured, adjusted.unmeasured) == ((), ())


LATER = {"variables": {**MAPPING["variables"], "RMDQ": {"column": "rm_{visit}", "visits": ["q3"]}}}


def test_a_baseline_that_no_trial_measured_does_not_adjust(selected: Callable[..., Selection]) -> None:
    chosen = selected(study=FINAL, north=LATER, south=LATER, adjust_for=("baseline", "age"))
    assert (chosen.n, chosen.adjuster_names, chosen.unmeasured) == (140, ("age",), ("baseline",))


def test_a_trial_without_the_baseline_that_others_are_adjusted_for_is_left_out(
    selected: Callable[..., Selection],
) -> None:
    chosen = selected(study=FINAL, north=LATER)
    assert reasons(chosen) == [("North", "not measured at baseline", 60)]
    assert chosen.adjuster_names == ("baseline",)


def test_a_trial_that_measured_it_outside_the_window_is_told_so(selected: Callable[..., Selection]) -> None:
    windows = {"short": {"months": [4, 6]}}
    chosen = selected(study={**FINAL, "follow_up": windows}, north=LATER, south=LATER)
    assert reasons(chosen) == [
        ("North", "not measured in this window", 60),
        ("South", "not measured in this window", 80),
    ]


def test_of_several_instruments_the_first_with_a_value_at_follow_up_is_rescaled_and_turned(
    selected: Callable[..., Selection],
) -> None:
    """The north has Pain (0 to 10, lower is better) at follow-up alone, and RMDQ at both visits."""
    instruments = {"RMDQ": {"range": [0, 24], "better": "lower"}, "Pain": {"range": [0, 10], "better": "lower"}}
    rescaled_to = {"first_available": ["Pain", "RMDQ"], "range": [0, 100], "better": "higher", "analyse": "final"}
    north = {"variables": {**MAPPING["variables"], "Pain": {"column": "pain_{visit}", "visits": ["q3"]}}}

    def with_pain(folder: Path) -> None:
        people(1).assign(pain_q3=np.arange(60) % 11).to_csv(folder / "north.csv", index=False)

    study = {"instruments": instruments, "outcomes": {"RMDQ": rescaled_to}}
    bare = selected(with_pain, study=study, north=north, adjust_for=())
    assert bare.instruments == {"North": "Pain", "South": "RMDQ"}
    np.testing.assert_allclose(bare.response[:60], 100 - 10 * (np.arange(60) % 11))
    adjusted = selected(with_pain, study=study, north=north)
    assert adjusted.instruments == {"North": "RMDQ", "South": "RMDQ"}
    np.testing.assert_allclose(adjusted.response[:60], 100 - people(1)["rm_q3"] / 0.24)
    np.testing.assert_allclose(adjusted.adjusters[:60, 0], 100 - people(1)["rm_b"] / 0.24)

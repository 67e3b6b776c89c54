"""The intervals of pooled odds ratios cover with few trials and few events, as the normal one does not."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.stats import per_trial_glm
from tests.simulation.event_coverage import (
    WANTED,
    Cell,
    Row,
    coverage_tables,
    judged,
    least,
    log_odds_ratios,
    size_table,
    sizes_of_test,
)
from tests.simulation.screening_size import most
from tests.unit.stats.events_of import people_of

MANY = 200


@pytest.mark.slow
@pytest.mark.parametrize("tau", [0.0, 0.5])
@pytest.mark.parametrize(("trials", "risk"), [(2, 0.05), (2, 0.5), (3, 0.2), (5, 0.05), (8, 0.2)])
def test_the_default_interval_covers(trials: int, risk: float, tau: float) -> None:
    found = [one.by_t for one in judged(Cell(trials, risk, tau, -0.5), MANY) if not one.reason]
    assert sum(found) >= least(len(found), WANTED)


@pytest.mark.slow
def test_the_normal_interval_does_not_with_few_trials_that_differ() -> None:
    found = judged(Cell(2, 0.5, 0.5), MANY)
    assert sum(one.by_normal for one in found) < least(MANY, 0.9)


@pytest.mark.slow
def test_the_random_interaction_rejects_in_eight_per_cent_at_most() -> None:
    assert sizes_of_test(Row(3, 0.2, 0.25), 60)["random"].rejected <= most(60, 0.08)


def test_more_data_sets_change_none() -> None:
    cell, row = Cell(2, 0.05, 0.25), Row(3, 0.2)
    np.testing.assert_equal(judged(cell, 2) + judged(cell, 4, first=2), judged(cell, 6))
    parts = [sizes_of_test(row, 1, first=number) for number in range(2)]
    whole = sizes_of_test(row, 2)
    assert {name: tuple(map(sum, zip(*(part[name] for part in parts), strict=True))) for name in whole} == whole


def test_the_first_stage_is_that_of_a_regression_in_each_trial() -> None:
    cells = [(4, 60, 6, 60), (11, 90, 17, 90), (30, 150, 20, 100), (0, 20, 3, 20)]
    estimate, std_error = log_odds_ratios(cells)
    each = per_trial_glm(*people_of(cells))
    assert estimate[:3] == pytest.approx(each.estimate[:3]) and std_error[:3] == pytest.approx(each.std_error[:3])
    assert np.isnan(each.estimate[3]) and not np.isfinite(std_error[3])


def test_an_effect_that_is_covered_and_one_that_is_not() -> None:
    (one,) = judged(Cell(8, 0.5), 1)
    assert (one.by_t, one.reason) == (1.0, "") and abs(one.error) < 0.3
    assert one.prediction == 1.0


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ([(0, 30, 2, 30), (0, 90, 3, 90)], "nobody in the control arms has the event"),
        ([(0, 30, 0, 30), (8, 90, 3, 90)], "in all trials but one nobody has the event"),
        ([(0, 30, 0, 30), (0, 90, 0, 90)], "no trial has participants"),
    ],
)
def test_a_data_set_without_an_estimate_has_a_reason_and_no_interval(
    monkeypatch: pytest.MonkeyPatch, cells: list[tuple[int, ...]], why: str
) -> None:
    monkeypatch.setattr("tests.simulation.event_coverage.counts", lambda cell, number: cells)
    (one,) = judged(Cell(2, 0.05), 1)
    assert one.reason.startswith(why)
    assert np.isnan([one.error, one.by_t, one.by_normal, one.two_stage, one.prediction]).all()


def test_tables_have_a_line_for_each_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "tests.simulation.event_coverage"
    for name, values in (("TRIALS", (2, 3)), ("RISKS", (0.05,)), ("EFFECTS", (-0.5,)), ("ROWS", (Row(3, 0.2, 0.25),))):
        monkeypatch.setattr(f"{module}.{name}", values)
    first, second, *_ = "\n".join(coverage_tables(3)).split("\n\n")
    assert [line.split(" | ")[0] for line in first.splitlines()[2:]] == [
        "| effect −0.5, risk 5%, 2 trials",
        "| effect −0.5, risk 5%, 3 trials",
    ]
    assert {line.count("|") for line in first.splitlines()} == {11}
    assert {line.count("|") for line in second.splitlines()} == {11}
    assert second.splitlines()[2].count("–") >= 3  # two trials have no prediction interval
    assert [line.split(" | ")[0] for line in size_table(1)][2:] == ["| 3 trials, risk 20%, scatter 0.25"]

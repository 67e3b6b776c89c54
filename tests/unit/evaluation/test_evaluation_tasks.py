"""Chunks of data sets join into the same numbers, whoever makes them; what was asked for is in the record."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reportgen.evaluation import evaluation_record, evaluation_tasks, outcomes_of
from reportgen.evaluation.evaluation_tasks import judge
from reportgen.evaluation.outcomes import Outcomes
from reportgen.evaluation.record import rate
from reportgen.graph import run
from reportgen.pool import Serial
from reportgen.release.values import Values
from reportgen.stats.draws import joined
from reportgen.store import NoStore
from tests.evaluation_files import TINY, evaluation

BARE = TINY.replace(", draws: {sign_flips: 20, bootstrap: 20}", "")


def test_chunks_of_any_size_give_the_same(tmp_path: Path) -> None:
    spec = evaluation(tmp_path, BARE)
    cell, search = spec.scenarios()[1].cell, spec.file.searches["RP"]
    once = judge(cell, search, seed=7, level=0.95, alpha=0.05, first=0, count=6)
    parts = [
        judge(cell, search, seed=7, level=0.95, alpha=0.05, first=first, count=count)
        for first, count in ((4, 2), (0, 1), (1, 3))
    ]
    again = joined(parts)
    for name in ("number", "p", "kept", "jaccard", "effects"):
        assert np.array_equal(getattr(once, name), getattr(again, name), equal_nan=True)


def test_more_data_sets_or_another_scenario_leave_the_work_done_as_it_is(tmp_path: Path) -> None:
    spec = evaluation(tmp_path, BARE)
    more = evaluation(
        tmp_path, BARE.replace("data_sets: 6", "data_sets: 12").replace("moderators:", "tau: [0, 0.2]\nmoderators:")
    )
    keys = [task.key("", {}) for task in evaluation_tasks(spec).tasks]
    later = {task.key("", {}) for task in evaluation_tasks(more).tasks}
    assert [key in later for key in keys] == [True, False, True, False]  # the second chunk of each was cut short


def test_a_setting_of_a_search_changes_its_work(tmp_path: Path) -> None:
    keys = [
        evaluation_tasks(evaluation(tmp_path, text)).tasks[0].key("", {})
        for text in (BARE, BARE.replace("depth: 1", "depth: 2"), BARE.replace("seed: 7", "seed: 8"))
    ]
    assert len(set(keys)) == 3


def test_tasks_give_what_the_record_says(tmp_path: Path) -> None:
    spec = evaluation(tmp_path, BARE)
    laid = evaluation_tasks(spec)
    ran = run(laid.tasks, laid.wanted, NoStore(), Serial(), basis="")
    outcomes = outcomes_of(laid, ran.values)
    record = evaluation_record(spec, outcomes)
    found: Outcomes = outcomes[2, "RP"]
    one = record.scenarios[1].searches[0]
    assert one.kept is not None and one.supported is None and one.kept_in_draws is None
    assert one.kept.percent.value == pytest.approx(100 * found.kept.mean())
    bias = found.effects[:, 0, 1, 0] - found.effects[:, 0, 1, 3]
    shown = one.effect("naive", "difference", "all")
    assert shown is not None and shown.bias.mean.value == pytest.approx(bias.mean())
    assert shown.bias.std_error.value == pytest.approx(bias.std(ddof=1) / np.sqrt(6))
    assert one.effect("corrected", "inside", "all") is None
    assert record.scenarios[0].searches[0].right == ()


def test_a_rate_has_its_binomial_error_and_leaves_out_what_is_unknown() -> None:
    found = rate(Values("a", "b"), np.array([1.0, 0.0, 0.0, np.nan, 1.0]))
    assert (found.percent.value, found.data_sets.value) == (50.0, 4)
    assert found.std_error.value == pytest.approx(25.0)
    assert found.low.value == pytest.approx(6.759, abs=0.01)


def test_no_data_set_is_not_none_of_them() -> None:
    found = rate(Values("a", "b"), np.array([np.nan]))
    assert (found.percent.value, found.percent.status) == (None, "not estimable")

"""Who enters a search: moderators that cost too many trials stay out, and everybody who leaves is counted."""

from __future__ import annotations

import numpy as np

from reportgen.analyses.moderator_values import Moderator, column_of
from reportgen.analyses.search_people import people_of_search, people_who_enter
from reportgen.analyses.selection import Selection
from reportgen.stats import Levels

TRIALS = ("A", "B", "C")
SIZE = 20  # people a trial, arms in turn


def selection() -> Selection:
    n = SIZE * len(TRIALS)
    return Selection(
        "function",
        "short",
        "overall",
        np.arange(n, dtype=float),
        np.tile([0, 1], n // 2),
        np.repeat(np.array(TRIALS, dtype=object), SIZE),
        np.arange(n) + 100,  # places in a larger repository
        np.arange(n, dtype=np.uint64),
        np.empty((n, 0)),
        (),
        dict.fromkeys(TRIALS, "scale"),
        n,
        (),
    )


def moderator(name: str, lacking: slice | list[int] | None = None, levels: tuple[str, ...] = ()) -> Moderator:
    values = np.arange(200, dtype=float) % (len(levels) or 200)
    if lacking is not None:
        values[100:][lacking] = np.nan
    return Moderator(
        name,
        name.title(),
        "years",
        1.0,
        levels,
        bool(levels),
        0 if levels else -1,
        None,
        values,
        np.arange(len(values)),
    )


def search(*moderators: Moderator, missing: str = "complete", minimum_trials: int = 2):  # type: ignore[no-untyped-def]
    return people_of_search(
        selection(), {m.name: m for m in moderators}, missing=missing, minimum_trials=minimum_trials
    )


def test_a_moderator_of_too_few_trials_is_left_out_and_costs_nobody() -> None:
    found = search(moderator("age"), moderator("bmi", slice(0, 40)))
    assert list(found.moderators) == ["age"]
    assert found.not_searched == (("bmi", "leaves 1 trial with both arms, and the search needs 2"),)
    assert found.selection.n == 60
    assert [(c.moderator, c.people, c.trials) for c in found.costs] == [("age", 0, 0), ("bmi", 40, 2)]


def test_complete_people_have_every_moderator_and_the_others_are_counted() -> None:
    found = search(moderator("age", [0, 1]), moderator("bmi", [1, 2, 25]))
    assert found.selection.n == 56
    assert found.selection.rows[0] == 103
    assert {(e.trial, e.reason, e.n) for e in found.selection.excluded} == {
        ("A", "no value of Age", 2),
        ("A", "no value of Bmi", 1),
        ("B", "no value of Bmi", 1),
    }
    assert not np.isnan([m.of(found.selection) for m in found.moderators.values()]).any()


def test_the_earlier_moderator_wins_where_both_cannot_stay() -> None:
    found = search(moderator("age", slice(0, 20)), moderator("bmi", slice(20, 40)))
    assert list(found.moderators) == ["age"]
    assert found.selection.trials == ("B", "C")
    assert search(moderator("bmi", slice(20, 40)), moderator("age", slice(0, 20))).selection.trials == ("A", "C")


def test_available_keeps_everybody() -> None:
    found = search(moderator("age", slice(0, 20)), moderator("bmi", slice(20, 40)), missing="available")
    assert list(found.moderators) == ["age", "bmi"]
    assert found.selection.n == 60
    assert found.selection.excluded == ()


def test_a_trial_that_loses_an_arm_goes_as_a_whole() -> None:
    found = search(moderator("age", list(range(0, 20, 2))))
    assert found.selection.trials == ("B", "C")
    assert [(e.n, e.whole_trial) for e in found.selection.excluded] == [(10, False), (10, True)]
    assert found.costs[0].people == 20


def test_a_constant_or_unmeasured_moderator_has_its_reason() -> None:
    constant = Moderator("sex", "Sex", "", 1.0, ("female", "male"), False, 0, None, np.zeros(200), np.arange(200))
    found = search(constant, moderator("bmi", slice(0, 60)), moderator("age"))
    assert dict(found.not_searched) == {"sex": "has one value in all", "bmi": "no participant has a value"}


def test_a_search_that_has_found_its_people_itself_has_the_same_ones_explained() -> None:
    moderators = {m.name: m for m in (moderator("age", list(range(0, 20, 2))), moderator("bmi", [1, 22, 45]))}
    found = people_of_search(selection(), moderators, missing="complete", minimum_trials=2)
    enters = np.isin(selection().rows, found.selection.rows)
    explained = people_who_enter(selection(), moderators, enters)
    assert explained.selection.excluded == found.selection.excluded
    assert explained.selection.rows.tolist() == found.selection.rows.tolist()
    assert explained.costs == found.costs


def test_everybody_who_does_not_enter_is_counted_whatever_the_search_says() -> None:
    enters = np.ones(60, bool)
    enters[[3, 30, 31]] = False
    found = people_who_enter(selection(), {"age": moderator("age", [3, 30])}, enters).selection
    assert found.n == 57 and found.rows.tolist() == (np.flatnonzero(enters) + 100).tolist()
    assert sum(item.n for item in found.excluded) == 3


def test_levels_reach_the_search_as_codes() -> None:
    anxiety = moderator("anxiety", [0], ("low", "moderate", "high"))
    values = column_of(anxiety, selection())
    assert isinstance(values, Levels)
    assert values.codes[:4].tolist() == [-1, 2, 0, 1]
    assert values.levels == ("low", "moderate", "high")

"""What a search suggests, with the facts of its credibility: each from the record, and from what stood before the search."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reportgen.records.moderation import Moderation
from reportgen.records.modification import Beforehand, Modification, beforehand, of_partition, of_peeling
from reportgen.records.partition import PartitionedOutcome
from reportgen.records.trial_interactions import Consistency
from tests.unit.figures import screens, searches, test_trajectory
from tests.unit.figures.build import builder, quote

NOTHING = Beforehand({}, None)


def alike(trials: int = 5, same_sign: int = 5, i2: float = 0.0, q_p: float = 0.6) -> Consistency:
    at = builder("rp.consistency")
    return Consistency(
        at.count("trials", trials, "trials"),
        at.count("same sign", same_sign, "trials"),
        at.fixed("i2", i2, "percent", "%"),
        at.p("q p", q_p),
    )


def of(search: PartitionedOutcome, before: Beforehand = NOTHING, **changes: Any) -> tuple[Modification, ...]:
    return of_partition(search, searches.settings(**changes), before)


def test_each_finding_of_a_search_is_one_and_goes_by_its_p_of_the_search() -> None:
    found = searches.honest(searches.search(), p=0.004)
    listed = of(found)
    assert [item.id for item in listed] == [group.inside.id for group in found.findings]
    assert all(item.facts.p == 0.004 and item.facts.adjusted and item.facts.searched for item in listed)
    assert all(item.answers[4] == "definitely increased" for item in listed)
    assert all(item.answers[7] == "definitely reduced" and item.rating != "high" for item in listed)


def test_without_draws_chance_is_unclear_whatever_p_as_found() -> None:
    (first, *_) = of(searches.search())
    assert first.adjusted is None and first.answers[4] == "probably reduced or unclear"
    assert first.rating in ("very low", "low")


def test_an_interaction_that_suggests_nothing_or_is_not_disclosed_is_not_asked_for() -> None:
    found = searches.search(deep=False)
    group = found.subgroups[0]
    for value in (0.1, None):
        p = replace(group.split.difference.p, value=value)
        weak = replace(group, split=replace(group.split, difference=replace(group.split.difference, p=p)))
        assert group.inside.id not in [item.id for item in of(replace(found, subgroups=(weak,)))]


def test_similarity_goes_by_the_interactions_by_trial_and_by_trials_held_out() -> None:
    found = searches.search(deep=False)
    first = replace(found.subgroups[0], consistency=alike())
    one = replace(found, subgroups=(first,))
    assert of(one)[0].answers[1] == "definitely increased"
    assert of(searches.honest(one, held=2.4))[0].answers[1] == "definitely increased"
    assert of(searches.honest(one, held=0.4))[0].answers[1] == "probably reduced or unclear"
    differs = replace(first, consistency=alike(i2=80.0, q_p=0.004))
    assert of(replace(found, subgroups=(differs,)))[0].answers[1] == "definitely reduced"


def test_what_was_stated_of_one_moderator_is_quoted_and_of_a_combination_only_if_of_all_of_it() -> None:
    before = Beforehand({"Age": quote("stated", "younger people gain more")}, None)
    listed = {len(item.words) > 5: item for item in of(searches.search(labels=("Age",)), before)}
    one, both = listed[False], listed[True]
    assert one.expected == (before.expected["Age"],) and one.facts.direction == "stated in words"
    assert both.expected == () and both.facts.direction == "not stated"


def test_levels_that_a_search_put_together_are_a_cut_and_single_levels_are_none() -> None:
    found = searches.search(deep=False)
    group = found.subgroups[0]
    at = builder("rp.levels")
    several = searches.condition(at, "Anxiety", "levels")
    single = replace(several, levels=several.levels[:1])
    for inside, other, answer in ((several, single, "definitely reduced"), (single, single, "does not apply")):
        split = replace(group.split, better=inside, other=other)
        changed = replace(group, inside=replace(group.inside, rule=(inside,)), split=split)
        assert of(replace(found, subgroups=(changed,)))[0].answers[7] == answer


def test_a_declared_direction_is_one_that_was_stated_where_one_moderator_limits_alone() -> None:
    peeling = test_trajectory.peeling(test_trajectory.moderator("age"), test_trajectory.moderator("bmi"))
    nan = test_trajectory.NAN
    settings = test_trajectory.settings()
    for limits, answer in (((40.0, nan), "definitely increased"), ((40.0, 20.0), "probably reduced or unclear")):
        box = test_trajectory.box(0.3, 9.0, 2.0, limits)
        (found,) = of_peeling(peeling, [box], settings, NOTHING)
        assert found.answers[3] == answer
        worse = replace(box, difference=test_trajectory.estimate(test_trajectory.BUILDER, -2.0, 1.0))
        (against,) = of_peeling(peeling, [worse], settings, NOTHING)
        assert against.answers[3] == ("definitely reduced" if answer == "definitely increased" else answer)


@pytest.mark.parametrize(
    ("named", "stated", "tested"), [("screening", True, True), (None, True, False), ("x", False, False)]
)
def test_a_search_takes_what_its_screening_says_and_without_one_what_any_says(named, stated, tested) -> None:
    at = builder("screening")
    one = screens.screen("pain", [screens.interaction("pain", "Age", expected="younger people gain more")])
    counts = (at.count(name, 1) for name in ("tested", "significant", "weak"))
    record = Moderation("screening", screens.settings(), (), (one,), *counts, at.figure("by chance", 0.1, 1))  # type: ignore[call-arg]
    before = beforehand(searches.search(), None if named is None else quote("by", named), [record])
    assert (bool(before.expected), before.tested is not None) == (stated, tested)

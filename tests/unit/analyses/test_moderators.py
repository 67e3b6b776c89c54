"""A screening as recorded: tiers, adjusted p, what was found in words, and moderators that cannot be screened."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from reportgen.analyses.cohorts import Cohorts
from reportgen.analyses.moderator_values import column_of
from reportgen.analyses.screened import screened_in
from reportgen.analyses.screened import screening as screened
from reportgen.data import Repository
from reportgen.pipeline import read
from reportgen.records.moderation import Interaction, Moderation, Screen
from reportgen.records.numbers import plain
from reportgen.records.results import results_of
from reportgen.spec.analyses import Moderators, Tiers
from reportgen.spec.study import Study
from reportgen.stats import screen_moderator
from tests.analysed import analysed, people_of
from tests.screened_study import write_screened


@cache
def study_of(slope: float, reading: str) -> tuple[Study, Repository]:
    with TemporaryDirectory() as folder:
        spec, repository = read(write_screened(Path(folder), slope, reading=reading))
    return spec.study, repository


def screening(slope: float = -1.0, reading: str = "within", **changes: Any) -> Moderation:
    study, repository = study_of(slope, reading)
    node = study.analyses["screening"]
    assert isinstance(node, Moderators)
    return analysed("screening", node.model_copy(update=changes), repository, study)


def the(screen: Screen, name: str) -> Interaction:
    return next(interaction for interaction in screen.interactions if interaction.moderator == name)


def test_a_planted_interaction_is_found_with_its_direction() -> None:
    (screen,) = screening().results
    age = the(screen, "age")
    assert age.tier == "significant"
    assert age.step is not None
    assert age.step.text == "10 years"
    assert -1.6 < (age.within.each[0].effect.value or 0) < -0.5
    assert plain(age.found) == "larger effect at lower values"
    assert age.expected is not None
    assert age.expected.text == "younger people gain more"
    first, _, last = age.at
    assert (first.percentile and first.percentile.text, last.percentile and last.percentile.text) == ("10th", "90th")
    assert (first.value.value or 0) < (last.value.value or 0)
    assert (first.estimate.effect.value or 0) > (last.estimate.effect.value or 0)


def test_the_other_sign_is_said_the_other_way() -> None:
    (screen,) = screening(slope=1.0).results
    assert plain(the(screen, "age").found) == "larger effect at higher values"


def test_levels_are_compared_with_their_reference() -> None:
    (screen,) = screening().results
    mood, sex = the(screen, "mood"), the(screen, "sex")
    assert [level.text for level in mood.levels] == ["low", "middling"]
    assert mood.reference is not None
    assert mood.reference.text == "high"
    assert mood.within.df_num is not None
    assert mood.within.df_num.value == 2
    assert [at.value.text for at in mood.at] == ["low", "middling", "high"]
    assert sex.within.p is sex.within.each[0].p
    gain = sex.within.each[0].effect.value or 0
    more, less = ("male", "female") if gain > 0 else ("female", "male")
    assert plain(sex.found) == f"larger effect with “{more}” than with “{less}”"
    slopes = {at.value.text: at.estimate.effect.value or 0 for at in mood.at}
    most, least = max(slopes, key=lambda k: slopes[k]), min(slopes, key=lambda k: slopes[k])
    assert plain(mood.found) == f"largest effect with “{most}”, smallest with “{least}”"


def test_the_baseline_of_the_outcome_says_which_end_is_worse() -> None:
    (screen,) = screening().results
    baseline = the(screen, "baseline RMDQ")
    high = (baseline.within.each[0].effect.value or 0) > 0
    assert plain(baseline.found) == (
        "larger effect at higher values (worse at baseline)"
        if high
        else "larger effect at lower values (better at baseline)"
    )


@pytest.mark.parametrize(
    ("name", "reason", "people", "trials"),
    [
        ("job", "one trial with a value on both sides, and the screening needs two", 440, 2),
        ("weight", "no participant has a value in a trial with both arms", 740, 3),
        ("dose", "it has one value in all", 0, 0),
    ],
)
def test_what_cannot_be_screened_has_its_reason_and_its_cost(name: str, reason: str, people: int, trials: int) -> None:
    (screen,) = screening().results
    one = the(screen, name)
    assert one.tier == "not estimable"
    for reading in (one.within, one.naive, one.across):
        assert (reading.status, reading.reason, reading.p.value) == ("not estimable", reason, None)
    assert one.holm.value is None
    assert one.holm.reason == reason
    assert one.found == ()
    assert (one.cost_people.value, one.cost_trials.value) == (people, trials)


def test_only_what_was_tested_is_counted_and_adjusted_for() -> None:
    record = screening()
    (screen,) = record.results
    assert screen.tested.value == 4
    p = {
        interaction.moderator: interaction.reading.p.value or 0.0
        for interaction in screen.interactions
        if interaction.tier != "not estimable"
    }
    smallest = min(p, key=lambda name: p[name])
    assert the(screen, smallest).holm.value == pytest.approx(min(1.0, 4 * p[smallest]))
    assert all((the(screen, n).benjamini_hochberg.value or 0) <= (the(screen, n).holm.value or 0) + 1e-12 for n in p)
    assert record.by_chance.value == pytest.approx(0.05 * 4)
    assert record.significant.value == sum(value < 0.05 for value in p.values())
    assert record.weak.value == sum(0.05 <= value < 0.20 for value in p.values())


def test_tiers_are_those_of_the_study_file() -> None:
    study, _ = study_of(-1.0, "within")
    node = study.analyses["screening"]
    assert isinstance(node, Moderators)
    tiers = node.tiers.model_copy(update={"significant": 0.999, "weak": 0.9999})
    (screen,) = screening(tiers=tiers).results
    assert {interaction.tier for interaction in screen.interactions} <= {"significant", "weak", "not estimable"}


def test_the_naive_reading_is_tested_where_it_is_asked_for() -> None:
    (screen,) = screening(reading="naive").results
    age = the(screen, "age")
    assert age.tested == "naive"
    assert age.reading is age.naive
    assert age.naive.p.value != age.within.p.value


def test_degrees_of_freedom_have_the_floor_that_is_asked_for() -> None:
    floored, bare = (
        the(screening(df_floor=floor).results[0], "age").across.each[0].df.value or 0 for floor in ("trials-1", "none")
    )
    assert floored == 2  # three trials
    assert bare < 2


def test_limits_of_tiers_have_the_decimals_that_they_need() -> None:
    settings = screening(tiers=Tiers(significant=0.005, weak=0.1)).settings
    assert (settings.significant.text, settings.weak.text) == ("0.005", "0.10")


def test_too_few_trials_for_all_is_said_once_for_the_screen() -> None:
    (screen,) = screening(minimum_trials=4).results
    assert screen.reason == "three trials, and four are needed"
    assert {interaction.tier for interaction in screen.interactions} == {"not estimable"}
    assert screen.tested.value == 0


def test_every_number_has_an_id_of_its_own() -> None:
    record = screening()
    ids = {row.id for row in results_of([record], {}).rows}
    assert "screening.overall.rmdq.short.age.within.effect" in ids
    assert "screening.overall.rmdq.short.mood.within.low.effect" in ids


@pytest.mark.parametrize("effect", ["random", "common"])
def test_both_readings_stand_in_the_record_whatever_is_tested(effect: str) -> None:
    study, repository = study_of(-1.0, "within")
    (screen,) = screening(interaction_effect=effect).results
    node = study.analyses["screening"]
    assert isinstance(node, Moderators)
    (people,) = people_of(node, repository, study)
    for name in ("age", "sex", "mood"):
        one = the(screen, name)
        column = column_of(Cohorts(repository, study).moderators((name,))[name].among(people), people)
        for choice, p in (("common", one.scatter.p_these), ("random", one.scatter.p_new)):
            fit = screen_moderator(
                people.response, people.treatment, people.trial, column, adjusters=people.adjusters, per=10.0,
                interaction_effect=choice, adjuster_slopes="stratified", minimum_trials=2,
            )  # fmt: skip
            assert p.value == pytest.approx(fit.within.p_value, rel=1e-9)
        assert one.within.p.value == (one.scatter.p_new if effect == "random" else one.scatter.p_these).value
        if name == "age":  # the interaction is given for ten years, and so is its spread
            assert one.scatter.tau.value == pytest.approx(fit.within.tau_interaction, rel=1e-9)
    nobody = the(screen, "weight")
    assert {nobody.scatter.p_these.status, nobody.scatter.p_new.status, nobody.scatter.tau.status} == {"not estimable"}


def test_both_readings_of_few_people_are_kept_back() -> None:
    study, repository = study_of(-1.0, "within")
    policy = study.policy.model_copy(update={"minimum_cell": 1000})
    node = study.analyses["screening"]
    assert isinstance(node, Moderators)
    record = analysed("screening", node, repository, study.model_copy(update={"policy": policy}))
    age = the(record.results[0], "age")
    told = (age.scatter.p_these, age.scatter.p_new, age.scatter.tau)
    assert [(item.value, item.status) for item in told] == [(None, "suppressed")] * 3


def test_a_search_takes_what_was_screened_below_a_limit_in_the_order_of_p() -> None:
    study, repository = study_of(-1.0, "within")
    node = study.analyses["screening"]
    assert isinstance(node, Moderators)
    (people,) = people_of(node, repository, study)
    fits = screened(people, Cohorts(repository, study).moderators(node.moderators), node=node)

    def below(limit: float) -> tuple[str, ...]:
        return screened_in(node.moderators, fits, node, limit)

    (screen,) = screening().results
    p = {
        interaction.moderator: interaction.reading.p.value
        for interaction in screen.interactions
        if interaction.reading.p.value is not None
    }
    assert below(1.0) == tuple(sorted(p, key=lambda name: p[name]))
    assert below(1.01 * p["age"]) == ("age",)
    assert below(1e-300) == ()

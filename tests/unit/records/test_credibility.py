"""The items of ICEMAN, answered from numbers: each limit on both of its sides, and the rating that follows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.records.credibility import (
    Facts,
    answers,
    chance_unlikely,
    enough_trials,
    few_tested,
    no_arbitrary_cut,
    random_effects,
    rated,
    similar_by_trial,
    stated_beforehand,
    suggested,
    within_trials,
)

SURE, LIKELY, UNCLEAR, AGAINST, NONE = (
    "definitely increased",
    "probably increased",
    "probably reduced or unclear",
    "definitely reduced",
    "does not apply",
)


@pytest.mark.parametrize(("within", "said"), [(True, SURE), (False, UNCLEAR)])
def test_within_trials(within, said):
    assert within_trials(Facts(within=within)) == said


@pytest.mark.parametrize(
    ("i2", "q_p", "trials", "same", "said"),
    [
        (0.74, 0.2, 6, 6, UNCLEAR),
        (0.75, 0.2, 6, 6, AGAINST),
        (0.1, 0.009, 6, 6, AGAINST),
        (0.1, 0.09, 6, 6, UNCLEAR),
        (0.3, 0.5, 6, 6, LIKELY),
        (0.1, 0.5, 5, 4, SURE),
        (0.1, 0.5, 5, 3, LIKELY),
        (0.0, 0.5, 2, 2, LIKELY),
        (float("nan"), 0.5, 5, 5, UNCLEAR),
        (0.0, 0.5, 1, 1, UNCLEAR),
    ],
)
def test_similar_by_trial(i2, q_p, trials, same, said):
    assert similar_by_trial(Facts(i2=i2, q_p=q_p, trials=trials, same_sign=same)) == said


@pytest.mark.parametrize(("trials", "said"), [(5, AGAINST), (6, UNCLEAR), (11, LIKELY), (16, SURE)])
def test_number_of_trials_counts_only_between_them(trials, said):
    assert enough_trials(Facts(within=False, trials=trials)) == said
    assert enough_trials(Facts(within=True, trials=trials)) == NONE


def test_direction():
    said = {"as expected": SURE, "against expectation": AGAINST, "stated in words": UNCLEAR, "not stated": UNCLEAR}
    assert {key: stated_beforehand(Facts(direction=key)) for key in said} == said


@pytest.mark.parametrize(
    ("p", "said"),
    [(0.005, SURE), (0.0051, LIKELY), (0.01, LIKELY), (0.05, UNCLEAR), (0.051, AGAINST), (float("nan"), AGAINST)],
)
def test_chance(p, said):
    assert chance_unlikely(Facts(p=p)) == said


@pytest.mark.parametrize(
    ("tested", "adjusted", "said"), [(3, False, SURE), (10, False, UNCLEAR), (11, False, AGAINST), (11, True, LIKELY)]
)
def test_number_tested(tested, adjusted, said):
    assert few_tested(Facts(tested=tested, adjusted=adjusted)) == said


@pytest.mark.parametrize(("tested", "adjusted", "said"), [(1, True, LIKELY), (3, False, UNCLEAR), (11, False, AGAINST)])
def test_a_search_tries_more_than_its_moderators(tested, adjusted, said):
    assert few_tested(Facts(tested=tested, adjusted=adjusted, searched=True)) == said


@pytest.mark.parametrize(("held_out", "said"), [(2.0, SURE), (float("nan"), SURE), (0.0, UNCLEAR), (-2.0, UNCLEAR)])
def test_what_trials_held_out_do_not_show_is_perhaps_not_similar(held_out, said):
    assert similar_by_trial(Facts(i2=0.1, q_p=0.5, trials=5, same_sign=5, held_out=held_out)) == said


def test_random_effects_and_cuts():
    models = [Facts(random_treatment=a, random_interaction=b) for a, b in ((False, False), (True, False), (True, True))]
    assert [random_effects(model) for model in models] == [AGAINST, LIKELY, SURE]
    assert [no_arbitrary_cut(Facts(cut=cut)) for cut in ("none", "levels", "searched")] == [SURE, NONE, AGAINST]


@pytest.mark.parametrize(
    ("given", "rating"),
    [
        ([SURE] * 7 + [UNCLEAR], "high"),
        ([SURE] * 6 + [UNCLEAR] * 2, "moderate"),
        ([SURE] * 7 + [AGAINST], "moderate"),
        ([SURE] * 6 + [AGAINST] * 2, "low"),
        ([UNCLEAR] * 4 + [AGAINST] * 3 + [NONE], "very low"),
    ],
)
def test_suggested_rating(given, rating):
    assert suggested(given) == rating


def test_without_draws_the_chance_of_a_search_is_unclear_and_its_rating_low_at_most():
    found = Facts(p=0.004, adjusted=True, searched=True, i2=0.0, q_p=0.9, trials=5, same_sign=5)
    drawless = replace(found, p=None, adjusted=False)
    assert (rated(found), chance_unlikely(drawless), rated(drawless)) == ("high", UNCLEAR, "low")


def test_eight_answers():
    assert len(answers(Facts(p=0.02))) == 8

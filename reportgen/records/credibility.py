"""The credibility of an effect modification, item by item, as far as numbers can say it.

In: facts of one moderator or subgroup. Out: an answer to each item of ICEMAN (version 1.1, for meta-analyses) with a
suggested rating; the rating itself is a person's. Source: Schandelmaier et al. 2020 (CMAJ 192:E901) and its manual; where
that leaves a limit open, ours is given with the item.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Answer = Literal[
    "definitely reduced", "probably reduced or unclear", "probably increased", "definitely increased", "does not apply"
]
Rating = Literal["very low", "low", "moderate", "high"]
Direction = Literal["as expected", "against expectation", "stated in words", "not stated"]
CutPoint = Literal["none", "levels", "searched"]

APPLIES_BELOW = 0.1
"""ICEMAN is for a suggested effect modification: p of the interaction below this."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one effect modification.

    Attributes
    ----------
    p : float or None
        Of the interaction, adjusted for the search or for all that was tested where `adjusted`; NaN counts as above all limits.
        None where only random draws could tell it, and there are none.
    adjusted : bool
    searched : bool
        Whether a search found it, which tries many subgroups of each moderator.
    tested : int
        Moderators that were tested.
    within : bool
        Whether only differences within trials count.
    trials : int
        Trials that tell of the interaction.
    i2, q_p : float
        Of the interactions by trial, I² as a share; NaN where fewer than two trials have one.
    same_sign : int
        Trials whose interaction has the sign of the pooled one.
    held_out : float
        The difference in trials that did not choose the subgroup, against which it is larger where positive; NaN where no
        trial was held out.
    direction : {'as expected', 'against expectation', 'stated in words', 'not stated'}
        What was stated beforehand, against what was found.
    random_treatment, random_interaction : bool
        What the model lets vary between trials.
    cut : {'none', 'levels', 'searched'}
        How a quantity was divided: not at all, it has levels of its own, or at a cut that was searched for.
    of_trials : bool
        Whether the moderator is one value of each trial, in which no trial has an interaction of its own.
    """

    p: float | None = math.nan
    adjusted: bool = False
    searched: bool = False
    tested: int = 1
    within: bool = True
    trials: int = 0
    i2: float = math.nan
    q_p: float = math.nan
    same_sign: int = 0
    held_out: float = math.nan
    direction: Direction = "not stated"
    random_treatment: bool = True
    random_interaction: bool = True
    cut: CutPoint = "none"
    of_trials: bool = False


def within_trials(facts: Facts) -> Answer:
    """Item 1: comparison within rather than between trials."""
    return "definitely increased" if facts.within else "probably reduced or unclear"


def similar_by_trial(facts: Facts) -> Answer:
    """Item 2: similar from trial to trial.

    Ours: not similar from I² 75% or p of Q below 0.01, perhaps not from 50% or 0.1; similar for certain where I² is below 25%
    and at least three trials, four in five of them, have the sign of the pooled interaction.

    Examples
    --------
    >>> similar_by_trial(Facts(i2=0.8, trials=5)), similar_by_trial(Facts(i2=0.1, trials=5, same_sign=5))
    ('definitely reduced', 'definitely increased')
    """
    if facts.of_trials:
        return "does not apply"
    if facts.i2 != facts.i2 or facts.trials < 2:
        return "probably reduced or unclear"
    if facts.i2 >= 0.75 or facts.q_p < 0.01:
        return "definitely reduced"
    if facts.i2 >= 0.5 or facts.q_p < 0.1 or facts.held_out <= 0.0:
        return "probably reduced or unclear"
    alike = facts.i2 < 0.25 and facts.same_sign >= 3 and facts.same_sign >= 0.8 * facts.trials
    return "definitely increased" if alike else "probably increased"


def enough_trials(facts: Facts) -> Answer:
    """Item 3: the number of trials, where trials are compared with each other."""
    if facts.within:
        return "does not apply"
    limits: tuple[tuple[int, Answer], ...] = (
        (15, "definitely increased"),
        (10, "probably increased"),
        (5, "probably reduced or unclear"),
    )
    return next((answer for least, answer in limits if facts.trials > least), "definitely reduced")


def stated_beforehand(facts: Facts) -> Answer:
    """Item 4: a direction that was stated beforehand, and found."""
    answers: dict[Direction, Answer] = {
        "as expected": "definitely increased",
        "against expectation": "definitely reduced",
        "stated in words": "probably reduced or unclear",
        "not stated": "probably reduced or unclear",
    }
    return answers[facts.direction]


def chance_unlikely(facts: Facts) -> Answer:
    """Item 5: chance as an explanation, by p of the interaction.

    Examples
    --------
    >>> [chance_unlikely(Facts(p=p)) for p in (0.004, 0.009, 0.03, 0.07)]
    ['definitely increased', 'probably increased', 'probably reduced or unclear', 'definitely reduced']
    """
    limits: tuple[tuple[float, Answer], ...] = (
        (0.005, "definitely increased"),
        (0.01, "probably increased"),
        (0.05, "probably reduced or unclear"),
    )
    if facts.p is None:
        return "probably reduced or unclear"
    return next((answer for most, answer in limits if facts.p <= most), "definitely reduced")


def few_tested(facts: Facts) -> Answer:
    """Item 6: few moderators tested, or their number allowed for.

    Ours: of a search few moderators are many subgroups, whose number random draws allow for.
    """
    if facts.tested <= 3 and not facts.searched:
        return "definitely increased"
    if facts.adjusted:
        return "probably increased"
    return "definitely reduced" if facts.tested > 10 else "probably reduced or unclear"


def random_effects(facts: Facts) -> Answer:
    """Item 7: a random-effects model; one whose interaction is common leaves its variation between trials out."""
    if not facts.random_treatment:
        return "definitely reduced"
    return "definitely increased" if facts.random_interaction else "probably increased"


def no_arbitrary_cut(facts: Facts) -> Answer:
    """Item 8: no arbitrary cut of a quantity; one that was searched for is the cut that the data like best.

    Ours: several levels that a search put on one side are such a cut.
    """
    answers: dict[CutPoint, Answer] = {
        "none": "definitely increased",
        "levels": "does not apply",
        "searched": "definitely reduced",
    }
    return answers[facts.cut]


ITEMS = (
    (1, "Comparison within rather than between trials", within_trials),
    (2, "Similar from trial to trial", similar_by_trial),
    (3, "Large number of trials (comparison between trials)", enough_trials),
    (4, "Direction stated beforehand", stated_beforehand),
    (5, "Chance an unlikely explanation", chance_unlikely),
    (6, "Few moderators tested, or their number allowed for", few_tested),
    (7, "Random-effects model", random_effects),
    (8, "No arbitrary cut point", no_arbitrary_cut),
)
"""Number, what is asked, and how it is answered."""


def answers(facts: Facts) -> tuple[Answer, ...]:
    """Return the answer to each of the eight items, in their order."""
    return tuple(answer(facts) for _, _, answer in ITEMS)


def suggested(given: Iterable[Answer]) -> Rating:
    """Return the rating that the manual suggests for some answers.

    Nothing in favour: very low. Two answers of "definitely reduced": low at most; one of them, or two of "probably reduced or
    unclear": moderate at most; otherwise high.

    Examples
    --------
    >>> suggested(["definitely increased"] * 8), suggested(["definitely reduced"] * 2 + ["definitely increased"] * 6)
    ('high', 'low')
    >>> suggested(["definitely reduced"] * 8)
    'very low'
    """
    applying = [answer for answer in given if answer != "does not apply"]
    definitely = applying.count("definitely reduced")
    perhaps = applying.count("probably reduced or unclear")
    if definitely + perhaps == len(applying):
        return "very low"
    if definitely >= 2:
        return "low"
    return "moderate" if definitely or perhaps >= 2 else "high"


def rated(facts: Facts) -> Rating:
    """Return the rating suggested for one effect modification.

    Ours: without random draws nobody knows how easily a search finds as much by chance, so that it is low at most.

    Examples
    --------
    >>> from dataclasses import replace
    >>> found = Facts(p=0.004, adjusted=True, searched=True, cut="searched")
    >>> rated(found), rated(replace(found, p=None, adjusted=False))
    ('moderate', 'low')
    """
    rating = suggested(answers(facts))
    return "low" if facts.p is None and rating != "very low" else rating

"""Effect modifications that a run suggests, each with the numbers on which its credibility rests.

In: screens and searches as recorded, and what was stated before them. Out: a `Modification` for each interaction with a moderator,
each subgroup of a partitioning and each box of a peeling whose p of the interaction, as found, is below 0.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reportgen.records import kinds
from reportgen.records.credibility import APPLIES_BELOW, Answer, CutPoint, Direction, Facts, Rating, answers, rated
from reportgen.records.derived import Derived
from reportgen.records.honesty import HeldOut, SearchHonesty, SubgroupHonesty
from reportgen.records.moderation import Interaction, Moderation, Screen, ScreeningSettings, label_of
from reportgen.records.numbers import Inline, Number
from reportgen.records.partition import Condition, PartitionedOutcome, SearchSettings, Subgroup
from reportgen.records.peeling import PeeledBox, PeeledModerator, PeeledOutcome, PeelingSettings
from reportgen.records.trial_interactions import Consistency, ContrastByTrial


@dataclass(frozen=True, slots=True)
class Modification:
    """One effect modification.

    Attributes
    ----------
    id : str
        What the ids of its numbers begin with.
    words : Inline
        The moderator, or who is in the subgroup.
    p : Number
        Of the interaction, as found.
    adjusted : Number or None
        The same adjusted for all that was tested, or p of the search; None without draws of a search.
    trials, same_sign, i2 : Number or None
        Trials that tell of the interaction, those of them with its sign, and I²; None where not known.
    tested : Number
        Moderators that were tested.
    expected : tuple of Number
        What was stated beforehand of its moderators, in words; empty unless of each of them.
    facts : Facts
        The same as the items of the instrument take it.
    """

    id: str
    words: Inline
    p: kinds.P[Number]
    adjusted: kinds.P[Number] | None
    trials: kinds.Count[Number] | None
    same_sign: kinds.Count[Number] | None
    i2: kinds.Percent[Number] | None
    tested: kinds.Count[Number]
    expected: tuple[kinds.Words[Number], ...]
    facts: Facts

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answers to the items, in their order."""
        return answers(self.facts)

    @property
    def rating(self) -> Rating:
        """The rating that they suggest."""
        return rated(self.facts)


@dataclass(frozen=True, slots=True)
class Beforehand:
    """What stood before a search.

    Attributes
    ----------
    expected : mapping of str to Number
        By moderator, what was stated of it in words.
    tested : Number or None
        Moderators that a screening tested, where the search takes its own from one.
    """

    expected: Mapping[str, kinds.Words[Number]]
    tested: kinds.Count[Number] | None


def beforehand(
    result: PartitionedOutcome | PeeledOutcome, screened_by: Number | None, screenings: Iterable[Moderation]
) -> Beforehand:
    """Return what was stated and tested before a search: in its screening, or where it has none in any.

    Parameters
    ----------
    result : PartitionedOutcome or PeeledOutcome
    screened_by : Number or None
        Name of the screening.
    screenings : iterable of Moderation
        Of the study.
    """
    own = [item for item in screenings if screened_by is None or item.name == screened_by.words]
    stated = {
        item.moderator: item.expected
        for screening in own
        for screen in screening.results
        for item in screen.interactions
        if item.expected is not None
    }
    cell = (result.comparison, result.outcome, result.follow_up)
    screens = [s for item in own for s in item.results if (s.comparison, s.outcome, s.follow_up) == cell]
    return Beforehand(stated, screens[0].tested if screens and screened_by is not None else None)


def suggested_by(p: Number) -> bool:
    """Whether p of an interaction suggests an effect modification, so that its credibility can be asked for."""
    return p.value is not None and p.value < APPLIES_BELOW


def of_screen(screen: Screen, settings: ScreeningSettings) -> tuple[Modification, ...]:
    """Return the effect modifications that a screen suggests.

    Parameters
    ----------
    screen : Screen
    settings : ScreeningSettings
    """
    return tuple(
        _of_interaction(item, screen, settings) for item in screen.interactions if suggested_by(item.reading.p)
    )


def _of_interaction(item: Interaction, screen: Screen, settings: ScreeningSettings) -> Modification:
    adjusted = item.holm if item.min_p is None else item.min_p
    within, by_trial = item.tested == "within", item.by_trial
    differs = max(by_trial, key=lambda each: each.i2.value or 0.0, default=None)
    pooled = bool(by_trial) and all(each.i2.value is not None for each in by_trial)
    trials = min((len(each.estimated) for each in by_trial), default=0) if within else int(item.trials.value or 0)
    same_sign = min((_same_sign(each) for each in by_trial), default=0)
    counts = Derived(item.id).at("credibility")
    return Modification(
        id=item.id,
        words=label_of(item),
        p=item.reading.p,
        adjusted=adjusted,
        trials=counts.count("trials", trials, "trials"),
        same_sign=counts.count("same sign", same_sign, "trials") if by_trial else None,
        i2=differs.i2 if differs is not None and pooled else None,
        tested=screen.tested,
        expected=() if item.expected is None else (item.expected,),
        facts=Facts(
            p=_value(adjusted),
            adjusted=True,
            tested=int(screen.tested.value or 0),
            within=within,
            trials=trials,
            i2=max(_value(each.i2) for each in by_trial) / 100 if pooled else math.nan,
            q_p=min(_value(each.heterogeneity.q_p) for each in by_trial) if pooled else math.nan,
            same_sign=same_sign,
            direction="not stated" if item.expected is None else "stated in words",
            random_treatment=settings.treatment_effect == "random",
            # what trials share varies between them by the effect of treatment alone
            random_interaction=settings.interaction_effect == "random" or item.of_trials,
            of_trials=item.of_trials,
            cut="levels" if item.levels else "none",
        ),
    )


def _value(number: Number) -> float:
    return math.nan if number.value is None else float(number.value)


def _same_sign(contrast: ContrastByTrial) -> int:
    """Return how many trials have an interaction on the side of the pooled one."""
    pooled = contrast.pooled.effect.value or 0.0
    return sum((item.estimate.effect.value or 0.0) * pooled > 0.0 for item in contrast.estimated)


def of_partition(search: PartitionedOutcome, settings: SearchSettings, before: Beforehand) -> tuple[Modification, ...]:
    """Return the effect modifications that the subgroups of a partitioning suggest, variants left out.

    Parameters
    ----------
    search : PartitionedOutcome
    settings : SearchSettings
    before : Beforehand
    """
    return tuple(_of_subgroups(search, settings, before))


def _of_subgroups(search: PartitionedOutcome, settings: SearchSettings, before: Beforehand) -> Iterator[Modification]:
    searched = [use for use in search.moderators if use.searched]
    held_out = None if search.honesty is None else search.honesty.held_out
    for group in search.findings:
        found = _Found(
            id=group.inside.id,
            words=group.inside.words,
            difference=group.split.difference.effect,
            p=group.split.difference.p,
            trials=group.inside.trials,
            consistency=group.consistency,
            honesty=group.honesty,
            held_out=held_out,
            moderators=tuple(condition.moderator for condition in group.inside.rule),
            direction="not stated",
            cut=_cut_of_rule(group),
        )
        if suggested_by(found.p):
            yield found.modification(search.id, search.honesty, settings, before, len(searched))


def _cut_of_rule(group: Subgroup) -> CutPoint:
    """Return how a subgroup was cut out: also levels are a cut where a search put several on one side."""
    last = group.split
    conditions = (*group.inside.rule, last.better, last.other)
    return "searched" if any(map(_searched_for, conditions)) else "levels"


def _searched_for(condition: Condition) -> bool:
    return condition.cut is not None or len(condition.levels) > 1


def of_peeling(
    peeling: PeeledOutcome, boxes: Sequence[PeeledBox], settings: PeelingSettings, before: Beforehand
) -> tuple[Modification, ...]:
    """Return the effect modifications that some boxes of a peeling suggest.

    Parameters
    ----------
    peeling : PeeledOutcome
    boxes : sequence of PeeledBox
        Of those recorded.
    settings : PeelingSettings
    before : Beforehand
    """
    return tuple(_of_boxes(peeling, boxes, settings, before))


def _of_boxes(
    peeling: PeeledOutcome, boxes: Sequence[PeeledBox], settings: PeelingSettings, before: Beforehand
) -> Iterator[Modification]:
    for box in boxes:
        limiting = [each for each, limit in zip(peeling.moderators, box.limits, strict=True) if _limits(limit)]
        found = _Found(
            id=box.id,
            words=("size\u00a0", box.share),
            difference=box.difference.effect,
            p=box.difference.p,
            trials=box.trials,
            consistency=box.consistency,
            honesty=box.honesty,
            held_out=None if box.honesty is None else box.honesty.held_out,
            moderators=tuple(moderator.name for moderator in limiting),
            direction=_declared(limiting, box.difference.effect),
            cut="levels" if all(map(_of_two_levels, limiting)) else "searched",
        )
        if suggested_by(found.p):
            yield found.modification(peeling.id, peeling.honesty, settings, before, len(peeling.moderators))


def _limits(limit: Number) -> bool:
    """Whether a limit of a box is one: a value, or a level in words."""
    return limit.value is not None or limit.kind == "quotation"


def _of_two_levels(moderator: PeeledModerator) -> bool:
    return moderator.levels is not None and moderator.levels.value == 2


def _declared(limiting: Sequence[PeeledModerator], difference: Number) -> Direction:
    """Return whether a direction was declared of the one moderator of a box, and found; a combination was not stated."""
    if len(limiting) != 1 or not limiting[0].declared:
        return "not stated"
    return "as expected" if (difference.value or 0.0) > 0.0 else "against expectation"


@dataclass(frozen=True, slots=True)
class _Found:
    """A subgroup or a box, as its credibility takes it."""

    id: str
    words: Inline
    difference: kinds.Effect[Number]
    p: kinds.P[Number]
    trials: kinds.Count[Number]
    consistency: Consistency[Number] | None
    honesty: SubgroupHonesty[Number] | None
    held_out: HeldOut[Number] | None
    moderators: tuple[str, ...]
    direction: Direction
    cut: CutPoint

    def modification(
        self,
        search: str,
        whole: SearchHonesty[Number] | None,
        settings: SearchSettings | PeelingSettings,
        before: Beforehand,
        searched: int,
    ) -> Modification:
        """Return it with the facts of its search: its id, what draws say of it, its settings and how many moderators it has."""
        p = None if self.honesty is None or self.honesty.p_search.value is None else self.honesty.p_search
        names = dict.fromkeys(self.moderators)
        expected = tuple(before.expected[name] for name in names if name in before.expected)
        stated = len(expected) == len(names)
        tested = before.tested or Derived(search).at("credibility").count("tested", searched, "moderators")
        alike = self.consistency
        trials = self.trials if alike is None else alike.trials
        words: Direction = "stated in words" if stated and len(names) == 1 else "not stated"
        return Modification(
            id=self.id,
            words=self.words,
            p=self.p,
            adjusted=p,
            trials=trials,
            same_sign=None if alike is None else alike.same_sign,
            i2=None if alike is None or alike.i2.value is None else alike.i2,
            tested=tested,
            expected=expected if stated else (),
            facts=Facts(
                p=None if p is None else _value(p),
                adjusted=p is not None,
                searched=True,
                tested=int(tested.value or 0),
                within=settings.information == "within",
                trials=int(trials.value or 0),
                i2=math.nan if alike is None else _value(alike.i2) / 100,
                q_p=math.nan if alike is None else _value(alike.q_p),
                same_sign=0 if alike is None else int(alike.same_sign.value or 0),
                held_out=self._held_out(),
                direction=words if self.direction == "not stated" else self.direction,
                random_treatment=settings.treatment_effect == "random",
                random_interaction=False,
                cut=self.cut,
            ),
        )

    def _held_out(self) -> float:
        """Return the difference in trials held out, positive where it has the sign of the one found."""
        if self.held_out is None:
            return math.nan
        return _value(self.held_out.difference.effect) * math.copysign(1.0, _value(self.difference))

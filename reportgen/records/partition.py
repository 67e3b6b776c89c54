"""Recursive partitioning as a report may tell it: subgroups, the tree they hang on, and every cut that was tried.

Numbers that are printed carry ids; what is only drawn (the cuts that were tried) is plain floats, and goes to the series of
the analysis. A rule is kept in parts, so that a tree prints its last condition and a table all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic, Literal

from reportgen.records import kinds
from reportgen.records.effect_scale import EffectScale
from reportgen.records.estimate import Estimate, ExcludedParticipants, NotAdjusted, SearchRange, SuppressionNote
from reportgen.records.honesty import Candidate, SearchHonesty, SubgroupHonesty
from reportgen.records.numbers import Inline, Number, Status, V
from reportgen.records.record import Record
from reportgen.records.screened_choice import ScreenedChoice
from reportgen.records.sites import Sites
from reportgen.records.trial_interactions import Consistency

Sign = Literal["≤", ">", "levels"]
POINTS = "points"
"""The unit of a questionnaire, which says no more than that it has none."""


@dataclass(frozen=True, slots=True)
class Condition(Generic[V]):
    """One condition of a rule: "FFbHR ≤ 54.2 points", "Sex: female", "Anxiety: low or moderate".

    Attributes
    ----------
    moderator : str
        Name as in the study file.
    label, unit : Number
        Quotations.
    sign : {'≤', '>', 'levels'}
    cut : Number or None
        Where people are divided; None for levels.
    levels : tuple of Number
        Those that belong; empty for a quantity.
    """

    moderator: str
    label: kinds.Words[V]
    sign: Sign
    cut: kinds.Measured[V] | None
    levels: tuple[kinds.Words[V], ...]
    unit: kinds.Words[V]

    @property
    def words(self) -> Inline[V]:
        """The condition as running text.

        Examples
        --------
        >>> from reportgen.records.numbers import Number, plain
        >>> label, unit = (Number(f"rp.{text}", None, text, kind="quotation") for text in ("FFbHR", "points"))
        >>> plain(Condition("FFbHR", label, ">", Number("rp.cut", 54.2, "54.2"), (), unit).words)
        'FFbHR >\xa054.2 points'
        """
        if self.cut is None:
            listed: list[str | V] = []
            for i, level in enumerate(self.levels):
                listed += [" or ", level] if i else [level]
            return (self.label, ": ", *listed)
        unit: Inline[V] = ("" if self.unit.words.startswith("%") else " ", self.unit) if self.unit.words else ()
        return (self.label, f" {self.sign}\u00a0", self.cut, *unit)

    @property
    def in_points(self) -> bool:
        """Whether its limit is one of a questionnaire, in points."""
        return self.cut is not None and self.unit.words == POINTS

    @property
    def brief(self) -> Inline[V]:
        """The condition where room is scarce: without "points"."""
        return self.words[:-2] if self.in_points else self.words


def rule_words(rule: tuple[Condition[V], ...], *, brief: bool = False) -> Inline[V]:
    """Return conditions joined by "and"; everybody where there is none."""
    if not rule:
        return ("All participants",)
    words: list[str | V] = []
    for i, condition in enumerate(rule):
        own = condition.brief if brief else condition.words
        words += [" and ", *own] if i else own
    return tuple(words)


@dataclass(frozen=True, slots=True)
class NormalInterval(Generic[V]):
    """The interval of the same model with the normal distribution, as many publications print it."""

    low: kinds.Effect[V]
    high: kinds.Effect[V]


@dataclass(frozen=True, slots=True)
class Members(Generic[V]):
    """The people of a rule and the effect among them, estimated in them alone.

    Attributes
    ----------
    id : str
        What the ids of its numbers begin with.
    rule : tuple of Condition
        Empty for everybody.
    n, n_control, n_intervention, trials : Number
        Trials are those with both arms inside.
    estimate : Estimate
    normal : NormalInterval
    status, reason
        How the fit ended.
    """

    id: str
    rule: tuple[Condition[V], ...]
    n: kinds.Count[V]
    n_control: kinds.Count[V]
    n_intervention: kinds.Count[V]
    trials: kinds.Count[V]
    estimate: Estimate[V]
    normal: NormalInterval[V]
    status: Status
    reason: str
    not_adjusted: tuple[NotAdjusted[V], ...] = ()

    @property
    def words(self) -> Inline[V]:
        """The rule as running text."""
        return rule_words(self.rule)


@dataclass(frozen=True, slots=True)
class Split(Generic[V]):
    """The best cut of one moderator in one node.

    Attributes
    ----------
    node : int
        Place of the divided node in `tree`.
    better, other : Condition
        The side with the larger effect, and its sibling.
    cuts : Number
        How many cuts (or sets of levels) of the moderator were tried.
    p_raw : Number
        Of the best cut, by the criterion of the search.
    p_adjusted : Number
        For the number of cuts.
    p_node : Number
        And for the number of moderators.
    difference : Estimate
        Effect on the better side minus that on the other one, from the interaction model in the divided node.
    kept : bool
    reason : inline
        Why it was not kept.
    """

    node: int
    better: Condition[V]
    other: Condition[V]
    cuts: kinds.Count[V]
    p_raw: kinds.P[V]
    p_adjusted: kinds.P[V]
    p_node: kinds.P[V]
    difference: Estimate[V]
    kept: bool
    reason: Inline[V]


@dataclass(frozen=True, slots=True)
class Subgroup(Generic[V]):
    """A subgroup that was found: its people, those on the other side of its last split, and everybody else.

    Attributes
    ----------
    number, level : int
        Numbers count from 1, by level, then by p.
    inside, sibling, complement : Members
    split : Split
    p_pooled, p_within : Number
        Of the interaction of treatment with the last split, with and without information from between trials.
    p_new : Number
        Of the same, where the interaction varies between trials: whether the difference may be expected in new ones.
    honesty : SubgroupHonesty or None
        What random draws say of it; None without draws.
    variant_of : int or None
        Number of a stronger subgroup of nearly the same people; None for a finding of its own.
    jaccard : Number or None
        Those in both over those in either; None for a finding of its own.
    consistency : Consistency or None
        Whether the difference between the sides of the last split is alike from trial to trial; None where it is not disclosed.
    """

    number: int
    level: int
    inside: Members[V]
    sibling: Members[V]
    complement: Members[V]
    split: Split[V]
    p_pooled: kinds.P[V]
    p_within: kinds.P[V]
    p_new: kinds.P[V]
    honesty: SubgroupHonesty[V] | None = None
    variant_of: int | None = None
    jaccard: kinds.Statistic[V] | None = None
    consistency: Consistency[V] | None = None

    @property
    def supported(self) -> bool:
        """Whether it is more than a candidate, or nothing was drawn that could say so."""
        return self.honesty is None or self.honesty.verdict != "candidate, not supported"


@dataclass(frozen=True, slots=True)
class TreeNode(Generic[V]):
    """A node of the tree that was looked into.

    `parent` is its place in the tree (None for the root), `subgroup` the number of the subgroup that it is.
    """

    parent: int | None
    level: int
    members: Members[V]
    splits: tuple[Split[V], ...]
    subgroup: int | None


@dataclass(frozen=True, slots=True)
class Profile(Generic[V]):
    """The cuts of one moderator that were tried in one node, those disclosed that differ by enough people: drawn, not printed.

    Attributes
    ----------
    node : int
        Place in the tree.
    moderator : str
    label, unit : Number
        Quotations.
    cuts : tuple of float
        Of a quantity; the places 1, 2, … of the sets of levels otherwise.
    sets : tuple of str
        The levels on the first side; empty for a quantity.
    estimate, std_error, z, minus_log10_p : tuple of float
        One each a cut, NaN where the two sides were too small.
    chosen : int or None
        Place of the best cut.
    kept : bool
        Whether people were divided there.
    threshold : float
        −log10 p that a cut must reach to be kept; NaN where the criterion has no such limit.
    suppressed : int
        How many cuts were tried and are not disclosed: too few people tell them from one that is.
    refit : tuple of float
        Of events: estimate, standard error and p (ratio of likelihoods) of the best cut fitted anew; all others are one step from
        the model without any cut. Empty of other outcomes.
    """

    node: int
    moderator: str
    label: kinds.Words[V]
    unit: kinds.Words[V]
    cuts: tuple[float, ...]
    sets: tuple[str, ...]
    estimate: tuple[float, ...]
    std_error: tuple[float, ...]
    z: tuple[float, ...]
    minus_log10_p: tuple[float, ...]
    chosen: int | None
    kept: bool
    threshold: float
    suppressed: int = 0
    refit: tuple[float, ...] = ()

    def refit_at(self, place: int) -> tuple[float, ...]:
        """The refit where the cut at a place is the best one, else NaN."""
        return self.refit if self.refit and place == self.chosen else (math.nan,) * len(REFIT)


@dataclass(frozen=True, slots=True)
class ModeratorUse(Generic[V]):
    """A moderator of the search: what it costs by itself, and why it was left out, if it was."""

    name: str
    label: kinds.Words[V]
    people: kinds.Count[V]
    trials: kinds.Count[V]
    searched: bool
    reason: Inline[V]


@dataclass(frozen=True, slots=True)
class PartitionedOutcome(Generic[V]):
    """The search in one outcome at one follow-up in one comparison.

    Attributes
    ----------
    id : str
    outcome, follow_up, comparison : str
        Names as in the study file.
    outcome_label, unit, follow_up_label : Number
    scale : EffectScale
        Of its effects.
    overall : Members
        Everybody in the search.
    in_comparison : Number
    moderators : tuple of ModeratorUse
    cuts : Number
        Cuts tried in the whole search.
    min_size : Number
        People that each side of a split needs here.
    subgroups : tuple of Subgroup
        Empty where none was found: a result.
    tree : tuple of TreeNode
        The root first; empty where nothing could be searched.
    rejected : tuple of Split
        Best cuts that were not kept, the smallest p first.
    profiles : tuple of Profile
    excluded : tuple of ExcludedParticipants
    status, reason
        Whether a search was possible, and why not.
    honesty : SearchHonesty or None
        What random draws say of the whole search; None without draws.
    sites : Sites or None
        Sites within trials, which the search does not know; None where no trial has people of two.
    choice : ScreenedChoice or None
        How a screening chose the moderators; None but of events.
    """

    id: str
    outcome: str
    outcome_label: kinds.Words[V]
    unit: kinds.Words[V]
    scale: EffectScale
    follow_up: str
    follow_up_label: kinds.Words[V]
    comparison: str
    overall: Members[V]
    in_comparison: kinds.Count[V]
    moderators: tuple[ModeratorUse[V], ...]
    cuts: kinds.Count[V]
    min_size: kinds.Count[V]
    subgroups: tuple[Subgroup[V], ...]
    tree: tuple[TreeNode[V], ...]
    rejected: tuple[Split[V], ...]
    profiles: tuple[Profile[V], ...]
    excluded: tuple[ExcludedParticipants[V], ...]
    status: Status
    reason: str
    honesty: SearchHonesty[V] | None = None
    sites: Sites[V] | None = None
    choice: ScreenedChoice[V] | None = None

    @property
    def candidates(self) -> tuple[Candidate[V], ...]:
        """The subgroups as found, with what draws say of each; variants behind the one that they vary."""
        return tuple(
            Candidate(
                item.inside.words,
                item.inside.n,
                item.inside.estimate,
                item.split.difference,
                item.honesty,
                item.variant_of is not None,
                item.inside.id,
                item.p_new,
            )
            for finding in self.findings
            for item in (finding, *self.variants_of(finding))
        )

    @property
    def findings(self) -> tuple[Subgroup[V], ...]:
        """The subgroups without those that are nearly the people of a stronger one."""
        return tuple(subgroup for subgroup in self.subgroups if subgroup.variant_of is None)

    def variants_of(self, finding: Subgroup[V]) -> tuple[Subgroup[V], ...]:
        """Return the subgroups of nearly the same people as a stronger one."""
        return tuple(subgroup for subgroup in self.subgroups if subgroup.variant_of == finding.number)

    @property
    def empty(self) -> bool:
        """Whether nobody could enter."""
        return self.overall.n.value == 0

    @property
    def entered(self) -> Members[V]:
        """What counts those who entered."""
        return self.overall

    @property
    def statuses(self) -> tuple[Status, ...]:
        """How the fits ended: of everybody, and of each subgroup with its sibling and its complement."""
        groups = (item for group in self.subgroups for item in (group.inside, group.sibling, group.complement))
        return tuple(members.status for members in (self.overall, *groups))


@dataclass(frozen=True, slots=True)
class SearchSettings(Generic[V]):
    """How subgroups were searched for, in the words of the study file.

    `count_screened`: whether p is adjusted for moderators that a screening sorted out, too; never without a screening.
    `near`: the Jaccard index from which two subgroups are one finding. `min_events`: None where no outcome is an event.
    """

    adjust_for: tuple[kinds.Words[V], ...]
    treatment_effect: str
    criterion: str
    multiplicity: str
    across: str
    count_screened: bool
    information: str
    adjuster_slopes: str
    missing: str
    screened_by: kinds.Words[V] | None
    p_below: kinds.Setting[V] | None
    alpha: kinds.Setting[V]
    gamma: tuple[kinds.Setting[V], ...]
    depth: kinds.Setting[V]
    width: kinds.Setting[V]
    min_size: Inline[V]
    min_arm: kinds.Setting[V]
    min_trials: kinds.Setting[V]
    max_cuts: kinds.Setting[V]
    level: kinds.Setting[V]
    near: kinds.Setting[V] | None = None
    min_events: kinds.Setting[V] | None = None


@dataclass(frozen=True, slots=True)
class RecursivePartitioning(Record[SearchSettings[V], PartitionedOutcome[V], V]):
    """A named recursive partitioning: one search for every outcome x follow-up x comparison."""

    search_range: SearchRange[V]
    suppression: SuppressionNote[V]

    def series(self: RecursivePartitioning[Number]) -> dict[str, tuple[object, ...]]:
        """Return the cuts that were tried and are disclosed, as columns: a row a cut; of events also the best ones fitted anew."""
        refits = self.settings.min_events is not None
        rows = [
            (
                search.comparison,
                search.outcome,
                search.follow_up,
                profile.node,
                "".join(p if isinstance(p, str) else p.text for p in search.tree[profile.node].members.words),
                profile.moderator,
                None if profile.sets else cut,
                profile.sets[i] if profile.sets else None,
                profile.estimate[i],
                profile.std_error[i],
                profile.z[i],
                profile.minus_log10_p[i],
                profile.kept and i == profile.chosen,
                *(profile.refit_at(i) if refits else ()),
            )
            for search in self.results
            for profile in search.profiles
            for i, cut in enumerate(profile.cuts)
        ]
        names = SERIES + REFIT * refits
        return {name: tuple(row[i] for row in rows) for i, name in enumerate(names)}


REFIT = ("refit_estimate", "refit_std_error", "refit_p")
SERIES = (
    "comparison",
    "outcome",
    "follow_up",
    "node",
    "people",
    "moderator",
    "cut",
    "levels",
    "estimate",
    "std_error",
    "z",
    "minus_log10_p",
    "kept",
)

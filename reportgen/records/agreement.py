"""The agreement of recursive partitioning and directed peeling as a report may tell it: the same people, or others?

Each subgroup of the one is set beside each box of the other: how many people are in both, their Jaccard index, the effect
among them, and what they are like. Counts are of people whom both methods analysed.
"""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.records import kinds
from reportgen.records.effect_scale import EffectScale
from reportgen.records.estimate import Estimate
from reportgen.records.numbers import Inline, Status


@dataclass(frozen=True, slots=True)
class Trait:
    """A moderator, or one of its levels, among the people in both and among all others.

    Attributes
    ----------
    label, unit : Number
        Quotations.
    level : Number or None
        The level that is counted; None for a quantity.
    both, others : Inline
        "54.1 (12.3)", or "31 (20.1%)" of those with a value.
    """

    label: kinds.Words
    unit: kinds.Words
    level: kinds.Words | None
    both: Inline
    others: Inline


@dataclass(frozen=True, slots=True)
class Pair:
    """A subgroup of recursive partitioning beside a box of directed peeling.

    Attributes
    ----------
    id : str
        What the ids of its numbers begin with.
    size : float
        The size of the box that was asked for.
    share : Number
        Of the people peeled who are in the box.
    box : Inline
        Its limits in words.
    in_box, both, only_subgroup, only_box, neither : Number
        Participants.
    jaccard : Number
        Those in both over those in either.
    inside, outside : Estimate
        Effect among those in both, and among all others.
    n_others : Number
    traits : tuple of Trait
    """

    id: str
    size: float
    share: kinds.Size
    box: Inline
    in_box: kinds.Count
    both: kinds.Count
    only_subgroup: kinds.Count
    only_box: kinds.Count
    neither: kinds.Count
    jaccard: kinds.Statistic
    inside: Estimate
    outside: Estimate
    n_others: kinds.Count
    traits: tuple[Trait, ...]


@dataclass(frozen=True, slots=True)
class ComparedSubgroup:
    """A subgroup of recursive partitioning, its rule in words, and the boxes beside it."""

    number: kinds.Count
    rule: Inline
    n: kinds.Count
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class OutcomeAgreement:
    """The agreement in one outcome at one follow-up in one comparison; without subgroups where there is none to compare.

    `scale` is that of the effects; `n` counts the people whom both methods analysed; `reason` says why nothing is compared.
    """

    id: str
    outcome: str
    outcome_label: kinds.Words
    unit: kinds.Words
    scale: EffectScale
    follow_up: str
    follow_up_label: kinds.Words
    comparison: str
    comparison_title: kinds.Words
    n: kinds.Count
    subgroups: tuple[ComparedSubgroup, ...]
    suppressed: bool
    status: Status
    reason: Inline


@dataclass(frozen=True, slots=True)
class Agreement:
    """A named agreement of two methods."""

    name: str
    partition: kinds.Words
    peeling: kinds.Words
    level: kinds.Setting
    minimum_cell: kinds.Setting
    outcomes: tuple[OutcomeAgreement, ...]

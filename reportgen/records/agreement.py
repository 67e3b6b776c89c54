"""The agreement of recursive partitioning and directed peeling as a report may tell it: the same people, or others?

Each subgroup of the one is set beside each box of the other: how many people are in both, their Jaccard index, the effect
among them, and what they are like. Counts are of people whom both methods analysed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from reportgen.records import kinds
from reportgen.records.effect_scale import EffectScale
from reportgen.records.estimate import Estimate
from reportgen.records.honesty import SubgroupHonesty
from reportgen.records.numbers import Inline, Status, V
from reportgen.records.record import Record


@dataclass(frozen=True, slots=True)
class Trait(Generic[V]):
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

    label: kinds.Words[V]
    unit: kinds.Words[V]
    level: kinds.Words[V] | None
    both: Inline[V]
    others: Inline[V]


@dataclass(frozen=True, slots=True)
class Chance(Generic[V]):
    """How much two searches overlap in draws without effect modification, where both find something.

    Attributes
    ----------
    draws : Number
        Those in which both do.
    median, low, high : Number
        Of the Jaccard index of the strongest candidate of the partitioning and the box of that size.
    p : Number
        Share of them with as much overlap; of the strongest subgroup alone, which is what they compare.
    """

    draws: kinds.Count[V]
    median: kinds.Statistic[V]
    low: kinds.Statistic[V]
    high: kinds.Statistic[V]
    p: kinds.P[V]


@dataclass(frozen=True, slots=True)
class Pair(Generic[V]):
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
    chance : Chance or None
        None without draws.
    """

    id: str
    size: float
    share: kinds.Size[V]
    box: Inline[V]
    in_box: kinds.Count[V]
    both: kinds.Count[V]
    only_subgroup: kinds.Count[V]
    only_box: kinds.Count[V]
    neither: kinds.Count[V]
    jaccard: kinds.Statistic[V]
    inside: Estimate[V]
    outside: Estimate[V]
    n_others: kinds.Count[V]
    traits: tuple[Trait[V], ...]
    chance: Chance[V] | None = None


@dataclass(frozen=True, slots=True)
class ComparedSubgroup(Generic[V]):
    """A subgroup of recursive partitioning, its rule in words, and the boxes beside it.

    `honesty` is what draws say of it, as its search records it; None without draws. `variant_of` is the number of a stronger one
    of nearly the same people.
    """

    number: kinds.Count[V]
    rule: Inline[V]
    n: kinds.Count[V]
    pairs: tuple[Pair[V], ...]
    honesty: SubgroupHonesty[V] | None = None
    variant_of: kinds.Count[V] | None = None

    @property
    def supported(self) -> bool:
        """Whether it is more than a candidate, or nothing was drawn that could say so."""
        return self.honesty is None or self.honesty.verdict != "candidate, not supported"


@dataclass(frozen=True, slots=True)
class OutcomeAgreement(Generic[V]):
    """The agreement in one outcome at one follow-up in one comparison; without subgroups where there is none to compare.

    `scale` is that of the effects; `n` counts the people whom both methods analysed; `reason` says why nothing is compared.
    """

    id: str
    outcome: str
    outcome_label: kinds.Words[V]
    unit: kinds.Words[V]
    scale: EffectScale
    follow_up: str
    follow_up_label: kinds.Words[V]
    comparison: str
    comparison_title: kinds.Words[V]
    n: kinds.Count[V]
    subgroups: tuple[ComparedSubgroup[V], ...]
    suppressed: bool
    status: Status
    reason: Inline[V]

    @property
    def drawn(self) -> bool:
        """Whether there are draws beside its pairs."""
        return any(pair.chance is not None for subgroup in self.subgroups for pair in subgroup.pairs)

    @property
    def empty(self) -> bool:
        """Whether nobody was analysed by both."""
        return self.n.value == 0

    @property
    def statuses(self) -> tuple[Status, ...]:
        """Nothing: the fits behind it are those of the two searches."""
        return ()


@dataclass(frozen=True, slots=True)
class AgreementSettings(Generic[V]):
    """What is compared, in the words of the study file."""

    partition: kinds.Words[V]
    peeling: kinds.Words[V]
    level: kinds.Setting[V]
    minimum_cell: kinds.Setting[V]


@dataclass(frozen=True, slots=True)
class Agreement(Record[AgreementSettings[V], OutcomeAgreement[V], V]):
    """A named agreement of two methods; each of its results names its comparison."""

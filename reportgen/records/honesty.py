"""What random draws say of a search: how easily it finds something where there is nothing, and what is left after correction.

Two kinds of draws stand behind each number. Without effect modification the whole search is repeated on outcomes whose
residuals have random signs: p of the search, the share of draws that keep something, the null band of a trajectory. Bootstrap
samples are searched again: corrected effects, and how often each moderator is chosen. Beside them stands the trial held out:
what the first subgroup of the other trials shows in the trial that did not choose it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Literal

from reportgen.records import kinds
from reportgen.records.estimate import Estimate
from reportgen.records.numbers import Inline, V

Verdict = Literal["supported", "candidate, not supported", "candidate"]
"""Supported only with a p of the search at most alpha; without draws nothing is more than a candidate."""


@dataclass(frozen=True, slots=True)
class Corrected(Generic[V]):
    """An effect after the correction for the search, with an approximate interval.

    Attributes
    ----------
    effect, low, high : Number
    optimism : Number
        What was subtracted: by how much the effect of a subgroup found in a bootstrap sample is larger there than in the data.
    draws : Number
        Samples that found something to pair it with.
    """

    effect: kinds.Effect[V]
    low: kinds.Effect[V]
    high: kinds.Effect[V]
    optimism: kinds.Effect[V]
    draws: kinds.Count[V]


@dataclass(frozen=True, slots=True)
class SubgroupHonesty(Generic[V]):
    """What draws say of one subgroup, or of the box of one size.

    Attributes
    ----------
    p_search : Number
        Share of searches without effect modification that find as strong a split, or box, anywhere.
    verdict : {'supported', 'candidate, not supported', 'candidate'}
    inside, difference : Corrected or None
        None without bootstrap samples.
    held_out : HeldOut or None
        Of the box of this size; a partitioning is held out as a whole.
    """

    p_search: kinds.P[V]
    verdict: Verdict
    inside: Corrected[V] | None
    difference: Corrected[V] | None
    held_out: HeldOut[V] | None = None


@dataclass(frozen=True, slots=True)
class Fold(Generic[V]):
    """What the trials but one chose, and who of the trial held out is inside.

    Attributes
    ----------
    trial : Number
    kept : bool
        Whether that search kept its first split; a box is always there.
    rule : Inline[V]
        In words; empty where the other trials gave nothing.
    used : bool
        Whether the trial has people enough on both sides.
    """

    trial: kinds.Words[V]
    kept: bool
    rule: Inline[V]
    used: bool


@dataclass(frozen=True, slots=True)
class HeldOut(Generic[V]):
    """Effects in the trials held out, pooled.

    Attributes
    ----------
    folds : tuple of Fold
    trials : Number
        Trials that were used.
    kept : Number
        Folds whose search kept something.
    inside, difference : Estimate[V]
    reason : str
        Why there is no estimate; empty where there is one.
    """

    folds: tuple[Fold[V], ...]
    trials: kinds.Count[V]
    kept: kinds.Count[V]
    inside: Estimate[V]
    difference: Estimate[V]
    reason: str


@dataclass(frozen=True, slots=True)
class Chosen(Generic[V]):
    """How often bootstrap samples choose a moderator, and where they cut it.

    Attributes
    ----------
    label : Number
    share : Number
        Per cent of the samples.
    side : {'≤', '≥', ''}
        Who is inside, where most samples agree; empty for levels without an order.
    low, high : Number
        Between which 90% of the cuts lie.
    """

    label: kinds.Words[V]
    share: kinds.Percent[V]
    side: Literal["≤", "≥", ""]
    low: kinds.Measured[V]
    high: kinds.Measured[V]


@dataclass(frozen=True, slots=True)
class SearchHonesty(Generic[V]):
    """What draws say of a search as a whole.

    Attributes
    ----------
    null_draws, bootstrap_draws : Number
    alpha : Number
        At or below which a p of the search counts as supported.
    p : Number
        Of the search: share of draws without effect modification whose strongest split or box is as strong as that found.
    kept_share : Number
        Per cent of those draws that keep at least one split; without value for a peeling, which keeps none.
    found_share : Number
        Per cent of the bootstrap samples that keep a subgroup; without value for a peeling, which always has one.
    verdict : {'supported', 'candidate, not supported', 'candidate'}
    stability : tuple of Chosen
        The most frequent first.
    held_out : HeldOut or None
    """

    null_draws: kinds.Count[V]
    bootstrap_draws: kinds.Count[V]
    alpha: kinds.Setting[V]
    p: kinds.P[V]
    kept_share: kinds.Percent[V]
    found_share: kinds.Percent[V]
    verdict: Verdict
    stability: tuple[Chosen[V], ...]
    held_out: HeldOut[V] | None

    @property
    def sentence(self) -> Inline[V]:
        """What the draws say of the search, in one sentence; empty without draws without effect modification."""
        if self.p.value is None:
            return (self.p.reason[:1].upper() + self.p.reason[1:], ".") if self.null_draws.value else ()
        kept: Inline[V] = ()
        if self.kept_share.value is not None:
            kept = ("keeps at least one split in ", self.kept_share, "% of ")
        else:
            kept = ("was repeated in ",)
        ended = {"supported": "supported", "candidate, not supported": "not supported", "candidate": "not tested"}
        return (
            "This search ",
            *kept,
            self.null_draws,
            " draws without any effect modification; here p of the search is ",
            self.p,
            f", in these trials: {ended[self.verdict]} at ",
            self.alpha,
            ".",
        )


@dataclass(frozen=True, slots=True)
class Candidate(Generic[V]):
    """A subgroup, or a box of some size, as it was found and as draws see it.

    Attributes
    ----------
    words : Inline
        Who is in it.
    n : Number
    inside, difference : Estimate
        As found: not corrected for the search.
    honesty : SubgroupHonesty or None
    """

    words: Inline[V]
    n: kinds.Count[V]
    inside: Estimate[V]
    difference: Estimate[V]
    honesty: SubgroupHonesty[V] | None

    @property
    def supported(self) -> bool:
        """Whether it is more than a candidate, or nothing was drawn that could say so."""
        return self.honesty is None or self.honesty.verdict != "candidate, not supported"


def honesty_of(records: Iterable[object]) -> tuple[SearchHonesty, ...]:
    """Return what draws say of all searches of some records, whatever their method; nothing where nothing was drawn."""
    found = (getattr(one, "honesty", None) for record in records for one in getattr(record, "results", ()))
    return tuple(one for one in found if one is not None)


def drawn_at_random(records: Iterable[object]) -> bool:
    """Return whether any number of some records comes from random draws: of searches, or of screenings."""
    listed = list(records)
    results = (one for record in listed for one in getattr(record, "results", ()))
    return bool(honesty_of(listed)) or any(getattr(one, "flips", None) is not None for one in results)

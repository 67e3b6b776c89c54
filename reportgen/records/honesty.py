"""What random draws say of a search: how easily it finds something where there is nothing, and what is left after correction.

Two kinds of draws stand behind each number. Without effect modification the whole search is repeated on outcomes whose
residuals have random signs: p of the search, the share of draws that keep something, the null band of a trajectory. Bootstrap
samples are searched again: corrected effects, and how often each moderator is chosen. Beside them stands the trial held out:
what the first subgroup of the other trials shows in the trial that did not choose it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Literal, Protocol

from reportgen.records import kinds
from reportgen.records.effect_scale import EffectScale
from reportgen.records.estimate import Estimate
from reportgen.records.numbers import Inline, Number, V, p_words

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
    variant : bool
        Whether it is nearly the people of the candidate before it, and no finding of its own.
    id : str
        What the ids of its numbers begin with.
    p_new : Number or None
        Of its last split, where the difference varies between trials; None of a box.
    """

    words: Inline[V]
    n: kinds.Count[V]
    inside: Estimate[V]
    difference: Estimate[V]
    honesty: SubgroupHonesty[V] | None
    variant: bool = False
    id: str = ""
    p_new: kinds.P[V] | None = None

    @property
    def supported(self) -> bool:
        """Whether it is more than a candidate, or nothing was drawn that could say so."""
        return self.honesty is None or self.honesty.verdict != "candidate, not supported"


class Searched(Protocol):
    """The result of a search with candidates, whatever its method."""

    @property
    def outcome_label(self) -> Number:
        """What the outcome is called."""

    @property
    def unit(self) -> Number:
        """Of the outcome."""

    @property
    def follow_up_label(self) -> Number:
        """Of the window."""

    @property
    def scale(self) -> EffectScale:
        """Of its effects."""

    @property
    def candidates(self) -> tuple[Candidate[Number], ...]:
        """What was found."""

    @property
    def honesty(self) -> SearchHonesty[Number] | None:
        """What draws say."""


ENDED = {"supported": "supported at ", "candidate, not supported": "candidate, not supported at ", "candidate": ""}


def verdict_sentence(search: Searched) -> Inline:
    """Return what draws say of a search, in one or two sentences: the same wherever its subgroups are seen.

    Parameters
    ----------
    search : Searched

    Returns
    -------
    Inline
        How often its specification finds something where there is nothing, p of the search, the verdict, p of its first
        split in new trials, and what trials held out show; empty without draws without effect modification.
    """
    whole = search.honesty
    if whole is None or not whole.null_draws.value:
        return ()
    if whole.p.value is None:
        return (whole.p.reason[:1].upper() + whole.p.reason[1:], ".")
    kept = whole.kept_share.value is not None
    without = "without any effect modification"
    often: Inline = (
        (
            "This specification keeps at least one split in ",
            whole.kept_share,
            f"% of data sets {without} (",
            whole.null_draws,
        )
        if kept
        else (f"This specification was repeated in data sets {without} (", whole.null_draws)
    )
    p: Inline = (" draws). In these trials, p of the search is ", whole.p)
    if not search.candidates:
        return (*often, *p, ", and nothing is kept.")
    ended: Inline = (": ", ENDED[whole.verdict], whole.alpha) if ENDED[whole.verdict] else ()
    new = _p_in_new_trials(search)
    doubted = new is not None and _may_be_chance(new, whole)
    return (*often, *p, *ended, *_in_new_trials(search, whole), ".", *_elsewhere(whole, search.scale, doubted))


def verdict_in_brief(search: Searched) -> Inline:
    """Return the same in a few words, for the notes of what shows many searches; the first word is a small letter.

    Parameters
    ----------
    search : Searched

    Returns
    -------
    Inline
        "keeps a split in 12% of 1000 draws, p of the search 0.004: supported; held out 1.4 (0.2 to 2.6), p = 0.03"
    """
    whole = search.honesty
    if whole is None or not whole.null_draws.value or whole.p.value is None:
        return ()
    kept: Inline = ("repeated in ",)
    if whole.kept_share.value is not None:
        kept = ("keeps a split in ", whole.kept_share, "% of ")
    ended = whole.verdict if search.candidates else "nothing kept"
    new = _p_in_new_trials(search)
    parts: Inline = (*kept, whole.null_draws, " draws, p of the search ", whole.p, f": {ended}")
    parts = parts if new is None else (*parts, "; in new trials ", *p_words(new))
    held = None if whole.held_out is None else whole.held_out.difference
    if held is None or held.effect.value is None or not search.candidates:
        return parts
    return (*parts, "; held out ", held.effect, " (", held.low, " to ", held.high, "), ", *p_words(held.p))


def _in_new_trials(search: Searched, whole: SearchHonesty[Number]) -> Inline:
    """Return what is to be expected of the first split in new trials; nothing where its record does not say it."""
    new = _p_in_new_trials(search)
    if new is None:
        return ()
    expected = "may be chance" if _may_be_chance(new, whole) else "is to be expected"
    return (
        f"; in new trials the {search.scale.contrast} {expected}, ",
        *p_words(new),
    )


def _p_in_new_trials(search: Searched) -> Number | None:
    """Return p of the first split where its difference varies between trials."""
    first = search.candidates[0].p_new if search.candidates else None
    return first if first is not None and first.value is not None else None


def _may_be_chance(p: Number, whole: SearchHonesty[Number]) -> bool:
    return (p.value or 0.0) > (whole.alpha.value or 0.0)


def _elsewhere(whole: SearchHonesty[Number], scale: EffectScale, doubted: bool) -> Inline:
    """Return what the search is worth in trials that did not choose: nothing where no trial was held out.

    That it may be chance in new trials is not said again where it is `doubted` already.
    """
    held = whole.held_out
    if held is None or held.difference.effect.value is None or held.difference.p.value is None:
        return ()
    item = held.difference
    chance = _may_be_chance(item.p, whole) and not doubted
    return (
        f" In trials held out the {scale.contrast} is ",
        *(item.effect, " (", item.low, " to ", item.high, "), "),
        *p_words(item.p),
        ": it may be chance in new trials." if chance else ".",
    )


def honesty_of(records: Iterable[object]) -> tuple[SearchHonesty, ...]:
    """Return what draws say of all searches of some records, whatever their method; nothing where nothing was drawn."""
    found = (getattr(item, "honesty", None) for record in records for item in getattr(record, "results", ()))
    return tuple(item for item in found if item is not None)


def drawn_at_random(records: Iterable[object]) -> bool:
    """Return whether any number of some records comes from random draws: of searches, or of screenings."""
    listed = list(records)
    results = (item for record in listed for item in getattr(record, "results", ()))
    return bool(honesty_of(listed)) or any(getattr(result, "flips", None) is not None for result in results)

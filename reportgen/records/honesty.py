"""What random draws say of a search: how easily it finds something where there is nothing, and what is left after correction.

Two kinds of draws stand behind each number. Without effect modification the whole search is repeated on outcomes whose
residuals have random signs: p of the search, the share of draws that keep something, the null band of a trajectory. Bootstrap
samples are searched again: corrected effects, and how often each moderator is chosen. Beside them stands the trial held out:
what the first subgroup of the other trials shows in the trial that did not choose it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reportgen.records import kinds
from reportgen.records.estimate import Estimate
from reportgen.records.numbers import Inline

Verdict = Literal["supported", "candidate, not supported", "candidate"]
"""Supported only with a p of the search at most alpha; without draws nothing is more than a candidate."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """An effect after the correction for the search, with an approximate interval.

    Attributes
    ----------
    effect, low, high : Number
    optimism : Number
        What was subtracted: by how much the effect of a subgroup found in a bootstrap sample is larger there than in the data.
    draws : Number
        Samples that found something to pair it with.
    """

    effect: kinds.Effect
    low: kinds.Effect
    high: kinds.Effect
    optimism: kinds.Effect
    draws: kinds.Count


@dataclass(frozen=True, slots=True)
class SubgroupHonesty:
    """What draws say of one subgroup, or of the box of one size.

    Attributes
    ----------
    p_search : Number
        Share of searches without effect modification that find as strong a split, or box, anywhere.
    verdict : {'supported', 'candidate, not supported', 'candidate'}
    inside, difference : Corrected or None
        None without bootstrap samples.
    """

    p_search: kinds.P
    verdict: Verdict
    inside: Corrected | None
    difference: Corrected | None


@dataclass(frozen=True, slots=True)
class Fold:
    """What the trials but one chose, and who of the trial held out is inside.

    Attributes
    ----------
    trial : Number
    kept : bool
        Whether that search kept its first split; a box is always there.
    rule : Inline
        In words; empty where the other trials gave nothing.
    used : bool
        Whether the trial has people enough on both sides.
    """

    trial: kinds.Words
    kept: bool
    rule: Inline
    used: bool


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Effects in the trials held out, pooled.

    Attributes
    ----------
    folds : tuple of Fold
    trials : Number
        Trials that were used.
    kept : Number
        Folds whose search kept something.
    inside, difference : Estimate
    reason : str
        Why there is no estimate; empty where there is one.
    """

    folds: tuple[Fold, ...]
    trials: kinds.Count
    kept: kinds.Count
    inside: Estimate
    difference: Estimate
    reason: str


@dataclass(frozen=True, slots=True)
class Chosen:
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

    label: kinds.Words
    share: kinds.Percent
    side: Literal["≤", "≥", ""]
    low: kinds.Measured
    high: kinds.Measured


@dataclass(frozen=True, slots=True)
class SearchHonesty:
    """What draws say of a search as a whole.

    Attributes
    ----------
    null_draws, bootstrap_draws : Number
    alpha : Number
        At or below which a p of the search counts as supported.
    p : Number
        Of the search: share of draws without effect modification whose strongest split or box is as strong as that found.
    kept_share : Number
        Per cent of those draws that keep at least one split.
    found_share : Number
        Per cent of the bootstrap samples that find a subgroup.
    verdict : {'supported', 'candidate, not supported', 'candidate'}
    stability : tuple of Chosen
        The most frequent first.
    held_out : HeldOut or None
    """

    null_draws: kinds.Count
    bootstrap_draws: kinds.Count
    alpha: kinds.Setting
    p: kinds.P
    kept_share: kinds.Percent
    found_share: kinds.Percent
    verdict: Verdict
    stability: tuple[Chosen, ...]
    held_out: HeldOut | None

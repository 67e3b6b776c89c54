"""What the draws of a search say, as records: p of the search, corrected effects, stability, and trials held out.

In: what a search found, and the chunks of its draws. Out: `SearchHonesty` of the search, `SubgroupHonesty` of each subgroup or
box, and the band in which the frontier of a peeling lies without effect modification.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from reportgen.analyses.moderator_values import Moderator, decimals_of
from reportgen.analyses.naming import limit_of_p
from reportgen.analyses.recording import NAN
from reportgen.analyses.samples import cut_at, sample_of
from reportgen.analyses.selection import Selection
from reportgen.records.honesty import Chosen, Corrected, Fold, HeldOut, SearchHonesty, SubgroupHonesty, Verdict
from reportgen.records.numbers import Inline, Value
from reportgen.release.estimates import estimate_record, scalar
from reportgen.release.rules import as_printed
from reportgen.release.values import Values
from reportgen.stats import Effect, TwoStage
from reportgen.stats import held_out as one_trial_out
from reportgen.stats.draws import joined, search_wise_p
from reportgen.stats.null_draws import PartitionDraws, PeelDraws, calibration, no_p, null_band
from reportgen.stats.optimism import PartitionOptimism, PeelOptimism, Stability, corrected, stability
from reportgen.stats.sample import Sample
from reportgen.stats.subgroups import Rule, Subgroup

SUPPORTED = 0.05
"""A p of the search at or below this supports what was found; a search that keeps splits more freely changes nothing of that."""
NO_DRAWS = "no draws were asked for"
ALWAYS_ONE = "a peeling keeps no split: there is a best box of every size"
NOT_SUPPORTED = "not given for a subgroup that is not supported"


@dataclass(frozen=True, slots=True)
class Drawn:
    """All draws of one search; None where there are none.

    Attributes
    ----------
    null : PartitionDraws or PeelDraws or None
    bootstrap : PartitionOptimism or PeelOptimism or None
    held_out : tuple of HeldOut
        One, or one for each size of a peeling.
    """

    null: PartitionDraws | PeelDraws | None
    bootstrap: PartitionOptimism | PeelOptimism | None
    held_out: tuple[one_trial_out.HeldOut, ...]

    @property
    def nothing(self) -> bool:
        """Whether nothing was drawn."""
        return self.null is None and self.bootstrap is None


def drawn_of(
    null: Sequence[PartitionDraws | PeelDraws | None],
    bootstrap: Sequence[PartitionOptimism | PeelOptimism | None],
    without_trial: Sequence[one_trial_out.HeldOut],
) -> Drawn:
    """Put the chunks of draws together."""
    return Drawn(_joined(null), _joined(bootstrap), tuple(without_trial))


def _joined(chunks: Iterable[Any]) -> Any:
    results = [chunk for chunk in chunks if chunk is not None]
    return joined(results) if results else None


@dataclass(frozen=True, slots=True)
class Honest:
    """What every record of one search's draws is made with.

    Attributes
    ----------
    drawn : Drawn
    people : Selection
        All of the cell.
    columns : mapping of str to Moderator
        All candidates.
    values : Values
        Its ids begin with those of the search.
    unit : str
        Of the outcome.
    level, alpha : float
        Of intervals; of the p of the search at or below which it is supported.
    """

    drawn: Drawn
    people: Selection
    columns: Mapping[str, Moderator]
    values: Values
    unit: str
    level: float
    alpha: float

    def p_of(self, strength: float, values: Values) -> Value:
        """Return the p of a split or box of some strength: the share of draws whose strongest is as strong."""
        null = self.drawn.null
        reason = NO_DRAWS if null is None else no_p(null)
        p = NAN if reason or null is None else float(search_wise_p(strength, null.statistic))
        return values.p("search p", p, reason)

    def verdict(self, p: Value) -> Verdict:
        """Return what a p of the search lets be said."""
        if p.value is None:
            return "candidate"
        return "supported" if p.value <= self.alpha else "candidate, not supported"

    def whole(self, strength: float, sizes: tuple[float, ...] = ()) -> SearchHonesty[Value]:
        """Return what draws say of the search as a whole.

        Parameters
        ----------
        strength : float
            Of its strongest split or box: larger says more.
        sizes : tuple of float
            Shares of people for which a peeling was sampled; its stability is that of the smallest.
        """
        null, bootstrap = self.drawn.null, self.drawn.bootstrap
        values = self.values.at("honesty", n=self.people.n, trials=len(self.people.trials), arms=self.people.arms)
        p, sample = self.p_of(strength, values), sample_of(self.people, self.columns)
        return SearchHonesty(
            null_draws=values.count("null draws", 0 if null is None else len(null.number), "draws"),
            bootstrap_draws=values.count("bootstrap draws", 0 if bootstrap is None else len(bootstrap.number), "draws"),
            alpha=limit_of_p("alpha", self.alpha, values),
            p=p,
            kept_share=self._kept_share(values),
            found_share=self._found_share(values),
            verdict=self.verdict(p),
            stability=tuple(self._chosen(item, sample, values) for item in self._stability()),
            held_out=None if sizes else self.held_out(0, values),
        )

    def _kept_share(self, values: Values) -> Value:
        null = self.drawn.null
        if not isinstance(null, PartitionDraws):
            return values.none("kept share", NO_DRAWS if null is None else ALWAYS_ONE, "%")
        if reason := no_p(null):
            return values.none("kept share", reason, "%")
        item = calibration(null)
        return values.share_of_draws("kept share", 100 * item.kept / item.draws, item.draws)

    def _found_share(self, values: Values) -> Value:
        bootstrap = self.drawn.bootstrap
        if not isinstance(bootstrap, PartitionOptimism):
            return values.none("found share", NO_DRAWS if bootstrap is None else ALWAYS_ONE, "%")
        draws = len(bootstrap.number)
        return values.share_of_draws("found share", 100 * int((bootstrap.kept > 0).sum()) / draws, draws)

    def _stability(self) -> list[Stability]:
        found = self.drawn.bootstrap
        if found is None:
            return []
        first = (
            (found.chosen, found.cut) if isinstance(found, PartitionOptimism) else (found.chosen[:, 0], found.cut[:, 0])
        )
        return sorted(stability(found.names, *first), key=lambda item: -item.share)

    def _chosen(self, item: Stability, sample: Sample, values: Values) -> Chosen[Value]:
        moderator = self.columns[item.moderator]
        builder = values.at("chosen", item.moderator, item.side)
        draws = 0 if self.drawn.bootstrap is None else len(self.drawn.bootstrap.number)
        ends = (("cut low", item.low), ("cut high", item.high))
        low, high = (self._cut(name, cut_at(moderator.name, place, sample), moderator, builder) for name, place in ends)
        return Chosen(
            label=builder.quote("label", moderator.label),
            share=builder.share_of_draws("share", 100 * item.share, draws),
            side=_side(moderator, item.side),
            low=low,
            high=high,
        )

    def _cut(self, name: str, cut: float, moderator: Moderator, values: Values) -> Value:
        """Return a limit that was chosen."""
        if math.isnan(cut):
            return values.none(name, "levels without an order have no cut")
        if moderator.categorical:
            return values.quote(name, moderator.levels[int(cut)])
        decimals = decimals_of(moderator, self.people)
        return values.figure(name, as_printed(cut, decimals, values.minimum or 0), decimals, moderator.unit)

    def held_out(self, place: int, values: Values) -> HeldOut[Value] | None:
        """Return what the trials show that were held out; None where that was not asked for."""
        if place >= len(self.drawn.held_out):
            return None
        item, nested = self.drawn.held_out[place], values.at("held out")
        used = [fold for fold in item.folds if not fold.reason]
        arms = tuple(sum(fold.n_inside[arm] for fold in used) for arm in (0, 1))
        builder = nested.at(n=sum(arms), trials=len(used), arms=arms)
        return HeldOut(
            folds=tuple(self._fold(number, fold, nested) for number, fold in enumerate(item.folds, 1)),
            trials=nested.count("trials", len(used), "trials"),
            kept=nested.count("kept", item.kept, "trials"),
            inside=estimate_record(_pooled(item.inside), self.level, builder, self.unit, item.reason),
            difference=estimate_record(
                _pooled(item.difference), self.level, builder.at("difference"), self.unit, item.reason
            ),
            reason=item.reason,
        )

    def _fold(self, number: int, fold: one_trial_out.Fold, values: Values) -> Fold[Value]:
        builder = values.at(f"fold {number}")
        rules = [
            part for i, rule in enumerate(fold.rules, 1) for part in (" and ", *self._rule(rule, builder.at(str(i))))
        ]
        return Fold(builder.quote("trial", str(fold.trial)), fold.kept, tuple(rules[1:]), not fold.reason)

    def _rule(self, rule: Rule, values: Values) -> Inline[Value]:
        """Return a condition in words: "Age ≤ 45 years"."""
        moderator = self.columns[rule.moderator]
        label = values.quote("moderator", moderator.label)
        if rule.levels:
            levels = [part for level in rule.levels for part in (" or ", values.quote(f"level {level}", level))]
            return (label, ": ", *levels[1:])
        value, sign = float(rule.value), {"<=": "≤", ">=": "≥"}.get(rule.kind, ">")
        if moderator.categorical:
            return (label, f" {sign}\u00a0", values.quote("level", moderator.levels[max(0, math.ceil(value))]))
        decimals = decimals_of(moderator, self.people)
        cut = values.figure("cut", as_printed(value, decimals, values.minimum or 0), decimals, moderator.unit)
        unit = values.quote("unit", moderator.unit)
        return (label, f" {sign}\u00a0", cut, *((" ", unit) if moderator.unit else ()))

    def corrected(
        self, effect: Effect | None, optimism: Any, values: Values, *, interval: bool = True
    ) -> Corrected[Value] | None:
        """Return an effect after the correction for the search.

        Parameters
        ----------
        effect : Effect or None
            As it was found.
        optimism : ndarray (B,)
        values : Values
            Knows the people on whom the effect rests.
        interval : bool
            Whether its interval means anything.
        """
        if effect is None or math.isnan(scalar(effect.estimate)):
            return None
        low, high = (scalar(end) for end in effect.interval(self.level))
        item = corrected(scalar(effect.estimate), (high - low) / 2, np.asarray(optimism), self.level)
        few = "" if item.draws > 1 else "no bootstrap sample has such a subgroup"
        ends = (item.low, item.high) if interval else (NAN, NAN)
        bounds = values.bounds(*ends, "effect", self.unit, few or NOT_SUPPORTED)
        return Corrected(
            effect=values.fixed("effect", item.estimate, "effect", self.unit, few),
            low=bounds[0],
            high=bounds[1],
            optimism=values.fixed("optimism", item.optimism, "effect", self.unit, few),
            draws=values.count("draws", item.draws, "draws"),
        )

    def subgroup(self, group: Subgroup, depth: int, rank: int, values: Values) -> SubgroupHonesty[Value]:
        """Return what draws say of a subgroup of a partitioning.

        Parameters
        ----------
        group : Subgroup
        depth, rank : int
            From 0: how many rules it has beyond the first, and its place by p among those of the same depth.
        values : Values
            Its ids begin with those of the subgroup, and it knows its people.
        """
        p = self.p_of(-group.split.log_p_node, values)
        verdict, found = self.verdict(p), self.drawn.bootstrap
        inside, difference = None, None
        if isinstance(found, PartitionOptimism) and rank < found.inside.shape[2]:
            inside = self.corrected(group.inside.effect, found.inside[:, depth, rank], values.at("corrected"))
            difference = self.corrected(
                group.difference,
                found.difference[:, depth, rank],
                values.at("corrected difference"),
                interval=verdict == "supported",
            )
        return SubgroupHonesty(p, verdict, inside, difference)

    def box(self, box: Any, size_place: int | None, width: float, values: Values) -> SubgroupHonesty[Value]:
        """Return what draws say of a box of a frontier.

        Parameters
        ----------
        box : Box
        size_place : int or None
            Place of its size among those that were held out.
        width : float
            Of the size bins.
        values : Values
            Its ids begin with those of the box, and it knows its people.
        """
        p = self.p_of(float(box.z), values)
        verdict, found, place = self.verdict(p), self.drawn.bootstrap, bin_of(box.fraction, width)
        inside, difference = None, None
        if isinstance(found, PeelOptimism):
            inside = self.corrected(box.effect, found.inside[:, place], values.at("corrected"))
            difference = self.corrected(
                box.difference,
                found.difference[:, place],
                values.at("corrected difference"),
                interval=verdict == "supported",
            )
        held = None if size_place is None else self.held_out(size_place, values)
        return SubgroupHonesty(p, verdict, inside, difference, held)

    def band(self, fractions: Sequence[float], width: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return between which effects a frontier lies without effect modification, at some sizes; nothing without draws."""
        null = self.drawn.null
        if not isinstance(null, PeelDraws):
            return (), ()
        band = null_band(null.effect, self.level)
        places = [bin_of(fraction, width) for fraction in fractions]
        return tuple(band.low[places].tolist()), tuple(band.high[places].tolist())


def bin_of(fraction: float, width: float) -> int:
    """Return the number of the size bin of a share of people.

    Examples
    --------
    >>> bin_of(0.3, 0.01), bin_of(0.299, 0.01)
    (30, 29)
    """
    return math.floor(fraction / width + 1e-9)


def _side(moderator: Moderator, side: str) -> Literal["≤", "≥", ""]:
    if moderator.categorical and not moderator.ordered:
        return ""
    return "≤" if side == "low" else "≥"


def _pooled(found: TwoStage | None) -> Effect | None:
    return None if found is None else Effect(found.estimate, found.std_error, found.df, found.df)

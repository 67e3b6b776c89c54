"""What a directed peeling found, as a record: who gains more, boxes of requested sizes, the frontier.

In: a search with its people (`Peeled`). Out: a `PeeledOutcome`. Ids name a box by the size that was asked for, so that they
stay what they are when other sizes are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from reportgen.analyses.adjusters import not_adjusted_record, unused_adjusters
from reportgen.analyses.consistency import consistency_record
from reportgen.analyses.fit_among import fit_among
from reportgen.analyses.honesty_record import Honest
from reportgen.analyses.moderator_values import Moderator, decimals_of
from reportgen.analyses.naming import scale_of, setting_decimals, setting_number, unit_of
from reportgen.analyses.peeling_search import BoolArray, Peeled
from reportgen.analyses.recording import NAN, excluded_record, for_outcome
from reportgen.analyses.search_people import Cost
from reportgen.analyses.sites_record import sites_record
from reportgen.records.estimate import Estimate, NotAdjusted
from reportgen.records.honesty import SubgroupHonesty
from reportgen.records.names import outcome_label
from reportgen.records.numbers import Status, Value
from reportgen.records.peeling import Frontier, ModeratorCost, NotPeeled, PeeledBox, PeeledModerator, PeeledOutcome
from reportgen.records.trial_interactions import Consistency
from reportgen.release.estimates import estimate_record, scalar
from reportgen.release.rules import TOO_FEW, as_printed, disclosable_groups, few_in_an_arm
from reportgen.release.values import Values
from reportgen.spec.analyses import DirectedPeeling as Node
from reportgen.spec.study import Study
from reportgen.stats import Effect
from reportgen.stats.peeling import Box, Direction, Limit

SMALLEST = "smallest box"
Draws = Callable[[Values, str], Honest | None]


def peeling_record(
    search: Peeled, sizes: tuple[float, ...], node: Node, study: Study, values: Values, draws: Draws
) -> PeeledOutcome[Value]:
    """Return one search as a record.

    Parameters
    ----------
    search : Peeled
    sizes : tuple of float
        Shares of people of which a box is recorded.
    node : DirectedPeeling node of the study file
    study : Study
    values : Values
        Of the analysis: its ids begin with the name of it.
    draws : callable
        Values of the search and unit of its outcome to its draws; None without draws.
    """
    selection, found = search.selection, search.found
    status: Status = "ok" if found is not None and found.boxes else "not estimable"
    message = search.reason or (found.message if found is not None and not found.boxes else "")
    values = for_outcome(selection.outcome, study, values)
    unit = unit_of(selection.outcome, study)
    builder = values.at(
        selection.comparison,
        selection.outcome,
        selection.follow_up,
        n=selection.n,
        trials=len(selection.trials),
        arms=selection.arms,
    )
    moderators = tuple(
        _moderator(item, search.moderators[item.moderator], node, builder) for item in _directions(search)
    )
    minimum = study.policy.minimum_cell
    printed = _printed(search, sizes, minimum)
    disclosed = _disclosed(search, printed, minimum)
    honest = draws(builder, unit)
    box_record = _Boxes(search, moderators, node, study, unit, minimum, builder, honest, sizes).record
    boxes = found.boxes if found is not None else ()
    few = few_in_an_arm(selection.treatment, minimum)
    n_control, n_intervention = builder.sides()
    reason = TOO_FEW if few else search.reason or (found.overall.message if found is not None else "")
    return PeeledOutcome(
        id=builder.prefix,
        outcome=selection.outcome,
        outcome_label=builder.quote("outcome", outcome_label(selection.outcome, study)),
        unit=builder.quote("unit", unit),
        scale=scale_of(selection.outcome, study),
        follow_up=selection.follow_up,
        follow_up_label=builder.quote("follow-up", study.follow_up[selection.follow_up].label or selection.follow_up),
        comparison=selection.comparison,
        in_comparison=builder.count("in comparison", selection.in_comparison),
        n=builder.count("n", selection.n),
        n_control=n_control,
        n_intervention=n_intervention,
        trials=builder.count("trials", len(selection.trials), "trials"),
        overall=estimate_record(
            _known(found.overall.effect if found and not few else None), node.level, builder, unit, reason
        ),
        moderators=moderators,
        not_peeled=tuple(_not_peeled(search, builder)),
        costs=tuple(_cost(cost, search.moderators[cost.moderator], builder) for cost in search.costs),
        boxes=tuple(box_record(place, size) for size, place in printed.items()),
        smallest=box_record(int(np.flatnonzero(disclosed)[-1]), NAN) if disclosed.any() else None,
        frontier=_frontier(search, disclosed, node, minimum, honest),
        found=builder.count("boxes found", len(boxes), "boxes"),
        evaluated=builder.count("boxes evaluated", found.evaluated if found else 0, "boxes"),
        boundary=builder.count("boxes boundary", sum(box.status == "boundary" for box in boxes), "boxes"),
        failed=builder.count("boxes failed", sum(box.status not in ("ok", "boundary") for box in boxes), "boxes"),
        excluded=excluded_record(selection, builder),
        status=status,
        reason=(builder.quote("reason", message),) if message else (),
        not_adjusted=not_adjusted_record(unused_adjusters(selection), study, builder)
        if found is not None and _known(found.overall.effect)
        else (),
        honesty=honest.whole(max(box.z for box in boxes), sizes) if honest and boxes else None,
        sites=sites_record(selection, builder),
    )


def _directions(search: Peeled) -> tuple[Direction, ...]:
    return search.found.directions if search.found is not None else ()


def _known(effect: Effect | None) -> Effect | None:
    """Return an effect, or None where it could not be estimated."""
    return effect if effect is not None and math.isfinite(scalar(effect.estimate)) else None


def _moderator(direction: Direction, moderator: Moderator, node: Node, values: Values) -> PeeledModerator[Value]:
    builder = values.at(moderator.name)
    declared = direction.interaction is None
    gains: Literal["lower", "higher"] = "lower" if direction.gains == "small" else "higher"
    return PeeledModerator(
        name=moderator.name,
        label=builder.quote("label", moderator.label),
        unit=builder.quote("unit", "" if moderator.unit == "points" else moderator.unit),
        side="≤" if gains == "lower" else "≥",
        gains=gains,
        declared=declared,
        per=None if declared else setting_number("per", moderator.per, builder, moderator.unit),
        interaction=None
        if direction.interaction is None
        else estimate_record(
            _scaled(direction.interaction, moderator.per), node.level, builder.at("interaction"), "", direction.reason
        ),
        levels=builder.count("levels", len(moderator.levels), "levels") if moderator.levels else None,
    )


def _scaled(effect: Effect, factor: float) -> Effect:
    return Effect(scalar(effect.estimate) * factor, scalar(effect.std_error) * factor, effect.df, effect.df_raw)


def _not_peeled(search: Peeled, values: Values) -> list[NotPeeled[Value]]:
    not_searched = search.found.not_searched if search.found is not None else ()
    builder = values.at("not peeled")
    return [
        NotPeeled(
            builder.quote(f"{item.moderator} label", search.moderators[item.moderator].label),
            (builder.quote(f"{item.moderator} reason", item.reason),),
        )
        for item in not_searched
    ]


def _cost(cost: Cost, moderator: Moderator, values: Values) -> ModeratorCost[Value]:
    builder = values.at("cost", cost.moderator)
    return ModeratorCost(
        builder.quote("label", moderator.label),
        builder.count("people", cost.people),
        builder.count("trials", cost.trials, "trials"),
    )


def _printed(search: Peeled, sizes: tuple[float, ...], minimum: int) -> dict[float, int]:
    """Return the place on the frontier of the box of each size; of boxes that few people tell apart only the first."""
    nearest = {size: place for size in sizes if (place := search.place(size)) is not None}
    places = list(dict.fromkeys(nearest.values()))
    if not places:
        return {}
    disclosed = disclosable_groups(np.array(search.members)[places], search.selection.treatment, minimum)
    return {size: place for size, place in nearest.items() if disclosed[places.index(place)]}


def _disclosed(search: Peeled, printed: dict[float, int], minimum: int) -> BoolArray:
    """Return which boxes are disclosed: those that are printed, and those that enough people tell from all others disclosed."""
    if not search.members:
        return np.zeros(0, dtype=bool)
    first = sorted(set(printed.values()))
    return disclosable_groups(np.array(search.members), search.selection.treatment, minimum, first)


def _frontier(search: Peeled, disclosed: BoolArray, node: Node, minimum: int, honest: Honest | None) -> Frontier:
    boxes = [box for box, tell in zip(search.found.boxes if search.found else (), disclosed, strict=True) if tell]
    shown = [decimals_of(search.moderators[item.moderator], search.selection) for item in _directions(search)]
    ends = [tuple(scalar(end) for end in box.effect.interval(node.level)) for box in boxes]
    refits = [] if search.selection.kind == "continuous" else [_known(box.difference) for box in boxes]
    band = honest.band([box.fraction for box in boxes], node.bin_width) if honest else ((), ())
    return Frontier(
        share=tuple(box.fraction for box in boxes),
        n=tuple(float(box.n) for box in boxes),
        trials=tuple(float(box.trials) for box in boxes),
        effect=tuple(scalar(box.effect.estimate) for box in boxes),
        low=tuple(low for low, _ in ends),
        high=tuple(high for _, high in ends),
        outside=tuple(scalar(box.outside.effect.estimate) for box in boxes),
        difference=tuple(scalar(box.difference.estimate) if box.difference else NAN for box in boxes),
        z=tuple(box.z for box in boxes),
        limits=tuple(
            tuple(_place_of(box.limits[i], decimals, minimum) for box in boxes) for i, decimals in enumerate(shown)
        ),
        suppressed=int((~disclosed).sum()),
        null_low=band[0],
        null_high=band[1],
        difference_std_error=tuple(scalar(item.std_error) if item else NAN for item in refits),
        difference_p=tuple(scalar(item.p_value) if item else NAN for item in refits),
    )


def _place_of(limit: Limit, decimals: int, minimum: int) -> float:
    """Return a limit as a place on an axis: its value, of levels their places from 1, NaN where there is none."""
    if limit.value is None:
        return NAN
    if limit.level is not None:
        return float(limit.value) + 1
    return as_printed(float(limit.value), decimals, minimum)


@dataclass(frozen=True, slots=True)
class _Boxes:
    """Turns boxes of one search into records."""

    search: Peeled
    moderators: tuple[PeeledModerator[Value], ...]
    node: Node
    study: Study
    unit: str
    minimum_cell: int
    values: Values
    honest: Honest | None
    sizes: tuple[float, ...]

    def record(self, place: int, size: float) -> PeeledBox[Value]:
        """Return the record of a box of the frontier, under the size that was asked for."""
        assert self.search.found is not None
        box = self.search.found.boxes[place]
        name = SMALLEST if math.isnan(size) else f"box {size_text(size)}"
        status: Status = box.status if box.status in ("ok", "boundary") else "failed"
        arms = box.n_control, box.n_intervention
        builder = self.values.at(name, n=box.n, trials=box.trials, status=status, arms=arms)
        rest = box.outside
        arms = rest.n_control, rest.n_intervention
        outside = builder.at("outside", n=rest.n, trials=rest.trials, status="ok", arms=arms)
        level, unit = self.node.level, self.unit
        return PeeledBox(
            id=builder.prefix,
            size=size,
            share=builder.fixed("share", box.fraction, "share"),
            n=builder.count("n", box.n),
            n_control=builder.count("n control", box.n_control),
            n_intervention=builder.count("n intervention", box.n_intervention),
            trials=builder.count("trials", box.trials, "trials"),
            limits=tuple(self._limit(box, i, builder) for i in range(len(self.moderators))),
            inside=estimate_record(_known(box.effect), level, builder, unit, box.message),
            normal=self._normal(self.search.members[place], builder.at("normal")),
            outside=estimate_record(_known(box.outside.effect), level, outside, unit, "too few people outside"),
            difference=estimate_record(
                _known(box.difference), level, builder.at("difference"), unit, "too few people outside"
            ),
            status=status,
            not_adjusted=self._not_adjusted(place, builder) if _known(box.effect) else (),
            honesty=self._honesty(box, size, builder),
            consistency=self._consistency(box, place, builder),
        )

    def _consistency(self, box: Box, place: int, values: Values) -> Consistency[Value] | None:
        difference, inside = _known(box.difference), self.search.members[place]
        if difference is None:
            return None
        return consistency_record(self.search.selection, inside, ~inside, scalar(difference.estimate), values)

    def _honesty(self, box: Box, size: float, values: Values) -> SubgroupHonesty[Value] | None:
        if self.honest is None:
            return None
        place = self.sizes.index(size) if size in self.sizes else None
        return self.honest.box(box, place, self.node.bin_width, values)

    def _not_adjusted(self, place: int, values: Values) -> tuple[NotAdjusted[Value], ...]:
        unused = unused_adjusters(self.search.selection, self.search.members[place])
        return not_adjusted_record(unused, self.study, values)

    def _limit(self, box: Box, place: int, values: Values) -> Value:
        limit = box.limits[place]
        moderator = self.search.moderators[limit.moderator]
        name = f"{limit.moderator} limit"
        if limit.value is None:
            return values.none(name, "")
        if limit.level is not None:
            return values.quote(name, limit.level)
        decimals = decimals_of(moderator, self.search.selection)
        return values.figure(name, as_printed(limit.value, decimals, self.minimum_cell), decimals, moderator.unit)

    def _normal(self, inside: BoolArray, values: Values) -> Estimate[Value]:
        """Return the effect inside with intervals from the normal distribution, as many publications print them."""
        fit = fit_among(self.search.selection, inside, self.node, inference="normal")
        return estimate_record(_known(fit.effect), self.node.level, values, self.unit, fit.message)


def size_text(size: float) -> str:
    """Return a share of people as ids say it.

    Examples
    --------
    >>> size_text(0.1), size_text(0.125), size_text(1)
    ('0.10', '0.125', '1.00')
    """
    return f"{size:.{max(2, setting_decimals(size))}f}"

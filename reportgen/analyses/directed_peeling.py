"""Directed peeling (ARDP) of every outcome x follow-up x comparison: the best box-shaped subgroup of each size.

In: the node of the study file and the repository. Out: a `DirectedPeeling` record. The search is `reportgen.stats.peel`;
this module selects who enters and turns boxes into numbers with ids. Nothing is tested here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.moderator_values import Moderator, moderators_of
from reportgen.analyses.moderators import screened_moderators, values_of
from reportgen.analyses.naming import level_number, outcome_label, unit_of
from reportgen.analyses.recording import (
    NAN,
    comparison_record,
    estimate_record,
    extent_record,
    for_outcome,
    left_out_record,
    scalar,
)
from reportgen.analyses.search_people import Cost, people_of_search
from reportgen.analyses.selection import Measurements, Selection, not_estimable, selections
from reportgen.data import Repository
from reportgen.records.estimate import Estimate
from reportgen.records.numbers import Inline, Number, Press, Status, slug
from reportgen.records.peeling import (
    DirectedPeeling,
    Frontier,
    ModeratorCost,
    NotPeeled,
    PeeledBox,
    PeeledModerator,
    PeeledOutcome,
    PeelingSettings,
)
from reportgen.spec.check import expanded
from reportgen.spec.study import Agreement, FromScreening, Moderators, Study
from reportgen.spec.study import DirectedPeeling as Node
from reportgen.stats import Effect, Levels, Peeling, fit_one_step, peel
from reportgen.stats.peeling import Box, Direction, Limit

BoolArray = NDArray[np.bool_]
SIZES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Shares of people of which a box is recorded, whatever the report asks for."""
GAINS = {"lower gain more": "small", "higher gain more": "large"}
SHOWS_BOXES = ("peeling-thresholds", "peeling-trajectories")
MODEL_DECIMALS = {"df": 1, "share": 3}
MOST_DECIMALS = 2
SMALLEST = "smallest box"


@dataclass(frozen=True, slots=True)
class Peeled:
    """A search with the people whom it saw.

    Attributes
    ----------
    selection : Selection
        Those with every moderator that was needed; the others stand under `excluded`.
    moderators : dict of str to Moderator
        All that were asked for, by name.
    costs : tuple of Cost
    found : Peeling or None
        Its arrays have one place for each of the people of `selection`; None where nothing could be searched.
    members : tuple of ndarray, shape (n,)
        Who is inside, for each box of the frontier.
    reason : str
        Why nothing could be searched.
    """

    selection: Selection
    moderators: dict[str, Moderator]
    costs: tuple[Cost, ...]
    found: Peeling | None
    members: tuple[BoolArray, ...]
    reason: str

    def nearest(self, size: float) -> tuple[Box, BoolArray] | None:
        """Return the box of the frontier that is nearest to a share of the people, and who is inside."""
        if self.found is None or not self.found.boxes:
            return None
        (box,) = self.found.nearest((size,))
        place = next(i for i, other in enumerate(self.found.boxes) if other is box)
        return box, self.members[place]


def analyse(name: str, node: Node, repository: Repository, study: Study) -> DirectedPeeling:
    """Peel and record every outcome x follow-up x comparison.

    Parameters
    ----------
    name : str
        As in the study file; ids start with it.
    node : DirectedPeeling node of the study file
    repository : Repository
    study : Study

    Returns
    -------
    DirectedPeeling
        With boxes at the sizes that the report and the agreement of methods ask for, and at 0.1, 0.2, … 0.9.
    """
    measurements = Measurements(repository, study)
    press = Press(slug(name), f"analyses.{name}", study.policy.rounding.model_dump() | MODEL_DECIMALS)
    sizes = sizes_of(name, study)
    peelings = tuple(
        _record(peeled(node, selection, repository, measurements, study), sizes, node, study, press)
        for selection in selections(node, repository, study)
    )
    return DirectedPeeling(
        name=name,
        settings=_settings(node, press.at("settings"), study),
        comparisons=tuple(
            comparison_record(comparison, repository, study, press.at(comparison))
            for comparison in expanded(node.comparisons, study.comparisons)
        ),
        peelings=peelings,
        extent=extent_record(((p.trials, p.n) for p in peelings if p.status == "ok"), press),
    )


def sizes_of(name: str, study: Study) -> tuple[float, ...]:
    """Return the shares of people of which the report needs a box of this analysis, from small to large."""
    shown = (one.sizes for one in study.report.contents if one.of == name and one.show in SHOWS_BOXES)
    agreeing = (one.sizes for one in study.analyses.values() if isinstance(one, Agreement) and one.peeling == name)
    return tuple(sorted({*SIZES, *(size for sizes in (*shown, *agreeing) for size in sizes)}))


def peeled(
    node: Node, selection: Selection, repository: Repository, measurements: Measurements, study: Study
) -> Peeled:
    """Search one selection.

    Parameters
    ----------
    node : DirectedPeeling node of the study file
    selection : Selection
    repository : Repository
    measurements : Measurements
        Of the same repository.
    study : Study

    Returns
    -------
    Peeled
        Without a search where the selection has too few trials or no moderator was screened in.
    """
    names = _names(node, selection, repository, measurements, study)
    moderators = moderators_of(names, repository, measurements, study)
    reason = not_estimable(selection, node) or ("" if moderators else "no moderator reached the limit of the screening")
    if reason:
        return Peeled(selection, moderators, (), None, (), reason)
    found = peel(
        selection.change,
        selection.treatment,
        selection.trial,
        {name: _values(moderator, selection) for name, moderator in moderators.items()},
        adjusters=_adjusters(selection),
        directions={name: GAINS[gains] for name, gains in node.directions.items() if name in moderators},
        min_arm=node.min_arm,
        min_trials=node.min_trials,
        treatment_effect=node.treatment_effect,
        objective=node.objective,
        alpha=node.alpha,
        beam=node.beam,
        bin_width=node.bin_width,
        **_smallest(node),
    )
    needed = {cost.moderator: moderators[cost.moderator] for cost in found.costs}
    people = people_of_search(selection, needed, missing="complete", minimum_trials=node.min_trials)
    members = tuple(box.members[found.analysed] for box in found.boxes)
    return Peeled(people.selection, moderators, people.costs, found, members, "")


def _names(
    node: Node, selection: Selection, repository: Repository, measurements: Measurements, study: Study
) -> tuple[str, ...]:
    if not isinstance(node.moderators, FromScreening):
        return node.moderators
    screening = study.analyses[node.moderators.from_]
    assert isinstance(screening, Moderators)
    return screened_moderators(screening, selection, repository, measurements, study, node.moderators.p_below)


def _values(moderator: Moderator, selection: Selection) -> NDArray[np.float64] | Levels:
    """Return the values of a moderator as the search takes them, with those people missing whom its cost counts."""
    if moderator.categorical:
        return moderator.for_search(selection)
    missing = np.isnan(moderator.of(selection))
    return np.where(missing, NAN, values_of(moderator, selection))


def _smallest(node: Node) -> dict[str, Any]:
    """Return how small a box may be; a share of the people analysed is what `min_fraction` means."""
    size = node.min_size or 0.0
    if size >= 1:
        return {"min_fraction": node.min_fraction, "min_size": int(size)}
    return {"min_fraction": max(node.min_fraction, size), "min_size": None}


def _adjusters(selection: Selection, inside: BoolArray | None = None) -> NDArray[np.float64] | None:
    if not selection.adjusters.shape[1]:
        return None
    return selection.adjusters if inside is None else selection.adjusters[inside]


def _settings(node: Node, press: Press, study: Study) -> PeelingSettings:
    def adjuster(name: str) -> str:
        covariate = study.covariates.get(name)
        return (covariate.label or name) if covariate else name

    screening = node.moderators if isinstance(node.moderators, FromScreening) else None
    share = 100 * node.min_size if node.min_size and node.min_size < 1 else None
    least: Inline = ()
    if node.min_size:
        least = (
            (_percent(press, "min size", share), "% of the people")
            if share is not None
            else (press.count("min size", int(node.min_size)), " participants")
        )
    return PeelingSettings(
        adjust_for=tuple(press.quote(f"adjust {i}", adjuster(a)) for i, a in enumerate(node.adjust_for, 1)),
        treatment_effect=node.treatment_effect,
        objective=node.objective,
        screened_by=press.quote("screened by", screening.from_) if screening else None,
        p_below=press.figure("p below", screening.p_below, _decimals_of(screening.p_below)) if screening else None,
        alpha=_percent(press, "alpha", 100 * node.alpha),
        beam=press.count("beam", node.beam, "boxes"),
        bin_width=_percent(press, "bin width", 100 * node.bin_width),
        min_fraction=_percent(press, "min fraction", 100 * node.min_fraction),
        min_size=least,
        min_arm=press.count("min arm", node.min_arm),
        min_trials=press.count("min trials", node.min_trials, "trials"),
        level=level_number(node.level, press),
    )


def _percent(press: Press, name: str, value: float) -> Number:
    return press.figure(name, round(value, 6), _decimals_of(round(value, 6)), "%")


def _decimals_of(value: float) -> int:
    """Return as many decimals as a setting needs, four at most."""
    return next((d for d in range(4) if math.isclose(round(value, d), value, rel_tol=1e-9)), 4)


def _record(search: Peeled, sizes: tuple[float, ...], node: Node, study: Study, press: Press) -> PeeledOutcome:
    selection, found = search.selection, search.found
    status: Status = "ok" if found is not None and found.boxes else "not estimable"
    said = search.reason or (found.message if found is not None and not found.boxes else "")
    press = for_outcome(selection.outcome, study, press)
    unit = unit_of(selection.outcome, study)
    made = press.at(
        selection.comparison,
        selection.outcome,
        selection.follow_up,
        n=selection.n,
        trials=len(selection.trials),
    )
    moderators = tuple(_moderator(one, search.moderators[one.moderator], node, made) for one in _directions(search))
    box_record = _Boxes(search, moderators, node, unit, made).record
    boxes = found.boxes if found is not None else ()
    why = search.reason or (found.overall.message if found is not None else "")
    return PeeledOutcome(
        id=made.prefix,
        outcome=selection.outcome,
        outcome_label=made.quote("outcome", outcome_label(selection.outcome, study)),
        unit=made.quote("unit", unit),
        follow_up=selection.follow_up,
        follow_up_label=made.quote("follow-up", study.follow_up[selection.follow_up].label or selection.follow_up),
        comparison=selection.comparison,
        in_comparison=made.count("in comparison", selection.in_comparison),
        n=made.count("n", selection.n),
        n_control=made.count("n control", selection.arm_size(0)),
        n_intervention=made.count("n intervention", selection.arm_size(1)),
        trials=made.count("trials", len(selection.trials), "trials"),
        overall=estimate_record(_known(found.overall.effect if found else None), node.level, made, unit, why),
        moderators=moderators,
        not_peeled=tuple(_not_peeled(search, made)),
        costs=tuple(_cost(cost, search.moderators[cost.moderator], made) for cost in search.costs),
        boxes=tuple(box_record(place, size) for size in sizes for place in _place(search, size)),
        smallest=box_record(len(boxes) - 1, NAN) if boxes else None,
        frontier=_frontier(search, node.level),
        found=made.count("boxes found", len(boxes), "boxes"),
        evaluated=made.count("boxes evaluated", found.evaluated if found else 0, "boxes"),
        boundary=made.count("boxes boundary", sum(box.status == "boundary" for box in boxes), "boxes"),
        failed=made.count("boxes failed", sum(box.status not in ("ok", "boundary") for box in boxes), "boxes"),
        left_out=left_out_record(selection, made),
        status=status,
        reason=(made.quote("reason", _clause(said)),) if said else (),
    )


def _clause(sentence: str) -> str:
    """Return a sentence as the end of another one."""
    return (sentence[:1].lower() + sentence[1:]).rstrip(".")


def _directions(search: Peeled) -> tuple[Direction, ...]:
    return search.found.directions if search.found is not None else ()


def _place(search: Peeled, size: float) -> tuple[int, ...]:
    """Return the place of the box nearest to a size on the frontier; none where there is no frontier."""
    if search.found is None or not search.found.boxes:
        return ()
    (box,) = search.found.nearest((size,))
    return (next(i for i, other in enumerate(search.found.boxes) if other is box),)


def _known(effect: Effect | None) -> Effect | None:
    """Return an effect, or None where it could not be estimated."""
    return effect if effect is not None and math.isfinite(scalar(effect.estimate)) else None


def _moderator(direction: Direction, moderator: Moderator, node: Node, press: Press) -> PeeledModerator:
    made = press.at(moderator.name)
    declared = direction.interaction is None
    gains = "lower" if direction.gains == "small" else "higher"
    return PeeledModerator(
        name=moderator.name,
        label=made.quote("label", moderator.label),
        unit=made.quote("unit", "" if moderator.unit == "points" else moderator.unit),
        side="≤" if gains == "lower" else "≥",
        gains=gains,  # type: ignore[arg-type]
        declared=declared,
        per=None if declared else made.figure("per", moderator.per, _decimals_of(moderator.per), moderator.unit),
        interaction=None
        if direction.interaction is None
        else estimate_record(_scaled(direction.interaction, moderator.per), node.level, made.at("interaction"), "", ""),
        levels=made.count("levels", len(moderator.levels), "levels") if moderator.levels else None,
    )


def _scaled(effect: Effect, factor: float) -> Effect:
    return Effect(scalar(effect.estimate) * factor, scalar(effect.std_error) * factor, effect.df, effect.df_raw)


def _not_peeled(search: Peeled, press: Press) -> list[NotPeeled]:
    left_out = search.found.left_out if search.found is not None else ()
    made = press.at("not peeled")
    return [
        NotPeeled(
            made.quote(f"{one.moderator} label", search.moderators[one.moderator].label),
            (made.quote(f"{one.moderator} reason", one.reason),),
        )
        for one in left_out
    ]


def _cost(cost: Cost, moderator: Moderator, press: Press) -> ModeratorCost:
    made = press.at("cost", cost.moderator)
    return ModeratorCost(
        made.quote("label", moderator.label),
        made.count("people", cost.people),
        made.count("trials", cost.trials, "trials"),
    )


def _frontier(search: Peeled, level: float) -> Frontier:
    boxes = search.found.boxes if search.found is not None else ()
    ends = [tuple(scalar(end) for end in box.effect.interval(level)) for box in boxes]
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
        limits=tuple(tuple(_place_of(box.limits[i]) for box in boxes) for i in range(len(_directions(search)))),
    )


def _place_of(limit: Limit) -> float:
    """Return a limit as a place on an axis: its value, of levels their places from 1, NaN where there is none."""
    if limit.value is None:
        return NAN
    return float(limit.value) if limit.level is None else float(limit.value) + 1


@dataclass(frozen=True, slots=True)
class _Boxes:
    """Turns boxes of one search into records."""

    search: Peeled
    moderators: tuple[PeeledModerator, ...]
    node: Node
    unit: str
    press: Press

    def record(self, place: int, size: float) -> PeeledBox:
        """Return the record of a box of the frontier, under the size that was asked for."""
        assert self.search.found is not None
        box = self.search.found.boxes[place]
        name = SMALLEST if math.isnan(size) else f"box {size_text(size)}"
        status: Status = box.status if box.status in ("ok", "boundary") else "failed"  # type: ignore[assignment]
        made = self.press.at(name, n=box.n, trials=box.trials, status=status)
        outside = made.at("outside", n=box.outside.n, trials=box.outside.trials, status="ok")
        level, unit = self.node.level, self.unit
        return PeeledBox(
            id=made.prefix,
            size=size,
            share=made.fixed("share", box.fraction, "share"),
            n=made.count("n", box.n),
            n_control=made.count("n control", box.n_control),
            n_intervention=made.count("n intervention", box.n_intervention),
            trials=made.count("trials", box.trials, "trials"),
            limits=tuple(self._limit(box, i, made) for i in range(len(self.moderators))),
            inside=estimate_record(_known(box.effect), level, made, unit, box.message),
            normal=self._normal(self.search.members[place], made.at("normal")),
            outside=estimate_record(_known(box.outside.effect), level, outside, unit, "too few people outside"),
            difference=estimate_record(
                _known(box.difference), level, made.at("difference"), unit, "too few people outside"
            ),
            status=status,
        )

    def _limit(self, box: Box, place: int, press: Press) -> Number:
        limit = box.limits[place]
        moderator = self.search.moderators[limit.moderator]
        name = f"{limit.moderator} limit"
        if limit.value is None:
            return press.none(name, "")
        if limit.level is not None:
            return press.quote(name, limit.level)
        return press.figure(name, limit.value, decimals_of(moderator, self.search.selection), moderator.unit)

    def _normal(self, inside: BoolArray, press: Press) -> Estimate:
        """Return the effect inside with intervals from the normal distribution, as many publications print them."""
        selection = self.search.selection
        fit = fit_one_step(
            selection.change[inside],
            selection.treatment[inside],
            selection.trial[inside],
            adjusters=_adjusters(selection, inside),
            treatment_effect=self.node.treatment_effect,
            inference="normal",
        )
        return estimate_record(_known(fit.effect), self.node.level, press, self.unit, fit.message)


def size_text(size: float) -> str:
    """Return a share of people as ids say it.

    Examples
    --------
    >>> size_text(0.1), size_text(0.125), size_text(1)
    ('0.10', '0.125', '1.00')
    """
    return f"{size:.{max(2, _decimals_of(size))}f}"


def decimals_of(moderator: Moderator, selection: Selection) -> int:
    """Return with how many decimals a value is printed: what the study file says, else what people's values need."""
    if moderator.decimals is not None:
        return moderator.decimals
    values = values_of(moderator, selection)
    known = values[~np.isnan(values)]
    exact = (d for d in range(MOST_DECIMALS) if np.allclose(np.round(known, d), known, rtol=0, atol=1e-9))
    return next(exact, MOST_DECIMALS)

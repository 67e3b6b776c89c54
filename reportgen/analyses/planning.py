"""What every analysis of a study can do, before anything is fitted.

In: the study and the repository. Out: a `PlannedAnalysis` for each analysis. Who enters is asked of the same functions as
when the study is built, so that the numbers are those which the report then prints. Where a search takes the moderators
of a screening, only the screening decides which: numbers are then the most that may be, and are marked so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reportgen.analyses import peeling_search, recursive_partitioning
from reportgen.analyses.adjusters import Unused, unused_adjusters, unused_words
from reportgen.analyses.cohorts import Cell, Cohorts, cells_of
from reportgen.analyses.events_record import counted_people
from reportgen.analyses.moderator_values import Moderator
from reportgen.analyses.pooled_fits import poolable
from reportgen.analyses.screened import testable
from reportgen.analyses.search_people import Cost
from reportgen.analyses.selection import (
    Excluded,
    Selection,
    earlier_of,
    not_estimable,
    without_adjuster,
)
from reportgen.analyses.subgroup_differences import meta_analysis_of, shared_cells
from reportgen.analyses.suppressed_trials import guarded_trials
from reportgen.data import Repository
from reportgen.records.exclusion import ExclusionReason
from reportgen.records.planned import ExcludedTrials, PlannedCost, PlannedEffect
from reportgen.spec.analyses import (
    Agreement,
    Descriptive,
    DirectedPeeling,
    Events,
    FromScreening,
    MetaAnalysis,
    Moderators,
    RecursivePartitioning,
    Search,
    SubgroupDifferences,
)
from reportgen.spec.outcomes import Outcome
from reportgen.spec.study import Analysis, Study

Key = tuple[str, str, str]
_Screenable = tuple[dict[str, Moderator], tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class PlanContext:
    """What every plan is made with."""

    cohorts: Cohorts

    @property
    def study(self) -> Study:
        """The study."""
        return self.cohorts.study

    @property
    def repository(self) -> Repository:
        """Its data."""
        return self.cohorts.repository

    def moderators(self, node: Moderators | Search) -> dict[str, Moderator]:
        """Return the moderators of an analysis, or all of the screening that it takes its own from."""
        screening = self.screening(node)
        chosen = screening.moderators if screening else node.moderators
        assert not isinstance(chosen, FromScreening)
        return self.cohorts.moderators(chosen)

    def screening(self, node: Moderators | Search) -> Moderators | None:
        """Return the screening from which a search takes its moderators."""
        if not isinstance(node.moderators, FromScreening):
            return None
        screening = self.study.analyses[node.moderators.from_]
        assert isinstance(screening, Moderators)
        return screening

    def screenable(self, node: Search, selection: Selection, moderators: Mapping[str, Moderator]) -> _Screenable:
        """Return the moderators that may come out of the screening of a search, and why the others cannot."""
        screening = self.screening(node)
        if screening is None or not_estimable(selection, node):
            return dict(moderators), ()
        found = testable(selection, moderators.values(), screening, 0)  # what is not printed is screened all the same
        lost = tuple((item.moderator.name, reason) for item, reason in found if reason)
        return {item.moderator.name: item.moderator for item, reason in found if not reason}, lost


def _analysed(outcome: Outcome) -> str:
    """Return what is analysed of an outcome."""
    if outcome.of_events:
        return "events"
    return ("at follow-up" if outcome.final else "change") + (", standardised" if outcome.standardised else "")


@dataclass(frozen=True, slots=True)
class _Entering:
    """Who would enter a search, and what is said of it."""

    selection: Selection
    effect: PlannedEffect

    @property
    def key(self) -> Key:
        return self.effect.comparison, self.effect.outcome, self.effect.follow_up


def about(node: Analysis) -> str:
    """Return of what an analysis is, in a few words; empty where its method says all."""
    if isinstance(node, Agreement):
        return f"of '{node.partition}' and '{node.peeling}'"
    if isinstance(node, SubgroupDifferences):
        return f"between {', '.join(repr(name) for name in node.subsets)}"
    if not isinstance(node, Moderators | Search):
        return ""
    chosen = node.moderators
    if isinstance(chosen, FromScreening):
        return f"along the moderators of '{chosen.from_}' with p below {chosen.p_below:g}"
    return f"along {', '.join(chosen)}" if isinstance(node, Search) else f"of {', '.join(chosen)}"


def _effect(
    selection: Selection, reason: str, context: PlanContext, *, model: MetaAnalysis | None = None, **more: Any
) -> PlannedEffect:
    """Return what would enter a selection; `model` is the node whose model decides on adjusters, if not the plain one."""
    by_reason: dict[str, list[str]] = {}
    for item in selection.excluded:
        # what a trial compares is no news to who wrote its mapping
        if item.whole_trial and item.exclusion.kind is not ExclusionReason.NO_ARM:
            by_reason.setdefault(_reason(item, selection.excluded), []).append(item.trial)
    return PlannedEffect(
        comparison=selection.comparison,
        outcome=selection.outcome,
        follow_up=selection.follow_up,
        analysed=_analysed(context.study.outcomes[selection.outcome]),
        n=selection.n,
        trials=len(selection.trials),
        n_control=selection.arm_size(0),
        n_intervention=selection.arm_size(1),
        reason=reason,
        excluded=tuple(ExcludedTrials(words, tuple(trials)) for words, trials in by_reason.items()),
        without_adjuster=_without_adjuster(selection, context.study),
        not_adjusted=() if reason else tuple(map(unused_words, _unused(selection, model))),
        **more,
    )


def _unused(selection: Selection, model: MetaAnalysis | None) -> tuple[Unused, ...]:
    if model is None:
        return unused_adjusters(selection)
    return unused_adjusters(selection, intercept=model.intercept, adjuster_slopes=model.adjuster_slopes)


def _without_adjuster(selection: Selection, study: Study) -> tuple[tuple[str, int], ...]:
    lost = {name: without_adjuster(name, study) for name in dict.fromkeys(selection.adjuster_of)}
    counted = {
        name: sum(item.n for item in selection.excluded if item.exclusion == reason) for name, reason in lost.items()
    }
    return tuple((name, n) for name, n in counted.items() if n)


def _reason(trial: Excluded, excluded: tuple[Excluded, ...]) -> str:
    """Return why a trial does not enter; where nobody of a side is complete, what most of its people lack."""
    people = [item for item in excluded if item.trial == trial.trial and not item.whole_trial]
    if not people:
        return trial.reason
    return f"{trial.reason}: {max(people, key=lambda item: item.n).reason}"


def _costs(costs: tuple[Cost, ...]) -> tuple[PlannedCost, ...]:
    return tuple(PlannedCost(cost.moderator, cost.people, cost.trials) for cost in costs if cost.people or cost.trials)


def described(node: Descriptive, context: PlanContext) -> list[PlannedEffect]:
    """Return who would be described."""
    comparison = context.study.comparisons[node.sides_of]
    people = context.repository.participants
    control, intervention = (
        people["arm_class"].isin(side).to_numpy() for side in (comparison.control, comparison.intervention)
    )
    trials = people["trial"].to_numpy(dtype=object)[control | intervention]
    sizes = int(control.sum()), int(intervention.sum())
    return [PlannedEffect(node.sides_of, "", "", sum(sizes), len(set(trials.tolist())), *sizes)]


def counted(node: Events, context: PlanContext) -> list[PlannedEffect]:
    """Return among whom events would be counted."""
    return [
        _effect(people, "" if people.n else "nobody has a value", context)
        for people in counted_people(node, context.study, context.repository, context.cohorts.measurements)
    ]


def pooled(node: MetaAnalysis, context: PlanContext) -> list[PlannedEffect]:
    """Return who would enter each effect of a meta-analysis; those that are pooled in two stages need effects of single trials."""
    chosen = [poolable(selection, node) for selection in context.cohorts.of(node)]
    return [
        _effect(
            selection,
            not_estimable(selection, node),
            context,
            model=node,
            remark=_guarded(selection, earlier_of(selection, chosen[:place]), context),
        )
        for place, selection in enumerate(chosen)
    ]


def _guarded(selection: Selection, earlier: Sequence[Selection], context: PlanContext) -> str:
    """Say which trials the policy suppresses; whether they are pooled nevertheless is known only when the fit is audited."""
    names = guarded_trials(selection, context.study.policy.minimum_cell, earlier)
    if not names:
        return ""
    return f"too few participants of an arm to print: {', '.join(names)} (suppressed, or not pooled if it could be derived)"


def screened(node: Moderators, context: PlanContext) -> list[PlannedEffect]:
    """Return who would enter each screening, and which moderators could be tested."""
    moderators, effects = context.moderators(node), []
    for selection in context.cohorts.of(node):
        reason = not_estimable(selection, node)
        found = testable(selection, moderators.values(), node, context.study.policy.minimum_cell)
        lost = tuple((item.moderator.name, cause) for item, cause in found if cause)
        effects.append(
            _effect(
                selection,
                reason,
                context,
                moderators=0 if reason else len(found) - len(lost),
                not_tried=() if reason else lost,
                costs=() if reason else _costs(tuple(item.cost for item, _ in found)),
            )
        )
    return effects


def partitioned(node: RecursivePartitioning, context: PlanContext) -> list[PlannedEffect]:
    """Return who would enter each recursive partitioning, along which moderators."""
    return [item.effect for item in _partitions(node, context)]


def _partitions(node: RecursivePartitioning, context: PlanContext) -> list[_Entering]:
    moderators = context.moderators(node)
    return [_partition(node, selection, moderators, context) for selection in context.cohorts.of(node)]


def _partition(
    node: RecursivePartitioning, selection: Selection, moderators: Mapping[str, Moderator], context: PlanContext
) -> _Entering:
    screened = isinstance(node.moderators, FromScreening)
    moderators, lost = context.screenable(node, selection, moderators)
    # which moderators will be searched together is not known: each by itself gives the most that can be
    missing = "available" if screened else node.missing
    people = recursive_partitioning.searchable(node, selection, moderators, missing=missing)
    entering = people.selection
    alone = not_estimable(selection, node)  # with no word of moderators
    reason = (
        alone or not_estimable(entering, node) or ("" if people.moderators else "no moderator leaves enough trials")
    )
    least = recursive_partitioning.least_size(node, entering.n)
    arms = entering.arm_size(0), entering.arm_size(1)
    small = not reason and (entering.n < 2 * least or min(arms) < 2 * node.min_arm)
    effect = _effect(
        entering,
        reason,
        context,
        at_most=screened and node.missing == "complete" and not reason,
        moderators=0 if reason else len(people.moderators),
        moderators_at_most=screened and not reason,
        remark=f"too few participants to divide: each side needs {least}, and {node.min_arm} in each arm"
        if small
        else "",
        not_tried=() if alone else (*lost, *people.not_searched),
        costs=() if reason or node.missing == "available" else _costs(people.costs),
    )
    return _Entering(entering, effect)


def peeled(node: DirectedPeeling, context: PlanContext) -> list[PlannedEffect]:
    """Return who would enter each directed peeling, along which moderators."""
    return [item.effect for item in _peelings(node, context)]


def _peelings(node: DirectedPeeling, context: PlanContext) -> list[_Entering]:
    moderators = context.moderators(node)
    return [_peeling(node, selection, moderators, context) for selection in context.cohorts.of(node)]


def _peeling(
    node: DirectedPeeling, selection: Selection, moderators: Mapping[str, Moderator], context: PlanContext
) -> _Entering:
    reason = not_estimable(selection, node)
    if reason:
        return _Entering(selection, _effect(selection, reason, context, moderators=0))
    moderators, lost = context.screenable(node, selection, moderators)
    if isinstance(node.moderators, FromScreening):
        # each by itself, as above
        each = [peeling_search.searchable(node, selection, {name: moderator}) for name, moderator in moderators.items()]
        entering = selection
        searched = [name for people, _ in each for name in people.moderators]
        not_tried = tuple(item for _, not_searched in each for item in not_searched)
        costs = tuple(cost for people, _ in each for cost in people.costs)
    else:
        people, not_tried = peeling_search.searchable(node, selection, moderators)
        entering, searched, costs = people.selection, list(people.moderators), people.costs
    screened = isinstance(node.moderators, FromScreening) and bool(searched)
    effect = _effect(
        entering,
        "" if searched else "no moderator can be peeled",
        context,
        at_most=screened,
        moderators=len(searched),
        moderators_at_most=screened,
        not_tried=(*lost, *not_tried),
        costs=_costs(costs),
    )
    return _Entering(entering, effect)


def agreeing(node: Agreement, context: PlanContext) -> list[PlannedEffect]:
    """Return who would be in both searches of an agreement."""
    partition, peeling = context.study.analyses[node.partition], context.study.analyses[node.peeling]
    assert isinstance(partition, RecursivePartitioning)
    assert isinstance(peeling, DirectedPeeling)
    first = {item.key: item for item in _partitions(partition, context)}
    return [_agreement(first[item.key], item) for item in _peelings(peeling, context) if item.key in first]


def _agreement(first: _Entering, second: _Entering) -> PlannedEffect:
    by_reason = {"recursive partitioning: ": first.effect.reason, "directed peeling: ": second.effect.reason}
    same = len(set(by_reason.values())) == 1
    reasons = [second.effect.reason] if same else [name + reason for name, reason in by_reason.items() if reason]
    return replace(
        second.effect,
        n=int(np.isin(second.selection.rows, first.selection.rows).sum()),
        trials=None,
        n_control=None,
        n_intervention=None,
        at_most=first.effect.at_most or second.effect.at_most,
        moderators=None,
        moderators_at_most=False,
        reason="; ".join(reasons),
        excluded=(),
        not_tried=(),
        costs=(),
        without_adjuster=(),
        not_adjusted=(),
    )


def side_by_side(node: SubgroupDifferences, context: PlanContext) -> list[PlannedEffect]:
    """Return how many participants would be in any of the subgroups that are set side by side, and which of them have no effect."""
    cells = list(shared_cells(node, context.study))
    entering: dict[Cell, dict[str, Selection]] = {cell: {} for cell in cells}
    for name in node.subsets:
        pooled_node = meta_analysis_of(name, context.study)
        found = dict(zip(cells_of(pooled_node, context.study), context.cohorts.of(pooled_node), strict=True))
        for cell in cells:
            entering[cell][name] = poolable(found[cell], pooled_node)
    return [_beside(cell, selections, context) for cell, selections in entering.items()]


def _beside(cell: Cell, selections: Mapping[str, Selection], context: PlanContext) -> PlannedEffect:
    reasons = {
        name: not_estimable(selection, meta_analysis_of(name, context.study)) for name, selection in selections.items()
    }
    return PlannedEffect(
        cell.comparison,
        cell.outcome,
        cell.follow_up,
        len(np.unique(np.concatenate([selection.rows for selection in selections.values()]))),
        trials=None,
        n_control=None,
        n_intervention=None,
        remark="; ".join(f"{name}: {reason}" for name, reason in reasons.items() if reason),
        analysed=_analysed(context.study.outcomes[cell.outcome]),
    )

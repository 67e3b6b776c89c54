"""What a recursive partitioning found, as a record: rules in words, effects, p values and the cuts that were tried.

In: the people of a search and the `Partition` that `reportgen.stats` returned. Out: a `PartitionedOutcome`. Ids name a
subgroup by its moderators and their sides (`age-low.baseline-ffbhr-low`), so that they stay what they are when a cut moves
a little or another subgroup is found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.adjusters import Unused, not_adjusted_record, unused_adjusters
from reportgen.analyses.consistency import consistency_record
from reportgen.analyses.fit_among import fit_among
from reportgen.analyses.honesty_record import Honest
from reportgen.analyses.moderator_values import column_of
from reportgen.analyses.naming import scale_of
from reportgen.analyses.partition_context import Naming, RecordContext
from reportgen.analyses.partition_profiles import cut_decimals, profiles
from reportgen.analyses.pooled_fits import LINKS
from reportgen.analyses.recording import NAN, excluded_record
from reportgen.analyses.search_people import SearchPeople
from reportgen.analyses.selection import adjusters_of, narrowed
from reportgen.analyses.sites_record import sites_record
from reportgen.analyses.variants import with_variants
from reportgen.records.honesty import SubgroupHonesty
from reportgen.records.numbers import Inline, Status, Value
from reportgen.records.partition import (
    Condition,
    Members,
    ModeratorUse,
    NormalInterval,
    PartitionedOutcome,
    Split,
    Subgroup,
    TreeNode,
)
from reportgen.records.trial_interactions import Consistency
from reportgen.release.estimates import estimate_record, scalar
from reportgen.release.rules import (
    TOO_CLOSE,
    TOO_FEW,
    as_printed,
    disclosable_groups,
    few_in_an_arm,
    suppress_estimate,
    suppress_value,
)
from reportgen.release.values import Values
from reportgen.spec.analyses import RecursivePartitioning as Node
from reportgen.stats import Effect, Partition
from reportgen.stats import subgroups as found
from reportgen.stats.event_null import linear_columns
from reportgen.stats.event_split_readings import event_split_in_new_trials
from reportgen.stats.split_readings import split_readings


def search_record(
    people: SearchPeople,
    partition: Partition | None,
    reason: str,
    node: Node,
    naming: Naming,
    values: Values,
    honest: Honest | None = None,
) -> PartitionedOutcome[Value]:
    """Return one search as a record.

    Parameters
    ----------
    people : SearchPeople
    partition : Partition or None
        Of these people, in their order; None where there was no search.
    reason : str
        Why there was none.
    node : RecursivePartitioning node of the study file
    naming : Naming
    values : Values
        Its ids begin with the analysis, the comparison, the outcome and the follow-up.
    honest : Honest or None
        The draws of the search.
    """
    selection = people.selection
    status: Status = "ok" if partition else "not estimable"
    values = values.at(n=selection.n, trials=len(selection.trials), arms=selection.arms)
    context = RecordContext(people, node, naming, values, partition.settings["across_extra"] if partition else 0)
    overall = _overall(partition, context, reason)
    groups = _subgroups(partition, context, honest) if partition else ()
    rejected = _rejected(partition, context) if partition else ()
    tree = _tree(partition, overall, groups, rejected, context) if partition else ()
    least = partition.settings["min_size"] if partition else None
    return PartitionedOutcome(
        id=values.prefix,
        outcome=selection.outcome,
        outcome_label=values.quote("outcome", naming.outcome_label),
        unit=values.quote("unit", naming.unit),
        scale=scale_of(selection.outcome, naming.study),
        follow_up=selection.follow_up,
        follow_up_label=values.quote("follow up", naming.follow_up_label),
        comparison=selection.comparison,
        overall=overall,
        in_comparison=values.count("in comparison", selection.in_comparison),
        moderators=_uses(people, partition, naming, values),
        cuts=values.count("cuts", len(partition.candidates.log_p) if partition else 0, "cuts"),
        min_size=values.none("min size", reason) if least is None else values.count("min size", int(least)),
        subgroups=groups,
        tree=tree,
        rejected=rejected,
        profiles=profiles(partition, context) if partition else (),
        excluded=excluded_record(selection, values),
        status=status,
        reason=reason,
        honesty=honest.whole(_strongest(partition)) if honest and partition else None,
        sites=sites_record(selection, values),
    )


def _strongest(partition: Partition) -> float:
    """Return the strength of the best split, kept or not: −log p of its node; 0 where nothing could be split."""
    return max((-split.log_p_node for node in partition.tree for split in node.splits), default=0.0)


def _overall(partition: Partition | None, context: RecordContext, reason: str) -> Members[Value]:
    """Return everybody in the search; where there was no search, their effect is fitted all the same if it can be."""
    selection = context.selection
    everybody = np.ones(selection.n, dtype=bool)
    if partition is not None:
        return _members(partition.overall, context)
    few = few_in_an_arm(selection.treatment, context.naming.minimum_cell)
    if few or len(selection.trials) < context.node.minimum_trials:
        nothing, cause = Effect(NAN, NAN, NAN, NAN), TOO_FEW if few else reason
        arms = selection.arm_size(0), selection.arm_size(1)
        group = found.Group((), everybody, *arms, len(selection.trials), nothing, NAN, "not estimable", cause)
        return _members(group, context)
    fit = fit_among(selection, everybody, context.node, adjuster_slopes=context.node.adjuster_slopes)
    group = found.Group(
        (), everybody, fit.n_control, fit.n_intervention, fit.trials, fit.effect, fit.tau2, fit.status, fit.message
    )
    return _members(group, context)


def _members(group: found.Group, context: RecordContext) -> Members[Value]:
    """Return people with their effect; the normal interval stands beside it for publications that print no other."""
    estimated = group.status in ("ok", "boundary")
    status: Status = group.status
    reason = "" if estimated else group.reason
    arms = group.n_control, group.n_intervention
    values = context.values.at(n=group.n, trials=group.trials, status=status, arms=arms)
    normal = values.at("effect", "normal")
    low, high = NAN, NAN
    if estimated:
        fit = fit_among(
            context.selection,
            group.members,
            context.node,
            inference="normal",
            adjuster_slopes=context.node.adjuster_slopes,
        )
        low, high = (scalar(limit) for limit in fit.effect.interval(context.node.level))
    ends = normal.bounds(low, high, "effect", context.unit, reason)
    n_control, n_intervention = values.sides()
    return Members(
        id=values.prefix,
        rule=tuple(_condition(rule, context.at(f"rule {i}")) for i, rule in enumerate(group.rules, 1)),
        n=values.count("n", group.n),
        n_control=n_control,
        n_intervention=n_intervention,
        trials=values.count("trials", group.trials, "trials"),
        estimate=estimate_record(group.effect if estimated else None, context.node.level, values, context.unit, reason),
        normal=NormalInterval(
            low=ends[0],
            high=ends[1],
        ),
        status=status,
        reason=reason,
        not_adjusted=not_adjusted_record(_unused(group, context), context.naming.study, values) if estimated else (),
    )


def _unused(group: found.Group, context: RecordContext) -> tuple[Unused, ...]:
    """Return the adjusters that the model of some people leaves out."""
    return unused_adjusters(context.selection, group.members, adjuster_slopes=context.node.adjuster_slopes)


def _condition(rule: found.Rule, context: RecordContext) -> Condition[Value]:
    moderator = context.people.moderators[rule.moderator]
    values = context.values
    label, unit = values.quote("moderator", moderator.label), values.quote("unit", moderator.unit)
    if rule.levels:
        levels = tuple(values.quote(f"level {i}", level) for i, level in enumerate(rule.levels, 1))
        return Condition(rule.moderator, label, "levels", None, levels, unit)
    decimals = cut_decimals(rule.value, moderator, context.selection)
    value = as_printed(rule.value, decimals, context.naming.minimum_cell)
    cut = values.figure("cut", value, decimals, moderator.unit)
    return Condition(rule.moderator, label, "≤" if rule.kind == "<=" else ">", cut, (), unit)


def names_of(subgroups: Sequence[found.Subgroup]) -> list[tuple[str, ...]]:
    """Return the parts of an id for each subgroup: its moderators with their sides; the place, where several share them."""
    names = [
        tuple(
            f"{rule.moderator} {' or '.join(rule.levels) if rule.levels else 'low' if rule.kind == '<=' else 'high'}"
            for rule in sorted(group.rules, key=lambda rule: rule.moderator)
        )
        for group in subgroups
    ]
    places = [names[: i + 1].count(name) for i, name in enumerate(names)]
    return [(*name, f"again {place}") if place > 1 else name for name, place in zip(names, places, strict=True)]


def _subgroups(partition: Partition, context: RecordContext, honest: Honest | None) -> tuple[Subgroup[Value], ...]:
    found_here, disclosed = partition.subgroups, _disclosed_groups(partition, context)
    names = names_of(found_here)
    groups = [
        _subgroup(number, group, tell, context.at(*name), partition, honest)
        for number, (group, name, tell) in enumerate(zip(found_here, names, disclosed, strict=True), 1)
    ]
    return with_variants(groups, found_here, [context.values.at(*name) for name in names], context.naming.minimum_cell)


def _honesty(
    number: int, group: found.Subgroup, partition: Partition, here: RecordContext, honest: Honest | None
) -> SubgroupHonesty[Value] | None:
    """Return what draws say of a subgroup; it is compared with those of its depth that have the same place by p."""
    if honest is None:
        return None
    depth = {subgroup: len(subgroup.inside.rules) for subgroup in partition.subgroups}
    rank = [subgroup for subgroup in partition.subgroups if depth[subgroup] == depth[group]].index(group)
    arms = group.inside.n_control, group.inside.n_intervention
    values = here.values.at(n=group.inside.n, trials=group.inside.trials, arms=arms)
    return honest.subgroup(group, depth[group] - 1, rank, values)


def _subgroup(
    number: int,
    group: found.Subgroup,
    disclosed: NDArray[np.bool_],
    here: RecordContext,
    partition: Partition,
    honest: Honest | None,
) -> Subgroup[Value]:
    split = _split(group.split, group.parent, (), here.at("split"), group.difference)
    p = here.values.at("split")
    level = next(node.level for node in partition.tree if node.number == group.node)
    parts = ((group.inside, here), (group.sibling, here.at("sibling")), (group.complement, here.at("complement")))
    inside, sibling, complement = (
        _members(part, context) if tell else _suppressed_members(_members(part, context))
        for (part, context), tell in zip(parts, disclosed, strict=True)
    )
    if not disclosed[0]:
        split = replace(split, difference=suppress_estimate(split.difference, TOO_CLOSE))
    return Subgroup(
        number=number,
        level=level,
        inside=inside,
        sibling=sibling,
        complement=complement,
        split=split,
        p_pooled=p.p("p pooled", group.pooled.tested_p),
        p_within=p.p("p within", group.within.tested_p),
        p_new=_in_new_trials(group, context=here),
        honesty=_honesty(number, group, partition, here, honest) if disclosed[0] else None,
        consistency=_consistency(group, here) if disclosed[:2].all() else None,
    )


def _consistency(group: found.Subgroup, context: RecordContext) -> Consistency[Value]:
    """Return whether the difference of a subgroup from its sibling is alike from trial to trial."""
    sides = group.inside.members, group.sibling.members
    return consistency_record(context.selection, *sides, scalar(group.difference.estimate), context.values)


def _in_new_trials(group: found.Subgroup, context: RecordContext) -> Value:
    """Return p of the last split where its difference varies between trials; the search took it as common to them."""
    selection, node = context.selection, context.node
    mask = group.inside.members | group.sibling.members
    among = narrowed(selection, mask, selection.excluded)
    people = among.response, among.treatment, among.trial, group.inside.members[mask]
    asked: dict[str, Any] = {"information": node.information, "treatment_effect": node.treatment_effect}
    if among.kind == "continuous":
        adjusters = adjusters_of(among)
        _, new = split_readings(*people, adjusters=adjusters, adjuster_slopes=node.adjuster_slopes, **asked)
    else:
        columns, link = _with_moderators(context)[mask], LINKS[among.kind]
        new = event_split_in_new_trials(*people, link=link, exposure=among.exposure, adjusters=columns, **asked)
    return context.values.at("split", status=new.status).p("p in new trials", new.p_value, new.reason)


def _with_moderators(context: RecordContext) -> NDArray[np.float64]:
    """Return adjusters and moderators as the model of events has them from which the search started."""
    selection = context.selection
    everybody = np.arange(selection.n)
    columns = [column_of(moderator, selection) for moderator in context.people.moderators.values()]
    linear = [linear_columns(column, everybody, selection.trial) for column in columns]
    return np.column_stack([selection.adjusters, *linear])


def _disclosed_groups(partition: Partition, context: RecordContext) -> NDArray[np.bool_]:
    """Return of each subgroup whether its people, its sibling and everybody else are disclosed, in this order.

    Two subgroups may be nearly the same people; and few, who lack the moderator, may tell everybody else from the sibling.
    """
    groups = [[group.inside, group.sibling, group.complement] for group in partition.subgroups]
    if not groups:
        return np.ones((0, 3), dtype=bool)
    members = np.array([item.members for three in groups for item in three])
    return disclosable_groups(members, context.selection.treatment, context.naming.minimum_cell).reshape(-1, 3)


def _suppressed_members(members: Members[Value]) -> Members[Value]:
    """Return people without their effect."""
    return replace(
        members,
        estimate=suppress_estimate(members.estimate, TOO_CLOSE),
        normal=NormalInterval(
            *(suppress_value(limit, TOO_CLOSE) for limit in (members.normal.low, members.normal.high))
        ),
        status="suppressed",
        reason=TOO_CLOSE,
    )


def _split(
    split: found.Split, node: int, reason: Inline[Value], context: RecordContext, difference: Effect | None = None
) -> Split[Value]:
    """Return a split; its difference is that of the candidate itself where it was not kept."""
    better, other = (split.low, split.high) if split.child == "low" else (split.high, split.low)
    sign = 1.0 if split.child == "low" else -1.0
    n = split.low.n + split.high.n
    values = context.values.at(n=n)
    # criteria other than the interaction come from two fits and have no degrees of freedom
    df = math.inf if math.isnan(split.df) else split.df
    effect = difference or Effect(sign * split.estimate, split.std_error, df, df)
    return Split(
        node=node,
        better=_condition(better.rule, context.at("better")),
        other=_condition(other.rule, context.at("other")),
        cuts=values.count("cuts", split.splits, "cuts"),
        p_raw=values.p("p raw", split.p_raw),
        p_adjusted=values.p("p adjusted", split.p_adjusted),
        p_node=values.p("p node", split.p_node),
        difference=estimate_record(effect, context.node.level, values.at("difference"), context.unit, ""),
        kept=split.kept,
        reason=reason,
    )


def _tree(
    partition: Partition,
    overall: Members[Value],
    groups: Sequence[Subgroup[Value]],
    rejected: Sequence[Split[Value]],
    context: RecordContext,
) -> tuple[TreeNode[Value], ...]:
    """Return the nodes; those below the root are subgroups."""
    people = {
        partition.tree[group.node].rows.tobytes(): record
        for group, record in zip(partition.subgroups, groups, strict=True)
    }
    # the same people may have been reached in two orders, and are then one subgroup with two nodes
    results = {node.number: people[node.rows.tobytes()] for node in partition.tree if node.level}
    known = {(split.node, split.better.moderator): split for split in (*rejected, *(group.split for group in groups))}

    def split_of(node: found.TreeNode, split: found.Split) -> Split[Value]:
        # what is not known leads, in another order, to a subgroup that was found before
        again = context.at(f"node {node.number}", split.moderator)
        return known.get((node.number, split.moderator)) or _split(split, node.number, (), again)

    return tuple(
        TreeNode(
            parent=None if node.parent < 0 else node.parent,
            level=node.level,
            members=results[node.number].inside if node.number in results else overall,
            splits=tuple(split_of(node, split) for split in node.splits),
            subgroup=results[node.number].number if node.number in results else None,
        )
        for node in partition.tree
    )


def _rejected(partition: Partition, context: RecordContext) -> tuple[Split[Value], ...]:
    """Return the best cuts that were not kept, the smallest p first."""
    rejected = [
        (split.log_p_node, node.number, place, split)
        for node in partition.tree
        for place, split in enumerate(node.splits)
        if not split.kept
    ]
    rejected.sort(key=lambda item: item[:3])
    return tuple(
        _split(split, node, _rejection_reason(place, context), context.at(f"rejected {i}"))
        for i, (_, node, place, split) in enumerate(rejected, 1)
    )


def _rejection_reason(place: int, context: RecordContext) -> Inline[Value]:
    """Return why a split was not kept; `place` is its rank by p in its node."""
    if place >= context.node.width == 1:
        return ("not the smallest p",)
    if place >= context.node.width:
        return ("not among the ", context.naming.width, " smallest\u00a0p")
    if context.node.criterion == "interaction":
        return ("adjusted p above ", context.naming.alpha)
    return ("the effect inside is not clearer than in the node",)


def _uses(
    people: SearchPeople, partition: Partition | None, naming: Naming, values: Values
) -> tuple[ModeratorUse[Value], ...]:
    """Return every moderator that was asked for: what it costs, and why it was not searched."""
    reasons = dict(people.not_searched)
    if partition is not None:
        reasons |= partition.tree[0].untried
    results = []
    costs = {cost.moderator: cost for cost in people.costs}
    for name, label in naming.moderators.items():
        builder = values.at("moderator", name)
        reason, cost = reasons.get(name, ""), costs.get(name)
        results.append(
            ModeratorUse(
                name=name,
                label=builder.quote("label", label),
                people=builder.count("people lost", cost.people) if cost else builder.none("people lost", reason),
                trials=builder.count("trials lost", cost.trials, "trials")
                if cost
                else builder.none("trials lost", reason),
                searched=not reason and partition is not None,
                reason=(builder.quote("reason", reason),) if reason else (),
            )
        )
    return tuple(results)

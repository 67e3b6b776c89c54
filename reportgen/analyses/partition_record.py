"""What a recursive partitioning found, as a record: rules in words, effects, p values and the cuts that were tried.

In: the people of a search and the `Partition` that `reportgen.stats` returned. Out: a `PartitionedOutcome`. Ids name a
subgroup by its moderators and their sides (`age-low.baseline-ffbhr-low`), so that they stay what they are when a cut moves
a little or another subgroup is found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.adjusters import Unused, not_adjusted_record, unused_adjusters
from reportgen.analyses.fit_among import fit_among
from reportgen.analyses.honesty_record import Honest
from reportgen.analyses.naming import scale_of
from reportgen.analyses.partition_desk import Desk, Naming
from reportgen.analyses.partition_profiles import cut_decimals, profiles
from reportgen.analyses.recording import NAN, clause, left_out_record
from reportgen.analyses.search_people import SearchPeople
from reportgen.analyses.selection import adjusters_of
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
from reportgen.release.estimates import estimate_record, scalar
from reportgen.release.rules import (
    TOO_CLOSE,
    TOO_FEW,
    as_printed,
    few_in_an_arm,
    told_apart,
    withheld,
    withheld_estimate,
)
from reportgen.release.values import Values
from reportgen.spec.study import RecursivePartitioning as Node
from reportgen.stats import Effect, Partition
from reportgen.stats import subgroups as found
from reportgen.stats.split_readings import split_readings


def search_record(
    people: SearchPeople,
    partition: Partition | None,
    reason: str,
    node: Node,
    naming: Naming,
    press: Values,
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
    press : Values
        Its ids begin with the analysis, the comparison, the outcome and the follow-up.
    honest : Honest or None
        The draws of the search.
    """
    selection = people.selection
    status: Status = "ok" if partition else "not estimable"
    press = press.at(n=selection.n, trials=len(selection.trials), arms=selection.arms)
    desk = Desk(people, node, naming, press, partition.settings["across_extra"] if partition else 0)
    overall = _overall(partition, desk, reason)
    groups = _subgroups(partition, desk, honest) if partition else ()
    rejected = _rejected(partition, desk) if partition else ()
    tree = _tree(partition, overall, groups, rejected, desk) if partition else ()
    least = partition.settings["min_size"] if partition else None
    return PartitionedOutcome(
        id=press.prefix,
        outcome=selection.outcome,
        outcome_label=press.quote("outcome", naming.outcome_label),
        unit=press.quote("unit", naming.unit),
        scale=scale_of(naming.study.outcomes[selection.outcome]),
        follow_up=selection.follow_up,
        follow_up_label=press.quote("follow up", naming.follow_up_label),
        comparison=selection.comparison,
        overall=overall,
        in_comparison=press.count("in comparison", selection.in_comparison),
        moderators=_uses(people, partition, naming, press),
        cuts=press.count("cuts", len(partition.candidates.log_p) if partition else 0, "cuts"),
        min_size=press.none("min size", reason) if least is None else press.count("min size", int(least)),
        subgroups=groups,
        tree=tree,
        rejected=rejected,
        profiles=profiles(partition, desk) if partition else (),
        left_out=left_out_record(selection, press),
        status=status,
        reason=reason,
        honesty=honest.whole(_strongest(partition)) if honest and partition else None,
    )


def _strongest(partition: Partition) -> float:
    """Return the strength of the best split, kept or not: −log p of its node; 0 where nothing could be split."""
    return max((-split.log_p_node for node in partition.tree for split in node.splits), default=0.0)


def _overall(partition: Partition | None, desk: Desk, reason: str) -> Members[Value]:
    """Return everybody in the search; where there was no search, their effect is fitted all the same if it can be."""
    selection = desk.selection
    everybody = np.ones(selection.n, dtype=bool)
    if partition is not None:
        return _members(partition.overall, desk)
    few = few_in_an_arm(selection.treatment, desk.naming.minimum_cell)
    if few or len(selection.trials) < desk.node.minimum_trials:
        nothing, why = Effect(NAN, NAN, NAN, NAN), TOO_FEW if few else reason
        arms = selection.arm_size(0), selection.arm_size(1)
        group = found.Group((), everybody, *arms, len(selection.trials), nothing, NAN, "not estimable", why)
        return _members(group, desk)
    fit = fit_among(selection, everybody, desk.node, adjuster_slopes=desk.node.adjuster_slopes)
    group = found.Group(
        (), everybody, fit.n_control, fit.n_intervention, fit.trials, fit.effect, fit.tau2, fit.status, fit.message
    )
    return _members(group, desk)


def _members(group: found.Group, desk: Desk) -> Members[Value]:
    """Return people with their effect; the normal interval stands beside it for publications that print no other."""
    estimated = group.status in ("ok", "boundary")
    status: Status = group.status
    reason = "" if estimated else clause(group.reason)
    arms = group.n_control, group.n_intervention
    press = desk.press.at(n=group.n, trials=group.trials, status=status, arms=arms)
    normal = press.at("effect", "normal")
    low, high = NAN, NAN
    if estimated:
        fit = fit_among(
            desk.selection, group.members, desk.node, inference="normal", adjuster_slopes=desk.node.adjuster_slopes
        )
        low, high = (scalar(limit) for limit in fit.effect.interval(desk.node.level))
    ends = normal.bounds(low, high, "effect", desk.unit, reason)
    n_control, n_intervention = press.sides()
    return Members(
        id=press.prefix,
        rule=tuple(_condition(rule, desk.at(f"rule {i}")) for i, rule in enumerate(group.rules, 1)),
        n=press.count("n", group.n),
        n_control=n_control,
        n_intervention=n_intervention,
        trials=press.count("trials", group.trials, "trials"),
        estimate=estimate_record(group.effect if estimated else None, desk.node.level, press, desk.unit, reason),
        normal=NormalInterval(
            low=ends[0],
            high=ends[1],
        ),
        status=status,
        reason=reason,
        not_adjusted=not_adjusted_record(_unused(group, desk), desk.naming.study, press) if estimated else (),
    )


def _unused(group: found.Group, desk: Desk) -> tuple[Unused, ...]:
    """Return the adjusters that the model of some people leaves out."""
    return unused_adjusters(desk.selection, group.members, adjuster_slopes=desk.node.adjuster_slopes)


def _condition(rule: found.Rule, desk: Desk) -> Condition[Value]:
    moderator = desk.people.moderators[rule.moderator]
    press = desk.press
    label, unit = press.quote("moderator", moderator.label), press.quote("unit", moderator.unit)
    if rule.levels:
        levels = tuple(press.quote(f"level {i}", level) for i, level in enumerate(rule.levels, 1))
        return Condition(rule.moderator, label, "levels", None, levels, unit)
    decimals = cut_decimals(rule.value, moderator, desk.selection)
    value = as_printed(rule.value, decimals, desk.naming.minimum_cell)
    cut = press.figure("cut", value, decimals, moderator.unit)
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


def _subgroups(partition: Partition, desk: Desk, honest: Honest | None) -> tuple[Subgroup[Value], ...]:
    found_here, told = partition.subgroups, _told_groups(partition, desk)
    names = names_of(found_here)
    groups = [
        _subgroup(number, group, tell, desk.at(*name), partition, honest)
        for number, (group, name, tell) in enumerate(zip(found_here, names, told, strict=True), 1)
    ]
    return with_variants(groups, found_here, [desk.press.at(*name) for name in names], desk.naming.minimum_cell)


def _honesty(
    number: int, group: found.Subgroup, partition: Partition, here: Desk, honest: Honest | None
) -> SubgroupHonesty[Value] | None:
    """Return what draws say of a subgroup; it is compared with those of its depth that have the same place by p."""
    if honest is None:
        return None
    depth = {one: len(one.inside.rules) for one in partition.subgroups}
    rank = [one for one in partition.subgroups if depth[one] == depth[group]].index(group)
    arms = group.inside.n_control, group.inside.n_intervention
    values = here.press.at(n=group.inside.n, trials=group.inside.trials, arms=arms)
    return honest.subgroup(group, depth[group] - 1, rank, values)


def _subgroup(
    number: int,
    group: found.Subgroup,
    told: NDArray[np.bool_],
    here: Desk,
    partition: Partition,
    honest: Honest | None,
) -> Subgroup[Value]:
    split = _split(group.split, group.parent, (), here.at("split"), group.difference)
    p = here.press.at("split")
    level = next(node.level for node in partition.tree if node.number == group.node)
    parts = ((group.inside, here), (group.sibling, here.at("sibling")), (group.complement, here.at("complement")))
    inside, sibling, complement = (
        _members(part, desk) if tell else _kept_back(_members(part, desk))
        for (part, desk), tell in zip(parts, told, strict=True)
    )
    if not told[0]:
        split = replace(split, difference=withheld_estimate(split.difference, TOO_CLOSE))
    return Subgroup(
        number=number,
        level=level,
        inside=inside,
        sibling=sibling,
        complement=complement,
        split=split,
        p_pooled=p.p("p pooled", scalar(group.pooled.p_value)),
        p_within=p.p("p within", scalar(group.within.p_value)),
        p_new=_in_new_trials(group, desk=here),
        honesty=_honesty(number, group, partition, here, honest) if told[0] else None,
    )


def _in_new_trials(group: found.Subgroup, desk: Desk) -> Value:
    """Return p of the last split where its difference varies between trials; the search took it as common to them."""
    selection, node = desk.selection, desk.node
    who = group.inside.members | group.sibling.members
    adjusters = adjusters_of(selection)
    _, new = split_readings(
        selection.response[who],
        selection.treatment[who],
        selection.trial[who],
        group.inside.members[who],
        adjusters=None if adjusters is None else adjusters[who],
        information=node.information,
        treatment_effect=node.treatment_effect,
        adjuster_slopes=node.adjuster_slopes,
    )
    return desk.press.at("split", status=new.status).p("p in new trials", new.p_value, new.reason)


def _told_groups(partition: Partition, desk: Desk) -> NDArray[np.bool_]:
    """Return of each subgroup whether its people, its sibling and everybody else are told, in this order.

    Two subgroups may be nearly the same people; and few, who lack the moderator, may tell everybody else from the sibling.
    """
    groups = [[group.inside, group.sibling, group.complement] for group in partition.subgroups]
    if not groups:
        return np.ones((0, 3), dtype=bool)
    members = np.array([one.members for three in groups for one in three])
    return told_apart(members, desk.selection.treatment, desk.naming.minimum_cell).reshape(-1, 3)


def _kept_back(members: Members[Value]) -> Members[Value]:
    """Return people without their effect."""
    return replace(
        members,
        estimate=withheld_estimate(members.estimate, TOO_CLOSE),
        normal=NormalInterval(*(withheld(limit, TOO_CLOSE) for limit in (members.normal.low, members.normal.high))),
        status="suppressed",
        reason=TOO_CLOSE,
    )


def _split(
    split: found.Split, node: int, reason: Inline[Value], desk: Desk, difference: Effect | None = None
) -> Split[Value]:
    """Return a split; its difference is that of the candidate itself where it was not kept."""
    better, other = (split.low, split.high) if split.child == "low" else (split.high, split.low)
    sign = 1.0 if split.child == "low" else -1.0
    n = split.low.n + split.high.n
    press = desk.press.at(n=n)
    # criteria other than the interaction come from two fits and have no degrees of freedom
    df = math.inf if math.isnan(split.df) else split.df
    effect = difference or Effect(sign * split.estimate, split.std_error, df, df)
    return Split(
        node=node,
        better=_condition(better.rule, desk.at("better")),
        other=_condition(other.rule, desk.at("other")),
        cuts=press.count("cuts", split.splits, "cuts"),
        p_raw=press.p("p raw", split.p_raw),
        p_adjusted=press.p("p adjusted", split.p_adjusted),
        p_node=press.p("p node", split.p_node),
        difference=estimate_record(effect, desk.node.level, press.at("difference"), desk.unit, ""),
        kept=split.kept,
        reason=reason,
    )


def _tree(
    partition: Partition,
    overall: Members[Value],
    groups: Sequence[Subgroup[Value]],
    rejected: Sequence[Split[Value]],
    desk: Desk,
) -> tuple[TreeNode[Value], ...]:
    """Return the nodes; those below the root are subgroups."""
    people = {
        partition.tree[group.node].rows.tobytes(): record
        for group, record in zip(partition.subgroups, groups, strict=True)
    }
    # the same people may have been reached in two orders, and are then one subgroup with two nodes
    made = {node.number: people[node.rows.tobytes()] for node in partition.tree if node.level}
    known = {(split.node, split.better.moderator): split for split in (*rejected, *(group.split for group in groups))}

    def split_of(node: found.TreeNode, split: found.Split) -> Split[Value]:
        # what is not known leads, in another order, to a subgroup that was found before
        again = desk.at(f"node {node.number}", split.moderator)
        return known.get((node.number, split.moderator)) or _split(split, node.number, (), again)

    return tuple(
        TreeNode(
            parent=None if node.parent < 0 else node.parent,
            level=node.level,
            members=made[node.number].inside if node.number in made else overall,
            splits=tuple(split_of(node, split) for split in node.splits),
            subgroup=made[node.number].number if node.number in made else None,
        )
        for node in partition.tree
    )


def _rejected(partition: Partition, desk: Desk) -> tuple[Split[Value], ...]:
    """Return the best cuts that were not kept, the smallest p first."""
    rejected = [
        (split.log_p_node, node.number, place, split)
        for node in partition.tree
        for place, split in enumerate(node.splits)
        if not split.kept
    ]
    rejected.sort(key=lambda one: one[:3])
    return tuple(
        _split(split, node, _why_rejected(place, desk), desk.at(f"rejected {i}"))
        for i, (_, node, place, split) in enumerate(rejected, 1)
    )


def _why_rejected(place: int, desk: Desk) -> Inline[Value]:
    """Return why a split was not kept; `place` is its rank by p in its node."""
    if place >= desk.node.width == 1:
        return ("not the smallest p",)
    if place >= desk.node.width:
        return ("not among the ", desk.naming.width, " smallest p")
    if desk.node.criterion == "interaction":
        return ("adjusted p above ", desk.naming.alpha)
    return ("the effect inside is not clearer than in the node",)


def _uses(
    people: SearchPeople, partition: Partition | None, naming: Naming, press: Values
) -> tuple[ModeratorUse[Value], ...]:
    """Return every moderator that was asked for: what it costs, and why it was not searched."""
    reasons = dict(people.left_out)
    if partition is not None:
        reasons |= {name: clause(why) for name, why in partition.tree[0].untried.items()}
    made = []
    costs = {cost.moderator: cost for cost in people.costs}
    for name, label in naming.moderators.items():
        here = press.at("moderator", name)
        reason, cost = reasons.get(name, ""), costs.get(name)
        made.append(
            ModeratorUse(
                name=name,
                label=here.quote("label", label),
                people=here.count("people lost", cost.people) if cost else here.none("people lost", reason),
                trials=here.count("trials lost", cost.trials, "trials") if cost else here.none("trials lost", reason),
                searched=not reason and partition is not None,
                reason=(here.quote("reason", reason),) if reason else (),
            )
        )
    return tuple(made)

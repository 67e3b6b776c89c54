"""Whether recursive partitioning and directed peeling point to the same people.

In: the node of the study file, which names one analysis of each kind, and what both found in each cell. Out: an `Agreement`
record. Method: each subgroup is set beside the box of each size: the
Jaccard index of the people whom both analysed, the effect among those in both by a one-step fit of their own, and their
profile beside all others. Nothing is tested.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.agreement_draws import ByChance, by_chance
from reportgen.analyses.fit_among import fit_among
from reportgen.analyses.moderator_values import Moderator, decimals_of, values_of
from reportgen.analyses.naming import level_number, scale_of, unit_of
from reportgen.analyses.partition_profiles import cut_decimals
from reportgen.analyses.partition_record import names_of
from reportgen.analyses.peeling_record import size_text
from reportgen.analyses.peeling_search import Peeled
from reportgen.analyses.recording import for_outcome
from reportgen.analyses.recursive_partitioning import Partitioned
from reportgen.analyses.selection import Selection, narrowed
from reportgen.records.agreement import Agreement, AgreementSettings, ComparedSubgroup, OutcomeAgreement, Pair, Trait
from reportgen.records.estimate import Estimate
from reportgen.records.names import outcome_label
from reportgen.records.numbers import Inline, Measure, Value, slug
from reportgen.records.partition import PartitionedOutcome, Subgroup
from reportgen.release.estimates import estimate_record
from reportgen.release.rules import as_printed, few_in_an_arm
from reportgen.release.suppressed_cells import suppressed_cells
from reportgen.release.values import Values
from reportgen.spec.analyses import Agreement as Node
from reportgen.spec.analyses import DirectedPeeling, RecursivePartitioning
from reportgen.spec.study import Study
from reportgen.stats import subgroups as stats
from reportgen.stats.descriptive import mean_sd
from reportgen.stats.near_twins import jaccard
from reportgen.stats.overlap import OverlapDraws
from reportgen.stats.peeling import Box
from reportgen.stats.subgroups import Rule

BoolArray = NDArray[np.bool_]
FEW = "too few participants to print, or could be derived from a cell that is printed"


@dataclass(frozen=True, slots=True)
class Common:
    """The people whom both methods analysed.

    Attributes
    ----------
    people : Selection
        Those of the peeling whom the other search analysed too.
    moderators : dict of str to Moderator
        Of either search, by name.
    study : Study
    peeling : DirectedPeeling node of the study file
        Whose model is fitted.
    """

    people: Selection
    moderators: dict[str, Moderator]
    study: Study
    peeling: DirectedPeeling

    @property
    def n(self) -> int:
        """How many they are."""
        return self.people.n

    def of(self, rows: NDArray[np.int64]) -> BoolArray:
        """Return who of them stands in some rows of the repository."""
        return np.isin(self.people.rows, rows)


def agreement_record(
    name: str, node: Node, study: Study, outcomes: Sequence[OutcomeAgreement[Value]]
) -> Agreement[Value]:
    """Return a named comparison of two searches.

    Parameters
    ----------
    name : str
        As in the study file; ids start with it.
    node : Agreement node of the study file
    study : Study
    outcomes : sequence of OutcomeAgreement
        One for every outcome x follow-up x comparison that both analyses have.
    """
    values = _values(name, study)
    return Agreement(
        name=name,
        settings=AgreementSettings(
            partition=values.quote("partition", node.partition),
            peeling=values.quote("peeling", node.peeling),
            level=level_number(searches_of(node, study)[1].level, values),
            minimum_cell=values.count("minimum cell", study.policy.minimum_cell),
        ),
        comparisons=(),
        results=tuple(outcomes),
    )


def searches_of(node: Node, study: Study) -> tuple[RecursivePartitioning, DirectedPeeling]:
    """Return the two searches that a node compares."""
    partition, peeling = study.analyses[node.partition], study.analyses[node.peeling]
    assert isinstance(partition, RecursivePartitioning)
    assert isinstance(peeling, DirectedPeeling)
    return partition, peeling


def _values(name: str, study: Study) -> Values:
    return Values(slug(name), f"analyses.{name}", minimum=study.policy.minimum_cell)


def _key(selection: Selection) -> tuple[str, str, str]:
    return selection.comparison, selection.outcome, selection.follow_up


def common_people(first: Partitioned, second: Peeled, study: Study, peeling: DirectedPeeling) -> Common:
    """Return the people whom both methods analysed."""
    both = np.isin(second.selection.rows, first.people.selection.rows)
    people = narrowed(second.selection, both, second.selection.excluded)
    return Common(people, first.moderators | second.moderators, study, peeling)


def compared(
    first: Partitioned,
    second: Peeled,
    judged: PartitionedOutcome[Value],
    draws: Sequence[OverlapDraws | None] = (),
    *,
    name: str,
    node: Node,
    peeling: DirectedPeeling,
    study: Study,
) -> OutcomeAgreement[Value]:
    """Compare the subgroups of two searches in one cell.

    Parameters
    ----------
    first : Partitioned
    second : Peeled
    judged : PartitionedOutcome
        What is recorded of the first, draws included.
    draws : sequence of OverlapDraws or None
        Chunks of draws of both searches; empty without draws.
    name : str
        Of the analysis.
    node : Agreement node of the study file
    peeling : DirectedPeeling node of the study file
        Whose model is fitted.
    study : Study
    """
    values = _values(name, study)
    common = common_people(first, second, study, peeling)
    selection = second.selection
    unit = unit_of(selection.outcome, study)
    builder = for_outcome(selection.outcome, study, values).at(*_key(selection), n=common.n)
    found = first.partition.subgroups if first.partition is not None else ()
    reason = _nothing(first, second, common, builder)
    chance = by_chance(draws, first.partition, peeling.level)
    subgroups = tuple(
        _judged(_subgroup(i, first, second, common, node, builder, chance), judged.subgroups[i], found, builder)
        for i in range(0 if reason else len(found))
    )
    return OutcomeAgreement(
        id=builder.prefix,
        outcome=selection.outcome,
        outcome_label=builder.quote("outcome", outcome_label(selection.outcome, study)),
        unit=builder.quote("unit", unit),
        scale=scale_of(selection.outcome, study),
        follow_up=selection.follow_up,
        follow_up_label=builder.quote("follow-up", study.follow_up[selection.follow_up].label or selection.follow_up),
        comparison=selection.comparison,
        comparison_title=builder.quote(
            "comparison", study.comparisons[selection.comparison].title or selection.comparison
        ),
        n=builder.count("n", common.n),
        subgroups=subgroups,
        suppressed=any(_is_suppressed(pair) for group in subgroups for pair in group.pairs),
        status="not estimable" if reason else "ok",
        reason=reason,
    )


def _judged(
    compared_subgroup: ComparedSubgroup[Value], judged: Subgroup[Value], found: Sequence[stats.Subgroup], values: Values
) -> ComparedSubgroup[Value]:
    """Return a subgroup with what its search records of it: what draws say, and of which stronger one it is a variant."""
    leader = judged.variant_of
    number = None if leader is None else values.at(*names_of(found)[leader - 1]).count("number", leader, "")
    return replace(compared_subgroup, honesty=judged.honesty, variant_of=number)


def _nothing(first: Partitioned, second: Peeled, common: Common, values: Values) -> Inline[Value]:
    """Return why there is nothing to compare, or nothing."""
    if first.partition is None:
        parts = (": ", values.quote("partition reason", first.reason)) if first.reason else ()
        return ("recursive partitioning was not possible", *parts)
    if not first.partition.subgroups:
        return ("recursive partitioning found no subgroup",)
    if second.found is None or not second.found.boxes:
        reason = second.reason or (second.found.message if second.found is not None else "")
        return ("directed peeling found no subgroup: ", values.quote("peeling reason", reason))
    return () if common.n else ("no participant was analysed by both searches, which need different moderators",)


def _is_suppressed(pair: Pair[Value]) -> bool:
    numbers = [pair.both, *(part for trait in pair.traits for part in trait.both if isinstance(part, Value))]
    return any(number.status == "suppressed" for number in numbers)


def _subgroup(
    place: int, first: Partitioned, second: Peeled, common: Common, node: Node, values: Values, chance: ByChance
) -> ComparedSubgroup[Value]:
    assert first.partition is not None
    group = first.partition.subgroups[place]
    selection = first.people.selection
    builder = values.at(*names_of(first.partition.subgroups)[place])
    inside = common.of(selection.rows[group.members])
    pairs = []
    for size in node.sizes:
        nearest = second.nearest(size)
        if nearest is not None:
            nested = builder.at(f"box {size_text(size)}")
            members = common.of(second.selection.rows[nearest[1]])
            pair = _pair(size, nearest[0], inside, members, common, second, nested)
            everybody = nested.at(n=common.n, arms=common.people.arms)
            pairs.append(replace(pair, chance=chance.of(place, size, pair.jaccard.value, everybody)))
    return ComparedSubgroup(
        number=builder.count("number", place + 1, ""),
        rule=_rule_words(group.rules, first, common.study.policy.minimum_cell, builder),
        n=builder.count("n", int(inside.sum())),
        pairs=tuple(pairs),
    )


def _rule_words(rules: tuple[Rule, ...], first: Partitioned, minimum: int, values: Values) -> Inline[Value]:
    """Return "Age ≤ 62 years and Sex: female"."""
    selection = first.people.selection
    parts: list[str | Value] = []
    for i, rule in enumerate(rules, 1):
        moderator, builder = first.people.moderators[rule.moderator], values.at(f"rule {i}")
        parts += [" and "] if parts else []
        parts.append(builder.quote("moderator", moderator.label))
        if rule.levels:
            for j, level in enumerate(rule.levels, 1):
                parts += [": " if j == 1 else " or ", builder.quote(f"level {j}", level)]
        else:
            decimals = cut_decimals(rule.value, moderator, selection)
            cut = builder.figure("cut", as_printed(rule.value, decimals, minimum), decimals, moderator.unit)
            parts += [f" {'≤' if rule.kind == '<=' else '>'}\u00a0", cut, *_unit(moderator, builder)]
    return tuple(parts)


def _box_words(box: Box, second: Peeled, minimum: int, values: Values) -> Inline[Value]:
    """Return the limits of a box that exclude anybody."""
    parts: list[str | Value] = []
    for i, limit in enumerate(box.limits, 1):
        if limit.value is None:
            continue
        moderator, builder = second.moderators[limit.moderator], values.at(f"limit {i}")
        parts += [" and "] if parts else []
        decimals = decimals_of(moderator, second.selection)
        value = (
            builder.quote("value", limit.level)
            if limit.level is not None
            else builder.figure("value", as_printed(limit.value, decimals, minimum), decimals, moderator.unit)
        )
        sign = "≤" if limit.side == "<=" else "≥"
        parts += [builder.quote("moderator", moderator.label), f" {sign}\u00a0", value, *_unit(moderator, builder)]
    return tuple(parts)


def _unit(moderator: Moderator, values: Values) -> Inline[Value]:
    known = moderator.unit and moderator.unit != "points"
    return (" ", values.quote("unit", moderator.unit)) if known else ()


def _pair(
    size: float, box: Box, inside: BoolArray, members: BoolArray, common: Common, second: Peeled, values: Values
) -> Pair[Value]:
    both = inside & members
    cells = {
        "both": int(both.sum()),
        "only subgroup": int((inside & ~members).sum()),
        "only box": int((~inside & members).sum()),
        "neither": int((~inside & ~members).sum()),
    }
    minimum = common.study.policy.minimum_cell
    # rows and columns of the four cells are disclosed elsewhere, so that with one of them the others go too
    suppress = any(0 < n < minimum for n in cells.values())
    builder = values.at(n=cells["both"])
    arm = common.people.treatment
    suppressed = suppress or any(few_in_an_arm(arm[mask], minimum) for mask in (both, ~both))
    counts = {name: values.cell(name, n, suppress, FEW) for name, n in cells.items()}
    return Pair(
        id=values.prefix,
        size=size,
        share=values.fixed("share", box.fraction, "share"),
        box=_box_words(box, second, minimum, values),
        in_box=values.count("in box", int(members.sum())),
        both=counts["both"],
        only_subgroup=counts["only subgroup"],
        only_box=counts["only box"],
        neither=counts["neither"],
        jaccard=values.suppressed("jaccard", "–", FEW)
        if suppress
        else values.fixed("jaccard", jaccard(inside, members), "jaccard"),
        inside=_effect(both, common, builder.at("both"), suppressed),
        outside=_effect(~both, common, values.at("others", n=common.n - cells["both"]), suppressed),
        n_others=values.cell("others", common.n - cells["both"], suppress, FEW),
        traits=() if suppress else tuple(_traits(both, common, values)),
    )


def _effect(mask: BoolArray, common: Common, values: Values, suppress: bool) -> Estimate[Value]:
    """Return the effect among some of the people, from a fit of their own."""
    node, people = common.peeling, common.people
    unit = unit_of(people.outcome, common.study)
    if suppress:
        return estimate_record(None, node.level, values.at(n=None), unit, "not fitted: too few participants to print")
    if not mask.any():
        return estimate_record(None, node.level, values, unit, "nobody")
    fit = fit_among(people, mask, node)
    if fit.trials < node.minimum_trials:
        reason = f"{fit.trials} trial{'' if fit.trials == 1 else 's'} with both arms, {node.minimum_trials} are needed"
        return estimate_record(None, node.level, values, unit, reason)
    known = fit.status in ("ok", "boundary")
    builder = values.at(trials=fit.trials, arms=(fit.n_control, fit.n_intervention))
    return estimate_record(fit.effect if known else None, node.level, builder, unit, "" if known else fit.message)


def _traits(both: BoolArray, common: Common, builder: Values) -> Iterator[Trait[Value]]:
    for name, moderator in common.moderators.items():
        values = values_of(moderator, common.people)
        if np.isnan(values).all():
            continue
        nested = builder.at(name)
        if moderator.categorical:
            yield from _levels(values, both, moderator, common.study.policy.minimum_cell, nested)
        else:
            yield _quantity(values, both, moderator, common.study.policy.minimum_cell, nested)


def _quantity(
    values: NDArray[np.float64], both: BoolArray, moderator: Moderator, minimum: int, builder: Values
) -> Trait[Value]:
    known = [values[mask & ~np.isnan(values)] for mask in (both, ~both)]
    measure: Measure = "mean" if moderator.decimals is None else ""
    few = any(0 < len(column) < minimum for column in known)  # with one mean goes the other: both make that of all
    cells: list[Inline[Value]] = []
    for name, column in zip(("both", "others"), known, strict=True):
        nested = builder.at(name, n=len(column))
        mean, sd = mean_sd(column)
        if few:
            cells.append((nested.suppressed("mean", "–", FEW),))
        else:
            reason = "fewer than two participants have a value"
            shown = (
                nested.fixed(what, item, measure, moderator.unit, reason, decimals=moderator.decimals)
                for what, item in (("mean", mean), ("sd", sd))
            )
            cells.append((next(shown), " (", next(shown), ")"))
    unit = "" if moderator.unit == "points" else moderator.unit
    return Trait(builder.quote("label", moderator.label), builder.quote("unit", unit), None, cells[0], cells[1])


def _levels(
    values: NDArray[np.float64], both: BoolArray, moderator: Moderator, minimum: int, builder: Values
) -> Iterator[Trait[Value]]:
    counts = np.array(
        [[np.sum(values[mask] == code) for mask in (both, ~both)] for code in range(len(moderator.levels))]
    )
    # those without a value are the rest of a column whose total is disclosed, and so a row like the others
    unknown = [[np.sum(np.isnan(values[mask])) for mask in (both, ~both)]]
    rows = np.vstack([counts, unknown])
    suppressed = suppressed_cells(np.column_stack([rows, rows.sum(axis=1)]), minimum)[:-1]
    totals = counts.sum(axis=0)
    for code, level in enumerate(moderator.levels):
        nested = builder.at(f"level {level}")
        cells = [
            _share(nested.at(side), int(counts[code, i]), int(totals[i]), bool(suppressed[code, i]), minimum)
            for i, side in enumerate(("both", "others"))
        ]
        yield Trait(
            builder.quote("label", moderator.label), builder.quote("unit", ""), nested.quote("label", level), *cells
        )


def _share(values: Values, count: int, total: int, suppress: bool, minimum: int) -> Inline[Value]:
    if suppress:
        return (values.cell("n", count, suppress, FEW),)
    share = values.share("percent", count, total, "no participant has a value")
    return (values.count("n", count), " (", share, "%)")

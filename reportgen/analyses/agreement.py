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
from reportgen.analyses.recording import NAN, clause, for_outcome
from reportgen.analyses.recursive_partitioning import Partitioned
from reportgen.analyses.selection import Selection, narrowed
from reportgen.records.agreement import Agreement, AgreementSettings, ComparedSubgroup, OutcomeAgreement, Pair, Trait
from reportgen.records.estimate import Estimate
from reportgen.records.names import outcome_label
from reportgen.records.numbers import Inline, Measure, Value, slug
from reportgen.records.partition import PartitionedOutcome, Subgroup
from reportgen.release.estimates import estimate_record
from reportgen.release.hidden_cells import hidden_cells
from reportgen.release.rules import as_printed, few_in_an_arm
from reportgen.release.values import Values
from reportgen.spec.study import Agreement as Node
from reportgen.spec.study import DirectedPeeling, RecursivePartitioning, Study
from reportgen.stats import subgroups as stats
from reportgen.stats.descriptive import mean_sd
from reportgen.stats.overlap import OverlapDraws
from reportgen.stats.peeling import Box
from reportgen.stats.subgroups import Rule

BoolArray = NDArray[np.bool_]
FEW = "too few people to print, or could be worked out from a cell that is"


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
    press = _values(name, study)
    return Agreement(
        name=name,
        settings=AgreementSettings(
            partition=press.quote("partition", node.partition),
            peeling=press.quote("peeling", node.peeling),
            level=level_number(searches_of(node, study)[1].level, press),
            minimum_cell=press.count("minimum cell", study.policy.minimum_cell),
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


def jaccard(first: BoolArray, second: BoolArray) -> float:
    """Return the share of those in both among those in either; NaN where nobody is in either.

    Examples
    --------
    >>> round(jaccard(np.array([True, True, False, False]), np.array([True, False, True, False])), 3)
    0.333
    """
    either = int(np.sum(first | second))
    return int(np.sum(first & second)) / either if either else NAN


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
    press = _values(name, study)
    common = common_people(first, second, study, peeling)
    selection = second.selection
    unit = unit_of(selection.outcome, study)
    made = for_outcome(selection.outcome, study, press).at(*_key(selection), n=common.n)
    found = first.partition.subgroups if first.partition is not None else ()
    reason = _nothing(first, second, common, made)
    chance = by_chance(draws, first.partition, peeling.level)
    subgroups = tuple(
        _judged(_subgroup(i, first, second, common, node, made, chance), judged.subgroups[i], found, made)
        for i in range(0 if reason else len(found))
    )
    return OutcomeAgreement(
        id=made.prefix,
        outcome=selection.outcome,
        outcome_label=made.quote("outcome", outcome_label(selection.outcome, study)),
        unit=made.quote("unit", unit),
        scale=scale_of(study.outcomes[selection.outcome]),
        follow_up=selection.follow_up,
        follow_up_label=made.quote("follow-up", study.follow_up[selection.follow_up].label or selection.follow_up),
        comparison=selection.comparison,
        comparison_title=made.quote(
            "comparison", study.comparisons[selection.comparison].title or selection.comparison
        ),
        n=made.count("n", common.n),
        subgroups=subgroups,
        suppressed=any(_is_hidden(pair) for group in subgroups for pair in group.pairs),
        status="not estimable" if reason else "ok",
        reason=reason,
    )


def _judged(
    one: ComparedSubgroup[Value], judged: Subgroup[Value], found: Sequence[stats.Subgroup], press: Values
) -> ComparedSubgroup[Value]:
    """Return a subgroup with what its search records of it: what draws say, and of which stronger one it is a variant."""
    leader = judged.variant_of
    number = None if leader is None else press.at(*names_of(found)[leader - 1]).count("number", leader, "")
    return replace(one, honesty=judged.honesty, variant_of=number)


def _nothing(first: Partitioned, second: Peeled, common: Common, press: Values) -> Inline[Value]:
    """Return why there is nothing to compare, or nothing."""
    if first.partition is None:
        said = (": ", press.quote("partition reason", first.reason)) if first.reason else ()
        return ("recursive partitioning was not possible", *said)
    if not first.partition.subgroups:
        return ("recursive partitioning found no subgroup",)
    if second.found is None or not second.found.boxes:
        why = second.reason or (second.found.message if second.found is not None else "")
        return ("directed peeling found no subgroup: ", press.quote("peeling reason", why.rstrip(".")))
    return () if common.n else ("no participant was analysed by both searches, which need different moderators",)


def _is_hidden(pair: Pair[Value]) -> bool:
    numbers = [pair.both, *(part for trait in pair.traits for part in trait.both if isinstance(part, Value))]
    return any(number.status == "suppressed" for number in numbers)


def _subgroup(
    place: int, first: Partitioned, second: Peeled, common: Common, node: Node, press: Values, chance: ByChance
) -> ComparedSubgroup[Value]:
    assert first.partition is not None
    group = first.partition.subgroups[place]
    selection = first.people.selection
    here = press.at(*names_of(first.partition.subgroups)[place])
    inside = common.of(selection.rows[group.members])
    pairs = []
    for size in node.sizes:
        nearest = second.nearest(size)
        if nearest is not None:
            made = here.at(f"box {size_text(size)}")
            members = common.of(second.selection.rows[nearest[1]])
            pair = _pair(size, nearest[0], inside, members, common, second, made)
            everybody = made.at(n=common.n, arms=common.people.arms)
            pairs.append(replace(pair, chance=chance.of(place, size, pair.jaccard.value, everybody)))
    return ComparedSubgroup(
        number=here.count("number", place + 1, ""),
        rule=_rule_words(group.rules, first, common.study.policy.minimum_cell, here),
        n=here.count("n", int(inside.sum())),
        pairs=tuple(pairs),
    )


def _rule_words(rules: tuple[Rule, ...], first: Partitioned, minimum: int, press: Values) -> Inline[Value]:
    """Return "Age ≤ 62 years and Sex: female"."""
    selection = first.people.selection
    said: list[str | Value] = []
    for i, rule in enumerate(rules, 1):
        moderator, made = first.people.moderators[rule.moderator], press.at(f"rule {i}")
        said += [" and "] if said else []
        said.append(made.quote("moderator", moderator.label))
        if rule.levels:
            for j, level in enumerate(rule.levels, 1):
                said += [": " if j == 1 else " or ", made.quote(f"level {j}", level)]
        else:
            decimals = cut_decimals(rule.value, moderator, selection)
            cut = made.figure("cut", as_printed(rule.value, decimals, minimum), decimals, moderator.unit)
            said += [f" {'≤' if rule.kind == '<=' else '>'}\u00a0", cut, *_unit(moderator, made)]
    return tuple(said)


def _box_words(box: Box, second: Peeled, minimum: int, press: Values) -> Inline[Value]:
    """Return the limits of a box that exclude anybody."""
    said: list[str | Value] = []
    for i, limit in enumerate(box.limits, 1):
        if limit.value is None:
            continue
        moderator, made = second.moderators[limit.moderator], press.at(f"limit {i}")
        said += [" and "] if said else []
        decimals = decimals_of(moderator, second.selection)
        value = (
            made.quote("value", limit.level)
            if limit.level is not None
            else made.figure("value", as_printed(limit.value, decimals, minimum), decimals, moderator.unit)
        )
        sign = "≤" if limit.side == "<=" else "≥"
        said += [made.quote("moderator", moderator.label), f" {sign}\u00a0", value, *_unit(moderator, made)]
    return tuple(said)


def _unit(moderator: Moderator, press: Values) -> Inline[Value]:
    known = moderator.unit and moderator.unit != "points"
    return (" ", press.quote("unit", moderator.unit)) if known else ()


def _pair(
    size: float, box: Box, inside: BoolArray, members: BoolArray, common: Common, second: Peeled, press: Values
) -> Pair[Value]:
    both = inside & members
    cells = {
        "both": int(both.sum()),
        "only subgroup": int((inside & ~members).sum()),
        "only box": int((~inside & members).sum()),
        "neither": int((~inside & ~members).sum()),
    }
    minimum = common.study.policy.minimum_cell
    # rows and columns of the four cells are told elsewhere, so that with one of them the others go too
    hide = any(0 < n < minimum for n in cells.values())
    made = press.at(n=cells["both"])
    arm = common.people.treatment
    untold = hide or any(few_in_an_arm(arm[who], minimum) for who in (both, ~both))
    counts = {name: press.cell(name, n, hide, FEW) for name, n in cells.items()}
    return Pair(
        id=press.prefix,
        size=size,
        share=press.fixed("share", box.fraction, "share"),
        box=_box_words(box, second, minimum, press),
        in_box=press.count("in box", int(members.sum())),
        both=counts["both"],
        only_subgroup=counts["only subgroup"],
        only_box=counts["only box"],
        neither=counts["neither"],
        jaccard=press.hidden("jaccard", "–", FEW)
        if hide
        else press.fixed("jaccard", jaccard(inside, members), "jaccard"),
        inside=_effect(both, common, made.at("both"), untold),
        outside=_effect(~both, common, press.at("others", n=common.n - cells["both"]), untold),
        n_others=press.cell("others", common.n - cells["both"], hide, FEW),
        traits=() if hide else tuple(_traits(both, common, press)),
    )


def _effect(who: BoolArray, common: Common, press: Values, hide: bool) -> Estimate[Value]:
    """Return the effect among some of the people, from a fit of their own."""
    node, people = common.peeling, common.people
    unit = unit_of(people.outcome, common.study)
    if hide:
        return estimate_record(None, node.level, press.at(n=None), unit, "not fitted: too few people to print")
    if not who.any():
        return estimate_record(None, node.level, press, unit, "nobody")
    fit = fit_among(people, who, node)
    if fit.trials < node.minimum_trials:
        reason = f"{fit.trials} trial{'' if fit.trials == 1 else 's'} with both arms, {node.minimum_trials} are needed"
        return estimate_record(None, node.level, press, unit, reason)
    known = fit.status in ("ok", "boundary")
    made = press.at(trials=fit.trials, arms=(fit.n_control, fit.n_intervention))
    return estimate_record(fit.effect if known else None, node.level, made, unit, "" if known else clause(fit.message))


def _traits(both: BoolArray, common: Common, press: Values) -> Iterator[Trait[Value]]:
    for name, moderator in common.moderators.items():
        values = values_of(moderator, common.people)
        if np.isnan(values).all():
            continue
        made = press.at(name)
        if moderator.categorical:
            yield from _levels(values, both, moderator, common.study.policy.minimum_cell, made)
        else:
            yield _quantity(values, both, moderator, common.study.policy.minimum_cell, made)


def _quantity(
    values: NDArray[np.float64], both: BoolArray, moderator: Moderator, minimum: int, press: Values
) -> Trait[Value]:
    known = [values[who & ~np.isnan(values)] for who in (both, ~both)]
    measure: Measure = "mean" if moderator.decimals is None else ""
    few = any(0 < len(column) < minimum for column in known)  # with one mean goes the other: both make that of all
    cells: list[Inline[Value]] = []
    for name, column in zip(("both", "others"), known, strict=True):
        here = press.at(name, n=len(column))
        mean, sd = mean_sd(column)
        if few:
            cells.append((here.hidden("mean", "–", FEW),))
        else:
            why = "fewer than two people have a value"
            shown = (
                here.fixed(what, one, measure, moderator.unit, why, decimals=moderator.decimals)
                for what, one in (("mean", mean), ("sd", sd))
            )
            cells.append((next(shown), " (", next(shown), ")"))
    unit = "" if moderator.unit == "points" else moderator.unit
    return Trait(press.quote("label", moderator.label), press.quote("unit", unit), None, cells[0], cells[1])


def _levels(
    values: NDArray[np.float64], both: BoolArray, moderator: Moderator, minimum: int, press: Values
) -> Iterator[Trait[Value]]:
    counts = np.array([[np.sum(values[who] == code) for who in (both, ~both)] for code in range(len(moderator.levels))])
    # those without a value are the rest of a column whose total is told, and so a row like the others
    unknown = [[np.sum(np.isnan(values[who])) for who in (both, ~both)]]
    rows = np.vstack([counts, unknown])
    hidden = hidden_cells(np.column_stack([rows, rows.sum(axis=1)]), minimum)[:-1]
    totals = counts.sum(axis=0)
    for code, level in enumerate(moderator.levels):
        made = press.at(f"level {level}")
        cells = [
            _share(made.at(side), int(counts[code, i]), int(totals[i]), bool(hidden[code, i]), minimum)
            for i, side in enumerate(("both", "others"))
        ]
        yield Trait(press.quote("label", moderator.label), press.quote("unit", ""), made.quote("label", level), *cells)


def _share(press: Values, count: int, total: int, hide: bool, minimum: int) -> Inline[Value]:
    if hide:
        return (press.cell("n", count, hide, FEW),)
    share = press.share("percent", count, total, "nobody has a value")
    return (press.count("n", count), " (", share, "%)")

"""Subgroups fixed in advance side by side: which of them are compared, and the test for differences between their effects.

In: the nodes of the study file, and the pooled effects and screens that other analyses made and disclosed. Out: a
`SubgroupDifferences` record. Every number that is made here is made of disclosed ones alone, and tells nobody more than they do: where
an effect or its standard error is suppressed, or given to its printed digits, there is no test.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from reportgen.analyses.cohorts import Cell, cells_of
from reportgen.analyses.naming import level_number
from reportgen.analyses.recording import comparison_records
from reportgen.analyses.subset import Subset, conditions, label_of, limits_words
from reportgen.records.model import PooledEffect
from reportgen.records.moderation import Screen
from reportgen.records.numbers import Value, slug
from reportgen.records.subsets import (
    SubgroupDifferences,
    SubsetEffect,
    SubsetGroup,
    SubsetOutcome,
    SubsetSettings,
)
from reportgen.release.values import Values
from reportgen.spec.analyses import MetaAnalysis, Moderators
from reportgen.spec.analyses import SubgroupDifferences as Node
from reportgen.spec.check_subgroup_differences import groups_of, overlapping, varying
from reportgen.spec.study import Study
from reportgen.stats import group_difference

ALONE = "there is one subgroup of this covariate alone"
SEVERAL = "the subgroups differ in more than one covariate"
OVERLAP = "the subgroups overlap, so that the same participants would stand on both sides of the test"
NO_EFFECT = "not every subgroup has an effect that is disclosed"
NO_ERROR = "the standard error of an effect is not disclosed"


@dataclass(frozen=True, slots=True)
class Found:
    """What other analyses made of a cell.

    Attributes
    ----------
    effects : mapping of str to PooledEffect
        By the name of the analysis.
    screen : Screen or None
        None where no screening has this cell.
    """

    effects: Mapping[str, PooledEffect[Value]]
    screen: Screen[Value] | None


def meta_analysis_of(name: str, study: Study) -> MetaAnalysis:
    """Return a meta-analysis by its name."""
    node = study.analyses[name]
    assert isinstance(node, MetaAnalysis)  # the study file was checked
    return node


def screening_of(node: Node, study: Study) -> Moderators | None:
    """Return the screening that is named, if any."""
    if not node.screening:
        return None
    screening = study.analyses[node.screening]
    assert isinstance(screening, Moderators)  # the study file was checked
    return screening


def shared_cells(node: Node, study: Study) -> Iterator[Cell]:
    """Yield the cells that all subsets have, in the order of the first."""
    first, *others = (list(cells_of(meta_analysis_of(name, study), study)) for name in node.subsets)
    yield from (cell for cell in first if all(cell in cells for cells in others))


def named_analyses(node: Node) -> tuple[str, ...]:
    """Return the meta-analyses that a node names, that of everybody first."""
    return (*((node.everybody,) if node.everybody else ()), *node.subsets)


def differences_record(
    name: str, node: Node, study: Study, present: Collection[str], found: Sequence[tuple[Cell, Found]]
) -> SubgroupDifferences[Value]:
    """Return subgroups side by side, with the tests for differences between them.

    Parameters
    ----------
    name : str
        As in the study file; ids start with it.
    node : SubgroupDifferences node of the study file
    study : Study
    present : collection of str
        The classes of arms that any trial has.
    found : sequence of (Cell, Found)
        What other analyses made of each cell.
    """
    values = Values(slug(name), f"analyses.{name}", minimum=study.policy.minimum_cell)
    first = meta_analysis_of(node.subsets[0], study)
    compared = tuple(dict.fromkeys(cell.comparison for cell, _ in found))
    settings = values.at("settings")
    return SubgroupDifferences(
        name=name,
        settings=SubsetSettings(
            subsets=tuple(settings.quote(f"subset {i}", item) for i, item in enumerate(node.subsets, 1)),
            everybody=settings.quote("everybody", node.everybody) if node.everybody else None,
            screening=settings.quote("screening", node.screening) if node.screening else None,
            level=level_number(first.level, settings),
        ),
        comparisons=comparison_records(first.model_copy(update={"comparisons": compared}), study, present, values),
        results=tuple(_outcome(cell, item, node, study, values) for cell, item in found),
    )


def _outcome(cell: Cell, found: Found, node: Node, study: Study, values: Values) -> SubsetOutcome[Value]:
    builder = values.at(cell.comparison, cell.outcome, cell.follow_up)

    def subset(name: str) -> SubsetEffect[Value]:
        return _subset(name, found.effects[name], study, values.at(f"subset {name}"))

    first = found.effects[node.subsets[0]]
    known = node.everybody if node.everybody in found.effects else None
    subsets = {name: meta_analysis_of(name, study).subset for name in node.subsets}
    return SubsetOutcome(
        id=builder.prefix,
        outcome=cell.outcome,
        outcome_label=first.outcome_label,
        unit=first.unit,
        scale=first.scale,
        follow_up=cell.follow_up,
        follow_up_label=first.follow_up_label,
        comparison=cell.comparison,
        everybody=subset(known) if known else None,
        groups=tuple(
            _group(variables, {name: subsets[name] for name in names}, subset, found.screen, node, study, builder)
            for variables, names in groups_of(subsets).items()
        ),
    )


def _subset(name: str, effect: PooledEffect[Value], study: Study, values: Values) -> SubsetEffect[Value]:
    node = meta_analysis_of(name, study)
    return SubsetEffect(
        analysis=name,
        conditions=tuple(conditions(name, node, study)),
        limits=tuple(
            values.quote(f"limits {i}", limits_words(variable, limits, study))
            for i, (variable, limits) in enumerate(node.subset.items(), 1)
        ),
        trials=effect.trials,
        n=effect.n,
        n_control=effect.n_control,
        n_intervention=effect.n_intervention,
        estimate=effect.estimate,
        events=effect.events,
        kind=effect.kind,
        alone=effect.alone,
        status=effect.status,
        reason=effect.reason,
    )


def _group(
    variables: Sequence[str],
    subsets: Mapping[str, Subset],
    subset: Callable[[str], SubsetEffect[Value]],
    screen: Screen[Value] | None,
    node: Node,
    study: Study,
    values: Values,
) -> SubsetGroup[Value]:
    """Return the subgroups by the same covariates, with the test for differences between them."""
    effects = tuple(subset(name) for name in subsets)
    builder = values.at(f"by {' and '.join(variables)}")
    reason = _not_comparable(subsets, study) or _not_disclosed(effects)
    q, df, p = _test(effects, reason, builder)
    by = varying(subsets.values())
    return SubsetGroup(
        id=builder.prefix,
        variables=tuple(builder.quote(f"variable {i}", label_of(item, study)) for i, item in enumerate(variables, 1)),
        effects=effects,
        q=q,
        df=df,
        p=p,
        reason=reason,
        of_trials=any(item in study.covariates and study.covariates[item].of_trials for item in by),
        interaction=_interaction(by, subsets, screen, screening_of(node, study)),
    )


def _not_comparable(subsets: Mapping[str, Subset], study: Study) -> str:
    """Return why subgroups are not to be compared, whatever was estimated; an empty text where they are."""
    if len(subsets) == 1:
        return ALONE
    by = varying(subsets.values())
    if len(by) != 1:
        return SEVERAL
    limits = [subset[by[0]] for subset in subsets.values()]
    return OVERLAP if any(overlapping(by[0], *pair, study) for pair in combinations(limits, 2)) else ""


def _not_disclosed(effects: Sequence[SubsetEffect[Value]]) -> str:
    """Return what of the effects is missing for a test; an empty text where nothing is."""
    estimates = [item.estimate for item in effects]
    if any(item.effect.value is None for item in estimates):
        return NO_EFFECT
    known = all(item.std_error.value for item in estimates) and all(_arms(item) for item in effects)
    return "" if known else NO_ERROR


def _arms(item: SubsetEffect[Value]) -> tuple[int, int] | None:
    """Return the participants of either arm; None where they are not disclosed."""
    control, intervention = item.n_control.value, item.n_intervention.value
    return None if control is None or intervention is None else (int(control), int(intervention))


def _test(effects: Sequence[SubsetEffect[Value]], reason: str, values: Values) -> tuple[Value, Value, Value]:
    """Return Q, its degrees of freedom and p; dashes with the reason where there is one."""
    if reason:
        return values.none("q", reason), values.none("q df", reason), values.none("q p", reason)
    test = group_difference(
        [float(item.estimate.effect.value or 0.0) for item in effects],
        [float(item.estimate.std_error.value or 0.0) for item in effects],
    )
    arms = [pair for item in effects if (pair := _arms(item))]
    known = values.at(
        n=sum(map(sum, arms)), arms=(min(control for control, _ in arms), min(treated for _, treated in arms))
    )
    return known.fixed("q", test.q, "q"), known.count("q df", test.df, "df"), known.p("q p", test.p_value)


def _interaction(
    by: Sequence[str], subsets: Mapping[str, Subset], screen: Screen[Value] | None, screening: Moderators | None
) -> Value | None:
    """Return p of the interaction within trials with the one covariate of some subgroups, among the same people."""
    if screen is None or screening is None or len(by) != 1:
        return None
    shared = {name: limits for name, limits in next(iter(subsets.values())).items() if name != by[0]}
    if dict(screening.subset) != shared:
        return None
    return next((item.within.p for item in screen.interactions if item.moderator == by[0] and not item.of_trials), None)

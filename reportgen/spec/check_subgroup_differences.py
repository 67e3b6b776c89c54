"""Subgroups side by side: which of them belong together, and what an analysis of their differences may name.

In: the `subset` of meta-analyses. Out: groups by the same covariates, whether two conditions overlap, and problems with the place of
the guilty word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from reportgen.errors import Problem
from reportgen.spec.analyses import MetaAnalysis, Moderators, SubgroupDifferences
from reportgen.spec.references import baseline_of, expanded, unknown
from reportgen.spec.source import Source, Step
from reportgen.spec.study import Study
from reportgen.spec.variables import interval_of

Subset = Mapping[str, tuple[str, ...]]
OF_CELLS = {"outcomes": "outcome", "follow_up": "follow-up", "comparisons": "comparison"}


def groups_of(subsets: Mapping[str, Subset]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the names of subgroups by the covariates of their conditions, in the order of the first of each.

    Examples
    --------
    >>> groups_of({"women": {"sex": ("female",)}, "old": {"age": ("at least 65",)}, "men": {"sex": ("male",)}})
    {('sex',): ('women', 'men'), ('age',): ('old',)}
    """
    groups: dict[frozenset[str], list[str]] = {}
    for name, subset in subsets.items():
        groups.setdefault(frozenset(subset), []).append(name)
    return {tuple(subsets[names[0]]): tuple(names) for names in groups.values()}


def varying(subsets: Collection[Subset]) -> tuple[str, ...]:
    """Return the covariates in which subgroups by the same covariates differ.

    Examples
    --------
    >>> old = ("at least 65",)
    >>> varying([{"sex": ("female",), "age": old}, {"sex": ("male",), "age": old}])
    ('sex',)
    """
    first = next(iter(subsets))
    return tuple(name for name in first if len({frozenset(subset[name]) for subset in subsets}) > 1)


def overlapping(name: str, first: tuple[str, ...], second: tuple[str, ...], study: Study) -> bool:
    """Say whether somebody could meet two conditions of a covariate, or of a baseline, at once."""
    if baseline_of(name) is None and study.covariates[name].categorical:
        return bool(set(first) & set(second))
    one, other = interval_of(first[0]), interval_of(second[0])
    return one is None or other is None or not (one.below(other) or other.below(one))


def check_subgroup_differences(
    study: Study, analysis: SubgroupDifferences, source: Source, *here: Step
) -> Iterator[Problem]:
    """Yield what is wrong with the analyses that are set side by side."""
    if len(analysis.subsets) == 1:
        yield Problem("one subgroup cannot be compared", source.at(*here, "subsets"), "Name two at least.")
    named: dict[str, MetaAnalysis] = {}
    for index, name in enumerate(analysis.subsets):
        place = (*here, "subsets", index)
        yield from _of_method(study, name, "meta-analysis", source, *place)
        node = study.analyses.get(name)
        if not isinstance(node, MetaAnalysis):
            continue
        if not node.subset:
            hint = f"Write which participants it is limited to under `subset` of '{name}', or name it as `everybody`."
            yield Problem(f"'{name}' has no `subset`", source.at(*place), hint)
        for other, seen in named.items():
            if node.subset and _key(node.subset) == _key(seen.subset):
                hint = "Remove one." if other == name else "Correct the `subset` of one, or remove it here."
                yield Problem(f"'{other}' and '{name}' are of the same subgroup", source.at(*place), hint)
                break
        named.setdefault(name, node)
    if not analysis.subsets:
        yield Problem("no analysis is listed", source.at(*here, "subsets"), "Name two at least.")
    yield from _beside(study, analysis, named, source, *here)


def _key(subset: Subset) -> frozenset[tuple[str, frozenset[str]]]:
    return frozenset((name, frozenset(limits)) for name, limits in subset.items())


def _of_method(study: Study, name: str, method: str, source: Source, *place: Step) -> Iterator[Problem]:
    node = study.analyses.get(name)
    if node is None:
        suited = [other for other, item in study.analyses.items() if item.method == method]
        yield from unknown("analysis", name, study.analyses, source, *place, suited=suited)
    elif node.method != method:
        yield Problem(f"'{name}' is a '{node.method}'", source.at(*place), f"Name an analysis with `method: {method}`.")


def _beside(
    study: Study, analysis: SubgroupDifferences, named: Mapping[str, MetaAnalysis], source: Source, *here: Step
) -> Iterator[Problem]:
    """What all of the analyses must have in common, the one of everybody and the screening included."""
    everybody = study.analyses.get(analysis.everybody) if analysis.everybody else None
    if analysis.everybody:
        yield from _of_method(study, analysis.everybody, "meta-analysis", source, *here, "everybody")
    if analysis.screening:
        yield from _of_method(study, analysis.screening, "moderators", source, *here, "screening")
    if isinstance(everybody, MetaAnalysis) and analysis.everybody:
        yield from _part_of(named, analysis.everybody, everybody, source, *here, "everybody")
        yield from _alike({**named, analysis.everybody: everybody}, source, *here)
    else:
        yield from _alike(named, source, *here)
    yield from _shared(study, named, source, *here)
    screening = study.analyses.get(analysis.screening) if analysis.screening else None
    if isinstance(screening, Moderators):
        yield from _screened(named, analysis.screening or "", screening, source, *here, "screening")


def _part_of(
    named: Mapping[str, MetaAnalysis], name: str, everybody: MetaAnalysis, source: Source, *place: Step
) -> Iterator[Problem]:
    """Everybody's analysis holds the people of every subgroup."""
    if name in named:
        yield Problem(f"'{name}' is one of the subgroups", source.at(*place), "Name the analysis of all of them.")
        return
    apart = [other for other, node in named.items() if not _key(everybody.subset) <= _key(node.subset)]
    if apart:
        message = f"'{name}' is limited to participants who are not all of those in '{apart[0]}'"
        yield Problem(
            message, source.at(*place), "Name an analysis without `subset`, or whose conditions all subgroups have."
        )


def _alike(named: Mapping[str, MetaAnalysis], source: Source, *here: Step) -> Iterator[Problem]:
    """Effects of other models, or adjusted for other covariates, differ for that."""
    if not named:
        return
    leave = {"subset", *OF_CELLS}
    (first, node), *others = named.items()
    known = node.model_dump(exclude=leave)
    for name, other in others:
        asked = other.model_dump(exclude=leave)
        keys = [key for key, value in asked.items() if value != known[key]]
        if keys:
            message = f"'{first}' and '{name}' differ in `{'`, `'.join(keys)}`, and not in their participants alone"
            yield Problem(
                message, source.at(*here, key=True), "Write the same in both, so that the subgroups are compared."
            )


def _shared(study: Study, named: Mapping[str, MetaAnalysis], source: Source, *here: Step) -> Iterator[Problem]:
    for key, kind in OF_CELLS.items():
        known = getattr(study, key)
        asked = [set(expanded(getattr(node, key), known)) for node in named.values()]
        if known and asked and not set.intersection(*asked):
            message = f"{' and '.join(repr(name) for name in named)} have no {kind} in common"
            yield Problem(message, source.at(*here, key=True), f"Change `{key}` so that they share one.")


def _screened(
    named: Mapping[str, MetaAnalysis], name: str, screening: Moderators, source: Source, *place: Step
) -> Iterator[Problem]:
    """A screening that has an interaction for none of the subgroups would do nothing."""
    subsets = {key: node.subset for key, node in named.items() if node.subset}
    groups = [[subsets[key] for key in keys] for keys in groups_of(subsets).values()]
    by = {item for group in groups if len(group) > 1 for item in varying(group)}
    if by and not by & set(screening.moderators):
        hint = f"Add {' or '.join(f'`{item}`' for item in sorted(by))} to `moderators` of '{name}', or remove it here."
        yield Problem(f"'{name}' screens none of the covariates of the subgroups", source.at(*place), hint)

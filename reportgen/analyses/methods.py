"""The methods of the study file: how each lays out its tasks, and how their results become its record.

`METHODS` is the one place that knows which methods there are. A method that another distribution brings is registered
by `add_method`, see `plugins`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from reportgen.analyses import planning
from reportgen.analyses.agreement import agreement_record, compared, searches_of
from reportgen.analyses.cohorts import Cell, Cohorts, cells_of
from reportgen.analyses.descriptive import descriptive_record
from reportgen.analyses.directed_peeling import directed_peeling_record, peeled_record, sizes_of
from reportgen.analyses.events_record import disclosing, events_record
from reportgen.analyses.layout import READ, Layout, digest_of
from reportgen.analyses.meta_analysis import meta_analysis_record, pooled_effect, pooled_effect_in_digits
from reportgen.analyses.moderators import moderation_record, screen_record
from reportgen.analyses.peeling_search import peeled
from reportgen.analyses.recursive_partitioning import partition_record, partitioned, partitioning_record
from reportgen.analyses.selection import disclosed_alone
from reportgen.analyses.slices import node_of
from reportgen.analyses.subgroup_differences import (
    Found,
    differences_record,
    meta_analysis_of,
    named_analyses,
    screening_of,
    shared_cells,
)
from reportgen.analyses.subset import with_subset
from reportgen.data import Repository
from reportgen.records.numbers import slug
from reportgen.records.planned import PlannedAnalysis, PlannedEffect
from reportgen.spec.analyses import (
    Agreement,
    Descriptive,
    DirectedPeeling,
    Events,
    MetaAnalysis,
    Moderators,
    RecursivePartitioning,
    Search,
    SubgroupDifferences,
)
from reportgen.spec.check import means_disclosed_by
from reportgen.spec.outcomes import sharing_values
from reportgen.spec.study import Analysis, Study


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the study file.

    Attributes
    ----------
    node : type
        Its node of the study file.
    lay_out : callable
        `(name, node, layout)`: adds the tasks of an analysis and yields the names of those whose results the record takes.
    record : callable
        `(name, node, study, present, results)`: the record of an analysis, made of the results in that order; `present` are
        the classes of arms that any trial has.
    plan : callable
        `(node, desk)`: what can be said of an analysis before anything is fitted.
    """

    node: type[Any]
    lay_out: Callable[[str, Any, Layout], Iterator[str]]
    record: Callable[[str, Any, Study, Sequence[str], Sequence[Any]], Any]
    plan: Callable[[Any, planning.PlanContext], list[PlannedEffect]]


def add_method(method: Method) -> None:
    """Add a method that another distribution brings.

    Raises
    ------
    ValueError
        The node has a method already.
    """
    if METHODS.setdefault(method.node, method) is not method:
        raise ValueError(f"{method.node.__name__} has a method already")


def method_of(node: Analysis) -> Method:
    """Return the method of a node of the study file."""
    return METHODS[type(node)]


def analysis_record(name: str, node: Any, study: Study, present: Sequence[str], results: Sequence[Any]) -> Any:
    """Return the record of an analysis, made of the results of its tasks; it says to which subgroup it is limited.

    Parameters
    ----------
    name : str
        As in the study file.
    node : node of the study file
    study : Study
    present : sequence of str
        The classes of arms that any trial has.
    results : sequence
        Of the tasks that its method named, in their order.
    """
    return with_subset(method_of(node).record(name, node, study, present, results), name, node, study)


def _task(kind: str, name: str, cell: Cell) -> str:
    return f"{kind}.{slug(name, cell.comparison, cell.outcome, cell.follow_up)}"


def _lay_descriptive(name: str, node: Descriptive, layout: Layout) -> Iterator[str]:
    arguments = {"name": name, "node": node, "study": layout.unnamed()}
    yield layout.add(f"record.{slug(name)}", descriptive_record, arguments, inputs={"repository": READ}, here=True)


def _lay_events(name: str, node: Events, layout: Layout) -> Iterator[str]:
    arguments = {
        "name": name,
        "node": node,
        "study": layout.unnamed(),
        "disclosing": disclosing(name, node, layout.study),
    }
    yield layout.add(f"record.{slug(name)}", events_record, arguments, inputs={"repository": READ}, here=True)


def _lay_meta_analysis(name: str, node: MetaAnalysis, layout: Layout) -> Iterator[str]:
    cells = list(cells_of(node, layout.study))
    for place, cell in enumerate(cells):
        alike = sharing_values(cell.outcome, layout.study.outcomes)
        earlier = [item for item in cells[:place] if item.outcome in alike and item.follow_up == cell.follow_up]
        alone = disclosed_alone(node, cell.outcome, cell.follow_up, layout.study)
        means = means_disclosed_by(cell.outcome, cell.follow_up, layout.study) in (name, None)
        arguments = {"name": name, "node": node_of(node, cell), "study": layout.slice(node, cell)}
        inputs = {
            "people": layout.people(node, cell),
            "earlier": tuple(layout.people(node, other) for other in earlier),
        }
        effect = layout.add(
            _task("effect", name, cell),
            pooled_effect,
            {**arguments, "alone": alone, "means": means},
            inputs=inputs,
            cost=0.1,
        )
        if not alone and not layout.study.outcomes[cell.outcome].of_events:
            yield effect
            continue
        yield layout.add(
            _task("disclosed", name, cell),
            pooled_effect_in_digits,
            {**arguments, "alone": alone, "means": means, "figures": layout.figures(cell)},
            inputs={"effect": effect, **inputs},
        )


def _lay_moderators(name: str, node: Moderators, layout: Layout) -> Iterator[str]:
    cells = list(cells_of(node, layout.study))
    flipped = {cell: layout.flipping(node, cell) for cell in cells}
    for cell in cells:
        beside = (flipped[item] for item in cells if item != cell and item.comparison == cell.comparison)
        before = tuple(_screened_before(name, cell, layout.study))
        yield layout.add(
            _task("screen", name, cell),
            screen_record,
            {"name": name, "node": node_of(node, cell), "study": layout.slice(node, cell, node.moderators)},
            inputs={
                "people": layout.people(node, cell),
                "columns": layout.columns(node, cell, node.moderators),
                "fits": layout.screening(node, cell, node),
                "flips": flipped[cell],
                "beside": tuple(name for names in beside for name in names),
                "earlier": tuple(layout.people(*item) for item in before),
                "earlier_columns": tuple(layout.columns(*item, node.moderators) for item in before),
            },
            cost=0.2,
        )


def _screened_before(name: str, cell: Cell, study: Study) -> Iterator[tuple[Moderators, Cell]]:
    """Yield the cells of all screenings that are disclosed before one: the same values at the same follow-up."""
    alike = sharing_values(cell.outcome, study.outcomes)
    for key, other in study.analyses.items():
        if not isinstance(other, Moderators):
            continue
        for item in cells_of(other, study):
            if (key, item) == (name, cell):
                return
            if item.outcome in alike and item.follow_up == cell.follow_up:
                yield other, item


def _search(kind: str, name: str, node: Search, cell: Cell, layout: Layout) -> str:
    """Add the search of one cell: it holds who is in which subgroup, and is never kept."""
    inputs, arguments = layout.searching(node, cell)
    if isinstance(node, DirectedPeeling):
        arguments["minimum_cell"] = layout.study.policy.minimum_cell
    function = peeled if isinstance(node, DirectedPeeling) else partitioned
    return layout.add(
        _task(kind, name, cell), function, arguments, inputs=inputs, kept=False, digest=digest_of, cost=0.2
    )


def _lay_partitioning(name: str, node: RecursivePartitioning, layout: Layout) -> Iterator[str]:
    for cell in cells_of(node, layout.study):
        yield _partition(name, node, cell, layout)


def _partition(name: str, node: RecursivePartitioning, cell: Cell, layout: Layout) -> str:
    """Add the record of the partitioning of one cell."""
    study = layout.slice(node, cell, layout.moderators_of(node))
    return layout.add(
        _task("partition", name, cell),
        partition_record,
        {"name": name, "node": node_of(node, cell), "study": study},
        inputs={"found": _search("search", name, node, cell, layout), **layout.drawing(node, cell)},
        cost=0.2,
    )


def _lay_peeling(name: str, node: DirectedPeeling, layout: Layout) -> Iterator[str]:
    for cell in cells_of(node, layout.study):
        study = layout.slice(node, cell, layout.moderators_of(node))
        sizes = sizes_of(name, layout.study)
        yield layout.add(
            _task("peeling", name, cell),
            peeled_record,
            {"name": name, "sizes": sizes, "node": node_of(node, cell), "study": study},
            inputs={"found": _search("search", name, node, cell, layout), **layout.drawing(node, cell, sizes)},
            cost=0.2,
        )


def _lay_agreement(name: str, node: Agreement, layout: Layout) -> Iterator[str]:
    partition, peeling = searches_of(node, layout.study)
    both = set(cells_of(partition, layout.study))
    for cell in cells_of(peeling, layout.study):
        if cell not in both:
            continue
        variables = (*layout.moderators_of(partition), *layout.moderators_of(peeling))
        yield layout.add(
            _task("agreement", name, cell),
            compared,
            {
                "name": name,
                "node": node,
                "peeling": node_of(peeling, cell),
                "study": layout.slice(peeling, cell, variables),
            },
            inputs={
                "first": _search("search", node.partition, partition, cell, layout),
                "second": _search("search", node.peeling, peeling, cell, layout),
                "judged": _partition(node.partition, partition, cell, layout),
                "draws": layout.overlapping((partition, peeling), cell, node.sizes),
            },
            cost=0.1,
        )


def _lay_differences(name: str, node: SubgroupDifferences, layout: Layout) -> Iterator[str]:
    """Yield the tasks of other analyses that are set side by side: for each cell the effects, then the screen, that there are."""
    laid = _laid_beside(node, layout)
    for cell in shared_cells(node, layout.study):
        yield from (tasks[cell] for tasks in laid.values() if cell in tasks)


def _laid_beside(node: SubgroupDifferences, layout: Layout) -> dict[str, dict[Cell, str]]:
    """Return the tasks of each analysis that is named, by cell, as its own method lays them out; the screening is the last."""
    study = layout.study
    laid = {}
    for other in named_analyses(node):
        pooled = meta_analysis_of(other, study)
        laid[other] = dict(zip(cells_of(pooled, study), _lay_meta_analysis(other, pooled, layout), strict=True))
    screening = screening_of(node, study)
    if screening is not None and node.screening is not None:
        tasks = _lay_moderators(node.screening, screening, layout)
        laid[node.screening] = dict(zip(cells_of(screening, study), tasks, strict=True))
    return laid


def _differences(
    name: str, node: SubgroupDifferences, study: Study, present: Sequence[str], results: Sequence[Any]
) -> Any:
    """Return the record of subgroups side by side, of results in the order in which their tasks are laid out."""
    given = iter(results)
    screening = screening_of(node, study)
    screened = set(cells_of(screening, study)) if screening else set()
    have = {other: set(cells_of(meta_analysis_of(other, study), study)) for other in named_analyses(node)}
    found = []
    for cell in shared_cells(node, study):
        effects = {other: next(given) for other, cells in have.items() if cell in cells}
        found.append((cell, Found(effects, next(given) if cell in screened else None)))
    return differences_record(name, node, study, present, found)


def _only_one(name: str, node: Any, study: Study, present: Sequence[str], results: Sequence[Any]) -> Any:
    (record,) = results
    return record


def _agreement(name: str, node: Any, study: Study, present: Sequence[str], results: Sequence[Any]) -> Any:
    return agreement_record(name, node, study, results)


def planned_analyses(study: Study, repository: Repository) -> tuple[PlannedAnalysis, ...]:
    """Return what every analysis of the study file can do.

    Parameters
    ----------
    study : Study
    repository : Repository

    Returns
    -------
    tuple of PlannedAnalysis
        In the order of the study file.
    """
    context = planning.PlanContext(Cohorts(repository, study))
    return tuple(
        PlannedAnalysis(name, node.method, planning.about(node), tuple(method_of(node).plan(node, context)))
        for name, node in study.analyses.items()
    )


METHODS: dict[type[Any], Method] = {
    item.node: item
    for item in (
        Method(Descriptive, _lay_descriptive, _only_one, planning.described),
        Method(Events, _lay_events, _only_one, planning.counted),
        Method(MetaAnalysis, _lay_meta_analysis, meta_analysis_record, planning.pooled),
        Method(Moderators, _lay_moderators, moderation_record, planning.screened),
        Method(RecursivePartitioning, _lay_partitioning, partitioning_record, planning.partitioned),
        Method(DirectedPeeling, _lay_peeling, directed_peeling_record, planning.peeled),
        Method(Agreement, _lay_agreement, _agreement, planning.agreeing),
        Method(SubgroupDifferences, _lay_differences, _differences, planning.side_by_side),
    )
}

"""One analysis, or one search, of a study whose data were read: what tests of single methods start from."""

from __future__ import annotations

from typing import Any

from reportgen.analyses.cohorts import Cohorts
from reportgen.analyses.layout import Layout
from reportgen.analyses.methods import analysis_record, method_of
from reportgen.analyses.peeling_search import peeled
from reportgen.analyses.reading import handed_over
from reportgen.analyses.recursive_partitioning import partitioned
from reportgen.analyses.screened import screening
from reportgen.analyses.selection import Selection
from reportgen.data import Repository
from reportgen.graph import run
from reportgen.pool import Serial
from reportgen.records.printed import figures_of, printed
from reportgen.spec.analyses import DirectedPeeling, FromScreening, Search
from reportgen.spec.study import Study
from reportgen.store import NoStore


def analysed(name: str, node: Any, repository: Repository, study: Study) -> Any:
    """Return the record of one analysis as pages print it; what fails is raised."""
    layout = Layout(study)
    tasks = tuple(method_of(node).lay_out(name, node, layout))
    ran = run((*layout.tasks.values(), handed_over(repository)), tasks, NoStore(), Serial(), basis="")
    for failed in ran.failed.values():
        raise failed.error
    present = tuple(dict.fromkeys(arm for trial in repository.trials for arm, _, _ in trial.arms))
    record = analysis_record(name, node, study, present, [ran.values[task] for task in tasks])
    return printed(record, figures_of(study))


def people_of(node: Any, repository: Repository, study: Study) -> list[Selection]:
    """Return who enters each cell of an analysis."""
    return Cohorts(repository, study).of(node)


def searched(node: Search, repository: Repository, study: Study) -> list[Any]:
    """Return what a search found in each cell, with its people."""
    cohorts = Cohorts(repository, study)
    screened_by = study.analyses[node.moderators.from_] if isinstance(node.moderators, FromScreening) else None
    columns = cohorts.moderators((screened_by or node).moderators)  # type: ignore[union-attr, arg-type]
    found = []
    for people in cohorts.of(node):
        fits = screening(people, columns, node=screened_by) if screened_by is not None else ()  # type: ignore[arg-type]
        options: dict[str, Any] = {"node": node, "screened_by": screened_by}
        if isinstance(node, DirectedPeeling):
            found.append(peeled(people, columns, fits, minimum_cell=study.policy.minimum_cell, **options))
        else:
            found.append(partitioned(people, columns, fits, **options))
    return found

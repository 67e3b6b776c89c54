"""All tasks of a study up to its records, and the records made of their results.

In: the study file and its data. Out: `Records`. What is kept from an earlier build is not made again, and where all of it
is, no trial file is opened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from reportgen.analyses.failure import FailedAnalysis, failed_fits, failure_of
from reportgen.analyses.fidelity import fidelity_record
from reportgen.analyses.layout import READ, Layout
from reportgen.analyses.methods import analysis_record, method_of
from reportgen.analyses.reading import handed_over
from reportgen.analyses.reconciliation import reconciled
from reportgen.analyses.repository_records import (
    RepositoryRecords,
    glossary_record,
    provenance_record,
    repository_records,
    study_record,
)
from reportgen.analyses.slices import unrounded
from reportgen.data import Repository
from reportgen.graph import Ran, run
from reportgen.pool import Pool, Serial
from reportgen.records.model import AnalysisRecord, Records
from reportgen.records.numbers import Value
from reportgen.records.printed import printed_records
from reportgen.release.egress import egress_record
from reportgen.spec import Spec
from reportgen.spec.analyses import MetaAnalysis
from reportgen.store import Memory, NoStore
from reportgen.task import Task

REPOSITORY = "repository"
RECONCILIATION = "reconciliation"
DRAWING = frozenset(("seed", "first", "count"))  # the arguments of a chunk of draws


@dataclass(frozen=True, slots=True)
class StudyTasks:
    """The tasks of a study, and which results each of its analyses takes."""

    tasks: tuple[Task, ...]
    results: dict[str, tuple[str, ...]]

    @property
    def wanted(self) -> tuple[str, ...]:
        """The names of the tasks whose results make the records."""
        return (REPOSITORY, RECONCILIATION, *(name for names in self.results.values() for name in names))

    @property
    def draws(self) -> dict[str, int]:
        """How many random draws each task makes that makes any."""
        return {task.name: task.arguments["count"] for task in self.tasks if task.arguments.keys() >= DRAWING}


@dataclass(frozen=True, slots=True)
class Made:
    """The records of a study, what failed on the way, what the tasks cost, and the random draws of each."""

    records: Records[Value]
    repository: RepositoryRecords
    failed: tuple[FailedAnalysis, ...]
    ran: Ran
    draws: dict[str, int]


def study_tasks(spec: Spec) -> StudyTasks:
    """Lay out the tasks of a study: reading is the task `read`, which the caller adds or gives."""
    layout = Layout(spec.study)
    results = {name: tuple(method_of(node).lay_out(name, node, layout)) for name, node in spec.study.analyses.items()}
    whole = layout.whole()
    layout.add(
        REPOSITORY,
        repository_records,
        {"study": whole, "outcomes": tuple(spec.study.outcomes)},
        inputs={"repository": READ},
        here=True,
    )
    published = {
        str(mapping.mapping.trial): mapping.mapping.published for mapping in spec.mappings if mapping.mapping.published
    }
    effects = tuple(
        task for name, node in spec.study.analyses.items() if isinstance(node, MetaAnalysis) for task in results[name]
    )
    layout.add(
        RECONCILIATION,
        reconciled,
        {
            "study": unrounded(layout.unnamed()),
            "published": published,
            "means": {name: tuple(item.means) for name, item in published.items()},
        },
        inputs={"repository": READ, "included": REPOSITORY, "effects": effects},
        here=True,
    )
    return StudyTasks(tuple(layout.tasks.values()), results)


def make_records(
    spec: Spec,
    repository: Repository,
    *,
    profile: str,
    pool: Pool | None = None,
    store: Memory | None = None,
    basis: str = "",
) -> Records:
    """Run every analysis of a study whose data were read; return its records as pages print them.

    An analysis that fails becomes a `Failure` with the reason; the others go on.

    Parameters
    ----------
    spec : Spec
    repository : Repository
    profile : {'draft', 'final'}
    pool : Pool, optional
        Runs the tasks; this process runs one after the other where there is none.
    store : Store, optional
        Keeps results; nothing is kept where there is none.
    basis : str
        Digest of code and environment, for the keys of what is kept.

    Raises
    ------
    SpecError
        The fidelity file names a result that this study does not have.
    """
    laid = study_tasks(spec)
    tasks = (*laid.tasks, handed_over(repository))
    ran = run(tasks, laid.wanted, store or NoStore(), pool or Serial(), basis=basis)
    return printed_records(records_of(spec, laid, ran, profile).records, spec.study)


def records_of(spec: Spec, laid: StudyTasks, ran: Ran, profile: str) -> Made:
    """Return the records that the results of a study's tasks make."""
    study = spec.study
    for name in (READ, REPOSITORY):
        if name in ran.failed:
            raise ran.failed[name].error
    repository: RepositoryRecords = ran.values[REPOSITORY]
    analyses: dict[str, AnalysisRecord[Value]] = {}
    failed: list[FailedAnalysis] = []
    for name, tasks in laid.results.items():
        node = study.analyses[name]
        culprits = [ran.not_run.get(task, task) for task in tasks]
        broken = next((ran.failed[task] for task in culprits if task in ran.failed), None)
        if broken is None:
            results = [ran.values[task] for task in tasks]
            analyses[name] = analysis_record(name, node, study, repository.arm_classes, results)
        else:  # whatever goes wrong inside one analysis must not take the appendix down: its place says why instead
            analyses[name], problem = failure_of(name, broken)
            failed.append(problem)
    records = Records(
        study=study_record(spec, repository, profile),
        included=repository.included,
        availability=repository.availability,
        measures=repository.measures,
        analyses=analyses,
        ledger=repository.ledger,
        flow=repository.flow,
        glossary=glossary_record(study),
        provenance=provenance_record(spec, repository),
        reconciliation=ran.values.get(RECONCILIATION),
    )
    failed += failed_fits(records)
    egress = egress_record(records, study.policy.minimum_cell)
    records = replace(records, fidelity=fidelity_record(spec, records), egress=egress)
    return Made(records, repository, tuple(failed), ran, laid.draws)

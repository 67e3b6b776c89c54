"""Where study file, data and statistics meet: one module per method of the study file.

`make_records` runs every analysis of a study and returns all that its report may say. Participants end here: only
counts and estimates leave.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from reportgen.analyses import (
    agreement,
    descriptive,
    directed_peeling,
    meta_analysis,
    moderators,
    recursive_partitioning,
)
from reportgen.analyses.egress import egress_record
from reportgen.analyses.failure import FailedAnalysis, failed_fits, failure_of
from reportgen.analyses.fidelity import fidelity_record
from reportgen.analyses.hidden_trials import hidden_in
from reportgen.analyses.reconciliation import reconciliation_record
from reportgen.analyses.repository_records import (
    availability_record,
    glossary_record,
    ledger_record,
    measures_record,
    provenance_record,
    study_record,
    versions,
)
from reportgen.data import Repository
from reportgen.pool import Pool, Serial
from reportgen.progress import Progress
from reportgen.records.model import AnalysisRecord, Records
from reportgen.spec import Spec
from reportgen.spec.study import (
    Agreement,
    Analysis,
    Descriptive,
    DirectedPeeling,
    MetaAnalysis,
    Moderators,
    RecursivePartitioning,
    Study,
)

__all__ = ["FailedAnalysis", "make_records", "versions"]

METHODS: dict[type[Analysis], Callable[[str, Any, Repository, Study], AnalysisRecord]] = {
    Descriptive: descriptive.analyse,
    MetaAnalysis: meta_analysis.analyse,
    Moderators: moderators.analyse,
    RecursivePartitioning: recursive_partitioning.analyse,
    DirectedPeeling: directed_peeling.analyse,
    Agreement: agreement.analyse,
}
"""What each method of the study file does."""


def make_records(
    spec: Spec,
    repository: Repository,
    *,
    profile: str,
    progress: Progress | None = None,
    pool: Pool | None = None,
    tell: Callable[[FailedAnalysis], object] = lambda _: None,
) -> Records:
    """Run every analysis of a study.

    An analysis that fails becomes a `Failure` with the reason; the others go on.

    Parameters
    ----------
    spec : Spec
    repository : Repository
    profile : {'draft', 'final'}
    progress : Progress, optional
        Told the name of each analysis before any of them starts, and when one has ended.
    pool : Pool, optional
        Runs the analyses side by side; this process runs one after the other where there is none.
    tell : callable
        Told of each analysis that failed, whole or in part.

    Raises
    ------
    SpecError
        The fidelity file names a result that this study does not have.
    """
    study = spec.study
    progress = progress or Progress()
    for name in study.analyses:
        progress(f"  {name}")
    run = partial(_analysed, study=study, repository=repository)
    with progress.tasks(len(study.analyses)):
        ended = (pool or Serial()).map(run, study.analyses.items(), progress.advance)
    analyses = dict(zip(study.analyses, (record for record, _ in ended), strict=True))
    included = descriptive.included_trials(repository, study)
    records = Records(
        study=study_record(spec, repository, profile),
        included=included,
        availability=availability_record(repository, study),
        measures=measures_record(repository, study),
        analyses=analyses,
        ledger=ledger_record(repository, study),
        glossary=glossary_record(study),
        provenance=provenance_record(spec, repository),
        reconciliation=reconciliation_record(spec, repository, included, hidden_in(analyses.values())),
    )
    for failed in (*(failed for _, failed in ended if failed is not None), *failed_fits(records)):
        tell(failed)
    egress = egress_record(records, study.policy.minimum_cell)
    return replace(records, fidelity=fidelity_record(spec, records), egress=egress)


def _analysed(
    named: tuple[str, Analysis], study: Study, repository: Repository
) -> tuple[AnalysisRecord, FailedAnalysis | None]:
    name, node = named
    # Whatever goes wrong inside one analysis must not take the appendix down: its place says why instead.
    try:
        return METHODS[type(node)](name, node, repository, study), None
    except Exception as error:
        return failure_of(name, error)

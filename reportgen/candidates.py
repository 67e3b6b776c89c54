"""From a study to the candidate subgroups of its searches, with participants' data, for use beside other software.

In: the path of a study and the name of a new folder. Out: for each search two CSV files, and a README that says what they
hold. This is the only road on which participants' data leave a study: it is taken on request, into a folder that nobody
else may read, and never on the way to a report.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen import plugins
from reportgen.errors import Problem, SpecError, did_you_mean
from reportgen.pipeline import SILENT, read_data
from reportgen.progress import Progress
from reportgen.spec import Spec
from reportgen.spec.analyses import Search
from reportgen.spec.load import examine_study
from reportgen.spec.study import Study, settled

if TYPE_CHECKING:  # heavy libraries are imported when they are needed
    from reportgen.analyses.planning import PlanContext
    from reportgen.analyses.selection import Selection

README = """\
Candidate subgroups of the searches of {study}

THIS FOLDER HOLDS PARTICIPANTS' DATA: outcomes, covariates and arms of every participant, without names. Keep it where the
trial files themselves may lie, and remove it when it is no longer needed.

*.people.csv: a row for each participant of a search.
  trial; treatment (1: intervention); outcome (in points, higher is better, as it was analysed; of events 0 or 1, or how
  many, with their exposure beside them); adjusters; moderators;
  c1, c2, ...: 1 inside a candidate, 0 outside, empty for those who took no part in the comparison (participants of
  another branch, or without a value of the moderator).
*.candidates.csv: a row for each candidate, in the same order.
  Recursive partitioning: both sides of the best split of each moderator in each node, with the statistic and p values
  of the split; "kept" marks the subgroups of the report. Directed peeling: the best box of each size, with the effect
  inside and the z that the search compared.

In R:
  people <- read.csv("{example}.people.csv", check.names = FALSE)
  candidates <- read.csv("{example}.candidates.csv", check.names = FALSE)
  lm(outcome ~ 0 + trial + treatment * c1, data = people)  # of events: glm, family = binomial or poisson
"""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, and of which searches there was nothing to write, with the reason."""

    paths: tuple[Path, ...]
    left_out: tuple[str, ...]


def write_candidates(path: Path, output: str, only: str | None = None, progress: Progress = SILENT) -> Written:
    """Write the candidates of every search of a study into a new folder.

    Parameters
    ----------
    path : Path
        Of the study.
    output : str
        A folder that does not exist, or is empty.
    only : str, optional
        The name of one search.
    progress : Progress

    Raises
    ------
    ReportgenError
        Study or data are invalid, there is no such search, or the folder cannot be used; nothing is written then.
    """
    from reportgen.output.private_folder import check_new, write_private

    folder = check_new(output)
    progress("read and check")
    plugins.register()
    examined = examine_study(path)
    if examined.spec is not None:  # else reading the data tells everything that is wrong
        _check_name(examined.spec, only)
    spec, repository = read_data(examined)
    study = settled(spec.study)
    from reportgen.analyses.cohorts import Cohorts
    from reportgen.analyses.planning import PlanContext

    progress("search")
    contents: dict[str, str] = {}
    left_out: list[str] = []
    context = PlanContext(Cohorts(repository, study))
    for name, node in _searches(study, only):
        for file, people, reason in _cells(name, node, context):
            found = {} if reason else _files(file, node, people, context)
            contents |= found
            left_out += [] if found else [f"{file}: {reason or 'nothing can be searched'}"]
    if not contents:
        raise SpecError([Problem("no search of this study can be made", hint="\n".join(left_out))])
    example = next(iter(contents)).removesuffix(".people.csv")
    contents["README.txt"] = README.format(study=spec.study.study.title, example=example)
    return Written(tuple(write_private(folder, contents)), tuple(left_out))


def _check_name(spec: Spec, only: str | None) -> None:
    """Refuse a study without searches, or a name that none of them has, before a data file is opened."""
    names = [name for name, _ in _searches(spec.study, None)]
    if not names:
        hint = "Analyses of the methods recursive-partitioning and directed-peeling are searches."
        raise SpecError([Problem(f"'{spec.name}' has no search for subgroups", hint=hint)])
    if only is not None and only not in names:
        raise SpecError([Problem(f"there is no search '{only}'", hint=did_you_mean(only, names))])


def _searches(study: Study, only: str | None) -> Iterator[tuple[str, Search]]:
    for name, node in study.analyses.items():
        if isinstance(node, Search) and only in (None, name):
            yield name, node


def _cells(name: str, node: Search, context: PlanContext) -> Iterator[tuple[str, Selection, str]]:
    """Yield the name of the files of each cell, who enters it, and why it cannot be searched."""
    from reportgen.analyses.selection import not_estimable
    from reportgen.records.numbers import slug

    for people in context.cohorts.of(node):
        file = slug(name, people.comparison, people.outcome, people.follow_up)
        yield file, people, not_estimable(people, node)


def _files(file: str, node: Search, people: Selection, context: PlanContext) -> dict[str, str]:
    """Return the two files of a search; none where nothing can be searched."""
    from reportgen.analyses.candidates import candidate_table
    from reportgen.analyses.drawing import prepared_search

    columns = {name: moderator.among(people) for name, moderator in context.moderators(node).items()}
    prepared = prepared_search(people, columns, node, context.screening(node))
    if prepared is None:
        return {}
    table = candidate_table(prepared, people.adjuster_names)
    return {
        f"{file}.people.csv": table.people.to_csv(index=False, lineterminator="\n"),
        f"{file}.candidates.csv": table.candidates.to_csv(index=False, lineterminator="\n"),
    }

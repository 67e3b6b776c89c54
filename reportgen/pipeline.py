"""Read, check, analyse, draw, render: the whole road from a study file to an appendix.

In: the path of a study. Out: a folder with the report. A run is atomic: the report is built beside and exchanged with
the earlier one in one step when it is whole; interrupted, the earlier one stands.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.errors import (
    EXIT_ANALYSIS_FAILED,
    EXIT_DONE,
    EXIT_NOT_WRITTEN,
    Problem,
    RenderError,
    ReportgenError,
    SpecError,
    did_you_mean,
)
from reportgen.exchange import exchange
from reportgen.executor import Executor
from reportgen.spec import Spec
from reportgen.spec.load import examine_study
from reportgen.spec.lock import locked
from reportgen.spec.study import Search

if TYPE_CHECKING:  # heavy libraries are imported when they are needed
    from reportgen.data import Repository
    from reportgen.records.artefact import NumberedArtefact
    from reportgen.records.model import Records
    from reportgen.records.planned import PlannedAnalysis
    from reportgen.records.results import Results, Source

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be built.

    Attributes
    ----------
    study : Path
        The study file, or its folder.
    output : Path or None
        The folder of the report; `output/<study>` where None.
    only : frozenset of str
        Names of artefacts; all where empty.
    profile : str or None
        `draft` or `final`; what the study's policy says where None.
    formats : tuple of str
        `html`, `pdf`, `quarto`; what the study's report says where empty.
    workers : int
        Local processes.
    """

    study: Path
    output: Path | None = None
    only: frozenset[str] = frozenset()
    profile: str | None = None
    formats: tuple[str, ...] = ()
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Built:
    """What a build left behind.

    Attributes
    ----------
    folder : Path
    paths : tuple of Path
        What a reader opens first.
    warnings : tuple of str
    exit_code : int
    seconds : dict
        Time by stage.
    """

    folder: Path
    paths: tuple[Path, ...]
    warnings: tuple[str, ...]
    exit_code: int
    seconds: dict[str, float]


def read(path: Path) -> tuple[Spec, Repository]:
    """Read and check a study with its data.

    Raises
    ------
    ReportgenError
        With every problem of the study file, the mappings and the data at once.
    """
    from reportgen.data import read_repository

    examined = examine_study(path)
    problems, repository = list(examined.problems), None
    if examined.spec is not None:
        try:
            repository = read_repository(examined.spec)
        except ReportgenError as error:
            problems += error.problems
    if examined.spec is not None and repository is not None and not problems:
        from reportgen.analyses.doubts import outcomes_without_baseline

        problems += outcomes_without_baseline(examined.spec, repository)
    if problems or examined.spec is None or repository is None:
        raise SpecError(problems)
    return examined.spec, repository


def doubts(spec: Spec, repository: Repository) -> tuple[str, ...]:
    """Return what breaks no rule and is probably a mistake all the same, each with its place and how to mend it."""
    from reportgen.analyses.doubts import doubtful_scales

    return tuple(str(problem) for problem in doubtful_scales(spec, repository))


def plan(spec: Spec, repository: Repository) -> tuple[PlannedAnalysis, ...]:
    """Return who and what would enter every analysis of a study, before anything is fitted."""
    from reportgen.analyses.planning import planned_analyses

    return planned_analyses(spec.study, repository)


def simulate(path: Path, folder: Path, seed: int | None = None, progress: Progress = lambda _: None) -> list[Path]:
    """Write the trial files of a simulation file; return their paths.

    Raises
    ------
    ReportgenError
        The simulation file or its study is invalid (nothing is written), or a file could not be written.
    """
    from reportgen.simulation import simulate
    from reportgen.spec.simulation import load_simulation

    progress("read and check")
    file = load_simulation(path)
    progress("simulate")
    contents = simulate(file, seed)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        hint = "Give a folder that you may write to with --output."
        raise RenderError([Problem(f"'{folder}' cannot be written: {error.strerror}", hint=hint)]) from error
    return [folder / name for name in contents]


def build(order: Order, progress: Progress = lambda _: None) -> Built:
    """Build the report of a study.

    Parameters
    ----------
    order : Order
    progress : callable
        Told what is being done.

    Raises
    ------
    ReportgenError
        Spec or data invalid (nothing is written), or an output that could not be written.
    """
    seconds: dict[str, float] = {}
    clock = _Clock(seconds, progress)
    executor = Executor(order.workers)
    compiled = executor.prepare("reportgen.stats.kernels", "compile_likelihood", "compile_cross_products")
    executor.prepare("reportgen.figures.paint")
    with clock("read and check"):
        spec, repository = read(order.study)
        _check_order(order, spec)
    if any(isinstance(node, Search) for node in spec.study.analyses.values()):
        executor.prepare("reportgen.stats.kernels", "compile_peel", "compile_partition")
    with clock("analyse"):
        from reportgen.analyses import make_records

        compiled()
        profile = order.profile or spec.study.policy.profile
        records = make_records(
            spec,
            repository,
            profile=profile,
            progress=lambda name: progress(f"  {name}"),
            executor=executor,
        )
    with clock("draw"):
        from reportgen.render.artefacts import numbered_artefacts

        artefacts = numbered_artefacts(spec, records, only=order.only or None, executor=executor)
    folder = order.output or Path("output") / spec.name
    with clock("render"), _Workshop(folder) as workshop:
        formats = order.formats or spec.study.report.formats
        paths, warnings, lost = _write(workshop, spec, repository, records, artefacts, formats, executor)
        exchange(workshop, folder)
    return Built(
        folder=folder,
        paths=tuple(folder / path for path in paths),
        warnings=(*doubts(spec, repository), *warnings),
        exit_code=EXIT_NOT_WRITTEN if lost else exit_code_of(records),
        seconds=seconds,
    )


def exit_code_of(records: Records) -> int:
    """Return 1 where an analysis or a fit failed, else 0; "not estimable" is a result."""
    from reportgen.records.model import Failure, MetaAnalysis
    from reportgen.records.moderation import Moderation
    from reportgen.records.partition import RecursivePartitioning
    from reportgen.records.peeling import DirectedPeeling

    for record in records.analyses.values():
        if isinstance(record, Failure):
            return EXIT_ANALYSIS_FAILED
        if isinstance(record, MetaAnalysis) and any(effect.status == "failed" for effect in record.effects):
            return EXIT_ANALYSIS_FAILED
        if isinstance(record, Moderation | RecursivePartitioning | DirectedPeeling) and "failed" in record.statuses:
            return EXIT_ANALYSIS_FAILED
    return EXIT_DONE


def _check_order(order: Order, spec: Spec) -> None:
    from reportgen.render.artefacts import artefact_names

    names = artefact_names(spec)
    unknown = sorted(order.only - set(names))
    if unknown:
        raise SpecError([Problem(f"there is no artefact '{name}'", hint=did_you_mean(name, names)) for name in unknown])


def _write(
    workshop: Path,
    spec: Spec,
    repository: Repository,
    records: Records,
    artefacts: Collection[NumberedArtefact],
    formats: Collection[str],
    executor: Executor,
) -> tuple[list[Path], tuple[str, ...], bool]:
    """Write everything; return the paths that a reader opens, what went wrong, and whether a format was lost."""
    from reportgen.records.results import files_of, results_of
    from reportgen.records.series import series_files
    from reportgen.render.appendix import printed_numbers
    from reportgen.render.pages import write_pages

    results = results_of([records, *printed_numbers(spec, records, tuple(artefacts))], {})
    results = type(results)(results.rows, _sources(results, spec, repository))
    for name, content in files_of(results):
        (workshop / name).write_bytes(content)
    for name, content in series_files(records):
        (workshop / name).parent.mkdir(exist_ok=True)
        (workshop / name).write_bytes(content)
    (workshop / "study.lock.yaml").write_text(locked(spec), encoding="utf-8")
    (workshop / "provenance.json").write_text(_provenance(spec, repository, results), encoding="utf-8")
    pages = write_pages(workshop, spec, records, tuple(artefacts), formats=formats, executor=executor)
    wanted = [f"appendix.{kind}" for kind in ("html", "pdf") if kind in formats]
    written = [Path(name) for name in wanted if (workshop / name).is_file()]
    return written, pages.warnings, len(written) < len(wanted)


def _sources(results: Results, spec: Spec, repository: Repository) -> dict[str, Source]:
    """Say once for each analysis, trial or section what its numbers came from."""
    from reportgen.analyses import versions
    from reportgen.records.results import Source

    places = {f"trials.{trial.name}": trial.origin.short for trial in repository.trials}
    models = {}
    for name, node in spec.study.analyses.items():
        places[f"analyses.{name}"] = spec.at("analyses", name).short
        settings = node.model_dump(mode="json", exclude={"outcomes", "follow_up", "comparisons", "variables"})
        models[f"analyses.{name}"] = ", ".join(f"{key}: {value}" for key, value in settings.items())
    used = dict.fromkeys(row.source for row in results.rows)
    return {
        key: Source(
            spec=places.get(key) or spec.at(*key.split(".")).short,
            data=repository.fingerprint,
            model=models.get(key, "count or quotation"),
            seed=spec.study.study.seed,
            versions=versions(),
        )
        for key in used
    }


def _provenance(spec: Spec, repository: Repository, results: Results) -> str:
    from reportgen.analyses import versions

    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    built = datetime.fromtimestamp(int(epoch) if epoch else time.time(), UTC)
    content = {
        "study": spec.name,
        "built": built.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": {
            "fingerprint": repository.fingerprint,
            "files": [asdict(file) for file in repository.files],
        },
        "seed": spec.study.study.seed,
        "versions": versions(),
        "sources": {key: {"spec": s.spec, "model": s.model} for key, s in sorted(results.sources.items())},
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


class _Clock:
    """Times the stages of a build and announces them."""

    def __init__(self, seconds: dict[str, float], progress: Progress) -> None:
        self._seconds, self._progress = seconds, progress
        self._name, self._start = "", 0.0

    def __call__(self, name: str) -> _Clock:
        self._name, self._start = name, time.perf_counter()
        self._progress(name)
        return self

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self._seconds[self._name] = time.perf_counter() - self._start


class _Workshop:
    """A folder beside the report, in which the next one is built; gone when the build is over, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path: Path | None = None

    def __enter__(self) -> Path:
        if self._folder.exists() and not self._folder.is_dir():
            raise RenderError(
                [Problem(f"'{self._folder}' is a file: the report needs a folder", hint="Give another --output.")]
            )
        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            made = tempfile.mkdtemp(prefix=f".{self._folder.name}.", dir=self._folder.parent)
        except OSError as error:
            hint = "Give a folder that you may write to with --output."
            raise RenderError([Problem(f"'{self._folder}' cannot be written: {error.strerror}", hint=hint)]) from error
        self._path = Path(made).resolve()
        self._path.chmod(0o755)
        return self._path

    def __exit__(self, *_: object) -> None:
        if self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)

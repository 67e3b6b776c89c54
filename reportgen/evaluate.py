"""From an evaluation file to its appendix: lay out the grid, make what is stale, sum up, write.

In: the path of an evaluation file. Out: a folder with the report. As with a study, the earlier report stands until
the new one is whole, what was made is kept in the store, and interrupted work goes on where it stopped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen import plugins
from reportgen.ending import begun
from reportgen.errors import EXIT_ANALYSIS_FAILED, EXIT_DONE, EXIT_NOT_WRITTEN
from reportgen.fingerprint import basis
from reportgen.formats import DEFAULT
from reportgen.graph import Maker, Step, run, stale
from reportgen.output.place import chosen_place
from reportgen.output.staging import StagingFolder
from reportgen.pipeline import SILENT, RunOptions, time_of_build, write_errors_named
from reportgen.pool import Pool, end_workers, open_pool
from reportgen.progress import Progress
from reportgen.spec.evaluation import EvaluationSpec, load_evaluation, locked_evaluation
from reportgen.store import Memory, NoStore, Store

if TYPE_CHECKING:  # heavy libraries are imported when they are needed
    from reportgen.evaluation import Laid
    from reportgen.evaluation.outcomes import Outcomes
    from reportgen.records.evaluation import EvaluationRecord
    from reportgen.records.results import Results, Source
    from reportgen.targets import Written


@dataclass(frozen=True, slots=True)
class Order(RunOptions):
    """What is to be evaluated, and how (`RunOptions`).

    Attributes
    ----------
    file : Path
        The evaluation file.
    """

    file: Path


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What an evaluation left behind.

    Attributes
    ----------
    folder : Path
    paths : tuple of Path
        What a reader opens first.
    warnings : tuple of str
    failed : tuple of str
        Why chunks of data sets could not be made; nothing is written then.
    kept, made : int
        Chunks that were found in the store, and those that were made.
    exit_code : int
    """

    folder: Path
    paths: tuple[Path, ...]
    warnings: tuple[str, ...]
    failed: tuple[str, ...]
    kept: int
    made: int
    exit_code: int


def evaluate(order: Order, progress: Progress = SILENT) -> Evaluated:
    """Evaluate the searches of an evaluation file and write the report.

    Parameters
    ----------
    order : Order
    progress : Progress
        Told what is being done.

    Raises
    ------
    ReportgenError
        The file is invalid or its grid too large (nothing is done then), an output could not be written, or a scheduler does
        not answer or has a worker that is refused.
    """
    time_of_build()
    progress("read and check")
    spec = load_evaluation(order.file)
    place = chosen_place(order.folder_asked, Path("output") / spec.name, [("the evaluation file", spec.source.path)])
    plugins.register()
    store, code = Store(order.store) if order.keep else NoStore(), basis(plugins.sources(), plugins.distributions())
    with ExitStack() as stack:
        stack.enter_context(begun(end_workers))
        pool = stack.enter_context(closing(open_pool(order.workers, order.executor)))
        staging = stack.enter_context(StagingFolder(place))
        values, failed, kept, made = _made(spec, store, code, pool, progress)
        if failed:
            return Evaluated(Path(place.shown), (), (), failed, kept, made, EXIT_ANALYSIS_FAILED)
        progress("write")
        make = Maker(store, pool, basis=code, packages=plugins.packages(), scope=f"{spec.name}: figures")
        with write_errors_named(place, staging.folder):
            written = _write(staging.folder, spec, values, order.formats or DEFAULT, make)
            staging.finish()
    return Evaluated(
        Path(place.shown),
        tuple(Path(place.shown) / path for path in written.opens),
        written.warnings,
        (),
        kept,
        made,
        EXIT_DONE if written.complete else EXIT_NOT_WRITTEN,
    )


def _made(
    spec: EvaluationSpec, store: Memory, code: str, pool: Pool, progress: Progress
) -> tuple[dict[tuple[int, str], Outcomes], tuple[str, ...], int, int]:
    """Make what is stale; return the outcomes of each scenario and search, what failed, and how much was kept and made."""
    from reportgen.evaluation import evaluation_tasks, outcomes_of

    laid = evaluation_tasks(spec)
    scope = f"{spec.name}: evaluation"
    ahead = stale(laid.tasks, laid.wanted, store, basis=code, scope=scope)
    if ahead.certain:
        pool.prepare("reportgen.stats.kernels", "compile_likelihood", "compile_cross_products")
        pool.prepare("reportgen.stats.kernels", "compile_peel", "compile_partition")
        laid = evaluation_tasks(spec, measured(spec))
        ahead = stale(laid.tasks, laid.wanted, store, basis=code, scope=scope)
    progress(plan_line(spec, laid, len(ahead.certain), ahead.seconds / max(1, pool.workers)))
    progress.begin(len(ahead.certain))
    ran = run(
        laid.tasks,
        laid.wanted,
        store,
        pool,
        basis=code,
        scope=scope,
        packages=plugins.packages(),
        on_step=lambda step: _tell(step, progress, laid.draws),
    )
    progress.end()
    searches = {part: search for (_, search), parts in laid.parts.items() for part in parts}
    failed = tuple(dict.fromkeys(f"'{searches[name]}' failed: {item.error}" for name, item in ran.failed.items()))
    return ({} if failed else outcomes_of(laid, ran.values)), failed, ran.kept, ran.made


def _tell(step: Step, progress: Progress, draws: Mapping[str, int]) -> None:
    if step.status != "begun":
        progress.advance(draws.get(step.name, 0) if step.status == "made" else 0)


def measured(spec: EvaluationSpec) -> dict[str, float]:
    """Return the seconds of one search of a data set of the first scenario, for each search, once everything is compiled."""
    from reportgen.evaluation.data_sets import data_set
    from reportgen.evaluation.judged import judged
    from reportgen.spec.evaluation import EvaluatedDraws

    first, found = spec.scenarios()[0].cell, {}
    about = spec.file.evaluation
    data = data_set(first, about.seed, 0)
    for name, search in spec.file.searches.items():
        bare = search.model_copy(update={"draws": EvaluatedDraws(), "held_out": False})
        judged(bare, data, first.where, about.level, about.alpha)
        began = time.perf_counter()
        judged(bare, data, first.where, about.level, about.alpha)
        found[name] = time.perf_counter() - began
    return found


def plan_line(spec: EvaluationSpec, laid: Laid, chunks: int, seconds: float) -> str:
    """Return what is ahead in one line, with the time that it may take."""
    scenarios, searches = len(spec.scenarios()), len(spec.file.searches)
    runs = sum(scenarios * spec.data_sets(name) for name in spec.file.searches)
    message = f"evaluate {scenarios} scenario{_s(scenarios)} x {searches} search{'es' if searches != 1 else ''}: {runs:,} data sets are searched"
    if not chunks:
        return f"{message}, all of them before"
    share = "" if chunks == len(laid.tasks) else f", {chunks} of {len(laid.tasks)} chunks now"
    return f"{message}{share}; about {_duration(seconds)}"


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _duration(seconds: float) -> str:
    """Return a rough time.

    Examples
    --------
    >>> _duration(0.4), _duration(75), _duration(600), _duration(90000)
    ('1 second', '75 seconds', '10 minutes', '25 hours')
    """
    amount, unit = (seconds, "second") if seconds < 100 else (seconds / 60, "minute")
    amount, unit = (amount, unit) if seconds < 6000 else (seconds / 3600, "hour")
    whole = max(1, round(amount))
    return f"{whole:,} {unit}{_s(whole)}"


def _write(
    folder: Path, spec: EvaluationSpec, outcomes: dict[tuple[int, str], Outcomes], formats: tuple[str, ...], make: Maker
) -> Written:
    """Compose the report once, and let every target write it."""
    from reportgen.analyses import versions
    from reportgen.evaluation import PRINTED, evaluation_record
    from reportgen.records.numbers import numbers_in
    from reportgen.records.printed import printed
    from reportgen.records.results import results_of
    from reportgen.render.evaluation import evaluation_appendix
    from reportgen.targets import Edition, write_targets

    record: EvaluationRecord = printed(evaluation_record(spec, outcomes), PRINTED)
    appendix = evaluation_appendix(record, spec.source.sha256[:16], versions())
    results = results_of([record, *numbers_in(appendix)], {})
    results = type(results)(results.rows, _sources(results, spec))
    (folder / "evaluation.lock.yaml").write_text(locked_evaluation(spec), encoding="utf-8")
    (folder / "provenance.json").write_text(_provenance(spec, record), encoding="utf-8")
    return write_targets(Edition(appendix, results), formats, folder, make)


def _sources(results: Results, spec: EvaluationSpec) -> dict[str, Source]:
    """Say for each search once what its numbers came from."""
    from reportgen.analyses import versions
    from reportgen.records.results import Source

    def source(key: str) -> Source:
        kind, _, name = key.partition(".")
        search = spec.file.searches.get(name)
        model = "setting" if search is None else ", ".join(_said(search.model_dump(mode="json", exclude_none=True)))
        line = spec.at(kind, name) if name else spec.at(kind)
        return Source(line.short, spec.source.sha256[:16], model, spec.file.evaluation.seed, versions())

    return {key: source(key) for key in dict.fromkeys(row.source for row in results.rows)}


def _said(settings: dict[str, object]) -> Iterator[str]:
    yield from (f"{key}: {value}" for key, value in settings.items())


def _provenance(spec: EvaluationSpec, record: EvaluationRecord) -> str:
    from reportgen.analyses import versions

    content = {
        "evaluation": spec.name,
        "file": {"name": spec.source.path.name, "sha256": spec.source.sha256},
        "seed": spec.file.evaluation.seed,
        "scenarios": len(record.scenarios),
        "data_sets": {name: spec.data_sets(name) for name in spec.file.searches},
        "versions": versions(),
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"

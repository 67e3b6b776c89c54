"""What the command line can be asked for: one function per verb.

Progress goes to stderr, paths of what was written to stdout. Errors are left to `cli`. Heavy libraries are imported
inside the verbs, so that `--help` answers at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reportgen import __version__
from reportgen.errors import DEBUG, EXIT_DONE
from reportgen.formats import BUILT_IN, ON_REQUEST
from reportgen.progress import pace
from reportgen.progress import progress as progress_bar
from reportgen.terminal import say, show

if TYPE_CHECKING:
    from reportgen.spec.draws import Draws

app = typer.Typer(
    help="Build the statistical appendix of an individual participant data meta-analysis from one study file.",
    epilog="Exit codes: 0 done; 1 written, but an analysis failed; 2 study or data invalid; 3 an output could not be written, or a scheduler does not answer; 130 interrupted; 143 ended by SIGTERM.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    add_completion=False,
)
MOST_WORKERS = 4  # each needs about 300 MB, and more than four have too little to draw


def _path(written: str) -> Path:
    if not written:
        raise typer.BadParameter("the path is empty; write . for this folder")
    return Path(written)


StudyPath = Annotated[
    Path, typer.Argument(help="The study file, or the folder that holds study.yaml.", show_default=False, parser=_path)
]


StorePath = Annotated[
    Path | None,
    typer.Option(help="Folder of stored results (default: reportgen/store in your cache folder).", parser=_path),
]


def _version(asked: bool) -> None:
    if asked:
        show(f"reportgen {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if debug:
        os.environ[DEBUG] = "1"


@app.command()
def build(
    study: StudyPath,
    output: Annotated[str | None, typer.Option(help="Output folder of the report (default: output/<study>).")] = None,
    only: Annotated[
        str,
        typer.Option(
            help="Produce only these artefacts, such as table2,fig1, with their usual numbers; all analyses are run."
        ),
    ] = "",
    profile: Annotated[
        Literal["draft", "final"] | None,
        typer.Option(
            help="Draft or final; a draft is marked as such on its pages and takes 50 draws at most. Overrides the study's policy."
        ),
    ] = None,
    draws: Annotated[
        str,
        typer.Option(
            metavar="FLIPS,BOOTSTRAP",
            help="Random draws behind each search, sign flips and bootstrap samples, such as 199,100; 0,0 for none. Default: as in the study file.",
        ),
    ] = "",
    formats: Annotated[
        str,
        typer.Option(
            help=f"{','.join(BUILT_IN)}; default: as in the study's report, or all but {','.join(sorted(ON_REQUEST))}."
        ),
    ] = "",
    jobs: Annotated[
        int,
        typer.Option("-j", "--jobs", min=0, help="Number of local processes; 0: one for each core, at most four."),
    ] = 0,
    executor: Annotated[
        str,
        typer.Option(
            metavar="dask://HOST:PORT",
            help="Workers of a Dask scheduler instead of local processes (tls:// on other machines): the participants travel to them, and nothing is written to their disks.",
        ),
    ] = "",
    store: StorePath = None,
    no_store: Annotated[bool, typer.Option("--no-store", help="Neither use stored results nor store any.")] = False,
) -> int:
    """Build the report: HTML, PDF, Word, figures, tables, results and the Quarto project."""
    from reportgen.pipeline import Order, build

    chosen = _parts(formats, "--formats", "html,pdf")
    _check_formats(chosen)
    _check_workers(jobs, executor)
    _check_store(store, no_store)
    order = Order(
        study=study,
        output=output,
        only=frozenset(_parts(only, "--only", "table2,fig1")),
        profile=profile,
        draws=_draws(draws),
        formats=chosen,
        workers=jobs or min(os.cpu_count() or 1, MOST_WORKERS),
        executor=executor,
        store=store,
        keep=not no_store,
    )
    with progress_bar() as progress:
        built = build(order, progress)
    _warn(built.warnings)
    for failed in built.failed:
        say(str(failed))
        if os.environ.get(DEBUG) and failed.traceback:
            say(failed.traceback)
    if built.egress:
        say(f"{built.egress} See provenance.json.")
    if built.drawn.draws:
        rate = pace(built.drawn.draws, built.drawn.seconds)
        say(f"{built.drawn.draws:,} random draws; each process made {rate}")
    say(f"kept {built.kept}, made {built.made}" if built.seconds else "nothing has changed: the report is up to date")
    if built.seconds:
        say("done in " + ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in built.seconds.items()))
    for path in built.paths:
        show(str(path))
    return built.exit_code


def _parts(written: str, option: str, example: str) -> tuple[str, ...]:
    from reportgen.errors import Problem, SpecError

    parts = tuple(part.strip() for part in written.split(",") if part.strip())
    if written and not parts:
        raise SpecError([Problem(f"{option} is empty", hint=f"Write {option} {example}, or leave it out.")])
    return parts


def _draws(written: str) -> Draws | None:
    """Return the draws that an option asks for, as `199,100`; None where it is not given."""
    from pydantic import ValidationError

    from reportgen.errors import Problem, SpecError
    from reportgen.spec.draws import Draws, error_of

    if not written:
        return None
    hint = "Write two whole numbers, such as --draws 199,100, or --draws 0,0 for none."
    try:
        flips, bootstrap = (int(part) for part in written.split(","))
    except ValueError:
        raise SpecError([Problem(f"invalid value '{written}' of --draws", hint=hint)]) from None
    try:
        return Draws(sign_flips=flips, bootstrap=bootstrap)
    except ValidationError as error:
        raise SpecError([Problem(f"invalid value '{written}' of --draws: {error_of(error)}", hint=hint)]) from None


def _warn(warnings: Iterable[str]) -> None:
    for warning in warnings:
        say(f"warning: {warning}")


def _check_formats(chosen: tuple[str, ...]) -> None:
    from reportgen.errors import Problem, SpecError, did_you_mean
    from reportgen.formats import formats

    known = tuple(formats())
    problems = [Problem(f"there is no format '{f}'", hint=did_you_mean(f, known)) for f in chosen if f not in known]
    if problems:
        raise SpecError(problems)


def _check_workers(jobs: int, executor: str) -> None:
    from reportgen.errors import Problem, SpecError

    if jobs and executor:
        hint = "Omit -j: the scheduler determines the number of workers."
        raise SpecError([Problem("-j counts local processes, which --executor does not use", hint=hint)])


def _check_store(store: Path | None, no_store: bool) -> None:
    from reportgen.errors import Problem, SpecError

    if store is not None and no_store:
        hint = "Use one of the two."
        raise SpecError([Problem("--store and --no-store exclude each other", hint=hint)])


@app.command()
def validate(study: StudyPath) -> int:
    """Check study file, mappings and data; report all problems at once."""
    from reportgen.pipeline import read, warnings_of

    with progress_bar() as progress:
        progress("read and check")
        spec, repository = read(study)
    _warn(warnings_of(spec, repository))
    trials = "1 trial" if len(repository.trials) == 1 else f"{len(repository.trials)} trials"
    people = len(repository.participants)
    show(f"{spec.name}: no problems found, {trials}, {people} participant{'' if people == 1 else 's'}")
    return EXIT_DONE


@app.command()
def plan(study: StudyPath, store: StorePath = None) -> int:
    """Show what each analysis can do, and with whom: trials, participants, moderators, before anything is fitted.

    Then what a build would make again, and how long that takes.
    """
    from reportgen.pipeline import plan, read, rebuilding, warnings_of
    from reportgen.render.planned import planned_lines, rebuilding_lines

    with progress_bar() as progress:
        progress("read and check")
        spec, repository = read(study)
    _warn(warnings_of(spec, repository))
    for line in (*planned_lines(plan(spec, repository)), "", *rebuilding_lines(*rebuilding(spec, store))):
        show(line)
    return EXIT_DONE


@app.command()
def clean(
    store: StorePath = None,
) -> int:
    """Remove all results that builds have kept; the next build makes them again."""
    from reportgen.store import Store

    cleaned = Store(store).clean()
    show(f"{cleaned.entries} files removed, {cleaned.bytes / 1e6:.1f} MB")
    return EXIT_DONE


@app.command()
def simulate(
    file: Annotated[Path, typer.Argument(help="The simulation file.", show_default=False, parser=_path)],
    output: Annotated[str, typer.Option(help="Folder of the trial files.", show_default=False)],
    seed: Annotated[int | None, typer.Option(min=0, help="Seed, instead of the one in the file.")] = None,
) -> int:
    """Make the trial files of a simulation file: the same file and seed give the same bytes."""
    from reportgen.pipeline import simulate

    with progress_bar() as progress:
        paths = simulate(file, output, seed, progress)
    for path in paths:
        show(str(path))
    return EXIT_DONE


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="The evaluation file.", show_default=False, parser=_path)],
    output: Annotated[str | None, typer.Option(help="Folder of the report; output/<name> unless given.")] = None,
    formats: Annotated[str, typer.Option(help=f"{','.join(BUILT_IN)}; all unless given.")] = "",
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=0, help="Number of local processes; 0: one for each core, at most four.")
    ] = 0,
    executor: Annotated[
        str,
        typer.Option(
            metavar="dask://HOST:PORT",
            help="Workers of a Dask scheduler instead of local processes (tls:// on other machines).",
        ),
    ] = "",
    store: StorePath = None,
    no_store: Annotated[bool, typer.Option("--no-store", help="Neither use stored results nor store any.")] = False,
) -> int:
    """Judge searches where the truth is known: simulate a grid of meta-analyses and report what searches do in it.

    How often they find what is there and what is not, how biased the effects are, naive and corrected, and what intervals cover.
    """
    from reportgen.evaluate import Order, evaluate

    chosen = _parts(formats, "--formats", "html,pdf")
    _check_formats(chosen)
    _check_workers(jobs, executor)
    _check_store(store, no_store)
    workers = jobs or min(os.cpu_count() or 1, MOST_WORKERS)
    with progress_bar() as progress:
        order = Order(
            file,
            output=output,
            formats=chosen,
            workers=workers,
            executor=executor,
            store=store,
            keep=not no_store,
        )
        done = evaluate(order, progress)
    _warn(done.warnings)
    for failed in done.failed:
        say(failed)
    say(f"kept {done.kept}, made {done.made}")
    for path in done.paths:
        show(str(path))
    return done.exit_code


@app.command()
def candidates(
    study: StudyPath,
    output: Annotated[str, typer.Option(help="A new folder, for its owner alone.", show_default=False)],
    only: Annotated[str | None, typer.Option(help="Only the search of this name in the study file.")] = None,
) -> int:
    """Write all candidate subgroups of the searches, with participants' data, for use beside other software.

    Nothing is suppressed in these files: they hold outcomes, covariates and arms of every participant, without names.
    """
    from reportgen.candidates import write_candidates

    with progress_bar() as progress:
        written = write_candidates(study, output, only, progress)
    _warn([f"no candidates of {line}" for line in written.left_out])
    say(f"'{output}' holds participants' data: keep it as safe as the trial files")
    for path in written.paths:
        show(str(path))
    return EXIT_DONE


@app.command()
def schema(
    kind: Annotated[
        Literal["study", "mapping", "simulation", "fidelity", "evaluation"],
        typer.Argument(help="Of study files, mappings, simulation, fidelity or evaluation files."),
    ] = "study",
) -> int:
    """Print the JSON Schema that lets an editor complete and check a study file or one of its other files."""
    from reportgen.plugins import register
    from reportgen.spec.lock import json_schema

    register()
    show(json_schema(kind), end="")
    return EXIT_DONE

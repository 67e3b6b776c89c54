"""The command line: one function per verb.

Progress goes to stderr, paths of what was written to stdout. Errors are caught here, once: they are printed without a
traceback (`--debug` shows it), and their exit code is returned. Heavy libraries are imported inside the verbs, so that
`--help` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Literal

import typer

from reportgen import __version__
from reportgen.errors import EXIT_DONE, EXIT_INTERRUPTED, ReportgenError

app = typer.Typer(
    help="Build the statistical appendix of an individual participant data meta-analysis from one study file.",
    epilog="Exit codes: 0 done; 1 written, but an analysis failed; 2 study or data invalid; 3 an output could not be written; 130 interrupted.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    add_completion=False,
)
DEBUG = "REPORTGEN_DEBUG"
MOST_WORKERS = 4  # each needs about 300 MB, and more than four have too little to draw
Format = Literal["html", "pdf", "quarto"]

StudyPath = Annotated[
    Path, typer.Argument(help="The study file, or the folder that holds study.yaml.", show_default=False)
]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _version(asked: bool) -> None:
    if asked:
        print(f"reportgen {__version__}")
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
    output: Annotated[Path | None, typer.Option(help="Folder of the report; output/<study> unless given.")] = None,
    only: Annotated[str, typer.Option(help="Names of artefacts, such as table2,fig1; the numbers stay the same.")] = "",
    profile: Annotated[Literal["draft", "final"] | None, typer.Option(help="Overrides the study's policy.")] = None,
    formats: Annotated[str, typer.Option(help="html,pdf,quarto; what the study's report says unless given.")] = "",
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=0, help="Local processes that draw; 0: one for each core, four at most.")
    ] = 0,
) -> int:
    """Build the report: HTML, PDF, figures, tables, results and the Quarto project."""
    from reportgen.pipeline import Order, build

    chosen = tuple(part.strip() for part in formats.split(",") if part.strip())
    _check_formats(chosen)
    order = Order(
        study=study,
        output=output,
        only=frozenset(part.strip() for part in only.split(",") if part.strip()),
        profile=profile,
        formats=chosen,
        workers=jobs or min(os.cpu_count() or 1, MOST_WORKERS),
    )
    with _progress() as progress:
        built = build(order, progress)
    _warn(built.warnings)
    _say("done in " + ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in built.seconds.items()))
    for path in built.paths:
        print(path)
    return built.exit_code


def _warn(warnings: Iterable[str]) -> None:
    for warning in warnings:
        _say(f"warning: {warning}")


def _check_formats(chosen: tuple[str, ...]) -> None:
    from reportgen.errors import Problem, SpecError, did_you_mean

    known = ("html", "pdf", "quarto")
    problems = [Problem(f"there is no format '{f}'", hint=did_you_mean(f, known)) for f in chosen if f not in known]
    if problems:
        raise SpecError(problems)


@app.command()
def validate(study: StudyPath) -> int:
    """Check study file, mappings and data; report all problems at once."""
    from reportgen.pipeline import doubts, read

    with _progress() as progress:
        progress("read and check")
        spec, repository = read(study)
    _warn(doubts(spec, repository))
    trials = "1 trial" if len(repository.trials) == 1 else f"{len(repository.trials)} trials"
    print(f"{spec.name}: all is well, {trials}, {len(repository.participants)} participants")
    return EXIT_DONE


@app.command()
def plan(study: StudyPath) -> int:
    """Show what each analysis can do, and with whom: trials, participants, moderators, before anything is fitted."""
    from reportgen.pipeline import doubts, plan, read
    from reportgen.render.planned import planned_lines

    with _progress() as progress:
        progress("read and check")
        spec, repository = read(study)
    _warn(doubts(spec, repository))
    for line in planned_lines(plan(spec, repository)):
        print(line)
    return EXIT_DONE


@app.command()
def simulate(
    file: Annotated[Path, typer.Argument(help="The simulation file.", show_default=False)],
    output: Annotated[Path, typer.Option(help="Folder of the trial files.", show_default=False)],
    seed: Annotated[int | None, typer.Option(min=0, help="Instead of the seed of the file.")] = None,
) -> int:
    """Make the trial files of a simulation file: the same file and seed give the same bytes."""
    from reportgen.pipeline import simulate

    with _progress() as progress:
        paths = simulate(file, output, seed, progress)
    for path in paths:
        print(path)
    return EXIT_DONE


@app.command()
def schema(
    kind: Annotated[
        Literal["study", "mapping", "simulation", "fidelity"],
        typer.Argument(help="Of study files, mappings, simulation files or fidelity files."),
    ] = "study",
) -> int:
    """Print the JSON Schema that lets an editor complete and check a study file or one of its other files."""
    from reportgen.spec.lock import json_schema

    print(json_schema(kind), end="")
    return EXIT_DONE


class _progress:  # noqa: N801 - used as a word: `with _progress() as progress`
    """A spinner with the present step on a terminal, a plain line for each step elsewhere."""

    def __enter__(self) -> Callable[[str], None]:
        self._status = None
        if not sys.stderr.isatty():
            return _say
        from rich.console import Console

        self._status = Console(stderr=True).status("start")
        self._status.start()
        return self._show

    def _show(self, text: str) -> None:
        assert self._status is not None
        self._status.update(text.strip())
        self._status.console.print(text, style="dim")

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line; return its exit code.

    Examples
    --------
    >>> run(["validate", "no-such-study.yaml"])
    2
    """
    try:
        code = app(arguments, standalone_mode=False)
    except ReportgenError as error:
        if os.environ.get(DEBUG):
            raise
        _say(str(error))
        return error.exit_code
    except typer.Exit as stop:
        return int(stop.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _say("interrupted: nothing was written, an earlier report stands")
        return EXIT_INTERRUPTED
    except Exception as error:
        return _unexpected(error)
    return int(code or EXIT_DONE)


def _unexpected(error: Exception) -> int:
    """Usage errors are shown as typer would; anything else is a defect of ours, told in a line."""
    if hasattr(error, "format_message"):
        _say(f"{error.format_message()}\nSee reportgen --help.")
        return int(getattr(error, "exit_code", 2))
    if os.environ.get(DEBUG):
        raise error
    if isinstance(error, OSError):
        _say(f"an output could not be written: {error}")
        return 3
    _say(
        f"reportgen itself failed ({type(error).__name__}: {error}). Nothing was written; run again with --debug and report it."
    )
    return 3


if __name__ == "__main__":
    main()

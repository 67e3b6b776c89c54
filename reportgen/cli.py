"""The command line: what surrounds every verb.

Errors are caught here, once: they are printed without a traceback (`--debug` shows it), and their exit code is returned.
Whatever ends a run early, a signal or a reader who has gone away, ends it in order. The verbs are imported when this
stands, so that there is hardly a moment at which Ctrl-C would be answered by Python.
"""

from __future__ import annotations

import gc
import os
import sys

from reportgen.ending import listen
from reportgen.errors import DEBUG, EXIT_DONE, EXIT_INTERRUPTED, EXIT_NOT_WRITTEN, ReportgenError
from reportgen.terminal import flush, open_streams, say

GARBAGE = (
    200_000  # new objects between two looks for garbage: records are many, and a sixth of a rebuild went into looking
)


def main() -> None:
    """Run the command line and exit with its code."""
    gc.set_threshold(GARBAGE)
    listen()
    open_streams()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line; return its exit code.

    Examples
    --------
    >>> run(["validate", "no-such-study.yaml"])
    2
    """
    try:
        code = _called(arguments)
        flush()
    except ReportgenError as error:
        if os.environ.get(DEBUG):
            raise
        say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        say("interrupted: nothing was written; an earlier report is unchanged")
        return EXIT_INTERRUPTED
    except Exception as error:
        return _unexpected(error)
    return code


def _called(arguments: list[str]) -> int:
    import typer

    from reportgen.verbs import app

    try:
        return int(app(arguments, standalone_mode=False) or EXIT_DONE)
    except typer.Exit as stop:
        return int(stop.exit_code)
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # whoever read the help has seen enough
            return EXIT_DONE
        raise


def _unexpected(error: Exception) -> int:
    """Usage errors are shown as typer would; anything else is a defect of ours, reported in one line."""
    if hasattr(error, "format_message"):
        say(f"{error.format_message()}\n{_usage_hint(error)}")
        return int(getattr(error, "exit_code", 2))
    if os.environ.get(DEBUG):
        raise error
    if isinstance(error, OSError) and error.filename is not None:
        say(f"'{error.filename}' cannot be used: {error.strerror}")
        return EXIT_NOT_WRITTEN
    say(
        f"reportgen itself failed ({type(error).__name__}: {error}). Nothing was written; run again as reportgen --debug … and report it."
    )
    return EXIT_NOT_WRITTEN


def _usage_hint(error: Exception) -> str:
    """Return what to do about a usage error; an option of ours stands before the verb, where nobody looks for it."""
    if getattr(error, "option_name", "") in ("--debug", "--version"):
        return "Write it before the command, as in reportgen --debug build my-study."
    return "See reportgen --help."


if __name__ == "__main__":
    main()

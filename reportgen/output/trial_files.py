"""Simulated trial files, written into a folder where real ones may lie: none is ever written over.

A file that is there already is replaced only if the mark `simulated.json` beside it lists it unchanged, so that it came
from a simulation. The mark is written before the files and holds both the old and the new ones until all are in place:
killed at any moment, the next simulation knows its own.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from reportgen.ending import begun
from reportgen.errors import Problem, RenderError
from reportgen.output.lock import Lock, TakenError
from reportgen.output.mark import Listed, is_unchanged, listed, mark_text, read_mark
from reportgen.output.place import named, unwritable
from reportgen.output.staging import removed, staging_key, stray_benches

MARK = "simulated.json"


def check_folder(written: str) -> Path:
    """Return the folder of trial files, before anything is simulated.

    Raises
    ------
    RenderError
        It can be none.
    """
    if not written.strip():
        raise RenderError([Problem("--output is empty", hint="Name the folder of the trial files.")])
    if "\0" in written:
        raise RenderError([Problem(f"{written!r} cannot be the name of a folder", hint="Give another --output.")])
    folder = Path(written)
    try:
        if folder.exists() and not folder.is_dir():
            hint = "Name the folder of the trial files."
            raise RenderError([Problem(f"'{written}' is a file: trial files need a folder", hint=hint)])
    except OSError as error:
        raise unwritable(written, error) from error
    return folder


def write_trial_files(folder: Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write simulated trial files, all or none; return their paths.

    Raises
    ------
    RenderError
        The folder cannot be written, or holds another file under one of the names: nothing is written then.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as made:
    ...     _ = write_trial_files(Path(made), {"north.csv": b"id"})
    ...     sorted(path.name for path in Path(made).iterdir())
    ['north.csv', 'simulated.json']
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = Lock(folder / f"{staging_key('simulated')}-lock")
        with begun(lock.release):
            lock.take()
            try:
                _check_names(folder, contents)
                _write(folder, contents)
            finally:
                lock.release()
    except TakenError as error:
        hint = "Wait until it is done."
        raise RenderError([Problem(f"a simulation by {error} is writing to '{folder}'", hint=hint)]) from error
    except OSError as error:
        raise unwritable(str(folder), error) from error
    return [folder / name for name in contents]


def _check_names(folder: Path, contents: Mapping[str, bytes]) -> None:
    known = read_mark(folder / MARK)
    others = [] if known is not None or not os.path.lexists(folder / MARK) else [MARK]
    others += [name for name, content in contents.items() if not _may_write(folder, listed(name, content), known or ())]
    if others:
        message = f"'{folder}' holds {named(others)}, and no simulation wrote {'it' if len(others) == 1 else 'them'} as {'it is' if len(others) == 1 else 'they are'}"
        hint = "Real data are never overwritten: give another --output, or move what is there elsewhere."
        raise RenderError([Problem(message, hint=hint)])


def _may_write(folder: Path, fresh: Listed, known: Iterable[Listed]) -> bool:
    """Whether a file is new, or what a simulation wrote, now or before."""
    path = folder / fresh.name
    mine = [fresh, *(file for file in known if file.name == fresh.name)]
    return not os.path.lexists(path) or any(is_unchanged(path, file) for file in mine)


def _write(folder: Path, contents: Mapping[str, bytes]) -> None:
    for left in stray_benches(folder, "simulated"):
        removed(left)
    bench = Path(tempfile.mkdtemp(prefix=f"{staging_key('simulated')}-", dir=folder))
    with begun(partial(removed, bench)):
        try:
            for name, content in contents.items():
                (bench / name).write_bytes(content)
            fresh = [listed(name, content) for name, content in contents.items()]
            before = read_mark(folder / MARK) or ()
            _mark(folder, bench, {*before, *fresh})
            for name in contents:
                (bench / name).replace(folder / name)
            _mark(folder, bench, [*fresh, *(file for file in before if file.name not in contents)])
        finally:
            removed(bench)


def _mark(folder: Path, bench: Path, files: Iterable[Listed]) -> None:
    (bench / MARK).write_text(mark_text(files, "simulated trial files"), encoding="utf-8", newline="")
    (bench / MARK).replace(folder / MARK)

"""A folder of files that hold participants' data: new, for its owner alone, whole or not there at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from reportgen.ending import begun
from reportgen.errors import Problem, RenderError
from reportgen.output.place import unwritable
from reportgen.output.staging import removed


def check_new(written: str) -> Path:
    """Return the path of a folder that is to be made, before anything is computed.

    Raises
    ------
    RenderError
        It has no name that a folder can have, or something is there.

    Examples
    --------
    >>> check_new("no-such-folder/candidates").name
    'candidates'
    """
    if not written.strip() or "\0" in written:
        raise RenderError([Problem("--output names no folder", hint="Name a new folder.")])
    folder = Path(written)
    try:
        taken = os.path.lexists(folder) and (not folder.is_dir() or folder.is_symlink() or any(folder.iterdir()))
    except OSError as error:
        raise unwritable(written, error) from error
    if taken:
        hint = "Participants' data are never mixed with other files: name a new folder."
        raise RenderError([Problem(f"'{written}' is there already and is not an empty folder", hint=hint)])
    return folder


def write_private(folder: Path, contents: Mapping[str, str]) -> list[Path]:
    """Write files that only their owner may read, all or none; return their paths.

    Raises
    ------
    RenderError
        The folder cannot be made.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     [path.name for path in write_private(Path(parent) / "new", {"a.csv": "x"})]
    ['a.csv']
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        bench = Path(tempfile.mkdtemp(prefix=".candidates-", dir=folder.parent))  # mode 700
        with begun(partial(removed, bench)):
            try:
                for name, content in contents.items():
                    (bench / name).touch(0o600)
                    (bench / name).write_bytes(content.encode())
                if folder.is_dir():
                    folder.rmdir()  # an empty one; else it raises
                bench.rename(folder)
            finally:
                removed(bench)
    except OSError as error:
        raise unwritable(str(folder), error) from error
    return [folder / name for name in contents]

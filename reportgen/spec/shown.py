"""How a file is named where others read it: from the study's folder, the same on every machine.

Outputs travel: none of them may tell where on a machine a study lies, nor whose home it is.
"""

from __future__ import annotations

import os
from pathlib import Path

from reportgen.spec.text import as_text


def public_name(path: Path, folder: Path) -> str:
    """Return a file's name from a folder; its bare name where it was named by an absolute path that leads elsewhere.

    Examples
    --------
    >>> public_name(Path("st/trials/../raw/x.csv"), Path("st"))
    'raw/x.csv'
    >>> public_name(Path("st/../shared/x.csv"), Path("st")), public_name(Path("/somewhere/else/x.csv"), Path("st"))
    ('../shared/x.csv', 'x.csv')
    """
    try:
        named = path.relative_to(folder)
    except ValueError:
        here = Path(os.path.normpath(folder.absolute()))
        whole = Path(os.path.normpath(path.absolute()))
        named = whole.relative_to(here) if whole.is_relative_to(here) else Path(path.name)
    shown = Path(os.path.normpath(named)).as_posix()
    return as_text(path.name if shown.startswith("..") and _leads_home(path, folder) else shown)


def written_name(written: str, folder: Path) -> str:
    """Return a path as a study file wrote it, if that names no place of this machine.

    Examples
    --------
    >>> written_name("../raw/x.csv", Path("st/trials")), written_name("/somewhere/else/x.csv", Path("st"))
    ('../raw/x.csv', 'x.csv')
    """
    if Path(written).is_absolute() or _leads_home(folder / written, folder):
        return public_name(folder / written, folder)
    return written


def _leads_home(path: Path, folder: Path) -> bool:
    """Whether a path leads into the user's home from outside, and so through its name."""
    try:
        home = Path.home()
    except RuntimeError:
        return False
    inside = Path(os.path.normpath(path.absolute())).is_relative_to(home)
    return inside and not Path(os.path.normpath(folder.absolute())).is_relative_to(home)

"""Where the templates and the worked studies are: inside the package (wheel), else beside it (checkout).

The only place that knows.
"""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    for place in (_PACKAGE / name, _PACKAGE.parent / name):
        if (place / "README.md").is_file():
            return place
    raise FileNotFoundError(f"this installation of reportgen lacks its folder '{name}': install it again")


def templates_folder() -> Path:
    """Return the folder of the page templates."""
    return _folder("templates")


def specs_folder() -> Path:
    """Return the folder of the worked studies."""
    return _folder("specs")


def template_names() -> tuple[str, ...]:
    """Return the names of all templates of the package, as `sections/title.html`."""
    return files_in(templates_folder())


def files_in(folder: Path) -> tuple[str, ...]:
    """Return the names of all files in a folder of templates; hidden files, copies of an editor and the README are none.

    Examples
    --------
    >>> {"page.html", "style/paper.css"} <= set(files_in(templates_folder())), "README.md" in template_names()
    (True, False)
    """
    found = []
    for place, inside, files in os.walk(folder):
        inside[:] = [name for name in inside if not name.startswith(".")]
        found += [Path(place, name).relative_to(folder).as_posix() for name in files if not name.startswith(".")]
    return tuple(sorted(name for name in found if name != "README.md" and not name.endswith("~")))

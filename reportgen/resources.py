"""Where the templates and the worked studies are: inside the package (wheel), else beside it (checkout).

The only place that knows.
"""

from __future__ import annotations

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

"""Methods and artefacts that other distributions bring.

A distribution names a function of its own as an entry point of the group `reportgen.plugins`. The function registers what the
distribution brings: options by `spec.methods.method` and `spec.shows.show`, a method by `analyses.methods.add_method`, pages by
`views.add_view` and `views.add_show`. It is called once in each process, before a study file is read. What was kept
is made again when a file of the distribution's package changes, or the version of a library that the distribution needs; so it is
for distributions that bring targets.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from reportgen.errors import Problem, SpecError
from reportgen.formats import GROUP as TARGETS

GROUP = "reportgen.plugins"
OWN = "reportgen"


@cache
def _found(group: str = GROUP) -> tuple[EntryPoint, ...]:
    return tuple(sorted(entry_points(group=group)))


@cache
def register() -> None:
    """Let every plug-in register what it brings.

    Raises
    ------
    SpecError
        One cannot be loaded, or its function fails.
    """
    problems = []
    for found in _found():
        try:
            found.load()()
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            hint = "Fix it, or uninstall its distribution."
            problems.append(
                Problem(f"the plug-in '{found.name}' ({found.value}) cannot be loaded: {message}", hint=hint)
            )
    if problems:
        raise SpecError(problems)


def packages() -> tuple[str, ...]:
    """Return the packages whose classes results may hold: ours, and those of plug-ins."""
    return (OWN, *dict.fromkeys(_package(found) for found in _found()))


def sources() -> tuple[Path, ...]:
    """Return the files and folders of plug-ins and of targets, on which every report depends."""
    names = dict.fromkeys(_package(found) for found in (*_found(), *_found(TARGETS)))
    places = [find_spec(name) for name in names if name != OWN]
    found = [list(place.submodule_search_locations or [place.origin or ""]) for place in places if place is not None]
    return tuple(Path(item) for each in found for item in each if item)


def distributions() -> tuple[str, ...]:
    """Return the names of the distributions that bring plug-ins or targets."""
    found = [item.dist.name for item in (*_found(), *_found(TARGETS)) if item.dist is not None]
    return tuple(name for name in dict.fromkeys(found) if name != OWN)


def _package(found: EntryPoint) -> str:
    return found.value.partition(":")[0].partition(".")[0]

"""What must be the same on every machine that works at a report, and how it is said where it is not.

The same study, data, versions and kind of CPU give the same bytes. In: nothing but this process. Out: traits by name,
as texts; the keys are what a message calls them.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from reportgen.resources import templates_folder

LIBRARIES = ("OPENBLAS_", "MKL_", "NUMBA_")
"""What the variables of the environment begin with that decide which instructions compute a number."""
ELSEWHERE = ("_NUM_THREADS", "_DIR")
"""How those of them end that do not: Dask sets the first, and the second are places on a disk."""

DASK = ("dask", "distributed")  # which do not speak with other versions of themselves
CODE, CPU = "code of reportgen", "kind of CPU"
MOST_NAMED = 3  # differences of a worker that are named


def traits() -> dict[str, str]:
    """Return the traits of this process.

    Examples
    --------
    >>> traits()["Python"].count(".")
    2
    """
    from llvmlite import binding

    return {
        CODE: code_digest(),
        "Python": platform.python_version(),
        "C library": " ".join(platform.libc_ver()),
        **dict(_versions()),
        CPU: f"{binding.get_host_cpu_name()} with {binding.get_host_cpu_features().flatten()}",
        **{name: value for name, value in sorted(os.environ.items()) if _decides(name)},
    }


def _decides(variable: str) -> bool:
    return variable.startswith(LIBRARIES) and not variable.endswith(ELSEWHERE)


def code_digest() -> str:
    """Return the SHA-256 of the package and of its templates."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for folder in (package, templates_folder()):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _versions() -> Iterator[tuple[str, str]]:
    """Yield each distribution that the package needs when it runs, and what those need, with its version; Dask alone."""
    waiting, seen = ["reportgen", *DASK], set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            yield name, metadata.version(name)
            waiting += _needed(name) if name not in DASK else []
        except metadata.PackageNotFoundError:  # for another system, or another Python
            continue


def _needed(name: str) -> list[str]:
    written = [line for line in metadata.requires(name) or [] if "extra ==" not in line]
    return [re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", line, maxsplit=1)[0]).lower() for line in written]


def differences(theirs: Mapping[str, str], ours: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return in which traits a worker differs from this machine, and what to change there; empty: in none.

    Examples
    --------
    >>> differences({"numpy": "2.4.6"}, {"numpy": "2.5.5"})
    [('it has numpy 2.4.6, this machine 2.5.5', 'Install the same versions there.')]
    """
    names = [name for name in dict.fromkeys([*ours, *theirs]) if theirs.get(name, "") != ours.get(name, "")]
    found = [_difference(name, theirs.get(name, ""), ours.get(name, "")) for name in names]
    rest = len(found) - MOST_NAMED
    return found if rest <= 0 else [*found[:MOST_NAMED], (f"and it differs in {rest} more", "")]


def _difference(name: str, theirs: str, ours: str) -> tuple[str, str]:
    if name == CODE:
        return f"its {CODE} is not that of this machine", "Install the same reportgen there, and start it again."
    if name == CPU:
        kinds = [text.partition(" ")[0] for text in (theirs, ours)]
        kinds = kinds if kinds[0] != kinds[1] else ["one", "another, with other features"]
        return f"its {CPU} is {kinds[0]}, that of this machine {kinds[1]}", "Use workers with the same kind of CPU."
    if _decides(name):
        here = f"with {name}={ours}" if ours else f"without {name}"
        return f"it runs with {name}={theirs or '(unset)'}, this machine with {ours or '(unset)'}", f"Start it {here}."
    return f"it has {name} {theirs or '(none)'}, this machine {ours or '(none)'}", "Install the same versions there."

"""What every result depends on beside its inputs: the code that runs, and the environment that it runs in.

Two digests that are part of every key, so that an edited package, another library or another kind of CPU never meets an
old result. Both are asked for before anything heavy is imported and take a few hundredths of a second together: the CPU
is described by what the system says of it, the libraries by their metadata.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from reportgen.resources import templates_folder

DISTRIBUTION = "reportgen"
PACKAGE = Path(__file__).resolve().parent
NOT_CODE = ("__pycache__", "specs")  # what Python and numba compile, and the worked studies of an installed package
VARIABLES = re.compile(r"(OMP|KMP|OPENBLAS|GOTO|MKL|BLIS|VECLIB|NPY|NUMBA)_\w+|GLIBC_TUNABLES")
WITHOUT_EFFECT = frozenset({"NUMBA_CACHE_DIR", "NUMBA_DEBUG_CACHE"})
CPU = Path("/proc/cpuinfo")
OF_A_CPU = frozenset({"vendor_id", "cpu family", "model", "stepping", "flags"}) | {
    *("CPU implementer", "CPU architecture", "CPU variant", "CPU part", "Features", "cpu", "isa", "uarch")
}
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)\s*(\[(?P<extras>[^]]*)\])?")
_EXTRA = re.compile(r"""extra\s*==\s*["']([\w.-]+)["']""")


def basis(extra: Iterable[Path] = (), distributions: Iterable[str] = ()) -> str:
    """Return what every key holds: the digests of the code, with what `extra` adds to it, and of the environment.

    Parameters
    ----------
    extra : iterable of Path
        Files and folders of plug-ins.
    distributions : iterable of str
        Those of plug-ins, whose libraries count as well.
    """
    return f"{code_digest(extra)} {environment_digest(distributions)}"


def code_digest(extra: Iterable[Path] = ()) -> str:
    """Return the digest of the package, its templates, and what is installed beside it.

    Parameters
    ----------
    extra : iterable of Path
        Files and folders of plug-ins. Where they lie does not matter, what they are called does.

    Examples
    --------
    >>> code_digest() == code_digest() != code_digest([PACKAGE / "origin.py"])
    True
    """
    hashed = hashlib.sha256()
    for root in (PACKAGE, templates_folder(), *extra):
        for name, path in sorted(_files(root)):
            content = path.read_bytes()
            hashed.update(f"{name}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
            hashed.update(content)
        hashed.update(b"\1")
    return hashed.hexdigest()


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield name and path of a file, or of every file of a folder."""
    if root.is_file():
        yield root.name, root
        return
    for folder, inside, files in os.walk(root):
        inside[:] = [name for name in inside if name not in NOT_CODE and not name.startswith(".")]
        for name in files:
            path = Path(folder, name)
            if not name.startswith(".") and not name.endswith((".pyc", "~")):
                yield f"{root.name}/{path.relative_to(root).as_posix()}", path


def environment_digest(distributions: Iterable[str] = ()) -> str:
    """Return the digest of `environment`."""
    lines = (f"{key}={value}" for key, value in environment(distributions).items())
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def environment(distributions: Iterable[str] = ()) -> dict[str, str]:
    """Return what can change a number or a page and is no code of ours: Python, libc, CPU, variables, libraries.

    Examples
    --------
    >>> "library numpy" in environment(), "library pytest" in environment()
    (True, False)
    """
    return {
        "Python": f"{sys.implementation.name} {sys.version} {sys.flags.optimize}",
        "system": f"{sys.platform} {platform.machine()} {sys.byteorder}",
        "libc": _libc(),
        "CPU": _cpu(),
        "Pango": _pango(),
        **{f"variable {name}": value for name, value in sorted(os.environ.items()) if _matters(name)},
        **{f"library {name}": version for name, version in sorted(libraries(distributions).items())},
    }


def _matters(name: str) -> bool:
    return VARIABLES.fullmatch(name) is not None and name not in WITHOUT_EFFECT


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, ValueError, OSError):  # a system with another one: its version is that of the system
        return platform.release()


def _pango() -> str:
    """Return the version of the library that sets the text of pages; nothing where it has another name, or is not there."""
    try:
        version = ctypes.CDLL("libpango-1.0.so.0").pango_version_string
    except (OSError, AttributeError):
        return ""
    version.restype = ctypes.c_char_p
    return str(version().decode())


def _cpu() -> str:
    """Return the kind of the first CPU: from its family and features LLVM and BLAS choose their code."""
    try:
        with CPU.open(encoding="utf-8", errors="replace") as lines:
            described = [line.split(":", 1) for line in iter(lines.readline, "") if ":" in line][:60]
    except OSError:
        return platform.processor()
    first: dict[str, str] = {}
    for name, text in described:
        if name.strip() in OF_A_CPU:
            first.setdefault(name.strip(), text.strip())
    return "; ".join(f"{name} {text}" for name, text in first.items())


def libraries(distributions: Iterable[str] = ()) -> dict[str, str]:
    """Return the versions of what is installed of all that the package needs at run time, and that which those need.

    So with further distributions.

    Examples
    --------
    >>> {"numba", "llvmlite", "matplotlib"} <= set(libraries())
    True
    """
    versions: dict[str, str] = {}
    asked: set[tuple[str, str]] = set()
    waiting = [(name, "") for name in (DISTRIBUTION, *distributions)]
    while waiting:
        name, extra = waiting.pop()
        if (_normal(name), extra) in asked:
            continue
        asked.add((_normal(name), extra))
        head = _metadata(name)
        if head is not None:
            versions[_normal(name)] = next((line[9:] for line in head if line.startswith("Version: ")), "")
            waiting += [
                item for line in head if line.startswith("Requires-Dist: ") for item in _required(line[15:], extra)
            ]
    return versions


def _metadata(name: str) -> list[str] | None:
    """Return the head of a distribution's metadata; the description beneath it is long."""
    try:
        text = distribution(name).read_text("METADATA")
    except (PackageNotFoundError, OSError):
        return None
    return (text or "").replace("\r\n", "\n").partition("\n\n")[0].splitlines()


def _required(requirement: str, extra: str) -> Iterator[tuple[str, str]]:
    """Yield name and extra of a requirement; what depends on the system counts where it is installed."""
    wanted, _, marker = requirement.partition(";")
    of = _EXTRA.findall(marker)
    found = _REQUIREMENT.match(wanted.strip())
    if found is None or (of and extra not in map(_normal, of)):
        return
    yield found["name"], ""
    for further in (found["extras"] or "").split(","):
        if further.strip():
            yield found["name"], _normal(further.strip())


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

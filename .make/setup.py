"""Set up reportgen in .venv with plain pip: `python .make/setup.py run` to build reports, `... test` to test as well.

Every package comes from a lock with hashes. A stamp in .venv remembers what was installed, so that a second run asks
nobody. The PDF needs the Pango libraries of the system: as root with apt-get they are installed, elsewhere the one
command that installs them is printed, and the HTML is built all the same.
"""

from __future__ import annotations

import ctypes.util
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = {"run": "requirements.lock", "test": "requirements-dev.lock"}
DEBIAN = ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]
QUIET = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def main(purpose: str) -> int:
    """Set up for a purpose; return an exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is run by whatever Python there is
        print(
            f"reportgen needs Python 3.11 or newer; this is {sys.version.split()[0]}. Name another: make PYTHON=python3.12"
        )
        return 2
    libraries()
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if installed(purpose):
        return 0
    if not python.exists():
        print("setting up .venv", file=sys.stderr)
        if subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False).returncode:
            print("no virtual environment could be made; on Debian and Ubuntu: apt-get install python3-venv")
            return 2
    print(f"installing from {LOCKS[purpose]}", file=sys.stderr)
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    steps = [
        [*pip, "--require-hashes", "-r", str(ROOT / LOCKS[purpose])],
        [*pip, "--no-build-isolation", "--no-deps", "-e", str(ROOT)],
    ]
    for step in steps:
        if code := subprocess.run(step, env=QUIET, check=False).returncode:
            return code
    stamp(purpose).write_text(fingerprint(purpose))
    return 0


def fingerprint(purpose: str) -> str:
    """Return what an installation depends on: the lock, the project file and the interpreter."""
    content = (ROOT / LOCKS[purpose]).read_bytes() + (ROOT / "pyproject.toml").read_bytes() + sys.version.encode()
    return hashlib.sha256(content).hexdigest()


def stamp(purpose: str) -> Path:
    """Return the file that says what was installed."""
    return VENV / f".installed-{purpose}"


def installed(purpose: str) -> bool:
    """Whether .venv holds what the purpose needs; what serves to test serves to run."""
    serving = ["test"] if purpose == "test" else ["run", "test"]
    return any(stamp(p).is_file() and stamp(p).read_text() == fingerprint(p) for p in serving)


def libraries() -> None:
    """Have the libraries that draw the PDF, or say how to get them."""
    if ctypes.util.find_library("pango-1.0"):
        return
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root and shutil.which("apt-get"):
        print(f"installing for the PDF: {' '.join(DEBIAN)}", file=sys.stderr)
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *DEBIAN]
        if subprocess.run(install, check=False, **quiet).returncode == 0:
            return
    print(f"The PDF needs Pango, which this machine lacks; the HTML is built all the same. To have both:\n  {advice()}")


def advice() -> str:
    """Return the one command that installs Pango here."""
    if shutil.which("dnf"):
        return "sudo dnf install pango harfbuzz"
    if shutil.which("brew"):
        return "brew install pango"
    return f"sudo apt-get install {' '.join(DEBIAN)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "run"))

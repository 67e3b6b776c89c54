"""Put a finished folder in the place of an earlier one, in one step.

On Linux the two are exchanged by the kernel (renameat2 with RENAME_EXCHANGE), so that there is no moment without a
report. Elsewhere, and on file systems that cannot, the old one steps aside first: to where the next start finds it, if
the process is killed between the two.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def exchange(fresh: Path, place: Path, aside: Path) -> None:
    """Move the folder `fresh` to `place`; what stood there is at `fresh` or at `aside` afterwards.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     new, old = Path(folder, "new"), Path(folder, "old")
    ...     new.mkdir(), old.mkdir()
    ...     _ = (new / "page").write_text("fresh")
    ...     exchange(new, old, Path(folder, "aside"))
    ...     (old / "page").read_text()
    (None, None)
    'fresh'
    """
    if not os.path.lexists(place):
        fresh.rename(place)
        return
    if _exchanged_by_kernel(fresh, place):
        return
    place.rename(aside)
    try:
        fresh.rename(place)
    except OSError:
        aside.rename(place)
        raise


def _exchanged_by_kernel(item: Path, other: Path) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    renameat2 = getattr(libc, "renameat2", None)
    if renameat2 is None:
        return False
    return bool(renameat2(_AT_FDCWD, os.fsencode(item), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)

"""A folder beside the report, in which the next one is built; gone when the build is over, however it ends.

It holds `fresh`, the report that grows, and for a moment `old`, the earlier one on its way out; `exchanging` stands
there from just before the two change places. So whoever finds a workshop without its owner, whose lock is free then,
knows what to do at any moment at which it can have died: bring the earlier report back, or delete what was ours.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from reportgen.ending import begun, undisturbed
from reportgen.errors import Problem, RenderError
from reportgen.exchange import exchange
from reportgen.output.lock import Lock, TakenError
from reportgen.output.mark import REPORT_MARK, dismantle, mark_report, names_in, not_ours, read_mark
from reportgen.output.place import Place, check_content, unwritable

FRESH, OLD, EXCHANGING = "fresh", "old", "exchanging"
LONGEST_NAME = 100  # bytes of a folder's name that a workshop's own keeps
TRIES = 10


class StagingFolder:
    """Builds the report of one place; the second to ask for the same place is refused.

    Attributes
    ----------
    folder : Path
        Where the report is to be written.
    kept : tuple of Path
        Where something of the user's is now that stood in the way of nobody's will: changed while we were at work.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._key = staging_key(place.folder.name)
        self._lock = Lock(place.folder.parent / f"{self._key}-lock")
        self._made: list[Path] = []
        self._bench = Path()
        self._stack = ExitStack()
        self._finished = False
        self.kept: tuple[Path, ...] = ()

    @property
    def folder(self) -> Path:
        """Where the report is to be written."""
        return self._bench / FRESH

    def __enter__(self) -> StagingFolder:
        self._stack.enter_context(begun(self._put_away))
        try:
            with undisturbed():
                self._open()
        except TakenError as error:
            self._clear()
            hint = "Wait until it is done, or give another --output."
            message = f"a build by {error} is writing to '{self._place.shown}' at this moment"
            raise RenderError([Problem(message, hint=hint)]) from error
        except OSError as error:
            self._clear()
            raise unwritable(self._place.shown, error) from error
        except BaseException:
            self._clear()
            raise
        return self

    def _open(self) -> None:
        parent = self._place.folder.parent
        self._made = [folder for folder in (parent, *parent.parents) if not folder.exists()]
        parent.mkdir(parents=True, exist_ok=True)
        self._lock.take()
        self.kept = swept(self._place.folder)
        self._bench = Path(tempfile.mkdtemp(prefix=f"{self._key}-", dir=parent))
        self.folder.mkdir()

    def finish(self) -> None:
        """Put the report in its place.

        Raises
        ------
        RenderError
            What stands there was changed while the report was built; it is left as it is.
        OSError
            The place cannot be written.
        """
        mark_report(self.folder)
        with undisturbed():
            check_content(self._place)
            with suppress(FileNotFoundError):
                shutil.copymode(self._place.folder, self.folder)
            (self._bench / EXCHANGING).touch()
            exchange(self.folder, self._place.folder, self._bench / OLD)
            self._finished = True
            self.kept += self._clear()

    def __exit__(self, *_: object) -> None:
        with undisturbed():
            self._clear()
        self._stack.close()

    def _clear(self) -> tuple[Path, ...]:
        """Leave nothing behind but the report."""
        kept = cleared(self._bench, self._place.folder) if self._bench != Path() else ()
        self._bench = Path()
        self._lock.release()
        for folder in self._made:
            with suppress(OSError):
                folder.rmdir()
        return kept

    def _put_away(self) -> str:
        if self._finished:
            return "the report was written"
        self._clear()
        return "nothing was written; an earlier report is unchanged"


def staging_key(name: str) -> str:
    """Return how the names of a folder's workshops begin.

    Examples
    --------
    >>> staging_key("low-back-pain")
    '.low-back-pain.reportgen'
    """
    if len(os.fsencode(name)) > LONGEST_NAME:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    return f".{name}.reportgen"


def swept(place: Path) -> tuple[Path, ...]:
    """Clear the workshops that dead processes left beside a folder, whose lock the caller holds; see `cleared`."""
    left = stray_benches(place.parent, place.name)
    ours = [path for path in left if {entry.name for entry in path.iterdir()} <= {FRESH, OLD, EXCHANGING}]
    return tuple(kept for path in ours for kept in cleared(path, place))


def stray_benches(parent: Path, name: str) -> list[Path]:
    """Return the workshops of a name that lie in a folder."""
    known = re.compile(re.escape(staging_key(name)) + r"-[a-z0-9_]{8}")
    with os.scandir(parent) as entries:
        found = [e.path for e in entries if known.fullmatch(e.name) and e.is_dir(follow_symlinks=False)]
    return [Path(path) for path in sorted(found)]


def cleared(bench: Path, place: Path) -> tuple[Path, ...]:
    """Clear one workshop, at whatever moment it was left; return where what is the user's was moved to.

    A report that stepped aside and was not replaced goes back to its place. What stood there before is deleted as far as
    its mark lists it unchanged.
    """
    fresh, old = bench / FRESH, bench / OLD
    if old.exists() and not os.path.lexists(place):
        old.rename(place)
    if not (bench / EXCHANGING).exists():
        removed(fresh)
    kept = [moved for left in (fresh, old) for moved in _given_up(left, place)]
    removed(bench)
    return tuple(kept)


def _given_up(left: Path, place: Path) -> list[Path]:
    """Delete a folder that was replaced; what the user did to it meanwhile is kept beside the new one."""
    if not left.exists():
        return []
    mark = read_mark(left / REPORT_MARK) or ()
    unmarked = not mark and REPORT_MARK in names_in(left)
    if not unmarked and not not_ours(left, mark) and dismantle(left, mark):
        return []
    aside = _free_name(place)
    left.rename(aside)
    return [aside]


def _free_name(place: Path) -> Path:
    names = (place.with_name(f"{place.name}.kept{f'-{number}' if number > 1 else ''}") for number in range(1, 10**6))
    return next(name for name in names if not os.path.lexists(name))


def removed(folder: Path) -> None:
    """Remove a folder of ours; a process that is just dying may still write into it."""
    for _ in range(TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        time.sleep(0.1)

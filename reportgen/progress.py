"""What is being done, shown while it is done: a bar with time left and draws per second on a terminal, lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from reportgen.ending import begun
from reportgen.terminal import say

if TYPE_CHECKING:  # imported when there is a terminal
    from rich.progress import Progress as Bar
    from rich.progress import ProgressColumn, TaskID

PAUSE = 10.0  # seconds between two lines that count tasks


class Progress:
    """Tells nobody; the others say it to whoever watches.

    Examples
    --------
    >>> silent = Progress()
    >>> silent("draw")
    >>> silent.begin(2), silent.advance(), silent.end()
    (None, None, None)
    """

    def __call__(self, step: str) -> None:
        """Say what is done next."""

    @contextmanager
    def tasks(self, count: int) -> Iterator[None]:
        """Count the tasks of the present step within the context."""
        self.begin(count)
        try:
            yield
        finally:
            self.end()

    def begin(self, tasks: int) -> None:
        """Count this many tasks of the present step from now on."""

    def advance(self, draws: int = 0) -> None:
        """Count a task that has ended, and the random draws that it made."""

    def end(self) -> None:
        """Count no more."""


class Pace:
    """How many random draws are made in a second, all processes together.

    Parameters
    ----------
    clock : callable
        Seconds since some time.

    Examples
    --------
    >>> pace = Pace(iter([0.0, 4.0]).__next__)
    >>> pace.words, pace.count(50), pace.words
    ('', None, '12 draws/s')
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._draws, self._began = clock, 0, clock()

    def count(self, draws: int) -> None:
        """Count further draws."""
        self._draws += draws

    @property
    def words(self) -> str:
        """What is said of it; empty where nothing was drawn."""
        return pace(self._draws, self._clock() - self._began) if self._draws else ""


def pace(draws: int, seconds: float) -> str:
    """Return draws in a second.

    Examples
    --------
    >>> pace(1500, 10.0), pace(3, 2.0)
    ('150 draws/s', '1.5 draws/s')
    """
    rate = draws / max(seconds, 1e-3)
    return f"{rate:,.0f} draws/s" if rate >= 10 else f"{rate:.1f} draws/s"


class Lines(Progress):
    """A line for each step, and now and then one that counts the tasks of a long one.

    Parameters
    ----------
    pause : float
        Seconds between two lines that count.
    write : callable
        Writes a line.

    Examples
    --------
    >>> lines = Lines(pause=0, write=print)
    >>> lines("draw")
    draw
    >>> lines.begin(2)
    >>> lines.advance()
      1 of 2 done
    """

    def __init__(self, pause: float = PAUSE, write: Callable[[str], None] = say) -> None:
        self._pause, self._write = pause, write
        self._all = self._done = 0
        self._reported = 0.0
        self._pace = Pace()

    def __call__(self, step: str) -> None:
        """Write what is done next."""
        self._write(step)

    def begin(self, tasks: int) -> None:
        """Count this many tasks."""
        self._all, self._done, self._reported, self._pace = tasks, 0, time.monotonic(), Pace()

    def advance(self, draws: int = 0) -> None:
        """Count a task, and say so where nothing was said for a while."""
        self._done += 1
        self._pace.count(draws)
        if self._done < self._all and time.monotonic() - self._reported >= self._pause:
            self._reported = time.monotonic()
            message = self._pace.words
            self._write(f"  {self._done} of {self._all} done{', ' * bool(message)}{message}")


class OnTerminal(Progress):
    """A line for each step above a spinner with the present one; a bar, the count, the time left and the draws per second where tasks are counted."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._step: TaskID = bar.add_task("start", total=None, counted="", pace="")
        self._pace = Pace()

    def __call__(self, step: str) -> None:
        """Print what is done next, and let it stand beside the spinner."""
        if step == step.lstrip():  # what is indented is a part of the step
            self._bar.update(self._step, description=step)
        self._bar.console.print(step, style="dim")

    def begin(self, tasks: int) -> None:
        """Show a bar of this many tasks."""
        self._bar.columns = _columns(counted=True)
        self._bar.reset(self._step, total=tasks, completed=0, counted=f"0/{tasks}", pace="")
        self._pace = Pace()

    def advance(self, draws: int = 0) -> None:
        """Move the bar on."""
        (shown,) = (task for task in self._bar.tasks if task.id == self._step)
        done = int(shown.completed) + 1
        self._pace.count(draws)
        self._bar.update(self._step, completed=done, counted=f"{done}/{shown.total:.0f}", pace=self._pace.words)

    def end(self) -> None:
        """Take the bar away."""
        self._bar.columns = _columns(counted=False)
        self._bar.reset(self._step, total=None, completed=0, counted="", pace="")


@contextmanager
def progress() -> Iterator[Progress]:
    """Tell the progress on stderr within the context."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    with ExitStack() as stack:
        stack.enter_context(begun(_give_back_the_cursor))
        yield OnTerminal(stack.enter_context(_bar()))


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*_columns(counted=False), console=Console(stderr=True), transient=True)


def _columns(counted: bool) -> tuple[ProgressColumn, ...]:
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeRemainingColumn

    step = (SpinnerColumn(), TextColumn("{task.description}"))
    count = (
        *(BarColumn(bar_width=30), TextColumn("{task.fields[counted]}"), TimeRemainingColumn()),
        TextColumn("{task.fields[pace]}"),
    )
    return (*step, *count) if counted else step


def _give_back_the_cursor() -> None:
    """Take the bar off the screen without its threads, which an end from outside may have met anywhere."""
    os.write(2, b"\r\x1b[2K\x1b[?25h")

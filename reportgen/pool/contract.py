"""What every pool can do, and what no task may do: start another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

_running: list[None] = []  # one for each task that this process is at


class Pool(Protocol):
    """Runs tasks.

    Attributes
    ----------
    workers : int
        How many tasks run side by side.
    shares_files : bool
        Whether tasks see the files of this process.
    """

    workers: int
    shares_files: bool

    def submit(self, function: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Start one task; its future holds the result, or the error that says what went wrong."""

    def map(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], done: Callable[[], object] = lambda: None
    ) -> list[Result]:
        """Return the result of each task, in order; `done` is called in this thread whenever one has ended."""

    def prepare(self, module: str, *functions: str) -> Callable[[], None]:
        """Let the workers import a module and call functions of it, while this process goes on with other work.

        Parameters
        ----------
        module : str
            By its name, so that this process need not import it.
        *functions : str
            Called without arguments.

        Returns
        -------
        callable
            Waits until all is done. What went wrong is not said: who needs the module will meet it again. Where there are
            no other processes, nothing is done and nobody waits.
        """

    def close(self) -> None:
        """Begin no task any more; what has not ended is given up."""


def run(function: Callable[..., Result], arguments: Iterable[Any]) -> Result:
    """Run a task, within which no pool can be made."""
    _running.append(None)
    try:
        return function(*arguments)
    finally:
        _running.pop()


def refuse_in_task() -> None:
    """Raise where a task is about to start a pool: workers that wait for workers may wait for ever.

    Raises
    ------
    RuntimeError
        A defect of ours, which the command line tells as one.
    """
    if _running:
        raise RuntimeError("a task tried to start a pool of its own")

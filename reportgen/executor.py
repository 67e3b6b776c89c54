"""Who does the work: this process, or several local ones. Knows no statistics.

A task is a picklable function of one argument; results come back in the order of the tasks, so that the number of
workers never changes a result.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from concurrent import futures
from dataclasses import dataclass
from typing import Any, TypeVar, cast

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Executor:
    """Runs tasks on a number of local processes (loky, which comes with joblib).

    Parameters
    ----------
    workers : int
        1 runs them here, one after the other.

    Examples
    --------
    >>> Executor().map(abs, [-1, 2])
    [1, 2]
    """

    workers: int = 1

    def prepare(self, module: str, *functions: str) -> Callable[[], None]:
        """Start the processes, let them import a module and call functions of it, while this one goes on with other work.

        Parameters
        ----------
        module : str
            By its name, so that this process need not import it.
        *functions : str
            Called without arguments, side by side; none: each process imports the module.

        Returns
        -------
        callable
            Waits until all is done. What went wrong is not said: who needs the module will meet it again. Where there are no
            other processes, nothing is done and nobody waits.
        """
        if self.workers == 1:
            return lambda: None
        pool = self._pool()
        begun = [pool.submit(_prepare, module, name) for name in functions or [""] * self.workers]

        def ready() -> None:
            futures.wait(begun)

        return ready

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> list[Result]:
        """Return the result of each task, in order."""
        listed = list(tasks)
        if self.workers == 1 or len(listed) < 2:
            return [function(task) for task in listed]
        return list(self._pool().map(function, listed))

    def start(self, function: Callable[..., Result], *arguments: Any) -> Callable[[], Result]:
        """Start one task beside what this process does next; return what waits for its result."""
        if self.workers == 1:
            done = function(*arguments)
            return lambda: done
        waiting = self._pool().submit(function, *arguments)
        return lambda: cast(Result, waiting.result())

    def _pool(self) -> Any:
        from joblib.externals.loky import get_reusable_executor

        return get_reusable_executor(max_workers=self.workers)


def _prepare(module: str, function: str) -> None:
    imported = importlib.import_module(module)
    if function:
        getattr(imported, function)()

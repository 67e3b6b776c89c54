"""Who does the work: this process, or several local ones. Knows no statistics.

A task is a picklable function of one argument; results come back in the order of the tasks, so that the number of
workers never changes a result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Executor:
    """Runs tasks on a number of local processes.

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

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> list[Result]:
        """Return the result of each task, in order."""
        listed = list(tasks)
        if self.workers == 1 or len(listed) < 2:
            return [function(task) for task in listed]
        from joblib import Parallel, delayed

        return list(Parallel(n_jobs=self.workers)(delayed(function)(task) for task in listed))

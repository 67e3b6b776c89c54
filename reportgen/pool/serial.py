"""This process, which does one task after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

from reportgen.pool.contract import Result, Task, refuse_in_task, run


class Serial:
    """Runs each task at once.

    Examples
    --------
    >>> Serial().submit(divmod, 7, 3).result()
    (2, 1)
    """

    workers = 1
    shares_files = True

    def __init__(self) -> None:
        refuse_in_task()

    def submit(self, function: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Run a task; its future is done."""
        future: Future[Result] = Future()
        try:
            future.set_result(run(function, arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def map(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], done: Callable[[], object] = lambda: None
    ) -> list[Result]:
        """Return the result of each task, in order."""
        results = []
        for task in tasks:
            results.append(run(function, [task]))
            done()
        return results

    def prepare(self, module: str, *functions: str) -> Callable[[], None]:
        """Do nothing: this process meets what it needs when it needs it."""
        return lambda: None

    def close(self) -> None:
        """Do nothing: all that was begun is done."""

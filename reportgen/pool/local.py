"""Several processes of this machine, kept by loky.

Ctrl-C is for the first process alone, which ends the others; where it dies without a word they end themselves.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from typing import Any

from reportgen.errors import Problem, RenderError
from reportgen.pool.contract import Result, Task, run
from reportgen.pool.remote import Remote, prepare

QUIET = "ignore:resource_tracker:UserWarning"
GROWN = 1_500_000_000  # bytes that a worker may grow by before another takes its place
IDLE = 120  # seconds for which a worker waits for more: while the PDF is laid out there is nothing for it
LOOKS = 0.2  # seconds between two looks of a worker at whether the first process lives


class Local(Remote):
    """Runs tasks on a number of local processes; pools of one size share theirs, which end when nobody asks for them.

    Parameters
    ----------
    workers : int

    Examples
    --------
    >>> Local(2).map(abs, [-1])
    [1]
    """

    shares_files = True

    def __init__(self, workers: int) -> None:
        super().__init__()
        self.workers = workers
        self._processes: Any = None

    def map(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], done: Callable[[], object] = lambda: None
    ) -> list[Result]:
        """Return the result of each task, in order; one alone is not worth its way to another process."""
        listed = list(tasks)
        if len(listed) > 1:
            return super().map(function, listed, done)
        results = [run(function, [task]) for task in listed]
        for _ in results:
            done()
        return results

    def prepare(self, module: str, *functions: str) -> Callable[[], None]:
        """Start the processes, and call the functions side by side; none: each process imports the module."""
        shares = [[name] for name in functions] or [[] for _ in range(self.workers)]
        begun = [self.submit(prepare, module, share) for share in shares]

        def ready() -> None:
            futures.wait(begun)

        return ready

    def close(self) -> None:
        """End the processes where they are still at work; those that are idle may serve the next pool.

        Tasks are not cancelled one by one: loky's thread would stumble over one just while a worker dies.
        """
        if self._begun:
            self._processes.shutdown(kill_workers=True)

    def _send(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        get_reusable_executor = _executors()
        try:
            with _deaf():
                self._processes = get_reusable_executor(
                    max_workers=self.workers, timeout=IDLE, initializer=_start_worker, initargs=(os.getpid(),)
                )
                return self._processes.submit(run, function, arguments)
        except BrokenProcessPool as error:
            raise self._in_words(error) from error

    def _in_words(self, error: BaseException) -> BaseException:
        """Say it in words where a worker was ended from outside."""
        if not isinstance(error, BrokenProcessPool):
            return error
        message = "a worker process was ended by the operating system, which happens when memory runs out"
        hint = "Run again with fewer of them, as -j 1, or close other programs."
        problem = RenderError([Problem(message, hint=hint)])
        problem.__cause__ = error
        return problem


@cache
def _executors() -> Callable[..., Any]:
    """Return what makes loky's executors, which replace a process that has grown by this much, without a word.

    Compiled code and the data of a study are 300 MB, which loky takes for a leak unless configured otherwise.
    """
    os.environ.setdefault("LOKY_MAX_MEMORY_LEAK_SIZE", str(GROWN))
    warnings.filterwarnings("ignore", "A worker (was restarted|stopped while)", UserWarning)
    from loky import get_reusable_executor

    made: Callable[..., Any] = get_reusable_executor
    return made


def end_workers() -> None:
    """End all local workers at once, whatever they do; for when this process must end."""
    executor: Any = getattr(sys.modules.get("loky.reusable_executor"), "_executor", None)
    for process in list((getattr(executor, "_processes", None) or {}).values()):
        process.kill()


@contextmanager
def _deaf() -> Iterator[None]:
    """Let processes that start now not hear Ctrl-C, not even while they start: they would answer with a traceback."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    _start_trackers()  # first: that ends with Ctrl-C being heard again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_trackers() -> None:
    """Start the processes that give back what dead ones held, Python's and loky's; they do so without a word."""
    from multiprocessing import resource_tracker as pythons

    from loky.backend import resource_tracker as lokys

    sys.warnoptions.append(QUIET)
    try:
        pythons.ensure_running()
        lokys.ensure_running()
    finally:
        sys.warnoptions.remove(QUIET)


def _start_worker(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process when the one that started it has died."""
    while os.getppid() == parent:
        time.sleep(LOOKS)
    os._exit(1)

"""Who does the work: this process, or several local ones. Knows no statistics.

A task is a picklable function of one argument; results come back in the order of the tasks, so that the number of
workers never changes a result. Ctrl-C is for the first process alone, which ends the others; where it dies without a
word they end themselves.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from reportgen.errors import Problem, RenderError

QUIET = "ignore:resource_tracker:UserWarning"
LOOKS = 0.2  # seconds between two looks of a worker at whether the first process lives

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
        with _deaf(), _whole():
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
        with _whole():
            with _deaf():
                results = self._pool().map(function, listed)
            return list(results)

    def start(self, function: Callable[..., Result], *arguments: Any) -> Callable[[], Result]:
        """Start one task beside what this process does next; return what waits for its result."""
        if self.workers == 1:
            done = function(*arguments)
            return lambda: done
        with _deaf(), _whole():
            waiting = self._pool().submit(function, *arguments)

        def result() -> Result:
            with _whole():
                return cast(Result, waiting.result())

        return result

    def _pool(self) -> Any:
        from joblib.externals.loky import get_reusable_executor

        return get_reusable_executor(max_workers=self.workers, initializer=_start_worker, initargs=(os.getpid(),))


def end_workers() -> None:
    """End all workers at once, whatever they do; for when this process is told to end."""
    pool: Any = getattr(sys.modules.get("joblib.externals.loky.reusable_executor"), "_executor", None)
    for process in list((getattr(pool, "_processes", None) or {}).values()):
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

    from joblib.externals.loky.backend import resource_tracker as lokys

    sys.warnoptions.append(QUIET)
    try:
        pythons.ensure_running()
        lokys.ensure_running()
    finally:
        sys.warnoptions.remove(QUIET)


@contextmanager
def _whole() -> Iterator[None]:
    """Say it in words where a worker was ended from outside."""
    try:
        yield
    except BrokenProcessPool as error:
        message = "a worker process was ended by the system, which does so where memory runs out"
        hint = "Run again with fewer of them, as -j 1, or close other programs."
        raise RenderError([Problem(message, hint=hint)]) from error


def _start_worker(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process when the one that started it has died."""
    while os.getppid() == parent:
        time.sleep(LOOKS)
    os._exit(1)


def _prepare(module: str, function: str) -> None:
    imported = importlib.import_module(module)
    if function:
        getattr(imported, function)()

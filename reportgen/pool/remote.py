"""What pools of other processes share: each task is a promise, which is kept, or broken in words."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from concurrent import futures
from concurrent.futures import Future
from typing import Any

from reportgen.pool.contract import Result, Task, refuse_in_task


class Remote:
    """A pool of other processes; who they are is said by `_send`, `_received` and `_in_words`."""

    workers: int

    shares_files: bool

    def __init__(self) -> None:
        refuse_in_task()
        self._begun: dict[Future[Any], Any] = {}  # what a task's library promised, by what we promised

    def submit(self, function: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Start a task on a worker."""
        return self._promise(self._send(function, arguments))

    def map(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], done: Callable[[], object] = lambda: None
    ) -> list[Result]:
        """Return the result of each task, in order."""
        promises = [self.submit(function, task) for task in tasks]
        for promise in futures.as_completed(promises):
            promise.result()
            done()
        return [promise.result() for promise in promises]

    def _promise(self, inner: Any) -> Future[Any]:
        promise: Future[Any] = Future()
        promise.set_running_or_notify_cancel()
        self._begun[promise] = inner
        self._follow(promise, inner)
        return promise

    def _follow(self, promise: Future[Any], inner: Any) -> None:
        """Have a promise settled as soon as the library's own is."""
        inner.add_done_callback(lambda inner: self._settle(promise, inner))

    def _settle(self, promise: Future[Any], inner: Any) -> None:
        """Keep a promise, or break it; who comes second finds it settled."""
        result, trouble = None, None
        try:
            result = self._received(inner)
        except BaseException as error:
            trouble = self._in_words(error)
        if self._begun.pop(promise, None) is None:
            return
        if trouble is None:
            promise.set_result(result)
        else:
            promise.set_exception(trouble)

    def _send(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        raise NotImplementedError

    def _received(self, inner: Any) -> Any:
        return inner.result()

    def _in_words(self, error: BaseException) -> BaseException:
        return error


def prepare(module: str, functions: Iterable[str]) -> None:
    """Import a module and call functions of it; run by a worker."""
    imported = importlib.import_module(module)
    for name in functions:
        getattr(imported, name)()

"""The workers of a Dask cluster (extra `cluster`), which may stand on other machines.

A task travels as a parcel of bytes, which the scheduler does not look into, and comes back as one, so that a worker logs
nothing of a participant and arrays are what they would be in a local process. Workers that differ from this machine in
what could change a number, that work at two tasks at once, write to disk, or would get a parcel unencrypted from another
machine are refused before any task is sent. Tasks of a worker that dies are run again by the others.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager, suppress
from typing import Any

from reportgen.errors import Problem, RenderError, SpecError
from reportgen.pool.address import Address, is_here
from reportgen.pool.contract import run
from reportgen.pool.crew import observed, problems_of
from reportgen.pool.remote import Remote, prepare
from reportgen.pool.traits import code_digest, traits

ANSWERS = 5.0  # seconds in which a scheduler must answer, and have a worker
LOOKS = 0.5  # seconds between two looks at who is left
SILENT = 30.0  # seconds without an answer after which a scheduler is lost
EPOCH = "SOURCE_DATE_EPOCH"  # libraries read it while they write
LARGE = "distributed.admin.large-graph-warning-threshold"


class Cluster(Remote):
    """Runs tasks on the workers that a scheduler has now; who joins later takes no part.

    Parameters
    ----------
    address : str
        Of the scheduler: `dask://HOST:PORT`, or `tls://HOST:PORT` with the certificates that Dask's configuration names.

    Raises
    ------
    SpecError
        The address is none, or `distributed` is not installed.
    RenderError
        The scheduler does not answer, or has no worker, or one that is refused.
    """

    shares_files = False

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = Address.of(address)
        self._client = _connected(self._address)
        self._closed = threading.Event()
        self._able: dict[str, list[str]] = {}  # which workers may do a task, by its key
        self._settling = futures.ThreadPoolExecutor(1, thread_name_prefix="cluster-results")
        try:
            self._crew = _crew(self._client, self._address)
        except BaseException:
            self.close()
            raise
        self.workers = len(self._crew)
        threading.Thread(target=self._watch, daemon=True).start()

    def prepare(self, module: str, *functions: str) -> Callable[[], None]:
        """Let each worker call all functions: each may stand on a machine of its own."""
        begun = [self._promise(self._start(prepare, (module, functions), [worker])) for worker in self._crew]

        def ready() -> None:
            futures.wait(begun)

        return ready

    def close(self) -> None:
        """Leave the cluster; it forgets what it was asked for."""
        self._closed.set()
        for inner in list(self._begun.values()):
            inner.cancel()
        with suppress(Exception):  # nobody need be there to say farewell to
            self._client.close(timeout=ANSWERS)
        self._settling.shutdown(wait=False)

    def _send(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        return self._start(function, arguments, self._crew)

    def _start(self, function: Callable[..., Any], arguments: tuple[Any, ...], workers: list[str]) -> Any:
        import dask

        parcel = pickle.dumps((os.environ.get(EPOCH), function, arguments), pickle.HIGHEST_PROTOCOL)
        try:
            with dask.config.set({LARGE: "1 TB"}):
                inner = self._client.submit(carried, parcel, pure=False, workers=workers, allow_other_workers=False)
        except Exception as error:  # the client has closed itself when its scheduler went away
            raise self._gone() from error
        self._able[inner.key] = workers
        return inner

    def _follow(self, promise: futures.Future[Any], inner: Any) -> None:
        """Await the result on the client's own loop.

        Dask calls back from one thread for all clients of a process. A client that is closed while a result of its comes
        in holds that thread for ever, and the next one would never hear of its tasks.
        """

        async def follow() -> None:
            received = asyncio.ensure_future(inner.result())
            await asyncio.wait([received])
            with suppress(RuntimeError):  # closed: nobody waits for it
                self._settling.submit(self._settle, promise, received)

        self._client.loop.add_callback(follow)

    def _received(self, inner: Any) -> Any:
        result, error = pickle.loads(inner.result())
        if error is not None:
            raise error
        return result

    def _in_words(self, error: BaseException) -> BaseException:
        from distributed.scheduler import KilledWorker

        if isinstance(error, KilledWorker):
            problem = self._trouble(
                "one task ended several workers in succession",
                "Memory may run out there: give the workers more, or start fewer on a machine.",
            )
        elif isinstance(error, futures.CancelledError | asyncio.CancelledError):
            problem = self._gone()
        else:
            return error
        problem.__cause__ = error
        return problem

    def _gone(self) -> RenderError:
        return self._trouble("the scheduler no longer answers", "Start it and its workers again, and build again.")

    def _trouble(self, message: str, hint: str) -> RenderError:
        return RenderError([Problem(f"{self._address.written}: {message}", hint=hint)])

    def _watch(self) -> None:
        """Break each promise that nobody is left to keep: Dask itself would wait for ever."""
        while not self._closed.wait(LOOKS):
            if self._begun:
                lost, workers = self._there()
                for promise, inner in list(self._begun.items()):
                    if workers.isdisjoint(self._able[inner.key]) and self._begun.pop(promise, None) is not None:
                        promise.set_exception(lost)

    def _there(self) -> tuple[RenderError, set[str]]:
        """Return the workers that are left, and what to say to whom they are not enough."""
        try:
            workers = set(self._client.nthreads(callback_timeout=SILENT))
        except Exception:  # whatever stands between this process and the scheduler
            return self._gone(), set()
        hint = "Check their logs, restart them, and build again."
        return self._trouble("all workers have ended", hint), workers


def carried(parcel: bytes) -> bytes:
    """Run a task as a worker; return a parcel of its result and its error, one of them None."""
    epoch, function, arguments = pickle.loads(parcel)
    with _epoch(epoch):
        try:
            return pickle.dumps((run(function, arguments), None), pickle.HIGHEST_PROTOCOL)
        except Exception as error:
            error.add_note(traceback.format_exc())
            return _packed(error)


def _packed(error: Exception) -> bytes:
    try:
        parcel = pickle.dumps((None, error), pickle.HIGHEST_PROTOCOL)
        pickle.loads(parcel)
    except Exception:  # some errors are no travellers
        return pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")), pickle.HIGHEST_PROTOCOL)
    return parcel


@contextmanager
def _epoch(value: str | None) -> Iterator[None]:
    before = os.environ.pop(EPOCH, None)
    if value is not None:
        os.environ[EPOCH] = value
    try:
        yield
    finally:
        os.environ.pop(EPOCH, None)
        if before is not None:
            os.environ[EPOCH] = before


def _connected(address: Address) -> Any:
    """Return a client of the scheduler."""
    try:
        exposed = address.scheme == "dask" and not is_here(address.host)
    except OSError as error:
        raise _unanswered(address) from error
    if exposed:
        message = f"{address.written}: participants would travel unencrypted to another machine"
        hint = f"Start scheduler and workers with TLS certificates, and write --executor tls://{address.host}:{address.port}."
        raise RenderError([Problem(message, hint=hint)])
    try:
        import distributed
    except ImportError as error:
        message = "--executor needs the package distributed, which is not installed"
        raise SpecError([Problem(message, hint="pip install 'reportgen[cluster]'")]) from error
    _silence()
    library: Any = distributed
    try:
        # in a thread of its own: a notebook has a loop in this one
        with futures.ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _identity(address)).result()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of versions, which are compared below
            return library.Client(address.url, timeout=ANSWERS, set_as_default=False, name="reportgen")
    except Exception as error:  # as many as there are servers that are no schedulers
        unsafe = address.scheme == "tls" and isinstance(error, TypeError)
        raise _without_certificates(address) if unsafe else _unanswered(address) from error


async def _identity(address: Address) -> None:
    """Ask a scheduler for its name: a client would wait for ever for one who listens and says nothing."""
    import distributed

    library: Any = distributed
    certificates = library.Security().get_connection_args("client")
    async with asyncio.timeout(ANSWERS), library.rpc(address.url, connection_args=certificates) as scheduler:
        await scheduler.identity(n_workers=0)


def _unanswered(address: Address) -> RenderError:
    port = f" --port {address.port}"
    return RenderError(
        f"{address.written}: no scheduler answers there; start it (dask scheduler{port}), correct the address, or leave --executor out to work on this machine"
    )


def _without_certificates(address: Address) -> RenderError:
    hint = "Name ca-file and client's cert and key under distributed.comm.tls in Dask's configuration, as in DASK_DISTRIBUTED__COMM__TLS__CA_FILE."
    return RenderError([Problem(f"{address.written}: there are no TLS certificates to connect with", hint=hint)])


def _silence() -> None:
    """Let only this package speak of what goes wrong."""
    import dask

    for name in ("distributed", *dask.config.get("logging", {}), "distributed.client", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _crew(client: Any, address: Address) -> list[str]:
    """Return the addresses of the workers; refuse them where one is not as this machine."""
    _check_scheduler(client, address)
    try:
        client.wait_for_workers(1, timeout=ANSWERS)
    except TimeoutError as error:
        start = f"dask worker {address.url} --nthreads 1"
        raise RenderError(
            f"{address.written}: the scheduler has no workers; start one for each core ({start})"
        ) from error
    ours = traits()
    seen: dict[str, Any] = client.run(observed, on_error="return")
    problems = [problem for worker, found in sorted(seen.items()) for problem in problems_of(worker, found, ours)]
    if problems:
        raise RenderError(problems)
    return sorted(seen)


def _check_scheduler(client: Any, address: Address) -> None:
    """Refuse a scheduler that cannot unpack which function a task calls."""
    try:
        client.run_on_scheduler(code_digest)
    except Exception as error:
        message = f"{address.written}: the scheduler cannot load reportgen ({error})"
        hint = "Install the same reportgen there, and start it again."
        raise RenderError([Problem(message, hint=hint)]) from error

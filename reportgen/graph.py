"""Runs what is stale and nothing else.

In: tasks, the names of those that are wanted, what earlier runs gave, who works. Out: the wanted outputs, and what was kept
and made. Work is done on demand, from the wanted tasks back:

- A task whose inputs' digests are known has a key. If a store has a trace of that key, its digest is known without running,
  and so its dependants' keys may be known too.
- A task without a trace is stale: it runs as soon as the values of its inputs are there. A value is read from the store
  only if a stale task, or whoever asks, needs it; where it is not there (it holds participants, it had to leave, it was
  damaged) its task runs again.
- A task that runs again and gives what it gave before changes no digest, and the rebuilding stops there.

Of the tasks that are ready, those with the longest way to the end go first, by the seconds of the last run. Failures are never
kept: dependants of a task that failed do not run, all others do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from dataclasses import dataclass
from traceback import format_exception
from typing import Any, Literal

from reportgen.encoding import PACKAGES, Encoded
from reportgen.errors import ReportgenError
from reportgen.pool import Pool, Serial
from reportgen.schedule import GraphError, Layout, Schedule
from reportgen.store import Memory, NoStore, Trace
from reportgen.task import Done, Failed, Task, perform, received

__all__ = ["GraphError", "Maker", "Ran", "Stale", "Step", "Task", "run", "stale"]


@dataclass(frozen=True, slots=True)
class Step:
    """What happened just now.

    Attributes
    ----------
    name : str
        Of the task.
    status : str
        `begun`, `made` or `failed`.
    made, left : int
        Tasks that ran, and tasks that will or may run yet.
    seconds_left : float
        How long these may take; what stays as it was takes none of them.
    """

    name: str
    status: Literal["begun", "made", "failed"]
    made: int
    left: int
    seconds_left: float


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run gave.

    Attributes
    ----------
    values : dict
        The outputs of the wanted tasks, but those that failed or could not run.
    kept, made : int
        Tasks whose output an earlier run had made, and tasks that ran to their end.
    seconds : dict
        How long each task took that ran to its end.
    failed : dict
        Errors by the name of the task.
    not_run : dict
        The failed task by the name of each that waited for it.
    """

    values: dict[str, Any]
    kept: int
    made: int
    seconds: dict[str, float]
    failed: dict[str, Failed]
    not_run: dict[str, str]


@dataclass(frozen=True, slots=True)
class Stale:
    """What a run would do.

    Attributes
    ----------
    certain, possible : tuple of str
        Tasks that would run, and those that run if an input comes out other than before.
    seconds, possible_seconds : float
        What they would take together on one worker, by the last run that made them.
    """

    certain: tuple[str, ...]
    possible: tuple[str, ...]
    seconds: float
    possible_seconds: float


def run(
    tasks: Iterable[Task],
    wanted: Collection[str],
    store: Memory,
    pool: Pool,
    *,
    basis: str,
    scope: str = "",
    packages: tuple[str, ...] = PACKAGES,
    on_step: Callable[[Step], object] = lambda step: None,
) -> Ran:
    """Return the outputs of the wanted tasks.

    Parameters
    ----------
    tasks : iterable of Task
    wanted : collection of str
        Names of tasks; what these do not need is not run.
    store : Store or NoStore
    pool : Pool
    basis : str
        What every key holds: the digests of the code and of the environment.
    scope : str
        The study, under which the seconds of its tasks are remembered.
    packages : tuple of str
        The packages whose classes outputs may hold.
    on_step : callable
        Told each step.

    Raises
    ------
    GraphError
        Two tasks have one name, an input or a wanted task is unknown, or tasks wait for each other in a ring.

    Examples
    --------
    >>> import textwrap
    >>> from reportgen.store import NoStore
    >>> tasks = [
    ...     Task("title", textwrap.dedent, {"text": "  Pain at 3 months"}),
    ...     Task("head", textwrap.shorten, {"width": 10}, {"text": "title"}),
    ... ]
    >>> ran = run(tasks, ["head"], NoStore(), Serial(), basis="")
    >>> ran.values, ran.made
    ({'head': 'Pain [...]'}, 2)
    """
    layout = Layout(tasks, wanted)
    schedule = Schedule(layout, store, basis, store.seconds(scope), packages)
    _Work(schedule, store, pool, on_step).go()
    store.finish(scope, schedule.seconds)
    values = {name: received(schedule.outputs[name], packages) for name in wanted if name in schedule.outputs}
    return Ran(values, schedule.kept, len(schedule.seconds), schedule.seconds, schedule.failed, schedule.blocked)


def stale(tasks: Iterable[Task], wanted: Collection[str], store: Memory, *, basis: str, scope: str = "") -> Stale:
    """Return what `run` would do, without doing it; parameters and errors are those of `run`."""
    layout = Layout(tasks, wanted)
    schedule = Schedule(layout, store, basis, store.seconds(scope), PACKAGES, reads=False)
    schedule.advance()
    will = schedule.due
    unknown = frozenset(name for name in layout.order if name not in schedule.digests and name not in will)
    schedule.need(other for name in unknown for other in layout.inputs[name])
    may = unknown | schedule.due - will
    certain, possible = (tuple(name for name in layout.given if name in names) for names in (will, may))
    return Stale(certain, possible, *(sum(schedule.estimates[name] for name in names) for names in (certain, possible)))


class Maker:
    """Makes tasks that do not wait for each other, and counts what was kept by earlier builds and what was made.

    Attributes
    ----------
    kept, made : int
        Results that an earlier build had made, and results that were made; what is asked for
        again counts once.

    Parameters
    ----------
    store : Memory
    pool : Pool
    basis, scope, packages
        As `run` takes them.

    Examples
    --------
    >>> import textwrap
    >>> make = Maker()
    >>> make([Task("title", textwrap.dedent, {"text": "  Pain"})]), make.kept, make.made
    (['Pain'], 0, 1)
    """

    def __init__(
        self,
        store: Memory | None = None,
        pool: Pool | None = None,
        *,
        basis: str = "",
        scope: str = "",
        packages: tuple[str, ...] = PACKAGES,
    ) -> None:
        self.kept, self.made = 0, 0
        self._names: set[str] = set()
        self.pool = pool or Serial()
        self._store, self._basis, self._scope, self._packages = store or NoStore(), basis, scope, packages

    def __call__(self, tasks: Sequence[Task], done: Callable[[], object] = lambda: None) -> list[Any]:
        """Return the output of each task, in order; the first error is raised. `done` is called with each task that has run."""

        def on_step(step: Step) -> None:
            if step.status != "begun":
                done()

        names = [task.name for task in tasks]
        options: dict[str, Any] = {"basis": self._basis, "scope": self._scope, "packages": self._packages}
        ran = run(tasks, names, self._store, self.pool, on_step=on_step, **options)
        for failed in ran.failed.values():
            raise failed.error
        self.kept += len(set(names) - ran.seconds.keys() - self._names)
        self.made += ran.made
        self._names.update(names)
        return [ran.values[name] for name in names]

    def stale(self, tasks: Sequence[Task]) -> int:
        """Return how many tasks would run."""
        names = [task.name for task in tasks]
        return len(stale(tasks, names, self._store, basis=self._basis, scope=self._scope).certain)


HERE = Serial()


class _Work:
    """Keeps all workers busy until nothing is left that can run."""

    def __init__(self, schedule: Schedule, store: Memory, pool: Pool, on_step: Callable[[Step], object]) -> None:
        self._schedule = schedule
        self._store = store
        self._pool = pool
        self._on_step = on_step
        self._running: dict[Future[Any], tuple[str, str]] = {}

    @property
    def _workers(self) -> int:
        """How many tasks run at once; a cluster may grow and shrink."""
        return max(1, self._pool.workers)

    def go(self) -> None:
        """Run what is stale."""
        self._schedule.advance()
        try:
            self._hand_out()
            while self._running:
                finished = wait(self._running, return_when=FIRST_COMPLETED).done
                for future in [future for future in self._running if future in finished]:
                    self._take_in(future, *self._running.pop(future))
                self._schedule.advance()
                self._hand_out()
        except BaseException:
            for future in self._running:
                future.cancel()
            raise

    def _hand_out(self) -> None:
        while len(self._running) < self._workers:
            found = self._schedule.next_call()
            if found is None:
                return
            key, call = found
            self._tell(call.name, "begun")
            mask = HERE if call.here else self._pool
            self._running[mask.submit(perform, call)] = call.name, key

    def _take_in(self, future: Future[Any], name: str, key: str) -> None:
        result = _result(future)
        if isinstance(result, Failed):
            self._schedule.fail(key, result)
            self._tell(name, "failed")
            return
        kept = result.output if isinstance(result.output, Encoded) else None
        self._store.put(key, Trace(result.digest, result.seconds), kept)
        self._schedule.finish(name, key, result)
        self._tell(name, "made")

    def _tell(self, name: str, status: Literal["begun", "made", "failed"]) -> None:
        left, seconds = self._schedule.left
        self._on_step(Step(name, status, len(self._schedule.seconds), left, seconds / self._workers))


def _result(future: Future[Any]) -> Done | Failed:
    """Return what a worker sent; what it could not send (an output that cannot be pickled) is a failure of the task."""
    try:
        result: Done | Failed = future.result()
    except (ReportgenError, BrokenExecutor, CancelledError):
        raise
    except Exception as error:
        return Failed(error, "".join(format_exception(error)))
    return result

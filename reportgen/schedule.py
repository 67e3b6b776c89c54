"""What is known of each task, and what follows from it: which are stale, what they need, what can run now.

In: tasks, what earlier runs gave, and what comes out while tasks run. Out: the next call. Nothing here runs a task, so that
a plan asks the same object. Whatever becomes known is followed up in a queue: a task is looked at again when the digest of
an input is new (its key may be another one then) and when the value of an input has come.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush

from reportgen.encoding import Encoded
from reportgen.store import Memory
from reportgen.task import Call, Done, Failed, Output, Task, input_names


class GraphError(ValueError):
    """Tasks that do not fit together: a defect of whoever laid them out."""


class Layout:
    """The tasks that the wanted ones need: `given` as they were, `order` with inputs first."""

    def __init__(self, tasks: Iterable[Task], wanted: Collection[str]) -> None:
        every: dict[str, Task] = {}
        for task in tasks:
            if task.name in every:
                raise GraphError(f"two tasks are called '{task.name}'")
            every[task.name] = task
        self.wanted = tuple(wanted)
        self.tasks: dict[str, Task] = {}
        self.inputs: dict[str, tuple[str, ...]] = {}
        self._take(every)
        self.given = tuple(name for name in every if name in self.tasks)
        self.inputs = {name: self.inputs[name] for name in self.given}
        try:
            self.order = tuple(TopologicalSorter(self.inputs).static_order())
        except CycleError as error:
            raise GraphError(f"tasks wait for each other: {' → '.join(reversed(error.args[1]))}") from error
        self.dependants: dict[str, list[str]] = {name: [] for name in self.order}
        for name in self.order:
            for other in self.inputs[name]:
                self.dependants[other].append(name)

    def _take(self, every: Mapping[str, Task]) -> None:
        waiting = [(name, "it is wanted") for name in self.wanted]
        while waiting:
            name, reason = waiting.pop()
            if name not in every:
                raise GraphError(f"there is no task '{name}': {reason}")
            if name not in self.tasks:
                self.tasks[name] = every[name]
                self.inputs[name] = tuple(dict.fromkeys(input_names(every[name])))
                waiting += [(other, f"it is an input of '{name}'") for other in self.inputs[name]]


class Schedule:
    """The state of a run.

    Parameters
    ----------
    layout : Layout
    store : Memory
    basis : str
        What every key holds.
    seconds : mapping
        What tasks took when they last ran, by name.
    packages : tuple of str
        The packages whose classes outputs may hold.
    reads : bool
        False for a plan, which only asks whether a value is there.
    """

    def __init__(
        self,
        layout: Layout,
        store: Memory,
        basis: str,
        seconds: Mapping[str, float],
        packages: tuple[str, ...],
        reads: bool = True,
    ) -> None:
        self._layout = layout
        self._store = store
        self._basis = basis
        self._packages = packages
        self._reads = reads
        self.estimates = {name: seconds.get(name, task.cost) for name, task in layout.tasks.items()}
        self._ways = _ways(layout, self.estimates)
        self._places = {name: place for place, name in enumerate(layout.given)}
        self._keys: dict[str, str] = {}
        self.digests: dict[str, str] = {}
        self.outputs: dict[str, Output] = {}
        self.failed: dict[str, Failed] = {}
        self.blocked: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self._due: set[str] = set()
        self._needed = set(layout.wanted)
        self._launched: dict[str, list[str]] = {}  # the tasks that wait for a key which is ready or runs
        self._ready: list[tuple[float, int, str]] = []
        self._unkeyed = deque(layout.order)
        self._unchecked: deque[str] = deque()
        self._seen: set[str] = set()
        self._open = set(layout.order)
        self._open_seconds = sum(self.estimates.values())

    @property
    def left(self) -> tuple[int, float]:
        """How many tasks will or may run yet, and the seconds that they may take together."""
        return len(self._open), max(0.0, self._open_seconds)

    @property
    def due(self) -> frozenset[str]:
        """The tasks that will run, whatever the others give."""
        return frozenset(self._due).union(*self._launched.values())

    def advance(self) -> None:
        """Follow up everything that has become known: keys first, for what is ready is ready under its key."""
        while self._unkeyed or self._unchecked:
            if self._unkeyed:
                self._consider(self._unkeyed.popleft())
            else:
                self._check(self._unchecked.popleft())

    def _consider(self, name: str) -> None:
        """Find out what is known of a task, once its inputs are."""
        self._seen.add(name)
        if self._is_lost(name) or not all(other in self.digests for other in self._layout.inputs[name]):
            return
        key = self._layout.tasks[name].key(self._basis, self.digests)
        if self._keys.get(name) == key:
            self._unchecked.append(name)
            return
        self._keys[name] = key
        self.digests.pop(name, None)
        self.outputs.pop(name, None)
        trace = self._store.trace(key)
        if trace is None:
            self._make_due(name)
        else:
            self._due.discard(name)
            self._settle(name, trace.output)

    def _is_lost(self, name: str) -> bool:
        return name in self.failed or name in self.blocked

    def _settle(self, name: str, digest: str) -> None:
        """Take the digest of a task as known."""
        before = self.digests.get(name)
        self.digests[name] = digest
        self._close(name)
        if before != digest:
            self._unkeyed.extend(other for other in self._layout.dependants[name] if other in self._seen)
        if name in self._needed:
            self.need([name])

    def _make_due(self, name: str) -> None:
        """Let a task run as soon as its inputs are there."""
        self._mark_due(name)
        self.need(self._layout.inputs[name])

    def _mark_due(self, name: str) -> None:
        self._due.add(name)
        self._unchecked.append(name)
        if name not in self._open:
            self._open.add(name)
            self._open_seconds += self.estimates[name]

    def _close(self, name: str) -> None:
        if name in self._open:
            self._open.remove(name)
            self._open_seconds -= self.estimates[name]

    def need(self, names: Iterable[str]) -> None:
        """See to it that the values of tasks will be there, wherever they come from."""
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            self._needed.add(name)
            if self._is_coming(name):
                continue
            output = self._kept(name)
            if output is None:
                self._mark_due(name)
                waiting += self._layout.inputs[name]
            else:
                self.outputs[name] = output

    def _is_coming(self, name: str) -> bool:
        """Whether nothing is to be done for the value of a task: it is there, or will be, or never can."""
        if name in self.outputs or name in self._due or self._is_lost(name) or name not in self.digests:
            return True
        return name in self._launched.get(self._keys[name], ())

    def _kept(self, name: str) -> Output | None:
        """Return the output of a task if a store has it."""
        digest = self.digests[name]
        if not self._layout.tasks[name].kept:
            return None
        if not self._reads:
            return Encoded(b"", digest) if self._store.has(digest) else None
        content = self._store.value(digest)
        return None if content is None else Encoded(content, digest)

    def _check(self, name: str) -> None:
        """Let a task that is due run if its inputs are there; give it up if one of them never will be."""
        if name not in self._due:
            return
        lost = next((other for other in self._layout.inputs[name] if self._is_lost(other)), None)
        if lost is not None:
            self._give_up([name], self.blocked.get(lost, lost))
        elif self._has_inputs(name):
            key = self._keys[name]
            self._due.remove(name)
            if key not in self._launched:
                heappush(self._ready, (-self._ways[name], self._places[name], key))
            self._launched.setdefault(key, []).append(name)

    def _has_inputs(self, name: str) -> bool:
        return all(other in self.outputs for other in self._layout.inputs[name])

    @property
    def kept(self) -> int:
        """How many tasks have an output that an earlier run had made."""
        made = {self._keys[name] for name in self.seconds}
        return sum(
            self._keys[name] not in made for name in self.digests.keys() - self.failed.keys() - self.blocked.keys()
        )

    def next_call(self) -> tuple[str, Call] | None:
        """Return key and call of the task that should run next; None where none can now."""
        while self._ready:
            key = heappop(self._ready)[2]
            current = [name for name in self._launched[key] if self._keys[name] == key]
            if current and self._has_inputs(current[0]):
                self._launched[key] = current
                return key, Call.of(self._layout.tasks[current[0]], self.outputs, self._packages)
            del self._launched[key]
            self._due.update(current)  # an input came out other than before, and is not there yet
        return None

    def finish(self, name: str, key: str, done: Done) -> None:
        """Take what a task gave, for itself and for those with the same key."""
        self.seconds[name] = done.seconds
        for other in self._launched.pop(key):
            if self._keys[other] == key:
                self.outputs[other] = done.output
                self._settle(other, done.digest)
                self._unchecked.extend(self._layout.dependants[other])

    def fail(self, key: str, failed: Failed) -> None:
        """Give up a task, and what needs its value."""
        for name in self._launched.pop(key):
            if self._keys[name] == key:
                self.failed[name] = failed
                self._close(name)
                self._give_up(self._waiting_for(name), name)

    def _waiting_for(self, name: str) -> list[str]:
        """Return the tasks that wait for one; what is known without it stays."""
        return [
            other
            for other in self._layout.dependants[name]
            if not self._is_lost(other) and (other in self._due or other not in self.digests)
        ]

    def _give_up(self, names: Iterable[str], culprit: str) -> None:
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            self._due.discard(name)
            self.blocked[name] = culprit
            self._close(name)
            waiting += self._waiting_for(name)


def _ways(layout: Layout, estimates: Mapping[str, float]) -> dict[str, float]:
    """Return the seconds from the start of each task to the end of the last that waits for it."""
    ways: dict[str, float] = {}
    for name in reversed(layout.order):
        ways[name] = estimates[name] + max((ways[other] for other in layout.dependants[name]), default=0.0)
    return ways

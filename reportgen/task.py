"""A piece of work that sees its arguments and the outputs of other pieces, and nothing else.

In: a function, plain arguments, the names of the tasks whose outputs it receives. Out: an output, or the error that came in
its place, wherever it runs: here, in another process, on another machine. Because a task sees nothing else, a key made of
these (and of the code and the environment, which are the same for all) stands for its output. Nobody checks that a
function asks no clock, no file, no variable: that is its promise.
"""

from __future__ import annotations

import hashlib
import inspect
import pickle
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

from reportgen.canonical import arranged, canonical
from reportgen.encoding import PACKAGES, Encoded, decode, encode

Names = str | tuple[str, ...] | Mapping[str, str]
"""What a parameter receives: the output of a task, a tuple of outputs, or outputs by key."""

RECENT, RECENT_BYTES = 64, 64_000_000  # encoded values of which a process has the decoded ones at hand

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work.

    Parameters
    ----------
    name : str
        Unique and readable: `fit.pooled.overall.rmdq.short`. It is no part of the key.
    function : callable
        At the top of a module, so that another process finds it by its name.
    arguments : mapping
        By parameter; what `canonical` takes. Dictionaries are handed over with their keys in one order.
    inputs : mapping
        By parameter: the name of the task whose output it receives, a tuple of names, or names by key.
    kept : bool
        Whether the output may enter a store. False where it holds participants: only its digest is remembered then.
    digest : callable, optional
        Output to text, for outputs that are not kept: equal exactly where the outputs are.
    forbidden_length : int, optional
        An output that is kept may hold no vector of this length or longer: as many as the shortest cohort has participants.
    cost : float
        Seconds that it may take, where it never ran.
    here : bool
        Whether it runs in this process, because what it receives or gives is not worth its way to another one.
    carried : mapping
        Further arguments, handed over as they are and no part of the key: only of a task that runs here, and only what follows
        from the other arguments.

    Raises
    ------
    TypeError
        The function cannot be found by its name or does not take these parameters, or an argument is not plain.
    ValueError
        A digest for an output that is kept, or none for one that is not.

    Examples
    --------
    >>> import textwrap
    >>> task = Task("shorten", textwrap.shorten, {"text": "The results of all trials", "width": 15})
    >>> perform(Call.of(task, {})).value()
    'The [...]'
    >>> Task("shorten", textwrap.shorten, {"text": "x", "width": sys.stdout})
    Traceback (most recent call last):
        ...
    reportgen.canonical.NotPlainError: argument 'width' of task 'shorten' is of type ...
    """

    name: str
    function: Callable[..., Any]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Names] = field(default_factory=dict)
    kept: bool = True
    digest: Callable[[Any], str] | None = None
    forbidden_length: int | None = None
    cost: float = 1.0
    here: bool = False
    carried: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _identity: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.kept == (self.digest is not None):
            raise ValueError(
                f"task '{self.name}': an output that is not kept needs a digest, one that is kept has its own"
            )
        if self.carried and not self.here:
            raise ValueError(f"task '{self.name}': only a task that runs here can be handed what is no part of its key")
        _check_parameters(self)
        named = {
            key: canonical(item, f"argument '{key}' of task '{self.name}'") for key, item in self.arguments.items()
        }
        digest = "" if self.digest is None else function_name(self.digest)
        object.__setattr__(self, "_identity", canonical((function_name(self.function), digest, named)))

    def key(self, basis: str, outputs: Mapping[str, str]) -> str:
        """Return the key of the task.

        Parameters
        ----------
        basis : str
            What all tasks depend on: code and environment.
        outputs : mapping
            Digests of outputs by the name of the task.
        """
        received = canonical(mapped(self.inputs, outputs.__getitem__))
        return hashlib.sha256(
            b"%s %d:%s%s" % (basis.encode(), len(self._identity), self._identity, received)
        ).hexdigest()


@lru_cache(maxsize=1024)
def function_name(function: Callable[..., Any]) -> str:
    """Return the name by which another process finds a function.

    Raises
    ------
    TypeError
        None does.

    Examples
    --------
    >>> function_name(canonical)
    'reportgen.canonical:canonical'
    """
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "<none>")
    try:
        found = attrgetter(name)(sys.modules[str(module)])
    except (AttributeError, KeyError):
        found = None
    if found is not function or module == "__main__":
        raise TypeError(f"{function!r} cannot be found by its name in another process: write it at the top of a module")
    return f"{module}:{name}"


def _check_parameters(task: Task) -> None:
    twice = set(task.arguments) & set(task.inputs) | (set(task.arguments) | set(task.inputs)) & set(task.carried)
    if twice:
        raise TypeError(f"task '{task.name}': '{min(twice)}' is handed over twice")
    signature = _signature(task.function)
    if signature is not None:
        try:
            signature.bind(**task.arguments, **task.inputs, **task.carried)
        except TypeError as error:
            raise TypeError(
                f"task '{task.name}': {function_name(task.function)} does not take its parameters: {error}"
            ) from error


@lru_cache(maxsize=1024)
def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except ValueError:  # a function of C may have none
        return None


def input_names(task: Task) -> Iterator[str]:
    """Yield the names of the tasks whose outputs a task receives.

    Examples
    --------
    >>> import textwrap
    >>> list(input_names(Task("t", textwrap.indent, {}, {"text": ("a", "b"), "prefix": {"x": "c"}})))
    ['a', 'b', 'c']
    """
    for names in task.inputs.values():
        if isinstance(names, str):
            yield names
        else:
            yield from names.values() if isinstance(names, Mapping) else names


def mapped(
    inputs: Mapping[str, Any], function: Callable[[Any], Part]
) -> dict[str, Part | tuple[Part, ...] | dict[str, Part]]:
    """Return inputs with a function applied to each part; parts with keys come in the order of these.

    Examples
    --------
    >>> mapped({"x": "a", "y": ("b", "c"), "z": {"2": "d", "1": "e"}}, str.upper)
    {'x': 'A', 'y': ('B', 'C'), 'z': {'1': 'E', '2': 'D'}}
    """
    return {parameter: _mapped(item, function) for parameter, item in inputs.items()}


def _mapped(item: Any, function: Callable[[Any], Part]) -> Part | tuple[Part, ...] | dict[str, Part]:
    if isinstance(item, Mapping):
        return {key: function(item[key]) for key in sorted(item)}
    return tuple(map(function, item)) if isinstance(item, tuple) else function(item)


@dataclass(frozen=True, slots=True)
class Held:
    """An output that must not be kept: it is handed from process to process as it is."""

    value: Any


Output = Encoded | Held


@dataclass(frozen=True, slots=True)
class Call:
    """A task with everything that it needs where it runs."""

    name: str
    function: Callable[..., Any]
    arguments: Mapping[str, Any]
    inputs: Mapping[str, Any]
    digest: Callable[[Any], str] | None
    forbidden_length: int | None
    packages: tuple[str, ...]
    here: bool = False

    @classmethod
    def of(cls, task: Task, outputs: Mapping[str, Output], packages: tuple[str, ...] = PACKAGES) -> Call:
        """Return the call of a task, given the outputs of its inputs."""
        arguments = {name: arranged(value) for name, value in task.arguments.items()} | dict(task.carried)
        inputs = mapped(task.inputs, outputs.__getitem__)
        return cls(task.name, task.function, arguments, inputs, task.digest, task.forbidden_length, packages, task.here)


@dataclass(frozen=True, slots=True)
class Done:
    """What a task gave."""

    output: Output
    digest: str
    seconds: float

    def value(self) -> Any:
        """Return the output as a value."""
        return received(self.output, PACKAGES)


@dataclass(frozen=True, slots=True)
class Failed:
    """A task that gave no output.

    Attributes
    ----------
    error : Exception
    traceback : str
        As Python prints it, from where it ran.
    """

    error: Exception
    traceback: str


def perform(call: Call) -> Done | Failed:
    """Run a task; whatever it raises comes back as a value."""
    began = time.perf_counter()
    try:
        inputs = mapped(call.inputs, lambda output: received(output, call.packages))
        value = call.function(**call.arguments, **inputs)
        if call.digest is not None:
            return Done(Held(value), _checked(call.digest(value), call), time.perf_counter() - began)
        output = encode(value, forbidden_length=call.forbidden_length, packages=call.packages)
        return Done(output, output.digest, time.perf_counter() - began)
    except Exception as error:
        return Failed(_portable(error), traceback.format_exc())


def _checked(digest: object, call: Call) -> str:
    if type(digest) is not str or not digest:
        raise TypeError(f"the digest of task '{call.name}' is {digest!r} and not a text")
    return hashlib.sha256(digest.encode("utf-8", "surrogatepass")).hexdigest()


def _portable(error: Exception) -> Exception:
    """Return an error that another process can read."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever its class does while it is read
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


_recent: dict[str, tuple[Any, int]] = {}


def received(output: Output, packages: tuple[str, ...]) -> Any:
    """Return an output as a value; what cannot be changed is decoded once for all who receive it here."""
    if isinstance(output, Held):
        return output.value
    if not output.constant:
        return decode(output.content, packages=packages)
    found = _recent.pop(output.digest, None)
    if found is None:
        found = decode(output.content, packages=packages), len(output.content)
    _recent[output.digest] = found
    while len(_recent) > RECENT or sum(size for _, size in _recent.values()) > RECENT_BYTES:
        del _recent[next(iter(_recent))]
    return found[0]

"""The one way by which a kernel is compiled.

In: a function. Out: the same, which numba compiles when it is first called: until then numba is not imported, for a
rebuild from kept results calls no kernel.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property, update_wrapper
from pathlib import Path
from typing import Any, Literal

ROOM = Path(__file__).parent


def sources() -> str:
    """Return a digest of all sources of this room, as they are now."""
    found = hashlib.sha256()
    for path in sorted(ROOM.glob("*.py")):
        found.update(f"{path.name} ".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


SOURCES = sources()  # before a kernel is read: one that is edited afterwards is compiled from what was read


def kernel(function: Callable[..., Any], *, inline: Literal["never", "always"] = "never", counts: bool = True) -> Any:
    """Compile a function to machine code that needs no interpreter and lets other threads run.

    Parameters
    ----------
    function : callable
        Of numbers, arrays and named tuples of these; dividing by zero gives inf or nan.
    inline : {"never", "always"}
        "always" copies it into its callers: for what is called so often that the call itself would show.
    counts : bool
        Whether it counts who refers to its arrays. See `leaf`.

    Returns
    -------
    callable
        Called like the function, from Python and from other kernels; for all else it is numba's dispatcher.

    Examples
    --------
    >>> @kernel
    ... def add(a, b):
    ...     return a + b
    >>> add(1.5, 2.0)
    3.5
    """
    return Kernel(function, inline, counts)


def leaf(function: Callable[..., Any], *, inline: Literal["never", "always"] = "never") -> Any:
    """Compile a function that neither makes nor returns an array, and calls none that does.

    Its arrays are kept alive by its callers. So it need not count references, which takes longer than a short loop over a
    row: numba does that with atomic operations for every array of a tuple and for every row.
    """
    return kernel(function, inline=inline, counts=False)


class Kernel:
    """A function that becomes machine code when it is first called.

    A kernel that calls it asks for its `_numba_type_`, as numba does with any object it does not know.
    """

    def __init__(self, function: Callable[..., Any], inline: Literal["never", "always"], counts: bool) -> None:
        self._function, self._inline, self._counts = function, inline, counts
        update_wrapper(self, function)

    @cached_property
    def _machine(self) -> Any:
        from .machine import compiled

        return compiled(self._function, self._inline, self._counts)

    def __call__(self, *arguments: Any) -> Any:
        """Call the machine code."""
        return self._machine(*arguments)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # looked for by who copies or prints it
            raise AttributeError(name)
        return getattr(self._machine, name)

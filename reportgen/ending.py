"""How the process ends when it is asked to: by Ctrl-C, by SIGTERM, or because its terminal is closed.

An exception out of the blue is swallowed by some libraries and printed with a traceback by others. So the handler does
not raise: it puts away what was begun, says one line, and leaves at once. A second signal changes nothing.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from reportgen.errors import EXIT_INTERRUPTED, EXIT_TERMINATED

CODES = {"SIGINT": EXIT_INTERRUPTED, "SIGTERM": EXIT_TERMINATED, "SIGHUP": 129}
WORDS = {"SIGINT": "interrupted", "SIGTERM": "ended by SIGTERM", "SIGHUP": "the terminal was closed"}

_begun: list[Callable[[], object]] = []
_waiting: list[int] = []
_undisturbed: list[None] = []  # one for each context that is open


def listen() -> None:
    """Take over the signals that end a process, but those that whoever started it wants ignored."""
    for name in CODES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _end)


@contextmanager
def begun(put_away: Callable[[], object]) -> Iterator[None]:
    """Within the context, an end from outside calls `put_away` first; a text that it returns says what is true then."""
    _begun.append(put_away)
    try:
        yield
    finally:
        _begun.remove(put_away)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let a signal wait until the context is left: for the few steps that belong together."""
    _undisturbed.append(None)
    try:
        yield
    finally:
        _undisturbed.pop()
        if not _undisturbed and _waiting:
            _end(_waiting[0], None)


def _end(number: int, _: FrameType | None) -> None:
    if _undisturbed:
        _waiting.append(number)
        return
    for name in CODES:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    name = signal.Signals(number).name
    messages = [_warning_of(put_away) for put_away in list(_begun)]
    line = ": ".join([WORDS[name], *[text for text in messages if isinstance(text, str)][:1]])
    try:
        os.write(2, f"{line}\n".encode())
    finally:
        os._exit(CODES[name])


def _warning_of(put_away: Callable[[], object]) -> object:
    try:
        return put_away()
    except Exception:  # nothing may keep the process from ending; what is left is swept at the next start
        return None

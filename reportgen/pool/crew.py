"""Which workers of a cluster may see participants, and whose numbers are those of this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from reportgen.errors import Problem
from reportgen.pool.address import is_here
from reportgen.pool.traits import differences, traits


@dataclass(frozen=True, slots=True)
class Observed:
    """What is seen of a worker: traits, threads, and whether results may be written to its disk."""

    traits: Mapping[str, str]
    threads: int
    spills: bool


def observed(dask_worker: Any) -> Observed:
    """Look at the worker that runs this."""
    return Observed(traits(), dask_worker.state.nthreads, not isinstance(dask_worker.data, dict))


def problems_of(worker: str, found: object, ours: Mapping[str, str]) -> Iterator[Problem]:
    """Yield why a worker is refused, each with the setting to change.

    Parameters
    ----------
    worker : str
        Its address.
    found : Observed or Exception
        What it answered.
    ours : dict
        The traits of this machine.
    """
    problem = partial(_problem, worker)
    if not isinstance(found, Observed):
        yield problem(f"it cannot load reportgen ({found})", "Install the same reportgen there, and start it again.")
        return
    for difference, change in differences(found.traits, ours):
        yield problem(difference, change)
    if found.threads != 1:
        yield problem(
            f"it has {found.threads} threads, but a task needs its own process", "Start it with --nthreads 1."
        )
    if found.spills:
        hint = "Start it with DASK_DISTRIBUTED__WORKER__MEMORY__TARGET=False and DASK_DISTRIBUTED__WORKER__MEMORY__SPILL=False."
        yield problem("it may write participants to its disk", hint)
    if _exposed(worker):
        hint = "Start scheduler and workers with TLS certificates, and write --executor tls://HOST:PORT."
        yield problem("participants would travel to it unencrypted", hint)


def _exposed(worker: str) -> bool:
    address = urlsplit(worker)
    try:
        return address.scheme != "tls" and not is_here(address.hostname or "")
    except OSError:
        return True


def _problem(worker: str, message: str, hint: str) -> Problem:
    return Problem(f"worker {worker} is refused: {message}", hint=hint)

"""Who does the work: this process, several local ones, or the workers of a Dask cluster. Knows no statistics.

A task is a picklable function with its arguments; it sees nothing else and starts no pool of its own, so that neither the
kind of pool nor the number of workers changes a result. Results come back in the order of the tasks.
"""

from __future__ import annotations

from reportgen.pool.cluster import Cluster
from reportgen.pool.contract import Pool
from reportgen.pool.local import Local, end_workers
from reportgen.pool.serial import Serial

__all__ = ["Cluster", "Local", "Pool", "Serial", "end_workers", "open_pool"]


def open_pool(workers: int = 1, executor: str = "") -> Pool:
    """Return the pool that was asked for.

    Parameters
    ----------
    workers : int
        Local processes; 1: this process alone. Without a meaning where there is an executor.
    executor : str
        Address of a Dask scheduler, as `dask://HOST:PORT` or `tls://HOST:PORT`.

    Raises
    ------
    SpecError
        The address is none, or `distributed` is not installed.
    RenderError
        The scheduler does not answer, or a worker differs from this machine in what could change a number.

    Examples
    --------
    >>> open_pool().map(abs, [-1, 2])
    [1, 2]
    """
    if executor:
        return Cluster(executor)
    return Local(workers) if workers > 1 else Serial()

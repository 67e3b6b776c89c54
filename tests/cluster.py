"""A Dask scheduler and its workers on this machine, as processes that tests may kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.conftest import ROOT

IN_MEMORY = {"DASK_DISTRIBUTED__WORKER__MEMORY__TARGET": "False", "DASK_DISTRIBUTED__WORKER__MEMORY__SPILL": "False"}


def wait_until(true: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait for something that a process does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited for {what}"
        time.sleep(0.02)


class Processes:
    """A scheduler, to which workers can be added; all end with the context."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.stack, self.workers = folder, ExitStack(), list[subprocess.Popen[bytes]]()
        self.file = folder / "scheduler.json"

    def __enter__(self) -> Processes:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", self.file)
        wait_until(self._written, "the scheduler")
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    @property
    def address(self) -> str:
        """The address as `--executor` takes it."""
        return str(json.loads(self.file.read_text())["address"]).replace("tcp://", "dask://")

    def add(self, workers: int = 1, threads: int = 1, **environment: str) -> None:
        """Start workers, each like this process unless the environment says otherwise, and wait until they have come."""
        added = []
        for _ in range(workers):
            log = self.folder / f"worker{len(self.workers)}.log"
            arguments = ("--scheduler-file", self.file, "--nthreads", threads, "--no-nanny", "--local-directory", self.folder / "disk")  # fmt: skip
            self.workers.append(self._start("worker", *arguments, log=log, environment=IN_MEMORY | environment))
            added.append(log)
        wait_until(lambda: all("Registered to" in log.read_text() for log in added), "the workers")

    def logs(self) -> str:
        """What all have said."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def _start(
        self, role: str, *arguments: object, log: Path | None = None, environment: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", role, "--no-dashboard", *(str(argument) for argument in arguments)]
        inherited = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
        paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [inherited.get("PYTHONPATH")])])}
        with (log or self.folder / f"{role}.log").open("wb") as said:
            process = subprocess.Popen(
                command, stdout=said, stderr=said, cwd=self.folder, env=inherited | paths | (environment or {})
            )
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    def _written(self) -> bool:
        assert self.scheduler.poll() is None, self.logs()
        try:
            return bool(self.address)
        except (OSError, ValueError):
            return False

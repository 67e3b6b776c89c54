"""A process that writes into the store is killed at random moments: every entry is whole, and nothing is left behind."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reportgen.encoding import decode
from reportgen.store import MARK, TRACES, UNFINISHED, VALUES, Store, opened
from tests.hard import SEED
from tests.unit.store.test_store import files, key, put

WRITER = """
import itertools, sys
from pathlib import Path
from reportgen.store import Store
from tests.unit.store.test_store import put
store = Store(Path(sys.argv[1]), limit_bytes=3_000_000)
print("begun", flush=True)
for number in itertools.count():
    put(store, number % 200, (number % 200, "x" * (100 * (number % 200))))
    if number % 100 == 99:
        store.finish("study", {"fit": float(number)})
    if number % 500 == 499:
        store.clean()
"""


def whole(folder: Path) -> None:
    """Check every file of a store, with its own eyes and through it."""
    for path in files(folder, TRACES, VALUES):
        assert opened(path.read_bytes()) is not None, path
    warned: list[str] = []
    store = Store(folder, warn=warned.append)
    for number in range(200):
        trace = store.trace(key(number))
        content = None if trace is None else store.value(trace.output)
        assert content is None or decode(content) == (number, "x" * (100 * number))
    store.seconds("study")
    assert not warned


def killed(folder: Path, chance: random.Random, kills: int) -> None:
    for _ in range(kills):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.25))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        whole(folder)
    put(Store(folder), "last", 1.5)
    assert not files(folder, UNFINISHED) and (folder / MARK).is_file()


@pytest.mark.slow
def test_five_kills(tmp_path: Path) -> None:
    killed(tmp_path / "store", random.Random(SEED), 5)


@pytest.mark.hard
def test_fifty_kills(tmp_path: Path) -> None:
    killed(tmp_path / "store", random.Random(f"fifty {SEED}"), 50)

"""The store keeps whole entries, privately and within its limit, and is never in the way of a build."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from reportgen import store as store_module
from reportgen.encoding import Encoded, decode, encode
from reportgen.store import (
    MARK,
    STALE,
    TRACES,
    UNFINISHED,
    VALUES,
    NoStore,
    Store,
    StoreError,
    Trace,
    sealed,
    store_folder,
)


def key(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


def put(store: Store, name: object, value: object) -> Encoded:
    encoded = encode(value)
    store.put(key(name), Trace(encoded.digest, 0.25), encoded)
    return encoded


def files(folder: Path, *kinds: str) -> list[Path]:
    return sorted(path for kind in kinds for path in (folder / kind).rglob("*") if path.is_file())


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, told: list[str]) -> Store:
    return Store(tmp_path / "store", warn=told.append)


def test_what_is_put_is_there_for_the_next_one(store: Store, told: list[str]) -> None:
    fit = put(store, "fit", {"effect": 1.5})
    page = put(store, "page", b"<html>")
    again = Store(store.folder, warn=told.append)
    assert again.trace(key("fit")) == Trace(fit.digest, 0.25)
    assert again.has(fit.digest) and again.value(page.digest) == page.content
    assert again.trace(key("other")) is again.value(key("other")) is None
    assert not again.has(key("other")) and not told


def test_one_output_of_two_keys_is_written_once(store: Store) -> None:
    put(store, "one", (1, 2))
    put(store, "two", (1, 2))
    assert len(files(store.folder, VALUES)) == 1 and len(files(store.folder, TRACES)) == 2


def test_of_an_output_that_is_not_kept_only_the_digest_is_remembered(store: Store) -> None:
    store.put(key("cohort"), Trace(key("digest of a cohort"), 1.0), None)
    assert store.trace(key("cohort")) == Trace(key("digest of a cohort"), 1.0)
    assert not files(store.folder, VALUES)


def test_only_its_owner_can_read_it(store: Store) -> None:
    put(store, "fit", 1.5)
    store.finish("study", {"fit": 0.2})
    folders = [store.folder, *(path for path in store.folder.rglob("*") if path.is_dir())]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}
    kept = [path for path in store.folder.rglob("*") if path.is_file()]
    assert len(kept) == 4 and {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    assert (store.folder / MARK).read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")


def test_an_empty_folder_that_others_could_read_is_closed(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(mode=0o755)
    put(Store(tmp_path / "mine"), "fit", 1.5)
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o700


def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("mine")
    with pytest.raises(StoreError, match=r"it holds 'note\.md'"):
        Store(tmp_path)
    with pytest.raises(StoreError, match="it is not a folder"):
        Store(tmp_path / "note.md")
    assert [path.name for path in tmp_path.iterdir()] == ["note.md"]


@pytest.mark.parametrize("names", [(), ("wheels",)])
def test_the_cache_of_another_program_is_refused_and_left_alone(tmp_path: Path, names: tuple[str, ...]) -> None:
    tag = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is of pip.\n"
    (tmp_path / MARK).write_text(tag)
    for name in names:
        (tmp_path / name).write_text("theirs")
    with pytest.raises(StoreError, match="cannot be the store"):
        Store(tmp_path)
    assert (tmp_path / MARK).read_text() == tag


def test_cleaning_leaves_what_is_not_its_own(store: Store) -> None:
    put(store, "fit", 1.5)
    for stranger in (store.folder / "note.md", store.folder / VALUES / "ab" / "note", store.folder / TRACES / "note"):
        stranger.parent.mkdir(exist_ok=True)
        stranger.write_text("mine")
    assert store.clean().entries == 2
    assert len([path for path in store.folder.rglob("*") if path.is_file() and path.name != MARK]) == 3
    put(Store(store.folder), "fit", 1.5)  # it is a store still


def test_cleaning_says_what_it_removed_and_building_goes_on(store: Store) -> None:
    put(store, "fit", (1.5, "x"))
    put(store, "page", b"x" * 5000)
    size = sum(path.stat().st_size for path in files(store.folder, TRACES, VALUES))
    cleaned = Store(store.folder).clean()
    assert (cleaned.entries, cleaned.bytes) == (4, size)
    assert not store.folder.exists() and Store(store.folder).clean().entries == 0
    put(store, "fit", (1.5, "x"))  # by one who did not know of it
    assert Store(store.folder).trace(key("fit")) is not None


def test_a_byte_flipped_anywhere_makes_an_entry_be_made_again(store: Store, told: list[str]) -> None:
    chance = random.Random(1)
    for number in range(10):
        put(store, number, (number, "text" * number))
    for path in files(store.folder, TRACES, VALUES):
        content = bytearray(path.read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
    fresh = Store(store.folder, warn=told.append)
    assert len(files(store.folder, TRACES, VALUES)) == 20
    for number in range(10):
        assert fresh.trace(key(number)) is None
        assert fresh.value(encode((number, "text" * number)).digest) is None
    assert len(told) == 20 and all("was damaged and is recomputed" in line for line in told)
    assert not files(store.folder, TRACES, VALUES)
    assert put(fresh, 3, (3, "text" * 3)).content == fresh.value(encode((3, "text" * 3)).digest)


@pytest.mark.parametrize("place", [0, 8, 9, 12, 17, 30, 48, 49, 60, -1])
def test_each_part_of_an_entry_is_looked_at(store: Store, told: list[str], place: int) -> None:
    value = put(store, "fit", (1.5, "x"))
    for path in files(store.folder, TRACES, VALUES):
        content = bytearray(path.read_bytes())
        content[place] ^= 1
        path.write_bytes(content)
    assert store.trace(key("fit")) is store.value(value.digest) is None
    assert len(told) == 2


def test_an_entry_that_is_cut_or_lies_under_another_name_is_damaged(store: Store, told: list[str]) -> None:
    values = [put(store, number, ("value", number)) for number in range(3)]
    traces = [store.folder / TRACES / key(number)[:2] / key(number)[2:] for number in range(3)]
    traces[0].write_bytes(traces[1].read_bytes())
    traces[2].write_bytes(sealed(b'{"key": 1}'))
    assert store.trace(key(0)) is store.trace(key(2)) is None
    first, second, third = (store.folder / VALUES / value.digest[:2] / value.digest[2:] for value in values)
    first.write_bytes(second.read_bytes())
    third.write_bytes(third.read_bytes()[:20])
    assert store.value(values[0].digest) is store.value(values[2].digest) is None
    assert len(told) == 4


def test_a_key_is_a_sha256_and_no_path(store: Store) -> None:
    for name in ("../../etc/passwd", "A" * 64, ""):
        with pytest.raises(ValueError, match="is no sha256"):
            store.trace(name)


def test_the_least_recently_used_leave_first(store: Store) -> None:
    values = [put(store, number, bytes([number]) * 10_000) for number in range(6)]
    for age, path in enumerate(files(store.folder, TRACES)):
        os.utime(path, (10**9 + 10**8 + age,) * 2)  # traces last
    for number, value in enumerate(values):
        path = store.folder / VALUES / value.digest[:2] / value.digest[2:]
        os.utime(path, (10**9 + number,) * 2)
    assert store.value(values[0].digest) is not None  # used now
    small = Store(store.folder, limit_bytes=6 * 4096 + 3 * 12_288)
    assert small.trim().entries == 3
    assert [small.has(value.digest) for value in values] == [True, False, False, False, True, True]
    assert small.trim().entries == 0


def test_the_limit_is_kept_at_the_end_of_a_run(store: Store) -> None:
    small = Store(store.folder, limit_bytes=50_000)
    for number in range(20):
        put(small, number, bytes([number]) * 10_000)
    small.finish("", {})
    taken = sum(-(-path.stat().st_size // 4096) * 4096 for path in files(store.folder, TRACES, VALUES))
    assert 30_000 < taken <= 50_000


@pytest.mark.parametrize(
    ("size", "limit"), [("1000", 1000), ("5 MB", 5_000_000), ("1.5GB", 1_500_000_000), ("", 2_000_000_000)]
)
def test_the_limit_can_be_said(monkeypatch: pytest.MonkeyPatch, size: str, limit: int) -> None:
    monkeypatch.setenv("REPORTGEN_STORE_LIMIT", size)
    assert store_module.store_limit() == limit


def test_a_limit_that_is_no_size_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORTGEN_STORE_LIMIT", "much")
    with pytest.raises(StoreError, match="invalid value 'much' of REPORTGEN_STORE_LIMIT"):
        Store()


def test_the_place_can_be_said_and_is_the_cache_folder_of_the_user_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REPORTGEN_STORE", str(tmp_path / "here"))
    assert store_folder() == tmp_path / "here"
    pytest.importorskip("platformdirs", reason="platformdirs is not installed")
    monkeypatch.delenv("REPORTGEN_STORE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if sys.platform == "linux":
        assert store_folder() == tmp_path / "cache" / "reportgen" / "store"
    assert store_folder().name == "store"


def test_seconds_are_remembered_by_study(store: Store) -> None:
    store.finish("one", {"fit": 1.0, "draw": 2.0})
    store.finish("two", {"fit": 9.0})
    store.finish("one", {"fit": 3.0})
    again = Store(store.folder)
    assert again.seconds("one") == {"fit": 3.0, "draw": 2.0}
    assert again.seconds("two") == {"fit": 9.0} and again.seconds("three") == {}


def test_seconds_of_studies_long_gone_are_forgotten(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "SCOPES", 2)
    for scope in ("one", "two", "one", "three"):
        store.finish(scope, {"fit": 1.0})
    assert [bool(store.seconds(scope)) for scope in ("one", "two", "three")] == [True, False, True]


def unfinished(store: Store, process: int, boot: str) -> Path:
    path = store.folder / UNFINISHED / f"{boot}-{process}-0123456789abcdef"
    path.write_bytes(b"half")
    return path


def test_what_dead_processes_left_is_swept_and_what_living_ones_write_is_not(store: Store) -> None:
    put(store, "fit", 1.5)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    boot = store_module._boot()
    dead, living = unfinished(store, ended.pid, boot), unfinished(store, os.getpid(), boot)
    elsewhere, old = unfinished(store, ended.pid, "elsewhere"), unfinished(store, os.getppid(), boot)
    os.utime(old, (old.stat().st_mtime - STALE - 60,) * 2)
    put(Store(store.folder), "other", 2.5)
    assert [path.exists() for path in (dead, living, elsewhere, old)] == [False, True, True, False]


FULL = """
import resource, sys
from pathlib import Path
from reportgen.encoding import encode
from reportgen.store import Store, Trace
from tests.unit.store.test_store import key, put
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
store = Store(Path(sys.argv[1]))
put(store, "small", b"x" * 100)
put(store, "large", b"x" * 100_000)
put(store, "after", b"y" * 100)
print(store.trace(key("small")) is not None, store.trace(key("large")), store.trace(key("after")))
store.finish("study", {"small": 1.0})
"""


def test_where_nothing_can_be_written_any_more_the_build_goes_on(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "store")], capture_output=True, text=True, check=True
    )
    assert done.stdout == "True None None\n"
    (line,) = done.stderr.splitlines()
    assert "cannot be written (File too large): this build continues without keeping its results" in line
    assert not files(tmp_path / "store", UNFINISHED)
    assert len(files(tmp_path / "store", TRACES, VALUES)) == 2


def test_a_full_disk(tmp_path: Path, told: list[str]) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)], capture_output=True).returncode:
        return  # only root can have a small disk; what happens is proved by the test above, too
    try:
        store = Store(disk / "store", warn=told.append)
        values = [put(store, number, os.urandom(30_000)) for number in range(10)]
        (line,) = told
        assert "No space left on device" in line and not files(store.folder, UNFINISHED)
        whole = [value for value in values if store.value(value.digest) == value.content]
        assert 3 <= len(whole) <= 7 and len(files(store.folder, VALUES)) == len(whole)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, told: list[str]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        Store(tmp_path / "file" / "store", warn=told.append)
    proc = Path("/proc/reportgen/store")
    if sys.platform == "linux":
        store = Store(proc, warn=told.append)
        put(store, "fit", 1.5)
        put(store, "fit", 1.5)
        assert len(told) == 1 and "cannot be written" in told[0] and store.trace(key("fit")) is None


def test_the_store_of_another_user_is_neither_read_nor_written(
    store: Store, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    value = put(store, "fit", 1.5)
    monkeypatch.setattr(os, "geteuid", lambda: store.folder.stat().st_uid + 1)
    other = Store(store.folder, warn=told.append)
    assert other.trace(key("fit")) is other.value(value.digest) is None and not other.has(value.digest)
    put(other, "page", b"x")
    assert len(told) == 1 and "it belongs to another user" in told[0]
    assert len(files(store.folder, TRACES)) == 1


TWO = """
import sys
from pathlib import Path
from reportgen.store import Store
from tests.unit.store.test_store import put
store = Store(Path(sys.argv[1]), limit_bytes=200_000)
for turn in range(3):
    for number in range(60):
        put(store, number, (number, "x" * 2000))
    store.finish(sys.argv[2], {str(turn): 1.0})
    if sys.argv[2] == "cleaner":
        store.clean()
"""


def test_two_builds_and_a_cleaning_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    running = [
        subprocess.Popen([sys.executable, "-c", TWO, str(folder), name], stderr=subprocess.PIPE, text=True)
        for name in ("one", "two", "cleaner")
    ]
    assert [(process.communicate()[1], process.returncode) for process in running] == [("", 0)] * 3
    told: list[str] = []
    store = Store(folder, warn=told.append)
    for number in range(60):
        trace = store.trace(key(number))
        content = None if trace is None else store.value(trace.output)
        assert content is None or decode(content) == (number, "x" * 2000)
    assert not told and not files(folder, UNFINISHED)


def test_no_store_remembers_nothing() -> None:
    store, value = NoStore(), encode(1.5)
    store.put(key("fit"), Trace(value.digest, 1.0), value)
    store.finish("", {"fit": 1.0})
    assert store.trace(key("fit")) is store.value(value.digest) is None
    assert not store.has(value.digest) and store.seconds("") == {}

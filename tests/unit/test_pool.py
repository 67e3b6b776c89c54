"""Work is shared out without changing what comes out, and what is prepared is there when it is asked for."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path

import pytest
from loky import get_reusable_executor

from reportgen.cli import run
from reportgen.errors import RenderError, ReportgenError, SpecError
from reportgen.pool import Cluster, Local, Pool, Serial, open_pool
from reportgen.pool.address import Address
from reportgen.pool.cluster import carried
from reportgen.pool.traits import CODE, CPU, differences, traits


@pytest.fixture(params=["serial", "local"])
def pool(request: pytest.FixtureRequest) -> Pool:
    return Serial() if request.param == "serial" else Local(3)


def mark() -> None:
    """Leave a file named after the process: called by its name, in another one."""
    Path(os.environ["MARKS"], str(os.getpid())).touch()


def fail() -> None:
    raise ValueError("nobody hears this")


def test_prepared_functions_run_elsewhere_and_are_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKS", str(tmp_path))
    # processes that an earlier test started would not see the variable
    get_reusable_executor().shutdown(wait=True)
    ready = Local(3).prepare(__name__, "mark")
    ready()
    (made,) = tmp_path.iterdir()
    assert made.name != str(os.getpid())


def test_what_fails_while_preparing_is_left_to_who_needs_it() -> None:
    Local(3).prepare(__name__, "fail")()
    assert Local(3).map(abs, [-1, 2, -3]) == [1, 2, 3]


def test_this_process_prepares_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKS", str(tmp_path))
    Serial().prepare(__name__, "mark")()
    assert not list(tmp_path.iterdir())


def test_a_task_gives_its_result_when_asked(pool: Pool) -> None:
    begun = [pool.submit(divmod, number, 3) for number in range(4)]
    assert futures.wait(begun).not_done == set()
    assert [future.result() for future in begun] == [(0, 0), (0, 1), (0, 2), (1, 0)]


def test_what_a_task_raises_is_raised_where_its_result_is_asked_for(pool: Pool) -> None:
    future = pool.submit(divmod, 1, 0)
    with pytest.raises(ZeroDivisionError):
        future.result()
    with pytest.raises(ZeroDivisionError):
        pool.map(divide, [1, 0, 2])
    pool.close()


def divide(number: int) -> float:
    return 1 / number


@pytest.mark.parametrize("tasks", [[], [-1], [-3, 2, -1]])
def test_each_task_that_has_ended_is_told_in_the_first_thread(pool: Pool, tasks: list[int]) -> None:
    told: list[object] = []
    assert pool.map(abs, tasks, lambda: told.append(threading.current_thread())) == [abs(task) for task in tasks]
    assert told == [threading.main_thread()] * len(tasks)


def test_closing_leaves_out_what_has_not_begun(tmp_path: Path) -> None:
    pool = Local(3)
    begun = [pool.submit(slow_mark, str(tmp_path / str(number))) for number in range(30)]
    futures.wait(begun, return_when=futures.FIRST_COMPLETED)
    pool.close()
    assert futures.wait(begun, timeout=10).not_done == set()
    assert 0 < len(list(tmp_path.iterdir())) < 30
    assert Local(3).map(abs, [-1, 2]) == [1, 2]


@pytest.mark.slow
def test_closing_just_after_a_worker_died_does_not_wait_for_ever() -> None:
    for _ in range(3):
        pool = Local(3)
        begun = [pool.submit(end_itself, number) for number in range(6)]
        with pytest.raises(RenderError, match="ended by the operating system"):
            begun[0].result()
        pool.close()
        assert futures.wait(begun, timeout=10).not_done == set()


def slow_mark(path: str) -> None:
    time.sleep(0.05)
    Path(path).touch()


def nested(kind: str) -> str:
    makers: dict[str, Callable[[], object]] = {
        "serial": Serial,
        "local": lambda: Local(2),
        "cluster": lambda: Cluster("dask://localhost:1"),
        "opened": open_pool,
    }
    try:
        makers[kind]()
    except RuntimeError as error:
        return str(error)
    return "made"


@pytest.mark.parametrize("kind", ["serial", "local", "cluster", "opened"])
def test_no_task_starts_a_pool(pool: Pool, kind: str) -> None:
    assert pool.map(nested, [kind, kind]) == ["a task tried to start a pool of its own"] * 2
    assert pool.submit(nested, kind).result() != "made"
    assert nested("serial") == "made"


def test_a_task_that_starts_a_pool_is_a_defect_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError) as caught:
        Serial().map(lambda _: Serial(), [1])
    assert not isinstance(caught.value, ReportgenError)


def end_itself(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_worker_that_the_system_ends_is_told_in_words_and_replaced() -> None:
    with pytest.raises(RenderError, match="a worker process was ended by the operating system"):
        Local(3).map(end_itself, [1, 2])
    waiting = Local(3).submit(end_itself, 1)
    with pytest.raises(RenderError, match="-j 1"):
        waiting.result()
    assert Local(3).map(abs, [-1, 2]) == [1, 2]


PROGRAM = """
import os, signal
from reportgen.pool import Local
from tests.unit.test_pool import slow
print(*set(Local(2).map(slow, range(4))), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def slow(_: int) -> int:
    time.sleep(0.5)
    return os.getpid()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes in /proc")
def test_workers_end_with_the_process_that_started_them() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60)
    workers = done.stdout.split()
    assert workers and done.returncode == -signal.SIGKILL
    for _ in range(100):
        left = [worker for worker in workers if Path("/proc", worker).exists() and not is_dead(worker)]
        if not left:
            break
        time.sleep(0.1)
    assert left == []
    assert done.stderr == ""


def is_dead(process: str) -> bool:
    """Whether a process is only waiting to be buried."""
    try:
        return Path("/proc", process, "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


@pytest.mark.parametrize(
    "written", ["localhost:8786", "dask://", "dask://:8786", "dask://localhost", "dask://localhost:http", "tcp://a:1", "dask://a:1/b", "dask://a:70000"]
)  # fmt: skip
def test_what_is_no_address_is_told(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SpecError, match=r"Write dask://HOST:PORT, or tls://HOST:PORT"):
        Address.of(written)
    assert run(["build", "no-such-study", "--executor", written]) == 2
    assert f"invalid value '{written}' of --executor" in capsys.readouterr().err


def test_addresses() -> None:
    assert Address.of("tls://example.org:8786").url == "tls://example.org:8786"
    assert Address.of("dask://[::1]:8786").url == "tcp://[::1]:8786"


def test_local_processes_and_a_scheduler_are_one_too_many(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "no-such-study", "--executor", "dask://localhost:1", "-j", "2"]) == 2
    assert "Omit -j" in capsys.readouterr().err


def test_a_library_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert run(["build", "no-such-study", "--executor", "dask://localhost:8786"]) == 2
    assert "pip install 'reportgen[cluster]'" in capsys.readouterr().err


def test_participants_do_not_travel_unencrypted(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "no-such-study", "--executor", "dask://192.0.2.1:8786"]) == 3
    output = capsys.readouterr().err
    assert "unencrypted" in output and "--executor tls://192.0.2.1:8786" in output


@pytest.fixture(params=["nobody", "deaf", "other"])
def no_scheduler(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port on which nobody listens, or one who never answers, or who speaks another language."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        if request.param == "other":
            threading.Thread(target=answer, args=(server,), daemon=True).start()
        if request.param == "nobody":
            server.close()
            yield 9  # the port of those who discard what they hear
        else:
            yield server.getsockname()[1]


def answer(server: socket.socket) -> None:
    while True:
        try:
            caller, _ = server.accept()
        except OSError:
            return
        caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        caller.close()


needs_distributed = pytest.mark.skipif(not importlib.util.find_spec("distributed"), reason="needs the extra 'cluster'")


@needs_distributed
def test_a_scheduler_that_does_not_answer_is_told_in_one_line(
    no_scheduler: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("reportgen.pool.cluster.ANSWERS", 1.0)
    address = f"dask://127.0.0.1:{no_scheduler}"
    begun = time.monotonic()
    assert run(["build", "no-such-study", "--executor", address]) == 3
    assert time.monotonic() - begun < 10
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{address}: no scheduler answers there; start it (dask scheduler --port {no_scheduler})")


@needs_distributed
def test_a_host_that_is_not_known_does_not_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "no-such-study", "--executor", "dask://no-such-host.invalid:8786"]) == 3
    assert "no scheduler answers there" in capsys.readouterr().err


@needs_distributed
def test_tls_needs_certificates(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "no-such-study", "--executor", "tls://127.0.0.1:8786"]) == 3
    assert "distributed.comm.tls" in capsys.readouterr().err


def test_a_parcel_brings_back_what_went_wrong_and_where() -> None:
    import pickle

    result, error = pickle.loads(carried(pickle.dumps((None, divmod, (1, 0)))))
    assert result is None and isinstance(error, ZeroDivisionError)
    assert "Traceback" in error.__notes__[0]
    _, other = pickle.loads(carried(pickle.dumps((None, refuse_to_travel, ()))))
    assert str(other) == "Fixed: 2 words"


class Fixed(Exception):  # noqa: N818
    def __init__(self, *, one: str, two: str) -> None:
        super().__init__("2 words")
        self.lock = threading.Lock()


def refuse_to_travel() -> None:
    raise Fixed(one="one", two="two")


def test_tasks_of_a_cluster_see_the_time_of_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    import pickle

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    for epoch in ("1700000000", None):
        parcel = carried(pickle.dumps((epoch, os.getenv, ("SOURCE_DATE_EPOCH",))))
        assert pickle.loads(parcel) == (epoch, None)
    assert os.environ["SOURCE_DATE_EPOCH"] == "1"


def test_what_differs_is_named_with_what_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CPU_NAME", raising=False)
    ours = traits()
    assert differences(ours, ours) == []
    assert {"numpy", "scipy", "numba", "llvmlite", "reportgen"} <= set(ours)
    changed = {CODE: "0", CPU: "i386 with nothing", "NUMBA_CPU_NAME": "generic"}
    found = differences(ours | changed, ours | {CPU: "znver3 with all"})
    assert found == [
        ("its code of reportgen is not that of this machine", "Install the same reportgen there, and start it again."),
        ("its kind of CPU is i386, that of this machine znver3", "Use workers with the same kind of CPU."),
        ("it runs with NUMBA_CPU_NAME=generic, this machine with (unset)", "Start it without NUMBA_CPU_NAME."),
    ]
    assert differences({}, ours)[-1] == (
        f"and it differs in {len(ours) - sum(not v for v in ours.values()) - 3} more",
        "",
    )

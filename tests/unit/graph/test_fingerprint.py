"""The digests of code and environment change with what can change a result, and with nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reportgen import fingerprint
from reportgen.fingerprint import code_digest, environment, environment_digest, libraries


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package with templates beside it."""
    for name in ("package/stats/scan.py", "package/fonts/sans.woff", "templates/page.html", "plugin/method.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(fingerprint, "PACKAGE", tmp_path / "package")
    monkeypatch.setattr(fingerprint, "templates_folder", lambda: tmp_path / "templates")
    return tmp_path


@pytest.mark.parametrize(
    "name", ["package/stats/scan.py", "package/fonts/sans.woff", "templates/page.html", "plugin/method.py"]
)
def test_every_file_of_the_code_counts(package: Path, name: str) -> None:
    extra = [package / "plugin"]
    before = code_digest(extra)
    (package / name).write_text("edited")
    edited = code_digest(extra)
    (package / name).rename(package / f"{name}x")
    assert len({before, edited, code_digest(extra)}) == 3
    (package / f"{name}x").rename(package / name)
    (package / name).write_text(name)
    assert code_digest(extra) == before


@pytest.mark.parametrize(
    "name",
    [
        "package/__pycache__/scan.nbi",
        "package/stats/scan.pyc",
        "package/.scan.py.swp",
        "package/scan.py~",
        "package/specs/study.yaml",
    ],
)
def test_what_is_compiled_or_half_edited_does_not(package: Path, name: str) -> None:
    before = code_digest()
    (package / name).parent.mkdir(exist_ok=True)
    (package / name).write_text("x")
    assert code_digest() == before


def test_a_content_that_moves_to_the_next_file_counts(package: Path) -> None:
    (package / "package" / "a.py").write_text("ab")
    (package / "package" / "b.py").write_text("c")
    before = code_digest()
    (package / "package" / "a.py").write_text("a")
    (package / "package" / "b.py").write_text("bc")
    assert code_digest() != before


def test_the_place_of_the_code_does_not_count(
    package: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = code_digest([package / "plugin" / "method.py"])
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(package, elsewhere)
    monkeypatch.setattr(fingerprint, "PACKAGE", elsewhere / "package")
    monkeypatch.setattr(fingerprint, "templates_folder", lambda: elsewhere / "templates")
    assert code_digest([elsewhere / "plugin" / "method.py"]) == before


@pytest.mark.parametrize(
    "name", ["OMP_NUM_THREADS", "OPENBLAS_CORETYPE", "MKL_CBWR", "NUMBA_CPU_NAME", "NPY_DISABLE_CPU_FEATURES"]
)
def test_variables_that_can_change_a_number_count(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "one")
    before = environment_digest()
    monkeypatch.setenv(name, "two")
    changed = environment_digest()
    monkeypatch.delenv(name)
    assert len({before, changed, environment_digest()}) == 3


def test_other_variables_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    before = environment_digest()
    for name in ("NUMBA_CACHE_DIR", "HOME", "REPORTGEN_STORE", "TERM"):
        monkeypatch.setenv(name, "x")
    assert environment_digest() == before


def test_another_kind_of_cpu_and_another_version_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kinds = set()
    for flags in ("sse2 avx2", "sse2 avx2 avx512f"):
        (tmp_path / "cpuinfo").write_text(
            f"processor\t: 0\ncpu family\t: 6\ncpu MHz\t\t: {len(flags)}\nflags\t\t: {flags}\n\nprocessor : 1\n"
        )
        monkeypatch.setattr(fingerprint, "CPU", tmp_path / "cpuinfo")
        assert environment()["CPU"] == f"cpu family 6; flags {flags}"
        kinds.add(environment_digest())
    monkeypatch.setattr(fingerprint, "libraries", lambda distributions: {"numpy": "9.0"})
    assert len({*kinds, environment_digest()}) == 3


def test_libraries_are_those_of_the_run_and_what_they_need_in_turn() -> None:
    import importlib.metadata

    found = libraries()
    assert {"numpy", "scipy", "llvmlite", "matplotlib", "weasyprint", "cffi", "pydantic-core", "reportgen"} <= set(
        found
    )
    assert not {"pytest", "hypothesis", "mypy", "ruff"} & set(found)
    assert all(version == importlib.metadata.version(name) for name, version in found.items())


def test_requirements_with_extras_bring_what_these_need(monkeypatch: pytest.MonkeyPatch) -> None:
    heads = {
        "reportgen": ["Version: 1", "Requires-Dist: fonts[woff, ufo]>=4.5; python_version > '3'", 'Requires-Dist: tests; extra == "dev"'],
        "fonts": ["Version: 2.0", 'Requires-Dist: brotli>=1 ; (platform_python_implementation == "CPython") and extra == "woff"',
                  "Requires-Dist: other; extra == 'lxml'", "Requires-Dist: reportgen", "Requires-Dist: missing"],
        "brotli": ["Version: 3"], "tests": ["Version: 4"], "other": ["Version: 5"],
    }  # fmt: skip
    monkeypatch.setattr(fingerprint, "_metadata", heads.get)
    assert libraries() == {"reportgen": "1", "fonts": "2.0", "brotli": "3"}
    assert libraries(["other"]) == {"reportgen": "1", "fonts": "2.0", "brotli": "3", "other": "5"}  # of a plug-in


PROGRAM = """
import sys, time
began = time.process_time()
from reportgen.fingerprint import code_digest, environment_digest
print(code_digest(), environment_digest())
print(time.process_time() - began)
print(sorted({"numpy", "pandas", "pydantic", "scipy", "numba", "llvmlite"} & set(sys.modules)))
"""


def test_both_are_the_same_in_another_process_and_take_hardly_any_time() -> None:
    took = []
    for seed in ("0", "1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        digests, seconds, heavy = done.stdout.splitlines()
        assert digests.split() == [code_digest(), environment_digest()] and heavy == "[]"
        took.append(float(seconds))
    assert min(took) < 0.15  # 0.045 with the imports where nothing else runs
    began = time.process_time()
    code_digest(), environment_digest()
    assert time.process_time() - began < 0.06

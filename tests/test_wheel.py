"""The wheel, installed in an environment of its own and far from the checkout, builds a study."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.page_numbers import pages_of

pytestmark = pytest.mark.slow

ALONE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # nothing of a checkout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "--wheel-dir"]
    subprocess.run([*pip, str(folder), str(ROOT)], check=True, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    (found,) = folder.glob("*.whl")
    return found


def test_templates_and_studies_travel_inside(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "reportgen/specs/periodontal-therapy/study.yaml" in names
    assert any(name.startswith("reportgen/templates/") and name.endswith(".html") for name in names)
    assert not any(name.startswith(("tests/", "output/")) for name in names)


def test_installed_wheel_builds_a_study(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "env"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    site = Path(
        subprocess.run(
            [python, "-c", "import site; print(site.getsitepackages()[0])"], capture_output=True, text=True, check=True
        ).stdout.strip()
    )
    zipfile.ZipFile(wheel).extractall(site)
    # The dependencies are those of the lock, lent by this environment; its editable reportgen is not (a path in a .pth
    # file does not bring that folder's own .pth files with it).
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    where = "import reportgen, reportgen.resources as r; print(reportgen.__file__); print(r.specs_folder())"
    places = subprocess.run(
        [python, "-c", where], capture_output=True, text=True, check=True, cwd=tmp_path, env=ALONE
    ).stdout.split()
    assert all(place.startswith(str(site)) for place in places)
    study = site / "reportgen" / "specs" / "periodontal-therapy"
    command = [
        python,
        "-m",
        "reportgen.cli",
        "build",
        study,
        "--output",
        tmp_path / "report",
        "--formats",
        "html",
        "--only",
        "table1",
        "--draws",
        "0,0",
    ]
    built = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=ALONE)
    assert built.returncode == 0, built.stderr
    assert built.stdout.split() == [str(tmp_path / "report" / "appendix.html")]
    assert "823" in pages_of(tmp_path / "report")

"""Machine code of kernels is kept between processes, and never used for other sources than those it was compiled from.

Each call is a process of its own that imports numba, which takes a second: what only an edit of `machine` can break is slow.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba.core.errors import NumbaError

from reportgen.stats import compiled

# A kernel that calls one of another file, as those of the searches do.
CALLER = """
from .compiled import kernel
from .profile import _form

@kernel
def quadratic(packed_matrix, vector, m):
    return _form(packed_matrix, vector, m)
"""
CALL = """
import json
import numpy as np
from reportgen.stats.caller import quadratic
value = quadratic(np.ones(12), np.ones(3), 3)
stats = quadratic.stats
print(json.dumps([value, sum(stats.cache_hits.values()), sum(stats.cache_misses.values())]))
"""
KEPT, COMPILED = [1, 0], [0, 1]


@pytest.fixture(scope="session")
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of three files of the package, which is soon imported, with one more kernel; and its machine code."""
    folder = tmp_path_factory.mktemp("compiled")
    stats = folder / "installed/reportgen/stats"
    stats.mkdir(parents=True)
    for name in ("compiled.py", "machine.py", "profile.py"):
        shutil.copy(Path(compiled.__file__).with_name(name), stats)
    for name, content in {"../__init__.py": "", "__init__.py": "", "caller.py": CALLER}.items():
        (stats / name).write_text(content)
    assert run(folder / "installed", folder / "kernels") == [9.0, *COMPILED]
    return folder


@pytest.fixture
def installed(compiled_once: Path, tmp_path: Path) -> Path:
    """The sources, which a test may edit."""
    return shutil.copytree(compiled_once / "installed", tmp_path / "installed")


@pytest.fixture
def kernels(compiled_once: Path, tmp_path: Path) -> Path:
    """Their machine code, which an earlier process has kept."""
    return shutil.copytree(compiled_once / "kernels", tmp_path / "kernels")


def run(installed: Path, kernels: Path | None, code: str = CALL, **environment: str) -> list[float]:
    """Call the kernel in a process of its own: its value, how often it was found on disk, and how often compiled."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=installed,
        env=surroundings(installed, kernels) | environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return list(json.loads(done.stdout))


def surroundings(installed: Path, kernels: Path | None) -> dict[str, str]:
    kept = {name: os.environ[name] for name in os.environ if name not in ("REPORTGEN_KERNELS", "NUMBA_CACHE_DIR")}
    path = os.pathsep.join(filter(None, (str(installed), os.environ.get("PYTHONPATH"))))
    return kept | {"PYTHONPATH": path} | ({} if kernels is None else {"REPORTGEN_KERNELS": str(kernels)})


def edit(installed: Path, before: str, after: str) -> None:
    """Change a kernel that others call, and touch none of these."""
    source = installed / "reportgen/stats/profile.py"
    assert source.read_text().count(before) == 1
    source.write_text(source.read_text().replace(before, after))


def test_a_second_process_compiles_nothing(installed: Path, kernels: Path) -> None:
    assert run(installed, kernels) == [9.0, *KEPT]


@pytest.mark.slow
def test_an_edited_kernel_is_compiled_anew_where_others_call_it(installed: Path, kernels: Path) -> None:
    edit(installed, "    return total\n", "    return 2.0 * total\n")
    assert run(installed, kernels) == [18.0, *COMPILED]
    edit(installed, "    return 2.0 * total\n", "    return total\n")
    assert run(installed, kernels) == [9.0, *KEPT]


@pytest.mark.slow
def test_another_processor_is_compiled_for_anew(installed: Path, kernels: Path) -> None:
    assert run(installed, kernels, NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="") == [9.0, *COMPILED]


@pytest.mark.slow
def test_code_is_kept_in_the_folder_of_the_user(installed: Path, tmp_path: Path) -> None:
    run(installed, None, HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "cache"))
    (folder,) = (tmp_path / "cache/reportgen/kernels").iterdir()
    assert folder.name.startswith("stats-") and folder.stat().st_mode & 0o777 == 0o700
    assert any(folder.glob("caller.quadratic-*.nbc"))
    assert not [*installed.rglob("*.nb?")]


@pytest.mark.slow
def test_the_folder_that_numba_is_told_is_taken_and_parted_by_the_sources(installed: Path, tmp_path: Path) -> None:
    told = {"NUMBA_CACHE_DIR": str(tmp_path / "numba")}
    assert run(installed, None, **told) == [9.0, *COMPILED]
    edit(installed, "    return total\n", "    return 2.0 * total\n")
    assert run(installed, None, **told) == [18.0, *COMPILED]
    assert len([*(tmp_path / "numba").iterdir()]) == 2


@pytest.mark.slow
def test_where_nothing_can_be_kept_each_process_compiles_once(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "kernels").write_text("a file stands where the folder would be made, which stops root as well")
    first, second = (run(installed, tmp_path / "kernels") for _ in range(2))
    assert first == second == [9.0, *COMPILED]
    assert not [*installed.rglob("*.nb?")]


@pytest.mark.slow
def test_a_folder_in_which_others_may_write_is_not_trusted(installed: Path, kernels: Path) -> None:
    (folder,) = kernels.iterdir()
    folder.chmod(0o777)
    assert run(installed, kernels) == [9.0, *COMPILED]


@pytest.mark.slow
def test_a_full_disk_keeps_nobody_from_working(installed: Path, tmp_path: Path) -> None:
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
    assert run(installed, tmp_path / "kernels", full + CALL) == [9.0, *COMPILED]
    assert run(installed, tmp_path / "kernels") == [9.0, *COMPILED]
    assert run(installed, tmp_path / "kernels", full + CALL) == [9.0, *KEPT]


@pytest.mark.slow
@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("suffix", "damage"), [("nbi", b""), ("nbi", b"\0" * 4096), ("nbc", b"words")], ids=["empty", "zeros", "words"]
)
def test_a_damaged_file_is_made_again(installed: Path, kernels: Path, suffix: str, damage: bytes) -> None:
    (broken,) = kernels.rglob(f"caller.quadratic-*.{suffix}")
    broken.write_bytes(damage)
    assert run(installed, kernels) == [9.0, *COMPILED]
    assert run(installed, kernels) == [9.0, *KEPT]


@pytest.mark.slow
def test_an_entry_with_code_for_other_types_is_compiled_anew(installed: Path, kernels: Path) -> None:
    of_integers = CALL.replace("np.ones(12)", "np.ones(12, int)")
    assert run(installed, kernels, of_integers) == [9.0, *COMPILED]
    # what two processes can leave that each save an entry at once: both under one name
    first, second = sorted(kernels.rglob("caller.quadratic-*.nbc"))
    shutil.copy(second, first)
    assert run(installed, kernels) == [9.0, *COMPILED]
    assert run(installed, kernels) == run(installed, kernels, of_integers) == [9.0, *KEPT]


@pytest.mark.slow
def test_only_the_folders_used_last_are_kept(installed: Path, tmp_path: Path) -> None:
    kernels = tmp_path / "kernels"
    old = [kernels / f"stats-{number:032x}" for number in range(6)]
    for age, folder in enumerate(old):
        folder.mkdir(parents=True)
        (folder / "some.nbc").write_bytes(b"")
        os.utime(folder, (2e9 - age, 2e9 - age) if age == 5 else (1e9 - age, 1e9 - age))
    (kernels / "thesis").mkdir()
    os.utime(kernels / "thesis", (0, 0))
    assert run(installed, kernels) == [9.0, *COMPILED]
    left = {path.name for path in kernels.iterdir()}
    assert len(left) == 5 and "thesis" in left
    assert {folder.name for folder in old} & left == {old[5].name, old[0].name, old[1].name}
    assert run(installed, kernels) == [9.0, *KEPT]


@pytest.mark.slow
def test_several_processes_may_compile_at_once(installed: Path, tmp_path: Path) -> None:
    environment = surroundings(installed, tmp_path / "kernels")
    command = [sys.executable, "-c", CALL]
    running = [
        subprocess.Popen(command, cwd=installed, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    assert [json.loads(process.communicate()[0])[0] for process in running] == [9.0] * 3
    assert run(installed, tmp_path / "kernels") == [9.0, *KEPT]


@pytest.mark.slow
def test_an_edit_while_a_process_starts_leaves_no_code_behind(installed: Path, tmp_path: Path) -> None:
    """The digest is of the old source, what is imported is the new one."""
    early = "import reportgen.stats.profile as p, pathlib; path = pathlib.Path('reportgen/stats/profile.py')\n"
    late = "path.write_text(path.read_text().replace('    return total\\n', '    return 2.0 * total\\n'))\n"
    lazy = "import sys; del p, sys.modules['reportgen.stats.profile']\n"
    assert run(installed, tmp_path / "kernels", early + late + lazy + CALL)[0] == 18.0
    edit(installed, "    return 2.0 * total\n", "    return total\n")
    assert run(installed, tmp_path / "kernels") == [9.0, *COMPILED]


def test_a_leaf_that_makes_an_array_is_refused_and_others_take_rows_of_theirs() -> None:
    @compiled.leaf
    def made(x):  # type: ignore[no-untyped-def]
        return (x + 1.0).sum()

    @compiled.leaf
    def total(x):  # type: ignore[no-untyped-def]
        found = 0.0
        for k in range(x.shape[0]):
            row = x[k]
            for h in range(row.shape[0]):
                found += row[h]
        return found

    values = np.arange(6.0).reshape(2, 3)
    with pytest.raises(NumbaError, match="NRT required"):
        made(values)
    references = sys.getrefcount(values)
    assert total(values) == 15.0
    assert sys.getrefcount(values) == references

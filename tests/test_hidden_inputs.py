"""No task opens a file that it did not list: what it gives could change behind its key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.screened_study import write_screened
from tests.study_files import write_yaml

PROGRAM = """
import json, sys, sysconfig
from pathlib import Path

study, store = Path(sys.argv[1]), Path(sys.argv[2])
from reportgen import task
from reportgen.resources import templates_folder
import reportgen, numpy, matplotlib, numba

own = Path(reportgen.__file__).resolve().parent
libraries = {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")}
libraries |= {Path(numpy.__file__).resolve().parent.parent}
allowed = {own, templates_folder().resolve(), Path("/proc"), Path("/sys"), Path("/dev"), *libraries}
allowed |= {Path(one).resolve() for one in sys.path if one}
allowed |= {Path(one).expanduser().resolve() for one in sys.argv[3:]}
opened, running = {}, []
told = task.perform

def perform(call):
    running.append(call.name)
    try:
        return told(call)
    finally:
        running.pop()

def watch(event, arguments):
    if event == "open" and running and isinstance(arguments[0], (str, bytes)):
        path = Path(arguments[0].decode() if isinstance(arguments[0], bytes) else arguments[0]).resolve()
        own_fonts = any(one.name.startswith("weasyprint-") for one in (path, path.parent))  # written there by the task itself
        if not own_fonts and not any(path == one or one in path.parents for one in allowed):
            opened.setdefault(running[-1], set()).add(str(path))

task.perform = perform
import reportgen.graph as graph
graph.perform = perform
sys.addaudithook(watch)
from reportgen.pipeline import Order, build

built = build(Order(study, output=store.parent / "out", store=store, formats=("html", "figures"), workers=1))
print(json.dumps({"code": built.exit_code, "made": built.made, "opened": {k: sorted(v) for k, v in opened.items()}}))
"""


@pytest.mark.slow
def test_only_reading_opens_files(tmp_path: Path) -> None:
    search = {"moderators": ["age", "baseline RMDQ"], "min_size": 40, "max_cuts": 5}
    analyses = {
        "people": {"method": "descriptive", "sides_of": "overall", "variables": ["age"]},
        "pooled": {"method": "meta-analysis"},
        "screening": {"method": "moderators", "moderators": ["age", "sex"]},
        "rp": {"method": "recursive-partitioning", **search},
        "peeling": {"method": "directed-peeling", **{k: v for k, v in search.items() if k != "max_cuts"}, "beam": 1},
        "agreement": {"method": "agreement", "partition": "rp", "peeling": "peeling"},
    }
    from ruamel.yaml import YAML

    path = write_screened(tmp_path / "s")
    contents = [
        {"series": "Fig.", "show": "forest", "of": "pooled"},
        {"series": "Fig.", "show": "peeling-trajectories", "of": "peeling"},
        {"series": "Fig.", "show": "availability"},
    ]
    study = YAML(typ="safe").load(path)
    write_yaml(
        path,
        {
            **study,
            "analyses": analyses,
            "policy": {"draws": {"sign_flips": 20, "bootstrap": 20}},
            "report": {"contents": contents},
        },
    )
    caches = [
        os.environ.get("XDG_CACHE_HOME", "~/.cache"),
        "~/.config/matplotlib",
        "/etc/fonts",
        "/usr/share/fonts",
        "/usr/lib",
        "/var/cache/fontconfig",
        "/usr/share/zoneinfo",
    ]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path), str(tmp_path / "store"), *caches],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["code"] == 0 and found["made"] > 15
    assert set(found["opened"]) == {"read"}
    assert {Path(item).name for item in found["opened"]["read"]} == {"north.csv", "south.csv", "east.csv"}

"""A distribution of its own brings a method, an artefact and a target; no file of the package is touched."""

from __future__ import annotations

import csv
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.study_files import STUDY, write_study

pytestmark = pytest.mark.slow

TOY = '''
"""The ratio of the standard deviations of change in the two arms, by trials and pooled on the log scale."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from reportgen.analyses.cohorts import cells_of
from reportgen.analyses.methods import Method, add_method
from reportgen.analyses.slices import node_of
from reportgen.records import kinds
from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.numbers import slug
from reportgen.records.planned import PlannedEffect
from reportgen.release.values import Values
from reportgen.spec import methods, shows
from reportgen.spec.study import Pooled
from reportgen.views import Draft, Ended, Section, Show, View, add_view


class Scatter(Pooled):
    """How much more change varies with the intervention."""

    method: Literal["scatter"]
    """The ratio of two standard deviations."""
    times: float = 1.0
    """By how much it is multiplied."""


@dataclass(frozen=True, slots=True)
class Ratio:
    label: kinds.Words
    log_ratio: kinds.Effect
    ratio: kinds.Effect


@dataclass(frozen=True, slots=True)
class Scattered:
    name: str
    ratios: tuple


class Ratios(shows.OfAnalysis):
    """The ratios."""

    methods = ("scatter",)
    show: Literal["ratios"]


def fit(people, *, name, node, study):
    logs = []
    for trial in people.trials:
        here = people.trial == trial
        sds = [float(np.std(people.response[here & (people.treatment == arm)], ddof=1)) for arm in (0, 1)]
        logs.append(math.log(sds[1] / sds[0]))
    values = Values(slug(name), f"analyses.{name}", n=people.n, trials=len(people.trials))
    made = values.at(people.comparison, people.outcome, people.follow_up)
    log = node.times * sum(logs) / len(logs)
    return Ratio(
        made.quote("outcome", people.outcome),
        made.figure("log ratio", log, 3),
        made.figure("ratio", math.exp(log), 3),
    )


def lay_out(name, node, layout):
    for cell in cells_of(node, layout.study):
        yield layout.add(
            f"ratio.{slug(name, cell.comparison, cell.outcome, cell.follow_up)}",
            fit,
            {"name": name, "node": node_of(node, cell), "study": layout.slice(node, cell)},
            inputs={"people": layout.people(node, cell)},
        )


def record(name, node, study, present, results):
    return Scattered(name, tuple(results))


def plan(node, desk):
    return [
        PlannedEffect(one.comparison, one.outcome, one.follow_up, one.n, len(one.trials), one.arm_size(0), one.arm_size(1))
        for one in desk.cohorts.of(node)
    ]


def ratios(record, options, context):
    columns = (Column(("Outcome",), "left"), Column(("Ratio of SDs",), "right"))
    rows = tuple(Row((one.label,), ((one.ratio, " (log ", one.log_ratio, ")"),)) for one in record.ratios)
    return (Draft(table=Table(columns, (Group(rows),))),)


def prose(records, study):
    return [Section(("Scatter of change",), (("The ratio of the standard deviations of change was pooled on the log scale.",),))]


def register():
    methods.method(Scatter)
    shows.show(Ratios)
    add_method(Method(Scatter, lay_out, record, plan))
    add_view(
        View(
            "scatter",
            Scattered,
            "Scatter",
            prose=prose,
            status=lambda records: Ended(("ok",) * sum(len(one.ratios) for one in records), ()),
            shows=(Show(Ratios, "Scatter of change", ratios),),
        )
    )


class Target:
    name = "ratios"
    opens = "ratios.txt"
    needs = ()

    def write(self, edition, figures, folder):
        rows = [row for row in edition.results.rows if row.id.endswith(".ratio")]
        (folder / self.opens).write_text("".join(f"{row.id} {row.value!r}\\n" for row in rows), encoding="utf-8")
        return ()


TARGET = Target()
'''
ENTRY_POINTS = "[reportgen.plugins]\ntoy = toy:register\n\n[reportgen.targets]\nratios = toy:TARGET\n"


def install(folder: Path, source: str) -> dict[str, str]:
    """Install the toy into a folder; return the environment that finds it."""
    (folder / "toy-1.0.dist-info").mkdir(parents=True, exist_ok=True)
    (folder / "toy.py").write_text(source, encoding="utf-8")
    (folder / "toy-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n")
    (folder / "toy-1.0.dist-info" / "entry_points.txt").write_text(ENTRY_POINTS)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])}


def run(environment: dict[str, str], *words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reportgen.cli", *map(str, words)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    changes = {
        "analyses": {**STUDY["analyses"], "spread": {"method": "scatter"}},
        "report": {"contents": [{"series": "Table", "show": "ratios", "of": "spread"}]},
    }
    return write_study(tmp_path / "small", changes)


def test_its_numbers_are_in_the_results_on_the_page_and_in_the_methods(study: Path, tmp_path: Path) -> None:
    environment = install(tmp_path / "library", TOY)
    out = tmp_path / "out"
    asked = ["build", study, "--output", out, "--formats", "html,results,ratios"]
    done = run(environment, *asked, "-j", 2)
    assert done.returncode == 0, done.stderr
    with (out / "results.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = {row["id"]: row for row in csv.DictReader(stream)}
    row = rows["spread.overall.rmdq.short.ratio"]
    assert math.log(float(row["value"])) == pytest.approx(expected(study.parent), rel=1e-12)
    text = re.sub("<[^>]*>", "", (out / "appendix.html").read_text(encoding="utf-8"))
    assert f"{row['text']} (log " in text
    assert "The ratio of the standard deviations of change was pooled on the log scale." in text
    assert (out / "ratios.txt").read_text() == f"spread.overall.rmdq.short.ratio {float(row['value'])!r}\n"
    assert "nothing has changed" in run(environment, *asked).stderr
    changed = install(tmp_path / "library", TOY.replace("log = node.times *", "log = 2 * node.times *"))
    again = run(changed, *asked)
    assert again.returncode == 0, again.stderr
    value = float((out / "ratios.txt").read_text().split()[1])
    assert math.log(value) == pytest.approx(2 * expected(study.parent), rel=1e-12)


def test_a_target_of_its_own_that_changed_writes_anew(tmp_path: Path) -> None:
    study = write_study(tmp_path / "small").parent
    library, out = tmp_path / "library", tmp_path / "out"
    environment = install(library, TOY)
    (library / "toy-1.0.dist-info" / "entry_points.txt").write_text("[reportgen.targets]\nratios = toy:TARGET\n")
    asked = ["build", study, "--output", out, "--formats", "ratios", "-j", 1]
    assert run(environment, *asked).returncode == 0
    assert "nothing has changed" in run(environment, *asked).stderr
    (library / "toy.py").write_text(TOY.replace('"".join(', '"ratios\\n" + "".join('), encoding="utf-8")
    assert run(environment, *asked).returncode == 0
    assert (out / "ratios.txt").read_text() == "ratios\n"


def expected(folder: Path) -> float:
    """The mean of the trials' log ratios, from their files."""
    logs = []
    for name in ("north", "south"):
        table = pd.read_csv(folder / f"{name}.csv")
        table = table.dropna(subset=["rm_b", "rm_q3"])
        change = table["rm_b"] - table["rm_q3"]
        sds = [float(np.std(change[table["arm"] == arm], ddof=1)) for arm in (2, 1)]
        logs.append(math.log(sds[1] / sds[0]))
    return sum(logs) / len(logs)


def test_plan_and_schema_know_it(study: Path, tmp_path: Path) -> None:
    environment = install(tmp_path / "library", TOY)
    planned = run(environment, "plan", study)
    assert planned.returncode == 0, planned.stderr
    assert "spread: scatter" in planned.stdout
    assert "By how much it is multiplied." in run(environment, "schema").stdout


def test_one_that_cannot_be_loaded_is_named(study: Path, tmp_path: Path) -> None:
    environment = install(tmp_path / "library", "raise ImportError('no numpy here')\n")
    done = run(environment, "validate", study)
    assert done.returncode == 2
    assert "the plug-in 'toy' (toy:register) cannot be loaded: ImportError: no numpy here" in done.stderr
    assert "Traceback" not in done.stderr

"""A distribution of its own brings a method, an artefact and a target; no file of the package is touched."""

from __future__ import annotations

import csv
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import lxml.html
import numpy as np
import pandas as pd
import pytest

from tests.page_numbers import pages_of
from tests.study_files import STUDY, write_study

pytestmark = pytest.mark.slow

TOY = '''
"""The ratio of the standard deviations of change in the two arms, by trial and pooled, on the log scale."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from reportgen.analyses.cohorts import cells_of
from reportgen.analyses.methods import Method, add_method
from reportgen.analyses.slices import node_of
from reportgen.figures.axis import axis_for
from reportgen.figures.forest import forest_alt, interval_cell
from reportgen.figures.rows import Band, Heading, Headings, Row as Line, Slot
from reportgen.figures.layout import lay_out
from reportgen.figures.svg import drawing
from reportgen.records import kinds
from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.effect_scale import EffectScale, shared
from reportgen.records.numbers import slug
from reportgen.records.planned import PlannedEffect
from reportgen.release.values import Values
from reportgen.spec import methods, shows
from reportgen.spec.analyses import Pooled
from reportgen.tables.phrases import interval
from reportgen.views import Draft, Ended, Section, Show, Sketch, View, add_view
from reportgen.views.prose.models import on_log_scale

NAME = "ratio of SDs"
SCALE = EffectScale(NAME, NAME, "ratios of SDs", "log", favours="lower")


class Scatter(Pooled):
    """How much more change varies with the intervention."""

    method: Literal["scatter"]
    """The ratio of two standard deviations."""
    times: float = 1.0
    """By how much its logarithm is multiplied."""


@dataclass(frozen=True, slots=True)
class Ratio:
    label: kinds.Words
    n: kinds.Count
    effect: kinds.Effect
    low: kinds.Effect
    high: kinds.Effect


@dataclass(frozen=True, slots=True)
class Ratios:
    outcome: kinds.Words
    scale: EffectScale
    trials: tuple[Ratio, ...]
    pooled: Ratio


@dataclass(frozen=True, slots=True)
class Scattered:
    name: str
    outcomes: tuple[Ratios, ...]


class RatioTable(shows.OfAnalysis, shows.Rounded):
    """The ratios in numbers."""

    methods = ("scatter",)
    show: Literal["ratios"]


class RatioForest(shows.OfAnalysis, shows.Rounded):
    """The ratios on an axis."""

    methods = ("scatter",)
    show: Literal["ratio-forest"]


def made(values, label, n, log, error):
    low, high = values.bounds(log - 1.96 * error, log + 1.96 * error, "effect")
    return Ratio(values.quote("label", label), values.count("n", n), values.fixed("effect", log, "effect"), low, high)


def fit(people, *, name, node, study):
    arms, minimum = (people.arm_size(0), people.arm_size(1)), study.policy.minimum_cell
    values = Values(slug(name), f"analyses.{name}", n=people.n, trials=len(people.trials), arms=arms, minimum=minimum)
    values = values.at(people.comparison, people.outcome, people.follow_up, link=SCALE.link)
    rows, logs, variances = [], [], []
    for trial in people.trials:
        arms = [people.response[(people.trial == trial) & (people.treatment == arm)] for arm in (0, 1)]
        logs.append(node.times * math.log(np.std(arms[1], ddof=1) / np.std(arms[0], ddof=1)))
        variances.append(sum(1 / (2 * (len(arm) - 1)) for arm in arms))
        rows.append(made(values.at(trial), trial, sum(map(len, arms)), logs[-1], math.sqrt(variances[-1])))
    pooled = made(values, "Pooled", people.n, sum(logs) / len(logs), math.sqrt(sum(variances)) / len(logs))
    return Ratios(values.quote("outcome", people.outcome), SCALE, tuple(rows), pooled)


def lay_out_tasks(name, node, layout):
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


def table(record, options, context):
    scale = shared(one.scale for one in record.outcomes)
    columns = (Column(("Trial",), "left"), Column(("n",), "right"), Column((f"{scale.head} (interval)",), "decimal"))
    groups = tuple(
        Group(
            tuple(Row((row.label,), ((row.n,), interval(row.effect, row.low, row.high))) for row in (*one.trials, one.pooled)),
            head=(one.outcome,),
        )
        for one in record.outcomes
    )
    return (Draft(table=Table(columns, groups, ((f"{scale.direction}.",),))),)


def line(row, pooled):
    low, middle, high = row.low.value, row.effect.value, row.high.value
    return Line(
        (row.label,),
        ((Slot(row.n),),),
        (interval_cell(row.effect, row.low, row.high),),
        plot=lambda panel, y: panel.diamond(low, middle, high, y) if pooled else panel.square(low, middle, high, 0.5, y),
        estimate=(row.effect, row.low, row.high),
    )


def draw(ratios, *, name):
    scale, rows = ratios.scale, (*ratios.trials, ratios.pooled)
    axis = axis_for([row.effect.value for row in rows], [(row.low.value, row.high.value) for row in rows], link=scale.link)
    band = Band(tuple(line(row, row is ratios.pooled) for row in rows), axis, ratios.pooled.effect.value, arrows=scale.arrows)
    headings = Headings(("Trial",), (Heading((("n",),)),), (Heading(((scale.title,), ("(interval)",))),), (scale.title,))
    scales = {row.effect.id: scale for row in rows}
    one = ratios.pooled

    def alt(page, page_name):
        said = (" Pooled ", scale.named, *interval(one.effect, one.low, one.high), ".")
        return (*forest_alt(page, page_name, scales), *said)

    return tuple(map(drawing, lay_out((band,), headings, (f"{scale.direction}.",), name=name, title="Scatter", alts=alt)))


def forest(record, options, context):
    return (Draft(sketches=tuple(Sketch(partial(draw, one, name=context.name)) for one in record.outcomes)),)


def prose(records, study):
    scales = [one.scale for record in records for one in record.outcomes]
    return [Section(("Scatter of change",), (*on_log_scale(scales), *((f"{scale.direction}.",) for scale in set(scales))))]


def register():
    methods.method(Scatter)
    shows.show(RatioTable)
    shows.show(RatioForest)
    add_method(Method(Scatter, lay_out_tasks, record, plan))
    add_view(
        View(
            "scatter",
            Scattered,
            "Scatter",
            prose=prose,
            status=lambda records: Ended(("ok",) * sum(len(one.outcomes) for one in records), ()),
            shows=(Show(RatioTable, "Scatter of change", table), Show(RatioForest, "Scatter of change, drawn", forest)),
        )
    )


class Target:
    name = "ratios"
    opens = "ratios.txt"
    needs = ()

    def write(self, edition, figures, folder):
        rows = [row for row in edition.results.rows if row.kind == "log" and row.id.endswith(".short.effect")]
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
        "report": {
            "contents": [
                {"series": "Table", "show": "ratios", "of": "spread"},
                {"series": "Fig.", "show": "ratio-forest", "of": "spread", "rounding": {"effect": 3}},
            ]
        },
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
    row = rows["spread.overall.rmdq.short.effect"]
    assert (float(row["value"]), row["kind"]) == (pytest.approx(expected(study.parent), rel=1e-12), "log")
    assert row["text"] == f"{math.exp(float(row['value'])):.2f}"
    page = lxml.html.fromstring(pages_of(out))
    shows_ratios(page, rows, "spread.overall.rmdq.short")
    text = page.text_content()
    assert "Ratios of SDs were analysed as their natural logarithms and are printed as ratios" in text
    assert "mean difference" not in text.lower()
    assert f"spread.overall.rmdq.short.effect {float(row['value'])!r}\n" in (out / "ratios.txt").read_text()
    assert "nothing has changed" in run(environment, *asked).stderr
    changed = install(tmp_path / "library", TOY.replace("append(node.times *", "append(2 * node.times *"))
    again = run(changed, *asked)
    assert again.returncode == 0, again.stderr
    value = float((out / "ratios.txt").read_text().split()[1])
    assert value == pytest.approx(2 * expected(study.parent), rel=1e-12)


def shows_ratios(page: Any, rows: dict[str, dict[str, str]], prefix: str) -> None:
    """Check head and cells of the table; ticks, marks, head, words and alternative text of the figure."""
    ends = [rows[f"{prefix}.{name}"] for name in ("effect", "ci-low", "ci-high")]
    effect, low, high = (end["text"] for end in ends)
    (table,) = [item for item in page.xpath("//table") if "Ratio of SDs" in item.text_content()]
    assert f"{effect} ({low} to {high})" in table.text_content()
    (figure,) = page.xpath("//*[local-name()='svg'][starts-with(@aria-label, 'Forest plot of ratios of SDs')]")
    fine = [f"{math.exp(float(end['value'])):.3f}" for end in ends]
    assert figure.get("aria-label").endswith(f" Pooled ratio of SDs {fine[0]} ({fine[1]} to {fine[2]}).")
    texts = figure.xpath(".//*[local-name()='text']")
    ticks = {float(text.text): float(text.get("x")) for text in texts if text.get("data-axis") == "tick"}
    assert list(ticks) == [0.5, 0.7, 1, 1.4, 2]
    unit = (ticks[2] - ticks[1]) / math.log(2)
    assert [x - ticks[1] for x in ticks.values()] == pytest.approx([unit * math.log(tick) for tick in ticks], abs=0.02)
    paths = " ".join(item.get("d") for item in figure.xpath(".//*[local-name()='path']"))
    assert re.search(rf"M{ticks[1]:g} [\d.]+V[\d.]+", paths), "no line at a ratio of one"
    left, middle, right = (
        float(x) for x in re.findall(r"M([\d.]+) [\d.]+L([\d.]+) [\d.]+L([\d.]+) [\d.]+L\2 [\d.]+z", paths)[-1]
    )
    places = [ticks[1] + unit * float(item["value"]) for item in (ends[1], ends[0], ends[2])]
    assert [left, middle, right] == pytest.approx(places, abs=0.02)
    words = {text.text: float(text.get("x")) for text in texts if text.text}
    assert words["favours intervention"] < ticks[1] < words["favours control"]
    assert "Ratio of SDs" in words
    assert "Ratios of SDs below one favour the intervention." in words


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
    assert "By how much its logarithm is multiplied." in run(environment, "schema").stdout


def test_one_that_cannot_be_loaded_is_named(study: Path, tmp_path: Path) -> None:
    environment = install(tmp_path / "library", "raise ImportError('no numpy here')\n")
    done = run(environment, "validate", study)
    assert done.returncode == 2
    assert "the plug-in 'toy' (toy:register) cannot be loaded: ImportError: no numpy here" in done.stderr
    assert "Traceback" not in done.stderr

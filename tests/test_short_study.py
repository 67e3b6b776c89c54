"""A study file of thirty lines on a binary outcome gives a whole appendix: what is not said has a default."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from reportgen.cli import run
from tests.event_study import TRIALS, write_event_search
from tests.page_numbers import pages_of, trace_numbers

pytestmark = pytest.mark.slow

STUDY = """\
study: {title: Exercise and relapse, data: simulated, seed: 1}
trials: [north.yaml, south.yaml, east.yaml]
arm_classes: [exercise, usual care, sham]
follow_up: {short: {months: [2, 3], aim: 3}}
instruments:
  RMDQ: {name: Roland Morris, range: [0, 24], better: lower}
  relapse: {name: Relapse, levels: ["no", "yes"]}
outcomes: {relapse: {kind: binary, event: "yes", good: false}}
covariates:
  age: {unit: years, range: [16, 100], per: 10}
  sex: {levels: [female, male]}
comparisons: {overall: {intervention: exercise, control: [usual care, sham]}}
analyses:
  people: {method: descriptive, sides_of: overall, variables: [age, sex, baseline RMDQ]}
  harms: {method: events}
  pooled: {method: meta-analysis, adjust_for: [age]}
  moderation: {method: moderators, moderators: [age, sex, baseline RMDQ], adjust_for: []}
  partition: {method: recursive-partitioning, moderators: {from: moderation, p_below: 0.20}, adjust_for: []}
report:
  contents:
    - {series: Table, show: included-trials}
    - {series: Table, show: descriptive, of: people}
    - {series: Table, show: events, of: harms}
    - {series: Fig., show: forest-by-trial, of: pooled}
    - {series: Table, show: absolute-effects, of: pooled}
    - {series: Fig., show: interaction-forest, of: moderation}
    - {series: Table, show: interaction-estimates, of: moderation}
    - {series: Fig., show: subgroup-tree, of: partition}
    - {series: Table, show: search-honesty, of: partition}
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of that study, in which those up to fifty gain, with few draws."""
    folder = tmp_path_factory.mktemp("short")
    path = write_event_search(folder / "study")  # for its trial files and mappings
    path.write_text(STUDY, encoding="utf-8")
    for name in TRIALS:
        mapping = folder / "study" / f"{name.lower()}.yaml"
        text = mapping.read_text(encoding="utf-8")
        mapping.write_text(re.sub(r"(?m)^  (falls|days):\n(    .*\n|  +- .*\n)*", "", text), encoding="utf-8")
    order = ["build", str(path), "--output", str(folder / "out"), "--formats", "html,results,workbook", "-j", "1"]
    assert run([*order, "--draws", "20,20"]) == 0
    return folder / "out"


def test_it_has_thirty_lines() -> None:
    assert len(STUDY.splitlines()) <= 30


def test_the_appendix_is_whole(report: Path) -> None:
    page = pages_of(report)
    text = re.sub(r"<[^>]+>", "", page)
    headings = [
        re.sub(r"<[^>]+>", "", item).strip() for item in re.findall(r"<h[123][^>]*>(.*?)</h[123]>", page, re.DOTALL)
    ]
    for wanted in ("Key findings", "Flow of participants"):
        assert any(wanted in heading for heading in headings), headings
    for kind, many in (("Table", 6), ("Fig.", 3)):  # each that was asked for, with its number
        assert all(re.search(rf"{re.escape(kind)}\s{number}\b", text) for number in range(1, many + 1))
    assert page.count("<svg") >= 4  # the figures, and the flow
    results = pd.read_csv(report / "results.csv")
    assert trace_numbers(page, dict(zip(results["id"], results["text"], strict=True))).untraced == ()


def test_every_method_has_its_numbers(report: Path) -> None:
    values = pd.read_csv(report / "results.csv").set_index("id")["value"]
    numbers = pd.to_numeric(values, errors="coerce").dropna()
    for wanted in (
        "harms.overall.relapse.short.trial.north.events.control",
        "pooled.overall.relapse.short.effect",
        "pooled.overall.relapse.short.absolute.difference",
        "moderation.overall.relapse.short.age.within.effect",
        "partition.overall.relapse.short.age-low.effect",
        "partition.overall.relapse.short.honesty.search-p",
    ):
        assert wanted in numbers.index, [name for name in numbers.index if name.startswith(wanted.split(".")[0])]
    assert float(numbers["pooled.overall.relapse.short.effect"]) < 0.0
    assert float(numbers["moderation.overall.relapse.short.age.within.effect"]) > 0.0  # the older gain less
    for number in range(1, 7):
        assert len(pd.read_csv(report / "tables" / f"table{number}.csv")) > 0

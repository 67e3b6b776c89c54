"""The nineteen simulated trials: what the paper prints comes out, from raw files that nobody coded alike."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from reportgen.data import Repository
from reportgen.output import mark
from reportgen.output.trial_files import MARK
from reportgen.pipeline import read
from reportgen.records.model import Descriptive, PooledEffect
from reportgen.records.numbers import MINUS, Number, fixed
from reportgen.resources import specs_folder
from reportgen.simulation import simulate
from reportgen.spec import Spec
from reportgen.spec.analyses import Descriptive as DescriptiveNode
from reportgen.spec.analyses import MetaAnalysis
from reportgen.spec.simulation import SimulationSpec, load_simulation
from tests.analysed import analysed
from tests.real import printed

pytestmark = pytest.mark.slow

STUDY = specs_folder() / "low-back-pain"
SIDES = ("control", "intervention", "all")


@pytest.fixture(scope="module")
def loaded() -> tuple[Spec, Repository]:
    return read(STUDY)


@pytest.fixture(scope="module")
def file() -> SimulationSpec:
    return load_simulation(STUDY / "simulation.yaml")


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    return printed.facts()


@pytest.fixture(scope="module")
def table2(loaded: tuple[Spec, Repository]) -> Descriptive:
    spec, repository = loaded
    node = spec.study.analyses["demographics"]
    assert isinstance(node, DescriptiveNode)
    return analysed("demographics", node, repository, spec.study)


@pytest.fixture(scope="module")
def pooled(loaded: tuple[Spec, Repository]) -> dict[str, PooledEffect]:
    spec, repository = loaded
    node = spec.study.analyses["pooled"]
    assert isinstance(node, MetaAnalysis)
    record = analysed("pooled", node, repository, spec.study)
    return {str(effect.id).removeprefix("pooled.overall."): effect for effect in record.results}


def test_the_raw_files_are_what_the_simulation_file_makes(file: SimulationSpec) -> None:
    again = simulate(file)
    committed = {path.name: path for path in (STUDY / "raw").iterdir() if path.name != MARK}
    assert sorted(again) == sorted(committed)
    assert mark.read_mark(STUDY / "raw" / MARK) == tuple(mark.listed(name, again[name]) for name in sorted(again))
    assert [name for name, content in again.items() if content != committed[name].read_bytes()] == []
    assert sum(map(len, again.values())) < 3_000_000


def printed_table(table: Descriptive) -> dict[tuple[str, ...], str]:
    """Every number of the table by its place."""
    cells: dict[tuple[str, ...], str] = {}

    def put(number: Number | None, *place: str) -> None:
        if number is not None:
            cells[place] = number.text

    for label, side in zip(SIDES, table.sides, strict=True):
        put(side.trials, "head", "m", label)
        put(side.n, "head", "n", label)
    for characteristic in table.characteristics:
        for label, summary in zip(SIDES, characteristic.sides, strict=True):
            for key, number in (("m", summary.trials), ("n", summary.n), ("mean", summary.mean), ("sd", summary.sd)):
                put(number, characteristic.label.text, key, label)
        for level in characteristic.levels:
            for label, share in zip(SIDES, level.shares, strict=True):
                put(share.n, characteristic.label.text, level.label.text, "n", label)
                put(share.percent, characteristic.label.text, level.label.text, "pct", label)
    return cells


def wanted_cells(facts: dict[str, Any]) -> dict[tuple[str, ...], str]:
    """Every cell of Table 2 as the paper prints it, by the same places."""
    totals, table = facts["totals"], facts["table2"]
    wanted = {
        ("head", "m", "control"): totals["control"]["trials"],
        ("head", "m", "intervention"): totals["intervention"]["trials"],
        ("head", "m", "all"): totals["trials"],
        ("head", "n", "control"): totals["control"]["n"],
        ("head", "n", "intervention"): totals["intervention"]["n"],
        ("head", "n", "all"): totals["participants"],
    }
    names = {"age_years": "Age", "bmi": "Body mass index", "sex": "Sex", "ethnicity": "Ethnicity"}
    names |= {"smoking": "Smoking", "employment": "Employment"}
    for key, label in names.items():
        for row, values in table[key].items():
            parts = values if isinstance(values, dict) else {row: values}
            place = (label, _level(row)) if isinstance(values, dict) else (label,)
            for what, numbers in parts.items():
                for side, number in zip(SIDES, numbers, strict=True):
                    if number is not None:
                        wanted[(*place, what, side)] = f"{number:.2f}" if what in ("mean", "sd", "pct") else number
    return {place: str(value) for place, value in wanted.items()}


def _level(row: str) -> str:
    return row if row[0].isupper() else {"female": "female", "male": "male"}[row]


def test_every_cell_of_table_2_comes_out_as_printed(table2: Descriptive, facts: dict[str, Any]) -> None:
    cells, wanted = printed_table(table2), wanted_cells(facts)
    assert {place: (cells.get(place), text) for place, text in wanted.items() if cells.get(place) != text} == {}
    assert len(wanted) == 119


def test_baseline_scores_come_out_as_printed(table2: Descriptive, facts: dict[str, Any]) -> None:
    everybody = {
        characteristic.label.text.removesuffix(" at baseline"): characteristic.sides[2]
        for characteristic in table2.characteristics
    }
    for name, scores in facts["table2"]["baseline_scores"].items():
        side = everybody[name]
        assert side.mean is not None
        assert side.sd is not None
        assert fixed(side.mean.value or 0, 1) == fixed(float(scores["mean"]), 1), name
        assert fixed(side.sd.value or 0, 1) == fixed(float(scores["sd"]), 1), name
        assert (int(side.trials.text), int(side.n.text)) == (facts["outcomes"][name]["m"], facts["outcomes"][name]["n"])


def test_the_targets_are_the_printed_ones(file: SimulationSpec, table2: Descriptive) -> None:
    """The same without the paper at hand: what the simulation file declares is what the table prints."""
    cells = printed_table(table2)
    targets = file.simulation.targets
    assert targets is not None
    compared = 0
    for name, target in targets.variables.items():
        covariate = file.spec.study.covariates.get(name)
        label = covariate.label if covariate else f"{name} at baseline"
        for side in SIDES:
            figures = getattr(target, side)
            for key in ("mean", "sd"):
                if (value := getattr(figures, key)) is not None:
                    assert cells[label, key, side] == fixed(value, 2).replace(MINUS, "-")
                    compared += 1
            for level, count in figures.counts.items():
                assert cells[label, level, "n", side] == str(count)
                compared += 1
    assert compared == 11 + 6 + 2 * (2 + 6 + 2 + 3)


def test_table_1_and_the_people_left_out(loaded: tuple[Spec, Repository], facts: dict[str, Any]) -> None:
    spec, repository = loaded
    rows = {row["trial"]: row for row in facts["table1"]}
    assert [trial.name for trial in repository.trials] == list(rows)
    for trial in repository.trials:
        row = rows[trial.name]
        assert (trial.raw_n, trial.country) == (row["n"], row["country"])
        assert sorted(arm[:2] for arm in trial.arms) == sorted(tuple(arm) for arm in row["arms"])
        left = [line for line in repository.ledger if line.trial == trial.name and line.kind == "left-out"]
        assert sum(line.count for line in left) == trial.raw_n - trial.n > 0, trial.name
        assert all("left out" in line.rule for line in left)
    assert sum(trial.raw_n for trial in repository.trials) == 9611
    assert sum(trial.n for trial in repository.trials) == 9328
    assert spec.study.study.data == "simulated"


def test_who_measured_what(loaded: tuple[Spec, Repository], facts: dict[str, Any]) -> None:
    _, repository = loaded
    measured: dict[str, list[str]] = {}
    for trial in repository.trials:
        for instrument in {name for name, _ in trial.collected_measures}:
            measured.setdefault(instrument, []).append(trial.name)
    assert {name: measured[name] for name in printed.MEASURED_BY} == printed.MEASURED_BY
    without = {"Witt", "Haake", "Brinkhaus", "YACBAC", "Carlsson"}
    assert {trial.name for trial in repository.trials} - set(measured["RMDQ"]) == without
    for name in ("RMDQ", "CPG-DS", "FFbHR", "PSFS"):
        before = repository.measures.query("instrument == @name and months == 0")
        assert (len(measured[name]), len(before)) == (facts["outcomes"][name]["m"], facts["outcomes"][name]["n"])


def test_the_published_results_are_found(pooled: dict[str, PooledEffect]) -> None:
    def effect(name: str) -> float:
        return float(pooled[name].estimate.effect.value or 0)

    assert effect("rmdq.short") == pytest.approx(1.31, abs=0.15)
    assert effect("ffbhr.short") == pytest.approx(8.3, abs=0.5)
    p = {name: item.estimate.p.value for name, item in pooled.items() if item.estimate.effect.value is not None}
    assert all(p[f"{name}.short"] < 0.05 for name in ("rmdq", "ffbhr", "pain", "pcs", "mcs", "cpg-ds"))
    later = [value for name, value in p.items() if not name.endswith("short")]
    assert sum(value < 0.05 for value in later) <= len(later) / 4


def test_loss_to_follow_up(loaded: tuple[Spec, Repository]) -> None:
    """5 to 30 %, and never less at a later visit by more than a few skipped values."""
    _, repository = loaded
    for trial in repository.trials:
        measures = repository.measures[repository.measures["trial"] == trial.name]
        there = measures.groupby("months")["row"].nunique() / trial.n
        lost = 1 - there[there.index >= 2]
        assert lost.between(0.02, 0.33).all(), trial.name
        assert len(lost) == 1 or lost.iloc[-1] >= lost.iloc[0] - 0.02, trial.name


def test_formats_and_quirks(loaded: tuple[Spec, Repository]) -> None:
    spec, _ = loaded
    mappings = [located.mapping for located in spec.mappings]
    formats = Counter(data.format for mapping in mappings for data in mapping.data)
    assert all(formats[name] >= 3 for name in ("Excel", "SPSS", "Stata", "Parquet"))
    files = [data for mapping in mappings for data in mapping.data]
    assert any(data.sheet == 2 and data.header_row > 1 for data in files)
    assert any((data.separator, data.decimal, data.encoding) == (";", ",", "iso-8859-1") for data in files)
    assert sum(data.layout == "long" for data in files) == 4
    assert sum(mapping.variables["RMDQ"].items is not None for mapping in mappings if "RMDQ" in mapping.variables) == 3


def test_no_two_trials_share_a_scheme(loaded: tuple[Spec, Repository]) -> None:
    spec, _ = loaded
    mappings = [located.mapping for located in spec.mappings]
    schemes = {
        "arms": [m.arms.column for m in mappings],
        "codes of arms": [str({code: (arm.class_, arm.name) for code, arm in m.arms.codes.items()}) for m in mappings],
        "participant": [m.data[0].participant for m in mappings],
        "sex": [str((m.variables["sex"].column, m.variables["sex"].codes)) for m in mappings],
        "RMDQ": [
            str((m.variables["RMDQ"].column, m.variables["RMDQ"].items)) for m in mappings if "RMDQ" in m.variables
        ],
    }
    for what, listed in schemes.items():
        assert len(set(listed)) == len(listed), what


def test_a_tie_of_two_visits_goes_to_the_earlier(loaded: tuple[Spec, Repository]) -> None:
    from reportgen.analyses.measurements import visit_in

    spec, repository = loaded
    trial = next(trial for trial in repository.trials if trial.name == "Von Korff BIA")
    assert visit_in(trial, "RMDQ", spec.study.follow_up["mid"]) == "telephone"


def test_the_readme_names_every_file() -> None:
    text = (STUDY / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in (STUDY / "raw").iterdir() if path.name not in text] == []


def test_every_trial_has_a_mapping_of_its_own() -> None:
    assert len([*Path(STUDY / "trials").glob("*.yaml")]) == 19

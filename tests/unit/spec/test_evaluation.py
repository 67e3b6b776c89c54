"""What an evaluation file may say, and what a user is told of one that says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.errors import SpecError
from reportgen.spec.evaluation import MOST_CELLS, load_evaluation, locked_evaluation
from tests.conftest import ROOT
from tests.evaluation_files import PEELING, TINY, evaluation, written

WORKED = ROOT / "specs" / "operating-characteristics"


def told(folder: Path, before: str, after: str) -> str:
    """What is said of the small file with a change."""
    assert before in TINY + PEELING
    with pytest.raises(SpecError) as caught:
        evaluation(folder, (TINY + PEELING).replace(before, after))
    return str(caught.value)


def test_scenarios_are_all_combinations_and_nothing_planted_is_one_of_them(tmp_path: Path) -> None:
    axes = TINY.replace("moderators:", "tau: [0, 0.1, 0.1]\nslope_scatter: 0.2\nmoderators:")
    found = evaluation(tmp_path, axes).scenarios()
    assert [(item.number, item.cell.tau, item.planted, item.cell.gain) for item in found] == [
        (1, 0.0, "", 0.0),
        (2, 0.0, "the younger", 1.2),
        (3, 0.1, "", 0.0),
        (4, 0.1, "the younger", 1.2),
    ]
    assert {item.cell.slope_scatter for item in found} == {0.2}


def test_two_rules_share_the_scenario_in_which_neither_gains(tmp_path: Path) -> None:
    rule = "  those in pain: {where: {pain: above 5}, gain: [0, 0.5]}\nsearches:"
    found = evaluation(tmp_path, TINY.replace("searches:", rule)).scenarios()
    assert [(item.planted, item.cell.gain) for item in found] == [
        ("", 0.0),
        ("the younger", 1.2),
        ("those in pain", 0.5),
    ]


def test_a_scenario_keeps_its_seed_when_others_join_it(tmp_path: Path) -> None:
    alone = evaluation(tmp_path).scenarios()
    more = evaluation(tmp_path, TINY.replace("moderators:", "tau: [0.3, 0]\nmoderators:", 1)).scenarios()
    keys = {item.cell.tau: item.cell.key for item in more if not item.planted}
    assert keys[0.0] == alone[0].cell.key != keys[0.3]


def test_trials_may_differ_in_size_and_allocation(tmp_path: Path) -> None:
    changed = TINY.replace("{number: 3, people: 60}", "{people: [60, 40], allocation: [0.5, 0.25]}")
    trials = evaluation(tmp_path, changed).file.trials["three"]
    assert (trials.sizes, trials.allocations) == ((60, 40), (0.5, 0.25))


def test_what_was_understood_can_be_read_again(tmp_path: Path) -> None:
    once = evaluation(tmp_path, TINY + PEELING)
    again = load_evaluation(written(tmp_path, locked_evaluation(once), "again.yaml"))
    assert again.file == once.file


@pytest.mark.parametrize(
    ("file", "name", "scenarios"),
    [("evaluation", "operating-characteristics", 4), ("level", "level", 3), ("bias", "bias", 4)],
)
def test_the_worked_files_are_in_order(file: str, name: str, scenarios: int) -> None:
    spec = load_evaluation(WORKED / f"{file}.yaml")
    assert (spec.name, len(spec.scenarios())) == (name, scenarios)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("{age: up to 49}", "{agee: up to 49}", "evaluation.yaml:8:25: there is no moderator 'agee'"),
        ("up to 49", "8 to 10", "evaluation.yaml:8:30: '8 to 10' is no limit"),
        ("slope: 0.3", "slop: 0.3", "evaluation.yaml:5:25: unknown key 'slop'"),
        ("{range: [0, 99]", "{range: [99, 0]", "evaluation.yaml:5:16: the range is empty or too wide"),
        (
            "{range: [0, 99]",
            "{range: [0]",
            "evaluation.yaml:5:16: one value found where a lower and an upper value are",
        ),
        ("gain: [0, 1.2]", "gain: []", "evaluation.yaml:8:47: an empty list found where a value is expected"),
        ("{age: up to 49}", "{}", "evaluation.yaml:8:24: an empty mapping found where a key is expected"),
        ("{mean: 5, sd: 2,", "{", "evaluation.yaml:6:9: a moderator has no distribution"),
        ("{number: 3, people: 60}", "{number: 3, people: [60, 40]}", "evaluation.yaml:3:30: 2 values of 'people'"),
        ("sign_flips: 20", "sign_flips: 5", "5 draws cannot show a p value below 0.05"),
        ("sign_flips: 20, bootstrap: 20", "bootstrap: 20, curtailed: true", "evaluation.yaml:10:"),
        ("sign_flips: 20", "curtailed: true", "there are no sign flips to end early"),
        ("sign_flips: 20", "sign_flips: 20, curtailed: 3", "curtailed"),
        ("data_sets: 6", "data_sets: 0", "evaluation.yaml:1:34:"),
        ("gain: [0, 1.2]", "gain: -1", "evaluation.yaml:8:47:"),
        (
            "information: pooled",
            "information: within, criterion: maximum",
            "says something of the criterion 'interaction'",
        ),
        (
            "adjuster_slopes: common",
            "adjuster_slopes: stratified, criterion: maximum",
            "'adjuster_slopes: stratified' says something of the criterion 'interaction' alone",
        ),
        ("beam: 2", "beam: 2, min_size: 5%", "a peeling has its smallest share in 'min_fraction'"),
        ("beam: 2", "beam: 2, directions: {ages: higher gain more}", "there is no moderator 'ages'"),
        ("planted:", "residuals: {r: {moderator: age}}\nplanted:", "'moderator' and 'factor' belong together"),
        ("planted:", "residuals: {r: {moderator: aga, factor: 2}}\nplanted:", "there is no moderator 'aga'"),
        ("method: directed-peeling", "method: peeling", "evaluation.yaml:11:18:"),
    ],
)
def test_a_fault_has_its_place(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert said in told(tmp_path, before, after)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    said = told(tmp_path, "planted:\n", "efect: 1\nplanted:\n  nobody: {gain: 1}\n")
    assert "unknown key 'efect'" in said
    assert "'where'" in said


def test_a_grid_of_a_billion_cells_is_refused_with_the_count(tmp_path: Path) -> None:
    axis = f"[{', '.join(str(k / 1000) for k in range(1000))}]"
    axes = f"tau: {axis}\nslope_scatter: {axis}\ninteraction_scatter: {axis}\nplanted:"
    said = told(tmp_path, "planted:", axes)
    assert "the grid has 2,000,000,000 scenarios and 2 searches: 4,000,000,000 cells" in said
    assert f"{MOST_CELLS:,} cells at most" in said


def test_a_billion_data_sets_are_refused_with_the_count(tmp_path: Path) -> None:
    said = told(tmp_path, "data_sets: 6}", "data_sets: 1000000000}")
    assert "evaluation.yaml:1:34: 4 cells with up to 1,000,000,000 data sets are 2,000,000,004 searches" in said


def test_a_study_is_no_evaluation() -> None:
    with pytest.raises(SpecError, match="is a study file, not an evaluation file"):
        load_evaluation(ROOT / "specs" / "periodontal-therapy" / "study.yaml")

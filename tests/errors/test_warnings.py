"""What only the data show: the change of an outcome that nobody measured at baseline, a scale of which the lowest part is used alone, counts
far from all others and counts at baseline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reportgen.cli import run
from reportgen.errors import SpecError
from reportgen.pipeline import read
from tests.event_study import INSTRUMENTS, OUTCOMES, write_events
from tests.study_files import MAPPING, STUDY, write_study

PAIN = {**MAPPING["variables"], "VAS": {"column": "vas_{visit}"}}


def write_pain(folder: Path, north: dict[str, Any], values: slice, **study: Any) -> str:
    """Write the small study with a pain scale from 0 to 100, for which the north has some values of 0 to 10 times a number."""
    instruments = {**STUDY["instruments"], "VAS": {"range": [0, 100], "better": "lower"}}
    outcomes = {**STUDY["outcomes"], "VAS": {"domain": "pain"}}
    path = write_study(folder, {"instruments": instruments, "outcomes": outcomes, **study}, north=north)
    table = pd.read_csv(folder / "north.csv")
    table["vas_b"], table["vas_q3"] = table["rm_b"] % 11 * values.start, table["rm_q3"] % 11 * values.stop
    table.to_csv(folder / "north.csv", index=False)
    return str(path)


def messages(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.removeprefix("read and check\n").splitlines()


@pytest.mark.parametrize("verb", ["validate", "plan"])
def test_a_scale_of_which_the_lowest_part_is_used_is_doubted(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pain(tmp_path / "small", {"variables": PAIN}, slice(1, 1))
    assert run([verb, "small"]) == 0
    found = messages(capsys)
    assert found[0] == "warning: small/north.yaml:28:3: North: 'VAS' goes up to 10 on a scale from 0 to 100"
    assert found[1].endswith("|   VAS:")
    assert found[3] == "  If the file has another scale, give it in the mapping, as in `from_range: [0, 10]`."
    assert len(found) == 4


def test_a_build_says_so_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_pain(tmp_path / "small", {"variables": PAIN}, slice(1, 1))
    assert run(["build", path, "--output", str(tmp_path / "report"), "-j", "1", "--only", "table1"]) == 0
    assert "'VAS' goes up to 10 on a scale from 0 to 100" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rule", "values"),
    [({"column": "vas_{visit}", "from_range": [0, 10]}, slice(1, 1)), ({"column": "vas_{visit}"}, slice(10, 1))],
)
def test_a_scale_that_is_used_or_converted_is_not(
    rule: dict[str, Any], values: slice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_pain(tmp_path / "small", {"variables": {**PAIN, "VAS": rule}}, values)
    assert run(["validate", path]) == 0
    assert messages(capsys) == []


def test_a_mapping_is_not_suggested_in_place_of_a_data_file(tmp_path: Path) -> None:
    path = write_study(tmp_path / "small")
    (tmp_path / "small" / "north.csv").unlink()
    with pytest.raises(SpecError) as caught:
        read(path)
    (found,) = caught.value.problems
    assert found.message == "there is no such file"
    assert "north.yaml'" not in found.hint


def test_a_change_of_what_nobody_measured_at_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    later = {**PAIN, "VAS": {"column": "vas_{visit}", "visits": ["q3"]}}
    outcomes = {**STUDY["outcomes"], "VAS": {"analyse": "change"}}
    write_pain(tmp_path / "small", {"variables": later}, slice(10, 10), outcomes=outcomes)
    assert run(["build", "small"]) == 2
    found = messages(capsys)
    assert found[0].startswith("small/study.yaml:")
    assert found[0].endswith(": no trial measured 'VAS' at baseline, but the change from baseline is analysed")
    assert found[3] == "  To analyse its value at follow-up write `analyse: final`."
    assert "the 1 trial that measured it later (as North)" in found[4]
    assert not (tmp_path / "output").exists()


def write_counts(folder: Path, column: str, values: dict[int, float], **study: Any) -> str:
    """Write the study of events, with some values of a column of the north replaced, each at its row."""
    path = write_events(folder, study or None)
    table = pd.read_csv(folder / "north.csv").astype({column: float})
    table.loc[list(values), column] = list(values.values())
    table.to_csv(folder / "north.csv", index=False)
    return str(path)


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("falls", {4: 99}, "North: 'falls' goes up to 99, far from the others, which are at most 9"),
        ("falls", {4: 99999999}, "North: 'falls' goes up to 99999999, far from the others, which are at most 9"),
        ("falls", dict.fromkeys(range(20, 60), 999) | {3: 888}, "North: 'falls' goes up to 999, far from the others, which are at most"),
        ("days", {4: 9999}, "North: 'days' goes up to 9999, far from the others, which are at most 119"),
        ("days", {4: 1e15}, "North: 'days' goes up to 1e+15, far from the others"),
        ("days", {4: 1e-9}, "North: 'days' goes down to 1e-09, far from the others, which are at least 30"),
    ],
)  # fmt: skip
def test_a_count_or_an_exposure_far_from_all_others_is_doubted(
    column: str, values: dict[int, float], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["validate", write_counts(tmp_path, column, values)]) == 0
    warnings = [line for line in messages(capsys) if line.startswith("warning: ")]
    assert len(warnings) == 1
    assert said in warnings[0]
    assert "north.yaml:" in warnings[0]


@pytest.mark.parametrize(("value", "code"), [(9, 0), (14, 0), (99, 2)])
def test_counts_that_are_possible_are_not_and_those_outside_the_range_are_errors_with_their_row(
    value: float, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    instruments = {**INSTRUMENTS, "falls": {"name": "Falls", "range": [0, 50]}}
    assert run(["validate", write_counts(tmp_path, "falls", {4: value}, instruments=instruments)]) == code
    said = capsys.readouterr().err
    assert "warning" not in said
    assert ("north.csv, column 'falls', row 6: '99.0' outside the range 0 to 50 of falls" in said) is (code == 2)


def test_a_range_that_holds_a_large_count_settles_the_doubt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    instruments = {**INSTRUMENTS, "falls": {"name": "Falls", "range": [0, 500]}}
    assert run(["validate", write_counts(tmp_path, "falls", {4: 99}, instruments=instruments)]) == 0
    assert "warning" not in capsys.readouterr().err


def test_counts_at_baseline_are_said_to_be_read_by_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_events(tmp_path, falls={"column": {"b": "sex", "q3": "falls"}})
    assert run(["validate", str(path)]) == 0
    said = capsys.readouterr().err
    assert said.count("warning: ") == 3  # one for each trial
    assert "North: 'falls' is counted at baseline, where no analysis reads it\n" in said
    assert "what was counted before it is a covariate" in said


def test_counts_of_an_instrument_whose_baseline_adjusts_are_not_doubted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = {
        "instruments": {**INSTRUMENTS, "slips": {"name": "Slips"}},
        "outcomes": {**OUTCOMES, "falls": {**OUTCOMES["falls"], "first_available": ["slips", "falls"]}},
        "analyses": {"pooled": {"method": "meta-analysis", "outcomes": "falls", "adjust_for": ["baseline slips"]}},
        "report": {"contents": []},
    }
    path = write_events(
        tmp_path, study, slips={"column": {"b": "sex", "q3": "falls"}}, falls={"column": {"q3": "relapse"}}
    )
    assert run(["validate", str(path)]) == 0
    assert "warning" not in capsys.readouterr().err

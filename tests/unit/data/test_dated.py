"""Events by their dates: up to a day, or within some days of another date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from reportgen.cli import run
from reportgen.pipeline import read
from reportgen.spec.load import examine_study
from tests.event_study import write_events
from tests.study_files import write_yaml

ANALYSES = {"harms": {"method": "events", "outcomes": ["death"]}}
INSTRUMENTS = {"death": {"name": "Death"}}
OUTCOMES = {"death": {"kind": "binary", "good": False}}
UNTIL: dict[str, Any] = {"column": {"q3": "died"}, "dated": {"until": "2020-12-31"}}
WITHIN: dict[str, Any] = {"column": {"q3": "died"}, "dated": {"days": 90, "after": "started"}}
STUDY: dict[str, Any] = {
    "instruments": INSTRUMENTS,
    "outcomes": OUTCOMES,
    "analyses": ANALYSES,
    "report": {"formats": ["html", "results"], "contents": [{"series": "Table", "show": "events", "of": "harms"}]},
}


def write_dated(folder: Path, rule: dict[str, Any], died: list[Any], started: Any = "2020-10-02") -> Path:
    """Write the study of events with deaths by their dates: of the first people of a trial those given, of the others none."""
    path = write_events(folder, STUDY)
    for mapping in ("north.yaml", "south.yaml", "east.yaml"):
        content = YAML(typ="safe").load(folder / mapping)
        variables = {name: content["variables"][name] for name in ("age", "sex")}
        write_yaml(folder / mapping, {**content, "variables": {**variables, "death": rule}})
    for file in folder.glob("*.csv"):
        table = pd.read_csv(file)
        table["died"] = [*died, *[None] * (len(table) - len(died))]
        table["started"] = started
        table.to_csv(file, index=False)
    return path


def deaths(path: Path, people: int) -> list[float]:
    """The outcome of the first people of a trial."""
    _, repository = read(path)
    north = repository.participants[repository.participants["trial"] == "North"]
    place = {int(person): row for row, person in north["participant"].items()}
    measures = repository.measures[repository.measures["instrument"] == "death"].set_index("row")["value"]
    return [float(measures.get(place[person], np.nan)) for person in range(1, people + 1)]


def problems(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What a build says of the data."""
    assert run(["validate", str(path)]) == 2
    return capsys.readouterr().err


def test_a_date_up_to_the_limit_is_an_event_and_an_empty_cell_none(tmp_path: Path) -> None:
    path = write_dated(tmp_path / "s", UNTIL, ["2020-12-31", "2021-01-01", "2020-03-01", None])
    assert deaths(path, 5) == [1.0, 0.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize("order", ["day-month-year", "month-day-year"])
def test_dates_are_read_in_the_order_that_is_named_and_with_the_year_first(tmp_path: Path, order: str) -> None:
    first, second = ("31.12.2020", "1/1/2021") if order == "day-month-year" else ("12.31.2020", "01/01/2021")
    rule = {**UNTIL, "dated": {"until": "2020-12-31", "order": order}}
    assert deaths(write_dated(tmp_path / "s", rule, [first, second, "2020-12-31"]), 3) == [1.0, 0.0, 1.0]


def test_days_are_counted_from_the_date_in_another_column(tmp_path: Path) -> None:
    # the 31st of December is 90 days after the 2nd of October
    died = ["2020-12-31", "2021-01-01", "2020-10-02", None, "2020-11-01"]
    path = write_dated(tmp_path / "s", WITHIN, died)
    assert deaths(path, 5) == [1.0, 0.0, 1.0, 0.0, 1.0]
    table = pd.read_csv(path.parent / "north.csv")
    table.loc[4, "started"] = None
    table.to_csv(path.parent / "north.csv", index=False)
    assert deaths(path, 5)[:4] == [1.0, 0.0, 1.0, 0.0]
    assert np.isnan(deaths(path, 5)[4])


def test_a_code_of_a_missing_date_is_no_answer(tmp_path: Path) -> None:
    died = ["2020-12-31", "unknown"]
    found = deaths(write_dated(tmp_path / "s", {**UNTIL, "missing": "unknown"}, died), 2)
    assert found[0] == 1.0
    assert np.isnan(found[1])


@pytest.mark.parametrize(
    ("rule", "died", "said"),
    [
        (UNTIL, ["2020-02-30"], "no date: '2020-02-30'"),
        (UNTIL, [None, "31.12.2020"], "no date: '31.12.2020'"),
        (UNTIL, ["unknown"], "no date: 'unknown'"),
        (WITHIN, [None, None, "2020-10-01"], "'2020-10-01' lies before the date in 'started'"),
        ({**WITHIN, "dated": {"days": 9, "after": "begun"}}, [], "there is no column 'begun' in the file of the dates"),
    ],
)
def test_bad_dates_are_errors_with_their_rows(
    tmp_path: Path, rule: dict[str, Any], died: list[Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = problems(write_dated(tmp_path / "s", rule, died), capsys)
    assert said in told
    if died:
        assert f"column 'died', row {len(died) + 1}" in told


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"dated": {}}, "give `until`, or `days` and `after`"),
        ({"dated": {"until": "2020-12-31", "days": 9}}, "give `until`, or `days` and `after`"),
        ({"dated": {"days": 9}}, "`days` and `after` require each other"),
        ({"dated": {"until": "2020-13-31"}}, "'2020-13-31' is not a day"),
        ({"dated": {"until": "2020-12-31"}, "times": 2}, "`times` cannot be combined with `dated`"),
    ],
)
def test_a_rule_that_says_no_limit_is_refused(tmp_path: Path, rule: dict[str, Any], said: str) -> None:
    path = write_dated(tmp_path / "s", {"column": {"q3": "died"}, **rule}, [])
    assert any(said in str(problem) for problem in examine_study(path).problems)


def test_what_is_no_event_of_a_binary_outcome_has_no_dates(tmp_path: Path) -> None:
    path = write_dated(tmp_path / "s", UNTIL, [])
    study = YAML(typ="safe").load(path)
    for change, said in (
        ({"instruments": {"death": {"levels": ["no", "yes"]}}}, "'death' has levels, and `dated` gives 1"),
        (
            {"outcomes": {"death": {"kind": "count", "good": False}}},
            "'death' is no event of an outcome with `kind: binary`",
        ),
    ):
        write_yaml(path, {**study, **change})
        found = [problem for problem in examine_study(path).problems if said in str(problem)]
        assert found
        assert all(problem.origin for problem in found)
    write_yaml(path, study)
    north = YAML(typ="safe").load(path.parent / "north.yaml")
    north["variables"]["age"] = {"column": "age", "dated": {"until": "2020-12-31"}}
    write_yaml(path.parent / "north.yaml", north)
    assert any("'age' is a covariate, and a date says" in str(problem) for problem in examine_study(path).problems)


def test_no_date_is_on_a_page_or_in_the_ledger(tmp_path: Path) -> None:
    died = ["2019-05-17", "2020-06-18", "2021-01-01", "2020-07-19", "2020-08-20", "2020-09-21"]
    path = write_dated(tmp_path / "s", UNTIL, died)
    assert run(["build", str(path), "--output", str(tmp_path / "out"), "-j", "1", "--no-store"]) == 0
    for file in (tmp_path / "out").rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not [day for day in died if day.encode() in content]

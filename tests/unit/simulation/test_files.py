"""What is simulated is what the reader reads, in every format, layout and rule; and the same bytes again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reportgen.analyses.measurements import Measurements
from reportgen.analyses.selection import select
from reportgen.errors import DataError
from reportgen.simulation import simulate
from reportgen.simulation.course import drafts
from reportgen.simulation.draws import Draws
from reportgen.simulation.exact import exact
from reportgen.simulation.people import Levels, People, drawn_people
from reportgen.simulation.targets import meeting_targets
from reportgen.spec.simulation import SimulationSpec, load_simulation
from tests.unit.simulation.small import SIMULATION, VARIABLES, simulated, write_simulation

FORMATS = [
    ("north.csv", {"separator": ";", "decimal": ",", "encoding": "iso-8859-1"}),
    ("north.tsv", {}),
    ("north.xlsx", {}),
    ("north.sav", {}),
    ("north.dta", {}),
    ("north.parquet", {}),
]
ITEMS = {"items": "rm_{visit}_{01-24}", "yes": 1, "at_least": 20}
QUIRKS: dict[str, dict[str, Any]] = {
    "codes of its own": {"sex": {"column": "sex", "codes": {"f": "female", "w": "female", "m": "male", "?": None}}},
    "cut": {"anxiety": {"column": "hads", "cut": {"low": "0 to 7", "moderate": "8 to 10", "high": "11 or more"}}},
    "flags": {
        "origin": {
            "flags": {"here": "is_here", "there": {"column": "is_there", "equals": "yes"}, "elsewhere": "is_else"}
        }
    },
    "months": {"age": {"column": "age_m", "unit": "months"}},
    "times and plus": {"function": {"column": "fn_{visit}", "times": 2, "plus": -4}},
    "other range": {"function": {"column": "fn_{visit}", "from_range": [0, 8]}},
    "yes items": {"RMDQ": ITEMS},
    "coded items": {"RMDQ": {"items": "rm_{visit}_{1-24}", "codes": {"j": 1, "n": 0}}},
    "reversed items": {
        "function": {"items": "f{visit}{1-4}", "item_range": [0, 2], "reversed": [2, 4], "from_range": [0, 8]},
    },
    "mean of items": {
        "function": {"items": "f{visit}{1-2}", "item_range": [1, 5], "score": "mean", "from_range": [1, 5]}
    },
    "column of each visit": {"function": {"column": {"b": "before", "q3": "after"}}},
}


def people_and_courses(file: SimulationSpec) -> tuple[People, list[dict[str, Any]]]:
    draws = Draws(file.simulation.simulation.seed)
    people = meeting_targets(drawn_people(file, draws), file, draws)
    return people, exact(drafts(people, file, draws), people, file)


def meant(file: SimulationSpec) -> dict[str, pd.Series]:
    """Summaries of what was simulated for the first trial: levels counted, numbers sorted."""
    people, followed = people_and_courses(file)
    mine = people.trial == 0
    found = {}
    for name, trait in people.traits.items():
        if name in file.spec.study.covariates:
            if isinstance(trait, Levels):
                words = [
                    trait.names[w] if k else "nothing"
                    for w, k in zip(trait.which[mine], trait.known[mine], strict=True)
                ]
                found[name] = pd.Series(words).value_counts().sort_index()
            else:
                found[name] = pd.Series(np.sort(trait.values[mine & trait.known]))
    for name, made in followed[0].items():
        for course in made:
            found[f"{name} {course.months:g}"] = pd.Series(np.sort(course.values()[~np.isnan(course.values())]))
    return found


def check_read_as_meant(tmp_path: Path, **changes: Any) -> None:
    file, repository = simulated(tmp_path, **changes)
    here = repository.participants[repository.participants["trial"] == "North"]
    measures = repository.measures[repository.measures["trial"] == "North"]
    for name, wanted in meant(file).items():
        if name in here:
            if wanted.index.dtype == object or isinstance(wanted.index[0], str):
                got = here[name].fillna("nothing").value_counts().sort_index()
                assert got.to_dict() == wanted.to_dict(), name
                continue
            values = np.sort(here[name].dropna().to_numpy(dtype=float))
        else:
            instrument, months = name.rsplit(" ", 1)
            mine = measures[(measures["instrument"] == instrument) & (measures["months"] == float(months))]
            values = np.sort(mine["value"].to_numpy())
        assert values == pytest.approx(wanted.to_numpy(), abs=1e-6), name


@pytest.mark.slow
@pytest.mark.parametrize(("name", "how"), FORMATS)
def test_every_format(tmp_path: Path, name: str, how: dict[str, Any]) -> None:
    check_read_as_meant(tmp_path, north={"data": {"file": name, "participant": "id", **how}})


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, _ in FORMATS])
def test_every_format_long(tmp_path: Path, name: str) -> None:
    data = {
        "file": name,
        "participant": "id",
        "layout": "long",
        "visit": {"column": "wave", "codes": {1: "baseline", 2: "3 months"}},
    }
    variables = {**VARIABLES, "RMDQ": "rmdq", "function": "fn"}
    check_read_as_meant(tmp_path, north={"data": data, "variables": variables})


@pytest.mark.slow
@pytest.mark.sampled(2)  # an odd number of rules, so that each of them is in the sample with one of two endings
@pytest.mark.parametrize("quirk", QUIRKS)
@pytest.mark.parametrize("ending", ["csv", "sav"])
def test_every_rule_is_read_backwards(tmp_path: Path, quirk: str, ending: str) -> None:
    changes: dict[str, Any] = {}
    if quirk == "months":
        here = {"age": {"grid": 1 / 12}}
        changes["simulation"] = {"trials": {**SIMULATION["trials"], "North": {"arms": {1: 60, 2: 60}, "here": here}}}
    north = {"variables": {**VARIABLES, **QUIRKS[quirk]}, "data": {"file": f"north.{ending}", "participant": "id"}}
    check_read_as_meant(tmp_path, north=north, **changes)


def trials(**north: Any) -> dict[str, Any]:
    return {"trials": {**SIMULATION["trials"], "North": {"arms": {1: 60, 2: 60}, **north}}}


def test_missing_is_written_as_the_file_writes_it(tmp_path: Path) -> None:
    file = {"user_missing": [-7], "blank": 0.3}
    north = {"data": {"file": "north.sav", "participant": "id"}}
    check_read_as_meant(tmp_path, north=north, simulation=trials(files=[file]))
    frame = __import__("pyreadstat").read_sav(tmp_path / "north.sav", user_missing=True)[0]
    assert (frame["orig"] == -7).any()
    assert frame["orig"].isna().any()


def test_a_code_for_missing_that_is_a_value_too_is_caught(tmp_path: Path) -> None:
    north = {"data": {"file": "north.csv", "participant": "id", "missing": [12]}}
    with pytest.raises(DataError, match="12 means missing there, and is a value too"):
        simulate(load_simulation(write_simulation(tmp_path, north=north)))


def test_a_score_that_is_no_sum_of_answers_is_caught(tmp_path: Path) -> None:
    items = {"items": "f{visit}{1-5}", "item_range": [0, 2], "from_range": [0, 10]}
    with pytest.raises(DataError, match="is no sum of the answers"):
        simulate(load_simulation(write_simulation(tmp_path, north={"variables": {**VARIABLES, "function": items}})))


def test_people_who_are_left_out_stand_in_the_ledger(tmp_path: Path) -> None:
    codes = {1: {"class": "exercise"}, 2: {"class": "usual care"}, 9: {"leave_out": "gone"}}
    north = {
        "data": {"file": "north.csv", "participant": "id", "keep": {"column": "consent", "equals": "yes"}},
        "arms": {"column": "arm", "codes": codes},
    }
    left_out = [{"arms": {1: 2, 2: 3}, "set": {"consent": "no"}}, {"arms": {9: 4}}]
    _, repository = simulated(tmp_path, north=north, simulation=trials(left_out=left_out))
    assert (repository.trials[0].raw_n, repository.trials[0].n) == (129, 120)
    lines = [line for line in repository.ledger if line.kind == "left-out"]
    assert sorted(line.count for line in lines) == [4, 5]


def test_sheets_titles_labels_and_columns_that_nobody_reads(tmp_path: Path) -> None:
    file = {
        "title": ["A title"],
        "sheets": ["Notes", "Data"],
        "extra": {"site": ["A", "B"]},
        "ids": "P{:03d}",
        "first": 5,
    }
    north = {"data": {"file": "north.xlsx", "participant": "id", "sheet": "Data", "header_row": 3}}
    check_read_as_meant(tmp_path, north=north, simulation=trials(files=[file]))
    frame = pd.read_excel(tmp_path / "north.xlsx", sheet_name="Data", header=2, engine="calamine")
    assert {"A", "B"} == set(frame["site"])
    assert sorted(frame["id"])[0] == "P005"


def test_two_files_of_one_trial(tmp_path: Path) -> None:
    data = [{"file": "north.csv", "participant": "id"}, {"file": "later.xlsx", "participant": "no"}]
    files = [{"visits": "b"}, {"visits": "q3"}]
    check_read_as_meant(tmp_path, north={"data": data}, simulation=trials(files=files))


@pytest.mark.parametrize("name", [name for name, _ in FORMATS])
def test_the_same_bytes_again_and_others_with_another_seed(tmp_path: Path, name: str) -> None:
    file = load_simulation(write_simulation(tmp_path, north={"data": {"file": name, "participant": "id"}}))
    once, again, other = simulate(file), simulate(file), simulate(file, 8)
    assert once == again
    assert once[name] != other[name]


def test_a_trial_that_is_added_leaves_the_others_alone(tmp_path: Path) -> None:
    free = {"targets": {"sides_of": "overall", "variables": {}}}
    both = simulate(load_simulation(write_simulation(tmp_path / "both", simulation=free)))
    more = {**free, "trials": {**SIMULATION["trials"], "South": {"arms": {1: 200, 2: 10}}}}
    changed = simulate(load_simulation(write_simulation(tmp_path / "more", simulation=more)))
    assert both["north.csv"] == changed["north.csv"]
    assert both["south.csv"] != changed["south.csv"]


def test_a_format_that_can_only_be_read(tmp_path: Path) -> None:
    north = {"data": {"file": "north.xpt", "participant": "id"}}
    with pytest.raises(DataError, match="cannot be simulated"):
        simulate(load_simulation(write_simulation(tmp_path, north=north)))


@pytest.mark.parametrize("layout", ["wide", "long"])
def test_an_instrument_that_no_mapping_has_at_baseline_is_in_no_file_then_and_has_its_effect(
    tmp_path: Path, layout: str
) -> None:
    later = {**VARIABLES, "function": {"column": "fn_{visit}" if layout == "wide" else "fn", "visits": ["q3"]}}
    mapping: dict[str, Any] = {"variables": later}
    if layout == "long":
        later |= {"RMDQ": {"column": "rm"}}
        visit = {"column": "when", "codes": {0: "b", 1: "q3"}}
        mapping |= {"data": {"file": "{}.csv", "participant": "id", "layout": "long", "visit": visit}}
    both = {
        name: {**mapping, "data": {**mapping["data"], "file": f"{name}.csv"}} if layout == "long" else mapping
        for name in ("north", "south")
    }
    file, repository = simulated(tmp_path, **both)
    assert file.spec.study.outcomes["function"].final
    for trial in repository.trials:
        assert {visit for name, visit in trial.collected_measures if name == "function"} == {"3 months"}
    chosen = select(
        repository,
        Measurements(repository, file.spec.study),
        file.spec.study,
        outcome="function",
        follow_up="short",
        comparison="overall",
        adjust_for=("baseline",),
    )
    assert chosen.unmeasured == ("baseline",)
    means = [chosen.response[chosen.treatment == side].mean() for side in (0, 1)]
    assert means[1] - means[0] == pytest.approx(6, abs=8)

"""Wide and long files, several trials in one file, one trial in several files, and what was never collected."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from reportgen.data import Repository, availability
from tests.unit.data.workshop import ARMS, covariate, lines, measured, one_trial, read, study, table

WIDE = """
id,arm,age,v_b,v_q3
1,1,40,10,11
2,2,50,20,
3,1,60,,31
"""
LONG = """
id,tp,arm,age,v
1,0,1,40,10
1,3,1,,11
2,0,2,50,20
2,3,2,51,
3,3,1,60,31
3,8,1,,77
"""
WIDE_RULES = 'age: age\nVAS: {column: "v_{visit}"}'
LONG_DATA = "layout: long, visit: {column: tp, codes: {0: baseline, 3: 3 months, 8: null}}"


def test_wide_and_long_files_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "wide").mkdir()
    (tmp_path / "long").mkdir()
    wide = read(one_trial(tmp_path / "wide", WIDE, WIDE_RULES, rest="visits: {b: baseline, q3: 3 months}"))
    long = read(one_trial(tmp_path / "long", LONG, "age: age\nVAS: v", data=LONG_DATA))
    assert_frame_equal(wide.participants, long.participants)
    assert_frame_equal(wide.measures, long.measures)
    assert wide.trials[0].visits == long.trials[0].visits == (("baseline", 0.0), ("3 months", 3.0))


def test_a_covariate_of_a_long_file_comes_from_the_baseline_visit_else_from_where_rows_agree(tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, LONG, "age: age\nVAS: v", data=LONG_DATA))
    assert covariate(found, "age") == [40, 50, 60]


def test_a_missing_code_at_baseline_is_no_value(tmp_path: Path) -> None:
    text = LONG.replace("1,0,1,40,10", "1,0,1,-9,10").replace("1,3,1,,11", "1,3,1,41,11")
    found = read(one_trial(tmp_path, text, "age: age\nVAS: v", data=f"missing: [-9], {LONG_DATA}"))
    assert covariate(found, "age") == [41, 50, 60]


def test_visits_may_be_given_a_column_each(tmp_path: Path) -> None:
    found = read(
        one_trial(tmp_path, WIDE, "VAS: {column: {b: v_b, 3 months: v_q3}}", rest="visits: {b: baseline (V1)}")
    )
    assert measured(found, "VAS", "V1") == {"1": 10, "2": 20}
    assert measured(found, "VAS", "3 months") == {"1": 11, "3": 31}
    assert found.trials[0].visits == (("V1", 0.0), ("3 months", 3.0))


def test_an_instrument_may_be_measured_at_some_visits_only(tmp_path: Path) -> None:
    rest = "visits: {b: baseline, q3: 3 months, q12: 12 months}"
    found = read(one_trial(tmp_path, WIDE, 'VAS: {column: "v_{visit}", visits: [b, q3]}', rest=rest))
    assert found.trials[0].collected_measures == {("VAS", "baseline"), ("VAS", "3 months")}
    assert found.trials[0].visits[-1] == ("12 months", 12.0)


def test_the_visits_of_a_long_file_may_be_chosen(tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, LONG, "VAS: {column: v, visits: [3 months]}", data=LONG_DATA))
    assert measured(found, "VAS", "baseline") == {}
    assert measured(found, "VAS", "3 months") == {"1": 11, "3": 31}


CENTRES = """
id,site,arm,age,v_b
1,N,1,40,10
1,S,2,50,20
2,N,2,60,
2,S,1,,
3,S,2,,
"""
CENTRE_MAPPING = f"""
trial: {{column: site, codes: {{S: South, N: North}}}}
country: {{North: Norway, S: Spain}}
data: {{file: a.csv, participant: id}}
{ARMS}
visits: {{b: baseline}}
variables: {{age: age, VAS: {{column: "v_{{visit}}"}}, weight: age}}
published: {{n: {{North: 7}}, source: Table 1}}
"""


@pytest.fixture
def centres(tmp_path: Path) -> Repository:
    table(tmp_path, "a.csv", CENTRES)
    return read(study(tmp_path, a=CENTRE_MAPPING))


def test_several_trials_in_one_file(centres: Repository) -> None:
    assert [(trial.name, trial.n, trial.country) for trial in centres.trials] == [
        ("South", 3, "Spain"),
        ("North", 2, "Norway"),
    ]
    assert [trial.published_n for trial in centres.trials] == [None, 7]
    assert centres.participants["participant"].tolist() == ["1", "1", "2", "2", "3"]
    assert centres.participants["trial"].tolist() == ["North", "South", "North", "South", "South"]
    assert centres.trials[0].arms == (("exercise", "gym", 1), ("usual care", "usual care", 2))


def test_trials_without_codes_are_named_by_their_values(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", CENTRES)
    mapping = CENTRE_MAPPING.replace(", codes: {S: South, N: North}", "").replace("North", "N")
    assert [trial.name for trial in read(study(tmp_path, a=mapping)).trials] == ["N", "S"]


def test_a_centre_without_any_value_did_not_collect(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", CENTRES.replace("1,S,2,50,20", "1,S,2,,"))
    found = read(study(tmp_path, a=CENTRE_MAPPING))
    south, north = found.trials
    assert south.collected_covariates == set()
    assert south.collected_measures == set()
    assert north.collected_covariates == {"age", "weight"}
    assert north.collected_measures == {("VAS", "baseline")}
    assert ("age", "no value in this trial", 3) in lines(found, "not collected")
    assert ("VAS", "no value at baseline in this trial", 3) in lines(found, "not collected")


def test_a_mapped_column_of_a_single_trial_was_collected_even_if_empty(tmp_path: Path) -> None:
    found = read(one_trial(tmp_path, "id,arm,age\n1,1,\n2,2,", "age: age"))
    assert found.trials[0].collected_covariates == {"age"}
    assert covariate(found, "age") == [None, None]


TWO_FILES = f"""
trial: A
data:
  - {{file: baseline.csv, participant: id, missing: [-9]}}
  - {{file: later.csv, participant: pid, separator: ";", missing: [-1]}}
{ARMS}
visits: {{b: baseline, q3: 3 months}}
variables:
  age: {{column: age}}
  weight: {{column: age, data: 2, missing: []}}
  VAS: {{column: "v_{{visit}}"}}
"""


def two_files(folder: Path, later: str) -> Path:
    table(folder, "baseline.csv", "id,arm,age,v_b\n01,1,40,10\n02,2,-9,20\n03,1,60,30")
    table(folder, "later.csv", later)
    return study(folder, a=TWO_FILES)


def test_one_trial_in_several_files(tmp_path: Path) -> None:
    found = read(two_files(tmp_path, "pid;v_q3;age\n03;31;91\n01;-1;90\n04;9;92"))
    assert covariate(found, "age") == [40, None, 60]
    assert covariate(found, "weight") == [90, None, 91]
    assert measured(found, "VAS", "baseline") == {"01": 10, "02": 20, "03": 30}
    assert measured(found, "VAS", "3 months") == {"03": 31}
    assert ("pid", "in later.csv, but not in baseline.csv → left out", 1) in lines(found, "left-out")
    assert found.trials[0].files == ("baseline.csv", "later.csv")
    assert [file.name for file in found.files] == ["baseline.csv", "later.csv"]


def test_a_wide_and_a_long_file_of_one_trial(tmp_path: Path) -> None:
    table(tmp_path, "people.csv", "id,arm,age\n1,1,40\n2,2,50")
    table(tmp_path, "visits.csv", "id,tp,v\n2,b,20\n1,b,10\n2,q,21")
    mapping = f"""
trial: A
data:
  - {{file: people.csv, participant: id}}
  - {{file: visits.csv, participant: id, layout: long, visit: {{column: tp, codes: {{b: base, q: 13 weeks}}}}}}
{ARMS}
visits: {{base: baseline}}
variables: {{age: age, VAS: v}}
"""
    found = read(study(tmp_path, a=mapping))
    assert measured(found, "VAS", "baseline") == {"1": 10, "2": 20}
    assert measured(found, "VAS", "13 weeks") == {"2": 21}
    assert found.measures["months"].max() == pytest.approx(2.99, abs=0.01)


def test_people_kept_by_the_second_file(tmp_path: Path) -> None:
    folder = two_files(tmp_path, "pid;v_q3;age\n03;31;91\n01;12;90")
    mapping = folder / "a.yaml"
    mapping.write_text(mapping.read_text().replace("missing: [-1]}", "keep: {column: v_q3, one_of: [31]}}"))
    found = read(folder)
    assert found.participants["participant"].tolist() == ["02", "03"]
    assert lines(found, "left-out") == [("v_q3", "v_q3 is none of 31 → left out", 1)]


def test_trials_stand_in_the_order_of_the_study_file(tmp_path: Path) -> None:
    for name in ("b", "a"):
        table(tmp_path, f"{name}.csv", "id,arm,age\n1,1,40\n2,2,50")
    text = "trial: {0}\ndata: {{file: {0}.csv, participant: id}}\n{1}\nvariables: {{age: age}}"
    found = read(study(tmp_path, b=text.format("b", ARMS), a=text.format("a", ARMS)))
    assert [trial.name for trial in found.trials] == ["b", "a"]
    assert found.participants["trial"].tolist() == ["b", "b", "a", "a"]
    assert found.participants.index.tolist() == [0, 1, 2, 3]


def test_availability_tells_not_collected_from_missing(centres: Repository) -> None:
    grid = availability(centres).set_index(["trial", "measure", "visit"])
    south_age = grid.loc[("South", "age", "baseline")]
    assert (south_age["n"], south_age["of"], south_age["collected"]) == (1, 3, True)
    south_sex = grid.loc[("South", "sex", "baseline")]
    assert (south_sex["n"], south_sex["of"], south_sex["collected"]) == (0, 3, False)
    north = grid.loc[("North", "VAS", "baseline")]
    assert (north["n"], north["of"], north["months"], north["collected"]) == (1, 2, 0.0, True)
    assert len(grid) == 2 * (4 + 1)


@pytest.mark.parametrize("layout", ["wide", "long"])
def test_the_order_of_rows_moves_participants_and_changes_nothing_else(layout: str, tmp_path: Path) -> None:
    header, *body = (WIDE if layout == "wide" else LONG).strip().splitlines()
    rules = WIDE_RULES if layout == "wide" else "age: age\nVAS: v"
    found = []
    for seed in range(4):
        folder = tmp_path / str(seed)
        folder.mkdir()
        shuffled = random.Random(seed).sample(body, len(body)) if seed else body
        options = {"data": LONG_DATA} if layout == "long" else {"rest": "visits: {b: baseline, q3: 3 months}"}
        found.append(read(one_trial(folder, "\n".join([header, *shuffled]), rules, **options)))
    for other in found[1:]:
        by_person = [item.participants.set_index("participant").sort_index() for item in (found[0], other)]
        assert_frame_equal(*by_person)
        for visit in ("baseline", "3 months"):
            assert measured(found[0], "VAS", visit) == measured(other, "VAS", visit)
        assert [(line.rule, line.count) for line in found[0].ledger] == [
            (line.rule, line.count) for line in other.ledger
        ]


def test_measures_hold_no_missing_value_and_point_at_their_participants(centres: Repository) -> None:
    assert not centres.measures["value"].isna().any()
    trials = centres.participants["trial"].to_numpy()[centres.measures["row"]]
    assert np.array_equal(trials, centres.measures["trial"].to_numpy())

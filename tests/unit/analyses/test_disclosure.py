"""An intruder with the whole folder: nobody can be disclosed from the difference between two groups that are disclosed.

Who is in each group is worked out anew from the files, not asked of the program.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from ruamel.yaml import YAML

from reportgen.analyses import make_records
from reportgen.pipeline import read
from reportgen.records.model import Descriptive, MetaAnalysis, PooledEffect, Records
from reportgen.records.moderation import Interaction, Moderation, Screen
from reportgen.records.numbers import numbers_in, plain
from reportgen.records.partition import Members, RecursivePartitioning, Subgroup
from reportgen.records.peeling import DirectedPeeling
from reportgen.release.rules import disclosable_groups
from tests.peeling_study import PARTITION, PEELING, write_search_study
from tests.planted_study import write_planted
from tests.screened_study import PUBLISHED, TRIALS, write_screened
from tests.study_files import MAPPING, STUDY, write_study, write_yaml
from tests.study_files import people as simulated

BoolArray = NDArray[np.bool_]
MINIMUM = 5


def records_of(path: Path) -> Records:
    spec, repository = read(path)
    return make_records(spec, repository, profile="draft")


def people_of(path: Path) -> pd.DataFrame:
    files = [pd.read_csv(path.parent / f"{name}.csv") for name in ("north", "south")]
    return pd.concat(files, ignore_index=True)


def apart(groups: list[BoolArray], treatment: NDArray[np.int64]) -> list[int]:
    """By how many people two groups differ in the arm in which they differ least, for each pair."""
    return [
        min(int(((item ^ other) & (treatment == arm)).sum()) for arm in (0, 1))
        for item, other in combinations(groups, 2)
    ]


def test_cuts_that_are_told_differ_by_enough_people(tmp_path: Path) -> None:
    path = write_planted(tmp_path, depth=1)
    people, record = people_of(path), records_of(path).analyses["rp"]
    assert isinstance(record, RecursivePartitioning)
    (search,) = record.results
    treatment = (people["arm"] == 1).astype(int).to_numpy()
    (age,) = [profile for profile in search.profiles if profile.moderator == "age" and profile.node == 0]
    groups = [(people["age"] <= cut).to_numpy() for cut in age.cuts]
    assert len(groups) > 10
    assert min(apart(groups, treatment)) >= MINIMUM
    assert age.suppressed > 0
    assert age.chosen is not None
    assert age.cuts[age.chosen] in {condition.cut.value for condition in sides_of(search.tree[0].splits, "age")}
    assert max(age.minus_log10_p) == age.minus_log10_p[age.chosen]


def sides_of(splits: Any, moderator: str) -> list[Any]:
    return [split.better for split in splits if split.better.moderator == moderator]


def test_boxes_that_are_told_differ_by_enough_people(tmp_path: Path) -> None:
    # a fine grid of sizes, so that there are boxes which few people tell apart
    node = PEELING | {"moderators": ["age", "baseline RMDQ"], "alpha": 0.005, "bin_width": 0.002, "beam": 3}
    path = write_search_study(tmp_path / "s", analyses={"peeling": node}, report={"contents": []})
    people, record = people_of(path).dropna(subset=["age"]), records_of(path).analyses["peeling"]
    assert isinstance(record, DirectedPeeling)
    (peeling,) = record.results
    treatment = (people["arm"] == 1).astype(int).to_numpy()
    columns = {"age": people["age"].to_numpy(float), "baseline RMDQ": people["rm_b"].to_numpy(float)}
    groups, line = [], peeling.frontier
    for place in range(len(line.share)):
        inside = np.ones(len(people), dtype=bool)
        for moderator, limits in zip(peeling.moderators, line.limits, strict=True):
            values, limit = columns[moderator.name], limits[place]
            inside &= np.isnan(limit) | (values <= limit if moderator.side == "≤" else values >= limit)
        assert inside.sum() == line.n[place]
        groups.append(inside)
    printed = {box.share.value for box in (*peeling.boxes, peeling.smallest) if box is not None}
    free = [group for group, share in zip(groups, line.share, strict=True) if share not in printed]
    assert len(free) > 5
    assert min(apart(free, treatment)) >= MINIMUM
    assert printed <= set(line.share)
    assert line.suppressed == (peeling.found.value or 0) - len(groups) > 0
    assert record.suppression.note == {"minimum_cell": MINIMUM, "left_out": line.suppressed}
    for group in groups:
        assert min((~group & (treatment == arm)).sum() for arm in (0, 1)) >= MINIMUM


def test_a_policy_that_guards_nobody_tells_everything(tmp_path: Path) -> None:
    path = write_planted(tmp_path, depth=1)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\npolicy:\n", "\npolicy:\n  minimum_cell: 0\n"), encoding="utf-8")
    record = records_of(path).analyses["rp"]
    assert isinstance(record, RecursivePartitioning)
    (search,) = record.results
    assert sum(len(profile.cuts) for profile in search.profiles) == search.cuts.value
    assert record.suppression.suppressed.value == 0


def test_a_division_and_its_reverse_say_the_same() -> None:
    treatment = np.arange(40) % 2
    first = np.arange(40) < 20
    groups = np.array([first, np.arange(40) >= 22])
    assert disclosable_groups(groups, treatment, MINIMUM).tolist() == [True, True]
    assert disclosable_groups(groups, treatment, MINIMUM, parted=True).tolist() == [True, False]


STAGES = {"stage": {"levels": ["one", "two", "three"]}}
STAGE_CODES = {"stage": {"column": "stage", "codes": {1: "one", 2: "two", 3: "three"}}}


def write_stages(folder: Path, north: list[int], south: list[int], **descriptive: Any) -> Path:
    """Write the small study with so many people of each stage in either trial."""
    node = {"method": "descriptive", "sides_of": "overall", "variables": ["stage"], **descriptive}
    path = write_study(
        folder,
        study={
            **STUDY,
            "covariates": {**STUDY["covariates"], **STAGES},
            "analyses": {"people": node},
            "report": {"contents": []},
        },
        north={"variables": {**MAPPING["variables"], **STAGE_CODES}},
        south={"variables": {**MAPPING["variables"], **STAGE_CODES}},
    )
    for name, counts in (("north", north), ("south", south)):
        table = simulated(1, sum(counts))
        table["stage"] = np.repeat([1, 2, 3], counts)
        table.to_csv(folder / f"{name}.csv", index=False)
    return path


def ledger_counts(records: Records) -> dict[tuple[str, str], str]:
    return {
        (row.trial.text, row.rule.text[-3:].strip()): row.count.text
        for row in records.ledger.rows
        if row.variable.text == "stage"
    }


def test_a_small_count_of_the_ledger_cannot_be_worked_out_from_its_trial_or_its_level(tmp_path: Path) -> None:
    counts = ledger_counts(records_of(write_stages(tmp_path / "s", [3, 30, 41], [20, 25, 40])))
    # North has 74 people, and 23 people of both trials are at the first stage
    assert counts == {
        ("North", "one"): "<5",
        ("North", "two"): "–",
        ("North", "ree"): "41",
        ("South", "one"): "–",
        ("South", "two"): "–",
        ("South", "ree"): "40",
    }


def test_two_hidden_cells_that_are_together_few_take_a_third_with_them(tmp_path: Path) -> None:
    counts = ledger_counts(records_of(write_stages(tmp_path / "s", [1, 1, 60], [20, 25, 40])))
    assert [counts["North", level] for level in ("one", "two", "ree")] == ["<5", "<5", "–"]


def test_a_standardised_difference_does_not_give_a_hidden_cell_away(tmp_path: Path) -> None:
    records = records_of(write_stages(tmp_path / "s", [3, 30, 41], [0, 25, 40], standardised_difference=True))
    record = records.analyses["people"]
    assert isinstance(record, Descriptive)
    (stage,) = record.characteristics
    assert stage.difference is not None
    assert (stage.difference.status, stage.difference.value, stage.difference.text) == ("suppressed", None, "–")


def test_few_values_of_a_visit_are_not_counted(tmp_path: Path) -> None:
    path = write_stages(tmp_path / "s", [20, 20, 20], [20, 25, 40])
    table = pd.read_csv(path.parent / "north.csv")
    table["rm_q3"] = table["rm_q3"].astype("Int64").where(table.index < 3)
    table.to_csv(path.parent / "north.csv", index=False)
    cells = {(cell.trial, cell.measure, cell.visit): cell for cell in records_of(path).availability.cells}
    few = cells["North", "RMDQ", "3 months"]
    assert few.n is not None
    assert (few.n.text, few.n.value, few.share) == ("<5", None, 0.0)
    whole = cells["South", "RMDQ", "3 months"].n
    assert whole is not None
    assert whole.value == 85


def screened(
    folder: Path, column: str, rare: int, many: int, trials: tuple[str, ...] = ("North",), **node: Any
) -> Screen:
    """Screen a study in which three people of some trials have the rare value of a column, and nobody of the others."""
    path = write_screened(folder, **node)
    for name in TRIALS:
        file = folder / f"{name.lower()}.csv"
        table = pd.read_csv(file)
        table[column] = np.where(table.index < (3 if name in trials else 0), rare, table[column].replace(rare, many))
        table.to_csv(file, index=False)
    record = records_of(path).analyses["screening"]
    assert isinstance(record, Moderation)
    (screen,) = record.results
    return screen


def the(screen: Screen, name: str) -> Interaction:
    return next(interaction for interaction in screen.interactions if interaction.moderator == name)


def test_a_level_of_few_people_is_not_told(tmp_path: Path) -> None:
    mood = the(screened(tmp_path, "mood", rare=2, many=1), "mood")
    assert [level.text for level in mood.levels] == ["low", "middling"]
    for reading in (mood.within, mood.naive):
        assert [item.effect.status == "suppressed" for item in reading.each] == [False, True]
        assert {number.text for number in numbers_in(reading.each[1])} == {"–"}
        assert reading.p.value is not None
    assert [(at.value.text, at.estimate.effect.value is None) for at in mood.at] == [
        ("low", False),
        ("middling", True),
        ("high", False),
    ]
    assert "middling" not in plain(mood.found)


def test_a_moderator_of_which_nothing_is_left_to_tell_is_not_tested(tmp_path: Path) -> None:
    screen = screened(tmp_path, "sex", rare=1, many=2, trials=("North", "South"))
    sex = the(screen, "sex")
    assert (sex.tier, sex.found, sex.within.status) == ("not estimable", (), "suppressed")
    assert {number.value for number in (*numbers_in(sex.within.each), sex.within.p, sex.holm)} == {None}
    assert screen.tested.value == sum(interaction.tier != "not estimable" for interaction in screen.interactions)


def test_the_smallest_and_the_largest_value_are_not_told(tmp_path: Path) -> None:
    record = records_of(write_screened(tmp_path, percentiles=[0, 0.1, 50, 100])).analyses["screening"]
    assert isinstance(record, Moderation)
    disclosed = the(record.results[0], "age").at
    assert [at.value.status == "suppressed" for at in disclosed] == [True, True, False, True]
    assert [at.estimate.effect.value is None for at in disclosed] == [True, True, False, True]


def pooled_of(records: Records) -> PooledEffect:
    record = records.analyses["pooled"]
    assert isinstance(record, MetaAnalysis)
    return record.results[0]


def write_small_trial(folder: Path, effects: bool = False) -> Path:
    """Write three trials, the first of which has three people of an arm at follow-up."""
    path = write_screened(folder)
    study = YAML(typ="safe").load(path)
    study |= {"analyses": {"pooled": {"method": "meta-analysis"}}, "report": {"contents": []}}
    write_yaml(path, study)
    mapping = YAML(typ="safe").load(folder / "north.yaml")
    write_yaml(folder / "north.yaml", {**mapping, **({"published": PUBLISHED} if effects else {})})
    table = pd.read_csv(folder / "north.csv")
    table["rm_q3"] = table["rm_q3"].astype("Int64").where((table["arm"] == 1) | (table.index < 6))
    table.to_csv(folder / "north.csv", index=False)
    return path


def test_a_trial_with_few_people_of_an_arm_takes_another_with_it(tmp_path: Path) -> None:
    effect = pooled_of(records_of(write_small_trial(tmp_path)))
    suppressed = {row.trial.text: row for row in effect.by_trial if row.status == "suppressed"}
    shown = [row for row in effect.by_trial if row.status != "suppressed"]
    assert len(suppressed) == 2
    assert len(shown) == 1
    assert shown[0].estimate.effect.value is not None
    assert "<5" in (suppressed["North"].n_control.text, suppressed["North"].n_intervention.text)
    for row in suppressed.values():
        disclosed = (row.n_control, row.n_intervention, row.weight, *numbers_in(row.estimate))
        assert {(number.value, number.status) for number in disclosed} == {(None, "suppressed")}
    assert effect.estimate.effect.value is not None


def test_a_published_effect_of_few_people_is_not_set_beside_ours(tmp_path: Path) -> None:
    record = records_of(write_small_trial(tmp_path, effects=True)).reconciliation
    assert record is not None
    (row,) = [
        row for trial in record.trials for row in trial.rows if "RMDQ" in row.what.text or "Roland" in row.what.text
    ]
    assert {number.value for number in numbers_in(row.ours)} == {None}
    assert row.difference.value is None


def test_everybody_else_is_not_told_beside_the_other_side_where_few_lack_the_moderator(tmp_path: Path) -> None:
    def complement(lacking: int) -> Members:
        path = write_planted(tmp_path / str(lacking), lacking_age=lacking, missing="available")
        record = records_of(path).analyses["rp"]
        assert isinstance(record, RecursivePartitioning)
        return record.results[0].subgroups[0].complement

    few, many, nobody = complement(3), complement(40), complement(0)
    assert (few.status, few.estimate.effect.value, few.normal.low.value) == ("suppressed", None, None)
    assert few.n.value is not None
    assert many.estimate.effect.value is not None
    assert nobody.estimate.effect.value is not None


def test_sizes_whose_boxes_few_people_tell_apart_are_one_box(tmp_path: Path) -> None:
    def shares_of(name: str, minimum: int) -> list[float]:
        sizes = [round(0.5 + 0.005 * i, 3) for i in range(21)]
        contents = [{"series": "Table", "show": "peeling-thresholds", "of": "peeling", "sizes": sizes}]
        node = PEELING | {"moderators": ["age", "baseline RMDQ"], "alpha": 0.002, "bin_width": 0.01, "beam": 1}
        path = write_search_study(
            tmp_path / name,
            analyses={"peeling": node},
            report={"contents": contents},
            policy={"minimum_cell": minimum},
        )
        record = records_of(path).analyses["peeling"]
        assert isinstance(record, DirectedPeeling)
        return [box.share.value or 0.0 for box in record.results[0].nearest(tuple(sizes))]

    free, guarded = shares_of("free", 0), shares_of("guarded", 8)
    assert set(guarded) < set(free)
    assert guarded[0] == free[0]


def test_nothing_is_estimated_from_few_people_of_an_arm(tmp_path: Path) -> None:
    path = write_screened(tmp_path)
    study = YAML(typ="safe").load(path)
    study["analyses"]["pooled"] = {"method": "meta-analysis"}
    write_yaml(path, study)
    for name in TRIALS:
        file = path.parent / f"{name.lower()}.csv"
        table = pd.read_csv(file)
        table["rm_q3"] = table["rm_q3"].astype("Int64").where((table["arm"] == 1) | (table.index < 2))
        table.to_csv(file, index=False)
    records = records_of(path)
    effect, screening = pooled_of(records), records.analyses["screening"]
    assert (effect.n_control.text, effect.n_intervention.text) == ("<5", "–")
    assert (effect.estimate.effect.value, effect.by_trial) == (None, ())
    assert "fewer participants of an arm" in effect.reason
    assert isinstance(screening, Moderation)
    age = the(screening.results[0], "age")
    assert (age.tier, age.within.p.value, age.naive.each[0].effect.value) == ("not estimable", None, None)
    assert all(at.estimate.effect.value is None for at in age.at)


def test_the_same_people_twice_tell_nothing_of_anybody() -> None:
    treatment, first = np.arange(40) % 2, np.arange(40) < 20
    assert disclosable_groups(np.array([first, first, ~first]), treatment, MINIMUM).tolist() == [True, True, True]
    assert disclosable_groups(np.array([first, ~first]), treatment, MINIMUM, parted=True).tolist() == [True, True]


def test_of_two_subgroups_of_nearly_the_same_people_one_is_told(tmp_path: Path) -> None:
    def subgroups(moved: int) -> list[Subgroup]:
        years = {"age": {"label": "Age", "unit": "years"}, "years": {"label": "Years", "unit": "years"}}
        node = {**PARTITION, "moderators": ["age", "years"], "multiplicity": "none", "alpha": 0.5}
        path = write_search_study(
            tmp_path / str(moved),
            covariates={**STUDY["covariates"], **years, "bmi": {"label": "Body mass index", "unit": "kg/m2"}},
            variables={"years": {"column": "years"}},
            analyses={"rp": node},
            report={"contents": []},
        )
        for name in ("north", "south"):
            table = pd.read_csv(path.parent / f"{name}.csv")
            changed = table.index[table["age"] < 30][: moved if name == "north" else 0]
            table["years"] = table["age"].where(~table.index.isin(changed), 79)
            table.to_csv(path.parent / f"{name}.csv", index=False)
        record = records_of(path).analyses["rp"]
        assert isinstance(record, RecursivePartitioning)
        return list(record.results[0].subgroups)

    first, second = subgroups(3)
    assert first.inside.estimate.effect.value is not None
    disclosed = (second.inside, second.sibling, second.complement)
    assert {(item.status, item.estimate.effect.value, item.normal.low.value) for item in disclosed} == {
        ("suppressed", None, None)
    }
    assert second.split.difference.effect.value is None
    assert second.split.p_node.value is not None
    assert all(group.inside.estimate.effect.value is not None for group in subgroups(40))


def test_counts_of_a_description_and_of_a_moderator_obey_one_rule(tmp_path: Path) -> None:
    """Three people of an arm have an age: neither arm is disclosed, and both together are."""
    path = write_screened(tmp_path)
    study = YAML(typ="safe").load(path)
    study["analyses"]["people"] = {"method": "descriptive", "sides_of": "overall", "variables": ["age"]}
    write_yaml(path, study)
    for name in TRIALS:
        file = path.parent / f"{name.lower()}.csv"
        table = pd.read_csv(file)
        table["age"] = table["age"].astype("Int64").where((table["arm"] == 1) | (table.index < 2))
        table.to_csv(file, index=False)
    records = records_of(path)
    people, screening = records.analyses["people"], records.analyses["screening"]
    assert isinstance(people, Descriptive)
    assert isinstance(screening, Moderation)
    control, intervention, everybody = people.characteristics[0].sides
    age = the(screening.results[0], "age")
    assert (control.n.text, intervention.n.text) == (age.n_control.text, age.n_intervention.text) == ("<5", "–")
    assert everybody.n.value == age.n.value
    assert {side.mean.value for side in (control, intervention, everybody) if side.mean} == {None}

"""An intruder with the whole folder: nobody can be told from the difference between two groups that are told.

Who is in each group is worked out anew from the files, not asked of the program.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.analyses import make_records
from reportgen.analyses.disclosure import told_apart
from reportgen.pipeline import read
from reportgen.records.model import Records
from reportgen.records.partition import RecursivePartitioning
from reportgen.records.peeling import DirectedPeeling
from tests.peeling_study import PEELING, write_search_study
from tests.planted_study import write_planted

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
        min(int(((one ^ other) & (treatment == arm)).sum()) for arm in (0, 1)) for one, other in combinations(groups, 2)
    ]


def test_cuts_that_are_told_differ_by_enough_people(tmp_path: Path) -> None:
    path = write_planted(tmp_path, depth=1)
    people, record = people_of(path), records_of(path).analyses["rp"]
    assert isinstance(record, RecursivePartitioning)
    (search,) = record.searches
    treatment = (people["arm"] == 1).astype(int).to_numpy()
    (age,) = [one for one in search.profiles if one.moderator == "age" and one.node == 0]
    groups = [(people["age"] <= cut).to_numpy() for cut in age.cuts]
    assert len(groups) > 10
    assert min(apart(groups, treatment)) >= MINIMUM
    assert age.left_out > 0
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
    (peeling,) = record.peelings
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
    assert line.left_out == (peeling.found.value or 0) - len(groups) > 0
    assert record.guard.note == {"minimum_cell": MINIMUM, "left_out": line.left_out}
    for group in groups:
        assert min((~group & (treatment == arm)).sum() for arm in (0, 1)) >= MINIMUM


def test_a_policy_that_guards_nobody_tells_everything(tmp_path: Path) -> None:
    path = write_planted(tmp_path, depth=1)
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\npolicy: {{minimum_cell: 0}}\n", encoding="utf-8")
    record = records_of(path).analyses["rp"]
    assert isinstance(record, RecursivePartitioning)
    (search,) = record.searches
    assert sum(len(profile.cuts) for profile in search.profiles) == search.cuts.value
    assert record.guard.left_out.value == 0


def test_a_division_and_its_reverse_say_the_same() -> None:
    treatment = np.arange(40) % 2
    first = np.arange(40) < 20
    groups = np.array([first, np.arange(40) >= 22])
    assert told_apart(groups, treatment, MINIMUM).tolist() == [True, True]
    assert told_apart(groups, treatment, MINIMUM, parted=True).tolist() == [True, False]

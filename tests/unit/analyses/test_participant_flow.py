"""From files to comparisons: what is counted, and that no small count can be worked out from what stands beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reportgen.analyses.participant_flow import participant_flow, reasons_apart
from reportgen.data import Repository
from reportgen.pipeline import read
from reportgen.records.flow import ParticipantFlow
from reportgen.records.numbers import Value
from reportgen.spec import Spec
from tests.study_files import MAPPING, people, write_study

CONSENT = {"column": "consent", "equals": 1, "reason": "no consent"}
CODES = MAPPING["arms"]["codes"] | {3: {"class": "sham", "name": "sham"}}


def write(folder: Path, minimum: int, excluded: tuple[int, int] = (0, 0), sham: int = 0) -> tuple[Spec, Repository]:
    """Write two trials: some of each without consent, and some of the north with a sham treatment."""
    data = {"participant": "id", "keep": CONSENT}
    north: dict[str, Any] = {"data": {"file": "north.csv", **data}}
    if sham:
        north["arms"] = {"column": "arm", "codes": CODES}
    south = {"data": {"file": "south.csv", **data, "keep": CONSENT | {"reason": "moved away"}}}
    path = write_study(folder, {"policy": {"minimum_cell": minimum}}, north, south)
    for name, seed, n, out in (("north", 1, 60, excluded[0]), ("south", 2, 80, excluded[1])):
        table: pd.DataFrame = people(seed, n)
        table["consent"] = [0] * out + [1] * (n - out)
        if name == "north":
            table.loc[table.index[-sham:] if sham else [], "arm"] = 3
        table.to_csv(folder / f"{name}.csv", index=False)
    return read(path)


def flow(folder: Path, minimum: int, excluded: tuple[int, int] = (0, 0), sham: int = 0) -> ParticipantFlow[Value]:
    spec, repository = write(folder, minimum, excluded, sham)
    return participant_flow(repository, spec.study)


def test_each_step_adds_up(tmp_path: Path) -> None:
    found = flow(tmp_path, 5, (8, 12), 20)
    assert (found.in_files.value, found.excluded.value, found.excluding.value, found.n.value) == (140, 20, 2, 120)
    assert [(item.reason.words, item.n.value) for item in found.reasons] == [("moved away", 12), ("no consent", 8)]
    assert found.others is None
    (overall,) = found.comparisons
    assert (overall.trials.value, overall.one_sided.value, overall.n.value) == (2, 0, 120)
    assert overall.n_control.value + overall.n_intervention.value == overall.n.value  # type: ignore[operator]
    assert sum(item.n.value or 0 for item in found.classes) == found.n.value


def test_nobody_excluded(tmp_path: Path) -> None:
    found = flow(tmp_path, 5)
    assert (found.excluded.value, found.excluding.value, found.reasons, found.others) == (0, 0, (), None)


def test_a_rare_reason_is_counted_with_the_next(tmp_path: Path) -> None:
    found = flow(tmp_path, 5, (3, 12))
    assert found.reasons == () and found.others is not None and found.others.value == 15


def test_without_protection_every_reason_has_its_count(tmp_path: Path) -> None:
    assert [item.n.value for item in flow(tmp_path, 0, (3, 12)).reasons] == [12, 3]


def test_a_small_class_is_suppressed_with_a_neighbour(tmp_path: Path) -> None:
    found = flow(tmp_path, 5, sham=3)
    hidden = [item for item in found.classes if item.n.status == "suppressed"]
    assert "sham" in {item.arm_class.words for item in hidden} and len(hidden) >= 2
    assert all(item.n.value is None for item in hidden)


def test_a_trial_with_one_side_is_counted(tmp_path: Path) -> None:
    spec, repository = write(tmp_path, 0, sham=3)
    comparison = spec.study.comparisons["overall"].model_copy(update={"control": ("sham",)})
    study = spec.study.model_copy(update={"comparisons": {"overall": comparison}})
    (overall,) = participant_flow(repository, study).comparisons
    assert (overall.trials.value, overall.one_sided.value, overall.n_control.value) == (2, 1, 3)


def test_small_arms_of_a_comparison_are_suppressed_together(tmp_path: Path) -> None:
    spec, repository = write(tmp_path, 5, sham=3)
    comparison = spec.study.comparisons["overall"].model_copy(update={"control": ("sham",)})
    study = spec.study.model_copy(update={"comparisons": {"overall": comparison}})
    (overall,) = participant_flow(repository, study).comparisons
    assert (overall.n_control.words, overall.n_intervention.words) == ("<5", "–")
    assert overall.n_control.value is None and overall.n_intervention.value is None


@pytest.mark.parametrize("minimum", [0, 2, 5, 10])
@pytest.mark.parametrize("counts", [(1,), (4, 4), (30, 1), (30, 20, 2, 2), (9, 8, 7, 6, 5, 4, 3, 2, 1), ()])
def test_no_count_below_the_limit_is_printed_or_follows(counts: tuple[int, ...], minimum: int) -> None:
    kept, others = reasons_apart({f"reason {i}": n for i, n in enumerate(counts)}, minimum)
    assert sum(n for _, n in kept) + others == sum(counts)
    assert all(n >= minimum for _, n in kept)
    assert not kept or others == 0 or others >= minimum

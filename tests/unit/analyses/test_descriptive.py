"""The baseline table against pandas, and that a small cell cannot be worked out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from reportgen.analyses import make_records
from reportgen.analyses.descriptive import included_trials
from reportgen.pipeline import read
from reportgen.records.model import Characteristic, Descriptive
from reportgen.records.numbers import numbers_in
from tests.study_files import STUDY, people, write_study


def described(tmp_path: Path, **changes: Any) -> Descriptive:
    spec, repository = read(write_study(tmp_path / "small", **changes))
    records = make_records(spec, repository, profile="final")
    return cast(Descriptive, records.analyses["people"])


def row(record: Descriptive, label: str) -> Characteristic:
    return next(c for c in record.characteristics if c.label.text == label)


def test_means_and_counts_are_those_of_pandas(tmp_path: Path) -> None:
    record = described(tmp_path)
    everybody = pd.concat([people(1), people(2, 80)])
    for side, group in zip(
        range(3), (everybody[everybody["arm"] == 2], everybody[everybody["arm"] == 1], everybody), strict=True
    ):
        age = row(record, "age").sides[side]
        assert age.mean is not None
        assert age.sd is not None
        assert (age.trials.value, age.n.value) == (2, len(group))
        np.testing.assert_allclose(
            [age.mean.value, age.sd.value], [group["age"].mean(), group["age"].std()], rtol=1e-12
        )
        women = row(record, "sex").levels[0].shares[side]
        assert women.n.value == (group["sex"] == 2).sum()
        np.testing.assert_allclose(women.percent.value, 100 * (group["sex"] == 2).mean(), rtol=1e-12)


def test_a_small_cell_leaves_no_trace_in_the_results(tmp_path: Path) -> None:
    levels = {"stage": {"levels": ["one", "two", "three"]}}
    path = write_study(tmp_path / "small", study={"covariates": {**STUDY["covariates"], **levels}})
    study = path.read_text().replace("- sex\n", "- sex\n    - stage\n", 1)
    path.write_text(study)
    rule = "  stage:\n    column: stage\n    codes: {1: one, 2: two, 3: three}\n"
    for name, seed, n in (("north", 1, 60), ("south", 2, 80)):
        table = people(seed, n)
        table["stage"] = np.where(
            np.arange(n) < (3 if name == "north" else 0), 1, np.where(np.arange(n) % 3 == 0, 2, 3)
        )
        table.to_csv(path.parent / f"{name}.csv", index=False)
        mapping = path.parent / f"{name}.yaml"
        mapping.write_text(mapping.read_text() + rule)
    spec, repository = read(path)
    record = cast(Descriptive, make_records(spec, repository, profile="final").analyses["people"])
    stage = row(record, "stage")
    assert record.suppressed
    first = stage.levels[0]
    assert [share.n.text for share in first.shares][:2] == ["<5", "<5"]
    assert all(number.value is None for share in first.shares[:2] for number in numbers_in(share))


@pytest.mark.parametrize("classes", [["exercise", "sham", "usual care"], ["usual care", "exercise", "sham"]])
def test_arms_of_a_trial_stand_in_the_order_of_the_classes(tmp_path: Path, classes: list[str]) -> None:
    spec, repository = read(write_study(tmp_path / "small", study={"arm_classes": classes}))
    record = included_trials(repository, spec.study)
    for trial in record.trials:
        found = [arm.arm_class.words for arm in trial.arms]
        assert found == [item for item in classes if item in found] and len(found) > 1
        numbered = {arm.name.id: arm.name.words for arm in trial.arms}
        # an id stays with its arm, in whichever order they are shown
        (original,) = [item for item in repository.trials if item.name == trial.trial.words]
        assert [numbered[name] for name in sorted(numbered)] == [name for _, name, _ in original.arms]

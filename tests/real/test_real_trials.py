"""Three real trials through whole studies: published means, and the values that R gives, to the printed digit.

Without the data beside the checkout these tests are skipped, and `test_packaged_trials.py` proves the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from reportgen.analyses import make_records
from reportgen.data import Repository
from reportgen.pipeline import read
from reportgen.records.model import Descriptive, MetaAnalysis, PooledEffect, Records

HERE = Path(__file__).parent


@pytest.fixture
def copied(shared_data: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A study of this folder beside its data."""

    def copy(study: str) -> Path:
        folder = tmp_path / study
        shutil.copytree(HERE / study, folder)
        for file in shared_data.glob("*.csv"):
            shutil.copy(file, folder)
        return folder

    return copy


@pytest.fixture
def repository_of(copied: Callable[[str], Path]) -> Callable[[str], Repository]:
    return lambda study: read(copied(study))[1]


@pytest.fixture
def records_of(copied: Callable[[str], Path]) -> Callable[[str], Records]:
    def make(study: str) -> Records:
        spec, repository = read(copied(study))
        return make_records(spec, repository, profile="final")

    return make


def effects(records: Records) -> dict[str, PooledEffect]:
    return {effect.id: effect for effect in cast(MetaAnalysis, records.analyses["pooled"]).results}


def shown(effect: PooledEffect) -> tuple[str, str]:
    return effect.estimate.effect.text, effect.estimate.std_error.text


def test_one_trial_is_ordinary_ancova(records_of: Callable[[str], Records]) -> None:
    """R: lm(post ~ baseline + arm + age + female), therapy v usual care; ours is an improvement, so the sign turns."""
    found = effects(records_of("therapy"))
    pain, odi = found["pooled.usual.pain.post"], found["pooled.usual.odi.post"]
    assert (f"{pain.estimate.effect.value:.5f}", f"{pain.estimate.std_error.value:.5f}") == ("2.21972", "0.25004")
    assert (f"{odi.estimate.effect.value:.5f}", f"{odi.estimate.std_error.value:.5f}") == ("12.57200", "1.38657")
    assert pain.estimate.effect.text == "2.21972"
    assert pain.trials.text == "1"
    assert pain.heterogeneity.tau2.status == "not estimable"


def test_published_means_after_treatment(repository_of: Callable[[str], Repository]) -> None:
    """Ashar 2022: pain after treatment 1.18 (1.24), 2.84 (1.64), 3.13 (1.45); ODI 10.14 (10.63), 19.00 (11.07), 20.68 (10.68)."""
    repository = repository_of("therapy")
    after = repository.measures[repository.measures["visit"] == "1 month"]
    arm = repository.participants["arm_class"].to_numpy()[after["row"].to_numpy()]
    summary = after.assign(arm=arm).groupby(["instrument", "arm"])["value"].agg(["mean", "std"])
    printed = {key: f"{row['mean']:.2f} ({row['std']:.2f})" for key, row in summary.iterrows()}
    assert printed == {
        ("pain", "pain reprocessing therapy"): "1.18 (1.24)",
        ("pain", "placebo"): "2.84 (1.64)",
        ("pain", "usual care"): "3.13 (1.45)",
        ("ODI", "pain reprocessing therapy"): "10.14 (10.63)",
        ("ODI", "placebo"): "19.00 (11.07)",
        ("ODI", "usual care"): "20.68 (10.68)",
    }


def test_headache_at_twelve_months(records_of: Callable[[str], Records]) -> None:
    """Vickers 2006. R: lm with baseline, age, sex, migraine, chronicity −4.640 (1.240)."""
    found = effects(records_of("headache"))
    twelve = found["pooled.acupuncture.headache.twelve"]
    assert (twelve.estimate.effect.text, f"{twelve.estimate.std_error.value:.3f}") == ("4.640", "1.240")
    assert twelve.n.value == 301
    assert {exclusion.reason[0].text for exclusion in twelve.excluded if not isinstance(exclusion.reason[0], str)} == {
        "no value at follow-up"
    }


def test_mindfulness_alone(records_of: Callable[[str], Records]) -> None:
    (effect,) = effects(records_of("mindfulness")).values()
    # 70 people; three have no baseline and three others no value after treatment
    assert (effect.trials.value, effect.n.value, effect.status) == (1, 64, "ok")
    assert sorted(exclusion.n.value for exclusion in effect.excluded) == [3, 3]


def test_two_disability_scales_in_three_strata(records_of: Callable[[str], Records]) -> None:
    """ODI of one trial and RMDQ of two centres meet on one scale from 0 to 100."""
    records = records_of("back-pain")
    found = effects(records)
    pooled = found["pooled.overall.disability.post"]
    assert [t.trial.text for t in pooled.by_trial] == ["Ashar", "Madrid", "Vitoria"]
    assert [t.instrument.text for t in pooled.by_trial] == ["ODI", "RMDQ", "RMDQ"]
    assert pooled.status in ("ok", "boundary")
    assert pooled.unit.text == "points"
    people = cast(Descriptive, records.analyses["people"])
    assert [side.n.value for side in people.sides] == [84, 86, 170]


def test_an_outcome_of_one_trial_is_no_error(records_of: Callable[[str], Records]) -> None:
    odi = effects(records_of("back-pain"))["pooled.overall.odi.post"]
    assert odi.status == "not estimable"
    assert odi.estimate.effect.text == "–"
    assert odi.reason == "one trial, and two are needed"
    assert odi.trials.value == 1

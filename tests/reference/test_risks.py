"""Risk ratios and risk differences against metafor and glm: from files, a mapping and a study file to the recorded effect.

`risks.R` took the effects of the trials from two-by-two tables, or from a logistic regression standardised over the people of the
trial, and pooled them by restricted maximum likelihood with guarded Hartung-Knapp intervals.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.pipeline import read
from reportgen.records.model import MetaAnalysis, PooledEffect
from tests.analysed import analysed
from tests.study_files import STUDY, write_yaml

HERE = Path(__file__).parent
REFERENCE: dict[str, Any] = json.loads((HERE / "risks.json").read_text(encoding="utf-8"))
MEASURES = {"RR": "risk ratio", "RD": "risk difference"}


def effect(folder: Path, fit: dict[str, Any], **options: Any) -> PooledEffect:
    """Return the pooled effect of a data set as a study of its own."""
    mapping = {
        "trial": {"column": "trial"},
        "data": {"file": "all.csv", "participant": "id"},
        "arms": {"column": "t", "codes": {0: {"class": "usual care"}, 1: {"class": "exercise"}}},
        "variables": {"Y": {"column": {"3 months": "y"}}, "age": {"column": "age"}},
    }
    adjust_for = ["age"] if fit["adjusted"] else []
    study = {
        **STUDY,
        "trials": ["all.yaml"],
        "instruments": {"Y": {"name": "Relapse"}},
        "outcomes": {"Y": {"kind": "binary", "good": False, "measure": MEASURES[fit["measure"]]}},
        "covariates": {"age": {"unit": "years"}},
        "analyses": {"pooled": {"method": "meta-analysis", "adjust_for": adjust_for, **options}},
        "policy": {"minimum_cell": 0},
        "report": {"contents": []},
    }
    table = (HERE / "data" / f"{fit['data']}.csv").read_text(encoding="utf-8").splitlines()
    rows = [f"id,{table[0]}", *(f"{place},{line}" for place, line in enumerate(table[1:]))]
    (folder / "all.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    write_yaml(folder / "all.yaml", mapping)
    write_yaml(folder / "study.yaml", study)
    spec, repository = read(folder)
    record = analysed("pooled", spec.study.analyses["pooled"], repository, spec.study)
    assert isinstance(record, MetaAnalysis)
    return record.results[0]


def test_the_grid_has_both_measures_with_and_without_an_adjuster() -> None:
    assert len(REFERENCE["fits"]) == 12
    assert {(fit["measure"], fit["adjusted"]) for fit in REFERENCE["fits"]} == {
        (measure, adjusted) for measure in MEASURES for adjusted in (True, False)
    }
    assert min(fit["tau2"] for fit in REFERENCE["fits"]) == 0 < max(fit["tau2"] for fit in REFERENCE["fits"])


# Largest difference measured, relative to the standard error: 2e-9, of regressions; of tau2 1e-9.
@pytest.mark.parametrize("fit", REFERENCE["fits"], ids=lambda f: f"{f['data']}, {f['measure']}, {f['adjusted']}")
def test_a_pooled_effect_is_that_of_metafor(tmp_path: Path, fit: dict[str, Any]) -> None:
    found = effect(tmp_path, fit)
    unit = 100.0 if fit["measure"] == "RD" else 1.0  # percentage points
    assert [row.trial.text for row in found.by_trial] == fit["trials"]
    assert found.trials.value == len(fit["trials"])
    expected = {
        found.estimate.effect: fit["estimate"],
        found.estimate.std_error: fit["std_error"],
        found.estimate.low: fit["lower"],
        found.estimate.high: fit["upper"],
        found.heterogeneity.predicted_low: max(fit["prediction"][0], -1.0 if unit > 1.0 else -np.inf),
        found.heterogeneity.predicted_high: min(fit["prediction"][1], 1.0 if unit > 1.0 else np.inf),
        found.common.effect: fit["common"],
        found.common.std_error: fit["common_std_error"],
    }
    for number, value in expected.items():
        assert number.value == pytest.approx(unit * value, abs=1e-7 * unit * fit["std_error"]), number.id
    for row, estimate, std_error in zip(found.by_trial, fit["estimates"], fit["std_errors"], strict=True):
        assert row.estimate.effect.value == pytest.approx(unit * estimate, abs=1e-7 * unit * std_error)
        assert row.estimate.std_error.value == pytest.approx(unit * std_error, rel=1e-7)
    assert found.estimate.p.value == pytest.approx(fit["p_value"], abs=1e-8)
    assert found.heterogeneity.tau2.value == pytest.approx(unit**2 * fit["tau2"], rel=1e-6, abs=unit**2 * 1e-12)
    assert found.heterogeneity.i2.value == pytest.approx(100 * fit["i2"], abs=1e-5)
    assert found.two_stage_heterogeneity.q.value == pytest.approx(fit["q"], rel=1e-7)
    assert [row.weight.value for row in found.by_trial] == pytest.approx([100 * w for w in fit["weights"]], abs=1e-5)


def test_one_effect_for_all_trials_is_their_mean_by_inverse_variances(tmp_path: Path) -> None:
    fit = next(item for item in REFERENCE["fits"] if item["data"] == "risks-varying" and not item["adjusted"])
    found = effect(tmp_path, fit, treatment_effect="common")
    assert found.estimate.effect.value == pytest.approx(fit["common"], abs=1e-9)
    half = 1.959963984540054 * fit["common_std_error"]
    assert found.estimate.high.value == pytest.approx(fit["common"] + half, abs=1e-9)
    assert found.heterogeneity.tau2.value is None and found.heterogeneity.predicted_low.value is None


def test_trials_without_events_in_an_arm_are_listed_with_the_reason_but_have_differences(tmp_path: Path) -> None:
    for fit in (item for item in REFERENCE["fits"] if item["data"] == "risks-rare" and not item["adjusted"]):
        (folder := tmp_path / fit["measure"]).mkdir()
        found = effect(folder, fit)
        said = {item.trial.text: item.exclusion.words for item in found.excluded if item.exclusion}
        if fit["measure"] == "RR":
            assert said["T2"] == "nobody had the event, which tells nothing about a ratio"
            assert said["T3"] == "no effect of its own: nobody in the intervention arm has the event"
        else:
            assert not {"T2", "T3"} & set(said)
        lost = sum(item.n.value or 0 for item in found.excluded)
        assert np.isclose((found.n.value or 0) + lost, found.in_comparison.value or 0)

"""Standardised mean differences against metafor and lme4: from files, a mapping and a study file to the recorded effect.

In each data set y is the value at follow-up and x1 that at baseline; `standardised.R` divided them by the standard deviations.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reportgen.pipeline import read
from reportgen.records.model import MetaAnalysis, PooledEffect
from tests.analysed import analysed
from tests.study_files import STUDY, write_yaml

HERE = Path(__file__).parent
REFERENCE: dict[str, Any] = json.loads((HERE / "standardised.json").read_text(encoding="utf-8"))


def effect(folder: Path, data: str, analyse: str, adjust_for: list[str], better: str = "higher") -> PooledEffect:
    """Return the pooled effect of a data set as a study of its own."""
    mapping = {
        "trial": {"column": "trial"},
        "data": {"file": "all.csv", "participant": "id"},
        "arms": {"column": "t", "codes": {0: {"class": "usual care"}, 1: {"class": "exercise"}}},
        "variables": {"Y": {"column": {"baseline": "x1", "3 months": "y"}}},
    }
    study = {
        **STUDY,
        "trials": ["all.yaml"],
        "instruments": {"Y": {"better": better}},
        "outcomes": {"Y": {"analyse": analyse, "measure": "standardised"}},
        "covariates": {},
        "analyses": {"pooled": {"method": "meta-analysis", "adjust_for": adjust_for}},
        "policy": {"minimum_cell": 0},
        "report": {"contents": []},
    }
    table = (HERE / "data" / f"{data}.csv").read_text(encoding="utf-8").splitlines()
    rows = [f"id,{table[0]}", *(f"{place},{line}" for place, line in enumerate(table[1:]))]
    (folder / "all.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    write_yaml(folder / "all.yaml", mapping)
    write_yaml(folder / "study.yaml", study)
    spec, repository = read(folder)
    record = analysed("pooled", spec.study.analyses["pooled"], repository, spec.study)
    assert isinstance(record, MetaAnalysis)
    return record.results[0]


IDS = [fit["data"] for fit in REFERENCE["fits"]]


# Largest relative difference measured: 3e-13 of a trial, 4e-10 of a pooled effect, 2e-9 of tau2.
@pytest.mark.parametrize("fit", REFERENCE["fits"], ids=IDS)
def test_effects_at_follow_up_are_those_of_metafor_and_of_lme4(tmp_path: Path, fit: dict[str, Any]) -> None:
    found = effect(tmp_path, fit["data"], "final", [])
    assert found.n.value == fit["n"]
    own = {row.trial.text: row.estimate for row in found.by_trial}
    for name, estimate, std_error in zip(fit["trials"], fit["estimates"], fit["std_errors"], strict=True):
        assert own[name].effect.value == pytest.approx(estimate, abs=1e-10)
        assert own[name].std_error.value == pytest.approx(std_error, rel=1e-10)
    pooled = fit["pooled"]
    assert found.two_stage.effect.value == pytest.approx(pooled["estimate"], abs=1e-8)
    assert found.two_stage.std_error.value == pytest.approx(pooled["std_error"], rel=1e-7)
    assert found.two_stage_heterogeneity.tau2.value == pytest.approx(pooled["tau2"], rel=1e-6, abs=1e-11)
    assert found.estimate.effect.value == pytest.approx(fit["final"]["estimate"], rel=1e-7)
    assert found.heterogeneity.tau2.value == pytest.approx(fit["final"]["tau2"], rel=1e-6, abs=1e-11)
    assert found.criterion.value == pytest.approx(fit["final"]["criterion"], rel=1e-9)


@pytest.mark.parametrize("better", ["higher", "lower"])
@pytest.mark.parametrize("fit", REFERENCE["fits"], ids=IDS)
def test_a_change_is_divided_by_the_sd_at_baseline(tmp_path: Path, fit: dict[str, Any], better: str) -> None:
    found = effect(tmp_path, fit["data"], "change", ["baseline"], better)
    sign = 1 if better == "higher" else -1
    assert sign * (found.estimate.effect.value or 0) == pytest.approx(fit["change"]["estimate"], rel=1e-7)
    assert found.heterogeneity.tau2.value == pytest.approx(fit["change"]["tau2"], rel=1e-6, abs=1e-11)
    assert found.criterion.value == pytest.approx(fit["change"]["criterion"], rel=1e-9)

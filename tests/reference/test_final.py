"""Outcomes at follow-up against lme4 and pbkrtest: from files, a mapping and a study file to the recorded effect.

In each data set y is the value at follow-up and x1 that at baseline; `final.R` fitted what the models here are asked for.
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
REFERENCE: dict[str, Any] = json.loads((HERE / "final.json").read_text(encoding="utf-8"))
OPTIONS: dict[str, tuple[str, list[str]]] = {
    "final": ("final", []),
    "final, baseline": ("final", ["baseline"]),
    "change, baseline": ("change", ["baseline"]),
}


def effect(folder: Path, data: str, analyse: str, adjust_for: list[str], better: str) -> PooledEffect:
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
        "outcomes": {"Y": {"analyse": analyse}},
        "covariates": {},
        "analyses": {"pooled": {"method": "meta-analysis", "adjust_for": adjust_for, "df_floor": "none"}},
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


def test_the_grid_has_each_model_of_each_data_set() -> None:
    assert len(REFERENCE["fits"]) == 15
    assert {fit["model"] for fit in REFERENCE["fits"]} == OPTIONS.keys()
    assert min(fit["tau2"] for fit in REFERENCE["fits"]) == 0


# Largest relative difference measured: 6.5e-11 (a p value); of tau2 1.6e-10.
@pytest.mark.sampled(6)
@pytest.mark.parametrize("better", ["higher", "lower"])
@pytest.mark.parametrize("fit", REFERENCE["fits"], ids=lambda fit: f"{fit['data']}, {fit['model']}")
def test_an_effect_is_that_of_lme4(tmp_path: Path, fit: dict[str, Any], better: str) -> None:
    found = effect(tmp_path, fit["data"], *OPTIONS[fit["model"]], better)
    sign = 1 if better == "higher" else -1
    assert found.n.value == fit["n"]
    got = {
        "estimate": sign * (found.estimate.effect.value or 0),
        "std_error": found.estimate.std_error.value,
        "df": found.df_unfloored.value,
        "p_value": found.estimate.p.value,
        "criterion": found.criterion.value,
    }
    differences = {name: abs((value or 0) / fit[name] - 1) for name, value in got.items()}
    assert max(differences.values()) < 1e-9, differences
    assert found.heterogeneity.tau2.value == pytest.approx(fit["tau2"], rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("data", sorted({fit["data"] for fit in REFERENCE["fits"]}))
def test_adjusted_for_the_baseline_the_value_at_follow_up_has_the_effect_of_the_change(
    tmp_path: Path, data: str
) -> None:
    final, change = (effect(tmp_path, data, analyse, ["baseline"], "lower") for analyse in ("final", "change"))
    for item, other in (
        (final.estimate.effect, change.estimate.effect),
        (final.estimate.low, change.estimate.low),
        (final.estimate.high, change.estimate.high),
        (final.common.effect, change.common.effect),
        (final.two_stage.effect, change.two_stage.effect),
        *(
            (one.estimate.effect, other.estimate.effect)
            for one, other in zip(final.by_trial, change.by_trial, strict=True)
        ),
    ):
        assert item.value == pytest.approx(other.value, rel=1e-9)

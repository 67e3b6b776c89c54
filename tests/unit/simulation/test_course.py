"""Effects, modifications and loss: a correct analysis finds what the file declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reportgen.data import Repository
from reportgen.spec.analyses import MetaAnalysis
from reportgen.spec.simulation import SimulationSpec
from tests.analysed import analysed
from tests.unit.simulation.small import SIMULATION, VARIABLES, simulated


def big(**north: Any) -> dict[str, Any]:
    arms = {"arms": {1: 400, 2: 400}}
    return {
        "targets": {"sides_of": "overall", "variables": {}},
        "trials": {"North": {**arms, **north}, "South": {**arms, "here": {"RMDQ": {"mean": 12}}}},
    }


def effects(file: SimulationSpec, repository: Repository) -> dict[str, float]:
    node = MetaAnalysis(method="meta-analysis")
    record = analysed("pooled", node, repository, file.spec.study)
    return {str(e.id).split(".")[2]: float(e.estimate.effect.value or np.nan) for e in record.results}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_declared_effect_is_what_an_analysis_finds(tmp_path: Path, seed: int) -> None:
    found = effects(*simulated(tmp_path, seed, simulation=big()))
    assert found["rmdq"] == pytest.approx(1.5, abs=0.06)
    assert found["function"] == pytest.approx(6, abs=0.3)


@pytest.mark.slow
def test_a_comparison_is_exact_while_its_trials_differ(tmp_path: Path) -> None:
    """The errors of the trials, weighted by precision, cancel; with `none` they do not."""

    def errors(exact: str, seed: int) -> tuple[float, list[float]]:
        simulation = {**big(), "simulation": {"seed": seed, "exact_means": exact}}
        file, repository = simulated(tmp_path / f"{exact} {seed}", simulation=simulation)
        node = MetaAnalysis(method="meta-analysis", outcomes=("RMDQ",), treatment_effect="common")
        (effect,) = analysed("pooled", node, repository, file.spec.study).results
        trials = [float(trial.estimate.effect.value or 0) - 1.5 for trial in effect.by_trial]
        return float(effect.estimate.effect.value or 0) - 1.5, trials

    exact = [errors("overall", seed) for seed in range(4)]
    chance = [errors("none", seed) for seed in range(4)]
    assert max(abs(pooled) for pooled, _ in exact) < 0.08
    assert np.std([pooled for pooled, _ in chance]) > 0.08
    assert np.mean([abs(trial) for _, trials in exact for trial in trials]) > 0.1


def test_a_modification_moves_effects_apart_and_leaves_their_mean(tmp_path: Path) -> None:
    modifiers = {"worse gain more": {"of": "RMDQ", "where": {"RMDQ": "above 9"}, "adds": 3}}
    file, repository = simulated(tmp_path, simulation={**big(), "modifiers": modifiers})
    assert effects(file, repository)["rmdq"] == pytest.approx(1.5, abs=0.15)
    wide = (
        repository.measures.query("instrument == 'RMDQ'").pivot(index="row", columns="months", values="value").dropna()
    )
    treated = repository.participants["arm_class"].to_numpy()[wide.index] == "exercise"
    gain, worse = wide[0.0] - wide[3.0], wide[0.0] > 9
    by_half = [gain[treated & half].mean() - gain[~treated & half].mean() for half in (worse, ~worse)]
    assert 2 < by_half[0] - by_half[1] < 4


def test_modification_by_a_quantity_and_by_a_level(tmp_path: Path) -> None:
    modifiers = {
        "younger gain more": {"of": "function", "by": "age", "adds": -0.5},
        "men gain less": {"of": "function", "where": {"sex": "male"}, "adds": -8},
    }
    _, repository = simulated(tmp_path, simulation={**big(), "modifiers": modifiers})
    wide = (
        repository.measures.query("instrument == 'function'")
        .pivot(index="row", columns="months", values="value")
        .dropna()
    )
    people = repository.participants.iloc[wide.index]
    treated = (people["arm_class"] == "exercise").to_numpy(dtype=float)
    age = people["age"].to_numpy() - people["age"].mean()
    male = (people["sex"] == "male").to_numpy(dtype=float)
    design = np.column_stack([np.ones(len(age)), wide[0.0], treated, age, male, treated * age, treated * male])
    slopes = np.linalg.lstsq(design, (wide[3.0] - wide[0.0]).to_numpy(), rcond=None)[0]
    assert slopes[5] == pytest.approx(-0.5, abs=0.25)
    assert slopes[6] == pytest.approx(-8, abs=4)


def test_who_is_lost_stays_lost_and_the_worse_are_lost_more(tmp_path: Path) -> None:
    simulation = {**big(loss={3: 0.3}), "loss": {"share": {3: 0.1}, "leans": {"severity": 0.8}}}
    _, repository = simulated(tmp_path, simulation=simulation)
    wide = repository.measures.pivot_table(index="row", columns=["instrument", "months"], values="value")
    trial = repository.participants["trial"].to_numpy()[wide.index]
    lost = pd.Series(wide[("RMDQ", 3.0)].isna())
    assert (lost == wide[("function", 3.0)].isna()).all()
    assert lost[trial == "North"].mean() == pytest.approx(0.3, abs=0.06)
    assert lost[trial == "South"].mean() == pytest.approx(0.1, abs=0.05)
    assert wide[("RMDQ", 0.0)][lost].mean() > wide[("RMDQ", 0.0)][~lost].mean() + 1


def test_open_items_are_filled_as_the_score_allows(tmp_path: Path) -> None:
    items = {"items": "rm_{visit}_{1-24}", "yes": 1, "at_least": 20}
    north = {"variables": {**VARIABLES, "RMDQ": items}}
    _, repository = simulated(tmp_path, north=north, simulation=big(open_items=0.2))
    values = repository.measures.query("trial == 'North' and instrument == 'RMDQ' and months == 3")["value"]
    assert 0.05 < (values != values.round()).mean() < 0.3
    assert len([line for line in repository.ledger if "open ones" in line.rule]) == 1


def test_what_is_like_another_takes_over_what_it_does_not_give(tmp_path: Path) -> None:
    instruments = {**SIMULATION["instruments"], "function": {"like": "RMDQ", "mean": 60, "sd": 15}}
    file, _ = simulated(tmp_path, simulation={**big(), "instruments": instruments})
    function = file.simulation.instrument("function")
    assert (function.mean, function.pull, function.effects) == (60, 0.3, {"exercise": {3.0: 1.5}})

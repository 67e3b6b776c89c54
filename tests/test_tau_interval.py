"""The profile interval of the variance between trials: from the study file to the table, and where it does not apply."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.pipeline import read
from reportgen.records.numbers import plain
from reportgen.records.printed import figures_of, printed
from reportgen.spec.load import examine_study
from reportgen.stats import fit_one_step_glmm
from reportgen.stats.tau_profile import tau_profile_interval
from reportgen.tables import estimates
from tests.analysed import analysed
from tests.event_study import ANALYSES, OUTCOMES, write_events
from tests.test_events import table_of

CHANGE = {"change": {**ANALYSES["change"], "adjust_for": [], "tau_interval": "profile"}}
POOLED = {"pooled": {**ANALYSES["pooled"], "adjust_for": [], "tau_interval": "profile"}}
CONTENTS: dict[str, Any] = {"report": {"contents": []}}


def pooled(folder: Path, **analysis: Any) -> Any:
    (name,) = analysis
    path = write_events(folder, {**CONTENTS, "analyses": analysis})
    assert not examine_study(path).problems
    spec, repository = read(path)
    return printed(analysed(name, spec.study.analyses[name], repository, spec.study), figures_of(spec.study))


def test_of_a_continuous_outcome_it_is_that_of_the_arrays(tmp_path: Path) -> None:
    record = pooled(tmp_path / "s", **CHANGE)
    table = table_of(tmp_path / "s")
    low, high = tau_profile_interval(table["rm_b"] - table["rm_q3"], (table["arm"] == 1).astype(float), table["trial"])
    (effect,) = record.results
    found = effect.heterogeneity
    assert (found.tau2_low.value, found.tau2_high.value) == pytest.approx((low**2, high**2), rel=1e-5, abs=1e-9)
    text = " ".join(
        plain(cell) for row in estimates(record.results, record.settings).groups[0].rows for cell in row.cells
    )
    assert f"{found.tau2.text} ({found.tau2_low.text} to {found.tau2_high.text})" in text
    assert any("by profile likelihood" in plain(note) for note in estimates(record.results, record.settings).footnotes)


def test_of_events_it_is_that_of_the_model(tmp_path: Path) -> None:
    record = pooled(tmp_path / "s", **POOLED)
    table = table_of(tmp_path / "s")
    fit = fit_one_step_glmm(table["relapse"], (table["arm"] == 1).astype(float), table["trial"], profile_level=0.95)
    found = next(effect for effect in record.results if effect.outcome == "relapse").heterogeneity
    assert fit.tau_interval is not None
    assert [found.tau2_low.value, found.tau2_high.value] == pytest.approx(
        np.square(fit.tau_interval), rel=1e-4, abs=1e-8
    )


def test_without_the_option_there_is_none(tmp_path: Path) -> None:
    record = pooled(tmp_path / "s", change={**ANALYSES["change"], "adjust_for": []})
    assert record.results[0].heterogeneity.tau2_low is None
    assert not any("profile" in plain(note) for note in estimates(record.results, record.settings).footnotes)


@pytest.mark.parametrize(
    ("analysis", "measure", "said"),
    [
        ({**CHANGE["change"], "treatment_effect": "common"}, None, "does not apply to `treatment_effect: common`"),
        ({**CHANGE["change"], "intercept": "random"}, None, "does not apply to `intercept: random`"),
        ({**CHANGE["change"], "residual": "by-trial"}, None, "does not apply to `residual: by-trial`"),
        (
            {**POOLED["pooled"], "outcomes": "relapse"},
            "risk difference",
            "each risk difference is pooled in two stages",
        ),
    ],
)
def test_where_it_does_not_apply_it_is_refused_with_its_place(
    tmp_path: Path, analysis: dict[str, Any], measure: str | None, said: str
) -> None:
    outcomes = {**OUTCOMES, "relapse": {**OUTCOMES["relapse"], **({"measure": measure} if measure else {})}}
    path = write_events(tmp_path / "s", {**CONTENTS, "outcomes": outcomes, "analyses": {"pooled": analysis}})
    found = [problem for problem in examine_study(path).problems if said in str(problem)]
    assert found
    assert all(problem.origin for problem in found)

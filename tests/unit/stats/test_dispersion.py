"""Pearson's dispersion of counts, and quasi-Poisson standard errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from reportgen.stats import fit_one_step_glmm, per_trial_glm
from tests.unit.stats.events_of import drawn


def scattered(seed: int, sizes: list[int], tau: float = 0.0) -> dict[str, Any]:
    """Counts with a gamma rate of each person's own."""
    data = drawn(seed, sizes, "log", tau)
    rng = np.random.default_rng(seed)
    rate = np.exp(0.2 + 0.3 * data["treatment"]) * rng.gamma(1.0, 1.0, len(data["outcome"]))
    return data | {"outcome": rng.poisson(rate * data["exposure"]).astype(float), "link": "log"}


def statsmodels_fit(data: dict[str, Any], here: np.ndarray) -> Any:
    dummies = (data["trial"][here][:, None] == np.unique(data["trial"][here])).astype(float)
    adjusters = data["adjusters"][here][:, None][:, : int(np.any(data["adjusters"]))]
    design = np.column_stack([dummies, data["treatment"][here], adjusters])
    model = sm.GLM(data["outcome"][here], design, sm.families.Poisson(), exposure=data["exposure"][here])
    return model.fit(tol=1e-14, tol_criterion="params", scale="X2")


def test_in_each_trial_they_are_those_of_statsmodels() -> None:
    data = scattered(1, [80, 120])
    plain, quasi = (per_trial_glm(**data, dispersion=each) for each in ("poisson", "quasi"))
    for k in range(2):
        theirs = statsmodels_fit(data, data["trial"] == k)
        assert plain.dispersion[k] == quasi.dispersion[k] == pytest.approx(theirs.scale, rel=1e-8)
        assert quasi.estimate[k] == pytest.approx(theirs.params[1], abs=1e-8)
        assert quasi.std_error[k] == pytest.approx(theirs.bse[1], rel=1e-8)
        assert quasi.df[k] == theirs.df_resid and plain.df[k] == np.inf
        assert quasi.std_error[k] > 1.2 * plain.std_error[k]


@pytest.mark.parametrize("adjusted", [True, False])
def test_in_all_trials_with_a_common_effect_they_are_those_of_statsmodels(adjusted: bool) -> None:
    data = scattered(2, [80, 60, 70])
    data = data if adjusted else data | {"adjusters": np.zeros(210)}
    theirs = statsmodels_fit(data, np.ones(210, bool))
    plain, quasi = (
        fit_one_step_glmm(**data, treatment_effect="common", dispersion=each) for each in ("poisson", "quasi")
    )
    assert plain.dispersion == quasi.dispersion == pytest.approx(theirs.scale, rel=1e-8)
    assert quasi.effect.estimate == pytest.approx(float(plain.effect.estimate), abs=1e-9)
    assert quasi.effect.std_error == pytest.approx(float(plain.effect.std_error) * np.sqrt(theirs.scale), rel=1e-7)
    assert np.isnan(quasi.criterion)


def test_what_lies_within_trials_is_not_taken_for_scatter_between_them() -> None:
    data = scattered(3, [60] * 8)
    plain, quasi = (fit_one_step_glmm(**data, dispersion=each) for each in ("poisson", "quasi"))
    assert plain.tau2 > quasi.tau2
    assert plain.dispersion > 1.5


def test_counts_of_a_poisson_distribution_have_a_dispersion_of_one() -> None:
    found = fit_one_step_glmm(**drawn(4, [400] * 6, "log", 0.6), link="log")
    assert found.tau2 > 0.05
    assert found.dispersion == pytest.approx(1.0, abs=0.06)
    assert np.isnan(fit_one_step_glmm(**drawn(4, [100] * 3)).dispersion)


def test_binary_outcomes_have_no_dispersion() -> None:
    data = drawn(1, [60, 60])
    for fit in (fit_one_step_glmm, per_trial_glm):
        with pytest.raises(ValueError, match="dispersion='quasi' is for counts"):
            fit(**data, dispersion="quasi")

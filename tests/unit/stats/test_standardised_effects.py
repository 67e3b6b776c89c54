"""Risk differences and ratios by standardisation: two-by-two tables, statsmodels with a numerical delta method, reasons."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from reportgen.stats import pool_two_stage, standardised_effects
from tests.unit.stats.events_of import drawn, people_of

CELLS = [(6, 40, 15, 41), (3, 25, 9, 20), (11, 90, 17, 90)]


def test_without_adjusters_they_are_those_of_the_table() -> None:
    e0, n0, e1, n1 = np.array(CELLS, float).T
    p0, p1 = e0 / n0, e1 / n1
    difference, ratio = (standardised_effects(*people_of(CELLS), measure=each) for each in ("difference", "ratio"))
    np.testing.assert_allclose(difference.estimate, p1 - p0, atol=1e-10)
    np.testing.assert_allclose(difference.std_error, np.sqrt(p0 * (1 - p0) / n0 + p1 * (1 - p1) / n1), atol=1e-10)
    np.testing.assert_allclose(ratio.estimate, np.log(p1 / p0), atol=1e-10)
    np.testing.assert_allclose(ratio.std_error, np.sqrt(1 / e0 - 1 / n0 + 1 / e1 - 1 / n1), atol=1e-10)
    assert difference.df.tolist() == [np.inf] * 3 and difference.events_control.tolist() == e0.tolist()
    assert pool_two_stage(difference.estimate, difference.std_error).trials == 3


def standardised_by_hand(data: dict[str, np.ndarray], here: np.ndarray, measure: str) -> tuple[float, float]:
    """Means of predictions of statsmodels' model, with a numerical gradient in its coefficients."""
    family = sm.families.Poisson() if "exposure" in data else sm.families.Binomial()
    time = data["exposure"][here] if "exposure" in data else None
    design = np.column_stack([np.ones(here.sum()), data["treatment"][here], data["adjusters"][here]])
    model = sm.GLM(data["outcome"][here], design, family, exposure=time)
    fit = model.fit(tol=1e-14, tol_criterion="params")

    def contrast(coefficients: np.ndarray) -> float:
        sides = []
        for side in (0.0, 1.0):
            everybody = design.copy()
            everybody[:, 1] = side
            sides.append(family.link.inverse(everybody @ coefficients).mean())
        return float(sides[1] - sides[0] if measure == "difference" else np.log(sides[1] / sides[0]))

    steps = 1e-5 * np.diag(np.sqrt(np.diag(fit.cov_params())))
    gradient = [(contrast(fit.params + h) - contrast(fit.params - h)) / (2.0 * h.sum()) for h in steps]
    return contrast(fit.params), float(np.sqrt(gradient @ fit.cov_params() @ gradient))


@pytest.mark.parametrize("measure", ["difference", "ratio"])
@pytest.mark.parametrize("link", ["logit", "log"])
def test_with_an_adjuster_they_are_means_of_predictions(link: str, measure: str) -> None:
    data = drawn(3, [150, 220, 90], link)
    found = standardised_effects(**data, link=link, measure=measure)
    for k in range(3):
        estimate, std_error = standardised_by_hand(data, data["trial"] == k, measure)
        assert found.estimate[k] == pytest.approx(estimate, abs=1e-10)
        assert found.std_error[k] == pytest.approx(std_error, rel=1e-7)


def test_swapped_arms_and_events_turn_signs_and_doubled_data_halve_the_variance() -> None:
    data = drawn(5, [150, 120])
    plain = standardised_effects(**data)
    for change in ({"treatment": 1.0 - data["treatment"]}, {"outcome": 1.0 - data["outcome"]}):
        turned = standardised_effects(**(data | change))
        np.testing.assert_allclose(turned.estimate, -plain.estimate, atol=1e-9)
        np.testing.assert_allclose(turned.std_error, plain.std_error, rtol=1e-8)
    twice = standardised_effects(**{name: np.tile(column, 2) for name, column in data.items()})
    np.testing.assert_allclose(twice.std_error, plain.std_error / np.sqrt(2.0), rtol=1e-8)


def test_a_trial_without_events_in_an_arm_or_in_both_has_a_difference_but_one_without_an_arm_has_none() -> None:
    found = standardised_effects(*people_of([(0, 20, 3, 20), (0, 9, 0, 19), (6, 6, 9, 9), (0, 0, 3, 9), (2, 9, 3, 9)]))
    assert found.reason == ("", "", "", "only intervention participants", "")
    assert found.estimate[1] == pytest.approx(0.5 / 20 - 0.5 / 10)
    assert found.std_error[1] == pytest.approx(np.sqrt(0.5 * 19.5 / 20**3 + 0.5 * 9.5 / 10**3))
    assert found.estimate[2] == pytest.approx(9.5 / 10 - 6.5 / 7)


@pytest.mark.parametrize("event", [0, 1])
def test_where_nobody_or_everybody_of_all_trials_has_the_event_there_is_no_difference(event: int) -> None:
    found = standardised_effects(*people_of([(9 * event, 9, 7 * event, 7), (8 * event, 8, 8 * event, 8)]))
    assert np.isnan(found.estimate).all()
    assert found.reason == (f"{('nobody', 'everybody')[event]} has the event",) * 2


def test_an_unknown_measure_is_refused() -> None:
    with pytest.raises(ValueError, match="measure='odds' is unknown; use one of 'difference', 'ratio'"):
        standardised_effects(*people_of(CELLS), measure="odds")

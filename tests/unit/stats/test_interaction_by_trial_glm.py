"""Interactions on log ratios trial by trial: closed forms, statsmodels, and why a trial has none."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from reportgen.stats import Levels, interaction_by_trial_glm, pool_two_stage

CELLS = {"a": (12, 40, 9, 40, 10, 40, 20, 40), "b": (5, 30, 8, 35, 9, 25, 20, 32), "c": (7, 30, 9, 30, 11, 30, 8, 30)}


def tables(cells: dict[str, tuple[int, ...]]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """People of trials with (events, people) of men in control and intervention, women in control and intervention."""
    rows = [
        (label, arm, sex, event, number)
        for label, counts in cells.items()
        for place, (arm, sex) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)])
        for event, number in ((1, counts[2 * place]), (0, counts[2 * place + 1] - counts[2 * place]))
    ]
    trial, arm, sex, event, number = (np.array(column) for column in zip(*rows, strict=True))
    return tuple(np.repeat(column, number) for column in (event.astype(float), arm, trial, sex))  # type: ignore[return-value]


def test_two_levels_have_the_ratio_of_two_odds_ratios() -> None:
    event, arm, trial, sex = tables(CELLS)
    found = interaction_by_trial_glm(event, arm, trial, Levels(sex, ("men", "women"))).contrasts[0]
    for k, counts in enumerate(CELLS.values()):
        odds = [counts[i] / (counts[i + 1] - counts[i]) for i in (0, 2, 4, 6)]
        cells = [x for i in (0, 2, 4, 6) for x in (counts[i], counts[i + 1] - counts[i])]
        assert found.estimate[k] == pytest.approx(np.log(odds[3] / odds[2] / (odds[1] / odds[0])), abs=1e-9)
        assert found.std_error[k] == pytest.approx(np.sqrt(np.sum(1.0 / np.array(cells))), rel=1e-9)
    assert found.df.tolist() == [np.inf] * 3
    pooled = pool_two_stage(found.estimate, found.std_error)
    assert (found.pooled.estimate, found.pooled.q, found.pooled.i2) == (pooled.estimate, pooled.q, pooled.i2)


@pytest.mark.parametrize("link", ["logit", "log"])
def test_a_quantity_has_the_coefficient_of_statsmodels(link: str) -> None:
    rng = np.random.default_rng(4)
    trial, arm = np.repeat([0, 1], 300), np.tile([0.0, 1.0], 300)
    age, x, time = rng.normal(50.0, 10.0, 600), rng.normal(size=600), rng.uniform(0.5, 2.0, 600)
    eta = -0.5 + 0.3 * x + arm * 0.04 * (age - 50.0)
    event = (rng.random(600) < 1.0 / (1.0 + np.exp(-eta)) if link == "logit" else rng.poisson(time * np.exp(eta))) * 1.0
    more = {} if link == "logit" else {"exposure": time}
    found = interaction_by_trial_glm(event, arm, trial, age, link=link, adjusters=x, per=10.0, **more).contrasts[0]
    for k in range(2):
        here = trial == k
        design = np.column_stack([np.ones(600), arm, x, age / 10.0, arm * age / 10.0])[here]
        family = sm.families.Binomial() if link == "logit" else sm.families.Poisson()
        offset = None if link == "logit" else np.log(time[here])
        theirs = sm.GLM(event[here], design, family, offset=offset).fit(tol=1e-12, tol_criterion="params")
        assert found.estimate[k] == pytest.approx(theirs.params[-1], abs=1e-8)
        assert found.std_error[k] == pytest.approx(theirs.bse[-1], rel=1e-7)


def test_trials_without_an_estimate_have_a_reason() -> None:
    cells = CELLS | {
        "d": (0, 20, 5, 20, 0, 20, 6, 20),
        "e": (0, 20, 5, 20, 4, 20, 6, 20),
        "f": (0, 20, 0, 20, 0, 20, 0, 20),
        "g": (3, 20, 5, 20, 0, 0, 0, 0),
    }
    event, arm, trial, sex = tables(cells)
    by_trial = interaction_by_trial_glm(event, arm, trial, Levels(sex, ("men", "women")))
    assert dict(zip(by_trial.labels.tolist(), by_trial.contrasts[0].reason, strict=True)) == {
        "a": "",
        "b": "",
        "c": "",
        "d": "nobody in the control arm has the event",
        "e": "the moderator separates people with the event from the others in an arm",
        "f": "nobody has the event",
        "g": "it does not have both levels on both sides",
    }
    assert np.isnan(by_trial.contrasts[0].estimate[3:]).all() and by_trial.contrasts[0].pooled.trials == 3

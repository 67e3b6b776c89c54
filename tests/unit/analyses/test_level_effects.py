"""Effects in levels as recorded: they differ by the interaction within trials, and average to the overall effect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from reportgen.analyses.cohorts import Cohorts
from reportgen.analyses.level_effects import close_levels
from reportgen.records.level_effects import LevelEffects
from reportgen.records.numbers import Value
from reportgen.release.rules import LEVEL_WORKED_OUT, TOO_FEW
from reportgen.stats import fit_one_step
from tests.unit.analyses.test_trial_interactions import screen, study_of, the


def effects_of(name: str, **changes: Any) -> LevelEffects[Value]:
    found = the(screen(**changes), name).level_effects
    assert found is not None
    return found


def gamma_within(name: str) -> np.ndarray:
    """The interaction of the model without the means of trials, level by level, or a unit of the quantity."""
    study, repository, people = study_of()
    values = Cohorts(repository, study).moderators([name])[name].of(people)
    z = values[:, None] if name == "age" else np.column_stack([values == 1, values == 2]).astype(float)
    frame = pd.DataFrame(z).groupby(people.trial.astype(str)).transform("mean").to_numpy()
    fit = fit_one_step(people.response, people.treatment, people.trial, adjusters=people.adjusters, moderator=z - frame)
    return np.atleast_1d(np.asarray(fit.interaction.estimate, dtype=float))


def values(found: LevelEffects[Value]) -> np.ndarray:
    return np.array([item.consistent.effect.value for item in found.each], dtype=float)


def test_levels_differ_by_the_interaction_and_average_to_the_overall_effect() -> None:
    found = effects_of("mood")
    assert values(found)[1:] - values(found)[0] == pytest.approx(gamma_within("mood"), abs=1e-9)
    shares = np.array([item.share.value for item in found.each if item.share]) / 100
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)
    assert shares @ values(found) == pytest.approx(found.overall.effect.value, abs=1e-9)


def test_values_differ_by_the_interaction_and_the_mean_has_the_overall_effect() -> None:
    found, at = effects_of("age"), the(screen(), "age").at
    where = np.array([item.value.value for item in at], dtype=float)
    (slope,) = gamma_within("age")
    assert np.diff(values(found)) == pytest.approx(slope * np.diff(where), abs=1e-9)
    assert found.centre is not None
    mean = values(found)[0] + slope * ((found.centre.value or 0.0) - where[0])
    assert mean == pytest.approx(found.overall.effect.value, abs=0.06 * abs(slope))  # the mean has its printed digits
    assert [item.n for item in found.each] == [None] * 3


def test_each_level_has_its_people_and_the_effect_among_them_alone() -> None:
    study, repository, people = study_of()
    sex = Cohorts(repository, study).moderators(["sex"])["sex"].of(people)
    for code, item in enumerate(effects_of("sex").each):
        who = sex == code
        assert item.n is not None and item.alone is not None
        assert item.n.value == who.sum()
        alone = fit_one_step(
            people.response[who], people.treatment[who], people.trial[who], adjusters=people.adjusters[who]
        )
        assert item.alone.effect.value == pytest.approx(alone.effect.estimate, abs=1e-9)


def test_a_level_of_few_people_is_hidden_with_another_and_with_what_gives_it_away() -> None:
    found = effects_of("mood", minimum=118)
    few = [item.n is not None and item.n.status == "suppressed" for item in found.each]
    assert sum(few) == 2
    suppressed = [item for item, suppress in zip(found.each, few, strict=True) if suppress]
    assert {item.consistent.effect.reason for item in suppressed} == {TOO_FEW, LEVEL_WORKED_OUT}
    assert [item.alone.effect.value for item in suppressed if item.alone] == [None, None]
    assert found.overall.effect.value is None
    assert [item.share.value for item in found.each if item.share] == [None] * 3


def test_levels_that_few_people_tell_apart_are_not_both_told_alone() -> None:
    study, repository, people = study_of()
    sex = Cohorts(repository, study).moderators(["sex"])["sex"]
    changed = sex.values.copy()
    changed[:3] = 1 - changed[:3]
    twin = type(sex)("twin", "Twin", "", 1.0, sex.levels, False, 0, None, changed, sex.rows)
    assert close_levels([(sex, frozenset()), (twin, frozenset())], people, 5) == {("twin", 0), ("twin", 1)}
    assert close_levels([(sex, frozenset()), (sex, frozenset())], people, 5) == frozenset()
    assert close_levels([(sex, frozenset()), (twin, frozenset())], people, 0) == frozenset()

"""Simulated meta-analyses hold what their scenario says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reportgen.evaluation.data_sets import data_set
from reportgen.spec.evaluation import Cell, Moderator, Residual, Trials

AGE = Moderator(range=(0, 99), slope=0.3)
PAIN = Moderator(mean=5.0, sd=2.0, slope=0.5)
SEX = Moderator(share=0.25)
CELL = Cell(
    Trials(number=4, people=(4000,)),
    {"age": AGE, "pain": PAIN, "sex": SEX},
    0.4,
    0.0,
    0.0,
    0.0,
    Residual(),
    {"age": "up to 49"},
    0.5,
)
MANY = replace(CELL, trials=Trials(number=300, people=(200,)), gain=0.0)


def by_trial(cell: Cell) -> np.ndarray:
    """Least squares of each trial: intercept, standardised age and pain, treatment, and treatment x age and pain."""
    data = data_set(cell, 1, 0)
    one, found = data.sample, []
    for k in range(len(one.labels)):
        here = one.trial == k
        z = (np.asarray(one.moderators["age"])[here] - 49.5) / np.sqrt((100**2 - 1) / 12)
        pain = (np.asarray(one.moderators["pain"])[here] - 5.0) / 2.0
        t = one.treatment[here]
        design = np.column_stack([np.ones(here.sum()), z, pain, t, t * z, t * pain])
        found.append(np.linalg.lstsq(design, one.outcome[here], rcond=None)[0])
    return np.array(found)


def test_the_planted_effect_is_there_and_nowhere_else() -> None:
    data = data_set(CELL, 1, 0)
    one = data.sample
    means = {
        inside: [one.outcome[(data.member == inside) & (one.treatment == arm)].mean() for arm in (0, 1)]
        for inside in (False, True)
    }
    error = 2 * 3.0 / np.sqrt(4 * 4000 / 4)
    assert means[False][1] - means[False][0] == pytest.approx(0.4, abs=error)
    assert means[True][1] - means[True][0] == pytest.approx(0.9, abs=error)
    assert data.inside(data.member) == pytest.approx(0.9)
    assert data.inside(~data.member) == pytest.approx(0.4)


def test_moderators_have_their_distributions_and_slopes() -> None:
    values = data_set(CELL, 1, 0).sample.moderators
    age, pain, sex = (np.asarray(values[name]) for name in ("age", "pain", "sex"))
    assert (age.min(), age.max(), set(np.unique(sex))) == (0.0, 99.0, {0.0, 1.0})
    assert (pain.mean(), pain.std(), sex.mean()) == pytest.approx((5.0, 2.0, 0.25), abs=0.05)
    assert by_trial(replace(CELL, gain=0.0)).mean(axis=0)[1:3] == pytest.approx((0.3, 0.5), abs=0.05)


def test_scatter_between_trials_is_as_large_as_said() -> None:
    still, moved = (
        by_trial(cell).std(axis=0, ddof=1) ** 2
        for cell in (MANY, replace(MANY, tau=0.5, interaction_scatter=0.4, slope_scatter=0.3))
    )
    added = np.sqrt((moved - still)[1:])
    assert added == pytest.approx((0.3, 0.3, 0.5, 0.4, 0.4), abs=0.06)


def test_without_scatter_trials_share_their_slopes_and_effect() -> None:
    expected = np.sqrt(np.array([2.0, 4.0, 4.0]) / 200)  # of slope, treatment and interaction, half treated
    assert by_trial(MANY).std(axis=0, ddof=1)[[1, 3, 4]] == pytest.approx(expected, rel=0.12)


def test_allocation_and_sizes_hold_in_each_trial() -> None:
    data = data_set(replace(CELL, trials=Trials(people=(100, 60), allocation=(0.5, 0.25))), 1, 0).sample
    assert [(int((data.trial == k).sum()), int(data.treatment[data.trial == k].sum())) for k in (0, 1)] == [
        (100, 50),
        (60, 15),
    ]


def test_residual_variances_differ_by_arm_and_moderator() -> None:
    cell = replace(CELL, gain=0.0, residual=Residual(intervention=1.5, moderator="sex", factor=2.0))
    flat = {name: moderator.model_copy(update={"slope": 0.0}) for name, moderator in CELL.moderators.items()}
    one = data_set(replace(cell, moderators=flat), 1, 0).sample
    y = one.outcome - np.array([one.outcome[(one.trial == k)].mean() for k in range(4)])[one.trial]
    sex = np.asarray(one.moderators["sex"])
    sd = {(arm, level): y[(one.treatment == arm) & (sex == level)].std() for arm in (0, 1) for level in (0, 1)}
    z = [(level - 0.25) / np.sqrt(0.25 * 0.75) for level in (0, 1)]
    for arm, own in ((0, 1.0), (1, 1.5)):
        for level in (0, 1):
            assert sd[arm, level] == pytest.approx(own * 2.0 ** z[level], rel=0.05)


def test_a_data_set_depends_on_seed_scenario_and_number_alone() -> None:
    first = data_set(CELL, 1, 3)
    assert (first.sample.outcome == data_set(CELL, 1, 3).sample.outcome).all()
    assert first.seed == data_set(CELL, 1, 3).seed
    others = [data_set(CELL, 2, 3), data_set(CELL, 1, 4), data_set(replace(CELL, tau=0.1), 1, 3)]
    assert len({item.seed for item in [first, *others]}) == 4
    assert len({float(item.sample.outcome[0]) for item in [first, *others]}) == 4


def test_the_order_of_the_moderators_in_the_file_is_of_no_consequence() -> None:
    turned = replace(CELL, trials=Trials(number=3, people=(40,)), moderators={"sex": SEX, "pain": PAIN, "age": AGE})
    one = data_set(turned, 1, 0).sample
    other = data_set(replace(turned, moderators={"age": AGE, "pain": PAIN, "sex": SEX}), 1, 0).sample
    assert list(one.moderators) == list(other.moderators)
    np.testing.assert_array_equal(one.outcome, other.outcome)

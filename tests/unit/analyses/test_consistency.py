"""Whether an interaction with a subgroup is alike from trial to trial: by bare least squares in each, and without small trials."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reportgen.analyses.consistency import FEW_TRIALS, consistency_record
from reportgen.analyses.selection import Selection
from reportgen.records.numbers import Value
from reportgen.records.trial_interactions import Consistency
from reportgen.release.values import Values


def people(sizes: tuple[int, ...], contrasts: tuple[float, ...], seed: int = 3) -> tuple[Selection, np.ndarray]:
    """Trials with an interaction each with being inside, half of either arm."""
    rng = np.random.default_rng(seed)
    trial = np.repeat([f"trial {k}" for k in range(len(sizes))], sizes).astype(object)
    treatment, inside = np.arange(trial.size) % 2, np.arange(trial.size) // 2 % 2 == 0
    baseline = rng.normal(size=trial.size)
    response = 0.5 * baseline + treatment * inside * np.repeat(contrasts, sizes) + rng.normal(size=trial.size)
    made = Selection(
        outcome="pain", follow_up="short", comparison="overall", response=response, treatment=treatment, trial=trial,
        rows=np.arange(trial.size), keys=np.arange(trial.size, dtype=np.uint64), adjusters=baseline[:, None],
        adjuster_names=("baseline",), instruments=dict.fromkeys(dict.fromkeys(trial), "NRS"), in_comparison=trial.size,
        excluded=(),
    )  # fmt: skip
    return made, inside


def recorded(made: Selection, inside: np.ndarray, found: float = 1.0, minimum: int = 5) -> Consistency[Value]:
    values = Values("rp.age-low", "analyses.rp", minimum=minimum, arms=made.arms)
    return consistency_record(made, inside, ~inside, found, values)


def by_hand(made: Selection, inside: np.ndarray, trial: str) -> tuple[float, float]:
    here = made.trial == trial
    t, z = made.treatment[here].astype(float), inside[here].astype(float)
    x = np.column_stack([np.ones(here.sum()), t, made.adjusters[here], z, t * z])
    beta, rest, *_ = np.linalg.lstsq(x, made.response[here], rcond=None)
    covariance = np.linalg.inv(x.T @ x) * float(rest[0]) / (here.sum() - x.shape[1])
    return float(beta[-1]), float(np.sqrt(covariance[-1, -1]))


def test_the_test_of_homogeneity_is_that_of_the_trials_own_interactions() -> None:
    made, inside = people((200, 160, 120, 240), (2.0, 1.5, -0.5, 1.0))
    found = recorded(made, inside)
    estimates, errors = np.array([by_hand(made, inside, trial) for trial in made.trials]).T
    w = errors**-2
    q = float(w @ (estimates - w @ estimates / w.sum()) ** 2)
    rng = np.random.default_rng(1)
    simulated = (rng.chisquare(3, 400_000) >= q).mean()
    assert found.trials.value == 4
    assert found.same_sign.value == int((estimates > 0).sum()) == 3
    assert found.q_p.value == pytest.approx(simulated, abs=0.002)
    assert found.i2.value is not None and found.i2.value > 50


def test_the_sign_is_that_of_the_one_in_all_trials_together() -> None:
    made, inside = people((200, 160, 120), (-2.0, -1.5, -2.5))
    assert recorded(made, inside, found=-2.0).same_sign.value == 3
    assert recorded(made, inside, found=2.0).same_sign.value == 0


@pytest.mark.parametrize(("minimum", "trials"), [(0, 2), (11, 1), (60, 0)])
def test_a_trial_with_few_people_in_an_arm_of_a_side_does_not_enter(minimum: int, trials: int) -> None:
    made, inside = people((200, 40, 16), (2.0, 2.0, 2.0))  # 4 of an arm on either side of the last
    found = recorded(made, inside, minimum=minimum)
    assert found.trials.value == trials
    assert (found.i2.reason, found.q_p.reason) == (("", "") if trials > 1 else (FEW_TRIALS, FEW_TRIALS))


def test_who_is_on_neither_side_counts_nowhere() -> None:
    made, inside = people((200, 160, 120), (2.0, 1.5, 2.5))
    outside = ~inside
    outside[::6] = False
    kept = inside | outside
    less = replace(
        made,
        **{name: getattr(made, name)[kept] for name in ("response", "treatment", "trial", "rows", "keys", "adjusters")},
    )
    values = Values("rp.age-low", "analyses.rp", minimum=5, arms=made.arms)
    assert consistency_record(made, inside, outside, 1.0, values) == recorded(less, inside[kept])

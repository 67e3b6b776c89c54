"""The screening of events by one step: against dense matrices, against models fitted anew, and as draws repeat it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from reportgen.stats import Levels, screen_moderator_glmm
from reportgen.stats.choices import InteractionEffect, Link, MainReading
from reportgen.stats.event_null import EventNull, event_null
from reportgen.stats.event_screening import prepare_event_screening
from reportgen.stats.events import Participants, complete_participants, event_participants
from reportgen.stats.held_out import held_out_partition
from reportgen.stats.null_draws import partition_draws, peel_draws, screening_draws
from reportgen.stats.optimism import partition_optimism
from reportgen.stats.peeling import PeelSettings
from reportgen.stats.pipelines import PartitionPipeline, PeelPipeline
from reportgen.stats.sample import Sample, make_sample
from reportgen.stats.screening import Screening

Made = tuple[Participants, dict[str, Any], EventNull]


def made(link: Link, seed: int = 1, slope: float = 0.6, scatter: float = 0.4) -> Made:
    rng = np.random.default_rng(seed)
    trial, n = np.repeat(np.arange(4), [160, 220, 300, 140]), 820
    treatment = np.tile([0.0, 1.0], n // 2)
    age, pain, mood = rng.normal(size=n), rng.normal(size=n), rng.integers(0, 3, n)
    age[rng.random(n) < 0.1] = np.nan
    age += np.array([0.0, 0.5, -0.5, 0.2])[trial]
    here = slope + rng.normal(0.0, scatter, 4)[trial]
    eta = -0.7 + 0.4 * pain + 0.3 * (mood == 1) + treatment * (0.3 + here * np.nan_to_num(age))
    y = rng.random(n) < 1.0 / (1.0 + np.exp(-eta)) if link == "logit" else rng.poisson(np.exp(eta))
    moderators = {"age": age, "pain": pain, "mood": Levels(mood, ("low", "middling", "high"))}
    people = event_participants(y.astype(float), treatment, trial, link)
    return people, moderators, event_null(people, moderators, complete_participants(people), "random")


def dense(people: Participants, values: Any, null: EventNull, varying: bool, within: bool) -> tuple[float, float]:
    """The same test with matrices of all people: p, and omega2."""
    codes = values.codes.astype(float) if isinstance(values, Levels) else values
    has = ~np.isnan(codes[null.rows])
    rows, trial = null.rows[has], null.trial[has]
    t, w, beside = null.weighted.treatment[has], null.weighted.weight[has], null.weighted.columns[has]
    z = codes[rows]
    every = (z[:, None] == np.arange(3)).astype(float) if isinstance(values, Levels) else z[:, None]
    dummies = (trial[:, None] == np.unique(trial)).astype(float)
    project = dummies @ np.linalg.inv(dummies.T @ dummies) @ dummies.T
    every_c, random = every - project @ every, t - project @ t
    shown = every_c[:, -2:] if isinstance(values, Levels) else every_c
    if not within:
        shown = every[:, -shown.shape[1] :] - every[:, -shown.shape[1] :].mean(axis=0)
    x = np.column_stack([dummies, t, beside, t[:, None] * shown])
    g = np.column_stack([dummies * (random * column)[:, None] for column in every_c.T])
    v = np.diag(1.0 / w) + null.weighted.tau2 * (dummies * random[:, None]) @ (dummies * random[:, None]).T
    y, q = null.response[rows], shown.shape[1]
    omega2 = 0.0
    if varying:
        vi = np.linalg.inv(v)
        m = vi - vi @ x @ np.linalg.pinv(x.T @ vi @ x) @ x.T @ vi
        both = np.column_stack([x, g])
        m2 = vi - vi @ both @ np.linalg.pinv(both.T @ vi @ both, rcond=1e-12) @ both.T @ vi
        rank = np.linalg.matrix_rank(g.T @ m @ g, tol=1e-6)
        omega2 = max(0.0, float((y @ m @ y - y @ m2 @ y - rank) / np.trace(g.T @ m @ g)))
    vi = np.linalg.inv(v + omega2 * g @ g.T)
    cov = np.linalg.pinv(x.T @ vi @ x)
    b = (cov @ x.T @ vi @ y)[-q:]
    wald = float(b @ np.linalg.solve(cov[-q:, -q:], b)) / q
    return float(stats.f.sf(wald, q, 3) if varying else stats.chi2.sf(q * wald, q)), omega2


@pytest.mark.slow
@pytest.mark.parametrize("link", ["logit", "log"])
@pytest.mark.parametrize("effect", ["random", "common"])
@pytest.mark.parametrize("reading", ["within", "naive"])
def test_the_step_is_that_of_dense_matrices(link: Link, effect: InteractionEffect, reading: MainReading) -> None:
    people, moderators, null = made(link, scatter=1.0)
    found = prepare_event_screening(people, moderators, null, interaction_effect=effect, reading=reading)
    p = found.run(null.response).p_value
    for k, values in enumerate(moderators.values()):
        wanted, omega2 = dense(people, values, null, effect == "random", reading == "within")
        assert p[k] == pytest.approx(wanted, rel=1e-6)
        if k == 0 and effect == "random":
            assert omega2 > 0.0


def test_a_step_is_near_the_model_fitted_anew() -> None:
    people, moderators, null = made("logit", slope=0.3, scatter=0.0)
    found = prepare_event_screening(people, moderators, null).run(null.response)
    table = people.table
    for k, (name, values) in enumerate(moderators.items()):
        beside = [np.nan_to_num(item) for other, item in moderators.items() if other not in (name, "mood")]
        beside += [] if name == "mood" else [(moderators["mood"].codes == c).astype(float) for c in (1, 2)]
        fit = screen_moderator_glmm(
            table.outcome, table.treatment, table.codes, values, adjusters=np.column_stack(beside)
        )
        assert found.p_value[k] == pytest.approx(fit.within.p_value, abs=0.02)
    assert found.direction.tolist() == [1, int(np.sign(found.estimate[1])), 0]


def test_what_cannot_be_tested_has_its_reason_whatever_the_response() -> None:
    people, moderators, null = made("logit")
    same = np.where(people.table.codes == 1, 1.0, np.nan)
    found = prepare_event_screening(people, {**moderators, "job": same}, null, minimum_trials=2)
    assert found.reasons[:3] == ("", "", "")
    assert found.reasons[3] == "one trial with a value on both sides, and the screening needs two"
    assert np.isnan(found.run(null.response).p_value[3])


def test_the_model_of_some_of_the_people_is_that_of_all_with_the_others_left_out() -> None:
    people, _, null = made("logit")
    some = people.table.codes != 1
    within, among = null.within(some), null.among(some)
    assert within.trial.max() == 2
    assert np.array_equal(np.flatnonzero(some)[among.rows], within.rows)
    assert np.array_equal(among.response[among.rows], within.response[within.rows])
    assert np.array_equal(among.weighted.columns, null.weighted.columns[null.trial != 1])


def sample_of(seed: int, slope: float = 0.0) -> Sample:
    rng = np.random.default_rng(seed)
    trial, n = np.repeat(np.arange(3), 240), 720
    treatment = np.tile([0.0, 1.0], n // 2)
    z = np.round(rng.normal(size=(n, 4)), 1)
    z[rng.random(n) < 0.1, 3] = np.nan
    eta = -0.8 + 0.5 * z[:, 1] + treatment * (0.3 + slope * z[:, 0])
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
    return make_sample(y, treatment, trial, {f"z{k}": z[:, k] for k in range(4)}, np.arange(n), link="logit")


SCREENING = Screening(0.2, "within", {"interaction_effect": "common", "minimum_trials": 2})


@pytest.mark.parametrize("missing", ["available", "complete"])
def test_draws_of_a_partitioning_repeat_the_screening_in_one_model(missing: str) -> None:
    sample = sample_of(1, slope=-0.7)
    pipeline = PartitionPipeline({"depth": 1, "good": False}, SCREENING, missing)
    prepared = pipeline.prepare(sample)
    tree = prepared.run(prepared.observed)
    assert tree.p[0] < 0.05
    assert tree.search is not None
    assert tree.search.moderators[0].name == "z0"
    draws = partition_draws(prepared, prepared.null, seed=1, first=0, count=19)
    assert draws.p.shape == (19, 4)
    assert not np.isnan(draws.p).any()
    assert 0 < draws.searched.sum() < 19 or (draws.p.min(axis=1) < 0.2).all()
    assert np.array_equal(draws.searched, (draws.p < 0.2).any(axis=1))
    alone = screening_draws(sample, SCREENING, seed=1, first=0, count=19)
    assert np.allclose(alone.p, draws.p)
    again = partition_optimism(prepared, 1, 0, 3)
    assert again.kept.tolist() == [1, 1, 1]
    held = held_out_partition(pipeline, sample)
    assert [fold.rules[0].moderator for fold in held.folds] == ["z0"] * 3


def test_draws_of_a_peeling_repeat_the_screening_in_one_model() -> None:
    sample = sample_of(1, slope=-0.7)
    prepared = PeelPipeline(PeelSettings(bin_width=0.1), SCREENING, good=False).prepare(sample)
    frontier = prepared.run(prepared.observed)
    assert frontier.prepared is not None
    assert "z0" in frontier.prepared.names
    assert len(frontier.prepared.names) == (frontier.p < 0.2).sum()
    draws = peel_draws(prepared, prepared.null, seed=1, first=0, count=9)
    assert np.array_equal(np.isfinite(draws.statistic), (draws.p < 0.2).any(axis=1))

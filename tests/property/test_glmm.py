"""What must not change when events are written down otherwise, and what must change along."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reportgen.stats import GlmmFit, fit_one_step_glmm
from tests.examples import examples
from tests.unit.stats.events_of import drawn

short = settings(max_examples=examples(20), deadline=None, derandomize=True)
MODELS: tuple[dict[str, Any], ...] = (
    {},
    {"nodes": 1},
    {"treatment_effect": "common"},
    {"adjuster_slopes": "stratified", "events_per_slope": 5},
    {"nodes": 3, "inference": "normal"},
)
model = st.sampled_from(MODELS)
link = st.sampled_from(["logit", "log"])


@st.composite
def trials(draw: st.DrawFn, kind: str = "logit") -> dict[str, np.ndarray]:
    sizes = draw(st.lists(st.integers(40, 150), min_size=2, max_size=7))
    return drawn(draw(st.integers(0, 10_000)), sizes, kind, draw(st.sampled_from([0.0, 0.4, 1.0])))


anyone = link.flatmap(trials)


def fit(data: dict[str, np.ndarray], options: dict[str, Any], **change: Any) -> GlmmFit:
    kind = "log" if "exposure" in data else "logit"
    return fit_one_step_glmm(**(data | {"link": kind} | options | change))


def same(first: GlmmFit, second: GlmmFit, sign: float = 1.0) -> None:
    """Estimates to 1e-7 of their error; a tau at the edge of zero may be found on one side alone, with the same criterion."""
    assert second.criterion == pytest.approx(first.criterion, rel=1e-9)
    assume(first.status == second.status)
    if first.status in ("failed", "not estimable"):
        return
    error = float(first.effect.std_error)
    assert abs(sign * first.effect.estimate - second.effect.estimate) <= 1e-7 * error
    assert second.effect.std_error == pytest.approx(error, rel=1e-6)
    assert second.tau == pytest.approx(first.tau, abs=1e-6)


@short
@given(anyone, model, st.randoms(use_true_random=False))
def test_order_of_participants(data: dict[str, np.ndarray], options: dict[str, Any], shuffle: Any) -> None:
    order = list(range(len(data["outcome"])))
    shuffle.shuffle(order)
    same(fit(data, options), fit({name: column[order] for name, column in data.items()}, options))


@short
@given(anyone, model, st.permutations(list("abcdefg")))
def test_labels_and_order_of_trials(data: dict[str, np.ndarray], options: dict[str, Any], names: list[str]) -> None:
    first, second = fit(data, options), fit(data, options, trial=np.array(names)[data["trial"]])
    same(first, second)
    if first.status in ("ok", "boundary"):
        weights = dict(zip(second.trial_labels.tolist(), second.weights, strict=True))
        np.testing.assert_allclose([weights[names[k]] for k in first.trial_labels], first.weights, atol=1e-6)


@short
@given(anyone, model)
def test_swapped_arms_turn_the_sign(data: dict[str, np.ndarray], options: dict[str, Any]) -> None:
    same(fit(data, options), fit(data, options, treatment=1.0 - data["treatment"]), sign=-1.0)


@short
@given(trials(), model)
def test_no_event_in_the_place_of_event_turns_the_sign(data: dict[str, np.ndarray], options: dict[str, Any]) -> None:
    same(fit(data, options), fit(data, options, outcome=1.0 - data["outcome"]), sign=-1.0)


@short
@given(anyone, model)
def test_adjuster_moved_and_stretched(data: dict[str, np.ndarray], options: dict[str, Any]) -> None:
    same(fit(data, options), fit(data, options, adjusters=1e3 - 3.0 * data["adjusters"]))


@short
@given(trials("log"), model, st.sampled_from([1e-3, 7.0, 365.25]))
def test_the_unit_of_exposure(data: dict[str, np.ndarray], options: dict[str, Any], unit: float) -> None:
    first, second = fit(data, options), fit(data, options, exposure=unit * data["exposure"])
    same(first, second)
    if first.status in ("ok", "boundary"):
        np.testing.assert_allclose(second.intercepts, first.intercepts - np.log(unit), atol=1e-6)


@short
@given(anyone)
def test_doubled_data_halve_the_variance_where_tau_is_zero(data: dict[str, np.ndarray]) -> None:
    twice = {name: np.concatenate([column, column]) for name, column in data.items()}
    for options in ({"treatment_effect": "common"}, {}):
        first, second = fit(data, options), fit(twice, options)
        assume(first.status in ("ok", "boundary") and not second.tau2 > 0.0)
        assert second.effect.estimate == pytest.approx(float(first.effect.estimate), abs=1e-7)
        assert second.effect.std_error == pytest.approx(float(first.effect.std_error) / np.sqrt(2.0), rel=1e-6)
        assert second.criterion == pytest.approx(2.0 * first.criterion, rel=1e-9)


@short
@given(anyone)
def test_more_nodes_change_little_and_never_below_the_common_effect(data: dict[str, np.ndarray]) -> None:
    common, few, many = (
        fit(data, options) for options in ({"treatment_effect": "common"}, {"nodes": 9}, {"nodes": 25})
    )
    assume(common.status == "ok" and few.status in ("ok", "boundary"))
    assert few.criterion <= common.criterion + 1e-9 * abs(common.criterion)
    assert few.criterion == pytest.approx(many.criterion, abs=1e-3)


@short
@given(trials())
def test_a_rare_event_has_the_same_ratio_as_odds_and_as_rate(data: dict[str, np.ndarray]) -> None:
    rng = np.random.default_rng(len(data["outcome"]))
    rare = {name: np.tile(column, 40) for name, column in data.items() if name != "adjusters"}
    rare["outcome"] = rare["outcome"] * (rng.random(len(rare["outcome"])) < 0.01)
    odds, rate = (fit(rare, {"link": kind, "treatment_effect": "common"}) for kind in ("logit", "log"))
    assume(odds.status == rate.status == "ok")
    assert odds.effect.estimate == pytest.approx(float(rate.effect.estimate), abs=0.03)

"""Directed peeling: against enumeration of all boxes, separate fits, and what it promises about people and limits."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reportgen.stats import Levels, fit_one_step, peel
from reportgen.stats.beam import ScoredBox, beam_search, ranked
from reportgen.stats.boxes import Grid
from reportgen.stats.peel_search import prepare
from reportgen.stats.peeling import Box, Peeling, PeelSettings

Array = NDArray[np.float64]
EXHAUSTIVE: dict[str, Any] = {"alpha": 1e-9, "beam": 10**9}


@dataclass(frozen=True, slots=True)
class Data:
    outcome: Array
    treatment: Array
    trial: NDArray[Any]
    moderators: dict[str, Array]
    adjuster: Array

    def peel(self, **options: Any) -> Peeling:
        return peel(
            self.outcome, self.treatment, self.trial, self.moderators, **({"adjusters": self.adjuster} | options)
        )

    def take(self, rows: Any) -> Data:
        kept = {name: values[rows] for name, values in self.moderators.items()}
        return Data(self.outcome[rows], self.treatment[rows], self.trial[rows], kept, self.adjuster[rows])


def simulate(
    sizes: tuple[int, ...] = (90, 60, 40), values: tuple[int, ...] = (6, 5, 4), seed: int = 1, gain: float = 0.4
) -> Data:
    """Trials in which small values of the first moderator and large ones of the second gain more."""
    rng = np.random.default_rng(seed)
    trial = np.repeat(np.arange(len(sizes)), sizes)
    n = len(trial)
    treatment = rng.permutation(np.arange(n) % 2).astype(float)
    moderators = {f"m{k}": rng.integers(0, most, n).astype(float) for k, most in enumerate(values)}
    adjuster = rng.normal(50.0, 10.0, n)
    modified = treatment * gain * sum((-1) ** (k + 1) * z for k, z in enumerate(moderators.values()))
    effect = treatment * (1.0 + rng.normal(0.0, 0.3, len(sizes))[trial])
    outcome = rng.normal(0, 1, len(sizes))[trial] + 0.05 * adjuster + effect + modified + rng.normal(size=n)
    return Data(outcome, treatment, trial, moderators, adjuster)


# --- enumeration, written without the code under test -----------------------------------------------------------------


def admissible(data: Data, people: NDArray[np.bool_], min_arm: int, min_trials: int) -> bool:
    arms = [np.sum(people & (data.treatment == arm)) for arm in (0, 1)]
    both = [len(set(data.treatment[people & (data.trial == item)])) == 2 for item in np.unique(data.trial)]
    return min(arms) >= min_arm and sum(both) >= min_trials


def every_box(data: Data, gains: dict[str, str]) -> Iterator[NDArray[np.bool_]]:
    """Members of every box but that of everybody, each once."""
    seen = set()
    for cuts in itertools.product(*(np.unique(z) for z in data.moderators.values())):
        inside = np.ones(len(data.outcome), bool)
        for (name, z), cut in zip(data.moderators.items(), cuts, strict=True):
            inside &= z <= cut if gains[name] == "small" else z >= cut
        if inside.tobytes() not in seen and inside.any() and not inside.all():
            seen.add(inside.tobytes())
            yield inside


def score(data: Data, inside: NDArray[np.bool_], objective: str, minima: dict[str, int]) -> float:
    def within(rows: Any) -> Any:
        part = data.take(rows)
        return fit_one_step(part.outcome, part.treatment, part.trial, adjusters=part.adjuster).effect

    if objective == "effect":
        return float(within(inside).statistic)
    if not admissible(data, ~inside, **minima):
        return float((within(inside).estimate - within(slice(None)).estimate) / within(inside).std_error)
    fit = fit_one_step(
        data.outcome, data.treatment, data.trial, adjusters=data.adjuster, moderator=inside.astype(float)
    )
    assert fit.interaction is not None
    return float(fit.interaction.statistic)


def enumerate_frontier(data: Data, gains: dict[str, str], objective: str, minima: dict[str, int]) -> dict[int, Any]:
    best: dict[int, Any] = {}
    for inside in every_box(data, gains):
        share = inside.mean()
        if share < 0.1 or not admissible(data, inside, **minima):
            continue
        z = score(data, inside, objective, minima)
        number = int(np.floor(share / 0.01 + 1e-9))
        if number not in best or z > best[number][0]:
            best[number] = (z, inside)
    return best


@pytest.mark.parametrize("objective", ["interaction", "effect"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_one_value_a_peel_and_every_box_kept_it_is_enumeration(objective: str, seed: int) -> None:
    data = simulate(seed=seed)
    minima = {"min_arm": 10, "min_trials": 2}
    found = data.peel(objective=objective, **EXHAUSTIVE)
    gains = {direction.moderator: direction.gains for direction in found.directions}
    expected = enumerate_frontier(data, gains, objective, minima)
    assert len(found.boxes) == len(expected) > 30
    for box, (number, (z, inside)) in zip(found.boxes, sorted(expected.items(), reverse=True), strict=True):
        assert int(np.floor(box.fraction / 0.01 + 1e-9)) == number
        np.testing.assert_array_equal(box.members, inside)
        assert box.z == pytest.approx(z, rel=1e-8)  # sums in another order


def test_enumeration_counts_each_box_once() -> None:
    data = simulate()
    found = data.peel(min_arm=1, min_trials=1, min_fraction=1e-6, **EXHAUSTIVE)
    gains = {direction.moderator: direction.gains for direction in found.directions}
    large = [inside for inside in every_box(data, gains) if admissible(data, inside, 1, 1)]
    assert found.evaluated == len(large)


def test_a_box_is_worth_its_effect_over_the_overall_one_until_the_outside_is_large_enough() -> None:
    data = simulate(values=(40, 30))
    found = data.peel(**EXHAUSTIVE)
    near_whole = [box for box in found.boxes if box.score == "inside minus overall"]
    assert near_whole and len(near_whole) < len(found.boxes)
    for box in near_whole:
        assert not admissible(data, ~box.members, 10, 2)
        assert box.difference is None and box.outside.status == "not admissible"
        assert np.isnan(box.outside.effect.estimate)
        z = (box.effect.estimate - found.overall.effect.estimate) / box.effect.std_error
        assert box.z == pytest.approx(z, rel=1e-12)
    for box in found.boxes:
        assert admissible(data, ~box.members, 10, 2) == (box.score == "interaction")


# --- numbers of a box -------------------------------------------------------------------------------------------------


def assert_separate_fits(data: Data, found: Peeling, **options: Any) -> None:
    """Effects inside and outside, and their difference, are those of `fit_one_step`."""
    adjusters = data.adjuster
    for box in found.boxes:
        for group, people in ((box, box.members), (box.outside, found.analysed & ~box.members)):
            assert group.n == people.sum() == group.n_control + group.n_intervention
            assert group.n_intervention == data.treatment[people].sum()
            if group.status == "not admissible":
                continue
            part = data.take(people)
            fit = fit_one_step(part.outcome, part.treatment, part.trial, adjusters=adjusters[people], **options)
            assert group.trials == fit.trials and (group.status, group.message) == (fit.status, fit.message)
            assert_same(group.effect, fit.effect)
        if box.difference is not None:
            rows = found.analysed
            part = data.take(rows)
            fit = fit_one_step(
                part.outcome,
                part.treatment,
                part.trial,
                adjusters=adjusters[rows],
                moderator=box.members[rows].astype(float),
                **options,
            )
            assert fit.interaction is not None
            assert_same(box.difference, fit.interaction)
            if box.score == "interaction":
                assert box.z == pytest.approx(fit.interaction.statistic, rel=1e-9)


def assert_same(effect: Any, other: Any) -> None:
    # in standard errors: an estimate near zero has no relative accuracy
    assert effect.estimate == pytest.approx(other.estimate, abs=1e-9 * other.std_error)
    assert effect.std_error == pytest.approx(other.std_error, rel=1e-9)
    assert effect.df == pytest.approx(other.df, rel=1e-6)  # df move fast where tau2 is barely informed
    assert effect.df_raw == pytest.approx(other.df_raw, rel=1e-6)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("treatment_effect", ["random", "common"])
@pytest.mark.parametrize("objective", ["interaction", "effect"])
def test_every_number_of_a_box_is_that_of_a_separate_fit(treatment_effect: str, objective: str) -> None:
    data = simulate(sizes=(120, 100, 60, 30), values=(12, 9, 5), seed=5)
    found = data.peel(treatment_effect=treatment_effect, objective=objective)
    assert len(found.boxes) > 30
    assert_separate_fits(data, found, treatment_effect=treatment_effect)
    part = fit_one_step(
        data.outcome, data.treatment, data.trial, adjusters=data.adjuster, treatment_effect=treatment_effect
    )
    assert_same(found.overall.effect, part.effect)
    assert found.overall.n == len(data.outcome) and found.overall.trials == 4


def test_no_adjuster_several_and_collinear_ones() -> None:
    data = simulate(values=(12, 9))
    for adjusters in (
        np.empty((len(data.outcome), 0)),
        np.column_stack([data.adjuster, data.moderators["m0"]]),
        np.column_stack([data.adjuster, 2.0 * data.adjuster + 1.0, np.ones(len(data.outcome))]),
    ):
        changed = Data(data.outcome, data.treatment, data.trial, data.moderators, adjusters)
        found = changed.peel()
        assert len(found.boxes) > 20
        for box in found.boxes:
            part = changed.take(box.members)
            fit = fit_one_step(part.outcome, part.treatment, part.trial, adjusters=part.adjuster)
            assert_same(box.effect, fit.effect)


def test_an_adjuster_that_is_constant_in_a_small_box_is_dropped_there_as_in_a_separate_fit() -> None:
    data = simulate(sizes=(200, 150), values=(5, 4))
    changed = Data(data.outcome, data.treatment, data.trial, data.moderators, data.moderators["m0"])
    found = changed.peel(**EXHAUSTIVE)
    assert any("dropped" in box.message for box in found.boxes)
    assert_separate_fits(changed, found)


def test_one_trial() -> None:
    data = simulate(sizes=(200,))
    found = data.peel(min_trials=1)
    assert len(found.boxes) > 10
    assert_separate_fits(data, found)


# --- limits -----------------------------------------------------------------------------------------------------------


def inside(limits: Any, moderators: dict[str, Array]) -> NDArray[np.bool_]:
    people = np.ones(len(next(iter(moderators.values()))), bool)
    for limit in limits:
        if limit.value is not None:
            z = moderators[limit.moderator]
            people &= z <= limit.value if limit.side == "<=" else z >= limit.value
    return people


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    ("objective", "information"), [("interaction", "pooled"), ("interaction", "within"), ("effect", "pooled")]
)
@pytest.mark.parametrize(
    ("beam", "width", "alpha"), [(10, 0.01, 0.05), (1, 0.01, 0.05), (3, 0.2, 0.01), (10**9, 0.5, 0.2)]
)
def test_the_kernel_goes_step_by_step_as_the_beam_search(
    objective: Any, information: Any, beam: int, width: float, alpha: float
) -> None:
    rng = np.random.default_rng(beam % 97)
    n = 400
    trial, treatment = np.repeat([0, 1, 2], [200, 120, 80]), rng.integers(0, 2, n).astype(float)
    moderators = {"age": rng.integers(0, 9, n), "pain": rng.normal(size=n), "more": rng.integers(0, 5, n)}
    shares = {"bin_width": width, "alpha": alpha, "min_fraction": 0.2}
    settings = PeelSettings(objective=objective, beam=beam, information=information, **shares)
    outcome = treatment * (moderators["age"] < 4) + rng.normal(size=n)
    # rounded outcomes make ties; then the limits of a box decide
    for y in (outcome, np.round(outcome / 3.0), rng.normal(size=n)):
        prepared = prepare(y, treatment, trial, moderators, rng.normal(size=n), settings)
        found = prepared.run(y)
        worth = found.worth
        assert worth is not None and not worth.seen  # the kernel did it
        boxes = beam_search(worth.grid, worth.everybody(), worth.peel, prepared.bins(), beam)
        assert found.evaluated == len(worth.seen) and len(found.boxes) == len(boxes) > 1
        for box, other in zip(found.boxes, boxes, strict=True):
            assert (box.key, box.n, box.score) == (other.key, other.n, other.score)
            assert np.array_equal(box.sums, other.sums)
        drawn = prepared.draw(y)
        assert [(d.moderator, d.gains) for d in drawn.directions] == [(d.moderator, d.gains) for d in found.directions]
        np.testing.assert_allclose(drawn.scores, found.scores, atol=1e-9)


def test_limits_are_canonical() -> None:
    data = simulate(sizes=(120, 100, 60), values=(30, 20, 8, 5), seed=3)
    found = data.peel()
    unset = 0
    for box in found.boxes:
        assert [limit.moderator for limit in box.limits] == list(data.moderators)
        np.testing.assert_array_equal(inside(box.limits, data.moderators), box.members)
        for k, limit in enumerate(box.limits):
            if limit.value is None:
                unset += 1
                continue
            values = data.moderators[limit.moderator][box.members]
            assert limit.value == (values.max() if limit.side == "<=" else values.min())
            others = [other for j, other in enumerate(box.limits) if j != k]
            assert inside(others, data.moderators).sum() > box.n
    assert unset > 0


def test_of_two_limits_that_exclude_the_same_people_the_later_goes() -> None:
    data = simulate(values=(12, 9))
    twice = dict(data.moderators) | {"copy of m0": data.moderators["m0"]}
    found = Data(data.outcome, data.treatment, data.trial, twice, data.adjuster).peel()
    single = data.peel()
    assert found.evaluated == single.evaluated  # boxes with the same members are one
    assert all(box.limits[2].value is None for box in found.boxes)
    assert [box.limits[:2] for box in found.boxes] == [box.limits for box in single.boxes]


def test_directions_are_those_declared_or_the_sign_of_the_interaction() -> None:
    data = simulate(values=(12, 9, 8))
    found = data.peel(directions={"m1": "small"})
    assert [item.source for item in found.directions] == ["screening interaction", "declared", "screening interaction"]
    for direction in found.directions:
        if direction.source == "declared":
            assert direction.gains == "small" and direction.interaction is None
            continue
        z = data.moderators[direction.moderator]
        centred = z - np.array([z[data.trial == trial].mean() for trial in data.trial])
        fit = fit_one_step(data.outcome, data.treatment, data.trial, adjusters=data.adjuster, moderator=centred)
        assert direction.interaction is not None and fit.interaction is not None
        assert direction.interaction.estimate == pytest.approx(fit.interaction.estimate, rel=1e-9)
        assert direction.gains == ("small" if fit.interaction.estimate < 0 else "large")
    for box in found.boxes:
        assert [limit.side for limit in box.limits] == ["<=" if d.gains == "small" else ">=" for d in found.directions]
    assert [item.gains for item in data.peel().directions][:2] == ["small", "large"]  # as simulated


def test_the_frontier_need_not_be_nested() -> None:
    # half of the people, by a, gain 1 and a fifth, by b, gain 2: the best half and the best fifth only overlap
    a, b = (np.tile(values.ravel(), 20) for values in np.meshgrid(np.arange(10.0), np.arange(10.0)))
    n = len(a)
    treatment, trial = (np.arange(n) // 100 % 2).astype(float), np.arange(n) // 200 % 2
    noise = np.random.default_rng(0).normal(0.0, 0.3, n)
    outcome = treatment * ((a < 5) + 2.0 * (b < 2)) + noise
    found = peel(outcome, treatment, trial, {"a": a, "b": b}, treatment_effect="common", **EXHAUSTIVE)
    half, fifth = found.nearest([0.5, 0.2])
    assert [limit.value for limit in half.limits] == [4.0, None]
    assert [limit.value for limit in fifth.limits] == [None, 1.0]
    assert np.sum(fifth.members & ~half.members) == fifth.n / 2


# --- who is analysed --------------------------------------------------------------------------------------------------


def test_minima_hold_inside() -> None:
    data = simulate(sizes=(120, 100, 60), values=(30, 20, 8))
    limits = {"min_arm": 25, "min_trials": 3}
    found = data.peel(min_size=60, min_fraction=0.15, **limits)
    assert len(found.boxes) > 20
    assert min(box.n for box in found.boxes) >= 60 and min(box.fraction for box in found.boxes) >= 0.15
    for box in found.boxes:
        assert admissible(data, box.members, **limits)
        assert (box.difference is not None) == admissible(data, ~box.members, **limits)
    assert min(box.n for box in data.peel(min_size=1).boxes) < 60  # they bite


def test_a_moderator_missing_in_a_whole_trial_costs_the_trial() -> None:
    data = simulate(values=(12, 9, 8))
    z = data.moderators["m1"].copy()
    z[data.trial == 2] = np.nan
    found = peel(data.outcome, data.treatment, data.trial, data.moderators | {"m1": z}, adjusters=data.adjuster)
    rest = data.take(data.trial != 2).peel()
    assert [box.limits for box in found.boxes] == [box.limits for box in rest.boxes]
    assert found.analysed.sum() == rest.overall.n == 150
    assert [(cost.participants, cost.trials) for cost in found.costs] == [(0, ()), (40, (2,)), (0, ())]
    assert [(item.trial, item.participants, item.reason) for item in found.excluded] == [
        (2, 40, "a moderator is missing")
    ]


def test_a_moderator_that_would_leave_one_trial_is_left_out_itself() -> None:
    data = simulate(values=(12, 9, 8))
    z = np.where(data.trial == 0, data.moderators["m1"], np.nan)
    found = peel(data.outcome, data.treatment, data.trial, data.moderators | {"m1": z}, adjusters=data.adjuster)
    assert [(item.moderator, item.reason) for item in found.not_searched] == [
        ("m1", "only 1 of the trials with both arms would remain, 2 are needed")
    ]
    assert [cost.moderator for cost in found.costs] == ["m0", "m2"]
    assert found.analysed.all()


def test_moderators_are_taken_in_their_order_while_trials_last() -> None:
    data = simulate(sizes=(60, 60, 60, 60), values=(12, 9))
    first = np.where(data.trial < 2, data.moderators["m0"], np.nan)
    second = np.where(data.trial >= 2, data.moderators["m1"], np.nan)
    found = peel(data.outcome, data.treatment, data.trial, {"first": first, "second": second})
    assert [direction.moderator for direction in found.directions] == ["first"]
    assert "only 0" in found.not_searched[0].reason
    other = peel(data.outcome, data.treatment, data.trial, {"second": second, "first": first})
    assert [direction.moderator for direction in other.directions] == ["second"]


def test_thirty_percent_missing() -> None:
    data = simulate(sizes=(300, 200, 100), values=(12, 9, 8))
    rng = np.random.default_rng(8)
    holes = {name: np.where(rng.random(len(z)) < 0.3, np.nan, z) for name, z in data.moderators.items()}
    found = peel(data.outcome, data.treatment, data.trial, holes, adjusters=data.adjuster)
    whole = np.all([np.isfinite(z) for z in holes.values()], axis=0)
    np.testing.assert_array_equal(found.analysed, whole)
    assert [cost.participants for cost in found.costs] == [int(np.isnan(z).sum()) for z in holes.values()]
    assert sum(item.participants for item in found.excluded) == np.sum(~whole)
    same = data.take(whole).peel()
    assert [box.limits for box in found.boxes] == [box.limits for box in same.boxes]
    assert all(not np.any(box.members & ~whole) for box in found.boxes)


def test_missing_outcomes_and_lone_arms_are_left_out() -> None:
    data = simulate(sizes=(120, 90, 60), values=(12, 9))
    outcome, treatment = data.outcome.copy(), data.treatment.copy()
    outcome[::11] = np.nan
    treatment[data.trial == 2] = 1.0
    found = peel(outcome, treatment, data.trial, data.moderators, adjusters=data.adjuster)
    used = np.isfinite(outcome) & (data.trial != 2)
    np.testing.assert_array_equal(found.analysed, used)
    reasons = {(item.trial, item.reason) for item in found.excluded}
    assert (2, "the trial has only intervention participants") in reasons and (0, "a value is missing") in reasons
    assert found.boxes


def test_people_without_a_trial_are_left_out_and_a_moderator_may_cost_an_arm() -> None:
    data = simulate(values=(12, 9))
    trial = data.trial.astype(float)
    trial[:3] = np.nan
    z = np.where((data.trial == 2) & (data.treatment == 1), np.nan, data.moderators["m1"])
    found = peel(data.outcome, data.treatment, trial, data.moderators | {"m1": z})
    arm = int(np.sum((data.trial == 2) & (data.treatment == 1)))
    assert {(item.trial, item.participants, item.reason) for item in found.excluded} == {
        (None, 3, "the trial is missing"),
        (2.0, arm, "a moderator is missing"),
        (2.0, 40 - arm, "with all moderators the trial has only control participants"),
    }
    assert found.analysed.sum() == found.overall.n == 147


def test_covariates_with_few_values_are_a_result_not_an_error() -> None:
    data = simulate()
    n = len(data.outcome)
    rng = np.random.default_rng(4)
    found = peel(
        data.outcome,
        data.treatment,
        data.trial,
        {
            "sex": Levels(rng.integers(0, 2, n), ("female", "male")),
            "smoker": rng.integers(0, 2, n).astype(float),
            "anxiety": Levels(rng.integers(0, 3, n), ("low", "medium", "high"), ordered=True),
            "country": Levels(rng.integers(0, 5, n), tuple("abcde")),
            "constant": np.full(n, 0.1),
        },
    )
    assert found.status == "no moderator" and found.boxes == () and found.nearest([0.5]) == ()
    assert [item.moderator for item in found.not_searched] == ["sex", "smoker", "anxiety", "country", "constant"]
    reasons = [item.reason for item in found.not_searched]
    assert reasons[0].startswith("2 values") and reasons[2].startswith("3 values")
    assert reasons[3] == "its 5 levels have no order, and so no direction"
    assert reasons[4].startswith("1 value:")
    assert found.overall.n == n and np.isfinite(found.overall.effect.estimate)


def test_a_covariate_of_the_trial_has_no_direction_unless_declared() -> None:
    data = simulate(sizes=(80, 60, 60, 60, 60), values=(12,))
    year = 1990.0 + data.trial
    both = data.moderators | {"year": year}
    found = peel(data.outcome, data.treatment, data.trial, both)
    assert [direction.moderator for direction in found.directions] == ["m0"]
    assert "does not vary within any trial" in found.not_searched[0].reason
    declared = peel(data.outcome, data.treatment, data.trial, both, directions={"year": "large"})
    assert any(box.limits[1].value is not None for box in declared.boxes)


def test_ordered_levels_are_peeled_by_code_and_named() -> None:
    data = simulate(values=(12, 9))
    names = ("none", "mild", "moderate", "severe", "extreme")
    rng = np.random.default_rng(3)
    codes = rng.integers(-1, 5, len(data.outcome))
    severity = Levels(codes, names, ordered=True)
    outcome = data.outcome + 1.5 * data.treatment * codes
    found = peel(outcome, data.treatment, data.trial, {"severity": severity})
    number = np.where(codes < 0, np.nan, codes.astype(float))
    plain = peel(outcome, data.treatment, data.trial, {"severity": number})
    np.testing.assert_array_equal(found.analysed, codes >= 0)
    assert len(found.boxes) == 4
    for box, same in zip(found.boxes, plain.boxes, strict=True):
        np.testing.assert_array_equal(box.members, same.members)
        limit = box.limits[0]
        assert limit.side == ">=" and limit.value is not None and limit.level == names[int(limit.value)]
        assert same.limits[0].level is None


def test_one_covariate() -> None:
    data = simulate(values=(40,))
    found = data.peel(**EXHAUSTIVE)
    z = data.moderators["m0"]
    kept = [cut for cut in np.unique(z)[:-1] if admissible(data, z <= cut, 10, 2) and np.mean(z <= cut) >= 0.1]
    assert found.evaluated == len(kept)
    sizes = [box.n for box in found.boxes]
    assert sizes == sorted(sizes, reverse=True)


def test_fifty_covariates_finish() -> None:
    rng = np.random.default_rng(6)
    n = 600
    moderators = {f"m{k}": rng.normal(size=n) for k in range(50)}
    treatment, trial = (np.arange(n) % 2).astype(float), np.arange(n) // 2 % 3
    outcome = treatment * (1.0 + 0.5 * moderators["m7"]) + rng.normal(size=n)
    start = time.perf_counter()
    found = peel(outcome, treatment, trial, moderators)
    print(f"\n  fifty covariates: {found.evaluated} boxes in {time.perf_counter() - start:.2f} s")
    assert len(found.boxes) > 35 and found.evaluated > 10_000  # peels of 5 % reach 40 sizes
    assert max(found.boxes, key=lambda box: box.z).limits[7].value is not None


def test_people_among_whom_nothing_can_be_estimated_are_a_result() -> None:
    data = simulate(values=(12, 9))
    found = peel(np.ones(len(data.outcome)), data.treatment, data.trial, data.moderators)
    assert found.status == "no moderator" and "no sign" in found.not_searched[0].reason
    found = peel(
        np.ones(len(data.outcome)),
        data.treatment,
        data.trial,
        data.moderators,
        directions={"m0": "small", "m1": "large"},
    )
    assert (found.status, found.message) == ("not estimable", "the outcome is constant within every trial")
    found = peel(data.outcome, np.ones(len(data.outcome)), data.trial, data.moderators)
    assert found.status == "no moderator" and not found.analysed.any()
    found = data.peel(min_size=10_000)
    assert (found.status, found.boxes, found.evaluated) == ("no box", (), 0)


# --- invariances ------------------------------------------------------------------------------------------------------


def same_boxes(found: Peeling, other: Peeling) -> None:
    assert [box.limits for box in found.boxes] == [box.limits for box in other.boxes]
    np.testing.assert_allclose([box.z for box in found.boxes], [box.z for box in other.boxes], rtol=1e-8)


def test_order_of_rows_and_names_of_trials_change_nothing() -> None:
    data = simulate(sizes=(120, 100, 60), values=(30, 20, 8))
    found = data.peel()
    order = np.random.default_rng(2).permutation(len(data.outcome))
    shuffled = data.take(order).peel()
    same_boxes(found, shuffled)
    for box, other in zip(found.boxes, shuffled.boxes, strict=True):
        np.testing.assert_array_equal(box.members[order], other.members)
    named = np.array(["z", "b", "k"])[data.trial]
    same_boxes(found, peel(data.outcome, data.treatment, named, data.moderators, adjusters=data.adjuster))


def test_swapped_arms_with_the_sign_of_the_outcome_swapped_are_the_same_and_alone_mirror_the_directions() -> None:
    data = simulate(sizes=(120, 100, 60), values=(30, 20))
    found = data.peel()
    swapped = peel(-data.outcome, 1.0 - data.treatment, data.trial, data.moderators, adjusters=data.adjuster)
    same_boxes(found, swapped)
    alone = peel(data.outcome, 1.0 - data.treatment, data.trial, data.moderators, adjusters=data.adjuster)
    for direction, other in zip(found.directions, alone.directions, strict=True):
        assert {direction.gains, other.gains} == {"small", "large"}
        assert direction.interaction is not None and other.interaction is not None
        assert direction.interaction.estimate == pytest.approx(-other.interaction.estimate, rel=1e-9)


def test_another_unit_of_the_outcome_scales_effects_and_leaves_the_boxes() -> None:
    data = simulate(sizes=(120, 100, 60), values=(30, 20))
    found = data.peel()
    scaled = peel(1000.0 + 7.0 * data.outcome, data.treatment, data.trial, data.moderators, adjusters=data.adjuster)
    same_boxes(found, scaled)
    for box, other in zip(found.boxes, scaled.boxes, strict=True):
        assert other.effect.estimate == pytest.approx(7.0 * box.effect.estimate, rel=1e-8)
        assert other.effect.std_error == pytest.approx(7.0 * box.effect.std_error, rel=1e-8)


def test_another_scale_of_a_moderator_only_renames_its_limits() -> None:
    data = simulate(sizes=(120, 100, 60), values=(30, 20))
    directions = {"m0": "small", "m1": "large"}
    found = data.peel(directions=directions)
    turned = {"m0": np.exp(data.moderators["m0"] / 10.0), "m1": -data.moderators["m1"]}
    other = Data(data.outcome, data.treatment, data.trial, turned, data.adjuster).peel(
        directions={"m0": "small", "m1": "small"}
    )
    for box, same in zip(found.boxes, other.boxes, strict=True):
        np.testing.assert_array_equal(box.members, same.members)
        upper, lower = box.limits[1].value, same.limits[1].value
        assert (upper is None and lower is None) or upper == -lower  # type: ignore[operator]


def test_a_wider_beam_never_finds_less_in_the_first_bins_and_looks_at_more() -> None:
    data = simulate(sizes=(120, 100, 60), values=(30, 20, 8))
    narrow, wide = data.peel(beam=1), data.peel(beam=50)
    assert wide.evaluated > 2 * narrow.evaluated
    assert max(box.z for box in wide.boxes) >= max(box.z for box in narrow.boxes)


def test_the_search_does_not_end_in_a_bin_that_is_wider_than_a_peel() -> None:
    # 5 % of a tenth are half a bin: boxes must be peeled on though larger ones of the bin are better
    data = simulate(sizes=(900, 600), values=(200, 150, 120), gain=0.005)
    found = data.peel(min_fraction=0.02, beam=3, min_arm=5)
    small = [box.fraction for box in found.boxes if box.fraction < 0.2]
    assert small[-1] < 0.03 and len(small) >= 15


# --- ties, preparation, options ---------------------------------------------------------------------------------------


def test_ties_go_to_the_larger_box_fewer_limits_and_earlier_moderators() -> None:
    # four people at the corners of a square: each limit alone excludes two of them
    grid = Grid.of([np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])], 4).directed(np.array([True, True]))

    def box(ranks: tuple[int, int], n: int, z: float) -> ScoredBox:
        return ScoredBox(np.array(ranks, np.int32), n, z, np.zeros((1, 1)))

    by_first, by_second, by_both = (0, 1), (1, 0), (0, 0)
    boxes = [box(by_both, 2, 1.0), box(by_second, 2, 1.0), box(by_first, 2, 1.0 + 1e-13), box(by_both, 3, 1.0)]
    order = ranked(boxes, grid)
    assert [tuple(item.ranks.tolist()) for item in order] == [by_both, by_first, by_second, by_both]
    assert order[0].n == 3
    better = box(by_both, 1, 1.1)
    assert ranked([*boxes, better], grid)[0] is better


def test_a_prepared_search_runs_with_other_outcomes_of_the_same_people() -> None:
    data = simulate(sizes=(120, 100, 60), values=(30, 20, 8))
    z = data.moderators["m1"].copy()
    z[::9] = np.nan
    moderators = data.moderators | {"m1": z}
    ready = prepare(data.outcome, data.treatment, data.trial, moderators, data.adjuster, PeelSettings())
    rng = np.random.default_rng(1)
    for _ in range(3):
        outcome = data.outcome * rng.choice([-1.0, 1.0], len(data.outcome))
        found = ready.run(outcome)
        plain = peel(outcome, data.treatment, data.trial, moderators, adjusters=data.adjuster)
        np.testing.assert_array_equal(found.scores, [box.z for box in plain.boxes])
        np.testing.assert_array_equal(found.fractions, [box.fraction for box in plain.boxes])
        np.testing.assert_array_equal(found.effects(), [box.effect.estimate for box in plain.boxes])
        assert found.evaluated == plain.evaluated
    hole = data.outcome.copy()
    hole[1] = np.nan
    with pytest.raises(ValueError, match="prepare the search anew"):
        ready.run(hole)


def test_nearest_boxes_to_requested_sizes() -> None:
    found = simulate(values=(30, 20)).peel()
    for size, box in zip((0.1, 0.33, 0.9), found.nearest((0.1, 0.33, 0.9)), strict=True):
        assert abs(box.fraction - size) == pytest.approx(min(abs(other.fraction - size) for other in found.boxes))
    large, small = found.boxes[3], found.boxes[4]
    assert found.nearest([(large.fraction + small.fraction) / 2])[0] is large
    with pytest.raises(ValueError, match=r"sizes must be shares .* not \[0.0, 30\]"):
        found.nearest([0.0, 0.5, 30])


def test_all_wrong_options_are_named() -> None:
    data = simulate()
    wrong: dict[str, Any] = {
        "directions": {"m0": "up", "age": "small"},
        "objective": "p",
        "alpha": 1.0,
        "beam": 0,
        "bin_width": 0.0,
        "min_fraction": 2.0,
        "min_size": 1.5,
        "min_arm": 0,
        "min_trials": True,
        "treatment_effect": "mixed",
    }
    with pytest.raises(ValueError, match="unknown") as caught:
        data.peel(**wrong)
    assert all(name in str(caught.value) for name in wrong)
    assert "directions['age'] is no moderator; the moderators are 'm0', 'm1', 'm2'" in str(caught.value)
    with pytest.raises(ValueError, match="directions='down' is unknown"):
        data.peel(directions="down")


def test_wrong_columns_say_what_and_where() -> None:
    data = simulate()
    infinite = data.moderators["m0"].copy()
    infinite[3] = np.inf
    with pytest.raises(ValueError, match=r"'short' has shape \(3,\).*'infinite' has an infinite value in row 3"):
        peel(data.outcome, data.treatment, data.trial, {"short": np.zeros(3), "infinite": infinite})
    with pytest.raises(ValueError, match="'sex' holds values that are no numbers; give numbers, or `Levels`"):
        peel(data.outcome, data.treatment, data.trial, {"sex": np.array(["f", "m"] * 95)})
    with pytest.raises(ValueError, match="row 3 holds an infinite value"):
        peel(np.where(np.arange(190) == 3, np.inf, data.outcome), data.treatment, data.trial, data.moderators)


def test_results_are_frozen() -> None:
    found = simulate().peel()
    box: Box = found.boxes[0]
    with pytest.raises(AttributeError):
        box.n = 3  # type: ignore[misc]
    with pytest.raises(AttributeError):
        found.status = "ok"  # type: ignore[misc]

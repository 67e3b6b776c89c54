"""Recursive partitioning: each number by a second route, each rule by a plain count, and what must not matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy import stats

from reportgen.stats import Levels, Partition, Rule, TreeNode, fit_one_step, partition
from reportgen.stats.effective_cuts import effective_splits, mean_correlation
from reportgen.stats.partition_search import first, prepare

Array = np.ndarray[Any, Any]
LOOSE = {"min_size": 30, "min_arm": 8}


class Data:
    """Some trials with a planted effect, moderators that also predict the outcome, and a baseline to adjust for."""

    def __init__(self, trials: int = 4, size: int = 120, seed: int = 1, tau: float = 0.3, gain: float = 1.0) -> None:
        rng = np.random.default_rng(seed)
        self.trial = np.repeat(np.arange(trials), rng.integers(size // 2, size * 3 // 2, trials))
        n = len(self.trial)
        self.treatment = rng.integers(0, 2, n).astype(float)
        self.baseline = rng.normal(50.0, 10.0, n)
        self.age = rng.integers(20, 60, n).astype(float) + self.trial
        self.pain = rng.integers(0, 11, n).astype(float)
        self.sex = rng.integers(0, 2, n).astype(float)
        self.job = rng.integers(0, 4, n)
        self.grade = rng.integers(0, 5, n)
        effect = 0.2 + rng.normal(0.0, tau, trials)[self.trial] + gain * (self.age <= 38.0)
        level = rng.normal(0.0, 1.0, trials)[self.trial] + 0.02 * self.age + 0.05 * self.baseline + 0.1 * self.pain
        self.outcome = level + self.treatment * effect + rng.normal(size=n)

    @property
    def moderators(self) -> dict[str, Any]:
        return {
            "age": self.age,
            "pain": self.pain,
            "sex": self.sex,
            "job": Levels(self.job, ("office", "field", "home", "none"), ordered=False),
            "grade": Levels(self.grade, ("I", "II", "III", "IV", "V"), ordered=True),
        }

    def search(self, moderators: Mapping[str, Any] | None = None, **options: Any) -> Partition:
        return partition(
            options.pop("outcome", self.outcome),
            options.pop("treatment", self.treatment),
            options.pop("trial", self.trial),
            self.moderators if moderators is None else moderators,
            adjusters=options.pop("adjusters", self.baseline),
            **{**LOOSE, **options},
        )


def with_gaps(values: Array, share: float, seed: int = 5) -> Array:
    out = values.astype(float).copy()
    out[np.random.default_rng(seed).random(len(out)) < share] = np.nan
    return out


def sides(values: Any, cut: float, level_set: int) -> tuple[Array, Array]:
    """S = 1 on the low side; and who has a value."""
    if isinstance(values, Levels):
        has = values.codes >= 0
        low = values.codes <= cut if values.ordered else ((level_set >> np.maximum(values.codes, 0)) & 1) == 1
        return low & has, has
    has = ~np.isnan(values)
    return has & (values <= cut), has


def members(node: TreeNode, moderators: Mapping[str, Any], n: int) -> Array:
    inside = np.ones(n, bool)
    for rule in node.rules:
        inside &= rule.covers(moderators[rule.moderator])
    return inside


def by_trial_mean(trial: Array, values: Array) -> Array:
    number = np.unique(trial, return_inverse=True)[1]
    return (np.bincount(number, values) / np.bincount(number))[number]


# --- numbers by a second route --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.sampled(4)
@pytest.mark.parametrize("treatment_effect", ["random", "common"])
@pytest.mark.parametrize("information", ["pooled", "within"])
@pytest.mark.parametrize("trials", [1, 4])
def test_every_candidate_is_one_separate_fit(information: str, treatment_effect: str, trials: int) -> None:
    d = Data(trials=trials, size=300 if trials > 1 else 600)
    moderators = d.moderators | {"pain": with_gaps(d.pain, 0.3), "age": np.where(d.trial == 1, np.nan, d.age)}
    found = d.search(
        moderators, information=information, treatment_effect=treatment_effect, min_trials=min(trials, 2), alpha=1.0
    )
    c = found.candidates
    assert len(found.tree) > 2 and len(c.log_p) > 100 and {*c.moderator} == {*moderators}
    for k in range(0, len(c.log_p), 3):
        inside = members(found.tree[c.node[k]], moderators, len(d.outcome))
        low, has = sides(moderators[c.moderator[k]], c.cut[k], c.level_set[k])
        rows = np.flatnonzero(inside & has)
        arms = np.array([len(set(d.treatment[rows][d.trial[rows] == i])) for i in d.trial[rows]])
        rows = rows[arms == 2]  # the mean of S in a trial is of no consequence where the trial is left out
        s = low[rows].astype(float)
        fit = fit_one_step(
            d.outcome[rows],
            d.treatment[rows],
            d.trial[rows],
            adjusters=d.baseline[rows],
            moderator=s - by_trial_mean(d.trial[rows], s) if information == "within" else s,
            treatment_effect=treatment_effect,
        )
        one = fit.interaction
        assert one is not None
        assert abs(c.estimate[k] - one.estimate) < 1e-9 * one.std_error
        np.testing.assert_allclose(c.std_error[k], one.std_error, rtol=1e-9)
        # section 8: 1e-9; a p near 1 has a logarithm near 0, which is measured on the scale of p
        np.testing.assert_allclose(c.log_p[k], one.log_p, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("criterion", ["differential", "maximum", "directional"])
def test_sides_of_the_other_criteria_are_separate_fits(criterion: str) -> None:
    d = Data(trials=4)
    moderators = d.moderators | {"pain": with_gaps(d.pain, 0.3)}
    found = d.search(moderators, criterion=criterion, depth=1)
    c = found.candidates
    for k in range(0, len(c.log_p), 5):
        low, has = sides(moderators[c.moderator[k]], c.cut[k], c.level_set[k])
        z = []
        for side in (low, has & ~low):
            fit = fit_one_step(d.outcome[side], d.treatment[side], d.trial[side], adjusters=d.baseline[side])
            z.append(float(fit.effect.statistic))
        # the standard errors follow tau2, which two routes find to about 1e-8
        np.testing.assert_allclose([c.z_low[k], c.z_high[k]], z, rtol=1e-7)
        differs = 2.0 * stats.norm.sf(abs(z[0] - z[1]) / np.sqrt(2.0))
        gains = min(1.0, 2.0 * min(stats.norm.sf(z[0]), stats.norm.sf(z[1])))
        expected = {"differential": differs, "maximum": gains, "directional": max(differs, gains)}[criterion]
        np.testing.assert_allclose(c.p_value[k], expected, rtol=1e-5)  # as above, times z


def test_an_outlier_of_an_adjuster_on_one_side_leaves_the_other_exact() -> None:
    d = Data(trials=3)
    young = d.age <= np.quantile(d.age, 0.2)
    d.baseline[np.flatnonzero(young)[:3]] = 1e9
    c = d.search({"age": d.age}, criterion="differential", depth=1).candidates
    assert len(c.cut) > 20
    for k, cut in enumerate(c.cut):
        high = d.age > cut
        fit = fit_one_step(d.outcome[high], d.treatment[high], d.trial[high], adjusters=d.baseline[high])
        np.testing.assert_allclose(c.z_high[k], fit.effect.statistic, rtol=1e-7)  # as above


def pooled_t(y: Array, t: Array) -> tuple[float, float]:
    """Student's two-sample t with pooled variance, and the log of its one-sided p."""
    z = float(stats.ttest_ind(y[t == 1], y[t == 0]).statistic)
    return z, float(stats.t.logsf(z, len(y) - 2))


def classic_sides(y: Array, t: Array, covariates: dict[str, Array], depth: int, width: int, gamma: float) -> set[Any]:
    """SIDES written anew for one trial, from the paper alone: subgroups as sets of rules, with the criterion's p."""
    found = set()

    def search(rows: Array, rules: tuple[Any, ...]) -> None:
        best = []
        for name in covariates:
            if name in {rule[0] for rule in rules}:
                continue
            x = covariates[name][rows]
            tried = []
            for cut in sorted(set(x.tolist()))[:-1]:
                parts = [rows[x <= cut], rows[x > cut]]
                if min(len(part) for part in parts) < LOOSE["min_size"]:
                    continue
                if min(np.sum(t[part] == arm) for part in parts for arm in (0, 1)) < LOOSE["min_arm"]:
                    continue
                z = [pooled_t(y[part], t[part])[0] for part in parts]
                tried.append((2.0 * stats.norm.sf(abs(z[0] - z[1]) / np.sqrt(2.0)), cut, z, parts))
            if tried:
                p, cut, z, parts = min(tried, key=lambda one: one[0])
                adjusted = 1.0 - (1.0 - p) ** (len(tried) ** (1.0 - mean_correlation(len(tried) + 1)))
                best.append((adjusted, name, cut, z, parts))
        parent_p = pooled_t(y[rows], t[rows])[1]
        for adjusted, name, cut, z, parts in sorted(best, key=lambda one: one[0])[:width]:
            side = 0 if z[0] > z[1] else 1
            if pooled_t(y[parts[side]], t[parts[side]])[1] <= np.log(gamma) + parent_p:
                child = (*rules, (name, "<=" if side == 0 else ">", cut))
                found.add((frozenset(child), round(adjusted, 9)))
                if len(child) < depth:
                    search(parts[side], child)

    search(np.arange(len(y)), ())
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("gamma", [1.0, 0.3])
def test_one_trial_and_the_differential_criterion_are_classic_sides(seed: int, gamma: float) -> None:
    d = Data(trials=1, size=240, seed=seed)
    covariates = {"age": d.age, "pain": d.pain, "sex": d.sex, "grade": d.grade.astype(float)}
    expected = classic_sides(d.outcome, d.treatment, covariates, 3, 2, gamma)
    found = d.search(covariates, adjusters=None, criterion="differential", min_trials=1, depth=3, width=2, gamma=gamma)
    kept = set()
    for node in found.tree:
        for split in node.splits:
            if split.kept:
                rules = found.tree[split.child_node].rules
                kept.add((frozenset((r.moderator, r.kind, r.value) for r in rules), round(split.p_adjusted, 9)))
    assert kept == expected and (gamma < 1.0 or len(kept) > 0)
    assert {frozenset((r.moderator, r.kind, r.value) for r in subgroup.rules) for subgroup in found.subgroups} == {
        rules for rules, _ in expected
    }


def test_the_effects_of_a_subgroup_are_separate_fits() -> None:
    d = Data(seed=2, gain=1.5)
    found = d.search(depth=1)
    one = found.subgroups[0]
    low = d.age <= one.rules[0].value
    np.testing.assert_array_equal(one.members, low)
    np.testing.assert_array_equal(one.complement.members, ~low)
    np.testing.assert_array_equal(one.sibling.members, ~low)
    for group, rows in ((one.inside, low), (one.sibling, ~low), (found.overall, np.ones(len(low), bool))):
        fit = fit_one_step(d.outcome[rows], d.treatment[rows], d.trial[rows], adjusters=d.baseline[rows])
        assert group.effect == fit.effect and group.trials == fit.trials and group.status == fit.status
        assert (group.n, group.n_control) == (rows.sum(), np.sum(rows & (d.treatment == 0)))
    whole = fit_one_step(d.outcome, d.treatment, d.trial, adjusters=d.baseline, moderator=low.astype(float))
    assert whole.interaction is not None
    assert abs(one.difference.estimate - whole.interaction.estimate) < 1e-12
    # the split was scored on that very interaction
    np.testing.assert_allclose(one.split.log_p_raw, one.pooled.log_p, rtol=1e-9)
    assert one.difference == one.pooled != one.within


def test_within_and_pooled_information_differ_only_by_what_lies_between_trials() -> None:
    d = Data(seed=3)
    # the same age distribution in every trial: nothing lies between trials, and both read the same
    number = np.concatenate([np.arange(n) for n in np.bincount(d.trial)])
    d.age = 20.0 + number % 2 * 20.0
    keep = np.concatenate([np.arange(n) < n // 2 * 2 for n in np.bincount(d.trial)])
    for name in ("outcome", "treatment", "trial", "baseline", "age"):
        setattr(d, name, getattr(d, name)[keep])
    pooled, within = (d.search({"age": d.age}, information=i, depth=1) for i in ("pooled", "within"))
    # the variance between trials is that of another combination, so that the last digits may differ
    np.testing.assert_allclose(pooled.candidates.estimate, within.candidates.estimate, rtol=1e-6)
    # an effect that follows the trial's share of S, and nothing else, is information between trials
    rng = np.random.default_rng(1)
    d = Data(seed=3, trials=8, tau=0.0, gain=0.0)
    share = np.linspace(0.1, 0.9, 8)[d.trial]
    d.sex = (rng.random(len(share)) < share).astype(float)
    d.outcome = d.outcome + 3.0 * d.treatment * share
    a, b = (
        d.search({"sex": 1.0 - d.sex}, information=i, treatment_effect="common").candidates
        for i in ("pooled", "within")
    )
    assert a.statistic[0] > 4.0 and abs(b.statistic[0]) < 2.0


# --- grids and admissible splits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [3, 4, 5, 6])
def test_nominal_levels_are_parted_in_all_ways(k: int) -> None:
    d = Data(trials=3, size=300, seed=k)
    job = np.random.default_rng(k).integers(0, k, len(d.trial))
    d.outcome = d.outcome + 2.0 * d.treatment * np.isin(job, [0, 2])
    names = tuple(f"level {i}" for i in range(k))
    found = d.search({"job": Levels(job, names, False)}, depth=1)
    ways = found.candidates.level_set
    assert len(ways) == 2 ** (k - 1) - 1
    # no set twice, nor a set and its complement
    assert len({min(int(way), 2**k - 1 - int(way)) for way in ways}) == len(ways)
    split = found.tree[0].splits[0]
    np.testing.assert_allclose(split.effective, effective_splits(len(ways), k, True, "sidak-modified"))
    rule = found.subgroups[0].rules[0]
    assert rule.kind == "in" and set(rule.levels) == {"level 0", "level 2"}
    np.testing.assert_array_equal(found.subgroups[0].members, np.isin(job, [0, 2]))


def test_ordered_levels_with_ties_are_cut_in_order() -> None:
    d = Data(seed=4)
    d.outcome = d.outcome + 2.0 * d.treatment * (d.grade > 2)
    found = d.search({"grade": d.moderators["grade"]}, depth=1)
    np.testing.assert_array_equal(found.candidates.cut, [0.0, 1.0, 2.0, 3.0])
    assert found.subgroups[0].rules == (Rule("grade", ">", 2.0, ("IV", "V")),)
    # the same as numbers
    same = d.search({"grade": d.grade.astype(float)}, depth=1)
    np.testing.assert_array_equal(found.candidates.log_p, same.candidates.log_p)


def test_admissible_cuts_are_those_of_a_plain_count() -> None:
    d = Data(trials=4, size=60)
    d.treatment[(d.trial == 2) & (d.age > 45)] = 0.0
    limits = {"min_size": 40, "min_arm": 14, "min_trials": 4}
    found = d.search({"age": d.age}, depth=1, **limits)
    expected = []
    for cut in np.unique(d.age)[:-1]:
        parts = [d.age <= cut, d.age > cut]
        arms = [np.sum(part & (d.treatment == arm)) for part in parts for arm in (0, 1)]
        both = [sum(len(set(d.treatment[part & (d.trial == i)])) == 2 for i in range(4)) for part in parts]
        if min(part.sum() for part in parts) >= 40 and min(arms) >= 14 and min(both) >= 4:
            expected.append(cut)
    assert 0 < len(expected) < len(np.unique(d.age)) - 1
    np.testing.assert_array_equal(found.candidates.cut, expected)
    assert found.tree[0].splits[0].splits == len(expected)
    low = found.tree[0].splits[0].low
    best = d.age <= low.rule.value
    assert (low.n_control, low.n_intervention) == tuple(np.sum(best & (d.treatment == arm)) for arm in (0, 1))


def test_many_values_are_cut_at_observed_quantiles() -> None:
    d = Data(seed=6)
    z = np.random.default_rng(0).normal(size=len(d.age))
    found = d.search({"z": z}, depth=1, max_cuts=20, min_size=1, min_arm=1)
    wanted = np.quantile(z, np.arange(1, 21) / 21.0, method="inverted_cdf")
    np.testing.assert_array_equal(found.candidates.cut, wanted)
    assert len(d.search({"z": z}, depth=1, max_cuts=10_000, min_size=1).candidates.cut) > 300


def test_the_smallest_side_is_by_default_five_per_cent_or_fifty() -> None:
    d = Data(trials=4, size=500)
    assert partition(d.outcome, d.treatment, d.trial, {"age": d.age}).settings["min_size"] == int(
        np.ceil(0.05 * len(d.age))
    )
    d = Data(trials=2, size=100)
    assert partition(d.outcome, d.treatment, d.trial, {"age": d.age}).settings["min_size"] == 50


# --- the tree ---------------------------------------------------------------------------------------------------------


def test_p_of_a_node_by_the_formula() -> None:
    d = Data(seed=7)
    for multiplicity in ("sidak-modified", "sidak", "none"):
        for across in ("sidak", "none"):
            root = d.search(multiplicity=multiplicity, across=across, depth=1).tree[0]
            assert root.multiplicity == 5
            for split in root.splits:
                raw = np.exp(split.tried.log_p.min())
                m = effective_splits(split.splits, 4, split.moderator == "job", multiplicity)
                adjusted = 1.0 - (1.0 - raw) ** m
                # 1 - (1 - p) loses digits where p is small; here it is not below 1e-12
                np.testing.assert_allclose(split.p_adjusted, adjusted, rtol=1e-4, atol=1e-14)
                node = 1.0 - (1.0 - split.p_adjusted) ** 5 if across == "sidak" else split.p_adjusted
                np.testing.assert_allclose(split.p_node, node, rtol=1e-4, atol=1e-14)


def test_two_orders_are_one_subgroup() -> None:
    d = Data(trials=4, size=400, seed=8, gain=0.0)
    d.outcome = d.outcome + 1.5 * d.treatment * (d.sex == 1.0) + 1.5 * d.treatment * (d.grade <= 1)
    found = d.search({"sex": d.sex, "grade": d.grade.astype(float)})
    both = [node for node in found.tree if node.level == 2]
    assert len(both) == 2 and {node.rules[0].moderator for node in both} == {"sex", "grade"}
    assert [len(subgroup.rules) for subgroup in found.subgroups] == [1, 1, 2]
    # rules stand in the order of the moderators, whichever was found first
    assert [rule.moderator for rule in found.subgroups[2].rules] == ["sex", "grade"]
    np.testing.assert_array_equal(found.subgroups[2].members, (d.sex == 1.0) & (d.grade <= 1))


def test_the_sibling_of_a_second_split_is_in_the_same_parent() -> None:
    d = Data(trials=4, size=400, seed=8, gain=0.0)
    d.outcome = d.outcome + 1.5 * d.treatment * (d.sex == 1.0) + 1.5 * d.treatment * (d.grade <= 1)
    one = d.search({"sex": d.sex, "grade": d.grade.astype(float)}).subgroups[2]
    assert one.sibling.n + one.inside.n == np.sum(d.sex == 1.0) or one.sibling.n + one.inside.n == np.sum(d.grade <= 1)
    assert len(one.sibling.rules) == 2
    assert one.complement.n + one.inside.n == len(d.sex)


def test_no_subgroup_is_a_result_with_the_search_in_it() -> None:
    d = Data(seed=9, gain=0.0)
    found = d.search(alpha=1e-9)
    assert found.subgroups == () and len(found.tree) == 1
    assert len(found.candidates.log_p) > 50
    reasons = [split.reason for split in found.tree[0].splits]
    assert all(reasons) and any("above alpha" in reason for reason in reasons)
    assert sum("not among the 3" in reason for reason in reasons) == 2
    assert 0.0 > found.log_p == min(split.log_p_node for split in found.tree[0].splits)


def test_ties_go_to_the_first_moderator_and_the_smaller_cut() -> None:
    d = Data(seed=10)
    found = d.search({"twin": d.age, "age": d.age}, depth=1, width=1)
    assert found.tree[0].splits[0].moderator == "twin"
    assert found.tree[0].splits[0].log_p_raw == found.tree[0].splits[1].log_p_raw
    # p alike: the larger |z|; both alike: the smaller cut
    same = np.full(4, -8.0)
    assert first(same, np.array([2.0, 3.0, -5.0, 1.0]), np.arange(4)) == 2
    assert first(same, np.array([2.0, -5.0, 5.0, 1.0]), np.array([0, 9, 4, 5])) == 2
    assert first(np.array([-8.0, -8.0, -8.1, -8.0]), np.array([9.0, 9.0, 1.0, 9.0]), np.arange(4)) == 2
    # two cuts that part the outcome alike: the data are the same seen from both ends
    n = 200
    x = np.repeat([0.0, 1.0, 2.0, 3.0], n)
    t = np.tile([0.0, 1.0], 2 * n)
    y = np.where((x == 0.0) | (x == 3.0), 1.0, 0.0) * t + np.tile([0.1, 0.2, -0.1, -0.2], n)
    found = partition(y, t, np.ones(4 * n), {"x": x}, min_trials=1, depth=1)
    c = found.candidates
    np.testing.assert_allclose(c.log_p[0], c.log_p[2], rtol=1e-9)
    assert found.tree[0].splits[0].low.rule.value == c.cut[first(c.log_p, c.statistic, np.arange(3))]


def test_p_values_beyond_floats_neither_vanish_nor_tie() -> None:
    rng = np.random.default_rng(0)
    n = 6000
    z = np.round(rng.normal(size=n), 1)
    weaker = np.where(rng.random(n) < 0.1, rng.normal(size=n), z)
    t = (np.arange(n) % 2).astype(float)
    y = 40.0 * t * (z <= 0.0) + rng.normal(size=n)
    found = partition(y, t, np.arange(n) // 2 % 4, {"weaker": weaker, "z": z}, treatment_effect="common", depth=1)
    first, second = found.tree[0].splits
    assert first.moderator == "z" and first.low.rule.value == 0.0
    assert first.log_p_node < second.log_p_node < -600.0 and np.isfinite(first.log_p_node)
    # the adjustment is a factor on p, also out there
    np.testing.assert_allclose(first.log_p_adjusted - first.log_p_raw, np.log(first.effective), rtol=1e-9)
    assert len(set(first.tried.log_p)) == len(first.tried.log_p)


def test_a_search_is_prepared_once_and_run_for_any_outcome() -> None:
    d = Data(seed=11)
    moderators = d.moderators | {"pain": with_gaps(d.pain, 0.2)}
    outcome = d.outcome.copy()
    outcome[5] = np.nan
    first = d.search(moderators, outcome=outcome)
    given = dict(first.settings)
    search = prepare(d.treatment, d.trial, moderators, ~np.isnan(outcome), adjusters=d.baseline, **given)
    for sign in (1.0, -1.0, 1.0):  # a run leaves nothing behind
        tree = search.run(sign * outcome)
        whole = d.search(moderators, outcome=sign * outcome)
        assert [node.rules for node in tree] == [node.rules for node in whole.tree]
        assert [s.log_p_node for node in tree for s in node.splits] == [
            s.log_p_node for node in whole.tree for s in node.splits
        ]


# --- missing values and odd covariates --------------------------------------------------------------------------------


def test_people_without_a_value_belong_to_neither_side() -> None:
    d = Data(seed=12, gain=1.5)
    age = with_gaps(d.age, 0.3)
    found = d.search({"age": age, "pain": d.pain}, depth=1)
    one = found.subgroups[0]
    assert one.rules[0].moderator == "age"
    assert not np.any(one.members & np.isnan(age)) and not np.any(one.sibling.members & np.isnan(age))
    assert np.all(one.complement.members[np.isnan(age)])
    assert found.missing[0].participants == np.isnan(age).sum() and found.missing[0].trials == 0
    # as if they had never been there, where only the age is asked for
    has = ~np.isnan(age)
    alone = partition(
        d.outcome[has], d.treatment[has], d.trial[has], {"age": age[has]}, adjusters=d.baseline[has], depth=1, **LOOSE
    )
    assert alone.subgroups[0].rules == one.rules
    # sums are shifted by other first rows
    np.testing.assert_allclose(alone.tree[0].splits[0].log_p_raw, one.split.log_p_raw, rtol=1e-9)


def test_a_moderator_that_whole_trials_lack() -> None:
    d = Data(trials=5, seed=13, gain=1.5)
    age = np.where(d.trial >= 3, np.nan, d.age)
    found = d.search({"age": age, "pain": d.pain}, depth=1)
    assert found.missing[0].trials == 2 and found.missing[0].participants == np.sum(d.trial >= 3)
    assert found.subgroups[0].rules[0].moderator == "age" and found.subgroups[0].inside.trials == 3
    only = np.where(d.trial == 0, d.age, np.nan)
    found = d.search({"age": only, "pain": d.pain}, depth=1)  # one trial is too few for min_trials
    assert "age" in found.tree[0].untried


def test_all_binary_constant_and_empty_covariates() -> None:
    d = Data(seed=14)
    rng = np.random.default_rng(0)
    binary = {f"b{k}": rng.integers(0, 2, len(d.age)).astype(float) for k in range(5)}
    found = d.search(binary, depth=2, alpha=1.0)
    assert all(split.splits == 1 and split.effective == 1.0 for node in found.tree for split in node.splits)
    assert found.subgroups
    odd = {"constant": np.ones(len(d.age)), "nobody": np.full(len(d.age), np.nan)}
    none = d.search(odd)
    assert none.subgroups == () and set(none.tree[0].untried) == set(odd) and none.log_p == 0.0
    assert d.search({"age": d.age}).tree[0].multiplicity == 1


def test_trials_without_both_arms_leave_nothing_to_search() -> None:
    d = Data(size=40)
    found = d.search(treatment=np.ones(len(d.age)))
    assert found.subgroups == found.tree == () and found.log_p == 0.0 and len(found.candidates.log_p) == 0
    assert found.overall.status == "not estimable" and not found.overall.members.any()
    assert sum(item.participants for item in found.excluded) == len(d.age)
    one_arm = np.where(d.trial == 2, 1.0, d.treatment)
    found = d.search(treatment=one_arm, min_size=20)
    np.testing.assert_array_equal(found.overall.members, d.trial != 2)
    assert [item.trial for item in found.excluded] == [2]


def test_a_moderator_that_is_also_an_adjuster() -> None:
    d = Data(seed=15)
    found = d.search({"sex": d.sex}, adjusters=np.column_stack([d.baseline, d.sex]), depth=1)
    fit = fit_one_step(
        d.outcome, d.treatment, d.trial, adjusters=np.column_stack([d.baseline, d.sex]), moderator=1.0 - d.sex
    )
    assert fit.interaction is not None
    np.testing.assert_allclose(found.candidates.log_p[0], fit.interaction.log_p, rtol=1e-9)


def test_fifty_covariates() -> None:
    d = Data(seed=16)
    rng = np.random.default_rng(0)
    noise = {f"x{k}": np.round(rng.normal(size=len(d.age)), 1) for k in range(49)}
    found = d.search(noise | {"age": d.age}, depth=2)
    assert found.tree[0].multiplicity == 50
    assert found.tree[0].splits[0].moderator == "age"


# --- what must not matter ---------------------------------------------------------------------------------------------


def fingerprint(found: Partition) -> list[Any]:
    return [[(r.moderator, r.kind, r.value, r.levels) for r in subgroup.rules] for subgroup in found.subgroups]


@pytest.mark.parametrize("criterion", ["interaction", "directional"])
def test_order_of_rows_and_names_of_trials(criterion: str) -> None:
    d = Data(seed=17, gain=1.5)
    moderators = d.moderators | {"pain": with_gaps(d.pain, 0.3)}
    found = d.search(moderators, criterion=criterion)
    order = np.random.default_rng(1).permutation(len(d.age))
    shuffled = {
        name: Levels(v.codes[order], v.levels, v.ordered) if isinstance(v, Levels) else v[order]
        for name, v in moderators.items()
    }
    again = d.search(
        shuffled,
        outcome=d.outcome[order],
        treatment=d.treatment[order],
        trial=np.array(["d", "a", "c", "b"])[d.trial[order]],
        adjusters=d.baseline[order],
        criterion=criterion,
    )
    assert found.subgroups and fingerprint(found) == fingerprint(again)
    np.testing.assert_array_equal(found.subgroups[0].members[order], again.subgroups[0].members)
    # sums are taken in another order; a p near 1 has a logarithm near 0
    np.testing.assert_allclose(found.candidates.log_p, again.candidates.log_p, rtol=1e-8, atol=1e-9)


def test_swapped_arms_mirror() -> None:
    d = Data(seed=18, gain=1.5)
    found = d.search(depth=1)
    mirrored = d.search(depth=1, treatment=1.0 - d.treatment)
    a, b = found.subgroups[0], mirrored.subgroups[0]
    np.testing.assert_array_equal(a.members, b.sibling.members)
    np.testing.assert_allclose(a.effect.estimate, -b.sibling.effect.estimate, rtol=1e-9)
    np.testing.assert_allclose(found.candidates.estimate, -mirrored.candidates.estimate, rtol=1e-7, atol=1e-9)
    # S (1 - t) and S t span the same columns, and tau2 is that of the same treatment effect
    np.testing.assert_allclose(found.candidates.log_p, mirrored.candidates.log_p, rtol=1e-7, atol=1e-9)


def test_scale_of_the_outcome_and_of_a_moderator() -> None:
    d = Data(seed=19, gain=1.5)
    found = d.search(depth=2)
    scaled = d.search(d.moderators | {"age": np.exp(d.age / 10.0)}, depth=2, outcome=100.0 + 7.0 * d.outcome)
    assert [[r.moderator for r in subgroup.rules] for subgroup in found.subgroups] == [
        [r.moderator for r in subgroup.rules] for subgroup in scaled.subgroups
    ]
    np.testing.assert_allclose(scaled.candidates.estimate, 7.0 * found.candidates.estimate, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(scaled.candidates.log_p, found.candidates.log_p, rtol=1e-7, atol=1e-9)


# --- parameters -------------------------------------------------------------------------------------------------------


def test_all_wrong_parameters_are_named_at_once() -> None:
    d = Data(size=40)
    with pytest.raises(ValueError) as error:
        d.search(
            {"age": d.age[:-1], "job": Levels(np.arange(len(d.job)) % 12, tuple("abcdefghijkl"), False)},
            criterion="best",
            alpha=0.0,
            gamma=(1.0,),
            depth=2,
            width=0,
            min_arm=1.5,
            treatment_effect="mixed",
            information="within",
        )
    text = str(error.value)
    for part in (
        "criterion='best'",
        "alpha=0.0",
        "gamma has 1",
        "width=0",
        "min_arm=1.5",
        "'age'",
        "12 unordered levels",
        "treatment_effect='mixed'",
        "information='within'",
    ):
        assert part in text, part
    with pytest.raises(ValueError, match="moderators is empty"):
        d.search({})
    with pytest.raises(ValueError, match="'job' is no array of numbers; give categories as Levels"):
        d.search({"job": np.array(["office", "field"] * len(d.age))[: len(d.age)]})
    with pytest.raises(ValueError, match="at most 62"):
        d.search({"job": Levels(np.zeros(len(d.age), int), tuple(map(str, range(70))), True)})
    with pytest.raises(ValueError, match="infinite in row 0"):
        d.search({"age": np.where(np.arange(len(d.age)) == 0, np.inf, d.age)})


def test_gamma_has_one_value_a_level() -> None:
    d = Data(seed=20, gain=1.5)
    options = {"criterion": "differential", "depth": 2}
    all_kept = d.search(gamma=None, **options)
    none_below = d.search(gamma=(1.0, 1e-300), **options)
    assert max(len(subgroup.rules) for subgroup in all_kept.subgroups) == 2
    assert none_below.subgroups and max(len(subgroup.rules) for subgroup in none_below.subgroups) == 1
    assert all("one-sided p" in s.reason for s in none_below.tree[1].splits[:3])

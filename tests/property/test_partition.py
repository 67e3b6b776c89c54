"""What holds of every tree that recursive partitioning grows, whatever the data and the parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.stats import Group, Levels, partition
from tests.examples import examples

short = settings(max_examples=examples(30), deadline=None, derandomize=True)


def data(seed: int, trials: int, size: int, missing: float) -> dict[str, Any]:
    """Small trials, some of which lack moderators; outcomes with an effect that differs by two of them."""
    rng = np.random.default_rng(seed)
    trial = rng.integers(0, trials, trials * size)
    n = len(trial)
    treatment = (rng.random(n) < rng.uniform(0.2, 0.8)).astype(float)
    age, job, grade = rng.integers(20, 40, n).astype(float), rng.integers(0, 4, n), rng.integers(0, 5, n)
    age[rng.random(n) < missing] = np.nan
    age[trial == rng.integers(0, 2 * trials)] = np.nan
    job[rng.random(n) < missing] = -1
    outcome = trial + treatment * ((np.nan_to_num(age, nan=30.0) < 28) + (job == 2)) + rng.normal(size=n)
    outcome[rng.random(n) < 0.5 * missing] = np.nan
    moderators = {
        "age": age,
        "job": Levels(job, ("a", "b", "c", "d"), False),
        "grade": Levels(grade, ("I", "II", "III", "IV", "V"), True),
        "coin": rng.integers(0, 2, n).astype(float),
    }
    return {"outcome": outcome, "treatment": treatment, "trial": trial, "moderators": moderators}


given_data = st.builds(
    data,
    seed=st.integers(0, 10_000),
    trials=st.integers(1, 5),
    size=st.integers(20, 80),
    missing=st.sampled_from([0.0, 0.1, 0.4]),
)
parameters = st.fixed_dictionaries(
    {
        "criterion": st.sampled_from(["interaction", "differential", "maximum", "directional"]),
        "multiplicity": st.sampled_from(["sidak-modified", "sidak", "none"]),
        "alpha": st.sampled_from([0.05, 0.5, 1.0]),
        "gamma": st.sampled_from([None, 1.0, 0.5]),
        "depth": st.integers(1, 3),
        "width": st.integers(1, 4),
        "min_size": st.integers(5, 30),
        "min_arm": st.integers(2, 6),
        "min_trials": st.integers(0, 3),
        "max_cuts": st.sampled_from([1, 7, 100]),
        "treatment_effect": st.sampled_from(["random", "common"]),
    }
)


def counted(d: dict[str, Any], rows: np.ndarray) -> tuple[int, int, int]:
    """Control, intervention and trials with both arms among some people, in trials with both arms among them."""
    t, trial = d["treatment"][rows], d["trial"][rows]
    both = [i for i in np.unique(trial) if len(set(t[trial == i])) == 2]
    kept = np.isin(trial, both)
    return int(np.sum(kept & (t == 0))), int(np.sum(kept & (t == 1))), len(both)


def agrees(group: Group, d: dict[str, Any]) -> None:
    assert (group.n_control, group.n_intervention, group.trials) == counted(d, np.flatnonzero(group.members))


@short
@given(given_data, parameters)
def test_every_tree_keeps_its_rules(d: dict[str, Any], options: dict[str, Any]) -> None:
    found = partition(**d, **options)
    at_root = found.overall.members
    assert not np.any(at_root & np.isnan(d["outcome"]))
    for node in found.tree:
        inside = at_root.copy()
        for rule in node.rules:
            inside &= rule.covers(d["moderators"][rule.moderator])
        # a rule means the same to whoever applies it as to the search
        np.testing.assert_array_equal(np.flatnonzero(inside), node.rows)
        assert len({rule.moderator for rule in node.rules}) == len(node.rules) == node.level <= options["depth"]
        assert node.multiplicity == len(node.splits)
        p = [split.log_p_adjusted for split in node.splits]
        assert p == sorted(p)
        for order, split in enumerate(node.splits):
            assert split.log_p_raw <= split.log_p_adjusted + 1e-12 <= split.log_p_node + 2e-12 <= 3e-12
            assert split.log_p_raw == split.tried.log_p.min() and len(split.tried.log_p) == split.splits
            assert split.kept == (split.child_node > 0) == (split.reason == "")
            if order >= options["width"]:
                assert not split.kept
            elif options["criterion"] == "interaction":
                assert split.kept == (split.log_p_node <= np.log(options["alpha"]))
            for side in (split.low, split.high):
                assert side.n >= options["min_size"] and side.trials >= options["min_trials"]
                assert min(side.n_control, side.n_intervention) >= options["min_arm"]
    assert len(found.candidates.log_p) == sum(split.splits for node in found.tree for split in node.splits)


@short
@given(given_data, parameters)
def test_a_subgroup_its_sibling_and_its_complement(d: dict[str, Any], options: dict[str, Any]) -> None:
    found = partition(**d, **options)
    at_root = found.overall.members
    for subgroup in found.subgroups:
        inside, sibling, outside = subgroup.members, subgroup.sibling.members, subgroup.complement.members
        assert not np.any(inside & sibling) and not np.any(inside & outside)
        np.testing.assert_array_equal(inside | outside, at_root)
        parent = np.zeros(len(inside), bool)
        parent[found.tree[subgroup.parent].rows] = True
        has = subgroup.split.low.rule.covers(d["moderators"][subgroup.split.moderator])
        has |= subgroup.split.high.rule.covers(d["moderators"][subgroup.split.moderator])
        np.testing.assert_array_equal(inside | sibling, parent & has)
        for group in (subgroup.inside, subgroup.sibling, subgroup.complement):
            agrees(group, d)
    # the same people are one subgroup
    assert len({item.members.tobytes() for item in found.subgroups}) == len(found.subgroups)
    kept = {split.child_node for node in found.tree for split in node.splits if split.kept}
    assert {found.tree[k].rows.tobytes() for k in kept} == {
        np.flatnonzero(item.members).tobytes() for item in found.subgroups
    }


@short
@given(given_data, parameters, st.integers(0, 1000))
def test_the_order_of_the_people_does_not_matter(d: dict[str, Any], options: dict[str, Any], seed: int) -> None:
    found = partition(**d, **options)
    order = np.random.default_rng(seed).permutation(len(d["trial"]))
    moderators = {
        name: Levels(v.codes[order], v.levels, v.ordered) if isinstance(v, Levels) else v[order]
        for name, v in d["moderators"].items()
    }
    names = np.array([f"trial {chr(ord('z') - i)}" for i in range(5)])
    again = partition(d["outcome"][order], d["treatment"][order], names[d["trial"][order]], moderators, **options)
    assert [subgroup.rules for subgroup in found.subgroups] == [subgroup.rules for subgroup in again.subgroups]
    # sums are taken in another order, and tau2 is found within 1e-9 of its size
    np.testing.assert_allclose(found.candidates.log_p, again.candidates.log_p, rtol=1e-6, atol=1e-7)

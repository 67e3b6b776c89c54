"""Searches with slopes per trial: each cut is the separate fit; both readings of a split; moderators sorted out before."""

from collections.abc import Iterator

import numpy as np
import pytest

from reportgen.stats import Levels, Partition, partition, peel
from reportgen.stats.crossproducts import columns
from reportgen.stats.design import Options
from reportgen.stats.effective_cuts import log_sidak
from reportgen.stats.one_step import OneStepFit, fit_columns
from reportgen.stats.split_readings import split_readings

from .test_prepared_screening import people_of, trials

CASES = {
    "all have own slopes": ((60, 90, 45, 40, 120), 2),
    "some share": ((60, 90, 24, 20, 120), 2),
    "all share": ((28, 24, 20), 2),
    "no adjuster": ((60, 90, 24, 9, 120), 0),
}


def searched(d: dict, adjusters: int, **options: object) -> Partition:
    given = people_of(d) | {"adjusters": d["adjusters"][:, :adjusters] if adjusters else None}
    moderators = {"z": d["z"].round(1), "g": Levels(d["g"], ("a", "b", "c", "d")), "x": d["adjusters"][:, 0].round(1)}
    return partition(
        moderators=moderators,
        adjuster_slopes="stratified",
        min_size=10,
        min_arm=3,
        depth=1,
        max_cuts=25,
        **given,
        **options,
    )


def separate(d: dict, adjusters: int, s: np.ndarray, information: str, effect: str) -> OneStepFit:
    if information == "within":
        s = s - np.array([s[d["trial"] == k].mean() for k in range(d["trial"].max() + 1)])[d["trial"]]
    options = Options(
        treatment_effect=effect,
        adjuster_slopes="stratified",
        moderator_slopes="stratified",
        own_from=10 * (adjusters + 1),
    )
    x = d["adjusters"][:, :adjusters] if adjusters else None
    return fit_columns(columns(d["outcome"], d["treatment"], d["trial"], x, s), options)


def candidates(d: dict, found: Partition) -> Iterator[tuple[np.ndarray, float, float, float]]:
    for split in found.tree[0].splits:
        tried = split.tried
        for k in range(len(tried.log_p)):
            if split.moderator == "g":
                s = np.isin(d["g"], [code for code in range(4) if int(tried.level_set[k]) >> code & 1])
            else:
                s = (d["z"] if split.moderator == "z" else d["adjusters"][:, 0]).round(1) <= tried.cut[k]
            yield s.astype(float), tried.estimate[k], tried.std_error[k], tried.df[k]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("information", ["pooled", "within"])
@pytest.mark.parametrize("effect", ["random", "common"])
def test_each_cut_is_the_separate_fit(case: str, information: str, effect: str) -> None:
    sizes, adjusters = CASES[case]
    d = trials(4, sizes)
    found = searched(d, adjusters, information=information, treatment_effect=effect)
    compared = 0
    for s, estimate, error, df in candidates(d, found):
        one = separate(d, adjusters, s, information, effect).interaction
        assert estimate == pytest.approx(one.estimate, abs=1e-8 * one.std_error)
        assert error == pytest.approx(one.std_error, rel=1e-8)
        assert df == pytest.approx(one.df, rel=1e-6)
        compared += 1
    assert compared > 30


def test_slopes_make_a_difference() -> None:
    d = trials(4)
    own = searched(d, 2).tree[0].splits[0]
    given = people_of(d)
    common = partition(moderators={"z": d["z"].round(1)}, min_size=10, min_arm=3, depth=1, max_cuts=25, **given)
    assert own.std_error != common.tree[0].splits[0].std_error


def test_slopes_are_for_the_interaction() -> None:
    d = trials(4)
    with pytest.raises(ValueError, match="goes with criterion='interaction' only"):
        searched(d, 2, criterion="differential")


def test_children_are_searched_likewise() -> None:
    d = trials(4, (200, 150, 260))
    d["outcome"] = d["outcome"] + 3.0 * d["treatment"] * ((d["z"] > 0) + (d["adjusters"][:, 0] > 0))
    found = partition(
        moderators={"z": d["z"].round(1), "x": d["adjusters"][:, 0].round(1)},
        adjuster_slopes="stratified",
        min_size=20,
        **people_of(d),
    )
    assert len(found.tree) > 2
    assert len(found.subgroups) >= 2


def test_moderators_sorted_out_before_count() -> None:
    d = trials(4)
    few, many = searched(d, 2), searched(d, 2, across_extra=8)
    for a, b in zip(few.tree[0].splits, many.tree[0].splits, strict=True):
        assert a.log_p_adjusted == b.log_p_adjusted
        assert b.log_p_node == pytest.approx(float(log_sidak(a.log_p_adjusted, 11.0)))
    assert (
        searched(d, 2, across_extra=8, across="none").tree[0].splits[0].log_p_node
        == few.tree[0].splits[0].log_p_adjusted
    )
    with pytest.raises(ValueError, match="across_extra=-1 must be a whole number"):
        searched(d, 2, across_extra=-1)


@pytest.mark.parametrize("information", ["pooled", "within"])
def test_the_reading_in_these_trials_is_the_split_of_the_search(information: str) -> None:
    d = trials(4)
    split = searched(d, 2, information=information).tree[0].splits[0]
    low = d["z"].round(1) if split.moderator == "z" else d["adjusters"][:, 0].round(1)
    assert split.moderator != "g"
    these, new = split_readings(
        inside=low <= split.low.rule.value, information=information, adjuster_slopes="stratified", **people_of(d)
    )
    assert these.each[0].estimate == pytest.approx(split.estimate, rel=1e-7)
    assert these.p_value == pytest.approx(np.exp(split.tried.log_p.min()), rel=1e-6)
    assert these.interaction_tau2 == 0.0
    assert new.estimated
    assert new.each[0].df_raw != these.each[0].df_raw


@pytest.mark.parametrize("information", ["pooled", "within"])
@pytest.mark.parametrize("case", ["all have own slopes", "some share", "no adjuster"])
def test_each_box_is_the_separate_fit(case: str, information: str) -> None:
    sizes, adjusters = CASES[case]
    d = trials(4, sizes)
    given = people_of(d) | {"adjusters": d["adjusters"][:, :adjusters] if adjusters else None}
    moderators = {"z": d["z"].round(1), "x": d["adjusters"][:, 1].round(1)}
    found = peel(
        moderators=moderators, adjuster_slopes="stratified", information=information, min_arm=5, bin_width=0.1, **given
    )
    compared = 0
    for box in found.boxes:
        if box.difference is None:
            continue
        one = separate(d, adjusters, box.members.astype(float), information, "random").interaction
        assert box.difference.estimate == pytest.approx(one.estimate, abs=1e-8 * one.std_error)
        assert box.difference.std_error == pytest.approx(one.std_error, rel=1e-8)
        assert box.difference.df_raw == pytest.approx(one.df_raw, rel=1e-6)
        assert box.z == pytest.approx(one.estimate / one.std_error, rel=1e-7)
        compared += 1
    assert compared >= 3


def test_directions_come_from_slopes_per_trial() -> None:
    d = trials(4)
    found = peel(moderators={"z": d["z"]}, adjuster_slopes="stratified", bin_width=0.2, **people_of(d))
    z = d["z"] - np.array([d["z"][d["trial"] == k].mean() for k in range(5)])[d["trial"]]
    one = separate(d, 2, z, "pooled", "random").interaction
    assert found.directions[0].interaction.estimate == pytest.approx(one.estimate, rel=1e-9)

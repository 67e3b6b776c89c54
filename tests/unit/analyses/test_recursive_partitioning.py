"""From a study with a planted subgroup to its record: the right rule, the right people, the right effects, stable ids."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reportgen.analyses import make_records, recursive_partitioning
from reportgen.analyses.moderator_values import Moderator
from reportgen.analyses.partition_profiles import cut_decimals
from reportgen.analyses.recursive_partitioning import too_many_levels
from reportgen.pipeline import exit_code_of, read
from reportgen.records.numbers import numbers_in, plain
from reportgen.records.partition import PartitionedOutcome, RecursivePartitioning
from reportgen.records.series import series_of
from reportgen.stats import fit_one_step
from reportgen.stats.choices import AdjusterSlopes
from tests.analysed import people_of, searched
from tests.planted_study import AGE, write_planted
from tests.unit.analyses.test_search_people import selection as selection_of_sixty


def record(folder: Path, **node: Any) -> RecursivePartitioning:
    spec, repository = read(write_planted(folder, **node))
    made = make_records(spec, repository, profile="draft").analyses["rp"]
    assert isinstance(made, RecursivePartitioning)
    return made


def only(folder: Path, **node: Any) -> PartitionedOutcome:
    (search,) = record(folder, **node).results
    return search


PUBLISHED = {"information": "pooled", "adjuster_slopes": "common"}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> PartitionedOutcome:
    """The search as it was published: with all information, and one slope for all trials."""
    return only(tmp_path_factory.mktemp("planted"), **PUBLISHED)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> PartitionedOutcome:
    """The search with what is taken where the study file does not say: within trials, with trial-specific slopes."""
    return only(tmp_path_factory.mktemp("sound"))


def test_the_planted_subgroup_is_found_first(planted: PartitionedOutcome) -> None:
    first = planted.subgroups[0]
    condition = first.inside.rule[0]
    assert (condition.moderator, condition.sign) == ("age", "≤")
    assert condition.cut is not None and condition.cut.value is not None
    assert abs(condition.cut.value - AGE) <= 3
    assert plain(first.inside.words) == f"Age ≤\u00a0{condition.cut.text} years"
    assert plain(first.sibling.words) == f"Age >\u00a0{condition.cut.text} years"
    assert first.split.kept
    assert first.level == 1


@pytest.mark.parametrize(("search", "slopes"), [("planted", "common"), ("sound", "stratified")])
def test_effects_are_those_of_separate_fits(
    search: str, slopes: AdjusterSlopes, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    planted = request.getfixturevalue(search)
    spec, repository = read(write_planted(tmp_path))
    node = spec.study.analyses["rp"]
    (selection,) = people_of(node, repository, spec.study)  # type: ignore[arg-type]
    age = repository.participants["age"].to_numpy(dtype=float)[selection.rows]
    group = planted.subgroups[0]
    cut = group.inside.rule[0].cut
    assert cut is not None
    inside = age <= cut.value
    for members, mask in ((group.inside, inside), (group.sibling, ~inside), (group.complement, ~inside)):
        for inference, limits in (("kenward-roger", members.estimate), ("normal", members.normal)):
            fit = fit_one_step(
                selection.response[mask],
                selection.treatment[mask],
                selection.trial[mask],
                adjusters=selection.adjusters[mask],
                inference=inference,
                adjuster_slopes=slopes,
            )
            assert members.estimate.effect.value == pytest.approx(float(fit.effect.estimate), rel=1e-9)
            assert (limits.low.value, limits.high.value) == pytest.approx(fit.effect.interval(0.95), rel=1e-9)
        assert members.n.value == mask.sum()
        assert members.n_intervention.value == selection.treatment[mask].sum()


def test_the_difference_is_the_interaction_in_the_divided_node(planted: PartitionedOutcome, tmp_path: Path) -> None:
    spec, repository = read(write_planted(tmp_path))
    (selection,) = people_of(spec.study.analyses["rp"], repository, spec.study)  # type: ignore[arg-type]
    age = repository.participants["age"].to_numpy(dtype=float)[selection.rows]
    group = planted.subgroups[0]
    cut = group.inside.rule[0].cut
    assert cut is not None
    inside = (age <= cut.value).astype(float)
    within = inside.copy()
    for trial in selection.trials:
        within[selection.trial == trial] -= inside[selection.trial == trial].mean()
    for moderator, p in ((inside, group.p_pooled), (within, group.p_within)):
        fit = fit_one_step(
            selection.response,
            selection.treatment,
            selection.trial,
            adjusters=selection.adjusters,
            moderator=moderator,
        )
        assert fit.interaction is not None
        # p values far below the absolute tolerance of approx
        assert p.value == pytest.approx(float(fit.interaction.p_value), rel=1e-6, abs=0.0)
        if moderator is inside:
            assert group.split.difference.effect.value == pytest.approx(float(fit.interaction.estimate), rel=1e-6)


def test_slopes_of_each_trial_are_columns_of_its_own(sound: PartitionedOutcome, tmp_path: Path) -> None:
    spec, repository = read(write_planted(tmp_path))
    (selection,) = people_of(spec.study.analyses["rp"], repository, spec.study)  # type: ignore[arg-type]
    age = repository.participants["age"].to_numpy(dtype=float)[selection.rows]
    group = sound.subgroups[0]
    cut = group.inside.rule[0].cut
    assert cut is not None
    inside, trials = (age <= cut.value).astype(float), [selection.trial == trial for trial in selection.trials]
    means = np.select(trials, [inside[here].mean() for here in trials])
    own = np.column_stack([here * column for here in trials for column in (selection.adjusters[:, 0], inside)])
    fit = fit_one_step(
        selection.response, selection.treatment, selection.trial, adjusters=own, moderator=inside - means
    )  # fmt: skip
    assert fit.interaction is not None
    assert group.split.difference.effect.value == pytest.approx(float(fit.interaction.estimate), rel=1e-9)
    assert group.p_within.value == pytest.approx(float(fit.interaction.p_value), rel=1e-6, abs=0.0)
    assert group.p_within.value == pytest.approx(group.split.p_raw.value, rel=1e-9, abs=0.0)


def test_the_p_in_new_trials_is_that_of_an_interaction_that_varies(tmp_path: Path) -> None:
    search = only(tmp_path / "s", adjuster_slopes="common")
    spec, repository = read(write_planted(tmp_path / "again"))
    (selection,) = people_of(spec.study.analyses["rp"], repository, spec.study)  # type: ignore[arg-type]
    age = repository.participants["age"].to_numpy(dtype=float)[selection.rows]
    group = search.subgroups[0]
    cut = group.inside.rule[0].cut
    assert cut is not None
    inside = (age <= cut.value).astype(float)
    for trial in selection.trials:
        inside[selection.trial == trial] -= inside[selection.trial == trial].mean()
    fit = fit_one_step(
        selection.response,
        selection.treatment,
        selection.trial,
        adjusters=selection.adjusters,
        moderator=inside,
        interaction_effect="random",
    )
    assert fit.interaction is not None
    assert group.p_new.value == pytest.approx(float(fit.interaction.p_value), rel=1e-6, abs=0.0)
    assert (group.p_new.value or 0.0) > (group.p_within.value or 0.0)


def test_sides_of_a_split_are_those_of_its_groups(planted: PartitionedOutcome) -> None:
    for group in planted.subgroups:
        assert plain(group.split.better.words) in {plain(condition.words) for condition in group.inside.rule}
        assert plain(group.split.other.words) in {plain(condition.words) for condition in group.sibling.rule}


def test_a_rejected_split_names_the_side_that_gains_more(planted: PartitionedOutcome, tmp_path: Path) -> None:
    spec, repository = read(write_planted(tmp_path))
    (selection,) = people_of(spec.study.analyses["rp"], repository, spec.study)  # type: ignore[arg-type]
    before = selection.adjusters[:, 0]
    (split,) = [s for s in planted.rejected if s.node == 0 and s.better.moderator == "baseline RMDQ"]
    cut = split.better.cut
    assert cut is not None
    better = before <= cut.value if split.better.sign == "≤" else before > cut.value
    fit = fit_one_step(
        selection.response,
        selection.treatment,
        selection.trial,
        adjusters=selection.adjusters,
        moderator=better.astype(float),
    )
    assert fit.interaction is not None
    assert split.difference.effect.value == pytest.approx(float(fit.interaction.estimate), rel=1e-6)
    assert split.p_raw.value == pytest.approx(float(fit.interaction.p_value), rel=1e-6)


def test_the_named_side_gains_more_than_the_other(planted: PartitionedOutcome) -> None:
    splits = [split for node in planted.tree for split in node.splits]
    assert {split.kept for split in splits} == {True, False}
    for split in splits:
        assert (split.difference.effect.value or 0.0) > 0
        assert split.better.moderator == split.other.moderator
        assert {split.better.sign, split.other.sign} in ({"≤", ">"}, {"levels"})


def test_ids_do_not_depend_on_the_cut(planted: PartitionedOutcome) -> None:
    ids = {number.id for number in numbers_in(planted)}
    start = "rp.overall.rmdq.short"
    name = "age-low"
    sides = ("", ".sibling", ".complement")
    wanted = (
        "n",
        "n-control",
        "trials",
        "effect",
        "ci-low",
        "ci-high",
        "effect.normal.ci-low",
        "effect.normal.ci-high",
    )
    for side in sides:
        assert {f"{start}.{name}{side}.{what}" for what in wanted} <= ids
    assert {f"{start}.{what}" for what in wanted} <= ids
    assert f"{start}.{name}.split.p-node" in ids


def test_no_id_stands_for_two_numbers(planted: PartitionedOutcome) -> None:
    seen: dict[str, tuple[str, float | None]] = {}
    for number in numbers_in(planted):
        assert seen.setdefault(number.id, (number.text, number.value)) == (number.text, number.value)


def test_p_is_adjusted_upwards(planted: PartitionedOutcome) -> None:
    for split in (*planted.rejected, *(group.split for group in planted.subgroups)):
        raw, cuts, node = (p.value for p in (split.p_raw, split.p_adjusted, split.p_node))
        assert raw is not None and cuts is not None and node is not None
        assert raw <= cuts <= node


def test_a_cut_is_kept_exactly_where_its_profile_reaches_the_line(planted: PartitionedOutcome) -> None:
    kept = [profile.kept for profile in planted.profiles]
    assert any(kept) and not all(kept)
    for profile in planted.profiles:
        assert profile.chosen is not None
        best = profile.minus_log10_p[profile.chosen]
        assert best == max(profile.minus_log10_p)
        assert (best >= profile.threshold) == profile.kept


def test_every_cut_is_in_the_series_or_counted(planted: PartitionedOutcome, tmp_path: Path) -> None:
    spec, repository = read(write_planted(tmp_path))
    columns = series_of(make_records(spec, repository, profile="draft"))["rp"]
    suppressed = sum(profile.suppressed for profile in planted.profiles)
    assert {len(values) for values in columns.values()} == {(planted.cuts.value or 0) - suppressed}
    assert sum(bool(kept) for kept in columns["kept"]) == sum(profile.kept for profile in planted.profiles)
    of_sex = [levels for levels, name in zip(columns["levels"], columns["moderator"], strict=True) if name == "sex"]
    assert set(of_sex) <= {"female", "male"}


def test_two_orders_of_the_same_conditions_are_one_subgroup_with_two_nodes(tmp_path: Path) -> None:
    path = write_planted(tmp_path, moderators=["age", "sex"])
    for name in ("north", "south"):
        file = path.parent / f"{name}.csv"
        people = pd.read_csv(file)
        young, female = people["age"] <= AGE, people["sex"] == 2
        noise = np.random.default_rng(len(people)).normal(0, 1.5, len(people))
        gain = (people["arm"] == 1) * (1 + 2 * young + 2 * female + 2 * (young & female))
        people["age"] = np.where(young, 30, 70)
        people["rm_b"] = 20
        people["rm_q3"] = np.clip(np.round(19 - gain + noise), 0, 24).astype(int)
        people.to_csv(file, index=False)
    spec, repository = read(path)
    made = make_records(spec, repository, profile="draft").analyses["rp"]
    assert isinstance(made, RecursivePartitioning)
    (search,) = made.results
    rules = [{plain(condition.words) for condition in group.inside.rule} for group in search.subgroups]
    both = {"Age ≤\u00a030 years", "Sex: female"}
    assert rules.count(both) == 1
    assert [node.subgroup for node in search.tree].count(1 + rules.index(both)) == 2
    for node in search.tree[1:]:
        assert node.subgroup is not None
        assert node.members == search.subgroups[node.subgroup - 1].inside
    seen: dict[str, str] = {}
    for number in numbers_in(made):
        assert seen.setdefault(number.id, number.text) == number.text


def test_no_subgroup_is_a_result(tmp_path: Path) -> None:
    search = only(tmp_path, gain=0.0)
    assert search.subgroups == ()
    assert search.status == "ok"
    assert search.overall.estimate.effect.value is not None
    assert [node.level for node in search.tree] == [0]
    assert len(search.rejected) == 3
    p = [split.p_node.value or 0.0 for split in search.rejected]
    assert p == sorted(p)
    assert plain(search.rejected[0].reason) == "adjusted p above 0.05"


def test_why_a_split_was_not_kept(tmp_path: Path) -> None:
    search = only(tmp_path, gain=0.0, width=1)
    said = [plain(split.reason) for split in search.rejected]
    assert said == ["adjusted p above 0.05", *["not the smallest p"] * 2]


def test_levels_without_an_order_can_be_too_many_to_part() -> None:
    people = selection_of_sixty()

    def moderator(levels: int, ordered: bool = False) -> Moderator:
        names = tuple(f"level {k}" for k in range(12))
        return Moderator(
            "site", "Site", "", 1.0, names, ordered, 0, None, np.arange(200, dtype=float) % levels, np.arange(200)
        )

    assert not too_many_levels(moderator(10), people)
    assert too_many_levels(moderator(11), people)
    assert not too_many_levels(moderator(11, ordered=True), people)


def test_what_cannot_be_parted_has_no_cost_and_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recursive_partitioning, "MAX_LEVELS", 1)
    search = only(tmp_path)
    uses = {use.name: use for use in search.moderators}
    assert {name: use.searched for name, use in uses.items()} == {"age": True, "sex": False, "baseline RMDQ": True}
    assert "levels without an order" in plain(uses["sex"].reason)
    assert uses["sex"].people.value is None
    assert search.subgroups


def test_a_least_size_is_a_share_of_the_people_or_a_number(tmp_path: Path) -> None:
    share = only(tmp_path / "share", min_size="20%")
    assert share.min_size.value == math.ceil(0.2 * (share.overall.n.value or 0))
    assert only(tmp_path / "number", min_size=123).min_size.value == 123
    assert share.subgroups
    for group in share.subgroups:
        assert min(group.inside.n.value or 0, group.sibling.n.value or 0) >= (share.min_size.value or math.inf)


def test_who_lacks_a_moderator_stays_with_available_and_leaves_with_complete(tmp_path: Path) -> None:
    complete = only(tmp_path / "complete", lacking_age=25, missing="complete")
    available = only(tmp_path / "available", lacking_age=25, missing="available")
    assert complete.overall.n.value == 675
    assert available.overall.n.value == 700
    cost = {use.name: (use.people.value, use.trials.value, use.searched) for use in available.moderators}
    assert cost == {"age": (25, 0, True), "sex": (0, 0, True), "baseline RMDQ": (0, 0, True)}
    (group,) = [g for g in available.subgroups if plain(g.inside.words).startswith("Age") and len(g.inside.rule) == 1]
    # who has no age stands on neither side, but is part of everybody else
    assert (group.inside.n.value or 0) + (group.sibling.n.value or 0) == 675
    assert (group.inside.n.value or 0) + (group.complement.n.value or 0) == 700


def test_a_moderator_of_one_trial_is_left_out_with_its_reason(tmp_path: Path) -> None:
    search = only(tmp_path, lacking_age=300)
    (age,) = [use for use in search.moderators if use.name == "age"]
    assert not age.searched
    assert plain(age.reason) == "leaves 1 trial with both arms, and the search needs 2"
    assert age.trials.value == 1
    assert search.overall.n.value == 700


def test_too_few_trials(tmp_path: Path) -> None:
    search = only(tmp_path, minimum_trials=3)
    assert (search.status, search.tree, search.subgroups) == ("not estimable", (), ())
    assert search.reason == "two trials, and three are needed"
    assert search.overall.estimate.effect.value is None


def test_moderators_from_a_screening(tmp_path: Path) -> None:
    screening = {"method": "moderators", "moderators": ["age", "sex", "baseline RMDQ"]}
    chosen = {"from": "screening", "p_below": 0.1}
    search = only(tmp_path, screening=screening, moderators=chosen)
    assert [use.name for use in search.moderators] == ["age"]
    assert search.subgroups


def test_a_screening_without_any_finding(tmp_path: Path) -> None:
    screening = {"method": "moderators", "moderators": ["sex"]}
    search = only(tmp_path, gain=0.0, screening=screening, moderators={"from": "screening", "p_below": 1e-9})
    assert search.tree == ()
    assert search.reason == "no moderator has a p below the limit in the screening"
    # nothing to search is no reason to keep the overall effect back
    assert search.overall.estimate.effect.value is not None


@pytest.mark.parametrize("criterion", ["differential", "maximum", "directional"])
def test_other_criteria_have_no_line_to_reach(tmp_path: Path, criterion: str) -> None:
    search = only(tmp_path, criterion=criterion, gamma=[1.0, 0.5])
    assert all(math.isnan(profile.threshold) for profile in search.profiles)
    assert search.subgroups
    first = search.subgroups[0]
    # the score of the search is no test of modification: that of the interaction stands beside it
    assert first.p_pooled.value is not None
    assert first.p_pooled.value != first.split.p_raw.value


def test_memberships_for_other_analyses(tmp_path: Path) -> None:
    spec, repository = read(write_planted(tmp_path, lacking_age=25))
    node: Any = spec.study.analyses["rp"]
    (found,) = searched(node, repository, spec.study)
    assert found.partition is not None
    age = repository.participants["age"].to_numpy(dtype=float)[found.people.selection.rows]
    for group in found.partition.subgroups:
        rules = [rule for rule in group.rules if rule.moderator == "age"]
        for rule in rules:
            inside = age[group.members]
            assert (inside <= rule.value).all() if rule.kind == "<=" else (inside > rule.value).all()


def test_a_printed_cut_divides_people_as_the_cut_does() -> None:
    people = selection_of_sixty()
    values = np.zeros(200)
    values[people.rows] = np.resize(np.array([41.6667, 54.1667, 58.3333, 60.0, 60.01]), people.n)
    score = Moderator("score", "Score", "points", 1.0, (), False, -1, None, values, np.arange(len(values)))
    assert [cut_decimals(cut, score, people) for cut in (41.6667, 54.1667, 58.3333, 60.0)] == [0, 1, 2, 0]


def test_a_failed_fit_fails_the_build(tmp_path: Path) -> None:
    spec, repository = read(write_planted(tmp_path))
    records = make_records(spec, repository, profile="draft")
    assert exit_code_of(records) == 0
    rp = records.analyses["rp"]
    assert isinstance(rp, RecursivePartitioning)
    (search,) = rp.results
    broken = replace(rp, results=(replace(search, overall=replace(search.overall, status="failed")),))
    assert exit_code_of(replace(records, analyses={"rp": broken})) == 1

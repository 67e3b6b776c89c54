"""Agreement of two searches: the same people counted by sets, and nothing told that is too small to tell."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.analyses.agreement import _levels
from reportgen.analyses.cohorts import Cohorts, cells_of
from reportgen.analyses.drawing import Drawable, search_overlap
from reportgen.analyses.moderator_values import Moderator
from reportgen.data import Repository
from reportgen.pipeline import read
from reportgen.records.agreement import Agreement, OutcomeAgreement
from reportgen.records.numbers import numbers_in, plain
from reportgen.records.printed import Figures, printed
from reportgen.release.values import Values
from reportgen.spec import Spec
from reportgen.spec.analyses import Agreement as Node
from reportgen.spec.analyses import DirectedPeeling, RecursivePartitioning
from reportgen.stats import fit_one_step
from reportgen.stats.near_twins import jaccard
from tests.analysed import analysed, people_of, searched
from tests.peeling_study import AGREEMENT, CONTENTS, PARTITION, PEELING, write_search_study

Read = tuple[Spec, Repository]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Read:
    return read(write_search_study(tmp_path_factory.mktemp("agreement") / "small"))


def only(study: Read) -> OutcomeAgreement:
    (outcome,) = made(study).results
    return outcome


def made(study: Read) -> Agreement:
    return analysed("agreement", Node.model_validate(AGREEMENT), study[1], study[0].study)


def changed(folder: Path, gain: float = 3.0, policy: dict[str, Any] | None = None, **analyses: Any) -> OutcomeAgreement:
    contents = {"formats": ["html", "workbook", "results"], "contents": CONTENTS}
    all_of_them = {"rp": PARTITION, "peeling": PEELING, "agreement": AGREEMENT} | analyses
    return only(
        read(write_search_study(folder / "s", gain=gain, analyses=all_of_them, policy=policy or {}, report=contents))
    )


def test_people_are_counted_as_sets_are(study: Read) -> None:
    spec, repository = study
    rp, ardp = RecursivePartitioning.model_validate(PARTITION), DirectedPeeling.model_validate(PEELING)
    (first,), (second,) = (searched(node, repository, spec.study) for node in (rp, ardp))
    common = set(first.people.selection.rows.tolist()) & set(second.selection.rows.tolist())
    outcome = only(study)
    assert outcome.n.value == len(common)
    assert first.partition is not None
    for group, found in zip(outcome.subgroups, first.partition.subgroups, strict=True):
        subgroup = set(first.people.selection.rows[found.members].tolist()) & common
        for pair in group.pairs:
            nearest = second.nearest(pair.size)
            assert nearest is not None
            box = set(second.selection.rows[nearest[1]].tolist()) & common
            counts = (pair.in_box, pair.both, pair.only_subgroup, pair.only_box, pair.neither, group.n)
            sets = (box, subgroup & box, subgroup - box, box - subgroup, common - subgroup - box, subgroup)
            assert [number.value for number in counts] == [len(people) for people in sets]
            assert pair.jaccard.value == pytest.approx(len(subgroup & box) / len(subgroup | box))


def test_effects_and_profile_are_those_of_the_people_in_both(study: Read) -> None:
    spec, repository = study
    node = DirectedPeeling.model_validate(PEELING)
    (selection,) = people_of(node, repository, spec.study)
    age = repository.participants["age"].to_numpy(dtype=float)[selection.rows]
    outcome = only(study)
    group, pair = outcome.subgroups[0], outcome.subgroups[0].pairs[1]
    cut = next(part.value for part in group.rule if not isinstance(part, str) and part.value is not None)
    limits = [part.value for part in pair.box if not isinstance(part, str) and part.value is not None]
    before = selection.adjusters[:, 0]
    both = (age <= cut) & (age <= limits[0]) & (before >= limits[1])
    for who, estimate in ((both, pair.inside), (~both & ~np.isnan(age), pair.outside)):
        arrays = (selection.response[who], selection.treatment[who], selection.trial[who])
        fit = fit_one_step(*arrays, adjusters=before[who], treatment_effect="common")
        assert estimate.effect.value == pytest.approx(fit.effect.estimate, rel=1e-9)
    traits = {trait.label.text: trait for trait in pair.traits}
    mean = traits["age"].both[0]
    assert not isinstance(mean, str)
    assert mean.value == pytest.approx(age[both].mean())
    assert plain(traits["age"].both) == f"{age[both].mean():.2f} ({age[both].std(ddof=1):.2f})"


def test_levels_add_up(study: Read) -> None:
    pair = only(study).subgroups[0].pairs[0]
    sexes = [trait for trait in pair.traits if trait.level is not None]
    counted = [part.value for trait in sexes for part in trait.both if not isinstance(part, str) and part.unit != "%"]
    assert sum(value or 0 for value in counted) == pair.both.value


def test_jaccard_is_symmetric_and_between_none_and_all() -> None:
    rng = np.random.default_rng(5)
    one, other = rng.random(50) < 0.4, rng.random(50) < 0.6
    assert jaccard(one, other) == jaccard(other, one)
    assert jaccard(one, one) == 1
    assert jaccard(one, ~one) == 0
    assert np.isnan(jaccard(np.zeros(3, bool), np.zeros(3, bool)))


def test_small_cells_take_their_neighbours_with_them(tmp_path: Path) -> None:
    large = {"min_arm": 40}
    outcome = changed(tmp_path, policy={"minimum_cell": 40}, rp=PARTITION | large, peeling=PEELING | large)
    assert outcome.suppressed
    suppressed = [pair for group in outcome.subgroups for pair in group.pairs if pair.both.status == "suppressed"]
    assert suppressed
    for pair in suppressed:
        disclosed = (pair.both, pair.only_subgroup, pair.only_box, pair.neither, pair.jaccard, pair.n_others)
        assert [number.value for number in disclosed] == [None] * len(disclosed)
        assert (pair.inside.effect.value, pair.outside.effect.value, pair.traits) == (None, None, ())
        assert all(number.n is None for number in numbers_in(pair.inside))


DRAWS = {"draws": {"sign_flips": 60, "bootstrap": 0}}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Read, OutcomeAgreement]:
    folder = tmp_path_factory.mktemp("drawn")
    analyses = {"rp": PARTITION | DRAWS, "peeling": PEELING | DRAWS, "agreement": AGREEMENT}
    study = read(write_search_study(folder / "s", analyses=analyses))
    return study, only(study)


@pytest.mark.slow
def test_overlap_by_chance_is_that_of_both_searches_in_draws(drawn: tuple[Read, OutcomeAgreement]) -> None:
    (spec, repository), outcome = drawn
    study, cohorts = spec.study, Cohorts(repository, spec.study)
    nodes = study.analyses["rp"], study.analyses["peeling"]
    names = tuple(dict.fromkeys(name for node in nodes for name in node.moderators))
    (cell,) = cells_of(nodes[0], study)
    people = [cohorts.people(cell, node.adjust_for) for node in nodes]
    columns = [{k: item.among(mask) for k, item in cohorts.moderators(names).items()} for mask in people]
    searches = tuple(Drawable(node, None, node.moderators) for node in nodes)
    found = search_overlap(
        people[0], columns[0], people[1], columns[1], searches=searches, sizes=(0.2, 0.5), seed=study.study.seed,
        first=0, count=60,
    )  # fmt: skip
    assert found is not None
    for place, group in enumerate(outcome.subgroups):
        for k, pair in enumerate(group.pairs):
            known = found.jaccard[:, k][~np.isnan(found.jaccard[:, k])]
            assert pair.chance is not None and pair.chance.draws.value == len(known)
            disclosed = [pair.chance.low.value, pair.chance.median.value, pair.chance.high.value]
            assert disclosed == pytest.approx(np.quantile(known, [0.025, 0.5, 0.975]).tolist())
            if place == 0:  # the only one, and so the strongest
                assert pair.chance.p.value == pytest.approx(
                    (1 + (known >= pair.jaccard.value).sum()) / (1 + len(known))
                )


def test_the_verdict_on_a_subgroup_is_that_of_its_search(drawn: tuple[Read, OutcomeAgreement]) -> None:
    (spec, repository), outcome = drawn
    node = spec.study.analyses["rp"]
    (search,) = analysed("rp", node, repository, spec.study).results
    assert [subgroup.honesty for subgroup in outcome.subgroups] == [subgroup.honesty for subgroup in search.subgroups]
    assert outcome.subgroups[0].supported and outcome.drawn


def test_overlap_that_is_not_told_has_no_p(tmp_path: Path) -> None:
    large = {"min_arm": 40} | DRAWS
    outcome = changed(tmp_path, policy={"minimum_cell": 40}, rp=PARTITION | large, peeling=PEELING | large)
    suppressed = [pair for group in outcome.subgroups for pair in group.pairs if pair.jaccard.value is None]
    assert suppressed
    assert all(pair.chance is not None and pair.chance.p.status == "suppressed" for pair in suppressed)


def test_without_draws_nothing_is_said_of_chance(study: Read) -> None:
    outcome = only(study)
    assert not outcome.drawn
    assert [pair.chance for subgroup in outcome.subgroups for pair in subgroup.pairs] == [None] * 2 * len(
        outcome.subgroups
    )


def test_no_subgroup_is_said(tmp_path: Path) -> None:
    outcome = changed(tmp_path, gain=0.0)
    assert (outcome.subgroups, plain(outcome.reason)) == ((), "recursive partitioning found no subgroup")


def test_no_box_is_said(tmp_path: Path) -> None:
    outcome = changed(tmp_path, peeling=PEELING | {"moderators": ["sex"], "directions": {}})
    assert plain(outcome.reason).startswith("directed peeling found no subgroup: no moderator can be peeled")


def test_only_people_whom_both_analysed_are_counted(tmp_path: Path) -> None:
    # body mass index is known in one trial only, which is enough for this partitioning
    one = {"minimum_trials": 1, "min_trials": 1}
    north = PARTITION | one | {"moderators": ["bmi"], "alpha": 1.0, "across": "none", "multiplicity": "none"}
    outcome = changed(tmp_path, rp=north)
    assert outcome.n.value == 238
    pairs = [pair for group in outcome.subgroups for pair in group.pairs]
    assert pairs
    assert all((pair.in_box.value or math.inf) <= 238 for pair in pairs)


def test_what_only_one_of_them_searched_is_left_out(tmp_path: Path) -> None:
    study = read(
        write_search_study(
            tmp_path / "s",
            follow_up={"short": {"months": [2, 3], "aim": 3}, "long": {"months": [11, 13]}},
            analyses={"rp": PARTITION, "peeling": PEELING | {"follow_up": ["short"]}, "agreement": AGREEMENT},
        )
    )
    assert [outcome.follow_up for outcome in made(study).results] == ["short"]


def test_the_number_without_a_value_cannot_be_worked_out() -> None:
    """128 in both, 125 with a known habit: 3 without would follow from the two, so the smaller level goes as well."""
    values = np.array([0.0] * 119 + [1.0] * 6 + [math.nan] * 3 + [0.0] * 200 + [1.0] * 90 + [math.nan] * 10)
    both = np.arange(len(values)) < 128
    smoking = Moderator("smoking", "Smoking", "", 1.0, ("no", "yes"), False, 0, None, values, np.arange(len(values)))
    traits = printed(
        tuple(_levels(values, both, smoking, 5, Values("agreement", "agreement", minimum=5))), Figures({"percent": 1})
    )
    shown = {plain((trait.level,)): (plain(trait.both), plain(trait.others)) for trait in traits if trait.level}
    assert shown["yes"] == ("–", "–")
    assert shown["no"][0].startswith("119")


def test_an_effect_with_few_people_of_an_arm_is_hidden_though_they_are_counted(
    study: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = only(study).subgroups[0].pairs[0]
    both = int(pair.both.value or 0)

    def few(treatment: np.ndarray, minimum: int) -> bool:
        return len(treatment) == both  # as if one arm of those in both were small

    monkeypatch.setattr("reportgen.analyses.agreement.few_in_an_arm", few)
    again = only(study).subgroups[0].pairs[0]
    assert again.both.value == both
    assert pair.inside.effect.value is not None
    assert (again.inside.effect.value, again.outside.effect.value) == (None, None)  # the other follows from everybody

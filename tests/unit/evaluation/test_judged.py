"""One search of one data set, beside straightforward calls of the search and beside the truth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reportgen.evaluation.data_sets import DataSet, data_set
from reportgen.evaluation.judged import judged, partition_pipeline, peel_pipeline
from reportgen.evaluation.outcomes import CORRECTED, DIFFERENCE, EFFECTS, HELD_OUT, INSIDE, NAIVE
from reportgen.spec.evaluation import (
    AnyTried,
    Cell,
    EvaluatedDraws,
    Moderator,
    Residual,
    Screened,
    Trials,
    TriedPartitioning,
    TriedPeeling,
)
from reportgen.stats import fit_one_step, partition, peel
from reportgen.stats.prepared_screening import prepare_screening

WHERE = {"age": "up to 49"}
MODERATORS = {"age": Moderator(range=(0, 99), slope=0.3), "pain": Moderator(mean=0.0, slope=0.2, adjusted=True)}
CELL = Cell(Trials(number=3, people=(100,)), MODERATORS, 0.4, 0.0, 0.0, 0.0, Residual(), WHERE, 1.0)
DATA = data_set(CELL, 1, 5)
NULL = data_set(replace(CELL, where={}, gain=0.0), 1, 0)
DRAWN = EvaluatedDraws(sign_flips=20, bootstrap=20)
AS_PUBLISHED: dict[str, Any] = {"information": "pooled", "adjuster_slopes": "common"}  # the defaults of a direct call
RP = TriedPartitioning(method="recursive-partitioning", depth=1, min_size=20, **AS_PUBLISHED)
ARDP = TriedPeeling(method="directed-peeling", beam=2, bin_width=0.1, **AS_PUBLISHED)


def called(data: DataSet) -> dict[str, Any]:
    """Arguments of `partition` and `peel`."""
    one = data.sample
    return {
        "outcome": one.outcome,
        "treatment": one.treatment,
        "trial": one.trial,
        "moderators": dict(one.moderators),
        "adjusters": one.adjusters,
    }


def effects(found: Any) -> np.ndarray:
    return np.array(found.effects).reshape(EFFECTS)


def test_a_partitioning_is_that_of_a_direct_call() -> None:
    found = judged(RP, DATA, WHERE, 0.95, 0.05)
    (subgroup,) = partition(**called(DATA), depth=1, min_size=20).subgroups
    assert found.kept == 1.0
    assert found.p == pytest.approx(subgroup.split.p_node, rel=1e-12)
    assert found.share == subgroup.inside.members.mean()
    inside, apart = effects(found)[NAIVE]
    assert inside[:3] == pytest.approx([subgroup.inside.effect.estimate, *subgroup.inside.effect.interval()], rel=1e-9)
    assert apart[:3] == pytest.approx([subgroup.difference.estimate, *subgroup.difference.interval()], rel=1e-9)


def test_truth_is_that_of_the_people_inside() -> None:
    (subgroup,) = partition(**called(DATA), depth=1, min_size=20).subgroups
    young = np.asarray(DATA.sample.moderators["age"]) <= 49
    inside = subgroup.inside.members
    shares = young[inside].mean(), young[~inside].mean()
    found = effects(judged(RP, DATA, WHERE, 0.95, 0.05))[NAIVE]
    assert found[INSIDE, 3] == pytest.approx(0.4 + shares[0])
    assert found[DIFFERENCE, 3] == pytest.approx(shares[0] - shares[1])


def test_a_clear_subgroup_is_hit() -> None:
    found = judged(RP, DATA, WHERE, 0.95, 0.05)
    young = np.asarray(DATA.sample.moderators["age"]) <= 49
    (subgroup,) = partition(**called(DATA), depth=1, min_size=20).subgroups
    assert (found.moderator, found.alone, found.cut) == (1.0, 1.0, 1.0)
    assert found.jaccard == (young & subgroup.inside.members).sum() / (young | subgroup.inside.members).sum()


@pytest.mark.parametrize("where", [{"pain": "up to 0"}, {"age": "above 49"}])
def test_another_moderator_or_its_other_side_is_not_right(where: dict[str, str]) -> None:
    found = judged(RP, DATA, where, 0.95, 0.05)
    assert (found.moderator, found.cut) == (0.0, 0.0)


def test_a_cut_far_from_the_true_one_is_not_right() -> None:
    found = judged(RP, DATA, {"age": "up to 80"}, 0.95, 0.05)
    assert (found.moderator, found.cut) == (1.0, 0.0)


def test_a_box_with_a_further_limit_has_the_right_moderator_and_another() -> None:
    boxes = peel(**called(DATA), beam=2, bin_width=0.1).boxes
    box = next(
        item
        for item in boxes
        if {limit.moderator for limit in item.limits if limit.value is not None} == set(MODERATORS)
    )
    found = judged(ARDP.model_copy(update={"size": box.fraction}), DATA, WHERE, 0.95, 0.05)
    assert found.share == pytest.approx(box.fraction)
    assert (found.moderator, found.alone) == (1.0, 0.0)


def test_every_option_reaches_its_search() -> None:
    parting = TriedPartitioning(method="recursive-partitioning", width=2, max_cuts=7, min_size=0.1, alpha=0.2)
    options = partition_pipeline(parting).parameters
    assert options.keys() == set(partition.__kwdefaults__ or {}) - {
        "adjusters",
        "treatment_effect",
        "people_per_slope",
        "across_extra",
    }
    assert (options["width"], options["max_cuts"], options["min_size"], options["alpha"]) == (2, 7, 0.1, 0.2)
    directions = {"age": "lower gain more"}
    peeling = TriedPeeling.model_validate(
        {"method": "directed-peeling", "directions": directions, "min_size": 30, "screening": {"reading": "naive"}}
    )
    pipeline = peel_pipeline(peeling)
    assert (pipeline.settings.directions, pipeline.settings.min_size) == ({"age": "small"}, 30)
    assert pipeline.screening is not None
    assert (pipeline.screening.p_below, pipeline.screening.reading) == (0.2, "naive")
    assert pipeline.screening.options == {"interaction_effect": "random", "adjuster_slopes": "stratified"}
    assert partition_pipeline(parting).count_screened
    assert not partition_pipeline(parting.model_copy(update={"count_screened": False})).count_screened


SOUND = {"information": "within", "adjuster_slopes": "stratified"}


def test_slopes_and_information_are_those_of_a_direct_call() -> None:
    found = judged(RP.model_copy(update=SOUND), DATA, WHERE, 0.95, 0.05)
    (subgroup,) = partition(**called(DATA), depth=1, min_size=20, **SOUND).subgroups
    assert found.p == pytest.approx(subgroup.split.p_node, rel=1e-12)
    assert found.p != pytest.approx(judged(RP, DATA, WHERE, 0.95, 0.05).p)
    apart = effects(found)[NAIVE, DIFFERENCE]
    assert apart[:3] == pytest.approx([subgroup.difference.estimate, *subgroup.difference.interval()], rel=1e-9)


def test_slopes_and_information_of_a_peeling_are_those_of_a_direct_call() -> None:
    found = judged(ARDP.model_copy(update=SOUND), DATA, WHERE, 0.95, 0.05)
    best = max(peel(**called(DATA), beam=2, bin_width=0.1, **SOUND).boxes, key=lambda box: box.z)
    assert found.share == pytest.approx(best.fraction)
    assert best.difference is not None
    apart = effects(found)[NAIVE, DIFFERENCE]
    assert apart[:3] == pytest.approx([best.difference.estimate, *best.difference.interval()], rel=1e-6)
    assert apart[0] != pytest.approx(effects(judged(ARDP, DATA, WHERE, 0.95, 0.05))[NAIVE, DIFFERENCE, 0], rel=1e-6)


@pytest.mark.parametrize(
    "option",
    [
        {"interaction_effect": "random", "adjuster_slopes": "common"},
        {"interaction_effect": "common", "adjuster_slopes": "stratified"},
    ],
)
def test_options_of_a_screening_reach_it(option: dict[str, str]) -> None:
    def p(screened: Screened) -> np.ndarray:
        prepared = partition_pipeline(RP.model_copy(update={"screening": screened})).prepare(NULL.sample)
        return prepared.run(NULL.sample.outcome).p

    as_it_is = prepare_screening(
        NULL.sample.treatment,
        NULL.sample.trial,
        NULL.sample.moderators,
        adjusters=NULL.sample.adjusters,
        **option,  # type: ignore[arg-type]
    ).run(NULL.sample.outcome)
    found = p(Screened.model_validate(option))
    assert found == pytest.approx(as_it_is.p_value, rel=1e-12)
    assert np.abs(found - p(Screened())).max() > 1e-6


def test_without_modification_there_is_nothing_to_hit_and_the_truth_is_one_effect() -> None:
    found = judged(RP, NULL, {}, 0.95, 0.05)
    assert np.isnan([found.moderator, found.alone, found.cut, found.jaccard]).all()
    assert effects(found)[NAIVE][:, 3] == pytest.approx([0.4, 0.0])


def test_a_peeled_box_is_that_of_a_direct_call() -> None:
    found = judged(ARDP, DATA, WHERE, 0.95, 0.05)
    boxes = peel(**called(DATA), beam=2, bin_width=0.1).boxes
    best = max(boxes, key=lambda box: box.z)
    assert np.isnan(found.kept)
    assert found.share == pytest.approx(best.fraction)
    inside, apart = effects(found)[NAIVE]
    assert best.difference is not None
    assert inside[:3] == pytest.approx([best.effect.estimate, *best.effect.interval()], rel=1e-6)
    assert apart[:3] == pytest.approx([best.difference.estimate, *best.difference.interval()], rel=1e-6)


def test_the_box_of_a_size_is_judged_where_one_is_asked_for() -> None:
    boxes = peel(**called(DATA), beam=2, bin_width=0.1).boxes
    found = judged(ARDP.model_copy(update={"size": 0.3}), DATA, WHERE, 0.95, 0.05)
    assert abs(found.share - 0.3) == pytest.approx(min(abs(box.fraction - 0.3) for box in boxes))


def test_sign_flips_give_a_search_wise_p_and_nothing_else_changes() -> None:
    bare, drawn = (
        judged(RP.model_copy(update={"draws": item}), DATA, WHERE, 0.95, 0.05) for item in (EvaluatedDraws(), DRAWN)
    )
    assert np.isnan(bare.search_wise_p) and np.isnan(effects(bare)[CORRECTED]).all()
    assert drawn.search_wise_p == pytest.approx(1 / 21)
    assert 0.0 <= drawn.kept_in_draws <= 0.3
    assert effects(drawn)[[NAIVE, HELD_OUT]] == pytest.approx(effects(bare)[[NAIVE, HELD_OUT]], nan_ok=True)


CURTAILED = EvaluatedDraws(sign_flips=20, curtailed=True)
SMALL = replace(CELL, trials=Trials(number=3, people=(60,)), where={}, gain=0.0)
SEARCHES = {
    "RP": RP,
    "RP after screening": RP.model_copy(update={"screening": Screened()}),
    "ARDP": ARDP,
    "ARDP after screening": ARDP.model_copy(update={"screening": Screened()}),
}


@pytest.mark.slow
@pytest.mark.sampled(3)
@pytest.mark.parametrize("alpha", [0.05, 0.3])
@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES.keys())
def test_curtailed_flips_decide_as_all_of_them_data_set_by_data_set(search: AnyTried, alpha: float) -> None:
    with_all, early = (
        search.model_copy(update={"draws": draws}) for draws in (EvaluatedDraws(sign_flips=20), CURTAILED)
    )
    made = []
    for number in range(12):
        data = data_set(SMALL, 3, number)
        one, other = (judged(item, data, {}, 0.95, alpha) for item in (with_all, early))
        assert other.supported == one.supported == float(one.search_wise_p <= alpha)
        assert other.p == pytest.approx(one.p, nan_ok=True) and other.flips <= 20
        assert np.isnan(other.kept_in_draws)
        assert np.isnan(other.search_wise_p) or other.search_wise_p == one.search_wise_p
        made.append(other.flips)
    assert np.mean(made) < 15


def test_a_clear_subgroup_takes_all_flips_and_has_its_p() -> None:
    found = judged(RP.model_copy(update={"draws": CURTAILED}), DATA, WHERE, 0.95, 0.05)
    assert (found.flips, found.supported) == (20, 1.0)
    assert found.search_wise_p == pytest.approx(1 / 21)


def test_corrected_effects_are_smaller_with_wider_intervals() -> None:
    found = effects(judged(RP.model_copy(update={"draws": DRAWN}), DATA, WHERE, 0.95, 0.05))
    assert found[CORRECTED][DIFFERENCE][0] < found[NAIVE][DIFFERENCE][0]
    width = found[:, :, 2] - found[:, :, 1]
    assert (width[CORRECTED] > width[NAIVE]).all()
    assert (found[CORRECTED][:, 3] == found[NAIVE][:, 3]).all()


def test_effects_held_out_are_those_of_each_trial_alone() -> None:
    found = effects(judged(RP, DATA, WHERE, 0.95, 0.05))[HELD_OUT]
    one, estimates = DATA.sample, []
    for k in range(3):
        others, here = one.trial != k, one.trial == k
        rest = {**called(DATA), **{name: value[others] for name, value in called(DATA).items() if name != "moderators"}}
        rest["moderators"] = {name: np.asarray(values)[others] for name, values in one.moderators.items()}
        cut = partition(**rest, depth=1, min_size=20).tree[0].splits[0].low.rule.value
        outside = (np.asarray(one.moderators["age"])[here] > cut).astype(float)
        fit = fit_one_step(
            one.outcome[here],
            one.treatment[here],
            one.trial[here],
            adjusters=one.adjusters[here],
            moderator=outside,
            treatment_effect="common",
        )
        assert fit.interaction is not None
        estimates.append((float(fit.effect.estimate), -float(fit.interaction.estimate)))
    low, high = np.min(estimates, axis=0), np.max(estimates, axis=0)
    assert ((low <= found[:, 0]) & (found[:, 0] <= high)).all()
    assert found[INSIDE, 3] == pytest.approx(1.4, abs=0.15)


def test_with_two_trials_nothing_is_held_out() -> None:
    two = data_set(replace(CELL, trials=Trials(number=2, people=(100,))), 1, 0)
    assert np.isnan(effects(judged(RP, two, WHERE, 0.95, 0.05))[HELD_OUT]).all()


def test_a_screening_that_leaves_nothing_finds_nothing() -> None:
    strict = RP.model_copy(update={"screening": Screened(p_below=1e-9), "draws": EvaluatedDraws(sign_flips=20)})
    found = judged(strict, NULL, {}, 0.95, 0.05)
    assert (found.kept, found.kept_in_draws) == (0.0, 0.0)
    assert np.isnan(found.p) and np.isnan(effects(found)).all()
    assert (found.supported, found.flips) == (0.0, 20)

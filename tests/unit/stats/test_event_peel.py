"""Directed peeling of events: boxes by dense weighted least squares, reported effects by refits, draws, and what must not change."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from reportgen.stats import fit_one_step_glmm, peel_events
from reportgen.stats.beam import ScoredBox, beam_search
from reportgen.stats.candidate import ESTIMATE, VARIANCE
from reportgen.stats.event_boxes import linear_interactions
from reportgen.stats.event_groups import fit_event_group
from reportgen.stats.event_partition import FEWEST_EVENTS
from reportgen.stats.event_peel import EventWorth, PreparedEventPeel, prepare_event_peel
from reportgen.stats.event_splits import observe_events
from reportgen.stats.events import event_participants
from reportgen.stats.held_out import held_out_peel
from reportgen.stats.null_draws import peel_draws, peel_statistic
from reportgen.stats.optimism import partition_optimism, peel_optimism
from reportgen.stats.overlap import overlap_draws
from reportgen.stats.peel_search import peeled
from reportgen.stats.peeling import PeelSettings
from reportgen.stats.pipelines import PartitionPipeline, PeelPipeline
from reportgen.stats.sample import make_sample
from reportgen.stats.signs import resampled_rows
from reportgen.stats.working_model import WorkingModel, working_model
from tests.unit.stats.test_event_partition import dense, people

WIDE = {"bin_width": 0.05}


def events(seed: int, link: str = "logit", **how: Any) -> dict[str, Any]:
    """Those of test_event_partition.py, with two moderators that can be peeled: of the young with little pain, more gain."""
    data = people(seed, link, **how)
    rng = np.random.default_rng(50 + seed)
    data["moderators"] = {
        "age": data["moderators"]["age"],
        "pain": rng.integers(0, 11, len(data["outcome"])).astype(float),
    }
    return data


def ready(
    data: dict[str, Any], good: bool = True, min_events: int = FEWEST_EVENTS, **options: Any
) -> PreparedEventPeel:
    table = event_participants(
        data["outcome"], data["treatment"], data["trial"], data["link"], data["adjusters"], data.get("exposure")
    )
    return prepare_event_peel(table, data["moderators"], PeelSettings(**options), good=good, min_events=min_events)


def null_of(data: dict[str, Any]) -> WorkingModel:
    columns = np.column_stack([data["adjusters"], data["moderators"]["age"], data["moderators"]["pain"]])
    return working_model(
        **{name: data[name] for name in data if name not in ("moderators", "adjusters")}, adjusters=columns
    )


def worth_of(search: PreparedEventPeel) -> tuple[EventWorth, Any]:
    found = search.draw(search.null.response)
    assert isinstance(found.worth, EventWorth)
    return found.worth, found


class StepByStep:
    """The same search without the kernel of the beam."""

    def __init__(self, worth: EventWorth) -> None:
        self.worth = worth
        self.seen: set[bytes] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.worth, name)

    def scores(self, ranks: Any, sums: Any) -> Any:
        values = self.worth.differences(ranks, sums)
        score = self.worth.prepared.gain * values[:, ESTIMATE] / np.sqrt(values[:, VARIANCE])
        return np.where(np.isfinite(score) & self.worth.compared(sums), score, -np.inf)

    def best(self) -> list[ScoredBox]:
        whole, search, this = self.worth.grid.whole(), self.worth.prepared, cast(Any, self)
        everybody = ScoredBox(whole, len(self.worth.outcome), float("nan"), self.worth.whole)
        bins, beam = search.bins(), search.settings.beam
        return beam_search(self.worth.grid, everybody, lambda boxes, fewest: peeled(this, boxes, fewest), bins, beam)


@pytest.mark.parametrize(
    "options", [{}, {"information": "within", "bin_width": 0.1, "beam": 3}, {"min_events": 15, "good": False}]
)
@pytest.mark.parametrize("link", ["logit", "log"])
def test_the_kernel_goes_through_the_boxes_as_a_search_step_by_step(link: str, options: dict[str, Any]) -> None:
    search = ready(events(3, link, size=60, tau=0.6), **(WIDE | options))
    for sign in (1.0, -1.0):
        found = search.draw(sign * search.null.response)
        assert isinstance(found.worth, EventWorth)
        slowly = StepByStep(found.worth)
        expected = slowly.best()
        assert len(expected) > 2
        assert found.evaluated == len(slowly.seen)
        for box, other in zip(found.boxes, expected, strict=True):
            assert (box.ranks.tolist(), box.n, box.score) == (other.ranks.tolist(), other.n, other.score)
            assert (box.sums == other.sums).all()


@pytest.mark.parametrize("information", ["pooled", "within"])
@pytest.mark.parametrize("tau", [0.0, 0.6])
@pytest.mark.parametrize("link", ["logit", "log"])
def test_each_box_is_generalised_least_squares_with_every_column_written_out(
    link: str, tau: float, information: str
) -> None:
    data = events(3, link, size=60, tau=tau)
    model = null_of(data)
    worth, found = worth_of(ready(data, information=information, **WIDE))
    everybody = np.ones(len(model.rows), bool)
    assert len(found.boxes) > 5
    for box in found.boxes:
        inside = worth.grid.members(box.ranks).astype(float)
        estimate, std_error = dense(model, everybody, inside, information == "within")
        row = worth.differences(box.ranks[None], box.sums[None])[0]
        assert row[ESTIMATE] == pytest.approx(estimate, abs=1e-7)
        assert np.sqrt(row[VARIANCE]) == pytest.approx(std_error, rel=1e-7)
        assert box.score == pytest.approx(estimate / std_error, rel=1e-6)


def test_the_effect_inside_and_the_slope_of_a_moderator_are_those_of_the_same_step() -> None:
    data = events(3, size=60, tau=0.6)
    model = null_of(data)
    search = ready(data, **WIDE)
    worth, found = worth_of(search)
    dummies = (model.trial[:, None] == np.arange(4)).astype(float)
    random = dummies * model.random[:, None]
    precision = np.linalg.inv(np.diag(1.0 / model.weight) + model.tau2 * random @ random.T)

    def solved(*more: Any) -> Any:
        design = np.column_stack([dummies, model.treatment, model.columns, *more])
        return np.linalg.lstsq(design.T @ precision @ design, design.T @ precision @ model.response, rcond=1e-12)[0]

    for box in found.boxes[::3]:
        inside = worth.grid.members(box.ranks).astype(float)
        coefficients = solved(inside, model.treatment * inside)
        effect = worth.effects(box.sums[None], lambda _: np.ones(0, bool))[0, ESTIMATE]
        assert effect == pytest.approx(coefficients[4] + coefficients[-1], abs=1e-7)
    assert search.node is not None
    slopes = linear_interactions(
        search.node, observe_events(search.node, search.null.response[search.cases.rows]), search.centred
    )
    for slope, z in zip(slopes, search.centred, strict=True):
        assert slope == pytest.approx(solved(model.treatment * z)[-1], abs=1e-7)


@pytest.mark.parametrize("link", ["logit", "log"])
def test_what_is_reported_is_fitted_anew(link: str) -> None:
    data = events(2, link, size=200, gain=1.5)
    found = peel_events(**data, information="within", **WIDE)
    given = {name: data[name] for name in ("outcome", "treatment", "trial", "adjusters")}
    exposure = data.get("exposure")
    for box in found.nearest((0.6, 0.3)):
        for group, mask in ((box, box.members), (box.outside, ~box.members)):
            own: Any = fit_one_step_glmm(
                **{name: value[mask] for name, value in given.items()}, link=link,  # type: ignore[arg-type]
                exposure=None if exposure is None else exposure[mask],
            )  # fmt: skip
            if own.dispersion > 1.0:
                own = fit_one_step_glmm(
                    **{name: value[mask] for name, value in given.items()}, link=link, dispersion="quasi",  # type: ignore[arg-type]
                    exposure=None if exposure is None else exposure[mask],
                )  # fmt: skip
            assert float(group.effect.estimate) == pytest.approx(float(own.effect.estimate), abs=1e-9)
            assert float(group.effect.std_error) == pytest.approx(float(own.effect.std_error), rel=1e-7)
        side = box.members.astype(float)
        column = side - np.array([side[data["trial"] == k].mean() for k in range(4)])[data["trial"]]
        given_too = given | {"adjusters": np.column_stack([data["adjusters"], *data["moderators"].values()])}
        both = fit_event_group(**given_too, link=link, exposure=exposure, moderator=column)  # type: ignore[arg-type]
        assert box.difference is not None
        assert both.interaction is not None
        assert float(box.difference.estimate) == pytest.approx(float(both.interaction.estimate), abs=1e-9)
        assert box.z == pytest.approx(float(box.difference.estimate) / float(box.difference.std_error), rel=0.1)
    assert (found.directions[0].moderator, found.directions[0].gains) == ("age", "small")
    assert found.directions[0].interaction is not None


@pytest.mark.slow
def test_event_and_no_event_turn_the_sign_and_good_turns_the_directions() -> None:
    data = events(2, size=200, gain=1.5)
    one = peel_events(**data, **WIDE)
    other = peel_events(**(data | {"outcome": 1.0 - data["outcome"]}), good=False, **WIDE)
    assert [item.gains for item in one.directions] == [item.gains for item in other.directions]
    assert [box.limits for box in one.boxes] == [box.limits for box in other.boxes]
    np.testing.assert_allclose([box.z for box in one.boxes], [box.z for box in other.boxes], rtol=1e-5)
    np.testing.assert_allclose(
        [float(box.effect.estimate) for box in one.boxes],
        [-float(box.effect.estimate) for box in other.boxes],
        atol=1e-6,
    )
    turned = peel_events(**data, good=False, **WIDE)
    assert all(a.gains != b.gains for a, b in zip(one.directions, turned.directions, strict=True))
    assert max(box.z for box in turned.boxes) > 0.0


def test_groups_hold_enough_events_and_enough_without() -> None:
    data = events(7, size=150)
    data["outcome"] = (np.random.default_rng(7).random(600) < 0.2).astype(float)
    found = peel_events(**data, min_events=12, min_fraction=0.05, **WIDE)
    assert found.boxes
    for box in found.boxes:
        for mask in (box.members, ~box.members):
            for arm in (0, 1):
                here = mask & (data["treatment"] == arm)
                assert data["outcome"][here].sum() >= 12
    assert min(box.fraction for box in found.boxes) > 0.05


def test_a_moderator_that_all_but_is_the_event_is_not_peeled_and_hides_no_other() -> None:
    data = events(8, size=100)
    alone = peel_events(**data, **WIDE)
    data["moderators"]["marker"] = data["outcome"] + np.arange(400) % 5 / 100
    found = peel_events(**data, **WIDE)
    said = {item.moderator: item.reason for item in found.not_searched}
    assert said["marker"].startswith("separates people with the event from the others all but completely")
    assert [box.z for box in found.boxes] == [box.z for box in alone.boxes]


def test_a_moderator_that_separates_within_trials_is_peeled_without_a_number_of_its_interaction() -> None:
    data = events(8, size=200)
    treated = data["treatment"] == 1.0
    data["outcome"] = np.where(treated, data["moderators"]["age"] > 48, data["outcome"]).astype(float)
    age, pain = peel_events(**data, good=False, **WIDE).directions
    assert age.gains == "small" and age.interaction is not None
    assert np.isnan(float(age.interaction.estimate)) and np.isnan(float(age.interaction.std_error))
    assert age.reason.endswith("so that its interaction has no finite estimate")
    assert pain.interaction is not None and abs(float(pain.interaction.estimate)) < 1.0 and not pain.reason


def test_a_search_without_a_null_model_has_no_boxes_and_says_why() -> None:
    data = events(8, size=100)
    data["outcome"][data["treatment"] == 1.0] = 0.0
    found = peel_events(**data, **WIDE)
    assert found.status == "not estimable"
    assert not found.boxes
    assert "in the intervention arms has the event" in found.message


def test_a_trial_in_which_nobody_who_has_the_moderators_has_the_event_is_excluded_with_the_reason() -> None:
    data = events(4, size=150)
    none = (data["trial"] == 2) & (data["outcome"] == 1.0)
    data["moderators"]["age"] = np.where(none, np.nan, data["moderators"]["age"])
    found = peel_events(**data, **WIDE)
    assert not found.analysed[data["trial"] == 2].any()
    assert any(item.trial == 2 and "tells nothing about the ratio" in item.reason for item in found.excluded)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"objective": "effect"}, "objective='effect' is not for events"),
        ({"adjuster_slopes": "stratified"}, "adjuster_slopes='stratified' is not for events"),
        ({"min_events": 0}, "min_events=0 must be at least 1"),
        ({"alpha": 2.0}, "alpha=2.0"),
    ],
)
def test_what_a_search_of_events_does_not_know_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        peel_events(**events(1, size=60), **wrong)


def sample_of(data: dict[str, Any]) -> Any:
    return make_sample(
        data["outcome"], data["treatment"], data["trial"], data["moderators"], range(len(data["outcome"])),
        adjusters=data["adjusters"], link=data["link"], exposure=data.get("exposure"),
    )  # fmt: skip


@pytest.mark.parametrize("link", ["logit", "log"])
def test_draws_repeat_the_search_of_the_data_and_depend_on_their_number_alone(link: str) -> None:
    data = events(2, link, size=200, gain=2.0)
    pipeline = PeelPipeline(PeelSettings(**WIDE)).prepare(sample_of(data))
    frontier = pipeline.run(pipeline.observed)
    assert frontier.found is not None
    reported = peel_events(**data, **WIDE)
    np.testing.assert_allclose(frontier.found.scores, [box.z for box in reported.boxes], rtol=1e-8)
    draws = peel_draws(pipeline, pipeline.null, seed=1, first=0, count=8)
    later = peel_draws(pipeline, pipeline.null, seed=1, first=5, count=3)
    assert draws.statistic[5:].tolist() == later.statistic.tolist()
    assert peel_statistic(frontier) > draws.statistic.max()
    assert np.isfinite(draws.effect[~np.isnan(draws.z)]).all()


def test_optimism_of_a_box_is_its_step_in_the_draw_minus_that_in_the_data() -> None:
    data = events(2, size=200, gain=2.0)
    sample = sample_of(data)
    pipeline = PeelPipeline(PeelSettings(**WIDE)).prepare(sample)
    draws = peel_optimism(pipeline, seed=1, first=0, count=3, sizes=(0.3,))
    again = pipeline.pipeline.prepare(sample.take(resampled_rows(1, sample, 1)))
    found = again.run(again.observed).found
    assert found is not None
    here = found.effects()
    bins = np.floor(found.fractions / 0.05 + 1e-9).astype(int)
    known = ~np.isnan(draws.inside[1])
    assert set(np.flatnonzero(known)) == set(bins)
    assert (
        np.abs(here - draws.inside[1][bins]).max() < 3.0
    )  # what is left are the effects of the same limits in the data
    assert np.nanmean(draws.difference) > 0.0
    assert draws.chosen.any()


def test_held_out_boxes_and_overlaps_of_events() -> None:
    data = events(2, size=200, gain=2.5)
    sample = sample_of(data)
    held = held_out_peel(PeelPipeline(PeelSettings(**WIDE)), sample, 0.4)
    assert held.difference is not None
    assert held.difference.estimate > 0.5
    searches = PartitionPipeline({"depth": 1}).prepare(sample), PeelPipeline(PeelSettings(**WIDE)).prepare(sample)
    overlaps = overlap_draws(*searches, searches[0].null, 1, 0, 4, sizes=[0.4], peel_model=searches[1].null)
    assert (overlaps.nearest > 0.0).all()
    assert (partition_optimism(searches[0], 1, 0, 3).kept > 0).any()

"""p of a screening adjusted by draws: the same as from one screening of each flipped outcome, whatever the chunks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.analyses.cohorts import Cohorts, cells_of
from reportgen.analyses.samples import sample_of
from reportgen.pipeline import read
from reportgen.records.moderation import Screen
from reportgen.spec.analyses import Moderators
from reportgen.spec.draws import Flips
from reportgen.spec.study import Study
from reportgen.stats import screen_moderator
from reportgen.stats.null_model import null_model
from reportgen.stats.signs import signs
from tests.analysed import analysed
from tests.screened_study import write_screened

FLIPS = 20
NAMES = ("age", "sex", "mood", "job")  # the last in one trial alone, so that it is not tested


def read_study(folder: Path, effect: str) -> tuple[Study, Any]:
    spec, repository = read(write_screened(folder / effect, -0.25, moderators=list(NAMES), interaction_effect=effect))
    outcomes = {**spec.study.outcomes, "again": spec.study.outcomes["RMDQ"].model_copy(update={"instrument": "RMDQ"})}
    return spec.study.model_copy(update={"outcomes": outcomes}), repository


def screens(study: Study, repository: Any, **changes: Any) -> list[Screen]:
    node = study.analyses["screening"]
    assert isinstance(node, Moderators)
    asked = node.model_copy(update={"draws": Flips(sign_flips=FLIPS), **changes})
    return list(analysed("screening", asked, repository, study).results)


def smallest_of_each_flip(study: Study, repository: Any, effect: str) -> np.ndarray:
    """The smallest p of the moderators in each draw, fitted one by one."""
    node = study.analyses["screening"]
    assert isinstance(node, Moderators)
    cohorts = Cohorts(repository, study)
    people = cohorts.people(next(iter(cells_of(node, study))), node.adjust_for)
    columns = {name: item.among(people) for name, item in cohorts.moderators(NAMES).items()}
    sample = sample_of(people, columns)
    model, smallest = null_model(sample), []
    for sign in signs(study.study.seed, sample.unit, 0, FLIPS):
        found = [
            screen_moderator(
                model.flipped(sign), sample.treatment, sample.trial, moderator, adjusters=sample.adjusters,
                interaction_effect=effect, adjuster_slopes="stratified", minimum_trials=2,
            ).within.p_value
            for moderator in sample.moderators.values()
        ]  # fmt: skip
        smallest.append(np.nanmin(found))
    return np.array(smallest)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("effect", ["common", "random"])
def test_p_is_the_share_of_flips_with_as_small_a_p(tmp_path: Path, effect: str) -> None:
    study, repository = read_study(tmp_path, effect)
    (first, *_) = screens(study, repository, outcomes=("RMDQ",))
    smallest = smallest_of_each_flip(study, repository, effect)
    assert first.flips is not None
    assert first.flips.value == FLIPS
    told = {interaction.moderator: interaction for interaction in first.interactions}
    for name in ("age", "sex", "mood"):
        p, adjusted = told[name].reading.p.value, told[name].min_p
        assert p is not None
        assert adjusted is not None
        share = (1 + int(np.sum(smallest <= p * (1 + 1e-9)))) / (1 + FLIPS)
        assert adjusted.value == pytest.approx(max(share, p) if effect == "random" else share)
    assert told["job"].min_p is not None
    assert told["job"].min_p.value is None


def test_the_same_outcome_twice_costs_nothing(tmp_path: Path) -> None:
    study, repository = read_study(tmp_path, "common")
    first, again = screens(study, repository, outcomes=("RMDQ", "again"))
    for interaction, other in zip(first.interactions, again.interactions, strict=True):
        assert interaction.min_p is not None and interaction.min_p_all is not None and other.min_p_all is not None
        # flips share their signs, so that the smallest p of both outcomes is that of one
        assert interaction.min_p_all.value == interaction.min_p.value == other.min_p_all.value


def test_without_draws_nothing_is_adjusted_by_them(tmp_path: Path) -> None:
    study, repository = read_study(tmp_path, "common")
    (first, *_) = screens(study, repository, outcomes=("RMDQ",), draws=None)
    assert first.flips is None
    assert {(interaction.min_p, interaction.min_p_all) for interaction in first.interactions} == {(None, None)}

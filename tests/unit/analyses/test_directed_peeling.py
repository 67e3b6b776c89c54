"""Directed peeling from study file to record: boxes are what they say they are, and ids do not move."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.analyses.directed_peeling import sizes_of
from reportgen.analyses.peeling_record import decimals_of, size_text
from reportgen.data import Repository
from reportgen.pipeline import read
from reportgen.records.numbers import numbers_in, plain
from reportgen.records.peeling import DirectedPeeling, PeeledOutcome
from reportgen.spec import Spec
from reportgen.spec.analyses import DirectedPeeling as Node
from reportgen.stats import fit_one_step
from tests.analysed import analysed, people_of, searched
from tests.peeling_study import CONTENTS, PEELING, write_search_study

Read = tuple[Spec, Repository]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Read:
    return read(write_search_study(tmp_path_factory.mktemp("peeling") / "small"))


@pytest.fixture(scope="module")
def record(study: Read) -> DirectedPeeling:
    return made(study)


def made(study: Read, **options: Any) -> DirectedPeeling:
    spec, repository = study
    return analysed("peeling", Node.model_validate(PEELING | options), repository, spec.study)


def only(record: DirectedPeeling) -> PeeledOutcome:
    (peeling,) = record.results
    return peeling


def test_people_of_a_box_are_those_within_its_limits(study: Read, record: DirectedPeeling) -> None:
    spec, repository = study
    peeling = only(record)
    assert [(moderator.name, moderator.side) for moderator in peeling.moderators] == [
        ("age", "≤"),
        ("baseline RMDQ", "≥"),
    ]
    (selection,) = people_of(Node.model_validate(PEELING), repository, spec.study)
    age = repository.participants["age"].to_numpy(dtype=float)[selection.rows]
    before = selection.adjusters[:, 0]
    for box in peeling.boxes:
        most, least = (
            np.inf * sign if limit.value is None else limit.value
            for limit, sign in zip(box.limits, (1, -1), strict=False)
        )
        inside = (age <= most) & (before >= least)
        assert box.n.value == inside.sum()
        assert box.share.value == pytest.approx(inside.sum() / (~np.isnan(age)).sum())
        arrays = (selection.response[inside], selection.treatment[inside], selection.trial[inside])
        fit = fit_one_step(*arrays, adjusters=before[inside], treatment_effect="common")
        assert box.inside.effect.value == pytest.approx(fit.effect.estimate, rel=1e-9)
        assert box.inside.low.value == pytest.approx(fit.effect.interval()[0], rel=1e-7)


def test_planted_modification_is_seen(record: DirectedPeeling) -> None:
    boxes = {box.size: box for box in only(record).boxes}
    half = boxes[0.4]
    assert 40 <= (half.limits[0].value or 0) <= 47
    assert (half.inside.effect.value or 0) > (half.outside.effect.value or 0) + 2


def test_normal_interval_is_a_shorter_one_of_the_same_effect(record: DirectedPeeling) -> None:
    for box in only(record).boxes:
        assert box.normal.effect.value == pytest.approx(box.inside.effect.value)
        error = box.normal.std_error.value or 0.0
        assert box.normal.high.value == pytest.approx((box.inside.effect.value or 0.0) + 1.959964 * error, abs=1e-6)
        assert (box.normal.high.value or 0.0) < (box.inside.high.value or 0.0)
        assert box.normal.high.id == f"{box.id}.normal.ci-high"


def test_ids_name_the_size_and_stay_when_other_sizes_are_asked_for(tmp_path: Path, record: DirectedPeeling) -> None:
    before = {number.id: number.text for number in numbers_in(record)}
    assert "peeling.overall.rmdq.short.box-0-10.effect" in before
    contents = [CONTENTS[0] | {"sizes": [0.33]}, CONTENTS[1] | {"sizes": [0.125, 1.0]}]
    study = read(write_search_study(tmp_path / "s", report={"contents": contents}))
    assert sizes_of("peeling", study[0].study) == (0.1, 0.125, 0.2, 0.3, 0.33, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    after = {number.id: number.text for number in numbers_in(made(study))}
    assert before.items() <= after.items()
    assert {"peeling.overall.rmdq.short.box-0-125.share", "peeling.overall.rmdq.short.box-1-00.n"} <= after.keys()


def test_no_id_stands_for_two_numbers(record: DirectedPeeling) -> None:
    numbers = list(numbers_in(record))
    assert len({number.id for number in numbers}) == len(numbers)


def test_who_stays_out_and_why(record: DirectedPeeling) -> None:
    peeling = only(record)
    assert (peeling.in_comparison.value, peeling.n.value) == (600, 596)
    said = {item.label.text: plain(item.reason) for item in peeling.not_peeled}
    assert said["Sex" if "Sex" in said else "sex"].startswith("2 values")
    assert said["Body mass index"].startswith("only 1 of the trials")
    costs = {cost.label.text: (cost.people.value, cost.trials.value) for cost in peeling.costs}
    assert costs["age"] == (4, 0)
    assert sum(exclusion.n.value or 0 for exclusion in peeling.excluded) == 4


def test_directions_know_where_they_come_from(record: DirectedPeeling) -> None:
    age, before = only(record).moderators
    assert (age.gains, age.declared, before.gains, before.declared) == ("lower", False, "higher", True)
    assert age.interaction is not None
    assert (age.interaction.effect.value or 0) < 0
    assert before.interaction is None


def test_interaction_is_given_for_the_step_of_the_covariate(study: Read, record: DirectedPeeling) -> None:
    spec, repository = study
    (selection,) = people_of(Node.model_validate(PEELING), repository, spec.study)
    age = repository.participants["age"].to_numpy(dtype=float)[selection.rows]
    known = ~np.isnan(age)
    trial, values = selection.trial[known], age[known]
    centred = values - np.array([values[trial == label].mean() for label in trial])
    fit = fit_one_step(
        selection.response[known],
        selection.treatment[known],
        trial,
        adjusters=selection.adjusters[known],
        moderator=centred,
        treatment_effect="common",
    )
    found = only(record).moderators[0]
    assert fit.interaction is not None
    assert found.per is not None
    assert found.per.value == 10
    assert found.interaction is not None
    assert found.interaction.effect.value == pytest.approx(10 * float(fit.interaction.estimate), rel=1e-6)


def test_frontier_holds_every_box_and_the_printed_ones_lie_on_it(record: DirectedPeeling) -> None:
    peeling = only(record)
    line = peeling.frontier
    assert len(line.share) + line.suppressed == peeling.found.value
    assert len(line.share) == len(line.effect) == len(line.limits[0])
    assert list(line.share) == sorted(line.share, reverse=True)
    for box in peeling.boxes:
        place = line.share.index(box.share.value or 0.0)
        assert line.effect[place] == box.inside.effect.value
        nearest = min(line.share, key=lambda share: abs(share - box.size))
        assert abs(line.share[place] - box.size) == pytest.approx(abs(nearest - box.size))


def test_series_has_a_row_for_each_limit_of_each_box(record: DirectedPeeling) -> None:
    columns = record.series()
    assert {len(values) for values in columns.values()} == {2 * len(only(record).frontier.share)}
    assert set(columns["moderator"]) == {"age", "baseline RMDQ"}


@pytest.mark.parametrize(("size", "least"), [(0.25, 149), ("25%", 149), (200, 200)])
def test_minimum_size_is_a_share_or_a_number(study: Read, size: Any, least: int) -> None:
    smallest = only(made(study, min_size=size)).smallest
    assert smallest is not None
    assert least <= (smallest.n.value or 0) <= least + 30


def test_two_sizes_of_one_box_are_one_row(study: Read) -> None:
    peeling = only(made(study, min_size=0.5))
    boxes = peeling.nearest((0.1, 0.2, 0.3, 0.9))
    assert [box.size for box in boxes] == [0.1, 0.9]


def test_moderators_that_all_stay_out_are_a_result(study: Read) -> None:
    peeling = only(made(study, moderators=["sex"], directions={}))
    assert (peeling.status, peeling.boxes, peeling.smallest, peeling.moderators) == ("not estimable", (), None, ())
    assert plain(peeling.reason).startswith("no moderator can be peeled")
    assert peeling.overall.effect.value is not None


def test_too_few_trials_are_a_result(study: Read) -> None:
    peeling = only(made(study, minimum_trials=3))
    assert peeling.status == "not estimable"
    assert plain(peeling.reason) == "two trials, and three are needed"
    assert peeling.overall.effect.value is None


@pytest.mark.parametrize(("limit", "taken"), [(1e-12, ()), (0.05, ("age",))])
def test_moderators_come_from_a_screening(tmp_path: Path, limit: float, taken: tuple[str, ...]) -> None:
    screening = {"method": "moderators", "moderators": ["age", "sex"], "interaction_effect": "common"}
    peeling = PEELING | {"moderators": {"from": "screening", "p_below": limit}, "directions": {}}
    study = read(write_search_study(tmp_path / "s", gain=1.5, analyses={"screening": screening, "peeling": peeling},
                                    report={"contents": CONTENTS[:2]}))  # fmt: skip
    found = only(analysed("peeling", Node.model_validate(peeling), study[1], study[0].study))
    assert tuple(moderator.name for moderator in found.moderators) == taken
    if not taken:
        assert plain(found.reason) == "no moderator reached the limit of the screening"


def test_members_are_people_of_the_selection(study: Read) -> None:
    spec, repository = study
    node = Node.model_validate(PEELING)
    (found,) = searched(node, repository, spec.study)
    assert found.found is not None
    assert [int(mask.sum()) for mask in found.members] == [box.n for box in found.found.boxes]
    assert {len(mask) for mask in found.members} == {found.selection.n}


def test_sizes_as_ids_say_them() -> None:
    assert [size_text(size) for size in (0.1, 0.05, 0.333, 1.0)] == ["0.10", "0.05", "0.333", "1.00"]


def test_decimals_are_those_that_values_need(study: Read) -> None:
    spec, repository = study
    node = Node.model_validate(PEELING)
    (found,) = searched(node, repository, spec.study)
    assert decimals_of(found.moderators["age"], found.selection) == 0


def test_ordered_levels_are_limited_by_name(tmp_path: Path) -> None:
    levels = ["none", "school", "college", "university", "doctorate"]
    covariates = {
        "age": {"unit": "years"},
        "sex": {"levels": ["female", "male"], "reference": "female"},
        "bmi": {"unit": "kg/m2"},
        "education": {"label": "Education", "levels": levels, "ordered": True, "reference": "none"},
    }
    education = {"education": {"column": "edu", "codes": dict(enumerate(levels))}}
    peeling = {"method": "directed-peeling", "moderators": ["education"], "treatment_effect": "common"}
    peeling["directions"] = {"education": "lower gain more"}
    study = read(
        write_search_study(
            tmp_path / "s", covariates=covariates, analyses={"peeling": peeling},
            report={"contents": CONTENTS[:2]}, variables=education,
        )
    )  # fmt: skip
    found = only(analysed("peeling", Node.model_validate(peeling), study[1], study[0].study))
    (moderator,) = found.moderators
    assert moderator.levels is not None
    assert moderator.levels.value == 5
    limits = {box.limits[0].text for box in found.boxes}
    assert limits <= {*levels, "–"}
    assert len(limits) > 2
    places = {levels[int(place) - 1] for place in found.frontier.limits[0] if place == place}
    assert limits - {"–"} <= places

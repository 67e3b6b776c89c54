"""What draws repeat is the search of the data: the same people, moderators, cuts and boxes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reportgen.analyses.cohorts import Cohorts, cells_of
from reportgen.analyses.drawing import chunks, prepared_search, search_bootstrap, search_null
from reportgen.analyses.peeling_search import peeled
from reportgen.analyses.recursive_partitioning import partitioned
from reportgen.analyses.samples import cut_at, places_of, sample_of
from reportgen.analyses.screened import screening
from reportgen.pipeline import read
from reportgen.spec.analyses import DirectedPeeling, Moderators, RecursivePartitioning
from reportgen.stats.null_draws import peel_statistic
from reportgen.stats.null_model import null_model
from reportgen.stats.pipelines import PreparedPartition, PreparedPeel
from tests.peeling_study import write_search_study
from tests.planted_study import write_planted

SCREENING = {"method": "moderators", "moderators": ["age", "sex", "baseline RMDQ"]}
FROM = {"from": "screening", "p_below": 0.5}


def planted(folder: Path) -> Path:
    return write_planted(folder, lacking_age=40)


def screened(folder: Path) -> Path:
    return write_planted(folder, screening=SCREENING, moderators=FROM, missing="complete")


def published(folder: Path) -> Path:
    plain = {"interaction_effect": "common", "adjuster_slopes": "common"}
    old = {"information": "pooled", "adjuster_slopes": "common", "count_screened": False}
    return write_planted(folder, screening=SCREENING | plain, moderators=FROM, **old)


def by_arm(folder: Path) -> Path:
    return write_planted(folder, screening=SCREENING | {"residual": "by-arm"}, moderators=FROM | {"p_below": 0.1})


def peeled_within(folder: Path) -> Path:
    return write_search_study(folder, peeling={"information": "within", "adjuster_slopes": "stratified"})


def peeled_as_published(folder: Path) -> Path:
    return write_search_study(folder, peeling={"information": "pooled", "adjuster_slopes": "common"})


@pytest.mark.sampled(3)
@pytest.mark.parametrize("write", [planted, screened, published, by_arm, peeled_within, peeled_as_published])
def test_the_search_of_a_draw_finds_in_the_data_what_the_search_of_the_data_finds(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    spec, repository = read(write(tmp_path))
    study, cohorts = spec.study, Cohorts(repository, spec.study)
    searched = 0
    for node in study.analyses.values():
        if not isinstance(node, RecursivePartitioning | DirectedPeeling):
            continue
        screening_node = study.analyses.get(getattr(node.moderators, "from_", ""))
        assert screening_node is None or isinstance(screening_node, Moderators)
        names = (screening_node or node).moderators
        for cell in cells_of(node, study):
            people = cohorts.people(cell, node.adjust_for)
            columns = {name: item.among(people) for name, item in cohorts.moderators(names).items()}
            fits = screening(people, columns, node=screening_node) if screening_node else ()
            strongest = _in_the_data(node, people, columns, fits, screening_node)
            assert _in_a_draw(node, people, columns, screening_node) == pytest.approx(strongest, rel=1e-9)
            searched += 1
    assert searched


def _in_the_data(node, people, columns, fits, screening_node):
    if isinstance(node, RecursivePartitioning):
        found = partitioned(people, columns, fits, node=node, screened_by=screening_node).partition
        return max(-split.log_p_node for item in found.tree for split in item.splits)
    found = peeled(people, columns, fits, node=node, minimum_cell=0, screened_by=screening_node).found
    return max(box.z for box in found.boxes)


def _in_a_draw(node, people, columns, screening_node):
    search = prepared_search(people, columns, node, screening_node)
    found = search.run(search.sample.outcome)
    if isinstance(search, PreparedPartition):
        return max(-split.log_p_node for item in found.nodes for split in item.splits)
    assert isinstance(search, PreparedPeel)
    return peel_statistic(found)


def test_limits_are_kept_as_places_and_lead_back(tmp_path: Path) -> None:
    spec, repository = read(planted(tmp_path))
    (node,) = spec.study.analyses.values()
    assert isinstance(node, RecursivePartitioning)
    cohorts, (cell,) = Cohorts(repository, spec.study), cells_of(node, spec.study)
    people = cohorts.people(cell, node.adjust_for)
    columns = {name: item.among(people) for name, item in cohorts.moderators(node.moderators).items()}
    found = search_bootstrap(people, columns, node=node, screened_by=None, sizes=(), seed=1, first=0, count=5)
    sample = sample_of(people, columns)
    assert found is not None
    places = found.cut[:, 0, 0][found.chosen[:, 0, 0]]
    ages = np.unique(np.asarray(sample.moderators["age"], float))
    assert len(places) == 5 and (places == np.round(places)).all()
    assert all(cut_at("age", place, sample) == ages[int(place)] for place in places)
    again = places_of(np.full((1, 3, 2), ages[7]), sample)
    assert again[0, 0, 0] == 7.0


def test_people_are_flipped_alike_whatever_their_order(tmp_path: Path) -> None:
    spec, repository = read(planted(tmp_path))
    (node,) = spec.study.analyses.values()
    assert isinstance(node, RecursivePartitioning)
    cohorts, (cell,) = Cohorts(repository, spec.study), cells_of(node, spec.study)
    people = cohorts.people(cell, node.adjust_for)
    columns = {name: item.among(people) for name, item in cohorts.moderators(node.moderators).items()}
    asked = {"node": node, "screened_by": None, "seed": 3}
    whole = search_null(people, columns, **asked, first=0, count=6)
    parts = [search_null(people, columns, **asked, first=first, count=count) for first, count in ((0, 2), (2, 4))]
    assert whole is not None
    assert whole.statistic.tolist() == [value for part in parts if part for value in part.statistic]
    assert len(null_model(sample_of(people, columns)).residual) == people.n
    assert list(chunks(50)) == [(0, 50)] and list(chunks(0)) == []

"""What `plan` says of moderators, searches and their agreement is what the report then holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reportgen.cli import run
from reportgen.pipeline import plan, read
from reportgen.records.planned import PlannedAnalysis, PlannedEffect
from reportgen.render.planned import planned_lines
from tests.analysed import analysed
from tests.screened_study import COVARIATES, NODE, write_screened
from tests.study_files import STUDY, write_yaml

ALL = [*COVARIATES, "baseline RMDQ"]
RP: dict[str, Any] = {"method": "recursive-partitioning", "moderators": ALL}
PEEL: dict[str, Any] = {"method": "directed-peeling", "moderators": ALL}
SCREENED = {"from": "screening", "p_below": 0.2}
ANALYSES: dict[str, Any] = {
    "people": STUDY["analyses"]["people"],
    "pooled": {"method": "meta-analysis"},
    "screening": NODE,
    "rp": RP,
    "rp-available": RP | {"missing": "available"},
    "rp-screened": RP | {"moderators": SCREENED},
    "rp-screened-available": RP | {"moderators": SCREENED, "missing": "available"},
    "peel": PEEL,
    "peel-screened": PEEL | {"moderators": SCREENED},
    "agreement": {"method": "agreement", "partition": "rp", "peeling": "peel"},
    "agreement-screened": {"method": "agreement", "partition": "rp-screened", "peeling": "peel-screened"},
}


def study_with_gaps(folder: Path, analyses: dict[str, Any] = ANALYSES, **more: Any) -> Path:
    """Write the screened study; some have no age, some in the south no mood, and nobody of one arm in the east a sex."""
    path = write_screened(folder)
    for name, column, gap in (
        ("north", "age", slice(0, 25)),
        ("south", "mood", slice(10, 50)),
        ("east", "sex", slice(0, 200, 2)),
    ):
        table = pd.read_csv(folder / f"{name}.csv").astype({column: float})
        table.loc[table.index[gap], column] = float("nan")
        table.to_csv(folder / f"{name}.csv", index=False)
    kept = {
        "trials": ["north.yaml", "south.yaml", "east.yaml"],
        "covariates": COVARIATES,
        "report": {"formats": ["html", "workbook", "results"]},
    }
    write_yaml(path, {**STUDY, **kept, "analyses": analyses, **more})
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return study_with_gaps(tmp_path_factory.mktemp("planned") / "gaps")


@pytest.fixture(scope="module")
def planned(path: Path) -> dict[str, PlannedEffect]:
    return {item.name: item.effects[0] for item in plan(*read(path))}


@pytest.fixture(scope="module")
def made(path: Path) -> dict[str, Any]:
    spec, repository = read(path)
    return {name: analysed(name, node, repository, spec.study) for name, node in spec.study.analyses.items()}


def people(one: Any) -> tuple[Any, ...]:
    return one.trials.value, one.n.value, one.n_control.value, one.n_intervention.value


def promised(one: PlannedEffect) -> tuple[Any, ...]:
    return one.trials, one.n, one.n_control, one.n_intervention


def test_screening(planned: dict[str, PlannedEffect], made: dict[str, Any]) -> None:
    (screen,) = made["screening"].results
    said = planned["screening"]
    assert promised(said) == people(screen)
    assert said.moderators == screen.tested.value
    assert {name for name, _ in said.not_tried} == {
        item.moderator for item in screen.interactions if item.tier == "not estimable"
    }
    costs = {cost.moderator: (cost.people, cost.trials) for cost in said.costs}
    for interaction in screen.interactions:
        assert costs.get(interaction.moderator, (0, 0)) == (
            interaction.cost_people.value,
            interaction.cost_trials.value,
        )


@pytest.mark.parametrize("name", ["rp", "rp-available"])
def test_partition_of_listed_moderators(name: str, planned: dict[str, PlannedEffect], made: dict[str, Any]) -> None:
    (search,) = made[name].results
    said = planned[name]
    assert promised(said) == people(search.overall)
    assert not said.at_most
    assert said.moderators == sum(moderator.searched for moderator in search.moderators)
    assert {name for name, _ in said.not_tried} == {
        moderator.name for moderator in search.moderators if not moderator.searched
    }


def test_complete_cases_cost_people_and_available_ones_do_not(planned: dict[str, PlannedEffect]) -> None:
    assert planned["rp"].n < planned["rp-available"].n == planned["pooled"].n
    assert {cost.moderator for cost in planned["rp"].costs} >= {"age", "mood", "sex"}
    assert planned["rp-available"].costs == ()


def test_peeling_of_listed_moderators(planned: dict[str, PlannedEffect], made: dict[str, Any]) -> None:
    (peeling,) = made["peel"].results
    said = planned["peel"]
    assert promised(said) == people(peeling)
    assert said.n < planned["pooled"].n
    assert said.moderators == len(peeling.moderators)
    assert len(said.not_tried) == len(peeling.not_peeled)


def test_after_a_screening_numbers_are_the_most_that_can_be(
    planned: dict[str, PlannedEffect], made: dict[str, Any]
) -> None:
    (search,), (peeling,) = made["rp-screened"].results, made["peel-screened"].results
    for said, item, searched in (
        (planned["rp-screened"], search.overall, sum(use.searched for use in search.moderators)),
        (planned["peel-screened"], peeling, len(peeling.moderators)),
    ):
        assert said.at_most
        assert said.moderators_at_most
        assert all(most >= number for most, number in zip(promised(said), people(item), strict=True))
        assert 0 < searched <= (said.moderators or 0)
    available = planned["rp-screened-available"]
    assert (available.at_most, available.moderators_at_most) == (False, True)
    assert promised(available) == people(made["rp-screened-available"].results[0].overall)


def test_agreement(planned: dict[str, PlannedEffect], made: dict[str, Any]) -> None:
    assert planned["agreement"].n == made["agreement"].results[0].n.value
    assert not planned["agreement"].at_most
    assert planned["agreement-screened"].n >= made["agreement-screened"].results[0].n.value
    assert planned["agreement-screened"].at_most


def test_description(planned: dict[str, PlannedEffect], made: dict[str, Any]) -> None:
    control, intervention, everybody = made["people"].sides
    said = planned["people"]
    assert (said.n_control, said.n_intervention) == (control.n.value, intervention.n.value)
    assert (said.trials, said.n) == (everybody.trials.value, everybody.n.value)


def test_nothing_is_fitted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fitted(*_: object, **__: object) -> None:
        raise AssertionError("plan fits nothing")

    for module, name in (
        ("recursive_partitioning", "partition"),
        ("peeling_search", "peel"),
        ("fit_among", "fit_one_step"),
        ("pooled_fits", "fit_one_step"),
        ("pooled_fits", "fit_one_step_glmm"),
    ):
        monkeypatch.setattr(f"reportgen.analyses.{module}.{name}", fitted)
    monkeypatch.setattr("reportgen.stats.one_step.estimate_variances", fitted)
    assert len(plan(*read(path))) == len(ANALYSES)


def test_trials_that_do_not_enter_are_named_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    analyses = {name: ANALYSES[name] for name in ("pooled", "peel")}
    path = study_with_gaps(tmp_path / "late", analyses, follow_up={"short": {"months": [3.5, 6]}})
    assert run(["plan", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    end = next(place for place, line in enumerate(lines) if line.startswith("A build would recompute"))
    assert [line.strip() for line in lines[end + 1 :]] == [
        "pooled: 1 of 1 results may be recomputed",
        "peel: 1 of 1 results may be recomputed",
    ]
    assert lines[: end - 1] == [
        "pooled: meta-analysis",
        "comparison  outcome  follow-up  m  n  control  intervention",
        "overall     RMDQ     short      0  0        0             0",
        "    not estimable: no trials, and two are needed",
        "    without North, South, East (not measured in this window)",
        "",
        "peel: directed-peeling along age, sex, mood, job, weight, dose, baseline RMDQ",
        "comparison  outcome  follow-up  m  n  control  intervention  moderators",
        "overall     RMDQ     short      0  0        0             0           0",
        "    not estimable: no trials, and two are needed",
    ]


def test_a_search_that_cannot_divide_says_so(tmp_path: Path) -> None:
    analyses = {"rp": RP | {"moderators": ["age"], "min_size": 400}}
    path = study_with_gaps(tmp_path / "large", analyses)
    spec, repository = read(path)
    (said,) = plan(spec, repository)[0].effects
    assert said.remark == "too few participants to divide: each side needs 400, and 10 in each arm"
    node = spec.study.analyses["rp"]
    (search,) = analysed("rp", node, repository, spec.study).results
    assert (search.min_size.value, search.subgroups) == (400, ())


def test_lines_stay_within_100_columns(path: Path) -> None:
    lines = planned_lines(plan(*read(path)))
    assert max(map(len, lines)) <= 100
    assert "    not tried: job (one trial with a value on both sides, and the screening needs two); weight (no" in lines
    assert sum(line.startswith("≤: at most.") for line in lines) == 4


def test_of_many_trials_the_number_is_said() -> None:
    from reportgen.records.planned import ExcludedTrials

    four = ExcludedTrials("not measured in this window", ("A", "B", "C", "D"))
    never = ExcludedTrials("not measured", ("E",))
    effect = PlannedEffect("overall", "RMDQ", "short", 90, 2, 40, 50, excluded=(four, never))
    lines = planned_lines([PlannedAnalysis("pooled", "meta-analysis", "", (effect,))])
    assert lines[-1] == "    without 4 trials (not measured in this window)"

"""Adjusters that are constant, collinear or swallowed by the trials are named in `plan`, on the pages and in the results;
people who lack one are counted there too."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reportgen.analyses import make_records
from reportgen.pipeline import Order, build, plan, read
from reportgen.records.model import Records
from reportgen.records.numbers import plain
from reportgen.render.appendix import Appendix, compose
from reportgen.render.artefacts import numbered_artefacts
from reportgen.render.planned import planned_lines
from reportgen.spec import Spec
from tests.screened_study import COVARIATES, write_screened
from tests.study_files import MAPPING, STUDY, write_yaml

pytestmark = pytest.mark.slow

ADJUSTERS = ["baseline", "age", "dose", "year", "months", "sex"]
LOST = {"Dose": "one value in all", "Year": "one value in each trial", "Months": "follows from Age"}
EXTRA: dict[str, Any] = {
    "year": {"label": "Year"},
    "months": {"label": "Months", "unit": "months"},
}
MODERATORS = ["mood", "baseline RMDQ"]
ANALYSES: dict[str, Any] = {
    "pooled": {"method": "meta-analysis", "adjust_for": ADJUSTERS},
    "screening": {"method": "moderators", "moderators": MODERATORS, "adjust_for": ADJUSTERS},
    "rp": {"method": "recursive-partitioning", "moderators": ["age", "sex"], "adjust_for": ADJUSTERS, "alpha": 0.5},
    "peel": {"method": "directed-peeling", "moderators": ["age"], "adjust_for": ADJUSTERS},
}
CONTENTS = [
    {"series": "Table", "show": show, "of": of, "name": show}
    for show, of in (
        ("estimates", "pooled"),
        ("estimates-by-trial", "pooled"),
        ("analysed", "pooled"),
        ("interaction-estimates", "screening"),
        ("subgroups", "rp"),
        ("peeling-thresholds", "peel"),
    )
]
FIGURES = [{"series": "Fig.", "show": "forest", "of": "pooled", "name": "forest"}]
ABSENT = 7  # people of the north without a sex


def written(folder: Path, analyses: dict[str, Any] = ANALYSES, contents: list[Any] | None = None) -> Path:
    """Write a study of three trials with adjusters that say nothing, and some people without a sex."""
    path = write_screened(folder)
    variables = {
        **MAPPING["variables"],
        "mood": {"column": "mood", "codes": {1: "low", 2: "middling", 3: "high"}},
        **{name: {"column": name} for name in ("dose", "year", "months")},
    }
    for year, trial in enumerate(("north", "south", "east"), 2001):
        table = pd.read_csv(folder / f"{trial}.csv").assign(year=year)
        table["months"] = 12 * table["age"]
        table = table.astype({"sex": float})
        if trial == "north":
            table.loc[table.index[:ABSENT], "sex"] = float("nan")
        if trial == "east":
            table["sex"] = 1.0
        table.to_csv(folder / f"{trial}.csv", index=False)
        mapping = {**MAPPING, "trial": trial.title(), "variables": variables}
        write_yaml(folder / f"{trial}.yaml", {**mapping, "data": {"file": f"{trial}.csv", "participant": "id"}})
    study = {
        **STUDY,
        "trials": ["north.yaml", "south.yaml", "east.yaml"],
        "covariates": COVARIATES | EXTRA,
        "analyses": analyses,
        "report": {"formats": ["html", "workbook", "results"], "contents": contents or [*CONTENTS, *FIGURES]},
    }
    write_yaml(path, study)
    return path


@dataclass(frozen=True, slots=True)
class Made:
    """A study with its records and pages."""

    path: Path
    spec: Spec
    records: Records
    appendix: Appendix

    def methods(self, heading: str) -> str:
        """Return a section of the methods as plain text."""
        section = next(method for method in self.appendix.methods if plain(method.heading).startswith(heading))
        return " ".join(map(plain, section.paragraphs))

    def notes(self, name: str) -> str:
        """Return the notes of a table as plain text."""
        artefact = next(item for item in self.appendix.artefacts if item.name == name)
        return " ".join(plain(note) for part in artefact.parts if part.table for note in part.table.footnotes)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    path = written(tmp_path_factory.mktemp("adjusters") / "study")
    spec, repository = read(path)
    records = make_records(spec, repository, profile="draft")
    return Made(path, spec, records, compose(spec, records, numbered_artefacts(spec, records)))


def test_plan_names_them(made: Made) -> None:
    for analysis in plan(*read(made.path)):
        (effect,) = analysis.effects
        assert effect.not_adjusted == (
            "dose (one value in all)",
            "year (one value in each trial)",
            "months (follows from age)",
        )
        assert effect.without_adjuster == (("sex", ABSENT),)
    lines = planned_lines(plan(*read(made.path)))
    assert f"    no value of an adjuster: sex {ABSENT} people" in lines


@pytest.mark.parametrize(
    "heading", ["Meta-analysis", "Screening of moderators", "Recursive partitioning", "Directed peeling"]
)
def test_methods_claim_no_adjustment_that_was_not_made(made: Made, heading: str) -> None:
    text = made.methods(heading)
    assert "adjusted for the baseline value of the outcome, Age and Sex" in text
    for label, reason in LOST.items():
        assert f"Not adjusted for {label} ({reason})" in text
    assert f"Excluded because they have no value of an adjuster: Sex, {ABSENT} participants." in text


@pytest.mark.parametrize(
    "name", ["estimates", "estimates-by-trial", "interaction-estimates", "subgroups", "peeling-thresholds"]
)
def test_notes_of_tables_name_them(made: Made, name: str) -> None:
    for label, reason in LOST.items():
        assert f"Not adjusted for {label} ({reason})" in made.notes(name)


def test_a_trial_in_which_an_adjuster_says_nothing_is_named(made: Made) -> None:
    assert "By themselves: Not adjusted for Sex (one value in all): East." in made.notes("estimates-by-trial")


def test_a_subgroup_in_which_an_adjuster_says_nothing_is_named(tmp_path: Path) -> None:
    rp = {**ANALYSES["rp"], "moderators": ["sex"], "alpha": 0.999, "multiplicity": "none"}
    path = written(tmp_path / "study", {"rp": rp}, [item for item in CONTENTS if item["of"] == "rp"])
    spec, repository = read(path)
    records = make_records(spec, repository, profile="draft")
    (search,) = records.analyses["rp"].results  # type: ignore[union-attr]
    (found,) = search.subgroups
    assert [lost.adjuster.text for lost in search.overall.not_adjusted] == ["Dose", "Year", "Months"]
    assert [lost.adjuster.text for lost in found.inside.not_adjusted] == ["Dose", "Year", "Months", "Sex"]
    made = Made(path, spec, records, compose(spec, records, numbered_artefacts(spec, records)))
    assert (
        f"Not adjusted for Sex (one value in all): Roland Morris, short, {plain(found.inside.words)}; Roland"
        in made.notes("subgroups")
    )


def test_status_names_them(made: Made) -> None:
    status = next(item for item in made.appendix.back if item.name == "status")
    said = " ".join(map(plain, status.paragraphs))
    for label, reason in LOST.items():
        assert f"Not adjusted for {label} ({reason})" in said
    (row,) = status.tables[0].table.groups[0].rows
    assert (
        "not adjusted for Dose (one value in all), Year (one value in each trial), Months (follows from Age)"
        in plain(row.cells[-1])
    )


def test_results_hold_them(made: Made, tmp_path: Path) -> None:
    built = build(Order(made.path, output=tmp_path / "out", profile="draft"))
    assert built.exit_code == 0
    with (tmp_path / "out" / "results.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = {row["id"]: row for row in csv.DictReader(stream)}
    for name in ("pooled", "peel"):
        row = rows[f"{name}.overall.rmdq.short.not-adjusted.months.adjuster"]
        assert (row["text"], row["reason"]) == ("Months", "follows from Age")
    assert any("screening" in key and ".not-adjusted.year." in key for key in rows)
    assert any(key.startswith("rp.") and ".not-adjusted.dose." in key for key in rows)


def test_where_none_is_left_nothing_is_called_adjusted(tmp_path: Path) -> None:
    analyses = {name: node | {"adjust_for": ["dose"]} for name, node in ANALYSES.items()}
    path = written(tmp_path / "study", analyses)
    spec, repository = read(path)
    records = make_records(spec, repository, profile="draft")
    artefacts = numbered_artefacts(spec, records)
    appendix = compose(spec, records, artefacts)
    text = " ".join(plain(paragraph) for section in appendix.methods for paragraph in section.paragraphs)
    assert ", adjusted for" not in text
    assert "slopes" not in text
    assert text.count("Not adjusted for Dose (one value in all)") == len(ANALYSES)
    (forest,) = (artefact for artefact in artefacts if artefact.name == "forest")
    assert "djusted mean difference" not in "".join(str(drawing) for part in forest.parts for drawing in part.drawings)


def test_an_ordinary_study_says_nothing_of_it(tmp_path: Path) -> None:
    path = write_screened(tmp_path / "study", adjust_for=["baseline", "age", "mood"])
    spec, repository = read(path)
    assert all(effect.not_adjusted == () for item in plan(spec, repository) for effect in item.effects)
    records = make_records(spec, repository, profile="draft")
    appendix = compose(spec, records, numbered_artefacts(spec, records))
    assert "Not adjusted" not in str(appendix)
    assert "Excluded because" not in str(appendix)

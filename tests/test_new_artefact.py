"""A new artefact is one function and one Show, a new record one View: none of them touches a file of the package."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field

from reportgen.pipeline import Order, build
from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.model import MetaAnalysis
from reportgen.records.numbers import plain
from reportgen.render.appendix import compose
from reportgen.spec import methods as language
from reportgen.spec import shows as options
from reportgen.spec.load import examine_study
from reportgen.spec.lock import json_schema
from reportgen.views import SHOWS, VIEWS, Back, Context, Draft, Ended, Section, Show, View, add_show, add_view
from tests.page_numbers import pages_of
from tests.study_files import STUDY, write_study
from tests.unit.render import records_fixture


class Weights(options.Rounded, options.Limited):
    """The weights of the trials, those of little weight left out."""

    methods = ("meta-analysis",)
    show: Literal["weights"]
    least: float = Field(0, ge=0, le=100, description="Trials of less weight than this, in per cent, are left out.")


def weights(record: MetaAnalysis, chosen: Weights, context: Context) -> tuple[Draft, ...]:
    columns = (Column(("Trial",), "left"), Column(("Weight, %",), "right"))
    trials = [row for effect in record.results for row in effect.by_trial if (row.weight.value or 0) >= chosen.least]
    rows = tuple(Row((row.trial,), ((row.weight,),)) for row in trials)
    return (Draft(table=Table(columns, (Group(rows),), ((f"In {context.name} of {len(trials)} trials.",),))),)


WEIGHTS = Show(Weights, "Weights of the trials", weights, beside={"estimates": "The effects stand in"})


class Counting(language.Analysis):
    """A method from elsewhere."""

    reports_participants = True
    method: Literal["counting"]
    upto: int = Field(3, ge=1)


@dataclass(frozen=True)
class Counted:
    """The record of a method from elsewhere."""

    name: str
    upto: int


@pytest.fixture
def registered() -> Iterator[None]:
    options.show(Weights)
    language.method(Counting)
    add_show(WEIGHTS)
    add_view(
        View(
            "counting",
            Counted,
            "Counting",
            prose=lambda records, study: [Section(("Counting",), ((f"Up to {record.upto}.",),)) for record in records],
            status=lambda records: Ended(
                ("ok",) * len(records), (Back("counted", "How counting ended", Table((), ())),)
            ),
        )
    )
    yield
    del options.SHOWS["weights"], language.METHODS["counting"], SHOWS["weights"], VIEWS[Counted]


def study_with(folder: Path, *contents: dict[str, Any], **analyses: Any) -> Path:
    whole = {
        "analyses": {**STUDY["analyses"], **analyses},
        "report": {"formats": ["html", "results"], "contents": contents},
    }
    return write_study(folder / "study", whole)


TABLE = {"series": "Table", "of": "pooled"}


def test_a_new_artefact_is_on_the_page_and_in_the_results(tmp_path: Path, registered: None) -> None:
    node = {**TABLE, "show": "weights", "least": 1, "rounding": {"percent": 3}}
    path = study_with(tmp_path, node, {**TABLE, "show": "estimates"})
    built = build(Order(path, output=tmp_path / "out"))
    assert built.exit_code == 0
    page = pages_of(tmp_path / "out")
    with (tmp_path / "out" / "results.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = {row["id"]: row for row in csv.DictReader(stream)}
    found = [row for key, row in rows.items() if key.endswith(".weight@table1")]
    assert len(found) == 2
    assert sum(float(row["value"]) for row in found) == pytest.approx(100)
    for row in found:
        assert len(row["text"].partition(".")[2]) == 3
        assert row["text"] in page
    text = re.sub("<[^>]*>", "", page)
    assert "Weights of the trials: overall" in text
    assert "In table1 of 2 trials." in text
    assert "The effects stand in Table 2" in text
    assert "least: 1.0" in (tmp_path / "out" / "study.lock.yaml").read_text(encoding="utf-8")


def test_its_options_are_checked_as_those_of_any_other(tmp_path: Path, registered: None) -> None:
    wrong = (
        {**TABLE, "show": "weights", "leest": 1},
        {**TABLE, "show": "weights", "least": 101, "of": "people"},
        {**TABLE, "show": "weigths", "least": 5},
        {**TABLE, "show": "forest", "least": 5},
    )
    found = [(problem.message, problem.hint) for problem in examine_study(study_with(tmp_path, *wrong)).problems]
    assert found == [
        ("unknown key 'leest'", "Did you mean 'least'?"),
        ("'101' is not at most 100", "Write 100 or less."),
        ("invalid value 'weigths'", "Did you mean 'weights'?"),
        ("'least' does not apply to 'forest'", "Remove it: it applies to 'weights'."),
        (
            "'weights' shows a 'meta-analysis', and 'people' is a 'descriptive'",
            "Name an analysis with `method: meta-analysis`.",
        ),
    ]


def test_the_schema_has_it_as_long_as_it_is_registered(registered: None) -> None:
    described = json.loads(json_schema())["$defs"]["Weights"]["properties"]
    assert described["least"]["description"] == "Trials of less weight than this, in per cent, are left out."
    assert described["rounding"]["description"]


def test_the_schema_is_without_it_where_nobody_registered_it() -> None:
    assert not {"Weights", "Counting"} & set(json.loads(json_schema())["$defs"])


def test_a_method_from_elsewhere_is_read_with_its_own_options(tmp_path: Path, registered: None) -> None:
    spec = examine_study(study_with(tmp_path, x={"method": "counting", "upto": 7})).spec
    assert spec is not None
    assert spec.study.analyses["x"] == Counting(method="counting", upto=7)
    who = {"series": "Table", "show": "analysed", "of": "x"}
    (wrong,) = examine_study(study_with(tmp_path, who, x={"method": "counting", "depth": 7})).problems
    assert wrong.message == "'depth' does not apply to 'counting'"


def test_the_methods_and_the_status_ask_the_view_of_a_record_from_elsewhere(registered: None) -> None:
    records = records_fixture.records()
    counted: Any = Counted("x", 7)
    appendix = compose(records_fixture.spec(), replace(records, analyses=records.analyses | {"x": counted}), ())
    (section,) = [method for method in appendix.methods if method.heading == ("Counting",)]
    assert [plain(paragraph) for paragraph in section.paragraphs] == ["Up to 7."]
    (status,) = [item for item in appendix.back if item.name == "status"]
    assert [table.name for table in status.tables] == ["model-status", "counted"]


def test_each_method_has_a_view_and_each_view_says_who_entered_where_the_method_does() -> None:
    views = {view.method: view for view in VIEWS.values()}
    assert set(views) == set(language.METHODS)
    assert {name for name, view in views.items() if view.people} == {
        name for name, kind in language.METHODS.items() if kind.reports_participants
    }
    for view in VIEWS.values():
        assert all(view.method in show.options.shown_methods() for show in view.shows)


def test_no_word_is_taken_twice(registered: None) -> None:
    other = type("Other", (Weights,), {})
    with pytest.raises(ValueError, match="`show: weights` is taken by Weights"):
        options.show(other)
    with pytest.raises(ValueError, match="another show is called 'weights' already"):
        add_show(replace(WEIGHTS, title="Others"))
    with pytest.raises(ValueError, match="the options of 'weights' are not registered"):
        add_show(replace(WEIGHTS, options=other))
    with pytest.raises(ValueError, match="another view shows MetaAnalysis already"):
        add_view(replace(VIEWS[MetaAnalysis], label="Other"))

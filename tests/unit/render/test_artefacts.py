"""Numbers, names and parts of artefacts, and what stands in the place of an analysis that failed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.records.artefact import Drawing, Part
from reportgen.records.model import Failure
from reportgen.records.numbers import numbers_in, plain
from reportgen.render.artefacts import artefact_names, lettered, numbered_artefacts, places
from reportgen.spec import Spec
from reportgen.spec import shows as options
from reportgen.spec.shows import Artefact, Availability, Estimates, IncludedTrials, OutcomeMeasures
from reportgen.views import SHOWS
from tests.number_builder import NumberBuilder
from tests.unit.render import records_fixture

spec = records_fixture.spec()


def with_contents(*contents: Artefact) -> Spec:
    report = spec.study.report.model_copy(update={"contents": contents})
    return replace(spec, study=spec.study.model_copy(update={"report": report}))


def drawing(name: str) -> Drawing:
    return Drawing(name, "<svg></svg>", b"", 10, 10, ())


def forest(
    effects: object, settings: object, *, name: str, scale: object, limits: object, order: object, columns: object
) -> tuple[Drawing, ...]:
    return (drawing(name),)


def forest_by_trial(
    effect: object, settings: object, *, name: str, limits: object, order: object, columns: object
) -> tuple[Drawing, ...]:
    return (drawing(name),)


def picture(record: object, *, name: str) -> tuple[Drawing, ...]:
    return (drawing(name),)


@pytest.fixture(autouse=True)
def _no_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reportgen.figures.draw_forest", forest)
    monkeypatch.setattr("reportgen.figures.draw_forest_by_trial", forest_by_trial)
    monkeypatch.setattr("reportgen.figures.draw_availability", picture)


def test_numbers_count_within_a_series_in_the_order_of_the_study_file() -> None:
    made = numbered_artefacts(spec, records_fixture.records())
    assert [(a.name, a.label) for a in made] == [
        ("table1", "Table 1"),
        ("table2", "Table 2"),
        ("fig1", "Fig. 1"),
        ("table3", "Table 3"),
        ("fig2", "Fig. 2"),
        ("supplementary1", "Supplementary Table 1"),
        ("appendix1", "Appendix 1"),
        ("appendix2", "Appendix 2"),
        ("appendix3", "Appendix 3"),
    ]


def test_names_are_made_from_series_and_number() -> None:
    made = with_contents(
        IncludedTrials(series="Supplementary Table", show="included-trials"),
        Availability(series="Fig.", show="availability"),
        OutcomeMeasures(series="Table", show="outcome-measures", name="measures"),
    )
    assert artefact_names(made) == ("supplementary-table1", "fig1", "measures")
    assert [place.label for place in places(made.study)] == ["Supplementary Table 1", "Fig. 1", "Table 1"]


def test_only_limits_what_is_made_and_keeps_the_numbers() -> None:
    made = numbered_artefacts(spec, records_fixture.records(), only=frozenset({"table3", "appendix2"}))
    assert [a.label for a in made] == ["Table 3", "Appendix 2"]


def test_parts_by_outcome_have_letters_titles_and_stems() -> None:
    (made,) = numbered_artefacts(spec, records_fixture.records(), only=frozenset({"fig2"}))
    assert [(part.letter, plain(part.title)) for part in made.parts][:2] == [
        ("a", "Mean probing depth"),
        ("b", "Mean clinical attachment loss"),
    ]
    assert [d.name for d in made.parts[1].drawings] == ["fig2b-visit-3", "fig2b-visit-5"]
    assert [plain(d.title) for d in made.parts[1].drawings] == ["Visit 3", "Visit 5"]


def test_one_part_needs_no_letter_and_thirty_have_two() -> None:
    assert lettered((Part("", ()),))[0].letter == ""
    assert [part.letter for part in lettered((Part("", ()),) * 28)][24:] == ["y", "z", "aa", "ab"]


def test_a_failed_analysis_says_why_in_its_place() -> None:
    reason = NumberBuilder("pooled", "analyses.pooled", {}).quote("failure", "LinAlgError: matrix 3 x 3 is singular")
    records = records_fixture.records()
    records = replace(records, analyses=records.analyses | {"pooled": Failure("pooled", reason)})
    made = {a.name: a for a in numbered_artefacts(spec, records)}
    assert plain(made["fig1"].parts[0].notes[0]) == "This analysis failed: LinAlgError: matrix 3 x 3 is singular."
    assert made["table1"].parts[0].table is not None


def test_an_artefact_may_round_differently_under_ids_of_its_own() -> None:
    node = Estimates(series="Table", show="estimates", of="pooled", name="short", rounding={"effect": 1})
    (made,) = numbered_artefacts(with_contents(node), records_fixture.records())
    numbers = {number.id: number for number in numbers_in(made)}
    rounded = numbers["pooled.therapy.probing-depth.visit-3.effect@short"]
    assert (rounded.text, rounded.value) == ("0.3", 0.25)
    assert "pooled.therapy.probing-depth.visit-3.p" in numbers


def test_an_outcome_can_be_chosen() -> None:
    node = Estimates(series="Table", show="estimates", of="pooled", outcome="bleeding", follow_up="visit 5")
    (made,) = numbered_artefacts(with_contents(node), records_fixture.records())
    table = made.parts[0].table
    assert table is not None
    assert [[plain(row.head) for row in group.rows] for group in table.groups] == [["Sites bleeding on probing, %"]]
    assert plain(table.columns[0].head) == "Outcome, Visit 5"


def test_titles_that_nobody_gave_say_what_is_shown() -> None:
    node = Estimates(series="Table", show="estimates", of="pooled")
    (made,) = numbered_artefacts(with_contents(node), records_fixture.records())
    assert plain(made.title) == "Pooled effects in numbers: periodontal therapy v delayed therapy"


def test_each_artefact_of_the_study_file_can_be_shown_and_each_that_can_be_shown_is_in_it() -> None:
    assert {name: show.options for name, show in SHOWS.items()} == options.SHOWS
    assert all(show.title for show in SHOWS.values())
    assert {other for show in SHOWS.values() for other in show.beside} <= set(SHOWS)

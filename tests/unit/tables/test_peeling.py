"""Tables of directed peeling and of its agreement: one column a moderator, dashes where it does not limit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reportgen.analyses import make_records
from reportgen.pipeline import read
from reportgen.records.agreement import Agreement
from reportgen.records.artefact import Table
from reportgen.records.model import Records
from reportgen.records.numbers import plain
from reportgen.records.peeling import DirectedPeeling
from reportgen.tables import (
    no_frontier,
    nothing_to_compare,
    overlap,
    peeling_status,
    peeling_thresholds,
    profile,
)
from tests.peeling_study import PEELING, write_search_study

SIZES = (0.2, 0.5, 0.9)


def made(folder: Path, **analyses: object) -> Records:
    changes = {"analyses": analyses, "report": {"contents": []}} if analyses else {}
    spec, repository = read(write_search_study(folder / "s", **changes))
    return make_records(spec, repository, profile="draft")


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Records:
    return made(tmp_path_factory.mktemp("tables"))


def peeling_of(records: Records) -> DirectedPeeling:
    record = records.analyses["peeling"]
    assert isinstance(record, DirectedPeeling)
    return record


def agreement_of(records: Records) -> Agreement:
    record = records.analyses["agreement"]
    assert isinstance(record, Agreement)
    return record


def texts(table: Table) -> list[list[str]]:
    return [[plain(row.head), *map(plain, row.cells)] for group in table.groups for row in group.rows]


def test_one_column_a_moderator_and_one_row_a_size(records: Records) -> None:
    record = peeling_of(records)
    table = peeling_thresholds(record.results[0], SIZES, record.settings)
    heads = [plain(column.head) for column in table.columns]
    assert heads[:3] == ["Size", "n", "m"]
    assert heads[3] == "age\u00a0≤, years"
    assert heads[4] == f"{record.results[0].moderators[1].label.text}\u00a0≥"
    assert heads[5:] == ["Effect inside (95%\u00a0CI)", "Outside", "Difference (95%\u00a0CI)"]
    rows = texts(table)
    assert all(len(row) == len(heads) for row in rows)
    assert [row[0] for row in rows] == [box.share.text for box in record.results[0].nearest(SIZES)] + ["All"]
    assert rows[-1][1] == "596"


def test_a_moderator_that_does_not_limit_has_a_dash_and_no_footnote(records: Records) -> None:
    record = peeling_of(records)
    free = next(box for box in record.results[0].boxes if any(limit.value is None for limit in box.limits))
    table = peeling_thresholds(record.results[0], (free.size,), record.settings)
    assert "–" in texts(table)[0][3:5]
    assert not any(note[0] == "ᵃ" for note in table.footnotes)


def test_notes_say_what_was_not_done(records: Records) -> None:
    record = peeling_of(records)
    notes = [plain(note) for note in peeling_thresholds(record.results[0], SIZES, record.settings).footnotes]
    before = record.results[0].moderators[1].label.text
    assert any("No hypothesis was tested." in note for note in notes)
    assert any("not adjusted for the search" in note for note in notes)
    assert any("Not peeled: sex (2 values" in note for note in notes)
    assert any(f"Participants declared to gain more: higher values of {before}" in note for note in notes)
    assert any("Participants who gain more" in note and "lower values of age" in note for note in notes)
    assert any("Participants without a value of a moderator, who are not analysed: age 4." in note for note in notes)


def test_an_interaction_is_per_year_and_not_per_years(records: Records) -> None:
    peeling = peeling_of(records).results[0]
    ten = peeling.moderators[0]
    assert ten.per is not None
    one = replace(ten, per=replace(ten.per, value=1.0, text="1"))
    share = replace(ten, per=replace(ten.per, unit="%"))
    points = replace(ten, per=replace(ten.per, unit="points"))
    said = {" per 10 years.": ten, " per year.": one, " per 10 percentage points.": share, " per 10 points.": points}
    for words, moderator in said.items():
        table = peeling_thresholds(
            replace(peeling, moderators=(moderator, *peeling.moderators[1:])), SIZES, peeling_of(records).settings
        )
        assert any(words in plain(note) for note in table.footnotes)


def test_nothing_to_peel_is_said_with_its_reasons(tmp_path: Path) -> None:
    record = peeling_of(made(tmp_path, peeling=PEELING | {"moderators": ["sex"], "directions": {}}))
    said = plain(no_frontier([(record.results[0], ("Pain",))]))
    start = "No subgroup could be peeled: Pain: no moderator can be peeled; the reasons stand with each: sex (2 values"
    assert said.startswith(start)
    assert texts(peeling_status([record])) == [[
        plain((record.results[0].outcome_label, ", ", record.results[0].follow_up_label)),
        "nothing to peel", "0", "0", "0", "0", "no moderator can be peeled; the reasons stand with each",
    ]]  # fmt: skip


def test_status_has_no_empty_column(records: Records) -> None:
    table = peeling_status([peeling_of(records)])
    assert "Remark" not in [plain(column.head) for column in table.columns]
    assert all(len(row) == len(table.columns) for row in texts(table))


def test_agreement_has_a_group_a_subgroup_and_a_row_a_box(records: Records) -> None:
    record = agreement_of(records)
    outcome = record.results[0]
    table = overlap(outcome, record)
    assert len(table.groups) == len(outcome.subgroups)
    assert plain(table.groups[0].head).startswith("Recursive partitioning, subgroup 1: age ≤")
    rows = texts(table)
    assert all(len(row) == len(table.columns) for row in rows)
    for row in rows:
        peeled, both, _, only_peeled = map(int, row[1:5])
        assert peeled == both + only_peeled


def test_profile_has_two_columns_a_box(records: Records) -> None:
    record = agreement_of(records)
    table = profile(record.results[0], record)
    assert len(table.columns) == 1 + 2 * 2
    rows = {row[0]: row[1:] for row in texts(table)}
    assert all(len(row) == 4 for row in rows.values())
    assert {"age, years, mean (SD)", "sex: female, n (%)", "sex: male, n (%)"} <= rows.keys()


def test_nothing_to_compare_is_said(tmp_path: Path) -> None:
    spec, repository = read(write_search_study(tmp_path / "s", gain=0.0))
    record = agreement_of(make_records(spec, repository, profile="draft"))
    said = plain(nothing_to_compare([(record.results[0], ("Pain",))]))
    assert said == "Nothing to compare: Pain (recursive partitioning found no subgroup)."

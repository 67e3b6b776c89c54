"""An effect without an estimable row has no drawing: a sentence names it, with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reportgen.records.numbers import plain
from reportgen.records.record import Record
from reportgen.views import SHOWS, Context, Draft
from tests.unit.figures.screens import settings as screening
from tests.unit.figures.screens import several
from tests.unit.figures.searches import WHY, search
from tests.unit.figures.searches import settings as search_settings
from tests.unit.render import records_fixture

REASON = "two trials are needed"


def parts(show: str, **options: Any) -> tuple[Draft, ...]:
    """Parts of a forest of which the first effect, and each of its trials, could not be estimated."""
    study, records = records_fixture.spec().study, records_fixture.records()
    record: Any = records.analyses["pooled"]
    first, *others = record.results
    trials = tuple(replace(trial, status="not estimable") for trial in first.by_trial)
    first = replace(first, status="not estimable", reason=REASON, by_trial=trials)
    asked = SHOWS[show].options(series="Fig.", show=show, of="pooled", **options)
    return SHOWS[show].parts(replace(record, results=(first, *others)), asked, Context("fig9", study, records))


def drawings(drafts: tuple[Draft, ...]) -> int:
    return sum(len(draft.sketches) for draft in drafts)


def test_a_forest_by_trial_leaves_out_what_has_no_row() -> None:
    drafts = parts("forest-by-trial", parts="by outcome")
    (said,) = [plain(note) for draft in drafts for note in draft.notes]
    assert said == (
        f"Not drawn, since nothing was estimated: Mean probing depth, Visit 3 ({REASON}); "
        "Mean gingival index, Visit 5 (one trial, and two are needed)."
    )
    record: Any = records_fixture.records().analyses["pooled"]
    assert drawings(drafts) == len(record.results) - 2


def test_a_part_of_a_forest_without_an_estimate_is_not_drawn() -> None:
    whole, limited = parts("forest"), parts("forest", outcome=("probing depth",), follow_up=("visit 3",))
    assert drawings(whole) == 1 and not [note for draft in whole for note in draft.notes]  # a row says so
    assert drawings(limited) == 0
    assert plain(limited[0].notes[0]).startswith("Not drawn, since nothing was estimated: Mean probing depth, Visit 3")


@pytest.mark.parametrize("show", ["forest", "forest-by-trial"])
def test_nothing_is_said_where_everything_is_drawn(show: str) -> None:
    drafts = parts(show, outcome=("bleeding",))
    assert drawings(drafts) and not [note for draft in drafts for note in draft.notes]


def of_record(show: str, record: Any, **options: Any) -> tuple[Draft, ...]:
    """Parts of a forest of all results of a record."""
    asked = {key: tuple({getattr(result, key): None for result in record.results}) for key in ("outcome", "follow_up")}
    kind = SHOWS[show].options
    study, records = records_fixture.spec().study, records_fixture.records()
    limited = kind(series="Fig.", show=show, of="x", comparison=("overall", "other"), **asked, **options)
    return SHOWS[show].parts(record, limited, Context("fig9", study, records))


def comparisons() -> tuple[Any, ...]:
    """The comparison of invented results, and another one."""
    (one,) = records_fixture.records().analyses["pooled"].comparisons  # type: ignore[union-attr]
    return (
        replace(one, name="overall", title=replace(one.title, text="Any v none")),
        replace(one, name="other", title=replace(one.title, text="Sham v none")),
    )


def test_a_part_of_a_forest_of_interactions_without_an_estimate_is_not_drawn() -> None:
    nothing = Record("x", screening(), comparisons()[:1], tuple(several()))
    drafts = of_record("interaction-forest", nothing, parts="by outcome")
    assert [plain(draft.title) for draft in drafts] == ["Pain", "Function"]
    (said,) = [plain(note) for draft in drafts for note in draft.notes]
    assert said == "Not drawn, since nothing was estimated: Walking, Short term (one trial, and two are needed)."
    assert drawings(of_record("interaction-forest", nothing)) == 1


@pytest.mark.parametrize("impossible", [True, False])
def test_a_part_of_a_forest_of_subgroups_without_an_estimate_is_not_drawn(impossible: bool) -> None:
    other = replace(search("mood", possible=False, value=None), comparison="other")
    results = (search("pain"), other) if impossible else (search("pain"), replace(search("mood"), comparison="other"))
    drafts = of_record(
        "subgroup-forest",
        Record("x", search_settings(), comparisons(), results),
    )
    notes = [plain(note) for draft in drafts for note in draft.notes]
    sentence = f"Not drawn, since nothing was estimated: Sham v none, MOOD, Short term ({WHY})."
    assert drawings(drafts) == (1 if impossible else 2)
    assert (sentence in notes) == impossible

"""An effect without an estimable row has no drawing: a sentence names it, with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reportgen.records.numbers import plain
from reportgen.views import SHOWS, Context, Draft
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

"""Interactions by trial on a page: a part for each outcome, and only the moderators that are asked for."""

from __future__ import annotations

from typing import Any

import pytest

from reportgen.pipeline import read
from reportgen.records.moderation import Moderation
from reportgen.records.numbers import plain
from reportgen.spec.shows import InteractionByTrial, InteractionByTrialEstimates
from reportgen.spec.study import Study
from reportgen.views.interaction_by_trial import SHOWS
from reportgen.views.view import Context
from tests.analysed import analysed
from tests.screened_study import write_screened

FIGURE, TABLE = SHOWS


@pytest.fixture(scope="module")
def screened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Moderation, Context]:
    spec, repository = read(write_screened(tmp_path_factory.mktemp("screened") / "s"))
    study: Study = spec.study
    record: Any = analysed("screening", study.analyses["screening"], repository, study)
    return record, Context("fig2", study, None)  # type: ignore[arg-type]


def test_the_figure_has_the_moderators_that_are_asked_for(screened: tuple[Moderation, Context]) -> None:
    record, context = screened
    options = InteractionByTrial(series="Fig.", show="interaction-by-trial", of="screening", moderators=("age", "mood"))
    (draft,) = FIGURE.parts(record, options, context)
    (sketch,) = draft.sketches
    (drawing,) = sketch.draw()
    assert drawing.name == "fig2"
    alt = plain(drawing.alt)
    assert alt.startswith("Forest plot of interactions by trial: Age, per 10 years, 3 trials, pooled")
    assert "Mood, low v high, 3 trials" in alt
    assert "Sex" not in alt
    every = FIGURE.parts(record, options.model_copy(update={"moderators": ()}), context)[0].sketches[0].draw()
    assert "Sex, male v female" in " ".join(plain(item.alt) for item in every)


def test_the_table_has_the_same(screened: tuple[Moderation, Context]) -> None:
    record, context = screened
    options = InteractionByTrialEstimates(
        series="Table", show="interaction-by-trial-estimates", of="screening", moderators=("sex", "job")
    )
    draft, varying = TABLE.parts(record, options, context)
    assert draft.table is not None
    assert varying.table is not None
    assert plain(varying.title) == "Variation between trials"
    assert [plain(row.head) for group in varying.table.groups for row in group.rows] == ["Sex, male v female"]
    assert [plain(group.head) for group in draft.table.groups] == ["Sex, male v female"]
    assert any(plain(note).startswith("Not estimable: Job (one trial") for note in draft.table.footnotes)
    assert plain(draft.title) == "Roland Morris"


def test_every_number_of_the_figure_stands_in_the_table(screened: tuple[Moderation, Context]) -> None:
    record, context = screened
    figure = FIGURE.parts(
        record, InteractionByTrial(series="Fig.", show="interaction-by-trial", of="screening"), context
    )
    estimates = InteractionByTrialEstimates(series="Table", show="interaction-by-trial-estimates", of="screening")
    tables = [draft.table for draft in TABLE.parts(record, estimates, context) if draft.table]
    rows = (row for table in tables for group in table.groups for row in group.rows)
    cells = (part for row in rows for cell in row.cells for part in cell)
    told = {part.id for part in cells if not isinstance(part, str)}
    printed = {item.id for item in figure[0].sketches[0].draw()[0].printed if ".by-trial." in item.id}
    assert printed
    assert {item for item in printed if not item.endswith(".label")} <= told

"""The picture of what was collected."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.errors import RenderError
from reportgen.figures.availability import availability_sheets
from reportgen.figures.sheet import Shape, Sheet
from reportgen.records.numbers import plain
from tests.unit.figures.build import availability


def texts(sheet: Sheet) -> list[str]:
    return [" ".join(piece.text for piece in words.pieces) for words in sheet.words()]


def shapes(sheet: Sheet, kind: str) -> list[Shape]:
    return [mark for mark in sheet.marks if isinstance(mark, Shape) and mark.kind == kind]


def height(shape: Shape) -> float:
    return max(y for _, y in shape.corners) - min(y for _, y in shape.corners)


KEY_CELLS = 3


def test_a_cell_is_framed_where_collected_and_never_where_not() -> None:
    (sheet,) = availability_sheets(availability(), name="a")
    # four trials, depth at three visits but for trial 1, age at baseline but for trial 2
    assert len(shapes(sheet, "cell")) == 3 * 3 + 3 + KEY_CELLS
    assert sum(text in ("100", "80", "60") for text in texts(sheet)) == 3 * 3 + 3 + 4


def test_the_filling_is_the_share_of_people() -> None:
    (sheet,) = availability_sheets(availability(1, ("Age", "Plaque")), name="a")
    (cell, *_), fills = shapes(sheet, "cell"), shapes(sheet, "share")
    assert [round(height(fill) / height(cell), 2) for fill in fills[:3]] == [1.0, 0.8, 0.6]


def test_visits_at_which_nobody_collected_a_measure_have_no_column() -> None:
    (sheet,) = availability_sheets(availability(), name="a")
    assert texts(sheet).count("Baseline") == 2
    assert texts(sheet).count("Visit 5") == 1
    assert "have no column" in texts(sheet)[-1]


def test_alternative_text() -> None:
    (sheet,) = availability_sheets(availability(), name="a")
    said = "Availability: 4 trials, 2 measures; 12 of 16 combinations of trial, measure and visit collected."
    assert plain(sheet.alt) == said


def test_collected_from_nobody_is_not_never_collected() -> None:
    record = availability()
    cells = tuple(replace(cell, share=0.0) if cell.n else cell for cell in record.cells)
    (sheet,) = availability_sheets(replace(record, cells=cells), name="a")
    assert len(shapes(sheet, "cell")) == 3 * 3 + 3 + KEY_CELLS
    assert len(shapes(sheet, "share")) == 2


def test_many_trials_go_on_to_further_pages() -> None:
    sheets = availability_sheets(availability(60), name="a")
    assert [sheet.name for sheet in sheets] == ["a", "a-2"]
    assert [texts(sheet).count("Trial") for sheet in sheets] == [1, 1]
    # said once, below the last page
    assert ["Number in a cell" in texts(sheet)[-1] for sheet in sheets] == [False, True]


def test_two_bands_of_nineteen_trials_share_a_page() -> None:
    measures = tuple(f"Measure number {i} of a long list" for i in range(12))
    (sheet,) = availability_sheets(availability(19, measures), name="a")
    assert texts(sheet).count("Trial") == 2
    assert sheet.height < 240


def test_a_cell_that_belongs_nowhere_is_an_error_and_no_stroke() -> None:
    record = availability()
    cells = (replace(record.cells[0], measure="probing"), *record.cells[1:])
    with pytest.raises(RenderError, match="1 cell belongs to no row or column"):
        availability_sheets(replace(record, cells=cells), name="a")

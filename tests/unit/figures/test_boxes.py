"""Nothing overlaps and nothing is clipped: matplotlib is asked for the box of each text."""

from __future__ import annotations

import pytest

from reportgen.figures.availability import availability_sheets
from reportgen.figures.forest import forest_sheets
from reportgen.figures.forest_by_trial import forest_by_trial_sheets
from reportgen.records.model import PooledEffect
from tests.unit.figures.boxes import errors, text_boxes
from tests.unit.figures.build import availability, effect, settings

LONG = "An outcome with a label of ninety characters, which nobody can shorten, at rest and in use"
assert len(LONG) == 90
FAT_NUMBERS = {"trials": 118, "half": 1234.5, "value": 2345.6}


def rows(number: int, outcomes: int = 1) -> list[PooledEffect]:
    return [
        effect(f"outcome {k % outcomes + 1}", f"visit {k}", 1.0 + (k % 5), 0.5 + (k % 3), visit=f"Visit {k}")
        for k in range(1, number + 1)
    ]


def long_rows() -> list[PooledEffect]:
    return [
        effect("long", "short", label=LONG),
        effect("long", "mid", visit=LONG),
        effect("word", "short", label="W" * 90, visit="w" * 90),
        effect(
            "none", "short", None, visit=LONG, reason="fewer than two trials, of which one has no control arm at all"
        ),
        effect("fat", "short", **FAT_NUMBERS),
    ]


def mixed_rows() -> list[PooledEffect]:
    units = ("mm", "%", "", "points on a scale", "mm")
    return [
        effect(f"outcome {k}", f, 10.0**k / 100, 10.0**k / 150, unit=unit, visit=f)
        for k, unit in enumerate(units)
        for f in ("Visit 3", "Visit 5")
    ]


FORESTS = {
    "1 row": rows(1),
    "3 rows": rows(3),
    "40 rows": rows(40),
    "40 rows of 9 outcomes": rows(40, 9),
    "50 rows": rows(50),
    "labels of 90 characters": long_rows(),
    "units differ": mixed_rows(),
    "none can be estimated": [effect("pain", f, None, reason="fewer than two trials") for f in ("short", "mid")],
    "one interval leaves the axis": [*rows(5), effect("outcome 1", "wide", 1.0, 400.0)],
    "boundary": [effect("pain", f, status="boundary") for f in ("short", "mid")],
}


@pytest.mark.sampled(5)
@pytest.mark.parametrize("case", FORESTS)
def test_forest_clips_and_overlaps_nothing(case: str) -> None:
    for sheet in forest_sheets(FORESTS[case], settings(), name="fig1"):
        assert errors(sheet) == []
        assert sheet.width == 174
        assert sheet.height < 240


def test_forest_rescaled_clips_and_overlaps_nothing() -> None:
    effects = [*rows(3), effect("other", "short", scaled=False)]
    (sheet,) = forest_sheets(effects, settings(), name="fig1", scale="0-100")
    assert errors(sheet) == []


@pytest.mark.sampled(4)
@pytest.mark.parametrize("trials", [1, 3, 20, 60])
@pytest.mark.parametrize("name", ["", LONG])
def test_forest_by_trial_clips_and_overlaps_nothing(trials: int, name: str) -> None:
    one = effect(by_trial=trials, trials=trials, long_trial=name, label=name or None)
    for sheet in forest_by_trial_sheets(one, settings(), name="fig2"):
        assert errors(sheet) == []
        assert sheet.height < 240


MEASURES = ("Probing depth", "Bleeding", "Attachment loss", "Gingival index", "Plaque", "Calculus")
COVARIATES = ("Age", "Sex", "Body mass index", "Diabetes", LONG)
PICTURES = {
    "small": availability(),
    "four trials": availability(4, MEASURES + COVARIATES, 9999),
    "nineteen trials": availability(19, MEASURES + COVARIATES, 12345),
    "sixty trials": availability(60, MEASURES, 7),
}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("case", PICTURES)
def test_availability_clips_and_overlaps_nothing(case: str) -> None:
    for sheet in availability_sheets(PICTURES[case], name="appendix1"):
        # a count stands in its cell on purpose
        assert errors(sheet, marks_too=False) == []
        assert sheet.height < 250


def test_numbers_of_a_column_line_up_on_their_decimal_point() -> None:
    effects = [
        effect("pain", "short", 3.0, 1.0),
        effect("pain", "mid", -12.5, 1.0),
        effect("pain", "long", 104.25, 1.0),
    ]
    (sheet,) = forest_sheets(effects, settings(), name="fig1")
    boxes = dict(text_boxes(sheet))
    ends = [boxes[text][2] for text in ("3.0", "−12.5", "104.3")]
    assert max(ends) - min(ends) < 0.1


def test_a_row_and_its_marks_share_one_height() -> None:
    (sheet,) = forest_by_trial_sheets(effect(by_trial=20), settings(), name="fig2")
    labels = [box for text, box in text_boxes(sheet) if text.startswith("Trial ")]
    squares = [mark for mark in sheet.marks if getattr(mark, "kind", "") == "square"]
    for (_, top, _, bottom), square in zip(labels, squares[1:], strict=True):
        middle = sum(y for _, y in square.corners) / 4
        assert top < middle < bottom

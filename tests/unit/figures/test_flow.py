"""The flow of participants as a figure: nothing overlaps, nothing is cut, whatever there is to show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.figures.flow import PAD, Box, flow_sheets
from reportgen.figures.sheet import Sheet, Stroke
from reportgen.figures.theme import BODY, page_width
from reportgen.records.flow import (
    AnalysedComparison,
    AnalysedOutcome,
    AnalysedPeople,
    FlowClass,
    FlowComparison,
    FlowReason,
    ParticipantFlow,
)
from reportgen.records.numbers import numbers_in, plain
from tests.unit.figures.boxes import errors
from tests.unit.figures.build import builder, quote

LONG = "Disability of the arm, shoulder and hand as seen by the patient without help"


def texts(sheet: Sheet) -> list[str]:
    return [" ".join(piece.text for piece in words.pieces) for words in sheet.words()]


def flow(
    comparisons: int = 1, reasons: int = 0, excluded: int = 0, title: str = "exercise v usual care"
) -> ParticipantFlow:
    at = builder("flow")
    return ParticipantFlow(
        trials=at.count("trials", 19),
        in_files=at.count("in files", 9328 + excluded),
        n=at.count("n", 9328),
        excluded=at.count("excluded", excluded),
        excluding=at.count("excluding", min(excluded, 4)),
        reasons=tuple(
            FlowReason(
                at.quote(f"reason {i}", f"not eligible after randomisation, of kind {i}"), at.count(f"r {i}", 20 - i)
            )
            for i in range(reasons)
        ),
        others=at.count("others", 7) if reasons else None,
        classes=tuple(
            FlowClass(at.quote(name, name), at.count(f"{name} n", 3000)) for name in ("exercise", "usual care", "sham")
        ),
        comparisons=tuple(comparison(i, f"{title}, {i}" if i else title) for i in range(comparisons)),
    )


def comparison(place: int, title: str) -> FlowComparison:
    at = builder(f"flow.{place}")
    return FlowComparison(
        name=f"c{place}",
        title=at.quote("title", title),
        trials=at.count("trials", 14),
        one_sided=at.count("one sided", 3),
        n=at.count("n", 6000),
        n_control=at.count("n control", 2900),
        n_intervention=at.count("n intervention", 3100),
    )


def analysed(place: int = 0, outcomes: int = 1, visits: int = 1, label: str = "Pain") -> AnalysedComparison:
    at = builder(f"analysed.{place}")

    def people(outcome: int, visit: int) -> AnalysedPeople | None:
        if (outcome, visit) == (1, 1):
            return None
        names = f"{outcome}.{visit}"
        return AnalysedPeople(at.count(f"m {names}", 3 + outcome), at.count(f"n {names}", 1200 + 100 * visit + outcome))

    return AnalysedComparison(
        f"c{place}",
        tuple(quote(f"visit.{visit}", f"Visit {visit}") for visit in range(visits)),
        tuple(
            AnalysedOutcome(
                quote(f"outcome.{outcome}", f"{label} {outcome}"),
                tuple(people(outcome, visit) for visit in range(visits)),
            )
            for outcome in range(outcomes)
        ),
    )


CASES = {
    "one of everything": (flow(), [analysed()]),
    "nothing excluded and nothing analysed": (flow(), []),
    "nothing to compare": (flow(0), []),
    "long words": (flow(2, 3, 60, LONG), [analysed(0, 5, 3, LONG), analysed(1, 5, 1, LONG)]),
    "twenty outcomes": (flow(1, 6, 283), [analysed(0, 20, 3)]),
    "eight comparisons": (flow(8, 6, 283), [analysed(place, 8, 3) for place in range(8)]),
    "many visits": (flow(2), [analysed(0, 4, 12), analysed(1, 4, 2)]),
    "seventy outcomes": (flow(2), [analysed(0, 70, 2), analysed(1, 3, 2)]),
    "thirty comparisons": (flow(30), [analysed(place, 8, 3) for place in range(30)]),
}


@pytest.mark.slow
@pytest.mark.sampled(4)
@pytest.mark.parametrize("case", CASES)
def test_nothing_overlaps_and_nothing_is_cut(case: str) -> None:
    for sheet in flow_sheets(*CASES[case], name="flow"):
        assert errors(sheet, marks_too=False) == []
        assert sheet.width == page_width() and sheet.height < 218


@pytest.mark.slow
@pytest.mark.sampled(4)
@pytest.mark.parametrize("case", CASES)
def test_no_line_crosses_a_text(case: str) -> None:
    for sheet in flow_sheets(*CASES[case], name="flow"):
        met = [error for error in errors(sheet) if "meets a stroke" in error]
        assert met == []


def test_numbers_of_every_step_stand_in_the_figure() -> None:
    (sheet,) = flow_sheets(flow(1, 2, 39), [analysed(0, 2, 2)], name="flow")
    said = texts(sheet)
    assert "19 trials, 9367 participants" in said and "19 trials, 9328 participants" in said
    assert "39 participants of 4 trials" in said and "7 for other reasons" in said
    assert "14 trials (3 with arms on one side only), 6000 participants" in said
    assert said[-8:] == ["Pain 0", "3", "1200", "3", "1300", "Pain 1", "4", "1201"] or "–" in said
    assert {number.id for number in sheet.printed()} >= {"flow.excluded", "flow.0.n", "analysed.0.n-0-0"}


def test_nobody_excluded_is_said() -> None:
    (sheet,) = flow_sheets(flow(), [], name="flow")
    assert "0 participants" in texts(sheet)


def test_where_details_have_no_room_they_are_a_range() -> None:
    (sheet,) = flow_sheets(flow(), [analysed(0, 70, 2)], name="flow")
    assert "Visit 0: 70 outcomes, m 3 to 72, n 1200 to 1269" in texts(sheet)


def test_the_first_comparisons_keep_their_details() -> None:
    (sheet,) = flow_sheets(flow(6), [analysed(place, 8, 1) for place in range(6)], name="flow")
    said = texts(sheet)
    assert "Pain 0" in said and any(text.startswith("Visit 0: 8 outcomes") for text in said)


def test_many_comparisons_go_on_to_further_pages() -> None:
    sheets = flow_sheets(*CASES["thirty comparisons"], name="flow")
    assert [sheet.name for sheet in sheets[:2]] == ["flow", "flow-2"]
    assert sum(text.startswith("exercise v usual care") for sheet in sheets for text in texts(sheet)) == 30
    assert [texts(sheet).count("Trial files") for sheet in sheets] == [1] + [0] * (len(sheets) - 1)


def test_alternative_text() -> None:
    (sheet,) = flow_sheets(flow(1, 2, 39), [analysed(0, 2, 1)], name="flow")
    assert plain(sheet.alt) == (
        "Flow of participants: 19 trials, 9367 participants in the files; 39 excluded on loading; 9328 in the repository; "
        "exercise v usual care: 14 trials, 6000 participants; analysed: Visit 0: 2 outcomes (trials of each: 3 to 4; participants: 1200 to "
        "1201)."
    )


def test_ids_of_a_comparison_with_several_words_hold_no_space() -> None:
    item = replace(analysed(0, 70, 2), comparison="short of it")
    record = replace(flow(), comparisons=(replace(comparison(0, "this v that"), name="short of it"),))
    (sheet,) = flow_sheets(record, [item], name="flow")
    assert not [number.id for number in (*sheet.printed(), *numbers_in(sheet.alt)) if " " in number.id]


def test_a_box_is_as_high_as_its_lines() -> None:
    one, two = (Box(((("words",), BODY),) * lines, 50.0) for lines in (1, 2))
    assert two.height - one.height == pytest.approx(BODY.leading)
    assert one.height > 2 * PAD


def test_comparisons_hang_on_one_line() -> None:
    (sheet,) = flow_sheets(flow(3), [], name="flow")
    upright = [mark for mark in sheet.marks if isinstance(mark, Stroke) and mark.x == mark.x_end and mark.x < 5]
    assert len(upright) == 1

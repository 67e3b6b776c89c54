"""What a forest plot of interactions shows: rows, marks by tier, lettered notes, axes, pages."""

from __future__ import annotations

from dataclasses import replace

from reportgen.figures.interactions import interaction_sheets
from reportgen.figures.sheet import Shape, Sheet
from reportgen.figures.theme import ACCENT, MUTED
from reportgen.records.numbers import plain
from tests.unit.figures.boxes import errors
from tests.unit.figures.build import builder
from tests.unit.figures.screens import interaction, screen, settings, several


def texts(sheet: Sheet) -> list[str]:
    return [" ".join(piece.text for piece in words.pieces) for words in sheet.words()]


def squares(sheet: Sheet) -> list[Shape]:
    return [mark for mark in sheet.marks if isinstance(mark, Shape) and mark.kind == "square"]


def test_nothing_overlaps_and_nothing_is_clipped() -> None:
    for sheet in interaction_sheets(several(), settings(), name="fig2"):
        assert errors(sheet) == []


def test_marks_say_the_tier() -> None:
    rows = [
        interaction("pain", "Age", (-1.0,), 0.5, 0.01, "significant"),
        interaction("pain", "Weight", (0.3,), 0.5, 0.12, "weak"),
        interaction("pain", "Height", (0.1,), 0.5, 0.7, "neither"),
    ]
    (sheet,) = interaction_sheets([screen("pain", rows)], settings(), name="fig2")
    filled, open_, small = squares(sheet)
    assert (filled.fill, filled.edge) == (ACCENT, ACCENT)
    assert open_.edge == ACCENT
    assert open_.fill != ACCENT
    assert small.fill == MUTED
    assert small.corners[1][0] - small.corners[0][0] < filled.corners[1][0] - filled.corners[0][0]
    # drawn where the estimate lies: left of no effect, right of it
    assert filled.corners[0][0] < open_.corners[0][0]


def test_findings_are_lettered_in_reading_order_and_once() -> None:
    (sheet,) = interaction_sheets(several(), settings(), name="fig2")
    note = texts(sheet)[-1]
    assert (
        "ᵃ larger effect at lower values; ᵇ larger effect with “male” than with “female”; ᶜ larger effect at higher values."
        in note.replace("\u00a0", " ")
    )
    cells = texts(sheet)
    assert [cell[-1] for cell in cells if cell and cell[-1] in "ᵃᵇᶜ"] == ["ᵃ", "ᵇ", "ᶜ"]
    assert {"0.010", "0.12", "0.70"} <= set(cells)  # no letter glued to a number


def test_levels_stand_below_their_joint_test_and_two_in_one_row() -> None:
    (sheet,) = interaction_sheets(several(), settings(), name="fig2")
    said = texts(sheet)
    start = said.index("Mood, joint test")
    assert [t for t in said[start:] if " v " in t] == [
        "middling v low",
        "none v low",
    ]  # the one without estimate is left out
    assert "Sex, male v femaleᵇ" in said
    assert any(t.startswith("Age, per 10 years") for t in said)


def test_what_cannot_be_estimated_is_named() -> None:
    (sheet,) = interaction_sheets(several(), settings(), name="fig2")
    said = texts(sheet)
    assert said[said.index("Not estimable") + 1] == "Job"
    assert "not estimable: one trial, and two are needed" in said


def test_the_note_counts_what_was_tested_and_what_chance_would_give() -> None:
    (sheet,) = interaction_sheets(several(), settings(), name="fig2")
    assert (
        "Of 5 interactions tested, 2 with p below 0.05 (0.3 expected by chance without effect modification)"
        in texts(sheet)[-1]
    )


def test_the_alternative_text_names_what_is_clear_of_no_interaction() -> None:
    (sheet,) = interaction_sheets(several(), settings(), name="fig2")
    said = plain(sheet.alt)
    drawn = [text for text in texts(sheet) if "Age" in text]
    assert ", ".join(("Pain (points)", drawn[0].rstrip("ᵃ"))) + ": " in said
    count, _, listed = said.partition(" clear of no interaction: ")
    assert int(count.split()[-2]) == len(listed.split("; ")) > 0


def test_arrows_speak_of_the_interaction() -> None:
    (sheet,) = interaction_sheets(several(), settings(), name="fig2")
    assert "larger effect" in texts(sheet)
    assert "favours intervention" not in texts(sheet)


def test_each_outcome_has_its_axis_and_one_without_estimates_has_none() -> None:
    (sheet,) = interaction_sheets(several(), settings(), name="fig2")
    zeros = [
        words for words in sheet.words() if words.axis == "tick" and words.pieces[0].text.lstrip("−") in ("0", "0.0")
    ]
    assert len(zeros) == 2


def test_nothing_estimated_at_all_is_still_a_figure() -> None:
    nothing = screen("walking", [interaction("walking", "Age", (None,), p=None)], "no trials, and two are needed")
    (sheet,) = interaction_sheets([nothing], settings(), name="fig2")
    assert "not estimable: no trials, and two are needed" in texts(sheet)
    assert squares(sheet) == []
    assert plain(sheet.alt).startswith("Forest plot of interactions: 0 estimates")


def test_a_page_without_the_note_holds_more_rows() -> None:
    found = [
        screen(
            f"o{i}", [interaction(f"o{i}k{k}", f"Moderator {'abcdefghijklmnopqrstuvwxyz'[k % 26]}") for k in range(n)]
        )
        for i, n in enumerate((20, 19, 1, 41))
    ]
    sheets = interaction_sheets(found, settings(), name="fig2")
    # the first three with their heads and axes are 217 mm, the last two 213 mm: neither fits above a note
    assert len(sheets) == 2
    assert all(sheet.height < 245 for sheet in sheets)


def test_more_rows_than_a_page_holds_go_on_the_next() -> None:
    rows = [interaction(f"o{k}", f"Moderator {letter}") for k, letter in enumerate("abcdefghijklmnopqrstuvwxyz" * 2)]
    sheets = interaction_sheets([screen("pain", rows)], settings(), name="fig2")
    assert [sheet.name for sheet in sheets] == ["fig2", "fig2-2"]
    assert all(sheet.height < 245 for sheet in sheets)
    key = texts(sheets[0])[-1]
    assert key.startswith("Filled square: p below 0.05;")
    assert key.endswith("Further notes are given below the last page of this figure.")
    assert texts(sheets[1])[-1].startswith("Interaction: by how much")
    assert "Pain (points) (continued)" in texts(sheets[1])


def test_a_filled_square_means_the_p_beside_it() -> None:
    # the joint test is significant; of the levels, one has a p below 0.05, one a weak one and one neither
    at = builder("screening.pain.mood.within")
    mood = interaction(
        "pain", "Mood", (-1.0, 0.4, 0.2), 0.5, 0.01, "significant", levels=("low", "none", "some", "much")
    )
    each = tuple(
        replace(item, p=at.at(str(k)).p("p", p))
        for k, (item, p) in enumerate(zip(mood.within.each, (0.003, 0.11, 0.6), strict=True))
    )
    mood = replace(mood, within=replace(mood.within, each=each))
    (sheet,) = interaction_sheets([screen("pain", [mood])], settings(), name="fig2")
    filled, open_, small = squares(sheet)
    assert (filled.fill, open_.fill != ACCENT, open_.edge, small.fill) == (ACCENT, True, ACCENT, MUTED)
    assert (
        "Filled square: p below 0.05; open square: p below 0.20; small square: p of 0.20 or above." in texts(sheet)[-1]
    )
    assert "A moderator with several levels counts once, by the p of its joint test." in texts(sheet)[-1]


def test_the_note_says_that_trials_without_information_are_not_counted() -> None:
    told = "neither the trial nor its participants are counted"
    age = interaction("pain", "Age")
    (sheet,) = interaction_sheets([screen("pain", [age])], settings(), name="fig2")
    assert told not in texts(sheet)[-1]
    silent = replace(age, uninformative=builder("screening.pain.age").count("uninformative trials", 1, "trials"))
    (sheet,) = interaction_sheets([screen("pain", [silent])], settings(), name="fig2")
    assert told in texts(sheet)[-1]

"""The forest of effects at values: p of each interaction once, in the row of its moderator, and each effect in a row of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.figures.effects_at_values import effect_at_values_sheets
from reportgen.figures.sheet import Shape, Sheet, Stroke
from reportgen.figures.theme import RULE, drawn_for
from reportgen.houses import HOUSES
from reportgen.records.moderation import Screen
from reportgen.records.numbers import plain
from tests.unit.figures.boxes import errors
from tests.unit.figures.ratios import ratios
from tests.unit.figures.screens import interaction, level_effects, screen, settings, several

LONG = "A moderator with a label of ninety characters, which nobody can shorten, at rest and in use"
LEVELS = ("low", "middling", "high", "none")


def levelled() -> Screen:
    """An outcome with a moderator of four levels, whose participants are counted, and a quantity."""
    mood = interaction("pain", "Mood", (0.2, 0.4, 0.9), 2.0, 0.6, "neither", LEVELS)
    mood = replace(mood, level_effects=level_effects("pain.mood", 4))
    return screen("pain", [mood, interaction("pain", "Age", p=0.012)])


CASES = {
    "several": several(),
    "levels": [levelled()],
    "ratios": [ratios(item) for item in several()],
    "one outcome": several()[:1],
    "nothing": [several()[1]],
    "forty moderators": [screen("pain", [interaction("pain", f"Moderator {k}") for k in range(40)])],
    "long labels": [screen("pain", [interaction("pain", LONG), interaction("pain", "W" * 90)])],
}


def rows(sheet: Sheet) -> list[str]:
    return [" ".join(piece.text for piece in words.pieces) for words in sheet.words()]


@pytest.mark.slow
@pytest.mark.parametrize("style", ["plain", "bmc", "lancet"])
@pytest.mark.parametrize("case", CASES)
def test_nothing_is_clipped_and_nothing_overlaps(case: str, style: str) -> None:
    with drawn_for(HOUSES[style]):
        for sheet in effect_at_values_sheets(CASES[case], (), settings(), name="fig2"):
            assert errors(sheet) == []
            assert sheet.height < 250


@pytest.mark.parametrize("case", [case for case in CASES if case != "nothing"])
def test_the_plot_has_three_tenths_of_the_page(case: str) -> None:
    for sheet in effect_at_values_sheets(CASES[case], (), settings(), name="fig2"):
        rules = [
            m for m in sheet.marks if isinstance(m, Stroke) and (m.colour, m.weight) == (RULE, 0.6) and m.y == m.y_end
        ]
        assert max(m.x_end - m.x for m in rules) >= 0.3 * sheet.width


def test_p_of_an_interaction_stands_once_and_in_the_row_of_its_moderator() -> None:
    one = levelled()
    (sheet,) = effect_at_values_sheets([one], (), settings(), name="fig2")
    heights = {number.id: words.pieces[0].y for words in sheet.words() for number in words.numbers}
    printed = [number.id for number in sheet.printed()]
    for item in one.interactions:
        assert printed.count(item.reading.p.id) == 1
        assert heights[item.reading.p.id] == heights[item.label.id] == heights[item.trials.id]
        below = [heights[at.estimate.effect.id] for at in item.at]
        assert min(below) > heights[item.reading.p.id]
    assert not {each.p.id for item in one.interactions for each in item.reading.each} & set(printed)
    assert [text for text in rows(sheet) if text in ("p of the", "interaction")] == ["p of the", "interaction"]
    assert "(a joint test where there are several levels)" in rows(sheet)[-1]


def test_each_level_has_its_participants_its_effect_and_a_square() -> None:
    one = levelled()
    (sheet,) = effect_at_values_sheets([one], (), settings(), name="fig2")
    printed = {number.id for number in sheet.printed()}
    drawn = [at for item in one.interactions for at in item.at]
    for at in drawn:
        assert {at.value.id, at.estimate.effect.id, at.estimate.low.id, at.estimate.high.id} <= printed
    levels = one.interactions[0].level_effects
    assert levels is not None
    assert {each.n.id for each in levels.each if each.n} <= printed
    squares = [mark for mark in sheet.marks if isinstance(mark, Shape) and mark.kind == "square"]
    assert len(squares) == len(drawn)


def test_only_the_moderators_that_are_named_are_drawn_and_what_lacks_an_effect_is_named() -> None:
    (sheet,) = effect_at_values_sheets(several(), ("age", "job"), settings(), name="fig2")
    text = " ".join(rows(sheet))
    assert "Age" in text and "Sex" not in text and "Mood" not in text
    assert rows(sheet)[rows(sheet).index("Not estimable") + 1] == "Job"
    assert "All moderators" in text


def test_the_alternative_text_has_each_moderator_with_p_and_its_effects() -> None:
    (sheet,) = effect_at_values_sheets([levelled()], ("age",), settings(), name="fig2")
    assert plain(sheet.alt).replace("\u00a0", " ") == (
        "Forest plot of effects at values of moderators: 2 effects; Pain (points), Age (p = 0.012), 30 years (10th percentile) "
        "3.0 (2.0 to 4.0), 50 years (90th percentile) 4.0 (3.0 to 5.0)."
    )


def test_limits_are_those_that_are_given() -> None:
    (sheet,) = effect_at_values_sheets([levelled()], (), settings(), name="fig2", limits=(-1, 3.5))
    ticks = [words.pieces[0].text for words in sheet.words() if words.axis == "tick"]
    assert ticks[0] == "−1" and ticks[-1] == "3"
    assert "Arrowhead: the interval extends beyond the axis." in rows(sheet)[-1]

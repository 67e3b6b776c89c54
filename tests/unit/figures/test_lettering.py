"""Text is measured as it is drawn, wrapped at spaces, and can be read by everybody."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from reportgen.figures.lettering import face_for, families, isolated, lacking, runs_right_to_left, width, wrap
from reportgen.figures.paint import outlined, png
from reportgen.figures.sheet import Sheet, Words, lettered
from reportgen.figures.svg import drawing
from reportgen.figures.theme import ACCENT, BODY, HEAD, INK, MUTED, NOTE, REASON, TINT, Style
from reportgen.records.numbers import Number
from tests.unit.figures.boxes import text_boxes


def test_the_font_of_the_package_is_found() -> None:
    assert families()[0] == "Source Sans Pro"


@pytest.mark.parametrize("style", [BODY, HEAD, NOTE, REASON])
@pytest.mark.parametrize(
    "text", ["Roland Morris Disability Questionnaire", "−14.8", "τ² ≥ 3", "$x$ and $y$", "○ Łódź ▲"]
)
def test_measured_widths_are_those_that_matplotlib_draws(text: str, style: Style) -> None:
    sheet = Sheet("a", "A", 174.0, 10.0, (lettered((text,), 1.0, 5.0, style),))
    ((_, (left, _, right, _)),) = text_boxes(sheet)
    assert right - left == pytest.approx(width(text, style), abs=0.25)


def test_lines_break_at_spaces_and_long_words_are_cut() -> None:
    lines = wrap("one two " + "m" * 40, 20.0, BODY)
    assert lines[0] == "one two"
    assert "".join(lines[1:]) == "m" * 40
    assert all(width(line, BODY) <= 20.0 for line in lines)


def test_a_no_break_space_holds_a_line_together() -> None:
    assert wrap("so\u00a0long", 1000.0, BODY) == ("so long",)
    assert wrap("ab m\u00a0=\u00a04", width("ab m = ", BODY), BODY) == ("ab", "m = 4")


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("text", "ground"), [(INK, "#ffffff"), (MUTED, "#ffffff"), (ACCENT, "#ffffff"), (INK, TINT)])
def test_contrast_of_text(text: str, ground: str) -> None:
    high, low = sorted((luminance(text), luminance(ground)), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5


NAMES = ("כאב גב תחתון", "ألم أسفل الظهر", "2019 ירושלים")
UNITS = ("points", "נקודות", "نقاط")


def ink(*words: Words) -> np.ndarray:
    """Return where a sheet of some words is dark."""
    picture = Image.open(io.BytesIO(png(drawing(Sheet("a", "A", 80.0, 8.0, words))))).convert("L")
    return np.asarray(picture) < 128


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("unit", UNITS)
def test_a_name_stands_before_its_unit_in_any_script(name: str, unit: str) -> None:
    label = (Number("a.name", None, name, kind="quotation"), " (", Number("a.unit", None, unit, kind="quotation"), ")")
    places = np.cumsum([2.0, *(width(part, BODY) for part in (name, " (", unit))])
    apart = [lettered((part,), x, 5.0, BODY) for part, x in zip((name, " (", unit, ")"), places, strict=True)]
    # letters of a part stand where they stand by themselves, to a tenth of a millimetre
    whole, parts = ink(lettered(label, 2.0, 5.0, BODY)), ink(*apart)
    assert np.abs(np.flatnonzero(whole.any(axis=0))[[0, -1]] - np.flatnonzero(parts.any(axis=0))[[0, -1]]).max() <= 3
    assert (whole & ~spread(parts)).sum() < 0.02 * whole.sum()


def spread(dark: np.ndarray) -> np.ndarray:
    """Return dark places and what lies within three pixels beside them."""
    return np.logical_or.reduce([np.roll(dark, step, axis=1) for step in range(-3, 4)])


@pytest.mark.parametrize("name", NAMES)
def test_a_label_of_several_lines_keeps_the_order_of_its_parts_in_each(name: str) -> None:
    text = f"{isolated(name * 3)} ({isolated('points')})"
    lines = wrap(text, 15.0, BODY)
    assert len(lines) > 2
    assert not any(runs_right_to_left(line) for line in lines)
    assert all(width(line, BODY) <= 15.0 for line in lines)
    assert "".join(lines).translate(PLAIN_LETTERS).replace(" ", "") == text.translate(PLAIN_LETTERS).replace(" ", "")
    for line in lines:
        assert [letter for letter in line if letter in "\u2066\u2067\u2069"] in (
            [],
            ["\u2066", "\u2069"],
            ["\u2067", "\u2069"],
        )


PLAIN_LETTERS = dict.fromkeys(map(ord, "\u2066\u2067\u2069"))


def test_a_name_that_stands_alone_is_written_as_it_is() -> None:
    label = lettered((Number("a.name", None, NAMES[0], kind="quotation"),), 2.0, 5.0, BODY)
    assert label.pieces[0].text == NAMES[0]


@pytest.mark.parametrize("style", [BODY, HEAD, REASON])
def test_a_letter_that_no_font_has_is_replaced_without_a_warning(style: Style) -> None:
    text = "Nord 👩 试验 القاهرة ירושלים"
    assert lacking(text) == ("👩", "试", "验")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        drawn = drawing(Sheet("a", "A", 174.0, 10.0, (lettered((text,), 1.0, 5.0, style),)))
        assert png(drawn) and outlined(drawn)
    assert text in drawn.svg, "what can be read by other programs is what was written"


def test_letters_without_italics_stand_upright() -> None:
    assert face_for("Cairo", "normal", "italic") == ("normal", "italic")
    assert face_for("القاهرة", "normal", "italic") == ("normal", "normal")

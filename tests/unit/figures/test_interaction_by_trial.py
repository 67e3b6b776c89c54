"""What a forest plot of interactions by trial shows: a band a contrast, its trials, the diamonds, and what is hidden."""

from __future__ import annotations

from dataclasses import replace

from reportgen.figures.interaction_by_trial import interaction_by_trial_sheets
from reportgen.figures.sheet import Shape, Sheet
from reportgen.figures.theme import ACCENT, MUTED
from reportgen.records.moderation import Interaction, Screen
from reportgen.records.numbers import plain
from reportgen.tables.trial_interactions import interactions_by_trial, variation_between_trials
from tests.unit.figures.boxes import errors
from tests.unit.figures.ratios import ODDS, ratios
from tests.unit.figures.screens import by_trial, interaction, screen, settings


def with_trials(one: Interaction, **changes: float | str) -> Interaction:
    return replace(one, by_trial=tuple(by_trial(one.id, k, **changes) for k in range(len(one.within.each))))  # type: ignore[arg-type]


def pain() -> Screen:
    age = with_trials(interaction("pain", "Age"))
    sex = with_trials(interaction("pain", "Sex", (0.4,), levels=("female", "male")), hidden="West")
    mood = with_trials(interaction("pain", "Mood", (0.2, 0.5), levels=("low", "middling", "high")))
    return screen("pain", [age, sex, mood, interaction("pain", "Job", (None,), p=None)])


def texts(sheet: Sheet) -> list[str]:
    return [" ".join(piece.text for piece in words.pieces) for words in sheet.words()]


def shapes(sheet: Sheet, kind: str) -> list[Shape]:
    return [mark for mark in sheet.marks if isinstance(mark, Shape) and mark.kind == kind]


def test_nothing_overlaps_and_nothing_is_clipped() -> None:
    for sheet in interaction_by_trial_sheets(pain(), (), settings(), name="fig2"):
        assert errors(sheet) == []
    for sheet in interaction_by_trial_sheets(ratios(pain(), ODDS), (), settings(), name="fig2"):
        assert errors(sheet) == []


def test_a_band_has_its_trials_and_three_readings() -> None:
    (sheet,) = interaction_by_trial_sheets(pain(), ("age",), settings(), name="fig2")
    said = texts(sheet)
    start = said.index("Age, per 10 years")
    labels = ("North", "South", "West", "Pooled, two-stage", "One-step, within trials", "Across trials")
    assert [text for text in said[start:] if text in labels] == list(labels)
    assert len(shapes(sheet, "square")) == 3
    pooled, one_step = shapes(sheet, "diamond")
    assert (pooled.fill, one_step.fill) == (ACCENT, MUTED)
    assert any("2.40" in text and "16.0%" in text for text in said)
    assert any("two trials, and the across reading needs three" in text for text in said)


def test_only_the_moderators_that_are_asked_for_are_drawn() -> None:
    (sheet,) = interaction_by_trial_sheets(pain(), ("mood",), settings(), name="fig2")
    heads = [text for text in texts(sheet) if text.startswith("Mood, ")]
    assert heads == ["Mood, middling v low", "Mood, high v low"]


def test_a_hidden_trial_has_its_reason_and_no_mark() -> None:
    (sheet,) = interaction_by_trial_sheets(pain(), ("sex",), settings(), name="fig2")
    assert len(shapes(sheet, "square")) == 2
    assert any(text.startswith("suppressed: based on fewer participants") for text in texts(sheet))
    assert "Suppressed trials are not pooled." in texts(sheet)[-1]


def test_what_cannot_be_estimated_has_its_reason() -> None:
    (sheet,) = interaction_by_trial_sheets(pain(), ("job",), settings(), name="fig2")
    assert any(text.startswith("not estimable: one trial with a value on both sides") for text in texts(sheet))
    assert plain(sheet.alt) == "Forest plot of interactions by trial: nothing could be estimated."


def test_the_alternative_text_tells_what_the_trials_say_together() -> None:
    (sheet,) = interaction_by_trial_sheets(pain(), ("age", "sex"), settings(), name="fig2")
    assert plain(sheet.alt) == (
        "Forest plot of interactions by trial: Age, per 10 years, 3 trials, pooled −0.9 (−1.5 to −0.3), I² 16.0%; "
        "Sex, male v female, 2 trials, pooled −0.9 (−1.5 to −0.3), I² 16.0%."
    )


def test_the_table_has_every_number_of_the_figure() -> None:
    table = interactions_by_trial(pain(), (), settings())
    rows = {plain(row.head): [plain(cell) for cell in row.cells] for row in table.groups[0].rows}
    assert plain(table.groups[0].head) == "Age, per 10 years"
    assert rows["North"][:3] == ["40", "42", "−1.0 (−2.0 to 0.0)"]
    assert rows["Pooled, two-stage"][2:] == ["−0.9 (−1.5 to −0.3)", "0.3", "0.030", ""]
    varying = variation_between_trials([pain()], (), settings())
    assert varying is not None
    (group,) = varying.groups
    assert [plain(row.head) for row in group.rows][:2] == ["Age, per 10 years", "Sex, male v female"]
    cells = [plain(cell) for cell in group.rows[0].cells]
    assert cells == ["3", "2.40", "2", "0.30", "16.0% (0.0% to 80.0%)", "0.04 (0.00 to 2.00)"]
    assert variation_between_trials([pain()], ("job",), settings()) is None
    notes = [plain(note) for note in table.footnotes]
    assert any(note.startswith("Not estimable: Job (one trial with a value on both sides") for note in notes)
    assert "Trials that are not printed are not pooled." in notes

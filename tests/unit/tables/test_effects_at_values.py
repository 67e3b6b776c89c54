"""The effect at values and in levels: which readings stand beside the tested one, and what is said of each."""

from __future__ import annotations

from dataclasses import replace

from reportgen.records.artefact import Table
from reportgen.records.moderation import Interaction
from reportgen.records.numbers import plain
from reportgen.release.rules import LEVEL_WORKED_OUT
from reportgen.tables.effects_at_values import effects_at_values
from tests.unit.figures.ratios import ODDS, ratios
from tests.unit.figures.screens import interaction, level_effects, screen, settings

AGE = replace(interaction("pain", "Age"), level_effects=level_effects("pain.age"))
SEX = replace(
    interaction("pain", "Sex", (0.4,), levels=("female", "male")), level_effects=level_effects("pain.sex", levels=2)
)


def table(*rows: Interaction) -> Table:
    return effects_at_values([screen("pain", rows)], settings())


def heads(made: Table) -> list[str]:
    return [plain(column.head).replace("\u00a0", " ") for column in made.columns]


def lines(made: Table) -> list[list[str]]:
    rows = [row for group in made.groups for row in group.rows]
    return [[plain(cell).replace("\u00a0", " ") for cell in (row.head, *row.cells)] for row in rows]


def test_levels_have_people_three_effects_and_a_weight() -> None:
    made = table(SEX)
    assert heads(made) == [
        "Moderator and value",
        "m",
        "n",
        "Within-trial reading (95% CI)",
        "People of the level alone (95% CI)",
        "Consistent with the within-trial interaction (95% CI)",
        "Weight, %",
        "p of the interaction",
    ]
    assert {plain(column.span) for column in made.columns[3:6]} == {"Treatment effect"}
    assert lines(made)[1] == [
        "female",
        "",
        "100",
        "3.0 (2.0 to 4.0)",
        "5.0 (4.0 to 6.0)",
        "4.0 (3.0 to 5.0)",
        "50.0",
        "",
    ]
    assert lines(made)[-1] == ["Overall", "", "", "", "", "4.4 (3.9 to 4.9)", "", ""]


def test_quantities_alone_need_no_columns_of_levels() -> None:
    made = table(AGE)
    assert heads(made)[3:] == [
        "Within-trial reading (95% CI)",
        "Consistent with the within-trial interaction (95% CI)",
        "p of the interaction",
    ]
    assert lines(made)[-1] == ["Overall (mean 41.5 years)", "", "", "", "4.4 (3.9 to 4.9)", ""]
    assert len(table(AGE, SEX).columns) == 8


def test_without_any_the_table_has_the_tested_reading_alone() -> None:
    assert heads(table(interaction("pain", "Age")))[3:] == ["Effect (95% CI)", "p of the interaction"]


def test_notes_say_which_effect_is_which() -> None:
    notes = " ".join(plain(note) for note in table(AGE, SEX).footnotes)
    for said in (
        "Within-trial reading: the effect at a value",
        "People of the level alone: from a model of these participants",
    ):
        assert said in notes
    assert "These effects differ by the interaction within trials only" in notes
    assert "People of the level alone" not in " ".join(plain(note) for note in table(AGE).footnotes)
    naive = effects_at_values([screen("pain", [replace(SEX, tested="naive")])], replace(settings(), reading="naive"))
    assert heads(naive)[3] == "Naive reading (95% CI)"


def test_what_is_hidden_has_its_reason() -> None:
    found = SEX.level_effects
    assert found is not None
    first, second = found.each
    number = replace(first.consistent.effect, value=None, text="–", status="suppressed", reason=str(LEVEL_WORKED_OUT))
    suppressed = replace(first, consistent=replace(first.consistent, effect=number))
    made = table(replace(SEX, level_effects=replace(found, each=(suppressed, second))))
    notes = [plain(note) for note in made.footnotes]
    assert any("a level that is too small to print could be worked out from it" in note for note in notes)
    assert "An effect based on too few participants of an arm to be printed is shown as a dash." in notes


def test_ratios_are_called_so() -> None:
    made = effects_at_values([ratios(screen("pain", [SEX]), ODDS)], settings())
    assert {plain(column.span) for column in made.columns[3:6]} == {"Odds ratio"}

"""The screening in numbers: every reading, what was expected and found, effects at values, and the summary for paper."""

from __future__ import annotations

from dataclasses import replace

from reportgen.records.artefact import Table
from reportgen.records.marks import is_mark
from reportgen.records.moderation import Moderation
from reportgen.records.numbers import plain
from reportgen.tables.effects_at_values import effects_at_values
from reportgen.tables.moderators import expectations, failed_screenings, interaction_estimates
from tests.unit.figures.build import builder
from tests.unit.figures.screens import interaction, screen, settings, several


def lines(table: Table) -> list[list[str]]:
    rows = [row for group in table.groups for row in group.rows]
    return [[plain(tuple(p for p in cell if not is_mark(p))) for cell in (row.head, *row.cells)] for row in rows]


def test_a_row_holds_the_three_readings_and_the_adjusted_p() -> None:
    table = interaction_estimates(several(), settings())
    assert table.paper is None
    first = lines(table)[0]
    assert first[0] == "Age, per 10 years"
    assert first[1:5] == ["4", "190", "210", "3"]
    assert first[5:12] == [
        "−1.0 (−1.8 to −0.2)",
        "0.010",
        "0.030",
        "0.020",
        "0.040",
        "0.8",
        "significant: larger effect at lower values",
    ]
    assert first[12:] == ["−1.0 (−1.8 to −0.2)", "0.010", "–", ""]
    assert len(first) == len(table.columns)


def test_levels_stand_below_their_joint_test() -> None:
    found = [line[0] for line in lines(interaction_estimates(several(), settings()))]
    start = found.index("Mood, joint test")
    assert found[start + 1 : start + 4] == ["middling v low", "high v low", "none v low"]


def test_what_cannot_be_estimated_has_its_reason_below() -> None:
    table = interaction_estimates(several(), settings())
    said = " ".join(plain(note) for note in table.footnotes)
    assert "one trial with a value on both sides, and the screening needs two" in said
    assert "a separate treatment effect for each trial" in said


def test_a_long_table_has_a_summary_of_what_reached_a_tier() -> None:
    rows = [
        interaction("pain", f"Moderator {k}", p=0.01 if k == 3 else 0.6, tier="significant" if k == 3 else "neither")
        for k in range(60)
    ]
    table = interaction_estimates([screen("pain", rows), several()[1]], settings())
    assert len(lines(table)) == 61
    assert table.paper is not None
    assert lines(table.paper)[0][0] == "Moderator 3, per 10 years"
    assert plain(table.paper.groups[0].head) == "Pain (points): 60 tested, 1 significant, 0 weak"
    assert len(lines(table.paper)) == 1
    said = [plain(note) for note in table.paper.footnotes]
    assert "Not estimable: Walking (points): one trial, and two are needed." in said
    assert table.on("html") is table
    assert table.on("pdf") is table.paper


def test_what_was_expected_stands_beside_what_was_found() -> None:
    table = expectations(several())
    assert table is not None
    assert [plain(group.head) for group in table.groups] == ["Age. Expected beforehand: younger people gain more"]
    assert [line[:2] for line in lines(table)] == [
        ["Pain (points)", "larger effect at lower values"],
        ["Function (points)", "larger effect at higher values"],
    ]
    assert expectations([screen("pain", [interaction("pain")])]) is None


def test_effects_stand_at_their_values() -> None:
    found = lines(effects_at_values(several(), settings()))
    assert found[0][0] == "Age"
    assert found[1][0].replace("\u00a0", " ") == "30 years (10th percentile)"
    assert found[1][3] == "3.0 (2.0 to 4.0)"
    assert [line[0] for line in found if line[0] in ("female", "male")] == ["female", "male"]
    assert "Job" not in [line[0] for line in found]


def test_effects_on_paper_are_those_of_moderators_that_reached_a_tier() -> None:
    rows = [interaction("pain", f"Moderator {k}", tier="neither", p=0.6) for k in range(60)]
    table = effects_at_values([screen("pain", [*rows, interaction("pain", "Age")])], settings())
    assert table.paper is not None
    assert lines(table.paper)[0][0] == "Age"
    assert len(lines(table)) == 3 * 61


def test_a_fit_that_failed_is_listed_with_its_reason() -> None:
    one = interaction("pain")
    broken = replace(one, naive=replace(one.naive, status="failed", reason="the search did not converge"))
    made = builder("screening")
    counts = [made.count(what, 1) for what in ("tested", "significant", "weak")]

    def record(*rows):  # type: ignore[no-untyped-def]
        comparison = type("C", (), {"name": "overall", "title": made.quote("title", "any v none")})
        return Moderation(
            "screening", settings(), (comparison,), (screen("pain", rows),), *counts, made.figure("by chance", 0.1, 1)
        )  # type: ignore[arg-type]

    table = failed_screenings([record(broken)])
    assert table is not None
    assert lines(table) == [["Pain, Short term: Age", "naive", "12", "the search did not converge"]]
    assert "failed" in record(broken).statuses
    assert failed_screenings([record(one)]) is None


def test_the_tested_reading_stands_first() -> None:
    one = interaction("pain")
    naive = replace(one, tested="naive", naive=replace(one.naive, p=builder("other").p("p", 0.5)))
    table = interaction_estimates([screen("pain", [naive])], replace(settings(), reading="naive"))
    spans = [plain(column.span) for column in table.columns if plain(column.head) == "p"]
    assert spans == ["Naive", "Within trials", "Across trials"]
    assert lines(table)[0][6] == "0.50"


def test_the_p_that_is_not_tested_stands_beside_the_one_that_is() -> None:
    screens = [screen("pain", [interaction("pain")])]
    for reading, effect, heads, cells in (
        ("within", "common", ["p in new trials", "τ"], ["0.040", "0.8"]),
        ("within", "random", ["p in these trials", "τ"], ["0.010", "0.8"]),
        ("naive", "random", ["p in these trials", "p in new trials", "τ"], ["0.010", "0.040", "0.8"]),
    ):
        asked = replace(settings(), reading=reading, interaction_effect=effect)  # type: ignore[arg-type]
        table = interaction_estimates(screens, asked)
        places = [k for k, column in enumerate(table.columns) if plain(column.span) == "Also within trials"]
        assert [plain(table.columns[k].head) for k in places] == heads
        assert [lines(table)[0][k] for k in places] == cells
        said = " ".join(plain(note) for note in table.footnotes)
        assert f"tested {'varies between trials' if effect == 'random' else 'is common to the trials'}" in said


def test_p_adjusted_by_draws_has_columns_where_something_was_drawn() -> None:
    one = interaction("pain")
    drawn = replace(one, min_p=builder("m").p("min p", 0.025), min_p_all=builder("m").p("all", 0.075))
    shown = replace(screen("pain", [drawn]), flips=builder("pain").count("draws", 999))
    table = interaction_estimates([shown], settings())
    heads = [plain(column.head) for column in table.columns]
    place = heads.index("min\u00a0p")
    assert heads[place : place + 2] == ["min\u00a0p", "min\u00a0p, all outcomes"]
    assert lines(table)[0][place : place + 2] == ["0.025", "0.075"]
    assert any("the proportion of 999 draws" in plain(note) for note in table.footnotes)
    plainer = interaction_estimates([screen("pain", [one])], settings())
    assert "min\u00a0p" not in [plain(column.head) for column in plainer.columns]


def test_trials_that_tell_nothing_of_an_interaction_have_a_footnote() -> None:
    first, *others = several()
    age, *rest = first.interactions
    silent = replace(age, uninformative=replace(age.trials, id="silent", value=2, text="2"))
    screens = [replace(first, interactions=(silent, *rest)), *others]
    for table in (interaction_estimates(screens, settings()), effects_at_values(screens, settings())):
        said = [plain(note) for note in table.footnotes]
        assert any(
            note.startswith("ᵃ2 further trials of the model provide no information on the interaction") for note in said
        )


def test_effects_at_values_keep_to_the_reading() -> None:
    (first, *_) = several()
    naive = replace(first, interactions=tuple(replace(item, tested="naive") for item in first.interactions))
    p = naive.interactions[0].naive.p
    table = effects_at_values([naive], replace(settings(), reading="naive"))
    assert table.groups[0].rows[0].cells[-1] == (p,)
    assert "that of the naive model" in plain(table.footnotes[-1])
    assert any("interaction within trials" in plain(note) for note in effects_at_values([first], settings()).footnotes)

"""What a forest plot shows: rows, marks, pages, words."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace

import pytest

from reportgen.figures import draw_forest
from reportgen.figures.forest import forest_sheets
from reportgen.figures.forest_by_trial import forest_by_trial_sheets
from reportgen.figures.paint import png
from reportgen.figures.panel import SQUARE_SMALLEST
from reportgen.figures.sheet import Shape, Sheet, Stroke
from reportgen.records.model import PooledEffect
from reportgen.records.numbers import ids, plain
from reportgen.render.picture import figure_files
from tests.unit.figures.build import beyond_all, effect, settings


def texts(sheet: Sheet) -> list[str]:
    return [" ".join(piece.text for piece in words.pieces) for words in sheet.words()]


def shapes(sheet: Sheet, kind: str) -> list[Shape]:
    return [mark for mark in sheet.marks if isinstance(mark, Shape) and mark.kind == kind]


def ticks(sheet: Sheet) -> list[str]:
    return [words.pieces[0].text for words in sheet.words() if words.axis == "tick"]


def size(shape: Shape) -> tuple[float, float]:
    xs, ys = zip(*shape.corners, strict=True)
    return max(xs) - min(xs), max(ys) - min(ys)


def test_outcomes_are_groups_and_follow_ups_rows() -> None:
    effects = [effect(o, f) for o in ("pain", "function") for f in ("short", "long")]
    (sheet,) = forest_sheets(effects, settings(), name="fig1")
    body = [t for t in texts(sheet) if t in ("Pain (points)", "Function (points)", "Short term", "Long term")]
    assert body == ["Pain (points)", "Short term", "Long term", "Function (points)", "Short term", "Long term"]
    assert len(shapes(sheet, "diamond")) == 4


def test_a_row_without_estimate_stays_grey_with_its_reason() -> None:
    effects = [effect(), effect("pain", "mid", None, reason="fewer than two trials")]
    (sheet,) = forest_sheets(effects, settings(), name="fig1")
    assert "not estimable: fewer than two trials" in texts(sheet)
    label = next(words for words in sheet.words() if words.pieces[0].text == "Mid term")
    assert label.style == label.style.muted()
    assert len(shapes(sheet, "diamond")) == 1


@pytest.mark.parametrize(("value", "half", "heads"), [(3.0, 2.0, 0), (3.0, 90.0, 2)])
def test_an_interval_that_leaves_the_axis_has_arrowheads(value: float, half: float, heads: int) -> None:
    others = [effect("pain", f"visit {k}") for k in range(4)]
    (sheet,) = forest_sheets([*others, effect("pain", "wide", value, half, predicted=None)], settings(), name="fig1")
    assert len(shapes(sheet, "arrowhead")) == heads
    assert ("Arrowhead" in " ".join(texts(sheet))) == bool(heads)


def test_the_whole_diamond_is_kept_inside_the_axis() -> None:
    others = [effect("pain", f"visit {k}", predicted=None) for k in range(4)]
    (sheet,) = forest_sheets([*others, effect("pain", "wide", 3.0, 90.0, predicted=None)], settings(), name="fig1")
    *_, wide = shapes(sheet, "diamond")
    heads = shapes(sheet, "arrowhead")
    left, right = (min(x for x, _ in wide.corners), max(x for x, _ in wide.corners))
    assert min(x for x, _ in heads[0].corners) < left < right < max(x for x, _ in heads[1].corners)


def test_outcomes_in_different_units_have_axes_of_their_own() -> None:
    effects = [
        effect("depth", "short", 0.2, 0.1, unit="mm"),
        effect("bleeding", "short", 17.0, 5.0, unit="%"),
        effect("loss", "short", 0.4, 0.1, unit="mm"),
    ]
    (sheet,) = forest_sheets(effects, settings(), name="fig1")
    labels = ticks(sheet)
    assert labels.count("0.0") == 2  # mm, twice the same axis
    assert labels.count("0") == 1
    assert labels[: len(labels) // 3] == labels[-len(labels) // 3 :]
    assert "Adjusted mean difference in the unit of each outcome" in texts(sheet)
    (rescaled,) = forest_sheets(effects, settings(), name="fig1", scale="0-100")
    assert ticks(rescaled).count("0") == 1


def test_scales_of_different_range_have_axes_of_their_own_though_both_count_points() -> None:
    wide = effect("function", "short", 30.0, 9.0, factor=1.0)
    (sheet,) = forest_sheets([effect("pain", "short"), wide, effect("grade", "short")], settings(), name="fig1")
    assert ticks(sheet).count("0") + ticks(sheet).count("0.0") == 3
    assert "Adjusted mean difference (points)" in texts(sheet)


def test_axes_are_symmetric_round_and_have_seven_ticks_at_most() -> None:
    (sheet,) = forest_sheets([effect(value=7.7, half=1.9)], settings(), name="fig1")
    labels = ticks(sheet)
    assert len(labels) in (5, 7)
    assert [label.replace("−", "") for label in labels] == [label.replace("−", "") for label in reversed(labels)]


def test_more_rows_than_a_page_holds_go_on_with_the_heading_repeated() -> None:
    effects = [effect(f"outcome {k // 3}", f"visit {k}", k / 10, 1.0) for k in range(60)]
    sheets = forest_sheets(effects, settings(), name="fig1")
    assert [sheet.name for sheet in sheets] == ["fig1", "fig1-2"]
    heads = [[w for w in sheet.words() if w.pieces[0].text == "Outcome and follow-up"] for sheet in sheets]
    assert [len(head) for head in heads] == [1, 1]
    assert ticks(sheets[0]) == ticks(sheets[1])
    assert abs(sheets[0].height - sheets[1].height) < 25
    assert sum(len(shapes(sheet, "diamond")) for sheet in sheets) == 60
    assert not set(ids(sheets[0].alt)) & set(ids(sheets[1].alt))


def test_a_group_longer_than_a_page_is_torn_and_its_head_says_so() -> None:
    sheets = forest_sheets([effect("pain", f"visit {k}") for k in range(100)], settings(), name="fig1")
    assert len(sheets) == 3
    assert "Pain (points) (continued)" in texts(sheets[1])


def test_alternative_text_is_written_from_numbers() -> None:
    effects = [effect("pain", f"v{k}", value, 1.0) for k, value in enumerate((3.0, -2.0, 0.5))]
    (sheet,) = forest_sheets([*effects, effect("pain", "none", None, reason="no trial")], settings(), name="fig1")
    assert plain(sheet.alt) == (
        "Forest plot: 4 rows; 2 favour the intervention; 2 intervals clear of no effect: Pain (points), V0 term: 3.0 (2.0 to "
        "4.0); Pain (points), V1 term: −2.0 (−3.0 to −1.0); 1 not estimable."
    )
    assert [name for name in ids(sheet.alt) if name.startswith("fig1.")] == [
        "fig1.rows",
        "fig1.favour-intervention",
        "fig1.interval-clear-of-no-effect",
        "fig1.not-estimable",
    ]
    (item,) = forest_sheets([effect(value=1.3, half=0.7)], settings(), name="fig2")
    assert plain(item.alt).endswith("; pooled 1.3 (0.6 to 2.0).")


def test_by_trial_squares_grow_with_the_weight() -> None:
    (sheet,) = forest_by_trial_sheets(effect(by_trial=4), settings(), name="fig2")
    sides = [size(square)[0] for square in shapes(sheet, "square")]
    # weights are in proportion 1 : 2 : 3 : 4
    assert [side**2 / sides[-1] ** 2 for side in sides] == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert min(sides) > SQUARE_SMALLEST
    assert len(shapes(sheet, "diamond")) == 2  # one-step and two-stage
    assert "Weight" in texts(sheet) and "(%)" in texts(sheet)


def test_by_trial_shows_the_overall_effect_and_the_prediction_interval() -> None:
    (sheet,) = forest_by_trial_sheets(effect(by_trial=4), settings(), name="fig2")
    assert len([mark for mark in sheet.marks if isinstance(mark, Stroke) and mark.dashed]) == 1
    assert "Prediction interval" in texts(sheet)
    assert "(−1.0 to 7.0)" in texts(sheet)
    assert {"Pooled, one-step", "Pooled, two-stage"} <= set(texts(sheet))
    assert (
        plain(sheet.alt)
        == "Forest plot by trial, Pain (points), Short term: 4 trials; 4 favour the intervention; pooled 3.0 (1.0 to 5.0) in one "
        "step and 3.0 (1.0 to 5.0) in two."
    )


def test_heterogeneity_stands_in_a_row_below_the_pooled_effects_or_in_the_note_where_no_column_makes_room() -> None:
    found = effect(by_trial=4)
    (sheet,) = forest_by_trial_sheets(found, settings(), name="fig2")
    rows = {" ".join(piece.text for piece in words.pieces): words.pieces[0].y for words in sheet.words()}
    (row,) = (text for text in rows if text.startswith("Heterogeneity: "))
    assert "Q = 4.78 (df = 3, p = 0.19); I² = 37.2% (0.0% to 71.5%)" in row
    assert rows["Pooled, two-stage"] < rows[row] < rows[texts(sheet)[-1]]
    assert "Q = 4.78" not in texts(sheet)[-1]
    (bare,) = forest_by_trial_sheets(found, settings(), name="fig2", columns=((), ("effect",)))
    assert not any(text.startswith("Heterogeneity: ") for text in texts(bare))
    assert "belong (REML, guarded Hartung–Knapp–Sidik–Jonkman interval): τ² = " in texts(bare)[-1]
    assert "Q = 4.78 (df = 3, p = 0.19); I² = " in texts(bare)[-1]


def test_by_trial_note_says_what_the_dashed_line_is_where_there_is_one() -> None:
    for limits, is_said in ((None, True), ((-4.0, 4.0), True), ((-0.5, 0.5), False)):
        (sheet,) = forest_by_trial_sheets(effect(by_trial=5), settings(), name="fig2", limits=limits)
        assert any(isinstance(mark, Stroke) and mark.dashed for mark in sheet.marks) == is_said
        assert ("Dashed line: pooled" in " ".join(texts(sheet))) == is_said


def test_by_trial_note_says_how_it_was_fitted() -> None:
    (sheet,) = forest_by_trial_sheets(effect(by_trial=4), settings(), name="fig2")
    note = texts(sheet)[-1]
    for said in ("REML", "adjusted for baseline", "m = 4 trials", "n = 888", "τ² = 0.41"):
        assert said in note
    assert (
        "Two-stage model, to which the weights and heterogeneity belong (REML, guarded Hartung–Knapp–Sidik–Jonkman interval). "
    ) in note
    assert "prediction interval −1.0 to 7.0" in note
    assert "Kenward–Roger" in note
    assert note.endswith("Status: converged.")


def test_by_trial_without_pooled_effect_keeps_its_trials() -> None:
    one = effect(value=None, reason="fewer than two trials", by_trial=1, trials=1)
    (sheet,) = forest_by_trial_sheets(one, settings(), name="fig2")
    assert "not estimable: fewer than two trials" in texts(sheet)
    assert len(shapes(sheet, "square")) == 1
    assert "pooled effect not estimable: fewer than two trials" in plain(sheet.alt)
    assert "m\u00a0=\u00a01 trial, n" in texts(sheet)[-1].replace(" = ", "\u00a0=\u00a0")


def test_one_trial_alone_is_a_square_in_both_forests_and_never_pooled() -> None:
    one = effect(by_trial=1, trials=1, predicted=None)
    (sheet,) = forest_by_trial_sheets(one, settings(), name="fig2")
    assert (len(shapes(sheet, "square")), len(shapes(sheet, "diamond"))) == (1, 0)
    said = " ".join([*texts(sheet), plain(sheet.alt)])
    assert "its own effect 3.0 (1.0 to 5.0); nothing is pooled" in said
    assert "random" not in said and "weight" not in said and "Pooled" not in said
    (sheet,) = forest_sheets([one, effect("function")], settings(), name="fig1")
    assert (len(shapes(sheet, "square")), len(shapes(sheet, "diamond"))) == (1, 1)
    assert "‡ Square: one trial's own effect" in texts(sheet)[-1]
    assert "1 row is one trial's own effect" in plain(sheet.alt)
    (sheet,) = forest_sheets([one], settings(), name="fig3")
    assert plain(sheet.alt).endswith("; one trial's own effect 3.0 (1.0 to 5.0).")
    assert "Diamond" not in texts(sheet)[-1] and sheet.title == "Forest plot of effects of single trials"


def without_variation(follow_up: str, tau2: float = 0.0) -> PooledEffect:
    """An effect on the boundary of its model."""
    found = effect("pain", follow_up, status="boundary")
    between = replace(found.heterogeneity, tau2=replace(found.heterogeneity.tau2, value=tau2))
    return replace(found, heterogeneity=between)


def test_a_note_of_all_rows_is_given_once_and_marks_only_some() -> None:
    boundary = [without_variation(f) for f in ("short", "mid")]
    missing = effect("pain", "long", None, reason="one trial, and two are needed")
    (sheet,) = forest_sheets([*boundary, missing], settings(), name="fig1")
    assert "†" not in " ".join(texts(sheet))
    assert texts(sheet)[-1].endswith("In all rows: no variation found between trials (τ² is estimated as zero).")
    (sheet,) = forest_sheets([*boundary, effect("pain", "long")], settings(), name="fig1")
    assert "†" not in " ".join(texts(sheet))
    assert texts(sheet)[-1].endswith("In 2 of 3 rows: no variation found between trials (τ² is estimated as zero).")
    (sheet,) = forest_sheets(boundary[:1], settings(), name="fig1")
    assert "†" not in " ".join(texts(sheet))
    assert texts(sheet)[-1].endswith("No variation found between trials (τ² is estimated as zero).")
    correlated = [without_variation("short", 0.4), without_variation("mid"), effect("pain", "long")]
    (sheet,) = forest_sheets(correlated, settings(), name="fig1")
    assert " ".join(texts(sheet)).count("†") == 2
    assert "In 1 of 3 rows: no variation found" in texts(sheet)[-1]
    assert texts(sheet)[-1].endswith("† Random effects estimated as perfectly correlated, or without variation.")
    alone = [effect("pain", f, by_trial=1, trials=1, predicted=None) for f in ("short", "mid")]
    (sheet,) = forest_sheets(alone, settings(), name="fig1")
    assert "‡" not in " ".join(texts(sheet)) and "Square: one trial's own effect" in texts(sheet)[-1]


def test_a_boundary_with_variation_between_trials_is_not_called_one_without() -> None:
    for sheet in (
        *forest_sheets([without_variation("short", 0.4), effect("x")], settings(), name="fig1"),
        *forest_by_trial_sheets(without_variation("short", 0.4), settings(), name="fig2"),
    ):
        assert "estimated as zero" not in texts(sheet)[-1]
        assert "andom effects estimated as perfectly correlated, or without variation" in texts(sheet)[-1]


def test_an_estimate_outside_its_trials_has_the_reason_in_the_note() -> None:
    beyond = beyond_all(effect(by_trial=4))
    (sheet,) = forest_by_trial_sheets(beyond, settings(), name="fig2")
    assert (
        "The estimate of the one-step model lies outside the range of the trials' own effects: it is no mean."
        in texts(sheet)[-1]
    )


def test_where_nothing_is_drawn_no_mark_is_explained() -> None:
    one = effect(value=None, reason="no trials, and two are needed", by_trial=0, trials=0)
    (sheet,) = forest_by_trial_sheets(one, settings(), name="fig2")
    assert texts(sheet)[-1] == "Status: not estimable: no trials, and two are needed."


def test_level_and_method_come_from_the_settings() -> None:
    (sheet,) = forest_sheets([effect()], settings(inference="satterthwaite", adjust_for=()), name="fig1")
    assert "Satterthwaite" in texts(sheet)[-1]
    assert "Mean difference (points)" in texts(sheet)


def test_no_effects_at_all_is_an_empty_table_and_no_error() -> None:
    assert len(draw_forest([], settings(), name="fig1")) == 1


DIGEST = """
import hashlib, sys
from reportgen.figures import draw_forest
from reportgen.figures.paint import png
from reportgen.render.picture import figure_files
from tests.unit.figures.build import effect, settings
effects = [effect("pain", f, 3.0, 2.0, status="boundary") for f in ("short", "mid")] + [effect("x", "y", None, reason="τ")]
(one,) = draw_forest(effects, settings(), name="fig1")
print(*(hashlib.sha256(part).hexdigest() for part in (one.svg.encode(), png(one), *dict(figure_files([one])).values())))
"""


@pytest.mark.slow
def test_the_same_figure_has_the_same_bytes_in_another_process() -> None:
    effects = [effect("pain", f, 3.0, 2.0, status="boundary") for f in ("short", "mid")]
    effects.append(effect("x", "y", None, reason="τ"))
    draw_forest([effect()], settings(), name="another")
    (item,) = draw_forest(effects, settings(), name="fig1")
    here = [
        hashlib.sha256(part).hexdigest()
        for part in (item.svg.encode(), png(item), *dict(figure_files([item])).values())
    ]
    there = subprocess.run([sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True)
    assert there.stdout.split() == here


def test_importing_the_room_is_light() -> None:
    code = "import sys, reportgen.figures; print([m for m in ('matplotlib', 'plotnine', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_figure_stays_behind() -> None:
    import matplotlib.pyplot as plt

    draw_forest([effect()], settings(), name="fig1")
    assert plt.get_fignums() == []

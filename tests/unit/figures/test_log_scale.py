"""Figures of ratios: logarithms in place, ratios in print, the line of no effect at one, and words that name the measure."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.figures.axis import RATIOS, axis_for, ratio_axis
from reportgen.figures.forest import forest_sheets
from reportgen.figures.forest_by_trial import forest_by_trial_sheets
from reportgen.figures.interactions import interaction_sheets
from reportgen.figures.panel import Panel
from reportgen.figures.scale import round_ratios
from reportgen.figures.sheet import Shape, Sheet, Stroke, Words
from reportgen.figures.subgroups import forest_sheets as subgroup_sheets
from reportgen.figures.subgroups import tree_sheets
from reportgen.figures.trajectory import trajectory_sheet
from reportgen.records.numbers import plain
from tests.unit.figures import screens, searches, test_trajectory
from tests.unit.figures.boxes import errors
from tests.unit.figures.build import effect, settings
from tests.unit.figures.ratios import GOOD_ODDS, ODDS, ratios


def texts(sheet: Sheet) -> list[str]:
    return [" ".join(piece.text for piece in words.pieces) for words in sheet.words()]


def ticks(sheet: Sheet) -> dict[str, float]:
    """Return where each tick stands, by its text."""
    return {
        words.pieces[0].text: words.pieces[0].x
        for words in sheet.marks
        if isinstance(words, Words) and words.axis == "tick"
    }


def shapes(sheet: Sheet, kind: str) -> list[Shape]:
    return [mark for mark in sheet.marks if isinstance(mark, Shape) and mark.kind == kind]


def forest(*values: float, half: float = 2.0) -> Sheet:
    effects = [ratios(effect("relapse", f"v{k}", value, half)) for k, value in enumerate(values)]
    (sheet,) = forest_sheets(effects, settings(), name="fig1")
    return sheet


@given(st.floats(min_value=1e-4, max_value=600.0))
def test_an_axis_of_ratios_reaches_far_enough_and_its_ticks_say_where_they_stand(reach: float) -> None:
    axis = ratio_axis(reach)
    assert reach * (1 - 1e-6) <= axis.high
    assert len(axis.ticks()) in (5, 7)
    assert 0.0 in axis.ticks()
    assert all(-axis.high - 1e-9 <= tick <= axis.high + 1e-9 for tick in axis.ticks())
    assert len(set(axis.labels())) == len(axis.ticks())
    if reach < math.log(1e4):
        assert [float(label) for label in axis.labels()] == pytest.approx([math.exp(tick) for tick in axis.ticks()])


def test_each_axis_is_wider_than_the_one_before() -> None:
    limits = [ratio_axis(max(-math.log(ticks[0]), math.log(ticks[-1]))).high for ticks in RATIOS]
    assert limits == sorted(set(limits))


@pytest.mark.parametrize(
    ("widest", "labels"),
    [
        (1.015, ["0.98", "0.99", "1", "1.01", "1.02"]),
        (1.9, ["0.5", "0.7", "1", "1.4", "2"]),
        (3.9, ["0.25", "0.5", "1", "2", "4"]),
        (7.5, ["0.125", "0.25", "0.5", "1", "2", "4", "8"]),
        (60, ["0.01", "0.1", "1", "10", "100"]),
        (1e5, ["10⁻⁶", "0.001", "1", "1000", "10⁶"]),
    ],
)
def test_labels_of_ratios(widest: float, labels: list[str]) -> None:
    assert list(ratio_axis(math.log(widest)).labels()) == labels


def test_one_wide_interval_of_ratios_leaves_the_axis() -> None:
    intervals = [(-0.7, 0.5), (-0.6, 0.4), (-0.8, 0.3), (-30.0, 40.0)]
    assert math.exp(axis_for([0.0, -0.1, -0.2, 0.3], intervals, link="log").high) == pytest.approx(2.5)


@given(st.floats(min_value=-8, max_value=8), st.floats(min_value=0.05, max_value=9))
def test_upright_ticks_lie_on_the_axis(low: float, span: float) -> None:
    found = round_ratios(low, low + span, 6)
    assert len(found) <= 6
    assert all(low <= value <= low + span for value, _ in found)
    if low <= 0 <= low + span:
        assert (0.0, "1") in found


def test_ticks_stand_at_logarithms_and_no_effect_at_one() -> None:
    sheet = forest(-2.5, -1.0, 1.0)
    places = ticks(sheet)
    assert list(places) == ["0.25", "0.5", "1", "2", "4"]
    steps = [b - a for a, b in zip(list(places.values()), list(places.values())[1:], strict=False)]
    assert steps == pytest.approx([steps[0]] * 4)
    upright = [
        mark for mark in sheet.marks if isinstance(mark, Stroke) and mark.x == mark.x_end and mark.y_end - mark.y > 10
    ]
    assert [mark.x for mark in upright] == pytest.approx([places["1"]])


def test_a_diamond_lies_at_its_ratio_and_is_symmetric_in_logarithms() -> None:
    sheet = forest(-3.0)
    (diamond,) = shapes(sheet, "diamond")
    places = ticks(sheet)
    unit = (places["2"] - places["1"]) / math.log(2)
    xs = sorted({x for x, _ in diamond.corners})
    assert xs == pytest.approx([places["1"] + unit * value for value in (-1.0, -0.6, -0.2)])
    assert "0.55 (0.37 to 0.82)" in texts(sheet)


def test_an_interval_beyond_the_ticks_has_arrowheads() -> None:
    effects = [ratios(effect("relapse", f"v{k}", -1.0, 2.0, predicted=None)) for k in range(4)]
    wide = ratios(effect("relapse", "wide", 0.5, 90.0, predicted=None))
    (sheet,) = forest_sheets([*effects, wide], settings(), name="fig1")
    assert len(shapes(sheet, "arrowhead")) == 2
    assert any("Arrowhead" in text for text in texts(sheet))


def test_heads_axis_arrows_and_alternative_text_name_the_measure() -> None:
    sheet = forest(-2.5, -1.0, 1.0)
    assert {"Odds ratio", "Adjusted odds ratio"} <= set(texts(sheet))
    assert not any("difference" in text.lower() for text in texts(sheet))
    left, right = (
        next(words.pieces[0].x for words in sheet.words() if words.pieces[0].text == text)
        for text in ("favours intervention", "favours control")
    )
    assert left < ticks(sheet)["1"] < right
    assert plain(sheet.alt) == (
        "Forest plot of odds ratios: 3 rows; 2 favour the intervention; 1 interval clear of no effect: Relapse, V0 term: 0.61 (0.41 "
        "to 0.90)."
    )
    (item,) = forest_sheets([ratios(effect("relapse", "short", -3.0))], settings(), name="fig2")
    assert "pooled odds ratio 0.55 (0.37 to 0.82)" in plain(item.alt)


def test_of_a_good_event_higher_ratios_favour_the_intervention() -> None:
    (sheet,) = forest_sheets([ratios(effect("response", "short", 3.0), GOOD_ODDS)], settings(), name="fig1")
    found = {words.pieces[0].text: words.pieces[0].x for words in sheet.words()}
    assert found["favours control"] < ticks(sheet)["1"] < found["favours intervention"]
    assert "1 favours the intervention" in plain(sheet.alt)


def test_measures_that_share_a_figure_have_axes_and_arrows_of_their_own() -> None:
    bad, good = ratios(effect("relapse", "short", -3.0)), ratios(effect("response", "short", 3.0), GOOD_ODDS)
    (sheet,) = forest_sheets([effect(), bad, good], settings(), name="fig1")
    assert errors(sheet) == []
    body = texts(sheet)
    assert body.count("favours intervention") == 3
    assert {"Pain, mean difference (points)", "Relapse, odds ratio", "Response, odds ratio"} <= set(body)
    assert "Adjusted effect, in the measure of each outcome" in body
    assert "3 favour the intervention" in plain(sheet.alt)


def test_measures_of_one_direction_share_their_arrows() -> None:
    (sheet,) = forest_sheets([effect(), ratios(effect("response"), GOOD_ODDS)], settings(), name="fig1")
    assert texts(sheet).count("favours intervention") == 1


def test_trials_are_drawn_as_ratios_and_variances_are_said_to_be_of_logarithms() -> None:
    (sheet,) = forest_by_trial_sheets(ratios(effect("relapse", "short", -3.0, by_trial=5)), settings(), name="fig1")
    assert errors(sheet) == []
    assert "Odds ratio" in texts(sheet)
    assert list(ticks(sheet)) == ["0.125", "0.25", "0.5", "1", "2", "4", "8"]
    words = " ".join(texts(sheet)).replace("\u00a0", " ")
    assert words.count("τ² (log scale) =") == 2
    assert plain(sheet.alt).startswith(
        "Forest plot by trial of odds ratios, Relapse, Short term: 5 trials; 5 favour the intervention; pooled odds ratio 0.55"
    )


def test_interactions_are_ratios_of_ratios() -> None:
    made = [ratios(screen, factor=0.15) for screen in screens.several()]
    (sheet,) = interaction_sheets(made, screens.settings(), name="fig1")
    assert errors(sheet) == []
    words = " ".join(texts(sheet))
    assert "Ratio of odds ratios" in texts(sheet)
    assert "Interaction: by what factor the odds ratio differs per step" in words
    found = {words.pieces[0].text: words.pieces[0].x for words in sheet.words()}
    assert found["larger effect"] < ticks(sheet)["1"] < found["smaller effect"]
    assert plain(sheet.alt).startswith("Forest plot of interactions as ratios of odds ratios: ")


def test_subgroups_are_drawn_as_ratios() -> None:
    search = ratios(searches.search())
    (tree,) = tree_sheets(search, searches.settings(), name="fig1")
    (forest,) = subgroup_sheets([search], searches.settings(), name="fig2")
    for sheet in (tree, forest):
        assert errors(sheet) == []
        assert "Odds ratio" in texts(sheet)
        assert "1" in ticks(sheet)
        assert not any("difference" in text for text in texts(sheet))
    assert plain(tree.alt).startswith("Tree of subgroups by odds ratios, PAIN, Short term: ")
    assert "Adjusted odds ratio" in texts(forest)


def test_subgroups_of_different_measures_share_a_figure() -> None:
    both = [searches.search(), ratios(searches.search("relapse"))]
    (sheet,) = subgroup_sheets(both, searches.settings(), name="fig2")
    assert errors(sheet) == []
    assert texts(sheet).count("favours intervention") == 2
    assert "RELAPSE, odds ratio, Short term" in texts(sheet)


def test_a_trajectory_of_ratios_has_upright_ticks_of_ratios() -> None:
    peeling = ratios(test_trajectory.CASES["usual"], replace(ODDS, favours="higher"), factor=0.06)
    sheet = trajectory_sheet(peeling, test_trajectory.SIZES, test_trajectory.settings(), name="figure")
    assert errors(sheet, marks_too=False) == []
    effects = [
        words.pieces[0]
        for words in sheet.marks
        if isinstance(words, Words) and words.axis == "tick" and words.pieces[0].y < test_trajectory.EFFECT_HEIGHT + 2
    ]
    found = {piece.text: piece.y for piece in effects}
    assert list(found) == ["1", "2", "5"]
    unit = (found["1"] - found["5"]) / math.log(5)
    assert found["2"] == pytest.approx(found["1"] - unit * math.log(2))
    assert any("Odds ratio inside" in text for text in texts(sheet))
    assert "All participants (3882): odds ratio 1.62 (1.35 to" in plain(sheet.alt)


def test_a_panel_places_a_factor_and_its_inverse_equally_far_from_no_effect() -> None:
    panel = Panel(ratio_axis(math.log(4)), 10.0, 50.0)
    assert panel.at(math.log(4)) == pytest.approx(50.0)
    assert panel.at(math.log(2)) - 30.0 == pytest.approx(30.0 - panel.at(math.log(0.5)))


@pytest.mark.slow
def test_many_measures_of_both_directions_fit_on_their_pages() -> None:
    bad = [ratios(effect(f"bad {k}", "short", -2.0)) for k in range(15)]
    good = [ratios(effect(f"good {k}", "short", 2.0), GOOD_ODDS) for k in range(15)]
    sheets = forest_sheets([item for pair in zip(bad, good, strict=True) for item in pair], settings(), name="fig1")
    assert len(sheets) > 1
    assert all(sheet.height < 245 and errors(sheet) == [] for sheet in sheets)
    assert sum(texts(sheet).count("favours intervention") for sheet in sheets) == 30

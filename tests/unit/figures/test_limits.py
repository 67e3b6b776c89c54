"""Axes whose limits the study file gives: they begin and end there, and what leaves them has an arrowhead."""

from __future__ import annotations

import math

import pytest

from reportgen.errors import RenderError
from reportgen.figures.axis import fixed_axis
from reportgen.figures.columns import EFFECTS, TRIALS
from reportgen.figures.forest import forest_sheets
from reportgen.figures.forest_by_trial import forest_by_trial_sheets
from reportgen.figures.interactions import interaction_sheets
from reportgen.figures.limited import BEYOND, LEAVES
from reportgen.figures.panel import DIAMOND_LEAST, Panel
from reportgen.figures.sheet import Shape, Sheet, Words
from reportgen.figures.subgroups import forest_sheets as subgroup_sheets
from reportgen.figures.theme import drawn_for
from reportgen.houses import PLAIN, Width
from reportgen.spec.model import RuleError
from reportgen.spec.shows import Forest
from tests.unit.figures.boxes import errors, text_boxes
from tests.unit.figures.build import effect, settings
from tests.unit.figures.ratios import ratios
from tests.unit.figures.screens import interaction, screen
from tests.unit.figures.screens import settings as screening
from tests.unit.figures.searches import search
from tests.unit.figures.searches import settings as search_settings


def ticks(sheet: Sheet) -> list[str]:
    return [mark.pieces[0].text for mark in sheet.marks if isinstance(mark, Words) and mark.axis == "tick"]


def said(sheet: Sheet) -> str:
    return " ".join(text for text, _ in text_boxes(sheet))


@pytest.mark.parametrize("limits", [(-20, 20), (-1, 30), (-30, 1), (-7, 3), (-1e-9, 10), (-0.1, 1e6)])
def test_ticks_lie_inside_the_limits_and_one_is_no_effect(limits: tuple[float, float]) -> None:
    axis = fixed_axis(limits)
    assert (axis.low, axis.high) == limits
    assert 0.0 in axis.ticks()
    assert 2 <= len(axis.ticks()) <= 7
    assert all(limits[0] - 1e-9 <= tick <= limits[1] + 1e-9 for tick in axis.ticks())


@pytest.mark.parametrize("limits", [(0.5, 4), (0.9, 1.3), (0.995, 1.01), (0.001, 1000), (1e-8, 2), (0.99, 1e6)])
def test_ticks_of_ratios_lie_inside_the_limits_and_one_is_no_effect(limits: tuple[float, float]) -> None:
    axis = fixed_axis(limits, "log")
    assert (math.exp(axis.low), math.exp(axis.high)) == pytest.approx(limits)
    assert 1 in axis.ratios
    assert 1 <= len(axis.ratios) <= 7
    assert all(axis.low - 1e-9 <= tick <= axis.high + 1e-9 for tick in axis.ticks())


@pytest.mark.parametrize("limits", [(1, 2), (-2, -1), (0, 2)])
def test_limits_enclose_no_effect(limits: tuple[float, float]) -> None:
    with pytest.raises(RenderError, match="does not have no effect, 0, inside"):
        fixed_axis(limits)


@pytest.mark.parametrize("limits", [(-1, 2), (0, 2), (2, 4)])
def test_limits_of_ratios_enclose_one_and_are_positive(limits: tuple[float, float]) -> None:
    with pytest.raises(RenderError, match="does not have no effect, 1, inside"):
        fixed_axis(limits, "log")


def test_a_place_on_an_axis_is_in_proportion_on_both_sides_of_no_effect() -> None:
    panel = Panel(fixed_axis((-10, 30)), 100.0, 140.0)
    assert [panel.at(value) for value in (-10, 0, 10, 30)] == [100, 110, 120, 140]


@pytest.mark.parametrize("limits", [(-5, 20), (-0.2, 30), (-30, 0.2), (-1, 1)])
def test_a_forest_has_the_limits_and_arrowheads_beyond(limits: tuple[float, float]) -> None:
    effects = [effect("pain", "short", 3.0, 2.0), effect("pain", "mid", 12.0, 30.0), effect("pain", "long", -4.0, 1.0)]
    (sheet,) = forest_sheets(effects, settings(), name="fig1", limits=limits)
    assert ticks(sheet) == list(fixed_axis(limits).labels())
    assert LEAVES.strip() in said(sheet)
    assert any(getattr(mark, "kind", "") == "arrowhead" for mark in sheet.marks)
    assert errors(sheet) == []


@pytest.mark.parametrize(
    ("limits", "right", "labels"),
    [
        ((-1e12, 1e12), 60.0, ["−1.0×10¹²", "−0.5×10¹²", "0", "0.5×10¹²", "1.0×10¹²"]),
        ((-1e12, 1e12), 12.0, ["−1.0×10¹²", "1.0×10¹²"]),
        ((-1, 1.6), 60.0, ["−1.0", "−0.5", "0.0", "0.5", "1.0", "1.5"]),
        ((-1, 1.6), 16.0, ["−1.0", "0.0", "1.0"]),
    ],
)
def test_at_least_two_ticks_are_labelled_and_all_are_equally_far_apart(
    limits: tuple[float, float], right: float, labels: list[str]
) -> None:
    marks = Panel(fixed_axis(limits), 0.0, right).ruler(0.0)
    places = [mark.pieces[0] for mark in marks if isinstance(mark, Words)]
    assert [piece.text for piece in places] == labels


def test_a_square_hides_neither_a_short_interval_nor_an_arrowhead() -> None:
    panel = Panel(fixed_axis((-10, 10)), 100.0, 140.0)
    for marks in (panel.square(3.0, 3.1, 3.2, 1.0, 5.0), panel.graded(3.0, 3.1, 3.2, 5.0, 0)):
        square, within = [mark for mark in marks if isinstance(mark, Shape)]
        assert (square.kind, within.kind, within.fill) == ("square", "interval within", "#ffffff")
        assert breadth(within) == pytest.approx(0.4)
    for marks in (panel.square(2.0, 9.9, 18.0, 1.0, 5.0), panel.graded(2.0, 9.9, 18.0, 5.0, 1)):
        square, head = [mark for mark in marks if isinstance(mark, Shape)]
        assert (square.kind, head.kind, head.edge) == ("square", "arrowhead", "#ffffff")
    wide = [mark for mark in panel.square(2.0, 4.0, 6.0, 1.0, 5.0) if isinstance(mark, Shape)]
    assert [mark.kind for mark in wide] == ["square"]


def test_every_forest_takes_limits() -> None:
    limits = (-4, 2)
    sheets = [
        *forest_by_trial_sheets(effect(by_trial=5), settings(), name="a", limits=limits),
        *interaction_sheets([screen("pain", [interaction("pain")])], screening(), name="b", limits=limits),
        *subgroup_sheets([search()], search_settings(), name="c", limits=limits),
    ]
    for sheet in sheets:
        assert {"−4", "0", "2"} <= {*ticks(sheet)} <= {*fixed_axis(limits).labels()}
        assert errors(sheet) == []


def shapes(sheet: Sheet, kind: str) -> list[Shape]:
    return [mark for mark in sheet.marks if isinstance(mark, Shape) and mark.kind == kind]


def breadth(shape: Shape) -> float:
    xs = [x for x, _ in shape.corners]
    return max(xs) - min(xs)


@pytest.mark.parametrize("style", ["page", "column"])
def test_an_interval_too_short_to_be_seen_still_has_its_mark(style: Width) -> None:
    limits = (-1e6, 1e6)
    columns, of_trials = (EFFECTS, TRIALS) if style == "page" else (((), ("effect",)),) * 2
    effects = [effect("pain", "short", 3.0, 2.0), effect("pain", "mid", 7e5, 1.0), effect("pain", "long", 1e6, 0.0)]
    with drawn_for(PLAIN.in_width(style)):
        (sheet,) = forest_sheets(effects, settings(), name="fig1", limits=limits, columns=columns)
        (trials,) = forest_by_trial_sheets(
            effect(by_trial=5), settings(), name="fig2", limits=limits, columns=of_trials
        )
    assert [breadth(mark) > DIAMOND_LEAST - 1e-9 for mark in shapes(sheet, "diamond")] == [True] * 3
    assert (len(shapes(trials, "diamond")), len(shapes(trials, "square"))) == (2, 5)
    assert errors(sheet) + errors(trials) == []


@pytest.mark.parametrize("limits", [(-3.5, 2.0), (-0.5, 0.5)])
def test_a_note_says_that_an_estimate_lies_beyond_the_axis(limits: tuple[float, float]) -> None:
    sheets = [
        *forest_sheets([effect("pain", "short", 3.0, 2.0)], settings(), name="a", limits=limits),
        *forest_by_trial_sheets(effect(by_trial=5), settings(), name="b", limits=limits),
        *interaction_sheets(
            [screen("pain", [interaction("pain", "Age", (-9.0,))])], screening(), name="c", limits=limits
        ),
        *subgroup_sheets([search()], search_settings(), name="d", limits=limits),
    ]
    for sheet in sheets:
        assert BEYOND.strip() in said(sheet)
        assert shapes(sheet, "arrowhead")
        assert errors(sheet) == []
    assert shapes(sheets[0], "diamond") == []


def test_a_note_speaks_of_estimates_beyond_the_axis_only_where_there_are_any() -> None:
    effects = [effect("pain", "short", 3.0, 2.0)]
    for limits in (None, (-4.0, 4.0), (-4.0, 3.0)):
        (sheet,) = forest_sheets(effects, settings(), name="a", limits=limits)
        assert BEYOND.strip() not in said(sheet)
        assert len(shapes(sheet, "diamond")) == 1


def test_an_estimate_beyond_the_axis_without_an_interval_is_an_arrowhead() -> None:
    panel = Panel(fixed_axis((-1, 1)), 0.0, 10.0)
    (head,) = panel.diamond(math.nan, 3.0, math.nan, 5.0)
    assert isinstance(head, Shape)
    assert head.kind == "arrowhead"


def test_limits_of_ratios_are_ratios() -> None:
    (sheet,) = forest_by_trial_sheets(ratios(effect(by_trial=5)), settings(), name="a", limits=(0.5, 4))
    assert ticks(sheet) == ["0.5", "1", "2", "4"]


class OfRatios(Forest):
    """An artefact of ratios, as a distribution of its own would bring."""

    no_effect = 1.0


class OfDifferences(Forest):
    """One of differences; the outcomes that are shown decide it for our own, as tests/test_events.py shows."""

    no_effect = 0.0


@pytest.mark.parametrize(
    ("options", "limits", "words"),
    [
        (Forest, [2, 1], "must be below the upper one"),
        (OfDifferences, [1, 2], "no effect, 0, does not lie between"),
        (OfDifferences, [0, 2], "no effect, 0, does not lie between"),
        (Forest, [-1, math.inf], "finite number"),
        (OfRatios, [0, 2], "begins above 0"),
        (Forest, [-1e-15, 1e-15], "the limits are less than 1e-06 apart"),
        (OfRatios, [2, 4], "no effect, 1, does not lie between"),
    ],
)
def test_wrong_limits_are_refused(options: type[Forest], limits: list[float], words: str) -> None:
    with pytest.raises((RuleError, ValueError), match=words):
        options.model_validate({"series": "Fig.", "show": "forest", "of": "x", "limits": limits})

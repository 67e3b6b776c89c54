"""Figures in each house style: as wide as it says, type and lines no smaller than it says, and nothing overlaps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from reportgen.figures.availability import availability_sheets
from reportgen.figures.cut_profiles import profile_sheets
from reportgen.figures.drawn import Drawn, drawn
from reportgen.figures.flow import flow_sheets
from reportgen.figures.forest import forest_sheets
from reportgen.figures.forest_by_trial import forest_by_trial_sheets
from reportgen.figures.interactions import interaction_sheets
from reportgen.figures.sheet import Sheet, Stroke
from reportgen.figures.subgroups import forest_sheets as subgroup_sheets
from reportgen.figures.subgroups import tree_sheets
from reportgen.figures.svg import svg_of
from reportgen.figures.theme import ACCENT, RULE, TINT, drawn_for, house, page_width
from reportgen.houses import HOUSES, PLAIN, House
from tests.unit.figures import screens, searches, test_flow, test_trajectory
from tests.unit.figures.boxes import errors
from tests.unit.figures.build import availability, effect, settings

LEAST_LINE = 0.5

FIGURES: dict[str, Callable[[], Sequence[Sheet]]] = {
    "forest": lambda: forest_sheets([effect(), effect("pain", "long", 0.6)], settings(), name="fig1"),
    "by trial": lambda: forest_by_trial_sheets(effect(by_trial=5), settings(), name="fig1"),
    "interactions": lambda: interaction_sheets(screens.several(), screens.settings(), name="fig1"),
    "tree": lambda: tree_sheets(searches.search(), searches.settings(), name="fig1"),
    "profiles": lambda: profile_sheets(searches.search(), name="fig1"),
    "trajectory": lambda: [test_trajectory.sheet(test_trajectory.CASES[case]) for case in ("usual", "drawn")],
    "availability": lambda: availability_sheets(availability(), name="fig1"),
    "flow": lambda: flow_sheets(*test_flow.CASES["one of everything"], name="fig1"),
}


def pages(figure: str, style: House) -> Iterator[tuple[Sheet, Drawn]]:
    with drawn_for(style):
        for sheet in FIGURES[figure]():
            yield sheet, drawn(svg_of(sheet))


@pytest.mark.sampled(13)
@pytest.mark.parametrize("style", HOUSES.values(), ids=list(HOUSES))
@pytest.mark.parametrize("figure", FIGURES)
def test_width_type_and_lines_are_those_of_the_house(figure: str, style: House) -> None:
    for sheet, found in pages(figure, style):
        assert sheet.width == style.width
        sizes = {line.size for line in found.lines}
        assert style.least_type <= min(sizes) and max(sizes) <= style.most_type
        assert all(path.weight >= LEAST_LINE for path in found.paths if path.stroke != "none")
        colours = {line.colour for line in found.lines} | {path.fill for path in found.paths}
        assert not style.black or not {ACCENT, TINT} & (colours | {path.stroke for path in found.paths})


@pytest.mark.sampled(7)
@pytest.mark.parametrize("style", [house for house in HOUSES.values() if house != PLAIN], ids=list(HOUSES)[1:])
@pytest.mark.parametrize("figure", ["forest", "by trial", "tree", "flow"])
def test_nothing_overlaps_in_any_style(figure: str, style: House) -> None:
    with drawn_for(style):
        for sheet in FIGURES[figure]():
            assert errors(sheet, marks_too=False) == []


def texts(sheet: Sheet) -> str:
    return " ".join(piece.text for words in sheet.words() for piece in words.pieces)


def test_numbers_words_and_ticks_follow_the_house() -> None:
    ((sheet, _),) = pages("by trial", HOUSES["lancet"])
    assert "·" in texts(sheet) and "." not in texts(sheet).replace(". ", " ").rstrip(".")
    ((sheet, _),) = pages("forest", HOUSES["lancet"])
    assert any(words.axis and "·" in words.pieces[0].text for words in sheet.words()) or "·" in texts(sheet)


def test_intervals_of_a_column_are_joined_alike() -> None:
    both = [effect(), effect("pain", "long", -0.6)]
    with drawn_for(HOUSES["lancet"]):
        (dashed,) = forest_sheets([effect("pain", "short", 9.0, 2.0)], settings(), name="fig1")
        (words,) = forest_sheets(both, settings(), name="fig1")
    assert "–" in texts(dashed) and " to " not in texts(dashed).partition("Diamond")[0]
    assert "–" not in texts(words).partition("Diamond")[0]


def test_a_house_ends_with_its_drawing() -> None:
    with drawn_for(HOUSES["bmc"]):
        assert (house().name, page_width()) == ("bmc", 170.0)
    assert (house(), page_width()) == (PLAIN, 174.0)


def test_plot_and_labels_share_what_a_narrower_sheet_lacks() -> None:
    with drawn_for(HOUSES["lancet"]):
        (sheet,) = subgroup_sheets([searches.search()], searches.settings(), name="fig1")
    labels = [[piece.text for piece in words.pieces] for words in sheet.words()]
    assert ["Age ≤ 54·3"] in labels
    assert ["Age ≤ 54·3 and Baseline", "MCS ≤ 54·3"] in labels
    axis = max(m.x_end - m.x for m in sheet.marks if isinstance(m, Stroke) and m.colour == RULE and m.y == m.y_end)
    assert 0.3 < axis / sheet.width < 1 / 3


@pytest.mark.parametrize(
    ("style", "limit", "contrast"),
    [
        ("plain", "below 0.05; open square: p below 0.20", "male v female"),
        ("bmj", "below 0.05; open square: P below 0.20", "male v female"),
        ("lancet", "below 0·05; open square: p below 0·20", "male vs female"),
        ("jama", "below .05; open square: P below .20", "male vs female"),
        ("nature", "below 0.05; open square: P below 0.20", "male versus female"),
    ],
)
def test_limits_of_p_and_contrasts_of_levels_follow_the_house(style: str, limit: str, contrast: str) -> None:
    ((sheet, _),) = pages("interactions", HOUSES[style])
    assert limit in texts(sheet)
    assert contrast in texts(sheet)

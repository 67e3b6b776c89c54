"""What plotnine draws stands on the sheet where the series say, and nothing of it stays behind."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import warnings
from dataclasses import replace
from itertools import pairwise

import matplotlib
import numpy as np
import pandas as pd
import plotnine as p9
import pytest

from reportgen.figures.cut_profiles import LEFT, PLOT_HEIGHT, RIGHT, panel_width, profile_sheets
from reportgen.figures.grammar import panels, placed, square, weight
from reportgen.figures.panel import EDGE
from reportgen.figures.scale import Scale
from reportgen.figures.sheet import Shape, Stroke
from reportgen.figures.theme import ACCENT, MUTED, RULE, TINT
from reportgen.figures.trajectory import EFFECT_HEIGHT
from reportgen.records.peeling import Frontier
from tests.unit.figures.searches import search
from tests.unit.figures.test_trajectory import BUILDER, CASES, sheet

SERIES = pd.DataFrame({"x": [0.0, 1.0, 4.0], "y": [10.0, 30.0, 20.0], "low": [5.0, 20.0, 15.0], "kind": list("aba")})
WHOLE = p9.coord_cartesian(expand=False)


def marks(*layers: object) -> tuple[object, ...]:
    """What layers of the series draw in a frame of 40 by 20 mm, whose lower left corner is at (10, 25)."""
    (axes,) = panels(SERIES, p9.aes("x", "y"), WHOLE, p9.geom_blank(p9.aes(y=0)), *layers)
    return placed(axes, 10, 5, 50, 25).marks


def test_a_line_runs_through_its_values() -> None:
    drawn = marks(p9.geom_line(color=ACCENT, size=weight(1.1)))
    assert drawn == (
        Stroke(10, pytest.approx(25 - 20 / 3), 20, 5, ACCENT, pytest.approx(1.1)),  # type: ignore[arg-type]
        Stroke(20, 5, 50, pytest.approx(25 - 40 / 3), ACCENT, pytest.approx(1.1)),  # type: ignore[arg-type]
    )


def test_a_ribbon_is_one_polygon_with_two_corners_a_value() -> None:
    (band,) = marks(p9.geom_ribbon(p9.aes(ymin="low", ymax="y"), fill=TINT, outline_type="full"))
    assert isinstance(band, Shape)
    assert (band.fill, band.edge, band.kind) == (TINT, "", "band")
    up = Scale(0, 30, 25, 5)
    ends = [
        (x, up.at(y)) for x, ys in zip((10, 20, 50), zip(SERIES.low, SERIES.y, strict=True), strict=True) for y in ys
    ]
    assert sorted(band.corners) == [pytest.approx(end) for end in sorted(ends)]


def test_a_ribbon_without_width_somewhere_keeps_all_corners() -> None:
    pinched = SERIES.assign(low=[5.0, 30.0, 15.0])
    (band,) = marks(p9.geom_ribbon(p9.aes(ymin="low", ymax="y"), pinched, outline_type="full"))
    assert isinstance(band, Shape)
    assert len(band.corners) == 6


def test_points_have_their_size_in_millimetres_whatever_the_frame() -> None:
    dots = marks(p9.geom_point(shape="s", fill=MUTED, color=MUTED, **square(0.84)))
    for x, dot in zip((10, 20, 50), dots, strict=True):
        assert isinstance(dot, Shape)
        assert (dot.fill, dot.edge) == (MUTED, "")
        xs, ys = np.array(dot.corners).T
        assert (xs.min(), xs.max(), np.ptp(ys)) == pytest.approx((x - 0.42, x + 0.42, 0.84))


def test_a_diamond_is_a_square_on_its_corner_with_an_edge() -> None:
    (diamond, *_) = marks(p9.geom_point(shape="D", fill="#ffffff", color=ACCENT, **square(2.0, 0.4)))
    assert isinstance(diamond, Shape)
    assert (diamond.fill, diamond.edge) == ("#ffffff", ACCENT)
    assert np.ptp(np.array(diamond.corners), axis=0) == pytest.approx([8**0.5] * 2)


def test_segments_have_each_its_look_and_end_at_the_edge_where_they_have_no_end() -> None:
    drawn = marks(
        p9.geom_segment(p9.aes(xend="x", yend=np.inf, color="kind")),
        p9.scale_color_manual({"a": ACCENT, "b": RULE}),
        p9.geom_hline(yintercept=15, linetype="dashed"),
    )
    strokes = [mark for mark in drawn if isinstance(mark, Stroke)]
    assert {(mark.x, mark.y_end, mark.colour) for mark in strokes if not mark.dashed} == {
        (10, 5, ACCENT),
        (20, 5, RULE),
        (50, 5, ACCENT),
    }
    assert [(mark.x, mark.x_end, mark.y) for mark in strokes if mark.dashed] == [(10, 50, 15)]


def test_the_trajectory_runs_through_every_box_of_the_frontier() -> None:
    record = CASES["usual"]
    drawn = sheet(record)
    line = [
        mark
        for mark in drawn.marks
        if isinstance(mark, Stroke) and (mark.colour, round(mark.weight, 2)) == (ACCENT, 1.1)
    ]
    (band,) = [mark for mark in drawn.marks if isinstance(mark, Shape) and mark.kind == "band"]
    places = sorted(
        {(s.x, s.y) for s in line if s.y < EFFECT_HEIGHT} | {(s.x_end, s.y_end) for s in line if s.y < EFFECT_HEIGHT}
    )
    along = Scale(1.0, 0.1, 46.0, 171.0)
    shares, effects = [1.0, *record.frontier.share], [8.0, *record.frontier.effect]
    assert [x for x, _ in places] == pytest.approx([along.at(share) for share in shares])
    # effects are on one straight scale with the ends of the band
    ys = dict(zip(np.round([x for x, _ in places], 6), [y for _, y in places], strict=True))
    slope, start = np.polyfit(effects, list(ys.values()), 1)
    assert [slope * effect + start for effect in effects] == pytest.approx(list(ys.values()))
    ends = sorted(slope * end + start for end in (*record.frontier.low, *record.frontier.high, 5.0, 11.0))
    assert sorted(y for _, y in band.corners) == pytest.approx(ends)


def test_a_limit_holds_half_way_to_the_sizes_beside() -> None:
    record = CASES["one moderator"]
    drawn = sheet(record)
    steps = sorted(
        (mark.x, mark.x_end, mark.y)
        for mark in drawn.marks
        if isinstance(mark, Stroke) and mark.y == mark.y_end > EFFECT_HEIGHT + 2 and round(mark.weight, 2) == 1.1
    )
    along, share = Scale(1.0, 0.1, 46.0, 171.0), record.frontier.share
    middles = [1.0, *((item + other) / 2 for item, other in pairwise(share)), share[-1]]
    assert [start for start, _, _ in steps] == pytest.approx([along.at(share) for share in middles[:-1]])
    assert [end for _, end, _ in steps] == pytest.approx([along.at(share) for share in middles[1:]])
    limits = record.frontier.limits[0]
    up = Scale(min(limits), max(limits), max(y for *_, y in steps), min(y for *_, y in steps))
    assert [y for *_, y in steps] == pytest.approx([up.at(limit) for limit in limits])


def test_every_cut_stands_at_its_value_and_its_p() -> None:
    found = search(labels=("Age",))
    age, top = found.profiles[0], max(4.0, *found.profiles[0].minus_log10_p)
    (drawn,) = profile_sheets(replace(found, profiles=(age,)), name="fig")
    dots = [mark for mark in drawn.marks if isinstance(mark, Shape) and mark.fill == MUTED]
    middles = [tuple(np.mean(dot.corners, axis=0)) for dot in dots]
    room = 0.03 * (max(age.cuts) - min(age.cuts))
    along = Scale(min(age.cuts) - room, max(age.cuts) + room, EDGE + LEFT, EDGE + panel_width() - RIGHT)
    foot = max(mark.y for mark in drawn.marks if isinstance(mark, Stroke) and mark.x == EDGE + LEFT)
    up = Scale(0, top * 1.08, foot, foot - PLOT_HEIGHT)
    wanted = [(along.at(cut), up.at(height)) for cut, height in zip(age.cuts, age.minus_log10_p, strict=True)]
    assert middles == [pytest.approx(place) for place in wanted]


@pytest.mark.slow
def test_nothing_stays_in_matplotlib_or_among_the_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import pyplot

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("pyplot would open a window where there is a screen")

    monkeypatch.setattr(pyplot, "figure", refuse)
    before = (dict(matplotlib.rcParams), list(warnings.filters))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sheet(CASES["usual"])
        profile_sheets(search(), name="fig")
    assert (dict(matplotlib.rcParams), list(warnings.filters)) == before
    assert pyplot.get_fignums() == []


def test_settings_of_matplotlib_move_nothing() -> None:
    usual = sheet(CASES["usual"])
    with matplotlib.rc_context({"figure.dpi": 300, "lines.markersize": 20, "axes.xmargin": 0.4, "path.simplify": True}):
        assert sheet(CASES["usual"]) == usual


PICTURE = """
import hashlib, sys
from reportgen.figures.cut_profiles import profile_sheets
from reportgen.figures.svg import svg_of
from reportgen.records.peeling import Frontier
from tests.unit.figures.searches import search
from tests.unit.figures.test_trajectory import CASES, BUILDER, sheet
made = [svg_of(sheet(CASES["usual"])), *map(svg_of, profile_sheets(search(), name="fig"))]
print(hashlib.sha256("".join(made).encode()).hexdigest())
"""


@pytest.mark.slow
def test_the_same_bytes_come_from_any_process() -> None:
    made = []
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", PICTURE],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        made.append(done.stdout)
    assert made[0] == made[1]


@pytest.mark.slow
def test_plotnine_is_imported_for_these_figures_only() -> None:
    code = """
import sys
from reportgen.figures import draw_forest
import reportgen.figures.cut_profiles, reportgen.figures.trajectory, reportgen.views.directed_peeling
from tests.unit.figures.build import effect, settings
draw_forest([effect("pain", "visit 3")], settings(), name="fig")
print([name for name in ("plotnine", "matplotlib.pyplot") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("levels", ["no threshold", "only sets of levels", "one cut", "a cut without p", "no best cut"])
def test_profiles_are_drawn_whatever_they_lack(levels: str) -> None:
    found = search(labels=("Age",))
    age, sex = found.profiles[0], found.profiles[-1]
    one = {
        "no threshold": replace(age, threshold=math.nan),
        "only sets of levels": sex,
        "one cut": replace(age, cuts=age.cuts[:1], minus_log10_p=age.minus_log10_p[:1], chosen=0),
        "a cut without p": replace(age, minus_log10_p=(math.nan, math.inf, *age.minus_log10_p[2:])),
        "no best cut": replace(age, chosen=None),
    }[levels]
    (drawn,) = profile_sheets(replace(found, profiles=(one,)), name="fig")
    dots = [mark for mark in drawn.marks if isinstance(mark, Shape) and mark.fill == MUTED]
    joined = [mark for mark in drawn.marks if isinstance(mark, Stroke) and mark.colour == MUTED]
    told = sum(map(math.isfinite, one.minus_log10_p))
    assert len(dots) == told
    assert len(joined) == (0 if one.sets else told - 1)
    assert sum(mark.dashed for mark in drawn.marks if isinstance(mark, Stroke)) == math.isfinite(one.threshold)
    assert all(math.isfinite(x + y) for mark in drawn.marks if isinstance(mark, Shape) for x, y in mark.corners)


def test_a_trajectory_without_intervals_has_no_band() -> None:
    record = CASES["usual"]
    none = (math.nan,) * len(record.frontier.share)
    without = replace(record, frontier=replace(record.frontier, low=none, high=none))
    drawn = sheet(without)
    assert not [mark for mark in drawn.marks if isinstance(mark, Shape) and mark.kind == "band"]
    assert sum(mark.dashed for mark in drawn.marks if isinstance(mark, Stroke)) == 1


def test_where_nothing_was_found_everybody_stands_alone() -> None:
    record = CASES["usual"]
    nothing = Frontier(*[()] * 9, limits=tuple(() for _ in record.moderators))
    drawn = sheet(replace(record, frontier=nothing, boxes=(), smallest=None))
    said = [piece.text for words in drawn.words() for piece in words.pieces]
    assert said.count("excludes no one at any size") == len(record.moderators)
    assert not [mark for mark in drawn.marks if isinstance(mark, Shape)]


def test_without_an_effect_in_everybody_the_boxes_are_still_drawn() -> None:
    record = CASES["usual"]
    none = BUILDER.none("effect", "one trial")
    drawn = sheet(replace(record, overall=replace(record.overall, effect=none, low=none, high=none)))
    (band,) = [mark for mark in drawn.marks if isinstance(mark, Shape) and mark.kind == "band"]
    assert len(band.corners) == 2 * len(record.frontier.share)
    assert not any(mark.dashed for mark in drawn.marks if isinstance(mark, Stroke))

"""The trajectory of a directed peeling: everything on the paper, nothing on top of anything, lines where values are."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from reportgen.figures.lettering import NO_BREAK
from reportgen.figures.scale import Scale, round_values
from reportgen.figures.sheet import Shape, Sheet, Stroke
from reportgen.figures.theme import ACCENT, MUTED, RULE, TICK, TINT, drawn_for
from reportgen.figures.trajectory import EFFECT_HEIGHT, LEFT, draw_trajectory, left, right, trajectory_sheet
from reportgen.figures.trajectory_draws import ASIDE, BOTH_FILL, KEY_HEIGHT, KEY_LINE, NULL_FILL
from reportgen.houses import COLUMN, HOUSES
from reportgen.records.effect_scale import MEAN_DIFFERENCE
from reportgen.records.estimate import Estimate
from reportgen.records.honesty import SearchHonesty, SubgroupHonesty, Verdict
from reportgen.records.numbers import Number, plain
from reportgen.records.peeling import Frontier, PeeledBox, PeeledModerator, PeeledOutcome, PeelingSettings
from tests.number_builder import NumberBuilder
from tests.unit.figures.boxes import errors, text_boxes
from tests.unit.figures.searches import corrected, held_out

SIZES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
NAN = math.nan
BUILDER = NumberBuilder("peeling.overall.pain.short", "analyses.peeling", {"effect": 2, "heterogeneity": 3, "p": 2, "share": 3, "df": 1})  # fmt: skip


def estimate(builder: NumberBuilder, effect: float, half: float) -> Estimate:
    return Estimate(
        builder.fixed("effect", effect, "effect", "points"),
        builder.fixed("ci low", effect - half, "effect"),
        builder.fixed("ci high", effect + half, "effect"),
        builder.fixed("se", half / 2, "heterogeneity"),
        builder.fixed("df", 2.0, "df"),
        builder.p("p", 0.04),
    )


def settings() -> PeelingSettings:
    builder = BUILDER.at("settings")

    def figure(name: str, value: float) -> Number:
        return builder.figure(name, value, 0)

    return PeelingSettings(
        (), "random", "interaction", "pooled", "common", None, None, figure("alpha", 5), figure("beam", 10), figure("bin width", 1),
        figure("min fraction", 10), (), figure("min arm", 10), figure("min trials", 2), figure("level", 95),
    )  # fmt: skip


def moderator(name: str, side: str = "≤", label: str = "", unit: str = "") -> PeeledModerator:
    builder = BUILDER.at(name)
    gains = "lower" if side == "≤" else "higher"
    return PeeledModerator(
        name, builder.quote("label", label or name), builder.quote("unit", unit), side, gains, True, None, None  # type: ignore[arg-type]
    )  # fmt: skip


def box(share: float, effect: float, half: float, limits: tuple[float, ...]) -> PeeledBox:
    builder = BUILDER.at(f"box {share}")
    made_limits = tuple(
        builder.none(f"limit {i}", "") if math.isnan(limit) else builder.figure(f"limit {i}", limit, 1)
        for i, limit in enumerate(limits)
    )
    n = round(share * 3882)
    return PeeledBox(
        builder.prefix, share, builder.fixed("share", share, "share"), builder.count("n", n), builder.count("n control", n // 2),
        builder.count("n intervention", n - n // 2), builder.count("trials", 3), made_limits, estimate(builder, effect, half),
        estimate(builder.at("normal"), effect, half / 2), estimate(builder.at("outside"), 1.0, 1.0),
        estimate(builder.at("difference"), effect - 1.0, 1.0), "ok",
    )  # fmt: skip


def peeling(
    *moderators: PeeledModerator, slope: float = 10.0, half: float = 3.0, last: float = 0.1, unit: str = "points"
) -> PeeledOutcome:
    """Boxes at every hundredth; the effect grows by `slope`, the first moderator limits throughout, the others later."""
    shares = [k / 100 for k in range(99, round(100 * last) - 1, -1)]
    effects = [8.0 + slope * (1 - share) for share in shares]
    halves = [half / share**0.5 for share in shares]
    limits = [tuple(20 + 60 * share if share < 1 - i / 10 else NAN for share in shares) for i in range(len(moderators))]
    marked = [
        box(share, effects[i], halves[i], tuple(line[i] for line in limits))
        for i, share in enumerate(shares)
        if any(math.isclose(share, size) for size in SIZES)
    ]
    line = Frontier(
        tuple(shares), tuple(3882 * share for share in shares), (3.0,) * len(shares), tuple(effects),
        tuple(e - h for e, h in zip(effects, halves, strict=True)),
        tuple(e + h for e, h in zip(effects, halves, strict=True)),
        (1.0,) * len(shares), (2.0,) * len(shares), (3.0,) * len(shares), tuple(limits),
    )  # fmt: skip
    made = BUILDER
    return PeeledOutcome(
        made.prefix, "pain", made.quote("outcome", "Pain"), made.quote("unit", unit), MEAN_DIFFERENCE, "short",
        made.quote("follow-up", "short term"), "overall", made.count("in comparison", 4000), made.count("n", 3882),
        made.count("n control", 1900), made.count("n intervention", 1982), made.count("trials", 3),
        estimate(made, 8.0, half), moderators, (), (), tuple(reversed(marked)), marked[-1], line,
        made.count("boxes found", len(shares)), made.count("boxes evaluated", 2851), made.count("boundary", 0),
        made.count("failed", 0), (), "ok", (),
    )  # fmt: skip


def after_draws(record: PeeledOutcome, verdict: Verdict = "supported", held: float | None = 3.0) -> PeeledOutcome:
    """The same peeling with a null band, and boxes that are corrected and held out."""
    at, p = press_of(record.id).at("honesty"), 0.004 if verdict == "supported" else 0.31
    whole = SearchHonesty(
        at.count("null draws", 1000, "draws"), at.count("bootstrap draws", 200, "draws"), at.figure("alpha", 0.05, 2),
        at.p("search p", p), at.none("kept share", "a peeling keeps no split"), at.none("found share", "always one"),
        verdict, (), None,
    )  # fmt: skip
    boxes = []
    for item in record.boxes:
        here, effect = press_of(item.id), item.inside.effect.value or 0.0
        inside = corrected(here.at("corrected"), effect - 2.0, 4.0)
        boxes.append(
            replace(item, honesty=SubgroupHonesty(here.p("search p", p), verdict, inside, None, held_out(here, held)))
        )
    count = len(record.frontier.share)
    line = replace(record.frontier, null_low=tuple([3.0] * count), null_high=tuple(9.0 + 3 * (1 - s) for s in record.frontier.share))  # fmt: skip
    return replace(record, boxes=tuple(boxes), frontier=line, honesty=whole)


def press_of(prefix: str) -> NumberBuilder:
    return replace(BUILDER, prefix=prefix)


def sheet(record: PeeledOutcome) -> Sheet:
    return trajectory_sheet(record, SIZES, settings(), name="figure")


USUAL = (moderator("age", unit="years"), moderator("FFbHR"), moderator("PCS", "≥"), moderator("MCS"))
CASES = {
    "usual": peeling(*USUAL),
    "one moderator": peeling(moderator("age")),
    "eight moderators": peeling(*(moderator(f"m{k}", "≤" if k % 2 else "≥") for k in range(8))),
    "long labels": peeling(moderator("long", label="Baseline sites with a probing depth of 4 mm or more", unit="% of sites")),
    "effects fall below nothing": peeling(*USUAL, slope=-30.0),
    "no change at all": peeling(*USUAL, slope=0.0, half=0.01),
    "wide intervals": peeling(*USUAL, half=500.0),
    "large numbers": peeling(*USUAL, slope=90000.0),
    "only large subgroups": peeling(*USUAL, last=0.6),
    "drawn": after_draws(peeling(*USUAL)),
    "drawn, not supported": after_draws(peeling(*USUAL), "candidate, not supported"),
    "drawn, nothing held out": after_draws(peeling(*USUAL), held=None),
    "drawn, held out far away": after_draws(peeling(*USUAL), held=-400.0),
}  # fmt: skip


@pytest.mark.sampled(13)
@pytest.mark.parametrize("case", sorted(CASES))
def test_nothing_overlaps_and_nothing_is_off_the_paper(case: str) -> None:
    drawn = sheet(CASES[case])
    assert errors(drawn, marks_too=False) == []
    # words stand clear of lines, too
    plots = [(LEFT, 0.0, right(), drawn.height)]
    beside = [(text, place) for text, place in text_boxes(drawn) if place[0] < LEFT and place[1] > KEY_HEIGHT]
    assert beside
    assert all(place[2] < plots[0][0] or place[1] > EFFECT_HEIGHT for _, place in beside)


@pytest.mark.slow
@pytest.mark.sampled(13)
@pytest.mark.parametrize("style", ["plain", "bmc"])
@pytest.mark.parametrize("case", sorted(CASES))
def test_nothing_overlaps_in_a_single_column(case: str, style: str) -> None:
    with drawn_for(HOUSES[style].in_width("column")):
        drawn, begin = sheet(CASES[case]), left()
        assert errors(drawn, marks_too=False) == []
    assert drawn.width == COLUMN
    key = 1.2 + KEY_HEIGHT + 3 * KEY_LINE
    beside = [place for _, place in text_boxes(drawn) if place[0] < begin and key < place[1] < EFFECT_HEIGHT]
    assert all(place[2] < begin for place in beside)


def test_a_note_says_where_participants_inside_have_no_room() -> None:
    def printed(drawn: Sheet) -> tuple[int, bool]:
        words = " ".join(text for text, _ in text_boxes(drawn))
        return len([box for box in record.nearest(SIZES) if box.n in drawn.printed()]), "where there is room" in words

    record = CASES["usual"]
    assert printed(sheet(record)) == (len(record.nearest(SIZES)), False)
    with drawn_for(HOUSES["plain"].in_width("column")):
        there, is_said = printed(sheet(record))
    assert there < len(record.nearest(SIZES)) and is_said


@pytest.mark.slow
@pytest.mark.sampled(13)
@pytest.mark.parametrize("case", sorted(CASES))
def test_two_of_them_fit_on_a_page(case: str) -> None:
    assert sheet(CASES[case]).height <= (115 if case != "eight moderators" else 165)


def test_a_diamond_stands_on_the_line_at_each_size() -> None:
    record = CASES["usual"]
    drawn = sheet(record)
    diamonds = [mark for mark in drawn.marks if isinstance(mark, Shape) and mark.kind == "point"]
    assert len(diamonds) == len(record.boxes)
    along = Scale(1.0, 0.1, LEFT, right())
    middles = sorted(sum(x for x, _ in mark.corners) / 4 for mark in diamonds)
    assert middles == pytest.approx(sorted(along.at(box.share.value or 0.0) for box in record.boxes))
    ends = {(round(mark.x, 6), round(mark.y, 6)) for mark in drawn.marks if isinstance(mark, Stroke)}
    for mark in diamonds:
        x, y = (sum(corner[k] for corner in mark.corners) / 4 for k in (0, 1))
        assert (round(x, 6), round(y, 6)) in ends


@pytest.mark.slow
def test_the_band_is_the_interval_and_lies_behind() -> None:
    (band,) = [mark for mark in sheet(CASES["usual"]).marks if isinstance(mark, Shape) and mark.kind == "band"]
    assert len(band.corners) == 2 * (len(CASES["usual"].frontier.share) + 1)
    (drawing,) = draw_trajectory(CASES["usual"], SIZES, settings(), name="figure")
    place = drawing.svg.index("#bcd2e1")
    assert place < drawing.svg.index(ACCENT)


@pytest.mark.slow
def test_a_band_that_leaves_the_plot_is_cut_and_that_is_said() -> None:
    said = {case: plain(part for w in sheet(CASES[case]).words() for part in (piece.text for piece in w.pieces)) for case in ("usual", "wide intervals")}  # fmt: skip
    assert "without fill from the size at which it leaves the plot" in said["wide intervals"]
    assert "without fill" not in said["usual"]
    assert not [
        mark for mark in sheet(CASES["wide intervals"]).marks if isinstance(mark, Shape) and mark.kind == "band"
    ]


def filled(drawn: Sheet) -> list[Shape]:
    return [mark for mark in drawn.marks if isinstance(mark, Shape) and mark.kind == "band"]


def outlined(drawn: Sheet) -> list[Stroke]:
    """Return the lines at the ends of the interval, which are neither an axis nor a line of a size."""
    lines = (m for m in drawn.marks if isinstance(m, Stroke) and m.colour == RULE and m.x != m.x_end)
    return [line for line in lines if line.weight == pytest.approx(0.5) and line.y <= 1.2 + EFFECT_HEIGHT]


@pytest.mark.slow
def test_the_axis_holds_the_intervals_down_to_half_of_the_people_and_smaller_ones_are_lines() -> None:
    grown = peeling(*USUAL, half=9.0)
    drawn = sheet(grown)
    along = Scale(1.0, 0.1, LEFT, right())
    (band,) = filled(drawn)
    assert max(x for x, _ in band.corners) >= along.at(0.5) - 1e-6
    smaller = [line for line in outlined(drawn) if line.x > max(x for x, _ in band.corners) + 1e-6]
    assert smaller and all(line.y >= 1.2 for line in smaller)
    (whole,) = filled(sheet(CASES["usual"]))
    assert max(x for x, _ in whole.corners) == pytest.approx(right())


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_the_lines_of_an_interval_that_leaves_the_plot_end_there(case: str) -> None:
    strokes = [mark for mark in sheet(CASES[case]).marks if isinstance(mark, Stroke)]
    assert all(math.isfinite(place) for mark in strokes for place in (mark.x, mark.y, mark.x_end, mark.y_end))


def test_each_number_has_a_row_or_is_of_an_axis() -> None:
    said = [w for w in sheet(CASES["usual"]).words() if any(letter.isdigit() for p in w.pieces for letter in p.text)]
    assert [w for w in said if not w.numbers and w.axis != "tick"] == []


@pytest.mark.slow
def test_participants_stand_under_the_tick_of_their_size() -> None:
    for case in ("usual", "drawn", "only large subgroups"):
        record = CASES[case]
        drawn = sheet(record)
        ticks = {round(mark.x, 4) for mark in drawn.marks if isinstance(mark, Stroke) and mark.x == mark.x_end}
        places = {number.id: words.pieces[0] for words in drawn.words() for number in words.numbers[:1]}
        for item in record.nearest(SIZES):
            share, people = places[item.share.id], places[item.n.id]
            assert share.x == people.x and share.y < people.y
            assert round(share.x, 4) in ticks


@pytest.mark.slow
@pytest.mark.parametrize("case", ["usual", "eight moderators", "drawn"])
def test_the_labels_of_two_ticks_of_traces_are_two_millimetres_apart(case: str) -> None:
    drawn = sheet(CASES[case])
    labels = [w.pieces[0].y for w in drawn.words() if w.axis == "tick" and w.pieces[0].x < LEFT]
    strips = sorted(y for y in labels if y > EFFECT_HEIGHT + 1.2 + KEY_HEIGHT)
    assert len(strips) >= 2 * len(CASES[case].moderators) - 1
    assert min(b - a for a, b in pairwise(strips)) - TICK.cap_height >= 2.0 - 1e-6


def test_a_limit_that_excludes_nobody_runs_on_the_open_edge() -> None:
    record = CASES["usual"]
    never = replace(record, frontier=replace(record.frontier, limits=(*record.frontier.limits[:3], (NAN,) * 90)))
    words = [piece.text for w in sheet(never).words() for piece in w.pieces]
    assert "excludes no one at any size" in words
    assert "excludes no one at any size" not in [p.text for w in sheet(record).words() for p in w.pieces]


def test_every_number_is_a_number_of_the_record() -> None:
    drawn = sheet(CASES["usual"])
    assert all(number.id.startswith(BUILDER.prefix) for number in drawn.printed())
    assert {"3882", "2851", "8.00"} <= {number.text for number in drawn.printed()}
    said = plain(drawn.alt).replace(NO_BREAK, " ")
    assert said.startswith(
        "Trajectory of directed peeling, Pain (points), short term: 90 subgroups. All participants (3882): effect 8.00 (5.00 to "
    )
    assert "). Smallest subgroup (" in said and " participants): effect 17.00 (7.51 to 26.49)" in said
    assert "; limits: age ≤ 26.0 years, FFbHR ≤ 26.0, PCS" in said


def test_participants_that_would_overlap_are_left_out() -> None:
    record = CASES["usual"]
    close = replace(record, boxes=tuple(replace(item, size=0.5) for item in record.boxes if item.size <= 0.2))
    near = trajectory_sheet(close, (0.5,), settings(), name="figure")
    assert errors(near, marks_too=False) == []


@pytest.mark.parametrize(
    ("low", "high", "most"), [(0, 1, 5), (0.1, 1, 10), (-3, 900000, 6), (41.6, 41.7, 3), (7, 7, 3)]
)
def test_round_values_are_few_and_inside(low: float, high: float, most: int) -> None:
    found = round_values(low, high, most)
    assert 1 <= len(found) <= most
    assert all(low - 1e-9 <= value <= high + 1e-9 for value, _ in found)
    assert len({text for _, text in found}) == len(found)


@pytest.mark.slow
def test_what_draws_leave_stands_at_the_size_of_its_box() -> None:
    record = CASES["drawn"]
    drawn = sheet(record)
    along = Scale(1.0, 0.1, LEFT, right())
    shares = [along.at(box.share.value or 0.0) for box in record.boxes]
    signs = [mark for mark in drawn.marks if isinstance(mark, Shape) and mark.kind == "sign" and mark.fill == "#ffffff"]
    for corners in (4, 20):
        middles = [sum(x for x, _ in mark.corners) / corners for mark in signs if len(mark.corners) == corners]
        assert len(middles) == len(shares) + 1  # and one of each in the key
        aside = ASIDE if corners == 20 else 0.0
        assert all(any(abs(x + aside - share) < 1e-6 for x in middles) for share in shares)
    below = {
        round(sum(x for x, _ in m.corners) / 4, 3): max(y for _, y in m.corners) for m in signs if len(m.corners) == 4
    }
    points = [mark for mark in drawn.marks if isinstance(mark, Shape) and mark.kind == "point"]
    for mark in points:  # what is smaller stands lower
        assert below[round(sum(x for x, _ in mark.corners) / 4, 3)] > max(y for _, y in mark.corners)


@pytest.mark.slow
def test_the_null_band_is_light_and_has_a_word_in_the_key() -> None:
    fills = [mark.fill for mark in sheet(CASES["drawn"]).marks if isinstance(mark, Shape) and mark.kind == "band"]
    assert fills == [NULL_FILL, TINT, BOTH_FILL[TINT]]
    words = [piece.text for w in sheet(CASES["drawn"]).words() for piece in w.pieces]
    assert "95% without effect modification" in words and "corrected for the search" in words
    usual = [piece.text for w in sheet(CASES["usual"]).words() for piece in w.pieces]
    assert not any("effect modification" in word or "corrected for" in word for word in usual)


@pytest.mark.slow
def test_a_trajectory_that_draws_do_not_support_is_grey_and_says_so() -> None:
    grey = sheet(CASES["drawn, not supported"])
    points = {mark.fill for mark in grey.marks if isinstance(mark, Shape) and mark.kind == "point"}
    assert points == {MUTED}
    assert {mark.fill for mark in sheet(CASES["drawn"]).marks if isinstance(mark, Shape) and mark.kind == "point"} == {
        ACCENT
    }
    said = " ".join(piece.text for w in grey.words() for piece in w.pieces)
    assert "0.31: candidate, not supported" in said
    assert "Grey: candidates not supported by p of the search." in said
    assert "candidate, not supported at 0.05" in plain(grey.alt)


@pytest.mark.slow
def test_signs_beyond_the_plot_are_not_drawn_and_that_is_said() -> None:
    far = sheet(CASES["drawn, held out far away"])
    said = " ".join(piece.text for w in far.words() for piece in w.pieces)
    assert "Signs beyond the plot are not drawn." in said
    assert sum(isinstance(mark, Shape) and len(mark.corners) == 20 for mark in far.marks) == 1  # that of the key

"""The trajectory of a directed peeling: the effect inside as the subgroup shrinks, and the limits that shrink it.

In: one peeling as recorded. Out: one sheet. Above, the effect inside the best subgroup of each size with its interval, the
effect in everybody dashed, a diamond at each size of the table; below, the limit of each moderator at the same place, on
the edge where it excludes nobody. All share one axis: the share of the participants, from everybody on the left.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reportgen.figures import words
from reportgen.figures.layout import EDGE
from reportgen.figures.lettering import NO_BREAK
from reportgen.figures.scale import Scale, round_values
from reportgen.figures.sheet import (
    Mark,
    Piece,
    Shape,
    Sheet,
    Stroke,
    Words,
    block,
    inline_width,
    lettered,
    lines_of,
)
from reportgen.figures.theme import ACCENT, AXIS, BODY, INK, NOTE, PAGE_WIDTH, RULE, TICK, TINT
from reportgen.records.artefact import Drawing
from reportgen.records.numbers import Inline, Number
from reportgen.records.peeling import PeeledBox, PeeledModerator, PeeledOutcome, PeelingSettings

TITLE = "Trajectory of directed peeling"
LEFT, RIGHT = 46.0, 171.0
LABEL_WIDTH = 34.0
EFFECT_HEIGHT = 38.0
LEAST_STRIP = 8.8
STRIP_GAP = 2.2
OPEN_EDGE = 0.22  # of the height of a strip: between the outermost limit and "excludes nobody"
DIAMOND = 1.0
AXIS_WORDS = 12.6
MOST_SPREAD = 1.0  # of the range of effects: how far beyond it the interval is shown


@dataclass(frozen=True, slots=True)
class Point:
    """The effect at one size, with its interval."""

    share: float
    effect: float
    low: float
    high: float


def draw_trajectory(
    peeling: PeeledOutcome, sizes: tuple[float, ...], settings: PeelingSettings, *, name: str
) -> tuple[Drawing, ...]:
    """Draw the trajectory of one peeling.

    Parameters
    ----------
    peeling : PeeledOutcome
        With a frontier.
    sizes : tuple of float
        Shares of people whose boxes are marked; the record holds a box for each.
    settings : PeelingSettings
        For the level of the intervals.
    name : str
        Stem of the files and prefix of the ids.

    Returns
    -------
    tuple of Drawing
        One.
    """
    from reportgen.figures.svg import drawing

    return (drawing(trajectory_sheet(peeling, sizes, settings, name=name)),)


def trajectory_sheet(
    peeling: PeeledOutcome, sizes: tuple[float, ...], settings: PeelingSettings, *, name: str
) -> Sheet:
    """Return the sheet of a trajectory, before it is drawn."""
    boxes = peeling.nearest(sizes)
    points = _points(peeling)
    least = (settings.min_fraction.value or 0.0) / 100
    along = Scale(1.0, min(least, *(point.share for point in points)), LEFT, RIGHT)
    top = 1.2
    upright = _effects_scale(points, top)
    marks = [*_effects(points, peeling, boxes, along, upright, settings)]
    y = top + EFFECT_HEIGHT
    for moderator, limits in zip(peeling.moderators, peeling.frontier.limits, strict=True):
        y += STRIP_GAP
        end = y + _strip_height(moderator)
        marks += _trace(moderator, limits, peeling.frontier.share, along, y, end)
        y = end
    marks = [*_sizes(boxes, along, top + EFFECT_HEIGHT, y), *marks, *_axis(peeling, boxes, along, y)]
    y += AXIS_WORDS
    marks.append(Stroke(EDGE, y, PAGE_WIDTH - EDGE, y, INK, 0.5))
    note = block(_note(peeling, points, upright, settings), EDGE, y + 3.2, PAGE_WIDTH - 2 * EDGE, NOTE)
    marks.append(note)
    height = math.ceil((note.pieces[-1].y + 1.4) * 10) / 10
    return Sheet(name, TITLE, PAGE_WIDTH, height, tuple(marks), _alt(peeling))


def _value(number: Number) -> float:
    return math.nan if number.value is None else number.value


def _points(peeling: PeeledOutcome) -> tuple[Point, ...]:
    """Return everybody, then the boxes from large to small; those without an effect leave no point."""
    line, overall = peeling.frontier, peeling.overall
    everybody = Point(1.0, _value(overall.effect), _value(overall.low), _value(overall.high))
    found = map(Point, line.share, line.effect, line.low, line.high)
    return tuple(point for point in (everybody, *found) if math.isfinite(point.effect))


def _effects_scale(points: Sequence[Point], top: float) -> Scale:
    """Return a scale that holds no effect and every estimate, and as much of the intervals as does not flatten these."""
    effects = [0.0, *(point.effect for point in points)]
    least, most = min(effects), max(effects)
    spread = (most - least or 1.0) * MOST_SPREAD
    ends = [end for point in points for end in (point.low, point.high) if math.isfinite(end)]
    low = max(min([least, *ends]), least - spread)
    high = min(max([most, *ends]), most + spread)
    room = 0.04 * (high - low or 1.0)
    return Scale(low - room, high + room, top + EFFECT_HEIGHT, top)


def _effects(
    points: Sequence[Point],
    peeling: PeeledOutcome,
    boxes: Sequence[PeeledBox],
    along: Scale,
    upright: Scale,
    settings: PeelingSettings,
) -> Iterator[Mark]:
    """Yield the upper plot: band, lines of no effect and of everybody, trajectory, marks of the sizes, upright axis."""
    banded = [point for point in points if not (math.isnan(point.low) or math.isnan(point.high))]
    if len(banded) > 1:
        above = [(along.at(point.share), upright.cut(point.high)) for point in banded]
        below = [(along.at(point.share), upright.cut(point.low)) for point in reversed(banded)]
        yield Shape((*above, *below), TINT, kind="band")
    yield Stroke(LEFT, upright.at(0.0), RIGHT, upright.at(0.0), INK, 0.5)
    overall = _value(peeling.overall.effect)
    if math.isfinite(overall):
        yield Stroke(LEFT, upright.at(overall), RIGHT, upright.at(overall), ACCENT, 0.7, dashed=True)
    places = [(along.at(point.share), upright.at(point.effect)) for point in points]
    for (x, y), (x_end, y_end) in pairwise(places):
        yield Stroke(x, y, x_end, y_end, ACCENT, 1.1)
    for box in boxes:
        if math.isfinite(_value(box.inside.effect)):
            yield _diamond(along.at(_value(box.share)), upright.at(_value(box.inside.effect)))
    yield from _upright(upright, 6)
    unit: Inline = (", ", peeling.unit) if peeling.unit.text else ()
    title: Inline = ("Effect inside (", settings.level, f"%{NO_BREAK}CI)", *unit)
    yield block(title, EDGE, upright.end + BODY.cap_height, LABEL_WIDTH, BODY)


def _diamond(x: float, y: float) -> Shape:
    return Shape(((x, y - DIAMOND), (x + DIAMOND, y), (x, y + DIAMOND), (x - DIAMOND, y)), ACCENT, kind="size")


def _upright(scale: Scale, most: int, low: float | None = None, high: float | None = None) -> Iterator[Mark]:
    """Yield an upright axis with its ticks; within narrower ends where some are given."""
    yield Stroke(LEFT, scale.start, LEFT, scale.end, RULE, 0.6)
    for value, text in round_values(scale.low if low is None else low, scale.high if high is None else high, most):
        y = scale.at(value)
        yield Stroke(LEFT - 0.9, y, LEFT, y, RULE, 0.6)
        yield Words((Piece(LEFT - 1.5, y + TICK.cap_height / 2, text, "right"),), TICK, axis="tick")


def _strip_head(moderator: PeeledModerator) -> Inline:
    unit: Inline = (", ", moderator.unit) if moderator.unit.text else ()
    if moderator.levels is not None:
        unit = (", level of ", moderator.levels)
    return (moderator.label, f"{NO_BREAK}{moderator.side}", *unit)


def _strip_height(moderator: PeeledModerator) -> float:
    return max(LEAST_STRIP, lines_of(_strip_head(moderator), LABEL_WIDTH, BODY) * BODY.leading)


def _trace(
    moderator: PeeledModerator,
    limits: Sequence[float],
    shares: Sequence[float],
    along: Scale,
    top: float,
    bottom: float,
) -> Iterator[Mark]:
    """Yield the strip of one moderator: its limit at every size, grey on the open edge where it excludes nobody."""
    head = _strip_head(moderator)
    lines = lines_of(head, LABEL_WIDTH, BODY)
    first = (top + bottom - (lines - 1) * BODY.leading + BODY.cap_height) / 2
    yield block(head, EDGE, first, LABEL_WIDTH, BODY)
    yield Stroke(LEFT, top, LEFT, bottom, RULE, 0.6)
    closed = [limit for limit in limits if not math.isnan(limit)]
    if not closed:
        middle = (top + bottom + TICK.cap_height) / 2
        yield lettered(("excludes nobody at any size",), (LEFT + RIGHT) / 2, middle, TICK, "center")
        return
    room = OPEN_EDGE * (bottom - top)
    from_above = moderator.side == "≤"
    edge = top if from_above else bottom
    scale = Scale(min(closed), max(closed), bottom - (0.0 if from_above else room), top + (room if from_above else 0.0))
    yield from _strip_ticks(scale)
    heights = [edge if math.isnan(limit) else scale.at(limit) for limit in limits]
    yield from _steps(heights, [math.isnan(limit) for limit in limits], shares, along)


def _strip_ticks(scale: Scale) -> Iterator[Mark]:
    """Yield two ticks that have room beside each other, the roundest that do; one where there are none."""
    found = [round_values(scale.low, scale.high, most) for most in (3, 4, 6, 9)]
    apart = (ticks for ticks in found if abs(scale.at(ticks[-1][0]) - scale.at(ticks[0][0])) >= TICK.leading)
    ticks = next(apart, found[0][:1])
    for value, text in dict.fromkeys((ticks[0], ticks[-1])):
        y = scale.at(value)
        yield Stroke(LEFT - 0.9, y, LEFT, y, RULE, 0.6)
        yield Words((Piece(LEFT - 1.5, y + TICK.cap_height / 2, text, "right"),), TICK, axis="tick")


def _steps(heights: Sequence[float], open_: Sequence[bool], shares: Sequence[float], along: Scale) -> Iterator[Mark]:
    """Yield a stair: a limit holds half-way to the sizes beside its own."""
    middles = [(one + other) / 2 for one, other in pairwise(shares)]
    starts, ends = [1.0, *middles], [*middles, shares[-1]]
    for i, height in enumerate(heights):
        colour, weight = (RULE, 0.5) if open_[i] else (ACCENT, 1.1)
        yield Stroke(along.at(starts[i]), height, along.at(ends[i]), height, colour, weight)
        if i and height != heights[i - 1]:
            either = open_[i] or open_[i - 1]
            yield Stroke(
                along.at(starts[i]), heights[i - 1], along.at(starts[i]), height, RULE if either else ACCENT, 0.5
            )


def _sizes(boxes: Sequence[PeeledBox], along: Scale, top: float, bottom: float) -> list[Mark]:
    """Return thin lines at the sizes of the table, through all strips."""
    return [Stroke(x, top, x, bottom, RULE, 0.25) for x in (along.at(_value(box.share)) for box in boxes)]


def _axis(peeling: PeeledOutcome, boxes: Sequence[PeeledBox], along: Scale, y: float) -> Iterator[Mark]:
    """Yield the axis of sizes with its title, and below it the participants at the sizes of the table."""
    yield Stroke(LEFT, y + 0.8, RIGHT, y + 0.8, RULE, 0.6)
    for value, text in round_values(along.high, along.low, 10):
        yield Stroke(along.at(value), y + 0.8, along.at(value), y + 1.7, RULE, 0.6)
        yield Words((Piece(along.at(value), y + 4.5, text, "center"),), TICK, axis="tick")
    yield block(("Share in the subgroup",), EDGE, y + 4.5, LABEL_WIDTH, AXIS)
    yield lettered(("Participants inside (n)",), EDGE, y + 8.6, AXIS)
    places = [(along.at(1.0), peeling.n), *((along.at(_value(box.share)), box.n) for box in reversed(boxes))]
    taken = -math.inf
    for x, number in places:
        half = inline_width((number,), AXIS) / 2
        if x - half > taken + 1.0:
            yield lettered((number,), x, y + 8.6, AXIS, "center")
            taken = x + half


def _note(peeling: PeeledOutcome, points: Sequence[Point], upright: Scale, settings: PeelingSettings) -> Inline:
    overall = peeling.overall
    cut = any(
        end < upright.low or end > upright.high for point in points for end in (point.low, point.high) if end == end
    )
    return (
        "Line: effect in the best subgroup found of each size; band: ",
        settings.level,
        "% confidence interval, not adjusted for the search",
        "; it is cut at the edge of the plot. " if cut else ". ",
        "Dashed: effect in everybody, ",
        overall.effect,
        " (",
        overall.low,
        " to ",
        overall.high,
        "). Diamonds: selected sizes. Below: the limit of each moderator, grey on the edge where it excludes nobody. ",
        *words.plural(peeling.evaluated, "subgroup was", "subgroups were"),
        " evaluated; nothing has been tested.",
    )


def _alt(peeling: PeeledOutcome) -> Inline:
    """Write the alternative text: how far the subgroups shrink, what the effect does, and what limits the smallest."""
    alt: list[str | Number] = [
        "Trajectory of directed peeling: ",
        *words.plural(peeling.found, "subgroup", "subgroups"),
        ", from ",
        *words.plural(peeling.n, "participant", "participants"),
        " with an effect of ",
        peeling.overall.effect,
    ]
    last = peeling.smallest
    if last is not None:
        alt += [" to ", last.n, " with ", last.inside.effect, " (", last.inside.low, " to ", last.inside.high, ")"]
        limits = [
            (moderator, limit)
            for moderator, limit in zip(peeling.moderators, last.limits, strict=True)
            if limit.value is not None or limit.kind == "quotation"
        ]
        for i, (moderator, limit) in enumerate(limits):
            alt += ["; limits of the smallest: " if i == 0 else ", ", moderator.label, f" {moderator.side} ", limit]
    return (*alt, ".")

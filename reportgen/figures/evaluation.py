"""What an evaluation found, at a glance: shares of data sets, and biases, with their Monte Carlo intervals.

In: the record. Out: one drawing a figure: scenarios as groups, searches as rows, a mark for each way of judging, one below
the other within the row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reportgen.figures.panel import EDGE
from reportgen.figures.scale import Scale, round_values
from reportgen.figures.sheet import Mark, Piece, Sheet, Stroke, Words, block, lettered, lines_of, rectangle
from reportgen.figures.theme import ACCENT, AXIS, BODY, HEAD, INK, MUTED, NOTE, RULE, TICK, page_width
from reportgen.records.artefact import Drawing
from reportgen.records.evaluation import Average, EvaluationRecord, Rate, ScenarioRecord, SearchInScenario
from reportgen.records.numbers import Inline, Number

LEFT, RIGHT = 66.0, 171.0
LABEL_WIDTH = 60.0
MARK_GAP = 1.9
HALF = 0.75
TOP = 1.5
PAPER = "#ffffff"
LOOKS = ((ACCENT, ACCENT), (PAPER, ACCENT), (MUTED, MUTED))
LOOK_WORDS = ("filled square", "open square", "grey square")


@dataclass(frozen=True, slots=True)
class Point:
    """A mark: its place, the ends of its interval, and what the alternative text says of it."""

    value: float
    low: float
    high: float
    words: Inline


Points = tuple[Point | None, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """What a figure shows: its title, its axis, what its marks are, and the values that a dashed line marks."""

    title: str
    axis: Inline
    marks: tuple[str, ...]
    note: Inline
    lines: tuple[float, ...]


def draw_rates(record: EvaluationRecord, scenarios: Sequence[ScenarioRecord], *, name: str) -> Drawing:
    """Draw in how many data sets a subgroup was kept and supported."""
    modified = any(scenario.modified for scenario in scenarios)
    line = () if modified else (100 * (record.alpha.value or 0.0),)
    plot = Plot(
        "Subgroups found where one exists" if modified else "Subgroups found where none exists",
        ("Data sets, %",),
        ("supported (p of the search)", "kept (p of the node)", "smallest p before any draw"),
        ("Lines: Monte Carlo intervals (Clopper–Pearson).", *((" Dashed: alpha.",) if line else ())),
        line,
    )
    return _drawn(plot, scenarios, _rates, name)


def draw_biases(record: EvaluationRecord, scenarios: Sequence[ScenarioRecord], *, name: str) -> Drawing:
    """Draw by how much the difference of the first candidate from the others is overestimated."""
    plot = Plot(
        "Bias of the difference",
        ("Estimate minus truth, SD",),
        ("corrected", "naive", "in trials held out"),
        ("Of the first candidate, in all data sets. Lines: plus and minus two Monte Carlo standard errors.",),
        (0.0,),
    )
    return _drawn(plot, scenarios, _biases, name)


def _rates(search: SearchInScenario) -> Points:
    return tuple(_rate(item) for item in (search.supported, search.kept, search.naive))


def _rate(item: Rate | None) -> Point | None:
    if item is None or item.percent.value is None:
        return None
    return Point(item.percent.value, item.low.value or 0.0, item.high.value or 0.0, (item.percent, "%"))


def _biases(search: SearchInScenario) -> Points:
    found = (search.effect(way, "difference", "all") for way in ("corrected", "naive", "held-out"))
    return tuple(None if item is None else _average(item.bias) for item in found)


def _average(average: Average) -> Point | None:
    if average.mean.value is None:
        return None
    half = 2 * (average.std_error.value or 0.0)
    return Point(average.mean.value, average.mean.value - half, average.mean.value + half, (average.mean,))


def _drawn(
    plot: Plot, scenarios: Sequence[ScenarioRecord], points: Callable[[SearchInScenario], Points], name: str
) -> Drawing:
    from reportgen.figures.svg import drawing

    rows = [(scenario, [(search, points(search)) for search in scenario.searches]) for scenario in scenarios]
    shown = [point for _, searches in rows for _, found in searches for point in found if point is not None]
    ends = [end for point in shown for end in (point.low, point.high)]
    low, high = min([0.0, *plot.lines, *ends]), max([0.0, *plot.lines, *ends])
    room = 0.04 * (high - low or 1.0)
    scale = Scale(low - room if low < 0 else low, high + room, LEFT, RIGHT)
    marks, bottom = _rows(rows, scale, plot.lines)
    marks += _axis(plot, scale, bottom)
    note = block(_note(plot, rows), EDGE, bottom + 13.4, page_width() - 2 * EDGE, NOTE)
    height = math.ceil((note.pieces[-1].y + 1.4) * 10) / 10
    sheet = Sheet(name, plot.title, page_width(), height, (*marks, note), _alt(plot, rows))
    return drawing(sheet)


Rows = Sequence[tuple[ScenarioRecord, Sequence[tuple[SearchInScenario, Points]]]]


def _rows(rows: Rows, scale: Scale, lines: tuple[float, ...]) -> tuple[list[Mark], float]:
    """Return the marks of all rows, and where they end; dashed lines stop at the heads."""
    marks: list[Mark] = []
    y = TOP
    for scenario, searches in rows:
        head = scenario.head
        marks.append(block(head, EDGE, y + BODY.cap_height + 0.6, page_width() - 2 * EDGE, HEAD))
        y += lines_of(head, page_width() - 2 * EDGE, HEAD) * HEAD.leading + 1.4
        start = y
        for search, points in searches:
            shown = [(look, point) for look, point in zip(LOOKS, points, strict=True) if point is not None]
            height = max(len(shown) * MARK_GAP + 1.6, BODY.leading + 1.0)
            middle = y + height / 2
            marks.append(lettered((search.search,), EDGE + 3.0, middle + BODY.cap_height / 2, BODY))
            for place, (look, item) in enumerate(shown):
                marks += _mark(item, look, scale, middle + (place - (len(shown) - 1) / 2) * MARK_GAP)
            y += height
        marks += (Stroke(scale.at(line), start, scale.at(line), y, INK, 0.5, dashed=True) for line in lines)
        y += 1.2
    return marks, y


def _mark(point: Point, look: tuple[str, str], scale: Scale, y: float) -> Iterator[Mark]:
    fill, edge = look
    yield Stroke(scale.cut(point.low), y, scale.cut(point.high), y, edge, 0.7)
    x = scale.at(point.value)
    yield rectangle(x - HALF, y - HALF, x + HALF, y + HALF, fill, edge, kind="square")


def _axis(plot: Plot, scale: Scale, y: float) -> Iterator[Mark]:
    yield Stroke(LEFT, y, RIGHT, y, RULE, 0.6)
    for value, text in round_values(scale.low, scale.high, 8):
        x = scale.at(value)
        yield Stroke(x, y, x, y + 0.9, RULE, 0.6)
        yield Words((Piece(x, y + 3.8, text, "center"),), TICK, axis="tick")
    yield lettered(plot.axis, (LEFT + RIGHT) / 2, y + 7.6, AXIS, "center")
    yield Stroke(EDGE, y + 9.6, page_width() - EDGE, y + 9.6, INK, 0.5)


def _note(plot: Plot, rows: Rows) -> Inline:
    used = [any(found[k] is not None for _, searches in rows for _, found in searches) for k in range(len(plot.marks))]
    parts = [f"{look}: {what}" for look, what, present in zip(LOOK_WORDS, plot.marks, used, strict=True) if present]
    text = "; ".join(parts)
    return (f"{text[:1].upper()}{text[1:]}. ", *plot.note)


def _alt(plot: Plot, rows: Rows) -> Inline:
    """Write the alternative text: every mark of every row."""
    alt: list[str | Number] = [f"{plot.title}, "]
    for scenario, searches in rows:
        alt += ["scenario ", scenario.number, ": "]
        for search, points in searches:
            found = [(word, point) for word, point in zip(plot.marks, points, strict=True) if point is not None]
            alt += [search.search, " "]
            for place, (word, item) in enumerate(found):
                alt += [*([", "] if place else []), f"{word} ", *item.words]
            alt += ["; "]
    return (*alt[:-1], ".")

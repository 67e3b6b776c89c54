"""The plot between the text columns: diamonds, squares, intervals, arrowheads, and the axis under them.

An effect is a place in millimetres; what lies beyond the axis is cut at its end and an arrowhead says so. All marks are
drawn and none is a glyph, so that no font can lack them. Every estimate on the axis has a mark, however short its interval; one
beyond has none, and an arrowhead stands for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

from reportgen.figures.axis import Axis
from reportgen.figures.lettering import width
from reportgen.figures.sheet import Mark, Piece, Shape, Stroke, Words, rectangle
from reportgen.figures.theme import ACCENT, AXIS, INK, MUTED, RULE, TICK, page_width
from reportgen.records.effect_scale import NO_EFFECT

EDGE = 0.4
ARROW_LENGTH = 1.7
ARROW_HALF = 0.85
DIAMOND_HALF = 1.15
DIAMOND_LEAST = 0.4  # from the estimate to either end, where the interval is too short to be seen
PREDICTION_DROP = 1.75
SIGN_HALF = 1.0
TICK_GAP = 0.8  # between the labels of two ticks
SQUARE_LARGEST = 3.0
SQUARE_SMALLEST = 0.7
WITHIN_HALF = 0.13  # of the height of an interval that its square would hide
AXIS_HEIGHT = 5.0
FAVOURS_HEIGHT = 3.8
PAPER = "#ffffff"


@dataclass(frozen=True, slots=True)
class Panel:
    """The part of the sheet that an axis spans. Arrowheads may stand outside of it, by `ARROW_LENGTH`."""

    axis: Axis
    left: float
    right: float

    def at(self, value: float) -> float:
        """Return the x of an effect as analysed, wherever it lies."""
        low, high = self.axis.low, self.axis.high
        return (self.left + self.right) / 2 + (value - (low + high) / 2) / (high - low) * (self.right - self.left)

    def cut(self, value: float) -> float:
        """Return the x of an effect, at the end of the axis where it lies beyond."""
        return min(max(self.at(value), self.left), self.right)

    def arrowheads(self, low: float, high: float, y: float, colour: str, scale: float = 1.0) -> list[Mark]:
        """Return a head at each end of the axis that the interval leaves."""
        heads: list[Mark] = []
        for beyond, x, way in ((self.at(low) < self.left, self.left, -1), (self.at(high) > self.right, self.right, 1)):
            if beyond:
                half, tip = ARROW_HALF * scale, x + way * ARROW_LENGTH * scale
                heads.append(Shape(((x, y - half), (tip, y), (x, y + half)), colour, kind="arrowhead"))
        return heads

    def line(
        self, low: float, high: float, y: float, colour: str = INK, weight: float = 0.7, head: float = 0.85
    ) -> list[Mark]:
        """Return an interval as a thin line, with arrowheads where it leaves the axis."""
        marks = self.arrowheads(low, high, y, colour, head)
        if self.cut(low) < self.cut(high):
            marks.insert(0, Stroke(self.cut(low), y, self.cut(high), y, colour, weight))
        return marks

    def diamond(self, low: float, middle: float, high: float, y: float, colour: str = ACCENT) -> list[Mark]:
        """Return a pooled effect: its ends are the interval, its widest place the estimate.

        One that leaves the axis on both sides is a line: as a diamond it would be the heaviest ink for the least knowledge.
        """
        if not self.axis.shows(middle):
            return self.line(*((middle, middle) if math.isnan(high - low) else (low, high)), y, colour)
        start, centre, end = self.at(low), self.cut(middle), self.at(high)
        place = Stroke(centre, y - DIAMOND_HALF, centre, y + DIAMOND_HALF, colour, 1.0)
        if math.isnan(start) or math.isnan(end):
            # an estimate whose interval cannot be had
            return [place]
        if start < self.left and end > self.right:
            return [*self.line(low, high, y, colour), place]
        start, end = min(start, centre - DIAMOND_LEAST), max(end, centre + DIAMOND_LEAST)

        def half(x: float) -> float:
            span = (centre - start) if x < centre else (end - centre)
            away = (centre - x) if x < centre else (x - centre)
            return DIAMOND_HALF * (1 - away / span) if span > 0 else DIAMOND_HALF

        inner = {max(start, self.left), centre, min(end, self.right)}
        xs = sorted(x for x in inner if start <= x <= end)
        marks: list[Mark] = []
        if len(xs) > 1:
            upper = [(x, y - half(x)) for x in xs]
            lower = [(x, y + half(x)) for x in reversed(xs)]
            marks.append(Shape(tuple(dict.fromkeys(upper + lower)), colour, kind="diamond"))
        return marks + self.arrowheads(low, high, y, colour)

    def prediction(self, low: float, high: float, y: float) -> list[Mark]:
        """Return a prediction interval: a grey line with small ends, below its diamond."""
        marks = self.line(low, high, y, MUTED, 0.6, 0.6)
        for value in (low, high):
            if self.left <= self.at(value) <= self.right:
                marks.append(Stroke(self.at(value), y - 0.45, self.at(value), y + 0.45, MUTED, 0.6))
        return marks

    def square(self, low: float, middle: float, high: float, share: float, y: float) -> list[Mark]:
        """Return a trial: interval, and a square whose area is in proportion to `share` (1 for the largest weight)."""
        half = max(SQUARE_LARGEST * max(share, 0.0) ** 0.5, SQUARE_SMALLEST) / 2
        return self._squared(low, middle, high, y, half, (ACCENT, ""), INK)

    def graded(self, low: float, middle: float, high: float, y: float, grade: int) -> list[Mark]:
        """Return an interval with a square that is filled (grade 0), open (1) or small and grey (2)."""
        look = ((ACCENT, ACCENT), (PAPER, ACCENT), (MUTED, ""))[min(grade, 2)]
        return self._squared(low, middle, high, y, 0.5 if grade > 1 else 0.95, look, MUTED if grade > 1 else INK)

    def _squared(
        self, low: float, middle: float, high: float, y: float, half: float, look: tuple[str, str], colour: str
    ) -> list[Mark]:
        """Return an interval with a square, of some fill and edge, that hides neither an arrowhead nor an interval within it."""
        line = self.line(low, high, y, colour)
        if not self.axis.shows(middle):
            return line
        x, (fill, edge) = self.at(middle), look
        square = rectangle(x - half, y - half, x + half, y + half, fill, edge, kind="square")
        above = [mark for mark in line if isinstance(mark, Shape)]
        below = [mark for mark in line if mark not in above]
        if any(abs(x - end) < half for end in (self.left, self.right)):
            above = [replace(head, edge=PAPER) for head in above]
        if x - half <= self.at(low) < self.at(high) <= x + half:
            ink = colour if fill == PAPER else PAPER
            above.append(
                rectangle(self.at(low), y - WITHIN_HALF, self.at(high), y + WITHIN_HALF, ink, kind="interval within")
            )
        return [*below, square, *above]

    def sign(self, low: float, middle: float, high: float, y: float, colour: str, corners: int) -> list[Mark]:
        """Return an interval with an open sign of some corners at its estimate: 4 make a diamond, many a circle."""
        marks = self.line(low, high, y, colour)
        x = self.at(middle)
        if self.axis.shows(middle):
            angles = [2 * math.pi * k / corners for k in range(corners)]
            places = tuple((x + SIGN_HALF * math.cos(a), y + SIGN_HALF * math.sin(a)) for a in angles)
            marks.append(Shape(places, PAPER, colour, kind="sign"))
        return marks

    def no_effect(self, top: float, bottom: float) -> Mark:
        """Return the solid line at no effect."""
        return Stroke(self.at(NO_EFFECT), top, self.at(NO_EFFECT), bottom, INK, 0.6)

    def overall(self, value: float, top: float, bottom: float) -> list[Mark]:
        """Return the dashed line at the overall effect."""
        if not self.left <= self.at(value) <= self.right:
            return []
        return [Stroke(self.at(value), top, self.at(value), bottom, ACCENT, 0.6, dashed=True)]

    def ruler(self, y: float) -> list[Mark]:
        """Return the axis with its ticks and their labels, of which a narrow one keeps some; it takes `AXIS_HEIGHT`."""
        marks: list[Mark] = [Stroke(self.left, y, self.right, y, RULE, 0.6)]
        ticks, labels = self.axis.ticks(), self.axis.labels()
        labelled = self._labelled(ticks, max(width(label, TICK) for label in labels) + TICK_GAP)
        for place, (value, label) in enumerate(zip(ticks, labels, strict=True)):
            x = self.at(value)
            marks.append(Stroke(x, y, x, y + 0.9, RULE, 0.6))
            if place not in labelled:
                continue
            # the sign hangs out to the left, so that the digits stand under their tick
            shift = -width("−", TICK) / 2 if label.startswith("−") else 0.0
            marks.append(Words((Piece(x + shift, y + 3.8, label, "center"),), TICK, axis="tick"))
        return marks

    def _labelled(self, ticks: tuple[float, ...], room: float) -> set[int]:
        """Return which ticks have a label: all, or every second or third from no effect that have `room`, at best with both ends.

        Where no effect would stand alone, the ends have one.
        """
        places = [self.at(tick) for tick in ticks]
        ends = {0, len(ticks) - 1}
        middle = min(range(len(ticks)), key=lambda i: abs(ticks[i]))
        spaced = (range(middle % every, len(ticks), every) for every in range(1, len(ticks)))
        fitting = [
            set(chosen)
            for chosen in spaced
            if len(chosen) > 1 and all(places[b] - places[a] >= room for a, b in pairwise(chosen))
        ]
        return next((chosen for chosen in fitting if ends <= chosen), fitting[0] if fitting else ends)

    def favours(self, y: float, arrows: tuple[str, str]) -> list[Mark]:
        """Return "favours control ← → favours intervention" with drawn arrows; it takes `FAVOURS_HEIGHT`."""
        base, arrow = y + 2.7, 4.2
        away = 1.4 + arrow + 1.2
        least, most = (EDGE + away + width(arrows[0], AXIS), page_width() - EDGE - away - width(arrows[1], AXIS))
        x = min(max(self.at(NO_EFFECT), least), most)
        middle = base - AXIS.size * 0.243 * 25.4 / 72
        marks: list[Mark] = []
        for way in (-1, 1):
            tip = x + way * (1.4 + arrow)
            neck = tip - way * 1.3
            marks.append(Stroke(x + way * 1.4, middle, neck, middle, INK, 0.6))
            marks.append(Shape(((neck, middle - 0.65), (tip, middle), (neck, middle + 0.65)), INK, kind="arrow"))
        marks.append(Words((Piece(x - away, base, arrows[0], "right"),), AXIS))
        marks.append(Words((Piece(x + away, base, arrows[1], "left"),), AXIS))
        return marks

"""The picture of what was collected: trial x measure x visit.

A framed cell is a trial that collected the measure at that visit; its filling, from the bottom up, is the share of the
trial's people with a value, and their number stands in it. A short stroke without a frame is what a trial never
collected: shape, not colour, tells the two apart. Measures stand side by side in as many bands as the paper needs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reportgen.errors import RenderError
from reportgen.figures import words
from reportgen.figures.lettering import width
from reportgen.figures.sheet import (
    Mark,
    Piece,
    Sheet,
    Stroke,
    Words,
    block,
    inline_width,
    lettered,
    lines_of,
    rectangle,
)
from reportgen.figures.theme import BODY, HEAD, INK, MM_PER_POINT, MUTED, NOTE, RULE, TINT, Style, page_width
from reportgen.records.model import Availability, AvailabilityCell
from reportgen.records.numbers import Inline, Number

TITLE = "Availability of measures by trial and visit"
EDGE = 0.4
GAP = 2.8
LABEL_GAP = 1.8
ROW = 4.4
LEAST_CELL = 4.6
WIDEST_CELL = 12.0
WIDEST_LABEL = 52.0
WIDEST_WORD = 40.0
BAND_GAP = 3.5
PAGE_HEIGHT = 228.0
COUNT = Style(points=7.0)
VISIT = Style(points=7.0, colour=MUTED)


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure with the visits at which any trial collected it, and its cells by trial and visit."""

    label: Number
    visits: tuple[tuple[str, Number], ...]
    cells: dict[tuple[str, str], AvailabilityCell]

    @property
    def widest_word(self) -> float:
        """Return the width of the longest word of the label, within reason."""
        return min(max(width(word, HEAD) for word in self.label.text.split(" ")) + 0.1, WIDEST_WORD)


@dataclass(frozen=True, slots=True)
class Frame:
    """What all bands have in common: the width of the columns and of a cell, and how the visits are written."""

    label: float
    people: float
    cell: float
    upright: bool

    @property
    def left(self) -> float:
        """Return where the first measure begins."""
        return EDGE + self.label + GAP + self.people + GAP

    def block_width(self, measure: Measure) -> float:
        """Return the width of a measure: its cells, and enough that no word of its label is cut."""
        return max(self.cell * len(measure.visits), measure.widest_word - GAP + LABEL_GAP)

    def needs(self, measure: Measure) -> float:
        """Return the width of a measure at the end of a band, where its label cannot reach into the gap."""
        return max(self.block_width(measure), measure.widest_word)


@dataclass(frozen=True, slots=True)
class Strip:
    """A band of measures for some trials, each with its people."""

    measures: tuple[Measure, ...]
    trials: tuple[tuple[Number, Number], ...]

    def height(self, record: Availability, frame: Frame) -> float:
        """Return the height with its head."""
        return _head_height(record, frame, self.measures) + sum(_row_height(trial, frame) for trial, _ in self.trials)


def availability_sheets(record: Availability, *, name: str) -> tuple[Sheet, ...]:
    """Return the pages of the picture, before they are drawn."""
    measures = tuple(_measures(record))
    frame, bands = _arrange(record, measures)
    note = _note(record, measures)
    pages = tuple(_paginate(record, frame, bands))
    return tuple(
        _sheet(record, frame, page, note if number == len(pages) else (), name if number == 1 else f"{name}-{number}")
        for number, page in enumerate(pages, start=1)
    )


def _measures(record: Availability) -> Iterator[Measure]:
    """Yield what was collected at all; a visit at which no trial collected the measure takes no column."""
    _check_names(record)
    for key, label in record.measures:
        cells = {(cell.trial, cell.visit): cell for cell in record.cells if cell.measure == key}
        visits = tuple(
            (key, visit)
            for key, visit in record.visits
            if any(cell.n is not None for (_, at), cell in cells.items() if at == key)
        )
        yield Measure(label, visits or record.visits[:1], cells)


def _check_names(record: Availability) -> None:
    # a cell that finds no place would be drawn as never collected: better no picture than that one
    trials = {trial.text for trial in record.trials}
    measures, visits = dict(record.measures), dict(record.visits)
    lost = [c for c in record.cells if c.trial not in trials or c.measure not in measures or c.visit not in visits]
    if lost:
        raise RenderError(
            f"availability: {len(lost)} {'cell belongs' if len(lost) == 1 else 'cells belong'} to no row or column, the first to {lost[0]}"
        )


def _arrange(record: Availability, measures: Sequence[Measure]) -> tuple[Frame, list[list[Measure]]]:
    """Choose how visits are written: level if that costs no more bands than upright."""
    label = max((inline_width((trial,), BODY) for trial in record.trials), default=0.0)
    label = min(max(label, width("Trial", HEAD)) + 0.3, WIDEST_LABEL)
    people = max((inline_width((number,), BODY) for number in record.people), default=0.0)
    people = max(people, width("n", HEAD)) + 0.3
    counts = max((inline_width((c.n,), COUNT) for c in record.cells if c.n), default=0.0) + 1.2
    narrow = max(counts, LEAST_CELL)
    level = max(narrow, *(inline_width((visit,), VISIT) + 1.4 for _, visit in record.visits), 0.0)
    choices = []
    for cell, upright in ((level, False), (narrow, True)):
        frame = Frame(label, people, cell, upright)
        if level <= WIDEST_CELL or upright:
            choices.append((frame, _fill(frame, measures, page_width() - EDGE)))
    frame, bands = min(choices, key=lambda choice: len(choice[1]))
    return _spread(frame, measures, len(bands))


def _fill(frame: Frame, measures: Sequence[Measure], right: float) -> list[list[Measure]]:
    bands: list[list[Measure]] = [[]]
    x = frame.left
    for measure in measures:
        if bands[-1] and x + frame.needs(measure) > right:
            bands.append([])
            x = frame.left
        bands[-1].append(measure)
        x += frame.block_width(measure) + GAP
    return bands


def _spread(frame: Frame, measures: Sequence[Measure], number: int) -> tuple[Frame, list[list[Measure]]]:
    """Make the bands about equally long, then the cells as wide as the paper allows."""
    right = frame.left
    while len(bands := _fill(frame, measures, right)) > number:
        right += 1.0
    while (wider := replace(frame, cell=frame.cell + 0.2)).cell <= WIDEST_CELL and all(
        _end(wider, band) <= page_width() - EDGE for band in bands
    ):
        frame = wider
    return frame, bands


def _end(frame: Frame, band: Sequence[Measure]) -> float:
    return frame.left + sum(frame.block_width(measure) + GAP for measure in band[:-1]) + frame.needs(band[-1])


def _paginate(record: Availability, frame: Frame, bands: Sequence[list[Measure]]) -> Iterator[list[Strip]]:
    page: list[Strip] = []
    used = 0.0
    for strip in (strip for band in bands for strip in _strips(record, frame, band)):
        need = strip.height(record, frame) + BAND_GAP
        if page and used + need > PAGE_HEIGHT:
            yield page
            page, used = [], 0.0
        page.append(strip)
        used += need
    yield page


def _strips(record: Availability, frame: Frame, band: Sequence[Measure]) -> Iterator[Strip]:
    """Yield a band, torn between trials where it is higher than a page, about equally."""
    trials = tuple(zip(record.trials, record.people, strict=True))
    room = PAGE_HEIGHT - BAND_GAP - _head_height(record, frame, band)
    pages = max(1, math.ceil(sum(_row_height(trial, frame) for trial in record.trials) / room))
    size = math.ceil(len(trials) / pages)
    for start in range(0, len(trials), size):
        yield Strip(tuple(band), trials[start : start + size])


def _row_height(trial: Number, frame: Frame) -> float:
    return ROW + (lines_of((trial,), frame.label, BODY) - 1) * BODY.leading


def _visit_height(record: Availability, frame: Frame) -> float:
    if not frame.upright:
        return VISIT.leading + 1.0
    return max((inline_width((visit,), VISIT) for _, visit in record.visits), default=0.0) + 1.6


def _head_lines(frame: Frame, band: Sequence[Measure]) -> int:
    return max((lines_of((m.label,), _head_limit(frame, m), HEAD) for m in band), default=1)


def _head_limit(frame: Frame, measure: Measure) -> float:
    return frame.block_width(measure) + GAP - LABEL_GAP


def _head_height(record: Availability, frame: Frame, band: Sequence[Measure]) -> float:
    return 1.5 + _head_lines(frame, band) * HEAD.leading + 1.4 + _visit_height(record, frame) + 1.2


def _sheet(record: Availability, frame: Frame, strips: Sequence[Strip], note: Inline, name: str) -> Sheet:
    marks: list[Mark] = []
    y = 0.5
    for strip in strips:
        marks += _strip(record, frame, strip, y)
        y += strip.height(record, frame) + BAND_GAP
    y += -BAND_GAP + 1.0
    marks.append(Stroke(EDGE, y, page_width() - EDGE, y, INK, 0.5))
    key, y = _key(y + 1.4)
    marks += key
    height = y
    if note:
        words_ = block(note, EDGE, y + NOTE.size * 0.8 * MM_PER_POINT, page_width() - 2 * EDGE, NOTE)
        marks.append(words_)
        height = words_.pieces[-1].y + NOTE.size * 0.3 * MM_PER_POINT + 0.6
    return Sheet(name, TITLE, page_width(), math.ceil(height * 10) / 10, tuple(marks), _alt(strips, name))


def _strip(record: Availability, frame: Frame, strip: Strip, top: float) -> list[Mark]:
    band = strip.measures
    head = _head_height(record, frame, band)
    bottom = top + head - 1.2
    base = bottom - 1.4
    marks: list[Mark] = [
        Stroke(EDGE, top, page_width() - EDGE, top, INK, 1.0),
        Stroke(EDGE, bottom, page_width() - EDGE, bottom, INK, 0.5),
        lettered(("Trial",), EDGE, base, HEAD),
        lettered(("n",), frame.left - GAP, base, HEAD, "right"),
    ]
    x = frame.left
    for measure in band:
        marks += _measure_head(record, frame, measure, x, top, bottom)
        x += frame.block_width(measure) + GAP
    y = top + head
    for trial, people in strip.trials:
        marks += _row(frame, band, trial, people, y)
        y += _row_height(trial, frame)
    return marks


def _measure_head(
    record: Availability, frame: Frame, measure: Measure, x: float, top: float, bottom: float
) -> list[Mark]:
    end = x + frame.block_width(measure)
    rule = bottom - _visit_height(record, frame) - 0.2
    lines = lines_of((measure.label,), _head_limit(frame, measure), HEAD)
    first = rule - 1.2 - (lines - 1) * HEAD.leading
    marks: list[Mark] = [
        block((measure.label,), x, first, _head_limit(frame, measure), HEAD),
        Stroke(x, rule, end, rule, RULE, 0.5),
    ]
    for i, (_, visit) in enumerate(measure.visits):
        centre = x + (i + 0.5) * frame.cell
        if frame.upright:
            place = Piece(centre + VISIT.cap_height / 2, bottom - 0.9, visit.text)
            marks.append(Words((place,), VISIT, (visit,), angle=90))
        else:
            marks.append(lettered((visit,), centre, bottom - 1.2, VISIT, "center"))
    return marks


def _row(frame: Frame, band: Sequence[Measure], trial: Number, people: Number, y: float) -> list[Mark]:
    base = y + ROW / 2 + BODY.cap_height / 2
    marks: list[Mark] = [
        block((trial,), EDGE, base, frame.label, BODY),
        lettered((people,), frame.left - GAP, base, BODY, "right"),
    ]
    x = frame.left
    for measure in band:
        for i, (visit, _) in enumerate(measure.visits):
            left = x + i * frame.cell
            marks += _cell(measure.cells.get((trial.text, visit)), left, y, left + frame.cell)
        x += frame.block_width(measure) + GAP
    return marks


def _cell(cell: AvailabilityCell | None, left: float, top: float, right: float) -> list[Mark]:
    inset = 0.3
    left, top, right, bottom = left + inset, top + inset, right - inset, top + ROW - inset
    if cell is None or cell.n is None:
        middle, half = (left + right) / 2, 0.9
        return [Stroke(middle - half, (top + bottom) / 2, middle + half, (top + bottom) / 2, RULE, 0.8)]
    share = min(max(cell.share, 0.0), 1.0)
    base = (top + bottom) / 2 + COUNT.cap_height / 2
    return [
        *([rectangle(left, bottom - share * (bottom - top), right, bottom, TINT, kind="share")] if share > 0 else []),
        rectangle(left, top, right, bottom, "none", RULE, kind="cell"),
        lettered((cell.n,), (left + right) / 2, base, COUNT, "center"),
    ]


def _key(y: float) -> tuple[list[Mark], float]:
    """Return the key: what a full cell, a half-filled cell and a stroke mean."""
    marks: list[Mark] = []
    x, size, height = EDGE + 0.2, 5.0, 3.2
    base = y + height / 2 + NOTE.cap_height / 2
    for share, label in (
        (1.0, "everybody in the trial"),
        (0.5, "half of them"),
        (0.0, "nobody"),
        (None, "never collected"),
    ):
        if share is None:
            marks.append(Stroke(x + size / 2 - 0.9, y + height / 2, x + size / 2 + 0.9, y + height / 2, RULE, 0.8))
        else:
            if share:
                marks.append(rectangle(x, y + height * (1 - share), x + size, y + height, TINT, kind="share"))
            marks.append(rectangle(x, y, x + size, y + height, "none", RULE, kind="cell"))
        marks.append(lettered((label,), x + size + 1.2, base, NOTE))
        x += size + 1.2 + width(label, NOTE) + 5.0
    return marks, y + height + 1.2


def _note(record: Availability, measures: Sequence[Measure]) -> Inline:
    not_collected = any(len(measure.visits) < len(record.visits) for measure in measures)
    label = "Number in a cell: participants with a value; height of the filling: their proportion of the trial. n: participants in the trial."
    return (f"{label} Visits at which no trial collected a measure have no column.",) if not_collected else (label,)


def _alt(strips: Sequence[Strip], name: str) -> Inline:
    trials = {trial.id for strip in strips for trial, _ in strip.trials}
    measures = {measure.label.id for strip in strips for measure in strip.measures}
    cells = [
        measure.cells.get((trial.text, visit))
        for strip in strips
        for trial, _ in strip.trials
        for measure in strip.measures
        for visit, _ in measure.visits
    ]
    collected = sum(1 for cell in cells if cell and cell.n is not None)
    return (
        "Availability: ",
        *words.plural(words.count(name, "trials", len(trials)), "trial", "trials"),
        ", ",
        *words.plural(words.count(name, "measures", len(measures)), "measure", "measures"),
        "; ",
        words.count(name, "collected", collected),
        " of ",
        words.count(name, "cells", len(cells)),
        " combinations of trial, measure and visit collected.",
    )

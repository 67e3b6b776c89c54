"""The grid of a forest: columns as wide as their text, and what is left of the sheet for the plot between them.

In: bands of rows and the heads of their columns. Out: a `Grid`, the same on all pages of a figure. Numbers line up on their
decimal point, part by part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reportgen.figures.lettering import width
from reportgen.figures.panel import ARROW_LENGTH, EDGE, Panel
from reportgen.figures.rows import Band, Cell, Heading, Headings, Row, columns_stacked
from reportgen.figures.sheet import Piece, Words, inline_width, lines_of
from reportgen.figures.theme import BODY, HEAD, REASON, Style, page_width
from reportgen.records.effect_scale import NO_EFFECT
from reportgen.records.numbers import numbers_in

ROW = 4.2
GAP = 2.4
GROUP_GAP = 0.7
BESIDE_ARROW = 1.5  # between the tip of an arrowhead and the text beside it
LEAST_LABEL = 16.0
FAIR_LABEL = 26.0  # rather than break labels into shorter lines, columns that may stack do
HAIR = 1e-6
STACKED_BELOW = 20.0  # a narrower plot makes room for itself by intervals below their estimates


@dataclass(frozen=True, slots=True)
class Track:
    """A column of cells: where it begins and ends, and where the parts of its cells line up.

    In a `stacked` one all parts but the first stand on a second line.
    """

    left: float
    right: float
    points: tuple[float, ...]
    stacked: bool = False

    def set(self, cell: Cell, y: float, style: Style) -> Words | None:
        """Return a cell as words at its places."""
        pieces = []
        below = (self.lines(cell) - 1) * style.leading
        for i, (slot, point) in enumerate(zip(cell, self.points, strict=False)):
            whole, rest = slot.halves()
            if whole + rest:
                pieces.append(Piece(point - width(whole, style), y + (below if i else 0.0), whole + rest))
        return Words(tuple(pieces), style, tuple(numbers_in(cell))) if pieces else None

    def lines(self, cell: Cell) -> int:
        """Return on how many lines a cell stands."""
        return 2 if self.stacked and len(cell) > 1 and any(cell[0].halves()) else 1


@dataclass(frozen=True, slots=True)
class Grid:
    """The columns of all pages of a figure."""

    label_width: float
    counts: tuple[Track, ...]
    plot_left: float
    plot_right: float
    results: tuple[tuple[Track, ...], ...]
    reason_left: float

    @property
    def plot_width(self) -> float:
        """The length of the axis."""
        return self.plot_right - self.plot_left

    def label_limit(self, row: Row) -> float:
        """Return how wide the label of a row may be: one without counts has their columns for itself.

        Where no column stands left of the plot, the head of a group runs through it.
        """
        if self._has_a_line(row):
            return page_width() - 2 * EDGE - row.indent
        return (self._before_plot() if row.head or not row.counts else self.label_width) - row.indent

    def runs_through(self, row: Row) -> bool:
        """Whether the label of a row runs through the plot, whose lines leave it out."""
        return self._has_a_line(row) and inline_width(row.label, row.style) > self._before_plot() - row.indent

    def _has_a_line(self, row: Row) -> bool:
        """Whether the label of a row has a whole line for itself."""
        return row.head and not self.counts and not row.reason

    def _before_plot(self) -> float:
        return self.plot_left - ARROW_LENGTH - BESIDE_ARROW - EDGE

    def reason_limit(self) -> float:
        """Return how wide a reason may be: its row has no marks, so that it may reach into the plot, up to its lines."""
        return page_width() - EDGE - self.reason_left

    def cells(self, row: Row, results: Sequence[Track]) -> list[tuple[Cell, Track]]:
        """Return the cells of a row with their columns."""
        return [*zip(row.counts, self.counts, strict=False), *zip(row.results, results, strict=False)]

    def height(self, row: Row) -> float:
        """Return the height of a row: more than one line where its label, a cell or its reason needs it."""
        label = lines_of(row.label, self.label_limit(row), row.style)
        reason = lines_of(row.reason, self.reason_limit(), REASON) if row.reason else 1
        cells = max((track.lines(cell) for cell, track in self.cells(row, self.results[0])), default=1)
        extra = max((max(label, cells) - 1) * row.style.leading, (reason - 1) * REASON.leading)
        if row.hangs:
            return max(label - row.hangs, 0) * row.style.leading
        return ROW + extra + (GROUP_GAP if row.head or row.rule_above else 0.0)


def fitted(bands: Sequence[Band], headings: Headings) -> tuple[tuple[Band, ...], Headings, Grid]:
    """Return rows, heads and their grid.

    Where the plot lacks room, columns that may stack go below those in front of them, results before counts, and at last intervals
    below their estimates.
    """
    if not headings.may_stack:
        grid = measure(bands, headings)
        stacked = grid.plot_width < STACKED_BELOW
        return tuple(bands), headings, measure(bands, headings, stacked=True) if stacked else grid
    ways = (columns_stacked(bands, headings, counts=False), columns_stacked(bands, headings))
    for rows, heads in ((tuple(bands), headings), *ways):
        grid = measure(rows, heads, least_label=FAIR_LABEL)
        if grid.plot_width >= heads.least() - HAIR:
            return rows, heads, grid
    return rows, heads, measure(rows, heads, stacked=True)


def measure(
    bands: Sequence[Band], headings: Headings, *, stacked: bool = False, least_label: float = LEAST_LABEL
) -> Grid:
    """Give every column the width of its widest text, the label what it needs or may have, and the plot the rest.

    With `stacked`, intervals and the like stand below what they belong to. A label is never narrower than `least_label` for the
    sake of the plot.
    """
    rows = [row for band in bands for row in band.rows]
    counts = [
        _extent([(r.counts[i], r.style) for r in rows if r.counts], h, stacked) for i, h in enumerate(headings.counts)
    ]
    by_band = [
        [_extent([(r.results[i], r.style) for r in band.rows if r.results], h, stacked) for band in bands]
        for i, h in enumerate(headings.results)
    ]
    results = [(max((size for size, _ in column), default=0.0), [points for _, points in column]) for column in by_band]
    taken = sum(w for w, _ in counts) + GAP * len(counts)
    result_width = sum(w for w, _ in results) + GAP * (len(results) - 1)
    arrows = 2 * (ARROW_LENGTH + BESIDE_ARROW)
    free = page_width() - 2 * EDGE - taken - result_width - arrows
    natural = max(
        (row.indent + inline_width(row.label, row.style) for row in rows if _in_columns(row, headings)), default=0.0
    )
    natural = max(natural, inline_width(headings.label, HEAD), LEAST_LABEL) + 0.3
    label = min(natural, max(free - headings.least(), least_label))
    tracks, x = [], EDGE + label
    for (size, points), heading in zip(counts, headings.counts, strict=True):
        tracks.append(_track(x + GAP + size, size, points, stacked or heading.stacked))
        x += GAP + size
    columns, edge = [], page_width() - EDGE
    for (size, points_of), heading in reversed([*zip(results, headings.results, strict=True)]):
        columns.append([_track(edge, size, points, stacked or heading.stacked) for points in points_of])
        edge -= size + GAP
    plot_left = x + ARROW_LENGTH + BESIDE_ARROW
    plot_right = page_width() - EDGE - result_width - ARROW_LENGTH - BESIDE_ARROW
    lines = [
        Panel(band.axis, plot_left, plot_right).cut(value)
        for band in bands
        if band.axis
        for value in (NO_EFFECT, band.overall, *(row.overall for row in band.rows))
        if value is not None
    ]
    reason_left = max(lines, default=plot_left) + 2.0
    return Grid(label, tuple(tracks), plot_left, plot_right, tuple(zip(*reversed(columns), strict=True)), reason_left)


def _in_columns(row: Row, headings: Headings) -> bool:
    """Whether the label of a row must leave room for columns between it and the plot, if there are any."""
    return bool(row.counts) or not (headings.counts or row.head)


def _extent(cells: Sequence[tuple[Cell, Style]], heading: Heading, stacked: bool) -> tuple[float, tuple[float, ...]]:
    """Return the width of a column, and how far from its right edge each of its parts lines up."""
    slots = max((len(cell) for cell, _ in cells), default=0)
    space = width(" ", BODY)
    lefts, rights = [0.0] * slots, [0.0] * slots
    for cell, style in cells:
        for i, slot in enumerate(cell):
            whole, rest = slot.halves()
            lefts[i] = max(lefts[i], width(whole, style))
            rights[i] = max(rights[i], width(rest, style))
    stacked = stacked or heading.stacked
    if heading.stacked:  # what stands one above the other lines up
        lefts, rights = [max(lefts, default=0.0)] * slots, [max(rights, default=0.0)] * slots
    first, points, end = 0.0, [], 0.0
    for i in reversed(range(slots)):
        if stacked and i == 0 and slots > 1:
            first, end = end, 0.0
        points.append(end + rights[i])
        end += lefts[i] + rights[i] + space
    lines = (*heading.lines, (heading.span,)) if heading.stacked else heading.lines
    head = max((inline_width(line, HEAD) for line in lines), default=0.0)
    return max(end - space, first - space, head), tuple(reversed(points))


def _track(right: float, size: float, points: Iterable[float], stacked: bool) -> Track:
    return Track(right - size, right, tuple(right - point for point in points), stacked)

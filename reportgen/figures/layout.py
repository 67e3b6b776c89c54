"""From rows to a sheet of paper: columns as wide as their text, rows as high as their label, pages as long as they may be.

In: bands of rows (each band has an axis of its own), heads of the columns, a note. Out: one `Sheet` a page, with the same
columns on all pages. Numbers line up on their decimal point, part by part: "8.5 (7.1 to 9.9)" has three such points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from reportgen.figures.axis import Axis
from reportgen.figures.lettering import width
from reportgen.figures.panel import ARROW_LENGTH, AXIS_HEIGHT, EDGE, FAVOURS_HEIGHT, Panel
from reportgen.figures.sheet import Mark, Piece, Sheet, Stroke, Words, block, inline_width, lettered, lines_of
from reportgen.figures.theme import AXIS, BODY, HEAD, INK, NOTE, REASON, RULE, Style, house, page_width
from reportgen.houses import PLAIN, TO
from reportgen.records.effect_scale import ARROWS, NO_EFFECT
from reportgen.records.numbers import Inline, Number, numbers_in
from reportgen.records.typeset import number_text

ROW = 4.2
# room for 48 rows with their group heads' gaps; heads, axis and note make it 240 mm, and A4 has room left for a caption
BODY_HEIGHT = 208.0
NOTE_ROOM = 12.0  # what a page gains where the note stands on a later one
GAP = 3.2
INDENT = 3.2
GROUP_GAP = 0.7
BAND_GAP = 2.0
LEAST_PLOT = 54.0
NARROWEST_PLOT = 26.0  # where a sheet is narrower than that of `PLAIN`
LEAST_LABEL = 16.0
STACKED_BELOW = 20.0  # a narrower plot makes room for itself by intervals below their estimates


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of a cell: a number with what clings to it, or (`number` None) a word between numbers.

    `over` is what the number is a part of: "27/295".
    """

    number: Number | None
    before: str = ""
    after: str = ""
    over: Number | None = None

    def halves(self) -> tuple[str, str]:
        """Return the text left and right of where it lines up: before and from the decimal point."""
        text = number_text(self.number, house()) if self.number else ""
        whole, point, fraction = text.partition(house().decimal)
        whole_of = f"/{number_text(self.over, house())}" if self.over else ""
        return house().words(self.before) + whole, point + fraction + whole_of + self.after


Cell = tuple[Slot, ...]


BETWEEN = Slot(None, before="to")
"""What stands between the ends of an interval."""

Rail = Literal["", "through", "branch", "last"]
"""A line of a tree beside a row: none, one that goes on below, one that branches here and goes on, or that ends here."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column, line by line; neighbours with the same `span` stand under one spanner."""

    lines: tuple[Inline, ...]
    span: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a forest.

    `plot` draws its marks on a panel at a height; a `head` opens a group and has no cells; `estimate` is the effect with
    the ends of its interval, None where there is none. `rails` are the lines of a tree in front of its label, one a step
    of `INDENT`; `overall` is where the dashed line of this row stands, where rows of one band have different ones. A row that
    `stays` is never parted from the one above it; one that is `aside` leaves the axis rather than press the others together.
    """

    label: Inline
    counts: tuple[Cell, ...] = ()
    results: tuple[Cell, ...] = ()
    plot: Callable[[Panel, float], list[Mark]] | None = None
    style: Style = BODY
    indent: float = 0.0
    reason: Inline = ()
    head: bool = False
    rule_above: bool = False
    estimate: tuple[Number, Number, Number] | None = None
    rails: tuple[Rail, ...] = ()
    overall: float | None = None
    stays: bool = False
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """Rows that share an axis; `overall` is where the dashed line stands; no axis where nothing was estimated.

    `number` counts the bands of a figure from 0: in each of them, numbers line up among themselves. `arrows` are the words on
    both sides of no effect: once at the foot of a page where all bands have the same, else below each axis.
    """

    rows: tuple[Row, ...]
    axis: Axis | None
    overall: float | None = None
    number: int = 0
    arrows: tuple[str, str] = ARROWS


@dataclass(frozen=True, slots=True)
class Headings:
    """Heads of label, count columns, plot (its axis title, under the axis) and result columns.

    `least_plot` is how narrow the plot may become for the sake of long labels, in millimetres; a sheet that is narrower than
    that of `PLAIN` takes what it lacks from plot and labels alike.
    """

    label: Inline
    counts: tuple[Heading, ...]
    results: tuple[Heading, ...]
    axis_title: Inline
    least_plot: float = LEAST_PLOT

    def least(self) -> float:
        """Return how narrow the plot may become on this sheet."""
        lacking = max(0.0, PLAIN.width - page_width())
        return min(self.least_plot, max(self.least_plot - lacking / 2, NARROWEST_PLOT))


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
        return self.plot_left - ARROW_LENGTH - 1.5 - EDGE

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
        return ROW + extra + (GROUP_GAP if row.head or row.rule_above else 0.0)


def lay_out(
    bands: Sequence[Band],
    headings: Headings,
    note: Inline,
    *,
    name: str,
    title: str,
    alts: Callable[[Page, str], Inline],
    body: float = BODY_HEIGHT,
    key: Callable[[Page], Inline] = lambda _: (),
) -> tuple[Sheet, ...]:
    """Return the sheets of a figure: one, or several where it has more rows than `body` millimetres of a page hold.

    The note stands on the last of several; each other page has the `key` to its own marks, and says where the rest is.
    """
    bands = in_house(bands)
    grid = measure(bands, headings)
    if grid.plot_right - grid.plot_left < STACKED_BELOW:
        grid = measure(bands, headings, stacked=True)
    pages = paginate(bands, grid, body - _excess(note))
    return tuple(
        _sheet(
            page,
            grid,
            headings,
            note if number == len(pages) else (*key(page), *NOTE_BELOW_THE_LAST),
            name if number == 1 else f"{name}-{number}",
            title,
            alts,
        )
        for number, page in enumerate(pages, start=1)
    )


def _excess(note: Inline) -> float:
    """Return by how much a note is higher than on a sheet of the usual width."""
    usual, room = (lines_of(note, width - 2 * EDGE, NOTE) for width in (PLAIN.width, page_width()))
    return (room - usual) * NOTE.leading


def in_house(bands: Sequence[Band]) -> tuple[Band, ...]:
    """Return rows with what the house style has in the place of "to", the same in all cells of a column."""
    if house().between == TO:
        return tuple(bands)
    rows = [row for band in bands for row in band.rows]
    left, right = _joints([row.counts for row in rows]), _joints([row.results for row in rows])
    return tuple(
        replace(
            band,
            rows=tuple(
                replace(row, counts=_joined(row.counts, left), results=_joined(row.results, right)) for row in band.rows
            ),
        )
        for band in bands
    )


def _joints(rows: Sequence[Sequence[Cell]]) -> list[Slot]:
    """Return what joins the ends of intervals in each column."""
    columns = max(map(len, rows), default=0)
    return [_joint([cells[i] for cells in rows if i < len(cells)]) for i in range(columns)]


def _joint(cells: Sequence[Cell]) -> Slot:
    """Return what joins the ends of intervals in a column: "to" wherever any end is negative."""
    ends = [slot.number.text for cell in cells if BETWEEN in cell for slot in cell if slot.number]
    return replace(BETWEEN, before=house().joint("".join(ends), "").strip())


def _joined(cells: Sequence[Cell], joints: Sequence[Slot]) -> tuple[Cell, ...]:
    return tuple(
        tuple(joint if slot == BETWEEN else slot for slot in cell) for cell, joint in zip(cells, joints, strict=False)
    )


Page = tuple[Band, ...]
NOTE_BELOW_THE_LAST: Inline = ("Further notes are given below the last page of this figure.",)


def measure(bands: Sequence[Band], headings: Headings, *, stacked: bool = False) -> Grid:
    """Give every column the width of its widest text, the label what it needs or may have, and the plot the rest.

    With `stacked`, intervals and the like stand below what they belong to.
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
    arrows = 2 * (ARROW_LENGTH + 1.5)
    free = page_width() - 2 * EDGE - taken - result_width - arrows - 1.0
    natural = max(
        (row.indent + inline_width(row.label, row.style) for row in rows if _in_columns(row, headings)), default=0.0
    )
    natural = max(natural, inline_width(headings.label, HEAD), LEAST_LABEL) + 0.3
    label = min(natural, max(free - headings.least(), LEAST_LABEL))
    tracks, x = [], EDGE + label
    for size, points in counts:
        tracks.append(_track(x + GAP + size, size, points, stacked))
        x += GAP + size
    columns, edge = [], page_width() - EDGE
    for size, points_of in reversed(results):
        columns.append([_track(edge, size, points, stacked) for points in points_of])
        edge -= size + GAP
    plot_left = x + ARROW_LENGTH + 2.0
    plot_right = page_width() - EDGE - result_width - ARROW_LENGTH - 2.0
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
    first, points, end = 0.0, [], 0.0
    for i in reversed(range(slots)):
        if stacked and i == 0 and slots > 1:
            first, end = end, 0.0
        points.append(end + rights[i])
        end += lefts[i] + rights[i] + space
    head = max((inline_width(line, HEAD) for line in heading.lines), default=0.0)
    return max(end - space, first - space, head), tuple(reversed(points))


def _track(right: float, size: float, points: Iterable[float], stacked: bool) -> Track:
    return Track(right - size, right, tuple(right - point for point in points), stacked)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What a page break does not tear: a group with its head, or a row without one."""

    band: int
    rows: tuple[Row, ...]
    height: float


def paginate(bands: Sequence[Band], grid: Grid, capacity: float = BODY_HEIGHT) -> tuple[Page, ...]:
    """Share the rows out over as few pages as possible, all about equally full; groups stay whole where they can."""
    chunks = [chunk for i, band in enumerate(bands) for chunk in _chunks(i, band, grid, capacity)]
    axis = AXIS_HEIGHT + BAND_GAP + (FAVOURS_HEIGHT if _apart(bands) else 0.0) if len(bands) > 1 else 0.0
    pages = _fill(chunks, capacity, axis)
    if len(pages) > 1:
        pages = _even(chunks, capacity, axis) or pages
    return tuple(tuple(_bands(page, bands)) for page in pages)


def _apart(bands: Sequence[Band]) -> bool:
    """Whether different sides of no effect favour the intervention, so that each axis says which."""
    return len({band.arrows for band in bands if band.axis}) > 1


def _even(chunks: Sequence[_Chunk], capacity: float, axis: float) -> list[list[_Chunk]]:
    """Return the fewest pages, about equally full, the last with room for the note; none where it has no room."""
    highest = capacity + NOTE_ROOM
    fewest = len(_fill(chunks, highest, axis))
    for step in range(math.ceil((highest - capacity / 2) / ROW) + 1):
        pages = _fill(chunks, min(capacity / 2 + step * ROW, highest), axis)
        if len(pages) == fewest and _used(pages[-1], axis) <= capacity:
            return pages
    return []


def _chunks(number: int, band: Band, grid: Grid, capacity: float) -> Iterator[_Chunk]:
    group: list[Row] = []
    for row in band.rows:
        if group and not row.stays and (row.head or not group[0].head):
            yield from _whole(number, group, grid, capacity)
            group = []
        group.append(row)
    if group:
        yield from _whole(number, group, grid, capacity)


def _whole(number: int, rows: list[Row], grid: Grid, capacity: float) -> Iterator[_Chunk]:
    """Yield a group as it is, or torn where it is longer than a page, its head repeated."""
    head, part, height = rows[0], [rows[0]], grid.height(rows[0])
    for unit in _units(rows[1:]):
        tall = sum(map(grid.height, unit))
        if height + tall > capacity:
            yield _Chunk(number, tuple(part), height)
            again = replace(head, label=(*head.label, " (continued)"))
            part, height = [again], grid.height(again)
        part += unit
        height += tall
    yield _Chunk(number, tuple(part), height)


def _units(rows: Sequence[Row]) -> list[list[Row]]:
    """Return rows, each with those that stay with it."""
    units: list[list[Row]] = []
    for row in rows:
        if row.stays and units:
            units[-1].append(row)
        else:
            units.append([row])
    return units


def _fill(chunks: Sequence[_Chunk], limit: float, axis: float) -> list[list[_Chunk]]:
    pages: list[list[_Chunk]] = [[]]
    used = 0.0
    for chunk in chunks:
        new_band = not pages[-1] or pages[-1][-1].band != chunk.band
        need = chunk.height + (axis if new_band else 0.0)
        if pages[-1] and used + need > limit:
            pages.append([])
            used, need = 0.0, chunk.height + axis
        pages[-1].append(chunk)
        used += need
    return pages


def _used(page: Sequence[_Chunk], axis: float) -> float:
    return sum(chunk.height for chunk in page) + axis * len({chunk.band for chunk in page})


def _bands(page: Sequence[_Chunk], bands: Sequence[Band]) -> Iterator[Band]:
    for number in dict.fromkeys(chunk.band for chunk in page):
        rows = tuple(row for chunk in page if chunk.band == number for row in chunk.rows)
        yield replace(bands[number], rows=rows)


def _sheet(
    page: Page, grid: Grid, headings: Headings, note: Inline, name: str, title: str, alts: Callable[[Page, str], Inline]
) -> Sheet:
    marks, y = _heading_marks(grid, headings)
    apart = _apart(page)
    for i, band in enumerate(page):
        y += BAND_GAP if i else 0.0
        band_marks, y = _band_marks(band, grid, y)
        marks += band_marks
        if apart and band.axis:
            marks += Panel(band.axis, grid.plot_left, grid.plot_right).favours(y, band.arrows)
            y += FAVOURS_HEIGHT
    if any(band.axis for band in page):
        marks += _axis_foot(next(band for band in page if band.axis), grid, headings, y, apart)
        y += (0.0 if apart else FAVOURS_HEIGHT) + 4.2 * lines_of(headings.axis_title, _title_limit(grid), AXIS)
    y += 1.0
    marks.append(Stroke(EDGE, y, page_width() - EDGE, y, INK, 0.5))
    words = block(_closed(note) or (" ",), EDGE, y + 1.2 + NOTE.size * 0.8 * 25.4 / 72, page_width() - 2 * EDGE, NOTE)
    marks.append(words)
    height = words.pieces[-1].y + NOTE.size * 0.3 * 25.4 / 72 + 0.6
    return Sheet(name, title, page_width(), math.ceil(height * 10) / 10, tuple(marks), alts(page, name))


def _closed(note: Inline) -> Inline:
    """Return a note without the space after its last sentence."""
    return (*note[:-1], note[-1].rstrip()) if note and isinstance(note[-1], str) else note


def _heading_marks(grid: Grid, headings: Headings) -> tuple[list[Mark], float]:
    """Return the heads of the columns between their rules, and where the body begins."""
    all_heads = list(zip(headings.counts, grid.counts, strict=True))
    all_heads += list(zip(headings.results, grid.results[0], strict=True))
    spans = {head.span for head, _ in all_heads if head.span}
    room = grid.label_width if headings.counts else grid.plot_left - ARROW_LENGTH - 1.5 - EDGE
    broken = lines_of(headings.label, room, HEAD) if inline_width(headings.label, HEAD) > room else 1
    lines = max([broken, *(len(head.lines) + bool(head.span) for head, _ in all_heads)])
    top, step = 0.5, HEAD.leading + 0.3
    last = top + 0.9 + HEAD.cap_height + (lines - 1) * step
    marks: list[Mark] = [Stroke(EDGE, top, page_width() - EDGE, top, INK, 1.0)]
    if broken > 1:
        marks.append(block(headings.label, EDGE, last - (broken - 1) * HEAD.leading, room, HEAD))
    else:
        marks.append(lettered(headings.label, EDGE, last, HEAD))
    for head, track in all_heads:
        for i, line in enumerate(reversed(head.lines)):
            marks.append(lettered(line, track.right, last - i * step, HEAD, "right"))
    for span in sorted(spans):
        under = [track for head, track in all_heads if head.span == span]
        left = min(track.left for track in under)
        right = max(track.right for track in under)
        marks.append(lettered((span,), (left + right) / 2, last - step, HEAD, "center"))
        y = last - step + 1.0
        marks.append(Stroke(left, y, right, y, RULE, 0.5))
    bottom = last + 1.5
    marks.append(Stroke(EDGE, bottom, page_width() - EDGE, bottom, INK, 0.5))
    return marks, bottom + 0.6


def _band_marks(band: Band, grid: Grid, top: float) -> tuple[list[Mark], float]:
    """Return the rows of a band and its axis, and where the next one begins."""
    panel = Panel(band.axis or Axis(-1.0, 1.0, 1.0), grid.plot_left, grid.plot_right)
    behind: list[Mark] = []
    marks: list[Mark] = []
    y = top
    for row in band.rows:
        gap = GROUP_GAP if row.head or row.rule_above else 0.0
        behind += _rails(row, y, y + grid.height(row))
        marks += _row_marks(row, grid, grid.results[band.number], panel, y + gap)
        y += grid.height(row)
    behind += _overall_lines(band.rows, grid, panel, top)
    if band.axis:
        for start, end in _clear_of_heads(band.rows, grid, top):
            behind.append(panel.no_effect(start, end))
            if band.overall is not None:
                behind += panel.overall(band.overall, start, end)
        marks += panel.ruler(y + 0.8)
        y += 0.8 + AXIS_HEIGHT
    return behind + marks, y


def _clear_of_heads(rows: Sequence[Row], grid: Grid, y: float) -> Iterator[tuple[float, float]]:
    """Yield from where to where the lines of the plot go, down to the axis: they leave out heads that run through it."""
    start = y
    for row in rows:
        if grid.runs_through(row):
            yield start, y
            start = y + grid.height(row)
        y += grid.height(row)
    yield start, y + 0.8


def _rails(row: Row, top: float, bottom: float) -> list[Mark]:
    """Return the lines of a tree in front of a label: each hangs under the label that it leads from."""
    marks: list[Mark] = []
    branch = top + (GROUP_GAP if row.head or row.rule_above else 0.0) + ROW / 2
    for level, rail in enumerate(row.rails):
        x = EDGE + (level + 0.4) * INDENT
        if rail:
            marks.append(Stroke(x, top, x, branch if rail == "last" else bottom, RULE, 0.6))
        if rail in ("branch", "last"):
            marks.append(Stroke(x, branch, x + 0.5 * INDENT, branch, RULE, 0.6))
    return marks


def _overall_lines(rows: Sequence[Row], grid: Grid, panel: Panel, y: float) -> list[Mark]:
    """Return a dashed line along each run of rows that have the same overall effect."""
    marks: list[Mark] = []
    for value, run in groupby(rows, key=lambda row: row.overall):
        bottom = y + sum(grid.height(row) for row in run)
        if value is not None:
            marks += panel.overall(value, y, bottom)
        y = bottom
    return marks


def _row_marks(row: Row, grid: Grid, results: Sequence[Track], panel: Panel, y: float) -> list[Mark]:
    centre = y + ROW / 2
    base = centre + row.style.cap_height / 2
    marks: list[Mark] = [block(row.label, EDGE + row.indent, base, grid.label_limit(row), row.style)]
    marks += [words for cell, track in grid.cells(row, results) if (words := track.set(cell, base, row.style))]
    if row.rule_above:
        marks.append(Stroke(EDGE, y - GROUP_GAP / 2, grid.plot_left - ARROW_LENGTH - 1.5, y - GROUP_GAP / 2, RULE, 0.5))
        marks.append(Stroke(results[0].left, y - GROUP_GAP / 2, page_width() - EDGE, y - GROUP_GAP / 2, RULE, 0.5))
    if row.plot:
        marks += row.plot(panel, centre)
    if row.reason:
        middle = centre + REASON.cap_height / 2
        marks.append(block(row.reason, page_width() - EDGE, middle, grid.reason_limit(), REASON, "right"))
    return marks


def _title_limit(grid: Grid) -> float:
    # centred under the axis, the title may be as wide as the nearer edge of the paper allows
    middle = (grid.plot_left + grid.plot_right) / 2
    return 2 * min(middle, page_width() - middle) - 2 * EDGE


def _axis_foot(band: Band, grid: Grid, headings: Headings, y: float, apart: bool) -> list[Mark]:
    """Return the title of the axis, and above it what its sides favour unless each axis says so."""
    middle = (grid.plot_left + grid.plot_right) / 2
    favours = (
        [] if apart or band.axis is None else Panel(band.axis, grid.plot_left, grid.plot_right).favours(y, band.arrows)
    )
    base = y + (0.0 if apart else FAVOURS_HEIGHT) + 2.9
    return [*favours, block(headings.axis_title, middle, base, _title_limit(grid), AXIS, "center")]

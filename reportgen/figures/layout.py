"""From rows to a sheet of paper: rows as high as their label, pages as long as they may be.

In: bands of rows (each band has an axis of its own), heads of the columns, a note. Out: one `Sheet` a page, with the same
columns on all pages (`grid`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from reportgen.figures.axis import Axis
from reportgen.figures.grid import BESIDE_ARROW, GROUP_GAP, ROW, Grid, Track, fitted
from reportgen.figures.panel import ARROW_LENGTH, AXIS_HEIGHT, EDGE, FAVOURS_HEIGHT, Panel
from reportgen.figures.rows import INDENT, Band, Headings, Row, in_house
from reportgen.figures.sheet import Mark, Sheet, Stroke, block, inline_width, lettered, lines_of
from reportgen.figures.theme import AXIS, HEAD, INK, NOTE, REASON, RULE, page_width
from reportgen.houses import PLAIN
from reportgen.records.numbers import Inline

# room for 48 rows with their group heads' gaps; heads, axis and note make it 240 mm, and A4 has room left for a caption
BODY_HEIGHT = 208.0
NOTE_ROOM = 12.0  # what a page gains where the note stands on a later one
BAND_GAP = 2.0

Page = tuple[Band, ...]
NOTE_BELOW_THE_LAST: Inline = ("Further notes are given below the last page of this figure.",)


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
    bands, headings, grid = fitted(in_house(bands), headings)
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
    room = grid.label_width if headings.counts else grid.plot_left - ARROW_LENGTH - BESIDE_ARROW - EDGE
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
        for below, line in zip(reversed(range(len(head.lines))), head.lines, strict=True):
            marks.append(lettered(line, track.right, last - below * step, HEAD, "right"))
    for span in sorted(spans):
        under = [(head, track) for head, track in all_heads if head.span == span]
        left = min(track.left for _, track in under)
        right = max(track.right for _, track in under)
        above = last - max(len(head.lines) for head, _ in under) * step
        marks.append(lettered((span,), (left + right) / 2, above, HEAD, "center"))
        y = above + 1.0
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
        marks.append(
            Stroke(EDGE, y - GROUP_GAP / 2, grid.plot_left - ARROW_LENGTH - BESIDE_ARROW, y - GROUP_GAP / 2, RULE, 0.5)
        )
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

"""The rows of a forest before they have a place: their label, the cells of their columns, and what draws their marks.

In: what a figure puts into them. Out: bands of rows (each band has an axis of its own) and the heads of their columns. A cell
falls into parts that line up with those above and below: "8.5 (7.1 to 9.9)" has three decimal points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reportgen.figures.axis import Axis
from reportgen.figures.panel import Panel
from reportgen.figures.sheet import Mark
from reportgen.figures.theme import BODY, Style, house, page_width
from reportgen.houses import PLAIN, TO
from reportgen.records.effect_scale import ARROWS
from reportgen.records.numbers import Inline, Number
from reportgen.records.typeset import number_text

INDENT = 3.2
LEAST_PLOT = 54.0
NARROWEST_PLOT = 26.0  # where a sheet is narrower than that of `PLAIN`


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
    """The head of a column, line by line; neighbours with the same `span` stand under one spanner.

    The cells of a column that `may_stack` go below those of the column in front of it where the plot lacks room; in a `stacked`
    column all parts of a cell but the first stand on a second line.
    """

    lines: tuple[Inline, ...]
    span: str = ""
    may_stack: bool = False
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a forest.

    `plot` draws its marks on a panel at a height; a `head` opens a group and has no cells; `estimate` is the effect with
    the ends of its interval, None where there is none. `rails` are the lines of a tree in front of its label, one a step
    of `INDENT`; `overall` is where the dashed line of this row stands, where rows of one band have different ones. A row that
    `stays` is never parted from the one above it; one that is `aside` leaves the axis rather than press the others together. One
    that `hangs` is the last of a band with an axis, and so many of its lines stand beside the ruler.
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
    hangs: int = 0


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


def bands_of(outcomes: Iterable[tuple[Iterable[Row], Axis | None, tuple[str, str]]]) -> Iterator[Band]:
    """Yield a band an outcome; one in which nothing was estimated stands above the next axis, or below the last one.

    Parameters
    ----------
    outcomes : iterable of (iterable of Row, Axis or None, (str, str))
        Rows, axis and arrows of each; no axis where nothing was estimated.
    """
    parts = list(outcomes)
    last = max((place for place, (_, axis, _) in enumerate(parts) if axis), default=len(parts) - 1)
    rows: list[Row] = []
    number = 0
    for place, (own, axis, arrows) in enumerate(parts):
        rows += own
        if (axis and place < last) or place == len(parts) - 1:
            yield Band(tuple(rows), axis or parts[last][1], number=number, arrows=arrows)
            rows, number = [], number + 1


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

    @property
    def may_stack(self) -> bool:
        """Whether some columns may go below others."""
        return any(heading.may_stack for heading in (*self.counts, *self.results))


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


def columns_stacked(
    bands: Sequence[Band], headings: Headings, *, counts: bool = True
) -> tuple[tuple[Band, ...], Headings]:
    """Return rows and heads with each column that may stack below the one in front of it: heads as their cells, one above the other.

    Parameters
    ----------
    bands : sequence of Band
    headings : Headings
    counts : bool
        Whether columns of counts stack as well, or results alone.
    """
    left, right = headings.counts, headings.results
    if not counts:
        left = tuple(replace(heading, may_stack=False) for heading in left)
    rows = [
        tuple(replace(row, counts=_merged(row.counts, left), results=_merged(row.results, right)) for row in band.rows)
        for band in bands
    ]
    return (
        tuple(replace(band, rows=own) for band, own in zip(bands, rows, strict=True)),
        replace(headings, counts=_merged_heads(left), results=_merged_heads(right)),
    )


def _merged(cells: Sequence[Cell], headings: Sequence[Heading]) -> tuple[Cell, ...]:
    merged: list[Cell] = []
    for cell, heading in zip(cells, headings, strict=False):
        if heading.may_stack:
            merged[-1] += cell
        else:
            merged.append(cell)
    return tuple(merged)


def _merged_heads(headings: Sequence[Heading]) -> tuple[Heading, ...]:
    merged: list[Heading] = []
    for heading in headings:
        if heading.may_stack:
            merged[-1] = replace(merged[-1], lines=merged[-1].lines + heading.lines, stacked=True)
        else:
            merged.append(heading)
    return tuple(merged)

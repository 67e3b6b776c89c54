"""A table as Word sets it: heads that repeat over pages, spanners and row heads merged, rows that are never split.

Numbers line up on the decimal by figure spaces, which are as wide as a digit: stops at the decimal follow the reader's
locale. What belongs together stays on one page by "keep with next", as the rules of paper.css say it of the PDF.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from reportgen.figures.lettering import runs_right_to_left
from reportgen.records.artefact import Column, Table
from reportgen.records.numbers import plain
from reportgen.render.layout import SetRow, SetTable, set_table
from reportgen.render.widths import FIGURE_SPACE, FILLING_COLUMNS, Need, Setting, depth, figure_spaces, needs_of, shared
from reportgen.render.word_elements import Element, legal, paragraph, run, runs, twips, w
from reportgen.render.word_widths import UPRIGHT_MM, WIDE_MM, WORD

MUTED = "5C6166"
INDENT_MM = 3.0
PADDING_MM = 3.0  # of a cell, left and right together, with what rounding may take

_ALIGN = {"right": "right", "centre": "center"}


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a table: its size in points, and what the names of its styles begin with."""

    points: float
    prefix: str = ""


SIZES = (Type(8.0), Type(7.5, "Small"), Type(7.0, "Dense"))
"""Of tables, and of those that have no room at the one before."""
SMALLEST_UPRIGHT = SIZES[1]


def is_wide(table: Table) -> bool:
    """Whether a table needs the long side of the paper."""
    return sum(need.comfort for need in _needs(set_table(table), SMALLEST_UPRIGHT)) > UPRIGHT_MM


def _needs(ready: SetTable, size: Type) -> list[Need]:
    return needs_of(ready, Setting(WORD, size.points, PADDING_MM, INDENT_MM))


def word_table(table: Table, title: str, *, wide: bool) -> Element:
    """Return a table.

    Parameters
    ----------
    table : Table
        As it is to be printed.
    title : str
        What a screen reader calls it.
    wide : bool
        Whether it stands on the long side of the paper.
    """
    ready = set_table(table)
    size, measures = measured(ready, wide=wide)
    widths = [twips(mm) for mm in measures]
    return w(
        "tbl", _properties(widths, title), _grid(widths), *_heads(ready, widths, size), *_body(ready, widths, size)
    )


def room_of(*, wide: bool) -> float:
    """Return the width of the text on a page in millimetres."""
    return WIDE_MM if wide else UPRIGHT_MM


def measured(ready: SetTable, *, wide: bool) -> tuple[Type, list[float]]:
    """Return the largest type in which a table has room on a page, and the widths of its columns in millimetres."""
    room = room_of(wide=wide)
    found = [(size, _needs(ready, size)) for size in SIZES]
    size, needs = next((pair for pair in found if sum(need.comfort for need in pair[1]) <= room), found[-1])
    return size, shared(needs, room, filled=len(needs) >= FILLING_COLUMNS)


def _properties(widths: Sequence[int], title: str) -> Element:
    look = {"firstRow": 1, "lastRow": 0, "firstColumn": 1, "lastColumn": 0, "noHBand": 1, "noVBand": 1}
    return w(
        "tblPr",
        w("tblStyle", val="ReportTable"),
        w("tblW", w=sum(widths), type="dxa"),
        w("tblLayout", type="fixed"),
        w("tblLook", val="06A0", **look),
        w("tblCaption", val=legal(title)),
    )


def _grid(widths: Sequence[int]) -> Element:
    return w("tblGrid", *(w("gridCol", w=width) for width in widths))


def _heads(ready: SetTable, widths: Sequence[int], size: Type) -> Iterator[Element]:
    columns = ready.table.columns
    if ready.spanners:
        yield _row(_spanners(ready, widths, size), head=True)
    cells = (
        _cell("" if column.span or not ready.spanners else "continue", width, _head(column, size), ruled=True, low=True)
        for column, width in zip(columns, widths, strict=True)
    )
    yield _row(cells, head=True)


def _spanners(ready: SetTable, widths: Sequence[int], size: Type) -> Iterator[Element]:
    """Yield the cells of the upper row of heads: spanners, and heads that reach down beside them."""
    starts = accumulate((spanner.columns for spanner in ready.spanners), initial=0)
    for spanner, start in zip(ready.spanners, starts, strict=False):
        covered = range(start, start + spanner.columns)
        if spanner.inline:
            content = paragraph(f"{size.prefix}TableHead", runs(spanner.inline))
            yield _cell("", sum(widths[i] for i in covered), content, columns=spanner.columns, ruled=True, low=True)
        else:
            for i in covered:
                yield _cell("restart", widths[i], _head(ready.table.columns[i], size), ruled=True, low=True)


def _head(column: Column, size: Type) -> Element:
    return paragraph(f"{size.prefix}TableHead", runs(column.head), align=_ALIGN.get(column.align, ""))


def _body(ready: SetTable, widths: Sequence[int], size: Type) -> Iterator[Element]:
    end = next((rows[-1] for _, rows in reversed(ready.groups) if rows), None)  # not parted from the notes
    for head, rows in ready.groups:
        if head:
            content = paragraph(f"{size.prefix}TableGroup", runs(head), to_left=runs_right_to_left(plain(head)))
            yield _row([_cell("", sum(widths), content, columns=len(widths))])
        for row in rows:
            yield _row(_cells(row, ready.table.columns, widths, size, keep=ready.short or row.kept or row is end))


def _cells(
    row: SetRow, columns: Sequence[Column], widths: Sequence[int], size: Type, *, keep: bool
) -> Iterator[Element]:
    style = f"{size.prefix}TableText"
    colour = MUTED if row.row.muted else ""
    first = paragraph(
        style,
        runs(row.row.head, bold=row.row.total, colour=colour),
        keep=keep,
        indent=INDENT_MM * depth(row),
        to_left=runs_right_to_left(plain(row.row.head)),
    )
    merged = "restart" if row.head_rows > 1 else "" if row.head_rows else "continue"
    yield _cell(merged, sum(widths[: row.head_columns]), first, columns=row.head_columns)
    places = range(row.head_columns, len(columns))
    for cell, place in zip(row.cells, places, strict=True):
        spaces = FIGURE_SPACE * figure_spaces(cell)
        content = [*([run(spaces)] if spaces else []), *runs(cell.inline, bold=row.row.total, colour=colour)]
        to_left = runs_right_to_left(plain(cell.inline))
        align = _ALIGN.get(columns[place].align, "")
        yield _cell("", widths[place], paragraph(style, content, keep=keep, align=align, to_left=to_left))


def _row(cells: Iterator[Element] | Sequence[Element], *, head: bool = False) -> Element:
    return w("tr", w("trPr", w("cantSplit"), *([w("tblHeader")] if head else [])), *cells)


def _cell(
    merged: str, width: int, content: Element, *, columns: int = 1, ruled: bool = False, low: bool = False
) -> Element:
    """Return a cell. `merged` is "restart" where it reaches down, "continue" where the one above reaches down to it."""
    line = w("tcBorders", w("bottom", val="single", sz=4, space=0, color="16191C"))
    look = [
        w("tcW", w=width, type="dxa"),
        *([w("gridSpan", val=columns)] if columns > 1 else []),
        *([w("vMerge", val=merged)] if merged else []),
        *([line] if ruled else []),
        *([w("vAlign", val="bottom")] if low else []),
    ]
    return w("tc", w("tcPr", *look), content if merged != "continue" else paragraph(_style_of(content), ()))


def _style_of(content: Element) -> str:
    return str(content.style)

"""A labelled value among unlabelled ones: probably a missing code, whatever its words say.

Nobody labels an age or a score; who labels 99 alone means something else than the number 99. The ends of a scale are
labelled too ("0 no pain", "10 worst pain"), and at most its exact middle, and so is a column all of whose values have
labels. Everything else waits for `missing`, `codes` or `labels: values`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from reportgen.data.answers import folded, opposites
from reportgen.data.codes import Cell, code_key, labelled_missing, shown_code
from reportgen.data.columns import Cells, Column, listed, number_of, rows_text
from reportgen.data.wording import answer_of

Span = tuple[float, float]

_SCALE = 3
"""So many numbers with themselves as their label are a scale."""


def standing_out(column: Column, held: Iterable[int], span: Span | None = None) -> frozenset[int]:
    """Return the labelled values among unlabelled ones in a column of numbers, without the anchors of a scale.

    Parameters
    ----------
    held : iterable of int
        Distinct values that occur, without missing ones.
    span : pair of float, optional
        The range of the scale, as the file has it.
    """
    here = frozenset(held)
    labelled = frozenset(i for i in here if column.labels.get(column.keys[i])) - _own_numbers(column)
    bare = here - labelled
    named_missing = frozenset(i for i in labelled if labelled_missing(column.labels[column.keys[i]]))
    if not bare or _yes_beside_zero(column, labelled, bare):
        return named_missing
    return labelled - anchors(column, span) | named_missing


def _own_numbers(column: Column) -> frozenset[int]:
    """Return the values of a scale whose labels are their own numbers, as 1 to 9 beside "0 no pain" and "10 worst pain"."""
    own = {key for key, label in column.labels.items() if code_key(label) == key}
    if len(own) < _SCALE:  # 99 alone with the label "99" is a missing code
        return frozenset()
    return frozenset(i for i, key in enumerate(column.keys) if key in own)


def anchors(column: Column, span: Span | None) -> frozenset[int]:
    """Return the ends of a scale that are both labelled, and its exact middle."""
    if span is None:
        return frozenset()
    numbers = [number for key in column.labels if (number := number_of(key)) is not None]
    if not all(any(_equal(number, end) for number in numbers) for end in span):
        return frozenset()
    marks = (*span, (span[0] + span[1]) / 2)
    values = [number_of(cell, column.decimal) for cell in column.distinct]
    return frozenset(i for i, value in enumerate(values) if value is not None and any(_equal(value, m) for m in marks))


def _equal(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def _yes_beside_zero(column: Column, labelled: frozenset[int], bare: frozenset[int]) -> bool:
    """Whether 1 alone is labelled, beside a bare 0, as a box that was ticked; or 0 beside a bare 1."""
    words = {column.keys[i]: column.labels[column.keys[i]] for i in labelled}
    rest = {column.keys[i] for i in bare}
    return (set(words) == {"1"} and rest == {"0"} and not labelled_missing(words["1"])) or (
        set(words) == {"0"} and rest == {"1"} and answer_of(words["0"]) == "no"
    )


def beside_the_answer(column: Column, held: Iterable[int], asked: Cell, noes: Iterable[Cell] = ()) -> frozenset[int]:
    """Return the labelled values that stand among unlabelled ones where a rule asks for one answer.

    The answer that is asked for may be labelled, and so may one whose label is a word for its opposite.
    """
    exempt = column.meaning((asked, *noes))
    here = frozenset(held) - exempt
    labelled = frozenset(i for i in here if column.labels.get(column.keys[i]))
    bare = here - labelled
    against = opposites(code_key(asked)) | {"no"}
    clear = {i for i in labelled if folded(column.labels[column.keys[i]]) in against or _no(column, i)}
    asked_is_bare = any(not column.labels.get(column.keys[i]) for i in column.meaning((asked,)) & frozenset(held))
    return labelled - clear if bare or asked_is_bare else frozenset()


def _no(column: Column, which: int) -> bool:
    return bool(answer_of(column.labels[column.keys[which]]))


def labelled_values(cells: Sequence[Cells], standing: Sequence[frozenset[int]]) -> tuple[str, str]:
    """Return the values that stand out with their labels and numbers, and where they stand.

    Examples
    --------
    A value is written as `99 ('Unbekannt', n = 3)`.
    """
    counts: dict[tuple[str, str], int] = {}
    rows: list[int] = []
    first: Cells | None = None
    for cell, which in zip(cells, standing, strict=True):
        hits = cell.hits(which)
        if hits.any():
            first = first or cell
            rows += cell.rows[hits].tolist() if cell is first else []
            for i, n in zip(*np.unique(cell.index[hits], return_counts=True), strict=True):
                key = cell.column.keys[i]
                entry = (shown_code(cell.column.distinct[i]), cell.column.labels.get(key, ""))
                counts[entry] = counts.get(entry, 0) + int(n)
    if first is None:
        return "", ""
    text = listed([f"{value} ('{label}', n = {n})" for (value, label), n in counts.items()])
    return text, f"{first.place}, {rows_text(rows)}"


def first_code(cells: Sequence[Cells], standing: Sequence[frozenset[int]]) -> str:
    """Return the first value that stands out, as a mapping writes it."""
    cell = next(item.column.distinct[i] for item, which in zip(cells, standing, strict=True) for i in sorted(which))
    return shown_code(cell).replace("−", "-")


def held_by(cells: Cells) -> frozenset[int]:
    """Return which distinct values occur among some cells."""
    return frozenset(int(i) for i in np.unique(cells.index[cells.present]))

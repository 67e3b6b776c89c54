"""No small cell of a printed table can be worked out: by lines, and by going through every table that fits what is printed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reportgen.release.suppressed_cells import suppressed_cells
from tests.examples import examples

MINIMUM = 3


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=2, max_size=6), st.integers(2, 8))
def test_no_hidden_cell_can_be_worked_out(cells: list[tuple[int, int]], minimum: int) -> None:
    """No suppressed cell stands alone in its row or its column, where the printed total would give it away."""
    counts = np.array([[a, b, a + b] for a, b in cells])
    suppressed = suppressed_cells(counts, minimum)
    assert suppressed[(counts > 0) & (counts < minimum)].all()
    assert 1 not in {*suppressed.sum(axis=0).tolist(), *suppressed.sum(axis=1).tolist()}
    if not ((counts > 0) & (counts < minimum)).any():
        assert not suppressed.any()


def columns_that_fit(column: NDArray[np.int64], hidden: NDArray[np.bool_]) -> Iterator[tuple[int, ...]]:
    """Yield every column with the same total and the same printed cells; suppressed small ones are printed as small."""
    choices = [
        [int(n)] if not suppress else list(range(1, MINIMUM)) if 0 < n < MINIMUM else list(range(int(column.sum()) + 1))
        for n, suppress in zip(column, hidden, strict=True)
    ]
    yield from (cells for cells in product(*choices) if sum(cells) == column.sum())


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=2, max_size=3))
def test_every_small_cell_could_have_another_value(cells: list[tuple[int, int]]) -> None:
    counts = np.array([[a, b, a + b] for a, b in cells])
    suppressed = suppressed_cells(counts, MINIMUM)
    small = (counts > 0) & (counts < MINIMUM)
    tables = []
    for control, intervention in product(*(columns_that_fit(counts[:, i], suppressed[:, i]) for i in (0, 1))):
        table = np.column_stack([control, intervention, np.add(control, intervention)])
        of_all = table[:, 2]
        fits = np.where(suppressed[:, 2], ~small[:, 2] | ((of_all > 0) & (of_all < MINIMUM)), of_all == counts[:, 2])
        if fits.all():
            tables.append(table)
    for row, column in np.argwhere(small):
        assert suppressed[row, column]
        assert suppressed.all() or len({table[row, column] for table in tables}) > 1


def test_what_follows_from_several_lines_together_is_hidden() -> None:
    # each suppressed cell has a suppressed neighbour in its row and its column; together they give the first and the last away
    counts = np.array([[4, 24, 19, 23], [10, 16, 0, 2], [20, 15, 24, 8], [8, 20, 1, 3]])
    by_line = np.array([[1, 0, 1, 0], [1, 0, 0, 1], [0, 0, 0, 0], [1, 0, 1, 1]], dtype=bool)
    suppressed = suppressed_cells(counts, 5, "total is disclosed")
    assert suppressed[by_line].all()
    assert suppressed.sum() > by_line.sum()

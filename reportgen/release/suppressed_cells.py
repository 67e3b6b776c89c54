"""Which cells of a printed table of counts are suppressed, so that no small one is disclosed and none can be worked out.

In: the counts of a table, such as levels x (control, intervention, all). Out: which cells are not printed. Method: cell
suppression (Hundepool et al. 2012, Statistical Disclosure Control, chapter 4). Small cells are suppressed; then neighbours that
would give them away; then an audit asks of each small cell, by linear programming over all tables that fit what is printed,
whether it could have another value.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
Rows = Literal["last is the total", "total is disclosed", "no total"]


def suppressed_cells(counts: IntArray, minimum: int, rows: Rows = "last is the total") -> BoolArray:
    """Return which cells of a table, such as levels x (control, intervention, all), are not printed.

    Small cells are suppressed; then, as long as one suppressed cell stands alone in its column or its row, so is the smallest
    of its neighbours, for it could be worked out from the total. So it is as long as the suppressed cells of a column are
    together fewer than `minimum`: two of two people are one each. What is left to be worked out from several rows and
    columns together is found by the audit, and more neighbours are suppressed.

    Parameters
    ----------
    counts : ndarray of int, shape (levels, columns)
        Participants. The total of each column is disclosed.
    minimum : int
        Counts from 1 to `minimum` − 1 are small; a zero tells nothing of anybody.
    rows : {'last is the total', 'total is disclosed', 'no total'}
        What is known of a row: that its last cell is the sum of the others, its sum, or nothing.

    Examples
    --------
    >>> suppressed_cells(np.array([[3, 9, 12], [20, 31, 51], [40, 50, 90]]), 5).astype(int).tolist()
    [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    >>> suppressed_cells(np.array([[1], [1], [8], [30]]), 5, "no total").astype(int).tolist()
    [[1], [1], [1], [0]]
    """
    small = (counts > 0) & (counts < minimum)
    suppressed = small.copy()
    _suppress_neighbours(counts, suppressed, minimum, rows)
    for row, column in np.argwhere(small):
        while not suppressed.all() and _follows((int(row), int(column)), counts, suppressed, minimum, rows):
            _suppress_one_near((int(row), int(column)), counts, suppressed)
            _suppress_neighbours(counts, suppressed, minimum, rows)
    return suppressed


def _suppress_neighbours(counts: IntArray, suppressed: BoolArray, minimum: int, rows: Rows) -> None:
    """Suppress neighbours, line by line, until no suppressed cell stands alone and no column suppresses too few people."""
    changed = True
    while changed:
        changed = False
        for lines, shown, adds_up in (
            (counts.T, suppressed.T, True),
            (counts, suppressed, rows == "total is disclosed"),
        ):
            for line, mask in zip(lines, shown, strict=True):
                few = mask.any() and adds_up and line[mask].sum() < minimum
                if (mask.sum() == 1 or few) and not mask.all():
                    mask[min(np.flatnonzero(~mask), key=lambda i: _cost(line[i]))] = True
                    changed = True


def _cost(count: int) -> tuple[bool, int]:
    # an empty cell protects badly, so it is taken only where there is nothing else
    return count == 0, count


def _suppress_one_near(cell: tuple[int, int], counts: IntArray, suppressed: BoolArray) -> None:
    """Suppress the smallest cell of the same row or column that is printed; of the whole table where there is none."""
    near = np.zeros_like(suppressed)
    near[cell[0]], near[:, cell[1]] = True, True
    open_cells = np.argwhere(~suppressed & near) if (~suppressed & near).any() else np.argwhere(~suppressed)
    row, column = min(open_cells, key=lambda place: _cost(counts[place[0], place[1]]))
    suppressed[row, column] = True


def _follows(cell: tuple[int, int], counts: IntArray, suppressed: BoolArray, minimum: int, rows: Rows) -> bool:
    """Whether a suppressed cell has one value only in all tables that fit what is printed."""
    from scipy.optimize import linprog  # takes a while to import, and most tables suppress nothing

    sums, known = _equations(counts, suppressed, rows)
    small = ((counts > 0) & (counts < minimum))[suppressed]  # printed as "<5", which is disclosed too
    bounds = [(1, minimum - 1) if is_small else (0, None) for is_small in small]
    wanted = np.zeros(len(small))
    wanted[_place(cell, suppressed)] = 1
    least, most = (linprog(sign * wanted, A_eq=sums, b_eq=known, bounds=bounds).fun for sign in (1, -1))
    return bool(-most - least < 0.5)


def _place(cell: tuple[int, int], suppressed: BoolArray) -> int:
    """Return the place of a suppressed cell among all suppressed ones, in reading order."""
    return int(suppressed.ravel()[: cell[0] * suppressed.shape[1] + cell[1]].sum())


def _equations(counts: IntArray, suppressed: BoolArray, rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what the printed cells and totals say of the suppressed cells: sums of some of them, and their values."""
    weights = []
    for column in range(counts.shape[1]):
        line = np.zeros(counts.shape)
        line[:, column] = 1
        weights.append(line)
    for row in range(counts.shape[0] if rows != "no total" else 0):
        line = np.zeros(counts.shape)
        line[row] = 1
        if rows == "last is the total":
            line[row, -1] = -1
        weights.append(line)
    sums = np.array([line[suppressed] for line in weights])
    known = np.array([(line * counts)[suppressed].sum() for line in weights])
    return sums, known

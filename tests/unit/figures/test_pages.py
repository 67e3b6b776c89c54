"""How rows are shared out over pages: what belongs together is not parted."""

from __future__ import annotations

from typing import Any, cast

import pytest

from reportgen.figures.grid import ROW
from reportgen.figures.layout import paginate
from reportgen.figures.rows import Band, Row
from reportgen.records.numbers import plain


class Even:
    """A grid in which all rows have the same height."""

    def height(self, row: Row) -> float:
        return ROW


def labels(band: Band, capacity: float) -> list[list[str]]:
    pages = paginate([band], cast(Any, Even()), capacity)
    return [[plain(row.label) for part in page for row in part.rows] for page in pages]


@pytest.mark.parametrize("headed", [False, True])
@pytest.mark.parametrize("rows", range(3, 40))
def test_a_row_that_stays_is_never_parted_from_the_one_above(rows: int, headed: bool) -> None:
    head = (Row(("head",), head=True),) if headed else ()
    pairs = (Row((f"{k}",), stays=bool(k % 2)) for k in range(2 * rows))
    found = labels(Band((*head, *pairs), None), 12.5 * ROW)
    assert [label for page in found for label in page if label.isdigit()] == [str(k) for k in range(2 * rows)]
    for page in found:
        first = next(label for label in page if label.isdigit())
        assert int(first) % 2 == 0

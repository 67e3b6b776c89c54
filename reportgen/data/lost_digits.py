"""Ids that a file keeps as numbers with fewer digits than they have: different people then have one id.

Excel keeps 15 digits of a number; a `float` of Stata or a 32-bit column is exact to 16,777,216, and other numbers to
9,007,199,254,740,992. What is above may have been rounded, whether or not two of them meet.
"""

from __future__ import annotations

import numpy as np

from reportgen.data.columns import Column, IntArray, rows_text
from reportgen.data.notes import Notes, data_path

EXCEL, SINGLE, DOUBLE = 10**15, 2**24, 2**53


def note_lost_digits(column: Column, rows: IntArray, limit: int, number: int, notes: Notes) -> None:
    """Note ids at or above the number up to which their file is exact.

    Parameters
    ----------
    column : Column
        That of the participants.
    rows : array of int
        The number of each row.
    limit : int
        `EXCEL`, `SINGLE` or `DOUBLE`.
    number : int
        Which of the mapping's files, from 0.
    """
    rounded = [i for i, cell in enumerate(column.distinct) if isinstance(cell, float) and abs(cell) >= limit]
    hits = np.isin(column.index, rounded)
    if not hits.any():
        return
    reason = {
        EXCEL: "Excel keeps 15 digits of a number",
        SINGLE: f"a number of 32 bits (`float`) is exact to {SINGLE:,}",
        DOUBLE: f"a number of 64 bits is exact to {DOUBLE:,}",
    }[limit]
    message = f"ids that are too long for the numbers they are kept as: {reason}"
    hint = "Different people may have one id: export the ids again as text from a source that has all digits."
    where = f"{column.place}, column '{column.name}', {rows_text(rows[hits])}"
    notes.problem(message, data_path(number, "participant"), hint, where)

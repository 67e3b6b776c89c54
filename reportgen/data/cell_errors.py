"""Cells of a spreadsheet that show an error in place of a value, as the problems of whoever needs their values.

Read as empty they would be missing without a word, and where a rule gives every other answer a meaning (`keep`, `flags`,
`yes`) they would even count. A mapping may list an error among its missing codes; then it is missing, and counted.
"""

from __future__ import annotations

from collections.abc import Iterable

from reportgen.data.calendar import NO_DATE
from reportgen.data.codes import ERRORS
from reportgen.data.columns import EXAMPLES, Cells
from reportgen.data.notes import Notes, Path


def note_errors(cells: Cells, allowed: Iterable[int], notes: Notes, path: Path) -> frozenset[int]:
    """Note the errors among some cells, a problem for each kind, and return which distinct values they are.

    Parameters
    ----------
    allowed : iterable of int
        Distinct values that the mapping gives a meaning, by its codes or by its missing codes.
    """
    found = cells.column.errors() - set(allowed)
    errors = {i for i in found if ERRORS.fullmatch(str(cells.column.distinct[i]))}
    formulas = {i for i in found - errors if str(cells.column.distinct[i]).startswith("=")}
    no_dates = {i for i in found - errors if str(cells.column.distinct[i]).startswith(NO_DATE)}
    kinds = (
        (errors, "cells that show an error", ""),
        (formulas, "formulas that were never calculated", "Open the workbook, let it calculate, and save it."),
        (no_dates, "dates that no calendar has", "Correct the date in the file."),
        (found - errors - formulas - no_dates, "merged cells", "Unmerge them, and give each row its value."),
    )
    for which, what, fix in kinds:
        hits = cells.hits(which)
        if hits.any():
            codes = ", ".join(f"'{cells.column.distinct[i]}'" for i in sorted(which)[:EXAMPLES])
            hint = fix or f"Correct the file; if it stands for a missing value, list it: `missing: [{codes}]`."
            notes.problem(f"{what}: {cells.examples(hits)}", path, hint, cells.at(hits))
    return found

"""Scores of questionnaires from their items.

With every item answered the score is their sum or their mean. With some left open, but `at_least` answered, each open
item counts as the mean of those answered (person-mean imputation, the usual half-scale rule when `at_least` is half of
the items): the mean of the answered ones, times the number of items for a sum. With fewer answered the score is
missing, and without `at_least` every item must be answered.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reportgen.data.codes import shown_code
from reportgen.data.columns import Cells, FloatArray
from reportgen.data.reading import Numbers, Reading, place_of
from reportgen.data.recode import answered_with, like_missing_codes, note_labelled, note_ticks, numbered
from reportgen.data.scale import Span, within


def scored(items: Sequence[Cells], reading: Reading, span: Span | None = None) -> Numbers:
    """Return the score of each participant from the cells of the items, one `Cells` an item.

    Parameters
    ----------
    span : pair of float or None
        The range of the score, as the file has it; where no `item_range` is given, labels at its ends are those of an
        answer.
    """
    variable = reading.variable
    numbers = variable.item_numbers
    if variable.yes is None:
        parts = len(items) if variable.score == "sum" else 1
        of_item = None if span is None else (span[0] / parts, span[1] / parts)
        labelled = note_labelled(items, reading, variable.item_range or of_item)
        if not variable.codes and variable.item_range is None:
            _note_missing_codes(items, labelled, reading)
    else:
        note_ticks(items, [variable.yes] * len(items), reading, "yes")
    answers = np.vstack([_answer(cells, numbers[i] in variable.reversed, reading) for i, cells in enumerate(items)])
    answered = (~np.isnan(answers)).sum(axis=0)
    least = len(items) if variable.at_least is None else variable.at_least
    enough = answered >= least
    mean = np.where(enough, np.nansum(answers, axis=0) / np.maximum(answered, 1), np.nan)
    whole = answered == len(items)
    values = mean if variable.score == "mean" else np.where(whole, np.sum(answers, axis=0), mean * len(items))
    what = f"{variable.score} of {len(items)} items"
    reading.count("score", f"{what}, all answered", whole, "items")
    reading.count("score", f"{what}, open ones at the mean of the answered", enough & ~whole, "at_least")
    few = f"fewer than {least} of {len(items)} items answered → missing"
    reading.count("score", few, ~enough & (answered > 0), "at_least")
    rows = np.max([cells.rows for cells in items], axis=0)
    return Numbers(values, place_of(items), rows)


def _note_missing_codes(items: Sequence[Cells], labelled: Sequence[frozenset[int]], reading: Reading) -> None:
    """Where nothing says what an answer may be, a 9 among answers from 0 to 3 would be added to the score."""
    apart = like_missing_codes(set().union(*(cells.held() for cells in items)))
    for cells, named in zip(items, labelled, strict=True):
        hits = cells.hits({i for i, key in enumerate(cells.column.keys) if key in apart} - named)
        if hits.any():
            message = f"{cells.examples(hits)} would be added to the score"
            hint = "List it in `missing`; if it is an answer, say with `item_range` which answers there are."
            reading.problem(message, "items", hint=hint, where=cells.at(hits))


def _answer(cells: Cells, turned: bool, reading: Reading) -> FloatArray:
    variable = reading.variable
    if variable.yes is not None:
        says_yes = answered_with(cells, variable.yes, reading, "yes", noes=variable.no)
        values = np.where(cells.present, says_yes.astype(np.float64), np.nan)
        rule = f"{shown_code(variable.yes)} → 1, any other answer → 0"
        reading.count("recode", rule, cells.present, "yes", unit="values")
    else:
        values = numbered(cells, reading)
    name = f"the item '{cells.column.name}'"
    values = within(Numbers(values, cells.place, cells.rows, cells), reading, variable.item_range, name).values
    if turned and variable.item_range is not None:
        low, high = variable.item_range
        reading.count("recode", "reversed items turned", ~np.isnan(values), "reversed", unit="values")
        values = low + high - values
    return values

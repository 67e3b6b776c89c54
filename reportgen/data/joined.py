"""A file seen from the participants: for each of them its row, or in a long file its row of each visit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from reportgen.data.columns import BoolArray, Cells, Column, IntArray
from reportgen.data.entries import Entries, Settled, settled
from reportgen.data.files import Table
from reportgen.data.notes import Notes, data_path
from reportgen.data.people import People
from reportgen.data.visits import Visit
from reportgen.late import pd


@dataclass(frozen=True, slots=True)
class MergedFile:
    """One file, joined to the participants.

    Attributes
    ----------
    entries : Entries
    keys : Index
        The participants, as this file knows them.
    visits : tuple of Visit
        Those of a long file, in the order of time; empty for a wide one.
    positions : dict of Visit (None in a wide file) to array of int
        Which entry is the participant's; -1 for none.
    """

    entries: Entries
    keys: pd.Index
    visits: tuple[Visit, ...]
    positions: dict[Visit | None, IntArray]

    @property
    def table(self) -> Table:
        """The file."""
        return self.entries.table

    def cells(self, column: Column, visit: Visit) -> Cells:
        """Return a column at a visit; a wide file has one row for all visits."""
        position = self.positions.get(visit if self.visits else None)
        if position is None or not len(self.entries.at):
            nothing = np.full(len(self.keys), -1, dtype=np.int64)
            return Cells(column, nothing, np.zeros(len(self.keys), dtype=np.int64))
        at = self.entries.at[np.maximum(position, 0)]
        has_row = position >= 0
        return Cells(column, np.where(has_row, column.index[at], -1), np.where(has_row, self.table.rows[at], 0))

    def settled(self, column: Column, idle: Iterable[int]) -> Settled:
        """Return what a column says of each participant, whatever the visit."""
        return settled(self.entries, column, self.keys, idle)


def joined(entries: Entries, people: People, notes: Notes) -> MergedFile:
    """Join a file to the participants. Of two rows of one (which has been noted) the first counts."""
    keys = pd.Index(people.keys if entries.by_trial == people.by_trial else people.ids, dtype=object)
    path = data_path(entries.table.number, "participant")
    if keys.has_duplicates:
        hint = "Participant ids repeat across trials: the file needs the trial column too."
        notes.problem(
            "participants of several trials cannot be distinguished in this file", path, hint, entries.table.place
        )
        keys = pd.Index(people.keys, dtype=object)
    mine = entries.where(keys.get_indexer(pd.Index(entries.people, dtype=object)) >= 0)
    visits = () if mine.visits is None else tuple(sorted(set(mine.visits)))
    positions: dict[Visit | None, IntArray] = {}
    for visit in visits or (None,):
        here = np.flatnonzero(_at_visit(mine, visit))
        first = ~pd.Series(mine.people[here], dtype=object).duplicated().to_numpy(dtype=bool)
        found = pd.Index(mine.people[here[first]], dtype=object).get_indexer(keys)
        positions[visit] = np.where(found >= 0, here[first][found], -1) if first.any() else np.full(len(keys), -1)
    return MergedFile(mine, keys, visits, positions)


def _at_visit(entries: Entries, visit: Visit | None) -> BoolArray:
    if entries.visits is None or visit is None:
        return np.ones(len(entries.at), dtype=np.bool_)
    return np.array([other == visit for other in entries.visits], dtype=np.bool_)

"""The site of each participant within the trial: the practice, hospital or centre that the mapping names a column for.

Names go no further than to tell people of one site from those of another. Sites of two trials are different ones, whatever
they are called; people of a trial without a site, where others have one, are together one further site of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reportgen.data.arms import counted
from reportgen.data.cell_errors import note_errors
from reportgen.data.columns import ObjectArray
from reportgen.data.entries import known_column
from reportgen.data.joined import MergedFile
from reportgen.data.notes import Notes
from reportgen.data.people import People
from reportgen.spec.mapping import Mapping

PATH = ("site",)
FEWEST_EACH = 1.5  # participants of a site on average: with fewer it is a column of people, or of dates,
MOST_SINGLE = 20  # where there are more than so many
NO_SITE = "no site → one further site of the trial"


def sites_of(mapping: Mapping, files: Sequence[MergedFile | None], people: People, notes: Notes) -> ObjectArray:
    """Return the site of each participant; None where it is not known, and of everybody where the mapping names no column.

    Parameters
    ----------
    mapping : Mapping
    files : sequence of MergedFile or None
        None for a file that could not be read, which may be the one that has the column.
    people : People
    notes : Notes
    """
    nothing = np.full(len(people), None, dtype=object)
    name = mapping.site
    if name is None:
        return nothing
    read = [file for file in files if file is not None]
    holding = [file for file in read if name in file.table]
    if not holding and len(read) < len(files):
        return nothing
    column = known_column([file.table for file in holding or read], name, notes, PATH)
    if column is None:
        return nothing
    file = holding[0]
    idle = column.meaning_missing(file.table.data.missing)
    found = file.settled(column, idle)
    cells = found.cells.without(idle)
    note_errors(cells, frozenset(), notes, PATH)
    if found.conflicting.any():
        message = (
            f"{counted(found.conflicting)} with different sites at different visits, and none at baseline to settle it"
        )
        notes.problem(
            message,
            PATH,
            "A participant has one site: add the baseline rows, or correct the file.",
            cells.at(found.conflicting),
        )
    sites = cells.keys()
    for trial in dict.fromkeys(people.trials):
        here = people.trials == trial
        _note_trial(str(trial), name, sites[here & cells.present], people.trials[here & ~cells.present], notes)
    return sites


def _note_trial(trial: str, name: str, known: ObjectArray, unknown: ObjectArray, notes: Notes) -> None:
    """Count the people of a trial whose site is not known, and report a column in which nearly each has one of their own."""
    if len(known) and len(unknown):
        notes.count("missing", name, NO_SITE, unknown, "participants", PATH)
    number = len(set(known.tolist()))
    if number > MOST_SINGLE and len(known) < FEWEST_EACH * number:
        message = f"{number} sites of {len(known)} participants in trial '{trial}': nearly each has one of their own"
        notes.problem(message, PATH, "Name the column of the practice, hospital or centre, or remove `site`.")

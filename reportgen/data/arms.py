"""Who was randomised to what: the arm of each person, and everything that can be wrong with the column of arms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from reportgen.data.cell_errors import note_errors
from reportgen.data.codes import Cell, shown_code, writing_hint
from reportgen.data.columns import BoolArray, Cells, IntArray, ObjectArray, listed, lookup
from reportgen.data.contradiction import crossed, label_of, note_contradictions, note_shared_labels, note_versions
from reportgen.data.entries import Entries, settled
from reportgen.data.notes import Notes
from reportgen.late import pd
from reportgen.spec.mapping import Arm, Mapping


@dataclass(frozen=True, slots=True)
class Roster:
    """Everyone in the file that says who was randomised, before arms are read: one position each."""

    keys: pd.Index
    ids: ObjectArray
    trials: ObjectArray
    kept: BoolArray
    by_trial: bool


def arms_of(base: Entries, roster: Roster, mapping: Mapping, notes: Notes) -> IntArray:
    """Return which of the mapping's arms each person is in; -1, with the problem noted, where that is not known."""
    column = base.table.column(mapping.arms.column)
    if "" in mapping.arms.codes:
        column = column.with_empty(base.table.rows)
    idle = column.meaning_missing(base.table.data.missing)
    found = settled(base, column, roster.keys, idle, strict=True)
    cells = found.cells.without(idle)
    here = ("arms", "column")
    notes.note_codes(mapping.arms.codes, ("arms", "codes"), base.table.data.missing)
    if column.name in base.table.raw.repeated:
        notes.problem(
            f"the column '{column.name}' occurs twice in the header", here, "Rename one of them.", cells.place
        )
    conflicting = roster.kept & found.conflicting
    if conflicting.any() and base.visits is not None:
        hint = "A participant has one arm, the one assigned at randomisation."
        notes.problem(f"{counted(conflicting)} in more than one arm", here, hint, cells.at(conflicting))
    empty = roster.kept & ~cells.present
    if empty.any():
        hint = f"Participants who were not randomised are excluded by `keep: {{column: {column.name}, present: true}}`."
        notes.problem(f"{counted(empty)} without an arm", here, hint, cells.at(empty))
    kept = pd.Index(base.people, dtype=object).isin(roster.keys[roster.kept])
    _note_codes(base.where(kept).cells(column).without(idle), mapping, notes)
    return lookup(cells.index, np.array(column.decoded(mapping.arms.codes), dtype=np.int64), -1)


def _note_codes(cells: Cells, mapping: Mapping, notes: Notes) -> None:
    """Codes in the file that the mapping does not know, and the other way round.

    A declared arm without anybody is a slip in the mapping; where nobody at all is left, that is said elsewhere.
    """
    codes = mapping.arms.codes
    _note_labels(cells, mapping, notes)
    which = lookup(cells.index, np.array(cells.column.decoded(codes), dtype=np.int64), -1)
    errors = note_errors(cells, cells.column.meaning(codes), notes, ("arms", "column"))
    unknown = cells.present & (which < 0) & ~cells.hits(errors)
    if unknown.any():
        first = cells.column.distinct[int(cells.index[unknown][0])]
        hint = f"Add it to `codes`, with `class` or with `leave_out`. {codes_hint(codes)}"
        hint = writing_hint(first, codes) or hint
        notes.problem(f"unknown arm {cells.examples(unknown)}", ("arms", "codes"), hint, cells.at(unknown))
    for number, code in enumerate(codes):
        if cells.present.any() and not (which == number).any():
            hint = f"Remove or correct the code. The column holds {cells.examples(cells.present)}."
            notes.problem(
                f"no participant is in the arm {shown_code(code)}", ("arms", "codes", code), hint, cells.place
            )


def _note_labels(cells: Cells, mapping: Mapping, notes: Notes) -> None:
    """What the file's own labels say against the arms."""
    path, codes = ("arms", "codes"), list(mapping.arms.codes)
    note_versions(cells, codes, notes, path)
    note_shared_labels(cells, codes, notes, path)
    if mapping.arms.labels == "ignore":
        return
    arms = list(mapping.arms.codes.values())
    meant = [() if arm.leave_out else tuple(dict.fromkeys((arm_name(arm), str(arm.class_)))) for arm in arms]
    bad = crossed([label_of(cells.column, code) for code in codes], meant, arms=True)
    note_contradictions(cells, codes, [arm.leave_out or arm_name(arm) for arm in arms], bad, notes, path)


def arm_name(arm: Arm) -> str:
    """Return the name of an arm, which is its class where it has none of its own."""
    return arm.name or str(arm.class_)


def counted(people: BoolArray) -> str:
    """Write how many participants.

    Examples
    --------
    >>> counted(np.array([True, False]))
    '1 participant'
    """
    number = int(people.sum())
    return f"{number} participant{'' if number == 1 else 's'}"


def codes_hint(codes: Iterable[Cell]) -> str:
    """Return the codes that a mapping knows.

    Examples
    --------
    >>> codes_hint([1, "m"])
    "It knows 1, 'm'."
    """
    return f"It knows {listed([shown_code(code) for code in codes])}."

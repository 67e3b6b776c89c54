"""The rows of a file as entries: which participant of which trial, and in a long file which visit, a row belongs to.

A participant is known by trial and code together, because centres of one file may number their people alike; a file
without the trial column is joined by the code alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from reportgen.data.asked import note_not_understood, understood, wanted
from reportgen.data.cell_errors import note_errors
from reportgen.data.changed_ids import dates_among, powers_among
from reportgen.data.codes import participant_key, shown_code, signs_among, writing_hint
from reportgen.data.columns import (
    BoolArray,
    Cells,
    Column,
    IntArray,
    ObjectArray,
    column_of,
    lookup,
    objects,
    rows_text,
)
from reportgen.data.files import Table
from reportgen.data.labels import note_labels_of_visits
from reportgen.data.notes import Notes, Path, data_path
from reportgen.data.visits import Visit, visit_meant
from reportgen.errors import did_you_mean
from reportgen.late import pd
from reportgen.spec.mapping import Keep, Mapping, TrialColumn
from reportgen.spec.normal import loose

_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Entries:
    """Rows of a table that are in use.

    Attributes
    ----------
    table : Table
    at : array of int
        Which rows of the table.
    people, ids, trials : arrays of str
        The key of the participant; its code; the trial ("" in a file that does not say).
    visits : array of Visit, or None
        In a long file.
    by_trial : bool
        Whether the key holds the trial.
    unseen : dict of str to str
        In a long file, the trial of each person all of whose rows belong to visits that are left out.
    changed : bool
        Whether a spreadsheet seems to have changed the ids, which has been noted.
    """

    table: Table
    at: IntArray
    people: ObjectArray
    ids: ObjectArray
    trials: ObjectArray
    visits: ObjectArray | None
    by_trial: bool
    unseen: dict[str, str] = field(default_factory=dict)
    changed: bool = False

    def where(self, keep: BoolArray) -> Entries:
        """Return some of the entries."""
        return replace(
            self,
            at=self.at[keep],
            people=self.people[keep],
            ids=self.ids[keep],
            trials=self.trials[keep],
            visits=None if self.visits is None else self.visits[keep],
        )

    @property
    def rows(self) -> IntArray:
        """Row numbers as the user sees them."""
        return self.table.rows[self.at]

    def cells(self, column: Column) -> Cells:
        """Return a column, one cell an entry."""
        return Cells(column, column.index[self.at], self.rows)

    def known_column(self, name: str, notes: Notes, path: Path) -> Column | None:
        """Return a column, or note that there is none."""
        return known_column((self.table,), name, notes, path)


def known_column(tables: Iterable[Table], name: str, notes: Notes, path: Path) -> Column | None:
    """Return a column of the first table that has it, or note that there is none."""
    listed = list(tables)
    table = next((table for table in listed if name in table), None)
    if table is None:
        place = ", ".join(table.place for table in listed)
        notes.problem(f"there is no column '{name}'", path, columns_hint(name, listed), place)
        return None
    if name in table.raw.repeated:
        notes.problem(f"the column '{name}' occurs twice in the header", path, "Rename one of them.", table.place)
    return table.column(name)


def columns_hint(name: str, tables: Iterable[Table]) -> str:
    """Return which column may have been meant, or in which sheet it may stand."""
    read = list(tables)
    names = [column for table in read for column in table.names]
    if len(names) == 1:
        known = f"The file has the single column '{names[0]}'{_CHECK.get(read[0].data.format or '', '')}."
    else:
        known = _known(name, names)
    sheets = [sheet for table in read for sheet in table.raw.other_sheets]
    if not sheets or known.startswith("Did you"):
        return known
    return f"If another sheet holds it, name that with `sheet`: {', '.join(sheets)}. {known}"


_CHECK = {"CSV": ": check `separator` and `header_row`", "Excel": ": check `header_row`"}


def _known(name: str, names: list[str]) -> str:
    hint = did_you_mean(name, names)
    if any(map(_DATE.fullmatch, names)):  # the sheet may show it as Jan-20
        return f"{hint} A name that the sheet holds as a date is written so, in quotes: '2020-01-31'."
    return hint if hint.startswith("Did you") or len(names) <= 12 else f"{hint.split(', ', 8)[0]} and others."


def entries_of(table: Table, mapping: Mapping, notes: Notes) -> Entries | None:
    """Return the rows of a table as entries; None where the participant or the visit cannot be known.

    Without its column of participants the single file of a mapping is read as one row each, to find what else is wrong.
    """
    participant = known_column((table,), table.data.participant, notes, data_path(table.number, "participant"))
    visits, used = _visits(table, mapping, notes)
    if participant is None and len(mapping.data) == 1:
        participant = column_of([str(row) for row in table.rows], table.data.participant, table.place)
    if participant is None or (table.data.visit is not None and visits is None):
        return None
    signs = signs_among(participant.distinct, table.data.answers)
    nameless = used & ((participant.index < 0) | np.isin(participant.index, signs))
    if nameless.any():
        where = f"{table.place}, column '{participant.name}', {rows_text(table.rows[nameless])}"
        path = data_path(table.number, "participant")
        hint = "Give each row its participant, or remove the rows."
        if (participant.index[nameless] >= 0).any():
            word = participant.distinct[int(participant.index[nameless & (participant.index >= 0)][0])]
            hint += f" If {shown_code(word)} is a participant's code, write `answers: [{word}]` in the file's `data`."
        notes.problem("rows without a participant", path, hint, where)
    people_cells = Cells(participant, np.where(used, participant.index, -1), table.rows)
    with_errors = people_cells.hits(note_errors(people_cells, (), notes, data_path(table.number, "participant")))
    keys = [participant_key(cell) for cell in participant.distinct]
    changed = _note_changed(people_cells, keys, mapping, notes, data_path(table.number, "participant"))
    ids = lookup(participant.index, objects(list(map(loose, keys)) if mapping.ids_loose else keys), "")
    trials, by_trial = _trials(table, mapping)
    people = trials + "\x1f" + ids if by_trial else ids
    seen = set(people[used])
    known = ~used & (participant.index >= 0) & ~np.isin(participant.index, signs)
    unseen = {key: trial for key, trial in zip(people[known], trials[known], strict=True) if key not in seen}
    entries = Entries(table, np.arange(len(ids)), people, ids, trials, visits, by_trial, unseen, changed)
    return entries.where(used & ~nameless & ~with_errors)


def _note_changed(cells: Cells, keys: list[str], mapping: Mapping, notes: Notes, path: Path) -> bool:
    """Ids that a spreadsheet has made into dates, or shortened; returns whether there are any."""
    if mapping.ids_as_written:
        return False
    dates = cells.hits([] if "dates" in mapping.ids else dates_among(keys))
    if dates.any():
        hint = (
            "Spreadsheets turn ids such as 1/3 or 3-1 into dates: format the column as text, and enter the ids again."
        )
        hint += " If they are dates, write `ids: dates` in the mapping."
        notes.problem(f"dates instead of ids: {cells.examples(dates)}", path, hint, cells.at(dates))
    powers = cells.hits(powers_among(keys))
    if powers.any():
        hint = (
            "Spreadsheets shorten long numbers and ids such as 2E3: format the column as text, and enter the ids again."
        )
        hint += " If they were written like this, write `ids: as written` in the mapping."
        notes.problem(f"powers of ten instead of ids: {cells.examples(powers)}", path, hint, cells.at(powers))
    return bool(dates.any() or powers.any())


def _trials(table: Table, mapping: Mapping) -> tuple[ObjectArray, bool]:
    """The trial of each row: the name behind its code, or the code itself (its label where the file has one), behind a prefix."""
    size = len(table.rows)
    if not isinstance(mapping.trial, TrialColumn):
        return np.full(size, mapping.trial, dtype=object), False
    if mapping.trial.column not in table:
        return np.full(size, "", dtype=object), False
    column = table.column(mapping.trial.column)
    names = list(mapping.trial.codes.values())
    meant = column.decoded(mapping.trial.codes)
    words = [
        names[which] if which >= 0 else mapping.trial.named(column.labels.get(key, key))
        for which, key in zip(meant, column.keys, strict=True)
    ]
    return lookup(column.index, objects(words), ""), True


def _visits(table: Table, mapping: Mapping, notes: Notes) -> tuple[ObjectArray | None, BoolArray]:
    """The visit of each row of a long file, and which rows are in use."""
    everything = np.ones(len(table.rows), dtype=np.bool_)
    rule = table.data.visit
    if rule is None:
        return None, everything
    path = data_path(table.number, "visit")
    column = known_column((table,), rule.column, notes, (*path, "column"))
    if column is None:
        return None, everything
    if "" in rule.codes:
        column = column.with_empty(table.rows)
    cells = Cells(column, column.index, table.rows)
    notes.note_codes(rule.codes, (*path, "codes"))
    meant = column.decoded(rule.codes)
    errors = note_errors(cells, column.meaning(rule.codes), notes, (*path, "column"))
    unknown = cells.hits({i for i, which in enumerate(meant) if which < 0} - errors)
    if unknown.any():
        hint = "Add it to `visit: codes:`, as `null` if its rows are to be excluded."
        hint = writing_hint(column.distinct[int(cells.index[unknown][0])], rule.codes) or hint
        notes.problem(f"unknown visit {cells.examples(unknown)}", (*path, "codes"), hint, cells.at(unknown))
    if (empty := ~cells.present).any():
        notes.problem("rows without a visit", (*path, "column"), "Give each row its visit.", cells.at(empty))
    texts = list(rule.codes.values())
    words: list[Visit | None] = [
        None if which < 0 or (text := texts[which]) is None else visit_meant(text, mapping) for which in meant
    ]
    note_labels_of_visits(cells, rule, mapping, notes, path)
    visits = lookup(cells.index, objects(words), None)
    return visits, np.array([visit is not None for visit in visits], dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Settled:
    """What one column says of each participant.

    Attributes
    ----------
    cells : Cells
    conflicting : array of bool
        Participants whose rows disagree.
    """

    cells: Cells
    conflicting: BoolArray


def settled(
    entries: Entries, column: Column, people: pd.Index, idle: Iterable[int] = (), strict: bool = False
) -> Settled:
    """Return one cell for each participant.

    In a wide file it is the cell of their row. In a long file it is the one of the baseline visit; where that is empty,
    the one that their other rows agree on.

    Parameters
    ----------
    people : Index
        Keys of the participants, without repetition.
    idle : iterable of int
        Distinct values of the column that say nothing (missing codes); an entry that holds another value is preferred.
    strict : bool
        Whether the rows must agree even where there is a baseline row: who changes arm is not settled by the visit.
    """
    whose = people.get_indexer(pd.Index(entries.people))
    cells = entries.cells(column)
    useful = cells.present & ~cells.hits(idle)
    first = (
        np.zeros(len(whose), dtype=np.bool_)
        if entries.visits is None
        else np.array([visit.months == 0 for visit in entries.visits], dtype=np.bool_)
    )
    order = np.lexsort((np.arange(len(whose)), ~first, ~cells.present, ~useful))
    order = order[whose[order] >= 0]
    chosen = np.full(len(people), -1, dtype=np.int64)
    chosen[whose[order[::-1]]] = order[::-1]  # the first in order is written last and stays
    conflicting = np.zeros(len(people), dtype=np.bool_)
    if entries.visits is not None:
        known = useful & (whose >= 0)
        conflicting = _differing(cells, known, whose, len(people))
        if not strict:  # the baseline row settles it, unless there are several of them
            conflicting &= ~(first & useful)[chosen] | _differing(cells, known & first, whose, len(people))
    index = np.where(chosen >= 0, cells.index[chosen] if len(cells) else -1, -1)
    rows = np.where(chosen >= 0, cells.rows[chosen] if len(cells) else 0, 0)
    return Settled(Cells(column, index, rows), conflicting)


def _differing(cells: Cells, where: BoolArray, whose: IntArray, people: int) -> BoolArray:
    """Which participants have different values among some of their entries."""
    values = pd.Series(cells.keys()[where]).groupby(whose[where]).nunique()
    conflicting = np.zeros(people, dtype=np.bool_)
    conflicting[values.index[values > 1].to_numpy(dtype=np.int64)] = True
    return conflicting


def keep_only(entries: Entries, notes: Notes) -> tuple[Entries, dict[str, tuple[str, str, Path]]]:
    """Apply the rules of who stays.

    Returns
    -------
    Entries
        Of those who stay.
    dict
        For each participant's key who does not: the column, the rule in words, and its place in the mapping.
    """
    out: dict[str, tuple[str, str, Path]] = {}
    for number, rule in enumerate(entries.table.data.keep):
        path = data_path(entries.table.number, "keep", number)
        column = entries.known_column(rule.column, notes, (*path, "column"))
        if column is None:
            continue
        if "" in (*wanted(rule), *rule.no):
            column = column.with_empty(entries.table.rows)
        _note_unclear(entries, column, rule, notes, path)
        stays = _stays(entries, column, rule)
        for person in entries.people[~stays]:
            out.setdefault(person, (rule.column, _rule_text(rule), path))
        entries = entries.where(stays)
    return entries, {person: reason for person, reason in out.items() if person not in set(entries.people)}


def _note_unclear(entries: Entries, column: Column, rule: Keep, notes: Notes, path: Path) -> None:
    """What is not the value that a rule asks for, for a reason for which nobody should be left out."""
    cells, idle = entries.cells(column), column.meaning_missing(entries.table.data.missing)
    named = column.meaning(wanted(rule))
    errors = note_errors(cells, named | idle, notes, (*path, "column"))
    clean = cells.without(errors | idle)
    unit = "participants" if entries.visits is None else "values"
    note_not_understood(clean, rule, entries.table.data.answers, list(entries.trials), notes, path, unit)
    people = pd.Index(pd.unique(pd.Series(entries.people, dtype=object)))
    found = settled(entries, column, people, idle)
    if found.conflicting.any():
        message = "participants with different values at different visits, and none at baseline to settle it"
        hint = "The baseline row decides who is kept: add it, or correct the file."
        notes.problem(message, (*path, "column"), hint, found.cells.at(found.conflicting))


def _stays(entries: Entries, column: Column, rule: Keep) -> BoolArray:
    idle = column.meaning_missing(entries.table.data.missing)
    cells = entries.cells(column)
    meant = understood(cells.without(idle), rule, entries.table.data.answers).meets
    if entries.visits is None:
        return _obeys(cells, rule, idle, meant)
    people = pd.Index(pd.unique(pd.Series(entries.people, dtype=object)))
    obeys = _obeys(settled(entries, column, people, idle).cells, rule, idle, meant)
    return obeys[people.get_indexer(pd.Index(entries.people))]


def _rule_text(rule: Keep) -> str:
    if rule.reason:
        return rule.reason
    if rule.present:
        return f"{rule.column} is missing"
    if rule.equals is not None:
        return f"{rule.column} is not {shown_code(rule.equals)}"
    return f"{rule.column} is none of {', '.join(map(shown_code, rule.one_of))}"


def _obeys(cells: Cells, rule: Keep, idle: frozenset[int], meant: frozenset[int]) -> BoolArray:
    if rule.present:
        return cells.present & ~cells.hits(idle)
    return cells.hits(meant)

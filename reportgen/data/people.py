"""Who took part: the participants of one mapping, their trial and their arm, and everyone who is left out.

The first file that has the column of arms says who was randomised. People of other files who are not in it are counted in
the ledger, and so is everyone whom a rule of `keep` or `leave_out` takes out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from reportgen.data.codes import Cell, shown_code
from reportgen.data.columns import BoolArray, Cells, IntArray, ObjectArray, listed, lookup, objects
from reportgen.data.entries import Entries, keep_only, known_column, settled
from reportgen.data.notes import Notes, Path, data_path
from reportgen.spec.mapping import Arm, Mapping, TrialColumn


@dataclass(frozen=True, slots=True)
class People:
    """The participants of one mapping who are kept, one position each.

    Attributes
    ----------
    keys, ids, trials : arrays of str
    arms, arm_classes : arrays of str
    raw_n : dict of str to int
        People in the file, by trial.
    """

    keys: ObjectArray
    ids: ObjectArray
    trials: ObjectArray
    arms: ObjectArray
    arm_classes: ObjectArray
    raw_n: dict[str, int]

    def __len__(self) -> int:
        return len(self.keys)


LeftOut = dict[str, tuple[str, str, Path]]


@dataclass(frozen=True, slots=True)
class Roll:
    """Everyone in the file that says who was randomised, before arms are read: one position each."""

    keys: pd.Index
    ids: ObjectArray
    trials: ObjectArray
    kept: BoolArray


def randomised(files: list[Entries], mapping: Mapping, notes: Notes) -> tuple[People, list[Entries]] | None:
    """Return who took part, and in each file the entries that stay; None where the arms cannot be read."""
    base = next((entries for entries in files if mapping.arms.column in entries.table), None)
    if base is None:
        known_column([entries.table for entries in files], mapping.arms.column, notes, ("arms", "column"))
        return None
    staying: list[Entries] = []
    left_out: LeftOut = {}
    for entries in files:
        rest, out = keep_only(entries, notes)
        staying.append(rest)
        left_out |= out if entries.by_trial == base.by_trial else _with_trial(out, base)
    roll = _roll(base, left_out)
    _note_left_out(roll, left_out, notes)
    roll = with_known_trials(base, roll, mapping, notes)
    assigned = _assigned(base, roll, mapping, notes)
    people = _people(roll, assigned, mapping, notes)
    for entries in files:
        if entries is not base:
            _note_strangers(entries, base, notes)
    broken = set(roll.trials[roll.kept & ~assigned.sound])
    _empty_trials(people, base, broken, notes)
    return people, staying


def with_known_trials(base: Entries, roll: Roll, mapping: Mapping, notes: Notes) -> Roll:
    """Return the roll without those whose trial is unknown or missing, which is noted."""
    if not isinstance(mapping.trial, TrialColumn):
        return roll
    column = known_column((base.table,), mapping.trial.column, notes, ("trial", "column"))
    if column is None:
        return roll
    cells = settled(base, column, roll.keys).cells
    meant = lookup(cells.index, np.array(column.decoded(mapping.trial.codes), dtype=np.int64), -1)
    empty = roll.kept & ~cells.present
    if empty.any():
        notes.problem(f"{counted(empty)} without a trial", ("trial", "column"), "Give each its trial.", cells.at(empty))
    unknown = roll.kept & cells.present & (meant < 0)
    if not mapping.trial.codes:
        unknown[:] = False
    if unknown.any():
        hint = f"Add it to `codes`, or leave its people out with `keep`. {codes_hint(mapping.trial.codes)}"
        notes.problem(f"unknown trial {cells.examples(unknown)}", ("trial", "codes"), hint, cells.at(unknown))
    for number, code in enumerate(mapping.trial.codes):
        if roll.kept.any() and not (roll.kept & (meant == number)).any():
            hint = f"Take the code out, or correct it. The column holds {cells.examples(roll.kept) or 'nothing'}."
            path = ("trial", "codes", code)
            notes.problem(f"nobody is in the trial {shown_code(code)}: it is empty", path, hint, cells.place)
    return replace(roll, kept=roll.kept & ~empty & ~unknown)


def _note_strangers(entries: Entries, base: Entries, notes: Notes) -> None:
    """Count the people of another file who are not among the randomised."""
    known = set(base.people if entries.by_trial == base.by_trial else base.ids)
    first = ~pd.Series(entries.people, dtype=object).duplicated().to_numpy()
    strange = first & np.array([key not in known for key in entries.people], dtype=np.bool_)
    path = data_path(entries.table.number, "participant")
    if strange.any() and strange.sum() == first.sum():
        hint = "Look at how the participants are written: '007' and 7 are two people."
        notes.problem(f"no participant of this file is in {base.table.place}", path, hint, entries.table.place)
    elif strange.any():
        trial = ", ".join(dict.fromkeys(base.trials))
        rule = f"in {entries.table.place}, but not in {base.table.place} → left out"
        notes.count(
            "left-out", entries.table.data.participant, rule, [trial] * int(strange.sum()), "participants", path
        )


def _empty_trials(people: People, base: Entries, broken: set[str], notes: Notes) -> None:
    """A trial in which nobody is left is a problem, unless it is left empty by problems that are noted already."""
    named = dict.fromkeys(base.trials) if len(base.trials) else dict.fromkeys(_single_name(notes))
    for trial in named:
        if trial and trial not in people.trials and trial not in broken:
            if trial in people.raw_n:
                message = f"the trial '{trial}' is empty: none of its {people.raw_n[trial]} people is left"
                hint = "Look at `keep` and at the codes of the arms."
            else:
                message, hint = f"the trial '{trial}' is empty: the file has no rows", "Export it again."
            notes.problem(message, ("trial",), hint, base.table.place)


def _single_name(notes: Notes) -> tuple[str, ...]:
    trial = notes.located.mapping.trial
    return (trial,) if isinstance(trial, str) else (notes.located.source.shown,)


def _with_trial(out: LeftOut, base: Entries) -> LeftOut:
    """People left out by a file without trials, under their keys in the file that has them."""
    return {key: out[id_] for key, id_ in zip(base.people, base.ids, strict=True) if id_ in out}


def _roll(base: Entries, left_out: LeftOut) -> Roll:
    first = ~pd.Series(base.people, dtype=object).duplicated().to_numpy()
    keys = pd.Index(base.people[first])
    kept = np.array([key not in left_out for key in keys], dtype=np.bool_)
    return Roll(keys, base.ids[first], base.trials[first], kept)


def _note_left_out(roll: Roll, left_out: LeftOut, notes: Notes) -> None:
    for key, trial in zip(roll.keys, roll.trials, strict=True):
        if key in left_out:
            column, rule, path = left_out[key]
            notes.count("left-out", column, f"{rule} → left out", (trial,), "participants", path)


@dataclass(frozen=True, slots=True)
class Assigned:
    """The arm of each person on the roll: the cell, which of the mapping's codes it is, and who is sound so far."""

    cells: Cells
    which: IntArray
    sound: BoolArray


def _assigned(base: Entries, roll: Roll, mapping: Mapping, notes: Notes) -> Assigned:
    column = known_column((base.table,), mapping.arms.column, notes, ("arms", "column"))
    assert column is not None  # the base is the file that has it
    idle = column.meaning_missing(base.table.data.missing)
    found = settled(base, column, roll.keys, idle, strict=True)
    cells = found.cells.without(idle)
    which = lookup(cells.index, np.array(column.decoded(mapping.arms.codes), dtype=np.int64), -1)
    torn = roll.kept & found.torn
    if torn.any():
        hint = "A participant has one arm, the one of randomisation."
        notes.problem(f"{counted(torn)} in more than one arm", ("arms", "column"), hint, cells.at(torn))
    empty = roll.kept & ~cells.present
    if empty.any():
        hint = f"Who was not randomised is left out by `keep: {{column: {column.name}, present: true}}`."
        notes.problem(f"{counted(empty)} without an arm", ("arms", "column"), hint, cells.at(empty))
    unknown = roll.kept & cells.present & (which < 0)
    if unknown.any():
        hint = f"Add it to `codes`, with `class` or with `leave_out`. {codes_hint(mapping.arms.codes)}"
        notes.problem(f"unknown arm {cells.examples(unknown)}", ("arms", "codes"), hint, cells.at(unknown))
    sound = roll.kept & (which >= 0) & ~torn
    _arms_of_nobody(cells, which, roll, mapping, notes)
    return Assigned(cells, which, sound)


def _arms_of_nobody(cells: Cells, which: IntArray, roll: Roll, mapping: Mapping, notes: Notes) -> None:
    """A declared arm without anybody is a slip in the mapping; where nobody at all is left, that is said elsewhere."""
    for number, code in enumerate(mapping.arms.codes):
        if roll.kept.any() and not (roll.kept & (which == number)).any():
            held = cells.examples(roll.kept) or "nothing"
            hint = f"Take the code out, or correct it. The column holds {held}."
            notes.problem(f"nobody is in the arm {shown_code(code)}", ("arms", "codes", code), hint, cells.place)


def _people(roll: Roll, assigned: Assigned, mapping: Mapping, notes: Notes) -> People:
    stays = assigned.sound.copy()
    arms = list(mapping.arms.codes.values())
    for number, (code, arm) in enumerate(mapping.arms.codes.items()):
        if arm.leave_out:
            out = assigned.sound & (assigned.which == number)
            rule = f"{shown_code(code)}: {arm.leave_out} → left out"
            notes.count(
                "left-out", mapping.arms.column, rule, roll.trials[out], "participants", ("arms", "codes", code)
            )
            stays &= ~out
    which = assigned.which[stays]
    return People(
        keys=roll.keys.to_numpy(dtype=object)[stays],
        ids=roll.ids[stays],
        trials=roll.trials[stays],
        arms=lookup(which, objects([arm_name(arm) for arm in arms]), None),
        arm_classes=lookup(which, objects([arm.class_ for arm in arms]), None),
        raw_n={str(trial): int(n) for trial, n in pd.Series(roll.trials).value_counts().items()},
    )


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

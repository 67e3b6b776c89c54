"""Who took part: the participants of one mapping, their trial and their arm, and everyone who is left out.

The first file that has the column of arms says who was randomised. People of other files who are not in it are counted in
the ledger, and so is everyone whom a rule of `keep` or `leave_out` takes out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from reportgen.data.arms import Roster, arm_name, arms_of, codes_hint, counted
from reportgen.data.cell_errors import note_errors
from reportgen.data.codes import shown_code, writing_hint
from reportgen.data.columns import IntArray, ObjectArray, lookup, objects, rows_text
from reportgen.data.entries import Entries, keep_only, known_column, settled
from reportgen.data.labels import note_labels_of_trials
from reportgen.data.notes import Notes, Path, data_path
from reportgen.data.trial_names import note_suspicious_trials
from reportgen.data.twins import note_twins_in_file, note_unknown_ids
from reportgen.late import pd
from reportgen.spec.mapping import Mapping, TrialColumn


@dataclass(frozen=True, slots=True)
class People:
    """The participants of one mapping who are kept, one position each.

    Attributes
    ----------
    keys, ids, trials : arrays of str
    arms, arm_classes : arrays of str
    raw_n : dict of str to int
        People in the file, by trial.
    by_trial : bool
        Whether the keys hold the trial.
    """

    keys: ObjectArray
    ids: ObjectArray
    trials: ObjectArray
    arms: ObjectArray
    arm_classes: ObjectArray
    raw_n: dict[str, int]
    by_trial: bool

    def __len__(self) -> int:
        return len(self.keys)


ExcludedParticipants = dict[str, tuple[str, str, Path]]


def randomised(files: list[Entries], mapping: Mapping, notes: Notes, all_read: bool) -> tuple[People, list[Entries]]:
    """Return who took part, and in each file the entries that stay.

    Where an arm or a trial cannot be known, the problem is noted and the participant stays, so that everything else that
    is wrong with them is found in the same run.

    Parameters
    ----------
    files : list of Entries
        The files that could be read, one at least.
    all_read : bool
        Whether these are all files; else the column of arms may be in another, and is not missed here.
    """
    holding = [entries for entries in files if mapping.arms.column in entries.table]
    base = (holding or files)[0]
    staying: list[Entries] = []
    excluded: ExcludedParticipants = {}
    for entries in files:
        rest, out = keep_only(entries, notes)
        _note_repeated(rest, base, notes)
        note_twins_in_file(rest, mapping, notes)
        staying.append(rest)
        excluded |= out if entries.by_trial == base.by_trial else _with_trial(out, base)
    roster = _roster(base, excluded)
    _note_excluded(roster, excluded, notes)
    _note_unseen(base, notes)
    _note_unknown_trials(base, roster, mapping, notes, all_read)
    if holding:
        people = _people(roster, base, arms_of(staying[files.index(base)], roster, mapping, notes), mapping, notes)
        _note_empty_trials(people, base, notes)
        for entries in holding[1:]:
            _note_other_arms(entries, people, mapping, notes)
        for entries in files:
            if entries is not base:
                note_unknown_ids(entries, base, mapping, notes)
    else:
        if all_read:
            known_column([entries.table for entries in files], mapping.arms.column, notes, ("arms", "column"))
        people = _people(roster, base, np.full(len(roster.keys), -1, dtype=np.int64), mapping, notes)
    return people, staying


def _note_repeated(entries: Entries, base: Entries, notes: Notes) -> None:
    """Who stands in a file twice, if they are among the randomised."""
    known = base.people if entries.by_trial == base.by_trial else base.ids
    mine = entries.where(pd.Index(entries.people, dtype=object).isin(known))
    by: dict[str, object] = {"person": mine.people}
    if mine.visits is not None:
        by["visit"] = [visit.label for visit in mine.visits]
    repeated = pd.DataFrame(by, dtype=object).duplicated(keep=False).to_numpy(dtype=bool)
    if not repeated.any():
        return
    number = len(set(mine.people[repeated]))
    message = f"{number} participants are" if number > 1 else "1 participant is"
    message += " in more than one row" + ("" if mine.visits is None else " for the same visit")
    hint = (
        "Keep one row for each; if each row is a visit, declare `layout: long`."
        if mine.visits is None
        else "Keep one row for each participant and visit."
    )
    column = mine.table.data.participant
    where = f"{mine.table.place}, column '{column}', {rows_text(mine.rows[repeated])}"
    notes.problem(message, data_path(mine.table.number, "participant"), hint, where)


def _note_other_arms(entries: Entries, people: People, mapping: Mapping, notes: Notes) -> None:
    """People for whom a further file with the column of the arms names another arm than the file that is read for it."""
    column = entries.table.column(mapping.arms.column)
    keys = pd.Index(people.keys if entries.by_trial == people.by_trial else people.ids, dtype=object)
    if keys.has_duplicates:  # which is noted where the file is joined
        return
    cells = settled(entries, column, keys, column.meaning_missing(entries.table.data.missing)).cells
    names = objects([arm.leave_out or (str(arm.class_), arm_name(arm)) for arm in mapping.arms.codes.values()])
    theirs = lookup(lookup(cells.index, np.array(column.decoded(mapping.arms.codes), dtype=np.int64), -1), names, None)
    ours = zip(people.arm_classes, people.arms, strict=True)
    differs = np.array([b is not None and a != b for a, b in zip(ours, theirs, strict=True)], dtype=np.bool_)
    if differs.any():
        message = f"{counted(differs)} in another arm than in the first file that has this column"
        hint = "A participant has one arm, the one assigned at randomisation: correct one of the files."
        notes.problem(message, ("arms", "column"), hint, cells.at(differs))


def _note_unknown_trials(base: Entries, roster: Roster, mapping: Mapping, notes: Notes, all_read: bool) -> None:
    """Participants whose trial is unknown or missing, and trials that nobody is in."""
    if not isinstance(mapping.trial, TrialColumn) or (mapping.trial.column not in base.table and not all_read):
        return
    column = known_column((base.table,), mapping.trial.column, notes, ("trial", "column"))
    if column is None:
        return
    notes.note_codes(mapping.trial.codes, ("trial", "codes"), base.table.data.missing)
    cells = settled(base, column, roster.keys).cells.without(column.meaning_missing(base.table.data.missing))
    codes = column.decoded(mapping.trial.codes)
    meant = lookup(cells.index, np.array(codes, dtype=np.int64), -1)
    kept = cells.where(roster.kept)
    errors = note_errors(kept, column.meaning(mapping.trial.codes), notes, ("trial", "column"))
    note_labels_of_trials(kept.without(errors), mapping.trial, notes)
    if not mapping.trial.codes:
        note_suspicious_trials(kept, mapping, base.table.data.answers, notes)
    empty = roster.kept & ~cells.present
    if empty.any():
        notes.problem(f"{counted(empty)} without a trial", ("trial", "column"), "Give each its trial.", cells.at(empty))
    unknown = roster.kept & cells.present & (meant < 0) & ~cells.hits(errors)
    if mapping.trial.codes and unknown.any():
        hint = f"Add it to `codes`, or exclude its participants with `keep`. {codes_hint(mapping.trial.codes)}"
        first = cells.column.distinct[int(cells.index[unknown][0])]
        hint = writing_hint(first, mapping.trial.codes) or hint
        notes.problem(f"unknown trial {cells.examples(unknown)}", ("trial", "codes"), hint, cells.at(unknown))
    for number, code in enumerate(mapping.trial.codes):
        if roster.kept.any() and not (roster.kept & (meant == number)).any():
            hint = f"Remove or correct the code. The column holds {cells.examples(roster.kept) or 'nothing'}."
            path = ("trial", "codes", code)
            notes.problem(f"no participant is in the trial {shown_code(code)}: it is empty", path, hint, cells.place)


def _note_empty_trials(people: People, base: Entries, notes: Notes) -> None:
    declared = notes.located.mapping.trial
    named = [declared] if isinstance(declared, str) else list(dict.fromkeys(base.trials)) or [base.table.place]
    for trial in named:
        if trial and trial not in people.trials:
            if trial in people.raw_n:
                message = f"the trial '{trial}' is empty: none of its {people.raw_n[trial]} participants remains"
                hint = "Check `keep` and the codes of the arms."
            else:
                message, hint = f"the trial '{trial}' is empty: the file has no rows", "Export it again."
            notes.problem(message, ("trial",), hint, base.table.place)


def _with_trial(out: ExcludedParticipants, base: Entries) -> ExcludedParticipants:
    """People left out by a file without trials, under their keys in the file that has them."""
    return {key: out[id_] for key, id_ in zip(base.people, base.ids, strict=True) if id_ in out}


def _roster(base: Entries, excluded: ExcludedParticipants) -> Roster:
    first = ~pd.Series(base.people, dtype=object).duplicated().to_numpy()
    keys = pd.Index(base.people[first])
    kept = np.array([key not in excluded for key in keys], dtype=np.bool_)
    return Roster(keys, base.ids[first], base.trials[first], kept, base.by_trial)


def _note_excluded(roster: Roster, excluded: ExcludedParticipants, notes: Notes) -> None:
    for key, trial in zip(roster.keys, roster.trials, strict=True):
        if key in excluded:
            column, rule, path = excluded[key]
            notes.leave_out(column, rule, (trial,), path)


def _note_unseen(base: Entries, notes: Notes) -> None:
    """Count the people who have no row at any visit that is read."""
    if base.table.data.visit is not None:
        path = data_path(base.table.number, "visit", "codes")
        reason = "rows at visits that are left out only"
        notes.leave_out(base.table.data.visit.column, reason, base.unseen.values(), path)


def _people(roster: Roster, base: Entries, which: IntArray, mapping: Mapping, notes: Notes) -> People:
    stays = roster.kept.copy()
    arms = list(mapping.arms.codes.values())
    for number, (code, arm) in enumerate(mapping.arms.codes.items()):
        if arm.leave_out:
            out = roster.kept & (which == number)
            reason = f"{shown_code(code)}: {arm.leave_out}"
            notes.leave_out(mapping.arms.column, reason, roster.trials[out], ("arms", "codes", code))
            stays &= ~out
    which = which[stays]
    return People(
        keys=roster.keys.to_numpy(dtype=object)[stays],
        ids=roster.ids[stays],
        trials=roster.trials[stays],
        arms=lookup(which, objects([arm_name(arm) for arm in arms]), None),
        arm_classes=lookup(which, objects([arm.class_ for arm in arms]), None),
        raw_n=dict(Counter([*roster.trials, *base.unseen.values()])),
        by_trial=roster.by_trial,
    )

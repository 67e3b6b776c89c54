"""Participants whose ids are written almost alike: one person in two writings, or two people?

Nobody but the user can know. Who has no partner in the trial's other file is looked for there in the loose form (see
`spec.normal`); where exactly one person fits, it is an error until the mapping says `ids: loose` (one person) or `ids: as written` (two
people). So it is where half of the people are without a partner in both files, or those without are numbered otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np

from reportgen.data.columns import listed, rows_text
from reportgen.data.entries import Entries
from reportgen.data.notes import Notes, data_path
from reportgen.errors import difference
from reportgen.late import pd
from reportgen.spec.mapping import Mapping
from reportgen.spec.normal import as_number, compact, loose, shape

BETWEEN = "\x1f"
"""What stands in the key of a participant between trial and id."""

FEW = 2
"""So many people without a partner in either file are looked into; a single one is a stranger."""


_TWO_PEOPLE = "If they are different participants, write `ids: as written` in the mapping."
_ONE_OR_TWO = f"{_TWO_PEOPLE[:-1]}; if each pair is one person, `ids: loose`."


def shown_id(key: str) -> str:
    """Return a participant's key as messages show it.

    Examples
    --------
    >>> shown_id("7"), shown_id("Oslo\\x1f7")
    ("'7'", "'7' of 'Oslo'")
    """
    trial, between, written = key.rpartition(BETWEEN)
    return f"'{written}' of '{trial}'" if between else f"'{written}'"


def note_twins_in_file(entries: Entries, mapping: Mapping, notes: Notes) -> None:
    """People of one file whose ids are the same in the loose form: one person would be read as two."""
    if mapping.ids_as_written or mapping.ids_loose:
        return
    groups: dict[str, list[str]] = {}
    for key in dict.fromkeys(entries.people):
        groups.setdefault(_in_trial(key, loose), []).append(key)
    several = [group for group in groups.values() if len(group) > 1]
    if not several:
        return
    number = f"{len(several)} participant{'s' if len(several) > 1 else ''}"
    pairs = listed([" and ".join(map(shown_id, group)) for group in several])
    hint = f"Write each id the same way in all rows. {_ONE_OR_TWO}{_unseen(several[0][0], several[0][1])}"
    hits = pd.Index(entries.people).isin([key for group in several for key in group])
    column = entries.table.data.participant
    where = f"{entries.table.place}, column '{column}', {rows_text(entries.rows[hits])}"
    path = data_path(entries.table.number, "participant")
    notes.problem(f"{number} written in more than one way: {pairs}", path, hint, where)


def note_unknown_ids(entries: Entries, base: Entries, mapping: Mapping, notes: Notes) -> None:
    """Count the people of another file who are not among the randomised, unless they seem to be in another writing."""
    ours = dict.fromkeys(entries.people)
    theirs = dict.fromkeys(base.people if entries.by_trial == base.by_trial else base.ids)
    strange, lonely = [key for key in ours if key not in theirs], [key for key in theirs if key not in ours]
    if not strange or entries.changed or base.changed:  # of changed ids nobody can say whose they are
        return
    found = len(ours) - len(strange)
    pairs: dict[str, str] = {}
    if not mapping.ids_as_written:
        pairs = _one_person(strange, lonely, mapping) or _perhaps_one_person(strange, lonely)
    lost = min(len(strange), len(lonely))
    otherwise = _built_otherwise(ours, theirs) or 2 * max(_longer(strange, lonely), _longer(lonely, strange)) >= lost
    misfit = lost >= FEW and (found <= lost or otherwise) and not mapping.ids_as_written
    path = data_path(entries.table.number, "participant")
    if pairs:
        _note_pairs(pairs, entries, base, notes)
    elif not found:
        hint = f"Compare how they are written: {shown_id(strange[0])} here"
        hint += f", {shown_id(lonely[0])} there." if lonely else "."
        notes.problem(f"no participant of this file is in {base.table.place}", path, hint, entries.table.place)
    elif misfit:
        message = f"only {found} of the {len(ours)} participants of this file are in {base.table.place}"
        message += f", where {len(lonely)} of {len(theirs)} are not in this one"
        hint = f"Here are {_examples(strange)}, there {_examples(lonely)}: write each id the same way in both files."
        hint += f"\n{_TWO_PEOPLE[:-1]}: participants in this file only are excluded."
        notes.problem(message, path, hint, entries.table.place)
    else:
        trial = ", ".join(dict.fromkeys(base.trials))
        reason = f"in {entries.table.place}, but not in {base.table.place}"
        notes.leave_out(entries.table.data.participant, reason, [trial] * len(strange), path)


def _built_otherwise(ours: Iterable[str], theirs: Iterable[str]) -> bool:
    """Whether all who are in one of two files only have ids of a shape that the other file does not have."""
    here, there = ({key: shape(key) for key in keys} for keys in (ours, theirs))
    alone = [{form for key, form in item.items() if key not in other} for item, other in ((here, there), (there, here))]
    return alone[0].isdisjoint(there.values()) and alone[1].isdisjoint(here.values())


def _longer(ours: Iterable[str], theirs: Iterable[str]) -> int:
    """How many of ours are one of theirs with the same letters or signs before or behind it, as NOR7 and 7."""
    known, added = set(theirs), Counter[tuple[str, str]]()
    for key in ours:
        trial, between, written = key.rpartition(BETWEEN)
        for cut in range(1, len(written)):
            before, behind = written[:cut], written[cut:]
            added[(before, "")] += not before.isdecimal() and f"{trial}{between}{behind}" in known
            added[("", behind)] += not behind.isdecimal() and f"{trial}{between}{before}" in known
    return max(added.values(), default=0)


def _one_person(strange: Iterable[str], lonely: Iterable[str], mapping: Mapping) -> dict[str, str]:
    """People without a partner who have one, and no other, in the loose form; under `ids: loose` they are joined by it."""
    return {} if mapping.ids_loose else pairs_alike(strange, lonely, loose)


def _perhaps_one_person(strange: Iterable[str], lonely: Iterable[str]) -> dict[str, str]:
    """People whose ids hold the same digits without their signs, or would be one number to a spreadsheet."""
    return pairs_alike(strange, lonely, compact, _one_without_signs) | pairs_alike(strange, lonely, as_number)


def _note_pairs(pairs: dict[str, str], entries: Entries, base: Entries, notes: Notes) -> None:
    rows = _rows(entries, pairs), _rows(base, pairs.values())
    shown = [f"{shown_id(a)} (row {rows[0][a]}) is {shown_id(b)} (row {rows[1][b]}) there" for a, b in pairs.items()]
    counted = f"{len(pairs)} participant{'s' if len(pairs) > 1 else ''}"
    item, other = next(iter(pairs.items()))
    settled = _ONE_OR_TWO if _in_trial(item, loose) == _in_trial(other, loose) else _TWO_PEOPLE
    hint = f"Write each id the same way in both files. {settled}{_unseen(item, other)}"
    where = f"{entries.table.place}, column '{entries.table.data.participant}', {rows_text(rows[0].values())}"
    message = f"{counted} written differently from {base.table.place}: {listed(shown)}"
    notes.problem(message, data_path(entries.table.number, "participant"), hint, where)


def pairs_alike(
    ours: Iterable[str],
    theirs: Iterable[str],
    form: Callable[[str], str],
    also: Callable[[str, str], bool] = lambda item, other: True,
) -> dict[str, str]:
    """Return who of ours is who of theirs: where one of each, and no other, has the same form.

    Examples
    --------
    >>> pairs_alike(["P_1", "P_2"], ["P-1", "P-2", "p2"], loose)
    {'P_1': 'P-1'}
    """
    forms = [{key: _in_trial(key, form) for key in keys} for keys in (ours, theirs)]
    single = [
        {form: key for key, form in item.items() if count[form] == 1}
        for item in forms
        for count in [Counter(item.values())]
    ]
    return {key: single[1][form] for form, key in single[0].items() if form in single[1] and also(key, single[1][form])}


def _one_without_signs(one: str, other: str) -> bool:
    """Whether one of two ids has no sign between its digits: 12001 may be 12-001, but 1-11 is not 11-1."""
    inside = ["-" in loose(key.rpartition(BETWEEN)[2]) for key in (one, other)]
    return inside[0] != inside[1]


def _in_trial(key: str, form: Callable[[str], str]) -> str:
    """The form of an id, beside the loose form of its trial."""
    trial, between, written = key.rpartition(BETWEEN)
    return f"{loose(trial)}{between}{form(written)}" if between else form(written)


def _rows(entries: Entries, keys: Iterable[str]) -> dict[str, int]:
    """The first row of each of some people, by their keys or their ids."""
    wanted, rows = set(keys), {}
    for of in (entries.people, entries.ids):
        for at in np.flatnonzero(pd.Index(of).isin(wanted))[::-1]:
            rows[of[at]] = int(entries.rows[at])
        if rows:
            break
    return {key: rows[key] for key in keys}


def _examples(keys: Iterable[str]) -> str:
    return listed([shown_id(key) for key in keys])


def _unseen(one: str, other: str) -> str:
    unseen = difference(one, other)
    return f"\n{unseen}." if unseen else ""

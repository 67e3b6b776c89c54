"""Trials whose names are almost the same: one trial in two writings, or two?

Within a file the user settles it with `codes`, between mappings with the names given there. Two trials whose names differ
in accents, dashes or leading zeros may keep them if a mapping lists both under `different_trials`. Names that the ids
of results cannot tell apart never stay.
"""

from __future__ import annotations

from collections.abc import Iterable

from reportgen.data.changed_ids import dates_among
from reportgen.data.codes import Cell, signs_among
from reportgen.data.columns import Cells, listed
from reportgen.data.notes import Notes
from reportgen.errors import difference
from reportgen.spec.mapping import Mapping
from reportgen.spec.normal import in_ids, loose


def trials_alike(names: Iterable[str], apart: Iterable[Iterable[str]] = ()) -> list[tuple[str, str]]:
    """Return the pairs of trials whose names are almost the same, but for those that a mapping sets apart.

    Examples
    --------
    >>> trials_alike(["North", "South", "north", "Nörth"], [["North", "Nörth"]])
    [('North', 'north'), ('north', 'Nörth')]
    """
    given = list(dict.fromkeys(names))
    sets = [set(item) for item in apart]
    groups: dict[str, list[str]] = {}
    for name in given:
        for form in (f"loose {loose(name)}", f"id {in_ids(name)}"):
            groups.setdefault(form, []).append(name)
    pairs = {(item, two) for group in groups.values() for i, two in enumerate(group) for item in group[:i]}
    reported = [
        pair for pair in pairs if in_ids(pair[0]) == in_ids(pair[1]) or not any(set(pair) <= item for item in sets)
    ]
    return sorted(reported, key=lambda pair: (given.index(pair[1]), given.index(pair[0])))


def alike_hint(one: str, other: str, rename: str = "give one another name") -> str:
    """Return how to settle that the names of two trials are almost the same."""
    hint = f"If they are one trial, write them the same way; if they are two, {rename}"
    if in_ids(one) == in_ids(other):
        hint += ": result ids distinguish trials by letters and digits, ignoring case."
    else:
        hint += f", or keep both with `different_trials: [{one}, {other}]`."
    unseen = difference(one, other)
    return f"{hint}\n{unseen}." if unseen else hint


def note_suspicious_trials(cells: Cells, mapping: Mapping, answers: Iterable[Cell], notes: Notes) -> None:
    """Where each value names a trial: signs of a missing value, and names that are almost the same."""
    path = ("trial", "column")
    column = cells.column
    signs = cells.hits(signs_among(column.keys, answers))
    if signs.any():
        hint = "List it in `missing` and exclude its participants with `keep`, or give the trials names with `codes`."
        notes.problem(f"a trial called {cells.examples(signs)}", path, hint, cells.at(signs))
    dates = cells.hits(dates_among(column.keys))
    if dates.any():
        hint = (
            "Spreadsheets turn names such as 1-3 into dates: correct the file, or give the trials names with `codes`."
        )
        notes.problem(f"dates instead of names of trials: {cells.examples(dates)}", path, hint, cells.at(dates))
    held = [key for key in column.keys if key in cells.held()]
    names = {key: column.labels.get(key, key) for key in held}
    alike = trials_alike(names.values(), [mapping.different_trials])
    several = {name for pair in alike for name in pair}
    if several:
        hits = cells.hits(i for i, key in enumerate(column.keys) if names.get(key) in several)
        message = f"trials whose names are almost the same: {cells.examples(hits)}"
        notes.problem(message, path, alike_hint(*alike[0], "say with `codes` what each is called"), cells.at(hits))


def note_idle_names(mapping: Mapping, trials: Iterable[str], notes: Notes) -> None:
    """Names in `different_trials` that no trial has, or that are like no other name there."""
    known = list(trials)
    twins = {name for pair in trials_alike(mapping.different_trials) for name in pair}
    for number, name in enumerate(mapping.different_trials):
        if name not in known:
            notes.problem(
                f"there is no trial '{name}'", ("different_trials", number), f"The study has {listed(known)}."
            )
        elif name not in twins:
            message = f"'{name}' does not resemble another trial of this list"
            notes.problem(message, ("different_trials", number), "Remove it.")

"""Who enters a search for subgroups: people with the moderators of the search, and moderators that leave enough trials.

A moderator that a trial never collected costs all its people, and one that would leave too few trials is left out with
its reason. What each moderator costs by itself is counted, so that a page can say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.moderator_values import Moderator
from reportgen.analyses.selection import Excluded, Selection, narrowed
from reportgen.records.exclusion import Exclusion, ExclusionReason

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a moderator costs by itself: people without a value, and trials that lose a whole arm."""

    moderator: str
    people: int
    trials: int


@dataclass(frozen=True, slots=True)
class SearchPeople:
    """Who and what a search sees.

    Attributes
    ----------
    selection : Selection
        The people who stay; those who left stand under `excluded` with the moderator that they lack.
    moderators : dict
        By name, in the order in which they were given.
    not_searched : tuple of (name, reason)
        Moderators that are not searched.
    costs : tuple of Cost
        Of every moderator that was given, in the people of the analysis.
    """

    selection: Selection
    moderators: dict[str, Moderator]
    not_searched: tuple[tuple[str, str], ...]
    costs: tuple[Cost, ...]


def people_of_search(
    selection: Selection, moderators: Mapping[str, Moderator], *, missing: str, minimum_trials: int
) -> SearchPeople:
    """Return who enters a search.

    Moderators are taken in the given order; one that would leave fewer trials than the minimum, by itself (`available`)
    or together with those before it (`complete`), is left out.

    Parameters
    ----------
    selection : Selection
    moderators : mapping of str to Moderator
    missing : {'complete', 'available'}
        Whether people need every moderator of the search.
    minimum_trials : int
    """
    known = {name: ~np.isnan(moderator.of(selection)) for name, moderator in moderators.items()}
    stays: BoolArray = np.ones(selection.n, dtype=bool)
    kept: dict[str, Moderator] = {}
    not_searched: list[tuple[str, str]] = []
    for name, moderator in moderators.items():
        together = known[name] if missing == "available" else stays & known[name]
        reason = _unusable(moderator, together, selection, minimum_trials)
        if reason:
            not_searched.append((name, reason))
            continue
        kept[name] = moderator
        if missing == "complete":
            stays = together
    costs = tuple(_cost(name, has, selection) for name, has in known.items())
    needed = {kept[name].label: known[name] for name in kept} if missing == "complete" else {}
    enters = stays & np.isin(selection.trial, _two_armed(stays, selection)) if needed else stays
    return SearchPeople(_entered(selection, needed, enters), kept, tuple(not_searched), costs)


def people_who_enter(selection: Selection, moderators: Mapping[str, Moderator], enters: BoolArray) -> SearchPeople:
    """Return who enters a search that needs every moderator, where the search itself has found who that is.

    Parameters
    ----------
    selection : Selection
    moderators : mapping of str to Moderator
        Those of the search.
    enters : (n,) array of bool
        One place for each person of the selection.
    """
    known = {name: ~np.isnan(moderator.of(selection)) for name, moderator in moderators.items()}
    costs = tuple(_cost(name, has, selection) for name, has in known.items())
    needed = {moderator.label: known[name] for name, moderator in moderators.items()}
    return SearchPeople(_entered(selection, needed, enters), dict(moderators), (), costs)


def _unusable(moderator: Moderator, has: BoolArray, selection: Selection, minimum_trials: int) -> str:
    """Return why a moderator cannot be searched, or an empty text."""
    if not has.any():
        return "no participant has a value"
    left = len(_two_armed(has, selection))
    if left < minimum_trials:
        return f"leaves {left} trial{'' if left == 1 else 's'} with both arms, and the search needs {minimum_trials}"
    values = moderator.of(selection)[has]
    return "has one value in all" if (values == values[0]).all() else ""


def _two_armed(has: BoolArray, selection: Selection) -> list[str]:
    return [
        trial
        for trial in selection.trials
        if len(set(selection.treatment[has & (selection.trial == trial)].tolist())) == 2
    ]


def _cost(name: str, has: BoolArray, selection: Selection) -> Cost:
    left = _two_armed(has, selection)
    people = int(selection.n - np.sum(has & np.isin(selection.trial, left)))
    return Cost(name, people, len(selection.trials) - len(left))


def _entered(selection: Selection, needed: Mapping[str, BoolArray], enters: BoolArray) -> Selection:
    """Return the selection of those who enter; each of the others with the first moderator that they lack.

    Who lacks none is in a trial whose other arm has nobody left.
    """
    excluded = list(selection.excluded)
    for trial in selection.trials:
        here = selection.trial == trial
        unexplained = here & ~enters
        for label, has in needed.items():
            lost = unexplained & ~has
            if lost.any():
                whole = bool((lost == here).all())
                excluded.append(Excluded(trial, Exclusion(ExclusionReason.NO_VALUE, label), int(lost.sum()), whole))
            unexplained &= has
        if unexplained.any():
            reason = Exclusion(ExclusionReason.NO_MODERATORS)
            excluded.append(Excluded(trial, reason, int(unexplained.sum()), whole_trial=True))
    return narrowed(selection, enters, tuple(excluded))

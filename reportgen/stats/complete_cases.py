"""Who enters a search that needs every moderator, and what each moderator costs in people and trials.

In: outcome, treatment, trial and adjusters, and the moderators as columns with NaN for missing.
Out: the people with all values, in trials with both arms; which moderators stay; who was left out, and why.
Method: complete cases. A moderator that would leave too few trials is left out itself, in the order in which they are
given; one that turns out unfit among the people who then remain goes too, and the people it cost come back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .crossproducts import Columns, FloatArray, IntArray
from .one_step import ExcludedParticipants

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class NotSearched:
    """A moderator that takes no part in a search, and why."""

    moderator: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What it costs to need one moderator: people without its value, and trials that lose both arms or one by that."""

    moderator: str
    participants: int
    trials: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class CompleteCases:
    """The people of a search.

    Attributes
    ----------
    rows : ndarray (n,) of int
        Who enters, trial by trial.
    moderators : tuple of str
        Those that every one of them has.
    not_searched : tuple of NotSearched
    costs : tuple of Cost
        One a moderator that stays, each as if it were the only one.
    excluded : tuple of ExcludedParticipants
    """

    rows: IntArray
    moderators: tuple[str, ...]
    not_searched: tuple[NotSearched, ...]
    costs: tuple[Cost, ...]
    excluded: tuple[ExcludedParticipants, ...]


def complete_cases(
    table: Columns,
    moderators: Mapping[str, FloatArray],
    min_trials: int,
    unfit: Callable[[str, FloatArray, IntArray], str],
) -> CompleteCases:
    """Find the people who have every moderator.

    Parameters
    ----------
    table : Columns
        Checked outcome, treatment, adjusters and trial.
    moderators : mapping of str to ndarray (n,)
        NaN where the value is missing.
    min_trials : int
        Trials with both arms that must remain.
    unfit : callable
        Says from a name, its values and their trials why a moderator cannot be searched, or "".

    Returns
    -------
    CompleteCases
    """
    known = np.isfinite(table.outcome + table.treatment + table.adjusters.sum(axis=1)) & (table.codes >= 0)
    base = in_both_arms(known, table)
    missing = {name: np.isnan(values) for name, values in moderators.items()}
    unsuitable: dict[str, str] = {}
    while True:
        names = [name for name in moderators if name not in unsuitable]
        kept, few, people = _in_turn(names, missing, base, table, min_trials)
        reasons = {name: unfit(name, moderators[name][people], table.codes[people]) for name in kept}
        first = next((name for name in kept if reasons[name]), None)
        if first is None:
            break
        unsuitable[first] = reasons[first]
    reasons = unsuitable | few
    rows = np.flatnonzero(people)
    return CompleteCases(
        rows[np.argsort(table.codes[rows], kind="stable")],
        tuple(kept),
        tuple(NotSearched(name, reasons[name]) for name in moderators if name in reasons),
        tuple(_cost(name, missing[name], base, table) for name in kept),
        (*_excluded(known, base, table), *_without_moderators(people, base, kept, missing, table)),
    )


def in_both_arms(people: Mask, table: Columns) -> Mask:
    """Those of the people whose trial has people in both arms."""
    return np.asarray(people & np.append(_both_arms(people, table), False)[table.codes])


def _both_arms(people: Mask, table: Columns) -> Mask:
    """For each trial whether both arms have people."""
    trials = len(table.labels)
    arms = [np.bincount(table.codes[people & (table.treatment == arm)], minlength=trials) for arm in (0.0, 1.0)]
    both: Mask = (arms[0] > 0) & (arms[1] > 0)
    return both


def _in_turn(
    names: list[str], missing: Mapping[str, Mask], base: Mask, table: Columns, min_trials: int
) -> tuple[list[str], dict[str, str], Mask]:
    """Take the moderators in their order, each only if enough trials remain."""
    kept: list[str] = []
    few: dict[str, str] = {}
    people = base
    for name in names:
        rest = in_both_arms(people & ~missing[name], table)
        trials = int(_both_arms(rest, table).sum())
        if trials >= max(min_trials, 1):
            kept.append(name)
            people = rest
        else:
            few[name] = f"only {trials} of the trials with both arms would remain, {max(min_trials, 1)} are needed"
    return kept, few, people


def _cost(name: str, missing: Mask, base: Mask, table: Columns) -> Cost:
    lost = _both_arms(base, table) & ~_both_arms(base & ~missing, table)
    return Cost(name, int((base & missing).sum()), tuple(table.labels[lost].tolist()))


def _excluded(known: Mask, base: Mask, table: Columns) -> tuple[ExcludedParticipants, ...]:
    """People left out whatever the moderators are."""
    labels = [*table.labels.tolist(), None]
    found = []
    for k, label in enumerate(labels):
        here = table.codes == (k if k < len(table.labels) else -1)
        unknown = int((here & ~known).sum())
        alone = here & known & ~base
        if unknown:
            what = "the trial is missing" if label is None else "a value is missing"
            found.append(ExcludedParticipants(label, unknown, what))
        if alone.any():
            arm = "intervention" if table.treatment[alone][0] == 1.0 else "control"
            found.append(ExcludedParticipants(label, int(alone.sum()), f"the trial has only {arm} participants"))
    return tuple(found)


def _without_moderators(
    people: Mask, base: Mask, kept: list[str], missing: Mapping[str, Mask], table: Columns
) -> tuple[ExcludedParticipants, ...]:
    """People left out because of the moderators."""
    lacking = np.zeros(len(base), bool)
    for name in kept:
        lacking |= missing[name]
    found = []
    for k, label in enumerate(table.labels.tolist()):
        here = base & ~people & (table.codes == k)
        if (here & lacking).any():
            found.append(ExcludedParticipants(label, int((here & lacking).sum()), "a moderator is missing"))
        alone = here & ~lacking
        if alone.any():
            arm = "intervention" if table.treatment[alone][0] == 1.0 else "control"
            found.append(
                ExcludedParticipants(
                    label, int(alone.sum()), f"with all moderators the trial has only {arm} participants"
                )
            )
    return tuple(found)

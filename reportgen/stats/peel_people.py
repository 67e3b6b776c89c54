"""Whom directed peeling searches, and along which moderators: what it is given, checked, before anything is fitted.

In: the arguments of `peel`. Out: columns, and the complete cases with the moderators that can be peeled; or one error that
names everything that is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from .choices import Gains
from .complete_cases import CompleteCases, NotSearched, complete_cases
from .crossproducts import Columns, FloatArray, IntArray, columns
from .levels import Levels
from .peeling import PeelSettings

FEW_LEVELS = 3  # values up to which a peel would take a large share at once (Hee et al. 2021)


def checked(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderators: Mapping[str, ArrayLike | Levels],
    adjusters: ArrayLike | None,
    settings: PeelSettings,
) -> Columns:
    """Return the columns of a search, parameters and errors as those of `prepare`."""
    table = columns(outcome, treatment, trial, adjusters)
    _check_finite(table)
    wrong = [*settings.wrong(moderators), *_wrong_moderators(moderators, len(table.outcome))]
    if wrong:
        raise ValueError("; ".join(wrong))
    return table


def declared_directions(settings: PeelSettings) -> dict[str, Gains]:
    """Return the directions that are not to be estimated."""
    return dict(settings.directions) if isinstance(settings.directions, Mapping) else {}


def cases_of(table: Columns, moderators: Mapping[str, ArrayLike | Levels], settings: PeelSettings) -> CompleteCases:
    """Return who is analysed with which moderators, and why others are left out."""
    values, unordered = as_numbers(moderators)
    declared = declared_directions(settings)

    def unfit(name: str, z: FloatArray, codes: IntArray) -> str:
        distinct = len(np.unique(z))
        if distinct <= FEW_LEVELS:
            kind = "value" if distinct == 1 else "values"
            return f"{distinct} {kind}: with {FEW_LEVELS} or fewer a peel would remove a large share of the people"
        if name not in declared and not _varies_within(z, codes):
            return "it does not vary within any trial, so that its direction cannot be estimated"
        return ""

    cases = complete_cases(table, values, settings.min_trials, unfit)
    reasons = unordered | {item.moderator: item.reason for item in cases.not_searched}
    return replace(
        cases, not_searched=tuple(NotSearched(name, reasons[name]) for name in moderators if name in reasons)
    )


def centre(values: FloatArray, trial: IntArray) -> FloatArray:
    """Return values minus their means in the trials; exactly 0 where a trial has one value only."""
    first = np.zeros(int(trial.max(initial=-1)) + 1)
    first[trial[::-1]] = values[::-1]
    shifted = values - first[trial]
    means = np.bincount(trial, shifted) / np.maximum(np.bincount(trial), 1)
    return np.asarray(shifted - means[trial])


def centred_columns(columns_of_people: list[FloatArray], trial: IntArray) -> FloatArray:
    """Return each column minus its means in the trials, (J, n)."""
    centred = np.empty((len(columns_of_people), len(trial)))
    for k, values in enumerate(columns_of_people):
        centred[k] = centre(values, trial)
    return centred


def _varies_within(values: FloatArray, trial: IntArray) -> bool:
    """Whether some trial has more than one value."""
    numbers, trial = np.unique(trial, return_inverse=True)
    return len(numbers) > 0 and bool(np.any(centre(values, trial) != 0.0))


def _check_finite(table: Columns) -> None:
    whole = np.column_stack([table.outcome, table.treatment, table.adjusters])
    rows = np.flatnonzero(np.isinf(whole).any(axis=1))
    if len(rows):
        raise ValueError(
            f"row {rows[0]} holds an infinite value; replace it by a number, or by NaN if the value is missing"
        )


def _wrong_moderators(moderators: Mapping[str, ArrayLike | Levels], participants: int) -> list[str]:
    wrong = []
    for name, given in moderators.items():
        try:
            z = given.codes if isinstance(given, Levels) else np.asarray(given, float)
        except (TypeError, ValueError):
            wrong.append(
                f"moderator {name!r} holds values that are no numbers; give numbers, or `Levels` of categories"
            )
            continue
        if z.shape != (participants,):
            wrong.append(f"moderator {name!r} has shape {z.shape}; give one value for each of {participants} people")
        elif np.isinf(z).any():
            row = int(np.flatnonzero(np.isinf(z))[0])
            wrong.append(f"moderator {name!r} has an infinite value in row {row}; use NaN if it is missing")
    return wrong


def as_numbers(moderators: Mapping[str, ArrayLike | Levels]) -> tuple[dict[str, FloatArray], dict[str, str]]:
    """Return the moderators that have an order, as numbers with NaN for missing, and why the others are left out."""
    values: dict[str, FloatArray] = {}
    unordered: dict[str, str] = {}
    for name, given in moderators.items():
        if not isinstance(given, Levels):
            values[name] = np.asarray(given, float)
        elif given.ordered or len(given.present) <= FEW_LEVELS:
            values[name] = np.where(given.codes < 0, np.nan, given.codes.astype(float))
        else:
            unordered[name] = f"its {len(given.present)} levels have no order, and so no direction"
    return values, unordered

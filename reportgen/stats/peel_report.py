"""What is reported of a directed peeling: limits in the units of the moderators, effects inside and outside.

In: a prepared search and what it found. Out: a `Peeling`.
Method: a box is read back from ranks to canonical limits (boxes.py); effects inside, effects outside and differences
come from the same sums as the scores, or from `fit_one_step` where the kernels cannot say; of events all are fitted anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from . import box_effects
from .beam import ScoredBox
from .boxes import Mask
from .candidate import TAU2
from .complete_cases import NotSearched
from .crossproducts import FloatArray
from .effect import NOTHING, Effect
from .one_step import CONVERGED, ONE_TRIAL, OneStepFit, zero_variance
from .peel_search import Found, Prepared, Worth
from .peeling import Box, Group, Limit, Peeling

if TYPE_CHECKING:
    from .event_groups import EventGroupFit
    from .event_peel import EventWorth, PreparedEventPeel

    AnyPrepared: TypeAlias = Prepared | PreparedEventPeel
    AnyWorth: TypeAlias = Worth | EventWorth


def report(prepared: AnyPrepared, found: Found) -> Peeling:
    """Describe what a search found."""
    assert found.overall is not None, "a draw has no report"
    status, message = _status(found.overall, prepared, found)
    return Peeling(
        tuple(_boxes(found.worth, found)) if found.worth is not None and found.boxes else (),
        status,
        message,
        _group_of_fit(found.overall),
        _among_participants(prepared, np.ones(len(found.outcome), np.bool_)),
        found.directions,
        _in_order(prepared, (*prepared.cases.not_searched, *found.not_searched)),
        prepared.cases.costs,
        prepared.cases.excluded,
        found.evaluated,
        prepared.settings,
    )


def _status(overall: OneStepFit | EventGroupFit, prepared: AnyPrepared, found: Found) -> tuple[str, str]:
    if prepared.reason:
        return "not estimable", prepared.reason
    if not found.directions:
        return "no moderator", "no moderator can be peeled; the reasons stand with each"
    if found.worth is None:
        return "not estimable", overall.message
    if not found.boxes:
        return "no box", (
            f"Of {_counted(found.evaluated)} none has a score: a box needs at least {prepared.least()} people,"
            f" {prepared.settings.min_arm} in each arm and {_trials(prepared.settings.min_trials)} with both arms"
            f"{_events(prepared.fewest)}"
        )
    were = "was" if found.evaluated == 1 else "were"
    return "ok", f"{_counted(found.evaluated)} {were} evaluated; nothing was tested."


def _events(fewest: int | None) -> str:
    if fewest is None:
        return ""
    return f"; inside and outside, {fewest} in each arm with the event and, of a binary outcome, as many without"


def _counted(number: int) -> str:
    return f"{number} box{'' if number == 1 else 'es'}"


def _trials(number: int) -> str:
    return f"{number} trial{'' if number == 1 else 's'}"


def _in_order(prepared: AnyPrepared, not_searched: tuple[NotSearched, ...]) -> tuple[NotSearched, ...]:
    return tuple(sorted(not_searched, key=lambda item: prepared.names.index(item.moderator)))


def _boxes(worth: AnyWorth, found: Found) -> list[Box]:
    sums = np.stack([box.sums for box in found.boxes])
    members = [worth.grid.members(box.ranks) for box in found.boxes]
    inside = worth.effects(sums, lambda k: members[k])
    rest = worth.whole - sums
    admissible = worth.admissible(rest)
    outside = worth.effects(rest, lambda k: ~members[k])
    ranks = np.stack([box.ranks for box in found.boxes])
    differences = worth.differences(ranks, sums)
    compared = worth.compared(sums)
    results = []
    for k, box in enumerate(found.boxes):
        mask = members[k]
        within = _group(worth, sums[k], inside[k], mask)
        without = _group(worth, rest[k], outside[k], ~mask) if admissible[k] else _inadmissible(rest[k])
        score = "effect" if worth.prepared.settings.objective == "effect" else "interaction"
        results.append(
            Box(
                box_limits(worth, found, box),
                box.n / len(found.outcome),
                within.n,
                within.n_control,
                within.n_intervention,
                within.trials,
                within.effect,
                within.status,
                within.message,
                _among_participants(worth.prepared, mask),
                without,
                _difference(worth, differences[k], mask) if admissible[k] else None,
                box.score,
                score if compared[k] or score == "effect" else "inside minus overall",
            )
        )
    return results


def box_limits(worth: AnyWorth, found: Found, box: ScoredBox) -> tuple[Limit, ...]:
    """Return the limits of a box on the frontier, one a moderator that is searched."""
    limits = []
    for direction, value in zip(found.directions, worth.grid.limits(box.ranks), strict=True):
        names = worth.prepared.level_names.get(direction.moderator)
        level = names[int(value)] if names is not None and value is not None else None
        limits.append(Limit(direction.moderator, "<=" if direction.gains == "small" else ">=", value, level))
    return tuple(limits)


def _group(worth: AnyWorth, sums: FloatArray, row: FloatArray, mask: Mask) -> Group:
    n, control, intervention, trials = _counts(sums)
    if not worth.sound(row[None])[0]:
        fit = worth.prepared.fit(worth.outcome, mask)
        return Group(n, control, intervention, trials, fit.effect, fit.status, fit.message)
    random = worth.prepared.settings.treatment_effect == "random"
    effect = box_effects.as_effect(row, trials - 1.0 if random else 0.0)
    if random and trials > 1 and row[TAU2] == 0.0:
        return Group(n, control, intervention, trials, effect, "boundary", zero_variance("treatment"))
    message = CONVERGED if trials > 1 else ONE_TRIAL
    return Group(n, control, intervention, trials, effect, "ok", message)


def _inadmissible(sums: FloatArray) -> Group:
    return Group(*_counts(sums), NOTHING, "not admissible", "too few people or trials are outside for an effect")


def _counts(sums: FloatArray) -> tuple[int, int, int, int]:
    intervention = round(float(sums[:, 1].sum()))
    n = round(float(sums[:, 0].sum()))
    return n, n - intervention, intervention, int(box_effects.trials_with_both_arms(sums[None])[0])


def _difference(worth: AnyWorth, row: FloatArray, mask: Mask) -> Effect | None:
    if not worth.sound(row[None])[0]:
        return worth.prepared.fit(worth.outcome, moderator=worth.prepared.inside_column(mask)).interaction
    random = worth.prepared.settings.treatment_effect == "random"
    return box_effects.as_effect(row, worth.prepared.trials - 1.0 if random else 0.0)


def _group_of_fit(fit: OneStepFit | EventGroupFit) -> Group:
    return Group(
        fit.n_control + fit.n_intervention,
        fit.n_control,
        fit.n_intervention,
        fit.trials,
        fit.effect,
        fit.status,
        fit.message,
    )


def _among_participants(prepared: AnyPrepared, mask: Mask) -> Mask:
    members = np.zeros(prepared.participants, np.bool_)
    members[prepared.cases.rows[mask]] = True
    return members

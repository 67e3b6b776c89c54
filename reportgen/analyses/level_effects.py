"""Effects in the levels of a moderator, or at values of it: those that agree with its interaction within trials, and plain ones.

In: the people of a cell, a moderator and the effects that its screening gives. Out: `LevelEffects`. A level with few people
of an arm is not told. What the people of all levels together say would give it away by subtraction: so neither the overall
effect nor the weights stand beside it, and if it is alone another level is hidden with it. Levels of two moderators that few
people tell apart do not both have an effect of their own. A value of a quantity enters with the digits that are printed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.moderator_values import Moderator, column_of
from reportgen.analyses.recording import clause
from reportgen.analyses.selection import Selection, adjusters_of
from reportgen.analyses.trial_interactions import Printed
from reportgen.records.estimate import Estimate
from reportgen.records.level_effects import LevelEffect, LevelEffects
from reportgen.records.moderation import EffectAt
from reportgen.records.numbers import Value
from reportgen.release.estimates import estimate_record
from reportgen.release.rules import (
    LEVEL_WORKED_OUT,
    TOO_CLOSE,
    TOO_EXTREME,
    TOO_FEW,
    as_printed,
    guards,
    in_both_arms,
    told_apart,
    withheld,
    withheld_estimate,
)
from reportgen.release.values import Values
from reportgen.spec.study import Moderators as Node
from reportgen.stats import ConsistentEffects, consistent_effects, fit_one_step
from reportgen.stats.moderator_models import counted, word

BoolArray = NDArray[np.bool_]
ALONE = ("treatment_effect", "inference", "df_floor", "adjuster_slopes", "residual")
"""Options of a screening that the model of one level alone has as well."""
CONSISTENT = (*ALONE, "interaction_effect")
Level = tuple[str, int]
"""A moderator by name, and the code of a level."""


def close_levels(
    moderators: Iterable[tuple[Moderator, frozenset[int]]], people: Selection, minimum: int
) -> frozenset[Level]:
    """Return the levels whose people alone are told apart from those of another level by too few people of an arm.

    Parameters
    ----------
    moderators : iterable of (Moderator, set of int)
        Of a cell, in their order, each with the codes of the levels that are not told anyway.
    people : Selection
    minimum : int
        The smallest cell of the policy.
    """
    if not guards(minimum):
        return frozenset()
    levels = [
        ((one.name, code), _alone(one, code, people))
        for one, few in moderators
        for code in range(len(one.levels))
        if code not in few
    ]
    found = [(level, who) for level, who in levels if who.any()]
    if not found:
        return frozenset()
    told = told_apart(np.array([who for _, who in found]), people.treatment, minimum)
    return frozenset(level for (level, _), one in zip(found, told, strict=True) if not one)


def _alone(moderator: Moderator, code: int, people: Selection) -> BoolArray:
    """Return who has a level, in trials with such people in both arms."""
    return in_both_arms(people.trial, people.treatment, moderator.of(people) == code)


def level_effects(
    moderator: Moderator,
    people: Selection,
    at: Sequence[EffectAt[Value]],
    *,
    node: Node,
    few: frozenset[int],
    close: frozenset[Level],
    how: Printed,
    press: Values,
) -> LevelEffects[Value] | None:
    """Return what stands beside the effects at values of a moderator, or in its levels.

    Parameters
    ----------
    moderator : Moderator
    people : Selection
    at : sequence of EffectAt
        Of the screening, as told.
    node : Moderators node of the study file
    few : set of int
        Codes of the levels with too few people of an arm.
    close : set of Level
        See `close_levels`.
    how : Printed
    press : Values
        Of the interaction: knows the people on whom it rests.

    Returns
    -------
    LevelEffects or None
        None where the screening has no effects.
    """
    values = () if moderator.categorical else [math.nan if one.value.value is None else one.value.value for one in at]
    found = consistent_effects(
        people.response,
        people.treatment,
        people.trial,
        column_of(moderator, people),
        adjusters=adjusters_of(people),
        values=values,
        reference=max(moderator.reference, 0),
        **_options(node, CONSISTENT),
    )
    if not at or len(found.effects) != len(at):
        return None
    made = press.at("consistent", status=found.status)
    why = clause(found.reason)
    untold = _untold(found, few) if moderator.categorical else {}
    overall = estimate_record(None if why else found.overall, how.level, made.at("overall"), how.unit, why)
    told = _Levels(moderator, people, node, found, untold, close, how, made)
    return LevelEffects(
        each=tuple(
            told.level(place) if moderator.categorical else told.value(place, one) for place, one in enumerate(at)
        ),
        overall=withheld_estimate(overall, LEVEL_WORKED_OUT) if untold else overall,
        centre=None if moderator.categorical or why else _centre(found.centre, moderator, how, made),
        status=found.status,
        reason=why,
    )


def _options(node: Node, names: Iterable[str]) -> dict[str, Any]:
    return node.model_dump(include=set(names))


def _untold(found: ConsistentEffects, few: frozenset[int]) -> dict[int, str]:
    """Return the levels that are not told, with the reason: at least two, or none."""
    untold: dict[int, str] = {int(code): TOO_FEW for code in found.values if code in few}
    if len(untold) == 1:
        others = [(n, int(code)) for code, n in zip(found.values, found.people, strict=True) if code not in untold]
        untold |= {min(others)[1]: LEVEL_WORKED_OUT} if others else {}
    return untold


def _centre(value: float, moderator: Moderator, how: Printed, press: Values) -> Value:
    decimals = 1 if moderator.decimals is None else moderator.decimals
    return press.figure("centre", as_printed(value, decimals, how.minimum), decimals, moderator.unit)


@dataclass(frozen=True, slots=True)
class _Levels:
    """The levels, or values, of one moderator, as they may be told."""

    moderator: Moderator
    people: Selection
    node: Node
    found: ConsistentEffects
    untold: Mapping[int, str]
    close: frozenset[Level]
    how: Printed
    press: Values

    def value(self, place: int, at: EffectAt[Value]) -> LevelEffect[Value]:
        """Return the effect at a value of a quantity."""
        made = self.press.at(f"percentile {at.percentile.words}" if at.percentile else str(place))
        consistent = self._consistent(place, made)
        hidden = at.value.status == "suppressed"
        return LevelEffect(None, None, None, withheld_estimate(consistent, TOO_EXTREME) if hidden else consistent)

    def level(self, place: int) -> LevelEffect[Value]:
        """Return the effects in a level."""
        code = int(self.found.values[place])
        made = self.press.at(self.moderator.levels[code])
        shares = self.found.composition
        n = made.count("n", self.found.people[place])
        share = made.fixed("share", 100 * shares[place] if shares else None, "percent", "%", clause(self.found.reason))
        consistent, alone = self._consistent(place, made), self._alone(code, made.at("alone"))
        reason = self.untold.get(code)
        if (self.moderator.name, code) in self.close:
            alone = withheld_estimate(alone, TOO_CLOSE)
        if reason is not None:
            n, consistent = withheld(n, reason), withheld_estimate(consistent, reason)
            alone = withheld_estimate(alone, reason)
        return LevelEffect(n, withheld(share, LEVEL_WORKED_OUT) if self.untold else share, alone, consistent)

    def _consistent(self, place: int, press: Values) -> Estimate[Value]:
        effect = self.found.effects[place]
        known = math.isfinite(float(effect.estimate))
        why = clause(self.found.reason) or ("" if known else "no trial has people of this level on both sides")
        return estimate_record(effect if known else None, self.how.level, press, self.how.unit, why)

    def _alone(self, code: int, press: Values) -> Estimate[Value]:
        """Return the effect in a model of the people of one level alone."""
        people, who = self.people, _alone(self.moderator, code, self.people)
        trials = len({*people.trial[who].tolist()})
        control, intervention = np.bincount(people.treatment[who], minlength=2).tolist()
        n = None if code in self.untold else int(who.sum())
        made = press.at(n=n, trials=trials, arms=(control, intervention), few=TOO_FEW)
        if trials < self.node.minimum_trials:
            why = f"its people are in both arms of {counted(trials)}, and the screening needs {word(self.node.minimum_trials)}"
            return estimate_record(None, self.how.level, made, self.how.unit, why)
        adjusters = adjusters_of(people)
        fit = fit_one_step(
            people.response[who],
            people.treatment[who],
            people.trial[who],
            adjusters=None if adjusters is None else adjusters[who],
            **_options(self.node, ALONE),
        )
        made = made.at(status=fit.status)
        why = clause(fit.message) if fit.status in ("failed", "not estimable") else ""
        return estimate_record(None if why else fit.effect, self.how.level, made, self.how.unit, why)

"""Effects in the levels of a moderator, or at values of it: those that agree with its interaction within trials, and plain ones.

In: the people of a cell, a moderator and the effects that its screening gives. Out: `LevelEffects`. A level with few people
of an arm is not disclosed. What the people of all levels together say would give it away by subtraction: so neither the overall
effect nor the weights stand beside it, and if it is alone another level is hidden with it. Levels of two moderators that few
people tell apart do not both have an effect of their own. A value of a quantity enters with the digits that are printed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.adjusters import with_adjusters
from reportgen.analyses.arm_events import has_few_events
from reportgen.analyses.fit_among import fit_people
from reportgen.analyses.moderator_values import Moderator, column_of
from reportgen.analyses.pooled_fits import LINKS, reference_of
from reportgen.analyses.selection import Selection, adjusters_of, narrowed
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
    disclosable_groups,
    guards,
    in_both_arms,
    suppress_estimate,
    suppress_value,
)
from reportgen.release.values import Values
from reportgen.spec.analyses import Moderators as Node
from reportgen.stats import ConsistentEffects, consistent_effects
from reportgen.stats.consistent_effects_glmm import consistent_effects_glmm
from reportgen.stats.moderator_models import counted, word

BoolArray = NDArray[np.bool_]
ALONE = ("treatment_effect", "inference", "df_floor", "adjuster_slopes", "residual")
"""Options of a screening that the model of one level alone has as well."""
CONSISTENT = (*ALONE, "interaction_effect")
OF_EVENTS = ("treatment_effect", "interaction_effect")
Level = tuple[str, int]
"""A moderator by name, and the code of a level."""


def close_levels(
    moderators: Iterable[tuple[Moderator, frozenset[int]]], people: Selection, minimum: int
) -> frozenset[Level]:
    """Return the levels whose people alone are distinguished from those of another level by too few people of an arm.

    Parameters
    ----------
    moderators : iterable of (Moderator, set of int)
        Of a cell, in their order, each with the codes of the levels that are not disclosed anyway.
    people : Selection
    minimum : int
        The smallest cell of the policy.
    """
    if not guards(minimum):
        return frozenset()
    levels = [
        ((item.name, code), _alone(item, code, people))
        for item, few in moderators
        for code in range(len(item.levels))
        if code not in few
    ]
    found = [(level, mask) for level, mask in levels if mask.any()]
    if not found:
        return frozenset()
    apart = disclosable_groups(np.array([mask for _, mask in found]), people.treatment, minimum)
    if people.kind != "continuous":
        apart = _apart_in_events([mask for _, mask in found], apart, people, minimum)
    return frozenset(level for (level, _), item in zip(found, apart, strict=True) if not item)


def _apart_in_events(masks: Sequence[BoolArray], apart: BoolArray, people: Selection, minimum: int) -> BoolArray:
    """Return which groups are apart in those with the event and in those without as well, each from those before it that are."""
    result = apart.copy()
    for place, mask in enumerate(masks):
        between = (mask ^ other for other, item in zip(masks[:place], result[:place], strict=True) if item)
        result[place] &= not any(has_few_events(people, item, minimum) for item in between)
    return result


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
    builder: Values,
) -> LevelEffects[Value] | None:
    """Return what stands beside the effects at values of a moderator, or in its levels.

    Parameters
    ----------
    moderator : Moderator
    people : Selection
    at : sequence of EffectAt
        Of the screening, as disclosed.
    node : Moderators node of the study file
    few : set of int
        Codes of the levels with too few people of an arm.
    close : set of Level
        See `close_levels`.
    how : Printed
    builder : Values
        Of the interaction: knows the people on whom it rests.

    Returns
    -------
    LevelEffects or None
        None where the screening has no effects.
    """
    values = (
        () if moderator.categorical else [math.nan if item.value.value is None else item.value.value for item in at]
    )
    found = _consistent(moderator, people, values, node)
    if not at or len(found.effects) != len(at):
        return None
    builder = builder.at("consistent", status=found.status)
    reason = found.reason
    suppressed = _suppression_reason(found, few) if moderator.categorical else {}
    overall = estimate_record(None if reason else found.overall, how.level, builder.at("overall"), how.unit, reason)
    levels = _Levels(moderator, people, node, found, suppressed, close, how, builder)
    return LevelEffects(
        each=tuple(
            levels.level(place) if moderator.categorical else levels.value(place, item) for place, item in enumerate(at)
        ),
        overall=suppress_estimate(overall, LEVEL_WORKED_OUT) if suppressed else overall,
        centre=None if moderator.categorical or reason else _centre(found.centre, moderator, how, builder),
        status=found.status,
        reason=reason,
    )


def _consistent(moderator: Moderator, people: Selection, values: Sequence[float], node: Node) -> ConsistentEffects:
    """Return the effects that agree with the interaction, by the kind of the outcome."""
    columns = people.response, people.treatment, people.trial, column_of(moderator, people)
    asked: dict[str, Any] = {
        "adjusters": adjusters_of(people),
        "values": values,
        "reference": max(moderator.reference, 0),
    }
    if people.kind == "continuous":
        return consistent_effects(*columns, **(asked | {"site": people.site} | _options(node, CONSISTENT)))
    asked |= {
        "exposure": people.exposure,
        "inference": reference_of(node.inference),
        "widened": True,
        **_options(node, OF_EVENTS),
    }
    found = consistent_effects_glmm(*columns, link=LINKS[people.kind], **asked)
    return replace(found, reason=with_adjusters(found.reason, people.adjuster_of))


def _options(node: Node, names: Iterable[str]) -> dict[str, Any]:
    return node.model_dump(include=set(names))


def _suppression_reason(found: ConsistentEffects, few: frozenset[int]) -> dict[int, str]:
    """Return the levels that are not disclosed, with the reason: at least two, or none."""
    suppressed: dict[int, str] = {int(code): TOO_FEW for code in found.values if code in few}
    if len(suppressed) == 1:
        others = [(n, int(code)) for code, n in zip(found.values, found.people, strict=True) if code not in suppressed]
        suppressed |= {min(others)[1]: LEVEL_WORKED_OUT} if others else {}
    return suppressed


def _centre(value: float, moderator: Moderator, how: Printed, values: Values) -> Value:
    decimals = 1 if moderator.decimals is None else moderator.decimals
    return values.figure("centre", as_printed(value, decimals, how.minimum), decimals, moderator.unit)


@dataclass(frozen=True, slots=True)
class _Levels:
    """The levels, or values, of one moderator, as they may be disclosed."""

    moderator: Moderator
    people: Selection
    node: Node
    found: ConsistentEffects
    suppressed: Mapping[int, str]
    close: frozenset[Level]
    how: Printed
    builder: Values

    def value(self, place: int, at: EffectAt[Value]) -> LevelEffect[Value]:
        """Return the effect at a value of a quantity."""
        builder = self.builder.at(f"percentile {at.percentile.words}" if at.percentile else str(place))
        consistent = self._consistent(place, builder)
        suppressed = at.value.status == "suppressed"
        return LevelEffect(None, None, None, suppress_estimate(consistent, TOO_EXTREME) if suppressed else consistent)

    def level(self, place: int) -> LevelEffect[Value]:
        """Return the effects in a level."""
        code = int(self.found.values[place])
        builder = self.builder.at(self.moderator.levels[code])
        shares = self.found.composition
        n = builder.count("n", self.found.people[place])
        share = builder.fixed("share", 100 * shares[place] if shares else None, "percent", "%", self.found.reason)
        consistent, alone = self._consistent(place, builder), self._alone(code, builder.at("alone"))
        reason = self.suppressed.get(code)
        if (self.moderator.name, code) in self.close:
            alone = suppress_estimate(alone, TOO_CLOSE)
        if reason is not None:
            n, consistent = suppress_value(n, reason), suppress_estimate(consistent, reason)
            alone = suppress_estimate(alone, reason)
        return LevelEffect(n, suppress_value(share, LEVEL_WORKED_OUT) if self.suppressed else share, alone, consistent)

    def _consistent(self, place: int, values: Values) -> Estimate[Value]:
        effect = self.found.effects[place]
        known = math.isfinite(float(effect.estimate))
        reason = self.found.reason or ("" if known else "no trial has participants of this level on both sides")
        return estimate_record(effect if known else None, self.how.level, values, self.how.unit, reason)

    def _alone(self, code: int, values: Values) -> Estimate[Value]:
        """Return the effect in a model of the people of one level alone."""
        people, mask = self.people, _alone(self.moderator, code, self.people)
        trials = len({*people.trial[mask].tolist()})
        control, intervention = np.bincount(people.treatment[mask], minlength=2).tolist()
        n = None if code in self.suppressed else int(mask.sum())
        builder = values.at(n=n, trials=trials, arms=(control, intervention), few=TOO_FEW)
        if trials < self.node.minimum_trials:
            reason = f"its people are in both arms of {counted(trials)}, and the screening needs {word(self.node.minimum_trials)}"
            return estimate_record(None, self.how.level, builder, self.how.unit, reason)
        among = narrowed(people, mask, people.excluded)
        fit = fit_people(among, **_options(self.node, ALONE))
        builder = builder.at(status=fit.status)
        reason = with_adjusters(fit.message, people.adjuster_of) if fit.status in ("failed", "not estimable") else ""
        return estimate_record(None if reason else fit.effect, self.how.level, builder, self.how.unit, reason)

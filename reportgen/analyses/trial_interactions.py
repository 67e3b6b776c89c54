"""The interaction of treatment with a moderator by trial, as a record may tell it.

In: the people of a cell and a moderator. Out: `ContrastByTrial`s. A trial in which few people of an arm, or of a level of
either arm, carry the interaction is not disclosed, nor is one that few people tell from the same trial in an earlier comparison.
Such a trial is not pooled either, and if it is alone another is hidden with it: what is pooled is then made of what is disclosed,
and the one-step interaction beside it rests on two trials that are not. A level whose interaction is not disclosed has no trials.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.arm_events import has_few_events
from reportgen.analyses.moderator_values import Moderator, column_of, values_of
from reportgen.analyses.pooled_fits import LINKS
from reportgen.analyses.recording import NAN
from reportgen.analyses.selection import Selection, adjusters_of, narrowed
from reportgen.analyses.suppressed_trials import guarded_trials
from reportgen.analyses.two_stage_record import two_stage_estimate, two_stage_heterogeneity
from reportgen.records.numbers import Status, Value
from reportgen.records.trial_interactions import ContrastByTrial, TrialInteraction
from reportgen.release.estimates import estimate_record
from reportgen.release.rules import (
    FOR_ANOTHER,
    LEVEL_WORKED_OUT,
    TOO_FEW,
    SuppressionReason,
    guards,
    in_both_arms,
    suppress_estimate,
    suppress_value,
    suppressed_arms,
)
from reportgen.release.values import Values
from reportgen.stats import (
    Contrast,
    Effect,
    InteractionByTrial,
    ModeratorFit,
    TwoStage,
    interaction_by_trial,
    interaction_by_trial_glm,
    pool_two_stage,
)

ONE_INTERACTION = "one trial alone has an interaction that is printed: nothing is pooled"
NO_INTERACTION = "no trial has an interaction that is printed"

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Earlier:
    """People of the same outcome at the same follow-up of whom is disclosed before, with the moderators as they have them."""

    people: Selection
    columns: Mapping[str, Moderator]


@dataclass(frozen=True, slots=True)
class _Disclosed:
    """What may be disclosed of one contrast.

    Attributes
    ----------
    people : Selection
        Whom it compares.
    hidden : mapping of str to str
        Trials that are not disclosed, with the reason.
    uncounted : set of str
        Trials whose people are not counted: who is not compared could be counted from them.
    """

    people: Selection
    hidden: Mapping[str, SuppressionReason]
    uncounted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Printed:
    """How estimates are disclosed: the level of their intervals, the smallest cell of the policy, the unit of the outcome."""

    level: float
    minimum: int
    unit: str


def contrasts_by_trial(
    moderator: Moderator,
    people: Selection,
    earlier: Sequence[Earlier],
    fit: ModeratorFit,
    suppresses_level: Callable[[int | None], bool],
    how: Printed,
    values: Values,
) -> tuple[ContrastByTrial[Value], ...]:
    """Return the interaction with a moderator by trial, a contrast for each estimate of its screening.

    Parameters
    ----------
    moderator : Moderator
    people : Selection
    earlier : sequence of Earlier
        Those of whom is disclosed before.
    fit : ModeratorFit
        Of the screening of these people.
    suppresses_level : callable
        Whether a contrast rests on too few people of all trials together: by the code of its level, None for a quantity.
    how : Printed
    values : Values
        Of the interaction.
    """
    found = _by_trial(moderator, people)
    builder = values.at("by trial")
    uncounted = _uncounted(moderator, people, how.minimum)
    out = []
    for contrast in found.contrasts:
        code = None if contrast.code < 0 else contrast.code
        compared = () if code is None else (code, fit.reference)
        here = _compared(moderator, people, compared)
        own = {str(name) for name, reason in zip(found.labels, contrast.reason, strict=True) if not reason}
        suppressed = _hidden_trials(moderator, here, earlier, compared, own, how.minimum)
        disclosed = None if suppresses_level(code) else _Disclosed(here, suppressed, uncounted)
        out.append(
            _contrast(contrast, found, disclosed, how, builder if code is None else builder.at(moderator.levels[code]))
        )
    return tuple(out)


def _by_trial(moderator: Moderator, people: Selection) -> InteractionByTrial:
    """Estimate the interaction in each trial by itself: by analysis of covariance, or logistic or Poisson regression."""
    columns = people.response, people.treatment, people.trial, column_of(moderator, people)
    asked: dict[str, Any] = {
        "adjusters": adjusters_of(people),
        "reference": max(moderator.reference, 0),
        "per": moderator.per,
    }
    if people.kind == "continuous":
        return interaction_by_trial(*columns, **asked)
    return interaction_by_trial_glm(*columns, link=LINKS[people.kind], exposure=people.exposure, widened=True, **asked)


def _compared(moderator: Moderator, people: Selection, codes: Sequence[int]) -> Selection:
    """Return the people of the levels that a contrast compares, or all who have a value, in trials with both arms."""
    values = values_of(moderator, people)
    among = np.isin(values, codes) if codes else ~np.isnan(values)
    return narrowed(people, in_both_arms(people.trial, people.treatment, among), ())


def _hidden_trials(
    moderator: Moderator,
    here: Selection,
    earlier: Sequence[Earlier],
    codes: Sequence[int],
    own: Collection[str],
    minimum: int,
) -> dict[str, SuppressionReason]:
    """Return the trials that are not disclosed, with the reason: at least two, or none; `own` have an interaction of their own."""
    if not guards(minimum):
        return {}
    before = [_compared(item.columns[moderator.name], item.people, codes) for item in earlier]
    few = [
        name
        for name in here.trials
        if _few_carry(moderator, here, name, codes, minimum) and _has_both(moderator, here, name, codes)
    ]
    suppressed = guarded_trials(here, minimum, before) | dict.fromkeys(few, TOO_FEW)
    if len(suppressed) == 1:
        others = [name for name in here.trials if name in own and name not in suppressed]
        suppressed |= {_smallest(here, others): FOR_ANOTHER} if others else {}
    return suppressed


def _uncounted(moderator: Moderator, people: Selection, minimum: int) -> frozenset[str]:
    """Return the trials whose people are not counted level by level: those with few people of a level, at least two, or none."""
    levels = range(len(moderator.levels))
    found = {name for name in people.trials if _few_carry(moderator, people, name, levels, minimum)}
    others = [name for name in people.trials if name not in found]
    return frozenset(found | {_smallest(people, others)} if len(found) == 1 and others else found)


def _smallest(people: Selection, trials: Iterable[str]) -> str:
    """Return the trial with the smallest arm."""
    return min(trials, key=lambda name: min(people.arm_size(0, name), people.arm_size(1, name)))


def _few_carry(moderator: Moderator, people: Selection, trial: str, codes: Iterable[int], minimum: int) -> bool:
    """Whether few people of a trial, and not nobody, have one of some levels in one of the arms; or few of these an event, or none."""
    if not guards(minimum):
        return False
    values, mine = values_of(moderator, people), people.trial == trial
    cells = [int(np.sum(mine & (values == code) & (people.treatment == arm))) for code in codes for arm in (0, 1)]
    groups = [mine & (values == code) for code in codes] or [mine]
    return any(0 < cell < minimum for cell in cells) or any(has_few_events(people, group, minimum) for group in groups)


def _has_both(moderator: Moderator, people: Selection, trial: str, codes: Sequence[int]) -> bool:
    """Whether a trial has each of some levels in both arms: only then does it tell of their contrast."""
    values, mine = values_of(moderator, people), people.trial == trial
    return all({*people.treatment[mine & (values == code)].tolist()} == {0, 1} for code in codes)


def _contrast(
    contrast: Contrast, found: InteractionByTrial, disclosed: _Disclosed | None, how: Printed, values: Values
) -> ContrastByTrial[Value]:
    names = [str(label) for label in found.labels]
    shown = np.array([disclosed is not None and name not in disclosed.hidden for name in names], dtype=bool)
    estimates, errors = (np.where(shown, item, NAN) for item in (contrast.estimate, contrast.std_error))
    pooled = pool_two_stage(estimates, errors, level=how.level)
    reason = TOO_FEW if disclosed is None else _not_pooled(pooled)
    places = {name: place for place, name in enumerate(names)}
    weights = np.full(len(names), NAN) if reason else pooled.weights
    rows: tuple[TrialInteraction[Value], ...] = ()
    if disclosed is not None:
        rows = tuple(
            _trial(name, places[name], contrast, weights, disclosed, how, values, reason)
            for name in disclosed.people.trials
        )
    entered = [row.trial.words for row in rows if row.status == "ok"]
    sizes = [_arms(disclosed, name) for name in entered if disclosed is not None]
    arms = sum(control for control, _ in sizes), sum(intervention for _, intervention in sizes)
    counted = disclosed is not None and disclosed.uncounted.isdisjoint(entered)
    builder = values.at("pooled", n=sum(arms) if counted else None, trials=pooled.trials, arms=arms, status="ok")
    i2, (low, high) = (NAN, (NAN, NAN)) if reason else (pooled.i2, pooled.i2_interval)
    return ContrastByTrial(
        id=values.prefix,
        trials=rows,
        pooled=two_stage_estimate(pooled, how.level, builder, how.unit, reason),
        heterogeneity=two_stage_heterogeneity(pooled, builder, how.unit, reason),
        i2=builder.fixed("i2", 100 * i2, "i2", "%", reason),
        i2_low=builder.fixed("i2 low", 100 * low, "i2", "%", reason),
        i2_high=builder.fixed("i2 high", 100 * high, "i2", "%", reason),
        reason=reason,
    )


def _not_pooled(pooled: TwoStage) -> str:
    """Return why the trials are not pooled, or an empty text."""
    if pooled.trials > 1:
        return ""
    return ONE_INTERACTION if pooled.trials else NO_INTERACTION


def _arms(disclosed: _Disclosed, trial: str) -> tuple[int, int]:
    return disclosed.people.arm_size(0, trial), disclosed.people.arm_size(1, trial)


def _trial(
    name: str,
    place: int,
    contrast: Contrast,
    weights: FloatArray,
    disclosed: _Disclosed,
    how: Printed,
    values: Values,
    not_pooled: str,
) -> TrialInteraction[Value]:
    reason = contrast.reason[place]
    status: Status = "not estimable" if reason else "ok"
    estimate, std_error, df = (float(item[place]) for item in (contrast.estimate, contrast.std_error, contrast.df))
    effect = None if reason else Effect(estimate, std_error, df, df)
    arms = _arms(disclosed, name)
    cause = disclosed.hidden.get(name) or (LEVEL_WORKED_OUT if name in disclosed.uncounted else None)
    builder = values.at("trial", name, n=None if cause else sum(arms), trials=1, status=status, arms=arms)
    counts = builder.count("n control", arms[0]), builder.count("n intervention", arms[1])
    n_control, n_intervention = suppressed_arms(counts, how.minimum, cause) if cause else builder.sides()
    row = TrialInteraction(
        trial=builder.quote("label", name),
        n_control=n_control,
        n_intervention=n_intervention,
        estimate=estimate_record(effect, how.level, builder, how.unit, reason),
        weight=builder.fixed(
            "weight", NAN if reason else 100 * float(weights[place]), "weight", "%", reason or not_pooled
        ),
        status=status,
        reason=reason,
    )
    return _suppressed(row, disclosed.hidden[name]) if name in disclosed.hidden else row


def _suppressed(row: TrialInteraction[Value], reason: str) -> TrialInteraction[Value]:
    """Return the row of a trial without estimate and weight."""
    return replace(
        row,
        estimate=suppress_estimate(row.estimate, reason),
        weight=suppress_value(row.weight, reason),
        status="suppressed",
        reason=reason,
    )

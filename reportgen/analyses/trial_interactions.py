"""The interaction of treatment with a moderator by trial, as a record may tell it.

In: the people of a cell and a moderator. Out: `ContrastByTrial`s. A trial in which few people of an arm, or of a level of
either arm, carry the interaction is not told, nor is one that few people tell from the same trial in an earlier comparison.
Such a trial is not pooled either, and if it is alone another is hidden with it: what is pooled is then made of what is told,
and the one-step interaction beside it rests on two trials that are not. A level whose interaction is not told has no trials.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.hidden_trials import guarded_trials
from reportgen.analyses.moderator_values import Moderator, column_of, values_of
from reportgen.analyses.recording import NAN, clause
from reportgen.analyses.selection import Selection, adjusters_of, narrowed
from reportgen.analyses.two_stage_record import two_stage_estimate, two_stage_heterogeneity
from reportgen.records.numbers import Status, Value
from reportgen.records.trial_interactions import ContrastByTrial, TrialInteraction
from reportgen.release.estimates import estimate_record
from reportgen.release.rules import (
    FOR_ANOTHER,
    LEVEL_WORKED_OUT,
    TOO_FEW,
    Untold,
    guards,
    hidden_arms,
    in_both_arms,
    withheld,
    withheld_estimate,
)
from reportgen.release.values import Values
from reportgen.stats import (
    Contrast,
    Effect,
    InteractionByTrial,
    ModeratorFit,
    TwoStage,
    interaction_by_trial,
    pool_two_stage,
)

ONE_INTERACTION = "one trial alone has an interaction that is printed: nothing is pooled"
NO_INTERACTION = "no trial has an interaction that is printed"

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Earlier:
    """People of the same outcome at the same follow-up of whom is told before, with the moderators as they have them."""

    people: Selection
    columns: Mapping[str, Moderator]


@dataclass(frozen=True, slots=True)
class _Told:
    """What may be told of one contrast.

    Attributes
    ----------
    people : Selection
        Whom it compares.
    hidden : mapping of str to str
        Trials that are not told, with the reason.
    uncounted : set of str
        Trials whose people are not counted: who is not compared could be counted from them.
    """

    people: Selection
    hidden: Mapping[str, Untold]
    uncounted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Printed:
    """How estimates are told: the level of their intervals, the smallest cell of the policy, the unit of the outcome."""

    level: float
    minimum: int
    unit: str


def contrasts_by_trial(
    moderator: Moderator,
    people: Selection,
    earlier: Sequence[Earlier],
    fit: ModeratorFit,
    hides: Callable[[int | None], bool],
    how: Printed,
    press: Values,
) -> tuple[ContrastByTrial[Value], ...]:
    """Return the interaction with a moderator by trial, a contrast for each estimate of its screening.

    Parameters
    ----------
    moderator : Moderator
    people : Selection
    earlier : sequence of Earlier
        Those of whom is told before.
    fit : ModeratorFit
        Of the screening of these people.
    hides : callable
        Whether a contrast rests on too few people of all trials together: by the code of its level, None for a quantity.
    how : Printed
    press : Values
        Of the interaction.
    """
    found = interaction_by_trial(
        people.response,
        people.treatment,
        people.trial,
        column_of(moderator, people),
        adjusters=adjusters_of(people),
        reference=max(moderator.reference, 0),
        per=moderator.per,
    )
    made = press.at("by trial")
    uncounted = _uncounted(moderator, people, how.minimum)
    out = []
    for contrast in found.contrasts:
        code = None if contrast.code < 0 else contrast.code
        compared = () if code is None else (code, fit.reference)
        here = _compared(moderator, people, compared)
        own = {str(name) for name, reason in zip(found.labels, contrast.reason, strict=True) if not reason}
        hidden = _hidden_trials(moderator, here, earlier, compared, own, how.minimum)
        told = None if hides(code) else _Told(here, hidden, uncounted)
        out.append(_contrast(contrast, found, told, how, made if code is None else made.at(moderator.levels[code])))
    return tuple(out)


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
) -> dict[str, Untold]:
    """Return the trials that are not told, with the reason: at least two, or none; `own` have an interaction of their own."""
    if not guards(minimum):
        return {}
    before = [_compared(one.columns[moderator.name], one.people, codes) for one in earlier]
    few = [
        name
        for name in here.trials
        if _few_carry(moderator, here, name, codes, minimum) and _has_both(moderator, here, name, codes)
    ]
    hidden = guarded_trials(here, minimum, before) | dict.fromkeys(few, TOO_FEW)
    if len(hidden) == 1:
        others = [name for name in here.trials if name in own and name not in hidden]
        hidden |= {_smallest(here, others): FOR_ANOTHER} if others else {}
    return hidden


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
    """Whether few people of a trial, and not nobody, have one of some levels in one of the arms."""
    if not guards(minimum):
        return False
    values, mine = values_of(moderator, people), people.trial == trial
    cells = [int(np.sum(mine & (values == code) & (people.treatment == arm))) for code in codes for arm in (0, 1)]
    return any(0 < cell < minimum for cell in cells)


def _has_both(moderator: Moderator, people: Selection, trial: str, codes: Sequence[int]) -> bool:
    """Whether a trial has each of some levels in both arms: only then does it tell of their contrast."""
    values, mine = values_of(moderator, people), people.trial == trial
    return all({*people.treatment[mine & (values == code)].tolist()} == {0, 1} for code in codes)


def _contrast(
    contrast: Contrast, found: InteractionByTrial, told: _Told | None, how: Printed, press: Values
) -> ContrastByTrial[Value]:
    names = [str(label) for label in found.labels]
    shown = np.array([told is not None and name not in told.hidden for name in names], dtype=bool)
    estimates, errors = (np.where(shown, one, NAN) for one in (contrast.estimate, contrast.std_error))
    pooled = pool_two_stage(estimates, errors, level=how.level)
    reason = TOO_FEW if told is None else _not_pooled(pooled)
    places = {name: place for place, name in enumerate(names)}
    weights = np.full(len(names), NAN) if reason else pooled.weights
    rows: tuple[TrialInteraction[Value], ...] = ()
    if told is not None:
        rows = tuple(
            _trial(name, places[name], contrast, weights, told, how, press, reason) for name in told.people.trials
        )
    entered = [row.trial.words for row in rows if row.status == "ok"]
    sizes = [_arms(told, name) for name in entered if told is not None]
    arms = sum(control for control, _ in sizes), sum(intervention for _, intervention in sizes)
    counted = told is not None and told.uncounted.isdisjoint(entered)
    made = press.at("pooled", n=sum(arms) if counted else None, trials=pooled.trials, arms=arms, status="ok")
    i2, (low, high) = (NAN, (NAN, NAN)) if reason else (pooled.i2, pooled.i2_interval)
    return ContrastByTrial(
        id=press.prefix,
        trials=rows,
        pooled=two_stage_estimate(pooled, how.level, made, how.unit, reason),
        heterogeneity=two_stage_heterogeneity(pooled, made, how.unit, reason),
        i2=made.fixed("i2", 100 * i2, "percent", "%", reason),
        i2_low=made.fixed("i2 low", 100 * low, "percent", "%", reason),
        i2_high=made.fixed("i2 high", 100 * high, "percent", "%", reason),
        reason=reason,
    )


def _not_pooled(pooled: TwoStage) -> str:
    """Return why the trials are not pooled, or an empty text."""
    if pooled.trials > 1:
        return ""
    return ONE_INTERACTION if pooled.trials else NO_INTERACTION


def _arms(told: _Told, trial: str) -> tuple[int, int]:
    return told.people.arm_size(0, trial), told.people.arm_size(1, trial)


def _trial(
    name: str,
    place: int,
    contrast: Contrast,
    weights: FloatArray,
    told: _Told,
    how: Printed,
    press: Values,
    not_pooled: str,
) -> TrialInteraction[Value]:
    reason = clause(contrast.reason[place])
    status: Status = "not estimable" if reason else "ok"
    estimate, std_error, df = (float(one[place]) for one in (contrast.estimate, contrast.std_error, contrast.df))
    effect = None if reason else Effect(estimate, std_error, df, df)
    arms = _arms(told, name)
    why = told.hidden.get(name) or (LEVEL_WORKED_OUT if name in told.uncounted else None)
    made = press.at("trial", name, n=None if why else sum(arms), trials=1, status=status, arms=arms)
    counts = made.count("n control", arms[0]), made.count("n intervention", arms[1])
    n_control, n_intervention = hidden_arms(counts, how.minimum, why) if why else made.sides()
    row = TrialInteraction(
        trial=made.quote("label", name),
        n_control=n_control,
        n_intervention=n_intervention,
        estimate=estimate_record(effect, how.level, made, how.unit, reason),
        weight=made.fixed(
            "weight", NAN if reason else 100 * float(weights[place]), "percent", "%", reason or not_pooled
        ),
        status=status,
        reason=reason,
    )
    return _withheld(row, told.hidden[name]) if name in told.hidden else row


def _withheld(row: TrialInteraction[Value], reason: str) -> TrialInteraction[Value]:
    """Return the row of a trial without estimate and weight."""
    return replace(
        row,
        estimate=withheld_estimate(row.estimate, reason),
        weight=withheld(row.weight, reason),
        status="suppressed",
        reason=reason,
    )

"""Events in either arm of each trial and of all trials, and what a ratio means for a thousand people, as far as they are disclosed.

In: a pooled effect as recorded, its people, and those of the comparisons before it. Out: the record with events and absolute
effects. People with an event are as few people as any: a trial is suppressed where an arm has few with it, or few without it,
and further trials until those suppressed together are not few.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.arm_means import SIDES, arms_disclosed
from reportgen.analyses.pooled_fits import LINKS, PER_HUNDRED, Fits, reference_of
from reportgen.analyses.recording import for_pooled
from reportgen.analyses.selection import Selection
from reportgen.records.effect_scale import EffectScale
from reportgen.records.events import ArmEvents
from reportgen.records.model import AbsoluteEffect, PooledEffect, TrialEstimate
from reportgen.records.numbers import Value
from reportgen.release.estimates import scalar
from reportgen.release.rules import guards
from reportgen.release.values import Values
from reportgen.spec.analyses import MetaAnalysis
from reportgen.spec.study import Study
from reportgen.stats import Effect, NumberNeeded, number_needed_to_treat, pool_control_risk, risk_difference

IntArray = NDArray[np.int64]
THOUSAND = 1000.0
LARGEST = 1000.0  # a rate beyond this, per unit of exposure, says that nothing is known
LEAST_SUPPRESSED = 2  # one trial alone is what all others leave of the total


def event_cells(selection: Selection, trials: Iterable[str] | None = None) -> IntArray:
    """Return people with an event in control and intervention, and those without in either; a row a trial, (K, 4).

    Of counts those without are not looked at: the number of events does not tell how many had none.
    """
    names = list(selection.trials if trials is None else trials)
    rows = [_cells(selection, selection.trial == name) for name in names]
    return np.array(rows, dtype=np.int64).reshape(len(names), 4)


def _cells(selection: Selection, mask: NDArray[np.bool_]) -> list[int]:
    sides = [selection.response[mask & (selection.treatment == side)] for side in (0, 1)]
    having = [int((mine > 0).sum()) for mine in sides]
    without = [len(mine) - some if selection.kind == "binary" else 0 for mine, some in zip(sides, having, strict=True)]
    return [*having, *without]


def suppressed_for_events(selection: Selection, minimum: int, already: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the trials that are suppressed since few people of an arm have the event, or have it not, with those beside them.

    A trial in which nobody, or everybody, has the event is no cover for another: that it is so is disclosed, and with it its events.

    Parameters
    ----------
    selection : Selection
    minimum : int
        Of the policy.
    already : iterable of str
        Trials that are suppressed in any case.
    """
    if not guards(minimum):
        return tuple(already)
    cells = event_cells(selection)
    small: list[bool] = np.any(few(cells, minimum), axis=1).tolist()
    suppressed = {name for name, is_small in zip(selection.trials, small, strict=True) if is_small} | set(already)
    if not suppressed:
        return ()
    differing = differing_trials(selection)
    rest = sorted(
        (name for name in differing if name not in suppressed),
        key=lambda name: min(selection.arm_size(0, name), selection.arm_size(1, name)),
    )
    while rest and not covers(selection, [name for name in differing if name in suppressed], minimum):
        suppressed.add(rest.pop(0))
    return tuple(name for name in selection.trials if name in suppressed)


def differing_trials(selection: Selection) -> tuple[str, ...]:
    """Return the trials in which some have an event and some have none, or, of counts, in which anybody has one."""
    cells = dict(zip(selection.trials, event_cells(selection).tolist(), strict=True))
    return tuple(
        name
        for name, (*having, without, without_too) in cells.items()
        if sum(having) and (selection.kind == "count" or without + without_too)
    )


def covers(selection: Selection, suppressed: Sequence[str], minimum: int) -> bool:
    """Whether trials that are suppressed together do not give each other away: two at least, and not few events in all."""
    return (
        len(suppressed) >= LEAST_SUPPRESSED and not few(event_cells(selection, suppressed).sum(axis=0), minimum).any()
    )


def sums_are_safe(selection: Selection, suppressed: Sequence[str], minimum: int) -> bool:
    """Whether the events of all trials together give away neither few people nor what is suppressed."""
    if not guards(minimum):
        return True
    differing = [name for name in differing_trials(selection) if name in suppressed]
    return not few(event_cells(selection).sum(axis=0), minimum).any() and (
        not differing or covers(selection, differing, minimum)
    )


def has_few_events(selection: Selection, mask: NDArray[np.bool_], minimum: int) -> bool:
    """Whether few of some people of an arm have the event, or have it not; nobody has where the outcome is none."""
    if selection.kind == "continuous" or not guards(minimum):
        return False
    return bool(few(np.array(_cells(selection, mask), dtype=np.int64), minimum).any())


def few(cells: IntArray, minimum: int) -> NDArray[np.bool_]:
    """Return which counts are few and not none."""
    return np.asarray((cells > 0) & (cells < minimum))


def with_events(
    effect: PooledEffect[Value], people: Selection, earlier: Sequence[Selection], study: Study, values: Values
) -> PooledEffect[Value]:
    """Return a pooled effect with the events of each trial that may be disclosed, and of all trials.

    Parameters
    ----------
    effect : PooledEffect
    people : Selection
        Who enters it.
    earlier : sequence of Selection
        The same outcome at the same follow-up in the comparisons before this one, whose events are disclosed.
    study : Study
    values : Values
        Of the analysis.
    """
    at = for_pooled(people.outcome, study, values).at(people.comparison, people.outcome, people.follow_up)
    rows = tuple(
        replace(row, events=_of_trial(row, people, at)) if arms_disclosed(row, people, earlier, study) else row
        for row in effect.by_trial
    )
    suppressed = [row.trial.words for row in rows if row.status == "suppressed"]
    known = rows and all(row.events is not None or row.status == "suppressed" for row in rows)
    safe = known and sums_are_safe(people, suppressed, study.policy.minimum_cell)
    return replace(
        effect, by_trial=rows, events=counted_events(people, np.ones(people.n, dtype=bool), at) if safe else None
    )


def _of_trial(row: TrialEstimate[Value], people: Selection, values: Values) -> ArmEvents[Value]:
    name = row.trial.words
    return counted_events(people, people.trial == name, values.at("trial", name, trials=1))


def counted_events(people: Selection, mask: NDArray[np.bool_], values: Values) -> ArmEvents[Value]:
    """Return the events of some people in either arm, with the exposure in which they were counted.

    Parameters
    ----------
    people : Selection
    mask : ndarray of bool, shape (n,)
    values : Values
    """
    values = values.at("events")
    unit = "participants" if people.kind == "binary" else "events"
    counts, times = [], []
    for side, word in enumerate(SIDES):
        mine = mask & (people.treatment == side)
        counts.append(values.count(word, int(people.response[mine].sum()), unit))
        if people.exposure is not None:
            times.append(values.figure(f"exposure {word}", float(people.exposure[mine].sum()), 0))
    return ArmEvents(counts[0], counts[1], *times)


def with_absolute(
    effect: PooledEffect[Value], people: Selection, fits: Fits | None, node: MetaAnalysis, values: Values
) -> PooledEffect[Value]:
    """Return a pooled effect on events with what it means for a thousand people, and the dispersion of counts.

    Parameters
    ----------
    effect : PooledEffect
    people : Selection
        Who enters it.
    fits : Fits or None
        What was fitted to them.
    node : MetaAnalysis node of the study file
    values : Values
        Of the effect: knows the people of either arm on whom it rests.
    """
    if fits is None or fits.failed or values.rests_on_few:
        return effect
    dispersion = None
    if people.kind == "count" and not fits.alone:
        dispersion = values.fixed("dispersion", fits.dispersion, "q")
    absolute = _absolute(people, fits.effect, node, effect.scale, values.at("absolute"))
    return replace(effect, absolute=absolute, dispersion=dispersion)


def _absolute(
    people: Selection, effect: Effect, node: MetaAnalysis, scale: EffectScale, values: Values
) -> AbsoluteEffect[Value] | None:
    """Return what a pooled effect means for a thousand people; None where the risk of the controls cannot be pooled."""
    link = LINKS[people.kind]
    risk = pool_control_risk(
        people.response,
        people.treatment,
        people.trial,
        link=link,
        exposure=people.exposure,
        inference=reference_of(node.inference),
    )
    if risk.status not in ("ok", "boundary"):
        return None

    def thousand(name: str, value: float) -> Value:
        return values.figure(name, THOUSAND * value if value < LARGEST else math.inf, 0, "per thousand")

    control_low, control_high = risk.interval(node.level)
    ends = (effect.estimate, *effect.interval(node.level))
    difference, low, high = (_difference(risk.value, scalar(end), people) for end in ends)
    needed = number_needed_to_treat(difference, low, high) if people.kind == "binary" else None
    number, first, last = (None, None, None) if needed is None else _needed(values, needed)
    return AbsoluteEffect(
        control=thousand("control", risk.value),
        control_low=thousand("control low", control_low),
        control_high=thousand("control high", control_high),
        difference=thousand("difference", difference),
        low=thousand("low", low),
        high=thousand("high", high),
        needed=number,
        needed_low=first,
        needed_high=last,
        benefits=(scale.favourable(difference), scale.favourable(low), scale.favourable(high)),
        through_infinity=needed is not None and needed.through_infinity,
    )


def _difference(risk: float, effect: float, people: Selection) -> float:
    """Return the difference in risk, or rate, that an effect makes of that of the controls; no risk is above one."""
    if people.measure == "risk difference":
        return effect / PER_HUNDRED
    if people.measure == "risk ratio":
        return min(risk_difference(risk, effect, "log"), 1.0 - risk)
    return risk_difference(risk, effect, LINKS[people.kind])


def _needed(values: Values, needed: NumberNeeded) -> tuple[Value, Value, Value]:
    """Numbers needed, whatever their sign; infinite ones are none."""

    def one(name: str, value: float) -> Value:
        return (
            values.figure(name, abs(value), 0) if math.isfinite(value) else values.none(name, "no difference in risk")
        )

    return one("needed", needed.number), one("needed low", needed.limits[0]), one("needed high", needed.limits[1])

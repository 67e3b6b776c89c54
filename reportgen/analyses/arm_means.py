"""Mean and standard deviation of what is analysed, in either arm of each trial of a pooled effect, as far as they are disclosed.

In: a pooled effect as recorded, its people, and those of the comparisons before it. Out: the record with means. The sum of a
group less that of a part of it is the sum of the rest, so that no mean is disclosed of people who are a part of others whose mean
is: `spec.check.means_disclosed_by` says which analysis discloses means, and here a side of a trial has the very people of one
disclosed before, or none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from reportgen.analyses.measurements import direction_of
from reportgen.analyses.naming import natural_unit_of
from reportgen.analyses.recording import for_outcome
from reportgen.analyses.selection import Selection, in_own_units
from reportgen.records.model import ArmMeans, PooledEffect, TrialEstimate
from reportgen.records.numbers import Value
from reportgen.release.rules import few_of, guards
from reportgen.release.values import Values
from reportgen.spec.study import Study
from reportgen.stats.descriptive import mean_sd

ONE_VALUE = "one value has no standard deviation"
SIDES = ("control", "intervention")


def with_arm_means(
    effect: PooledEffect[Value], people: Selection, earlier: Sequence[Selection], study: Study, values: Values
) -> PooledEffect[Value]:
    """Return a pooled effect with the means of each trial that may be disclosed.

    Parameters
    ----------
    effect : PooledEffect
    people : Selection
        Who enters it.
    earlier : sequence of Selection
        The same outcome at the same follow-up in the comparisons before this one, whose means are disclosed.
    study : Study
    values : Values
        Of the analysis.
    """
    at = for_outcome(people.outcome, study, values).at(people.comparison, people.outcome, people.follow_up)
    rows = (
        replace(row, means=_means(row, people, study, at)) if arms_disclosed(row, people, earlier, study) else row
        for row in effect.by_trial
    )
    return replace(effect, by_trial=tuple(rows))


def arms_disclosed(row: TrialEstimate[Value], people: Selection, earlier: Sequence[Selection], study: Study) -> bool:
    """Whether what is known of the arms of a trial may be disclosed beside the comparisons before."""
    name, minimum = row.trial.words, study.policy.minimum_cell
    if row.status == "suppressed" or few_of((people.arm_size(0, name), people.arm_size(1, name)), minimum):
        return False
    return apart_from(people, earlier, name, minimum)


def apart_from(people: Selection, earlier: Sequence[Selection], trial: str, minimum: int) -> bool:
    """Whether the arms of a trial, disclosed beside those of earlier comparisons, disclose nobody else."""
    before = [group for other in earlier for group in _sides(other, trial)]
    return not guards(minimum) or all(_apart(group, before) for group in _sides(people, trial))


def _sides(people: Selection, trial: str) -> list[frozenset[int]]:
    """Return who of a trial is on either side."""
    here = people.trial == trial
    return [frozenset(people.rows[here & (people.treatment == side)].tolist()) for side in (0, 1)]


def _apart(group: frozenset[int], others: Iterable[frozenset[int]]) -> bool:
    """Whether a group is each of some others, or has nobody of it.

    Examples
    --------
    >>> both = frozenset({1, 2, 3})
    >>> _apart(both, [both, frozenset({4, 5})]), _apart(frozenset({1, 2}), [both])
    (True, False)
    """
    return all(group == other or not group & other for other in others)


def _means(row: TrialEstimate[Value], people: Selection, study: Study, values: Values) -> ArmMeans[Value]:
    """Return the means of a trial: improvements, or values at follow-up in the direction of the outcome."""
    name, outcome = row.trial.words, study.outcomes[people.outcome]
    people = in_own_units(people)
    unit = natural_unit_of(people.outcome, study)
    if outcome.without_unit:
        unit = study.instruments[people.instruments[name]].unit
    turned = outcome.final and direction_of(outcome, people.outcome, study) == "lower"
    numbers: list[Value] = []
    for side, word in enumerate(SIDES):
        mine = people.response[(people.trial == name) & (people.treatment == side)]
        mean, sd = mean_sd(-mine if turned else mine)
        at = values.at("trial", name, word, n=len(mine), trials=1)
        numbers += [at.fixed("mean", mean, "mean", unit), at.fixed("sd", sd, "mean", unit, ONE_VALUE)]
    return ArmMeans("value at follow-up" if outcome.final else "improvement", *numbers)

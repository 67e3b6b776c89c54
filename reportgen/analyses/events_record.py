"""Events counted by arm, trial and follow-up: a description, in which nothing is pooled.

In: the repository and the node of the study file. Out: the record. Everybody with a value counts, adjusters or not, and so does
a trial without any event. Differences in risk have Newcombe's interval (1998, Stat Med 17:873) by statsmodels, those of rates the
score interval of two Poisson rates. Small cells are suppressed by trial, with others beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.arm_events import counted_events, has_few_events, sums_are_safe, suppressed_for_events
from reportgen.analyses.arm_means import apart_from
from reportgen.analyses.measurements import Measurements
from reportgen.analyses.naming import level_number
from reportgen.analyses.recording import NAN, comparison_records
from reportgen.analyses.selection import Selection, earlier_of, select, small_trials
from reportgen.data import Repository
from reportgen.records.events import CountedTrial, EventCount, EventSettings, EventTable
from reportgen.records.names import outcome_label
from reportgen.records.numbers import Value, slug
from reportgen.release.rules import (
    ELSEWHERE,
    FOR_ANOTHER,
    TOO_CLOSE,
    TOO_FEW,
    SuppressionReason,
    each_number,
    suppress_value,
    suppressed_arms,
)
from reportgen.release.values import Values
from reportgen.spec.analyses import Events as Node
from reportgen.spec.check import means_disclosed_by
from reportgen.spec.references import expanded
from reportgen.spec.study import Study
from reportgen.stats.rates import rate_difference

PER = 100.0
ONLY_ONE_SIDE = "no participants on one side"
Cell = tuple[str, str, str]
Interval = tuple[float, float, float]


def disclosing(name: str, node: Node, study: Study) -> tuple[Cell, ...]:
    """Return which cells an analysis discloses: those of which none before it discloses events of nearly the same people."""
    return tuple(cell for cell in _cells(node, study) if means_disclosed_by(cell[1], cell[2], study) in (name, None))


def _cells(node: Node, study: Study) -> Iterator[Cell]:
    """Yield comparison, outcome and follow-up."""
    yield from product(
        expanded(node.comparisons, study.comparisons), node.asked(study), expanded(node.follow_up, study.follow_up)
    )


def counted_people(node: Node, study: Study, repository: Repository, measurements: Measurements) -> Iterator[Selection]:
    """Yield everybody with a value, for each comparison, outcome and follow-up."""
    for comparison, outcome, follow_up in _cells(node, study):
        yield select(
            repository,
            measurements,
            study,
            outcome=outcome,
            follow_up=follow_up,
            comparison=comparison,
            adjust_for=(),
            telling_nothing=True,
        )


def events_record(
    repository: Repository, *, name: str, node: Node, study: Study, disclosing: Sequence[Cell]
) -> EventTable[Value]:
    """Count the events of an analysis.

    Parameters
    ----------
    repository : Repository
    name : str
        As in the study file; ids start with it.
    node : Events node of the study file
    study : Study
    disclosing : sequence of (comparison, outcome, follow-up)
        What may be disclosed here: see `disclosing`.
    """
    values = Values(slug(name), f"analyses.{name}", minimum=study.policy.minimum_cell)
    settings = values.at("settings")
    present = {arm_class for trial in repository.trials for arm_class, _, _ in trial.arms}
    results: list[EventCount[Value]] = []
    before: list[Selection] = []
    for people in counted_people(node, study, repository, Measurements(repository, study)):
        disclosed = (people.comparison, people.outcome, people.follow_up) in disclosing
        results.append(_counted(people, earlier_of(people, before), node, study, values, disclosed=disclosed))
        before += [people] if disclosed else []
    return EventTable(
        name=name,
        settings=EventSettings(
            level_number(node.level, settings), settings.count("minimum cell", study.policy.minimum_cell)
        ),
        comparisons=comparison_records(node, study, present, values),
        results=tuple(results),
    )


def _counted(
    people: Selection, earlier: Sequence[Selection], node: Node, study: Study, values: Values, *, disclosed: bool
) -> EventCount[Value]:
    minimum = study.policy.minimum_cell
    at = values.at(people.comparison, people.outcome, people.follow_up, arms=people.arms)
    n_control, n_intervention = at.sides()
    known = small_trials(people, minimum)
    close = tuple(name for name in people.trials if not apart_from(people, earlier, name, minimum))
    suppressed = suppressed_for_events(people, minimum, (*known, *close)) if disclosed else people.trials
    others: dict[str, SuppressionReason] = dict.fromkeys(close, TOO_CLOSE)
    if not disclosed:
        others = dict.fromkeys(people.trials, ELSEWHERE)
    reasons = {name: others.get(name, FOR_ANOTHER) for name in suppressed}
    rows = tuple(_trial(name, people, reasons, node, study, at) for name in people.trials)
    safe = disclosed and sums_are_safe(people, suppressed, minimum)
    return EventCount(
        id=at.prefix,
        outcome=people.outcome,
        outcome_label=at.quote("outcome", outcome_label(people.outcome, study)),
        follow_up=people.follow_up,
        follow_up_label=at.quote("follow-up", study.follow_up[people.follow_up].label or people.follow_up),
        comparison=people.comparison,
        kind="binary" if people.kind == "binary" else "count",
        trials=at.count("trials", len(people.trials), "trials"),
        n=at.count("n", people.n),
        n_control=n_control,
        n_intervention=n_intervention,
        rows=rows,
        events=counted_events(people, np.ones(people.n, dtype=bool), at) if safe else None,
        absent=tuple(
            (at.quote(f"absent {i}", item.trial), item.reason)
            for i, item in enumerate((item for item in people.excluded if item.whole_trial), 1)
        ),
    )


def _trial(
    name: str, people: Selection, suppressed: Mapping[str, SuppressionReason], node: Node, study: Study, values: Values
) -> CountedTrial[Value]:
    """Return the row of a trial; `suppressed` are those that are not disclosed, with the reason where they are not too small."""
    minimum = study.policy.minimum_cell
    mine = people.trial == name
    arms = people.arm_size(0, name), people.arm_size(1, name)
    at = values.at("trial", name, arms=arms)
    counts = at.count("n control", arms[0]), at.count("n intervention", arms[1])
    found, reason = (NAN, NAN, NAN), ONLY_ONE_SIDE
    if min(arms) > 0:
        found, reason = _difference(people, mine, node.level), ""
    difference, low, high = (
        at.fixed(word, PER * value, "percent", "%", reason)
        for word, value in zip(("difference", "difference low", "difference high"), found, strict=True)
    )
    row = CountedTrial(
        at.quote("label", name), *counts, counted_events(people, mine, at), difference, low, high, name in suppressed
    )
    if name not in suppressed:
        return row
    few = has_few_events(people, mine, minimum) or name in small_trials(people, minimum)
    return _suppressed(row, minimum, TOO_FEW if few else suppressed[name])


def _suppressed(row: CountedTrial[Value], minimum: int, reason: str) -> CountedTrial[Value]:
    """Return the row of a trial of which nothing is disclosed but that it is there."""
    n_control, n_intervention = suppressed_arms((row.n_control, row.n_intervention), minimum, reason)
    rest = {
        name: each_number(getattr(row, name), lambda number: suppress_value(number, reason))
        for name in ("events", "difference", "low", "high")
    }
    return replace(row, n_control=n_control, n_intervention=n_intervention, **rest)


def _difference(people: Selection, mask: NDArray[np.bool_], level: float) -> Interval:
    """Return intervention minus control, as a share of people or for a unit of exposure, with its interval."""
    from statsmodels.stats.proportion import confint_proportions_2indep  # takes long to import

    events, size = [], []
    for side in (1, 0):
        mine = mask & (people.treatment == side)
        events.append(float(people.response[mine].sum()))
        size.append(float(mine.sum() if people.exposure is None else people.exposure[mine].sum()))
    if people.kind == "count":
        return rate_difference((events[0], events[1]), (size[0], size[1]), level)
    low, high = confint_proportions_2indep(events[0], size[0], events[1], size[1], method="newcomb", alpha=1 - level)
    return events[0] / size[0] - events[1] / size[1], float(low), float(high)

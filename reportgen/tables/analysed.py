"""Trials and participants of each analysis, whatever its method, and who was left out and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.estimate import ExcludedParticipants
from reportgen.records.model import PooledEffect
from reportgen.records.numbers import Inline, Number
from reportgen.records.partition import PartitionedOutcome
from reportgen.records.peeling import PeeledOutcome
from reportgen.tables.phrases import explained, joined

COUNTS = ("Participants",)
ROWS_WITH_REASONS = 6  # on paper; each has some ten lines of reasons


@dataclass(frozen=True, slots=True)
class People:
    """Who entered one outcome at one follow-up in one comparison, and in which analysis of which method."""

    comparison: str
    outcome: str
    follow_up: str
    outcome_label: Number
    follow_up_label: Number
    trials: Number
    n_control: Number
    n_intervention: Number
    n: Number
    in_comparison: Number
    excluded: tuple[ExcludedParticipants, ...]
    analysis: str = ""
    method: str = ""


def people_of(item: PooledEffect | PartitionedOutcome | PeeledOutcome) -> People:
    """Return who entered one result of an analysis."""
    counted = item.entered
    return People(
        item.comparison,
        item.outcome,
        item.follow_up,
        item.outcome_label,
        item.follow_up_label,
        counted.trials,
        counted.n_control,
        counted.n_intervention,
        counted.n,
        item.in_comparison,
        item.excluded,
    )


def analysed(people: Sequence[People], titles: Mapping[str, Number]) -> Table:
    """Return trials and participants of each analysis, by comparison and outcome.

    Parameters
    ----------
    people : sequence of People
        Those of one outcome and comparison stand together; where they are of several analyses, the method is named.
    titles : mapping
        Of the comparisons, by name.
    """
    order = {
        key: place for place, key in enumerate(dict.fromkeys((person.comparison, person.outcome) for person in people))
    }
    several = len({person.comparison for person in people}) > 1
    methods = len({person.analysis for person in people}) > 1
    groups = []
    rows = sorted(people, key=lambda item: order[item.comparison, item.outcome])
    for (comparison, _), found in groupby(rows, key=lambda item: (item.comparison, item.outcome)):
        members = list(found)
        label: Inline = (members[0].outcome_label,)
        head = (titles[comparison], ": ", *label) if several else label
        groups.append(Group(tuple(_row(member, member.method if methods else "") for member in members), head=head))
    notes: tuple[Inline, ...] = (
        (
            "Eligible: in an arm on either side of the comparison, in any trial. Whole trial: none of its participants could be analysed.",
        ),
    )
    table = explained(Table(_columns(), tuple(groups), notes))
    return replace(table, paper=_without_reasons(table)) if len(rows) > ROWS_WITH_REASONS else table


def _without_reasons(table: Table) -> Table:
    """Return the counts alone: who was left out, trial by trial, takes more room than all the rest."""
    groups = tuple(
        replace(group, rows=tuple(replace(row, cells=row.cells[:-1]) for row in group.rows)) for group in table.groups
    )
    return replace(table, columns=table.columns[:-1], groups=groups)


def _columns() -> tuple[Column, ...]:
    return (
        Column(("Analysis",), "left"),
        Column(("m",), "right"),
        Column(("Control",), "right", COUNTS),
        Column(("Intervention",), "right", COUNTS),
        Column(("Analysed",), "right", COUNTS),
        Column(("Eligible",), "right", COUNTS),
        Column(("Excluded, by reason and trial",), "left"),
    )


def _row(people: People, method: str) -> Row:
    head: Inline = (f"{method}, ", people.follow_up_label) if method else (people.follow_up_label,)
    counts = (people.trials, people.n_control, people.n_intervention, people.n, people.in_comparison)
    return Row(head, (*((number,) for number in counts), _excluded(people.excluded)))


def _excluded(excluded: Sequence[ExcludedParticipants]) -> Inline:
    """Return "no value at follow-up: KY 12, MN 10; whole trial, not measured: NY 52"."""
    by_reason: dict[tuple[bool, str], list[ExcludedParticipants]] = {}
    for line in excluded:
        text = "".join(part if isinstance(part, str) else part.text for part in line.reason)
        by_reason.setdefault((line.whole_trial, text), []).append(line)
    parts: list[Inline] = []
    for (whole, _), lines in sorted(by_reason.items(), key=lambda item: not item[0][0]):
        trials = joined([(line.trial, " ", line.n) for line in lines], ", ")
        parts.append(("whole trial, " if whole else "", *lines[0].reason, ": ", *trials))
    return joined(parts) if parts else ("nobody",)

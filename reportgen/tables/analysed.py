"""Trials and participants of each analysis, whatever its method, and who was left out and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from itertools import groupby

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.estimate import ComparisonRecord, LeftOut
from reportgen.records.model import MetaAnalysis, PooledEffect
from reportgen.records.numbers import Inline, Number
from reportgen.records.partition import Members, PartitionedOutcome, RecursivePartitioning
from reportgen.records.peeling import DirectedPeeling, PeeledOutcome
from reportgen.tables.phrases import explained, joined

COUNTS = ("Participants",)
METHODS = {
    MetaAnalysis: "Meta-analysis",
    RecursivePartitioning: "Recursive partitioning",
    DirectedPeeling: "Directed peeling",
}
ROWS_WITH_REASONS = 6  # on paper; each has some ten lines of reasons
Analysed = MetaAnalysis | RecursivePartitioning | DirectedPeeling
"""Records that say who entered each outcome x follow-up x comparison."""


@dataclass(frozen=True, slots=True)
class People:
    """Who entered one outcome at one follow-up in one comparison."""

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
    left_out: tuple[LeftOut, ...]


@singledispatch
def people_of(record: object) -> Iterator[People]:
    """Yield who entered, in the order of the record."""
    raise TypeError(f"{type(record).__name__} does not say who was analysed")


@people_of.register
def _(record: MetaAnalysis) -> Iterator[People]:
    yield from (_people(one, one) for one in record.effects)


@people_of.register
def _(record: RecursivePartitioning) -> Iterator[People]:
    yield from (_people(one, one.overall) for one in record.searches)


@people_of.register
def _(record: DirectedPeeling) -> Iterator[People]:
    yield from (_people(one, one) for one in record.peelings)


def _people(
    one: PooledEffect | PartitionedOutcome | PeeledOutcome, counted: PooledEffect | Members | PeeledOutcome
) -> People:
    return People(
        one.comparison,
        one.outcome,
        one.follow_up,
        one.outcome_label,
        one.follow_up_label,
        counted.trials,
        counted.n_control,
        counted.n_intervention,
        counted.n,
        one.in_comparison,
        one.left_out,
    )


def analysed(
    record: Analysed, people: Sequence[People], beside: Sequence[tuple[Analysed, Sequence[People]]] = ()
) -> Table:
    """Return trials and participants of each analysis, by comparison and outcome.

    Parameters
    ----------
    record : MetaAnalysis, RecursivePartitioning or DirectedPeeling
    people : sequence of People
        What is shown of it.
    beside : sequence of (record, sequence of People)
        Further analyses, whose rows stand below those of the same comparison and outcome.
    """
    shown = [(record, people), *beside]
    titles = _titles([one for one, _ in shown])
    rows = [(place, one) for place, (_, found) in enumerate(shown) for one in found]
    order = {key: place for place, key in enumerate(dict.fromkeys((one.comparison, one.outcome) for _, one in rows))}
    several = len({one.comparison for _, one in rows}) > 1
    words = [METHODS[type(one)] if beside else "" for one, _ in shown]
    groups = []
    rows.sort(key=lambda row: order[row[1].comparison, row[1].outcome])
    for (comparison, _), found in groupby(rows, key=lambda row: (row[1].comparison, row[1].outcome)):
        members = list(found)
        label: Inline = (members[0][1].outcome_label,)
        head = (titles[comparison], ": ", *label) if several else label
        groups.append(Group(tuple(_row(one, words[place]) for place, one in members), head=head))
    notes: tuple[Inline, ...] = (
        ("Eligible: in an arm of either side of the comparison, in any trial. Whole trial: nobody of it could enter.",),
    )
    table = explained(Table(_columns(), tuple(groups), notes, (("m", "trials"),)))
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
        Column(("Left out, by reason and trial",), "left"),
    )


def _titles(records: Sequence[Analysed]) -> dict[str, Number]:
    comparisons: list[ComparisonRecord] = [comparison for record in records for comparison in record.comparisons]
    return {comparison.name: comparison.title for comparison in reversed(comparisons)}


def _row(one: People, method: str) -> Row:
    head: Inline = (f"{method}, ", one.follow_up_label) if method else (one.follow_up_label,)
    counts = (one.trials, one.n_control, one.n_intervention, one.n, one.in_comparison)
    return Row(head, (*((number,) for number in counts), _left_out(one.left_out)))


def _left_out(gone: Sequence[LeftOut]) -> Inline:
    """Return "no value at follow-up: KY 12, MN 10; whole trial, not measured: NY 52"."""
    by_reason: dict[tuple[bool, str], list[LeftOut]] = {}
    for line in gone:
        text = "".join(part if isinstance(part, str) else part.text for part in line.reason)
        by_reason.setdefault((line.whole_trial, text), []).append(line)
    parts: list[Inline] = []
    for (whole, _), lines in sorted(by_reason.items(), key=lambda item: not item[0][0]):
        trials = joined([(line.trial, " ", line.n) for line in lines], ", ")
        parts.append(("whole trial, " if whole else "", *lines[0].reason, ": ", *trials))
    return joined(parts) if parts else ("nobody",)

"""The pages after the results: what was done to the data, what the numbers were made from, and what the scales mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.model import Failure, Glossary, Ledger, LedgerRow, Provenance
from reportgen.records.numbers import Inline, slug
from reportgen.tables.phrases import count_made, words


def ledger(record: Ledger) -> Table:
    """Return every recode and everybody left out on loading, a group of rows per trial."""
    columns = (
        Column(("Variable",), "left"),
        Column(("What",), "left"),
        Column(("Rule",), "left"),
        Column(("Affected",), "right"),
        Column(("Unit",), "left"),
        Column(("Set in",), "left"),
    )
    groups = tuple(
        Group(tuple(_ledger_row(row) for row in rows), head=(rows[0].trial,))
        for _, found in groupby(record.rows, key=lambda row: row.trial.text)
        for rows in [tuple(found)]
    )
    return Table(columns, groups)


def _ledger_row(row: LedgerRow) -> Row:
    cells: tuple[Inline, ...] = ((row.kind,), (row.rule,), (row.count,), (row.count.unit,), (row.place,))
    return Row((row.variable,), cells)


def ledger_summary(record: Ledger) -> Table:
    """Return, for a page that has no room for the whole ledger, how many lines of each kind a trial has."""
    kinds = tuple(dict.fromkeys(row.kind for row in record.rows))
    trials = {row.trial.text: row.trial for row in record.rows}
    lines = Counter((row.trial.text, row.kind) for row in record.rows)
    columns = (Column(("Trial",), "left"), *(Column((kind.capitalize(),), "right") for kind in kinds))
    rows = tuple(
        Row(
            (label,),
            tuple((count_made(slug("ledger", "lines", name), kind, lines[name, kind], "lines"),) for kind in kinds),
        )
        for name, label in trials.items()
    )
    return Table(columns, (Group(rows),))


def excluded_participants(record: Ledger) -> Table | None:
    """Return the part of the ledger that no page does without: who was left out on loading, and why; None if nobody."""
    rows = [row for row in record.rows if row.excludes]
    if not rows:
        return None
    columns = (
        Column(("Trial",), "left"),
        Column(("Variable",), "left"),
        Column(("Rule",), "left"),
        Column(("Participants",), "right"),
        Column(("Set in",), "left"),
    )
    groups = tuple(
        Group(
            tuple(
                Row(() if place else (row.trial,), ((row.variable,), (row.rule,), (row.count,), (row.place,)))
                for place, row in enumerate(found)
            )
        )
        for _, found in groupby(rows, key=lambda row: row.trial.text)
    )
    return Table(columns, groups, (("Shown here: participants excluded on loading.",),))


def glossary(record: Glossary) -> Table:
    """Return the scales: range, unit where any has one, and direction."""
    units = any(row.unit.text for row in record.rows)
    heads = ("Scale", "Name in the study file", "Range", *(("Unit",) if units else ()), "Better")
    columns = tuple(Column((head,), "left") for head in heads)
    rows = tuple(
        Row(
            (row.title,),
            (
                (row.name,),
                (row.range,) if row.range.text else ("not bounded",),
                *(((row.unit,),) if units else ()),
                (row.better,),
            ),
        )
        for row in record.rows
    )
    return Table(columns, (Group(rows),))


def files(record: Provenance) -> Table:
    """Return the data files as they were read."""
    columns = (
        Column(("File",), "left"),
        Column(("Rows",), "right"),
        Column(("Bytes",), "right"),
        Column(("Fingerprint, first digits",), "left"),
    )
    rows = tuple(Row((file.name,), ((file.rows,), (file.size,), (file.fingerprint,))) for file in record.files)
    return Table(columns, (Group(rows),))


def versions(record: Provenance) -> Table:
    """Return the programs that can change a number or a page."""
    columns = (Column(("Program",), "left"), Column(("Version",), "left"))
    return Table(columns, (Group(tuple(Row((name,), ((version,),)) for name, version in record.versions)),))


def failed_analyses(records: Sequence[Failure]) -> Table:
    """Return the analyses that failed as a whole, and why."""
    columns = (Column(("Analysis",), "left"), Column(("Status",), "left"), Column(("Reason",), "left"))
    rows = tuple(
        Row(
            words(record.name, f"{slug(record.name)}.failed", record.reason.source),
            ((record.reason.status,), (record.reason,)),
            muted=True,
        )
        for record in records
    )
    return Table(columns, (Group(rows),))

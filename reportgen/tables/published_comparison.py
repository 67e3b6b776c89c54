"""What was published beside what came out here: of the publication that a study regenerates, and of each trial."""

from __future__ import annotations

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.model import Fidelity, FidelityRow, FidelitySection, Reconciliation
from reportgen.records.numbers import Inline, Number
from reportgen.tables.phrases import NBSP, Footnotes, explained

FIDELITY_COLUMNS = (
    Column(("Number",), "left"),
    Column(("Printed",), "right"),
    Column(("Here",), "right"),
    Column(("Default inference",), "right"),
    Column(("Difference",), "right"),
    Column(("Inside our interval",), "left"),
    Column(("Comparison",), "left"),
)


def fidelity(record: Fidelity) -> Table:
    """Return every number of the publication beside ours, a group of rows per printed table."""
    groups = tuple(Group(tuple(_row(row) for row in section.rows), (section.title,)) for section in record.sections)
    return explained(Table(FIDELITY_COLUMNS, groups))


def fidelity_summary(record: Fidelity) -> Table:
    """Return, for a page that has no room for all, the numbers that did not come out as printed and how many did."""
    footnotes = Footnotes()
    groups = tuple(_short(section, footnotes) for section in record.sections)
    return explained(Table(FIDELITY_COLUMNS, groups, footnotes.notes))


def _short(section: FidelitySection, footnotes: Footnotes) -> Group:
    rows = tuple(_row(row, footnotes) for row in section.rows if row.status != "as printed")
    head: Inline = (section.title, ": ", section.as_printed, " of ", section.size, " as printed")
    return Group(rows, head)


def _row(row: FidelityRow, footnotes: Footnotes | None = None) -> Row:
    """Return a row with its reason; on paper the reason, which many rows share, is a footnote."""
    status: Inline = (row.status.replace(" ", NBSP),)
    if row.why is not None and footnotes is None:
        status = (*status, ": ", row.why)
    elif row.why is not None and footnotes is not None:
        status = (*status, footnotes.mark(("Not reproduced: ", row.why, ".")))
    return Row(
        (row.name,),
        ((row.printed,), _there(row.ours), _there(row.default), _there(row.difference), (row.covered,), status),
        muted=row.status == "not reproduced",
    )


def _there(number: Number | None) -> Inline:
    return () if number is None else (number,)


def reconciliation(record: Reconciliation) -> Table:
    """Return what each trial's publication says beside what its file gives; a trial's name stands beside its rows."""
    interval: Inline = (" (", record.level, f"%{NBSP}CI)")
    columns = (
        Column(("Trial",), "left"),
        Column(("What",), "left"),
        Column(("Published", *interval), "left"),
        Column(("In the file", *interval), "left"),
        Column(("Difference",), "right"),
        Column(("Inside our interval",), "left"),
        Column(("Source",), "left"),
    )
    groups = tuple(
        Group(
            tuple(
                Row(
                    () if place else (trial.trial,),
                    ((row.what,), row.published, row.ours, (row.difference,), (row.covered,), (row.source,)),
                )
                for place, row in enumerate(trial.rows)
            )
        )
        for trial in record.trials
    )
    return explained(Table(columns, groups))

"""Who is in the repository: the included trials with their arms, and what each of them measured."""

from __future__ import annotations

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.model import IncludedTrials, OutcomeMeasures, TrialRow
from reportgen.records.numbers import Inline
from reportgen.tables.phrases import NBSP, Footnotes, explained, joined


def included_trials(record: IncludedTrials) -> Table:
    """Return a group of rows per trial, the largest first: country, characteristics, class and intervention of each arm, participants.

    Columns of what no trial gives (countries, characteristics, published counts) are left out.
    """
    given = [
        place
        for place in range(len(record.characteristics))
        if any(t.characteristics[place].text for t in record.trials)
    ]
    countries = any(row.country.text for row in record.trials)
    published = any(row.published is not None for row in record.trials)
    footnotes = Footnotes()
    columns = [Column(("Trial",), "left")]
    if countries:
        columns.append(Column(("Country",), "left"))
    columns += [Column((record.characteristics[place],), "left") for place in given]
    columns += [
        Column(("Class of the arm",), "left"),
        Column(("Arm",), "left"),
        Column((f"In{NBSP}the arm",), "right", ("Participants",)),
        Column(("Included",), "right", ("Participants",)),
        Column((f"In{NBSP}the file",), "right", ("Participants",)),
    ]
    if published:
        columns.append(Column(("Published",), "right", ("Participants",)))
    groups = [Group(tuple(_rows(trial, given, countries, published, footnotes))) for trial in record.trials]
    blank: list[Inline] = [()] * (3 + countries + len(given))
    total = Row(
        ("All, ", record.number, " trials" if record.number.value != 1 else " trial"),
        (*blank, (record.n,), (record.in_file,), *([()] if published else [])),
        total=True,
    )
    return explained(Table(tuple(columns), (*groups, Group((total,))), footnotes.notes))


def _rows(trial: TrialRow, given: list[int], countries: bool, published: bool, footnotes: Footnotes) -> list[Row]:
    """Return one row an arm; the first carries what holds for the whole trial."""
    rows = []
    for index, arm in enumerate(trial.arms):
        first = index == 0
        of_trial: list[Inline] = [(trial.n,), (trial.in_file,)] if first else [(), ()]
        if published:
            of_trial.append(_published(trial, footnotes) if first else ())
        where: list[Inline] = [(trial.country,) if first and trial.country.text else ()] if countries else []
        where += [
            (trial.characteristics[place],) if first and trial.characteristics[place].text else () for place in given
        ]
        cells = (*where, (arm.arm_class,), (arm.name,), (arm.n,), *of_trial)
        rows.append(Row((trial.trial,) if first else (), cells))
    return rows


def _published(trial: TrialRow, footnotes: Footnotes) -> Inline:
    if trial.published is None:
        return ()
    source = trial.published_source
    return (
        (trial.published, footnotes.mark((source, "."))) if source is not None and source.text else (trial.published,)
    )


def outcome_measures(record: OutcomeMeasures) -> Table:
    """Return, for each trial and outcome, the instrument and the visits at which it was measured."""
    cells = {(cell.trial, cell.outcome): cell for cell in record.cells}
    outcomes = tuple(dict.fromkeys(cell.outcome for cell in record.cells))
    trials = tuple(dict.fromkeys(cell.trial for cell in record.cells))
    rows = tuple(
        Row((label,), tuple(_instruments(cells.get((trial, outcome))) for outcome in outcomes))
        for trial, label in zip(trials, record.trials, strict=True)
    )
    columns = (Column(("Trial",), "left"), *(Column((label,), "left") for label in record.outcomes))
    if len(record.outcomes) > len(record.trials):
        columns, rows = _turned(columns, rows)
    return Table(columns, (Group(rows),), (("Visits at which the trial measured the outcome; a dash: not measured.",),))


def _instruments(cell: object) -> Inline:
    found = getattr(cell, "instruments", ())
    return joined([(instrument,) for instrument in found]) if found else ("–",)


def _turned(columns: tuple[Column, ...], rows: tuple[Row, ...]) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    """Return the table on its side, so that the longer list runs down the page."""
    heads = (Column(("Outcome",), "left"), *(Column(row.head, "left") for row in rows))
    turned = tuple(
        Row(column.head, tuple(row.cells[index] for row in rows)) for index, column in enumerate(columns[1:])
    )
    return heads, turned

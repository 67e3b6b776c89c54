"""Baseline characteristics: control, intervention and all, with trials and participants of every row."""

from __future__ import annotations

from dataclasses import replace

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.model import Characteristic, Descriptive, Share, Side, Summary
from reportgen.records.numbers import Inline
from reportgen.tables.phrases import NBSP, Footnotes, explained, joined

VALUE_HEAD = f"Mean (SD) or n{NBSP}(%)"


def descriptive(record: Descriptive) -> Table:
    """Return one group of rows a characteristic; per side its trials (m), participants (n) and mean (SD) or n (%)."""
    footnotes = Footnotes()
    columns = [Column(("Characteristic",), "left")]
    for side in record.sides:
        head = _side(side, record, footnotes)
        columns += [
            Column(("m",), "right", head),
            Column(("n",), "right", head),
            Column((VALUE_HEAD,), "decimal", head),
        ]
    difference = any(c.difference is not None for c in record.characteristics)
    if difference:
        columns.append(Column(("Standardised difference",), "decimal"))
    groups = tuple(Group(tuple(_rows(c, difference))) for c in record.characteristics)
    general: list[Inline] = [
        (
            "m: trials that collected the characteristic; n: their participants with a value, whether or not they have an "
            "outcome. Percentages are of participants with a value.",
        )
    ]
    if record.suppressed:
        general.append(
            (
                "Counts below ",
                record.minimum_cell,
                " are suppressed, as are neighbouring cells from which they could be derived.",
            )
        )
    table = explained(Table(tuple(columns), groups, (*footnotes.notes, *general)))
    return replace(
        table,
    )


def _side(side: Side, record: Descriptive, footnotes: Footnotes) -> Inline:
    head: Inline = (side.label.capitalize(), f" (m{NBSP}={NBSP}", side.trials, f", n{NBSP}={NBSP}", side.n, ")")
    if side.label == "all" and record.one_sided:
        item = len(record.one_sided) == 1
        names = joined([(name,) for name in record.one_sided], ", ")
        note: Inline = (
            *names,
            " has arms on one side of the comparison only."
            if item
            else " have arms on one side of the comparison only.",
        )
        return (*head, footnotes.mark(note))
    return head


def _rows(characteristic: Characteristic, difference: bool) -> list[Row]:
    after = ", n (%)" if characteristic.levels else ", mean (SD)"
    unit = characteristic.unit
    head: Inline = (characteristic.label, *((", ", unit) if unit.text else ()), after)
    cells = tuple(cell for side in characteristic.sides for cell in _summary(side))
    rows = [Row(head, (*cells, *_difference(characteristic, difference)))]
    for level in characteristic.levels:
        shares = tuple(cell for share in level.shares for cell in ((), (), _share(share)))
        rows.append(Row((level.label,), (*shares, *([()] if difference else [])), indent=1))
    return rows


def _difference(characteristic: Characteristic, wanted: bool) -> tuple[Inline, ...]:
    if not wanted:
        return ()
    return ((characteristic.difference,) if characteristic.difference is not None else (),)


def _summary(side: Summary) -> tuple[Inline, Inline, Inline]:
    value: Inline = ()
    if side.mean is not None and side.sd is not None:
        value = (side.mean, " (", side.sd, ")") if side.mean.value is not None else (side.mean,)
    return (side.trials,), (side.n,), value


def _share(share: Share) -> Inline:
    if share.n.status == "suppressed":
        return (share.n,)
    return (share.n, " (", share.percent, ")")

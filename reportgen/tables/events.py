"""Events in numbers: what ratios mean for a thousand people, and events by trial and arm.

In: pooled effects on events, or counted events, as recorded. Out: tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.effect_scale import directions, shared
from reportgen.records.events import EventCount, EventSettings
from reportgen.records.model import AbsoluteEffect, ModelSettings, PooledEffect
from reportgen.records.numbers import DASH, Inline, Number
from reportgen.tables.effects import arm_cells, arm_columns
from reportgen.tables.phrases import ci_head, estimate_cell, explained, interval, joined

PER_THOUSAND = ("Per thousand",)
BENEFIT, HARM = "NNTB", "NNTH"


def absolute_effects(effects: Sequence[PooledEffect], settings: ModelSettings) -> Table:
    """Return what pooled ratios mean for a thousand people.

    Parameters
    ----------
    effects : sequence of PooledEffect
        On binary outcomes and counts, of one comparison.
    settings : ModelSettings
    """
    needed = any(effect.kind == "binary" for effect in effects)
    columns = (
        Column(("Outcome",), "left"),
        *arm_columns(effects),
        Column(ci_head(shared(effect.scale for effect in effects).head, settings.level), "decimal"),
        Column(ci_head("Control", settings.level), "decimal", PER_THOUSAND),
        Column(ci_head("Difference", settings.level), "decimal", PER_THOUSAND),
        *([Column(ci_head("Number needed to treat", settings.level), "left")] if needed else []),
    )
    groups = tuple(_groups(effects, needed))
    notes: list[Inline] = [(f"{directions(effect.scale for effect in effects)}.",)]
    notes.append(
        (
            f"Control: {_control(effects)}; difference: {_made_of(effects)}.",
            *((" Rates are per thousand units of exposure, risks per thousand people.",) if _timed(effects) else ()),
        )
    )
    if needed:
        notes.append(
            (
                f"{BENEFIT}, {HARM}: people who need the intervention for one of them to benefit, or to be harmed. ∞: an interval that "
                "holds no difference passes through infinity.",
            )
        )
    return explained(Table(columns, groups, tuple(notes)))


def _control(effects: Sequence[PooledEffect]) -> str:
    """Return of what the risk of the controls is: of all trials, pooled, or of the one trial that there is."""
    alone = {effect.alone for effect in effects if effect.absolute is not None}
    parts = ["in the control groups, pooled with a random intercept"] if alone != {True} else []
    of_one = (
        "in the control group of the trial" if alone == {True} else "where there is one trial, in its control group"
    )
    return "risk (or rate) " + "; ".join([*parts, *([of_one] if True in alone else [])])


def _made_of(effects: Sequence[PooledEffect]) -> str:
    """Return where differences come from: ratios make them of the risk of the controls, and others are there already."""
    ratios = {effect.scale.is_ratio for effect in effects}
    parts = ["what the ratio, and the ends of its interval, make of it"] if ratios != {False} else []
    return "; or ".join([*parts, *(["the pooled risk difference itself"] if False in ratios else [])])


def _timed(effects: Sequence[PooledEffect]) -> bool:
    """Whether events were counted in a time, or another exposure."""
    return any(effect.events is not None and effect.events.exposure_control is not None for effect in effects)


def _groups(effects: Sequence[PooledEffect], needed: bool) -> Iterator[Group]:
    for _, found in groupby(effects, key=lambda effect: effect.outcome):
        members = tuple(found)
        rows = tuple(_row(effect, (effect.follow_up_label,), needed) for effect in members)
        yield Group(rows, head=(members[0].outcome_label,))


def _row(effect: PooledEffect, head: Inline, needed: bool) -> Row:
    absolute = effect.absolute
    control, difference = _per_thousand(absolute)
    cells = (*arm_cells(effect, effect.kind), estimate_cell(effect.estimate), control, difference)
    return Row(head, (*cells, *((_needed(absolute),) if needed else ())), muted=absolute is None)


def _per_thousand(absolute: AbsoluteEffect | None) -> tuple[Inline, Inline]:
    if absolute is None:
        return (DASH,), (DASH,)
    return (
        interval(absolute.control, absolute.control_low, absolute.control_high),
        interval(absolute.difference, absolute.low, absolute.high),
    )


def _needed(absolute: AbsoluteEffect | None) -> Inline:
    """Return "NNTB 13 (NNTB 5 to ∞ to NNTH 21)", as Altman (1998) writes it."""
    if absolute is None or absolute.needed is None or absolute.needed_low is None or absolute.needed_high is None:
        return (DASH,)
    if absolute.needed.status == "suppressed":
        return (DASH,)
    words = [BENEFIT if good else HARM for good in absolute.benefits]
    ends: Inline
    if absolute.through_infinity:
        ends = (*_end(words[1], absolute.needed_low), " to ∞ to ", *_end(words[2], absolute.needed_high))
    else:
        nearer, farther = sorted((absolute.needed_low, absolute.needed_high), key=lambda item: item.value or 0.0)
        ends = (nearer, " to ", farther)
    return (*_end(words[0], absolute.needed), " (", *ends, ")")


def _end(word: str, number: Number) -> Inline:
    return (f"{word} ", number) if number.value is not None else ("∞",)


def event_counts(counted: Sequence[EventCount], settings: EventSettings) -> Table:
    """Return events by arm and trial, a group for each outcome and follow-up.

    Parameters
    ----------
    counted : sequence of EventCount
        Of one comparison.
    settings : EventSettings
    """
    timed = any(row.events.exposure_control is not None for item in counted for row in item.rows)
    what = "Events / participants" if not timed else "Events / exposure"
    head = "Difference per hundred" if any(item.kind == "count" for item in counted) else "Risk difference, %"
    columns = (
        Column(("Outcome, follow-up and trial",), "left"),
        Column(("Control",), "right", (what,)),
        Column(("Intervention",), "right", (what,)),
        Column(ci_head(head, settings.level), "decimal"),
    )
    groups = tuple(
        Group(tuple(_counted_rows(item)), head=(item.outcome_label, ", ", item.follow_up_label)) for item in counted
    )
    return explained(Table(columns, groups, tuple(_counted_notes(counted, timed))))


def _counted_rows(item: EventCount) -> Iterator[Row]:
    for row in item.rows:
        cells = (*arm_cells(row, item.kind), interval(row.difference, row.low, row.high))
        yield Row((row.trial,), cells, muted=row.suppressed)
    if item.events is not None:
        yield Row(("All",), (*arm_cells(item, item.kind), ()), total=True)


def _counted_notes(counted: Sequence[EventCount], timed: bool) -> Iterator[Inline]:
    yield ("Difference: intervention minus control.",)
    if timed and any(row.events.exposure_control is None for item in counted for row in item.rows):
        yield ("Without an exposure, participants stand in its place.",)
    if any(item.kind == "count" for item in counted):
        yield (
            "Differences of counts are per hundred units of exposure, or per hundred participants where there is none.",
        )
    for item in counted:
        absent = joined([(trial, f" ({reason})") for trial, reason in item.absent])
        if absent:
            yield (item.outcome_label, ", ", item.follow_up_label, ", without data: ", *absent, ".")

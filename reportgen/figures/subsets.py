"""The forest plot of subgroups fixed in advance: everybody's effect, then those of the subgroups of each covariate.

In: subgroups side by side, as recorded. Out: one sheet a page. Outcomes are groups with an axis of their own; below the row of a
covariate, which has p of the test between its subgroups and p of the interaction within trials, stands a diamond for each subgroup.
That subgroups differ is what p says; it is no matter of which of them are clear of no effect.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from reportgen.figures import words
from reportgen.figures.axis import Axis, Limits, axis_for
from reportgen.figures.columns import EFFECTS, Cells, arm_cells, heads_of, with_events
from reportgen.figures.forest import ALONE_SHARE, interval_cell, value_of
from reportgen.figures.layout import Page, lay_out
from reportgen.figures.lettering import NO_BREAK
from reportgen.figures.limited import leaving, limited
from reportgen.figures.panel import Panel
from reportgen.figures.rows import INDENT, Band, Cell, Heading, Headings, Row, Slot, bands_of
from reportgen.figures.sheet import Mark, Sheet
from reportgen.figures.theme import BODY, HEAD
from reportgen.records.effect_scale import EffectScale, shared
from reportgen.records.numbers import Inline, Number
from reportgen.records.subsets import (
    BETWEEN,
    SubsetEffect,
    SubsetOutcome,
    SubsetSettings,
    not_compared,
    of_different_trials,
    within_trials,
)

TITLE = "Forest plot of subgroups fixed in advance"
LEAST_PLOT = 46.0


def subset_sheets(
    outcomes: Sequence[SubsetOutcome], settings: SubsetSettings, *, name: str, limits: Limits | None = None
) -> tuple[Sheet, ...]:
    """Return the pages of a forest plot of subgroups fixed in advance, before they are drawn."""
    columns = with_events(EFFECTS, [item for outcome in outcomes for item in outcome.effects])[0]
    bands = limited(tuple(_bands(outcomes, settings, columns, name)), limits) or (Band((), None),)
    scale = shared(outcome.scale for outcome in outcomes)
    headings = Headings(
        ("Outcome and subgroup",),
        heads_of(columns, {"trials": Heading((("Trials",), ("(m)",)))}),
        (
            Heading(((scale.column,), ("(", settings.level, "% CI)"))),
            Heading((("p between",), ("subgroups",))),
            *((Heading((("p within",), ("trials",))),) if settings.screening else ()),
        ),
        (scale.title, *words.in_unit(outcomes)),
        least_plot=LEAST_PLOT,
    )

    def alt(page: Page, page_name: str) -> Inline:
        return _alt(page, page_name, scale)

    drawn = [item for outcome in outcomes for item in outcome.effects if _drawable(item)]
    key = _marks(drawn, settings)
    note = (*key, *_note(outcomes, settings, bands))
    return lay_out(bands, headings, note, name=name, title=TITLE, alts=alt, key=lambda _: key)


def _drawable(item: SubsetEffect) -> bool:
    return item.estimated and all(math.isfinite(value_of(end)) for end in _printed(item))


def _printed(item: SubsetEffect) -> tuple[Number, Number, Number]:
    return item.estimate.effect, item.estimate.low, item.estimate.high


def _bands(
    outcomes: Sequence[SubsetOutcome], settings: SubsetSettings, columns: Sequence[str], name: str
) -> Iterator[Band]:
    visits = len({outcome.follow_up for outcome in outcomes}) > 1
    measures = len({outcome.scale for outcome in outcomes}) > 1

    def rows(outcome: SubsetOutcome) -> list[Row]:
        return [_head(outcome, visits, measures), *_rows(outcome, settings, columns, name)]

    return bands_of((rows(outcome), _axis(outcome), outcome.scale.arrows) for outcome in outcomes)


def _axis(outcome: SubsetOutcome) -> Axis | None:
    found = [_printed(item) for item in outcome.effects if _drawable(item)]
    if not found:
        return None
    ends = [(value_of(low), value_of(high)) for _, low, high in found]
    return axis_for([value_of(effect) for effect, _, _ in found], ends, link=outcome.scale.link)


def _head(outcome: SubsetOutcome, visits: bool, measures: bool) -> Row:
    """Return the head of an outcome; it has the measure where not all of the figure have one."""
    visit: Inline = (", ", outcome.follow_up_label) if visits else ()
    measure: Inline = (f", {outcome.scale.measure}",) if measures else ()
    unit: Inline = (" (", outcome.unit, ")") if outcome.unit.text else ()
    return Row((outcome.outcome_label, *visit, *measure, *unit), style=HEAD, head=True)


def _rows(outcome: SubsetOutcome, settings: SubsetSettings, columns: Sequence[str], name: str) -> Iterator[Row]:
    if outcome.everybody is not None:
        yield _row(outcome.everybody, settings, columns, INDENT, f"{name} {outcome.id}")
    for group in outcome.groups:
        p: Cell = (Slot(group.p),)
        within: Cell = (Slot(group.interaction),) if group.interaction is not None else ()
        results = ((), p, *((within,) if settings.screening else ()))
        yield Row(group.label, results=results, indent=INDENT)
        for item in group.effects:
            yield _row(item, settings, columns, 2 * INDENT, f"{name} {outcome.id}", stays=True)


def _row(
    item: SubsetEffect,
    settings: SubsetSettings,
    columns: Sequence[str],
    indent: float,
    name: str,
    *,
    stays: bool = False,
) -> Row:
    """Return the row of an effect; of one that is missing, or has no finite interval, the reason."""
    label = item.below_its_covariate if stays else item.whom
    counts = Cells(arm_cells(item), {"trials": (Slot(item.trials),)}).of(columns)
    if not _drawable(item):
        effect = item.estimate.effect
        cause = item.reason or effect.reason or "its interval has no finite ends"
        reason = words.reason(item.status, cause, name, f"{item.analysis} reason")
        return Row(label, counts, style=BODY.muted(), indent=indent, reason=reason, stays=stays)
    printed = _printed(item)
    plot = _square(printed) if item.alone else _diamond(printed)
    cells: tuple[Cell, ...] = (interval_cell(*printed), (), *(((),) if settings.screening else ()))
    return Row(label, counts, cells, plot=plot, indent=indent, estimate=printed, stays=stays)


def _diamond(printed: tuple[Number, Number, Number]) -> Callable[[Panel, float], list[Mark]]:
    effect, low, high = map(value_of, printed)
    return lambda panel, y: panel.diamond(low, effect, high, y)


def _square(printed: tuple[Number, Number, Number]) -> Callable[[Panel, float], list[Mark]]:
    effect, low, high = map(value_of, printed)
    return lambda panel, y: panel.square(low, effect, high, ALONE_SHARE, y)


def _marks(drawn: Sequence[SubsetEffect], settings: SubsetSettings) -> Inline:
    """Return what diamonds and squares are."""
    alone = {item.alone for item in drawn}
    ends: Inline = (" with its ", settings.level, "% confidence interval. ")
    return (
        *(("Diamond: pooled effect", *ends) if False in alone else ()),
        *(("Square: one trial's own effect", *ends) if True in alone else ()),
    )


def _note(outcomes: Sequence[SubsetOutcome], settings: SubsetSettings, bands: Sequence[Band]) -> Inline:
    """Return the small print: what either p says and what it does not, and which subgroups are not compared."""
    groups = [group for outcome in outcomes for group in outcome.groups]
    note: list[str | Number] = []
    if any(group.compared for group in groups):
        note += [f"{BETWEEN} "]
    note += [*within_trials(groups, settings)]
    for found in (*not_compared(groups), *of_different_trials(groups)):
        note += [*found, " "]
    if len(bands) > 1:
        note += [words.OWN_AXES]
    return (*note, *leaving(bands))


def _alt(page: Page, name: str, scale: EffectScale) -> Inline:
    """Write the alternative text of a page from its rows: the effect of each subgroup, and p of each covariate."""
    rows = [row for band in page for row in band.rows]
    count = words.count(name, "effects", sum(row.estimate is not None for row in rows))
    by = scale.of_them.replace(" of ", " by ", 1)
    alt: list[str | Number] = [f"{TITLE}{by}: ", *words.plural(count, "effect", "effects")]
    for row in rows:
        if row.head:
            alt += ["; ", *row.label]
        elif row.estimate is not None:
            effect, low, high = row.estimate
            alt += [", ", *row.label, " ", effect, *words.interval(low, high)]
        elif row.results:
            names = ("between subgroups", "of the interaction within trials")
            alt += ["; ", *row.label]
            for what, cell in zip(names, row.results[1:], strict=False):
                p = cell[0].number if cell else None
                if p is not None and p.value is not None:
                    alt += [f", p {what}{NO_BREAK}" + ("" if p.text[:1] in "<>" else f"={NO_BREAK}"), p]
    return (*alt, ".")

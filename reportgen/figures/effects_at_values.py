"""The forest plot of effects in the levels of moderators and at values of them, with p of each interaction beside its moderator.

In: screens as recorded. Out: one sheet a page. Outcomes are groups with an axis of their own; below the row of a moderator, which
has its trials, its participants and the p of its interaction, stands a square for each level or value: the effect in the reading
that is tested. That effects differ is what p says; it is no matter of which of them are clear of no effect.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence

from reportgen.figures import words
from reportgen.figures.axis import Axis, Limits, axis_for
from reportgen.figures.forest import ALONE_SHARE, interval_cell, value_of
from reportgen.figures.layout import Page, lay_out
from reportgen.figures.lettering import NO_BREAK
from reportgen.figures.limited import leaving, limited
from reportgen.figures.panel import Panel
from reportgen.figures.rows import INDENT, Band, Heading, Headings, Row, Slot, bands_of
from reportgen.figures.sheet import Mark, Sheet
from reportgen.figures.theme import BODY, HEAD
from reportgen.records.effect_scale import EffectScale, shared
from reportgen.records.estimate import Estimate
from reportgen.records.moderation import (
    OF_TRIALS,
    EffectAt,
    Interaction,
    Screen,
    ScreeningSettings,
    label_of,
    place_of,
)
from reportgen.records.numbers import Inline, Number

TITLE = "Forest plot of effects at values of moderators"
LEAST_PLOT = 58.0
READING = {
    "within": "within-trial reading: in a trial whose participants are, on average, like all participants analysed",
    "naive": "naive reading, which takes differences within and between trials together",
}


def effect_at_values_sheets(
    screens: Sequence[Screen],
    moderators: Collection[str],
    settings: ScreeningSettings,
    *,
    name: str,
    limits: Limits | None = None,
) -> tuple[Sheet, ...]:
    """Return the pages of a forest plot of effects at values of moderators, before they are drawn."""
    bands = limited(tuple(_bands(screens, moderators, name)), limits) or (Band((), None),)
    scale = shared(screen.scale for screen in screens)
    headings = Headings(
        ("Outcome, moderator and value",),
        (Heading((("Trials",), ("(m)",))), Heading((("Participants",), ("(n)",)))),
        (
            Heading(((scale.title,), ("(", settings.level, "% CI)"))),
            Heading((("p of the",), ("interaction",))),
        ),
        (scale.title, *words.in_unit(screens)),
        least_plot=LEAST_PLOT,
    )
    chosen = [item for screen in screens for item in _chosen(screen, moderators)]

    def alt(page: Page, page_name: str) -> Inline:
        return _alt(page, page_name, scale)

    note = _note(chosen, settings, bands)
    return lay_out(bands, headings, note, name=name, title=TITLE, alts=alt, key=lambda _: _squares(settings))


def _chosen(screen: Screen, moderators: Collection[str]) -> list[Interaction]:
    return [item for item in screen.interactions if not moderators or item.moderator in moderators]


def _estimated(interaction: Interaction) -> list[EffectAt]:
    return [at for at in interaction.at if all(math.isfinite(value_of(end)) for end in _printed(at.estimate))]


def _printed(estimate: Estimate) -> tuple[Number, Number, Number]:
    return estimate.effect, estimate.low, estimate.high


def _bands(screens: Sequence[Screen], moderators: Collection[str], name: str) -> Iterator[Band]:
    visits = len({screen.follow_up for screen in screens}) > 1
    return bands_of(
        (_rows(screen, moderators, visits, name), _axis(screen, moderators), screen.scale.arrows) for screen in screens
    )


def _axis(screen: Screen, moderators: Collection[str]) -> Axis | None:
    found = [_printed(at.estimate) for item in _chosen(screen, moderators) for at in _estimated(item)]
    if not found:
        return None
    ends = [(value_of(low), value_of(high)) for _, low, high in found]
    return axis_for([value_of(effect) for effect, _, _ in found], ends, link=screen.scale.link)


def _rows(screen: Screen, moderators: Collection[str], visits: bool, name: str) -> Iterator[Row]:
    visit: Inline = (", ", screen.follow_up_label) if visits else ()
    unit: Inline = (" (", screen.unit, ")") if screen.unit.text else ()
    yield Row((screen.outcome_label, *visit, *unit), style=HEAD, head=True)
    if screen.reason:
        reason = words.reason("not estimable", screen.reason, name, f"{screen.id} reason")
        yield Row(("All moderators",), style=BODY.muted(), indent=INDENT, reason=reason)
        return
    chosen = _chosen(screen, moderators)
    for interaction in chosen:
        if _estimated(interaction):
            yield from _moderator(interaction, name)
    missing = [(item.label,) for item in chosen if not _estimated(item)]
    if missing:
        yield Row(("Not estimable",), style=BODY.muted(), indent=INDENT, reason=words.listed(missing))


def _moderator(interaction: Interaction, name: str) -> Iterator[Row]:
    """Yield the row of a moderator with p of its interaction, then a row for each of its levels or values."""
    counts = ((Slot(interaction.trials),), (Slot(interaction.n),))
    yield Row(label_of(interaction), counts, ((), (Slot(interaction.reading.p),)), indent=INDENT)
    drawn = _estimated(interaction)
    people = interaction.level_effects.each if interaction.level_effects else (None,) * len(interaction.at)
    for at, level in zip(interaction.at, people, strict=True):
        n = (Slot(level.n),) if level and level.n else ()
        label = place_of(at, interaction)
        if at in drawn:
            printed = _printed(at.estimate)
            cells = (interval_cell(*printed), ())
            more = {"plot": _square(printed), "estimate": printed}
            yield Row(label, ((), n), cells, indent=2 * INDENT, stays=True, **more)  # type: ignore[arg-type]
        else:
            effect = at.estimate.effect
            reason = words.reason(effect.status, effect.reason, name, f"{effect.id} reason")
            yield Row(label, ((), n), style=BODY.muted(), indent=2 * INDENT, reason=reason, stays=True)


def _square(printed: tuple[Number, Number, Number]) -> Callable[[Panel, float], list[Mark]]:
    effect, low, high = map(value_of, printed)
    return lambda panel, y: panel.square(low, effect, high, ALONE_SHARE, y)


def _squares(settings: ScreeningSettings) -> Inline:
    return ("Square and line: treatment effect with its ", settings.level, "% confidence interval. ")


def _note(chosen: Sequence[Interaction], settings: ScreeningSettings, bands: Sequence[Band]) -> Inline:
    """Return the small print: which effects these are, what p says, and whose participants are counted."""
    note: list[str | Number] = [*_squares(settings), f"Effects are those of the {READING[settings.reading]}. "]
    joint = (
        " (a joint test where there are several levels)" if any(len(item.reading.each) > 1 for item in chosen) else ""
    )
    note += [f"p of the interaction: test of whether the effect differs with the moderator{joint}. "]
    if any(item.of_trials for item in chosen):
        note += [OF_TRIALS]
    if len(bands) > 1:
        note += [words.OWN_AXES]
    return (*note, *leaving(bands))


def _alt(page: Page, name: str, scale: EffectScale) -> Inline:
    """Write the alternative text of a page from its rows: each moderator with p of its interaction and its effects."""
    rows = [row for band in page for row in band.rows]
    count = words.count(name, "effects", sum(row.estimate is not None for row in rows))
    alt: list[str | Number] = [f"{TITLE}{_by(scale)}: ", *words.plural(count, "effect", "effects")]
    outcome: Inline = ()
    for row in rows:
        if row.head:
            outcome = row.label
        elif row.estimate is not None:
            effect, low, high = row.estimate
            alt += [", ", *row.label, " ", effect, *words.interval(low, high)]
        elif row.results:
            p = row.results[1][0].number
            alt += ["; ", *outcome, ", ", *row.label]
            if p is not None and p.value is not None:
                alt += [f" (p{NO_BREAK}" + ("" if p.text[:1] in "<>" else f"={NO_BREAK}"), p, ")"]
    return (*alt, ".")


def _by(scale: EffectScale) -> str:
    """Return in what the effects are, where "effect" does not say it: " by odds ratios"."""
    return scale.of_them.replace(" of ", " by ", 1)

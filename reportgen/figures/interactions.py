"""The forest plot of a screening: outcomes as groups, moderators as rows, one square an interaction.

In: screens as recorded. Out: one sheet a page. A row is the interaction of treatment with a step of a quantity, or with a
level against the reference; several levels stand below their joint test. A filled square has a p below the significant limit
beside it, an open one below the weak limit. The lettered notes say in words where the effect is larger, from the signs of the estimates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import median

from reportgen.figures import words
from reportgen.figures.axis import SPREAD, Axis, Limits, axis_for
from reportgen.figures.columns import PEOPLE, people_cell
from reportgen.figures.forest import interval_cell, value_of
from reportgen.figures.layout import Page, lay_out
from reportgen.figures.lettering import NO_BREAK
from reportgen.figures.limited import leaving, limited
from reportgen.figures.order import RowOrder, in_order, negative
from reportgen.figures.panel import Panel
from reportgen.figures.rows import INDENT, Band, Heading, Headings, Row, Slot, bands_of
from reportgen.figures.sheet import Mark, Sheet
from reportgen.figures.theme import BODY, HEAD
from reportgen.records.derived import Derived
from reportgen.records.effect_scale import NO_EFFECT, EffectScale, shared
from reportgen.records.estimate import Estimate
from reportgen.records.marks import is_mark, mark
from reportgen.records.moderation import OF_TRIALS, Interaction, Screen, ScreeningSettings, Tier, contrast, label_of
from reportgen.records.numbers import Inline, Number, plain

TITLE = "Forest plot of interactions"
REACHED: tuple[Tier, ...] = ("significant", "weak")
# moderators have long names: "Baseline mean clinical attachment loss, per 10 percentage points"
LEAST_PLOT = 58.0


def interaction_sheets(
    screens: Sequence[Screen],
    settings: ScreeningSettings,
    *,
    name: str,
    limits: Limits | None = None,
    order: RowOrder = "study",
) -> tuple[Sheet, ...]:
    """Return the pages of a forest plot of interactions, before they are drawn."""
    screens = [_in_order(screen, order) for screen in screens]
    letters = _letters(screens)
    bands = limited(tuple(_bands(screens, letters, settings, name)), limits) or (Band((), None),)
    scale = shared(screen.scale for screen in screens)
    headings = Headings(
        ("Outcome and moderator",),
        (
            Heading((("Trials",), ("(m)",))),
            PEOPLE,
        ),
        (
            Heading((("Interaction",), ("(", settings.level, "% CI)"))),
            Heading((("p",),)),
        ),
        (scale.contrast_title, *words.in_unit(screens)),
        least_plot=LEAST_PLOT,
    )
    note = _note(screens, letters, settings, bands, name)

    def alt(page: Page, page_name: str) -> Inline:
        return _alt(page, page_name, scale)

    def key(page: Page) -> Inline:
        return _key(page, letters, settings)

    return lay_out(bands, headings, note, name=name, title=TITLE, alts=alt, key=key)


def _in_order(screen: Screen, order: RowOrder) -> Screen:
    """Return an outcome with its moderators in order; one with several levels by its largest, or by its joint test."""

    def key(interaction: Interaction) -> float | None:
        if order == "p":
            return interaction.reading.p.value
        return negative(max((value_of(item.effect) for item in _estimated(interaction)), default=None))

    return screen if order == "study" else replace(screen, interactions=in_order(screen.interactions, key))


def _letters(screens: Sequence[Screen]) -> dict[str, tuple[str, Inline]]:
    """Return a mark for each different finding of the significant and weak tiers, in reading order."""
    notes: dict[str, tuple[str, Inline]] = {}
    for screen in screens:
        for interaction in screen.interactions:
            if interaction.tier in REACHED and interaction.found:
                notes.setdefault(plain(interaction.found), (mark(len(notes)), interaction.found))
    return notes


def _bands(
    screens: Sequence[Screen], letters: dict[str, tuple[str, Inline]], settings: ScreeningSettings, name: str
) -> Iterator[Band]:
    """Return a band an outcome: its interactions are for steps of their own, and no two outcomes need the same reach."""
    visits = len({screen.follow_up for screen in screens}) > 1
    return bands_of(
        (_rows(screen, letters, settings, visits, name), _axis(screen), screen.scale.larger_arrows)
        for screen in screens
    )


def _axis(screen: Screen) -> Axis | None:
    """Return the axis: a few people of a rare level must not press all others together, so that theirs may leave it."""
    drawn = [item for row in screen.interactions for item in _estimated(row)]
    if not drawn:
        return None
    ends = [(value_of(item.low), value_of(item.high)) for item in drawn]
    reaches = [max(abs(low), abs(high)) for low, high in ends]
    usual = SPREAD * median(reaches)
    inside = [value_of(item.effect) for item, reach in zip(drawn, reaches, strict=True) if reach <= usual]
    return axis_for(inside, ends, link=screen.scale.link)


def _estimated(interaction: Interaction) -> list[Estimate]:
    return [item for item in interaction.reading.each if item.effect.value is not None]


def _rows(
    screen: Screen, letters: dict[str, tuple[str, Inline]], settings: ScreeningSettings, visits: bool, name: str
) -> Iterator[Row]:
    visit: Inline = (", ", screen.follow_up_label) if visits else ()
    unit: Inline = (" (", screen.unit, ")") if screen.unit.text else ()
    yield Row((screen.outcome_label, *visit, *unit), style=HEAD, head=True)
    if screen.reason:
        reason = words.reason("not estimable", screen.reason, name, f"{screen.id} reason")
        yield Row(("All moderators",), style=BODY.muted(), indent=INDENT, reason=reason)
        return
    missing = []
    for interaction in screen.interactions:
        if interaction.tier == "not estimable":
            missing.append(interaction)
        else:
            yield from _moderator(interaction, letters, settings)
    if missing:
        listed = words.listed([(item.label,) for item in missing])
        yield Row(("Not estimable",), style=BODY.muted(), indent=INDENT, reason=listed)


def _moderator(
    interaction: Interaction, letters: dict[str, tuple[str, Inline]], settings: ScreeningSettings
) -> Iterator[Row]:
    """Yield the row of a moderator; of one with several levels the joint test, then each level."""
    counts = ((Slot(interaction.trials),), people_cell(interaction.n_control, interaction.n_intervention))
    letter = letters.get(plain(interaction.found)) if interaction.tier in REACHED else None
    marked: Inline = (letter[0],) if letter else ()
    p = (Slot(interaction.reading.p),)
    reading = interaction.reading
    if len(reading.each) == 1:
        label: Inline = (*label_of(interaction), ", ", *contrast(interaction, 0), *marked)
        yield _estimate_row(label, interaction, 0, counts, p, INDENT, interaction.tier)
        return
    yield Row((*label_of(interaction), ", joint test", *marked), counts, ((), p), indent=INDENT)
    for index, item in enumerate(reading.each):
        if item.effect.value is not None:
            own = (Slot(item.p),)
            yield _estimate_row(
                contrast(interaction, index), interaction, index, (), own, 2 * INDENT, _tier(item.p, settings)
            )


def _tier(p: Number, settings: ScreeningSettings) -> Tier:
    """Return the tier of the p that stands beside a square: of one of several levels, not that of the joint test."""
    if p.value is None:
        return "neither"
    reached = [tier for tier in REACHED if p.value < (getattr(settings, tier).value or 0.0)]
    return reached[0] if reached else "neither"


def _estimate_row(
    label: Inline,
    interaction: Interaction,
    index: int,
    counts: tuple[tuple[Slot, ...], ...],
    p: tuple[Slot, ...],
    indent: float,
    tier: Tier,
) -> Row:
    item = interaction.reading.each[index]
    return Row(
        label,
        counts,
        (interval_cell(item.effect, item.low, item.high), p),
        plot=_mark(item, tier),
        indent=indent,
        estimate=(item.effect, item.low, item.high),
    )


def _mark(estimate: Estimate, tier: Tier) -> Callable[[Panel, float], list[Mark]]:
    def plot(panel: Panel, y: float) -> list[Mark]:
        return panel.graded(
            value_of(estimate.low),
            value_of(estimate.effect),
            value_of(estimate.high),
            y,
            REACHED.index(tier) if tier in REACHED else 2,
        )

    return plot


def _note(
    screens: Sequence[Screen],
    letters: dict[str, tuple[str, Inline]],
    settings: ScreeningSettings,
    bands: Sequence[Band],
    name: str,
) -> Inline:
    """Return the small print: what an interaction is, what the marks mean, how many were tested, and the lettered notes."""
    reading = {
        "within": "Within-trial reading: differences between participants of the same trial",
        "naive": "Naive reading: differences within and between trials together",
    }[settings.reading]
    varies = {
        "random": ", with an interaction that varies between trials: p refers to new trials",
        "common": ", with one interaction for all trials: p refers to these trials",
    }[settings.interaction_effect]
    differs = " or ".join(dict.fromkeys(screen.scale.differs for screen in screens)) or shared(()).differs
    note: list[str | Number] = [
        f"Interaction: {differs} per step of the moderator, or between a level and the reference level"
        f". {reading}{varies}. ",
        *_squares(settings),
    ]
    tested = [
        interaction for screen in screens for interaction in screen.interactions if interaction.tier != "not estimable"
    ]
    if tested:
        derived = Derived(name)
        if any(len(item.reading.each) > 1 for item in tested):
            note += ["A moderator with several levels counts once, by the p of its joint test. "]
        reached = sum(item.tier == "significant" for item in tested)
        chance = derived.figure("by chance", (settings.significant.value or 0.0) * len(tested), 1)
        note += ["Of ", *words.plural(words.count(name, "tested", len(tested)), "interaction", "interactions")]
        note += [" tested, ", words.count(name, "significant", reached), " with p below ", settings.significant]
        note += [" (", chance, " expected by chance without effect modification). "]
    if any(item.of_trials for item in tested):
        note += [OF_TRIALS]
    if any(item.uninformative for item in tested):
        note += ["Trials and participants are those that inform the interaction: where a moderator does not vary on "]
        note += ["both sides of a trial, neither the trial nor its participants are counted. "]
    if len(bands) > 1:
        note += [words.OWN_AXES]
    return (*note, *leaving(bands), *_findings(letters.values()))


def _squares(settings: ScreeningSettings) -> Inline:
    """Return what the squares mean."""
    return (
        "Filled square: p below ",
        settings.significant,
        "; open square: p below ",
        settings.weak,
        "; small square: p of ",
        settings.weak,
        " or above. ",
    )


def _findings(letters: Iterable[tuple[str, Inline]]) -> Inline:
    """Return what the marks of rows say; they were given in reading order."""
    parts = [part for letter, finding in letters for part in ("; ", letter, NO_BREAK, *finding)]
    return (*parts[1:], ". ") if parts else ()


def _key(page: Page, letters: dict[str, tuple[str, Inline]], settings: ScreeningSettings) -> Inline:
    """Return what the squares and the marks of one page mean."""
    present = {row.label[-1] for band in page for row in band.rows if row.label and isinstance(row.label[-1], str)}
    return (*_squares(settings), *_findings(item for item in letters.values() if item[0] in present))


def _alt(page: Page, name: str, scale: EffectScale) -> Inline:
    """Write the alternative text of a page from its rows: how many, and each that is clear of no interaction."""
    found = list(_shown_estimates(page))
    clear = [line for line, low, high in found if value_of(low) > NO_EFFECT or value_of(high) < NO_EFFECT]
    alt: list[str | Number] = [f"Forest plot of interactions{scale.as_contrasts}: "]
    alt += words.plural(words.count(name, "estimates", len(found)), "estimate", "estimates")
    alt += [", ", *words.plural(words.count(name, "clear of none", len(clear)), "interval", "intervals")]
    alt += [" clear of no interaction"]
    return (*alt, ": ", *words.listed(clear), ".") if clear else (*alt, ".")


def _unmarked(label: Inline) -> Inline:
    return tuple(part for part in label if not is_mark(part))


def _shown_estimates(page: Page) -> Iterator[tuple[Inline, Number, Number]]:
    """Yield each estimate of a page in words, under its outcome and moderator, with the ends of its interval."""
    outcome: Inline = ()
    moderator: Inline = ()
    for row in (row for band in page for row in band.rows):
        if row.head:
            outcome = row.label
        elif row.estimate is None:
            moderator = _unmarked(row.label)
        else:
            effect, low, high = row.estimate
            of_level = row.indent > INDENT
            label = (*moderator, ", ", *row.label) if of_level else _unmarked(row.label)
            yield (*outcome, ", ", *label, ": ", effect, " (", low, " to ", high, ")"), low, high

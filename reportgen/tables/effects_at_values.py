"""The effect of treatment at values of each moderator and in its levels, in up to three readings side by side.

In: screens as recorded. Out: a table. The reading that was tested stands beside the effect in the people of a level alone, and
beside the effects that agree with the interaction within trials: these average to the overall effect of their model.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Literal

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.effect_scale import EffectScale, directions, shared
from reportgen.records.estimate import Estimate
from reportgen.records.level_effects import LevelEffect
from reportgen.records.moderation import (
    EffectAt,
    Interaction,
    Screen,
    ScreeningSettings,
    label_of,
    of_trials_note,
    place_of,
    unit_at,
)
from reportgen.records.numbers import Inline
from reportgen.tables.moderators import CELLS_ON_PAPER, hidden_note, screen_head, trials_cell
from reportgen.tables.phrases import Footnotes, ci_head, estimate_cell, explained, percentiles

Beside = Literal["none", "values", "levels"]
BESIDE = (3, 4, 5)  # the cells of a row beside the effect of the tested reading
OF_LEVELS_ALONE = (3, 5)  # those of them that only levels have
TESTED = {"within": "Within-trial reading", "naive": "Naive reading"}
ALONE = "People of the level alone"
CONSISTENT = "Consistent with the within-trial interaction"
OF_READING = {
    "within": "the effect at a value is that in a trial whose participants are, on average, like all participants analysed: the overall effect "
    "plus the interaction within trials times the distance from the mean",
    "naive": "the effect at a value is that of the naive model, which takes differences between participants of one trial and between "
    "trials together",
}
OWN_EFFECTS: Inline = (
    "Where the across reading cannot be estimated, each trial has a treatment effect of its own: in the within-trial reading the effect at "
    "a value is then the mean of these trials, weighted by their participants, and its interval includes no variation between trials.",
)
OF_LEVELS: Inline = (
    f"{ALONE}: from a model of these participants only, in the trials that have such participants in both arms. Trials with many "
    "of them count for more in it, so that levels may also differ because trials do.",
)
N_OF_LEVELS: Inline = (
    "n of a level: all of its participants in the model, including those of trials that carry no information on the interaction.",
)
OF_INTERACTION = (
    f"{CONSISTENT}: from the model of the within-trial reading without the means of trials. These effects differ by the "
    "interaction within trials only; no difference between trials enters. Overall is the effect of that model: "
)
AVERAGED = {
    "levels": "of levels the mean of their effects with the weights given, of a quantity the effect at its mean.",
    "values": "the effect at the mean.",
}


def effects_at_values(screens: Sequence[Screen], settings: ScreeningSettings) -> Table:
    """Return the effect of treatment at chosen values of each moderator that could be estimated."""
    whole = _at_values(screens, settings, everything=True)
    cells = sum(len(group.rows) for group in whole.groups) * len(whole.columns)
    if cells <= CELLS_ON_PAPER:
        return whole
    return replace(whole, paper=_at_values(screens, settings, everything=False))


def _at_values(screens: Sequence[Screen], settings: ScreeningSettings, *, everything: bool) -> Table:
    marked = Footnotes()
    groups = []
    shown: list[Interaction] = []
    for screen in screens:
        found = [
            interaction
            for interaction in screen.interactions
            if _shown(interaction) and (everything or _reached(interaction))
        ]
        rows = tuple(row for item in found for row in _rows(item, marked))
        if rows:
            groups.append(Group(rows, head=screen_head(screen, screens)))
            shown += found
    notes = (*marked.notes, *_notes(screens, shown, settings, everything=everything))
    columns = tuple(_columns(shared(screen.scale for screen in screens), settings, _beside(shown)))
    missing = {"none": BESIDE, "values": OF_LEVELS_ALONE, "levels": ()}[_beside(shown)]
    return explained(_without(missing, Table(columns, tuple(groups), notes)))


def _beside(shown: Sequence[Interaction]) -> Beside:
    """Return what stands beside the tested reading: nothing, effects at values of quantities, or those in levels as well."""
    present = [item for item in shown if item.level_effects]
    return "none" if not present else "levels" if any(item.reference for item in present) else "values"


def _columns(scale: EffectScale, settings: ScreeningSettings, beside: Beside) -> Iterator[Column]:
    """Yield the columns; those of the effects stand under one spanner where there are several."""
    effect: Inline = ("Treatment effect",) if scale.effect == "effect" else (scale.head,)
    yield from (Column(("Moderator and value",), "left"), Column(("m",), "right"), Column(("n",), "right"))
    if beside == "none":
        yield Column(ci_head(scale.head, settings.level), "decimal")
    else:
        alone = (ALONE,) if beside == "levels" else ()
        for name in (TESTED[settings.reading], *alone, CONSISTENT):
            yield Column(ci_head(name, settings.level), "decimal", effect)
    if beside == "levels":
        yield Column(("Weight, %",), "decimal")
    yield Column(("p of the interaction",), "decimal")


def _without(places: Collection[int], table: Table) -> Table:
    """Return a table without some cells of each row, whose columns it does not have."""
    groups = tuple(
        replace(
            group,
            rows=tuple(
                replace(row, cells=tuple(cell for i, cell in enumerate(row.cells) if i not in places))
                for row in group.rows
            ),
        )
        for group in table.groups
    )
    return replace(table, groups=groups)


def _shown(interaction: Interaction) -> bool:
    return any(at.estimate.effect.value is not None for at in interaction.at)


def _reached(interaction: Interaction) -> bool:
    return interaction.tier in ("significant", "weak")


def _notes(
    screens: Sequence[Screen], shown: Sequence[Interaction], settings: ScreeningSettings, *, everything: bool
) -> Iterator[Inline]:
    places = percentiles(settings.percentiles)
    yield (
        f"{directions(screen.scale for screen in screens)}.",
        *((" Quantities at the ", *places, " of the people analysed.") if places else ()),
        *(() if everything else (" On paper: moderators of the significant and weak tiers.",)),
    )
    if not shown or any(not item.of_trials for item in shown):
        yield (f"{TESTED[settings.reading]}: {OF_READING[settings.reading]}.",)
    if any(item.of_trials for item in shown):
        yield from of_trials_note(screens)
    beside = _beside(shown)
    if beside == "levels":
        yield OF_LEVELS
    if any(item.level_effects and item.reference and item.uninformative for item in shown):
        yield N_OF_LEVELS
    if beside != "none":
        yield (OF_INTERACTION + AVERAGED[beside],)
    if settings.reading == "within" and any(item.separate and (item.trials.value or 0) > 1 for item in shown):
        yield OWN_EFFECTS
    yield from hidden_note(estimate for item in shown for estimate in _estimates(item))


def _estimates(interaction: Interaction) -> Iterator[Estimate]:
    yield from (at.estimate for at in interaction.at)
    if interaction.level_effects:
        for level in interaction.level_effects.each:
            yield from (estimate for estimate in (level.alone, level.consistent) if estimate)


def _rows(interaction: Interaction, marked: Footnotes) -> Iterator[Row]:
    blank: Inline = ()
    yield Row(
        label_of(interaction),
        (trials_cell(interaction, marked), (interaction.n,), blank, blank, blank, blank, (interaction.reading.p,)),
    )
    beside = interaction.level_effects.each if interaction.level_effects else (None,) * len(interaction.at)
    for at, level in zip(interaction.at, beside, strict=True):
        yield _value_row(at, level, interaction)
    if interaction.level_effects and interaction.level_effects.overall.effect.value is not None:
        cell = estimate_cell(interaction.level_effects.overall)
        yield Row(_overall(interaction), (blank, blank, blank, blank, cell, blank, blank), indent=1)


def _value_row(at: EffectAt, level: LevelEffect | None, interaction: Interaction) -> Row:
    cells: tuple[Inline, ...] = (
        (),
        (level.n,) if level and level.n else (),
        estimate_cell(at.estimate),
        estimate_cell(level.alone) if level and level.alone else (),
        estimate_cell(level.consistent) if level else (),
        (level.share,) if level and level.share else (),
        (),
    )
    return Row(place_of(at, interaction), cells, indent=1, muted=at.estimate.effect.value is None)


def _overall(interaction: Interaction) -> Inline:
    centre = interaction.level_effects.centre if interaction.level_effects else None
    return ("Overall",) if centre is None else ("Overall (mean ", centre, *unit_at(interaction), ")")
